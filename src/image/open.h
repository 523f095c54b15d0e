/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of struct wtg_image, for this room. */
#pragma once

#include "base/packet.h"
#include "image/image.h"
#include "image/set.h"

enum wtg_container {
	WTG_CONTAINER_ISO,
	WTG_CONTAINER_WIM,
	WTG_CONTAINER_ESD, /* a WIM with solid resources */
	WTG_CONTAINER_SWM, /* a split one */
};

/* A file that the image lies in: the one at its path or, after it, the other parts of a
 * split set that are beside it. */
struct wtg_image_file {
	char *path;
	int fd;
	uint64_t size_bytes;
};

struct wtg_image_files {
	struct wtg_image_file *items;
	size_t n_items, capacity;
};

struct wtg_image {
	char *path;
	struct wtg_image_files files;
	enum wtg_container container;
	struct wtg_set *items;
	size_t n_items, capacity;
	bool checked; /* and found to be what the user wants */
};

/* Open the files; nothing in them is looked at but whether the first starts like a WIM. */
int wtg_image_open_files(const char *path, struct wtg_image **ret, struct wtg_error *err);

/* Parse them: what a worker does, and tests. */
int wtg_image_parse(struct wtg_image *image, struct wtg_error *err);

/* What was parsed, from process to process: container and sets, but for wimlib's view. */
void wtg_image_flatten(const struct wtg_image *image, struct wtg_packet *packet);
int wtg_image_unflatten(struct wtg_image *image, const struct wtg_packet *packet,
			struct wtg_error *err);

/* The set that holds the edition. */
struct wtg_set *wtg_image_set(struct wtg_image *image, const struct wtg_edition *edition);

/* The same, with wimlib's view of it: opens that when it is not there yet. */
int wtg_image_load(struct wtg_image *image, const struct wtg_edition *edition,
		   struct wtg_set **ret, struct wtg_error *err);
