/* SPDX-License-Identifier: MIT */
#include "ops/select/select_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "base/tri.h"
#include "core/driver/kbuild.h"
#include "core/rules/probe.h"

static const char *const verdict_names[] = { "supported", "untested", "no evidence", "unknown", "blocked" };

const char *gp_verdict_name(enum gp_verdict v)
{
	return verdict_names[v];
}

void gp_choice_release(struct gp_choice *c)
{
	free(c->rules);
	free(c->sets.v);
	free(c->maybe.v);
	gp_list_release(&c->reasons);
	gp_list_release(&c->load_reasons);
	gp_list_release(&c->instead);
	gp_list_release(&c->evidence);
	gp_list_release(&c->left_out);
	gp_list_release(&c->misfits);
}

void gp_selection_release(struct gp_selection *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nkernels; i++)
		gp_choice_release(&s->kernels[i]);
	for (size_t i = 0; i < s->nlines; i++)
		gp_choice_release(&s->lines[i]);
	free(s->kernels);
	free(s->lines);
	free(s->neutral.v);
	free(s->hook_sets.v);
	gp_list_release(&s->misfits);
	*s = (struct gp_selection){ 0 };
}

/* Rules name files as they stand below the package's kernel/. */
static bool driver_text(const struct gp_query *q, const char *path, struct gp_str *out)
{
	gp_auto(gp_free_ptr) char *packaged = gp_path_join("kernel", path);

	return q->driver_file(q->arg, packaged, out) || q->driver_file(q->arg, path, out);
}

bool gp_query_modules(const struct gp_query *q, struct gp_list *out)
{
	struct gp_str text, line = { "", 0 }, word;

	if (q->driver_file && driver_text(q, ".manifest", &text)) {
		for (int i = 0; i < 4; i++)
			gp_text_line_next(&text, &line);
		while (gp_word_next(&line, &word))
			gp_list_take(out, gp_strndup(word.p, word.len));
		return out->n > 0;
	}
	for (line = q->modules; gp_word_next(&line, &word);)
		gp_list_take(out, gp_strndup(word.p, word.len));
	if (out->n)
		return true;
	if (q->kind != GP_KIND_HOST || q->kind_unknown)
		return false;
	gp_list_add(out, "nvidia");
	gp_list_add(out, "nvidia-vgpu-vfio");
	return true;
}

/* Yes or no by one of the files that list a module's tests; unknown when it is
 * not there. */
static enum gp_tri ask_list(const struct gp_query *q, const char *path, const char *name)
{
	struct gp_str text;

	if (!driver_text(q, path, &text))
		return GP_TRI_UNKNOWN;
	return gp_kbuild_lists_conftest(text, name) ? GP_TRI_YES : GP_TRI_NO;
}

/* In whichever file a module of whichever release keeps its lists. */
static enum gp_tri ask_conftest(const struct gp_query *q, const char *name)
{
	static const char *const ends[] = { ".Kbuild", "-sources.mk" };
	enum gp_tri all = ask_list(q, "Kbuild", name);

	for (size_t i = 0; gp_module_names[i / GP_COUNT(ends)] && all != GP_TRI_YES; i++) {
		const char *module = gp_module_names[i / GP_COUNT(ends)];
		gp_auto(gp_free_ptr) char *path = gp_asprintf("%s/%s%s", module, module, ends[i % GP_COUNT(ends)]);
		enum gp_tri t = ask_list(q, path, name);

		if (t != GP_TRI_UNKNOWN)
			all = t;
	}
	return all;
}

/* By its name of today, and that of the patches for kernels before 5.3: the
 * driver's conftest.sh looks for both. */
static enum gp_tri ask_rt(struct gp_headers *h, const struct gp_probe *p, struct gp_err *err)
{
	struct gp_probe older = *p;
	char name[] = "CONFIG_PREEMPT_RT_FULL";
	enum gp_tri t = gp_headers_probe(h, p, err);

	older.arg = name;
	return t == GP_TRI_YES ? t : gp_headers_probe(h, &older, err);
}

static enum gp_tri ask_driver_text(const struct gp_asker *a, const struct gp_probe *p, struct gp_err *err)
{
	struct gp_str text;
	int rc = 0;

