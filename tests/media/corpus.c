/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree.h"

#include "wtg/text.h"

/* Most files of a Windows are small and few hold most bytes: of each 20, one takes half
 * of what is there for them, three a tenth each and the others the rest. */
static uint64_t size_of(unsigned i, uint64_t mean)
{
	uint64_t twenty = 20 * mean;

	if (i % 20 == 0)
		return twenty / 2;
	return i % 20 < 4 ? twenty / 10 : twenty / 80 + i % 7;
}

int media_corpus_fill(struct media_volume *volume, const struct media_options *options,
		      struct wtg_error *err)
{
	uint64_t mean = options->n_extra_files
				? options->extra_bytes / options->n_extra_files
				: 0;

	if (options->corpus)
		return media_pieces_fill(volume, options, err);
	for (unsigned i = 0; i < options->n_extra_files; i++) {
		_cleanup_free_ char *path =
			wtg_text("Windows/WinSxS/corpus_%03u/%02u/file%06u.dll", i / 1000,
				 i / 50 % 20, i);

		if (media_filler_file(volume, path, (size_t)size_of(i, mean), err) < 0)
			return -1;
	}
	return 0;
}
