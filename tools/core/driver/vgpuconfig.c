/* SPDX-License-Identifier: MIT */
#include "core/driver/vgpuconfig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/libxml.h"
#include "base/text.h"
#include "base/xmlscan.h"

#define TEXT_MAX (16u << 20)
#define TAGS_MAX 400000u /* 460.73.01's has about 20000 */
#define CARDS_MAX 2000u  /* and 27 of these */

void gp_vgpuconfig_release(struct gp_vgpuconfig *c)
{
	free(c->v);
	gp_xml_free(&c->doc);
	*c = (struct gp_vgpuconfig){ 0 };
}

/* Up to four hex digits; 0x in front. */
static bool parse_id(struct gp_str s, unsigned *out)
{
	unsigned v = 0;

	if (!gp_str_take(&s, "0x"))
		gp_str_take(&s, "0X");
	if (!s.len || s.len > 4)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		const char *hex = "0123456789abcdef";
		const char *at = memchr(hex, s.p[i] >= 'A' && s.p[i] <= 'F' ? s.p[i] - 'A' + 'a' : s.p[i], 16);

		if (!at)
			return false;
		v = 16 * v + (unsigned)(at - hex);
	}
	*out = v;
	return true;
}

/* --- FROM=TO --- */

static bool parse_card(struct gp_str s, struct gp_card_id *out)
{
	const char *colon = memchr(s.p, ':', s.len);
	unsigned vendor;

	*out = (struct gp_card_id){ 0 };
	/* As lspci -nn has it. No device of NVIDIA's has that number. */
	if (colon && parse_id((struct gp_str){ s.p, (size_t)(colon - s.p) }, &vendor) && vendor == 0x10de) {
		s = gp_str_skip(s, (size_t)(colon - s.p) + 1);
		colon = memchr(s.p, ':', s.len);
	}
	out->any = !colon;
	if (colon && !parse_id(gp_str_skip(s, (size_t)(colon - s.p) + 1), &out->subsystem))
		return false;
	return parse_id(colon ? (struct gp_str){ s.p, (size_t)(colon - s.p) } : s, &out->device) && out->device;
}

int gp_profile_clone_parse(const char *text, struct gp_profile_clone *out, struct gp_err *err)
{
	const char *eq = strchr(text, '=');

	if (!eq || !parse_card((struct gp_str){ text, (size_t)(eq - text) }, &out->from) ||
	    !parse_card(gp_str_of(eq + 1), &out->to))
		return gp_fail(err, GP_E_USAGE,
			       "--profile-clone: '%s' is not FROM=TO with PCI ids as in 1e30:12ba=1e84 or 1b38=1b06",
			       text);
	if (out->from.device == out->to.device && out->from.any == out->to.any &&
	    out->from.subsystem == out->to.subsystem)
		return gp_fail(err, GP_E_USAGE, "--profile-clone: '%s' names one card twice", text);
	return 0;
}

const char *gp_card_id_text(const struct gp_card_id *id, char out[GP_CARD_ID_MAX])
{
	if (id->any)
		snprintf(out, GP_CARD_ID_MAX, "%04x", id->device & 0xffff);
	else
		snprintf(out, GP_CARD_ID_MAX, "%04x:%04x", id->device & 0xffff, id->subsystem & 0xffff);
	return out;
}

/* --- reading --- */

static void read_dev(struct gp_pgpu *p, struct gp_str attrs)
{
	struct gp_str name, value;
	unsigned vendor = 0;
	bool ok = true;

	p->ndev++;
	while (gp_xml_attr_next(&attrs, &name, &value)) {
		if (gp_str_eq(name, "deviceId"))
			p->device = value;
		else if (gp_str_eq(name, "subsystemId"))
			p->subsystem = value;
		else if (gp_str_eq(name, "vendorId"))
			ok = parse_id(value, &vendor) && ok;
	}
	p->id = (struct gp_card_id){ 0 };
	if (p->subsystem.p)
		ok = parse_id(p->subsystem, &p->id.subsystem) && ok;
	p->known = ok && vendor == 0x10de && p->device.p && parse_id(p->device, &p->id.device);
}

static void read_mode(struct gp_pgpu *p, struct gp_str attrs)
{
	struct gp_str name, value;

	while (gp_xml_attr_next(&attrs, &name, &value))
		if (gp_str_eq(name, "hostVgpuMode"))
			p->mode = value;
}

