/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which devices a package is for: [Manufacturer] names sections of models, of which Windows
 * takes, for each manufacturer, the one whose decoration fits it best (Microsoft: INF
 * Manufacturer Section, "TargetOSVersion").
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "windows/drivers-inner.h"
#include "wtg/text.h"

/* NT[arch][.[major][.[minor][.[product type][.[suite mask][.[build]]]]]] */
enum { MAJOR, MINOR, PRODUCT, SUITE, BUILD, N_NUMBERS };

struct decoration {
	enum wtg_arch arch; /* unknown: none is named, which is x86; or another one */
	bool other;         /* of a machine that we do not know, or no decoration at all */
	uint32_t numbers[N_NUMBERS];
};

/* What is in the way of those that do not fit. */
struct misfits {
	uint32_t build;       /* the least that would do; 0: none is too new */
	bool arch;            /* one is for another architecture */
	const char *missing;  /* the section of one that would fit */
	size_t n_manufacturers;
};

#define WORKSTATION 1 /* VER_NT_WORKSTATION */

static struct decoration parse_decoration(const char *text)
{
	static const enum wtg_arch known[] = { WTG_ARCH_X86, WTG_ARCH_AMD64, WTG_ARCH_ARM64 };
	struct decoration decoration = { .other = true };
	const char *dot = text + strcspn(text, ".");

	if (strncasecmp(text, "NT", 2) != 0)
		return decoration;
	text += 2;
	decoration.other = dot != text;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *name = wtg_arch_name(known[i]);

		if ((size_t)(dot - text) == strlen(name) &&
		    strncasecmp(text, name, strlen(name)) == 0) {
			decoration.arch = known[i];
			decoration.other = false;
		}
	}
	for (int i = 0; i < N_NUMBERS && *dot == '.'; i++) {
		size_t length = strcspn(dot + 1, ".");
		char number[16] = "";

		if (length >= sizeof(number))
			decoration.other = true;
		else
			memcpy(number, dot + 1, length);
		if (*number && !wtg_package_number(number, &decoration.numbers[i]))
			decoration.other = true;
		dot += 1 + length;
	}
	return decoration;
}

/* The version that goes with a build: what Windows calls itself never was larger than 10.0. */
static void version_of_build(unsigned build, uint32_t ret[2])
{
	static const struct {
		unsigned build;
		uint32_t major, minor;
	} versions[] = { { 9926, 10, 0 }, { 9600, 6, 3 }, { 9200, 6, 2 }, { 7600, 6, 1 } };

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		ret[0] = versions[i].major;
		ret[1] = versions[i].minor;
		if (build >= versions[i].build)
			return;
	}
	ret[1] = 0;
}

/* Does a Windows for workstations satisfy it?  Suites are those of servers, or editions. */
static bool fits(const struct wtg_package *package, const struct decoration *decoration,
		 struct misfits *misfits)
{
	enum wtg_arch arch = decoration->arch ? decoration->arch : WTG_ARCH_X86;
	const uint32_t *wanted = decoration->numbers;
	uint32_t ours[2];

	version_of_build(package->build, ours);
	if (decoration->other || arch != package->arch) {
		misfits->arch = true;
		return false;
	}
	if ((wanted[PRODUCT] && wanted[PRODUCT] != WORKSTATION) || wanted[SUITE])
		return false;
	if (wanted[MAJOR] > ours[0] || (wanted[MAJOR] == ours[0] && wanted[MINOR] > ours[1]) ||
	    (wanted[MAJOR] == ours[0] && wanted[MINOR] == ours[1] &&
	     wanted[BUILD] > package->build)) {
		if (!misfits->build || wanted[BUILD] < misfits->build)
			misfits->build = wanted[BUILD] ? wanted[BUILD] : UINT32_MAX;
		return false;
	}
	return true;
}

/* The newer, then the more particular, counts. */
static bool is_better(const struct decoration *a, const struct decoration *b)
{
	static const int order[] = { MAJOR, MINOR, BUILD, PRODUCT };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a->numbers[order[i]] != b->numbers[order[i]])
			return a->numbers[order[i]] > b->numbers[order[i]];
	return a->arch && !b->arch;
}

