/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "wtg/text.h"

#define MAX_DEPTH 32

/* Of what is read: half, so that it can be described inside of something else. */
#define MAX_READ_DEPTH (MAX_DEPTH / 2)

struct wtg_json {
	struct wtg_facts facts; /* first: the sink's functions cast back */
	struct json_object *stack[MAX_DEPTH];
	size_t depth; /* of the object being filled; the document is stack[0] */
};

static struct wtg_json *json_of(struct wtg_facts *f)
{
	return (struct wtg_json *)f;
}

static void put(struct wtg_facts *f, const char *key, struct json_object *value)
{
	struct json_object *into = json_of(f)->stack[json_of(f)->depth];

	if (json_object_is_type(into, json_type_array))
		json_object_array_add(into, value);
	else if (!json_object_object_get_ex(into, key, NULL))
		json_object_object_add(into, key, value);
	else /* who said it first is believed: what comes later can be a stranger's */
		json_object_put(value);
}

static void json_text(struct wtg_facts *f, const char *key, const char *value)
{
	put(f, key, json_object_new_string(value));
}

static void json_number(struct wtg_facts *f, const char *key, uint64_t value)
{
	put(f, key, json_object_new_uint64(value));
}

static void json_truth(struct wtg_facts *f, const char *key, bool value)
{
	put(f, key, json_object_new_boolean(value));
}

static void json_open(struct wtg_facts *f, const char *key, enum wtg_shape shape)
{
	struct wtg_json *json = json_of(f);
	struct json_object *inner =
		shape == WTG_LIST ? json_object_new_array() : json_object_new_object();

	if (json->depth + 1 >= MAX_DEPTH)
		abort();
	put(f, key, inner);
	json->stack[++json->depth] = inner;
}

static void json_close(struct wtg_facts *f)
{
	if (json_of(f)->depth == 0)
		abort();
	json_of(f)->depth--;
}

static const struct wtg_facts_ops json_ops = {
	.text = json_text,
	.bytes = json_number,
	.number = json_number,
	.time = json_number,
	.truth = json_truth,
	.open = json_open,
	.close = json_close,
};

struct wtg_json *wtg_json_new(void)
{
	struct wtg_json *json = wtg_alloc(sizeof(*json));

	json->facts.ops = &json_ops;
	json->stack[0] = json_object_new_object();
	return json;
}

void wtg_json_free(struct wtg_json *json)
{
	if (json)
		json_object_put(json->stack[0]);
	free(json);
}

struct wtg_facts *wtg_json_facts(struct wtg_json *json)
{
	return &json->facts;
}

/* Write c as \uXXXX, or as two of them, a surrogate pair; gives the end of that. */
static char *put_escaped(char *o, uint32_t c)
{
	if (c < 0x10000)
		return o + sprintf(o, "\\u%04x", c);
	return o + sprintf(o, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
			   0xdc00 + (c & 0x3ff));
}

/* json-c escapes what JSON says must be, and passes on what is not UTF-8; there is more that
 * people should not be shown.  It can only be inside of strings and keys. */
char *wtg_json_line(const struct wtg_json *json)
{
	const char *text = json_object_to_json_string_ext(
		json->stack[0], JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	size_t length = strlen(text), n;
	char *line = wtg_alloc(length * 6 + 1), *o = line;

	for (size_t at = 0; at < length; at += n) {
		uint32_t c;

		n = wtg_utf8_next(text + at, length - at, &c);
		if (n == 0) {
			o = mempcpy(o, "\xef\xbf\xbd", 3);
			n = 1;
		} else if (!wtg_char_is_harmless(c)) {
			o = put_escaped(o, c);
		} else {
			o = mempcpy(o, text + at, n);
		}
	}
	*o = '\0';
	return line;
}

/* A struct wtg_json_doc is json-c's own object under a name that keeps the type apart. */
static struct json_object *object_of(const struct wtg_json_doc *doc)
{
	return (struct json_object *)doc;
}

struct wtg_json_doc *wtg_json_parse(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(MAX_READ_DEPTH);
	struct json_object *object = NULL;

	if (tokener && size <= INT32_MAX) {
		/* Not strict: json-c 0.18 then takes every byte above 0x7f for a control
		 * character.  That nothing comes after is seen below. */
		json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
		object = json_tokener_parse_ex(tokener, text, (int)size);
	}
	if (object && (!json_object_is_type(object, json_type_object) ||
		       json_tokener_get_error(tokener) != json_tokener_success ||
		       json_tokener_get_parse_end(tokener) != size)) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return (struct wtg_json_doc *)object;
}

void wtg_json_doc_free(struct wtg_json_doc *doc)
{
	json_object_put(object_of(doc));
}

/* In JSON all numbers are alike; our keys end in what theirs is. */
static void describe_number(const char *key, uint64_t value, struct wtg_facts *out)
{
	if (key && wtg_text_ends(key, "_bytes"))
		wtg_fact_bytes(out, key, value);
	else if (key && (wtg_text_equal(key, "time") || wtg_text_ends(key, "_time")))
		wtg_fact_time(out, key, value);
	else
		wtg_fact_number(out, key, value);
}

static void describe_value(struct json_object *value, const char *key, struct wtg_facts *out)
{
	if (json_object_is_type(value, json_type_string)) {
		wtg_fact_text(out, key, json_object_get_string(value));
	} else if (json_object_is_type(value, json_type_int)) {
		describe_number(key, json_object_get_uint64(value), out);
	} else if (json_object_is_type(value, json_type_boolean)) {
		wtg_fact_truth(out, key, json_object_get_boolean(value));
	} else if (json_object_is_type(value, json_type_array)) {
		wtg_fact_open(out, key, WTG_LIST);
		for (size_t i = 0; i < json_object_array_length(value); i++)
			describe_value(json_object_array_get_idx(value, i), NULL, out);
		wtg_fact_close(out);
	} else if (json_object_is_type(value, json_type_object)) {
		wtg_fact_open(out, key, WTG_OBJECT);
		json_object_object_foreach(value, name, inner)
			describe_value(inner, name, out);
		wtg_fact_close(out);
	}
}

void wtg_json_describe(const struct wtg_json_doc *doc, struct wtg_facts *out)
{
	json_object_object_foreach(object_of(doc), name, value)
		describe_value(value, name, out);
}
