/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/removals.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "wtg/text.h"

static const struct {
	const char *what, *note;
} kinds[WTG_N_REMOVAL_KINDS] = {
	[WTG_REMOVAL_RECOVERY] = { "recovery environment", "is not written" },
	[WTG_REMOVAL_HIBERNATION] = { "hibernation file",
				      "is not made: by default 40 % of a PC's memory" },
	[WTG_REMOVAL_PAGE_FILE] = { "page file",
				    "is not made: as large as a PC's memory decides" },
	[WTG_REMOVAL_RESERVED] = { "reserved storage",
				   "is not set aside: about 7 GB, by Microsoft's number" },
	[WTG_REMOVAL_APP] = { "app", "no new account gets it; its files stay, for only Windows can "
				     "remove them" },
};

void wtg_removals_done(struct wtg_removals *removals)
{
	for (size_t i = 0; i < removals->n_items; i++)
		free(removals->items[i].name);
	free(removals->items);
	*removals = (struct wtg_removals){ 0 };
}

void wtg_removals_describe(const struct wtg_removals *removals, struct wtg_facts *out)
{
	if (removals->n_items == 0)
		return;
	wtg_fact_open(out, "without", WTG_LIST);
	for (size_t i = 0; i < removals->n_items; i++) {
		const struct wtg_removal *removal = &removals->items[i];

		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "what", kinds[removal->kind].what);
		wtg_fact_text(out, "name", removal->name);
		if (removal->bytes > 0)
			wtg_fact_bytes(out, "bytes", removal->bytes);
		wtg_fact_text(out, "note", kinds[removal->kind].note);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

void wtg_removals_flatten(const struct wtg_removals *removals, struct wtg_packet *packet)
{
	wtg_packet_number(packet, removals->n_items);
	for (size_t i = 0; i < removals->n_items; i++) {
		wtg_packet_number(packet, removals->items[i].kind);
		wtg_packet_text(packet, removals->items[i].name);
		wtg_packet_number(packet, removals->items[i].bytes);
	}
}

void wtg_removals_unflatten(struct wtg_reader *reader, struct wtg_removals *ret)
{
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_removal removal = { 0 };

		removal.kind = (enum wtg_removal_kind)wtg_read_below(reader, WTG_N_REMOVAL_KINDS);
		removal.name = wtg_text_copy(wtg_read_text(reader));
		removal.bytes = wtg_read_number(reader);
		WTG_APPEND(ret, removal);
	}
}
