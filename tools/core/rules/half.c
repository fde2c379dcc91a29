/* SPDX-License-Identifier: MIT */
#include "core/rules/half.h"

#include <stdlib.h>
#include <string.h>

static const char *const half_names[] = { "none", "library", "script" };

const char *gp_half_name(enum gp_half h)
{
	return half_names[h];
}

static const char *const fits_names[] = { "unset", "no", "partly", "yes" };

const char *gp_fits_name(enum gp_fits f)
{
	return fits_names[f];
}

static void rule_release(struct gp_half_rule *r)
{
	gp_ranges_release(&r->driver);
	free(r->reason);
	free(r->evidence);
	free(r->file);
	*r = (struct gp_half_rule){ 0 };
}

void gp_halves_release(struct gp_half_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		rule_release(&l->v[i]);
	free(l->v);
	*l = (struct gp_half_list){ 0 };
}

static int take_half(struct gp_half_rule *r, const struct gp_field *f, struct gp_err *err)
{
	for (int h = GP_HALF_LIBRARY; h <= GP_HALF_SCRIPT; h++)
		if (strcmp(f->value, half_names[h]) == 0)
			r->half = (enum gp_half)h;
	return r->half ? 0 : gp_field_bad(f, err);
}

static int take_fits(struct gp_half_rule *r, const struct gp_field *f, struct gp_err *err)
{
	for (int k = GP_FITS_NO; k <= GP_FITS_YES; k++)
		if (strcmp(f->value, fits_names[k]) == 0)
			r->fits = (enum gp_fits)k;
	return r->fits ? 0 : gp_field_bad(f, err);
}

static int take_field(struct gp_half_rule *r, const struct gp_field *f, struct gp_err *err)
{
	if (gp_field_is(f, "Unlock"))
		return take_half(r, f, err);
	if (gp_field_is(f, "Driver"))
		return gp_ranges_parse(gp_str_of(f->value), &r->driver, err);
	if (gp_field_is(f, "Fits"))
		return take_fits(r, f, err);
	if (gp_field_is(f, "Reason"))
		return gp_field_text(f, &r->reason, err);
	if (gp_field_is(f, "Evidence"))
		return gp_field_text(f, &r->evidence, err);
	return gp_fail(err, GP_E_FORMAT, "unknown field '%s' of a half of vgpu_unlock", f->name);
}

static int parse_one(const struct gp_stanza *s, struct gp_half_rule *r, struct gp_err *err)
{
	static const char *const needed[] = { "Unlock", "Driver", "Fits", "Evidence", NULL };

	r->file = gp_strdup(s->file);
	r->lineno = s->lineno;
	for (size_t i = 0; i < s->n; i++)
		if (take_field(r, &s->v[i], err) < 0)
			return gp_within(err, "'%s:%u'", s->file, s->v[i].lineno);
	if (gp_stanza_need(s, needed, "a half of vgpu_unlock", err) < 0)
		return -1;
	if (r->fits != GP_FITS_YES && !r->reason)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': 'Fits: %s' needs a 'Reason'", s->file, s->lineno,
			       gp_fits_name(r->fits));
	return 0;
}

int gp_halves_parse(const struct gp_stanza_list *stanzas, struct gp_half_list *l, struct gp_err *err)
{
	for (size_t i = 0; i < stanzas->n; i++) {
		struct gp_half_rule r = { 0 };

		if (parse_one(&stanzas->v[i], &r, err) < 0) {
			rule_release(&r);
			return -1;
		}
		GP_GROW(l->v, l->n, l->cap);
		l->v[l->n++] = r;
	}
	return 0;
}

const struct gp_half_rule *gp_half_find(const struct gp_half_list *l, enum gp_half half,
					const struct gp_version *driver)
{
	for (size_t i = l->n; i-- > 0;)
		if (l->v[i].half == half && gp_ranges_hold(&l->v[i].driver, driver))
			return &l->v[i];
	return NULL;
}
