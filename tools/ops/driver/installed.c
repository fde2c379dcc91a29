/* SPDX-License-Identifier: MIT */
#include "ops/driver/installed.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fsio.h"
#include "base/map.h"
#include "base/path.h"
#include "base/text.h"
#include "core/driver/dkmsconf.h"
#include "core/driver/kbuild.h"
#include "core/rules/kind.h"

static bool has_file(const struct gp_disktree *d, const char *name)
{
	struct stat st;

	return gp_disktree_stat(d, name, &st) == 1 && S_ISREG(st.st_mode);
}

bool gp_disktree_installed(const struct gp_disktree *d)
{
	return !has_file(d, ".manifest") && has_file(d, "dkms.conf");
}

enum gp_driver_dir gp_driver_dir_at(const char *dir)
{
	gp_auto(gp_free_ptr) char *manifest = gp_path_join(dir, ".manifest");
	gp_auto(gp_free_ptr) char *conf = gp_path_join(dir, "dkms.conf");

	return !gp_is_dir(dir)     ? GP_DRIVER_DIR_NONE :
	       gp_exists(manifest) ? GP_DRIVER_DIR_EXTRACTED :
	       gp_is_file(conf)    ? GP_DRIVER_DIR_INSTALLED :
				     GP_DRIVER_DIR_NONE;
}

/* --- its files --- */

bool gp_driver_is_product(const char *path)
{
	static const char *const ends[] = { ".o", ".ko", ".mod", ".mod.c", ".cmd", ".o.d", ".symvers", ".order" };
	struct gp_str name = gp_str_of(gp_path_base(path));

	if (gp_path_under(path, "kernel/conftest") || gp_path_under(path, "kernel/.tmp_versions"))
		return true;
	for (size_t i = 0; i < GP_COUNT(ends); i++)
		if (gp_str_ends(name, ends[i]))
			return true;
	return false;
}

const char *gp_driver_list_place(bool installed, const char *path)
{
	return installed ? path + strlen(GP_INSTALLED_AT "/") : path;
}

static int add_file(const struct gp_disktree *d, const char *place, bool installed, struct gp_runfile *rf,
		    struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = installed ? gp_path_join(GP_INSTALLED_AT, place) : gp_strdup(place);
	struct stat st;

	if (gp_driver_is_product(path) || gp_path_under(place, GP_JOURNAL_DIR))
		return 0;
	if (gp_disktree_stat(d, place, &st) != 1)
		return gp_fail_sys(err, errno, "cannot read '%s/%s'", d->root, place);
	gp_map_put(&rf->index, path, rf->n);
	GP_GROW(rf->entry, rf->n, rf->cap);
	rf->entry[rf->n++] = (struct gp_entry){
		.path = gp_steal(&path), .type = GP_ENTRY_FILE, .mode = st.st_mode & 07777, .mtime = st.st_mtime
	};
	return 0;
}

