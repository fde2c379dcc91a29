/* SPDX-License-Identifier: MIT */
#include "ops/proof/matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/scratch.h"
#include "core/proof/cellinput.h"
#include "ops/job/inputs.h"
#include "ops/job/patchjob.h"
#include "ops/proof/thishost.h"
#include "ops/select/target.h"

#define BYTES_PER_JOB (UINT64_C(1) << 30) /* cc1 of nvidia-uvm takes 300 MB, ld of nvidia.ko 400 MB */

/* One installer, decoded when its first cell comes. */
struct slot {
	const char *path;
	char *store;
	pthread_mutex_t lock;
	bool tried;
	size_t left;             /* cells that still need it */
	struct gp_source source; /* name is NULL when it could not be opened */
	struct gp_err err;
};

struct task {
	size_t run, kernel; /* indices */
};

struct pool {
	const struct gp_matrix_opts *o;
	struct gp_build_opts build;
	struct gp_list also; /* what users' patches touch */
	struct gp_targets targets;
	struct slot *slot;
	struct task *task;
	struct gp_cell *cell; /* one per task */
	size_t n, next, done;
	char *scratch;
	double began, decode_s;
	int tokens[2]; /* the job server, or -1 */
	pthread_mutex_t lock;
	pthread_mutex_t heard; /* held by the source whose decoding is listened to */
};

/* How many compilers there is room for. */
static unsigned jobs_here(void)
{
	struct gp_limits here = gp_limits_here();
	uint64_t by_memory = here.memory / BYTES_PER_JOB;

	if (by_memory < here.cpus)
		here.cpus = by_memory ? (unsigned)by_memory : 1;
	return here.cpus;
}

/* --- sources --- */

/* There is one bar, and it tells of one source at a time. */
static int open_source(struct pool *p, struct slot *s)
{
	bool heard = p->o->progress && pthread_mutex_trylock(&p->heard) == 0;
	struct gp_source_opts o = { .also = &p->also,
				    .store = s->store,
				    .given = p->build.patch->given,
				    .cancel = p->build.cancel,
				    .progress = heard ? p->o->progress : NULL };
	int rc = gp_source_open(&s->source, s->path, &o, &s->err);

	if (heard)
		pthread_mutex_unlock(&p->heard);
	return rc;
}

