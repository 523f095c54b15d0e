/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend-inner.h"

#include <string.h>

#include <libxml/parser.h>

#include "base/utf16.h"
#include "base/xml.h"
#include "wtg/text.h"

/* Real ones have some ten to fifty thousand bytes, and are nested ten deep. */
#define MAX_BYTES (1u << 20)
#define MAX_DEPTH 32
#define MAX_ELEMENTS 20000
#define MAX_COMPONENTS 256 /* in one pass; Windows has about a hundred */

struct parsing {
	const char *name;
	size_t n_elements;
	struct wtg_error *err;
};

static int fail_at(const struct parsing *p, const xmlNode *node, const char *sentence)
{
	return wtg_fail(p->err, WTG_INPUT, 0, "%s, line %ld: %s", p->name, xmlGetLineNo(node),
			sentence);
}

/* ------------------------------------------------------------------ text */

static bool is_text(const char *text, size_t size)
{
	uint32_t c;
	size_t n;

	if (strlen(text) != size)
		return false;
	for (; *text; text += n, size -= n) {
		n = wtg_utf8_next(text, size, &c);
		if (n == 0)
			return false;
	}
	return true;
}

/* As UTF-8, whatever its declaration says: other encodings are no parser's business here. */
static int decode(const struct wtg_bytes *xml, const char *name, char **ret,
		  struct wtg_error *err)
{
	static const uint8_t bom8[] = { 0xef, 0xbb, 0xbf }, bom16[] = { 0xff, 0xfe };
	_cleanup_free_ char *text = NULL;
	size_t skip = 0;

	if (xml->size > MAX_BYTES)
		return wtg_fail(err, WTG_INPUT, 0, "%s has %zu bytes, no answer file has more than %u",
				name, xml->size, MAX_BYTES);
	if (xml->size >= sizeof(bom16) && memcmp(xml->data, bom16, sizeof(bom16)) == 0) {
		text = wtg_utf16_to_utf8(xml->data + sizeof(bom16), xml->size - sizeof(bom16));
		*ret = WTG_STEAL(text);
		return 0;
	}
	if (xml->size >= sizeof(bom8) && memcmp(xml->data, bom8, sizeof(bom8)) == 0)
		skip = sizeof(bom8);
	text = wtg_text("%.*s", (int)(xml->size - skip),
			xml->size ? (const char *)xml->data + skip : "");
	if (!is_text(text, xml->size - skip))
		return wtg_fail(err, WTG_INPUT, 0, "%s is neither UTF-8 nor UTF-16", name);
	*ret = WTG_STEAL(text);
	return 0;
}

/* ------------------------------------------------------------------ tree */

static int check_size(struct parsing *p, const xmlNode *node, unsigned depth)
{
	if (depth > MAX_DEPTH)
		return fail_at(p, node, "it is nested deeper than any answer file");
	for (; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE && ++p->n_elements > MAX_ELEMENTS)
			return fail_at(p, node, "it has more elements than any answer file");
		if (node->children && check_size(p, node->children, depth + 1) < 0)
			return -1;
	}
	return 0;
}

static int check_component(const struct parsing *p, const xmlNode *settings,
			   const xmlNode *component)
{
	_cleanup_free_ char *name = wtg_xml_attribute(component, "name");
	_cleanup_free_ char *arch = wtg_xml_attribute(component, "processorArchitecture");

	if (!wtg_xml_is(component, "component"))
		return fail_at(p, component, "a pass has components, and nothing else");
	if (!name || !arch)
		return fail_at(p, component,
			       "a component has a name and a processorArchitecture");
	for (const xmlNode *other = wtg_xml_first(settings); other != component;
	     other = wtg_xml_next(other)) {
		_cleanup_free_ char *its_name = wtg_xml_attribute(other, "name");
		_cleanup_free_ char *its_arch = wtg_xml_attribute(other, "processorArchitecture");

		if (wtg_text_equal_fold(name, its_name) && wtg_text_equal_fold(arch, its_arch))
			return fail_at(p, component, "that component is there twice in one pass");
	}
	return 0;
}

static int check_settings(const struct parsing *p, const xmlNode *settings)
{
	_cleanup_free_ char *pass = wtg_xml_attribute(settings, "pass");
	size_t n = 0;

	if (!pass || wtg_pass_find(pass) < 0)
		return fail_at(p, settings, "Windows has no such pass");
	for (const xmlNode *node = wtg_xml_first(settings); node; node = wtg_xml_next(node)) {
		if (++n > MAX_COMPONENTS)
			return fail_at(p, node, "the pass has more components than Windows");
		if (check_component(p, settings, node) < 0)
			return -1;
	}
	return 0;
}

static int check_root(struct parsing *p, const xmlNode *root)
{
	if (!wtg_xml_is(root, "unattend") || !root->ns ||
	    !wtg_text_equal((const char *)root->ns->href, WTG_UNATTEND_NAMESPACE))
		return fail_at(p, root, "it is no answer file: those begin with "
					"<unattend xmlns=\"" WTG_UNATTEND_NAMESPACE "\">");
	if (check_size(p, root->children, 1) < 0)
		return -1;
	for (const xmlNode *node = wtg_xml_first(root); node; node = wtg_xml_next(node)) {
		if (wtg_xml_is(node, "servicing"))
			continue;
		if (!wtg_xml_is(node, "settings"))
			return fail_at(p, node, "an answer file has settings, and no such thing");
		if (check_settings(p, node) < 0)
			return -1;
	}
	return 0;
}

static void free_parser(xmlParserCtxt **parser)
{
	xmlFreeParserCtxt(*parser);
}

/* Of what the parser says no more than the line: it quotes what may be a password. */
int wtg_unattend_parse(const struct wtg_bytes *xml, const char *name, xmlDoc **ret,
		       struct wtg_error *err)
{
	_cleanup_(free_parser) xmlParserCtxt *parser = NULL;
	_cleanup_(wtg_xml_free_doc) xmlDoc *doc = NULL;
	struct parsing parsing = { .name = name, .err = err };
	_cleanup_free_ char *text = NULL;

	if (decode(xml, name, &text, err) < 0)
		return -1;
	/* Entities and everything else that makes XML dangerous is declared there. */
	if (strstr(text, "<!DOCTYPE"))
		return wtg_fail(err, WTG_INPUT, 0,
				"%s declares a DOCTYPE, which is no business of an answer file",
				name);
	wtg_xml_begin();
	parser = xmlNewParserCtxt();
	doc = xmlCtxtReadMemory(parser, text, (int)strlen(text), NULL, "UTF-8",
				XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
					XML_PARSE_NOBLANKS | XML_PARSE_IGNORE_ENC);
	if (!doc || !xmlDocGetRootElement(doc))
		return wtg_fail(err, WTG_INPUT, 0, "%s, line %d: it is not well-formed XML", name,
				parser->lastError.line > 0 ? parser->lastError.line : 1);
	if (check_root(&parsing, xmlDocGetRootElement(doc)) < 0)
		return -1;
	*ret = WTG_STEAL(doc);
	return 0;
}
