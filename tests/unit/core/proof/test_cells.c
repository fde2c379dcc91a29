/* SPDX-License-Identifier: MIT */
/* Tests: core/proof/cell, core/proof/cells_json, core/proof/expect, core/proof/merge */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/proof/cellinput.h"
#include "core/proof/cells_json.h"
#include "core/proof/expect.h"
#include "core/proof/merge.h"
#include "fx_table.h"

static struct gp_cells a, b, c;
static struct gp_buf text;
static struct gp_expect expect;
static struct gp_expect_result judged;

static int clear(void **state)
{
	(void)state;
	gp_cells_release(&a);
	gp_cells_release(&b);
	gp_cells_release(&c);
	gp_buf_release(&text);
	gp_expect_release(&expect);
	gp_expect_result_release(&judged);
	return 0;
}

static struct gp_cell *add(struct gp_cells *l, const char *driver, const char *release, enum gp_cell_class cls)
{
	struct gp_cell *cell = gp_cells_add(l);

	cell->driver = gp_strdup(driver);
	cell->release = gp_strdup(release);
	cell->input = gp_asprintf("dir/%s.run", driver);
	cell->cls = cls;
	return cell;
}

/* --- JSON --- */

#define SUM_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SUM_B "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde0"

/* Every field has a value of its own, so that none can be mixed up. */
static void fill(struct gp_cell *cell)
{
	char **const texts[] = { &cell->driver,   &cell->kind,    &cell->input, &cell->input_md5, &cell->release,
				 &cell->headers,  &cell->verdict, &cell->error, &cell->file,      &cell->fact,
				 &cell->compiler, &cell->repeat,  &cell->log,   &cell->log_tail };
	struct gp_list *const lists[] = { &cell->sets, &cell->modules, &cell->reasons };

	for (size_t i = 0; i < GP_COUNT(texts); i++)
		*texts[i] = gp_asprintf("text %zu \"\\\n\t\x1b[0m </script> ]]> \xc3\xa4", i);
	for (size_t i = 0; i < GP_COUNT(lists); i++)
		for (size_t k = 0; k <= i; k++)
			gp_list_take(lists[i], gp_asprintf("element %zu.%zu", i, k));
	cell->cls = GP_CELL_MODPOST;
	cell->line = 2942;
	cell->claims[GP_CLAIM_BUILDS] = (struct gp_claim){ GP_CLAIM_YES, GP_EVIDENCE_BUILT, NULL };
	cell->claims[GP_CLAIM_LOADS] = (struct gp_claim){ GP_CLAIM_NO, GP_EVIDENCE_REPORTED, gp_strdup("a page") };
	cell->hooks = true;
	cell->expected = true;
	cell->unchanged = true;
	cell->built = gp_strdup("2026-11-30T23:59:59Z");
	gp_cellinput_add(&cell->inputs, GP_CELLINPUT_HEADERS, SUM_A, SUM_B);
	gp_cellinput_add_set(&cell->inputs, "a set", SUM_B);
	cell->patch_s = 0.125;
	cell->build_s = 100.5;
	cell->verify_s = 0.25;
	cell->total_s = 101;
}

static void same_list(const struct gp_list *x, const struct gp_list *y)
{
	assert_int_equal(x->n, y->n);
	for (size_t i = 0; i < x->n; i++)
		assert_string_equal(x->v[i], y->v[i]);
}

