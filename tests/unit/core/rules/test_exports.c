/* SPDX-License-Identifier: MIT */
/* Tests: core/rules/exports, core/rules/probe, core/rules/rulejudge */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/rules/exports.h"
#include "core/rules/rule.h"
#include "fx_stanza.h"
#include "fx_table.h"

#define HEAD "Symbols: a b c\n d e\n\n"
#define KERNELS "Releases: 6.8.1-1-pve - 6.8.12-43-pve,\n 6.11.0-1-pve, 6.8.0-31-generic - 6.8.0-151-generic\n"
#define GOOD HEAD KERNELS "Source: lists\nPlain: a\nGpl: b c(NS) d(module:kvm-amd,kvm-intel)\n"

static int parse(const char *text, struct gp_exports *t, struct gp_err *err)
{
	return FX_READ(text, "exports", gp_exports_parse, t, err);
}

static const struct bad_case {
	const char *name, *text, *why;
} bads[] = {
	{ "no symbols", KERNELS "Source: s\nPlain: a\n", "'exports:1': exports begin with 'Symbols'" },
	{ "empty symbols", "Symbols:\n", "begin with 'Symbols'" },
	{ "symbols and more", "Symbols: a\nSource: s\n", "and nothing else" },
	{ "no releases", HEAD "Source: s\nPlain: a\n", "'exports:4': exports need 'Releases'" },
	{ "no source", HEAD "Releases: 6.8.1-1-pve\nPlain: a\n", "need 'Releases' and 'Source'" },
	{ "an empty source", HEAD "Releases: 6.8.1-1-pve\nSource:\n", "'exports:5': field 'Source' cannot be ''" },
	{ "another field", GOOD "Status: blocked\n", "unknown field 'Status' of exports" },
	{ "a line", HEAD "Releases: 6.8\nSource: s\n", "'exports:4': '6.8' is a kernel line" },
	{ "no release", HEAD "Releases: new - 6.8.1\nSource: s\n", "'exports:4'" },
	{ "an empty release", HEAD "Releases: 6.8.1-1-pve, \nSource: s\n", "'exports:4'" },
	{ "over two lines", HEAD "Releases: 6.8.1-1-pve - 6.9.1-1-pve\nSource: s\n", "are not of one line" },
	{ "of two forms", HEAD "Releases: 6.8.1-1-pve - 6.8.12-2-generic\nSource: s\n", "names of one form" },
	{ "upside down", HEAD "Releases: 6.8.12-1-pve - 6.8.4-1-pve\nSource: s\n", "is above" },
	{ "not among the symbols", HEAD "Releases: 6.8.1-1-pve\nSource: s\nPlain: a z\n", "'z' is not among" },
	{ "twice", HEAD "Releases: 6.8.1-1-pve\nSource: s\nPlain: a\nGpl: a(NS)\n",
	  "'exports:7': 'a' stands here twice" },
	{ "known and unknown", HEAD "Releases: 6.8.1-1-pve\nSource: s\nPlain: a\nUnknown: a\n", "stands here twice" },
	{ "a namespace without an end", HEAD "Releases: 6.8.1-1-pve\nSource: s\nGpl: a(NS\n", "no NAME(NAMESPACE)" },
	{ "an empty namespace", HEAD "Releases: 6.8.1-1-pve\nSource: s\nGpl: a()\n", "no NAME(NAMESPACE)" },
	{ "a kernel twice", GOOD "\nReleases: 6.8.4-1-pve\nSource: s\n", "is in the paragraph of line 4, too" },
	{ "around another one", GOOD "\nReleases: 6.8.0-1-pve - 6.8.99-1-pve\nSource: s\n", "line 4, too" },
};

static void refuses(void **state)
{
	const struct bad_case *c = *state;
	gp_auto(gp_exports_release) struct gp_exports t = { 0 };
	struct gp_err err = { 0 };

	fx_refused(parse(c->text, &t, &err), &err, c->why);
}

static enum gp_tri ask(const struct gp_exports *t, const char *release, const char *probe)
{
	gp_auto(gp_probe_release) struct gp_probe p = { 0 };
	struct gp_exports_found found = { 0 };
	struct gp_release r;
	enum gp_tri answer;

	assert_int_equal(gp_probe_parse(gp_str_of(probe), &p, NULL), 0);
	assert_int_equal(gp_release_parse(release, &r, NULL), 0);
	answer = gp_exports_ask(t, &r, &p, &found);
	if (answer != GP_TRI_UNKNOWN)
		assert_non_null(found.span);
	return answer;
}

