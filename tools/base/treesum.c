/* SPDX-License-Identifier: MIT */
#include "base/treesum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/map.h"

#define MAX_ENTRIES 400000u            /* a built kernel has a fifth of it */
#define MAX_BYTES (UINT64_C(16) << 30) /* the same */
#define MAX_DEPTH 64u                  /* of directories, each of which is open */
#define PIECE 65536u
#define YOUNG_S 2 /* FAT and some network file systems count so */

struct walk {
	enum gp_treesum_how how;
	const volatile sig_atomic_t *cancel;
	struct gp_hash *hash;
	struct gp_map seen; /* directories, to the order in which they were met */
	time_t began;
	bool young;
	unsigned depth;
	size_t entries;
	uint64_t bytes;
	char piece[PIECE];
	struct gp_err *err;
};

static int look(struct walk *w, int dir, const char *name, const char *shown);

/* With its NUL, so that no two lists of words look alike. */
static void say(struct walk *w, const char *word)
{
	gp_hash_add(w->hash, word, strlen(word) + 1);
}

static void say_stat(struct walk *w, const struct stat *st)
{
	uint64_t n[] = { st->st_dev,
			 st->st_ino,
			 st->st_mode,
			 (uint64_t)st->st_size,
			 (uint64_t)st->st_mtim.tv_sec,
			 (uint64_t)st->st_mtim.tv_nsec,
			 (uint64_t)st->st_ctim.tv_sec,
			 (uint64_t)st->st_ctim.tv_nsec };

	gp_hash_add(w->hash, n, sizeof(n));
	w->young |= st->st_ctim.tv_sec > w->began - YOUNG_S;
}

static int read_all(struct walk *w, int fd, uint64_t size, const char *shown)
{
	uint64_t at = 0;
	ssize_t n;

	while ((n = gp_pread(fd, w->piece, PIECE, at, shown, w->err)) > 0) {
		gp_hash_add(w->hash, w->piece, (size_t)n);
		at += (uint64_t)n;
		if (at > size || gp_check_cancel(w->cancel, w->err) < 0)
			break;
	}
	if (n < 0 || (w->cancel && *w->cancel))
		return gp_check_cancel(w->cancel, w->err) < 0 ? -1 : (int)n;
	return at == size ? 0 : gp_fail(w->err, GP_E_SYSTEM, "'%s' changes while it is read", shown);
}

/* The size stands before the bytes: where one file ends and the next name begins is told. */
static int add_bytes(struct walk *w, int dir, const char *name, const char *shown)
{
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), rc;
	uint64_t head[2];
	struct stat st;

	if (fd < 0)
		return gp_fail_sys(w->err, errno, "cannot open '%s'", shown);
	if (fstat(fd, &st) < 0) {
		rc = gp_fail_sys(w->err, errno, "cannot look at '%s'", shown);
	} else if (!S_ISREG(st.st_mode)) {
		rc = gp_fail(w->err, GP_E_SYSTEM, "'%s' changes while it is read", shown);
	} else {
		head[0] = st.st_mode & 0111;
		head[1] = (uint64_t)st.st_size;
		gp_hash_add(w->hash, head, sizeof(head));
		rc = read_all(w, fd, head[1], shown);
	}
	close(fd);
	return rc;
}

static int add_file(struct walk *w, int dir, const char *name, const char *shown, const struct stat *st)
{
	w->bytes += (uint64_t)st->st_size;
	if (w->bytes > MAX_BYTES)
		return gp_fail(w->err, GP_E_UNSUPPORTED, "there is too much to read in '%s'", shown);
	if (w->how == GP_TREESUM_BYTES)
		return add_bytes(w, dir, name, shown);
	say_stat(w, st);
	return 0;
}

static int add_names(struct walk *w, int fd, const char *shown)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (gp_dir_list_at(fd, shown, &names, w->err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *below = gp_asprintf("%s/%s", shown, names.v[i]);

		say(w, names.v[i]);
		if (look(w, fd, names.v[i], below) < 0)
			return -1;
	}
	say(w, "");
	return 0;
}

static int add_dir(struct walk *w, int dir, const char *name, const char *shown, const struct stat *st)
{
	char key[64];
	size_t met;
	int fd, rc;

	snprintf(key, sizeof(key), "%llx:%llx", (unsigned long long)st->st_dev, (unsigned long long)st->st_ino);
	if (gp_map_get(&w->seen, key, &met)) {
		gp_hash_add(w->hash, &met, sizeof(met));
		return 0;
	}
	gp_map_put(&w->seen, key, w->seen.n + 1);
	if (w->depth >= MAX_DEPTH)
		return gp_fail(w->err, GP_E_UNSUPPORTED, "'%s' lies too deep", shown);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return gp_fail_sys(w->err, errno, "cannot open '%s'", shown);
	w->depth++;
	rc = add_names(w, fd, shown);
	w->depth--;
	close(fd);
	return rc;
}

/* A link to nowhere is where it points to. */
static int add_link(struct walk *w, int dir, const char *name, const char *shown)
{
	ssize_t n = readlinkat(dir, name, w->piece, PIECE - 1);

	if (n < 0)
		return gp_fail_sys(w->err, errno, "cannot look at '%s'", shown);
	w->piece[n] = '\0';
	say(w, "link");
	say(w, w->piece);
	return 0;
}

static int look(struct walk *w, int dir, const char *name, const char *shown)
{
	struct stat st;

	if (++w->entries > MAX_ENTRIES)
		return gp_fail(w->err, GP_E_UNSUPPORTED, "there are too many files at '%s'", shown);
	if (gp_check_cancel(w->cancel, w->err) < 0)
		return -1;
	if (fstatat(dir, name, &st, 0) < 0)
		return (errno == ENOENT || errno == ELOOP) && dir != AT_FDCWD ?
			       add_link(w, dir, name, shown) :
			       gp_fail_sys(w->err, errno, "cannot look at '%s'", shown);
	say(w, S_ISDIR(st.st_mode) ? "dir" : S_ISREG(st.st_mode) ? "file" : "other");
	if (S_ISDIR(st.st_mode))
		return add_dir(w, dir, name, shown, &st);
	return S_ISREG(st.st_mode) ? add_file(w, dir, name, shown, &st) : 0;
}

int gp_treesum(const struct gp_list *paths, enum gp_treesum_how how, const volatile sig_atomic_t *cancel,
	       char out[GP_SHA256_HEX], struct gp_err *err)
{
	gp_auto(gp_free_ptr) struct walk *w = gp_alloc(sizeof(*w));
	int rc = 0;

	*w = (struct walk){ .how = how, .cancel = cancel, .began = time(NULL), .err = err };
	w->hash = gp_hash_new(GP_HASH_SHA256);
	for (size_t i = 0; i < paths->n && rc == 0; i++)
		rc = look(w, AT_FDCWD, paths->v[i], paths->v[i]);
	gp_hash_hex(w->hash, out);
	if (rc < 0 || (how == GP_TREESUM_STAT && w->young))
		*out = '\0';
	gp_hash_free(w->hash);
	gp_map_release(&w->seen);
	return rc;
}
