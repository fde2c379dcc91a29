/* SPDX-License-Identifier: MIT */
#include "core/rules/rule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

static const char *const status_names[] = { "", "supported", "untested", "blocked" };
static const char *const load_names[] = { "", "yes", "unknown", "no" };
static const char *const hooks_names[] = { "", "upstream", "newer-table", "unproved" };
static const char *const known_names[] = { "", "unsure", "expected", "reported", "built" };

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

/* --- reading a rule --- */

void gp_rule_release(struct gp_rule *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nprobes; i++)
		gp_probe_release(&r->probes[i]);
	free(r->probes);
	gp_list_release(&r->patches);
	gp_list_release(&r->modules);
	gp_ranges_release(&r->driver);
	free(r->driver_text);
	free(r->release_text);
	free(r->lines_text);
	free(r->rhel_text);
	free(r->distro_text);
	free(r->reason);
	free(r->instead);
	free(r->evidence);
	free(r->load_evidence);
	free(r->hooks_evidence);
	for (size_t i = 0; i < GP_CLAIM_COUNT; i++)
		free((char *)r->claims[i].source);
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

static int take_driver(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	r->driver_text = gp_stanza_unfold(f->value);
	return gp_ranges_parse(gp_str_of(r->driver_text), &r->driver, err);
}

static int take_rhel(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	r->has_rhel = true;
	r->rhel_text = gp_strdup(f->value);
	return gp_range_parse(gp_str_of(f->value), &r->rhel, err);
}

/* A name, or "plain" for all whose kernels are the plain ones. */
static bool parse_distros(struct gp_str word, uint64_t *out)
{
	enum gp_distro d;

	if (gp_str_eq(word, "plain"))
		*out = gp_distros_plain();
	else if (gp_distro_parse(word, &d))
		*out = UINT64_C(1) << d;
	else
		return false;
	return true;
}

/* "plain !ubuntu !pve": from left to right, "!" takes out what is there. */
static int take_distro(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;
	uint64_t these;

	r->distro_text = gp_stanza_unfold(f->value);
	while (gp_text_word_next(&rest, &word)) {
		bool out = word.p[0] == '!';

		if (!parse_distros((struct gp_str){ word.p + out, word.len - out }, &these) ||
		    (out && (r->distros & these) != these))
			return gp_field_bad(f, err);
		r->distros = out ? r->distros & ~these : r->distros | these;
	}
	return r->distros ? 0 : gp_field_bad(f, err);
}

static int take_kind(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;
	enum gp_kind kind;

	while (gp_text_word_next(&rest, &word)) {
		if (!gp_kind_parse(word, &kind))
			return gp_field_bad(f, err);
		r->kinds |= 1u << kind;
	}
	return r->kinds ? 0 : gp_field_bad(f, err);
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
			return gp_field_bad(f, err);
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
	return r->modules.n ? 0 : gp_field_bad(f, err);
}

static int take_load(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	r->load = (enum gp_load)name_index(f->value, load_names, GP_COUNT(load_names));
	return r->load ? 0 : gp_field_bad(f, err);
}

static int take_hooks(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	r->hooks = (enum gp_hooks)name_index(f->value, hooks_names, GP_COUNT(hooks_names));
	return r->hooks ? 0 : gp_field_bad(f, err);
}

int gp_status_parse(const struct gp_field *f, enum gp_status *out, struct gp_err *err)
{
	*out = (enum gp_status)name_index(f->value, status_names, GP_COUNT(status_names));
	return *out ? 0 : gp_field_bad(f, err);
}

static int take_status(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	return gp_status_parse(f, &r->status, err);
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
		if (gp_probe_parse(line, &r->probes[r->nprobes++], err))
			return -1;
	}
	return r->nprobes ? 0 : gp_field_bad(f, err);
}

static const struct {
	const char *name;
	int (*take)(struct gp_rule *r, const struct gp_field *f, struct gp_err *err);
	size_t text; /* without take: where in a rule its words go */
} rule_fields[] = {
	{ "Driver", take_driver, 0 },
	{ "Kind", take_kind, 0 },
	{ "Release", NULL, offsetof(struct gp_rule, release_text) },
	{ "Lines", NULL, offsetof(struct gp_rule, lines_text) },
	{ "Rhel", take_rhel, 0 },
	{ "Distro", take_distro, 0 },
	{ "Modules", take_modules, 0 },
	{ "Probe", take_probes, 0 },
	{ "Patches", take_patches, 0 },
	{ "Status", take_status, 0 },
	{ "Load", take_load, 0 },
	{ "Hooks", take_hooks, 0 },
	{ "Reason", NULL, offsetof(struct gp_rule, reason) },
	{ "Instead", NULL, offsetof(struct gp_rule, instead) },
	{ "Evidence", NULL, offsetof(struct gp_rule, evidence) },
	{ "Load-Evidence", NULL, offsetof(struct gp_rule, load_evidence) },
	{ "Hooks-Evidence", NULL, offsetof(struct gp_rule, hooks_evidence) },
};

static int take_field(struct gp_rule *r, const struct gp_field *f, struct gp_err *err)
{
	for (size_t i = 0; i < GP_COUNT(rule_fields); i++) {
		if (strcasecmp(f->name, rule_fields[i].name) != 0)
			continue;
		if (rule_fields[i].take)
			return rule_fields[i].take(r, f, err);
		*(char **)((char *)r + rule_fields[i].text) = gp_stanza_unfold(f->value);
		return 0;
	}
	if (strcasecmp(f->name, "Gpu") == 0)
		return gp_fail(err, GP_E_FORMAT, "'%s' is no field of a rule any more: a cards file says it", f->name);
	return gp_fail(err, GP_E_FORMAT, "unknown field '%s' in a rule", f->name);
}

