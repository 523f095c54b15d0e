/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files of an image are applied compressed, and why the others are not. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/compact.h"
#include "apply/pattern.h"
#include "base/alloc.h"
#include "wtg/text.h"

/* ------------------------------------------------------------------ patterns */

static bool matches(const char *pattern, const char *path)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes units = wtg_utf16_from_utf8(path);
	struct wtg_name16 parts[WTG_PATTERN_PARTS] = { 0 }, part = { units.data, 0 };
	struct wtg_pattern_path p = { .parts = parts };

	for (size_t i = 0; i < units.size; i += 2) {
		uint16_t c = wtg_le16(units.data + i);

		if (c != '/' && c != 0) {
			part.n_units++;
			continue;
		}
		if (p.n_parts < WTG_PATTERN_PARTS)
			parts[p.n_parts++] = part;
		p.name = part;
		part = (struct wtg_name16){ units.data + i + 2, 0 };
	}
	const struct wtg_pattern parsed = wtg_pattern_parse(pattern);

	return wtg_pattern_matches(&parsed, &p);
}

static void patterns_mean_what_wimlib_takes_them_for(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} cases[] = {
		/* without a separator: of the name alone, wherever it is */
		{ "winload.efi", "Windows/System32/winload.efi", true },
		{ "winload.efi", "winload.efi/other", false },
		{ "*winload.*", "Windows/System32/de-DE/osWINLOAD.efi.mui", true },
		{ "*winload.*", "Windows/System32/winload", false },
		{ "boot?tat.dat", "Windows/bootstat.dat", true },
		{ "boot?tat.dat", "Windows/boottat.dat", false },
		{ "*", "anything/at all", true },
		{ "**", "a", true },
		{ "a*b*c", "aXbXbXc", true },
		{ "a*b*c", "aXbXbXd", false },
		{ "?", "日", true },
		/* with one: from the root, each part for itself, and all below */
		{ "\\Windows\\System32\\config\\SYSTEM", "windows/system32/CONFIG/system",
		  true },
		{ "/Windows/System32/config/*", "Windows/System32/config/SYSTEM", true },
		{ "/Windows/System32/config/*", "Windows/System32/config/a/b", true },
		{ "/Windows/System32/config/*", "Windows/System32/config", false },
		{ "/Windows/System32/config", "Windows/System32/config/x", true },
		{ "/Windows/System32/config", "Windows/System32/configuration", false },
		{ "/Windows/System32/config", "x/Windows/System32/config", false },
		{ "/Windows/*.nls", "Windows/System32/l_intl.nls", false },
		{ "/Windows/*/*.nls", "Windows/System32/l_intl.nls", true },
		{ "//Windows\\/Boot//", "Windows/Boot/EFI/x", true },
		{ "Windows/Boot", "Windows/Boot/x", true },
		{ "Windows/Boot", "x/Windows/Boot/x", false },
		{ "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/z",
		  true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (matches(cases[i].pattern, cases[i].path) != cases[i].matches)
			fail_msg("%s does%s match %s", cases[i].pattern,
				 cases[i].matches ? " not" : "", cases[i].path);
}

static void a_pattern_of_stars_takes_no_time(void **state)
{
	char path[20001], pattern[2001];

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	for (size_t i = 0; i < sizeof(pattern) - 1; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[sizeof(pattern) - 2] = 'b';
	pattern[sizeof(pattern) - 1] = '\0';
	assert_false(matches(pattern, path));
}

static struct wtg_patterns read_list(const void *data, size_t size, size_t max)
{
	const struct wtg_bytes file = { (uint8_t *)(uintptr_t)data, size };
	struct wtg_patterns patterns = { 0 };

	if (!wtg_patterns_read(&patterns, &file, "PrepopulateList", max))
		wtg_patterns_done(&patterns);
	return patterns;
}

static void a_list_is_read_as_windows_writes_it(void **state)
{
	static const char list[] = "; a comment\r\n[CompressionExclusionList]\r\nother.exe\r\n"
				   "\r\n[prepopulatelist]\r\n"
				   "bootstat.dat\r\n  \"\\Windows\\a b.txt\"\t\r\n"
				   "; another\r\n# a third\r\nC:\\x\r\n"
				   "Stra\xc3\x9f" "e.\xff\xfetxt\n"
				   "[ExclusionList]\n\\pagefile.sys";
	static const char *const lines[] = { "bootstat.dat", "\\Windows\\a b.txt", "\\x",
					     "Stra*e.*txt" };
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide = { wtg_alloc(2 * sizeof(list)),
							    2 * sizeof(list) };

	(void)state;
	wtg_put_le16(wide.data, 0xfeff);
	for (size_t i = 0; i < sizeof(list) - 1; i++)
		wtg_put_le16(wide.data + 2 + 2 * i, (unsigned char)list[i]);
	for (unsigned is_wide = 0; is_wide < 2; is_wide++) {
		_cleanup_(wtg_patterns_done) struct wtg_patterns found =
			is_wide ? read_list(wide.data, wide.size, 4)
				: read_list(list, sizeof(list) - 1, 4);

		assert_int_equal(found.n_items, 4);
		for (size_t i = 0; i < 4; i++)
			assert_string_equal(found.items[i].text, lines[i]);
	}
	_cleanup_(wtg_patterns_done) struct wtg_patterns few = read_list(list, sizeof(list), 3);
	assert_int_equal(few.n_items, 0);
	_cleanup_(wtg_patterns_done) struct wtg_patterns none = read_list("", 0, 3);
	assert_int_equal(none.n_items, 0);
}

/* ------------------------------------------------------------------ a catalog by hand */

#define MAX_ITEMS 400

struct made {
	struct wtg_catalog catalog;
	struct wtg_catalog_inode inodes[MAX_ITEMS];
	struct wtg_catalog_name names[MAX_ITEMS];
	struct wtg_catalog_stream streams[MAX_ITEMS];
	struct wtg_blob blobs[MAX_ITEMS];
	struct wtg_bytes text[MAX_ITEMS];
	size_t n_text;
};

static struct wtg_name16 name16(struct made *m, const char *text, size_t length)
{
	_cleanup_free_ char *copy = wtg_text("%.*s", (int)length, text);
	struct wtg_bytes units = wtg_utf16_from_utf8(copy);

	m->text[m->n_text++] = units;
	return (struct wtg_name16){ units.data, (uint16_t)(units.size / 2 - 1) };
}

static uint32_t add_name(struct made *m, uint32_t parent, struct wtg_name16 name)
{
	struct wtg_catalog *c = &m->catalog;
	uint32_t inode = c->n_inodes++;

	assert_true(c->n_inodes < MAX_ITEMS);
	m->inodes[inode] = (struct wtg_catalog_inode){ .first_name = c->n_names,
						       .n_names = 1,
						       .first_stream = c->n_streams };
	m->names[c->n_names++] =
		(struct wtg_catalog_name){ .inode = inode, .parent = parent, .name = name };
	return inode;
}

/* The directory of a path, made where it is missing; and what is left of the path. */
static uint32_t directory_of(struct made *m, const char **path)
{
	uint32_t dir = 0;

	for (const char *slash; (slash = strchr(*path, '/')); *path = slash + 1) {
		struct wtg_name16 name = name16(m, *path, (size_t)(slash - *path));
		uint32_t found = 0;

		for (uint32_t i = 0; i < m->catalog.n_names; i++)
			if (m->names[i].parent == dir && name.n_units == m->names[i].name.n_units &&
			    memcmp(name.data, m->names[i].name.data, 2u * name.n_units) == 0)
				found = m->names[i].inode;
		dir = found ? found : add_name(m, dir, name);
		m->inodes[dir].attributes = 0x10;
	}
	return dir;
}

/* As most of an install.wim is: 100,000 bytes packed to 40,000. */
static uint32_t add_file(struct made *m, const char *path)
{
	uint32_t dir = directory_of(m, &path), inode;
	struct wtg_catalog *c = &m->catalog;

	inode = add_name(m, dir, name16(m, path, strlen(path)));
	m->inodes[inode].n_streams = 1;
	m->streams[c->n_streams++].blob = c->n_blobs;
	m->blobs[c->n_blobs++] = (struct wtg_blob){ .size_bytes = 100000,
						    .stored_bytes = 40000,
						    .resource_bytes = 100000,
						    .compressed = true,
						    .codec = WTG_CODEC_LZX,
						    .chunk_bytes = 32768 };
	return inode;
}

static struct wtg_blob *blob_of(struct made *m, uint32_t inode)
{
	return &m->blobs[m->streams[m->inodes[inode].first_stream].blob];
}

static struct made *begin(void)
{
	struct made *m = wtg_alloc(sizeof(*m));

	m->catalog = (struct wtg_catalog){ .inodes = m->inodes, .names = m->names,
					   .streams = m->streams, .blobs = m->blobs,
					   .n_inodes = 1 };
	m->inodes[0].attributes = 0x10;
	add_file(m, "Windows/System32/drivers/wof.sys");
	return m;
}

static void made_free(struct made **m)
{
	for (size_t i = 0; i < (*m)->n_text; i++)
		wtg_bytes_done(&(*m)->text[i]);
	free(*m);
}

static struct wtg_compact_plan decide(struct made *m, const struct wtg_overlay *overlay,
				      const char *list)
{
	const struct wtg_compact_input input = {
		.catalog = &m->catalog,
		.overlay = overlay,
		.list = { (uint8_t *)(uintptr_t)list, list ? strlen(list) : 0 },
		.cluster_bytes = 4096,
	};
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_compact_plan plan = { 0 };

	assert_good(wtg_compact_decide(&input, &plan, &err));
	return plan;
}

static void assert_choice(struct made *m, uint32_t inode, enum wtg_compact_choice expected)
{
	_cleanup_(wtg_compact_plan_done) struct wtg_compact_plan plan = decide(m, NULL, NULL);

	if (plan.choices[inode] != expected)
		fail_msg("%s, not %s", wtg_compact_choice_id(plan.choices[inode]),
			 wtg_compact_choice_id(expected));
}

/* ------------------------------------------------------------------ decisions */

static void an_ordinary_file_is_compressed(void **state)
{
	_cleanup_(made_free) struct made *m = begin();
	uint32_t inode = add_file(m, "Program Files/Some/program.exe");
	_cleanup_(wtg_compact_plan_done) struct wtg_compact_plan plan = decide(m, NULL, NULL);

	(void)state;
	assert_int_equal(plan.n_inodes, m->catalog.n_inodes);
	assert_int_equal(plan.choices[inode], WTG_COMPACT_COPY);
	assert_int_equal(plan.choices[0], WTG_COMPACT_NOTHING);
	assert_int_equal(plan.of[WTG_COMPACT_COPY].n_files, 1);
	assert_int_equal(plan.of[WTG_COMPACT_COPY].plain_bytes, 100000);
	assert_int_equal(plan.of[WTG_COMPACT_COPY].packed_bytes, 40000);
	assert_int_equal(plan.of[WTG_COMPACT_BOOT].n_files, 1); /* wof.sys */
	assert_int_equal(plan.of[WTG_COMPACT_BOOT].plain_bytes, 100000);
	assert_int_equal(wtg_compact_saved_bytes(&plan), 60000);
}

static const struct {
	const char *path;
	enum wtg_compact_choice choice;
} places[] = {
	/* all that wimlib keeps from loaders of old */
	{ "Windows/System32/winload.efi", WTG_COMPACT_BOOT },
	{ "Windows/System32/Boot/winload.exe", WTG_COMPACT_BOOT },
	{ "Windows/System32/de-DE/winload.efi.mui", WTG_COMPACT_BOOT },
	{ "Windows/System32/winresume.efi", WTG_COMPACT_BOOT },
	{ "Windows/AppPatch/drvmain.sdb", WTG_COMPACT_BOOT },
	{ "Windows/Boot/DVD/EFI/en-US/efisys.bin", WTG_COMPACT_BOOT },
	{ "Windows/Boot/EFI/bootmgfw.efi", WTG_COMPACT_BOOT },
	{ "Windows/bootstat.dat", WTG_COMPACT_BOOT },
	{ "Windows/Fonts/vgaoem.fon", WTG_COMPACT_BOOT },
	{ "Windows/Fonts/vgasys.fon", WTG_COMPACT_BOOT },
	{ "Windows/INF/errata.inf", WTG_COMPACT_BOOT },
	{ "Windows/System32/config/DRIVERS", WTG_COMPACT_HIVE },
	{ "Windows/System32/ntkrnlpa.exe", WTG_COMPACT_BOOT },
	{ "Windows/System32/ntoskrnl.exe", WTG_COMPACT_BOOT },
	{ "Windows/System32/bootvid.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/ci.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/halmacpi.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/mcupdate_AuthenticAMD.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/mcupdate_GenuineIntel.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/pshed.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/apisetschema.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/api-ms-win-core-x.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/ext-ms-win-x.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/KernelBase.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/drivers/disk.sys", WTG_COMPACT_BOOT },
	{ "Windows/System32/l_intl.nls", WTG_COMPACT_BOOT },
	{ "Windows/System32/kbdus.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/kdcom.dll", WTG_COMPACT_BOOT },
	{ "Windows/System32/clfs.sys", WTG_COMPACT_BOOT },
	{ "Windows/System32/CodeIntegrity/driver.stl", WTG_COMPACT_BOOT },
	/* and what else lies on that way */
	{ "Windows/System32/DriverStore/FileRepository/a.inf_1/a.SYS", WTG_COMPACT_BOOT },
	{ "Windows/System32/hvix64.exe", WTG_COMPACT_BOOT },
	{ "Windows/System32/PlatformManifest/x", WTG_COMPACT_BOOT },
	{ "Windows/System32/Recovery/Winre.wim", WTG_COMPACT_BOOT },
	{ "Boot/BCD", WTG_COMPACT_BOOT },
	{ "bootmgr", WTG_COMPACT_BOOT },
	/* hives, what is written, and what servicing keeps */
	{ "Windows/System32/config/SYSTEM", WTG_COMPACT_HIVE },
	{ "Windows/System32/config/RegBack/SYSTEM", WTG_COMPACT_HIVE },
	{ "Users/Default/NTUSER.DAT", WTG_COMPACT_HIVE },
	{ "Users/Default/ntuser.dat.LOG1", WTG_COMPACT_HIVE },
	{ "Users/x/AppData/Local/Microsoft/Windows/UsrClass.dat", WTG_COMPACT_HIVE },
	{ "Windows/AppCompat/Programs/Amcache.hve", WTG_COMPACT_HIVE },
	{ "Windows/System32/SMI/Store/Machine/SCHEMA.DAT", WTG_COMPACT_HIVE },
	{ "Windows/System32/winevt/Logs/System.evtx", WTG_COMPACT_WRITTEN },
	{ "Windows/Panther/setupact.txt", WTG_COMPACT_WRITTEN },
	{ "Windows/WinSxS/Manifests/a.manifest", WTG_COMPACT_SERVICING },
	{ "Windows/WinSxS/Backup/a", WTG_COMPACT_SERVICING },
	{ "Windows/WinSxS/ManifestCache/a", WTG_COMPACT_SERVICING },
	/* and nothing that only looks so */
	{ "Windows/System32/kernel32.dll", WTG_COMPACT_COPY },
	{ "Windows/SysWOW64/kernelbase.dll", WTG_COMPACT_COPY },
	{ "Windows/WinSxS/amd64_x/kernel32.dll", WTG_COMPACT_COPY },
	{ "Windows/explorer.exe", WTG_COMPACT_COPY },
	{ "Windows/Fonts/segoeui.ttf", WTG_COMPACT_COPY },
	{ "Program Files/x/config/SYSTEM", WTG_COMPACT_COPY },
	{ "Windows/System32/bcdedit.exe", WTG_COMPACT_COPY },
};

static void what_must_stay_plain_by_its_place_does(void **state)
{
	const size_t n = sizeof(places) / sizeof(places[0]);
	_cleanup_(made_free) struct made *m = begin();
	uint32_t inodes[sizeof(places) / sizeof(places[0])];

	(void)state;
	for (size_t i = 0; i < n; i++)
		inodes[i] = add_file(m, places[i].path);
	_cleanup_(wtg_compact_plan_done) struct wtg_compact_plan plan = decide(m, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		if (plan.choices[inodes[i]] != places[i].choice)
			fail_msg("%s: %s, not %s", places[i].path,
				 wtg_compact_choice_id(plan.choices[inodes[i]]),
				 wtg_compact_choice_id(places[i].choice));
}

static void one_name_of_several_is_enough(void **state)
{
	_cleanup_(made_free) struct made *m = begin();
	uint32_t inode = add_file(m, "Windows/WinSxS/amd64_x/disk.dat");
	const char *path = "Windows/System32/config/disk";
	uint32_t dir = directory_of(m, &path);

	(void)state;
	/* An inode's names lie one after the other: the last file's may get another. */
	inode = add_file(m, "Windows/WinSxS/amd64_x/other.dat");
	assert_choice(m, inode, WTG_COMPACT_COPY);
	m->names[m->catalog.n_names++] = (struct wtg_catalog_name){
		.inode = inode, .parent = dir, .name = name16(m, "DRIVERS", 7)
	};
	m->inodes[inode].n_names = 2;
	assert_choice(m, inode, WTG_COMPACT_HIVE);
}

static void the_filter_may_have_its_name_as_a_link(void **state)
{
	_cleanup_(made_free) struct made *m = begin();
	const char *path = "Windows/System32/drivers/x";
	uint32_t dir = directory_of(m, &path), inode;

	(void)state;
	m->names[m->inodes[m->catalog.n_inodes - 1].first_name].name = name16(m, "x.sys", 5);
	inode = add_file(m, "Windows/WinSxS/amd64_wof/wof.sys");
	m->names[m->catalog.n_names++] = (struct wtg_catalog_name){
		.inode = inode, .parent = dir, .name = name16(m, "WOF.SYS", 7)
	};
	m->inodes[inode].n_names = 2;
	assert_choice(m, inode, WTG_COMPACT_BOOT);
}

static void what_a_file_is_may_keep_it_plain(void **state)
{
	_cleanup_(made_free) struct made *m = begin();
	uint32_t inode = add_file(m, "a");
	struct wtg_catalog_inode *i = &m->inodes[inode];

	(void)state;
	assert_choice(m, inode, WTG_COMPACT_COPY);
	i->reparse_tag = 0x80000017;
	assert_choice(m, inode, WTG_COMPACT_LINK);
	i->reparse_tag = 0;
	i->attributes = 0x4000;
	assert_choice(m, inode, WTG_COMPACT_ENCRYPTED);
	i->attributes = 0x800;
	assert_choice(m, inode, WTG_COMPACT_ATTRIBUTES);
	i->attributes = 0x200;
	assert_choice(m, inode, WTG_COMPACT_ATTRIBUTES);
	i->attributes = 0x2027; /* not indexed, to be archived, system, hidden, read only */
	assert_choice(m, inode, WTG_COMPACT_COPY);
	m->streams[m->catalog.n_streams++] = (struct wtg_catalog_stream){
		.name = name16(m, "Zone.Identifier", 15), .blob = WTG_NONE
	};
	i->n_streams = 2;
	assert_choice(m, inode, WTG_COMPACT_STREAMS);
	i->n_streams = 1;
	m->streams[i->first_stream].blob = WTG_NONE;
	assert_choice(m, inode, WTG_COMPACT_NOTHING);
	i->n_streams = 0;
	assert_choice(m, inode, WTG_COMPACT_NOTHING);
}

static void what_can_be_copied_and_saves_a_cluster_is_other_forms_are_packed(void **state)
{
	_cleanup_(made_free) struct made *m = begin();
	uint32_t inode = add_file(m, "a");
	struct wtg_blob *blob = blob_of(m, inode), good = *blob;

	(void)state;
	blob->solid = true;
	assert_choice(m, inode, WTG_COMPACT_PACK);
	*blob = good;
	blob->pipable = true;
	assert_choice(m, inode, WTG_COMPACT_PACK);
	*blob = good;
	blob->compressed = false; /* so would this be, if that were less */
	assert_choice(m, inode, WTG_COMPACT_NO_GAIN);
	m->blobs[0].compressed = false; /* an image without any compression */
	assert_choice(m, inode, WTG_COMPACT_PACK);
	m->blobs[0].compressed = true;
	*blob = good;
	blob->codec = WTG_CODEC_XPRESS;
	assert_choice(m, inode, WTG_COMPACT_PACK);
	*blob = good;
	blob->chunk_bytes = 65536;
	assert_choice(m, inode, WTG_COMPACT_PACK);
	blob->size_bytes = (64u << 20) + 1; /* too much for a thread's memory */
	assert_choice(m, inode, WTG_COMPACT_FORM);
	*blob = good;
	blob->stored_bytes = 98305; /* 25 clusters, as plain */
	assert_choice(m, inode, WTG_COMPACT_NO_GAIN);
	blob->stored_bytes = 98304;
	assert_choice(m, inode, WTG_COMPACT_COPY);
	blob->size_bytes = 4096;
	blob->stored_bytes = 10;
	assert_choice(m, inode, WTG_COMPACT_NO_GAIN);
	blob->size_bytes = 4097;
	assert_choice(m, inode, WTG_COMPACT_COPY);
	blob->size_bytes = UINT64_C(1) << 32;
	assert_choice(m, inode, WTG_COMPACT_LARGE);
}

static void what_is_changed_and_what_the_image_lists_stays_plain(void **state)
{
	_cleanup_(made_free) struct made *m = begin();
	_cleanup_(wtg_overlay_done) struct wtg_overlay overlay = { 0 };
	uint32_t changed = add_file(m, "Users/a/File.txt"), listed = add_file(m, "x/y/z.dat"),
		 neither = add_file(m, "Users/a/other.txt");

	(void)state;
	wtg_overlay_put(&overlay, "users/A/file.TXT", (struct wtg_bytes){ 0 },
			(struct wtg_bytes){ 0 });
	_cleanup_(wtg_compact_plan_done) struct wtg_compact_plan plan =
		decide(m, &overlay, "[PrepopulateList]\r\n\\x\\*\\Z.*\r\n");
	assert_int_equal(plan.choices[changed], WTG_COMPACT_CHANGED);
	assert_int_equal(plan.choices[listed], WTG_COMPACT_LISTED);
	assert_int_equal(plan.choices[neither], WTG_COMPACT_COPY);
}

static void without_the_filter_nothing_is_decided(void **state)
{
	_cleanup_(made_free) struct made *m = begin();
	const struct wtg_compact_input input = { .catalog = &m->catalog, .cluster_bytes = 4096 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_compact_plan plan = { 0 };

	(void)state;
	m->names[m->inodes[m->catalog.n_inodes - 1].first_name].name = name16(m, "x.sys", 5);
	assert_fails(wtg_compact_decide(&input, &plan, &err), WTG_INPUT, "wof.sys");
	assert_null(plan.choices);
}

static void the_depth_of_a_tree_does_not_matter(void **state)
{
	_cleanup_(made_free) struct made *m = begin();
	char path[301] = "";
	uint32_t inode;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		strcat(path, "d/");
	strcat(path, "winload.efi");
	inode = add_file(m, path);
	assert_choice(m, inode, WTG_COMPACT_BOOT);
	path[strlen(path) - 3] = 'X'; /* winload.Xfi is one, too; "wXnload" is none */
	path[strlen(path) - 10] = 'X';
	inode = add_file(m, path);
	assert_choice(m, inode, WTG_COMPACT_COPY);
}

static void a_plan_survives_the_way_to_another_process(void **state)
{
	_cleanup_(made_free) struct made *m = begin();
	uint32_t inode = add_file(m, "a");
	_cleanup_(wtg_compact_plan_done) struct wtg_compact_plan plan = decide(m, NULL, NULL),
								 back = { 0 }, bad = { 0 };
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 }, wrong = { 0 };
	struct wtg_reader reader;

	(void)state;
	wtg_compact_flatten(&plan, &packet);
	reader = wtg_reader(&packet);
	wtg_compact_unflatten(&reader, &back);
	assert_true(wtg_reader_done(&reader));
	assert_int_equal(back.n_inodes, plan.n_inodes);
	assert_memory_equal(back.choices, plan.choices, plan.n_inodes);
	assert_memory_equal(back.of, plan.of, sizeof(plan.of));
	plan.choices[inode] = WTG_COMPACT_CHOICES;
	wtg_compact_flatten(&plan, &wrong);
	reader = wtg_reader(&wrong);
	wtg_compact_unflatten(&reader, &bad);
	assert_false(wtg_reader_done(&reader));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_mean_what_wimlib_takes_them_for),
		cmocka_unit_test(a_pattern_of_stars_takes_no_time),
		cmocka_unit_test(a_list_is_read_as_windows_writes_it),
		cmocka_unit_test(an_ordinary_file_is_compressed),
		cmocka_unit_test(what_must_stay_plain_by_its_place_does),
		cmocka_unit_test(one_name_of_several_is_enough),
		cmocka_unit_test(the_filter_may_have_its_name_as_a_link),
		cmocka_unit_test(what_a_file_is_may_keep_it_plain),
		cmocka_unit_test(what_can_be_copied_and_saves_a_cluster_is_other_forms_are_packed),
		cmocka_unit_test(what_is_changed_and_what_the_image_lists_stays_plain),
		cmocka_unit_test(without_the_filter_nothing_is_decided),
		cmocka_unit_test(the_depth_of_a_tree_does_not_matter),
		cmocka_unit_test(a_plan_survives_the_way_to_another_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
