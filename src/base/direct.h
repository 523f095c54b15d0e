/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading past the kernel's cache: O_DIRECT wants whole, aligned pages. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What the pickiest filesystems and drives want: memory, place and length in such units. */
#define WTG_DIRECT_BYTES 4096u

/*
 * size bytes at offset, which is a multiple of WTG_DIRECT_BYTES, into aligned memory that has
 * room for size rounded up to one: the last page of a drive can be short.  Serves any other
 * descriptor as well.  0, or -1 with errno set.
 */
int wtg_direct_pread(int fd, void *buffer, size_t size, uint64_t offset);
