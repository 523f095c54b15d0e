/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files, services and registry values of driver packages, and what is wrong with some. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "windows/drivers.h"
#include "windows/regf.h"
#include "wtg/text.h"

#include "stand-in-driver.h"

/* One device, which [i] installs. */
#define HEAD                                                                               \
	"[Version]\nSignature=\"$Windows NT$\"\nClass=SCSIAdapter\n"                       \
	"ClassGuid={4d36e97b-e325-11ce-bfc1-08002be10318}\n"                               \
	"[Manufacturer]\na=M,NTamd64\n[M.NTamd64]\nd=i,PCI\\X\n"

/* What that section and others say, read with a few files beside it. */
static int read_with(const char *text, struct wtg_drivers *ret, struct wtg_error *err)
{
	static const char *const others[] = { "d/a.sys", "d/sub/a.sys", "d/sub/x64/a.sys",
					      "d/b.dll", "d/c.sy_", "a.sys" };
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	_cleanup_free_ char *all = wtg_text(HEAD "%s", text);

	stand_in_add(&files, "d/x.inf", all);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		stand_in_add(&files, others[i], others[i]);
	return wtg_drivers_read(&files, WTG_ARCH_AMD64, 22631, ret, err);
}

static void expect_files(const char *text, const char *expected)
{
	static const char *const names[] = { "INF",	"d/a.sys", "d/sub/a.sys", "sub/x64/a.sys",
					     "d/b.dll", "d/c.sy_", "a.sys" };
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	_cleanup_free_ char *said = wtg_text_copy("");
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(read_with(text, &drivers, &err));
	for (size_t i = 0; i < drivers.items[0].n_files; i++) {
		const struct wtg_driver_file *file = &drivers.items[0].files[i];
		char *more = wtg_text("%s%s:%s>%s\n", said, file->name, names[file->source],
				      file->target ? file->target : "");

		free(said);
		said = more;
	}
	assert_string_equal(said, expected);
}

static void finds_files_and_where_they_go(void **state)
{
	(void)state;
	expect_files("[i]\nCopyFiles=l\n[l]\na.sys\n[DestinationDirs]\nl=12\n",
		     "a.sys:d/a.sys>Windows/System32/drivers/a.sys\nx.inf:INF>\n");
	expect_files("[i]\nCopyFiles=@b.dll,l\n[l]\nnew.sys,a.sys\n"
		     "[DestinationDirs]\nDefaultDestDir=11\nl=10,\"Some\\Where\"\n",
		     "b.dll:d/b.dll>Windows/System32/b.dll\n"
		     "new.sys:d/a.sys>Windows/Some/Where/new.sys\nx.inf:INF>\n");
	/* Of the package's own directory, and of printers', we know no path. */
	expect_files("[i]\nCopyFiles=l,m\n[l]\na.sys\n[m]\nb.dll\n"
		     "[DestinationDirs]\nl=13\nm=66000\n",
		     "a.sys:d/a.sys>\nb.dll:d/b.dll>\nx.inf:INF>\n");
	/* Twice the same is once; to two places is twice. */
	expect_files("[i]\nCopyFiles=l,l,@a.sys\nCopyFiles=m\n[l]\na.sys\na.sys\n[m]\na.sys\n"
		     "[DestinationDirs]\nDefaultDestDir=12\nm=11\n",
		     "a.sys:d/a.sys>Windows/System32/drivers/a.sys\n"
		     "a.sys:d/a.sys>Windows/System32/a.sys\nx.inf:INF>\n");
}

static void finds_files_in_subdirectories_of_the_architecture(void **state)
{
	(void)state;
	expect_files("[i]\nCopyFiles=@a.sys\n[SourceDisksNames]\n1=x,,,\\sub\n"
		     "[SourceDisksFiles]\na.sys=1\nb.dll=2\n[DestinationDirs]\nDefaultDestDir=12\n",
		     "a.sys:d/sub/a.sys>Windows/System32/drivers/a.sys\n"
		     "b.dll:d/b.dll>\nx.inf:INF>\n");
	expect_files("[i]\nCopyFiles=@a.sys,@b.dll\n[SourceDisksNames]\n1=x,,,sub\n2=x\n"
		     "[SourceDisksFiles]\na.sys=1\nb.dll=2\n[SourceDisksFiles.amd64]\n"
		     "a.sys=1,x64\n[SourceDisksFiles.x86]\na.sys=2,i386\n",
		     "a.sys:sub/x64/a.sys>\nb.dll:d/b.dll>\nx.inf:INF>\n");
	expect_files("[i]\nCopyFiles=@a.sys\n[SourceDisksNames.amd64]\n1=x,,,sub\\x64\n"
		     "[SourceDisksNames]\n1=x,,,sub\n[SourceDisksFiles]\nA.SYS=1\n",
		     "a.sys:sub/x64/a.sys>\nx.inf:INF>\n");
}

