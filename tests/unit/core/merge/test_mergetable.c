/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/merge/mergetable.h"
#include "fx_stanza.h"
#include "fx_table.h"

#define TAKE "Branch: 460 - 580\nTake: host\nPath: kernel/nvidia/*.o_binary\n init-scripts/\nReason: r\nEvidence: e\n"
#define NEED(when) "Branch: 550\nNeed: " when "\nWhere: kernel/nvidia/nv.c\nReason: " when "\nEvidence: e\n"
static struct gp_merge_table t;

static int release(void **state)
{
	(void)state;
	gp_merge_table_release(&t);
	return 0;
}

static int parse(const char *text, struct gp_err *err)
{
	return FX_READ(text, "merge", gp_merge_table_parse, &t, err);
}

static const struct bad_case {
	const char *name, *text, *why;
} bads[] = {
	{ "nothing that it says", "Branch: any\nEvidence: x\n",
	  "'merge:1': a rule for merging needs 'Take', 'Need' or" },
	{ "no paths", "Branch: any\nTake: host\nReason: r\nEvidence: x\n", "a rule with 'Take' needs 'Path'" },
	{ "no reason", "Branch: any\nTake: host\nPath: a\nEvidence: x\n", "needs 'Reason'" },
	{ "no evidence", "Branch: any\nNeed: always\nReason: r\n", "needs 'Evidence'" },
	{ "no branch", "Take: host\nPath: a\nReason: r\nEvidence: x\n", "needs 'Branch'" },
	{ "two kinds of paragraph in one", TAKE "Need: open\n",
	  "'merge:7': unknown field 'Need' of a rule with 'Take'" },
	{ "a path of a need", NEED("open") "Path: a\n", "unknown field 'Path'" },
	{ "both cannot be asked for", "Branch: any\nTake: both\nPath: a\nReason: r\nEvidence: x\n", "'merge:2'" },
	{ "another time", NEED("never"), "'merge:2'" },
	{ "an empty path", "Branch: any\nTake: host\nPath:\nReason: r\nEvidence: x\n", "'merge:3'" },
	{ "a path that leaves the tree", "Branch: any\nTake: host\nPath: ../x\nReason: r\nEvidence: x\n", "climbs" },
	{ "no pair", "Branch: 550\nPairs: 550.90.05\nEvidence: e\n", "'merge:2'" },
	{ "a pair of two branches", "Branch: 550\nPairs: 550.90.05=535.1\nEvidence: e\n", "'merge:2'" },
	{ "a pair of another branch", "Branch: 535\nPairs: 550.90.05=550.90.07\nEvidence: e\n", "'merge:2'" },
	{ "no range", "Branch: 5 - 4\nPairs: 5.1=5.1\nEvidence: e\n", "'merge:1'" },
	{ "in a later paragraph", TAKE "\n" NEED("open") "Foo: x\n", "'merge:13': unknown field 'Foo'" },
};

static void refuses(void **state)
{
	const struct bad_case *c = *state;
	struct gp_err err = { 0 };

	fx_refused(parse(c->text, &err), &err, c->why);
}

static struct gp_version version(const char *text)
{
	struct gp_version v;

	assert_int_equal(gp_version_parse(gp_str_of(text), &v, NULL), 0);
	return v;
}

/* The rules say of these paths what fnmatch(3) with FNM_PATHNAME, and a folder, say. */
static const struct rule_case {
	const char *name, *host, *path, *reason;
} rules[] = {
	{ "a glob", "460.73.02", "kernel/nvidia/nv-kernel.o_binary", "r" },
	{ "no slash for a star", "460.73.02", "kernel/nvidia/a/nv-kernel.o_binary", NULL },
	{ "all below a folder", "460.73.02", "init-scripts/systemd/nvidia-vgpud.service", "r" },
	{ "not a folder that begins so", "460.73.02", "init-scripts2/x", NULL },
	{ "not the folder itself", "460.73.02", "init-scripts", NULL },
	{ "another branch", "450.80", "init-scripts/common.sh", NULL },
	{ "the last branch of a range", "580.159.01", "init-scripts/common.sh", "r" },
	{ "the later rule wins", "550.90.05", "init-scripts/common.sh", "later" },
};

static void finds_rules(void **state)
{
	const struct rule_case *c = *state;
	struct gp_version v = version(c->host);
	const struct gp_merge_rule *r;

	assert_int_equal(
		parse(TAKE "\nBranch: 550\nTake: desktop\nPath: init-scripts/\nReason: later\nEvidence: e\n", NULL), 0);
	r = gp_merge_rule_of(&t, &v, c->path);
	if (!c->reason)
		assert_null(r);
	else
		assert_string_equal(r ? r->reason : "", c->reason);
}

static void needs(void **state)
{
	const struct gp_merge_rule *r[8];
	struct gp_merge_facts f = { version("550.90.05"), version("550.90.05"), false, false };

	(void)state;
	assert_int_equal(parse(NEED("always") "\n" NEED("versions") "\n" NEED("guest") "\n" NEED("open"), NULL), 0);
	assert_int_equal(gp_merge_needs(&t, &f, r, 8), 1);
	assert_string_equal(r[0]->reason, "always");
	assert_string_equal(r[0]->where.v[0], "kernel/nvidia/nv.c");
	f.desktop = version("550.90.07");
	assert_int_equal(gp_merge_needs(&t, &f, r, 8), 2);
	assert_string_equal(r[1]->reason, "versions");
	f.guest = f.open = true;
	assert_int_equal(gp_merge_needs(&t, &f, r, 3), 4); /* and no fourth is written */
	assert_string_equal(r[2]->reason, "guest");
	f.host = version("535.129.03");
	assert_int_equal(gp_merge_needs(&t, &f, r, 8), 0);
	assert_string_equal(gp_merge_when_name(GP_WHEN_OPEN), "open");
	assert_string_equal(gp_take_name(GP_TAKE_DESKTOP), "desktop");
}

int main(void)
{
	FX_ROWS(bads, refuses, NULL, release);
	FX_ROWS(rules, finds_rules, NULL, release);
	FX_TEST(needs, NULL, release);
	return fx_run(NULL, NULL);
}
