/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/wim.h"

#include <string.h>

#include <wimlib.h>

#include "base/alloc.h"
#include "base/xml.h"
#include "wtg/text.h"

struct wtg_wim {
	WIMStruct *wim;
	char *name;
	struct wimlib_wim_info info;
};

/* What wimlib's codes mean to the user; the others keep wimlib's words. */
static const struct {
	int code;
	enum wtg_kind kind;
	const char *sentence;
} meanings[] = {
	{ WIMLIB_ERR_DECOMPRESSION, WTG_INPUT,
	  "its compressed data is damaged or encrypted" },
	{ WIMLIB_ERR_INVALID_METADATA_RESOURCE, WTG_INPUT,
	  "the tree of an image is damaged or encrypted" },
	{ WIMLIB_ERR_INVALID_RESOURCE_HASH, WTG_INPUT,
	  "a file in it is damaged: its SHA-1 differs" },
	{ WIMLIB_ERR_RESOURCE_NOT_FOUND, WTG_INPUT,
	  "a file's content is missing from it" },
	{ WIMLIB_ERR_UNEXPECTED_END_OF_FILE, WTG_INPUT, "it is truncated" },
	{ WIMLIB_ERR_WIM_IS_ENCRYPTED, WTG_INPUT, "it is an encrypted ESD" },
	{ WIMLIB_ERR_INVALID_LOOKUP_TABLE_ENTRY, WTG_INPUT, "its file table is damaged" },
	{ WIMLIB_ERR_IMAGE_COUNT, WTG_INPUT, "its header and its XML do not agree" },
	{ WIMLIB_ERR_XML, WTG_INPUT, "its XML is damaged" },
	{ WIMLIB_ERR_UNKNOWN_VERSION, WTG_INPUT, "it is of an unknown WIM version" },
	{ WIMLIB_ERR_NOMEM, WTG_SYSTEM, "not enough memory" },
	{ WIMLIB_ERR_OPEN, WTG_SYSTEM, "cannot open it" },
	{ WIMLIB_ERR_READ, WTG_SYSTEM, "cannot read it" },
	{ WIMLIB_ERR_WRITE, WTG_SYSTEM, "cannot write what is in it" },
	{ WIMLIB_ERR_NTFS_3G, WTG_SYSTEM, "libntfs-3g cannot write the volume" },
	{ WIMLIB_ERR_SET_ATTRIBUTES, WTG_SYSTEM, "cannot set attributes on the volume" },
	{ WIMLIB_ERR_SET_SECURITY, WTG_SYSTEM, "cannot set a security descriptor" },
	{ WIMLIB_ERR_SET_REPARSE_DATA, WTG_SYSTEM, "cannot make a reparse point" },
	{ WIMLIB_ERR_SET_SHORT_NAME, WTG_SYSTEM, "cannot set a short name" },
	{ WIMLIB_ERR_SET_TIMESTAMPS, WTG_SYSTEM, "cannot set times" },
	{ WIMLIB_ERR_ABORTED_BY_PROGRESS, WTG_CANCELLED, "interrupted" },
};

static int fail(struct wtg_error *err, int code, const char *what, const char *name)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].code == code)
			return wtg_fail(err, meanings[i].kind, 0, "%s %s: %s", what, name,
					meanings[i].sentence);
	return wtg_fail(err, WTG_INPUT, 0, "%s %s: wimlib: %s", what, name,
			wimlib_get_error_string((enum wimlib_error_code)code));
}

int wtg_wim_open(const char *const paths[], size_t n, const char *name,
		 struct wtg_wim **ret, struct wtg_error *err)
{
	_cleanup_(wtg_wim_closep) struct wtg_wim *wim = wtg_alloc(sizeof(*wim));
	int code;

	wtg_xml_begin(); /* wimlib parses it again */
	/* Only the first call in the life of the program has an effect. */
	code = wimlib_global_init(WIMLIB_INIT_FLAG_DEFAULT_CASE_INSENSITIVE);
	if (code)
		return fail(err, code, "start wimlib for", name);
	(void)wimlib_set_print_errors(false);

