/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files as CompactOS leaves them, read back. */
#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "corpus.h"
#include "drive.h"
#include "volume/ntfs.h"
#include "wtg/text.h"

static char *fresh_volume(void)
{
	char *path = wtg_text("%s/volume", test_dir());

	free(test_run(NULL, "rm -f '%s' && truncate -s 32M '%s' && mkntfs -Q -F -q '%s'", path,
		      path, path));
	return path;
}

/* Some of it can be packed and some cannot. */
static struct wtg_bytes mixed(size_t size)
{
	struct wtg_bytes bytes = { wtg_alloc(size + 1), size };
	uint32_t x = 1;

	for (size_t i = 0; i < size; i++) {
		x = x * 1664525u + 1013904223u;
		bytes.data[i] = (uint8_t)(i / 40000 % 2 ? x >> 24 : (x >> 24) % 3);
	}
	return bytes;
}

static struct wtg_ntfs *open_volume(const char *path, int *ret_fd, struct wtg_window *window)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs *volume;

	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	*window = test_window(*ret_fd, 32 * MIB, NULL);
	assert_good(wtg_ntfs_open(window, &volume, &err));
	return volume;
}

static void a_file_comes_back_whatever_it_was_packed_with(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, 32768, 32769, 100000, 1000003 };
	_cleanup_free_ char *path = fresh_volume();
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_window window;
	_cleanup_fd_ int fd = -1;

	(void)state;
	for (unsigned algorithm = TEST_XPRESS4K; algorithm <= TEST_XPRESS16K; algorithm++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			_cleanup_(wtg_bytes_done) struct wtg_bytes content = mixed(sizes[i]);
			_cleanup_free_ char *name = wtg_text("%u/%zu", algorithm, sizes[i]);

			test_corpus_compact(path, name, algorithm, &content, NULL);
		}
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = open_volume(path, &fd, &window);
	for (unsigned algorithm = TEST_XPRESS4K; algorithm <= TEST_XPRESS16K; algorithm++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			_cleanup_(wtg_bytes_done) struct wtg_bytes content = mixed(sizes[i]);
			_cleanup_free_ char *name = wtg_text("%u/%zu", algorithm, sizes[i]);
			_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };

			assert_good(wtg_ntfs_read(volume, name, 1 << 20, &found, &err));
			assert_int_equal(found.size, content.size);
			assert_memory_equal(found.data, content.data, content.size);
		}
}

static void a_damaged_one_is_refused(void **state)
{
	static const size_t damages[] = { 0, 4, 24, 60 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes content = mixed(200000), found = { 0 };
	_cleanup_free_ char *path = fresh_volume();
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_window window;
	_cleanup_fd_ int fd = -1;

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		_cleanup_free_ char *name = wtg_text("%zu", damages[i]);

		test_corpus_compact(path, name, TEST_LZX, &content, &damages[i]);
	}
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = open_volume(path, &fd, &window);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		_cleanup_free_ char *name = wtg_text("%zu", damages[i]);

		assert_fails(wtg_ntfs_read(volume, name, 1 << 20, &found, &err), WTG_INPUT,
			     "damaged");
	}
	assert_fails(wtg_ntfs_read(volume, "0", 199999, &found, &err), WTG_INPUT,
		     "200000 bytes, at most 199999");
}

static void they_are_counted_however_many_there_are(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes content = mixed(10000);
	_cleanup_free_ char *path = fresh_volume(), *corpus = wtg_text("%s/corpus", test_dir());
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs_compact compact;
	struct wtg_window window;
	struct wtg_ntfs *volume;
	int fd;

	(void)state;
	volume = open_volume(path, &fd, &window);
	assert_good(wtg_ntfs_count_compact(volume, &compact, &err));
	assert_int_equal(compact.n_files, 0);
	assert_null(compact.algorithm);
	wtg_ntfs_abandon(volume);
	close(fd);
	/* More than a block of the index holds; links are not among them. */
	test_corpus_volume(corpus, 32 * MIB);
	for (unsigned i = 0; i < 250; i++) {
		_cleanup_free_ char *name = wtg_text("%u", i);

		test_corpus_compact(corpus, name, TEST_LZX, &content, NULL);
	}
	volume = open_volume(corpus, &fd, &window);
	assert_good(wtg_ntfs_count_compact(volume, &compact, &err));
	assert_int_equal(compact.n_files, 250);
	assert_string_equal(compact.algorithm, "lzx");
	wtg_ntfs_abandon(volume);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_comes_back_whatever_it_was_packed_with),
		cmocka_unit_test(a_damaged_one_is_refused),
		cmocka_unit_test(they_are_counted_however_many_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
