/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificates that a signature carries, and who issued whom.  Nothing is verified but that. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct wtg_certificate {
	char *subject, *issuer; /* common names, harmless to show; "" where there is none */
	uint64_t ends;          /* seconds since 1970 */
	struct wtg_bytes der;
	/* Of what is signed of it (TBSCertificate): how revocation lists name it. */
	uint8_t tbs_sha256[32], tbs_sha384[48], tbs_sha512[64];
};
void wtg_certificate_done(struct wtg_certificate *certificate);

struct wtg_certificates {
	struct wtg_certificate *items;
	size_t n_items, capacity;
};
void wtg_certificates_done(struct wtg_certificates *certificates);

/* One X.509 certificate in DER, and nothing after it. */
bool wtg_certificate_read(const void *der, size_t size, struct wtg_certificate *ret);

/*
 * Append those of a DER PKCS#7 SignedData that count: each signer's, followed by its issuer's and
 * so on, as far as they are in it.  Signatures nested in it are left alone, as firmware does.
 */
bool wtg_pkcs7_certificates(const void *der, size_t size, struct wtg_certificates *certificates);

/* Is one's signature by's? */
bool wtg_certificate_issued(const struct wtg_certificate *by, const struct wtg_certificate *one);
