/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ntfs-3g/types.h>

#include <ntfs-3g/layout.h>

#include <ntfs-3g/acls.h>

#include "base/alloc.h"
#include "corpus.h"
#include "volume/security.h"
#include "wtg/text.h"

#define SELF_RELATIVE 0x8000
#define DACL_PRESENT 0x0004
#define SACL_PRESENT 0x0010
#define DACL_AUTO_INHERITED 0x0400
#define DACL_PROTECTED 0x1000

/* Who is who in the rows below. */
static const struct {
	const char *name;
	uint8_t size, bytes[16];
} sids[] = {
	{ "BA", 16, { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2 } }, /* Administrators */
	{ "BU", 16, { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2 } }, /* Users */
	{ "SY", 12, { 1, 1, 0, 0, 0, 0, 0, 5, 18 } },
	{ "WD", 12, { 1, 1, 0, 0, 0, 0, 0, 1 } }, /* everybody */
	{ "CO", 12, { 1, 1, 0, 0, 0, 0, 0, 3, 0 } },
	{ "CG", 12, { 1, 1, 0, 0, 0, 0, 0, 3, 1 } },
	{ "ME", 12, { 1, 1, 0, 0, 0, 0, 0, 16, 0, 0x20 } }, /* medium integrity */
};

/* An entry is TYPE:FLAGS:MASK:WHO in hexadecimal digits, a list is entries after spaces. */
static size_t put_entry(const char *text, uint8_t *to)
{
	unsigned type, flags, mask;
	char who[3];

	assert_int_equal(sscanf(text, "%x:%x:%x:%2s", &type, &flags, &mask, who), 4);
	for (size_t i = 0; i < sizeof(sids) / sizeof(sids[0]); i++) {
		if (strcmp(sids[i].name, who) != 0)
			continue;
		to[0] = (uint8_t)type;
		to[1] = (uint8_t)flags;
		wtg_put_le16(to + 2, (uint16_t)(8 + sids[i].size));
		wtg_put_le32(to + 4, mask);
		memcpy(to + 8, sids[i].bytes, sids[i].size);
		return 8u + sids[i].size;
	}
	fail_msg("who is %s?", who);
	return 0;
}

static size_t put_list(const char *text, uint8_t *to)
{
	_cleanup_free_ char *copy = wtg_text_copy(text);
	size_t size = 8;
	unsigned n = 0;
	char *rest = NULL;

	for (char *one = strtok_r(copy, " ", &rest); one; one = strtok_r(NULL, " ", &rest), n++)
		size += put_entry(one, to + size);
	to[0] = 2;
	wtg_put_le16(to + 2, (uint16_t)size);
	wtg_put_le16(to + 4, (uint16_t)n);
	return size;
}

static struct wtg_bytes descriptor(const char *dacl, const char *sacl, unsigned control)
{
	struct wtg_bytes bytes = { wtg_alloc(4096), 20 };

	bytes.data[0] = 1;
	wtg_put_le16(bytes.data + 2, (uint16_t)(control | SELF_RELATIVE | DACL_PRESENT));
	if (dacl) {
		wtg_put_le32(bytes.data + 16, (uint32_t)bytes.size);
		bytes.size += put_list(dacl, bytes.data + bytes.size);
	}
	if (sacl) {
		wtg_put_le32(bytes.data + 12, (uint32_t)bytes.size);
		bytes.size += put_list(sacl, bytes.data + bytes.size);
	}
	return bytes;
}

static char *say_entry(const uint8_t *entry, char *before)
{
	size_t size = wtg_le16(entry + 2) - 8u;
	char who[2 * 68 + 1] = "";
	char *text;

	for (size_t i = 0; i < size && i < 68; i++)
		sprintf(who + 2 * i, "%02x", entry[8 + i]);
	for (size_t i = 0; i < sizeof(sids) / sizeof(sids[0]); i++)
		if (size == sids[i].size && memcmp(entry + 8, sids[i].bytes, size) == 0)
			strcpy(who, sids[i].name);
	text = wtg_text("%s%s%x:%x:%x:%s", before, *before ? " " : "", entry[0], entry[1],
			wtg_le32(entry + 4), who);
	free(before);
	return text;
}

/* With those entries only that have one of the flags; 0: all. */
static char *say_list(const uint8_t *list, unsigned flags)
{
	char *text = wtg_text_copy("");
	size_t at = 8;

	for (unsigned n = wtg_le16(list + 4); n > 0; n--, at += wtg_le16(list + at + 2))
		if (flags == 0 || (list[at + 1] & flags))
			text = say_entry(list + at, text);
	return text;
}

static char *say(const struct wtg_bytes *security, unsigned field)
{
	uint32_t at = wtg_le32(security->data + field);

	return at ? say_list(security->data + at, 0) : wtg_text_copy("none");
}

/* C:\Windows as setup makes it: TrustedInstaller is everybody here. */
#define WINDOWS                                                                          \
	"0:0:1f01ff:WD 0:a:10000000:WD 0:0:1301bf:SY 0:b:10000000:SY 0:0:1301bf:BA "     \
	"0:b:10000000:BA 0:0:1200a9:BU 0:b:a0000000:BU 0:b:10000000:CO"

