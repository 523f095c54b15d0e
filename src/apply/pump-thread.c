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
	struct {
		const struct wtg_piece **items;
		size_t n_items, capacity;
	} late; /* filled, but the pieces before them are not hashed yet */
};

static void leave(struct thread *t)
{
	wtg_blob_reader_free(t->reader);
	free(t->late.items);
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
	if (!item->blob)
		memcpy(to, item->content + piece->at, piece->size_bytes);
	else if (read_blob(reader, piece, to, err) < 0)
		return unreadable(m, item, err);
	return 0;
}

static int check_piece(struct wtg_pumping *m, struct wtg_blob_reader *reader,
		       const struct wtg_piece *piece, const uint8_t *data,
		       struct wtg_error *err)
{
	if (!piece->item->blob)
		return 0;
	return piece->item->stored ? check_stored(m, reader, piece, err) :
				     check(m, piece, data, err);
}

/* False: there is no point any more. */
static bool await_slot(struct wtg_pumping *m, const struct wtg_segment *segment)
{
	bool go_on;

	pthread_mutex_lock(&m->lock);
	while (segment->number >= m->n_free_until && !m->failed)
		pthread_cond_wait(&m->moved, &m->lock);
	go_on = !m->failed;
	pthread_mutex_unlock(&m->lock);
	return go_on;
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

/* Would its hash have to wait for another thread? */
static bool is_late(struct wtg_pumping *m, const struct wtg_piece *piece)
{
	const struct wtg_item *item = piece->item;
	bool late;

	if (!item->blob || item->stored || piece->size_bytes == item->size_bytes)
		return false;
	pthread_mutex_lock(&m->lock);
	late = m->chains[item - m->pump->items->items].at != piece->at;
	pthread_mutex_unlock(&m->lock);
	return late;
}

static uint8_t *place_of(const struct wtg_pumping *m, const struct wtg_piece *piece)
{
	return wtg_outflow_slot(m->outflow, (unsigned)(piece->segment->number % m->n_slots)) +
	       piece->offset;
}

static int catch_up(struct wtg_pumping *m, struct thread *t, struct wtg_error *err)
{
	for (size_t i = 0; i < t->late.n_items; i++) {
		const struct wtg_piece *piece = t->late.items[i];

		if (check(m, piece, place_of(m, piece), err) < 0)
			return -1;
		finish(m, piece);
	}
	t->late.n_items = 0;
	return 0;
}

static int do_piece(struct wtg_pumping *m, struct thread *t, const struct wtg_piece *piece,
		    struct wtg_error *err)
{
	uint8_t *to = piece->item->resident;

	if (piece->segment) {
		/* What holds a segment up must not wait for the slot of a later one. */
		if (t->late.n_items > 0 && t->late.items[0]->segment != piece->segment &&
		    catch_up(m, t, err) < 0)
			return -1;
		if (!await_slot(m, piece->segment))
			return 0;
		to = place_of(m, piece);
	}
	if (fill(m, t->reader, piece, to, err) < 0)
		return -1;
	if (piece->segment && is_late(m, piece)) {
		WTG_APPEND(&t->late, piece);
		return 0;
	}
	if (check_piece(m, t->reader, piece, to, err) < 0)
		return -1;
	if (piece->segment)
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
				     do_piece(m, t, &task->items[i], err)) < 0)
			return -1;
	return catch_up(m, t, err);
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
