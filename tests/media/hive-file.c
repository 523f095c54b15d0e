/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hive-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include <hivex.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/utf16.h"
#include "security.h"
#include "wtg/text.h"

#define HEADER 4096u /* of the file; offsets inside count from its end */
#define MAX_SEGMENT 16344u
#define MAX_CELLS 10

struct media_hive {
	char *path;
	hive_h *hivex;
	hive_node_h big_key; /* 0: none */
	size_t big_size;
};

/* 2019-01-01 in FILETIME, for every key. */
#define HIVE_TIME 131907744000000000u

void media_hive_checksum(struct wtg_bytes *hive)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 508; i += 4)
		sum ^= wtg_le32(hive->data + i);
	wtg_put_le32(hive->data + 508, sum);
}

static void put_cell(uint8_t *bin, uint32_t offset, uint32_t size)
{
	wtg_put_le32(bin + offset, 0u - size); /* in use: negative */
}

/* msuhanov, "Windows registry file format specification": the least there is, a root key
 * and its security, the rest of the bin free. */
static struct wtg_bytes seed(const char *root)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes sd =
		media_security(MEDIA_SECURITY_CONFIG);
	struct wtg_bytes hive = { wtg_alloc(2 * HEADER), 2 * HEADER };
	uint8_t *base = hive.data, *bin = base + HEADER, *nk = bin + 32 + 4, *sk;
	uint32_t nk_size = (uint32_t)wtg_round_up(4 + 76 + strlen(root), 8);
	uint32_t sk_size = (uint32_t)wtg_round_up(4 + 20 + sd.size, 8);
	uint32_t sk_at = 32 + nk_size, free_at = sk_at + sk_size;

	memcpy(base, "regf", 4);
	wtg_put_le32(base + 4, 1);
	wtg_put_le32(base + 8, 1);
	wtg_put_le64(base + 12, HIVE_TIME);
	wtg_put_le32(base + 20, 1);
	wtg_put_le32(base + 24, 5);
	wtg_put_le32(base + 32, 1);
	wtg_put_le32(base + 36, 32);
	wtg_put_le32(base + 40, HEADER);
	wtg_put_le32(base + 44, 1);
	media_hive_checksum(&hive);

	memcpy(bin, "hbin", 4);
	wtg_put_le32(bin + 8, HEADER);
	wtg_put_le64(bin + 20, HIVE_TIME);
	put_cell(bin, 32, nk_size);
	memcpy(nk, "nk\x2c", 3); /* root, not to be deleted, name in Latin-1 */
	wtg_put_le64(nk + 4, HIVE_TIME);
	wtg_put_le32(nk + 16, UINT32_MAX); /* parent, subkey lists, values, class: none */
	for (unsigned at = 28; at <= 48; at += 4)
		wtg_put_le32(nk + at, UINT32_MAX);
	wtg_put_le32(nk + 36, 0);
	wtg_put_le32(nk + 44, sk_at);
	wtg_put_le16(nk + 72, (uint16_t)strlen(root));
	memcpy(nk + 76, root, strlen(root));

	put_cell(bin, sk_at, sk_size);
	sk = bin + sk_at + 4;
	memcpy(sk, "sk", 2);
	wtg_put_le32(sk + 4, sk_at);
	wtg_put_le32(sk + 8, sk_at);
	wtg_put_le32(sk + 12, 1);
	wtg_put_le32(sk + 16, (uint32_t)sd.size);
	memcpy(sk + 20, sd.data, sd.size);
	wtg_put_le32(bin + free_at, HEADER - free_at);
	return hive;
}

static int write_file(const char *path, const struct wtg_bytes *bytes,
		      struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || wtg_pwrite_all(fd, bytes->data, bytes->size, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "write %s", path);
	return wtg_close(&fd, path, err);
}

int media_hive_new(const char *scratch, const char *root, struct media_hive **ret,
		   struct wtg_error *err)
{
	_cleanup_(media_hive_freep) struct media_hive *hive = wtg_alloc(sizeof(*hive));
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = seed(root);

