/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "target/discover.h"
#include "target/holders.h"
#include "target/probe.h"
#include "wtg/text.h"

void wtg_disk_done(struct wtg_disk *disk)
{
	for (size_t i = 0; i < disk->n_contents; i++) {
		free(disk->contents[i].type);
		free(disk->contents[i].label);
		free(disk->contents[i].name);
	}
	for (size_t i = 0; i < disk->n_holders; i++) {
		free(disk->holders[i].part);
		free(disk->holders[i].holder);
	}
	free(disk->contents);
	free(disk->holders);
	free(disk->path);
	free(disk->model);
	free(disk->vendor);
	free(disk->serial);
	free(disk->wwn);
	free(disk->bus);
	*disk = (struct wtg_disk){ 0 };
}

/* Model names, labels and mount points are other people's words. */
static void say(struct wtg_facts *out, const char *key, const char *text)
{
	_cleanup_free_ char *printable = text ? wtg_text_printable(text) : NULL;

	wtg_fact_text(out, key, printable);
}

static void describe_contents(const struct wtg_disk *disk, struct wtg_facts *out)
{
	if (disk->unread)
		return;
	wtg_fact_open(out, "contents", WTG_LIST);
	for (size_t i = 0; i < disk->n_contents; i++) {
		const struct wtg_content *c = &disk->contents[i];

		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_number(out, "number", c->number);
		say(out, "type", c->type);
		say(out, "label", c->label);
		say(out, "name", c->name);
		wtg_fact_bytes(out, "offset_bytes", c->offset_bytes);
		wtg_fact_bytes(out, "size_bytes", c->size_bytes);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

static void describe_holders(const struct wtg_disk *disk, struct wtg_facts *out)
{
	wtg_fact_open(out, "holders", WTG_LIST);
	for (size_t i = 0; i < disk->n_holders; i++) {
		const struct wtg_holder *h = &disk->holders[i];

		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "kind", wtg_holder_kind_name(h->kind));
		say(out, "part", h->part);
		say(out, "holder", h->holder);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

void wtg_disk_describe(const struct wtg_disk *disk, struct wtg_facts *out)
{
	say(out, "path", disk->path);
	say(out, "model", disk->model);
	say(out, "vendor", disk->vendor);
	say(out, "serial", disk->serial);
	say(out, "wwn", disk->wwn);
	say(out, "bus", disk->bus);
	wtg_fact_truth(out, "removable", disk->removable);
	wtg_fact_truth(out, "read_only", disk->read_only);
	wtg_fact_bytes(out, "size_bytes", disk->size_bytes);
	wtg_fact_bytes(out, "sector_bytes", disk->sector_bytes);
	wtg_fact_bytes(out, "physical_sector_bytes", disk->physical_sector_bytes);
	describe_contents(disk, out);
	describe_holders(disk, out);
}

/* ------------------------------------------------------------------ all drives */

/* A drive that cannot be read (a user without the right, a card reader without a card) is
 * listed all the same, without contents. */
static void add_contents(struct wtg_disk *disk)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_fd_ int fd = open(disk->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	disk->unread = fd < 0 || wtg_probe_contents(fd, disk, &err) < 0;
	wtg_error_done(&err);
}

static void add_drive(const struct wtg_machine *m, const struct wtg_block *block,
		      struct wtg_disk_list *list)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_disk disk;

	/* A loop device that nothing is behind is there on every machine and means nothing. */
	if (block->partition || wtg_not_a_drive(block->name) ||
	    (wtg_text_starts(block->name, "loop") && !block->alias))
		return;
	if (wtg_discover_drive(block->device, &disk, &err) < 0) {
		wtg_error_done(&err); /* unplugged just now */
		return;
	}
	wtg_holders_find(m, &disk);
	disk.holds_cwd = wtg_disk_carries(m, &disk, ".");
	add_contents(&disk);
	WTG_APPEND(list, disk);
}

static int by_path(const void *a, const void *b)
{
	const struct wtg_disk *x = a, *y = b;

	/* loop2 before loop10 */
	return strverscmp(x->path, y->path);
}

int wtg_disk_list(struct wtg_disk_list *ret, struct wtg_error *err)
{
	struct wtg_disk_list list = { 0 };
	struct wtg_machine machine;

	if (access("/sys/class/block", R_OK) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look for drives in /sys/class/block");
	wtg_machine_look(&machine);
	for (size_t i = 0; i < machine.blocks.n_items; i++)
		add_drive(&machine, &machine.blocks.items[i], &list);
	wtg_machine_done(&machine);
	if (list.n_items > 1)
		qsort(list.items, list.n_items, sizeof(*list.items), by_path);
	*ret = list;
	return 0;
}

void wtg_disk_list_done(struct wtg_disk_list *list)
{
	for (size_t i = 0; i < list->n_items; i++)
		wtg_disk_done(&list->items[i]);
	free(list->items);
	*list = (struct wtg_disk_list){ 0 };
}
