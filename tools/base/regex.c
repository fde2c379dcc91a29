/* SPDX-License-Identifier: MIT */
#include "base/regex.h"

#include <stdlib.h>
#include <string.h>

#define NO_END (-1)   /* of {n,} */
#define DUP_MAX 32767 /* RE_DUP_MAX of glibc */

/* Jumps are relative to the step that jumps: a run of steps can be moved and
 * copied as it is. */
enum op { OP_BYTE, OP_SET, OP_SPLIT, OP_JUMP, OP_ASSERT, OP_MATCH };

enum assertion { AT_START, AT_END, AT_WORD_EDGE, AT_NO_WORD_EDGE, AT_WORD_START, AT_WORD_END };

struct gp_regex_step {
	unsigned char op, byte; /* byte: of OP_BYTE; enum assertion of OP_ASSERT */
	int32_t to;             /* OP_SPLIT: here besides the next one; OP_SET: number of the set */
};

struct parser {
	const char *p;
	struct gp_regex *re;
	unsigned depth;
	struct gp_err *err;
};

static int malformed(const struct parser *ps, const char *why)
{
	return gp_fail(ps->err, GP_E_FORMAT, "'%.80s' is not an extended regular expression: %s", ps->re->text, why);
}

static int too_much(const struct parser *ps, const char *why)
{
	return gp_fail(ps->err, GP_E_UNSUPPORTED, "the expression '%.80s': %s", ps->re->text, why);
}

/* --- the automaton's steps --- */

static int make_room(const struct parser *ps, uint64_t more)
{
	struct gp_regex *re = ps->re;

	if (re->n + more > GP_REGEX_STEPS)
		return too_much(ps, "too large with its repetitions written out");
	while (re->cap < re->n + more) {
		re->cap = re->cap ? re->cap * 2 : 64;
		re->step = gp_realloc(re->step, re->cap, sizeof(*re->step));
	}
	return 0;
}

static int add_step(const struct parser *ps, enum op op, unsigned char byte, int32_t to)
{
	if (make_room(ps, 1) < 0)
		return -1;
	ps->re->step[ps->re->n++] = (struct gp_regex_step){ (unsigned char)op, byte, to };
	return 0;
}

static int insert_step(const struct parser *ps, size_t at, enum op op, int32_t to)
{
	struct gp_regex *re = ps->re;

	if (make_room(ps, 1) < 0)
		return -1;
	memmove(re->step + at + 1, re->step + at, (re->n - at) * sizeof(*re->step));
	re->step[at] = (struct gp_regex_step){ (unsigned char)op, 0, to };
	re->n++;
	return 0;
}

/* --- sets of bytes --- */

static void set_add(struct gp_regex_set *s, unsigned char c)
{
	s->bits[c / 8] |= (unsigned char)(1u << c % 8);
}

static bool set_has(const struct gp_regex_set *s, unsigned char c)
{
	return s->bits[c / 8] >> c % 8 & 1;
}

static void set_invert(struct gp_regex_set *s)
{
	for (size_t i = 0; i < sizeof(s->bits); i++)
		s->bits[i] ^= 0xff;
}

static int add_set(const struct parser *ps, const struct gp_regex_set *s)
{
	struct gp_regex *re = ps->re;

	GP_GROW(re->set, re->nset, re->set_cap);
	re->set[re->nset++] = *s;
	return add_step(ps, OP_SET, 0, (int32_t)(re->nset - 1));
}

/* Of the C locale, whatever ours is. */
static const struct {
	const char *name, *ranges;
} classes[] = { { "alnum", "09AZaz" },   { "alpha", "AZaz" },   { "blank", "  \t\t" }, { "cntrl", "\001\037\177\177" },
		{ "digit", "09" },       { "graph", "!~" },     { "lower", "az" },     { "print", " ~" },
		{ "punct", "!/:@[`{~" }, { "space", "  \t\r" }, { "upper", "AZ" },     { "xdigit", "09AFaf" } };

static bool add_class(struct gp_regex_set *s, struct gp_str name)
{
	for (size_t i = 0; i < GP_COUNT(classes); i++) {
		if (!gp_str_eq(name, classes[i].name))
			continue;
		for (const char *r = classes[i].ranges; *r; r += 2)
			for (unsigned c = (unsigned char)r[0]; c <= (unsigned char)r[1]; c++)
				set_add(s, (unsigned char)c);
		if (strcmp(classes[i].name, "cntrl") == 0)
			set_add(s, '\0');
		return true;
	}
	return false;
}

static bool is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/* --- brackets --- */

