/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A release of Ventoy: tar and zip, packed or not, and what is in it. */
#include "fuzz.h"

#include "ventoy/payload-inner.h"
#include "wtg/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ventoy_payload_done) struct wtg_ventoy_payload payload = { 0 };
	_cleanup_fd_ int fd = fuzz_file(data, size);
	const struct wtg_ventoy_source source = { (char *)"release", { fd }, 1 };

	if (wtg_ventoy_payload_read(&source, &payload, &err) == 0) {
		FUZZ_ASSERT(payload.core.size == WTG_VENTOY_CORE_BYTES);
		FUZZ_ASSERT(payload.volume.size == WTG_VENTOY_VOLUME_BYTES);
		fuzz_check_harmless(payload.version.text);
	} else {
		FUZZ_ASSERT(!payload.core.data && !payload.volume.data);
	}
	return 0;
}
