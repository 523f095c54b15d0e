/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"

/* Compressed and sparse streams are made of units of 16 clusters. */
#define UNIT_CLUSTERS 16

static uint64_t clusters_of(const struct wtg_build_attribute *attribute)
{
	uint64_t n = 0;

	for (size_t i = 0; i < attribute->n_runs; i++)
		n += attribute->runs[i].n_clusters;
	return n;
}

/*
 * A unit of a compressed stream that has all of its clusters is stored plain: the last one
 * gets those that it lacks.
 */
static int fill_unit(struct wtg_ntfs_builder *builder, struct wtg_build_attribute *attribute,
		     struct wtg_run_of_clusters **ret_runs, struct wtg_error *err)
{
	_cleanup_free_ struct wtg_run_of_clusters *runs =
		wtg_alloc((attribute->n_runs + UNIT_CLUSTERS) * sizeof(*runs));
	uint64_t n_clusters = clusters_of(attribute);
	uint64_t missing = wtg_round_up(n_clusters, UNIT_CLUSTERS) - n_clusters;

	if (attribute->n_runs)
		memcpy(runs, attribute->runs, attribute->n_runs * sizeof(*runs));
	while (missing > 0) {
		if (wtg_build_reserve_meta(builder, missing, &runs[attribute->n_runs],
					   err) < 0)
			return -1;
		missing -= runs[attribute->n_runs++].n_clusters;
	}
	attribute->runs = *ret_runs = WTG_STEAL(runs);
	return 0;
}

int wtg_build_fill_units(struct wtg_ntfs_builder *builder,
			 struct wtg_build_attribute *attribute,
			 struct wtg_run_of_clusters **ret_runs, struct wtg_error *err)
{
	const uint64_t unit_bytes = (uint64_t)UNIT_CLUSTERS * builder->volume->cluster_size;

	if (attribute->flags == ATTR_IS_COMPRESSED)
		return fill_unit(builder, attribute, ret_runs, err);
	if (attribute->flags == ATTR_IS_SPARSE)
		attribute->n_hole_clusters = wtg_round_up(attribute->data_bytes, unit_bytes) /
						     builder->volume->cluster_size -
					     clusters_of(attribute);
	return 0;
}

int wtg_build_add_stream(struct wtg_ntfs_builder *builder, const struct wtg_build_node *node,
			 const struct wtg_build_stream *stream,
			 struct wtg_build_pieces *pieces, struct wtg_error *err)
{
	_cleanup_free_ struct wtg_run_of_clusters *runs = NULL;
	struct wtg_build_attribute attribute = {
		.type = AT_DATA,
		.name = stream->name,
		.value = stream->resident,
		.value_bytes = (uint32_t)stream->size_bytes,
		.runs = stream->runs,
		.n_runs = stream->n_runs,
		.data_bytes = stream->size_bytes,
	};

	if (stream->sparse ||
	    (stream->name.n_units == 0 && (node->attributes & FILE_ATTR_SPARSE_FILE)))
		attribute.flags = ATTR_IS_SPARSE;
	else if (node->attributes & FILE_ATTR_COMPRESSED)
		attribute.flags = ATTR_IS_COMPRESSED;
	if (stream->resident || stream->size_bytes == 0) {
		wtg_build_add_value(pieces, &attribute);
		return 0;
	}
	if (wtg_build_fill_units(builder, &attribute, &runs, err) < 0)
		return -1;
	return wtg_build_add_runs(pieces, &attribute, err);
}

uint64_t wtg_build_allocated_bytes(const struct wtg_build_pieces *pieces)
{
	for (size_t i = 0; i < pieces->n_items; i++) {
		const ATTR_RECORD *attribute =
			(const ATTR_RECORD *)(pieces->bytes + pieces->items[i].at);

		if (attribute->type != AT_DATA || attribute->name_length > 0)
			continue;
		if (!attribute->non_resident)
			return wtg_round_up(le32_to_cpu(attribute->value_length), 8);
		return (uint64_t)sle64_to_cpu(attribute->flags ? attribute->compressed_size :
								 attribute->allocated_size);
	}
	return 0;
}
