/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/line.h"
#include "base/sandbox.h"
#include "base/worker.h"
#include "wtg/text.h"

typedef int work_fn(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		    struct wtg_error *err);

static struct wtg_errand errand_of(work_fn *work, void *context)
{
	return (struct wtg_errand){
		.who = "the tested process",
		.blame = WTG_INPUT,
		.work = work,
		.context = context,
	};
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ------------------------------------------------------------------ what comes back */

static int double_it(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		     struct wtg_error *err)
{
	int *number = context;
	uint8_t *large = wtg_alloc(3u << 20);

	memset(large, 7, 3u << 20);
	*number *= 2;
	wtg_packet_number(reply, (uint64_t)*number);
	wtg_packet_text(reply, "text");
	wtg_packet_bytes(reply, large, 3u << 20);
	free(large);
	return wtg_progress_advance(progress, 123, err);
}

static uint64_t told;

static void tell(struct wtg_progress *progress, uint64_t bytes)
{
	(void)progress;
	told += bytes;
}

static void gives_back_values_and_changes_nothing_else(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_progress progress = { .advance = tell };
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes large = { 0 };
	int number = 21;
	struct wtg_errand errand = errand_of(double_it, &number);
	struct wtg_reader reader;

	(void)state;
	told = 0;
	assert_good(wtg_worker_run(&errand, &progress, &reply, &err));
	reader = wtg_reader(&reply);
	assert_int_equal(wtg_read_number(&reader), 42);
	assert_string_equal(wtg_read_text(&reader), "text");
	large = wtg_read_bytes(&reader);
	assert_int_equal(large.size, 3u << 20);
	assert_int_equal(large.data[large.size - 1], 7);
	assert_true(wtg_reader_done(&reader));
	assert_int_equal(number, 21);
	assert_int_equal(told, 123);
}

static int fail_with_hint(void *context, struct wtg_progress *progress,
			  struct wtg_packet *reply, struct wtg_error *err)
{
	(void)progress;
	wtg_packet_number(reply, 1);
	wtg_fail(err, *(enum wtg_kind *)context, 0, "no luck");
	return wtg_hint(err, "Try again.");
}

static void gives_back_failures(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	enum wtg_kind kind = WTG_SYSTEM;
	struct wtg_errand errand = errand_of(fail_with_hint, &kind);
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };

	(void)state;
	assert_int_equal(wtg_worker_run(&errand, NULL, &reply, &err), -1);
	assert_string_equal(err.hint, "Try again.");
	test_expect_error(&err, WTG_SYSTEM, "no luck");
	assert_null(reply.data);
}

/* Of drives, rules and interruptions a worker knows nothing. */
static void a_worker_fails_in_no_kind_that_is_not_its_own(void **state)
{
	static const enum wtg_kind others[] = { WTG_USAGE, WTG_REFUSED, WTG_UNSUITABLE,
						WTG_FINDINGS, WTG_MISMATCH, WTG_CAPACITY };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		enum wtg_kind kind = others[i];
		struct wtg_errand errand = errand_of(fail_with_hint, &kind);

		assert_fails(wtg_worker_run(&errand, NULL, NULL, &err), WTG_INPUT, "no luck");
	}
}

static int crash(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		 struct wtg_error *err)
{
	(void)context;
	(void)progress;
	(void)reply;
	(void)err;
	signal(SIGSEGV, SIG_DFL); /* also under AddressSanitizer */
	raise(SIGSEGV);
	return 0;
}

static int leave(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		 struct wtg_error *err)
{
	(void)context;
	(void)progress;
	(void)reply;
	(void)err;
	_exit(3);
}

static int be_aborted(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		      struct wtg_error *err)
{
	(void)context;
	(void)progress;
	(void)reply;
	(void)err;
	abort();
}

/* Nobody but its starter knows it. */
static int be_killed(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		     struct wtg_error *err)
{
	(void)context;
	(void)progress;
	(void)reply;
	(void)err;
	raise(SIGKILL);
	return 0;
}

