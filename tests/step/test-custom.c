/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "step/custom.h"
#include "wtg/recipe.h"
#include "wtg/text.h"

static const uint8_t seed[16];
static const struct wtg_disk disk = { .path = (char *)"/dev/sdx", .serial = (char *)"4C53" };
static struct wtg_error err;

static const char *path_of(const char *name)
{
	static char paths[16][256];
	static unsigned next;
	char *path = paths[next++ % 16];

	snprintf(path, sizeof(paths[0]), "%s/%s", test_dir(), name);
	return path;
}

static const char *file_of(const char *name, const char *text)
{
	const char *path = path_of(name);

	test_write_file(path, text, strlen(text));
	assert_int_equal(chmod(path, 0600), 0);
	return path;
}

static int read_custom(const struct wtg_request *request, struct wtg_custom *ret)
{
	return wtg_custom_read(request, &disk, seed, ret, &err);
}

static struct wtg_request one_account(const char *password_file)
{
	struct wtg_request request = { 0 };

	request.users.items[request.users.n_items++] = "anna";
	request.password_files.items[request.password_files.n_items++] = password_file;
	return request;
}

static void a_password_is_the_line_without_its_end(void **state)
{
	static const struct {
		const char *file, *password;
	} rows[] = {
		{ "secret", "secret" },
		{ "secret\n", "secret" },
		{ "secret\r\n", "secret" },
		{ "\xef\xbb\xbfsecret\r\n", "secret" },
		{ " two words \n", " two words " },
		{ "gr\xc3\xbc\xc3\x9f\n", "gr\xc3\xbc\xc3\x9f" },
		{ "%s%n\n", "%s%n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_custom_done) struct wtg_custom custom = { 0 };
		const struct wtg_request request = one_account(file_of("word", rows[i].file));

		assert_good(read_custom(&request, &custom));
		assert_int_equal(custom.answers.n_accounts, 1);
		assert_string_equal(custom.answers.accounts[0].name, "anna");
		assert_string_equal(custom.answers.accounts[0].password, rows[i].password);
		assert_null(custom.exposed_password);
	}
}

static void what_is_no_password_is_refused_and_not_told(void **state)
{
	static const struct {
		const char *name, *file, *sentence;
		size_t size;
	} rows[] = {
		{ "a", "", "is empty", 0 },
		{ "b", "\n", "is empty", 1 },
		{ "c", "\xef\xbb\xbf\r\n", "is empty", 5 },
		{ "d", "hunter2\nhunter2\n", "has more than one line", 16 },
		{ "e", "\xff\xfeh\0u\0n\0t\0e\0r\0", "is not UTF-8 text", 14 },
		{ "f", "hun\0ter", "is not UTF-8 text", 7 },
		{ "g", "hunter\xed\xa0\x80", "is not UTF-8 text", 9 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wtg_custom custom = { .n_texts = 77 };
		const char *path = path_of(rows[i].name);
		const struct wtg_request request = one_account(path);

		test_write_file(path, rows[i].file, rows[i].size);
		assert_int_equal(read_custom(&request, &custom), -1);
		assert_null(strstr(err.message, "hunter"));
		test_expect_error(&err, WTG_INPUT, rows[i].sentence);
		assert_int_equal(custom.n_texts, 77);
	}
}

static void a_file_that_cannot_be_a_password_is_named(void **state)
{
	struct wtg_custom custom = { 0 };
	_cleanup_free_ char *large = wtg_text("%*s", 5000, "x");
	struct wtg_request request = one_account(path_of("missing"));

	(void)state;
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "missing");
	request = one_account(test_dir());
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "neither a regular file nor");
	request = one_account("/dev/zero");
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "neither a regular file nor");
	request = one_account(file_of("large", large));
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "no password is so long");
}

static void a_pipe_is_read_and_one_without_a_writer_is_not_waited_for(void **state)
{
	_cleanup_(wtg_custom_done) struct wtg_custom custom = { 0 };
	struct wtg_request request;
	char path[32];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "secret\n", 7), 7);
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	request = one_account(path);
	assert_good(read_custom(&request, &custom));
	assert_string_equal(custom.answers.accounts[0].password, "secret");
	close(ends[0]);

	wtg_custom_done(&custom);
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	request = one_account(path_of("fifo"));
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "is empty");
}

