/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/inf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "windows/inf-inner.h"
#include "wtg/text.h"

/* The largest that vendors of audio drivers ship have some 5 MB. */
#define MAX_BYTES (16u << 20)
#define MAX_LINES 200000u
#define MAX_SECTIONS 50000u
#define MAX_FIELDS 1000000u /* of all lines together */

/* One line, as it is taken apart. */
struct scan {
	const char *at; /* in the text, which ends with a NUL */
	unsigned number;
	size_t n_fields; /* so far, of all lines */
	struct wtg_inf *inf;
	struct wtg_error *err;
};

static void free_line(struct wtg_inf_line *line)
{
	for (size_t i = 0; i < line->n_fields; i++)
		free(line->fields[i]);
	free(line->fields);
	free(line->key);
}

void wtg_inf_done(struct wtg_inf *inf)
{
	for (size_t i = 0; i < inf->n_items; i++) {
		struct wtg_inf_section *section = &inf->items[i];

		for (size_t j = 0; j < section->n_items; j++)
			free_line(&section->items[j]);
		free(section->items);
		free(section->name);
	}
	free(inf->items);
	*inf = (struct wtg_inf){ 0 };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r' || c == '\x1a';
}

static bool is_end(const char *p)
{
	return *p == '\0' || *p == '\n';
}

static void skip_blanks(struct scan *scan)
{
	while (is_blank(*scan->at))
		scan->at++;
}

/* A '\' with nothing but blanks or a comment between it and the end of its line. */
static bool skip_continuation(struct scan *scan)
{
	const char *p = scan->at + 1;

	while (is_blank(*p))
		p++;
	if (*p == ';')
		p += strcspn(p, "\n");
	if (*p != '\n')
		return false;
	scan->at = p + 1;
	scan->number++;
	skip_blanks(scan);
	return true;
}

struct field {
	char *items;
	size_t n_items, capacity;
	size_t solid; /* up to here no blank is cut off */
};

/* What stands between quotes, which the end of the line ends, too; at is behind the first. */
static void take_quoted(struct scan *scan, struct field *field)
{
	while (!is_end(scan->at)) {
		char c = *scan->at++;

		if (c == '"' && *scan->at != '"')
			return;
		if (c == '"')
			scan->at++;
		if (c != '\r' || !is_end(scan->at))
			WTG_APPEND(field, c);
	}
}

/* Up to one of those that end it, outside of quotes: a field, or a key.  The caller frees. */
static char *take(struct scan *scan, const char *ends)
{
	struct field field = { 0 };

	skip_blanks(scan);
	while (!is_end(scan->at) && *scan->at != ';' && !strchr(ends, *scan->at)) {
		if (*scan->at == '\\' && skip_continuation(scan))
			continue;
		if (*scan->at == '"') {
			scan->at++;
			take_quoted(scan, &field);
			field.solid = field.n_items;
			continue;
		}
		WTG_APPEND(&field, *scan->at);
		if (!is_blank(*scan->at++))
			field.solid = field.n_items;
	}
	field.n_items = field.solid;
	WTG_APPEND(&field, '\0');
	return wtg_realloc(field.items, field.n_items, 1);
}

static int add_field(struct scan *scan, struct wtg_inf_line *line, char *field)
{
	if (scan->n_fields++ == MAX_FIELDS) {
		free(field);
		return wtg_fail(scan->err, WTG_INPUT, 0,
				"line %u: more than %u values make no sense in an INF",
				scan->number, MAX_FIELDS);
	}
	wtg_grow(&line->fields, &line->capacity, line->n_fields, sizeof(*line->fields));
	line->fields[line->n_fields++] = field;
	return 0;
}

/* KEY = FIELD, FIELD…, or FIELD, FIELD… */
static int take_line(struct scan *scan, struct wtg_inf_section *section)
{
	struct wtg_inf_line line = { .number = scan->number };
	char *first = take(scan, "=,");
	int result;

	if (*scan->at == '=') {
		scan->at++;
		line.key = first;
		first = take(scan, ",");
	}
	result = add_field(scan, &line, first);
	while (result == 0 && *scan->at == ',') {
		scan->at++;
		result = add_field(scan, &line, take(scan, ","));
	}
	WTG_APPEND(section, line);
	return result;
}

