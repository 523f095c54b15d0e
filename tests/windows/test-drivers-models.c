/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of its devices an INF is for, on which Windows; and what INFs are not for any. */
#include "support.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/drivers.h"
#include "wtg/text.h"

#include "stand-in-driver.h"

#define VERSION                                                                            \
	"[Version]\nSignature=\"$Windows NT$\"\nClass=Net\n"                               \
	"ClassGuid={4d36e972-e325-11ce-bfc1-08002be10318}\n"

/* An INF with these manufacturers, and a section of models for each decoration, which has one
 * device that is called as the section. */
static struct wtg_files inf_of(const char *manufacturer, const char *const decorations[])
{
	_cleanup_free_ char *text = wtg_text(VERSION "[Manufacturer]\n%s\n[i]\n", manufacturer);
	struct wtg_files files = { 0 };

	for (size_t i = 0; decorations[i]; i++) {
		char *more = wtg_text("%s[M%s]\n\"%s\"=i,PCI\\X\n", text, decorations[i],
				      decorations[i]);

		free(text);
		text = more;
	}
	stand_in_add(&files, "x.inf", text);
	return files;
}

static const char *const decorations[] = {
	"", ".NT", ".NTx86", ".NTx86.6.0", ".NTamd64", ".NTamd64.6.1", ".NTamd64.6.1.1",
	".NTamd64.10.0", ".NTamd64.10.0...16299", ".NTamd64.10.0...22000", ".NTamd64.10.0.3",
	".NTamd64.10.0..256", ".NTarm64.10.0", ".ntARM64.10.0...22000", ".NTia64", NULL,
};

static void takes_the_decoration_that_setupapi_would(void **state)
{
	static const struct {
		enum wtg_arch arch;
		unsigned build;
		const char *manufacturer, *expected; /* NULL: none */
	} cases[] = {
		{ WTG_ARCH_AMD64, 19045, "a=M,NTamd64", ".NTamd64" },
		{ WTG_ARCH_AMD64, 19045, "a=M,ntAMD64", ".NTamd64" },
		{ WTG_ARCH_AMD64, 19045, "a=M", NULL },
		{ WTG_ARCH_AMD64, 19045, "a=M,NT,NTx86,NTia64", NULL },
		{ WTG_ARCH_X86, 19045, "a=M", "" },
		{ WTG_ARCH_X86, 19045, "a=M,NTamd64", "" },
		{ WTG_ARCH_X86, 19045, "a=M,NT,NTx86", ".NTx86" },
		{ WTG_ARCH_X86, 19045, "a=M,NTx86.6.0,NTx86", ".NTx86.6.0" },
		{ WTG_ARCH_ARM64, 19045, "a=M,NTarm64.10.0,ntARM64.10.0...22000",
		  ".NTarm64.10.0" },
		{ WTG_ARCH_ARM64, 22000, "a=M,NTarm64.10.0,ntARM64.10.0...22000",
		  ".ntARM64.10.0...22000" },
		{ WTG_ARCH_AMD64, 19045, "a=M,NTamd64,NTamd64.6.1,NTamd64.10.0",
		  ".NTamd64.10.0" },
		{ WTG_ARCH_AMD64, 9600, "a=M,NTamd64,NTamd64.6.1,NTamd64.10.0",
		  ".NTamd64.6.1" },
		{ WTG_ARCH_AMD64, 6002, "a=M,NTamd64,NTamd64.6.1", ".NTamd64" },
		{ WTG_ARCH_AMD64, 19045,
		  "a=M,NTamd64.10.0...22000,NTamd64.10.0...16299,NTamd64.10.0",
		  ".NTamd64.10.0...16299" },
		{ WTG_ARCH_AMD64, 15063,
		  "a=M,NTamd64.10.0...22000,NTamd64.10.0...16299,NTamd64.10.0",
		  ".NTamd64.10.0" },
		{ WTG_ARCH_AMD64, 26100,
		  "a=M,NTamd64.10.0...22000,NTamd64.10.0...16299,NTamd64.10.0",
		  ".NTamd64.10.0...22000" },
		{ WTG_ARCH_AMD64, 19045, "a=M,NTamd64.10.0.3,NTamd64.10.0..256", NULL },
		{ WTG_ARCH_AMD64, 19045, "a=M,NTamd64.6.1,NTamd64.6.1.1", ".NTamd64.6.1.1" },
		{ WTG_ARCH_AMD64, 19045, "a=M,NTamd64.x,NTamd64.99999999999999999999", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_(wtg_files_done) struct wtg_files files =
			inf_of(cases[i].manufacturer, decorations);
		_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;

		if (!cases[i].expected) {
			assert_fails(wtg_drivers_read(&files, cases[i].arch, cases[i].build,
						      &drivers, &err),
				     WTG_INPUT, "none of the drivers fits this Windows: x.inf: ");
			continue;
		}
		if (wtg_drivers_read(&files, cases[i].arch, cases[i].build, &drivers, &err) < 0)
			fail_msg("%zu: %s", i, err.message);
		assert_int_equal(drivers.items[0].n_devices, 1);
		assert_string_equal(drivers.items[0].devices[0].description, cases[i].expected);
	}
}

static void takes_devices_of_every_manufacturer(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	stand_in_add(&files, "x.inf",
		     VERSION "[Manufacturer]\na=A,NTamd64\nb=B,NTarm64,NTamd64\nC,NTamd64\n"
			     "[A.NTamd64]\na1=i,PCI\\A1\n[B.NTamd64]\nb1=i,PCI\\B1,,PCI\\B\n"
			     "b2=j,PCI\\B2\n[C.NTamd64]\nc1=i,PCI\\C1\nc2=i\nPCI\\C3\n"
			     "[i]\n[j.NT]\n[j.NTamd64]\n");
	assert_good(wtg_drivers_read(&files, WTG_ARCH_AMD64, 22631, &drivers, &err));
	assert_int_equal(drivers.items[0].n_devices, 4);
	assert_string_equal(drivers.items[0].devices[1].description, "b1");
	assert_int_equal(drivers.items[0].devices[1].n_ids, 2);
	assert_string_equal(drivers.items[0].devices[1].ids[1], "PCI\\B");
	assert_string_equal(drivers.items[0].devices[2].install, "j.NTamd64");
	assert_string_equal(drivers.items[0].devices[3].description, "c1");
	assert_int_equal(drivers.items[0].n_sections, 2);
}

static void says_why_an_inf_is_passed_over(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "[AutoRun]\nopen=setup.exe\n", "it is no driver of Windows" },
		{ "[Version]\nSignature=$Windows 95$\n", "it is no driver of Windows" },
		{ "[Version]\nSignature=$Chicago$\n", "it is of no class" },
		{ VERSION, "it is for no device" },
		{ VERSION "[Manufacturer]\n", "it is for no device" },
		{ VERSION "[Manufacturer]\na=M,NTarm64\n[M.NTarm64]\nd=i,PCI\\X\n[i]\n",
		  "it has nothing for amd64" },
		{ VERSION "[Manufacturer]\na=M,NTamd64.10.0...26100\n",
		  "it is for Windows from build 26100 on, and this is build 22631" },
		{ VERSION "[Manufacturer]\na=M,NTamd64.11.0\n",
		  "it is for a newer Windows than build 22631" },
		{ VERSION "[Manufacturer]\na=M,NTamd64\n", "it has no device for this Windows" },
		{ VERSION "[Manufacturer]\na=M,NTamd64\n[M.NTamd64]\nd=i,PCI\\X\n",
		  "it has no section [i], by which its devices would be installed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_(wtg_files_done) struct wtg_files files = stand_in_stor();
		_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;

		stand_in_add(&files, "a.inf", cases[i].text);
		assert_good(wtg_drivers_read(&files, WTG_ARCH_AMD64, 22631, &drivers, &err));
		assert_int_equal(drivers.n_items, 2);
		assert_string_equal(drivers.items[0].path, "a.inf");
		if (!drivers.items[0].passed_over ||
		    !strstr(drivers.items[0].passed_over, cases[i].why))
			fail_msg("%s, not: %s", drivers.items[0].passed_over, cases[i].why);
		assert_null(drivers.items[1].passed_over);
	}
}

