/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loaders in PE format, with the signatures that they carry. */
#include "fuzz.h"

#include "windows/pe-hash.h"
#include "windows/pe.h"
#include "wtg/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };
	struct wtg_bytes bytes = fuzz_bytes(data, size);
	_cleanup_(wtg_certificates_done) struct wtg_certificates certificates = { 0 };
	struct wtg_pe_hash hash;
	uint16_t version[2];

	if (wtg_pe_hash(&bytes, &hash, &err) < 0)
		wtg_error_done(&err);
	if (wtg_pe_security_version(&bytes, version, &err) < 0)
		wtg_error_done(&err);
	if (wtg_pe_certificates(&bytes, &certificates, &err) < 0)
		wtg_error_done(&err);
	if (wtg_pe_read(&bytes, &pe, &err) == 0)
		FUZZ_ASSERT(pe.n_signatures > 0 || (!pe.signed_2011 && !pe.signed_2023));
	return 0;
}
