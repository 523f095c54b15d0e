/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/descriptor.h"

#include <stdlib.h>

/* Its header: revision, 0, control (2), and where the four parts are. */
#define HEADER_BYTES 20
#define CONTROL_AT 2
#define OWNER_AT 4
#define GROUP_AT 8
#define SACL_AT 12
#define DACL_AT 16
#define REVISION 1
#define DACL_PRESENT 0x0004
#define SACL_PRESENT 0x0010

/* Two lists, whose sizes have 16 bits, and SIDs. */
#define MAX_BYTES (192u << 10)

/* A SID: revision, number of parts, authority (6), parts (4 each). */
#define SID_BYTES 8
#define SID_REVISION 1
#define MAX_SID_PARTS 15

/* A list: revision, 0, size (2), number of entries (2), 0 (2), entries. */
#define LIST_BYTES 8
#define LIST_REVISION 2
#define LIST_REVISION_DS 4

/* An entry: type, flags, size (2), rights (4), and of most types a SID, which has a part. */
#define ENTRY_HEADER_BYTES 4
#define ENTRY_SID_AT 8
#define ENTRY_BYTES 20

/* What stands behind the rights of an entry. */
enum form {
	SOMETHING, /* object types: where their SID is depends */
	SID_ALONE,
	SID_FIRST, /* and conditions, or attributes, behind it */
};

static enum form form_of(uint8_t type)
{
	switch (type) { /* MS-DTYP 2.4.4.1 */
	case 0x00: /* allowed */
	case 0x01: /* denied */
		return SID_ALONE;
	case 0x02: /* audit */
	case 0x09: /* allowed, with a condition */
	case 0x0a: /* denied, with a condition */
	case 0x0d: /* audit, with a condition */
	case 0x11: /* integrity label */
	case 0x12: /* attributes of the resource */
	case 0x13: /* central access policy */
		return SID_FIRST;
	}
	return SOMETHING;
}

static size_t sid_bytes(const uint8_t *sid)
{
	return SID_BYTES + 4 * (size_t)sid[1];
}

static bool is_sid(const uint8_t *sid)
{
	return sid[0] == SID_REVISION && sid[1] <= MAX_SID_PARTS;
}

static bool is_entry(const uint8_t *entry, size_t size)
{
	size_t needed = ENTRY_SID_AT + sid_bytes(entry + ENTRY_SID_AT);

	switch (form_of(entry[0])) {
	case SOMETHING:
		return true;
	case SID_ALONE:
		return is_sid(entry + ENTRY_SID_AT) && size == needed;
	case SID_FIRST:
		return is_sid(entry + ENTRY_SID_AT) && size >= needed;
	}
	abort();
}

/* All that follows in the descriptor may be the list's. */
static bool is_list(const uint8_t *list, size_t room)
{
	size_t at = LIST_BYTES;

	if (list[0] != LIST_REVISION && list[0] != LIST_REVISION_DS)
		return false;
	for (unsigned n = wtg_le16(list + 4); n > 0; n--) {
		size_t size;

		if (at > room || room - at < ENTRY_BYTES)
			return false;
		size = wtg_le16(list + at + 2);
		if (size < ENTRY_HEADER_BYTES || size > room - at || !is_entry(list + at, size))
			return false;
		at += size;
	}
	return true;
}

/* Is there room for least bytes of the part whose place the header has here? */
static bool has_part(const struct wtg_bytes *d, size_t field, size_t least)
{
	uint32_t at = wtg_le32(d->data + field);

	return at >= HEADER_BYTES && at % 4 == 0 && at <= d->size && d->size - at >= least;
}

static bool has_list(const struct wtg_bytes *d, size_t field, unsigned present)
{
	uint32_t at = wtg_le32(d->data + field);

	if (at == 0)
		return true;
	return has_part(d, field, LIST_BYTES) &&
	       (wtg_le16(d->data + CONTROL_AT) & present) != 0 &&
	       is_list(d->data + at, d->size - at);
}

static size_t end_of(const struct wtg_bytes *d)
{
	static const size_t fields[] = { OWNER_AT, GROUP_AT, SACL_AT, DACL_AT };
	size_t end = HEADER_BYTES;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t at = wtg_le32(d->data + fields[i]);
		bool of_sid = fields[i] == OWNER_AT || fields[i] == GROUP_AT;

		if (at == 0)
			continue;
		at += of_sid ? sid_bytes(d->data + at) : wtg_le16(d->data + at + 2);
		if (at > end)
			end = at;
	}
	return end;
}

bool wtg_descriptor_is_sound(const struct wtg_bytes *d)
{
	if (d->size < HEADER_BYTES || d->size > MAX_BYTES || d->data[0] != REVISION ||
	    !has_part(d, OWNER_AT, 3) || !has_part(d, GROUP_AT, 3) ||
	    !has_list(d, SACL_AT, SACL_PRESENT) || !has_list(d, DACL_AT, DACL_PRESENT))
		return false;
	return end_of(d) == d->size && is_sid(d->data + wtg_le32(d->data + OWNER_AT)) &&
	       is_sid(d->data + wtg_le32(d->data + GROUP_AT));
}
