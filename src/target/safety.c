/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/target.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "target/sentence.h"
#include "wtg/text.h"

#define DEFAULT_MAX_BYTES (2ull << 40)

/* The least that any layout can live in: an ESP of 33 MiB (FAT32 needs 65525 clusters), an
 * MSR of 16 MiB, the table, and a few MiB of NTFS. */
#define LEAST_BYTES (64ull << 20)

/*
 * One rule: may refuse, and if so says why in a sentence that the caller frees; NULL lets the
 * drive pass.  Rules read nothing but their arguments.
 */
typedef char *ask_fn(const struct wtg_disk *disk, const struct wtg_safety *safety);

static char *is_systems_disk(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	_cleanup_free_ char *who = wtg_say_holders(disk, wtg_holds_system);

	(void)safety;
	return who ? wtg_text("%s holds the running system: %s", disk->path, who) : NULL;
}

static char *is_images_disk(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	(void)safety;
	if (!disk->holds_image)
		return NULL;
	return disk->is_file ? wtg_text("%s is the image itself", disk->path)
			     : wtg_text("the image lies on %s itself", disk->path);
}

static char *is_cwds_disk(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	(void)safety;
	if (!disk->holds_cwd || disk->is_file)
		return NULL;
	return wtg_text("the current directory lies on %s", disk->path);
}

static char *is_mounted(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	_cleanup_free_ char *who = wtg_say_holders(disk, wtg_holds_mount);

	(void)safety;
	return who ? wtg_text("%s is in use: %s", disk->path, who) : NULL;
}

static char *is_swap(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	_cleanup_free_ char *who = wtg_say_holders(disk, wtg_holds_swap);

	(void)safety;
	return who ? wtg_text("%s is in use: %s", disk->path, who) : NULL;
}

static char *is_held(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	_cleanup_free_ char *who = wtg_say_holders(disk, wtg_holds_stacked);

	(void)safety;
	return who ? wtg_text("%s is in use: %s", disk->path, who) : NULL;
}

static char *is_read_only(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	(void)safety;
	return disk->read_only ? wtg_text("%s is read-only", disk->path) : NULL;
}

static char *is_ignored(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	(void)safety;
	if (!disk->ignored)
		return NULL;
	return wtg_text("udev's rules keep %s from users (%s)", disk->path, disk->ignored);
}

/* Not by "removable" alone: good Windows To Go drives are USB SSDs, which say that they are
 * fixed, and so do many card readers; and Linux (since 4.19) calls every SATA disk removable
 * whose port the firmware allows to be hot plugged, as many desktops' do. */
static char *is_fixed(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	static const char *const portable[] = { "usb", "mmc", "memstick", "ieee1394", "loop" };
	_cleanup_free_ char *bus = disk->bus ? wtg_text_printable(disk->bus) : NULL;

	if (safety->allow_fixed || disk->is_file ||
	    (disk->removable && !wtg_text_equal(disk->bus, "ata")))
		return NULL;
	for (size_t i = 0; i < sizeof(portable) / sizeof(portable[0]); i++)
		if (wtg_text_equal(disk->bus, portable[i]))
			return NULL;
	return wtg_text("%s is not a USB drive or a memory card (bus: %s)", disk->path,
			bus ? bus : "unknown");
}

static char *is_too_large(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	uint64_t max = safety->max_size_bytes ? safety->max_size_bytes : DEFAULT_MAX_BYTES;
	_cleanup_free_ char *has = wtg_size_drive_text(disk->size_bytes);
	_cleanup_free_ char *limit = wtg_size_text(max);

	if (disk->is_file || disk->size_bytes <= max)
		return NULL;
	return wtg_text("%s has %s, more than the limit of %s", disk->path, has, limit);
}

static char *has_no_medium(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	(void)safety;
	if (disk->size_bytes > 0)
		return NULL;
	return wtg_text("%s is empty: there is no medium in it", disk->path);
}

static char *is_too_small(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	uint64_t need = safety->need_bytes ? safety->need_bytes : LEAST_BYTES;
	_cleanup_free_ char *has = wtg_size_text(disk->size_bytes);
	_cleanup_free_ char *needs = wtg_size_text(need);

	if (disk->size_bytes >= need)
		return NULL;
	if (strcmp(has, needs) == 0)
		return wtg_text("%s has %" PRIu64 " bytes, %" PRIu64 " are needed", disk->path,
				disk->size_bytes, need);
	return wtg_text("%s has %s, %s are needed", disk->path, has, needs);
}

