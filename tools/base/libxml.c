/* SPDX-License-Identifier: MIT */
#define GP_LIBXML_SELF
#include "base/libxml.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "base/dynlib.h"

/* Structs are used, too, so only what the headers are of will do. 2.14 moved some
 * members and took another name. */
#if LIBXML_VERSION >= 21400
#define SONAME "libxml2.so.16"
#else
#define SONAME "libxml2.so.2"
#endif

static struct gp_libxml table;

const struct gp_libxml *gp_libxml(void)
{
	return &table;
}

static const char *const names[] = {
#define GP_NAME(name) #name,
	GP_LIBXML_FUNCTIONS(GP_NAME)
};
_Static_assert(sizeof(names) == sizeof(table), "one pointer a function");

static int load_once(struct gp_err *err)
{
	static struct gp_dynlib lib = { .name = "libxml2",
					.soname = SONAME,
					.functions = names,
					.n = GP_COUNT(names),
					.table = &table,
					.lock = PTHREAD_MUTEX_INITIALIZER };

	return gp_dynlib_load(&lib, err);
}

/* --- walking --- */

static const char *text_of(const xmlChar *s)
{
	return s ? (const char *)s : "";
}

/* The next node in the order of the text, below top. Children of a DTD are no part of
 * that, nor is what an entity would be. */
static const xmlNode *step(const xmlNode *node, const xmlNode *top)
{
	if (node->type != XML_DTD_NODE && node->type != XML_ENTITY_REF_NODE && node->children)
		return node->children;
	while (node != top && !node->next)
		node = node->parent;
	return node == top ? NULL : node->next;
}

xmlNodePtr gp_xml_child(const xmlNode *parent, const xmlNode *node, const char *name)
{
	xmlNodePtr n = node ? node->next : parent->children;

	while (n && (n->type != XML_ELEMENT_NODE || (n->ns && n->ns->prefix) || strcmp(text_of(n->name), name) != 0))
		n = n->next;
	return n;
}

static const char *plain_value(const xmlAttr *a)
{
	if (!a->children)
		return "";
	return a->children->type == XML_TEXT_NODE && !a->children->next ? text_of(a->children->content) : NULL;
}

const char *gp_xml_attr(const xmlNode *node, const char *name)
{
	for (const xmlAttr *a = node->properties; a; a = a->next)
		if (!(a->ns && a->ns->prefix) && strcmp(text_of(a->name), name) == 0)
			return plain_value(a);
	return NULL;
}

/* --- reading --- */

static bool has_references(const xmlDoc *doc)
{
	const xmlNode *top = (const xmlNode *)doc;

	if (doc->intSubset && (doc->intSubset->entities || doc->intSubset->pentities))
		return true;
	for (const xmlNode *n = step(top, top); n; n = step(n, top)) {
		if (n->type == XML_ENTITY_REF_NODE)
			return true;
		for (const xmlAttr *a = n->type == XML_ELEMENT_NODE ? n->properties : NULL; a; a = a->next)
			if (!plain_value(a))
				return true;
	}
	return false;
}

static int fail_parse(xmlParserCtxtPtr ctxt, const char *name, struct gp_err *err)
{
	const xmlError *e = table.xmlCtxtGetLastError(ctxt);
	size_t n = e && e->message ? strcspn(e->message, "\n") : 0;

	if (e && e->code == XML_ERR_NO_MEMORY)
		return gp_fail_sys(err, ENOMEM, "cannot read '%s'", name);
	return gp_fail(err, GP_E_FORMAT, "'%s' line %d: %.*s", name, e ? e->line : 0, (int)n, n ? e->message : "");
}

int gp_xml_parse(struct gp_str text, const char *name, xmlDocPtr *out, struct gp_err *err)
{
	xmlParserCtxtPtr ctxt;
	int rc = 0;

	*out = NULL;
	if (load_once(err) < 0)
		return -1;
	if (text.len > INT_MAX)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is too large", name);
	ctxt = table.xmlNewParserCtxt();
	if (!ctxt)
		return gp_fail_sys(err, ENOMEM, "cannot read '%s'", name);
	*out = table.xmlCtxtReadMemory(ctxt, text.p, (int)text.len, name, NULL,
				       XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!*out) {
		rc = fail_parse(ctxt, name, err);
	} else if (has_references(*out)) {
		gp_xml_free(out);
		rc = gp_fail(err, GP_E_UNSUPPORTED, "'%s' has entities that are not XML's own", name);
	}
	table.xmlFreeParserCtxt(ctxt);
	return rc;
}

void gp_xml_free(xmlDocPtr *doc)
{
	if (*doc)
		table.xmlFreeDoc(*doc);
	*doc = NULL;
}

/* --- comparing --- */

static bool same_text(const xmlChar *a, const xmlChar *b)
{
	return strcmp(text_of(a), text_of(b)) == 0;
}

static bool same_space(const xmlNs *a, const xmlNs *b)
{
	return !a == !b && (!a || (same_text(a->href, b->href) && same_text(a->prefix, b->prefix)));
}

static bool same_attrs(const xmlAttr *a, const xmlAttr *b)
{
	for (; a && b; a = a->next, b = b->next) {
		const char *x = plain_value(a), *y = plain_value(b);

		if (!same_text(a->name, b->name) || !same_space(a->ns, b->ns) || !x || !y || strcmp(x, y) != 0)
			return false;
	}
	return !a && !b;
}

static bool same_node(const xmlNode *a, const xmlNode *b)
{
	const xmlDtd *x = (const xmlDtd *)a, *y = (const xmlDtd *)b;

	if (a->type != b->type || !same_text(a->name, b->name))
		return false;
	switch (a->type) {
	case XML_ELEMENT_NODE: return same_space(a->ns, b->ns) && same_attrs(a->properties, b->properties);
	case XML_DTD_NODE: return same_text(x->ExternalID, y->ExternalID) && same_text(x->SystemID, y->SystemID);
	case XML_TEXT_NODE:
	case XML_CDATA_SECTION_NODE:
	case XML_COMMENT_NODE:
	case XML_PI_NODE: return same_text(a->content, b->content);
	default: return false;
	}
}

/* How deep a node stands below top tells trees apart that have the same nodes in the
 * same order. */
static size_t depth(const xmlNode *n, const xmlNode *top)
{
	size_t d = 0;

	for (; n != top; n = n->parent)
		d++;
	return d;
}

bool gp_xml_same(const xmlDoc *a, const xmlDoc *b)
{
	const xmlNode *top = (const xmlNode *)a, *other = (const xmlNode *)b;
	const xmlNode *x = step(top, top), *y = step(other, other);

	for (; x && y; x = step(x, top), y = step(y, other))
		if (!same_node(x, y) || depth(x, top) != depth(y, other))
			return false;
	return !x && !y;
}
