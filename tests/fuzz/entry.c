/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The menu and the settings that the user of a Ventoy has: a byte that says what the entry is
 * like, ventoy_grub.cfg up to a NUL, ventoy.json; a text of the one byte '-' is not there.
 */
#include "fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "ventoy/entry-inner.h"
#include "ventoy/json-text.h"
#include "wtg/text.h"

/* Whoever can write a block can write its sum. */
static void mend(char *text)
{
	static const char start[] = "# BEGIN wtgctl\n# wtgctl: sum=";
	char *sum = strstr(text, start), *inside, *end;
	_cleanup_free_ char *right = NULL;

	if (!sum || strcspn(sum + strlen(start), "\r\n") != 16)
		return;
	sum += strlen(start);
	inside = sum + 17;
	end = inside[-1] == '\n' ? strstr(inside - 1, "\n# END wtgctl") : NULL;
	if (!end)
		return;
	right = wtg_entry_sum(inside, (size_t)(end + 1 - inside));
	memcpy(sum, right, 16);
}

static void add(struct wtg_files *files, const char *path, const char *text, size_t size)
{
	if (size != 1 || text[0] != '-')
		wtg_files_add(files, path, wtg_bytes_copy(text, size));
}

/* The files after that; false: it is refused. */
static bool planned(const struct wtg_files *files, const struct wtg_ventoy_entry *entry,
		    struct wtg_files *ret, size_t *ret_n_edits)
{
	struct wtg_ventoy_changes changes = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	bool ok = wtg_ventoy_entry_plan(entry, NULL, files, &changes, &err) == 0;

	for (size_t i = 0; ok && i < files->n_items; i++) {
		const struct wtg_file *file = &files->items[i];

		if (!wtg_files_find(&changes.edits, file->path))
			wtg_files_add(ret, file->path,
				      wtg_bytes_copy(file->content.data, file->content.size));
	}
	for (size_t i = 0; ok && i < changes.edits.n_items; i++) {
		const struct wtg_file *file = &changes.edits.items[i];

		FUZZ_ASSERT(fuzz_is_path(file->path));
		if (file->content.data)
			wtg_files_add(ret, file->path,
				      wtg_bytes_copy(file->content.data, file->content.size));
	}
	for (size_t i = 0; i < changes.n_warnings; i++)
		FUZZ_ASSERT(changes.warnings[i][0]);
	*ret_n_edits = changes.edits.n_items;
	FUZZ_ASSERT(ok || (err.kind != WTG_OK && changes.edits.n_items == 0));
	wtg_error_done(&err);
	wtg_ventoy_changes_done(&changes);
	return ok;
}

static void check_same(const struct wtg_files *a, const struct wtg_files *b)
{
	FUZZ_ASSERT(a->n_items == b->n_items);
	for (size_t i = 0; i < a->n_items; i++) {
		const struct wtg_bytes *one = &a->items[i].content;
		const struct wtg_file *other = wtg_files_find(b, a->items[i].path);

		FUZZ_ASSERT(other && one->size == other->content.size &&
			    memcmp(one->data, other->content.data, one->size) == 0);
	}
}

static bool is_json(const struct wtg_bytes *content)
{
	struct wtg_json_doc *doc = wtg_json_parse((char *)content->data, content->size);

	wtg_json_doc_free(doc);
	return doc != NULL;
}

/* What json-c takes, it takes afterwards, and what Ventoy is given is always JSON. */
static void check_json(const struct wtg_files *before, const struct wtg_files *after)
{
	const struct wtg_file *old = wtg_files_find(before, WTG_VENTOY_JSON_PATH);
	const struct wtg_file *new = wtg_files_find(after, WTG_VENTOY_JSON_PATH);
	struct wtg_error err = WTG_ERROR_INIT;
	char *text = NULL;

	if (!new)
		return;
	FUZZ_ASSERT(wtg_json_text_read(&new->content, "", &text, &err) == 0);
	free(text);
	if (!old || is_json(&old->content))
		FUZZ_ASSERT(is_json(&new->content));
}

static struct wtg_ventoy_entry entry_of(uint8_t flags)
{
	static const enum wtg_arch archs[] = { WTG_ARCH_AMD64, WTG_ARCH_X86, WTG_ARCH_ARM64,
					       WTG_ARCH_AMD64 };

	return (struct wtg_ventoy_entry){
		.title = flags & 1 ? "Other" : NULL,
		.tip = flags & 2 ? "what it is" : NULL,
		.partition = 3,
		.volume_id = 0x12345678,
		.arch = archs[flags >> 6],
		.bios = flags & 4,
		.vtefi = flags & 8,
		.is_default = flags & 16,
		.has_timeout = (flags & 48) == 48,
		.timeout_seconds = 10,
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(wtg_files_done) struct wtg_files before = { 0 }, with = { 0 }, again = { 0 };
	_cleanup_(wtg_files_done) struct wtg_files without = { 0 }, never = { 0 };
	_cleanup_free_ char *grub = NULL, *named = NULL;
	struct wtg_ventoy_entry entry;
	size_t n_grub, n_edits;

	if (size < 1)
		return 0;
	entry = entry_of(data[0]);
	grub = fuzz_text(data + 1, size - 1);
	n_grub = strlen(grub);
	mend(grub);
	add(&before, WTG_VENTOY_GRUB_PATH, grub, n_grub);
	if (n_grub + 2 <= size)
		add(&before, WTG_VENTOY_JSON_PATH, (const char *)data + n_grub + 2,
		    size - n_grub - 2);
	if (!planned(&before, &entry, &with, &n_edits))
		return 0;
	named = wtg_ventoy_entry_image_named(&with);
	FUZZ_ASSERT(named && wtg_files_find(&with, named));
	check_json(&before, &with);
	FUZZ_ASSERT(planned(&with, &entry, &again, &n_edits) && n_edits == 0);
	FUZZ_ASSERT(planned(&with, NULL, &without, &n_edits));
	FUZZ_ASSERT(planned(&before, NULL, &never, &n_edits));
	check_same(&without, &never);
	return 0;
}
