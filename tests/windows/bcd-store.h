/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot configuration stores in tests. */
#pragma once

#include "support.h"

#include "windows/bcd-read.h"
#include "windows/bcd.h"

struct test_store {
	struct wtg_bytes bytes;
	struct wtg_bcd bcd;
};

static inline void test_store_done(struct test_store *store)
{
	wtg_bytes_done(&store->bytes);
}

static inline struct test_store test_store_open(const char *name)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_store store = { .bytes = test_hive(name) };

	assert_good(wtg_bcd_open(&store.bytes, &store.bcd, &err));
	return store;
}

static inline struct test_store test_store_build(const struct wtg_bcd_spec *spec)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_store store = { .bytes = wtg_bcd_build(spec) };

	assert_good(wtg_bcd_open(&store.bytes, &store.bcd, &err));
	return store;
}

static inline struct wtg_bcd_spec test_bcd_spec(void)
{
	return (struct wtg_bcd_spec){
		.system = { .style = WTG_TABLE_GPT,
			    .disk = wtg_guid_const("60664987-ce0e-411b-9db7-86248b86bbb2"),
			    .partition = wtg_guid_const("17b16537-abcc-4487-9792-e63a0a7dc8b4") },
		.windows = { .style = WTG_TABLE_GPT,
			     .disk = wtg_guid_const("60664987-ce0e-411b-9db7-86248b86bbb2"),
			     .partition = wtg_guid_const("37d07619-d161-4cd7-a37a-df33df1e3d7f") },
		.osloader = wtg_guid_const("1b2c3d4e-0000-4000-8000-000000000001"),
		.resume = wtg_guid_const("0a2c3d4e-0000-4000-8000-000000000002"),
		.description = "Windows 11",
		.locale = "en-US",
		.timeout_seconds = 30,
	};
}

/* For Legacy BIOS, as an MBR drive in use has it. */
static inline struct wtg_bcd_spec test_bcd_spec_bios(void)
{
	struct wtg_bcd_spec spec = test_bcd_spec();

	spec.bios = true;
	spec.system = (struct wtg_bcd_device){ .style = WTG_TABLE_MBR,
					       .signature = 0x76a4a23d,
					       .first_byte = 0x100000 };
	spec.windows = spec.system;
	spec.windows.first_byte = 0x24400000;
	return spec;
}
