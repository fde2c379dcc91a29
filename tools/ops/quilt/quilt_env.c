/* SPDX-License-Identifier: MIT */
/* What the environment tells quilt, and where its tree begins. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/quilt/quilt_impl.h"

static const char *variable(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

void gp_quilt_set(char **name, char *value)
{
	free(*name);
	*name = value;
}

/* --- options --- */

/* A variable that cannot be followed is a fault of the command line's. */
static int refuse_variable(const char *name, const struct gp_err *why, struct gp_err *err)
{
	char text[sizeof(why->cause)];

	gp_err_format(why, text, sizeof(text));
	return gp_fail(err, GP_E_USAGE, "%s: %s", name, text);
}

int gp_quilt_defaults(struct gp_quilt *q, struct gp_err *err)
{
	struct gp_err why = { 0 };

	if (!q->patches)
		q->patches = gp_strdup(variable("QUILT_PATCHES", "patches"));
	if (!q->series)
		q->series = gp_strdup(variable("QUILT_SERIES", "series"));
	if (gp_patch_flags_parse(gp_str_of(variable("QUILT_PATCH_OPTS", "")), &q->flags, &why) < 0)
		return refuse_variable("QUILT_PATCH_OPTS", &why, err);
	return 0;
}

unsigned gp_quilt_fuzz(const struct gp_quilt *q, const struct gp_series_entry *e, int given)
{
	return gp_series_fuzz(e, given < 0 && !e->fuzz_given ? q->flags.fuzz : given);
}

int gp_quilt_check_args(const char *name, struct gp_err *err)
{
	static const char *const fine[] = { "-q",           "-v",          "--color",      "--color=always",
					    "--color=auto", "--color=tty", "--color=never" };
	struct gp_str rest = gp_str_of(variable(name, "")), word;

	while (gp_text_word_next(&rest, &word)) {
		bool known = false;

		for (size_t i = 0; i < GP_COUNT(fine); i++)
			known |= gp_str_eq(word, fine[i]);
		if (!known)
			return gp_fail(err, GP_E_USAGE,
				       "%s: '%.*s' is for quilt alone; unset it, and give gridpatch "
				       "options of its own",
				       name, word.len < 80 ? (int)word.len : 80, word.p);
	}
	return 0;
}

/* --- the records --- */

char *gp_quilt_pc(struct gp_err *err)
{
	const char *value = variable("QUILT_PC", GP_QUILT_PC);
	struct gp_err why = { 0 };
	char *pc = gp_path_clean(value, strlen(value), &why);

	if (pc && *pc && !gp_path_under(pc, GP_JOURNAL_DIR))
		return pc;
	if (pc)
		gp_fail(err, GP_E_USAGE, "QUILT_PC: '%s' is %s", value, *pc ? "gridpatch's own" : "the tree itself");
	else
		gp_fail(err, GP_E_USAGE,
			"QUILT_PC: '%s' is not a name within the tree: the records are changed together "
			"with its files",
			value);
	free(pc);
	return NULL;
}

bool gp_quilt_is_record(const char *path)
{
	gp_auto(gp_free_ptr) char *pc = gp_quilt_pc(NULL);

	return pc && gp_path_under(path, pc);
}

char *gp_quilt_rc(void)
{
	gp_auto(gp_free_ptr) char *own = gp_path_join(variable("HOME", "/"), ".quiltrc");
	const char *rc = variable("QUILTRC", gp_exists(own) ? own : "/etc/quilt.quiltrc");
	struct stat st;

	return stat(rc, &st) == 0 && S_ISREG(st.st_mode) && st.st_size ? gp_strdup(rc) : NULL;
}

/* --- the tree --- */

/* Where the user believes to be, as a shell's cd has it, symlinks and all. */
static char *here(void)
{
	const char *pwd = variable("PWD", "");

	if (*pwd == '/' && !strstr(pwd, "/.") && gp_same_file(pwd, "."))
		return gp_strdup(pwd);
	return realpath(".", NULL);
}

/* An absolute name, without dots. */
static char *absolute(const char *dir)
{
	gp_auto(gp_free_ptr) char *cwd = NULL, *clean = NULL;
	size_t slashes = strspn(dir, "/");

	clean = gp_path_clean(dir + slashes, strlen(dir + slashes), NULL);
	if (!clean)
		return realpath(dir, NULL);
	if (slashes)
		return gp_asprintf("/%s", clean);
	cwd = here();
	return cwd && *clean ? gp_path_join(cwd, clean) : gp_steal(&cwd);
}

static bool holds(const char *dir, const char *name)
{
	gp_auto(gp_free_ptr) char *path = *name == '/' ? gp_strdup(name) : gp_path_join(dir, name);

	return gp_is_dir(path);
}

/* A name for base, which lies above: short below the current directory. */
static char *name_of(const char *base)
{
	gp_auto(gp_free_ptr) char *cwd = here();

	if (cwd && strcmp(base, cwd) == 0)
		return gp_strdup(".");
	if (cwd && gp_path_under(base, cwd))
		return gp_strdup(base + strlen(cwd) + 1);
	return gp_strdup(base);
}

char *gp_quilt_find_root(const char *dir, char **up, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *pc = gp_quilt_pc(err), *at = NULL;
	gp_auto(gp_buf_release) struct gp_buf dots = { 0 };
	const char *patches = variable("QUILT_PATCHES", "patches");

	if (!pc)
		return NULL;
	if (!gp_is_dir(dir) || holds(dir, pc) || holds(dir, patches))
		return gp_strdup(dir);
	at = absolute(dir);
	while (at && at[1]) {
		char *slash = strrchr(at, '/');

		slash[slash == at] = '\0';
		gp_buf_puts(&dots, "../");
		if (holds(at, pc) || holds(at, patches)) {
			gp_quilt_set(up, gp_buf_detach(&dots));
			return name_of(at);
		}
	}
	return gp_strdup(dir);
}