static int take_section(struct scan *scan)
{
	size_t length = strcspn(scan->at + 1, "]\n");
	struct wtg_inf_section section = { 0 };

	if (scan->at[1 + length] != ']')
		return wtg_fail(scan->err, WTG_INPUT, 0, "line %u: a section's name has no end",
				scan->number);
	if (scan->inf->n_items == MAX_SECTIONS)
		return wtg_fail(scan->err, WTG_INPUT, 0,
				"line %u: more than %u sections make no sense in an INF",
				scan->number, MAX_SECTIONS);
	section.name = wtg_alloc(length + 1);
	memcpy(section.name, scan->at + 1, length);
	WTG_APPEND(scan->inf, section);
	scan->at += length + 2;
	return 0;
}

/* What is left of a line after a section's name, or after its last field: a comment. */
static void skip_rest(struct scan *scan)
{
	scan->at += strcspn(scan->at, "\n");
	if (*scan->at == '\n')
		scan->at++;
	scan->number++;
}

static int scan_text(struct scan *scan)
{
	struct wtg_inf *inf = scan->inf;

	for (; *scan->at; skip_rest(scan)) {
		if (scan->number > MAX_LINES)
			return wtg_fail(scan->err, WTG_INPUT, 0,
					"more than %u lines make no sense in an INF",
					MAX_LINES);
		skip_blanks(scan);
		if (is_end(scan->at) || *scan->at == ';')
			continue;
		if (*scan->at == '[') {
			if (take_section(scan) < 0)
				return -1;
			continue;
		}
		if (inf->n_items == 0)
			return wtg_fail(scan->err, WTG_INPUT, 0,
					"line %u is not in any section: it is no INF",
					scan->number);
		if (take_line(scan, &inf->items[inf->n_items - 1]) < 0)
			return -1;
	}
	return 0;
}

static int compare_sections(const void *a, const void *b)
{
	const struct wtg_inf_section *first = a, *second = b;

	return strcasecmp(first->name, second->name);
}

static unsigned first_line(const struct wtg_inf_section *section)
{
	return section->n_items ? section->items[0].number : 0;
}

static int compare_pieces(const void *a, const void *b)
{
	unsigned first = first_line(a), second = first_line(b);
	int order = compare_sections(a, b);

	return order ? order : (first > second) - (first < second);
}

/* Sort them, so that they can be found, and make one of those with one name. */
static void join_sections(struct wtg_inf *inf)
{
	size_t n = 0;

	if (inf->n_items == 0)
		return;
	qsort(inf->items, inf->n_items, sizeof(*inf->items), compare_pieces);
	for (size_t i = 1; i < inf->n_items; i++) {
		struct wtg_inf_section *into = &inf->items[n], *piece = &inf->items[i];

		if (compare_sections(into, piece) != 0) {
			inf->items[++n] = *piece;
			continue;
		}
		for (size_t j = 0; j < piece->n_items; j++)
			WTG_APPEND(into, piece->items[j]);
		free(piece->items);
		free(piece->name);
	}
	inf->n_items = n + 1;
}

int wtg_inf_parse(const struct wtg_bytes *text, struct wtg_inf *ret, struct wtg_error *err)
{
	_cleanup_(wtg_inf_done) struct wtg_inf inf = { 0 };
	_cleanup_free_ char *utf8 = NULL;
	struct scan scan = { .number = 1, .inf = &inf, .err = err };

	if (text->size > MAX_BYTES)
		return wtg_fail(err, WTG_INPUT, 0, "%zu bytes make no sense in an INF",
				text->size);
	if (wtg_inf_decode(text, &utf8, err) < 0)
		return -1;
	scan.at = utf8;
	if (scan_text(&scan) < 0)
		return -1;
	join_sections(&inf);
	if (wtg_inf_substitute(&inf, err) < 0)
		return -1;
	*ret = inf;
	inf = (struct wtg_inf){ 0 };
	return 0;
}

const struct wtg_inf_section *wtg_inf_section(const struct wtg_inf *inf, const char *name)
{
	struct wtg_inf_section key = { .name = (char *)name };

	if (inf->n_items == 0)
		return NULL;
	return bsearch(&key, inf->items, inf->n_items, sizeof(*inf->items), compare_sections);
}

const struct wtg_inf_line *wtg_inf_line(const struct wtg_inf_section *section, const char *key)
{
	for (size_t i = 0; section && i < section->n_items; i++)
		if (wtg_text_equal_fold(section->items[i].key, key))
			return &section->items[i];
	return NULL;
}

const char *wtg_inf_field(const struct wtg_inf_line *line, size_t i)
{
	return line && i < line->n_fields ? line->fields[i] : "";
}
