/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-seeds DIRECTORY: small valid inputs by our own writers, one directory a target. */
#include "seeds.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../volume/corpus.h"
#include "../windows/bcd-store.h"
#include "../windows/stand-in-pe.h"
#include "../windows/stand-in-svn.h"
#include "../windows/stand-in-system.h"
#include "base/alloc.h"
#include "base/fdio.h"
#include "plan/marker.h"
#include "wtg/text.h"

static const char *top;
static struct wtg_error err = WTG_ERROR_INIT;

void seed(const char *target, const char *name, const struct wtg_bytes *bytes)
{
	_cleanup_free_ char *dir = wtg_text("%s/%s", top, target);
	_cleanup_free_ char *path = wtg_text("%s/%s", dir, name);

	(void)mkdir(dir, 0777);
	test_write_file(path, bytes->data, bytes->size);
}

static void put_text(const char *target, const char *name, const char *text)
{
	struct wtg_bytes bytes = { (uint8_t *)text, strlen(text) };

	seed(target, name, &bytes);
}

/* The words that end with NULs. */
#define PUT_WORDS(target, name, words)                                                   \
	seed(target, name, &(struct wtg_bytes){ (uint8_t *)(words), sizeof(words) })

static void hives(void)
{
	struct wtg_regf_key *root = wtg_regf_root("R");
	struct wtg_bytes bytes;
	const struct wtg_bcd_spec spec = test_bcd_spec();
	uint8_t data[100] = { 1 };

	wtg_regf_dword(wtg_regf_key(root, "Select"), "Current", 1);
	wtg_regf_text(wtg_regf_key(root, "a"), "", "default");
	wtg_regf_value(wtg_regf_key(root, "a"), "b", WTG_REG_BINARY, data, sizeof(data));
	bytes = wtg_regf_write(root, "small", 1);
	seed("regf", "small", &bytes);
	wtg_bytes_done(&bytes);
	wtg_regf_free(root);

	bytes = wtg_bcd_build(&spec);
	seed("bcd", "store", &bytes);
	wtg_bytes_done(&bytes);

	bytes = stand_in_write(stand_in_system());
	seed("system", "generalised", &bytes);
	wtg_bytes_done(&bytes);

	root = stand_in_system();
	stand_in_dword(root, "Setup", "SetupType", 0);
	stand_in_dword(root, "MountedDevices", "a", 0);
	stand_in_key(root, "HardwareConfig\\{a}");
	stand_in_dword(root, "ControlSet001\\Services\\volmgr", "StartOverride", 3);
	bytes = stand_in_write(root);
	seed("system", "captured", &bytes);
	wtg_bytes_done(&bytes);
}

static void programs(void)
{
	struct wtg_bytes bytes = stand_in_pe(0x8664);

	seed("pe", "wide", &bytes);
	wtg_bytes_done(&bytes);
	bytes = stand_in_pe(0x014c);
	seed("pe", "narrow", &bytes);
	wtg_bytes_done(&bytes);
	bytes = stand_in_signed(0x8664, "2011");
	seed("pe", "signed", &bytes);
	/* Header of 8 bytes, then the signature: what follows the program. */
	seed("pkcs7", "signed",
	    &(struct wtg_bytes){ bytes.data + STAND_IN_SIZE + 8,
				 bytes.size - STAND_IN_SIZE - 8 });
	wtg_bytes_done(&bytes);

	free(test_run(
		NULL,
		"cd '%s' && rm -f one two && "
		"osslsigncode sign -certs 2011.crt -key 2011.key -in signed.efi -out one "
		"&& "
		"osslsigncode sign -nest -certs 2023.crt -key 2023.key -in one -out two",
		test_dir()));
	bytes = stand_in_load("two");
	seed("pe", "nested", &bytes);
	seed("pkcs7", "nested",
	    &(struct wtg_bytes){ bytes.data + STAND_IN_SIZE + 8,
				 bytes.size - STAND_IN_SIZE - 8 });
	wtg_bytes_done(&bytes);
}

