/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend.h"

#include <stdlib.h>

#include <libxml/xmlwriter.h>

#define NAMESPACE "urn:schemas-microsoft-com:unattend"

/* What identifies a component of Windows besides its name and processor; the same in every
 * answer file that Microsoft publishes. */
static const struct {
	const char *name, *value;
} identity[] = {
	{ "publicKeyToken", "31bf3856ad364e35" },
	{ "language", "neutral" },
	{ "versionScope", "nonSxS" },
};

static const char *processor(enum wtg_arch arch)
{
	switch (arch) {
	case WTG_ARCH_X86:
		return "x86";
	case WTG_ARCH_AMD64:
		return "amd64";
	case WTG_ARCH_ARM64:
		return "arm64";
	case WTG_ARCH_UNKNOWN:
		break;
	}
	abort();
}

/* Writing to memory fails only for lack of it. */
static void must(int result)
{
	if (result < 0)
		abort();
}

static void attribute(xmlTextWriter *xml, const char *name, const char *value)
{
	must(xmlTextWriterWriteAttribute(xml, BAD_CAST name, BAD_CAST value));
}

static void open_element(xmlTextWriter *xml, const char *name)
{
	must(xmlTextWriterStartElement(xml, BAD_CAST name));
}

static void open_component(xmlTextWriter *xml, const char *name, enum wtg_arch arch)
{
	open_element(xml, "component");
	attribute(xml, "name", name);
	attribute(xml, "processorArchitecture", processor(arch));
	for (size_t i = 0; i < sizeof(identity) / sizeof(identity[0]); i++)
		attribute(xml, identity[i].name, identity[i].value);
}

struct wtg_bytes wtg_unattend_without_winre(enum wtg_arch arch)
{
	xmlBuffer *buffer = xmlBufferCreate();
	xmlTextWriter *xml = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
	struct wtg_bytes bytes;

	if (!xml)
		abort();
	must(xmlTextWriterSetIndent(xml, 1));
	must(xmlTextWriterSetIndentString(xml, BAD_CAST "  "));
	must(xmlTextWriterStartDocument(xml, NULL, "UTF-8", NULL));
	open_element(xml, "unattend");
	attribute(xml, "xmlns", NAMESPACE);
	open_element(xml, "settings");
	attribute(xml, "pass", "oobeSystem");
	open_component(xml, "Microsoft-Windows-WinRE-RecoveryAgent", arch);
	must(xmlTextWriterWriteElement(xml, BAD_CAST "UninstallWindowsRE", BAD_CAST "true"));
	must(xmlTextWriterEndDocument(xml));
	xmlFreeTextWriter(xml);

	bytes = wtg_bytes_copy(xmlBufferContent(buffer), (size_t)xmlBufferLength(buffer));
	xmlBufferFree(buffer);
	return bytes;
}
