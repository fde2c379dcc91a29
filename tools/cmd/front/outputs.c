/* SPDX-License-Identifier: MIT */
#include "cmd/front/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"

/* A file of the command line, and the option that names it. */
struct named {
	const char *option, *path; /* path: NULL, "-": none */
};

#define REPORTS 4 /* of outputs; the rest is what a job writes, and checks */
#define OUTPUTS 6

static void list_outputs(const struct gp_args *a, struct named out[OUTPUTS])
{
	out[0] = (struct named){ "--json", a->json_file };
	out[1] = (struct named){ "--junit", a->junit };
	out[2] = (struct named){ "--html", a->html };
	out[3] = (struct named){ "--markdown", a->markdown_file };
	out[4] = (struct named){ "--output", a->patch.out };
	out[5] = (struct named){ "--write-lock", a->patch.write_lock };
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

static int check_list(const struct named *out, const struct gp_list *inputs, struct gp_err *err)
{
	for (size_t i = 0; i < inputs->n; i++)
		if (gp_same_file(out->path, inputs->v[i]))
			return gp_fail(err, GP_E_USAGE, "%s would write over the input '%s'", out->option,
				       inputs->v[i]);
	return 0;
}

static int check_inputs(const struct gp_args *a, const struct named *out, struct gp_err *err)
{
	const char *const files[] = { a->patch.hooks_patch,
				      a->patch.lock,
				      a->blob,
				      a->sign_key,
				      a->sign_cert,
				      a->from,
				      a->json_file == out->path ? NULL : a->resume };

	for (size_t i = 0; i < GP_COUNT(files); i++)
		if (files[i] && gp_same_file(out->path, files[i]))
			return gp_fail(err, GP_E_USAGE, "%s would write over the input '%s'", out->option, files[i]);
	/* Joined reports may be replaced by what they are joined to. */
	if (!a->merge && check_list(out, &a->positional, err) < 0)
		return -1;
	return check_list(out, &a->patch.patches, err) < 0 ? -1 : check_list(out, &a->runs, err);
}

int gp_outputs_check(const struct gp_args *a, struct gp_err *err)
{
	struct named out[OUTPUTS];

	list_outputs(a, out);
	for (size_t i = 0; i < REPORTS; i++) {
		if (!is_named(&out[i]))
			continue;
		if (check_inputs(a, &out[i], err) < 0 || check_writable(out[i].path, err) < 0)
			return -1;
		if (!is_device(out[i].path) && check_others(out, i, err) < 0)
			return -1;
	}
	return 0;
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

int gp_output_write(const char *path, const void *data, size_t len, struct gp_err *err)
{
	return is_device(path) ? write_device(path, data, len, err) : gp_file_write(path, data, len, 0644, true, err);
}