/* The elements below the root, and of <pgpu> those below it. */
static int read_piece(struct gp_vgpuconfig *c, const struct gp_xml_piece *x, bool *inside, struct gp_err *err)
{
	struct gp_pgpu *p = *inside ? &c->v[c->n - 1] : NULL;
	bool opens = x->kind == GP_XML_OPEN || x->kind == GP_XML_EMPTY;

	if (x->kind == GP_XML_CLOSE && x->depth == 1 && p) {
		p->all.len = (size_t)(x->all.p + x->all.len - p->all.p);
		*inside = false;
	} else if (opens && x->depth == 1 && gp_str_eq(x->name, "pgpu")) {
		if (c->n == CARDS_MAX)
			return gp_fail(err, GP_E_UNSUPPORTED, "'" GP_VGPUCONFIG "' has more than %u cards", CARDS_MAX);
		GP_GROW(c->v, c->n, c->cap);
		c->v[c->n] = (struct gp_pgpu){ .all = x->all };
		read_mode(&c->v[c->n++], x->attrs);
		*inside = x->kind == GP_XML_OPEN;
	} else if (opens && x->depth == 2 && p && gp_str_eq(x->name, "devId")) {
		read_dev(p, x->attrs);
	} else if (opens && x->depth == 2 && p && gp_str_eq(x->name, "supportedVgpu")) {
		p->ntypes++;
	}
	return 0;
}

