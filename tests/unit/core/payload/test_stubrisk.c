/* SPDX-License-Identifier: MIT */
/* Texts of a stub that sh would run or expand. sh itself is asked: it gets the
 * same lines, and whether it prints the text as it stands is the right answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/payload/stubrisk.h"
#include "fx_table.h"

#define TOP "#! /bin/sh\nCRCsum=1\nMD5=0\nskip=9\n"
#define DOC(line) TOP "targetdir=x\ncat << EOF_PKG_HISTORY\n" line "\nEOF_PKG_HISTORY\n"

static struct gp_stub_risks risks;
static char dir[] = "/tmp/gp-risk-XXXXXX";

static int clear(void **state)
{
	(void)state;
	gp_stub_risks_release(&risks);
	return 0;
}

static const struct risk_case {
	const char *name, *text; /* of label=, or of a line of the history */
	bool history;
	const char *does, *holds; /* NULL: nothing */
} cases[] = { { "plain", "\"NVIDIA Driver for Linux-x86_64 (460.73.02)\"", false, NULL, NULL },
	      { "no quotes", "460.73.02", false, NULL, NULL },
	      { "single quotes", "'a $(id) `id` ${HOME}'", false, NULL, NULL },
	      { "empty", "", false, NULL, NULL },
	      { "a price", "\"5$ or $ 5\"", false, NULL, NULL },
	      { "an escaped dollar", "\"\\$(touch pwned) \\`touch pwned\\`\"", false, NULL, NULL },
	      { "an escaped backslash in front", "\"\\\\$(touch pwned)\"", false, "run", "$(" },
	      { "a command", "\"a $(touch pwned)\"", false, "run", "$(" },
	      { "a command without quotes", "a$(touch${IFS}pwned)", false, "run", "$(" },
	      { "backquotes", "\"a `touch pwned`\"", false, "run", "`" },
	      { "arithmetic", "\"$((6*7))\"", false, "run", "$(" },
	      { "a variable", "\"${HOME}\"", false, "expand", "${" },
	      { "a variable without braces", "\"in $HOME\"", false, "expand", "$H" },
	      { "the process", "\"$$\"", false, "expand", "$$" },
	      { "a quote, then a command", "\"a\";touch pwned;\"b\"", false, "quote", "\"" },
	      { "an open quote", "\"a", false, "quote", "\"" },
	      { "a semicolon", "a;touch pwned", false, "run", ";" },
	      { "a blank", "a touch pwned", false, "run", " " },
	      { "in the background", "a&touch pwned", false, "run", "&" },
	      { "a comment", "a # b", false, NULL, NULL },
	      { "history: plain", "X-custom: gridpatch: patch set a sha256 0f", true, NULL, NULL },
	      { "history: quotes are letters", "it's \"so\"; x & y | z", true, NULL, NULL },
	      { "history: a command", "x $(touch pwned)", true, "run", "$(" },
	      { "history: a command in single quotes", "'$(touch pwned)'", true, "run", "$(" },
	      { "history: backquotes", "`touch pwned`", true, "run", "`" },
	      { "history: a variable", "${HOME}", true, "expand", "${" },
	      { "history: escaped", "\\$(touch pwned) \\`touch pwned\\`", true, NULL, NULL },
	      { "history: a dollar", "5$ or $ 5", true, NULL, NULL } };

static void write_stub(const struct risk_case *c, struct gp_buf *out)
{
	if (c->history)
		gp_buf_printf(out, DOC("%s"), c->text);
	else
		gp_buf_printf(out, TOP "label=%s\ntargetdir=x\nTMPROOT=${TMPDIR:=/tmp}\n\necho \"$label\"\nid=`id`\n",
			      c->text);
}

/* Does sh, given that stub, make pwned? */
static bool sh_runs(const struct gp_buf *stub)
{
	char path[128], cmd[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/stub", dir);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(stub->data, 1, stub->len, f), stub->len);
	assert_int_equal(fclose(f), 0);
	snprintf(cmd, sizeof(cmd), "cd %s && rm -f pwned; sh ./stub > /dev/null 2>&1 < /dev/null; test -e pwned", dir);
	return system(cmd) == 0;
}

static void check_risk(void **state)
{
	const struct risk_case *c = *state;
	gp_auto(gp_buf_release) struct gp_buf stub = { 0 };
	gp_auto(gp_free_ptr) char *text = NULL;

	write_stub(c, &stub);
	gp_stub_risks_find(gp_buf_str(&stub), &risks);
	if (sh_runs(&stub))
		assert_int_equal(risks.n, 1);
	assert_int_equal(risks.n, c->does ? 1 : 0);
	if (!c->does)
		return;
	assert_string_equal(risks.v[0].where, c->history ? "pkg-history" : "label");
	assert_string_equal(gp_stub_risk_kind_name(risks.v[0].kind), c->does);
	assert_string_equal(risks.v[0].holds, c->holds);
	assert_int_equal(risks.v[0].lineno, c->history ? 7 : 5);
	text = gp_stub_risk_text(&risks.v[0]);
	assert_non_null(strstr(text, c->history ? "at --pkg-history" : "at every start"));
}

/* Code is the stub's own affair; a here-document with quotes is not run. */
static void only_texts_are_looked_at(void **state)
{
	static const char stub[] = TOP
		"targetdir=x\nTMPROOT=${TMPDIR:=/tmp}\n\n:\nlabel=`id`\ncat << EOF\n$(id)\nEOF\n"
		"cat << EOF_LSM\nTitle: $(id)\nEOF_LSM\ncat << 'EOF_PKG_HISTORY'\n$(id)\nEOF_PKG_HISTORY\nx=$(id)\n";

	(void)state;
	gp_stub_risks_find(GP_STR(stub), &risks);
	assert_int_equal(risks.n, 1);
	assert_string_equal(risks.v[0].where, "lsm");
	assert_int_equal(risks.v[0].lineno, 14);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

int main(void)
{
	FX_ROWS(cases, check_risk, NULL, clear);
	FX_TEST(only_texts_are_looked_at, NULL, clear);
	return fx_run(setup, teardown);
}