static void refuses_a_directory_without_a_driver(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_drivers drivers;

	(void)state;
	assert_fails(wtg_drivers_read(&files, WTG_ARCH_AMD64, 22631, &drivers, &err), WTG_INPUT,
		     "there is no driver");
	stand_in_add(&files, "readme.inf.txt", "text");
	stand_in_add(&files, "x/._stor.inf", "\xff\xfe, of macOS");
	stand_in_add(&files, ".inf", "text");
	assert_fails(wtg_drivers_read(&files, WTG_ARCH_AMD64, 22631, &drivers, &err), WTG_INPUT,
		     "there is no driver");
}

static void finds_packages_in_the_order_of_their_paths(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = stand_in_stor();
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	stand_in_add(&files, "Z/b.INF", STAND_IN_STOR);
	stand_in_add(&files, "Z/STOR.SYS", "");
	stand_in_add(&files, "a/z.inf", STAND_IN_STOR);
	stand_in_add(&files, "a/stor.sys", "");
	assert_good(wtg_drivers_read(&files, WTG_ARCH_AMD64, 22631, &drivers, &err));
	assert_int_equal(drivers.n_items, 3);
	assert_string_equal(drivers.items[0].path, "a/z.inf");
	assert_string_equal(drivers.items[1].path, "stor/stor.inf");
	assert_string_equal(drivers.items[2].path, "Z/b.INF");
	assert_string_equal(drivers.items[2].name, "b.INF");
}

static void reads_versions_and_dates_of_any_form(void **state)
{
	static const struct {
		const char *text, *date, *version;
	} cases[] = {
		{ "03/31/2021,1.2.3.4", "2021-03-31", "1.2.3.4" },
		{ "3/1/2000, 10.0.1", "2000-03-01", "10.0.1.0" },
		{ "02-29-2016", "2016-02-29", NULL },
		{ "13/01/2016,1.0", NULL, "1.0.0.0" },
		{ "01/01/2016,1.70000", "2016-01-01", NULL },
		{ "soon,x", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
		_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
		_cleanup_free_ char *text =
			wtg_text(VERSION "DriverVer=%s\nCatalogFile=a.cat\n"
				 "CatalogFile.NTamd64=b.cat\n[Manufacturer]\na=M,NTamd64\n"
				 "[M.NTamd64]\nd=i,PCI\\X\n[i]\n", cases[i].text);
		struct wtg_error err = WTG_ERROR_INIT;

		stand_in_add(&files, "x.inf", text);
		assert_good(wtg_drivers_read(&files, WTG_ARCH_AMD64, 22631, &drivers, &err));
		assert_true(wtg_text_equal(drivers.items[0].date, cases[i].date));
		assert_true(wtg_text_equal(drivers.items[0].version, cases[i].version));
		assert_string_equal(drivers.items[0].catalog, "b.cat");
		assert_null(drivers.items[0].provider);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_decoration_that_setupapi_would),
		cmocka_unit_test(takes_devices_of_every_manufacturer),
		cmocka_unit_test(says_why_an_inf_is_passed_over),
		cmocka_unit_test(refuses_a_directory_without_a_driver),
		cmocka_unit_test(finds_packages_in_the_order_of_their_paths),
		cmocka_unit_test(reads_versions_and_dates_of_any_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
