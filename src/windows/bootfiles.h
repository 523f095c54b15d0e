/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which files of the image go where on the ESP, as bcdboot lays them out and, for the
 * chain of 2023, as `bcdboot /bootex` and Microsoft's Make2023BootableMedia.ps1 do.
 * Every byte is the image's: a policy of another Windows keeps this one from starting
 * (0xc0000428).
 */
#pragma once

#include <stddef.h>

#include "base/bytes.h"
#include "windows/dbx.h"
#include "windows/pe.h"
#include "wtg/error.h"
#include "wtg/facts.h"
#include "wtg/image.h"
#include "wtg/request.h"

/* How the drive is to start. */
struct wtg_boot_manner {
	bool bios;        /* on Legacy BIOS, too, where the image can: \bootmgr, \Boot */
	bool vtefi;       /* all of \EFI is in \VTEFI, where firmware does not look: no fallback */
	bool no_fallback; /* no \EFI\Boot\boot*.efi, which firmware starts by itself */
};

/* The trees that must be read from the image: "Windows/Boot/EFI", … NULL-terminated. */
extern const char *const wtg_boot_trees[];

/*
 * Which chains an image offers, by the loaders that it has.  A loader that nobody signed
 * counts for the chain that its place says.
 */
struct wtg_boot_chains {
	bool has_2011, has_2023;
	bool has_usual, has_ex;  /* EFI/bootmgfw.efi; EFI_EX/bootmgfw_EX.efi */
	struct wtg_pe usual, ex;
};
void wtg_boot_chains_done(struct wtg_boot_chains *chains);
int wtg_boot_chains_read(const struct wtg_files *image, struct wtg_boot_chains *ret,
			 struct wtg_error *err);

/* What boot sectors load for Legacy BIOS, and how large it may be for ours (bootcode.h). */
#define WTG_BIOS_LOADER "bootmgr"
#define WTG_BIOS_LOADER_BYTES 0x70000

struct wtg_bootfiles {
	struct wtg_files files; /* the ESP's, but for the BCD: "EFI/Boot/bootx64.efi" */
	enum wtg_boot_ca chain; /* never AUTO */
	struct wtg_pe loader;   /* of EFI/Boot/boot*.efi */
	bool bios;              /* what Legacy BIOS needs is among them */
	char *signers_2011, *signers_2023; /* of either chain's loader ("nobody"); NULL: the
					    * image has none */
	struct wtg_dbx_scope dbx; /* of the list that they were looked for in, if there was one */
};
void wtg_bootfiles_done(struct wtg_bootfiles *boot);

/*
 * Choose and lay out, for UEFI and, where the image can, for Legacy BIOS: a drive's layout is
 * decided later.  image holds what wtg_boot_trees named.  AUTO is what the image starts with by
 * itself.  Kind WTG_INPUT when there is no loader, it is for another architecture, or the
 * chain asked for is not in the image.
 */
int wtg_bootfiles_choose(const struct wtg_files *image, enum wtg_arch arch,
			 enum wtg_boot_ca ca, struct wtg_bootfiles *ret,
			 struct wtg_error *err);

/* "2011" or "2023". */
const char *wtg_boot_ca_name(enum wtg_boot_ca chain);

/*
 * Look for the loaders, before they are arranged, in a list of what is revoked.  *ret_why: what is wrong with the one that
 * firmware starts ("its hash is …"); *ret_others: which programs beside it are revoked, joined by
 * ", ".  NULL: none.  The caller frees both.  Only of those can the drive do without.
 */
int wtg_bootfiles_check(struct wtg_bootfiles *boot, const struct wtg_dbx *dbx, char **ret_why,
			char **ret_others, struct wtg_error *err);

/* Keep of these what the drive starts with, where it is to be. */
void wtg_bootfiles_arrange(struct wtg_bootfiles *boot, const struct wtg_boot_manner *manner);

/* Can wtg_bootfiles_choose() give that?  To ask of what comes from another process. */
bool wtg_bootfiles_possible(const struct wtg_bootfiles *boot);
void wtg_bootfiles_describe(const struct wtg_bootfiles *boot, struct wtg_facts *out);
