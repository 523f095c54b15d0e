/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "entry-drive.h"

#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

static const char golden_grub[] =
	"# BEGIN wtgctl\n"
	"# wtgctl: sum=@SUM@\n"
	"# \"wtgctl ventoy entry\" writes all of this anew: put nothing of yours in "
	"between.\n"
	"# wtgctl: title=Windows To Go\n"
	"# wtgctl: made=main +file +menu_alias alias file\n"
	"menuentry \"Windows To Go\" --class=windows --id=wtgctl {\n"
	"    search --no-floppy --set=wtg_part --hint \"${vtoydev},3\" --fs-uuid "
	"5754-4701\n"
	"    if [ -z \"${wtg_part}\" ]; then\n"
	"        set wtg_part=\"${vtoydev},3\"\n"
	"    fi\n"
	"    if [ \"${grub_platform}\" = \"pc\" ]; then\n"
	"        if [ -f (${wtg_part})/bootmgr ]; then\n"
	"            set root=${wtg_part}\n"
	"            ntldr /bootmgr\n"
	"            boot\n"
	"        fi\n"
	"    elif [ \"${grub_cpu}\" = \"x86_64\" ]; then\n"
	"        if [ -f (${wtg_part})/EFI/Microsoft/Boot/bootmgfw.efi ]; then\n"
	"            terminal_output console\n"
	"            set root=${wtg_part}\n"
	"            chainloader /EFI/Microsoft/Boot/bootmgfw.efi\n"
	"            boot\n"
	"        fi\n"
	"    else\n"
	"        echo \"This Windows needs x86_64 UEFI firmware; this is "
	"${grub_cpu}-${grub_platform}.\"\n"
	"    fi\n"
	"    if [ -z \"${vtoy_display_mode}\" -o \"${vtoy_display_mode}\" = \"GUI\" ]; "
	"then\n"
	"        terminal_output gfxterm\n"
	"    fi\n"
	"    echo \"Windows To Go: the Windows boot manager could not be started.\"\n"
	"    echo -n \"Press Enter to return ...\"\n"
	"    read wtg_key\n"
	"}\n"
	"menuentry '<-- Return to previous menu [Esc]' --class=vtoyret VTOY_RET {\n"
	"    echo 'Return ...'\n"
	"}\n"
	"# END wtgctl\n";

static void writes_these_files_where_there_are_none(void **state)
{
	struct wtg_files nothing = { 0 };
	struct wtg_ventoy_entry entry = usual_entry();
	_cleanup_(wtg_files_done) struct wtg_files after = { 0 };
	_cleanup_free_ char *grub = NULL, *json = NULL, *img = NULL, *named = NULL;
	char *sum;

	(void)state;
	entry.bios = true;
	after = round_trip(&nothing, &entry);
	assert_int_equal(after.n_items, 4);
	grub = text_of(&after, GRUB);
	sum = strstr(grub, "sum=") + 4;
	memmove(sum + 5, sum + 16, strlen(sum + 16) + 1);
	memcpy(sum, "@SUM@", 5);
	assert_string_equal(grub, golden_grub);
	json = text_of(&after, JSON);
	assert_string_equal(
		json, "{\n    \"menu_alias\": [ { \"image\": \"/Windows To Go.img\", "
		      "\"alias\": \"Windows To Go\" } ]\n}\n");
	img = text_of(&after, IMG);
	assert_int_equal(wtg_files_find(&after, IMG)->content.size, 65536);
	assert_string_equal(
		img,
		"This is no image but an entry of Ventoy's main menu, made by wtgctl. "
		"What it does is in \"Windows To Go.img.vcfg\".\n");
	named = wtg_ventoy_entry_image_named(&after);
	assert_string_equal(named, IMG);
	assert_null(wtg_ventoy_entry_image_named(&nothing));
}

static void shows_text_instead_of_zeros(void **state)
{
	_cleanup_(wtg_ventoy_changes_done) struct wtg_ventoy_changes changes = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_files nothing = { 0 };
	struct wtg_ventoy_entry entry = usual_entry();

	(void)state;
	assert_good(wtg_ventoy_entry_plan(&entry, &current, &nothing, &changes, &err));
	assert_int_equal(changes.n_warnings, 0);
	assert_int_equal(changes.text.n_items, changes.edits.n_items);
	for (size_t i = 0; i < changes.text.n_items; i++)
		assert_null(memchr(changes.text.items[i].content.data, 0,
				   changes.text.items[i].content.size));
}

