/* SPDX-License-Identifier: MIT */
#include "ops/input/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fsio.h"
#include "base/path.h"

bool gp_input_split(const char *word, char **file, char **member)
{
	struct stat st;

	*file = *member = NULL;
	if (stat(word, &st) == 0 || errno != ENOTDIR)
		return false;
	for (const char *slash = strchr(word + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		gp_auto(gp_free_ptr) char *front = gp_strndup(word, (size_t)(slash - word));

		if (!gp_is_file(front))
			continue;
		*member = gp_path_clean(slash + strspn(slash, "/"), strlen(slash + strspn(slash, "/")), NULL);
		if (!*member || !**member)
			break;
		*file = gp_steal(&front);
		return true;
	}
	free(*member);
	*member = NULL;
	return false;
}

bool gp_input_is(const char *word, const char *path)
{
	gp_auto(gp_free_ptr) char *file = NULL;
	gp_auto(gp_free_ptr) char *member = NULL;
	struct stat in, st;

	if (strcmp(word, "-") == 0)
		return fstat(STDIN_FILENO, &in) == 0 && S_ISREG(in.st_mode) && stat(path, &st) == 0 &&
		       in.st_dev == st.st_dev && in.st_ino == st.st_ino;
	return gp_same_file(path, gp_input_split(word, &file, &member) ? file : word);
}