static void refuses_packages_that_lack_a_file(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "[i]\nCopyFiles=@gone.sys\n",
		  "driver d/x.inf: it names a file that is not there: d/gone.sys" },
		{ "[i]\nCopyFiles=l\n[l]\na.sys\n[SourceDisksFiles]\na.sys=1,x86\n",
		  "that is not there: d/x86/a.sys" },
		{ "[i]\nCopyFiles=@c.sys\n", "its file d/c.sys is there only as it is packed" },
		{ "[i]\nCopyFiles=@..\\a.sys\n", "that is not there: ..\\a.sys" },
		{ "[i]\nCopyFiles=l\n[l]\na.sys\n[SourceDisksFiles]\na.sys=1,..\n",
		  "that is not there: a.sys" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wtg_error err = WTG_ERROR_INIT;
		struct wtg_drivers drivers;

		assert_fails(read_with(cases[i].text, &drivers, &err), WTG_INPUT, cases[i].why);
	}
}

/* Targets may not leave Windows' own volume, nor be what no file can be called. */
static void takes_no_target_that_is_none(void **state)
{
	static const char *const places[] = { "12,..\\..", "12,a:b", "12,\"a\"\"b\"", "99", "x" };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		_cleanup_free_ char *text = wtg_text("[i]\nCopyFiles=@a.sys\n[DestinationDirs]\n"
						     "DefaultDestDir=%s\n", places[i]);

		expect_files(text, "a.sys:d/a.sys>\nx.inf:INF>\n");
	}
}

static void goes_on_with_what_a_section_needs(void **state)
{
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_driver *driver = &drivers.items[0];

	(void)state;
	assert_good(read_with("[i]\nInclude=machine.inf\nNeeds=NO_DRV,j\nCopyFiles=@a.sys\n"
			      "[j]\nNeeds=k,i\nCopyFiles=@b.dll\n[k]\nNeeds=j\nAddReg=r\n"
			      "[r]\nHKR,,one,,1\nHKLM,Software\\X,v,,1\n"
			      "[i.Services]\nInclude=machine.inf\nNeeds=NO_DRV.Services\n"
			      "AddService=s,2,sv\n[sv]\nStartType=0\nServiceBinary=%12%\\a.sys\n",
			      &drivers, &err));
	driver = &drivers.items[0];
	assert_int_equal(driver->n_files, 3);
	assert_int_equal(driver->sections[0].software.n_items, 1);
	assert_int_equal(driver->n_remarks, 3);
	assert_string_equal(driver->remarks[0], "[i] goes on with [NO_DRV] of machine.inf");
	assert_string_equal(driver->remarks[1],
			    "[i.Services] goes on with [NO_DRV.Services] of machine.inf");
	assert_string_equal(driver->remarks[2], "it sets values of HKLM\\Software\\X");
}

static void reads_services_of_every_form(void **state)
{
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_driver_service *services;

	(void)state;
	assert_good(read_with("[i]\n[i.Services]\nAddService=,2\n"
			      "AddService = one, 0x00000802, s1\nAddService = two,,s2\n"
			      "[s1]\nServiceType=1\nStartType=0x3\nBootFlags=0x14\n"
			      "ServiceBinary=%13%\\a.sys\nDescription=\"What it does\"\n"
			      "Dependencies=+Group,rpcss,+\n"
			      "[s2]\nServiceType=0x10\nStartType=2\nErrorControl=0\n"
			      "ServiceBinary=\"%11%\\sub\\b.exe\"\n",
			      &drivers, &err));
	services = drivers.items[0].services;
	assert_int_equal(drivers.items[0].n_services, 2);
	assert_true(services[0].is_function);
	assert_string_equal(services[0].binary, "%13%/a.sys");
	assert_int_equal(services[0].boot_flags, 0x14);
	assert_int_equal(services[0].start, 3);
	assert_int_equal(services[0].error_control, 1);
	assert_int_equal(services[0].registry.n_items, 3);
	assert_string_equal(services[0].registry.items[0].value, "Description");
	assert_string_equal(services[0].registry.items[1].value, "DependOnService");
	assert_string_equal(services[0].registry.items[2].value, "DependOnGroup");
	assert_int_equal(services[0].registry.items[2].data.size, 2 * (6 + 1));
	assert_false(services[1].is_function);
	assert_int_equal(services[1].type, 0x10);
	assert_string_equal(services[1].binary, "System32/sub/b.exe");
	assert_true(drivers.items[0].boot_critical);
}

