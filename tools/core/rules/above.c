/* SPDX-License-Identifier: MIT */
#include "core/rules/rule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Which kernels of its lines a rule is about, said in one way or another. */
static const char *const conditions[] = { "Release", "Rhel", "Distro", "Probe" };

static bool is_condition(const char *name)
{
	for (size_t i = 0; i < GP_COUNT(conditions); i++)
		if (strcasecmp(name, conditions[i]) == 0)
			return true;
	return false;
}

static bool has_condition(const struct gp_stanza *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (is_condition(s->v[i].name))
			return true;
	return false;
}

static void drop_field(struct gp_stanza *s, const struct gp_field *f)
{
	size_t at = (size_t)(f - s->v);

	free(s->v[at].name);
	free(s->v[at].value);
	memmove(&s->v[at], &s->v[at + 1], (--s->n - at) * sizeof(*s->v));
}

static void take_over(struct gp_stanza *s, const struct gp_stanza *above)
{
	bool own = has_condition(s);

	for (size_t i = 0; i < above->n; i++) {
		const struct gp_field *f = &above->v[i];

		if (gp_stanza_field(s, f->name) || (own && is_condition(f->name)))
			continue;
		GP_GROW(s->v, s->n, s->cap);
		s->v[s->n++] = (struct gp_field){ gp_strdup(f->name), gp_strdup(f->value), f->lineno };
	}
}

int gp_rules_complete(struct gp_stanza_list *stanzas, struct gp_err *err)
{
	for (size_t i = 0; i < stanzas->n; i++) {
		struct gp_stanza *s = &stanzas->v[i];
		const struct gp_field *as = gp_stanza_field(s, "As");

		if (!as)
			continue;
		if (strcmp(as->value, "above") != 0)
			return gp_fail(err, GP_E_FORMAT, "'%s:%u': field 'As' cannot be '%.80s'", s->file, as->lineno,
				       as->value);
		if (i < 2)
			return gp_fail(err, GP_E_FORMAT, "'%s:%u': 'As: above', and no rule stands above", s->file,
				       as->lineno);
		drop_field(s, as);
		take_over(s, s - 1);
	}
	return 0;
}
