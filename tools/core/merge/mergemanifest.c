/* SPDX-License-Identifier: MIT */
#include "core/merge/mergemanifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"

void gp_merge_listed_release(struct gp_merge_listed *l)
{
	if (!l)
		return;
	gp_list_release(&l->modules);
	*l = (struct gp_merge_listed){ 0 };
}

/* --- does it name what is there? --- */

/* Line 4 goes into Kbuild and dkms.conf, which are run: only what can be a module's name. */
static int check_modules(const struct gp_manifest *m, enum gp_side side, struct gp_err *err)
{
	struct gp_str rest = m->modules, word;

	while (gp_word_next(&rest, &word)) {
		gp_auto(gp_free_ptr) char *name = gp_strndup(word.p, gp_str_no_cr(word).len);

		if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
			return gp_fail(err, GP_E_FORMAT, "'.manifest' of the %s lists '%s', which is no module's name",
				       gp_side_name(side), name);
	}
	return 0;
}

int gp_merge_manifest_check(const struct gp_manifest *m, enum gp_side side, const struct gp_merge_paths *s,
			    struct gp_err *err)
{
	const char *first = NULL;
	size_t n = 0;

	if (check_modules(m, side, err) < 0)
		return -1;
	for (size_t i = 0; i < m->n; i++) {
		const struct gp_mentry *e = &m->entry[i];

		if (gp_mentry_is_symlink(e) || gp_merge_paths_is_file(s, side, e->path))
			continue;
		first = first ? first : e->path;
		n++;
	}
	if (!n)
		return 0;
	gp_fail(err, GP_E_FORMAT, "'.manifest' of the %s names '%s', which its package does not have",
		gp_side_name(side), first);
	return n > 1 ? gp_besides(err, " (and %zu more)", n - 1) : -1;
}

/* --- what an entry is --- */

/* What all entries of one installation have in common: path, type and architecture. */
static char *kind_of(const struct gp_mentry *e)
{
	struct gp_str arch = gp_mentry_arch(e);

	return gp_asprintf("%s\n%.*s\n%.*s", e->path, (int)e->type.len, e->type.p, (int)arch.len, arch.p);
}

/* The kind, and where it goes: "/usr/lib/nvidia/" and "/usr/lib/nvidia" are one place. */
static char *key_of(const struct gp_mentry *e)
{
	gp_auto(gp_free_ptr) char *kind = kind_of(e);
	struct gp_str place = gp_mentry_last(e);

	if (gp_mentry_is_symlink(e))
		return gp_steal(&kind);
	while (place.len > 1 && place.p[place.len - 1] == '/')
		place.len--;
	return gp_asprintf("%s\n%.*s", kind, (int)place.len, place.p);
}

static struct gp_str line_of(const struct gp_manifest *m, const struct gp_mentry *e)
{
	const char *from = e->raw.p, *end = m->text.p + m->text.len, *to;

	while (from > m->text.p && from[-1] != '\n')
		from--;
	to = memchr(from, '\n', (size_t)(end - from));
	return gp_str_no_cr((struct gp_str){ from, (size_t)((to ? to : end) - from) });
}

/* --- one manifest, to be asked --- */

struct index {
	struct gp_map keys, kinds;
	struct gp_map names; /* last part of a file's path */
	struct gp_map links; /* the same of a symlink's, to its entry */
};

static void index_release(struct index *x)
{
	gp_map_release(&x->keys);
	gp_map_release(&x->kinds);
	gp_map_release(&x->names);
	gp_map_release(&x->links);
}

static void index_add(struct index *x, const struct gp_manifest *m, size_t i, bool named)
{
	const struct gp_mentry *e = &m->entry[i];
	gp_auto(gp_free_ptr) char *key = key_of(e), *kind = kind_of(e);

	if (!gp_map_get(&x->keys, key, NULL))
		gp_map_put(&x->keys, key, i);
	gp_map_put(&x->kinds, kind, i);
	if (gp_mentry_is_symlink(e))
		gp_map_put(&x->links, gp_path_base(e->path), i);
	else if (named)
		gp_map_put(&x->names, gp_path_base(e->path), i);
}

