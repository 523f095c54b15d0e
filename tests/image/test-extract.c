/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking and extracting whole images, against wimlib-imagex. */
#include "media.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "image/image.h"
#include "wtg/text.h"

/* Counts bytes, and cancels at the n-th call. */
struct counter {
	struct wtg_progress progress;
	uint64_t bytes;
	unsigned calls, cancel_at;
};

static void count(struct wtg_progress *p, uint64_t bytes)
{
	struct counter *c = (struct counter *)p;

	c->bytes += bytes;
	c->calls++;
}

static bool is_enough(struct wtg_progress *p)
{
	struct counter *c = (struct counter *)p;

	return c->cancel_at && c->calls >= c->cancel_at;
}

static struct counter counter(unsigned cancel_at)
{
	return (struct counter){ .progress = { .advance = count, .cancelled = is_enough },
				 .cancel_at = cancel_at };
}

static char *empty_volume(const char *name)
{
	char *path = wtg_text("%s/%s", test_dir(), name);

	test_require("mkntfs");
	free(test_run(NULL, "rm -f %s; truncate -s 64M %s; mkntfs -F -Q -q %s", path,
		      path, path));
	return path;
}

/* A WIM captured from NTFS: with descriptors, links and a stream. */
static char *ntfs_wim(const char *name, const char *options)
{
	_cleanup_free_ char *plain = media_wim("plain.wim", "--compress=none");
	_cleanup_free_ char *volume = empty_volume("source.ntfs");
	char *path = wtg_text("%s/%s", test_dir(), name);

	free(test_run(NULL,
		      "set -e; rm -f %s; wimlib-imagex apply %s 1 %s; "
		      "wimlib-imagex capture %s %s one %s",
		      path, plain, volume, volume, path, options));
	return path;
}

/* VOLUME.txt: everything that wimlib knows of what lies on a volume, but for
 * inode numbers, the order of contents, and times of access, which capturing changes. */
static void take_inventory(const char *volume)
{
	free(test_run(
		NULL,
		"set -e; rm -f %s.wim; "
		"wimlib-imagex capture %s %s.wim x --compress=none; "
		"wimlib-imagex dir --detailed %s.wim | grep -v -e 'Link Group ID' "
		"-e 'Offset in WIM' -e 'Last Access Time' >%s.txt; "
		"grep -q 'Security Descriptor' %s.txt",
		volume, volume, volume, volume, volume, volume));
}

static void extract(const char *from, const char *to)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct counter extracted = counter(0);
	const struct wtg_edition *edition;

	assert_good(wtg_image_open(from, &image, &err));
	edition = wtg_image_edition(image, 0);
	assert_good(wtg_image_extract(image, edition, to, &extracted.progress, &err));
	/* A copy of what is packed, and each content once; the XML counts as it likes. */
	assert_in_range(extracted.bytes, edition->size_bytes / 2, 3 * edition->size_bytes);
}

static void a_volume_is_filled_as_wimapply_fills_it(void **state)
{
	_cleanup_free_ char *wim = ntfs_wim("ntfs.wim", "--compress=LZX");
	_cleanup_free_ char *esd = ntfs_wim("ntfs.esd", "--solid");
	_cleanup_free_ char *theirs = empty_volume("theirs.ntfs");

	(void)state;
	free(test_run(
		NULL,
		"cd %s; cp %s sized.wim; wimlib-imagex split sized.wim install.swm 1; "
		"wimlib-imagex apply %s 1 %s",
		test_dir(), wim, wim, theirs));
	take_inventory(theirs);
	for (unsigned i = 0; i < 4; i++) {
		_cleanup_free_ char *grafts = wtg_text("sources/install.esd=%s", esd);
		_cleanup_free_ char *swms = wtg_text("$(cd %s; for f in *.swm; do "
						     "echo sources/$f=$PWD/$f; done)",
						     test_dir());
		_cleanup_free_ char *from =
			i == 0 ? wtg_text_copy(wim) :
			i == 1 ? wtg_text_copy(esd) :
				 media_iso("x.iso", i == 2 ? grafts : swms);
		_cleanup_free_ char *ours = empty_volume("ours.ntfs");

		extract(from, ours);
		take_inventory(ours);
		free(test_run(NULL, "diff %s.txt %s.txt", theirs, ours));
	}
}

static void extraction_hears_cancellation(void **state)
{
	_cleanup_free_ char *wim = ntfs_wim("ntfs.wim", "--compress=LZX");
	_cleanup_free_ char *grafts = wtg_text("sources/install.wim=%s", wim);
	_cleanup_free_ char *iso = media_iso("x.iso", grafts);
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_edition *edition;

	(void)state;
	assert_good(wtg_image_open(iso, &image, &err));
	edition = wtg_image_edition(image, 0);
	/* The first is the copying out of the ISO. */
	for (unsigned at = 1; at <= 4; at++) {
		_cleanup_free_ char *volume = empty_volume("cancel.ntfs");
		struct counter c = counter(at);

		assert_fails(wtg_image_extract(image, edition, volume, &c.progress, &err),
			     WTG_CANCELLED, "interrupted");
		assert_true(c.bytes < edition->size_bytes);
	}
}

