/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/regf-cell.h"

#include <string.h>

#include "base/bytes.h"
#include "windows/regf-format.h"

uint32_t wtg_regf_checksum(const uint8_t *base)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < REGF_CHECKSUM; at += 4)
		sum ^= wtg_le32(base + at);
	/* Windows writes neither of these two. */
	return sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum;
}

bool wtg_regf_cell(const struct wtg_hive_view *view, uint32_t offset,
		   uint32_t least_bytes, struct wtg_regf_cell *ret)
{
	uint64_t at = (uint64_t)REGF_BASE_BYTES + offset;
	uint32_t raw, size;

	if (offset % 8 != 0 || at + 8 > view->size)
		return false;
	raw = wtg_le32(view->data + at);
	size = 0u - raw; /* allocated cells carry their size negated */
	if (raw < 0x80000000u || size % 8 != 0 || size > view->size - at ||
	    size - 4 < least_bytes)
		return false;
	*ret = (struct wtg_regf_cell){ .data = view->data + at + 4, .size = size - 4 };
	return true;
}

static bool is(const struct wtg_regf_cell *cell, const char *signature)
{
	return memcmp(cell->data, signature, 2) == 0;
}

/* A name of that many bytes at offset at of a cell. */
static bool name_at(const struct wtg_regf_cell *cell, uint32_t at, uint32_t size,
		    bool latin1, struct wtg_regf_name *ret)
{
	if (size > cell->size - at || (!latin1 && size % 2 != 0))
		return false;
	*ret = (struct wtg_regf_name){ cell->data + at, size, latin1 };
	return true;
}

bool wtg_regf_nk(const struct wtg_hive_view *view, uint32_t offset,
		 struct wtg_regf_nk *ret)
{
	struct wtg_regf_cell cell;
	struct wtg_regf_nk nk;
	bool latin1;

	if (!wtg_regf_cell(view, offset, NK_NAME, &cell) || !is(&cell, "nk"))
		return false;
	nk.parent = wtg_le32(cell.data + NK_PARENT);
	nk.n_subkeys = wtg_le32(cell.data + NK_N_SUBKEYS);
	nk.subkeys = wtg_le32(cell.data + NK_SUBKEYS);
	nk.n_values = wtg_le32(cell.data + NK_N_VALUES);
	nk.values = wtg_le32(cell.data + NK_VALUES);
	/* Every subkey has a cell of its own: a count beyond that is a lie to loop by. */
	if (nk.n_subkeys > view->size / NK_NAME)
		return false;
	nk.security = wtg_le32(cell.data + NK_SECURITY);
	nk.class_name = wtg_le32(cell.data + NK_CLASS);
	nk.class_bytes = wtg_le16(cell.data + NK_CLASS_BYTES);
	latin1 = wtg_le16(cell.data + NK_FLAGS) & NK_FLAG_LATIN1;
	if (!name_at(&cell, NK_NAME, wtg_le16(cell.data + NK_NAME_BYTES), latin1,
		     &nk.name))
		return false;
	*ret = nk;
	return true;
}

bool wtg_regf_list(const struct wtg_hive_view *view, uint32_t offset,
		   struct wtg_regf_list *ret)
{
	struct wtg_regf_cell cell;
	struct wtg_regf_list list = { 0 };

	if (!wtg_regf_cell(view, offset, LIST_ENTRIES, &cell))
		return false;
	list.is_index = is(&cell, "ri");
	list.hashed = is(&cell, "lh");
	list.hinted = is(&cell, "lf");
	if (!list.is_index && !list.hashed && !list.hinted && !is(&cell, "li"))
		return false;
	list.entry_bytes = list.hashed || list.hinted ? 8 : 4;
	list.entries = cell.data + LIST_ENTRIES;
	list.n_entries = wtg_le16(cell.data + LIST_COUNT);
	/* An empty list is not written; one list of many such would be slow to pass. */
	if (list.n_entries == 0 ||
	    list.n_entries > (cell.size - LIST_ENTRIES) / list.entry_bytes)
		return false;
	*ret = list;
	return true;
}

uint32_t wtg_regf_list_entry(const struct wtg_regf_list *list, uint32_t i)
{
	return wtg_le32(list->entries + (size_t)i * list->entry_bytes);
}

bool wtg_regf_vk(const struct wtg_hive_view *view, uint32_t offset,
		 struct wtg_regf_vk *ret)
{
	struct wtg_regf_cell cell;
	struct wtg_regf_vk vk = { 0 };
	uint32_t size;
	bool latin1;

	if (!wtg_regf_cell(view, offset, VK_NAME, &cell) || !is(&cell, "vk"))
		return false;
	latin1 = wtg_le16(cell.data + VK_FLAGS) & VK_FLAG_LATIN1;
	if (!name_at(&cell, VK_NAME, wtg_le16(cell.data + VK_NAME_BYTES), latin1,
		     &vk.name))
		return false;

	size = wtg_le32(cell.data + VK_SIZE);
	vk.size = size & ~VK_RESIDENT;
	vk.type = wtg_le32(cell.data + VK_TYPE);
	vk.data = wtg_le32(cell.data + VK_DATA);
	if (size & VK_RESIDENT)
		vk.resident = cell.data + VK_DATA;
	if (vk.size > (vk.resident ? 4 : view->size))
		return false;

	vk.is_big = !vk.resident && view->minor > 3 && vk.size > DB_SEGMENT_BYTES;
	vk.n_pieces = vk.is_big ? (vk.size + DB_SEGMENT_BYTES - 1) / DB_SEGMENT_BYTES
				: vk.size > 0;
	*ret = vk;
	return true;
}

bool wtg_regf_nth_vk(const struct wtg_hive_view *view, const struct wtg_regf_nk *nk,
		     uint32_t i, uint32_t *ret_offset)
{
	struct wtg_regf_cell list;

	if (!wtg_regf_cell(view, nk->values, 0, &list) || nk->n_values > list.size / 4)
		return false;
	*ret_offset = wtg_le32(list.data + (size_t)i * 4);
	return true;
}

/* Where the i-th piece of big data lies. */
static bool segment(const struct wtg_hive_view *view, const struct wtg_regf_vk *vk,
		    uint32_t i, uint32_t *ret_offset)
{
	struct wtg_regf_cell db, list;

	if (!wtg_regf_cell(view, vk->data, DB_BYTES, &db) || !is(&db, "db") ||
	    wtg_le16(db.data + DB_COUNT) != vk->n_pieces ||
	    !wtg_regf_cell(view, wtg_le32(db.data + DB_SEGMENTS), vk->n_pieces * 4,
			   &list))
		return false;
	*ret_offset = wtg_le32(list.data + (size_t)i * 4);
	return true;
}

bool wtg_regf_piece(const struct wtg_hive_view *view, const struct wtg_regf_vk *vk,
		    uint32_t i, struct wtg_regf_piece *ret)
{
	struct wtg_regf_piece piece = { .offset = vk->data, .size = vk->size };
	struct wtg_regf_cell cell;

	if (vk->resident) {
		*ret = (struct wtg_regf_piece){ REGF_NONE, vk->resident, vk->size };
		return true;
	}
	if (vk->is_big) {
		uint32_t rest = vk->size - i * DB_SEGMENT_BYTES;

		piece.size = rest < DB_SEGMENT_BYTES ? rest : DB_SEGMENT_BYTES;
		if (!segment(view, vk, i, &piece.offset))
			return false;
	}
	if (!wtg_regf_cell(view, piece.offset, piece.size, &cell))
		return false;
	piece.data = cell.data;
	*ret = piece;
	return true;
}
