/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/worker.h"
#include "base/xz.h"
#include "ventoy/payload.h"
#include "wtg/text.h"

static struct wtg_error err;

/* The stand-in release, made once: DIR/ventoy-1.1.00 and DIR/ventoy-1.1.00-linux.tar.gz. */
static const char *release(void)
{
	static char *dir;

	test_require("grub-mkimage");
	if (access("/usr/lib/grub/i386-pc/boot.img", R_OK) < 0 ||
	    access("/usr/lib/grub/i386-efi", R_OK) < 0 ||
	    access("/usr/lib/grub/x86_64-efi", R_OK) < 0)
		test_skip("GRUB for i386-pc, x86_64-efi and i386-efi is not installed");
	if (!dir) {
		dir = wtg_text("%s/release", test_dir());
		free(test_run(NULL, "'%s' '%s'", getenv("MAKE_PAYLOAD"), dir));
	}
	return dir;
}

/* A copy of the folder, after a change made in it by sh; its path is the caller's. */
static char *changed(const char *change)
{
	const char *from = release();
	char *dir = wtg_text("%s/changed", test_dir());

	free(test_run(NULL,
		      "set -e; rm -rf '%s'; mkdir '%s'; cp -r %s/ventoy-1.1.00 '%s'; "
		      "cd '%s/ventoy-1.1.00'; %s", dir, dir, from, dir, dir, change));
	return dir;
}

/* What a command in dir puts out. */
static char *packed(const char *dir, const char *command)
{
	char *path = wtg_text("%s/packed", test_dir());

	free(test_run(NULL, "set -e; rm -f '%s'; cd '%s'; { %s; } >'%s'", path, dir, command, path));
	return path;
}

static int read_path(const char *path, const char *sha256, struct wtg_ventoy_payload *ret)
{
	_cleanup_(wtg_ventoy_source_closep) struct wtg_ventoy_source *source = NULL;

	if (wtg_ventoy_source_open(path, sha256, &source, &err) < 0)
		return -1;
	return wtg_ventoy_payload_read(source, ret, &err);
}

static void reads_well(const char *path)
{
	_cleanup_(wtg_ventoy_payload_done) struct wtg_ventoy_payload payload = { 0 };

	assert_good(read_path(path, NULL, &payload));
	assert_string_equal(payload.version.text, "1.1.00");
	assert_int_equal(payload.core.size, WTG_VENTOY_CORE_BYTES);
	assert_int_equal(payload.volume.size, WTG_VENTOY_VOLUME_BYTES);
	assert_memory_equal(payload.boot, "\xeb\x63\x90", 3);
	assert_memory_equal(payload.volume.data + 43, "VTOYEFI    ", 11);
}

static void refuses(const char *path, const char *part)
{
	struct wtg_ventoy_payload payload = { 0 };

	assert_fails(read_path(path, NULL, &payload), WTG_INPUT, part);
	assert_null(payload.core.data);
	assert_null(payload.volume.data);
}

/* A folder after a change, and a tarball of it, are refused alike. */
static void refuses_changed(const char *change, const char *part)
{
	_cleanup_free_ char *dir = changed(change);
	_cleanup_free_ char *folder = wtg_text("%s/ventoy-1.1.00", dir);
	_cleanup_free_ char *tarball = packed(dir, "tar -czf - ventoy-1.1.00");

	refuses(folder, part);
	refuses(tarball, part);
}

static void refuses_tarball(const char *command, const char *part)
{
	_cleanup_free_ char *tarball = packed(release(), command);

	refuses(tarball, part);
}

/* ------------------------------------------------------------------ good ones */

static void reads_the_tarball_and_the_folder(void **state)
{
	_cleanup_free_ char *tarball = wtg_text("%s/ventoy-1.1.00-linux.tar.gz", release());
	_cleanup_free_ char *folder = wtg_text("%s/ventoy-1.1.00", release());

	(void)state;
	reads_well(tarball);
	reads_well(folder);
}

static void reads_other_archives_of_the_same(void **state)
{
	static const char *const commands[] = {
		"tar -cf - ventoy-1.1.00",
		"tar -cf - ./ventoy-1.1.00",
		"tar -cf - --format=pax ventoy-1.1.00",
		"tar -cJf - ventoy-1.1.00",
		"rm -f x.zip; 7z a -tzip x.zip ventoy-1.1.00 >/dev/null; cat x.zip",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		_cleanup_free_ char *path = packed(release(), commands[i]);

		reads_well(path);
	}
}

