/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "windows/unattend.h"
#include "wtg/text.h"

static struct wtg_error err = WTG_ERROR_INIT;

/* What tests/windows/answers has: our files, and others' that are merged with them. */
static char *answers_path(const char *name)
{
	const char *directory = getenv("ANSWERS");

	assert_non_null(directory);
	return wtg_text("%s/%s", directory, name);
}

static struct wtg_bytes file(const char *name)
{
	_cleanup_free_ char *path = answers_path(name);
	FILE *stream = fopen(path, "re");
	struct wtg_bytes bytes = { .data = malloc(1 << 16) };

	if (!stream)
		fail_msg("%s is not there", path);
	bytes.size = fread(bytes.data, 1, 1 << 16, stream);
	fclose(stream);
	return bytes;
}

static struct wtg_bytes text(const char *xml)
{
	return wtg_bytes_copy(xml, strlen(xml));
}

#define HEAD "<unattend xmlns=\"urn:schemas-microsoft-com:unattend\" xmlns:wcm=\"http://"       \
	     "schemas.microsoft.com/WMIConfig/2002/State\">"
#define PASS(pass, content) "<settings pass=\"" pass "\">" content "</settings>"
#define COMPONENT(name, content)                                                         \
	"<component name=\"Microsoft-Windows-" name "\" processorArchitecture=\"amd64\">"       \
	content "</component>"
#define TAIL "</unattend>"

/* ------------------------------------------------------------------ our own */

static struct wtg_user anna_and_bert[] = {
	{ .name = "anna", .password = "Grüße & <b>" },
	{ .name = "bert", .standard = true },
};

static const struct wtg_answers everything = {
	.arch = WTG_ARCH_AMD64,
	.build = 26100,
	.accounts = anna_and_bert,
	.n_accounts = 2,
	.auto_logon = true,
	.computer_name = "TOGO-1F2E",
	.locale = "de-AT",
	.language = "de-DE",
	.keyboard = "0c07:00000407",
	.time_zone = "Europe/Vienna",
	.skip_oobe = true,
	.private = true,
	.no_winre = true,
	.drivers = true,
};

/* Without a test of its own: the file is the same as before, and another program accepts it. */
static void assert_golden(const struct wtg_answers *answers, const struct wtg_bytes *theirs,
			  const char *name)
{
	_cleanup_free_ char *golden = answers_path(name), *check = answers_path("check.py");
	_cleanup_free_ char *path = wtg_text("%s/%s", test_dir(), name);
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };

	assert_good(wtg_unattend_make(answers, theirs, "theirs.xml", &made, &err));
	if (getenv("WTGCTL_WRITE_GOLDEN"))
		test_write_file(golden, made.xml.data, made.xml.size);
	test_write_file(path, made.xml.data, made.xml.size);
	free(test_run(NULL, "diff -u '%s' '%s'", golden, path));
	test_require("xmllint");
	test_require("python3");
	free(test_run(NULL, "xmllint --noout --nonet '%s' && python3 '%s' '%s'", path, check, path));
}

static void without_winre_it_is_microsofts(void **state)
{
	struct wtg_answers answers = { .arch = WTG_ARCH_AMD64, .no_winre = true };

	(void)state;
	assert_golden(&answers, NULL, "no-winre.xml");
	answers.arch = WTG_ARCH_UNKNOWN;
	assert_golden(&answers, NULL, "no-winre-any.xml");
}

static void everything_is_answered(void **state)
{
	struct wtg_answers few = { .arch = WTG_ARCH_ARM64, .locale = "hi-IN", .drivers = true,
				   .build = 10240, .accounts = anna_and_bert + 1 };
	struct wtg_user anna = { .name = "anna" };

	(void)state;
	assert_golden(&everything, NULL, "everything.xml");
	few.accounts = &anna;
	few.n_accounts = 1;
	assert_golden(&few, NULL, "few.xml");
}

