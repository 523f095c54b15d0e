/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wimlib opens WIMs by path only, and we have descriptors: of a file that the process may
 * have no right to open again, or of an ISO that the WIM lies in.  So it gets a skeleton: a
 * private sparse file of the WIM's length that holds what wimlib reads to know the images,
 * and holes where the bulk belongs.  It has a name only while wimlib opens it; then, where
 * there is a descriptor of the whole WIM, that is put in the place of wimlib's.
 */
#pragma once

#include "image/set.h"

/* Make skeletons of the set's parts and open them with wimlib. */
int wtg_skeleton_open(struct wtg_set *set, struct wtg_error *err);
