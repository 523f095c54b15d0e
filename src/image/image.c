/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crew.h"
#include "base/crypto.h"
#include "base/worker.h"
#include "image/bare.h"
#include "image/disc.h"
#include "image/files.h"
#include "image/open.h"
#include "image/udf.h"
#include "wtg/text.h"

const char *wtg_arch_name(enum wtg_arch arch)
{
	switch (arch) {
	case WTG_ARCH_UNKNOWN:
		return "unknown";
	case WTG_ARCH_X86:
		return "x86";
	case WTG_ARCH_AMD64:
		return "amd64";
	case WTG_ARCH_ARM64:
		return "arm64";
	}
	abort();
}

/* "1", or "x64/1" where there are several sets. */
static void name_editions(struct wtg_image *image)
{
	for (size_t s = 0; s < image->n_items; s++) {
		struct wtg_set *set = &image->items[s];

		for (size_t i = 0; i < set->editions.n_items; i++) {
			struct wtg_edition *e = &set->editions.items[i];

			e->selector = set->prefix ?
					      wtg_text("%s/%u", set->prefix, e->index) :
					      wtg_text("%u", e->index);
		}
	}
}

static int parse(struct wtg_image *image, struct wtg_error *err)
{
	const struct wtg_image_file *first = &image->files.items[0];
	int is_wim = wtg_image_file_is_wim(first, err);

	if (is_wim < 0)
		return -1;
	if (is_wim)
		return wtg_bare_read(image, err);
	if (wtg_disc_magic(first->fd, first->size_bytes))
		return wtg_disc_read(image, err);
	return wtg_fail(err, WTG_INPUT, 0, "%s is neither an ISO nor a WIM, ESD or SWM",
			image->path);
}

/* Looks once at all that wimlib sees, too, which finds most of what can be wrong. */
int wtg_image_parse(struct wtg_image *image, struct wtg_error *err)
{
	if (parse(image, err) < 0)
		return -1;
	for (size_t i = 0; i < image->n_items; i++)
		if (wtg_set_load(&image->items[i], err) < 0)
			return -1;
	name_editions(image);
	return 0;
}

static int read_image(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		      struct wtg_error *err)
{
	struct wtg_image *image = context;

	(void)progress;
	if (wtg_image_parse(image, err) < 0)
		return -1;
	wtg_image_flatten(image, reply);
	return 0;
}

int wtg_image_open(const char *path, struct wtg_image **ret, struct wtg_error *err)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	const struct wtg_image_errand errand = { .work = read_image };

	if (wtg_image_open_files(path, &image, err) < 0 ||
	    wtg_image_confine(image, &errand, image, NULL, &reply, err) < 0 ||
	    wtg_image_unflatten(image, &reply, err) < 0)
		return -1;
	name_editions(image);
	*ret = WTG_STEAL(image);
	return 0;
}

/* What an errand borrows. */
struct lent {
	char *who;
	struct {
		int *items;
		size_t n_items, capacity;
	} descriptors;
};

static void lent_done(struct lent *lent)
{
	free(lent->who);
	free(lent->descriptors.items);
}

/* The errand for a worker. */
static struct wtg_errand whole_errand(const struct wtg_image *image,
				      const struct wtg_image_errand *errand, void *context,
				      struct lent *lent)
{
	lent->who = wtg_text("the process that reads %s", image->path);
	for (size_t i = 0; i < image->files.n_items; i++)
		WTG_APPEND(&lent->descriptors, image->files.items[i].fd);
	return (struct wtg_errand){
		.who = lent->who,
		.blame = WTG_INPUT,
		.finds = errand->finds,
		.work = errand->work,
		.context = context,
		.descriptors = lent->descriptors.items,
		.n_descriptors = lent->descriptors.n_items,
		.window = errand->window,
		.scratch = true,
	};
}

int wtg_image_confine(struct wtg_image *image, const struct wtg_image_errand *errand,
		      void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		      struct wtg_error *err)
{
	_cleanup_(lent_done) struct lent lent = { 0 };
	struct wtg_errand whole = whole_errand(image, errand, context, &lent);

	return wtg_worker_run(&whole, progress, reply, err);
}

int wtg_image_unite(struct wtg_image *image, const struct wtg_image_errand *errand,
		    void *context, unsigned n, struct wtg_crew **ret, struct wtg_error *err)
{
	_cleanup_(lent_done) struct lent lent = { 0 };
	struct wtg_errand whole = whole_errand(image, errand, context, &lent);

	return wtg_crew_start(&whole, n, ret, err);
}

