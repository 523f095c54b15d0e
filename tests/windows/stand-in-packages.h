/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Driver packages as makers of hardware give them, written for tests; and a SOFTWARE hive that
 * says where Windows looks for them. */
#pragma once

#include "support.h"

#include <string.h>

#include "base/utf16.h"
#include "stand-in-catalog.h"
#include "stand-in-pe.h"
#include "stand-in-system.h"
#include "windows/drivers.h"

#define CURRENT_VERSION "Microsoft\\Windows\\CurrentVersion"

/* device_path NULL: it says nothing. */
static inline struct wtg_bytes stand_in_software(const char *device_path)
{
	_cleanup_(wtg_regf_freep) struct wtg_regf_key *root = wtg_regf_root("ROOT");
	struct wtg_regf_key *key = stand_in_key(root, CURRENT_VERSION);
	_cleanup_(wtg_bytes_done) struct wtg_bytes text =
		wtg_utf16_from_utf8(device_path ? device_path : "");

	wtg_regf_text(key, "ProgramFilesDir", "C:\\Program Files");
	if (device_path)
		wtg_regf_value(key, "DevicePath", WTG_REG_EXPAND_SZ, text.data, text.size);
	return wtg_regf_write(root, "SOFTWARE", UINT64_C(132000000000000000));
}

static inline void stand_in_file(struct wtg_files *files, const char *path, const char *text)
{
	wtg_files_add(files, path, wtg_bytes_copy(text, strlen(text)));
}

/* What a virtual PC's maker has Windows talk to the host by; as it is in a real hive. */
static const char stand_in_vmci[] =
	"[Version]\r\n"
	"Signature = \"$Windows NT$\"\r\n"
	"Class = System\r\n"
	"ClassGuid = {4D36E97D-E325-11CE-BFC1-08002BE10318}\r\n"
	"Provider = %loc.VMwareManufacturer%\r\n"
	"CatalogFile = vmci.cat\r\n"
	"DriverVer = 07/11/2019,9.8.16.0\r\n"
	"[Manufacturer]\r\n"
	"%loc.VMwareManufacturer% = vmware, NTamd64\r\n"
	"[vmware.NTamd64]\r\n"
	"%loc.Bus% = vmci.install.x64, PCI\\VEN_15AD&DEV_0740&SUBSYS_074015AD, "
	"PCI\\VEN_15AD&DEV_0740\r\n"
	"%loc.Host% = vmci.install.x64, ROOT\\VMWVMCIHOSTDEV\r\n"
	"[DestinationDirs]\r\n"
	"DefaultDestDir = 12\r\n"
	"[SourceDisksNames]\r\n"
	"1 = %loc.Disk%\r\n"
	"[SourceDisksFiles]\r\n"
	"vmci.sys = 1\r\n"
	"[vmci.install.x64.NT]\r\n"
	"CopyFiles = vmci.files\r\n"
	"[vmci.files]\r\n"
	"vmci.sys\r\n"
	"[vmci.install.x64.NT.Services]\r\n"
	"AddService = vmci, 0x00000002, vmci.service\r\n"
	"[vmci.service]\r\n"
	"DisplayName = %loc.Service%\r\n"
	"ServiceType = 1\r\n"
	"StartType = 0\r\n"
	"ErrorControl = 0\r\n"
	"ServiceBinary = %12%\\vmci.sys\r\n"
	"LoadOrderGroup = System Bus Extender\r\n"
	"[vmci.install.x64.NT.HW]\r\n"
	"AddReg = vmci.interrupts\r\n"
	"[vmci.interrupts]\r\n"
	"HKR, \"Interrupt Management\", 0x00000010\r\n"
	"HKR, \"Interrupt Management\\MessageSignaledInterruptProperties\", 0x00000010\r\n"
	"HKR, \"Interrupt Management\\MessageSignaledInterruptProperties\", MSISupported, "
	"0x00010001, 1\r\n"
	"HKR, \"Interrupt Management\\MessageSignaledInterruptProperties\", MessageNumberLimit, "
	"0x00010001, 2\r\n"
	"[Strings]\r\n"
	"loc.VMwareManufacturer = \"VMware, Inc.\"\r\n"
	"loc.Disk = \"Disk\"\r\n"
	"loc.Bus = \"VMware VMCI Bus Device\"\r\n"
	"loc.Host = \"VMware VMCI Host Device\"\r\n"
	"loc.Service = \"VMware VMCI Bus Driver\"\r\n";