/* --- what it claims, and how that is known --- */

const char *gp_known_name(enum gp_known k)
{
	return known_names[k];
}

enum gp_known gp_rule_known(const struct gp_rule *r)
{
	enum gp_evidence_kind kind = gp_evidence_kind(r->evidence, GP_CLAIM_BUILDS, NULL);

	if (kind >= GP_EVIDENCE_BUILT)
		return GP_KNOWN_BUILT;
	if (kind == GP_EVIDENCE_REPORTED)
		return GP_KNOWN_REPORTED;
	return r->status == GP_STATUS_UNTESTED ? GP_KNOWN_UNSURE : GP_KNOWN_EXPECTED;
}

static void claim(struct gp_rule *r, enum gp_claim_of of, enum gp_claim_answer answer, const char *evidence)
{
	char *source;

	r->claims[of].answer = answer;
	r->claims[of].kind = gp_evidence_kind(evidence ? evidence : r->evidence, of, &source);
	r->claims[of].source = source;
}

/* Does it say that something builds? Not when it only warns of loading, or knows a
 * driver's hooks and cards. */
static bool claims_a_build(const struct gp_rule *r)
{
	return r->patches.n || r->status || (r->load && r->load != GP_LOAD_NO);
}

static void fill_claims(struct gp_rule *r)
{
	if (r->status == GP_STATUS_BLOCKED)
		claim(r, GP_CLAIM_BUILDS, GP_CLAIM_NO, NULL);
	else if (claims_a_build(r) && gp_rule_known(r) != GP_KNOWN_UNSURE)
		claim(r, GP_CLAIM_BUILDS, GP_CLAIM_YES, NULL);
	if (r->load == GP_LOAD_YES || r->load == GP_LOAD_NO)
		claim(r, GP_CLAIM_LOADS, r->load == GP_LOAD_YES ? GP_CLAIM_YES : GP_CLAIM_NO, r->load_evidence);
	if (r->hooks && r->hooks != GP_HOOKS_UNPROVED)
		claim(r, GP_CLAIM_UNLOCKS, GP_CLAIM_YES, r->hooks_evidence);
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

/* Are the numbers of a window those of that line? */
static bool is_window_of(const struct gp_range *r, const struct gp_version *line)
{
	const struct gp_version *v = r->has_lo ? &r->lo : &r->hi;

	return v->part[0] == line->part[0] && v->part[1] == line->part[1];
}

/* Of the windows of a rule over several lines the one that counts on this one. */
static int pick_window(struct gp_rule *r, const struct gp_reach *reach, const struct gp_release *line,
		       struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *all = gp_steal(&r->release_text);
	struct gp_str rest = gp_str_of(all), text;
	struct gp_range w;

	while (gp_ranges_next(&rest, &text)) {
		if (gp_range_parse_window(text, &w, err))
			return -1;
		if (!gp_ranges_hold(&reach->lines, w.has_lo ? &w.lo : &w.hi))
			return gp_fail(err, GP_E_FORMAT, "Release '%.*s' is of none of the rule's lines", (int)text.len,
				       text.p);
		if (!is_window_of(&w, &line->ver))
			continue;
		if (r->release_text)
			return gp_fail(err, GP_E_FORMAT, "Release has two windows of %s", line->text);
		r->release_text = gp_strndup(text.p, text.len);
		r->release = w;
	}
	return 0;
}

static int find_window(struct gp_rule *r, const struct gp_reach *reach, const struct gp_release *line,
		       struct gp_err *err)
{
	if (r->release_text && reach->onward)
		return gp_fail(err, GP_E_FORMAT, "Release, and Lines '%s' without an end", reach->text);
	if (r->release_text && reach->given) {
		if (pick_window(r, reach, line, err))
			return -1;
	} else {
		if (reach->onward)
			r->release_text = gp_strdup(reach->text);
		if (r->release_text && gp_range_parse_window(gp_str_of(r->release_text), &r->release, err))
			return -1;
	}
	r->has_release = r->release_text != NULL;
	return 0;
}

/* Of the texts what is told of a line. */
static void pick_texts(struct gp_rule *r, const struct gp_release *line)
{
	char **const texts[] = { &r->reason, &r->instead, &r->evidence, &r->load_evidence, &r->hooks_evidence };

	for (size_t i = 0; i < GP_COUNT(texts); i++) {
		gp_auto(gp_free_ptr) char *all = gp_steal(texts[i]);

		*texts[i] = all ? gp_told_of(all, &line->ver) : NULL;
	}
}

/* A driver that builds as it is: nothing follows of loading. */
static bool says_no_more_than_builds(const struct gp_rule *r)
{
	return !r->patches.n && !r->status && !r->hooks;
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
	if (!r->load && says_no_more_than_builds(r))
		r->load = GP_LOAD_UNKNOWN;
	return 0;
}

int gp_rule_parse(const struct gp_stanza *s, const struct gp_reach *reach, const struct gp_release *line,
		  struct gp_rule *out, struct gp_err *err)
{
	const struct gp_field *release = gp_stanza_field(s, "Release");

	*out = (struct gp_rule){ .lineno = s->lineno };
	if (parse_fields(s, out, err)) {
		gp_rule_release(out);
		return -1;
	}
	if (find_window(out, reach, line, err)) {
		gp_rule_release(out);
		return gp_within(err, "'%s:%u'", s->file, release ? release->lineno : s->lineno);
	}
	if (reach->given && line)
		pick_texts(out, line);
	out->key = rule_key(out);
	fill_claims(out);
	return 0;
}
