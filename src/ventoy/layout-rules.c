/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ventoy/layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ventoy/marks.h"
#include "wtg/text.h"

#define SECTOR_BYTES 512u
#define FIRST_SECTOR (WTG_VENTOY_FIRST_BYTE / SECTOR_BYTES)
#define SECOND_SECTORS (WTG_VENTOY_VOLUME_BYTES / SECTOR_BYTES)
#define LABEL "VTOYEFI"

/* "No default drive letter"; with "required" and "hidden" beside it, as Ventoy had it before
 * 1.1.03, Windows 11 fails with 0x80070001. */
#define ATTRIBUTES (UINT64_C(1) << 63)

#define MBR_FAT32_LBA 0x0c
#define MBR_NTFS_OR_EXFAT 0x07
#define MBR_ESP 0xef

static uint64_t sector_of(uint64_t byte)
{
	return byte / SECTOR_BYTES;
}

static uint64_t end_of(const struct wtg_extent *extent)
{
	return extent->offset + extent->length;
}

/* ------------------------------------------------------------------ one rule each */

/* They put the sentence, true of what was seen whether the rule is kept or not, into *ret. */

/* What is, and, where that is not as it should be, that; takes both. */
static bool tell(bool ok, char *is, char *should, char **ret)
{
	*ret = ok ? wtg_text_copy(is) : wtg_text("%s, %s", is, should);
	free(is);
	free(should);
	return ok;
}

static bool sector_size(const struct wtg_ventoy_seen *seen, char **ret)
{
	return tell(seen->sector_bytes == SECTOR_BYTES,
		    wtg_text("the drive's sectors have %u bytes", seen->sector_bytes),
		    wtg_text("and must have %u", SECTOR_BYTES), ret);
}

static bool table(const struct wtg_ventoy_seen *seen, char **ret)
{
	bool there = seen->style != WTG_TABLE_AUTO && seen->head[510] == 0x55 &&
		     seen->head[511] == 0xaa;

	*ret = !there ? wtg_text("there is no partition table") :
			wtg_text("there is a partition table, %s",
				 seen->style == WTG_TABLE_GPT ? "GPT" : "MBR");
	return there;
}

static bool first_start(const struct wtg_ventoy_seen *seen, char **ret)
{
	if (seen->first.length == 0)
		return tell(false, wtg_text("there is no partition 1"),
			    wtg_text("and must be one"), ret);
	return tell(seen->first.offset == WTG_VENTOY_FIRST_BYTE,
		    wtg_text("partition 1 starts at sector %" PRIu64, sector_of(seen->first.offset)),
		    wtg_text("and must at %u", FIRST_SECTOR), ret);
}

static bool second_follows(const struct wtg_ventoy_seen *seen, char **ret)
{
	uint64_t end = end_of(&seen->first);

	if (seen->second.length == 0)
		return tell(false, wtg_text("there is no partition 2"),
			    wtg_text("and must be one"), ret);
	return tell(seen->second.offset == end,
		    wtg_text("partition 2 starts at sector %" PRIu64,
			     sector_of(seen->second.offset)),
		    wtg_text("and must at %" PRIu64 ", where partition 1 ends", sector_of(end)),
		    ret);
}

static bool second_size(const struct wtg_ventoy_seen *seen, char **ret)
{
	return tell(seen->second.length == WTG_VENTOY_VOLUME_BYTES,
		    wtg_text("partition 2 has %" PRIu64 " sectors", sector_of(seen->second.length)),
		    wtg_text("and must have %u", SECOND_SECTORS), ret);
}

static bool second_fat(const struct wtg_ventoy_seen *seen, char **ret)
{
	*ret = wtg_text("partition 2 %s a FAT volume", seen->second_is_fat ? "is" : "is not");
	return seen->second_is_fat;
}

static bool second_label(const struct wtg_ventoy_seen *seen, char **ret)
{
	return tell(wtg_text_equal(seen->second_label, LABEL),
		    wtg_text("the volume of partition 2 is called \"%s\"", seen->second_label),
		    wtg_text("and must be \"" LABEL "\""), ret);
}

