/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A boot manager that stands where Microsoft's would: it goes the way from its own volume to
 * the Windows loader by what lies on the drive, says each step on the console and switches
 * the machine off.  It shares no code with wtgctl: what it agrees with, two have read.
 *
 * Whatever is wrong ends in fail(), and so nothing here returns an error.  Nothing is freed:
 * the machine is about to be switched off.
 */
#pragma once

#include <efi.h>

extern EFI_BOOT_SERVICES *boot;

/* A line on the console, at most 79 characters.  %s: ASCII; %p: a path (struct bytes of
 * UTF-16); %u, %x, %X: UINT64, decimal, hexadecimal, hexadecimal of 8 digits; %g: a GUID of
 * 16 bytes. */
void say(const char *format, ...);

/* Say it after "failed: " and switch off. */
_Noreturn void fail(const char *format, ...);
_Noreturn void switch_off(void);
void console_begin(EFI_SYSTEM_TABLE *table);

/* A stretch of memory.  Whoever reads beyond it has failed. */
struct bytes {
	UINT8 *data;
	UINT64 size;
};

/* Zeros, aligned as devices like it; at most 64 MiB. */
struct bytes memory(UINT64 size);
struct bytes slice(struct bytes from, UINT64 offset, UINT64 size);
UINT16 le16(struct bytes from, UINT64 offset);
UINT32 le32(struct bytes from, UINT64 offset);
UINT64 le64(struct bytes from, UINT64 offset);
UINT8 byte(struct bytes from, UINT64 offset);
BOOLEAN same(const void *a, const void *b, UINT64 size);
BOOLEAN starts_with(struct bytes from, const char *ascii);
UINT32 crc32(struct bytes of);
UINT16 upper(UINT16 character); /* of ASCII; others stay as they are */

/* A drive, and a partition of it, as its table says. */
struct partition {
	EFI_BLOCK_IO *disk;
	UINT64 first_byte, size_bytes;
	UINT64 number;
};

/* A partition as the BCD names it: by two GUIDs, or by its first byte (64 bits) and the signature
 * in its drive's MBR (32 bits). */
enum { STYLE_GPT, STYLE_MBR };
struct bcd_device {
	UINT32 style;
	UINT8 disk[16], partition[16];
};

/* Look through all drives of the machine for that. */
struct partition partition_find(const struct bcd_device *device);
struct bytes partition_read(const struct partition *p, UINT64 offset, UINT64 size);

/* A registry hive: its cells, and the offset of its root key among them. */
struct hive {
	struct bytes cells;
	UINT32 root;
};
struct hive hive_open(struct bytes file);
UINT32 hive_subkey(const struct hive *hive, UINT32 key, const char *name);
struct bytes hive_value(const struct hive *hive, UINT32 key, const char *name);

/* The way from the boot manager's object to its default's. */
struct bcd {
	struct bcd_device own;   /* the boot manager's */
	struct bytes own_path;   /* UTF-16, "\EFI\…" */
	char object[39];         /* the default's, "{…}" */
	struct bcd_device device, osdevice;
	struct bytes path, systemroot;
};
struct bcd bcd_read(struct bytes file);

/* Files of an NTFS volume, by paths as "\windows\system32", UTF-16. */
struct ntfs;
struct ntfs *ntfs_open(const struct partition *partition);
void ntfs_expect_directory(struct ntfs *volume, struct bytes path);
struct bytes ntfs_read_file(struct ntfs *volume, struct bytes path);
