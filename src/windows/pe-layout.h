/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where things lie in a PE file; what the pe*.c files share. */
#pragma once

#include "base/bytes.h"
#include "wtg/error.h"

/* Counted from the file's begin, but for the resources, which count in memory. */
struct wtg_pe_layout {
	uint16_t machine, subsystem;
	size_t checksum_at;  /* four bytes */
	size_t directory_at; /* of the certificates, eight bytes; 0: there is none */
	uint32_t certificates_at, certificates_size; /* all there; 0, 0: none */
	uint32_t resources_rva, resources_size;      /* as the file has it; 0, 0: none */
	size_t sections_at;
	unsigned n_sections; /* all headers there */
};

/* Kind WTG_INPUT when it is not a PE file or contradicts itself; the message speaks of "it". */
int wtg_pe_layout_read(const struct wtg_bytes *file, struct wtg_pe_layout *ret,
		       struct wtg_error *err);

/* An Authenticode signature: a DER PKCS#7 SignedData, within the file. */
struct wtg_pe_signature {
	const uint8_t *der;
	size_t size;
};

/* Windows' loaders carry one or two, of some 10 KiB. */
#define WTG_PE_MAX_SIGNATURES 16

/* Those of the certificate table; how many, or -1. */
int wtg_pe_signatures(const struct wtg_bytes *file, const struct wtg_pe_layout *layout,
		      struct wtg_pe_signature ret[static WTG_PE_MAX_SIGNATURES],
		      struct wtg_error *err);

/* The file at offset, if size bytes of it are there; otherwise NULL. */
static inline const uint8_t *wtg_pe_look(const struct wtg_bytes *file, uint64_t offset,
					 uint64_t size)
{
	if (offset > file->size || size > file->size - offset)
		return NULL;
	return file->data + offset;
}
