/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench-apply WIM INDEX FILE: format FILE as one NTFS volume and apply an image to it, through
 * our own device operations, and say what that cost.  Together with apply.sh, which runs it
 * against mkntfs and wimlib-imagex apply.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <wimlib.h>

#include "base/window.h"
#include "volume/ntfs.h"
#include "wtg/cleanup.h"

static int extract(const char *wim_path, const char *index, const char *name)
{
	WIMStruct *wim = NULL;
	int code = wimlib_open_wim(wim_path, 0, &wim);

	if (code == 0)
		code = wimlib_extract_image(wim, atoi(index), name, WIMLIB_EXTRACT_FLAG_NTFS);
	wimlib_free(wim);
	if (code != 0)
		fprintf(stderr, "wimlib: %s\n", wimlib_get_error_string(code));
	return code;
}

static int run(char **argv, int fd, uint64_t size_bytes, struct wtg_error *err)
{
	struct wtg_ledger ledger = { 0 };
	struct wtg_window window = { .fd = fd, .length = size_bytes, .ledger = &ledger };
	struct wtg_ntfs_format format = { .label = "Windows", .serial = 1,
					  .start_bytes = 1 << 20, .sector_bytes = 512 };
	struct rusage usage;
	int code;

	if (wtg_ntfs_format(&window, &format, err) < 0)
		return -1;
	code = extract(argv[1], argv[2], wtg_ntfs_lend(&window));
	if (wtg_ntfs_take_back(err) < 0)
		return -1;
	getrusage(RUSAGE_SELF, &usage);
	printf("%" PRIu64 " bytes in %" PRIu64 " writes, at most %ld KiB resident\n",
	       ledger.bytes_written, ledger.n_writes, usage.ru_maxrss);
	wtg_ledger_done(&ledger);
	return code == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (argc != 4)
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
