/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/rules/rule.h"

static const char *const decider_names[] = { "version", "probe", "both" };

const char *gp_decider_name(enum gp_decider by)
{
	return decider_names[by];
}

static void say(struct gp_judgement *j, const char *fmt, ...) GP_PRINTF(2, 3);

static void say(struct gp_judgement *j, const char *fmt, ...)
{
	size_t len = strlen(j->why);
	va_list ap;

	if (len && len + 2 < sizeof(j->why)) {
		memcpy(j->why + len, "; ", 3);
		len += 2;
	}
	va_start(ap, fmt);
	vsnprintf(j->why + len, sizeof(j->why) - len, fmt, ap);
	va_end(ap);
}

/* What one kind of question (driver or kernel) came to. */
struct answer {
	enum gp_tri all;   /* yes when there was nothing to ask */
	unsigned asked;    /* probes of that kind */
	unsigned answered; /* yes or no */
};

static bool asks_rt(const struct gp_probe *p)
{
	return p->word == GP_PROBE_CONFIG && strcmp(p->arg, "CONFIG_PREEMPT_RT") == 0;
}

/* What preempt_rt_sanity_check of the driver's conftest.sh will find: the option,
 * unless IGNORE_PREEMPT_RT_PRESENCE is set. Without headers the name tells. */
static enum gp_tri ask_rt(const struct gp_facts *f, enum gp_tri by_headers, struct gp_judgement *j)
{
	if (f->ignores_rt) {
		say(j, "IGNORE_PREEMPT_RT_PRESENCE is set");
		return GP_TRI_NO;
	}
	if (by_headers != GP_TRI_UNKNOWN || !f->release)
		return by_headers;
	say(j, "its name %s PREEMPT_RT", f->release->rt ? "says" : "does not say");
	return f->release->rt ? GP_TRI_YES : GP_TRI_NO;
}

/* Headers tell which symbols are exported; where they are not at hand, or have no
 * Module.symvers, the table may. */
static enum gp_tri ask_exports(const struct gp_facts *f, const struct gp_probe *p, enum gp_tri by_headers,
			       struct gp_judgement *j)
{
	struct gp_exports_found found = { 0 };
	enum gp_tri t = by_headers;

	if (t != GP_TRI_UNKNOWN) {
		j->by_symvers = true;
		return t;
	}
	if (f->exports && f->release)
		t = gp_exports_ask(f->exports, f->release, p, &found);
	if (t != GP_TRI_UNKNOWN)
		j->from = found;
	return t;
}

/* " by Module.symvers", " as from 5.15.5-1-pve to 5.15.158-2-pve"; "" where it goes without saying. */
static void say_answer(const struct gp_probe *p, enum gp_tri t, bool by_headers, struct gp_judgement *j)
{
	const struct gp_export_span *s = j->from.span;
	const char *holds = t == GP_TRI_YES ? "holds" : "does not hold";

	if (p->word != GP_PROBE_EXPORTS)
		say(j, "probe '%s': %s", p->text, holds);
	else if (by_headers)
		say(j, "probe '%s': %s, by Module.symvers", p->text, holds);
	else if (strcmp(s->lo.text, s->hi.text) == 0)
		say(j, "probe '%s': %s, by the list of %s", p->text, holds, s->lo.text);
	else
		say(j, "probe '%s': %s, by the lists of %s to %s", p->text, holds, s->lo.text, s->hi.text);
}

static struct answer ask_probes(const struct gp_rule *r, const struct gp_facts *f, bool driver, struct gp_judgement *j)
{
	bool can = driver ? f->has_driver : f->has_headers;
	struct answer a = { .all = GP_TRI_YES };

	for (size_t i = 0; i < r->nprobes && a.all != GP_TRI_NO; i++) {
		const struct gp_probe *p = &r->probes[i];
		enum gp_tri t = GP_TRI_UNKNOWN;
		bool asked, by_headers;

		if (gp_probe_asks_driver(p) != driver)
			continue;
		a.asked++;
		if (can && f->ask)
			t = f->ask(f->arg, p);
		by_headers = t != GP_TRI_UNKNOWN;
		if (p->word == GP_PROBE_EXPORTS)
			t = ask_exports(f, p, t, j);
		if (t == GP_TRI_UNKNOWN && can)
			say(j, "probe '%s': no answer", p->text);
		asked = t != GP_TRI_UNKNOWN;
		if (asks_rt(p))
			t = ask_rt(f, t, j);
		if (p->negated)
			t = gp_tri_not(t);
		if (asked) {
			a.answered++;
			say_answer(p, t, by_headers, j);
		}
		a.all = gp_tri_and(a.all, t);
	}
	return a;
}

