/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/bootfiles.h"
#include "wtg/text.h"

#include "stand-in-pe.h"

#define EFI "Windows/Boot/EFI/"
#define EFI_EX "Windows/Boot/EFI_EX/"
#define OUT "EFI/Microsoft/Boot/"

static void add(struct wtg_files *files, const char *path, const char *content)
{
	wtg_files_add(files, path, wtg_bytes_copy(content, strlen(content)));
}

/* What an image has besides its loaders. */
static struct wtg_files common_files(void)
{
	static const char *const paths[] = {
		EFI "bootmgr.efi",
		EFI "boot.stl",
		EFI "winsipolicy.p7b",
		EFI "de-DE/bootmgfw.efi.mui",
		EFI "CIPolicies/Active/{01234567-89ab-cdef-0123-456789abcdef}.cip",
		"Windows/Boot/Fonts/segoe_slboot.ttf",
		"Windows/Boot/Fonts/readme.txt",
		"Windows/Boot/Resources/bootres.dll",
		"Windows/Boot/Resources/de-DE/bootres.dll.mui",
		EFI_EX "bootmgr_EX.efi",
		EFI_EX "de-DE/bootmgfw_EX.efi.mui",
		EFI_EX "stray.efi",
		"Windows/Boot/Fonts_EX/segoe_slboot_EX.ttf",
		"Windows/Boot/Fonts_EX/new_EX.ttf",
		"Windows/Boot/PCAT/bootmgr",
	};
	struct wtg_files files = { 0 };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		add(&files, paths[i], paths[i]);
	return files;
}

static void assert_holds(const struct wtg_files *files, const char *path,
			 const char *content)
{
	const struct wtg_file *file = wtg_files_find(files, path);

	if (!file)
		fail_msg("%s is missing", path);
	if (file->content.size != strlen(content) ||
	    memcmp(file->content.data, content, strlen(content)) != 0)
		fail_msg("%s: expected %s, found %.*s", path, content,
			 (int)file->content.size, (char *)file->content.data);
	assert_string_equal(file->path, path);
}

static void assert_same(const struct wtg_files *files, const char *path,
			const struct wtg_bytes *content)
{
	const struct wtg_file *file = wtg_files_find(files, path);

	if (!file)
		fail_msg("%s is missing", path);
	assert_int_equal(file->content.size, content->size);
	assert_memory_equal(file->content.data, content->data, content->size);
}

