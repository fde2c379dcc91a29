/* SPDX-License-Identifier: MIT */
#include "core/rules/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* --- versions --- */

/* Takes "12." or "12" off *rest; false unless it starts with a sane number. */
static bool take_number(struct gp_str *rest, uint32_t *out)
{
	size_t n = 0;
	uint64_t v;

	while (n < rest->len && rest->p[n] >= '0' && rest->p[n] <= '9')
		n++;
	if (!gp_parse_u64((struct gp_str){ rest->p, n }, 999999, &v))
		return false;
	*out = (uint32_t)v;
	rest->p += n;
	rest->len -= n;
	return true;
}

/* Dotted numbers from the start of text; returns how many bytes they took,
 * 0 when there is none. A dot that no digit follows is left alone. */
static size_t take_version(struct gp_str text, unsigned max, struct gp_version *out)
{
	struct gp_str rest = text;
	size_t len;

	*out = (struct gp_version){ 0 };
	while (out->n < max && take_number(&rest, &out->part[out->n])) {
		out->n++;
		if (out->n == max || rest.len < 2 || rest.p[0] != '.' || rest.p[1] < '0' || rest.p[1] > '9')
			break;
		rest.p++;
		rest.len--;
	}
	len = text.len - rest.len;
	if (!out->n || len >= sizeof(out->text))
		return 0;
	memcpy(out->text, text.p, len);
	return len;
}

int gp_version_parse(struct gp_str text, struct gp_version *out, struct gp_err *err)
{
	size_t len = take_version(text, GP_VERSION_PARTS, out);

	if (len && len == text.len)
		return 0;
	*out = (struct gp_version){ 0 };
	return gp_fail(err, GP_E_FORMAT, "'%.*s' is not a version number", (int)(text.len < 80 ? text.len : 80),
		       text.p);
}

static int cmp_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* Over the first n parts; parts that are not there are 0. */
static int cmp_parts(const uint32_t *a, const uint32_t *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int c = cmp_u32(a[i], b[i]);

		if (c)
			return c;
	}
	return 0;
}

int gp_version_cmp(const struct gp_version *a, const struct gp_version *b)
{
	int c = cmp_parts(a->part, b->part, GP_VERSION_PARTS);

	return c ? c : cmp_u32(a->n, b->n);
}

unsigned gp_version_branch(const struct gp_version *v)
{
	return v->part[0];
}

/* --- releases --- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool release_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("._+~-", c));
}

/* ".el8_4" → 8 and 4, ".el8" → 8 and -1. */
static void find_el(struct gp_release *r, const char *extra)
{
	const char *p = strstr(extra, ".el");
	struct gp_str rest;
	uint32_t maj, min;

	r->el_minor = -1;
	if (r->distro != GP_DISTRO_RHEL || !p)
		return;
	rest = gp_str_of(p + 3);
	if (!take_number(&rest, &maj))
		return;
	r->el_major = (int)maj;
	if (rest.len < 2 || rest.p[0] != '_')
		return;
	rest.p++;
	rest.len--;
	if (take_number(&rest, &min))
		r->el_minor = (int)min;
}

/* 103 of 5.15.0-101.103.2.1.el8uek. */
static void find_uek(struct gp_release *r, const char *extra)
{
	struct gp_version v;

	r->sublevel_known = false;
	if (extra[0] != '-' || !take_version(gp_str_of(extra + 1), GP_VERSION_PARTS, &v) || v.n < 3)
		return;
	r->ver.part[2] = v.part[1];
	snprintf(r->ver.text, sizeof(r->ver.text), "%u.%u.%u", r->ver.part[0], r->ver.part[1], v.part[1]);
	r->sublevel_known = true;
}

/* a.b.0 followed by a number is an ABI name, unless it is somebody's who has the
 * patch level there. */
static bool sublevel_in_name(const struct gp_release *r, const char *extra)
{
	if (gp_distro_trait(r->distro) != GP_DISTRO_PLAIN)
		return false;
	if (r->ver.n < 3)
		return r->rc > 0;
	if (r->ver.part[2] || r->rc || gp_distro_says_zero(r->distro))
		return true;
	return r->distro == GP_DISTRO_NONE && !(extra[0] == '-' && is_digit(extra[1]));
}

/* "-rc3", "~rc3" right after the version, or Fedora's "-0.rc3."; returns the
 * bytes to skip (Fedora's stay, they are part of the package number). */
