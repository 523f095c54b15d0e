/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives that we write, and what other programs make of them. */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hivex.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/utf16.h"
#include "windows/regf-cell.h"
#include "windows/regf-format.h"
#include "windows/regf-read.h"
#include "windows/regf.h"
#include "wtg/text.h"

#define TIMESTAMP 0x01d9adb4c5e6f708 /* 2023-07-03 */
#define N_MANY 300

/* Something of everything: sizes around the limits, many keys, empty ones, odd names. */
static struct wtg_bytes sample(void)
{
	static const size_t sizes[] = { 0, 1, 4, 5, 4060, 4061, 16344 };
	_cleanup_(wtg_regf_freep) struct wtg_regf_key *root = wtg_regf_root("Sample");
	_cleanup_free_ uint8_t *data = wtg_alloc(DB_SEGMENT_BYTES);
	struct wtg_regf_key *values = wtg_regf_key(root, "Values");
	struct wtg_regf_key *many = wtg_regf_key(root, "many");

	for (size_t i = 0; i < DB_SEGMENT_BYTES; i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		_cleanup_free_ char *name = wtg_text("%zu bytes", sizes[i]);

		wtg_regf_value(values, name, WTG_REG_BINARY, data, sizes[i]);
	}
	wtg_regf_text(values, "", "the default value");
	wtg_regf_text(values, "text", "Größe 内存 😀");
	wtg_regf_dword(values, "number", 0x12345678);
	for (unsigned i = 0; i < N_MANY; i++) {
		_cleanup_free_ char *name = wtg_text("key %u", i * 7 % N_MANY);

		wtg_regf_dword(wtg_regf_key(many, name), "number", i * 7 % N_MANY);
	}
	wtg_regf_key(wtg_regf_key(wtg_regf_key(root, "a"), "b"), "c");
	wtg_regf_key(root, "a_b");
	wtg_regf_key(root, "aab");
	wtg_regf_key(root, "AZB");
	return wtg_regf_write(root,
			      "\\some\\long\\path\\of\\which\\the\\end\\is\\kept\\Sample",
			      TIMESTAMP);
}

static struct wtg_hive_view open_hive(const struct wtg_bytes *bytes)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_hive_view view;

	assert_good(wtg_hive_view_open(bytes, &view, &err));
	assert_good(wtg_hive_view_check(&view, &err));
	return view;
}

static char *write_hive(const struct wtg_bytes *bytes)
{
	char *path = wtg_text("%s/hive", test_dir());

	test_write_file(path, bytes->data, bytes->size);
	return path;
}

static void what_is_written_is_read_back(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = sample();
	struct wtg_hive_view view = open_hive(&bytes);
	wtg_hive_key values = wtg_hive_view_key(&view, 0, "Values");
	uint32_t number, type;

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
		_cleanup_free_ char *name = NULL;
		size_t size;

		assert_int_equal(
			wtg_hive_view_nth_value(&view, values, i, &name, &type, &data),
			1);
		assert_int_equal(type, WTG_REG_BINARY);
		assert_int_equal(sscanf(name, "%zu bytes", &size), 1);
		assert_int_equal(data.size, size);
		for (size_t j = 0; j < size; j++)
			assert_int_equal(data.data[j], (uint8_t)(j * 7 + j / 251));
	}
	for (unsigned i = 0; i < N_MANY; i++) {
		_cleanup_free_ char *path = wtg_text("MANY\\Key %u", i);

		assert_true(wtg_hive_view_dword(&view, path, "NUMBER", &number));
		assert_int_equal(number, i);
	}
	assert_int_not_equal(wtg_hive_view_key(&view, 0, "A\\B\\C"), 0);
}

/* Windows searches a list by halves: an order of its own would hide keys. */
static void subkeys_are_in_the_order_of_their_upper_case_names(void **state)
{
	static const char *const names[] = { "a", "aab", "AZB", "a_b", "many", "Values" };
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = sample();
	struct wtg_hive_view view = open_hive(&bytes);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		_cleanup_free_ char *name = wtg_hive_view_name(
			&view, wtg_hive_view_subkey(&view, view.root, i));

		assert_string_equal(name, names[i]);
	}
}

