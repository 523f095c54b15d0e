/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/survey-inner.h"

#include "windows/unattend.h"
#include "wtg/text.h"

#define ANSWER_PATH "Windows/System32/Sysprep/unattend.xml"

/* An answer file of the image's own is not overwritten, or passed over by another place. */
int wtg_survey_plan_answer(struct wtg_surveyor *s, struct wtg_error *err)
{
	static const char *const places[] = { "Windows/Panther/unattend.xml", ANSWER_PATH };
	struct wtg_image_stat there;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (wtg_image_stat(s->image, s->edition, places[i], &there, err) < 0)
			return -1;
		if (there.exists) {
			s->made.answer_kept = wtg_text_copy(places[i]);
			return 0;
		}
	}
	wtg_overlay_put(&s->made.overlay, ANSWER_PATH,
			wtg_unattend_without_winre(s->edition->arch), (struct wtg_bytes){ 0 });
	return 0;
}
