/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/signed.h"

#include <stdint.h>
#include <stdlib.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "wtg/text.h"

static void free_pkcs7(PKCS7 **pkcs7)
{
	PKCS7_free(*pkcs7);
}

static void free_bios(BIO **bio)
{
	BIO_free_all(*bio);
}

void wtg_signed_done(struct wtg_signed *what)
{
	wtg_bytes_done(&what->content);
	free(what->signer);
	*what = (struct wtg_signed){ 0 };
}

/* PKCS #7 hashes a content without its tag and length (RFC 2315, 9.3). */
static bool take_content(PKCS7 *pkcs7, struct wtg_bytes *ret)
{
	PKCS7 *contents = pkcs7->d.sign ? pkcs7->d.sign->contents : NULL; /* it may be left out */
	const ASN1_TYPE *type = contents && PKCS7_type_is_other(contents) ? contents->d.other
									  : NULL;
	const unsigned char *p;
	long size;
	int tag, class;

	if (!type || type->type != V_ASN1_SEQUENCE)
		return false;
	p = ASN1_STRING_get0_data(type->value.sequence);
	if (ASN1_get_object(&p, &size, &tag, &class,
			    ASN1_STRING_length(type->value.sequence)) & 0x80)
		return false;
	*ret = wtg_bytes_copy(p, (size_t)size);
	return true;
}

/* Hash the content in every way that a signer may have. */
static BIO *hash_content(PKCS7 *pkcs7, const struct wtg_bytes *content)
{
	BIO *memory = BIO_new_mem_buf(content->data, (int)content->size);
	_cleanup_(free_bios) BIO *chain = memory ? PKCS7_dataInit(pkcs7, memory) : NULL;
	uint8_t buffer[4096];

	if (!chain) {
		BIO_free(memory);
		return NULL;
	}
	while (BIO_read(chain, buffer, sizeof(buffer)) > 0)
		;
	return WTG_STEAL(chain);
}

static char *common_name(const X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	char *text;

	if (at < 0 || ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(
							X509_NAME_get_entry(name, at))) < 0)
		return NULL;
	text = wtg_text_printable((const char *)utf8);
	OPENSSL_free(utf8);
	return text;
}

static void look_at_signer(PKCS7 *pkcs7, struct wtg_signed *what)
{
	_cleanup_(free_bios) BIO *hashed = hash_content(pkcs7, &what->content);
	STACK_OF(PKCS7_SIGNER_INFO) *signers = PKCS7_get_signer_info(pkcs7);
	PKCS7_SIGNER_INFO *signer =
		sk_PKCS7_SIGNER_INFO_num(signers) > 0 ? sk_PKCS7_SIGNER_INFO_value(signers, 0)
						      : NULL;
	X509 *certificate = signer ? PKCS7_cert_from_signer_info(pkcs7, signer) : NULL;

	if (!certificate)
		return;
	what->signer = common_name(X509_get_subject_name(certificate));
	what->intact = hashed && PKCS7_signatureVerify(hashed, pkcs7, signer, certificate) == 1;
}

int wtg_signed_read(const struct wtg_bytes *der, struct wtg_signed *ret, struct wtg_error *err)
{
	_cleanup_(wtg_signed_done) struct wtg_signed what = { .signer = NULL };
	_cleanup_(free_pkcs7) PKCS7 *pkcs7 = NULL;
	const unsigned char *p = der->data;

	if (der->size <= INT32_MAX)
		pkcs7 = d2i_PKCS7(NULL, &p, (long)der->size);
	if (!pkcs7 || !PKCS7_type_is_signed(pkcs7) || !take_content(pkcs7, &what.content)) {
		ERR_clear_error();
		return wtg_fail(err, WTG_INPUT, 0, "it is not signed as PKCS #7 says");
	}
	look_at_signer(pkcs7, &what);
	ERR_clear_error();
	*ret = what;
	what = (struct wtg_signed){ .signer = NULL };
	return 0;
}
