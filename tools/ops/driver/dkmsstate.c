/* SPDX-License-Identifier: MIT */
#include "ops/driver/dkmsstate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/root.h"
#include "base/tri.h"

void gp_dkms_state_release(struct gp_dkms_state *s)
{
	free(s->source);
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].release);
		free(s->v[i].arch);
	}
	free(s->v);
	*s = (struct gp_dkms_state){ 0 };
}

/* The folders of one version. */
struct place {
	const struct gp_root *root;
	const char *module; /* of all versions */
	const char *version;
	int64_t since;
};

/* Something could not be looked at: why is the reason. */
static int blind(const struct gp_list *why, struct gp_err *err)
{
	return gp_fail(err, GP_E_SYSTEM, "cannot look at %s", why->v[0]);
}

/* Its link names this version, as "VERSION/RELEASE/ARCH". */
static enum gp_tri is_installed(const struct place *p, const char *release, const char *arch, struct gp_list *why)
{
	gp_auto(gp_free_ptr) char *name = gp_asprintf("%s/kernel-%s-%s", p->module, release, arch);
	gp_auto(gp_free_ptr) char *want = gp_asprintf("%s/%s/%s", p->version, release, arch), *to = NULL;
	enum gp_tri there = gp_root_link(p->root, name, &to, why);

	return there == GP_TRI_YES && strcmp(to, want) != 0 ? GP_TRI_NO : there;
}

static int add_build(const struct place *p, const char *release, const char *arch, struct gp_dkms_state *s,
		     struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_asprintf("%s/%s/%s/%s/module", p->module, p->version, release, arch);
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	struct stat st;
	enum gp_tri built = gp_root_look(p->root, dir, &st, &why), installed;

	if (built == GP_TRI_NO)
		return 0;
	installed = built == GP_TRI_YES ? is_installed(p, release, arch, &why) : GP_TRI_UNKNOWN;
	if (installed == GP_TRI_UNKNOWN)
		return blind(&why, err);
	GP_GROW(s->v, s->n, s->cap);
	s->v[s->n++] = (struct gp_dkms_build){ .release = gp_strdup(release),
					       .arch = gp_strdup(arch),
					       .installed = installed == GP_TRI_YES,
					       .old = st.st_mtime < p->since };
	return 0;
}

/* RELEASE/ARCH: a name of dkms's own has no such folders. */
static int add_release(const struct place *p, const char *release, struct gp_dkms_state *s, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_asprintf("%s/%s/%s", p->module, p->version, release);
	gp_auto(gp_list_release) struct gp_list archs = { 0 }, why = { 0 };

	if (strcmp(release, "source") == 0 || strcmp(release, "build") == 0)
		return 0;
	if (gp_root_names(p->root, dir, &archs, &why) == GP_TRI_UNKNOWN)
		return blind(&why, err);
	for (size_t i = 0; i < archs.n; i++)
		if (add_build(p, release, archs.v[i], s, err) < 0)
			return -1;
	return 0;
}

static int read_version(const struct place *p, const char *dir, struct gp_dkms_state *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *source = gp_path_join(dir, "source"), *build = gp_path_join(dir, "build");
	gp_auto(gp_list_release) struct gp_list names = { 0 }, why = { 0 };
	enum gp_tri there = gp_root_names(p->root, dir, &names, &why);
	struct stat st;

	if (there == GP_TRI_NO)
		return 0;
	if (there == GP_TRI_UNKNOWN || gp_root_link(p->root, source, &out->source, &why) == GP_TRI_UNKNOWN)
		return blind(&why, err);
	out->added = true;
	out->left =
		gp_root_look(p->root, build, &st, NULL) == GP_TRI_YES && S_ISDIR(st.st_mode) && st.st_ctime < p->since;
	for (size_t i = 0; i < names.n; i++)
		if (add_release(p, names.v[i], out, err) < 0)
			return -1;
	return 0;
}

int gp_dkms_state_read(const struct gp_root *root, const char *tree, const char *name, const char *version,
		       int64_t since, struct gp_dkms_state *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *module = gp_path_join(tree, name), *dir = gp_path_join(module, version);
	const struct place p = { root, module, version, since };

	*out = (struct gp_dkms_state){ 0 };
	/* They are somebody's words, and become names here. */
	if (strchr(name, '/') || strchr(version, '/') || read_version(&p, dir, out, err) == 0)
		return 0;
	gp_dkms_state_release(out);
	return -1;
}

const struct gp_dkms_build *gp_dkms_state_for(const struct gp_dkms_state *s, const char *release)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].release, release) == 0)
			return &s->v[i];
	return NULL;
}
