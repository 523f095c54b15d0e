/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BCD stores: every element of every object, as if it had each of the formats. */
#include "fuzz.h"

#include <stdlib.h>

#include "windows/bcd-read.h"
#include "windows/regf-cell.h"
#include "windows/regf-format.h"
#include "wtg/error.h"

#define MAX_GUIDS 8

static void read_element(const struct wtg_bcd *bcd, const struct wtg_guid *object,
			 uint32_t id)
{
	_cleanup_free_ char *string = wtg_bcd_string(bcd, object, id);
	struct wtg_guid guid, guids[MAX_GUIDS];
	uint64_t integer;
	bool boolean;

	(void)wtg_bcd_integer(bcd, object, id, &integer);
	(void)wtg_bcd_boolean(bcd, object, id, &boolean);
	(void)wtg_bcd_object(bcd, object, id, &guid);
	(void)wtg_bcd_objects(bcd, object, id, guids, MAX_GUIDS);
	(void)wtg_bcd_device(bcd, object, id);
}

static void read_object(const struct wtg_bcd *bcd, wtg_hive_key key)
{
	_cleanup_free_ char *name = wtg_hive_view_name(&bcd->view, key);
	wtg_hive_key elements = wtg_hive_view_key(&bcd->view, key, "Elements"), element;
	struct wtg_guid object;

	if (!name || !wtg_guid_parse(name, &object))
		return;
	(void)wtg_bcd_has_object(bcd, &object);
	for (size_t i = 0;
	     elements && (element = wtg_hive_view_subkey(&bcd->view, elements, i)); i++) {
		_cleanup_free_ char *id = wtg_hive_view_name(&bcd->view, element);

		if (id)
			read_element(bcd, &object, (uint32_t)strtoul(id, NULL, 16));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = wtg_bytes_copy(data, size);
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_bcd bcd;
	wtg_hive_key object;

	if (size >= REGF_BASE_BYTES)
		wtg_put_le32(bytes.data + REGF_CHECKSUM, wtg_regf_checksum(bytes.data));
	if (wtg_bcd_open(&bytes, &bcd, &err) < 0)
		return 0;
	for (size_t i = 0; (object = wtg_hive_view_subkey(&bcd.view, bcd.objects, i));
	     i++)
		read_object(&bcd, object);
	read_element(&bcd, &wtg_bcd_bootmgr, 0x12000002);
	return 0;
}
