/* SPDX-License-Identifier: MIT */
#include "core/module/vermagic.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/text.h"

#define MAX_DEPTH 32
#define MAX_MACROS (1u << 20)
#define MAX_RESULT 1024
#define MAX_EXPANSIONS 4096

struct macros {
	struct gp_map index;
	char **body;
	size_t n, cap;
};

/* The state of one #if: lines count when all states above are TAKEN. */
enum branch { WAITING, TAKEN, DONE };

struct preprocessor {
	struct macros m;
	enum branch stack[MAX_DEPTH];
	size_t depth;
};

static void release(struct preprocessor *p)
{
	for (size_t i = 0; i < p->m.n; i++)
		free(p->m.body[i]);
	free(p->m.body);
	gp_map_release(&p->m.index);
}

static const char *body_of(const struct macros *m, struct gp_str name)
{
	gp_auto(gp_free_ptr) char *key = gp_strndup(name.p, name.len);
	size_t at;

	return gp_map_get(&m->index, key, &at) ? m->body[at] : NULL;
}

static void define(struct macros *m, struct gp_str name, struct gp_str body)
{
	gp_auto(gp_free_ptr) char *key = gp_strndup(name.p, name.len);

	if (m->n == MAX_MACROS)
		return;
	GP_GROW(m->body, m->n, m->cap);
	m->body[m->n] = gp_strndup(body.p, body.len);
	gp_map_put(&m->index, key, m->n++);
}

