/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_XMLSCAN_H
#define GP_BASE_XMLSCAN_H

#include "base/buf.h"

/*
 * Where the pieces of an XML document are, byte by byte: parsers say what a document
 * means, and none says which bytes an element has. It finds the pieces of what is
 * well-formed; whether it is so, a parser is asked besides (base/libxml.h).
 *
 * A document whose bytes are not those of its characters (UTF-16), and one that may
 * define entities, are refused before any parser sees them.
 */

enum gp_xml_kind {
	GP_XML_OPEN,  /* <a …> */
	GP_XML_EMPTY, /* <a …/> */
	GP_XML_CLOSE, /* </a> */
	GP_XML_TEXT,  /* between tags */
	GP_XML_OTHER, /* a comment, CDATA, an instruction, the DOCTYPE */
};

struct gp_xml_piece {
	enum gp_xml_kind kind;
	struct gp_str all;   /* its bytes, within the document's */
	struct gp_str name;  /* of a tag */
	struct gp_str attrs; /* of OPEN and EMPTY: for gp_xml_attr_next() */
	unsigned depth;      /* of a tag: elements around it */
};

struct gp_xmlscan {
	struct gp_str text;
	const char *name; /* of the document, for messages */
	size_t off;       /* where the next piece begins */
	unsigned depth;
};

/*
 * Begin.
 *
 * In:     text: untrusted, outlives the scan. name: for messages.
 * Errors: GP_E_UNSUPPORTED it is not of an encoding that begins with ASCII (of UTF-8,
 *         US-ASCII, ISO-8859-1), or its DOCTYPE has a subset in it, where entities
 *         are defined; GP_E_FORMAT.
 * Source: XML 1.0, fifth edition: 2.8 (prolog), 4.3.3 and appendix F (encodings).
 */
int gp_xmlscan_init(struct gp_xmlscan *s, struct gp_str text, const char *name, struct gp_err *err);

/*
 * The next piece.
 *
 * Out:    1, piece; 0 at the end.
 * Errors: GP_E_FORMAT one that does not end, tags that do not fit; GP_E_UNSUPPORTED
 *         elements too deep in each other, a tag or another piece that is too long.
 */
int gp_xmlscan_next(struct gp_xmlscan *s, struct gp_xml_piece *piece, struct gp_err *err);

/* Take the next attribute off rest: its name, and what stands between the quotes, as
 * it is written. false: there is none. */
bool gp_xml_attr_next(struct gp_str *rest, struct gp_str *name, struct gp_str *value);

#endif
