/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where driver packages go: against what Windows wrote of packages that it installed itself. */
#include "support.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/drivers.h"
#include "windows/edits.h"
#include "windows/hive.h"
#include "windows/regf-read.h"
#include "windows/regf.h"
#include "wtg/text.h"

#include "stand-in-packages.h"

#define VMCI "DriverDatabase\\DriverPackages\\vmci.inf_amd64_5e38a278d114b813"

struct place {
	struct wtg_bytes hives[WTG_N_HIVES];
	struct wtg_files files;
	struct wtg_drivers drivers;
	struct wtg_driver_ground ground;
	struct wtg_driver_placement made;
};

static void place_done(struct place *place)
{
	for (size_t i = 0; i < WTG_N_HIVES; i++)
		wtg_bytes_done(&place->hives[i]);
	wtg_files_done(&place->files);
	wtg_drivers_done(&place->drivers);
	wtg_driver_placement_done(&place->made);
}

static void prepare(struct place *place, const char *hive)
{
	*place = (struct place){ 0 };
	place->hives[WTG_HIVE_SYSTEM] = test_hive(hive);
	place->hives[WTG_HIVE_SOFTWARE] = stand_in_software("%SystemRoot%\\inf");
	place->ground = (struct wtg_driver_ground){
		.arch = WTG_ARCH_AMD64,
		.build = 19045,
		.files = &place->files,
		.hives = place->hives,
	};
}

static void place(struct place *place)
{
	struct wtg_error err = WTG_ERROR_INIT;

	wtg_driver_placement_done(&place->made);
	assert_good(wtg_drivers_place(&place->drivers, &place->ground, &place->made, &err));
}

static const struct wtg_wish *find_wish(const struct place *place, const char *key,
					const char *value)
{
	const struct wtg_wish *found = NULL;

	for (size_t i = 0; i < place->made.wishes.n_items; i++)
		if (strcasecmp(place->made.wishes.items[i].key, key) == 0 &&
		    wtg_text_equal_fold(place->made.wishes.items[i].value, value))
			found = &place->made.wishes.items[i];
	return found;
}

/* "1:oem2.inf": type and data; of texts as they are, of others as hexadecimal digits. */
static char *text_of(uint32_t type, const struct wtg_bytes *data)
{
	char *text = NULL;

	text = wtg_text("%u:", type);
	if (type == WTG_REG_SZ || type == WTG_REG_EXPAND_SZ || type == WTG_REG_MULTI_SZ) {
		for (size_t i = 0; i + 1 < data->size; i += 2) {
			uint16_t unit = wtg_le16(data->data + i);
			char *more = wtg_text("%s%c", text, unit ? unit : '|');

			free(text);
			text = more;
		}
		return text;
	}
	for (size_t i = 0; i < data->size; i++) {
		char *more = wtg_text("%s%02x", text, data->data[i]);

		free(text);
		text = more;
	}
	return text;
}

static void assert_wish(const struct place *place, const char *key, const char *value,
			const char *expected)
{
	const struct wtg_wish *wish = find_wish(place, key, value);
	_cleanup_free_ char *found = wish ? text_of(wish->type, &wish->data) : NULL;

	if (!wtg_text_equal(found, expected))
		fail_msg("%s %s: expected %s, found %s", key, value, expected, found);
}

/* Under which name its package is in the database; the caller frees. */
static char *package_of(const struct place *place, const char *inf)
{
	_cleanup_free_ char *key = wtg_text("DriverDatabase\\DriverInfFiles\\%s", inf);
	const struct wtg_wish *wish = find_wish(place, key, "Active");

	assert_non_null(wish);
	return wtg_utf16_to_utf8(wish->data.data, wish->data.size);
}

static bool has_copy(const struct place *place, const char *path, const char *source)
{
	for (size_t i = 0; i < place->made.copies.n_items; i++)
		if (strcmp(place->made.copies.items[i].path, path) == 0)
			return strcmp(place->files.items[place->made.copies.items[i].source].path,
				      source) == 0;
	return false;
}

static void assert_copy(const struct place *place, const char *path, const char *source)
{
	if (!has_copy(place, path, source))
		fail_msg("%s is not at %s", source, path);
}

/* ------------------------------------------------------------------ as Windows did it */

/* What Windows keeps of a package that nothing but its installation tells, and what it keeps in
 * other words than we (texts as tokens, with the tokens' texts in Strings). */
