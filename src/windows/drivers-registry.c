/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AddReg: what a package wants in the registry (Microsoft: INF AddReg Directive). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/drivers-inner.h"
#include "windows/regf.h"
#include "wtg/text.h"

/* FLG_ADDREG_… of setupapi.h. */
#define BINVALUETYPE 0x00000001u
#define DELVAL 0x00000004u
#define APPEND 0x00000008u
#define KEYONLY 0x00000010u
#define OVERWRITEONLY 0x00000020u
#define KEYONLY_COMMON 0x00002000u
#define DELREG 0x00008000u
#define TYPE_OF(flags) ((flags) >> 16)

/* Where the values begin: root, subkey, name and flags come before them. */
enum { ROOT, SUBKEY, NAME, FLAGS, VALUES };

/* A key below another: no part of it empty.  The caller frees. */
static char *clean_key(const char *text)
{
	char *key = wtg_alloc(strlen(text) + 1);
	size_t length = 0;

	while (*text) {
		size_t n = strcspn(text, "\\");

		if (n > 0 && length > 0)
			key[length++] = '\\';
		memcpy(key + length, text, n);
		length += n;
		text += n + (text[n] == '\\');
	}
	return key;
}

/* What SetupAPI's types are called in the registry. */
static uint32_t registry_type(uint32_t flags)
{
	bool binary = flags & BINVALUETYPE;

	switch (TYPE_OF(flags)) {
	case 0:
		return binary ? WTG_REG_BINARY : WTG_REG_SZ;
	case 1:
		return binary ? WTG_REG_DWORD : WTG_REG_MULTI_SZ;
	case 2:
		return binary ? WTG_REG_NONE : WTG_REG_EXPAND_SZ;
	default:
		return TYPE_OF(flags);
	}
}

/* %12% and its like in a text, as Windows will know the directory; the caller frees. */
static char *fill_in_directories(const char *text)
{
	_cleanup_free_ char *full = wtg_text_copy(text);
	char *percent = strchr(full, '%');

	while (percent) {
		size_t length = strcspn(percent + 1, "%");
		_cleanup_free_ char *dirid = wtg_text("%.*s", (int)length, percent + 1);
		const char *directory = percent[1 + length] ? wtg_driver_directory(dirid) : NULL;
		char *longer, *rest = percent + length + 2;

		if (!directory) {
			percent = strchr(percent + 1, '%');
			continue;
		}
		longer = wtg_text("%.*sC:\\%s%s", (int)(percent - full), full, directory, rest);
		percent = longer + (percent - full) + strlen("C:\\");
		for (size_t i = 0; directory[i]; i++, percent++)
			if (*percent == '/')
				*percent = '\\';
		percent = strchr(percent, '%');
		free(full);
		full = longer;
	}
	return WTG_STEAL(full);
}

/* A number, or four bytes. */
static bool read_dword(const struct wtg_inf_line *line, struct wtg_bytes *ret)
{
	uint32_t number = 0;
	uint8_t bytes[4];

	if (line->n_fields == VALUES + 4)
		return false;
	if (line->n_fields > VALUES && *line->fields[VALUES] &&
	    !wtg_package_number(line->fields[VALUES], &number))
		return false;
	wtg_put_le32(bytes, number);
	*ret = wtg_bytes_copy(bytes, sizeof(bytes));
	return true;
}

/* Bytes, in hexadecimal whatever stands before them. */
static struct wtg_bytes read_binary(const struct wtg_inf_line *line)
{
	size_t n = line->n_fields > VALUES ? line->n_fields - VALUES : 0;
	struct wtg_bytes bytes = { .data = wtg_alloc(n + 1) };

	for (size_t i = 0; i < n; i++)
		if (*line->fields[VALUES + i])
			bytes.data[bytes.size++] =
				(uint8_t)strtoul(line->fields[VALUES + i], NULL, 16);
	return bytes;
}

static void add_text(struct wtg_wishes *wishes, const struct wtg_inf_line *line, const char *key,
		     uint32_t type)
{
	_cleanup_free_ char *text = fill_in_directories(wtg_inf_field(line, VALUES));

	wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, wtg_inf_field(line, NAME), type, text);
}

static void add_texts(struct wtg_wishes *wishes, const struct wtg_inf_line *line,
		      const char *key)
{
	size_t n = line->n_fields > VALUES ? line->n_fields - VALUES : 0, at = 0;
	_cleanup_free_ char **texts = wtg_alloc((n + 1) * sizeof(*texts));

	for (size_t i = 0; i < n; i++) /* an empty one would be the end */
		if (*line->fields[VALUES + i])
			texts[at++] = fill_in_directories(line->fields[VALUES + i]);
	wtg_wish_texts(wishes, WTG_HIVE_SYSTEM, key, wtg_inf_field(line, NAME),
		       (const char *const *)texts);
	while (at > 0)
		free(texts[--at]);
}

/* One more text for a list that an earlier line set: of one in the image we know nothing. */
static bool append_text(struct wtg_wishes *wishes, const struct wtg_inf_line *line,
			const char *key)
{
	for (size_t i = wishes->n_items; i-- > 0;) {
		struct wtg_wish *wish = &wishes->items[i];
		struct wtg_bytes text;

		if (wish->action != WTG_EDIT_SET || wish->type != WTG_REG_MULTI_SZ ||
		    !wtg_text_equal_fold(wish->key, key) ||
		    !wtg_text_equal_fold(wish->value, wtg_inf_field(line, NAME)))
			continue;
		text = wtg_utf16_from_utf8(wtg_inf_field(line, VALUES));
		wish->data.data = wtg_realloc(wish->data.data, wish->data.size + text.size, 1);
		memcpy(wish->data.data + wish->data.size - 2, text.data, text.size);
		memset(wish->data.data + wish->data.size - 2 + text.size, 0, 2);
		wish->data.size += text.size;
		wtg_bytes_done(&text);
		return true;
	}
	return false;
}

