/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * make-drivers DIRECTORY: driver packages of all kinds, for tests of the whole program.  Nobody
 * should trust who signed them.
 */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "stand-in-packages.h"

static const struct {
	const char *directory;
	struct stand_in_storage package;
} packages[] = {
	/* What Windows may start from; the same, older; and one that runs in the store. */
	{ "virtio/w11", { .name = "viotest", .version = "03/31/2021,100.85.104.20800",
			  .class_guid = STAND_IN_SCSI, .dirid = 12 } },
	{ "virtio/w10", { .name = "viotest", .version = "03/30/2021,100.85.104.20799",
			  .class_guid = STAND_IN_SCSI, .dirid = 12 } },
	{ "vmd", { .name = "vmdtest", .version = "01/02/2024,20.1.0.1007",
		   .class_guid = STAND_IN_SCSI, .dirid = 13 } },
	/* What it does not start from. */
	{ "net", { .name = "nettest", .version = "05/06/2023,1.2.3.4",
		   .class_guid = STAND_IN_NET, .start = 3, .dirid = 12 } },
	/* What it would not load. */
	{ "raw", { .name = "rawtest", .version = "05/06/2023,1.2.3.4", .is_unsigned = true,
		   .class_guid = STAND_IN_SCSI, .dirid = 12 } },
};

/* With all directories on the way. */
static int write_file(const char *directory, const struct wtg_file *file)
{
	_cleanup_free_ char *path = wtg_text("%s/%s", directory, file->path);
	FILE *stream;
	size_t n;

	for (char *at = path + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -1;
	}
	stream = fopen(path, "wb");
	if (!stream)
		return -1;
	n = fwrite(file->content.data, 1, file->content.size, stream);
	return fclose(stream) == 0 && n == file->content.size ? 0 : -1;
}

int main(int argc, char **argv)
{
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: make-drivers DIRECTORY\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		stand_in_add_storage(&files, packages[i].directory, &packages[i].package);
	for (size_t i = 0; i < files.n_items; i++) {
		if (write_file(argv[1], &files.items[i]) == 0)
			continue;
		perror(argv[1]);
		return 1;
	}
	return 0;
}