static int find_cards(struct gp_vgpuconfig *c, struct gp_err *err)
{
	struct gp_xmlscan s;
	struct gp_xml_piece x;
	bool inside = false;
	unsigned tags = 0;
	int rc;

	if (gp_xmlscan_init(&s, c->text, GP_VGPUCONFIG, err) < 0)
		return -1;
	while ((rc = gp_xmlscan_next(&s, &x, err)) > 0) {
		if (++tags > TAGS_MAX)
			return gp_fail(err, GP_E_UNSUPPORTED, "'" GP_VGPUCONFIG "' has more than %u pieces", TAGS_MAX);
		if (read_piece(c, &x, &inside, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < c->n; i++)
		c->v[i].known = c->v[i].known && c->v[i].ndev == 1;
	return rc;
}

/* --- what libxml2 says --- */

static bool same_value(struct gp_str ours, const char *theirs)
{
	return ours.p ? theirs && gp_str_eq(ours, theirs) : !theirs;
}

static bool same_card(const struct gp_pgpu *p, const xmlNode *node)
{
	const xmlNode *dev = gp_xml_child(node, NULL, "devId");
	size_t ndev = 0;

	for (const xmlNode *n = dev; n; n = gp_xml_child(node, n, "devId"))
		ndev++;
	return ndev == p->ndev && (!p->known || (same_value(p->device, gp_xml_attr(dev, "deviceId")) &&
						 same_value(p->subsystem, gp_xml_attr(dev, "subsystemId"))));
}

static int compare(const struct gp_vgpuconfig *c, struct gp_err *err)
{
	const xmlNode *root = xmlDocGetRootElement(c->doc), *node = NULL;
	size_t i = 0;

	while ((node = gp_xml_child(root, node, "pgpu"))) {
		if (i == c->n || !same_card(&c->v[i], node))
			break;
		i++;
	}
	if (node || i < c->n)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'" GP_VGPUCONFIG "': card %zu is written in a form that is not known", i + 1);
	return 0;
}

int gp_vgpuconfig_parse(struct gp_str text, struct gp_vgpuconfig *out, struct gp_err *err)
{
	*out = (struct gp_vgpuconfig){ .text = text };
	if (text.len > TEXT_MAX)
		return gp_fail(err, GP_E_UNSUPPORTED, "'" GP_VGPUCONFIG "' has more than %u bytes", TEXT_MAX);
	if (find_cards(out, err) < 0 || gp_xml_parse(text, GP_VGPUCONFIG, &out->doc, err) < 0)
		return -1;
	return compare(out, err);
}

/* --- entries that are alike --- */

struct span {
	size_t from, to; /* of an id, from the entry's beginning */
};

/* The ids' places in their order; returns how many. */
static size_t id_spans(const struct gp_pgpu *p, struct span out[2])
{
	const struct gp_str *ids[] = { &p->device, &p->subsystem };
	size_t n = 0;

	for (size_t i = 0; i < GP_COUNT(ids); i++)
		if (ids[i]->p) {
			out[n].from = (size_t)(ids[i]->p - p->all.p);
			out[n].to = out[n].from + ids[i]->len;
			n++;
		}
	if (n == 2 && out[0].from > out[1].from)
		GP_SWAP(out[0], out[1]);
	return n;
}

/* But for the ids, every byte the same. */
static bool alike(const struct gp_pgpu *a, const struct gp_pgpu *b)
{
	struct span x[3] = { 0 }, y[3] = { 0 };
	size_t n = id_spans(a, x), from = 0, other = 0;

	if (!a->known || !b->known || id_spans(b, y) != n)
		return false;
	x[n].from = a->all.len;
	y[n].from = b->all.len;
	for (size_t i = 0; i <= n; i++) {
		size_t len = x[i].from - from;

		if (y[i].from - other != len || memcmp(a->all.p + from, b->all.p + other, len) != 0)
			return false;
		from = x[i].to;
		other = y[i].to;
	}
	return true;
}

const struct gp_pgpu *gp_vgpuconfig_origin(const struct gp_vgpuconfig *c, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (c->v[i].ntypes && c->v[k].ntypes == c->v[i].ntypes && alike(&c->v[k], &c->v[i]))
			return &c->v[k];
	return NULL;
}

/* --- cloning --- */

static void list_cards(const struct gp_vgpuconfig *c, struct gp_buf *out)
{
	char id[GP_CARD_ID_MAX];
	const size_t most = 40;

	for (size_t i = 0; i < c->n && i < most; i++)
		if (c->v[i].known)
			gp_buf_printf(out, "%s%s", out->len ? " " : "", gp_card_id_text(&c->v[i].id, id));
	if (c->n > most)
		gp_buf_printf(out, " and %zu more", c->n - most);
	if (!out->len)
		gp_buf_puts(out, "none that can be read");
}

static bool is_card(const struct gp_pgpu *p, const struct gp_card_id *id)
{
	return p->known && p->id.device == id->device && (id->any || p->id.subsystem == id->subsystem);
}

static int find_from(const struct gp_vgpuconfig *c, const struct gp_card_id *from, size_t *at, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf have = { 0 }, found = { 0 };
	char id[GP_CARD_ID_MAX], other[GP_CARD_ID_MAX];
	bool differ = false;
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (!is_card(&c->v[i], from))
			continue;
		if (n++ == 0)
			*at = i;
		differ |= c->v[i].id.subsystem != c->v[*at].id.subsystem;
		if (n <= 20)
			gp_buf_printf(&found, "%s%s", n > 1 ? ", " : "", gp_card_id_text(&c->v[i].id, other));
	}
	gp_card_id_text(from, id);
	if (n == 1)
		return 0;
	if (n)
		return gp_fail(err, GP_E_NO, "'" GP_VGPUCONFIG "' has %zu entries for %s: %s%s", n, id, found.data,
			       differ ? "; name the subsystem, too" : "");
	list_cards(c, &have);
	return gp_fail(err, GP_E_NO, "'" GP_VGPUCONFIG "' has no entry for %s; it has %s", id, have.data);
}

/* Is TO there, and as FROM's clone? */
static int look_for_to(const struct gp_vgpuconfig *c, const struct gp_pgpu *from, struct gp_cloned *is,
		       struct gp_err *err)
{
	char to[GP_CARD_ID_MAX], id[GP_CARD_ID_MAX], by[GP_CARD_ID_MAX];

	gp_card_id_text(&is->to, to);
	gp_card_id_text(&from->id, id);
	for (size_t i = 0; i < c->n; i++) {
		const struct gp_pgpu *p = &c->v[i];

		if (!p->known || p->id.device != is->to.device)
			continue;
		if (p->id.subsystem == is->to.subsystem && alike(from, p))
			is->there = true;
		else if (p->id.subsystem == is->to.subsystem)
			return gp_fail(err, GP_E_NO,
				       "'" GP_VGPUCONFIG "' has an entry for %s already, and it is not that of %s", to,
				       id);
		else if (p->id.subsystem == 0)
			return gp_fail(err, GP_E_NO,
				       "'" GP_VGPUCONFIG "' has an entry for %s already, which is for every subsystem",
				       gp_card_id_text(&p->id, by));
		else
			is->other_subsystems |= is->to.subsystem == 0;
	}
	return 0;
}

/* As the file has them: 0x1B38, and 0x0. */
static void put_id(struct gp_buf *out, unsigned id)
{
	gp_buf_printf(out, id ? "0x%04X" : "0x%X", id);
}

/* From the last line break before the entry on, if only blanks stand there: it parts the clone
 * from the entry, too. */
static struct gp_str margin(struct gp_str text, const struct gp_pgpu *p)
{
	size_t at = (size_t)(p->all.p - text.p), from = at;

	while (from && (text.p[from - 1] == ' ' || text.p[from - 1] == '\t'))
		from--;
	if (!from || (text.p[from - 1] != '\n' && text.p[from - 1] != '\r'))
		return (struct gp_str){ text.p + at, 0 };
	from--;
	if (from && text.p[from] == '\n' && text.p[from - 1] == '\r')
		from--;
	return (struct gp_str){ text.p + from, at - from };
}

static void put_clone(struct gp_str text, const struct gp_pgpu *p, const struct gp_card_id *to, struct gp_buf *out)
{
	struct gp_str sep = margin(text, p);
	struct span s[2];
	size_t n = id_spans(p, s), end = (size_t)(p->all.p - text.p) + p->all.len, from = 0;

	gp_buf_add(out, text.p, end);
	gp_buf_add(out, sep.p, sep.len);
	for (size_t i = 0; i < n; i++) {
		gp_buf_add(out, p->all.p + from, s[i].from - from);
		put_id(out, p->all.p + s[i].from == p->device.p ? to->device : to->subsystem);
		from = s[i].to;
	}
	gp_buf_add(out, p->all.p + from, p->all.len - from);
	gp_buf_add(out, text.p + end, text.len - end);
}

/* --- the same in libxml2's tree --- */

static bool set_id(xmlNodePtr dev, const char *name, unsigned id)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	put_id(&text, id);
	return xmlSetProp(dev, (const xmlChar *)name, (const xmlChar *)text.data) != NULL;
}

