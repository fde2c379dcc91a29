/* SPDX-License-Identifier: MIT */
/* Tests: core/rules/above, core/rules/claim, core/rules/line, core/rules/paragraph, core/rules/probe, core/rules/rulejudge, core/rules/textmatch */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <regex.h>
#include <string.h>

#include "core/rules/rule.h"
#include "fx_table.h"

/* --- reading --- */

static int parse(const char *text, struct gp_line *line, struct gp_err *err)
{
	struct gp_stanza_list l = { 0 };
	int rc = gp_stanza_parse(gp_str_of(text), "f", &l, err);

	if (rc == 0)
		rc = gp_rules_complete(&l, err);
	if (rc == 0)
		rc = gp_line_parse(&l, line, err);
	gp_stanza_list_release(&l);
	return rc;
}

#define HEAD "Kernel: 5.10\nStatus: supported\n\n"

struct bad_case {
	const char *name;
	const char *text;
	const char *message; /* part of "context: cause" */
};

static const struct bad_case bad[] = {
	{ "no Kernel", "Status: supported\n", "'f:1'" },
	{ "no Status", "Kernel: 5.10\n", "lacks 'Status'" },
	{ "bad Status", "Kernel: 5.10\nStatus: good\n", "'f:2'" },
	{ "Kernel is a release", "Kernel: 5.10.3\nStatus: supported\n", "not a kernel line" },
	{ "Kernel is no number", "Kernel: five\nStatus: supported\n", "'f:1'" },
	{ "unknown field of the line", "Kernel: 5.10\nStatus: supported\nDriver: 460\n", "'f:3'" },
	{ "line blocked without Reason", "Kernel: 5.13\nStatus: blocked\n", "without 'Reason'" },
	{ "rule without Driver", HEAD "Patches: a\n", "'f:4'" },
	{ "a field that was one", HEAD "Driver: 460\nGpu: Turing\n", "'f:5': 'Gpu' is no field of a rule any more" },
	{ "unknown field of a rule", HEAD "Driver: 460\nPatchs: a\n", "'f:5': unknown field 'Patchs'" },
	{ "bad Driver", HEAD "Driver: 460 to 470\n", "'f:4'" },
	{ "bad Release", HEAD "Driver: 460\nRelease: 5.10.0-32-amd64\n", "'f:5'" },
	{ "Driver with a package number", HEAD "Driver: 460.1.0-3\n", "'f:4'" },
	{ "bad Kind", HEAD "Driver: 460\nKind: hosts\n", "'f:5'" },
	{ "empty Kind", HEAD "Driver: 460\nKind:\n", "'f:5'" },
	{ "bad Distro", HEAD "Driver: 460\nDistro: debian windows\n", "'f:5'" },
	{ "empty Distro", HEAD "Driver: 460\nDistro:\n", "'f:5'" },
	{ "Distro out of what is not there", HEAD "Driver: 460\nDistro: debian !ubuntu\n", "'f:5'" },
	{ "Distro out of nothing", HEAD "Driver: 460\nDistro: !debian\n", "'f:5'" },
	{ "Distro all taken out", HEAD "Driver: 460\nDistro: debian !debian\n", "'f:5'" },
	{ "Distro without a name", HEAD "Driver: 460\nDistro: plain !\n", "'f:5'" },
	{ "empty Modules", HEAD "Driver: 460\nModules:\n", "'f:5'" },
	{ "a module with a slash", HEAD "Driver: 460\nModules: ../x\n", "'f:5'" },
	{ "bad Load", HEAD "Driver: 460\nLoad: maybe\n", "'f:5'" },
	{ "bad Hooks", HEAD "Driver: 460\nHooks: new\n", "'f:5'" },
	{ "rule blocked without Reason", HEAD "Driver: 460\nStatus: blocked\n", "'f:4'" },
	{ "set with a slash", HEAD "Driver: 460\nPatches: ../x\n", "'f:5'" },
	{ "unknown probe", HEAD "Driver: 460\nProbe: heder a.h\n", "unknown probe 'heder'" },
	{ "probe without argument", HEAD "Driver: 460\nProbe: header\n", "lacks its argument" },
	{ "only the mark", HEAD "Driver: 460\nProbe: !\n", "unknown probe ''" },
	{ "probe with one too many", HEAD "Driver: 460\nProbe: header a b\n", "one argument" },
	{ "text without expression", HEAD "Driver: 460\nProbe: text a.h\n", "lacks its expression" },
	{ "bad expression", HEAD "Driver: 460\nProbe: text a.h (\n", "'(' is not an extended" },
	{ "large expression", HEAD "Driver: 460\nProbe: text a.h (a{1,255}){1,255}\n", "too large" },
	{ "back-reference", HEAD "Driver: 460\nProbe: !driver-text a.c (.*)\\1\\1\n", "back-references" },
	{ "path climbs", HEAD "Driver: 460\nProbe: header ../a.h\n", "climbs" },
	{ "exports without a name", HEAD "Driver: 460\nProbe: exports\n", "lacks its argument" },
	{ "exports: another word", HEAD "Driver: 460\nProbe: exports a GPL\n", "'GPL' does not fit" },
	{ "exports: a word twice", HEAD "Driver: 460\nProbe: exports a gpl gpl\n", "'gpl' does not fit" },
	{ "exports: a namespace without name", HEAD "Driver: 460\nProbe: exports a namespace\n", "does not fit" },
	{ "exports: a namespace that is none", HEAD "Driver: 460\nProbe: exports a namespace module:b\n",
	  "'module:b' does not fit" },
	{ "exports: two namespaces", HEAD "Driver: 460\nProbe: exports a namespace B module-only\n",
	  "in no other namespace" },
	{ "symbol is no name", HEAD "Driver: 460\nProbe: symbol a(b\n", "'a(b' is not a name" },
	{ "empty Probe", HEAD "Driver: 460\nProbe:\n", "'f:5'" },
	{ "empty Driver among others", HEAD "Driver: 460, , 470\n", "'f:4'" },
	{ "Lines is no range", HEAD "Driver: 460\nLines: onward\n", "'f:5'" },
	{ "Lines of releases", HEAD "Driver: 460\nLines: 5.10.1 - 5.12\n", "neither like" },
	{ "Lines that ends nowhere among others", HEAD "Driver: 460\nLines: 5.10, >= 5.12\n", "neither like" },
	{ "Lines without its begin", HEAD "Driver: 460\nLines: > 5.10\n", "neither like" },
	{ "Lines that begins elsewhere", HEAD "Driver: 460\nLines: >= 5.11\n", "does not begin at 5.10" },
	{ "Lines that goes back", HEAD "Driver: 460\nLines: 5.10, 5.4\n", "does not begin at 5.10" },
	{ "Lines of every line", "Kernel: any\n\nDriver: 460\nLines: 5.10\n", "'f:4': 'Lines' of a rule for every" },
	{ "a window of no line", HEAD "Driver: 460\nLines: 5.10 - 5.11\nRelease: < 5.12.3\n",
	  "'f:6': Release '< 5.12.3'" },
	{ "two windows of a line", HEAD "Driver: 460\nLines: 5.10 - 5.11\nRelease: < 5.10.3, 5.10.9\n", "two windows" },
	{ "two windows, one line", HEAD "Driver: 460\nRelease: < 5.10.3, 5.10.9\n", "'f:5'" },
	{ "history of a line", "Kernel: 5.10\nStatus: supported\nLines: 5.10 - 5.12\n", "'f:3': 'Lines' of a line" },
	{ "the day of a line", "Kernel: 5.10\nStatus: supported\nDate: 2026-11-30\n", "'f:3': 'Date' of a line" },
	{ "a day that is none", "Kernel: any\nDate: today\n", "'f:2'" },
	{ "a day and more", "Kernel: any\nDate: 2026-11-30 12:00\n", "'f:2'" },
	{ "history without an end", "Kernel: any\nLines: >= 5.10\n", "'f:2'" },
	{ "as above, and nothing above", HEAD "As: above\nDriver: 460\n", "'f:4': 'As: above', and no rule" },
	{ "as the line", "As: above\nKernel: 5.10\nStatus: supported\n", "'f:1': 'As: above', and no rule" },
	{ "as something else", HEAD "Driver: 460\n\nAs: 5.4\nDriver: 470\n", "'f:6': field 'As' cannot be '5.4'" },
	{ "as above in all", HEAD "Driver: 460\n\nAs: above\nLoad: no\n", "'f:6': the same rule as in line 4" },
	{ "same rule twice", HEAD "Driver: 460\nLoad: yes\n\nDriver:  460\nLoad: no\n", "'f:7'" },
};

