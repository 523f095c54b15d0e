/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/pump-inner.h"

#include <string.h>

#include "apply/squeeze.h"
#include "base/alloc.h"
#include "image/blob.h"

/* What each thread has of its own. */
struct thread {
	struct wtg_blob_reader *reader;
	struct wtg_packer *packer; /* NULL: not needed yet */
};

static void leave(struct thread *t)
{
	wtg_blob_reader_free(t->reader);
	if (t->packer)
		wtg_packer_free(t->packer);
}

static int damaged(const struct wtg_pumping *m, const struct wtg_item *item, struct wtg_error *err)
{
	_cleanup_free_ char *path = wtg_tree_path(m->pump->tree, item->inode);

	return wtg_fail(err, WTG_INPUT, 0,
			"%s in the image is damaged: its SHA-1 differs", path);
}

static int unreadable(const struct wtg_pumping *m, const struct wtg_item *item,
		      struct wtg_error *err)
{
	_cleanup_free_ char *path = wtg_tree_path(m->pump->tree, item->inode);

	return wtg_while(err, "read %s", path);
}

/* Until the pieces before this one are hashed; false: there is no point any more. */
static bool await_turn(struct wtg_pumping *m, const struct wtg_chain *chain, uint64_t at)
{
	bool go_on;

	pthread_mutex_lock(&m->lock);
	while (chain->at != at && !m->failed)
		pthread_cond_wait(&m->moved, &m->lock);
	go_on = !m->failed;
	pthread_mutex_unlock(&m->lock);
	return go_on;
}

static void pass_on(struct wtg_pumping *m, struct wtg_chain *chain, uint64_t at)
{
	pthread_mutex_lock(&m->lock);
	chain->at = at;
	pthread_cond_broadcast(&m->moved);
	pthread_mutex_unlock(&m->lock);
}

static int check(struct wtg_pumping *m, const struct wtg_piece *piece, const uint8_t *data,
		 struct wtg_error *err)
{
	const struct wtg_item *item = piece->item;
	struct wtg_chain *chain = &m->chains[item - m->pump->items->items];
	uint64_t end = piece->at + piece->size_bytes;
	uint8_t sha1[WTG_SHA1_SIZE];

	if (piece->size_bytes == item->size_bytes) {
		wtg_sha1(data, piece->size_bytes, sha1);
	} else {
		if (!await_turn(m, chain, piece->at))
			return 0;
		if (!chain->sha1)
			chain->sha1 = wtg_sha1_begin();
		wtg_sha1_add(chain->sha1, data, piece->size_bytes);
		if (end < item->size_bytes) {
			pass_on(m, chain, end);
			return 0;
		}
		wtg_sha1_end(WTG_STEAL(chain->sha1), sha1);
	}
	return memcmp(sha1, item->blob->sha1, sizeof(sha1)) == 0 ? 0 : damaged(m, item, err);
}

/* The first of its pieces answers for all: it is unpacked once, to be looked at and let go. */
static int check_stored(struct wtg_pumping *m, struct wtg_blob_reader *reader,
			const struct wtg_piece *piece, struct wtg_error *err)
{
	uint8_t sha1[WTG_SHA1_SIZE];

	if (m->pump->trusted || piece->at > 0)
		return 0;
	if (wtg_blob_sha1(reader, piece->item->blob, sha1, err) < 0)
		return unreadable(m, piece->item, err);
	return memcmp(sha1, piece->item->blob->sha1, sizeof(sha1)) == 0 ?
		       0 : damaged(m, piece->item, err);
}

/* 0, or -1 without the file's name. */
static int read_blob(struct wtg_blob_reader *reader, const struct wtg_piece *piece, uint8_t *to,
		     struct wtg_error *err)
{
	const struct wtg_item *item = piece->item;

	return item->stored ? wtg_blob_read_stored(reader, item->blob, to, piece->size_bytes,
						   piece->at, err) :
			      wtg_blob_read(reader, item->blob, to, piece->size_bytes, piece->at,
					    err);
}

static int fill(struct wtg_pumping *m, struct wtg_blob_reader *reader,
		const struct wtg_piece *piece, uint8_t *to, struct wtg_error *err)
{
	const struct wtg_item *item = piece->item;

	memset(to + piece->size_bytes, 0, piece->padding_bytes);
	if (!item->blob) {
		memcpy(to, item->content + piece->at, piece->size_bytes);
		return 0;
	}
	if (read_blob(reader, piece, to, err) < 0)
		return unreadable(m, item, err);
	return item->stored ? check_stored(m, reader, piece, err) : check(m, piece, to, err);
}

