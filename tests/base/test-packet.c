/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "base/packet.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

static void values_come_out_as_they_went_in(void **state)
{
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };
	struct wtg_error err = WTG_ERROR_INIT, out = WTG_ERROR_INIT;
	struct wtg_reader reader;
	struct wtg_bytes bytes;

	(void)state;
	wtg_packet_number(&packet, UINT64_MAX);
	wtg_packet_text(&packet, "");
	wtg_packet_text(&packet, NULL);
	wtg_packet_text(&packet, "Wörter");
	wtg_packet_bytes(&packet, "a\0b", 3);
	wtg_fail(&err, WTG_MISMATCH, 0, "why");
	wtg_packet_error(&packet, &err);
	wtg_error_done(&err);

	reader = wtg_reader(&packet);
	assert_true(wtg_read_number(&reader) == UINT64_MAX);
	assert_string_equal(wtg_read_text(&reader), "");
	assert_null(wtg_read_text(&reader));
	assert_string_equal(wtg_read_text(&reader), "Wörter");
	bytes = wtg_read_bytes(&reader);
	assert_int_equal(bytes.size, 3);
	assert_memory_equal(bytes.data, "a\0b", 3);
	wtg_bytes_done(&bytes);
	assert_false(wtg_reader_done(&reader));
	wtg_read_error(&reader, &out);
	assert_true(wtg_reader_done(&reader));
	test_expect_error(&out, WTG_MISMATCH, "why");
}

static void nobody_is_told_that_he_was_interrupted(void **state)
{
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };
	struct wtg_error err = WTG_ERROR_INIT, out = WTG_ERROR_INIT;
	struct wtg_reader reader;

	(void)state;
	wtg_fail(&err, WTG_CANCELLED, 0, "interrupted");
	wtg_packet_error(&packet, &err);
	wtg_error_done(&err);
	reader = wtg_reader(&packet);
	wtg_read_error(&reader, &out);
	assert_false(wtg_reader_done(&reader));
	test_expect_error(&out, WTG_SYSTEM, "failed");
}

/* Each cut, and each byte changed: it may come out different, but never outside. */
static void nonsense_gives_empties_and_is_told(void **state)
{
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };

	(void)state;
	wtg_packet_text(&packet, "text");
	wtg_packet_bytes(&packet, "bytes", 5);
	for (size_t size = 0; size < packet.size; size++) {
		uint8_t *cut = malloc(size ? size : 1); /* for the sanitizer to watch */
		struct wtg_packet part = { cut, size, size };
		struct wtg_reader reader = wtg_reader(&part);
		struct wtg_bytes bytes;

		memcpy(cut, packet.data, size);
		(void)wtg_read_text(&reader);
		bytes = wtg_read_bytes(&reader);
		assert_int_equal(bytes.size, 0);
		wtg_bytes_done(&bytes);
		assert_false(wtg_reader_done(&reader));
		free(cut);
	}
}

static void a_string_ends_where_it_says(void **state)
{
	static const char *const bad[] = { "", "ab", "a\0b" };
	static const size_t sizes[] = { 0, 2, 4 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };
		struct wtg_reader reader;

		wtg_packet_bytes(&packet, bad[i], sizes[i]);
		reader = wtg_reader(&packet);
		assert_null(wtg_read_text(&reader));
		assert_false(wtg_reader_done(&reader));
	}
}

static void counts_are_no_larger_than_what_follows(void **state)
{
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };
	struct wtg_reader reader;

	(void)state;
	wtg_packet_number(&packet, 2);
	wtg_packet_number(&packet, 7);
	reader = wtg_reader(&packet);
	assert_int_equal(wtg_read_count(&reader), 0);
	assert_true(reader.bad);
}

static void describe(struct wtg_facts *out)
{
	wtg_fact_text(out, "text", "\"quoted\"");
	wtg_fact_open(out, "list", WTG_LIST);
	wtg_fact_open(out, NULL, WTG_OBJECT);
	wtg_fact_number(out, "number", 7);
	wtg_fact_truth(out, "truth", true);
	wtg_fact_close(out);
	wtg_fact_text(out, NULL, "bare");
	wtg_fact_close(out);
	wtg_fact_open(out, "detail", WTG_DETAIL);
	wtg_fact_bytes(out, "size_bytes", 8);
	wtg_fact_time(out, "time", 9);
	wtg_fact_close(out);
}

