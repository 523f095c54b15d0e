/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>

#include <seccomp.h>

#include "wtg/cleanup.h"

/* LZMS' largest window, the trees of an image, and the cache of a volume, many times over. */
#define MAX_MEMORY (4ull << 30)

#define MAX_THREADS 64 /* beside what the user runs already */

#define NOBODY 65534 /* the user, and the group, that own nothing */

/* Landlock's rights by the version that brought them (linux/landlock.h; Debian 12's knows the
 * first two). */
#define FS_VERSION_1 ((UINT64_C(1) << 13) - 1)
#define FS_REFER (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)

/* What may be done below the scratch directory. */
#define FS_SCRATCH                                                                       \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |                  \
	 LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                     \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                  \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | FS_TRUNCATE)

static uint64_t rights_of(long version)
{
	return FS_VERSION_1 | (version >= 2 ? FS_REFER : 0) |
	       (version >= 3 ? FS_TRUNCATE : 0) | (version >= 5 ? FS_IOCTL_DEV : 0);
}

static int allow_below(int ruleset, const char *path, uint64_t rights)
{
	_cleanup_fd_ int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct landlock_path_beneath_attr below = { .allowed_access = rights,
						    .parent_fd = dir };

	if (dir < 0)
		return -1;
	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below,
			    0);
}

static int leave_files(const char *scratch, struct wtg_error *err)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr handled = { .handled_access_fs = rights_of(version) };
	_cleanup_fd_ int ruleset = -1;

	if (version < 1)
		return 0; /* the kernel has none */
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	if (ruleset < 0 ||
	    (scratch &&
	     allow_below(ruleset, scratch, FS_SCRATCH & handled.handled_access_fs) < 0) ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "give up the file system (Landlock)");
	return 0;
}

/* In a namespace that maps no more than one user there is no nobody to become: root is that
 * user, and has no more to lose than capabilities. */
static bool is_alone(int errnum)
{
	return errnum == EINVAL || errnum == EPERM;
}

/* Nobody need not be able to walk to the scratch directory: it becomes the root.  This also
 * stands in for Landlock where there is none. */
static int move_to(const char *scratch, const char **ret_scratch, struct wtg_error *err)
{
	if (chdir(scratch) < 0 || chroot(".") < 0) {
		if (!is_alone(errno))
			return wtg_fail(err, WTG_SYSTEM, errno, "move to %s", scratch);
		return 0;
	}
	*ret_scratch = "/";
	return 0;
}

static int become_nobody(struct wtg_error *err)
{
	/* Each for itself: one that is refused does not excuse the next. */
	if ((setgroups(0, NULL) < 0 && !is_alone(errno)) ||
	    (setresgid(NOBODY, NOBODY, NOBODY) < 0 && !is_alone(errno)) ||
	    (setresuid(NOBODY, NOBODY, NOBODY) < 0 && !is_alone(errno)))
		return wtg_fail(err, WTG_SYSTEM, errno, "become nobody");
	return 0;
}

static int leave_capabilities(struct wtg_error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capset, &header, none) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "give up capabilities");
	return 0;
}

