/* SPDX-License-Identifier: MIT */
#include "core/rules/card.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *const way_names[] = { "unset", "native", "hooks", "neither" };

const char *gp_way_name(enum gp_vgpu_way w)
{
	return way_names[w];
}

static const char *const framework_names[] = { "unknown", "mdev", "vendor-vfio" };

const char *gp_framework_name(enum gp_framework f)
{
	return framework_names[f];
}

static const char *const fit_names[] = { "native", "hooks", "not-with-hooks", "branch-too-old", "branch-too-new" };

const char *gp_card_fit_name(enum gp_card_fit f)
{
	return fit_names[f];
}

bool gp_card_served(enum gp_card_fit f)
{
	return f == GP_CARD_NATIVE || f == GP_CARD_HOOKS;
}

static void card_release(struct gp_card *c)
{
	free(c->ids);
	free(c->generation);
	free(c->reason);
	free(c->evidence);
	free(c->file);
	*c = (struct gp_card){ 0 };
}

void gp_cards_release(struct gp_card_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		card_release(&l->v[i]);
	free(l->v);
	*l = (struct gp_card_list){ 0 };
}

/* --- reading --- */

static bool parse_id(struct gp_str s, unsigned *out)
{
	unsigned v = 0;

	if (s.len != 4)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		const char *digits = "0123456789abcdef", *at = memchr(digits, s.p[i], 16);

		if (!at)
			return false;
		v = v << 4 | (unsigned)(at - digits);
	}
	*out = v;
	return true;
}

static int take_ids(struct gp_card *c, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), one;

	while (gp_ranges_next(&rest, &one)) {
		ssize_t dash = gp_str_find(one, GP_STR(" - "));
		struct gp_id_range r;

		if (!parse_id(dash < 0 ? one : (struct gp_str){ one.p, (size_t)dash }, &r.lo))
			return gp_field_bad(f, err);
		r.hi = r.lo;
		if (dash >= 0 && !parse_id((struct gp_str){ one.p + dash + 3, one.len - (size_t)dash - 3 }, &r.hi))
			return gp_field_bad(f, err);
		if (r.hi < r.lo || (dash >= 0 && r.hi == r.lo) || (c->n && r.lo <= c->ids[c->n - 1].hi))
			return gp_fail(err, GP_E_FORMAT, "the ids are not in ascending order at '%.*s'", (int)one.len,
				       one.p);
		GP_GROW(c->ids, c->n, c->cap);
		c->ids[c->n++] = r;
	}
	return c->n ? 0 : gp_field_bad(f, err);
}

static int take_way(struct gp_card *c, const struct gp_field *f, struct gp_err *err)
{
	for (int w = GP_WAY_NATIVE; w <= GP_WAY_NEITHER; w++)
		if (strcmp(f->value, way_names[w]) == 0)
			c->way = (enum gp_vgpu_way)w;
	return c->way ? 0 : gp_field_bad(f, err);
}

static int take_sriov(struct gp_card *c, const struct gp_field *f, struct gp_err *err)
{
	c->sriov = strcmp(f->value, "yes") == 0;
	return c->sriov || strcmp(f->value, "no") == 0 ? 0 : gp_field_bad(f, err);
}

static int take_twin(struct gp_card *c, const struct gp_field *f, struct gp_err *err)
{
	return parse_id(gp_str_of(f->value), &c->twin) && c->twin ? 0 : gp_field_bad(f, err);
}

static int take_range(struct gp_range *r, bool *has, const struct gp_field *f, struct gp_err *err)
{
	*has = true;
	return gp_range_parse(gp_str_of(f->value), r, err);
}

static int take_interface(struct gp_card *c, const struct gp_field *f, struct gp_err *err)
{
	if (gp_field_is(f, "Mdev-Driver"))
		return take_range(&c->mdev_driver, &c->has_mdev_driver, f, err);
	if (gp_field_is(f, "Mdev-Kernel"))
		return take_range(&c->mdev_kernel, &c->has_mdev_kernel, f, err);
	if (gp_field_is(f, "Vendor-Vfio"))
		return take_range(&c->vendor, &c->has_vendor, f, err);
	return gp_fail(err, GP_E_FORMAT, "unknown field '%s' of cards", f->name);
}

static int take_field(struct gp_card *c, const struct gp_field *f, struct gp_err *err)
{
	bool given;

	if (gp_field_is(f, "Cards"))
		return take_ids(c, f, err);
	if (gp_field_is(f, "Vgpu"))
		return take_way(c, f, err);
	if (gp_field_is(f, "Sriov"))
		return take_sriov(c, f, err);
	if (gp_field_is(f, "Twin"))
		return take_twin(c, f, err);
	if (gp_field_is(f, "Driver"))
		return take_range(&c->driver, &given, f, err);
	if (gp_field_is(f, "Generation"))
		return gp_field_text(f, &c->generation, err);
	if (gp_field_is(f, "Reason"))
		return gp_field_text(f, &c->reason, err);
	if (gp_field_is(f, "Evidence"))
		return gp_field_text(f, &c->evidence, err);
	return take_interface(c, f, err);
}

