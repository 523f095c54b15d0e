/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/crypto.h"
#include "base/fdio.h"
#include "base/guid.h"
#include "base/json.h"
#include "base/utf16.h"
#include "wtg/text.h"

static void sizes_are_parsed_as_drives_are_sold_and_measured(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },
		{ "1048576", 1048576 },
		{ "260M", 260ull << 20 },
		{ "64GiB", 64ull << 30 },
		{ "64GB", 64000000000ull },
		{ "2T", 2ull << 40 },
		{ "9223372036854775807", INT64_MAX },
	};
	static const char *const bad[] = { "",    "-1",   "1.5G", "G",  "64g", " 1",
					   "1 G", "64Gi", "1MBs", "9223372036854775808",
					   "8388608T", "99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t bytes = 1;

		assert_true(wtg_size_parse(good[i].text, &bytes));
		assert_int_equal(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t bytes = 77;

		if (wtg_size_parse(bad[i], &bytes))
			fail_msg("\"%s\" was taken for a size", bad[i]);
		assert_int_equal(bytes, 77);
	}
}

static void sizes_are_shown_short_and_never_wrong(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 bytes" },          { 1023, "1023 bytes" },
		{ 1024, "1 KiB" },         { 260ull << 20, "260 MiB" },
		{ 1536ull << 20, "1.5 GiB" }, { UINT64_MAX, "16384 PiB" },
	};
	_cleanup_free_ char *drive = wtg_size_drive_text(64000000000ull);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_free_ char *text = wtg_size_text(rows[i].bytes);

		assert_string_equal(text, rows[i].text);
	}
	assert_string_equal(drive, "64 GB (59.6 GiB)");
}

static void what_could_harm_a_terminal_is_replaced(void **state)
{
	_cleanup_free_ char *plain = wtg_text_printable("Größe 内存 😀");
	_cleanup_free_ char *nasty = wtg_text_printable("a\x1b[2J\n\xe2\x80\xae" "b\xff");
	/* A C1 control, a soft hyphen, a zero-width space, a filler, a tag. */
	_cleanup_free_ char *unseen = wtg_text_printable("\xc2\x9b" "1\u00ad2\u200b3\u31644\U000e0041");

	(void)state;
	assert_string_equal(plain, "Größe 内存 😀");
	assert_string_equal(unseen, "\ufffd1\ufffd2\ufffd3\ufffd4\ufffd");
	assert_string_equal(nasty, "a\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd" "b\xef\xbf\xbd");
}

static void utf16_survives_the_round_trip(void **state)
{
	static const char text[] = "Windows ünï内😀";
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide = wtg_utf16_from_utf8(text);
	_cleanup_free_ char *back = wtg_utf16_to_utf8(wide.data, wide.size);
	_cleanup_free_ char *lone = wtg_utf16_to_utf8("\x00\xd8" "a\0", 4);

	(void)state;
	assert_int_equal(wide.size, 2 * 15);
	assert_string_equal(back, text);
	assert_string_equal(lone, "\xef\xbf\xbd" "a");
}

static void wtf8_keeps_lone_surrogates_and_refuses_what_is_none(void **state)
{
	static const char *const bad[] = { "\xff", "\xed\xa0", "\xc0\x80", "a\xe4" };
	static const uint8_t good[] = { 'a', 0, 0x3d, 0xd8, 0, 0xde, 0, 0xd8, 0xff, 0xdf };
	uint8_t units[32];

	(void)state;
	assert_int_equal(wtg_utf16_put_wtf8(units, "a😀\xed\xa0\x80\xed\xbf\xbf"), 5);
	assert_memory_equal(units, good, sizeof(good));
	assert_int_equal(wtg_utf16_put_wtf8(units, ""), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(wtg_utf16_put_wtf8(units, bad[i]), SIZE_MAX);
}

static void guids_lie_on_disk_as_uefi_says(void **state)
{
	static const uint8_t esp[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
					 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };
	struct wtg_guid guid;
	char text[WTG_GUID_TEXT_SIZE];

	(void)state;
	assert_true(wtg_guid_parse("{C12A7328-F81F-11D2-BA4B-00A0C93EC93B}", &guid));
	assert_memory_equal(guid.bytes, esp, 16);
	assert_string_equal(wtg_guid_format(&guid, text), "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	assert_false(wtg_guid_parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93", &guid));
	assert_false(wtg_guid_parse("c12a7328xf81f-11d2-ba4b-00a0c93ec93b", &guid));
	assert_false(wtg_guid_parse("{c12a7328-f81f-11d2-ba4b-00a0c93ec93b", &guid));
}

