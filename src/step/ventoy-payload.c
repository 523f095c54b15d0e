/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/ventoy.h"

#include <string.h>

#include "base/worker.h"
#include "wtg/text.h"

#define WHO "the process that reads Ventoy's release"

struct reading {
	const struct wtg_ventoy_source *source;
	const char *path;
};

/* In the worker: what it unpacks is a stranger's. */
static int work(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		struct wtg_error *err)
{
	const struct reading *reading = context;
	_cleanup_(wtg_ventoy_payload_done) struct wtg_ventoy_payload payload = { 0 };

	(void)progress;
	if (wtg_ventoy_payload_read(reading->source, &payload, err) < 0 ||
	    wtg_ventoy_check_volume(&payload, reading->path, err) < 0)
		return -1;
	wtg_packet_text(reply, payload.version.text);
	wtg_packet_bytes(reply, payload.boot, sizeof(payload.boot));
	wtg_packet_bytes(reply, payload.core.data, payload.core.size);
	wtg_packet_bytes(reply, payload.volume.data, payload.volume.size);
	return 0;
}

static bool unflatten(const struct wtg_packet *packet, struct wtg_ventoy_payload *ret)
{
	struct wtg_reader reader = wtg_reader(packet);
	const char *version = wtg_read_text(&reader);
	_cleanup_(wtg_bytes_done) struct wtg_bytes boot = wtg_read_bytes(&reader);

	ret->core = wtg_read_bytes(&reader);
	ret->volume = wtg_read_bytes(&reader);
	if (!wtg_reader_done(&reader) || boot.size != sizeof(ret->boot) ||
	    ret->core.size != WTG_VENTOY_CORE_BYTES ||
	    ret->volume.size != WTG_VENTOY_VOLUME_BYTES ||
	    !version || !wtg_ventoy_version_parse(version, &ret->version))
		return false;
	memcpy(ret->boot, boot.data, sizeof(ret->boot));
	return true;
}

int wtg_ventoy_read_payload(const char *path, const char *sha256,
			    struct wtg_ventoy_payload *ret, struct wtg_error *err)
{
	_cleanup_(wtg_ventoy_source_closep) struct wtg_ventoy_source *source = NULL;
	_cleanup_(wtg_ventoy_payload_done) struct wtg_ventoy_payload payload = { 0 };
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	struct reading reading;
	struct wtg_errand errand = {
		.who = WHO,
		.blame = WTG_INPUT,
		.work = work,
		.context = &reading,
	};

	if (wtg_ventoy_source_open(path, sha256, &source, err) < 0)
		return -1;
	reading = (struct reading){ source, path };
	errand.descriptors = wtg_ventoy_source_descriptors(source, &errand.n_descriptors);
	if (wtg_worker_run(&errand, NULL, &reply, err) < 0)
		return -1;
	if (!unflatten(&reply, &payload))
		return wtg_fail(err, WTG_INPUT, 0, "%s: " WHO " gave back what makes no sense",
				path);
	*ret = payload;
	payload = (struct wtg_ventoy_payload){ 0 };
	return 0;
}