/* Which fields a paragraph needs, and which say nothing there. */
static const struct {
	const char *name;
	unsigned needed, useless; /* 1 << gp_vgpu_way */
} fields[] = {
#define HAVE (1u << GP_WAY_NATIVE | 1u << GP_WAY_HOOKS)
#define ALL (HAVE | 1u << GP_WAY_NEITHER)
	{ "Cards", ALL, 0 },
	{ "Generation", ALL, 0 },
	{ "Sriov", ALL, 0 },
	{ "Evidence", ALL, 0 },
	{ "Driver", HAVE, 1u << GP_WAY_NEITHER },
	{ "Twin", 1u << GP_WAY_HOOKS, ALL & ~(1u << GP_WAY_HOOKS) },
	{ "Reason", 1u << GP_WAY_NEITHER, 0 },
	{ "Mdev-Driver", 0, 1u << GP_WAY_NEITHER },
	{ "Mdev-Kernel", 0, 1u << GP_WAY_NEITHER },
	{ "Vendor-Vfio", 0, 1u << GP_WAY_NEITHER },
};

static int check_fields(const struct gp_stanza *s, enum gp_vgpu_way way, struct gp_err *err)
{
	if (!way)
		return gp_fail(err, GP_E_FORMAT, "cards need 'Vgpu'");
	for (size_t i = 0; i < GP_COUNT(fields); i++) {
		bool there = gp_stanza_field(s, fields[i].name);

		if (!there && fields[i].needed & (1u << way))
			return gp_fail(err, GP_E_FORMAT, "cards with 'Vgpu: %s' need '%s'", gp_way_name(way),
				       fields[i].name);
		if (there && fields[i].useless & (1u << way))
			return gp_fail(err, GP_E_FORMAT, "cards with 'Vgpu: %s' have no '%s'", gp_way_name(way),
				       fields[i].name);
	}
	return 0;
}

static int parse_one(const struct gp_stanza *s, struct gp_card *c, struct gp_err *err)
{
	c->file = gp_strdup(s->file);
	c->lineno = s->lineno;
	for (size_t i = 0; i < s->n; i++)
		if (take_field(c, &s->v[i], err) < 0)
			return gp_within(err, "'%s:%u'", s->file, s->v[i].lineno);
	return check_fields(s, c->way, err) < 0 ? gp_within(err, "'%s:%u'", s->file, s->lineno) : 0;
}

int gp_cards_parse(const struct gp_stanza_list *stanzas, struct gp_card_list *l, struct gp_err *err)
{
	for (size_t i = 0; i < stanzas->n; i++) {
		struct gp_card c = { 0 };

		if (parse_one(&stanzas->v[i], &c, err) < 0) {
			card_release(&c);
			return -1;
		}
		GP_GROW(l->v, l->n, l->cap);
		l->v[l->n++] = c;
	}
	return 0;
}

/* --- asking --- */

static const struct gp_id_range *range_of(const struct gp_card *c, unsigned device)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->ids[i].lo <= device && device <= c->ids[i].hi)
			return &c->ids[i];
	return NULL;
}

const struct gp_card *gp_card_find(const struct gp_card_list *l, unsigned device)
{
	const struct gp_card *wide = NULL;

	for (size_t i = l->n; i-- > 0;) {
		const struct gp_id_range *r = range_of(&l->v[i], device);

		if (r && r->lo == r->hi)
			return &l->v[i];
		if (r && !wide)
			wide = &l->v[i];
	}
	return wide;
}

static enum gp_card_fit fit_of(const struct gp_card *c, const struct gp_version *driver)
{
	if (c->way == GP_WAY_NEITHER)
		return GP_CARD_NOT_WITH_HOOKS;
	if (gp_range_holds(&c->driver, driver))
		return c->way == GP_WAY_NATIVE ? GP_CARD_NATIVE : GP_CARD_HOOKS;
	return c->driver.has_lo && gp_version_cmp(driver, &c->driver.lo) < 0 ? GP_CARD_TOO_OLD : GP_CARD_TOO_NEW;
}

static enum gp_framework framework_of(const struct gp_card *c, const struct gp_version *driver,
				      const struct gp_release *kernel)
{
	bool vendor = c->has_vendor && gp_range_holds(&c->vendor, driver);

	if (!c->has_mdev_driver || gp_range_holds(&c->mdev_driver, driver)) {
		if (!c->has_mdev_kernel)
			return GP_FRAMEWORK_MDEV;
		if (!kernel)
			return GP_FRAMEWORK_UNKNOWN;
		if (gp_range_holds(&c->mdev_kernel, &kernel->ver))
			return GP_FRAMEWORK_MDEV;
	}
	return vendor ? GP_FRAMEWORK_VENDOR : GP_FRAMEWORK_UNKNOWN;
}

struct gp_card_verdict gp_card_judge(const struct gp_card *c, const struct gp_version *driver,
				     const struct gp_release *kernel)
{
	struct gp_card_verdict v = { .fit = fit_of(c, driver) };

	if (gp_card_served(v.fit))
		v.framework = framework_of(c, driver, kernel);
	return v;
}

void gp_card_branches(const struct gp_card *c, unsigned *first, unsigned *last)
{
	*first = c->driver.has_lo ? gp_version_branch(&c->driver.lo) : 0;
	*last = c->driver.has_hi ? gp_version_branch(&c->driver.hi) : 0;
}
