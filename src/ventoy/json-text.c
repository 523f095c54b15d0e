/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ventoy/json-text.h"

#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_spaces(const char *text, size_t at)
{
	while (is_space(text[at]))
		at++;
	return at;
}

/* From its first quote to behind its last. */
static size_t skip_string(const char *text, size_t at)
{
	for (at++; text[at] != '"'; at++)
		if (text[at] == '\\')
			at++;
	return at + 1;
}

/* Texts come here checked: every bracket has its partner. */
static size_t skip_value(const char *text, size_t at)
{
	size_t depth = 0;

	do {
		if (text[at] == '"') {
			at = skip_string(text, at);
			continue;
		}
		if (text[at] == '{' || text[at] == '[') {
			depth++;
			at++;
		} else if (text[at] == '}' || text[at] == ']') {
			depth--;
			at++;
		} else if (depth > 0) {
			at++;
		} else { /* a number or a word */
			at += strcspn(text + at, " \t\r\n,]}");
		}
	} while (depth > 0);
	return at;
}

size_t wtg_json_top(const char *text)
{
	return strcspn(text, "{");
}

bool wtg_json_next(const char *text, size_t container, struct wtg_json_item *item)
{
	struct wtg_json_item next = { .previous_end = item->end };
	size_t at;

	if (text[container] != '{' && text[container] != '[')
		return false;
	at = skip_spaces(text, item->end ? item->end : container + 1);
	if (item->end && text[at] == ',')
		at = skip_spaces(text, at + 1);
	if (text[at] == '}' || text[at] == ']')
		return false;
	next.start = at;
	if (text[container] == '{') {
		next.key = at + 1;
		at = skip_string(text, at);
		next.key_end = at - 1;
		at = skip_spaces(text, skip_spaces(text, at) + 1);
	}
	next.value = at;
	next.end = skip_value(text, at);
	*item = next;
	return true;
}

bool wtg_json_key_is(const char *text, const struct wtg_json_item *item, const char *key)
{
	return item->key_end - item->key == strlen(key) &&
	       memcmp(text + item->key, key, strlen(key)) == 0;
}

bool wtg_json_member(const char *text, size_t object, const char *key,
		     struct wtg_json_item *ret)
{
	struct wtg_json_item item = { 0 };

	if (text[object] != '{')
		return false;
	while (wtg_json_next(text, object, &item)) {
		if (wtg_json_key_is(text, &item, key)) {
			*ret = item;
			return true;
		}
	}
	return false;
}

char *wtg_json_string(const char *text, const struct wtg_json_item *item)
{
	if (text[item->value] != '"')
		return NULL;
	return wtg_text("%.*s", (int)(item->end - item->value - 2),
			text + item->value + 1);
}

/* What is from start to end becomes with. */
static void replace(char **text, size_t start, size_t end, const char *with)
{
	char *changed = wtg_text("%.*s%s%s", (int)start, *text, with, *text + end);

	free(*text);
	*text = changed;
}

void wtg_json_put(char **text, size_t container, const char *item)
{
	struct wtg_json_item last = { 0 };
	size_t inside = container + 1, before;
	_cleanup_free_ char *with = NULL;

	while (wtg_json_next(*text, container, &last))
		;
	if (last.end == 0) { /* its spaces stay behind, and are repeated before */
		before = skip_spaces(*text, inside);
		with = wtg_text("%.*s%s%s", (int)(before - inside), *text + inside,
				memchr(*text + inside, '\n', before - inside) ? "    " :
										"",
				item);
		replace(text, inside, inside, with);
		return;
	}
	before = last.previous_end ? skip_spaces(*text, last.previous_end) + 1 : inside;
	with = wtg_text(",%.*s%s", (int)(last.start - before), *text + before, item);
	replace(text, last.end, last.end, with);
}

void wtg_json_take(char **text, size_t container, const struct wtg_json_item *item)
{
	struct wtg_json_item next = *item;

	if (item->previous_end)
		replace(text, item->previous_end, item->end, "");
	else if (wtg_json_next(*text, container, &next))
		replace(text, item->start, next.start, "");
	else
		replace(text, container + 1, item->end, "");
}
