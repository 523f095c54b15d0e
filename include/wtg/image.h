/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What we read: a Windows image in an ISO (UDF), a WIM, an ESD or a split set of SWMs.
 * Immutable after it is opened.  Nothing is mounted and no root is needed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wtg/cleanup.h"
#include "wtg/error.h"
#include "wtg/facts.h"
#include "wtg/progress.h"

enum wtg_arch {
	WTG_ARCH_UNKNOWN,
	WTG_ARCH_X86,   /* WIM XML ARCH 0,  PE machine 0x014c */
	WTG_ARCH_AMD64, /* WIM XML ARCH 9,  PE machine 0x8664 */
	WTG_ARCH_ARM64, /* WIM XML ARCH 12, PE machine 0xaa64 */
};

/* "x86", "amd64", "arm64" or "unknown". */
const char *wtg_arch_name(enum wtg_arch arch);

/* One image of a WIM, as its XML describes it.  NULL and 0 where it says nothing.  Owned by
 * the image, valid until that is closed. */
struct wtg_edition {
	char *selector;     /* what --edition takes to mean exactly this one: "1", "x64/1" */
	unsigned index;     /* 1-based, in its WIM */
	char *name;
	char *display_name; /* DISPLAYNAME, else NAME, else DESCRIPTION */
	char *description;
	char *edition_id;   /* "Professional" */
	char *installation_type; /* "Client", "Server" */
	enum wtg_arch arch;
	unsigned major, minor, build, revision;
	char *languages;    /* "en-US, de-DE" */
	char *default_language;
	uint64_t size_bytes; /* of all files, hard links counted once: TOTALBYTES - HARDLINKBYTES */
	uint64_t n_files, n_dirs;
};

struct wtg_image;

/*
 * Open path.  Fails with kind WTG_INPUT and one sentence for what is not a Windows image:
 * an empty or truncated file, a directory, an ISO without sources/install.*, one whose files
 * are only in its ISO 9660 half, an encrypted ESD, a missing part of a split set.
 */
int wtg_image_open(const char *path, struct wtg_image **ret, struct wtg_error *err);
void wtg_image_close(struct wtg_image *image);
WTG_DEFINE_FREEP(struct wtg_image, wtg_image_close)

const char *wtg_image_path(const struct wtg_image *image);
size_t wtg_image_n_editions(const struct wtg_image *image);
const struct wtg_edition *wtg_image_edition(const struct wtg_image *image, size_t i);

/*
 * The edition that text names: a selector or index, an edition id, a name or display name
 * (ASCII case ignored).  NULL text chooses the only edition.  With several and none chosen,
 * none matching, or several matching: kind WTG_USAGE, and the hint lists them.
 */
int wtg_image_choose(const struct wtg_image *image, const char *text,
		     const struct wtg_edition **ret, struct wtg_error *err);

/* The container; and one edition: what the XML says of it. */
void wtg_image_describe(const struct wtg_image *image, struct wtg_facts *out);
void wtg_edition_describe(const struct wtg_edition *edition, struct wtg_facts *out);

/* Compare the SHA-256 of the whole file at the image's path: kind WTG_INPUT if it differs,
 * WTG_USAGE if sha256 is none or the image is split, since one sum cannot cover a set. */
int wtg_image_check_sha256(const struct wtg_image *image, const char *sha256,
			   struct wtg_progress *progress, struct wtg_error *err);

/* The size of the file (all parts) at the image's path, for progress. */
uint64_t wtg_image_file_bytes(const struct wtg_image *image);
