/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the user said, and nothing guessed: zero, NULL and WTG_x_AUTO mean "you decide".
 * Plain data; strings are borrowed from whoever filled it in (argv).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wtg_boot_ca { /* which chain of Microsoft's certificates the loader is signed by */
	WTG_BOOT_CA_AUTO, /* what the image starts with by itself */
	WTG_BOOT_CA_2011,
	WTG_BOOT_CA_2023,
};

enum wtg_data_fs {
	WTG_DATA_FS_AUTO, /* exFAT */
	WTG_DATA_FS_NTFS,
	WTG_DATA_FS_EXFAT,
	WTG_DATA_FS_FAT32,
};

enum wtg_table_style { /* of the partition table */
	WTG_TABLE_AUTO, /* GPT; beside what is there, as that is */
	WTG_TABLE_GPT,  /* starts on UEFI */
	WTG_TABLE_MBR,  /* starts on UEFI and on Legacy BIOS */
};

enum wtg_internal_disks { /* the SAN policy */
	WTG_INTERNAL_AUTO, /* offline */
	WTG_INTERNAL_OFFLINE,
	WTG_INTERNAL_ONLINE,
};

enum wtg_verify {
	WTG_VERIFY_AUTO, /* full */
	WTG_VERIFY_FULL,
	WTG_VERIFY_QUICK,
	WTG_VERIFY_NONE,
};

enum wtg_compact { /* which files are applied compressed, as Windows does it (CompactOS) */
	WTG_COMPACT_UNSAID, /* none */
	WTG_COMPACT_LZX,    /* all that may be */
	WTG_COMPACT_AUTO,   /* the same, where the drive is small or slow */
	WTG_COMPACT_OFF,
};

enum wtg_engine { /* what applies the image */
	WTG_ENGINE_AUTO,   /* our own */
	WTG_ENGINE_OWN,    /* all cores, one ascending pass */
	WTG_ENGINE_WIMLIB, /* wimlib's extraction: slower, and our own engine's oracle */
};

#define WTG_MAX_TEXTS 32
struct wtg_texts { /* what may be said more than once */
	const char *items[WTG_MAX_TEXTS];
	size_t n_items;
};

struct wtg_request {
	/* Image */
	const char *image;   /* path of an ISO, WIM, ESD or first SWM */
	const char *edition; /* name, edition id or index */
	const char *sha256;  /* of the file at image */
	bool check;          /* verify the WIM's integrity table first */

	/* Target */
	const char *target;      /* whole block device, or plain file */
	uint64_t file_size_bytes; /* create the file with this size */

	/* Layout */
	enum wtg_table_style table;
	bool beside; /* keep what is on the drive, use its free space */
	uint64_t esp_size_bytes;
	uint64_t windows_size_bytes;
	uint64_t data_size_bytes;
	enum wtg_data_fs data_fs;
	const char *label; /* of the Windows volume */

	/* Boot */
	enum wtg_boot_ca boot_ca;
	bool has_timeout;
	uint64_t timeout_seconds;
	const char *dbx; /* path of a list of what firmware no longer starts */

	/* Ventoy */
	const char *ventoy;        /* path of the release's tarball, or of its extracted folder */
	const char *ventoy_sha256; /* of the tarball */
	bool windows_first; /* firmware may start Windows by itself */
	bool ventoy_first;  /* firmware does not find Windows at all (the VTEFI way) */
	const char *entry_title, *entry_tip; /* of the boot entry */
	bool entry_default; /* Ventoy starts it by itself, */
	bool has_entry_timeout;
	uint64_t entry_timeout_seconds; /* after so long */

	/* Windows */
	enum wtg_internal_disks internal_disks;
	bool hibernate;     /* leave hibernation and fast startup on */
	bool winre;         /* keep the recovery environment */
	bool device_encryption; /* let Windows encrypt the drive by itself */
	bool portable_flag; /* set PortableOperatingSystem */
	bool no_pagefile;
	bool no_crash_dump;
	bool no_last_access;
	enum wtg_compact compact;
	bool no_reserved_storage;
	struct wtg_texts remove_apps; /* names of provisioned apps; '*' at the end: all that start so */
	struct wtg_texts registry;    /* paths of .reg files, in the order in which they count */
	struct wtg_texts drivers;     /* paths of directories with INF packages */

	/* Answers to what it would ask at its first start */
	const char *unattend;            /* path of an answer file of the user's own */
	struct wtg_texts users;          /* accounts: "anna", or "tom:standard" */
	struct wtg_texts password_files; /* paths: as many as users, in their order, or none */
	bool auto_logon;                 /* of the first of them, once */
	const char *computer_name;       /* may hold %serial% and %random% */
	const char *locale, *keyboard, *time_zone;
	bool skip_oobe;
	bool private;

	/* Repair */
	bool has_partition, has_system_partition;
	uint64_t partition;        /* with the Windows */
	uint64_t system_partition; /* from which it starts */
	bool format_esp; /* make that anew, where it cannot be read */
	bool new_bcd;    /* though its store has entries of other systems */

	/* Safety */
	bool allow_fixed;
	bool overwrite;
	uint64_t max_size_bytes;

	/* Running */
	bool dry_run; /* read by the command line only: nothing below it knows */
	const char *seed;
	enum wtg_verify verify;
	enum wtg_engine engine; /* for testing */
};
