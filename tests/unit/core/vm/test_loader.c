/* SPDX-License-Identifier: MIT */
/* Tests: core/vm/loader, core/vm/trouble, core/vm/boot */
/* The forms of the lines are those of the kernel's sources; most came out of consoles of
 * Debian's 6.1.0-57 and 6.12.117. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/vm/loader.h"
#include "core/vm/trouble.h"
#include "fx_table.h"

#define CALLED "calling  m_init+0x0/0x1000 [m] @ 1\n"

static const struct load_case {
	const char *name, *text;
	long result;
	enum gp_boot_verdict verdict;
	const char *check, *line;
} loads[] = {
	{ "loaded", CALLED, 0, GP_BOOT_LOADED, NULL, NULL },
	{ "a missing symbol", "m: Unknown symbol gp_none (err -2)\n", -2, GP_BOOT_REFUSED, "symbol",
	  "m: Unknown symbol gp_none (err -2)" },
	{ "the reason comes first", "m: disagrees about version of symbol x\nm: Unknown symbol x (err -22)\n", -22,
	  GP_BOOT_REFUSED, "crc", "m: disagrees about version of symbol x" },
	{ "taint",
	  "m: module using GPL-only symbols uses symbols x from proprietary module y.\nm: Unknown symbol x (err -13)\n",
	  -13, GP_BOOT_REFUSED, "taint", NULL },
	{ "a namespace", "m: module uses symbol (x) from namespace Y, but does not import it.\n", -22, GP_BOOT_REFUSED,
	  "namespace", NULL },
	{ "version magic", "m: version magic '5.10.0 SMP ' should be '6.1.0 SMP '\n", -8, GP_BOOT_REFUSED, "vermagic",
	  NULL },
	{ "symbol_get, in init", CALLED "failing symbol_get of non-GPLONLY symbol x.\n", -22, GP_BOOT_REFUSED,
	  "symbol-get", "failing symbol_get of non-GPLONLY symbol x." },
	{ "another's line", "other: Unknown symbol x (err -2)\n", -8, GP_BOOT_REFUSED, "errno", NULL },
	{ "no reason", "", -8, GP_BOOT_REFUSED, "errno", NULL },
	{ "no card", CALLED "NVRM: No NVIDIA GPU found.\ninitcall m_init+0x0/0x1000 [m] returned -19 after 9 usecs\n",
	  -19, GP_BOOT_ENDED, "card", "NVRM: No NVIDIA GPU found." },
	{ "no InfiniBand",
	  CALLED "m nv_mem_client_init:551 ERROR module compiled without IB peer memory symbols present\n", -22,
	  GP_BOOT_ENDED, "card", NULL },
	/* That line alone, from a loader's refusal on, proves nothing. */
	{ "no card, and not called", "NVRM: No NVIDIA GPU found.\n", -19, GP_BOOT_REFUSED, "errno", NULL },
	{ "init's own", CALLED "m: it is Monday\ninitcall m_init+0x0/0x1000 [m] returned -1 after 9 usecs\n", -1,
	  GP_BOOT_FAILED, "init", "m: it is Monday" },
};

static void test_load(void **state)
{
	const struct load_case *t = *state;
	struct gp_console_step s = { .begun = true, .ended = true, .result = t->result };
	struct gp_boot_module m = { .name = gp_strdup("m"), .file = gp_strdup("m.ko") };

	gp_buf_puts(&s.text, t->text);
	gp_loader_judge(&s, &m);
	assert_int_equal(m.verdict, t->verdict);
	assert_int_equal(m.error, t->result);
	if (t->check)
		assert_string_equal(m.check, t->check);
	else
		assert_null(m.check);
	if (t->line)
		assert_string_equal(m.line, t->line);
	gp_boot_module_release(&m);
	gp_buf_release(&s.text);
}

static void test_no_end(void **state)
{
	struct gp_console_step s = { 0 };
	struct gp_boot_module m = { .name = gp_strdup("m") };

	(void)state;
	gp_loader_judge(&s, &m);
	assert_int_equal(m.verdict, GP_BOOT_NOT_ASKED);
	free(m.meaning);
	s.begun = true;
	gp_loader_judge(&s, &m);
	assert_int_equal(m.verdict, GP_BOOT_CRASHED);
	gp_boot_module_release(&m);
}

