/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ventoy/entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "ventoy/entry-inner.h"
#include "ventoy/json-text.h"
#include "wtg/text.h"

const char *const wtg_ventoy_entry_paths[] = { WTG_VENTOY_GRUB_PATH, WTG_VENTOY_JSON_PATH,
					       NULL };

static const char usual_title[] = "Windows To Go";

/* A file that we begin. */
static const char new_json[] = "{\n}\n";

/* What is known while one is planned. */
struct planning {
	const struct wtg_ventoy_entry *entry; /* NULL: it is removed */
	const struct wtg_ventoy_version *version;
	const struct wtg_files *existing;
	struct wtg_entry_block block;	/* the one that is there */
	struct wtg_entry_record record; /* of the one that will be */
	char *json; /* the user's, and in the end as it will be; NULL: there is none */
	struct wtg_ventoy_changes changes;
};

static void planning_done(struct planning *p)
{
	wtg_entry_block_done(&p->block);
	wtg_entry_record_done(&p->record);
	free(p->json);
	wtg_ventoy_changes_done(&p->changes);
}

static const struct wtg_bytes *content_of(const struct planning *p, const char *path)
{
	const struct wtg_file *file = wtg_files_find(p->existing, path);

	return file ? &file->content : NULL;
}

static void change(struct planning *p, const char *path, struct wtg_bytes content,
		   const char *shown)
{
	wtg_entry_change(&p->changes, p->existing, path, content, shown);
}

static bool is_before(const struct planning *p, unsigned minor, unsigned patch)
{
	return p->version && p->version->text[0] &&
	       wtg_ventoy_version_before(p->version, 1, minor, patch);
}

/* What the user misses with what he has; the entry is written all the same where it does
 * no harm. */
static void judge_version(struct planning *p)
{
	static const struct {
		unsigned patch;
		bool vtefi; /* matters only then */
		const char *what;
	} rows[] = {
		{ 16, false, "the F6 menu, and with it this entry" },
		{ 21, false, "the search for Windows behind F4" },
		{ 34, false,
		  "an entry in the main menu; this one is in the F6 menu alone" },
		{ 87, true, "the search in /VTEFI behind F4" },
	};

	if (!p->version || !p->version->text[0]) {
		wtg_entry_warn(&p->changes,
			       "the version of Ventoy is not known: that it is 1.0.34 or "
			       "newer, and so knows all of the boot entry, is taken for "
			       "granted");
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_before(p, 0, rows[i].patch) && (!rows[i].vtefi || p->entry->vtefi))
			wtg_entry_warn(&p->changes,
				       "Ventoy %s does not have %s: that needs 1.0.%u",
				       p->version->text, rows[i].what, rows[i].patch);
}

/* Is the file of that name, if there is one, such as we write? */
static bool is_our_vcfg(const struct wtg_bytes *content)
{
	_cleanup_(wtg_entry_block_done) struct wtg_entry_block block = { 0 };
	struct wtg_error ignored = WTG_ERROR_INIT;
	bool ours = wtg_entry_block_find(content, "", &block, &ignored) == 0 &&
		    block.found && block.start == 0 && block.end == content->size;

	wtg_error_done(&ignored);
	return ours;
}

/* The placeholder and what it does. */
struct pair {
	char *img, *vcfg; /* paths */
	const struct wtg_bytes *img_now, *vcfg_now;
};

static void pair_done(struct pair *pair)
{
	free(pair->img);
	free(pair->vcfg);
}

static struct pair pair_of(const struct planning *p, const char *title)
{
	struct pair pair = { .img = wtg_ventoy_entry_image(title) };

	pair.vcfg = wtg_text("%s.vcfg", pair.img);
	pair.img_now = content_of(p, pair.img);
	pair.vcfg_now = content_of(p, pair.vcfg);
	return pair;
}

static int check_pair(const struct planning *p, const char *title, struct wtg_error *err)
{
	_cleanup_(pair_done) struct pair pair = pair_of(p, title);
	const char *users = NULL;

	if (pair.img_now && !wtg_entry_is_img(pair.img_now))
		users = pair.img;
	else if (pair.vcfg_now && !is_our_vcfg(pair.vcfg_now))
		users = pair.vcfg;
	if (!users)
		return 0;
	wtg_fail(err, WTG_REFUSED, 0, "there is a file \"%s\" that is not wtgctl's",
		 users);
	return wtg_hint(
		err,
		"Choose another title for the boot entry, or another name for the file.");
}