static void a_damaged_file_ends_the_extraction(void **state)
{
	_cleanup_free_ char *wim = ntfs_wim("damaged.wim", "--compress=LZX");
	_cleanup_free_ char *volume = empty_volume("damaged.ntfs");
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	media_patch(wim, 2000, "\xde\xad\xbe\xef", 4);
	assert_good(wtg_image_open(wim, &image, &err));
	assert_fails(
		wtg_image_extract(image, wtg_image_edition(image, 0), volume, NULL, &err),
		WTG_INPUT, "damaged");
}

static void the_integrity_table_is_checked_in_place(void **state)
{
	_cleanup_free_ char *wim = media_wim("check.wim", "--compress=LZX --check");
	_cleanup_free_ char *none = media_wim("nocheck.wim", "--compress=LZX");
	_cleanup_free_ char *grafts = wtg_text("sources/install.wim=%s", wim);

	(void)state;
	/* Bare and in an ISO, good and then damaged. */
	for (size_t i = 0; i < 4; i++) {
		_cleanup_free_ char *path =
			i % 2 ? media_iso("x.iso", grafts) : wtg_text_copy(wim);
		_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
		struct wtg_error err = WTG_ERROR_INIT;
		struct counter c = counter(0);
		const struct wtg_edition *edition;

		assert_good(wtg_image_open(path, &image, &err));
		edition = wtg_image_edition(image, 0);
		if (i < 2) {
			assert_good(wtg_image_check_integrity(image, edition, &c.progress,
							      &err));
			assert_int_equal(c.bytes,
					 wtg_image_integrity_bytes(image, edition));
			assert_true(c.bytes > 100000);
			if (i == 1)
				media_patch(wim, 5000, "xyz", 3);
			continue;
		}
		assert_fails(wtg_image_check_integrity(image, edition, NULL, &err),
			     WTG_INPUT, "differ from its integrity table");
	}
	{
		_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
		struct wtg_error err = WTG_ERROR_INIT;

		assert_good(wtg_image_open(none, &image, &err));
		assert_int_equal(
			wtg_image_integrity_bytes(image, wtg_image_edition(image, 0)), 0);
		assert_fails(wtg_image_check_integrity(image, wtg_image_edition(image, 0),
						       NULL, &err),
			     WTG_INPUT, "has no integrity table");
	}
}

static void the_sha256_is_that_of_sha256sum(void **state)
{
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX");
	_cleanup_free_ char *sum = test_run(NULL, "sha256sum <%s", wim);
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct counter c = counter(0);

	(void)state;
	sum[64] = '\0';
	assert_good(wtg_image_open(wim, &image, &err));
	assert_good(wtg_image_check_sha256(image, sum, &c.progress, &err));
	assert_int_equal(c.bytes, wtg_image_file_bytes(image));
	sum[0] = sum[0] == '0' ? '1' : '0';
	assert_fails(wtg_image_check_sha256(image, sum, NULL, &err), WTG_INPUT,
		     "its SHA-256 is");
	sum[63] = '\0';
	assert_fails(wtg_image_check_sha256(image, sum, NULL, &err), WTG_USAGE, "64 hex");
}

/* A scratch filesystem that takes no large file: the skeleton itself, then its filling
 * in. */
static void a_scratch_that_cannot_hold_the_wim_is_told_so(void **state)
{
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX");
	_cleanup_free_ char *grafts = wtg_text("sources/install.wim=%s", wim);
	_cleanup_free_ char *iso = media_iso("x.iso", grafts);
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_image *none = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct rlimit before, small;

	(void)state;
	assert_good(wtg_image_open(iso, &image, &err));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 65536;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_fails(wtg_image_open(iso, &none, &err), WTG_SYSTEM, "make a sparse file");
	assert_fails(wtg_image_extract(image, wtg_image_edition(image, 0), "none", NULL, &err),
		     WTG_SYSTEM, "File too large");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_volume_is_filled_as_wimapply_fills_it),
		cmocka_unit_test(extraction_hears_cancellation),
		cmocka_unit_test(a_damaged_file_ends_the_extraction),
		cmocka_unit_test(the_integrity_table_is_checked_in_place),
		cmocka_unit_test(the_sha256_is_that_of_sha256sum),
		cmocka_unit_test(a_scratch_that_cannot_hold_the_wim_is_told_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
