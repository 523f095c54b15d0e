/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hives from nothing: a seed of one root key, filled by hivex. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wtg/error.h"

enum media_value_type {
	MEDIA_SZ = 1,
	MEDIA_EXPAND_SZ = 2,
	MEDIA_BINARY = 3,
	MEDIA_DWORD = 4,
	MEDIA_MULTI_SZ = 7,
	MEDIA_QWORD = 11,
};

/* One value; '\\' between the parts of key, which is made if it is not there. */
struct media_value {
	const char *key;
	const char *name; /* NULL: only make the key */
	enum media_value_type type;
	uint64_t number;  /* of DWORD and QWORD */
	const char *text; /* of the strings; '|' between those of MULTI_SZ; binary as
			     "0a1b" */
};

struct media_hive;

/* root is the name of the root key; scratch a directory for the file that hivex needs. */
int media_hive_new(const char *scratch, const char *root, struct media_hive **ret,
		   struct wtg_error *err);
void media_hive_free(struct media_hive *hive);
WTG_DEFINE_FREEP(struct media_hive, media_hive_free)

int media_hive_set(struct media_hive *hive, const struct media_value *values, size_t n,
		   struct wtg_error *err);

/*
 * A value of size bytes that lies in several cells ("big data"), as Windows keeps values
 * of more than 16344 bytes and hivex cannot write them; at most 10 cells, once a hive, in
 * a key with no other value.
 */
int media_hive_set_big(struct media_hive *hive, const char *key, const char *name,
		       size_t size, struct wtg_error *err);

/* The bytes of the hive; its base block carries file_name. */
int media_hive_finish(struct media_hive *hive, const char *file_name,
		      struct wtg_bytes *ret, struct wtg_error *err);

/* Put the base block's checksum right after a change to it. */
void media_hive_checksum(struct wtg_bytes *hive);
