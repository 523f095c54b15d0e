/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/internal.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "target/target.h"

int wtg_writer_open(const struct wtg_target *target, struct wtg_progress *progress,
		    struct wtg_observer *observer, struct wtg_writer *ret,
		    struct wtg_error *err)
{
	struct wtg_writer writer = {
		.size_bytes = wtg_target_disk(target)->size_bytes,
		.path = wtg_target_disk(target)->path,
		.progress = progress,
		.observer = observer,
	};

	if (wtg_target_open_exclusive(target, &writer.fd, &writer.created, err) < 0)
		return -1;
	*ret = writer;
	return 0;
}

bool wtg_writer_is_unused(const struct wtg_writer *writer)
{
	return writer->created && writer->ledger.n_writes == 0;
}

/*
 * The kernel still shows the partitions that were there before.  udev has it look again when
 * we close; where there is no udev (installers, containers), nobody else would, and whoever
 * mounts an old partition by its node then writes into the new ones.
 */
static void show_new_table(struct wtg_writer *writer)
{
	if (ioctl(writer->fd, BLKRRPART) < 0 && errno == EBUSY)
		wtg_writer_note(writer,
				"a program has an old partition of %s open, so the kernel still "
				"shows the old ones: unplug the drive before you use it",
				writer->path);
}

int wtg_writer_close(struct wtg_writer *writer, struct wtg_error *err)
{
	bool unused = wtg_writer_is_unused(writer);

	if (writer->ledger.n_writes > 0)
		show_new_table(writer);
	wtg_ledger_done(&writer->ledger);
	if (unused)
		(void)unlink(writer->path);
	return wtg_close(&writer->fd, writer->path, err);
}

struct wtg_window wtg_writer_window(struct wtg_writer *writer, uint64_t offset, uint64_t length)
{
	struct wtg_window disk = {
		.fd = writer->fd,
		.length = writer->size_bytes,
		.ledger = &writer->ledger,
	};

	return wtg_window_part(&disk, offset, length);
}

struct wtg_crew *wtg_writer_crew(const struct wtg_writer *writer)
{
	return writer->crew;
}

struct wtg_progress *wtg_writer_progress(struct wtg_writer *writer)
{
	return writer->progress;
}

uint64_t wtg_writer_size(const struct wtg_writer *writer)
{
	return writer->size_bytes;
}

void wtg_writer_note(struct wtg_writer *writer, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	struct wtg_event event = { .kind = WTG_EVENT_NOTE, .phase = WTG_PHASE_APPLY };
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	event.text = text;
	if (text && writer->observer)
		writer->observer->event(writer->observer, &event);
}
