/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Leaving the scope is the cleanup.
 *
 *	_cleanup_fd_ int fd = open(...);
 *	_cleanup_free_ char *text = wtg_text("...");
 *	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
 *
 * WTG_STEAL() hands a pointer on and disarms its cleanup; WTG_STEAL_FD() a descriptor.
 */
#pragma once

#include <stdlib.h>
#include <unistd.h>

/* Unused: clang does not count the cleanup as a use. */
#define _cleanup_(fn) __attribute__((cleanup(fn), unused))

static inline void wtg_cleanup_free(void *p)
{
	free(*(void **)p);
}

/* For descriptors that were only read from; one that was written to is closed with
 * wtg_close() and its result looked at. */
static inline void wtg_cleanup_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_free_ _cleanup_(wtg_cleanup_free)
#define _cleanup_fd_ _cleanup_(wtg_cleanup_fd)

#define WTG_STEAL(p)                                                                     \
	__extension__({                                                                               \
		__typeof__(p) wtg_stolen_ = (p);                                         \
		(p) = NULL;                                                              \
		wtg_stolen_;                                                             \
	})

#define WTG_STEAL_FD(fd)                                                                 \
	__extension__({                                                                               \
		int wtg_stolen_ = (fd);                                                  \
		(fd) = -1;                                                               \
		wtg_stolen_;                                                             \
	})

/* Define wtg_x_freep(), which _cleanup_() can take, from wtg_x_free(). */
#define WTG_DEFINE_FREEP(type, free_fn)                                                  \
	static inline void free_fn##p(type **p)                                          \
	{                                                                                \
		free_fn(*p);                                                             \
	}
