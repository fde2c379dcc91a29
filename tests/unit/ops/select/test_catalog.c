/* SPDX-License-Identifier: MIT */
/* Tests: ops/select/claims, ops/select/datadir, ops/select/lines, ops/select/override, ops/select/select */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/text.h"
#include "fx_table.h"
#include "ops/select/select.h"
#include "ops/select/datadir.h"

struct world {
	char *root;
	struct gp_list dirs;
	struct gp_catalog c;
	struct gp_selection s;
	struct gp_buf text;
	const char *driver_files; /* "path=text" of the only file, NULL: none at hand */
	struct gp_query_kernel kernel[8];
	struct gp_query q;
	const void *want; /* the case of a table */
};

static void put(const struct world *w, const char *path, const char *text)
{
	gp_auto(gp_free_ptr) char *full = gp_path_join(w->root, path);
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(full);

	assert_int_equal(gp_mkdirs(dir, NULL), 0);
	assert_int_equal(gp_file_write(full, text, strlen(text), 0644, true, NULL), 0);
}

static void add_dir(struct world *w, const char *name)
{
	gp_list_take(&w->dirs, gp_path_join(w->root, name));
}

static void put_set(const struct world *w, const char *set, bool neutral)
{
	gp_auto(gp_free_ptr) char *series = gp_asprintf("d/patches/%s/series", set);
	gp_auto(gp_free_ptr) char *patch = gp_asprintf("d/patches/%s/x.patch", set);

	put(w, series, "# one\nx.patch\n");
	put(w, patch,
	    neutral ? "Description: x\nScope: neutral\n\n--- a/x\n+++ b/x\n" : "some words\n--- a/x\n+++ b/x\n");
}

/* Data that is like the real one, but small. */
static int setup(void **state)
{
	struct world *w = gp_alloc(sizeof(*w));
	char tmpl[] = "/tmp/gp-catalog-XXXXXX";

	w->want = *state;
	w->root = realpath(mkdtemp(tmpl), NULL);
	add_dir(w, "d");
	put_set(w, "eventfd", true);
	put_set(w, "symbol-get", true);
	put_set(w, "pfn", true);
	put_set(w, "licence", true);
	put_set(w, "own", false);
	put(w, "d/patches/empty/README", "no series: not a set\n");
	put(w, "d/kernel-versions/any",
	    "Kernel: any\n\nDriver: 450 - 460.106.00\nHooks: upstream\n\n"
	    "Driver: >= 460.107\nHooks: newer-table\n\n"
	    "Driver: 460\nKind: host merged\nRelease: >= 6.0\nStatus: blocked\n"
	    "Reason: too new\nInstead: 5.10\n");
	put(w, "d/kernel-versions/5.4",
	    "Kernel: 5.4\nStatus: supported\n\nDriver: 450 - 460.107\nLoad: yes\nEvidence: old\n");
	put(w, "d/kernel-versions/5.10",
	    "Kernel: 5.10\nStatus: supported\n\n"
	    "Driver: 460\nKind: host\nRelease: < 5.10.195\nPatches: eventfd symbol-get\nLoad: yes\n"
	    "Evidence: built\n\n"
	    "Driver: 460\nKind: host\nRelease: >= 5.10.195\nPatches: eventfd own\nLoad: no\n\n"
	    "Driver: 460\nProbe: symbol-gpl rcu\nPatches: pfn\n\n"
	    "Driver: 460\nProbe: driver-text a.c MIT\nPatches: licence\n");
	put(w, "d/kernel-versions/5.11",
	    "Kernel: 5.11\nStatus: untested\nReason: nobody tried\n\nDriver: 460\nPatches: eventfd\n");
	put(w, "d/kernel-versions/5.13",
	    "Kernel: 5.13\nStatus: blocked\nReason: mdev\nInstead: 5.11\n\n"
	    "Driver: 525\nStatus: supported\nLoad: yes\n");
	put(w, "d/kernel-versions/6.1",
	    "Kernel: 6.1\nStatus: supported\n\nDriver: 535\nLoad: yes\n\n"
	    "Driver: 550\nLoad: no\n\nDriver: 570\nProbe: driver-text a.c MIT\nLoad: yes\n");
	put(w, "d/kernel-versions/.hidden", "junk\n");
	put(w, "d/kernel-versions/README", "junk\n");
	put(w, "d/kernel-versions/5.4~", "junk\n");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < GP_COUNT(w->kernel); i++) {
		gp_headers_release(w->kernel[i].headers);
		free(w->kernel[i].headers);
	}
	gp_selection_release(&w->s);
	gp_catalog_release(&w->c);
	gp_list_release(&w->dirs);
	gp_buf_release(&w->text);
	gp_remove_tree(w->root);
	free(w->root);
	free(w);
	return 0;
}

static void load(struct world *w)
{
	struct gp_err err = { 0 };

	if (gp_catalog_load(&w->dirs, GP_DATA_ALL, &w->c, &err))
		fail_msg("%s: %s", err.context, err.cause);
}

