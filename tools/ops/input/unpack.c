/* SPDX-License-Identifier: MIT */
#include "ops/input/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/text.h"
#include "ops/run/libarchive.h"
#include "ops/run/runfile.h"

void gp_unpack_begin(struct gp_unpack *u, int root)
{
	u->bytes = 0;
	gp_dirs_init(&u->dirs, root, false);
}

void gp_unpack_end(struct gp_unpack *u)
{
	gp_dirs_release(&u->dirs);
}

/* What cannot be has the package's names to blame, or our disk. */
static int fail_place(const struct gp_unpack *u, const char *path, int sys, struct gp_err *err)
{
	if (sys == ENAMETOOLONG)
		return gp_fail(err, GP_E_FORMAT, "'%s': the name of its %s '%s' is too long", u->name, u->what, path);
	if (sys == ENOTDIR || sys == EISDIR || sys == EEXIST)
		return gp_fail(err, GP_E_FORMAT, "'%s': its %s '%s' would be a file and a directory", u->name, u->what,
			       path);
	if (sys == ELOOP)
		return gp_fail(err, GP_E_FORMAT, "'%s': its %s '%s' would lie behind a link", u->name, u->what, path);
	return gp_fail_sys(err, sys, "cannot write '%s' of '%s'", path, u->name);
}

/* Its place in ours; NULL: it is not wanted. */
static const char *place_of(const struct gp_unpack *u, const char *path)
{
	size_t n = strlen(u->below);

	if (!n)
		return path;
	return strncmp(path, u->below, n) == 0 && path[n] == '/' && path[n + 1] ? path + n + 1 : NULL;
}

/* The directory for it, made, with nothing of that name in it. Out: borrowed; -1. */
static int make_room(struct gp_unpack *u, const char *path, const char *place, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *parent = gp_path_dir(place);
	int dir = gp_dirs_make(&u->dirs, parent);

	if (dir < 0)
		return fail_place(u, path, errno, err);
	/* A later member of the same name replaces the file. */
	if (unlinkat(dir, gp_path_base(place), 0) < 0 && errno != ENOENT)
		return fail_place(u, path, errno, err);
	return dir;
}

/* Where it has data, that is what the file there gets; it may be a link to one already. */
static int store_data(struct gp_unpack *u, struct gp_archive *a, struct archive_entry *e, const char *path, int dir,
		      const char *name, struct gp_err *err)
{
	const struct timespec times[] = { { 0, UTIME_OMIT }, { archive_entry_mtime(e), 0 } };
	gp_auto(gp_free_ptr) char *quoted = gp_asprintf("'%s' of '%s'", path, u->name);
	struct gp_archive_copy c = { .to_name = quoted, .size = (uint64_t)archive_entry_size(e), .cancel = u->cancel };
	int rc;

	if (c.size > GP_RUN_MAX_UNPACKED - u->bytes)
		return gp_fail(err, GP_E_FORMAT, "'%s' unpacks to more than %llu GiB", u->name,
			       GP_RUN_MAX_UNPACKED >> 30);
	u->bytes += c.size;
	c.to = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		      archive_entry_perm(e) & 0100 ? 0755 : 0644);
	if (c.to < 0)
		return fail_place(u, path, errno, err);
	rc = gp_archive_copy(a, &c, err);
	if (rc == 0 && futimens(c.to, times) < 0)
		rc = gp_fail_sys(err, errno, "cannot write %s", quoted);
	if (close(c.to) < 0 && rc == 0)
		rc = gp_fail_sys(err, errno, "cannot write %s", quoted);
	return rc;
}

/* Errors: errno; ENOENT also where it is no regular file. */
static int link_to(struct gp_unpack *u, const char *other, int dir, const char *name)
{
	const char *from_name;
	int from = gp_dirs_parent(&u->dirs, other, &from_name);
	struct stat st;

	if (from < 0 || fstatat(from, from_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = ENOENT;
		return -1;
	}
	return linkat(from, from_name, dir, name, 0);
}

/* A tar's link has no bytes of its own; of a cpio's the last one has those of all. */
static int store_hardlink(struct gp_unpack *u, struct gp_archive *a, struct archive_entry *e, const char *path,
			  const char *place, struct gp_err *err)
{
	const char *to = archive_entry_hardlink(e), *name = gp_path_base(place);
	gp_auto(gp_free_ptr) char *from_path = gp_path_clean(to + strspn(to, "/"), strlen(to + strspn(to, "/")), err);
	const char *other = from_path ? place_of(u, from_path) : NULL;
	bool has_data = archive_entry_size_is_set(e) && archive_entry_size(e) > 0;
	int dir, kept, rc;

	if (!from_path)
		return gp_within(err, "'%s'", u->name);
	if (!other)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s': '%s' is a link to '%s', which is no %s", u->name, place,
			       from_path, u->what);
	dir = make_room(u, path, place, err);
	if (dir < 0)
		return -1;
	/* What is asked for next may close it. */
	kept = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	if (kept < 0)
		return gp_fail_sys(err, errno, "cannot write '%s' of '%s'", path, u->name);
	rc = link_to(u, other, kept, name);
	if (rc < 0)
		rc = errno == ENOENT ? gp_fail(err, GP_E_FORMAT,
					       "'%s': '%s' is a link to '%s', which is no %s that came before it",
					       u->name, place, from_path, u->what) :
				       fail_place(u, path, errno, err);
	if (rc == 0 && has_data)
		rc = store_data(u, a, e, path, kept, name, err);
	close(kept);
	return rc;
}

