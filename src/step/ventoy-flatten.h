/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was seen of a drive, from process to process. */
#pragma once

#include "base/packet.h"
#include "step/ventoy.h"

void wtg_drive_view_flatten(const struct wtg_drive_view *view, struct wtg_packet *packet);

/* False: it makes no sense, or not for that disk; *ret is then as it was. */
bool wtg_drive_view_unflatten(const struct wtg_packet *packet, const struct wtg_disk *disk,
			      struct wtg_drive_view *ret);

/* A table alone; what makes no sense for that disk makes the reader bad. */
void wtg_partitions_flatten(const struct wtg_partitions *table, struct wtg_packet *packet);
void wtg_partitions_unflatten(struct wtg_reader *reader, const struct wtg_disk *disk,
			      struct wtg_partitions *table);
