/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/proof/baseline.h"
#include "fx_table.h"

static struct gp_cells then, now;

static int clear(void **state)
{
	(void)state;
	gp_cells_release(&then);
	gp_cells_release(&now);
	return 0;
}

/* input: NULL, it is not known. */
static void add(struct gp_cells *l, const char *driver, const char *input, const char *release, const char *cls)
{
	struct gp_cell *c = gp_cells_add(l);

	c->driver = gp_strdup(driver);
	c->input = input ? gp_strdup(input) : NULL;
	c->release = gp_strdup(release);
	assert_true(gp_cell_class_parse(gp_str_of(cls), &c->cls));
}

/* What a class was, what it is, and what that makes. */
static const struct change_case {
	const char *name, *was, *is;
	const char *was_boot, *is_boot;
	enum gp_change want;
	bool compared;
} changes[] = {
	{ "as it was", "ok", "ok", NULL, NULL, GP_CHANGE_NONE, true },
	{ "still broken", "compile", "compile", NULL, NULL, GP_CHANGE_NONE, true },
	{ "broken otherwise", "compile", "modpost", NULL, NULL, GP_CHANGE_NONE, true },
	{ "broken", "ok", "compile", NULL, NULL, GP_CHANGE_BROKEN, true },
	{ "blocked now", "ok", "blocked", NULL, NULL, GP_CHANGE_BROKEN, true },
	{ "too slow now", "ok", "timeout", NULL, NULL, GP_CHANGE_BROKEN, true },
	{ "mended", "hunk", "ok", NULL, NULL, GP_CHANGE_MENDED, true },
	{ "allowed now", "blocked", "ok", NULL, NULL, GP_CHANGE_MENDED, true },
	{ "known now", "unknown", "ok", NULL, NULL, GP_CHANGE_MENDED, true },
	{ "blocked, and then tried", "blocked", "compile", NULL, NULL, GP_CHANGE_NONE, true },
	{ "the machine failed then", "environment", "ok", NULL, NULL, GP_CHANGE_NONE, false },
	{ "the machine fails now", "ok", "environment", NULL, NULL, GP_CHANGE_NONE, false },
	{ "a signal then", "cancelled", "ok", NULL, NULL, GP_CHANGE_NONE, false },
	{ "a signal now", "ok", "cancelled", NULL, NULL, GP_CHANGE_NONE, false },
	{ "the kernel took it, and does not now", "ok", "boot", "yes", "no", GP_CHANGE_BROKEN, true },
	{ "the kernel was not asked then", "ok", "boot", NULL, "no", GP_CHANGE_NONE, false },
	{ "the kernel is not asked now", "boot", "ok", "no", NULL, GP_CHANGE_NONE, false },
	{ "nobody needs to boot what does not compile", "ok", "compile", "yes", NULL, GP_CHANGE_BROKEN, true },
};

static void change(void **state)
{
	const struct change_case *k = *state;

	add(&then, "1.0", "a.run", "6.1", k->was);
	add(&now, "1.0", "a.run", "6.1", k->is);
	then.v[0].boot = k->was_boot ? gp_strdup(k->was_boot) : NULL;
	now.v[0].boot = k->is_boot ? gp_strdup(k->is_boot) : NULL;
	gp_baseline_compare(&then, "f", &now);
	assert_int_equal(gp_cell_change(&now.v[0]), k->want);
	assert_int_equal(now.v[0].compared, k->compared);
	assert_int_equal(gp_baseline_count(&now, GP_CHANGE_BROKEN), k->want == GP_CHANGE_BROKEN);
	assert_int_equal(gp_baseline_count(&now, GP_CHANGE_MENDED), k->want == GP_CHANGE_MENDED);
}

/* Which earlier cell is the same one: class names of then, or "-". */
static void same_cell(void **state)
{
	static const char *const want[] = { "hunk", "compile", "modpost", "verify", "-", "-", "-", "timeout" };

	(void)state;
	add(&then, "1.0", "dir/a.run", "6.1", "hunk");
	add(&then, "1.0", "b.run", "6.1", "compile");
	add(&then, "1.0", "a.run", "6.17", "modpost");
	add(&then, "2.0", "old-name.run", "6.1", "verify");
	add(&then, "4.0", NULL, "6.1", "timeout");
	add(&now, "1.0", "elsewhere/a.run", "6.1", "ok"); /* the same file, moved */
	add(&now, "1.0", "b.run", "6.1", "ok");
	add(&now, "1.0", "c.run", "6.17", "ok");       /* another name, one candidate */
	add(&now, "2.0", "new-name.run", "6.1", "ok"); /* the same */
	add(&now, "1.0", "c.run", "6.1", "ok");        /* two candidates */
	add(&now, "3.0", "old-name.run", "6.1", "ok"); /* the name of another driver's file */
	add(&now, "1.0", "a.run", "6.1.0", "ok");      /* another kernel */
	add(&now, "4.0", NULL, "6.1", "ok");
	gp_baseline_compare(&then, "f", &now);
	for (size_t i = 0; i < now.n; i++)
		assert_string_equal(now.v[i].compared ? gp_cell_class_name(now.v[i].was) : "-", want[i]);
}

static void words(void **state)
{
	gp_auto(gp_list_release) struct gp_list broken = { 0 }, mended = { 0 };

	(void)state;
	then.started = gp_strdup("2026-11-24T01:00:00Z");
	add(&then, "1.0", "a.run", "6.1", "ok");
	add(&then, "1.0", "a.run", "6.17", "compile");
	add(&now, "1.0", "a.run", "6.1", "modpost");
	add(&now, "1.0", "a.run", "6.17", "ok");
	add(&now, "1.0", "a.run", "7.0", "compile");
	now.baseline.file = gp_strdup("of an earlier comparison");
	now.v[2].compared = true;
	gp_baseline_compare(&then, "dir/f.json", &now);
	gp_baseline_list(&now, GP_CHANGE_BROKEN, &broken);
	gp_baseline_list(&now, GP_CHANGE_MENDED, &mended);
	assert_int_equal(broken.n, 1);
	assert_string_equal(broken.v[0], "1.0 on 6.1: modpost, was ok");
	assert_int_equal(mended.n, 1);
	assert_string_equal(mended.v[0], "1.0 on 6.17: ok, was compile");
	assert_string_equal(gp_cell_change_words(&now.v[0]), "newly broken");
	assert_string_equal(gp_cell_change_words(&now.v[1]), "newly mended");
	assert_null(gp_cell_change_words(&now.v[2]));
	assert_string_equal(now.baseline.file, "dir/f.json");
	assert_string_equal(now.baseline.started, "2026-11-24T01:00:00Z");
}

int main(void)
{
	FX_ROWS(changes, change, NULL, clear);
	FX_TEST(same_cell, NULL, clear);
	FX_TEST(words, NULL, clear);
	return fx_run(NULL, NULL);
}
