/* SPDX-License-Identifier: MIT */
#include "ops/driver/driver.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/path.h"
#include "base/text.h"
#include "core/merge/mergewhole.h"
#include "core/payload/sums.h"
#include "core/rules/kind.h"
#include "ops/driver/installed.h"
#include "ops/run/runindex.h"
#include "ops/run/runtree.h"

bool gp_driver_wants(void *arg, const char *path, uint64_t size)
{
	const struct gp_list *also = arg;

	if (also && gp_list_has(also, path))
		return true;
	if (size > GP_RUN_MAX_SOURCE || gp_str_ends(gp_str_of(path), "_binary"))
		return false;
	return strcmp(path, ".manifest") == 0 || strcmp(path, "pkg-history.txt") == 0 || gp_userspace_is_unit(path) ||
	       gp_path_under(path, "kernel") || gp_path_under(path, "kernel-open");
}

static int read_manifest(struct gp_driver *d, struct gp_err *err)
{
	struct gp_str text;

	if (!gp_tree_has(&d->tree, ".manifest") && d->disk.root)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "no '.manifest' in it, and no 'dkms.conf': neither an extracted installer nor the "
			       "sources of an installed driver");
	if (!gp_tree_has(&d->tree, ".manifest"))
		return gp_fail(err, GP_E_UNSUPPORTED, "no '.manifest' in it: not a driver installer");
	if (gp_tree_read(&d->tree, ".manifest", &text, err) < 0 || gp_manifest_parse(text, &d->manifest, err) < 0)
		return -1;
	if (gp_version_parse(d->manifest.version, &d->version, err) < 0)
		return gp_within(err, "'.manifest' line 2");
	return 0;
}

static bool has_below(const struct gp_runfile *rf, const char *dir)
{
	for (size_t i = 0; i < rf->n; i++)
		if (rf->entry[i].type == GP_ENTRY_FILE && gp_path_under(rf->entry[i].path, dir))
			return true;
	return false;
}

static bool is_text(const char *path)
{
	static const char *const suffix[] = {
		".manifest", "pkg-history.txt", "dkms.conf", "Kbuild", "Makefile", ".c", ".h",
		".sh",       ".patch",          ".service"
	};

	for (size_t i = 0; i < GP_COUNT(suffix); i++)
		if (gp_str_ends(gp_str_of(path), suffix[i]))
			return gp_driver_wants(NULL, path, 0);
	return false;
}

/* A text that is too large to be kept, or a link to what is not a source, would be
 * judged as if it were not there: hooks in it, or patches of a dkms.conf, would
 * not be seen. */
static int check_texts(const struct gp_driver *d, struct gp_err *err)
{
	for (size_t i = 0; i < d->rf.n; i++) {
		const struct gp_entry *e = &d->rf.entry[i];
		bool large = e->type == GP_ENTRY_FILE && e->size > GP_RUN_MAX_SOURCE;
		struct gp_str text;

		if ((!large && e->type != GP_ENTRY_HARDLINK) || e->superseded || !is_text(e->path) ||
		    gp_tree_read(&d->tree, e->path, &text, NULL) == 0)
			continue;
		return large ? gp_runfile_too_large(e, GP_RUN_MAX_SOURCE, err) :
			       gp_tree_read(&d->tree, e->path, &text, err);
	}
	return 0;
}

static int identify(struct gp_driver *d, struct gp_err *err)
{
	if (check_texts(d, err) < 0)
		return -1;
	if (d->installed) {
		if (gp_installed_identify(d, err) < 0)
			return -1;
	} else {
		if (read_manifest(d, err) < 0)
			return -1;
		d->kind = gp_manifest_kind(&d->manifest);
		d->host = d->kind == GP_KIND_MERGED ? gp_merge_host_of(&d->manifest, &d->version) :
						      (struct gp_version){ 0 };
	}
	d->has_kernel = has_below(&d->rf, "kernel");
	d->has_kernel_open = has_below(&d->rf, "kernel-open");
	return gp_altered_find(&d->rf, &d->tree, d->installed ? NULL : &d->manifest, &d->altered, err);
}

/* --- what is still to come of a scan --- */

struct waiting {
	const struct gp_driver_opts *o;
	struct gp_map missing; /* kernel sources that the manifest lists */
	size_t nmissing;
	bool listed, told;
};

static void list_missing(struct waiting *w, const struct gp_runfile *rf)
{
	const struct gp_entry *e = gp_runfile_find(rf, ".manifest");
	gp_auto(gp_manifest_release) struct gp_manifest m = { 0 };

	w->listed = true;
	if (!e || !e->kept || gp_manifest_parse(gp_buf_str(&e->data), &m, NULL) < 0) {
		w->told = true; /* it will show when the scan has ended */
		return;
	}
	for (size_t i = 0; i < m.n; i++) {
		const struct gp_mentry *l = &m.entry[i];

		if (gp_mentry_is_symlink(l) || !gp_driver_wants(NULL, l->path, 0) || gp_runfile_find(rf, l->path) ||
		    gp_map_get(&w->missing, l->path, NULL))
			continue;
		gp_map_put(&w->missing, l->path, 1);
		w->nmissing++;
	}
}

static void kept(void *arg, struct gp_runfile *rf)
{
	struct waiting *w = arg;
	const char *path = rf->entry[rf->n - 1].path;
	size_t is_missing = 0;

	if (w->told)
		return;
	if (!w->listed && strcmp(path, ".manifest") == 0)
		list_missing(w, rf);
	if (w->listed && gp_map_get(&w->missing, path, &is_missing) && is_missing) {
		gp_map_put(&w->missing, path, 0);
		w->nmissing--;
	}
	if (!w->listed || w->nmissing || w->told)
		return;
	w->told = true;
	w->o->ready(w->o->arg, rf);
}

