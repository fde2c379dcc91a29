/* SPDX-License-Identifier: MIT */
#include "core/rules/rule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* A kernel-versions file: the line in its first paragraph, and its rules. */

void gp_line_release(struct gp_line *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		gp_rule_release(&l->rules[i]);
	free(l->rules);
	free(l->name);
	free(l->changes);
	free(l->reason);
	free(l->instead);
	gp_list_release(&l->files);
	*l = (struct gp_line){ 0 };
}

static int take_kernel(struct gp_line *l, const char *value, struct gp_err *err)
{
	char line[GP_LINE_NAME];

	l->name = gp_strdup(value);
	l->any = strcmp(value, "any") == 0;
	if (l->any)
		return 0;
	if (gp_release_parse(value, &l->release, err))
		return -1;
	gp_release_line(&l->release, line);
	if (strcmp(line, value) != 0)
		return gp_fail(err, GP_E_FORMAT, "'%s' is not a kernel line like 5.10", value);
	return 0;
}

static int take_line_field(struct gp_line *l, const struct gp_field *f, struct gp_err *err)
{
	if (strcasecmp(f->name, "Kernel") == 0)
		return take_kernel(l, f->value, err);
	if (strcasecmp(f->name, "Status") == 0)
		return gp_status_parse(f, &l->status, err);
	if (strcasecmp(f->name, "Changes") == 0)
		l->changes = gp_strdup(f->value);
	else if (strcasecmp(f->name, "Reason") == 0)
		l->reason = gp_stanza_unfold(f->value);
	else if (strcasecmp(f->name, "Instead") == 0)
		l->instead = gp_stanza_unfold(f->value);
	else
		return gp_fail(err, GP_E_FORMAT, "unknown field '%s' of a kernel line", f->name);
	return 0;
}

static int parse_head(const struct gp_stanza *s, struct gp_line *l, struct gp_err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (take_line_field(l, &s->v[i], err))
			return gp_within(err, "'%s:%u'", s->file, s->v[i].lineno);
	if (!l->name)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': the first paragraph lacks 'Kernel'", s->file, s->lineno);
	if (!l->any && !l->status)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': the first paragraph lacks 'Status'", s->file, s->lineno);
	if (l->status == GP_STATUS_BLOCKED && !l->reason)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': blocked without 'Reason'", s->file, s->lineno);
	gp_list_add(&l->files, s->file);
	return 0;
}

static struct gp_rule *same_key(struct gp_line *l, const struct gp_rule *r)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->rules[i].key, r->key) == 0)
			return &l->rules[i];
	return NULL;
}

static void add_rule(struct gp_line *l, struct gp_rule *r)
{
	GP_GROW(l->rules, l->n, l->cap);
	l->rules[l->n++] = *r;
	*r = (struct gp_rule){ 0 };
}

static int parse_rules(const struct gp_stanza_list *stanzas, struct gp_line *l, struct gp_err *err)
{
	for (size_t i = 1; i < stanzas->n; i++) {
		const struct gp_stanza *s = &stanzas->v[i];
		gp_auto(gp_rule_release) struct gp_rule r = { 0 };
		struct gp_rule *twin;

		if (gp_rule_parse(s, &r, err))
			return -1;
		twin = same_key(l, &r);
		if (twin)
			return gp_fail(err, GP_E_FORMAT, "'%s:%u': the same rule as in line %u", s->file, s->lineno,
				       twin->lineno);
		r.file = l->files.v[0];
		r.any_line = l->any;
		add_rule(l, &r);
	}
	return 0;
}

int gp_line_parse(const struct gp_stanza_list *stanzas, struct gp_line *out, struct gp_err *err)
{
	*out = (struct gp_line){ 0 };
	if (!stanzas->n)
		return gp_fail(err, GP_E_FORMAT, "no paragraph in it");
	if (parse_head(&stanzas->v[0], out, err) || parse_rules(stanzas, out, err)) {
		gp_line_release(out);
		return -1;
	}
	return 0;
}

static void replace_text(char **base, char **over)
{
	if (!*over)
		return;
	free(*base);
	*base = gp_steal(over);
}

void gp_line_overlay(struct gp_line *base, struct gp_line *over)
{
	if (over->status) {
		base->status = over->status;
		/* A reason belongs to its status. */
		free(base->reason);
		free(base->instead);
		base->reason = base->instead = NULL;
	}
	replace_text(&base->changes, &over->changes);
	replace_text(&base->reason, &over->reason);
	replace_text(&base->instead, &over->instead);
	/* The names move, not their bytes: rules point at them. */
	for (size_t i = 0; i < over->files.n; i++)
		gp_list_take(&base->files, gp_steal(&over->files.v[i]));
	for (size_t i = 0; i < over->n; i++) {
		struct gp_rule *old = same_key(base, &over->rules[i]);

		if (!old) {
			add_rule(base, &over->rules[i]);
			continue;
		}
		gp_rule_release(old);
		*old = over->rules[i];
		over->rules[i] = (struct gp_rule){ 0 };
	}
	gp_line_release(over);
}
