/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into wtgctl, this counts the requests for memory of at least so many bytes in all of
 * its processes, whoever in them makes them, and refuses the N-th: alone, or it and all that
 * follow.  SWEEP_CONTROL names a file of 64-bit words that all processes share.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum word {
	CALLS,    /* so far; the first is 1 */
	AT,       /* the one to refuse; 0: none */
	ALL,      /* and all after it */
	LEAST,    /* bytes that count */
	REFUSED,  /* so many were */
	N_WORDS,
};

/* What glibc calls its own. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t *control;

static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("SWEEP_CONTROL");
	void *words;
	int fd;

	/* The programs that we start fail in ways of their own. */
	unsetenv("LD_PRELOAD");
	fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	words = mmap(NULL, N_WORDS * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (words == MAP_FAILED)
		abort();
	close(fd);
	control = words;
}

static bool refuse(size_t size)
{
	uint64_t n;

	if (!control || size < control[LEAST])
		return false;
	n = atomic_fetch_add(&control[CALLS], 1) + 1;
	if (control[AT] == 0 || n < control[AT] || (n > control[AT] && !control[ALL]))
		return false;
	control[REFUSED]++;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return refuse(size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX;
	return refuse(bytes) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	return refuse(size) ? NULL : __libc_realloc(p, size);
}

void *reallocarray(void *p, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, bytes);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return refuse(size) ? NULL : __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
	return aligned_alloc(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *p = aligned_alloc(alignment, size);

	if (!p)
		return ENOMEM;
	*ret = p;
	return 0;
}