static void decide_default(struct planning *p)
{
	const struct wtg_ventoy_entry *entry = p->entry;
	bool main = wtg_entry_made(&p->record, "main");

	if (!main && is_before(p, 0, 28)) {
		wtg_entry_warn(&p->changes,
			       "Ventoy %s cannot start an entry of the F6 menu by "
			       "itself: that needs 1.0.28",
			       p->version->text);
		return;
	}
	p->record.default_image = main ? wtg_text("/%s.img", p->record.title) :
					 wtg_text("F6>" WTG_ENTRY_ID);
	if (entry->has_timeout)
		p->record.timeout = wtg_text("%" PRIu64, entry->timeout_seconds);
	/* For F6, Ventoy takes none for 0 seconds (grub.cfg). */
	if (entry->has_timeout ? entry->timeout_seconds == 0 : !main)
		wtg_entry_warn(&p->changes, "with this timeout Ventoy starts the entry at "
					    "once, and shows no menu");
}

/* What of the whole can be there with this Ventoy. */
static int decide(struct planning *p, struct wtg_error *err)
{
	const struct wtg_ventoy_entry *entry = p->entry;
	const char *title = entry->title ? entry->title : usual_title;

	p->record.title = wtg_text_copy(title);
	judge_version(p);
	if (!is_before(p, 0, 34)) {
		wtg_entry_note_made(&p->record, "main");
		if (check_pair(p, title, err) < 0)
			return -1;
	}
	p->record.tip = wtg_text_copy(entry->tip);
	if (entry->is_default)
		decide_default(p);
	return 0;
}

static void plan_json(struct planning *p)
{
	const struct wtg_entry_record *old = &p->block.record;
	bool made_file = false;

	if (p->json && p->block.found) {
		wtg_entry_json_clean(&p->json, old);
		made_file =
			wtg_entry_made(old, "+file") && wtg_text_equal(p->json, new_json);
	}
	if (made_file) {
		free(p->json);
		p->json = NULL;
	}
	if (!p->entry)
		return;
	if (!p->json && !wtg_entry_made(&p->record, "main") && !p->record.default_image)
		return;
	if (!p->json) {
		p->json = wtg_text_copy(new_json);
		wtg_entry_note_made(&p->record, "+file");
	}
	wtg_entry_json_fill(&p->json, p->entry, &p->record, &p->changes);
	if (wtg_entry_made(&p->record, "main"))
		wtg_entry_json_judge(p->json, p->entry, &p->record, &p->changes);
}

static void write_json(struct planning *p)
{
	struct wtg_bytes content = { 0 };

	if (p->json)
		content = wtg_bytes_copy(p->json, strlen(p->json));
	change(p, WTG_VENTOY_JSON_PATH, content, NULL);
}

/* How the user ends his lines; ours are then alike. */
static const char *line_end(const struct wtg_bytes *text)
{
	const uint8_t *end = text->size ? memchr(text->data, '\n', text->size) : NULL;

	return end && end > text->data && end[-1] == '\r' ? "\r\n" : "\n";
}

/* The user's text with our block where it was, or behind; or without. */
static void write_grub(struct planning *p)
{
	static const struct wtg_bytes nothing;
	const struct wtg_bytes *now = content_of(p, WTG_VENTOY_GRUB_PATH);
	const struct wtg_bytes *text = now ? now : &nothing;
	bool found = p->block.found;
	size_t start = found ? p->block.start : text->size,
	       end = found ? p->block.end : text->size;
	bool is_new = !now || (found && wtg_entry_made(&p->block.record, "file"));
	_cleanup_free_ char *block = NULL;
	const char *eol, *joint = "";
	struct wtg_bytes content;

	eol = line_end(&(struct wtg_bytes){ text->data, start });
	if (p->entry) {
		if (is_new)
			wtg_entry_note_made(&p->record, "file");
		if (start > 0 && text->data[start - 1] != '\n') {
			joint = eol;
			wtg_entry_note_made(&p->record,
					    wtg_text_equal(eol, "\n") ? "lf" : "crlf");
		}
		block = wtg_entry_block(p->entry, &p->record, eol);
	} else if (!found) {
		return;
	}
	content.size =
		start + strlen(joint) + (block ? strlen(block) : 0) + (text->size - end);
	content.data = wtg_alloc(content.size + 1);
	if (start)
		memcpy(content.data, text->data, start);
	sprintf((char *)content.data + start, "%s%s", joint, block ? block : "");
	if (text->size > end)
		memcpy(content.data + content.size - (text->size - end), text->data + end,
		       text->size - end);
	if (content.size == 0 && is_new)
		wtg_bytes_done(&content);
	change(p, WTG_VENTOY_GRUB_PATH, content, NULL);
}

