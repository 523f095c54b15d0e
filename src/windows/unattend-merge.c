/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/unattend-inner.h"

#include <stdlib.h>

#include "wtg/text.h"

struct merging {
	xmlDoc *doc;
	const char *name;
	const char *component; /* that is being merged */
	struct wtg_error *err;
};

/* Their file may have its own word for it, or none yet. */
static xmlNs *wcm_of(const struct merging *m, xmlNode *node)
{
	xmlNs *ns = xmlSearchNsByHref(m->doc, node, BAD_CAST WTG_WCM_NAMESPACE);

	return ns && ns->prefix ? ns :
				  xmlNewNs(node, BAD_CAST WTG_WCM_NAMESPACE, BAD_CAST "wcm");
}

/* Of ours: elements, attributes, of which only wcm:action has a namespace, and texts. */
static void graft(const struct merging *m, xmlNode *parent, const xmlNode *node)
{
	xmlNode *copy = xmlNewChild(parent, parent->ns, node->name, NULL);

	for (const xmlAttr *a = node->properties; a; a = a->next) {
		const xmlChar *value = a->children ? a->children->content : BAD_CAST "";

		if (a->ns)
			xmlSetNsProp(copy, wcm_of(m, copy), a->name, value);
		else
			xmlNewProp(copy, a->name, value);
	}
	for (const xmlNode *child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			graft(m, copy, child);
		else
			xmlNodeAddContent(copy, child->content);
}

/* An item of a list, or commands, which are numbered. */
static bool is_item(const xmlNode *node)
{
	return xmlHasNsProp((xmlNode *)node, BAD_CAST "action", BAD_CAST WTG_WCM_NAMESPACE);
}

static unsigned long order_of(const xmlNode *item)
{
	const xmlNode *order = wtg_xml_child(item, "Order");
	_cleanup_free_ char *text = order ? wtg_xml_text(order) : NULL;

	return text ? strtoul(text, NULL, 10) : 0;
}

/* After whatever they have. */
static void renumber(xmlNode *list, xmlNode *item)
{
	xmlNode *order = wtg_xml_child(item, "Order");
	unsigned long last = 0;
	char *number;

	if (!order)
		return;
	for (xmlNode *node = wtg_xml_first(list); node; node = wtg_xml_next(node))
		if (node != item && order_of(node) > last)
			last = order_of(node);
	number = wtg_text("%lu", last + 1);
	xmlNodeSetContent(order, BAD_CAST number);
	free(number);
}

static int conflict(const struct merging *m, const xmlNode *node)
{
	const char *option = node->_private;

	return wtg_fail(m->err, WTG_USAGE, 0, "%s and %s both answer %s of %s", m->name,
			option ? option : "an option", (const char *)node->name, m->component);
}

static int merge_item(const struct merging *m, xmlNode *list, const xmlNode *item)
{
	const xmlNode *name = wtg_xml_child(item, "Name");
	_cleanup_free_ char *text = name ? wtg_xml_text(name) : NULL;

	for (const xmlNode *node = wtg_xml_first(list); text && node; node = wtg_xml_next(node))
		if (wtg_xml_says(wtg_xml_child(node, "Name"), text))
			return conflict(m, item);
	graft(m, list, item);
	renumber(list, xmlGetLastChild(list));
	return 0;
}

static bool same_text(const xmlNode *a, const xmlNode *b)
{
	_cleanup_free_ char *text = wtg_xml_text(b);

	return wtg_xml_says(a, text);
}

/* Depth is that of our own file. */
static int merge_children(const struct merging *m, xmlNode *theirs, const xmlNode *ours)
{
	for (const xmlNode *node = wtg_xml_first(ours); node; node = wtg_xml_next(node)) {
		xmlNode *same = wtg_xml_child(theirs, (const char *)node->name);

		if (is_item(node)) {
			if (merge_item(m, theirs, node) < 0)
				return -1;
		} else if (!same) {
			graft(m, theirs, node);
		} else if (wtg_xml_first(node)) {
			if (merge_children(m, same, node) < 0)
				return -1;
		} else if (!same_text(same, node)) {
			return conflict(m, node);
		}
	}
	return 0;
}

/* The element below parent that is called as ours, with the same of these attributes. */
static xmlNode *twin(const xmlNode *parent, const xmlNode *ours, const char *const *attributes)
{
	for (xmlNode *node = wtg_xml_first(parent); node; node = wtg_xml_next(node)) {
		bool same = wtg_xml_is(node, (const char *)ours->name);

		for (size_t i = 0; same && attributes[i]; i++) {
			_cleanup_free_ char *a = wtg_xml_attribute(node, attributes[i]);
			_cleanup_free_ char *b = wtg_xml_attribute(ours, attributes[i]);

			same = wtg_text_equal_fold(a, b);
		}
		if (same)
			return node;
	}
	return NULL;
}

static int merge_settings(struct merging *m, xmlNode *theirs, const xmlNode *ours)
{
	static const char *const keys[] = { "name", "processorArchitecture", NULL };

	for (const xmlNode *node = wtg_xml_first(ours); node; node = wtg_xml_next(node)) {
		_cleanup_free_ char *name = wtg_xml_attribute(node, "name");
		xmlNode *same = twin(theirs, node, keys);

		m->component = name;
		if (!same)
			graft(m, theirs, node);
		else if (merge_children(m, same, node) < 0)
			return -1;
	}
	return 0;
}

int wtg_unattend_merge(xmlDoc *theirs, const xmlDoc *ours, const char *name,
		       struct wtg_error *err)
{
	static const char *const keys[] = { "pass", NULL };
	struct merging m = { .doc = theirs, .name = name, .err = err };
	xmlNode *root = xmlDocGetRootElement(theirs);
	const xmlNode *add = xmlDocGetRootElement(ours);

	for (const xmlNode *node = wtg_xml_first(add); node; node = wtg_xml_next(node)) {
		xmlNode *same = twin(root, node, keys);

		if (!same)
			graft(&m, root, node);
		else if (merge_settings(&m, same, node) < 0)
			return -1;
	}
	return 0;
}
