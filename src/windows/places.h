/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Languages, keyboards and time zones, as Windows calls them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wtg_locale {
	const char *name; /* "de-DE" */
	uint16_t id;      /* its LCID, which is what keyboards go by */
	bool unicode;     /* no code page serves it: programs without Unicode need another */
};
extern const struct wtg_locale wtg_locales[];
extern const size_t wtg_n_locales;

struct wtg_zone {
	const char *name;   /* "W. Europe Standard Time" */
	const char *cities; /* IANA's: "Europe/Berlin Europe/Vienna" */
};
extern const struct wtg_zone wtg_zones[];
extern const size_t wtg_n_zones;

/* Whatever the case; NULL: there is none of that name. */
const struct wtg_locale *wtg_locale_find(const char *name);

/*
 * Is it what an answer file's InputLocale takes: locales, or languages with one of their
 * keyboards ("0407:00000407", "0411:{GUID}{GUID}"), with ';' between them?
 */
bool wtg_keyboard_is_one(const char *text);
