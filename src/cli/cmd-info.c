/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include "output.h"
#include "wtg/cleanup.h"
#include "wtg/examine.h"
#include "wtg/image.h"

int cli_info(struct cli_options *options, struct cli_outcome *outcome,
	     struct wtg_error *err)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(cli_output_done) struct cli_output output = { 0 };
	struct wtg_facts *out;

	(void)outcome;
	if (wtg_image_open(options->operands[0], &image, err) < 0)
		return -1;
	out = cli_output_begin(&output, "info", options->json);
	if (wtg_examine(image, options->request.dbx, out, err) < 0)
		return -1;
	cli_output_end(&output);
	return 0;
}
