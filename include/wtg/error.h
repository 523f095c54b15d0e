/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A failure is a value: what kind it is, one sentence that says what we were doing to
 * what and why it failed, and, where there is something, what the user can do about it.
 * The library never prints; only the command line turns an error into text and an exit
 * status.
 */
#pragma once

enum wtg_kind {
	WTG_OK,
	WTG_USAGE,      /* the request contradicts itself */
	WTG_REFUSED,    /* a safety rule forbids writing to the target */
	WTG_INPUT,      /* the image is damaged, wrong or unsupported */
	WTG_SYSTEM,     /* the kernel, a library or a missing program said no */
	WTG_UNSUITABLE, /* the target does not suit: too small, sector size */
	WTG_FINDINGS,   /* verify: the drive is not what it should be */
	WTG_MISMATCH,   /* read back something other than what was written */
	WTG_CAPACITY,   /* the drive is smaller than it says */
	WTG_CANCELLED,  /* the user interrupted us */
};

/*
 * Zeroed is "no error".  Owns its strings; wtg_error_done() frees them and leaves a fresh
 * error behind.
 */
struct wtg_error {
	enum wtg_kind kind;
	char *message; /* lower case, no full stop, names the object */
	char *hint;    /* a whole sentence for the user, or NULL */
};
#define WTG_ERROR_INIT { .kind = WTG_OK }

/*
 * Record a failure; always -1, so that "return wtg_fail(...)" reads as one thought.  A
 * nonzero errnum appends ": " and its text.  errno stays what it was.  An error already
 * recorded is replaced: the caller that fails again while cleaning up must not do so through
 * the same err.
 */
int wtg_fail(struct wtg_error *err, enum wtg_kind kind, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Put what we were doing before the recorded message ("doing: message"); always -1. */
int wtg_while(struct wtg_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Say what the user can do about the recorded failure; always -1. */
int wtg_hint(struct wtg_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void wtg_error_done(struct wtg_error *err);
