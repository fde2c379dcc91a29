/* SPDX-License-Identifier: MIT */
#include "core/merge/mergewhole.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/path.h"
#include "base/text.h"
#include "core/driver/kbuild.h"

#define INTERFACE "nv-vgpu-vfio-interface.c"
#define SOURCES "kernel/nvidia/nvidia-sources.Kbuild"
#define CONFTEST "kernel/conftest.sh"
#define HOST_KBUILD "kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.Kbuild"

/* --- kernel/ --- */

static bool has_line(struct gp_str text, const char *want)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line))
		if (gp_str_eq(gp_str_trim(line), want))
			return true;
	return false;
}

/* As the finding names it. */
static const char *told(const struct gp_merge_files *f, const char *path)
{
	return f->installed ? path + strlen("kernel/") : path;
}

static void check_there(const struct gp_merge_files *f, const char *half, const char *path, struct gp_list *problems)
{
	if (!f->has(f->arg, path))
		gp_list_printf(problems, "%s half: '%s' is not there", half, told(f, path));
}

static void check_switch(const struct gp_merge_files *f, struct gp_list *problems)
{
	struct gp_str text;

	check_there(f, "host", CONFTEST, problems);
	if (f->read(f->arg, CONFTEST, &text) && !has_line(text, "VGX_KVM_BUILD=1"))
		gp_list_printf(problems, "host half: '%s' does not set VGX_KVM_BUILD=1", told(f, CONFTEST));
}

/* nvidia.ko has to have what nvidia-vgpu-vfio calls. */
static void check_interface(const struct gp_merge_files *f, struct gp_list *problems)
{
	struct gp_str text;

	check_there(f, "host", "kernel/nvidia/" INTERFACE, problems);
	check_there(f, "host", SOURCES, problems);
	if (f->read(f->arg, SOURCES, &text) && gp_str_find(text, GP_STR("nvidia/" INTERFACE)) < 0)
		gp_list_printf(problems, "host half: '%s' does not name " INTERFACE, told(f, SOURCES));
}

/* conftest.sh is the desktop's: an older one does not know all that the host's module asks. */
static void check_conftests(const struct gp_merge_files *f, struct gp_list *problems)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	struct gp_str text;

	if (f->read(f->arg, HOST_KBUILD, &text))
		gp_kbuild_conftests(text, &names);
	for (size_t i = 0; i < names.n; i++)
		if (f->read(f->arg, CONFTEST, &text) && !gp_conftest_knows(text, names.v[i]))
			gp_list_printf(problems, "host half: '%s' asks for the test %s, which '%s' does not know",
				       told(f, HOST_KBUILD), names.v[i], told(f, CONFTEST));
}

/* Modules that each half has. */
static const struct {
	const char *name, *half;
} modules[] = { { "nvidia", "each" },
		{ "nvidia-vgpu-vfio", "host" },
		{ "nvidia-uvm", "desktop" },
		{ "nvidia-modeset", "desktop" },
		{ "nvidia-drm", "desktop" } };

static void check_modules(const struct gp_manifest *m, const struct gp_merge_files *f, struct gp_list *problems)
{
	for (size_t i = 0; i < GP_COUNT(modules); i++) {
		gp_auto(gp_free_ptr) char *kbuild =
			gp_asprintf("kernel/%s/%s.Kbuild", modules[i].name, modules[i].name);

		if (!gp_manifest_has_module(m, modules[i].name))
			gp_list_printf(problems, "%s half: %s is not among the modules", modules[i].half,
				       modules[i].name);
		check_there(f, modules[i].half, kbuild, problems);
	}
}

void gp_merge_check_kernel(const struct gp_manifest *m, const struct gp_merge_files *files, struct gp_list *problems)
{
	check_modules(m, files, problems);
	check_there(files, "host", "kernel/nvidia/nv-kernel.o_binary", problems);
	check_there(files, "desktop", "kernel/nvidia-modeset/nv-modeset-kernel.o_binary", problems);
	check_switch(files, problems);
	check_interface(files, problems);
	check_conftests(files, problems);
}

/* --- what the manifest lists --- */

/* A library's name is the part in front of its version. */
static const struct {
	const char *name, *half;
	bool library;
} parts[] = { { "nvidia-vgpud", "host", false },         { "nvidia-vgpu-mgr", "host", false },
	      { "vgpuConfig.xml", "host", false },       { "libnvidia-vgpu.so", "host", true },
	      { "libnvidia-vgxcfg.so", "host", true },   { "nvidia-smi", "desktop", false },
	      { "libnvidia-ml.so", "desktop", true },    { "libcuda.so", "desktop", true },
	      { "libnvidia-glcore.so", "desktop", true } };

/* Of libcuda.so.460.73.01 and branch 460 the version: NULL for libGL.so.1.7.0. */
static const char *driver_version_in(const char *name, unsigned branch)
{
	const char *so = strncmp(name, "lib", 3) == 0 ? strstr(name, ".so.") : NULL;
	struct gp_version v;

	if (!so || gp_version_parse(gp_str_of(so + 4), &v, NULL) < 0 || v.n < 2 || gp_version_branch(&v) != branch)
		return NULL;
	return so + 4;
}

static bool lists(const struct gp_manifest *m, const char *name, bool library)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < m->n; i++) {
		const char *path = m->entry[i].path;

		if (gp_mentry_is_symlink(&m->entry[i]) || strncmp(path, name, len) != 0)
			continue;
		if (library ? path[len] == '.' : !path[len])
			return true;
	}
	return false;
}

