/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/places.h"

#include <stdlib.h>
#include <string.h>

#include "base/guid.h"
#include "windows/answers.h"
#include "wtg/text.h"

/* Those of a keyboard's language; and of a keyboard ("00000407"). */
#define LANGUAGE_DIGITS 4
#define LAYOUT_DIGITS 8

const struct wtg_locale *wtg_locale_find(const char *name)
{
	for (size_t i = 0; i < wtg_n_locales; i++)
		if (wtg_text_equal_fold(wtg_locales[i].name, name))
			return &wtg_locales[i];
	return NULL;
}

/* ------------------------------------------------------------------ keyboards */

static bool is_hex(const char *text, size_t n)
{
	return strspn(text, "0123456789abcdefABCDEF") >= n;
}

static bool is_language(const char *digits)
{
	unsigned long id = strtoul(digits, NULL, 16);

	for (size_t i = 0; i < wtg_n_locales; i++)
		if (wtg_locales[i].id == id)
			return true;
	return false;
}

/* A text service and its profile: "{GUID}{GUID}". */
static bool is_profile(const char *text)
{
	const size_t n = WTG_GUID_TEXT_SIZE - 1 + 2;
	struct wtg_guid guid;

	if (strlen(text) != 2 * n)
		return false;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *one = wtg_text("%.*s", (int)n, text + i * n);

		if (one[0] != '{' || !wtg_guid_parse(one, &guid))
			return false;
	}
	return true;
}

static bool is_keyboard(const char *text)
{
	const char *layout;

	if (wtg_locale_find(text))
		return true;
	if (!is_hex(text, LANGUAGE_DIGITS) || text[LANGUAGE_DIGITS] != ':')
		return false;
	layout = text + LANGUAGE_DIGITS + 1;
	return is_language(text) && (is_profile(layout) || (strlen(layout) == LAYOUT_DIGITS &&
							    is_hex(layout, LAYOUT_DIGITS)));
}

bool wtg_keyboard_is_one(const char *text)
{
	for (;;) {
		size_t n = strcspn(text, ";");
		_cleanup_free_ char *one = wtg_text("%.*s", (int)n, text);

		if (!is_keyboard(one))
			return false;
		if (!text[n])
			return true;
		text += n + 1;
	}
}

/* ------------------------------------------------------------------ languages */

/* Chinese is written in two ways, and who reads one may not read the other: Hong Kong and Macao
 * write as Taiwan does, Singapore as China does. */
static bool is_traditional(const char *locale)
{
	return wtg_text_equal_fold(locale, "zh-TW") || wtg_text_equal_fold(locale, "zh-HK") ||
	       wtg_text_equal_fold(locale, "zh-MO");
}

static bool is_same_language(const char *a, const char *b)
{
	size_t n = strcspn(a, "-");

	return strcspn(b, "-") == n && strncasecmp(a, b, n) == 0 &&
	       is_traditional(a) == is_traditional(b);
}

char *wtg_answers_language(const char *locale, const char *languages)
{
	_cleanup_free_ char *akin = NULL;

	while (*languages) {
		size_t n = strcspn(languages, ", ");
		_cleanup_free_ char *one = wtg_text("%.*s", (int)n, languages);

		if (wtg_text_equal_fold(one, locale))
			return WTG_STEAL(one);
		if (n > 0 && !akin && is_same_language(one, locale))
			akin = WTG_STEAL(one);
		languages += n + (languages[n] != '\0');
	}
	return WTG_STEAL(akin);
}

/* ------------------------------------------------------------------ time zones */

static bool has_city(const char *cities, const char *name)
{
	while (*cities) {
		size_t n = strcspn(cities, " ");

		if (n == strlen(name) && strncasecmp(cities, name, n) == 0)
			return true;
		cities += n + (cities[n] == ' ');
	}
	return false;
}

const char *wtg_time_zone(const char *name)
{
	for (size_t i = 0; i < wtg_n_zones; i++)
		if (wtg_text_equal_fold(wtg_zones[i].name, name))
			return wtg_zones[i].name;
	for (size_t i = 0; i < wtg_n_zones; i++)
		if (*name && has_city(wtg_zones[i].cities, name))
			return wtg_zones[i].name;
	return NULL;
}
