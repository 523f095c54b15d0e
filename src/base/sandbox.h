/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Giving up power, for good: what a process needs that reads what a stranger made.  sandbox.c
 * is the only file that knows libseccomp and Landlock.
 */
#pragma once

#include "wtg/error.h"

/*
 * In two steps, since a process that is nobody's can still want prctl(): then from here on it
 * and what it starts have no privileges and never get any; can neither open nor make a file,
 * but for those below scratch (an absolute path, or NULL: none) and those in memory; have no
 * network, no other process to talk to or to trace, no program to run, no device to control;
 * and no more than 4 GiB of private memory.  Descriptors that are open stay as they are.
 *
 * Root becomes nobody, with scratch as its root directory: *ret_scratch is where that is from
 * now on.  Where the kernel has no Landlock (before Linux 5.13, or switched off) what the
 * user who runs us may open can still be opened.
 */
int wtg_sandbox_leave_power(const char *scratch, const char **ret_scratch,
			    struct wtg_error *err);
int wtg_sandbox_leave_calls(struct wtg_error *err);

/* Make the directory scratch one that who will have left power can use. */
int wtg_sandbox_give(const char *scratch, struct wtg_error *err);
