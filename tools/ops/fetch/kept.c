/* SPDX-License-Identifier: MIT */
#include "ops/fetch/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cachedir.h"
#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/proof/headersum.h"

#define MAGIC "gridpatch fetched 1"
#define RECORD_MAX (64u << 10)

void gp_kept_release(struct gp_kept *k)
{
	free(k->root);
	if (k->root && k->lock >= 0)
		close(k->lock);
	gp_list_release(&k->packages);
	*k = (struct gp_kept){ .lock = -1 };
}

/* CACHE/headers, made when it is missing; NULL: there is no cache. */
static char *place(char **cache)
{
	char *dir;

	*cache = gp_cache_dir();
	if (!*cache)
		return NULL;
	dir = gp_path_join(*cache, "headers");
	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return dir;
	free(dir);
	return NULL;
}

static int sum_of(const char *root, const char *cache, struct gp_headersum *out, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list roots = { 0 };
	int rc;

	gp_list_add(&roots, root);
	rc = gp_headersum_take(&roots, cache, out, err);
	if (rc == 0 && cache && !out->known && *out->stat)
		gp_headersum_keep(out, cache);
	return rc;
}

static char *record_of(const struct gp_list *packages, const char *sum)
{
	struct gp_buf out = { 0 };

	gp_buf_printf(&out, MAGIC "\n%s\n", sum);
	for (size_t i = 0; i < packages->n; i++)
		gp_buf_printf(&out, "%s\n", packages->v[i]);
	return gp_buf_detach(&out);
}

/* --- finding --- */

static bool holds(const char *dir, const char *cache, struct gp_kept *k)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, "record");
	gp_auto(gp_buf_release) struct gp_buf record = { 0 };
	struct gp_str rest, line, sum;
	struct gp_headersum now;

	if (!gp_cache_read(path, RECORD_MAX, &record))
		return false;
	rest = gp_buf_str(&record);
	if (!gp_text_line_next(&rest, &line) || !gp_str_eq(line, MAGIC) || !gp_text_line_next(&rest, &sum))
		return false;
	while (gp_text_line_next(&rest, &line))
		gp_list_take(&k->packages, gp_strndup(line.p, line.len));
	return sum_of(k->root, cache, &now, NULL) == 0 && gp_str_eq(sum, now.bytes);
}

bool gp_kept_find(const struct gp_fetch_plan *p, struct gp_kept *out)
{
	gp_auto(gp_free_ptr) char *cache = NULL, *at = place(&cache), *key = gp_fetch_plan_key(p), *dir = NULL;

	*out = (struct gp_kept){ .lock = -1 };
	if (!at)
		return false;
	dir = gp_path_join(at, key);
	out->lock = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out->lock < 0)
		return false;
	out->root = gp_path_join(dir, "root");
	/* Who is about to remove it has a lock, and is soon done. */
	if (flock(out->lock, LOCK_SH) == 0 && holds(dir, cache, out)) {
		futimens(out->lock, NULL);
		return true;
	}
	gp_kept_release(out);
	return false;
}

/* --- keeping --- */

bool gp_kept_begin(const struct gp_fetch_plan *p, struct gp_tmpdir *t, char **root)
{
	gp_auto(gp_free_ptr) char *cache = NULL, *at = place(&cache), *key = gp_fetch_plan_key(p), *path = NULL;

	if (!at)
		return false;
	path = gp_path_join(at, key);
	if (gp_tmpdir_open(t, path, NULL) < 0)
		return false;
	*root = gp_asprintf("%s/%s/root", at, t->name);
	return mkdir(*root, 0700) == 0;
}

/* Remove the one that was used longest ago of those that nobody uses. Out: false: none. */
static bool remove_oldest(int at, const struct gp_list *names)
{
	const char *oldest = NULL;
	struct stat st, than = { 0 };
	int fd;

	for (size_t i = 0; i < names->n; i++) {
		fd = openat(at, names->v[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
		    (!oldest || st.st_mtim.tv_sec < than.st_mtim.tv_sec)) {
			oldest = names->v[i];
			than = st;
		}
		close(fd);
	}
	if (!oldest)
		return false;
	fd = openat(at, oldest, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		gp_remove_at(at, oldest);
	if (fd >= 0)
		close(fd);
	return true;
}

static void make_room(const char *dir)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t tries = 0; at >= 0 && tries < GP_FETCH_KEPT; tries++) {
		gp_auto(gp_list_release) struct gp_list all = { 0 }, names = { 0 };

		if (gp_dir_list_at(at, dir, &all, NULL) < 0)
			break;
		for (size_t i = 0; i < all.n; i++)
			if (all.v[i][0] != '.') /* those are on their way */
				gp_list_add(&names, all.v[i]);
		if (names.n <= GP_FETCH_KEPT || !remove_oldest(at, &names))
			break;
	}
	if (at >= 0)
		close(at);
}

int gp_kept_commit(struct gp_tmpdir *t, const char *root, const struct gp_list *packages, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *cache = NULL, *at = place(&cache), *record = NULL;
	struct gp_headersum sum;
	int rc;

	if (sum_of(root, NULL, &sum, err) < 0)
		return -1;
	record = record_of(packages, sum.bytes);
	if (gp_file_make_at(t->fd, "record", 0600, gp_str_of(record), err) < 0)
		return -1;
	/* What has the name is not as it was, or another run's of just now. */
	rc = gp_exists(t->path) ? gp_tmpdir_replace(t, err) : gp_tmpdir_commit(t, err);
	if (rc == 0 && at)
		make_room(at);
	return rc;
}
