/* SPDX-License-Identifier: MIT */
#include "base/owned.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"

/* Deeper than any data; a link to what it lies in ends here. */
#define DEPTH_MAX 16

static bool is_caller(uid_t uid)
{
	const char *sudo = getenv("SUDO_UID");
	uint64_t n;

	return geteuid() == 0 && sudo && gp_parse_u64(gp_str_of(sudo), UINT32_MAX, &n) && n == uid;
}

static int check_one(const char *path, const struct stat *st, struct gp_err *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid() && !is_caller(st->st_uid))
		return gp_fail(err, GP_E_SYSTEM, "'%s' belongs to user %u, who is neither you nor root: it is not used",
			       path, (unsigned)st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return gp_fail(err, GP_E_SYSTEM,
			       "'%s' can be written to by others: it is not used (chmod go-w takes that away)", path);
	return 0;
}

static int check(const char *path, bool deep, unsigned depth, struct gp_err *err);

static int check_below(const char *path, unsigned depth, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (depth >= DEPTH_MAX)
		return gp_fail(err, GP_E_SYSTEM, "'%s' lies too deep", path);
	if (gp_dir_list(path, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *part = gp_path_join(path, names.v[i]);

		if (names.v[i][0] != '.' && check(part, true, depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

static int check(const char *path, bool deep, unsigned depth, struct gp_err *err)
{
	struct stat st;

	/* Nothing, and a link to nowhere: for whoever reads the file to complain about. */
	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : gp_fail_sys(err, errno, "cannot look at '%s'", path);
	if (check_one(path, &st, err) < 0)
		return -1;
	return deep && S_ISDIR(st.st_mode) ? check_below(path, depth, err) : 0;
}

int gp_owned_check(const char *path, bool deep, struct gp_err *err)
{
	return check(path, deep, 0, err);
}
