/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signature alone: DER as libcrypto parses it, and the signatures nested in it. */
#include "fuzz.h"

#include <stdlib.h>

#include "base/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char **issuers = wtg_pkcs7_issuers(data, size);

	for (size_t i = 0; issuers && issuers[i]; i++)
		free(issuers[i]);
	free(issuers);
	return 0;
}