static void check_bad(void **state)
{
	const struct bad_case *c = *state;
	struct gp_err err = { 0 };
	struct gp_line line = { 0 };
	char text[700];

	assert_int_equal(parse(c->text, &line, &err), -1);
	assert_int_equal(gp_code_exit(err.code), 3);
	gp_err_format(&err, text, sizeof(text));
	if (!strstr(text, c->message))
		fail_msg("'%s' is not in '%s'", c->message, text);
	assert_null(line.name);
}

static void test_full(void **state)
{
	static const char text[] =
		"# comment\nKernel: 5.10\nStatus: untested\nChanges: a\n b\nReason: r\nInstead: i\n\n"
		"Driver: 460.32.03 - 460.106.00\nKind: host merged\nRelease: < 5.10.195\n"
		"Rhel: >= 8.4\nProbe:\n symbol-gpl rcu_read_unlock_strict\n"
		" !text linux/mdev.h open_device +x\n ! config CONFIG_VFIO_MDEV\n"
		"Patches: one two\n three\nLoad: unknown\nHooks: newer-table\n"
		"Status: blocked\nReason: because\nInstead: other\nEvidence: built\n";
	struct gp_line l;
	const struct gp_rule *r;

	(void)state;
	assert_int_equal(parse(text, &l, NULL), 0);
	assert_string_equal(l.name, "5.10");
	assert_string_equal(l.changes, "a\nb");
	assert_int_equal(l.status, GP_STATUS_UNTESTED);
	assert_int_equal(l.n, 1);
	r = &l.rules[0];
	assert_string_equal(r->file, "f");
	assert_int_equal(r->lineno, 9);
	assert_int_equal(r->kinds, 1u << GP_KIND_HOST | 1u << GP_KIND_MERGED);
	assert_int_equal(r->patches.n, 3);
	assert_string_equal(r->patches.v[2], "three");
	assert_int_equal(r->nprobes, 3);
	assert_string_equal(r->probes[1].text, "!text linux/mdev.h open_device +x");
	assert_true(r->probes[1].negated);
	assert_true(r->probes[2].negated);
	assert_string_equal(gp_load_name(r->load), "unknown");
	assert_string_equal(gp_hooks_name(r->hooks), "newer-table");
	assert_string_equal(gp_status_name(r->status), "blocked");
	assert_string_equal(r->evidence, "built");
	gp_line_release(&l);
}

