/* SPDX-License-Identifier: MIT */
#include "ops/input/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "ops/run/runfile.h"

#define BLOCK (256u << 10)

int gp_spool_file_open(struct gp_spool_file *s, uint64_t expect, struct gp_err *err)
{
	struct gp_outfile f;
	gp_auto(gp_free_ptr) char *dir = NULL;

	*s = (struct gp_spool_file){ .fd = -1 };
	if (gp_outfile_spool(&f, expect, err) < 0)
		return -1;
	dir = gp_path_dir(f.path);
	s->name = gp_asprintf("a temporary file in '%s'", dir);
	s->fd = f.fd;
	f.fd = -1;
	gp_outfile_release(&f);
	return 0;
}

int gp_spool_file_take(struct gp_spool_file *s)
{
	int fd = s->fd;

	s->fd = -1;
	return fd;
}

void gp_spool_file_release(struct gp_spool_file *s)
{
	if (!s->name)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s->name);
	*s = (struct gp_spool_file){ 0 };
}

static int put(const struct gp_spool_file *s, const void *p, size_t n, struct gp_err *err)
{
	struct gp_err why = { 0 };

	return gp_write_fd(s->fd, p, n, "", &why) < 0 ? gp_fail_sys(err, why.sys, "cannot write %s", s->name) : 0;
}

int gp_spool_pipe(int from, const char *name, const volatile sig_atomic_t *cancel, int *fd, struct gp_err *err)
{
	gp_auto(gp_spool_file_release) struct gp_spool_file s = { 0 };
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	uint64_t total = 0;
	ssize_t n;

	if (gp_spool_file_open(&s, 0, err) < 0)
		return -1;
	/* A signal ends a read(2) that waits for the other side. */
	while ((n = read(from, block, BLOCK)) != 0) {
		if (gp_check_cancel(cancel, err) < 0)
			return -1;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return gp_fail_sys(err, errno, "cannot read %s", name);
		total += (uint64_t)n;
		if (total > GP_RUN_MAX_UNPACKED)
			return gp_fail(err, GP_E_FORMAT, "%s has more than %llu GiB", name, GP_RUN_MAX_UNPACKED >> 30);
		if (put(&s, block, (size_t)n, err) < 0)
			return -1;
	}
	*fd = gp_spool_file_take(&s);
	return 0;
}
