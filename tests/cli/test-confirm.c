/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Confirmation, on a terminal of our own and without one. */
#include "support.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/cli/confirm.h"
#include "../../src/cli/front.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

static struct wtg_error err;
static char *full, *holes; /* paths of the targets */

static struct wtg_target *open_target(const char *path)
{
	const struct wtg_request request = {.target = path};
	struct wtg_target *target;

	assert_good(wtg_target_open(&request, &target, &err));
	return target;
}

static int make_files(void **state)
{
	(void)state;
	close(test_file("holes.img", 64 << 20, &holes));
	close(test_file("full.img", 64 << 20, &full));
	test_write_file(full, "something to lose", 17);
	assert_return_code(truncate(full, 64 << 20), 0);
	return 0;
}

static int forget_files(void **state)
{
	(void)state;
	free(full);
	free(holes);
	return 0;
}

/* In the child: the kind of what the question came to is the exit status. */
static void answer_for(const char *path)
{
	const struct wtg_request request = {.target = path};
	struct wtg_target *target;
	struct wtg_error child_err = WTG_ERROR_INIT;

	(void)cli_front_split(false, 0);
	if (wtg_target_open(&request, &target, &child_err) == 0)
		cli_confirm_ask(target, CLI_STAKE_ALL, &child_err);
	_exit((int)child_err.kind);
}

/* Ask on a new terminal, type the answer when the question is there; gives the kind and
 * what was shown (the caller frees). */
static enum wtg_kind type(const char *path, const char *answer, char **ret_shown)
{
	char shown[4096];
	size_t size = 0;
	int terminal, status;
	pid_t child = forkpty(&terminal, NULL, NULL, NULL);

	assert_true(child >= 0);
	if (child == 0)
		answer_for(path);
	for (bool asked = false;;) {
		ssize_t n = read(terminal, shown + size, sizeof(shown) - 1 - size);

		if (n <= 0) /* EIO: the other side is gone */
			break;
		size += (size_t)n;
		shown[size] = '\0';
		if (!asked && strstr(shown, "to go on: ")) {
			asked = true;
			assert_int_equal(write(terminal, answer, strlen(answer)),
					 strlen(answer));
		}
	}
	close(terminal);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (ret_shown)
		*ret_shown = wtg_text_copy(size ? shown : "");
	return (enum wtg_kind)WEXITSTATUS(status);
}

static void the_name_typed_confirms(void **state)
{
	_cleanup_free_ char *answer = wtg_text("%s\n", full);
	_cleanup_free_ char *shown = NULL;

	(void)state;
	assert_int_equal(type(full, answer, &shown), WTG_OK);
	assert_non_null(strstr(shown, full));
	assert_non_null(strstr(shown, "will be lost"));
	assert_non_null(strstr(shown, "64 MiB"));
}

static void anything_else_refuses(void **state)
{
	static const char *const answers[] = { "yes\n", "\n", "y\n", "\004", "/\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		assert_int_equal(type(full, answers[i], NULL), WTG_REFUSED);
}

static void an_interruption_is_heard_at_the_question(void **state)
{
	(void)state;
	assert_int_equal(type(full, "\003", NULL), WTG_CANCELLED);
}

static void nothing_to_lose_is_not_asked_about(void **state)
{
	_cleanup_free_ char *shown = NULL;

	(void)state;
	assert_int_equal(type(holes, "", &shown), WTG_OK);
	assert_string_equal(shown, "");
}

static void without_a_terminal_nobody_is_asked(void **state)
{
	_cleanup_(wtg_target_closep) struct wtg_target *target = open_target(full);
	int null = open("/dev/null", O_RDONLY), before = dup(STDIN_FILENO);
	int r;

	(void)state;
	assert_true(null >= 0 && before >= 0);
	dup2(null, STDIN_FILENO);
	r = cli_confirm_ask(target, CLI_STAKE_ALL, &err);
	dup2(before, STDIN_FILENO);
	close(before);
	close(null);
	assert_int_equal(r, -1);
	assert_non_null(strstr(err.hint, "--confirm"));
	assert_non_null(strstr(err.hint, full));
	test_expect_error(&err, WTG_REFUSED, "nobody is at a terminal");
}

static void a_given_name_must_be_the_right_one(void **state)
{
	_cleanup_(wtg_target_closep) struct wtg_target *target = open_target(full);

	(void)state;
	assert_good(cli_confirm_given(target, full, &err));
	assert_good(cli_confirm_given(target, NULL, &err));
	assert_fails(cli_confirm_given(target, "4C5300", &err), WTG_REFUSED,
		     "--confirm says \"4C5300\", but the path of");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_typed_confirms),
		cmocka_unit_test(anything_else_refuses),
		cmocka_unit_test(an_interruption_is_heard_at_the_question),
		cmocka_unit_test(nothing_to_lose_is_not_asked_about),
		cmocka_unit_test(without_a_terminal_nobody_is_asked),
		cmocka_unit_test(a_given_name_must_be_the_right_one),
	};

	return cmocka_run_group_tests_name("confirm", tests, make_files, forget_files);
}