static void refused(struct world *w, enum gp_code code, const char *message)
{
	struct gp_err err = { 0 };
	char text[700];

	assert_int_equal(gp_catalog_load(&w->dirs, GP_DATA_ALL, &w->c, &err), -1);
	assert_int_equal(err.code, code);
	gp_err_format(&err, text, sizeof(text));
	if (!strstr(text, message))
		fail_msg("'%s' is not in '%s'", message, text);
	assert_int_equal(w->c.nlines, 0);
}

/* --- loading --- */

static void test_load(void **state)
{
	char sum[GP_SHA256_HEX];
	struct world *w = *state;

	load(w);
	assert_int_equal(w->c.nlines, 5);
	assert_string_equal(w->c.lines[0].name, "5.4");
	assert_string_equal(w->c.lines[1].name, "5.10");
	assert_string_equal(w->c.lines[4].name, "6.1");
	assert_int_equal(w->c.any.n, 3);
	assert_int_equal(w->c.nsets, 5);
	assert_true(gp_catalog_set(&w->c, "eventfd")->neutral);
	assert_false(gp_catalog_set(&w->c, "own")->neutral);
	assert_null(gp_catalog_set(&w->c, "empty"));
	assert_string_equal(gp_catalog_set(&w->c, "own")->text[0].data, "some words\n--- a/x\n+++ b/x\n");
	/* printf '# one\nx.patch\nsome words\n--- a/x\n+++ b/x\n' | sha256sum */
	gp_patchset_sum(gp_catalog_set(&w->c, "own"), sum);
	assert_string_equal(sum, "6e42d8a40bf5107f2894ce704738159ff15081543b1d7a5549174e9c74c59b8b");
}

static void test_set_order(void **state)
{
	struct world *w = *state;

	put(w, "d/patches/series", "symbol-get\n# then\npfn\n");
	load(w);
	assert_string_equal(w->c.sets[0].name, "symbol-get");
	assert_string_equal(w->c.sets[1].name, "pfn");
	assert_string_equal(w->c.sets[2].name, "eventfd");
}

static void test_missing_set(void **state)
{
	struct world *w = *state;

	put(w, "d/kernel-versions/5.12",
	    "Kernel: 5.12\nStatus: supported\n\n"
	    "Driver: 460\nPatches: eventfd none\n");
	refused(w, GP_E_FORMAT, "/d/kernel-versions/5.12:4': patch set 'none' does not exist");
}

static void test_order_names_missing_set(void **state)
{
	struct world *w = *state;

	put(w, "d/patches/series", "eventfd\nnone\n");
	refused(w, GP_E_FORMAT, "series:2': patch set 'none' does not exist");
}

static void test_missing_patch(void **state)
{
	struct world *w = *state;

	put(w, "d/patches/own/series", "y.patch\n");
	refused(w, GP_E_NOTFOUND, "patch set 'own'");
}

static void test_bad_files(void **state)
{
	struct world *w = *state;

	put(w, "d/kernel-versions/6.2", "Kernel: 6.2\nStatus: supported\n\nDriver: 460\nLod: yes\n");
	refused(w, GP_E_FORMAT, "/d/kernel-versions/6.2:5': unknown field 'Lod'");
	put(w, "d/kernel-versions/6.2", "# nothing\n");
	refused(w, GP_E_FORMAT, "6.2': no kernel line");
	put(w, "d/kernel-versions/6.2",
	    "Kernel: 6.2\nStatus: untested\n\nDriver: 1\nLines: >= 6.2\nRelease: < 6.2.3\n");
	refused(w, GP_E_FORMAT, "/d/kernel-versions/6.2:6': Release, and Lines '>= 6.2' without an end");
}

static void test_not_data(void **state)
{
	struct world *w = *state;

	put(w, "e/x", "");
	add_dir(w, "e");
	refused(w, GP_E_NOTFOUND, "neither kernel-versions nor patches");
}

/* A file of the same name replaces; another about the same line lies over. */
static void test_overlay(void **state)
{
	struct world *w = *state;

	put(w, "e/kernel-versions/5.4", "Kernel: 5.4\nStatus: untested\n\nDriver: 460\nLoad: no\n");
	put(w, "e/kernel-versions/mine",
	    "Kernel: 5.10\nStatus: supported\n\n"
	    "Driver: 460\nKind: host\nRelease: < 5.10.195\nPatches: own\nLoad: unknown\n\n"
	    "Driver: 470\nLoad: yes\n");
	put(w, "e/patches/own/series", "z.patch\n");
	put(w, "e/patches/own/z.patch", "Scope: neutral\n--- a/x\n+++ b/x\n");
	add_dir(w, "e");
	load(w);
	assert_int_equal(w->c.lines[0].n, 1);
	assert_int_equal(w->c.lines[0].status, GP_STATUS_UNTESTED);
	assert_int_equal(w->c.lines[1].n, 5);
	assert_string_equal(w->c.lines[1].rules[0].patches.v[0], "own");
	assert_true(gp_str_ends(gp_str_of(w->c.lines[1].rules[0].file), "/e/kernel-versions/mine"));
	assert_true(gp_str_ends(gp_str_of(w->c.lines[1].rules[1].file), "/d/kernel-versions/5.10"));
	assert_string_equal(w->c.lines[1].rules[4].driver_text, "470");
	assert_true(gp_catalog_set(&w->c, "own")->neutral);
}

