/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/pe-layout.h"

#include <string.h>

/* Offsets and constants: Microsoft, "PE Format". */
#define DOS_PE_OFFSET 0x3c
#define COFF_SIZE 24 /* with the signature before it */
#define COFF_SECTIONS 6
#define COFF_OPTIONAL_SIZE 20
#define OPTIONAL_CHECKSUM 64
#define OPTIONAL_SUBSYSTEM 68
#define PE32_MAGIC 0x10b
#define PE32_DIRECTORIES 96
#define PE32_PLUS_MAGIC 0x20b
#define PE32_PLUS_DIRECTORIES 112
#define DIRECTORY_SIZE 8
#define RESOURCE_DIRECTORY 2
#define CERTIFICATE_DIRECTORY 4
#define SECTION_SIZE 40

/* The attribute certificate table. */
#define CERTIFICATE_HEADER 8
#define CERTIFICATE_REVISION 0x0200
#define CERTIFICATE_PKCS7 0x0002

#define MAX_SIGNATURE_BYTES (256u << 10)

/* Where a directory's entry is in the optional header; 0: it has none. */
static int find_directory(const uint8_t *optional, size_t size, unsigned directory,
			  size_t *ret_at, struct wtg_error *err)
{
	size_t first, at;

	switch (wtg_le16(optional)) {
	case PE32_MAGIC:
		first = PE32_DIRECTORIES;
		break;
	case PE32_PLUS_MAGIC:
		first = PE32_PLUS_DIRECTORIES;
		break;
	default:
		return wtg_fail(err, WTG_INPUT, 0, "its PE header has the unknown kind 0x%x",
				wtg_le16(optional));
	}
	if (size < first)
		return wtg_fail(err, WTG_INPUT, 0, "its PE header is too short");
	at = first + (size_t)directory * DIRECTORY_SIZE;
	if (wtg_le32(optional + first - 4) <= directory)
		at = 0;
	else if (size < at + DIRECTORY_SIZE)
		return wtg_fail(err, WTG_INPUT, 0, "its PE header is too short");
	*ret_at = at;
	return 0;
}

static int read_optional(const uint8_t *optional, size_t size, struct wtg_pe_layout *layout,
			 struct wtg_error *err)
{
	size_t resources, certificates;

	if (size < OPTIONAL_SUBSYSTEM + 2)
		return wtg_fail(err, WTG_INPUT, 0, "its PE header is too short");
	if (find_directory(optional, size, RESOURCE_DIRECTORY, &resources, err) < 0 ||
	    find_directory(optional, size, CERTIFICATE_DIRECTORY, &certificates, err) < 0)
		return -1;
	layout->subsystem = wtg_le16(optional + OPTIONAL_SUBSYSTEM);
	if (resources) {
		layout->resources_rva = wtg_le32(optional + resources);
		layout->resources_size = wtg_le32(optional + resources + 4);
	}
	if (certificates) {
		layout->certificates_at = wtg_le32(optional + certificates);
		layout->certificates_size = wtg_le32(optional + certificates + 4);
	}
	layout->directory_at = certificates;
	return 0;
}

int wtg_pe_layout_read(const struct wtg_bytes *file, struct wtg_pe_layout *ret,
		       struct wtg_error *err)
{
	const uint8_t *dos = wtg_pe_look(file, 0, DOS_PE_OFFSET + 4), *coff, *optional;
	struct wtg_pe_layout layout = { 0 };
	size_t at, size;

	if (!dos || memcmp(dos, "MZ", 2) != 0)
		return wtg_fail(err, WTG_INPUT, 0, "it is not a program (PE)");
	at = wtg_le32(dos + DOS_PE_OFFSET);
	coff = wtg_pe_look(file, at, COFF_SIZE);
	if (!coff || memcmp(coff, "PE\0", 4) != 0)
		return wtg_fail(err, WTG_INPUT, 0, "it is not a program (PE)");
	size = wtg_le16(coff + COFF_OPTIONAL_SIZE);
	optional = wtg_pe_look(file, at + COFF_SIZE, size);
	if (!optional)
		return wtg_fail(err, WTG_INPUT, 0, "it ends within its PE header");
	layout.machine = wtg_le16(coff + 4);
	if (read_optional(optional, size, &layout, err) < 0)
		return -1;

	layout.checksum_at = at + COFF_SIZE + OPTIONAL_CHECKSUM;
	if (layout.directory_at)
		layout.directory_at += at + COFF_SIZE;
	layout.sections_at = at + COFF_SIZE + size;
	layout.n_sections = wtg_le16(coff + COFF_SECTIONS);
	if (!wtg_pe_look(file, layout.sections_at, (uint64_t)layout.n_sections * SECTION_SIZE))
		return wtg_fail(err, WTG_INPUT, 0, "it ends within its PE header");
	if (!wtg_pe_look(file, layout.certificates_at, layout.certificates_size))
		return wtg_fail(err, WTG_INPUT, 0, "its certificates lie beyond its end");
	*ret = layout;
	return 0;
}

/* That directory alone counts in the file, not in memory. */
int wtg_pe_signatures(const struct wtg_bytes *file, const struct wtg_pe_layout *layout,
		      struct wtg_pe_signature ret[static WTG_PE_MAX_SIGNATURES],
		      struct wtg_error *err)
{
	const uint8_t *p = file->data + layout->certificates_at;
	uint64_t left = layout->certificates_size;
	int n = 0;

	while (left >= CERTIFICATE_HEADER) {
		uint64_t length = wtg_le32(p), step = (length + 7) / 8 * 8;

		if (length < CERTIFICATE_HEADER || length > left)
			return wtg_fail(err, WTG_INPUT, 0, "its certificate table is damaged");
		if (wtg_le16(p + 4) == CERTIFICATE_REVISION &&
		    wtg_le16(p + 6) == CERTIFICATE_PKCS7) {
			if (n == WTG_PE_MAX_SIGNATURES || length > MAX_SIGNATURE_BYTES)
				return wtg_fail(err, WTG_INPUT, 0,
						"it has more or larger signatures than "
						"make sense");
			ret[n].der = p + CERTIFICATE_HEADER;
			ret[n++].size = (size_t)length - CERTIFICATE_HEADER;
		}
		if (step >= left) /* the last one need not be padded */
			break;
		p += step;
		left -= step;
	}
	return n;
}