/* Without files, as nobody: what libarchive and the C library open is there before. */
static int read_in_worker(void *context, struct wtg_progress *progress,
			  struct wtg_packet *reply, struct wtg_error *e)
{
	_cleanup_(wtg_ventoy_payload_done) struct wtg_ventoy_payload payload = { 0 };

	(void)progress;
	if (wtg_ventoy_payload_read(context, &payload, e) < 0)
		return -1;
	wtg_packet_text(reply, payload.version.text);
	return 0;
}

static void read_confined(const char *path)
{
	_cleanup_(wtg_ventoy_source_closep) struct wtg_ventoy_source *source = NULL;
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	struct wtg_errand errand = { .who = "the reader", .blame = WTG_INPUT,
				     .work = read_in_worker };
	struct wtg_reader reader;

	assert_good(wtg_ventoy_source_open(path, NULL, &source, &err));
	errand.context = source;
	errand.descriptors = wtg_ventoy_source_descriptors(source, &errand.n_descriptors);
	assert_good(wtg_worker_run(&errand, NULL, &reply, &err));
	reader = wtg_reader(&reply);
	assert_string_equal(wtg_read_text(&reader), "1.1.00");
}

static void needs_no_power_to_be_read(void **state)
{
	_cleanup_free_ char *tarball = wtg_text("%s/ventoy-1.1.00-linux.tar.gz", release());
	_cleanup_free_ char *folder = wtg_text("%s/ventoy-1.1.00", release());
	_cleanup_free_ char *dir = changed("echo x >'\xc3\xa4\xe2\x82\xac'");
	_cleanup_free_ char *foreign = NULL;

	(void)state;
	read_confined(tarball);
	read_confined(folder);
	foreign = packed(dir, "tar -czf - --format=pax ventoy-1.1.00");
	read_confined(foreign);
	free(foreign);
	foreign = packed(dir, "tar -cJf - --format=gnu ventoy-1.1.00");
	read_confined(foreign);
	free(foreign);
	foreign = packed(dir, "rm -f x.zip; 7z a -tzip x.zip ventoy-1.1.00 >/dev/null; cat x.zip");
	read_confined(foreign);
}

/* ------------------------------------------------------------------ the hash */

static void looks_at_the_hash_before_anything_else(void **state)
{
	static const char nothing[] =
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	_cleanup_free_ char *tarball = wtg_text("%s/ventoy-1.1.00-linux.tar.gz", release());
	_cleanup_free_ char *sum = test_run(NULL, "sha256sum '%s'", tarball);
	_cleanup_free_ char *garbage = packed(release(), "echo garbage");
	_cleanup_(wtg_ventoy_payload_done) struct wtg_ventoy_payload payload = { 0 };

	(void)state;
	sum[64] = '\0';
	assert_good(read_path(tarball, sum, &payload));
	assert_fails(read_path(tarball, nothing, &payload), WTG_INPUT, sum);
	assert_fails(read_path(garbage, nothing, &payload), WTG_INPUT, nothing);
	assert_fails(read_path(tarball, "12", &payload), WTG_USAGE, "\"12\" is no SHA-256");
	assert_fails(read_path(release(), nothing, &payload), WTG_USAGE, "is a folder");
}

/* ------------------------------------------------------------------ what is no release */

static void refuses_what_is_no_release(void **state)
{
	_cleanup_free_ char *large = wtg_text("%s/large", test_dir());

	(void)state;
	refuses("/dev/null", "neither a file nor a folder");
	refuses("/nowhere", "open /nowhere: No such file");
	refuses(release(), "there is no file boot/boot.img in it");
	refuses_tarball("cat /dev/null", "cannot be read");
	refuses_tarball("echo text", "cannot be read");
	refuses_tarball("head -c 70000 /dev/urandom", "cannot be read");
	refuses_tarball("cd ventoy-1.1.00; tar -czf - .",
			"there is no ventoy-X.Y.Z/boot/boot.img in it");
	refuses_tarball("tar -czf - ventoy-1.1.00/boot", "no ventoy-X.Y.Z/ventoy/ventoy.disk.img.xz");
	free(test_run(NULL, "truncate -s 300M '%s'", large));
	refuses(large, "it has 314572800 bytes");
}

