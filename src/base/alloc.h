/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory.  Small and bounded requests use wtg_alloc(): out of memory there ends the process
 * with WTG_NO_MEMORY_STATUS, and whoever started it has the memory to say so.  A size that
 * comes from a file is bounded first and then asked for with wtg_try_alloc(), which fails like
 * anything else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wtg/cleanup.h"
#include "wtg/error.h"
#include "wtg/exit.h"

void *wtg_alloc(size_t size);                 /* zeroed */
void *wtg_alloc_aligned(size_t alignment, size_t size); /* size a multiple; not zeroed */
void *wtg_realloc(void *p, size_t count, size_t size);
void *wtg_copy(const void *p, size_t size);

/* Zeroed memory, or NULL with err set: "no memory for %s". */
void *wtg_try_alloc(size_t size, const char *what, struct wtg_error *err);

/* For libraries that do not survive it. */
void wtg_out_of_memory(void) __attribute__((noreturn));

/*
 * Was memory ever refused, here (wtg_try_alloc) or, as ENOMEM, in a library (wtg_fail)?  Whoever
 * goes on after a failure, and takes it for a trait of what it looked at, must ask.
 */
bool wtg_memory_was_short(void);
void wtg_memory_note_short(void);

/* Room for one element more in a growing array: *items of *capacity, count in use. */
void wtg_grow(void *items_ptr, size_t *capacity, size_t count, size_t element_size);

/* Append value to an array kept as three fields: items, n_items, capacity. */
#define WTG_APPEND(array, value)                                                         \
	do {                                                                             \
		wtg_grow(&(array)->items, &(array)->capacity, (array)->n_items,          \
			 sizeof(*(array)->items));                                       \
		(array)->items[(array)->n_items++] = (value);                            \
	} while (0)