static const struct {
	const char *parent, *file, *directory;
	bool same_in_libntfs; /* it does not leave out what is there twice, or knows a default */
} rows[] = {
	{ WINDOWS, "0:10:1f01ff:SY 0:10:1f01ff:BA 0:10:1200a9:BU",
	  "0:10:1f01ff:WD 0:1a:10000000:WD 0:10:1f01ff:SY 0:1b:10000000:SY 0:10:1f01ff:BA "
	  "0:1b:10000000:BA 0:10:1200a9:BU 0:1b:a0000000:BU 0:1b:10000000:CO",
	  false },
	{ "0:3:1200a9:WD 0:3:1f01ff:SY", "0:10:1200a9:WD 0:10:1f01ff:SY",
	  "0:13:1200a9:WD 0:13:1f01ff:SY", true },
	{ "1:3:10000:WD 0:3:1f01ff:SY 0:0:1200a9:BU", "1:10:10000:WD 0:10:1f01ff:SY",
	  "1:13:10000:WD 0:13:1f01ff:SY", true },
	{ "0:b:1f01ff:CO 0:b:120089:CG", "0:10:1f01ff:BA",
	  "0:10:1f01ff:BA 0:1b:1f01ff:CO 0:1b:120089:CG", false },
	{ "0:1:1200a9:WD", "0:10:1200a9:WD", "0:19:1200a9:WD", true },
	{ "0:2:1200a9:WD", "0:0:1f01ff:SY 0:0:1f01ff:BA", "0:12:1200a9:WD", false },
	{ "0:7:1200a9:WD", "0:10:1200a9:WD", "0:10:1200a9:WD", false },
	{ "0:5:1200a9:WD", "0:10:1200a9:WD", "0:0:1f01ff:SY 0:0:1f01ff:BA", false },
	{ "0:0:1f01ff:SY", "0:0:1f01ff:SY 0:0:1f01ff:BA", "0:0:1f01ff:SY 0:0:1f01ff:BA", false },
	{ "0:3:1f01ff:SY 0:3:1200a9:SY 0:b:10000000:SY", "0:10:1f01ff:SY",
	  "0:13:1f01ff:SY 0:1b:10000000:SY", false },
};

static void files_and_directories_get_what_windows_gives_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes parent =
			descriptor(rows[i].parent, NULL, DACL_AUTO_INHERITED);
		_cleanup_(wtg_bytes_done) struct wtg_bytes file =
			wtg_security_inherit(&parent, &wtg_new_file);
		_cleanup_(wtg_bytes_done) struct wtg_bytes directory =
			wtg_security_inherit(&parent, &wtg_new_directory);
		_cleanup_free_ char *of_file = say(&file, 16), *of_dir = say(&directory, 16);

		assert_string_equal(of_file, rows[i].file);
		assert_string_equal(of_dir, rows[i].directory);
	}
}

/* What libntfs-3g makes of it; "" where it makes no list. */
static char *by_libntfs(const struct wtg_bytes *parent, bool is_directory)
{
	const SID *who = (const SID *)sids[0].bytes;
	uint8_t list[4096] = { 0 };

	return ntfs_inherit_acl((const ACL *)(parent->data + 20), (ACL *)list, who, who,
				is_directory, const_cpu_to_le16(1)) > 0 ?
		       say_list(list, 0) :
		       wtg_text_copy("");
}

static void libntfs_agrees_where_it_knows_as_much(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes parent =
			descriptor(rows[i].parent, NULL, DACL_AUTO_INHERITED);
		_cleanup_free_ char *file = by_libntfs(&parent, false);
		_cleanup_free_ char *directory = by_libntfs(&parent, true);
		bool same = strcmp(file, rows[i].file) == 0 &&
			    strcmp(directory, rows[i].directory) == 0;

		if (same != rows[i].same_in_libntfs)
			fail_msg("%s: libntfs-3g has\n%s\n%s", rows[i].parent, file, directory);
	}
}

static void lists_are_marked_as_inherited_where_the_parents_are(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes parent =
		descriptor("0:3:1200a9:WD", "2:c3:1f01ff:WD 11:3:1:ME", DACL_PROTECTED);
	_cleanup_(wtg_bytes_done) struct wtg_bytes made =
		wtg_security_inherit(&parent, &wtg_new_directory);
	_cleanup_free_ char *dacl = say(&made, 16), *sacl = say(&made, 12);

	(void)state;
	assert_string_equal(dacl, "0:3:1200a9:WD");
	assert_string_equal(sacl, "2:c3:1f01ff:WD 11:3:1:ME");
	assert_int_equal(wtg_le16(made.data + 2), SELF_RELATIVE | DACL_PRESENT | SACL_PRESENT);
	assert_memory_equal(made.data + wtg_le32(made.data + 4), sids[0].bytes, 16);
	assert_memory_equal(made.data + wtg_le32(made.data + 8), sids[0].bytes, 16);
}