static bool is_windows_own(const char *key, const char *value)
{
	static const char *const values[] = { "ImportDate", "OemPath",	  "Description",
					      "Manufacturer", "DisplayName", "Tag",
					      "vwdk.installers", "Owners",
					      "Version" };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strcasecmp(value, values[i]) == 0)
			return true;
	return strstr(key, "\\Properties\\") || strcasestr(key, "\\Strings");
}

/* Its name of a thing in ours: of the package, of its INF. */
static char *ours_of(const char *text, const char *package)
{
	const char *at;

	if ((at = strcasestr(text, "vmci.inf_amd64_5e38a278d114b813")))
		return wtg_text("%.*s%s%s", (int)(at - text), text, package,
				at + strlen("vmci.inf_amd64_5e38a278d114b813"));
	if ((at = strcasestr(text, "ControlSet001")) == text)
		return wtg_text("CurrentControlSet%s", text + strlen("ControlSet001"));
	if ((at = strcasestr(text, "oem2.inf")))
		return wtg_text("%.*soem12.inf%s", (int)(at - text), text,
				at + strlen("oem2.inf"));
	return wtg_text_copy(text);
}

struct comparison {
	const struct place *place;
	const struct wtg_hive_view *view;
	const char *package;
	size_t n_compared;
};

static void compare_values(struct comparison *c, wtg_hive_key key, const char *path)
{
	_cleanup_free_ char *ours = ours_of(path, c->package);
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
	char *name;
	uint32_t type;

	for (size_t i = 0; wtg_hive_view_nth_value(c->view, key, i, &name, &type, &data) > 0; i++) {
		_cleanup_free_ char *theirs = text_of(type, &data);
		_cleanup_free_ char *expected = ours_of(theirs, c->package);

		if (!is_windows_own(path, name)) {
			assert_wish(c->place, ours, name, expected);
			c->n_compared++;
		}
		free(name);
		wtg_bytes_done(&data);
	}
}

static void compare_tree(struct comparison *c, wtg_hive_key key, const char *path)
{
	wtg_hive_key child;

	compare_values(c, key, path);
	for (size_t i = 0; (child = wtg_hive_view_subkey(c->view, key, i)); i++) {
		_cleanup_free_ char *name = wtg_hive_view_name(c->view, child);
		_cleanup_free_ char *below = wtg_text("%s\\%s", path, name);

		compare_tree(c, child, below);
	}
}

static void compare_path(struct comparison *c, const char *path)
{
	wtg_hive_key key = wtg_hive_view_key(c->view, 0, path);

	assert_int_not_equal(key, 0);
	compare_tree(c, key, path);
}

static void read_packages(struct place *p)
{
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_drivers_read(&p->files, WTG_ARCH_AMD64, 19045, &p->drivers, &err));
}

static void compare_ids(const struct comparison *c, const char *package)
{
	static const char *const ids[] = { "PCI\\VEN_15AD&DEV_0740&SUBSYS_074015AD",
					   "PCI\\VEN_15AD&DEV_0740", "ROOT\\VMWVMCIHOSTDEV",
					   "{4d36e97d-e325-11ce-bfc1-08002be10318}" };

	(void)package;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		_cleanup_free_ char *path = wtg_text("DriverDatabase\\DeviceIds\\%s", ids[i]);
		_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
		_cleanup_free_ char *theirs = NULL;
		uint32_t type;

		assert_int_equal(wtg_hive_view_value(c->view, wtg_hive_view_key(c->view, 0, path),
						     "oem2.inf", &type, &data), 1);
		theirs = text_of(type, &data);
		assert_wish(c->place, path, "oem12.inf", theirs);
	}
}

