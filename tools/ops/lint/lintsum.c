/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/digest.h"
#include "base/path.h"
#include "ops/lint/lintset.h"

static int sum_fd(int fd, const char *path, char out[GP_SHA256_HEX], struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *room = gp_alloc(1 << 20);
	struct gp_hash *hash;
	uint64_t off = 0;
	ssize_t n;

	hash = gp_hash_new(GP_HASH_SHA256);
	while ((n = gp_pread(fd, room, 1 << 20, off, path, err)) > 0) {
		gp_hash_add(hash, room, (size_t)n);
		off += (uint64_t)n;
	}
	gp_hash_hex(hash, out);
	gp_hash_free(hash);
	return n < 0 ? -1 : 0;
}

static int sum_file(const char *path, char out[GP_SHA256_HEX], struct gp_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open '%s'", path);
	rc = sum_fd(fd, path, out, err);
	close(fd);
	return rc;
}

static int sum_dir(const char *root, char out[GP_SHA256_HEX], struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	if (gp_dir_walk(root, ".", &files, err) < 0)
		return -1;
	gp_list_sort(&files);
	for (size_t i = 0; i < files.n; i++) {
		gp_auto(gp_free_ptr) char *full = gp_path_join(root, files.v[i]);
		char hex[GP_SHA256_HEX];

		if (sum_file(full, hex, err) < 0)
			return -1;
		gp_buf_printf(&text, "%s  %s\n", hex, files.v[i]);
	}
	gp_sha256_hex(text.data, text.len, out);
	return 0;
}

int gp_lint_sum(const char *path, const struct gp_given *given, char out[GP_SHA256_HEX], struct gp_err *err)
{
	const struct gp_given_one *one = gp_given_find(given, path);
	const char *dir = gp_given_dir(given, path);

	if (one && one->fd >= 0)
		return sum_fd(one->fd, path, out, err);
	return dir ? sum_dir(dir, out, err) : sum_file(path, out, err);
}