	wim->name = wtg_text_copy(name);
	code = wimlib_open_wim(paths[0], 0, &wim->wim);
	if (code)
		return fail(err, code, "open", name);
	if (n > 1) {
		code = wimlib_reference_resource_files(wim->wim, paths + 1,
						       (unsigned)(n - 1), 0, 0);
		if (code)
			return fail(err, code, "open the other parts of", name);
	}
	code = wimlib_get_wim_info(wim->wim, &wim->info);
	if (code)
		return fail(err, code, "look at", name);
	*ret = WTG_STEAL(wim);
	return 0;
}

void wtg_wim_close(struct wtg_wim *wim)
{
	if (!wim)
		return;
	wimlib_free(wim->wim);
	free(wim->name);
	free(wim);
}

unsigned wtg_wim_n_images(const struct wtg_wim *wim)
{
	return wim->info.image_count;
}

int wtg_wim_codec(const struct wtg_wim *wim)
{
	return wim->info.compression_type;
}

uint32_t wtg_wim_chunk_bytes(const struct wtg_wim *wim)
{
	return wim->info.chunk_size;
}

static struct wtg_blob blob_of(const struct wimlib_resource_entry *r)
{
	struct wtg_blob blob = {
		.size_bytes = r->uncompressed_size,
		.missing = r->is_missing,
		.metadata = r->is_metadata,
		.part = r->part_number,
		.offset = r->raw_resource_offset_in_wim,
		.stored_bytes = r->raw_resource_compressed_size,
		.resource_bytes = r->raw_resource_uncompressed_size,
		.at = r->packed ? r->offset : 0,
		.compressed = r->is_compressed,
		.solid = r->packed,
	};

	memcpy(blob.sha1, r->sha1_hash, sizeof(blob.sha1));
	return blob;
}

/* Carries our callback and its error through wimlib's. */
struct visit {
	wtg_blob_fn *blob_fn;
	wtg_node_fn *node_fn;
	void *context;
	struct wtg_error *err;
};

/* Not one of wimlib's codes: our callback failed and has said why. */
#define FAILED_HERE (-1)

static int visit_blob(const struct wimlib_resource_entry *resource, void *context)
{
	const struct visit *visit = context;
	struct wtg_blob blob = blob_of(resource);

	return visit->blob_fn(&blob, visit->context, visit->err) < 0 ? FAILED_HERE : 0;
}

int wtg_wim_each_blob(struct wtg_wim *wim, wtg_blob_fn *fn, void *context,
		      struct wtg_error *err)
{
	struct visit visit = { .blob_fn = fn, .context = context, .err = err };
	int code = wimlib_iterate_lookup_table(wim->wim, 0, visit_blob, &visit);

	if (code == FAILED_HERE)
		return -1;
	return code ? fail(err, code, "read the file table of", wim->name) : 0;
}

/* The first stream is the unnamed one. */
static bool lacks_content(const struct wimlib_dir_entry *entry)
{
	for (uint32_t i = 0; i <= entry->num_named_streams; i++)
		if (entry->streams[i].resource.is_missing)
			return true;
	return false;
}

/* The high half is apart, and set, only where tv_sec has 32 bits. */
static uint64_t filetime(const struct wimlib_timespec *t, int32_t high)
{
	int64_t seconds = t->tv_sec;

	if (sizeof(t->tv_sec) == 4)
		seconds = (int64_t)((uint64_t)(uint32_t)high << 32 | (uint32_t)t->tv_sec);
	return wtg_filetime(seconds, t->tv_nsec);
}

static const uint8_t *object_id_of(const struct wimlib_dir_entry *entry)
{
	static const uint8_t none[WIMLIB_GUID_LEN];
	const uint8_t *id = entry->object_id.object_id;

	_Static_assert(sizeof(entry->object_id) == 64, "as NTFS has it");
	return memcmp(id, none, sizeof(none)) == 0 ? NULL : id;
}

const char *wtg_node_stream(const struct wtg_node *node, uint32_t i, struct wtg_blob *ret)
{
	const struct wimlib_stream_entry *stream =
		(const struct wimlib_stream_entry *)node->streams + i + 1;

	*ret = blob_of(&stream->resource);
	return stream->stream_name;
}

