/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instead of libFuzzer: every file of a corpus, once, as a TAP test. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fdio.h"
#include "wtg/text.h"

#define MAX_INPUT_BYTES (16u << 20)

static int skip_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(wtg_bytes_done) struct wtg_bytes input = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	if (fd < 0 || wtg_read_file(fd, MAX_INPUT_BYTES, path, &input, &err) < 0) {
		printf("Bail out! cannot read %s\n", path);
		exit(1);
	}
	(void)LLVMFuzzerTestOneInput(input.data, input.size);
}

int main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	int n = argc == 2 ? scandir(argv[1], &entries, skip_hidden, alphasort) : -1;

	if (n <= 0) {
		printf("Bail out! no inputs in %s\n",
		       argc == 2 ? argv[1] : "no directory");
		return 1;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *path =
			wtg_text("%s/%s", argv[1], entries[i]->d_name);

		/* Named before it runs: it may be the last thing that we say. */
		printf("# %s\n", entries[i]->d_name);
		fflush(stdout);
		replay(path);
		printf("ok %d - %s\n", i + 1, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
