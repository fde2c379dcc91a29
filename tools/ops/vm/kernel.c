/* SPDX-License-Identifier: MIT */
#include "ops/vm/kernel.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "core/driver/kofile.h"
#include "core/vm/bzimage.h"
#include "ops/vm/kernelpackage.h"

void gp_vmkernel_release(struct gp_vmkernel *k)
{
	if (!k)
		return;
	free(k->release);
	free(k->image);
	free(k->from);
	gp_list_release(&k->module);
	*k = (struct gp_vmkernel){ 0 };
}

/* --- an image --- */

static int open_image(const char *path, char **release, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *head = gp_alloc(GP_BZIMAGE_HEAD);
	int fd = gp_regular_open(path, err);
	ssize_t n = fd < 0 ? -1 : gp_pread(fd, head, GP_BZIMAGE_HEAD, 0, path, err);

	*release = n < 0 ? NULL : gp_bzimage_release((struct gp_str){ head, (size_t)n }, err);
	if (*release)
		return fd;
	if (n >= 0)
		gp_within(err, "'%s'", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

int gp_vmkernel_open(const struct gp_vmkernel *k, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *release = NULL;
	int fd = open_image(k->image, &release, err);

	if (fd < 0 || strcmp(release, k->release) == 0)
		return fd;
	close(fd);
	return gp_fail(err, GP_E_NO, "'%s' is kernel %s, not %s", k->from, release, k->release);
}

/* --- modules --- */

static int list_modules(struct gp_vmkernel *k, const char *dir, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };

	if (gp_dir_walk(dir, "", &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++)
		if (gp_ko_is(gp_str_of(files.v[i])))
			gp_list_take(&k->module, gp_path_join(dir, files.v[i]));
	gp_list_sort(&k->module);
	return 0;
}

/* "…/drm-kms-helper.ko.xz" is "drm_kms_helper". */
static bool is_named(const char *path, const char *name)
{
	const char *p = gp_path_base(path);

	while (*name && (*p == *name || (*p == '-' && *name == '_'))) {
		p++;
		name++;
	}
	return !*name && strncmp(p, ".ko", 3) == 0;
}

const char *gp_vmkernel_module(const struct gp_vmkernel *k, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < k->module.n; i++) {
		const char *path = k->module.v[i];

		if (!is_named(path, name))
			continue;
		if (strstr(path, "/updates/"))
			return path;
		found = found ? found : path;
	}
	return found;
}

/* --- kernels --- */

static struct gp_vmkernel *kernel_of(struct gp_vmkernels *k, const char *release)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->v[i].release, release) == 0)
			return &k->v[i];
	GP_GROW(k->v, k->n, k->cap);
	k->v[k->n] = (struct gp_vmkernel){ .release = gp_strdup(release) };
	return &k->v[k->n++];
}

static int add_named(struct gp_vmkernels *k, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *release = NULL;
	struct gp_vmkernel *v;
	int fd;

	gp_assert(!k->o->image == !k->o->modules);
	if (!k->o->image)
		return 0;
	fd = open_image(k->o->image, &release, err);
	if (fd < 0)
		return -1;
	close(fd);
	v = kernel_of(k, release);
	v->image = gp_strdup(k->o->image);
	v->from = gp_strdup(k->o->image);
	return list_modules(v, k->o->modules, err);
}

/* What a package put below DIR: RELEASE/vmlinuz, RELEASE/modules/…. */
static int add_unpacked(struct gp_vmkernels *k, const struct gp_kernelpackage *p, struct gp_err *err)
{
	for (size_t i = 0; i < p->releases.n; i++) {
		struct gp_vmkernel *v = kernel_of(k, p->releases.v[i]);
		gp_auto(gp_free_ptr) char *dir = gp_path_join(p->dir, v->release);
		gp_auto(gp_free_ptr) char *image = gp_path_join(dir, "vmlinuz");

		if (gp_is_file(image) && !v->image) {
			v->image = gp_strdup(image);
			v->from = gp_strdup(p->from.v[i]);
		}
		if (list_modules(v, dir, err) < 0)
			return -1;
	}
	return 0;
}

