/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pe-standin.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pkcs7.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/alloc.h"
#include "base/fdio.h"

/* Nothing here can fail but for lack of memory or a libcrypto without RSA. */
static void must(bool good)
{
	if (good)
		return;
	fprintf(stderr, "make-media: libcrypto cannot sign\n");
	exit(5);
}

/*
 * A prime of 1024 bits that anybody can compute again: SHA-256 of label and a counter,
 * four times, top bits and last bit set, and then the first prime (by its known distance)
 * for which 65537 is a fit exponent.  A public key pair needs no secret, and so the media
 * are the same each time.
 */
static BIGNUM *public_prime(const char *label, unsigned distance)
{
	uint8_t digits[128], text[64];
	BIGNUM *prime;

	for (unsigned i = 0; i < 4; i++) {
		int n = snprintf((char *)text, sizeof(text), "%s", label);

		text[n] = (uint8_t)i;
		SHA256(text, (size_t)n + 1, digits + 32 * i);
	}
	digits[0] |= 0xc0;
	digits[127] |= 1;
	prime = BN_bin2bn(digits, sizeof(digits), NULL);
	must(prime && BN_add_word(prime, distance));
	return prime;
}

static EVP_PKEY *key_from(const BIGNUM *p, const BIGNUM *q)
{
	BN_CTX *bn = BN_CTX_new();
	BIGNUM *n = BN_new(), *e = BN_new(), *d, *p1 = BN_dup(p), *q1 = BN_dup(q),
	       *phi = BN_new();
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;

	must(bn && n && e && p1 && q1 && phi && build && context);
	must(BN_mul(n, p, q, bn) && BN_set_word(e, 65537) && BN_sub_word(p1, 1) &&
	     BN_sub_word(q1, 1) && BN_mul(phi, p1, q1, bn));
	d = BN_mod_inverse(NULL, e, phi, bn);
	must(d && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) &&
	     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, d));
	params = OSSL_PARAM_BLD_to_param(build);
	must(params && EVP_PKEY_fromdata_init(context) > 0 &&
	     EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) > 0);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	for (BIGNUM **b = (BIGNUM *[]){ n, e, d, p1, q1, phi, NULL }; *b; b++)
		BN_free(*b);
	BN_CTX_free(bn);
	return key;
}

static EVP_PKEY *public_key_pair(void)
{
	BIGNUM *p = public_prime("wtgctl stand-in p", 548);
	BIGNUM *q = public_prime("wtgctl stand-in q", 872);
	EVP_PKEY *key = key_from(p, q);

	BN_free(p);
	BN_free(q);
	return key;
}

static bool add_entry(X509_NAME *name, const char *field, const char *value)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
					  (const uint8_t *)value, -1, -1, 0) == 1;
}

static X509_NAME *name_of(const char *common)
{
	X509_NAME *name = X509_NAME_new();

	must(name && add_entry(name, "O", "wtgctl test stand-in") &&
	     add_entry(name, "CN", common));
	return name;
}

static X509 *certificate(EVP_PKEY *key, const char *subject, const char *issuer,
			 long serial)
{
	X509_NAME *subject_name = name_of(subject), *issuer_name = name_of(issuer);
	X509 *cert = X509_new();

	must(cert && X509_set_version(cert, 2) &&
	     ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) &&
	     X509_set_subject_name(cert, subject_name) &&
	     X509_set_issuer_name(cert, issuer_name) &&
	     ASN1_TIME_set_string(X509_getm_notBefore(cert), "20200101000000Z") &&
	     ASN1_TIME_set_string(X509_getm_notAfter(cert), "20991231235959Z") &&
	     X509_set_pubkey(cert, key) && X509_sign(cert, key, EVP_sha256()));
	X509_NAME_free(subject_name);
	X509_NAME_free(issuer_name);
	return cert;
}

/* Windows Authenticode Portable Executable Signature Format: the file without its
 * checksum, the directory entry of the certificate table and that table, which is not
 * there yet. */
static void authenticode_digest(const struct wtg_bytes *pe, uint8_t digest[32])
{
	size_t sum = media_pe_checksum_offset(pe),
	       security = media_pe_security_offset(pe);
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	must(md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) &&
	     EVP_DigestUpdate(md, pe->data, sum) &&
	     EVP_DigestUpdate(md, pe->data + sum + 4, security - sum - 4) &&
	     EVP_DigestUpdate(md, pe->data + security + 8, pe->size - security - 8) &&
	     EVP_DigestFinal_ex(md, digest, NULL));
	EVP_MD_CTX_free(md);
}

/* SpcIndirectDataContent in DER: SpcPeImageData "<<<Obsolete>>>", SHA-256's digest. */
static const uint8_t indirect_data[106 - 32] = {
	0x30, 0x68, 0x30, 0x33, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37,
	0x02, 0x01, 0x0f, 0x30, 0x25, 0x03, 0x01, 0x00, 0xa0, 0x20, 0xa2, 0x1e, 0x80,
	0x1c, 0, '<', 0, '<', 0, '<', 0, 'O', 0, 'b', 0, 's', 0, 'o', 0, 'l', 0, 'e',
	0, 't', 0, 'e', 0, '>', 0, '>', 0, '>', 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
};

