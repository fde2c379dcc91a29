/* SPDX-License-Identifier: MIT */
#include "core/rules/branch.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define DEFAULT_KINDS (1u << GP_KIND_HOST | 1u << GP_KIND_MERGED)

static void branch_release(struct gp_branch *b)
{
	free(b->product);
	free(b->evidence);
	free(b->file);
	free(b->versions);
	free(b->named);
	*b = (struct gp_branch){ 0 };
}

void gp_branch_list_release(struct gp_branch_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		branch_release(&l->v[i]);
	free(l->v);
	*l = (struct gp_branch_list){ 0 };
}

static int take_branch(struct gp_branch *b, const struct gp_field *f, struct gp_err *err)
{
	uint64_t v;

	if (!gp_parse_u64(gp_str_of(f->value), 99999, &v) || !v)
		return gp_field_bad(f, err);
	b->number = (unsigned)v;
	return 0;
}

static int take_versions(struct gp_branch *b, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;

	while (gp_text_word_next(&rest, &word)) {
		GP_GROW(b->versions, b->n, b->cap);
		if (gp_version_parse(word, &b->versions[b->n], err))
			return -1;
		b->n++;
	}
	return b->n ? 0 : gp_field_bad(f, err);
}

static int take_releases(struct gp_branch *b, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;

	while (gp_text_word_next(&rest, &word)) {
		ssize_t is = gp_str_find(word, GP_STR("="));
		struct gp_named *n;

		if (is <= 0)
			return gp_field_bad(f, err);
		GP_GROW(b->named, b->nnamed, b->named_cap);
		n = &b->named[b->nnamed++];
		if (gp_version_parse((struct gp_str){ word.p, (size_t)is }, &n->release, err) ||
		    gp_version_parse((struct gp_str){ word.p + is + 1, word.len - (size_t)is - 1 }, &n->driver, err))
			return -1;
	}
	return 0;
}

static int take_kind(struct gp_branch *b, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;
	enum gp_kind kind;

	while (gp_text_word_next(&rest, &word)) {
		if (!gp_kind_parse(word, &kind))
			return gp_field_bad(f, err);
		b->kinds |= 1u << kind;
	}
	return b->kinds ? 0 : gp_field_bad(f, err);
}

static int take_field(struct gp_branch *b, const struct gp_field *f, struct gp_err *err)
{
	if (gp_field_is(f, "Branch"))
		return take_branch(b, f, err);
	if (gp_field_is(f, "Versions"))
		return take_versions(b, f, err);
	if (gp_field_is(f, "Releases"))
		return take_releases(b, f, err);
	if (gp_field_is(f, "Kind"))
		return take_kind(b, f, err);
	if (gp_field_is(f, "Product"))
		b->product = gp_stanza_unfold(f->value);
	else if (gp_field_is(f, "Evidence"))
		b->evidence = gp_stanza_unfold(f->value);
	else
		return gp_fail(err, GP_E_FORMAT, "unknown field '%s' of a driver branch", f->name);
	return 0;
}

static bool lists(const struct gp_branch *b, const struct gp_version *v)
{
	for (size_t i = 0; i < b->n; i++)
		if (gp_version_cmp(&b->versions[i], v) == 0)
			return true;
	return false;
}

static int check_versions(const struct gp_branch *b, struct gp_err *err)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct gp_version *v = &b->versions[i];

		if (gp_version_branch(v) != b->number)
			return gp_fail(err, GP_E_FORMAT, "%s is not of branch %u", v->text, b->number);
		if (i && gp_version_cmp(&b->versions[i - 1], v) >= 0)
			return gp_fail(err, GP_E_FORMAT, "%s does not follow an older version", v->text);
	}
	for (size_t i = 0; i < b->nnamed; i++)
		if (!lists(b, &b->named[i].driver))
			return gp_fail(err, GP_E_FORMAT, "release %s: %s is not among the versions",
				       b->named[i].release.text, b->named[i].driver.text);
	return 0;
}

static int parse_one(const struct gp_stanza *s, struct gp_branch *b, struct gp_err *err)
{
	b->file = gp_strdup(s->file);
	b->lineno = s->lineno;
	for (size_t i = 0; i < s->n; i++)
		if (take_field(b, &s->v[i], err))
			return gp_within(err, "'%s:%u'", s->file, s->v[i].lineno);
	if (!b->number || !b->n)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': a branch needs 'Branch' and 'Versions'", s->file, s->lineno);
	if (!b->kinds)
		b->kinds = DEFAULT_KINDS;
	return check_versions(b, err) ? gp_within(err, "'%s:%u'", s->file, s->lineno) : 0;
}

/* In the place of the branch of that number and kinds, else behind the older ones. */
static void put(struct gp_branch_list *l, struct gp_branch *b)
{
	size_t at = 0;

	while (at < l->n && l->v[at].number < b->number)
		at++;
	for (size_t i = at; i < l->n && l->v[i].number == b->number; i++) {
		if (l->v[i].kinds != b->kinds)
			continue;
		branch_release(&l->v[i]);
		l->v[i] = *b;
		return;
	}
	GP_GROW(l->v, l->n, l->cap);
	memmove(&l->v[at + 1], &l->v[at], (l->n - at) * sizeof(*l->v));
	l->v[at] = *b;
	l->n++;
}

int gp_branches_parse(const struct gp_stanza_list *stanzas, struct gp_branch_list *l, struct gp_err *err)
{
	for (size_t i = 0; i < stanzas->n; i++) {
		struct gp_branch b = { 0 };

		if (parse_one(&stanzas->v[i], &b, err)) {
			branch_release(&b);
			return -1;
		}
		put(l, &b);
	}
	return 0;
}

const struct gp_branch *gp_branch_find(const struct gp_branch_list *l, unsigned number, enum gp_kind kind)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].number == number && l->v[i].kinds & (1u << kind))
			return &l->v[i];
	return NULL;
}

bool gp_branch_known(const struct gp_branch_list *l, unsigned number)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].number == number)
			return true;
	return !l->n;
}

int gp_branch_check(const struct gp_branch_list *l, unsigned number, struct gp_err *err)
{
	if (gp_branch_known(l, number))
		return 0;
	return gp_fail(err, GP_E_NO, "driver branch %u is unknown: kernel-versions/drivers%s%s lists none of it",
		       number, l->date ? " of " : "", l->date ? l->date : "");
}

const char *gp_branch_release_of(const struct gp_branch *b, const struct gp_version *version)
{
	for (size_t i = 0; i < b->nnamed; i++)
		if (gp_version_cmp(&b->named[i].driver, version) == 0)
			return b->named[i].release.text;
	return NULL;
}
