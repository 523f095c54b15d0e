/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What keeps a package from being installed from outside of Windows.  What the loader is told to
 * load and then will not, for its signature or because it is for another machine, keeps Windows
 * from starting anywhere (0xc0000428); a driver that is only there after the first start, from
 * starting on PCs that need it.  So that in doubt it waits.
 */
#include "windows/driver-place.h"

#include <string.h>

#include "windows/pe.h"
#include "wtg/text.h"

/* Names that become keys: hivex sorts what is not ASCII differently from Windows. */
static bool is_key(const char *text)
{
	if (!text || !*text || strlen(text) > 200)
		return false;
	for (; *text; text++)
		if (*text < ' ' || *text >= 0x7f || *text == '\\')
			return false;
	return true;
}

static const char *flaw_of_names(const struct wtg_driver *driver)
{
	if (!is_key(driver->name) || strchr(driver->name, '/'))
		return "its name is not plain ASCII";
	for (size_t i = 0; i < driver->n_sections; i++)
		if (!is_key(driver->sections[i].name))
			return "the name of one of its sections is not plain ASCII";
	for (size_t i = 0; i < driver->n_services; i++)
		if (!is_key(driver->services[i].name))
			return "the name of one of its services is not plain ASCII";
	return NULL;
}

static const char *flaw_of_services(const struct wtg_driver *driver)
{
	size_t n = 0;

	for (size_t i = 0; i < driver->n_services; i++) {
		if (!driver->services[i].binary)
			return "Windows alone knows where the program of its service goes";
		n += driver->services[i].is_function;
	}
	return n > 0 ? NULL : "it has no service of its own for its devices (one of another INF, "
			      "or none)";
}

/* Windows 10 1709; Microsoft: "Run from Driver Store". */
#define LEAST_STORE_BUILD 16299

static const char *flaw_of_store(const struct wtg_driver *driver, unsigned build)
{
	for (size_t i = 0; i < driver->n_services; i++)
		if (wtg_text_starts(driver->services[i].binary, "%13%/") &&
		    build < LEAST_STORE_BUILD)
			return "it runs from the driver store, as Windows can since version 1709";
	return NULL;
}

static const char *flaw_of_signature(const struct wtg_driver *driver)
{
	switch (driver->signature) {
	case WTG_DRIVER_UNSIGNED:
		return "it is not signed, and Windows loads nothing of the kind";
	case WTG_DRIVER_BROKEN:
		return "its signature does not fit it, and Windows loads nothing of the kind";
	case WTG_DRIVER_SIGNED:
		return NULL;
	}
	return NULL;
}

/* Microsoft, "Kernel-Mode Code Signing Requirements": a boot-start driver has to have a signature
 * in the file; that of the catalog is not enough. */
static char *flaw_of_program(const struct wtg_file *file, enum wtg_arch arch)
{
	static const uint16_t machines[] = { [WTG_ARCH_X86] = 0x014c,
					     [WTG_ARCH_AMD64] = 0x8664,
					     [WTG_ARCH_ARM64] = 0xaa64 };
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error why = WTG_ERROR_INIT;

	if (wtg_pe_read(&file->content, &pe, &why) < 0)
		return wtg_text("Windows would not load %s: %s", file->path, why.message);
	if (pe.machine != machines[arch])
		return wtg_text("%s is not for %s", file->path, wtg_arch_name(arch));
	if (pe.n_signatures == 0)
		return wtg_text("%s is not signed itself, only by its catalog, which is not enough "
				"for what Windows starts with", file->path);
	return NULL;
}

const char *wtg_driver_path_in_package(const struct wtg_driver *driver,
				       const struct wtg_driver_file *file,
				       const struct wtg_driver_ground *ground)
{
	const char *path = ground->files->items[file->source].path;
	const char *slash = strrchr(driver->path, '/');
	size_t length = slash ? (size_t)(slash - driver->path) + 1 : 0;

	if (strncmp(path, driver->path, length) == 0)
		return path + length;
	slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Is this what a service runs, once it is where the INF wants it? */
static bool is_program(const struct wtg_driver *driver, const struct wtg_driver_file *file,
		       const char *binary, const struct wtg_driver_ground *ground)
{
	if (wtg_text_starts(binary, "%13%/"))
		return wtg_text_equal_fold(wtg_driver_path_in_package(driver, file, ground),
					   binary + strlen("%13%/"));
	return file->target && wtg_text_starts(file->target, "Windows/") &&
	       wtg_text_equal_fold(file->target + strlen("Windows/"), binary);
}

/* NULL: none of the package. */
static const struct wtg_driver_file *program_of(const struct wtg_driver *driver,
						const struct wtg_driver_service *service,
						const struct wtg_driver_ground *ground)
{
	for (size_t i = 0; i < driver->n_files; i++)
		if (is_program(driver, &driver->files[i], service->binary, ground))
			return &driver->files[i];
	return NULL;
}

char *wtg_driver_flaw(const struct wtg_driver *driver, const struct wtg_driver_ground *ground)
{
	const char *flaw = flaw_of_names(driver);
	char *worse = NULL;

	if (!flaw)
		flaw = flaw_of_services(driver);
	if (!flaw)
		flaw = flaw_of_store(driver, ground->build);
	if (!flaw)
		flaw = flaw_of_signature(driver);
	if (flaw)
		return wtg_text_copy(flaw);
	for (size_t i = 0; i < driver->n_services && !worse; i++) {
		const struct wtg_driver_service *service = &driver->services[i];
		const struct wtg_driver_file *file = program_of(driver, service, ground);

		worse = file ? flaw_of_program(&ground->files->items[file->source], ground->arch) :
			       wtg_text("what its service %s runs, %s, is no file of it",
					service->name, service->binary);
	}
	return worse;
}
