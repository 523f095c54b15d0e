/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Driver packages: an INF with what it names.  drivers*.c read them (for one architecture and
 * build, as SetupAPI chooses among decorated sections), driver-place*.c put them where an offline
 * Windows finds them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/guid.h"
#include "base/packet.h"
#include "windows/wishes.h"
#include "wtg/error.h"
#include "wtg/facts.h"
#include "wtg/image.h"

enum wtg_driver_signature {
	WTG_DRIVER_UNSIGNED, /* no catalog, or one that is not there */
	WTG_DRIVER_BROKEN,   /* the catalog does not have this INF, or a file of it, as it is */
	WTG_DRIVER_SIGNED,   /* it has all; whether Windows trusts the signer only Windows knows */
};

struct wtg_driver_device {
	char *description;
	char *install; /* the section it is installed by, as it is written: "viostor_Inst.NT" */
	char **ids;    /* hardware id first, then the compatible ones */
	size_t n_ids;
};

/* What a section that installs devices asks of the registry, for each of them; known only of
 * packages that are boot critical: the others Windows installs by itself. */
struct wtg_driver_section {
	char *name; /* a device's install */
	struct wtg_wishes hardware; /* below the device's hardware key: hive SYSTEM */
	struct wtg_wishes software; /* below its driver key: hive SYSTEM */
};

struct wtg_driver_file {
	char *name;    /* in the INF, and on Windows */
	size_t source; /* in the files given: its index; one that goes to several places is
			* there several times */
	char *target;  /* "Windows/System32/drivers/viostor.sys": what DestinationDirs says; NULL:
			* it stays in the package (DIRID 13) or is where only Windows can put it */
};

struct wtg_driver_service {
	char *name, *display_name, *group;
	char *binary;   /* "System32/drivers/viostor.sys" below Windows, or "%13%/viostor.sys",
			 * below where the store keeps the package; NULL: none of these */
	char *install;  /* the section whose device it is for */
	uint32_t type, start, error_control, boot_flags;
	bool is_function; /* SPSVCINST_ASSOCSERVICE: the device's own */
	struct wtg_wishes registry; /* description, dependencies and AddReg, keys below the
				     * service's ("" is that itself): hive SYSTEM */
};

struct wtg_driver { /* one INF */
	char *path;     /* among the files given */
	char *name;     /* "viostor.inf" */
	char *provider, *class_name; /* or NULL */
	char *version, *date; /* "100.85.104.20800", "2021-03-31"; or NULL */
	char *catalog;        /* its name; NULL: none is named */
	struct wtg_guid class_guid;
	uint64_t date_filetime; /* of DriverVer, as the DriverDatabase wants it */
	uint16_t version_parts[4];
	struct wtg_driver_device *devices;
	size_t n_devices;
	struct wtg_driver_section *sections;
	size_t n_sections;
	struct wtg_driver_file *files; /* all of the package, INF and catalog too */
	size_t n_files;
	struct wtg_driver_service *services;
	size_t n_services;
	enum wtg_driver_signature signature;
	char *signer;        /* as the catalog says; NULL */
	char **remarks;      /* what of it only Windows itself can do, a sentence each */
	size_t n_remarks;
	char *passed_over;   /* why nothing of it fits this Windows; NULL: it does */
	bool boot_critical;  /* Windows may need it to find the volume that it starts from */
};

struct wtg_drivers {
	struct wtg_driver *items;
	size_t n_items, capacity;
};
void wtg_drivers_done(struct wtg_drivers *drivers);

/*
 * All packages among files (paths below the directory that the user named), in the order of their
 * paths.  An INF that cannot be read, or names a file that is not there: kind WTG_INPUT; one for
 * another architecture or build is kept, with passed_over.  None that fits at all: WTG_INPUT.
 */
int wtg_drivers_read(const struct wtg_files *files, enum wtg_arch arch, unsigned build,
		     struct wtg_drivers *ret, struct wtg_error *err);

/* From process to process. */
void wtg_drivers_flatten(const struct wtg_drivers *drivers, struct wtg_packet *packet);
int wtg_drivers_unflatten(struct wtg_reader *reader, struct wtg_drivers *ret,
			  struct wtg_error *err);

/* A file for the volume: one of those given, by its index, under a path. */
struct wtg_driver_copy {
	char *path; /* "Windows/System32/DriverStore/FileRepository/viostor.inf_amd64_…/viostor.sys" */
	size_t source;
};

/* What becomes of a package. */
struct wtg_driver_place {
	size_t driver;  /* which of them */
	char *waits_in; /* "Windows/INF/wtgctl/01-viostor": where Windows will install it from */
	char *inf;      /* "oem3.inf": as what it is installed already; NULL: it is not, */
	char *why_not;  /* and why, if it is boot critical; else NULL */
	bool lacking;   /* nor does the image or another package make up for it */
	uint64_t n_files, size_bytes; /* on the volume, copies too */
};

struct wtg_driver_placement {
	struct {
		struct wtg_driver_copy *items;
		size_t n_items, capacity;
	} copies;
	struct {
		struct wtg_driver_place *items;
		size_t n_items, capacity;
	} places; /* of those that fit, in their order */
	struct wtg_wishes wishes;
	size_t n_beyond; /* packages that DevicePath has no room for: only pnputil finds them */
};
void wtg_driver_placement_done(struct wtg_driver_placement *placement);

/* The Windows that they are for, and what they are made of. */
struct wtg_driver_ground {
	enum wtg_arch arch;
	unsigned build;
	const struct wtg_files *files;
	const struct wtg_bytes *hives; /* WTG_N_HIVES, by enum wtg_hive_id; without data: none */
	unsigned first_free; /* there is no Windows/INF/oem%u.inf from this number on */
};

/*
 * Where it all goes.  Every package into WTG_DRIVERS_PATH, for Windows to install (answers.h);
 * those that are boot critical also as if Windows had: store, drivers, services, DriverDatabase, if
 * they are signed so that Windows will load them.
 * Of several for the same service the newest, and none if the image has one that is as new.  Kind
 * WTG_INPUT for a name that no file on Windows can have, and an image without SOFTWARE hive.
 */
int wtg_drivers_place(const struct wtg_drivers *drivers, const struct wtg_driver_ground *ground,
		      struct wtg_driver_placement *ret, struct wtg_error *err);

/* Each with what a plan shows: version, class, hardware ids, signature, what only Windows can do,
 * and what becomes of it (placement NULL: nothing is known of that). */
void wtg_drivers_describe(const struct wtg_drivers *drivers,
			  const struct wtg_driver_placement *placement, struct wtg_facts *out);

/* From process to process, without copies and wishes. */
void wtg_driver_places_flatten(const struct wtg_driver_placement *placement,
			       struct wtg_packet *packet);
void wtg_driver_places_unflatten(struct wtg_reader *reader, const struct wtg_drivers *drivers,
				 struct wtg_driver_placement *ret);
