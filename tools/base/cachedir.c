/* SPDX-License-Identifier: MIT */
#include "base/cachedir.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/text.h"

/* Only we may have put something there: root does not believe what lies in
 * the home of sudo's caller. */
static bool is_ours(const char *path, mode_t type)
{
	struct stat st;

	return lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_uid == geteuid() && !(st.st_mode & 022);
}

/* Is something on the way to path another user's, who could lead it anywhere? What root
 * made there sudo's caller could not write to in the next run. */
static bool is_anothers(const char *path)
{
	gp_auto(gp_free_ptr) char *at = gp_strdup(path);

	for (;;) {
		struct stat st;
		char *up;

		if (lstat(at, &st) == 0 && st.st_uid != 0)
			return true;
		if (strcmp(at, "/") == 0)
			return false;
		up = gp_path_dir(at);
		free(at);
		at = up;
	}
}

/* Where the environment says, else in the home of the user that this process is. */
static char *place(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *dir = NULL;
	struct passwd *pw;

	if (cache && *cache == '/')
		dir = gp_path_join(cache, "gridpatch");
	else if (home && *home == '/')
		dir = gp_path_join(home, ".cache/gridpatch");
	if (geteuid() != 0 || !dir || !is_anothers(dir))
		return dir;
	free(dir);
	pw = getpwuid(0);
	return pw && pw->pw_dir && *pw->pw_dir == '/' ? gp_path_join(pw->pw_dir, ".cache/gridpatch") : NULL;
}

char *gp_cache_dir(void)
{
	char *dir = place();

	if (!dir)
		return NULL;
	if (!gp_exists(dir)) {
		gp_auto(gp_free_ptr) char *parent = gp_path_dir(dir);

		if (gp_mkdirs(parent, NULL) == 0)
			mkdir(dir, 0700); /* that it worked is asked below */
	}
	if (is_ours(dir, S_IFDIR))
		return dir;
	free(dir);
	return NULL;
}

/* Oldest first, until new_size more bytes fit. */
static void make_room(const char *dir, const char *suffix, uint64_t new_size, uint64_t max)
{
	for (;;) {
		gp_auto(gp_list_release) struct gp_list names = { 0 };
		gp_auto(gp_free_ptr) char *oldest = NULL;
		struct timespec when = { 0 };
		uint64_t total = new_size;

		if (gp_dir_list(dir, &names, NULL) < 0)
			return;
		for (size_t i = 0; i < names.n; i++) {
			gp_auto(gp_free_ptr) char *path = gp_path_join(dir, names.v[i]);
			struct stat st;

			if (!gp_str_ends(gp_str_of(path), suffix) || lstat(path, &st) < 0)
				continue;
			total += (uint64_t)st.st_size;
			if (!oldest || st.st_mtim.tv_sec < when.tv_sec ||
			    (st.st_mtim.tv_sec == when.tv_sec && st.st_mtim.tv_nsec < when.tv_nsec)) {
				free(oldest);
				oldest = gp_strdup(path);
				when = st.st_mtim;
			}
		}
		if (total <= max || !oldest || unlink(oldest) < 0)
			return;
	}
}

bool gp_cache_read(const char *path, size_t max, struct gp_buf *out)
{
	if (!is_ours(path, S_IFREG) || gp_file_read(path, max, out, NULL) < 0)
		return false;
	utimensat(AT_FDCWD, path, NULL, 0); /* used: not the oldest */
	return true;
}

void gp_cache_write(const char *path, struct gp_str bytes, const char *suffix, uint64_t max)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(path);

	make_room(dir, suffix, bytes.len, max);
	gp_file_write(path, bytes.p, bytes.len, 0600, true, NULL);
}
