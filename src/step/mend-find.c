/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/mend-inner.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "step/ventoy.h"
#include "wtg/text.h"

/* "1, 3": what the user can choose from. */
struct choice {
	const struct wtg_gpt_entry *items[WTG_GPT_MAX_ENTRIES];
	size_t n_items;
};

static char *numbers_of(const struct choice *choice)
{
	char *list = wtg_text_copy("");

	for (size_t i = 0; i < choice->n_items; i++) {
		_cleanup_free_ char *before = list;

		list = wtg_text("%s%s%u", before, i ? ", " : "", choice->items[i]->number);
	}
	return list;
}

static int ask(const struct choice *choice, const char *what, const char *option,
	       struct wtg_error *err)
{
	_cleanup_free_ char *numbers = numbers_of(choice);

	wtg_fail(err, WTG_USAGE, 0, "there are %zu %s", choice->n_items, what);
	return wtg_hint(err, "Say which: %s N, one of: %s.", option, numbers);
}

static int find_number(const struct wtg_partitions *table, uint64_t number,
		       const struct wtg_gpt_entry **ret, struct wtg_error *err)
{
	*ret = number <= UINT32_MAX ? wtg_partitions_number(table, (unsigned)number) : NULL;
	if (*ret)
		return 0;
	return wtg_fail(err, WTG_USAGE, 0, "there is no partition %" PRIu64, number);
}

/* Ventoy's own two are not for Windows. */
static bool is_ventoys(const struct wtg_mending *m, const struct wtg_gpt_entry *entry)
{
	return m->made.ventoy && entry->number <= 2;
}

/* ------------------------------------------------------------------ Windows */

enum content {
	OTHER,
	BITLOCKER,
	UNREADABLE, /* NTFS that cannot be opened */
	PLAIN,      /* NTFS without a Windows */
	WINDOWS,
};

static enum content content_of(const struct wtg_mending *m, const struct wtg_gpt_entry *entry)
{
	struct wtg_window window = wtg_mend_window(m, entry);
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;
	struct wtg_error ignored = WTG_ERROR_INIT;
	enum content content = OTHER;
	uint8_t boot[512];

	if (window.length >= sizeof(boot) &&
	    wtg_window_pread(&window, boot, sizeof(boot), 0, &ignored) == 0) {
		if (memcmp(boot + 3, "-FVE-FS-", 8) == 0)
			content = BITLOCKER;
		else if (memcmp(boot + 3, "NTFS    ", 8) == 0)
			content = UNREADABLE;
	}
	if (content == UNREADABLE && wtg_ntfs_open(&window, &volume, &ignored) == 0)
		content = wtg_ntfs_exists(volume, WTG_SYSTEM_PATH) ? WINDOWS : PLAIN;
	wtg_error_done(&ignored);
	return content;
}

/* Why the partition that the user named, or the only one that could be it, is none. */
static int fail_content(enum content content, unsigned number, struct wtg_error *err)
{
	switch (content) {
	case OTHER:
		return wtg_fail(err, WTG_REFUSED, 0, "partition %u holds no NTFS volume", number);
	case BITLOCKER:
		wtg_fail(err, WTG_REFUSED, 0, "partition %u is encrypted with BitLocker", number);
		return wtg_hint(err, "Turn BitLocker off in that Windows, wait until all is "
				     "decrypted, and run this again.");
	case UNREADABLE:
		wtg_fail(err, WTG_REFUSED, 0,
			 "the NTFS volume of partition %u cannot be read", number);
		return wtg_hint(err, "Let chkdsk in Windows repair it first.");
	case PLAIN:
		return wtg_fail(err, WTG_REFUSED, 0,
				"partition %u holds no Windows (" WTG_SYSTEM_PATH ")", number);
	case WINDOWS:
		break;
	}
	abort();
}

static int take_windows(struct wtg_mending *m, const struct wtg_gpt_entry *entry,
			enum content content, struct wtg_error *err)
{
	if (content != WINDOWS)
		return fail_content(content, entry->number, err);
	m->made.windows = *entry;
	return 0;
}