static bool second_files(const struct wtg_ventoy_seen *seen, char **ret)
{
	bool all = seen->has_cpio && seen->has_localboot && seen->has_fuse;

	*ret = all ? wtg_text("the files that Ventoy looks for are on partition 2") :
		     wtg_text("on partition 2 there is no%s%s%s",
			      seen->has_cpio ? "" : " /ventoy/ventoy.cpio",
			      seen->has_localboot ? "" : " /grub/localboot.cfg",
			      seen->has_fuse ? "" : " /tool/mount.exfat-fuse_aarch64");
	return all;
}

static bool boot_start(const struct wtg_ventoy_seen *seen, char **ret)
{
	bool ok = wtg_ventoy_head_starts(seen->head);

	*ret = wtg_text("sector 0 %s as Ventoy's boot code (EB 63 90 and 45 zeros)",
			ok ? "begins" : "does not begin");
	return ok;
}

static bool boot_mark(const struct wtg_ventoy_seen *seen, char **ret)
{
	bool ok = wtg_ventoy_head_marked(seen->head);

	*ret = wtg_text("sector 0 %s Ventoy's mark at byte %d", ok ? "has" : "has not",
			WTG_VENTOY_MARK_AT);
	return ok;
}

static bool boot_core(const struct wtg_ventoy_seen *seen, char **ret)
{
	uint64_t is = wtg_le64(seen->head + WTG_VENTOY_KERNEL_AT);
	uint64_t should = seen->style == WTG_TABLE_AUTO ?
				  0 : sector_of(wtg_ventoy_core_at(seen->style));

	return tell(is == should,
		    wtg_text("the boot code looks for its core in sector %" PRIu64, is),
		    wtg_text("and with this table must in %" PRIu64, should), ret);
}

static bool second_name(const struct wtg_ventoy_seen *seen, char **ret)
{
	return tell(wtg_text_equal(seen->second_name, LABEL),
		    wtg_text("partition 2 is called \"%s\" in the table", seen->second_name),
		    wtg_text("and should be \"" LABEL "\""), ret);
}

static bool second_attributes(const struct wtg_ventoy_seen *seen, char **ret)
{
	return tell(seen->second_attributes == ATTRIBUTES,
		    wtg_text("partition 2 has the attributes %016" PRIx64, seen->second_attributes),
		    wtg_text("and should have %016" PRIx64
			     ": with others, Windows 11 may fail with 0x80070001", ATTRIBUTES), ret);
}

static bool first_type(const struct wtg_ventoy_seen *seen, char **ret)
{
	return tell(seen->first_type == MBR_NTFS_OR_EXFAT || seen->first_type == MBR_FAT32_LBA,
		    wtg_text("partition 1 has the type %02x", seen->first_type),
		    wtg_text("and should have 07 or 0c"), ret);
}

static bool second_type(const struct wtg_ventoy_seen *seen, char **ret)
{
	return tell(seen->second_type == MBR_ESP,
		    wtg_text("partition 2 has the type %02x", seen->second_type),
		    wtg_text("and should have %02x", MBR_ESP), ret);
}

static bool active(const struct wtg_ventoy_seen *seen, char **ret)
{
	return tell(seen->first_active && !seen->second_active,
		    wtg_text("partition 1 is%s active and partition 2 is%s",
			     seen->first_active ? "" : " not", seen->second_active ? "" : " not"),
		    wtg_text("and 1 alone should be"), ret);
}

/* ------------------------------------------------------------------ all of them */

