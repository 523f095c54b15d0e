/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/regf-read.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/regf-cell.h"
#include "windows/regf-format.h"
#include "windows/regf.h"

static int check_base(const struct wtg_bytes *bytes, struct wtg_error *err)
{
	const uint8_t *base = bytes->data;
	uint32_t major, minor, bins_bytes;

	if (bytes->size < REGF_BASE_BYTES)
		return wtg_fail(err, WTG_INPUT, 0, "the hive is cut short: %zu bytes",
				bytes->size);
	if (memcmp(base, "regf", 4) != 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"not a registry hive: no \"regf\" at its start");
	if (wtg_le32(base + REGF_CHECKSUM) != wtg_regf_checksum(base))
		return wtg_fail(err, WTG_INPUT, 0,
				"the hive's base block has a wrong checksum");

	major = wtg_le32(base + REGF_MAJOR);
	minor = wtg_le32(base + REGF_MINOR);
	if (major != 1 || minor < 3 || minor > 6)
		return wtg_fail(err, WTG_INPUT, 0,
				"hive version %u.%u, 1.3 to 1.6 are known", major, minor);

	bins_bytes = wtg_le32(base + REGF_BINS_BYTES);
	if (bins_bytes == 0 || bins_bytes % REGF_BASE_BYTES != 0 ||
	    bins_bytes > bytes->size - REGF_BASE_BYTES)
		return wtg_fail(err, WTG_INPUT, 0,
				"the hive claims %u bytes of bins and has %zu",
				bins_bytes, bytes->size - REGF_BASE_BYTES);
	return 0;
}

static int check_bins(const struct wtg_hive_view *view, struct wtg_error *err)
{
	size_t at = REGF_BASE_BYTES;

	while (at < view->size) {
		const uint8_t *bin = view->data + at;
		uint32_t size = wtg_le32(bin + HBIN_SIZE);

		if (memcmp(bin, "hbin", 4) != 0 ||
		    wtg_le32(bin + HBIN_OFFSET) != at - REGF_BASE_BYTES || size == 0 ||
		    size % REGF_BASE_BYTES != 0 || size > view->size - at)
			return wtg_fail(err, WTG_INPUT, 0,
					"the hive's bin at 0x%zx is damaged", at);
		at += size;
	}
	return 0;
}

int wtg_hive_view_open(const struct wtg_bytes *bytes, struct wtg_hive_view *ret,
		       struct wtg_error *err)
{
	struct wtg_hive_view view = { .data = bytes->data };
	struct wtg_regf_nk root;

	if (check_base(bytes, err) < 0)
		return -1;
	view.size = REGF_BASE_BYTES + (size_t)wtg_le32(bytes->data + REGF_BINS_BYTES);
	view.root = wtg_le32(bytes->data + REGF_ROOT);
	view.sequence1 = wtg_le32(bytes->data + REGF_SEQUENCE1);
	view.sequence2 = wtg_le32(bytes->data + REGF_SEQUENCE2);
	view.minor = wtg_le32(bytes->data + REGF_MINOR);
	if (check_bins(&view, err) < 0)
		return -1;
	if (!wtg_regf_nk(&view, view.root, &root))
		return wtg_fail(err, WTG_INPUT, 0, "the hive's root key is damaged");
	*ret = view;
	return 0;
}

static struct wtg_regf_name name_from(const struct wtg_bytes *utf16)
{
	return (struct wtg_regf_name){ .data = utf16->data, .size = utf16->size - 2 };
}

static wtg_hive_key find_in(const struct wtg_hive_view *view,
			    const struct wtg_regf_list *list,
			    const struct wtg_regf_name *name)
{
	for (uint32_t i = 0; i < list->n_entries; i++) {
		uint32_t offset = wtg_regf_list_entry(list, i);
		struct wtg_regf_nk nk;

		if (!wtg_regf_nk(view, offset, &nk))
			return 0;
		if (wtg_regf_name_compare(&nk.name, name) == 0)
			return offset;
	}
	return 0;
}

/* Every name is looked at: the order is not trusted, and no list of ours is long. */
static wtg_hive_key find_subkey(const struct wtg_hive_view *view, wtg_hive_key key,
				const struct wtg_regf_name *name)
{
	struct wtg_regf_list list, part;
	struct wtg_regf_nk nk;
	wtg_hive_key found = 0;
	uint32_t n_seen = 0;

	if (!wtg_regf_nk(view, key, &nk) || nk.n_subkeys == 0 ||
	    !wtg_regf_list(view, nk.subkeys, &list))
		return 0;
	if (!list.is_index)
		return find_in(view, &list, name);
	for (uint32_t i = 0; i < list.n_entries && !found && n_seen < nk.n_subkeys; i++) {
		if (!wtg_regf_list(view, wtg_regf_list_entry(&list, i), &part) ||
		    part.is_index)
			return 0;
		found = find_in(view, &part, name);
		n_seen += part.n_entries;
	}
	return found;
}

