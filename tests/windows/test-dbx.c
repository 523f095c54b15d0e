/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "windows/dbx.h"

#include "stand-in-pe.h"
#include "stand-in-svn.h"

#define OWNER "77fa9abd-0359-4d32-bd60-28f4e78f784b"

/* The list that a command writes to DIR/list. */
static struct wtg_bytes made_by(const char *command)
{
	test_require("cert-to-efi-sig-list");
	stand_in_authorities();
	free(test_run(NULL, "cd '%s' && rm -f list && %s", test_dir(), command));
	return stand_in_load("list");
}

/* What that list says of a loader; the caller frees.  NULL: that it is not revoked. */
static char *said_of(const struct wtg_bytes *list, const struct wtg_bytes *loader)
{
	_cleanup_(wtg_dbx_done) struct wtg_dbx dbx = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	char *why = NULL;
	int r;

	assert_good(wtg_dbx_parse(list, &dbx, &err));
	assert_good(r = wtg_dbx_revokes(&dbx, loader, &why, &err));
	assert_int_equal(r, why != NULL);
	return why;
}

/* Every way to name a loader, as efitools writes it. */
static const struct {
	const char *command, *part;
} ways[] = {
	{ "hash-to-efi-sig-list plain.efi list", "its hash is on the list (SHA-256 " },
	{ "cert-to-efi-sig-list -g " OWNER " 2011.crt list", "(Microsoft Windows)" },
	{ "cert-to-efi-sig-list -g " OWNER " 2011.ca.crt list",
	  "(Microsoft Windows Production PCA 2011)" },
	{ "cert-to-efi-hash-list -s 256 2011.crt list", "(Microsoft Windows)" },
	{ "cert-to-efi-hash-list -s 384 2011.crt list", "(Microsoft Windows)" },
	{ "cert-to-efi-hash-list -s 512 2011.crt list", "(Microsoft Windows)" },
	{ "cert-to-efi-hash-list -t '2026-01-02 03:04:05' 2011.crt list", "(Microsoft Windows)" },
};

static void what_efitools_lists_is_revoked_and_its_twin_is_not(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes plain = stand_in_pe(0x8664);
	_cleanup_(wtg_bytes_done) struct wtg_bytes of_2011 = stand_in_signed(0x8664, "2011");
	_cleanup_(wtg_bytes_done) struct wtg_bytes of_2023 = stand_in_signed(0x014c, "2023");
	_cleanup_(wtg_bytes_done) struct wtg_bytes of_both = stand_in_signed(0x8664, "2023 2011");
	_cleanup_free_ char *path = wtg_text("%s/plain.efi", test_dir());

	(void)state;
	test_write_file(path, plain.data, plain.size);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes list = made_by(ways[i].command);
		_cleanup_free_ char *why = said_of(&list, &of_2011);
		_cleanup_free_ char *both = said_of(&list, &of_both);
		_cleanup_free_ char *other = said_of(&list, &of_2023);

		if (!why || !strstr(why, ways[i].part))
			fail_msg("%s: %s", ways[i].command, why);
		/* One bad signature is enough. */
		assert_string_equal(both, why);
		assert_null(other);
	}
}

static void a_list_is_read_in_every_wrapping(void **state)
{
	static const char *const commands[] = {
		"cat esl > list",
		"printf '\\047\\0\\0\\0' | cat - esl > list", /* as efivarfs shows it */
		"sign-efi-sig-list -k 2023.key -c 2023.crt dbx esl list 2>&1",
		"sign-efi-sig-list -a -k 2023.key -c 2023.crt dbx esl list 2>&1",
		"cert-to-efi-sig-list 2023.ca.crt two.esl && cat two.esl esl two.esl > list",
		"sbsiglist --owner " OWNER " --type x509 --output list 2011.der",
	};
	_cleanup_(wtg_bytes_done) struct wtg_bytes loader = stand_in_signed(0x8664, "2011");

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		_cleanup_free_ char *command =
			wtg_text("openssl x509 -in 2011.crt -outform der -out 2011.der && "
				 "cert-to-efi-sig-list 2011.crt esl && %s", commands[i]);
		_cleanup_(wtg_bytes_done) struct wtg_bytes list = made_by(command);
		_cleanup_free_ char *why = said_of(&list, &loader);

		if (!why)
			fail_msg("%s: not found", commands[i]);
	}
}

/* A list of one SHA-256 entry. */
static struct wtg_bytes list_of(const uint8_t data[static 32])
{
	static const uint8_t header[28] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40,
					    0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28,
					    76,   0,    0,    0,    0,    0,    0,    0,
					    48,   0,    0,    0 };
	struct wtg_bytes list = { wtg_alloc(76), 76 };

	memcpy(list.data, header, sizeof(header));
	memcpy(list.data + 44, data, 32);
	return list;
}

