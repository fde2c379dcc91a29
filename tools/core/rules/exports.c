/* SPDX-License-Identifier: MIT */
#include "core/rules/exports.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ONLY_FOR "module:" /* of EXPORT_SYMBOL_FOR_MODULES(), since 6.16 */

/* --- what is asked of one --- */

static enum gp_tri tri(bool yes)
{
	return yes ? GP_TRI_YES : GP_TRI_NO;
}

enum gp_tri gp_export_answer(const struct gp_export *e, const struct gp_probe *p)
{
	enum gp_tri t = e->exported;

	if (t != GP_TRI_YES)
		return t;
	if (p->gpl)
		t = gp_tri_and(t, e->gpl);
	if (p->ns)
		t = gp_tri_and(t, e->ns_known ? tri(gp_str_eq(e->ns, p->ns)) : GP_TRI_UNKNOWN);
	if (p->module_only)
		t = gp_tri_and(t, e->ns_known ? tri(gp_str_starts(e->ns, ONLY_FOR)) : GP_TRI_UNKNOWN);
	return t;
}

/* --- reading --- */

static void alike_release(struct gp_exports_alike *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->v[i].name);
		free(a->v[i].ns);
	}
	free(a->v);
	free(a->spans);
	free(a->source);
	gp_list_release(&a->unknown);
	*a = (struct gp_exports_alike){ 0 };
}

static void file_release(struct gp_exports_file *f)
{
	for (size_t i = 0; i < f->n; i++)
		alike_release(&f->v[i]);
	free(f->v);
	free(f->path);
	gp_list_release(&f->symbols);
	*f = (struct gp_exports_file){ 0 };
}

void gp_exports_release(struct gp_exports *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		file_release(&t->v[i]);
	free(t->v);
	*t = (struct gp_exports){ 0 };
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Are two names the same but for their numbers? */
static bool same_form(const struct gp_release *ra, const struct gp_release *rb)
{
	const char *a = ra->text, *b = rb->text;

	for (;; a++, b++) {
		if (is_digit(*a) && is_digit(*b)) {
			while (is_digit(a[1]))
				a++;
			while (is_digit(b[1]))
				b++;
		} else if (*a != *b) {
			return false;
		} else if (!*a) {
			return true;
		}
	}
}

/* Of one distribution's kernels of one line: their order says something. */
static bool are_neighbours(const struct gp_release *a, const struct gp_release *b)
{
	return a->ver.part[0] == b->ver.part[0] && a->ver.part[1] == b->ver.part[1] && same_form(a, b);
}

static bool is_within(const struct gp_release *r, const struct gp_export_span *s)
{
	return are_neighbours(r, &s->lo) && gp_release_cmp(&s->lo, r) <= 0 && gp_release_cmp(r, &s->hi) <= 0;
}

static int take_bound(struct gp_str text, struct gp_release *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *name = gp_strndup(text.p, text.len);

	if (gp_release_parse(name, out, err) < 0)
		return -1;
	if (out->ver.n < 3)
		return gp_fail(err, GP_E_FORMAT, "'%s' is a kernel line, and no kernel", name);
	return 0;
}

static int take_span(struct gp_str text, struct gp_export_span *s, struct gp_err *err)
{
	ssize_t to = gp_str_find(text, GP_STR(" - "));

	if (to < 0) {
		if (take_bound(text, &s->lo, err) < 0)
			return -1;
		s->hi = s->lo;
		return 0;
	}
	if (take_bound(gp_str_trim((struct gp_str){ text.p, (size_t)to }), &s->lo, err) < 0 ||
	    take_bound(gp_str_trim((struct gp_str){ text.p + to + 3, text.len - (size_t)to - 3 }), &s->hi, err) < 0)
		return -1;
	if (!are_neighbours(&s->lo, &s->hi))
		return gp_fail(err, GP_E_FORMAT, "'%s' and '%s' are not of one line with names of one form", s->lo.text,
			       s->hi.text);
	if (gp_release_cmp(&s->lo, &s->hi) > 0)
		return gp_fail(err, GP_E_FORMAT, "'%s' is above '%s'", s->lo.text, s->hi.text);
	return 0;
}

static int take_releases(struct gp_exports_alike *a, const struct gp_field *f, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *all = gp_stanza_unfold(f->value);
	struct gp_str rest = gp_str_of(all), text;

	while (gp_ranges_next(&rest, &text)) {
		GP_GROW(a->spans, a->nspans, a->spans_cap);
		if (take_span(text, &a->spans[a->nspans], err) < 0)
			return -1;
		a->nspans++;
	}
	return a->nspans ? 0 : gp_field_bad(f, err);
}

/* Out: false when the name stands in the paragraph already. */
static bool is_new(const struct gp_exports_alike *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i].name, name) == 0)
			return false;
	return !gp_list_has(&a->unknown, name);
}