static void nothing_said_is_no_file(void **state)
{
	const struct wtg_answers nothing = { .arch = WTG_ARCH_AMD64, .build = 22621 };
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };

	(void)state;
	assert_good(wtg_unattend_make(&nothing, NULL, "", &made, &err));
	assert_null(made.xml.data);
	assert_int_equal(made.wishes.n_items + made.settings.n_items + made.warnings.n_items, 0);
}

static void passwords_are_as_windows_encodes_them(void **state)
{
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };
	_cleanup_free_ char *path = wtg_text("%s/passwords.xml", test_dir()), *found = NULL;

	(void)state;
	test_require("xmllint");
	test_require("iconv");
	assert_good(wtg_unattend_make(&everything, NULL, "", &made, &err));
	test_write_file(path, made.xml.data, made.xml.size);
	found = test_run(NULL,
			 "for n in 1 2 3; do xmllint --xpath \"string((//*[local-name()='Value'])"
			 "[$n])\" '%s' | base64 -d | iconv -f UTF-16LE -t UTF-8; echo; done",
			 path);
	assert_string_equal(found, "Grüße & <b>Password\nPassword\nGrüße & <b>Password\n");
	assert_true(made.secret);
}

static bool has_note(const struct wtg_notes *notes, const char *part)
{
	for (size_t i = 0; i < notes->n_items; i++)
		if (strstr(notes->items[i], part))
			return true;
	return false;
}

static void assert_notes(const struct wtg_notes *notes, const char *const *parts)
{
	size_t n = 0;

	for (; parts[n]; n++)
		if (!has_note(notes, parts[n]))
			fail_msg("nothing says \"%s\" (first of %zu: %s)", parts[n], notes->n_items,
				 notes->n_items ? notes->items[0] : "");
	if (n != notes->n_items)
		fail_msg("%zu sentences, expected %zu; the last: %s", notes->n_items, n,
			 notes->items[notes->n_items - 1]);
}

static void says_what_it_sets_and_no_password(void **state)
{
	static const char *const expected[] = {
		"the computer is called TOGO-1F2E",
		"time zone: W. Europe Standard Time",
		"specialize: RunSynchronous, 1 of them",
		"keyboard: 0c07:00000407",
		"programs without Unicode: de-AT",
		"language: de-DE",
		"formats: de-AT",
		"no page: licence",
		"no page: registration",
		"no page: an account at Microsoft",
		"no page: wireless network",
		"privacy: everything off",
		"account: anna (Administrators), with a password",
		"account: bert (Users), without a password",
		"logs on by itself: anna, 1 times",
		"oobeSystem: FirstLogonCommands, 2 of them",
		"no recovery environment",
		NULL,
	};
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 }, read = { 0 };

	(void)state;
	assert_good(wtg_unattend_make(&everything, NULL, "", &made, &err));
	assert_notes(&made.settings, expected);
	assert_int_equal(made.warnings.n_items, 0);
	assert_good(wtg_unattend_read(&made.xml, WTG_ARCH_AMD64, &read, &err));
	assert_notes(&read.settings, expected);
	assert_int_equal(read.warnings.n_items, 0);
	assert_true(read.secret);
}

static void pages_without_an_answer_are_named(void **state)
{
	static const char *const expected[] = { "for country and keyboard", "for an account",
						"about privacy", NULL };
	const struct wtg_answers answers = { .arch = WTG_ARCH_AMD64, .build = 22621,
					     .skip_oobe = true };
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };

	(void)state;
	assert_good(wtg_unattend_make(&answers, NULL, "", &made, &err));
	assert_notes(&made.warnings, expected);
	assert_int_equal(made.wishes.n_items, 1);
	assert_string_equal(made.wishes.items[0].value, "BypassNRO");
}

