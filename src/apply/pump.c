/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/pump-inner.h"

#include <stdlib.h>

#include "base/alloc.h"

void wtg_pumping_stop(struct wtg_pumping *m, struct wtg_error *err)
{
	pthread_mutex_lock(&m->lock);
	if (m->failed)
		wtg_error_done(err);
	else
		m->error = *err;
	*err = (struct wtg_error)WTG_ERROR_INIT;
	m->failed = true;
	pthread_cond_broadcast(&m->filled);
	pthread_cond_broadcast(&m->moved);
	pthread_mutex_unlock(&m->lock);
}

/* The next segment in order, full; NULL: there is none any more. */
static struct wtg_segment *await_segment(struct wtg_pumping *m)
{
	struct wtg_cutter *c = &m->cutter;
	struct wtg_segment *segment = NULL;

	pthread_mutex_lock(&m->lock);
	while (!m->failed) {
		segment = c->first;
		if (segment && segment->closed && segment->n_pending == 0)
			break;
		segment = NULL;
		if (m->n_running == 0)
			break;
		pthread_cond_wait(&m->filled, &m->lock);
	}
	if (segment) {
		c->first = segment->next;
		if (!c->first)
			c->last = NULL;
	}
	pthread_mutex_unlock(&m->lock);
	return segment;
}

static int send(struct wtg_pumping *m, const struct wtg_segment *segment,
		struct wtg_progress *progress, struct wtg_error *err)
{
	/* For each thread one that it can fill meanwhile. */
	unsigned n_on_their_way = m->n_slots - m->pump->n_threads - 1;

	if (wtg_outflow_post(m->outflow, (unsigned)(segment->number % m->n_slots),
			     segment->size_bytes, segment->at, err) < 0 ||
	    wtg_outflow_settle(m->outflow, n_on_their_way, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	if (segment->number + 1 > n_on_their_way)
		m->n_free_until = segment->number + 1 - n_on_their_way + m->n_slots;
	pthread_cond_broadcast(&m->moved);
	pthread_mutex_unlock(&m->lock);
	return wtg_progress_advance(progress, segment->content_bytes, err);
}

static int coordinate(struct wtg_pumping *m, struct wtg_progress *progress, struct wtg_error *err)
{
	struct wtg_segment *segment;

	while ((segment = await_segment(m))) {
		int r = send(m, segment, progress, err);

		free(segment);
		if (r < 0)
			return -1;
	}
	return wtg_outflow_settle(m->outflow, 0, err);
}

static int start(struct wtg_pumping *m, pthread_t *threads, unsigned *ret_n, struct wtg_error *err)
{
	for (*ret_n = 0; *ret_n < m->pump->n_threads; ++*ret_n) {
		int errnum = pthread_create(&threads[*ret_n], NULL, wtg_pumping_work, m);

		if (errnum)
			return wtg_fail(err, WTG_SYSTEM, errnum, "start a thread");
	}
	return 0;
}

static void release(struct wtg_pumping *m)
{
	wtg_cutter_done(&m->cutter);
	for (uint32_t i = 0; i < m->pump->items->n_items; i++)
		if (m->chains[i].sha1)
			wtg_sha1_end(m->chains[i].sha1, NULL);
	free(m->chains);
	wtg_outflow_free(m->outflow);
	pthread_cond_destroy(&m->filled);
	pthread_cond_destroy(&m->moved);
	pthread_mutex_destroy(&m->lock);
}

int wtg_pump_run(const struct wtg_pump *pump, struct wtg_progress *progress,
		 struct wtg_error *err)
{
	unsigned n_slots = 2 * pump->n_threads + 4, n_started;
	_cleanup_free_ pthread_t *threads = wtg_alloc(pump->n_threads * sizeof(*threads));
	struct wtg_pumping m = {
		.pump = pump,
		.outflow = wtg_outflow_new(pump->window, n_slots),
		.n_slots = n_slots,
		.n_free_until = n_slots,
		.n_running = pump->n_threads, /* if one cannot be started, nobody asks */
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.filled = PTHREAD_COND_INITIALIZER,
		.moved = PTHREAD_COND_INITIALIZER,
		.error = WTG_ERROR_INIT,
		.chains = wtg_alloc((pump->items->n_items + 1) * sizeof(*m.chains)),
		.cutter = {
			.items = pump->items,
			.builder = pump->builder,
			.segment_bytes = WTG_OUTFLOW_BYTES,
			.cluster_bytes = wtg_ntfs_build_cluster_bytes(pump->builder),
		},
	};

	if (start(&m, threads, &n_started, err) < 0 || coordinate(&m, progress, err) < 0)
		wtg_pumping_stop(&m, err);
	for (unsigned i = 0; i < n_started; i++)
		pthread_join(threads[i], NULL);
	if (m.failed)
		*err = m.error;
	release(&m);
	return m.failed ? -1 : 0;
}
