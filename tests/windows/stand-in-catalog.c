/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stand-in-catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "base/alloc.h"
#include "base/crypto.h"

#define CTL "1.3.6.1.4.1.311.10.1"

/* Nothing here can fail but for lack of memory or a libcrypto without P-256. */
static void must(bool good)
{
	if (good)
		return;
	fprintf(stderr, "libcrypto cannot sign\n");
	abort();
}

static void append(struct wtg_bytes *to, const void *data, size_t size)
{
	if (size == 0)
		return;
	to->data = wtg_realloc(to->data, to->size + size, 1);
	memcpy(to->data + to->size, data, size);
	to->size += size;
}

/* Append a value of DER; what is in it is freed. */
static void append_der(struct wtg_bytes *to, uint8_t tag, struct wtg_bytes inner)
{
	const uint8_t header[] = { tag, 0x83, (uint8_t)(inner.size >> 16),
				   (uint8_t)(inner.size >> 8), (uint8_t)inner.size };
	const uint8_t short_header[] = { tag, (uint8_t)inner.size };

	if (inner.size < 0x80)
		append(to, short_header, sizeof(short_header));
	else if (inner.size < 0x10000)
		append(to, (uint8_t[]){ tag, inner.size < 0x100 ? 0x81 : 0x82 }, 2);
	else
		append(to, header, sizeof(header));
	if (inner.size >= 0x80 && inner.size < 0x10000)
		append(to, header + (inner.size < 0x100 ? 4 : 3), inner.size < 0x100 ? 1 : 2);
	append(to, inner.data, inner.size);
	wtg_bytes_done(&inner);
}

static void append_oid(struct wtg_bytes *to, const char *text)
{
	uint8_t der[64], *end = der;
	ASN1_OBJECT *object = OBJ_txt2obj(text, 1);
	int size = object ? i2d_ASN1_OBJECT(object, &end) : 0;

	must(size > 0);
	append(to, der, (size_t)size);
	ASN1_OBJECT_free(object);
}

/* { algorithm } */
static void append_algorithm(struct wtg_bytes *to, const char *oid)
{
	struct wtg_bytes algorithm = { 0 };

	append_oid(&algorithm, oid);
	append(&algorithm, "\x05\x00", 2);
	append_der(to, 0x30, algorithm);
}

/* { SPC_INDIRECT_DATA, { { { SPC_PE_IMAGE_DATA }, { algorithm, hash } } } } */
static void append_indirect(struct wtg_bytes *to, const uint8_t *hash, size_t size)
{
	struct wtg_bytes type = { 0 }, digest = { 0 }, octets = { 0 }, content = { 0 },
			 set = { 0 }, attribute = { 0 };

	append_oid(&type, "1.3.6.1.4.1.311.2.1.15");
	append_der(&content, 0x30, type);
	append_algorithm(&digest, size == 20 ? "1.3.14.3.2.26" : "2.16.840.1.101.3.4.2.1");
	append(&octets, hash, size);
	append_der(&digest, 0x04, octets);
	append_der(&content, 0x30, digest);
	append_der(&set, 0x30, content);
	append_oid(&attribute, "1.3.6.1.4.1.311.2.1.4");
	append_der(&attribute, 0x31, set);
	append_der(to, 0x30, attribute);
}

static void append_member(struct wtg_bytes *to, const uint8_t *hash, size_t size)
{
	struct wtg_bytes member = { 0 }, name = { 0 }, attributes = { 0 };

	if (size == 32) {
		append(&name, hash, size);
	} else {
		for (size_t i = 0; i < size; i++) {
			char digits[3];

			snprintf(digits, sizeof(digits), "%02X", hash[i]);
			append(&name, (char[]){ digits[0], 0, digits[1], 0 }, 4);
		}
		append(&name, "\0", 2);
		append_indirect(&attributes, hash, size);
	}
	append_der(&member, 0x04, name);
	append_der(&member, 0x31, attributes);
	append_der(to, 0x30, member);
}

/* CertificateTrustList, without its own tag and length. */
static struct wtg_bytes list(uint8_t (*hashes)[32], size_t n, size_t hash_size)
{
	struct wtg_bytes list = { 0 }, usage = { 0 }, members = { 0 }, name = { 0 }, time = { 0 };

