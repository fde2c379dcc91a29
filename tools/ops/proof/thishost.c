/* SPDX-License-Identifier: MIT */
#include "ops/proof/thishost.h"

#include <sys/utsname.h>

#include "base/buf.h"
#include "base/fsio.h"
#include "base/text.h"

/* os-release(5) is a page of lines. */
#define MAX_BYTES ((size_t)64 << 10)
#define MAX_NAME 100

/* The name of the system, with a comma behind it; "": nobody says. free() it. */
static char *system_name(void)
{
	static const char *const files[] = { "/etc/os-release", "/usr/lib/os-release" };

	for (size_t i = 0; i < GP_COUNT(files); i++) {
		gp_auto(gp_buf_release) struct gp_buf text = { 0 };
		struct gp_str name;

		if (gp_file_read(files[i], MAX_BYTES, &text, NULL) == 0 &&
		    gp_text_setting(gp_buf_str(&text), "PRETTY_NAME", &name) && name.len && name.len <= MAX_NAME)
			return gp_asprintf("%.*s, ", (int)name.len, name.p);
	}
	return gp_strdup("");
}

static char *this_host(void)
{
	gp_auto(gp_free_ptr) char *name = system_name();
	struct utsname u = { 0 };

	(void)uname(&u);
	return gp_asprintf("%s%s %s, %s", name, u.sysname, u.release, u.machine);
}

void gp_hosts_add(const struct gp_cells *known, struct gp_list *out)
{
	gp_list_take(out, this_host());
	for (size_t i = 0; known && known->n && i < known->hosts.n; i++)
		if (!gp_list_has(out, known->hosts.v[i]))
			gp_list_add(out, known->hosts.v[i]);
}