/* The table for merging has no rules of kernels; what comes later wins. */
static void test_merge_table(void **state)
{
	static const char rule[] = "Branch: any\nTake: host\nPath: a\nReason: %s\nEvidence: e\n";
	gp_auto(gp_free_ptr) char *first = gp_asprintf(rule, "first"), *later = gp_asprintf(rule, "later");
	struct world *w = *state;
	struct gp_version v;

	put(w, "d/kernel-versions/merge", first);
	put(w, "e/kernel-versions/merge", later);
	add_dir(w, "e");
	load(w);
	assert_int_equal(gp_version_parse(GP_STR("460.73.02"), &v, NULL), 0);
	assert_string_equal(gp_merge_rule_of(&w->c.merge, &v, "a")->reason, "later");
	assert_int_equal(w->c.nlines, 5);
}

static void test_bad_merge_table(void **state)
{
	struct world *w = *state;

	put(w, "d/kernel-versions/merge", "Branch: any\nTake: nobody\nPath: a\nReason: r\nEvidence: e\n");
	refused(w, GP_E_FORMAT, "d/kernel-versions/merge:2': field 'Take' cannot be 'nobody'");
}

static const struct gp_line *line_of(const struct world *w, const char *name)
{
	for (size_t i = 0; i < w->c.nlines; i++)
		if (strcmp(w->c.lines[i].name, name) == 0)
			return &w->c.lines[i];
	fail_msg("no line %s", name);
	return NULL;
}

/* "470=yes" for each rule: its driver and Load, with its Release where it has one. */
static const char *rules_of(struct world *w, const char *name)
{
	const struct gp_line *l = strcmp(name, "any") == 0 ? &w->c.any : line_of(w, name);

	gp_buf_release(&w->text);
	gp_buf_puts(&w->text, "");
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_rule *r = &l->rules[i];

		gp_buf_printf(&w->text, "%s%s=%s%s%s", i ? "; " : "", r->driver_text, gp_load_name(r->load),
			      r->has_release ? " " : "", r->has_release ? r->release_text : "");
	}
	return w->text.data;
}

/* A rule holds on the lines that it names, and onward on every line: it stands behind
 * what is said there. */
static void test_reach(void **state)
{
	struct world *w = *state;

	put(w, "e/kernel-versions/5.4",
	    "Kernel: 5.4\nStatus: untested\n\n"
	    "Driver: 470\nLines: 5.4, 5.11 - 6.1\nRelease: < 5.4.9, 5.12.3, >= 5.13.2\nLoad: yes\n"
	    "Evidence: [built 5.4, 6.1] a [source] b\n\n"
	    "Driver: 510\nLines: >= 5.4\nLoad: no\n");
	put(w, "e/kernel-versions/5.11", "Kernel: 5.11\nStatus: untested\n\nDriver: 390\nLoad: no\n");
	put(w, "e/kernel-versions/5.13", "Kernel: 5.13\nStatus: untested\n");
	add_dir(w, "e");
	load(w);
	assert_string_equal(rules_of(w, "5.4"), "470=yes < 5.4.9");
	assert_string_equal(rules_of(w, "5.11"), "390=no; 470=yes");
	assert_string_equal(rules_of(w, "5.13"), "470=yes >= 5.13.2");
	assert_null(strstr(rules_of(w, "5.10"), "470"));
	assert_non_null(strstr(rules_of(w, "6.1"), "; 470=yes"));
	assert_non_null(strstr(rules_of(w, "any"), "; 510=no >= 5.4"));
	assert_string_equal(line_of(w, "5.4")->rules[0].evidence, "[built] a [source] b");
	assert_string_equal(line_of(w, "5.11")->rules[1].evidence, "[source] b");
	assert_true(gp_str_ends(gp_str_of(line_of(w, "6.1")->rules[3].file), "/e/kernel-versions/5.4"));
	assert_int_equal(line_of(w, "6.1")->rules[3].claims[GP_CLAIM_BUILDS].kind, GP_EVIDENCE_BUILT);
	assert_true(w->c.any.rules[3].any_line);
}

/* The later directory wins, whichever of both reaches; in one directory there is no
 * later. */
static void test_reach_over(void **state)
{
	struct world *w = *state;

	put(w, "e/kernel-versions/5.4", "Kernel: 5.4\nStatus: untested\n\nDriver: 470\nLines: 5.4 - 5.11\nLoad: yes\n");
	put(w, "f/kernel-versions/5.11", "Kernel: 5.11\nStatus: untested\n\nDriver: 470\nLoad: no\n");
	put(w, "f/kernel-versions/mine",
	    "Kernel: 5.10\nStatus: untested\n\nDriver: 535\nLines: 5.10, 6.1\nLoad: no\n\n"
	    "Driver: >= 460.107\nRelease: 5.10\nHooks: upstream\n");
	add_dir(w, "e");
	add_dir(w, "f");
	load(w);
	assert_string_equal(rules_of(w, "5.11"), "470=no");
	assert_non_null(strstr(rules_of(w, "5.10"), "; 470=yes"));
	assert_string_equal(rules_of(w, "6.1"), "535=no; 550=no; 570=yes");
	gp_catalog_release(&w->c);
	put(w, "f/kernel-versions/5.4", "Kernel: 5.4\nStatus: untested\n\nDriver: 470\nLines: 5.4 - 5.11\nLoad: yes\n");
	refused(w, GP_E_FORMAT, "/f/kernel-versions/5.4:4': reaches 5.11, and");
}

