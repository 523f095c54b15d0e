/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend-inner.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/utf16.h"
#include "base/xml.h"
#include "windows/places.h"
#include "wtg/text.h"

/* What identifies a component of Windows besides its name and processor; the same in
 * every answer file that Microsoft publishes. */
static const struct {
	const char *name, *value;
} identity[] = {
	{ "publicKeyToken", "31bf3856ad364e35" },
	{ "language", "neutral" },
	{ "versionScope", "nonSxS" },
};

#define SHELL "Microsoft-Windows-Shell-Setup"

/* Through a shell: what a driver of many refuses is no reason to stop the first start, as
 * RunSynchronous does at any status but 0. */
#define INSTALL_DRIVERS                                                                  \
	"cmd.exe /c \"pnputil.exe /add-driver %SystemRoot%\\INF\\wtgctl\\*.inf /subdirs "      \
	"/install & exit /b 0\""

/* pnputil /add-driver came with build 14393; before, it was this.  Without the parentheses the
 * first driver would be the last: whatever follows "do" is done for each. */
#define INSTALL_DRIVERS_BEFORE                                                           \
	"cmd.exe /c \"(for /r %SystemRoot%\\INF\\wtgctl %i in (*.inf) do "                    \
	"pnputil.exe -i -a \"%i\") & exit /b 0\""
#define LEAST_ADD_DRIVER_BUILD 14393

/* Setup overwrites passwords in this file by itself when a pass is done ("*SENSITIVE*DATA*
 * DELETED*"), but not in what it may have copied; Microsoft advises to delete both. */
#define FORGET                                                                           \
	"cmd.exe /c del /f /q %SystemRoot%\\Panther\\unattend.xml "                        \
	"%SystemRoot%\\Panther\\unattend-original.xml"

/* Windows adds 1 to LogonCount; this is how Microsoft has it log on once (LogonCount, "known
 * issue").  Only an administrator's first logon runs it. */
#define LOG_ON_ONCE                                                                      \
	"reg.exe add \"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\" "    \
	"/v AutoLogonCount /t REG_DWORD /d 0 /f"

struct composing {
	const struct wtg_answers *answers;
	const char *arch;
	xmlNode *root;
	xmlNs *wcm;
};

/* ------------------------------------------------------------------ elements */

static xmlNode *add(xmlNode *parent, const char *name)
{
	return xmlNewChild(parent, parent->ns, BAD_CAST name, NULL);
}

/* Of the answer to an option, which a user may have given himself. */
static void say(xmlNode *parent, const char *name, const char *text, const char *option)
{
	xmlNode *node = xmlNewTextChild(parent, parent->ns, BAD_CAST name, BAD_CAST text);

	node->_private = (void *)option;
}

static xmlNode *add_item(const struct composing *c, xmlNode *parent, const char *name)
{
	xmlNode *item = add(parent, name);

	xmlSetNsProp(item, c->wcm, BAD_CAST "action", BAD_CAST "add");
	return item;
}

static xmlNode *find(xmlNode *parent, const char *element, const char *key, const char *value,
		     const char *arch)
{
	for (xmlNode *node = wtg_xml_first(parent); node; node = wtg_xml_next(node)) {
		_cleanup_free_ char *its = wtg_xml_attribute(node, key);
		_cleanup_free_ char *its_arch = wtg_xml_attribute(node, "processorArchitecture");

		if (wtg_xml_is(node, element) && wtg_text_equal(its, value) &&
		    (!arch || wtg_text_equal(its_arch, arch)))
			return node;
	}
	return NULL;
}

static xmlNode *pass_of(const struct composing *c, enum wtg_pass pass)
{
	const char *name = wtg_passes[pass].name;
	xmlNode *settings = find(c->root, "settings", "pass", name, NULL);

	if (settings)
		return settings;
	settings = add(c->root, "settings");
	xmlNewProp(settings, BAD_CAST "pass", BAD_CAST name);
	return settings;
}

