/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What planning and applying need of an image beyond wtg/image.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/packet.h"
#include "base/window.h"
#include "wtg/image.h"

/*
 * wtg_image_open() leaves the parsing to a worker without power (base/worker.h) and knows
 * what that gave back.  The functions below that look inside of the image do so in the process
 * that calls them: let that be a worker, too, with wtg_image_confine(), which gives it the
 * image's files and a scratch directory.  context is what the work gets; window, if not
 * NULL, is a part of it; finds is a kind of error that is none of the image's (see struct
 * wtg_errand).
 */
struct wtg_image_errand {
	int (*work)(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		    struct wtg_error *err);
	struct wtg_window *window;
	enum wtg_kind finds;
};
int wtg_image_confine(struct wtg_image *image, const struct wtg_image_errand *errand,
		      void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		      struct wtg_error *err);

/* The same by a worker that works for n drives (base/crew.h), whose processes serve it. */
struct wtg_crew;
int wtg_image_unite(struct wtg_image *image, const struct wtg_image_errand *errand,
		    void *context, unsigned n, struct wtg_crew **ret, struct wtg_error *err);

/*
 * Paths inside an image are UTF-8, relative to its root, with '/' between the parts
 * ("Windows/System32/config/SYSTEM"), and match whatever the case.
 */

/* What an image says of one of its files or directories, without reading it. */
struct wtg_image_stat {
	bool exists, is_dir;
	uint64_t size_bytes; /* of the unnamed data */
	bool is_reparse;
};
int wtg_image_stat(struct wtg_image *image, const struct wtg_edition *edition,
		   const char *path, struct wtg_image_stat *ret, struct wtg_error *err);

/* What this edition will trip over.  The strings are constants; ids are stable. */
struct wtg_image_warning {
	const char *id;	  /* "wpprecorder" */
	const char *text; /* lower case, no full stop, as errors are */
	bool fatal;	  /* no drive that starts can be made of it */
};
struct wtg_image_warnings {
	struct wtg_image_warning *items;
	size_t n_items, capacity;
};
int wtg_image_warn(struct wtg_image *image, const struct wtg_edition *edition,
		   struct wtg_image_warnings *ret, struct wtg_error *err);
void wtg_image_warnings_done(struct wtg_image_warnings *warnings);

/*
 * Read files and whole directory trees into memory: every regular file at or under one of
 * the n paths, under its full path in the image (its own case).  Paths that do not exist
 * are left out; reparse points are left out, so nothing leads out of the image, but for
 * files that CompactOS compressed, and more than max_bytes together: kind WTG_INPUT.  Every
 * blob's SHA-1 is checked.
 */
int wtg_image_read(struct wtg_image *image, const struct wtg_edition *edition,
		   const char *const paths[], size_t n, uint64_t max_bytes,
		   struct wtg_files *ret, struct wtg_error *err);

/* Whether the image was checked as the user wanted, once for all plans that are made of it. */
bool wtg_image_is_checked(const struct wtg_image *image);
void wtg_image_set_checked(struct wtg_image *image);

/* Bytes that the integrity table covers; 0 when the WIM has none. */
uint64_t wtg_image_integrity_bytes(const struct wtg_image *image,
				   const struct wtg_edition *edition);

/* Verify the WIM (all parts) against its integrity table; kind WTG_INPUT when it differs
 * or when there is none. */
int wtg_image_check_integrity(struct wtg_image *image, const struct wtg_edition *edition,
			      struct wtg_progress *progress, struct wtg_error *err);

/*
 * Extract an edition onto the empty NTFS volume that ntfs_mount() finds under volume_name
 * (see volume/ntfs.h), with everything that NTFS can hold: security descriptors, links,
 * short names, streams, reparse points, times, object ids.  wimlib does it, from a file that is
 * the WIM: out of an ISO it is copied to a scratch file without a name first.  Reports bytes, of
 * the copy and then uncompressed.
 */
int wtg_image_extract(struct wtg_image *image, const struct wtg_edition *edition,
		      const char *volume_name, struct wtg_progress *progress,
		      struct wtg_error *err);
