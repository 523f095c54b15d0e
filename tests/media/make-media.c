/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Windows-like installation disc without any Microsoft file; see README.md. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <wimlib.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "disc.h"
#include "options.h"
#include "wtg/text.h"

/* Each sets some of the options, in the order in which they are given. */
struct variant {
	const char *name, *help;
	void (*set)(struct media_options *options);
};

#define VARIANT(name, assignment)                                                        \
	static void set_##name(struct media_options *o)                                  \
	{                                                                                \
		assignment;                                                              \
	}

VARIANT(iso, o->bare = false)
VARIANT(wim, (o->bare = true, o->format = MEDIA_WIM))
VARIANT(esd, (o->bare = true, o->format = MEDIA_ESD))
VARIANT(swm, (o->bare = true, o->format = MEDIA_SWM))
VARIANT(arm64, o->arch = WTG_ARCH_ARM64)
VARIANT(x86, o->arch = WTG_ARCH_X86)
VARIANT(multiarch, o->multiarch = true)
VARIANT(big, o->big = true)
VARIANT(unsigned, o->unsigned_boot = true)
VARIANT(noex, o->no_ex = true)
VARIANT(booted, o->booted = true)
VARIANT(twins, o->twins = true)
VARIANT(many, (o->twins = true, o->many = true))
VARIANT(twice, o->twice = true)
VARIANT(huge, o->huge = true)
VARIANT(noinstall, o->fault = MEDIA_NO_INSTALL)
VARIANT(iso9660, o->fault = MEDIA_ISO9660_ONLY)
VARIANT(truncated, o->fault = MEDIA_TRUNCATED)
VARIANT(zero, o->fault = MEDIA_ZERO)
VARIANT(nobootfiles, o->fault = MEDIA_NO_BOOTFILES)
VARIANT(nowinload, o->fault = MEDIA_NO_WINLOAD)
VARIANT(nosystem, o->fault = MEDIA_NO_SYSTEM)
VARIANT(badsystem, o->fault = MEDIA_BAD_SYSTEM)
VARIANT(dirtysystem, o->fault = MEDIA_DIRTY_SYSTEM)
VARIANT(badchunk, o->fault = MEDIA_BAD_CHUNK)
VARIANT(badmetadata, o->fault = MEDIA_BAD_METADATA)
VARIANT(badxml, o->fault = MEDIA_BAD_XML)
VARIANT(doctype, o->fault = MEDIA_DOCTYPE_XML)
VARIANT(evilnames, o->fault = MEDIA_EVIL_NAMES)

static const struct variant variants[] = {
	{ "iso", "a disc (the default); after esd or swm: with that in it", set_iso },
	{ "wim", "a bare install.wim", set_wim },
	{ "esd", "a bare solid install.esd", set_esd },
	{ "swm", "a split set; --out names its first part", set_swm },
	{ "arm64", "for ARM64 instead of x64", set_arm64 },
	{ "x86", "for 32 bit", set_x86 },
	{ "multiarch", "x64/sources and x86/sources on one disc", set_multiarch },
	{ "big", "a file of more than 4 GiB before install.wim", set_big },
	{ "unsigned", "loaders without signatures", set_unsigned },
	{ "noex", "no EFI_EX and Fonts_EX", set_noex },
	{ "booted", "captured from a Windows that was in use", set_booted },
	{ "twins", "two names that differ in case alone", set_twins },
	{ "many", "odd things in great numbers, and such twins", set_many },
	{ "twice", "files with the same content in several streams", set_twice },
	{ "huge", "a file of more than 4 GiB, nearly all holes", set_huge },
	{ "no-install", "a disc without install.*", set_noinstall },
	{ "stub9660", "a disc without UDF", set_iso9660 },
	{ "truncated", "cut off after 60 percent", set_truncated },
	{ "zero", "no bytes at all", set_zero },
	{ "nobootfiles", "no boot manager, of 2011 or of 2023", set_nobootfiles },
	{ "nowinload", "no winload.efi", set_nowinload },
	{ "nosystem", "no SYSTEM hive", set_nosystem },
	{ "badsystem", "a SYSTEM hive of garbage", set_badsystem },
	{ "dirtysystem", "a SYSTEM hive that was not written to its end",
	  set_dirtysystem },
	{ "badchunk", "a damaged file, found only while applying", set_badchunk },
	{ "badmetadata", "a damaged directory tree", set_badmetadata },
	{ "badxml", "XML that ends in the middle", set_badxml },
	{ "doctype-xml", "XML with a DTD and an external entity", set_doctype },
	{ "evilnames", "files named \"..\", \"a:b\", \"a/b\"", set_evilnames },
};

