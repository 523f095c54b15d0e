/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "support.h"

#include "image/catalog.h"

/* A catalog as test_tree() (tests/apply/tree.h) tells of a WIM, but for the order of lines.  The
 * caller frees. */
char *print_catalog(const struct wtg_catalog *catalog);
char *sort_lines(const char *text);
