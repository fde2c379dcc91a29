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

static int sum_file(const char *path, char out[GP_SHA256_HEX], struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *room = gp_alloc(1 << 20);
	struct gp_hash *hash;
	uint64_t off = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open '%s'", path);
	hash = gp_hash_new(GP_HASH_SHA256);
	while ((n = gp_pread(fd, room, 1 << 20, off, path, err)) > 0) {
		gp_hash_add(hash, room, (size_t)n);
		off += (uint64_t)n;
	}
	gp_hash_hex(hash, out);
	gp_hash_free(hash);
	close(fd);
	return n < 0 ? -1 : 0;
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

int gp_lint_sum(const char *path, char out[GP_SHA256_HEX], struct gp_err *err)
{
	return gp_is_dir(path) ? sum_dir(path, out, err) : sum_file(path, out, err);
}