/* The section of models for this Windows; the caller frees.  NULL: none of them fits. */
static char *choose(const struct wtg_package *package, const struct wtg_inf_line *manufacturer,
		    struct misfits *misfits)
{
	const char *name = wtg_inf_field(manufacturer, 0), *best = NULL;
	struct decoration best_decoration = { 0 };

	for (size_t i = 1; i < manufacturer->n_fields; i++) {
		const char *text = manufacturer->fields[i];
		struct decoration decoration = parse_decoration(text);

		if (!fits(package, &decoration, misfits) ||
		    (best && !is_better(&decoration, &best_decoration)))
			continue;
		best = text;
		best_decoration = decoration;
	}
	if (best)
		return wtg_text("%s.%s", name, best);
	/* Without a decoration it is for x86: of others Windows wants to be told. */
	if (package->arch == WTG_ARCH_X86)
		return wtg_text_copy(name);
	misfits->arch = true;
	return NULL;
}

static void add_device(struct wtg_package *package, const struct wtg_inf_line *line,
		       const struct wtg_inf_section *install)
{
	struct wtg_driver *driver = &package->driver;
	struct wtg_driver_device device = {
		.description = wtg_text_copy(line->key),
		.install = wtg_text_copy(install->name),
	};

	for (size_t i = 1; i < line->n_fields; i++)
		if (*line->fields[i])
			WTG_PACKAGE_ADD(device.ids, device.n_ids,
					wtg_text_copy(line->fields[i]));
	WTG_PACKAGE_ADD(driver->devices, driver->n_devices, device);
}

/* Each section that installs devices is looked at once. */
static void add_section(struct wtg_package *package, const struct wtg_inf_section *install)
{
	struct wtg_driver *driver = &package->driver;
	struct wtg_driver_section section = { .name = NULL };
	bool *seen = &package->installs[install - package->inf.items];

	if (*seen)
		return;
	*seen = true;
	section.name = wtg_text_copy(install->name);
	WTG_PACKAGE_ADD(driver->sections, driver->n_sections, section);
}

static int read_models(struct wtg_package *package, const struct wtg_inf_section *models,
		       struct misfits *misfits)
{
	if (wtg_package_spend(package, models->n_items) < 0)
		return -1;
	for (size_t i = 0; i < models->n_items; i++) {
		const struct wtg_inf_line *line = &models->items[i];
		const struct wtg_inf_section *install;

		if (!line->key || line->n_fields < 2)
			continue;
		install = wtg_package_decorated(package, line->fields[0]);
		if (!install) {
			misfits->missing = line->fields[0];
			continue;
		}
		add_device(package, line, install);
		add_section(package, install);
	}
	return 0;
}

static char *explain(const struct wtg_package *package, const struct misfits *misfits)
{
	if (misfits->n_manufacturers == 0)
		return wtg_text("it is for no device: its [Manufacturer] names none");
	if (misfits->missing)
		return wtg_text("it has no section [%s], by which its devices would be installed",
				misfits->missing);
	if (misfits->build && misfits->build != UINT32_MAX)
		return wtg_text("it is for Windows from build %u on, and this is build %u",
				misfits->build, package->build);
	if (misfits->build)
		return wtg_text("it is for a newer Windows than build %u", package->build);
	if (misfits->arch)
		return wtg_text("it has nothing for %s", wtg_arch_name(package->arch));
	return wtg_text("it has no device for this Windows");
}

int wtg_package_models(struct wtg_package *package)
{
	const struct wtg_inf_section *all = wtg_inf_section(&package->inf, "Manufacturer");
	struct misfits misfits = { .n_manufacturers = all ? all->n_items : 0 };

	for (size_t i = 0; i < misfits.n_manufacturers; i++) {
		_cleanup_free_ char *name = choose(package, &all->items[i], &misfits);
		const struct wtg_inf_section *models =
			name ? wtg_inf_section(&package->inf, name) : NULL;

		if (models && read_models(package, models, &misfits) < 0)
			return -1;
	}
	if (package->driver.n_devices == 0)
		package->driver.passed_over = explain(package, &misfits);
	return 0;
}