static void refuses_a_truncated_one(void **state)
{
	static const unsigned sizes[] = { 1, 20, 1000, 50000, 200000, 400000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		_cleanup_free_ char *command =
			wtg_text("head -c %u ventoy-1.1.00-linux.tar.gz", sizes[i]);

		refuses_tarball(command, "cannot be read");
	}
	refuses_tarball("tar -cf - ventoy-1.1.00 | head -c 300000", "cannot be read");
}

static void refuses_paths_that_lead_out(void **state)
{
	(void)state;
	refuses_tarball("tar -czf - --transform='s,.*Ventoy2.*,../../etc/x,' ventoy-1.1.00",
			"leads out of its folder, \"../../etc/x\"");
	refuses_tarball("tar -czPf - --transform='s,.*Ventoy2.*,/etc/x,' ventoy-1.1.00",
			"leads out of its folder, \"/etc/x\"");
	refuses_tarball("tar -czPf - --transform='s,Ventoy2.*,boot/..,' ventoy-1.1.00",
			"leads out of its folder");
}

static void refuses_links_and_devices_in_place_of_files(void **state)
{
	(void)state;
	refuses_changed("rm boot/boot.img; ln -s ../ventoy/version boot/boot.img",
			"boot/boot.img");
	refuses_changed("mv boot b; ln -s b boot", "boot/boot.img");
	refuses_changed("rm boot/boot.img; mkfifo boot/boot.img", "boot.img");
	refuses_changed("rm boot/boot.img; mkdir boot/boot.img", "boot");
	refuses_tarball("cp -al ventoy-1.1.00 t; ln -f t/Ventoy2Disk.sh t/boot/boot.img; "
			"tar -czf - --transform='s,^t/,ventoy-1.1.00/,' t/Ventoy2Disk.sh t/boot "
			"t/ventoy; rm -r t", "is not a file there but a link");
}

static void refuses_two_of_one(void **state)
{
	(void)state;
	refuses_tarball("tar --hard-dereference -czf - ventoy-1.1.00 "
			"ventoy-1.1.00/boot/boot.img",
			"has boot/boot.img twice");
	refuses_tarball("cp -r ventoy-1.1.00 ventoy-x; tar -czf - ventoy-1.1.00 ventoy-x; "
			"rm -r ventoy-x", "has two releases in it, ventoy-1.1.00 and ventoy-x");
}

/* ------------------------------------------------------------------ bombs */

static void does_not_unpack_what_would_fill_memory(void **state)
{
	(void)state;
	/* Members of a gzip file may follow each other. */
	refuses_tarball("truncate -s 2G big; { tar --format=ustar -cf - big 2>/dev/null || :; } | "
			"head -c 512 | gzip; "
			"head -c 1M /dev/zero | gzip >z; for i in $(seq 600); do cat z; done",
			"unpacks to more than 512 MiB");
	refuses_tarball("cd ventoy-1.1.00; seq 20001 | sed s/.*/version/ | "
			"tar -C ventoy -czf - -T -", "has more than 20000 members");
	refuses_tarball("mkdir -p b/ventoy-1/boot; truncate -s 1M b/ventoy-1/boot/boot.img; "
			"tar -C b -czf - ventoy-1", "boot/boot.img has more than 512 bytes");
}

static void does_not_unpack_xz_that_would(void **state)
{
	(void)state;
	refuses_changed("head -c 50M /dev/zero | xz -0 >boot/core.img.xz",
			"boot/core.img.xz unpacks to more than 1048064 bytes");
	refuses_changed("head -c 1048064 /dev/zero | xz --lzma2=dict=512MiB >boot/core.img.xz",
			"boot/core.img.xz would need more than 80 MiB");
}

/* ------------------------------------------------------------------ what is not as it must be */

static void refuses_xz_that_is_damaged(void **state)
{
	(void)state;
	refuses_changed("truncate -s 1000 boot/core.img.xz", "boot/core.img.xz is truncated");
	refuses_changed("truncate -s 0 boot/core.img.xz", "boot/core.img.xz is truncated");
	refuses_changed("seq 100 >boot/core.img.xz", "boot/core.img.xz is no .xz file");
	refuses_changed("echo text >>boot/core.img.xz", "boot/core.img.xz goes on behind its end");
	refuses_changed("printf x | dd conv=notrunc of=boot/core.img.xz bs=1 seek=90000",
			"boot/core.img.xz is damaged");
	refuses_changed("head -c 1048063 /dev/zero | xz >boot/core.img.xz",
			"boot/core.img.xz unpacks to 1048063 bytes, not to 1048064");
	refuses_changed("head -c 1000 /dev/zero | xz >ventoy/ventoy.disk.img.xz",
			"ventoy/ventoy.disk.img.xz unpacks to 1000 bytes, not to 33554432");
}

