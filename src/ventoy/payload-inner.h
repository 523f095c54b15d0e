/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files that read a release share: which of its members matter, and what is open. */
#pragma once

#include <stddef.h>

#include "base/bytes.h"
#include "ventoy/payload.h"

enum {
	WTG_VENTOY_BOOT,
	WTG_VENTOY_CORE,
	WTG_VENTOY_VOLUME,
	WTG_VENTOY_VERSION,
	WTG_VENTOY_MEMBERS,
};

struct wtg_ventoy_member {
	const char *directory, *name; /* in the release's folder */
	size_t max_bytes;             /* larger ones make no sense */
};
extern const struct wtg_ventoy_member wtg_ventoy_members[WTG_VENTOY_MEMBERS];

struct wtg_ventoy_source {
	char *path;
	int fds[WTG_VENTOY_MEMBERS];
	size_t n_fds; /* 1: a tarball */
};

/* A release has some 20 MB. */
#define WTG_VENTOY_MAX_ARCHIVE_BYTES (256u << 20)

/* The members out of a tarball; ret has room for WTG_VENTOY_MEMBERS, all empty. */
int wtg_ventoy_archive_read(int fd, const char *path, struct wtg_bytes *ret,
			    struct wtg_error *err);

/* What to say after "is no release of Ventoy". */
#define WTG_VENTOY_HINT                                                                  \
	"Give the release as it is downloaded, ventoy-X.Y.Z-linux.tar.gz, or the folder that it " \
	"unpacks to."
