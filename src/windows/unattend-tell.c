/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend-inner.h"

#include <stdio.h>
#include <string.h>

#include "wtg/text.h"

/*
 * What people are told of a setting: those whose values are no secret, and only where they are
 * what one would expect.  Of any other its name: a stranger's file may have a password anywhere.
 */
static const struct {
	const char *setting;  /* below the component */
	const char *only;     /* said only of this value; NULL: of whichever, */
	const char *sentence; /* which is %s here */
} phrases[] = {
	{ "ComputerName", NULL, "the computer is called %s" },
	{ "TimeZone", NULL, "time zone: %s" },
	{ "UILanguage", NULL, "language: %s" },
	{ "UserLocale", NULL, "formats: %s" },
	{ "SystemLocale", NULL, "programs without Unicode: %s" },
	{ "InputLocale", NULL, "keyboard: %s" },
	{ "OOBE/HideEULAPage", "true", "no page: licence" },
	{ "OOBE/HideOEMRegistrationScreen", "true", "no page: registration" },
	{ "OOBE/HideOnlineAccountScreens", "true", "no page: an account at Microsoft" },
	{ "OOBE/HideWirelessSetupInOOBE", "true", "no page: wireless network" },
	{ "OOBE/ProtectYourPC", "1", "privacy: what Microsoft recommends" },
	{ "OOBE/ProtectYourPC", "2", "privacy: what Microsoft recommends, less" },
	{ "OOBE/ProtectYourPC", "3", "privacy: everything off" },
	{ "UninstallWindowsRE", "true", "no recovery environment" },
};

/* What Windows leaves of a password when it has read it. */
#define DELETED "*SENSITIVE*DATA*DELETED*"

/* Of no password: Base64 of "Password" in UTF-16. */
#define ENCODED_BLANK "UABhAHMAcwB3AG8AcgBkAA=="

/* ------------------------------------------------------------------ passwords */

static bool is_secret(const xmlNode *node)
{
	static const char *const names[] = { "Password", "Value", "AccountData", "KeyMaterial",
					     "PSK" };
	const char *name = (const char *)node->name;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (wtg_text_equal_fold(name, names[i]))
			return true;
	return false;
}

/* The text of Password, and of the Value in it and its like. */
static bool holds_secret(const xmlNode *node)
{
	const char *parent = node->parent ? (const char *)node->parent->name : "";

	if (wtg_xml_first(node) || !is_secret(node))
		return false;
	if (wtg_xml_is(node, "Value") && !wtg_text_ends(parent, "Password"))
		return false;
	return !wtg_xml_says(node, "") && !wtg_xml_says(node, DELETED) &&
	       !wtg_xml_says(node, ENCODED_BLANK);
}

static bool any_secret(const xmlNode *parent)
{
	for (const xmlNode *node = wtg_xml_first(parent); node; node = wtg_xml_next(node))
		if (holds_secret(node) || any_secret(node))
			return true;
	return false;
}

bool wtg_unattend_has_secret(const xmlDoc *doc)
{
	return any_secret(xmlDocGetRootElement(doc));
}

/* ------------------------------------------------------------------ settings */

static const char *phrase_of(const char *path, const char *value)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (wtg_text_equal(phrases[i].setting, path) &&
		    (!phrases[i].only || wtg_text_equal_fold(phrases[i].only, value)))
			return phrases[i].sentence;
	return NULL;
}

static size_t count(const xmlNode *list)
{
	size_t n = 0;

	for (const xmlNode *node = wtg_xml_first(list); node; node = wtg_xml_next(node))
		n++;
	return n;
}

static char *text_at(const xmlNode *parent, const char *name)
{
	const xmlNode *node = wtg_xml_child(parent, name);

	return node ? wtg_xml_text(node) : wtg_text_copy("?");
}

static void tell_accounts(const xmlNode *accounts, struct wtg_notes *settings)
{
	const xmlNode *list = wtg_xml_child(accounts, "LocalAccounts");

	for (const xmlNode *node = list ? wtg_xml_first(list) : NULL; node;
	     node = wtg_xml_next(node)) {
		_cleanup_free_ char *name = text_at(node, "Name"), *group = text_at(node, "Group");

		wtg_note(settings, "account: %s (%s), %s", name, group,
			 any_secret(node) ? "with a password" : "without a password");
	}
	for (const xmlNode *node = wtg_xml_first(accounts); node; node = wtg_xml_next(node))
		if (node != list)
			wtg_note(settings, "accounts: %s", (const char *)node->name);
}

static void tell_logon(const xmlNode *logon, struct wtg_notes *settings)
{
	_cleanup_free_ char *name = text_at(logon, "Username");
	_cleanup_free_ char *times = text_at(logon, "LogonCount");

	if (wtg_xml_says(wtg_xml_child(logon, "Enabled"), "true"))
		wtg_note(settings, "logs on by itself: %s, %s times", name, times);
}

static void tell_setting(const char *pass, const char *path, const xmlNode *node,
			 struct wtg_notes *settings)
{
	_cleanup_free_ char *value = wtg_xml_text(node);
	const char *sentence = phrase_of(path, value), *at = sentence ? strstr(sentence, "%s") : NULL;

	if (at)
		wtg_note(settings, "%.*s%s%s", (int)(at - sentence), sentence, value, at + 2);
	else if (sentence)
		wtg_note(settings, "%s", sentence);
	else
		wtg_note(settings, "%s: %s", pass, path);
}

static void tell_component(const char *pass, const xmlNode *component,
			   struct wtg_notes *settings)
{
	for (const xmlNode *node = wtg_xml_first(component); node; node = wtg_xml_next(node)) {
		const char *name = (const char *)node->name;

		if (wtg_xml_is(node, "UserAccounts"))
			tell_accounts(node, settings);
		else if (wtg_xml_is(node, "AutoLogon"))
			tell_logon(node, settings);
		else if (wtg_text_ends(name, "Commands") || wtg_text_ends(name, "Synchronous") ||
			 wtg_text_ends(name, "Asynchronous"))
			wtg_note(settings, "%s: %s, %zu of them", pass, name, count(node));
		else if (wtg_xml_is(node, "OOBE"))
			for (const xmlNode *page = wtg_xml_first(node); page;
			     page = wtg_xml_next(page)) {
				_cleanup_free_ char *path =
					wtg_text("OOBE/%s", (const char *)page->name);

				tell_setting(pass, path, page, settings);
			}
		else
			tell_setting(pass, name, node, settings);
	}
}

/* With an unknown arch, of each component the first. */
void wtg_unattend_tell(const xmlDoc *doc, enum wtg_arch arch, struct wtg_notes *settings)
{
	const xmlNode *root = xmlDocGetRootElement(doc);

	for (const xmlNode *pass = wtg_xml_first(root); pass; pass = wtg_xml_next(pass)) {
		_cleanup_free_ char *name = wtg_xml_attribute(pass, "pass");
		_cleanup_free_ char *first = NULL;

		if (!name || wtg_passes[wtg_pass_find(name)].never)
			continue;
		if (wtg_pass_is_done(pass)) {
			wtg_note(settings, "%s is done", name);
			continue;
		}
		for (const xmlNode *node = wtg_xml_first(pass); node; node = wtg_xml_next(node)) {
			_cleanup_free_ char *its =
				wtg_xml_attribute(node, "processorArchitecture");

			if (!first)
				first = wtg_text_copy(its);
			if (arch == WTG_ARCH_UNKNOWN ? wtg_text_equal(first, its) :
						       wtg_component_is_for(node, arch))
				tell_component(name, node, settings);
		}
	}
}