/* What holds for one of the ranges holds. */
/* --- as above --- */

#define ABOVE "Driver: 460\nKind: host\nPatches: a b\nLoad: no\nReason: r\n s\nEvidence: [built] e\n"

/* What stands behind a rule, and the same written out. */
static const struct as_case {
	const char *name, *above, *says, *full;
} as_cases[] = {
	{ "another driver", ABOVE "Release: < 5.10.9\nProbe: config CONFIG_X\n", "As: above\nDriver: 470\n",
	  "Driver: 470\nKind: host\nRelease: < 5.10.9\nProbe: config CONFIG_X\nPatches: a b\nLoad: no\n"
	  "Reason: r s\nEvidence: [built] e\n" },
	{ "other kernels", ABOVE "Release: < 5.10.9\n", "as: above\nDISTRO: debian\nEvidence: [source] f\n",
	  "Driver: 460\nKind: host\nDistro: debian\nPatches: a b\nLoad: no\nReason: r s\nEvidence: [source] f\n" },
	{ "one condition drops the others", ABOVE "Release: < 5.10.9\nDistro: debian\nRhel: 8\n",
	  "Probe: header a.h\nAs: above\n",
	  "Driver: 460\nKind: host\nProbe: header a.h\nPatches: a b\nLoad: no\nReason: r s\nEvidence: [built] e\n" },
	{ "as one that is as above", ABOVE "\nAs: above\nDriver: 465\nReason: t\n", "As: above\nDriver: 470\n",
	  "Driver: 470\nKind: host\nPatches: a b\nLoad: no\nReason: t\nEvidence: [built] e\n" },
	{ "the default of Load comes last", "Driver: 460\nReason: r\n", "As: above\nDriver: 470\nPatches: a\n",
	  "Driver: 470\nReason: r\nPatches: a\n" },
};

static void same_words(const char *a, const char *b)
{
	assert_string_equal(a ? a : "(none)", b ? b : "(none)");
}

static void check_as(void **state)
{
	const struct as_case *c = *state;
	struct gp_line a, b;
	struct gp_rule *r, *full;
	char text[600];

	snprintf(text, sizeof(text), HEAD "%s\n%s", c->above, c->says);
	assert_int_equal(parse(text, &a, NULL), 0);
	snprintf(text, sizeof(text), HEAD "%s", c->full);
	assert_int_equal(parse(text, &b, NULL), 0);
	r = &a.rules[a.n - 1];
	full = &b.rules[0];
	assert_true(gp_rule_same(r, full));
	same_words(r->reason, full->reason);
	same_words(r->evidence, full->evidence);
	assert_int_equal(r->load, full->load);
	assert_int_equal(r->patches.n, full->patches.n);
	for (size_t i = 0; i < GP_CLAIM_COUNT; i++) {
		assert_int_equal(r->claims[i].answer, full->claims[i].answer);
		assert_int_equal(r->claims[i].kind, full->claims[i].kind);
		same_words(r->claims[i].source, full->claims[i].source);
	}
	gp_line_release(&a);
	gp_line_release(&b);
}

/* --- what a rule says of loading by itself --- */

static const struct load_case {
	const char *name, *rule;
	enum gp_load load;
} load_cases[] = {
	{ "builds as it is", "Reason: r\n", GP_LOAD_UNKNOWN },
	{ "a status", "Status: untested\n", GP_LOAD_UNSET },
	{ "says so itself", "Load: yes\n", GP_LOAD_YES },
	{ "blocked", "Status: blocked\nReason: r\n", GP_LOAD_UNSET },
	{ "a set", "Patches: a\n", GP_LOAD_UNSET },
	{ "hooks", "Hooks: upstream\n", GP_LOAD_UNSET },
};

static void check_load(void **state)
{
	const struct load_case *c = *state;
	struct gp_line l;
	char text[200];

	snprintf(text, sizeof(text), HEAD "Driver: 460\n%s", c->rule);
	assert_int_equal(parse(text, &l, NULL), 0);
	assert_int_equal(l.rules[0].load, c->load);
	gp_line_release(&l);
}

static void test_driver_ranges(void **state)
{
	static const struct {
		const char *driver;
		bool want;
	} cases[] = { { "459.99", false }, { "460.32.03", true },  { "470.1", false },
		      { "535.1", true },   { "535.161.05", true }, { "550", true } };
	struct gp_line l;

	(void)state;
	assert_int_equal(parse(HEAD "Driver: 460,\n 500 - 535.161, >= 550\n", &l, NULL), 0);
	assert_string_equal(l.rules[0].driver_text, "460, 500 - 535.161, >= 550");
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		struct gp_facts f = { .kind = GP_KIND_HOST };
		struct gp_judgement j;

		assert_int_equal(gp_version_parse(gp_str_of(cases[i].driver), &f.driver, NULL), 0);
		gp_rule_judge(&l.rules[0], &f, &j);
		assert_int_equal(j.taken, cases[i].want);
	}
	gp_line_release(&l);
}

