/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small texts: sizes, GUIDs, hashes, UTF-8 and UTF-16, and what a terminal is shown. */
#include "fuzz.h"

#include "base/crypto.h"
#include "base/guid.h"
#include "base/utf16.h"
#include "wtg/text.h"

static void parse_size(const char *text)
{
	uint64_t bytes = UINT64_MAX, again;

	if (wtg_size_parse(text, &bytes)) {
		_cleanup_free_ char *shown = wtg_size_drive_text(bytes);
		_cleanup_free_ char *plain = wtg_text("%ju", (uintmax_t)bytes);

		FUZZ_ASSERT(bytes <= INT64_MAX && *shown);
		FUZZ_ASSERT(wtg_size_parse(plain, &again) && again == bytes);
	} else {
		FUZZ_ASSERT(bytes == UINT64_MAX);
	}
}

static void parse(const char *text)
{
	uint8_t digest[WTG_SHA256_SIZE];
	char guid_text[WTG_GUID_TEXT_SIZE], hex[65];
	struct wtg_guid guid, again;

	parse_size(text);
	if (wtg_guid_parse(text, &guid))
		FUZZ_ASSERT(wtg_guid_parse(wtg_guid_format(&guid, guid_text), &again) &&
			    wtg_guid_equal(&guid, &again));
	if (wtg_sha256_parse(text, digest))
		FUZZ_ASSERT(wtg_text_equal_fold(wtg_sha256_format(digest, hex), text));
}

static void check_printable(const char *text)
{
	_cleanup_free_ char *shown = wtg_text_printable(text);

	fuzz_check_harmless(shown);
	FUZZ_ASSERT(!strchr(shown, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size), *narrow = NULL;
	_cleanup_free_ char *from_wide = wtg_utf16_to_utf8(data, size);
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide = wtg_utf16_from_utf8(text);
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide_again = { 0 };

	parse(text);
	check_printable(text);
	/* What was mended once stays as it is. */
	narrow = wtg_utf16_to_utf8(wide.data, wide.size);
	wide_again = wtg_utf16_from_utf8(narrow);
	FUZZ_ASSERT(wide_again.size == wide.size &&
		    memcmp(wide_again.data, wide.data, wide.size) == 0);
	check_printable(from_wide);
	return 0;
}
