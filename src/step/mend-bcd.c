/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/mend-inner.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/bcd-read.h"
#include "wtg/text.h"

#define STORE "EFI/Microsoft/Boot/BCD"
#define BIOS_STORE "Boot/BCD"
#define MAX_ORDER 32
#define MAX_TIMEOUT 9999

/* Element ids: Microsoft's BcdLibraryElementTypes, BcdBootMgrElementTypes and
 * BcdOSLoaderElementTypes. */
#define DEVICE 0x11000001
#define PATH 0x12000002
#define DESCRIPTION 0x12000004
#define LOCALE 0x12000005
#define DEFAULT_OBJECT 0x23000003
#define RESUME_OBJECT 0x23000003 /* of a loader */
#define DISPLAY_ORDER 0x24000001
#define TIMEOUT 0x25000004
#define OS_DEVICE 0x21000001
#define SYSTEM_ROOT 0x22000002
#define RECOVERY_ENABLED 0x16000009

/* ------------------------------------------------------------------ devices */

static bool is_partition(const struct wtg_partitions *table, const struct wtg_gpt_entry *entry,
			 const struct wtg_bcd_read_device *device)
{
	if (table->style == WTG_TABLE_MBR)
		return device->kind == WTG_BCD_DEVICE_PARTITION_MBR &&
		       device->mbr_signature == table->signature &&
		       device->mbr_offset_bytes == entry->first_byte;
	return device->kind == WTG_BCD_DEVICE_PARTITION_GPT &&
	       wtg_guid_equal(&device->disk, &table->disk) &&
	       wtg_guid_equal(&device->partition, &entry->id);
}

static bool points_to(const struct wtg_bcd *bcd, const struct wtg_guid *object, uint32_t id,
		      const struct wtg_partitions *table, const struct wtg_gpt_entry *entry)
{
	struct wtg_bcd_read_device device = wtg_bcd_device(bcd, object, id);

	return is_partition(table, entry, &device);
}

/* The default entry and the others of the menu, each once; gives how many. */
static size_t entries_of(const struct wtg_bcd *bcd, struct wtg_guid ret[static MAX_ORDER + 1])
{
	struct wtg_guid order[MAX_ORDER];
	size_t n = 0, n_order = wtg_bcd_objects(bcd, &wtg_bcd_bootmgr, DISPLAY_ORDER, order,
						MAX_ORDER);

	if (wtg_bcd_object(bcd, &wtg_bcd_bootmgr, DEFAULT_OBJECT, &ret[0]) &&
	    wtg_bcd_has_object(bcd, &ret[0]))
		n = 1;
	for (size_t i = 0; i < n_order && i < MAX_ORDER; i++)
		if (wtg_bcd_has_object(bcd, &order[i]) &&
		    (n == 0 || !wtg_guid_equal(&order[i], &ret[0])))
			ret[n++] = order[i];
	return n;
}

/* The entry that leads to a Windows partition. */
static bool find_entry(const struct wtg_bcd *bcd, const struct wtg_partitions *table,
		       const struct wtg_gpt_entry *windows, struct wtg_guid *ret)
{
	struct wtg_guid entries[MAX_ORDER + 1];
	size_t n = entries_of(bcd, entries);

	for (size_t i = 0; i < n; i++)
		if (points_to(bcd, &entries[i], OS_DEVICE, table, windows) &&
		    points_to(bcd, &entries[i], DEVICE, table, windows)) {
			*ret = entries[i];
			return true;
		}
	return false;
}

bool wtg_mend_leads_to(const struct wtg_partitions *table, struct wtg_fat *fat,
		       const struct wtg_gpt_entry *windows)
{
	static const char *const places[] = { STORE, "VT" STORE, BIOS_STORE };
	bool leads = false;

	for (size_t i = 0; i < 3 && !leads; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
		struct wtg_error ignored = WTG_ERROR_INIT;
		struct wtg_guid entry;
		struct wtg_bcd bcd;

		leads = wtg_fat_read(fat, places[i], WTG_MEND_STORE_BYTES, &bytes, &ignored) > 0 &&
			wtg_bcd_open(&bytes, &bcd, &ignored) == 0 &&
			find_entry(&bcd, table, windows, &entry);
		wtg_error_done(&ignored);
	}
	return leads;
}

/* ------------------------------------------------------------------ what a store says */

struct store {
	bool bios, vtefi;
	struct wtg_bytes bytes;
	char *wrong;  /* why it is written anew; NULL: it stays */
	char *others; /* entries of other systems, which would be lost; NULL: none */

	/* What of it goes on into a new one. */
	bool has_ids;
	struct wtg_guid osloader, resume;
	char *description, *locale;
	bool has_timeout, has_recovery, recovery;
	uint64_t timeout;
};

