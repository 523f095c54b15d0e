/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/compact-rules.h"

/*
 * Sources: wimlib's win32_apply.c names what the boot loaders before Windows 10 1903 could not
 * read when it is packed with LZX; compact.exe of Windows 10 has a list of its own, as
 * WimBootCompress.ini has.  What is behind "boot" is read before the filter is there; loaders
 * since 1903 unpack LZX, but nothing is won by relying on that.
 */
const struct wtg_compact_rule wtg_compact_rules[] = {
	{ "/Boot", WTG_COMPACT_BOOT }, /* of a system volume: BCD store, boot manager */
	{ "bootmgr*", WTG_COMPACT_BOOT },
	{ "*winload.*", WTG_COMPACT_BOOT },
	{ "*winresume.*", WTG_COMPACT_BOOT },
	{ "bootstat.dat", WTG_COMPACT_BOOT },  /* and the loader writes to it, in place */
	{ "/Windows/Boot", WTG_COMPACT_BOOT }, /* copied to the ESP by Windows' updates */
	{ "/Windows/System32/Boot", WTG_COMPACT_BOOT },
	{ "/Windows/ELAMBKUP", WTG_COMPACT_BOOT }, /* where early anti-malware is restored from */
	{ "*.wim", WTG_COMPACT_BOOT },	       /* the boot manager starts Winre.wim */
	{ "*.sdi", WTG_COMPACT_BOOT },	       /* and needs this to */

	/* The kernel and what it is linked with. */
	{ "/Windows/System32/ntoskrnl.exe", WTG_COMPACT_BOOT },
	{ "/Windows/System32/ntkrn*.exe", WTG_COMPACT_BOOT },
	{ "/Windows/System32/hal*.dll", WTG_COMPACT_BOOT },
	{ "/Windows/System32/kd*.dll", WTG_COMPACT_BOOT },
	{ "/Windows/System32/bootvid.dll", WTG_COMPACT_BOOT },
	{ "/Windows/System32/ci.dll", WTG_COMPACT_BOOT },
	{ "/Windows/System32/pshed.dll", WTG_COMPACT_BOOT },
	{ "/Windows/System32/mcupdate_*.dll", WTG_COMPACT_BOOT }, /* microcode */
	{ "/Windows/System32/apisetschema.dll", WTG_COMPACT_BOOT },
	{ "/Windows/System32/api-ms-win*.dll", WTG_COMPACT_BOOT },
	{ "/Windows/System32/ext-ms-win*.dll", WTG_COMPACT_BOOT },
	{ "/Windows/System32/KernelBase.dll", WTG_COMPACT_BOOT },
	{ "/Windows/System32/*symcrypt*.dll", WTG_COMPACT_BOOT }, /* since Windows 11 24H2 */

	/* What may run below the kernel. */
	{ "/Windows/System32/hv*", WTG_COMPACT_BOOT },
	{ "/Windows/System32/securekernel*.exe", WTG_COMPACT_BOOT },
	{ "/Windows/System32/skci.dll", WTG_COMPACT_BOOT },
	{ "/Windows/System32/tcb*", WTG_COMPACT_BOOT },

	/* What the loader hands to the kernel. */
	{ "*.sys", WTG_COMPACT_BOOT }, /* drivers, wherever they are started from */
	{ "/Windows/System32/*.nls", WTG_COMPACT_BOOT },
	{ "/Windows/System32/kbd*.dll", WTG_COMPACT_BOOT },
	{ "/Windows/System32/CodeIntegrity", WTG_COMPACT_BOOT },
	{ "/Windows/System32/PlatformManifest", WTG_COMPACT_BOOT },
	{ "/Windows/AppPatch/drv*.sdb", WTG_COMPACT_BOOT },
	{ "/Windows/Fonts/vga*.fon", WTG_COMPACT_BOOT },
	{ "/Windows/INF/errata.inf", WTG_COMPACT_BOOT },

	/* Hives, and their logs: the first read by the loader, all written in place. */
	{ "/Windows/System32/config", WTG_COMPACT_HIVE },
	{ "BCD", WTG_COMPACT_HIVE },
	{ "BCD.LOG*", WTG_COMPACT_HIVE },
	{ "NTUSER.*", WTG_COMPACT_HIVE },
	{ "UsrClass.*", WTG_COMPACT_HIVE },
	{ "SCHEMA.DAT*", WTG_COMPACT_HIVE }, /* of servicing */
	{ "settings.dat*", WTG_COMPACT_HIVE }, /* of applications */
	{ "*.hve*", WTG_COMPACT_HIVE },
	{ "*.blf", WTG_COMPACT_HIVE },
	{ "*.regtrans-ms", WTG_COMPACT_HIVE },

	/* Writing unpacks a file: better at once than when Windows is busy starting. */
	{ "*.evtx", WTG_COMPACT_WRITTEN },
	{ "*.etl", WTG_COMPACT_WRITTEN },
	{ "*.log", WTG_COMPACT_WRITTEN },
	{ "*.edb", WTG_COMPACT_WRITTEN },
	{ "/Windows/Panther", WTG_COMPACT_WRITTEN },
	{ "/Windows/Logs", WTG_COMPACT_WRITTEN },
	{ "/Windows/Temp", WTG_COMPACT_WRITTEN },
	{ "/Windows/SoftwareDistribution", WTG_COMPACT_WRITTEN },

	/* As compact.exe leaves them: servicing reads these itself, and packs them already. */
	{ "/Windows/WinSxS/Backup", WTG_COMPACT_SERVICING },
	{ "/Windows/WinSxS/ManifestCache", WTG_COMPACT_SERVICING },
	{ "/Windows/WinSxS/Manifests", WTG_COMPACT_SERVICING },
};

const size_t wtg_compact_n_rules = sizeof(wtg_compact_rules) / sizeof(wtg_compact_rules[0]);
