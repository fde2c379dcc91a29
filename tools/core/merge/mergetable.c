/* SPDX-License-Identifier: MIT */
#include "core/merge/mergetable.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/text.h"

static const char *const take_names[] = { "host", "desktop", "both" };

const char *gp_take_name(enum gp_take t)
{
	return take_names[t];
}

static const char *const when_names[] = { "always", "versions", "guest", "open" };

const char *gp_merge_when_name(enum gp_merge_when w)
{
	return when_names[w];
}

static void rule_release(struct gp_merge_rule *r)
{
	gp_ranges_release(&r->branch);
	gp_list_release(&r->paths);
	gp_list_release(&r->where);
	free(r->reason);
	free(r->evidence);
	free(r->file);
	*r = (struct gp_merge_rule){ 0 };
}

static void rules_release(struct gp_merge_rules *l)
{
	for (size_t i = 0; i < l->n; i++)
		rule_release(&l->v[i]);
	free(l->v);
}

void gp_merge_table_release(struct gp_merge_table *t)
{
	if (!t)
		return;
	rules_release(&t->takes);
	rules_release(&t->needs);
	free(t->pair);
	*t = (struct gp_merge_table){ 0 };
}

/* --- fields --- */

static int take_word(const struct gp_field *f, const char *const *names, size_t n, int *out, struct gp_err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(f->value, names[i]) == 0) {
			*out = (int)i;
			return 0;
		}
	}
	return gp_field_bad(f, err);
}

static int take_words(const struct gp_field *f, struct gp_list *l, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;

	while (gp_text_word_next(&rest, &word)) {
		gp_auto(gp_free_ptr) char *path = gp_path_clean(word.p, word.len, err);

		if (!path || !*path)
			return path ? gp_field_bad(f, err) : -1;
		/* A folder's slash is what tells it from a file. */
		gp_list_printf(l, "%s%s", path, word.p[word.len - 1] == '/' ? "/" : "");
	}
	return l->n ? 0 : gp_field_bad(f, err);
}

/* "550.90.05=550.90.07 …" */
static int take_pairs(struct gp_merge_table *t, const struct gp_field *f, const struct gp_ranges *branch,
		      struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;

	while (gp_text_word_next(&rest, &word)) {
		struct gp_merge_pair p;
		const char *eq = memchr(word.p, '=', word.len);
		size_t at = eq ? (size_t)(eq - word.p) : 0;

		if (!eq || gp_version_parse((struct gp_str){ word.p, at }, &p.host, err) < 0 ||
		    gp_version_parse(gp_str_skip(word, at + 1), &p.desktop, err) < 0 ||
		    gp_version_branch(&p.host) != gp_version_branch(&p.desktop) || !gp_ranges_hold(branch, &p.host))
			return gp_field_bad(f, err);
		GP_GROW(t->pair, t->npair, t->pair_cap);
		t->pair[t->npair++] = p;
	}
	return 0;
}

/* --- paragraphs --- */

/* What a paragraph is about: by the one of these fields that it has. */
enum about { ABOUT_TAKE, ABOUT_NEED, ABOUT_PAIRS, ABOUTS };

static const char *const about_names[ABOUTS] = { "Take", "Need", "Pairs" };

/* NULL-terminated: what each needs, and what it may have besides. */
static const char *const needed[ABOUTS][6] = { { "Branch", "Take", "Path", "Reason", "Evidence" },
					       { "Branch", "Need", "Reason", "Evidence" },
					       { "Branch", "Pairs", "Evidence" } };
static const char *const may_have[ABOUTS] = { NULL, "Where", NULL };

static bool has_word(const char *const *words, const char *name)
{
	for (; *words; words++)
		if (strcasecmp(*words, name) == 0)
			return true;
	return false;
}

static int check_fields(const struct gp_stanza *s, enum about *about, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *whose = NULL;
	int kind = ABOUTS;

	for (int i = 0; i < ABOUTS && kind == ABOUTS; i++)
		if (gp_stanza_field(s, about_names[i]))
			kind = i;
	if (kind == ABOUTS)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': a rule for merging needs 'Take', 'Need' or 'Pairs'", s->file,
			       s->lineno);
	for (size_t i = 0; i < s->n; i++)
		if (!has_word(needed[kind], s->v[i].name) &&
		    (!may_have[kind] || strcasecmp(may_have[kind], s->v[i].name) != 0))
			return gp_fail(err, GP_E_FORMAT, "'%s:%u': unknown field '%s' of a rule with '%s'", s->file,
				       s->v[i].lineno, s->v[i].name, about_names[kind]);
	*about = (enum about)kind;
	whose = gp_asprintf("a rule with '%s'", about_names[kind]);
	return gp_stanza_need(s, needed[kind], whose, err);
}

