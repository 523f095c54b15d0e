/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A volume that was made in a file in memory, onto the drive. */
#pragma once

#include "base/window.h"

/*
 * Send fd to the window, ascending, from its start to the end of its last data, holes as
 * zeros: inside of what the volume calls its own no old byte of the drive remains.  What
 * lies behind is free space and is not written.  Does not flush.
 */
int wtg_send_volume(int fd, const struct wtg_window *window, struct wtg_error *err);
