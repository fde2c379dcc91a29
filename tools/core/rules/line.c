/* SPDX-License-Identifier: MIT */
#include "core/rules/paragraph.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
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
	free(l->date);
	gp_list_release(&l->files);
	gp_ranges_release(&l->history);
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

/* From one line to another, and no gap within a major number. */
static int take_history(struct gp_line *l, const struct gp_field *f, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *text = gp_stanza_unfold(f->value);

	if (!l->any)
		return gp_fail(err, GP_E_FORMAT, "'Lines' of a line: only 'Kernel: any' lists those there are");
	if (gp_ranges_parse(gp_str_of(text), &l->history, err))
		return -1;
	for (size_t i = 0; i < l->history.n; i++) {
		const struct gp_range *r = &l->history.v[i];

		if (!r->has_lo || !r->has_hi || r->lo.n != 2 || r->hi.n != 2 || r->lo.part[0] != r->hi.part[0])
			return gp_fail(err, GP_E_FORMAT, "field 'Lines' cannot be '%.80s'", text);
	}
	return 0;
}

static int take_date(struct gp_line *l, const struct gp_field *f, struct gp_err *err)
{
	if (!l->any)
		return gp_fail(err, GP_E_FORMAT, "'Date' of a line: only 'Kernel: any' says of what day the data are");
	if (!gp_str_is_date(gp_str_of(f->value)))
		return gp_field_bad(f, err);
	l->date = gp_strdup(f->value);
	return 0;
}

static int take_line_field(struct gp_line *l, const struct gp_field *f, struct gp_err *err)
{
	if (gp_field_is(f, "Kernel"))
		return take_kernel(l, f->value, err);
	if (gp_field_is(f, "Status"))
		return gp_status_parse(f, &l->status, err);
	if (gp_field_is(f, "Lines"))
		return take_history(l, f, err);
	if (gp_field_is(f, "Date"))
		return take_date(l, f, err);
	if (gp_field_is(f, "Changes"))
		l->changes = gp_strdup(f->value);
	else if (gp_field_is(f, "Reason"))
		l->reason = gp_stanza_unfold(f->value);
	else if (gp_field_is(f, "Instead"))
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

static struct gp_rule *same_rule(struct gp_line *l, const struct gp_rule *r)
{
	for (size_t i = 0; i < l->n; i++)
		if (gp_rule_same(&l->rules[i], r))
			return &l->rules[i];
	return NULL;
}

static void add_rule(struct gp_line *l, struct gp_rule *r)
{
	GP_GROW(l->rules, l->n, l->cap);
	gp_assert(l->rules);
	l->rules[l->n++] = *r;
	*r = (struct gp_rule){ 0 };
}

static int take_rule(struct gp_line *l, struct gp_paragraph *p, struct gp_err *err)
{
	gp_auto(gp_rule_release) struct gp_rule r = { 0 };
	int here = gp_paragraph_rule(p, l, l, &r, err);
	const struct gp_rule *twin = here > 0 ? same_rule(l, &r) : NULL;

	if (here <= 0)
		return here;
	if (twin)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': the same rule as in line %u", p->stanza->file, r.lineno,
			       twin->lineno);
	r.file = l->files.v[0];
	add_rule(l, &r);
	return 0;
}

static int read_rules(const struct gp_stanza_list *stanzas, struct gp_paragraphs *said, struct gp_line *l,
		      struct gp_err *err)
{
	for (size_t i = 1; i < stanzas->n; i++) {
		struct gp_paragraph *p = gp_paragraph_read(&stanzas->v[i], l, err);

		if (!p)
			return -1;
		GP_GROW(said->v, said->n, said->cap);
		said->v[said->n++] = p;
		if (take_rule(l, p, err) < 0)
			return -1;
	}
	return 0;
}

/* Lay a rule over those of a line. */
static void put_rule(struct gp_line *l, struct gp_rule *r)
{
	struct gp_rule *old = same_rule(l, r);

	if (!old) {
		add_rule(l, r);
		return;
	}
	gp_rule_release(old);
	*old = *r;
	*r = (struct gp_rule){ 0 };
}

static int spread_to(struct gp_paragraph *p, const char *file, const struct gp_line *home, struct gp_line *to,
		     struct gp_err *err)
{
	gp_auto(gp_rule_release) struct gp_rule r = { 0 };
	int here = gp_paragraph_rule(p, home, to, &r, err);
	const struct gp_rule *twin = here > 0 ? same_rule(to, &r) : NULL;

	if (here <= 0)
		return here;
	if (twin && gp_path_same_dir(twin->file, file))
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': reaches %s, and '%s:%u' is the same rule", p->stanza->file,
			       r.lineno, to->name, twin->file, twin->lineno);
	r.file = file;
	put_rule(to, &r);
	return 0;
}

int gp_line_spread(const struct gp_paragraphs *said, const char *file, const struct gp_line *home,
		   struct gp_line *const *to, size_t n, struct gp_err *err)
{
	for (size_t i = 0; i < said->n; i++)
		for (size_t k = 0; said->v[i]->reach.given && k < n; k++)
			if (spread_to(said->v[i], file, home, to[k], err) < 0)
				return -1;
	return 0;
}

int gp_line_read(const struct gp_stanza_list *stanzas, struct gp_paragraphs *said, struct gp_line *out,
		 struct gp_err *err)
{
	*out = (struct gp_line){ 0 };
	if (!stanzas->n)
		return gp_fail(err, GP_E_FORMAT, "no paragraph in it");
	if (parse_head(&stanzas->v[0], out, err) == 0 && read_rules(stanzas, said, out, err) == 0)
		return 0;
	gp_line_release(out);
	return -1;
}

int gp_line_parse(const struct gp_stanza_list *stanzas, struct gp_line *out, struct gp_err *err)
{
	gp_auto(gp_paragraphs_release) struct gp_paragraphs said = { 0 };

	return gp_line_read(stanzas, &said, out, err);
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
	/* Data are as new as the newest of them. */
	if (over->date && (!base->date || strcmp(over->date, base->date) > 0))
		replace_text(&base->date, &over->date);
	replace_text(&base->changes, &over->changes);
	replace_text(&base->reason, &over->reason);
	replace_text(&base->instead, &over->instead);
	/* The names move, not their bytes: rules point at them. */
	for (size_t i = 0; i < over->files.n; i++)
		gp_list_take(&base->files, gp_steal(&over->files.v[i]));
	if (over->history.n) {
		gp_ranges_release(&base->history);
		base->history = over->history;
		over->history = (struct gp_ranges){ 0 };
	}
	for (size_t i = 0; i < over->n; i++)
		put_rule(base, &over->rules[i]);
	gp_line_release(over);
}