static void round_trip(void **state)
{
	struct gp_err err = { 0 };

	(void)state;
	fill(gp_cells_add(&a));
	add(&a, "470.256.02", "6.1.0-56-amd64", GP_CELL_OK);
	a.program = gp_strdup("0.1.0");
	a.started = gp_strdup("2026-11-24T02:00:00Z");
	a.wall_s = 12.5;
	a.decode_s = 0.5;
	a.jobs = 4;
	gp_list_add(&a.planned, "x y z");
	gp_list_add(&a.twice, "z");
	gp_list_add(&a.skipped, "6.9.1: no headers");
	gp_list_add(&a.hosts, "a system, a kernel");
	assert_int_equal(gp_cells_to_json(&a, &text), 0);
	assert_int_equal(gp_cells_from_json(gp_buf_str(&text), "f", &b, &err), 0);
	assert_int_equal(b.n, 2);
	assert_string_equal(b.program, "0.1.0");
	assert_string_equal(b.started, "2026-11-24T02:00:00Z");
	assert_true(b.wall_s == 12.5 && b.decode_s == 0.5 && b.jobs == 4);
	same_list(&a.planned, &b.planned);
	same_list(&a.twice, &b.twice);
	same_list(&a.skipped, &b.skipped);
	same_list(&a.hosts, &b.hosts);
	for (size_t i = 0; i < 14; i++) {
		static const size_t at[] = { offsetof(struct gp_cell, driver),   offsetof(struct gp_cell, kind),
					     offsetof(struct gp_cell, input),    offsetof(struct gp_cell, input_md5),
					     offsetof(struct gp_cell, release),  offsetof(struct gp_cell, headers),
					     offsetof(struct gp_cell, verdict),  offsetof(struct gp_cell, error),
					     offsetof(struct gp_cell, file),     offsetof(struct gp_cell, fact),
					     offsetof(struct gp_cell, compiler), offsetof(struct gp_cell, repeat),
					     offsetof(struct gp_cell, log),      offsetof(struct gp_cell, log_tail) };

		assert_string_equal(*(char **)((char *)&a.v[0] + at[i]), *(char **)((char *)&b.v[0] + at[i]));
	}
	same_list(&a.v[0].sets, &b.v[0].sets);
	same_list(&a.v[0].modules, &b.v[0].modules);
	same_list(&a.v[0].reasons, &b.v[0].reasons);
	assert_int_equal(b.v[0].cls, GP_CELL_MODPOST);
	assert_int_equal(b.v[0].line, 2942);
	for (size_t i = 0; i < GP_CLAIM_COUNT; i++) {
		assert_int_equal(b.v[0].claims[i].answer, a.v[0].claims[i].answer);
		assert_int_equal(b.v[0].claims[i].kind, a.v[0].claims[i].kind);
	}
	assert_string_equal(b.v[0].claims[GP_CLAIM_LOADS].source, "a page");
	assert_null(b.v[0].claims[GP_CLAIM_BUILDS].source);
	same_list(&a.v[0].inputs, &b.v[0].inputs);
	assert_int_equal(b.v[0].inputs.n, 2);
	assert_string_equal(b.v[0].built, "2026-11-30T23:59:59Z");
	assert_true(b.v[0].unchanged && !b.v[1].unchanged && !b.v[1].built && !b.v[1].inputs.n);
	assert_true(b.v[0].hooks && b.v[0].expected && !b.v[1].hooks && !b.v[1].expected);
	assert_true(b.v[0].patch_s == 0.125 && b.v[0].build_s == 100.5);
	assert_true(b.v[0].verify_s == 0.25 && b.v[0].total_s == 101);
	assert_null(b.v[1].error);
	assert_int_equal(b.v[1].cls, GP_CELL_OK);
}

