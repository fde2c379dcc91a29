/* SPDX-License-Identifier: MIT */
#include "ops/tree/apply.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "core/diff/reject.h"

static void applied_release(struct gp_applied *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->file[i].path);
		free(a->file[i].from);
		free(a->file[i].trouble);
		gp_hunk_report_release(&a->file[i].hunks);
		gp_buf_release(&a->file[i].reject);
	}
	free(a->file);
	free(a->set);
	free(a->name);
	free(a->prefix);
	gp_list_release(&a->notes);
	*a = (struct gp_applied){ 0 };
}

void gp_applied_list_release(struct gp_applied_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		applied_release(&l->v[i]);
	free(l->v);
	*l = (struct gp_applied_list){ 0 };
}

void gp_applied_list_take(struct gp_applied_list *to, struct gp_applied_list *from)
{
	for (size_t i = 0; i < from->n; i++) {
		GP_GROW(to->v, to->n, to->cap);
		to->v[to->n++] = from->v[i];
	}
	free(from->v);
	*from = (struct gp_applied_list){ 0 };
}

/* What is to become of one file. */
struct plan {
	char *source, *target;
	enum gp_file_op op;
	int mode;
	struct gp_piece data;
	bool skip;
};

/* One patch on its way: results wait here until all of it has matched. */
struct job {
	struct gp_tree *t;
	const struct gp_patch *p;
	unsigned max_fuzz;
	const char *prefix;
	struct gp_applied *done;
	struct gp_buf *why;
	struct plan *plan;
	size_t nplan;
	struct gp_map by_path;  /* path to the plan that touched it last */
	bool misses;            /* the last error: a file is not there */
};

static char *with_prefix(const struct job *j, char *path)
{
	char *full;

	if (!path || !*j->prefix)
		return path;
	full = gp_path_join(j->prefix, path);
	free(path);
	return full;
}

/* Do all files that must exist lie under prefix? */
static bool all_there(const struct gp_tree *t, const struct gp_diff *d, const struct gp_patch *p,
		      const char *prefix)
{
	for (size_t i = 0; i < d->nfile; i++) {
		const struct gp_filediff *f = &d->file[i];
		gp_auto(gp_free_ptr) char *path = gp_diff_source(f, p->strip, p->reverse, NULL);
		gp_auto(gp_free_ptr) char *full = path ? gp_path_join(prefix, path) : NULL;

		if (gp_diff_op(f, p->reverse) == GP_FILE_CREATE)
			continue;
		if (!path || !gp_tree_has(t, *prefix ? full : path))
			return false;
	}
	return true;
}

static void append_why(const struct job *j, const char *path, const struct gp_hunk_report *rep)
{
	if (j->why && rep->why)
		gp_buf_printf(j->why, "%s: %s", path, rep->why);
}

static int hunk_failed(const struct job *j, const char *path, bool has_content, enum gp_file_op op,
		       const struct gp_hunk_report *rep, struct gp_err *err)
{
	const char *patch = j->p->reverse ? "the patch in reverse" : "the patch";

	append_why(j, path, rep);
	if (op == GP_FILE_CREATE && has_content)
		return gp_fail(err, GP_E_NO, "'%s' exists already, %s would create it", path, patch);
	if (!rep->failed)
		return gp_fail(err, GP_E_NO, "'%s' has lines that %s does not delete", path, patch);
	return gp_fail(err, GP_E_NO, "hunk %zu of '%s' does not match near line %llu (%zu of %zu fail)",
		       rep->near_hunk + 1, path, (unsigned long long)rep->near_expected, rep->failed, rep->n);
}

/* The plan of this patch that touched path last, or NULL: a patch may name a
 * file twice. git's copies are of the file as it
 * was before the patch. */
static struct plan *planned(const struct job *j, const char *path)
{
	size_t i;

	if (j->plan[j->nplan - 1].op == GP_FILE_COPY || !gp_map_get(&j->by_path, path, &i))
		return NULL;
	return &j->plan[i];
}