/* 1: it was a class, 0: a byte. ps->p stands on the element. */
static int bracket_element(struct parser *ps, struct gp_regex_set *s, unsigned char *byte)
{
	const char *p = ps->p, *end;

	if (!*p)
		return malformed(ps, "unmatched [");
	if (*p == '[' && (p[1] == '.' || p[1] == '='))
		return too_much(ps, "collating symbols are not supported");
	if (*p == '[' && p[1] == ':') {
		end = strstr(p + 2, ":]");
		if (!end)
			return malformed(ps, "unmatched [");
		if (!add_class(s, (struct gp_str){ p + 2, (size_t)(end - p - 2) }))
			return malformed(ps, "no such character class");
		ps->p = end + 2;
		return 1;
	}
	*byte = (unsigned char)*ps->p++;
	return 0;
}

/* A minus is a byte where it stands first, last, or ends a range. */
static int bracket_range(struct parser *ps, struct gp_regex_set *s, bool first)
{
	unsigned char from = 0, to = 0;
	int rc;

	if (*ps->p == '-' && !first && ps->p[1] != ']')
		return malformed(ps, "not a range");
	rc = bracket_element(ps, s, &from);
	if (rc < 0)
		return -1;
	if (*ps->p != '-' || ps->p[1] == ']' || !ps->p[1]) {
		if (rc == 0)
			set_add(s, from);
		return 0;
	}
	ps->p++;
	if (rc == 1 || (rc = bracket_element(ps, s, &to)) == 1 || (rc == 0 && from > to))
		return malformed(ps, "not a range");
	for (unsigned c = from; rc == 0 && c <= to; c++)
		set_add(s, (unsigned char)c);
	return rc;
}

static int bracket(struct parser *ps)
{
	struct gp_regex_set s = { 0 };
	bool inverted = *++ps->p == '^';

	ps->p += inverted;
	for (bool first = true; first || *ps->p != ']'; first = false)
		if (bracket_range(ps, &s, first) < 0)
			return -1;
	ps->p++;
	if (inverted)
		set_invert(&s);
	return add_set(ps, &s);
}

/* --- what can be repeated --- */

static int alternatives(struct parser *ps);

static int group(struct parser *ps)
{
	if (++ps->depth > GP_REGEX_NEST)
		return too_much(ps, "too many groups in groups");
	ps->p++;
	if (alternatives(ps) < 0)
		return -1;
	if (*ps->p != ')')
		return malformed(ps, "unmatched (");
	ps->p++;
	ps->depth--;
	return 0;
}

/* \s \S \w \W */
static int named_set(struct parser *ps, char name)
{
	bool words = name == 'w' || name == 'W';
	struct gp_regex_set s = { 0 };

	add_class(&s, words ? GP_STR("alnum") : GP_STR("space"));
	if (words)
		set_add(&s, '_');
	if (name == 'W' || name == 'S')
		set_invert(&s);
	return add_set(ps, &s);
}

static int escaped(struct parser *ps)
{
	char c = ps->p[1];

	if (!c)
		return malformed(ps, "a backslash at the end");
	ps->p += 2;
	if (c >= '1' && c <= '9')
		return too_much(ps, "back-references are not supported");
	if (strchr("sSwW", c))
		return named_set(ps, c);
	return add_step(ps, OP_BYTE, (unsigned char)c, 0);
}

static int any_byte(struct parser *ps)
{
	struct gp_regex_set s = { 0 };

	ps->p++;
	set_add(&s, '\0'); /* which glibc's dot does not match */
	set_invert(&s);
	return add_set(ps, &s);
}

static int atom(struct parser *ps)
{
	switch (*ps->p) {
	case '(': return group(ps);
	case '[': return bracket(ps);
	case '.': return any_byte(ps);
	case '\\': return escaped(ps);
	case '*':
	case '+':
	case '?':
	case '{': return malformed(ps, "nothing that could be repeated");
	default: return add_step(ps, OP_BYTE, (unsigned char)*ps->p++, 0);
	}
}

/* --- repetition --- */

static int number(struct parser *ps, int none)
{
	int n = 0;

	if (*ps->p < '0' || *ps->p > '9')
		return none;
	for (; *ps->p >= '0' && *ps->p <= '9'; ps->p++)
		n = n > DUP_MAX ? n : n * 10 + (*ps->p - '0');
	return n;
}

static int interval(struct parser *ps, int *min, int *max)
{
	const char *p = ++ps->p;

	*min = *max = number(ps, 0);
	if (*ps->p == ',') {
		ps->p++;
		*max = number(ps, NO_END);
	}
	if (ps->p == p || *ps->p != '}' || (*max != NO_END && *min > *max))
		return malformed(ps, "not a number of times in {}");
	ps->p++;
	if (*min > DUP_MAX || *max > DUP_MAX)
		return too_much(ps, "too many times in {}");
	return 0;
}

static void put_block(struct gp_regex *re, const struct gp_regex_step *block, size_t len)
{
	if (len)
		memcpy(re->step + re->n, block, len * sizeof(*block));
	re->n += len;
}

