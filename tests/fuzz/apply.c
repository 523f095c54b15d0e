/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A WIM's first edition onto an NTFS volume, by wimlib and libntfs-3g; read there again; and
 * an overlay over it.
 */
#include "fuzz.h"

#include "apply/apply.h"
#include "image.h"
#include "image/catalog.h"
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

/* An overlay such as plans have: what was written there without a complaint is there. */
static void lay_over(struct wtg_window *window, struct wtg_ledger *ledger)
{
	static const char *const paths[] = { "Windows/System32/config/SYSTEM",
					     "Windows/Panther/unattend.xml" };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_overlay_done) struct wtg_overlay overlay = { 0 };
	uint8_t text[5000];

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < 2; i++)
		wtg_overlay_put(&overlay, paths[i], wtg_bytes_copy(text, sizeof(text)),
				(struct wtg_bytes){ 0 });
	wtg_overlay_drop(&overlay, "Windows/System32/Recovery/Winre.wim");
	window->ledger = ledger;
	if (wtg_overlay_write(&overlay, window, &err) < 0)
		return;
	window->ledger = NULL;
	FUZZ_ASSERT(wtg_overlay_compare(&overlay, window, &err) == 0);
}

static void apply(struct wtg_image *image)
{
	const struct wtg_edition *edition = wtg_image_edition(image, 0);
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	_cleanup_fd_ int fd = -1;
	const struct wtg_application application = { .image = image, .edition = edition };
	struct wtg_window window;

	/* A plan would not be made. */
	if (wtg_catalog_read(image, edition, &catalog, &err) < 0)
		return;
	fd = fuzz_volume(&windows);
	window = fuzz_window(fd, VOLUME_BYTES);
	window.ledger = &ledger;
	if (wtg_apply(&application, &window, NULL, &err) < 0)
		return;
	window.ledger = NULL;
	compare(image, edition, &window);
	lay_over(&window, &ledger);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *path = fuzz_image_file("install.wim", data, size);
	_cleanup_(wtg_image_closep) struct wtg_image *image = fuzz_image_open(path);

	if (image)
		apply(image);
	return 0;
}
