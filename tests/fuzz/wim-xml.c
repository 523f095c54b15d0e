/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a WIM's XML says of its editions.  An input that does not start with a byte order
 * mark is UTF-8 and becomes what WIMs have, so that tags can be found by chance. */
#include "fuzz.h"

#include "base/utf16.h"
#include "image/wim-xml.h"
#include "wtg/error.h"

static void describe(const void *editions, struct wtg_facts *out)
{
	const struct wtg_editions *list = editions;

	wtg_fact_open(out, "editions", WTG_LIST);
	for (size_t i = 0; i < list->n_items; i++) {
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_edition_describe(&list->items[i], out);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

static void parse(const void *xml, size_t size)
{
	_cleanup_(wtg_editions_done) struct wtg_editions editions = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_wim_xml_parse(xml, size, "an image", &editions, &err) < 0)
		return;
	for (size_t i = 0; i < editions.n_items; i++)
		FUZZ_ASSERT(editions.items[i].index == i + 1);
	fuzz_describe(describe, &editions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide = { 0 };
	_cleanup_free_ char *text = NULL;

	if (size >= 2 && data[0] == 0xff && data[1] == 0xfe) {
		parse(data, size);
		return 0;
	}
	text = fuzz_text(data, size);
	wide = wtg_utf16_from_utf8(text);
	parse(wide.data, wide.size - 2); /* without the NUL */
	return 0;
}
