/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/direct.h"

#include "base/fdio.h"

int wtg_direct_pread(int fd, void *buffer, size_t size, uint64_t offset)
{
	return wtg_pread_least(fd, buffer, size, wtg_round_up(size, WTG_DIRECT_BYTES), offset);
}
