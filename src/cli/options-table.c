/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#define AT(member) offsetof(struct cli_options, member)

/* Commands that make a drive anew, that change one which stays what it is, and both. */
#define MAKES (CLI_CREATE | CLI_VENTOY_INSTALL)
#define CHANGES (CLI_VENTOY_UPGRADE | CLI_VENTOY_ENTRY)
#define WRITES (MAKES | CHANGES)

#define UNPACKS (CLI_CREATE | CLI_VENTOY_INSTALL | CLI_VENTOY_UPGRADE)
#define ENTERS (CLI_CREATE | CLI_VENTOY_ENTRY)
#define WALKS (WRITES | CLI_VERIFY)
#define REPORTS (WALKS | CLI_LIST | CLI_INFO | CLI_STATUS | CLI_VENTOY_STATUS)
#define EVERY (REPORTS | CLI_HELP | CLI_VERSION)

/* In the order of help.  The words of a choice are in the order of their enum; where
 * "auto" is none of them, zero is what nobody said and the first word is 1. */
const struct cli_option cli_option_table[] = {
	{ "image", 0, CLI_FILE, "IMAGE", AT(request.image), 0, "Image", CLI_CREATE,
	  "Windows ISO, WIM, ESD or first SWM" },
	{ "edition", 0, CLI_TEXT, "EDITION", AT(request.edition), 0, "Image", CLI_CREATE,
	  "its name, edition id or index; see 'info'" },
	{ "sha256", 0, CLI_TEXT, "DIGEST", AT(request.sha256), 0, "Image", CLI_CREATE,
	  "refuse an image file with another SHA-256" },
	{ "check", 0, CLI_FLAG, NULL, AT(request.check), 0, "Image", CLI_CREATE,
	  "verify the image's integrity table first" },

	{ "size", 0, CLI_SIZE, "SIZE", AT(request.file_size_bytes), 0, "Layout",
	  MAKES, "create the target as a file of this size" },
	{ "layout", 0, CLI_CHOICE, "gpt|mbr", AT(request.table), 0, "Layout", MAKES,
	  "mbr starts on Legacy BIOS, too (gpt)" },
	{ "beside", 0, CLI_FLAG, NULL, AT(request.beside), 0, "Layout", CLI_CREATE,
	  "keep what is there, use the free space" },
	{ "esp-size", 0, CLI_SIZE, "SIZE", AT(request.esp_size_bytes), 0, "Layout",
	  CLI_CREATE, "of the system partition (260M)" },
	{ "windows-size", 0, CLI_SIZE, "SIZE", AT(request.windows_size_bytes), 0,
	  "Layout", CLI_CREATE, "of the Windows partition (the rest)" },
	{ "data-size", 0, CLI_SIZE, "SIZE", AT(request.data_size_bytes), 0, "Layout",
	  MAKES, "of a data partition; of Ventoy's first one" },
	{ "data-fs", 0, CLI_CHOICE, "ntfs|exfat|fat32", AT(request.data_fs), 0, "Layout",
	  MAKES, "file system of the data partition (exfat)" },
	{ "label", 0, CLI_TEXT, "TEXT", AT(request.label), 0, "Layout", CLI_CREATE,
	  "name of the Windows volume" },

	{ "boot-ca", 0, CLI_CHOICE, "auto|2011|2023", AT(request.boot_ca), 0, "Boot",
	  CLI_CREATE, "certificate chain of the boot loader" },
	{ "timeout", 0, CLI_NUMBER, "SECONDS", AT(request.timeout_seconds),
	  AT(request.has_timeout), "Boot", CLI_CREATE, "how long the boot menu waits" },

	{ "ventoy", 0, CLI_FILE, "PAYLOAD", AT(request.ventoy), 0, "Ventoy", UNPACKS,
	  "its release: the tarball, or its folder" },
	{ "ventoy-sha256", 0, CLI_TEXT, "DIGEST", AT(request.ventoy_sha256), 0, "Ventoy", UNPACKS,
	  "refuse a tarball with another SHA-256" },
	{ "windows-first", 0, CLI_FLAG, NULL, AT(request.windows_first), 0, "Ventoy", CLI_CREATE,
	  "firmware may start Windows by itself, too" },
	{ "ventoy-first", 0, CLI_FLAG, NULL, AT(request.ventoy_first), 0, "Ventoy", CLI_CREATE,
	  "firmware does not find Windows at all" },
	{ "entry-title", 0, CLI_TEXT, "TEXT", AT(request.entry_title), 0, "Ventoy", ENTERS,
	  "of Windows in its menu (Windows To Go)" },
	{ "entry-tip", 0, CLI_TEXT, "TEXT", AT(request.entry_tip), 0, "Ventoy", ENTERS,
	  "shown while that is selected" },
	{ "entry-default", 0, CLI_FLAG, NULL, AT(request.entry_default), 0, "Ventoy", ENTERS,
	  "Ventoy starts it by itself" },
	{ "entry-timeout", 0, CLI_NUMBER, "SECONDS", AT(request.entry_timeout_seconds),
	  AT(request.has_entry_timeout), "Ventoy", ENTERS, "after so long" },
	{ "remove", 0, CLI_FLAG, NULL, AT(remove), 0, "Ventoy", CLI_VENTOY_ENTRY,
	  "take the entry out again" },
	{ "emit", 0, CLI_FILE, "DIR", AT(emit), 0, "Ventoy", CLI_VENTOY_ENTRY,
	  "put its files there instead, to be copied" },

	{ "internal-disks", 0, CLI_CHOICE, "offline|online", AT(request.internal_disks),
	  0, "Windows", CLI_CREATE, "the host's own disks (offline)" },
	{ "hibernate", 0, CLI_FLAG, NULL, AT(request.hibernate), 0, "Windows", CLI_CREATE,
	  "leave hibernation and fast startup on" },
	{ "winre", 0, CLI_FLAG, NULL, AT(request.winre), 0, "Windows", CLI_CREATE,
	  "keep the recovery environment" },
	{ "device-encryption", 0, CLI_FLAG, NULL, AT(request.device_encryption), 0,
	  "Windows", CLI_CREATE, "let Windows encrypt the drive by itself" },
	{ "portable-flag", 0, CLI_FLAG, NULL, AT(request.portable_flag), 0, "Windows",
	  CLI_CREATE, "set PortableOperatingSystem" },
	{ "no-pagefile", 0, CLI_FLAG, NULL, AT(request.no_pagefile), 0, "Windows",
	  CLI_CREATE, "do not page to the drive" },
	{ "no-crash-dump", 0, CLI_FLAG, NULL, AT(request.no_crash_dump), 0, "Windows",
	  CLI_CREATE, "do not write crash dumps" },
	{ "no-last-access", 0, CLI_FLAG, NULL, AT(request.no_last_access), 0, "Windows",
	  CLI_CREATE, "do not keep times of last access" },
	{ "compact", 0, CLI_SWITCH, "lzx|auto|off", AT(request.compact), 0, "Windows",
	  CLI_CREATE, "compress Windows as CompactOS does (off)" },

	{ "confirm", 0, CLI_TEXTS, "SERIAL", AT(confirm), 0, "Safety", WRITES,
	  "the drive's serial (of a file: its path)" },
	{ "allow-fixed", 0, CLI_FLAG, NULL, AT(request.allow_fixed), 0, "Safety",
	  WRITES, "allow a drive neither USB nor a memory card" },
	{ "overwrite", 0, CLI_FLAG, NULL, AT(request.overwrite), 0, "Safety", MAKES,
	  "allow a drive with something on it" },
	{ "max-size", 0, CLI_SIZE, "SIZE", AT(request.max_size_bytes), 0, "Safety",
	  WRITES, "refuse larger drives (2T)" },

	{ "all", 0, CLI_FLAG, NULL, AT(all), 0, "Running", CLI_LIST,
	  "loop devices and empty readers, too" },
	{ "dry-run", 0, CLI_FLAG, NULL, AT(request.dry_run), 0, "Running", WRITES,
	  "show and check the plan, write nothing" },
	{ "seed", 0, CLI_TEXT, "TEXT", AT(request.seed), 0, "Running", MAKES,
	  "derive every identifier from this" },
	{ "verify", 0, CLI_CHOICE, "full|quick|none", AT(request.verify), 0, "Running",
	  WRITES, "what is read back afterwards (full)" },
	{ "json", 0, CLI_FLAG, NULL, AT(json), 0, "Running", REPORTS,
	  "one JSON object per line on stdout" },
	{ "progress", 0, CLI_CHOICE, "auto|tty|plain|json|none", AT(progress), 0,
	  "Running", WALKS, "how progress is shown" },
	{ "quiet", 'q', CLI_FLAG, NULL, AT(quiet), 0, "Running", WALKS,
	  "say only what went wrong" },
	{ "verbose", 'v', CLI_FLAG, NULL, AT(verbose), 0, "Running", WRITES,
	  "show the whole plan and each step" },
	{ "engine", 0, CLI_CHOICE, "own|wimlib", AT(request.engine), 0, NULL, CLI_CREATE,
	  "what applies the image" },
	{ "help", 'h', CLI_FLAG, NULL, AT(help), 0, "Running", EVERY, "show this help" },
};

const size_t cli_n_options = sizeof(cli_option_table) / sizeof(cli_option_table[0]);
