/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend.h"

#include <stdlib.h>

#include "base/xml.h"
#include "windows/unattend-inner.h"
#include "wtg/text.h"

/* Windows 11 does not go on without a network, from this build on, but for this. */
#define LEAST_NETWORK_BUILD 22000

/* The policy that keeps the privacy page from each new user came with this build. */
#define LEAST_PRIVACY_BUILD 17763

void wtg_notes_done(struct wtg_notes *notes)
{
	for (size_t i = 0; i < notes->n_items; i++)
		free(notes->items[i]);
	free(notes->items);
	*notes = (struct wtg_notes){ 0 };
}

void wtg_unattend_done(struct wtg_unattend *unattend)
{
	if (unattend->xml.data)
		explicit_bzero(unattend->xml.data, unattend->xml.size);
	wtg_bytes_done(&unattend->xml);
	wtg_bytes_done(&unattend->security);
	wtg_wishes_done(&unattend->wishes);
	wtg_notes_done(&unattend->settings);
	wtg_notes_done(&unattend->warnings);
}

/* ------------------------------------------------------------------ what goes with it */

static void wish_for(const struct wtg_answers *a, struct wtg_wishes *wishes)
{
	size_t first = wishes->n_items;

	if (a->skip_oobe && a->build >= LEAST_NETWORK_BUILD)
		wtg_wish_number(wishes, WTG_HIVE_SOFTWARE,
				"Microsoft\\Windows\\CurrentVersion\\OOBE", "BypassNRO", 1);
	wtg_wishes_because(wishes, first, "--skip-oobe: the first start needs no network");
	first = wishes->n_items;
	if (a->private && a->build >= LEAST_PRIVACY_BUILD)
		wtg_wish_number(wishes, WTG_HIVE_SOFTWARE, "Policies\\Microsoft\\Windows\\OOBE",
				"DisablePrivacyExperience", 1);
	wtg_wishes_because(wishes, first, "--private: nor is the next user asked");
}

/* What is asked all the same, as nobody answered it. */
static void warn_of_questions(const struct wtg_answers *a, struct wtg_notes *warnings)
{
	if (!a->skip_oobe)
		return;
	if (!a->locale)
		wtg_note(warnings, "Windows will ask for country and keyboard: --locale answers it");
	if (a->n_accounts == 0)
		wtg_note(warnings, "Windows will ask for an account: --user answers it");
	if (!a->private)
		wtg_note(warnings, "Windows will ask about privacy: --private answers it");
}

/* ------------------------------------------------------------------ the file */

static void leave_out(xmlDoc *doc)
{
	xmlNode *next;

	for (xmlNode *node = wtg_xml_first(xmlDocGetRootElement(doc)); node; node = next) {
		_cleanup_free_ char *pass = wtg_xml_attribute(node, "pass");

		next = wtg_xml_next(node);
		if (pass && !wtg_passes[wtg_pass_find(pass)].left_out)
			continue;
		xmlUnlinkNode(node);
		xmlFreeNode(node);
	}
}

static struct wtg_bytes format(xmlDoc *doc)
{
	struct wtg_bytes bytes;
	xmlChar *text;
	int size;

	xmlDocDumpFormatMemoryEnc(doc, &text, &size, "UTF-8", 1);
	bytes = wtg_bytes_copy(text, (size_t)size);
	explicit_bzero(text, (size_t)size);
	xmlFree(text);
	return bytes;
}

static void warn_of_done(const xmlDoc *doc, struct wtg_notes *warnings)
{
	const xmlNode *root = xmlDocGetRootElement(doc);

	for (const xmlNode *node = wtg_xml_first(root); node; node = wtg_xml_next(node)) {
		_cleanup_free_ char *pass = wtg_xml_attribute(node, "pass");

		if (wtg_pass_is_done(node))
			wtg_note(warnings, "%s is marked as done (wasPassProcessed): Windows will "
					   "not run it", pass);
	}
}

/* Theirs as a file that can take ours; or nothing but ours. */
static int join(const struct wtg_answers *answers, const struct wtg_bytes *theirs,
		const char *name, struct wtg_unattend *made, xmlDoc **ret, struct wtg_error *err)
{
	_cleanup_(wtg_xml_free_doc) xmlDoc *ours = wtg_unattend_compose(answers), *doc = NULL;

	if (!theirs) {
		*ret = WTG_STEAL(ours);
		return 0;
	}
	if (wtg_unattend_parse(theirs, name, &doc, err) < 0 ||
	    wtg_unattend_judge(doc, answers->arch, name, &made->warnings, err) < 0)
		return -1;
	warn_of_done(doc, &made->warnings);
	wtg_unattend_offline(doc, answers->arch, name, made);
	leave_out(doc);
	if (wtg_unattend_merge(doc, ours, name, err) < 0)
		return -1;
	*ret = WTG_STEAL(doc);
	return 0;
}

int wtg_unattend_make(const struct wtg_answers *answers, const struct wtg_bytes *theirs,
		      const char *name, struct wtg_unattend *ret, struct wtg_error *err)
{
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };
	_cleanup_(wtg_xml_free_doc) xmlDoc *doc = NULL;

	if (wtg_answers_check(answers, err) < 0)
		return -1;
	if (theirs || wtg_answers_any(answers)) {
		wish_for(answers, &made.wishes);
		if (join(answers, theirs, name, &made, &doc, err) < 0)
			return -1;
		warn_of_questions(answers, &made.warnings);
		wtg_unattend_tell(doc, answers->arch, &made.settings);
		made.secret = wtg_unattend_has_secret(doc);
		made.xml = format(doc);
		made.security = wtg_unattend_security();
	}
	*ret = made;
	made = (struct wtg_unattend){ 0 };
	return 0;
}

int wtg_unattend_read(const struct wtg_bytes *xml, enum wtg_arch arch,
		      struct wtg_unattend *ret, struct wtg_error *err)
{
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };
	_cleanup_(wtg_xml_free_doc) xmlDoc *doc = NULL;

	if (wtg_unattend_parse(xml, "it", &doc, err) < 0 ||
	    wtg_unattend_judge(doc, arch, "it", &made.warnings, err) < 0)
		return -1;
	wtg_unattend_offline(doc, arch, "it", &made);
	wtg_unattend_tell(doc, arch, &made.settings);
	made.secret = wtg_unattend_has_secret(doc);
	*ret = made;
	made = (struct wtg_unattend){ 0 };
	return 0;
}
