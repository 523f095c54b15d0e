/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The corpus of target packet: a survey grows, and what lies in an older one would be
 * refused for its length.  usage: test-surveys CORPUS
 */
#include "support.h"

#include <fcntl.h>
#include <string.h>

#include "base/fdio.h"
#include "step/survey.h"
#include "wtg/text.h"

static const char *corpus;
static struct wtg_error err;

static struct wtg_bytes read_input(const char *name)
{
	_cleanup_free_ char *path = wtg_text("%s/%s", corpus, name);
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct wtg_bytes bytes = { 0 };

	assert_true(fd >= 0);
	assert_good(wtg_read_file(fd, 1 << 16, path, &bytes, &err));
	return bytes;
}

/* Three files are lent, as in the target itself. */
static int unflatten(const struct wtg_bytes *bytes)
{
	_cleanup_(wtg_survey_done) struct wtg_survey survey = { 0 };
	struct wtg_file lent[3] = { { .path = NULL } };
	const struct wtg_files lender = { .items = lent, .n_items = 3 };
	const struct wtg_packet packet = { .data = bytes->data, .size = bytes->size };

	return wtg_survey_unflatten(&packet, &lender, &survey, &err);
}

static void takes_the_survey_of_the_corpus(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes whole = read_input("survey");

	(void)state;
	assert_good(unflatten(&whole));
}

/* Nothing but one number of 8 bytes is another than in the good one. */
static void assert_one_number_apart(const struct wtg_bytes *a, const struct wtg_bytes *b)
{
	size_t first = 0, end = a->size;

	assert_int_equal(a->size, b->size);
	while (first < end && a->data[first] == b->data[first])
		first++;
	while (end > first && a->data[end - 1] == b->data[end - 1])
		end--;
	assert_in_range(end - first, 1, 8);
}

static void refuses_lies_for_what_their_names_say(void **state)
{
	static const char *const lies[] = {
		"no-chain",	"chain-without-loader", "no-such-machine", "bios-without-bootmgr",
		"no-such-loan", "no-such-driver",
	};
	_cleanup_(wtg_bytes_done) struct wtg_bytes whole = read_input("survey");

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes lie = read_input(lies[i]);

		assert_one_number_apart(&whole, &lie);
		assert_fails(unflatten(&lie), WTG_INPUT, "makes no sense");
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_survey_of_the_corpus),
		cmocka_unit_test(refuses_lies_for_what_their_names_say),
	};

	if (argc != 2)
		return 2;
	corpus = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