static size_t find_rc(struct gp_release *r, const char *extra)
{
	struct gp_str rest = gp_str_of(extra);
	bool fedora = gp_str_starts(rest, "-0.rc");
	size_t skip = fedora ? 5 : 3;
	uint32_t rc;

	if (!fedora && !gp_str_starts(rest, "-rc") && !gp_str_starts(rest, "~rc"))
		return 0;
	rest.p += skip;
	rest.len -= skip;
	if (!take_number(&rest, &rc))
		return 0;
	r->rc = rc;
	return fedora ? 0 : (size_t)(rest.p - extra);
}

/* Debian's back-ports: 13 of -0.deb11.13-amd64, 15 of -0.bpo.15-amd64. */
static struct gp_str package_number(const char *extra)
{
	const char *p = gp_str_starts(gp_str_of(extra), "-0.") ? extra + 3 : "";

	if (strncmp(p, "deb", 3) == 0)
		p += 3 + strspn(p + 3, "0123456789");
	else if (strncmp(p, "bpo", 3) == 0)
		p += 3;
	return gp_str_of(*p == '.' && is_digit(p[1]) ? p + 1 : extra + 1);
}

/* The name's own numbers, with what follows "-" as the fourth. */
static void find_name(struct gp_release *r, const char *extra)
{
	struct gp_str rest;

	r->name = r->ver;
	if (r->ver.n < 3 || extra[0] != '-')
		return;
	rest = package_number(extra);
	if (take_number(&rest, &r->name.part[3]))
		r->name.n = 4;
}

static int bad_release(const char *text, struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "'%.80s' is not a kernel release", text);
}

int gp_release_parse(const char *text, struct gp_release *out, struct gp_err *err)
{
	size_t len = strlen(text), used;
	const char *extra;

	*out = (struct gp_release){ 0 };
	if (!len || len > GP_RELEASE_MAX)
		return bad_release(text, err);
	for (size_t i = 0; i < len; i++)
		if (!release_char(text[i]))
			return bad_release(text, err);
	used = take_version(gp_str_of(text), 3, &out->ver);
	if (!used || out->ver.n < 2 || (text[used] && !strchr("-+~._", text[used]))) {
		*out = (struct gp_release){ 0 };
		return bad_release(text, err);
	}
	memcpy(out->text, text, len);
	find_name(out, text + used);
	used += find_rc(out, text + used);
	extra = text + used;
	out->extra = (unsigned)used;
	out->distro = gp_distro_guess(out->ver.part, extra);
	out->rt = gp_distro_says_rt(extra);
	find_el(out, extra);
	out->sublevel_known = sublevel_in_name(out, extra);
	if (out->distro == GP_DISTRO_UEK)
		find_uek(out, extra);
	/* Only a bare "5.12" stands for a line; "5.12-custom" is a kernel. */
	if (out->ver.n == 2 && (*extra || out->rc))
		out->ver.n = 3;
	return 0;
}

void gp_release_set_sublevel(struct gp_release *r, unsigned sublevel)
{
	if (gp_distro_trait(r->distro) != GP_DISTRO_PLAIN || r->distro == GP_DISTRO_UEK)
		return;
	r->ver.part[2] = sublevel;
	r->ver.n = 3;
	snprintf(r->ver.text, sizeof(r->ver.text), "%u.%u.%u", r->ver.part[0], r->ver.part[1], sublevel);
	r->sublevel_known = true;
}

/* Runs of digits as numbers of any length, everything else as bytes; a number
 * is above a word, as rpm has it: 305.25.1.el8_4 comes after 305.el8. */
static int cmp_natural(const char *a, const char *b)
{
	while (*a && *b) {
		size_t na, nb;
		int c;

		if (is_digit(*a) != is_digit(*b))
			return is_digit(*a) ? 1 : -1;
		if (!is_digit(*a)) {
			if (*a != *b)
				return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
			a++;
			b++;
			continue;
		}
		a += strspn(a, "0");
		b += strspn(b, "0");
		na = strspn(a, "0123456789");
		nb = strspn(b, "0123456789");
		c = na != nb ? (na < nb ? -1 : 1) : memcmp(a, b, na);
		if (c)
			return c < 0 ? -1 : 1;
		a += na;
		b += nb;
	}
	return (*a != '\0') - (*b != '\0');
}

