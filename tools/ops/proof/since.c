/* SPDX-License-Identifier: MIT */
#include "ops/proof/since.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/path.h"
#include "base/text.h"
#include "base/treesum.h"
#include "core/proof/cellinput.h"
#include "ops/driver/hooks.h"
#include "ops/proof/prereq.h"
#include "ops/proof/toolchain.h"
#include "ops/run/given.h"
#include "ops/select/catalog.h"
#include "ops/select/datadir.h"
#include "ops/select/target.h"

/* What many cells share and takes its time: a driver, a kernel's headers, a compiler. */
struct unit {
	enum gp_cellinput word;
	struct gp_list paths;
	struct gp_buf more; /* words that belong to it */
	char stat[GP_SHA256_HEX], sum[GP_SHA256_HEX];
	bool bad, known;
	const struct unit *same; /* as this one, which is read */
};

struct looking {
	const struct gp_matrix_opts *o;
	const struct gp_cells *earlier;
	struct gp_targets targets;
	struct unit *unit; /* runs, then headers, then compilers */
	size_t nunits, next;
	bool reading; /* the second time round */
	pthread_mutex_t lock;
	char fixed[GP_CELLINPUTS][GP_SHA256_HEX];
};

void gp_since_release(struct gp_since *s)
{
	for (size_t i = 0; i < s->n; i++)
		gp_list_release(&s->cell[i]);
	free(s->cell);
	gp_catalog_release(&s->catalog);
	*s = (struct gp_since){ 0 };
}

static void looking_release(struct looking *l)
{
	for (size_t i = 0; i < l->nunits; i++) {
		gp_list_release(&l->unit[i].paths);
		gp_buf_release(&l->unit[i].more);
	}
	free(l->unit);
	gp_targets_release(&l->targets);
}

/* --- small things, by their bytes --- */

/* With its NUL: lists of words are told apart. */
static void put(struct gp_buf *b, const char *word)
{
	gp_buf_add(b, word, strlen(word) + 1);
}

static void sum_up(const struct gp_buf *b, char out[GP_SHA256_HEX])
{
	gp_sha256_hex(b->data ? b->data : "", b->len, out);
}

/* A file or directory that need not be there. */
static int put_tree(struct gp_buf *b, const char *path, struct gp_err *err)
{
	char *one[1] = { (char *)path };
	struct gp_list l = { one, 1, 1 };
	char sum[GP_SHA256_HEX] = "";

	if (gp_exists(path) && gp_treesum(&l, GP_TREESUM_BYTES, NULL, sum, err) < 0)
		return -1;
	put(b, sum);
	return 0;
}

static int sum_program(char out[GP_SHA256_HEX], struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	/* Without /proc it cannot be told which one this is. */
	if (!gp_exists("/proc/self/exe"))
		return gp_fail(err, GP_E_NOTFOUND, "there is no /proc/self/exe");
	if (put_tree(&b, "/proc/self/exe", err) < 0)
		return -1;
	sum_up(&b, out);
	return 0;
}

/* What make sees of the environment and depends on: ops/proof/kmake.c. */
static void sum_options(const struct gp_build_opts *o, char out[GP_SHA256_HEX])
{
	static const char *const names[] = { "SOURCE_DATE_EPOCH", "IGNORE_PREEMPT_RT_PRESENCE" };
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	put(&b, o->words ? o->words : "");
	for (size_t i = 0; i < GP_COUNT(names); i++) {
		const char *value = getenv(names[i]);

		put(&b, value ? "set" : "");
		put(&b, value ? value : "");
	}
	sum_up(&b, out);
}

/* Of a set that is not taken its name and what is said of it count: they decide whether
 * it is. */
static void put_set(struct gp_buf *b, const struct gp_patchset *s)
{
	put(b, s->name);
	put(b, s->neutral ? "neutral" : s->hooks ? "hooks" : "");
	put(b, s->caution ? s->caution : "");
	put(b, s->replaces ? s->replaces : "");
}

