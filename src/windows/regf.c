/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/regf.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/utf16.h"
#include "windows/regf-cell.h"
#include "windows/regf-format.h"
#include "wtg/text.h"

#define MAX_NAME 255
/* What one list in one page holds; for more Windows makes an index, "ri". */
#define MAX_SUBKEYS 500

struct value {
	char *name;
	uint32_t type;
	struct wtg_bytes data;
};

struct wtg_regf_key {
	char *name;
	struct {
		struct wtg_regf_key **items;
		size_t n_items, capacity;
	} subkeys; /* ordered by name, case ignored, as Windows searches them */
	struct {
		struct value *items;
		size_t n_items, capacity;
	} values;
};

static void require(bool promise)
{
	if (!promise)
		abort();
}

static char *copy_name(const char *name)
{
	require(strlen(name) <= MAX_NAME);
	for (const char *c = name; *c; c++)
		require(*c >= ' ' && *c < 0x7f);
	return wtg_text_copy(name);
}

struct wtg_regf_key *wtg_regf_root(const char *name)
{
	struct wtg_regf_key *key = wtg_alloc(sizeof(*key));

	key->name = copy_name(name);
	return key;
}

void wtg_regf_free(struct wtg_regf_key *root)
{
	if (!root)
		return;
	for (size_t i = 0; i < root->subkeys.n_items; i++)
		wtg_regf_free(root->subkeys.items[i]);
	for (size_t i = 0; i < root->values.n_items; i++) {
		free(root->values.items[i].name);
		wtg_bytes_done(&root->values.items[i].data);
	}
	free(root->subkeys.items);
	free(root->values.items);
	free(root->name);
	free(root);
}

/* By upper-case names: strcasecmp() compares lower-case ones, and between the cases lie
 * characters such as '_' that the two put differently. */
static int compare_names(const char *a, const char *b)
{
	struct wtg_regf_name left = { (const uint8_t *)a, strlen(a), true };
	struct wtg_regf_name right = { (const uint8_t *)b, strlen(b), true };

	return wtg_regf_name_compare(&left, &right);
}

struct wtg_regf_key *wtg_regf_key(struct wtg_regf_key *parent, const char *name)
{
	size_t i = 0;
	struct wtg_regf_key *key;

	while (i < parent->subkeys.n_items &&
	       compare_names(parent->subkeys.items[i]->name, name) < 0)
		i++;
	if (i < parent->subkeys.n_items &&
	    compare_names(parent->subkeys.items[i]->name, name) == 0)
		return parent->subkeys.items[i];

	require(parent->subkeys.n_items < MAX_SUBKEYS);
	key = wtg_regf_root(name);
	WTG_APPEND(&parent->subkeys, key);
	memmove(&parent->subkeys.items[i + 1], &parent->subkeys.items[i],
		(parent->subkeys.n_items - 1 - i) * sizeof(key));
	parent->subkeys.items[i] = key;
	return key;
}

void wtg_regf_value(struct wtg_regf_key *key, const char *name, enum wtg_reg_type type,
		    const void *data, size_t size)
{
	struct value value = { .type = type };

	require(size <= DB_SEGMENT_BYTES);
	value.name = copy_name(name);
	value.data = wtg_bytes_copy(data, size);
	WTG_APPEND(&key->values, value);
}

void wtg_regf_text(struct wtg_regf_key *key, const char *name, const char *utf8)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes utf16 = wtg_utf16_from_utf8(utf8);

	wtg_regf_value(key, name, WTG_REG_SZ, utf16.data, utf16.size);
}

void wtg_regf_dword(struct wtg_regf_key *key, const char *name, uint32_t number)
{
	uint8_t data[4];

	wtg_put_le32(data, number);
	wtg_regf_value(key, name, WTG_REG_DWORD, data, sizeof(data));
}

/* The bins as they grow: a new cell goes to the end of the last bin or into a new one. */
struct bins {
	uint8_t *data;
	size_t size;
	size_t free_at; /* where the rest of the last bin starts */
	uint64_t timestamp;
	uint32_t security; /* offset of the one descriptor */
	uint32_t n_keys;
};

static uint8_t *content(const struct bins *bins, uint32_t cell)
{
	return bins->data + cell + 4;
}

/* What is left of the last bin becomes one free cell. */
static void close_bin(struct bins *bins)
{
	if (bins->free_at < bins->size)
		wtg_put_le32(bins->data + bins->free_at,
			     (uint32_t)(bins->size - bins->free_at));
}

