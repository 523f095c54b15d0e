/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lies on the stand-in's volume. */
#pragma once

#include "options.h"
#include "volume.h"

/* Everything; what one edition has of its own lies under MEDIA_ASIDE/EDITIONID. */
int media_tree_fill(struct media_volume *volume, const struct media_options *options,
		    const char *scratch, struct wtg_error *err);
#define MEDIA_ASIDE "aside"

/* Windows/Boot and the loaders in System32. */
int media_boot_fill(struct media_volume *volume, const struct media_options *options,
		    struct wtg_error *err);

/* One of each thing that NTFS can hold and a copy can lose. */
int media_odd_fill(struct media_volume *volume, struct wtg_error *err);
/* And many of each, large and small, to the limits: what the engine is compared with wimlib by. */
int media_many_fill(struct media_volume *volume, struct wtg_error *err);
/* Files that have the same content in several of their streams. */
int media_twice_fill(struct media_volume *volume, struct wtg_error *err);
/* A file of more than 4 GiB, holes but for a little at its end. */
int media_huge_fill(struct media_volume *volume, struct wtg_error *err);
/* Two names that differ in case alone. */
int media_twins_fill(struct media_volume *volume, struct wtg_error *err);
/* Names that are to become what no name may be. */
int media_evil_fill(struct media_volume *volume, struct wtg_error *err);
#define MEDIA_ODD_DIR "Program Files/wtgctl stand-in/odd"

/* options->n_extra_files files of together options->extra_bytes. */
int media_corpus_fill(struct media_volume *volume, const struct media_options *options,
		      struct wtg_error *err);
int media_pieces_fill(struct media_volume *volume, const struct media_options *options,
		      struct wtg_error *err);

/* A file as most are: to be archived, with the security of its place. */
int media_plain_file(struct media_volume *volume, const char *path, const void *data,
		     size_t size, struct wtg_error *err);

/* Bytes that always are the same for a seed and compress about as well as programs do. */
struct wtg_bytes media_filler(uint64_t seed, size_t size);
int media_filler_file(struct media_volume *volume, const char *path, size_t size,
		      struct wtg_error *err);
