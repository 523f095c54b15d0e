/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answer files; unattend.c writes them with libxml2's writer. */
#pragma once

#include "base/bytes.h"
#include "wtg/image.h"

/*
 * The answer file of Microsoft's "Deploy Windows To Go": the recovery environment, which
 * would repair whatever PC the drive is in, is not set up.  Windows reads it as
 * Windows/System32/Sysprep/unattend.xml at its first start.  Of an unknown arch: for
 * every one, of which Windows minds its own only.
 */
struct wtg_bytes wtg_unattend_without_winre(enum wtg_arch arch);