static void a_failed_write_is_remembered_for_good(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	struct wtg_window good, bad;
	int fd = test_file("window", 8192, NULL);
	char back[4];

	(void)state;
	good = test_window(fd, 8192, &ledger);
	bad = good;
	bad.fd = -1;
	assert_good(wtg_window_pwrite(&good, "abcd", 4, 100, &err));
	assert_good(wtg_window_pread(&good, back, 4, 100, &err));
	assert_memory_equal(back, "abcd", 4);
	assert_fails(wtg_window_pwrite(&good, "abcd", 4, 8189, &err), WTG_SYSTEM, "outside");
	assert_good(wtg_window_pwrite(&good, "abcd", 4, 8188, &err));
	assert_fails(wtg_window_pwrite(&bad, "abcd", 4, 512, &err), WTG_SYSTEM, "byte 512");
	assert_fails(wtg_window_pwrite(&good, "abcd", 4, 0, &err), WTG_SYSTEM, "byte 512");
	assert_fails(wtg_window_flush(&good, &err), WTG_SYSTEM, "Bad file descriptor");
	wtg_ledger_done(&ledger);

	assert_fails(wtg_window_flush(&bad, &err), WTG_SYSTEM, "flush what was written");
	assert_fails(wtg_window_pwrite(&good, "abcd", 4, 0, &err), WTG_SYSTEM,
		     "flush what was written");
	wtg_ledger_done(&ledger);
	close(fd);
}

static void every_written_page_is_read_back_and_compared(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	uint64_t size = 700000000; /* several shelves, and no whole number of pages */
	int fd = test_file("ledger", size, NULL);
	struct wtg_window w = test_window(fd, size, &ledger);

	(void)state;
	assert_good(wtg_window_zero(&w, 1 << 20, 3 << 20, &err));
	assert_good(wtg_window_pwrite(&w, "part", 4, 600000001, &err));
	assert_good(wtg_window_pwrite(&w, "end", 3, size - 3, &err));
	assert_good(wtg_window_pwrite(&w, "again", 5, (2 << 20) + 4094, &err));
	assert_int_equal(wtg_ledger_bytes(&ledger), (3 << 20) + 2 * 4096);
	assert_good(wtg_ledger_verify(&ledger, fd, size, NULL, &err));

	assert_int_equal(pwrite(fd, "x", 1, 5), 1); /* nobody's page */
	assert_good(wtg_ledger_verify(&ledger, fd, size, NULL, &err));
	assert_int_equal(pwrite(fd, "\1", 1, (2 << 20) + 8191 + 4096), 1);
	assert_fails(wtg_ledger_verify(&ledger, fd, size, NULL, &err), WTG_MISMATCH, "2105344");
	wtg_ledger_done(&ledger);
	close(fd);
}