static int search_windows(struct wtg_mending *m, struct wtg_error *err)
{
	const struct wtg_partitions *table = &m->made.table;
	const struct wtg_gpt_entry *suspect = NULL;
	struct choice choice = { .n_items = 0 };
	enum content why = OTHER;

	for (size_t i = 0; i < table->n_entries; i++) {
		const struct wtg_gpt_entry *entry = &table->entries[i];
		enum content content =
			is_ventoys(m, entry) ? OTHER : content_of(m, entry);

		if (content == WINDOWS)
			choice.items[choice.n_items++] = entry;
		if (!suspect && (content == BITLOCKER || content == UNREADABLE)) {
			suspect = entry;
			why = content;
		}
	}
	if (choice.n_items > 1)
		return ask(&choice, "partitions with a Windows", "--partition", err);
	if (choice.n_items == 1)
		return take_windows(m, choice.items[0], WINDOWS, err);
	if (suspect)
		return fail_content(why, suspect->number, err);
	return wtg_fail(err, WTG_UNSUITABLE, 0, "there is no Windows on the drive");
}

static int read_table(struct wtg_mending *m, struct wtg_error *err)
{
	struct wtg_partitions *table = &m->made.table;
	struct wtg_ventoy_seen ventoy = { 0 };
	int r = wtg_partitions_read(&m->disk, m->sector_bytes, table, err);

	if (r < 0) {
		if (err->kind == WTG_INPUT)
			err->kind = WTG_UNSUITABLE;
		return -1;
	}
	if (r == 0)
		return wtg_fail(err, WTG_UNSUITABLE, 0, "there is no partition table");
	if (table->style == WTG_TABLE_GPT && (!table->primary_ok || !table->protective_mbr)) {
		wtg_fail(err, WTG_REFUSED, 0, "its partition table is damaged, and tables are left "
					      "alone");
		return wtg_hint(err, "sgdisk or gdisk writes it anew from its backup.");
	}
	if (wtg_ventoy_look(&m->disk, table, &ventoy, err) < 0)
		return -1;
	m->made.ventoy = wtg_ventoy_is_meant(&ventoy);
	return 0;
}

int wtg_mend_find_windows(struct wtg_mending *m, struct wtg_error *err)
{
	const struct wtg_gpt_entry *named;

	if (read_table(m, err) < 0)
		return -1;
	if (!m->request->has_partition)
		return search_windows(m, err);
	if (find_number(&m->made.table, m->request->partition, &named, err) < 0)
		return -1;
	return take_windows(m, named, content_of(m, named), err);
}

/* ------------------------------------------------------------------ the system partition */

static bool may_be_system(const struct wtg_mending *m, const struct wtg_gpt_entry *entry)
{
	static const uint8_t fat_types[] = { 0x06, 0x0b, 0x0c, 0x0e, 0xef };
	const struct wtg_guid esp = wtg_guid_const("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");

	if (is_ventoys(m, entry) || entry->number == m->made.windows.number)
		return false;
	return m->made.table.style == WTG_TABLE_GPT
		       ? wtg_guid_equal(&entry->type, &esp)
		       : memchr(fat_types, entry->mbr_type, sizeof(fat_types)) != NULL;
}

static struct wtg_fat *open_fat(const struct wtg_mending *m, const struct wtg_gpt_entry *entry)
{
	struct wtg_window window = wtg_mend_window(m, entry);
	struct wtg_error ignored = WTG_ERROR_INIT;
	struct wtg_fat *fat = NULL;

	if (wtg_fat_open(&window, &fat, &ignored) < 0)
		fat = NULL;
	wtg_error_done(&ignored);
	return fat;
}

static bool leads(const struct wtg_mending *m, const struct wtg_gpt_entry *entry)
{
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = open_fat(m, entry);

	return fat && wtg_mend_leads_to(&m->made.table, fat, &m->made.windows);
}