static void open_bin(struct bins *bins, size_t size)
{
	size_t at = bins->size;

	close_bin(bins);
	bins->data = wtg_realloc(bins->data, at + size, 1);
	memset(bins->data + at, 0, size);
	memcpy(bins->data + at, "hbin", 4);
	wtg_put_le32(bins->data + at + HBIN_OFFSET, (uint32_t)at);
	wtg_put_le32(bins->data + at + HBIN_SIZE, (uint32_t)size);
	if (at == 0) /* as Windows does, only in the first */
		wtg_put_le64(bins->data + at + HBIN_TIMESTAMP, bins->timestamp);
	bins->size += size;
	bins->free_at = at + HBIN_HEADER_BYTES;
}

static uint32_t new_cell(struct bins *bins, size_t content_bytes)
{
	size_t size = wtg_round_up(content_bytes + 4, 8);
	uint32_t cell;

	if (size > bins->size - bins->free_at)
		open_bin(bins, wtg_round_up(size + HBIN_HEADER_BYTES, REGF_BASE_BYTES));
	cell = (uint32_t)bins->free_at;
	wtg_put_le32(bins->data + cell, 0u - (uint32_t)size);
	bins->free_at += size;
	return cell;
}

/*
 * Owner Administrators, group SYSTEM, as bcdboot makes it; both may do everything
 * (KEY_ALL_ACCESS), here and in the keys below.
 */
/* clang-format off */
static const uint8_t descriptor[] = {
	1, 0, 0x04, 0x80,                 /* self-relative, has a DACL */
	72, 0, 0, 0, 88, 0, 0, 0,         /* where owner and group are, */
	0, 0, 0, 0, 20, 0, 0, 0,          /* no SACL, where the DACL is */
	2, 0, 52, 0, 2, 0, 0, 0,          /* a DACL of two entries */
	0, 2, 24, 0, 0x3f, 0, 0x0f, 0,    /* allow, subkeys inherit */
	1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0, /* S-1-5-32-544 */
	0, 2, 20, 0, 0x3f, 0, 0x0f, 0,
	1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, /* S-1-5-18 */
	1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0, /* owner */
	1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, /* group */
};
/* clang-format on */

static void write_security(struct bins *bins)
{
	uint32_t cell = new_cell(bins, SK_DESCRIPTOR + sizeof(descriptor));
	uint8_t *sk = content(bins, cell);

	memcpy(sk, "sk", 2);
	wtg_put_le32(sk + SK_NEXT, cell); /* alone in the ring of descriptors */
	wtg_put_le32(sk + SK_PREVIOUS, cell);
	wtg_put_le32(sk + SK_SIZE, sizeof(descriptor));
	memcpy(sk + SK_DESCRIPTOR, descriptor, sizeof(descriptor));
	bins->security = cell;
}

static uint32_t write_value(struct bins *bins, const struct value *value)
{
	size_t name_bytes = strlen(value->name);
	uint32_t cell = new_cell(bins, VK_NAME + name_bytes);
	uint32_t size = (uint32_t)value->data.size;
	uint8_t *vk = content(bins, cell);

	memcpy(vk, "vk", 2);
	wtg_put_le16(vk + VK_NAME_BYTES, (uint16_t)name_bytes);
	wtg_put_le32(vk + VK_SIZE, size <= 4 ? size | VK_RESIDENT : size);
	wtg_put_le32(vk + VK_TYPE, value->type);
	wtg_put_le16(vk + VK_FLAGS, name_bytes ? VK_FLAG_LATIN1 : 0);
	memcpy(vk + VK_NAME, value->name, name_bytes);
	if (size <= 4) {
		memcpy(vk + VK_DATA, value->data.data, size);
	} else {
		uint32_t data = new_cell(bins, size);

		memcpy(content(bins, data), value->data.data, size);
		wtg_put_le32(content(bins, cell) + VK_DATA, data);
	}
	return cell;
}

static void write_values(struct bins *bins, uint32_t cell, const struct wtg_regf_key *key)
{
	uint32_t list, longest_name = 0, longest_data = 0;

	if (key->values.n_items == 0)
		return;
	list = new_cell(bins, key->values.n_items * 4);
	for (size_t i = 0; i < key->values.n_items; i++) {
		const struct value *value = &key->values.items[i];
		uint32_t name_bytes = (uint32_t)strlen(value->name) * 2;
		uint32_t offset = write_value(bins, value);

		wtg_put_le32(content(bins, list) + i * 4, offset);
		if (longest_name < name_bytes)
			longest_name = name_bytes;
		if (longest_data < value->data.size)
			longest_data = (uint32_t)value->data.size;
	}
	wtg_put_le32(content(bins, cell) + NK_N_VALUES, (uint32_t)key->values.n_items);
	wtg_put_le32(content(bins, cell) + NK_VALUES, list);
	wtg_put_le32(content(bins, cell) + NK_MAX_VALUE_NAME_BYTES, longest_name);
	wtg_put_le32(content(bins, cell) + NK_MAX_VALUE_BYTES, longest_data);
}

