/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../src/cli/commands.h"
#include "../../src/cli/suggest.h"
#include "wtg/text.h"

#define MAX_ARGUMENTS 32

static const struct cli_command create = { .name = "create", .id = CLI_CREATE };
static const struct cli_command list = { .name = "list", .id = CLI_LIST };

static struct wtg_error err;

/* Parse words separated by single spaces; the strings live until the next call. */
static int parse(const struct cli_command *command, const char *line,
		 struct cli_options *ret)
{
	static char buffer[512], *argv[MAX_ARGUMENTS];
	char *rest = NULL;
	size_t n = 0;

	snprintf(buffer, sizeof(buffer), "%s", line);
	for (char *word = strtok_r(buffer, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		argv[n++] = word;
	assert_true(n < MAX_ARGUMENTS);
	argv[n] = NULL;
	return cli_options_parse(command, argv, ret, &err);
}

static void every_kind_of_value_reaches_its_place(void **state)
{
	struct cli_options o = { 0 };

	(void)state;
	assert_good(parse(
		&create,
		"--image w.iso /dev/sdx --esp-size=300M --data-size 64GB --data-fs fat32 "
		"--boot-ca 2023 --timeout 0 --hibernate --verify quick --progress json "
		"-q",
		&o));
	assert_string_equal(o.request.image, "w.iso");
	assert_int_equal(o.n_operands, 1);
	assert_string_equal(o.operands[0], "/dev/sdx");
	assert_true(o.request.esp_size_bytes == UINT64_C(300) << 20);
	assert_true(o.request.data_size_bytes == UINT64_C(64000000000));
	assert_int_equal(o.request.data_fs, WTG_DATA_FS_FAT32);
	assert_int_equal(o.request.boot_ca, WTG_BOOT_CA_2023);
	assert_true(o.request.has_timeout && o.request.timeout_seconds == 0);
	assert_true(o.request.hibernate && !o.request.winre);
	assert_int_equal(o.request.verify, WTG_VERIFY_QUICK);
	assert_int_equal(o.progress, CLI_PROGRESS_JSON);
	assert_true(o.quiet && !o.json);
}

static void every_word_of_a_choice_is_its_enum(void **state)
{
	static const struct {
		const char *line;
		size_t offset;
		unsigned value;
	} rows[] = {
#define ROW(line, member, value) { line, offsetof(struct cli_options, member), value }
		ROW("--data-fs ntfs", request.data_fs, WTG_DATA_FS_NTFS),
		ROW("--data-fs exfat", request.data_fs, WTG_DATA_FS_EXFAT),
		ROW("--data-fs fat32", request.data_fs, WTG_DATA_FS_FAT32),
		ROW("--boot-ca auto", request.boot_ca, WTG_BOOT_CA_AUTO),
		ROW("--boot-ca 2011", request.boot_ca, WTG_BOOT_CA_2011),
		ROW("--boot-ca 2023", request.boot_ca, WTG_BOOT_CA_2023),
		ROW("--internal-disks offline", request.internal_disks,
		    WTG_INTERNAL_OFFLINE),
		ROW("--internal-disks online", request.internal_disks,
		    WTG_INTERNAL_ONLINE),
		ROW("--verify full", request.verify, WTG_VERIFY_FULL),
		ROW("--verify quick", request.verify, WTG_VERIFY_QUICK),
		ROW("--verify none", request.verify, WTG_VERIFY_NONE),
		ROW("--engine own", request.engine, WTG_ENGINE_OWN),
		ROW("--engine wimlib", request.engine, WTG_ENGINE_WIMLIB),
		ROW("--progress auto", progress, CLI_PROGRESS_AUTO),
		ROW("--progress tty", progress, CLI_PROGRESS_TTY),
		ROW("--progress plain", progress, CLI_PROGRESS_PLAIN),
		ROW("--progress json", progress, CLI_PROGRESS_JSON),
		ROW("--progress none", progress, CLI_PROGRESS_NONE),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cli_options o = { 0 };
		unsigned value;

		assert_good(parse(&create, rows[i].line, &o));
		memcpy(&value, (char *)&o + rows[i].offset, sizeof(value));
		if (value != rows[i].value)
			fail_msg("%s: %u, not %u", rows[i].line, value, rows[i].value);
	}
}

static void what_may_be_repeated_keeps_its_order(void **state)
{
	struct cli_options o = { 0 };

	(void)state;
	assert_good(parse(&create, "--user a --registry r1 --user b:standard --drivers d", &o));
	assert_int_equal(o.request.users.n_items, 2);
	assert_string_equal(o.request.users.items[0], "a");
	assert_string_equal(o.request.users.items[1], "b:standard");
	assert_int_equal(o.request.registry.n_items, 1);
	assert_int_equal(o.request.drivers.n_items, 1);
	for (size_t i = 0; i < cli_n_options; i++)
		assert_int_equal(cli_option_is_given(&o, &cli_option_table[i]),
				 wtg_text_equal(cli_option_table[i].name, "user") ||
					 wtg_text_equal(cli_option_table[i].name, "registry") ||
					 wtg_text_equal(cli_option_table[i].name, "drivers"));
}

static void nothing_said_is_all_zero(void **state)
{
	struct cli_options o = { .json = true };
	static const struct wtg_request empty;

	(void)state;
	assert_good(parse(&create, "", &o));
	assert_memory_equal(&o.request, &empty, sizeof(empty));
	assert_int_equal(o.n_operands, 0);
	assert_false(o.json);
}

static void two_dashes_end_the_options(void **state)
{
	struct cli_options o = { 0 };

	(void)state;
	assert_good(parse(&create, "--json -- --all -q", &o));
	assert_true(o.json && !o.all && !o.quiet);
	assert_int_equal(o.n_operands, 2);
	assert_string_equal(o.operands[0], "--all");
	assert_string_equal(o.operands[1], "-q");
}

static void mistakes_are_told_and_change_nothing(void **state)
{
	static const struct {
		const char *line, *sentence;
	} rows[] = {
		{ "--overwrit", "option --overwrit is abbreviated" },
		{ "--o", "option --o is abbreviated" },
		{ "--overwrites", "unknown option --overwrites" },
		{ "--Overwrite", "unknown option --Overwrite" },
		{ "-overwrite", "unknown option -overwrite" },
		{ "-qv", "unknown option -qv" },
		{ "-x", "unknown option -x" },
		{ "--all", "create has no option --all" },
		{ "--=x", "unknown option --" },
		{ "--image", "option --image needs a value: --image IMAGE" },
		{ "--image=", "option --image needs a value" },
		{ "--image --json", "option --image needs a value" },
		{ "--json=yes", "option --json takes no value" },
		{ "--json --json", "option --json is given twice" },
		{ "-q --quiet", "option --quiet is given twice" },
		{ "--size 1G --size=2G", "option --size is given twice" },
		{ "--size 1,5G",
		  "option --size takes a size such as 260M or 64GB, not \"1,5G\"" },
		{ "--size 0", "option --size takes a size" },
		{ "--size -1", "option --size takes a size" },
		{ "--timeout 5s", "option --timeout takes a number, not \"5s\"" },
		{ "--timeout 5K", "option --timeout takes a number" },
		{ "--timeout 99999999999999999999", "option --timeout takes a number" },
		{ "--verify ful",
		  "option --verify takes one of full|quick|none, not \"ful\"" },
		{ "--verify auto", "option --verify takes one of" },
		{ "--verify full|quick", "option --verify takes one of" },
		{ "-q -v", "--quiet and --verbose contradict each other" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cli_options o = { .n_operands = 77 };

		assert_fails(parse(&create, rows[i].line, &o), WTG_USAGE,
			     rows[i].sentence);
		assert_int_equal(o.n_operands, 77);
	}
}

static void a_slip_of_the_finger_is_guessed(void **state)
{
	struct cli_options o;

	(void)state;
	assert_int_equal(parse(&create, "--imgae=x", &o), -1);
	assert_string_equal(err.hint, "Did you mean --image?");
	wtg_error_done(&err);
	assert_int_equal(parse(&list, "--jsno", &o), -1);
	assert_string_equal(err.hint, "Did you mean --json?");
	wtg_error_done(&err);
	assert_int_equal(parse(&list, "--frobnicate", &o), -1);
	assert_string_equal(err.hint, "'wtgctl help list' lists the options.");
	wtg_error_done(&err);
}

static void only_near_words_are_suggested(void **state)
{
	struct cli_suggestion best = { 0 };

	(void)state;
	cli_suggest(&best, "destroy", "create");
	cli_suggest(&best, "", "q");
	cli_suggest(&best, "averyveryveryveryveryverylongwordindeed", "list");
	assert_null(best.word);
	cli_suggest(&best, "lits", "info");
	cli_suggest(&best, "lits", "list");
	cli_suggest(&best, "lits", "plan");
	assert_string_equal(best.word, "list");
}

/* The promises of options.h that a typing error in a row would break. */
static void the_table_is_sound(void **state)
{
	(void)state;
	assert_true(cli_n_options <= CLI_MAX_OPTIONS);
	for (size_t i = 0; i < cli_n_options; i++) {
		const struct cli_option *a = &cli_option_table[i];

		assert_true(a->offset < sizeof(struct cli_options));
		assert_int_equal(a->kind == CLI_FLAG, a->metavar == NULL);
		assert_true(a->commands != 0 && a->help);
		for (size_t j = 0; j < i; j++) {
			const struct cli_option *b = &cli_option_table[j];

			assert_string_not_equal(a->name, b->name);
			assert_true(a->offset != b->offset);
			assert_true(!a->letter || a->letter != b->letter);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value_reaches_its_place),
		cmocka_unit_test(every_word_of_a_choice_is_its_enum),
		cmocka_unit_test(what_may_be_repeated_keeps_its_order),
		cmocka_unit_test(nothing_said_is_all_zero),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(mistakes_are_told_and_change_nothing),
		cmocka_unit_test(a_slip_of_the_finger_is_guessed),
		cmocka_unit_test(only_near_words_are_suggested),
		cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