static void tells_how_a_worker_died(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_errand crashes = errand_of(crash, NULL);
	struct wtg_errand leaves = errand_of(leave, NULL);
	struct wtg_errand aborts = errand_of(be_aborted, NULL);

	(void)state;
	assert_fails(wtg_worker_run(&crashes, NULL, NULL, &err), WTG_INPUT,
		     "the tested process was ended by signal 11");
	assert_fails(wtg_worker_run(&leaves, NULL, NULL, &err), WTG_INPUT,
		     "the tested process ended with status 3");
	assert_fails(wtg_worker_run(&aborts, NULL, NULL, &err), WTG_INPUT,
		     "the tested process was ended by signal 6");
}

static void blames_no_image_for_what_somebody_killed(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_errand errand = errand_of(be_killed, NULL);

	(void)state;
	assert_fails(wtg_worker_run(&errand, NULL, NULL, &err), WTG_SYSTEM,
		     "the tested process was killed");
}

static int wait_for_ever(void *context, struct wtg_progress *progress,
			 struct wtg_packet *reply, struct wtg_error *err)
{
	(void)context;
	(void)progress;
	(void)reply;
	(void)err;
	for (;;)
		sched_yield();
	return 0;
}

static double interrupt_at;

static bool interrupted(struct wtg_progress *progress)
{
	(void)progress;
	return seconds() >= interrupt_at;
}

