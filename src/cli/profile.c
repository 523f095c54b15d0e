/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile-lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>

#include "wtg/cleanup.h"
#include "wtg/text.h"

#define MAX_BYTES (1 << 20)
#define MAX_SECTIONS 100
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* inih's buffers: a line has 200 bytes unless it was built otherwise, two of them for its end
 * and one for a NUL, and the name of a section 50. */
#define MAX_LINE 190
#define MAX_NAME 40

#define BLANKS " \t"

struct parser {
	const char *at, *end; /* what inih has not seen yet */
	unsigned number;      /* of the line that it saw last */
	struct cli_profile_lines lines;
	struct wtg_error *err;
	bool failed;
};

static int fail(struct parser *parser, const char *sentence)
{
	if (!parser->failed)
		wtg_fail(parser->err, WTG_USAGE, 0, "%s, line %u: %s", parser->lines.path,
			 parser->number, sentence);
	parser->failed = true;
	return -1;
}

static void *grown(void *items, size_t count, size_t size)
{
	void *more = reallocarray(items, count, size);

	if (!more)
		abort();
	return more;
}

/* ------------------------------------------------------------------ what can be a line */

/* "x ; why", "x # why": inih cuts the first, and neither can be told from a value. */
static bool has_comment(const char *text)
{
	for (const char *at = text; (at = strpbrk(at, BLANKS)); at++)
		if (at[1] == ';' || (at[1] == '#' && at[2] && strchr(BLANKS, at[2])))
			return true;
	return false;
}

const char *cli_profile_why_no_line(const char *key, const char *value)
{
	_cleanup_free_ char *printable = wtg_text_printable(value);
	_cleanup_free_ char *line = wtg_text("%s = %s", key, value);
	size_t length = strlen(value);

	if (length == 0)
		return "needs a value";
	if (strchr(BLANKS, value[0]) || strchr(BLANKS, value[length - 1]))
		return "has a blank at one end";
	if (value[0] == '"' || value[0] == '\'')
		return "begins with a quote, which would belong to it";
	if (has_comment(line))
		return "has what looks like a comment; comments have lines of their own";
	if (!wtg_text_equal(printable, value))
		return "has what is no text, or cannot be seen";
	if (strlen(line) > MAX_LINE)
		return "is too long for a line";
	return NULL;
}

static size_t section_of(struct cli_profile_lines *lines, const char *name)
{
	for (size_t i = 0; i < lines->n_sections; i++)
		if (wtg_text_equal(lines->sections[i], name))
			return i;
	lines->sections = grown(lines->sections, lines->n_sections + 1, sizeof(char *));
	lines->sections[lines->n_sections] = wtg_text_copy(name);
	return lines->n_sections++;
}

/* "[name]" */
static int check_section(struct parser *parser, const char *line)
{
	_cleanup_free_ char *name = wtg_text_copy(line + 1);
	_cleanup_free_ char *printable = NULL;
	size_t length = strcspn(name, "]");

	if (name[length] == '\0' || name[length + 1] != '\0')
		return fail(parser, "a section is [NAME], and nothing else");
	name[length] = '\0';
	printable = wtg_text_printable(name);
	if (length == 0 || length > MAX_NAME || strpbrk(name, BLANKS ":[") ||
	    !wtg_text_equal(printable, name))
		return fail(parser, "a section's name has 1 to 40 bytes, and no blanks or colons");
	section_of(&parser->lines, name);
	if (parser->lines.n_sections > MAX_SECTIONS + 1)
		return fail(parser, "there are more than 100 sections");
	return 0;
}