/* Marks with lines: what a line is told. */
static void test_told_of(void **state)
{
	static const struct {
		const char *evidence, *line, *want;
		bool alike; /* on all lines */
	} cases[] = {
		{ "[built] a. [peer] b", "5.14", "[built] a. [peer] b", true },
		{ "x [built 5.14, 5.16 - 5.17] a; [inference 5.15] b", "5.14", "x [built] a", false },
		{ "x [built 5.14, 5.16 - 5.17] a; [inference 5.15] b", "5.15", "x [inference] b", false },
		{ "[built 5.14, 5.16 - 5.17] a; [inference 5.15] b", "5.16", "[built] a", false },
		{ "[built 5.1] a. [source] b", "5.14", "[source] b", false },
		{ "[built 5.1] a. [source] b", "5.1", "[built] a. [source] b", false },
		{ "[source code] a", "5.1", "[source code] a", true },
		{ "[5.1] before 5.1.3; [5.2 - 5.3] none", "5.1", "before 5.1.3", false },
		{ "[5.1] before 5.1.3; [5.2 - 5.3] none", "5.3", "none", false },
		{ "a [3 of 4] b", "5.3", "a [3 of 4] b", true },
		{ "[built 5.1] a", "5.2", NULL, false },
		{ "[ built ] a", "5.1", "[built] a", false },
		{ "[built] a; ", "5.1", "[built] a", false },
		{ "", "5.1", NULL, false },
		{ "a[0] [built 5.1", "5.2", "a[0] [built 5.1", true },
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		struct gp_version line;
		gp_auto(gp_free_ptr) char *got = NULL;

		assert_int_equal(gp_version_parse(gp_str_of(cases[i].line), &line, NULL), 0);
		got = gp_told_of(cases[i].evidence, &line);
		if (cases[i].want)
			assert_string_equal(got, cases[i].want);
		else
			assert_null(got);
		assert_int_equal(gp_told_alike(cases[i].evidence), cases[i].alike);
		if (cases[i].alike)
			assert_string_equal(got, cases[i].evidence);
	}
}

static void test_any(void **state)
{
	struct gp_line l;

	(void)state;
	assert_int_equal(parse("Kernel: any\n\nDriver: 460\nHooks: upstream\n", &l, NULL), 0);
	assert_true(l.any);
	assert_true(l.rules[0].any_line);
	gp_line_release(&l);
}

static void test_overlay(void **state)
{
	struct gp_line base, over;

	(void)state;
	assert_int_equal(parse("Kernel: 5.10\nStatus: blocked\nReason: r\nChanges: c\n\n"
			       "Driver: 460\nLoad: yes\n\nDriver: 470\nLoad: yes\n",
			       &base, NULL),
			 0);
	assert_int_equal(parse("Kernel: 5.10\nStatus: supported\n\n"
			       "Driver: 460\nLoad: no\n\nDriver: 450\nLoad: yes\n",
			       &over, NULL),
			 0);
	gp_line_overlay(&base, &over);
	assert_null(over.name);
	assert_int_equal(base.status, GP_STATUS_SUPPORTED);
	assert_null(base.reason);
	assert_string_equal(base.changes, "c");
	assert_int_equal(base.n, 3);
	assert_int_equal(base.rules[0].load, GP_LOAD_NO);
	assert_string_equal(base.rules[2].driver_text, "450");
	assert_int_equal(base.files.n, 2);
	gp_line_release(&base);
}

static void test_matches(void **state)
{
	(void)state;
	assert_true(gp_text_matches(GP_STR("a\nint  x(void)\n"), "^int +x\\(", NULL));
	assert_true(gp_text_matches(GP_STR("a\nlast"), "^last$", NULL));
	assert_true(gp_text_matches(GP_STR("x\0y\n"), "y$", NULL));
	assert_false(gp_text_matches(GP_STR("a\nb\n"), "a[[:space:]]b", NULL));
	assert_false(gp_text_matches(GP_STR(""), "x", NULL));
}

/* Whatever is skipped at a glance, the answer is regexec's. */
static void text_matches_like_regexec(void **state)
{
	static const char *const ere[] = { "ab",    "ab*c",     "ab?c",     "ab+c",      "ab{0,1}c",
					   "a|b",   "(ab)c",    "(ab|xy)c", "[ab]c",     "a.c",
					   "^ab",   "ab$",      "^ab$",     "set_fs\\(", "\\bab\\b",
					   "a\\.c", "\\<ab\\>", "x*",       "",          "MODULE_LICENSE\\(\"MIT\"\\)",
					   "ab\\*", "a\\?b",    "\\(",      "b\\{c",     "\\wb",
					   "\\sab" };
	static const char *const line[] = { "ab",
					    "abc",
					    "ac",
					    "abbc",
					    "xabcx",
					    "a.c",
					    "a c",
					    " ab ",
					    "set_fs(x)",
					    "set_fs",
					    "MODULE_LICENSE(\"MIT\");",
					    "xyc",
					    "c",
					    "",
					    "ab*",
					    "a?b",
					    "(",
					    "b{c",
					    "\tab",
					    "abab" };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(ere); i++) {
		regex_t re;

		assert_int_equal(regcomp(&re, ere[i], REG_EXTENDED | REG_NOSUB), 0);
		for (size_t k = 0; k < GP_COUNT(line); k++) {
			gp_auto(gp_free_ptr) char *text = gp_asprintf("other\n%s\nlast", line[k]);
			bool want = regexec(&re, line[k], 0, NULL, 0) == 0 || regexec(&re, "other", 0, NULL, 0) == 0 ||
				    regexec(&re, "last", 0, NULL, 0) == 0;

			if (gp_text_matches(gp_str_of(text), ere[i], NULL) != want)
				fail_msg("'%s' in '%s': not %d", ere[i], line[k], want);
		}
		regfree(&re);
	}
}