static const struct {
	const char *name;
	enum wtg_table_style style; /* AUTO: either */
	enum { NOTE, FATAL, PLACE } weight; /* PLACE: fatal, and writing Ventoy anew does not mend it */
	bool (*holds)(const struct wtg_ventoy_seen *seen, char **ret_sentence);
	const char *reason;
} rules[] = {
	{ "sector-size", WTG_TABLE_AUTO, PLACE, sector_size,
	  "its installer refuses others, and its numbers are in sectors of 512" },
	{ "table", WTG_TABLE_AUTO, PLACE, table, "nothing starts without" },
	{ "first-start", WTG_TABLE_AUTO, PLACE, first_start,
	  "the loader stops: check_official_device, 5" },
	{ "second-follows", WTG_TABLE_AUTO, PLACE, second_follows,
	  "the loader stops: check_official_device, 6 and 7" },
	{ "second-size", WTG_TABLE_AUTO, PLACE, second_size,
	  "the loader stops: check_official_device, 7, and VTOY_CMD_CHECK" },
	{ "second-fat", WTG_TABLE_AUTO, FATAL, second_fat,
	  "the loader stops: check_official_device, 4 and 9" },
	{ "second-label", WTG_TABLE_AUTO, FATAL, second_label,
	  "the loader stops: check_official_device, 10" },
	{ "second-files", WTG_TABLE_AUTO, FATAL, second_files,
	  "the loader stops: check_official_device, 2" },
	{ "boot-start", WTG_TABLE_AUTO, FATAL, boot_start,
	  "the loader stops, under UEFI, too: check_official_device, 12" },
	{ "boot-mark", WTG_TABLE_AUTO, FATAL, boot_mark,
	  "the loader stops, under UEFI, too: check_official_device, 12" },
	{ "boot-core", WTG_TABLE_AUTO, NOTE, boot_core, "Legacy BIOS does not get further" },
	{ "second-name", WTG_TABLE_GPT, NOTE, second_name, "its programs go by it" },
	{ "second-attributes", WTG_TABLE_GPT, NOTE, second_attributes,
	  "changed in 1.1.03, for Windows 11" },
	{ "first-type", WTG_TABLE_MBR, NOTE, first_type, "Windows mounts no others" },
	{ "second-type", WTG_TABLE_MBR, NOTE, second_type,
	  "some firmware starts no others, and Windows would mount it" },
	{ "active", WTG_TABLE_MBR, NOTE, active,
	  "some BIOSes start no drive without, and its updates set it so" },
};

static bool applies(size_t rule, const struct wtg_ventoy_seen *seen)
{
	return rules[rule].style == WTG_TABLE_AUTO || rules[rule].style == seen->style;
}

void wtg_ventoy_judge(const struct wtg_ventoy_seen *seen, struct wtg_ventoy_verdicts *ret)
{
	struct wtg_ventoy_verdicts verdicts = { 0 };

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct wtg_ventoy_verdict verdict = { .rule = rules[i].name,
						      .fatal = rules[i].weight != NOTE };

		if (!applies(i, seen))
			continue;
		verdict.ok = rules[i].holds(seen, &verdict.sentence);
		WTG_APPEND(&verdicts, verdict);
	}
	*ret = verdicts;
}

void wtg_ventoy_verdicts_done(struct wtg_ventoy_verdicts *verdicts)
{
	for (size_t i = 0; i < verdicts->n_items; i++)
		free(verdicts->items[i].sentence);
	free(verdicts->items);
	*verdicts = (struct wtg_ventoy_verdicts){ 0 };
}

static int check(const struct wtg_ventoy_seen *seen, int least_weight, const char *path,
		 struct wtg_error *err)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		_cleanup_free_ char *sentence = NULL;

		if ((int)rules[i].weight >= least_weight && applies(i, seen) &&
		    !rules[i].holds(seen, &sentence))
			return wtg_fail(err, WTG_UNSUITABLE, 0,
					"Ventoy would not start from %s: %s", path, sentence);
	}
	return 0;
}

int wtg_ventoy_check(const struct wtg_ventoy_seen *seen, const char *path, struct wtg_error *err)
{
	return check(seen, FATAL, path, err);
}

int wtg_ventoy_check_place(const struct wtg_ventoy_seen *seen, const char *path,
			   struct wtg_error *err)
{
	return check(seen, PLACE, path, err);
}

/* One sign alone can be what is left of an earlier Ventoy, or chance. */
bool wtg_ventoy_is_there(const struct wtg_ventoy_seen *seen)
{
	bool lies_so = seen->first.offset == WTG_VENTOY_FIRST_BYTE &&
		       seen->second.length == WTG_VENTOY_VOLUME_BYTES;
	bool named_so = wtg_text_equal(seen->second_label, LABEL) ||
			wtg_text_equal(seen->second_name, LABEL);
	bool marked_so = wtg_ventoy_head_marked(seen->head);

	return lies_so + named_so + marked_so >= 2;
}
