/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What somebody signed: a DER PKCS#7 SignedData that has its content in it, such as a catalog of
 * Windows.  crypto-signed.c knows libcrypto.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "wtg/error.h"

struct wtg_signed {
	struct wtg_bytes content; /* the octets within the content's outermost value */
	char *signer;             /* the common name of the first who signed; NULL: it has none */
	bool intact;              /* that signature fits the content and the certificate with it;
				   * whether that is to be trusted is not asked */
};
void wtg_signed_done(struct wtg_signed *what);

/* Kind WTG_INPUT when it is none; the message speaks of "it". */
int wtg_signed_read(const struct wtg_bytes *der, struct wtg_signed *ret, struct wtg_error *err);
