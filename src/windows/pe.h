/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a UEFI program in PE format says of itself. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/certificate.h"
#include "wtg/error.h"
#include "wtg/image.h"

struct wtg_pe {
	uint16_t machine;   /* 0x014c, 0x8664, 0xaa64 */
	uint16_t subsystem; /* 10: EFI application, 16: boot application */
	unsigned n_signatures; /* Authenticode, in the certificate table */
	bool signed_2011;   /* by "Microsoft Windows Production PCA 2011" */
	bool signed_2023;   /* by "Windows UEFI CA 2023" */
	char *signers;      /* whose certificates they are, joined by ", "; or NULL */
};
void wtg_pe_done(struct wtg_pe *pe);

/* What it is for; also of one that was never read (machine 0): unknown. */
enum wtg_arch wtg_pe_arch(const struct wtg_pe *pe);

/* Kind WTG_INPUT when it is not a PE file or contradicts itself; the message speaks of
 * "it", and the caller says which file.  Nothing is verified. */
int wtg_pe_read(const struct wtg_bytes *file, struct wtg_pe *ret, struct wtg_error *err);

/* The certificates of each signature's chain, as far as it carries them (base/certificate.h). */
int wtg_pe_certificates(const struct wtg_bytes *file, struct wtg_certificates *ret,
			struct wtg_error *err);

/*
 * Microsoft's boot programs say how safe they are: 1 and (major, minor), 0 if it says nothing,
 * -1 (WTG_INPUT) if what it says is damaged.  The boot manager goes by it, not firmware.
 */
int wtg_pe_security_version(const struct wtg_bytes *file, uint16_t ret[static 2],
			    struct wtg_error *err);
