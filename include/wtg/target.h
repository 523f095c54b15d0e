/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where we write: a whole drive or a plain file, looked at but not touched.  What is known
 * of it is plain data (struct wtg_disk), so that the safety rules are a function of data and
 * can be tested without drives.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wtg/cleanup.h"
#include "wtg/error.h"
#include "wtg/facts.h"
#include "wtg/request.h"

/* Something found on the disk, by libblkid only: the partition table, a whole-disk
 * filesystem, or the content of one partition. */
struct wtg_content {
	uint64_t offset_bytes, size_bytes; /* of the partition; 0 and the disk's size: whole disk */
	unsigned number;  /* of the partition; 0: the whole disk */
	char *type;       /* "gpt", "ntfs", "LVM2_member", …; NULL: an unknown partition */
	char *label;      /* or NULL; unprintable bytes as they are */
	char *name;       /* of the partition, or NULL */
};

/* Somebody who uses the disk or a part of it now. */
enum wtg_holder_kind {
	WTG_HOLDER_MOUNT,
	WTG_HOLDER_SWAP,
	WTG_HOLDER_DM, /* device mapper: LVM, LUKS, multipath */
	WTG_HOLDER_MD,
	WTG_HOLDER_LOOP,
	WTG_HOLDER_OTHER, /* bcache and whatever else has a holders/ link; a process */
};

struct wtg_holder {
	enum wtg_holder_kind kind;
	char *part;   /* the device of the disk that is used: "/dev/sdb1" */
	char *holder; /* who: "/home", "/dev/dm-0 (vg-root)", "process 812 (qemu)" */
	bool system;  /* the running system does not survive it: /, /boot, /usr, live medium, … */
};

struct wtg_disk {
	char *path;   /* as the kernel names it: "/dev/sdb"; for a file its path as given */
	char *model, *vendor, *serial, *wwn; /* or NULL; bytes of a stranger */
	char *bus;    /* "usb", "nvme", "ata", "mmc", "emmc", "virtio", "loop", … or NULL */
	unsigned usb_mbits; /* per second, as it was agreed: 480 is USB 2; 0: not known */
	bool is_file;
	bool exists;  /* false: a file that the run would create */
	bool empty;   /* a file that holds nothing but holes, or does not exist */
	bool removable, read_only;
	const char *ignored; /* udev's property that keeps users off it, a constant; or NULL */
	bool unread;  /* in a list: we may not read the drive, so its contents are not known */
	dev_t device; /* st_rdev, or st_dev of a file */
	ino_t inode;  /* of a file */
	uint64_t diskseq; /* 0 where the kernel has none */
	uint64_t size_bytes;
	uint32_t sector_bytes;          /* logical */
	uint32_t physical_sector_bytes;
	bool holds_image, holds_cwd;    /* the image or the current directory lies on it */

	struct wtg_content *contents;
	size_t n_contents, contents_capacity;
	struct wtg_holder *holders;
	size_t n_holders, holders_capacity;
};

void wtg_disk_done(struct wtg_disk *disk);

/* Every whole drive of the machine, sorted by path; the caller frees with _list_done(). */
struct wtg_disk_list {
	struct wtg_disk *items;
	size_t n_items, capacity;
};
int wtg_disk_list(struct wtg_disk_list *ret, struct wtg_error *err);
void wtg_disk_list_done(struct wtg_disk_list *list);

/* One drive, as in `list --json` and in the plan. */
void wtg_disk_describe(const struct wtg_disk *disk, struct wtg_facts *out);

/* ------------------------------------------------------------------ safety */

/* What the rules need to know of the request. */
struct wtg_safety {
	bool allow_fixed, overwrite;
	bool beside; /* what is on the drive stays */
	uint64_t max_size_bytes; /* 0: the default, 2 TiB */
	uint64_t need_bytes;     /* what the plan needs; 0: not known yet */
};

struct wtg_verdict {
	const char *rule;     /* the refusing rule's name; NULL: nothing refuses */
	char *sentence;       /* why, and who holds what */
	const char *override; /* the option that lifts it; NULL: nothing does */
	const char *hint;     /* what the user can do, a whole sentence; or NULL */
	enum wtg_kind kind;   /* WTG_REFUSED, WTG_SYSTEM (busy, read only) or WTG_UNSUITABLE */
};
void wtg_verdict_done(struct wtg_verdict *verdict);

/* Ask every rule, in order; the first that refuses gives the verdict.  Pure. */
struct wtg_verdict wtg_safety_judge(const struct wtg_disk *disk, const struct wtg_safety *safety);

/* ------------------------------------------------------------------ the target itself */

struct wtg_target;

/* How what was written is read back, and so what that proves.  What a drive's own
 * electronics keep in memory is past nobody's reach. */
enum wtg_past {
	WTG_PAST_NOTHING, /* it was not read back */
	WTG_PAST_CACHED,  /* a cache further down may have answered: a loop device's file */
	WTG_PAST_DROPPED, /* the kernel was told to forget what it kept of it, and then asked */
	WTG_PAST_DIRECT,  /* past the kernel's cache (O_DIRECT) */
};

/* "nothing", "cached", "dropped" or "direct". */
const char *wtg_past_name(enum wtg_past past);

/*
 * Look at the target of a request: resolve links, refuse a partition (naming its disk), open
 * it for reading, gather everything in struct wtg_disk.  A file that does not exist, or is 0
 * bytes long, needs file_size_bytes and is not created or sized here; for anything else that
 * is kind WTG_USAGE, unless it is the size the file has.  A request that names neither image
 * nor size only looks: then the target must exist (WTG_SYSTEM), and 0 bytes are a size.
 * Judges nothing.
 */
int wtg_target_open(const struct wtg_request *request, struct wtg_target **ret,
		    struct wtg_error *err);
void wtg_target_close(struct wtg_target *target);
WTG_DEFINE_FREEP(struct wtg_target, wtg_target_close)

const struct wtg_disk *wtg_target_disk(const struct wtg_target *target);

/*
 * What must be typed or given to --confirm: the serial, or the path for a file or a drive
 * without one; NULL when there is nothing to lose (an absent or empty file).
 */
const char *wtg_target_name(const struct wtg_target *target);

/* Does answer confirm this target, as it is or as it is shown?  On a terminal the model or
 * the serial's last 6 characters do, too, and what cannot be typed may be left out.  Where there is nothing to lose, none (NULL) does, and a wrong one does
 * not: something else was meant. */
bool wtg_target_confirmed(const struct wtg_target *target, const char *answer, bool terminal);

/* What wtg_safety_judge() says of the target, as an error with its hint. */
int wtg_target_judge(const struct wtg_target *target, const struct wtg_safety *safety,
		     struct wtg_error *err);