/* --- the entries, as a list that grows in its middle --- */

struct node {
	struct gp_str line;
	size_t next; /* number of the node behind it; 0: none */
};

struct work {
	const struct gp_merge_case *c;
	const struct gp_manifest *host, *desktop;
	struct index of_host, of_desktop; /* of_host: names of what is kept only */
	struct node *v;                   /* v[0] is the head */
	size_t n, cap;
	struct gp_map nodes; /* key to node, of all in the list */
	struct gp_map types; /* type to the node behind which the host's next one goes */
	struct gp_merge_listed *listed;
};

static void work_release(struct work *w)
{
	index_release(&w->of_host);
	index_release(&w->of_desktop);
	free(w->v);
	gp_map_release(&w->nodes);
	gp_map_release(&w->types);
}

static void put_behind(struct work *w, size_t at, const char *key, struct gp_str line)
{
	GP_GROW(w->v, w->n, w->cap);
	w->v[w->n] = (struct node){ line, w->v[at].next };
	w->v[at].next = w->n;
	gp_map_put(&w->nodes, key, w->n++);
}

static void note_type(struct work *w, const struct gp_mentry *e, size_t node)
{
	gp_auto(gp_free_ptr) char *type = gp_strndup(e->type.p, e->type.len);

	gp_map_put(&w->types, type, node);
}

static enum gp_take take_of(const struct work *w, const char *path)
{
	struct gp_merge_choice choice;
	enum gp_take take;

	gp_merge_choose(w->c, path, gp_merge_paths_sides(w->c->paths, path), &choice);
	take = choice.take;
	gp_merge_choice_release(&choice);
	return take;
}

/* The desktop's entries; for a file of the host's, the host's entry of that kind. */
static void put_desktop(struct work *w)
{
	size_t last = 0;

	for (size_t i = 0; i < w->desktop->n; i++) {
		const struct gp_mentry *e = &w->desktop->entry[i], *instead = NULL;
		gp_auto(gp_free_ptr) char *key = key_of(e), *kind = kind_of(e);
		size_t at;

		if (!gp_mentry_is_symlink(e) && gp_map_get(&w->of_host.kinds, kind, NULL) &&
		    take_of(w, e->path) == GP_TAKE_HOST) {
			if (!gp_map_get(&w->of_host.keys, key, &at))
				continue; /* it goes elsewhere: the host's follows */
			instead = &w->host->entry[at];
		}
		if (instead)
			w->listed->host++;
		else
			w->listed->desktop++;
		put_behind(w, last, key, instead ? line_of(w->host, instead) : line_of(w->desktop, e));
		last = w->n - 1;
		note_type(w, e, last);
	}
}

static bool keeps_file(const struct work *w, const struct gp_mentry *e, const char *kind)
{
	enum gp_take take = take_of(w, e->path);

	if (take == GP_TAKE_HOST)
		return true;
	return (gp_merge_paths_sides(w->c->paths, e->path) & GP_SIDE_DESKTOP) &&
	       !gp_map_get(&w->of_desktop.kinds, kind, NULL);
}

#define LINKS_MAX 8 /* libcuda.so → libcuda.so.1 → libcuda.so.460.73.01 */

/* Does it lead to a file that the merged driver has? */
static bool keeps_link(const struct work *w, const struct gp_mentry *e, const char *kind)
{
	if (gp_map_get(&w->of_desktop.kinds, kind, NULL))
		return false;
	for (int i = 0; i < LINKS_MAX; i++) {
		struct gp_str target = gp_mentry_last(e);
		gp_auto(gp_free_ptr) char *path = gp_strndup(target.p, target.len);
		const char *name = gp_path_base(path);
		size_t at;

		if (gp_map_get(&w->of_desktop.names, name, NULL) || gp_map_get(&w->of_desktop.links, name, NULL) ||
		    gp_map_get(&w->of_host.names, name, NULL))
			return true;
		if (!gp_map_get(&w->of_host.links, name, &at))
			return false;
		e = &w->host->entry[at];
	}
	return false;
}