/* A package of another maker's that Windows 10 19H1 installed, said by its INF: value by value. */
static void writes_what_windows_wrote_of_a_package(void **state)
{
	_cleanup_(place_done) struct place p;
	_cleanup_free_ char *package = NULL;
	struct wtg_hive_view view;
	struct wtg_error err = WTG_ERROR_INIT;
	struct comparison c = { .place = &p, .view = &view };

	(void)state;
	prepare(&p, "system-win10-19h1-clean.xz");
	stand_in_file(&p.files, "vm/vmci.inf", stand_in_vmci);
	wtg_files_add(&p.files, "vm/vmci.sys", stand_in_sys(0x8664, "vmci"));
	wtg_files_add(&p.files, "vm/vmci.cat", stand_in_catalog_of(&p.files));
	read_packages(&p);
	/* The image has it, and as new: nothing would be done. */
	place(&p);
	assert_null(p.made.places.items[0].inf);
	assert_non_null(strstr(p.made.places.items[0].why_not, "oem2.inf"));
	p.drivers.items[0].version_parts[3]++;
	free(p.drivers.items[0].signer);
	p.drivers.items[0].signer =
		wtg_text("Microsoft Windows Hardware Compatibility Publisher");
	place(&p);
	assert_string_equal(p.made.places.items[0].inf, "oem12.inf");

	assert_good(wtg_hive_view_open(&p.hives[WTG_HIVE_SYSTEM], &view, &err));
	package = package_of(&p, "oem12.inf");
	c.package = package;
	compare_path(&c, "DriverDatabase\\DriverInfFiles\\oem2.inf");
	compare_path(&c, VMCI);
	compare_path(&c, "ControlSet001\\Services\\vmci");
	compare_ids(&c, package);
	assert_true(c.n_compared > 20);
}

/* ------------------------------------------------------------------ where everything goes */

static const struct stand_in_storage storage = { .name = "viotest",
						 .version = "03/31/2021,100.85.104.20800",
						 .class_guid = STAND_IN_SCSI,
						 .dirid = 12 };

static void prepare_small(struct place *place, const char *device_path)
{
	*place = (struct place){ 0 };
	place->hives[WTG_HIVE_SYSTEM] = stand_in_write(stand_in_system());
	place->hives[WTG_HIVE_SOFTWARE] = stand_in_software(device_path);
	place->ground = (struct wtg_driver_ground){
		.arch = WTG_ARCH_AMD64,
		.build = 19045,
		.files = &place->files,
		.hives = place->hives,
	};
}

static void puts_what_is_needed_to_start_where_windows_has_it(void **state)
{
	_cleanup_(place_done) struct place p;
	_cleanup_free_ char *package = NULL, *store = NULL, *key = NULL;

	(void)state;
	prepare_small(&p, "%SystemRoot%\\inf;C:\\Drivers");
	p.ground.first_free = 3;
	stand_in_add_storage(&p.files, "Virtio/w11", &storage);
	stand_in_file(&p.files, "Virtio/w11/readme.txt", "of no package");
	read_packages(&p);
	place(&p);

	assert_int_equal(p.made.places.n_items, 1);
	assert_string_equal(p.made.places.items[0].inf, "oem3.inf");
	package = package_of(&p, "oem3.inf");
	assert_non_null(strstr(package, "viotest.inf_amd64_"));
	assert_int_equal(strlen(package), strlen("viotest.inf_amd64_0123456789abcdef"));
	assert_copy(&p, "Windows/INF/wtgctl/01-viotest/viotest.inf", "Virtio/w11/viotest.inf");
	assert_copy(&p, "Windows/INF/wtgctl/01-viotest/amd64/viotest.sys",
		    "Virtio/w11/amd64/viotest.sys");
	assert_copy(&p, "Windows/INF/oem3.inf", "Virtio/w11/viotest.inf");
	assert_copy(&p, "Windows/System32/drivers/viotest.sys", "Virtio/w11/amd64/viotest.sys");
	store = wtg_text("Windows/System32/DriverStore/FileRepository/%s/amd64/viotest.sys",
			 package);
	assert_copy(&p, store, "Virtio/w11/amd64/viotest.sys");
	assert_copy(&p,
		    "Windows/System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}/oem3.cat",
		    "Virtio/w11/viotest.cat");
	assert_int_equal(p.made.copies.n_items, 9);
	assert_int_equal(p.made.places.items[0].n_files, 9);

	assert_wish(&p, CURRENT_VERSION, "DevicePath",
		    "2:%SystemRoot%\\inf;C:\\Drivers;%SystemRoot%\\INF\\wtgctl\\01-viotest|");
	assert_wish(&p, "CurrentControlSet\\Services\\viotest", "ImagePath",
		    "2:System32\\drivers\\viotest.sys|");
	assert_wish(&p, "CurrentControlSet\\Services\\viotest", "Start", "4:00000000");
	assert_wish(&p, "CurrentControlSet\\Services\\viotest", "Owners", "7:oem3.inf||");
	assert_wish(&p, "CurrentControlSet\\Services\\viotest\\Parameters\\PnpInterface", "5",
		    "4:01000000");
	assert_wish(&p, "DriverDatabase", "OemInfMap", "3:10");
	assert_wish(&p, "DriverDatabase\\DeviceIds\\PCI\\VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01",
		    "oem3.inf", "3:01ff0000");
	/* Of one device its own, of another a compatible one. */
	assert_wish(&p, "DriverDatabase\\DeviceIds\\PCI\\VEN_1AF4&DEV_1042", "oem3.inf",
		    "3:03ff0000");
	/* MAKER, 2021-03-31, 100.85.104.20800, amd64. */
	key = wtg_text("DriverDatabase\\DriverPackages\\%s", package);
	assert_wish(&p, key, "Version",
		    "3:00ff0900000000007be9364d25e3ce11bfc108002be10318"
		    "0040f9cac025d70140516800550064000000000000000000");
	assert_wish(&p, key, "SignerScore", "4:0000000f");
	assert_wish(&p, key, "SignerName", "1:" STAND_IN_SIGNER "|");
}

