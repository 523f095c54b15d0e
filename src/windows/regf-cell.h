/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of a hive under an open view (regf-read.h): cells, and what is in them. Every
 * function gives false, and changes nothing, when the bytes are not what they should be.
 * What is returned points into the view.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "windows/regf-read.h"

/* The checksum that belongs into a base block. */
uint32_t wtg_regf_checksum(const uint8_t *base);

struct wtg_regf_cell {
	const uint8_t *data; /* after the size field */
	uint32_t size;
};

/* An allocated cell of at least that many bytes, inside the bins. */
bool wtg_regf_cell(const struct wtg_hive_view *view, uint32_t offset,
		   uint32_t least_bytes, struct wtg_regf_cell *ret);

struct wtg_regf_name {
	const uint8_t *data;
	size_t size; /* bytes */
	bool latin1; /* a byte a character; else UTF-16LE */
};

/* As UTF-8, up to a NUL; the caller frees. */
char *wtg_regf_name_text(const struct wtg_regf_name *name);

/* Compare as the registry does: by upper-case UTF-16 units.  Latin, Greek, Cyrillic and
 * Armenian letters are folded; others compare as they are. */
int wtg_regf_name_compare(const struct wtg_regf_name *a, const struct wtg_regf_name *b);

/* No letter that only Windows knows how to fold. */
bool wtg_regf_name_is_ascii(const struct wtg_regf_name *name);

/* Character by character. */
bool wtg_regf_name_same(const struct wtg_regf_name *a, const struct wtg_regf_name *b);

/* No NUL in it: its text is all of it. */
bool wtg_regf_name_is_text(const struct wtg_regf_name *name);

/* wtg_regf_name_compare() and _hash() are to it what Windows' own are. */
bool wtg_regf_name_is_foldable(const struct wtg_regf_name *name);

/* UTF-8 in upper case, as names are compared; the caller frees. */
char *wtg_regf_fold(const char *utf8);

/* What "lh" lists keep of a name. */
uint32_t wtg_regf_name_hash(const struct wtg_regf_name *name);

struct wtg_regf_nk { /* a key */
	struct wtg_regf_name name;
	uint32_t parent;
	uint32_t n_subkeys, subkeys;
	uint32_t n_values, values;
	uint32_t security;
	uint32_t class_name, class_bytes;
};
bool wtg_regf_nk(const struct wtg_hive_view *view, uint32_t offset,
		 struct wtg_regf_nk *ret);

/* A list of subkeys, or a list of such lists, never deeper. */
struct wtg_regf_list {
	bool is_index; /* its entries are lists */
	bool hashed;   /* lh: each entry has a hash of the name, */
	bool hinted;   /* lf: or its first characters */
	uint32_t n_entries, entry_bytes;
	const uint8_t *entries;
};
bool wtg_regf_list(const struct wtg_hive_view *view, uint32_t offset,
		   struct wtg_regf_list *ret);

/* The offset that the i-th entry leads to; i < n_entries. */
uint32_t wtg_regf_list_entry(const struct wtg_regf_list *list, uint32_t i);

struct wtg_regf_vk { /* a value */
	struct wtg_regf_name name;
	uint32_t type;
	uint32_t size;
	uint32_t data;           /* offset of its cell, */
	const uint8_t *resident; /* or the data themselves */
	bool is_big;             /* the cell is a "db", the data lie in pieces */
	uint32_t n_pieces;
};
bool wtg_regf_vk(const struct wtg_hive_view *view, uint32_t offset,
		 struct wtg_regf_vk *ret);

/* The offset of the key's i-th value; i < n_values. */
bool wtg_regf_nth_vk(const struct wtg_hive_view *view, const struct wtg_regf_nk *nk,
		     uint32_t i, uint32_t *ret_offset);

/* The i-th piece of a value's data; i < n_pieces. */
struct wtg_regf_piece {
	uint32_t offset; /* of its cell; REGF_NONE if resident */
	const uint8_t *data;
	uint32_t size;
};
bool wtg_regf_piece(const struct wtg_hive_view *view, const struct wtg_regf_vk *vk,
		    uint32_t i, struct wtg_regf_piece *ret);
