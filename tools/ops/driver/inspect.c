/* SPDX-License-Identifier: MIT */
#include "ops/driver/inspect.h"

#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/fsio.h"
#include "base/map.h"
#include "base/path.h"
#include "base/text.h"
#include "core/merge/mergewhole.h"
#include "core/rules/kind.h"
#include "ops/driver/installed.h"

static void check_listed(const struct gp_driver *d, struct gp_list *problems)
{
	for (size_t i = 0; i < d->manifest.n; i++) {
		const struct gp_mentry *e = &d->manifest.entry[i];

		if (!gp_mentry_is_symlink(e) && !gp_tree_has(&d->tree, e->path))
			gp_list_printf(problems, "'.manifest' line %zu lists '%s', which is not there", e->lineno,
				       e->path);
	}
}

/* One lookup per file, not one walk of the manifest. */
static void index_manifest(const struct gp_driver *d, struct gp_map *listed)
{
	for (size_t i = 0; i < d->manifest.n; i++)
		gp_map_put(listed, d->manifest.entry[i].path, i);
}

/* Is it one of those that have to be listed? Precompiled interfaces are found by directory,
 * not by the manifest. */
static bool is_wanted(const struct gp_driver *d, const char *path)
{
	if (gp_path_under(path, "kernel") || gp_path_under(path, "kernel-open"))
		return !gp_path_under(path, "kernel/precompiled");
	return d->kind == GP_KIND_MERGED && gp_merge_must_be_listed(path);
}

static void check_one(const struct gp_driver *d, const struct gp_map *listed, const char *path,
		      struct gp_list *problems)
{
	if (is_wanted(d, path) && !gp_map_get(listed, path, NULL))
		gp_list_printf(problems, "'%s' is not in '.manifest': it would never be %s", path,
			       strncmp(path, "kernel", 6) == 0 ? "built" : "installed");
}

/* Of a directory rf has the sources only. */
static void check_folder(const struct gp_driver *d, const struct gp_map *listed, const char *dir,
			 struct gp_list *problems)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };
	struct gp_err err = { 0 };
	char why[1024];
	struct stat st;

	if (gp_disktree_stat(&d->disk, dir, &st) != 1 || !S_ISDIR(st.st_mode))
		return; /* what is listed in it is missing, then */
	if (gp_dir_walk_at(d->disk.fd, d->disk.root, dir, &files, &err) < 0) {
		gp_err_format(&err, why, sizeof(why));
		gp_list_add(problems, why);
	}
	for (size_t i = 0; i < files.n; i++)
		check_one(d, listed, files.v[i], problems);
}

static void check_present(const struct gp_driver *d, struct gp_list *problems)
{
	gp_auto(gp_map_release) struct gp_map listed = { 0 };

	index_manifest(d, &listed);
	for (size_t i = 0; i < d->rf.n; i++) {
		const struct gp_entry *e = &d->rf.entry[i];

		if (!e->superseded && e->type != GP_ENTRY_DIR)
			check_one(d, &listed, e->path, problems);
	}
	if (d->disk.root && d->kind == GP_KIND_MERGED) {
		check_folder(d, &listed, "init-scripts", problems);
		check_folder(d, &listed, "firmware", problems);
	}
}

/* Somebody changed it since. */
static void check_record(const struct gp_driver *d, const struct gp_treefile *f, struct gp_list *problems)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(GP_INSTALLED_AT, f->path);
	char sum[GP_SHA256_HEX] = "";
	struct gp_str data;

	if (gp_tree_has(&d->tree, path)) {
		if (gp_tree_read(&d->tree, path, &data, NULL) < 0)
			return;
		gp_sha256_hex(data.p, data.len, sum);
	}
	if (strcmp(sum, f->sha256) != 0)
		gp_list_printf(problems, "'%s' is not as gridpatch left it on %s", f->path, d->record.date);
}

/* dkms stops at a patch that is not there, and at a module without sources. */
static void check_installed(const struct gp_driver *d, struct gp_list *problems)
{
	struct gp_str rest = d->manifest.modules, word;

	for (size_t i = 0; i < d->altered.dkms_patches.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join("kernel/patches", d->altered.dkms_patches.v[i]);

		if (!gp_tree_has(&d->tree, path))
			gp_list_printf(problems, "dkms.conf applies '%s', which is not there",
				       gp_driver_list_place(true, path));
	}
	while (gp_word_next(&rest, &word)) {
		gp_auto(gp_free_ptr) char *path =
			gp_asprintf("kernel/%.*s/%.*s.Kbuild", (int)word.len, word.p, (int)word.len, word.p);

		if (!gp_tree_has(&d->tree, path))
			gp_list_printf(problems, "dkms.conf has the module %.*s, but '%s' is not there", (int)word.len,
				       word.p, gp_driver_list_place(true, path));
	}
	for (size_t i = 0; i < d->record.n; i++)
		check_record(d, &d->record.v[i], problems);
	if (!d->package || !d->release)
		gp_list_printf(problems, "dkms.conf does not say %s in a form that is clear",
			       d->package ? "PACKAGE_VERSION" : "PACKAGE_NAME");
}

static bool tree_has(void *arg, const char *path)
{
	const struct gp_driver *d = arg;

	return gp_tree_has(&d->tree, path);
}

static void check_merged(const struct gp_driver *d, struct gp_list *problems)
{
	const struct gp_merge_files files = { tree_has, gp_driver_file, (void *)(uintptr_t)d, d->installed };

	gp_merge_check_kernel(&d->manifest, &files, problems);
	if (!d->installed)
		gp_merge_check_listed(&d->manifest, &d->version, problems);
}

void gp_inspect(const struct gp_driver *d, struct gp_list *problems)
{
	if (d->installed) {
		check_installed(d, problems);
	} else {
		check_listed(d, problems);
		check_present(d, problems);
	}
	if (d->kind == GP_KIND_MERGED)
		check_merged(d, problems);
	if (d->altered.hooks == GP_UNLOCK_PARTIAL)
		gp_list_printf(problems, "hooks are half integrated: %s is missing", d->altered.missing);
	if (d->altered.user.state == GP_UNLOCK_PARTIAL)
		gp_list_printf(problems, "the userspace half of vgpu_unlock is half there: %s is missing",
			       d->altered.user.missing);
	gp_userspace_inspect(&d->tree, &d->manifest, &d->altered.user, problems);
}
