/* SPDX-License-Identifier: MIT */
#include "base/stanza.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

struct parser {
	struct gp_stanza_list *out;
	const char *origin;
	struct gp_buf value; /* of the field that is being read */
	struct gp_str name;  /* empty: no field is open */
	unsigned name_lineno;
	unsigned lineno;
	bool in_stanza;
};

static void stanza_release(struct gp_stanza *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].name);
		free(s->v[i].value);
	}
	free(s->v);
	free(s->file);
}

void gp_stanza_list_release(struct gp_stanza_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		stanza_release(&l->v[i]);
	free(l->v);
	*l = (struct gp_stanza_list){ 0 };
}

static int bad_line(const struct parser *p, const char *what, struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "'%s:%u': %s", p->origin, p->lineno, what);
}

/* Move the open field into the stanza. */
static void close_field(struct parser *p)
{
	struct gp_stanza *s;

	if (!p->name.len)
		return;
	s = &p->out->v[p->out->n - 1];
	GP_GROW(s->v, s->n, s->cap);
	s->v[s->n++] = (struct gp_field){ .name = gp_strndup(p->name.p, p->name.len),
					  .value = gp_buf_detach(&p->value),
					  .lineno = p->name_lineno };
	p->name.len = 0;
}

static void open_stanza(struct parser *p)
{
	struct gp_stanza_list *l = p->out;

	if (p->in_stanza)
		return;
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct gp_stanza){ .lineno = p->lineno, .file = gp_strdup(p->origin) };
	p->in_stanza = true;
}

static int continue_field(struct parser *p, struct gp_str line, struct gp_err *err)
{
	struct gp_str text = gp_str_trim(line);

	if (!p->name.len)
		return bad_line(p, "continues a field, but there is none", err);
	if (p->value.len)
		gp_buf_putc(&p->value, '\n');
	if (!gp_str_eq(text, "."))
		gp_buf_add(&p->value, text.p, text.len);
	return 0;
}

/* deb822(5): printable ASCII without ':' and blanks, not starting with '-'. */
static bool name_is_good(struct gp_str name)
{
	if (!name.len || name.p[0] == '-')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] < 0x21 || name.p[i] > 0x7e)
			return false;
	return true;
}

static int start_field(struct parser *p, struct gp_str line, struct gp_err *err)
{
	const char *colon = memchr(line.p, ':', line.len);
	struct gp_stanza *s;
	struct gp_str value;

	if (!colon)
		return bad_line(p, "no colon: neither field, comment nor continuation", err);
	close_field(p);
	open_stanza(p);
	p->name = (struct gp_str){ line.p, (size_t)(colon - line.p) };
	p->name_lineno = p->lineno;
	if (!name_is_good(p->name))
		return bad_line(p, "bad field name", err);
	s = &p->out->v[p->out->n - 1];
	for (size_t i = 0; i < s->n; i++)
		if (strlen(s->v[i].name) == p->name.len && strncasecmp(s->v[i].name, p->name.p, p->name.len) == 0)
			return gp_fail(err, GP_E_FORMAT, "'%s:%u': field '%s' is there twice", p->origin, p->lineno,
				       s->v[i].name);
	value = gp_str_trim((struct gp_str){ colon + 1, line.len - p->name.len - 1 });
	gp_buf_add(&p->value, value.p, value.len);
	return 0;
}

static int take_line(struct parser *p, struct gp_str line, struct gp_err *err)
{
	if (line.len && memchr(line.p, '\0', line.len))
		return bad_line(p, "a NUL byte", err);
	if (line.len && line.p[0] == '#')
		return 0;
	if (!gp_str_trim(line).len) {
		close_field(p);
		p->in_stanza = false;
		return 0;
	}
	if (line.p[0] == ' ' || line.p[0] == '\t')
		return continue_field(p, line, err);
	return start_field(p, line, err);
}

static bool starts_diff(struct gp_str line)
{
	return gp_str_starts(line, "---") || gp_str_starts(line, "diff ") || gp_str_starts(line, "Index:");
}

static int parse(struct parser *p, struct gp_str text, bool header, struct gp_err *err)
{
	struct gp_str line;
	int rc = 0;

	while (rc == 0 && gp_text_line_next(&text, &line)) {
		p->lineno++;
		if (header && starts_diff(line))
			break;
		rc = take_line(p, line, err);
	}
	if (rc == 0)
		close_field(p);
	else
		gp_stanza_list_release(p->out);
	gp_buf_release(&p->value);
	return rc;
}

int gp_stanza_parse(struct gp_str text, const char *origin, struct gp_stanza_list *out, struct gp_err *err)
{
	struct parser p = { .out = out, .origin = origin };

	return parse(&p, text, false, err);
}

int gp_stanza_parse_header(struct gp_str text, const char *origin, struct gp_stanza_list *out, struct gp_err *err)
{
	struct parser p = { .out = out, .origin = origin };

	return parse(&p, text, true, err);
}

char *gp_stanza_unfold(const char *value)
{
	char *s = gp_strdup(value);

	for (char *p = s; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return s;
}

char *gp_stanza_fold(const char *name, const char *value, size_t width)
{
	struct gp_str rest = gp_str_of(value), word;
	struct gp_buf out = { 0 };
	size_t column = strlen(name) + 1;

	gp_buf_printf(&out, "%s:", name);
	while (gp_text_word_next(&rest, &word)) {
		if (column > 1 && column + 1 + word.len > width) {
			gp_buf_putc(&out, '\n');
			column = 0;
		}
		gp_buf_putc(&out, ' ');
		gp_buf_add(&out, word.p, word.len);
		column += 1 + word.len;
	}
	return gp_buf_detach(&out);
}

bool gp_field_is(const struct gp_field *f, const char *name)
{
	/* Letters of both cases differ in one bit; others that do are told by the whole. */
	return ((*f->name ^ *name) & ~0x20) == 0 && strcasecmp(f->name, name) == 0;
}

const struct gp_field *gp_stanza_field(const struct gp_stanza *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (gp_field_is(&s->v[i], name))
			return &s->v[i];
	return NULL;
}

const char *gp_stanza_get(const struct gp_stanza *s, const char *name)
{
	const struct gp_field *f = gp_stanza_field(s, name);

	return f ? f->value : NULL;
}

int gp_field_bad(const struct gp_field *f, struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "field '%s' cannot be '%.80s'", f->name, f->value);
}

int gp_field_text(const struct gp_field *f, char **out, struct gp_err *err)
{
	*out = gp_stanza_unfold(f->value);
	return **out ? 0 : gp_field_bad(f, err);
}

int gp_stanza_need(const struct gp_stanza *s, const char *const *names, const char *whose, struct gp_err *err)
{
	for (; *names; names++)
		if (!gp_stanza_field(s, *names))
			return gp_fail(err, GP_E_FORMAT, "'%s:%u': %s needs '%s'", s->file, s->lineno, whose, *names);
	return 0;
}