static void bad_utf8(void **state)
{
	struct gp_err err = { 0 };

	(void)state;
	add(&a, "1.0", "6.1", GP_CELL_COMPILE)->log_tail = gp_strdup("a\xff\xc3"
								     "b\xed\xa0\x80");
	a.wall_s = -1;
	gp_cells_to_json(&a, &text);
	assert_int_equal(gp_cells_from_json(gp_buf_str(&text), "f", &b, &err), 0);
	assert_string_equal(b.v[0].log_tail, "a\xef\xbf\xbd\xef\xbf\xbd"
					     "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_true(b.wall_s == 0);
}

#define HEAD "{\"type\":\"gridpatch matrix\",\"schema\":1,"
#define CELL(x) HEAD "\"cells\":[{\"driver\":\"d\",\"release\":\"r\",\"class\":\"ok\"},{" x "}]}"
#define CELL2(x) "{\"type\":\"gridpatch.matrix\",\"schema\":2,\"cells\":[{" DK "},{" x "}]}"
#define DK "\"driver\":{\"version\":\"d\"},\"kernel\":{\"release\":\"r\"},\"class\":\"ok\""
#define CLAIM(of, claim, kind) "\"" of "\":{\"claim\":" claim ",\"kind\":" kind ",\"source\":null}"
#define CLAIMS(claim, kind) \
	"{" CLAIM("builds", claim, kind) "," CLAIM("loads", claim, kind) "," CLAIM("unlocks", claim, kind) "}"
#define DR "\"driver\":\"d\",\"release\":\"r\","

static const struct bad_case {
	const char *name, *json;
	enum gp_code code;
	const char *want; /* part of the message */
} bad[] = {
	{ "the least", HEAD "\"cells\":[]}", GP_OK, NULL },
	{ "unknown fields are ignored",
	  "{\"new\":{\"x\":[1]},"
	  "\"type\":\"gridpatch matrix\",\"schema\":1,\"cells\":[]}",
	  GP_OK, NULL },
	{ "null is not there", CELL(DR "\"class\":\"ok\",\"error\":null,\"line\":null,\"sets\":null"), GP_OK, NULL },
	{ "empty", "", GP_E_FORMAT, "ends too early" },
	{ "cut", HEAD "\"cells\":[", GP_E_FORMAT, "ends too early" },
	{ "something behind it", HEAD "\"cells\":[]} x", GP_E_FORMAT, "byte 5" },
	{ "an array", "[]", GP_E_FORMAT, "not a JSON object" },
	{ "a number", "3 ", GP_E_FORMAT, "not a JSON object" },
	{ "null", "null ", GP_E_FORMAT, "not a JSON object" },
	{ "no type", "{\"schema\":1,\"cells\":[]}", GP_E_FORMAT, "not a JSON report" },
	{ "another type", "{\"type\":\"x\",\"schema\":1,\"cells\":[]}", GP_E_FORMAT, "not a JSON report" },
	{ "another schema", "{\"type\":\"gridpatch.matrix\",\"schema\":3,\"cells\":[]}", GP_E_UNSUPPORTED, "schema 3" },
	{ "no schema", "{\"type\":\"gridpatch.matrix\",\"cells\":[]}", GP_E_UNSUPPORTED, "schema 0" },
	{ "a type of schema 1", "{\"type\":\"gridpatch matrix\",\"schema\":2,\"cells\":[]}", GP_E_FORMAT,
	  "not a JSON report" },
	{ "of a build", "{\"type\":\"gridpatch.build\",\"schema\":2,\"cells\":[]}", GP_OK, NULL },
	{ "of another verb", "{\"type\":\"gridpatch.select\",\"schema\":2,\"cells\":[]}", GP_E_FORMAT,
	  "not a JSON report" },
	{ "schema 2: the least", CELL2(DK), GP_OK, NULL },
	{ "schema 2: a driver of schema 1", CELL2(DR "\"class\":\"ok\""), GP_E_FORMAT, "[1].driver: is not an o" },
	{ "schema 2: no kernel", CELL2("\"driver\":{\"version\":\"d\"},\"class\":\"ok\""), GP_E_FORMAT,
	  "[1].kernel: is not an o" },
	{ "schema 2: no version", CELL2("\"driver\":{},\"kernel\":{\"release\":\"r\"},\"class\":\"ok\""), GP_E_FORMAT,
	  "[1].driver: is missing" },
	{ "schema 2: hooks are text", CELL2(DK ",\"hooks_integrated\":\"no\""), GP_E_FORMAT,
	  "hooks_integrated: is neither" },
	{ "schema 2: claims", CELL2(DK ",\"claims\":" CLAIMS("\"yes\"", "\"built\"")), GP_OK, NULL },
	{ "schema 2: half of the claims", CELL2(DK ",\"claims\":{}"), GP_E_FORMAT, "[1].claims: is not an o" },
	{ "schema 2: no such claim", CELL2(DK ",\"claims\":" CLAIMS("\"maybe\"", "null")), GP_E_FORMAT,
	  "[1].claims: says what" },
	{ "schema 2: no such kind", CELL2(DK ",\"claims\":" CLAIMS("\"yes\"", "\"hope\"")), GP_E_FORMAT,
	  "[1].claims: says what" },
	{ "no cells", HEAD "\"jobs\":1}", GP_E_FORMAT, "cells: is missing" },
	{ "cells of another type", HEAD "\"cells\":{}}", GP_E_FORMAT, "cells: is not an array" },
	{ "a cell of another type", HEAD "\"cells\":[3]}", GP_E_FORMAT, "cells[0]" },
	{ "a cell that is null", HEAD "\"cells\":[null]}", GP_E_FORMAT, "cells[0]" },
	{ "no driver", CELL("\"release\":\"r\",\"class\":\"ok\""), GP_E_FORMAT, "cells[1].driver: is missing" },
	{ "no release", CELL("\"driver\":\"d\",\"class\":\"ok\""), GP_E_FORMAT, "cells[1].release: is missing" },
	{ "no class", CELL("\"driver\":\"d\",\"release\":\"r\""), GP_E_FORMAT, "cells[1].class: is missing" },
	{ "no such class", CELL(DR "\"class\":\"fine\""), GP_E_FORMAT, "cells[1].class: is none" },
	{ "class is a number", CELL(DR "\"class\":0"), GP_E_FORMAT, "cells[1].class: is not a string" },
	{ "error is a number", CELL(DR "\"class\":\"ok\",\"error\":1"), GP_E_FORMAT, "[1].error: is not a s" },
	{ "NUL", CELL(DR "\"class\":\"ok\",\"error\":\"a\\u0000b\""), GP_E_FORMAT, "cells[1].error: has a NUL" },
	{ "sets is a string", CELL(DR "\"class\":\"ok\",\"sets\":\"x\""), GP_E_FORMAT, "[1].sets: is not an a" },
	{ "sets holds numbers", CELL(DR "\"class\":\"ok\",\"sets\":[\"a\",1]"), GP_E_FORMAT, "[1].sets: is not a s" },
	{ "line is text", CELL(DR "\"class\":\"ok\",\"line\":\"1\""), GP_E_FORMAT, "cells[1].line: is not a whole" },
	{ "line is negative", CELL(DR "\"class\":\"ok\",\"line\":-1"), GP_E_FORMAT, "[1].line: is out of r" },
	/* json-c 0.18 says so itself. */
	{ "line is huge", CELL(DR "\"class\":\"ok\",\"line\":99999999999999999999"), GP_E_FORMAT, "'f'" },
	{ "where it is wrong", "{\"\xc3\xa4\xf0\x9f\x90\xa7\":}", GP_E_FORMAT, "'f', byte 10: " },
	{ "hooks is text", CELL(DR "\"class\":\"ok\",\"hooks\":\"no\""), GP_E_FORMAT, "cells[1].hooks: is neither" },
	{ "seconds are text", CELL(DR "\"class\":\"ok\",\"build_s\":\"1\""), GP_E_FORMAT, "build_s: is not a n" },
	{ "seconds are negative", CELL(DR "\"class\":\"ok\",\"build_s\":-1"), GP_E_FORMAT, "build_s: is not a n" },
	{ "seconds are endless", CELL(DR "\"class\":\"ok\",\"build_s\":1e999"), GP_E_FORMAT, "build_s: is not a n" },
	{ "NaN", HEAD "\"wall_s\":NaN,\"cells\":[]}", GP_E_FORMAT, "'f'" },
	{ "deep", "{\"x\":[[[[[[[[[[[[]]]]]]]]]]]]}", GP_E_FORMAT, "nesting too deep" },
	{ "a terminal sequence in a name is masked", "{\"type\":\"x\"\x1b}", GP_E_FORMAT, "'f', byte" },
};

static void refuses(void **state)
{
	const struct bad_case *k = *state;
	struct gp_err err = { 0 };
	char message[800];
	int rc = gp_cells_from_json(gp_str_of(k->json), "f", &a, &err);

	assert_int_equal(err.code, k->code);
	assert_int_equal(rc, k->code ? -1 : 0);
	gp_err_format(&err, message, sizeof(message));
	if (k->want && !strstr(message, k->want))
		fail_msg("'%s' is not in '%s'", k->want, message);
}

/* Any cut of a report is refused, and none of its bytes can harm when changed. */
static void hostile(void **state)
{
	struct gp_err err = { 0 };
	uint32_t seed = 1;

	(void)state;
	fill(gp_cells_add(&a));
	add(&a, "470.256.02", "6.1", GP_CELL_OK);
	gp_cells_to_json(&a, &text);
	/* The newline at the end may go. */
	for (size_t i = 0; i + 1 < text.len; i++) {
		assert_int_equal(gp_cells_from_json((struct gp_str){ text.data, i }, "f", &b, &err), -1);
		gp_cells_release(&b);
	}
	for (int i = 0; i < 20000; i++) {
		size_t at = (seed = seed * 1103515245u + 12345u) % text.len;
		char was = text.data[at];

		text.data[at] = (char)(seed >> 16);
		(void)gp_cells_from_json(gp_buf_str(&text), "f", &b, &err);
		gp_cells_release(&b);
		text.data[at] = was;
	}
	assert_int_equal(gp_cells_from_json(gp_buf_str(&text), "f", &b, &err), 0);
}

/* --- merge --- */

static void merge(void **state)
{
	gp_auto(gp_list_release) struct gp_list missing = { 0 };

	(void)state;
	add(&a, "2", "6.1", GP_CELL_COMPILE)->error = gp_strdup("a");
	add(&a, "1", "6.1", GP_CELL_OK);
	add(&a, "1", "5.10", GP_CELL_CANCELLED);
	add(&a, "9", "9", GP_CELL_HUNK);
	add(&b, "1", "5.10", GP_CELL_OK);
	add(&b, "2", "6.1", GP_CELL_ENVIRONMENT)->error = gp_strdup("b");
	add(&b, "1", "6.1", GP_CELL_VERIFY);
	add(&b, "3", "6.1", GP_CELL_OK);
	a.wall_s = 5;
	a.jobs = 2;
	gp_list_add(&a.hosts, "one");
	gp_list_add(&b.hosts, "one");
	gp_list_add(&b.hosts, "other");
	a.started = gp_strdup("2026-11-24T02:00:00Z");
	b.wall_s = 7;
	b.jobs = 3;
	b.started = gp_strdup("2026-11-24T01:00:00Z");
	for (const char *const *p = (const char *const[]){ "1.run 5.10", "1.run 6.1", "2.run 5.10", "2.run 6.1",
							   "3.run 5.10", "3.run 6.1", NULL };
	     *p; p++) {
		gp_list_add(&a.planned, *p);
		gp_list_add(&b.planned, *p);
	}
	/* What the one shard lacks the other may have. */
	a.part = b.part = true;
	gp_cells_missing(&a, &missing);
	assert_int_equal(missing.n, 0);
	gp_cells_merge(&c, &a);
	assert_int_equal(c.twice.n, 0);
	gp_cells_merge(&c, &b);
	gp_cells_by_plan(&c);
	assert_int_equal(a.n + b.n, 0);
	assert_int_equal(c.n, 5);
	for (size_t i = 0; i < 5; i++) {
		static const char *const want[] = { "1.run 5.10 ok", "1.run 6.1 verify", "2.run 6.1 compile",
						    "3.run 6.1 ok", "9.run 9 hunk" };
		gp_auto(gp_free_ptr) char *key = gp_cell_key(&c.v[i]);
		gp_auto(gp_free_ptr) char *got = gp_asprintf("%s %s", key, gp_cell_class_name(c.v[i].cls));

		assert_string_equal(got, want[i]);
	}
	assert_string_equal(c.v[2].error, "a");
	assert_int_equal(c.planned.n, 6);
	assert_int_equal(c.twice.n, 3);
	assert_string_equal(c.twice.v[0], "1.run 5.10");
	assert_int_equal(c.hosts.n, 2);
	assert_string_equal(c.hosts.v[1], "other");
	gp_cells_missing(&c, &missing);
	assert_int_equal(missing.n, 2);
	assert_string_equal(missing.v[0], "2.run 5.10");
	assert_string_equal(missing.v[1], "3.run 5.10");
	assert_true(c.wall_s == 7 && c.jobs == 5);
	assert_string_equal(c.started, "2026-11-24T01:00:00Z");
}

static void merge_itself(void **state)
{
	(void)state;
	add(&a, "1", "6.1", GP_CELL_OK);
	add(&a, "1", "6.1", GP_CELL_HUNK);
	gp_cells_merge(&c, &a);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.twice.n, 1);
	assert_int_equal(c.v[0].cls, GP_CELL_HUNK);
}