static void put_host_entry(struct work *w, const struct gp_mentry *e, size_t *last)
{
	gp_auto(gp_free_ptr) char *key = key_of(e), *kind = kind_of(e), *type = gp_strndup(e->type.p, e->type.len);
	size_t at;

	if (gp_map_get(&w->nodes, key, &at)) {
		*last = at;
		note_type(w, e, at);
		return;
	}
	if (!(gp_mentry_is_symlink(e) ? keeps_link(w, e, kind) : keeps_file(w, e, kind))) {
		w->listed->left_out++;
		return;
	}
	put_behind(w, gp_map_get(&w->types, type, &at) ? at : *last, key, line_of(w->host, e));
	*last = w->n - 1;
	note_type(w, e, *last);
	w->listed->host++;
}

static void put_host(struct work *w)
{
	size_t last = 0;

	while (w->v[last].next)
		last = w->v[last].next;
	for (size_t i = 0; i < w->host->n; i++)
		put_host_entry(w, &w->host->entry[i], &last);
}

static void index_both(struct work *w)
{
	for (size_t i = 0; i < w->desktop->n; i++)
		index_add(&w->of_desktop, w->desktop, i, true);
	for (size_t i = 0; i < w->host->n; i++) {
		gp_auto(gp_free_ptr) char *kind = kind_of(&w->host->entry[i]);

		index_add(&w->of_host, w->host, i, keeps_file(w, &w->host->entry[i], kind));
	}
}

/* --- the text --- */

/* Lines 1 to 8, the host's modules behind the desktop's in line 4. */
static void put_header(const struct work *w, struct gp_buf *out)
{
	struct gp_str rest = w->desktop->text, line, modules = w->host->modules, word;

	for (size_t lineno = 1; lineno <= GP_MANIFEST_HEADER && gp_text_line_next(&rest, &line); lineno++) {
		gp_buf_add(out, line.p, gp_str_no_cr(line).len);
		while (lineno == 4 && gp_word_next(&modules, &word)) {
			gp_auto(gp_free_ptr) char *name = gp_strndup(word.p, gp_str_no_cr(word).len);

			if (!*name || gp_manifest_has_module(w->desktop, name))
				continue;
			gp_buf_printf(out, " %s", name);
			gp_list_add(&w->listed->modules, name);
		}
		gp_buf_putc(out, '\n');
	}
}

static void put_text(const struct work *w, struct gp_buf *out)
{
	put_header(w, out);
	for (size_t i = w->v[0].next; i; i = w->v[i].next) {
		gp_buf_add(out, w->v[i].line.p, w->v[i].line.len);
		gp_buf_putc(out, '\n');
	}
	gp_buf_add(out, w->desktop->text.p + w->desktop->end_off, w->desktop->text.len - w->desktop->end_off);
}

int gp_merge_manifest(const struct gp_merge_case *c, const struct gp_manifest *host, const struct gp_manifest *desktop,
		      struct gp_buf *out, struct gp_merge_listed *listed, struct gp_err *err)
{
	gp_auto(work_release) struct work w = { .c = c, .host = host, .desktop = desktop, .listed = listed };

	*listed = (struct gp_merge_listed){ 0 };
	if (gp_merge_manifest_check(host, GP_SIDE_HOST, c->paths, err) < 0 ||
	    gp_merge_manifest_check(desktop, GP_SIDE_DESKTOP, c->paths, err) < 0)
		return -1;
	GP_GROW(w.v, w.n, w.cap);
	w.v[w.n++] = (struct node){ 0 };
	index_both(&w);
	put_desktop(&w);
	put_host(&w);
	put_text(&w, out);
	return 0;
}
