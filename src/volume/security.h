/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Security descriptors (MS-DTYP 2.4.6), in their self-relative form. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

/* What is made, and by whom. */
struct wtg_heir {
	bool is_directory;
	uint32_t all, read, write, execute; /* rights, as it knows them */
	const uint8_t *owner, *group;       /* SIDs */
};

/* On a volume, of an administrator's. */
extern const struct wtg_heir wtg_new_file, wtg_new_directory;

/*
 * What Windows gives to what is made in a directory with that descriptor: lists are
 * inherited, CREATOR OWNER becomes the owner, general rights become those of the heir, and
 * what an earlier entry grants already is left out.  From one that passes nothing on, is
 * empty, or makes no sense: full access for SYSTEM and Administrators.  The caller's.
 */
struct wtg_bytes wtg_security_inherit(const struct wtg_bytes *parent,
				      const struct wtg_heir *heir);
