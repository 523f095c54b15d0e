/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Windows would ask its owner when it first starts, answered beforehand; as the user says
 * it, checked by the rules that Microsoft documents, before a word of XML is written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "wtg/error.h"
#include "wtg/image.h"

struct wtg_user { /* local, an administrator: somebody must be one */
	const char *name;     /* borrowed */
	const char *password; /* UTF-8, borrowed; NULL: none */
	bool standard;        /* no administrator */
};

struct wtg_answers {
	enum wtg_arch arch;
	unsigned build;
	struct wtg_user *accounts; /* borrowed */
	size_t n_accounts;
	bool auto_logon;           /* of the first account, once */
	const char *computer_name; /* all patterns filled in; NULL: Windows makes one up */
	const char *locale;        /* "de-DE": language of the interface, formats, keyboard */
	const char *language;      /* of the interface, where the image has not locale's; or NULL */
	const char *keyboard;      /* "0407:00000407" or a locale; NULL: that of locale */
	const char *time_zone;     /* of Windows: "W. Europe Standard Time" */
	bool skip_oobe;            /* all pages for which there is an answer */
	bool private;              /* the privacy questions: everything off */
	bool no_winre;             /* UninstallWindowsRE */
	bool drivers;              /* a directory of them waits: WTG_DRIVERS_PATH */
};

/* Where --drivers puts packages for Windows to install when it first starts. */
#define WTG_DRIVERS_PATH "Windows/INF/wtgctl"

/* Is there anything to say at all? */
bool wtg_answers_any(const struct wtg_answers *answers);

/* Names of accounts and of the computer, passwords, locales, keyboards and time zones that
 * Windows would refuse: kind WTG_USAGE, naming the option. */
int wtg_answers_check(const struct wtg_answers *answers, struct wtg_error *err);

/* The one of an image's languages ("en-US, de-DE") that a locale is shown in: its own, or its
 * language of another country (de-AT: de-DE); NULL: it has none.  The caller frees. */
char *wtg_answers_language(const char *locale, const char *languages);

/* IANA's names, too: "Europe/Vienna"; NULL: neither they nor Windows know it. */
const char *wtg_time_zone(const char *name);

/*
 * "wtg-%serial%", "%random%" (hexadecimal, drawn from seed): what no two drives share, cut and
 * cleaned so that all of it is a computer's name of at most 15 characters.  Kind WTG_USAGE: an
 * unknown pattern, a name that cannot be one, or %serial% without a serial.  The caller frees.
 */
int wtg_computer_name(const char *pattern, const char *serial, const uint8_t seed[16],
		      char **ret, struct wtg_error *err);
/* One without patterns. */
int wtg_computer_name_check(const char *name, struct wtg_error *err);
bool wtg_computer_name_varies(const char *pattern);