static void only_administrators_may_read_it(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes sd = wtg_unattend_security();
	/* MS-DTYP 2.4.6: control, then where owner, group and DACL are. */
	const uint8_t *acl = sd.data + wtg_le32(sd.data + 16);
	static const uint8_t system[] = { 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0 };
	static const uint8_t administrators[] = { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0 };

	(void)state;
	assert_int_equal(wtg_le16(sd.data + 2), 0x9004);
	assert_memory_equal(sd.data + wtg_le32(sd.data + 4), administrators, 16);
	assert_memory_equal(sd.data + wtg_le32(sd.data + 8), system, 12);
	assert_int_equal(wtg_le32(sd.data + 8) + 12, sd.size);
	assert_int_equal(wtg_le16(acl + 2), 8 + 20 + 24);
	assert_int_equal(wtg_le16(acl + 4), 2);
	assert_int_equal(acl[8], 0);
	assert_int_equal(wtg_le16(acl + 10), 20);
	assert_memory_equal(acl + 16, system, 12);
	assert_true(wtg_unattend_is_private(&sd));
	assert_int_equal(acl[28], 0);
	assert_int_equal(wtg_le16(acl + 30), 24);
	assert_memory_equal(acl + 36, administrators, 16);
}

static void sees_who_else_may_read(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes sd = wtg_unattend_security(), none = { 0 };
	uint8_t *acl = sd.data + wtg_le32(sd.data + 16), *second = acl + 28;

	(void)state;
	second[20] = 0x21; /* Users */
	assert_false(wtg_unattend_is_private(&sd));
	wtg_put_le32(second + 4, 0x120116); /* who may write */
	assert_true(wtg_unattend_is_private(&sd));
	second[4] = 1;
	assert_false(wtg_unattend_is_private(&sd));
	second[0] = 1; /* refused */
	assert_true(wtg_unattend_is_private(&sd));
	second[2] = 200; /* beyond the end */
	assert_false(wtg_unattend_is_private(&sd));
	second[2] = 24;
	wtg_put_le16(acl + 4, 9);
	assert_false(wtg_unattend_is_private(&sd));
	wtg_put_le16(acl + 4, 2);
	wtg_put_le32(sd.data + 16, 0xfffffff0);
	assert_false(wtg_unattend_is_private(&sd));
	sd.data[2] = 0; /* no list: everybody */
	assert_false(wtg_unattend_is_private(&sd));
	assert_false(wtg_unattend_is_private(&none));
}

/* ------------------------------------------------------------------ and theirs */

static void theirs_is_merged_by_pass_and_component(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes theirs = file("theirs.xml");

	(void)state;
	assert_golden(&everything, &theirs, "merged.xml");
}

static int make(const char *xml, const struct wtg_answers *answers, struct wtg_unattend *ret)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes theirs = text(xml);

	return wtg_unattend_make(answers, &theirs, "theirs.xml", ret, &err);
}

static void the_same_answered_twice_is_refused(void **state)
{
	static const struct {
		const char *xml, *why;
	} rows[] = {
		{ HEAD PASS("specialize", COMPONENT("Shell-Setup", "<ComputerName>X</ComputerName>"))
		  TAIL, "theirs.xml and --computer-name both answer ComputerName of Microsoft-" },
		{ HEAD PASS("oobeSystem", COMPONENT("International-Core",
						    "<UILanguage>en-US</UILanguage>")) TAIL,
		  "--locale both answer UILanguage" },
		{ HEAD PASS("oobeSystem", COMPONENT("Shell-Setup",
			"<UserAccounts><LocalAccounts><LocalAccount wcm:action=\"add\">"
			"<Name>ANNA</Name></LocalAccount></LocalAccounts></UserAccounts>")) TAIL,
		  "--user both answer LocalAccount" },
		{ HEAD PASS("oobeSystem", COMPONENT("Shell-Setup",
			"<AutoLogon><Username>eve</Username></AutoLogon>")) TAIL,
		  "--auto-logon both answer Username" },
		{ HEAD PASS("oobeSystem", COMPONENT("WinRE-RecoveryAgent",
			"<UninstallWindowsRE>false</UninstallWindowsRE>")) TAIL,
		  "--winre, or its absence, both answer" },
	};
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_fails(make(rows[i].xml, &everything, &made), WTG_USAGE, rows[i].why);
}

