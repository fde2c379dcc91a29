/* SPDX-License-Identifier: MIT */
#include "cmd/front/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "cmd/front/option.h"
#include "ops/driver/hooks.h"
#include "ops/input/name.h"
#include "ops/select/datadir.h"
#include "ops/select/headers.h"

/* A file of the command line, and the option that names it. */
struct named {
	const char *option, *path; /* path: NULL, "-": none */
	const char *mark;          /* near the beginning of what is written */
};

#define REPORTS 4 /* of outputs; the rest is what a job writes, which looks where it can go */
#define OUTPUTS 6
#define MARK_MAX 8192 /* bytes in which a mark is looked for */

static void list_outputs(const struct gp_args *a, struct named out[OUTPUTS])
{
	out[0] = (struct named){ "--json", a->json_file, "\"type\":\"gridpatch" };
	out[1] = (struct named){ "--junit", a->junit, "<testsuites name=\"gridpatch" };
	out[2] = (struct named){ "--html", a->html, "<title>gridpatch" };
	out[3] = (struct named){ "--markdown", a->markdown_file, "### gridpatch" };
	out[4] = (struct named){ "--output", a->patch.out, "\ntargetdir=" };
	out[5] = (struct named){ "--write-lock", a->patch.write_lock, "Gridpatch-Lock:" };
}

static bool is_named(const struct named *n)
{
	return n->path && strcmp(n->path, "-") != 0;
}

/* It will not be replaced, but written to. */
static bool is_device(const char *path)
{
	return gp_exists(path) && !gp_is_file(path);
}

static int check_writable(const char *path, struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { 0 };

	if (gp_is_dir(path))
		return gp_fail(err, GP_E_SYSTEM, "cannot write '%s': it is a directory", path);
	if (!is_device(path))
		return gp_outfile_open(&f, path, 0, err);
	return access(path, W_OK) == 0 ? 0 : gp_fail_sys(err, errno, "cannot write '%s'", path);
}

static int check_others(const struct named *out, size_t i, struct gp_err *err)
{
	for (size_t k = i + 1; k < OUTPUTS; k++)
		if (is_named(&out[k]) && !is_device(out[k].path) && gp_same_place(out[i].path, out[k].path))
			return gp_fail(err, GP_E_USAGE, "%s and %s both write '%s'", out[i].option, out[k].option,
				       out[i].path);
	return 0;
}

static int fail_input(const struct named *out, const char *input, struct gp_err *err)
{
	return gp_fail(err, GP_E_USAGE, "%s would write over the input '%s'", out->option, input);
}

static int check_list(const struct named *out, const struct gp_list *inputs, struct gp_err *err)
{
	for (size_t i = 0; i < inputs->n; i++)
		if (gp_input_is(inputs->v[i], out->path))
			return fail_input(out, inputs->v[i], err);
	return 0;
}

static int check_inputs(const struct gp_args *a, const struct named *out, struct gp_err *err)
{
	/* An input, and the output that may take its place. */
	const struct {
		const char *path, *by;
	} files[] = { { a->patch.hooks_patch, NULL },
		      { a->patch.unlock_lib, NULL },
		      { a->patch.lock, a->patch.write_lock },
		      { a->resume, a->json_file },
		      { a->since, a->json_file },
		      { a->expect, NULL },
		      { a->baseline, NULL },
		      { a->blob, NULL },
		      { a->sign_key, NULL },
		      { a->sign_cert, NULL },
		      { a->from, NULL } };

	for (size_t i = 0; i < GP_COUNT(files); i++)
		if (files[i].path && files[i].by != out->path && gp_same_file(out->path, files[i].path))
			return fail_input(out, files[i].path, err);
	/* Joined reports may be replaced by what they are joined to. */
	if (!(a->merge && out->path == a->json_file) && check_list(out, &a->positional, err) < 0)
		return -1;
	return check_list(out, &a->patch.patches, err) < 0 ? -1 : check_list(out, &a->runs, err);
}

/* --- directories that are inputs --- */

struct places {
	struct gp_list closed; /* no report has any business there */
	struct gp_list open;   /* a tree, or where work is done: a file may be added */
};

static void places_release(struct places *p)
{
	gp_list_release(&p->closed);
	gp_list_release(&p->open);
}

/* The two halves of headers; false: these are none. */
static bool add_headers(struct places *p, const char *dir)
{
	gp_auto(gp_headers_release) struct gp_headers h = { 0 };

	if (gp_headers_open(dir, &h, &(struct gp_err){ 0 }) < 0)
		return false;
	gp_list_add(&p->closed, h.sysout);
	gp_list_add(&p->closed, h.syssrc);
	return true;
}

/* Not the whole of such a directory: it may well be the one that somebody works in. */
static void add_data(struct places *p, const struct gp_list *dirs)
{
	for (size_t i = 0; i < dirs->n; i++) {
		gp_list_take(&p->closed, gp_path_join(dirs->v[i], "kernel-versions"));
		gp_list_take(&p->closed, gp_path_join(dirs->v[i], "patches"));
	}
}

