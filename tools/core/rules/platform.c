/* SPDX-License-Identifier: MIT */
#include "core/rules/platform.h"

#include <stdlib.h>
#include <string.h>

#include "base/similar.h"
#include "base/text.h"

#define NAME_MAX_LEN 64

static void platform_release(struct gp_platform *p)
{
	free(p->name);
	free(p->title);
	gp_list_release(&p->also);
	free(p->releases);
	free(p->headers);
	free(p->pin);
	free(p->dkms);
	free(p->reason);
	free(p->evidence);
	free(p->file);
	*p = (struct gp_platform){ 0 };
}

void gp_platforms_release(struct gp_platform_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		platform_release(&l->v[i]);
	free(l->v);
	*l = (struct gp_platform_list){ 0 };
}

/* --- names --- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What counts of a name: "Proxmox VE 9" and "proxmox-ve_9" are "proxmoxve9", and el9_6 is
 * "el9.6". NULL: it can be none. */
static char *plain(const char *text)
{
	struct gp_buf b = { 0 };
	size_t n = 0;

	for (; n < NAME_MAX_LEN && text[n]; n++) {
		char c = text[n] >= 'A' && text[n] <= 'Z' ? (char)(text[n] - 'A' + 'a') : text[n];

		if ((c >= 'a' && c <= 'z') || is_digit(c) || c == '.')
			gp_buf_putc(&b, c);
		else if (c == '_' && n && is_digit(text[n - 1]) && is_digit(text[n + 1]))
			gp_buf_putc(&b, '.');
		else if (!strchr(" -_/", c))
			break;
	}
	if (b.len && !text[n])
		return gp_buf_detach(&b);
	gp_buf_release(&b);
	return NULL;
}

static bool named(const char *name, const char *wanted)
{
	gp_auto(gp_free_ptr) char *p = plain(name);

	return p && strcmp(p, wanted) == 0;
}

static const struct gp_platform *find(const struct gp_platform_list *l, const char *wanted)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_platform *p = &l->v[i];

		if (named(p->name, wanted) || named(p->title, wanted))
			return p;
		for (size_t k = 0; k < p->also.n; k++)
			if (named(p->also.v[k], wanted))
				return p;
	}
	return NULL;
}

/* --- reading --- */

static int take_names(struct gp_platform *p, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), name;

	while (gp_ranges_next(&rest, &name)) {
		gp_auto(gp_free_ptr) char *text = gp_strndup(name.p, name.len);
		gp_auto(gp_free_ptr) char *p_text = plain(text);

		if (!p_text)
			return gp_field_bad(f, err);
		gp_list_add(&p->also, text);
	}
	return p->also.n ? 0 : gp_field_bad(f, err);
}

static int take_kernels(struct gp_platform *p, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), word;

	while (gp_text_word_next(&rest, &word)) {
		gp_auto(gp_free_ptr) char *text = gp_strndup(word.p, word.len);

		GP_GROW(p->releases, p->n, p->cap);
		if (gp_release_parse(text, &p->releases[p->n], err) < 0)
			return -1;
		p->n++;
		if (p->n > 1 && gp_release_cmp(&p->releases[p->n - 2], &p->releases[p->n - 1]) >= 0)
			return gp_fail(err, GP_E_FORMAT, "%s does not follow an older release", text);
	}
	return p->n ? 0 : gp_field_bad(f, err);
}

/* "none" says that there is none, which is more than to say nothing. */
static int take_or_none(char **out, const struct gp_field *f, struct gp_err *err)
{
	return strcmp(f->value, "none") == 0 ? 0 : gp_field_text(f, out, err);
}

static int take_name(struct gp_platform *p, const struct gp_field *f, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *text = plain(f->value);

	p->name = gp_strdup(f->value);
	return text && !strchr(f->value, '\n') ? 0 : gp_field_bad(f, err);
}