static void leaves_what_is_not_needed_to_start_to_windows(void **state)
{
	const struct stand_in_storage net = { .name = "nettest",
					      .version = "03/31/2021,1.2.3.4",
					      .class_guid = STAND_IN_NET,
					      .start = 3,
					      .dirid = 12 };
	_cleanup_(place_done) struct place p;

	(void)state;
	prepare_small(&p, NULL);
	stand_in_add_storage(&p.files, "net", &net);
	read_packages(&p);
	place(&p);
	assert_null(p.made.places.items[0].inf);
	assert_null(p.made.places.items[0].why_not);
	assert_int_equal(p.made.copies.n_items, 3);
	assert_int_equal(p.made.wishes.n_items, 1);
	assert_wish(&p, CURRENT_VERSION, "DevicePath",
		    "2:%SystemRoot%\\inf;%SystemRoot%\\INF\\wtgctl\\01-nettest|");
}

static void of_several_for_one_service_the_newest_is_installed(void **state)
{
	struct stand_in_storage one = storage;
	_cleanup_(place_done) struct place p;

	(void)state;
	prepare_small(&p, NULL);
	stand_in_add_storage(&p.files, "a/old", &one);
	one.version = "03/31/2021,100.85.104.20801";
	stand_in_add_storage(&p.files, "b/new", &one);
	stand_in_add_storage(&p.files, "c/as-new", &one);
	one.version = "03/30/2021,200.0.0.0";
	stand_in_add_storage(&p.files, "d/older", &one);
	read_packages(&p);
	place(&p);
	assert_int_equal(p.made.places.n_items, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(p.made.places.items[i].inf != NULL, i == 1);
		if (i != 1)
			assert_non_null(strstr(p.made.places.items[i].why_not, "viotest.inf has the same service, and is no older"));
	}
	assert_string_equal(p.made.places.items[3].waits_in, "Windows/INF/wtgctl/04-viotest");
}

static void what_stays_in_its_package_is_started_there(void **state)
{
	struct stand_in_storage one = storage;
	_cleanup_(place_done) struct place p;
	_cleanup_free_ char *package = NULL, *expected = NULL;

	(void)state;
	one.dirid = 13;
	prepare_small(&p, NULL);
	stand_in_add_storage(&p.files, "x", &one);
	read_packages(&p);
	place(&p);
	package = package_of(&p, "oem0.inf");
	expected = wtg_text("2:\\SystemRoot\\System32\\DriverStore\\FileRepository\\%s\\"
			    "viotest.sys|",
			    package);
	assert_wish(&p, "CurrentControlSet\\Services\\viotest", "ImagePath", expected);
	assert_false(has_copy(&p, "Windows/System32/drivers/viotest.sys", "x/viotest.sys"));

	p.ground.build = 15063;
	place(&p);
	assert_non_null(strstr(p.made.places.items[0].why_not, "since version 1709"));
}