int gp_vmkernels_open(struct gp_vmkernels *k, const struct gp_vmkernel_opts *o, struct gp_err *err)
{
	gp_auto(gp_kernelpackage_release) struct gp_kernelpackage p = { .lock = -1, .cancel = o->cancel };
	int rc = 0;

	*k = (struct gp_vmkernels){ .o = o, .lock = -1 };
	if (add_named(k, err) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && o->packages && i < o->packages->n; i++)
		rc = gp_kernelpackage_unpack(&p, o->packages->v[i], err);
	if (rc == 0)
		rc = add_unpacked(k, &p, err);
	k->dir = gp_steal(&p.dir);
	k->lock = p.lock;
	p.lock = -1;
	return rc;
}

void gp_vmkernels_close(struct gp_vmkernels *k)
{
	if (!k || !k->o)
		return;
	for (size_t i = 0; i < k->n; i++)
		gp_vmkernel_release(&k->v[i]);
	free(k->v);
	if (k->dir)
		gp_remove_tree(k->dir);
	if (k->lock >= 0)
		close(k->lock);
	free(k->dir);
	*k = (struct gp_vmkernels){ .lock = -1 };
}

const char *gp_vmkernels_only(const struct gp_vmkernels *k)
{
	return k->n == 1 ? k->v[0].release : NULL;
}

static int find_here(const char *release, struct gp_vmkernel *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *modules = gp_path_join("/lib/modules", release);
	gp_auto(gp_free_ptr) char *within = gp_path_join(modules, "vmlinuz");
	char *image = gp_asprintf("/boot/vmlinuz-%s", release);
	int thing = gp_thing_at(image, err);

	out->image = image;
	if (thing == GP_THING_NONE)
		thing = gp_thing_at(within, err);
	if (thing < 0)
		return -1;
	if (thing == GP_THING_NONE)
		return gp_fail(err, GP_E_NOTFOUND,
			       "kernel %s is not on this machine: there is no '%s'; name its package with "
			       "--kernel-package, or --kernel-image and --kernel-modules",
			       release, image);
	if (!gp_exists(image)) {
		free(out->image);
		out->image = gp_strdup(within);
	}
	out->from = gp_strdup(out->image);
	return list_modules(out, modules, err);
}

static int fail_unknown(const struct gp_vmkernels *k, const char *release, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf names = { 0 };

	for (size_t i = 0; i < k->n; i++)
		gp_buf_printf(&names, "%s%s", i ? ", " : "", k->v[i].release);
	return gp_fail(err, GP_E_NOTFOUND, "kernel %s is not among those that were named to be booted: %s", release,
		       names.data);
}

static int find_named(const struct gp_vmkernels *k, const char *release, struct gp_vmkernel *out, struct gp_err *err)
{
	const struct gp_vmkernel *v = NULL;

	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->v[i].release, release) == 0)
			v = &k->v[i];
	if (!v)
		return fail_unknown(k, release, err);
	if (!v->image)
		return gp_fail(err, GP_E_NOTFOUND,
			       "the packages have modules of kernel %s, but not itself: name the package with its "
			       "vmlinuz, too",
			       release);
	out->image = gp_strdup(v->image);
	out->from = gp_strdup(v->from);
	gp_list_add_all(&out->module, &v->module);
	return 0;
}

int gp_vmkernels_find(const struct gp_vmkernels *k, const char *release, struct gp_vmkernel *out, struct gp_err *err)
{
	int fd;

	*out = (struct gp_vmkernel){ .release = gp_strdup(release) };
	if ((k->n ? find_named(k, release, out, err) : find_here(release, out, err)) < 0)
		return -1;
	fd = gp_vmkernel_open(out, err);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}