/* Who replaces a file takes back what it says of its line, and nothing of others. */
static void test_reach_replaced(void **state)
{
	struct world *w = *state;

	put(w, "e/kernel-versions/5.4",
	    "Kernel: 5.4\nStatus: untested\n\nDriver: 470\nLines: 5.4 - 5.11\nLoad: yes\n\n"
	    "Driver: 510\nLines: >= 5.4\nLoad: no\n");
	put(w, "f/kernel-versions/5.4", "Kernel: 5.4\nStatus: untested\n\nDriver: 390\nLoad: no\n");
	put(w, "f/kernel-versions/5.10", "Kernel: 5.10\nStatus: untested\n\nDriver: 470\nLoad: no\n");
	put(w, "e/kernel-versions/any", "Kernel: any\nLines: 5.4 - 5.13\n");
	put(w, "f/kernel-versions/any", "Kernel: any\n\nDriver: 999\nLoad: no\n");
	add_dir(w, "e");
	add_dir(w, "f");
	load(w);
	assert_string_equal(rules_of(w, "5.4"), "390=no");
	assert_string_equal(rules_of(w, "5.10"), "470=no");
	assert_non_null(strstr(rules_of(w, "5.11"), "; 470=yes"));
	assert_string_equal(rules_of(w, "any"), "510=no >= 5.4; 999=no");
	assert_int_equal(w->c.any.history.n, 1);
}

/* --- selecting --- */

static bool driver_file(void *arg, const char *path, struct gp_str *out)
{
	const struct world *w = arg;
	size_t n = strlen(path);

	if (strncmp(w->driver_files, path, n) != 0 || w->driver_files[n] != '=')
		return false;
	*out = gp_str_of(w->driver_files + n + 1);
	return true;
}

static void ask(struct world *w, const char *driver, const char *kernel)
{
	load(w);
	assert_int_equal(gp_version_parse(gp_str_of(driver), &w->q.driver, NULL), 0);
	w->q.kind = GP_KIND_HOST;
	w->q.kernels = w->kernel;
	if (kernel) {
		assert_int_equal(gp_release_parse(kernel, &w->kernel[0].release, NULL), 0);
		w->q.nkernels = 1;
	}
	if (w->driver_files)
		w->q.driver_file = driver_file;
	w->q.arg = w;
	assert_int_equal(gp_catalog_select(&w->c, &w->q, &w->s, NULL), 0);
}

static const char *names(struct world *w, const struct gp_chosen_list *l)
{
	gp_buf_release(&w->text);
	for (size_t i = 0; i < l->n; i++)
		gp_buf_printf(&w->text, "%s%s", i ? " " : "", l->v[i].set->name);
	return w->text.data ? w->text.data : "";
}

struct select_case {
	const char *name;
	const char *driver, *kernel;
	const char *verdict, *nearest, *load;
	const char *sets, *maybe;
	const char *reason; /* the first, or "" */
};

static const struct select_case selects[] = {
	{ "in its window", "460.73.01", "5.10.9", "supported", "5.10", "yes", "eventfd symbol-get", "pfn licence", "" },
	{ "in the other window", "460.73.01", "5.10.200", "supported", "5.10", "no", "eventfd own", "pfn licence", "" },
	{ "patch level hidden", "460.73.01", "5.10.0-32-amd64", "supported", "5.10", "unknown", "",
	  "eventfd symbol-get own pfn licence", "" },
	{ "builds unpatched", "460.73.01", "5.4.106-1-pve", "supported", "5.4", "yes", "", "", "" },
	{ "line untested", "460.73.01", "5.11.22-7-pve", "untested", "5.11", "unknown", "eventfd", "", "nobody tried" },
	{ "gap", "460.73.01", "5.12.9", "untested", "5.11", "unknown", "", "", "" },
	{ "line blocked", "460.73.01", "5.13.19", "blocked", "5.13", "unknown", "", "", "mdev" },
	{ "a rule overrules its line", "525.85.07", "5.13.19", "supported", "5.13", "yes", "", "", "" },
	{ "blocked for any line", "460.73.01", "6.1.0-56-amd64", "blocked", "6.1", "unknown", "", "", "too new" },
	{ "blocked beats unknown", "460.73.01", "6.9.1", "blocked", "6.1", "unknown", "", "", "too new" },
	{ "newer than all", "535.54.06", "6.9.1", "unknown", "6.1", "unknown", "", "", "" },
	{ "older than all", "460.73.01", "4.19.1", "unknown", "5.4", "unknown", "", "", "" },
	{ "no evidence", "535.54.06", "5.10.9", "no evidence", "5.10", "unknown", "", "", "" },
	{ "a bare warning is no evidence", "550.54.10", "6.1.9", "no evidence", "6.1", "no", "", "", "" },
	{ "nor is what needs the sources", "570.124.03", "6.1.9", "no evidence", "6.1", "unknown", "", "", "" },
	{ "another driver", "535.54.06", "6.1.9", "supported", "6.1", "yes", "", "", "" },
};

