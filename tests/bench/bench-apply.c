/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Format a file or device as one NTFS volume, apply an image to it, and say what that cost:
 * create's step without what is around it.
 */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "apply/apply.h"
#include "base/window.h"
#include "volume/ntfs.h"
#include "wtg/cleanup.h"

struct work {
	struct wtg_application application;
	struct wtg_window window;
	uint32_t sector_bytes;
	bool compact;
};

static int look(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		struct wtg_error *err)
{
	_cleanup_(wtg_compact_plan_done) struct wtg_compact_plan compact = { 0 };
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
	struct wtg_compact_input input = { .cluster_bytes = 4096 };
	const struct work *work = context;

	(void)progress;
	if (wtg_catalog_read(work->application.image, work->application.edition, &catalog,
			     err) < 0)
		return -1;
	input.catalog = catalog;
	if (work->compact && wtg_compact_decide(&input, &compact, err) < 0)
		return -1;
	wtg_compact_flatten(&compact, reply);
	wtg_catalog_flatten(catalog, reply);
	return 0;
}

static int apply(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		 struct wtg_error *err)
{
	struct work *work = context;

	(void)reply;
	return wtg_apply(&work->application, &work->window, progress, err);
}

/* What planning and the step do: two workers, of which the second's writes come to us. */
static int run(struct work *work, const char *path, const char *edition, struct wtg_error *err)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_packet_done) struct wtg_packet seen = { 0 };
	_cleanup_(wtg_compact_plan_done) struct wtg_compact_plan compact = { 0 };
	const struct wtg_image_errand survey = { .work = look };
	const struct wtg_image_errand errand = { .work = apply,
						 .window = &work->window,
						 .finds = WTG_UNSUITABLE };
	struct wtg_reader reader;
	struct wtg_bytes tree;
	const struct wtg_ntfs_format format = {
		.label = "Windows",
		.serial = 1,
		.start_bytes = 1 << 20,
		.sector_bytes = work->sector_bytes,
	};

	if (wtg_image_open(path, &image, err) < 0 ||
	    wtg_image_choose(image, edition, &work->application.edition, err) < 0)
		return -1;
	work->application.image = image;
	if (wtg_image_confine(image, &survey, work, NULL, &seen, err) < 0)
		return -1;
	reader = wtg_reader(&seen);
	wtg_compact_unflatten(&reader, &compact);
	tree = (struct wtg_bytes){ (uint8_t *)reader.at, reader.left };
	work->application.tree = &tree;
	if (work->compact)
		work->application.compact = &compact;
	if (wtg_ntfs_format(&work->window, &format, err) < 0 ||
	    wtg_image_confine(image, &errand, work, NULL, NULL, err) < 0)
		return -1;
	return wtg_window_flush(&work->window, err);
}

static bool parse(int argc, char **argv, struct work *work)
{
	static const struct option options[] = {
		{ "engine", required_argument, NULL, 'e' },
		{ "threads", required_argument, NULL, 't' },
		{ "sector", required_argument, NULL, 's' },
		{ "compact", no_argument, NULL, 'c' },
		{ "trusted", no_argument, NULL, 'u' },
		{ 0 },
	};

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'e':
			work->application.engine = strcmp(optarg, "wimlib") == 0
							   ? WTG_ENGINE_WIMLIB
							   : WTG_ENGINE_OWN;
			break;
		case 't':
			work->application.n_threads = (unsigned)atoi(optarg);
			break;
		case 's':
			work->sector_bytes = (uint32_t)atoi(optarg);
			break;
		case 'c':
			work->compact = true;
			break;
		case 'u':
			work->application.trusted = true;
			break;
		default:
			return false;
		}
	}
	return argc - optind == 3;
}

int main(int argc, char **argv)
{
	struct wtg_ledger ledger = { 0 };
	struct work work = { .window = { .ledger = &ledger }, .sector_bytes = 512 };
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_fd_ int fd = -1;
	struct rusage usage;

	if (!parse(argc, argv, &work)) {
		fprintf(stderr, "usage: bench-apply [--engine own|wimlib] [--threads N]"
				" [--sector BYTES] [--compact] [--trusted]"
				" IMAGE EDITION TARGET\n");
		return 2;
	}
	fd = open(argv[optind + 2], O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		perror(argv[optind + 2]);
		return 1;
	}
	work.window.fd = fd;
	work.window.length = (uint64_t)lseek(fd, 0, SEEK_END);
	if (run(&work, argv[optind], argv[optind + 1], &err) < 0) {
		fprintf(stderr, "%s\n", err.message ? err.message : "failed");
		wtg_error_done(&err);
		return 1;
	}
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("%" PRIu64 " bytes in %" PRIu64 " writes, at most %ld KiB resident\n",
	       ledger.bytes_written, ledger.n_writes, usage.ru_maxrss);
	wtg_ledger_done(&ledger);
	return 0;
}