static enum gp_tri judge_rhel(const struct gp_rule *r, const struct gp_facts *f, struct gp_judgement *j)
{
	const struct gp_release *rel = f->release;
	struct gp_version v = { .n = 2 };
	enum gp_tri t = GP_TRI_NO;

	if (f->rhel_code) {
		v.part[0] = f->rhel_code >> 8;
		v.part[1] = f->rhel_code & 0xff;
		t = gp_range_holds(&r->rhel, &v) ? GP_TRI_YES : GP_TRI_NO;
	} else if (rel && rel->el_major) {
		v.part[0] = (uint32_t)rel->el_major;
		v.part[1] = rel->el_minor >= 0 ? (uint32_t)rel->el_minor : 0;
		t = gp_range_holds_partly(&r->rhel, &v, rel->el_minor >= 0 ? 2 : 1);
	} else if (rel && rel->ver.n == 2) {
		t = GP_TRI_UNKNOWN; /* a line: some of its kernels may be RHEL's */
	}
	if (t == GP_TRI_UNKNOWN)
		say(j, "which RHEL it is does not show without headers");
	else
		say(j, "RHEL '%s': %s", r->rhel_text, t == GP_TRI_YES ? "met" : "not met");
	j->needs_headers |= t == GP_TRI_UNKNOWN;
	return t;
}

static enum gp_tri judge_distro(const struct gp_rule *r, const struct gp_facts *f, struct gp_judgement *j)
{
	const struct gp_release *rel = f->release;
	enum gp_tri t = GP_TRI_UNKNOWN;

	if (rel && r->distros & UINT64_C(1) << rel->distro)
		t = GP_TRI_YES;
	else if (rel && rel->ver.n > 2)
		t = GP_TRI_NO;
	if (t == GP_TRI_UNKNOWN)
		say(j, "it is about kernels of %s", r->distro_text);
	else if (t == GP_TRI_NO)
		say(j, "not a kernel of %s", r->distro_text);
	j->needs_headers |= t == GP_TRI_UNKNOWN;
	return t;
}

/* Why a window that could not be decided was not. */
static void say_undecided(const struct gp_rule *r, const struct gp_facts *f, struct gp_judgement *j)
{
	const struct gp_release *rel = f->release;

	if (r->release.by_name && !r->distros)
		say(j, "'%s': the rule does not say whose package numbers these are", r->release_text);
	else if (rel->ver.n == 2)
		say(j, "'%s' is a part of %s", r->release_text, rel->text);
	else if (gp_distro_trait(rel->distro) != GP_DISTRO_PLAIN)
		say(j, "'%s': the number of a kernel of %s does not tell", r->release_text,
		    gp_distro_title(rel->distro));
	else
		say(j, "'%s': the patch level of %s does not show%s", r->release_text, rel->text,
		    f->has_headers ? "" : " without headers");
}

static enum gp_tri judge_window(const struct gp_rule *r, const struct gp_facts *f, struct gp_judgement *j)
{
	const struct gp_release *rel = f->release;
	enum gp_tri t = rel ? gp_range_holds_release(&r->release, rel) : GP_TRI_UNKNOWN;

	if (r->release.by_name && !r->distros && t == GP_TRI_YES)
		t = GP_TRI_UNKNOWN;
	if (!rel)
		say(j, "the release is not known");
	else if (t != GP_TRI_UNKNOWN)
		say(j, "%s is %s '%s'", rel->sublevel_known && !r->release.by_name ? rel->ver.text : rel->text,
		    t == GP_TRI_YES ? "inside" : "outside", r->release_text);
	else
		say_undecided(r, f, j);
	j->needs_headers |= t == GP_TRI_UNKNOWN && !f->has_headers;
	return t;
}

/* Probes without an answer, and no window that could decide instead. */
static enum gp_tri judge_unasked(const struct gp_facts *f, struct gp_judgement *j)
{
	say(j, "cannot tell%s", f->has_headers ? "" : " without headers");
	j->needs_headers |= !f->has_headers;
	return GP_TRI_UNKNOWN;
}

/* Is the rule about one line, and the kernel one that shares no more than its number? */
static bool is_elsewhere(const struct gp_rule *r, const struct gp_facts *f)
{
	return !r->any_line && !r->has_rhel && !r->distros && f->release &&
	       gp_distro_trait(f->release->distro) != GP_DISTRO_PLAIN;
}

