/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is wrong with a Windows To Go drive, whoever made it, and what it will have instead: all
 * that planning a repair must know of its inside.  Gathered by a worker without power, read only.
 */
#pragma once

#include "base/bytes.h"
#include "base/crypto.h"
#include "step/layout.h"
#include "step/survey.h"
#include "volume/partitions.h"
#include "windows/bcd.h"
#include "windows/bootfiles.h"
#include "windows/edits.h"
#include "wtg/request.h"
#include "wtg/target.h"

/* Files of the system partition that will be other ones; nothing is removed. */
struct wtg_mend_files {
	struct wtg_files files;
	struct wtg_sentences old; /* of each: what is there now */
};

struct wtg_mend {
	struct wtg_partitions table;
	bool ventoy;
	struct wtg_gpt_entry system, windows; /* the two partitions */

	/* The installed Windows */
	enum wtg_arch arch;
	unsigned build;           /* 0: it does not say */
	char *installation_type;  /* or NULL */

	/* What it starts with */
	bool format_system;           /* the system partition holds no FAT volume that can be read */
	struct wtg_boot_manner manner;
	enum wtg_boot_ca chain;
	char *signers;                /* of the loader; NULL: nobody */
	size_t n_right;               /* files of the system partition that are as they should be */
	struct wtg_mend_files boot;
	struct wtg_mend_files stores; /* of boot configuration */
	char *description, *locale;   /* of these */
	bool active, boot_code;       /* MBR: the flag or the code is missing */
	bool boot_record;             /* the system partition's own starts nothing */
	uint64_t time;                /* of the plan, for what is new; set by who plans */

	/* Its registry */
	struct wtg_edits edits;   /* of SYSTEM */
	struct wtg_bytes hive;    /* SYSTEM with them; no data: it stays */
	uint8_t hive_is[WTG_SHA256_SIZE]; /* of the file as it is now */

	/* What is wrong as it is, as the walk over a finished drive says it; and of that what
	 * stays so. */
	struct wtg_sentences faults, stays;
	struct wtg_sentences warnings;
};
void wtg_mend_done(struct wtg_mend *mend);

/*
 * Look.  fresh has identifiers for what is made new.  Kind WTG_REFUSED where nothing may be
 * changed, WTG_USAGE where the user must choose, WTG_UNSUITABLE where there is nothing that could be
 * repaired.  *ret is large.
 */
int wtg_mend_make(const struct wtg_target *target, const struct wtg_request *request,
		  const struct wtg_identity *fresh, struct wtg_mend *ret, struct wtg_error *err);

/* Does anything change on the system partition? */
bool wtg_mend_changes_system(const struct wtg_mend *mend);
