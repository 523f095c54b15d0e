/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "security.h"

#include <stdbool.h>

#include "wtg/text.h"

/* Sub-authorities after S-1-AUTHORITY; the last of a list is marked by n. */
struct sid {
	uint8_t authority, n;
	uint32_t sub[6];
};

static const struct sid EVERYONE = { 1, 1, { 0 } };
static const struct sid CREATOR_OWNER = { 3, 1, { 0 } };
static const struct sid AUTHENTICATED = { 5, 1, { 11 } };
static const struct sid SYSTEM = { 5, 1, { 18 } };
static const struct sid ADMINISTRATORS = { 5, 2, { 32, 544 } };
static const struct sid USERS = { 5, 2, { 32, 545 } };
static const struct sid ALL_PACKAGES = { 15, 2, { 2, 1 } };
static const struct sid HIGH_LABEL = { 16, 1, { 12288 } };
static const struct sid TRUSTED_INSTALLER = {
	5, 6, { 80, 956008885, 3418522649, 1831038044, 1853292631, 2271478464 }
};

/* [MS-DTYP] 2.4.4.1: kinds; 2.4.3: masks. */
enum { ALLOW = 0, DENY = 1, AUDIT = 2, LABEL = 0x11 };
enum { OI = 1, CI = 2, IO = 8, FAILED = 0x80 };
#define FULL 0x001f01ffu
#define MODIFY 0x001301bfu
#define READ_RUN 0x001200a9u
#define LIST 0x00000001u
#define GENERIC_ALL 0x10000000u

struct ace {
	uint8_t kind, flags;
	uint32_t mask;
	const struct sid *who;
};

struct descriptor {
	uint16_t control; /* besides self-relative and what the lists imply */
	const struct sid *owner, *group;
	bool no_dacl;
	struct ace dacl[6], sacl[3];
};

#define PROTECTED 0x1000

static const struct descriptor descriptors[MEDIA_N_SECURITY] = {
	[MEDIA_SECURITY_ROOT] = {
		PROTECTED, &TRUSTED_INSTALLER, &TRUSTED_INSTALLER, false,
		{ { ALLOW, OI | CI, FULL, &SYSTEM },
		  { ALLOW, OI | CI, FULL, &ADMINISTRATORS },
		  { ALLOW, OI | CI, READ_RUN, &USERS },
		  { ALLOW, OI | CI | IO, MODIFY, &AUTHENTICATED },
		  { ALLOW, 0, 4, &AUTHENTICATED } },
		{ { 0 } } },
	[MEDIA_SECURITY_SYSTEM_FILE] = {
		PROTECTED, &TRUSTED_INSTALLER, &TRUSTED_INSTALLER, false,
		{ { ALLOW, 0, FULL, &TRUSTED_INSTALLER },
		  { ALLOW, 0, READ_RUN, &ADMINISTRATORS },
		  { ALLOW, 0, READ_RUN, &SYSTEM },
		  { ALLOW, 0, READ_RUN, &USERS },
		  { ALLOW, 0, READ_RUN, &ALL_PACKAGES } },
		{ { 0 } } },
	[MEDIA_SECURITY_PROGRAM] = {
		0, &TRUSTED_INSTALLER, &SYSTEM, false,
		{ { ALLOW, OI | CI, FULL, &TRUSTED_INSTALLER },
		  { ALLOW, OI | CI, MODIFY, &SYSTEM },
		  { ALLOW, OI | CI, READ_RUN, &USERS },
		  { ALLOW, OI | CI | IO, GENERIC_ALL, &CREATOR_OWNER } },
		{ { 0 } } },
	[MEDIA_SECURITY_CONFIG] = {
		PROTECTED, &ADMINISTRATORS, &SYSTEM, false,
		{ { ALLOW, 0, FULL, &SYSTEM }, { ALLOW, 0, FULL, &ADMINISTRATORS } },
		{ { 0 } } },
	[MEDIA_SECURITY_USERS] = {
		0, &SYSTEM, &SYSTEM, false,
		{ { ALLOW, OI | CI, FULL, &SYSTEM },
		  { ALLOW, OI | CI, FULL, &ADMINISTRATORS },
		  { ALLOW, OI | CI, READ_RUN, &EVERYONE } },
		{ { 0 } } },
	[MEDIA_SECURITY_NO_LISTING] = {
		PROTECTED, &SYSTEM, &SYSTEM, false,
		{ { DENY, 0, LIST, &EVERYONE },
		  { ALLOW, 0, READ_RUN, &EVERYONE },
		  { ALLOW, 0, FULL, &SYSTEM } },
		{ { 0 } } },
	[MEDIA_SECURITY_AUDITED] = {
		0, &ADMINISTRATORS, &ADMINISTRATORS, false,
		{ { ALLOW, 0, FULL, &ADMINISTRATORS } },
		{ { AUDIT, FAILED, FULL, &EVERYONE }, { LABEL, 0, 1, &HIGH_LABEL } } },
	[MEDIA_SECURITY_EMPTY_DACL] = {
		PROTECTED, &ADMINISTRATORS, &ADMINISTRATORS, false,
		{ { 0 } }, { { 0 } } },
	[MEDIA_SECURITY_NULL_DACL] = {
		0, &ADMINISTRATORS, &ADMINISTRATORS, true, { { 0 } }, { { 0 } } },
};

