/* SPDX-License-Identifier: MIT */
#include "ops/proof/bootorder.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "core/driver/kofile.h"

void gp_bootorder_release(struct gp_bootorder *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++) {
		gp_modfile_release(&o->unit[i].own);
		free(o->unit[i].need);
		free(o->unit[i].after);
		free(o->unit[i].before);
		gp_list_release(&o->unit[i].missing);
	}
	free(o->unit);
	free(o->order);
	*o = (struct gp_bootorder){ 0 };
}

struct finding {
	const struct gp_vmkernel *k;
	struct gp_bootorder *o;
};

static size_t known(const struct gp_bootorder *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->unit[i].f->name, name) == 0)
			return i;
	return SIZE_MAX;
}

/* The path of one in the directory of who asks for it; free() it. */
static char *beside(const char *asker, const char *name)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(asker);
	gp_auto(gp_free_ptr) char *other = gp_strdup(name);

	for (char *p = other; *p; p++)
		*p = *p == '_' ? '-' : *p;
	for (size_t i = 0; gp_ko_suffixes[i / 2]; i++) {
		char *path = gp_asprintf("%s/%s%s", dir, i % 2 ? other : name, gp_ko_suffixes[i / 2]);

		if (gp_is_file(path))
			return path;
		free(path);
	}
	return NULL;
}

static struct gp_bootunit *add(struct gp_bootorder *o)
{
	GP_GROW(o->unit, o->n, o->cap);
	o->unit[o->n] = (struct gp_bootunit){ 0 };
	return &o->unit[o->n++];
}

/* Units move when there are more: those whose file is their own name it anew. */
static void settle(struct gp_bootorder *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->unit[i].own.path)
			o->unit[i].f = &o->unit[i].own;
}

/* 1 and its index, 0 nobody has it, -1 an error. */
static int find_unit(struct finding *f, size_t asker, const char *name, size_t *out, struct gp_err *err)
{
	struct gp_bootorder *o = f->o;
	gp_auto(gp_free_ptr) char *near = NULL;
	const char *path;
	struct gp_bootunit *u;

	*out = known(o, name);
	if (*out != SIZE_MAX)
		return 1;
	near = beside(o->unit[asker].f->path, name);
	path = near ? near : gp_vmkernel_module(f->k, name);
	if (!path)
		return 0;
	if (o->n >= GP_BOOTORDER_MAX)
		return gp_fail(err, GP_E_UNSUPPORTED, "the modules need more than %d others", GP_BOOTORDER_MAX);
	u = add(o);
	settle(o);
	if (gp_modfile_open(path, &u->own, err) < 0) {
		o->n--;
		return -1;
	}
	u->f = &u->own;
	*out = o->n - 1;
	return 1;
}

static void put(size_t **v, size_t *n, size_t *cap, size_t what)
{
	for (size_t i = 0; i < *n; i++)
		if ((*v)[i] == what)
			return;
	GP_GROW(*v, *n, *cap);
	(*v)[(*n)++] = what;
}

static void add_need(struct gp_bootorder *o, size_t i, size_t on)
{
	struct gp_bootunit *u = &o->unit[i];

	if (i != on)
		put(&u->need, &u->nneed, &u->need_cap, on);
}

static int take_depends(struct finding *f, size_t i, struct gp_err *err)
{
	struct gp_str rest = gp_module_info(&f->o->unit[i].f->m, "depends");

	while (rest.len) {
		const char *comma = memchr(rest.p, ',', rest.len);
		struct gp_str word = { rest.p, comma ? (size_t)(comma - rest.p) : rest.len };
		gp_auto(gp_free_ptr) char *name = gp_ko_name(word);
		size_t on = 0;
		int rc = word.len ? find_unit(f, i, name, &on, err) : 0;

		if (rc < 0)
			return -1;
		if (rc > 0)
			add_need(f->o, i, on);
		else if (word.len)
			gp_list_add(&f->o->unit[i].missing, name);
		rest = gp_str_skip(rest, word.len + (comma ? 1 : 0));
	}
	return 0;
}

static void add_soft(struct gp_bootorder *o, size_t i, size_t other, bool pre)
{
	struct gp_bootunit *u = &o->unit[i];

	if (i == other)
		return;
	if (pre)
		put(&u->after, &u->nafter, &u->after_cap, other);
	else
		put(&u->before, &u->nbefore, &u->before_cap, other);
}