static int visit_node(const struct wimlib_dir_entry *entry, void *context)
{
	const struct visit *visit = context;
	struct wtg_node node = {
		.path = entry->full_path + 1,
		.name = entry->filename ? entry->filename : "",
		.short_name = entry->dos_name && *entry->dos_name ? entry->dos_name : NULL,
		.is_dir = entry->attributes & WIMLIB_FILE_ATTRIBUTE_DIRECTORY,
		.is_reparse = entry->attributes & WIMLIB_FILE_ATTRIBUTE_REPARSE_POINT,
		.is_encrypted = entry->attributes & WIMLIB_FILE_ATTRIBUTE_ENCRYPTED,
		.is_compacted = entry->reparse_tag == WIMLIB_REPARSE_TAG_WOF,
		.lacks_content = lacks_content(entry),
		.blob = blob_of(&entry->streams[0].resource),
		.depth = entry->depth,
		.attributes = entry->attributes,
		.reparse_tag = entry->reparse_tag,
		.created = filetime(&entry->creation_time, entry->creation_time_high),
		.written = filetime(&entry->last_write_time, entry->last_write_time_high),
		.accessed = filetime(&entry->last_access_time, entry->last_access_time_high),
		.link_group = entry->hard_link_group_id,
		.n_links = entry->num_links,
		.security = entry->security_descriptor,
		.security_size = entry->security_descriptor_size,
		.object_id = object_id_of(entry),
		.n_named_streams = entry->num_named_streams,
		.streams = entry->streams,
	};

	return visit->node_fn(&node, visit->context, visit->err) < 0 ? FAILED_HERE : 0;
}

int wtg_wim_walk(struct wtg_wim *wim, unsigned index, const char *path, enum wtg_walk how,
		 wtg_node_fn *fn, void *context, struct wtg_error *err)
{
	struct visit visit = { .node_fn = fn, .context = context, .err = err };
	int flags = how == WTG_WALK_TREE ? WIMLIB_ITERATE_DIR_TREE_FLAG_RECURSIVE : 0;
	int code = wimlib_iterate_dir_tree(wim->wim, (int)index, path, flags, visit_node,
					   &visit);

	if (code == FAILED_HERE)
		return -1;
	if (code == WIMLIB_ERR_PATH_DOES_NOT_EXIST)
		return 0;
	return code ? fail(err, code, "read the tree of an image in", wim->name) : 0;
}

struct extraction {
	uint64_t reported;
	struct wtg_progress *progress;
	struct wtg_error *err;
};

static enum wimlib_progress_status on_progress(enum wimlib_progress_msg message,
					       union wimlib_progress_info *info,
					       void *context)
{
	struct extraction *x = context;
	uint64_t done = x->reported, more;

	if (message == WIMLIB_PROGRESS_MSG_EXTRACT_STREAMS)
		done = info->extract.completed_bytes;
	more = done > x->reported ? done - x->reported : 0;
	x->reported += more;
	/* Every message asks for cancellation, also those that report nothing. */
	return wtg_progress_advance(x->progress, more, x->err) < 0 ?
		       WIMLIB_PROGRESS_STATUS_ABORT :
		       WIMLIB_PROGRESS_STATUS_CONTINUE;
}

int wtg_wim_extract(struct wtg_wim *wim, unsigned index, const char *volume_name,
		    struct wtg_progress *progress, struct wtg_error *err)
{
	struct extraction x = { .progress = progress, .err = err };
	int code;

	wimlib_register_progress_function(wim->wim, on_progress, &x);
	/* In this mode whatever wimlib cannot set on a file is a failure anyway: the
	 * STRICT flags are for filesystems that know less than NTFS. */
	code = wimlib_extract_image(wim->wim, (int)index, volume_name,
				    WIMLIB_EXTRACT_FLAG_NTFS);
	wimlib_register_progress_function(wim->wim, NULL, NULL);
	return code ? fail(err, code, "extract an image of", wim->name) : 0;
}
