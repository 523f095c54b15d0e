/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Catalogs for tests: of the form that Microsoft's have, signed by nobody whom one would trust. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define STAND_IN_SIGNER "Stand-in Hardware Compatibility Publisher"

/* Hashes of 20 bytes make a list as Windows 7 knew it, of 32 as Windows 8 and later do. */
struct wtg_bytes stand_in_catalog(uint8_t (*hashes)[32], size_t n, size_t hash_size);

/* A catalog of files, each by the SHA-256 of all of it. */
struct wtg_bytes stand_in_catalog_of(const struct wtg_files *files);