int gp_release_cmp(const struct gp_release *a, const struct gp_release *b)
{
	int c = cmp_parts(a->ver.part, b->ver.part, 3);

	if (!c)
		c = cmp_u32(a->rc ? a->rc : UINT32_MAX, b->rc ? b->rc : UINT32_MAX);
	return c ? c : cmp_natural(a->text + a->extra, b->text + b->extra);
}

void gp_release_line(const struct gp_release *r, char out[GP_LINE_NAME])
{
	snprintf(out, GP_LINE_NAME, "%u.%u", r->ver.part[0], r->ver.part[1]);
}

/* --- ranges --- */

/* One bound; of a window maybe with a package number: 5.10.0-26. */
static int parse_bound(struct gp_str text, bool window, struct gp_version *out, bool *by_name, struct gp_err *err)
{
	const char *dash = window && text.len ? memchr(text.p, '-', text.len) : NULL;
	struct gp_str number;
	uint32_t n;

	*by_name = dash != NULL;
	if (!dash)
		return gp_version_parse(text, out, err);
	number = (struct gp_str){ dash + 1, text.len - (size_t)(dash + 1 - text.p) };
	if (gp_version_parse((struct gp_str){ text.p, (size_t)(dash - text.p) }, out, err))
		return -1;
	if (out->n != 3 || !take_number(&number, &n) || number.len)
		return gp_fail(err, GP_E_FORMAT, "'%.*s' is not like 5.10.0-26", (int)(text.len < 80 ? text.len : 80),
			       text.p);
	out->part[3] = n;
	out->n = 4;
	return 0;
}

static int parse_comparison(struct gp_str text, bool window, struct gp_range *out, struct gp_err *err)
{
	bool open = text.len < 2 || text.p[1] != '=';
	bool less = text.p[0] == '<';
	size_t skip = open ? 1 : 2;
	struct gp_str bound = gp_str_trim((struct gp_str){ text.p + skip, text.len - skip });

	out->has_hi = less;
	out->has_lo = !less;
	out->hi_open = less && open;
	out->lo_open = !less && open;
	return parse_bound(bound, window, less ? &out->hi : &out->lo, &out->by_name, err);
}

static int parse_span(struct gp_str text, size_t dash, bool window, struct gp_range *out, struct gp_err *err)
{
	bool lo_name, hi_name;
	struct gp_str lo = gp_str_trim((struct gp_str){ text.p, dash });
	struct gp_str hi = gp_str_trim((struct gp_str){ text.p + dash + 3, text.len - dash - 3 });

	out->has_lo = out->has_hi = true;
	if (parse_bound(lo, window, &out->lo, &lo_name, err) || parse_bound(hi, window, &out->hi, &hi_name, err))
		return -1;
	out->by_name = lo_name;
	if (lo_name != hi_name)
		return gp_fail(err, GP_E_FORMAT, "range '%.*s': only one end has a package number",
			       (int)(text.len < 80 ? text.len : 80), text.p);
	if (cmp_parts(out->lo.part, out->hi.part, out->hi.n) > 0)
		return gp_fail(err, GP_E_FORMAT, "range '%.*s' is upside down", (int)(text.len < 80 ? text.len : 80),
			       text.p);
	return 0;
}

static int parse_range(struct gp_str text, bool window, struct gp_range *out, struct gp_err *err)
{
	ssize_t dash;

	*out = (struct gp_range){ 0 };
	text = gp_str_trim(text);
	if (gp_str_eq(text, "any"))
		return 0;
	if (text.len && (text.p[0] == '<' || text.p[0] == '>'))
		return parse_comparison(text, window, out, err);
	dash = gp_str_find(text, GP_STR(" - "));
	if (dash >= 0)
		return parse_span(text, (size_t)dash, window, out, err);
	out->has_lo = out->has_hi = true;
	if (parse_bound(text, window, &out->lo, &out->by_name, err))
		return -1;
	out->hi = out->lo;
	return 0;
}

int gp_range_parse(struct gp_str text, struct gp_range *out, struct gp_err *err)
{
	return parse_range(text, false, out, err);
}

int gp_range_parse_window(struct gp_str text, struct gp_range *out, struct gp_err *err)
{
	return parse_range(text, true, out, err);
}

