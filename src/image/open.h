/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of struct wtg_image, for this room. */
#pragma once

#include "image/image.h"
#include "image/set.h"

enum wtg_container {
	WTG_CONTAINER_ISO,
	WTG_CONTAINER_WIM,
	WTG_CONTAINER_ESD, /* a WIM with solid resources */
	WTG_CONTAINER_SWM, /* a split one */
};

struct wtg_image {
	char *path;
	int fd;
	uint64_t file_bytes; /* of the file at path */
	enum wtg_container container;
	struct wtg_set *items;
	size_t n_items, capacity;
};

struct wtg_set *wtg_image_set(struct wtg_image *image, const struct wtg_edition *edition);
