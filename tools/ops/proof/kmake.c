/* SPDX-License-Identifier: MIT */
#include "ops/proof/kmake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/fsio.h"
#include "base/log.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/proof/answers.h"
#include "ops/run/runfile.h"

#define MAKEFILE_MAX (4u << 20)

/* --- modules --- */

/* "kernel/nvidia-uvm/nvidia-uvm.Kbuild" is "nvidia-uvm". */
static char *module_of(const char *path)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(path);
	gp_auto(gp_free_ptr) char *wanted = NULL;
	const char *name = gp_path_base(dir);

	if (!gp_path_under(path, "kernel"))
		return NULL;
	wanted = gp_asprintf("kernel/%s/%s.Kbuild", name, name);
	return strcmp(wanted, path) == 0 ? gp_strdup(name) : NULL;
}

/* Those that others cannot be built without: modpost wants to see what they export,
 * and their conftest's answers are everybody's. */
static bool is_needed(const char *name, const struct gp_list *wanted)
{
	return wanted->n && (strcmp(name, "nvidia") == 0 ||
			     (strcmp(name, "nvidia-modeset") == 0 && gp_list_has(wanted, "nvidia-drm")));
}

void gp_kmake_modules(const struct gp_source *s, const struct gp_list *wanted, struct gp_list *out)
{
	for (size_t i = 0; i < s->rf.n; i++) {
		const struct gp_entry *e = &s->rf.entry[i];
		gp_auto(gp_free_ptr) char *name = NULL;

		if (e->superseded || e->type == GP_ENTRY_DIR || e->type == GP_ENTRY_SYMLINK)
			continue;
		name = module_of(e->path);
		if (name && (!wanted->n || gp_list_has(wanted, name) || is_needed(name, wanted)))
			gp_list_take(out, gp_steal(&name));
	}
	gp_list_sort(out);
}

/* --- variables --- */

static char *excluded(const struct gp_source *s, const struct gp_list *modules)
{
	static const struct gp_list any = { 0 };
	gp_auto(gp_list_release) struct gp_list all = { 0 };
	gp_auto(gp_buf_release) struct gp_buf names = { 0 };

	gp_kmake_modules(s, &any, &all);
	for (size_t i = 0; i < all.n; i++)
		if (!gp_list_has(modules, all.v[i]))
			gp_buf_printf(&names, "%s%s", names.len ? " " : "", all.v[i]);
	return gp_buf_detach(&names);
}

int gp_kmake_check_names(const struct gp_list *modules, struct gp_err *err)
{
	for (size_t i = 0; i < modules->n; i++)
		if (strspn(modules->v[i], "abcdefghijklmnopqrstuvwxyz0123456789-_") != strlen(modules->v[i]))
			return gp_fail(err, GP_E_FORMAT, "'%s' is not the name of a module", modules->v[i]);
	return modules->n ? 0 : gp_fail(err, GP_E_UNSUPPORTED, "there are no modules in kernel/");
}

/* make splits at blanks, and gives its variables to shells. */
static int check_path(const char *what, const char *path, struct gp_err *err)
{
	if (strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-@,~") == strlen(path))
		return 0;
	return gp_fail(err, GP_E_UNSUPPORTED,
		       "make cannot work in the %s '%s': its name has blanks or characters that "
		       "mean something to a shell",
		       what, path);
}

static const char *exclude_word(const char *kernel)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(kernel, "Makefile");
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	if (gp_file_read(path, MAKEFILE_MAX, &text, NULL) == 0 &&
	    gp_str_find(gp_buf_str(&text), GP_STR("NV_EXCLUDE_KERNEL_MODULES")) < 0 &&
	    gp_str_find(gp_buf_str(&text), GP_STR("NV_EXCLUDE_BUILD_MODULES")) >= 0)
		return "NV_EXCLUDE_BUILD_MODULES";
	return "NV_EXCLUDE_KERNEL_MODULES";
}