/* A bound is compared over its own parts only: it speaks for its prefix. */
static bool above_lo(const struct gp_range *r, const uint32_t *part)
{
	int c = r->has_lo ? cmp_parts(part, r->lo.part, r->lo.n) : 1;

	return r->lo_open ? c > 0 : c >= 0;
}

static bool below_hi(const struct gp_range *r, const uint32_t *part)
{
	int c = r->has_hi ? cmp_parts(part, r->hi.part, r->hi.n) : -1;

	return r->hi_open ? c < 0 : c <= 0;
}

bool gp_range_holds(const struct gp_range *r, const struct gp_version *v)
{
	return above_lo(r, v->part) && below_hi(r, v->part);
}

void gp_ranges_release(struct gp_ranges *l)
{
	free(l->v);
	*l = (struct gp_ranges){ 0 };
}

bool gp_ranges_next(struct gp_str *rest, struct gp_str *range)
{
	const char *comma = rest->len ? memchr(rest->p, ',', rest->len) : NULL;
	size_t len = comma ? (size_t)(comma - rest->p) : rest->len;

	if (!rest->p)
		return false;
	*range = gp_str_trim((struct gp_str){ rest->p, len });
	*rest = comma ? (struct gp_str){ comma + 1, rest->len - len - 1 } : (struct gp_str){ NULL, 0 };
	return true;
}

int gp_ranges_parse(struct gp_str text, struct gp_ranges *out, struct gp_err *err)
{
	struct gp_str range;

	*out = (struct gp_ranges){ 0 };
	while (gp_ranges_next(&text, &range)) {
		GP_GROW(out->v, out->n, out->cap);
		if (gp_range_parse(range, &out->v[out->n++], err) < 0) {
			gp_ranges_release(out);
			return -1;
		}
	}
	return 0;
}

bool gp_ranges_hold(const struct gp_ranges *l, const struct gp_version *v)
{
	for (size_t i = 0; i < l->n; i++)
		if (gp_range_holds(&l->v[i], v))
			return true;
	return false;
}

/* The answer for everything from `least` to `most`, unknown when it differs. */
static enum gp_tri holds_between(const struct gp_range *r, const uint32_t *least, const uint32_t *most)
{
	enum gp_tri lo = GP_TRI_UNKNOWN, hi = GP_TRI_UNKNOWN;

	if (above_lo(r, least) == above_lo(r, most))
		lo = above_lo(r, most) ? GP_TRI_YES : GP_TRI_NO;
	if (below_hi(r, least) == below_hi(r, most))
		hi = below_hi(r, most) ? GP_TRI_YES : GP_TRI_NO;
	return gp_tri_and(lo, hi);
}

enum gp_tri gp_range_holds_partly(const struct gp_range *r, const struct gp_version *v, unsigned known)
{
	uint32_t least[GP_VERSION_PARTS] = { 0 }, most[GP_VERSION_PARTS];

	memset(most, 0xff, sizeof(most));
	for (unsigned i = 0; i < known && i < GP_VERSION_PARTS; i++)
		least[i] = most[i] = v->part[i];
	return holds_between(r, least, most);
}

/* A kernel with the changes of its number, and later ones. */
static enum gp_tri holds_at_least(const struct gp_range *r, const struct gp_release *rel)
{
	uint32_t least[GP_VERSION_PARTS] = { rel->ver.part[0], rel->ver.part[1] };
	uint32_t most[GP_VERSION_PARTS];
	enum gp_tri t;

	memset(most, 0xff, sizeof(most));
	t = holds_between(r, least, most);
	/* Changes of this line may have been taken out, those of older lines never are. */
	if (t == GP_TRI_YES && r->has_lo && gp_distro_trait(rel->distro) == GP_DISTRO_APART &&
	    cmp_parts(r->lo.part, least, 2) == 0)
		return GP_TRI_UNKNOWN;
	return t;
}

enum gp_tri gp_range_holds_release(const struct gp_range *r, const struct gp_release *rel)
{
	if (r->by_name)
		return gp_range_holds_partly(r, &rel->name, rel->name.n);
	if (gp_distro_trait(rel->distro) != GP_DISTRO_PLAIN)
		return holds_at_least(r, rel);
	if (rel->sublevel_known)
		return gp_range_holds(r, &rel->ver) ? GP_TRI_YES : GP_TRI_NO;
	return gp_range_holds_partly(r, &rel->ver, 2);
}
