/* SPDX-License-Identifier: MIT */
#include "ops/driver/hooks.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/fsio.h"
#include "base/path.h"
#include "base/userdir.h"
#include "core/diff/diff.h"
#include "core/diff/hunk.h"
#include "ops/patch/patchset.h"
#include "ops/tree/tree.h"

#define HOOKS_C "vgpu_unlock_hooks.c"

/* 1, or 0; -1: another copy than the one that may be there is no answer. */
static int has_hooks(const char *dir, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *file = gp_path_join(dir, HOOKS_C);
	int thing = gp_thing_at(file, err);

	return thing < 0 ? -1 : thing == GP_THING_FILE;
}

void gp_hooks_places(struct gp_list *places)
{
	const char *env = getenv("GRIDPATCH_HOOKS");

	if (env && *env)
		gp_list_add(places, env);
	gp_list_add(places, "/opt/vgpu_unlock");
	gp_userdir_data("gridpatch/vgpu_unlock", places);
}

static char *search(struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list places = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	gp_hooks_places(&places);
	for (size_t i = 0; i < places.n; i++) {
		int has = has_hooks(places.v[i], err);

		if (has)
			return has > 0 ? gp_strdup(places.v[i]) : NULL;
		gp_buf_printf(&text, "%s%s", i ? ", " : "", places.v[i]);
	}
	gp_fail(err, GP_E_NOTFOUND,
		"no vgpu_unlock_hooks.c in %s; get it with 'gridpatch fetch-hooks', "
		"or give --hooks DIR; a card that has vGPUs by itself needs none: --no-hooks",
		text.data);
	return NULL;
}

static void facts(struct gp_hookcopy *h)
{
	struct gp_str text = gp_buf_str(&h->source);

	gp_sha256_hex(text.p, text.len, h->sha256);
	h->known = gp_hooks_known(text);
	h->table = gp_hooks_table(text);
}

int gp_hooks_load(const char *dir, struct gp_hookcopy *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *source = NULL;
	gp_auto(gp_free_ptr) char *kern_ld = NULL;

	*out = (struct gp_hookcopy){ 0 };
	out->dir = dir ? gp_strdup(dir) : search(err);
	if (!out->dir)
		return -1;
	source = gp_path_join(out->dir, HOOKS_C);
	kern_ld = gp_path_join(out->dir, "kern.ld");
	if (gp_file_read(source, GP_HOOKS_MAX, &out->source, err) < 0 ||
	    gp_file_read(kern_ld, GP_HOOKS_MAX, &out->kern_ld, err) < 0) {
		gp_hooks_release(out);
		return gp_within(err, "hooks");
	}
	facts(out);
	return 0;
}

void gp_hooks_release(struct gp_hookcopy *h)
{
	if (!h)
		return;
	free(h->dir);
	free(h->patch);
	gp_buf_release(&h->source);
	gp_buf_release(&h->kern_ld);
	*h = (struct gp_hookcopy){ 0 };
}

/* The one file of the diff must be the hooks: a patch for something else would
 * otherwise be half applied in silence. */
static int check_target(const struct gp_diff *d, struct gp_err *err)
{
	const char *name = d->nfile == 1 ? d->file[0].new_path : NULL;

	if (!name || strcmp(gp_path_base(name), HOOKS_C) != 0)
		return gp_fail(err, GP_E_FORMAT, "it changes something other than vgpu_unlock_hooks.c");
	return 0;
}

static int patch_parsed(struct gp_hookcopy *h, const struct gp_diff *d, struct gp_err *err)
{
	gp_auto(gp_hunk_report_release) struct gp_hunk_report rep = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	if (check_target(d, err) < 0 || gp_hunks_apply(gp_buf_str(&h->source), &d->file[0],
						       (struct gp_hunk_how){ .max_fuzz = 2 }, &out, &rep, err) < 0)
		return -1;
	if (rep.result == GP_HUNKS_FAILED)
		return gp_fail(err, GP_E_NO, "hunk %zu does not match vgpu_unlock_hooks.c", rep.near_hunk + 1);
	if (rep.result == GP_HUNKS_APPLIED) {
		gp_buf_release(&h->source);
		h->source = out;
		out = (struct gp_buf){ 0 };
	}
	h->patched = true;
	facts(h);
	return 0;
}

int gp_hooks_patch_beside(const struct gp_hookcopy *h, char **path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *beside = gp_path_join(h->dir, GP_HOOKS_PATCH);
	int thing = gp_thing_at(beside, err);

	*path = thing == GP_THING_FILE ? gp_steal(&beside) : NULL;
	return thing < 0 ? -1 : 0;
}

int gp_hooks_patch(struct gp_hookcopy *h, const char *name, struct gp_str text, struct gp_err *err)
{
	gp_auto(gp_diff_release) struct gp_diff d = { 0 };

	if (gp_diff_parse(text, &d, err) < 0 || patch_parsed(h, &d, err) < 0)
		return gp_within(err, "hooks patch '%s'", name);
	free(h->patch);
	h->patch = gp_strdup(name);
	gp_sha256_hex(text.p, text.len, h->patch_sha256);
	return 0;
}

/* --- sets of the data --- */

/* A tree of one file: patches of a set can name nothing else. */
static enum gp_node copy_look(void *arg, const char *path, unsigned *mode)
{
	(void)arg;
	*mode = 0644;
	return strcmp(path, HOOKS_C) == 0 ? GP_NODE_FILE : GP_NODE_NONE;
}

static int copy_read(void *arg, const char *path, struct gp_str *out, struct gp_err *err)
{
	const struct gp_hookcopy *h = arg;

	(void)path;
	(void)err;
	*out = gp_buf_str(&h->source);
	return 0;
}

int gp_hooks_fix(struct gp_hookcopy *h, const struct gp_patchset *set, struct gp_applied_list *done, struct gp_err *err)
{
	struct gp_tree_base base = { .look = copy_look, .read = copy_read, .arg = h };
	gp_auto(gp_applied_list_release) struct gp_applied_list these = { 0 };
	gp_auto(gp_tree_release) struct gp_tree t = { 0 };
	gp_auto(gp_buf_release) struct gp_buf fixed = { 0 }, why = { 0 };
	struct gp_str now;

	gp_assert(set->hooks);
	gp_tree_init_base(&t, &base);
	for (size_t i = 0; i < set->series.n; i++) {
		struct gp_patch p = gp_patchset_patch(set, i);

		if (gp_apply_patch(&t, &p, 0, &these, &why, err) < 0)
			return -1;
	}
	if (gp_tree_read(&t, HOOKS_C, &now, err) < 0)
		return -1;
	gp_buf_add(&fixed, now.p, now.len);
	gp_buf_release(&h->source);
	h->source = fixed;
	fixed = (struct gp_buf){ 0 };
	gp_applied_list_take(done, &these);
	return 0;
}