/* x{min,max}: min times x, then as often x or the end, or x and back. */
static int write_out(struct parser *ps, size_t start, int min, int max)
{
	struct gp_regex *re = ps->re;
	size_t len = re->n - start;
	uint64_t more = max == NO_END ? 2 : (uint64_t)(max - min);
	gp_auto(gp_free_ptr) struct gp_regex_step *block = gp_alloc((len + 1) * sizeof(*block));

	if (len)
		memcpy(block, re->step + start, len * sizeof(*block));
	re->n = start;
	if (make_room(ps, len * ((uint64_t)min + more) + more) < 0)
		return -1;
	for (int i = 0; i < min; i++)
		put_block(re, block, len);
	if (max == NO_END && min > 0)
		return add_step(ps, OP_SPLIT, 0, -(int32_t)len);
	for (uint64_t left = max == NO_END ? 1 : more; left > 0; left--) {
		size_t jump = max == NO_END ? len + 2 : left * (len + 1);

		add_step(ps, OP_SPLIT, 0, (int32_t)jump);
		put_block(re, block, len);
	}
	return max == NO_END ? add_step(ps, OP_JUMP, 0, -(int32_t)(len + 1)) : 0;
}

static int repeat(struct parser *ps, size_t start)
{
	int min = *ps->p == '+', max = *ps->p == '?' ? 1 : NO_END;

	if (*ps->p != '{')
		ps->p++;
	else if (interval(ps, &min, &max) < 0)
		return -1;
	/* Of nothing there can be any number. */
	return ps->re->n == start ? 0 : write_out(ps, start, min, max);
}

/* --- sequences, alternatives --- */

/* The assertion that stands here, or -1. */
static int assertion_at(const char *p)
{
	if (*p == '^')
		return AT_START;
	if (*p == '$')
		return AT_END;
	if (*p != '\\')
		return -1;
	switch (p[1]) {
	case '`': return AT_START;
	case '\'': return AT_END;
	case 'b': return AT_WORD_EDGE;
	case 'B': return AT_NO_WORD_EDGE;
	case '<': return AT_WORD_START;
	case '>': return AT_WORD_END;
	default: return -1;
	}
}

static int piece(struct parser *ps)
{
	size_t start = ps->re->n;
	int what = assertion_at(ps->p);

	if (what >= 0) { /* nothing can repeat it */
		ps->p += *ps->p == '\\' ? 2 : 1;
		return add_step(ps, OP_ASSERT, (unsigned char)what, 0);
	}
	if (atom(ps) < 0)
		return -1;
	for (unsigned n = 0; *ps->p && strchr("*+?{", *ps->p); n++) {
		if (n == GP_REGEX_NEST)
			return too_much(ps, "too many repetitions of repetitions");
		if (repeat(ps, start) < 0)
			return -1;
	}
	return 0;
}

/* A closing parenthesis outside of groups is a byte. */
static int sequence(struct parser *ps)
{
	while (*ps->p && *ps->p != '|' && !(ps->depth && *ps->p == ')'))
		if (piece(ps) < 0)
			return -1;
	return 0;
}

/* Each but the last one ends with a jump after the last; until that is known it
 * holds the number of the jump before. */
static int alternatives(struct parser *ps)
{
	struct gp_regex *re = ps->re;
	size_t jump = 0, before;

	for (;;) {
		size_t start = re->n;

		if (sequence(ps) < 0)
			return -1;
		if (*ps->p != '|')
			break;
		ps->p++;
		if (insert_step(ps, start, OP_SPLIT, (int32_t)(re->n - start + 2)) < 0 ||
		    add_step(ps, OP_JUMP, 0, (int32_t)jump) < 0)
			return -1;
		jump = re->n;
	}
	for (; jump; jump = before) {
		before = (size_t)re->step[jump - 1].to;
		re->step[jump - 1].to = (int32_t)(re->n - (jump - 1));
	}
	return 0;
}

/* --- following it --- */

/* What stands around a place in a text. */
struct place {
	bool start, end, word_before, word_behind;
	bool anything; /* no place: every assertion holds */
};

static bool holds(enum assertion a, const struct place *at)
{
	bool before = at->word_before, behind = at->word_behind;

	if (at->anything)
		return true;
	switch (a) {
	case AT_START: return at->start;
	case AT_END: return at->end;
	case AT_WORD_EDGE: return before != behind;
	case AT_NO_WORD_EDGE: return before == behind;
	case AT_WORD_START: return !before && behind;
	case AT_WORD_END: break;
	}
	return before && !behind;
}

static void push(struct gp_regex *re, size_t step, size_t *depth)
{
	if (re->mark[step] == re->round)
		return;
	re->mark[step] = re->round;
	re->stack[(*depth)++] = (uint32_t)step;
}

