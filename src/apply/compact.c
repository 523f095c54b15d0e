/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/compact.h"

#include <stdlib.h>

#include "apply/compact-rules.h"
#include "apply/pattern.h"
#include "base/alloc.h"
#include "wtg/text.h"

/* What of an image can be copied: chunks as FILE_PROVIDER_COMPRESSION_LZX has them. */
#define LZX_CHUNK_BYTES 32768

/* What a thread compresses anew it has in memory, once plain and once packed. */
#define MAX_PACK_BYTES (64u << 20)

/* Microsoft's list has some six lines. */
#define MAX_LISTED 1000

static const struct {
	const char *id, *reason;
} choices[WTG_COMPACT_CHOICES] = {
	[WTG_COMPACT_NOTHING] = { "nothing", "there is nothing to compress" },
	[WTG_COMPACT_COPY] = { "lzx", "compressed" },
	[WTG_COMPACT_PACK] = { "pack", "compressed anew" },
	[WTG_COMPACT_LINK] = { "link", "a link, or compressed in the image already" },
	[WTG_COMPACT_ENCRYPTED] = { "encrypted", "encrypted" },
	[WTG_COMPACT_ATTRIBUTES] = { "attributes", "sparse, or compressed by NTFS" },
	[WTG_COMPACT_STREAMS] = { "streams", "it has further streams" },
	[WTG_COMPACT_CHANGED] = { "changed", "wtgctl changes it" },
	[WTG_COMPACT_BOOT] = { "boot", "read before Windows can unpack it" },
	[WTG_COMPACT_HIVE] = { "hive", "a part of the registry" },
	[WTG_COMPACT_WRITTEN] = { "written", "Windows writes to it" },
	[WTG_COMPACT_SERVICING] = { "servicing", "updates need it as it is" },
	[WTG_COMPACT_LISTED] = { "listed", "the image's WimBootCompress.ini names it" },
	[WTG_COMPACT_LARGE] = { "large", "it has 4 GiB or more" },
	[WTG_COMPACT_FORM] = { "form", "the image has it in another form, and it is too large "
				       "to be compressed anew in memory" },
	[WTG_COMPACT_NO_GAIN] = { "no-gain", "it would take no less room" },
};

const char *wtg_compact_choice_id(enum wtg_compact_choice choice)
{
	return choices[choice].id;
}

const char *wtg_compact_choice_reason(enum wtg_compact_choice choice)
{
	return choices[choice].reason;
}

void wtg_compact_plan_done(struct wtg_compact_plan *plan)
{
	free(plan->choices);
	*plan = (struct wtg_compact_plan){ 0 };
}

uint64_t wtg_compact_saved_bytes(const struct wtg_compact_plan *plan)
{
	return plan->of[WTG_COMPACT_COPY].plain_bytes -
	       plan->of[WTG_COMPACT_COPY].packed_bytes;
}

/* ------------------------------------------------------------------ where a file lies */

/* Of each directory, how deep it lies, and the nearest above it (or itself) that lies no
 * deeper than patterns look: a walk up from there is short, whatever the image says. */
struct place {
	uint32_t depth, anchor;
};

struct deciding {
	const struct wtg_compact_input *input;
	const struct wtg_catalog *catalog;
	struct place *places;
	struct wtg_patterns changed, listed;
	struct wtg_pattern *rules; /* of wtg_compact_rules */
	struct wtg_pattern filter;
	bool has_filter;
	bool tried; /* the image has each file packed as Wof has it, where that is less */
};

static void deciding_done(struct deciding *d)
{
	free(d->places);
	free(d->rules);
	wtg_patterns_done(&d->changed);
	wtg_patterns_done(&d->listed);
}

static const struct wtg_catalog_name *name_of_dir(const struct deciding *d, uint32_t inode)
{
	return &d->catalog->names[d->catalog->inodes[inode].first_name];
}

