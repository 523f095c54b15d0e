/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "windows/pe-hash.h"

#include "stand-in-pe.h"

static const char *hex(const uint8_t *digest, size_t size, char text[static 65])
{
	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02X", digest[i]);
	return text;
}

static struct wtg_pe_hash hash_of(const struct wtg_bytes *file)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_pe_hash hash;

	assert_good(wtg_pe_hash(file, &hash, &err));
	return hash;
}

/* The stand-in with n bytes more after its section. */
static struct wtg_bytes longer_pe(uint16_t machine, size_t n)
{
	struct wtg_bytes pe = stand_in_pe(machine);

	pe.data = wtg_realloc(pe.data, pe.size + n + 1, 1);
	memset(pe.data + pe.size, 0x5a, n);
	pe.size += n;
	return pe;
}

/* osslsigncode says what it calculated of the file that it has signed. */
static void agrees_with_osslsigncode(void **state)
{
	static const struct {
		uint16_t machine;
		size_t more;
	} rows[] = { { 0x8664, 0 }, { 0x014c, 0 }, { 0xaa64, 8 }, { 0x8664, 3 } };

	(void)state;
	test_require("osslsigncode");
	stand_in_authorities();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int kind = 0; kind < 2; kind++) {
			_cleanup_(wtg_bytes_done) struct wtg_bytes
				plain = longer_pe(rows[i].machine, rows[i].more), file = { 0 };
			_cleanup_free_ char *path = wtg_text("%s/plain.efi", test_dir());
			_cleanup_free_ char *said = NULL;
			struct wtg_pe_hash before = hash_of(&plain), after;
			char text[65];

			test_write_file(path, plain.data, plain.size);
			said = test_run(&(int){ 0 },
				"cd '%s' && rm -f one.efi && osslsigncode sign -h %s "
				"-certs 2011.crt -key 2011.key -in plain.efi -out one.efi && "
				"osslsigncode verify -CAfile 2011.crt -in one.efi", test_dir(),
				kind == 0 ? "sha1" : "sha256");
			file = stand_in_load("one.efi");
			after = hash_of(&file);
			assert_memory_equal(&before, &after, sizeof(before));
			if (kind == 0)
				hex(after.sha1, sizeof(after.sha1), text);
			else
				hex(after.sha256, sizeof(after.sha256), text);
			if (!strstr(said, text))
				fail_msg("%s is not in:\n%s", text, said);
		}
}

/* Those that Debian packages bring, by pesign's word; signed or not, it comes to the same. */
static void agrees_with_pesign_on_real_programs(void **state)
{
	static const char *const paths[] = {
		"/usr/lib/shim/shimx64.efi.signed",
		"/usr/lib/shim/shimx64.efi",
		"/usr/lib/grub/i386-efi/monolithic/grubia32.efi",
		"/usr/lib/systemd/boot/efi/systemd-bootx64.efi",
	};
	struct wtg_error err = WTG_ERROR_INIT;
	size_t n = 0;

	(void)state;
	test_require("pesign");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		_cleanup_fd_ int fd = open(paths[i], O_RDONLY | O_CLOEXEC);
		_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };
		_cleanup_free_ char *said = NULL;
		struct wtg_pe_hash hash;
		char text[65];

		if (fd < 0)
			continue;
		n++;
		assert_good(wtg_read_file(fd, 1 << 26, paths[i], &file, &err));
		hash = hash_of(&file);
		said = test_run(NULL, "pesign --hash --padding --in %s", paths[i]);
		wtg_sha256_format(hash.sha256, text);
		if (!strstr(said, text))
			fail_msg("%s: %s is not in: %s", paths[i], text, said);
	}
	if (n == 0)
		test_skip("no EFI program is installed");
}

static void what_signing_changes_is_not_counted_and_all_else_is(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = stand_in_signed(0x8664, "2011");
	const size_t checksum = STAND_IN_PE_OFFSET + 24 + 64;
	const size_t directory = STAND_IN_PE_OFFSET + 24 + 112 + 32;
	struct wtg_pe_hash whole = hash_of(&file);

	(void)state;
	for (size_t i = 0; i < file.size; i += 1) {
		bool free = (i >= checksum && i < checksum + 4) || i >= STAND_IN_SIZE;
		struct wtg_error err = WTG_ERROR_INIT;
		struct wtg_pe_hash other;

		if (i >= directory && i < directory + 8)
			continue; /* where the rest is */
		file.data[i] ^= 0x10;
		if (wtg_pe_hash(&file, &other, &err) == 0)
			assert_int_equal(memcmp(&whole, &other, sizeof(whole)) == 0, free);
		wtg_error_done(&err);
		file.data[i] ^= 0x10;
	}
}

static void certificates_that_lie_in_the_headers_are_refused(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = stand_in_pe(0x8664);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_pe_hash hash;
	uint8_t *directory = file.data + STAND_IN_PE_OFFSET + 24 + 112 + 32;

	(void)state;
	wtg_put_le32(directory, 0x40);
	wtg_put_le32(directory + 4, 8);
	assert_fails(wtg_pe_hash(&file, &hash, &err), WTG_INPUT, "within its PE header");
	wtg_put_le32(directory, STAND_IN_SIZE - 4);
	assert_fails(wtg_pe_hash(&file, &hash, &err), WTG_INPUT, "beyond its end");
	file.size = 0x40;
	assert_fails(wtg_pe_hash(&file, &hash, &err), WTG_INPUT, "not a program");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_osslsigncode),
		cmocka_unit_test(agrees_with_pesign_on_real_programs),
		cmocka_unit_test(what_signing_changes_is_not_counted_and_all_else_is),
		cmocka_unit_test(certificates_that_lie_in_the_headers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
