/* SPDX-License-Identifier: MIT */
/* What a run did to an installed tree, and what is left for dkms. */
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "ops/driver/dkmsstate.h"
#include "ops/job/inplace.h"
#include "ops/job/patchjob.h"
#include "cmd/report/report.h"

static void say_build(const struct gp_args *a, const struct gp_inplace *p, const struct gp_dkms_build *b)
{
	if (b->old)
		gp_say(a, "dkms       its modules for %s (%s)%s are from the old sources\n", b->release, b->arch,
		       b->installed ? ", which are installed," : "");
	else if (!p->same || a->verbose)
		gp_say(a, "dkms       its modules for %s (%s)%s are from these sources\n", b->release, b->arch,
		       b->installed ? ", which are installed," : "");
}

void gp_say_dkms(const struct gp_args *a, const char *tree, const struct gp_inplace *p)
{
	for (size_t i = 0; i < p->dkms.n; i++)
		say_build(a, p, &p->dkms.v[i]);
	if (p->dkms.left)
		gp_say(a, "dkms       a build left its copy of the old sources; 'dkms remove' takes it away\n");
	if (p->dkms.source && strcmp(p->dkms.source, tree) != 0)
		gp_say(a, "dkms       takes the sources from %s until 'dkms add'\n", p->dkms.source);
	if (p->stale.n)
		gp_say(a,
		       "stale      a build left %zu file%s in it, %s first: dkms copies %s, and make may take %s for "
		       "its own; remove %s\n",
		       p->stale.n, p->stale.n == 1 ? "" : "s", p->stale.v[0], p->stale.n == 1 ? "it" : "them",
		       p->stale.n == 1 ? "it" : "them", p->stale.n == 1 ? "it" : "them");
	for (size_t i = 0; a->verbose && i < p->stale.n; i++)
		gp_say(a, "  %s\n", p->stale.v[i]);
}

static void say_changed(const struct gp_args *a, const char *tree, const struct gp_inplace *p)
{
	gp_auto(gp_buf_release) struct gp_buf name = { 0 };
	char size[32];

	gp_text_shell_word(&name, a->patch.run);
	gp_say(a, "backup     %s, %s\ntree       %s is changed; to take that back: gridpatch patch --undo %s\n",
	       p->backup, gp_say_size(p->backup_size, size), tree, name.data);
}

void gp_report_inplace(const struct gp_args *a, const struct gp_patch_job *j)
{
	const struct gp_inplace *p = &j->written.inplace;

	gp_say_covers(a, &j->decided.selection);
	if (j->decided.lock_holds)
		gp_say(a, "lock       %s: everything is as it was\n", a->patch.lock);
	if (p->same)
		gp_say(a, "tree       %s has all of it: nothing was changed\n", j->in.tree);
	else if (a->patch.dry_run)
		gp_say(a, "dry run    %s would be changed, after a backup beside it\n", j->in.tree);
	else
		say_changed(a, j->in.tree, p);
	if (j->written.lock)
		gp_say(a, "wrote      %s, the lock file\n", a->patch.write_lock);
	gp_say_dkms(a, j->in.tree, p);
	if (p->commands.n)
		gp_say(a, "\nFor your own machines: NVIDIA's licence does not let you pass it on. %s\n",
		       p->same ? "Where dkms has not built it yet:" : "Build and install with");
	for (size_t i = 0; i < p->commands.n; i++)
		gp_say(a, "  %s\n", p->commands.v[i]);
}

static struct json_object *json_build(const struct gp_dkms_build *b)
{
	return gp_json_object(GP_J("kernel", b->release), GP_J("arch", b->arch), GP_J("installed", b->installed),
			      GP_J("old", b->old));
}

struct json_object *gp_json_inplace(const char *tree, const struct gp_inplace *p)
{
	struct json_object *dkms = gp_json_object(GP_J("added", p->dkms.added), GP_J("source", p->dkms.source),
						  GP_J("built", GP_JSON_EACH(i, p->dkms.n, json_build(&p->dkms.v[i]))),
						  GP_J("left", p->dkms.left));

	return gp_json_object(GP_J("path", tree), GP_J("backup", p->backup), GP_J("same", p->same), GP_J("dkms", dkms),
			      GP_J("stale", &p->stale));
}
