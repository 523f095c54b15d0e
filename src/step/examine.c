/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/examine.h"

#include "image/image.h"
#include "step/custom.h"
#include "windows/edits.h"

#define LOADER_PATH "Windows/Boot/EFI/bootmgfw.efi"
#define LOADER_EX_PATH "Windows/Boot/EFI_EX/bootmgfw_EX.efi"
#define SYSTEM_PATH "Windows/System32/config/SYSTEM"
#define MAX_BYTES (512u << 20)

static void warn(struct wtg_facts *out, const char *id, const char *text)
{
	wtg_fact_open(out, NULL, WTG_OBJECT);
	wtg_fact_text(out, "id", id);
	wtg_fact_text(out, "text", text);
	wtg_fact_close(out);
}

/* A damaged or strange file inside is something to warn of, under that id. */
static void warn_of(struct wtg_facts *out, const char *id, struct wtg_error *err)
{
	warn(out, id, err->message);
	wtg_error_done(err);
}

static void warn_of_registry(const struct wtg_files *files, struct wtg_facts *out,
			     struct wtg_error *err)
{
	const struct wtg_file *system = wtg_files_find(files, SYSTEM_PATH);
	struct wtg_hive_view view;

	if (!system)
		warn(out, "no-registry", "there is no " SYSTEM_PATH);
	else if (wtg_hive_view_open(&system->content, &view, err) < 0)
		warn_of(out, "bad-registry", err);
	else if (view.sequence1 != view.sequence2)
		warn(out, "dirty-registry",
		     "its SYSTEM hive was not written out to the end: it cannot be patched");
	else if (wtg_system_was_booted(&view))
		warn(out, "captured",
		     "it was booted before it was captured (not generalised): it remembers the "
		     "computer and the drives that it ran on");
}

static int describe_inside(struct wtg_image *image, const struct wtg_edition *edition,
			   const struct wtg_dbx *dbx, struct wtg_facts *out,
			   struct wtg_error *err)
{
	static const char *const paths[] = {
		LOADER_PATH,
		LOADER_EX_PATH,
		SYSTEM_PATH,
	};
	_cleanup_(wtg_image_warnings_done) struct wtg_image_warnings warnings = { 0 };
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	struct wtg_error loader_err = WTG_ERROR_INIT, read_err = WTG_ERROR_INIT;

	if ((wtg_image_warn(image, edition, &warnings, &read_err) < 0 ||
	     wtg_image_read(image, edition, paths, sizeof(paths) / sizeof(paths[0]), MAX_BYTES,
			    &files, &read_err) < 0) &&
	    read_err.kind != WTG_INPUT) {
		*err = read_err;
		return -1;
	}
	if (!read_err.message &&
	    wtg_examine_loader("loader", wtg_files_find(&files, LOADER_PATH), dbx, out,
			       &loader_err) == 0)
		(void)wtg_examine_loader("loader_ex", wtg_files_find(&files, LOADER_EX_PATH), dbx,
					 out, &loader_err);
	wtg_fact_open(out, "warnings", WTG_LIST);
	for (size_t i = 0; i < warnings.n_items; i++)
		warn(out, warnings.items[i].id, warnings.items[i].text);
	if (read_err.message)
		warn_of(out, "unreadable", &read_err);
	else
		warn_of_registry(&files, out, err);
	if (loader_err.message)
		warn_of(out, "bad-loader", &loader_err);
	wtg_fact_close(out);
	return 0;
}

int wtg_examine_editions(struct wtg_image *image, const struct wtg_dbx *dbx,
			 struct wtg_facts *out, struct wtg_error *err)
{
	int r = 0;

	wtg_fact_open(out, "editions", WTG_LIST);
	for (size_t i = 0; i < wtg_image_n_editions(image) && r == 0; i++) {
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_edition_describe(wtg_image_edition(image, i), out);
		r = describe_inside(image, wtg_image_edition(image, i), dbx, out, err);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
	return r;
}

struct examination {
	struct wtg_image *image;
	struct wtg_files dbx;
};

static void examination_done(struct examination *e)
{
	wtg_files_done(&e->dbx);
}

/* In the worker. */
static int examine(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		   struct wtg_error *err)
{
	const struct examination *e = context;
	_cleanup_(wtg_dbx_done) struct wtg_dbx dbx = { 0 };
	struct wtg_recorder recorder;
	struct wtg_facts *out;

	(void)progress;
	if (wtg_custom_parse_dbx(&e->dbx, &dbx, err) < 0)
		return -1;
	out = wtg_recorder_start(&recorder, reply);
	if (wtg_dbx_has_scope(&dbx.scope)) {
		wtg_fact_open(out, "dbx", WTG_OBJECT);
		wtg_dbx_describe(&dbx.scope, out);
		wtg_fact_close(out);
	}
	if (wtg_examine_editions(e->image, &dbx, out, err) < 0)
		return -1;
	wtg_recorder_end(&recorder);
	return 0;
}

int wtg_examine(struct wtg_image *image, const char *dbx, struct wtg_facts *out,
		struct wtg_error *err)
{
	_cleanup_(examination_done) struct examination e = { .image = image };
	const struct wtg_image_errand errand = { .work = examine };
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	struct wtg_reader reader;

	if (wtg_custom_read_dbx(dbx, &e.dbx, err) < 0 ||
	    wtg_image_confine(image, &errand, &e, NULL, &reply, err) < 0)
		return -1;
	wtg_image_describe(image, out);
	reader = wtg_reader(&reply);
	wtg_read_facts(&reader, out);
	if (!wtg_reader_done(&reader))
		return wtg_fail(err, WTG_INPUT, 0,
				"the process that reads %s gave back what makes no sense",
				wtg_image_path(image));
	return 0;
}
