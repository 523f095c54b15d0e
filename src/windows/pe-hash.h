/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hash that is signed of a PE file, listed in catalogs and in revocation lists: Microsoft,
 * "Windows Authenticode Portable Executable Signature Format".
 */
#pragma once

#include "base/bytes.h"
#include "base/crypto.h"
#include "wtg/error.h"

struct wtg_pe_hash {
	uint8_t sha1[WTG_SHA1_SIZE];
	uint8_t sha256[WTG_SHA256_SIZE];
};

/* Kind WTG_INPUT when it is not a PE file or contradicts itself; the message speaks of "it". */
int wtg_pe_hash(const struct wtg_bytes *file, struct wtg_pe_hash *ret, struct wtg_error *err);
