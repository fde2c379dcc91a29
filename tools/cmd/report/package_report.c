/* SPDX-License-Identifier: MIT */
#include "base/json.h"
#include "base/text.h"
#include "core/driver/package.h"
#include "ops/driver/driver.h"
#include "ops/driver/hooks.h"
#include "ops/driver/unlock.h"
#include "ops/tree/overtree.h"
#include "ops/tree/tree.h"
#include "cmd/report/input.h"
#include "cmd/report/report.h"

#define SHOWN 8

static void say_list(const struct gp_args *a, const char *what, const struct gp_list *l)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	for (size_t i = 0; i < l->n && i < SHOWN; i++)
		gp_buf_printf(&text, " %s", l->v[i]);
	if (l->n > SHOWN)
		gp_buf_printf(&text, " and %zu more", l->n - SHOWN);
	if (l->n)
		gp_say(a, "  %-8s%s\n", what, text.data);
}

/* Would the hooks go in? They are tried, in memory. */
static bool takes_hooks(const struct gp_driver *d, struct gp_err *err)
{
	const struct gp_hookcopy none = { 0 };
	struct gp_tree over;
	int rc;

	gp_overtree_init(&over, &d->tree);
	rc = gp_unlock_integrate(&over, &none, err);
	gp_tree_release(&over);
	return rc == 0;
}

static void say_next(const struct gp_args *a, const char *name)
{
	gp_auto(gp_buf_release) struct gp_buf word = { 0 };

	gp_text_shell_word(&word, name);
	gp_say(a,
	       "  next     it is no installer; what is below usr/src can be patched and built:\n"
	       "             gridpatch build %s\n"
	       "             gridpatch dkms-tree %s -o DIR\n",
	       word.data, word.data);
}

void gp_report_package(const struct gp_args *a, const char *name, const struct gp_package *p, const struct gp_driver *d)
{
	struct gp_err why = { 0 };
	char size[32];

	gp_say(a, "package    %s: %s, %s %s%s%s%s, %zu files, %s\n", name, gp_package_kind_name(p->kind), p->name,
	       p->version, p->arch ? " (" : "", p->arch ? p->arch : "", p->arch ? ")" : "", p->files,
	       gp_say_size(p->unpacked, size));
	if (p->sources)
		gp_say(a, "  sources  %s\n", p->sources);
	say_list(a, "library", &p->libraries);
	say_list(a, "unit", &p->units);
	say_list(a, "built", &p->modules);
	if (!d) {
		gp_say(a, "driver     %s%s\n", p->driver ? p->driver : "version not known", p->host ? ", host" : "");
		gp_say(a,
		       "  next     it has no kernel sources: there is nothing to patch or to build; give the .run\n");
		return;
	}
	if (takes_hooks(d, &why))
		gp_say(a, "  hooks    the places where they go in are there\n");
	else
		gp_say(a, "  hooks    they cannot go in: %s\n", why.cause);
	say_next(a, name);
}

struct json_object *gp_json_package(const struct gp_package *p, const struct gp_driver *d)
{
	struct gp_err why = { 0 };
	bool hooks = d && takes_hooks(d, &why);

	return gp_json_object(GP_J("format", p->kind == GP_PACKAGE_DEB ? "deb" : "rpm"), GP_J("name", p->name),
			      GP_J("version", p->version), GP_J("arch", p->arch), GP_J("files", p->files),
			      GP_J("unpacked", p->unpacked), GP_J("sources", p->sources), GP_J("driver", p->driver),
			      GP_J("host", p->host), GP_J("libraries", &p->libraries), GP_J("units", &p->units),
			      GP_J("modules", &p->modules), GP_J("takes_hooks", hooks));
}
