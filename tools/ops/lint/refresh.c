/* SPDX-License-Identifier: MIT */
/* Finishing a set: from what somebody changed in tree/ to a patch, and a rule for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/stanza.h"
#include "base/text.h"
#include "ops/driver/installed.h"
#include "ops/lint/newset_impl.h"
#include "ops/run/runfile.h"

#define RECORD_MAX (64u << 10)
#define PATCH_MAX (1u << 20) /* what gp_proc_run() keeps: a longer one is cut off */

/* --- what it was begun with --- */

static int take_record(struct gp_newset *n, const struct gp_stanza *s, const char *path, struct gp_err *err)
{
	const char *name = gp_stanza_get(s, "Name"), *from = gp_stanza_get(s, "From"),
		   *version = gp_stanza_get(s, "Version"), *kind = gp_stanza_get(s, "Kind"),
		   *kernel = gp_stanza_get(s, "Kernel");
	struct gp_version v;
	struct gp_release r;

	if (!name || !from || !version || !kind || !kernel)
		return gp_fail(err, GP_E_FORMAT, "'%s': a field is missing", path);
	if (strcmp(name, n->name) != 0)
		return gp_fail(err, GP_E_NO, "'%s' was begun for the set '%s', not for '%s'", n->dir, name, n->name);
	if (gp_version_parse(gp_str_of(version), &v, err) < 0 || gp_release_parse(kernel, &r, err) < 0)
		return gp_within(err, "'%s'", path);
	if (!gp_kind_parse(gp_str_of(kind), &n->kind))
		return gp_fail(err, GP_E_FORMAT, "'%s': '%s' is no kind", path, kind);
	n->from = gp_strdup(from);
	n->version = gp_strdup(version);
	memcpy(n->release, r.text, sizeof(n->release));
	return 0;
}

static int read_record(struct gp_newset *n, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(n->dir, GP_NEWSET_RECORD);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_stanza_list_release) struct gp_stanza_list l = { 0 };

	if (!gp_exists(path))
		return gp_fail(err, GP_E_NOTFOUND,
			       "'%s' is not there: begin a set with 'gridpatch new-set %s --from RUN'", path, n->name);
	if (gp_file_read(path, RECORD_MAX, &text, err) < 0 || gp_stanza_parse(gp_buf_str(&text), path, &l, err) < 0)
		return -1;
	if (l.n != 1)
		return gp_fail(err, GP_E_FORMAT, "'%s': not one paragraph", path);
	return take_record(n, &l.v[0], path, err);
}

/* --- what was changed --- */

/* One file on both sides; either may be missing. */
struct pair {
	char *old_path, *new_path;
	struct gp_buf old, now;
	bool was, is;
};

static void pair_release(struct pair *p)
{
	free(p->old_path);
	free(p->new_path);
	gp_buf_release(&p->old);
	gp_buf_release(&p->now);
}

/* *there stays false when there is nothing. */
static int read_side(const char *path, struct gp_buf *out, bool *there, struct gp_err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : gp_fail_sys(err, errno, "cannot look at '%s'", path);
	if (!S_ISREG(st.st_mode))
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is not a plain file: no patch can say that", path);
	*there = true;
	if (gp_file_read(path, GP_RUN_MAX_SOURCE, out, err) < 0)
		return -1;
	if (gp_text_nul_line(gp_buf_str(out)))
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is not text: a set has no binary files", path);
	return 0;
}

static int read_pair(const struct gp_newset *n, const char *file, struct pair *p, struct gp_err *err)
{
	p->old_path = gp_asprintf("%s/orig/%s", n->dir, file);
	p->new_path = gp_asprintf("%s/tree/%s", n->dir, file);
	return read_side(p->old_path, &p->old, &p->was, err) < 0 || read_side(p->new_path, &p->now, &p->is, err) < 0 ?
		       -1 :
		       0;
}

/* The part of one file, as `quilt refresh -p ab --no-timestamps --no-index` has it. */
static int diff_pair(const struct pair *p, const char *file, struct gp_buf *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *old = p->was ? gp_asprintf("a/%s", file) : gp_strdup("/dev/null");
	gp_auto(gp_free_ptr) char *now = p->is ? gp_asprintf("b/%s", file) : gp_strdup("/dev/null");
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	/* In the user's language "\ No newline at end of file" is another text. */
	const char *const argv[] = { "env",
				     "LC_ALL=C",
				     "diff",
				     "-a",
				     "-U3",
				     "--label",
				     old,
				     "--label",
				     now,
				     "--",
				     p->was ? p->old_path : "/dev/null",
				     p->is ? p->new_path : "/dev/null",
				     NULL };
	int rc = gp_proc_run(argv, NULL, &text, err);

	if (rc < 0)
		return -1;
	if (rc != 1 || !gp_str_starts(gp_buf_str(&text), "---"))
		return gp_fail(err, GP_E_SYSTEM, "diff ended with status %d for '%s'", rc, file);
	if (text.len >= PATCH_MAX)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' changes by more than %u bytes: that is no patch any more",
			       file, PATCH_MAX);
	gp_buf_add(out, text.data, text.len);
	return 0;
}

/* quilt compares with a copy that it took when it was told of the file. Nobody may have
 * told it. */
static int tell_quilt(const struct gp_newset *n, const struct pair *p, const char *file, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *kept = gp_asprintf("tree/.pc/%s.patch/%s", n->name, file),
				  *full = gp_path_join(n->dir, kept);

	if (gp_exists(full))
		return 0;
	return gp_file_write_below(n->dir, kept, p->old.data ? p->old.data : "", p->old.len, 0644, true, err);
}

