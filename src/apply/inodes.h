/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every file of a tree, with its content's place known, handed to the builder. */
#pragma once

#include "apply/items.h"

/* What the builder borrows until its end. */
struct wtg_inodes {
	struct wtg_build_name *names;
	struct wtg_build_stream *streams;
};

int wtg_inodes_build(const struct wtg_tree *tree, const struct wtg_items *items,
		     struct wtg_ntfs_builder *builder, struct wtg_inodes *ret,
		     struct wtg_error *err);
void wtg_inodes_done(struct wtg_inodes *inodes);
