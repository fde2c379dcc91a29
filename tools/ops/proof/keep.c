/* SPDX-License-Identifier: MIT */
#include "ops/proof/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/text.h"
#include "ops/select/headers.h"

int gp_keep_sign(const struct gp_headers *h, const struct gp_build_opts *o, const char *kernel,
		 const struct gp_cell *cell, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *program = gp_path_join(h->sysout, "scripts/sign-file");
	gp_auto(gp_free_ptr) char *hash = gp_headers_config(h, "CONFIG_MODULE_SIG_HASH");

	if (access(program, X_OK) < 0)
		return gp_fail(err, GP_E_NOTFOUND, "cannot sign: the headers have no '%s'", program);
	for (size_t i = 0; i < cell->modules.n; i++) {
		gp_auto(gp_free_ptr) char *module = gp_path_join(kernel, cell->modules.v[i]);
		const char *const argv[] = { program, hash ? hash : "sha256", o->sign_key, o->sign_cert, module, NULL };
		gp_auto(gp_buf_release) struct gp_buf said = { 0 };
		struct gp_str rest, line = { "", 0 };
		int rc = gp_proc_run(argv, NULL, &said, err);

		if (rc == 0)
			continue;
		rest = gp_buf_str(&said);
		gp_text_line_next(&rest, &line);
		return rc < 0 ?
			       -1 :
			       gp_fail(err, GP_E_NO, "cannot sign %s: %.*s", cell->modules.v[i], (int)line.len, line.p);
	}
	return 0;
}

static int copy(const char *from, const char *to, struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { 0 };
	int fd = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc;

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot read '%s'", from);
	rc = gp_outfile_open(&f, to, 0, err);
	if (rc == 0)
		rc = gp_fd_clone(fd, f.fd, to, err);
	close(fd);
	return rc < 0 ? -1 : gp_outfile_commit(&f, 0644, true, err);
}

static int copy_as(const char *from, const char *dir, const char *name, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *to = gp_path_join(dir, name);

	return copy(from, to, err);
}

/* Of a cell that failed there is the log, and no module that an earlier run made. */
static void remove_old(const char *dir, struct gp_cell *cell)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (gp_dir_list(dir, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, names.v[i]);

		if (gp_str_ends(gp_str_of(names.v[i]), ".ko") &&
		    (cell->cls != GP_CELL_OK || !gp_list_has(&cell->modules, names.v[i])))
			unlink(path);
	}
}

int gp_keep_modules(const struct gp_build_opts *o, const char *kernel, const char *log, struct gp_cell *cell,
		    struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_build_place(o, cell->release);

	if (gp_mkdirs(dir, err) < 0)
		return -1;
	remove_old(dir, cell);
	for (size_t i = 0; cell->cls == GP_CELL_OK && i < cell->modules.n; i++) {
		gp_auto(gp_free_ptr) char *from = gp_path_join(kernel, cell->modules.v[i]);

		if (copy_as(from, dir, cell->modules.v[i], err) < 0)
			return -1;
	}
	if (!gp_exists(log) || copy_as(log, dir, "build.log", err) < 0)
		return gp_exists(log) ? -1 : 0;
	free(cell->log);
	cell->log = gp_path_join(dir, "build.log");
	return 0;
}

int gp_keep_log(const struct gp_build_opts *o, const char *log, struct gp_cell *cell, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *name = gp_asprintf("%s-%s.log", cell->driver, cell->release);
	gp_auto(gp_free_ptr) char *to = gp_path_join(o->logs, name);

	if (gp_mkdirs(o->logs, err) < 0 || copy(log, to, err) < 0)
		return -1;
	free(cell->log);
	cell->log = gp_steal(&to);
	return 0;
}