/* What is read to be changed in part and written again would make the loss its own. */
static void what_was_lost_is_found_when_it_is_read_again(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	uint8_t page[WTG_PAGE_BYTES] = "kept", back[3 * WTG_PAGE_BYTES];
	int fd = test_file("lost", 1 << 20, NULL);
	struct wtg_window w = test_window(fd, 1 << 20, &ledger);

	(void)state;
	assert_good(wtg_window_pwrite(&w, page, sizeof(page), 8192, &err));
	assert_good(wtg_window_pread(&w, back, sizeof(back), 4096 + 512, &err));
	assert_int_equal(pwrite(fd, "lost", 4, 8192), 4);
	assert_good(wtg_window_pread(&w, back, WTG_PAGE_BYTES, 4096, &err));
	assert_fails(wtg_window_pread(&w, back, sizeof(back), 4096 + 512, &err), WTG_MISMATCH,
		     "in the 4096 bytes at 8192");
	wtg_ledger_done(&ledger);
	close(fd);
}

/* As a drive does that is smaller than it says. */
static void a_page_that_was_meant_for_elsewhere_is_recognised(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	uint64_t size = 64 << 20, origin = 0;
	int fd = test_file("wrap", size, NULL);
	struct wtg_window w = test_window(fd, size, &ledger);
	uint8_t page[WTG_PAGE_BYTES], zeros[WTG_PAGE_BYTES] = { 0 };

	(void)state;
	memset(page, 'p', sizeof(page));
	assert_good(wtg_window_zero(&w, 0, 1 << 20, &err));
	assert_good(wtg_window_pwrite(&w, page, sizeof(page), 48 << 20, &err));
	assert_true(wtg_ledger_holds(&ledger, page, 48 << 20));
	assert_false(wtg_ledger_holds(&ledger, page, 4096));
	assert_false(wtg_ledger_holds(&ledger, zeros, 32 << 20));
	assert_true(wtg_ledger_origin(&ledger, page, &origin));
	assert_int_equal(origin, 48 << 20);
	assert_false(wtg_ledger_origin(&ledger, zeros, &origin)); /* which of them? */

	assert_int_equal(pwrite(fd, page, sizeof(page), 8192), sizeof(page));
	assert_fails(wtg_ledger_verify(&ledger, fd, size, NULL, &err), WTG_CAPACITY,
		     "byte 8192 reads back what was written to byte 50331648: there is room for "
		     "at most 50323456 bytes");

	/* By chance: a drive of that size could not hold both of these. */
	page[0] = 'q';
	assert_good(wtg_window_pwrite(&w, page, sizeof(page), (48 << 20) + 4096, &err));
	assert_fails(wtg_ledger_verify(&ledger, fd, size, NULL, &err), WTG_MISMATCH,
		     "in the 4096 bytes at 8192");
	wtg_ledger_forget(&ledger);
	assert_int_equal(wtg_ledger_bytes(&ledger), 0);
	assert_good(wtg_ledger_verify(&ledger, fd, size, NULL, &err));
	wtg_ledger_done(&ledger);
	close(fd);
}

/* The write was told, and never made. */
static void a_part_of_a_page_that_was_swallowed_is_found_out(void **state)
{
	struct wtg_ledger ledger = { 0 };
	static const uint8_t sector[512] = { 1, 2, 3 };
	int fd = test_file("swallowed", 8192, NULL);
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_int_equal(wtg_ledger_note(&ledger, fd, sector, sizeof(sector), 4096 + 512), 0);
	assert_fails(wtg_ledger_verify(&ledger, fd, 8192, NULL, &err), WTG_MISMATCH, "4096");
	assert_int_equal(wtg_pwrite_all(fd, sector, sizeof(sector), 4096 + 512), 0);
	assert_good(wtg_ledger_verify(&ledger, fd, 8192, NULL, &err));
	wtg_ledger_done(&ledger);
	close(fd);
}

static void a_window_without_a_ledger_cannot_write(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	int fd = test_file("window", 8192, NULL);
	struct wtg_window w = test_window(fd, 8192, NULL);

	(void)state;
	assert_fails(wtg_window_pwrite(&w, "a", 1, 0, &err), WTG_SYSTEM, "Read-only");
	close(fd);
}

