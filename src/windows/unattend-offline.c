/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend-inner.h"

#include <errno.h>
#include <stdlib.h>

#include "wtg/text.h"

/*
 * What settings of offlineServicing come to in the registry, where Microsoft documents that (the
 * setting's own page, or the policy's that it sets); of all others DISM alone knows.
 */
#define TERMINAL_SERVER "CurrentControlSet\\Control\\Terminal Server"
static const struct {
	const char *component, *setting;
	unsigned long max; /* of what it may be: 1 for true and false */
	enum wtg_hive_id hive;
	const char *key, *value;
} settings[] = {
	{ "Microsoft-Windows-PartitionManager", "SanPolicy", 4, WTG_HIVE_SYSTEM,
	  "CurrentControlSet\\Services\\partmgr\\Parameters", "SanPolicy" },
	{ "Microsoft-Windows-SecureStartup-FilterDriver", "PreventDeviceEncryption", 1,
	  WTG_HIVE_SYSTEM, "CurrentControlSet\\Control\\BitLocker", "PreventDeviceEncryption" },
	{ "Microsoft-Windows-EnhancedStorage-Adm", "TCGSecurityActivationDisabled", 1,
	  WTG_HIVE_SOFTWARE, "Policies\\Microsoft\\Windows\\EnhancedStorageDevices",
	  "TCGSecurityActivationDisabled" },
	{ "Microsoft-Windows-LUA-Settings", "EnableLUA", 1, WTG_HIVE_SOFTWARE,
	  "Microsoft\\Windows\\CurrentVersion\\Policies\\System", "EnableLUA" },
	{ "Microsoft-Windows-TerminalServices-LocalSessionManager", "fDenyTSConnections", 1,
	  WTG_HIVE_SYSTEM, TERMINAL_SERVER, "fDenyTSConnections" },
	{ "Microsoft-Windows-TerminalServices-RDP-WinStationExtensions", "UserAuthentication", 1,
	  WTG_HIVE_SYSTEM, TERMINAL_SERVER "\\WinStations\\RDP-Tcp", "UserAuthentication" },
	{ "Microsoft-Windows-TerminalServices-RDP-WinStationExtensions", "SecurityLayer", 2,
	  WTG_HIVE_SYSTEM, TERMINAL_SERVER "\\WinStations\\RDP-Tcp", "SecurityLayer" },
};

/* "true", "false", or a number up to max. */
static bool read_number(const xmlNode *setting, unsigned long max, uint32_t *ret)
{
	_cleanup_free_ char *text = wtg_xml_text(setting);
	unsigned long number;
	char *end;

	if (max == 1 && (wtg_text_equal_fold(text, "true") || wtg_text_equal_fold(text, "false"))) {
		*ret = wtg_text_equal_fold(text, "true");
		return true;
	}
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || *end || number > max)
		return false;
	*ret = (uint32_t)number;
	return true;
}

static bool wish(const char *component, const xmlNode *setting, const char *name,
		 struct wtg_wishes *wishes)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		size_t first = wishes->n_items;
		uint32_t number;

		if (!wtg_text_equal_fold(settings[i].component, component) ||
		    !wtg_xml_is(setting, settings[i].setting))
			continue;
		if (!read_number(setting, settings[i].max, &number))
			return false;
		wtg_wish_number(wishes, settings[i].hive, settings[i].key, settings[i].value,
				number);
		wtg_wishes_because(wishes, first, "%s, line %ld: offlineServicing, %s", name,
				   xmlGetLineNo(setting), settings[i].setting);
		return true;
	}
	return false;
}

static void look_at(const xmlNode *component, const char *name, struct wtg_unattend *made)
{
	_cleanup_free_ char *its = wtg_xml_attribute(component, "name");

	for (const xmlNode *node = wtg_xml_first(component); node; node = wtg_xml_next(node))
		if (!wish(its, node, name, &made->wishes))
			wtg_note(&made->warnings,
				 "offlineServicing: %s of %s will not happen: DISM alone could do "
				 "it%s",
				 (const char *)node->name, its,
				 wtg_xml_is(node, "DriverPaths") ? " (--drivers does)" : "");
}

void wtg_unattend_offline(const xmlDoc *doc, enum wtg_arch arch, const char *name,
			  struct wtg_unattend *made)
{
	const xmlNode *root = xmlDocGetRootElement(doc);

	for (const xmlNode *pass = wtg_xml_first(root); pass; pass = wtg_xml_next(pass)) {
		_cleanup_free_ char *called = wtg_xml_attribute(pass, "pass");

		if (!wtg_text_equal(called, wtg_passes[WTG_PASS_OFFLINE_SERVICING].name))
			continue;
		for (const xmlNode *node = wtg_xml_first(pass); node; node = wtg_xml_next(node))
			if (wtg_component_is_for(node, arch))
				look_at(node, name, made);
	}
}
