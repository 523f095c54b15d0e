/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manifest on a drive's ESP, and its repetition in `status --json`. */
#include "fuzz.h"

#include "base/json.h"

static void describe(const void *doc, struct wtg_facts *out)
{
	wtg_fact_open(out, "made", WTG_OBJECT);
	wtg_json_describe(doc, out);
	wtg_fact_close(out);
}

/* Short enough that inside of something else it is not too deep to be read again. */
static bool is_shallow(const uint8_t *data, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += data[i] == '{' || data[i] == '[';
	return n < 8;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wtg_json_doc *doc = wtg_json_parse((const char *)data, size);
	struct wtg_json *json;

	if (!doc)
		return 0;
	if (is_shallow(data, size)) {
		fuzz_describe(describe, doc);
	} else {
		json = wtg_json_new();
		describe(doc, wtg_json_facts(json));
		wtg_json_free(json);
	}
	wtg_json_doc_free(doc);
	return 0;
}
