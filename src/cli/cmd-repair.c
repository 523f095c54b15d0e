/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/repair.h"

#include "commands.h"
#include "create.h"
#include "wtg/cleanup.h"

int cli_repair(struct cli_options *options, struct cli_outcome *outcome, struct wtg_error *err)
{
	_cleanup_(cli_intent_done) struct cli_intent intent = { .stake = CLI_STAKE_REPAIR };

	options->request.target = options->operands[0];
	outcome->writes = !options->request.dry_run;
	if (cli_create_check_alone(options, err) < 0 ||
	    cli_create_open(options, &intent, outcome, err) < 0 ||
	    wtg_recipe_repair(&options->request, intent.target, &intent.plan, err) < 0)
		return -1;
	return cli_create_carry_out(options, &intent, outcome, err);
}
