/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/driver/treerecord.h"
#include "fx_table.h"

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BEGIN "Gridpatch-Tree: 1\nDate: d\nBackup-SHA256: " SUM "\n"

static const struct {
	const char *name, *text;
	enum gp_code code;
} cases[] = {
	{ "complete", BEGIN "Backup: b\nFiles:\n " SUM " a/b\n deleted c\n", GP_OK },
	{ "no file", BEGIN "Backup: b\nFiles:\n", GP_OK },
	{ "the last one counts", BEGIN "Backup: ../b\nFiles:\n\n" BEGIN "Backup: b\nFiles:\n", GP_OK },
	{ "nothing", "", GP_E_FORMAT },
	{ "something else", "A: b\n", GP_E_FORMAT },
	{ "a later version", "Gridpatch-Tree: 2\n", GP_E_UNSUPPORTED },
	{ "cut off", "Gridpatch-Tree: 1\nDate: d\n", GP_E_FORMAT },
	{ "a backup elsewhere", BEGIN "Backup: ../b\nFiles:\n", GP_E_FORMAT },
	{ "a backup in a folder", BEGIN "Backup: a/b\nFiles:\n", GP_E_FORMAT },
	{ "a backup by an escape", BEGIN "Backup: %2E%2E\nFiles:\n", GP_E_FORMAT },
	{ "a file elsewhere", BEGIN "Backup: b\nFiles:\n deleted ../x\n", GP_E_FORMAT },
	{ "an absolute one", BEGIN "Backup: b\nFiles:\n deleted /x\n", GP_E_FORMAT },
	{ "no sum", BEGIN "Backup: b\nFiles:\n 12 x\n", GP_E_FORMAT },
	{ "no name", BEGIN "Backup: b\nFiles:\n deleted\n", GP_E_FORMAT },
	{ "half an escape", BEGIN "Backup: b\nFiles:\n deleted a%2\n", GP_E_FORMAT },
	{ "a NUL", BEGIN "Backup: b\nFiles:\n deleted a%00\n", GP_E_FORMAT },
};

static void check(void **state)
{
	const struct {
		const char *name, *text;
		enum gp_code code;
	} *c = *state;
	gp_auto(gp_treerecord_release) struct gp_treerecord r = { 0 };
	struct gp_err err = { 0 };
	int rc = gp_treerecord_last(gp_str_of(c->text), "x", &r, &err);

	assert_int_equal(rc, c->code == GP_OK ? 0 : -1);
	assert_int_equal(err.code, c->code);
	if (rc == 0)
		assert_string_equal(r.backup, "b");
}

/* What is written is read, whatever the names. */
static void there_and_back(void **state)
{
	static const char odd[] = "a b%/\n\x7f\xff\xc3\xb6";
	gp_auto(gp_treerecord_release) struct gp_treerecord r = { 0 }, back = { 0 };
	gp_auto(gp_buf_release) struct gp_buf one = { 0 }, two = { 0 };

	(void)state;
	r.date = gp_strdup("2026-11-30T00:00:00Z");
	r.program = gp_strdup("1");
	r.backup = gp_strdup("n v.tar.zst");
	r.done = gp_strdup("n: this\n\nn: that\n");
	memcpy(r.backup_sha256, SUM, sizeof(SUM));
	gp_treerecord_format((struct gp_str){ "", 0 }, &r, &one);
	gp_treerecord_add(&r, odd, SUM);
	gp_treerecord_add(&r, "gone", "");
	gp_treerecord_format(gp_buf_str(&one), &r, &two);
	assert_int_equal(gp_treerecord_last(gp_buf_str(&two), "x", &back, NULL), 0);
	assert_string_equal(back.backup, r.backup);
	assert_string_equal(back.date, r.date);
	assert_int_equal(back.n, 2);
	assert_string_equal(gp_treerecord_find(&back, odd)->sha256, SUM);
	assert_string_equal(gp_treerecord_find(&back, "gone")->sha256, "");
	assert_null(gp_treerecord_find(&back, "other"));
	assert_memory_equal(two.data, one.data, one.len);
}

int main(void)
{
	FX_ROWS(cases, check, NULL, NULL);
	FX_TEST(there_and_back, NULL, NULL);
	return fx_run(NULL, NULL);
}
