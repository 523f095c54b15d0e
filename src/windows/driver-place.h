/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The placing of drivers from within, for driver-*.c. */
#pragma once

#include "windows/drivers.h"
#include "windows/regf-read.h"
#include "windows/system-hive.h"

#define WTG_DRIVER_STORE "Windows/System32/DriverStore/FileRepository"

/* Where the system's catalogs of signed files are: by them the loader and the kernel know what has
 * no signature of its own.  The name is that of the driver verification policy's database. */
#define WTG_DRIVER_CATALOGS \
	"Windows/System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}"

/* An image, as far as drivers are concerned. */
struct wtg_driver_site {
	const struct wtg_driver_ground *ground;
	struct wtg_hive_view views[WTG_N_HIVES];
	bool has[WTG_N_HIVES];
	struct wtg_control_sets sets;
	unsigned next_oem; /* the first number that no oem%u.inf has had */
	struct wtg_bytes oem_map; /* DriverDatabase\OemInfMap, as it will be */
};

/* Kind WTG_INPUT when a hive cannot be read, or SYSTEM is not of a Windows 8 or later. */
int wtg_driver_site_open(const struct wtg_driver_ground *ground, struct wtg_driver_site *ret,
			 struct wtg_error *err);
void wtg_driver_site_done(struct wtg_driver_site *site);

/* Where a file of the package lies, seen from its INF; what is elsewhere comes beside it. */
const char *wtg_driver_path_in_package(const struct wtg_driver *driver,
				       const struct wtg_driver_file *file,
				       const struct wtg_driver_ground *ground);

/* Why a package that is boot critical must not be installed from outside of Windows; the caller
 * frees; NULL: nothing is against it. */
char *wtg_driver_flaw(const struct wtg_driver *driver, const struct wtg_driver_ground *ground);

/* Why the image does not need this service from this driver; the caller frees; NULL: it does. */
char *wtg_driver_site_objection(const struct wtg_driver_site *site, const struct wtg_driver *driver,
				const struct wtg_driver_service *service);

/* The number for another oem%u.inf, which is taken from then on. */
unsigned wtg_driver_site_take(struct wtg_driver_site *site);

/* DevicePath with the directories of all places appended, as far as there is room. */
int wtg_driver_wish_paths(const struct wtg_driver_site *site,
			  struct wtg_driver_placement *placement, struct wtg_error *err);

/* What Windows keeps of a package that it installed. */
struct wtg_driver_record {
	const struct wtg_driver *driver;
	enum wtg_arch arch;
	const char *inf;     /* "oem3.inf" */
	const char *package; /* "viostor.inf_amd64_0123456789abcdef" */
};
void wtg_driver_wish_services(const struct wtg_driver_record *record, struct wtg_wishes *wishes);
void wtg_driver_wish_database(const struct wtg_driver_record *record, struct wtg_wishes *wishes);
