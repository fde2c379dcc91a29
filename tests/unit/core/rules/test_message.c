/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "core/rules/message.h"
#include "fx_stanza.h"
#include "fx_table.h"

#define HEAD "Message: m\nFrom: loader\nKind: fine\n"
#define TAIL "Cause: c\nEvidence: [source] x\n"
#define GOOD HEAD "Pattern: a good one\n" TAIL

static int parse(const char *text, struct gp_message_list *l, struct gp_err *err)
{
	return FX_READ(text, "log", gp_messages_parse, l, err);
}

static const struct bad_case {
	const char *name, *text, *why;
} bads[] = {
	{ "no name", "From: loader\nKind: fine\nPattern: abcdef\n" TAIL, "'log:1': a message needs 'Message'" },
	{ "a name with a blank", "Message: a b\n", "'log:1'" },
	{ "nobody writes it", "Message: m\nFrom: kernel\n", "'log:2'" },
	{ "another kind", "Message: m\nFrom: loader\nKind: bad\n", "'log:3'" },
	{ "no pattern", HEAD TAIL, "needs 'Pattern'" },
	{ "an empty pattern", HEAD "Pattern:\n" TAIL, "'log:4'" },
	{ "a pattern of a few letters", HEAD "Pattern: NVRM:\n" TAIL, "'NVRM:' says too little" },
	{ "a piece of a few letters", HEAD "Pattern: enough*of\n" TAIL, "says too little" },
	{ "a pattern that begins anywhere", HEAD "Pattern: *enough\n" TAIL, "says too little" },
	{ "two stars", HEAD "Pattern: enough**enough\n" TAIL, "says too little" },
	{ "a bad one behind a good one", HEAD "Pattern: enough\n x\n" TAIL, "'x' says too little" },
	{ "a fault, and nothing to do", "Message: m\nFrom: loader\nKind: fault\nPattern: enough\n" TAIL,
	  "needs 'Next'" },
	{ "no evidence", HEAD "Pattern: enough\nCause: c\n", "needs 'Evidence'" },
	{ "another field", GOOD "Status: blocked\n", "'log:7': unknown field 'Status'" },
	{ "twice", GOOD "\n" GOOD, "'log:8': message 'm' is there already, in line 1" },
};

static void refuses(void **state)
{
	const struct bad_case *c = *state;
	gp_auto(gp_messages_release) struct gp_message_list l = { 0 };
	struct gp_err err = { 0 };

	fx_refused(parse(c->text, &l, &err), &err, c->why);
}

/* Lines and patterns side by side, by the meaning of "*". */
static const struct line_case {
	const char *name, *pattern;
	struct gp_str line;
	bool fits;
} lines[] = {
	{ "a line of dmesg", "Unknown symbol enable", GP_STR("[   12.3] m: Unknown symbol enable_apicv (err -2)"),
	  true },
	{ "of kern.log", "Unknown symbol enable", GP_STR("Nov 30 h kernel: m: Unknown symbol enable_apicv"), true },
	{ "alone", "Unknown symbol enable", GP_STR("Unknown symbol enable"), true },
	{ "cut short", "Unknown symbol enable", GP_STR("Unknown symbol enabl"), false },
	{ "in other letters", "Unknown symbol", GP_STR("unknown symbol"), false },
	{ "with something between", "version magic '*' should be '", GP_STR("version magic 'a' should be 'b'"), true },
	{ "with nothing between", "version magic '*' should be '", GP_STR("version magic '' should be '"), true },
	{ "the other way round", "version magic '*' should be '", GP_STR("should be 'version magic '"), false },
	{ "one piece for two", "abcdef*defghi", GP_STR("abcdefghi"), false },
	{ "one behind the other", "abcdef*defghi", GP_STR("abcdefdefghi"), true },
	{ "the first that is there leaves room", "abcdef*xyz*abc", GP_STR("abcdef xyz abcdef xyz abc"), true },
	{ "a star at its end", "abcdef*", GP_STR("abcdef"), true },
	{ "NUL bytes before it", "abcdef", GP_STR("\0\0abcdef"), true },
	{ "NUL bytes in it", "abcdef", GP_STR("abc\0def"), false },
	{ "nothing", "abcdef", GP_STR(""), false },
};

static void finds(void **state)
{
	const struct line_case *c = *state;
	gp_auto(gp_messages_release) struct gp_message_list l = { 0 };
	gp_auto(gp_free_ptr) char *text = gp_asprintf(HEAD "Pattern: %s\n" TAIL, c->pattern);

	assert_int_equal(parse(text, &l, NULL), 0);
	assert_int_equal(gp_message_find(&l, c->line) == &l.v[0], c->fits);
}

/* A later directory lies over an earlier one, and the first that fits a line has it. */
static void lies_over(void **state)
{
	gp_auto(gp_messages_release) struct gp_message_list l = { 0 };

	(void)state;
	assert_int_equal(parse("Message: a\nFrom: daemons\nKind: fine\nPattern: general\n" TAIL
			       "\nMessage: b\nFrom: loader\nKind: fine\nPattern: second\n" TAIL,
			       &l, NULL),
			 0);
	assert_string_equal(gp_message_find(&l, GP_STR("general, second"))->name, "a");
	assert_int_equal(parse("Message: c\nFrom: unlock\nKind: fine\nPattern: general, s\n third one\n" TAIL
			       "\nMessage: b\nFrom: modules\nKind: fine\nPattern: another\n" TAIL,
			       &l, NULL),
			 0);
	assert_int_equal(l.n, 3);
	assert_string_equal(gp_message_find(&l, GP_STR("general, second"))->name, "c");
	assert_string_equal(gp_message_find(&l, GP_STR("a third one"))->name, "c");
	assert_string_equal(gp_message_find(&l, GP_STR("general, third"))->name, "a");
	assert_null(gp_message_find(&l, GP_STR("second")));
	assert_int_equal(gp_message_find(&l, GP_STR("another"))->from, GP_WRITER_MODULES);
}

/* "aaa…" has the first piece at every place, and never the second: with going back, that
 * takes as many steps as the line has pairs of letters. */
static void is_quick(void **state)
{
	gp_auto(gp_messages_release) struct gp_message_list l = { 0 };
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	double began;

	(void)state;
	assert_int_equal(parse(HEAD "Pattern: aaaaaa*aaaaaaab*aaab\n" TAIL, &l, NULL), 0);
	for (size_t i = 0; i < 4u << 20; i++)
		gp_buf_putc(&b, 'a');
	began = gp_clock_s();
	assert_null(gp_message_find(&l, gp_buf_str(&b)));
	assert_true(gp_clock_s() - began < 2);
}

int main(void)
{
	FX_ROWS(bads, refuses, NULL, NULL);
	FX_ROWS(lines, finds, NULL, NULL);
	FX_TEST(lies_over, NULL, NULL);
	FX_TEST(is_quick, NULL, NULL);
	return fx_run(NULL, NULL);
}