static void store_done(struct store *store)
{
	wtg_bytes_done(&store->bytes);
	free(store->wrong);
	free(store->others);
	free(store->description);
	free(store->locale);
}

static const char *path_of(const struct store *store)
{
	if (store->bios)
		return BIOS_STORE;
	return store->vtefi ? "VT" STORE : STORE;
}

/* A path as the store has it, looked for on the volume. */
static bool exists(struct wtg_mending *m, const char *path)
{
	_cleanup_free_ char *copy = wtg_text_copy(path + (path[0] == '\\'));

	for (char *c = copy; *c; c++)
		if (*c == '\\')
			*c = '/';
	return wtg_ntfs_exists(m->volume, copy);
}

/* Why an entry does not start the Windows that it leads to; NULL: it does. */
static const char *judge_entry(struct wtg_mending *m, const struct wtg_bcd *bcd,
			       const struct wtg_guid *entry)
{
	_cleanup_free_ char *path = wtg_bcd_string(bcd, entry, PATH);
	_cleanup_free_ char *root = wtg_bcd_string(bcd, entry, SYSTEM_ROOT);
	struct wtg_guid resume;

	if (!path || !exists(m, path))
		return "its entry names a program that is not there";
	if (!root || !exists(m, root))
		return "its entry names a directory of Windows that is not there";
	if (wtg_bcd_object(bcd, entry, RESUME_OBJECT, &resume) &&
	    wtg_bcd_has_object(bcd, &resume) &&
	    !points_to(bcd, &resume, DEVICE, &m->made.table, &m->made.windows))
		return "what resumes leads to another partition";
	return NULL;
}

static const char *judge(struct wtg_mending *m, const struct wtg_bcd *bcd)
{
	struct wtg_bcd_read_device manager = wtg_bcd_device(bcd, &wtg_bcd_bootmgr, DEVICE);
	struct wtg_guid entry;

	if (!wtg_bcd_has_object(bcd, &wtg_bcd_bootmgr))
		return "it has no {bootmgr}";
	if (manager.kind != WTG_BCD_DEVICE_BOOT &&
	    !is_partition(&m->made.table, &m->made.system, &manager))
		return "{bootmgr} leads to another drive or partition";
	if (!find_entry(bcd, &m->made.table, &m->made.windows, &entry))
		return "no entry leads to this Windows";
	return judge_entry(m, bcd, &entry);
}

/* Another partition's of this drive, where another Windows is; not: of a drive that ours was
 * cloned from. */
static bool leads_elsewhere(const struct wtg_mending *m, const struct wtg_bcd *bcd,
			    const struct wtg_guid *entry)
{
	const struct wtg_partitions *table = &m->made.table;

	for (size_t i = 0; i < table->n_entries; i++) {
		const struct wtg_gpt_entry *other = &table->entries[i];

		if (other->number != m->made.windows.number &&
		    other->number != m->made.system.number &&
		    points_to(bcd, entry, OS_DEVICE, table, other))
			return true;
	}
	return false;
}

/* "Windows 11, Ubuntu": of all entries from the first that is not ours. */
static char *name_others(const struct wtg_bcd *bcd, const struct wtg_guid *entries, size_t first,
			 size_t n)
{
	char *list = NULL;

	for (size_t i = first; i < n; i++) {
		_cleanup_free_ char *before = list;
		_cleanup_free_ char *name = wtg_bcd_string(bcd, &entries[i], DESCRIPTION);

		list = wtg_text("%s%s%s", before ? before : "", before ? ", " : "",
				name ? name : "one without a name");
	}
	return list;
}

/* Ours goes first: the one that leads here, else the default. */
static size_t order_entries(struct wtg_mending *m, const struct wtg_bcd *bcd,
			    struct wtg_guid ret[static MAX_ORDER + 1])
{
	size_t n = entries_of(bcd, ret);
	struct wtg_guid ours;

	if (!find_entry(bcd, &m->made.table, &m->made.windows, &ours))
		return n;
	for (size_t i = 0; i < n; i++)
		if (wtg_guid_equal(&ret[i], &ours)) {
			ret[i] = ret[0];
			ret[0] = ours;
		}
	return n;
}

static void inherit(struct wtg_mending *m, const struct wtg_bcd *bcd, struct store *store)
{
	struct wtg_guid entries[MAX_ORDER + 1];
	size_t n = order_entries(m, bcd, entries);
	bool ours = n > 0 && !leads_elsewhere(m, bcd, &entries[0]);

	store->has_timeout = wtg_bcd_integer(bcd, &wtg_bcd_bootmgr, TIMEOUT, &store->timeout) &&
			     store->timeout <= MAX_TIMEOUT;
	store->others = name_others(bcd, entries, ours, n);
	if (!ours)
		return;
	store->osloader = entries[0];
	store->has_ids = wtg_bcd_object(bcd, &entries[0], RESUME_OBJECT, &store->resume) &&
			 !wtg_guid_equal(&store->resume, &store->osloader);
	store->description = wtg_bcd_string(bcd, &entries[0], DESCRIPTION);
	store->locale = wtg_bcd_string(bcd, &entries[0], LOCALE);
	store->has_recovery =
		wtg_bcd_boolean(bcd, &entries[0], RECOVERY_ENABLED, &store->recovery);
}