static void add_value(struct wtg_wishes *wishes, const struct wtg_inf_line *line, const char *key,
		      uint32_t flags)
{
	uint32_t type = registry_type(flags);
	struct wtg_bytes data;

	switch (type) {
	case WTG_REG_SZ:
	case WTG_REG_EXPAND_SZ:
		add_text(wishes, line, key, type);
		return;
	case WTG_REG_MULTI_SZ:
		if (!(flags & APPEND) || !append_text(wishes, line, key))
			add_texts(wishes, line, key);
		return;
	default:
		if (type != WTG_REG_DWORD || !read_dword(line, &data))
			data = read_binary(line);
		wtg_wish_bytes(wishes, WTG_HIVE_SYSTEM, key, wtg_inf_field(line, NAME), type,
			       data);
	}
}

static void add_line(struct wtg_package *package, const struct wtg_inf_line *line,
		     struct wtg_wishes *wishes)
{
	_cleanup_free_ char *key = clean_key(wtg_inf_field(line, SUBKEY));
	const char *root = wtg_inf_field(line, ROOT);
	const char *flag_text = wtg_inf_field(line, FLAGS);
	uint32_t flags = 0;

	if (!wtg_text_equal_fold(root, "HKR")) {
		wtg_package_remark(package, "it sets values of %s\\%s", root, key);
		return;
	}
	if (*flag_text && !wtg_package_number(flag_text, &flags)) {
		wtg_package_remark(package, "line %u has flags that make no sense: %s",
				   line->number, flag_text);
		return;
	}
	if (flags & OVERWRITEONLY) /* of what is there already: the keys are new */
		return;
	if (flags & (KEYONLY | KEYONLY_COMMON))
		wtg_wish_key(wishes, WTG_HIVE_SYSTEM, WTG_EDIT_MAKE_KEY, key, NULL);
	else if (flags & (DELVAL | DELREG))
		wtg_wish_key(wishes, WTG_HIVE_SYSTEM, WTG_EDIT_DELETE, key,
			     wtg_inf_field(line, NAME));
	else if (*wtg_inf_field(line, NAME) || line->n_fields > FLAGS)
		add_value(wishes, line, key, flags);
	else
		wtg_wish_key(wishes, WTG_HIVE_SYSTEM, WTG_EDIT_MAKE_KEY, key, NULL);
}

static int add_list(struct wtg_package *package, const char *name, struct wtg_wishes *wishes)
{
	const struct wtg_inf_section *list = wtg_inf_section(&package->inf, name);

	if (!list)
		return 0;
	if (wtg_package_spend(package, list->n_items) < 0)
		return -1;
	for (size_t i = 0; i < list->n_items; i++)
		add_line(package, &list->items[i], wishes);
	return 0;
}

int wtg_package_addreg(struct wtg_package *package, const struct wtg_inf_section *section,
		       struct wtg_wishes *wishes)
{
	if (!section)
		return 0;
	if (wtg_package_spend(package, section->n_items) < 0)
		return -1;
	for (size_t i = 0; i < section->n_items; i++) {
		const struct wtg_inf_line *line = &section->items[i];

		if (!wtg_text_equal_fold(line->key, "AddReg"))
			continue;
		for (size_t j = 0; j < line->n_fields; j++)
			if (add_list(package, line->fields[j], wishes) < 0)
				return -1;
	}
	return 0;
}

static int add_needed(struct wtg_package *package, const char *name, struct wtg_wishes *wishes)
{
	struct wtg_needed needed;

	if (wtg_package_needed(package, wtg_inf_section(&package->inf, name), &needed) < 0)
		return -1;
	for (size_t i = 0; i < needed.n_items; i++)
		if (wtg_package_addreg(package, needed.items[i], wishes) < 0)
			return -1;
	return 0;
}

/* What is there to be run, not written down. */
static void note_code(struct wtg_package *package, const char *install)
{
	static const char *const endings[] = { "CoInstallers", "Filters", "LogConfigOverride" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		_cleanup_free_ char *name = wtg_text("%s.%s", install, endings[i]);

		if (wtg_inf_section(&package->inf, name))
			wtg_package_remark(package, "[%s] is for Windows' installer", name);
	}
	if (wtg_package_decorated(package, "ClassInstall32"))
		wtg_package_remark(package, "[ClassInstall32] makes a class of devices");
}

/* Other packages are installed by Windows itself, which needs no help. */
int wtg_package_registry(struct wtg_package *package)
{
	struct wtg_driver *driver = &package->driver;

	for (size_t i = 0; driver->boot_critical && i < driver->n_sections; i++) {
		struct wtg_driver_section *section = &driver->sections[i];
		_cleanup_free_ char *hardware = wtg_text("%s.HW", section->name);

		note_code(package, section->name);
		if (add_needed(package, section->name, &section->software) < 0 ||
		    add_needed(package, hardware, &section->hardware) < 0)
			return -1;
	}
	return 0;
}