/* --- expect --- */

static const struct list_case {
	const char *name, *list;
	enum gp_code code;
	const char *want; /* expected cells "driver/release …; passes", or part of the message */
	unsigned unexpected;
} lists[] = { { "nothing is expected", "# nothing\n\n  \t\n", GP_OK, ";", 4 },
	      { "a cell", "1 6.1 compile\n", GP_OK, "1/6.1;", 3 },
	      { "another class", "1 6.1 modpost\n", GP_OK, ";", 4 },
	      { "any class", "1 6.1 *", GP_OK, "1/6.1;", 3 },
	      { "a comment behind it, CRLF", "1 6.1 * # known\r\n", GP_OK, "1/6.1;", 3 },
	      { "a glob", "* 6.* compile\n", GP_OK, "1/6.1 2/6.17;", 2 },
	      { "a question mark", "? 6.? *\n", GP_OK, "1/6.1 3/6.1;", 2 },
	      { "all", "* * *\n", GP_OK, "1/6.1 2/6.17 3/6.1;", 1 },
	      { "one that builds now", "1 5.10 compile\n", GP_OK, "; line 1: 1 5.10 compile", 4 },
	      { "one that is blocked says nothing", "2 5.10 *\n", GP_OK, ";", 4 },
	      { "one that is not there", "4 5.10 *\n", GP_OK, ";", 4 },
	      { "words are missing", "\n1 6.1\n", GP_E_FORMAT, "line 2: not DRIVER RELEASE CLASS", 0 },
	      { "a word too many", "1 6.1 compile x\n", GP_E_FORMAT, "line 1: more than", 0 },
	      { "no such class", "1 6.1 fine\n", GP_E_FORMAT, "line 1: 'fine' is neither", 0 },
	      { "ok is no failure", "1 6.1 ok\n", GP_E_FORMAT, "line 1: 'ok'", 0 },
	      { "blocked is no failure", "1 6.1 blocked\n", GP_E_FORMAT, "line 1: 'blocked'", 0 },
	      { "cancelled cannot be expected", "1 6.1 cancelled\n", GP_E_FORMAT, "line 1: 'cancelled'", 0 },
	      { "a terminal sequence is masked", "1 6.1 \x1b[2J\n", GP_E_FORMAT, "'?[2J'", 0 },
	      { "a report that is none", " {}", GP_E_FORMAT, "not a JSON report", 0 } };