/* 9.0, as Microsoft's dbx_info_msft_latest.json has it. */
static const uint8_t nine[32] = { 0x01, 0x61, 0x2b, 0x13, 0x9d, 0xd5, 0x59, 0x88, 0x43, 0xab, 0x1c,
				  0x18, 0x5c, 0x3c, 0xb2, 0xeb, 0x92, 0x00, 0x00, 0x09, 0x00 };

/* The resource is lld-link's. */
static void an_older_security_version_is_revoked(void **state)
{
	static const struct {
		uint16_t major, minor;
		const char *why;
	} rows[] = {
		{ 8, 5, "its security version is 8.5, and the list asks for 9.0" },
		{ 9, 0, NULL },
		{ 9, 1, NULL },
		{ 10, 0, NULL },
	};
	_cleanup_(wtg_bytes_done) struct wtg_bytes list = list_of(nine);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes loader =
			stand_in_svn(rows[i].major, rows[i].minor);
		_cleanup_free_ char *why = said_of(&list, &loader);

		if (rows[i].why)
			assert_string_equal(why, rows[i].why);
		else
			assert_null(why);
	}
}

static void a_loader_that_tells_no_version_is_not_judged_by_it(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes list = list_of(nine);
	_cleanup_(wtg_bytes_done) struct wtg_bytes loader = stand_in_pe(0x8664);

	(void)state;
	assert_null(said_of(&list, &loader));
}

static void what_is_no_list_is_told_so(void **state)
{
	static const struct {
		const char *part;
		size_t at, size;
		uint32_t value;
	} rows[] = {
		{ "no list of revocations", 0, 0, 0 },
		{ "no list of revocations", 0, 27, 0xc1c41626 },
		{ "no list of revocations", 0, 76, 0x12345678 },
		{ "ends within a list", 0, 75, 0xc1c41626 },
		{ "ends within a list", 16, 76, 0xffffffff },
		{ "contradict", 16, 76, 27 },
		{ "contradict", 16, 76, 75 },
		{ "contradict", 20, 76, 0xffffffff },
		{ "contradict", 20, 76, 1 },
		{ "contradict", 24, 76, 0 },
		{ "contradict", 24, 76, 16 },
		{ "contradict", 24, 76, 24 },
		{ "contradict", 24, 76, 0xfffffff0 },
		{ "lists nothing", 16, 28, 28 },
		{ "header of a list", 16, 30, 28 },
	};
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes list = list_of(nine);
		struct wtg_dbx dbx = { .n_items = 7 };

		wtg_put_le32(list.data + rows[i].at, rows[i].value);
		list.size = rows[i].size;
		assert_fails(wtg_dbx_parse(&list, &dbx, &err), WTG_INPUT, rows[i].part);
		assert_int_equal(dbx.n_items, 7);
	}
}

static void any_cut_and_any_flipped_bit_of_a_list_is_survived(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes list =
		made_by("cert-to-efi-sig-list 2011.crt esl && cert-to-efi-hash-list 2011.crt two "
			"&& cat two esl >three && "
			"sign-efi-sig-list -k 2023.key -c 2023.crt dbx three list 2>&1");
	_cleanup_(wtg_bytes_done) struct wtg_bytes loader = stand_in_signed(0x8664, "2011");

	(void)state;
	for (size_t i = 0; i < list.size; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes cut = wtg_bytes_copy(list.data, i);
		_cleanup_(wtg_dbx_done) struct wtg_dbx dbx = { 0 }, other = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;
		char *why = NULL;

		(void)wtg_dbx_parse(&cut, &dbx, &err);
		wtg_error_done(&err);
		list.data[i] ^= 0x41;
		if (wtg_dbx_parse(&list, &other, &err) == 0)
			(void)wtg_dbx_revokes(&other, &loader, &why, &err);
		free(why);
		wtg_error_done(&err);
		list.data[i] ^= 0x41;
	}
}

static void damaged_resources_are_told(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes loader = stand_in_svn(8, 5);
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < loader.size; i++)
		for (int bit = 0; bit < 8; bit += 7) {
			struct wtg_error err = WTG_ERROR_INIT;
			uint16_t version[2];

			loader.data[i] ^= (uint8_t)(1 << bit);
			if (wtg_pe_security_version(&loader, version, &err) < 0) {
				assert_int_equal(err.kind, WTG_INPUT);
				refused += strstr(err.message, "resources") != NULL;
			}
			wtg_error_done(&err);
			loader.data[i] ^= (uint8_t)(1 << bit);
		}
	assert_true(refused > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_efitools_lists_is_revoked_and_its_twin_is_not),
		cmocka_unit_test(a_list_is_read_in_every_wrapping),
		cmocka_unit_test(an_older_security_version_is_revoked),
		cmocka_unit_test(a_loader_that_tells_no_version_is_not_judged_by_it),
		cmocka_unit_test(what_is_no_list_is_told_so),
		cmocka_unit_test(any_cut_and_any_flipped_bit_of_a_list_is_survived),
		cmocka_unit_test(damaged_resources_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
