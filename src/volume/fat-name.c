/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/fat-inner.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "wtg/text.h"

#define UNITS_A_SLOT 13
#define MAX_SLOTS 20
#define REPLACEMENT "\xef\xbf\xbd"

/* A long name while its slots go by, the last part first. */
struct long_name {
	size_t start;      /* where its first slot is in the directory */
	unsigned expected; /* the number of the next slot; 0: all are there */
	bool valid;
	uint8_t sum;
	uint8_t units[MAX_SLOTS * UNITS_A_SLOT * 2];
	size_t n_slots;
};

static uint8_t sum_of(const uint8_t short_name[static 11])
{
	unsigned sum = 0;

	for (int i = 0; i < 11; i++)
		sum = ((sum & 1 ? 0x80 : 0) + (sum >> 1) + short_name[i]) & 0xff;
	return (uint8_t)sum;
}

static void take_long_slot(struct long_name *l, const uint8_t slot[static 32], size_t at)
{
	unsigned number = slot[0] & 0x3f;

	if (slot[0] & 0x40) {
		*l = (struct long_name){ .start = at,
					 .expected = number,
					 .sum = slot[13],
					 .n_slots = number };
		l->valid = number >= 1 && number <= MAX_SLOTS;
	}
	if (!l->valid || number == 0 || number != l->expected || slot[13] != l->sum) {
		l->valid = false;
		return;
	}
	l->expected--;
	number = (number - 1) * UNITS_A_SLOT * 2;
	memcpy(l->units + number, slot + 1, 10);
	memcpy(l->units + number + 10, slot + 14, 12);
	memcpy(l->units + number + 22, slot + 28, 4);
}

/* A name fit for a path: no separator or control character, not empty, "." or "..". */
static void put_safe_name(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (const char *c = from; *c && n + 4 <= size; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '/' || *c == '\\') {
			memcpy(to + n, REPLACEMENT, 3);
			n += 3;
		} else {
			to[n++] = *c;
		}
	}
	to[n] = '\0';
	if (n == 0 || strcmp(to, ".") == 0 || strcmp(to, "..") == 0)
		snprintf(to, size, REPLACEMENT);
}

/* Windows NT keeps an 8.3 name of lower case without a long one: two bits say so. */
static size_t put_short_part(char *to, const uint8_t *from, size_t size, bool lower)
{
	size_t n = 0;

	while (size > 0 && from[size - 1] == ' ')
		size--;
	for (size_t i = 0; i < size; i++) {
		if (from[i] >= 0x80) {
			/* Which letter depends on a code page that nobody wrote down. */
			memcpy(to + n, REPLACEMENT, 3);
			n += 3;
		} else {
			to[n++] = (char)(lower ? tolower(from[i]) : from[i]);
		}
	}
	return n;
}

static void put_short_name(struct wtg_fat_slot *to, const uint8_t slot[static 32])
{
	char text[12 * 3 + 1] = "", *extension;
	size_t n = put_short_part(text, slot, 8, slot[12] & 0x08), more;

	extension = text + n + 1;
	more = put_short_part(extension, slot + 8, 3, slot[12] & 0x10);
	if (more > 0)
		text[n] = '.';
	put_safe_name(to->short_name, sizeof(to->short_name), text);
}

static void put_name(struct wtg_fat_slot *to, const struct long_name *l,
		     const uint8_t slot[static 32])
{
	_cleanup_free_ char *text = NULL;

	put_short_name(to, slot);
	if (l->valid && l->expected == 0 && l->sum == sum_of(slot)) {
		text = wtg_utf16_to_utf8(l->units, l->n_slots * UNITS_A_SLOT * 2);
		to->start = l->start;
	}
	put_safe_name(to->name, sizeof(to->name), text && *text ? text : to->short_name);
}

bool wtg_fat_slot_next(const struct wtg_bytes *dir, size_t *at, struct wtg_fat_slot *ret)
{
	struct long_name l = { 0 };

	for (; *at + WTG_FAT_SLOT_BYTES <= dir->size; *at += WTG_FAT_SLOT_BYTES) {
		const uint8_t *slot = dir->data + *at;

		if (slot[0] == 0)
			return false;
		if (slot[0] == 0xe5) {
			l.valid = false;
			continue;
		}
		if ((slot[11] & 0x3f) == 0x0f) {
			take_long_slot(&l, slot, *at);
			continue;
		}
		if ((slot[11] & 0x08) || slot[0] == '.') {
			l.valid = false;
			continue;
		}
		ret->start = *at;
		put_name(ret, &l, slot);
		ret->directory = slot[11] & 0x10;
		ret->first_cluster =
			(uint32_t)wtg_le16(slot + 20) << 16 | wtg_le16(slot + 26);
		ret->size = wtg_le32(slot + 28);
		*at += WTG_FAT_SLOT_BYTES;
		return true;
	}
	return false;
}

bool wtg_fat_slot_find(const struct wtg_bytes *dir, const char *name,
		       struct wtg_fat_slot *ret)
{
	struct wtg_fat_slot slot;
	size_t at = 0;

	while (wtg_fat_slot_next(dir, &at, &slot)) {
		if (!wtg_text_equal_fold(slot.name, name) &&
		    !wtg_text_equal_fold(slot.short_name, name))
			continue;
		*ret = slot;
		return true;
	}
	return false;
}
