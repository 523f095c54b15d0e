/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/outflow.h"
#include "base/worker.h"

#define N_SLOTS 3u
#define N_POSTS 10u
#define DISK_BYTES (64u << 20)
#define AT (1u << 20)

struct lent {
	struct wtg_window window;
};

/* A number for each piece, at its place. */
static int pour(const struct wtg_window *window, struct wtg_error *err)
{
	_cleanup_(wtg_outflow_freep) struct wtg_outflow *outflow =
		wtg_outflow_new(window, N_SLOTS);

	for (unsigned i = 0; i < N_POSTS; i++) {
		if (i >= N_SLOTS && wtg_outflow_settle(outflow, N_SLOTS - 1, err) < 0)
			return -1;
		memset(wtg_outflow_slot(outflow, i % N_SLOTS), (int)i + 1, WTG_OUTFLOW_BYTES);
		if (wtg_outflow_post(outflow, i % N_SLOTS, WTG_OUTFLOW_BYTES - i,
				     (uint64_t)i * WTG_OUTFLOW_BYTES, err) < 0)
			return -1;
	}
	return wtg_outflow_settle(outflow, 0, err);
}

static int pour_in_worker(void *context, struct wtg_progress *progress,
			  struct wtg_packet *reply, struct wtg_error *err)
{
	const struct lent *lent = context;

	(void)progress;
	(void)reply;
	return pour(&lent->window, err);
}

static int pour_by_worker(struct lent *lent, struct wtg_error *err)
{
	const struct wtg_errand errand = {
		.who = "the tested process",
		.blame = WTG_INPUT,
		.work = pour_in_worker,
		.context = lent,
		.window = &lent->window,
	};

	return wtg_worker_run(&errand, NULL, NULL, err);
}

static void every_slot_arrives_at_its_place(void **state)
{
	(void)state;
	for (int by_worker = 0; by_worker < 2; by_worker++) {
		struct wtg_error err = WTG_ERROR_INIT;
		struct wtg_ledger ledger = { 0 };
		int fd = test_file("outflow", DISK_BYTES, NULL);
		struct wtg_window disk = test_window(fd, DISK_BYTES, &ledger);
		struct lent lent = { wtg_window_part(&disk, AT, DISK_BYTES - AT) };

		assert_good(by_worker ? pour_by_worker(&lent, &err) : pour(&lent.window, &err));
		for (unsigned i = 0; i < N_POSTS; i++) {
			uint64_t at = AT + (uint64_t)i * WTG_OUTFLOW_BYTES;
			uint8_t first, last;

			assert_int_equal(pread(fd, &first, 1, (off_t)at), 1);
			assert_int_equal(pread(fd, &last, 1,
					       (off_t)(at + WTG_OUTFLOW_BYTES - i - 1)), 1);
			assert_int_equal(first, i + 1);
			assert_int_equal(last, i + 1);
		}
		assert_int_equal(ledger.n_writes, N_POSTS);
		assert_good(wtg_ledger_verify(&ledger, fd, DISK_BYTES, NULL, &err));
		wtg_ledger_done(&ledger);
		close(fd);
	}
}

static void what_fails_on_its_way_is_told(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { .failure = EIO, .failed_at = 77 };
	int fd = test_file("failing", DISK_BYTES, NULL);
	struct lent lent = { test_window(fd, DISK_BYTES, &ledger) };

	(void)state;
	assert_fails(pour_by_worker(&lent, &err), WTG_SYSTEM, "write to the drive at byte 77");
	wtg_ledger_done(&ledger);
	close(fd);
}

static void what_lies_outside_of_the_window_is_not_posted(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	int fd = test_file("small", DISK_BYTES, NULL);
	struct wtg_window disk = test_window(fd, DISK_BYTES, &ledger);
	struct lent lent = { wtg_window_part(&disk, AT, 2 * WTG_OUTFLOW_BYTES) };

	(void)state;
	assert_fails(pour_by_worker(&lent, &err), WTG_SYSTEM, "outside");
	assert_int_equal(ledger.n_writes, 2);
	wtg_ledger_done(&ledger);
	close(fd);
}

static void *add(void *number)
{
	__atomic_add_fetch((int *)number, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static int use_threads(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		       struct wtg_error *err)
{
	pthread_t threads[4];
	int n = 0;

	(void)context;
	(void)progress;
	for (int i = 0; i < 4; i++) {
		int errnum = pthread_create(&threads[i], NULL, add, &n);

		if (errnum)
			return wtg_fail(err, WTG_SYSTEM, errnum, "start a thread");
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	wtg_packet_number(reply, (uint64_t)n);
	return 0;
}

static void a_worker_may_have_threads(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_errand errand = {
		.who = "the tested process", .blame = WTG_INPUT, .work = use_threads,
	};
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	struct wtg_reader reader;

	(void)state;
	assert_good(wtg_worker_run(&errand, NULL, &reply, &err));
	reader = wtg_reader(&reply);
	assert_int_equal(wtg_read_number(&reader), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_arrives_at_its_place),
		cmocka_unit_test(what_fails_on_its_way_is_told),
		cmocka_unit_test(what_lies_outside_of_the_window_is_not_posted),
		cmocka_unit_test(a_worker_may_have_threads),
	};

	return cmocka_run_group_tests_name("outflow", tests, NULL, NULL);
}