	hive->path = wtg_text("%s/hive", scratch);
	if (write_file(hive->path, &bytes, err) < 0)
		return -1;
	hive->hivex = hivex_open(hive->path, HIVEX_OPEN_WRITE);
	if (!hive->hivex)
		return wtg_fail(err, WTG_SYSTEM, errno, "open our seed of a hive");
	*ret = WTG_STEAL(hive);
	return 0;
}

void media_hive_free(struct media_hive *hive)
{
	if (!hive)
		return;
	if (hive->hivex)
		hivex_close(hive->hivex);
	if (hive->path)
		unlink(hive->path);
	free(hive->path);
	free(hive);
}

static hive_node_h make_key(struct media_hive *hive, const char *key,
			    struct wtg_error *err)
{
	_cleanup_free_ char *copy = wtg_text_copy(key);
	hive_node_h node = hivex_root(hive->hivex);
	char *rest = copy;

	for (char *part; (part = strsep(&rest, "\\"));) {
		hive_node_h child = hivex_node_get_child(hive->hivex, node, part);

		if (!child)
			child = hivex_node_add_child(hive->hivex, node, part);
		if (!child) {
			wtg_fail(err, WTG_SYSTEM, errno, "make the key %s", key);
			return 0;
		}
		node = child;
	}
	return node;
}

static struct wtg_bytes number_bytes(uint64_t number, size_t size)
{
	uint8_t bytes[8];

	wtg_put_le64(bytes, number);
	return wtg_bytes_copy(bytes, size);
}

static struct wtg_bytes hex_bytes(const char *hex)
{
	struct wtg_bytes bytes = { wtg_alloc(strlen(hex) / 2 + 1), strlen(hex) / 2 };

	for (size_t i = 0; i < bytes.size; i++) {
		unsigned byte = 0;

		sscanf(hex + 2 * i, "%2x", &byte);
		bytes.data[i] = (uint8_t)byte;
	}
	return bytes;
}

/* "a|b" as a, NUL, b, NUL, NUL. */
static struct wtg_bytes multi_bytes(const char *text)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes one = wtg_utf16_from_utf8(text);
	struct wtg_bytes all = { wtg_alloc(one.size + 2), *text ? one.size + 2 : 2 };

	memcpy(all.data, one.data, one.size);
	for (size_t i = 0; i < one.size; i += 2)
		if (wtg_le16(all.data + i) == '|')
			wtg_put_le16(all.data + i, 0);
	return all;
}

static struct wtg_bytes data_of(const struct media_value *value)
{
	switch (value->type) {
	case MEDIA_SZ:
	case MEDIA_EXPAND_SZ:
		return wtg_utf16_from_utf8(value->text);
	case MEDIA_BINARY:
		return hex_bytes(value->text);
	case MEDIA_DWORD:
		return number_bytes(value->number, 4);
	case MEDIA_QWORD:
		return number_bytes(value->number, 8);
	case MEDIA_MULTI_SZ:
		return multi_bytes(value->text);
	}
	abort();
}

static int set_raw(struct media_hive *hive, hive_node_h node, const char *name, int type,
		   const struct wtg_bytes *data)
{
	hive_set_value value = { .key = (char *)(uintptr_t)name,
				 .t = (hive_type)type,
				 .len = data->size,
				 .value = (char *)data->data };

	return hivex_node_set_value(hive->hivex, node, &value, 0);
}

int media_hive_set(struct media_hive *hive, const struct media_value *values, size_t n,
		   struct wtg_error *err)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
		hive_node_h node = make_key(hive, values[i].key, err);

		if (!node)
			return -1;
		if (!values[i].name)
			continue;
		data = data_of(&values[i]);
		if (set_raw(hive, node, values[i].name, (int)values[i].type, &data) != 0)
			return wtg_fail(err, WTG_SYSTEM, errno, "set %s\\%s",
					values[i].key, values[i].name);
	}
	return 0;
}

/*
 * hivex lays the segments, their list and the record down as values of their own;
 * finish() then makes the first value point at the record and takes the others out of the
 * key.
 */
