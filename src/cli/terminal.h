/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the terminal can do. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* A terminal that understands cursor movement: not TERM=dumb. */
bool cli_terminal_moves(FILE *stream);

/* One that may be coloured: it moves, and NO_COLOR is not set (no-color.org). */
bool cli_terminal_colours(FILE *stream);

/* Rows; 24 where nobody knows. */
unsigned cli_terminal_height(FILE *stream);

/* Columns; 80 where nobody knows. */
unsigned cli_terminal_width(FILE *stream);
