/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wtg/cleanup.h"
#include "wtg/text.h"

#define STEP 2	  /* of indentation */
#define COLUMN 24 /* where values begin */

static struct cli_text *text_of(struct wtg_facts *f)
{
	return (struct cli_text *)f;
}

static void indent(struct cli_text *t)
{
	unsigned depth = t->dash ? t->depth - 1 : t->depth;

	fprintf(t->to, "%*s%s", (int)(depth * STEP), "", t->dash ? "- " : "");
	t->dash = false;
	t->written = true;
}

/* Write the key with spaces; gives how many columns that took.  A key can be a stranger's,
 * too: those of the record on a drive are. */
static int put_key(struct cli_text *t, const char *key)
{
	_cleanup_free_ char *harmless = wtg_text_printable(key);

	for (char *c = harmless; *c; c++)
		if (*c == '_')
			*c = ' ';
	return fprintf(t->to, "%s:", harmless);
}

/* Write the headings of everything around the next line that have none yet. */
static void begin(struct cli_text *t)
{
	unsigned depth = t->depth;

	for (unsigned i = 0; i < depth; i++) {
		struct cli_text_frame *frame = &t->frames[i];

		if (frame->begun)
			continue;
		frame->begun = true;
		t->depth = i;
		if (frame->key) {
			if (i == 0 && t->written)
				fputc('\n', t->to);
			indent(t);
			put_key(t, frame->key);
			fputc('\n', t->to);
		} else {
			t->dash = true;
		}
	}
	t->depth = depth;
}

static void put_line(struct cli_text *t, const char *key, const char *value)
{
	int used;

	if (t->skipping)
		return;
	begin(t);
	if (t->inside && t->depth == 0)
		fputc('\n', t->to);
	t->inside = t->depth > 0;
	indent(t);
	if (key) {
		used = (int)(t->depth * STEP) + put_key(t, key);
		fprintf(t->to, "%*s", used < COLUMN ? COLUMN - used : 1, "");
	} else {
		fputs("- ", t->to);
	}
	fprintf(t->to, "%s\n", value);
}

static void put_text(struct wtg_facts *f, const char *key, const char *value)
{
	_cleanup_free_ char *harmless = wtg_text_printable(value);

	put_line(text_of(f), key, harmless);
}

/* The key's "_bytes" goes without saying when the size has its unit. */
static void put_bytes(struct wtg_facts *f, const char *key, uint64_t value)
{
	_cleanup_free_ char *size = wtg_size_text(value);
	_cleanup_free_ char *copy = wtg_text_copy(key);
	char *unit = copy ? strstr(copy, "_bytes") : NULL;

	if (unit && unit[strlen("_bytes")] == '\0')
		*unit = '\0';
	put_line(text_of(f), copy, size);
}

static void put_number(struct wtg_facts *f, const char *key, uint64_t value)
{
	_cleanup_free_ char *number = wtg_text("%" PRIu64, value);

	put_line(text_of(f), key, number);
}

static void put_time(struct wtg_facts *f, const char *key, uint64_t value)
{
	time_t seconds = (time_t)value;
	struct tm tm;
	char text[64];

	/* A year that no calendar has comes from a damaged record. */
	if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%F %T UTC", &tm))
		put_number(f, key, value);
	else
		put_line(text_of(f), key, text);
}

static void put_truth(struct wtg_facts *f, const char *key, bool value)
{
	put_line(text_of(f), key, value ? "yes" : "no");
}

static bool in_list(const struct cli_text *t)
{
	return t->depth > 0 && t->frames[t->depth - 1].shape == WTG_LIST;
}

static bool is_left_out(const struct cli_text *t, enum wtg_shape shape)
{
	switch (t->extent) {
	case CLI_TEXT_BRIEF:
		return shape == WTG_DETAIL || (shape == WTG_OBJECT && in_list(t));
	case CLI_TEXT_USUAL:
		return shape == WTG_DETAIL;
	case CLI_TEXT_ALL:
		return false;
	}
	abort();
}

static void open_frame(struct wtg_facts *f, const char *key, enum wtg_shape shape)
{
	struct cli_text *t = text_of(f);

	if (t->skipping || is_left_out(t, shape)) {
		t->skipping++;
		return;
	}
	if (t->depth == CLI_TEXT_DEPTH)
		abort();
	t->frames[t->depth++] = (struct cli_text_frame){ .key = key, .shape = shape };
}

static void close_frame(struct wtg_facts *f)
{
	struct cli_text *t = text_of(f);

	if (t->skipping) {
		t->skipping--;
		return;
	}
	if (t->depth == 0)
		abort();
	t->depth--;
}

static const struct wtg_facts_ops text_ops = {
	.text = put_text,
	.bytes = put_bytes,
	.number = put_number,
	.time = put_time,
	.truth = put_truth,
	.open = open_frame,
	.close = close_frame,
};

struct wtg_facts *cli_text_start(struct cli_text *text, FILE *to,
				 enum cli_text_extent extent)
{
	*text = (struct cli_text){ .facts.ops = &text_ops, .to = to, .extent = extent };
	return &text->facts;
}
