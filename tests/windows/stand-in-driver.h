/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Driver packages for tests: an INF of each kind, and files that only have to be there. */
#pragma once

#include <string.h>

#include "base/bytes.h"

static inline struct wtg_bytes stand_in_text(const char *text)
{
	return wtg_bytes_copy(text, strlen(text));
}

static inline void stand_in_add(struct wtg_files *files, const char *path, const char *text)
{
	wtg_files_add(files, path, stand_in_text(text));
}

/* A disk controller that Windows may have to start from: stor.sys, for amd64 and arm64. */
#define STAND_IN_STOR                                                                      \
	"; A comment, with an = and a [section]\r\n"                                       \
	"[Version]\r\n"                                                                    \
	"Signature=\"$WINDOWS NT$\"\r\n"                                                   \
	"Class=SCSIAdapter\r\n"                                                            \
	"ClassGUID={4D36E97B-E325-11CE-BFC1-08002BE10318}\r\n"                             \
	"Provider=%Maker%\r\n"                                                             \
	"DriverVer=03/31/2021,100.85.104.20800 ; stamped\r\n"                              \
	"CatalogFile=stor.cat\r\n"                                                         \
	"[SourceDisksNames]\r\n1 = %Disk%,,,\"\"\r\n"                                      \
	"[SourceDisksFiles]\r\nstor.sys = 1,,\r\n"                                         \
	"[DestinationDirs]\r\nDefaultDestDir = 12\r\n"                                     \
	"[Manufacturer]\r\n%Maker% = Devices,NTamd64,NTarm64\r\n"                          \
	"[Devices.NTamd64]\r\n"                                                            \
	"%Disk% = stor_inst, PCI\\VEN_1234&DEV_0001&REV_00, PCI\\VEN_1234&DEV_0001\r\n"    \
	"%Disk% = stor_inst, PCI\\VEN_1234&DEV_0002\r\n"                                   \
	"[Devices.NTarm64]\r\n%Disk% = stor_inst, PCI\\VEN_1234&DEV_0001\r\n"              \
	"[stor_inst]\r\nCopyFiles=stor_files\r\n"                                          \
	"[stor_files]\r\nstor.sys,,,2\r\n"                                                 \
	"[stor_inst.Services]\r\n"                                                         \
	"AddService = stor, %ASSOC%, stor_service, stor_events\r\n"                        \
	"[stor_service]\r\n"                                                               \
	"DisplayName = %Disk%\r\nServiceType = %KERNEL%\r\nStartType = 0\r\n"              \
	"ErrorControl = 1\r\nServiceBinary = %12%\\stor.sys\r\n"                           \
	"LoadOrderGroup = SCSI miniport\r\nAddReg = stor_parameters\r\n"                   \
	"[stor_parameters]\r\n"                                                            \
	"HKR, \"Parameters\\PnpInterface\", \"5\", 0x00010001, 0x00000001\r\n"             \
	"HKR, \"Parameters\", \"BusType\", 0x00010001, 10\r\n"                             \
	"[stor_events]\r\n"                                                                \
	"HKR,,EventMessageFile,0x00020000,\"%%SystemRoot%%\\System32\\IoLogMsg.dll\"\r\n"  \
	"[stor_inst.HW]\r\nAddReg = stor_msi\r\n"                                          \
	"[stor_msi]\r\nHKR, \"Interrupt Management\",, 0x10\r\n"                           \
	"HKR, \"Interrupt Management\\MSI\", MSISupported, 0x00010001, 1\r\n"              \
	"[Strings]\r\n"                                                                    \
	"Maker = \"Stand-in, Inc.\"\r\nDisk = \"Stand-in disk controller\"\r\n"            \
	"ASSOC = 0x00000002\r\nKERNEL = 1\r\n"

static inline struct wtg_files stand_in_stor(void)
{
	struct wtg_files files = { 0 };

	stand_in_add(&files, "stor/stor.inf", STAND_IN_STOR);
	stand_in_add(&files, "stor/stor.sys", "stor.sys");
	return files;
}
