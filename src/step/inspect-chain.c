/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/inspect.h"

#include <string.h>

#include "base/alloc.h"
#include "volume/ntfs.h"
#include "wtg/text.h"

#define LOADER_TOPIC "loader"
#define TOPIC "chain"
#define MAX_FILE_BYTES (64u << 20)

/* Who signed the loader decides on which computers it starts while Secure Boot is on. */
static void look_at_signers(struct wtg_inspection *in)
{
	const struct wtg_pe *pe = &in->loader;

	if (pe->n_signatures == 0)
		wtg_find(in->findings, WTG_GRADE_WARNING, LOADER_TOPIC,
			 "the loader is not signed: it starts only where Secure Boot is off");
	else if (pe->signed_2011 && pe->signed_2023)
		wtg_find(in->findings, WTG_GRADE_OK, LOADER_TOPIC, "signed by %s", pe->signers);
	else if (pe->signed_2023)
		wtg_find(in->findings, WTG_GRADE_NOTE, LOADER_TOPIC,
			 "signed by %s: computers whose firmware knows only the certificates of "
			 "2011 refuse it while Secure Boot is on", pe->signers);
	else if (pe->signed_2011)
		wtg_find(in->findings, WTG_GRADE_NOTE, LOADER_TOPIC,
			 "signed by %s: computers that have revoked the certificates of 2011 "
			 "refuse it while Secure Boot is on", pe->signers);
	else
		wtg_find(in->findings, WTG_GRADE_WARNING, LOADER_TOPIC,
			 "signed by %s, which is no chain of Microsoft's that this program knows",
			 pe->signers ? pe->signers : "nobody that could be named");
}

/* Firmware asks its list first, whoever signed. */
static void look_for(struct wtg_inspection *in, enum wtg_grade grade, const char *path,
		     const struct wtg_bytes *file)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *why = NULL;
	int r;

	if (!wtg_dbx_has_scope(&in->dbx->scope))
		return;
	r = wtg_dbx_revokes(in->dbx, file, &why, &err);
	if (r < 0)
		wtg_find(in->findings, grade, LOADER_TOPIC, "%s: %s", path, err.message);
	else if (r > 0)
		wtg_find(in->findings, grade, LOADER_TOPIC,
			 "%s is revoked: %s; firmware with that list refuses it while Secure Boot "
			 "is on", path, why);
	else
		wtg_find(in->findings, WTG_GRADE_OK, LOADER_TOPIC,
			 "%s is not revoked: none of %zu entries names it", path,
			 in->dbx->scope.n_entries);
	wtg_error_done(&err);
}

void wtg_inspect_signature(struct wtg_inspection *in, const char *path,
			   const struct wtg_bytes *file)
{
	wtg_sha256(file->data, file->size, in->loader_sha256);
	look_at_signers(in);
	look_for(in, WTG_GRADE_WRONG, path, file);
}

void wtg_inspect_other_loader(struct wtg_inspection *in, const char *path,
			      const struct wtg_bytes *file)
{
	wtg_find(in->findings, WTG_GRADE_NOTE, LOADER_TOPIC,
		 "%s is not the same program as EFI/Microsoft/Boot/bootmgfw.efi", path);
	look_for(in, WTG_GRADE_WARNING, "EFI/Microsoft/Boot/bootmgfw.efi", file);
}

/* ------------------------------------------------------------------ and Windows' own */

#define OWN_DIR "Windows/Boot/EFI/"

static const char *const own_loaders[] = {
	OWN_DIR "bootmgfw.efi",
	"Windows/Boot/EFI_EX/bootmgfw_EX.efi", /* of the chain of 2023 */
};

/* What the boot manager reads beside itself, and what it means if that is another Windows'. */
static const struct {
	const char *name;
	enum wtg_grade grade;
	const char *meaning;
} policies[] = {
	{ "boot.stl", WTG_GRADE_NOTE, "it lists boot programs that are no longer trusted" },
	{ "winsipolicy.p7b", WTG_GRADE_NOTE, "it says what may be started" },
	{ "SkuSiPolicy.p7b", WTG_GRADE_WARNING,
	  "one of a newer Windows keeps this one from starting (0xc0000428)" },
};
#define N_POLICIES (sizeof(policies) / sizeof(policies[0]))

/* What of Windows' volume cannot be read is told where it is needed to start. */
static bool read_own(struct wtg_ntfs *volume, const char *path, struct wtg_bytes *ret)
{
	struct wtg_error ignored = WTG_ERROR_INIT;
	bool good = wtg_ntfs_exists(volume, path) &&
		    wtg_ntfs_read(volume, path, MAX_FILE_BYTES, ret, &ignored) == 0;

	wtg_error_done(&ignored);
	return good;
}

static bool read_esp(struct wtg_fat *fat, const char *path, struct wtg_bytes *ret)
{
	struct wtg_error ignored = WTG_ERROR_INIT;
	bool good = wtg_fat_read(fat, path, MAX_FILE_BYTES, ret, &ignored) > 0;

	wtg_error_done(&ignored);
	return good;
}

static void compare_loaders(struct wtg_inspection *in, struct wtg_ntfs *volume)
{
	bool has_any = false;

	for (size_t i = 0; i < sizeof(own_loaders) / sizeof(own_loaders[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes own = { 0 };
		uint8_t sha256[WTG_SHA256_SIZE];

		if (!read_own(volume, own_loaders[i], &own))
			continue;
		has_any = true;
		wtg_sha256(own.data, own.size, sha256);
		if (memcmp(sha256, in->loader_sha256, sizeof(sha256)) != 0)
			continue;
		wtg_find(in->findings, WTG_GRADE_OK, TOPIC,
			 "the loader is the one that Windows has as %s", own_loaders[i]);
		return;
	}
	if (has_any)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "the loader is none of those that Windows has in %s and EFI_EX: one of "
			 "them is older", OWN_DIR);
}

static bool is_same(const struct wtg_bytes *a, const struct wtg_bytes *b)
{
	return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

/* Windows' own policy is on the ESP? */
static bool compare_policy(struct wtg_inspection *in, struct wtg_ntfs *volume, size_t i)
{
	const char *name = policies[i].name, *meaning = policies[i].meaning;
	_cleanup_free_ char *own_path = wtg_text("%s%s", OWN_DIR, name);
	_cleanup_free_ char *path = wtg_text("%s/Microsoft/Boot/%s", in->dir, name);
	_cleanup_(wtg_bytes_done) struct wtg_bytes own = { 0 }, there = { 0 };
	bool has_own = read_own(volume, own_path, &own);
	bool has_there = read_esp(in->fat, path, &there);

	if (has_own && has_there && is_same(&own, &there))
		return true;
	if (has_own && !has_there)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC, "%s is missing: %s", path, meaning);
	else if (has_there)
		wtg_find(in->findings, policies[i].grade, TOPIC,
			 "%s is not what this Windows has in %s: %s", path, own_path, meaning);
	return false;
}

void wtg_inspect_chain(struct wtg_inspection *in, struct wtg_ntfs *volume)
{
	_cleanup_free_ char *same = NULL;

	compare_loaders(in, volume);
	for (size_t i = 0; i < N_POLICIES; i++) {
		char *more;

		if (!compare_policy(in, volume, i))
			continue;
		more = wtg_text("%s%s%s", same ? same : "", same ? ", " : "", policies[i].name);
		free(same);
		same = more;
	}
	if (same)
		wtg_find(in->findings, WTG_GRADE_OK, TOPIC,
			 "beside it are Windows' own policies: %s", same);
}