static void check_select(void **state)
{
	struct world *w = *state;
	const struct select_case *c = w->want;
	const struct gp_choice *k;

	ask(w, c->driver, c->kernel);
	k = &w->s.kernels[0];
	assert_string_equal(gp_verdict_name(k->verdict), c->verdict);
	assert_string_equal(k->nearest->name, c->nearest);
	assert_string_equal(gp_load_name(k->load), c->load);
	assert_string_equal(names(w, &k->sets), c->sets);
	assert_string_equal(names(w, &k->maybe), c->maybe);
	assert_string_equal(k->reasons.n ? k->reasons.v[0] : "", c->reason);
}

/* The best evidence of a rule that holds; none of a rule that holds on a part. */
static void test_claims(void **state)
{
	struct world *w = *state;
	struct gp_claim c[GP_CLAIM_COUNT];

	put(w, "d/kernel-versions/6.1",
	    "Kernel: 6.1\nStatus: supported\n\n"
	    "Driver: 535.54\nLoad: yes\nEvidence: [peer] a/b#1\n\n"
	    "Driver: 535\nLoad: yes\nEvidence: [built] it\n\n"
	    "Driver: 535.100 - 535.200\nRelease: < 6.1.52\nLoad: unknown\nEvidence: [built] it\n");
	put(w, "e/kernel-versions/mine", "Kernel: any\n\nDriver: 535\nHooks: upstream\nEvidence: [source] x\n");
	add_dir(w, "e");
	ask(w, "535.54.06", "6.1.9");
	gp_choice_claims(&w->s.kernels[0], c);
	assert_int_equal(c[GP_CLAIM_BUILDS].answer, GP_CLAIM_YES);
	assert_int_equal(c[GP_CLAIM_BUILDS].kind, GP_EVIDENCE_BUILT);
	assert_string_equal(c[GP_CLAIM_BUILDS].source, "it");
	assert_int_equal(c[GP_CLAIM_LOADS].answer, GP_CLAIM_YES);
	assert_int_equal(c[GP_CLAIM_LOADS].kind, GP_EVIDENCE_REPORTED);
	assert_string_equal(c[GP_CLAIM_LOADS].source, "a/b#1");
	/* Of the rule that says it last: newer-table is needed above all. */
	assert_int_equal(w->s.kernels[0].hooks, GP_HOOKS_NEWER_TABLE);
	assert_int_equal(c[GP_CLAIM_UNLOCKS].answer, GP_CLAIM_YES);
	assert_int_equal(c[GP_CLAIM_UNLOCKS].kind, GP_EVIDENCE_INFERENCE);
	gp_selection_release(&w->s);
	gp_catalog_release(&w->c);
	ask(w, "550.54.10", "5.12.9"); /* a gap */
	gp_choice_claims(&w->s.kernels[0], c);
	assert_int_equal(c[GP_CLAIM_BUILDS].answer, GP_CLAIM_UNKNOWN);
	gp_selection_release(&w->s);
	gp_catalog_release(&w->c);
	ask(w, "460.73.01", "6.1.9"); /* blocked */
	gp_choice_claims(&w->s.kernels[0], c);
	assert_int_equal(c[GP_CLAIM_BUILDS].answer, GP_CLAIM_NO);
	assert_int_equal(c[GP_CLAIM_BUILDS].kind, GP_EVIDENCE_INFERENCE);
	assert_int_equal(c[GP_CLAIM_LOADS].answer, GP_CLAIM_UNKNOWN);
}

static void test_driver_sources(void **state)
{
	struct world *w = *state;

	w->driver_files = "kernel/a.c=x\nMODULE_LICENSE(MIT)\n";
	ask(w, "460.73.01", "5.10.9");
	assert_string_equal(names(w, &w->s.kernels[0].sets), "eventfd symbol-get licence");
	assert_string_equal(names(w, &w->s.neutral), "eventfd symbol-get pfn licence");
	assert_false(w->s.needs_driver);
}

static void test_driver_sources_say_no(void **state)
{
	struct world *w = *state;

	w->driver_files = "a.c=Dual BSD\n";
	ask(w, "460.73.01", "5.10.9");
	assert_string_equal(names(w, &w->s.kernels[0].sets), "eventfd symbol-get");
	assert_string_equal(names(w, &w->s.neutral), "eventfd symbol-get pfn");
}

/* A set is for the hooks when all of its patches say so; then it is in no list
 * of the driver's. */