static const struct trouble_case {
	const char *name, *text, *check, *first; /* check NULL: none */
	size_t lines;
} troubles[] = {
	{ "nothing", "m: loading out-of-tree module taints kernel.\nall is well\n", NULL, NULL, 0 },
	{ "WARN",
	  "------------[ cut here ]------------\nm is wrong\nWARNING: CPU: 0 PID: 1 at m.c:2 m_init+0x1/0x2 [m]\n"
	  "Call Trace:\n f+0x1/0x2\n---[ end trace 0000000000000000 ]---\nbehind it\n",
	  "warning", "WARNING: CPU: 0 PID: 1 at m.c:2 m_init+0x1/0x2 [m]", 6 },
	{ "an oops",
	  "BUG: kernel NULL pointer dereference, address: 0000000000000000\nOops: 0000 [#1] PREEMPT SMP NOPTI\n"
	  "---[ end trace 0000000000000000 ]---\n",
	  "bug", "BUG: kernel NULL pointer dereference, address: 0000000000000000", 3 },
	{ "slab", "=====\nBUG kmalloc-64 (Tainted: G    B      OE     ): Right Redzone overwritten\n-----\n", "slab",
	  "BUG kmalloc-64 (Tainted: G    B      OE     ): Right Redzone overwritten", 2 },
	{ "a lockup", "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [init:1]\n", "hang", NULL, 1 },
	{ "a refcount", "refcount_t: underflow; use-after-free.\n", "warning", NULL, 1 },
};

static void test_trouble(void **state)
{
	const struct trouble_case *t = *state;
	struct gp_boot b = { 0 };
	size_t lines = 0;

	gp_trouble_find(gp_str_of(t->text), "m.ko", &b);
	assert_int_equal(b.nfinding, t->check ? 1 : 0);
	if (t->check) {
		assert_string_equal(b.finding[0].check, t->check);
		assert_string_equal(b.finding[0].module, "m.ko");
		if (t->first)
			assert_string_equal(b.finding[0].text, t->first);
		for (const char *p = b.finding[0].trace; *p; p++)
			lines += *p == '\n';
		assert_int_equal(lines, t->lines);
	}
	gp_boot_release(&b);
}

/* A module's endless complaints are no endless report. */
static void test_bounds(void **state)
{
	struct gp_buf text = { 0 };
	struct gp_boot b = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++)
		gp_buf_puts(&text, "WARNING: x\n---[ end trace 0 ]---\n");
	gp_trouble_find(gp_buf_str(&text), "m.ko", &b);
	assert_int_equal(b.nfinding, GP_TROUBLE_MAX);
	gp_boot_release(&b);
	gp_buf_release(&text);
}

/* --- the answer --- */

static void add(struct gp_boot *b, enum gp_boot_verdict v, bool asked_for)
{
	struct gp_boot_module *m = gp_boot_add(b);

	m->file = gp_strdup("m.ko");
	m->verdict = v;
	m->asked_for = asked_for;
}

static void test_answer(void **state)
{
	struct gp_boot b = { 0 };
	char *reason;

	(void)state;
	/* Nothing was loaded: that is no yes. */
	assert_int_equal(gp_boot_answer(&b), GP_BOOT_SAYS_NOTHING);
	add(&b, GP_BOOT_LOADED, true);
	add(&b, GP_BOOT_ENDED, true);
	add(&b, GP_BOOT_REFUSED, false);
	assert_int_equal(gp_boot_answer(&b), GP_BOOT_SAYS_YES);
	assert_null(gp_boot_reason(&b));
	add(&b, GP_BOOT_NOT_ASKED, true);
	assert_int_equal(gp_boot_answer(&b), GP_BOOT_SAYS_NOTHING);
	add(&b, GP_BOOT_FAILED, true);
	b.why = gp_strdup("out of time");
	assert_int_equal(gp_boot_answer(&b), GP_BOOT_SAYS_NO);
	reason = gp_boot_reason(&b);
	assert_non_null(strstr(reason, "m.ko is failed"));
	free(reason);
	gp_boot_release(&b);
	/* All loaded, and the kernel complained. */
	add(&b, GP_BOOT_LOADED, true);
	gp_trouble_add(&b, "warning", "m.ko", GP_STR("WARNING: x"), NULL);
	assert_int_equal(gp_boot_answer(&b), GP_BOOT_SAYS_NO);
	gp_boot_release(&b);
}

int main(void)
{
	FX_ROWS(loads, test_load, NULL, NULL);
	FX_TEST(test_no_end, NULL, NULL);
	FX_ROWS(troubles, test_trouble, NULL, NULL);
	FX_TEST(test_bounds, NULL, NULL);
	FX_TEST(test_answer, NULL, NULL);
	return fx_run(NULL, NULL);
}
