/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of the packages, from process to process. */
#include "windows/drivers.h"

#include "base/alloc.h"
#include "wtg/text.h"

void wtg_driver_places_flatten(const struct wtg_driver_placement *placement,
			       struct wtg_packet *packet)
{
	wtg_packet_number(packet, placement->n_beyond);
	wtg_packet_number(packet, placement->places.n_items);
	for (size_t i = 0; i < placement->places.n_items; i++) {
		const struct wtg_driver_place *place = &placement->places.items[i];

		wtg_packet_number(packet, place->driver);
		wtg_packet_text(packet, place->waits_in);
		wtg_packet_text(packet, place->inf);
		wtg_packet_text(packet, place->why_not);
		wtg_packet_number(packet, place->lacking);
		wtg_packet_number(packet, place->n_files);
		wtg_packet_number(packet, place->size_bytes);
	}
}

void wtg_driver_places_unflatten(struct wtg_reader *reader, const struct wtg_drivers *drivers,
				 struct wtg_driver_placement *ret)
{
	size_t n;

	ret->n_beyond = wtg_read_below(reader, drivers->n_items + 1);
	n = wtg_read_count(reader);
	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_driver_place place = { 0 };

		place.driver = wtg_read_below(reader, drivers->n_items);
		place.waits_in = wtg_text_copy(wtg_read_text(reader));
		place.inf = wtg_text_copy(wtg_read_text(reader));
		place.why_not = wtg_text_copy(wtg_read_text(reader));
		place.lacking = wtg_read_truth(reader);
		place.n_files = wtg_read_number(reader);
		place.size_bytes = wtg_read_number(reader);
		/* Of no drivers at all there is no first one, either. */
		if (place.driver >= drivers->n_items)
			reader->bad = true;
		WTG_APPEND(&ret->places, place);
	}
}
