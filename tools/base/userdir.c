/* SPDX-License-Identifier: MIT */
#include "base/userdir.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

static void add(const char *xdg, const char *home, const char *name, struct gp_list *places)
{
	gp_auto(gp_free_ptr) char *dir = NULL;

	if (xdg && xdg[0] == '/')
		dir = gp_asprintf("%s/%s", xdg, name);
	else if (home && home[0] == '/')
		dir = gp_asprintf("%s/.local/share/%s", home, name);
	if (dir && !gp_list_has(places, dir))
		gp_list_add(places, dir);
}

void gp_userdir_data(const char *name, struct gp_list *places)
{
	const char *user = getenv("SUDO_USER");
	struct passwd *pw = NULL;

	add(getenv("XDG_DATA_HOME"), getenv("HOME"), name, places);
	if (geteuid() == 0 && user && *user)
		pw = getpwnam(user);
	if (pw)
		add(NULL, pw->pw_dir, name, places);
}