static void the_base_block_is_that_of_a_clean_hive(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = sample();
	_cleanup_free_ char *name =
		wtg_utf16_to_utf8(bytes.data + REGF_FILE_NAME, REGF_FILE_NAME_BYTES);
	struct wtg_hive_view view = open_hive(&bytes);
	struct wtg_regf_cell root;

	(void)state;
	assert_int_equal(view.sequence1, 1);
	assert_int_equal(view.sequence2, 1);
	assert_int_equal(view.minor, 3);
	assert_int_equal(view.size, bytes.size);
	assert_int_equal(bytes.size % 4096, 0);
	assert_int_equal(wtg_le64(bytes.data + REGF_TIMESTAMP), TIMESTAMP);
	assert_string_equal(name, "of\\which\\the\\end\\is\\kept\\Sample");

	assert_true(wtg_regf_cell(&view, view.root, NK_NAME, &root));
	assert_int_equal(wtg_le16(root.data + NK_FLAGS), 0x2c);
	assert_int_equal(wtg_le64(root.data + NK_TIMESTAMP), TIMESTAMP);
	assert_int_equal(wtg_le32(root.data + NK_N_SUBKEYS), 6);
	assert_int_equal(wtg_le32(root.data + NK_MAX_NAME_BYTES), strlen("Values") * 2);
}

static unsigned count_keys(const struct wtg_hive_view *view, wtg_hive_key key,
			   uint32_t security)
{
	struct wtg_regf_nk nk;
	wtg_hive_key subkey;
	unsigned n = 1;

	assert_true(wtg_regf_nk(view, key, &nk));
	assert_int_equal(nk.security, security);
	for (size_t i = 0; (subkey = wtg_hive_view_subkey(view, key, i)); i++) {
		struct wtg_regf_nk below;

		assert_true(wtg_regf_nk(view, subkey, &below));
		assert_int_equal(below.parent, key);
		n += count_keys(view, subkey, security);
	}
	return n;
}

static void one_descriptor_counts_every_key(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = sample();
	struct wtg_hive_view view = open_hive(&bytes);
	struct wtg_regf_cell sk;
	struct wtg_regf_nk root;

	(void)state;
	assert_true(wtg_regf_nk(&view, view.root, &root));
	assert_true(wtg_regf_cell(&view, root.security, SK_DESCRIPTOR, &sk));
	assert_memory_equal(sk.data, "sk", 2);
	assert_int_equal(wtg_le32(sk.data + SK_NEXT), root.security);
	assert_int_equal(wtg_le32(sk.data + SK_PREVIOUS), root.security);
	assert_int_equal(wtg_le32(sk.data + SK_SIZE), 100);
	assert_int_equal(wtg_le32(sk.data + SK_REFERENCES),
			 count_keys(&view, view.root, root.security));
}

/* The last descriptor of the root key of a store that Windows wrote, but for the two
 * bytes that let subkeys inherit. */
static void the_descriptor_is_that_of_a_real_store(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes real = test_hive("bcd-win10-uefi-gpt");
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = sample();
	struct wtg_hive_view view = open_hive(&bytes), real_view = open_hive(&real);
	struct wtg_regf_cell ours, theirs;
	struct wtg_regf_nk key;

	(void)state;
	assert_true(wtg_regf_nk(&view, view.root, &key));
	assert_true(wtg_regf_cell(&view, key.security, SK_DESCRIPTOR + 100, &ours));
	/* 0x80: its descriptor with full access for both. */
	assert_true(wtg_regf_cell(&real_view, 0x80, SK_DESCRIPTOR + 100, &theirs));
	for (size_t i = 0; i < 100; i++) {
		bool inherit = i == 29 || i == 53;

		assert_int_equal(ours.data[SK_DESCRIPTOR + i],
				 theirs.data[SK_DESCRIPTOR + i] | (inherit ? 2 : 0));
	}
}

static void the_same_tree_gives_the_same_bytes(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes a = sample(), b = sample();

	(void)state;
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.data, b.data, a.size);
}

static size_t count_text(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		n++;
	return n;
}

/* root, Values, many and its keys, a, b, c, a_b, aab, AZB */
#define N_KEYS (N_MANY + 9)

