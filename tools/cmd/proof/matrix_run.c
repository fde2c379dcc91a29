/* SPDX-License-Identifier: MIT */
#include "cmd/proof/matrix_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "core/proof/cells_json.h"
#include "ops/driver/installed.h"
#include "ops/proof/matrix.h"
#include "ops/proof/since.h"
#include "ops/proof/thishost.h"
#include "ops/run/given.h"
#include "ops/select/headerdir.h"
#include "cmd/front/version.h"
#include "cmd/proof/boot_run.h"
#include "cmd/proof/build_args.h"
#include "cmd/proof/matrix_report.h"
#include "cmd/report/input.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"

/* What is known while cells come in. */
struct running {
	const struct gp_args *a;
	struct gp_cells so_far;
	double began;        /* gp_clock_s() */
	size_t fresh, built; /* cells that were not known before; of these, the compiled ones */
};

/* A directory with a driver's sources is one, any other one kernel headers, or a folder of
 * them. */
static int sort_words(struct gp_args *a, struct gp_list *runs, struct gp_err *err)
{
	for (size_t i = 0; i < a->positional.n; i++) {
		const char *word = a->positional.v[i];
		bool headers = gp_is_dir(word) && gp_driver_dir_at(word) == GP_DRIVER_DIR_NONE;

		if (!headers && gp_take_listed(a, GP_INPUT_DRIVER, &a->positional, i, err) < 0)
			return -1;
		if (!headers)
			gp_list_add(runs, a->positional.v[i]);
		else if (gp_headerdir_expand(word, &a->patch.headers, err) < 0)
			return -1;
	}
	if (!runs->n)
		return gp_fail(err, GP_E_USAGE, "no installer given; see 'gridpatch matrix --help'");
	for (size_t i = 0; i < runs->n; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(gp_path_base(runs->v[i]), gp_path_base(runs->v[k])) == 0)
				return gp_fail(err, GP_E_USAGE,
					       "'%s' and '%s' have the same name: reports could not "
					       "tell them apart",
					       runs->v[k], runs->v[i]);
		if (!gp_given_find(&a->given, runs->v[i]) && !gp_exists(runs->v[i]))
			return gp_fail(err, GP_E_NOTFOUND, "cannot open '%s': there is no such file", runs->v[i]);
	}
	return 0;
}

static void say_line(const struct running *r, const struct gp_cell *c, size_t n, size_t total, bool known)
{
	gp_auto(gp_free_ptr) char *place = gp_cell_place(c);
	gp_auto(gp_free_ptr) char *whence = c->unchanged ?
						    gp_asprintf("(unchanged since %s)", gp_or_nothing(c->built)) :
						    gp_strdup("(from the report)");
	char took[32], left[32] = "";
	const char *between = "";

	/* A guess once a cell was compiled: those that are blocked take no time. */
	if (r->built && n < total) {
		gp_say_seconds((gp_clock_s() - r->began) / (double)r->fresh * (double)(total - n), left);
		between = ", about ";
	}
	gp_say(r->a, "[%zu/%zu] %-11s %s on %s %s%s%s%s%s%s\n", n, total, gp_cell_class_name(c->cls), c->driver,
	       c->release, known ? whence : gp_say_seconds(c->total_s, took), *place ? ", " : "", place, between, left,
	       *left ? " left" : "");
	if (gp_cell_is_red(c) && c->fact)
		gp_say(r->a, "        known: %s\n", c->fact);
	gp_main_flush();
}

/* A run that is killed leaves what it has. That it cannot be written shows at the end. */
static void save(const struct running *r)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	if (!r->a->json_file || (gp_exists(r->a->json_file) && !gp_is_file(r->a->json_file)))
		return;
	gp_cells_to_json(&r->so_far, &text);
	(void)gp_file_write(r->a->json_file, text.data, text.len, 0644, true, NULL);
}

static struct gp_cell *find(const struct gp_cells *l, const struct gp_cell *c)
{
	gp_auto(gp_free_ptr) char *key = gp_cell_key(c);

	for (size_t i = 0; i < l->n; i++) {
		gp_auto(gp_free_ptr) char *other = gp_cell_key(&l->v[i]);

		if (strcmp(key, other) == 0)
			return &l->v[i];
	}
	return NULL;
}

/* In the place of what was known of it. */
static void keep(struct gp_cells *l, const struct gp_cell *c)
{
	struct gp_cell *old = find(l, c);

	if (old)
		gp_cell_release(old);
	gp_cell_copy(old ? old : gp_cells_add(l), c);
}

static void cell_done(void *arg, const struct gp_cell *c, size_t n, size_t total, bool known)
{
	struct running *r = arg;

	r->fresh += !known;
	r->built += !known && c->build_s > 0;
	if (c->cls != GP_CELL_CANCELLED)
		keep(&r->so_far, c);
	/* What the line says is kept by then. */
	if (!known)
		save(r);
	gp_progress_end();
	say_line(r, c, n, total, known);
}

bool gp_matrix_goes_on(const struct gp_args *a)
{
	const char *from = a->resume ? a->resume : a->since;

	return from && a->json_file && gp_same_place(from, a->json_file);
}

int gp_matrix_read_report(const char *path, struct gp_cells *out, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	*out = (struct gp_cells){ 0 };
	if (gp_file_read(path, GP_MATRIX_MAX_BYTES, &text, err) < 0)
		return -1;
	return gp_cells_from_json(gp_buf_str(&text), path, out, err);
}