/* Under a sanitizer whatever reads too far is seen. */
static void what_makes_no_sense_passes_on_what_does(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes whole =
		descriptor(WINDOWS, "2:c3:1f01ff:WD", DACL_AUTO_INHERITED);

	(void)state;
	for (size_t size = 0; size <= whole.size; size++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes cut = wtg_bytes_copy(whole.data, size);
		_cleanup_(wtg_bytes_done) struct wtg_bytes made =
			wtg_security_inherit(&cut, &wtg_new_file);
		_cleanup_free_ char *dacl = say(&made, 16);

		if (size < whole.size - 28) /* the other list's */
			assert_string_equal(dacl, rows[8].file);
	}
	for (size_t at = 0; at < whole.size; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			_cleanup_(wtg_bytes_done) struct wtg_bytes bad =
				wtg_bytes_copy(whole.data, whole.size);
			_cleanup_(wtg_bytes_done) struct wtg_bytes made = { 0 };

			bad.data[at] ^= (uint8_t)(1u << bit);
			made = wtg_security_inherit(&bad, &wtg_new_directory);
			assert_true(wtg_le32(made.data + 16) + 8 < made.size);
		}
}

/* ------------------------------------------------------------------ Windows' own work */

#define KEY_IS_ROOT 0x04
#define FIRST_BIN 0x1000

/* The content of the cell at an offset that another one gives. */
static const uint8_t *cell(const struct wtg_bytes *hive, uint32_t offset)
{
	return hive->data + FIRST_BIN + offset + 4;
}

static struct wtg_bytes security_of(const struct wtg_bytes *hive, const uint8_t *key)
{
	const uint8_t *sk = cell(hive, wtg_le32(key + 0x2c));

	return (struct wtg_bytes){ (uint8_t *)(uintptr_t)sk + 20, wtg_le32(sk + 16) };
}

/* Is what the key inherited what we say?  Only those are asked that say that they did, as their
 * parents do: others were given their lists in another way. */
static void ask_key(const struct wtg_bytes *hive, const uint8_t *key, unsigned *yes,
		    unsigned *no)
{
	const struct wtg_bytes own = security_of(hive, key);
	const struct wtg_bytes parent = security_of(hive, cell(hive, wtg_le32(key + 0x10)));
	const struct wtg_heir heir = { /* Microsoft: Registry key security and access rights */
		.is_directory = true,
		.all = 0xf003f, .read = 0x20019, .write = 0x20006, .execute = 0x20019,
		.owner = own.data + wtg_le32(own.data + 4),
		.group = own.data + wtg_le32(own.data + 8),
	};
	_cleanup_(wtg_bytes_done) struct wtg_bytes made = { 0 };
	_cleanup_free_ char *has = NULL, *ours = NULL;

	if ((wtg_le16(own.data + 2) & (DACL_AUTO_INHERITED | DACL_PROTECTED)) !=
		    DACL_AUTO_INHERITED ||
	    !(wtg_le16(parent.data + 2) & DACL_AUTO_INHERITED))
		return;
	made = wtg_security_inherit(&parent, &heir);
	has = say_list(own.data + wtg_le32(own.data + 16), 0x10);
	ours = say_list(made.data + wtg_le32(made.data + 16), 0x10);
	++*(strcmp(has, ours) == 0 ? yes : no);
}

static void ask_hive(const char *name, unsigned *yes, unsigned *no)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = test_hive(name);
	size_t end = FIRST_BIN + wtg_le32(hive.data + 0x28), bin_end = FIRST_BIN;

	for (size_t at = FIRST_BIN; at < end;) {
		int32_t size;

		if (at == bin_end) {
			bin_end += wtg_le32(hive.data + at + 8);
			at += 32;
		}
		size = (int32_t)wtg_le32(hive.data + at);
		if (size < 0 && memcmp(hive.data + at + 4, "nk", 2) == 0 &&
		    !(wtg_le16(hive.data + at + 6) & KEY_IS_ROOT))
			ask_key(&hive, hive.data + at + 4, yes, no);
		at += (size_t)labs(size);
	}
}

/* Some keys were given other lists than they would inherit now. */
static void real_windows_inherited_so(void **state)
{
	static const char *const hives[] = { "system-win7.xz", "system-win81-dirty.xz",
					     "system-win10-1709-dirty.xz",
					     "system-win10-19h1-clean.xz",
					     "software-partial.xz" };

	(void)state;
	for (size_t i = 0; i < sizeof(hives) / sizeof(hives[0]); i++) {
		unsigned yes = 0, no = 0;

		ask_hive(hives[i], &yes, &no);
		print_message("# %s: %u keys as we say, %u not\n", hives[i], yes, no);
		assert_true(yes > 2000 && no * 50 < yes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_and_directories_get_what_windows_gives_them),
		cmocka_unit_test(libntfs_agrees_where_it_knows_as_much),
		cmocka_unit_test(lists_are_marked_as_inherited_where_the_parents_are),
		cmocka_unit_test(what_makes_no_sense_passes_on_what_does),
		cmocka_unit_test(real_windows_inherited_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
