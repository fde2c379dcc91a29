/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_BUF_H
#define GP_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Owned locals: declare `gp_auto(free_fn) T x = …;`, hand over with gp_steal(). */
#define gp_auto(fn) __attribute__((cleanup(fn)))
#define gp_steal(p) \
	({ \
		__typeof__(*(p)) _s = *(p); \
		*(p) = NULL; \
		_s; \
	})
#define GP_SWAP(a, b) \
	do { \
		__typeof__(a) _was = (a); \
		(a) = (b); \
		(b) = _was; \
	} while (0)
#define GP_COUNT(a) (sizeof(a) / sizeof((a)[0]))

void gp_free_ptr(void *pp); /* for gp_auto(gp_free_ptr) char *s */

void *gp_alloc(size_t len);                           /* zeroed, never NULL: see gp_oom() */
void *gp_realloc(void *p, size_t count, size_t size); /* overflow-checked */
char *gp_strdup(const char *s);
char *gp_strndup(const char *s, size_t len);
char *gp_asprintf(const char *fmt, ...) GP_PRINTF(1, 2);
char *gp_vasprintf(const char *fmt, va_list ap) GP_PRINTF(1, 0);

/* Make room for one more element of a {T *v; size_t n, cap;} array. */
#define GP_GROW(v, n, cap) \
	do { \
		if ((n) == (cap)) { \
			(cap) = (cap) ? 2 * (cap) : 8; \
			(v) = gp_realloc((v), (cap), sizeof(*(v))); \
		} \
	} while (0)

/* A run of bytes that somebody else owns; not NUL-terminated. */
struct gp_str {
	const char *p;
	size_t len;
};

#define GP_STR(lit) ((struct gp_str){ (lit), sizeof(lit) - 1 })
struct gp_str gp_str_of(const char *s);
bool gp_str_eq(struct gp_str a, const char *b);
bool gp_str_same(struct gp_str a, struct gp_str b);

/* A growing byte buffer. data is NUL-terminated at [len] whenever it is not
 * NULL, so text can be passed on; it may hold NUL bytes of its own. */
struct gp_buf {
	char *data;
	size_t len, cap;
};

void gp_buf_release(struct gp_buf *b); /* NULL and zeroed are fine */
void gp_buf_reserve(struct gp_buf *b, size_t more);
void gp_buf_add(struct gp_buf *b, const void *p, size_t len);
void gp_buf_puts(struct gp_buf *b, const char *s);
void gp_buf_putc(struct gp_buf *b, char c);
void gp_buf_printf(struct gp_buf *b, const char *fmt, ...) GP_PRINTF(2, 3);
char *gp_buf_detach(struct gp_buf *b); /* now it is yours, free() it; "" when empty */
struct gp_str gp_buf_str(const struct gp_buf *b);

/* A list of owned strings. */
struct gp_list {
	char **v;
	size_t n, cap;
};

void gp_list_release(struct gp_list *l);
void gp_list_add(struct gp_list *l, const char *s);
void gp_list_printf(struct gp_list *l, const char *fmt, ...) GP_PRINTF(2, 3);
void gp_list_add_all(struct gp_list *l, const struct gp_list *more);
void gp_list_take(struct gp_list *l, char *s); /* l owns s from now on */
bool gp_list_has(const struct gp_list *l, const char *s);
void gp_list_sort(struct gp_list *l);

/*
 * A source of bytes: parsers do not know whether they come from a file, a
 * decoder or memory.
 *
 * read: fills at most cap bytes; > 0 bytes read, 0 end, -1 error in err.
 */
struct gp_src {
	ssize_t (*read)(void *arg, void *buf, size_t cap, struct gp_err *err);
	void *arg;
};

/* What lies in memory, as a source: *rest is what is not read yet. */
struct gp_src gp_str_src(struct gp_str *rest);

/* Where bytes go. write takes all of len or fails with -1. */
struct gp_sink {
	int (*write)(void *arg, const void *buf, size_t len, struct gp_err *err);
	void *arg;
};

#endif
