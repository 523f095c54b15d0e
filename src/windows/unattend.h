/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answer files; unattend.c writes them with libxml2's writer. */
#pragma once

#include "base/bytes.h"
#include "wtg/image.h"

/* The answer file of Microsoft's Windows To Go procedure: oobeSystem, UninstallWindowsRE
 * (facts/bcd-registry.md §3.6 row 11). */
struct wtg_bytes wtg_unattend_without_winre(enum wtg_arch arch);
