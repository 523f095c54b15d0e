/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/bootfiles.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "wtg/text.h"

#define USUAL_LOADER "Windows/Boot/EFI/bootmgfw.efi"
#define EX_LOADER "Windows/Boot/EFI_EX/bootmgfw_EX.efi"
#define BIOS_LOADER "Windows/Boot/PCAT/bootmgr"
#define ESP_LOADER "EFI/Microsoft/Boot/bootmgfw.efi"

/* A real image has about 250. */
#define MAX_FILES 4096

const char *const wtg_boot_trees[] = {
	"Windows/Boot/EFI",
	"Windows/Boot/EFI_EX",
	"Windows/Boot/Fonts",
	"Windows/Boot/Fonts_EX",
	"Windows/Boot/Resources",
	"Windows/Boot/PCAT",
	NULL,
};

/* From where to where; a row may replace what one above it put. */
enum when {
	ALWAYS,
	EX,   /* in the chain of 2023, and only NAME_EX.*, which is NAME.* */
	BIOS, /* where the image can start on Legacy BIOS */
};
static const struct rule {
	const char *from, *to;
	const char *suffix; /* only such files; NULL: all */
	enum when when;
} rules[] = {
	{ "Windows/Boot/EFI/", "EFI/Microsoft/Boot/", NULL, ALWAYS },
	{ "Windows/Boot/Fonts/", "EFI/Microsoft/Boot/Fonts/", ".ttf", ALWAYS },
	{ "Windows/Boot/Resources/", "EFI/Microsoft/Boot/Resources/", NULL, ALWAYS },
	{ "Windows/Boot/EFI_EX/", "EFI/Microsoft/Boot/", NULL, EX },
	{ "Windows/Boot/Fonts_EX/", "EFI/Microsoft/Boot/Fonts/", ".ttf", EX },
	{ "Windows/Boot/PCAT/", "Boot/", NULL, BIOS },
	{ "Windows/Boot/Fonts/", "Boot/Fonts/", ".ttf", BIOS },
	{ "Windows/Boot/Resources/", "Boot/Resources/", NULL, BIOS },
};

/* Two of PCAT's are in the root: what boot sectors load, and what that goes to when it is told
 * to start from USB next; spelled as bcdboot does. */
static const struct {
	const char *path, *instead;
} in_root[] = {
	{ "Boot/bootmgr", WTG_BIOS_LOADER },
	{ "Boot/bootnxt", "BOOTNXT" },
};

/* What firmware starts when nothing tells it what to start; UEFI 2.10, 3.5.1.1. */
static const struct machine {
	enum wtg_arch arch;
	uint16_t machine;
	const char *name, *fallback;
} machines[] = {
	{ WTG_ARCH_X86, 0x014c, "x86", "EFI/Boot/bootia32.efi" },
	{ WTG_ARCH_AMD64, 0x8664, "amd64", "EFI/Boot/bootx64.efi" },
	{ WTG_ARCH_ARM64, 0xaa64, "arm64", "EFI/Boot/bootaa64.efi" },
};
#define N_MACHINES (sizeof(machines) / sizeof(machines[0]))

static const struct machine *machine_of(uint16_t machine)
{
	for (size_t i = 0; i < N_MACHINES; i++)
		if (machines[i].machine == machine)
			return &machines[i];
	return NULL;
}

static const struct machine *machine_for(enum wtg_arch arch)
{
	for (size_t i = 0; i < N_MACHINES; i++)
		if (machines[i].arch == arch)
			return &machines[i];
	return NULL;
}

void wtg_boot_chains_done(struct wtg_boot_chains *chains)
{
	wtg_pe_done(&chains->usual);
	wtg_pe_done(&chains->ex);
	*chains = (struct wtg_boot_chains){ 0 };
}

static int read_loader(const struct wtg_files *image, const char *path, bool *ret_has,
		       struct wtg_pe *ret, struct wtg_error *err)
{
	const struct wtg_file *file = wtg_files_find(image, path);

	if (file && wtg_pe_read(&file->content, ret, err) < 0)
		return wtg_while(err, "read the boot loader %s of the image", path);
	*ret_has = file != NULL;
	return 0;
}

static bool is_ex_of_2023(const struct wtg_boot_chains *chains)
{
	return chains->has_ex && (chains->ex.signed_2023 || !chains->ex.signed_2011);
}

int wtg_boot_chains_read(const struct wtg_files *image, struct wtg_boot_chains *ret,
			 struct wtg_error *err)
{
	_cleanup_(wtg_boot_chains_done) struct wtg_boot_chains chains = { 0 };
	const struct wtg_pe *usual = &chains.usual;

	if (read_loader(image, USUAL_LOADER, &chains.has_usual, &chains.usual, err) < 0 ||
	    read_loader(image, EX_LOADER, &chains.has_ex, &chains.ex, err) < 0)
		return -1;
	chains.has_2011 = chains.has_usual && (usual->signed_2011 || !usual->signed_2023);
	chains.has_2023 = usual->signed_2023 || is_ex_of_2023(&chains);
	*ret = chains;
	chains = (struct wtg_boot_chains){ 0 };
	return 0;
}

