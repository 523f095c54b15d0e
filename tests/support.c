/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "wtg/text.h"

void test_expect_error(struct wtg_error *err, enum wtg_kind kind, const char *part)
{
	if (!err->message)
		fail_msg("failed without a message");
	if (!strstr(err->message, part))
		fail_msg("expected \"%s\" in \"%s\"", part, err->message);
	assert_int_equal(err->kind, kind);
	wtg_error_done(err);
}

static struct wtg_bytes read_all(FILE *from)
{
	struct wtg_bytes bytes = { 0 };
	size_t capacity = 0;

	for (;;) {
		size_t n;

		if (bytes.size == capacity) {
			capacity = capacity ? capacity * 2 : 1 << 16;
			bytes.data = wtg_realloc(bytes.data, capacity, 1);
		}
		n = fread(bytes.data + bytes.size, 1, capacity - bytes.size, from);
		if (n == 0)
			return bytes;
		bytes.size += n;
	}
}

/* Why the test that runs now is skipped. */
static char skip_reason[256];

void test_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(skip_reason, sizeof(skip_reason), fmt, args);
	va_end(args);
	skip_reason[strcspn(skip_reason, "\n")] = '\0';
	skip();
	abort();
}

/* LeakSanitizer asks this at the end: skipping leaves a test without its cleanup. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return skip_reason[0] != '\0';
}

/*
 * Stands before cmocka's own, through which it says everything: cmocka 1.1.5 calls a skipped
 * test "not ok", and none says why it was skipped.
 */
void print_message(const char *const format, ...)
{
	_cleanup_free_ char *text = NULL;
	unsigned number;
	int name = 0;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	sscanf(text, strncmp(text, "not ", 4) ? "ok %u # SKIP %n" : "not ok %u # SKIP %n", &number,
	       &name);
	if (name == 0) {
		fputs(text, stdout);
		return;
	}
	text[strcspn(text, "\n")] = '\0';
	printf("ok %u - %s # SKIP %s\n", number, text + name, skip_reason);
}

struct wtg_bytes test_hive(const char *name)
{
	const char *dir = getenv("WTGCTL_TEST_HIVES");
	_cleanup_free_ char *command = NULL;
	struct wtg_bytes bytes;
	const char *cat;
	FILE *from;

	if (!dir || access(dir, R_OK) < 0)
		test_skip("WTGCTL_TEST_HIVES names no directory of real hives");
	cat = strlen(name) > 3 && strcmp(name + strlen(name) - 3, ".xz") == 0 ? "xz -dc" : "cat";
	command = wtg_text("%s '%s/%s'", cat, dir, name);
	from = popen(command, "r");
	if (!from)
		fail_msg("cannot run %s", command);
	bytes = read_all(from);
	if (pclose(from) != 0)
		fail_msg("cannot read the hive %s", name);
	return bytes;
}

void test_require(const char *program)
{
	_cleanup_free_ char *command =
		wtg_text("PATH=$PATH:/usr/sbin:/sbin command -v %s >/dev/null", program);

	if (system(command) != 0)
		test_skip("the program %s is not installed", program);
}

char *test_run(int *ret_status, const char *fmt, ...)
{
	_cleanup_free_ char *inner = NULL, *command = NULL;
	struct wtg_bytes output;
	int status;
	va_list args;
	FILE *from;

	va_start(args, fmt);
	if (vasprintf(&inner, fmt, args) < 0)
		abort();
	va_end(args);
	command = wtg_text("exec 2>&1; PATH=$PATH:/usr/sbin:/sbin; export PATH LC_ALL=C; %s", inner);
	from = popen(command, "r");
	if (!from)
		fail_msg("cannot run %s", command);
	output = read_all(from);
	status = pclose(from);
	output.data = wtg_realloc(output.data, output.size + 1, 1);
	output.data[output.size] = '\0';
	if (ret_status)
		*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
	else if (status != 0)
		fail_msg("%s: status %d: %s", inner, status, (char *)output.data);
	return (char *)output.data;
}

static char *the_dir;

static void remove_dir(void)
{
	wtg_scratch_remove(WTG_STEAL(the_dir));
}

const char *test_dir(void)
{
	struct wtg_error err = WTG_ERROR_INIT;

	if (!the_dir) {
		assert_good(wtg_scratch_make(&the_dir, &err));
		atexit(remove_dir);
	}
	return the_dir;
}

int test_file(const char *name, uint64_t size_bytes, char **ret_path)
{
	char *path = wtg_text("%s/%s", test_dir(), name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)size_bytes) < 0)
		fail_msg("cannot make %s", path);
	if (ret_path)
		*ret_path = path;
	else
		free(path);
	return fd;
}

void test_write_file(const char *path, const void *data, size_t size)
{
	FILE *to = fopen(path, "wb");

	if (!to || fwrite(data, 1, size, to) != size || fclose(to) != 0)
		fail_msg("cannot write %s", path);
}

struct wtg_window test_window(int fd, uint64_t size_bytes, struct wtg_ledger *ledger)
{
	return (struct wtg_window){ .fd = fd, .length = size_bytes, .ledger = ledger };
}