wtg_hive_key wtg_hive_view_key(const struct wtg_hive_view *view, wtg_hive_key from,
			       const char *path)
{
	_cleanup_free_ char *copy = wtg_copy(path, strlen(path) + 1);
	wtg_hive_key key = from ? from : view->root;
	char *rest = NULL;

	for (char *part = strtok_r(copy, "\\", &rest); part && key;
	     part = strtok_r(NULL, "\\", &rest)) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes utf16 =
			wtg_utf16_from_utf8(part);
		struct wtg_regf_name name = name_from(&utf16);

		key = find_subkey(view, key, &name);
	}
	return key;
}

wtg_hive_key wtg_hive_view_subkey(const struct wtg_hive_view *view, wtg_hive_key key,
				  size_t i)
{
	struct wtg_regf_list list, part;
	struct wtg_regf_nk nk;
	uint32_t offset;

	if (!wtg_regf_nk(view, key, &nk) || i >= nk.n_subkeys ||
	    !wtg_regf_list(view, nk.subkeys, &list))
		return 0;
	for (uint32_t j = 0; list.is_index; j++) {
		if (j == list.n_entries ||
		    !wtg_regf_list(view, wtg_regf_list_entry(&list, j), &part) ||
		    part.is_index)
			return 0;
		if (i < part.n_entries)
			list = part;
		else
			i -= part.n_entries;
	}
	if (i >= list.n_entries)
		return 0;
	offset = wtg_regf_list_entry(&list, (uint32_t)i);
	return wtg_regf_nk(view, offset, &nk) ? offset : 0;
}

char *wtg_hive_view_name(const struct wtg_hive_view *view, wtg_hive_key key)
{
	struct wtg_regf_nk nk;

	return wtg_regf_nk(view, key, &nk) ? wtg_regf_name_text(&nk.name) : NULL;
}

static bool read_data(const struct wtg_hive_view *view, const struct wtg_regf_vk *vk,
		      struct wtg_bytes *ret)
{
	_cleanup_(
		wtg_bytes_done) struct wtg_bytes bytes = { .data = wtg_alloc(vk->size) };

	for (uint32_t i = 0; i < vk->n_pieces; i++) {
		struct wtg_regf_piece piece;

		if (!wtg_regf_piece(view, vk, i, &piece))
			return false;
		memcpy(bytes.data + bytes.size, piece.data, piece.size);
		bytes.size += piece.size;
	}
	*ret = bytes;
	bytes = (struct wtg_bytes){ 0 };
	return true;
}

int wtg_hive_view_value(const struct wtg_hive_view *view, wtg_hive_key key,
			const char *name, uint32_t *ret_type, struct wtg_bytes *ret)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes utf16 = wtg_utf16_from_utf8(name);
	struct wtg_regf_name wanted = name_from(&utf16);
	struct wtg_regf_nk nk;

	if (!wtg_regf_nk(view, key, &nk))
		return -1;
	for (uint32_t i = 0; i < nk.n_values; i++) {
		struct wtg_regf_vk vk;
		uint32_t offset;

		if (!wtg_regf_nth_vk(view, &nk, i, &offset) ||
		    !wtg_regf_vk(view, offset, &vk))
			return -1;
		if (wtg_regf_name_compare(&vk.name, &wanted) != 0)
			continue;
		if (!read_data(view, &vk, ret))
			return -1;
		*ret_type = vk.type;
		return 1;
	}
	return 0;
}

int wtg_hive_view_nth_value(const struct wtg_hive_view *view, wtg_hive_key key, size_t i,
			    char **ret_name, uint32_t *ret_type, struct wtg_bytes *ret)
{
	struct wtg_regf_nk nk;
	struct wtg_regf_vk vk;
	uint32_t offset;

	if (!wtg_regf_nk(view, key, &nk))
		return -1;
	if (i >= nk.n_values)
		return 0;
	if (!wtg_regf_nth_vk(view, &nk, (uint32_t)i, &offset) ||
	    !wtg_regf_vk(view, offset, &vk) || !read_data(view, &vk, ret))
		return -1;
	*ret_name = wtg_regf_name_text(&vk.name);
	*ret_type = vk.type;
	return 1;
}

bool wtg_hive_view_dword(const struct wtg_hive_view *view, const char *key_path,
			 const char *name, uint32_t *ret)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
	wtg_hive_key key = wtg_hive_view_key(view, 0, key_path);
	uint32_t type;

	if (!key || wtg_hive_view_value(view, key, name, &type, &bytes) != 1)
		return false;
	if (type != WTG_REG_DWORD || bytes.size != 4)
		return false;
	*ret = wtg_le32(bytes.data);
	return true;
}