static void test_hook_sets(void **state)
{
	static const char rule[] =
		"Kernel: 5.11\nStatus: supported\n\nDriver: 460\nPatches: fix eventfd half\nLoad: yes\n";
	struct world *w = *state;

	put(w, "d/patches/fix/series", "x.patch\ny.patch\n");
	put(w, "d/patches/fix/x.patch", "Scope: hooks\n--- a/x\n+++ b/x\n");
	put(w, "d/patches/fix/y.patch", "Description: d\nScope: hooks\n\n--- a/x\n+++ b/x\n");
	put(w, "d/patches/half/series", "x.patch\ny.patch\n");
	put(w, "d/patches/half/x.patch", "Scope: hooks\n--- a/x\n+++ b/x\n");
	put(w, "d/patches/half/y.patch", "Scope: neutral\n--- a/x\n+++ b/x\n");
	put(w, "d/kernel-versions/5.11", rule);
	ask(w, "460.73.01", "5.4.9");
	assert_true(gp_catalog_set(&w->c, "fix")->hooks);
	assert_false(gp_catalog_set(&w->c, "fix")->neutral);
	assert_false(gp_catalog_set(&w->c, "half")->hooks);
	assert_false(gp_catalog_set(&w->c, "half")->neutral);
	assert_string_equal(names(w, &w->s.hook_sets), "fix");
	assert_int_equal(w->s.kernels[0].sets.n, 0);
	assert_false(gp_selection_with(&w->c, &w->s, gp_catalog_set(&w->c, "fix")));
	assert_true(gp_selection_without(&w->s, gp_catalog_set(&w->c, "fix")));
	assert_int_equal(w->s.hook_sets.n, 0);
	assert_true(gp_selection_with(&w->c, &w->s, gp_catalog_set(&w->c, "fix")));
	assert_string_equal(names(w, &w->s.hook_sets), "fix");
	assert_false(gp_chosen_has(&w->s.neutral, gp_catalog_set(&w->c, "fix")));
	for (size_t i = 0; i < w->s.nlines; i++)
		assert_false(gp_chosen_has(&w->s.lines[i].sets, gp_catalog_set(&w->c, "fix")));
}

static void test_conftest(void **state)
{
	struct world *w = *state;

	put(w, "d/kernel-versions/6.1",
	    "Kernel: 6.1\nStatus: supported\n\n"
	    "Driver: 535\nProbe: driver-conftest b_two\nPatches: eventfd\n\n"
	    "Driver: 535\nProbe: driver-conftest two\nPatches: pfn\n");
	w->driver_files = "kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.Kbuild="
			  "NV_CONFTEST_TYPE_COMPILE_TESTS += b_two\n";
	ask(w, "535.54.06", "6.1.9");
	assert_string_equal(names(w, &w->s.kernels[0].sets), "eventfd");
	assert_string_equal(names(w, &w->s.kernels[0].maybe), "");
}

/* Each place where a release may have its lists; and one that has none. */
static void test_conftest_places(void **state)
{
	static const char *const places[] = { "kernel/Kbuild",
					      "Kbuild",
					      "kernel/nvidia/nvidia.Kbuild",
					      "nvidia-uvm/nvidia-uvm.Kbuild",
					      "kernel/nvidia-modeset/nvidia-modeset.Kbuild",
					      "kernel/nvidia-drm/nvidia-drm-sources.mk",
					      "kernel/nvidia-peermem/nvidia-peermem.Kbuild",
					      "kernel/conftest.sh" };
	struct world *w = *state;

	put(w, "d/kernel-versions/6.1",
	    "Kernel: 6.1\nStatus: supported\n\n"
	    "Driver: 535\nProbe: driver-conftest two\nPatches: pfn\n");
	for (size_t i = 0; i < GP_COUNT(places); i++) {
		gp_auto(gp_free_ptr) char *file =
			gp_asprintf("%s=    two)\nNV_CONFTEST_TYPE_COMPILE_TESTS += two\n", places[i]);
		bool is_list = i + 1 < GP_COUNT(places);

		w->driver_files = file;
		ask(w, "535.54.06", "6.1.9");
		assert_string_equal(names(w, &w->s.kernels[0].sets), is_list ? "pfn" : "");
		assert_string_equal(names(w, &w->s.kernels[0].maybe), is_list ? "" : "pfn");
		gp_selection_release(&w->s);
		gp_catalog_release(&w->c);
	}
	w->driver_files = NULL;
}

static void test_driver_wide(void **state)
{
	struct world *w = *state;
	struct gp_buf covers = { 0 };

	ask(w, "460.73.01", NULL);
	assert_int_equal(w->s.nkernels, 0);
	assert_string_equal(names(w, &w->s.neutral), "eventfd symbol-get pfn");
	assert_true(w->s.needs_driver);
	assert_string_equal(gp_hooks_name(w->s.hooks), "upstream");
	gp_selection_covers(&w->s, &covers);
	assert_string_equal(covers.data, "5.4, 5.10–5.11");
	gp_buf_release(&covers);
	/* 5.13 and 6.1 are blocked, which is no unknown. */
	assert_string_equal(gp_verdict_name(w->s.lines[3].verdict), "blocked");
	assert_string_equal(gp_verdict_name(w->s.lines[4].verdict), "blocked");
	assert_null(w->s.next_unknown);
	assert_true(w->s.newer_blocked);
}

