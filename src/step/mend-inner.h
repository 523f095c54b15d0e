/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the mend*.c files share. */
#pragma once

#include "base/packet.h"
#include "base/window.h"
#include "step/mend.h"
#include "volume/fat-read.h"
#include "volume/ntfs.h"
#include "windows/wishes.h"

#define WTG_MEND_LOADER_BYTES (16u << 20)
#define WTG_MEND_STORE_BYTES (16u << 20)

/* In the worker. */
struct wtg_mending {
	const struct wtg_request *request;
	const struct wtg_identity *fresh;
	struct wtg_window disk;
	uint32_t sector_bytes;
	struct wtg_mend made;

	struct wtg_ntfs *volume; /* of the Windows, open for reading */
	struct wtg_fat *fat;     /* of the system partition; NULL: it cannot be read */
	char letter;             /* that it calls its own volume */
	struct wtg_files trees;  /* what wtg_boot_trees names, as it is installed */
	struct wtg_bootfiles wanted;
	struct wtg_files dbx;    /* the user's list of what is revoked: none or one */
};

void wtg_mend_warn(struct wtg_mending *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
struct wtg_window wtg_mend_window(const struct wtg_mending *m, const struct wtg_gpt_entry *entry);

/* A file that should be there; old says what is. */
void wtg_mend_put(struct wtg_mend_files *files, const char *path, struct wtg_bytes content,
		  const char *old);

/* mend-find.c: which partitions it is about. */
int wtg_mend_find_windows(struct wtg_mending *m, struct wtg_error *err);
int wtg_mend_find_system(struct wtg_mending *m, struct wtg_error *err);

/* mend-windows.c: may that Windows be changed?  What it says of itself, and its registry. */
int wtg_mend_look_at_windows(struct wtg_mending *m, struct wtg_error *err);

/* mend-letters.c: letters of drives that lead elsewhere are wished away. */
void wtg_mend_look_at_letters(struct wtg_mending *m, const struct wtg_hive_view *view,
			      struct wtg_wishes *wishes);

/* mend-chain.c: whose loader it starts with, and so which files it should have: wanted. */
int wtg_mend_choose_chain(struct wtg_mending *m, struct wtg_error *err);
bool wtg_mend_read_program(const struct wtg_mending *m, const char *path, struct wtg_pe *ret);

/* mend-esp.c: boot files, and what sector 0 of an MBR drive lacks. */
int wtg_mend_look_at_system(struct wtg_mending *m, struct wtg_error *err);

/* mend-bcd.c: the stores. */
int wtg_mend_look_at_stores(struct wtg_mending *m, struct wtg_error *err);

/* mend-notice.c: what else is wrong.  After all the others, which say what will be mended. */
int wtg_mend_notice(struct wtg_mending *m, struct wtg_progress *progress, struct wtg_error *err);

/* Does the store of a system partition lead to a Windows partition of this drive? */
bool wtg_mend_leads_to(const struct wtg_partitions *table, struct wtg_fat *fat,
		       const struct wtg_gpt_entry *windows);

/* mend-flatten.c: from process to process. */
void wtg_mend_flatten(const struct wtg_mend *mend, struct wtg_packet *packet);
bool wtg_mend_unflatten(struct wtg_reader *reader, const struct wtg_disk *disk,
			struct wtg_mend *ret);
