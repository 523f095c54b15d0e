/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A WIM's first edition onto an NTFS volume, by wimlib and libntfs-3g; read there again; and
 * changed as the step patch-windows does it.
 */
#include "fuzz.h"

#include "apply/apply.h"
#include "image.h"
#include "volume/ntfs.h"

#define VOLUME_BYTES (8u << 20)
#define MAX_READ_BYTES (4u << 20)
#define N_PATHS 5

/* libntfs-3g forgets to free a short name that it refuses: nothing that could be mended here,
 * or that a worker would live to feel. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:ntfs_set_ntfs_dos_name\n";
}

static int make(const struct wtg_window *window, struct wtg_error *err)
{
	static const struct wtg_ntfs_format format = { .serial = 1,
						       .start_bytes = 1 << 20,
						       .sector_bytes = 512 };

	return wtg_ntfs_format(window, &format, err);
}

static struct fuzz_volume windows = { .size_bytes = VOLUME_BYTES, .make = make };

/* What the image has under that name is on the volume. */
static void compare(struct wtg_image *image, const struct wtg_edition *edition,
		    const struct wtg_window *window)
{
	static const char *const paths[N_PATHS] = { "a", "Windows", "Users", "Program Files",
					     "Ünïcode" };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };

	FUZZ_ASSERT(wtg_ntfs_open(window, &volume, &err) == 0);
	if (wtg_image_read(image, edition, paths, N_PATHS, MAX_READ_BYTES, &files, &err) < 0)
		return;
	for (size_t i = 0; i < files.n_items; i++) {
		const struct wtg_bytes *content = &files.items[i].content;
		_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };

		FUZZ_ASSERT(wtg_ntfs_read(volume, files.items[i].path, content->size, &found,
					  &err) == 0);
		FUZZ_ASSERT(found.size == content->size);
		FUZZ_ASSERT(found.size == 0 ||
			    memcmp(found.data, content->data, found.size) == 0);
	}
}

#define SYSTEM "Windows/System32/config/SYSTEM"
#define ANSWER "Windows/System32/Sysprep/unattend.xml"
#define WINRE "Windows/System32/Recovery/Winre.wim"

static int patch(const struct wtg_window *window, const struct wtg_bytes *content,
		 struct wtg_error *err)
{
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;

	if (wtg_ntfs_open(window, &volume, err) < 0 ||
	    wtg_ntfs_write(volume, SYSTEM, content, NULL, err) < 0 ||
	    wtg_ntfs_remove(volume, WINRE, err) < 0 ||
	    wtg_ntfs_write(volume, ANSWER, content, NULL, err) < 0)
		return -1;
	return wtg_ntfs_close(&volume, err);
}

/* What was written there without a complaint is there, and what was removed is not. */
static void check_patch(const struct wtg_window *window, const struct wtg_bytes *content)
{
	static const char *const paths[] = { SYSTEM, ANSWER };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;

	FUZZ_ASSERT(wtg_ntfs_open(window, &volume, &err) == 0);
	FUZZ_ASSERT(!wtg_ntfs_exists(volume, WINRE));
	for (size_t i = 0; i < 2; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };

		FUZZ_ASSERT(wtg_ntfs_read(volume, paths[i], content->size, &found, &err) == 0);
		FUZZ_ASSERT(found.size == content->size &&
			    memcmp(found.data, content->data, found.size) == 0);
	}
}

static void apply(struct wtg_image *image)
{
	uint8_t text[5000];
	const struct wtg_edition *edition = wtg_image_edition(image, 0);
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	_cleanup_fd_ int fd = -1;
	const struct wtg_bytes content = { text, sizeof(text) };
	const struct wtg_application application = { .image = image, .edition = edition };
	struct wtg_window window;

	if (wtg_image_check_tree(image, edition, &err) < 0)
		return;
	fd = fuzz_volume(&windows);
	window = fuzz_window(fd, VOLUME_BYTES);
	window.ledger = &ledger;
	if (wtg_apply(&application, &window, NULL, &err) < 0)
		return;
	window.ledger = NULL;
	compare(image, edition, &window);

	memset(text, 'x', sizeof(text));
	window.ledger = &ledger;
	if (patch(&window, &content, &err) < 0)
		return;
	window.ledger = NULL;
	check_patch(&window, &content);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *path = fuzz_image_file("install.wim", data, size);
	_cleanup_(wtg_image_closep) struct wtg_image *image = fuzz_image_open(path);

	if (image)
		apply(image);
	return 0;
}
