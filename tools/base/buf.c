/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gp_free_ptr(void *pp)
{
	free(*(void **)pp);
}

void *gp_alloc(size_t len)
{
	void *p = calloc(1, len ? len : 1);

	if (!p)
		gp_oom();
	return p;
}

void *gp_realloc(void *p, size_t count, size_t size)
{
	size_t len;

	if (__builtin_mul_overflow(count, size, &len))
		gp_oom();
	p = realloc(p, len ? len : 1);
	if (!p)
		gp_oom();
	return p;
}

char *gp_strdup(const char *s)
{
	return gp_strndup(s, strlen(s));
}

char *gp_strndup(const char *s, size_t len)
{
	char *p = gp_alloc(len + 1);

	if (len)
		memcpy(p, s, len);
	return p;
}

char *gp_vasprintf(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		gp_oom();
	return s;
}

char *gp_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = gp_vasprintf(fmt, ap);
	va_end(ap);
	return s;
}

struct gp_str gp_str_of(const char *s)
{
	return (struct gp_str){ s, strlen(s) };
}

bool gp_str_eq(struct gp_str a, const char *b)
{
	return gp_str_same(a, gp_str_of(b));
}

bool gp_str_same(struct gp_str a, struct gp_str b)
{
	return a.len == b.len && (!a.len || memcmp(a.p, b.p, a.len) == 0);
}

void gp_buf_release(struct gp_buf *b)
{
	if (!b)
		return;
	free(b->data);
	*b = (struct gp_buf){ 0 };
}

void gp_buf_reserve(struct gp_buf *b, size_t more)
{
	size_t need, cap;

	if (__builtin_add_overflow(b->len, more, &need) || __builtin_add_overflow(need, 1, &need))
		gp_oom();
	if (need <= b->cap)
		return;
	cap = b->cap + b->cap / 2;
	if (cap < need)
		cap = need < 64 ? 64 : need;
	b->data = gp_realloc(b->data, cap, 1);
	b->cap = cap;
	b->data[b->len] = '\0';
}

void gp_buf_add(struct gp_buf *b, const void *p, size_t len)
{
	gp_buf_reserve(b, len);
	if (len)
		memcpy(b->data + b->len, p, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void gp_buf_puts(struct gp_buf *b, const char *s)
{
	gp_buf_add(b, s, strlen(s));
}

void gp_buf_putc(struct gp_buf *b, char c)
{
	gp_buf_add(b, &c, 1);
}

void gp_buf_printf(struct gp_buf *b, const char *fmt, ...)
{
	va_list ap, ap2;
	int n;

	va_start(ap, fmt);
	va_copy(ap2, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		gp_oom();
	gp_buf_reserve(b, (size_t)n);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap2);
	va_end(ap2);
	b->len += (size_t)n;
}

char *gp_buf_detach(struct gp_buf *b)
{
	char *s = b->data ? b->data : gp_alloc(1);

	*b = (struct gp_buf){ 0 };
	return s;
}

struct gp_str gp_buf_str(const struct gp_buf *b)
{
	return (struct gp_str){ b->data ? b->data : "", b->len };
}

void gp_list_release(struct gp_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct gp_list){ 0 };
}

void gp_list_take(struct gp_list *l, char *s)
{
	gp_assert(s);
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = s;
}

void gp_list_add(struct gp_list *l, const char *s)
{
	gp_list_take(l, gp_strdup(s));
}

void gp_list_printf(struct gp_list *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	gp_list_take(l, gp_vasprintf(fmt, ap));
	va_end(ap);
}

void gp_list_add_all(struct gp_list *l, const struct gp_list *more)
{
	gp_assert(l != more);
	for (size_t i = 0; i < more->n; i++)
		gp_list_add(l, more->v[i]);
}

bool gp_list_has(const struct gp_list *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void gp_list_sort(struct gp_list *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_bytes);
}

static ssize_t read_str(void *arg, void *buf, size_t cap, struct gp_err *err)
{
	struct gp_str *s = arg;
	size_t n = s->len < cap ? s->len : cap;

	(void)err;
	if (n)
		memcpy(buf, s->p, n);
	s->p += n;
	s->len -= n;
	return (ssize_t)n;
}

struct gp_src gp_str_src(struct gp_str *rest)
{
	return (struct gp_src){ read_str, rest };
}
