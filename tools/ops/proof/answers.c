/* SPDX-License-Identifier: MIT */
#include "ops/proof/answers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/cachedir.h"
#include "base/confine.h"
#include "base/fsio.h"
#include "base/log.h"
#include "base/path.h"
#include "base/text.h"
#include "base/wire.h"

/* Of the form below, and of what goes into a key; a change of either is a new one. */
#define MAGIC "gridpatch conftest 1\n"
#define SUFFIX ".conftest"
#define DIR "conftest"
#define ENTRY_MAX (4u << 20)      /* 535's has 400 files and 60 KB */
#define ENTRIES_MAX (64ull << 20) /* of all */
#define FILES_MAX 10000u
#define PROGRAM_MAX (2u << 20)
#define TEXT_MAX (16u << 20) /* of one file of the driver */

void gp_answers_release(struct gp_answers *a)
{
	free(a->cache);
	gp_list_release(&a->roots);
	*a = (struct gp_answers){ 0 };
}

/* --- what they depend on --- */

static void add_text(struct gp_hash *h, const char *text)
{
	gp_hash_add(h, text, strlen(text) + 1);
}

/* Sources and objects: no test has anything of them. */
static bool is_source(struct gp_str path)
{
	static const char *const ends[] = { ".c", ".S", ".cpp", ".o_binary", "_binary" };

	for (size_t i = 0; i < GP_COUNT(ends); i++)
		if (gp_str_ends(path, ends[i]))
			return true;
	return false;
}

/* Would a test see a source? `#include "x.c"`, also with the quotes of a shell. */
static bool includes_source(struct gp_str text)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line)) {
		ssize_t at = gp_str_find(line, GP_STR("include"));

		if (at >= 0 && (gp_str_find(line, GP_STR(".c\"")) > at || gp_str_find(line, GP_STR(".c>")) > at ||
				gp_str_find(line, GP_STR(".c\\\"")) > at))
			return true;
	}
	return false;
}

static bool add_file(struct gp_hash *h, const char *kernel, const char *name)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(kernel, name);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	uint64_t len;

	add_text(h, name);
	if (is_source(gp_str_of(name)))
		return true;
	if (gp_file_read(path, TEXT_MAX, &text, NULL) < 0 || includes_source(gp_buf_str(&text)))
		return false;
	len = text.len;
	gp_hash_add(h, &len, sizeof(len));
	gp_hash_add(h, text.data, text.len);
	return true;
}

static bool add_driver(struct gp_hash *h, const char *kernel)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };

	if (gp_dir_walk(kernel, "", &files, NULL) < 0)
		return false;
	gp_list_sort(&files);
	for (size_t i = 0; i < files.n; i++)
		if (!add_file(h, kernel, files.v[i]))
			return false;
	return true;
}

/* Those that say nothing about the kernel: how many jobs, where scratch and cache are. */
static bool is_aside(const char *word)
{
	static const char *const aside[] = { "-j", "MAKEFLAGS=", "KCFLAGS=", "TMPDIR=", "CCACHE_DIR=" };

	for (size_t i = 0; i < GP_COUNT(aside); i++)
		if (strncmp(word, aside[i], strlen(aside[i])) == 0)
			return true;
	return false;
}

static void add_words(struct gp_hash *h, const struct gp_list *words)
{
	for (size_t i = 0; i < words->n; i++)
		if (!is_aside(words->v[i]))
			add_text(h, words->v[i]);
	add_text(h, "");
}

/* A program: its bytes, or of a large one (cc1, clang) what stat says. */
static void add_program_file(struct gp_hash *h, const char *path)
{
	gp_auto(gp_buf_release) struct gp_buf bytes = { 0 };
	struct stat st;

	add_text(h, path);
	if (stat(path, &st) < 0)
		return;
	if (st.st_size <= PROGRAM_MAX && gp_file_read(path, PROGRAM_MAX, &bytes, NULL) == 0) {
		uint64_t field[] = { st.st_mode, bytes.len };

		gp_hash_add(h, field, sizeof(field));
		gp_hash_add(h, bytes.data, bytes.len);
	} else {
		const uint64_t field[] = { st.st_mode,
					   st.st_dev,
					   st.st_ino,
					   (uint64_t)st.st_size,
					   (uint64_t)st.st_mtim.tv_sec,
					   (uint64_t)st.st_mtim.tv_nsec,
					   (uint64_t)st.st_ctim.tv_sec,
					   (uint64_t)st.st_ctim.tv_nsec };

		gp_hash_add(h, field, sizeof(field));
	}
}

