/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe/identity.h"

#include <string.h>

#include "base/crypto.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

struct source {
	const void *key;
	size_t key_size;
	unsigned position;
};

static void draw(const struct source *source, const char *purpose,
		 uint8_t digest[static WTG_SHA256_SIZE])
{
	_cleanup_free_ char *whole = source->position
					     ? wtg_text("%s of drive %u", purpose,
							source->position + 1)
					     : wtg_text_copy(purpose);

	wtg_hmac_sha256(source->key, source->key_size, whole, strlen(whole), digest);
}

static uint64_t draw_number(const struct source *source, const char *purpose)
{
	uint8_t digest[WTG_SHA256_SIZE];

	draw(source, purpose, digest);
	return wtg_le64(digest) | 1; /* never 0, which means "none" to some readers */
}

static struct wtg_guid draw_guid(const struct source *source, const char *purpose)
{
	uint8_t digest[WTG_SHA256_SIZE];
	struct wtg_guid guid;

	draw(source, purpose, digest);
	memcpy(guid.bytes, digest, sizeof(guid.bytes));
	wtg_guid_make_v4(&guid);
	return guid;
}

/* Windows and others take 0 for "none yet" and write one of their own. */
static uint32_t draw_signature(const struct source *source)
{
	uint32_t signature = (uint32_t)draw_number(source, "signature");

	return signature == UINT32_MAX ? 1 : signature;
}

/* random: room for a seed, should there be none. */
static struct source open_source(const char *seed, unsigned position,
				 uint8_t random[static WTG_SHA256_SIZE])
{
	if (seed)
		return (struct source){ seed, strlen(seed), position };
	wtg_random(random, WTG_SHA256_SIZE);
	return (struct source){ random, WTG_SHA256_SIZE, position };
}

void wtg_identity_seed(const char *seed, unsigned position, uint8_t ret[16])
{
	uint8_t random[WTG_SHA256_SIZE], digest[WTG_SHA256_SIZE];
	struct source source = open_source(seed, position, random);

	draw(&source, "computer", digest);
	memcpy(ret, digest, 16);
}

struct wtg_identity wtg_identity_draw(const char *seed, unsigned position)
{
	uint8_t random[WTG_SHA256_SIZE];
	struct source source = open_source(seed, position, random);
	struct wtg_identity identity;
	struct wtg_guid ventoy;

	identity = (struct wtg_identity){
		.run_id = draw_number(&source, "run"),
		.disk = draw_guid(&source, "disk"),
		.esp = draw_guid(&source, "esp"),
		.msr = draw_guid(&source, "msr"),
		.windows = draw_guid(&source, "windows"),
		.data = draw_guid(&source, "data"),
		.vtoyefi = draw_guid(&source, "vtoyefi"),
		.signature = draw_signature(&source),
		.osloader = draw_guid(&source, "osloader"),
		.resume = draw_guid(&source, "resume"),
		.esp_serial = (uint32_t)draw_number(&source, "esp-volume"),
		.data_serial = (uint32_t)draw_number(&source, "data-volume"),
		.windows_serial = draw_number(&source, "windows-volume"),
	};
	ventoy = draw_guid(&source, "ventoy");
	memcpy(identity.ventoy, ventoy.bytes, sizeof(identity.ventoy));
	return identity;
}
