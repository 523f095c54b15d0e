/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A GUID as it lies on disks and in BCD stores: the first three fields little-endian, the
 * rest as written ("mixed-endian", UEFI specification appendix A).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WTG_GUID_TEXT_SIZE 37 /* 36 characters and the NUL */

struct wtg_guid {
	uint8_t bytes[16];
};

/* Parse "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", also in braces, in either case. */
bool wtg_guid_parse(const char *text, struct wtg_guid *ret);

/* For constants in the code: aborts when text is not a GUID. */
struct wtg_guid wtg_guid_const(const char *text);

/* Lower case, without braces; gives text back. */
const char *wtg_guid_format(const struct wtg_guid *guid, char text[static WTG_GUID_TEXT_SIZE]);

bool wtg_guid_equal(const struct wtg_guid *a, const struct wtg_guid *b);
bool wtg_guid_is_zero(const struct wtg_guid *guid);

/* Mark 16 arbitrary bytes as a version 4 (random) GUID, RFC 9562. */
void wtg_guid_make_v4(struct wtg_guid *guid);