/* As the harness `dbx` takes them: a loader after its size, then a list that a command writes. */
static void list(const char *name, const struct wtg_bytes *loader, const char *command)
{
	struct wtg_bytes made, input;

	free(test_run(NULL, "cd '%s' && rm -f list && %s", test_dir(), command));
	made = stand_in_load("list");
	input = (struct wtg_bytes){ wtg_alloc(2 + loader->size + made.size),
				    2 + loader->size + made.size };
	wtg_put_le16(input.data, (uint16_t)loader->size);
	memcpy(input.data + 2, loader->data, loader->size);
	memcpy(input.data + 2 + loader->size, made.data, made.size);
	seed("dbx", name, &input);
	wtg_bytes_done(&input);
	wtg_bytes_done(&made);
}

static void lists(void)
{
	struct wtg_bytes loader = stand_in_signed(0x8664, "2011");

	list("certificate", &loader, "cert-to-efi-sig-list 2011.crt list");
	list("authority", &loader, "cert-to-efi-sig-list 2011.ca.crt esl && "
				   "sign-efi-sig-list -k 2023.key -c 2023.crt dbx esl list 2>&1");
	list("signed-parts", &loader, "for n in 256 384 512; do "
				      "cert-to-efi-hash-list -s $n 2023.crt one && "
				      "cat one >>list; done");
	wtg_bytes_done(&loader);
	loader = stand_in_svn(8, 5);
	seed("pe", "resources", &loader);
	/* What Microsoft's list has for 9.0. */
	list("security-version", &loader,
	     "printf '\\47\\0\\0\\0\\46\\26\\304\\301\\114\\120\\222\\100"
	     "\\254\\251\\101\\371\\66\\223\\103\\50\\114\\0\\0\\0"
	     "\\0\\0\\0\\0\\60\\0\\0\\0' >list && head -c 16 /dev/zero >>list && "
	     "printf '\\1\\141\\53\\23\\235\\325\\131\\210\\103\\253\\34\\30"
	     "\\134\\74\\262\\353\\222\\0\\0\\11' >>list && "
	     "head -c 12 /dev/zero >>list");
	wtg_bytes_done(&loader);
}

/* As the harness `esp` takes them. */
static void add_file(struct wtg_bytes *input, const char *path, const struct wtg_bytes *content)
{
	size_t length = strlen(path) + 1;
	uint8_t *at;

	input->data = wtg_realloc(input->data, input->size + length + 2 + content->size, 1);
	at = input->data + input->size;
	memcpy(at, path, length);
	wtg_put_le16(at + length, (uint16_t)content->size);
	memcpy(at + length + 2, content->data, content->size);
	input->size += length + 2 + content->size;
}

static void boot_files(void)
{
	static const char *const paths[] = {
		"Windows/Boot/EFI/de-DE/bootmgfw.efi.mui",
		"Windows/Boot/EFI/CIPolicies/Active/{01234567-89ab-cdef-0123-456789abcdef}.cip",
		"Windows/Boot/Fonts/segoe_slboot.ttf",
		"Windows/Boot/Fonts_EX/segoe_slboot_EX.ttf",
		"Windows/Boot/Resources/Ärger.dll",
		"Windows/Boot/EFI_EX/bootmgr_EX.efi",
	};
	struct wtg_bytes usual = stand_in_pe(0x8664), ex = stand_in_pe(0xaa64);
	struct wtg_bytes text = { (uint8_t *)"text", 4 }, input = { 0 };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		add_file(&input, paths[i], &text);
	add_file(&input, "Windows/Boot/EFI/bootmgfw.efi", &usual);
	seed("esp", "usual", &input);
	add_file(&input, "Windows/Boot/EFI_EX/bootmgfw_EX.efi", &usual);
	seed("esp", "both", &input);
	add_file(&input, "Windows/Boot/EFI_EX/bootmgfw_EX.efi", &ex);
	seed("esp", "twice", &input);
	wtg_bytes_done(&input);
	wtg_bytes_done(&usual);
	wtg_bytes_done(&ex);
}

