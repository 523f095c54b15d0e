/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/dbx.h"

#include <string.h>

#include "base/alloc.h"
#include "base/guid.h"
#include "windows/pe-hash.h"
#include "wtg/text.h"

/* What a list names loaders by; UEFI 2.10, 32.4.1. */
enum what {
	PROGRAM_SHA1, /* the hash that is signed */
	PROGRAM_SHA256,
	CERTIFICATE,  /* whole */
	SIGNED_SHA256, /* the hash of what is signed of a certificate */
	SIGNED_SHA384,
	SIGNED_SHA512,
};

/*
 * After a certificate's hash comes the time from which on it is revoked, 16 bytes.  It counts for
 * nothing: that a loader was signed before is believed only where firmware has authorities for
 * timestamps (dbt), which PCs do not (EDK II, DxeImageVerificationLib).
 */
#define TIME_SIZE 16

static const struct kind {
	const char *guid;
	enum what what;
	uint8_t hash_size; /* 0: any */
	uint8_t size;
} kinds[] = {
	{ "826ca512-cf10-4ac9-b187-be01496631bd", PROGRAM_SHA1, 20, 20 },
	{ "c1c41626-504c-4092-aca9-41f936934328", PROGRAM_SHA256, 32, 32 },
	{ "a5c059a1-94e4-4aa7-87b5-ab155c2bf072", CERTIFICATE, 0, 0 },
	{ "3bd2a492-96c0-4079-b420-fcf98ef103ed", SIGNED_SHA256, 32, 32 + TIME_SIZE },
	{ "7076876e-80c2-4ee6-aad2-28b349a6865b", SIGNED_SHA384, 48, 48 + TIME_SIZE },
	{ "446dbf63-2502-4cda-bcfa-2465d2b0fe9d", SIGNED_SHA512, 64, 64 + TIME_SIZE },
};
/* Those that say nothing of Windows' loaders, by their GUIDs: to tell a list from other files. */
static const char *const other_kinds[] = {
	"3c5766e8-269c-4e34-aa14-ed776e85b3b6", /* RSA2048 */
	"e2b36190-879b-4a3d-ad8d-f2e7bba32784", /* RSA2048_SHA256 */
	"67f8444f-8743-48f1-a328-1eaab8736080", /* RSA2048_SHA1 */
	"0b6e5233-a65c-44c9-9407-d9ab83bfc8bd", /* SHA224 */
	"ff3e5307-9fd0-48c9-85f1-8ad56c701e01", /* SHA384 */
	"093e0fae-a6c4-4f50-9f1b-d41e2b89c19a", /* SHA512 */
	"452e8ced-dfff-4b8c-ae01-5118862e682c", /* an external management's */
};

struct wtg_dbx_entry {
	enum what what;
	uint8_t hash_size;
	uint8_t hash[64];
	struct wtg_certificate certificate; /* where that is what is named */
};

#define GUID_SIZE 16
#define LIST_HEADER 28 /* a kind; sizes of the list, of a header to skip, of each signature */

/* EFI_VARIABLE_AUTHENTICATION_2: a time, then WIN_CERTIFICATE_UEFI_GUID. */
#define AUTHENTICATION_LENGTH 16
#define AUTHENTICATION_REVISION 20
#define AUTHENTICATION_TYPE 22
#define AUTHENTICATION_SIZE 40
#define WIN_CERT_TYPE_EFI_GUID 0x0ef1

#define ATTRIBUTES_SIZE 4 /* before what efivarfs shows */

/*
 * Microsoft's own entries look like hashes of SHA-256: a version, 1; which program they are for;
 * the least minor and major security version; zeros.  (secureboot_objects, HashesJsonSchema.json.)
 */
#define SVN_BOOTMGR "9d132b61-59d5-4388-ab1c-185c3cb2eb92"
#define SVN_MINOR 17
#define SVN_MAJOR 19
#define SVN_ZEROS 21

void wtg_dbx_done(struct wtg_dbx *dbx)
{
	for (size_t i = 0; i < dbx->n_items; i++)
		wtg_certificate_done(&dbx->items[i].certificate);
	free(dbx->items);
	*dbx = (struct wtg_dbx){ 0 };
}

static bool is_guid(const uint8_t *p, const char *text)
{
	struct wtg_guid guid = wtg_guid_const(text);

	return memcmp(p, guid.bytes, GUID_SIZE) == 0;
}

static const struct kind *kind_of(const uint8_t *guid)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is_guid(guid, kinds[i].guid))
			return &kinds[i];
	return NULL;
}

