/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "suggest.h"

#include <stddef.h>
#include <string.h>

#define LONGEST 32 /* no name of ours is longer */
#define NEAR 2	   /* two slips of the finger; more is another word */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many characters to insert, drop, replace or swap with their neighbour (Damerau's
 * distance, each place edited once). */
static unsigned distance(const char *a, const char *b)
{
	size_t a_length = strlen(a), b_length = strlen(b);
	unsigned d[LONGEST + 1][LONGEST + 1] = { 0 };

	if (a_length > LONGEST || b_length > LONGEST)
		return LONGEST;
	for (unsigned i = 0; i <= LONGEST; i++)
		d[i][0] = d[0][i] = i;

	for (size_t i = 1; i <= a_length; i++) {
		for (size_t j = 1; j <= b_length; j++) {
			unsigned replaced = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			d[i][j] = least(replaced, least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a_length][b_length];
}

void cli_suggest(struct cli_suggestion *best, const char *typed, const char *candidate)
{
	unsigned d = distance(typed, candidate);

	/* A short word is not near to another of which nothing is left. */
	if (d > NEAR || d >= strlen(candidate) || (best->word && d >= best->distance))
		return;
	best->word = candidate;
	best->distance = d;
}
