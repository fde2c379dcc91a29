/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/proof/hostlog.h"
#include "fx_stanza.h"
#include "fx_table.h"

static const char DATA[] = "Message: one\nFrom: loader\nKind: fine\nPattern: first thing\nCause: c\nEvidence: e\n\n"
			   "Message: two\nFrom: loader\nKind: fine\nPattern: second * thing\nCause: c\nEvidence: e\n";

/* A log that is given out in pieces of `step` bytes, `times` times over. */
struct pieces {
	struct gp_str all;
	size_t at, step;
	uint64_t times;
};

static ssize_t read_piece(void *arg, void *buf, size_t cap, struct gp_err *err)
{
	struct pieces *p = arg;
	size_t n = p->all.len - p->at;

	(void)err;
	if (!n && p->times > 1) {
		p->times--;
		p->at = 0;
		n = p->all.len;
	}
	n = n < p->step ? n : p->step;
	n = n < cap ? n : cap;
	memcpy(buf, p->all.p + p->at, n);
	p->at += n;
	return (ssize_t)n;
}

static struct gp_message_list messages;

static int setup(void **state)
{
	(void)state;
	return FX_READ(DATA, "log", gp_messages_parse, &messages, NULL);
}

static int teardown(void **state)
{
	(void)state;
	gp_messages_release(&messages);
	return 0;
}

static void look(struct gp_str all, size_t step, uint64_t times, struct gp_hostlog *out)
{
	struct pieces p = { .all = all, .step = step, .times = times };

	assert_int_equal(gp_hostlog_read((struct gp_src){ read_piece, &p }, &messages, out, NULL), 0);
}

/* The one of that name, or NULL. */
static const struct gp_logged *logged(const struct gp_hostlog *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].m->name, name) == 0)
			return &l->v[i];
	return NULL;
}

static const char LOG[] = "nothing\r\nh kernel: a second good thing\r\n\nthe first thing\0!\nfirst thing again\n"
			  "at the end a second thing, a second bad thing";

/* Wherever a block ends. */
static void counts(void **state)
{
	(void)state;
	for (size_t step = 1; step <= sizeof(LOG); step++) {
		gp_auto(gp_hostlog_release) struct gp_hostlog l = { 0 };

		look((struct gp_str){ LOG, sizeof(LOG) - 1 }, step, 1, &l);
		assert_int_equal(l.lines, 6);
		assert_int_equal(l.n, 2);
		assert_string_equal(l.v[0].m->name, "two");
		assert_string_equal(l.v[0].line, "h kernel: a second good thing");
		assert_int_equal(l.v[0].lineno, 2);
		assert_int_equal(l.v[0].count, 2);
		assert_int_equal(logged(&l, "one")->lineno, 4);
		assert_string_equal(logged(&l, "one")->line, "the first thing?!");
		assert_int_equal(logged(&l, "one")->count, 2);
		assert_null(logged(&l, "three"));
		assert_false(l.cut);
	}
}

static void is_empty(void **state)
{
	gp_auto(gp_hostlog_release) struct gp_hostlog l = { 0 };

	(void)state;
	look(GP_STR(""), 1, 1, &l);
	assert_int_equal(l.lines, 0);
	assert_int_equal(l.n, 0);
}

/* Two logs are one report, and each has lines of its own. */
static void goes_on(void **state)
{
	gp_auto(gp_hostlog_release) struct gp_hostlog l = { 0 };

	(void)state;
	look(GP_STR("a\nfirst thing\n"), 5, 1, &l);
	look(GP_STR("a second one: thing\nfirst thing\n"), 5, 1, &l);
	assert_int_equal(l.lines, 4);
	assert_int_equal(logged(&l, "one")->count, 2);
	assert_int_equal(logged(&l, "two")->lineno, 1);
}

/* A line without end takes no more memory than one with. */
static void is_bounded(void **state)
{
	gp_auto(gp_hostlog_release) struct gp_hostlog l = { 0 };
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < GP_HOSTLOG_LINE - 11; i++)
		gp_buf_putc(&b, 'x');
	gp_buf_puts(&b, "first thing");
	look(gp_buf_str(&b), 4096, 1, &l);
	assert_int_equal(l.n, 1);
	assert_int_equal(strlen(l.v[0].line), GP_LOGGED_MAX);
	gp_buf_puts(&b, "second and thing\nfirst thing");
	look(gp_buf_str(&b), 4096, 1, &l);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.v[0].count, 3);
}

/* 16384 pieces of 64 KiB are a GiB: it stops there, and says so. */
static void stops(void **state)
{
	gp_auto(gp_hostlog_release) struct gp_hostlog l = { 0 };
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < 65536; i++)
		gp_buf_putc(&b, i ? 'x' : '\n');
	look(gp_buf_str(&b), b.len, 16383, &l);
	assert_false(l.cut);
	look(gp_buf_str(&b), b.len, 20000, &l);
	assert_true(l.cut);
	assert_int_equal(l.lines, 16384 + 16385);
}

static ssize_t read_nothing(void *arg, void *buf, size_t cap, struct gp_err *err)
{
	(void)arg;
	(void)buf;
	(void)cap;
	return gp_fail(err, GP_E_SYSTEM, "no");
}

static void fails(void **state)
{
	gp_auto(gp_hostlog_release) struct gp_hostlog l = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_hostlog_read((struct gp_src){ read_nothing, NULL }, &messages, &l, &err), -1);
	assert_int_equal(err.code, GP_E_SYSTEM);
}

int main(void)
{
	FX_TEST(counts, NULL, NULL);
	FX_TEST(is_empty, NULL, NULL);
	FX_TEST(goes_on, NULL, NULL);
	FX_TEST(is_bounded, NULL, NULL);
	FX_TEST(stops, NULL, NULL);
	FX_TEST(fails, NULL, NULL);
	return fx_run(setup, teardown);
}
