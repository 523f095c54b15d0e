/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench-apply WIM INDEX FILE [SECTOR]: format FILE as one NTFS volume, apply an image to
 * it through our own device operations, and say what that cost.  apply.sh runs it against
 * mkntfs and wimlib-imagex apply.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "apply/apply.h"
#include "base/window.h"
#include "volume/ntfs.h"
#include "wtg/cleanup.h"

struct work {
	struct wtg_image *image;
	const struct wtg_edition *edition;
	struct wtg_window window;
};

static int apply(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		 struct wtg_error *err)
{
	const struct work *work = context;
	const struct wtg_application application = {
		.image = work->image,
		.edition = work->edition,
	};

	(void)reply;
	return wtg_apply(&application, &work->window, progress, err);
}

/* As the step does it: by a worker, whose writes come to us. */
static int run(char **argv, int fd, uint64_t size_bytes, struct wtg_error *err)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_ledger ledger = { 0 };
	struct work work = { .window = { .fd = fd, .length = size_bytes, .ledger = &ledger } };
	const struct wtg_image_errand errand = { apply, &work.window };
	const struct wtg_ntfs_format format = {
		.label = "Windows",
		.serial = 1,
		.start_bytes = 1 << 20,
		.sector_bytes = argv[4] ? (uint32_t)atoi(argv[4]) : 512,
	};
	struct rusage usage;

	if (wtg_image_open(argv[1], &image, err) < 0 ||
	    wtg_image_choose(image, argv[2], &work.edition, err) < 0 ||
	    wtg_ntfs_format(&work.window, &format, err) < 0)
		return -1;
	work.image = image;
	if (wtg_image_confine(image, &errand, &work, NULL, NULL, err) < 0)
		return -1;
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("%" PRIu64 " bytes in %" PRIu64 " writes, at most %ld KiB resident\n",
	       ledger.bytes_written, ledger.n_writes, usage.ru_maxrss);
	wtg_ledger_done(&ledger);
	return 0;
}

int main(int argc, char **argv)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (argc != 4 && argc != 5)
		return 2;
	fd = open(argv[3], O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(argv[3]);
		return 1;
	}
	if (run(argv, fd, (uint64_t)st.st_size, &err) < 0) {
		fprintf(stderr, "%s\n", err.message ? err.message : "failed");
		wtg_error_done(&err);
		return 1;
	}
	return 0;
}