static bool want_too(void *arg, const char *path, uint64_t size)
{
	const struct waiting *w = arg;

	return gp_driver_wants((void *)w->o->also, path, size);
}

static int scan(struct gp_driver *d, const struct gp_driver_opts *o, struct gp_err *err)
{
	struct waiting w = { .o = o };
	struct gp_keep keep = { .want = want_too, .kept = o->ready ? kept : NULL, .arg = &w, .cut = o->cut };
	int rc;

	if (o->keep)
		return gp_runfile_scan(&d->rf, o->keep, err);
	if (o->index_dir && gp_index_load(&d->rf, o->index_dir, &keep))
		return 0;
	rc = gp_runfile_scan(&d->rf, &keep, err);
	if (rc < 0 && o->abandon)
		o->abandon(o->arg);
	gp_map_release(&w.missing);
	return rc;
}

int gp_driver_open(struct gp_driver *d, const char *path, const struct gp_driver_opts *o, struct gp_err *err)
{
	*d = (struct gp_driver){ 0 };
	if (gp_runfile_open(&d->rf, path, o->given, err) < 0)
		return -1;
	d->rf.cancel = o->cancel;
	d->rf.progress = o->progress;
	d->rf.ahead = o->ahead;
	if (o->sums) {
		gp_sums_free(d->rf.sums);
		d->rf.sums = gp_sums_share(o->sums);
	}
	if (scan(d, o, err) < 0) {
		gp_driver_release(d);
		return -1;
	}
	gp_tree_init(&d->tree, &d->rf);
	if (identify(d, err) < 0) {
		if (o->abandon)
			o->abandon(o->arg);
		gp_driver_release(d);
		return gp_within(err, "'%s'", path);
	}
	return 0;
}

int gp_driver_look_again(struct gp_driver *d, struct gp_err *err)
{
	gp_assert(!d->disk.root);
	gp_altered_release(&d->altered);
	gp_manifest_release(&d->manifest);
	return identify(d, err);
}

int gp_driver_borrow(struct gp_driver *d, const struct gp_runfile *rf, struct gp_err *err)
{
	*d = (struct gp_driver){ .rf = *rf };
	gp_tree_init(&d->tree, &d->rf);
	if (identify(d, err) == 0)
		return 0;
	gp_driver_return(d);
	return -1;
}

/* d has its disk and the list of its files. */
static int identify_dir(struct gp_driver *d, struct gp_err *err)
{
	int rc;

	if (d->installed)
		gp_subtree_init(&d->subtree, &d->disk, GP_INSTALLED_AT, &d->tree);
	else
		gp_disktree_tree(&d->disk, &d->tree);
	rc = identify(d, err);
	/* What could not be looked at is the reason for whatever was said. */
	if (gp_tree_sound(&d->tree, err) < 0)
		rc = -1;
	return rc < 0 ? gp_within(err, "'%s'", d->rf.path ? d->rf.path : d->disk.root) : 0;
}

int gp_driver_open_dir(struct gp_driver *d, const char *dir, const struct gp_runfile *rf, struct gp_err *err)
{
	*d = (struct gp_driver){ .rf = *rf };
	if (gp_disktree_look(&d->disk, dir, err) == 0 && gp_disktree_check_whole(&d->disk, err) == 0) {
		d->installed = gp_disktree_installed(&d->disk);
		if (identify_dir(d, err) == 0)
			return 0;
	}
	gp_driver_close_dir(d);
	return -1;
}

static int open_disk(struct gp_driver *d, const char *dir, bool lock, struct gp_err *err)
{
	if (!lock)
		return gp_disktree_look(&d->disk, dir, err) < 0 ? -1 : gp_disktree_check_whole(&d->disk, err);
	if (gp_disktree_open(&d->disk, dir, err) < 0)
		return -1;
	return gp_disktree_interrupted(&d->disk) ? gp_commit_recover(&d->disk, &d->recovered, err) : 0;
}

int gp_driver_open_tree(struct gp_driver *d, const char *dir, const char *name, bool lock, struct gp_err *err)
{
	*d = (struct gp_driver){ 0 };
	if (open_disk(d, dir, lock, err) == 0) {
		d->installed = gp_disktree_installed(&d->disk);
		d->rf.path = gp_strdup(name);
		if (gp_driver_list(&d->disk, &d->rf, err) == 0 && identify_dir(d, err) == 0)
			return 0;
	}
	gp_driver_release(d);
	return -1;
}

void gp_driver_close_dir(struct gp_driver *d)
{
	gp_driver_return(d);
}

void gp_driver_return(struct gp_driver *d)
{
	d->rf = (struct gp_runfile){ 0 };
	gp_driver_release(d);
}

void gp_driver_release(struct gp_driver *d)
{
	if (!d)
		return;
	gp_altered_release(&d->altered);
	gp_manifest_release(&d->manifest);
	gp_treerecord_release(&d->record);
	gp_buf_release(&d->modules);
	free(d->package);
	free(d->release);
	gp_tree_release(&d->tree); /* it reads the directory until now */
	gp_disktree_close(&d->disk);
	gp_runfile_release(&d->rf);
	*d = (struct gp_driver){ 0 };
}

bool gp_driver_file(void *arg, const char *path, struct gp_str *out)
{
	const struct gp_driver *d = arg;

	return gp_tree_has(&d->tree, path) && gp_tree_read(&d->tree, path, out, NULL) == 0;
}