static void a_password_that_others_may_read_is_noticed(void **state)
{
	static const mode_t open[] = { 0640, 0604, 0644 };

	(void)state;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		_cleanup_(wtg_custom_done) struct wtg_custom custom = { 0 };
		const char *path = file_of("exposed", "secret\n");
		const struct wtg_request request = one_account(path);

		assert_int_equal(chmod(path, open[i]), 0);
		assert_good(read_custom(&request, &custom));
		assert_ptr_equal(custom.exposed_password, path);
	}
}

static void accounts_are_administrators_or_standard(void **state)
{
	_cleanup_(wtg_custom_done) struct wtg_custom custom = { 0 };
	struct wtg_request request = { .users = { { "anna", "tom:standard" }, 2 } };

	(void)state;
	assert_good(read_custom(&request, &custom));
	assert_int_equal(custom.answers.n_accounts, 2);
	assert_false(custom.answers.accounts[0].standard);
	assert_string_equal(custom.answers.accounts[1].name, "tom");
	assert_true(custom.answers.accounts[1].standard);
	assert_null(custom.answers.accounts[1].password);

	request.users.items[1] = "tom:admin";
	assert_fails(read_custom(&request, &custom), WTG_USAGE, "nothing but \"standard\"");
	request.users.items[1] = ":standard";
	assert_fails(read_custom(&request, &custom), WTG_USAGE, "the account has no name");
}

static void files_of_the_users_own_come_as_they_are(void **state)
{
	_cleanup_(wtg_custom_done) struct wtg_custom custom = { 0 };
	struct wtg_request request = {
		.unattend = file_of("own.xml", "<unattend/>"),
		.dbx = file_of("dbx.bin", "x"),
		.registry = { { file_of("2.reg", "second"), file_of("1.reg", "first") }, 2 },
	};

	(void)state;
	assert_good(read_custom(&request, &custom));
	assert_int_equal(custom.answer.n_items, 1);
	assert_string_equal(custom.answer.items[0].path, request.unattend);
	assert_memory_equal(custom.answer.items[0].content.data, "<unattend/>", 11);
	assert_int_equal(custom.dbx.n_items, 1);
	assert_int_equal(custom.registry.n_items, 2);
	assert_memory_equal(custom.registry.items[0].content.data, "second", 6);
	assert_memory_equal(custom.registry.items[1].content.data, "first", 5);

	wtg_custom_done(&custom);
	request.registry.items[1] = test_dir();
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "is not a regular file");
	request.registry.items[1] = path_of("nowhere.reg");
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "--registry: open ");
}

