/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must be true of each name in a tree before it is applied. */
#pragma once

#include "image/wim.h"

/*
 * Look at a name and its file for what would show only while they are written, or never: a name
 * that NTFS or Windows takes for something else ('/', '\\', ':' before a stream, control
 * characters; wimlib writes them as they are, and leaves out "." and ".."), a short name that
 * libntfs-3g would refuse or cut, a stream whose content is missing, and encryption (EFS: wimlib
 * would make the file empty and say nothing).  Kind WTG_INPUT, naming it.
 */
int wtg_node_check(const struct wtg_node *node, struct wtg_error *err);