static bool starts_list(const uint8_t *p, size_t size)
{
	if (size < LIST_HEADER)
		return false;
	for (size_t i = 0; i < sizeof(other_kinds) / sizeof(other_kinds[0]); i++)
		if (is_guid(p, other_kinds[i]))
			return true;
	return kind_of(p) != NULL;
}

/* Where the lists begin; the file's size: nowhere. */
static size_t find_lists(const struct wtg_bytes *file)
{
	const uint8_t *p = file->data;
	size_t length;

	if (starts_list(p, file->size))
		return 0;
	if (file->size > ATTRIBUTES_SIZE && starts_list(p + ATTRIBUTES_SIZE,
							 file->size - ATTRIBUTES_SIZE))
		return ATTRIBUTES_SIZE;
	if (file->size < AUTHENTICATION_SIZE ||
	    wtg_le16(p + AUTHENTICATION_REVISION) != 0x0200 ||
	    wtg_le16(p + AUTHENTICATION_TYPE) != WIN_CERT_TYPE_EFI_GUID)
		return file->size;
	length = wtg_le32(p + AUTHENTICATION_LENGTH);
	if (length > file->size - AUTHENTICATION_LENGTH)
		return file->size;
	length += AUTHENTICATION_LENGTH;
	return starts_list(p + length, file->size - length) ? length : file->size;
}

static bool is_all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static bool is_older(const uint16_t a[2], const uint16_t b[2])
{
	return a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]);
}

static bool names_version(const struct wtg_dbx_scope *scope)
{
	return is_older((const uint16_t[2]){ 0, 0 }, scope->bootmgr_svn);
}

bool wtg_dbx_has_scope(const struct wtg_dbx_scope *scope)
{
	return scope->n_entries > 0 || scope->n_others > 0 || names_version(scope);
}

/* Take it if it is one of Microsoft's entries. */
static bool take_version(struct wtg_dbx *dbx, const uint8_t *data)
{
	uint16_t least[2] = { wtg_le16(data + SVN_MAJOR), wtg_le16(data + SVN_MINOR) };

	if (data[0] != 1 || !is_guid(data + 1, SVN_BOOTMGR) ||
	    !is_all_zero(data + SVN_ZEROS, 32 - SVN_ZEROS))
		return false;
	if (is_older(dbx->scope.bootmgr_svn, least))
		memcpy(dbx->scope.bootmgr_svn, least, sizeof(least));
	return true;
}

static void take_entry(struct wtg_dbx *dbx, const struct kind *kind, const uint8_t *data,
		       size_t size)
{
	struct wtg_dbx_entry entry = { .what = kind->what, .hash_size = kind->hash_size };

	if (kind->what == PROGRAM_SHA256 && take_version(dbx, data))
		return;
	if (kind->what != CERTIFICATE) {
		memcpy(entry.hash, data, kind->hash_size);
	} else if (!wtg_certificate_read(data, size, &entry.certificate)) {
		dbx->scope.n_others++;
		return;
	}
	WTG_APPEND(dbx, entry);
	dbx->scope.n_entries = dbx->n_items;
}

/* One EFI_SIGNATURE_LIST; its size, or -1. */
static int64_t take_list(struct wtg_dbx *dbx, const uint8_t *p, size_t left, struct wtg_error *err)
{
	const struct kind *kind;
	uint64_t size, header, each, n;

	if (left < LIST_HEADER)
		return wtg_fail(err, WTG_INPUT, 0, "it ends within the header of a list");
	kind = kind_of(p);
	size = wtg_le32(p + 16);
	header = LIST_HEADER + (uint64_t)wtg_le32(p + 20);
	each = wtg_le32(p + 24);
	if (size > left)
		return wtg_fail(err, WTG_INPUT, 0, "it ends within a list");
	if (header > size || each <= GUID_SIZE || (size - header) % each > 0 ||
	    (kind && kind->size && each != (uint64_t)GUID_SIZE + kind->size))
		return wtg_fail(err, WTG_INPUT, 0, "the sizes in it contradict each other");
	n = (size - header) / each;
	for (uint64_t i = 0; kind && i < n; i++)
		take_entry(dbx, kind, p + header + i * each + GUID_SIZE, each - GUID_SIZE);
	if (!kind)
		dbx->scope.n_others += n;
	return (int64_t)size;
}

