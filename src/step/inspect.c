/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/inspect.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/worker.h"
#include "step/custom.h"
#include "target/target.h"
#include "wtg/text.h"

const char *wtg_grade_name(enum wtg_grade grade)
{
	switch (grade) {
	case WTG_GRADE_OK:
		return "ok";
	case WTG_GRADE_NOTE:
		return "note";
	case WTG_GRADE_WARNING:
		return "warning";
	case WTG_GRADE_WRONG:
		return "wrong";
	}
	abort();
}

void wtg_findings_done(struct wtg_findings *findings)
{
	for (size_t i = 0; i < findings->n_items; i++) {
		free(findings->items[i].topic);
		free(findings->items[i].sentence);
	}
	free(findings->items);
	*findings = (struct wtg_findings){ 0 };
}

size_t wtg_findings_count(const struct wtg_findings *findings, enum wtg_grade grade)
{
	size_t n = 0;

	for (size_t i = 0; i < findings->n_items; i++)
		n += findings->items[i].grade == grade;
	return n;
}

void wtg_findings_describe(const struct wtg_findings *findings, struct wtg_facts *out)
{
	wtg_fact_open(out, "findings", WTG_LIST);
	for (size_t i = 0; i < findings->n_items; i++) {
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "grade", wtg_grade_name(findings->items[i].grade));
		wtg_fact_text(out, "topic", findings->items[i].topic);
		wtg_fact_text(out, "sentence", findings->items[i].sentence);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

void wtg_find(struct wtg_findings *findings, enum wtg_grade grade, const char *topic,
	      const char *fmt, ...)
{
	struct wtg_finding finding = { .grade = grade, .topic = wtg_text_copy(topic) };
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&finding.sentence, fmt, args) < 0)
		finding.sentence = wtg_text_copy("(no memory for the sentence)");
	va_end(args);
	WTG_APPEND(findings, finding);
}

struct wtg_window wtg_inspect_window(const struct wtg_inspection *in,
				     const struct wtg_gpt_entry *entry)
{
	return wtg_window_part(in->disk, entry->first_byte, entry->size_bytes);
}

/* What one walk found out. */
static void forget(struct wtg_inspection *in)
{
	wtg_fat_close(in->fat);
	wtg_pe_done(&in->loader);
	free(in->winload);
	free(in->winload_bios);
	in->fat = NULL;
	in->loader = (struct wtg_pe){ 0 };
	in->dir = NULL;
	in->windows = NULL;
	in->winload = in->winload_bios = NULL;
}

static void inspection_free(struct wtg_inspection **in)
{
	forget(*in);
	free(*in);
}

static int walk(struct wtg_inspection *in, const struct wtg_gpt_entry *system,
		struct wtg_progress *progress, struct wtg_error *err)
{
	static bool (*const stages[])(struct wtg_inspection *in) = {
		wtg_inspect_esp,
		wtg_inspect_bcd,
		wtg_inspect_windows,
	};

	forget(in);
	in->esp = system;
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (wtg_progress_advance(progress, 0, err) < 0)
			return -1;
		if (!stages[i](in))
			break;
		if (stages[i] == wtg_inspect_windows)
			in->last_windows = in->windows->number;
	}
	return 0;
}

/* Those that firmware may start, or the one that was asked for. */
static size_t choose_systems(struct wtg_inspection *in, unsigned number,
			     const struct wtg_gpt_entry *ret[static WTG_INSPECT_MAX_SYSTEMS])
{
	if (number == 0)
		return wtg_inspect_systems(in, ret);
	ret[0] = wtg_partitions_number(&in->table, number);
	return ret[0] != NULL;
}

/* What the walk would come to, were what it starts from sound. */
static void look_beyond(struct wtg_inspection *in, unsigned number)
{
	in->windows = wtg_partitions_number(&in->table, number);
	if (!in->windows)
		return;
	if (!in->winload)
		in->winload = wtg_text_copy("Windows/system32/winload.efi");
	(void)wtg_inspect_windows(in);
}