static bool is_name(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

static struct gp_str take_name(struct gp_str *s)
{
	struct gp_str name = { s->p, 0 };

	while (name.len < s->len && is_name(name.p[name.len], name.len == 0))
		name.len++;
	s->p += name.len;
	s->len -= name.len;
	return name;
}

static bool take(struct gp_str *s, const char *word)
{
	*s = gp_str_trim(*s);
	if (!gp_str_take(s, word))
		return false;
	*s = gp_str_trim(*s);
	return true;
}

/* Up to a comment; vermagic's strings have no such bytes. */
static struct gp_str without_comment(struct gp_str s)
{
	ssize_t at = gp_str_find(s, GP_STR("/*"));

	if (at < 0)
		at = gp_str_find(s, GP_STR("//"));
	if (at >= 0)
		s.len = (size_t)at;
	return gp_str_trim(s);
}

/* --- conditions --- */

/* "defined X", "!defined(X)", "IS_ENABLED(CONFIG_X)": 0 or 1, -1 not understood. */
static int term(const struct macros *m, struct gp_str *s)
{
	bool no = take(s, "!"), enabled = take(s, "IS_ENABLED"), value;
	struct gp_str name;
	bool paren;

	if (!enabled && !take(s, "defined"))
		return -1;
	paren = take(s, "(");
	name = take_name(s);
	if (!name.len || (paren && !take(s, ")")) || (enabled && !paren))
		return -1;
	value = body_of(m, name);
	if (enabled && !value) {
		gp_auto(gp_free_ptr) char *module = gp_asprintf("%.*s_MODULE", (int)name.len, name.p);

		value = body_of(m, gp_str_of(module));
	}
	return value != no;
}

/* Terms, all joined by the same operator. */
static int condition(const struct macros *m, struct gp_str s)
{
	const char *op = NULL;
	int value;

	s = without_comment(s);
	if (gp_str_eq(s, "0") || gp_str_eq(s, "1"))
		return s.p[0] == '1';
	value = term(m, &s);
	while (value >= 0 && s.len) {
		const char *next = take(&s, "&&") ? "&&" : take(&s, "||") ? "||" : NULL;
		int right = next ? term(m, &s) : -1;

		if (right < 0 || (op && op[0] != next[0]))
			return -1;
		op = next;
		value = op[0] == '&' ? value && right : value || right;
	}
	return value;
}

/* --- lines --- */

static bool active(const struct preprocessor *p)
{
	for (size_t i = 0; i < p->depth; i++)
		if (p->stack[i] != TAKEN)
			return false;
	return true;
}

/* A condition in a part that does not count is not asked. */
static int push(struct preprocessor *p, int value, struct gp_err *err)
{
	if (p->depth == MAX_DEPTH || value < 0)
		return gp_fail(err, GP_E_UNSUPPORTED, "a condition that is not understood");
	p->stack[p->depth++] = value ? TAKEN : WAITING;
	return 0;
}

static int otherwise(struct preprocessor *p, struct gp_str expr, bool with_condition, struct gp_err *err)
{
	enum branch *top;
	int value = 1;

	if (!p->depth)
		return gp_fail(err, GP_E_UNSUPPORTED, "an #else without its #if");
	top = &p->stack[p->depth - 1];
	if (*top != WAITING) {
		*top = DONE;
		return 0;
	}
	if (with_condition) {
		p->depth--;
		value = active(p) ? condition(&p->m, expr) : 0;
		p->depth++;
	}
	if (value < 0)
		return gp_fail(err, GP_E_UNSUPPORTED, "a condition that is not understood");
	if (value)
		*top = TAKEN;
	return 0;
}

static int directive(struct preprocessor *p, struct gp_str line, struct gp_err *err)
{
	struct gp_str word = take_name(&line), name;

	line = gp_str_trim(line);
	if (gp_str_eq(word, "endif")) {
		p->depth -= p->depth > 0;
	} else if (gp_str_eq(word, "else") || gp_str_eq(word, "elif")) {
		return otherwise(p, line, gp_str_eq(word, "elif"), err);
	} else if (gp_str_eq(word, "ifdef") || gp_str_eq(word, "ifndef")) {
		bool defined = active(p) && body_of(&p->m, take_name(&line));

		return push(p, gp_str_eq(word, "ifdef") ? defined : !defined, err);
	} else if (gp_str_eq(word, "if")) {
		return push(p, active(p) ? condition(&p->m, line) : 0, err);
	} else if (gp_str_eq(word, "define") && active(p)) {
		name = take_name(&line);
		/* One with parameters is none of vermagic's. */
		if (name.len && !gp_str_starts(line, "("))
			define(&p->m, name, without_comment(line));
	}
	return 0;
}

static int read_text(struct preprocessor *p, struct gp_str text, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf joined = { 0 };
	struct gp_str line;

	p->depth = 0;
	while (gp_text_line_next(&text, &line)) {
		bool more;

		line = gp_str_trim(line);
		more = gp_str_ends(line, "\\");
		gp_buf_add(&joined, line.p, line.len - more);
		gp_buf_putc(&joined, ' ');
		if (more && text.len)
			continue;
		line = gp_buf_str(&joined);
		if (take(&line, "#") && directive(p, line, err) < 0)
			return -1;
		joined.len = 0;
	}
	return 0;
}

/* --- the string --- */

struct expansion {
	const struct macros *m;
	unsigned done; /* names replaced so far: empty ones could go on for ever */
	struct gp_buf *out;
};

static int expand(struct expansion *x, struct gp_str s, unsigned depth, struct gp_err *err)
{
	for (s = gp_str_trim(s); s.len; s = gp_str_trim(s)) {
		const char *end = s.p[0] == '"' ? memchr(s.p + 1, '"', s.len - 1) : NULL, *body;
		struct gp_str name;

		if (x->out->len > MAX_RESULT || x->done++ > MAX_EXPANSIONS)
			return gp_fail(err, GP_E_UNSUPPORTED, "VERMAGIC_STRING is longer than %d bytes", MAX_RESULT);
		if (end) {
			gp_buf_add(x->out, s.p + 1, (size_t)(end - s.p) - 1);
			s.len -= (size_t)(end - s.p) + 1;
			s.p = end + 1;
			continue;
		}
		name = take_name(&s);
		body = name.len && depth < MAX_DEPTH ? body_of(x->m, name) : NULL;
		if (!body)
			return gp_fail(err, GP_E_UNSUPPORTED, "VERMAGIC_STRING has '%.*s', which is not understood",
				       (int)(name.len ? name.len : 1), name.len ? name.p : s.p);
		if (expand(x, gp_str_of(body), depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

static void command_line(struct macros *m)
{
	if (body_of(m, GP_STR("CONFIG_GCC_PLUGIN_RANDSTRUCT")))
		define(m, GP_STR("RANDSTRUCT_PLUGIN"), GP_STR(""));
	if (body_of(m, GP_STR("CONFIG_RANDSTRUCT")))
		define(m, GP_STR("RANDSTRUCT"), GP_STR(""));
}

char *gp_vermagic_expected(const struct gp_str *text, size_t n, struct gp_err *err)
{
	gp_auto(release) struct preprocessor p = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct expansion x = { .m = &p.m, .out = &out };

	define(&p.m, GP_STR("INCLUDE_VERMAGIC"), GP_STR(""));
	for (size_t i = 0; i < n; i++) {
		if (read_text(&p, text[i], err) < 0)
			return NULL;
		if (i == 0)
			command_line(&p.m);
	}
	if (expand(&x, GP_STR("VERMAGIC_STRING"), 0, err) < 0)
		return NULL;
	return gp_buf_detach(&out);
}