	append_oid(&usage, "1.3.6.1.4.1.311.12.1.1");
	append_der(&list, 0x30, usage);
	append(&name, "sixteen bytes...", 16);
	append_der(&list, 0x04, name);
	append(&time, "200923220023Z", 13);
	append_der(&list, 0x17, time);
	append_algorithm(&list, hash_size == 20 ? "1.3.6.1.4.1.311.12.1.2"
						: "1.3.6.1.4.1.311.12.1.3");
	for (size_t i = 0; i < n; i++)
		append_member(&members, hashes[i], hash_size);
	append_der(&list, 0x30, members);
	return list;
}

static X509 *certificate(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();

	must(cert && name &&
	     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
					(const unsigned char *)STAND_IN_SIGNER, -1, -1, 0));
	must(X509_set_version(cert, 2) && ASN1_INTEGER_set(X509_get_serialNumber(cert), 7) &&
	     X509_set_subject_name(cert, name) && X509_set_issuer_name(cert, name) &&
	     X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
	     X509_gmtime_adj(X509_getm_notAfter(cert), 86400) && X509_set_pubkey(cert, key) &&
	     X509_sign(cert, key, EVP_sha256()));
	X509_NAME_free(name);
	return cert;
}

/* Make list the content, and sign it without its tag and length, as PKCS #7 wants. */
static void sign(PKCS7 *p7, struct wtg_bytes inner)
{
	PKCS7 *content = p7->d.sign->contents;
	ASN1_TYPE *sequence = ASN1_TYPE_new();
	ASN1_STRING *string = ASN1_STRING_new();
	BIO *bio = PKCS7_dataInit(p7, NULL);
	struct wtg_bytes der = { 0 };

	must(bio && BIO_write(bio, inner.data, (int)inner.size) == (int)inner.size &&
	     PKCS7_dataFinal(p7, bio));
	BIO_free_all(bio);
	append_der(&der, 0x30, inner);
	must(sequence && string && ASN1_STRING_set(string, der.data, (int)der.size));
	wtg_bytes_done(&der);
	ASN1_TYPE_set(sequence, V_ASN1_SEQUENCE, string);
	ASN1_OCTET_STRING_free(content->d.data);
	content->type = OBJ_txt2obj(CTL, 1);
	content->d.other = sequence;
}

struct wtg_bytes stand_in_catalog(uint8_t (*hashes)[32], size_t n, size_t hash_size)
{
	PKCS7 *p7 = PKCS7_new();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *signer = certificate(key);
	struct wtg_bytes der = { 0 };
	PKCS7_SIGNER_INFO *info;
	uint8_t *end;
	int size;

	must(p7 && PKCS7_set_type(p7, NID_pkcs7_signed) && PKCS7_content_new(p7, NID_pkcs7_data) &&
	     PKCS7_add_certificate(p7, signer));
	info = PKCS7_add_signature(p7, signer, key, EVP_sha256());
	must(info && PKCS7_add_signed_attribute(info, NID_pkcs9_contentType, V_ASN1_OBJECT,
						OBJ_txt2obj(CTL, 1)));
	sign(p7, list(hashes, n, hash_size));
	size = i2d_PKCS7(p7, NULL);
	must(size > 0);
	der = (struct wtg_bytes){ wtg_alloc((size_t)size), (size_t)size };
	end = der.data;
	must(i2d_PKCS7(p7, &end) == size);
	PKCS7_free(p7);
	X509_free(signer);
	EVP_PKEY_free(key);
	return der;
}

struct wtg_bytes stand_in_catalog_of(const struct wtg_files *files)
{
	uint8_t (*hashes)[32] = wtg_alloc((files->n_items + 1) * sizeof(*hashes));
	struct wtg_bytes catalog;

	for (size_t i = 0; i < files->n_items; i++)
		wtg_sha256(files->items[i].content.data, files->items[i].content.size, hashes[i]);
	catalog = stand_in_catalog(hashes, files->n_items, sizeof(*hashes));
	free(hashes);
	return catalog;
}
