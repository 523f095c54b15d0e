/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How large what is applied is, from the tree itself: an image's XML may say anything. */
#pragma once

#include <stdint.h>

#include "apply/weave.h"

struct wtg_measure {
	uint64_t n_inodes;      /* all of them */
	uint64_t n_files;       /* that are not directories; hard links counted once */
	uint64_t content_bytes; /* of all streams, as written: what an engine reports */
	uint64_t volume_bytes;  /* that it takes of a volume, but for the volume's own files:
				 * a little more than in truth */
	uint64_t chunk_bytes;   /* as wtg_measure_chunk() has it */
};

/* The most that is unpacked at once. */
uint64_t wtg_measure_chunk(const struct wtg_catalog *catalog);

struct wtg_measure wtg_measure(const struct wtg_tree *tree);
