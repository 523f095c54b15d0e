/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A corpus of real files: those whose paths stand on the lines of a list.  Large ones are cut,
 * so that there are as many and as small ones as in a Windows: pieces of 2 KiB to 512 KiB, each
 * octave as often.  They go into components of WinSxS, whose manifests are made up; some have
 * hard links, short names, streams, copies elsewhere.  The same list makes the same volume.
 */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "wtg/text.h"

#define SMALLEST 2048u

struct corpus {
	struct media_volume *volume;
	const struct media_options *options;
	uint64_t n_pieces; /* so far */
};

/* Steele, Lea and Flood's SplitMix64. */
static uint64_t mix(uint64_t n)
{
	n += UINT64_C(0x9e3779b97f4a7c15);
	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

static uint64_t piece_bytes(uint64_t n, uint64_t left, uint64_t largest)
{
	unsigned octaves = 0;
	uint64_t base, size;

	while (SMALLEST << (octaves + 1) <= largest)
		octaves++;
	base = SMALLEST << mix(n) % (octaves ? octaves : 1);
	size = base + mix(~n) % base;
	return left <= size || left - size < SMALLEST ? left : size;
}

/* As the assembly manifests of WinSxS are, before Windows 8.1 packed them. */
static int put_manifest(struct corpus *corpus, const char *component, uint64_t n,
			struct wtg_error *err)
{
	_cleanup_free_ char *path =
		wtg_text("Windows/WinSxS/Manifests/%s.manifest", component);
	char text[4096];
	int size = snprintf(
		text, sizeof(text),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<assembly"
		" xmlns=\"urn:schemas-microsoft-com:asm.v3\" manifestVersion=\"1.0\">\n"
		"  <assemblyIdentity name=\"%s\" version=\"10.0.26100.%u\""
		" processorArchitecture=\"amd64\" buildType=\"release\" />\n",
		component, (unsigned)(n % 4000));

	for (unsigned i = 0; i < 1 + mix(n) % 12; i++)
		size += snprintf(text + size, sizeof(text) - (size_t)size,
				 "  <file name=\"f%u.dll\"><hash value=\"%016" PRIx64
				 "%016" PRIx64 "\" /></file>\n", i, mix(n + i), mix(~n - i));
	size += snprintf(text + size, sizeof(text) - (size_t)size, "</assembly>\n");
	return media_plain_file(corpus->volume, path, text, (size_t)size, err);
}

static int put_copies(struct corpus *corpus, const void *data, size_t size,
		     struct wtg_error *err)
{
	uint64_t n = corpus->n_pieces;
	uint64_t n_copies = corpus->options->n_copies ? corpus->options->n_copies : n % 20 == 0;

	for (uint64_t i = 0; i < n_copies; i++) {
		_cleanup_free_ char *path = wtg_text(
			"Program Files/Package %03u/%02u/f%06" PRIu64 " %u.dll",
			(unsigned)(n % 200), (unsigned)(n / 200 % 40), n, (unsigned)i);

		if (media_plain_file(corpus->volume, path, data, size, err) < 0)
			return -1;
	}
	return 0;
}

/* What some files have: another name in System32, a stream. */
static int adorn(struct corpus *corpus, const char *path, struct wtg_error *err)
{
	static const char zone[] = "[ZoneTransfer]\r\nZoneId=3\r\n";
	uint64_t n = corpus->n_pieces;
	_cleanup_free_ char *link =
		wtg_text("Windows/System32/%s/module%06" PRIu64 ".dll",
			 (const char *[]){ "drivers", "DriverStore/FileRepository", "wbem",
					   "en-US", "" }[n / 3 % 5], n);

	if (n % 100 == 0 && media_stream(corpus->volume, path, "Zone.Identifier", zone,
					 sizeof(zone) - 1, err) < 0)
		return -1;
	if (n % 3 != 0)
		return 0;
	return media_hard_link(corpus->volume, path, link, err);
}

static int put_piece(struct corpus *corpus, const void *data, size_t size,
		     struct wtg_error *err)
{
	uint64_t n = corpus->n_pieces++, of = n / 2;
	_cleanup_free_ char *component = wtg_text(
		"amd64_component-%u_31bf3856ad364e35_10.0.26100.%u_none_%016" PRIx64,
		(unsigned)of, (unsigned)(of % 4000), mix(of));
	_cleanup_free_ char *path = wtg_text("Windows/WinSxS/%s/module%06" PRIu64 ".dll",
					     component, corpus->n_pieces);
	_cleanup_free_ char *short_name = wtg_text("MOD%05X.DLL", (unsigned)n & 0xfffff);
	const struct media_node node = {
		.path = path,
		.attributes = MEDIA_ARCHIVE,
		.short_name = n % 8 == 0 ? short_name : NULL,
	};

	if ((n % 2 == 0 && put_manifest(corpus, component, of, err) < 0) ||
	    media_file(corpus->volume, &node, data, size, err) < 0 || adorn(corpus, path, err) < 0)
		return -1;
	return put_copies(corpus, data, size, err);
}

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static int put_file(struct corpus *corpus, const char *path, struct wtg_error *err)
{
	const uint64_t largest = corpus->options->largest_bytes;
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	const uint8_t *data;
	struct stat st;
	uint64_t size;
	int r = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "open %s", path);
	size = (uint64_t)st.st_size;
	if (size == 0)
		return 0;
	data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return wtg_fail(err, WTG_SYSTEM, errno, "read %s", path);
	for (uint64_t at = 0; r == 0 && at < size && corpus->n_pieces < corpus->options->n_extra_files;) {
		uint64_t n = size <= largest ? size
					     : piece_bytes(corpus->n_pieces, size - at, largest);

		r = put_piece(corpus, data + at, n, err);
		at += n;
	}
	munmap((void *)(uintptr_t)data, size);
	return r;
}

int media_pieces_fill(struct media_volume *volume, const struct media_options *options,
		      struct wtg_error *err)
{
	_cleanup_(close_file) FILE *list = fopen(options->corpus, "re");
	struct corpus corpus = { .volume = volume, .options = options };
	char line[4096];

	if (!list)
		return wtg_fail(err, WTG_SYSTEM, errno, "open %s", options->corpus);
	while (corpus.n_pieces < options->n_extra_files && fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		if (put_file(&corpus, line, err) < 0)
			return -1;
	}
	return 0;
}