static void some_cells(struct gp_cells *l)
{
	add(l, "1", "5.10", GP_CELL_OK);
	add(l, "1", "6.1", GP_CELL_COMPILE);
	add(l, "2", "5.10", GP_CELL_BLOCKED);
	add(l, "2", "6.17", GP_CELL_COMPILE);
	add(l, "3", "6.1", GP_CELL_ENVIRONMENT);
	add(l, "3", "6.17", GP_CELL_CANCELLED);
}

static void list(void **state)
{
	const struct list_case *k = *state;
	struct gp_err err = { 0 };
	gp_auto(gp_buf_release) struct gp_buf got = { 0 };
	char message[800];

	some_cells(&a);
	a.v[0].expected = true; /* of an earlier judgement: must go */
	assert_int_equal(gp_expect_parse(gp_str_of(k->list), "f", &expect, &err), k->code ? -1 : 0);
	assert_int_equal(err.code, k->code);
	gp_err_format(&err, message, sizeof(message));
	if (k->code) {
		if (!strstr(message, k->want))
			fail_msg("'%s' is not in '%s'", k->want, message);
		return;
	}
	gp_expect_compare(&expect, &a, &judged);
	for (size_t i = 0; i < a.n; i++)
		if (a.v[i].expected)
			gp_buf_printf(&got, "%s%s/%s", got.len ? " " : "", a.v[i].driver, a.v[i].release);
	gp_buf_puts(&got, ";");
	for (size_t i = 0; i < judged.passes.n; i++)
		gp_buf_printf(&got, " %s", judged.passes.v[i]);
	assert_string_equal(got.data, k->want);
	assert_int_equal(judged.failed, 4);
	assert_int_equal(judged.unexpected, k->unexpected);
	assert_int_equal(judged.regressions, k->unexpected);
}

