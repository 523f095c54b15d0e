/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/mend-inner.h"

#include "base/alloc.h"
#include "step/custom.h"
#include "windows/dbx.h"
#include "wtg/text.h"

bool wtg_mend_read_program(const struct wtg_mending *m, const char *path, struct wtg_pe *ret)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };
	struct wtg_error ignored = WTG_ERROR_INIT;
	bool is_one = m->fat &&
		      wtg_fat_read(m->fat, path, WTG_MEND_LOADER_BYTES, &file, &ignored) > 0 &&
		      wtg_pe_read(&file, ret, &ignored) == 0;

	wtg_error_done(&ignored);
	return is_one;
}

/* The chain that the drive has now; what nobody of Microsoft's signed says nothing. */
static enum wtg_boot_ca chain_of_drive(const struct wtg_mending *m)
{
	static const char *const places[] = { "EFI/Microsoft/Boot/bootmgfw.efi",
					      "VTEFI/Microsoft/Boot/bootmgfw.efi",
					      "EFI/Boot/bootx64.efi", "EFI/Boot/bootaa64.efi" };
	enum wtg_boot_ca chain = WTG_BOOT_CA_AUTO;

	for (size_t i = 0; i < 4 && chain == WTG_BOOT_CA_AUTO; i++) {
		_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };

		if (!wtg_mend_read_program(m, places[i], &pe))
			continue;
		if (pe.signed_2023)
			chain = WTG_BOOT_CA_2023;
		else if (pe.signed_2011)
			chain = WTG_BOOT_CA_2011;
	}
	return chain;
}

static int prefer(struct wtg_mending *m, enum wtg_boot_ca *ret, struct wtg_error *err)
{
	_cleanup_(wtg_boot_chains_done) struct wtg_boot_chains chains = { 0 };
	enum wtg_boot_ca has = chain_of_drive(m);

	*ret = m->request->boot_ca;
	if (*ret != WTG_BOOT_CA_AUTO)
		return 0;
	if (wtg_boot_chains_read(&m->trees, &chains, err) < 0)
		return -1;
	if ((has == WTG_BOOT_CA_2023 && chains.has_2023) ||
	    (has == WTG_BOOT_CA_2011 && chains.has_2011))
		*ret = has;
	else if (has != WTG_BOOT_CA_AUTO)
		wtg_mend_warn(m, "the drive starts with a loader of %s, which the Windows on it does "
				 "not offer: it gets another",
			      wtg_boot_ca_name(has));
	return 0;
}

/* Choose it; *ret_why says why firmware that has the user's list does not start it. */
static int try_chain(struct wtg_mending *m, enum wtg_boot_ca ca, char **ret_why,
		     struct wtg_error *err)
{
	_cleanup_(wtg_dbx_done) struct wtg_dbx dbx = { 0 };
	_cleanup_free_ char *others = NULL;

	*ret_why = NULL;
	if (wtg_bootfiles_choose(&m->trees, m->made.arch, ca, &m->wanted, err) < 0)
		return -1;
	if (m->dbx.n_items == 0)
		return 0;
	return wtg_custom_parse_dbx(&m->dbx, &dbx, err) < 0
		       ? -1
		       : wtg_bootfiles_check(&m->wanted, &dbx, ret_why, &others, err);
}

static enum wtg_boot_ca other_chain(const struct wtg_bootfiles *boot)
{
	if (boot->chain == WTG_BOOT_CA_2011)
		return boot->signers_2023 ? WTG_BOOT_CA_2023 : WTG_BOOT_CA_AUTO;
	return boot->signers_2011 ? WTG_BOOT_CA_2011 : WTG_BOOT_CA_AUTO;
}

/* The chain of the drive, or that was asked for, is revoked. */
static int fall_back(struct wtg_mending *m, const char *why, struct wtg_error *err)
{
	enum wtg_boot_ca first = m->wanted.chain, other = other_chain(&m->wanted);
	_cleanup_free_ char *why_other = NULL;

	if (other != WTG_BOOT_CA_AUTO) {
		wtg_bootfiles_done(&m->wanted);
		if (try_chain(m, other, &why_other, err) < 0)
			return -1;
	}
	if (other == WTG_BOOT_CA_AUTO || why_other)
		return wtg_fail(err, WTG_REFUSED, 0,
				"the boot loader of %s is revoked by %s: %s; there is none of another "
				"chain that is not", wtg_boot_ca_name(first), m->dbx.items[0].path, why);
	if (m->request->boot_ca != WTG_BOOT_CA_AUTO) {
		wtg_fail(err, WTG_REFUSED, 0, "the boot loader of %s is revoked by %s: %s",
			 wtg_boot_ca_name(first), m->dbx.items[0].path, why);
		return wtg_hint(err, "That of the other chain is not: --boot-ca %s.",
				wtg_boot_ca_name(other));
	}
	wtg_mend_warn(m, "the boot loader will be that of %s, as that of %s is revoked by %s: %s",
		      wtg_boot_ca_name(other), wtg_boot_ca_name(first), m->dbx.items[0].path, why);
	return 0;
}

int wtg_mend_choose_chain(struct wtg_mending *m, struct wtg_error *err)
{
	_cleanup_free_ char *why = NULL;
	enum wtg_boot_ca ca;

	if (prefer(m, &ca, err) < 0 || try_chain(m, ca, &why, err) < 0)
		return -1;
	return why ? fall_back(m, why, err) : 0;
}
