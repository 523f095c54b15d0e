/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "windows/cat-file.h"
#include "windows/pe-hash.h"
#include "wtg/text.h"

#include "stand-in-catalog.h"
#include "stand-in-driver.h"
#include "stand-in-pe.h"

static struct wtg_bytes old_catalog(const struct wtg_bytes *file)
{
	uint8_t hashes[3][32] = { { 1 }, { 0 }, { 3 } };

	wtg_sha1(file->data, file->size, hashes[1]);
	return stand_in_catalog(hashes, 3, WTG_SHA1_SIZE);
}

static void knows_files_by_their_hashes(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = stand_in_stor();
	_cleanup_(wtg_bytes_done) struct wtg_bytes der = stand_in_catalog_of(&files);
	_cleanup_(wtg_bytes_done) struct wtg_bytes other = stand_in_text("stor.syz");
	_cleanup_(wtg_cat_file_done) struct wtg_cat_file catalog = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_good(wtg_cat_file_read(&der, &catalog, &err));
	assert_string_equal(catalog.signer, STAND_IN_SIGNER);
	assert_true(catalog.intact);
	assert_true(wtg_cat_file_has(&catalog, &files.items[0].content));
	assert_true(wtg_cat_file_has(&catalog, &files.items[1].content));
	assert_false(wtg_cat_file_has(&catalog, &other));
}

static void knows_catalogs_of_windows_7_too(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = stand_in_text("old.sys");
	_cleanup_(wtg_bytes_done) struct wtg_bytes other = stand_in_text("olf.sys");
	_cleanup_(wtg_bytes_done) struct wtg_bytes der = old_catalog(&file);
	_cleanup_(wtg_cat_file_done) struct wtg_cat_file catalog = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_good(wtg_cat_file_read(&der, &catalog, &err));
	assert_true(catalog.intact);
	assert_true(wtg_cat_file_has(&catalog, &file));
	assert_false(wtg_cat_file_has(&catalog, &other));
}

/* A program may be signed after its hash was listed: that of Authenticode stays. */
static void knows_programs_by_what_is_signed_of_them(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bare = stand_in_pe(0x8664);
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes der = { 0 };
	_cleanup_(wtg_cat_file_done) struct wtg_cat_file catalog = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_pe_hash hash;
	uint8_t hashes[1][32];

	(void)state;
	assert_good(wtg_pe_hash(&bare, &hash, &err));
	memcpy(hashes[0], hash.sha256, sizeof(hashes[0]));
	der = stand_in_catalog(hashes, 1, sizeof(hashes[0]));
	assert_good(wtg_cat_file_read(&der, &catalog, &err));
	assert_true(wtg_cat_file_has(&catalog, &bare));
	file = stand_in_signed(0x8664, "2023");
	assert_true(file.size > bare.size);
	assert_true(wtg_cat_file_has(&catalog, &file));
	file.data[STAND_IN_PE_OFFSET + 2] ^= 1;
	assert_false(wtg_cat_file_has(&catalog, &file));
}

/* Bytes all over it turned round: it is refused, or known to be changed, or says the same. */
static void notices_what_was_changed_after_it_was_signed(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = stand_in_text("a file");
	_cleanup_(wtg_bytes_done) struct wtg_bytes der = old_catalog(&file);
	struct wtg_error err = WTG_ERROR_INIT;
	size_t n_refused = 0, n_changed = 0, n = 0;

	(void)state;
	for (size_t i = 0; i < der.size; i += 7, n++) {
		_cleanup_(wtg_cat_file_done) struct wtg_cat_file catalog = { 0 };

		der.data[i] ^= 0x41;
		if (wtg_cat_file_read(&der, &catalog, &err) < 0) {
			n_refused++;
			wtg_error_done(&err);
		} else if (!catalog.intact) {
			n_changed++;
		} else {
			assert_true(wtg_cat_file_has(&catalog, &file));
		}
		der.data[i] ^= 0x41;
	}
	assert_true(n_refused > 0 && n_changed > 0);
	/* What is not covered is of the certificate: who it is, how long, and by whom. */
	assert_true(n_refused + n_changed > n / 2);
}

static void refuses_what_is_no_catalog(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes text = stand_in_text("MZ, or whatever");
	_cleanup_(wtg_bytes_done) struct wtg_bytes nothing = stand_in_text("");
	_cleanup_(wtg_bytes_done) struct wtg_bytes der = old_catalog(&text);
	/* A type of content, and none: RFC 2315, 7, has it optional. */
	_cleanup_(wtg_bytes_done) struct wtg_bytes type = wtg_bytes_copy(
		"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 13);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_cat_file catalog;

	(void)state;
	assert_fails(wtg_cat_file_read(&type, &catalog, &err), WTG_INPUT, "not signed");
	assert_fails(wtg_cat_file_read(&text, &catalog, &err), WTG_INPUT, "not signed");
	assert_fails(wtg_cat_file_read(&nothing, &catalog, &err), WTG_INPUT, "not signed");
	der.size /= 2;
	assert_fails(wtg_cat_file_read(&der, &catalog, &err), WTG_INPUT, "not signed");
}

static bool osslsigncode_accepts(const struct wtg_bytes *der)
{
	_cleanup_free_ char *at = wtg_text("%s/x.cat", test_dir());
	_cleanup_free_ char *said = NULL;
	int status;

	test_write_file(at, der->data, der->size);
	said = test_run(&status,
			"cd '%s' && { test -e ca.pem || "
			"openssl pkcs7 -inform DER -in x.cat -print_certs -out ca.pem; } && "
			"osslsigncode verify -CAfile ca.pem -in x.cat 2>&1",
			test_dir());
	if (!strstr(said, STAND_IN_SIGNER))
		test_skip("this osslsigncode knows no catalogs");
	return status == 0;
}

static void agrees_with_osslsigncode(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = stand_in_text("a file");
	_cleanup_(wtg_bytes_done) struct wtg_bytes der = old_catalog(&file);
	_cleanup_(wtg_cat_file_done) struct wtg_cat_file catalog = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t *time;

	(void)state;
	test_require("osslsigncode");
	test_require("openssl");
	assert_true(osslsigncode_accepts(&der));
	time = memmem(der.data, der.size, "200923220023Z", 13);
	assert_non_null(time);
	time[0] = '1';
	assert_false(osslsigncode_accepts(&der));
	assert_good(wtg_cat_file_read(&der, &catalog, &err));
	assert_false(catalog.intact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_files_by_their_hashes),
		cmocka_unit_test(knows_catalogs_of_windows_7_too),
		cmocka_unit_test(knows_programs_by_what_is_signed_of_them),
		cmocka_unit_test(notices_what_was_changed_after_it_was_signed),
		cmocka_unit_test(refuses_what_is_no_catalog),
		cmocka_unit_test(agrees_with_osslsigncode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
