/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "member.h"

#include <stdio.h>

void cli_member_end(struct cli_member *member, struct wtg_error *err)
{
	member->kind = err->kind;
	if (err->message)
		snprintf(member->message, sizeof(member->message), "%s", err->message);
	if (err->hint)
		snprintf(member->hint, sizeof(member->hint), "%s", err->hint);
	member->ended = true;
	wtg_error_done(err);
}