static void a_program_that_fails_is_quoted(void **state)
{
	const char *const missing[] = { "no-such-program", NULL };
	const char *const interrupted[] = { "sh", "-c", "kill -INT $$; kill -TERM $$", NULL };
	const char *const good[] = { "true", NULL };
	const char *const bad[] = { "sh", "-c", "echo first; echo last >&2; exit 3", NULL };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_good(wtg_run_program(good, NULL, -1, &err));
	assert_good(wtg_run_program(interrupted, NULL, -1, &err));
	assert_fails(wtg_run_program(bad, NULL, -1, &err), WTG_SYSTEM, "status 3: last");
	assert_fails(wtg_run_program(missing, NULL, -1, &err), WTG_SYSTEM, "is missing");
}

static void a_program_inherits_one_descriptor_and_no_secrets(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_bytes text = wtg_bytes_copy("hello", 5);
	_cleanup_free_ char *script = NULL;
	int fd, other = test_file("other", 1, NULL);

	(void)state;
	setenv("SECRET", "x", 1);
	assert_good(wtg_memory_file_from("m", &text, &fd, &err));
	script = wtg_text("test \"$(cat /proc/self/fd/%d)\" = hello && test -z \"$SECRET\" && "
			  "! test -e /proc/self/fd/%d", fd, other);
	assert_good(wtg_run_program((const char *const[]){ "sh", "-c", script, NULL }, NULL, fd,
				    &err));
	wtg_bytes_done(&text);
	close(fd);
	close(other);
}

static void a_program_is_out_of_reach_of_ctrl_c(void **state)
{
	static const char *const argv[] = {
		"sh", "-c", "read -r _ _ _ _ group _ </proc/$$/stat && test $group = $$", NULL
	};
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_good(wtg_run_program(argv, NULL, -1, &err));
}

static void hashes_are_those_of_sha256sum(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t digest[WTG_SHA256_SIZE], parsed[WTG_SHA256_SIZE];
	char *path, hex[65];
	_cleanup_free_ char *said = NULL;
	int fd = test_file("hash", 3000000, &path);

	(void)state;
	assert_good(wtg_sha256_file(fd, 0, 3000000, path, NULL, digest, &err));
	said = test_run(NULL, "sha256sum %s", path);
	assert_memory_equal(said, wtg_sha256_format(digest, hex), 64);
	assert_true(wtg_sha256_parse(hex, parsed));
	assert_memory_equal(parsed, digest, 32);
	assert_false(wtg_sha256_parse("abc", parsed));
	close(fd);
	free(path);
}

static void json_says_numbers_as_numbers_and_bytes_as_utf8(void **state)
{
	struct wtg_json *json = wtg_json_new(), *again;
	struct wtg_facts *f = wtg_json_facts(json);
	_cleanup_free_ char *said_again = NULL;
	struct wtg_json_doc *doc;
	_cleanup_free_ char *line = NULL;

	(void)state;
	wtg_fact_number(f, "schema", 1);
	wtg_fact_text(f, "model", "a\"b\xff");
	wtg_fact_text(f, "absent", NULL);
	wtg_fact_text(f, "unseen", "\x1b\x7f\xc2\x9b\u202e\U000e0041ß");
	wtg_fact_open(f, "list", WTG_LIST);
	wtg_fact_bytes(f, NULL, UINT64_MAX);
	wtg_fact_open(f, NULL, WTG_OBJECT);
	wtg_fact_truth(f, "y\xff\x1b", true);
	wtg_fact_close(f);
	wtg_fact_close(f);
	line = wtg_json_line(json);
	assert_string_equal(line, "{\"schema\":1,\"model\":\"a\\\"b\xef\xbf\xbd\","
				  "\"unseen\":\"\\u001b\\u007f\\u009b\\u202e"
				  "\\udb40\\udc41ß\",\"list\":["
				  "18446744073709551615,{\"y\xef\xbf\xbd\\u001b\":true}]}");
	doc = wtg_json_parse(line, strlen(line));
	assert_non_null(doc);
	again = wtg_json_new();
	wtg_json_describe(doc, wtg_json_facts(again));
	said_again = wtg_json_line(again);
	assert_string_equal(said_again, line);
	wtg_json_doc_free(doc);
	wtg_json_free(again);
	wtg_json_free(json);
	doc = wtg_json_parse("{} \n", 4);
	assert_non_null(doc);
	wtg_json_doc_free(doc);
	assert_null(wtg_json_parse("{} x", 4));
	assert_null(wtg_json_parse("{}{}", 4));
	assert_null(wtg_json_parse("{}\0", 3));
	assert_null(wtg_json_parse("[1]", 3));
	assert_null(wtg_json_parse("{\"a\":", 5));
	assert_null(wtg_json_parse("", 0));
}