static int find_places(struct deciding *d, struct wtg_error *err)
{
	d->places = wtg_try_alloc(d->catalog->n_inodes * sizeof(*d->places),
				  "the depth of directories", err);
	if (!d->places)
		return -1;
	for (uint32_t i = 1; i < d->catalog->n_inodes; i++) {
		const struct place *above;

		if (!(d->catalog->inodes[i].attributes & WTG_ATTRIBUTE_DIRECTORY))
			continue;
		above = &d->places[name_of_dir(d, i)->parent];
		d->places[i].depth = above->depth + 1;
		d->places[i].anchor = above->depth < WTG_PATTERN_PARTS ? i : above->anchor;
	}
	return 0;
}

/* The path of a file's name; parts has room for WTG_PATTERN_PARTS. */
static struct wtg_pattern_path path_of(const struct deciding *d,
				       const struct wtg_catalog_name *name,
				       struct wtg_name16 *parts)
{
	const struct place *above = &d->places[name->parent];
	struct wtg_pattern_path path = { parts, above->depth, name->name };
	uint32_t dir = above->anchor;

	if (path.n_parts < WTG_PATTERN_PARTS)
		parts[path.n_parts++] = name->name;
	else
		path.n_parts = WTG_PATTERN_PARTS;
	for (; dir != 0; dir = name_of_dir(d, dir)->parent)
		parts[d->places[dir].depth - 1] = name_of_dir(d, dir)->name;
	return path;
}

static bool is_among(const struct wtg_patterns *patterns, const struct wtg_pattern_path *path)
{
	for (size_t i = 0; i < patterns->n_items; i++)
		if (wtg_pattern_matches(&patterns->items[i], path))
			return true;
	return false;
}

/* WTG_COMPACT_COPY: nothing speaks against it. */
static enum wtg_compact_choice judge_path(struct deciding *d,
					  const struct wtg_pattern_path *path)
{
	if (wtg_pattern_matches(&d->filter, path))
		d->has_filter = true;
	if (is_among(&d->changed, path))
		return WTG_COMPACT_CHANGED;
	for (size_t i = 0; i < wtg_compact_n_rules; i++)
		if (wtg_pattern_matches(&d->rules[i], path))
			return wtg_compact_rules[i].choice;
	return is_among(&d->listed, path) ? WTG_COMPACT_LISTED : WTG_COMPACT_COPY;
}

/* One name that must not be compressed is enough; but all are looked at, because one of them may
 * be the filter's. */
static enum wtg_compact_choice judge_names(struct deciding *d,
					   const struct wtg_catalog_inode *inode)
{
	enum wtg_compact_choice choice = WTG_COMPACT_COPY;
	struct wtg_name16 parts[WTG_PATTERN_PARTS];

	for (uint32_t i = 0; i < inode->n_names; i++) {
		const struct wtg_catalog_name *name =
			&d->catalog->names[inode->first_name + i];
		const struct wtg_pattern_path path = path_of(d, name, parts);
		enum wtg_compact_choice of_name = judge_path(d, &path);

		if (choice == WTG_COMPACT_COPY)
			choice = of_name;
	}
	return choice;
}

/* ------------------------------------------------------------------ what it is */

/* What the file holds; NULL: nothing. */
static const struct wtg_blob *content_of(const struct wtg_catalog *catalog,
					 const struct wtg_catalog_inode *inode)
{
	const struct wtg_catalog_stream *stream = &catalog->streams[inode->first_stream];

	if (inode->n_streams == 0 || stream->name.n_units != 0 || stream->blob == WTG_NONE)
		return NULL;
	return &catalog->blobs[stream->blob];
}

static enum wtg_compact_choice judge_inode(const struct wtg_catalog_inode *inode)
{
	if (inode->attributes & WTG_ATTRIBUTE_DIRECTORY)
		return WTG_COMPACT_NOTHING;
	if (inode->reparse_tag != 0)
		return WTG_COMPACT_LINK;
	if (inode->attributes & WTG_ATTRIBUTE_ENCRYPTED)
		return WTG_COMPACT_ENCRYPTED;
	if (inode->attributes & (WTG_ATTRIBUTE_COMPRESSED | WTG_ATTRIBUTE_SPARSE))
		return WTG_COMPACT_ATTRIBUTES;
	return inode->n_streams > 1 ? WTG_COMPACT_STREAMS : WTG_COMPACT_COPY;
}