static void a_program_of_the_package_is_started_as_programs_are(void **state)
{
	_cleanup_(place_done) struct place p;

	(void)state;
	prepare_small(&p, NULL);
	stand_in_add_storage(&p.files, "x", &storage);
	read_packages(&p);
	p.drivers.items[0].services[0].type = 0x10;
	p.drivers.items[0].services[0].start = 2;
	place(&p);
	assert_wish(&p, "CurrentControlSet\\Services\\viotest", "ImagePath",
		    "2:%SystemRoot%\\System32\\drivers\\viotest.sys|");
	assert_wish(&p, "CurrentControlSet\\Services\\viotest", "ObjectName", "1:LocalSystem|");
}

static void a_service_of_the_images_own_stays(void **state)
{
	struct stand_in_storage one = storage;
	_cleanup_(place_done) struct place p;

	(void)state;
	one.name = "stornvme";
	prepare(&p, "system-win10-19h1-clean.xz");
	stand_in_add_storage(&p.files, "x", &one);
	read_packages(&p);
	place(&p);
	/* Its package is of 2006, as all of Windows' own say. */
	assert_string_equal(p.made.places.items[0].inf, "oem12.inf");
	p.drivers.items[0].date_filetime = 0;
	place(&p);
	assert_null(p.made.places.items[0].inf);
	assert_non_null(strstr(p.made.places.items[0].why_not, "from stornvme.inf"));
}

static struct wtg_bytes drivers_hive(const char *inf)
{
	_cleanup_(wtg_regf_freep) struct wtg_regf_key *root = wtg_regf_root("ROOT");
	_cleanup_free_ char *path = wtg_text("DriverDatabase\\DriverInfFiles\\%s", inf);

	wtg_regf_text(stand_in_key(root, path), "Active", "some");
	return wtg_regf_write(root, "DRIVERS", UINT64_C(132000000000000000));
}

static void export_hive(const struct wtg_bytes *hive, const char *name)
{
	_cleanup_free_ char *path = wtg_text("%s/%s", test_dir(), name);

	test_write_file(path, hive->data, hive->size);
	free(test_run(NULL, "hivexregedit --export '%s' '\\DriverDatabase' >'%s.reg'", path, path));
}

/* In a real hive of 15 MB, as another program reads it. */
static void nothing_else_in_the_database_changes(void **state)
{
	_cleanup_(place_done) struct place p;
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes edited = { 0 };
	_cleanup_free_ char *keys = NULL, *gone = NULL;
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	test_require("hivexregedit");
	prepare(&p, "system-win10-19h1-clean.xz");
	stand_in_add_storage(&p.files, "x", &storage);
	read_packages(&p);
	place(&p);
	assert_good(wtg_edits_plan_wishes(&p.hives[WTG_HIVE_SYSTEM], WTG_HIVE_SYSTEM,
					  &p.made.wishes, 1, &edits, &err));
	assert_good(wtg_hive_edit(&p.hives[WTG_HIVE_SYSTEM], &edits, &edited, &err));
	export_hive(&p.hives[WTG_HIVE_SYSTEM], "before");
	export_hive(&edited, "after");
	gone = test_run(NULL, "cd '%s' && diff before.reg after.reg | grep '^<'", test_dir());
	assert_string_equal(gone, "< \"OemInfMap\"=hex(3):ff,f0\n");
	keys = test_run(NULL, "cd '%s' && diff before.reg after.reg | grep '^> \\[' | "
			      "sed 's/amd64_.*/amd64_/' | LC_ALL=C sort -u", test_dir());
	assert_string_equal(keys,
			    "> [\\DriverDatabase\\DeviceIds\\PCI\\VEN_1AF4&DEV_1042&SUBSYS_"
			    "11001AF4&REV_01]\n"
			    "> [\\DriverDatabase\\DeviceIds\\PCI\\VEN_1AF4&DEV_1042]\n"
			    "> [\\DriverDatabase\\DriverInfFiles\\oem12.inf]\n"
			    "> [\\DriverDatabase\\DriverPackages\\viotest.inf_amd64_\n");
}

