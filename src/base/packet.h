/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values laid flat, for the way from one process to another: numbers are 8 bytes,
 * little-endian; byte strings are a length and the bytes, strings the same with their NUL.
 *
 * Whoever reads a packet may have got it from a process that a hostile image took over: a
 * reader that meets what it did not expect, or the end, gives zeros and empties from there
 * on, and wtg_reader_done() tells.
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "wtg/error.h"
#include "wtg/facts.h"

struct wtg_packet {
	uint8_t *data; /* owned */
	size_t size, capacity;
};

void wtg_packet_done(struct wtg_packet *packet);
void wtg_packet_number(struct wtg_packet *packet, uint64_t value);
void wtg_packet_text(struct wtg_packet *packet, const char *text); /* NULL stays NULL */
void wtg_packet_bytes(struct wtg_packet *packet, const void *data, size_t size);

struct wtg_reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};

struct wtg_reader wtg_reader(const struct wtg_packet *packet);
uint64_t wtg_read_number(struct wtg_reader *reader);

/* A number below limit; anything else is bad. */
uint64_t wtg_read_below(struct wtg_reader *reader, uint64_t limit);
bool wtg_read_truth(struct wtg_reader *reader);

/* How many things follow, each at least 8 bytes long: no more than the rest can hold. */
size_t wtg_read_count(struct wtg_reader *reader);

/* Lies in the packet and lives as long. */
const char *wtg_read_text(struct wtg_reader *reader);

/* The same for bytes; NULL: there are none. */
const uint8_t *wtg_read_view(struct wtg_reader *reader, size_t *ret_size);

/* The caller's. */
struct wtg_bytes wtg_read_bytes(struct wtg_reader *reader);

/* Everything was read, and made sense. */
bool wtg_reader_done(const struct wtg_reader *reader);

/* Failures, too. */
void wtg_packet_error(struct wtg_packet *packet, const struct wtg_error *err);
void wtg_read_error(struct wtg_reader *reader, struct wtg_error *ret);

/*
 * A sink that lays what is described into a packet, and what pours it out again into another
 * sink (NULL: nowhere).  Where anything makes no sense, a list's end outside of a list, a depth
 * that no description of ours has or, outermost, the key "schema" or "type", nothing is
 * poured.
 */
struct wtg_recorder {
	struct wtg_facts facts; /* first: the sink's functions cast back */
	struct wtg_packet *packet;
};
struct wtg_facts *wtg_recorder_start(struct wtg_recorder *recorder, struct wtg_packet *packet);
void wtg_recorder_end(struct wtg_recorder *recorder);
void wtg_read_facts(struct wtg_reader *reader, struct wtg_facts *out);