/* A program in each directory where it would be looked for, there or not. */
static void add_program(struct gp_hash *h, const char *name, const char *dirs)
{
	struct gp_str rest = gp_str_of(dirs);

	if (strchr(name, '/'))
		add_program_file(h, name);
	while (rest.len && !strchr(name, '/')) {
		const char *colon = memchr(rest.p, ':', rest.len);
		size_t n = colon ? (size_t)(colon - rest.p) : rest.len;
		gp_auto(gp_free_ptr) char *path = gp_asprintf("%.*s/%s", (int)n, rest.p, name);

		add_program_file(h, path);
		rest.p += colon ? n + 1 : n;
		rest.len -= colon ? n + 1 : n;
	}
}

static void add_programs(struct gp_hash *h, const struct gp_answers_query *q)
{
	/* Source: conftest.sh and Kbuild of the drivers above. */
	static const char *const called[] = { "make", "sh",   "awk",     "basename", "bash",   "cat",
					      "cut",  "dash", "dirname", "echo",     "expr",   "grep",
					      "head", "ls",   "mkdir",   "rm",       "sed",    "sort",
					      "tail", "test", "tr",      "uname",    "wc",     "xargs",
					      "as",   "ld",   "ld.lld",  "nm",       "pahole", "pkg-config" };
	struct gp_str rest = gp_str_of(q->cc->cc), word;
	gp_auto(gp_free_ptr) char *dirs = NULL;

	for (size_t i = 0; i < q->env->n; i++)
		if (strncmp(q->env->v[i], "PATH=", 5) == 0)
			dirs = gp_asprintf("%s:/bin:/sbin:/usr/bin", q->env->v[i] + 5);
	while (gp_text_word_next(&rest, &word)) {
		gp_auto(gp_free_ptr) char *name = gp_strndup(word.p, word.len);

		add_program(h, name, dirs ? dirs : "");
	}
	for (size_t i = 0; i < GP_COUNT(called); i++)
		add_program(h, called[i], dirs ? dirs : "");
}

/* What it is, what it runs, and, among the roots, where its own headers are. false: it does
 * not say. */
static bool add_compiler(struct gp_hash *h, const struct gp_answers_query *q, struct gp_list *roots)
{
	static const char *const programs[] = { "-print-prog-name=cc1", "-print-prog-name=as" };
	gp_auto(gp_free_ptr) char *headers = gp_toolchain_line(q->cc->cc, "-print-file-name=include");

	add_text(h, q->cc->text);
	for (size_t i = 0; i < GP_COUNT(programs); i++) {
		gp_auto(gp_free_ptr) char *path = gp_toolchain_line(q->cc->cc, programs[i]);

		if (!path)
			return false;
		add_program_file(h, path);
	}
	if (headers && *headers == '/')
		gp_list_add(roots, headers);
	return headers;
}

static void add_machine(struct gp_hash *h)
{
	struct utsname u;

	if (uname(&u) == 0) {
		add_text(h, u.machine);
		add_text(h, u.release);
	}
	add_text(h, gp_exists("/proc/sgi_uv") ? "sgi_uv" : "");
	add_text(h, gp_exists("/proc/xen/capabilities") ? "xen" : "");
}

static bool make_key(struct gp_answers *a, const struct gp_answers_query *q)
{
	gp_auto(gp_free_ptr) char *kernel = gp_path_join(q->work, "kernel");
	struct gp_hash *h = gp_hash_new(GP_HASH_SHA256);
	bool well;

	gp_list_add(&a->roots, q->headers->sysout);
	if (strcmp(q->headers->sysout, q->headers->syssrc) != 0)
		gp_list_add(&a->roots, q->headers->syssrc);
	add_text(h, MAGIC);
	add_words(h, q->argv);
	add_words(h, q->env);
	add_programs(h, q);
	add_machine(h);
	well = add_compiler(h, q, &a->roots) && add_driver(h, kernel) &&
	       gp_headersum_take(&a->roots, a->cache, &a->sum, NULL) == 0;
	add_text(h, a->sum.bytes);
	gp_hash_hex(h, a->key);
	gp_hash_free(h);
	return well;
}

/* --- an entry: MAGIC, key, SHA-256 of the rest; the number of files, their names and bytes --- */

static char *place_of(const struct gp_answers *a)
{
	return gp_asprintf("%s/%s" SUFFIX, a->cache, a->key);
}

static bool put_file(const char *kernel, const char *name, struct gp_str bytes, const struct timespec times[2])
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(kernel, name);
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(path);

	return gp_mkdirs(dir, NULL) == 0 && gp_file_make_at(AT_FDCWD, path, 0644, bytes, NULL) == 0 &&
	       utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0;
}