/* NULL: there is no point any more. */
static uint8_t *await_slot(struct wtg_pumping *m, const struct wtg_segment *segment)
{
	bool go_on;

	pthread_mutex_lock(&m->lock);
	while (segment->number >= m->n_free_until && !m->failed)
		pthread_cond_wait(&m->moved, &m->lock);
	go_on = !m->failed;
	pthread_mutex_unlock(&m->lock);
	return go_on ? wtg_outflow_slot(m->outflow, (unsigned)(segment->number % m->n_slots)) :
		       NULL;
}

static void finish(struct wtg_pumping *m, const struct wtg_piece *piece)
{
	struct wtg_item *item = piece->item;

	pthread_mutex_lock(&m->lock);
	if (--piece->segment->n_pending == 0)
		pthread_cond_signal(&m->filled);
	item->filled_bytes += piece->size_bytes;
	if (item->filled_bytes == item->size_bytes)
		wtg_bytes_done(&item->squeezed);
	pthread_mutex_unlock(&m->lock);
}

static int do_piece(struct wtg_pumping *m, struct wtg_blob_reader *reader,
		    const struct wtg_piece *piece, struct wtg_error *err)
{
	uint8_t *slot;

	if (!piece->segment)
		return fill(m, reader, piece, piece->item->resident, err);
	slot = await_slot(m, piece->segment);
	if (!slot)
		return 0;
	if (fill(m, reader, piece, slot + piece->offset, err) < 0)
		return -1;
	finish(m, piece);
	return 0;
}

/* What takes long about a solid chunk need not wait for a slot. */
static int warm_up(struct wtg_blob_reader *reader, const struct wtg_piece *piece,
		   struct wtg_error *err)
{
	uint8_t byte;

	if (!piece->item->blob || !piece->item->blob->solid)
		return 0;
	return wtg_blob_read(reader, piece->item->blob, &byte, 1, piece->at, err);
}

static int squeeze(struct wtg_pumping *m, struct thread *t, struct wtg_item *item,
		   struct wtg_error *err)
{
	bool is_sound;

	if (!t->packer && wtg_squeezer_new(&t->packer, err) < 0)
		return -1;
	if (wtg_squeeze_item(t->packer, t->reader, m->cutter.cluster_bytes, item, &is_sound,
			     err) < 0)
		return unreadable(m, item, err);
	if (!is_sound)
		return damaged(m, item, err);
	pthread_mutex_lock(&m->lock);
	wtg_cut_squeezed(&m->cutter, item);
	pthread_mutex_unlock(&m->lock);
	return 0;
}

static int do_task(struct wtg_pumping *m, struct thread *t, const struct wtg_task *task,
		   struct wtg_error *err)
{
	if (!task->squeeze && warm_up(t->reader, &task->items[0], err) < 0)
		return -1;
	for (size_t i = 0; i < task->n_items; i++)
		if ((task->squeeze ? squeeze(m, t, task->items[i].item, err) :
				     do_piece(m, t->reader, &task->items[i], err)) < 0)
			return -1;
	return 0;
}

/* 1: a task; 0: there is none, or no point any more. */
static int take_task(struct wtg_pumping *m, struct wtg_task *ret, struct wtg_error *err)
{
	int r = 0;

	pthread_mutex_lock(&m->lock);
	if (!m->failed)
		r = wtg_cut_task(&m->cutter, ret, err);
	/* Cutting may have closed a segment whose pieces are all done. */
	pthread_cond_signal(&m->filled);
	pthread_mutex_unlock(&m->lock);
	return r;
}

static int work(struct wtg_pumping *m, struct wtg_error *err)
{
	_cleanup_(leave) struct thread t = {
		.reader = wtg_blob_reader_new(m->pump->image, m->pump->edition),
	};
	struct wtg_task task = { 0 };
	int r;

	while ((r = take_task(m, &task, err)) > 0) {
		r = do_task(m, &t, &task, err);
		wtg_task_done(&task);
		if (r < 0)
			break;
	}
	return r;
}

void *wtg_pumping_work(void *pumping)
{
	struct wtg_pumping *m = pumping;
	struct wtg_error err = WTG_ERROR_INIT;

	if (work(m, &err) < 0)
		wtg_pumping_stop(m, &err);
	pthread_mutex_lock(&m->lock);
	m->n_running--;
	pthread_cond_signal(&m->filled);
	pthread_mutex_unlock(&m->lock);
	return NULL;
}
