/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Revocation lists of Secure Boot: what firmware no longer starts.  UEFI 2.10, 32.4.1
 * (EFI_SIGNATURE_LIST) and 8.2.2 (EFI_VARIABLE_AUTHENTICATION_2, which such lists are sent out
 * in); uefi.org's dbxupdate.bin, or a PC's own, with the four bytes that efivarfs puts before it.
 */
#pragma once

#include "base/bytes.h"
#include "windows/pe.h"
#include "wtg/error.h"
#include "wtg/facts.h"

/* Real lists have some 30 KiB: firmware keeps them in its flash memory. */
#define WTG_DBX_BYTES (1u << 20)

/* What a list covers. */
struct wtg_dbx_scope {
	size_t n_entries; /* of those that a loader can be told by */
	size_t n_others;  /* of other kinds */
	uint16_t bootmgr_svn[2]; /* the least security version that Microsoft's own entries allow
				  * (major, minor); 0.0: none is named */
};

struct wtg_dbx {
	struct wtg_dbx_entry *items; /* dbx.c's */
	size_t n_items, capacity;
	struct wtg_dbx_scope scope;
};
void wtg_dbx_done(struct wtg_dbx *dbx);

/* Kind WTG_INPUT, also for a list of nothing; the message speaks of "it". */
int wtg_dbx_parse(const struct wtg_bytes *list, struct wtg_dbx *ret, struct wtg_error *err);

/*
 * Is a loader revoked?  1, with a half sentence that says by what ("its hash is …", a certificate
 * it is signed with, its security version), 0, or -1: it cannot be read; that message speaks of
 * "it", too.  The caller frees *ret_why.
 */
int wtg_dbx_revokes(const struct wtg_dbx *dbx, const struct wtg_bytes *loader, char **ret_why,
		    struct wtg_error *err);

/* Is there any: did somebody give a list? */
bool wtg_dbx_has_scope(const struct wtg_dbx_scope *scope);
void wtg_dbx_describe(const struct wtg_dbx_scope *scope, struct wtg_facts *out);
