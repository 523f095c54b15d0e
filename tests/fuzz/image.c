/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/fdio.h"
#include "fuzz.h"
#include "image/image.h"
#include "wtg/examine.h"
#include "wtg/text.h"

#define MAX_READ_BYTES (16u << 20)

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

char *fuzz_image_file(const char *name, const uint8_t *data, size_t size)
{
	_cleanup_fd_ int fd = -1;
	char *path;

	if (!dir)
		make_dir();
	path = wtg_text("%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || wtg_pwrite_all(fd, data, size, 0) < 0)
		abort();
	return path;
}

static void describe(const void *image, struct wtg_facts *out)
{
	wtg_image_describe(image, out);
}

static void read_edition(struct wtg_image *image, const struct wtg_edition *edition)
{
	static const char *const paths[] = { "a", "Windows/System32/config/SYSTEM" };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_image_stat stat;
	struct wtg_files files = { 0 };

	(void)wtg_image_check_tree(image, edition, &err);
	wtg_error_done(&err);
	(void)wtg_image_stat(image, edition, paths[0], &stat, &err);
	wtg_error_done(&err);
	(void)wtg_image_read(image, edition, paths, 2, MAX_READ_BYTES, &files, &err);
	wtg_error_done(&err);
	FUZZ_ASSERT(wtg_files_size_bytes(&files) <= MAX_READ_BYTES);
	wtg_files_done(&files);
	if (wtg_image_integrity_bytes(image, edition) > 0)
		(void)wtg_image_check_integrity(image, edition, NULL, &err);
	wtg_error_done(&err);
	(void)wtg_image_fetch(image, edition, NULL, &err);
}

void fuzz_image(const char *path)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_json *json;

	if (wtg_image_open(path, &image, &err) < 0)
		return;
	fuzz_describe(describe, image);
	for (size_t i = 0; i < wtg_image_n_editions(image); i++)
		read_edition(image, wtg_image_edition(image, i));
	json = wtg_json_new();
	(void)wtg_examine(image, wtg_json_facts(json), &err);
	wtg_json_free(json);
}