static void earlier(void **state)
{
	struct gp_err err = { 0 };

	(void)state;
	add(&b, "1", "5.10", GP_CELL_MODPOST);     /* passes now */
	add(&b, "1", "6.1", GP_CELL_COMPILE);      /* the same */
	add(&b, "2", "6.17", GP_CELL_OK);          /* a regression */
	add(&b, "3", "6.17", GP_CELL_ENVIRONMENT); /* nothing was known */
	gp_cells_to_json(&b, &text);
	assert_int_equal(gp_expect_parse(gp_buf_str(&text), "f", &expect, &err), 0);
	some_cells(&a);
	add(&a, "4", "6.1", GP_CELL_HUNK); /* new */
	gp_expect_compare(&expect, &a, &judged);
	assert_int_equal(judged.failed, 5);
	assert_int_equal(judged.unexpected, 4);
	assert_int_equal(judged.regressions, 1);
	assert_true(a.v[1].expected);
	assert_false(a.v[3].expected);
	assert_int_equal(judged.passes.n, 1);
	assert_string_equal(judged.passes.v[0], "1 on 5.10, was modpost");
}

static void no_expectation(void **state)
{
	(void)state;
	some_cells(&a);
	a.v[1].expected = true; /* of the shard that ran it: stays */
	gp_expect_compare(NULL, &a, &judged);
	assert_int_equal(judged.failed, 4);
	assert_int_equal(judged.unexpected, 3);
}

