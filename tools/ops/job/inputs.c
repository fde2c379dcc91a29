/* SPDX-License-Identifier: MIT */
#include "ops/job/inputs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "core/driver/vgpuconfig.h"
#include "core/payload/runheader.h"
#include "ops/driver/userspace.h"
#include "ops/input/name.h"
#include "ops/patch/names.h"
#include "ops/patch/patchfile.h"
#include "ops/run/given.h"
#include "ops/select/catalog.h"
#include "ops/select/datadir.h"
#include "ops/select/select.h"

const char *const gp_allow_names[] = { "blocked", "unknown", "hooks", "altered", "versions", NULL };

/* Twice under whatever name it would be in its own way: its rules would all be there twice. */
static bool has_dir(const struct gp_list *dirs, const char *dir)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (gp_same_file(dirs->v[i], dir))
			return true;
	return false;
}

int gp_data_dirs(const struct gp_list *extra, struct gp_list *dirs, struct gp_err *err)
{
	if (gp_datadir_find(dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < extra->n; i++)
		if (!has_dir(dirs, extra->v[i]))
			gp_list_add(dirs, extra->v[i]);
	return 0;
}

int gp_data_load(const struct gp_list *extra, unsigned tables, struct gp_catalog *out, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list dirs = { 0 };

	if (gp_data_dirs(extra, &dirs, err) < 0)
		return -1;
	return gp_catalog_load(&dirs, tables, out, err);
}

int gp_data_date(char **date, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list dirs = { 0 };

	return gp_datadir_find(&dirs, err) < 0 ? -1 : gp_catalog_read_date(&dirs, date, err);
}

/* --- names --- */

static int find_epoch(struct gp_inputs *in, struct gp_err *err)
{
	const struct gp_patch_opts *o = in->opts;
	int set = gp_clock_epoch(&in->epoch, err);

	if (set < 0)
		return -1;
	in->has_epoch = set;
	if (!set || o->kernels.n || o->headers.n || o->lock)
		return 0;
	return gp_fail(err, GP_E_USAGE,
		       "SOURCE_DATE_EPOCH is set, and a build that can be repeated must not depend "
		       "on the running kernel: give -k R, --headers DIR or --lock FILE");
}

/* NAME.run → NAME-custom.run in the current directory. */
static char *default_out(const struct gp_patch_opts *o)
{
	const char *base = gp_given_file(o->given, o->run);
	size_t n = strlen(base);
	gp_auto(gp_free_ptr) char *stem = NULL;
	gp_auto(gp_free_ptr) char *custom = NULL;

	if (n > 4 && strcmp(base + n - 4, ".run") == 0)
		n -= 4;
	stem = gp_strndup(base, n);
	custom = gp_custom_name(stem);
	return gp_asprintf("%s.run", custom);
}

char *gp_out_name(const struct gp_patch_opts *o)
{
	gp_auto(gp_free_ptr) char *name = NULL;

	if (o->out && strcmp(o->out, "-") != 0)
		return gp_strdup(o->out);
	name = default_out(o);
	return o->out_dir ? gp_path_join(o->out_dir, name) : gp_steal(&name);
}

int gp_inputs_fail_custom(const char *path, bool several, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *name = NULL;
	int stem = (int)strlen(path) - 4;

	for (unsigned i = 2; !name || gp_exists(name); i++) {
		free(name);
		name = gp_asprintf("%.*s-%u.run", stem, path, i);
	}
	return gp_fail(err, GP_E_USAGE,
		       "'%s' is an output of gridpatch, and its own would have the same name; give %s: -o %s", path,
		       several ? "it alone, with another one" : "another one", name);
}

int gp_inputs_check_place(const char *what, const char *path, const struct gp_patch_opts *o, struct gp_err *err)
{
	if (o->report && gp_same_place(path, o->report))
		return gp_fail(err, GP_E_USAGE, "the %s '%s' is that of the report, too", what, path);
	if (gp_input_is(o->run, path) || (o->host && gp_input_is(o->host, path)))
		return gp_fail(err, GP_E_USAGE, "the %s '%s' is the input itself", what, path);
	if (gp_is_dir(path))
		return gp_fail(err, GP_E_USAGE, "the %s '%s' is a directory", what, path);
	if (gp_exists(path) && !gp_is_file(path))
		return gp_fail(err, GP_E_USAGE, "the %s '%s' exists and is not a regular file", what, path);
	return 0;
}

int gp_inputs_check_writable(const char *path, struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { 0 };

	return gp_outfile_open(&f, path, 0, err);
}

/* Where nothing else is said, a merged driver is not called as its desktop. */
static char *out_name(const struct gp_inputs *in)
{
	const struct gp_patch_opts *o = in->opts;
	gp_auto(gp_free_ptr) char *custom = NULL;
	gp_auto(gp_free_ptr) char *file = NULL;

	if (!in->name || (o->out && strcmp(o->out, "-") != 0))
		return gp_out_name(o);
	custom = gp_custom_name(in->name);
	file = gp_asprintf("%s.run", custom);
	return o->out_dir ? gp_path_join(o->out_dir, file) : gp_steal(&file);
}

static int choose_out(struct gp_inputs *in, struct gp_err *err)
{
	const struct gp_patch_opts *o = in->opts;

	in->to_stdout = o->out && strcmp(o->out, "-") == 0;
	free(in->out);
	in->out = out_name(in);
	if (in->to_stdout)
		return isatty(STDOUT_FILENO) && !o->dry_run ?
			       gp_fail(err, GP_E_USAGE,
				       "an installer is not for a terminal: send it to a file or a pipe") :
			       0;
	if (!o->out && gp_same_file(in->out, o->run))
		return gp_inputs_fail_custom(in->out, false, err);
	if (gp_inputs_check_place("output", in->out, o, err) < 0)
		return -1;
	if (o->dry_run)
		return 0;
	if (!o->force && gp_exists(in->out))
		return gp_fail(err, GP_E_NO, "'%s' exists already; -f replaces it", in->out);
	return gp_inputs_check_writable(in->out, err);
}

static int choose_lock(const struct gp_inputs *in, struct gp_err *err)
{
	const struct gp_patch_opts *o = in->opts;
	const char *path = o->write_lock;

	if (!path)
		return 0;
	if (in->out && gp_same_place(path, in->out))
		return gp_fail(err, GP_E_USAGE, "the lock file '%s' is the output itself", path);
	if (gp_inputs_check_place("lock file", path, o, err) < 0)
		return -1;
	if (!o->force && gp_exists(path))
		return gp_fail(err, GP_E_NO, "'%s' exists already; -f replaces it", path);
	return gp_inputs_check_writable(path, err);
}

int gp_inputs_name(struct gp_inputs *in, struct gp_err *err)
{
	/* A tree is its own output. */
	if (find_epoch(in, err) < 0 || (!in->dkms_tree && !gp_is_dir(in->opts->run) && choose_out(in, err) < 0))
		return -1;
	return choose_lock(in, err);
}

int gp_inputs_rename(struct gp_inputs *in, struct gp_err *err)
{
	return choose_out(in, err) < 0 ? -1 : choose_lock(in, err);
}

/* --- what does not need the driver --- */

/* Those of the command line, else those of the lock, else the running one. */
static int find_targets(struct gp_inputs *in, struct gp_err *err)
{
	const struct gp_patch_opts *o = in->opts;
	bool named = o->kernels.n || o->headers.n;

	if (o->lock && gp_lock_read(o->lock, &in->lock, err) < 0)
		return -1;
	return gp_targets_find(o->lock && !named ? &in->lock.kernels : &o->kernels, &o->headers, &in->targets, err);
}

/* Patches in the sources and applied by DKMS on top would be the same change twice. */
static int refuse_both_ways(const struct gp_patch_opts *o, struct gp_err *err)
{
	for (size_t i = 0; i < o->patches.n; i++)
		for (size_t k = 0; k < i; k++)
			if (!*o->matches.v[i] != !*o->matches.v[k] && gp_same_file(o->patches.v[i], o->patches.v[k]))
				return gp_fail(err, GP_E_USAGE,
					       "--patches '%s' is given with --patch-match and without it",
					       o->patches.v[i]);
	return 0;
}

static int load_user_sets(struct gp_inputs *in, struct gp_list *paths, struct gp_err *err)
{
	const struct gp_patch_opts *o = in->opts;

	if (refuse_both_ways(o, err) < 0)
		return -1;
	in->user = gp_alloc((o->patches.n + 1) * sizeof(*in->user));
	for (size_t i = 0; i < o->patches.n; i++) {
		const char *path = o->patches.v[i];

		if ((gp_is_file(path) ? gp_patchset_load_single(path, gp_patch_read, &in->user[i], err) :
					gp_patchset_load(path, &in->user[i], err)) < 0)
			return gp_within(err, "--patches '%s'", path);
		in->nuser++;
		if (gp_patchset_paths(&in->user[i], paths, err) < 0)
			return -1;
	}
	return 0;
}

/* A build needs none of it, nor do sources for DKMS. */
static int load_user_half(struct gp_inputs *in, struct gp_list *paths, struct gp_err *err)
{
	const struct gp_patch_opts *o = in->opts;
	const struct gp_userfile *f = NULL;

	if (in->in_place || in->dkms_tree)
		return 0;
	if (gp_usercopy_load(o->unlock_lib, o->unlock_script, o->unlock_config, &in->user_half, err) < 0)
		return -1;
	while ((f = gp_usercopy_next(&in->user_half, f)))
		gp_list_add(paths, f->package);
	gp_list_add_all(&in->warnings, &in->user_half.warnings);
	return 0;
}

int gp_inputs_load(struct gp_inputs *in, struct gp_list *paths, struct gp_err *err)
{
	const struct gp_patch_opts *o = in->opts;
	unsigned tables = GP_DATA_EXPORTS | (o->gpu ? GP_DATA_CARDS : 0) | (in->merging ? GP_DATA_MERGE : 0);

	gp_assert(o->matches.n == o->patches.n);
	if (o->clones.n)
		gp_list_add(paths, GP_VGPUCONFIG);
	if (find_targets(in, err) < 0 || gp_data_load(&o->data, tables, &in->catalog, err) < 0 ||
	    (o->gpu && gp_gpus_find(o->gpu, gp_catalog_cards(&in->catalog), NULL, &in->gpus, err) < 0) ||
	    gp_catalog_has_sets(&in->catalog, &o->sets, &o->no_sets, err) < 0 || load_user_sets(in, paths, err) < 0 ||
	    load_user_half(in, paths, err) < 0)
		return -1;
	return 0;
}

/* --- what does --- */

/* Is a single patch written with -p1 or -p0, and from where? When no file tells,
 * it is taken for -p1, and the hunks will tell. A head start may have asked already,
 * of what it had of the tree. */
static int find_level(const struct gp_inputs *in, struct gp_patchset *u, struct gp_err *err)
{
	static const struct gp_naming ways[] = { { .below = "", .strip = 1 },
						 { .below = "", .strip = 0 },
						 { .below = "kernel", .strip = 1 },
						 { .below = "kernel", .strip = 0 } };
	gp_auto(gp_diff_release) struct gp_diff d = { 0 };

	if (!u->single)
		return 0;
	u->below = NULL;
	u->series.v[0].strip = 1;
	if (gp_diff_parse(gp_buf_str(&u->text[0]), &d, err) < 0)
		return gp_within(err, "'%s'", u->dir);
	for (size_t i = 0; i < GP_COUNT(ways) && !u->below; i++) {
		if (!gp_strip_fits(&in->driver.tree, &d, &ways[i]))
			continue;
		u->below = ways[i].below;
		u->series.v[0].strip = ways[i].strip;
	}
	return 0;
}

int gp_inputs_complete(struct gp_inputs *in, struct gp_err *err)
{
	gp_assert(in->driver.version.n);
	for (size_t i = 0; i < in->nuser; i++)
		if (find_level(in, &in->user[i], err) < 0)
			return -1;
	return 0;
}

void gp_inputs_release(struct gp_inputs *in)
{
	free(in->out);
	free(in->name);
	free(in->tree);
	free(in->index_dir);
	gp_lock_release(&in->lock);
	gp_targets_release(&in->targets);
	for (size_t i = 0; i < in->nuser; i++)
		gp_patchset_release(&in->user[i]);
	free(in->user);
	gp_usercopy_release(&in->user_half);
	if (in->in_place || in->dkms_tree)
		gp_driver_close_dir(&in->driver);
	else
		gp_driver_release(&in->driver);
	gp_gpus_release(&in->gpus);
	gp_catalog_release(&in->catalog);
	gp_list_release(&in->warnings);
	*in = (struct gp_inputs){ 0 };
}