static void list_variants(void)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(*variants); i++)
		printf("%-12s  %s\n", variants[i].name, variants[i].help);
	printf("%-12s  %s\n", "build=N",
	       "14393, 17763, 19045, 22631, 26100 (the default), ...");
}

static void usage(FILE *to)
{
	fputs("usage: make-media --out FILE [--variant NAME]... [--size small|large]\n"
	      "                  [--files N] [--bytes SIZE] [--editions 1|2|3]\n"
	      "                  [--boot-manager FILE] [--bios-boot-manager FILE]\n"
	      "                  [--corpus LIST] [--largest SIZE] [--copies N]\n"
	      "       make-media --list\n", to);
}

static bool set_variant(struct media_options *options, const char *name)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(*variants); i++) {
		if (wtg_text_equal(variants[i].name, name)) {
			variants[i].set(options);
			return true;
		}
	}
	if (sscanf(name, "build=%u", &options->build) == 1)
		return true;
	fprintf(stderr, "make-media: no variant %s\n", name);
	return false;
}

static bool set_size(struct media_options *options, const char *size)
{
	bool large = wtg_text_equal(size, "large");

	options->n_extra_files = large ? 20000 : 0;
	options->extra_bytes = large ? 1ull << 30 : 0;
	return large || wtg_text_equal(size, "small");
}

static bool set_count(const char *text, unsigned most, unsigned *ret)
{
	uint64_t value;

	if (!wtg_size_parse(text, &value) || value == 0 || value > most)
		return false;
	*ret = (unsigned)value;
	return true;
}

static bool set(struct media_options *options, int option, const char *value)
{
	switch (option) {
	case 'v':
		return set_variant(options, value);
	case 's':
		return set_size(options, value);
	case 'f':
		return set_count(value, 1000000, &options->n_extra_files);
	case 'b':
		return wtg_size_parse(value, &options->extra_bytes);
	case 'e':
		return set_count(value, 3, &options->n_editions);
	case 'm':
		options->boot_manager = value;
		return true;
	case 'B':
		options->bios_boot_manager = value;
		return true;
	case 'c':
		options->corpus = value;
		return true;
	case 'L':
		return wtg_size_parse(value, &options->largest_bytes);
	case 't':
		return set_count(value, 100, &options->n_copies);
	}
	return false;
}

static _Noreturn void leave(int option)
{
	if (option == 'l')
		list_variants();
	else
		usage(stdout);
	exit(0);
}

static bool parse(int argc, char **argv, struct media_options *options,
		  const char **ret_out)
{
	static const struct option longs[] = {
		{ "out", required_argument, NULL, 'o' },
		{ "variant", required_argument, NULL, 'v' },
		{ "size", required_argument, NULL, 's' },
		{ "files", required_argument, NULL, 'f' },
		{ "bytes", required_argument, NULL, 'b' },
		{ "editions", required_argument, NULL, 'e' },
		{ "boot-manager", required_argument, NULL, 'm' },
		{ "bios-boot-manager", required_argument, NULL, 'B' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "largest", required_argument, NULL, 'L' },
		{ "copies", required_argument, NULL, 't' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool good = true;

	for (int c; good && (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (c == 'l' || c == 'h')
			leave(c);
		good = c == 'o' ? (*ret_out = optarg) != NULL : set(options, c, optarg);
	}
	return good && *ret_out && optind == argc;
}

static int make(const struct media_options *options, const char *path,
		struct wtg_error *err)
{
	_cleanup_(wtg_cleanup_scratch) char *scratch = NULL;

	/* genisoimage and wimlib say more about a failure than their status does. */
	wimlib_set_print_errors(true);
	if (wtg_scratch_make(&scratch, err) < 0)
		return -1;
	return media_disc(options, scratch, path, err);
}

int main(int argc, char **argv)
{
	struct media_options options = {
		.arch = WTG_ARCH_AMD64,
		.build = 26100,
		.n_editions = 3,
		.largest_bytes = 512u << 10,
	};
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	const char *out = NULL;

	if (!parse(argc, argv, &options, &out)) {
		usage(stderr);
		return 2;
	}
	if (make(&options, out, &err) < 0) {
		fprintf(stderr, "make-media: %s\n", err.message);
		return 5;
	}
	wimlib_global_cleanup();
	return 0;
}