static void marker(void)
{
	static const struct wtg_marker marker = { WTG_MARKER_RUNNING, 77, 1700000000,
						  "apply-image", "0.1.0", false };
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	_cleanup_fd_ int fd = test_file("marker", WTG_MARKER_BYTES, NULL);
	struct wtg_window disk = test_window(fd, WTG_MARKER_BYTES, &ledger);
	uint8_t block[WTG_MARKER_BYTES];

	assert_good(wtg_marker_write(&disk, 0, &marker, &err));
	assert_int_equal(wtg_pread_all(fd, block, sizeof(block), 0), 0);
	/* The harness supplies what is behind it. */
	seed("marker", "running", &(struct wtg_bytes){ block, 128 });
	seed("marker", "whole", &(struct wtg_bytes){ block, 512 });
}

static void put_wim(const char *name, const char *options)
{
	free(test_run(
		NULL,
		"set -e; cd '%s'; rm -f w; wimlib-imagex capture tree w N D %s "
		"--image-property WINDOWS/ARCH=9 --image-property "
		"WINDOWS/EDITIONID=Core --image-property WINDOWS/VERSION/BUILD=26100; "
		"mkdir -p %s/wim; cp w %s/wim/%s",
		test_dir(), options, top, top, name));
}

/* With one of all that NTFS can hold, as long as it is small. */
static void put_odd(void)
{
	_cleanup_free_ char *volume = wtg_text("%s/volume", test_dir());

	test_corpus_volume(volume, 64 << 20);
	free(test_run(NULL,
		      "set -e; cd '%s'; rm -f w; "
		      "wimlib-imagex capture volume w N --compress=none; "
		      "printf 'delete --recursive \"%%s\"\\n' /Windows/sizes /Windows/WinSxS/many "
		      "/sparse.bin /compressed/text.txt /Windows/System32/kernel32.dll "
		      "'/Windows/System32/another name.dll' "
		      "'/Windows/WinSxS/a component/kernel32.dll' | wimlib-imagex update w 1; "
		      "wimlib-imagex optimize w --compress=none; mkdir -p %s/apply; "
		      "cp w %s/apply/odd",
		      test_dir(), top, top));
}

/* As the harness `set` takes them: parts after their sizes. */
static void put_set(const char *name, const char *options)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes input = { 0 };
	uint32_t n;

	free(test_run(NULL,
		      "set -e; cd '%s'; rm -f w s.swm s*.swm; wimlib-imagex capture tree w N %s; "
		      "wimlib-imagex split w s.swm 0.0005",
		      test_dir(), options));
	for (n = 1;; n++) {
		_cleanup_free_ char *part = n == 1 ? wtg_text_copy("s.swm") :
						     wtg_text("s%u.swm", n);
		_cleanup_free_ char *path = wtg_text("%s/%s", test_dir(), part);
		_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };

		if (access(path, F_OK) < 0)
			break;
		bytes = stand_in_load(part);
		input.data = wtg_realloc(input.data, input.size + 4 + bytes.size, 1);
		wtg_put_le32(input.data + input.size, (uint32_t)bytes.size);
		memcpy(input.data + input.size + 4, bytes.data, bytes.size);
		input.size += 4 + bytes.size;
	}
	assert_true(n > 2);
	seed("set", name, &input);
}

static void put_disc(const char *name, const char *grafts)
{
	free(test_run(NULL,
		      "cd '%s' && genisoimage -quiet -udf -no-pad -iso-level 3 "
		      "-graft-points -o disk "
		      "%s && mkdir -p %s/iso",
		      test_dir(), grafts, top));
	seed_disk_file("iso", name, 2048);
}