static void note_plan(struct job *j, size_t k)
{
	if (j->plan[k].skip)
		return;
	gp_map_put(&j->by_path, j->plan[k].target, k);
	if (j->plan[k].op == GP_FILE_RENAME)
		gp_map_put(&j->by_path, j->plan[k].source, k);
}

static bool there_now(const struct job *j, const char *path)
{
	const struct plan *p = planned(j, path);

	return p ? p->op != GP_FILE_DELETE && strcmp(p->target, path) == 0 : gp_tree_has(j->t, path);
}

/* Why is there no file to change? */
static int missing(struct job *j, const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);
	const struct gp_tree_base *base = &j->t->base;
	unsigned mode;

	if (base->look(base->arg, path, &mode) == GP_NODE_DIR)
		return gp_fail(err, GP_E_NO, "'%s' is a directory", path);
	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (base->look(base->arg, p, &mode) == GP_NODE_SYMLINK)
			return gp_fail(err, GP_E_NO, "'%s' lies behind a symlink, '%s'", path, p);
		*slash = '/';
	}
	j->misses = true;
	return gp_fail(err, GP_E_NO, "there is no file '%s'", path);
}

static int read_now(struct job *j, const char *path, struct gp_str *out, struct gp_err *err)
{
	struct plan *p = planned(j, path);

	if (p && there_now(j, path)) {
		if (gp_piece_load(j->t->spool, &p->data, err) < 0)
			return -1;
		*out = gp_buf_str(&p->data.mem);
		return 0;
	}
	if (p)
		return gp_fail(err, GP_E_NO, "'%s': an earlier part of this patch renamed or deleted it", path);
	if (!gp_tree_has(j->t, path) && !gp_tree_touched(j->t, path))
		return missing(j, path, err);
	if (gp_tree_read(j->t, path, out, err) == 0)
		return 0;
	if (err && err->code == GP_E_NOTFOUND)
		err->code = GP_E_NO;
	return -1;
}

/* GNU patch takes the one of the two names that exists. */
static char *existing(const struct job *j, const struct gp_filediff *f, char *chosen)
{
	const char *raw[] = { f->old_path, f->new_path };

	if (!chosen || there_now(j, chosen))
		return chosen;
	for (size_t i = 0; i < GP_COUNT(raw); i++) {
		const char *name = gp_diff_strip(raw[i], j->p->strip);
		char *path = name ? with_prefix(j, gp_path_clean(name, strlen(name), NULL)) : NULL;

		if (path && there_now(j, path)) {
			free(chosen);
			return path;
		}
		free(path);
	}
	return chosen;
}

/* Does one of the path's components have this name? */
static bool has_component(const char *path, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = path; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (strncmp(p, name, n) == 0 && (p[n] == '\0' || p[n] == '/'))
			return true;
	}
	return false;
}

/* Folders of other programs, and our own: a patch has no business there. */
static int check_names(const char *target, const char *source, struct gp_err *err)
{
	static const char *const taboo[] = { ".git", ".pc", ".gridpatch-journal" };

	for (size_t i = 0; i < GP_COUNT(taboo); i++)
		if (has_component(target, taboo[i]) || has_component(source, taboo[i]))
			return gp_fail(err, GP_E_FORMAT, "patches may not change '%s' ('%s')", taboo[i],
				       has_component(target, taboo[i]) ? target : source);
	return 0;
}

/* git's modes: 100644 and 100755 are files; 120000 is a symlink, 160000 a
 * submodule. Nothing else of a mode is taken: no setuid from a patch. */
static int file_mode(const struct gp_filediff *f, int mode, struct gp_err *err)
{
	if (mode >= 0 && (mode & 0170000) && (mode & 0170000) != 0100000)
		return gp_fail(err, GP_E_UNSUPPORTED, "line %zu: a %s is not supported", f->lineno,
			       (mode & 0170000) == 0120000 ? "symlink" : "submodule or special file");
	return mode < 0 ? 0 : mode & 0777;
}