/* --- judging --- */

struct judge_case {
	const char *name;
	const char *rule;    /* fields behind "Driver: 460\n" */
	const char *release; /* NULL: nobody asks about a kernel */
	const char *answers; /* "probe=yes probe=no"; NULL: no headers, no driver */
	bool driver;         /* the driver's sources are at hand */
	unsigned rhel;
	const char *want; /* holds, decider, needs: h, d */
	const char *why;  /* part of it */
	bool any;         /* the rule stands under Kernel: any */
};

static const struct judge_case judges[] = {
	{ "plain", "", "5.10.9", NULL, false, 0, "yes version", "driver and kernel line", false },
	{ "other kind", "Kind: guest\n", "5.10.9", NULL, false, 0, "no version", "not for a host", false },
	{ "host rule is not for merged", "Kind: merged\n", "5.10.9", NULL, false, 0, "no version", "not for a host",
	  false },
	{ "window", "Release: < 5.10.195\n", "5.10.9", NULL, false, 0, "yes version", "5.10.9 is inside", false },
	{ "window, outside", "Release: < 5.10.195\n", "5.10.200", NULL, false, 0, "no version", "outside", false },
	{ "window, hidden patch level", "Release: < 5.10.195\n", "5.10.0-32-amd64", NULL, false, 0, "unknown version h",
	  "does not show without headers", false },
	{ "window, a whole line", "Release: < 5.10.195\n", "5.10", NULL, false, 0, "unknown version h",
	  "a part of 5.10", false },
	{ "no kernel: window not asked", "Release: < 5.10.195\nRhel: >= 8.4\nProbe: symbol x\n", NULL, NULL, false, 0,
	  "yes version", "", false },
	{ "probes decide against the window", "Release: >= 5.10.195\nProbe: symbol a\n", "5.10.9", "a=yes", false, 0,
	  "yes probe", "probe 'symbol a': holds", false },
	{ "probe says no inside the window", "Release: >= 5.10.2\nProbe: symbol a\n", "5.10.9", "a=no", false, 0,
	  "no probe", "does not hold", false },
	{ "negated", "Probe: !symbol a\n", "5.10.9", "a=no", false, 0, "yes probe", "'!symbol a'", false },
	{ "all must hold", "Probe: symbol a\n symbol b\n", "5.10.9", "a=yes b=no", false, 0, "no probe",
	  "'symbol b': does not", false },
	{ "no headers: window", "Release: >= 5.10.195\nProbe: symbol a\n", "5.10.9", NULL, false, 0, "no version",
	  "outside", false },
	{ "no headers, no window", "Probe: symbol a\n", "5.10.9", NULL, false, 0, "unknown version h",
	  "cannot tell without headers", false },
	{ "no answer, no window", "Probe: symbol a\n", "5.10.9", "a=unknown", false, 0, "unknown version", "no answer",
	  false },
	{ "Debian's package number", "Distro: debian\nRelease: 5.10.0-26 - 5.10.0-99\n", "5.10.0-32-amd64", NULL, false,
	  0, "yes version", "5.10.0-32-amd64 is inside", false },
	{ "nobody's package number", "Release: 5.10.0-26 - 5.10.0-99\n", "5.10.0-32-amd64", NULL, false, 0,
	  "unknown version h", "whose package numbers", false },
	{ "another's package number", "Distro: debian\nRelease: 5.10.0-26 - 5.10.0-99\n",
	  "5.10.0-60.18.0.50.oe2203.x86_64", NULL, false, 0, "no version", "not a kernel of debian", false },
	{ "a flavour's package number", "Distro: ubuntu\nRelease: 5.10.0-26 - 5.10.0-9999\n", "5.10.0-1050-oracle",
	  NULL, false, 0, "no version", "not a kernel of ubuntu", false },
	{ "a distribution, a line", "Distro: debian\n", "5.10", NULL, false, 0, "unknown version h",
	  "kernels of debian", false },
	{ "plain kernels, a line", "Distro: plain\n", "5.10", NULL, false, 0, "yes version", "", false },
	{ "plain kernels, Debian's", "Distro: plain\n", "5.10.0-32-amd64", NULL, false, 0, "yes version", "", false },
	{ "plain kernels, openEuler's", "Distro: plain\n", "5.10.0-60.18.0.50.oe2203.x86_64", NULL, false, 0,
	  "no version", "not a kernel of plain", false },
	{ "plain kernels, less one", "Distro: plain !ubuntu\n", "5.10.0-32-generic", NULL, false, 0, "no version",
	  "not a kernel of plain !ubuntu", false },
	{ "which is not this one", "Distro: plain !ubuntu\n", "5.10.0-32-amd64", NULL, false, 0, "yes version", "",
	  false },
	{ "two distributions", "Distro: debian ubuntu\n", "5.10.0-32-generic", NULL, false, 0, "yes version", "",
	  false },
	{ "distribution and probe", "Distro: debian\nProbe: symbol a\n", "5.10.0-32-generic", "a=yes", false, 0,
	  "no version", "not a kernel of debian", false },
	{ "another kernel of that number", "", "5.10.0-60.18.0.50.oe2203.x86_64", NULL, false, 0, "unknown version h",
	  "about the plain 5.10, which a kernel of openEuler is not", false },
	{ "the same with headers", "", "5.10.0-60.18.0.50.oe2203.x86_64", "", false, 0, "unknown version",
	  "about the plain 5.10", false },
	{ "headers answer for it", "Probe: symbol a\n", "5.10.0-60.18.0.50.oe2203.x86_64", "a=yes", false, 0,
	  "yes probe", "holds", false },
	{ "its window is not looked at", "Release: >= 5.9\n", "5.14.21-150400.24.100-default", NULL, false, 0,
	  "unknown version h", "SUSE", false },
	{ "what is below its number", "Release: < 5.10\n", "5.14.21-150400.24.100-default", NULL, false, 0,
	  "no version", "outside", false },
	{ "what every line has in common", "", "5.10.0-60.18.0.50.oe2203.x86_64", NULL, false, 0, "yes version", "",
	  true },
	{ "any line: it has what its number has", "Release: >= 5.10\n", "5.14.21-150400.24.100-default", NULL, false, 0,
	  "yes version", "inside", true },
	{ "any line: and maybe more", "Release: >= 5.16\n", "5.14.21-150400.24.100-default", NULL, false, 0,
	  "unknown version h", "does not tell", true },
	{ "any line: what came before it stays", "Release: >= 5.9\n", "5.10.0-60.18.0.50.oe2203.x86_64", NULL, false, 0,
	  "yes version", "inside", true },
	{ "any line: maybe less", "Release: >= 5.10\n", "5.10.0-60.18.0.50.oe2203.x86_64", NULL, false, 0,
	  "unknown version h", "does not tell", true },
	{ "real-time by its name", "Probe: config CONFIG_PREEMPT_RT\n", "5.10.0-32-rt-amd64", NULL, false, 0,
	  "yes version", "its name says PREEMPT_RT", false },
	{ "no real-time kernel by its name", "Probe: config CONFIG_PREEMPT_RT\n", "5.10.0-32-amd64", NULL, false, 0,
	  "no version", "does not say", false },
	{ "real-time by its headers", "Probe: config CONFIG_PREEMPT_RT\n", "5.10.9", "CONFIG_PREEMPT_RT=yes", false, 0,
	  "yes probe", "holds", false },
	{ "headers are above the name", "Probe: config CONFIG_PREEMPT_RT\n", "5.10.9-rt3", "CONFIG_PREEMPT_RT=no",
	  false, 0, "no probe", "does not hold", false },
	{ "headers without an answer", "Probe: config CONFIG_PREEMPT_RT\n", "5.10.9-rt3", "CONFIG_PREEMPT_RT=unknown",
	  false, 0, "yes version", "its name says", false },
	{ "only that option", "Probe: config CONFIG_PREEMPT\n", "5.10.9-rt3", NULL, false, 0, "unknown version h",
	  "without headers", false },
	{ "a rule for RHEL is about RHEL's", "Rhel: 8.4\n", "4.18.0-305.25.1.el8_4.x86_64", NULL, false, 0,
	  "yes version", "met", false },
	{ "no headers, no window, any line", "Probe: symbol a\n", "5.10.9", NULL, false, 0, "unknown version h",
	  "without headers", true },
	{ "no headers: nothing is refused unasked", "Probe: symbol a\nStatus: blocked\nReason: r\n", "5.10.9", NULL,
	  false, 0, "unknown version h", "without headers", false },
	{ "no headers: a window refuses", "Release: >= 5.10\nProbe: symbol a\nStatus: blocked\nReason: r\n", "5.10.9",
	  NULL, false, 0, "yes version", "inside", false },
	{ "no answer: window", "Release: >= 5.10.195\nProbe: symbol a\n", "5.10.200", "a=unknown", false, 0,
	  "yes version", "no answer", false },
	{ "half an answer: window too", "Release: >= 5.10.195\nProbe: symbol a\n symbol b\n", "5.10.200",
	  "a=yes b=unknown", false, 0, "yes both", "inside", false },
	{ "driver's sources missing", "Probe: driver-conftest a\n", "5.10.9", NULL, false, 0, "unknown version d",
	  "cannot tell without the driver's sources", false },
	{ "driver's sources missing, no kernel", "Probe: driver-conftest a\n", NULL, NULL, false, 0,
	  "unknown version d", "cannot tell without the driver's sources", false },
	{ "driver's sources say yes", "Probe: !driver-conftest a\n", "5.10.9", "a=no", true, 0, "yes probe", "holds",
	  false },
	{ "driver's sources say no, no kernel", "Probe: driver-text k/a x\n", NULL, "k/a=no", true, 0, "no probe",
	  "does not hold", false },
	{ "driver's sources and a window", "Release: < 5.11\nProbe: driver-conftest a\n", "5.10.9", "a=yes", true, 0,
	  "yes both", "inside", false },
	{ "rhel by headers", "Rhel: >= 8.4\n", "4.18.0-305.el8.x86_64", "", false, 0x804, "yes version", "met", false },
	{ "rhel by headers, older", "Rhel: >= 8.4\n", "4.18.0-240.el8.x86_64", "", false, 0x803, "no version",
	  "not met", false },
	{ "rhel by name", "Rhel: >= 8.4\n", "4.18.0-305.25.1.el8_4.x86_64", NULL, false, 0, "yes version", "met",
	  false },
	{ "rhel 8.10 is above 8.4", "Rhel: >= 8.4\n", "4.18.0-553.el8_10.x86_64", NULL, false, 0, "yes version", "met",
	  false },
	{ "rhel, minor hidden", "Rhel: >= 8.4\n", "4.18.0-305.el8.x86_64", NULL, false, 0, "unknown version h",
	  "which RHEL", false },
	{ "rhel, minor hidden but enough", "Rhel: >= 8.4\n", "5.14.0-70.el9.x86_64", NULL, false, 0, "yes version",
	  "met", false },
	{ "rhel, another kernel", "Rhel: >= 8.4\n", "4.18.20", NULL, false, 0, "no version", "not met", false },
	{ "rhel, a line", "Rhel: >= 8.4\n", "4.18", NULL, false, 0, "unknown version h", "which RHEL", false },
	{ "rhel counts beside probes", "Rhel: >= 8.4\nProbe: symbol a\n", "4.18.0-305.el8.x86_64", "a=yes", false,
	  0x804, "yes both", "met", false },
	{ "rhel says no beside probes", "Rhel: >= 8.4\nProbe: symbol a\n", "4.18.20", "a=yes", false, 0, "no version",
	  "not met", false },
};