/* Which of the two loaders, and which chain that is. */
static int choose(const struct wtg_boot_chains *chains, enum wtg_boot_ca ca, bool *ret_ex,
		  enum wtg_boot_ca *ret_chain, struct wtg_error *err)
{
	if (!chains->has_usual && !chains->has_ex)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image has no boot loader for UEFI (%s)",
				USUAL_LOADER);
	switch (ca) {
	case WTG_BOOT_CA_AUTO:
		*ret_ex = !chains->has_usual;
		*ret_chain = chains->has_2011 ? WTG_BOOT_CA_2011 : WTG_BOOT_CA_2023;
		return 0;
	case WTG_BOOT_CA_2011:
		if (!chains->has_2011)
			return wtg_fail(err, WTG_INPUT, 0,
					"the image has no boot loader signed by "
					"Microsoft Windows Production PCA 2011, only by "
					"Windows UEFI CA 2023");
		*ret_ex = false;
		*ret_chain = WTG_BOOT_CA_2011;
		return 0;
	case WTG_BOOT_CA_2023:
		if (!chains->has_2023)
			return wtg_fail(err, WTG_INPUT, 0,
					"the image has no boot loader signed by Windows "
					"UEFI CA 2023 (%s): it is too old", EX_LOADER);
		*ret_ex = is_ex_of_2023(chains);
		*ret_chain = WTG_BOOT_CA_2023;
		return 0;
	}
	abort();
}

/* "fonts/segoe_EX.ttf" is "fonts/segoe.ttf"; NULL for a name without "_EX.".  The caller
 * frees. */
static char *without_ex(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *ex = strcasestr(name, "_EX.");

	return ex ? wtg_text("%.*s%s", (int)(ex - path), path, ex + strlen("_EX")) : NULL;
}

static bool ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text), n = strlen(suffix);

	return length >= n && strcasecmp(text + length - n, suffix) == 0;
}

/* Where a file of the image goes by a rule; NULL: nowhere.  The caller frees. */
static char *destination(const struct rule *rule, const char *path)
{
	size_t length = strlen(rule->from);
	_cleanup_free_ char *rest = NULL, *to = NULL;

	if (strncasecmp(path, rule->from, length) != 0)
		return NULL;
	if (rule->suffix && !ends_with(path, rule->suffix))
		return NULL;
	rest = rule->when == EX ? without_ex(path + length) : wtg_text_copy(path + length);
	if (!rest)
		return NULL;
	to = wtg_text("%s%s", rule->to, rest);
	for (size_t i = 0; i < sizeof(in_root) / sizeof(in_root[0]); i++)
		if (wtg_text_equal_fold(to, in_root[i].path))
			return wtg_text_copy(in_root[i].instead);
	return WTG_STEAL(to);
}

static void put(struct wtg_files *files, const char *path,
		const struct wtg_bytes *content)
{
	struct wtg_bytes copy = wtg_bytes_copy(content->data, content->size);

	for (size_t i = 0; i < files->n_items; i++) {
		if (strcasecmp(files->items[i].path, path) == 0) {
			wtg_bytes_done(&files->items[i].content);
			files->items[i].content = copy;
			return;
		}
	}
	wtg_files_add(files, path, copy);
}

/* PCs alone have Legacy BIOS. */
static bool can_bios(const struct wtg_files *image, enum wtg_arch arch)
{
	const struct wtg_file *loader = wtg_files_find(image, BIOS_LOADER);

	return arch != WTG_ARCH_ARM64 && loader && loader->content.size > 0 &&
	       loader->content.size <= WTG_BIOS_LOADER_BYTES;
}

static void lay_out(const struct wtg_files *image, bool ex, struct wtg_bootfiles *boot)
{
	struct wtg_files *files = &boot->files;

	for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
		if ((rules[r].when == EX && !ex) || (rules[r].when == BIOS && !boot->bios))
			continue;
		for (size_t i = 0; i < image->n_items; i++) {
			_cleanup_free_ char *path =
				destination(&rules[r], image->items[i].path);

			if (path)
				put(files, path, &image->items[i].content);
		}
	}
	put(files, machine_of(boot->loader.machine)->fallback,
	    &wtg_files_find(files, ESP_LOADER)->content);
}

void wtg_bootfiles_done(struct wtg_bootfiles *boot)
{
	wtg_files_done(&boot->files);
	wtg_pe_done(&boot->loader);
	free(boot->signers_2011);
	free(boot->signers_2023);
	*boot = (struct wtg_bootfiles){ 0 };
}

static int check_machine(const struct wtg_pe *loader, enum wtg_arch arch,
			 struct wtg_error *err)
{
	const struct machine *is = machine_of(loader->machine);
	const struct machine *wanted = machine_for(arch);

	if (!wanted)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image does not say for which processors it is");
	if (is != wanted)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image is for %s, but its boot loader is for %s",
				wanted->name, is ? is->name : "an unknown processor");
	return 0;
}

static const char *signers_of(const struct wtg_pe *loader)
{
	return loader->signers ? loader->signers : "nobody";
}

