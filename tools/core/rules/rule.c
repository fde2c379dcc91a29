/* SPDX-License-Identifier: MIT */
#include "core/rules/rule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/regex.h"
#include "base/text.h"

static const char *const status_names[] = { "", "supported", "untested", "blocked" };
static const char *const load_names[] = { "", "yes", "unknown", "no" };
static const char *const hooks_names[] = { "", "upstream", "newer-table", "unproved" };
static const char *const known_names[] = { "", "unsure", "expected", "reported", "built" };

static const char *const probe_names[] = { [GP_PROBE_HEADER] = "header",
					   [GP_PROBE_TEXT] = "text",
					   [GP_PROBE_CONFIG] = "config",
					   [GP_PROBE_SYMBOL] = "symbol",
					   [GP_PROBE_SYMBOL_GPL] = "symbol-gpl",
					   [GP_PROBE_DRIVER_TEXT] = "driver-text",
					   [GP_PROBE_DRIVER_CONFTEST] = "driver-conftest" };

const char *gp_status_name(enum gp_status s)
{
	return status_names[s];
}

const char *gp_load_name(enum gp_load l)
{
	return load_names[l];
}

const char *gp_hooks_name(enum gp_hooks h)
{
	return hooks_names[h];
}

bool gp_probe_asks_driver(const struct gp_probe *p)
{
	return p->word == GP_PROBE_DRIVER_TEXT || p->word == GP_PROBE_DRIVER_CONFTEST;
}

/* --- reading a rule --- */

static void probe_release(struct gp_probe *p)
{
	free(p->arg);
	free(p->ere);
	free(p->text);
}

void gp_rule_release(struct gp_rule *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nprobes; i++)
		probe_release(&r->probes[i]);
	free(r->probes);
	gp_list_release(&r->patches);
	gp_list_release(&r->modules);
	free(r->driver_text);
	free(r->release_text);
	free(r->rhel_text);
	free(r->distro_text);
	free(r->gpu);
	free(r->reason);
	free(r->instead);
	free(r->evidence);
	free(r->key);
	*r = (struct gp_rule){ 0 };
}

/* The index of value in names, from 1 on; 0 when it is not there. */
static int name_index(const char *value, const char *const *names, int n)
{
	for (int i = 1; i < n; i++)
		if (strcmp(value, names[i]) == 0)
			return i;
	return 0;
}

static int bad_value(const struct gp_field *f, struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "field '%s' cannot be '%.80s'", f->name, f->value);
}

static int take_driver(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	r->driver_text = gp_strdup(f->value);
	return gp_range_parse(gp_str_of(f->value), &r->driver, err);
}

static int take_release(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	r->has_release = true;
	r->release_text = gp_strdup(f->value);
	return gp_range_parse_window(gp_str_of(f->value), &r->release, err);
}

static int take_rhel(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	r->has_rhel = true;
	r->rhel_text = gp_strdup(f->value);
	return gp_range_parse(gp_str_of(f->value), &r->rhel, err);
}

/* Names, and "plain" for all whose kernels are the plain ones. */
static int take_distro(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;
	enum gp_distro d;

	r->distro_text = gp_stanza_unfold(f->value);
	while (gp_text_word_next(&rest, &word)) {
		if (gp_str_eq(word, "plain"))
			r->distros |= gp_distros_plain();
		else if (gp_distro_parse(word, &d))
			r->distros |= UINT64_C(1) << d;
		else
			return bad_value(f, err);
	}
	return r->distros ? 0 : bad_value(f, err);
}

static int take_kind(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;
	enum gp_kind kind;

	while (gp_text_word_next(&rest, &word)) {
		if (!gp_kind_parse(word, &kind))
			return bad_value(f, err);
		r->kinds |= 1u << kind;
	}
	return r->kinds ? 0 : bad_value(f, err);
}

static bool name_is_good(struct gp_str w)
{
	for (size_t i = 0; i < w.len; i++) {
		char c = w.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (i && strchr("._+-", c))))
			return false;
	}
	return w.len > 0;
}

static int take_names(struct gp_list *to, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;

	while (gp_text_word_next(&rest, &word)) {
		if (!name_is_good(word))
			return bad_value(f, err);
		gp_list_take(to, gp_strndup(word.p, word.len));
	}
	return 0;
}

static int take_patches(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	return take_names(&r->patches, f, err);
}

static int take_modules(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	if (take_names(&r->modules, f, err))
		return -1;
	return r->modules.n ? 0 : bad_value(f, err);
}