static void the_usual_chain_is_the_whole_tree_of_the_image(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files image = common_files();
	_cleanup_(wtg_bootfiles_done) struct wtg_bootfiles boot = { 0 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes loader = stand_in_pe(0x8664);
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	/* As images spell it: neither the case of the tree nor that of the loader is
	 * sure. */
	wtg_files_add(&image, "WINDOWS/boot/EFI/bootmgfw.EFI", stand_in_pe(0x8664));
	assert_good(wtg_bootfiles_choose(&image, WTG_ARCH_AMD64, WTG_BOOT_CA_AUTO, &boot,
					 &err));
	assert_int_equal(boot.chain, WTG_BOOT_CA_2011);
	assert_same(&boot.files, OUT "bootmgfw.efi", &loader);
	assert_same(&boot.files, "EFI/Boot/bootx64.efi", &loader);
	assert_holds(&boot.files, OUT "bootmgr.efi", EFI "bootmgr.efi");
	assert_holds(&boot.files, OUT "boot.stl", EFI "boot.stl");
	assert_holds(&boot.files, OUT "winsipolicy.p7b", EFI "winsipolicy.p7b");
	assert_holds(&boot.files, OUT "de-DE/bootmgfw.efi.mui",
		     EFI "de-DE/bootmgfw.efi.mui");
	assert_holds(&boot.files,
		     OUT "CIPolicies/Active/{01234567-89ab-cdef-0123-456789abcdef}.cip",
		     EFI "CIPolicies/Active/{01234567-89ab-cdef-0123-456789abcdef}.cip");
	assert_holds(&boot.files, OUT "Fonts/segoe_slboot.ttf",
		     "Windows/Boot/Fonts/segoe_slboot.ttf");
	assert_holds(&boot.files, OUT "Resources/bootres.dll",
		     "Windows/Boot/Resources/bootres.dll");
	assert_holds(&boot.files, OUT "Resources/de-DE/bootres.dll.mui",
		     "Windows/Boot/Resources/de-DE/bootres.dll.mui");
	wtg_bootfiles_arrange(&boot, &(struct wtg_boot_manner){ 0 });
	assert_false(boot.bios);
	assert_int_equal(boot.files.n_items, 10);
}

/* The tree of a Windows 10 image, and what the system partition of one that starts on Legacy BIOS
 * has of it. */
static const char *const pcat[][2] = {
	{ "bootmgr", "bootmgr" },
	{ "bootnxt", "BOOTNXT" },
	{ "memtest.exe", "Boot/memtest.exe" },
	{ "bootvhd.dll", "Boot/bootvhd.dll" },
	{ "de-DE/bootmgr.exe.mui", "Boot/de-DE/bootmgr.exe.mui" },
	{ "de-DE/memtest.exe.mui", "Boot/de-DE/memtest.exe.mui" },
};

static struct wtg_files image_for_bios(uint16_t machine)
{
	struct wtg_files image = common_files();

	for (size_t i = 0; i < sizeof(pcat) / sizeof(pcat[0]); i++) {
		_cleanup_free_ char *path = wtg_text("Windows/Boot/PCAT/%s", pcat[i][0]);

		if (!wtg_files_find(&image, path))
			add(&image, path, path);
	}
	wtg_files_add(&image, EFI "bootmgfw.efi", stand_in_pe(machine));
	return image;
}

static void legacy_bios_gets_what_bcdboot_gives_it(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files image = image_for_bios(0x8664);
	_cleanup_(wtg_bootfiles_done) struct wtg_bootfiles boot = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_good(wtg_bootfiles_choose(&image, WTG_ARCH_AMD64, WTG_BOOT_CA_AUTO, &boot, &err));
	wtg_bootfiles_arrange(&boot, &(struct wtg_boot_manner){ .bios = true });
	assert_true(boot.bios);
	for (size_t i = 0; i < sizeof(pcat) / sizeof(pcat[0]); i++) {
		_cleanup_free_ char *from = wtg_text("Windows/Boot/PCAT/%s", pcat[i][0]);

		assert_holds(&boot.files, pcat[i][1], from);
	}
	assert_holds(&boot.files, "Boot/Fonts/segoe_slboot.ttf",
		     "Windows/Boot/Fonts/segoe_slboot.ttf");
	assert_holds(&boot.files, "Boot/Resources/bootres.dll",
		     "Windows/Boot/Resources/bootres.dll");
	assert_holds(&boot.files, "Boot/Resources/de-DE/bootres.dll.mui",
		     "Windows/Boot/Resources/de-DE/bootres.dll.mui");
	assert_non_null(wtg_files_find(&boot.files, "EFI/Boot/bootx64.efi"));
	/* And UEFI's ten. */
	assert_int_equal(boot.files.n_items, 6 + 3 + 10);
}

static bool bios_with_loader(size_t size)
{
	_cleanup_(wtg_files_done) struct wtg_files image = { 0 };
	_cleanup_(wtg_bootfiles_done) struct wtg_bootfiles boot = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	wtg_files_add(&image, EFI "bootmgfw.efi", stand_in_pe(0x8664));
	wtg_files_add(&image, "Windows/Boot/PCAT/bootmgr",
		      (struct wtg_bytes){ wtg_alloc(size + 1), size });
	assert_good(wtg_bootfiles_choose(&image, WTG_ARCH_AMD64, WTG_BOOT_CA_AUTO, &boot, &err));
	return boot.bios;
}

static void a_boot_manager_that_cannot_be_loaded_is_none(void **state)
{
	(void)state;
	assert_false(bios_with_loader(0));
	assert_true(bios_with_loader(1));
	assert_true(bios_with_loader(WTG_BIOS_LOADER_BYTES));
	assert_false(bios_with_loader(WTG_BIOS_LOADER_BYTES + 1));
}

static void arm64_has_no_legacy_bios(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files image = image_for_bios(0xaa64);
	_cleanup_(wtg_bootfiles_done) struct wtg_bootfiles boot = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_good(wtg_bootfiles_choose(&image, WTG_ARCH_ARM64, WTG_BOOT_CA_AUTO, &boot, &err));
	wtg_bootfiles_arrange(&boot, &(struct wtg_boot_manner){ .bios = true });
	assert_false(boot.bios);
	assert_int_equal(boot.files.n_items, 10);
}

/* "loader", as it is described. */
static void assert_says_loader(const struct wtg_bootfiles *boot, const char *expected)
{
	struct wtg_json *json = wtg_json_new();
	_cleanup_free_ char *line = NULL;

	wtg_bootfiles_describe(boot, wtg_json_facts(json));
	line = wtg_json_line(json);
	wtg_json_free(json);
	assert_non_null(strstr(line, expected));
}

static void firmware_finds_it_only_where_it_may(void **state)
{
	static const struct {
		struct wtg_boot_manner manner;
		const char *has, *loader;
		size_t n_files;
	} rows[] = {
		{ { false, false, false }, "EFI/Boot/bootx64.efi", "EFI/Boot/bootx64.efi", 10 },
		{ { false, false, true }, "EFI/Microsoft/Boot/bootmgfw.efi",
		  "EFI/Microsoft/Boot/bootmgfw.efi", 9 },
		{ { true, true, false }, "VTEFI/Microsoft/Boot/de-DE/bootmgfw.efi.mui",
		  "VTEFI/Microsoft/Boot/bootmgfw.efi", 9 + 9 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_files_done) struct wtg_files image = image_for_bios(0x8664);
		_cleanup_(wtg_bootfiles_done) struct wtg_bootfiles boot = { 0 };
		_cleanup_free_ char *says = wtg_text("\"loader\":\"%s\"", rows[i].loader);
		struct wtg_error err = WTG_ERROR_INIT;

		assert_good(wtg_bootfiles_choose(&image, WTG_ARCH_AMD64, WTG_BOOT_CA_AUTO, &boot,
						 &err));
		wtg_bootfiles_arrange(&boot, &rows[i].manner);
		assert_non_null(wtg_files_find(&boot.files, rows[i].has));
		assert_int_equal(boot.files.n_items, rows[i].n_files);
		for (size_t j = 0; j < boot.files.n_items; j++)
			assert_false(i > 0 && wtg_text_starts(boot.files.items[j].path,
							      "EFI/Boot/"));
		for (size_t j = 0; j < boot.files.n_items; j++)
			assert_false(i > 1 && wtg_text_starts(boot.files.items[j].path, "EFI/"));
		assert_says_loader(&boot, says);
	}
}

static void the_chain_of_2023_replaces_what_it_brings(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files image = common_files();
	_cleanup_(wtg_bootfiles_done) struct wtg_bootfiles boot = { 0 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes loader =
		stand_in_signed(0x8664, "2023");
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	wtg_files_add(&image, EFI "bootmgfw.efi", stand_in_signed(0x8664, "2011"));
	wtg_files_add(&image, EFI_EX "bootmgfw_EX.efi",
		      wtg_bytes_copy(loader.data, loader.size));
	assert_good(wtg_bootfiles_choose(&image, WTG_ARCH_AMD64, WTG_BOOT_CA_2023, &boot,
					 &err));
	assert_int_equal(boot.chain, WTG_BOOT_CA_2023);
	assert_string_equal(boot.loader.signers, "Windows UEFI CA 2023");
	assert_same(&boot.files, OUT "bootmgfw.efi", &loader);
	assert_same(&boot.files, "EFI/Boot/bootx64.efi", &loader);
	assert_holds(&boot.files, OUT "bootmgr.efi", EFI_EX "bootmgr_EX.efi");
	assert_holds(&boot.files, OUT "boot.stl", EFI "boot.stl");
	assert_holds(&boot.files, OUT "de-DE/bootmgfw.efi.mui",
		     EFI_EX "de-DE/bootmgfw_EX.efi.mui");
	assert_holds(&boot.files, OUT "Fonts/segoe_slboot.ttf",
		     "Windows/Boot/Fonts_EX/segoe_slboot_EX.ttf");
	assert_holds(&boot.files, OUT "Fonts/new.ttf",
		     "Windows/Boot/Fonts_EX/new_EX.ttf");
	wtg_bootfiles_arrange(&boot, &(struct wtg_boot_manner){ 0 });
	assert_int_equal(boot.files.n_items, 11);
	assert_null(wtg_files_find(&boot.files, OUT "stray.efi"));
}

static void the_fallback_is_named_after_the_processor(void **state)
{
	static const struct {
		enum wtg_arch arch;
		uint16_t machine;
		const char *path;
	} rows[] = {
		{ WTG_ARCH_X86, 0x014c, "EFI/Boot/bootia32.efi" },
		{ WTG_ARCH_AMD64, 0x8664, "EFI/Boot/bootx64.efi" },
		{ WTG_ARCH_ARM64, 0xaa64, "EFI/Boot/bootaa64.efi" },
	};
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(wtg_files_done) struct wtg_files image = { 0 };
		_cleanup_(wtg_bootfiles_done) struct wtg_bootfiles boot = { 0 };

		wtg_files_add(&image, EFI "bootmgfw.efi", stand_in_pe(rows[i].machine));
		assert_good(wtg_bootfiles_choose(&image, rows[i].arch, WTG_BOOT_CA_AUTO,
						 &boot, &err));
		assert_non_null(wtg_files_find(&boot.files, rows[i].path));
		assert_int_equal(boot.files.n_items, 2);
		for (size_t j = 0; j < 3; j++) {
			struct wtg_bootfiles none = { 0 };

			if (j != i)
				assert_fails(wtg_bootfiles_choose(&image, rows[j].arch,
								  WTG_BOOT_CA_AUTO, &none,
								  &err),
					     WTG_INPUT, "but its boot loader is for");
		}
	}
}

/* The loaders of an image, by who signed them ("": nobody; NULL: not there), what was
 * asked for, and what comes of it. */
static void a_chain_is_what_the_signatures_say(void **state)
{
	static const struct {
		const char *usual, *ex;
		enum wtg_boot_ca asked, chain;
		const char *signers, *refusal;
	} rows[] = {
		{ "2011", NULL, WTG_BOOT_CA_AUTO, WTG_BOOT_CA_2011, "Production PCA 2011",
		  NULL },
		{ "2011", "2023", WTG_BOOT_CA_AUTO, WTG_BOOT_CA_2011,
		  "Production PCA 2011", NULL },
		{ "2023", NULL, WTG_BOOT_CA_AUTO, WTG_BOOT_CA_2023, "UEFI CA 2023",
		  NULL },
		{ NULL, "2023", WTG_BOOT_CA_AUTO, WTG_BOOT_CA_2023, "UEFI CA 2023",
		  NULL },
		{ "2011", "2023", WTG_BOOT_CA_2011, WTG_BOOT_CA_2011,
		  "Production PCA 2011", NULL },
		{ "2023 2011", NULL, WTG_BOOT_CA_2011, WTG_BOOT_CA_2011, "UEFI CA 2023, ",
		  NULL },
		{ "2023 2011", NULL, WTG_BOOT_CA_2023, WTG_BOOT_CA_2023, "UEFI CA 2023, ",
		  NULL },
		{ "2023", NULL, WTG_BOOT_CA_2023, WTG_BOOT_CA_2023, "UEFI CA 2023",
		  NULL },
		{ "", "", WTG_BOOT_CA_2023, WTG_BOOT_CA_2023, NULL, NULL },
		{ "", "", WTG_BOOT_CA_2011, WTG_BOOT_CA_2011, NULL, NULL },
		{ "2023", "2023", WTG_BOOT_CA_2011, 0, NULL,
		  "only by Windows UEFI CA 2023" },
		{ NULL, "2023", WTG_BOOT_CA_2011, 0, NULL,
		  "only by Windows UEFI CA 2023" },
		{ "2011", NULL, WTG_BOOT_CA_2023, 0, NULL, "it is too old" },
		{ "", NULL, WTG_BOOT_CA_2023, 0, NULL, "it is too old" },
		{ "2011", "2011", WTG_BOOT_CA_2023, 0, NULL, "it is too old" },
		{ NULL, NULL, WTG_BOOT_CA_AUTO, 0, NULL, "no boot loader for UEFI" },
	};
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_files_done) struct wtg_files image = { 0 };
		_cleanup_(wtg_bootfiles_done) struct wtg_bootfiles boot = { 0 };

		if (rows[i].usual)
			wtg_files_add(&image, EFI "bootmgfw.efi",
				      stand_in_signed(0x8664, rows[i].usual));
		if (rows[i].ex)
			wtg_files_add(&image, EFI_EX "bootmgfw_EX.efi",
				      stand_in_signed(0x8664, rows[i].ex));
		if (rows[i].refusal) {
			assert_fails(wtg_bootfiles_choose(&image, WTG_ARCH_AMD64,
							  rows[i].asked, &boot, &err),
				     WTG_INPUT, rows[i].refusal);
			continue;
		}
		assert_good(wtg_bootfiles_choose(&image, WTG_ARCH_AMD64, rows[i].asked,
						 &boot, &err));
		assert_int_equal(boot.chain, rows[i].chain);
		if (rows[i].signers)
			assert_non_null(strstr(boot.loader.signers, rows[i].signers));
		else
			assert_null(boot.loader.signers);
	}
}

