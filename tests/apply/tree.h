/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that a WIM image says of its files, as text that can be compared. */
#pragma once

/*
 * A line for each name: path, short name, attributes, times to 100 ns, the first name of
 * the file that it is a link to, reparse tag, object id, security descriptor, and each
 * stream with its size and SHA-1.  The caller frees.
 */
char *test_tree(const char *wim_path, int image);

/* Capture the volume in a plain file, as NTFS, and describe it. */
char *test_tree_of_volume(const char *volume_path);

/* Fail, showing the first lines that differ. */
void test_trees_equal(const char *one, const char *other);