/* Whose signatures either chain's loader has. */
static void name_signers(const struct wtg_boot_chains *chains, struct wtg_bootfiles *boot)
{
	const struct wtg_pe *newer = is_ex_of_2023(chains) ? &chains->ex : &chains->usual;

	if (chains->has_2011)
		boot->signers_2011 = wtg_text_copy(signers_of(&chains->usual));
	if (chains->has_2023)
		boot->signers_2023 = wtg_text_copy(signers_of(newer));
}

int wtg_bootfiles_choose(const struct wtg_files *image, enum wtg_arch arch,
			 enum wtg_boot_ca ca, struct wtg_bootfiles *ret,
			 struct wtg_error *err)
{
	_cleanup_(wtg_boot_chains_done) struct wtg_boot_chains chains = { 0 };
	struct wtg_bootfiles boot = { 0 };
	struct wtg_pe *loader;
	bool ex = false;

	if (image->n_items > MAX_FILES)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image has %zu boot files, at most %d make sense",
				image->n_items, MAX_FILES);
	if (wtg_boot_chains_read(image, &chains, err) < 0 ||
	    choose(&chains, ca, &ex, &boot.chain, err) < 0)
		return -1;
	loader = ex ? &chains.ex : &chains.usual;
	if (check_machine(loader, arch, err) < 0)
		return -1;

	name_signers(&chains, &boot);
	boot.loader = *loader;
	*loader = (struct wtg_pe){ 0 };
	boot.bios = can_bios(image, arch);
	lay_out(image, ex, &boot);
	*ret = boot;
	return 0;
}

/* Everything for UEFI is below one directory, and firmware by itself starts what is in Boot
 * there. */
#define FOR_UEFI "EFI/"
#define FOR_FIRMWARE "EFI/Boot/"

static bool is_wanted(const char *path, const struct wtg_boot_manner *manner)
{
	if (!wtg_text_starts(path, FOR_UEFI))
		return manner->bios;
	return !wtg_text_starts(path, FOR_FIRMWARE) || !(manner->no_fallback || manner->vtefi);
}

void wtg_bootfiles_arrange(struct wtg_bootfiles *boot, const struct wtg_boot_manner *manner)
{
	struct wtg_files kept = { 0 };

	for (size_t i = 0; i < boot->files.n_items; i++) {
		struct wtg_file *file = &boot->files.items[i];
		bool moved = manner->vtefi && wtg_text_starts(file->path, FOR_UEFI);
		_cleanup_free_ char *path = wtg_text("%s%s", moved ? "VT" : "", file->path);

		if (!is_wanted(file->path, manner))
			continue;
		wtg_files_add(&kept, path, file->content);
		file->content = (struct wtg_bytes){ 0 };
	}
	wtg_files_done(&boot->files);
	boot->files = kept;
	boot->bios = boot->bios && manner->bios;
}

bool wtg_bootfiles_possible(const struct wtg_bootfiles *boot)
{
	const char *signers = boot->chain == WTG_BOOT_CA_2011 ? boot->signers_2011
							      : boot->signers_2023;

	return boot->chain != WTG_BOOT_CA_AUTO && signers && machine_of(boot->loader.machine) &&
	       (!boot->bios || wtg_files_find(&boot->files, WTG_BIOS_LOADER));
}

const char *wtg_boot_ca_name(enum wtg_boot_ca chain)
{
	switch (chain) {
	case WTG_BOOT_CA_2011:
		return "2011";
	case WTG_BOOT_CA_2023:
		return "2023";
	case WTG_BOOT_CA_AUTO:
		break;
	}
	abort();
}

void wtg_bootfiles_describe(const struct wtg_bootfiles *boot, struct wtg_facts *out)
{
	const struct machine *machine = machine_of(boot->loader.machine);
	const char *const places[] = { machine->fallback, ESP_LOADER, "VT" ESP_LOADER };
	const struct wtg_file *loader = NULL;

	for (size_t i = 0; i < 3 && !loader; i++)
		loader = wtg_files_find(&boot->files, places[i]);
	wtg_fact_text(out, "boot_ca", wtg_boot_ca_name(boot->chain));
	wtg_fact_text(out, "loader", loader ? loader->path : NULL);
	wtg_fact_text(out, "loader_architecture", machine->name);
	wtg_fact_text(out, "loader_signers", signers_of(&boot->loader));
	wtg_fact_open(out, "chains_of_image", WTG_OBJECT);
	wtg_fact_text(out, "2011", boot->signers_2011);
	wtg_fact_text(out, "2023", boot->signers_2023);
	wtg_fact_close(out);
	if (wtg_dbx_has_scope(&boot->dbx)) {
		wtg_fact_open(out, "not_revoked_by", WTG_OBJECT);
		wtg_dbx_describe(&boot->dbx, out);
		wtg_fact_close(out);
	}
	wtg_fact_truth(out, "legacy_bios", boot->bios);
	wtg_fact_number(out, "files", boot->files.n_items);
	wtg_fact_bytes(out, "bytes", wtg_files_size_bytes(&boot->files));
}
