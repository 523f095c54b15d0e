/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output.h"

#include "wtg/cleanup.h"

#define SCHEMA 1

struct wtg_json *cli_json_new(const char *type)
{
	struct wtg_json *json = wtg_json_new();

	wtg_fact_number(wtg_json_facts(json), "schema", SCHEMA);
	wtg_fact_text(wtg_json_facts(json), "type", type);
	return json;
}

void cli_json_print(const struct wtg_json *json, FILE *to)
{
	_cleanup_free_ char *line = wtg_json_line(json);

	fprintf(to, "%s\n", line);
	fflush(to); /* the reader wants it now; main looks at ferror() */
}

struct wtg_facts *cli_output_begin(struct cli_output *output, const char *type, bool json)
{
	if (!json)
		return cli_text_start(&output->text, stdout,
				      output->verbose ? CLI_TEXT_ALL : CLI_TEXT_USUAL);
	output->json = cli_json_new(type);
	return wtg_json_facts(output->json);
}

void cli_output_end(struct cli_output *output)
{
	if (output->json)
		cli_json_print(output->json, stdout);
}

void cli_output_done(struct cli_output *output)
{
	wtg_json_free(output->json);
	output->json = NULL;
}