/* Which line follows the last one of a major number the data know. */
static void test_history(void **state)
{
	struct world *w = *state;
	gp_auto(gp_buf_release) struct gp_buf covers = { 0 };

	put(w, "e/kernel-versions/6.1", "Kernel: 6.1\nStatus: untested\n\nDriver: 999\nLines: 6.1, 7.0\nLoad: yes\n");
	put(w, "e/kernel-versions/7.0", "Kernel: 7.0\nStatus: untested\n");
	add_dir(w, "e");
	ask(w, "999.1", NULL);
	gp_selection_covers(&w->s, &covers);
	assert_string_equal(covers.data, "6.1, 7.0");
	gp_selection_release(&w->s);
	gp_catalog_release(&w->c);
	gp_buf_release(&covers);
	put(w, "e/kernel-versions/mine", "Kernel: any\nLines: 6.0 - 6.1, 7.0 - 7.3\n");
	ask(w, "999.1", NULL);
	gp_selection_covers(&w->s, &covers);
	assert_string_equal(covers.data, "6.1–7.0");
}

static void test_nothing_known(void **state)
{
	struct world *w = *state;
	struct gp_buf covers = { 0 };

	ask(w, "390.1", NULL);
	gp_selection_covers(&w->s, &covers);
	assert_int_equal(covers.len, 0);
	assert_string_equal(w->s.next_unknown->name, "5.4");
	assert_int_equal(w->s.neutral.n, 0);
	assert_int_equal(w->s.hooks, GP_HOOKS_UNSET);
	gp_selection_release(&w->s);
	gp_catalog_release(&w->c);
	ask(w, "535.54.06", NULL);
	assert_null(w->s.next_unknown);
}

static void test_global_order(void **state)
{
	struct world *w = *state;

	put(w, "d/patches/series", "pfn\nsymbol-get\n");
	ask(w, "460.73.01", "5.10.9");
	assert_string_equal(names(w, &w->s.neutral), "pfn symbol-get eventfd");
	assert_string_equal(names(w, &w->s.kernels[0].sets), "symbol-get eventfd");
	assert_string_equal(w->s.kernels[0].sets.v[0].rule->driver_text, "460");
}

static void give_headers(struct world *w)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_join(w->root, "k");

	put(w, "k/include/linux/kernel.h", "");
	put(w, "k/include/generated/autoconf.h", "");
	put(w, "k/include/generated/utsrelease.h", "#define UTS_RELEASE \"5.10.0-32-amd64\"\n");
	put(w, "k/Makefile", "VERSION = 5\nPATCHLEVEL = 10\nSUBLEVEL = 223\n");
	put(w, "k/Module.symvers", "0x1\trcu\tvmlinux\tEXPORT_SYMBOL_GPL\t\n");
	w->kernel[0].headers = gp_alloc(sizeof(struct gp_headers));
	assert_int_equal(gp_headers_open(dir, w->kernel[0].headers, NULL), 0);
	w->q.nkernels = 1;
}

/* Headers: the true patch level decides the windows, Module.symvers the probe. */
static void test_with_headers(void **state)
{
	struct world *w = *state;
	const struct gp_choice *k = NULL;

	give_headers(w);
	ask(w, "460.73.01", NULL);
	k = &w->s.kernels[0];
	assert_string_equal(k->release.text, "5.10.0-32-amd64");
	assert_true(k->has_headers);
	assert_string_equal(names(w, &k->sets), "eventfd own pfn");
	assert_string_equal(names(w, &k->maybe), "licence");
	assert_int_equal(k->load, GP_LOAD_NO);
	assert_false(k->needs_headers);
	assert_true(k->needs_driver);
	assert_int_equal(k->nrules, 6);
	assert_int_equal(k->rules[4].j.by, GP_BY_PROBE);
}

/* What cannot be looked at is not missing: there is no answer then. */
static void test_unsound_headers(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *link = gp_path_join(w->root, "k/include/linux/loop.h");
	struct gp_err err = { 0 };

	put(w, "d/kernel-versions/probing",
	    "Kernel: 5.10\nStatus: supported\n\nDriver: 460\nProbe: header linux/loop.h\nLoad: yes\n");
	give_headers(w);
	ask(w, "460.73.01", NULL);
	gp_selection_release(&w->s);
	assert_int_equal(symlink("loop.h", link), 0);
	assert_int_equal(gp_catalog_select(&w->c, &w->q, &w->s, &err), -1);
	assert_int_equal(err.code, GP_E_SYSTEM);
	assert_non_null(strstr(err.cause, "loop.h"));
	assert_int_equal(w->s.nkernels, 0);
}

/* --- where the data is --- */