static int plan_file(struct job *j, const struct gp_filediff *f, struct gp_err *err)
{
	struct gp_applied_file *a;
	enum gp_file_op op = gp_diff_op(f, j->p->reverse);
	char *target = with_prefix(j, gp_diff_target(f, j->p->strip, j->p->reverse, err));
	char *source = with_prefix(j, gp_diff_source(f, j->p->strip, j->p->reverse, err));
	gp_auto(gp_buf_release) struct gp_buf result = { 0 };
	struct gp_str old = { "", 0 };
	size_t k = j->nplan;
	bool may_miss;

	j->plan[k].target = target;
	j->plan[k].source = source;
	j->plan[k].op = op;
	j->plan[k].mode = j->p->reverse ? f->old_mode : f->new_mode;
	j->nplan++;
	if (file_mode(f, f->old_mode, err) < 0 || file_mode(f, f->new_mode, err) < 0)
		return -1;
	if (op == GP_FILE_MODIFY) {
		j->plan[k].target = target = existing(j, f, target);
		free(source);
		j->plan[k].source = source = target ? gp_strdup(target) : NULL;
	}
	if (!target || !source || check_names(target, source, err) < 0)
		return -1;
	/* "@@ -0,0" without /dev/null: the old side may be missing. */
	may_miss = op == GP_FILE_CREATE || op == GP_FILE_DELETE ||
		   (op == GP_FILE_MODIFY && (j->p->reverse ? f->new_empty : f->old_empty));
	if (!(may_miss && !there_now(j, source)) && read_now(j, source, &old, err) < 0)
		return -1;
	GP_GROW(j->done->file, j->done->n, j->done->cap);
	a = &j->done->file[j->done->n++];
	*a = (struct gp_applied_file){ .path = gp_strdup(target), .op = op };
	if (op == GP_FILE_RENAME || op == GP_FILE_COPY)
		a->from = gp_strdup(source);
	if (gp_hunks_apply(old, f, j->max_fuzz, j->p->reverse, &result, &a->hunks, err) < 0)
		return -1;
	if (a->hunks.result == GP_HUNKS_FAILED) {
		gp_reject_append(f, &a->hunks, j->p->strip, j->p->reverse, &a->reject);
		j->plan[k].skip = true; /* the next diff of this file sees it as it is */
		return hunk_failed(j, target, old.len > 0, op, &a->hunks, err);
	}
	/* Already done: leave it, except a rename, which still moves the file. */
	j->plan[k].skip = a->hunks.result == GP_HUNKS_ALREADY ||
			  (op == GP_FILE_DELETE && !there_now(j, source));
	if (gp_piece_set(j->t->spool, &j->plan[k].data, &result, err) < 0)
		return -1;
	note_plan(j, k);
	gp_tree_forget(j->t, source); /* its result is at hand */
	return 0;
}

static int tell(const struct job *j, const char *path, struct gp_err *err)
{
	const struct gp_apply_watch *w = j->p->watch;
	struct gp_str old = { "", 0 };
	bool existed;

	if (!w)
		return 0;
	existed = gp_tree_has(j->t, path);
	if (existed && gp_tree_read(j->t, path, &old, err) < 0)
		return -1;
	return w->before(w->arg, path, existed, old, gp_tree_mode(j->t, path), err);
}

static int carry_out_one(struct job *j, struct plan *p, struct gp_err *err)
{
	int mode = p->mode < 0 ? -1 : p->mode & 0777;
	bool move = p->op == GP_FILE_RENAME;

	if (tell(j, p->target, err) < 0 || (move && tell(j, p->source, err) < 0))
		return -1;
	if (mode < 0 && (move || p->op == GP_FILE_COPY))
		mode = (int)gp_tree_mode(j->t, p->source);
	if (p->op == GP_FILE_DELETE)
		return gp_tree_delete(j->t, p->target, err);
	if (gp_tree_take(j->t, p->target, &p->data, mode, err) < 0)
		return -1;
	return move ? gp_tree_delete(j->t, p->source, err) : 0;
}

static void set_trouble(struct gp_applied_file *a, const struct gp_err *why)
{
	char text[sizeof(why->cause) + sizeof(why->context)];

	gp_err_format(why, text, sizeof(text));
	free(a->trouble);
	a->trouble = gp_strdup(text);
}

