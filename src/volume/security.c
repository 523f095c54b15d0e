/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/security.h"

#include <stdbool.h>

#include "base/alloc.h"

/* The header of a descriptor. */
#define HEADER_BYTES 20
#define REVISION 1
#define CONTROL_AT 2
#define OWNER_AT 4
#define GROUP_AT 8
#define SACL_AT 12
#define DACL_AT 16
#define DACL_PRESENT 0x0004
#define SACL_PRESENT 0x0010
#define DACL_AUTO_INHERITED 0x0400
#define SACL_AUTO_INHERITED 0x0800
#define SELF_RELATIVE 0x8000

/* A list: revision, 0, size (2), number of entries (2), 0 (2), entries. */
#define LIST_BYTES 8
#define LIST_REVISION 2

/* An entry: type, flags, size (2), rights (4), SID, of which the shortest has 8 bytes. */
#define SID_AT 8
#define ENTRY_BYTES 16
#define ALLOWED 0
#define ALARM 3 /* allowed, denied, audit, alarm: those that are of this form for sure */
#define FOR_FILES 0x01
#define FOR_DIRECTORIES 0x02
#define NO_FURTHER 0x04
#define ONLY_TO_INHERIT 0x08
#define INHERITED 0x10
#define INHERITANCE 0x1f

/* Microsoft: Access mask format. */
#define ALL 0x10000000u
#define EXECUTE 0x20000000u
#define WRITE 0x40000000u
#define READ 0x80000000u
#define GENERAL_RIGHTS (ALL | EXECUTE | WRITE | READ)

#define SID_BYTES(n_parts) (8 + 4 * (n_parts))
static const uint8_t administrators[SID_BYTES(2)] = { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2 };
static const uint8_t local_system[SID_BYTES(1)] = { 1, 1, 0, 0, 0, 0, 0, 5, 18 };
static const uint8_t creator_owner[SID_BYTES(1)] = { 1, 1, 0, 0, 0, 0, 0, 3, 0 };
static const uint8_t creator_group[SID_BYTES(1)] = { 1, 1, 0, 0, 0, 0, 0, 3, 1 };

/* Microsoft: File access rights constants. */
#define OF_FILES                                                                         \
	.all = 0x001f01ff, .read = 0x00120089, .write = 0x00120116, .execute = 0x001200a0, \
	.owner = administrators, .group = administrators
const struct wtg_heir wtg_new_file = { OF_FILES };
const struct wtg_heir wtg_new_directory = { .is_directory = true, OF_FILES };

struct entry {
	uint8_t type;
	unsigned flags;
	uint32_t mask;
	const uint8_t *sid; /* and whatever follows it */
	size_t sid_size;
};

/* A descriptor that grows, with the list at its end. */
struct made {
	const struct wtg_heir *heir;
	uint8_t *bytes;
	size_t size, capacity;
	size_t list_at;
	unsigned n_entries;
};

static void append(struct made *made, const void *data, size_t size)
{
	while (made->capacity - made->size < size) {
		made->capacity = made->capacity ? 2 * made->capacity : 256;
		made->bytes = wtg_realloc(made->bytes, made->capacity, 1);
	}
	memcpy(made->bytes + made->size, data, size);
	made->size += size;
}

/* The entry at bytes, of at most size, valid as long; false where it makes no sense. */
static bool parse_entry(const uint8_t *bytes, size_t size, struct entry *ret)
{
	size_t own = size < ENTRY_BYTES ? 0 : wtg_le16(bytes + 2);

	if (own < ENTRY_BYTES || own > size)
		return false;
	*ret = (struct entry){ .type = bytes[0],
			       .flags = bytes[1],
			       .mask = wtg_le32(bytes + 4),
			       .sid = bytes + SID_AT,
			       .sid_size = own - SID_AT };
	return true;
}

/* What the list's entries do already, as real registries have it: Windows leaves that out. */
static unsigned leave_out(const struct made *made, const struct entry *entry)
{
	size_t at = made->list_at + LIST_BYTES;
	unsigned flags = entry->flags;
	struct entry e;

	for (; parse_entry(made->bytes + at, made->size - at, &e); at += SID_AT + e.sid_size) {
		if (e.type != entry->type || (entry->mask & ~e.mask) != 0 ||
		    e.sid_size != entry->sid_size ||
		    memcmp(e.sid, entry->sid, e.sid_size) != 0)
			continue;
		flags &= ~(e.flags & (FOR_FILES | FOR_DIRECTORIES));
		if (!(e.flags & ONLY_TO_INHERIT))
			flags |= ONLY_TO_INHERIT;
	}
	return flags;
}

static void append_entry(struct made *made, const struct entry *entry)
{
	unsigned flags = leave_out(made, entry);
	uint8_t head[SID_AT] = { entry->type, (uint8_t)flags };

	if ((flags & ONLY_TO_INHERIT) && !(flags & (FOR_FILES | FOR_DIRECTORIES)))
		return;
	wtg_put_le16(head + 2, (uint16_t)(SID_AT + entry->sid_size));
	wtg_put_le32(head + 4, entry->mask);
	append(made, head, sizeof(head));
	append(made, entry->sid, entry->sid_size);
	made->n_entries++;
}

static uint32_t rights(uint32_t mask, const struct wtg_heir *heir)
{
	uint32_t result = mask & ~GENERAL_RIGHTS;

	if (mask & ALL)
		result |= heir->all;
	if (mask & READ)
		result |= heir->read;
	if (mask & WRITE)
		result |= heir->write;
	if (mask & EXECUTE)
		result |= heir->execute;
	return result & heir->all;
}

static bool is(const struct entry *entry, const uint8_t sid[static SID_BYTES(1)])
{
	return entry->sid_size >= SID_BYTES(1) && memcmp(entry->sid, sid, SID_BYTES(1)) == 0;
}

