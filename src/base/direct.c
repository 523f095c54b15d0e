/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/direct.h"

#include <errno.h>
#include <unistd.h>

#include "base/fdio.h"

int wtg_direct_pread(int fd, void *buffer, size_t size, uint64_t offset)
{
	size_t room = wtg_round_up(size, WTG_DIRECT_BYTES), done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (uint8_t *)buffer + done, room - done,
				  (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0) {
			errno = ENODATA;
			return -1;
		}
		done += (size_t)n;
	}
	return 0;
}