static enum gp_tri answer(void *arg, const struct gp_probe *p)
{
	const char *answers = arg;
	char want[64];
	const char *hit;

	snprintf(want, sizeof(want), "%s=", p->arg);
	hit = strstr(answers, want);
	assert_non_null(hit);
	hit += strlen(want);
	return *hit == 'y' ? GP_TRI_YES : *hit == 'n' ? GP_TRI_NO : GP_TRI_UNKNOWN;
}

static void check_judge(void **state)
{
	const struct judge_case *c = *state;
	struct gp_facts f = { .kind = GP_KIND_HOST,
			      .rhel_code = c->rhel,
			      .has_driver = c->driver,
			      .has_headers = c->answers && c->release,
			      .ask = answer,
			      .arg = (void *)c->answers };
	struct gp_buf text = { 0 };
	struct gp_line l;
	struct gp_release rel;
	struct gp_judgement j;
	char got[64];

	gp_version_parse(GP_STR("460.73.01"), &f.driver, NULL);
	if (c->release) {
		assert_int_equal(gp_release_parse(c->release, &rel, NULL), 0);
		f.release = &rel;
	}
	gp_buf_printf(&text, "Kernel: %s\nStatus: supported\n\nDriver: 460\n%s", c->any ? "any" : "5.10", c->rule);
	assert_int_equal(parse(text.data, &l, NULL), 0);
	gp_rule_judge(&l.rules[0], &f, &j);
	gp_line_release(&l);
	gp_buf_release(&text);
	snprintf(got, sizeof(got), "%s %s%s%s", gp_tri_name(j.holds), gp_decider_name(j.by),
		 j.needs_headers ? " h" : "", j.needs_driver ? " d" : "");
	assert_string_equal(got, c->want);
	assert_int_equal(j.taken, j.holds == GP_TRI_YES);
	if (!strstr(j.why, c->why))
		fail_msg("'%s' is not in '%s'", c->why, j.why);
}