static char *has_odd_sectors(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	(void)safety;
	if (disk->sector_bytes != 512 && disk->sector_bytes != 4096)
		return wtg_text("%s has sectors of %u bytes; Windows starts from 512 and 4096 only",
				disk->path, disk->sector_bytes);
	if (disk->size_bytes % disk->sector_bytes != 0)
		return wtg_text("%s has %" PRIu64 " bytes, which is not whole sectors of %u",
				disk->path, disk->size_bytes, disk->sector_bytes);
	return NULL;
}

static char *is_unread(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	(void)safety;
	if (!disk->unread)
		return NULL;
	return wtg_text("%s cannot be read, so what is on it is not known", disk->path);
}

static char *has_content(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	_cleanup_free_ char *what = NULL;

	if (safety->overwrite || safety->beside)
		return NULL;
	what = wtg_say_contents(disk);
	if (!what && (!disk->is_file || disk->empty || !disk->exists))
		return NULL;
	return wtg_text("%s is not empty: it holds %s", disk->path,
			what ? what : "data of an unknown kind");
}

/* In the order in which they are told: what nothing lifts first, then what the user can
 * change in the world, then what an option lifts. */
static const struct rule {
	const char *name;
	ask_fn *ask;
	const char *override; /* the option that the rule obeys */
	const char *hint;
	enum wtg_kind kind;
} rules[] = {
	{ "system-disk", is_systems_disk, NULL, "No option lifts this.", WTG_REFUSED },
	{ "image-disk", is_images_disk, NULL, "Copy the image to another drive first.",
	  WTG_REFUSED },
	{ "cwd-disk", is_cwds_disk, NULL, "Change to a directory on another drive.",
	  WTG_REFUSED },
	{ "mounted", is_mounted, NULL, "Unmount it first, if nobody needs it.", WTG_REFUSED },
	{ "swap", is_swap, NULL, "Turn that off with swapoff first.", WTG_REFUSED },
	{ "held", is_held, NULL, "Close what uses it first.", WTG_REFUSED },
	{ "read-only", is_read_only, NULL, "Many cards and some sticks have a switch for that.",
	  WTG_SYSTEM },
	{ "ignored", is_ignored, NULL, "Whoever set this machine up wants it left alone.",
	  WTG_REFUSED },
	{ "fixed", is_fixed, "--allow-fixed", "If it is the drive you mean, add --allow-fixed.",
	  WTG_REFUSED },
	{ "too-large", is_too_large, "--max-size",
	  "Such drives are often backups; if it is the one you mean, raise --max-size.",
	  WTG_REFUSED },
	{ "no-medium", has_no_medium, NULL, NULL, WTG_UNSUITABLE },
	{ "too-small", is_too_small, NULL, NULL, WTG_UNSUITABLE },
	{ "sector-size", has_odd_sectors, NULL, NULL, WTG_UNSUITABLE },
	{ "unread", is_unread, NULL, "Root can read more: try sudo.", WTG_SYSTEM },
	{ "content", has_content, "--overwrite", "To lose all of that, add --overwrite.",
	  WTG_REFUSED },
};

/* Paths are other people's words, too: what the user typed, or a mount point in it. */
static void make_printable(char **sentence)
{
	char *printable = wtg_text_printable(*sentence);

	free(*sentence);
	*sentence = printable;
}

struct wtg_verdict wtg_safety_judge(const struct wtg_disk *disk, const struct wtg_safety *safety)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];
		struct wtg_verdict verdict = {
			.rule = rule->name,
			.override = rule->override,
			.hint = rule->hint,
			.kind = rule->kind,
		};

		verdict.sentence = rule->ask(disk, safety);
		if (!verdict.sentence)
			continue;
		make_printable(&verdict.sentence);
		return verdict;
	}
	return (struct wtg_verdict){ .kind = WTG_OK };
}

void wtg_verdict_done(struct wtg_verdict *verdict)
{
	free(verdict->sentence);
	*verdict = (struct wtg_verdict){ 0 };
}