/* A drive's record comes from whoever had the drive. */
static void json_that_is_read_can_always_be_described(void **state)
{
	char deep[256];
	size_t refused_at = 0;

	(void)state;
	for (size_t depth = 1; depth < 40; depth++) {
		struct wtg_json *json = wtg_json_new();
		struct wtg_json_doc *doc;

		strcpy(deep, "{\"a\":");
		for (size_t i = 1; i < depth; i++)
			strcat(deep, "[");
		strcat(deep, "1");
		for (size_t i = 1; i < depth; i++)
			strcat(deep, "]");
		strcat(deep, "}");
		doc = wtg_json_parse(deep, strlen(deep));
		if (!doc && !refused_at)
			refused_at = depth;
		assert_int_equal(doc != NULL, refused_at == 0);
		wtg_fact_open(wtg_json_facts(json), "inside", WTG_OBJECT);
		if (doc)
			wtg_json_describe(doc, wtg_json_facts(json));
		wtg_json_doc_free(doc);
		wtg_json_free(json);
	}
	assert_in_range(refused_at, 8, 20);
	assert_null(wtg_json_parse("{\"\xff\":1}", 8));
}

static void failing_leaves_errno_as_it_was(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	errno = ENOSPC;
	assert_int_equal(wtg_fail(&err, WTG_SYSTEM, EIO, "write"), -1);
	assert_int_equal(wtg_fail(&err, WTG_SYSTEM, errno, "write more"), -1);
	assert_int_equal(errno, ENOSPC);
	wtg_error_done(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_parsed_as_drives_are_sold_and_measured),
		cmocka_unit_test(sizes_are_shown_short_and_never_wrong),
		cmocka_unit_test(what_could_harm_a_terminal_is_replaced),
		cmocka_unit_test(utf16_survives_the_round_trip),
		cmocka_unit_test(wtf8_keeps_lone_surrogates_and_refuses_what_is_none),
		cmocka_unit_test(guids_lie_on_disk_as_uefi_says),
		cmocka_unit_test(a_failed_write_is_remembered_for_good),
		cmocka_unit_test(every_written_page_is_read_back_and_compared),
		cmocka_unit_test(what_was_lost_is_found_when_it_is_read_again),
		cmocka_unit_test(a_page_that_was_meant_for_elsewhere_is_recognised),
		cmocka_unit_test(a_part_of_a_page_that_was_swallowed_is_found_out),
		cmocka_unit_test(a_window_without_a_ledger_cannot_write),
		cmocka_unit_test(a_program_that_fails_is_quoted),
		cmocka_unit_test(a_program_inherits_one_descriptor_and_no_secrets),
		cmocka_unit_test(a_program_is_out_of_reach_of_ctrl_c),
		cmocka_unit_test(hashes_are_those_of_sha256sum),
		cmocka_unit_test(json_says_numbers_as_numbers_and_bytes_as_utf8),
		cmocka_unit_test(json_that_is_read_can_always_be_described),
		cmocka_unit_test(failing_leaves_errno_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
