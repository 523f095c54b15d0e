/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "windows/pe.h"

#include "stand-in-pe.h"

#define DIRECTORIES(narrow) (STAND_IN_PE_OFFSET + 24 + ((narrow) ? 96 : 112))

/* Append a certificate table of these bytes to an unsigned stand-in. */
static struct wtg_bytes with_table(const void *table, size_t size)
{
	struct wtg_bytes pe = stand_in_pe(0x8664);

	pe.data = wtg_realloc(pe.data, pe.size + size, 1);
	memcpy(pe.data + pe.size, table, size);
	wtg_put_le32(pe.data + DIRECTORIES(false) + 32, (uint32_t)pe.size);
	wtg_put_le32(pe.data + DIRECTORIES(false) + 36, (uint32_t)size);
	pe.size += size;
	return pe;
}

static void tells_the_machine_of_narrow_and_wide_programs(void **state)
{
	static const uint16_t machines[] = { 0x014c, 0x8664, 0xaa64 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes file =
			stand_in_pe(machines[i]);
		_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };

		assert_good(wtg_pe_read(&file, &pe, &err));
		assert_int_equal(pe.machine, machines[i]);
		assert_int_equal(pe.subsystem, 10);
		assert_int_equal(pe.n_signatures, 0);
		assert_null(pe.signers);
	}
}

static void names_the_issuer_as_sbverify_does(void **state)
{
	static const char *const names[] = { "Microsoft Windows Production PCA 2011",
					     "Windows UEFI CA 2023" };
	static const char *const authorities[] = { "2011", "2023" };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes file =
			stand_in_signed(i == 0 ? 0x8664 : 0x014c, authorities[i]);
		_cleanup_free_ char *oracle =
			test_run(NULL, "sbverify --list '%s/signed.efi'", test_dir());
		_cleanup_free_ char *line =
			wtg_text("issuer:  /O=Stand-in/CN=%s\n", names[i]);
		_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };

		assert_good(wtg_pe_read(&file, &pe, &err));
		assert_int_equal(pe.n_signatures, 1);
		assert_string_equal(pe.signers, names[i]);
		assert_int_equal(pe.signed_2011, i == 0);
		assert_int_equal(pe.signed_2023, i == 1);
		if (!strstr(oracle, line))
			fail_msg("sbverify does not say \"%s\" but:\n%s", line, oracle);
	}
}

static void finds_every_signature_of_a_twice_signed_loader(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_bytes_done) struct wtg_bytes file =
		stand_in_signed(0x8664, "2023 2011");
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };
	_cleanup_free_ char *oracle =
		test_run(NULL, "sbverify --list '%s/signed.efi'", test_dir());

	(void)state;
	assert_non_null(strstr(oracle, "signature 2\n"));
	assert_good(wtg_pe_read(&file, &pe, &err));
	assert_int_equal(pe.n_signatures, 2);
	assert_true(pe.signed_2011 && pe.signed_2023);
	assert_string_equal(
		pe.signers,
		"Windows UEFI CA 2023, Microsoft Windows Production PCA 2011");
}

static void finds_a_signature_nested_in_another(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_bytes_done) struct wtg_bytes plain = { 0 }, file = { 0 };
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };
	_cleanup_free_ char *path = NULL, *oracle = NULL;

	(void)state;
	test_require("osslsigncode");
	stand_in_authorities();
	plain = stand_in_pe(0x8664);
	path = wtg_text("%s/plain.efi", test_dir());
	test_write_file(path, plain.data, plain.size);
	free(test_run(
		NULL,
		"cd '%s' && rm -f one.efi two.efi && "
		"osslsigncode sign -certs 2011.crt -key 2011.key -in plain.efi -out one.efi && "
		"osslsigncode sign -nest -certs 2023.crt -key 2023.key -in one.efi -out two.efi",
		test_dir()));
	file = stand_in_load("two.efi");
	assert_good(wtg_pe_read(&file, &pe, &err));
	assert_int_equal(pe.n_signatures, 1);
	assert_true(pe.signed_2011 && pe.signed_2023);

	oracle = test_run(&(int){ 0 }, "cd '%s' && osslsigncode verify -CAfile 2011.crt -in two.efi",
			  test_dir());
	assert_non_null(strstr(
		oracle, "Issuer : /O=Stand-in/CN=Microsoft Windows Production PCA 2011"));
	assert_non_null(strstr(oracle, "Issuer : /O=Stand-in/CN=Windows UEFI CA 2023"));
}

