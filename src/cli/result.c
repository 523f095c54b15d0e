/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

bool cli_result_touched(const struct cli_outcome *outcome)
{
	for (size_t i = 0; i < outcome->n_members; i++)
		if (cli_member_is_touched(&outcome->members[i]))
			return true;
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

enum wtg_kind cli_result_worst(const struct cli_outcome *outcome)
{
	enum wtg_kind worst = WTG_OK;
	int highest = 0;

	for (size_t i = 0; i < outcome->n_members; i++) {
		const struct cli_member *member = &outcome->members[i];
		int status = cli_result_status(member->kind, cli_member_is_touched(member));

		if (status > highest)
			worst = member->kind;
		highest = status > highest ? status : highest;
	}
	return worst;
}

static const char *state_of_complete(enum wtg_kind kind)
{
	if (kind == WTG_MISMATCH)
		return "The drive is complete, but what was read back is not what was "
		       "written: do not rely on it.";
	return "The drive is complete, but it was not verified to the end. 'wtgctl "
	       "verify' looks again.";
}

/* What was under way, and what to do about it. */
static const char *state_of_uncertain(enum wtg_kind kind, enum cli_stake stake)
{
	if (kind == WTG_MISMATCH)
		return "It does not keep what is written to it, and was given no "
		       "partition table of ours: do not rely on what it shows.";
	switch (stake) {
	case CLI_STAKE_ALL:
	case CLI_STAKE_VENTOY:
		return "What it starts with was just being erased or written: do not "
		       "rely on what the drive shows. Run the same command again.";
	case CLI_STAKE_SPACE:
		return "The new partitions were just being added to its table, and may be there "
		       "already. 'wtgctl status' and 'wtgctl verify' tell: only where they are "
		       "not, run the same command again.";
	case CLI_STAKE_REPAIR:
		return "Run the same command again.";
	case CLI_STAKE_ENTRY:
		return "Files of Ventoy's menu on partition 1 were just being written, and "
		       "nothing else. Run the same command again; if it refuses, let "
		       "fsck.exfat, or chkdsk in Windows, check partition 1 first.";
	}
	abort();
}

const char *cli_result_state(const struct cli_outcome *outcome, enum wtg_kind kind)
{
	bool touched = cli_result_touched(outcome);

	if (!outcome->writes || kind == WTG_OK || (kind == WTG_USAGE && !touched))
		return NULL;
	if (outcome->n_members > 0) /* each has its own */
		return touched ? NULL : "None of them was touched.";
	if (kind == WTG_CAPACITY && touched)
		return "The drive was written to, but it does not keep what is written: "
		       "it is worth nothing.";
	switch (outcome->account.drive) {
	case WTG_DRIVE_UNTOUCHED:
		return outcome->file ? "The file was not touched."
				     : "The drive was not touched.";
	case WTG_DRIVE_KEPT:
		if (kind == WTG_INPUT)
			return "What was on the drive is still there, and its partition table "
			       "is as it was. With a sound image, run the same command again.";
		return "What was on the drive is still there, and its partition table is as it "
		       "was. Run the same command again.";
	case WTG_DRIVE_BLANK:
		if (kind == WTG_INPUT)
			return "The drive was left without a partition table: nothing on "
			       "it boots. With a sound image, run the same command again.";
		return "The drive was left without a partition table: nothing on it "
		       "boots. Run the same command again.";
	case WTG_DRIVE_UNCERTAIN:
		return state_of_uncertain(kind, outcome->stake);
	case WTG_DRIVE_COMPLETE:
		return state_of_complete(kind);
	}
	abort();
}

/* How quick it was, and by whose fault no quicker. */
static void describe_speed(const struct wtg_account *account, struct wtg_facts *out)
{
	uint64_t speed = wtg_account_drive_speed(account);

	if (account->apply_ms == 0)
		return;
	wtg_fact_bytes(out, "written_bytes", account->written_bytes);
	wtg_fact_number(out, "apply_ms", account->apply_ms);
	wtg_fact_number(out, "drive_ms", account->drive_ms);
	if (speed)
		wtg_fact_bytes(out, "drive_bytes_per_second", speed);
}

static void describe(const struct cli_outcome *outcome, const struct wtg_error *err,
		     struct wtg_facts *out)
{
	bool touched = cli_result_touched(outcome);

	wtg_fact_number(out, "status", (uint64_t)cli_result_status(err->kind, touched));
	wtg_fact_truth(out, "touched", touched);
	if (outcome->writes && outcome->n_members == 0)
		wtg_fact_text(out, "drive", wtg_drive_name(outcome->account.drive));
	wtg_fact_text(out, "verified", err->kind == WTG_OK ? outcome->verified : NULL);
	if (err->kind == WTG_OK && outcome->verified &&
	    outcome->account.past != WTG_PAST_NOTHING)
		wtg_fact_text(out, "read_back", wtg_past_name(outcome->account.past));
	wtg_fact_text(out, "kind", cli_result_kind_name(err->kind));
	wtg_fact_text(out, "message",
		      err->kind == WTG_OK ? outcome->message : err->message);
	wtg_fact_text(out, "state", cli_result_state(outcome, err->kind));
	wtg_fact_text(out, "hint", err->hint);
	describe_speed(&outcome->account, out);
}

/* One of several drives, as if it were the only one; one that did not come to an end of its
 * own shares that of the run. */
static void split(const struct cli_outcome *whole, const struct cli_member *member,
		  const struct wtg_error *run_err, struct cli_outcome *ret,
		  struct wtg_error *ret_err)
{
	*ret = (struct cli_outcome){
		.json = whole->json,
		.writes = whole->writes,
		.file = member->file,
		.account = member->account,
		.verified = whole->verified,
	};
	*ret_err = (struct wtg_error)WTG_ERROR_INIT;
	if (!member->ended) {
		*ret_err = *run_err;
		return;
	}
	ret_err->kind = member->kind;
	if (member->kind == WTG_OK)
		ret->message = member->message[0] ? (char *)member->message : NULL;
	else
		ret_err->message = (char *)member->message;
	if (member->hint[0])
		ret_err->hint = (char *)member->hint;
}

static void describe_members(const struct cli_outcome *outcome, const struct wtg_error *err,
			     struct wtg_facts *out)
{
	if (outcome->n_members == 0)
		return;
	wtg_fact_open(out, "targets", WTG_LIST);
	for (size_t i = 0; i < outcome->n_members; i++) {
		struct cli_outcome one;
		struct wtg_error one_err;

		split(outcome, &outcome->members[i], err, &one, &one_err);
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "target", outcome->members[i].path);
		describe(&one, &one_err, out);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

static void print_json(const struct cli_outcome *outcome, const struct wtg_error *err)
{
	struct wtg_json *json = cli_json_new("result");

	describe(outcome, err, wtg_json_facts(json));
	describe_members(outcome, err, wtg_json_facts(json));
	cli_json_print(json, stdout);
	wtg_json_free(json);
}

static void print_member_json(const struct cli_member *member, const struct cli_outcome *one,
			      const struct wtg_error *err)
{
	struct wtg_json *json = cli_json_new("target_result");

	wtg_fact_text(wtg_json_facts(json), "target", member->path);
	describe(one, err, wtg_json_facts(json));
	cli_json_print(json, stdout);
	wtg_json_free(json);
}

/* Between lines about other drives, each line names its own. */
static void print_member(const struct cli_member *member, const struct cli_outcome *one,
			 const struct wtg_error *err)
{
	_cleanup_free_ char *path = wtg_text_printable(member->path);
	_cleanup_free_ char *message = wtg_text_printable(member->message);
	_cleanup_free_ char *hint = wtg_text_printable(member->hint);
	const char *state = cli_result_state(one, err->kind);
	bool named = strstr(message, path) != NULL;

	if (member->ended && err->kind != WTG_OK)
		fprintf(stderr, "wtgctl: %s%s%s.\n", named ? "" : path, named ? "" : ": ",
			message);
	else if (one->message && !one->json)
		fprintf(stderr, "%s\n", message);
	/* Where nothing was written to any of them, that is said once. */
	if (state && cli_member_is_touched(member))
		fprintf(stderr, "%s: %s\n", path, state);
	if (member->ended && *hint)
		fprintf(stderr, "%s: %s\n", path, hint);
}

static void tell(const struct cli_outcome *outcome, struct cli_member *member,
		 const struct wtg_error *run_err)
{
	struct cli_outcome one;
	struct wtg_error err;

	if (member->told)
		return;
	member->told = true;
	split(outcome, member, run_err, &one, &err);
	fflush(stdout);
	print_member(member, &one, &err);
	if (outcome->json)
		print_member_json(member, &one, &err);
}

void cli_result_tell(const struct cli_outcome *outcome, struct cli_member *member)
{
	tell(outcome, member, NULL);
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
	return status == 0 && !cli_result_touched(outcome) ? cli_result_status(WTG_SYSTEM, false)
							   : status;
}

int cli_result_report(struct cli_outcome *outcome, const struct wtg_error *err)
{
	int status = cli_result_status(err->kind, cli_result_touched(outcome));

	for (size_t i = 0; i < outcome->n_members; i++)
		tell(outcome, &outcome->members[i], err);
	fflush(stdout); /* before what follows on stderr, where both are one terminal */
	if (err->kind != WTG_OK)
		print_failure(outcome, err);
	else if (outcome->message && !outcome->json)
		fprintf(stderr, "%s\n", outcome->message);
	if (outcome->json)
		print_json(outcome, err);
	free(outcome->message);
	outcome->message = NULL;
	return check_stdout(outcome, status);
}
