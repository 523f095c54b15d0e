/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include <stdlib.h>

#include "output.h"
#include "wtg/cleanup.h"
#include "wtg/inspect.h"
#include "wtg/target.h"
#include "wtg/text.h"

static const char *meaning(enum wtg_state state)
{
	switch (state) {
	case WTG_STATE_FOREIGN:
		return "Nothing that wtgctl made is here.";
	case WTG_STATE_INTERRUPTED:
		return "A run did not come to its end: nothing here boots. The same "
		       "command, given again, starts over.";
	case WTG_STATE_INTERRUPTED_BESIDE:
		return "A run into the free space, or an upgrade of Ventoy, did not come to its "
		       "end: all else is as it was. The same command, given again, starts over.";
	case WTG_STATE_COMPLETE:
		return "wtgctl made this drive. Whether it still is as it should be, "
		       "'wtgctl verify' tells.";
	}
	abort();
}

int cli_status(struct cli_options *options, struct cli_outcome *outcome,
	       struct wtg_error *err)
{
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	_cleanup_(cli_output_done) struct cli_output output = { 0 };
	struct wtg_facts *out;
	enum wtg_state state;

	options->request.target = options->operands[0];
	if (wtg_target_open(&options->request, &target, err) < 0)
		return -1;
	out = cli_output_begin(&output, "status", options->json);
	wtg_fact_text(out, "path", wtg_target_disk(target)->path);
	if (wtg_status(target, out, &state, err) < 0)
		return -1;
	cli_output_end(&output);
	outcome->message = wtg_text_copy(meaning(state));
	return 0;
}
