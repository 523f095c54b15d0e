/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes files on the volume in a plain file, for edit.py:
 *
 *	edit-volume edit|check IMAGE TIME [PATH=SOURCE | PATH]…	(without a source: to be gone)
 *	edit-volume read IMAGE PATH
 *	edit-volume name IMAGE
 *
 * With EDIT_LOG every write and flush is recorded there: "W", offset and size as 8 bytes, and the
 * bytes, or "F".  Ends with the kind of the failure (wtg/error.h), or with 100: no such file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "volume/edit.h"
#include "wtg/text.h"

#define ABSENT 100

static FILE *recording;

ssize_t __real_pwrite64(int fd, const void *data, size_t size, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t size, off_t at);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

ssize_t __wrap_pwrite64(int fd, const void *data, size_t size, off_t at)
{
	const uint64_t numbers[] = { (uint64_t)at, size };

	if (recording) {
		fputc('W', recording);
		fwrite(numbers, sizeof(numbers), 1, recording);
		fwrite(data, size, 1, recording);
	}
	return __real_pwrite64(fd, data, size, at);
}

int __wrap_fdatasync(int fd)
{
	if (recording)
		fputc('F', recording);
	return __real_fdatasync(fd);
}

static int finish(int r, const struct wtg_error *err)
{
	if (r >= 0)
		return 0;
	fprintf(stderr, "%s\n", err->message);
	if (err->hint)
		fprintf(stderr, "hint: %s\n", err->hint);
	return (int)err->kind;
}

static int collect(char **arguments, struct wtg_files *ret, struct wtg_error *err)
{
	for (; *arguments; arguments++) {
		char *source = strchr(*arguments, '=');
		struct wtg_bytes content = { 0 };
		_cleanup_fd_ int fd = -1;

		if (source) {
			*source++ = '\0';
			fd = open(source, O_RDONLY | O_CLOEXEC);
			if (fd < 0 || wtg_read_file(fd, 16u << 20, source, &content, err) < 0)
				return wtg_fail(err, WTG_SYSTEM, 0, "read %s", source);
		}
		wtg_files_add(ret, *arguments, content);
	}
	return 0;
}

static int change(const struct wtg_window *window, bool commit, char **arguments)
{
	_cleanup_(wtg_files_done) struct wtg_files edits = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	uint64_t time = strtoull(arguments[0], NULL, 10);
	int r = collect(arguments + 1, &edits, &err);

	if (r == 0)
		r = commit ? wtg_fs_edit(window, &edits, time, &err)
			   : wtg_fs_check(window, &edits, &err);
	return finish(r, &err);
}

static int show(const struct wtg_window *window, const char *path)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes content = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	int r = wtg_fs_read(window, path, 4u << 20, &content, &err);

	if (r == 0)
		return ABSENT;
	if (r > 0)
		fwrite(content.data, content.size, 1, stdout);
	return finish(r, &err);
}

static int tell(const struct wtg_window *window)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	enum wtg_fs fs = WTG_FS_OTHER;
	int r = wtg_fs_of(window, &fs, &err);

	if (r == 0)
		puts(wtg_fs_name(fs));
	return finish(r, &err);
}

int main(int argc, char **argv)
{
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	struct wtg_window window = { .fd = -1 };
	struct stat st;
	int r;

	if (argc < 3)
		return EXIT_FAILURE;
	/* What only reads cannot write. */
	window.fd = open(argv[2], strcmp(argv[1], "edit") == 0 ? O_RDWR : O_RDONLY);
	if (window.fd < 0 || fstat(window.fd, &st) < 0)
		return EXIT_FAILURE;
	window.length = (uint64_t)st.st_size;
	if (getenv("EDIT_LOG"))
		recording = fopen(getenv("EDIT_LOG"), "w");
	if (strcmp(argv[1], "edit") == 0) {
		window.ledger = &ledger;
		r = change(&window, true, argv + 3);
	} else if (strcmp(argv[1], "check") == 0) {
		r = change(&window, false, argv + 3);
	} else {
		r = strcmp(argv[1], "read") == 0 ? show(&window, argv[3]) : tell(&window);
	}
	if (recording && fclose(recording) != 0)
		r = EXIT_FAILURE;
	close(window.fd);
	return r;
}