/* GRUB skips carriage returns (grub_file_getline); its checker does not. */
static void grub_takes(const struct wtg_files *files, const char *path)
{
	_cleanup_free_ char *text = text_of(files, path), *out = NULL;
	_cleanup_free_ char *file = wtg_text("%s/script", test_dir());
	int status;

	test_write_file(file, text, strlen(text));
	out = test_run(&status, "tr -d '\\r' <'%s' >'%s.lf' && grub-script-check '%s.lf'",
		       file, file, file);
	if (status != 0)
		fail_msg("%s\n%s", out, text);
}

static void grub_takes_every_variant(void **state)
{
	static const enum wtg_arch archs[] = { WTG_ARCH_X86, WTG_ARCH_AMD64,
					       WTG_ARCH_ARM64 };
	static const char *const cpus[] = { "\"i386\"", "\"x86_64\"", "\"arm64\"" };
	static const char *const titles[] = { NULL, "Jo's; reboot & halt {}",
					      "Größe 内存 😀", "#1 (=%~`!^)" };
	static const char *const users[] = { NULL, "", "set a=b",
					     "menuentry 'x' {\r\n true\r\n}\r\n" };

	(void)state;
	test_require("grub-script-check");
	for (unsigned i = 0; i < 3 * 2 * 2 * 4; i++) {
		struct wtg_ventoy_entry entry = usual_entry();
		_cleanup_(wtg_files_done) struct wtg_files before =
			drive(users[i / 12], NULL);
		_cleanup_(wtg_files_done) struct wtg_files after = { 0 };
		_cleanup_free_ char *img = NULL, *vcfg = NULL, *text = NULL;

		entry.arch = archs[i % 3];
		entry.bios = i / 3 % 2;
		entry.vtefi = i / 6 % 2;
		entry.title = titles[i / 12];
		after = round_trip(&before, &entry);
		img = wtg_ventoy_entry_image(entry.title);
		vcfg = wtg_text("%s.vcfg", img);
		grub_takes(&after, GRUB);
		grub_takes(&after, vcfg);
		text = text_of(&after, vcfg);
		assert_int_equal(count(text, cpus[i % 3]), 1);
		assert_int_equal(count(text, "ntldr"), entry.bios);
		assert_int_equal(count(text, "chainloader /VTEFI"), entry.vtefi);
		assert_int_equal(count(text, "chainloader /EFI"), !entry.vtefi);
	}
}

static void keeps_the_users_menu_to_the_byte(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"menuentry 'mine' {\n    true\n}\n",
		"menuentry 'mine' {\n    true\n}",
		"menuentry 'mine' {\r\n    true\r\n}\r\n",
		"menuentry 'mine' {\r\n    true\r\n}",
		"a\r",
		"#BEGIN wtgctl\n# END wtgctl.\n # END wtgctl\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct wtg_ventoy_entry entry = usual_entry();
		_cleanup_(wtg_files_done) struct wtg_files before = drive(texts[i], NULL);
		_cleanup_(wtg_files_done) struct wtg_files after =
			round_trip(&before, &entry);
		_cleanup_free_ char *text = text_of(&after, GRUB);

		assert_true(wtg_text_starts(text, texts[i]));
		assert_int_equal(count(text, "VTOY_RET"), 0);
		/* Our lines end as his; the last of his is one that he did not end. */
		if (!wtg_text_ends(texts[i], "\r"))
			assert_int_equal(count(text, "\r\n"), strstr(texts[i], "\r\n") ?
								      count(text, "\n") :
								      0);
	}
}