static void the_same_answer_twice_is_one(void **state)
{
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };

	(void)state;
	assert_good(make(HEAD PASS("specialize", COMPONENT("Shell-Setup",
			"<ComputerName> TOGO-1F2E </ComputerName>")) TAIL, &everything, &made));
}

static const struct wtg_answers amd64 = { .arch = WTG_ARCH_AMD64, .build = 26100 };

static void says_what_of_theirs_will_not_happen(void **state)
{
	static const char *const expected[] = {
		"windowsPE will not run: it is the installation medium's",
		"auditUser will not run: it runs in audit mode only",
		"generalize will not run: Sysprep runs it",
		"specialize: Contoso-Thing is no component that is known here",
		"specialize: Microsoft documents Microsoft-Windows-Setup for other passes",
		"oobeSystem is marked as done",
		"1 of its components are for other processors than amd64",
		"its packages and features are not installed",
		NULL,
	};
	static const char xml[] = HEAD
		PASS("windowsPE", COMPONENT("Setup", "<A/>"))
		PASS("auditUser", COMPONENT("Deployment", ""))
		PASS("generalize", COMPONENT("Security-SPP", "<SkipRearm>1</SkipRearm>"))
		PASS("specialize", "<component name=\"Contoso-Thing\" "
				   "processorArchitecture=\"amd64\"><A>secret</A></component>"
				   COMPONENT("Setup", "")
				   "<component name=\"Microsoft-Windows-Shell-Setup\" "
				   "processorArchitecture=\"x86\"/>")
		"<settings pass=\"oobeSystem\" wasPassProcessed=\"true\"/>"
		"<servicing/>" TAIL;
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };
	_cleanup_free_ char *out = NULL;

	(void)state;
	assert_good(make(xml, &amd64, &made));
	assert_notes(&made.warnings, expected);
	assert_int_equal(made.settings.n_items, 2);
	assert_string_equal(made.settings.items[0], "specialize: A");
	assert_string_equal(made.settings.items[1], "oobeSystem is done");
	out = strndup((char *)made.xml.data, made.xml.size);
	assert_null(strstr(out, "windowsPE"));
	assert_null(strstr(out, "servicing"));
	assert_non_null(strstr(out, "generalize"));
}

static void offline_servicing_is_done_in_the_hives(void **state)
{
	static const char *const expected[] = {
		"offlineServicing: DriverPaths of Microsoft-Windows-PnpCustomizationsNonWinPE will "
		"not happen: DISM alone could do it (--drivers does)",
		"offlineServicing: EnableLUA of Microsoft-Windows-LUA-Settings will not happen",
		NULL,
	};
	static const char xml[] = HEAD PASS("offlineServicing",
		COMPONENT("PartitionManager", "\n<SanPolicy>4</SanPolicy>")
		COMPONENT("SecureStartup-FilterDriver",
			  "<PreventDeviceEncryption>True</PreventDeviceEncryption>")
		COMPONENT("PnpCustomizationsNonWinPE", "<DriverPaths/>")
		COMPONENT("LUA-Settings", "<EnableLUA>7</EnableLUA>")) TAIL;
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };
	const struct wtg_wish *wish;

	(void)state;
	assert_good(make(xml, &amd64, &made));
	assert_notes(&made.warnings, expected);
	assert_int_equal(made.wishes.n_items, 2);
	wish = &made.wishes.items[0];
	assert_int_equal(wish->hive, WTG_HIVE_SYSTEM);
	assert_string_equal(wish->key, "CurrentControlSet\\Services\\partmgr\\Parameters");
	assert_string_equal(wish->value, "SanPolicy");
	assert_int_equal(wtg_le32(wish->data.data), 4);
	assert_string_equal(wish->reason, "theirs.xml, line 2: offlineServicing, SanPolicy");
	assert_string_equal(made.wishes.items[1].value, "PreventDeviceEncryption");
	assert_int_equal(wtg_le32(made.wishes.items[1].data.data), 1);
}