/* A program that is signed itself, by whoever signs catalogs here; text makes it differ. */
static inline struct wtg_bytes stand_in_sys(uint16_t machine, const char *text)
{
	struct wtg_bytes pe = stand_in_pe(machine);
	_cleanup_(wtg_bytes_done) struct wtg_bytes der = stand_in_catalog(NULL, 0, 32);
	size_t size = (8 + der.size + 7) / 8 * 8;
	uint8_t *directory = pe.data + STAND_IN_PE_OFFSET + 24 + 112 + 4 * 8, *certificate;

	strncpy((char *)pe.data + 0x210, text, 0x100);
	wtg_put_le32(directory, (uint32_t)pe.size);
	wtg_put_le32(directory + 4, (uint32_t)size);
	pe.data = wtg_realloc(pe.data, pe.size + size, 1);
	certificate = pe.data + pe.size;
	memset(certificate, 0, size);
	wtg_put_le32(certificate, (uint32_t)(8 + der.size));
	wtg_put_le16(certificate + 4, 0x0200);
	wtg_put_le16(certificate + 6, 2); /* PKCS#7 */
	memcpy(certificate + 8, der.data, der.size);
	pe.size += size;
	return pe;
}

/* One storage controller's, of this name and version, with its files in a directory of theirs;
 * start: what the INF says.  dirid: where its program goes. */
struct stand_in_storage {
	const char *name, *version, *class_guid;
	unsigned start, dirid;
	bool is_unsigned, bare; /* without a catalog; with a program that is not signed */
};

static inline char *stand_in_storage_inf(const struct stand_in_storage *s)
{
	return wtg_text(
		"[Version]\nSignature=\"$WINDOWS NT$\"\nClass=Some\nClassGuid=%s\n"
		"Provider=\"Maker & Sons\"\nDriverVer=%s\nCatalogFile=%s.cat\n"
		"[Manufacturer]\n\"Maker\"=Models,NTamd64.10.0\n"
		"[Models.NTamd64.10.0]\n"
		"\"The %s controller\"=Inst,PCI\\VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01,"
		"PCI\\VEN_1AF4&DEV_1042\n"
		"\"The older one\"=Inst,PCI\\VEN_1AF4&DEV_1042\n"
		"[DestinationDirs]\nDefaultDestDir=%u\n"
		"[SourceDisksNames]\n1=\"Disk\",,,%s\n[SourceDisksFiles]\n%s.sys=1\n"
		"[Inst]\nCopyFiles=@%s.sys\n"
		"[Inst.HW]\nAddReg=Filters\n[Filters]\n"
		"HKR,,\"UpperFilters\",0x00010000,\"%sflt\"\n"
		"[Inst.Services]\nAddService=%s,2,Service\n"
		"[Service]\nServiceType=1\nStartType=%u\nErrorControl=3\n"
		"ServiceBinary=%%%u%%\\%s.sys\nLoadOrderGroup=\"SCSI miniport\"\nAddReg=Parameters\n"
		"[Parameters]\nHKR,\"Parameters\",\"BusType\",0x00010001,0x0000000A\n"
		"HKR,\"Parameters\\PnpInterface\",\"5\",0x00010001,0x00000001\n",
		s->class_guid, s->version, s->name, s->name, s->dirid,
		s->dirid == 13 ? "" : "\\amd64", s->name, s->name, s->name, s->name, s->start,
		s->dirid, s->name);
}

static inline void stand_in_add_storage(struct wtg_files *files, const char *directory,
					const struct stand_in_storage *s)
{
	_cleanup_free_ char *text = stand_in_storage_inf(s);
	_cleanup_free_ char *inf = wtg_text("%s/%s.inf", directory, s->name);
	_cleanup_free_ char *sys = wtg_text("%s/%s%s.sys", directory,
					    s->dirid == 13 ? "" : "amd64/", s->name);
	_cleanup_free_ char *cat = wtg_text("%s/%s.cat", directory, s->name);
	struct wtg_files both = { .items = NULL };

	stand_in_file(files, inf, text);
	wtg_files_add(files, sys, s->bare ? stand_in_pe(0x8664) :
					    stand_in_sys(0x8664, s->version));
	if (s->is_unsigned)
		return;
	both.items = &files->items[files->n_items - 2];
	both.n_items = 2;
	wtg_files_add(files, cat, stand_in_catalog_of(&both));
}

#define STAND_IN_SCSI "{4D36E97B-E325-11CE-BFC1-08002BE10318}"
#define STAND_IN_USB "{36FC9E60-C465-11CF-8056-444553540000}"
#define STAND_IN_NET "{4D36E972-E325-11CE-BFC1-08002BE10318}"
