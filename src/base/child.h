/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs that we run: mkntfs, mkfs.fat, mkfs.exfat. */
#pragma once

#include <stdbool.h>

#include "wtg/error.h"

/* Find a program in the fixed path /usr/local/sbin … /bin; the caller frees.  False, with
 * err saying which package to install, when it is missing, or that it needs /proc. */
bool wtg_program_find(const char *name, char **ret_path, struct wtg_error *err);

/*
 * Run argv (argv[0] a name for wtg_program_find()), wait for it, and fail with the last
 * line that it wrote when it does not end with status 0.  It gets LC_ALL=C.UTF-8, a fixed PATH,
 * SOURCE_DATE_EPOCH if we have it, extra_env (NULL-terminated "NAME=value", or NULL) and
 * nothing else of our environment; standard input is /dev/null.  Of our descriptors it
 * inherits only inherit_fd (-1: none), under the same number, so that "/proc/self/fd/N" in
 * its arguments names a file that has no other name.  It is a process group of its own and
 * deaf to interruptions, which are ours to hear; it does not outlive us.
 */
int wtg_run_program(const char *const argv[], const char *const extra_env[], int inherit_fd,
		    struct wtg_error *err);
