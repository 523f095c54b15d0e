/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/pe.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "wtg/text.h"

/* Offsets and constants: Microsoft, "PE Format". */
#define DOS_PE_OFFSET 0x3c
#define COFF_SIZE 24 /* with the signature before it */
#define COFF_OPTIONAL_SIZE 20
#define OPTIONAL_SUBSYSTEM 68
#define PE32_MAGIC 0x10b
#define PE32_DIRECTORIES 96
#define PE32_PLUS_MAGIC 0x20b
#define PE32_PLUS_DIRECTORIES 112
#define DIRECTORY_SIZE 8
#define CERTIFICATE_DIRECTORY 4

#define CERTIFICATE_HEADER 8
#define CERTIFICATE_REVISION 0x0200
#define CERTIFICATE_PKCS7 0x0002

/* Windows' loaders carry one or two, of some 10 KiB. */
#define MAX_SIGNATURES 16
#define MAX_SIGNATURE_BYTES (256u << 10)

#define CA_2011 "Microsoft Windows Production PCA 2011"
#define CA_2023 "Windows UEFI CA 2023"

struct table {
	uint32_t offset, size; /* in the file; of no certificates: 0, 0 */
};

void wtg_pe_done(struct wtg_pe *pe)
{
	free(pe->signers);
	*pe = (struct wtg_pe){ 0 };
}

/* The file at offset, if size bytes of it are there. */
static const uint8_t *look(const struct wtg_bytes *file, uint64_t offset, uint64_t size)
{
	if (offset > file->size || size > file->size - offset)
		return NULL;
	return file->data + offset;
}

static int read_optional(const uint8_t *optional, size_t size, struct wtg_pe *pe,
			 struct table *ret, struct wtg_error *err)
{
	struct table table = { 0 };
	size_t directories, entry;
	uint32_t count;

	if (size < OPTIONAL_SUBSYSTEM + 2)
		return wtg_fail(err, WTG_INPUT, 0, "its PE header is too short");
	switch (wtg_le16(optional)) {
	case PE32_MAGIC:
		directories = PE32_DIRECTORIES;
		break;
	case PE32_PLUS_MAGIC:
		directories = PE32_PLUS_DIRECTORIES;
		break;
	default:
		return wtg_fail(err, WTG_INPUT, 0,
				"its PE header has the unknown kind 0x%x",
				wtg_le16(optional));
	}
	if (size < directories)
		return wtg_fail(err, WTG_INPUT, 0, "its PE header is too short");
	pe->subsystem = wtg_le16(optional + OPTIONAL_SUBSYSTEM);

	count = wtg_le32(optional + directories - 4);
	entry = directories + CERTIFICATE_DIRECTORY * DIRECTORY_SIZE;
	if (count > CERTIFICATE_DIRECTORY) {
		if (size < entry + DIRECTORY_SIZE)
			return wtg_fail(err, WTG_INPUT, 0, "its PE header is too short");
		table.offset = wtg_le32(optional + entry);
		table.size = wtg_le32(optional + entry + 4);
	}
	*ret = table;
	return 0;
}

static int read_headers(const struct wtg_bytes *file, struct wtg_pe *pe,
			struct table *ret, struct wtg_error *err)
{
	const uint8_t *dos = look(file, 0, DOS_PE_OFFSET + 4), *coff, *optional;
	uint64_t at;
	size_t size;

	if (!dos || memcmp(dos, "MZ", 2) != 0)
		return wtg_fail(err, WTG_INPUT, 0, "it is not a program (PE)");
	at = wtg_le32(dos + DOS_PE_OFFSET);
	coff = look(file, at, COFF_SIZE);
	if (!coff || memcmp(coff, "PE\0", 4) != 0)
		return wtg_fail(err, WTG_INPUT, 0, "it is not a program (PE)");
	size = wtg_le16(coff + COFF_OPTIONAL_SIZE);
	optional = look(file, at + COFF_SIZE, size);
	if (!optional)
		return wtg_fail(err, WTG_INPUT, 0, "it ends within its PE header");
	pe->machine = wtg_le16(coff + 4);
	return read_optional(optional, size, pe, ret, err);
}

/* Is name one of those that list has, joined by ", "? */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *p = list; p; p = strstr(p, ", ")) {
		if (p != list)
			p += 2;
		if (strncmp(p, name, length) == 0 &&
		    (p[length] == '\0' || strncmp(p + length, ", ", 2) == 0))
			return true;
	}
	return false;
}

static void add_signer(struct wtg_pe *pe, const char *name)
{
	char *joined;

	if (is_listed(pe->signers, name))
		return;
	joined = pe->signers ? wtg_text("%s, %s", pe->signers, name)
			     : wtg_text_copy(name);
	free(pe->signers);
	pe->signers = joined;
}

static int read_signature(const uint8_t *der, size_t size, struct wtg_pe *pe,
			  struct wtg_error *err)
{
	char **issuers = wtg_pkcs7_issuers(der, size);

	if (!issuers)
		return wtg_fail(err, WTG_INPUT, 0, "its signature %u is damaged",
				pe->n_signatures + 1);
	for (size_t i = 0; issuers[i]; i++) {
		pe->signed_2011 |= strcmp(issuers[i], CA_2011) == 0;
		pe->signed_2023 |= strcmp(issuers[i], CA_2023) == 0;
		add_signer(pe, issuers[i]);
		free(issuers[i]);
	}
	free(issuers);
	pe->n_signatures++;
	return 0;
}

/* This directory alone counts in the file, not in memory. */
static int read_certificates(const struct wtg_bytes *file, struct table table,
			     struct wtg_pe *pe, struct wtg_error *err)
{
	const uint8_t *p = look(file, table.offset, table.size);
	uint64_t left = table.size;

	if (!p)
		return wtg_fail(err, WTG_INPUT, 0, "its certificates lie beyond its end");
	while (left >= CERTIFICATE_HEADER) {
		uint64_t length = wtg_le32(p), step = (length + 7) / 8 * 8;

		if (length < CERTIFICATE_HEADER || length > left)
			return wtg_fail(err, WTG_INPUT, 0,
					"its certificate table is damaged");
		if (wtg_le16(p + 4) == CERTIFICATE_REVISION &&
		    wtg_le16(p + 6) == CERTIFICATE_PKCS7) {
			if (pe->n_signatures == MAX_SIGNATURES ||
			    length > MAX_SIGNATURE_BYTES)
				return wtg_fail(err, WTG_INPUT, 0,
						"it has more or larger signatures than "
						"make sense");
			if (read_signature(p + CERTIFICATE_HEADER,
					   (size_t)length - CERTIFICATE_HEADER,
					   pe, err) < 0)
				return -1;
		}
		if (step >= left) /* the last one need not be padded */
			return 0;
		p += step;
		left -= step;
	}
	return 0;
}

int wtg_pe_read(const struct wtg_bytes *file, struct wtg_pe *ret, struct wtg_error *err)
{
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };
	struct table table = { 0 };

	if (read_headers(file, &pe, &table, err) < 0 ||
	    read_certificates(file, table, &pe, err) < 0)
		return -1;
	*ret = pe;
	pe.signers = NULL;
	return 0;
}