	if (driver_text(a->q, p->arg, &text) && (rc = gp_text_matches(text, p->ere, err)) < 0) {
		gp_within(err, "the driver's '%s'", p->arg);
		return GP_TRI_UNKNOWN;
	}
	return rc == 1 ? GP_TRI_YES : GP_TRI_NO;
}

static enum gp_tri ask(void *arg, const struct gp_probe *p)
{
	struct gp_asker *a = arg;
	struct gp_err *err = a->failed;

	if (err->code)
		return GP_TRI_UNKNOWN; /* there will be no answer */
	if (p->word == GP_PROBE_DRIVER_CONFTEST)
		return ask_conftest(a->q, p->arg);
	if (p->word == GP_PROBE_DRIVER_TEXT)
		return ask_driver_text(a, p, err);
	if (p->word == GP_PROBE_CONFIG && strcmp(p->arg, "CONFIG_PREEMPT_RT") == 0)
		return ask_rt(a->headers, p, err);
	return gp_headers_probe(a->headers, p, err);
}

static struct gp_facts make_facts(struct gp_asker *a, const struct gp_release *release)
{
	const char *ignore = getenv("IGNORE_PREEMPT_RT_PRESENCE");

	return (struct gp_facts){ .ignores_rt = ignore && *ignore,
				  .driver = a->q->driver,
				  .host = a->q->host,
				  .kind = a->q->kind,
				  .kind_unknown = a->q->kind_unknown,
				  .modules = a->modules,
				  .release = release,
				  .rhel_code = a->headers ? a->headers->rhel_code : 0,
				  .has_headers = a->headers != NULL,
				  .has_driver = a->q->driver_file != NULL,
				  .ask = ask,
				  .arg = a,
				  .exports = a->exports };
}

bool gp_chosen_has(const struct gp_chosen_list *l, const struct gp_patchset *set)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].set == set)
			return true;
	return false;
}

void gp_choose(struct gp_chosen_list *l, const struct gp_patchset *s, const struct gp_rule *r)
{
	if (gp_chosen_has(l, s))
		return;
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct gp_chosen){ .set = s, .rule = r };
}

static bool for_driver(const struct gp_patchset *s)
{
	return !s->hooks;
}

static bool is_neutral(const struct gp_patchset *s)
{
	return s->neutral;
}

static bool for_hooks(const struct gp_patchset *s)
{
	return s->hooks;
}

/* Those of a rule's sets that are of this sort. */
static void choose_sets(const struct gp_catalog *c, const struct gp_rule *r, bool (*sort)(const struct gp_patchset *),
			struct gp_chosen_list *l)
{
	for (size_t i = 0; i < r->patches.n; i++) {
		const struct gp_patchset *s = gp_catalog_set(c, r->patches.v[i]);

		if (s && sort(s))
			gp_choose(l, s, r);
	}
}

/* Order of patches/series; sets that it does not name keep the rules' order. */
void gp_sort_chosen(const struct gp_catalog *c, struct gp_chosen_list *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct gp_chosen x = l->v[i];
		size_t at = i, r = gp_catalog_rank(c, x.set);

		for (; at > 0 && gp_catalog_rank(c, l->v[at - 1].set) > r; at--)
			l->v[at] = l->v[at - 1];
		l->v[at] = x;
	}
}

/* What the rules of one kernel came to. */
struct tally {
	bool blocked;
	bool doubtful;            /* a rule for any line says untested */
	bool known;               /* a rule of the line is about it */
	enum gp_status own;       /* a Status of the line's rules that hold */
	enum gp_load load, doubt; /* of rules that hold, and of those that may */
};

static void add_text(struct gp_list *l, const char *s)
{
	if (s && !gp_list_has(l, s))
		gp_list_add(l, s);
}