/* Add to a list what takes a byte, from one step on. true: the end is reached. */
static bool follow(struct gp_regex *re, size_t from, const struct place *at, uint32_t *list, size_t *n)
{
	size_t depth = 0;

	push(re, from, &depth);
	while (depth > 0) {
		size_t i = re->stack[--depth];
		const struct gp_regex_step *s = &re->step[i];

		re->left--;
		if (s->op == OP_MATCH)
			return true;
		if (s->op == OP_BYTE || s->op == OP_SET)
			list[(*n)++] = (uint32_t)i;
		if (s->op == OP_SPLIT || s->op == OP_JUMP)
			push(re, (size_t)((int64_t)i + s->to), &depth);
		if (s->op == OP_SPLIT || (s->op == OP_ASSERT && holds((enum assertion)s->byte, at)))
			push(re, i + 1, &depth);
	}
	return false;
}

static bool takes(const struct gp_regex *re, const struct gp_regex_step *s, unsigned char c)
{
	return s->op == OP_BYTE ? s->byte == c : set_has(&re->set[s->to], c);
}

static void find_first(struct gp_regex *re)
{
	struct place nowhere = { .anything = true };
	size_t n = 0;

	re->round++;
	re->always_look = follow(re, 0, &nowhere, re->now, &n);
	for (size_t i = 0; i < n; i++) {
		const struct gp_regex_step *s = &re->step[re->now[i]];

		if (s->op == OP_BYTE)
			set_add(&re->first, s->byte);
		for (size_t k = 0; s->op == OP_SET && k < sizeof(re->first.bits); k++)
			re->first.bits[k] |= re->set[s->to].bits[k];
	}
}

int gp_regex_compile(const char *ere, struct gp_regex *out, struct gp_err *err)
{
	struct parser ps = { .p = ere, .re = out, .err = err };
	size_t len = strlen(ere);

	*out = (struct gp_regex){ .text = gp_strndup(ere, len < 100 ? len : 100), .left = GP_REGEX_WORK };
	if (len > GP_REGEX_LEN)
		too_much(&ps, "too long");
	if (len > GP_REGEX_LEN || alternatives(&ps) < 0 || add_step(&ps, OP_MATCH, 0, 0) < 0) {
		gp_regex_release(out);
		return -1;
	}
	out->mark = gp_alloc(out->n * sizeof(*out->mark));
	out->now = gp_alloc(out->n * sizeof(*out->now));
	out->next = gp_alloc(out->n * sizeof(*out->next));
	out->stack = gp_alloc(out->n * sizeof(*out->stack));
	find_first(out);
	return 0;
}

static struct place place_at(struct gp_str text, size_t i)
{
	return (struct place){ .start = i == 0,
			       .end = i == text.len,
			       .word_before = i > 0 && is_word((unsigned char)text.p[i - 1]),
			       .word_behind = i < text.len && is_word((unsigned char)text.p[i]) };
}

/* Where a match could start, from i on. */
static size_t next_start(const struct gp_regex *re, struct gp_str text, size_t i)
{
	while (i < text.len && !set_has(&re->first, (unsigned char)text.p[i]))
		i++;
	return i;
}

static bool may_start(const struct gp_regex *re, struct gp_str text, size_t i)
{
	return re->always_look || (i < text.len && set_has(&re->first, (unsigned char)text.p[i]));
}

/* Let the n steps of the list take the byte at i. true: the end is reached. */
static bool take(struct gp_regex *re, struct gp_str text, size_t i, size_t *n)
{
	struct place behind = place_at(text, i + 1);
	uint32_t *list = re->now;
	size_t nnext = 0;

	re->round++;
	re->left -= (int64_t)*n;
	for (size_t k = 0; k < *n; k++)
		if (takes(re, &re->step[list[k]], (unsigned char)text.p[i]) &&
		    follow(re, list[k] + 1, &behind, re->next, &nnext))
			return true;
	re->now = re->next;
	re->next = list;
	*n = nnext;
	return false;
}

int gp_regex_match(struct gp_regex *re, struct gp_str text, struct gp_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i <= text.len; i++) {
		struct place here;

		if (n == 0)
			re->round++; /* the marks are of a place that may lie behind us */
		if (n == 0 && !re->always_look && (i = next_start(re, text, i)) == text.len)
			return 0;
		here = place_at(text, i);
		if (may_start(re, text, i) && follow(re, 0, &here, re->now, &n))
			return 1;
		if (re->left < 0)
			return gp_fail(err, GP_E_UNSUPPORTED, "the expression '%.80s': it takes too long", re->text);
		if (i < text.len && take(re, text, i, &n))
			return 1;
	}
	return 0;
}

void gp_regex_release(struct gp_regex *re)
{
	free(re->step);
	free(re->set);
	free(re->mark);
	free(re->now);
	free(re->next);
	free(re->stack);
	free(re->text);
	*re = (struct gp_regex){ 0 };
}