void wtg_image_close(struct wtg_image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->n_items; i++)
		wtg_set_done(&image->items[i]);
	free(image->items);
	for (size_t i = 0; i < image->files.n_items; i++) {
		close(image->files.items[i].fd);
		free(image->files.items[i].path);
	}
	free(image->files.items);
	free(image->path);
	free(image);
}

const char *wtg_image_path(const struct wtg_image *image)
{
	return image->path;
}

uint64_t wtg_image_file_bytes(const struct wtg_image *image)
{
	uint64_t total = 0;

	if (image->container == WTG_CONTAINER_ISO)
		return image->files.items[0].size_bytes;
	for (size_t i = 0; i < image->items[0].n_items; i++)
		total += image->items[0].items[i].source.size_bytes;
	return total;
}

size_t wtg_image_n_editions(const struct wtg_image *image)
{
	size_t n = 0;

	for (size_t i = 0; i < image->n_items; i++)
		n += image->items[i].editions.n_items;
	return n;
}

const struct wtg_edition *wtg_image_edition(const struct wtg_image *image, size_t i)
{
	const struct wtg_set *set = image->items;

	while (i >= set->editions.n_items)
		i -= set++->editions.n_items;
	return &set->editions.items[i];
}

/* The edition is one of ours, so the search ends. */
static const struct wtg_set *find_set(const struct wtg_image *image,
				      const struct wtg_edition *edition)
{
	for (size_t i = 0; i < image->n_items; i++) {
		const struct wtg_editions *editions = &image->items[i].editions;

		for (size_t k = 0; k < editions->n_items; k++)
			if (&editions->items[k] == edition)
				return &image->items[i];
	}
	abort();
}

struct wtg_set *wtg_image_set(struct wtg_image *image, const struct wtg_edition *edition)
{
	return &image->items[find_set(image, edition) - image->items];
}

int wtg_image_load(struct wtg_image *image, const struct wtg_edition *edition,
		   struct wtg_set **ret, struct wtg_error *err)
{
	struct wtg_set *set = wtg_image_set(image, edition);

	if (!set->wim && wtg_set_load(set, err) < 0)
		return -1;
	*ret = set;
	return 0;
}

int wtg_image_check_sha256(const struct wtg_image *image, const char *sha256,
			   struct wtg_progress *progress, struct wtg_error *err)
{
	uint8_t expected[WTG_SHA256_SIZE], actual[WTG_SHA256_SIZE];
	char hex[65];

	if (!wtg_sha256_parse(sha256, expected))
		return wtg_fail(err, WTG_USAGE, 0,
				"a SHA-256 has 64 hexadecimal digits, and \"%s\" is none",
				sha256);
	if (image->container == WTG_CONTAINER_SWM) {
		wtg_fail(err, WTG_USAGE, 0,
			 "%s is one of %zu parts, and a SHA-256 is of one file",
			 image->path, image->items[0].n_items);
		return wtg_hint(err, "Compare each part's with sha256sum.");
	}
	if (wtg_sha256_file(image->files.items[0].fd, 0, image->files.items[0].size_bytes,
			    image->path, progress, actual, err) < 0)
		return -1;
	if (memcmp(actual, expected, sizeof(actual)) != 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is not the expected file: its SHA-256 is %s",
				image->path, wtg_sha256_format(actual, hex));
	return 0;
}

bool wtg_image_is_checked(const struct wtg_image *image)
{
	return image->checked;
}

void wtg_image_set_checked(struct wtg_image *image)
{
	image->checked = true;
}

uint64_t wtg_image_integrity_bytes(const struct wtg_image *image,
				   const struct wtg_edition *edition)
{
	return wtg_set_integrity_bytes(find_set(image, edition));
}

int wtg_image_check_integrity(struct wtg_image *image, const struct wtg_edition *edition,
			      struct wtg_progress *progress, struct wtg_error *err)
{
	return wtg_set_check_integrity(find_set(image, edition), progress, err);
}

int wtg_image_extract(struct wtg_image *image, const struct wtg_edition *edition,
		      const char *volume_name, struct wtg_progress *progress,
		      struct wtg_error *err)
{
	struct wtg_set *set = wtg_image_set(image, edition);

	if (!wtg_set_is_fetched(set)) {
		/* What has it open would not see the copy. */
		wtg_wim_close(WTG_STEAL(set->wim));
		if (wtg_set_fetch(set, progress, err) < 0)
			return -1;
	}
	if (wtg_image_load(image, edition, &set, err) < 0)
		return -1;
	return wtg_wim_extract(set->wim, edition->index, volume_name, progress, err);
}