static void globs(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf long_glob = { 0 }, long_text = { 0 };

	(void)state;
	assert_true(gp_glob("", ""));
	assert_false(gp_glob("", "a"));
	assert_false(gp_glob("a", ""));
	assert_true(gp_glob("*", ""));
	assert_true(gp_glob("a*c*e", "abcbcde"));
	assert_false(gp_glob("a*c*e", "abcbcd"));
	assert_true(gp_glob("**a**", "a"));
	assert_true(gp_glob("?*?", "ab"));
	assert_false(gp_glob("?*?", "a"));
	/* Would take for ever with backtracking over every star. */
	for (int i = 0; i < 2000; i++) {
		gp_buf_puts(&long_glob, "*a");
		gp_buf_puts(&long_text, "aa");
	}
	gp_buf_puts(&long_glob, "b");
	assert_false(gp_glob(long_glob.data, long_text.data));
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test_teardown(round_trip, clear),     cmocka_unit_test_teardown(bad_utf8, clear),
		cmocka_unit_test_teardown(hostile, clear),        cmocka_unit_test_teardown(merge, clear),
		cmocka_unit_test_teardown(merge_itself, clear),   cmocka_unit_test_teardown(earlier, clear),
		cmocka_unit_test_teardown(no_expectation, clear), cmocka_unit_test(globs),
	};

	FX_ROWS(bad, refuses, NULL, clear);
	FX_ROWS(lists, list, NULL, clear);
	FX_TESTS(fixed);
	return fx_run(NULL, NULL);
}