static void a_damaged_loader_and_an_unknown_processor_are_refused(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files image = { 0 }, good = { 0 };
	struct wtg_bootfiles boot = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	add(&image, EFI "bootmgfw.efi", "no program");
	assert_fails(wtg_bootfiles_choose(&image, WTG_ARCH_AMD64, WTG_BOOT_CA_AUTO, &boot,
					  &err),
		     WTG_INPUT,
		     EFI "bootmgfw.efi of the image: it is not a program (PE)");
	wtg_files_add(&good, EFI "bootmgfw.efi", stand_in_pe(0x8664));
	assert_fails(wtg_bootfiles_choose(&good, WTG_ARCH_UNKNOWN, WTG_BOOT_CA_AUTO,
					  &boot, &err),
		     WTG_INPUT, "does not say for which processors");
}

static void says_what_it_chose(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files image = { 0 };
	_cleanup_(wtg_bootfiles_done) struct wtg_bootfiles boot = { 0 };
	struct wtg_json *json = wtg_json_new();
	_cleanup_free_ char *line = NULL;
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	wtg_files_add(&image, EFI "bootmgfw.efi", stand_in_pe(0xaa64));
	assert_good(wtg_bootfiles_choose(&image, WTG_ARCH_ARM64, WTG_BOOT_CA_AUTO, &boot,
					 &err));
	wtg_bootfiles_describe(&boot, wtg_json_facts(json));
	line = wtg_json_line(json);
	wtg_json_free(json);
	assert_string_equal(line,
			    "{\"boot_ca\":\"2011\",\"loader\":\"EFI/Boot/bootaa64.efi\","
			    "\"loader_architecture\":\"arm64\","
			    "\"loader_signers\":\"nobody\","
			    "\"chains_of_image\":{\"2011\":\"nobody\"},\"legacy_bios\":false,\"files\":2,\"bytes\":2048}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_chain_is_the_whole_tree_of_the_image),
		cmocka_unit_test(legacy_bios_gets_what_bcdboot_gives_it),
		cmocka_unit_test(a_boot_manager_that_cannot_be_loaded_is_none),
		cmocka_unit_test(arm64_has_no_legacy_bios),
		cmocka_unit_test(firmware_finds_it_only_where_it_may),
		cmocka_unit_test(the_chain_of_2023_replaces_what_it_brings),
		cmocka_unit_test(the_fallback_is_named_after_the_processor),
		cmocka_unit_test(a_chain_is_what_the_signatures_say),
		cmocka_unit_test(a_damaged_loader_and_an_unknown_processor_are_refused),
		cmocka_unit_test(says_what_it_chose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
