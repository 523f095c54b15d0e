/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading JSON; writing it is wtg/facts.h.  json.c is the only file that knows json-c. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wtg/facts.h"

/* A parsed document; NULL from wtg_json_parse() when text is not one JSON object in
 * UTF-8, is nested deeper than 16 levels (so that it fits inside what any sink holds), or has
 * anything after it. */
struct wtg_json_doc;
struct wtg_json_doc *wtg_json_parse(const char *text, size_t size);
void wtg_json_doc_free(struct wtg_json_doc *doc);

/* Say everything in the document to a sink, under its own keys. */
void wtg_json_describe(const struct wtg_json_doc *doc, struct wtg_facts *out);