/* distrobuilder's pull request 885: the images of Windows 11 24H2 have an oem0.inf. */
static void no_inf_gets_a_name_that_another_has(void **state)
{
	static const struct {
		const char *in_drivers, *expected;
		unsigned first_free;
	} cases[] = { { "oem0.inf", "oem1.inf", 0 },	{ "OEM41.INF", "oem42.inf", 7 },
		      { "oem2.inf", "oem7.inf", 7 },	{ "oem-vio.inf", "oem0.inf", 0 },
		      { "oem12.infx", "oem0.inf", 0 }, { "oem9999.inf", "oem10000.inf", 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_(place_done) struct place p;

		prepare_small(&p, NULL);
		p.hives[WTG_HIVE_DRIVERS] = drivers_hive(cases[i].in_drivers);
		p.ground.first_free = cases[i].first_free;
		stand_in_add_storage(&p.files, "x", &storage);
		read_packages(&p);
		place(&p);
		assert_string_equal(p.made.places.items[0].inf, cases[i].expected);
	}
}

/* A loader that refuses a driver starts nothing: in doubt Windows itself is to judge. */
static void what_windows_would_not_load_is_not_installed(void **state)
{
	struct stand_in_storage unsigned_one = storage, bare = storage;
	static const char *const why[] = { "it is not signed,", "is not signed itself",
					   "signature does not fit", "is not for amd64" };
	_cleanup_(place_done) struct place p;

	(void)state;
	unsigned_one.name = "one";
	unsigned_one.is_unsigned = true;
	bare.name = "two";
	bare.bare = true;
	prepare_small(&p, NULL);
	stand_in_add_storage(&p.files, "1", &unsigned_one);
	stand_in_add_storage(&p.files, "2", &bare);
	bare.name = "three";
	stand_in_add_storage(&p.files, "3", &bare);
	p.files.items[p.files.n_items - 2].content.data[0x300] ^= 1;
	stand_in_add_storage(&p.files, "4", &storage);
	read_packages(&p);
	wtg_put_le16(p.files.items[p.files.n_items - 2].content.data + STAND_IN_PE_OFFSET + 4,
		     0xaa64);
	place(&p);
	assert_int_equal(p.made.places.n_items, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct wtg_driver_place *one = &p.made.places.items[i];

		assert_null(one->inf);
		assert_true(one->lacking);
		if (!strstr(one->why_not, why[i]))
			fail_msg("%s, not %s", one->why_not, why[i]);
	}
	assert_int_equal(p.made.wishes.n_items, 1);
}

static void says_what_keeps_a_package_from_being_installed(void **state)
{
	_cleanup_(place_done) struct place p;

	(void)state;
	prepare_small(&p, NULL);
	stand_in_add_storage(&p.files, "x", &storage);
	read_packages(&p);
	p.drivers.items[0].services[0].is_function = false;
	place(&p);
	assert_non_null(strstr(p.made.places.items[0].why_not, "no service of its own"));
	p.drivers.items[0].services[0].is_function = true;
	free(p.drivers.items[0].services[0].binary);
	p.drivers.items[0].services[0].binary = NULL;
	place(&p);
	assert_non_null(strstr(p.made.places.items[0].why_not, "Windows alone knows"));
	p.drivers.items[0].services[0].binary = wtg_text("System32/drivers/other.sys");
	place(&p);
	assert_non_null(strstr(p.made.places.items[0].why_not, "is no file of it"));
	free(p.drivers.items[0].services[0].binary);
	p.drivers.items[0].services[0].binary = wtg_text("System32/drivers/viotest.sys");
	free(p.drivers.items[0].services[0].name);
	p.drivers.items[0].services[0].name = wtg_text("a\\b");
	place(&p);
	assert_non_null(strstr(p.made.places.items[0].why_not, "not plain ASCII"));
}

static void device_path_ends_where_it_must(void **state)
{
	_cleanup_(place_done) struct place p;
	const struct wtg_wish *wish;

	(void)state;
	prepare_small(&p, NULL);
	for (unsigned i = 0; i < 300; i++) {
		_cleanup_free_ char *directory = wtg_text("%03u", i);

		stand_in_add_storage(&p.files, directory, &storage);
	}
	read_packages(&p);
	place(&p);
	wish = find_wish(&p, CURRENT_VERSION, "DevicePath");
	assert_true(wish->data.size < 16344);
	assert_true(wish->data.size > 15900);
	assert_int_equal(p.made.places.n_items, 300);
	assert_in_range(p.made.n_beyond, 1, 100);
}

static void refuses_what_cannot_be(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(place_done) struct place p;

	(void)state;
	prepare_small(&p, NULL);
	stand_in_add_storage(&p.files, "x", &storage);
	read_packages(&p);
	free(p.files.items[p.drivers.items[0].files[0].source].path);
	p.files.items[p.drivers.items[0].files[0].source].path = wtg_text("x/a:b.sys");
	assert_fails(wtg_drivers_place(&p.drivers, &p.ground, &p.made, &err), WTG_INPUT,
		     "no file of Windows can have the name of a:b.sys, of x/viotest.inf");
	wtg_bytes_done(&p.hives[WTG_HIVE_SOFTWARE]);
	assert_fails(wtg_drivers_place(&p.drivers, &p.ground, &p.made, &err), WTG_INPUT,
		     "no Windows/System32/config/SOFTWARE");
}

static struct wtg_bytes *content_at(struct place *p, const char *path)
{
	return &p->files.items[wtg_files_find(&p->files, path) - p->files.items].content;
}

static void refuses_two_files_for_one_place(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(place_done) struct place p;
	struct wtg_driver *second;
	struct wtg_bytes *first;

	(void)state;
	prepare_small(&p, NULL);
	stand_in_add_storage(&p.files, "x", &storage);
	stand_in_add_storage(&p.files, "y", &storage); /* with a signature of its own */
	read_packages(&p);
	second = &p.drivers.items[1];
	free(second->services[0].name);
	second->services[0].name = wtg_text_copy("other");
	assert_fails(wtg_drivers_place(&p.drivers, &p.ground, &p.made, &err), WTG_INPUT,
		     "y/viotest.inf would have its viotest.sys become "
		     "Windows/System32/drivers/viotest.sys, which is another file's place");

	first = content_at(&p, "x/amd64/viotest.sys");
	wtg_bytes_done(content_at(&p, "y/amd64/viotest.sys"));
	*content_at(&p, "y/amd64/viotest.sys") = wtg_bytes_copy(first->data, first->size);
	place(&p); /* the same file twice is one */
	assert_non_null(p.made.places.items[1].inf);

	wtg_driver_placement_done(&p.made);
	for (size_t i = 0; i < second->n_files; i++)
		if (!second->files[i].target)
			second->files[i].target = wtg_text_copy("Windows/System32/config/system");
	assert_fails(wtg_drivers_place(&p.drivers, &p.ground, &p.made, &err), WTG_INPUT,
		     "config/system, which is another file's place");
}

static void places_go_from_process_to_process(void **state)
{
	_cleanup_(place_done) struct place p;
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };
	_cleanup_(wtg_driver_placement_done) struct wtg_driver_placement back = { 0 };
	struct wtg_drivers none = { 0 };
	struct wtg_reader reader;

	(void)state;
	prepare_small(&p, NULL);
	stand_in_add_storage(&p.files, "x", &storage);
	read_packages(&p);
	place(&p);
	wtg_driver_places_flatten(&p.made, &packet);
	reader = wtg_reader(&packet);
	wtg_driver_places_unflatten(&reader, &p.drivers, &back);
	assert_true(wtg_reader_done(&reader));
	assert_int_equal(back.places.n_items, 1);
	assert_string_equal(back.places.items[0].inf, "oem0.inf");
	assert_int_equal(back.places.items[0].size_bytes, p.made.places.items[0].size_bytes);

	wtg_driver_placement_done(&back);
	reader = wtg_reader(&packet);
	wtg_driver_places_unflatten(&reader, &none, &back);
	assert_false(wtg_reader_done(&reader));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_windows_wrote_of_a_package),
		cmocka_unit_test(puts_what_is_needed_to_start_where_windows_has_it),
		cmocka_unit_test(leaves_what_is_not_needed_to_start_to_windows),
		cmocka_unit_test(of_several_for_one_service_the_newest_is_installed),
		cmocka_unit_test(what_stays_in_its_package_is_started_there),
		cmocka_unit_test(a_program_of_the_package_is_started_as_programs_are),
		cmocka_unit_test(a_service_of_the_images_own_stays),
		cmocka_unit_test(nothing_else_in_the_database_changes),
		cmocka_unit_test(no_inf_gets_a_name_that_another_has),
		cmocka_unit_test(what_windows_would_not_load_is_not_installed),
		cmocka_unit_test(says_what_keeps_a_package_from_being_installed),
		cmocka_unit_test(device_path_ends_where_it_must),
		cmocka_unit_test(refuses_what_cannot_be),
		cmocka_unit_test(refuses_two_files_for_one_place),
		cmocka_unit_test(places_go_from_process_to_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