static enum gp_tri judge_elsewhere(const struct gp_facts *f, struct gp_judgement *j)
{
	char line[GP_LINE_NAME];

	gp_release_line(f->release, line);
	say(j, "it is about the plain %s, which a kernel of %s is not", line, gp_distro_title(f->release->distro));
	j->needs_headers |= !f->has_headers;
	return GP_TRI_UNKNOWN;
}

/* Behind Rhel and Distro: probes, else the window. */
static enum gp_tri judge_rest(const struct gp_rule *r, const struct gp_facts *f, struct answer *probes, bool *window,
			      struct gp_judgement *j)
{
	enum gp_tri t;

	*probes = ask_probes(r, f, false, j);
	j->elsewhere = is_elsewhere(r, f);
	if (probes->asked && probes->all != GP_TRI_UNKNOWN)
		return probes->all;
	if (!r->has_release)
		return is_elsewhere(r, f) ? judge_elsewhere(f, j) : probes->asked ? judge_unasked(f, j) : GP_TRI_YES;
	*window = true;
	t = judge_window(r, f, j);
	return is_elsewhere(r, f) && t != GP_TRI_NO ? judge_elsewhere(f, j) : t;
}

static enum gp_tri judge_kernel(const struct gp_rule *r, const struct gp_facts *f, struct answer *probes, bool *window,
				struct gp_judgement *j)
{
	enum gp_tri whose = GP_TRI_YES;

	if (!f->release && !f->has_headers)
		return GP_TRI_YES;
	if (r->has_rhel)
		whose = judge_rhel(r, f, j);
	if (r->distros && whose != GP_TRI_NO)
		whose = gp_tri_and(whose, judge_distro(r, f, j));
	*window = r->has_rhel || r->distros;
	return whose == GP_TRI_NO ? whose : gp_tri_and(whose, judge_rest(r, f, probes, window, j));
}

static bool has_a_module(const struct gp_rule *r, const struct gp_facts *f)
{
	for (size_t i = 0; i < r->modules.n; i++)
		if (gp_list_has(f->modules, r->modules.v[i]))
			return true;
	return !r->modules.n;
}

static bool judge_driver_range(const struct gp_rule *r, const struct gp_facts *f, struct gp_judgement *j)
{
	const struct gp_version *v = r->hooks && f->host.n ? &f->host : &f->driver;

	if (!gp_ranges_hold(&r->driver, v)) {
		say(j, "driver %s is outside '%s'", v->text, r->driver_text);
		return false;
	}
	if (f->kind_unknown) {
		if (r->kinds != GP_ALL_KINDS)
			say(j, "Kind was not checked");
	} else if (!(r->kinds & (1u << f->kind))) {
		say(j, "not for a %s driver", gp_kind_name(f->kind));
		return false;
	}
	if (f->modules && !has_a_module(r, f)) {
		say(j, "the package has no %s", r->modules.v[0]);
		return false;
	}
	return true;
}

void gp_rule_judge(const struct gp_rule *rule, const struct gp_facts *facts, struct gp_judgement *out)
{
	struct answer driver, kernel = { .all = GP_TRI_YES };
	bool window = false;

	*out = (struct gp_judgement){ .holds = GP_TRI_NO };
	out->driver_ok = judge_driver_range(rule, facts, out);
	if (!out->driver_ok)
		return;
	driver = ask_probes(rule, facts, true, out);
	out->holds = driver.all;
	if (driver.all != GP_TRI_NO)
		out->holds = gp_tri_and(driver.all, judge_kernel(rule, facts, &kernel, &window, out));
	if (driver.all == GP_TRI_UNKNOWN && out->holds == GP_TRI_UNKNOWN && !facts->has_driver) {
		out->needs_driver = true;
		say(out, "cannot tell without the driver's sources");
	}
	if (out->holds != GP_TRI_UNKNOWN)
		out->needs_headers = false;
	if (out->holds == GP_TRI_NO)
		out->elsewhere = false;
	out->taken = out->holds == GP_TRI_YES;
	for (size_t i = 0; i < GP_CLAIM_COUNT; i++)
		out->kinds[i] = gp_rule_kind_of(rule, (enum gp_claim_of)i, facts);
	out->known = gp_rule_known_of(rule, out->kinds[GP_CLAIM_BUILDS]);
	if (driver.answered || kernel.answered)
		out->by = window ? GP_BY_BOTH : GP_BY_PROBE;
	if (!out->why[0])
		say(out, "driver and kernel line match");
}
