/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "standin.h"

#define STORE L"\\EFI\\Microsoft\\Boot\\BCD"
#define MOST_STORE_BYTES (4u << 20)
#define MOST_PATH 128

/* The partition that we were started from, as far as the firmware's device path knows it: of a
 * GPT not the drive. */
static struct bcd_device own_partition(EFI_HANDLE volume)
{
	EFI_GUID protocol = DEVICE_PATH_PROTOCOL, block = EFI_BLOCK_IO_PROTOCOL_GUID;
	EFI_DEVICE_PATH *node;
	EFI_BLOCK_IO *io;

	if (EFI_ERROR(boot->HandleProtocol(volume, &protocol, (void **)&node)) ||
	    EFI_ERROR(boot->HandleProtocol(volume, &block, (void **)&io)))
		fail("our volume has no device path");
	for (; !IsDevicePathEndType(node); node = NextDevicePathNode(node)) {
		HARDDRIVE_DEVICE_PATH *drive = (void *)node;
		struct bcd_device own = { .style = STYLE_GPT };
		UINT64 first_byte;

		if (DevicePathType(node) != MEDIA_DEVICE_PATH ||
		    DevicePathSubType(node) != MEDIA_HARDDRIVE_DP)
			continue;
		if (drive->SignatureType == SIGNATURE_TYPE_GUID) {
			boot->CopyMem(own.partition, drive->Signature, 16);
			return own;
		}
		own.style = STYLE_MBR;
		boot->CopyMem(own.disk, drive->Signature, 4);
		first_byte = drive->PartitionStart * io->Media->BlockSize;
		boot->CopyMem(own.partition, &first_byte, 8);
		return own;
	}
	fail("our volume is no partition");
}

static BOOLEAN is_own(const struct bcd_device *own, const struct bcd_device *said)
{
	return said->style == own->style && same(said->partition, own->partition, 16) &&
	       (own->style == STYLE_GPT || same(said->disk, own->disk, 16));
}

static EFI_FILE *open_root(EFI_HANDLE volume)
{
	EFI_GUID protocol = SIMPLE_FILE_SYSTEM_PROTOCOL;
	EFI_FILE_IO_INTERFACE *filesystem;
	EFI_FILE *root;

	if (EFI_ERROR(boot->HandleProtocol(volume, &protocol, (void **)&filesystem)) ||
	    EFI_ERROR(filesystem->OpenVolume(filesystem, &root)))
		fail("our volume does not open");
	return root;
}

static void append(CHAR16 path[MOST_PATH + 4], UINTN *n, CHAR16 character)
{
	if (*n == MOST_PATH)
		fail("our path has more than %u characters", (UINT64)MOST_PATH);
	path[(*n)++] = character;
}

/* The BCD beside us, if that is where we are; FALSE: there is none.  Our path comes in one node, or
 * in one a directory, as from GRUB. */
static BOOLEAN open_beside(EFI_FILE *root, EFI_DEVICE_PATH *own, EFI_FILE **ret)
{
	CHAR16 path[MOST_PATH + 4] = { 0 };
	UINTN n = 0;

	for (; !IsDevicePathEndType(own); own = NextDevicePathNode(own)) {
		struct bytes text = { (UINT8 *)own + 4, DevicePathNodeLength(own) - 4 };

		if (DevicePathType(own) != MEDIA_DEVICE_PATH ||
		    DevicePathSubType(own) != MEDIA_FILEPATH_DP)
			return FALSE;
		if (n && path[n - 1] != '\\')
			append(path, &n, '\\');
		for (UINT64 at = 0; at + 1 < text.size && le16(text, at); at += 2)
			append(path, &n, le16(text, at));
	}
	while (n && path[n - 1] != '\\')
		n--;
	boot->CopyMem(path + n, L"BCD", 8);
	return !EFI_ERROR(root->Open(root, ret, path, EFI_FILE_MODE_READ, 0));
}

/* As Microsoft's does it: from its own directory, where there is one, else from the usual. */
static struct bytes read_store(EFI_FILE *root, EFI_DEVICE_PATH *own)
{
	struct bytes bytes = memory(MOST_STORE_BYTES);
	EFI_FILE *file;

	if (!open_beside(root, own, &file) &&
	    EFI_ERROR(root->Open(root, &file, STORE, EFI_FILE_MODE_READ, 0)))
		fail("there is no BCD");
	if (EFI_ERROR(file->Read(file, &bytes.size, bytes.data)))
		fail("the BCD does not read");
	return bytes;
}

static void expect_file(EFI_FILE *root, struct bytes path)
{
	CHAR16 name[MOST_PATH + 1] = { 0 };
	EFI_FILE *file;

	if (path.size > 2 * MOST_PATH)
		fail("a path of %u characters", path.size / 2);
	boot->CopyMem(name, path.data, path.size);
	if (EFI_ERROR(root->Open(root, &file, name, EFI_FILE_MODE_READ, 0)))
		fail("there is no %p", path);
}

static struct partition resolve(const char *what, const struct bcd_device *device)
{
	struct partition found = partition_find(device);

	say("%s: partition %u at %u MiB, sectors of %u bytes", what, found.number,
	    found.first_byte >> 20, (UINT64)found.disk->Media->BlockSize);
	return found;
}

static struct bytes last_of(struct bytes path)
{
	UINT64 at = path.size;

	while (at && le16(path, at - 2) != '\\')
		at -= 2;
	return slice(path, at, path.size - at);
}

/* PE/COFF 2 and 3.3.1: the machine that the program is for. */
static UINT16 machine_of(struct bytes program)
{
	UINT32 header = le32(program, 60);

	if (!starts_with(program, "MZ") || le32(program, header) != 0x4550)
		fail("the loader is no program");
	return le16(program, (UINT64)header + 4);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	EFI_GUID protocol = LOADED_IMAGE_PROTOCOL;
	EFI_LOADED_IMAGE *loaded;
	struct partition windows, root_of;
	struct bcd_device own;
	struct bytes store, loader;
	struct ntfs *volume;
	EFI_FILE *root;
	struct bcd bcd;

	console_begin(table);
	if (EFI_ERROR(boot->HandleProtocol(image, &protocol, (void **)&loaded)))
		fail("nobody has loaded us");
	own = own_partition(loaded->DeviceHandle);
	say("started from partition %g", own.partition);

	root = open_root(loaded->DeviceHandle);
	store = read_store(root, loaded->FilePath);
	bcd = bcd_read(store);
	say("BCD of %u bytes, default %s", store.size, bcd.object);
	if (!is_own(&own, &bcd.own))
		fail("the BCD's boot manager is on %g", bcd.own.partition);
	resolve("boot manager", &bcd.own);
	expect_file(root, bcd.own_path);

	windows = resolve("device", &bcd.device);
	root_of = resolve("osdevice", &bcd.osdevice);
	ntfs_expect_directory(ntfs_open(&root_of), bcd.systemroot);
	say("systemroot: %p", bcd.systemroot);
	volume = ntfs_open(&windows);
	loader = ntfs_read_file(volume, bcd.path);
	say("path: %p", bcd.path);
	say("%p %u bytes, machine %x, crc32 %X", last_of(bcd.path), loader.size,
	    (UINT64)machine_of(loader), (UINT64)crc32(loader));
	switch_off();
}