static uint32_t new_key(struct bins *bins, const struct wtg_regf_key *key,
			uint32_t parent)
{
	size_t name_bytes = strlen(key->name);
	uint32_t cell = new_cell(bins, NK_NAME + name_bytes);
	uint8_t *nk = content(bins, cell);

	memcpy(nk, "nk", 2);
	wtg_put_le16(nk + NK_FLAGS, NK_FLAG_LATIN1);
	wtg_put_le64(nk + NK_TIMESTAMP, bins->timestamp);
	wtg_put_le32(nk + NK_PARENT, parent);
	wtg_put_le32(nk + NK_SUBKEYS, REGF_NONE);
	wtg_put_le32(nk + NK_VOLATILE_SUBKEYS, REGF_NONE);
	wtg_put_le32(nk + NK_VALUES, REGF_NONE);
	wtg_put_le32(nk + NK_SECURITY, bins->security);
	wtg_put_le32(nk + NK_CLASS, REGF_NONE);
	wtg_put_le16(nk + NK_NAME_BYTES, (uint16_t)name_bytes);
	memcpy(nk + NK_NAME, key->name, name_bytes);
	bins->n_keys++;
	return cell;
}

/* The values and the subkeys of the key at cell. */
static void write_below(struct bins *bins, uint32_t cell, const struct wtg_regf_key *key)
{
	size_t n = key->subkeys.n_items;
	uint32_t list, longest = 0;

	write_values(bins, cell, key);
	if (n == 0)
		return;
	list = new_cell(bins, LIST_ENTRIES + n * 8);
	memcpy(content(bins, list), "lf", 2);
	wtg_put_le16(content(bins, list) + LIST_COUNT, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		const struct wtg_regf_key *subkey = key->subkeys.items[i];
		uint32_t name_bytes = (uint32_t)strlen(subkey->name);
		uint32_t offset = new_key(bins, subkey, cell);
		uint8_t *entry = content(bins, list) + LIST_ENTRIES + i * 8;

		wtg_put_le32(entry, offset);
		memcpy(entry + 4, subkey->name, name_bytes < 4 ? name_bytes : 4);
		if (longest < name_bytes * 2)
			longest = name_bytes * 2;
		write_below(bins, offset, subkey);
	}
	wtg_put_le32(content(bins, cell) + NK_N_SUBKEYS, (uint32_t)n);
	wtg_put_le32(content(bins, cell) + NK_SUBKEYS, list);
	wtg_put_le32(content(bins, cell) + NK_MAX_NAME_BYTES, longest);
}

static void write_root(struct bins *bins, const struct wtg_regf_key *root)
{
	uint32_t cell = new_key(bins, root, 0);
	uint8_t *nk = content(bins, cell);

	wtg_put_le16(nk + NK_FLAGS, NK_FLAG_ROOT | NK_FLAG_NO_DELETE | NK_FLAG_LATIN1);
	write_security(bins);
	wtg_put_le32(content(bins, cell) + NK_SECURITY, bins->security);
	write_below(bins, cell, root);
	wtg_put_le32(content(bins, bins->security) + SK_REFERENCES, bins->n_keys);
	close_bin(bins);
}

static void write_base(uint8_t *base, const struct bins *bins, const char *file_name)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes name = wtg_utf16_from_utf8(file_name);
	size_t kept = name.size < REGF_FILE_NAME_BYTES ? name.size : REGF_FILE_NAME_BYTES;

	memcpy(base, "regf", 4);
	wtg_put_le32(base + REGF_SEQUENCE1, 1);
	wtg_put_le32(base + REGF_SEQUENCE2, 1);
	wtg_put_le64(base + REGF_TIMESTAMP, bins->timestamp);
	wtg_put_le32(base + REGF_MAJOR, 1);
	wtg_put_le32(base + REGF_MINOR, 3);
	wtg_put_le32(base + REGF_FILE_FORMAT, 1);
	wtg_put_le32(base + REGF_ROOT, HBIN_HEADER_BYTES); /* the first cell of all */
	wtg_put_le32(base + REGF_BINS_BYTES, (uint32_t)bins->size);
	wtg_put_le32(base + REGF_CLUSTERING, 1);
	memcpy(base + REGF_FILE_NAME, name.data + name.size - kept, kept);
	wtg_put_le32(base + REGF_CHECKSUM, wtg_regf_checksum(base));
}

struct wtg_bytes wtg_regf_write(const struct wtg_regf_key *root, const char *file_name,
				uint64_t timestamp)
{
	struct bins bins = { .timestamp = timestamp };
	struct wtg_bytes hive = { 0 };

	write_root(&bins, root);
	hive.size = REGF_BASE_BYTES + bins.size;
	hive.data = wtg_alloc(hive.size);
	write_base(hive.data, &bins, file_name);
	memcpy(hive.data + REGF_BASE_BYTES, bins.data, bins.size);
	free(bins.data);
	return hive;
}