static void a_used_file_has_no_secret(void **state)
{
	static const char xml[] = HEAD PASS("oobeSystem", COMPONENT("Shell-Setup",
		"<UserAccounts><AdministratorPassword>*SENSITIVE*DATA*DELETED*"
		"</AdministratorPassword></UserAccounts>"
		"<AutoLogon><Password><Value>%s</Value></Password></AutoLogon>")) TAIL;
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };
	_cleanup_free_ char *blank = wtg_text(xml, "UABhAHMAcwB3AG8AcgBkAA==");
	_cleanup_free_ char *plain = wtg_text(xml, "hunter2");

	(void)state;
	assert_good(make(blank, &amd64, &made));
	assert_false(made.secret);
	wtg_unattend_done(&made);
	assert_good(make(plain, &amd64, &made));
	assert_true(made.secret);
	for (size_t i = 0; i < made.settings.n_items; i++)
		assert_null(strstr(made.settings.items[i], "hunter2"));
}

/* ------------------------------------------------------------------ hostile ones */

static void refuses_what_is_no_answer_file(void **state)
{
	static const struct {
		const char *xml, *why;
	} rows[] = {
		{ "", "line 1: it is not well-formed" },
		{ "hello", "line 1: it is not well-formed" },
		{ HEAD "\n\n<settings>" TAIL, "theirs.xml, line 3: it is not well-formed" },
		{ "<unattend/>", "it is no answer file" },
		{ "<a xmlns=\"urn:schemas-microsoft-com:unattend\"/>", "it is no answer file" },
		{ HEAD "\n<setings pass=\"specialize\"/>" TAIL, "line 2: an answer file has" },
		{ HEAD "<settings/>" TAIL, "Windows has no such pass" },
		{ HEAD PASS("specialise", "") TAIL, "Windows has no such pass" },
		{ HEAD PASS("specialize", "<other/>") TAIL, "a pass has components" },
		{ HEAD PASS("specialize", "<component name=\"x\"/>") TAIL, "has a name and" },
		{ HEAD PASS("specialize", COMPONENT("Setup", "") COMPONENT("Setup", "")) TAIL,
		  "is there twice" },
		{ HEAD PASS("specialize", "<component name=\"a\" processorArchitecture=\"x86\"/>")
		  TAIL, "none of the 1 components in theirs.xml is for amd64" },
		{ "\xff\xfe", "line 1: it is not well-formed" },
		{ "<\xe4/>", "neither UTF-8 nor UTF-16" },
		{ "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>" HEAD "&b;" TAIL,
		  "declares a DOCTYPE" },
		{ HEAD "&hunter2;" TAIL, "line 1: it is not well-formed" },
	};
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_fails(make(rows[i].xml, &amd64, &made), WTG_INPUT, rows[i].why);
}

static struct wtg_bytes repeat(const char *head, const char *part, size_t n)
{
	struct wtg_bytes bytes = { .data = malloc(strlen(head) + n * strlen(part) + 1) };
	char *at = stpcpy((char *)bytes.data, head);

	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, part);
	bytes.size = (size_t)(at - (char *)bytes.data);
	return bytes;
}

