/* SPDX-License-Identifier: MIT */
/*
 * The cells of a matrix for other machines to build. Each job is a shard of its
 * own of the same matrix, so that every report knows the whole plan, and --merge
 * can tell what is missing.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "cmd/proof/build_args.h"
#include "cmd/proof/fetch_run.h"
#include "cmd/proof/matrix_run.h"

/* At most so many jobs does a GitHub matrix have (docs.github.com: "A matrix will
 * generate a maximum of 256 jobs per workflow run"). */
#define GITHUB_JOBS 256u

struct emitting {
	struct gp_args *a;
	struct gp_fetch_ready fetched;
	struct gp_cells plan;
	struct gp_buf command; /* without --shard and --json */
};

static void put(struct gp_buf *out, const char *option, const char *value)
{
	gp_buf_printf(out, " %s ", option);
	gp_text_shell_word(out, value);
}

static void make_command(struct emitting *e)
{
	struct gp_args *a = e->a;
	gp_auto(gp_buf_release) struct gp_buf words = { 0 };

	gp_buf_puts(&e->command, "gridpatch matrix");
	for (size_t i = 0; i < a->positional.n; i++) {
		gp_buf_putc(&e->command, ' ');
		gp_text_shell_word(&e->command, a->positional.v[i]);
	}
	for (size_t i = 0; i < a->patch.kernels.n; i++)
		put(&e->command, "-k", a->patch.kernels.v[i]);
	for (size_t i = 0; i < a->patch.headers.n; i++) {
		const struct gp_fetched *f = gp_fetch_ready_of(&e->fetched, a->patch.headers.v[i]);

		/* What is the newest today may be another one when the cell is built. */
		put(&e->command, f ? "--fetch-headers" : "--headers", f ? f->exact : a->patch.headers.v[i]);
	}
	gp_build_words(a, &words);
	if (words.len)
		gp_buf_printf(&e->command, " %s", words.data);
	if (a->timeout)
		gp_buf_printf(&e->command, " --timeout %d", a->timeout);
	if (a->expect)
		put(&e->command, "--expect", a->expect);
}

static char *name_of(const struct gp_cell *c)
{
	return gp_asprintf("%s on %s", gp_path_base(c->input), c->release);
}

static void shard_command(const struct emitting *e, size_t i, struct gp_buf *out)
{
	gp_buf_printf(out, "%s --shard %zu/%zu --json=matrix-%zu.json", e->command.data, i + 1, e->plan.n, i + 1);
}

static void emit_lines(const struct emitting *e)
{
	for (size_t i = 0; i < e->plan.n; i++) {
		gp_auto(gp_buf_release) struct gp_buf line = { 0 };

		shard_command(e, i, &line);
		printf("%s\n", line.data);
	}
}

static void put_json(struct json_object *o)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	gp_json_format(o, JSON_C_TO_STRING_PLAIN, &text);
	fputs(text.data, stdout);
	json_object_put(o);
}

/* One line of JSON, as `name=$(…)` in $GITHUB_OUTPUT wants it, and fromJSON() reads it. */
static int emit_github(const struct emitting *e, struct gp_err *err)
{
	struct json_object *root = json_object_new_object(), *list = json_object_new_array();

	if (e->plan.n > GITHUB_JOBS) {
		json_object_put(root);
		json_object_put(list);
		return gp_fail(err, GP_E_NO,
			       "%zu cells, but a GitHub matrix has at most %u jobs: use --shard I/N in jobs of "
			       "your own",
			       e->plan.n, GITHUB_JOBS);
	}
	for (size_t i = 0; i < e->plan.n; i++) {
		gp_auto(gp_buf_release) struct gp_buf line = { 0 };
		gp_auto(gp_free_ptr) char *name = name_of(&e->plan.v[i]);
		gp_auto(gp_free_ptr) char *shard = gp_asprintf("%zu/%zu", i + 1, e->plan.n);
		gp_auto(gp_free_ptr) char *report = gp_asprintf("matrix-%zu.json", i + 1);
		struct json_object *o = json_object_new_object();

		shard_command(e, i, &line);
		gp_json_fill(o, GP_J("name", name), GP_J("input", e->plan.v[i].input),
			     GP_J("release", e->plan.v[i].release), GP_J("headers", e->plan.v[i].headers),
			     GP_J("shard", shard), GP_J("report", report), GP_J("command", line.data));
		json_object_array_add(list, o);
	}
	gp_json_fill(root, GP_J("include", list));
	put_json(root);
	printf("\n");
	return 0;
}

/* JSON's strings are YAML's double-quoted ones (YAML 1.2, 1.3: "a superset of JSON"). */
static void put_yaml(const char *s)
{
	put_json(gp_json_text(s));
}

/* A child pipeline: a job per cell, and one that joins the reports. GitLab keeps
 * artifacts of failed jobs with `when: always`. */
static void emit_gitlab(const struct emitting *e)
{
	printf("stages: [build, report]\n");
	for (size_t i = 0; i < e->plan.n; i++) {
		gp_auto(gp_buf_release) struct gp_buf line = { 0 };
		gp_auto(gp_free_ptr) char *name = name_of(&e->plan.v[i]);

		shard_command(e, i, &line);
		gp_buf_printf(&line, " --junit matrix-%zu.xml", i + 1);
		printf("\n");
		put_yaml(name);
		printf(":\n  stage: build\n  script:\n    - ");
		put_yaml(line.data);
		printf("\n  artifacts:\n    when: always\n    paths: [\"matrix-%zu.json\"]\n    reports:\n"
		       "      junit: \"matrix-%zu.xml\"\n",
		       i + 1, i + 1);
	}
	printf("\n\"report\":\n  stage: report\n  when: always\n  script:\n"
	       "    - \"gridpatch matrix --merge matrix-*.json --html matrix.html --json=matrix.json\"\n"
	       "  artifacts:\n    when: always\n    paths: [\"matrix.html\", \"matrix.json\"]\n");
}

int gp_matrix_emit(struct gp_args *a, struct gp_err *err)
{
	struct emitting e = { .a = a };
	int rc = gp_fetch_begin(a, &e.fetched, err);

	if (rc == 0)
		rc = gp_matrix_cells(a, &e.plan, err);
	if (rc == 0) {
		make_command(&e);
		if (a->emit == GP_EMIT_GITHUB)
			rc = emit_github(&e, err);
		else if (a->emit == GP_EMIT_GITLAB)
			emit_gitlab(&e);
		else
			emit_lines(&e);
	}
	gp_fetch_ready_release(&e.fetched);
	gp_cells_release(&e.plan);
	gp_buf_release(&e.command);
	return rc;
}