static void keeps_what_the_user_wrote_around_the_block(void **state)
{
	struct wtg_ventoy_entry entry = usual_entry();
	struct wtg_files nothing = { 0 };
	_cleanup_(wtg_files_done) struct wtg_files after = merged(&nothing, &entry);
	_cleanup_free_ char *ours = text_of(&after, GRUB),
			    *both = wtg_text("a\n%sb\n", ours);
	_cleanup_(wtg_files_done) struct wtg_files around = { 0 }, renamed = { 0 },
						   removed = { 0 };
	_cleanup_free_ char *text = NULL, *rest = NULL;

	(void)state;
	add_text(&around, GRUB, both);
	entry.title = "Other";
	renamed = merged(&around, &entry);
	text = text_of(&renamed, GRUB);
	assert_true(wtg_text_starts(text, "a\n# BEGIN wtgctl\n"));
	assert_true(wtg_text_ends(text, "# END wtgctl\nb\n"));
	assert_non_null(strstr(text, "menuentry \"Other\""));
	assert_null(strstr(text, "Windows To Go"));
	removed = merged(&renamed, NULL);
	rest = text_of(&removed, GRUB);
	assert_string_equal(rest, "a\nb\n");
}

static void another_title_leaves_nothing_of_the_old_one(void **state)
{
	struct wtg_ventoy_entry entry = usual_entry();
	_cleanup_(wtg_files_done) struct wtg_files before =
		drive("a", "{\"menu_alias\":[]}");
	_cleanup_(wtg_files_done) struct wtg_files once = { 0 }, twice = { 0 },
						   removed = { 0 };

	(void)state;
	entry.is_default = true;
	entry.tip = "first";
	once = merged(&before, &entry);
	assert_non_null(wtg_files_find(&once, IMG));
	entry.title = "Other";
	entry.tip = NULL;
	twice = merged(&once, &entry);
	assert_null(wtg_files_find(&twice, IMG));
	assert_null(wtg_files_find(&twice, VCFG));
	assert_non_null(wtg_files_find(&twice, "Other.img.vcfg"));
	for (size_t i = 0; i < twice.n_items; i++) {
		_cleanup_free_ char *text = text_of(&twice, twice.items[i].path);

		assert_null(strstr(text, "Windows To Go"));
		assert_null(strstr(text, "first"));
	}
	removed = merged(&twice, NULL);
	assert_same(&before, &removed);
}

static void refuses_damaged_marks_and_names_the_line(void **state)
{
	struct wtg_ventoy_entry entry = usual_entry();
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_files nothing = { 0 };
	_cleanup_(wtg_files_done) struct wtg_files after = merged(&nothing, &entry);
	_cleanup_free_ char *block = text_of(&after, GRUB);
	_cleanup_free_ char *twice = wtg_text("%s%s", block, block);
	_cleanup_free_ char *within = wtg_text("%s", block);
	struct {
		const char *text, *says;
	} rows[] = {
		{ "x\n# BEGIN wtgctl\nmenuentry\n",
		  "ventoy/ventoy_grub.cfg, line 2: \"# BEGIN" },
		{ "x\n\n# END wtgctl\r\n", "line 3: \"# END" },
		{ "# END wtgctl\n# BEGIN wtgctl\n", "line 1: \"# END" },
		{ "# BEGIN wtgctl\n# BEGIN wtgctl\n# END wtgctl\n", "line 2: a second" },
		{ "\n# BEGIN wtgctl\n# END wtgctl\n", "line 2: somebody" },
		{ twice, "a second \"# BEGIN" },
		{ within, "line 1: somebody" },
	};

	(void)state;
	memcpy(strstr(within, "--class=windows"), "--class=WINDOWS",
	       15); /* the user's own class */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_files_done) struct wtg_files files =
			drive(rows[i].text, NULL);
		struct wtg_ventoy_changes changes = { 0 };

		assert_fails(
			wtg_ventoy_entry_plan(&entry, &current, &files, &changes, &err),
			WTG_INPUT, rows[i].says);
		assert_fails(
			wtg_ventoy_entry_plan(NULL, &current, &files, &changes, &err),
			WTG_INPUT, rows[i].says);
		assert_null(wtg_ventoy_entry_image_named(&files));
		assert_int_equal(changes.edits.n_items, 0);
	}
}

static void a_file_of_the_users_is_not_overwritten(void **state)
{
	struct wtg_ventoy_entry entry = usual_entry();
	struct wtg_error err = WTG_ERROR_INIT;
	static const char *const paths[] = { IMG, "windows to go.IMG", VCFG };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(wtg_files_done) struct wtg_files files = drive(NULL, NULL);
		struct wtg_ventoy_changes changes = { 0 };

		add_text(&files, paths[i], "mine");
		assert_fails(
			wtg_ventoy_entry_plan(&entry, &current, &files, &changes, &err),
			WTG_REFUSED, "Windows To Go.img");
	}
}