/* Is it what Wof keeps of it already? */
static bool is_packed_so(const struct wtg_blob *blob)
{
	return blob->compressed && !blob->solid && !blob->pipable &&
	       blob->codec == WTG_CODEC_LZX && blob->chunk_bytes == LZX_CHUNK_BYTES;
}

/* Then that was tried of each file, and where it saved nothing, the image has the file as it is. */
static bool packs_so(const struct wtg_catalog *catalog)
{
	for (uint32_t i = 0; i < catalog->n_blobs; i++)
		if (is_packed_so(&catalog->blobs[i]))
			return true;
	return false;
}

static enum wtg_compact_choice judge_blob(const struct deciding *d, const struct wtg_blob *blob)
{
	uint32_t cluster_bytes = d->input->cluster_bytes;
	uint64_t plain = (blob->size_bytes + cluster_bytes - 1) / cluster_bytes;
	uint64_t packed = (blob->stored_bytes + cluster_bytes - 1) / cluster_bytes;

	if (blob->size_bytes > UINT32_MAX)
		return WTG_COMPACT_LARGE;
	if (plain < 2)
		return WTG_COMPACT_NO_GAIN;
	if (!blob->compressed && !blob->solid && d->tried)
		return WTG_COMPACT_NO_GAIN;
	if (!is_packed_so(blob))
		return blob->size_bytes <= MAX_PACK_BYTES ? WTG_COMPACT_PACK : WTG_COMPACT_FORM;
	return packed < plain ? WTG_COMPACT_COPY : WTG_COMPACT_NO_GAIN;
}

static void decide(struct deciding *d, uint32_t i, struct wtg_compact_plan *plan)
{
	const struct wtg_catalog_inode *inode = &d->catalog->inodes[i];
	const struct wtg_blob *blob = content_of(d->catalog, inode);
	enum wtg_compact_choice by_name = judge_names(d, inode);
	enum wtg_compact_choice choice = blob ? judge_inode(inode) : WTG_COMPACT_NOTHING;

	if (choice == WTG_COMPACT_COPY)
		choice = by_name;
	if (choice == WTG_COMPACT_COPY)
		choice = judge_blob(d, blob);
	plan->choices[i] = (uint8_t)choice;
	if (!blob || choice == WTG_COMPACT_NOTHING)
		return;
	plan->of[choice].n_files++;
	plan->of[choice].plain_bytes += blob->size_bytes;
	if (choice == WTG_COMPACT_COPY)
		plan->of[choice].packed_bytes += blob->stored_bytes;
	if (choice == WTG_COMPACT_PACK)
		plan->of[choice].packed_bytes += blob->size_bytes;
}

static int gather_patterns(struct deciding *d, struct wtg_error *err)
{
	const struct wtg_overlay *overlay = d->input->overlay;

	d->filter = wtg_pattern_parse("/Windows/System32/drivers/wof.sys");
	d->rules = wtg_alloc(wtg_compact_n_rules * sizeof(*d->rules));
	for (size_t i = 0; i < wtg_compact_n_rules; i++)
		d->rules[i] = wtg_pattern_parse(wtg_compact_rules[i].pattern);
	for (size_t i = 0; overlay && i < overlay->n_items; i++) {
		_cleanup_free_ char *path = wtg_text("/%s", overlay->items[i].path);

		/* The image has none of these, but there may be thousands of them. */
		if (overlay->items[i].lent && !overlay->items[i].in_image)
			continue;
		wtg_patterns_add(&d->changed, path);
	}
	if (!wtg_patterns_read(&d->listed, &d->input->list, "PrepopulateList", MAX_LISTED))
		return wtg_fail(err, WTG_INPUT, 0, "%s names more than %u files",
				WTG_COMPACT_LIST_PATH, MAX_LISTED);
	return 0;
}

