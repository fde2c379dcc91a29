/* SPDX-License-Identifier: MIT */
#include "ops/driver/userspace.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "core/driver/unit.h"

static const char *const units[] = { "nvidia-vgpud.service", "nvidia-vgpu-mgr.service" };
#define UNITS GP_COUNT(units)

const char *gp_userspace_file(enum gp_half half)
{
	return half == GP_HALF_SCRIPT ? "vgpu_unlock" : "libvgpu_unlock_rs.so";
}

bool gp_userspace_is_unit(const char *path)
{
	for (size_t i = 0; i < UNITS; i++)
		if (strcmp(gp_path_base(path), units[i]) == 0)
			return true;
	return false;
}

/* --- what a package has --- */

/* The entry of a file of that name whose place is known; dir: only in that one, or NULL. */
static const struct gp_mentry *find_file(const struct gp_manifest *m, const char *name, const char *dir)
{
	for (size_t i = 0; i < m->n; i++) {
		gp_auto(gp_free_ptr) char *place = NULL;
		gp_auto(gp_free_ptr) char *in = NULL;

		if (strcmp(gp_path_base(m->entry[i].path), name) != 0)
			continue;
		place = gp_mentry_place(&m->entry[i]);
		in = place ? gp_path_dir(place) : NULL;
		if (in && (!dir || strcmp(in, dir) == 0))
			return &m->entry[i];
	}
	return NULL;
}

static const struct gp_mentry *find_unit(const struct gp_manifest *m, size_t i)
{
	for (size_t k = 0; k < m->n; k++)
		if (strcmp(gp_path_base(m->entry[k].path), units[i]) == 0)
			return &m->entry[k];
	return NULL;
}

/* The services for sysvinit and upstart are those two with other ends to their names; a
 * program of such a name lies in no folder. */
static void find_twins(const struct gp_tree *t, const struct gp_manifest *m, struct gp_list *twins)
{
	static const char *const names[] = { "nvidia-vgpud", "nvidia-vgpu-mgr", "nvidia-vgpud.conf",
					     "nvidia-vgpu-mgr.conf" };

	for (size_t i = 0; i < m->n; i++)
		for (size_t k = 0; k < GP_COUNT(names); k++)
			if (strchr(m->entry[i].path, '/') && strcmp(gp_path_base(m->entry[i].path), names[k]) == 0 &&
			    gp_tree_has(t, m->entry[i].path))
				gp_list_add(twins, m->entry[i].path);
}

static void find_config(const struct gp_tree *t, const struct gp_manifest *m, struct gp_list *config)
{
	for (int i = 0; i < GP_USERCONF_COUNT; i++) {
		const char *name = gp_userconf_name((enum gp_userconf)i);
		const struct gp_mentry *e = find_file(m, name, GP_USERSPACE_CONF_DIR);

		if (e && gp_tree_has(t, e->path))
			gp_list_add(config, name);
	}
}

/* What of one half is where. */
struct pieces {
	const struct gp_mentry *entry;
	char *place;        /* of the file, once installed */
	char *used[UNITS];  /* by the units */
	const char *a_used; /* by one of them */
	bool has_file;
};

static void pieces_release(struct pieces *p)
{
	free(p->place);
	for (size_t i = 0; i < UNITS; i++)
		free(p->used[i]);
}

static void look(const struct gp_tree *t, const struct gp_manifest *m, enum gp_half half, struct pieces *p)
{
	const char *name = gp_userspace_file(half);

	p->entry = find_file(m, name, NULL);
	p->place = p->entry ? gp_mentry_place(p->entry) : NULL;
	p->has_file = gp_tree_has(t, p->entry ? p->entry->path : name);
	for (size_t i = 0; i < UNITS; i++) {
		const struct gp_mentry *u = find_unit(m, i);
		struct gp_str text;

		if (u && gp_tree_has(t, u->path) && gp_tree_read(t, u->path, &text, NULL) == 0)
			(void)gp_unit_uses(text, half, name, &p->used[i], NULL);
		if (p->used[i])
			p->a_used = p->used[i];
	}
}