/* The image first: without its .vcfg Ventoy would load it. */
static void remove_pair(struct planning *p, const char *title)
{
	_cleanup_(pair_done) struct pair pair = pair_of(p, title);

	if (pair.img_now && wtg_entry_is_img(pair.img_now))
		change(p, pair.img, (struct wtg_bytes){ 0 }, NULL);
	if (pair.vcfg_now && is_our_vcfg(pair.vcfg_now))
		change(p, pair.vcfg, (struct wtg_bytes){ 0 }, NULL);
}

static void write_pair(struct planning *p)
{
	const char *title = p->record.title;
	_cleanup_(pair_done) struct pair pair = pair_of(p, title);
	_cleanup_free_ char *text = wtg_entry_vcfg(p->entry, title);
	struct wtg_bytes content = wtg_entry_img(title);
	_cleanup_free_ char *shown = wtg_text_copy((const char *)content.data);

	change(p, pair.vcfg, wtg_bytes_copy(text, strlen(text)), NULL);
	change(p, pair.img, content, shown);
}

/* What was there goes first, and the block, which knows what was made, comes before what
 * it knows of and goes after it. */
static void write_all(struct planning *p)
{
	bool main = wtg_entry_made(&p->record, "main");
	const char *old = p->block.record.title;

	if (old && wtg_entry_made(&p->block.record, "main") &&
	    !(main && wtg_text_equal_fold(old, p->record.title)))
		remove_pair(p, old);
	if (!p->entry)
		write_json(p);
	write_grub(p);
	if (main)
		write_pair(p);
	if (p->entry)
		write_json(p);
}

static int read_existing(struct planning *p, struct wtg_error *err)
{
	const struct wtg_bytes *grub = content_of(p, WTG_VENTOY_GRUB_PATH);
	const struct wtg_bytes *json = content_of(p, WTG_VENTOY_JSON_PATH);

	for (const char *const *path = wtg_ventoy_entry_paths; *path; path++) {
		const struct wtg_bytes *content = content_of(p, *path);

		if (content && content->size > WTG_VENTOY_MAX_TEXT)
			return wtg_fail(err, WTG_INPUT, 0, "%s is larger than 1 MiB",
					*path);
	}
	if (grub && wtg_entry_block_find(grub, WTG_VENTOY_GRUB_PATH, &p->block, err) < 0)
		return -1;
	if (json && (p->entry || p->block.found))
		return wtg_json_text_read(json, WTG_VENTOY_JSON_PATH, &p->json, err);
	return 0;
}

int wtg_ventoy_entry_plan(const struct wtg_ventoy_entry *entry,
			  const struct wtg_ventoy_version *version,
			  const struct wtg_files *existing,
			  struct wtg_ventoy_changes *ret, struct wtg_error *err)
{
	_cleanup_(planning_done) struct planning p = {
		.entry = entry,
		.version = version,
		.existing = existing,
	};

	if (entry && wtg_ventoy_entry_check(entry, err) < 0)
		return -1;
	if (read_existing(&p, err) < 0)
		return -1;
	if (!entry && !p.block.found) {
		*ret = (struct wtg_ventoy_changes){ 0 };
		return 0;
	}
	if (entry && decide(&p, err) < 0)
		return -1;
	plan_json(&p);
	write_all(&p);
	if (wtg_entry_check_sizes(&p.changes, err) < 0)
		return -1;
	*ret = p.changes;
	p.changes = (struct wtg_ventoy_changes){ 0 };
	return 0;
}

char *wtg_ventoy_entry_image(const char *title)
{
	return wtg_text("%s.img", title ? title : usual_title);
}

char *wtg_ventoy_entry_image_named(const struct wtg_files *existing)
{
	_cleanup_(wtg_entry_block_done) struct wtg_entry_block block = { 0 };
	const struct wtg_file *grub = wtg_files_find(existing, WTG_VENTOY_GRUB_PATH);
	struct wtg_error ignored = WTG_ERROR_INIT; /* wtg_ventoy_entry_plan() says it */

	if (grub && grub->content.size <= WTG_VENTOY_MAX_TEXT)
		(void)wtg_entry_block_find(&grub->content, "", &block, &ignored);
	wtg_error_done(&ignored);
	return block.found ? wtg_ventoy_entry_image(block.record.title) : NULL;
}