int media_hive_set_big(struct media_hive *hive, const char *key, const char *name,
		       size_t size, struct wtg_error *err)
{
	size_t n = (size + MAX_SEGMENT - 1) / MAX_SEGMENT;
	struct wtg_bytes segment = { wtg_alloc(MAX_SEGMENT), MAX_SEGMENT };
	_cleanup_(wtg_bytes_done) struct wtg_bytes owned = segment;
	hive_node_h node = make_key(hive, key, err);
	int bad;

	if (!node)
		return -1;
	for (size_t i = 0; i < segment.size; i++)
		segment.data[i] = (uint8_t)(i * 7);
	segment.size = 8;
	bad = set_raw(hive, node, name, MEDIA_BINARY, &segment);
	bad |= set_raw(hive, node, "record", MEDIA_BINARY, &segment);
	segment.size = 4 * n < 8 ? 8 : 4 * n;
	bad |= set_raw(hive, node, "list", MEDIA_BINARY, &segment);
	for (size_t i = 0; i < n && i < MAX_CELLS; i++) {
		char segment_name[16];

		snprintf(segment_name, sizeof(segment_name), "segment%zu", i);
		segment.size = i + 1 < n ? MAX_SEGMENT : size - i * MAX_SEGMENT;
		/* A value of up to four bytes would lie in its record. */
		segment.size = segment.size < 8 ? 8 : segment.size;
		bad |= set_raw(hive, node, segment_name, MEDIA_BINARY, &segment);
	}
	if (bad)
		return wtg_fail(err, WTG_SYSTEM, errno, "set %s\\%s", key, name);
	hive->big_key = node;
	hive->big_size = size;
	return 0;
}

/* Where the i-th value record of a key lies, counted from the hive's first bin. */
static uint32_t value_at(const uint8_t *bins, uint32_t list, uint32_t i)
{
	return wtg_le32(bins + list + 4 + 4 * i);
}

static void release_cell(uint8_t *bins, uint32_t cell)
{
	wtg_put_le32(bins + cell, 0u - wtg_le32(bins + cell));
}

static void join_big(const struct media_hive *hive, struct wtg_bytes *bytes)
{
	uint8_t *bins = bytes->data + HEADER, *nk = bytes->data + hive->big_key + 4;
	uint32_t n = wtg_le32(nk + 36), list = wtg_le32(nk + 40), segments = n - 3;
	uint8_t *value = bins + value_at(bins, list, 0) + 4;
	uint32_t record = wtg_le32(bins + value_at(bins, list, 1) + 4 + 8);
	uint32_t segment_list = wtg_le32(bins + value_at(bins, list, 2) + 4 + 8);

	for (uint32_t i = 0; i < segments; i++)
		wtg_put_le32(bins + segment_list + 4 + 4 * i,
			     wtg_le32(bins + value_at(bins, list, 3 + i) + 4 + 8));
	memcpy(bins + record + 4, "db", 2);
	wtg_put_le16(bins + record + 6, (uint16_t)segments);
	wtg_put_le32(bins + record + 8, segment_list);
	release_cell(bins, wtg_le32(value + 8));
	wtg_put_le32(value + 4, (uint32_t)hive->big_size);
	wtg_put_le32(value + 8, record);
	for (uint32_t i = 1; i < n; i++)
		release_cell(bins, value_at(bins, list, i));
	wtg_put_le32(nk + 36, 1);
}

/* The end of the path, as Windows keeps it; cosmetic. */
static void put_file_name(struct wtg_bytes *bytes, const char *file_name)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes utf16 = wtg_utf16_from_utf8(file_name);

	memcpy(bytes->data + 48, utf16.data, utf16.size < 64 ? utf16.size : 64);
	media_hive_checksum(bytes);
}

int media_hive_finish(struct media_hive *hive, const char *file_name,
		      struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_fd_ int fd = -1;

	if (hivex_commit(hive->hivex, NULL, 0) != 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "write the hive %s", file_name);
	fd = open(hive->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "open %s", hive->path);
	if (wtg_read_file(fd, 64 << 20, file_name, ret, err) < 0)
		return -1;
	if (hive->big_key)
		join_big(hive, ret);
	put_file_name(ret, file_name);
	return 0;
}