/* free() it; NULL: nothing. */
static char *missing_piece(const struct pieces *p, enum gp_half half)
{
	const char *name = gp_userspace_file(half), *how = half == GP_HALF_SCRIPT ? "ExecStart=" : "LD_PRELOAD";

	if (!p->has_file)
		return gp_asprintf("the file '%s'", name);
	if (!p->entry)
		return gp_asprintf("the manifest line of '%s'", name);
	for (size_t i = 0; i < UNITS; i++) {
		if (!p->used[i])
			return gp_asprintf("'%s' in %s of '%s'", p->place, how, units[i]);
		if (strcmp(p->used[i], p->place) != 0)
			return gp_asprintf("the right place in '%s': it has '%s', and '%s' is installed", units[i],
					   p->used[i], p->place);
	}
	return NULL;
}

static void take_half(const struct gp_tree *t, const struct gp_manifest *m, enum gp_half half, struct gp_userspace *out)
{
	gp_auto(pieces_release) struct pieces p = { 0 };

	look(t, m, half, &p);
	/* The name of the script alone is too little: what else is called so? */
	if (!p.a_used && !p.entry && (half == GP_HALF_SCRIPT || !p.has_file))
		return;
	if (out->state != GP_UNLOCK_ABSENT) {
		free(out->missing);
		out->missing = gp_strdup("a decision: the library and the script are both there");
		out->state = GP_UNLOCK_PARTIAL;
		out->both = true;
		return;
	}
	out->half = half;
	out->missing = missing_piece(&p, half);
	out->state = out->missing ? GP_UNLOCK_PARTIAL : GP_UNLOCK_COMPLETE;
	out->file = gp_strdup(p.place ? p.place : p.a_used ? p.a_used : gp_userspace_file(half));
}

void gp_userspace_find(const struct gp_tree *t, const struct gp_manifest *m, struct gp_userspace *out)
{
	*out = (struct gp_userspace){ 0 };
	take_half(t, m, GP_HALF_LIBRARY, out);
	take_half(t, m, GP_HALF_SCRIPT, out);
	find_config(t, m, &out->config);
	find_twins(t, m, &out->twins);
}

void gp_userspace_release(struct gp_userspace *u)
{
	free(u->file);
	free(u->missing);
	gp_list_release(&u->config);
	gp_list_release(&u->twins);
	*u = (struct gp_userspace){ 0 };
}

void gp_userspace_inspect(const struct gp_tree *t, const struct gp_manifest *m, const struct gp_userspace *u,
			  struct gp_list *problems)
{
	const struct gp_mentry *e =
		u->state == GP_UNLOCK_COMPLETE ? find_file(m, gp_userspace_file(u->half), NULL) : NULL;
	gp_auto(gp_list_release) struct gp_list needed = { 0 };
	struct gp_err err = { 0 };
	struct gp_str data;
	char why[1024];

	if (!e || gp_tree_read(t, e->path, &data, NULL) < 0 || gp_userspace_check(u->half, data, &needed, &err) == 0)
		return;
	gp_err_format(&err, why, sizeof(why));
	gp_list_printf(problems, "'%s' is not the %s of vgpu_unlock: %s", e->path, gp_half_name(u->half), why);
}

/* --- putting it in --- */

/* The manifest as it is now; text borrowed from the tree until it is written. */
static int read_manifest(const struct gp_tree *t, struct gp_manifest *m, struct gp_err *err)
{
	struct gp_str text;

	if (gp_tree_read(t, ".manifest", &text, err) < 0)
		return -1;
	return gp_manifest_parse(text, m, err);
}

