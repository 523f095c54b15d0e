/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One worker for several processes, each with a drive of its own. */
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crew.h"
#include "base/fdio.h"
#include "base/outflow.h"
#include "wtg/text.h"

#define DRIVES 3
#define DISK_BYTES (16u << 20)
#define AT (1u << 20)
#define LENGTH (12u << 20)

struct drive {
	int fd;
	bool leaves; /* its process ends before it serves */
	bool full;   /* it cannot be written beyond its first half */
	pid_t process;
};

static struct drive drives[DRIVES];
static struct wtg_error err;

/* What the worker is to do. */
struct task {
	struct wtg_window window;
	int (*work)(struct task *task, struct wtg_error *err);
};

static int work(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		struct wtg_error *ret)
{
	struct task *task = context;

	(void)progress;
	wtg_packet_number(reply, 4711);
	return task->work(task, ret);
}

static int make_drives(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DRIVES; i++) {
		_cleanup_free_ char *name = wtg_text("drive%u", i);

		drives[i] = (struct drive){ .fd = test_file(name, DISK_BYTES, NULL) };
	}
	return 0;
}

static int forget_drives(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DRIVES; i++)
		close(drives[i].fd);
	return 0;
}

/* The process of a drive; its exit status is the kind of what it came to. */
static void __attribute__((noreturn)) be_drive(struct wtg_crew *crew, unsigned number)
{
	const struct drive *drive = &drives[number];
	struct wtg_ledger ledger = { 0 };
	struct wtg_window disk = test_window(drive->fd, DISK_BYTES, &ledger);
	struct wtg_window window = wtg_window_part(&disk, AT, LENGTH);
	struct wtg_packet reply = { 0 };
	struct wtg_error failure = WTG_ERROR_INIT;

	wtg_crew_join(crew, number);
	if (drive->leaves)
		_exit(99);
	if (drive->full)
		window.length = LENGTH / 2;
	(void)wtg_crew_serve(crew, &window, NULL, &reply, &failure);
	wtg_packet_done(&reply);
	_exit((int)failure.kind);
}

/* Gives what became of each. */
static void run(int (*what)(struct task *task, struct wtg_error *err), int ret[static DRIVES])
{
	struct wtg_ledger none = { 0 };
	struct task task = {
		{ .fd = -1, .offset = AT, .length = LENGTH, .ledger = &none }, what
	};
	const struct wtg_errand errand = {
		.who = "the worker",
		.blame = WTG_INPUT,
		.work = work,
		.context = &task,
		.window = &task.window,
	};
	_cleanup_(wtg_crew_freep) struct wtg_crew *crew = NULL;

	assert_good(wtg_crew_start(&errand, DRIVES, &crew, &err));
	for (unsigned i = 0; i < DRIVES; i++) {
		drives[i].process = fork();
		if (drives[i].process == 0)
			be_drive(crew, i);
	}
	wtg_crew_leave(crew);
	alarm(60); /* ends the test where it would not end by itself */
	for (unsigned i = 0; i < DRIVES; i++) {
		int status = 0;

		while (waitpid(drives[i].process, &status, WNOHANG) == 0) {
			wtg_crew_watch(crew);
			usleep(1000);
		}
		ret[i] = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	}
	alarm(0);
}

static char byte_at(unsigned number, uint64_t at)
{
	char byte;

	assert_good(wtg_pread_all(drives[number].fd, &byte, 1, at));
	return byte;
}

/* More than there are slots, so that each is used again. */
static int write_all(struct task *task, struct wtg_error *ret)
{
	_cleanup_(wtg_outflow_freep) struct wtg_outflow *out = wtg_outflow_new(&task->window, 2);

	for (unsigned i = 0; i < LENGTH >> 20; i++) {
		if (i >= 2 && wtg_outflow_settle(out, 1, ret) < 0)
			return -1;
		memset(wtg_outflow_slot(out, i % 2), 'a' + (int)i, 1u << 20);
		if (wtg_outflow_post(out, i % 2, 1u << 20, (uint64_t)i << 20, ret) < 0)
			return -1;
	}
	return wtg_outflow_settle(out, 0, ret);
}

static void expect_written(unsigned number)
{
	assert_int_equal(byte_at(number, AT - 1), 0);
	for (unsigned i = 0; i < LENGTH >> 20; i++) {
		assert_int_equal(byte_at(number, AT + ((uint64_t)i << 20)), 'a' + i);
		assert_int_equal(byte_at(number, AT + ((uint64_t)(i + 1) << 20) - 1), 'a' + i);
	}
	assert_int_equal(byte_at(number, AT + LENGTH), 0);
}

