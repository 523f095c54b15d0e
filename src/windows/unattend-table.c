/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend-inner.h"

#include "wtg/text.h"

/* Microsoft, "Windows Setup Configuration Passes". */
const struct wtg_pass_row wtg_passes[WTG_N_PASSES] = {
	[WTG_PASS_WINDOWS_PE] = { "windowsPE",
				  "it is the installation medium's, and left out", true },
	[WTG_PASS_OFFLINE_SERVICING] = { "offlineServicing",
					 "it is of DISM, which nobody runs here", true },
	[WTG_PASS_GENERALIZE] = { "generalize", "Sysprep runs it, not the first start", false },
	[WTG_PASS_SPECIALIZE] = { "specialize", NULL, false },
	[WTG_PASS_AUDIT_SYSTEM] = { "auditSystem", "it runs in audit mode only", false },
	[WTG_PASS_AUDIT_USER] = { "auditUser", "it runs in audit mode only", false },
	[WTG_PASS_OOBE_SYSTEM] = { "oobeSystem", NULL, false },
};

#define PE (1u << WTG_PASS_WINDOWS_PE)
#define OFFLINE (1u << WTG_PASS_OFFLINE_SERVICING)
#define GENERALIZE (1u << WTG_PASS_GENERALIZE)
#define SPECIALIZE (1u << WTG_PASS_SPECIALIZE)
#define AUDIT_SYSTEM (1u << WTG_PASS_AUDIT_SYSTEM)
#define AUDIT_USER (1u << WTG_PASS_AUDIT_USER)
#define AUDIT (AUDIT_SYSTEM | AUDIT_USER)
#define OOBE (1u << WTG_PASS_OOBE_SYSTEM)
#define INSTALLED (OFFLINE | GENERALIZE | SPECIALIZE | AUDIT | OOBE)

/*
 * Microsoft, "Unattended Windows Setup Reference": the components of client editions, without the
 * prefix that nearly all have, and the passes in which some setting of each is valid.  Where that
 * differs from setting to setting, it is every pass but the medium's.
 */
#define PREFIX "Microsoft-Windows-"
static const struct {
	const char *name;
	unsigned passes;
} components[] = {
	{ "ApplicationExperience", INSTALLED },
	{ "Audio-AudioCore", INSTALLED },
	{ "Authentication-AuthUI", INSTALLED },
	{ "BrowserService", INSTALLED },
	{ "CodeIntegrity", INSTALLED },
	{ "Deployment", GENERALIZE | SPECIALIZE | AUDIT | OOBE },
	{ "DeviceGuard-Unattend", INSTALLED },
	{ "DiskDiagnostic", INSTALLED },
	{ "DNS-Client", PE | SPECIALIZE },
	{ "Embedded-BootExp", INSTALLED },
	{ "Embedded-EmbeddedLogon", INSTALLED },
	{ "Embedded-KeyboardFilterService", INSTALLED },
	{ "Embedded-UnifiedWriteFilter", INSTALLED },
	{ "EnhancedStorage-Adm", INSTALLED },
	{ "ErrorReportingCore", INSTALLED },
	{ "Fax-Service", INSTALLED },
	{ "HelpAndSupport", INSTALLED },
	{ "IE-ClientNetworkProtocolImplementation", INSTALLED },
	{ "IE-ESC", INSTALLED },
	{ "IE-InternetExplorer", INSTALLED },
	{ "International-Core", SPECIALIZE | OOBE },
	{ "International-Core-WinPE", PE },
	{ "LUA-Settings", INSTALLED },
	{ "MediaPlayer-Core", INSTALLED },
	{ "MobilePC-Sensors-API", INSTALLED },
	{ "NetBT", PE | SPECIALIZE },
	{ "OutOfBoxExperience", GENERALIZE | SPECIALIZE | AUDIT | OOBE },
	{ "PartitionManager", OFFLINE | GENERALIZE | SPECIALIZE | PE },
	{ "PnpCustomizationsNonWinPE", OFFLINE | AUDIT_SYSTEM },
	{ "PnpCustomizationsWinPE", PE },
	{ "PnpSysprep", GENERALIZE },
	{ "powercpl", INSTALLED },
	{ "Printing-Spooler-Core", INSTALLED },
	{ "Printing-Spooler-Core-Localspl", INSTALLED },
	{ "RemoteAssistance-Exe", INSTALLED },
	{ "SecureStartup-FilterDriver", INSTALLED | PE },
	{ "Security-SPP", GENERALIZE },
	{ "Security-SPP-UX", INSTALLED },
	{ "Setup", PE },
	{ "Shell-Setup", INSTALLED },
	{ "SMBServer", INSTALLED },
	{ "SNMP-Agent-Service", INSTALLED },
	{ "SQMApi", INSTALLED },
	{ "StorageService", INSTALLED },
	{ "SystemMaintenanceService", INSTALLED },
	{ "SystemRestore-Main", INSTALLED },
	{ "TabletPC-Platform-Input-Core", INSTALLED },
	{ "TapiSetup", INSTALLED },
	{ "TCPIP", PE | SPECIALIZE },
	{ "TerminalServices-LocalSessionManager", INSTALLED },
	{ "TerminalServices-RDP-WinStationExtensions", INSTALLED },
	{ "TerminalServices-RemoteConnectionManager", INSTALLED },
	{ "UnattendedJoin", SPECIALIZE },
	{ "WebDAVRedir-DavClient", INSTALLED },
	{ "WinRE-RecoveryAgent", INSTALLED },
	{ "WLANSvc", INSTALLED },
	{ "Wwansvc", INSTALLED },
};

/* Those that are called otherwise. */
static const char *const strangers[] = {
	"Networking-MPSSVC-Svc",
	"Security-Malware-Windows-Defender",
};

int wtg_pass_find(const char *name)
{
	for (int i = 0; i < WTG_N_PASSES; i++)
		if (wtg_text_equal(wtg_passes[i].name, name))
			return i;
	return -1;
}

unsigned wtg_component_passes(const char *name)
{
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		if (wtg_text_equal_fold(strangers[i], name))
			return INSTALLED;
	if (!wtg_text_starts(name, PREFIX))
		return 0;
	name += sizeof(PREFIX) - 1;
	for (size_t i = 0; i < sizeof(components) / sizeof(components[0]); i++)
		if (wtg_text_equal_fold(components[i].name, name))
			return components[i].passes;
	return 0;
}
