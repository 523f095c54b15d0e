/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/packet.h"

#include "wtg/text.h"

/* Deeper than anything that we describe; a manifest (json.c) is the deepest. */
#define MAX_DEPTH 20

enum entry { END, TEXT, BYTES, NUMBER, TIME, TRUTH, OPEN, CLOSE, N_ENTRIES };

static struct wtg_packet *begin(struct wtg_facts *f, enum entry entry, const char *key)
{
	struct wtg_packet *packet = ((struct wtg_recorder *)f)->packet;

	wtg_packet_number(packet, entry);
	if (entry != CLOSE)
		wtg_packet_text(packet, key);
	return packet;
}

static void record_text(struct wtg_facts *f, const char *key, const char *value)
{
	wtg_packet_text(begin(f, TEXT, key), value);
}

static void record_bytes(struct wtg_facts *f, const char *key, uint64_t value)
{
	wtg_packet_number(begin(f, BYTES, key), value);
}

static void record_number(struct wtg_facts *f, const char *key, uint64_t value)
{
	wtg_packet_number(begin(f, NUMBER, key), value);
}

static void record_time(struct wtg_facts *f, const char *key, uint64_t value)
{
	wtg_packet_number(begin(f, TIME, key), value);
}

static void record_truth(struct wtg_facts *f, const char *key, bool value)
{
	wtg_packet_number(begin(f, TRUTH, key), value);
}

static void record_open(struct wtg_facts *f, const char *key, enum wtg_shape shape)
{
	wtg_packet_number(begin(f, OPEN, key), shape);
}

static void record_close(struct wtg_facts *f)
{
	begin(f, CLOSE, NULL);
}

static const struct wtg_facts_ops recorder_ops = {
	.text = record_text,
	.bytes = record_bytes,
	.number = record_number,
	.time = record_time,
	.truth = record_truth,
	.open = record_open,
	.close = record_close,
};

struct wtg_facts *wtg_recorder_start(struct wtg_recorder *recorder, struct wtg_packet *packet)
{
	*recorder = (struct wtg_recorder){ .facts.ops = &recorder_ops, .packet = packet };
	return &recorder->facts;
}

void wtg_recorder_end(struct wtg_recorder *recorder)
{
	wtg_packet_number(recorder->packet, END);
}

/* Where the pouring is. */
struct pour {
	struct wtg_reader *reader;
	struct wtg_facts *out;
	enum wtg_shape shapes[MAX_DEPTH];
	unsigned depth;
};

static void pour_open(struct pour *pour, const char *key)
{
	enum wtg_shape shape = (enum wtg_shape)wtg_read_below(pour->reader, WTG_DETAIL + 1);

	if (pour->depth == MAX_DEPTH)
		pour->reader->bad = true;
	if (pour->reader->bad)
		return;
	wtg_fact_open(pour->out, key, shape);
	pour->shapes[pour->depth++] = shape;
}

static void pour_close(struct pour *pour)
{
	if (pour->depth == 0) {
		pour->reader->bad = true;
		return;
	}
	wtg_fact_close(pour->out);
	pour->depth--;
}

/* What sort of line it is, only who writes it says (wtgctl-json.7). */
static bool is_reserved(const char *key)
{
	return wtg_text_equal(key, "schema") || wtg_text_equal(key, "type");
}

/* Names belong to what lies in objects, and to nothing else. */
static const char *read_key(const struct pour *pour)
{
	const char *key = wtg_read_text(pour->reader);
	bool in_list = pour->depth > 0 && pour->shapes[pour->depth - 1] == WTG_LIST;

	if (in_list == (key != NULL) || (pour->depth == 0 && is_reserved(key)))
		pour->reader->bad = true;
	return key;
}

static void pour_value(struct pour *pour, enum entry entry, const char *key)
{
	const char *text = entry == TEXT ? wtg_read_text(pour->reader) : NULL;
	uint64_t value = entry == TEXT ? 0 : wtg_read_number(pour->reader);

	if (pour->reader->bad)
		return;
	if (entry == TEXT)
		wtg_fact_text(pour->out, key, text);
	else if (entry == BYTES)
		wtg_fact_bytes(pour->out, key, value);
	else if (entry == NUMBER)
		wtg_fact_number(pour->out, key, value);
	else if (entry == TIME)
		wtg_fact_time(pour->out, key, value);
	else
		wtg_fact_truth(pour->out, key, value != 0);
}

static void pour_all(struct wtg_reader *reader, struct wtg_facts *out)
{
	struct pour pour = { .reader = reader, .out = out };

	for (;;) {
		enum entry entry = (enum entry)wtg_read_below(reader, N_ENTRIES);
		const char *key = entry == END || entry == CLOSE ? NULL : read_key(&pour);

		if (reader->bad || entry == END)
			break;
		if (entry == OPEN)
			pour_open(&pour, key);
		else if (entry == CLOSE)
			pour_close(&pour);
		else
			pour_value(&pour, entry, key);
	}
	if (pour.depth > 0)
		reader->bad = true;
	while (pour.depth-- > 0)
		wtg_fact_close(out);
}

static void drop_text(struct wtg_facts *f, const char *key, const char *value)
{
	(void)f;
	(void)key;
	(void)value;
}

static void drop_number(struct wtg_facts *f, const char *key, uint64_t value)
{
	(void)f;
	(void)key;
	(void)value;
}

static void drop_truth(struct wtg_facts *f, const char *key, bool value)
{
	(void)f;
	(void)key;
	(void)value;
}

static void drop_open(struct wtg_facts *f, const char *key, enum wtg_shape shape)
{
	(void)f;
	(void)key;
	(void)shape;
}

static void drop_close(struct wtg_facts *f)
{
	(void)f;
}

/* Once into nothing: of what makes no sense, not the beginning is shown either. */
void wtg_read_facts(struct wtg_reader *reader, struct wtg_facts *out)
{
	static const struct wtg_facts_ops drop = {
		.text = drop_text,
		.bytes = drop_number,
		.number = drop_number,
		.time = drop_number,
		.truth = drop_truth,
		.open = drop_open,
		.close = drop_close,
	};
	struct wtg_facts nowhere = { &drop };
	struct wtg_reader again = *reader;

	pour_all(reader, &nowhere);
	if (!reader->bad && out)
		pour_all(&again, out);
}
