/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/wim-xml.h"

#include <stdbool.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "base/xml.h"
#include "wtg/text.h"

static void done(struct wtg_edition *e)
{
	free(e->selector);
	free(e->name);
	free(e->display_name);
	free(e->description);
	free(e->edition_id);
	free(e->installation_type);
	free(e->languages);
	free(e->default_language);
}

void wtg_editions_done(struct wtg_editions *editions)
{
	for (size_t i = 0; i < editions->n_items; i++)
		done(&editions->items[i]);
	free(editions->items);
	*editions = (struct wtg_editions){ 0 };
}

static bool is_element(const xmlNode *node, const char *name, size_t length)
{
	return node->type == XML_ELEMENT_NODE &&
	       strlen((const char *)node->name) == length &&
	       strncmp((const char *)node->name, name, length) == 0;
}

/* The first element at a path such as "WINDOWS/VERSION/MAJOR" below node; or NULL. */
static const xmlNode *find(const xmlNode *node, const char *path)
{
	while (node && *path) {
		size_t length = strcspn(path, "/");

		node = node->children;
		while (node && !is_element(node, path, length))
			node = node->next;
		path += length + (path[length] == '/');
	}
	return node;
}

/* The text of an element, owned by the caller; NULL when there is none. */
static char *text_of(const xmlNode *node)
{
	xmlChar *content = node ? xmlNodeGetContent(node) : NULL;
	char *text = content && *content ? wtg_text_copy((const char *)content) : NULL;

	xmlFree(content);
	return text;
}

static char *text_at(const xmlNode *node, const char *path)
{
	return text_of(find(node, path));
}

/* Decimal; 0 for anything else, and for what no image can have. */
static uint64_t number_in(const char *text)
{
	char *end;
	unsigned long long value;

	if (!text || *text < '0' || *text > '9')
		return 0;
	value = strtoull(text, &end, 10);
	return *end || value > WTG_WIM_XML_MAX_NUMBER ? 0 : value;
}

static uint64_t number_at(const xmlNode *node, const char *path)
{
	_cleanup_free_ char *text = text_at(node, path);

	return number_in(text);
}

static unsigned small_at(const xmlNode *node, const char *path)
{
	uint64_t value = number_at(node, path);

	return value <= UINT32_MAX ? (unsigned)value : 0;
}

static enum wtg_arch arch_of(const xmlNode *image)
{
	_cleanup_free_ char *text = text_at(image, "WINDOWS/ARCH");

	if (wtg_text_equal(text, "0"))
		return WTG_ARCH_X86;
	if (wtg_text_equal(text, "9"))
		return WTG_ARCH_AMD64;
	if (wtg_text_equal(text, "12"))
		return WTG_ARCH_ARM64;
	return WTG_ARCH_UNKNOWN;
}

static char *languages_of(const xmlNode *image)
{
	const xmlNode *list = find(image, "WINDOWS/LANGUAGES");
	char *all = NULL;

	for (const xmlNode *node = list ? list->children : NULL; node;
	     node = node->next) {
		_cleanup_free_ char *one =
			is_element(node, "LANGUAGE", 8) ? text_of(node) : NULL;
		char *before = all;

		if (!one)
			continue;
		all = before ? wtg_text("%s, %s", before, one) : wtg_text_copy(one);
		free(before);
	}
	return all;
}

static char *display_name_of(const xmlNode *image)
{
	static const char *const sources[] = { "DISPLAYNAME", "NAME", "DESCRIPTION" };
	char *text = NULL;

	for (size_t i = 0; !text && i < sizeof(sources) / sizeof(sources[0]); i++)
		text = text_at(image, sources[i]);
	return text;
}

static struct wtg_edition edition_of(const xmlNode *image)
{
	uint64_t total = number_at(image, "TOTALBYTES");
	uint64_t linked = number_at(image, "HARDLINKBYTES");

	return (struct wtg_edition){
		.name = text_at(image, "NAME"),
		.display_name = display_name_of(image),
		.description = text_at(image, "DESCRIPTION"),
		.edition_id = text_at(image, "WINDOWS/EDITIONID"),
		.installation_type = text_at(image, "WINDOWS/INSTALLATIONTYPE"),
		.arch = arch_of(image),
		.major = small_at(image, "WINDOWS/VERSION/MAJOR"),
		.minor = small_at(image, "WINDOWS/VERSION/MINOR"),
		.build = small_at(image, "WINDOWS/VERSION/BUILD"),
		.revision = small_at(image, "WINDOWS/VERSION/SPBUILD"),
		.languages = languages_of(image),
		.default_language = text_at(image, "WINDOWS/LANGUAGES/DEFAULT"),
		.size_bytes = total > linked ? total - linked : 0,
		.n_files = number_at(image, "FILECOUNT"),
		.n_dirs = number_at(image, "DIRCOUNT"),
	};
}

static unsigned index_of(const xmlNode *image)
{
	xmlChar *attribute = xmlGetProp(image, (const xmlChar *)"INDEX");
	uint64_t index = number_in((const char *)attribute);

	xmlFree(attribute);
	return index <= UINT32_MAX ? (unsigned)index : 0;
}

static int by_index(const void *a, const void *b)
{
	const struct wtg_edition *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

static int collect(const xmlNode *root, const char *name, struct wtg_editions *editions,
		   struct wtg_error *err)
{
	for (const xmlNode *node = root->children; node; node = node->next) {
		struct wtg_edition edition;

		if (!is_element(node, "IMAGE", 5))
			continue;
		edition = edition_of(node);
		edition.index = index_of(node);
		WTG_APPEND(editions, edition);
	}
	if (editions->n_items)
		qsort(editions->items, editions->n_items, sizeof(*editions->items),
		      by_index);
	for (size_t i = 0; i < editions->n_items; i++)
		if (editions->items[i].index != i + 1)
			return wtg_fail(err, WTG_INPUT, 0,
					"the XML of %s does not number its "
					"%zu images from 1 on",
					name, editions->n_items);
	return 0;
}

static void free_doc(xmlDoc **doc)
{
	xmlFreeDoc(*doc);
}

int wtg_wim_xml_parse(const void *xml, size_t size, const char *name,
		      struct wtg_editions *ret, struct wtg_error *err)
{
	_cleanup_free_ char *text = wtg_utf16_to_utf8(xml, size);
	_cleanup_(free_doc) xmlDoc *doc = NULL;
	_cleanup_(wtg_editions_done) struct wtg_editions editions = { 0 };
	const xmlNode *root;

	wtg_xml_begin();
	/* Entities and everything else that makes XML dangerous is declared in a DOCTYPE,
	 * which no WIM has; wimlib, which parses this again, never gets to see one
	 * either. */
	if (strstr(text, "<!DOCTYPE"))
		return wtg_fail(err, WTG_INPUT, 0,
				"the XML of %s declares a DOCTYPE, which "
				"is no business of a WIM",
				name);
	doc = xmlReadMemory(text, (int)strlen(text), NULL, "UTF-8",
			    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	root = doc ? xmlDocGetRootElement(doc) : NULL;
	if (!root || !is_element(root, "WIM", 3))
		return wtg_fail(err, WTG_INPUT, 0, "the XML of %s is damaged", name);
	if (find(root, "ESD/ENCRYPTED")) {
		wtg_fail(err, WTG_INPUT, 0, "%s is an encrypted ESD", name);
		return wtg_hint(err,
				"Microsoft's media creation tool makes an ISO of it.");
	}
	if (collect(root, name, &editions, err) < 0)
		return -1;
	*ret = editions;
	editions = (struct wtg_editions){ 0 };
	return 0;
}
