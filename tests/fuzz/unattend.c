/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answer files of others: merged with ours, read again, and who may read them. */
#include "fuzz.h"

#include <string.h>

#include "windows/unattend.h"
#include "wtg/error.h"

#define SECRET "correct-horse"

/* What is made is far smaller than what may be read, if what it is made of is. */
#define SMALL (64u << 10)

static struct wtg_user user = { .name = "anna", .password = SECRET };

static void check_notes(const struct wtg_notes *notes)
{
	for (size_t i = 0; i < notes->n_items; i++)
		FUZZ_ASSERT(notes->items[i] && !strstr(notes->items[i], SECRET));
}

static void check_wishes(const struct wtg_wishes *wishes)
{
	for (size_t i = 0; i < wishes->n_items; i++)
		FUZZ_ASSERT(wishes->items[i].key && wishes->items[i].value &&
			    wishes->items[i].reason);
}

/* What Windows will find is an answer file, and merging nothing into it changes nothing. */
static void read_again(const struct wtg_unattend *made, enum wtg_arch arch)
{
	const struct wtg_answers nothing = { .arch = arch };
	struct wtg_unattend read = { 0 }, same = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	FUZZ_ASSERT(wtg_unattend_read(&made->xml, arch, &read, &err) == 0);
	FUZZ_ASSERT(read.secret == made->secret);
	FUZZ_ASSERT(read.settings.n_items == made->settings.n_items);
	FUZZ_ASSERT(wtg_unattend_make(&nothing, &made->xml, "a", &same, &err) == 0);
	FUZZ_ASSERT(same.settings.n_items == made->settings.n_items);
	for (size_t i = 0; i < same.settings.n_items; i++)
		FUZZ_ASSERT(strcmp(same.settings.items[i], made->settings.items[i]) == 0);
	wtg_unattend_done(&read);
	wtg_unattend_done(&same);
}

static void make(const struct wtg_answers *answers, const struct wtg_bytes *theirs)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_unattend made = { 0 };

	if (wtg_unattend_make(answers, theirs, "a", &made, &err) == 0) {
		FUZZ_ASSERT(wtg_unattend_is_private(&made.security));
		check_notes(&made.settings);
		check_notes(&made.warnings);
		check_wishes(&made.wishes);
		if (theirs->size < SMALL)
			read_again(&made, answers->arch);
	}
	FUZZ_ASSERT(!err.message || !strstr(err.message, SECRET));
	wtg_unattend_done(&made);
	wtg_error_done(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct wtg_answers answers = {
		.arch = WTG_ARCH_AMD64,
		.build = 26100,
		.accounts = &user,
		.n_accounts = 1,
		.auto_logon = true,
		.computer_name = "TOGO",
		.locale = "de-DE",
		.time_zone = "UTC",
		.skip_oobe = true,
		.private = true,
		.no_winre = true,
		.drivers = true,
	};
	const struct wtg_answers nothing = { .arch = WTG_ARCH_UNKNOWN };
	struct wtg_bytes bytes = fuzz_bytes(data, size);

	/* Whoever knows it already may say it. */
	if (memmem(data, size, SECRET, strlen(SECRET)))
		return 0;
	make(&answers, &bytes);
	make(&nothing, &bytes);
	(void)wtg_unattend_is_private(&bytes);
	return 0;
}
