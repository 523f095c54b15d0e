/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thing describes itself once, into a sink; text and JSON are two sinks, so they cannot
 * disagree.  Keys are lower_snake_case and are API (man page wtgctl-json.7); the text sink
 * shows them with spaces.  Inside a list the key is NULL.  Strings are UTF-8 or close to
 * it; the sinks make whatever arrives harmless.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wtg/cleanup.h"

enum wtg_shape {
	WTG_OBJECT,
	WTG_LIST,
	WTG_DETAIL, /* an object that people are shown only when they ask for everything */
};

struct wtg_facts {
	const struct wtg_facts_ops *ops;
};

struct wtg_facts_ops {
	void (*text)(struct wtg_facts *f, const char *key, const char *value);
	void (*bytes)(struct wtg_facts *f, const char *key, uint64_t value);
	void (*number)(struct wtg_facts *f, const char *key, uint64_t value);
	void (*time)(struct wtg_facts *f, const char *key, uint64_t value);
	void (*truth)(struct wtg_facts *f, const char *key, bool value);
	void (*open)(struct wtg_facts *f, const char *key, enum wtg_shape shape);
	void (*close)(struct wtg_facts *f);
};

/* A NULL value is left out. */
static inline void wtg_fact_text(struct wtg_facts *f, const char *key, const char *value)
{
	if (value)
		f->ops->text(f, key, value);
}

/* A size or an offset in bytes. */
static inline void wtg_fact_bytes(struct wtg_facts *f, const char *key, uint64_t value)
{
	f->ops->bytes(f, key, value);
}

static inline void wtg_fact_number(struct wtg_facts *f, const char *key, uint64_t value)
{
	f->ops->number(f, key, value);
}

/* Seconds since 1970, in UTC. */
static inline void wtg_fact_time(struct wtg_facts *f, const char *key, uint64_t value)
{
	f->ops->time(f, key, value);
}

static inline void wtg_fact_truth(struct wtg_facts *f, const char *key, bool value)
{
	f->ops->truth(f, key, value);
}

static inline void wtg_fact_open(struct wtg_facts *f, const char *key, enum wtg_shape shape)
{
	f->ops->open(f, key, shape);
}

static inline void wtg_fact_close(struct wtg_facts *f)
{
	f->ops->close(f);
}

/*
 * The JSON sink.  It starts as one empty object; wtg_json_line() gives the document as one
 * line (the caller frees it), which can do a terminal no harm: what could is written as
 * \uXXXX.  Bytes that are not UTF-8 are replaced.  Numbers are numbers.
 */
struct wtg_json;
struct wtg_json *wtg_json_new(void);
void wtg_json_free(struct wtg_json *json);
WTG_DEFINE_FREEP(struct wtg_json, wtg_json_free)
struct wtg_facts *wtg_json_facts(struct wtg_json *json);
char *wtg_json_line(const struct wtg_json *json);