static void what_is_no_program_is_told_so(void **state)
{
	static const struct {
		const char *part;
		size_t offset, keep;
		uint32_t value;
	} rows[] = {
		{ "not a program", 0, 0x3f, 'M' | 'Z' << 8 },
		{ "not a program", 0, 0, 0x5a5a },
		{ "not a program", 0x3c, 0, 0xfffffff0 },
		{ "not a program", 0x3c, 0, STAND_IN_SIZE - 8 },
		{ "not a program", STAND_IN_PE_OFFSET, 0, 0x00004550 + 1 },
		{ "ends within", STAND_IN_PE_OFFSET + 20, 0, 0xffff },
		{ "too short", STAND_IN_PE_OFFSET + 20, 0, 10 },
		{ "too short", STAND_IN_PE_OFFSET + 20, 0, 111 },
		{ "too short", STAND_IN_PE_OFFSET + 20, 0, 151 },
		{ "unknown kind 0x107", STAND_IN_PE_OFFSET + 24, 0, 0x107 },
		{ "beyond its end", DIRECTORIES(false) + 32, 0, 0xffffffff },
		{ "beyond its end", DIRECTORIES(false) + 36, 0, STAND_IN_SIZE + 1 },
	};
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes file = stand_in_pe(0x8664);
		struct wtg_pe pe = { .machine = 1 };

		wtg_put_le32(file.data + rows[i].offset, rows[i].value);
		if (rows[i].keep)
			file.size = rows[i].keep;
		assert_fails(wtg_pe_read(&file, &pe, &err), WTG_INPUT, rows[i].part);
		assert_int_equal(pe.machine, 1);
	}
}

static void a_damaged_certificate_table_is_refused(void **state)
{
	static const struct {
		const char *part;
		uint32_t length;
		uint16_t revision, type;
	} rows[] = {
		{ "table is damaged", 0, 0x0200, 2 },
		{ "table is damaged", 7, 0x0200, 2 },
		{ "table is damaged", 41, 0x0200, 2 },
		{ "table is damaged", 0xffffffff, 0x0200, 2 },
		{ "signature 1 is damaged", 40, 0x0200, 2 },
		{ "table is damaged", 8, 0x0200, 2 }, /* and another of none */
		/* An old revision and another type say nothing; the last: not padded. */
		{ NULL, 40, 0x0100, 2 },
		{ NULL, 40, 0x0200, 0x0ef1 },
		{ NULL, 37, 0x0100, 2 },
	};
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t table[40] = { 0 };
		_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };
		_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };

		wtg_put_le32(table, rows[i].length);
		wtg_put_le16(table + 4, rows[i].revision);
		wtg_put_le16(table + 6, rows[i].type);
		file = with_table(table, rows[i].length == 37 ? 37 : sizeof(table));
		if (!rows[i].part) {
			assert_good(wtg_pe_read(&file, &pe, &err));
			assert_int_equal(pe.n_signatures, 0);
			continue;
		}
		assert_fails(wtg_pe_read(&file, &pe, &err), WTG_INPUT, rows[i].part);
	}
}

/* Names are compared with all before them, so their number must be small. */
static void a_signature_that_is_larger_than_any_is_refused(void **state)
{
	const uint32_t size = (256u << 10) + 8;
	_cleanup_free_ uint8_t *table = wtg_alloc(size);
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	wtg_put_le32(table, size);
	wtg_put_le16(table + 4, 0x0200);
	wtg_put_le16(table + 6, 2);
	file = with_table(table, size);
	assert_fails(wtg_pe_read(&file, &pe, &err), WTG_INPUT, "more or larger signatures");
}

/* The type of a SignedData, and nothing that is signed. */
static void a_signature_without_content_names_nobody(void **state)
{
	static const uint8_t table[24] = { 21, 0, 0, 0, 0, 2, 2, 0, 0x30, 0x0b, 0x06, 0x09,
					   0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = with_table(table, sizeof(table));
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_good(wtg_pe_read(&file, &pe, &err));
	assert_false(pe.signed_2011 || pe.signed_2023);
	assert_null(pe.signers);
}

static void any_cut_and_any_flipped_bit_is_survived(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = stand_in_signed(0x8664, "2011");

	(void)state;
	for (size_t i = 0; i < file.size; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes cut =
			wtg_bytes_copy(file.data, i);
		_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 }, other = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;

		/* The table is the last thing in the file, so that it never survives. */
		assert_int_equal(wtg_pe_read(&cut, &pe, &err), -1);
		wtg_error_done(&err);
		file.data[i] ^= 0x41;
		(void)wtg_pe_read(&file, &other, &err);
		wtg_error_done(&err);
		file.data[i] ^= 0x41;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_machine_of_narrow_and_wide_programs),
		cmocka_unit_test(names_the_issuer_as_sbverify_does),
		cmocka_unit_test(finds_every_signature_of_a_twice_signed_loader),
		cmocka_unit_test(finds_a_signature_nested_in_another),
		cmocka_unit_test(what_is_no_program_is_told_so),
		cmocka_unit_test(a_damaged_certificate_table_is_refused),
		cmocka_unit_test(a_signature_that_is_larger_than_any_is_refused),
		cmocka_unit_test(a_signature_without_content_names_nobody),
		cmocka_unit_test(any_cut_and_any_flipped_bit_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