/* "pre: a b post: c": who nobody has is passed over. */
static int take_softdep(struct finding *f, size_t i, struct gp_str text, struct gp_err *err)
{
	bool pre = false, post = false;
	struct gp_str word;

	while (gp_text_word_next(&text, &word)) {
		gp_auto(gp_free_ptr) char *name = gp_ko_name(word);
		size_t other = 0;
		int rc;

		if (gp_str_ends(word, ":")) {
			pre = gp_str_eq(word, "pre:");
			post = gp_str_eq(word, "post:");
			continue;
		}
		rc = pre || post ? find_unit(f, i, name, &other, err) : 0;
		if (rc < 0)
			return -1;
		if (rc > 0)
			add_soft(f->o, i, other, pre);
	}
	return 0;
}

static int take_infos(struct finding *f, size_t i, struct gp_err *err)
{
	size_t on;

	/* Of several lines modprobe takes the first one. */
	if (take_depends(f, i, err) < 0 || take_softdep(f, i, gp_module_info(&f->o->unit[i].f->m, "softdep"), err) < 0)
		return -1;
	/* nvidia-vgpu-vfio of some branches asks nvidia.ko by name, and says so nowhere. */
	if (f->o->unit[i].asked_for && gp_module_takes(&f->o->unit[i].f->m, "__symbol_get"))
		return find_unit(f, i, "nvidia", &on, err) < 0 ? -1 : 0;
	return 0;
}

/* --- by symbols --- */

static bool takes_from(const struct gp_module *m, const struct gp_module *from)
{
	struct gp_modtext_at at = { 0, 0 };
	struct gp_str text;

	for (size_t i = 0; from->nexport && i < m->nundef; i++)
		if (gp_module_export(from, m->undef[i].name))
			return true;
	if (!from->nexport || !gp_module_takes(m, "__symbol_get"))
		return false;
	while (gp_module_text_next(m, &at, &text))
		if (gp_module_export(from, text))
			return true;
	return false;
}

/* What depends= says of the kernel's own modules is enough. */
static void add_by_symbols(struct gp_bootorder *o)
{
	for (size_t i = 0; i < o->n; i++)
		for (size_t k = 0; o->unit[i].asked_for && k < o->n; k++)
			if (k != i && takes_from(&o->unit[i].f->m, &o->unit[k].f->m))
				add_need(o, i, k);
}

/* --- the order --- */

struct walking {
	struct gp_bootorder *o;
	char *state; /* 0 not seen, 1 on the way, 2 in the order */
	size_t n;
};

/* A circle, which no kernel could load, is cut where it closes. Depth is bounded by
 * GP_BOOTORDER_MAX. */
static void visit(struct walking *w, size_t i) /* NOLINT(misc-no-recursion) */
{
	const struct gp_bootunit *u = &w->o->unit[i];

	if (w->state[i])
		return;
	w->state[i] = 1;
	for (size_t k = 0; k < u->nneed; k++)
		visit(w, u->need[k]);
	for (size_t k = 0; k < u->nafter; k++)
		visit(w, u->after[k]);
	w->state[i] = 2;
	w->o->order[w->n++] = i;
	for (size_t k = 0; k < u->nbefore; k++)
		visit(w, u->before[k]);
}

int gp_bootorder_find(const struct gp_modfile *file, size_t n, const struct gp_vmkernel *k, struct gp_bootorder *out,
		      struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *state = NULL;
	struct finding f = { k, out };
	struct walking w = { .o = out };

	*out = (struct gp_bootorder){ 0 };
	for (size_t i = 0; i < n; i++)
		*add(out) = (struct gp_bootunit){ .f = &file[i], .asked_for = true };
	for (size_t i = 0; i < out->n; i++)
		if (take_infos(&f, i, err) < 0)
			return -1;
	add_by_symbols(out);
	state = gp_alloc(out->n + 1);
	out->order = gp_alloc((out->n + 1) * sizeof(*out->order));
	w.state = state;
	for (size_t i = 0; i < out->n; i++)
		visit(&w, i);
	return 0;
}

bool gp_bootorder_is_needed(const struct gp_bootorder *o, size_t unit)
{
	for (size_t i = 0; i < o->n; i++)
		for (size_t k = 0; o->unit[i].asked_for && k < o->unit[i].nneed; k++)
			if (o->unit[i].need[k] == unit)
				return true;
	return false;
}
