/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/pe.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "windows/pe-layout.h"
#include "wtg/text.h"

#define CA_2011 "Microsoft Windows Production PCA 2011"
#define CA_2023 "Windows UEFI CA 2023"

void wtg_pe_done(struct wtg_pe *pe)
{
	free(pe->signers);
	*pe = (struct wtg_pe){ 0 };
}

/* Is name one of those that list has, joined by ", "? */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *p = list; p; p = strstr(p, ", ")) {
		if (p != list)
			p += 2;
		if (strncmp(p, name, length) == 0 &&
		    (p[length] == '\0' || strncmp(p + length, ", ", 2) == 0))
			return true;
	}
	return false;
}

static void add_signer(struct wtg_pe *pe, const char *name)
{
	char *joined;

	if (is_listed(pe->signers, name))
		return;
	joined = pe->signers ? wtg_text("%s, %s", pe->signers, name)
			     : wtg_text_copy(name);
	free(pe->signers);
	pe->signers = joined;
}

static int read_signature(const struct wtg_pe_signature *signature, struct wtg_pe *pe,
			  struct wtg_error *err)
{
	char **issuers = wtg_pkcs7_issuers(signature->der, signature->size);

	if (!issuers)
		return wtg_fail(err, WTG_INPUT, 0, "its signature %u is damaged",
				pe->n_signatures + 1);
	for (size_t i = 0; issuers[i]; i++) {
		pe->signed_2011 |= strcmp(issuers[i], CA_2011) == 0;
		pe->signed_2023 |= strcmp(issuers[i], CA_2023) == 0;
		add_signer(pe, issuers[i]);
		free(issuers[i]);
	}
	free(issuers);
	pe->n_signatures++;
	return 0;
}

int wtg_pe_read(const struct wtg_bytes *file, struct wtg_pe *ret, struct wtg_error *err)
{
	struct wtg_pe_signature signatures[WTG_PE_MAX_SIGNATURES];
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };
	struct wtg_pe_layout layout;
	int n;

	if (wtg_pe_layout_read(file, &layout, err) < 0)
		return -1;
	n = wtg_pe_signatures(file, &layout, signatures, err);
	if (n < 0)
		return -1;
	pe.machine = layout.machine;
	pe.subsystem = layout.subsystem;
	for (int i = 0; i < n; i++)
		if (read_signature(&signatures[i], &pe, err) < 0)
			return -1;
	*ret = pe;
	pe.signers = NULL;
	return 0;
}

int wtg_pe_certificates(const struct wtg_bytes *file, struct wtg_certificates *ret,
			struct wtg_error *err)
{
	struct wtg_pe_signature signatures[WTG_PE_MAX_SIGNATURES];
	_cleanup_(wtg_certificates_done) struct wtg_certificates certificates = { 0 };
	struct wtg_pe_layout layout;
	int n;

	if (wtg_pe_layout_read(file, &layout, err) < 0)
		return -1;
	n = wtg_pe_signatures(file, &layout, signatures, err);
	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++)
		if (!wtg_pkcs7_certificates(signatures[i].der, signatures[i].size, &certificates))
			return wtg_fail(err, WTG_INPUT, 0, "its signature %d is damaged", i + 1);
	*ret = certificates;
	certificates = (struct wtg_certificates){ 0 };
	return 0;
}

enum wtg_arch wtg_pe_arch(const struct wtg_pe *pe)
{
	switch (pe->machine) {
	case 0x014c:
		return WTG_ARCH_X86;
	case 0x8664:
		return WTG_ARCH_AMD64;
	case 0xaa64:
		return WTG_ARCH_ARM64;
	default:
		return WTG_ARCH_UNKNOWN;
	}
}
