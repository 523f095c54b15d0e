/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into wtgctl, this stands before the doors of the libraries that parse what strangers
 * made, in all of its processes.  It counts who goes in, and with what power: who could still
 * make a socket, or is root, is not let in.  It can end the N-th that goes in through one of
 * the doors.  PARSER_CONTROL names a file of 64-bit words that all processes share; without it,
 * nobody is let in who is not confined.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <archive.h>
#include <hivex.h>
#include <json-c/json_tokener.h>
#include <libxml/parser.h>
#include <lzma.h>
#include <ntfs-3g/types.h>
#include <ntfs-3g/volume.h>
#include <udfread/udfread.h>
#include <wimlib.h>

/* In this order in the control file, and in confined.py. */
enum door {
	WIM_OPEN,
	WIM_PARTS,
	WIM_TREE,
	WIM_BLOBS,
	WIM_EXTRACT,
	WIM_UNPACK,
	UDF_OPEN,
	HIVE_OPEN,
	NTFS_MOUNT,
	XML_READ,
	JSON_PARSE,
	ARCHIVE_OPEN,
	XZ_UNPACK,
	N_DOORS,
};

/* The first words; for each door, the ones that went in and the ones that were refused
 * follow. */
enum word { END_DOOR, END_AT, END_SIGNAL, COUNTS };

static _Atomic uint64_t *control;

static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("PARSER_CONTROL");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *words;

	if (fd < 0)
		return;
	unsetenv("LD_PRELOAD"); /* mkntfs and the like are no parsers of foreign bytes */
	words = mmap(NULL, (COUNTS + 2 * N_DOORS) * sizeof(uint64_t), PROT_READ | PROT_WRITE,
		     MAP_SHARED, fd, 0);
	if (words == MAP_FAILED)
		abort();
	close(fd);
	control = words;
}

static int is_confined(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ENOSYS && geteuid() != 0;
}

static void *enter(enum door door, const char *name)
{
	uint64_t n;

	if (!is_confined()) {
		if (control)
			control[COUNTS + 2 * door + 1]++;
		abort();
	}
	if (control) {
		n = atomic_fetch_add(&control[COUNTS + 2 * door], 1) + 1;
		if (control[END_DOOR] == door && control[END_AT] == n)
			raise((int)control[END_SIGNAL]);
	}
	return dlsym(RTLD_NEXT, name);
}

#define DOOR(door, result, name, parameters, arguments)                                   \
	result name parameters                                                            \
	{                                                                                 \
		result(*real) parameters;                                                 \
                                                                                          \
		*(void **)&real = enter(door, #name);                                     \
		return real arguments;                                                    \
	}

DOOR(WIM_OPEN, int, wimlib_open_wim,
     (const wimlib_tchar *file, int flags, WIMStruct **ret), (file, flags, ret))
DOOR(WIM_PARTS, int, wimlib_reference_resource_files,
     (WIMStruct * wim, const wimlib_tchar *const *files, unsigned n, int ref, int open_flags),
     (wim, files, n, ref, open_flags))
DOOR(WIM_TREE, int, wimlib_iterate_dir_tree,
     (WIMStruct * wim, int image, const wimlib_tchar *path, int flags,
      wimlib_iterate_dir_tree_callback_t call, void *context),
     (wim, image, path, flags, call, context))
DOOR(WIM_BLOBS, int, wimlib_iterate_lookup_table,
     (WIMStruct * wim, int flags, wimlib_iterate_lookup_table_callback_t call, void *context),
     (wim, flags, call, context))
DOOR(WIM_EXTRACT, int, wimlib_extract_image,
     (WIMStruct * wim, int image, const wimlib_tchar *target, int flags),
     (wim, image, target, flags))
DOOR(WIM_UNPACK, int, wimlib_decompress,
     (const void *from, size_t from_size, void *to, size_t to_size,
      struct wimlib_decompressor *with),
     (from, from_size, to, to_size, with))
DOOR(UDF_OPEN, int, udfread_open_input, (udfread * udf, struct udfread_block_input *input),
     (udf, input))
DOOR(HIVE_OPEN, hive_h *, hivex_open, (const char *file, int flags), (file, flags))
DOOR(NTFS_MOUNT, ntfs_volume *, ntfs_device_mount,
     (struct ntfs_device * device, ntfs_mount_flags flags), (device, flags))
DOOR(XML_READ, xmlDocPtr, xmlReadMemory,
     (const char *text, int size, const char *url, const char *encoding, int options),
     (text, size, url, encoding, options))
DOOR(JSON_PARSE, struct json_object *, json_tokener_parse_ex,
     (struct json_tokener * tokener, const char *text, int size), (tokener, text, size))
DOOR(ARCHIVE_OPEN, int, archive_read_open,
     (struct archive * archive, void *context, archive_open_callback *begin_it,
      archive_read_callback *read_it, archive_close_callback *end_it),
     (archive, context, begin_it, read_it, end_it))
DOOR(XZ_UNPACK, lzma_ret, lzma_stream_decoder,
     (lzma_stream * stream, uint64_t most_memory, uint32_t flags), (stream, most_memory, flags))