static int check_name(const struct gp_exports_file *f, const struct gp_exports_alike *a, const char *name,
		      struct gp_err *err)
{
	if (!gp_list_has(&f->symbols, name))
		return gp_fail(err, GP_E_FORMAT, "'%s' is not among the Symbols", name);
	return is_new(a, name) ? 0 : gp_fail(err, GP_E_FORMAT, "'%s' stands here twice", name);
}

/* NAME, NAME(NAMESPACE), or NAME(?) where that is not known. */
static int take_export(const struct gp_exports_file *f, struct gp_exports_alike *a, struct gp_str word, enum gp_tri gpl,
		       struct gp_err *err)
{
	const char *open = memchr(word.p, '(', word.len);
	size_t len = open ? (size_t)(open - word.p) : word.len;
	gp_auto(gp_free_ptr) char *name = gp_strndup(word.p, len);
	struct gp_str ns = { word.p + len + 1, open ? word.len - len - 2 : 0 };

	if (open && (word.p[word.len - 1] != ')' || word.len < len + 3))
		return gp_fail(err, GP_E_FORMAT, "'%.*s' is no NAME(NAMESPACE)", (int)(word.len < 80 ? word.len : 80),
			       word.p);
	if (check_name(f, a, name, err) < 0)
		return -1;
	GP_GROW(a->v, a->n, a->cap);
	a->v[a->n] = (struct gp_export_named){ .name = gp_steal(&name), .gpl = gpl };
	if (open ? !gp_str_eq(ns, "?") : gpl != GP_TRI_UNKNOWN)
		a->v[a->n].ns = gp_strndup(ns.p, ns.len);
	a->n++;
	return 0;
}

static int take_exports(const struct gp_exports_file *file, struct gp_exports_alike *a, const struct gp_field *f,
			enum gp_tri gpl, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;

	while (gp_text_word_next(&rest, &word))
		if (take_export(file, a, word, gpl, err) < 0)
			return -1;
	return 0;
}

static int take_unknown(const struct gp_exports_file *file, struct gp_exports_alike *a, const struct gp_field *f,
			struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;

	while (gp_text_word_next(&rest, &word)) {
		gp_auto(gp_free_ptr) char *name = gp_strndup(word.p, word.len);

		if (check_name(file, a, name, err) < 0)
			return -1;
		gp_list_take(&a->unknown, gp_steal(&name));
	}
	return 0;
}

static int take_field(const struct gp_exports_file *file, struct gp_exports_alike *a, const struct gp_field *f,
		      struct gp_err *err)
{
	if (gp_field_is(f, "Releases"))
		return take_releases(a, f, err);
	if (gp_field_is(f, "Plain"))
		return take_exports(file, a, f, GP_TRI_NO, err);
	if (gp_field_is(f, "Gpl"))
		return take_exports(file, a, f, GP_TRI_YES, err);
	if (gp_field_is(f, "Exported"))
		return take_exports(file, a, f, GP_TRI_UNKNOWN, err);
	if (gp_field_is(f, "Unknown"))
		return take_unknown(file, a, f, err);
	if (!gp_field_is(f, "Source"))
		return gp_fail(err, GP_E_FORMAT, "unknown field '%s' of exports", f->name);
	return gp_field_text(f, &a->source, err);
}

static bool overlap(const struct gp_export_span *a, const struct gp_export_span *b)
{
	return is_within(&a->lo, b) || is_within(&b->lo, a);
}

/* A kernel has one answer. */
static int check_spans(const struct gp_exports_file *f, const struct gp_exports_alike *a, struct gp_err *err)
{
	for (size_t i = 0; i < a->nspans; i++)
		for (size_t k = 0; k < f->n; k++)
			for (size_t m = 0; m < f->v[k].nspans; m++)
				if (overlap(&a->spans[i], &f->v[k].spans[m]))
					return gp_fail(err, GP_E_FORMAT, "'%s' is in the paragraph of line %u, too",
						       a->spans[i].lo.text, f->v[k].lineno);
	return 0;
}

