/* SPDX-License-Identifier: MIT */
#include "base/path.h"
#include "base/json.h"
#include "ops/run/runfile.h"
#include "cmd/report/input.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"

#include <string.h>

/* The stub's targetdir is untrusted: one plain name, nothing else. */
static int choose_dir(const struct gp_args *a, const struct gp_runfile *rf, char **dir, struct gp_err *err)
{
	const char *t = rf->header.targetdir;

	if (a->dir) {
		size_t n = strlen(a->dir);

		while (n > 1 && a->dir[n - 1] == '/')
			n--;
		*dir = gp_strndup(a->dir, n);
		return 0;
	}
	if (!*t || strchr(t, '/') || strcmp(t, ".") == 0 || strcmp(t, "..") == 0)
		return gp_fail(err, GP_E_FORMAT, "the stub's targetdir '%s' is not a plain name; give -C DIR", t);
	*dir = gp_strdup(t);
	return 0;
}

static int extract(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_runfile_release) struct gp_runfile rf = { 0 };
	gp_auto(gp_free_ptr) char *dir = NULL;
	const char *name = a->positional.v[0];
	char size[32];
	int rc;

	if (gp_take_input(a, GP_INPUT_RUN, &name, err) < 0 || gp_runfile_open(&rf, name, &a->given, err) < 0)
		return -1;
	rf.cancel = gp_main_cancel();
	if (choose_dir(a, &rf, &dir, err) < 0)
		return -1;
	rf.progress = gp_progress_begin(a);
	rc = gp_runfile_extract(&rf, dir, err);
	gp_progress_end();
	if (rc < 0)
		return -1;
	gp_say(a, "extracted  %zu members, %s, to %s\n", rf.n, gp_say_size(rf.unpacked, size), dir);
	r->root = gp_json_object(GP_J("input", gp_json_input(a, name)), GP_J("output", dir), GP_J("members", rf.n),
				 GP_J("unpacked", rf.unpacked));
	return 0;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	if (a->positional.n != 1)
		return gp_fail(err, GP_E_USAGE, "give one installer; see 'gridpatch extract --help'");
	return extract(a, r, err);
}

const struct gp_cmd gp_cmd_extract = {
	.name = "extract",
	.args = "RUN",
	.summary = "unpack an installer without running it",
	.about = "Unpacks RUN as `sh RUN -x` does, byte for byte and mode for mode, without\n"
		 "running a line of it: into DIR of -C (or -d), else into the directory that the\n"
		 "stub names. The directory must not exist; it appears when it is complete.",
	.example = "gridpatch extract -C tree RUN",
	.options = "member directory progress",
	.run = run,
};