static void what_is_written_once_is_written_to_all(void **state)
{
	int ends[DRIVES];

	(void)state;
	run(write_all, ends);
	for (unsigned i = 0; i < DRIVES; i++) {
		assert_int_equal(ends[i], WTG_OK);
		expect_written(i);
	}
}

static void one_whose_window_fails_leaves_and_the_others_go_on(void **state)
{
	int ends[DRIVES];

	(void)state;
	drives[0].full = true;
	run(write_all, ends);
	assert_int_equal(ends[0], WTG_SYSTEM);
	for (unsigned i = 1; i < DRIVES; i++) {
		assert_int_equal(ends[i], WTG_OK);
		expect_written(i);
	}
	assert_int_equal(byte_at(0, AT + LENGTH / 2), 0);
}

static void one_that_is_gone_is_not_waited_for(void **state)
{
	int ends[DRIVES];

	(void)state;
	drives[1].leaves = true;
	run(write_all, ends);
	assert_int_equal(ends[0], WTG_OK);
	assert_int_equal(ends[1], 99);
	assert_int_equal(ends[2], WTG_OK);
	expect_written(2);
}

static int copy_first_byte(struct task *task, struct wtg_error *ret)
{
	char byte;

	if (wtg_window_pread(&task->window, &byte, 1, 0, ret) < 0)
		return -1;
	return wtg_window_pwrite(&task->window, &byte, 1, 1, ret);
}

static void what_is_read_comes_from_the_first_that_is_left(void **state)
{
	int ends[DRIVES];

	(void)state;
	for (unsigned i = 0; i < DRIVES; i++) {
		char byte = (char)('0' + i);

		assert_int_equal(pwrite(drives[i].fd, &byte, 1, AT), 1);
	}
	run(copy_first_byte, ends);
	for (unsigned i = 0; i < DRIVES; i++)
		assert_int_equal(byte_at(i, AT + 1), '0');
	drives[0].leaves = true;
	run(copy_first_byte, ends);
	assert_int_equal(byte_at(1, AT + 1), '1');
	assert_int_equal(byte_at(2, AT + 1), '1');
	assert_int_equal(byte_at(0, AT + 1), '0');
}

static int write_outside(struct task *task, struct wtg_error *ret)
{
	struct wtg_window all = task->window;

	all.offset = 0;
	all.length = DISK_BYTES;
	return wtg_window_pwrite(&all, "evil", 4, AT + LENGTH - 2, ret);
}

static int write_before(struct task *task, struct wtg_error *ret)
{
	struct wtg_window all = task->window;

	all.offset = 0;
	all.length = DISK_BYTES;
	return wtg_window_pwrite(&all, "evil", 4, AT - 4, ret);
}

static void it_reaches_no_more_of_any_than_its_window(void **state)
{
	int ends[DRIVES];

	(void)state;
	run(write_outside, ends);
	for (unsigned i = 0; i < DRIVES; i++)
		assert_int_equal(ends[i], WTG_SYSTEM);
	run(write_before, ends);
	for (unsigned i = 0; i < DRIVES; i++) {
		assert_int_equal(ends[i], WTG_SYSTEM);
		assert_int_equal(byte_at(i, AT - 4), 0);
		assert_int_equal(byte_at(i, AT + LENGTH - 2), 0);
	}
}

static int find_fault(struct task *task, struct wtg_error *ret)
{
	(void)task;
	return wtg_fail(ret, WTG_INPUT, 0, "the image is damaged");
}

static int die(struct task *task, struct wtg_error *ret)
{
	(void)task;
	(void)ret;
	abort();
}

static void all_hear_how_the_work_failed(void **state)
{
	int ends[DRIVES];

	(void)state;
	run(find_fault, ends);
	for (unsigned i = 0; i < DRIVES; i++)
		assert_int_equal(ends[i], WTG_INPUT);
	run(die, ends);
	for (unsigned i = 0; i < DRIVES; i++)
		assert_int_equal(ends[i], WTG_INPUT); /* whoever crashes is to blame */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_drives, forget_drives)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_once_is_written_to_all),
		TEST(one_whose_window_fails_leaves_and_the_others_go_on),
		TEST(one_that_is_gone_is_not_waited_for),
		TEST(what_is_read_comes_from_the_first_that_is_left),
		TEST(it_reaches_no_more_of_any_than_its_window),
		TEST(all_hear_how_the_work_failed),
	};

	return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
