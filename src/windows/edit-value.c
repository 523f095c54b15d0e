/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/edit-value.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/regf.h"
#include "wtg/text.h"

void wtg_edit_value_done(struct wtg_edit_value *value)
{
	wtg_bytes_done(&value->data);
}

int wtg_edit_value_read(const struct wtg_hive_view *hive, wtg_hive_key key, const char *name,
			struct wtg_edit_value *ret, struct wtg_error *err)
{
	struct wtg_edit_value value = { 0 };
	int found = 0;

	if (key)
		found = wtg_hive_view_value(hive, key, name, &value.type, &value.data);
	if (found < 0)
		return wtg_fail(err, WTG_INPUT, 0, "the value %s is damaged", name);
	value.found = found > 0;
	*ret = value;
	return 0;
}

char *wtg_edit_number_text(uint32_t number)
{
	return wtg_text(number < 10 ? "%u" : "0x%x", number);
}

bool wtg_edit_value_is_number(const struct wtg_edit_value *value)
{
	return value->found && value->type == WTG_REG_DWORD && value->data.size == 4;
}

bool wtg_edit_value_is_no_texts(const struct wtg_edit_value *value)
{
	if (!value->found || value->type != WTG_REG_MULTI_SZ)
		return false;
	for (size_t i = 0; i < value->data.size; i++)
		if (value->data.data[i])
			return false;
	return true;
}

bool wtg_edit_is_secret(const char *name)
{
	static const char *const words[] = { "password", "passphrase", "secret", "psk" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

/* The texts of a REG_MULTI_SZ, in one. */
static char *join(const struct wtg_bytes *data)
{
	_cleanup_free_ uint16_t *units = wtg_alloc(data->size * 3 + 2);
	size_t n = 0, last = data->size & ~(size_t)1;

	while (last >= 2 && wtg_le16(data->data + last - 2) == 0)
		last -= 2;
	for (size_t at = 0; at < last; at += 2) {
		uint16_t unit = wtg_le16(data->data + at);

		wtg_put_le16(&units[n++], unit ? unit : ',');
		if (!unit)
			wtg_put_le16(&units[n++], ' ');
	}
	return wtg_utf16_to_utf8(units, n * 2);
}

/* No more of it than a line of a plan can use. */
static char *shorten(char *text)
{
	size_t most = 120;
	char *cut;

	if (strlen(text) <= most)
		return text;
	while (((uint8_t)text[most] & 0xc0) == 0x80)
		most--;
	cut = wtg_text("%.*s...", (int)most, text);
	free(text);
	return cut;
}

static char *hex_text(const struct wtg_bytes *data)
{
	char *text = wtg_text_copy("hex");

	for (size_t i = 0; i < data->size; i++) {
		char *longer = wtg_text("%s %02x", text, data->data[i]);

		free(text);
		text = longer;
	}
	return text;
}

char *wtg_edit_value_text(const struct wtg_edit_value *value)
{
	if (!value->found)
		return wtg_text_copy("absent");
	if (wtg_edit_value_is_number(value))
		return wtg_edit_number_text(wtg_le32(value->data.data));
	if (wtg_edit_value_is_no_texts(value))
		return wtg_text_copy("no texts");
	if (value->type == WTG_REG_SZ || value->type == WTG_REG_EXPAND_SZ)
		return shorten(wtg_utf16_to_utf8(value->data.data, value->data.size));
	if (value->type == WTG_REG_MULTI_SZ)
		return shorten(join(&value->data));
	if (value->type == WTG_REG_QWORD && value->data.size == 8)
		return wtg_text("0x%jx", (uintmax_t)wtg_le64(value->data.data));
	if (value->type == WTG_REG_BINARY && value->data.size > 0 && value->data.size <= 16)
		return hex_text(&value->data);
	return wtg_text("%zu bytes of type %u", value->data.size, value->type);
}