static void removal_leaves_a_file_that_became_the_users(void **state)
{
	struct wtg_ventoy_entry entry = usual_entry();
	struct wtg_files nothing = { 0 };
	_cleanup_(wtg_files_done) struct wtg_files after = merged(&nothing, &entry);
	_cleanup_(wtg_files_done) struct wtg_files removed = { 0 };
	struct wtg_file *img = (struct wtg_file *)wtg_files_find(&after, IMG);

	(void)state;
	img->content.data[65535] = 1;
	removed = merged(&after, NULL);
	assert_int_equal(removed.n_items, 1);
	assert_non_null(wtg_files_find(&removed, IMG));
}

static void refuses_a_title_that_could_do_harm(void **state)
{
	static const struct {
		const char *title, *says;
	} rows[] = {
		{ "", "empty" },
		{ "a\" { reboot", "no name of a file" },
		{ "a\nreboot", "line break" },
		{ "a\x1b[2J", "cannot be seen" },
		{ "$root", "variable" },
		{ "a\\b", "no name of a file" },
		{ "../a", "no name of a file" },
		{ "C:", "no name of a file" },
		{ "-u", "begins with" },
		{ ".hidden", "begins with" },
		{ " a", "begins with" },
		{ "a ", "ends in" },
		{ "a.", "ends in" },
		{ "a\xff", "not UTF-8" },
		{ "a\u202e"
		  "b",
		  "cannot be seen" },
		{ "nul.x", "device" },
		{ "COM1", "device" },
		{ "Ventoy_wimboot", "Ventoy itself" },
	};
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ventoy_entry entry = usual_entry();
	char longer[301] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		entry.title = rows[i].title;
		assert_fails(wtg_ventoy_entry_check(&entry, &err), WTG_USAGE,
			     rows[i].says);
	}
	memset(longer, 'x', 300);
	entry.title = longer;
	assert_fails(wtg_ventoy_entry_check(&entry, &err), WTG_USAGE, "longer than 128");
	longer[128] = '\0';
	assert_good(wtg_ventoy_entry_check(&entry, &err));
	entry.tip = "say \"x\"";
	assert_fails(wtg_ventoy_entry_check(&entry, &err), WTG_USAGE, "the tip");
	entry.tip = NULL;
	entry.has_timeout = true;
	assert_fails(wtg_ventoy_entry_check(&entry, &err), WTG_USAGE, "default");
	entry.arch = WTG_ARCH_UNKNOWN;
	entry.has_timeout = false;
	assert_fails(wtg_ventoy_entry_check(&entry, &err), WTG_UNSUITABLE, "processor");
}

static void older_ventoys_get_what_they_know_and_are_told_the_rest(void **state)
{
	static const struct {
		unsigned patch;
		bool main, is_default; /* are there */
		const char *says;
	} rows[] = {
		{ 15, false, false,
		  "does not have the F6 menu, and with it this entry: that needs "
		  "1.0.16" },
		{ 20, false, false, "behind F4: that needs 1.0.21" },
		{ 27, false, false, "that needs 1.0.28" },
		{ 28, false, true,
		  "main menu; this one is in the F6 menu alone: that needs 1.0.34" },
		{ 34, true, true, "/VTEFI behind F4: that needs 1.0.87" },
	};
	struct wtg_files nothing = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_ventoy_changes_done) struct wtg_ventoy_changes changes = {
			0
		};
		struct wtg_ventoy_version version = { 1, 0, rows[i].patch, "1.0.x" };
		struct wtg_ventoy_entry entry = usual_entry();
		const struct wtg_file *json;

		entry.is_default = entry.vtefi = true;
		assert_good(wtg_ventoy_entry_plan(&entry, &version, &nothing, &changes,
						  &err));
		if (!warns_of(&changes, rows[i].says))
			fail_msg("1.0.%u is not told \"%s\"", rows[i].patch,
				 rows[i].says);
		assert_int_equal(wtg_files_find(&changes.edits, IMG) != NULL,
				 rows[i].main);
		json = wtg_files_find(&changes.edits, JSON);
		assert_int_equal(json != NULL, rows[i].is_default);
		if (json)
			assert_non_null(memmem(json->content.data, json->content.size,
					       rows[i].main ? "\"/Windows To Go.img\" }" :
							      "\"F6>wtgctl\"",
					       11));
	}
	{
		_cleanup_(wtg_ventoy_changes_done) struct wtg_ventoy_changes changes = {
			0
		};
		struct wtg_ventoy_version version = { 0 };
		struct wtg_ventoy_entry entry = usual_entry();

		assert_good(wtg_ventoy_entry_plan(&entry, &version, &nothing, &changes,
						  &err));
		assert_int_equal(changes.n_warnings, 1);
		assert_true(warns_of(&changes, "not known"));
		assert_int_equal(changes.edits.n_items, 4);
	}
}