/* --- symbolic links --- */

/* Take the next part off a path. */
static bool next_part(struct gp_str *rest, struct gp_str *part)
{
	while (rest->len && rest->p[0] == '/')
		*rest = gp_str_skip(*rest, 1);
	for (part->p = rest->p, part->len = 0; part->len < rest->len && rest->p[part->len] != '/';)
		part->len++;
	*rest = gp_str_skip(*rest, part->len);
	return part->len > 0;
}

/* Follow "." and ".." of a target by the text. Out: false when it leaves the root. */
static bool walk(struct gp_str target, struct gp_list *at)
{
	struct gp_str part;

	while (next_part(&target, &part)) {
		if (gp_str_eq(part, "."))
			continue;
		if (!gp_str_eq(part, "..")) {
			gp_list_take(at, gp_strndup(part.p, part.len));
			continue;
		}
		if (!at->n)
			return false;
		free(at->v[--at->n]);
	}
	return true;
}

/*
 * A target as it is seen from place's own directory, which is no link: all of its ".." are
 * at its begin, and as many as that lies deep at the most. So what it leads to, over
 * whatever other link of the same kind, is below the root. free() it; NULL: it is not.
 */
static char *from_here(const char *place, const char *target)
{
	gp_auto(gp_free_ptr) char *parent = gp_path_dir(place);
	gp_auto(gp_list_release) struct gp_list here = { 0 }, there = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	size_t same = 0;

	if (!walk(gp_str_of(parent), &here) || (target[0] != '/' && !walk(gp_str_of(parent), &there)) ||
	    !walk(gp_str_of(target), &there))
		return NULL;
	while (same < here.n && same < there.n && strcmp(here.v[same], there.v[same]) == 0)
		same++;
	for (size_t i = same; i < here.n; i++)
		gp_buf_puts(&out, i > same ? "/.." : "..");
	for (size_t i = same; i < there.n; i++)
		gp_buf_printf(&out, "%s%s", out.len ? "/" : "", there.v[i]);
	return out.len ? gp_buf_detach(&out) : gp_strdup(".");
}

static int store_symlink(struct gp_unpack *u, struct archive_entry *e, const char *path, const char *place,
			 struct gp_err *err)
{
	const char *target = archive_entry_symlink(e);
	gp_auto(gp_free_ptr) char *to = target && *target ? from_here(place, target) : NULL;
	int dir;

	if (!to)
		return gp_fail(err, GP_E_FORMAT, "'%s': its link '%s' leads out of the package, to '%s'", u->name, path,
			       target ? target : "");
	dir = make_room(u, path, place, err);
	if (dir < 0)
		return -1;
	return symlinkat(to, dir, gp_path_base(place)) < 0 ? fail_place(u, path, errno, err) : 0;
}

int gp_unpack_member(struct gp_unpack *u, struct gp_archive *a, struct archive_entry *e, const char *path,
		     struct gp_err *err)
{
	const char *place = place_of(u, path);
	bool link = archive_entry_filetype(e) == AE_IFLNK;
	int dir;

	if (!place || !*place)
		return 0;
	if (archive_entry_hardlink(e))
		return store_hardlink(u, a, e, path, place, err);
	if (archive_entry_filetype(e) == AE_IFDIR)
		return u->whole && gp_dirs_make(&u->dirs, place) < 0 ? fail_place(u, path, errno, err) : 0;
	if (link && u->whole)
		return store_symlink(u, e, path, place, err);
	if (archive_entry_filetype(e) != AE_IFREG)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s': its %s '%s' is neither a file nor a directory%s", u->name,
			       u->what, path, u->whole ? ", nor a link" : "");
	dir = make_room(u, path, place, err);
	return dir < 0 ? -1 : store_data(u, a, e, path, dir, gp_path_base(place), err);
}