static void count_taken(const struct gp_catalog *c, const struct gp_rule *r, struct tally *t, struct gp_choice *out)
{
	choose_sets(c, r, for_driver, &out->sets);
	if (r->load > t->load)
		t->load = r->load;
	if (r->hooks > out->hooks)
		out->hooks = r->hooks;
	add_text(&out->evidence, r->evidence);
	add_text(&out->evidence, r->load_evidence);
	add_text(&out->evidence, r->hooks_evidence);
	if (r->status == GP_STATUS_BLOCKED)
		t->blocked = true;
	else if (r->any_line)
		t->doubtful |= r->status == GP_STATUS_UNTESTED;
	else if (r->status > t->own)
		t->own = r->status;
	if (r->status == GP_STATUS_BLOCKED || r->status == GP_STATUS_UNTESTED) {
		add_text(&out->reasons, r->reason);
		add_text(&out->instead, r->instead);
	} else if (r->load == GP_LOAD_NO) {
		add_text(&out->load_reasons, r->reason);
		add_text(&out->instead, r->instead);
	}
}

bool gp_judged_is_about(const struct gp_judged *x)
{
	const struct gp_rule *r = x->rule;
	const struct gp_judgement *j = &x->j;

	if (r->any_line || r->status == GP_STATUS_BLOCKED || j->holds == GP_TRI_NO || j->elsewhere)
		return false;
	if (r->load == GP_LOAD_NO && !r->patches.n)
		return false;
	return j->taken || !j->needs_driver;
}

static void count_rule(const struct gp_catalog *c, const struct gp_judged *x, struct tally *t, struct gp_choice *out)
{
	const struct gp_rule *r = x->rule;
	const struct gp_judgement *j = &x->j;

	t->known |= gp_judged_is_about(x);
	out->elsewhere |= j->elsewhere;
	if (j->taken) {
		count_taken(c, r, t, out);
		return;
	}
	if (j->holds == GP_TRI_UNKNOWN) {
		choose_sets(c, r, for_driver, &out->maybe);
		if (r->load > t->doubt)
			t->doubt = r->load;
	}
	out->needs_headers |= j->needs_headers;
	out->needs_driver |= j->needs_driver;
}

static void judge(const struct gp_rule *r, const struct gp_facts *f, struct gp_judgement *out)
{
	const struct gp_asker *a = f->arg;
	bool well = !a->failed->code;

	gp_rule_judge(r, f, out);
	if (well && a->failed->code)
		gp_within(a->failed, "'%s:%u'", r->file ? r->file : "?", r->lineno);
}

static void judge_rules(const struct gp_catalog *c, const struct gp_line *l, const struct gp_facts *f, struct tally *t,
			struct gp_choice *out)
{
	for (size_t i = 0; i < l->n; i++) {
		struct gp_judged x = { .rule = &l->rules[i] };

		judge(x.rule, f, &x.j);
		if (!x.j.driver_ok) {
			out->nothers++;
			continue;
		}
		count_rule(c, &x, t, out);
		GP_GROW(out->rules, out->nrules, out->rules_cap);
		out->rules[out->nrules++] = x;
	}
}

/* Newer than all lines or older than all, or in between two. */
static enum gp_verdict verdict_off_line(const struct gp_catalog *c, struct gp_choice *out)
{
	const struct gp_version *v = &out->release.ver;
	size_t older = 0;

	while (older < c->nlines && gp_version_cmp(&c->lines[older].release.ver, v) < 0)
		older++;
	if (c->nlines)
		out->nearest = &c->lines[older ? older - 1 : 0];
	return older && older < c->nlines ? GP_VERDICT_UNTESTED : GP_VERDICT_UNKNOWN;
}

static enum gp_verdict verdict_on_line(const struct tally *t, struct gp_choice *out)
{
	enum gp_status status = t->own ? t->own : out->line->status;

	if (!t->own && (status == GP_STATUS_BLOCKED || status == GP_STATUS_UNTESTED)) {
		add_text(&out->reasons, out->line->reason);
		add_text(&out->instead, out->line->instead);
	}
	if (status == GP_STATUS_BLOCKED)
		return GP_VERDICT_BLOCKED;
	if (!t->known)
		return GP_VERDICT_NO_EVIDENCE;
	return status == GP_STATUS_UNTESTED || t->doubtful ? GP_VERDICT_UNTESTED : GP_VERDICT_SUPPORTED;
}

/* What is chosen for sure is not listed as a maybe. */
static void drop_chosen(struct gp_chosen_list *maybe, const struct gp_chosen_list *sets)
{
	size_t keep = 0;

	for (size_t i = 0; i < maybe->n; i++) {
		if (!gp_chosen_has(sets, maybe->v[i].set))
			maybe->v[keep++] = maybe->v[i];
	}
	maybe->n = keep;
}

