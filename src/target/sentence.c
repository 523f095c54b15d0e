/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/sentence.h"

#include <stdlib.h>

#include "wtg/text.h"

/* A sentence with more parts than this is not read; the rest is counted. */
#define MAX_PARTS 8

struct list {
	char *text; /* owned; NULL while nothing is in it */
	size_t n;
};

/* Takes part, whose words may be a stranger's. */
static void add(struct list *list, char *part)
{
	_cleanup_free_ char *words = part, *before = list->text;

	list->n++;
	if (list->n > MAX_PARTS) {
		before = NULL;
		return;
	}
	list->text = wtg_text_printable(words);
	if (before) {
		_cleanup_free_ char *after = list->text;

		list->text = wtg_text("%s, %s", before, after);
	}
}

static char *finish(struct list *list)
{
	char *longer;

	if (list->n <= MAX_PARTS)
		return list->text;
	longer = wtg_text("%s and %zu more", list->text, list->n - MAX_PARTS);
	free(list->text);
	return longer;
}

bool wtg_holds_system(const struct wtg_holder *holder)
{
	return holder->system;
}

bool wtg_holds_mount(const struct wtg_holder *holder)
{
	return holder->kind == WTG_HOLDER_MOUNT;
}

bool wtg_holds_swap(const struct wtg_holder *holder)
{
	return holder->kind == WTG_HOLDER_SWAP;
}

bool wtg_holds_stacked(const struct wtg_holder *holder)
{
	return !wtg_holds_mount(holder) && !wtg_holds_swap(holder);
}

bool wtg_holds_any(const struct wtg_holder *holder)
{
	(void)holder;
	return true;
}

static const char *verb(enum wtg_holder_kind kind)
{
	switch (kind) {
	case WTG_HOLDER_MOUNT:
		return "is mounted on";
	case WTG_HOLDER_SWAP:
		return "carries the active swap space";
	case WTG_HOLDER_DM:
	case WTG_HOLDER_MD:
		return "is part of";
	case WTG_HOLDER_LOOP:
		return "is behind";
	case WTG_HOLDER_OTHER:
		return "is used by";
	}
	abort();
}

char *wtg_say_holders(const struct wtg_disk *disk,
		      bool (*matches)(const struct wtg_holder *holder))
{
	struct list list = { 0 };

	for (size_t i = 0; i < disk->n_holders; i++) {
		const struct wtg_holder *h = &disk->holders[i];

		if (matches(h))
			add(&list, wtg_text("%s %s %s", h->part, verb(h->kind), h->holder));
	}
	return finish(&list);
}

static char *say_content(const struct wtg_content *c)
{
	const char *type = c->type ? c->type : "data of an unknown kind";
	_cleanup_free_ char *size = wtg_size_text(c->size_bytes);
	_cleanup_free_ char *label = NULL;

	if (c->label && *c->label)
		label = wtg_text(" '%s'", c->label);
	else
		label = wtg_text_copy("");
	if (c->number == 0)
		return wtg_text("%s%s", type, label);
	return wtg_text("partition %u %s%s %s", c->number, c->type ? type : "(unknown)", label,
			size);
}

char *wtg_say_contents(const struct wtg_disk *disk)
{
	struct list list = { 0 };

	for (size_t i = 0; i < disk->n_contents; i++)
		add(&list, say_content(&disk->contents[i]));
	return finish(&list);
}