static void facts_say_the_same_when_they_are_poured_out(void **state)
{
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };
	_cleanup_(wtg_json_freep) struct wtg_json *direct = wtg_json_new();
	_cleanup_(wtg_json_freep) struct wtg_json *poured = wtg_json_new();
	_cleanup_free_ char *expected = NULL, *found = NULL;
	struct wtg_recorder recorder;
	struct wtg_reader reader;

	(void)state;
	describe(wtg_json_facts(direct));
	describe(wtg_recorder_start(&recorder, &packet));
	wtg_recorder_end(&recorder);
	reader = wtg_reader(&packet);
	wtg_read_facts(&reader, wtg_json_facts(poured));
	assert_true(wtg_reader_done(&reader));
	expected = wtg_json_line(direct);
	found = wtg_json_line(poured);
	assert_string_equal(found, expected);
}

/* Every byte of the packet changed in turn: the sink is never used wrongly, which would
 * abort, and what was opened is closed. */
static void facts_that_make_no_sense_do_no_harm(void **state)
{
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };
	struct wtg_recorder recorder;

	(void)state;
	describe(wtg_recorder_start(&recorder, &packet));
	wtg_recorder_end(&recorder);
	for (size_t at = 0; at < packet.size; at++)
		for (unsigned value = 0; value < 12; value++) {
			_cleanup_(wtg_json_freep) struct wtg_json *json = wtg_json_new();
			_cleanup_free_ char *line = NULL;
			uint8_t was = packet.data[at];
			struct wtg_reader reader = wtg_reader(&packet);

			packet.data[at] = (uint8_t)value;
			wtg_read_facts(&reader, wtg_json_facts(json));
			packet.data[at] = was;
			wtg_fact_truth(wtg_json_facts(json), "after", true);
			line = wtg_json_line(json);
			assert_non_null(strstr(line, "\"after\":true}"));
		}
}

static void facts_too_deep_are_bad(void **state)
{
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };
	_cleanup_(wtg_json_freep) struct wtg_json *json = wtg_json_new();
	struct wtg_recorder recorder;
	struct wtg_facts *out = wtg_recorder_start(&recorder, &packet);
	struct wtg_reader reader;

	(void)state;
	for (int i = 0; i < 40; i++)
		wtg_fact_open(out, "deeper", WTG_OBJECT);
	wtg_recorder_end(&recorder);
	reader = wtg_reader(&packet);
	wtg_read_facts(&reader, wtg_json_facts(json));
	assert_true(reader.bad);
}

static void facts_do_not_say_what_line_they_are_in(void **state)
{
	static const char *const keys[] = { "schema", "type", "kind" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };
		_cleanup_(wtg_json_freep) struct wtg_json *json = wtg_json_new();
		struct wtg_recorder recorder;
		struct wtg_facts *out = wtg_recorder_start(&recorder, &packet);
		struct wtg_reader reader;

		wtg_fact_open(out, "inside", WTG_OBJECT);
		wtg_fact_text(out, keys[i], "result");
		wtg_fact_close(out);
		wtg_fact_text(out, keys[i], "result");
		wtg_recorder_end(&recorder);
		reader = wtg_reader(&packet);
		wtg_read_facts(&reader, wtg_json_facts(json));
		assert_int_equal(wtg_reader_done(&reader), i == 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_out_as_they_went_in),
		cmocka_unit_test(nobody_is_told_that_he_was_interrupted),
		cmocka_unit_test(nonsense_gives_empties_and_is_told),
		cmocka_unit_test(a_string_ends_where_it_says),
		cmocka_unit_test(counts_are_no_larger_than_what_follows),
		cmocka_unit_test(facts_say_the_same_when_they_are_poured_out),
		cmocka_unit_test(facts_that_make_no_sense_do_no_harm),
		cmocka_unit_test(facts_too_deep_are_bad),
		cmocka_unit_test(facts_do_not_say_what_line_they_are_in),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