int wtg_inspect_disk(const struct wtg_look *look, struct wtg_progress *progress,
		     struct wtg_findings *ret, struct wtg_error *err)
{
	const struct wtg_window *disk = &look->disk;
	_cleanup_(inspection_free) struct wtg_inspection *in = wtg_alloc(sizeof(*in));
	const struct wtg_gpt_entry *systems[WTG_INSPECT_MAX_SYSTEMS];
	uint8_t first_byte;
	size_t n = 0;

	/* A drive that cannot be read at all is no finding about Windows. */
	if (disk->length > 0 && wtg_window_pread(disk, &first_byte, 1, 0, err) < 0)
		return -1;
	in->disk = disk;
	in->sector_bytes = look->sector_bytes;
	in->dbx = &look->dbx;
	in->findings = ret;
	if (wtg_inspect_table(in))
		n = choose_systems(in, look->system, systems);
	for (size_t i = 0; i < n; i++)
		if (walk(in, systems[i], progress, err) < 0)
			return -1;
	if (look->windows > 0 && in->last_windows != look->windows)
		look_beyond(in, look->windows);
	/* What could not be read then may be sound. */
	if (wtg_memory_was_short())
		return wtg_fail(err, WTG_SYSTEM, ENOMEM, "look at the drive");
	return 0;
}

struct errand {
	struct wtg_look look;
	struct wtg_files dbx;
};

static void errand_done(struct errand *e)
{
	wtg_files_done(&e->dbx);
}

/* In the worker: what lies there is foreign. */
static int look(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		struct wtg_error *err)
{
	struct errand *e = context;
	_cleanup_(wtg_findings_done) struct wtg_findings findings = { 0 };
	int r;

	if (wtg_custom_parse_dbx(&e->dbx, &e->look.dbx, err) < 0)
		return -1;
	r = wtg_inspect_disk(&e->look, progress, &findings, err);
	wtg_dbx_done(&e->look.dbx);
	if (r < 0)
		return -1;
	wtg_packet_number(reply, findings.n_items);
	for (size_t i = 0; i < findings.n_items; i++) {
		wtg_packet_number(reply, findings.items[i].grade);
		wtg_packet_text(reply, findings.items[i].topic);
		wtg_packet_text(reply, findings.items[i].sentence);
	}
	return 0;
}

static bool read_findings(const struct wtg_packet *packet, struct wtg_findings *ret)
{
	struct wtg_reader reader = wtg_reader(packet);
	size_t n = wtg_read_count(&reader);

	for (size_t i = 0; i < n && !reader.bad; i++) {
		struct wtg_finding finding = { 0 };

		finding.grade = (enum wtg_grade)wtg_read_below(&reader, WTG_GRADE_WRONG + 1);
		finding.topic = wtg_text_copy(wtg_read_text(&reader));
		finding.sentence = wtg_text_copy(wtg_read_text(&reader));
		if (!finding.topic || !finding.sentence)
			reader.bad = true;
		WTG_APPEND(ret, finding);
	}
	return wtg_reader_done(&reader);
}

int wtg_inspect(const struct wtg_target *target, const char *dbx, struct wtg_progress *progress,
		struct wtg_findings *ret, struct wtg_error *err)
{
	const struct wtg_disk *known = wtg_target_disk(target);
	_cleanup_(errand_done) struct errand e = {
		.look = { .disk.length = known->size_bytes, .sector_bytes = known->sector_bytes },
	};
	const struct wtg_errand errand = {
		.who = "the process that looks at the drive",
		.blame = WTG_FINDINGS,
		.work = look,
		.context = &e,
		.window = &e.look.disk,
		.scratch = true,
	};
	_cleanup_(wtg_findings_done) struct wtg_findings findings = { 0 };
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	_cleanup_fd_ int fd = -1;

	if (wtg_custom_read_dbx(dbx, &e.dbx, err) < 0 ||
	    wtg_target_open_fresh(target, &fd, err) < 0)
		return -1;
	e.look.disk.fd = fd;
	if (wtg_worker_run(&errand, progress, &reply, err) < 0)
		return wtg_while(err, "look at %s", known->path);
	if (!read_findings(&reply, &findings))
		return wtg_fail(err, WTG_FINDINGS, 0, "%s gave back what makes no sense",
				errand.who);
	*ret = findings;
	findings = (struct wtg_findings){ 0 };
	return 0;
}
