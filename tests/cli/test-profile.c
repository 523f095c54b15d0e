/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../src/cli/commands.h"
#include "../../src/cli/profile-lines.h"
#include "../../src/cli/profile.h"
#include "wtg/text.h"

static const struct cli_command create = { .name = "create", .id = CLI_CREATE };

static struct wtg_error err;

/* A profile that only this test knows, and its path. */
static const char *profile_of(const char *text)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/p.ini", test_dir());
	test_write_file(path, text, strlen(text));
	return path;
}

/* What "create WORDS --profile FILE[:SECTION]" comes to; the caller frees with _done(). */
static int fill(const char *const *words, const char *text, const char *section,
		struct cli_options *ret)
{
	static char path[300];
	char *argv[16] = { NULL };
	struct cli_options options;

	for (size_t i = 0; words && words[i]; i++)
		argv[i] = (char *)words[i];
	assert_good(cli_options_parse(&create, argv, &options, &err));
	snprintf(path, sizeof(path), "%s%s%s", profile_of(text), section ? ":" : "",
		 section ? section : "");
	options.profile = path;
	if (cli_profile_fill(&create, &options, &err) < 0) {
		cli_options_done(&options);
		return -1;
	}
	*ret = options;
	return 0;
}

static void keys_are_options_and_paths_are_the_profiles_own(void **state)
{
	_cleanup_(cli_options_done) struct cli_options o = { 0 };
	_cleanup_free_ char *below = wtg_text("%s/sub/a.reg", test_dir());

	(void)state;
	assert_good(fill(NULL,
			 "\xef\xbb\xbf; a comment\r\n"
			 "image=/iso/w.iso\r\n"
			 "  label = My Drive #1\n"
			 "data-size = 64GB\n"
			 "data-fs: ntfs\n"
			 "timeout = 0\n"
			 "skip-oobe = yes\n"
			 "hibernate = no\n"
			 "compact = auto\n"
			 "\t# another\n"
			 "registry = sub/a.reg\n"
			 "registry = /b.reg\n"
			 "user = anna\n"
			 "password-file = -",
			 NULL, &o));
	assert_string_equal(o.request.image, "/iso/w.iso");
	assert_string_equal(o.request.label, "My Drive #1");
	assert_true(o.request.data_size_bytes == UINT64_C(64000000000));
	assert_int_equal(o.request.data_fs, WTG_DATA_FS_NTFS);
	assert_true(o.request.has_timeout && o.request.timeout_seconds == 0);
	assert_true(o.request.skip_oobe && !o.request.hibernate);
	assert_int_equal(o.request.compact, WTG_COMPACT_AUTO);
	assert_int_equal(o.request.registry.n_items, 2);
	assert_string_equal(o.request.registry.items[0], below);
	assert_string_equal(o.request.registry.items[1], "/b.reg");
	assert_string_equal(o.request.password_files.items[0], "-");
}

static void the_command_line_wins_then_the_environment_then_the_section(void **state)
{
	static const char *const words[] = { "--locale", "fr-FR", NULL };
	static const char text[] = "locale = de-DE\nkeyboard = de-DE\nlabel = common\nedition = 1\n"
				   "hibernate = yes\n"
				   "[a]\nlocale = it-IT\nkeyboard = it-IT\nlabel = a\nhibernate = no\n"
				   "[b]\nlabel = b\n";
	_cleanup_(cli_options_done) struct cli_options o = { 0 };

	(void)state;
	setenv("WTGCTL_KEYBOARD", "en-US", 1);
	setenv("WTGCTL_LOCALE", "nonsense", 1);
	setenv("WTGCTL_LABEL", "", 1);
	assert_good(fill(words, text, "a", &o));
	assert_string_equal(o.request.locale, "fr-FR");
	assert_string_equal(o.request.keyboard, "en-US");
	assert_string_equal(o.request.label, "a");
	assert_string_equal(o.request.edition, "1");
	assert_false(o.request.hibernate);
	unsetenv("WTGCTL_KEYBOARD");
	unsetenv("WTGCTL_LOCALE");
	unsetenv("WTGCTL_LABEL");
}