static bool takes(const struct gp_cmd *cmd, const char *option)
{
	return gp_option_find(cmd, gp_str_of(option)) != NULL;
}

static void find_places(const struct gp_cmd *cmd, const struct gp_args *a, struct places *p)
{
	const char *const dirs[] = { a->patch.hooks, a->patch.unlock_script, a->patch.unlock_config, a->from, a->to };
	gp_auto(gp_list_release) struct gp_list data = { 0 };

	for (size_t i = 0; i < GP_COUNT(dirs); i++)
		if (dirs[i])
			gp_list_add(&p->closed, dirs[i]);
	if (takes(cmd, "hooks") && !a->patch.hooks && !a->patch.no_hooks)
		gp_hooks_places(&p->closed);
	for (size_t i = 0; i < a->patch.patches.n; i++)
		gp_list_add(&p->closed, a->patch.patches.v[i]);
	for (size_t i = 0; i < a->patch.headers.n; i++)
		if (!add_headers(p, a->patch.headers.v[i]))
			gp_list_add(&p->closed, a->patch.headers.v[i]);
	if (takes(cmd, "data") && gp_datadir_find(&data, &(struct gp_err){ 0 }) == 0)
		add_data(p, &data);
	add_data(p, &a->patch.data);
	for (size_t i = 0; i < a->positional.n; i++)
		if (gp_is_dir(a->positional.v[i]) && !add_headers(p, a->positional.v[i]))
			gp_list_add(&p->open, a->positional.v[i]);
	for (size_t i = 0; i < a->runs.n; i++)
		gp_list_add(&p->open, a->runs.v[i]);
	if (takes(cmd, "directory"))
		gp_list_add(&p->open, a->dir ? a->dir : ".");
}

/* By what the directories on the way up are, not by their names. */
static bool lies_in(const char *path, const char *dir)
{
	gp_auto(gp_free_ptr) char *parent = gp_path_dir(path);
	gp_auto(gp_free_ptr) char *at = realpath(parent, NULL);

	while (at && !gp_same_file(at, dir)) {
		char *slash = strrchr(at, '/');

		if (!slash[1])
			return false;
		slash[slash == at] = '\0';
	}
	return at != NULL;
}

/* It is empty, or an earlier run wrote it: a command can be repeated. */
static bool may_go(const struct named *out)
{
	char text[MARK_MAX];
	int fd = open(out->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	return n == 0 || (n > 0 && memmem(text, (size_t)n, out->mark, strlen(out->mark)));
}

static int check_dirs(const struct named *out, const struct gp_list *dirs, struct gp_err *err)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (lies_in(out->path, dirs->v[i]))
			return gp_fail(err, GP_E_USAGE, "%s would write '%s' into the input '%s'", out->option,
				       out->path, dirs->v[i]);
	return 0;
}

static int check_places(const struct places *p, const struct named *out, bool report, struct gp_err *err)
{
	bool fine = !gp_exists(out->path) || may_go(out);

	if ((report || !fine) && check_dirs(out, &p->closed, err) < 0)
		return -1;
	return fine ? 0 : check_dirs(out, &p->open, err);
}

static int check_output(const struct gp_args *a, const struct places *p, const struct named *out, size_t i,
			struct gp_err *err)
{
	bool device = is_device(out[i].path), report = i < REPORTS;

	if (check_inputs(a, &out[i], err) < 0 || (!device && check_places(p, &out[i], report, err) < 0))
		return -1;
	if (report && check_writable(out[i].path, err) < 0)
		return -1;
	return report && !device ? check_others(out, i, err) : 0;
}

int gp_outputs_check(const struct gp_cmd *cmd, const struct gp_args *a, struct gp_err *err)
{
	gp_auto(places_release) struct places p = { 0 };
	struct named out[OUTPUTS];
	bool found = false;
	int rc = 0;

	list_outputs(a, out);
	for (size_t i = 0; i < OUTPUTS && rc == 0; i++) {
		if (!is_named(&out[i]))
			continue;
		if (!found)
			find_places(cmd, a, &p);
		found = true;
		rc = check_output(a, &p, out, i, err);
	}
	return rc;
}

static int write_device(const char *path, const void *data, size_t len, struct gp_err *err)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fwrite(data, 1, len, f) == len && fflush(f) == 0;
	int why = errno;

	if (f && fclose(f) == EOF && ok) {
		ok = false;
		why = errno;
	}
	return ok ? 0 : gp_fail_sys(err, why, "cannot write '%s'", path);
}

static int write_stdout(const void *data, size_t len, struct gp_err *err)
{
	if (fwrite(data, 1, len, stdout) == len && fflush(stdout) == 0)
		return 0;
	return gp_fail_sys(err, errno, "cannot write to standard output");
}

int gp_output_write(const char *path, const void *data, size_t len, struct gp_err *err)
{
	if (strcmp(path, "-") == 0)
		return write_stdout(data, len, err);
	return is_device(path) ? write_device(path, data, len, err) : gp_file_write(path, data, len, 0644, true, err);
}
