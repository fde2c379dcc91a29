/* SPDX-License-Identifier: MIT */
#include "core/rules/paragraph.h"

#include <stdlib.h>
#include <string.h>

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

void gp_rule_fields_release(struct gp_rule *r)
{
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
		if (!gp_field_is(f, rule_fields[i].name))
			continue;
		if (rule_fields[i].take)
			return rule_fields[i].take(r, f, err);
		*(char **)((char *)r + rule_fields[i].text) = gp_stanza_unfold(f->value);
		return 0;
	}
	if (gp_field_is(f, "Gpu"))
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

void gp_rule_fill_claims(struct gp_rule *r)
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

/* A driver that builds as it is: nothing follows of loading. */
static bool says_no_more_than_builds(const struct gp_rule *r)
{
	return !r->patches.n && !r->status && !r->hooks;
}

int gp_rule_fields(const struct gp_stanza *s, struct gp_rule *r, struct gp_err *err)
{
	*r = (struct gp_rule){ .lineno = s->lineno };
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
