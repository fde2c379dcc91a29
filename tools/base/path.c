/* SPDX-License-Identifier: MIT */
#include "base/path.h"

#include <string.h>

char *gp_path_clean(const char *path, size_t len, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	if (len && path[0] == '/') {
		gp_fail(err, GP_E_FORMAT, "absolute path '%.*s'", (int)(len < 200 ? len : 200), path);
		return NULL;
	}
	if (len && memchr(path, '\0', len)) {
		gp_fail(err, GP_E_FORMAT, "a path has a NUL byte");
		return NULL;
	}
	if (len > 4095) {
		gp_fail(err, GP_E_FORMAT, "a path has %zu bytes, more than 4095", len);
		return NULL;
	}
	for (size_t i = 0; i < len;) {
		const char *slash = memchr(path + i, '/', len - i);
		size_t n = slash ? (size_t)(slash - (path + i)) : len - i;

		if (n == 2 && memcmp(path + i, "..", 2) == 0) {
			gp_fail(err, GP_E_FORMAT, "path '%.*s' climbs out of the tree", (int)(len < 200 ? len : 200),
				path);
			return NULL;
		}
		if (n && !(n == 1 && path[i] == '.')) {
			if (out.len)
				gp_buf_putc(&out, '/');
			gp_buf_add(&out, path + i, n);
		}
		i += n + 1;
	}
	return gp_buf_detach(&out);
}

bool gp_path_is_clean(const char *path)
{
	if (strlen(path) > 4095)
		return false;
	for (;;) {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n == 1 && path[0] == '.') || (n == 2 && memcmp(path, "..", 2) == 0))
			return false;
		if (!path[n])
			return true;
		path += n + 1;
	}
}

char *gp_path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	return gp_asprintf("%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
}

const char *gp_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool gp_path_same_dir(const char *a, const char *b)
{
	size_t n = (size_t)(gp_path_base(a) - a);

	return n == (size_t)(gp_path_base(b) - b) && strncmp(a, b, n) == 0;
}

char *gp_path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return gp_strdup(".");
	if (slash == path)
		return gp_strdup("/");
	return gp_strndup(path, (size_t)(slash - path));
}

bool gp_path_under(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}
