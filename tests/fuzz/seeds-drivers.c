/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "seeds.h"

#include <string.h>

#include "../windows/stand-in-catalog.h"
#include "../windows/stand-in-driver.h"
#include "base/utf16.h"

/* What the plain one does not have. */
#define ODD                                                                                \
	"[Version]\nSignature=$Chicago$\nClassGuid={36fc9e60-c465-11cf-8056-444553540000}\n" \
	"[Manufacturer]\na=M,NTamd64.10.0...16299,NTamd64.6.1.1,NTx86\n"                   \
	"[M.NTamd64.10.0...16299]\nd=i,USB\\X,,USB\\Y\n[i.NTamd64]\nCopyFiles=@a.dll,l\n"  \
	"Include=usb.inf\nNeeds=X,j\n[j]\nNeeds=i.NTamd64\nAddReg=r\n[l]\nb.sys,c.sys\n"   \
	"[DestinationDirs]\nDefaultDestDir=11,sub\nl=13\n[SourceDisksFiles.amd64]\n"       \
	"c.sys=1,x64\n[SourceDisksNames]\n1=x,,,\\y\n[i.NTamd64.Services]\n"               \
	"AddService=,2\nAddService=s,0x802,sv\n[sv]\nStartType=3\nBootFlags=0x14\n"        \
	"ServiceBinary=%13%\\b.sys\nDependencies=+G,s\nDescription=\"a\"\nAddReg=r\n"      \
	"[r]\nHKR,A,v,0x10000,a,\\\n b\nHKR,A,v,0x10008,c\nHKR,,w,1,de,ad\n"               \
	"HKR,,x,4\nHKR,B,,16\nHKR,,y,0xB0001,1\nHKLM,S,z,,%11%\\a\n"

void seed_drivers(void)
{
	_cleanup_(wtg_files_done) struct wtg_files files = stand_in_stor();
	_cleanup_(wtg_bytes_done) struct wtg_bytes odd = stand_in_text(ODD);
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide = wtg_utf16_from_utf8(STAND_IN_STOR);
	_cleanup_(wtg_bytes_done) struct wtg_bytes new = stand_in_catalog_of(&files);
	uint8_t hashes[2][32] = { { 1 }, { 2 } };
	_cleanup_(wtg_bytes_done) struct wtg_bytes old = stand_in_catalog(hashes, 2, 20);

	wide.size -= 2; /* its NUL */
	seed("inf", "plain", &files.items[0].content);
	seed("inf", "wide", &wide);
	seed("inf", "odd", &odd);
	seed("cat-file", "windows-8", &new);
	seed("cat-file", "windows-7", &old);
}
