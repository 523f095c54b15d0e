/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes and randomness; only crypto*.c know libcrypto. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wtg/error.h"
#include "wtg/progress.h"

#define WTG_SHA256_SIZE 32

void wtg_sha256(const void *data, size_t size, uint8_t ret_digest[static WTG_SHA256_SIZE]);

/* What WIMs hash their content with; no protection against anybody but chance. */
#define WTG_SHA1_SIZE 20
void wtg_sha1(const void *data, size_t size, uint8_t ret_digest[static WTG_SHA1_SIZE]);

/* The same of stretches of memory, one after the other. */
struct iovec;
void wtg_sha1_pieces(const struct iovec *pieces, size_t n, uint8_t ret_digest[static WTG_SHA1_SIZE]);
void wtg_sha256_pieces(const struct iovec *pieces, size_t n,
		       uint8_t ret_digest[static WTG_SHA256_SIZE]);

/* The same of what comes in pieces; end() frees it, and ret_digest may be NULL. */
struct wtg_sha1;
struct wtg_sha1 *wtg_sha1_begin(void);
void wtg_sha1_add(struct wtg_sha1 *sha1, const void *data, size_t size);
void wtg_sha1_end(struct wtg_sha1 *sha1, uint8_t *ret_digest);

/* HMAC-SHA256, to derive identifiers from a seed as systemd-repart does. */
void wtg_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
		     uint8_t ret_digest[static WTG_SHA256_SIZE]);

/* SHA-256 of length bytes of fd from offset; reports bytes and hears cancellation. */
int wtg_sha256_file(int fd, uint64_t offset, uint64_t length, const char *name,
		    struct wtg_progress *progress, uint8_t ret_digest[static WTG_SHA256_SIZE],
		    struct wtg_error *err);

/* Lower case; gives text back. */
const char *wtg_sha256_format(const uint8_t digest[static WTG_SHA256_SIZE], char text[static 65]);

/* 64 hexadecimal digits of either case. */
bool wtg_sha256_parse(const char *text, uint8_t ret_digest[static WTG_SHA256_SIZE]);

/*
 * Who issued the certificates of those that signed a DER PKCS#7 SignedData, as common names:
 * of Microsoft's loaders the signer is always "Microsoft Windows", and only the issuer tells
 * by which chain firmware will know it.  Signatures nested in an unsigned attribute, as
 * Authenticode does to carry a second one, count too.  A NULL-terminated array that the
 * caller frees, and each name in it; NULL if it is not a PKCS#7 SignedData.  Nothing is
 * verified: this tells who claims to have signed.
 */
char **wtg_pkcs7_issuers(const void *der, size_t size);

/* Base64 (RFC 4648), in one line.  The caller frees. */
char *wtg_base64(const void *data, size_t size);

/* Fill with random bytes of the kernel. */
void wtg_random(void *buffer, size_t size);