static void an_interruption_ends_it_at_once(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_errand errand = errand_of(wait_for_ever, NULL);
	struct wtg_progress progress = { .cancelled = interrupted };

	(void)state;
	interrupt_at = seconds() + 0.1;
	assert_fails(wtg_worker_run(&errand, &progress, NULL, &err), WTG_CANCELLED,
		     "interrupted");
	assert_true(seconds() - interrupt_at < 0.9);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* ------------------------------------------------------------------ the drive */

struct lent {
	struct wtg_window window;
	uint64_t write_at;
};

static int use_window(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		      struct wtg_error *err)
{
	struct lent *lent = context;
	struct wtg_window part = wtg_window_part(&lent->window, 4096, 4096);
	char old[4];

	(void)progress;
	if (wtg_window_pread(&part, old, sizeof(old), 0, err) < 0 ||
	    wtg_window_pwrite(&part, "new", 4, 8, err) < 0 ||
	    wtg_window_zero(&lent->window, 16384, 9u << 20, err) < 0 ||
	    wtg_window_flush(&lent->window, err) < 0)
		return -1;
	wtg_packet_bytes(reply, old, sizeof(old));
	return 0;
}

static void writes_through_its_starter(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	int fd = test_file("lent", 16u << 20, NULL);
	struct wtg_window disk = test_window(fd, 16u << 20, &ledger);
	struct lent lent = { .window = wtg_window_part(&disk, 1u << 20, 10u << 20) };
	struct wtg_errand errand = errand_of(use_window, &lent);
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	char found[4];

	(void)state;
	assert_good(wtg_window_pwrite(&disk, "old", 4, (1u << 20) + 4096, &err));
	errand.window = &lent.window;
	assert_good(wtg_worker_run(&errand, NULL, &reply, &err));
	assert_memory_equal(reply.data + 8, "old", 4);
	assert_good(wtg_window_pread(&disk, found, 4, (1u << 20) + 4104, &err));
	assert_string_equal(found, "new");
	assert_int_equal(ledger.bytes_written, 4 + 4 + (9u << 20));
	assert_good(wtg_ledger_verify(&ledger, fd, 16u << 20, NULL, &err));
	wtg_ledger_done(&ledger);
	close(fd);
}

/* What a worker that was taken over would do. */
static int write_outside(void *context, struct wtg_progress *progress,
			 struct wtg_packet *reply, struct wtg_error *err)
{
	struct lent *lent = context;
	struct wtg_window all = lent->window;

	(void)progress;
	(void)reply;
	all.offset = 0;
	all.length = UINT64_MAX;
	return wtg_window_pwrite(&all, "evil", 4, lent->write_at, err);
}

static void cannot_reach_beyond_the_window_that_it_was_lent(void **state)
{
	static const uint64_t places[] = { 0, (1u << 20) - 2, (2u << 20) - 2, 5u << 20,
					   UINT64_MAX - 8 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	int fd = test_file("bounds", 8u << 20, NULL);
	struct wtg_window disk = test_window(fd, 8u << 20, &ledger);

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct lent lent = { wtg_window_part(&disk, 1u << 20, 1u << 20), places[i] };
		struct wtg_errand errand = errand_of(write_outside, &lent);

		errand.window = &lent.window;
		assert_fails(wtg_worker_run(&errand, NULL, NULL, &err), WTG_SYSTEM,
			     "outside of a stretch");
	}
	assert_int_equal(ledger.n_writes, 0);
	wtg_ledger_done(&ledger);
	close(fd);
}

/* Asks and asks, and never listens. */
static int flood(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		 struct wtg_error *err)
{
	const struct lent *lent = context;
	const struct wtg_message question = { .word = WTG_WORD_READ };

	(void)progress;
	(void)reply;
	(void)err;
	while (wtg_line_send(lent->window.line->sockets[0], &question, sizeof(question)) == 0)
		;
	return 0;
}

static void who_does_not_listen_holds_nobody_up(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	int fd = test_file("flood", 1u << 20, NULL);
	struct lent lent = { .window = test_window(fd, 1u << 20, NULL) };
	struct wtg_errand errand = errand_of(flood, &lent);
	struct wtg_progress progress = { .cancelled = interrupted };

	(void)state;
	errand.window = &lent.window;
	interrupt_at = seconds() + 0.3;
	alarm(20); /* ends the test where it would not end by itself */
	assert_fails(wtg_worker_run(&errand, &progress, NULL, &err), WTG_CANCELLED,
		     "interrupted");
	alarm(0);
	close(fd);
}

static int write_inside(void *context, struct wtg_progress *progress,
			struct wtg_packet *reply, struct wtg_error *err)
{
	struct lent *lent = context;
	struct wtg_ledger pretended = { 0 };
	struct wtg_window writable = lent->window;

	(void)progress;
	(void)reply;
	writable.ledger = &pretended;
	return wtg_window_pwrite(&writable, "evil", 4, 0, err);
}

static void cannot_write_what_it_may_only_read(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	int fd = test_file("read-only", 1u << 20, NULL);
	struct lent lent = { .window = test_window(fd, 1u << 20, NULL) };
	struct wtg_errand errand = errand_of(write_inside, &lent);

	(void)state;
	errand.window = &lent.window;
	assert_fails(wtg_worker_run(&errand, NULL, NULL, &err), WTG_SYSTEM, "Read-only");
	close(fd);
}

/* ------------------------------------------------------------------ the canary */

/* What it tried, and that it could: NULL when nothing could be done. */
struct canary {
	const char *outside; /* a file that everybody may read and write */
	const char *directory; /* everybody may make files in */
	int open_descriptor; /* that it was not given */
};

static const char *reach_files(const struct canary *canary)
{
	if (open(canary->outside, O_RDONLY) >= 0)
		return "read a file";
	if (open(canary->outside, O_WRONLY) >= 0)
		return "write a file";
	if (open("/dev/null", O_RDONLY) >= 0)
		return "open a device";
	if (open(canary->directory, O_TMPFILE | O_RDWR, 0600) >= 0)
		return "make a file without a name";
	if (chdir(canary->directory) == 0 || open("made", O_CREAT | O_RDWR, 0600) >= 0)
		return "make a file";
	if (truncate(canary->outside, 0) == 0)
		return "empty a file";
	if (unlink(canary->outside) == 0)
		return "remove a file";
	if (rename(canary->outside, "elsewhere") == 0 || link(canary->outside, "link") == 0 ||
	    symlink(canary->outside, "link") == 0)
		return "rename or link a file";
	if (chmod(canary->outside, 0) == 0)
		return "change a file's mode";
	return NULL;
}

static const char *reach_others(pid_t starter)
{
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ||
	    socket(AF_NETLINK, SOCK_RAW, 0) >= 0)
		return "make a socket";
	if (ptrace(PTRACE_ATTACH, starter, NULL, NULL) == 0 ||
	    ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
		return "trace a process";
	if (kill(starter, 0) == 0)
		return "signal its starter";
	if (fork() >= 0)
		return "start a process";
	execl("/bin/true", "true", NULL);
	if (errno != ENOSYS && errno != EACCES && errno != EPERM)
		return "run a program";
	return NULL;
}

static const char *reach_power(int not_given)
{
	struct rlimit none = { 0, 0 };

	if (setuid(0) == 0 && geteuid() == 0 && getuid() == 0)
		return "become root";
	if (mount("none", "/", NULL, MS_REMOUNT, NULL) == 0 || chroot("/") == 0)
		return "change what is mounted";
	if (ioctl(0, TIOCSTI, "x") == 0 || fcntl(not_given, F_GETFD) >= 0)
		return "use a descriptor that it was not given";
	if (setrlimit(RLIMIT_CORE, &none) == 0)
		return "set a limit";
	if (fcntl(0, F_SETOWN, getppid()) == 0 || fcntl(0, F_SETFL, O_ASYNC) == 0)
		return "have the kernel send signals";
	return NULL;
}

static int try_everything(void *context, struct wtg_progress *progress,
			  struct wtg_packet *reply, struct wtg_error *err)
{
	const struct canary *canary = context;
	const char *could = reach_files(canary);

	(void)progress;
	(void)err;
	if (!could)
		could = reach_others(getppid());
	if (!could)
		could = reach_power(canary->open_descriptor);
	wtg_packet_text(reply, could);
	wtg_packet_number(reply, geteuid());
	return 0;
}

static void has_no_power(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *outside = NULL;
	_cleanup_free_ char *directory = wtg_text("%s/open", test_dir());
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	struct canary canary = { .open_descriptor = test_file("outside", 1, &outside) };
	struct wtg_errand errand = errand_of(try_everything, &canary);
	struct wtg_reader reader;
	const char *could;

	(void)state;
	assert_int_equal(chmod(test_dir(), 0755), 0);
	assert_int_equal(chmod(outside, 0666), 0);
	assert_int_equal(mkdir(directory, 0777), 0);
	assert_int_equal(chmod(directory, 0777), 0);
	canary.outside = outside;
	canary.directory = directory;
	assert_good(wtg_worker_run(&errand, NULL, &reply, &err));
	reader = wtg_reader(&reply);
	could = wtg_read_text(&reader);
	if (could)
		fail_msg("a worker can %s", could);
	assert_int_not_equal(wtg_read_number(&reader), 0);
	close(canary.open_descriptor);
}

/* The same attempts succeed where power was not given up: else they would prove nothing. */
static void the_canary_sings_outside(void **state)
{
	_cleanup_free_ char *outside = NULL;
	struct canary canary = { .open_descriptor = test_file("sings", 1, &outside) };

	(void)state;
	canary.outside = outside;
	canary.directory = test_dir();
	assert_string_equal(reach_files(&canary), "read a file");
	assert_string_equal(reach_others(getppid()), "make a socket");
	assert_non_null(reach_power(canary.open_descriptor));
	close(canary.open_descriptor);
}

static int use_scratch(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		       struct wtg_error *err)
{
	_cleanup_(wtg_cleanup_scratch) char *dir = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *left = NULL;
	_cleanup_fd_ int fd = -1, memory = -1;

	(void)context;
	(void)progress;
	(void)reply;
	if (wtg_scratch_make(&dir, err) < 0 || wtg_memory_file("memory", 9, &memory, err) < 0)
		return -1;
	path = wtg_text("%s/file", dir);
	left = wtg_text("%s/left", wtg_scratch_dir());
	fd = open(path, O_CREAT | O_RDWR, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || mkdir(left, 0700) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "use scratch");
	return 0;
}

/* Also below a directory that nobody can walk into. */
static void has_its_own_scratch_directory_which_goes_with_it(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_errand errand = errand_of(use_scratch, NULL);
	_cleanup_free_ char *private = wtg_text("%s/private", test_dir());

	(void)state;
	assert_int_equal(mkdir(private, 0700), 0);
	assert_int_equal(setenv("TMPDIR", private, 1), 0);
	errand.scratch = true;
	assert_good(wtg_worker_run(&errand, NULL, NULL, &err));
	assert_int_equal(rmdir(private), 0); /* it is empty */
	assert_int_equal(unsetenv("TMPDIR"), 0);
}

static int dig(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
	       struct wtg_error *err)
{
	_cleanup_free_ char *path = wtg_text_copy(wtg_scratch_dir());

	(void)progress;
	(void)reply;
	for (int i = 0; i < *(int *)context; i++) {
		char *deeper = wtg_text("%s/d", path);

		free(path);
		path = deeper;
		if (mkdir(path, 0700) < 0)
			return wtg_fail(err, WTG_SYSTEM, errno, "dig");
	}
	return 0;
}

/* It can make a hole that we do not follow, and that is all. */
static void a_deep_hole_swallows_nobody(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	int depth = 200;
	struct wtg_errand errand = errand_of(dig, &depth);
	_cleanup_free_ char *private = wtg_text("%s/hole", test_dir());

	(void)state;
	assert_int_equal(mkdir(private, 0700), 0);
	assert_int_equal(setenv("TMPDIR", private, 1), 0);
	errand.scratch = true;
	assert_good(wtg_worker_run(&errand, NULL, NULL, &err));
	assert_int_equal(unsetenv("TMPDIR"), 0);
	free(test_run(NULL, "rm -r '%s'", private));
}

static int read_given(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		      struct wtg_error *err)
{
	char byte;

	(void)progress;
	(void)reply;
	if (pread(*(int *)context, &byte, 1, 0) != 1 || byte != 'g')
		return wtg_fail(err, WTG_SYSTEM, errno, "read what it was given");
	return 0;
}

static void keeps_the_descriptors_that_it_was_given(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	int fd = test_file("given", 1, NULL);
	struct wtg_errand errand = errand_of(read_given, &fd);

	(void)state;
	assert_int_equal(pwrite(fd, "g", 1, 0), 1);
	assert_fails(wtg_worker_run(&errand, NULL, NULL, &err), WTG_SYSTEM,
		     "read what it was given");
	errand.descriptors = &fd;
	errand.n_descriptors = 1;
	assert_good(wtg_worker_run(&errand, NULL, NULL, &err));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_values_and_changes_nothing_else),
		cmocka_unit_test(gives_back_failures),
		cmocka_unit_test(a_worker_fails_in_no_kind_that_is_not_its_own),
		cmocka_unit_test(tells_how_a_worker_died),
		cmocka_unit_test(blames_no_image_for_what_somebody_killed),
		cmocka_unit_test(an_interruption_ends_it_at_once),
		cmocka_unit_test(writes_through_its_starter),
		cmocka_unit_test(cannot_reach_beyond_the_window_that_it_was_lent),
		cmocka_unit_test(who_does_not_listen_holds_nobody_up),
		cmocka_unit_test(cannot_write_what_it_may_only_read),
		cmocka_unit_test(has_no_power),
		cmocka_unit_test(the_canary_sings_outside),
		cmocka_unit_test(has_its_own_scratch_directory_which_goes_with_it),
		cmocka_unit_test(a_deep_hole_swallows_nobody),
		cmocka_unit_test(keeps_the_descriptors_that_it_was_given),
	};

	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
