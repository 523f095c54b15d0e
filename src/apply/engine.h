/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine: all cores unpack, the drive gets one ascending stream of data and then one of
 * metadata, and each byte is written once.
 */
#pragma once

#include "apply/apply.h"

/* wtg_apply() with WTG_ENGINE_OWN. */
int wtg_engine_run(const struct wtg_application *application, const struct wtg_window *window,
		   struct wtg_progress *progress, struct wtg_error *err);