static void test_other_driver(void **state)
{
	struct gp_facts f = { .kind = GP_KIND_HOST };
	struct gp_judgement j;
	struct gp_line l;

	(void)state;
	gp_version_parse(GP_STR("460.107"), &f.driver, NULL);
	assert_int_equal(parse(HEAD "Driver: 450 - 460.106.00\nKind: host\n", &l, NULL), 0);
	gp_rule_judge(&l.rules[0], &f, &j);
	assert_false(j.driver_ok);
	assert_false(j.taken);
	assert_string_equal(j.why, "driver 460.107 is outside '450 - 460.106.00'");
	gp_version_parse(GP_STR("460.73"), &f.driver, NULL);
	f.kind = GP_KIND_MERGED;
	gp_rule_judge(&l.rules[0], &f, &j);
	assert_false(j.driver_ok);
	f.kind_unknown = true;
	gp_rule_judge(&l.rules[0], &f, &j);
	assert_true(j.taken);
	assert_non_null(strstr(j.why, "Kind was not checked"));
	gp_line_release(&l);
}

/* A package without the module is none of the rule's business; when nobody knows
 * what is in it, the rule counts. */
static void test_modules(void **state)
{
	struct gp_facts f = { .kind = GP_KIND_HOST };
	struct gp_list has = { 0 };
	struct gp_judgement j;
	struct gp_line l;

	(void)state;
	gp_version_parse(GP_STR("460.73"), &f.driver, NULL);
	assert_int_equal(parse(HEAD "Driver: 460\nModules: nvidia-drm nvidia-modeset\n", &l, NULL), 0);
	gp_rule_judge(&l.rules[0], &f, &j);
	assert_true(j.taken);
	gp_list_add(&has, "nvidia");
	f.modules = &has;
	gp_rule_judge(&l.rules[0], &f, &j);
	assert_false(j.driver_ok);
	assert_string_equal(j.why, "the package has no nvidia-drm");
	gp_list_add(&has, "nvidia-modeset");
	gp_rule_judge(&l.rules[0], &f, &j);
	assert_true(j.taken);
	gp_list_release(&has);
	gp_line_release(&l);
}

/* Many probes: why is cut, not overrun. */
static void test_long_why(void **state)
{
	struct gp_facts f = { .has_headers = true, .ask = answer, .arg = (void *)"x=yes" };
	struct gp_buf text = { 0 };
	struct gp_release rel;
	struct gp_judgement j;
	struct gp_line l;

	(void)state;
	gp_buf_puts(&text, HEAD "Driver: any\nProbe:\n");
	for (int i = 0; i < 60; i++)
		gp_buf_puts(&text, " symbol x\n");
	gp_release_parse("5.10.9", &rel, NULL);
	f.release = &rel;
	assert_int_equal(parse(text.data, &l, NULL), 0);
	gp_buf_release(&text);
	gp_rule_judge(&l.rules[0], &f, &j);
	assert_true(j.taken);
	assert_true(strlen(j.why) < sizeof(j.why));
	gp_line_release(&l);
}

