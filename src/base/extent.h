/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stretch of a drive. */
#pragma once

#include <stdint.h>

struct wtg_extent {
	uint64_t offset, length; /* bytes; length 0: not there */
};
