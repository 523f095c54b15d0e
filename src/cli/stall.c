/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stall.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wtg/cleanup.h"
#include "wtg/text.h"

#define NEWS_MS 10000
#define AGAIN_MS 60000

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* As far as there is room for it; "": it is gone. */
static void read_text(int dir, const char *task, const char *name, char *ret, size_t size)
{
	_cleanup_free_ char *path = wtg_text("%s/%s", task, name);
	_cleanup_fd_ int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
}

/* If a thread is in uninterruptible sleep, which wait of its that is: its number, and how often it
 * went to sleep until now. */
static uint64_t wait_of(int dir, const char *task)
{
	static const char sleeps[] = "\nvoluntary_ctxt_switches:";
	char stat[512], status[4096];
	const char *at;

	read_text(dir, task, "stat", stat, sizeof(stat));
	at = strrchr(stat, ')');
	if (!at || strncmp(at, ") D", 3) != 0)
		return 0;
	read_text(dir, task, "status", status, sizeof(status));
	at = strstr(status, sleeps);
	return strtoull(task, NULL, 10) << 32 |
	       (uint32_t)(at ? strtoull(at + sizeof(sleeps) - 1, NULL, 10) : 0);
}

/* Of the first of its threads that has one; 0: none. */
static uint64_t wait_now(pid_t process)
{
	_cleanup_free_ char *path = wtg_text("/proc/%d/task", (int)process);
	_cleanup_(closedirp) DIR *dir = process > 0 ? opendir(path) : NULL;
	const struct dirent *entry;
	uint64_t wait = 0;

	while (dir && wait == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			wait = wait_of(dirfd(dir), entry->d_name);
	return wait;
}

bool cli_stall_is_now(pid_t process)
{
	return wait_now(process) != 0;
}

bool cli_stall_is_news(struct cli_stall *stall, pid_t process, uint64_t now_ms)
{
	uint64_t wait = wait_now(process);

	/* Another wait is as good as none: between them something was done. */
	if (wait == 0 || wait != stall->wait) {
		*stall = (struct cli_stall){ .wait = wait, .since_ms = wait ? now_ms : 0 };
		return false;
	}
	return now_ms - stall->since_ms >= NEWS_MS &&
	       (!stall->said_ms || now_ms - stall->said_ms >= AGAIN_MS);
}