int gp_matrix_read_known(const struct gp_args *a, struct gp_cells *known, struct gp_err *err)
{
	const char *from = a->resume ? a->resume : a->since;
	int thing = from ? gp_thing_at(from, err) : GP_THING_NONE;

	if (thing <= GP_THING_NONE)
		return thing < 0 ? -1 : 0;
	if (gp_matrix_read_report(from, known, err) < 0)
		return -1;
	/* What was only built is not what --boot asks for. */
	for (size_t i = 0; a->boot.on && i < known->n; i++)
		if (known->v[i].cls == GP_CELL_OK && !known->v[i].boot)
			known->v[i].cls = GP_CELL_CANCELLED;
	return 0;
}

/* Would a report of this run lack results that the one in its place has? */
static int check_known(const struct gp_args *a, const struct gp_cells *known, const struct gp_cells *plan,
		       struct gp_err *err)
{
	for (size_t i = 0; a->resume && gp_matrix_goes_on(a) && i < known->n; i++) {
		const struct gp_cell *c = find(plan, &known->v[i]);

		if (!gp_cell_class_tells(known->v[i].cls))
			continue;
		if (!c || (a->shards && (size_t)(c - plan->v) % a->shards != a->shard - 1))
			return gp_fail(err, GP_E_USAGE,
				       "'%s' has a result of %s on %s, which this run does not build: give --json "
				       "another file",
				       a->resume, known->v[i].input, known->v[i].release);
	}
	return 0;
}

/* What a report begins with: the plan, and what is known already. */
static int begin(struct running *r, const struct gp_matrix_opts *o, struct gp_err *err)
{
	gp_auto(gp_cells_release) struct gp_cells plan = { 0 };

	if (gp_matrix_plan(o, &plan, err) < 0 || check_known(r->a, o->known, &plan, err) < 0)
		return -1;
	for (size_t i = 0; i < plan.n; i++) {
		const struct gp_cell *c = find(o->known, &plan.v[i]);

		if (c && (!o->shards || i % o->shards == o->shard - 1))
			gp_cell_copy(gp_cells_add(&r->so_far), c);
	}
	r->so_far.planned = plan.planned;
	r->so_far.skipped = plan.skipped;
	plan.planned = plan.skipped = (struct gp_list){ 0 };
	gp_hosts_add(o->known, &r->so_far.hosts);
	r->so_far.program = gp_strdup(GP_PROGRAM_VERSION);
	r->so_far.started = gp_clock_utc();
	r->so_far.part = o->shards > 0;
	r->began = gp_clock_s();
	return 0;
}

static struct gp_matrix_opts options(struct gp_args *a, const struct gp_list *runs, const char *words)
{
	return (struct gp_matrix_opts){ .runs = runs,
					.build = gp_build_args(a, words),
					.jobs = (unsigned)a->jobs,
					.shard = a->shard,
					.shards = a->shards,
					.keep_by_driver = true };
}

/*
 * What decides each cell, for the report and by --since; *known is left what need not be
 * built. Without either nobody wants to know.
 */
static int look_back(const struct gp_args *a, struct gp_matrix_opts *o, struct gp_since *since, struct gp_cells *known,
		     struct gp_err *err)
{
	gp_auto(gp_cells_release) struct gp_cells earlier = { 0 }, plan = { 0 };

	if (!a->json && !a->since)
		return 0;
	if (a->since) {
		earlier = *known;
		*known = (struct gp_cells){ 0 };
	}
	if (gp_matrix_plan(o, &plan, err) < 0 || gp_since_look(o, &earlier, since, err) < 0)
		return -1;
	o->inputs = since->cell;
	if (a->since && !a->all) {
		gp_since_pick(since, &earlier, &plan, o->build.words, known);
		GP_SWAP(known->hosts, earlier.hosts);
	}
	return 0;
}

int gp_matrix_build(struct gp_args *a, struct gp_cells *known, struct gp_cells *cells, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list runs = { 0 };
	gp_auto(gp_buf_release) struct gp_buf words = { 0 };
	struct running r = { .a = a };
	gp_auto(gp_boot_ready_release) struct gp_boot_ready boot = { 0 };
	gp_auto(gp_since_release) struct gp_since since = { 0 };
	struct gp_matrix_opts o;
	int rc;

	if (sort_words(a, &runs, err) < 0)
		return -1;
	gp_build_words(a, &words);
	o = options(a, &runs, words.data);
	o.known = known;
	o.done = cell_done;
	o.arg = &r;
	rc = gp_boot_begin(a, &boot, &o.build, err);
	if (rc == 0)
		rc = look_back(a, &o, &since, known, err);
	if (rc == 0)
		rc = begin(&r, &o, err);
	if (rc < 0) {
		gp_cells_release(&r.so_far);
		return -1;
	}
	o.progress = gp_progress_begin(a);
	rc = gp_matrix_run(&o, cells, err);
	gp_progress_end();
	cells->part = r.so_far.part;
	cells->program = gp_strdup(GP_PROGRAM_VERSION);
	gp_cells_release(&r.so_far);
	return rc;
}

int gp_matrix_cells(struct gp_args *a, struct gp_cells *out, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list runs = { 0 };
	struct gp_list headers = { 0 };
	struct gp_matrix_opts o;
	int rc;

	/* The words stay where they were: who prints them wants them once. */
	gp_list_add_all(&headers, &a->patch.headers);
	rc = sort_words(a, &runs, err);
	o = options(a, &runs, "");
	if (rc == 0)
		rc = gp_matrix_plan(&o, out, err);
	gp_list_release(&a->patch.headers);
	a->patch.headers = headers;
	return rc;
}
