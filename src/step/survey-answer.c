/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/survey-inner.h"

#include "base/alloc.h"
#include "windows/system-hive.h"
#include "windows/unattend.h"
#include "wtg/text.h"

/*
 * Where an image may have an answer file of its own, and what becomes of it where answers were
 * asked for.  Microsoft: "Windows Setup configuration passes", implicit answer file search order.
 */
static const struct {
	const char *path;
	const char *fate;
} places[] = {
	{ "Windows/Panther/Unattend/unattend.xml", "left out" }, /* would go before ours */
	{ WTG_UNATTEND_PATH, "replaced" },
	{ "Windows/System32/Sysprep/unattend.xml", "passed over" },
};

/* More than the default, which says nothing but that there is no WinRE? */
static bool is_asked(const struct wtg_surveyor *s)
{
	struct wtg_answers answers = s->custom->answers;

	answers.no_winre = false;
	return s->custom->answer.n_items > 0 || wtg_answers_any(&answers);
}

/* An answer file of the image's own is not overwritten, or passed over by another place, unless
 * answers were asked for, and then not without a word. */
static int look_at_own(struct wtg_surveyor *s, bool asked, struct wtg_image_stat *ret_ours,
		       struct wtg_error *err)
{
	struct wtg_image_stat there;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (wtg_image_stat(s->image, s->edition, places[i].path, &there, err) < 0)
			return -1;
		if (wtg_text_equal(places[i].path, WTG_UNATTEND_PATH))
			*ret_ours = there;
		if (!there.exists)
			continue;
		if (!asked) {
			s->made.answer_kept = wtg_text_copy(places[i].path);
			return 0;
		}
		WTG_APPEND(&s->made.warnings,
			   wtg_text("the image's own answer file, %s, is %s: --unattend takes it "
				    "where it is to count",
				    places[i].path, places[i].fate));
		if (i == 0)
			wtg_overlay_drop(&s->made.overlay, places[i].path);
	}
	return 0;
}

/* Of the interface: the image has it, or what it is asked for cannot be. */
static int choose_language(struct wtg_surveyor *s, const char *locale, char **ret,
			   struct wtg_error *err)
{
	const char *languages = s->edition->languages;
	char *language;

	if (!locale)
		return 0;
	if (!languages) {
		WTG_APPEND(&s->made.warnings,
			   wtg_text("the image does not say which languages it has: --locale %s may "
				    "not be one", locale));
		return 0;
	}
	language = wtg_answers_language(locale, languages);
	if (!language)
		return wtg_fail(err, WTG_USAGE, 0,
				"--locale %s: the edition %s has %s, and not that language",
				locale, s->edition->selector, languages);
	*ret = language;
	return 0;
}

/* Takes what was made.  A file that was there had another descriptor. */
static void give(struct wtg_surveyor *s, struct wtg_unattend *made,
		 const struct wtg_image_stat *there)
{
	for (size_t i = 0; i < made->settings.n_items; i++)
		WTG_APPEND(&s->made.answers, WTG_STEAL(made->settings.items[i]));
	for (size_t i = 0; i < made->warnings.n_items; i++)
		WTG_APPEND(&s->made.warnings, WTG_STEAL(made->warnings.items[i]));
	if (made->secret)
		WTG_APPEND(&s->made.warnings,
			   wtg_text_copy("until Windows has started once, whoever holds the drive "
					 "can read the passwords in its answer file"));
	s->wishes[WTG_WISHER_ANSWER] = made->wishes;
	wtg_overlay_put(&s->made.overlay, WTG_UNATTEND_PATH, made->xml, made->security);
	if (there->exists && !there->is_dir) {
		s->made.overlay.items[s->made.overlay.n_items - 1].anew = true;
		wtg_survey_note_image(s, there->size_bytes);
	}
	made->xml = made->security = (struct wtg_bytes){ 0 };
	made->wishes = (struct wtg_wishes){ 0 };
}

int wtg_survey_plan_answer(struct wtg_surveyor *s, struct wtg_error *err)
{
	const struct wtg_files *theirs = &s->custom->answer;
	_cleanup_(wtg_unattend_done) struct wtg_unattend made = { 0 };
	struct wtg_answers answers = s->custom->answers;
	_cleanup_free_ char *language = NULL;
	bool asked = is_asked(s);
	struct wtg_image_stat there = { 0 };

	if (look_at_own(s, asked, &there, err) < 0 || s->made.answer_kept)
		return s->made.answer_kept ? 0 : -1;
	if (choose_language(s, answers.locale, &language, err) < 0)
		return -1;
	answers.arch = s->edition->arch;
	answers.build = s->edition->build;
	answers.language = language;
	if (wtg_unattend_make(&answers, theirs->n_items ? &theirs->items[0].content : NULL,
			      theirs->n_items ? theirs->items[0].path : NULL, &made, err) < 0)
		return wtg_while(err, "plan the answer file");
	if (asked) {
		size_t first = made.wishes.n_items;

		wtg_wish_key(&made.wishes, WTG_HIVE_SYSTEM, WTG_EDIT_DELETE, "Setup",
			     "UnattendFile");
		wtg_wishes_because(&made.wishes, first,
				   "an answer file named there would go before ours");
	}
	if (made.xml.data)
		give(s, &made, &there);
	return 0;
}

int wtg_survey_judge_answer(struct wtg_surveyor *s, struct wtg_error *err)
{
	const struct wtg_bytes *system = wtg_survey_hive(s, WTG_HIVE_SYSTEM);
	struct wtg_hive_view view;

	if (!system || !is_asked(s) || s->made.answer_kept)
		return 0;
	if (wtg_hive_view_open(system, &view, err) < 0)
		return wtg_while(err, "read the SYSTEM hive");
	if (wtg_system_is_set_up(&view))
		WTG_APPEND(&s->made.warnings,
			   wtg_text_copy("the image's Windows is set up already: it reads no answer "
					 "file, and nothing of what is set there will happen; only "
					 "one that Sysprep generalised does"));
	return 0;
}
