/* SPDX-License-Identifier: MIT */
#include "ops/run/append.h"

#include <stdlib.h>

#include "base/backlog.h"
#include "base/fsio.h"
#include "base/outfile.h"

#define IN_MEMORY (4u << 20) /* more than patches make */
#define BLOCK (256u << 10)
#define AHEAD (64u << 20)

struct gp_append {
	struct gp_splice_plan plan;
	struct gp_splice_more *more;
	struct gp_tarout tar;
	struct gp_backlog *backlog; /* between the tar and the compressor; NULL */
	struct gp_buf mem;          /* what is not in the file yet */
	struct gp_outfile file;     /* when it is open: without a name */
	bool open;
	uint64_t out; /* bytes in the file */
};

static int to_file(struct gp_append *a, struct gp_err *err)
{
	if (!a->open) {
		if (gp_outfile_spool(&a->file, 0, err) < 0)
			return -1;
		a->open = true;
	}
	if (gp_write_fd(a->file.fd, a->mem.data, a->mem.len, a->file.path, err) < 0)
		return -1;
	a->out += a->mem.len;
	a->mem.len = 0;
	return 0;
}

/* Packed bytes of the rest. */
static int take(void *arg, const void *p, size_t len, struct gp_err *err)
{
	struct gp_append *a = arg;

	gp_buf_add(&a->mem, p, len);
	return a->mem.len < IN_MEMORY ? 0 : to_file(a, err);
}

static int pack(void *arg, const void *p, size_t len, struct gp_err *err)
{
	struct gp_append *a = arg;

	return gp_splice_more_put(a->more, p, len, err);
}

static int put(void *arg, const void *p, size_t len, struct gp_err *err)
{
	struct gp_append *a = arg;

	return a->backlog ? gp_backlog_put(a->backlog, p, len, err) : pack(a, p, len, err);
}

struct gp_append *gp_append_new(const struct gp_runfile *rf, unsigned threads, struct gp_err *err)
{
	struct gp_append *a = gp_alloc(sizeof(*a));
	struct gp_peek peek = { gp_runfile_peek, (void *)rf };
	struct gp_splice_to to = { { take, a }, threads ? threads : 1 };

	a->tar = (struct gp_tarout){ { put, a }, rf->tar_end };
	a->more = gp_splice_more_new(rf->splice, &rf->cut, peek, &to, &a->plan, err);
	/* What lies between the place and the archive's end comes again. */
	if (a->more && gp_splice_more_put(a->more, rf->tail.data, rf->tail.len, err) == 0)
		return a;
	gp_append_free(a);
	return NULL;
}

void gp_append_free(struct gp_append *a)
{
	if (!a)
		return;
	gp_backlog_free(a->backlog); /* it writes to what is next */
	gp_splice_more_free(a->more);
	gp_buf_release(&a->mem);
	if (a->open)
		gp_outfile_release(&a->file);
	free(a);
}

void gp_append_ahead(struct gp_append *a, const volatile sig_atomic_t *cancel)
{
	if (!a->backlog)
		a->backlog = gp_backlog_new((struct gp_sink){ pack, a }, AHEAD, cancel);
}

struct gp_tarout *gp_append_tar(struct gp_append *a)
{
	return &a->tar;
}

int gp_append_end(struct gp_append *a, struct gp_err *err)
{
	if (gp_tarout_end(&a->tar, err) < 0 || (a->backlog && gp_backlog_end(a->backlog, err) < 0) ||
	    gp_splice_more_end(a->more, err) < 0)
		return -1;
	/* Its tables are large, and what comes next is as long as the disk takes. */
	gp_splice_more_free(a->more);
	a->more = NULL;
	return 0;
}

const struct gp_splice_plan *gp_append_plan(const struct gp_append *a)
{
	gp_assert(!a->more);
	return &a->plan;
}

int gp_append_read(const struct gp_append *a, struct gp_sink to, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	uint64_t at = 0;

	while (at < a->out) {
		size_t want = a->out - at < BLOCK ? (size_t)(a->out - at) : BLOCK;
		ssize_t n = gp_pread(a->file.fd, block, want, at, a->file.path, err);

		if (n < 0)
			return -1;
		if (n == 0)
			return gp_fail(err, GP_E_SYSTEM, "'%s' lost its end", a->file.path);
		at += (uint64_t)n;
		if (to.write(to.arg, block, (size_t)n, err) < 0)
			return -1;
	}
	return to.write(to.arg, a->mem.data, a->mem.len, err);
}