/* Every plan has its file in the list. */
static int carry_out(struct job *j, struct gp_err *err)
{
	bool already = j->nplan > 0;

	for (size_t i = 0; i < j->nplan; i++) {
		struct gp_err why = { 0 };

		already &= j->plan[i].skip;
		if (j->plan[i].skip || carry_out_one(j, &j->plan[i], &why) == 0)
			continue;
		set_trouble(&j->done->file[i], &why);
		if (err)
			*err = why;
		return -1;
	}
	j->done->already = already;
	return 0;
}

/* In the list as well, unless the number of its hunks tells. k: its plan; n: the list before it. */
static void note_trouble(struct job *j, size_t k, size_t n, const struct gp_err *why)
{
	struct gp_applied_file *a;

	if (j->done->n == n) {
		const char *path = j->plan[k].target ? j->plan[k].target : j->plan[k].source;

		if (!path)
			return; /* no usable name: the error has the line */
		GP_GROW(j->done->file, j->done->n, j->done->cap);
		a = &j->done->file[j->done->n++];
		*a = (struct gp_applied_file){ .path = gp_strdup(path), .op = j->plan[k].op };
	}
	a = &j->done->file[j->done->n - 1];
	if (!a->hunks.failed || a->op == GP_FILE_CREATE)
		set_trouble(a, why);
}

static int run(struct job *j, struct gp_diff *d, struct gp_err *err)
{
	int rc = 0;

	if (j->p->below)
		j->prefix = j->p->below;
	else if (j->p->may_lie_in_kernel && !all_there(j->t, d, j->p, "") && all_there(j->t, d, j->p, "kernel"))
		j->prefix = "kernel";
	j->done->prefix = gp_strdup(j->prefix);
	j->plan = gp_alloc((d->nfile + 1) * sizeof(*j->plan));
	for (size_t i = 0; i < d->nfile; i++) {
		struct gp_err why = { 0 };
		size_t n = j->done->n;

		/* The first failure is the error; the others still show in the list. */
		if (plan_file(j, &d->file[i], &why) < 0) {
			note_trouble(j, i, n, &why);
			if (rc == 0 && j->misses && j->p->by_hand)
				gp_besides(&why, "; are -p and -d right?");
			if (rc == 0 && err)
				*err = why;
			rc = -1;
		}
		gp_diff_drop_lines(&d->file[i]); /* placed, or told why not */
	}
	if (rc == 0)
		rc = carry_out(j, err);
	for (size_t i = 0; i < j->nplan; i++) {
		free(j->plan[i].source);
		free(j->plan[i].target);
		gp_piece_release(j->t->spool, &j->plan[i].data);
	}
	free(j->plan);
	gp_map_release(&j->by_path);
	return rc;
}

int gp_patch_within(const struct gp_patch *p, struct gp_err *err)
{
	bool here = strcmp(p->set, ".") == 0;

	if (strcmp(gp_path_base(p->set), p->name) == 0) /* a patch that is a set of its own */
		return gp_within(err, "'%s'", p->set);
	return gp_within(err, "%s%s'%s'", here ? "" : p->set, here ? "" : ": ", p->name);
}

int gp_apply_patch(struct gp_tree *t, const struct gp_patch *p, unsigned max_fuzz,
		   struct gp_applied_list *list, struct gp_buf *why, struct gp_err *err)
{
	gp_auto(gp_diff_release) struct gp_diff d = { 0 };
	struct job j = { .t = t, .p = p, .max_fuzz = max_fuzz, .prefix = "", .why = why };

	if (gp_diff_parse(p->text, &d, err) < 0)
		return gp_patch_within(p, err);
	GP_GROW(list->v, list->n, list->cap);
	j.done = &list->v[list->n++];
	*j.done = (struct gp_applied){ .set = gp_strdup(p->set), .name = gp_strdup(p->name), .notes = d.notes };
	d.notes = (struct gp_list){ 0 };
	return run(&j, &d, err) < 0 ? gp_patch_within(p, err) : 0;
}
