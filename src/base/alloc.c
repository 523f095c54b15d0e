/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

static atomic_bool was_short;

void wtg_memory_note_short(void)
{
	was_short = true;
}

bool wtg_memory_was_short(void)
{
	return was_short;
}

void wtg_out_of_memory(void)
{
	_exit(WTG_NO_MEMORY_STATUS);
}

void *wtg_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		wtg_out_of_memory();
	return p;
}

void *wtg_alloc_aligned(size_t alignment, size_t size)
{
	void *p = aligned_alloc(alignment, size);

	if (!p)
		wtg_out_of_memory();
	return p;
}

void *wtg_realloc(void *p, size_t count, size_t size)
{
	void *q = reallocarray(p, count ? count : 1, size ? size : 1);

	if (!q)
		wtg_out_of_memory();
	return q;
}

void *wtg_copy(const void *p, size_t size)
{
	void *q = wtg_alloc(size);

	if (size)
		memcpy(q, p, size);
	return q;
}

void *wtg_try_alloc(size_t size, const char *what, struct wtg_error *err)
{
	void *p = size <= PTRDIFF_MAX ? calloc(1, size ? size : 1) : NULL;

	if (!p) {
		wtg_memory_note_short();
		wtg_fail(err, WTG_SYSTEM, 0, "no memory for %s (%zu bytes)", what, size);
	}
	return p;
}

void wtg_grow(void *items_ptr, size_t *capacity, size_t count, size_t element_size)
{
	void **items = items_ptr;
	size_t wanted;

	if (count < *capacity)
		return;
	wanted = *capacity ? *capacity * 2 : 8;
	*items = wtg_realloc(*items, wanted, element_size);
	*capacity = wanted;
}