static bool has_manager(const struct wtg_mending *m, const struct wtg_gpt_entry *entry)
{
	static const char *const paths[] = { "EFI/Microsoft/Boot/bootmgfw.efi",
					     "VTEFI/Microsoft/Boot/bootmgfw.efi", "bootmgr" };
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = open_fat(m, entry);
	bool found = false;

	for (size_t i = 0; fat && i < 3 && !found; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };
		struct wtg_error ignored = WTG_ERROR_INIT;

		found = wtg_fat_read(fat, paths[i], WTG_MEND_LOADER_BYTES, &file, &ignored) > 0;
		wtg_error_done(&ignored);
	}
	return found;
}

/* Keep those of which that is so, if they are any. */
static void narrow(const struct wtg_mending *m, struct choice *choice,
		   bool (*is)(const struct wtg_mending *m, const struct wtg_gpt_entry *entry))
{
	struct choice fewer = { .n_items = 0 };

	for (size_t i = 0; choice->n_items > 1 && i < choice->n_items; i++)
		if (is(m, choice->items[i]))
			fewer.items[fewer.n_items++] = choice->items[i];
	if (fewer.n_items > 0)
		*choice = fewer;
}

static int fail_no_system(const struct wtg_mending *m, struct wtg_error *err)
{
	const struct wtg_partitions *table = &m->made.table;
	bool gpt = table->style == WTG_TABLE_GPT;

	wtg_fail(err, WTG_UNSUITABLE, 0, "there is no %s partition that this Windows could start from",
		 gpt ? "EFI system" : "FAT");
	for (size_t i = 0; gpt && i < table->n_entries; i++)
		if (!is_ventoys(m, &table->entries[i]) && has_manager(m, &table->entries[i]))
			return wtg_hint(err, "Partition %u looks like one, but the table says "
					     "otherwise: 'sgdisk -t %u:ef00' sets its type.",
					table->entries[i].number, table->entries[i].number);
	return -1;
}

/* On MBR drives any FAT volume can be it, and so one that is the user's data, too. */
static bool is_meant(const struct wtg_mending *m, const struct wtg_gpt_entry *entry)
{
	return m->made.table.style == WTG_TABLE_GPT || entry->mbr_type == 0xef || entry->active ||
	       has_manager(m, entry) || leads(m, entry);
}

static int search_system(const struct wtg_mending *m, struct choice *choice,
			 struct wtg_error *err)
{
	for (size_t i = 0; i < m->made.table.n_entries; i++)
		if (may_be_system(m, &m->made.table.entries[i]))
			choice->items[choice->n_items++] = &m->made.table.entries[i];
	if (choice->n_items == 0)
		return fail_no_system(m, err);
	narrow(m, choice, leads);
	narrow(m, choice, has_manager);
	if (choice->n_items > 1)
		return ask(choice, "system partitions", "--system-partition", err);
	if (is_meant(m, choice->items[0]))
		return 0;
	wtg_fail(err, WTG_USAGE, 0, "nothing says that partition %u is a system partition",
		 choice->items[0]->number);
	return wtg_hint(err, "Say so if it is: --system-partition %u.", choice->items[0]->number);
}

static int name_system(const struct wtg_mending *m, struct choice *choice, struct wtg_error *err)
{
	if (find_number(&m->made.table, m->request->system_partition, &choice->items[0], err) < 0)
		return -1;
	if (!may_be_system(m, choice->items[0]))
		return wtg_fail(err, WTG_REFUSED, 0, "partition %u is no system partition",
				choice->items[0]->number);
	choice->n_items = 1;
	return 0;
}

int wtg_mend_find_system(struct wtg_mending *m, struct wtg_error *err)
{
	struct choice choice = { .n_items = 0 };
	int r = m->request->has_system_partition ? name_system(m, &choice, err)
						 : search_system(m, &choice, err);

	if (r < 0)
		return -1;
	m->made.system = *choice.items[0];
	m->fat = open_fat(m, &m->made.system);
	return 0;
}