static void test_known(void **state)
{
	static const struct {
		const char *evidence;
		enum gp_status status;
		const char *want;
	} cases[] = { { "[built] 2026-11-22 on it", GP_STATUS_UNSET, "built" },
		      { "[peer] a report; [built] something else", GP_STATUS_UNSET, "reported" },
		      { "[inference] 5.11 builds [built]", GP_STATUS_UNSET, "expected" },
		      { "it was [source] read, then [peer]", GP_STATUS_UNSET, "expected" },
		      { "no mark", GP_STATUS_UNSET, "expected" },
		      { "[built, ]built", GP_STATUS_UNSET, "expected" },
		      { NULL, GP_STATUS_UNSET, "expected" },
		      { "[source] it lacks the test", GP_STATUS_UNTESTED, "unsure" },
		      { NULL, GP_STATUS_UNTESTED, "unsure" },
		      { "[peer] a report", GP_STATUS_UNTESTED, "reported" },
		      { "[built] once", GP_STATUS_UNTESTED, "built" },
		      { "[source] it has the test", GP_STATUS_SUPPORTED, "expected" } };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		const struct gp_rule r = { .evidence = (char *)cases[i].evidence, .status = cases[i].status };

		assert_string_equal(gp_known_name(gp_rule_known(&r)), cases[i].want);
	}
}

/* Each claim by the first mark that can speak for it. */
static void test_claims(void **state)
{
	static const struct {
		const char *fields, *want; /* builds, loads, unlocks: answer, kind, source */
	} cases[] = {
		{ "Load: unknown\nEvidence: [built] 2026-11-22",
		  "yes built 2026-11-22; unknown none -; unknown none -" },
		{ "Load: yes\nEvidence: [built] on it. [peer] loading: a guide.; not by us",
		  "yes built on it; yes reported loading: a guide.; not by us; unknown none -" },
		{ "Load: yes\nEvidence: [built] on it",
		  "yes built on it; yes inference [built] on it; unknown none -" },
		{ "Load: yes\nEvidence: [booted] it", "yes booted it; yes booted it; unknown none -" },
		{ "Load: yes\nEvidence: [built] it\nLoad-Evidence: [reported] a/b#3; [source] c",
		  "yes built it; yes reported a/b#3; unknown none -" },
		{ "Load: no\nEvidence: [source] a commit", "unknown none -; no source a commit; unknown none -" },
		{ "Load: no\nPatches: x\nEvidence: [source] a commit",
		  "yes source a commit; no source a commit; unknown none -" },
		{ "Hooks: upstream\nEvidence: [booted] it; [inference] x",
		  "unknown none -; unknown none -; yes inference x" },
		{ "Hooks: newer-table\nPatches: x\nEvidence: [built] it\nHooks-Evidence: [peer] p",
		  "yes built it; unknown none -; yes reported p" },
		{ "Hooks: unproved\nEvidence: [peer] p", "unknown none -; unknown none -; unknown none -" },
		{ "Status: blocked\nReason: r\nEvidence: [built] fails",
		  "no built fails; unknown none -; unknown none -" },
		{ "Status: untested\nEvidence: [source] s", "unknown none -; unknown none -; unknown none -" },
		{ "Status: untested\nEvidence: [peer] p.", "yes reported p; unknown none -; unknown none -" },
		{ "Load: yes\nEvidence: nobody knows.", "yes inference nobody knows; yes inference nobody knows; "
							"unknown none -" },
		{ "Load: yes", "yes inference -; yes inference -; unknown none -" },
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto(gp_free_ptr) char *text = gp_asprintf(HEAD "Driver: 460\n%s\n", cases[i].fields);
		gp_auto(gp_buf_release) struct gp_buf got = { 0 };
		struct gp_line l;

		assert_int_equal(parse(text, &l, NULL), 0);
		for (size_t k = 0; k < GP_CLAIM_COUNT; k++) {
			const struct gp_claim *c = &l.rules[0].claims[k];

			gp_buf_printf(&got, "%s%s %s %s", k ? "; " : "", gp_claim_answer_name(c->answer),
				      gp_evidence_kind_name(c->kind), c->source ? c->source : "-");
		}
		assert_string_equal(got.data, cases[i].want);
		gp_line_release(&l);
	}
}

int main(void)
{
	static const struct CMUnitTest plain[] = { cmocka_unit_test(test_full),
						   cmocka_unit_test(test_driver_ranges),
						   cmocka_unit_test(test_told_of),
						   cmocka_unit_test(test_any),
						   cmocka_unit_test(test_overlay),
						   cmocka_unit_test(test_matches),
						   cmocka_unit_test(text_matches_like_regexec),
						   cmocka_unit_test(test_other_driver),
						   cmocka_unit_test(test_long_why),
						   cmocka_unit_test(test_known),
						   cmocka_unit_test(test_claims),
						   cmocka_unit_test(test_modules) };

	FX_TESTS(plain);
	FX_ROWS(bad, check_bad, NULL, NULL);
	FX_ROWS(as_cases, check_as, NULL, NULL);
	FX_ROWS(load_cases, check_load, NULL, NULL);
	FX_ROWS(judges, check_judge, NULL, NULL);
	return fx_run(NULL, NULL);
}