static int take_load(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	r->load = (enum gp_load)name_index(f->value, load_names, GP_COUNT(load_names));
	return r->load ? 0 : bad_value(f, err);
}

static int take_hooks(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	r->hooks = (enum gp_hooks)name_index(f->value, hooks_names, GP_COUNT(hooks_names));
	return r->hooks ? 0 : bad_value(f, err);
}

static int take_status(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	r->status = (enum gp_status)name_index(f->value, status_names, GP_COUNT(status_names));
	return r->status ? 0 : bad_value(f, err);
}

static int take_gpu(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	(void)err;
	r->gpu = gp_strdup(f->value);
	return 0;
}

static int take_reason(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	(void)err;
	r->reason = gp_stanza_unfold(f->value);
	return 0;
}

static int take_instead(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	(void)err;
	r->instead = gp_stanza_unfold(f->value);
	return 0;
}

static int take_evidence(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	(void)err;
	r->evidence = gp_stanza_unfold(f->value);
	return 0;
}

/* --- probes --- */

static int probe_word(struct gp_str word, struct gp_probe *p, struct gp_err *err)
{
	for (size_t i = 0; i < GP_COUNT(probe_names); i++) {
		if (gp_str_eq(word, probe_names[i])) {
			p->word = (enum gp_probe_word)i;
			return 0;
		}
	}
	return gp_fail(err, GP_E_FORMAT, "unknown probe '%.*s'", (int)(word.len < 80 ? word.len : 80), word.p);
}

static int check_ere(const char *ere, struct gp_err *err)
{
	gp_auto(gp_regex_release) struct gp_regex re = { 0 };

	return gp_regex_compile(ere, &re, err);
}

static bool probe_has_path(const struct gp_probe *p)
{
	return p->word == GP_PROBE_HEADER || p->word == GP_PROBE_TEXT || p->word == GP_PROBE_DRIVER_TEXT;
}

static bool is_identifier(struct gp_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return s.len > 0;
}

static int probe_args(struct gp_str rest, struct gp_probe *p, struct gp_err *err)
{
	bool wants_ere = p->word == GP_PROBE_TEXT || p->word == GP_PROBE_DRIVER_TEXT;
	struct gp_str arg;

	if (!gp_word_next(&rest, &arg))
		return gp_fail(err, GP_E_FORMAT, "probe '%s' lacks its argument", probe_names[p->word]);
	if (probe_has_path(p))
		p->arg = gp_path_clean(arg.p, arg.len, err);
	else if (is_identifier(arg))
		p->arg = gp_strndup(arg.p, arg.len);
	else
		gp_fail(err, GP_E_FORMAT, "'%.*s' is not a name", (int)(arg.len < 80 ? arg.len : 80), arg.p);
	if (!p->arg)
		return -1;
	rest = gp_str_trim(rest);
	if (!wants_ere)
		return rest.len ? gp_fail(err, GP_E_FORMAT, "probe '%s' takes one argument", probe_names[p->word]) : 0;
	if (!rest.len)
		return gp_fail(err, GP_E_FORMAT, "probe '%s' lacks its expression", probe_names[p->word]);
	p->ere = gp_strndup(rest.p, rest.len);
	return check_ere(p->ere, err);
}

static int probe_parse(struct gp_str line, struct gp_probe *p, struct gp_err *err)
{
	struct gp_str word;

	if (line.p[0] == '!') {
		p->negated = true;
		line = gp_str_trim((struct gp_str){ line.p + 1, line.len - 1 });
	}
	gp_word_next(&line, &word);
	if (probe_word(word, p, err) || probe_args(line, p, err))
		return -1;
	p->text = gp_asprintf("%s%s %s%s%s", p->negated ? "!" : "", probe_names[p->word], p->arg, p->ere ? " " : "",
			      p->ere ? p->ere : "");
	return 0;
}

static int take_probes(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), line;

	while (gp_text_line_next(&rest, &line)) {
		line = gp_str_trim(line);
		if (!line.len)
			continue;
		GP_GROW(r->probes, r->nprobes, r->probes_cap);
		r->probes[r->nprobes] = (struct gp_probe){ 0 };
		if (probe_parse(line, &r->probes[r->nprobes++], err))
			return -1;
	}
	return r->nprobes ? 0 : bad_value(f, err);
}

