/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

__attribute__((format(printf, 1, 0)))
static char *format(const char *fmt, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		return wtg_text_copy("(no memory for the message)");
	return text;
}

int wtg_fail(struct wtg_error *err, enum wtg_kind kind, int errnum, const char *fmt, ...)
{
	int saved = errno;
	va_list args;
	char *text;

	va_start(args, fmt);
	text = format(fmt, args);
	va_end(args);

	/* Whatever was being read: it is no fault of that. */
	if (errnum == ENOMEM) {
		wtg_memory_note_short();
		kind = WTG_SYSTEM;
	}
	wtg_error_done(err);
	err->kind = kind;
	err->message = errnum ? wtg_text("%s: %s", text, strerror(errnum)) : wtg_text("%s", text);
	free(text);
	errno = saved;
	return -1;
}

int wtg_while(struct wtg_error *err, const char *fmt, ...)
{
	_cleanup_free_ char *before = err->message;
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, fmt);
	text = format(fmt, args);
	va_end(args);

	err->message = wtg_text("%s: %s", text, before ? before : "failed");
	return -1;
}

int wtg_hint(struct wtg_error *err, const char *fmt, ...)
{
	va_list args;

	free(err->hint);
	va_start(args, fmt);
	err->hint = format(fmt, args);
	va_end(args);
	return -1;
}

void wtg_error_done(struct wtg_error *err)
{
	free(err->message);
	free(err->hint);
	memset(err, 0, sizeof(*err));
}