static const struct ask_case {
	const char *name, *release, *probe, *want;
} asks[] = {
	{ "plain", "6.8.4-2-pve", "exports a", "yes" },
	{ "plain is not for the GPL", "6.8.4-2-pve", "exports a gpl", "no" },
	{ "for the GPL", "6.8.4-2-pve", "exports b gpl", "yes" },
	{ "in no namespace", "6.8.4-2-pve", "exports b namespace NS", "no" },
	{ "in that namespace", "6.8.4-2-pve", "exports c namespace NS", "yes" },
	{ "for the GPL in that one", "6.8.4-2-pve", "exports c gpl namespace NS", "yes" },
	{ "in another one", "6.8.4-2-pve", "exports c namespace N", "no" },
	{ "for whom it likes", "6.8.4-2-pve", "exports c module-only", "no" },
	{ "for named modules", "6.8.4-2-pve", "exports d module-only", "yes" },
	{ "those, and the GPL", "6.8.4-2-pve", "exports d gpl module-only", "yes" },
	{ "for named modules it is one", "6.8.4-2-pve", "exports d", "yes" },
	{ "not exported", "6.8.4-2-pve", "exports e", "no" },
	{ "not exported to whom ever", "6.8.4-2-pve", "exports e gpl", "no" },
	{ "a symbol that nobody asked for", "6.8.4-2-pve", "exports f", "unknown" },
	{ "the first of a range", "6.8.1-1-pve", "exports a", "yes" },
	{ "the last", "6.8.12-43-pve", "exports a", "yes" },
	{ "alone", "6.11.0-1-pve", "exports a", "yes" },
	{ "below the first", "6.8.0-1-pve", "exports a", "unknown" },
	{ "above the last", "6.8.12-44-pve", "exports a", "unknown" },
	{ "above the one", "6.11.0-2-pve", "exports a", "unknown" },
	{ "a number is no text", "6.8.0-100-generic", "exports a", "yes" },
	{ "another form", "6.8.0-100-lowlatency", "exports a", "unknown" },
	{ "one more number", "6.8.12-2.1-pve", "exports a", "unknown" },
	{ "one number less", "6.8.12-pve", "exports a", "unknown" },
	{ "another line", "6.9.4-2-pve", "exports a", "unknown" },
	{ "a line is no kernel", "6.8", "exports a", "unknown" },
};

static void answers(void **state)
{
	const struct ask_case *c = *state;
	gp_auto(gp_exports_release) struct gp_exports t = { 0 };

	assert_int_equal(parse(GOOD, &t, NULL), 0);
	assert_string_equal(gp_tri_name(ask(&t, c->release, c->probe)), c->want);
}

/* What a list cannot say is no "no". */
static void lacks_columns(void **state)
{
	gp_auto(gp_exports_release) struct gp_exports t = { 0 };

	(void)state;
	assert_int_equal(
		parse(HEAD "Releases: 6.8.1\nSource: s\nExported: a\nPlain: b(?)\nGpl: c(?)\nUnknown: d\n", &t, NULL),
		0);
	assert_int_equal(ask(&t, "6.8.1", "exports a"), GP_TRI_YES);
	assert_int_equal(ask(&t, "6.8.1", "exports a gpl"), GP_TRI_UNKNOWN);
	assert_int_equal(ask(&t, "6.8.1", "exports a module-only"), GP_TRI_UNKNOWN);
	assert_int_equal(ask(&t, "6.8.1", "exports b namespace NS"), GP_TRI_UNKNOWN);
	assert_int_equal(ask(&t, "6.8.1", "exports b gpl namespace NS"), GP_TRI_NO);
	assert_int_equal(ask(&t, "6.8.1", "exports c gpl"), GP_TRI_YES);
	assert_int_equal(ask(&t, "6.8.1", "exports d"), GP_TRI_UNKNOWN);
	assert_int_equal(ask(&t, "6.8.1", "exports e gpl"), GP_TRI_NO);
}

static void later_ones_first(void **state)
{
	gp_auto(gp_exports_release) struct gp_exports t = { 0 };

	(void)state;
	assert_int_equal(parse("", &t, NULL), 0);
	assert_int_equal(t.n, 0);
	assert_int_equal(parse(GOOD, &t, NULL), 0);
	assert_int_equal(parse("Symbols: a x\n\nReleases: 6.8.4-2-pve\nSource: mine\nGpl: x\n", &t, NULL), 0);
	assert_int_equal(ask(&t, "6.8.4-2-pve", "exports a"), GP_TRI_NO);
	assert_int_equal(ask(&t, "6.8.4-2-pve", "exports x gpl"), GP_TRI_YES);
	assert_int_equal(ask(&t, "6.8.4-2-pve", "exports b"), GP_TRI_YES);
	assert_int_equal(ask(&t, "6.8.4-3-pve", "exports a"), GP_TRI_YES);
	assert_int_equal(ask(&t, "6.8.4-3-pve", "exports x"), GP_TRI_UNKNOWN);
	assert_true(gp_exports_knows(&t, "x") && gp_exports_knows(&t, "e") && !gp_exports_knows(&t, "z"));
}