static void arguments(struct gp_list *argv, const struct gp_kmake *k, const char *word, const char *left_out)
{
	gp_list_add(argv, "make");
	if (k->o->jobserver[0] < 0)
		gp_list_printf(argv, "-j%u", k->o->jobs ? k->o->jobs : 1);
	gp_list_add(argv, "modules");
	gp_list_printf(argv, "KERNEL_UNAME=%s", k->h->release.text);
	gp_list_printf(argv, "SYSSRC=%s", k->h->syssrc);
	gp_list_printf(argv, "SYSOUT=%s", k->h->sysout);
	gp_list_printf(argv, "CC=%s", k->cc->cc);
	if (k->cc->clang)
		gp_list_add(argv, "LLVM=1");
	if (k->cc->mismatch)
		gp_list_add(argv, "IGNORE_CC_MISMATCH=1");
	if (*left_out)
		gp_list_printf(argv, "%s=%s", word, left_out);
}

static void keep_variable(struct gp_list *env, const char *name)
{
	const char *value = getenv(name);

	if (value)
		gp_list_printf(env, "%s=%s", name, value);
}

/* What the modules say of where their sources lay (__FILE__, debug information) is the
 * place of an installed source, whatever the scratch is called: the same bytes. make
 * gives KCFLAGS to the modules' compilers, and not to conftest.sh. */
static void same_paths(struct gp_list *env, const struct gp_kmake *k, const char *work)
{
	if (k->cc->maps_files && k->s)
		gp_list_printf(env, "KCFLAGS=-ffile-prefix-map=%s/kernel=/usr/src/nvidia-%s", work, k->s->version.text);
}

static void surroundings(struct gp_list *env, const struct gp_kmake *k, const char *work)
{
	static const char *const kept[] = { "HOME", "USER", "LOGNAME", "SOURCE_DATE_EPOCH",
					    "IGNORE_PREEMPT_RT_PRESENCE" };
	const char *path = getenv("PATH");
	bool ccache = k->cc->masquerade && !getenv("CCACHE_DISABLE");

	for (size_t i = 0; i < GP_COUNT(kept); i++)
		keep_variable(env, kept[i]);
	for (char **e = environ; e && *e; e++)
		if (strncmp(*e, "CCACHE_", 7) == 0)
			gp_list_add(env, *e);
	/* What killed programs leave goes with the rest: the compiler's files, and the FIFO by
	 * which GNU make 4.4 and later passes its jobs on. */
	gp_list_printf(env, "TMPDIR=%s", work);
	gp_list_add(env, "LC_ALL=C");
	gp_list_printf(env, "PATH=%s%s%s", ccache ? k->cc->masquerade : "", ccache ? ":" : "",
		       path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	same_paths(env, k, work);
	/* GNU make 4.2 and later; older ones do one thing at a time then. */
	if (k->o->jobserver[0] >= 0)
		gp_list_printf(env, "MAKEFLAGS= -j%u --jobserver-auth=%d,%d", k->o->jobs, k->o->jobserver[0],
			       k->o->jobserver[1]);
}

/* A list as execv wants it. */
static char **vector(struct gp_list *l)
{
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n] = NULL;
	return l->v;
}

/* Tests, and who has trouble with namespaces, may choose. */
static int choose_way(struct gp_confine *out, struct gp_err *err)
{
	const char *word = getenv("GRIDPATCH_CONFINE");

	if (!word || !*word || gp_confine_parse(word, out))
		return 0;
	return gp_fail(err, GP_E_USAGE, "GRIDPATCH_CONFINE: '%s' is not one of pids, user, watch", word);
}