/* false: what is wrong with it is in slot->err. */
static bool source_ready(struct pool *p, struct slot *s)
{
	pthread_mutex_lock(&s->lock);
	if (!s->tried) {
		s->tried = true;
		if (open_source(p, s) == 0)
			gp_build_check_modules(&s->source, p->build.modules, &s->err);
		pthread_mutex_lock(&p->lock);
		p->decode_s += s->source.decode_s;
		pthread_mutex_unlock(&p->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return s->source.name && !s->err.code;
}

static void source_left(struct slot *s)
{
	bool last;

	pthread_mutex_lock(&s->lock);
	last = --s->left == 0;
	if (last && s->tried && s->source.name && s->source.temporary)
		gp_remove_tree(s->store);
	pthread_mutex_unlock(&s->lock);
}

/* --- cells --- */

/* What cannot be built still has its place in the grid. */
static void empty_cell(const struct slot *s, const struct gp_query_kernel *k, enum gp_cell_class cls, const char *error,
		       struct gp_cell *out)
{
	*out = (struct gp_cell){ .driver = gp_strdup(s->source.name ? s->source.version.text : gp_path_base(s->path)),
				 .input = gp_strdup(s->path),
				 .release = gp_strdup(k->release.text),
				 .cls = cls,
				 .headers = k->headers ? gp_strdup(k->headers->sysout) : NULL,
				 .error = gp_strdup(error) };
}

/* Of the whole matrix, whatever the shard. */
static size_t place_in_plan(const struct pool *p, size_t i)
{
	return p->task[i].run * p->targets.n + p->task[i].kernel;
}

static void build(struct pool *p, size_t i, struct slot *s, const struct gp_query_kernel *k)
{
	gp_auto(gp_free_ptr) char *work = gp_asprintf("%s/cell-%zu", p->scratch, i);
	struct gp_build_opts o = p->build;
	gp_auto(gp_free_ptr) char *keep = NULL;

	if (o.keep && p->o->keep_by_driver) {
		keep = gp_path_join(o.keep, s->source.version.text);
		o.keep = keep;
	}
	gp_build_cell(&s->source, k->headers, work, &o, &p->cell[i]);
	if (p->o->inputs)
		gp_cellinput_renew(&p->cell[i].inputs, &p->o->inputs[place_in_plan(p, i)]);
}

static void do_task(struct pool *p, size_t i)
{
	struct slot *s = &p->slot[p->task[i].run];
	const struct gp_query_kernel *k = &p->targets.v[p->task[i].kernel];
	gp_auto(gp_free_ptr) char *hint = NULL;
	char line[1024];

	if (p->build.cancel && *p->build.cancel) {
		empty_cell(s, k, GP_CELL_CANCELLED, "stopped by a signal", &p->cell[i]);
	} else if (!k->headers) {
		hint = gp_target_hint(k->release.text);
		snprintf(line, sizeof(line), "there are no headers of this kernel%s; give --headers DIR", hint);
		empty_cell(s, k, GP_CELL_ENVIRONMENT, line, &p->cell[i]);
	} else if (!source_ready(p, s)) {
		gp_err_format(&s->err, line, sizeof(line));
		empty_cell(s, k, s->err.code == GP_E_CANCELLED ? GP_CELL_CANCELLED : GP_CELL_ENVIRONMENT, line,
			   &p->cell[i]);
	} else {
		build(p, i, s, k);
	}
	source_left(s);
}

static const struct gp_cell *known_cell(const struct pool *p, size_t i)
{
	const struct gp_cells *l = p->o->known;
	const struct task *t = &p->task[i];
	struct gp_cell like = { .input = (char *)p->slot[t->run].path,
				.release = (char *)p->targets.v[t->kernel].release.text };
	gp_auto(gp_free_ptr) char *key = gp_cell_key(&like);

	for (size_t k = 0; l && k < l->n; k++) {
		gp_auto(gp_free_ptr) char *other = gp_cell_key(&l->v[k]);

		if (strcmp(key, other) == 0 && gp_cell_class_tells(l->v[k].cls))
			return &l->v[k];
	}
	return NULL;
}

static void tell(struct pool *p, size_t i, bool known)
{
	pthread_mutex_lock(&p->lock);
	p->done++;
	if (p->o->done)
		p->o->done(p->o->arg, &p->cell[i], p->done, p->n, known);
	pthread_mutex_unlock(&p->lock);
}

static bool next_task(struct pool *p, size_t *i)
{
	bool is;

	pthread_mutex_lock(&p->lock);
	is = p->next < p->n;
	*i = p->next;
	p->next += is;
	pthread_mutex_unlock(&p->lock);
	return is;
}

/* A worker's make has one job slot of its own; when there is no cell left for the
 * worker, the others may have it. */
static void *work(void *arg)
{
	struct pool *p = arg;
	size_t i;

	while (next_task(p, &i)) {
		const struct gp_cell *known = known_cell(p, i);

		if (known) {
			gp_cell_copy(&p->cell[i], known);
			source_left(&p->slot[p->task[i].run]);
		} else {
			do_task(p, i);
		}
		tell(p, i, known);
	}
	if (p->tokens[1] >= 0 && write(p->tokens[1], "+", 1) < 0)
		return NULL; /* then there are as many as before */
	return NULL;
}

/* --- the pool --- */

/* A pipe with one byte for each job slot that no worker has. */
static int open_jobserver(struct pool *p, unsigned jobs, unsigned workers, struct gp_err *err)
{
	p->tokens[0] = p->tokens[1] = -1;
	p->build.jobs = jobs;
	p->build.jobserver[0] = p->build.jobserver[1] = -1;
	if (workers < 2)
		return 0;
	if (pipe2(p->tokens, O_CLOEXEC) < 0)
		return gp_fail_sys(err, errno, "cannot make a pipe");
	for (unsigned i = workers; i < jobs; i++)
		if (gp_write_fd(p->tokens[1], "+", 1, "the job server", err) < 0)
			return -1;
	p->build.jobserver[0] = p->tokens[0];
	p->build.jobserver[1] = p->tokens[1];
	return 0;
}

static int run_workers(struct pool *p, unsigned jobs, struct gp_err *err)
{
	unsigned workers = jobs < p->n ? jobs : (unsigned)p->n, started = 0;
	gp_auto(gp_free_ptr) pthread_t *thread = gp_alloc((workers + 1) * sizeof(*thread));

	if (open_jobserver(p, jobs, workers, err) < 0)
		return -1;
	for (unsigned i = 1; i < workers; i++)
		if (pthread_create(&thread[started], NULL, work, p) == 0)
			started++;
	work(p);
	for (unsigned i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

/* Cell number i is shard i % shards' + 1. */
static void list_tasks(struct pool *p)
{
	const struct gp_matrix_opts *o = p->o;
	size_t i = 0;

	p->task = gp_alloc((o->runs->n * p->targets.n + 1) * sizeof(*p->task));
	for (size_t r = 0; r < o->runs->n; r++) {
		for (size_t k = 0; k < p->targets.n; k++, i++) {
			if (o->shards && i % o->shards != o->shard - 1)
				continue;
			p->task[p->n++] = (struct task){ r, k };
			p->slot[r].left++;
		}
	}
	p->cell = gp_alloc((p->n + 1) * sizeof(*p->cell));
}

static void list_slots(struct pool *p)
{
	p->slot = gp_alloc((p->o->runs->n + 1) * sizeof(*p->slot));
	for (size_t r = 0; r < p->o->runs->n; r++) {
		p->slot[r] = (struct slot){ .path = p->o->runs->v[r] };
		p->slot[r].store = gp_asprintf("%s/source-%zu", p->scratch, r);
		pthread_mutex_init(&p->slot[r].lock, NULL);
	}
}

/* Of one driver alone what is wrong with it is the answer. */
static int conclude(const struct pool *p, struct gp_err *err)
{
	if (p->build.cancel && *p->build.cancel)
		return gp_check_cancel(p->build.cancel, err);
	if (p->o->runs->n == 1 && p->slot[0].err.code) {
		if (err)
			*err = p->slot[0].err;
		return -1;
	}
	return 0;
}

/* The whole matrix, whatever the shard: who joins shards can tell what is missing. */
static void tell_plan(const struct gp_list *runs, const struct gp_targets *t, struct gp_cells *out)
{
	for (size_t r = 0; r < runs->n; r++) {
		for (size_t k = 0; k < t->n; k++) {
			struct gp_cell like = { .input = runs->v[r], .release = (char *)t->v[k].release.text };

			gp_list_take(&out->planned, gp_cell_key(&like));
		}
	}
	gp_list_add_all(&out->skipped, &t->skipped);
}

int gp_matrix_plan(const struct gp_matrix_opts *o, struct gp_cells *out, struct gp_err *err)
{
	gp_auto(gp_targets_release) struct gp_targets t = { 0 };
	const struct gp_patch_opts *patch = o->build.patch;

	*out = (struct gp_cells){ 0 };
	if (gp_targets_find(&patch->kernels, &patch->headers, &t, err) < 0)
		return -1;
	tell_plan(o->runs, &t, out);
	for (size_t r = 0; r < o->runs->n; r++) {
		for (size_t k = 0; k < t.n; k++) {
			struct gp_cell *c = gp_cells_add(out);

			c->input = gp_strdup(o->runs->v[r]);
			c->release = gp_strdup(t.v[k].release.text);
			c->headers = t.v[k].headers ? gp_strdup(t.v[k].headers->sysout) : NULL;
		}
	}
	return 0;
}

static void give_cells(struct pool *p, struct gp_cells *out)
{
	tell_plan(p->o->runs, &p->targets, out);
	for (size_t i = 0; i < p->n; i++) {
		if (!p->cell[i].release)
			continue; /* no worker came to it */
		*gp_cells_add(out) = p->cell[i];
		p->cell[i] = (struct gp_cell){ 0 };
	}
	gp_hosts_add(p->o->known, &out->hosts);
	out->wall_s = gp_clock_s() - p->began;
	out->decode_s = p->decode_s;
	out->jobs = p->build.jobs;
}

static void release(struct pool *p, int lock)
{
	for (size_t r = 0; p->slot && r < p->o->runs->n; r++) {
		gp_source_release(&p->slot[r].source);
		pthread_mutex_destroy(&p->slot[r].lock);
		free(p->slot[r].store);
	}
	for (size_t i = 0; i < p->n; i++)
		gp_cell_release(&p->cell[i]);
	for (int i = 0; i < 2; i++)
		if (p->tokens[i] >= 0)
			close(p->tokens[i]);
	if (p->scratch)
		gp_remove_tree(p->scratch);
	if (lock >= 0)
		close(lock);
	free(p->scratch);
	free(p->slot);
	free(p->task);
	free(p->cell);
	gp_list_release(&p->also);
	gp_targets_release(&p->targets);
}

/* Can what a build leaves be put there? The directory need not exist yet. */
static int check_dir(const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_strdup(path);

	while (!gp_exists(dir) && strcmp(dir, "/") != 0 && strcmp(dir, ".") != 0) {
		char *up = gp_path_dir(dir);

		free(dir);
		dir = up;
	}
	if (!gp_is_dir(dir))
		return gp_fail(err, GP_E_SYSTEM, "cannot write below '%s': '%s' is not a directory", path, dir);
	return access(dir, W_OK | X_OK) == 0 ? 0 : gp_fail_sys(err, errno, "cannot write into '%s'", dir);
}

static int check_file(const char *what, const char *path, struct gp_err *err)
{
	/* A key may be on a token: "pkcs11:…". */
	if (!path || strncmp(path, "pkcs11:", 7) == 0 || access(path, R_OK) == 0)
		return 0;
	return gp_fail_sys(err, errno, "cannot read the %s '%s'", what, path);
}

/* What is needed when the last module is linked, before the first one is compiled. */
static int check_ends(const struct gp_build_opts *o, struct gp_err *err)
{
	if ((o->keep && check_dir(o->keep, err) < 0) || (o->logs && check_dir(o->logs, err) < 0))
		return -1;
	return check_file("key", o->sign_key, err) < 0 ? -1 : check_file("certificate", o->sign_cert, err);
}

/* Results that are there already are replaced only when that is asked for. Of a
 * driver's own folder the name is not known yet. */
static int check_places(const struct pool *p, struct gp_err *err)
{
	for (size_t i = 0; i < p->targets.n && !p->o->keep_by_driver && !p->build.patch->force; i++) {
		gp_auto(gp_free_ptr) char *place = gp_build_place(&p->build, p->targets.v[i].release.text);

		if (place && gp_exists(place))
			return gp_fail(err, GP_E_NO, "'%s' exists already; -f replaces it", place);
	}
	return 0;
}

static int run(struct pool *p, int *lock, struct gp_cells *out, struct gp_err *err)
{
	const struct gp_patch_opts *patch = p->build.patch;
	unsigned jobs = p->o->jobs ? p->o->jobs : jobs_here();
	int rc;

	if (gp_patch_job_check(patch, &p->also, err) < 0 ||
	    gp_targets_find(&patch->kernels, &patch->headers, &p->targets, err) < 0 || check_places(p, err) < 0 ||
	    check_ends(&p->build, err) < 0)
		return -1;
	p->scratch = gp_scratch_dir(lock, err);
	if (!p->scratch)
		return -1;
	list_slots(p);
	list_tasks(p);
	rc = run_workers(p, jobs, err);
	give_cells(p, out);
	return rc < 0 ? -1 : conclude(p, err);
}

int gp_matrix_run(const struct gp_matrix_opts *o, struct gp_cells *out, struct gp_err *err)
{
	struct pool p = { .o = o,
			  .build = o->build,
			  .began = gp_clock_s(),
			  .tokens = { -1, -1 },
			  .lock = PTHREAD_MUTEX_INITIALIZER,
			  .heard = PTHREAD_MUTEX_INITIALIZER };
	int lock = -1, rc;

	*out = (struct gp_cells){ .started = gp_clock_utc() };
	rc = run(&p, &lock, out, err);
	release(&p, lock);
	return rc;
}
