/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/wishes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/regf.h"
#include "wtg/text.h"

const char *const wtg_hive_paths[WTG_N_HIVES] = {
	[WTG_HIVE_SYSTEM] = "Windows/System32/config/SYSTEM",
	[WTG_HIVE_SOFTWARE] = "Windows/System32/config/SOFTWARE",
	[WTG_HIVE_DRIVERS] = "Windows/System32/config/DRIVERS",
	[WTG_HIVE_DEFAULT] = "Windows/System32/config/DEFAULT",
	[WTG_HIVE_NTUSER] = "Users/Default/NTUSER.DAT",
};

void wtg_wishes_done(struct wtg_wishes *wishes)
{
	for (size_t i = 0; i < wishes->n_items; i++) {
		free(wishes->items[i].key);
		free(wishes->items[i].value);
		wtg_bytes_done(&wishes->items[i].data);
		free(wishes->items[i].reason);
	}
	free(wishes->items);
	*wishes = (struct wtg_wishes){ 0 };
}

void wtg_wish_bytes(struct wtg_wishes *wishes, enum wtg_hive_id hive, const char *key,
		    const char *value, uint32_t type, struct wtg_bytes data)
{
	const struct wtg_wish wish = {
		.hive = hive,
		.action = WTG_EDIT_SET,
		.key = wtg_text_copy(key),
		.value = wtg_text_copy(value),
		.type = type,
		.data = data,
	};

	WTG_APPEND(wishes, wish);
}

void wtg_wish_number(struct wtg_wishes *wishes, enum wtg_hive_id hive, const char *key,
		     const char *value, uint32_t number)
{
	uint8_t data[4];

	wtg_put_le32(data, number);
	wtg_wish_bytes(wishes, hive, key, value, WTG_REG_DWORD,
		       wtg_bytes_copy(data, sizeof(data)));
}

void wtg_wish_text(struct wtg_wishes *wishes, enum wtg_hive_id hive, const char *key,
		   const char *value, uint32_t type, const char *text)
{
	wtg_wish_bytes(wishes, hive, key, value, type, wtg_utf16_from_utf8(text));
}

void wtg_wish_texts(struct wtg_wishes *wishes, enum wtg_hive_id hive, const char *key,
		    const char *value, const char *const *texts)
{
	struct wtg_bytes all = wtg_utf16_from_utf8(""), one;

	for (size_t i = 0; texts[i]; i++) {
		one = wtg_utf16_from_utf8(texts[i]);
		all.data = wtg_realloc(all.data, all.size + one.size, 1);
		memcpy(all.data + all.size - 2, one.data, one.size); /* over the end */
		memset(all.data + all.size - 2 + one.size, 0, 2);
		all.size += one.size;
		wtg_bytes_done(&one);
	}
	wtg_wish_bytes(wishes, hive, key, value, WTG_REG_MULTI_SZ, all);
}

void wtg_wish_key(struct wtg_wishes *wishes, enum wtg_hive_id hive,
		  enum wtg_edit_action action, const char *key, const char *value)
{
	const struct wtg_wish wish = {
		.hive = hive,
		.action = action,
		.key = wtg_text_copy(key),
		.value = wtg_text_copy(value),
	};

	WTG_APPEND(wishes, wish);
}

void wtg_wishes_because(struct wtg_wishes *wishes, size_t first, const char *fmt, ...)
{
	char *reason = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&reason, fmt, args) < 0)
		wtg_out_of_memory();
	va_end(args);
	for (size_t i = first; i < wishes->n_items; i++)
		if (!wishes->items[i].reason)
			wishes->items[i].reason = wtg_text_copy(reason);
	free(reason);
}