static int take_field(struct gp_platform *p, const struct gp_field *f, struct gp_err *err)
{
	if (gp_field_is(f, "Platform"))
		return take_name(p, f, err);
	if (gp_field_is(f, "Title"))
		return gp_field_text(f, &p->title, err);
	if (gp_field_is(f, "Names"))
		return take_names(p, f, err);
	if (gp_field_is(f, "Kernels"))
		return take_kernels(p, f, err);
	if (gp_field_is(f, "Headers"))
		return take_or_none(&p->headers, f, err);
	if (gp_field_is(f, "Pin"))
		return take_or_none(&p->pin, f, err);
	if (gp_field_is(f, "Dkms"))
		return take_or_none(&p->dkms, f, err);
	if (gp_field_is(f, "Reason"))
		return gp_field_text(f, &p->reason, err);
	if (gp_field_is(f, "Evidence"))
		return gp_field_text(f, &p->evidence, err);
	return gp_fail(err, GP_E_FORMAT, "unknown field '%s' of a platform", f->name);
}

static int parse_one(const struct gp_stanza *s, struct gp_platform *p, struct gp_err *err)
{
	static const char *const needed[] = {
		"Platform", "Title", "Kernels", "Headers", "Pin", "Dkms", "Evidence", NULL
	};

	p->file = gp_strdup(s->file);
	p->lineno = s->lineno;
	for (size_t i = 0; i < s->n; i++)
		if (take_field(p, &s->v[i], err) < 0)
			return gp_within(err, "'%s:%u'", s->file, s->v[i].lineno);
	if (gp_stanza_need(s, needed, "a platform", err) < 0)
		return -1;
	if ((!p->headers || !p->pin || !p->dkms) && !p->reason)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': a platform without headers, pin or dkms needs a 'Reason'",
			       s->file, s->lineno);
	return 0;
}

/* In the place of the one of that name; two names for one thing would be a riddle. */
static int put(struct gp_platform_list *l, size_t old, struct gp_platform *p, struct gp_err *err)
{
	gp_assert(p->name);
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i].name, p->name) != 0)
			continue;
		if (i >= old)
			return gp_fail(err, GP_E_FORMAT, "'%s:%u': platform '%s' is there already, in line %u", p->file,
				       p->lineno, p->name, l->v[i].lineno);
		platform_release(&l->v[i]);
		l->v[i] = *p;
		*p = (struct gp_platform){ 0 };
		return 0;
	}
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = *p;
	*p = (struct gp_platform){ 0 };
	return 0;
}

int gp_platforms_parse(const struct gp_stanza_list *stanzas, struct gp_platform_list *l, struct gp_err *err)
{
	size_t old = l->n;

	for (size_t i = 0; i < stanzas->n; i++) {
		struct gp_platform p = { 0 };

		if (parse_one(&stanzas->v[i], &p, err) < 0 || put(l, old, &p, err) < 0) {
			platform_release(&p);
			return -1;
		}
	}
	return 0;
}

/* --- asking --- */

/* Take ".3" off ubuntu24.04.3. Out: false when there is no such thing. */
static bool cut(char *name)
{
	char *dot = strrchr(name, '.');

	if (!dot || dot == name || !dot[1] || strspn(dot + 1, "0123456789") != strlen(dot + 1))
		return false;
	*dot = '\0';
	return true;
}

static int fail_unknown(const struct gp_platform_list *l, const char *text, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf names = { 0 };
	gp_auto(gp_list_release) struct gp_list known = { 0 };
	gp_auto(gp_free_ptr) char *hint = NULL;

	for (size_t i = 0; i < l->n; i++) {
		gp_list_add(&known, l->v[i].name);
		gp_buf_printf(&names, "%s%s", i ? " " : "", l->v[i].name);
	}
	hint = gp_similar_hint(gp_str_of(text), &known);
	return gp_fail(err, GP_E_NO, "platform '%s' is not known%s; known are: %s", text, hint,
		       l->n ? names.data : "none");
}

int gp_platform_find(const struct gp_platform_list *l, const char *text, const struct gp_platform **out,
		     struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *name = plain(text);

	*out = NULL;
	if (!name)
		return gp_fail(err, GP_E_USAGE, "'%s' cannot be the name of a platform", text);
	do
		*out = find(l, name);
	while (!*out && cut(name));
	return *out ? 0 : fail_unknown(l, text, err);
}

char *gp_platform_fill(const char *text, const char *release)
{
	struct gp_buf b = { 0 };
	const char *at;

	if (!text)
		return NULL;
	while ((at = strstr(text, "%r"))) {
		gp_buf_printf(&b, "%.*s%s", (int)(at - text), text, release);
		text = at + 2;
	}
	gp_buf_printf(&b, "%s", text);
	return gp_buf_detach(&b);
}
