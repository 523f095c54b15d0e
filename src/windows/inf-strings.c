/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "windows/inf-inner.h"
#include "wtg/text.h"

/* SetupAPI's strings have at most 4096 characters (MAX_INF_STRING_LENGTH in setupapi.h); these
 * are bytes. */
#define MAX_STRING 16384u
#define MAX_TEXT (64u << 20) /* of all fields together: small tokens can stand for long texts */

/* English first: what people look for is found by it, and it is what all have. */
static const char *const sections[] = { "Strings.0409", "Strings" };

struct token {
	const char *name, *value; /* borrowed, with quotes taken off and nothing filled in */
	size_t rank;              /* the least counts */
};

struct tokens {
	struct token *items;
	size_t n_items, capacity;
	size_t n_bytes; /* that texts have grown to */
	char full[MAX_STRING + 1]; /* the one at hand */
};

static int compare_tokens(const void *a, const void *b)
{
	const struct token *first = a, *second = b;
	int order = strcasecmp(first->name, second->name);

	return order ? order : (first->rank > second->rank) - (first->rank < second->rank);
}

static void collect(const struct wtg_inf *inf, struct tokens *tokens)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const struct wtg_inf_section *section = wtg_inf_section(inf, sections[i]);

		for (size_t j = 0; section && j < section->n_items; j++) {
			const struct wtg_inf_line *line = &section->items[j];
			struct token token = { line->key, wtg_inf_field(line, 0),
					       tokens->n_items };

			if (token.name)
				WTG_APPEND(tokens, token);
		}
	}
	if (tokens->n_items)
		qsort(tokens->items, tokens->n_items, sizeof(*tokens->items), compare_tokens);
}

static const char *look_up(const struct tokens *tokens, const char *name, size_t length)
{
	size_t first = 0, end = tokens->n_items;

	while (first < end) { /* the first that is not less: of several that rank least */
		size_t middle = first + (end - first) / 2;
		const char *other = tokens->items[middle].name;
		int order = strncasecmp(other, name, length);

		if (order < 0)
			first = middle + 1;
		else
			end = middle;
	}
	if (first == tokens->n_items || strlen(tokens->items[first].name) != length ||
	    strncasecmp(tokens->items[first].name, name, length) != 0)
		return NULL;
	return tokens->items[first].value;
}

/* What a '%' begins: how far it goes, and what stands for it. */
static size_t expand(const struct tokens *tokens, const char *at, const char **ret,
		     size_t *ret_length)
{
	size_t length = strcspn(at + 1, "%");
	const char *value;

	*ret = at;
	*ret_length = 1;
	if (at[1 + length] == '\0')
		return 1;
	if (length == 0)
		return 2;
	value = look_up(tokens, at + 1, length);
	*ret = value ? value : at;
	*ret_length = value ? strlen(value) : length + 2;
	return length + 2;
}

static int fill_in(struct tokens *tokens, char **text, unsigned number, struct wtg_error *err)
{
	size_t length = 0;

	if (!*text || !strchr(*text, '%'))
		return 0;
	for (const char *at = *text; *at;) {
		const char *piece = at;
		size_t n = strcspn(at, "%"), step = n;

		if (n == 0)
			step = expand(tokens, at, &piece, &n);
		if (n > MAX_STRING - length)
			return wtg_fail(err, WTG_INPUT, 0,
					"line %u: with its %%tokens%% filled in, a value is "
					"longer than Windows allows", number);
		memcpy(tokens->full + length, piece, n);
		length += n;
		at += step;
	}
	tokens->full[length] = '\0';
	tokens->n_bytes += length;
	if (tokens->n_bytes > MAX_TEXT)
		return wtg_fail(err, WTG_INPUT, 0,
				"line %u: its %%tokens%% stand for more text than makes sense",
				number);
	free(*text);
	*text = wtg_text_copy(tokens->full);
	return 0;
}

static bool has_tokens(const struct wtg_inf_section *section)
{
	return !wtg_text_equal_fold(section->name, "Strings") &&
	       strncasecmp(section->name, "Strings.", strlen("Strings.")) != 0;
}

static int fill_in_section(struct tokens *tokens, struct wtg_inf_section *section,
			   struct wtg_error *err)
{
	for (size_t i = 0; i < section->n_items; i++) {
		struct wtg_inf_line *line = &section->items[i];

		if (fill_in(tokens, &line->key, line->number, err) < 0)
			return -1;
		for (size_t j = 0; j < line->n_fields; j++)
			if (fill_in(tokens, &line->fields[j], line->number, err) < 0)
				return -1;
	}
	return 0;
}

int wtg_inf_substitute(struct wtg_inf *inf, struct wtg_error *err)
{
	struct tokens tokens = { 0 };
	int result = 0;

	collect(inf, &tokens);
	for (size_t i = 0; i < inf->n_items && result == 0; i++)
		if (has_tokens(&inf->items[i]))
			result = fill_in_section(&tokens, &inf->items[i], err);
	free(tokens.items);
	return result;
}
