/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is it JSON?  RFC 8259 to the letter, so that whoever steps through it need not look
 * again. */
#include "ventoy/json-text.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "wtg/text.h"

#define MAX_DEPTH 32

struct reader {
	const char *text;
	size_t size, at;
	unsigned depth;
	const char *wrong; /* the first thing that is */
};

static bool wrong(struct reader *r, const char *what)
{
	if (!r->wrong)
		r->wrong = what;
	return false;
}

static int peek(const struct reader *r)
{
	return r->at < r->size ? (unsigned char)r->text[r->at] : -1;
}

static bool take(struct reader *r, char c)
{
	if (peek(r) != c)
		return false;
	r->at++;
	return true;
}

static void spaces(struct reader *r)
{
	while (peek(r) >= 0 && strchr(" \t\r\n", peek(r)) && peek(r) != 0)
		r->at++;
}

static bool escape(struct reader *r)
{
	int c = peek(r);

	r->at++;
	if (c != 'u')
		return c > 0 && strchr("\"\\/bfnrt", c) ?
			       true :
			       wrong(r, "an escape that there is not");
	for (int i = 0; i < 4; i++, r->at++) {
		c = peek(r);
		if (c <= 0 || !strchr("0123456789abcdefABCDEF", c))
			return wrong(r, "an escape that there is not");
	}
	return true;
}

static bool string(struct reader *r)
{
	if (!take(r, '"'))
		return wrong(r, "a string is missing");
	while (!take(r, '"')) {
		uint32_t c = 0;
		size_t n;

		if (r->at >= r->size)
			return wrong(r, "a string without an end");
		n = wtg_utf8_next(r->text + r->at, r->size - r->at, &c);
		if (n == 0)
			return wrong(r, "text that is not UTF-8");
		if (c < 0x20)
			return wrong(r, c == '\n' || c == '\r' ?
						"a string without an end" :
						"a control character");
		r->at += n;
		if (c == '\\' && !escape(r))
			return false;
	}
	return true;
}

static bool digits(struct reader *r)
{
	size_t start = r->at;

	while (peek(r) >= '0' && peek(r) <= '9')
		r->at++;
	return r->at > start || wrong(r, "a number that is none");
}

static bool number(struct reader *r)
{
	take(r, '-');
	if (!take(r, '0') && !digits(r))
		return false;
	if (take(r, '.') && !digits(r))
		return false;
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '-'))
			take(r, '+');
		return digits(r);
	}
	return true;
}

static bool word(struct reader *r)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i]);

		if (r->size - r->at >= n && memcmp(r->text + r->at, words[i], n) == 0) {
			r->at += n;
			return true;
		}
	}
	return wrong(r, "a value is missing");
}

static bool value(struct reader *r);

static bool container(struct reader *r, char close)
{
	if (++r->depth >= MAX_DEPTH)
		return wrong(r, "nested too deep");
	r->at++;
	spaces(r);
	if (!take(r, close)) {
		do {
			spaces(r);
			if (close == '}') {
				if (!string(r))
					return false;
				spaces(r);
				if (!take(r, ':'))
					return wrong(r, "a colon is missing");
				spaces(r);
			}
			if (!value(r))
				return false;
			spaces(r);
		} while (take(r, ','));
		if (!take(r, close))
			return wrong(r, close == '}' ? "a comma or } is missing" :
						       "a comma or ] is missing");
	}
	r->depth--;
	return true;
}

static bool value(struct reader *r)
{
	int c = peek(r);

	if (c == '{')
		return container(r, '}');
	if (c == '[')
		return container(r, ']');
	if (c == '"')
		return string(r);
	if (c == '-' || (c >= '0' && c <= '9'))
		return number(r);
	return word(r);
}

static bool document(struct reader *r)
{
	if (r->size >= 2 &&
	    (memcmp(r->text, "\xff\xfe", 2) == 0 || memcmp(r->text, "\xfe\xff", 2) == 0))
		return wrong(r, "UTF-16, which Ventoy does not read");
	if (r->size >= 3 && memcmp(r->text, "\xef\xbb\xbf", 3) == 0)
		r->at = 3;
	spaces(r);
	if (peek(r) != '{')
		return wrong(r, "{ is missing");
	if (!value(r))
		return false;
	spaces(r);
	return r->at == r->size || wrong(r, "something comes after the end");
}

int wtg_json_text_read(const struct wtg_bytes *bytes, const char *path, char **ret,
		       struct wtg_error *err)
{
	struct reader r = { .text = (const char *)bytes->data, .size = bytes->size };
	size_t line = 1;

	if (!document(&r)) {
		for (size_t i = 0; i < r.at && i < r.size; i++)
			line += r.text[i] == '\n';
		return wtg_fail(err, WTG_INPUT, 0, "%s, line %zu: not JSON: %s", path,
				line, r.wrong);
	}
	*ret = wtg_alloc(bytes->size + 1);
	memcpy(*ret, bytes->data, bytes->size);
	return 0;
}
