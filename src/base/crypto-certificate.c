/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/certificate.h"

#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "wtg/text.h"

/* Authenticode's nested signature; Microsoft: szOID_NESTED_SIGNATURE in wintrust.h. */
#define NESTED_SIGNATURE "1.3.6.1.4.1.311.2.4.1"
#define NESTED_MAX 8 /* deep; nobody goes deeper than one */

#define MAX_SIGNERS 16 /* Authenticode has one */
#define MAX_CHAIN 16   /* Microsoft's have two or three */

static void free_pkcs7(PKCS7 **pkcs7)
{
	PKCS7_free(*pkcs7);
}

static void free_x509(X509 **x509)
{
	X509_free(*x509);
}

/* The caller frees; NULL: it has none. */
static char *common_name(const X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	char *text;

	if (at < 0)
		return NULL;
	if (ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))) < 0)
		return NULL;
	text = wtg_text_printable((const char *)utf8);
	OPENSSL_free(utf8);
	return text;
}

static PKCS7 *read_signed(const void *der, size_t size)
{
	const unsigned char *p = der;
	_cleanup_(free_pkcs7) PKCS7 *pkcs7 = NULL;

	if (size > INT32_MAX)
		return NULL;
	pkcs7 = d2i_PKCS7(NULL, &p, (long)size);
	if (!pkcs7 || !PKCS7_type_is_signed(pkcs7))
		return NULL;
	return WTG_STEAL(pkcs7);
}

/* ------------------------------------------------------------------ issuers */

struct names {
	char **items;
	size_t n_items, capacity;
};

static bool append_issuers(struct names *names, const void *der, size_t size, int depth);

static void append_nested(struct names *names, PKCS7_SIGNER_INFO *signer, int depth)
{
	for (int i = 0; i < sk_X509_ATTRIBUTE_num(signer->unauth_attr); i++) {
		X509_ATTRIBUTE *attribute = sk_X509_ATTRIBUTE_value(signer->unauth_attr, i);
		char oid[sizeof(NESTED_SIGNATURE) + 1];

		OBJ_obj2txt(oid, sizeof(oid), X509_ATTRIBUTE_get0_object(attribute), 1);
		if (strcmp(oid, NESTED_SIGNATURE) != 0)
			continue;
		for (int j = 0; j < X509_ATTRIBUTE_count(attribute); j++) {
			const ASN1_STRING *nested =
				X509_ATTRIBUTE_get0_data(attribute, j, V_ASN1_SEQUENCE, NULL);

			if (nested)
				append_issuers(names, ASN1_STRING_get0_data(nested),
					       (size_t)ASN1_STRING_length(nested), depth + 1);
		}
	}
}

static bool append_issuers(struct names *names, const void *der, size_t size, int depth)
{
	_cleanup_(free_pkcs7) PKCS7 *pkcs7 = depth > NESTED_MAX ? NULL : read_signed(der, size);
	STACK_OF(PKCS7_SIGNER_INFO) *signers;

	if (!pkcs7)
		return false;
	signers = PKCS7_get_signer_info(pkcs7);
	for (int i = 0; i < sk_PKCS7_SIGNER_INFO_num(signers); i++) {
		PKCS7_SIGNER_INFO *signer = sk_PKCS7_SIGNER_INFO_value(signers, i);
		char *name = common_name(signer->issuer_and_serial->issuer);

		if (name)
			WTG_APPEND(names, name);
		append_nested(names, signer, depth);
	}
	return true;
}

char **wtg_pkcs7_issuers(const void *der, size_t size)
{
	struct names names = { 0 };
	bool is_signed = append_issuers(&names, der, size, 0);

	ERR_clear_error();
	if (!is_signed)
		return NULL;
	WTG_APPEND(&names, NULL);
	return names.items;
}

/* ------------------------------------------------------------- certificates */

void wtg_certificate_done(struct wtg_certificate *certificate)
{
	free(certificate->subject);
	free(certificate->issuer);
	wtg_bytes_done(&certificate->der);
	*certificate = (struct wtg_certificate){ 0 };
}

void wtg_certificates_done(struct wtg_certificates *certificates)
{
	for (size_t i = 0; i < certificates->n_items; i++)
		wtg_certificate_done(&certificates->items[i]);
	free(certificates->items);
	*certificates = (struct wtg_certificates){ 0 };
}

static void hash(const EVP_MD *kind, const void *data, size_t size, uint8_t *ret_digest)
{
	if (EVP_Digest(data, size, ret_digest, NULL, kind, NULL) != 1)
		abort();
}