static enum gp_load unite_load(const struct tally *t)
{
	if (t->load == GP_LOAD_YES && t->doubt > GP_LOAD_YES)
		return GP_LOAD_UNKNOWN;
	return t->load ? t->load : GP_LOAD_UNKNOWN;
}

void gp_choice_make(const struct gp_catalog *c, struct gp_asker *a, const struct gp_release *release,
		    struct gp_choice *out)
{
	struct gp_facts f = make_facts(a, release);
	struct tally t = { 0 };

	*out = (struct gp_choice){ .release = *release, .has_headers = a->headers != NULL };
	out->line = out->nearest = gp_catalog_line(c, release);
	judge_rules(c, &c->any, &f, &t, out);
	if (out->line) {
		judge_rules(c, out->line, &f, &t, out);
		out->verdict = verdict_on_line(&t, out);
	} else {
		out->verdict = verdict_off_line(c, out);
	}
	if (t.blocked)
		out->verdict = GP_VERDICT_BLOCKED;
	out->load = unite_load(&t);
	drop_chosen(&out->maybe, &out->sets);
	gp_sort_chosen(c, &out->sets);
	gp_sort_chosen(c, &out->maybe);
}

/* The driver's half of all rules of a line. */
static void unite_line(const struct gp_catalog *c, const struct gp_line *l, const struct gp_facts *f,
		       struct gp_selection *out)
{
	for (size_t i = 0; i < l->n; i++) {
		struct gp_judgement j;

		judge(&l->rules[i], f, &j);
		out->needs_driver |= j.needs_driver;
		if (!j.taken)
			continue;
		choose_sets(c, &l->rules[i], is_neutral, &out->neutral);
		choose_sets(c, &l->rules[i], for_hooks, &out->hook_sets);
		if (l->rules[i].hooks > out->hooks)
			out->hooks = l->rules[i].hooks;
	}
}

/* A set that is not neutral goes in for the kernels of the query only: then the
 * rest of its line stays without it. */
static bool lacks_specific(const struct gp_choice *line)
{
	for (size_t i = 0; i < line->sets.n; i++)
		if (!line->sets.v[i].set->neutral)
			return true;
	return false;
}

bool gp_choice_covers(const struct gp_choice *line)
{
	return line->line && !line->left_out.n && !lacks_specific(line) &&
	       (line->verdict == GP_VERDICT_SUPPORTED || line->verdict == GP_VERDICT_UNTESTED);
}

void gp_selection_find_next(struct gp_selection *s)
{
	size_t next = 0;

	for (size_t i = 0; i < s->nlines; i++)
		if (gp_choice_covers(&s->lines[i]))
			next = i + 1;
	while (next < s->nlines && s->lines[next].verdict == GP_VERDICT_BLOCKED)
		next++;
	s->next_unknown = next < s->nlines ? s->lines[next].line : NULL;
}

/* Is what comes after the newest line blocked, by a rule that never ends? */
static bool newer_is_blocked(const struct gp_catalog *c, struct gp_asker *a)
{
	const struct gp_version *last = c->nlines ? &c->lines[c->nlines - 1].release.ver : NULL;
	gp_auto(gp_choice_release) struct gp_choice newer = { 0 };
	struct gp_release r;
	char name[GP_LINE_NAME];

	if (!last)
		return false;
	snprintf(name, sizeof(name), "%u.%u", last->part[0] + 1, last->part[1]);
	if (gp_release_parse(name, &r, NULL) < 0)
		return false;
	gp_choice_make(c, a, &r, &newer);
	return newer.verdict == GP_VERDICT_BLOCKED;
}

/* What the rules say each for itself gives way to one answer. */
static void find_instead(const struct gp_catalog *c, const struct gp_asker *a, const struct gp_choice *lines,
			 struct gp_choice *k)
{
	char *instead = NULL;

	if (k->verdict == GP_VERDICT_BLOCKED || k->load == GP_LOAD_NO)
		instead = gp_instead(c, a, k, lines);
	gp_list_release(&k->instead);
	if (instead)
		gp_list_take(&k->instead, instead);
}