static void refuses_boot_code_that_is_not_ventoys(void **state)
{
	(void)state;
	refuses_changed("cp /usr/lib/grub/i386-pc/boot.img boot/boot.img", "has not the marks");
	refuses_changed("printf x | dd conv=notrunc of=boot/boot.img bs=1 seek=5", "not the marks");
	refuses_changed("truncate -s 511 boot/boot.img", "boot/boot.img has 511 bytes, not 512");
	refuses_changed("head -c 1048064 /dev/zero | xz >boot/core.img.xz",
			"does not hold a GRUB that continues in sector 2");
}

static void refuses_a_volume_that_is_not_ventoys(void **state)
{
	(void)state;
#define VOLUME(change)                                                                   \
	"xz -d ventoy/ventoy.disk.img.xz; " change "; xz -0 ventoy/ventoy.disk.img"
	refuses_changed(VOLUME("mlabel -i ventoy/ventoy.disk.img ::OTHER"),
			"it has another label than VTOYEFI");
	refuses_changed(VOLUME("mkfs.fat -F 32 -s 1 -n VTOYEFI ventoy/ventoy.disk.img"),
			"it has no FAT16");
	refuses_changed("head -c 33554432 /dev/zero | xz -0 >ventoy/ventoy.disk.img.xz",
			"it has no boot sector");
}

static void refuses_a_version_that_is_none_or_too_old(void **state)
{
	(void)state;
	refuses_changed("echo one >ventoy/version", "says \"one\", which is no version");
	refuses_changed(": >ventoy/version", "says \"\", which is no version");
	refuses_changed("echo 1.0.20 >ventoy/version", "is Ventoy 1.0.20, which is too old");
	refuses_changed("head -c 65 /dev/zero >ventoy/version", "ventoy/version");
}

/* ------------------------------------------------------------------ xz alone */

static void unpacks_every_check_that_xz_makes(void **state)
{
	static const char *const checks[] = { "none", "crc32", "crc64", "sha256" };

	(void)state;
	test_require("xz");
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct wtg_bytes packed = { 0 }, plain = { 0 };
		_cleanup_free_ char *hex = test_run(
			NULL, "seq 1000 | xz --check=%s | od -An -v -tx1 | tr -d ' \\n'", checks[i]);

		packed.size = strlen(hex) / 2;
		packed.data = calloc(1, packed.size);
		for (size_t at = 0; at < packed.size; at++)
			sscanf(hex + 2 * at, "%2hhx", &packed.data[at]);
		assert_good(wtg_xz_unpack(&packed, 3893, "numbers", &plain, &err));
		assert_memory_equal(plain.data, "1\n2\n3\n", 6);
		wtg_bytes_done(&plain);
		wtg_bytes_done(&packed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_tarball_and_the_folder),
		cmocka_unit_test(reads_other_archives_of_the_same),
		cmocka_unit_test(needs_no_power_to_be_read),
		cmocka_unit_test(looks_at_the_hash_before_anything_else),
		cmocka_unit_test(refuses_what_is_no_release),
		cmocka_unit_test(refuses_a_truncated_one),
		cmocka_unit_test(refuses_paths_that_lead_out),
		cmocka_unit_test(refuses_links_and_devices_in_place_of_files),
		cmocka_unit_test(refuses_two_of_one),
		cmocka_unit_test(does_not_unpack_what_would_fill_memory),
		cmocka_unit_test(does_not_unpack_xz_that_would),
		cmocka_unit_test(refuses_xz_that_is_damaged),
		cmocka_unit_test(refuses_boot_code_that_is_not_ventoys),
		cmocka_unit_test(refuses_a_volume_that_is_not_ventoys),
		cmocka_unit_test(refuses_a_version_that_is_none_or_too_old),
		cmocka_unit_test(unpacks_every_check_that_xz_makes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