static void test_datadir(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *d = gp_path_join(w->root, "d"), *e = gp_path_join(w->root, "e");
	gp_auto(gp_free_ptr) char *tree = gp_path_join(w->root, "d/build-san/gridpatch");
	gp_auto(gp_free_ptr) char *elsewhere = gp_path_join(w->root, "d/obj/gridpatch");
	gp_auto(gp_free_ptr) char *bin = gp_path_join(w->root, "usr/bin/gridpatch");
	gp_auto(gp_free_ptr) char *other = gp_path_join(w->root, "usr/x/gridpatch");
	struct gp_datadir_places p = { .env = d, .exe = "/x/y", .compiled = "/x" };
	struct gp_list *l = &w->dirs;
	struct gp_err err = { 0 };

	gp_list_add(&p.over, e);
	gp_list_release(l);
	assert_int_equal(gp_datadir_find_in(&p, l, &err), 0);
	assert_int_equal(l->n, 1);
	assert_string_equal(l->v[0], d);
	p.env = e;
	assert_int_equal(gp_datadir_find_in(&p, l, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	p.env = "";
	assert_int_equal(gp_datadir_find_in(&p, l, &err), -1);
	p.exe = elsewhere;
	assert_int_equal(gp_datadir_find_in(&p, l, &err), -1);
	p.exe = tree;
	put(w, "e/patches/series", "");
	gp_list_release(l);
	assert_int_equal(gp_datadir_find_in(&p, l, &err), 0);
	assert_int_equal(l->n, 2);
	assert_string_equal(l->v[0], d);
	assert_string_equal(l->v[1], e);
	p.exe = bin;
	put(w, "usr/share/gridpatch/kernel-versions/5.4", "");
	gp_list_release(l);
	assert_int_equal(gp_datadir_find_in(&p, l, &err), 0);
	assert_true(gp_str_ends(gp_str_of(l->v[0]), "/usr/share/gridpatch"));
	/* What lies beside the program comes before the place that it was compiled for. */
	p.compiled = d;
	gp_list_release(l);
	assert_int_equal(gp_datadir_find_in(&p, l, &err), 0);
	assert_true(gp_str_ends(gp_str_of(l->v[0]), "/usr/share/gridpatch"));
	/* Beside means beside a bin: share/ next to any other directory is another's. */
	p.exe = other;
	gp_list_release(l);
	assert_int_equal(gp_datadir_find_in(&p, l, &err), 0);
	assert_string_equal(l->v[0], d);
	gp_list_release(&p.over);
}

/* What nobody asked for is not read, and not said to be bad. */
static void test_tables(void **state)
{
	static const struct {
		const char *file;
		unsigned table;
	} is[] = { { "d/kernel-versions/cards", GP_DATA_CARDS },
		   { "d/kernel-versions/platforms", GP_DATA_PLATFORMS },
		   { "d/kernel-versions/exports", GP_DATA_EXPORTS },
		   { "d/kernel-versions/merge", GP_DATA_MERGE } };
	struct world *w = *state;

	for (size_t i = 0; i < GP_COUNT(is); i++) {
		gp_auto(gp_free_ptr) char *full = gp_path_join(w->root, is[i].file);
		struct gp_err err = { 0 };

		put(w, is[i].file, "no field\n");
		assert_int_equal(gp_catalog_load(&w->dirs, GP_DATA_ALL & ~is[i].table, &w->c, &err), 0);
		gp_catalog_release(&w->c);
		assert_int_equal(gp_catalog_load(&w->dirs, is[i].table, &w->c, &err), -1);
		assert_int_equal(err.code, GP_E_FORMAT);
		assert_int_equal(unlink(full), 0);
	}
}

/* The tree's own data loads. */
static void test_shipped(void **state)
{
	struct world *w = *state;

	gp_list_release(&w->dirs);
	if (gp_is_dir("kernel-versions"))
		gp_list_add(&w->dirs, ".");
	else
		skip();
	load(w);
	assert_true(w->c.nlines > 0);
	for (size_t i = 0; i < w->c.nsets; i++)
		if (!w->c.sets[i].neutral && !w->c.sets[i].hooks)
			fail_msg("set '%s' is neither neutral nor for the hooks", w->c.sets[i].name);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	static const struct CMUnitTest plain[] = { TEST(test_load),
						   TEST(test_set_order),
						   TEST(test_missing_set),
						   TEST(test_order_names_missing_set),
						   TEST(test_missing_patch),
						   TEST(test_bad_files),
						   TEST(test_not_data),
						   TEST(test_overlay),
						   TEST(test_reach),
						   TEST(test_merge_table),
						   TEST(test_bad_merge_table),
						   TEST(test_reach_over),
						   TEST(test_reach_replaced),
						   TEST(test_claims),
						   TEST(test_driver_sources),
						   TEST(test_driver_sources_say_no),
						   TEST(test_hook_sets),
						   TEST(test_conftest),
						   TEST(test_conftest_places),
						   TEST(test_driver_wide),
						   TEST(test_history),
						   TEST(test_nothing_known),
						   TEST(test_global_order),
						   TEST(test_with_headers),
						   TEST(test_unsound_headers),
						   TEST(test_datadir),
						   TEST(test_tables),
						   TEST(test_shipped) };

	FX_TESTS(plain);
	FX_ROWS(selects, check_select, setup, teardown);
	return fx_run(NULL, NULL);
}
