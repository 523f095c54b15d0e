/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/behind.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include <linux/fs.h>

#include "base/alloc.h"
#include "base/fdio.h"

/* One is written, one is made ready, and the others wait: for as long as those who make them have
 * no processor, the drive has something to do. */
#define N_ROOMS 6u
#define ROOMS_BYTES ((size_t)N_ROOMS * WTG_BEHIND_BYTES)

/* Pages of a processor that lie together become few, large requests. */
#define HUGE_PAGE_BYTES (2u << 20)

struct write {
	size_t size;
	uint64_t at;
};

struct wtg_behind {
	int fd, flags; /* of fd, as they were */
	void *mapped;
	uint8_t *memory; /* in it */
	bool started; /* the thread is there, and fd past the cache */
	pthread_t thread;

	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t changed;
	struct write writes[N_ROOMS]; /* by number % N_ROOMS */
	uint64_t n_posted, n_done;
	bool ending;
	int failure;
	uint64_t failed_at, busy_ns;
};

/* Others go by way of the cache: files, some of which could take this, too, and drives with
 * sectors that nobody has. */
static bool suits(int fd)
{
	struct stat st;
	int sector_bytes;

	return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) &&
	       ioctl(fd, BLKSSZGET, &sector_bytes) == 0 && sector_bytes <= (int)WTG_BEHIND_UNIT;
}

/* Workers that are started meanwhile have no use for them. */
static int map_rooms(struct wtg_behind *behind)
{
	size_t size = ROOMS_BYTES + HUGE_PAGE_BYTES;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	behind->mapped = p;
	behind->memory = (uint8_t *)wtg_round_up((uintptr_t)p, HUGE_PAGE_BYTES);
	(void)madvise(p, size, MADV_DONTFORK);
	(void)madvise(p, size, MADV_HUGEPAGE); /* not every kernel has them */
	return 0;
}

struct wtg_behind *wtg_behind_new(int fd)
{
	struct wtg_behind *behind;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || !suits(fd) || fcntl(fd, F_SETFL, flags | O_DIRECT) < 0 ||
	    fcntl(fd, F_SETFL, flags) < 0)
		return NULL;
	behind = wtg_alloc(sizeof(*behind));
	behind->fd = fd;
	behind->flags = flags;
	if (map_rooms(behind) < 0) {
		free(behind);
		return NULL;
	}
	pthread_mutex_init(&behind->lock, NULL);
	pthread_cond_init(&behind->changed, NULL);
	return behind;
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint8_t *room(const struct wtg_behind *behind, uint64_t number)
{
	return behind->memory + number % N_ROOMS * WTG_BEHIND_BYTES;
}

/* With the lock, which it leaves while it writes. */
static void do_next(struct wtg_behind *behind)
{
	const struct write *write = &behind->writes[behind->n_done % N_ROOMS];
	uint64_t begun = clock_ns();
	int failure;

	if (!behind->failure) {
		pthread_mutex_unlock(&behind->lock);
		failure = wtg_pwrite_all(behind->fd, room(behind, behind->n_done), write->size,
					 write->at) < 0 ? errno : 0;
		pthread_mutex_lock(&behind->lock);
		behind->busy_ns += clock_ns() - begun;
		if (failure) {
			behind->failure = failure;
			behind->failed_at = write->at;
		}
	}
	behind->n_done++;
	pthread_cond_broadcast(&behind->changed);
}

static void *work(void *context)
{
	struct wtg_behind *behind = context;

	pthread_mutex_lock(&behind->lock);
	while (behind->n_done < behind->n_posted || !behind->ending) {
		if (behind->n_done < behind->n_posted)
			do_next(behind);
		else
			pthread_cond_wait(&behind->changed, &behind->lock);
	}
	pthread_mutex_unlock(&behind->lock);
	return NULL;
}

/* Signals are for the thread that hears them. */
static int start(struct wtg_behind *behind)
{
	sigset_t all, before;
	int r;

	if (behind->started)
		return 0;
	if (fcntl(behind->fd, F_SETFL, behind->flags | O_DIRECT) < 0)
		return -1;
	behind->ending = false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&behind->thread, NULL, work, behind);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	behind->started = r == 0;
	if (r == 0)
		return 0;
	(void)fcntl(behind->fd, F_SETFL, behind->flags);
	errno = r;
	return -1;
}

uint8_t *wtg_behind_room(struct wtg_behind *behind)
{
	pthread_mutex_lock(&behind->lock);
	while (behind->n_posted - behind->n_done == N_ROOMS)
		pthread_cond_wait(&behind->changed, &behind->lock);
	pthread_mutex_unlock(&behind->lock);
	return room(behind, behind->n_posted);
}

int wtg_behind_post(struct wtg_behind *behind, size_t size, uint64_t at)
{
	if (start(behind) < 0)
		return -1;
	pthread_mutex_lock(&behind->lock);
	behind->writes[behind->n_posted++ % N_ROOMS] = (struct write){ size, at };
	pthread_cond_broadcast(&behind->changed);
	pthread_mutex_unlock(&behind->lock);
	return 0;
}

int wtg_behind_drain(struct wtg_behind *behind)
{
	if (behind->started) {
		pthread_mutex_lock(&behind->lock);
		behind->ending = true;
		pthread_cond_broadcast(&behind->changed);
		pthread_mutex_unlock(&behind->lock);
		pthread_join(behind->thread, NULL);
		behind->started = false;
		if (fcntl(behind->fd, F_SETFL, behind->flags) < 0)
			return -1;
	}
	errno = behind->failure;
	return behind->failure ? -1 : 0;
}

int wtg_behind_failure(struct wtg_behind *behind, uint64_t *ret_at)
{
	int failure;

	pthread_mutex_lock(&behind->lock);
	failure = behind->failure;
	if (failure)
		*ret_at = behind->failed_at;
	pthread_mutex_unlock(&behind->lock);
	return failure;
}

uint64_t wtg_behind_busy_ns(struct wtg_behind *behind)
{
	uint64_t busy_ns;

	pthread_mutex_lock(&behind->lock);
	busy_ns = behind->busy_ns;
	behind->busy_ns = 0;
	pthread_mutex_unlock(&behind->lock);
	return busy_ns;
}

void wtg_behind_free(struct wtg_behind *behind)
{
	if (!behind)
		return;
	pthread_mutex_lock(&behind->lock);
	if (!behind->failure)
		behind->failure = ECANCELED;
	pthread_mutex_unlock(&behind->lock);
	(void)wtg_behind_drain(behind);
	pthread_mutex_destroy(&behind->lock);
	pthread_cond_destroy(&behind->changed);
	munmap(behind->mapped, ROOMS_BYTES + HUGE_PAGE_BYTES);
	free(behind);
}
