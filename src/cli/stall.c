/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stall.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wtg/cleanup.h"
#include "wtg/text.h"

#define NEWS_MS 10000
#define AGAIN_MS 60000

bool cli_stall_is_now(pid_t process)
{
	_cleanup_free_ char *path = wtg_text("/proc/%d/stat", (int)process);
	_cleanup_fd_ int fd = process > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char stat[512] = "";
	const char *state;
	ssize_t n = fd < 0 ? -1 : read(fd, stat, sizeof(stat) - 1);

	if (n <= 0)
		return false;
	state = strrchr(stat, ')');
	return state && strncmp(state, ") D", 3) == 0;
}

bool cli_stall_is_news(struct cli_stall *stall, pid_t process, uint64_t now_ms)
{
	if (!cli_stall_is_now(process)) {
		*stall = (struct cli_stall){ 0 };
		return false;
	}
	if (!stall->since_ms)
		stall->since_ms = now_ms;
	return now_ms - stall->since_ms >= NEWS_MS &&
	       (!stall->said_ms || now_ms - stall->said_ms >= AGAIN_MS);
}