int wtg_dbx_parse(const struct wtg_bytes *list, struct wtg_dbx *ret, struct wtg_error *err)
{
	_cleanup_(wtg_dbx_done) struct wtg_dbx dbx = { 0 };
	size_t at = find_lists(list);

	if (list->size > WTG_DBX_BYTES)
		return wtg_fail(err, WTG_INPUT, 0, "it is larger than any list of revocations");
	if (at == list->size)
		return wtg_fail(err, WTG_INPUT, 0,
				"it is no list of revocations (EFI_SIGNATURE_LIST)");
	while (at < list->size) {
		int64_t size = take_list(&dbx, list->data + at, list->size - at, err);

		if (size < 0)
			return -1;
		at += (size_t)size;
	}
	if (!wtg_dbx_has_scope(&dbx.scope))
		return wtg_fail(err, WTG_INPUT, 0, "it lists nothing");
	*ret = dbx;
	dbx = (struct wtg_dbx){ 0 };
	return 0;
}

/* ------------------------------------------------------------------ and a loader */

static char *named_by_hash(const struct wtg_dbx_entry *entry, const struct wtg_pe_hash *hash)
{
	const uint8_t *own = entry->what == PROGRAM_SHA1 ? hash->sha1 : hash->sha256;
	char text[65];

	if (memcmp(entry->hash, own, entry->hash_size) != 0)
		return NULL;
	return wtg_text("its hash is on the list (SHA-256 %s)",
			wtg_sha256_format(hash->sha256, text));
}

static bool names(const struct wtg_dbx_entry *entry, const struct wtg_certificate *certificate)
{
	const struct wtg_certificate *listed = &entry->certificate;

	switch (entry->what) {
	case PROGRAM_SHA1:
	case PROGRAM_SHA256:
		return false;
	case CERTIFICATE:
		return (listed->der.size == certificate->der.size &&
			memcmp(listed->der.data, certificate->der.data, listed->der.size) == 0) ||
		       wtg_certificate_issued(listed, certificate);
	case SIGNED_SHA256:
		return memcmp(entry->hash, certificate->tbs_sha256, entry->hash_size) == 0;
	case SIGNED_SHA384:
		return memcmp(entry->hash, certificate->tbs_sha384, entry->hash_size) == 0;
	case SIGNED_SHA512:
		return memcmp(entry->hash, certificate->tbs_sha512, entry->hash_size) == 0;
	}
	abort();
}

static char *named_by_certificate(const struct wtg_dbx_entry *entry,
				  const struct wtg_certificates *chain)
{
	for (size_t i = 0; i < chain->n_items; i++)
		if (names(entry, &chain->items[i]))
			return wtg_text("it is signed with a certificate that is on the list (%s)",
					entry->what == CERTIFICATE
						? entry->certificate.subject
						: chain->items[i].subject);
	return NULL;
}

/* Firmware refuses what any entry names, however else it is signed. */
static char *named(const struct wtg_dbx *dbx, const struct wtg_pe_hash *hash,
		   const struct wtg_certificates *chain)
{
	for (size_t i = 0; i < dbx->n_items; i++) {
		const struct wtg_dbx_entry *entry = &dbx->items[i];
		bool program = entry->what == PROGRAM_SHA1 || entry->what == PROGRAM_SHA256;
		char *why = program ? named_by_hash(entry, hash)
				    : named_by_certificate(entry, chain);

		if (why)
			return why;
	}
	return NULL;
}

int wtg_dbx_revokes(const struct wtg_dbx *dbx, const struct wtg_bytes *loader, char **ret_why,
		    struct wtg_error *err)
{
	_cleanup_(wtg_certificates_done) struct wtg_certificates chain = { 0 };
	const uint16_t *least = dbx->scope.bootmgr_svn;
	struct wtg_pe_hash hash;
	uint16_t version[2];
	char *why;
	int has_version;

	if (wtg_pe_hash(loader, &hash, err) < 0 || wtg_pe_certificates(loader, &chain, err) < 0)
		return -1;
	has_version = wtg_pe_security_version(loader, version, err);
	if (has_version < 0)
		return -1;
	why = named(dbx, &hash, &chain);
	if (!why && has_version && is_older(version, least))
		why = wtg_text("its security version is %u.%u, and the list asks for %u.%u",
			       version[0], version[1], least[0], least[1]);
	if (!why)
		return 0;
	*ret_why = why;
	return 1;
}

void wtg_dbx_describe(const struct wtg_dbx_scope *scope, struct wtg_facts *out)
{
	_cleanup_free_ char *version =
		wtg_text("%u.%u", scope->bootmgr_svn[0], scope->bootmgr_svn[1]);

	wtg_fact_number(out, "entries", scope->n_entries);
	if (scope->n_others > 0)
		wtg_fact_number(out, "other_entries", scope->n_others);
	if (names_version(scope))
		wtg_fact_text(out, "least_security_version", version);
}
