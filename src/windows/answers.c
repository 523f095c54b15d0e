/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/answers.h"

#include <string.h>

#include "base/utf16.h"
#include "windows/places.h"
#include "wtg/text.h"

/* Microsoft, "Microsoft-Windows-Shell-Setup | UserAccounts | LocalAccounts | LocalAccount | Name",
 * and "User name restrictions"; and '%', which would be taken for a variable. */
#define MAX_NAME_UNITS 20
#define NAME_NEVER "\"/\\[]:;|=,+*?<>@%"

/* What LsaLogonUser() takes (PWLEN, lmcons.h: 256) and the tools of Windows let a person type. */
#define MAX_PASSWORD_UNITS 127

/* Names that Windows gives itself, in some languages; and devices, of which no profile's
 * directory can have the name. */
static const char *const taken[] = {
	"Administrator", "Administrators", "Administrateur", "Administrador",
	"Amministratore", "Administratör", "Järjestelmänvalvoja", "Rendszergazda",
	"Администратор", "Guest", "Guests", "Gast", "Invité", "Invitado", "Convidado",
	"Gäst", "Gæst", "Gjest", "Vieras", "Vendég", "Gość", "Гость", "DefaultAccount",
	"defaultuser0", "WDAGUtilityAccount", "HelpAssistant", "krbtgt", "Local", "NONE",
	"SYSTEM", "SERVICE", "LOCAL SERVICE", "NETWORK SERVICE", "NETWORK", "INTERACTIVE",
	"BATCH", "DIALUP", "PROXY", "ANONYMOUS LOGON", "Everyone", "Users", "Power Users",
	"BUILTIN", "CREATOR OWNER", "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3",
	"COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2", "LPT3", "LPT4",
	"LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
};

/* ------------------------------------------------------------------ texts */

/* Lower case of the alphabets that have one, as far as two accounts would be taken for one. */
static uint32_t fold(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
	    (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177))
		return c | 1;
	return c;
}

static bool is_same(const char *a, const char *b)
{
	uint32_t x, y;

	while (*a && *b) {
		size_t n = wtg_utf8_next(a, strlen(a), &x), m = wtg_utf8_next(b, strlen(b), &y);

		if (n == 0 || m == 0 || fold(x) != fold(y))
			return false;
		a += n;
		b += m;
	}
	return *a == *b;
}

/* How many UTF-16 units it has; 0: it is empty, no UTF-8, or has what nobody can type. */
static size_t units_of(const char *text)
{
	size_t units = 0, n;
	uint32_t c;

	for (; *text; text += n) {
		n = wtg_utf8_next(text, strlen(text), &c);
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfffe || c == 0xffff)
			return 0;
		units += c > 0xffff ? 2 : 1;
	}
	return units;
}

/* ------------------------------------------------------------------ accounts */

static bool is_taken(const char *name)
{
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (is_same(name, taken[i]))
			return true;
	return false;
}

static int check_name(const char *name, struct wtg_error *err)
{
	size_t units = units_of(name);

	if (units == 0)
		return wtg_fail(err, WTG_USAGE, 0,
				"--user: the name is empty, or has what is no character");
	if (units > MAX_NAME_UNITS)
		return wtg_fail(err, WTG_USAGE, 0, "--user %s: %zu characters, Windows takes %d",
				name, units, MAX_NAME_UNITS);
	if (strpbrk(name, NAME_NEVER))
		return wtg_fail(err, WTG_USAGE, 0,
				"--user %s: an account's name has none of %s in it", name,
				NAME_NEVER);
	if (strspn(name, ". ") == strlen(name) || wtg_text_ends(name, ".") ||
	    wtg_text_ends(name, " ") || name[0] == ' ')
		return wtg_fail(err, WTG_USAGE, 0,
				"--user \"%s\": an account's name neither ends with a dot nor "
				"begins or ends with a space",
				name);
	if (is_taken(name))
		return wtg_fail(err, WTG_USAGE, 0,
				"--user %s: Windows keeps that name for itself", name);
	return 0;
}

/* Without a word of the password. */
static int check_password(const struct wtg_user *user, struct wtg_error *err)
{
	size_t units;

	if (!user->password || !*user->password)
		return 0;
	units = units_of(user->password);
	if (units == 0)
		return wtg_fail(err, WTG_USAGE, 0,
				"the password of %s has what nobody can type: control characters, "
				"more than one line, or what is not UTF-8",
				user->name);
	if (units > MAX_PASSWORD_UNITS)
		return wtg_fail(err, WTG_USAGE, 0,
				"the password of %s has %zu characters, Windows takes %d",
				user->name, units, MAX_PASSWORD_UNITS);
	return 0;
}

static int check_user(const struct wtg_answers *answers, size_t i, struct wtg_error *err)
{
	const struct wtg_user *user = &answers->accounts[i];

	if (check_name(user->name, err) < 0 || check_password(user, err) < 0)
		return -1;
	if (answers->computer_name && is_same(user->name, answers->computer_name))
		return wtg_fail(err, WTG_USAGE, 0,
				"--user %s: the computer has that name", user->name);
	for (size_t k = 0; k < i; k++)
		if (is_same(user->name, answers->accounts[k].name))
			return wtg_fail(err, WTG_USAGE, 0,
					"--user %s and --user %s are one name to Windows",
					answers->accounts[k].name, user->name);
	return 0;
}

static int check_users(const struct wtg_answers *answers, struct wtg_error *err)
{
	bool administrator = answers->n_accounts == 0;

	for (size_t i = 0; i < answers->n_accounts; i++) {
		if (check_user(answers, i, err) < 0)
			return -1;
		administrator = administrator || !answers->accounts[i].standard;
	}
	if (!administrator)
		return wtg_fail(err, WTG_USAGE, 0,
				"--user: none of the accounts is an administrator, and somebody "
				"must be one");
	if (answers->auto_logon && answers->n_accounts == 0)
		return wtg_fail(err, WTG_USAGE, 0,
				"--auto-logon needs an account (--user)");
	return 0;
}

/* ------------------------------------------------------------------ the rest */

static int check_places(const struct wtg_answers *answers, struct wtg_error *err)
{
	if (answers->locale && !wtg_locale_find(answers->locale))
		return wtg_fail(err, WTG_USAGE, 0,
				"--locale %s: Windows has no such locale; they are called like "
				"de-DE",
				answers->locale);
	if (answers->keyboard && !wtg_keyboard_is_one(answers->keyboard))
		return wtg_fail(err, WTG_USAGE, 0,
				"--keyboard %s: neither a locale (de-DE) nor a language and its "
				"keyboard (0407:00000407)",
				answers->keyboard);
	if (answers->time_zone && !wtg_time_zone(answers->time_zone))
		return wtg_fail(err, WTG_USAGE, 0,
				"--timezone %s: no name of Windows (W. Europe Standard Time) nor "
				"of IANA (Europe/Vienna)",
				answers->time_zone);
	return 0;
}

bool wtg_answers_any(const struct wtg_answers *answers)
{
	return answers->n_accounts > 0 || answers->auto_logon || answers->computer_name ||
	       answers->locale || answers->keyboard || answers->time_zone || answers->skip_oobe ||
	       answers->private || answers->no_winre || answers->drivers;
}

int wtg_answers_check(const struct wtg_answers *answers, struct wtg_error *err)
{
	if (answers->computer_name && wtg_computer_name_check(answers->computer_name, err) < 0)
		return -1;
	if (check_users(answers, err) < 0)
		return -1;
	return check_places(answers, err);
}
