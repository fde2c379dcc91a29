/* SPDX-License-Identifier: MIT */
#include "ops/run/tarsrc.h"

#include <stdlib.h>

#include "base/fsio.h"
#include "ops/run/libarchive.h"

#define BLOCK (256u << 10)
#define RING (8u << 20) /* a multiple of BLOCK */

struct gp_tarsrc {
	struct archive *a;
	struct gp_src src;
	struct gp_err src_err; /* what the source said, when it failed */
	uint8_t *ring;         /* the last bytes, byte n at n % RING */
	uint64_t total;
};

static ssize_t read_more(struct gp_tarsrc *t, struct gp_err *err)
{
	size_t at = (size_t)(t->total % RING), room = RING - at < BLOCK ? RING - at : BLOCK;
	ssize_t n = t->src.read(t->src.arg, t->ring + at, room, err);

	t->total += n > 0 ? (uint64_t)n : 0;
	return n;
}

static la_ssize_t read_block(struct archive *a, void *arg, const void **buf)
{
	struct gp_tarsrc *t = arg;
	size_t at = (size_t)(t->total % RING);
	ssize_t n = read_more(t, &t->src_err);

	if (n < 0)
		archive_set_error(a, -1, "source");
	*buf = t->ring + at;
	return n;
}

int gp_tarsrc_drain(struct gp_tarsrc *t, uint64_t max, struct gp_err *err)
{
	ssize_t n;

	while ((n = read_more(t, err)) > 0)
		if (t->total > max)
			return gp_fail(err, GP_E_FORMAT, "unpacks to more than %llu GiB",
				       (unsigned long long)max >> 30);
	return n < 0 ? -1 : 0;
}

void gp_tarsrc_all_last(const struct gp_tarsrc *t, struct gp_buf *out)
{
	gp_tarsrc_last(t, t->total > RING ? t->total - RING : 0, t->total, out);
}

struct gp_tarsrc *gp_tarsrc_new(struct gp_src src, struct gp_err *err)
{
	struct gp_tarsrc *t;

	if (gp_libarchive_load(err) < 0)
		return NULL;
	t = gp_alloc(sizeof(*t));
	t->src = src;
	t->ring = gp_alloc(RING);
	t->a = archive_read_new();
	if (!t->a)
		gp_oom();
	if (archive_read_support_format_tar(t->a) != ARCHIVE_OK ||
	    archive_read_open(t->a, t, NULL, read_block, NULL) != ARCHIVE_OK) {
		gp_tarsrc_fail(t, err);
		gp_tarsrc_free(t);
		return NULL;
	}
	return t;
}

void gp_tarsrc_free(struct gp_tarsrc *t)
{
	if (!t)
		return;
	archive_read_free(t->a);
	free(t->ring);
	free(t);
}

int gp_tarsrc_fail(struct gp_tarsrc *t, struct gp_err *err)
{
	if (t->src_err.code) {
		if (err)
			*err = t->src_err;
		return -1;
	}
	return gp_libarchive_fail(t->a, GP_E_FORMAT, "damaged tar", err);
}

int gp_tarsrc_next(struct gp_tarsrc *t, struct archive_entry **entry, struct gp_err *err)
{
	int rc = archive_read_next_header(t->a, entry);

	if (rc == ARCHIVE_EOF)
		return t->src_err.code ? gp_tarsrc_fail(t, err) : 0;
	/* A warning is, for example, a pax name that is not UTF-8: usable. */
	if (rc == ARCHIVE_OK || rc == ARCHIVE_WARN)
		return 1;
	return gp_tarsrc_fail(t, err);
}

uint64_t gp_tarsrc_offset(const struct gp_tarsrc *t)
{
	return (uint64_t)archive_read_header_position(t->a);
}

bool gp_tarsrc_last(const struct gp_tarsrc *t, uint64_t from, uint64_t to, struct gp_buf *out)
{
	if (to > t->total || from > to || t->total - from > RING)
		return false;
	while (from < to) {
		size_t at = (size_t)(from % RING), n = RING - at < to - from ? RING - at : (size_t)(to - from);

		gp_buf_add(out, t->ring + at, n);
		from += n;
	}
	return true;
}

int gp_tarsrc_data(struct gp_tarsrc *t, struct gp_buf *out, size_t size, struct gp_err *err)
{
	gp_buf_reserve(out, size + 1);
	while (out->len <= size) {
		la_ssize_t n = archive_read_data(t->a, out->data + out->len, size + 1 - out->len);

		if (n < 0)
			return gp_tarsrc_fail(t, err);
		if (n == 0)
			break;
		out->len += (size_t)n;
	}
	out->data[out->len] = '\0';
	if (out->len != size)
		return gp_fail(err, GP_E_FORMAT, "damaged tar: a member is not as long as it says");
	return 0;
}

int gp_tarsrc_pass(struct gp_tarsrc *t, struct gp_sink to, uint64_t size, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	uint64_t done = 0;
	la_ssize_t n;

	while ((n = archive_read_data(t->a, block, BLOCK)) > 0) {
		if (to.write(to.arg, block, (size_t)n, err) < 0)
			return -1;
		done += (uint64_t)n;
	}
	if (n < 0)
		return gp_tarsrc_fail(t, err);
	return done == size ? 0 : gp_fail(err, GP_E_FORMAT, "damaged tar: a member is not as long as it says");
}

/* A file that is open, and its name for messages. */
struct to_file {
	int fd;
	const char *name;
};

static int to_fd(void *arg, const void *p, size_t len, struct gp_err *err)
{
	const struct to_file *f = arg;

	return gp_write_fd(f->fd, p, len, f->name, err);
}

int gp_tarsrc_copy(struct gp_tarsrc *t, int fd, const char *name, uint64_t size, struct gp_err *err)
{
	struct to_file f = { fd, name };

	return gp_tarsrc_pass(t, (struct gp_sink){ to_fd, &f }, size, err);
}

struct archive *gp_tarsrc_archive(struct gp_tarsrc *t)
{
	return t->a;
}
