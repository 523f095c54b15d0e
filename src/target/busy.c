/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/busy.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "target/holders.h"
#include "target/sentence.h"
#include "wtg/text.h"

char *wtg_busy_holders(const struct wtg_disk *disk)
{
	_cleanup_(wtg_disk_done) struct wtg_disk now = {
		.path = wtg_text_copy(disk->path),
		.is_file = disk->is_file,
		.device = disk->device,
	};
	struct wtg_machine machine;

	wtg_machine_look(&machine);
	wtg_holders_find(&machine, &now);
	wtg_machine_done(&machine);
	return wtg_say_holders(&now, wtg_holds_any);
}

/* "process 812 (qemu)"; the caller frees. */
static char *process_name(long pid)
{
	_cleanup_free_ char *path = wtg_text("/proc/%ld/comm", pid);
	_cleanup_free_ char *comm = wtg_kernel_text(path);
	_cleanup_free_ char *printable = comm ? wtg_text_printable(comm) : NULL;

	if (wtg_text_equal(comm, "wtgctl"))
		return wtg_text("another wtgctl, process %ld", pid);
	return printable ? wtg_text("process %ld (%s)", pid, printable)
			 : wtg_text("process %ld", pid);
}

static bool is_disk(const struct wtg_machine *m, const struct wtg_disk *disk,
		    const struct stat *st)
{
	if (disk->is_file)
		return S_ISREG(st->st_mode) && st->st_dev == disk->device &&
		       st->st_ino == disk->inode;
	return S_ISBLK(st->st_mode) && wtg_machine_part(m, st->st_rdev, disk->device) != 0;
}

static bool any(const char *pid, const char *fd)
{
	(void)pid;
	(void)fd;
	return true;
}

/* proc(5): a line "flags:", in octal, of /proc/PID/fdinfo/FD. */
static bool writes(const char *pid, const char *fd)
{
	_cleanup_free_ char *path = wtg_text("/proc/%s/fdinfo/%s", pid, fd);
	_cleanup_free_ char *text = wtg_kernel_text(path);
	const char *line = text ? strstr(text, "flags:") : NULL;

	return line && (strtoul(line + strlen("flags:"), NULL, 8) & O_ACCMODE) != O_RDONLY;
}

static bool has_open(const struct wtg_machine *m, const struct wtg_disk *disk, const char *pid,
		     bool (*matches)(const char *pid, const char *fd))
{
	_cleanup_free_ char *path = wtg_text("/proc/%s/fd", pid);
	DIR *dir = opendir(path);
	bool found = false;

	if (!dir)
		return false;
	for (struct dirent *d = readdir(dir); d && !found; d = readdir(dir)) {
		struct stat st;

		found = fstatat(dirfd(dir), d->d_name, &st, 0) == 0 && is_disk(m, disk, &st) &&
			matches(pid, d->d_name);
	}
	closedir(dir);
	return found;
}

/* Takes more. */
static char *join(char *list, char *more)
{
	char *joined;

	if (!list)
		return more;
	joined = wtg_text("%s, %s", list, more);
	free(list);
	free(more);
	return joined;
}

static char *say_processes(const struct wtg_disk *disk,
			   bool (*matches)(const char *pid, const char *fd))
{
	struct wtg_machine machine;
	DIR *proc = opendir("/proc");
	char *list = NULL;

	if (!proc)
		return NULL;
	wtg_machine_look(&machine);
	for (struct dirent *d = readdir(proc); d; d = readdir(proc)) {
		long pid = strtol(d->d_name, NULL, 10);

		if (pid > 0 && pid != getpid() && has_open(&machine, disk, d->d_name, matches))
			list = join(list, process_name(pid));
	}
	wtg_machine_done(&machine);
	closedir(proc);
	return list;
}

char *wtg_busy_processes(const struct wtg_disk *disk)
{
	return say_processes(disk, any);
}

char *wtg_busy_writers(const struct wtg_disk *disk)
{
	return say_processes(disk, writes);
}

/* One line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 812 00:06:1034 0 EOF". */
static bool parse_lock(const char *line, const struct stat *st, long *ret_pid)
{
	unsigned major_number, minor_number;
	uintmax_t inode;
	long pid;

	if (sscanf(line, "%*u: FLOCK %*s %*s %ld %x:%x:%ju", &pid, &major_number, &minor_number,
		   &inode) != 4 ||
	    makedev(major_number, minor_number) != st->st_dev || inode != st->st_ino || pid <= 0)
		return false;
	*ret_pid = pid;
	return true;
}

char *wtg_busy_locker(int fd)
{
	FILE *locks = fopen("/proc/locks", "re");
	char line[256];
	struct stat st;
	long pid = 0;

	if (locks && fstat(fd, &st) == 0)
		while (pid == 0 && fgets(line, sizeof(line), locks))
			(void)parse_lock(line, &st, &pid);
	if (locks)
		fclose(locks);
	return pid ? process_name(pid) : NULL;
}
