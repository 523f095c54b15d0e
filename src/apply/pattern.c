/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

static bool is_separator(char c)
{
	return c == '/' || c == '\\';
}

static uint16_t lower(uint16_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint16_t)(c + 'a' - 'A') : c;
}

static bool unit_matches(char pattern, uint16_t unit)
{
	return pattern == '?' || lower((unsigned char)pattern) == lower(unit);
}

/* A part of a pattern, length long, and a whole name.  Goes back to the last "*" alone: what an
 * earlier one could take in its place, the later one takes as well. */
static bool part_matches(const char *pattern, size_t length, struct wtg_name16 name)
{
	size_t p = 0, n = 0, star = SIZE_MAX, star_n = 0;

	/* Most names differ at their end already, and there are many. */
	if (length > 0 && name.n_units > 0 && pattern[length - 1] != '*' &&
	    !unit_matches(pattern[length - 1], wtg_le16(name.data + 2 * name.n_units - 2)))
		return false;
	while (n < name.n_units) {
		if (p < length && pattern[p] == '*') {
			star = p++;
			star_n = n;
		} else if (p < length &&
			   unit_matches(pattern[p], wtg_le16(name.data + 2 * n))) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++star_n;
		} else {
			return false;
		}
	}
	while (p < length && pattern[p] == '*')
		p++;
	return p == length;
}

struct wtg_pattern wtg_pattern_parse(const char *text)
{
	struct wtg_pattern pattern = {
		.text = text,
		.length = strlen(text),
		.of_name = !strpbrk(text, "/\\"),
	};

	while (pattern.n_parts < WTG_PATTERN_PARTS) {
		while (is_separator(*text))
			text++;
		if (!*text)
			break;
		pattern.parts[pattern.n_parts].text = text;
		while (*text && !is_separator(*text))
			text++;
		pattern.parts[pattern.n_parts].length =
			(size_t)(text - pattern.parts[pattern.n_parts].text);
		pattern.n_parts++;
	}
	return pattern;
}

bool wtg_pattern_matches(const struct wtg_pattern *pattern,
			 const struct wtg_pattern_path *path)
{
	if (pattern->of_name)
		return part_matches(pattern->text, pattern->length, path->name);
	if (pattern->n_parts > path->n_parts)
		return false;
	/* From the last: many paths begin alike. */
	for (size_t i = pattern->n_parts; i-- > 0;)
		if (!part_matches(pattern->parts[i].text, pattern->parts[i].length,
				  path->parts[i]))
			return false;
	return true;
}

/* ------------------------------------------------------------------ lists of them */

void wtg_patterns_done(struct wtg_patterns *patterns)
{
	for (size_t i = 0; i < patterns->n_items; i++)
		free((char *)patterns->items[i].text);
	free(patterns->items);
	*patterns = (struct wtg_patterns){ 0 };
}

void wtg_patterns_add(struct wtg_patterns *patterns, const char *text)
{
	char *pattern = wtg_text_copy(text), *to = pattern;

	for (const char *from = text; *from; from++)
		if ((unsigned char)*from < 0x80)
			*to++ = *from;
		else if (from == text || (unsigned char)from[-1] < 0x80)
			*to++ = '*';
	*to = '\0';
	WTG_APPEND(patterns, wtg_pattern_parse(pattern));
}

static char *to_text(const struct wtg_bytes *file)
{
	char *text;

	if (file->size >= 2 && wtg_le16(file->data) == 0xfeff)
		return wtg_utf16_to_utf8(file->data + 2, file->size - 2);
	text = wtg_alloc(file->size + 1);
	if (file->size)
		memcpy(text, file->data, file->size);
	return text;
}

/* Without spaces and quotes at its ends, and without a drive's letter. */
static char *trim(char *line)
{
	size_t length;

	line += strspn(line, " \t\"");
	length = strlen(line);
	while (length > 0 && strchr(" \t\"", line[length - 1]))
		line[--length] = '\0';
	return length > 2 && line[1] == ':' && is_separator(line[2]) ? line + 2 : line;
}

/* "[PrepopulateList]" */
static bool is_section(const char *line, const char *section)
{
	_cleanup_free_ char *head = wtg_text("[%s]", section);

	return wtg_text_equal_fold(line, head);
}

bool wtg_patterns_read(struct wtg_patterns *patterns, const struct wtg_bytes *file,
		       const char *section, size_t max)
{
	_cleanup_free_ char *text = to_text(file);
	bool wanted = false;
	char *rest = NULL;

	for (char *raw = strtok_r(text, "\r\n", &rest); raw;
	     raw = strtok_r(NULL, "\r\n", &rest)) {
		char *line = trim(raw);

		if (*line == '[')
			wanted = is_section(line, section);
		if (!wanted || *line == '[' || *line == '\0' || *line == ';' || *line == '#')
			continue;
		if (patterns->n_items == max)
			return false;
		wtg_patterns_add(patterns, line);
	}
	return true;
}
