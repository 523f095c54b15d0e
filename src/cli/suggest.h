/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Did you mean?" */
#pragma once

struct cli_suggestion {
	const char *word; /* NULL: nothing was near */
	unsigned distance;
};

/* Take candidate if it is nearer to what was typed than what is there, and near at all.
 */
void cli_suggest(struct cli_suggestion *best, const char *typed, const char *candidate);