/* The version of the host's own library, or NULL. */
static const char *host_version(const struct gp_manifest *m, unsigned branch)
{
	for (size_t i = 0; i < m->n; i++)
		if (strncmp(m->entry[i].path, "libnvidia-vgpu.so.", 18) == 0 && !gp_mentry_is_symlink(&m->entry[i]))
			return driver_version_in(m->entry[i].path, branch);
	return NULL;
}

struct gp_version gp_merge_host_of(const struct gp_manifest *m, const struct gp_version *driver)
{
	const char *text = host_version(m, gp_version_branch(driver));
	struct gp_version v = { 0 };

	if (!text || strcmp(text, driver->text) == 0 || gp_version_parse(gp_str_of(text), &v, NULL) < 0)
		return (struct gp_version){ 0 };
	return v;
}

static bool is_hosts(const struct gp_mentry *e)
{
	return gp_str_starts(e->type, "VGX_") || gp_str_find(e->rest, GP_STR("MODULE:vgpu")) >= 0;
}

/* The driver, the host's version, and for the part of each library's path in front of its
 * version the entry that has it. */
struct versions {
	const struct gp_manifest *m;
	const struct gp_version *driver;
	const char *host;
	struct gp_map seen;
};

/* One library in two versions, or in one that is neither half's. */
static void check_version(struct versions *v, size_t i, struct gp_list *problems)
{
	const struct gp_mentry *e = &v->m->entry[i];
	const char *version = driver_version_in(gp_path_base(e->path), gp_version_branch(v->driver));
	gp_auto(gp_free_ptr) char *stem = version ? gp_strndup(e->path, (size_t)(version - e->path)) : NULL;
	size_t at;

	if (!version)
		return;
	if (strcmp(version, v->driver->text) != 0 && !(is_hosts(e) && v->host && strcmp(version, v->host) == 0))
		gp_list_printf(problems, "'%s' is not of the driver's version, %s", e->path, v->driver->text);
	if (gp_map_get(&v->seen, stem, &at) && strcmp(v->m->entry[at].path, e->path) != 0)
		gp_list_printf(problems, "'%s' and '%s' are one library in two versions", v->m->entry[at].path,
			       e->path);
	gp_map_put(&v->seen, stem, i);
}

static char *name_in(struct gp_str arch, const char *name)
{
	return gp_asprintf("%.*s\n%s", (int)arch.len, arch.p, name);
}

#define ANY ((struct gp_str){ "*", 1 })

/* A link of one architecture leads to a file of it, or of none; others to any. */
static bool leads_somewhere(const struct gp_map *names, const struct gp_mentry *e, const char *target)
{
	struct gp_str arch = gp_mentry_arch(e);
	gp_auto(gp_free_ptr) char *same = name_in(arch.len ? arch : ANY, gp_path_base(target));
	gp_auto(gp_free_ptr) char *none = name_in((struct gp_str){ "", 0 }, gp_path_base(target));

	return gp_map_get(names, same, NULL) || gp_map_get(names, none, NULL);
}

/* What a symlink leads to is installed, too, and for the same architecture. Where, is said
 * in other fields. */
static void check_links(const struct gp_manifest *m, struct gp_list *problems)
{
	gp_auto(gp_map_release) struct gp_map names = { 0 };

	for (size_t i = 0; i < m->n; i++) {
		const char *base = gp_path_base(m->entry[i].path);
		gp_auto(gp_free_ptr) char *name = name_in(gp_mentry_arch(&m->entry[i]), base);
		gp_auto(gp_free_ptr) char *any = name_in(ANY, base);

		gp_map_put(&names, name, i);
		gp_map_put(&names, any, i);
	}
	for (size_t i = 0; i < m->n; i++) {
		struct gp_str target = gp_mentry_target(&m->entry[i]);
		gp_auto(gp_free_ptr) char *path = gp_strndup(target.p, target.len);

		if (target.len && !leads_somewhere(&names, &m->entry[i], path))
			gp_list_printf(problems,
				       "'.manifest' line %zu: the symlink '%s' leads to '%s', which nothing installs",
				       m->entry[i].lineno, m->entry[i].path, path);
	}
}

void gp_merge_check_listed(const struct gp_manifest *m, const struct gp_version *driver, struct gp_list *problems)
{
	struct versions v = { .m = m, .driver = driver, .host = host_version(m, gp_version_branch(driver)) };

	for (size_t i = 0; i < GP_COUNT(parts); i++)
		if (!lists(m, parts[i].name, parts[i].library))
			gp_list_printf(problems, "%s half: '.manifest' does not list %s", parts[i].half, parts[i].name);
	for (size_t i = 0; i < m->n; i++)
		if (!gp_mentry_is_symlink(&m->entry[i]))
			check_version(&v, i, problems);
	gp_map_release(&v.seen);
	check_links(m, problems);
}

bool gp_merge_must_be_listed(const char *path)
{
	static const char *const begins[] = { "init-scripts/",  "firmware/",          "nvidia-vgpu",
					      "vgpuConfig.xml", "libnvidia-vgpu.so.", "libnvidia-vgxcfg.so." };

	for (size_t i = 0; i < GP_COUNT(begins); i++)
		if (strncmp(path, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}
