/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A writer of new registry hives ("regf" 1.3, subkey lists "lf"), as small as boot
 * configuration stores need: at most 500 subkeys a key, values up to 16344 bytes, one
 * security descriptor for all keys (Administrators own it, they and SYSTEM may do
 * everything).  Deterministic.  Asking for more than that ends the program.
 * The format: github.com/msuhanov/regf.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wtg/cleanup.h"

enum wtg_reg_type {
	WTG_REG_NONE = 0,
	WTG_REG_SZ = 1,
	WTG_REG_EXPAND_SZ = 2,
	WTG_REG_BINARY = 3,
	WTG_REG_DWORD = 4,
	WTG_REG_MULTI_SZ = 7,
	WTG_REG_QWORD = 11,
};

struct wtg_regf_key;

/* A tree of keys; freeing the root frees all.  Names are ASCII, up to 255 characters. */
struct wtg_regf_key *wtg_regf_root(const char *name);
void wtg_regf_free(struct wtg_regf_key *root);
WTG_DEFINE_FREEP(struct wtg_regf_key, wtg_regf_free)

/* The subkey of that name, made if it is not there; owned by its parent. */
struct wtg_regf_key *wtg_regf_key(struct wtg_regf_key *parent, const char *name);

/* Add a value, of a name that the key does not have yet; data is copied. */
void wtg_regf_value(struct wtg_regf_key *key, const char *name, enum wtg_reg_type type,
		    const void *data, size_t size);
void wtg_regf_text(struct wtg_regf_key *key, const char *name, const char *utf8);
void wtg_regf_dword(struct wtg_regf_key *key, const char *name, uint32_t number);

/* The hive's bytes.  The end of file_name goes into the base block, where it is only for
 * show; timestamp is a FILETIME for the hive and all its keys. */
struct wtg_bytes wtg_regf_write(const struct wtg_regf_key *root, const char *file_name,
				uint64_t timestamp);