enum media_security media_security_of(const char *path)
{
	static const struct {
		const char *prefix;
		enum media_security which;
	} places[] = {
		{ "Windows/System32/config", MEDIA_SECURITY_CONFIG },
		{ "Windows", MEDIA_SECURITY_SYSTEM_FILE },
		{ "Program", MEDIA_SECURITY_PROGRAM },
		{ "Users", MEDIA_SECURITY_USERS },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (wtg_text_starts(path, places[i].prefix))
			return places[i].which;
	return MEDIA_SECURITY_ROOT;
}

static size_t put_sid(uint8_t *at, const struct sid *sid)
{
	at[0] = 1;
	at[1] = sid->n;
	memset(at + 2, 0, 5);
	at[7] = sid->authority;
	for (unsigned i = 0; i < sid->n; i++)
		wtg_put_le32(at + 8 + 4 * i, sid->sub[i]);
	return 8 + 4 * (size_t)sid->n;
}

/* [MS-DTYP] 2.4.5: header, then the entries up to the first without a SID. */
static size_t put_acl(uint8_t *at, const struct ace *aces, size_t max)
{
	size_t size = 8;
	uint16_t n = 0;

	for (; n < max && aces[n].who; n++) {
		uint8_t *ace = at + size;
		size_t ace_size = 8 + put_sid(ace + 8, aces[n].who);

		ace[0] = aces[n].kind;
		ace[1] = aces[n].flags;
		wtg_put_le16(ace + 2, (uint16_t)ace_size);
		wtg_put_le32(ace + 4, aces[n].mask);
		size += ace_size;
	}
	wtg_put_le32(at, 2);
	wtg_put_le16(at + 2, (uint16_t)size);
	wtg_put_le32(at + 4, n);
	return size;
}

struct wtg_bytes media_security(enum media_security which)
{
	const struct descriptor *d = &descriptors[which];
	/* Self-relative, with a DACL. */
	uint16_t control = (uint16_t)(d->control | 0x8004);
	uint8_t sd[512] = { 1 };
	size_t size = 20;

	if (d->sacl[0].who) {
		control |= 0x10;
		wtg_put_le32(sd + 12, (uint32_t)size);
		size += put_acl(sd + size, d->sacl, 3);
	}
	if (!d->no_dacl) {
		wtg_put_le32(sd + 16, (uint32_t)size);
		size += put_acl(sd + size, d->dacl, 6);
	}
	wtg_put_le32(sd + 4, (uint32_t)size);
	size += put_sid(sd + size, d->owner);
	wtg_put_le32(sd + 8, (uint32_t)size);
	size += put_sid(sd + size, d->group);
	wtg_put_le16(sd + 2, control);
	return wtg_bytes_copy(sd, size);
}
