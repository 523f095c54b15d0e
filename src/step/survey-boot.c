/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/survey-inner.h"

#include "base/alloc.h"
#include "wtg/text.h"

/* All boot trees of Windows 11 with both chains have some 60 MB. */
#define MAX_BOOT_BYTES (512u << 20)

/* A chain of the image, as the list of what is revoked sees it. */
struct candidate {
	struct wtg_bootfiles boot;
	char *why;    /* firmware does not start it; NULL: it does */
	char *others; /* which programs beside it are revoked */
};

static void candidate_done(struct candidate *c)
{
	wtg_bootfiles_done(&c->boot);
	free(c->why);
	free(c->others);
}

static int consider(const struct wtg_surveyor *s, const struct wtg_files *files,
		    enum wtg_boot_ca ca, const struct wtg_dbx *dbx, struct candidate *ret,
		    struct wtg_error *err)
{
	if (wtg_bootfiles_choose(files, s->edition->arch, ca, &ret->boot, err) < 0)
		return -1;
	return wtg_bootfiles_check(&ret->boot, dbx, &ret->why, &ret->others, err);
}

static enum wtg_boot_ca other_chain(const struct wtg_bootfiles *boot)
{
	if (boot->chain == WTG_BOOT_CA_2011)
		return boot->signers_2023 ? WTG_BOOT_CA_2023 : WTG_BOOT_CA_AUTO;
	return boot->signers_2011 ? WTG_BOOT_CA_2011 : WTG_BOOT_CA_AUTO;
}

static void take(struct wtg_surveyor *s, struct candidate *c, const char *list)
{
	if (c->others)
		WTG_APPEND(&s->made.warnings,
			   wtg_text("revoked by %s, but not needed to start Windows: %s", list,
				    c->others));
	s->made.boot = c->boot;
	c->boot = (struct wtg_bootfiles){ 0 };
}

/* The first is revoked.  Where the user left the choice, the other chain may do. */
static int fall_back(struct wtg_surveyor *s, const struct candidate *first,
		     struct candidate *second, const char *list, struct wtg_error *err)
{
	const char *name = wtg_boot_ca_name(first->boot.chain);

	if (!second->boot.files.items)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image's boot loader is revoked by %s: %s; it has none of "
				"another chain", list, first->why);
	if (second->why)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image's boot loaders of either chain are revoked by %s: of "
				"that of %s, %s; of the other, %s", list, name, first->why,
				second->why);
	if (s->request->boot_ca != WTG_BOOT_CA_AUTO) {
		wtg_fail(err, WTG_INPUT, 0, "the image's boot loader of %s is revoked by %s: %s",
			 name, list, first->why);
		return wtg_hint(err, "That of the other chain is not: --boot-ca %s.",
				wtg_boot_ca_name(second->boot.chain));
	}
	WTG_APPEND(&s->made.warnings,
		   wtg_text("the boot loader is that of %s, as that of %s is revoked by %s: %s",
			    wtg_boot_ca_name(second->boot.chain), name, list, first->why));
	take(s, second, list);
	return 0;
}

static int choose_unrevoked(struct wtg_surveyor *s, const struct wtg_files *files,
			    const struct wtg_file *list, struct wtg_error *err)
{
	_cleanup_(wtg_dbx_done) struct wtg_dbx dbx = { 0 };
	_cleanup_(candidate_done) struct candidate first = { 0 }, second = { 0 };
	enum wtg_boot_ca other;

	if (wtg_custom_parse_dbx(&s->custom->dbx, &dbx, err) < 0 ||
	    consider(s, files, s->request->boot_ca, &dbx, &first, err) < 0)
		return -1;
	if (!first.why) {
		take(s, &first, list->path);
		return 0;
	}
	other = other_chain(&first.boot);
	if (other != WTG_BOOT_CA_AUTO && consider(s, files, other, &dbx, &second, err) < 0)
		return -1;
	return fall_back(s, &first, &second, list->path, err);
}

static int choose(struct wtg_surveyor *s, const struct wtg_files *files, struct wtg_error *err)
{
	if (s->custom && s->custom->dbx.n_items > 0)
		return choose_unrevoked(s, files, &s->custom->dbx.items[0], err);
	return wtg_bootfiles_choose(files, s->edition->arch, s->request->boot_ca, &s->made.boot,
				    err);
}

int wtg_survey_plan_boot(struct wtg_surveyor *s, struct wtg_error *err)
{
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	size_t n = 0;

	while (wtg_boot_trees[n])
		n++;
	if (wtg_image_read(s->image, s->edition, wtg_boot_trees, n, MAX_BOOT_BYTES, &files,
			   err) < 0 ||
	    choose(s, &files, err) < 0)
		return wtg_while(err, "plan the boot files");
	return 0;
}