static int limit(__rlimit_resource_t resource, rlim_t at_most, struct wtg_error *err)
{
	struct rlimit now;

	if (getrlimit(resource, &now) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read a limit");
	if (now.rlim_max > at_most)
		now.rlim_max = at_most;
	if (now.rlim_cur > now.rlim_max)
		now.rlim_cur = now.rlim_max;
	if (setrlimit(resource, &now) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "set a limit");
	return 0;
}

static int set_limits(struct wtg_error *err)
{
	struct sysinfo machine;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they map terabytes */
	if (limit(RLIMIT_DATA, MAX_MEMORY, err) < 0)
		return -1;
#endif
	/* It counts all that the user runs, which is no more than the machine does. */
	if (sysinfo(&machine) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at the machine");
	if (limit(RLIMIT_NPROC, machine.procs + MAX_THREADS, err) < 0 ||
	    limit(RLIMIT_CORE, 0, err) < 0)
		return -1;
	return limit(RLIMIT_MEMLOCK, 0, err);
}

/* What is left: work on memory and on descriptors that are there, files where Landlock has
 * none or allows them, and the housekeeping of libc. */
static const char *const calls[] = {
	"read", "pread64", "readv", "preadv", "write", "pwrite64", "writev", "lseek", "poll",
	"ppoll", "close", "dup", "dup2", "dup3", "fstat", "fstat64", "statx", "stat", "stat64", "lstat", "lstat64",
	"newfstatat", "fstatat64", "fstatfs", "fstatfs64", "ftruncate", "ftruncate64",
	"fallocate", "fadvise64", "copy_file_range",
	"fsync", /* libfdisk, of a file in memory */

	"open", "openat", "access", "faccessat", "faccessat2", "unlink", "unlinkat", "mkdir",
	"mkdirat", "rmdir", "readlink", "readlinkat", "getdents", "getdents64", "memfd_create",
	"getcwd", "umask",

	"mmap", "mmap2", "munmap", "mprotect", "mremap", "madvise", "brk", "futex",
	"futex_time64", "rseq", "set_robust_list", "rt_sigaction", "rt_sigprocmask",
	"rt_sigreturn", "sigaltstack", "restart_syscall", "sched_yield", "sched_getaffinity",
	"getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getrlimit",
	"ugetrlimit", "getrusage", "sysinfo", "uname", "getrandom", "clock_gettime",
	"clock_gettime64", "gettimeofday", "time", "nanosleep", "clock_nanosleep",
	"clock_nanosleep_time64", "exit", "exit_group",
};

static int allow_calls(scmp_filter_ctx filter)
{
	int r = 0;

	/* A name that this architecture, or this libseccomp, does not know is none to allow. */
	for (size_t i = 0; r == 0 && i < sizeof(calls) / sizeof(calls[0]); i++) {
		int number = seccomp_syscall_resolve_name(calls[i]);

		if (number != __NR_SCMP_ERROR)
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	return r;
}

/* Calls of which only some uses are left: those in which an argument has this value. */
static int allow_uses(scmp_filter_ctx filter)
{
	/* Threads, with what libc asks for and no more (valgrind sets CLONE_SETTLS aside), not
	 * processes.  clone3(), whose flags no filter can see, "does not exist", and libc takes
	 * this instead. */
	const struct scmp_arg_cmp threads = SCMP_CMP(
		0, SCMP_CMP_MASKED_EQ,
		~(scmp_datum_t)(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND |
				CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID),
		CLONE_THREAD);
	const struct {
		int call;
		unsigned argument;
		scmp_datum_t value;
	} uses[] = {
		{ SCMP_SYS(tgkill), 0, (scmp_datum_t)getpid() }, /* abort() */
		{ SCMP_SYS(prlimit64), 2, 0 }, /* to read limits */
		/* Not F_SETOWN, F_SETSIG and O_ASYNC, by which the kernel would send any
		 * signal to any process of the same user. */
		{ SCMP_SYS(fcntl), 1, F_DUPFD },
		{ SCMP_SYS(fcntl), 1, F_DUPFD_CLOEXEC },
		{ SCMP_SYS(fcntl), 1, F_GETFD },
		{ SCMP_SYS(fcntl), 1, F_SETFD },
		{ SCMP_SYS(fcntl), 1, F_GETFL },
		/* The line's; no descriptors, no urgent data. */
		{ SCMP_SYS(sendto), 3, MSG_NOSIGNAL },
		{ SCMP_SYS(recvfrom), 3, MSG_WAITALL },
	};
	int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, threads);

	for (size_t i = 0; r == 0 && i < sizeof(uses) / sizeof(uses[0]); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, uses[i].call, 1,
				     SCMP_CMP(uses[i].argument, SCMP_CMP_EQ, uses[i].value));
	return r;
}

/* Everything else "does not exist", as for an older kernel: that is what the libraries to come
 * know how to do without. */
int wtg_sandbox_leave_calls(struct wtg_error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int r = filter ? allow_calls(filter) : -ENOMEM;

	if (r == 0)
		r = allow_uses(filter);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	if (r < 0)
		return wtg_fail(err, WTG_SYSTEM, -r, "give up system calls (seccomp)");
	return 0;
}

int wtg_sandbox_leave_power(const char *scratch, const char **ret_scratch,
			    struct wtg_error *err)
{
	bool root = geteuid() == 0;

	*ret_scratch = scratch;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "give up new privileges");
	if (set_limits(err) < 0 || leave_files(scratch, err) < 0)
		return -1;
	if (root && ((scratch && move_to(scratch, ret_scratch, err) < 0) ||
		     become_nobody(err) < 0))
		return -1;
	return leave_capabilities(err);
}

int wtg_sandbox_give(const char *scratch, struct wtg_error *err)
{
	if (geteuid() == 0 && lchown(scratch, NOBODY, NOBODY) < 0 && errno != EINVAL) {
		wtg_fail(err, WTG_SYSTEM, errno, "give %s to nobody", scratch);
		return wtg_hint(err, "Set TMPDIR to a directory on a file system with owners.");
	}
	return 0;
}
