/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "create.h"

#include <sys/stat.h>

#include "commands.h"
#include "wtg/cleanup.h"
#include "wtg/image.h"
#include "wtg/recipe.h"
#include "wtg/text.h"

static int create_one(const struct cli_options *options, struct cli_outcome *outcome,
		      struct wtg_error *err)
{
	const struct wtg_request *request = &options->request;
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(cli_intent_done) struct cli_intent intent = {
		.stake = request->beside ? CLI_STAKE_SPACE : CLI_STAKE_ALL,
	};
	const struct wtg_company alone = { 0 };

	if (cli_create_check_alone(options, err) < 0 ||
	    wtg_image_open(request->image, &image, err) < 0 ||
	    cli_create_open(options, &intent, outcome, err) < 0 ||
	    wtg_recipe_create(request, image, intent.target, &alone, &intent.plan, err) < 0)
		return -1;
	return cli_create_carry_out(options, &intent, outcome, err);
}

/* Each target's account gets its password from the file anew. */
static int check_passwords(const struct wtg_texts *files, struct wtg_error *err)
{
	struct stat st;

	for (size_t i = 0; i < files->n_items; i++)
		if (wtg_text_equal(files->items[i], "-") ||
		    (stat(files->items[i], &st) == 0 && !S_ISREG(st.st_mode)))
			return wtg_fail(err, WTG_USAGE, 0,
					"--password-file %s can be read once only: it is for one target "
					"at a time", files->items[i]);
	return 0;
}

int cli_create(struct cli_options *options, struct cli_outcome *outcome,
	       struct wtg_error *err)
{
	options->request.target = options->operands[0];
	outcome->writes = !options->request.dry_run;
	if (!options->request.image) {
		wtg_fail(err, WTG_USAGE, 0, "no image is given");
		return wtg_hint(
			err, "Name a Windows ISO, WIM, ESD or first SWM: --image IMAGE.");
	}
	if (wtg_request_check(&options->request, err) < 0)
		return -1;
	if (options->n_operands > 1 && options->request.beside)
		return wtg_fail(err, WTG_USAGE, 0, "--beside is for one target at a time");
	if (options->n_operands > 1 && check_passwords(&options->request.password_files, err) < 0)
		return -1;
	if (options->n_operands > 1)
		return cli_create_several(options, outcome, err);
	return create_one(options, outcome, err);
}

int cli_plan(struct cli_options *options, struct cli_outcome *outcome,
	     struct wtg_error *err)
{
	options->request.dry_run = true;
	return cli_create(options, outcome, err);
}
