/* SPDX-License-Identifier: MIT */
#include "cmd/proof/matrix_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "cmd/proof/build_args.h"
#include "cmd/proof/matrix_report.h"
#include "cmd/report.h"
#include "cmd/version.h"
#include "core/proof/cells_json.h"

/* What is known while cells come in. */
struct running {
	const struct gp_args *a;
	struct gp_cells so_far;
	double began;           /* gp_clock_s() */
	size_t fresh, built;    /* cells that were not known before; of these, the compiled ones */
};

/* A directory with a manifest is a driver, any other one kernel headers. */
static int sort_words(struct gp_args *a, struct gp_list *runs, struct gp_err *err)
{
	for (size_t i = 0; i < a->positional.n; i++) {
		const char *word = a->positional.v[i];
		gp_auto(gp_free_ptr) char *manifest = gp_path_join(word, ".manifest");

		gp_list_add(gp_is_dir(word) && !gp_exists(manifest) ? &a->patch.headers : runs, word);
	}
	if (!runs->n)
		return gp_fail(err, GP_E_USAGE, "no installer given; see 'gridpatch matrix --help'");
	for (size_t i = 0; i < runs->n; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(gp_path_base(runs->v[i]), gp_path_base(runs->v[k])) == 0)
				return gp_fail(err, GP_E_USAGE, "'%s' and '%s' have the same name: reports could not "
					       "tell them apart", runs->v[k], runs->v[i]);
		if (!gp_exists(runs->v[i]))
			return gp_fail(err, GP_E_NOTFOUND, "cannot open '%s': there is no such file", runs->v[i]);
	}
	return 0;
}

static void say_line(const struct running *r, const struct gp_cell *c, size_t n, size_t total, bool known)
{
	gp_auto(gp_free_ptr) char *place = gp_cell_place(c);
	char took[32], left[32] = "";
	const char *between = "";

	/* A guess once a cell was compiled: those that are blocked take no time. */
	if (r->built && n < total) {
		gp_say_seconds((gp_clock_s() - r->began) / (double)r->fresh * (double)(total - n), left);
		between = ", about ";
	}
	gp_say(r->a, "[%zu/%zu] %-11s %s on %s %s%s%s%s%s%s\n", n, total, gp_cell_class_name(c->cls), c->driver, c->release,
	       known ? "(from the report)" : gp_say_seconds(c->total_s, took), *place ? ", " : "", place, between, left,
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

static void cell_done(void *arg, const struct gp_cell *c, size_t n, size_t total, bool known)
{
	struct running *r = arg;

	r->fresh += !known;
	r->built += !known && c->build_s > 0;
	if (c->cls != GP_CELL_CANCELLED)
		gp_cell_copy(gp_cells_add(&r->so_far), c);
	/* What the line says is kept by then. */
	if (!known)
		save(r);
	say_line(r, c, n, total, known);
}

static int read_known(const char *path, struct gp_cells *out, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	/* So that the first run can be started with the same words. */
	if (!path || !gp_exists(path))
		return 0;
	if (gp_file_read(path, GP_MATRIX_MAX_BYTES, &text, err) < 0)
		return -1;
	return gp_cells_from_json(gp_buf_str(&text), path, out, err);
}

static struct gp_matrix_opts options(struct gp_args *a, const struct gp_list *runs, const char *words)
{
	return (struct gp_matrix_opts){
		.runs = runs, .build = gp_build_args(a, words), .jobs = (unsigned)a->jobs, .shard = a->shard,
		.shards = a->shards, .keep_by_driver = true,
	};
}

int gp_matrix_build(struct gp_args *a, struct gp_cells *cells, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list runs = { 0 };
	gp_auto(gp_buf_release) struct gp_buf words = { 0 };
	gp_auto(gp_cells_release) struct gp_cells known = { 0 };
	struct running r = { .a = a };
	struct gp_matrix_opts o;
	int rc;

	if (sort_words(a, &runs, err) < 0 || read_known(a->resume, &known, err) < 0)
		return -1;
	gp_build_words(a, &words);
	o = options(a, &runs, words.data);
	o.known = &known;
	o.done = cell_done;
	o.arg = &r;
	if (gp_matrix_plan(&o, &r.so_far, err) < 0)
		return -1;
	while (r.so_far.n)
		gp_cell_release(&r.so_far.v[--r.so_far.n]);
	r.so_far.program = gp_strdup(GP_PROGRAM_VERSION);
	r.so_far.started = gp_clock_utc();
	r.began = gp_clock_s();
	r.so_far.part = a->shards > 0;
	rc = gp_matrix_run(&o, cells, err);
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
	for (size_t i = 0; i < a->patch.headers.n; i++)
		gp_list_add(&headers, a->patch.headers.v[i]);
	rc = sort_words(a, &runs, err);
	o = options(a, &runs, "");
	if (rc == 0)
		rc = gp_matrix_plan(&o, out, err);
	gp_list_release(&a->patch.headers);
	a->patch.headers = headers;
	return rc;
}
