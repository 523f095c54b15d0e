/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a process of ours ends that can say nothing more. */
#pragma once

/* There is no memory left (alloc.h).  Who waits for the process says so. */
#define WTG_NO_MEMORY_STATUS 70
