/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/cat-file.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/signed.h"
#include "windows/pe-hash.h"

#define MAX_HASHES 200000u /* of Windows' own there are some with 20,000 */

struct wtg_cat_file_hash {
	uint8_t bytes[WTG_SHA256_SIZE]; /* a SHA-1 has zeros behind it */
};

/* ------------------------------------------------------------------ DER */

enum {
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_UTC_TIME = 0x17,
	DER_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};

/* A stretch of DER, borrowed. */
struct der {
	const uint8_t *at;
	size_t left;
};

/* The next value, if it is one of tag; what lies behind it is next. */
static bool take(struct der *der, unsigned tag, struct der *ret)
{
	size_t length, n_more = 0, header;

	if (der->left < 2 || der->at[0] != tag)
		return false;
	length = der->at[1];
	if (length >= 0x80) {
		n_more = length & 0x7f;
		length = 0;
		if (n_more == 0 || n_more > 4 || der->left < 2 + n_more)
			return false;
		for (size_t i = 0; i < n_more; i++)
			length = length << 8 | der->at[2 + i];
	}
	header = 2 + n_more;
	if (length > der->left - header)
		return false;
	*ret = (struct der){ der->at + header, length };
	der->at += header + length;
	der->left -= header + length;
	return true;
}

static bool is(const struct der *value, const uint8_t *bytes, size_t size)
{
	return value->left == size && memcmp(value->at, bytes, size) == 0;
}

/* ------------------------------------------------------------------ the list */

/* szOID_CATALOG_LIST, 1.3.6.1.4.1.311.12.1.1 */
static const uint8_t catalog_list[] = { 0x2b, 6, 1, 4, 1, 0x82, 0x37, 12, 1, 1 };
/* SPC_INDIRECT_DATA_OBJID, 1.3.6.1.4.1.311.2.1.4 */
static const uint8_t indirect_data[] = { 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 4 };

static void add_hash(struct wtg_cat_file *catalog, const uint8_t *bytes, size_t size)
{
	struct wtg_cat_file_hash hash = { 0 };

	if (size != WTG_SHA1_SIZE && size != WTG_SHA256_SIZE)
		return;
	memcpy(hash.bytes, bytes, size);
	WTG_APPEND(catalog, hash);
}

/* SpcIndirectDataContent: { { type, value }, { algorithm, digest } } */
static void add_digest(struct wtg_cat_file *catalog, struct der values)
{
	struct der content, data, digest_info, algorithm, digest;

	if (take(&values, DER_SEQUENCE, &content) && take(&content, DER_SEQUENCE, &data) &&
	    take(&content, DER_SEQUENCE, &digest_info) &&
	    take(&digest_info, DER_SEQUENCE, &algorithm) &&
	    take(&digest_info, DER_OCTETS, &digest))
		add_hash(catalog, digest.at, digest.left);
}

/*
 * What a file is called is its hash: as it is since Windows 8 (CATALOG_LIST_MEMBER2), and before
 * in hexadecimal, UTF-16, or anything else.  Then it is also among the attributes.
 */
static bool add_member(struct wtg_cat_file *catalog, struct der member)
{
	struct der name, attributes, attribute, oid, values;

	if (!take(&member, DER_OCTETS, &name))
		return false;
	add_hash(catalog, name.at, name.left);
	if (!take(&member, DER_SET, &attributes))
		return member.left == 0;
	while (take(&attributes, DER_SEQUENCE, &attribute))
		if (take(&attribute, DER_OID, &oid) && take(&attribute, DER_SET, &values) &&
		    is(&oid, indirect_data, sizeof(indirect_data)))
			add_digest(catalog, values);
	return attributes.left == 0;
}

/* CertificateTrustList: { usage, [identifier], [number], times, algorithm, members, … } */
static bool read_list(struct der list, struct wtg_cat_file *catalog)
{
	struct der usage, oid, ignored, members, member;

	if (!take(&list, DER_SEQUENCE, &usage) || !take(&usage, DER_OID, &oid) ||
	    !is(&oid, catalog_list, sizeof(catalog_list)))
		return false;
	(void)take(&list, DER_OCTETS, &ignored);
	(void)take(&list, DER_INTEGER, &ignored);
	while (take(&list, DER_UTC_TIME, &ignored) || take(&list, DER_TIME, &ignored))
		;
	if (!take(&list, DER_SEQUENCE, &ignored))
		return false;
	if (!take(&list, DER_SEQUENCE, &members))
		return true; /* an empty one */
	while (take(&members, DER_SEQUENCE, &member))
		if (catalog->n_items > MAX_HASHES || !add_member(catalog, member))
			return false;
	return members.left == 0;
}

static int compare_hashes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct wtg_cat_file_hash));
}

void wtg_cat_file_done(struct wtg_cat_file *catalog)
{
	free(catalog->items);
	free(catalog->signer);
	*catalog = (struct wtg_cat_file){ 0 };
}

int wtg_cat_file_read(const struct wtg_bytes *file, struct wtg_cat_file *ret,
		     struct wtg_error *err)
{
	_cleanup_(wtg_cat_file_done) struct wtg_cat_file catalog = { 0 };
	_cleanup_(wtg_signed_done) struct wtg_signed what = { .signer = NULL };

	if (wtg_signed_read(file, &what, err) < 0)
		return -1;
	if (!read_list((struct der){ what.content.data, what.content.size }, &catalog))
		return wtg_fail(err, WTG_INPUT, 0, "it is no catalog, or a damaged one");
	if (catalog.n_items > 0)
		qsort(catalog.items, catalog.n_items, sizeof(*catalog.items), compare_hashes);
	catalog.signer = WTG_STEAL(what.signer);
	catalog.intact = what.intact;
	*ret = catalog;
	catalog = (struct wtg_cat_file){ 0 };
	return 0;
}

static bool has(const struct wtg_cat_file *catalog, const uint8_t *bytes, size_t size)
{
	struct wtg_cat_file_hash hash = { 0 };

	memcpy(hash.bytes, bytes, size);
	return catalog->n_items > 0 && bsearch(&hash, catalog->items, catalog->n_items,
					       sizeof(hash), compare_hashes);
}

bool wtg_cat_file_has(const struct wtg_cat_file *catalog, const struct wtg_bytes *file)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	uint8_t sha1[WTG_SHA1_SIZE], sha256[WTG_SHA256_SIZE];
	struct wtg_pe_hash pe;

	wtg_sha1(file->data, file->size, sha1);
	wtg_sha256(file->data, file->size, sha256);
	if (has(catalog, sha1, sizeof(sha1)) || has(catalog, sha256, sizeof(sha256)))
		return true;
	return wtg_pe_hash(file, &pe, &err) == 0 &&
	       (has(catalog, pe.sha1, sizeof(pe.sha1)) ||
		has(catalog, pe.sha256, sizeof(pe.sha256)));
}