static int sum_rules(const struct gp_patch_opts *o, const struct gp_catalog *c, char out[GP_SHA256_HEX],
		     struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list dirs = { 0 };
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	if (gp_datadir_find(&dirs, err) < 0)
		return -1;
	gp_list_add_all(&dirs, &o->data);
	for (size_t i = 0; i < dirs.n; i++) {
		gp_auto(gp_free_ptr) char *rules = gp_path_join(dirs.v[i], "kernel-versions");
		gp_auto(gp_free_ptr) char *order = gp_path_join(dirs.v[i], "patches/series");

		if (put_tree(&b, rules, err) < 0 || put_tree(&b, order, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < c->nsets; i++)
		put_set(&b, &c->sets[i]);
	sum_up(&b, out);
	return 0;
}

static int put_hooks(const struct gp_patch_opts *o, struct gp_buf *b, struct gp_err *err)
{
	struct gp_hookcopy h = { 0 };
	gp_auto(gp_free_ptr) char *beside = NULL;
	struct gp_err why = { 0 };
	int rc;

	if (gp_hooks_load(o->hooks, &h, &why) < 0) {
		if (why.code != GP_E_NOTFOUND) {
			*err = why;
			return -1;
		}
		put(b, "none");
		return 0;
	}
	put(b, h.sha256);
	gp_buf_add(b, h.kern_ld.data, h.kern_ld.len);
	put(b, "");
	rc = gp_hooks_patch_beside(&h, &beside, err);
	gp_hooks_release(&h);
	return rc < 0 ? -1 : beside ? put_tree(b, beside, err) : 0;
}

static int sum_hooks(const struct gp_patch_opts *o, char out[GP_SHA256_HEX], struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	if (!o->no_hooks && put_hooks(o, &b, err) < 0)
		return -1;
	if (o->hooks_patch && put_tree(&b, o->hooks_patch, err) < 0)
		return -1;
	sum_up(&b, out);
	return 0;
}

static int sum_patches(const struct gp_patch_opts *o, char out[GP_SHA256_HEX], struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	for (size_t i = 0; i < o->patches.n; i++)
		if (put_tree(&b, o->patches.v[i], err) < 0)
			return -1;
	sum_up(&b, out);
	return 0;
}

static int sum_fixed(struct looking *l, const struct gp_catalog *c, struct gp_err *err)
{
	const struct gp_patch_opts *o = l->o->build.patch;

	sum_options(&l->o->build, l->fixed[GP_CELLINPUT_OPTIONS]);
	return sum_program(l->fixed[GP_CELLINPUT_PROGRAM], err) < 0 ||
			       sum_rules(o, c, l->fixed[GP_CELLINPUT_RULES], err) < 0 ||
			       sum_hooks(o, l->fixed[GP_CELLINPUT_HOOKS], err) < 0 ||
			       sum_patches(o, l->fixed[GP_CELLINPUT_PATCHES], err) < 0 ?
		       -1 :
		       0;
}

/* --- large ones --- */

/* A program of PATH; that there is none is known of it, too. */
static void add_program(struct unit *u, const char *name)
{
	gp_auto(gp_free_ptr) char *path = *name == '/' ? gp_strdup(name) : gp_program_path(name);

	if (path && gp_is_file(path))
		gp_list_add(&u->paths, path);
	else
		put(&u->more, name);
}

/* The compiler's own idea of where its parts are. */
static void add_part(struct unit *u, const char *cc, const char *part)
{
	gp_auto(gp_free_ptr) char *option = gp_asprintf("-print-prog-name=%s", part);
	gp_auto(gp_free_ptr) char *path = gp_toolchain_line(cc, option);

	if (path && *path)
		add_program(u, path);
}

/* What conftest.sh, the kernel's Makefile and its scripts call beside the compiler. */
static const char *const TOOLS[] = { "make", "ld",  "as",  "objcopy", "ld.lld", "llvm-objcopy",
				     "sh",   "sed", "awk", "grep",    "perl",   "pahole" };

static void name_compiler(struct looking *l, struct unit *u, const struct gp_headers *h)
{
	static const char *const parts[] = { "cc1", "as", "ld" };
	gp_auto(gp_toolchain_release) struct gp_toolchain cc = { 0 };
	struct gp_err none = { 0 };
	struct gp_str rest, word;

	u->bad = !h || gp_toolchain_find(h, l->o->build.cc, &cc, &none) < 0;
	if (u->bad)
		return;
	put(&u->more, cc.cc);
	put(&u->more, cc.text);
	for (rest = gp_str_of(cc.cc); gp_text_word_next(&rest, &word);) {
		gp_auto(gp_free_ptr) char *name = gp_strndup(word.p, word.len);

		if (strchr(name, '/') && gp_is_file(name))
			gp_list_add(&u->paths, name);
		else
			add_program(u, name);
	}
	for (size_t i = 0; i < GP_COUNT(parts); i++)
		add_part(u, cc.cc, parts[i]);
	for (size_t i = 0; i < GP_COUNT(TOOLS); i++)
		add_program(u, TOOLS[i]);
}

static void name_headers(struct unit *u, const struct gp_headers *h)
{
	u->bad = !h;
	if (!h)
		return;
	gp_list_add(&u->paths, h->sysout);
	gp_list_add(&u->paths, h->syssrc);
	put(&u->more, h->release.text);
}

/* A member of an archive is what the archive and its name are; of what came through a pipe
 * nothing is left to look at. */
static void name_driver(struct unit *u, const char *run, const struct gp_given_one *given)
{
	u->bad = given && !given->container;
	if (u->bad)
		return;
	gp_list_add(&u->paths, given ? given->container : run);
	put(&u->more, given && given->member ? given->member : "");
}

static struct unit *headers_of(const struct looking *l, size_t kernel)
{
	return &l->unit[l->o->runs->n + kernel];
}

static struct unit *compiler_of(const struct looking *l, size_t kernel)
{
	return &l->unit[l->o->runs->n + l->targets.n + kernel];
}

static void name_units(struct looking *l)
{
	const struct gp_list *runs = l->o->runs;

	l->nunits = runs->n + 2 * l->targets.n;
	l->unit = gp_alloc((l->nunits + 1) * sizeof(*l->unit));
	for (size_t i = 0; i < runs->n; i++) {
		l->unit[i].word = GP_CELLINPUT_INSTALLER;
		name_driver(&l->unit[i], runs->v[i], gp_given_find(l->o->build.patch->given, runs->v[i]));
	}
	for (size_t i = 0; i < l->targets.n; i++) {
		headers_of(l, i)->word = GP_CELLINPUT_HEADERS;
		name_headers(headers_of(l, i), l->targets.v[i].headers);
		compiler_of(l, i)->word = GP_CELLINPUT_COMPILER;
		name_compiler(l, compiler_of(l, i), l->targets.v[i].headers);
	}
}

/* The words go into both sums. */
static void with_words(const struct unit *u, char sum[GP_SHA256_HEX])
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	if (!*sum)
		return;
	put(&b, sum);
	gp_buf_add(&b, u->more.data, u->more.len);
	sum_up(&b, sum);
}

static void look_at(struct looking *l, struct unit *u)
{
	bool reading = l->reading;
	char *out = reading ? u->sum : u->stat;
	struct gp_err why = { 0 };
	char line[1024];

	if (gp_treesum(&u->paths, reading ? GP_TREESUM_BYTES : GP_TREESUM_STAT, l->o->build.cancel, out, &why) == 0) {
		with_words(u, out);
		return;
	}
	u->bad = true;
	gp_err_format(&why, line, sizeof(line));
	gp_debug("there is no telling whether it changed: %s", line);
}

static void *look_some(void *arg)
{
	struct looking *l = arg;

	for (;;) {
		struct unit *u;

		pthread_mutex_lock(&l->lock);
		while (l->next < l->nunits && (l->unit[l->next].bad || l->unit[l->next].known || l->unit[l->next].same))
			l->next++;
		u = l->next < l->nunits ? &l->unit[l->next++] : NULL;
		pthread_mutex_unlock(&l->lock);
		if (!u)
			return NULL;
		look_at(l, u);
	}
}

static void look_all(struct looking *l)
{
	unsigned wanted = gp_limits_here().cpus, started = 0;
	gp_auto(gp_free_ptr) pthread_t *thread = gp_alloc((wanted + 1) * sizeof(*thread));

	l->next = 0;
	for (unsigned i = 1; i < wanted && i < l->nunits; i++)
		if (pthread_create(&thread[started], NULL, look_some, l) == 0)
			started++;
	look_some(l);
	for (unsigned i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
}

/* What an earlier report has the sum of, and what two kernels have in common. */
static void find_known(struct looking *l)
{
	for (size_t i = 0; i < l->nunits; i++) {
		struct unit *u = &l->unit[i];

		u->known = !u->bad && gp_cellinput_known(l->earlier, u->word, u->stat, u->sum);
		for (size_t k = 0; k < i && !u->known && !u->bad && *u->stat; k++)
			if (!l->unit[k].bad && !l->unit[k].known && strcmp(l->unit[k].stat, u->stat) == 0 &&
			    !l->unit[k].same)
				u->same = &l->unit[k];
	}
}

/* By stat before the bytes are read: what changes between the two has another stat later. */
static void look_at_units(struct looking *l)
{
	look_all(l);
	find_known(l);
	l->reading = true;
	look_all(l);
	for (size_t i = 0; i < l->nunits; i++) {
		struct unit *u = &l->unit[i];

		if (u->same)
			memcpy(u->sum, u->same->sum, sizeof(u->sum));
		u->bad |= !*u->sum;
	}
}

/* --- cells --- */

static void list_inputs(const struct looking *l, size_t run, size_t kernel, struct gp_list *out)
{
	const struct unit *of[] = { &l->unit[run], headers_of(l, kernel), compiler_of(l, kernel) };

	for (size_t i = 0; i < GP_COUNT(of); i++)
		if (of[i]->bad)
			return;
	for (unsigned i = 0; i < GP_CELLINPUT_INSTALLER; i++)
		gp_cellinput_add(out, (enum gp_cellinput)i, l->fixed[i], "");
	for (size_t i = 0; i < GP_COUNT(of); i++)
		gp_cellinput_add(out, of[i]->word, of[i]->sum, of[i]->stat);
}

static int look(struct looking *l, struct gp_since *out, struct gp_err *err)
{
	const struct gp_matrix_opts *o = l->o;
	const struct gp_patch_opts *patch = o->build.patch;

	if (gp_targets_find(&patch->kernels, &patch->headers, &l->targets, err) < 0 ||
	    gp_data_load(&patch->data, GP_DATA_EXPORTS, &out->catalog, err) < 0)
		return -1;
	out->n = o->runs->n * l->targets.n;
	out->cell = gp_alloc((out->n + 1) * sizeof(*out->cell));
	if (sum_fixed(l, &out->catalog, err) < 0)
		return -1;
	name_units(l);
	look_at_units(l);
	for (size_t i = 0; i < out->n; i++)
		list_inputs(l, i / l->targets.n, i % l->targets.n, &out->cell[i]);
	return gp_check_cancel(o->build.cancel, err);
}

int gp_since_look(const struct gp_matrix_opts *o, const struct gp_cells *earlier, struct gp_since *out,
		  struct gp_err *err)
{
	struct looking l = { .o = o, .earlier = earlier, .lock = PTHREAD_MUTEX_INITIALIZER };
	int rc;

	*out = (struct gp_since){ 0 };
	rc = look(&l, out, err);
	looking_release(&l);
	return rc;
}

/* --- what need not be built --- */

static void set_sum(void *arg, struct gp_str name, char sum[GP_SHA256_HEX])
{
	const struct gp_catalog *c = arg;

	*sum = '\0';
	for (size_t i = 0; i < c->nsets; i++)
		if (gp_str_eq(name, c->sets[i].name))
			gp_patchset_sum(&c->sets[i], sum);
}

static const struct gp_cell *find(const struct gp_cells *l, const char *key)
{
	for (size_t i = 0; i < l->n; i++) {
		gp_auto(gp_free_ptr) char *other = gp_cell_key(&l->v[i]);

		if (strcmp(key, other) == 0)
			return &l->v[i];
	}
	return NULL;
}

/* Where it lies may be another place today. */
static void take(const struct gp_cell *was, const struct gp_cell *plan, const char *started, const char *words,
		 struct gp_cell *out)
{
	gp_cell_copy(out, was);
	free(out->input);
	free(out->headers);
	free(out->repeat);
	out->input = gp_strdup(plan->input);
	out->headers = plan->headers ? gp_strdup(plan->headers) : NULL;
	out->repeat = gp_build_repeat(plan->input, plan->headers ? plan->headers : "", words);
	if (!out->built && started)
		out->built = gp_strdup(started);
	out->unchanged = true;
	out->expected = false; /* --expect of this run says */
}

void gp_since_pick(const struct gp_since *s, const struct gp_cells *earlier, const struct gp_cells *plan,
		   const char *words, struct gp_cells *known)
{
	for (size_t i = 0; i < plan->n && i < s->n; i++) {
		gp_auto(gp_free_ptr) char *key = gp_cell_key(&plan->v[i]), *why = NULL;
		const struct gp_cell *was = find(earlier, key);

		if (was && gp_cell_lasts(was) && was->inputs.n)
			why = gp_cellinput_differs(was, &s->cell[i], set_sum, (void *)&s->catalog);
		else
			why = gp_strdup(was ? "no lasting result" : "nothing known");
		if (why) {
			gp_debug("%s is built: %s", key, why);
			continue;
		}
		take(was, &plan->v[i], earlier->started, words, gp_cells_add(known));
		/* With the stat of this machine. */
		gp_cellinput_renew(&known->v[known->n - 1].inputs, &s->cell[i]);
	}
}
