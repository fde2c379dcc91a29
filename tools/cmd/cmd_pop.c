/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/json.h"
#include "base/text.h"
#include "ops/quilt/quilt.h"
#include "ops/tree/tree.h"
#include "cmd/report/report.h"

/* A patch that was taken back. */
struct popped {
	char *patch;
	bool lost; /* off the list, and that is all */
	struct gp_list restored, removed;
};

struct pop {
	struct gp_quilt_tree w;
	struct popped *v;
	size_t n, cap;
	bool done; /* what v says has happened */
};

static void pop_release(struct pop *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].patch);
		gp_list_release(&p->v[i].restored);
		gp_list_release(&p->v[i].removed);
	}
	free(p->v);
	gp_report_litter(&p->w.disk);
	gp_quilt_tree_close(&p->w);
}

/* How many patches stay? */
static int choose_rest(const struct gp_args *a, const struct gp_quilt *q, size_t *rest, struct gp_err *err)
{
	const char *word = a->positional.n ? a->positional.v[0] : "1";
	size_t at = 0, found;
	uint64_t n;

	*rest = 0;
	if (!q->applied.n)
		return gp_fail(err, GP_E_NO, "no patch removed: none is applied");
	if (a->all)
		return 0;
	if (word[strspn(word, "0123456789")] == '\0') {
		if (gp_parse_u64(gp_str_of(word), q->applied.n, &n))
			*rest = q->applied.n - (size_t)n;
		return *rest < q->applied.n ? 0 : gp_fail(err, GP_E_NO, "0 patches were asked for: no patch removed");
	}
	found = gp_quilt_find(q, &q->applied, word, &at);
	if (found > 1)
		return gp_fail(err, GP_E_NO, "'%s' may be %zu applied patches: give the whole name, as '%s' is one",
			       word, found, q->applied.v[at]);
	if (!found)
		return gp_fail(err, GP_E_NO, "patch '%s' is not applied", word);
	*rest = at + 1;
	return *rest < q->applied.n ?
		       0 :
		       gp_fail(err, GP_E_NO, "patch '%s' is on top already: no patch removed", q->applied.v[at]);
}

static int pop_one(struct pop *p, struct gp_err *err)
{
	struct gp_quilt *q = &p->w.quilt;
	struct popped *d;

	if (gp_check_cancel(gp_main_cancel(), err) < 0)
		return -1;
	GP_GROW(p->v, p->n, p->cap);
	d = &p->v[p->n++];
	*d = (struct popped){ .patch = gp_strdup(q->applied.v[q->applied.n - 1]) };
	if (gp_quilt_pop(q, &p->w.tree, err) < 0)
		return -1;
	d->lost = q->lost;
	d->restored = q->restored;
	d->removed = q->removed;
	q->restored = q->removed = (struct gp_list){ 0 };
	return 0;
}

static int pop(const struct gp_args *a, struct pop *p, struct gp_err *err)
{
	struct gp_commit_opts co = { .fsync = a->fsync, .cancel = gp_main_cancel() };
	size_t rest;

	if (gp_quilt_check_args("QUILT_POP_ARGS", err) < 0 || gp_open_quilt_tree(&p->w, a->dir, err) < 0 ||
	    choose_rest(a, &p->w.quilt, &rest, err) < 0)
		return -1;
	/* quilt stops at one without records, too. */
	while (p->w.quilt.applied.n > rest && !p->w.quilt.lost)
		if (pop_one(p, err) < 0)
			return -1;
	if (gp_commit_run(&p->w.disk, &p->w.tree, &co, err) < 0)
		return -1;
	gp_quilt_settle_pop(&p->w.quilt);
	p->done = true;
	if (!p->w.quilt.lost)
		return 0;
	return gp_fail(err, GP_E_NO,
		       "patch '%s' had no records in '%s': it is off the list of applied patches, and what it "
		       "changed is still in the files; 'gridpatch apply -R' may take it back",
		       p->v[p->n - 1].patch, p->w.quilt.pc);
}

static void report(const struct gp_args *a, const struct pop *p)
{
	const struct gp_list *left = &p->w.quilt.applied;

	for (size_t i = 0; i < p->n; i++) {
		const struct popped *d = &p->v[i];

		if (d->lost)
			gp_say(a, "Patch %s had no records; it is off the list\n", d->patch);
		else if (d->restored.n || d->removed.n)
			gp_say(a, "Removing patch %s\n", d->patch);
		else
			gp_say(a, "Patch %s appears to be empty, removing\n", d->patch);
		for (size_t k = 0; k < d->removed.n; k++)
			gp_say(a, "Removing %s\n", d->removed.v[k]);
		for (size_t k = 0; k < d->restored.n; k++)
			gp_say(a, "Restoring %s\n", d->restored.v[k]);
		gp_say(a, "\n");
	}
	if (left->n)
		gp_say(a, "Now at patch %s\n", left->v[left->n - 1]);
	else
		gp_say(a, "No patches applied\n");
}

static struct json_object *json_popped(const struct popped *d)
{
	return gp_json_object(GP_J("patch", d->patch), GP_J("restored", &d->restored), GP_J("removed", &d->removed),
			      GP_J("lost", d->lost));
}

static struct json_object *json(const struct pop *p, bool ok)
{
	return gp_json_object(GP_J("popped", GP_JSON_EACH(i, ok ? p->n : 0, json_popped(&p->v[i]))),
			      GP_J("applied", ok ? &p->w.quilt.applied : NULL));
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct pop p = { 0 };
	int rc;

	if (a->positional.n > (a->all ? 0 : 1))
		return gp_fail(err, GP_E_USAGE, "give a number, a patch, or -a; see 'gridpatch pop --help'");
	rc = pop(a, &p, err);
	if (rc < 0)
		(void)gp_tree_sound(&p.w.tree, err); /* what could not be looked at is the reason */
	if (p.done && (!a->json || a->json_file))
		report(a, &p);
	if (a->json)
		r->root = json(&p, p.done);
	r->done = "the patches are taken back";
	pop_release(&p);
	return rc;
}

const struct gp_cmd gp_cmd_pop = {
	.name = "pop",
	.args = "[NUMBER|PATCH]",
	.summary = "take patches of a quilt series back",
	.about = "Takes the top patch back from the tree that the directory of -d (or -C; default:\n"
		 "this one) lies in, or that many, or all above PATCH, or all with -a: files and\n"
		 "modes are what .pc kept, whether gridpatch or quilt applied the patches. A file\n"
		 "that was changed after its patch is in the way: `quilt refresh` takes the change\n"
		 "into the patch. One call is all or nothing. A file that was empty before a patch\n"
		 "filled it is removed, since quilt's records do not tell it from a new one.",
	.example = "gridpatch pop -a",
	.options = "directory all fsync",
	.run = run,
};
