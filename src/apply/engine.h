/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine: all cores unpack, the drive gets one ascending stream of data and then one of
 * metadata, and each byte is written once.
 */
#pragma once

#include "apply/apply.h"
#include "apply/measure.h"

/* wtg_apply() with WTG_ENGINE_OWN. */
int wtg_engine_run(const struct wtg_application *application, const struct wtg_window *window,
		   struct wtg_progress *progress, struct wtg_error *err);

/*
 * How many threads it starts, of which each may have to hold what is unpacked at once, packed and
 * plain: as many as wanted (0: as there are processors), but within the memory that a worker
 * may have.
 */
unsigned wtg_engine_threads(unsigned wanted, uint64_t chunk_bytes);

/* Memory that it will take, about. */
uint64_t wtg_engine_memory_bytes(unsigned n_threads, const struct wtg_measure *measure);