static void images(void)
{
	_cleanup_free_ char *wim_path = NULL;

	free(test_run(
		NULL,
		"cd '%s' && mkdir -p tree/Windows/System32/config && yes | head -c 70000 "
		">tree/a && "
		"echo regf >tree/Windows/System32/config/SYSTEM && ln -s a tree/l && "
		"ln tree/a tree/b",
		test_dir()));
	put_wim("stored", "--compress=none --check");
	put_disc("stored", "sources/install.wim=w");
	put_disc("arm64", "ARM64/Sources/Install.WIM=w x64/sources/install.wim=w");
	put_wim("xpress", "--compress=xpress");
	put_wim("lzx", "--compress=lzx");
	put_wim("pipable", "--pipable");
	put_wim("solid", "--solid --solid-chunk-size=32K");
	put_disc("solid", "sources/install.esd=w");
	put_odd();
	put_set("xpress", "--compress=xpress");
	wim_path = wtg_text("%s/wim/xpress", top);
	seed_packets(wim_path);
	put_set("checked", "--compress=xpress --check");
}

/* A release in which there is nothing but what is looked at; and numbers, after their size. */
static void ventoy(void)
{
	free(test_run(
		NULL,
		"set -e; cd '%s'; mkdir -p %s/ventoy %s/xz v/ventoy-1.1.00/boot v/ventoy-1.1.00/ventoy; "
		"cd v/ventoy-1.1.00; "
		"put() { printf \"$3\" | dd of=$1 bs=1 seek=$2 conv=notrunc status=none; }; "
		"truncate -s 512 boot/boot.img; put boot/boot.img 0 '\\353\\143\\220'; "
		"put boot/boot.img 400 'VT\\000Ge\\000HD\\000Rd\\000 Er\\r'; "
		"truncate -s 1048064 boot/core.img; put boot/core.img 500 '\\002'; "
		"put boot/core.img 510 '\\040\\010'; "
		"mkfs.fat -C --invariant -F 16 -s 1 -n VTOYEFI ventoy/ventoy.disk.img 32768; "
		"xz --check=crc32 boot/core.img ventoy/ventoy.disk.img; "
		"echo 1.1.00 >ventoy/version; cd ..; "
		"tar -cf %s/ventoy/plain ventoy-1.1.00; tar -czf %s/ventoy/packed ventoy-1.1.00; "
		"tar -cJf %s/ventoy/packed-xz ventoy-1.1.00; "
		"7z a -tzip z.zip ventoy-1.1.00; cp z.zip %s/ventoy/zip; "
		"for check in none crc32 crc64 sha256; do "
		"{ printf '\\065\\017'; seq 1000 | xz --check=$check; } >%s/xz/$check; done",
		test_dir(), top, top, top, top, top, top, top));
}

static void scripts(void)
{
	put_text("reg", "values",
		 "Windows Registry Editor Version 5.00\r\n\r\n[HKLM\\SOFTWARE\\Company]\r\n"
		 "\"a\"=dword:1\r\n@=\"x\\\\\\\"y\"\r\n\"b\"=hex(7):61,00,\\\r\n 00,00\r\n"
		 "\"Number\"=- ; c\r\n");
	put_text("reg", "keys",
		 "REGEDIT4\n[-HKCU\\Company\\A]\n[HKCU\\Company\\a\\B]\n\"Text\"=\"t\"\n"
		 "[HKEY_USERS\\.DEFAULT]\n[-HKCR\\x]\n[HKCR\\a[b]c]\n");
	put_text("reg", "letters",
		 "Windows Registry Editor Version 5.00\n[HKCU\\Company\\\xc3\xbc]\n"
		 "[HKCU\\Company\\\xc3\xa9]\n[HKCU\\Company\\\xc3\x9c\\\xe6\x97\xa5]\n");
	put_text("reg", "order",
		 "REGEDIT4\n[HKCU\\Company]\n\"n\"=dword:1\n[-HKCU\\Company]\n"
		 "[HKCU\\Company]\n\"number\"=dword:1\n\"NUMBER\"=-\n");
}