static int take_field(struct gp_merge_rule *r, const struct gp_field *f, struct gp_err *err)
{
	int word = 0;

	if (gp_field_is(f, "Branch"))
		return gp_ranges_parse(gp_str_of(f->value), &r->branch, err);
	if (gp_field_is(f, "Path"))
		return take_words(f, &r->paths, err);
	if (gp_field_is(f, "Where"))
		return take_words(f, &r->where, err);
	if (gp_field_is(f, "Reason"))
		return gp_field_text(f, &r->reason, err);
	if (gp_field_is(f, "Evidence"))
		return gp_field_text(f, &r->evidence, err);
	if (gp_field_is(f, "Take")) {
		if (take_word(f, take_names, GP_TAKE_BOTH, &word, err) < 0)
			return -1;
		r->take = (enum gp_take)word;
	} else if (gp_field_is(f, "Need")) {
		if (take_word(f, when_names, GP_COUNT(when_names), &word, err) < 0)
			return -1;
		r->when = (enum gp_merge_when)word;
	}
	return *f->value ? 0 : gp_field_bad(f, err);
}

static int parse_one(const struct gp_stanza *s, struct gp_merge_table *t, struct gp_merge_rule *r, enum about *about,
		     struct gp_err *err)
{
	r->file = gp_strdup(s->file);
	r->lineno = s->lineno;
	if (check_fields(s, about, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		if (take_field(r, &s->v[i], err) < 0)
			return gp_within(err, "'%s:%u'", s->file, s->v[i].lineno);
	if (*about == ABOUT_PAIRS) {
		const struct gp_field *pairs = gp_stanza_field(s, "Pairs");

		if (take_pairs(t, pairs, &r->branch, err) < 0)
			return gp_within(err, "'%s:%u'", s->file, pairs->lineno);
	}
	return 0;
}

int gp_merge_table_parse(const struct gp_stanza_list *stanzas, struct gp_merge_table *t, struct gp_err *err)
{
	for (size_t i = 0; i < stanzas->n; i++) {
		struct gp_merge_rule r = { 0 };
		enum about about = ABOUT_TAKE;
		int rc = parse_one(&stanzas->v[i], t, &r, &about, err);
		struct gp_merge_rules *l = rc == 0 && about == ABOUT_NEED ? &t->needs : &t->takes;

		if (rc < 0 || about == ABOUT_PAIRS) {
			rule_release(&r);
			if (rc < 0)
				return -1;
			continue;
		}
		GP_GROW(l->v, l->n, l->cap);
		l->v[l->n++] = r;
	}
	return 0;
}

/* --- questions --- */

static bool glob_holds(const char *glob, const char *path)
{
	size_t len = strlen(glob);

	if (glob[len - 1] == '/')
		return strncmp(path, glob, len) == 0;
	return fnmatch(glob, path, FNM_PATHNAME | FNM_NOESCAPE) == 0;
}

const struct gp_merge_rule *gp_merge_rule_of(const struct gp_merge_table *t, const struct gp_version *host,
					     const char *path)
{
	for (size_t i = t->takes.n; i-- > 0;) {
		const struct gp_merge_rule *r = &t->takes.v[i];

		if (!gp_ranges_hold(&r->branch, host))
			continue;
		for (size_t k = 0; k < r->paths.n; k++)
			if (glob_holds(r->paths.v[k], path))
				return r;
	}
	return NULL;
}

static bool need_holds(const struct gp_merge_rule *r, const struct gp_merge_facts *f)
{
	if (!gp_ranges_hold(&r->branch, &f->host))
		return false;
	switch (r->when) {
	case GP_WHEN_VERSIONS: return strcmp(f->host.text, f->desktop.text) != 0;
	case GP_WHEN_GUEST: return f->guest;
	case GP_WHEN_OPEN: return f->open;
	case GP_WHEN_ALWAYS: break;
	}
	return true;
}

size_t gp_merge_needs(const struct gp_merge_table *t, const struct gp_merge_facts *f,
		      const struct gp_merge_rule **rules, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < t->needs.n; i++) {
		if (!need_holds(&t->needs.v[i], f))
			continue;
		if (n < max)
			rules[n] = &t->needs.v[i];
		n++;
	}
	return n;
}
