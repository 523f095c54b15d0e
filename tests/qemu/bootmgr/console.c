/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "standin.h"

#include <stdarg.h>

/* Terminals of the firmware break longer lines. */
#define MOST_CHARACTERS 79

static EFI_SYSTEM_TABLE *system_table;
EFI_BOOT_SERVICES *boot;

struct line {
	CHAR16 text[MOST_CHARACTERS + 3];
	UINTN n;
};

void console_begin(EFI_SYSTEM_TABLE *table)
{
	system_table = table;
	boot = table->BootServices;
}

static void put(struct line *line, UINT16 character)
{
	if (line->n < MOST_CHARACTERS)
		line->text[line->n++] = character;
}

static void put_ascii(struct line *line, const char *text)
{
	while (*text)
		put(line, (UINT16)*text++);
}

static void put_number(struct line *line, UINT64 value, unsigned base, unsigned least)
{
	char digits[20];
	unsigned n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value || n < least);
	while (n)
		put(line, (UINT16)digits[--n]);
}

static void put_path(struct line *line, struct bytes path)
{
	for (UINT64 i = 0; i + 1 < path.size; i += 2)
		put(line, le16(path, i));
}

/* The first three groups are numbers, the others bytes. */
static void put_guid(struct line *line, const UINT8 *guid)
{
	static const UINT8 order[] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (unsigned i = 0; i < sizeof(order); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			put(line, '-');
		put_number(line, guid[order[i]], 16, 2);
	}
}

static void put_formatted(struct line *line, const char *format, va_list *args)
{
	for (; *format; format++) {
		if (*format != '%') {
			put(line, (UINT16)*format);
			continue;
		}
		switch (*++format) {
		case 's':
			put_ascii(line, va_arg(*args, const char *));
			break;
		case 'p':
			put_path(line, va_arg(*args, struct bytes));
			break;
		case 'u':
			put_number(line, va_arg(*args, UINT64), 10, 1);
			break;
		case 'x':
			put_number(line, va_arg(*args, UINT64), 16, 1);
			break;
		case 'X':
			put_number(line, va_arg(*args, UINT64), 16, 8);
			break;
		case 'g':
			put_guid(line, va_arg(*args, const UINT8 *));
			break;
		}
	}
}

static void print(const char *prefix, const char *format, va_list *args)
{
	struct line line = { .n = 0 };

	put_ascii(&line, prefix);
	put_formatted(&line, format, args);
	line.text[line.n++] = '\r';
	line.text[line.n++] = '\n';
	line.text[line.n] = 0;
	system_table->ConOut->OutputString(system_table->ConOut, line.text);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("STANDIN: ", format, &args);
	va_end(args);
}

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("STANDIN: failed: ", format, &args);
	va_end(args);
	switch_off();
}

void switch_off(void)
{
	system_table->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
	for (;;)
		;
}
