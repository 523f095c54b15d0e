/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend.h"

#include <stdlib.h>

#include <libxml/xmlwriter.h>

#include "base/alloc.h"

#define NAMESPACE "urn:schemas-microsoft-com:unattend"

/* What identifies a component of Windows besides its name and processor; the same in
 * every answer file that Microsoft publishes. */
static const struct {
	const char *name, *value;
} identity[] = {
	{ "publicKeyToken", "31bf3856ad364e35" },
	{ "language", "neutral" },
	{ "versionScope", "nonSxS" },
};

static const struct {
	enum wtg_arch arch;
	const char *name;
} processors[] = {
	{ WTG_ARCH_X86, "x86" },
	{ WTG_ARCH_AMD64, "amd64" },
	{ WTG_ARCH_ARM64, "arm64" },
};

/* Writing to memory fails only for lack of it. */
static void must(int result)
{
	if (result < 0)
		wtg_out_of_memory();
}

static void attribute(xmlTextWriter *xml, const char *name, const char *value)
{
	must(xmlTextWriterWriteAttribute(xml, BAD_CAST name, BAD_CAST value));
}

static void open_element(xmlTextWriter *xml, const char *name)
{
	must(xmlTextWriterStartElement(xml, BAD_CAST name));
}

static void write_component(xmlTextWriter *xml, const char *arch)
{
	open_element(xml, "component");
	attribute(xml, "name", "Microsoft-Windows-WinRE-RecoveryAgent");
	attribute(xml, "processorArchitecture", arch);
	for (size_t i = 0; i < sizeof(identity) / sizeof(identity[0]); i++)
		attribute(xml, identity[i].name, identity[i].value);
	must(xmlTextWriterWriteElement(xml, BAD_CAST "UninstallWindowsRE",
				       BAD_CAST "true"));
	must(xmlTextWriterEndElement(xml));
}

struct wtg_bytes wtg_unattend_without_winre(enum wtg_arch arch)
{
	xmlBuffer *buffer = xmlBufferCreate();
	xmlTextWriter *xml = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
	struct wtg_bytes bytes;

	if (!xml)
		wtg_out_of_memory();
	must(xmlTextWriterSetIndent(xml, 1));
	must(xmlTextWriterSetIndentString(xml, BAD_CAST "  "));
	must(xmlTextWriterStartDocument(xml, NULL, "UTF-8", NULL));
	open_element(xml, "unattend");
	attribute(xml, "xmlns", NAMESPACE);
	open_element(xml, "settings");
	attribute(xml, "pass", "oobeSystem");
	for (size_t i = 0; i < sizeof(processors) / sizeof(processors[0]); i++)
		if (arch == processors[i].arch || arch == WTG_ARCH_UNKNOWN)
			write_component(xml, processors[i].name);
	must(xmlTextWriterEndDocument(xml));
	xmlFreeTextWriter(xml);

	bytes = wtg_bytes_copy(xmlBufferContent(buffer), (size_t)xmlBufferLength(buffer));
	xmlBufferFree(buffer);
	return bytes;
}