static xmlNode *component_of(const struct composing *c, enum wtg_pass pass, const char *name)
{
	xmlNode *settings = pass_of(c, pass);
	xmlNode *component = find(settings, "component", "name", name, c->arch);

	if (component)
		return component;
	component = add(settings, "component");
	xmlNewProp(component, BAD_CAST "name", BAD_CAST name);
	xmlNewProp(component, BAD_CAST "processorArchitecture", BAD_CAST c->arch);
	for (size_t i = 0; i < sizeof(identity) / sizeof(identity[0]); i++)
		xmlNewProp(component, BAD_CAST identity[i].name, BAD_CAST identity[i].value);
	return component;
}

/* ------------------------------------------------------------------ specialize */

static void compose_drivers(const struct composing *c)
{
	bool old = c->answers->build > 0 && c->answers->build < LEAST_ADD_DRIVER_BUILD;
	xmlNode *list = add(component_of(c, WTG_PASS_SPECIALIZE, "Microsoft-Windows-Deployment"),
			    "RunSynchronous");
	xmlNode *command = add_item(c, list, "RunSynchronousCommand");

	say(command, "Order", "1", NULL);
	say(command, "Path", old ? INSTALL_DRIVERS_BEFORE : INSTALL_DRIVERS, NULL);
	say(command, "Description", "Install the drivers that came with this drive", NULL);
	say(command, "WillReboot", "Never", NULL);
}

static void compose_specialize(const struct composing *c)
{
	const struct wtg_answers *a = c->answers;

	if (a->computer_name)
		say(component_of(c, WTG_PASS_SPECIALIZE, SHELL), "ComputerName",
		    a->computer_name, "--computer-name");
	if (a->time_zone)
		say(component_of(c, WTG_PASS_SPECIALIZE, SHELL), "TimeZone",
		    wtg_time_zone(a->time_zone), "--timezone");
	if (a->drivers)
		compose_drivers(c);
}

/* ------------------------------------------------------------------ oobeSystem */

/* All four, or Windows asks. */
static void compose_international(const struct composing *c)
{
	const struct wtg_answers *a = c->answers;
	const struct wtg_locale *locale = a->locale ? wtg_locale_find(a->locale) : NULL;
	xmlNode *node;

	if (!locale && !a->keyboard)
		return;
	node = component_of(c, WTG_PASS_OOBE_SYSTEM, "Microsoft-Windows-International-Core");
	if (a->keyboard)
		say(node, "InputLocale", a->keyboard, "--keyboard");
	else
		say(node, "InputLocale", locale->name, "--locale");
	if (!locale)
		return;
	say(node, "SystemLocale", locale->unicode ? "en-US" : locale->name, "--locale");
	say(node, "UILanguage", a->language ? a->language : locale->name, "--locale");
	say(node, "UserLocale", locale->name, "--locale");
}

static void compose_password(xmlNode *parent, const struct wtg_user *user)
{
	/* Base64, of the password and this word: no more than that keeps it from eyes. */
	_cleanup_free_ char *salted = wtg_text("%sPassword", user->password ? user->password : "");
	_cleanup_(wtg_bytes_done) struct wtg_bytes units = wtg_utf16_from_utf8(salted);
	_cleanup_free_ char *encoded = wtg_base64(units.data, units.size - 2);
	xmlNode *password = add(parent, "Password");

	say(password, "Value", encoded, "--user");
	say(password, "PlainText", "false", "--user");
}

static void compose_user(const struct composing *c, xmlNode *list, const struct wtg_user *user)
{
	xmlNode *account = add_item(c, list, "LocalAccount");

	account->_private = "--user";
	compose_password(account, user);
	say(account, "Group", user->standard ? "Users" : "Administrators", NULL);
	say(account, "DisplayName", user->name, NULL);
	say(account, "Name", user->name, NULL);
}

static void compose_logon(const struct composing *c, xmlNode *shell)
{
	xmlNode *logon = add(shell, "AutoLogon");

	compose_password(logon, &c->answers->accounts[0]);
	say(logon, "Enabled", "true", "--auto-logon");
	say(logon, "LogonCount", "1", "--auto-logon");
	say(logon, "Username", c->answers->accounts[0].name, "--auto-logon");
}

