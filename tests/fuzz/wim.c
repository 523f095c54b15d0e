/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bare WIM or ESD: header, XML, wimlib's view of it, trees, reading files. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/fdio.h"
#include "image.h"
#include "wtg/text.h"

/* wimlib wants to know the real path of what it opens, so the file needs a name. */
static char *dir;

static void remove_dir(void)
{
	wtg_scratch_remove(WTG_STEAL(dir));
}

static void make_dir(void)
{
	struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_scratch_make(&dir, &err) < 0)
		abort();
	atexit(remove_dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_fd_ int fd = -1;

	if (!dir)
		make_dir();
	path = wtg_text("%s/install.wim", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || wtg_pwrite_all(fd, data, size, 0) < 0)
		abort();
	fuzz_image(path);
	return 0;
}
