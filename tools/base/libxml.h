/* SPDX-License-Identifier: MIT */
/*
 * libxml2, loaded when the first document is read.
 *
 * It brings ICU along, which makes a program that is linked with it start in
 * several times the time; most runs see no XML. Include this instead of
 * <libxml/parser.h>; the functions keep their names and types, and gp_xml_parse()
 * comes before the first of them.
 */
#ifndef GP_BASE_LIBXML_H
#define GP_BASE_LIBXML_H

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/buf.h"

#define GP_LIBXML_FUNCTIONS(X) \
	X(xmlAddNextSibling) \
	X(xmlCtxtGetLastError) \
	X(xmlCtxtReadMemory) \
	X(xmlDocCopyNode) \
	X(xmlDocGetRootElement) \
	X(xmlFreeDoc) \
	X(xmlFreeParserCtxt) \
	X(xmlNewDocTextLen) \
	X(xmlNewParserCtxt) \
	X(xmlSetProp)

struct gp_libxml {
#define GP_SLOT(name) __typeof__(&name) name;
	GP_LIBXML_FUNCTIONS(GP_SLOT)
#undef GP_SLOT
};

/* The functions. Before a successful gp_xml_parse() they are null. */
const struct gp_libxml *gp_libxml(void);

#ifndef GP_LIBXML_SELF
#define xmlAddNextSibling (gp_libxml()->xmlAddNextSibling)
#define xmlDocCopyNode (gp_libxml()->xmlDocCopyNode)
#define xmlDocGetRootElement (gp_libxml()->xmlDocGetRootElement)
#define xmlNewDocTextLen (gp_libxml()->xmlNewDocTextLen)
#define xmlSetProp (gp_libxml()->xmlSetProp)
#endif

/*
 * Read a document from memory, and nothing else: no other file, no network, no DTD.
 *
 * In:     text: untrusted; its DOCTYPE has no subset of its own (base/xmlscan.h).
 *         name: for messages.
 * Out:    gp_xml_free() it; NULL on failure.
 * Errors: GP_E_FORMAT it is not well-formed; GP_E_UNSUPPORTED it defines or uses
 *         entities that are not XML's own; GP_E_SYSTEM no libxml2, or no memory.
 */
int gp_xml_parse(struct gp_str text, const char *name, xmlDocPtr *out, struct gp_err *err);
void gp_xml_free(xmlDocPtr *doc);

/* Do two documents say the same: elements, attributes in their order, texts, comments,
 * instructions, what the DOCTYPE names? */
bool gp_xml_same(const xmlDoc *a, const xmlDoc *b);

/* The element of that name after node (NULL: none) below parent, which has no prefix. */
xmlNodePtr gp_xml_child(const xmlNode *parent, const xmlNode *node, const char *name);

/* An attribute's value, which has no prefix; NULL: there is none, or it is no plain text. */
const char *gp_xml_attr(const xmlNode *node, const char *name);

#endif