static void compose_pages(const struct composing *c)
{
	const struct wtg_answers *a = c->answers;
	xmlNode *oobe;

	if (!a->skip_oobe && !a->private && a->n_accounts == 0)
		return;
	oobe = add(component_of(c, WTG_PASS_OOBE_SYSTEM, SHELL), "OOBE");
	if (a->skip_oobe) {
		say(oobe, "HideEULAPage", "true", "--skip-oobe");
		say(oobe, "HideOEMRegistrationScreen", "true", "--skip-oobe");
	}
	if (a->n_accounts > 0)
		say(oobe, "HideOnlineAccountScreens", "true", "--user");
	if (a->skip_oobe)
		say(oobe, "HideWirelessSetupInOOBE", "true", "--skip-oobe");
	if (a->private)
		say(oobe, "ProtectYourPC", "3", "--private");
}

static bool has_password(const struct wtg_answers *answers)
{
	for (size_t i = 0; i < answers->n_accounts; i++)
		if (answers->accounts[i].password && *answers->accounts[i].password)
			return true;
	return false;
}

static void add_command(const struct composing *c, xmlNode *list, const char *order,
			const char *line, const char *description)
{
	xmlNode *command = add_item(c, list, "SynchronousCommand");

	say(command, "Order", order, NULL);
	say(command, "CommandLine", line, NULL);
	say(command, "Description", description, NULL);
}

static void compose_first_logon(const struct composing *c, xmlNode *shell)
{
	const struct wtg_answers *a = c->answers;
	bool secret = has_password(a);
	xmlNode *list;

	if (!a->auto_logon && !secret)
		return;
	list = add(shell, "FirstLogonCommands");
	if (a->auto_logon)
		add_command(c, list, "1", LOG_ON_ONCE, "Log on automatically no second time");
	if (secret)
		add_command(c, list, a->auto_logon ? "2" : "1", FORGET,
			    "Delete this answer file, which had a password");
}

static void compose_users(const struct composing *c)
{
	const struct wtg_answers *a = c->answers;
	xmlNode *shell, *list;

	if (a->n_accounts == 0)
		return;
	shell = component_of(c, WTG_PASS_OOBE_SYSTEM, SHELL);
	list = add(add(shell, "UserAccounts"), "LocalAccounts");
	for (size_t i = 0; i < a->n_accounts; i++)
		compose_user(c, list, &a->accounts[i]);
	if (a->auto_logon)
		compose_logon(c, shell);
	compose_first_logon(c, shell);
}

static void compose_for(struct composing *c)
{
	compose_specialize(c);
	compose_international(c);
	compose_pages(c);
	compose_users(c);
	/* It would repair whatever PC the drive is in: Microsoft, "Deploy Windows To Go". */
	if (c->answers->no_winre)
		say(component_of(c, WTG_PASS_OOBE_SYSTEM, "Microsoft-Windows-WinRE-RecoveryAgent"),
		    "UninstallWindowsRE", "true", "--winre, or its absence,");
}

xmlDoc *wtg_unattend_compose(const struct wtg_answers *answers)
{
	static const enum wtg_arch processors[] = { WTG_ARCH_X86, WTG_ARCH_AMD64, WTG_ARCH_ARM64 };
	struct composing c = { .answers = answers };
	xmlDoc *doc;

	wtg_xml_begin();
	doc = xmlNewDoc(BAD_CAST "1.0");
	c.root = xmlNewDocNode(doc, NULL, BAD_CAST "unattend", NULL);
	xmlDocSetRootElement(doc, c.root);
	xmlSetNs(c.root, xmlNewNs(c.root, BAD_CAST WTG_UNATTEND_NAMESPACE, NULL));
	c.wcm = xmlNewNs(c.root, BAD_CAST WTG_WCM_NAMESPACE, BAD_CAST "wcm");
	for (size_t i = 0; i < sizeof(processors) / sizeof(processors[0]); i++) {
		c.arch = wtg_arch_name(processors[i]);
		if (answers->arch == processors[i] || answers->arch == WTG_ARCH_UNKNOWN)
			compose_for(&c);
	}
	return doc;
}
