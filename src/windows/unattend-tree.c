/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend-inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

static bool is_ours(const xmlNode *node)
{
	return node->type == XML_ELEMENT_NODE && node->ns &&
	       wtg_text_equal((const char *)node->ns->href, WTG_UNATTEND_NAMESPACE);
}

static xmlNode *from(xmlNode *node)
{
	while (node && !is_ours(node))
		node = node->next;
	return node;
}

xmlNode *wtg_xml_first(const xmlNode *parent)
{
	return from(parent->children);
}

xmlNode *wtg_xml_next(const xmlNode *node)
{
	return from(node->next);
}

bool wtg_xml_is(const xmlNode *node, const char *name)
{
	return wtg_text_equal((const char *)node->name, name);
}

xmlNode *wtg_xml_child(const xmlNode *parent, const char *name)
{
	xmlNode *node = parent ? wtg_xml_first(parent) : NULL;

	while (node && !wtg_xml_is(node, name))
		node = wtg_xml_next(node);
	return node;
}

char *wtg_xml_text(const xmlNode *node)
{
	static const char white[] = " \t\r\n";
	xmlChar *content = xmlNodeGetContent(node);
	const char *from = content ? (const char *)content : "";
	size_t length;
	char *text;

	from += strspn(from, white);
	for (length = strlen(from); length > 0 && strchr(white, from[length - 1]);)
		length--;
	text = wtg_text("%.*s", (int)length, from);
	xmlFree(content);
	return text;
}

char *wtg_xml_attribute(const xmlNode *node, const char *name)
{
	xmlChar *value = xmlGetNoNsProp(node, BAD_CAST name);
	char *text = wtg_text_copy((const char *)value);

	xmlFree(value);
	return text;
}

bool wtg_xml_says(const xmlNode *node, const char *text)
{
	_cleanup_free_ char *said = node ? wtg_xml_text(node) : NULL;

	return said && wtg_text_equal_fold(said, text);
}

bool wtg_pass_is_done(const xmlNode *settings)
{
	_cleanup_free_ char *done = wtg_xml_attribute(settings, "wasPassProcessed");

	return wtg_text_equal_fold(done, "true");
}

bool wtg_component_is_for(const xmlNode *component, enum wtg_arch arch)
{
	_cleanup_free_ char *name = wtg_xml_attribute(component, "processorArchitecture");

	return arch == WTG_ARCH_UNKNOWN || wtg_text_equal_fold(name, wtg_arch_name(arch));
}

void wtg_note(struct wtg_notes *notes, const char *fmt, ...)
{
	char *sentence;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&sentence, fmt, args) < 0)
		wtg_out_of_memory();
	va_end(args);
	WTG_APPEND(notes, sentence);
}
