/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a medium shall be: the sum of the variants asked for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wtg/image.h"

enum media_format { MEDIA_WIM, MEDIA_ESD, MEDIA_SWM };

/* At most one of these: a medium that must be refused, or found out. */
enum media_fault {
	MEDIA_SOUND,
	MEDIA_NO_INSTALL,
	MEDIA_ISO9660_ONLY,
	MEDIA_TRUNCATED,
	MEDIA_ZERO,
	MEDIA_NO_BOOTFILES,
	MEDIA_NO_WINLOAD,
	MEDIA_NO_SYSTEM,
	MEDIA_BAD_SYSTEM,
	MEDIA_DIRTY_SYSTEM,
	MEDIA_BAD_CHUNK,
	MEDIA_BAD_METADATA,
	MEDIA_BAD_XML,
	MEDIA_DOCTYPE_XML,
	MEDIA_EVIL_NAMES,
};

struct media_options {
	enum media_format format;
	bool bare;           /* the image alone, without a disc around it */
	enum media_fault fault;
	enum wtg_arch arch;
	bool multiarch;      /* x64/sources and x86/sources on one disc */
	bool big;            /* a file over 4 GiB before install.wim */
	bool unsigned_boot;
	bool no_ex;          /* no EFI_EX, as before 2024 */
	bool twins;          /* names that differ in case alone */
	bool many;           /* odd things in great numbers */
	bool twice;          /* the same content in several streams of a file */
	bool huge;           /* a file of more than 4 GiB, nearly all of it holes */
	bool booted;         /* captured without sysprep */
	unsigned build;
	unsigned n_editions;
	unsigned n_extra_files;
	uint64_t extra_bytes;
	const char *corpus;      /* a list of files that those are cut from; NULL: made up */
	uint64_t largest_bytes;  /* that a file may have before it is cut */
	unsigned n_copies;       /* copies of each piece; 0: of one in twenty */
	const char *boot_manager; /* a file to be bootmgfw.efi as it is; NULL: our own */
	const char *bios_boot_manager; /* and one to be PCAT's bootmgr; NULL: noise */
};

struct media_edition {
	const char *name, *edition_id, *installation_type;
	const char *display_name, *description, *flags;
};

/* The editions that a medium shall have. */
const struct media_edition *media_editions(const struct media_options *options,
					   unsigned *ret_n);

/* "22H2" and so on; the update's number (UBR). */
const char *media_display_version(unsigned build);
unsigned media_revision(unsigned build);