static const struct {
	const char *name;
	int (*take)(struct gp_rule *r, const struct gp_field *f, struct gp_err *err);
} rule_fields[] = { { "Driver", take_driver },     { "Kind", take_kind },     { "Release", take_release },
		    { "Rhel", take_rhel },         { "Probe", take_probes },  { "Gpu", take_gpu },
		    { "Patches", take_patches },   { "Load", take_load },     { "Hooks", take_hooks },
		    { "Status", take_status },     { "Reason", take_reason }, { "Instead", take_instead },
		    { "Evidence", take_evidence }, { "Distro", take_distro }, { "Modules", take_modules } };

static int take_field(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	for (size_t i = 0; i < GP_COUNT(rule_fields); i++)
		if (strcasecmp(f->name, rule_fields[i].name) == 0)
			return rule_fields[i].take(r, f, err);
	return gp_fail(err, GP_E_FORMAT, "unknown field '%s' in a rule", f->name);
}

/* Runs of blanks become one, so that layout is no difference. */
static void add_squeezed(struct gp_buf *b, const char *s)
{
	struct gp_str rest = gp_str_of(s ? s : ""), word;

	while (gp_text_word_next(&rest, &word)) {
		gp_buf_add(b, word.p, word.len);
		gp_buf_putc(b, ' ');
	}
	gp_buf_putc(b, '\n');
}

static char *rule_key(const struct gp_rule *r)
{
	struct gp_buf b = { 0 };

	add_squeezed(&b, r->driver_text);
	gp_buf_printf(&b, "%x\n", r->kinds);
	add_squeezed(&b, r->release_text);
	add_squeezed(&b, r->rhel_text);
	add_squeezed(&b, r->distro_text);
	for (size_t i = 0; i < r->modules.n; i++)
		add_squeezed(&b, r->modules.v[i]);
	for (size_t i = 0; i < r->nprobes; i++)
		add_squeezed(&b, r->probes[i].text);
	return gp_buf_detach(&b);
}

static int parse_fields(const struct gp_stanza *s, struct gp_rule *r, struct gp_err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (take_field(r, &s->v[i], err))
			return gp_within(err, "'%s:%u'", s->file, s->v[i].lineno);
	if (!r->driver_text)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': a rule without 'Driver'", s->file, s->lineno);
	if (r->status == GP_STATUS_BLOCKED && !r->reason)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': blocked without 'Reason'", s->file, s->lineno);
	if (!r->kinds)
		r->kinds = GP_ALL_KINDS;
	return 0;
}

int gp_rule_parse(const struct gp_stanza *s, struct gp_rule *out, struct gp_err *err)
{
	*out = (struct gp_rule){ .lineno = s->lineno };
	if (parse_fields(s, out, err)) {
		gp_rule_release(out);
		return -1;
	}
	out->key = rule_key(out);
	return 0;
}

/* --- reading a line --- */

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

static int take_line_status(struct gp_line *l, const struct gp_field *f, struct gp_err *err)
{
	l->status = (enum gp_status)name_index(f->value, status_names, GP_COUNT(status_names));
	return l->status ? 0 : bad_value(f, err);
}

static int take_line_field(struct gp_line *l, const struct gp_field *f, struct gp_err *err)
{
	if (strcasecmp(f->name, "Kernel") == 0)
		return take_kernel(l, f->value, err);
	if (strcasecmp(f->name, "Status") == 0)
		return take_line_status(l, f, err);
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

/* --- how a rule is known --- */

const char *gp_known_name(enum gp_known k)
{
	return known_names[k];
}

enum gp_known gp_evidence_known(const char *evidence)
{
	static const struct {
		const char *mark;
		enum gp_known known;
	} marks[] = { { "[built]", GP_KNOWN_BUILT },
		      { "[peer]", GP_KNOWN_REPORTED },
		      { "[source]", GP_KNOWN_EXPECTED },
		      { "[inference]", GP_KNOWN_EXPECTED } };
	const char *first = NULL;
	enum gp_known known = GP_KNOWN_EXPECTED;

	for (size_t i = 0; evidence && i < GP_COUNT(marks); i++) {
		const char *at = strstr(evidence, marks[i].mark);

		if (at && (!first || at < first)) {
			first = at;
			known = marks[i].known;
		}
	}
	return known;
}

enum gp_known gp_rule_known(const struct gp_rule *r)
{
	enum gp_known known = gp_evidence_known(r->evidence);

	return known == GP_KNOWN_EXPECTED && r->status == GP_STATUS_UNTESTED ? GP_KNOWN_UNSURE : known;
}
