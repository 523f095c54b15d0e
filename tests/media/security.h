/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Security descriptors like those of a Windows volume. */
#pragma once

#include "base/bytes.h"

enum media_security {
	MEDIA_SECURITY_BY_PLACE, /* what the path's first parts call for */
	MEDIA_SECURITY_ROOT,
	MEDIA_SECURITY_SYSTEM_FILE, /* owned by TrustedInstaller, everyone else reads */
	MEDIA_SECURITY_PROGRAM,	    /* Program Files */
	MEDIA_SECURITY_CONFIG,	    /* hives: SYSTEM and Administrators alone */
	MEDIA_SECURITY_USERS,
	MEDIA_SECURITY_NO_LISTING, /* Windows' own junctions: Everyone denied listing */
	MEDIA_SECURITY_AUDITED,	   /* with a SACL: an audit entry and a mandatory label */
	MEDIA_SECURITY_EMPTY_DACL, /* nobody may do anything */
	MEDIA_SECURITY_NULL_DACL,  /* everybody may do everything */
	MEDIA_N_SECURITY,
};

/* The self-relative descriptor; never MEDIA_SECURITY_BY_PLACE. */
struct wtg_bytes media_security(enum media_security which);

enum media_security media_security_of(const char *path);
