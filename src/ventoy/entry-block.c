/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding our block in a text that is its user's. */
#include "ventoy/entry-inner.h"

#include <stdlib.h>
#include <string.h>

#include "wtg/text.h"

void wtg_entry_record_done(struct wtg_entry_record *record)
{
	free(record->title);
	free(record->tip);
	free(record->default_image);
	free(record->timeout);
	free(record->made);
	*record = (struct wtg_entry_record){ 0 };
}

void wtg_entry_block_done(struct wtg_entry_block *block)
{
	wtg_entry_record_done(&block->record);
	*block = (struct wtg_entry_block){ 0 };
}

bool wtg_entry_made(const struct wtg_entry_record *record, const char *word)
{
	_cleanup_free_ char *spaced = wtg_text(" %s ", word);

	return record->made && strstr(record->made, spaced);
}

void wtg_entry_note_made(struct wtg_entry_record *record, const char *word)
{
	_cleanup_free_ char *before = record->made;

	record->made = wtg_text("%s%s ", before ? before : " ", word);
}

/* Of a line, without what ends it. */
struct piece {
	const char *text;
	size_t size;
};

/* The line at *at, which then is that of the next. */
static struct piece next_line(const struct wtg_bytes *text, size_t *at)
{
	struct piece p = { (const char *)text->data + *at, text->size - *at };
	const char *end = memchr(p.text, '\n', p.size);

	if (end)
		p.size = (size_t)(end - p.text);
	*at += p.size + (end ? 1 : 0);
	while (p.size > 0 && strchr(" \t\r", p.text[p.size - 1]) && p.text[p.size - 1])
		p.size--;
	return p;
}

static bool piece_is(const struct piece *p, const char *text)
{
	return p->size == strlen(text) && memcmp(p->text, text, p->size) == 0;
}

/* What follows "# wtgctl: KEY=", or NULL; the caller frees. */
static char *value_of(const struct piece *p, const char *key)
{
	_cleanup_free_ char *start = wtg_text("# wtgctl: %s=", key);
	size_t n = strlen(start);

	if (p->size <= n || memcmp(p->text, start, n) != 0)
		return NULL;
	return wtg_text("%.*s", (int)(p->size - n), p->text + n);
}

static void keep(char **field, const struct piece *p, const char *key)
{
	if (!*field)
		*field = value_of(p, key);
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* Who knows how sums are made could have written anything. */
static bool makes_sense(const struct wtg_entry_record *r)
{
	return r->title && !wtg_entry_title_fault(r->title) &&
	       (!r->tip || !wtg_entry_tip_fault(r->tip)) &&
	       (!r->default_image || !wtg_entry_tip_fault(r->default_image)) &&
	       (!r->timeout || is_number(r->timeout));
}

/* What is between the marks; false: we did not write it so. */
static bool read_inside(const char *text, size_t size, struct wtg_entry_record *ret)
{
	struct wtg_bytes inside = { (uint8_t *)text, size };
	_cleanup_free_ char *sum = NULL, *right = NULL, *made = NULL;
	struct piece p;
	size_t at = 0;

	p = next_line(&inside, &at);
	sum = value_of(&p, "sum");
	right = wtg_entry_sum(text + at, size - at);
	if (!wtg_text_equal(sum, right))
		return false;
	while (at < size) {
		p = next_line(&inside, &at);
		keep(&ret->title, &p, "title");
		keep(&ret->tip, &p, "tip");
		keep(&ret->default_image, &p, "default");
		keep(&ret->timeout, &p, "timeout");
		keep(&made, &p, "made");
	}
	if (made)
		ret->made = wtg_text(" %s ", made);
	return makes_sense(ret);
}

/* A line end before it that is ours: the text before had none. */
static size_t with_line_end(const struct wtg_bytes *text, size_t start,
			    const struct wtg_entry_record *record)
{
	if (wtg_entry_made(record, "crlf") && start >= 2 && text->data[start - 2] == '\r')
		return start - 2;
	if (wtg_entry_made(record, "lf") && start >= 1)
		return start - 1;
	return start;
}

static int damaged(const char *path, size_t line, const char *how, struct wtg_error *err)
{
	wtg_fail(err, WTG_INPUT, 0, "%s, line %zu: %s", path, line, how);
	return wtg_hint(
		err,
		"Delete the lines from \"# BEGIN wtgctl\" to \"# END wtgctl\", or what "
		"is left of them, and keep what is yours.");
}

int wtg_entry_block_find(const struct wtg_bytes *text, const char *path,
			 struct wtg_entry_block *ret, struct wtg_error *err)
{
	_cleanup_(wtg_entry_block_done) struct wtg_entry_block block = { 0 };
	size_t inside = 0, line = 0, begin_line = 0;

	for (size_t at = 0; at < text->size;) {
		size_t start = at;
		struct piece p = next_line(text, &at);

		line++;
		if (piece_is(&p, "# BEGIN wtgctl")) {
			if (inside || block.found)
				return damaged(path, line, "a second \"# BEGIN wtgctl\"",
					       err);
			block.start = start;
			inside = at;
			begin_line = line;
		} else if (piece_is(&p, "# END wtgctl")) {
			if (!inside)
				return damaged(path, line,
					       "\"# END wtgctl\" without a beginning",
					       err);
			if (!read_inside((const char *)text->data + inside,
					 start - inside, &block.record))
				return damaged(
					path, begin_line,
					"somebody changed what wtgctl wrote from here on",
					err);
			block.end = at;
			block.found = true;
			inside = 0;
		}
	}
	if (inside)
		return damaged(path, begin_line, "\"# BEGIN wtgctl\" without an end",
			       err);
	if (block.found)
		block.start = with_line_end(text, block.start, &block.record);
	*ret = block;
	block = (struct wtg_entry_block){ 0 };
	return 0;
}
