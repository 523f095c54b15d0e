/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/custom-inner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "wtg/text.h"

/* Windows takes 127 characters; with room for whoever named the wrong file to be told so. */
#define MAX_BYTES 1024

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct line {
	char bytes[MAX_BYTES + 1]; /* ends with a NUL */
	size_t size;
};

static void wipe(struct line *line)
{
	explicit_bzero(line, sizeof(*line));
}

static int open_password(const char *path, int *ret_fd, struct wtg_error *err)
{
	int fd = wtg_text_equal(path, "-") ?
			 fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) :
			 open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return wtg_fail(err, WTG_INPUT, errno, "--password-file: open %s", path);
	*ret_fd = fd;
	return 0;
}

/* A pipe is waited for; one that nobody writes to has ended already. */
static int await_writer(int fd, const char *path, struct wtg_error *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "--password-file: read %s", path);
	return 0;
}

static int look_at(int fd, const char *path, const char **exposed, struct wtg_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "--password-file: look at %s", path);
	if (S_ISFIFO(st.st_mode))
		return await_writer(fd, path, err);
	if (S_ISCHR(st.st_mode) && isatty(fd)) {
		wtg_fail(err, WTG_INPUT, 0, "--password-file %s is a terminal, which would show it",
			 path);
		return wtg_hint(err, "Put it into a file that only you may read, or pipe it: "
				     "pass show windows | wtgctl ... --password-file -");
	}
	if (!S_ISREG(st.st_mode))
		return wtg_fail(err, WTG_INPUT, 0,
				"--password-file %s is neither a regular file nor a pipe", path);
	if (st.st_mode & (S_IRGRP | S_IROTH))
		*exposed = path;
	return 0;
}

static int read_all(int fd, const char *path, struct line *line, struct wtg_error *err)
{
	ssize_t n;

	while (line->size < MAX_BYTES) {
		n = read(fd, line->bytes + line->size, MAX_BYTES - line->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return wtg_fail(err, WTG_INPUT, errno, "--password-file: read %s", path);
		if (n == 0)
			return 0;
		line->size += (size_t)n;
	}
	return wtg_fail(err, WTG_INPUT, 0,
			"--password-file %s has %d bytes or more: no password is so long", path,
			MAX_BYTES);
}

/* The text of the line: without its end, and without what Notepad puts before it. */
static int judge(const struct line *line, const char *path, const char **ret_text,
		 size_t *ret_length, struct wtg_error *err)
{
	const char *text = line->bytes;
	size_t length = line->size;

	if (wtg_text_starts(text, BYTE_ORDER_MARK)) {
		text += strlen(BYTE_ORDER_MARK);
		length -= strlen(BYTE_ORDER_MARK);
	}
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length > 0 && text[length - 1] == '\r')
		length--;
	if (length == 0)
		return wtg_fail(err, WTG_INPUT, 0, "--password-file %s is empty", path);
	if (memchr(text, '\n', length))
		return wtg_fail(err, WTG_INPUT, 0,
				"--password-file %s has more than one line", path);
	if (memchr(text, '\0', length) || !wtg_utf8_is_valid(text, length))
		return wtg_fail(err, WTG_INPUT, 0, "--password-file %s is not UTF-8 text", path);
	*ret_text = text;
	*ret_length = length;
	return 0;
}

int wtg_custom_read_password(const char *path, char **ret, const char **exposed,
			     struct wtg_error *err)
{
	_cleanup_(wipe) struct line line = { 0 };
	_cleanup_fd_ int fd = -1;
	const char *text;
	size_t length;

	if (open_password(path, &fd, err) < 0 || look_at(fd, path, exposed, err) < 0 ||
	    read_all(fd, path, &line, err) < 0 ||
	    judge(&line, path, &text, &length, err) < 0)
		return -1;
	*ret = wtg_text("%.*s", (int)length, text);
	return 0;
}