static void the_environment_does_without_a_profile(void **state)
{
	_cleanup_(cli_options_done) struct cli_options o = { 0 };

	(void)state;
	setenv("WTGCTL_ESP_SIZE", "300M", 1);
	setenv("WTGCTL_SKIP_OOBE", "yes", 1);
	assert_good(cli_profile_fill(&create, &o, &err));
	assert_true(o.request.esp_size_bytes == UINT64_C(300) << 20);
	assert_true(o.request.skip_oobe);
	unsetenv("WTGCTL_SKIP_OOBE");

	setenv("WTGCTL_ESP_SIZE", "much", 1);
	cli_options_done(&o);
	o = (struct cli_options){ 0 };
	assert_fails(cli_profile_fill(&create, &o, &err), WTG_USAGE,
		     "WTGCTL_ESP_SIZE in the environment: option --esp-size takes a size");
	unsetenv("WTGCTL_ESP_SIZE");
}

/* All lines of an option come from one place. */
static void nobody_gets_the_password_of_another(void **state)
{
	static const char *const words[] = { "--user", "eve", NULL };
	_cleanup_(cli_options_done) struct cli_options o = { 0 };

	(void)state;
	assert_good(fill(words, "user = anna\nuser = bert\npassword-file = a\npassword-file = b\n",
			 NULL, &o));
	assert_int_equal(o.request.users.n_items, 1);
	assert_string_equal(o.request.users.items[0], "eve");
	assert_int_equal(o.request.password_files.n_items, 0);
}

static void safety_is_no_matter_of_profiles(void **state)
{
	static const char *const names[] = { "confirm", "allow-fixed", "overwrite", "max-size",
					     "seed", "dry-run", "json", "profile",
					     "print-profile", "engine", "quiet" };
	struct cli_options o = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		_cleanup_free_ char *text = wtg_text("locale = de-DE\n%s = no\n", names[i]);
		_cleanup_free_ char *variable = wtg_text("WTGCTL_%s", names[i]);
		_cleanup_free_ char *where = wtg_text("p.ini, line 2: --%s is for the command line "
						      "alone", names[i]);

		assert_fails(fill(NULL, text, NULL, &o), WTG_USAGE, where);
		for (char *c = variable; *c; c++)
			*c = *c == '-' ? '_' : (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
		setenv(variable, "yes", 1);
		assert_fails(cli_profile_fill(&create, &o, &err), WTG_USAGE, variable);
		unsetenv(variable);
	}
}

static void mistakes_are_told_with_their_line(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{ "imgae = x\n", "p.ini, line 1: there is no option \"imgae\"" },
		{ "\n\n--image = x\n", "line 3: there is no option \"--image\"" },
		{ "Image = x\n", "line 1: there is no option \"Image\"" },
		{ "all = yes\n", "line 1: there is no option \"all\"" },
		{ "locale\n", "line 1: it is neither KEY = VALUE nor [SECTION]" },
		{ "locale =\n", "line 1: what is given for \"locale\" needs a value" },
		{ "= x\n", "line 1: there is no option \"\"" },
		{ "locale = a\nlocale = b\n", "line 2: option --locale is given twice" },
		{ "winre = yes\nwinre = no\n", "line 2: option --winre is given twice" },
		{ "winre = true\n", "line 1: option --winre takes yes or no, not \"true\"" },
		{ "compact = yes\n", "line 1: option --compact takes one of lzx|auto|off" },
		{ "esp-size = 1,5G\n", "line 1: option --esp-size takes a size" },
		{ "timeout = soon\n", "line 1: option --timeout takes a number" },
		{ "user = anna ; the boss\n", "line 1: there is what looks like a comment" },
		{ "user = anna # the boss\n", "line 1: there is what looks like a comment" },
		{ "label =# a\n", "line 1: what is given for \"label\" has what looks like" },
		{ "label =;a\n", "line 1: what is given for \"label\" has what looks like" },
		{ "label = \"Windows\"\n", "line 1: what is given for \"label\" begins with a quote" },
		{ "label = W\x1b[1m\n", "line 1: there is a control character" },
		{ "label = \xff\n", "line 1: what is given for \"label\" has what is no text" },
		{ "label = \xe2\x80\xae\n", "line 1: what is given for \"label\" has what is no text" },
		{ "[a\n", "line 1: a section is [NAME], and nothing else" },
		{ "[a] b\n", "line 1: a section is [NAME], and nothing else" },
		{ "[a b]\n", "line 1: a section's name" },
		{ "[]\n", "line 1: a section's name" },
		{ "[a]\nimgae = x\n", "line 2: there is no option" },
		{ "[a]\n", "p.ini has sections, and none is named" },
	};
	struct cli_options o = { .n_operands = 77 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_fails(fill(NULL, rows[i].text, NULL, &o), WTG_USAGE, rows[i].sentence);
	assert_int_equal(o.n_operands, 77);
	assert_fails(fill(NULL, "[a]\n[b]\n", "c", &o), WTG_USAGE, "has no section \"c\"");
	assert_int_equal(fill(NULL, "[sales]\n[lab]\n", "c", &o), -1);
	assert_non_null(strstr(err.hint, "It has: sales, lab."));
	wtg_error_done(&err);
	assert_int_equal(fill(NULL, "locle = x\n", NULL, &o), -1);
	assert_string_equal(err.hint, "Did you mean \"locale\"?");
	wtg_error_done(&err);
	assert_int_equal(fill(NULL, "password = hunter2\n", NULL, &o), -1);
	assert_string_equal(err.hint, "Did you mean \"password-file\"?");
	assert_null(strstr(err.message, "hunter2"));
	wtg_error_done(&err);
	assert_int_equal(fill(NULL, "skip_oobe = yes\n", NULL, &o), -1);
	assert_string_equal(err.hint, "Did you mean \"skip-oobe\"?");
	wtg_error_done(&err);
}