int wtg_compact_decide(const struct wtg_compact_input *input, struct wtg_compact_plan *ret,
		       struct wtg_error *err)
{
	_cleanup_(deciding_done) struct deciding d = { .input = input,
						       .catalog = input->catalog };
	_cleanup_(wtg_compact_plan_done) struct wtg_compact_plan plan = {
		.n_inodes = input->catalog->n_inodes,
	};

	d.tried = packs_so(input->catalog);
	if (gather_patterns(&d, err) < 0 || find_places(&d, err) < 0)
		return -1;
	plan.choices = wtg_try_alloc(plan.n_inodes, "what becomes of files", err);
	if (!plan.choices)
		return -1;
	for (uint32_t i = 0; i < plan.n_inodes; i++)
		decide(&d, i, &plan);
	if (!d.has_filter)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image has no Windows/System32/drivers/wof.sys, and so could "
				"not read compressed files");
	*ret = plan;
	plan = (struct wtg_compact_plan){ 0 };
	return 0;
}

/* ------------------------------------------------------------------ telling */

void wtg_compact_describe(const struct wtg_compact_plan *plan, struct wtg_facts *out)
{
	wtg_fact_number(out, "files", plan->of[WTG_COMPACT_COPY].n_files);
	wtg_fact_bytes(out, "plain_bytes", plan->of[WTG_COMPACT_COPY].plain_bytes);
	wtg_fact_bytes(out, "packed_bytes", plan->of[WTG_COMPACT_COPY].packed_bytes);
	if (plan->of[WTG_COMPACT_PACK].n_files > 0) {
		wtg_fact_open(out, "packed_anew", WTG_OBJECT);
		wtg_fact_number(out, "files", plan->of[WTG_COMPACT_PACK].n_files);
		wtg_fact_bytes(out, "plain_bytes", plan->of[WTG_COMPACT_PACK].plain_bytes);
		wtg_fact_close(out);
	}
	wtg_fact_open(out, "stays_plain", WTG_LIST);
	for (size_t i = 0; i < WTG_COMPACT_CHOICES; i++) {
		if (i == WTG_COMPACT_COPY || i == WTG_COMPACT_PACK || plan->of[i].n_files == 0)
			continue;
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "why", choices[i].id);
		wtg_fact_number(out, "files", plan->of[i].n_files);
		wtg_fact_bytes(out, "plain_bytes", plan->of[i].plain_bytes);
		wtg_fact_text(out, "reason", choices[i].reason);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

/* ------------------------------------------------------------------ from process to process */

void wtg_compact_flatten(const struct wtg_compact_plan *plan, struct wtg_packet *packet)
{
	wtg_packet_bytes(packet, plan->choices, plan->n_inodes);
	for (size_t i = 0; i < WTG_COMPACT_CHOICES; i++) {
		wtg_packet_number(packet, plan->of[i].n_files);
		wtg_packet_number(packet, plan->of[i].plain_bytes);
		wtg_packet_number(packet, plan->of[i].packed_bytes);
	}
}

void wtg_compact_unflatten(struct wtg_reader *reader, struct wtg_compact_plan *ret)
{
	struct wtg_bytes bytes = wtg_read_bytes(reader);

	*ret = (struct wtg_compact_plan){ .choices = bytes.data,
					  .n_inodes = (uint32_t)bytes.size };
	for (size_t i = 0; i < WTG_COMPACT_CHOICES; i++) {
		ret->of[i].n_files = wtg_read_below(reader, bytes.size + 1);
		ret->of[i].plain_bytes = wtg_read_below(reader, UINT64_C(1) << 60);
		ret->of[i].packed_bytes =
			wtg_read_below(reader, ret->of[i].plain_bytes + 1);
	}
	for (size_t i = 0; i < bytes.size; i++)
		if (bytes.data[i] >= WTG_COMPACT_CHOICES)
			reader->bad = true;
	if (bytes.size == 0)
		wtg_compact_plan_done(ret);
}