#define SPC_INDIRECT_DATA "1.3.6.1.4.1.311.2.1.4"

/* Sign data, a DER sequence, and make it the content: libcrypto itself knows no content
 * of Microsoft's type. */
static void sign_content(PKCS7 *p7, const uint8_t *data, size_t size)
{
	PKCS7 *content = p7->d.sign->contents;
	ASN1_TYPE *sequence = ASN1_TYPE_new();
	ASN1_STRING *der = ASN1_STRING_new();
	BIO *bio = PKCS7_dataInit(p7, NULL);

	/* The digest is over the sequence's content, without its tag and length. */
	must(bio && BIO_write(bio, data + 2, (int)size - 2) == (int)size - 2 &&
	     PKCS7_dataFinal(p7, bio));
	BIO_free_all(bio);
	must(sequence && der && ASN1_STRING_set(der, data, (int)size));
	ASN1_TYPE_set(sequence, V_ASN1_SEQUENCE, der);
	ASN1_OCTET_STRING_free(content->d.data);
	content->type = OBJ_txt2obj(SPC_INDIRECT_DATA, 1);
	content->d.other = sequence;
}

static ASN1_TIME *signing_time(void)
{
	ASN1_TIME *time = ASN1_TIME_new();

	must(time && ASN1_TIME_set_string(time, "20200101000000Z"));
	return time;
}

static struct wtg_bytes pkcs7(X509 *signer, X509 *issuer, EVP_PKEY *key,
			      const uint8_t digest[32])
{
	PKCS7 *p7 = PKCS7_new();
	struct wtg_bytes der = { 0 };
	uint8_t content[106], *end;
	PKCS7_SIGNER_INFO *info;
	int size;

	must(p7 && PKCS7_set_type(p7, NID_pkcs7_signed) &&
	     PKCS7_content_new(p7, NID_pkcs7_data) && PKCS7_add_certificate(p7, signer) &&
	     PKCS7_add_certificate(p7, issuer));
	info = PKCS7_add_signature(p7, signer, key, EVP_sha256());
	/* Otherwise libcrypto takes the hour. */
	must(info && PKCS7_add0_attrib_signing_time(info, signing_time()));
	must(PKCS7_add_signed_attribute(info, NID_pkcs9_contentType, V_ASN1_OBJECT,
					OBJ_txt2obj(SPC_INDIRECT_DATA, 1)));
	memcpy(content, indirect_data, sizeof(indirect_data));
	memcpy(content + sizeof(indirect_data), digest, 32);
	sign_content(p7, content, sizeof(content));
	size = i2d_PKCS7(p7, NULL);
	must(size > 0);
	der = (struct wtg_bytes){ wtg_alloc((size_t)size), (size_t)size };
	end = der.data;
	must(i2d_PKCS7(p7, &end) == size);
	PKCS7_free(p7);
	return der;
}

static struct wtg_bytes signature(enum media_chain chain, const uint8_t digest[32])
{
	const char *ca = chain == MEDIA_CA_2011 ? "Microsoft Windows Production PCA 2011"
						: "Windows UEFI CA 2023";
	const char *root = chain == MEDIA_CA_2011
				   ? "Microsoft Root Certificate Authority 2010"
				   : "Microsoft RSA Devices Root CA 2021";
	EVP_PKEY *key = public_key_pair();
	X509 *issuer = certificate(key, ca, root, 2), *signer;
	struct wtg_bytes der;

	signer = certificate(key, "Microsoft Windows", ca, 3);
	der = pkcs7(signer, issuer, key, digest);
	X509_free(signer);
	X509_free(issuer);
	EVP_PKEY_free(key);
	return der;
}

void media_pe_sign(struct wtg_bytes *pe, enum media_chain chain)
{
	size_t at = wtg_round_up(pe->size, 8);
	_cleanup_(wtg_bytes_done) struct wtg_bytes der = { 0 };
	uint8_t digest[32];
	size_t length;

	if (chain == MEDIA_UNSIGNED)
		return;
	authenticode_digest(pe, digest);
	der = signature(chain, digest);
	length = wtg_round_up(8 + der.size, 8);
	pe->data = wtg_realloc(pe->data, at + length, 1);
	memset(pe->data + pe->size, 0, at + length - pe->size);
	/* WIN_CERTIFICATE: length, revision 2.0, PKCS#7 SignedData. */
	wtg_put_le32(pe->data + at, (uint32_t)length);
	wtg_put_le32(pe->data + at + 4, 0x00020200);
	memcpy(pe->data + at + 8, der.data, der.size);
	wtg_put_le32(pe->data + media_pe_security_offset(pe), (uint32_t)at);
	wtg_put_le32(pe->data + media_pe_security_offset(pe) + 4, (uint32_t)length);
	pe->size = at + length;
	media_pe_checksum(pe);
}