/* A line of the manifest for it, unless there is one. */
static int list_file(struct gp_tree *t, const struct gp_placed *p, struct gp_err *err)
{
	gp_auto(gp_manifest_release) struct gp_manifest m = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	const struct gp_mentry *unit, *e;

	if (read_manifest(t, &m, err) < 0)
		return -1;
	e = find_file(&m, gp_path_base(p->path), strcmp(p->dir, GP_USERSPACE_CONF_DIR) == 0 ? p->dir : NULL);
	if (e && strcmp(e->path, p->path) == 0)
		return 0;
	if (e)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'.manifest' line %zu: '%s' is in it already, not where '%s' goes", e->lineno, e->path,
			       p->path);
	if (gp_manifest_find(&m, p->path))
		return gp_fail(err, GP_E_UNSUPPORTED, "'.manifest' line %zu installs '%s' in an unknown way",
			       gp_manifest_find(&m, p->path)->lineno, p->path);
	unit = find_unit(&m, 0);
	if (gp_manifest_place(&m, p, 1, unit ? unit->path : NULL, &out, err) < 0)
		return -1;
	return gp_tree_write(t, ".manifest", gp_buf_str(&out), -1, err);
}

static int put_file(struct gp_tree *t, const struct gp_userfile *f, const char *dir, unsigned mode, struct gp_err *err)
{
	const struct gp_placed p = { f->package, dir, mode };
	bool there = gp_tree_has(t, f->package);

	if (list_file(t, &p, err) < 0)
		return -1;
	return gp_tree_write(t, f->package, gp_buf_str(&f->data), there ? -1 : (int)mode, err);
}

static int put_unit(struct gp_tree *t, const struct gp_manifest *m, size_t i, enum gp_half half, const char *place,
		    struct gp_err *err)
{
	const struct gp_mentry *u = find_unit(m, i);
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_str text;

	if (!u || !gp_tree_has(t, u->path))
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "the package has no unit '%s', which would have to start it: use a drop-in of your own "
			       "(gridpatch info --explain)",
			       units[i]);
	if (gp_tree_read(t, u->path, &text, err) < 0)
		return -1;
	if (gp_unit_use(text, half, place, &out, err) < 0)
		return gp_within(err, "'%s'", u->path);
	return gp_tree_write(t, u->path, gp_buf_str(&out), -1, err);
}

static int put_units(struct gp_tree *t, enum gp_half half, struct gp_err *err)
{
	gp_auto(gp_manifest_release) struct gp_manifest m = { 0 };
	gp_auto(gp_free_ptr) char *place = NULL;
	const struct gp_mentry *e;

	if (read_manifest(t, &m, err) < 0)
		return -1;
	e = find_file(&m, gp_userspace_file(half), NULL);
	gp_assert(e);
	place = gp_mentry_place(e);
	/* It goes into a line of another file's. */
	if (place[strspn(place, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")])
		return gp_fail(err, GP_E_UNSUPPORTED, "'.manifest' line %zu: '%s' cannot stand in a unit", e->lineno,
			       place);
	for (size_t i = 0; i < UNITS; i++)
		if (put_unit(t, &m, i, half, place, err) < 0)
			return -1;
	return 0;
}

static int put_all(struct gp_tree *t, const struct gp_usercopy *c, struct gp_err *err)
{
	if (c->half && (put_file(t, &c->program, GP_USERSPACE_DIR, 0755, err) < 0 || put_units(t, c->half, err) < 0))
		return -1;
	for (int i = 0; i < GP_USERCONF_COUNT; i++)
		if (c->config[i].from && put_file(t, &c->config[i], GP_USERSPACE_CONF_DIR, 0644, err) < 0)
			return -1;
	return 0;
}

int gp_userspace_integrate(struct gp_tree *t, const struct gp_usercopy *c, bool *changed, struct gp_err *err)
{
	size_t before = gp_tree_changes(t);

	if (put_all(t, c, err) < 0)
		return gp_within(err, "the userspace half");
	*changed = gp_tree_changes(t) != before;
	return 0;
}