/* Headers say 6.8.12 of a name with 6.8.0. */
static void by_the_name(void **state)
{
	gp_auto(gp_exports_release) struct gp_exports t = { 0 };
	gp_auto(gp_probe_release) struct gp_probe p = { 0 };
	struct gp_exports_found found = { 0 };
	struct gp_release r;

	(void)state;
	assert_int_equal(parse(GOOD, &t, NULL), 0);
	assert_int_equal(gp_probe_parse(GP_STR("exports a"), &p, NULL), 0);
	assert_int_equal(gp_release_parse("6.8.0-100-generic", &r, NULL), 0);
	gp_release_set_sublevel(&r, 12);
	assert_int_equal(gp_exports_ask(&t, &r, &p, &found), GP_TRI_YES);
	assert_string_equal(found.span->hi.text, "6.8.0-151-generic");
	assert_string_equal(found.alike->source, "lists");
	assert_string_equal(found.file->path, "exports");
}

/* --- in a rule --- */

static enum gp_tri by_headers(void *arg, const struct gp_probe *p)
{
	(void)p;
	return *(enum gp_tri *)arg;
}

static const struct judge_case {
	const char *name, *release, *probe;
	const char *headers; /* what they answer; NULL: there are none */
	const char *want, *why;
} judges[] = {
	{ "by the table", "6.8.4-2-pve", "exports b gpl", NULL, "yes probe",
	  "probe 'exports b gpl': holds, by the lists of 6.8.1-1-pve to 6.8.12-43-pve" },
	{ "by the list of that kernel", "6.11.0-1-pve", "!exports  b  gpl", NULL, "no probe",
	  "probe '!exports b gpl': does not hold, by the list of 6.11.0-1-pve" },
	{ "headers come first", "6.8.4-2-pve", "exports e", "yes", "yes probe",
	  "probe 'exports e': holds, by Module.symvers" },
	{ "headers that cannot tell", "6.8.4-2-pve", "exports e", "unknown", "no probe", "by the lists of" },
	{ "neither can", "6.8.99-1-pve", "exports e", "unknown", "unknown version", "probe 'exports e': no answer" },
	{ "no headers, no list", "6.8.99-1-pve", "exports e", NULL, "unknown version h", "without headers" },
	{ "a line", "6.8", "exports a", NULL, "unknown version h", "without headers" },
	{ "half of it", "6.8.4-2-pve", "exports a\n config CONFIG_X", NULL, "unknown probe h", "without headers" },
	{ "a no is enough", "6.8.4-2-pve", "exports e\n config CONFIG_X", NULL, "no probe", "does not hold" },
	{ "it decides against the window", "6.8.4-2-pve", "exports a\nRelease: >= 6.8.9", NULL, "yes probe", "holds" },
	{ "the window does where it cannot", "6.8", "exports a\nRelease: 6.8", NULL, "yes version", "inside" },
};

static void judged(void **state)
{
	const struct judge_case *c = *state;
	gp_auto(gp_exports_release) struct gp_exports t = { 0 };
	gp_auto(gp_free_ptr) char *text =
		gp_asprintf("Kernel: 6.8\nStatus: supported\n\nDriver: any\nProbe: %s\n", c->probe);
	gp_auto(gp_stanza_list_release) struct gp_stanza_list s = { 0 };
	gp_auto(gp_line_release) struct gp_line l = { 0 };
	enum gp_tri said = c->headers && *c->headers == 'y' ? GP_TRI_YES : GP_TRI_UNKNOWN;
	struct gp_release r;
	struct gp_facts f = {
		.kind_unknown = true, .ask = by_headers, .arg = &said, .has_headers = c->headers != NULL
	};
	struct gp_judgement j;
	char got[64];

	assert_int_equal(parse(GOOD, &t, NULL), 0);
	assert_int_equal(gp_stanza_parse(gp_str_of(text), "f", &s, NULL), 0);
	assert_int_equal(gp_line_parse(&s, &l, NULL), 0);
	assert_int_equal(gp_release_parse(c->release, &r, NULL), 0);
	gp_version_parse(GP_STR("535.54.03"), &f.driver, NULL);
	f.release = &r;
	f.exports = &t;
	gp_rule_judge(&l.rules[0], &f, &j);
	snprintf(got, sizeof(got), "%s %s%s", gp_tri_name(j.holds), gp_decider_name(j.by), j.needs_headers ? " h" : "");
	assert_string_equal(got, c->want);
	if (!strstr(j.why, c->why))
		fail_msg("'%s' is not in '%s'", c->why, j.why);
	assert_int_equal(j.by_symvers, strstr(c->why, "Module.symvers") != NULL);
	assert_int_equal(j.from.file != NULL, strstr(j.why, "by the list") != NULL);
}

int main(void)
{
	FX_ROWS(bads, refuses, NULL, NULL);
	FX_ROWS(asks, answers, NULL, NULL);
	FX_ROWS(judges, judged, NULL, NULL);
	FX_TEST(lacks_columns, NULL, NULL);
	FX_TEST(later_ones_first, NULL, NULL);
	FX_TEST(by_the_name, NULL, NULL);
	return fx_run(NULL, NULL);
}