static void says_that_no_menu_will_be_seen(void **state)
{
	static const struct {
		unsigned patch;
		bool has_timeout;
		uint64_t timeout_seconds;
		bool says;
	} rows[] = {
		{ 34, false, 0, false }, { 34, true, 0, true },	 { 34, true, 5, false },
		{ 28, false, 0, true },	 { 28, true, 5, false },
	};
	struct wtg_files nothing = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_ventoy_changes_done) struct wtg_ventoy_changes changes = { 0 };
		struct wtg_ventoy_version version = { 1, 0, rows[i].patch, "1.0.x" };
		struct wtg_ventoy_entry entry = usual_entry();

		entry.is_default = true;
		entry.has_timeout = rows[i].has_timeout;
		entry.timeout_seconds = rows[i].timeout_seconds;
		assert_good(
			wtg_ventoy_entry_plan(&entry, &version, &nothing, &changes, &err));
		assert_int_equal(warns_of(&changes, "shows no menu"), rows[i].says);
	}
}

static void bounds_what_it_reads(void **state)
{
	_cleanup_free_ char *large = wtg_alloc(WTG_VENTOY_MAX_TEXT + 2);
	_cleanup_(wtg_files_done) struct wtg_files grub = { 0 }, json = { 0 },
						   at_most = { 0 }, after = { 0 };
	struct wtg_ventoy_entry entry = usual_entry();
	struct wtg_ventoy_changes changes = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	memset(large, '#', WTG_VENTOY_MAX_TEXT + 1);
	grub = drive(large, NULL);
	assert_fails(wtg_ventoy_entry_plan(&entry, &current, &grub, &changes, &err),
		     WTG_INPUT, "ventoy_grub.cfg is larger than 1 MiB");
	json = drive(NULL, large);
	assert_fails(wtg_ventoy_entry_plan(&entry, &current, &json, &changes, &err),
		     WTG_INPUT, "ventoy.json is larger than 1 MiB");
	large[WTG_VENTOY_MAX_TEXT - 8192] = '\0';
	at_most = drive(large, NULL);
	after = round_trip(&at_most, &entry);
	large[WTG_VENTOY_MAX_TEXT - 8192] = '#'; /* it could not be removed again */
	large[WTG_VENTOY_MAX_TEXT] = '\0';
	wtg_files_done(&grub);
	grub = drive(large, NULL);
	assert_fails(wtg_ventoy_entry_plan(&entry, &current, &grub, &changes, &err),
		     WTG_INPUT, "ventoy_grub.cfg would be larger than 1 MiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_these_files_where_there_are_none),
		cmocka_unit_test(shows_text_instead_of_zeros),
		cmocka_unit_test(grub_takes_every_variant),
		cmocka_unit_test(keeps_the_users_menu_to_the_byte),
		cmocka_unit_test(keeps_what_the_user_wrote_around_the_block),
		cmocka_unit_test(another_title_leaves_nothing_of_the_old_one),
		cmocka_unit_test(refuses_damaged_marks_and_names_the_line),
		cmocka_unit_test(a_file_of_the_users_is_not_overwritten),
		cmocka_unit_test(removal_leaves_a_file_that_became_the_users),
		cmocka_unit_test(refuses_a_title_that_could_do_harm),
		cmocka_unit_test(older_ventoys_get_what_they_know_and_are_told_the_rest),
		cmocka_unit_test(says_that_no_menu_will_be_seen),
		cmocka_unit_test(bounds_what_it_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
