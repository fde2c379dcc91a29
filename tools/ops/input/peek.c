/* SPDX-License-Identifier: MIT */
#include "ops/input/peek.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "core/payload/filetype.h"
#include "ops/input/name.h"
#include "ops/input/portal.h"

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* A regular file, or -1. */
static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close_fd(&fd);
	return -1;
}

static enum gp_filetype type_of(int fd, const char *path)
{
	gp_auto(gp_free_ptr) char *head = gp_alloc(GP_FILETYPE_BYTES);
	ssize_t n = fd < 0 ? -1 : gp_pread(fd, head, GP_FILETYPE_BYTES, 0, path, NULL);

	return n < 0 ? GP_FILETYPE_OTHER : gp_filetype_of((struct gp_str){ head, (size_t)n });
}

bool gp_input_may_be(const char *word)
{
	static const char *const ends[] = { ".run", ".zip", ".deb", ".rpm" };
	gp_auto(gp_free_ptr) char *file = NULL;
	gp_auto(gp_free_ptr) char *member = NULL;
	gp_auto(close_fd) int fd = -1;

	if (strcmp(word, "-") == 0 || gp_input_split(word, &file, &member))
		return true;
	for (size_t i = 0; i < GP_COUNT(ends); i++)
		if (gp_str_ends(gp_str_of(word), ends[i]) && gp_exists(word))
			return true;
	fd = open_file(word);
	switch (type_of(fd, word)) {
	case GP_FILETYPE_SCRIPT:
	case GP_FILETYPE_ZIP:
	case GP_FILETYPE_DEB:
	case GP_FILETYPE_RPM: return true;
	default: return false;
	}
}

char *gp_input_peek(const char *word, const char *member)
{
	gp_auto(gp_portal_release) struct gp_portal p = { 0 };
	gp_auto(gp_free_ptr) char *file = NULL;
	gp_auto(gp_free_ptr) char *inside = NULL;
	gp_auto(close_fd) int fd = -1;
	size_t which = 0;

	if (strcmp(word, "-") == 0)
		return NULL;
	gp_input_split(word, &file, &inside);
	fd = open_file(file ? file : word);
	if (type_of(fd, word) != GP_FILETYPE_ZIP)
		return file ? NULL : gp_strdup(gp_path_base(word));
	if (gp_portal_open(&p, fd, file ? file : word, NULL) < 0 ||
	    gp_portal_choose(&p, inside ? inside : member, &which, NULL) < 0)
		return NULL;
	return gp_strdup(gp_path_base(p.member[which].path));
}