/* All have one time, later than what they are made from: none is older than another. */
static bool put_files(struct gp_wire *w, const char *kernel)
{
	uint64_t n = gp_wire_get_max(w, FILES_MAX);
	struct timespec times[2];

	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[1] = times[0];
	for (uint64_t i = 0; i < n && !w->bad; i++) {
		struct gp_str path = gp_wire_get_str(w), bytes = gp_wire_get_str(w);
		gp_auto(gp_free_ptr) char *name = gp_strndup(path.p, path.len);

		if (w->bad || !gp_path_is_clean(name) || !gp_path_under(name, DIR) || strcmp(name, DIR) == 0 ||
		    !put_file(kernel, name, bytes, times))
			return false;
	}
	return n && !w->bad && !w->rest.len;
}

static bool is_whole(struct gp_str file, const char *key, struct gp_str *rest)
{
	size_t magic = sizeof(MAGIC) - 1, hex = GP_SHA256_HEX - 1;
	char sum[GP_SHA256_HEX];

	if (file.len < magic + 2 * hex || memcmp(file.p, MAGIC, magic) != 0 || memcmp(file.p + magic, key, hex) != 0)
		return false;
	*rest = (struct gp_str){ file.p + magic + 2 * hex, file.len - magic - 2 * hex };
	gp_sha256_hex(rest->p, rest->len, sum);
	return memcmp(sum, file.p + magic + hex, hex) == 0;
}

static bool recall(const struct gp_answers *a, const char *kernel)
{
	gp_auto(gp_free_ptr) char *path = place_of(a);
	gp_auto(gp_free_ptr) char *dir = gp_path_join(kernel, DIR);
	gp_auto(gp_buf_release) struct gp_buf file = { 0 };
	struct gp_wire w = { 0 };

	if (gp_exists(dir) || !gp_cache_read(path, ENTRY_MAX, &file) || !is_whole(gp_buf_str(&file), a->key, &w.rest))
		return false;
	if (put_files(&w, kernel))
		return true;
	gp_remove_tree(dir);
	return false;
}

void gp_answers_recall(struct gp_answers *a, const struct gp_answers_query *q)
{
	gp_auto(gp_free_ptr) char *kernel = gp_path_join(q->work, "kernel");

	*a = (struct gp_answers){ .cache = gp_cache_dir() };
	if (a->cache && !make_key(a, q)) {
		free(a->cache);
		a->cache = NULL;
	}
	a->recalled = a->cache && recall(a, kernel);
	if (a->recalled)
		gp_debug("conftest's answers are those of an earlier build");
}

/* --- keeping --- */

static bool take_files(const char *kernel, struct gp_buf *out)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };

	if (gp_dir_walk(kernel, DIR, &files, NULL) < 0 || !files.n || files.n > FILES_MAX)
		return false;
	gp_list_sort(&files);
	gp_wire_put(out, files.n);
	for (size_t i = 0; i < files.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(kernel, files.v[i]);
		gp_auto(gp_buf_release) struct gp_buf bytes = { 0 };

		if (gp_file_read(path, ENTRY_MAX, &bytes, NULL) < 0 || out->len + bytes.len > ENTRY_MAX)
			return false;
		gp_wire_put_str(out, gp_str_of(files.v[i]));
		gp_wire_put_str(out, gp_buf_str(&bytes));
	}
	return true;
}

/* A test that a full disk or a killed compiler answered falsely is hardly followed by a
 * build that succeeds: that needs far more of either. */
void gp_answers_keep(const struct gp_answers *a, const struct gp_answers_query *q)
{
	gp_auto(gp_free_ptr) char *kernel = gp_path_join(q->work, "kernel");
	gp_auto(gp_buf_release) struct gp_buf rest = { 0 }, file = { 0 };
	gp_auto(gp_free_ptr) char *path = NULL;
	char sum[GP_SHA256_HEX];

	if (!a->cache || (a->recalled && a->sum.known) || !gp_headersum_holds(&a->sum, &a->roots))
		return;
	if (!a->sum.known)
		gp_headersum_keep(&a->sum, a->cache);
	if (a->recalled || !take_files(kernel, &rest))
		return;
	/* They are for every scratch directory. */
	if (gp_str_find(gp_buf_str(&rest), gp_str_of(q->work)) >= 0 ||
	    gp_str_find(gp_buf_str(&rest), GP_STR(GP_CONFINE_PLACE)) >= 0)
		return;
	gp_sha256_hex(rest.data, rest.len, sum);
	gp_buf_puts(&file, MAGIC);
	gp_buf_puts(&file, a->key);
	gp_buf_puts(&file, sum);
	gp_buf_add(&file, rest.data, rest.len);
	path = place_of(a);
	gp_cache_write(path, gp_buf_str(&file), SUFFIX, ENTRIES_MAX);
}
