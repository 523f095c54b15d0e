/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs in PE format that stand where Windows has its own. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "wtg/image.h"

enum media_pe_kind {
	MEDIA_PE_EFI,      /* an EFI application that prints one line and returns */
	MEDIA_PE_BOOT_APP, /* winload.efi: the subsystem of boot applications */
	MEDIA_PE_DLL,
	MEDIA_PE_NATIVE,   /* drivers and the kernel */
};

struct media_pe {
	enum media_pe_kind kind;
	enum wtg_arch arch;
	const char *line; /* what it prints; also makes one program differ from another */
	uint32_t filler_bytes; /* of a data section */
};

/* The program, with its checksum, not signed. */
struct wtg_bytes media_pe(const struct media_pe *pe);

/* Who signed, as the certificates say it. */
enum media_chain { MEDIA_UNSIGNED, MEDIA_CA_2011, MEDIA_CA_2023 };

/*
 * Append an Authenticode signature: a sound PKCS#7 over the right digest, by a
 * certificate that names Microsoft's issuer and our own organisation.  It proves nothing
 * to firmware.
 */
void media_pe_sign(struct wtg_bytes *pe, enum media_chain chain);

/* Recompute the checksum in the optional header, as IMAGEHLP does it. */
void media_pe_checksum(struct wtg_bytes *pe);

/* Where the certificate table's directory entry and the checksum lie. */
size_t media_pe_checksum_offset(const struct wtg_bytes *pe);
size_t media_pe_security_offset(const struct wtg_bytes *pe);
