/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small but whole PE program, as signers want it, and two authorities to sign it. */
#pragma once

#include "support.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/fdio.h"
#include "wtg/text.h"

#define STAND_IN_PE_OFFSET 0x80
#define STAND_IN_SIZE 0x400

/* One section that returns at once; PE32 for 0x014c, PE32+ for the others. */
static inline struct wtg_bytes stand_in_pe(uint16_t machine)
{
	bool narrow = machine == 0x014c;
	struct wtg_bytes pe = { wtg_alloc(STAND_IN_SIZE), STAND_IN_SIZE };
	uint8_t *coff = pe.data + STAND_IN_PE_OFFSET, *optional = coff + 24;
	size_t directories = narrow ? 96 : 112;
	uint8_t *section = optional + directories + 16 * 8;

	memcpy(pe.data, "MZ", 2);
	wtg_put_le32(pe.data + 0x3c, STAND_IN_PE_OFFSET);
	memcpy(coff, "PE\0", 4);
	wtg_put_le16(coff + 4, machine);
	wtg_put_le16(coff + 6, 1);
	wtg_put_le16(coff + 20, (uint16_t)(directories + 16 * 8));
	wtg_put_le16(coff + 22, narrow ? 0x0102 : 0x0022);
	wtg_put_le16(optional, narrow ? 0x10b : 0x20b);
	wtg_put_le32(optional + 4, 0x200); /* code */
	wtg_put_le32(optional + 16, 0x1000); /* entry */
	wtg_put_le32(optional + 20, 0x1000); /* base of code */
	wtg_put_le32(optional + 32, 0x1000); /* section alignment */
	wtg_put_le32(optional + 36, 0x200); /* file alignment */
	wtg_put_le32(optional + 56, 0x2000); /* of the image */
	wtg_put_le32(optional + 60, 0x200); /* of the headers */
	wtg_put_le16(optional + 68, 10); /* EFI application */
	wtg_put_le32(optional + directories - 4, 16);
	memcpy(section, ".text", 5);
	wtg_put_le32(section + 8, 0x200);
	wtg_put_le32(section + 12, 0x1000);
	wtg_put_le32(section + 16, 0x200);
	wtg_put_le32(section + 20, 0x200);
	wtg_put_le32(section + 36, 0x60000020);
	pe.data[0x200] = 0xc3;
	return pe;
}

/* An authority DIR/NAME.ca of that name, and a certificate of its own,
 * DIR/NAME.{key,crt}, for "Microsoft Windows", as the real ones issue. */
static inline void stand_in_authority(const char *name, const char *common_name)
{
	free(test_run(
		NULL,
		"cd '%s' && openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 30 "
		"-subj '/O=Stand-in/CN=%s' -keyout %s.ca.key -out %s.ca.crt 2>/dev/null && "
		"openssl req -newkey rsa:2048 -nodes -subj '/O=Stand-in/CN=Microsoft Windows' "
		"-keyout %s.key -out %s.csr 2>/dev/null && "
		"openssl x509 -req -in %s.csr -CA %s.ca.crt -CAkey %s.ca.key -set_serial 7 "
		"-days 30 -out %s.crt 2>/dev/null",
		test_dir(), common_name, name, name, name, name, name, name, name, name));
}

/* Both, once; skips the test where the programs are not there. */
static inline void stand_in_authorities(void)
{
	static bool made;

	if (made)
		return;
	test_require("openssl");
	test_require("sbsign");
	made = true;
	stand_in_authority("2011", "Microsoft Windows Production PCA 2011");
	stand_in_authority("2023", "Windows UEFI CA 2023");
}

/* A file of test_dir(), whole. */
static inline struct wtg_bytes stand_in_load(const char *name)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *path = wtg_text("%s/%s", test_dir(), name);
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct wtg_bytes bytes;

	assert_true(fd >= 0);
	assert_good(wtg_read_file(fd, 1 << 24, path, &bytes, &err));
	return bytes;
}

/* A stand-in signed by each of the authorities, "2011" or "2023 2011", as by sbsign: one
 * entry of the certificate table each. */
static inline struct wtg_bytes stand_in_signed(uint16_t machine, const char *authorities)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes plain = { 0 };
	_cleanup_free_ char *path = NULL;

	stand_in_authorities();
	plain = stand_in_pe(machine);
	path = wtg_text("%s/signed.efi", test_dir());
	test_write_file(path, plain.data, plain.size);
	free(test_run(
		NULL,
		"cd '%s' && for a in %s; do sbsign --key $a.key --cert $a.crt "
		"--output next.efi signed.efi && mv next.efi signed.efi || exit 1; done",
		test_dir(), authorities));
	return stand_in_load("signed.efi");
}
