/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts as text for people: "key: value", aligned, in sections and lists. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "wtg/facts.h"

#define CLI_TEXT_DEPTH 32

enum cli_text_extent {
	CLI_TEXT_BRIEF, /* no objects in lists: of a plan, the outline and the warnings */
	CLI_TEXT_USUAL, /* no details */
	CLI_TEXT_ALL,
};

struct cli_text {
	struct wtg_facts facts; /* first: the sink's functions cast back */
	FILE *to;
	enum cli_text_extent extent;
	unsigned skipping; /* how deep inside what is left out */
	bool written;	   /* something */
	bool inside;	   /* the last line was in a section */
	bool dash;	   /* the next line is the first of a list's item */
	unsigned depth;
	struct cli_text_frame {
		const char *key; /* borrowed until it is closed */
		enum wtg_shape shape;
		bool begun; /* its heading is written: an empty one has none */
	} frames[CLI_TEXT_DEPTH];
};

/* Start a sink that writes to a stream; it needs no ending. */
struct wtg_facts *cli_text_start(struct cli_text *text, FILE *to,
				 enum cli_text_extent extent);