/* A parser sees one kind of line end. */
static xmlNodePtr margin_node(xmlDocPtr doc, struct gp_str sep)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	for (size_t i = 0; i < sep.len; i++)
		if (sep.p[i] != '\r')
			gp_buf_putc(&text, sep.p[i]);
		else if (i + 1 == sep.len || sep.p[i + 1] != '\n')
			gp_buf_putc(&text, '\n');
	return xmlNewDocTextLen(doc, (const xmlChar *)text.data, (int)text.len);
}

static bool clone_node(struct gp_vgpuconfig *c, size_t at, const struct gp_card_id *to)
{
	xmlNodePtr node = NULL, copy, dev, sep;
	struct gp_str blank = margin(c->text, &c->v[at]);

	for (size_t i = 0; i <= at; i++)
		node = gp_xml_child(xmlDocGetRootElement(c->doc), node, "pgpu");
	copy = node ? xmlDocCopyNode(node, c->doc, 1) : NULL;
	dev = copy ? gp_xml_child(copy, NULL, "devId") : NULL;
	if (!dev || !set_id(dev, "deviceId", to->device) ||
	    (c->v[at].subsystem.p && !set_id(dev, "subsystemId", to->subsystem)) || !xmlAddNextSibling(node, copy))
		return false;
	if (!blank.len)
		return true;
	sep = margin_node(c->doc, blank);
	return sep && xmlAddNextSibling(node, sep);
}

static int check_result(struct gp_vgpuconfig *was, size_t at, const struct gp_card_id *to, struct gp_str now,
			struct gp_err *err)
{
	gp_auto(gp_vgpuconfig_release) struct gp_vgpuconfig is = { 0 };

	if (gp_vgpuconfig_parse(now, &is, err) < 0)
		return gp_within(err, "after the clone");
	if (is.n != was->n + 1 || !clone_node(was, at, to) || !gp_xml_same(was->doc, is.doc))
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'" GP_VGPUCONFIG "' is written in a form in which no card can be cloned");
	return 0;
}

int gp_vgpuconfig_clone(struct gp_str text, const struct gp_profile_clone *what, struct gp_buf *out,
			struct gp_cloned *cloned, struct gp_err *err)
{
	gp_auto(gp_vgpuconfig_release) struct gp_vgpuconfig c = { 0 };
	gp_auto(gp_buf_release) struct gp_buf new = { 0 };
	const struct gp_pgpu *from;
	size_t at = 0;

	*cloned = (struct gp_cloned){ .to = what->to };
	cloned->to.any = false;
	if (gp_vgpuconfig_parse(text, &c, err) < 0 || find_from(&c, &what->from, &at, err) < 0)
		return -1;
	gp_assert(at < c.n);
	from = &c.v[at];
	cloned->from = from->id;
	cloned->ntypes = from->ntypes;
	cloned->sriov = gp_str_eq(from->mode, "sriov");
	if (!from->subsystem.p && what->to.subsystem)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'" GP_VGPUCONFIG "': the entry of FROM names no subsystem, so its clone cannot");
	if (look_for_to(&c, from, cloned, err) < 0)
		return -1;
	if (cloned->there)
		return 0;
	put_clone(text, from, &cloned->to, &new);
	if (check_result(&c, at, &cloned->to, gp_buf_str(&new), err) < 0)
		return -1;
	gp_buf_add(out, new.data, new.len);
	return 0;
}