static void other_programs_read_every_key(void **state)
{
	static const struct {
		const char *program, *command;
		const char *mark;   /* of every key */
		const char *number; /* one value as that program shows it */
	} rows[] = {
		{ "hivexml", "hivexml hive", "<node ",
		  "key=\"number\" value=\"305419896\"" },
		{ "reglookup", "reglookup hive", ",KEY,",
		  "/Values/number,DWORD,0x12345678" },
		{ "hivexregedit", "hivexregedit --export hive '\\'", "\n[",
		  "\"number\"=dword:12345678" },
		{ "reged", "reged -x hive X '\\' out >log && tr -d '\\r' <out", "\n[X",
		  "\"number\"=dword:12345678" },
	};
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = sample();
	_cleanup_free_ char *path = write_hive(&bytes);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_free_ char *output = NULL;

		test_require(rows[i].program);
		output = test_run(NULL, "cd '%s' && %s", test_dir(), rows[i].command);
		if (count_text(output, rows[i].mark) != N_KEYS)
			fail_msg("%s finds %zu keys, not %d", rows[i].program,
				 count_text(output, rows[i].mark), N_KEYS);
		if (count_text(output, rows[i].number) != 1)
			fail_msg("%s does not show %s", rows[i].program, rows[i].number);
	}
}

static void hivex_reads_every_byte(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = sample();
	_cleanup_free_ char *path = write_hive(&bytes);
	struct wtg_hive_view view = open_hive(&bytes);
	wtg_hive_key key = wtg_hive_view_key(&view, 0, "Values");
	hive_h *hivex = hivex_open(path, 0);
	_cleanup_free_ hive_value_h *values = NULL;
	size_t i;

	(void)state;
	assert_non_null(hivex);
	values = hivex_node_values(
		hivex, hivex_node_get_child(hivex, hivex_root(hivex), "Values"));
	for (i = 0; values[i]; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes ours = { 0 };
		_cleanup_free_ char *our_name = NULL;
		_cleanup_free_ char *name = hivex_value_key(hivex, values[i]);
		_cleanup_free_ char *data = NULL;
		uint32_t our_type;
		hive_type type;
		size_t size;

		data = hivex_value_value(hivex, values[i], &type, &size);
		assert_int_equal(wtg_hive_view_nth_value(&view, key, i, &our_name,
							 &our_type, &ours),
				 1);
		assert_string_equal(name, our_name);
		assert_int_equal(type, our_type);
		assert_int_equal(size, ours.size);
		assert_memory_equal(data, ours.data, size);
	}
	assert_int_equal(i, 10);
	hivex_close(hivex);
}

static void hivexsh_edits_it(void **state)
{
	static const char script[] =
		"cd many\nadd inserted\ncd inserted\nsetval 1\nname\n"
		"dword:0x77\ncommit\n";
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = sample();
	_cleanup_(wtg_bytes_done) struct wtg_bytes edited = { 0 };
	_cleanup_free_ char *path = write_hive(&bytes);
	_cleanup_free_ char *script_path = wtg_text("%s/script", test_dir());
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_hive_view view;
	_cleanup_fd_ int fd = -1;
	uint32_t number;

	(void)state;
	test_require("hivexsh");
	test_write_file(script_path, script, strlen(script));
	free(test_run(NULL, "hivexsh -w -f '%s' '%s'", script_path, path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_good(wtg_read_file(fd, 1 << 20, "the edited hive", &edited, &err));
	view = open_hive(&edited);
	assert_true(wtg_hive_view_dword(&view, "many\\inserted", "name", &number));
	assert_int_equal(number, 0x77);
	assert_true(wtg_hive_view_dword(&view, "many\\key 299", "number", &number));
	assert_int_equal(number, 299);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(subkeys_are_in_the_order_of_their_upper_case_names),
		cmocka_unit_test(the_base_block_is_that_of_a_clean_hive),
		cmocka_unit_test(one_descriptor_counts_every_key),
		cmocka_unit_test(the_descriptor_is_that_of_a_real_store),
		cmocka_unit_test(the_same_tree_gives_the_same_bytes),
		cmocka_unit_test(other_programs_read_every_key),
		cmocka_unit_test(hivex_reads_every_byte),
		cmocka_unit_test(hivexsh_edits_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
