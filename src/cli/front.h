/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process in front: the one that was started, that the terminal and scripts know, and
 * that never touches a drive.  The work is done by its child, since a process whose drive
 * does not answer can neither hear nor say anything, nor even be killed.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "member.h"
#include "result.h"

/*
 * Split in two.  Returns in the child only, with an outcome that both see: what it says of the
 * drive at any moment is what the front tells if the child does not live to tell it.  The
 * front waits for the child and ends as it did.  Meanwhile it
 *   - hears SIGINT, SIGTERM, SIGHUP and SIGQUIT, unless they were ignored when we were started,
 *     and passes the first on (signals.h); where that is not obeyed soon, ends the child if
 *     the drive was not touched yet, and otherwise says why;
 *   - on the second, and on SIGQUIT, ends the child and goes;
 *   - says when a drive has not answered for a while;
 *   - tells how the child died, if it died, and what became of the drive;
 *   - leaves neither processes nor scratch directories behind.
 * All this goes for the processes of several drives, too: there is room for so many members,
 * which belong to the outcome as soon as it says so.
 */
struct cli_outcome *cli_front_split(bool json, size_t n_members);

/* As fork(2): a process for one of several drives, which ends when its parent does and hears
 * interruptions from the front. */
pid_t cli_front_fork(struct cli_member *member);
