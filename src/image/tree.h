/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must be true of each name in a tree before it is applied: see wtg_image_check_tree(). */
#pragma once

#include "image/wim.h"

int wtg_node_check(const struct wtg_node *node, struct wtg_error *err);
