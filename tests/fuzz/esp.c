/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An image's boot files, under the names that it gives them, onto an ESP, and read back as
 * verify does it.  The input: path, NUL, le16 size, content; any number of them.
 */
#include "fuzz.h"

#include "base/utf16.h"
#include "volume/fat-read.h"
#include "volume/fat-tree.h"
#include "volume/fat.h"
#include "windows/bootfiles.h"
#include "wtg/error.h"

#define SECTOR_BYTES 512
#define VOLUME_BYTES (36u << 20)
#define MAX_FILES 64

static int make(const struct wtg_window *window, struct wtg_error *err)
{
	static const struct wtg_fat_format format = { .serial = 1,
						      .start_bytes = 1 << 20,
						      .sector_bytes = SECTOR_BYTES };

	return wtg_fat_make(window, &format, NULL, err);
}

static struct fuzz_volume esp = { .size_bytes = VOLUME_BYTES, .make = make };

/* Whatever can be put on the volume is found there, byte by byte, and nothing else. */
static void put_and_find(const struct wtg_files *files)
{
	_cleanup_(wtg_fat_tree_done) struct wtg_fat_tree tree = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	_cleanup_fd_ int fd = -1;
	struct wtg_files found = { 0 };
	struct wtg_window window;

	if (wtg_fat_check(VOLUME_BYTES, SECTOR_BYTES, files, &err) < 0)
		return;
	fd = fuzz_volume(&esp);
	window = fuzz_window(fd, VOLUME_BYTES);
	FUZZ_ASSERT(wtg_fat_tree_make(files, &tree, &err) == 0);
	(void)wtg_fat_tree_place(&tree, SECTOR_BYTES);
	FUZZ_ASSERT(wtg_fat_fill(fd, &tree, 0, NULL, &err) == 0);
	FUZZ_ASSERT(wtg_fat_open(&window, &fat, &err) == 0);
	for (size_t i = 0; i < files->n_items; i++) {
		const struct wtg_file *file = &files->items[i];
		_cleanup_(wtg_bytes_done) struct wtg_bytes content = { 0 };

		FUZZ_ASSERT(wtg_fat_read(fat, file->path, file->content.size, &content,
					 &err) == 1);
		FUZZ_ASSERT(content.size == file->content.size);
		FUZZ_ASSERT(content.size == 0 || memcmp(content.data, file->content.data,
							content.size) == 0);
	}
	FUZZ_ASSERT(wtg_fat_read_tree(fat, "", VOLUME_BYTES, &found, &err) == 0);
	FUZZ_ASSERT(found.n_items == files->n_items);
	wtg_files_done(&found);
}

/* Every byte is the image's. */
static bool is_of(const struct wtg_files *image, const struct wtg_bytes *content)
{
	for (size_t i = 0; i < image->n_items; i++)
		if (image->items[i].content.size == content->size &&
		    (content->size == 0 || memcmp(image->items[i].content.data, content->data,
						  content->size) == 0))
			return true;
	return false;
}

static void describe(const void *boot, struct wtg_facts *out)
{
	wtg_bootfiles_describe(boot, out);
}

static void choose(const struct wtg_files *image, enum wtg_arch arch, enum wtg_boot_ca ca)
{
	static const struct wtg_boot_manner manner = { .bios = true, .vtefi = true };
	_cleanup_(wtg_bootfiles_done) struct wtg_bootfiles boot = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_bootfiles_choose(image, arch, ca, &boot, &err) < 0) {
		FUZZ_ASSERT(err.kind == WTG_INPUT);
		return;
	}
	FUZZ_ASSERT(boot.chain != WTG_BOOT_CA_AUTO && boot.files.n_items >= 2);
	FUZZ_ASSERT(wtg_bootfiles_possible(&boot));
	for (size_t i = 0; i < boot.files.n_items; i++) {
		FUZZ_ASSERT(fuzz_is_path(boot.files.items[i].path));
		FUZZ_ASSERT(is_of(image, &boot.files.items[i].content));
	}
	fuzz_describe(describe, &boot);
	put_and_find(&boot.files);
	wtg_bootfiles_arrange(&boot, &manner);
	FUZZ_ASSERT(boot.files.n_items >= 1);
	for (size_t i = 0; i < boot.files.n_items; i++)
		FUZZ_ASSERT(strncmp(boot.files.items[i].path, "EFI/", 4) != 0 &&
			    fuzz_is_path(boot.files.items[i].path));
	fuzz_describe(describe, &boot);
	put_and_find(&boot.files);
}

/* The image's names come out of UTF-16, and are paths. */
static void add(struct wtg_files *image, const uint8_t *name, size_t length,
		struct wtg_bytes content)
{
	_cleanup_free_ char *text = fuzz_text(name, length), *path = NULL;
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide = wtg_utf16_from_utf8(text);

	path = wtg_utf16_to_utf8(wide.data, wide.size - 2);
	if (fuzz_is_path(path))
		wtg_files_add(image, path, wtg_bytes_copy(content.data, content.size));
}

static void read_image(const uint8_t *data, size_t size, struct wtg_files *image)
{
	for (size_t at = 0, n = 0; at < size && n < MAX_FILES; n++) {
		size_t length = strnlen((const char *)data + at, size - at);
		struct wtg_bytes content = { 0 };
		size_t name = at;

		at += length + 1;
		if (at + 2 > size)
			break;
		content = fuzz_bytes(data + at + 2, wtg_le16(data + at));
		at += 2;
		if (content.size > size - at)
			content.size = size - at;
		at += content.size;
		add(image, data + name, length, content);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum wtg_arch archs[] = { WTG_ARCH_X86, WTG_ARCH_AMD64, WTG_ARCH_ARM64 };
	static const enum wtg_boot_ca cas[] = { WTG_BOOT_CA_AUTO, WTG_BOOT_CA_2011,
						WTG_BOOT_CA_2023 };
	_cleanup_(wtg_files_done) struct wtg_files image = { 0 };

	read_image(data, size, &image);
	for (size_t a = 0; a < sizeof(archs) / sizeof(archs[0]); a++)
		for (size_t c = 0; c < sizeof(cas) / sizeof(cas[0]); c++)
			choose(&image, archs[a], cas[c]);
	return 0;
}