int gp_driver_list(const struct gp_disktree *d, struct gp_runfile *rf, struct gp_err *err)
{
	static const char *const below[] = { "kernel", "kernel-open" };
	gp_auto(gp_list_release) struct gp_list files = { 0 };
	bool installed = gp_disktree_installed(d);
	struct stat st;

	if (installed && gp_dir_walk_at(d->fd, d->root, "", &files, err) < 0)
		return -1;
	for (size_t i = 0; !installed && i < GP_COUNT(below); i++) {
		int rc = gp_disktree_stat(d, below[i], &st);

		if (rc < 0)
			return gp_fail_sys(err, errno, "cannot look at '%s/%s'", d->root, below[i]);
		if (rc && S_ISDIR(st.st_mode) && gp_dir_walk_at(d->fd, d->root, below[i], &files, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < files.n; i++)
		if (add_file(d, files.v[i], installed, rf, err) < 0)
			return -1;
	return 0;
}

/* --- what it is --- */

static bool read_text(const struct gp_driver *d, const char *path, struct gp_str *text)
{
	return gp_tree_has(&d->tree, path) && gp_tree_read(&d->tree, path, text, NULL) == 0;
}

/* By the sources: dkms.conf may have a distribution's revision, or none. */
static struct gp_str version_of_sources(const struct gp_driver *d)
{
	static const char *const files[] = { "kernel/Kbuild", "kernel/nvidia/nvidia.Kbuild" };
	struct gp_str text, v = { "", 0 };

	for (size_t i = 0; i < GP_COUNT(files) && !v.len; i++)
		if (read_text(d, files[i], &text))
			v = gp_kbuild_version(text);
	return v;
}

static int find_version(struct gp_driver *d, struct gp_err *err)
{
	struct gp_str of_sources;

	if (d->release && strstr(d->release, "__VERSION_STRING"))
		return gp_fail(
			err, GP_E_UNSUPPORTED,
			"its dkms.conf is not filled in: this is the kernel/ of an installer; give the directory "
			"above");
	if (d->release && gp_version_parse(gp_str_of(d->release), &d->version, NULL) == 0)
		return 0;
	of_sources = version_of_sources(d);
	if (of_sources.len && gp_version_parse(of_sources, &d->version, NULL) == 0)
		return 0;
	return gp_fail(err, GP_E_UNSUPPORTED, "neither dkms.conf nor Kbuild tells which version it is");
}

/* The modules by dkms.conf; where that does not name them in a form that is clear, by
 * the folders with sources. */
static void find_modules(struct gp_driver *d, struct gp_str conf)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	gp_dkms_modules(conf, &names);
	for (size_t i = 0; !names.n && gp_module_names[i]; i++) {
		gp_auto(gp_free_ptr) char *file =
			gp_asprintf("kernel/%s/%s.Kbuild", gp_module_names[i], gp_module_names[i]);

		if (gp_tree_has(&d->tree, file))
			gp_buf_printf(&d->modules, "%s%s", d->modules.len ? " " : "", gp_module_names[i]);
	}
	for (size_t i = 0; i < names.n; i++)
		gp_buf_printf(&d->modules, "%s%s", i ? " " : "", names.v[i]);
	d->manifest.modules = gp_buf_str(&d->modules);
}

/* A host has no display; one that has is merged, or its Kbuild is. */
static enum gp_kind kind_of(const struct gp_driver *d)
{
	bool vgpu = gp_manifest_has_module(&d->manifest, "nvidia-vgpu-vfio") ||
		    gp_tree_has(&d->tree, "kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.Kbuild");

	if (!vgpu)
		return GP_KIND_GENERAL;
	return gp_manifest_has_module(&d->manifest, "nvidia-drm") ? GP_KIND_MERGED : GP_KIND_HOST;
}

int gp_installed_identify(struct gp_driver *d, struct gp_err *err)
{
	struct gp_str conf, record;

	if (gp_tree_read(&d->tree, GP_DKMS_CONF, &conf, err) < 0)
		return -1;
	d->package = gp_dkms_value(conf, "PACKAGE_NAME");
	d->release = gp_dkms_value(conf, "PACKAGE_VERSION");
	if (find_version(d, err) < 0)
		return -1;
	find_modules(d, conf);
	d->kind = kind_of(d);
	if (!gp_tree_has(&d->tree, GP_INSTALLED_AT "/" GP_INSTALLED_RECORD))
		return 0;
	return gp_tree_read(&d->tree, GP_INSTALLED_AT "/" GP_INSTALLED_RECORD, &record, err) < 0 ?
		       -1 :
		       gp_treerecord_last(record, GP_INSTALLED_RECORD, &d->record, err);
}

const char *gp_driver_kind_text(const struct gp_driver *d)
{
	if (d->installed && d->kind == GP_KIND_GENERAL)
		return "general or guest";
	return gp_kind_name(d->kind);
}
