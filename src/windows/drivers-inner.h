/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What drivers*.c share: one package while it is read. */
#pragma once

#include "windows/drivers.h"
#include "windows/inf.h"

/* Files by path, so that each can be found. */
struct wtg_driver_files {
	const struct wtg_files *files;
	size_t *order; /* owned: indexes, by path whatever the case */
};

struct wtg_package {
	const struct wtg_driver_files *among;
	struct wtg_inf inf;
	size_t source;    /* the INF's index */
	enum wtg_arch arch;
	unsigned build;
	bool *installs;   /* by section of the INF: it is among the driver's sections */
	bool *copied;     /* by section: it is a list of files that are among the driver's */
	size_t effort;    /* lines looked at so far */
	struct wtg_driver driver;
	struct wtg_error *err;
};

/* Append to an array of the package's driver: items and their number. */
#define WTG_PACKAGE_ADD(items, n, value)                                                 \
	do {                                                                             \
		(items) = wtg_realloc((items), (n) + 1, sizeof(*(items)));               \
		(items)[(n)++] = (value);                                                \
	} while (0)

/* SIZE_MAX: there is none.  The path is what the files given have. */
size_t wtg_driver_files_find(const struct wtg_driver_files *among, const char *path);

/* Sections that name each other can make much of little: a bound for all of it. */
int wtg_package_spend(struct wtg_package *package, size_t n_lines);

/* Keep a sentence for the driver's remarks, once. */
void wtg_package_remark(struct wtg_package *package, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "0x10", "16", "-1"; false: it is none. */
bool wtg_package_number(const char *text, uint32_t *ret);

/* [name.NTamd64], [name.NT] or [name]; NULL: there is none. */
const struct wtg_inf_section *wtg_package_decorated(const struct wtg_package *package,
						    const char *name);

/* A section with those that it needs, as far as they are in this INF. */
#define WTG_MAX_NEEDED 256
struct wtg_needed {
	const struct wtg_inf_section *items[WTG_MAX_NEEDED];
	size_t n_items;
};
int wtg_package_needed(struct wtg_package *package, const struct wtg_inf_section *section,
		       struct wtg_needed *ret);

/* The parts of an INF, in this order.  The first two may find that it is to be passed over. */
int wtg_package_version(struct wtg_package *package);
int wtg_package_models(struct wtg_package *package);
int wtg_package_files(struct wtg_package *package);
int wtg_package_services(struct wtg_package *package);
int wtg_package_registry(struct wtg_package *package);
int wtg_package_catalog(struct wtg_package *package);

/* What the AddReg lines of a section ask for, relative to where HKR is. */
int wtg_package_addreg(struct wtg_package *package, const struct wtg_inf_section *section,
		       struct wtg_wishes *wishes);

/* A directory by its DIRID, below the volume: "Windows/System32"; NULL: none that is known. */
const char *wtg_driver_directory(const char *dirid);

/* "a\b/c" to "a/b/c"; NULL: it is no path of a file below where it starts.  The caller frees. */
char *wtg_driver_path(const char *text);