static int refresh_file(struct gp_newset *n, const char *file, struct gp_buf *out, struct gp_err *err)
{
	gp_auto(pair_release) struct pair p = { 0 };

	if (read_pair(n, file, &p, err) < 0)
		return -1;
	if (p.was == p.is && p.old.len == p.now.len && (!p.old.len || memcmp(p.old.data, p.now.data, p.old.len) == 0))
		return 0;
	/* diff has nothing to say of an empty file that comes or goes. */
	if (!p.old.len && !p.now.len)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is an empty file that is %s: write something into it", file,
			       p.is ? "new" : "gone");
	gp_list_add(&n->changed, file);
	return diff_pair(&p, file, out, err) < 0 || tell_quilt(n, &p, file, err) < 0 ? -1 : 0;
}

/* What editors and patch leave beside a file. */
static bool is_litter(const char *path)
{
	static const char *const ends[] = { "~", ".orig", ".rej", ".swp", ".bak" };

	for (size_t i = 0; i < GP_COUNT(ends); i++)
		if (gp_str_ends(gp_str_of(path), ends[i]))
			return true;
	return false;
}

/* The names of both sides, each once, sorted. */
static int list_files(const struct gp_newset *n, struct gp_list *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *orig = gp_path_join(n->dir, "orig"), *tree = gp_path_join(n->dir, "tree");
	gp_auto(gp_list_release) struct gp_list both = { 0 };

	if (gp_dir_walk(orig, "kernel", &both, err) < 0 || gp_dir_walk(tree, "kernel", &both, err) < 0)
		return -1;
	gp_list_sort(&both);
	for (size_t i = 0; i < both.n; i++) {
		const char *path = both.v[i];

		if ((i && strcmp(both.v[i - 1], path) == 0) || gp_newset_is_blob(path) || is_litter(path) ||
		    gp_driver_is_product(path))
			continue;
		gp_list_add(out, path);
	}
	return 0;
}

/* --- what is written --- */

static bool starts_diff(struct gp_str line)
{
	return gp_str_starts(line, "--- ") || gp_str_starts(line, "diff ") || gp_str_starts(line, "Index:");
}

/* The header as somebody wrote it, with the date of today. */
static int keep_header(const struct gp_newset *n, const char *date, struct gp_buf *out, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line;

	if (gp_file_read(n->patch, PATCH_MAX, &text, err) < 0)
		return -1;
	rest = gp_buf_str(&text);
	while (gp_text_line_next(&rest, &line) && !starts_diff(line)) {
		if (gp_str_starts(line, "Last-Update:"))
			gp_buf_printf(out, "Last-Update: %s\n", date);
		else
			gp_buf_printf(out, "%.*s\n", (int)line.len, line.p);
	}
	if (out->len && !gp_str_ends(gp_buf_str(out), "\n\n"))
		gp_buf_putc(out, '\n');
	return 0;
}

/* Description's first line: a rule gives the same reason. free() it. */
static char *what_for(struct gp_str header, const char *path)
{
	gp_auto(gp_stanza_list_release) struct gp_stanza_list l = { 0 };
	const char *text = NULL;

	if (gp_stanza_parse_header(header, path, &l, NULL) == 0 && l.n)
		text = gp_stanza_get(&l.v[0], "Description");
	return gp_strndup(text ? text : "TODO", text ? strcspn(text, "\n") : 4);
}

/* A rule is somebody's own from its first line on: one that is there stays. */
static int write_rule(struct gp_newset *n, struct gp_str header, const char *date, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *file = NULL, *full = NULL, *text = NULL, *reason = what_for(header, n->patch);
	char line[GP_LINE_NAME];
	struct gp_release r;

	if (gp_release_parse(n->release, &r, err) < 0)
		return -1;
	gp_release_line(&r, line);
	file = gp_asprintf("kernel-versions/%s", line);
	full = gp_path_join(n->dir, file);
	if (gp_exists(full))
		return 0;
	text = gp_asprintf("Kernel: %s\nStatus: untested\n\n"
			   "Driver: %s\nKind: %s\nStatus: untested\nPatches: %s\nReason: %s\n"
			   "Evidence: [inference] %s: written from the sources of %s, for %s; not built yet\n",
			   line, n->version, n->kind == GP_KIND_HOST ? "host merged" : gp_kind_name(n->kind), n->name,
			   reason, date, n->version, n->release);
	if (gp_file_write_below(n->dir, file, text, strlen(text), 0644, false, err) < 0)
		return -1;
	n->rule = gp_steal(&full);
	return 0;
}

static int refresh(struct gp_newset *n, const char *date, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };
	gp_auto(gp_buf_release) struct gp_buf header = { 0 }, text = { 0 };
	gp_auto(gp_free_ptr) char *file = gp_asprintf("patches/%s/%s.patch", n->name, n->name);

	if (list_files(n, &files, err) < 0 || keep_header(n, date, &header, err) < 0)
		return -1;
	gp_buf_add(&text, header.data ? header.data : "", header.len);
	for (size_t i = 0; i < files.n; i++)
		if (refresh_file(n, files.v[i], &text, err) < 0)
			return -1;
	if (!n->changed.n)
		return gp_fail(err, GP_E_NO, "nothing has changed in '%s/tree': edit the sources there first", n->dir);
	if (gp_file_write_below(n->dir, file, text.data, text.len, 0644, true, err) < 0)
		return -1;
	return write_rule(n, gp_buf_str(&header), date, err);
}

int gp_newset_finish(const char *name, const char *dir, int64_t now, struct gp_newset *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *date = gp_clock_day(now);

	*out = (struct gp_newset){ 0 };
	if (gp_newset_name(out, name, dir, err) < 0 || read_record(out, err) < 0)
		return -1;
	return refresh(out, date, err);
}