static int run(struct gp_proc_work *w, const char *log, struct gp_proc_end *end, struct gp_err *err)
{
	int rc;

	w->out = open(log, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (w->out < 0)
		return gp_fail_sys(err, errno, "cannot write '%s'", log);
	rc = gp_proc_work(w, end, err);
	close(w->out);
	if (rc == 0)
		gp_debug("make is confined by %s, in %s", gp_confine_name(end->way),
			 end->placed ? GP_CONFINE_PLACE : w->dir);
	return rc;
}

static int run_in(const struct gp_kmake *k, struct gp_list *argv, struct gp_proc_end *end, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list env = { 0 }, placed_env = { 0 };
	gp_auto(gp_free_ptr) char *kernel = gp_path_join(k->work, "kernel");
	gp_auto(gp_free_ptr) char *log = gp_path_join(k->work, "build.log");
	struct gp_proc_work w = { .dir = kernel,
				  .keep = { k->o->jobserver[0], k->o->jobserver[1] },
				  .timeout_s = k->o->timeout_s,
				  .cancel = k->o->cancel,
				  .placed_dir = GP_CONFINE_PLACE "/kernel" };

	if (choose_way(&w.confine, err) < 0)
		return -1;
	/* ccache finds what was compiled under the same name. */
	w.confine.place = k->s ? k->work : NULL;
	surroundings(&env, k, k->work);
	surroundings(&placed_env, k, GP_CONFINE_PLACE);
	w.argv = (const char *const *)vector(argv);
	w.env = vector(&env);
	w.placed_env = vector(&placed_env);
	return run(&w, log, end, err);
}

static int check_paths(const struct gp_kmake *k, struct gp_err *err)
{
	return check_path("directory", k->work, err) < 0 || check_path("headers", k->h->sysout, err) < 0 ||
			       check_path("headers", k->h->syssrc, err) < 0 ?
		       -1 :
		       0;
}

int gp_kmake_own(const struct gp_kmake *k, struct gp_proc_end *end, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list argv = { 0 };
	gp_auto(gp_free_ptr) char *makefile = gp_path_join(k->h->sysout, "Makefile");
	bool own = gp_is_file(makefile);

	if (check_paths(k, err) < 0)
		return -1;
	gp_list_add(&argv, "make");
	gp_list_add(&argv, "-C");
	gp_list_add(&argv, own ? k->h->sysout : k->h->syssrc);
	if (!own)
		gp_list_printf(&argv, "O=%s", k->h->sysout);
	gp_list_printf(&argv, "M=%s/kernel", k->work);
	gp_list_printf(&argv, "CC=%s", k->cc->cc);
	if (k->cc->clang)
		gp_list_add(&argv, "LLVM=1");
	gp_list_add(&argv, "modules");
	return run_in(k, &argv, end, err);
}

/* make, with the answers of an earlier one's conftest.sh. */
static int run_with_answers(const struct gp_kmake *k, struct gp_list *argv, struct gp_proc_end *end, struct gp_err *err)
{
	gp_auto(gp_answers_release) struct gp_answers a = { 0 };
	gp_auto(gp_list_release) struct gp_list env = { 0 };
	const struct gp_answers_query q = { .work = k->work, .headers = k->h, .cc = k->cc, .argv = argv, .env = &env };
	int rc;

	surroundings(&env, k, k->work);
	if (!k->o->patch->no_cache)
		gp_answers_recall(&a, &q);
	rc = run_in(k, argv, end, err);
	if (rc == 0 && end->status == 0)
		gp_answers_keep(&a, &q);
	return rc;
}

int gp_kmake_run(const struct gp_kmake *k, struct gp_proc_end *end, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list argv = { 0 };
	gp_auto(gp_free_ptr) char *kernel = gp_path_join(k->work, "kernel");
	gp_auto(gp_free_ptr) char *left_out = excluded(k->s, k->modules);

	if (gp_kmake_check_names(k->modules, err) < 0 || check_paths(k, err) < 0)
		return -1;
	arguments(&argv, k, exclude_word(kernel), left_out);
	return run_with_answers(k, &argv, end, err);
}
