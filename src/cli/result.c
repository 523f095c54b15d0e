/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "result.h"

#include <stdio.h>
#include <stdlib.h>

#include "output.h"
#include "signals.h"
#include "wtg/cleanup.h"
#include "wtg/facts.h"
#include "wtg/text.h"

static const struct row {
	const char *name;
	int untouched, touched; /* exit statuses */
} rows[] = {
	[WTG_OK] = { "ok", 0, 0 },
	[WTG_USAGE] = { "usage", 2, 10 },
	[WTG_REFUSED] = { "refused", 3, 10 },
	[WTG_INPUT] = { "input", 4, 10 },
	[WTG_SYSTEM] = { "system", 5, 10 },
	[WTG_UNSUITABLE] = { "unsuitable", 6, 10 },
	[WTG_FINDINGS] = { "findings", 7, 10 },
	[WTG_MISMATCH] = { "mismatch", 7, 11 },
	[WTG_CAPACITY] = { "capacity", 6, 12 },
	[WTG_CANCELLED] = { "cancelled", 128, 128 }, /* and the signal's number */
};

static bool is_touched(const struct cli_outcome *outcome)
{
	return outcome->account.drive != WTG_DRIVE_UNTOUCHED;
}

const char *cli_result_kind_name(enum wtg_kind kind)
{
	return rows[kind].name;
}

int cli_result_status(enum wtg_kind kind, bool touched)
{
	int status = touched ? rows[kind].touched : rows[kind].untouched;

	return kind == WTG_CANCELLED ? status + cli_signals_caught() : status;
}

static const char *state_of_complete(enum wtg_kind kind)
{
	if (kind == WTG_MISMATCH)
		return "The drive is complete, but what was read back is not what was "
		       "written: do not rely on it.";
	return "The drive is complete, but it was not verified to the end. 'wtgctl "
	       "verify' looks again.";
}

const char *cli_result_state(const struct cli_outcome *outcome, enum wtg_kind kind)
{
	if (!outcome->writes || kind == WTG_OK ||
	    (kind == WTG_USAGE && !is_touched(outcome)))
		return NULL;
	if (kind == WTG_CAPACITY && is_touched(outcome))
		return "The drive was written to, but it does not keep what is written: "
		       "it is worth nothing.";
	switch (outcome->account.drive) {
	case WTG_DRIVE_UNTOUCHED:
		return outcome->file ? "The file was not touched."
				     : "The drive was not touched.";
	case WTG_DRIVE_BLANK:
		if (kind == WTG_INPUT)
			return "The drive was left without a partition table: nothing on "
			       "it boots. With a sound image, run the same command again.";
		return "The drive was left without a partition table: nothing on it "
		       "boots. Run the same command again.";
	case WTG_DRIVE_UNCERTAIN:
		if (kind == WTG_MISMATCH)
			return "It does not keep what is written to it, and was given no "
			       "partition table: do not rely on what it shows.";
		return "Its partition table was just being erased or written: do not "
		       "rely on what the drive shows. Run the same command again.";
	case WTG_DRIVE_COMPLETE:
		return state_of_complete(kind);
	}
	abort();
}

static void print_json(const struct cli_outcome *outcome, const struct wtg_error *err,
		       int status)
{
	struct wtg_json *json = cli_json_new("result");
	struct wtg_facts *out = wtg_json_facts(json);

	wtg_fact_number(out, "status", (uint64_t)status);
	wtg_fact_truth(out, "touched", is_touched(outcome));
	wtg_fact_text(out, "drive", outcome->writes ? wtg_drive_name(outcome->account.drive) : NULL);
	wtg_fact_text(out, "verified", outcome->verified);
	if (outcome->verified && outcome->account.past != WTG_PAST_NOTHING)
		wtg_fact_text(out, "read_back", wtg_past_name(outcome->account.past));
	wtg_fact_text(out, "kind", cli_result_kind_name(err->kind));
	wtg_fact_text(out, "message",
		      err->kind == WTG_OK ? outcome->message : err->message);
	wtg_fact_text(out, "state", cli_result_state(outcome, err->kind));
	wtg_fact_text(out, "hint", err->hint);
	cli_json_print(json, stdout);
	wtg_json_free(json);
}

static void print_failure(const struct cli_outcome *outcome, const struct wtg_error *err)
{
	_cleanup_free_ char *message =
		wtg_text_printable(err->message ? err->message : "");
	_cleanup_free_ char *hint = wtg_text_printable(err->hint ? err->hint : "");
	const char *state = cli_result_state(outcome, err->kind);

	fprintf(stderr, "wtgctl: %s.\n", message);
	if (state)
		fprintf(stderr, "%s\n", state);
	if (*hint)
		fprintf(stderr, "%s\n", hint);
}

/* Results that never arrived are a failure, unless the drive is what matters: then its
 * state is the truth and the lost output only a remark. */
static int check_stdout(const struct cli_outcome *outcome, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "wtgctl: not all of the output could be written.\n");
	return status == 0 && !is_touched(outcome) ? cli_result_status(WTG_SYSTEM, false)
						: status;
}

int cli_result_report(struct cli_outcome *outcome, const struct wtg_error *err)
{
	int status = cli_result_status(err->kind, is_touched(outcome));

	fflush(stdout); /* before what follows on stderr, where both are one terminal */
	if (err->kind != WTG_OK)
		print_failure(outcome, err);
	else if (outcome->message && !outcome->json)
		fprintf(stderr, "%s\n", outcome->message);
	if (outcome->json)
		print_json(outcome, err, status);
	free(outcome->message);
	outcome->message = NULL;
	return check_stdout(outcome, status);
}