static void too_large_files_are_not_read(void **state)
{
	static const struct {
		const char *name;
		size_t offset;
		off_t most;
	} rows[] = {
		{ "huge.xml", offsetof(struct wtg_request, unattend), 1 << 20 },
		{ "huge.bin", offsetof(struct wtg_request, dbx), 1 << 20 },
		{ "huge.reg", offsetof(struct wtg_request, registry.items[0]), 16 << 20 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wtg_custom custom = { 0 };
		struct wtg_request request = { .registry.n_items = i == 2 };
		const char *path = file_of(rows[i].name, "");

		assert_int_equal(truncate(path, rows[i].most + 1), 0);
		memcpy((char *)&request + rows[i].offset, &path, sizeof(path));
		assert_fails(read_custom(&request, &custom), WTG_INPUT, "make sense");
		assert_int_equal(truncate(path, rows[i].most), 0);
		assert_good(read_custom(&request, &custom));
		wtg_custom_done(&custom);
	}
}

/* ------------------------------------------------------------------ drivers */

static void make_drivers(void)
{
	free(test_run(NULL, "cd %s && rm -rf virtio other && mkdir -p virtio/w11/amd64 other/virtio "
			    "&& echo a >virtio/w11/amd64/net.inf && echo b >virtio/B.inf && "
			    "echo c >virtio/a.inf && echo d >other/virtio/x.inf && "
			    "ln -s /etc/passwd virtio/link.inf && ln -s / virtio/root && "
			    "mkfifo virtio/pipe.inf",
		      test_dir()));
}

static void drivers_are_found_below_and_links_are_not_followed(void **state)
{
	static const char *const expected[] = { "virtio-2/x.inf", "virtio/a.inf", "virtio/B.inf",
						"virtio/w11/amd64/net.inf" };
	_cleanup_(wtg_custom_done) struct wtg_custom custom = { 0 };
	struct wtg_request request = { 0 };

	(void)state;
	make_drivers();
	request.drivers = (struct wtg_texts){ { path_of("virtio/"), path_of("other/virtio") }, 2 };
	assert_good(read_custom(&request, &custom));
	assert_int_equal(custom.drivers.n_items, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(custom.drivers.items[i].path, expected[i]);
	assert_memory_equal(custom.drivers.items[3].content.data, "a\n", 2);
	assert_true(custom.answers.drivers);
}

static void what_windows_would_take_for_one_file_is_refused(void **state)
{
	struct wtg_custom custom = { 0 };
	const struct wtg_request request = { .drivers = { { path_of("virtio") }, 1 } };

	(void)state;
	make_drivers();
	file_of("virtio/A.INF", "C");
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "are one file to Windows");
}

static void what_is_no_directory_of_drivers_is_refused(void **state)
{
	struct wtg_custom custom = { 0 };
	struct wtg_request request = { .drivers = { { file_of("setup.exe", "MZ") }, 1 } };

	(void)state;
	assert_int_equal(read_custom(&request, &custom), -1);
	assert_non_null(strstr(err.hint, "Unpack the drivers"));
	test_expect_error(&err, WTG_INPUT, "setup.exe is not a directory");
	free(test_run(NULL, "cd %s && mkdir -p packed && touch packed/setup.exe", test_dir()));
	request.drivers.items[0] = path_of("packed");
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "there is no .inf file in it");
	request.drivers.items[0] = path_of("nowhere");
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "nowhere");
	free(test_run(NULL, "cd %s && mkdir -p deep && cd deep && for i in $(seq 40); do mkdir d && "
			    "cd d; done; touch x.inf", test_dir()));
	request.drivers.items[0] = path_of("deep");
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "directories in each other");
	free(test_run(NULL, "cd %s && mkdir -p wide && truncate -s 1025M wide/a",
		      test_dir()));
	request.drivers.items[0] = path_of("wide");
	assert_fails(read_custom(&request, &custom), WTG_INPUT, "more than 1 GiB");
}

static void accounts_and_passwords_must_match(void **state)
{
	struct wtg_request request = one_account("a");

	(void)state;
	assert_good(wtg_request_check(&request, &err));
	request.auto_logon = true;
	assert_good(wtg_request_check(&request, &err));
	request.users.items[request.users.n_items++] = "bert";
	assert_fails(wtg_request_check(&request, &err), WTG_USAGE, "once for each --user");
	request.password_files.n_items = 0;
	assert_good(wtg_request_check(&request, &err));
	request.users.n_items = 0;
	assert_fails(wtg_request_check(&request, &err), WTG_USAGE, "--auto-logon without --user");
	request = (struct wtg_request){ .users = { { "a", "b" }, 2 },
					.password_files = { { "-", "-" }, 2 } };
	assert_fails(wtg_request_check(&request, &err), WTG_USAGE, "one password only");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_is_the_line_without_its_end),
		cmocka_unit_test(what_is_no_password_is_refused_and_not_told),
		cmocka_unit_test(a_file_that_cannot_be_a_password_is_named),
		cmocka_unit_test(a_pipe_is_read_and_one_without_a_writer_is_not_waited_for),
		cmocka_unit_test(a_password_that_others_may_read_is_noticed),
		cmocka_unit_test(accounts_are_administrators_or_standard),
		cmocka_unit_test(files_of_the_users_own_come_as_they_are),
		cmocka_unit_test(too_large_files_are_not_read),
		cmocka_unit_test(drivers_are_found_below_and_links_are_not_followed),
		cmocka_unit_test(what_windows_would_take_for_one_file_is_refused),
		cmocka_unit_test(what_is_no_directory_of_drivers_is_refused),
		cmocka_unit_test(accounts_and_passwords_must_match),
	};

	return cmocka_run_group_tests_name("custom", tests, NULL, NULL);
}
