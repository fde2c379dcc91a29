/* SPDX-License-Identifier: MIT */
#include "ops/driver/dkmsstate.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"

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

/* Where a link leads, as it is written; free() it. NULL: it is none. */
static char *link_text(const char *path)
{
	char text[PATH_MAX];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	return n < 0 ? NULL : gp_strndup(text, (size_t)n);
}

/* Its link names this version, as "VERSION/RELEASE/ARCH". */
static bool is_installed(const char *module, const char *version, const char *release, const char *arch)
{
	gp_auto(gp_free_ptr) char *name = gp_asprintf("%s/kernel-%s-%s", module, release, arch);
	gp_auto(gp_free_ptr) char *want = gp_asprintf("%s/%s/%s", version, release, arch);
	gp_auto(gp_free_ptr) char *to = link_text(name);

	return to && strcmp(to, want) == 0;
}

static int add_build(const char *module, const char *version, const char *release, const char *arch, int64_t since,
		     struct gp_dkms_state *s, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_asprintf("%s/%s/%s/%s/module", module, version, release, arch);
	struct stat st;

	if (stat(dir, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : gp_fail_sys(err, errno, "cannot look at '%s'", dir);
	GP_GROW(s->v, s->n, s->cap);
	s->v[s->n++] = (struct gp_dkms_build){ .release = gp_strdup(release),
					       .arch = gp_strdup(arch),
					       .installed = is_installed(module, version, release, arch),
					       .old = st.st_mtime < since };
	return 0;
}

/* RELEASE/ARCH: a name of dkms's own has no such folders. */
static int add_release(const char *module, const char *version, const char *release, int64_t since,
		       struct gp_dkms_state *s, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_asprintf("%s/%s/%s", module, version, release);
	gp_auto(gp_list_release) struct gp_list archs = { 0 };

	if (strcmp(release, "source") == 0 || strcmp(release, "build") == 0 || !gp_is_dir(dir))
		return 0;
	if (gp_dir_list(dir, &archs, err) < 0)
		return -1;
	for (size_t i = 0; i < archs.n; i++)
		if (add_build(module, version, release, archs.v[i], since, s, err) < 0)
			return -1;
	return 0;
}

int gp_dkms_state_read(const char *tree, const char *name, const char *version, int64_t since,
		       struct gp_dkms_state *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *module = gp_path_join(tree, name), *dir = gp_path_join(module, version);
	gp_auto(gp_free_ptr) char *source = gp_path_join(dir, "source"), *build = gp_path_join(dir, "build");
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	int thing = gp_thing_at(dir, err);
	struct stat st;

	*out = (struct gp_dkms_state){ 0 };
	if (thing < 0)
		return -1;
	/* They are somebody's words, and become names here. */
	if (thing != GP_THING_DIR || strchr(name, '/') || strchr(version, '/'))
		return 0;
	if (gp_dir_list(dir, &names, err) < 0)
		return -1;
	out->added = true;
	out->source = link_text(source);
	out->left = stat(build, &st) == 0 && S_ISDIR(st.st_mode) && st.st_ctime < since;
	for (size_t i = 0; i < names.n; i++)
		if (add_release(module, version, names.v[i], since, out, err) < 0) {
			gp_dkms_state_release(out);
			return -1;
		}
	return 0;
}
