/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes to stdout: one object, as text or as a line of JSON. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "text.h"
#include "wtg/facts.h"

/* A JSON object that begins with "schema" and "type"; the caller frees it. */
struct wtg_json *cli_json_new(const char *type);

/* One line, out of our hands when this returns. */
void cli_json_print(const struct wtg_json *json, FILE *to);

/*
 *	_cleanup_(cli_output_done) struct cli_output output = { 0 };
 *	struct wtg_facts *out = cli_output_begin(&output, "list", options->json);
 *	...
 *	cli_output_end(&output);
 *
 * JSON that is not ended is not printed: half an object would be worse than none.
 */
struct cli_output {
	bool verbose; /* of text: the details, too */
	struct wtg_json *json;
	struct cli_text text;
};

struct wtg_facts *cli_output_begin(struct cli_output *output, const char *type,
				   bool json);
void cli_output_end(struct cli_output *output);
void cli_output_done(struct cli_output *output);
