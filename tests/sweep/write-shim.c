/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into wtgctl, this counts everything that its processes do to one target, and makes
 * the N-th of these calls fail, do half of its work, do nothing, or be the last.
 *
 * SWEEP_TARGET is the target's path.  SWEEP_CONTROL names a file that all processes share: first
 * 64-bit words (enum word), then, from LOG_AT on, one record for each call, which has the bytes
 * of writes with it where there is room for them.  strace has the last word on what is seen here
 * and what is not: writes.py compares.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum word {
	CALLS,      /* so far, in all processes; the first is 1 */
	AT,         /* the call to tamper with; 0: none */
	TAMPERING,  /* enum tampering */
	ERRNO,      /* for FAIL */
	DEAD,       /* the power is off: no process may do anything more */
	WRITER,     /* who made the first call */
	LOG_END,    /* bytes of records */
	WITH_BYTES, /* of writes */
	N_WORDS,
};

enum tampering {
	FAIL,
	SHORT,       /* write half of it, and say so */
	FULL,        /* the same, and from then on there is no space */
	DROP,        /* write nothing, and say that all was written */
	KILL_WRITER, /* the process that calls */
	KILL_ALL,    /* its process group, too: as a power cut does */
};

enum call { WRITE, FLUSH, RANGE, SIZE, CLOSE };

#define LOG_AT 4096
#define MAX_FDS 4096

struct record {
	uint64_t call, offset, length, logged; /* logged: bytes that follow */
};

static _Atomic uint64_t *control;
static uint8_t *record_room;
static size_t room;
static const char *target;
static bool is_target[MAX_FDS]; /* descriptors that may write to it */
static pid_t owner;             /* who opened it: what others close is a copy */

#define REAL(name) ((__typeof__(&name))real(#name))

/* A number, which C lets become a pointer to a function. */
static uintptr_t real(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		abort();
	return (uintptr_t)found;
}

static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("SWEEP_CONTROL");
	struct stat st;
	int fd;

	target = getenv("SWEEP_TARGET");
	/* The programs that we start have nothing to do with the target. */
	unsetenv("LD_PRELOAD");
	if (!path || !target)
		return;
	fd = REAL(open)(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < LOG_AT)
		abort();
	control = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (control == MAP_FAILED)
		abort();
	room = (size_t)st.st_size - LOG_AT;
	record_room = (uint8_t *)control + LOG_AT;
	REAL(close)(fd);
}

static bool watched(int fd)
{
	return control && fd >= 0 && fd < MAX_FDS && is_target[fd];
}

static void log_call(enum call call, const void *data, uint64_t length, uint64_t offset)
{
	struct record record = { call, offset, length,
				 data && control[WITH_BYTES] ? length : 0 };
	uint64_t size = sizeof(record) + record.logged;
	uint64_t at = atomic_fetch_add(&control[LOG_END], size);

	if (at + size > room)
		abort();
	memcpy(record_room + at, &record, sizeof(record));
	if (record.logged)
		memcpy(record_room + at + sizeof(record), data, record.logged);
}

static void power_off(void)
{
	control[DEAD] = 1;
	kill(0, SIGKILL);
	raise(SIGKILL);
}

enum verdict { GO_ON, REFUSED, HALF, NOTHING };

/* Count a call, and see what becomes of it. */
static enum verdict judge(enum call call, const void *data, uint64_t length, uint64_t offset)
{
	uint64_t n, none = 0;

	if (control[DEAD])
		raise(SIGKILL);
	atomic_compare_exchange_strong(&control[WRITER], &none, (uint64_t)getpid());
	n = atomic_fetch_add(&control[CALLS], 1) + 1;
	log_call(call, data, length, offset);
	if (n > control[AT] && control[AT] && control[TAMPERING] == FULL && call == WRITE) {
		errno = ENOSPC;
		return REFUSED;
	}
	if (n != control[AT])
		return GO_ON;
	switch ((enum tampering)control[TAMPERING]) {
	case FAIL:
		errno = (int)control[ERRNO];
		return REFUSED;
	case SHORT:
	case FULL:
		return HALF;
	case DROP:
		return NOTHING;
	case KILL_WRITER:
		raise(SIGKILL);
		break;
	case KILL_ALL:
		power_off();
		break;
	}
	abort();
}

/* ------------------------------------------------------------------ which descriptors */