static size_t sid_bytes(const uint8_t *sid)
{
	return (size_t)SID_BYTES(sid[1]);
}

/* What an entry means for the heir itself. */
static struct entry meant(const struct entry *entry, const struct wtg_heir *heir)
{
	struct entry meant = *entry;

	if (entry->type > ALARM)
		return meant;
	meant.mask = rights(entry->mask, heir);
	if (is(entry, creator_owner))
		meant.sid = heir->owner;
	else if (is(entry, creator_group))
		meant.sid = heir->group;
	if (meant.sid != entry->sid)
		meant.sid_size = sid_bytes(meant.sid);
	return meant;
}

/* What becomes of one of the parent's entries; mark: INHERITED, where that is marked. */
static void pass_on(struct made *made, const struct entry *entry, unsigned mark)
{
	unsigned to = entry->flags & (FOR_FILES | FOR_DIRECTORIES);
	bool is_directory = made->heir->is_directory;
	unsigned further = !is_directory || (entry->flags & NO_FURTHER) ? 0 : to;
	bool works = to & (is_directory ? FOR_DIRECTORIES : FOR_FILES);
	struct entry here = meant(entry, made->heir), below = *entry;
	bool same = here.sid == below.sid && here.mask == below.mask;

	here.flags = (entry->flags & ~(unsigned)INHERITANCE) | mark;
	below.flags = here.flags | further | ONLY_TO_INHERIT;
	if (same)
		here.flags |= further;
	if (works)
		append_entry(made, &here);
	if (further && !(works && same))
		append_entry(made, &below);
}

/* The list at offset, up to its end; false where it makes no sense or there is none. */
static bool find_list(const struct wtg_bytes *parent, uint32_t offset, struct wtg_bytes *ret)
{
	struct wtg_bytes list = { parent->data + offset, 0 };

	if (offset < HEADER_BYTES || offset > parent->size ||
	    parent->size - offset < LIST_BYTES)
		return false;
	list.size = wtg_le16(list.data + 2);
	if (list.size < LIST_BYTES || list.size > parent->size - offset)
		return false;
	*ret = list;
	return true;
}

static void inherit_list(struct made *made, const struct wtg_bytes *list, unsigned mark)
{
	struct entry entry;
	size_t at = LIST_BYTES;

	for (unsigned n = wtg_le16(list->data + 4); n > 0; n--) {
		if (!parse_entry(list->data + at, list->size - at, &entry))
			return;
		pass_on(made, &entry, mark);
		at += SID_AT + entry.sid_size;
	}
}

static void begin_list(struct made *made)
{
	made->list_at = made->size;
	made->n_entries = 0;
	append(made, (const uint8_t[LIST_BYTES]){ LIST_REVISION }, LIST_BYTES);
}

/* No entry, or more than a list can hold: no list. */
static bool end_list(struct made *made)
{
	size_t size = made->size - made->list_at;

	if (made->n_entries == 0 || size > UINT16_MAX) {
		made->size = made->list_at;
		return false;
	}
	wtg_put_le16(made->bytes + made->list_at + 2, (uint16_t)size);
	wtg_put_le16(made->bytes + made->list_at + 4, (uint16_t)made->n_entries);
	return true;
}

/* The heir's part of the parent's list that the field at says; false: none. */
static bool make_list(struct made *made, const struct wtg_bytes *parent, unsigned at,
		      bool marked)
{
	struct wtg_bytes list;

	begin_list(made);
	if (find_list(parent, wtg_le32(parent->data + at), &list))
		inherit_list(made, &list, marked ? INHERITED : 0);
	return end_list(made);
}

/* What a process of an administrator's gives to what inherits nothing. */
static void make_default(struct made *made)
{
	static const uint8_t *const who[] = { local_system, administrators };

	begin_list(made);
	for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++)
		append_entry(made, &(struct entry){ .type = ALLOWED,
						    .mask = made->heir->all,
						    .sid = who[i],
						    .sid_size = sid_bytes(who[i]) });
	end_list(made);
}

static void set_offset(struct made *made, unsigned at, size_t offset)
{
	wtg_put_le32(made->bytes + at, (uint32_t)offset);
}

static void append_sid(struct made *made, unsigned at, const uint8_t *sid)
{
	set_offset(made, at, made->size);
	append(made, sid, sid_bytes(sid));
}

struct wtg_bytes wtg_security_inherit(const struct wtg_bytes *parent,
				      const struct wtg_heir *heir)
{
	static const uint8_t header[HEADER_BYTES] = { REVISION };
	const struct wtg_bytes bare = { (uint8_t *)(uintptr_t)header, HEADER_BYTES };
	const struct wtg_bytes *from = parent->size < HEADER_BYTES ? &bare : parent;
	unsigned old = wtg_le16(from->data + CONTROL_AT);
	unsigned control = SELF_RELATIVE | DACL_PRESENT |
			   (old & (DACL_AUTO_INHERITED | SACL_AUTO_INHERITED));
	struct made made = { .heir = heir };

	append(&made, header, HEADER_BYTES);
	if (!make_list(&made, from, DACL_AT, old & DACL_AUTO_INHERITED))
		make_default(&made);
	set_offset(&made, DACL_AT, made.list_at);
	if (make_list(&made, from, SACL_AT, old & SACL_AUTO_INHERITED)) {
		control |= SACL_PRESENT;
		set_offset(&made, SACL_AT, made.list_at);
	}
	wtg_put_le16(made.bytes + CONTROL_AT, (uint16_t)control);
	append_sid(&made, OWNER_AT, heir->owner);
	append_sid(&made, GROUP_AT, heir->group);
	return (struct wtg_bytes){ made.bytes, made.size };
}