static void knows_what_windows_may_need_to_start_from(void **state)
{
	static const struct {
		const char *guid, *service;
		bool expected;
	} cases[] = {
		{ "4d36e97b-e325-11ce-bfc1-08002be10318", "StartType=0", true },
		{ "4D36E97D-E325-11CE-BFC1-08002BE10318", "StartType=0", true },
		{ "36fc9e60-c465-11cf-8056-444553540000", "StartType=3\nBootFlags=0x14", true },
		{ "36fc9e60-c465-11cf-8056-444553540000", "StartType=3", false },
		{ "4d36e97d-e325-11ce-bfc1-08002be10318", "StartType=3", false },
		{ "4d36e972-e325-11ce-bfc1-08002be10318", "StartType=0", false }, /* Net */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
		_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
		_cleanup_free_ char *text = wtg_text(
			"[Version]\nSignature=$Windows NT$\nClassGuid={%s}\n[Manufacturer]\n"
			"a=M,NTamd64\n[M.NTamd64]\nd=i,PCI\\X\n[i]\n[i.Services]\n"
			"AddService=s,2,sv\n[sv]\n%s\n", cases[i].guid, cases[i].service);
		struct wtg_error err = WTG_ERROR_INIT;

		stand_in_add(&files, "x.inf", text);
		assert_good(wtg_drivers_read(&files, WTG_ARCH_AMD64, 22631, &drivers, &err));
		assert_int_equal(drivers.items[0].boot_critical, cases[i].expected);
	}
}

static void refuses_services_that_make_no_sense(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_drivers drivers;

	(void)state;
	assert_fails(read_with("[i]\n[i.Services]\nAddService=s,2,gone\n", &drivers, &err),
		     WTG_INPUT, "service s has no section [gone]");
	assert_fails(read_with("[i]\n[i.Services]\nAddService=..\\x,2,s\n[s]\n", &drivers, &err),
		     WTG_INPUT, "no service can be called ..\\x");
}