static bool hash_signed_part(X509 *x509, struct wtg_certificate *certificate)
{
	unsigned char *tbs = NULL;
	int size = i2d_re_X509_tbs(x509, &tbs);

	if (size < 0)
		return false;
	hash(EVP_sha256(), tbs, (size_t)size, certificate->tbs_sha256);
	hash(EVP_sha384(), tbs, (size_t)size, certificate->tbs_sha384);
	hash(EVP_sha512(), tbs, (size_t)size, certificate->tbs_sha512);
	OPENSSL_free(tbs);
	return true;
}

static uint64_t end_of(const X509 *x509)
{
	struct tm tm = { 0 };
	time_t end = -1;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(x509), &tm) == 1)
		end = timegm(&tm);
	return end > 0 ? (uint64_t)end : 0;
}

static bool describe(X509 *x509, struct wtg_certificate *ret)
{
	_cleanup_(wtg_certificate_done) struct wtg_certificate certificate = { 0 };
	unsigned char *der = NULL;
	int size = i2d_X509(x509, &der);

	if (size < 0)
		return false;
	certificate.der = wtg_bytes_copy(der, (size_t)size);
	OPENSSL_free(der);
	if (!hash_signed_part(x509, &certificate))
		return false;
	certificate.subject = common_name(X509_get_subject_name(x509));
	certificate.issuer = common_name(X509_get_issuer_name(x509));
	if (!certificate.subject)
		certificate.subject = wtg_text_copy("");
	if (!certificate.issuer)
		certificate.issuer = wtg_text_copy("");
	certificate.ends = end_of(x509);
	*ret = certificate;
	certificate = (struct wtg_certificate){ 0 };
	return true;
}

static X509 *parse(const void *der, size_t size)
{
	const unsigned char *p = der;
	_cleanup_(free_x509) X509 *x509 = NULL;

	if (size > INT32_MAX)
		return NULL;
	x509 = d2i_X509(NULL, &p, (long)size);
	if (!x509 || p != (const unsigned char *)der + size)
		return NULL;
	return WTG_STEAL(x509);
}

bool wtg_certificate_read(const void *der, size_t size, struct wtg_certificate *ret)
{
	_cleanup_(free_x509) X509 *x509 = parse(der, size);
	bool good = x509 && describe(x509, ret);

	ERR_clear_error();
	return good;
}

static X509 *issuer_among(STACK_OF(X509) *bag, X509 *one)
{
	for (int i = 0; i < sk_X509_num(bag); i++) {
		X509 *other = sk_X509_value(bag, i);

		if (other != one && X509_check_issued(other, one) == X509_V_OK)
			return other;
	}
	return NULL;
}

static bool append_chain(STACK_OF(X509) *bag, X509 *one, struct wtg_certificates *certificates)
{
	for (int n = 0; one && n < MAX_CHAIN; n++) {
		struct wtg_certificate certificate;

		if (!describe(one, &certificate))
			return false;
		WTG_APPEND(certificates, certificate);
		one = issuer_among(bag, one);
	}
	return true;
}

bool wtg_pkcs7_certificates(const void *der, size_t size, struct wtg_certificates *certificates)
{
	_cleanup_(free_pkcs7) PKCS7 *pkcs7 = read_signed(der, size);
	STACK_OF(PKCS7_SIGNER_INFO) *signers = pkcs7 ? PKCS7_get_signer_info(pkcs7) : NULL;
	bool good = pkcs7 && sk_PKCS7_SIGNER_INFO_num(signers) <= MAX_SIGNERS;

	for (int i = 0; good && i < sk_PKCS7_SIGNER_INFO_num(signers); i++) {
		X509 *signer = PKCS7_cert_from_signer_info(
			pkcs7, sk_PKCS7_SIGNER_INFO_value(signers, i));

		good = append_chain(pkcs7->d.sign->cert, signer, certificates);
	}
	ERR_clear_error();
	return good;
}

bool wtg_certificate_issued(const struct wtg_certificate *by, const struct wtg_certificate *one)
{
	_cleanup_(free_x509) X509 *authority = parse(by->der.data, by->der.size);
	_cleanup_(free_x509) X509 *x509 = parse(one->der.data, one->der.size);
	bool issued = authority && x509 &&
		      X509_NAME_cmp(X509_get_issuer_name(x509),
				    X509_get_subject_name(authority)) == 0 &&
		      X509_verify(x509, X509_get0_pubkey(authority)) == 1;

	ERR_clear_error();
	return issued;
}
