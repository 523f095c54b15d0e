/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/pe.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "windows/pe-layout.h"
#include "wtg/text.h"

/* Microsoft, "PE Format": the attribute certificate table. */
#define CERTIFICATE_HEADER 8
#define CERTIFICATE_REVISION 0x0200
#define CERTIFICATE_PKCS7 0x0002

/* Windows' loaders carry one or two, of some 10 KiB. */
#define MAX_SIGNATURES 16
#define MAX_SIGNATURE_BYTES (256u << 10)

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

static int read_signature(const uint8_t *der, size_t size, struct wtg_pe *pe,
			  struct wtg_error *err)
{
	char **issuers = wtg_pkcs7_issuers(der, size);

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

/* This directory alone counts in the file, not in memory. */
static int read_certificates(const struct wtg_bytes *file, const struct wtg_pe_layout *at,
			     struct wtg_pe *pe, struct wtg_error *err)
{
	const uint8_t *p = file->data + at->certificates_at;
	uint64_t left = at->certificates_size;

	while (left >= CERTIFICATE_HEADER) {
		uint64_t length = wtg_le32(p), step = (length + 7) / 8 * 8;

		if (length < CERTIFICATE_HEADER || length > left)
			return wtg_fail(err, WTG_INPUT, 0,
					"its certificate table is damaged");
		if (wtg_le16(p + 4) == CERTIFICATE_REVISION &&
		    wtg_le16(p + 6) == CERTIFICATE_PKCS7) {
			if (pe->n_signatures == MAX_SIGNATURES ||
			    length > MAX_SIGNATURE_BYTES)
				return wtg_fail(err, WTG_INPUT, 0,
						"it has more or larger signatures than "
						"make sense");
			if (read_signature(p + CERTIFICATE_HEADER,
					   (size_t)length - CERTIFICATE_HEADER,
					   pe, err) < 0)
				return -1;
		}
		if (step >= left) /* the last one need not be padded */
			return 0;
		p += step;
		left -= step;
	}
	return 0;
}

int wtg_pe_read(const struct wtg_bytes *file, struct wtg_pe *ret, struct wtg_error *err)
{
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };
	struct wtg_pe_layout at;

	if (wtg_pe_layout_read(file, &at, err) < 0)
		return -1;
	pe.machine = at.machine;
	pe.subsystem = at.subsystem;
	if (read_certificates(file, &at, &pe, err) < 0)
		return -1;
	*ret = pe;
	pe.signers = NULL;
	return 0;
}