/* Neither by inih's buffers nor by its taste for comments. */
static void nothing_is_cut_without_a_word(void **state)
{
	struct cli_options o = { 0 };

	(void)state;
	for (int length = 150; length < 300; length++) {
		_cleanup_(cli_options_done) struct cli_options filled = { 0 };
		_cleanup_free_ char *text = wtg_text("label = %0*d\n", length, 1);

		if (length > 190 - 8) {
			assert_fails(fill(NULL, text, NULL, &o), WTG_USAGE, "line 1: ");
			continue;
		}
		assert_good(fill(NULL, text, NULL, &filled));
		assert_int_equal(strlen(filled.request.label), length);
	}
	for (int length = 1; length < 120; length++) {
		_cleanup_(cli_options_done) struct cli_options filled = { 0 };
		_cleanup_free_ char *name = wtg_text("%0*d", length, 1);
		_cleanup_free_ char *text = wtg_text("[%s]\nlabel = x\n", name);

		if (length > 40) {
			assert_fails(fill(NULL, text, name, &o), WTG_USAGE, "line 1: ");
			continue;
		}
		assert_good(fill(NULL, text, name, &filled));
		assert_string_equal(filled.request.label, "x");
	}
}

static void a_long_comment_is_a_comment(void **state)
{
	_cleanup_(cli_options_done) struct cli_options o = { 0 };
	_cleanup_free_ char *text = wtg_text("# %05000d overwrite = yes\nlabel = x\n", 1);

	(void)state;
	assert_good(fill(NULL, text, NULL, &o));
	assert_string_equal(o.request.label, "x");
}

static void what_is_no_profile_is_refused(void **state)
{
	static char large[(1 << 20) + 2];
	_cleanup_free_ char *path = wtg_text("%s/binary", test_dir());
	struct cli_options o = { 0 };

	(void)state;
	o.profile = test_dir();
	assert_fails(cli_profile_fill(&create, &o, &err), WTG_INPUT, "not a regular file");
	o.profile = "/nowhere/p.ini:a";
	assert_fails(cli_profile_fill(&create, &o, &err), WTG_INPUT,
		     "open the profile /nowhere/p.ini: No such file");
	o.profile = path;
	test_write_file(path, "label = a\0b\n", 12);
	assert_fails(cli_profile_fill(&create, &o, &err), WTG_USAGE, "there is a NUL in it");
	memset(large, '\n', sizeof(large));
	test_write_file(path, large, sizeof(large));
	assert_fails(cli_profile_fill(&create, &o, &err), WTG_INPUT, "has more than 1 MiB");
}

static void a_file_with_a_colon_is_one(void **state)
{
	_cleanup_(cli_options_done) struct cli_options o = { 0 };
	_cleanup_free_ char *path = wtg_text("%s/a:b", test_dir());

	(void)state;
	test_write_file(path, "label = x\n", 10);
	o.profile = path;
	assert_good(cli_profile_fill(&create, &o, &err));
	assert_string_equal(o.request.label, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_options_and_paths_are_the_profiles_own),
		cmocka_unit_test(the_command_line_wins_then_the_environment_then_the_section),
		cmocka_unit_test(the_environment_does_without_a_profile),
		cmocka_unit_test(nobody_gets_the_password_of_another),
		cmocka_unit_test(safety_is_no_matter_of_profiles),
		cmocka_unit_test(mistakes_are_told_with_their_line),
		cmocka_unit_test(nothing_is_cut_without_a_word),
		cmocka_unit_test(a_long_comment_is_a_comment),
		cmocka_unit_test(what_is_no_profile_is_refused),
		cmocka_unit_test(a_file_with_a_colon_is_one),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
