/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/alloc.h"

#include <stdint.h>
#include <string.h>

/* The one place outside cli/ that speaks and exits: there is no memory to say it otherwise.
 * Status 10, because we cannot know here whether the drive was touched. */
static void __attribute__((noreturn)) out_of_memory(void)
{
	static const char last_words[] =
		"wtgctl: out of memory.\n"
		"'wtgctl status' shows whether the target was written to.\n";
	ssize_t ignored = write(STDERR_FILENO, last_words, sizeof(last_words) - 1);

	(void)ignored;
	_exit(10);
}

void *wtg_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *wtg_alloc_aligned(size_t alignment, size_t size)
{
	void *p = aligned_alloc(alignment, size);

	if (!p)
		out_of_memory();
	return p;
}

void *wtg_realloc(void *p, size_t count, size_t size)
{
	void *q = reallocarray(p, count ? count : 1, size ? size : 1);

	if (!q)
		out_of_memory();
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

	if (!p)
		wtg_fail(err, WTG_SYSTEM, 0, "no memory for %s (%zu bytes)", what, size);
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