/* Lines of AddReg, and what they are in the registry. */
static void makes_values_of_every_type(void **state)
{
	static const struct {
		const char *line;
		enum wtg_edit_action action;
		const char *key, *value;
		uint32_t type;
		const char *data;
		size_t size;
	} cases[] = {
		{ "HKR,,v,,text", WTG_EDIT_SET, "", "v", WTG_REG_SZ, "t\0e\0x\0t\0\0", 10 },
		{ "HKR,A\\B,v,0x20000,%%X%%", WTG_EDIT_SET, "A\\B", "v", WTG_REG_EXPAND_SZ,
		  "%\0X\0%\0\0", 8 },
		{ "HKR,,v,,%11%\\x", WTG_EDIT_SET, "", "v", WTG_REG_SZ,
		  "C\0:\0\\\0W\0i\0n\0d\0o\0w\0s\0\\\0S\0y\0s\0t\0e\0m\0003\0002\0\\\0x\0\0", 44 },
		{ "HKR,,v,0x10000,a,b", WTG_EDIT_SET, "", "v", WTG_REG_MULTI_SZ,
		  "a\0\0\0b\0\0\0\0", 10 },
		{ "HKR,,v,1,de,AD,0", WTG_EDIT_SET, "", "v", WTG_REG_BINARY, "\xde\xad\0", 3 },
		{ "HKR,,v,0x10001,0x10", WTG_EDIT_SET, "", "v", WTG_REG_DWORD, "\x10\0\0\0", 4 },
		{ "HKR,,v,65537,-1", WTG_EDIT_SET, "", "v", WTG_REG_DWORD, "\xff\xff\xff\xff", 4 },
		{ "HKR,,v,0x10001,1,2,3,4", WTG_EDIT_SET, "", "v", WTG_REG_DWORD,
		  "\1\2\3\4", 4 },
		{ "HKR,,v,0x10003,7", WTG_EDIT_SET, "", "v", WTG_REG_DWORD, "\7\0\0\0", 4 },
		{ "HKR,,v,0x20001,1", WTG_EDIT_SET, "", "v", WTG_REG_NONE, "\1", 1 },
		{ "HKR,,v,0xB0001,1,0,0,0,0,0,0,0", WTG_EDIT_SET, "", "v", WTG_REG_QWORD,
		  "\1\0\0\0\0\0\0\0", 8 },
		{ "HKR,,,,default", WTG_EDIT_SET, "", "", WTG_REG_SZ,
		  "d\0e\0f\0a\0u\0l\0t\0\0", 16 },
		{ "HKR,\\A\\\\B\\,,0x10", WTG_EDIT_MAKE_KEY, "A\\B", NULL, 0, NULL, 0 },
		{ "HKR,A", WTG_EDIT_MAKE_KEY, "A", NULL, 0, NULL, 0 },
		{ "HKR,,v,4", WTG_EDIT_DELETE, "", "v", 0, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
		_cleanup_free_ char *text =
			wtg_text("[i]\n[i.Services]\nAddService=s,2,sv\n[sv]\nAddReg=r\n[r]\n%s\n",
				 cases[i].line);
		struct wtg_error err = WTG_ERROR_INIT;
		const struct wtg_wish *wish;

		assert_good(read_with(text, &drivers, &err));
		assert_int_equal(drivers.items[0].services[0].registry.n_items, 1);
		wish = &drivers.items[0].services[0].registry.items[0];
		assert_int_equal(wish->action, cases[i].action);
		assert_string_equal(wish->key, cases[i].key);
		assert_true(wtg_text_equal(wish->value, cases[i].value));
		assert_int_equal(wish->type, cases[i].type);
		assert_int_equal(wish->data.size, cases[i].size);
		if (cases[i].size)
			assert_memory_equal(wish->data.data, cases[i].data, cases[i].size);
	}
}

static void appends_to_lists_and_leaves_what_it_cannot_know(void **state)
{
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_wishes *wishes;

	(void)state;
	assert_good(read_with("[i]\n[i.Services]\nAddService=s,2,sv\n[sv]\nAddReg=r\n[r]\n"
			      "HKR,,v,0x10008,a\nHKR,,v,0x10008,b\nHKR,,w,0x20,only if there\n"
			      "HKR,,x,%flags%,1\n", &drivers, &err));
	wishes = &drivers.items[0].services[0].registry;
	assert_int_equal(wishes->n_items, 1);
	assert_int_equal(wishes->items[0].data.size, 10);
	assert_memory_equal(wishes->items[0].data.data, "a\0\0\0b\0\0\0\0", 10);
	assert_int_equal(drivers.items[0].n_remarks, 1);
}

static void refuses_sections_that_multiply(void **state)
{
	_cleanup_free_ char *text = wtg_alloc(1 << 16);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_drivers drivers;
	char *end = text;

	(void)state;
	end += sprintf(end, "[i]\n[i.Services]\nAddService=s,2,sv\n[sv]\n");
	for (int i = 0; i < 2000; i++)
		end += sprintf(end, "AddReg=r\n");
	end += sprintf(end, "[r]\n");
	for (int i = 0; i < 1000; i++)
		end += sprintf(end, "HKR,,v,,1\n");
	assert_fails(read_with(text, &drivers, &err), WTG_INPUT,
		     "name each other more often than makes sense");
}

static void refuses_sections_without_end(void **state)
{
	_cleanup_free_ char *text = wtg_alloc(1 << 16);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_drivers drivers;
	char *end = text;

	(void)state;
	end += sprintf(end, "[i]\nNeeds=s0\n");
	for (int i = 0; i < 1000; i++)
		end += sprintf(end, "[s%d]\nNeeds=s%d\n", i, i + 1);
	assert_fails(read_with(text, &drivers, &err), WTG_INPUT,
		     "[i] goes on with more than 255 others");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_files_and_where_they_go),
		cmocka_unit_test(finds_files_in_subdirectories_of_the_architecture),
		cmocka_unit_test(refuses_packages_that_lack_a_file),
		cmocka_unit_test(takes_no_target_that_is_none),
		cmocka_unit_test(goes_on_with_what_a_section_needs),
		cmocka_unit_test(reads_services_of_every_form),
		cmocka_unit_test(knows_what_windows_may_need_to_start_from),
		cmocka_unit_test(refuses_services_that_make_no_sense),
		cmocka_unit_test(makes_values_of_every_type),
		cmocka_unit_test(appends_to_lists_and_leaves_what_it_cannot_know),
		cmocka_unit_test(refuses_sections_that_multiply),
		cmocka_unit_test(refuses_sections_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