static void bombs_are_refused_quickly(void **state)
{
	static const struct {
		const char *head, *part;
		size_t n;
		const char *why;
	} rows[] = {
		{ HEAD, "<a>", 200, "not well-formed" },
		{ HEAD, "<a>", 100000, "not well-formed" },
		{ "", " ", (1 << 20) + 1, "no answer file has more than" },
	};
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes deep = repeat(HEAD, "<a>", 60),
		wide = repeat(HEAD PASS("specialize", "") "<settings pass=\"oobeSystem\">",
			      "<component name=\"a\" processorArchitecture=\"b\"/>", 19000);
	_cleanup_free_ char *deep_text = wtg_text("%.*s", (int)deep.size, (char *)deep.data);
	_cleanup_free_ char *wide_text = wtg_text("%.*s</settings>" TAIL, (int)wide.size,
						  (char *)wide.data);
	_cleanup_(wtg_bytes_done) struct wtg_bytes closed = repeat(deep_text, "</a>", 60);
	_cleanup_free_ char *closed_text = wtg_text("%.*s" TAIL, (int)closed.size,
						    (char *)closed.data);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes bomb =
			repeat(rows[i].head, rows[i].part, rows[i].n);

		assert_fails(wtg_unattend_make(&amd64, &bomb, "bomb", &made, &err), WTG_INPUT,
			     rows[i].why);
	}
	assert_fails(make(closed_text, &amd64, &made), WTG_INPUT, "nested deeper");
	assert_fails(make(wide_text, &amd64, &made), WTG_INPUT, "is there twice");
}

static void no_pass_has_thousands_of_components(void **state)
{
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };
	char *whole, *xml = wtg_text("%s", HEAD "<settings pass=\"specialize\">");

	(void)state;
	for (unsigned i = 0; i < 257; i++) {
		char *before = xml;

		xml = wtg_text("%s<component name=\"a%u\" processorArchitecture=\"amd64\"/>", before,
			       i);
		free(before);
	}
	whole = wtg_text("%s</settings>" TAIL, xml);

	free(xml);
	assert_fails(make(whole, &amd64, &made), WTG_INPUT, "more components than Windows");
	free(whole);
}

static void reads_utf16_and_others_prefixes(void **state)
{
	static const char xml[] =
		"<?xml version=\"1.0\" encoding=\"utf-16\"?><u:unattend "
		"xmlns:u=\"urn:schemas-microsoft-com:unattend\"><Extensions xmlns=\"https://"
		"example.com/\"/><u:settings pass=\"specialize\"><u:component "
		"name=\"Microsoft-Windows-Shell-Setup\" processorArchitecture=\"AMD64\">"
		"<u:TimeZone>UTC</u:TimeZone></u:component></u:settings></u:unattend>";
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };
	struct wtg_bytes theirs = { .data = malloc(2 + 2 * sizeof(xml)), .size = 2 * sizeof(xml) };

	(void)state;
	theirs.data[0] = 0xff;
	theirs.data[1] = 0xfe;
	for (size_t i = 0; xml[i]; i++)
		wtg_put_le16(theirs.data + 2 + 2 * i, (uint16_t)xml[i]);
	assert_good(wtg_unattend_make(&amd64, &theirs, "theirs.xml", &made, &err));
	wtg_bytes_done(&theirs);
	assert_int_equal(made.settings.n_items, 1);
	assert_string_equal(made.settings.items[0], "time zone: UTC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_winre_it_is_microsofts),
		cmocka_unit_test(everything_is_answered),
		cmocka_unit_test(nothing_said_is_no_file),
		cmocka_unit_test(passwords_are_as_windows_encodes_them),
		cmocka_unit_test(says_what_it_sets_and_no_password),
		cmocka_unit_test(pages_without_an_answer_are_named),
		cmocka_unit_test(only_administrators_may_read_it),
		cmocka_unit_test(sees_who_else_may_read),
		cmocka_unit_test(theirs_is_merged_by_pass_and_component),
		cmocka_unit_test(the_same_answered_twice_is_refused),
		cmocka_unit_test(the_same_answer_twice_is_one),
		cmocka_unit_test(says_what_of_theirs_will_not_happen),
		cmocka_unit_test(offline_servicing_is_done_in_the_hives),
		cmocka_unit_test(a_used_file_has_no_secret),
		cmocka_unit_test(refuses_what_is_no_answer_file),
		cmocka_unit_test(bombs_are_refused_quickly),
		cmocka_unit_test(no_pass_has_thousands_of_components),
		cmocka_unit_test(reads_utf16_and_others_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
