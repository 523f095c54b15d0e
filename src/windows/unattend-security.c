/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend.h"

#include <string.h>

/*
 * Owner Administrators, group SYSTEM; full access for both, nobody else, nothing inherited
 * (MS-DTYP 2.4.6): passwords in answer files are not encrypted, and the directory that they lie in
 * may be read by every user.
 */
static const uint8_t administrators_only[] = {
	1, 0, 0x04, 0x90, /* self-relative; a DACL, protected */
	0x48, 0, 0, 0, /* owner */
	0x58, 0, 0, 0, /* group */
	0, 0, 0, 0,
	0x14, 0, 0, 0, /* DACL: */
	2, 0, 0x34, 0, 2, 0, 0, 0,
	0, 0, 0x14, 0, 0xff, 0x01, 0x1f, 0, /* allow all, to S-1-5-18 */
	1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0,
	0, 0, 0x18, 0, 0xff, 0x01, 0x1f, 0, /* allow all, to S-1-5-32-544 */
	1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 0x02, 0, 0,
	1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 0x02, 0, 0, /* S-1-5-32-544 */
	1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, /* S-1-5-18 */
};

struct wtg_bytes wtg_unattend_security(void)
{
	return wtg_bytes_copy(administrators_only, sizeof(administrators_only));
}

/* ------------------------------------------------------------------ of others */

/* Those who may read everything anyhow. */
static const struct {
	uint8_t size, bytes[32];
} trusted[] = {
	{ 12, { 1, 1, 0, 0, 0, 0, 0, 5, 18 } }, /* SYSTEM */
	{ 16, { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 0x02 } }, /* Administrators */
	{ 32, { 1, 6, 0, 0, 0, 0, 0, 5, 80, 0, 0, 0, 0xb5, 0x89, 0xfb, 0x38,
		0x19, 0x84, 0xc2, 0xcb, 0x5c, 0x6c, 0x23, 0x6d, 0x57, 0x00, 0x77, 0x6e,
		0xc0, 0x02, 0x64, 0x87 } }, /* TrustedInstaller */
};

#define ALLOW 0
#define INHERIT_ONLY 0x08
#define READS 0x90000001u /* FILE_READ_DATA, GENERIC_ALL and GENERIC_READ */
#define DACL_PRESENT 0x0004
#define HEAD_BYTES 20
#define ACL_BYTES 8
#define ACE_BYTES 8

static bool is_trusted(const uint8_t *sid, size_t size)
{
	for (size_t i = 0; i < sizeof(trusted) / sizeof(trusted[0]); i++)
		if (size >= trusted[i].size &&
		    memcmp(sid, trusted[i].bytes, trusted[i].size) == 0)
			return true;
	return false;
}

static bool lets_read(const uint8_t *ace, size_t size)
{
	return ace[0] == ALLOW && !(ace[1] & INHERIT_ONLY) && wtg_le32(ace + 4) & READS &&
	       !is_trusted(ace + ACE_BYTES, size - ACE_BYTES);
}

bool wtg_unattend_is_private(const struct wtg_bytes *security)
{
	size_t at, n;

	if (security->size < HEAD_BYTES || !(wtg_le16(security->data + 2) & DACL_PRESENT))
		return false;
	at = wtg_le32(security->data + 16);
	if (at < HEAD_BYTES || at > security->size - ACL_BYTES)
		return false;
	n = wtg_le16(security->data + at + 4);
	at += ACL_BYTES;
	for (size_t i = 0; i < n; i++) {
		size_t size = security->size - at < ACE_BYTES ? 0 :
								wtg_le16(security->data + at + 2);

		if (size < ACE_BYTES || size > security->size - at ||
		    lets_read(security->data + at, size))
			return false;
		at += size;
	}
	return true;
}