static void profiles(void)
{
	put_text("profile", "company",
		 "# all\nimage = w.iso\ncompact = auto\ndata-size = 1G\nuser = anna\n"
		 "password-file = pw\nregistry = a.reg\nregistry = b.reg\nskip-oobe = yes\n"
		 "hibernate = no\ntimeout = 0\n");
	put_text("profile", "sections",
		 "\xef\xbb\xbflocale = de-DE\r\n[a]\r\n  label: x\r\n;c\r\n[b]\r\n");
	put_text("profile", "comment-behind", "label = a ; overwrite = yes\n");
	put_text("profile", "goes-on", "registry = a.reg\n  registry = b.reg\n\tc.reg\n");
	put_text("profile", "comment-at-once", "label =# a\n");
}

static void texts(void)
{
	put_text(
		"wim-xml", "two",
		"<WIM><TOTALBYTES>99</TOTALBYTES><IMAGE "
		"INDEX=\"1\"><DIRCOUNT>1</DIRCOUNT>"
		"<FILECOUNT>2</FILECOUNT><TOTALBYTES>300</TOTALBYTES><HARDLINKBYTES>4"
		"</HARDLINKBYTES><NAME>N&amp;</NAME><DISPLAYNAME>D</DISPLAYNAME><WINDOWS>"
		"<ARCH>9</ARCH><EDITIONID>Core</EDITIONID><INSTALLATIONTYPE>Client"
		"</INSTALLATIONTYPE><VERSION><MAJOR>10</MAJOR><MINOR>0</"
		"MINOR><BUILD>26100"
		"</BUILD><SPBUILD>1</SPBUILD></VERSION><LANGUAGES><LANGUAGE>en-US</"
		"LANGUAGE>"
		"<LANGUAGE>de-DE</LANGUAGE><DEFAULT>en-US</DEFAULT></LANGUAGES></WINDOWS>"
		"</IMAGE><IMAGE INDEX=\"2\"><DESCRIPTION>x</DESCRIPTION></IMAGE></WIM>");
	put_text("wim-xml", "encrypted",
		 "<WIM><ESD><ENCRYPTED><KEY>a</KEY></ENCRYPTED></ESD></WIM>");
	put_text(
		"wim-xml", "doctype",
		"<!DOCTYPE w [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><WIM>&a;</WIM>");
	put_text("manifest", "made",
		 "{\"schema\":1,\"image\":{\"path\":\"w.iso\",\"sha256\":\"00\"},"
		 "\"list\":[1,-2,3.5,true,null,\"\\u0000\\ud83d\\ude00\"],"
		 "\"size\":18446744073709551615}");
	put_text("mounts", "mountinfo",
		 "36 35 8:1 / / rw,noatime shared:1 master:2 - ext4 /dev/sda1 rw\n"
		 "37 36 0:5 / /a\\040b rw - tmpfs none rw,size=1k\n");
	put_text("mounts", "swaps",
		 "Filename\tType\tSize\tUsed\tPriority\n/dev/sdb2 partition 1 0 -2\n"
		 "/swap\\040file file 9 0 -3\n");
	PUT_WORDS(
		"options", "create",
		"create\0--image=w.iso\0--edition\0Core\0--size\00064GB\0-q\0--\0/dev/x");
	PUT_WORDS("options", "abbreviated", "create\0--over\0--boot-ca=2023");
	PUT_WORDS("options", "choices", "plan\0--verify\0quick\0--timeout\0005\0a\0b");
	put_text("text", "size", "64GiB");
	put_text("text", "guid", "{C12A7328-f81f-11d2-ba4b-00a0c93ec93b}");
	put_text("text", "sha256",
		 "E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	put_text("text", "terminal",
		 "a\033[2J\n\xe2\x80\xae"
		 "b\xff\xf0\x9f\x98\x80\xc2\x9b");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: fuzz-seeds DIRECTORY\n");
		return 2;
	}
	top = realpath(argv[1], NULL);
	if (!top) {
		fprintf(stderr, "there is no %s\n", argv[1]);
		return 2;
	}
	hives();
	programs();
	lists();
	boot_files();
	seed_disks();
	marker();
	images();
	ventoy();
	seed_entries();
	seed_drivers();
	scripts();
	profiles();
	texts();
	return 0;
}
