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

/* The string or number at a path of keys such as "image.sha256"; NULL or 0 when absent or of
 * another type.  Strings are valid until the document is freed. */
const char *wtg_json_get_text(const struct wtg_json_doc *doc, const char *path);
uint64_t wtg_json_get_number(const struct wtg_json_doc *doc, const char *path);

/* Say everything in the document to a sink, under its own keys. */
void wtg_json_describe(const struct wtg_json_doc *doc, struct wtg_facts *out);
