/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include "output.h"
#include "wtg/cleanup.h"
#include "wtg/inspect.h"
#include "wtg/target.h"

int cli_status(struct cli_options *options, struct cli_outcome *outcome,
	       struct wtg_error *err)
{
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	_cleanup_(cli_output_done) struct cli_output output = { 0 };
	struct wtg_facts *out;
	enum wtg_state state;

	(void)outcome;
	options->request.target = options->operands[0];
	if (wtg_target_open(&options->request, &target, err) < 0)
		return -1;
	out = cli_output_begin(&output, "status", options->json);
	wtg_fact_text(out, "path", wtg_target_disk(target)->path);
	if (wtg_status(target, out, &state, err) < 0)
		return -1;
	cli_output_end(&output);
	return 0;
}
