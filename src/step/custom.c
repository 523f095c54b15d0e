/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/custom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "step/custom-inner.h"
#include "wtg/text.h"

#define MAX_ANSWER_BYTES (1u << 20)
#define MAX_SCRIPT_BYTES (16u << 20)

/* What is no file of a disk, such as a pipe without a writer, must not keep us waiting. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

static int read_own(const char *option, const char *path, size_t max, struct wtg_files *files,
		    struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(path, OPEN_FLAGS);
	struct wtg_bytes content;

	if (fd < 0)
		return wtg_fail(err, WTG_INPUT, errno, "%s: open %s", option, path);
	if (wtg_read_file(fd, max, path, &content, err) < 0)
		return wtg_while(err, "%s", option);
	wtg_files_add(files, path, content);
	return 0;
}

int wtg_custom_read_dbx(const char *path, struct wtg_files *ret, struct wtg_error *err)
{
	return path ? read_own("--dbx", path, WTG_DBX_BYTES, ret, err) : 0;
}

int wtg_custom_parse_dbx(const struct wtg_files *dbx, struct wtg_dbx *ret, struct wtg_error *err)
{
	if (dbx->n_items == 0) {
		*ret = (struct wtg_dbx){ 0 };
		return 0;
	}
	if (wtg_dbx_parse(&dbx->items[0].content, ret, err) < 0)
		return wtg_while(err, "--dbx %s", dbx->items[0].path);
	return 0;
}

static int read_files(const struct wtg_request *request, struct wtg_custom *custom,
		      struct wtg_error *err)
{
	if (request->unattend && read_own("--unattend", request->unattend, MAX_ANSWER_BYTES,
					  &custom->answer, err) < 0)
		return -1;
	if (wtg_custom_read_dbx(request->dbx, &custom->dbx, err) < 0)
		return -1;
	for (size_t i = 0; i < request->registry.n_items; i++)
		if (read_own("--registry", request->registry.items[i], MAX_SCRIPT_BYTES,
			     &custom->registry, err) < 0)
			return -1;
	for (size_t i = 0; i < request->drivers.n_items; i++)
		if (wtg_custom_read_drivers(request->drivers.items[i], &custom->drivers, err) < 0)
			return -1;
	return wtg_custom_sort_drivers(&custom->drivers, err);
}

/* ------------------------------------------------------------------ answers */

/* Takes text. */
static const char *keep(struct wtg_custom *custom, char *text)
{
	custom->texts = wtg_realloc(custom->texts, custom->n_texts + 1, sizeof(*custom->texts));
	custom->texts[custom->n_texts++] = text;
	return text;
}

/* "anna", "tom:standard". */
static int read_account(const char *user, struct wtg_custom *custom, struct wtg_user *ret,
			struct wtg_error *err)
{
	const char *colon = strrchr(user, ':');
	size_t length = colon ? (size_t)(colon - user) : strlen(user);

	if (colon && !wtg_text_equal(colon, ":standard"))
		return wtg_fail(err, WTG_USAGE, 0,
				"--user %s: behind the colon nothing but \"standard\" is known",
				user);
	if (length == 0)
		return wtg_fail(err, WTG_USAGE, 0, "--user %s: the account has no name", user);
	ret->name = keep(custom, wtg_text("%.*s", (int)length, user));
	ret->standard = colon;
	return 0;
}

static int read_accounts(const struct wtg_request *request, struct wtg_custom *custom,
			 struct wtg_error *err)
{
	size_t n = request->users.n_items;
	char *password;

	if (n == 0)
		return 0;
	custom->accounts = wtg_alloc(n * sizeof(*custom->accounts));
	for (size_t i = 0; i < n; i++)
		if (read_account(request->users.items[i], custom, &custom->accounts[i], err) < 0)
			return -1;
	/* wtg_request_check() saw that there are as many, or none. */
	for (size_t i = 0; i < request->password_files.n_items; i++) {
		if (wtg_custom_read_password(request->password_files.items[i], &password,
					     &custom->exposed_password, err) < 0)
			return -1;
		custom->accounts[i].password = keep(custom, password);
	}
	custom->answers.accounts = custom->accounts;
	custom->answers.n_accounts = n;
	return 0;
}

static int read_answers(const struct wtg_request *request, struct wtg_custom *custom,
			struct wtg_error *err)
{
	custom->answers = (struct wtg_answers){
		.auto_logon = request->auto_logon,
		.computer_name = request->computer_name,
		.locale = request->locale,
		.keyboard = request->keyboard,
		.time_zone = request->time_zone,
		.skip_oobe = request->skip_oobe,
		.private = request->private,
		.no_winre = !request->winre,
		.drivers = request->drivers.n_items > 0,
	};
	return read_accounts(request, custom, err);
}

static int name_computer(const struct wtg_disk *disk, const uint8_t seed[16],
			 struct wtg_custom *custom, struct wtg_error *err)
{
	const char *pattern = custom->answers.computer_name;
	char *name;

	if (!pattern)
		return 0;
	if (wtg_computer_name(pattern, disk->serial, seed, &name, err) < 0)
		return -1;
	custom->answers.computer_name = keep(custom, name);
	return 0;
}

int wtg_custom_read(const struct wtg_request *request, const struct wtg_disk *disk,
		    const uint8_t seed[16], struct wtg_custom *ret, struct wtg_error *err)
{
	_cleanup_(wtg_custom_done) struct wtg_custom custom = { 0 };

	if (read_answers(request, &custom, err) < 0 ||
	    name_computer(disk, seed, &custom, err) < 0 ||
	    wtg_answers_check(&custom.answers, err) < 0 ||
	    read_files(request, &custom, err) < 0)
		return -1;
	*ret = custom;
	custom = (struct wtg_custom){ 0 };
	return 0;
}

void wtg_custom_done(struct wtg_custom *custom)
{
	for (size_t i = 0; i < custom->n_texts; i++) {
		explicit_bzero(custom->texts[i], strlen(custom->texts[i]));
		free(custom->texts[i]);
	}
	free(custom->texts);
	free(custom->accounts);
	wtg_files_done(&custom->answer);
	wtg_files_done(&custom->registry);
	wtg_files_done(&custom->drivers);
	wtg_files_done(&custom->dbx);
	*custom = (struct wtg_custom){ 0 };
}