void gp_selection_lines_instead(const struct gp_catalog *c, const struct gp_query *q, struct gp_selection *s)
{
	gp_auto(gp_list_release) struct gp_list modules = { 0 };
	struct gp_err failed = { 0 };
	struct gp_asker a = { .q = q,
			      .modules = gp_query_modules(q, &modules) ? &modules : NULL,
			      .failed = &failed,
			      .exports = gp_catalog_exports(c) };

	for (size_t i = 0; i < s->nlines; i++)
		find_instead(c, &a, s->lines, &s->lines[i]);
}

static void judge_all(const struct gp_catalog *c, const struct gp_asker *a, struct gp_selection *out)
{
	const struct gp_query *q = a->q;
	struct gp_asker one = *a;

	for (size_t i = 0; i < c->nlines; i++)
		gp_choice_make(c, &one, &c->lines[i].release, &out->lines[i]);
	for (size_t i = 0; i < q->nkernels; i++) {
		const struct gp_query_kernel *k = &q->kernels[i];

		one.headers = k->headers;
		gp_choice_make(c, &one, k->headers ? &k->headers->release : &k->release, &out->kernels[i]);
		if (!q->no_instead)
			find_instead(c, &one, out->lines, &out->kernels[i]);
	}
}

/* Could all headers be looked at that were asked? */
static int all_sound(const struct gp_query *q, struct gp_err *err)
{
	for (size_t i = 0; i < q->nkernels; i++)
		if (q->kernels[i].headers && gp_headers_sound(q->kernels[i].headers, err) < 0)
			return -1;
	return 0;
}

int gp_catalog_select(const struct gp_catalog *c, const struct gp_query *q, struct gp_selection *out,
		      struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list modules = { 0 };
	struct gp_err failed = { 0 };
	struct gp_asker a = { .q = q,
			      .modules = gp_query_modules(q, &modules) ? &modules : NULL,
			      .failed = &failed,
			      .exports = gp_catalog_exports(c) };
	struct gp_facts driver_only = make_facts(&a, NULL);

	*out = (struct gp_selection){ .catalog = c, .nkernels = q->nkernels, .nlines = c->nlines };
	out->kernels = gp_realloc(NULL, q->nkernels, sizeof(*out->kernels));
	out->lines = gp_realloc(NULL, c->nlines, sizeof(*out->lines));
	judge_all(c, &a, out);
	unite_line(c, &c->any, &driver_only, out);
	for (size_t i = 0; i < c->nlines; i++)
		unite_line(c, &c->lines[i], &driver_only, out);
	gp_sort_chosen(c, &out->neutral);
	gp_sort_chosen(c, &out->hook_sets);
	out->newer_blocked = newer_is_blocked(c, &a);
	gp_selection_find_next(out);
	if (!failed.code && all_sound(q, &failed) == 0)
		return 0;
	gp_selection_release(out);
	if (err)
		*err = failed;
	return -1;
}

/* 5.12 after 5.11, and 7.0 after 6.19, where the data know that one as the last. */
static bool follows(const struct gp_catalog *c, const struct gp_version *b, const struct gp_version *a)
{
	const struct gp_ranges *h = &c->any.history;

	if (b->part[0] == a->part[0])
		return b->part[1] == a->part[1] + 1;
	for (size_t i = 0; i + 1 < h->n; i++)
		if (gp_version_cmp(&h->v[i].hi, a) == 0)
			return gp_version_cmp(&h->v[i + 1].lo, b) == 0;
	return false;
}

void gp_selection_covers(const struct gp_selection *s, struct gp_buf *out)
{
	const char *sep = "";

	for (size_t i = 0; i < s->nlines; i++) {
		size_t from = i;

		if (!gp_choice_covers(&s->lines[i]))
			continue;
		while (i + 1 < s->nlines && gp_choice_covers(&s->lines[i + 1]) &&
		       follows(s->catalog, &s->lines[i + 1].release.ver, &s->lines[i].release.ver))
			i++;
		gp_buf_printf(out, "%s%s", sep, s->lines[from].line->name);
		if (i > from)
			gp_buf_printf(out, "–%s", s->lines[i].line->name);
		sep = ", ";
	}
}