static int parse_alike(const struct gp_stanza *s, const struct gp_exports_file *file, struct gp_exports_alike *a,
		       struct gp_err *err)
{
	a->lineno = s->lineno;
	for (size_t i = 0; i < s->n; i++)
		if (take_field(file, a, &s->v[i], err) < 0)
			return gp_within(err, "'%s:%u'", s->file, s->v[i].lineno);
	if (!a->nspans || !a->source)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': exports need 'Releases' and 'Source'", s->file, s->lineno);
	return check_spans(file, a, err) < 0 ? gp_within(err, "'%s:%u'", s->file, s->lineno) : 0;
}

static int parse_symbols(const struct gp_stanza *s, struct gp_exports_file *f, struct gp_err *err)
{
	const char *names = gp_stanza_get(s, "Symbols");
	struct gp_str rest = gp_str_of(names ? names : ""), word;

	while (gp_text_word_next(&rest, &word))
		gp_list_take(&f->symbols, gp_strndup(word.p, word.len));
	if (s->n != 1 || !f->symbols.n)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': exports begin with 'Symbols', and nothing else", s->file,
			       s->lineno);
	return 0;
}

int gp_exports_parse(const struct gp_stanza_list *stanzas, struct gp_exports *t, struct gp_err *err)
{
	struct gp_exports_file *f;

	if (!stanzas->n)
		return 0;
	GP_GROW(t->v, t->n, t->cap);
	f = &t->v[t->n++];
	*f = (struct gp_exports_file){ .path = gp_strdup(stanzas->v[0].file) };
	if (parse_symbols(&stanzas->v[0], f, err) < 0)
		return -1;
	for (size_t i = 1; i < stanzas->n; i++) {
		struct gp_exports_alike a = { 0 };

		if (parse_alike(&stanzas->v[i], f, &a, err) < 0) {
			alike_release(&a);
			return -1;
		}
		GP_GROW(f->v, f->n, f->cap);
		f->v[f->n++] = a;
	}
	return 0;
}

/* --- asking --- */

static struct gp_export export_in(const struct gp_exports_alike *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct gp_export_named *e = &a->v[i];

		if (strcmp(e->name, name) == 0)
			return (struct gp_export){ GP_TRI_YES, e->gpl, e->ns != NULL, gp_str_of(e->ns ? e->ns : "") };
	}
	return (struct gp_export){ .exported = gp_list_has(&a->unknown, name) ? GP_TRI_UNKNOWN : GP_TRI_NO };
}

static const struct gp_export_span *find_span(const struct gp_exports_alike *a, const struct gp_release *r)
{
	for (size_t i = 0; i < a->nspans; i++)
		if (is_within(r, &a->spans[i]))
			return &a->spans[i];
	return NULL;
}

static enum gp_tri ask_file(const struct gp_exports_file *f, const struct gp_release *r, const struct gp_probe *p,
			    struct gp_exports_found *found)
{
	for (size_t i = 0; i < f->n; i++) {
		struct gp_export e;

		found->span = find_span(&f->v[i], r);
		if (!found->span)
			continue;
		found->file = f;
		found->alike = &f->v[i];
		e = export_in(&f->v[i], p->arg);
		return gp_export_answer(&e, p);
	}
	return GP_TRI_UNKNOWN;
}

enum gp_tri gp_exports_ask(const struct gp_exports *t, const struct gp_release *r, const struct gp_probe *p,
			   struct gp_exports_found *found)
{
	enum gp_tri answer = GP_TRI_UNKNOWN;
	struct gp_release named;

	/* By its name: headers may have told the patch level of 5.10.0-32-amd64. */
	if (r->ver.n < 3 || gp_release_parse(r->text, &named, NULL) < 0)
		return answer;
	for (size_t i = t->n; i > 0 && answer == GP_TRI_UNKNOWN; i--)
		if (gp_list_has(&t->v[i - 1].symbols, p->arg))
			answer = ask_file(&t->v[i - 1], &named, p, found);
	return answer;
}

bool gp_exports_knows(const struct gp_exports *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (gp_list_has(&t->v[i].symbols, name))
			return true;
	return false;
}