static int opened(int fd, const char *path, int flags)
{
	if (!control || fd < 0 || fd >= MAX_FDS)
		return fd;
	is_target[fd] = (flags & O_ACCMODE) != O_RDONLY && strcmp(path, target) == 0;
	if (is_target[fd])
		owner = getpid();
	return fd;
}

static mode_t mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? va_arg(args, mode_t) : 0;
}

#define OPEN(name)                                                                       \
	int name(const char *path, int flags, ...);                                      \
	int name(const char *path, int flags, ...)                                       \
	{                                                                                \
		va_list args;                                                            \
		mode_t mode;                                                             \
                                                                                         \
		va_start(args, flags);                                                   \
		mode = mode_of(flags, args);                                             \
		va_end(args);                                                            \
		return opened(REAL(name)(path, flags, mode), path, flags);               \
	}

#define OPENAT(name)                                                                     \
	int name(int dir, const char *path, int flags, ...);                             \
	int name(int dir, const char *path, int flags, ...)                              \
	{                                                                                \
		va_list args;                                                            \
		mode_t mode;                                                             \
                                                                                         \
		va_start(args, flags);                                                   \
		mode = mode_of(flags, args);                                             \
		va_end(args);                                                            \
		return opened(REAL(name)(dir, path, flags, mode), path, flags);          \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* What _FORTIFY_SOURCE makes of calls without a mode. */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return opened(REAL(__open_2)(path, flags), path, flags);
}

int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
	return opened(REAL(__open64_2)(path, flags), path, flags);
}

/* ------------------------------------------------------------------ what is done to it */

#define PWRITE(name)                                                                     \
	ssize_t name(int fd, const void *data, size_t size, off_t offset);               \
	ssize_t name(int fd, const void *data, size_t size, off_t offset)                \
	{                                                                                \
		enum verdict verdict = watched(fd) ? judge(WRITE, data, size,            \
							   (uint64_t)offset) : GO_ON;    \
                                                                                         \
		switch (verdict) {                                                       \
		case GO_ON:                                                              \
			return REAL(name)(fd, data, size, offset);                       \
		case REFUSED:                                                            \
			return -1;                                                       \
		case HALF:                                                               \
			return REAL(name)(fd, data, size / 2, offset);                   \
		case NOTHING:                                                            \
			return (ssize_t)size;                                            \
		}                                                                        \
		abort();                                                                 \
	}

PWRITE(pwrite)
PWRITE(pwrite64)

/* Of these, half is nothing and nothing is success that is none. */
#define OTHER(call, fd, length, offset, really)                                          \
	switch (watched(fd) ? judge(call, NULL, length, offset) : GO_ON) {               \
	case GO_ON:                                                                      \
		return really;                                                           \
	case REFUSED:                                                                    \
		return -1;                                                               \
	case HALF:                                                                       \
	case NOTHING:                                                                    \
		return 0;                                                                \
	}                                                                                \
	abort()

int fdatasync(int fd)
{
	OTHER(FLUSH, fd, 0, 0, REAL(fdatasync)(fd));
}

int fsync(int fd)
{
	OTHER(FLUSH, fd, 0, 0, REAL(fsync)(fd));
}

int sync_file_range(int fd, off64_t offset, off64_t length, unsigned int flags)
{
	OTHER(RANGE, fd, (uint64_t)length, (uint64_t)offset,
	      REAL(sync_file_range)(fd, offset, length, flags));
}

#define FTRUNCATE(name)                                                                  \
	int name(int fd, off_t size);                                                    \
	int name(int fd, off_t size)                                                     \
	{                                                                                \
		OTHER(SIZE, fd, (uint64_t)size, 0, REAL(name)(fd, size));                \
	}

FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

/* As the kernel does it: the descriptor is closed, whatever is reported. */
int close(int fd)
{
	bool ours = watched(fd);
	enum verdict verdict =
		ours && owner == getpid() ? judge(CLOSE, NULL, 0, 0) : GO_ON;
	int error = errno, r;

	if (ours)
		is_target[fd] = false;
	r = REAL(close)(fd);
	if (verdict != REFUSED)
		return r;
	errno = error;
	return -1;
}

int close_range(unsigned int first, unsigned int last, int flags)
{
	for (unsigned int fd = first; fd <= last && fd < MAX_FDS; fd++)
		is_target[fd] = false;
	return REAL(close_range)(first, last, flags);
}
