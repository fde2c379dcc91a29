/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>

#include "core/rules/rule.h"

/* Which drivers evidence is about: those that its words name. */

/* The version of a driver that begins here, or nothing. Kernels begin with one or two
 * digits, and what stands behind a '-' is the build of a package. */
static struct gp_str version_at(const char *text, const char *p)
{
	size_t len;

	/* Asked at each byte of long texts, again and again. */
	if (p[0] < '3' || p[0] > '9')
		return (struct gp_str){ 0 };
	len = strspn(p, "0123456789.");
	while (len && p[len - 1] == '.')
		len--;
	if (len < 5 || strcspn(p, ".") != 3 || isalnum((unsigned char)p[len]))
		return (struct gp_str){ 0 };
	if (p > text && (isalnum((unsigned char)p[-1]) || strchr(".-_#", p[-1])))
		return (struct gp_str){ 0 };
	return (struct gp_str){ p, len };
}

/* Take the next one, or a range of them, from *p on. Out: nothing at the end. */
static struct gp_str next_named(const char *text, const char **p)
{
	struct gp_str v = { 0 }, last;

	while (**p && !v.len)
		v = version_at(text, (*p)++);
	if (!v.len)
		return v;
	*p = v.p + v.len;
	last = strncmp(*p, " - ", 3) == 0 ? version_at(text, *p + 3) : (struct gp_str){ 0 };
	if (last.len) {
		*p = last.p + last.len;
		v.len = (size_t)(*p - v.p);
	}
	return v;
}

enum gp_tri gp_words_name(const char *words, const struct gp_version *driver)
{
	enum gp_tri said = GP_TRI_UNKNOWN;
	const char *p = words;
	struct gp_str v;

	while ((v = next_named(words, &p)).len) {
		gp_auto(gp_ranges_release) struct gp_ranges named = { 0 };

		if (gp_ranges_parse(v, &named, NULL) < 0)
			continue;
		if (gp_ranges_hold(&named, driver))
			return GP_TRI_YES;
		said = GP_TRI_NO;
	}
	return said;
}

/* A release, and no branch as 460 is. */
static bool is_about_one(const struct gp_rule *r)
{
	const struct gp_range *only = r->driver.v;

	return r->driver.n == 1 && only->has_lo && only->has_hi && only->lo.n > 1 &&
	       gp_version_cmp(&only->lo, &only->hi) == 0;
}

static bool names(const char *words, const struct gp_facts *f)
{
	return gp_words_name(words, &f->driver) != GP_TRI_NO ||
	       (f->host.n && gp_words_name(words, &f->host) != GP_TRI_NO);
}

enum gp_evidence_kind gp_rule_kind_of(const struct gp_rule *r, enum gp_claim_of of, const struct gp_facts *f)
{
	const struct gp_claim *c = &r->claims[of];

	if (c->kind < GP_EVIDENCE_REPORTED || !c->source || is_about_one(r) || names(c->source, f))
		return c->kind;
	/* An untested rule that only infers claims no build. */
	if (of == GP_CLAIM_BUILDS && r->status == GP_STATUS_UNTESTED)
		return GP_EVIDENCE_NONE;
	return GP_EVIDENCE_INFERENCE;
}

enum gp_known gp_rule_known_of(const struct gp_rule *r, enum gp_evidence_kind builds)
{
	enum gp_known known = gp_rule_known(r);

	if (known <= GP_KNOWN_EXPECTED || builds == r->claims[GP_CLAIM_BUILDS].kind)
		return known;
	return r->status == GP_STATUS_UNTESTED ? GP_KNOWN_UNSURE : GP_KNOWN_EXPECTED;
}