static void look_at_store(struct wtg_mending *m, struct store *store)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_bcd bcd;
	const char *why;
	int r = m->fat ? wtg_fat_read(m->fat, path_of(store), WTG_MEND_STORE_BYTES, &store->bytes,
				      &err)
		       : 0;

	if (r == 0) {
		store->wrong = wtg_text_copy("missing");
	} else if (r < 0 || wtg_bcd_open(&store->bytes, &bcd, &err) < 0) {
		store->wrong = wtg_text("damaged: %s", err.message);
	} else {
		why = judge(m, &bcd);
		store->wrong = wtg_text_copy(why);
		inherit(m, &bcd, store);
	}
	wtg_error_done(&err);
}

/* ------------------------------------------------------------------ a new one */

static struct wtg_bcd_device device_of(const struct wtg_partitions *table,
				       const struct wtg_gpt_entry *entry)
{
	return (struct wtg_bcd_device){
		.style = table->style,
		.disk = table->disk,
		.partition = entry->id,
		.signature = table->signature,
		.first_byte = entry->first_byte,
	};
}

/* Are the boot manager's own texts there in that language? */
static bool has_texts(const struct wtg_mending *m, const struct store *store, const char *locale)
{
	const char *directory = store->vtefi ? "VTEFI/Microsoft/Boot" : "EFI/Microsoft/Boot";
	_cleanup_free_ char *path =
		store->bios ? wtg_text("Boot/%s/bootmgr.exe.mui", locale)
			    : wtg_text("%s/%s/bootmgfw.efi.mui", directory, locale);

	return wtg_files_find(&m->wanted.files, path) != NULL;
}

static const char *choose_locale(const struct wtg_mending *m, const struct store *store)
{
	bool plain = store->locale && *store->locale &&
		     strspn(store->locale, "abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
			     strlen(store->locale);

	return plain && has_texts(m, store, store->locale) ? store->locale : "en-US";
}

static void write_anew(struct wtg_mending *m, const struct store *store)
{
	struct wtg_bcd_spec spec = {
		.bios = store->bios,
		.vtefi = store->vtefi,
		.system = device_of(&m->made.table, &m->made.system),
		.windows = device_of(&m->made.table, &m->made.windows),
		.osloader = store->has_ids ? store->osloader : m->fresh->osloader,
		.resume = store->has_ids ? store->resume : m->fresh->resume,
		.description = store->description && *store->description
				       ? store->description
				       : wtg_bcd_description(m->made.build,
							     m->made.installation_type),
		.locale = choose_locale(m, store),
		.timeout_seconds = store->has_timeout ? store->timeout : 30,
		.recovery_off = !(store->has_recovery && store->recovery),
	};

	wtg_mend_put(&m->made.stores, path_of(store), wtg_bcd_build(&spec), store->wrong);
	if (store->description)
		wtg_mend_warn(m, "%s is written anew: what somebody set in it (bcdedit), but for "
				 "name, language and waiting time, is lost", path_of(store));
	if (m->made.description)
		return;
	m->made.description = wtg_text_copy(spec.description);
	m->made.locale = wtg_text_copy(spec.locale);
}

static int fail_others(const struct store *store, struct wtg_error *err)
{
	wtg_fail(err, WTG_REFUSED, 0, "%s must be written anew (%s), and has entries of other systems "
				      "that would be lost: %s",
		 path_of(store), store->wrong, store->others);
	return wtg_hint(err, "--new-bcd writes it with the entry of this Windows alone.");
}

static int mend_store(struct wtg_mending *m, bool bios, struct wtg_error *err)
{
	_cleanup_(store_done) struct store store = { .bios = bios,
						     .vtefi = !bios && m->made.manner.vtefi };

	look_at_store(m, &store);
	if (!store.wrong) {
		m->made.n_right++;
		return 0;
	}
	if (store.others && !m->request->new_bcd)
		return fail_others(&store, err);
	write_anew(m, &store);
	return 0;
}

int wtg_mend_look_at_stores(struct wtg_mending *m, struct wtg_error *err)
{
	if (mend_store(m, false, err) < 0)
		return -1;
	return m->made.manner.bios ? mend_store(m, true, err) : 0;
}