static int check_line(struct parser *parser, const char *line)
{
	for (const char *c = line; *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			return fail(parser, "there is a control character");
	if (strlen(line) > MAX_LINE)
		return fail(parser, "it has more than 190 bytes");
	if (has_comment(line))
		return fail(parser, "there is what looks like a comment; comments have lines of "
				    "their own");
	if (*line == '[')
		return check_section(parser, line);
	if (!strpbrk(line, "=:")) {
		fail(parser, "it is neither KEY = VALUE nor [SECTION]");
		return wtg_hint(parser->err, "For a flag, write: %s = yes", line);
	}
	return 0;
}

/* ------------------------------------------------------------------ inih */

/* The next line, without blanks around it (a line that begins with some would belong to the one
 * before) and without its end; of a comment, nothing. */
static char *next_line(struct parser *parser)
{
	const char *start = parser->at;
	const char *newline = memchr(start, '\n', (size_t)(parser->end - start));
	const char *stop = newline ? newline : parser->end;

	parser->at = newline ? newline + 1 : parser->end;
	parser->number++;
	if (stop > start && stop[-1] == '\r')
		stop--;
	while (start < stop && strchr(BLANKS, *start))
		start++;
	while (stop > start && strchr(BLANKS, stop[-1]))
		stop--;
	if (start < stop && strchr(";#", *start))
		stop = start;
	return wtg_text("%.*s", (int)(stop - start), start);
}

static char *give_line(char *buffer, int size, void *stream)
{
	struct parser *parser = stream;
	_cleanup_free_ char *line = NULL;

	if (parser->failed || parser->at == parser->end)
		return NULL;
	line = next_line(parser);
	if (*line && check_line(parser, line) < 0)
		return NULL;
	if (strlen(line) + 2 > (size_t)size) {
		fail(parser, "it is too long for this build of inih");
		return NULL;
	}
	strcpy(buffer, line);
	strcat(buffer, "\n");
	return buffer;
}

static int take_line(void *user, const char *section, const char *key, const char *value)
{
	struct parser *parser = user;
	struct cli_profile_lines *lines = &parser->lines;
	const char *why = cli_profile_why_no_line(key, value);
	_cleanup_free_ char *sentence = NULL;

	if (parser->failed)
		return 0;
	if (why) {
		sentence = wtg_text("what is given for \"%s\" %s", key, why);
		fail(parser, sentence);
		return 0;
	}
	if (lines->n_items == lines->capacity) {
		lines->capacity = lines->capacity ? lines->capacity * 2 : 16;
		lines->items = grown(lines->items, lines->capacity, sizeof(*lines->items));
	}
	lines->items[lines->n_items++] = (struct cli_profile_line){
		.section = section_of(lines, section),
		.key = wtg_text_copy(key),
		.value = wtg_text_copy(value),
		.number = parser->number,
	};
	return 1;
}

void cli_profile_lines_done(struct cli_profile_lines *lines)
{
	for (size_t i = 0; i < lines->n_items; i++) {
		free(lines->items[i].key);
		free(lines->items[i].value);
	}
	for (size_t i = 0; i < lines->n_sections; i++)
		free(lines->sections[i]);
	free(lines->items);
	free(lines->sections);
	free(lines->path);
	*lines = (struct cli_profile_lines){ 0 };
}

int cli_profile_parse(const char *text, size_t size, const char *path,
		      struct cli_profile_lines *ret, struct wtg_error *err)
{
	struct parser parser = { .at = text, .end = text + size, .err = err };
	int status;

	if (memchr(text, '\0', size))
		return wtg_fail(err, WTG_USAGE, 0, "%s is no text: there is a NUL in it", path);
	if (size >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0)
		parser.at += 3;
	parser.lines.path = wtg_text_copy(path);
	section_of(&parser.lines, "");
	status = ini_parse_stream(give_line, &parser, take_line, &parser);
	if (!parser.failed && status != 0)
		wtg_fail(err, WTG_USAGE, 0, "%s, line %d: it is no line of a profile", path, status);
	if (parser.failed || status != 0) {
		cli_profile_lines_done(&parser.lines);
		return -1;
	}
	*ret = parser.lines;
	return 0;
}

/* ------------------------------------------------------------------ the file */

static int read_text(int fd, const char *path, char *text, size_t *ret_size,
		     struct wtg_error *err)
{
	size_t size = 0;
	ssize_t n;

	while ((n = read(fd, text + size, MAX_BYTES + 1 - size)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return wtg_fail(err, WTG_INPUT, errno, "read the profile %s", path);
		size += (size_t)n;
		if (size > MAX_BYTES)
			return wtg_fail(err, WTG_INPUT, 0,
					"the profile %s has more than 1 MiB", path);
	}
	*ret_size = size;
	return 0;
}

int cli_profile_read(const char *path, struct cli_profile_lines *ret, struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_cleanup_free_ char *text = grown(NULL, MAX_BYTES + 1, 1);
	struct stat st;
	size_t size;

	if (fd < 0 || fstat(fd, &st) < 0)
		return wtg_fail(err, WTG_INPUT, errno, "open the profile %s", path);
	if (!S_ISREG(st.st_mode))
		return wtg_fail(err, WTG_INPUT, 0, "the profile %s is not a regular file", path);
	if (read_text(fd, path, text, &size, err) < 0)
		return -1;
	return cli_profile_parse(text, size, path, ret, err);
}
