/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/survey-inner.h"

#include "base/alloc.h"
#include "windows/answers.h"
#include "wtg/text.h"

void wtg_survey_want_drivers(struct wtg_surveyor *s)
{
	if (s->custom->drivers.n_items == 0)
		return;
	s->wanted[WTG_HIVE_SOFTWARE] = true;
	s->wanted[WTG_HIVE_DRIVERS] = true;
}

static void warn(struct wtg_surveyor *s, char *sentence)
{
	WTG_APPEND(&s->made.warnings, sentence);
}

/* ------------------------------------------------------------------ what is there */

/* Names of INFs have gaps where packages were taken out: so many that none is behind it. */
#define MAX_GAP 64

static int find_first_free(struct wtg_surveyor *s, unsigned *ret, struct wtg_error *err)
{
	unsigned first_free = 0;

	for (unsigned i = 0; i < first_free + MAX_GAP; i++) {
		_cleanup_free_ char *path = wtg_text("Windows/INF/oem%u.inf", i);
		struct wtg_image_stat there;

		if (wtg_image_stat(s->image, s->edition, path, &there, err) < 0)
			return -1;
		if (there.exists)
			first_free = i + 1;
	}
	*ret = first_free;
	return 0;
}

/* What may be in the image already is what goes to Windows' own directories. */
static int lend(struct wtg_surveyor *s, const struct wtg_driver_copy *copy, struct wtg_error *err)
{
	struct wtg_image_stat there;

	wtg_overlay_lend(&s->made.overlay, copy->path, &s->custom->drivers, copy->source);
	if (wtg_text_starts(copy->path, WTG_DRIVERS_PATH "/"))
		return 0;
	if (wtg_image_stat(s->image, s->edition, copy->path, &there, err) < 0)
		return -1;
	if (there.exists && there.is_dir)
		return wtg_fail(err, WTG_INPUT, 0, "%s in the image is a directory", copy->path);
	if (there.exists)
		wtg_survey_note_image(s, there.size_bytes);
	return 0;
}

/* ------------------------------------------------------------------ what to be told */

static bool is_signed(const struct wtg_driver *driver)
{
	return driver->signature == WTG_DRIVER_SIGNED;
}

static void warn_of_signatures(struct wtg_surveyor *s)
{
	const struct wtg_drivers *drivers = &s->made.drivers;
	const struct wtg_driver *first = NULL;
	size_t n = 0;

	for (size_t i = drivers->n_items; i-- > 0;) {
		if (drivers->items[i].passed_over || is_signed(&drivers->items[i]))
			continue;
		first = &drivers->items[i];
		n++;
	}
	if (n > 0)
		warn(s, wtg_text("%zu of the drivers, %s the first, %s no signature that fits: "
				 "64-bit Windows neither installs nor loads such, but in test mode",
				 n, first->path, n == 1 ? "has" : "have"));
}

static void warn_of_places(struct wtg_surveyor *s)
{
	const struct wtg_driver_placement *placement = &s->made.placement;
	bool any = false;

	for (size_t i = 0; i < placement->places.n_items; i++) {
		const struct wtg_driver_place *place = &placement->places.items[i];

		any |= place->inf != NULL;
		if (place->lacking)
			warn(s, wtg_text("%s will only be there after the first start, not for it: %s",
					 s->made.drivers.items[place->driver].path,
					 place->why_not));
	}
	if (any)
		warn(s, wtg_text("drivers are installed as Windows itself does it, but no real "
				 "Windows has been seen to start with them"));
	if (placement->n_beyond > 0)
		warn(s, wtg_text("DevicePath has no room for %zu of the drivers: they are installed "
				 "at the first start or not at all", placement->n_beyond));
}

/* ------------------------------------------------------------------ where it goes */

static int place(struct wtg_surveyor *s, struct wtg_error *err)
{
	struct wtg_bytes hives[WTG_N_HIVES] = { { 0 } }; /* borrowed */
	struct wtg_driver_ground ground = {
		.arch = s->edition->arch,
		.build = s->edition->build,
		.files = &s->custom->drivers,
		.hives = hives,
	};

	for (enum wtg_hive_id id = 0; id < WTG_N_HIVES; id++)
		if (wtg_survey_hive(s, id))
			hives[id] = *wtg_survey_hive(s, id);
	if (find_first_free(s, &ground.first_free, err) < 0)
		return -1;
	return wtg_drivers_place(&s->made.drivers, &ground, &s->made.placement, err);
}

static int plan(struct wtg_surveyor *s, struct wtg_error *err)
{
	struct wtg_driver_placement *placement = &s->made.placement;

	if (wtg_drivers_read(&s->custom->drivers, s->edition->arch, s->edition->build,
			     &s->made.drivers, err) < 0 ||
	    place(s, err) < 0)
		return -1;
	for (size_t i = 0; i < placement->copies.n_items; i++)
		if (lend(s, &placement->copies.items[i], err) < 0)
			return -1;
	s->wishes[WTG_WISHER_DRIVERS] = placement->wishes;
	placement->wishes = (struct wtg_wishes){ 0 };
	warn_of_signatures(s);
	warn_of_places(s);
	return 0;
}

int wtg_survey_plan_drivers(struct wtg_surveyor *s, struct wtg_error *err)
{
	if (s->custom->drivers.n_items == 0)
		return 0;
	return plan(s, err) < 0 ? wtg_while(err, "plan the drivers") : 0;
}
