/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apply-image own|wimlib THREADS SECTOR IMAGE INDEX FILE: format FILE as one NTFS volume and
 * apply an image to it, as the step does: by a confined worker.  Status 10 where something was
 * written before it failed, like the program's own.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "apply/apply.h"
#include "volume/ntfs.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

struct work {
	struct wtg_application application;
	struct wtg_window window;
};

static int apply(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		 struct wtg_error *err)
{
	const struct work *work = context;

	(void)reply;
	return wtg_apply(&work->application, &work->window, progress, err);
}

static int run(char **argv, struct work *work, struct wtg_error *err)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	const struct wtg_image_errand errand = { .work = apply,
						 .window = &work->window,
						 .finds = WTG_UNSUITABLE };
	const struct wtg_ntfs_format format = {
		.label = "Windows",
		.serial = 1,
		.start_bytes = 1 << 20,
		.sector_bytes = (uint32_t)atoi(argv[3]),
	};
	const struct wtg_edition *edition;

	if (wtg_image_open(argv[4], &image, err) < 0 ||
	    wtg_image_choose(image, argv[5], &edition, err) < 0 ||
	    wtg_ntfs_format(&work->window, &format, err) < 0)
		return -1;
	work->application = (struct wtg_application){
		.image = image,
		.edition = edition,
		.engine = wtg_text_equal(argv[1], "own") ? WTG_ENGINE_OWN :
							   WTG_ENGINE_WIMLIB,
		.n_threads = (unsigned)atoi(argv[2]),
	};
	return wtg_image_confine(image, &errand, work, NULL, NULL, err);
}

int main(int argc, char **argv)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	_cleanup_fd_ int fd = -1;
	struct work work;
	struct stat st;
	int result;

	if (argc != 7)
		return 2;
	fd = open(argv[6], O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(argv[6]);
		return 5;
	}
	work.window = (struct wtg_window){ .fd = fd, .length = (uint64_t)st.st_size,
					   .ledger = &ledger };
	result = run(argv, &work, &err);
	if (result < 0)
		fprintf(stderr, "%s\n", err.message ? err.message : "failed");
	wtg_error_done(&err);
	wtg_ledger_done(&ledger);
	return result < 0 ? 10 : 0;
}
