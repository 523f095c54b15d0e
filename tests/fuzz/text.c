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

/* Valid UTF-8 without control characters (C0, DEL, C1). */
static void check_harmless(const char *text)
{
	size_t length = strlen(text), n;
	uint32_t c;

	for (size_t at = 0; at < length; at += n) {
		n = wtg_utf8_next(text + at, length - at, &c);
		FUZZ_ASSERT(n > 0);
		FUZZ_ASSERT(c >= 0x20 && (c < 0x7f || c > 0x9f));
		FUZZ_ASSERT(c < 0x202a || c > 0x202e);
		FUZZ_ASSERT(c < 0x2066 || c > 0x2069);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size), *narrow = NULL, *again = NULL;
	_cleanup_free_ char *from_wide = wtg_utf16_to_utf8(data, size), *shown = NULL;
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide = wtg_utf16_from_utf8(text);
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide_again = { 0 };

	parse(text);
	shown = wtg_text_printable(text);
	check_harmless(shown);
	/* What was mended once stays as it is. */
	narrow = wtg_utf16_to_utf8(wide.data, wide.size);
	wide_again = wtg_utf16_from_utf8(narrow);
	FUZZ_ASSERT(wide_again.size == wide.size &&
		    memcmp(wide_again.data, wide.data, wide.size) == 0);
	again = wtg_text_printable(from_wide);
	check_harmless(again);
	return 0;
}
