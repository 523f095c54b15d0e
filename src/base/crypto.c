/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/uio.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "wtg/text.h"

#define READ_BYTES (1u << 20)

static void free_digest(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

void wtg_sha256(const void *data, size_t size, uint8_t ret_digest[static WTG_SHA256_SIZE])
{
	if (EVP_Digest(data, size, ret_digest, NULL, EVP_sha256(), NULL) != 1)
		abort();
}

void wtg_sha1(const void *data, size_t size, uint8_t ret_digest[static WTG_SHA1_SIZE])
{
	if (EVP_Digest(data, size, ret_digest, NULL, EVP_sha1(), NULL) != 1)
		abort();
}

static void digest_pieces(const EVP_MD *kind, const struct iovec *pieces, size_t n,
			  uint8_t *ret_digest)
{
	_cleanup_(free_digest) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx)
		wtg_out_of_memory();
	if (EVP_DigestInit_ex(ctx, kind, NULL) != 1)
		abort();
	for (size_t i = 0; i < n; i++)
		if (EVP_DigestUpdate(ctx, pieces[i].iov_base, pieces[i].iov_len) != 1)
			abort();
	if (EVP_DigestFinal_ex(ctx, ret_digest, NULL) != 1)
		abort();
}

void wtg_sha1_pieces(const struct iovec *pieces, size_t n, uint8_t ret_digest[static WTG_SHA1_SIZE])
{
	digest_pieces(EVP_sha1(), pieces, n, ret_digest);
}

void wtg_sha256_pieces(const struct iovec *pieces, size_t n,
		       uint8_t ret_digest[static WTG_SHA256_SIZE])
{
	digest_pieces(EVP_sha256(), pieces, n, ret_digest);
}

/* It is libcrypto's context by another name. */
struct wtg_sha1 *wtg_sha1_begin(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx)
		wtg_out_of_memory();
	if (EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) != 1)
		abort();
	return (struct wtg_sha1 *)ctx;
}

void wtg_sha1_add(struct wtg_sha1 *sha1, const void *data, size_t size)
{
	if (EVP_DigestUpdate((EVP_MD_CTX *)sha1, data, size) != 1)
		abort();
}

void wtg_sha1_end(struct wtg_sha1 *sha1, uint8_t *ret_digest)
{
	if (ret_digest && EVP_DigestFinal_ex((EVP_MD_CTX *)sha1, ret_digest, NULL) != 1)
		abort();
	EVP_MD_CTX_free((EVP_MD_CTX *)sha1);
}

void wtg_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
		     uint8_t ret_digest[static WTG_SHA256_SIZE])
{
	if (!HMAC(EVP_sha256(), key, (int)key_size, data, size, ret_digest, NULL))
		abort();
}

int wtg_sha256_file(int fd, uint64_t offset, uint64_t length, const char *name,
		    struct wtg_progress *progress, uint8_t ret_digest[static WTG_SHA256_SIZE],
		    struct wtg_error *err)
{
	_cleanup_(free_digest) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	_cleanup_free_ uint8_t *buffer = wtg_alloc(READ_BYTES);

	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		return wtg_fail(err, WTG_SYSTEM, 0, "libcrypto offers no SHA-256");
	(void)posix_fadvise(fd, (off_t)offset, (off_t)length, POSIX_FADV_SEQUENTIAL);
	while (length > 0) {
		size_t n = length < READ_BYTES ? (size_t)length : READ_BYTES;

		if (wtg_pread_all(fd, buffer, n, offset) < 0)
			return wtg_fail(err, WTG_SYSTEM, errno, "read %s", name);
		if (EVP_DigestUpdate(ctx, buffer, n) != 1)
			return wtg_fail(err, WTG_SYSTEM, 0, "libcrypto failed to hash %s", name);
		offset += n;
		length -= n;
		if (wtg_progress_advance(progress, n, err) < 0)
			return -1;
	}
	if (EVP_DigestFinal_ex(ctx, ret_digest, NULL) != 1)
		return wtg_fail(err, WTG_SYSTEM, 0, "libcrypto failed to hash %s", name);
	return 0;
}

const char *wtg_sha256_format(const uint8_t digest[static WTG_SHA256_SIZE], char text[static 65])
{
	for (int i = 0; i < WTG_SHA256_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

bool wtg_sha256_parse(const char *text, uint8_t ret_digest[static WTG_SHA256_SIZE])
{
	uint8_t digest[WTG_SHA256_SIZE];

	if (strlen(text) != 64 || strspn(text, "0123456789abcdefABCDEF") != 64)
		return false;
	for (int i = 0; i < WTG_SHA256_SIZE; i++) {
		char pair[3] = { text[2 * i], text[2 * i + 1], '\0' };

		digest[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	memcpy(ret_digest, digest, sizeof(digest));
	return true;
}

char *wtg_base64(const void *data, size_t size)
{
	char *text = wtg_alloc((size + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)text, data, (int)size);
	return text;
}

void wtg_random(void *buffer, size_t size)
{
	uint8_t *to = buffer;

	while (size > 0) {
		ssize_t n = getrandom(to, size, 0);

		if (n < 0 && errno != EINTR)
			abort();
		if (n > 0) {
			to += n;
			size -= (size_t)n;
		}
	}
}
