/* SPDX-License-Identifier: MIT */
#include "core/merge/mergepaths.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "core/merge/mergetext.h"

const char *gp_side_name(enum gp_side s)
{
	return s == GP_SIDE_HOST ? "host" : "desktop";
}

static const char *const why_names[] = { "table", "only", "desktop", "version", "made" };

const char *gp_merge_why_name(enum gp_merge_why w)
{
	return why_names[w];
}

void gp_merge_paths_release(struct gp_merge_paths *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].path);
	free(s->v);
	gp_map_release(&s->by_path);
	gp_map_release(&s->by_folded);
	*s = (struct gp_merge_paths){ 0 };
}

/* --- what lies in the two packages --- */

static const char *type_name(enum gp_member_type t)
{
	static const char *const names[] = { "a file", "a directory", "a symlink" };

	return names[t];
}

/* ASCII is what NVIDIA's names are made of. */
static char *folded(const char *path)
{
	char *s = gp_strdup(path);

	for (char *p = s; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return s;
}

static int check_case(const struct gp_merge_paths *s, enum gp_side side, const char *path, const char *fold,
		      struct gp_err *err)
{
	const struct gp_merge_path *other;
	size_t at;

	if (!gp_map_get(&s->by_folded, fold, &at))
		return 0;
	other = &s->v[at];
	if (other->sides & side)
		return 0;
	return gp_fail(err, GP_E_UNSUPPORTED,
		       "'%s' of the %s and '%s' of the other differ in upper and lower case only", path,
		       gp_side_name(side), other->path);
}

static int add_new(struct gp_merge_paths *s, enum gp_side side, const char *path, enum gp_member_type type,
		   struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *fold = folded(path);

	if (check_case(s, side, path, fold, err) < 0)
		return -1;
	s->bytes += strlen(path) + 1;
	if (s->bytes > GP_MERGE_PATHS_MAX)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%.80s…' of the %s: the paths of both are more than %u MiB",
			       path, gp_side_name(side), GP_MERGE_PATHS_MAX >> 20);
	GP_GROW(s->v, s->n, s->cap);
	s->v[s->n] = (struct gp_merge_path){ gp_strdup(path), side, type };
	gp_map_put(&s->by_path, path, s->n);
	if (!gp_map_get(&s->by_folded, fold, NULL))
		gp_map_put(&s->by_folded, fold, s->n);
	s->n++;
	return 0;
}

static int add_one(struct gp_merge_paths *s, enum gp_side side, const char *path, enum gp_member_type type,
		   struct gp_err *err)
{
	struct gp_merge_path *p;
	size_t at;

	if (!gp_map_get(&s->by_path, path, &at))
		return add_new(s, side, path, type, err);
	p = &s->v[at];
	if ((p->sides & ~(unsigned)side) && p->type != type)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is %s in the %s and %s in the other", path, type_name(type),
			       gp_side_name(side), type_name(p->type));
	p->sides |= side;
	p->type = type;
	return 0;
}

int gp_merge_paths_add(struct gp_merge_paths *s, enum gp_side side, const char *path, enum gp_member_type type,
		       struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_strdup(path);

	for (char *slash = strchr(dir, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (add_one(s, side, dir, GP_MEMBER_DIR, err) < 0)
			return -1;
		*slash = '/';
	}
	return add_one(s, side, path, type, err);
}

unsigned gp_merge_paths_sides(const struct gp_merge_paths *s, const char *path)
{
	size_t at;

	return gp_map_get(&s->by_path, path, &at) ? s->v[at].sides : 0;
}

bool gp_merge_paths_is_file(const struct gp_merge_paths *s, enum gp_side side, const char *path)
{
	size_t at;

	return gp_map_get(&s->by_path, path, &at) && (s->v[at].sides & side) && s->v[at].type != GP_MEMBER_DIR;
}

/* --- choices --- */

void gp_merge_choice_release(struct gp_merge_choice *c)
{
	if (!c)
		return;
	free(c->instead);
	*c = (struct gp_merge_choice){ 0 };
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Where version stands in name, not as a part of a longer number; NULL: nowhere. */
static const char *version_in(const char *name, const char *version)
{
	size_t len = strlen(version);
	const char *at = len ? strstr(name, version) : NULL;

	for (; at; at = strstr(at + 1, version)) {
		const char *end = at + len;
		bool begins = at == name || !is_digit(at[-1]);

		if (begins && !is_digit(*end) && !(*end == '.' && is_digit(end[1])))
			return at;
	}
	return NULL;
}

/* "libcuda.so.460.73.01" of the host's "libcuda.so.460.73.02", where the desktop has it. */
static char *in_desktops_version(const struct gp_merge_case *c, const char *path)
{
	const char *at = version_in(gp_path_base(path), c->host.text);
	char *other;

	if (!at)
		return NULL;
	other = gp_asprintf("%.*s%s%s", (int)(at - path), path, c->desktop.text, at + strlen(c->host.text));
	if (gp_merge_paths_sides(c->paths, other) & GP_SIDE_DESKTOP)
		return other;
	free(other);
	return NULL;
}

void gp_merge_choose(const struct gp_merge_case *c, const char *path, unsigned sides, struct gp_merge_choice *out)
{
	*out = (struct gp_merge_choice){ .take = GP_TAKE_DESKTOP, .why = GP_WHY_DESKTOPS };
	if (strcmp(path, ".manifest") == 0 || (gp_merge_is_text(path) && (sides & GP_SIDE_DESKTOP))) {
		*out = (struct gp_merge_choice){ .take = GP_TAKE_BOTH, .why = GP_WHY_MADE };
		return;
	}
	if (sides == GP_SIDE_DESKTOP) {
		out->why = GP_WHY_ONLY;
		return;
	}
	out->rule = gp_merge_rule_of(c->table, &c->host, path);
	if (out->rule) {
		out->take = out->rule->take;
		out->why = GP_WHY_TABLE;
		return;
	}
	if (sides != GP_SIDE_HOST)
		return;
	out->instead = in_desktops_version(c, path);
	out->take = out->instead ? GP_TAKE_DESKTOP : GP_TAKE_HOST;
	out->why = out->instead ? GP_WHY_VERSION : GP_WHY_ONLY;
}
