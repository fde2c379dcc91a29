/* SPDX-License-Identifier: MIT */
#include "cmd/report/userhalf_report.h"

#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "core/rules/half.h"
#include "ops/driver/userspace.h"
#include "ops/job/decide.h"
#include "cmd/report/report.h"

static void say_list(const struct gp_args *a, const char *label, const struct gp_list *l, const char *after)
{
	if (!l->n)
		return;
	gp_say(a, "  %-8s %s", label, l->v[0]);
	for (size_t i = 1; i < l->n; i++)
		gp_say(a, ", %s", l->v[i]);
	gp_say(a, "%s\n", after);
}

static bool is_host(const struct gp_driver *d)
{
	return d->kind == GP_KIND_HOST || d->kind == GP_KIND_MERGED;
}

static void say_program(const struct gp_args *a, const struct gp_patch_job *j)
{
	const struct gp_usercopy *c = &j->in.user_half;
	const struct gp_half_rule *r = j->decided.half_rule;

	gp_say(a, "userspace  %s from %s: %s\n", gp_half_name(c->half), c->program.from,
	       j->changed.user_half ? "put in, and used by both units" : "is there already");
	if (c->half == GP_HALF_SCRIPT)
		gp_say(a, "  needs    python3 with its module frida, on the machine that runs it\n");
	say_list(a, "needs", &c->needed, "");
	if (r)
		gp_say(a, "  fits     %s, says kernel-versions/%s:%u: %s\n", gp_fits_name(r->fits),
		       gp_path_base(r->file), r->lineno, r->evidence);
	if (j->decided.hooks_action == GP_HOOKS_NONE)
		gp_say(a, "  hooks    none: it unlocks nothing by itself, but its configuration counts\n");
	say_list(a, "left", &j->in.driver.altered.user.twins, ": for other init systems, not changed");
}

static void say_config(const struct gp_args *a, const struct gp_usercopy *c)
{
	for (int i = 0; i < GP_USERCONF_COUNT; i++)
		if (c->config[i].from)
			gp_say(a,
			       "  config   %s to " GP_USERSPACE_CONF_DIR
			       ": edit it here, for an installation overwrites it there\n",
			       c->config[i].from);
}

void gp_say_user_half(const struct gp_args *a, const struct gp_patch_job *j)
{
	const struct gp_userspace *u = &j->in.driver.altered.user;
	const struct gp_usercopy *c = &j->in.user_half;

	if (c->half)
		say_program(a, j);
	else if (u->state != GP_UNLOCK_ABSENT)
		gp_say(a, "userspace  %s already in %s\n", gp_half_name(u->half), u->file);
	else if (is_host(&j->in.driver) && j->decided.hooks_action != GP_HOOKS_NONE)
		gp_say(a,
		       "userspace  none: the host still needs vgpu_unlock's other half: %swhat 'gridpatch info "
		       "--explain' shows\n",
		       j->in.tree ? "" : "--unlock-lib, --unlock-script, or ");
	else if (gp_usercopy_any(c))
		gp_say(a, "userspace  its configuration only\n");
	say_config(a, c);
	if (a->verbose && !c->half && u->state == GP_UNLOCK_ABSENT && j->decided.hooks_action != GP_HOOKS_NONE)
		gp_say_drop_in(a, &j->in.driver);
}

void gp_say_drop_in(const struct gp_args *a, const struct gp_driver *d)
{
	if (!is_host(d)) {
		gp_say(a, "unlock     a %s driver needs nothing of vgpu_unlock\n", gp_kind_name(d->kind));
		return;
	}
	if (d->altered.user.state == GP_UNLOCK_COMPLETE) {
		gp_say(a, "unlock     the %s is in this package, and its units use it\n",
		       gp_half_name(d->altered.user.half));
		return;
	}
	gp_say(a, "unlock     besides hooks in nvidia.ko, vgpu_unlock needs a half in userspace on cards that are\n"
		  "           not made for vGPU. 'gridpatch patch' puts your copy into the package (--unlock-lib,\n"
		  "           --unlock-script). Or, with vgpu_unlock-rs built in /opt/vgpu_unlock-rs, the same\n"
		  "           two lines in each of these files, and then 'systemctl daemon-reload':\n"
		  "             /etc/systemd/system/nvidia-vgpud.service.d/vgpu_unlock.conf\n"
		  "             /etc/systemd/system/nvidia-vgpu-mgr.service.d/vgpu_unlock.conf\n"
		  "\n"
		  "[Service]\n"
		  "Environment=LD_PRELOAD=/opt/vgpu_unlock-rs/target/release/libvgpu_unlock_rs.so\n");
}

const char *gp_say_userspace(const struct gp_args *a, const struct gp_userspace *u, const char *between)
{
	if (u->state == GP_UNLOCK_ABSENT)
		return between;
	if (u->state == GP_UNLOCK_COMPLETE)
		gp_say(a, "%s%s of vgpu_unlock in %s", between, gp_half_name(u->half), u->file);
	else
		gp_say(a, "%s%s of vgpu_unlock half there, without %s", between, gp_half_name(u->half), u->missing);
	return "; ";
}

static struct json_object *json_file(const struct gp_userfile *f)
{
	return gp_json_object(GP_J("file", gp_path_base(f->package)), GP_J("from", f->from),
			      GP_J("sha256", (const char *)f->sha256));
}

static struct json_object *json_fit(const struct gp_half_rule *r)
{
	if (!r)
		return NULL;
	return gp_json_object(GP_J("fits", gp_fits_name(r->fits)), GP_J("reason", r->reason),
			      GP_J("evidence", r->evidence), GP_J("file", r->file), GP_J("line", r->lineno));
}

struct json_object *gp_json_user_half(const struct gp_patch_job *j)
{
	const struct gp_userspace *u = &j->in.driver.altered.user;
	const struct gp_usercopy *c = &j->in.user_half;
	enum gp_half half = c->half ? c->half : u->half;
	struct json_object *files = json_object_new_array();
	const struct gp_userfile *f = NULL;

	while ((f = gp_usercopy_next(c, f)))
		json_object_array_add(files, json_file(f));
	return gp_json_object(GP_J("action", j->changed.user_half ? "integrated" :
					     half                 ? "already there" :
								    "none"),
			      GP_J("half", gp_half_name(half)), GP_J("files", files), GP_J("needed", &c->needed),
			      GP_J("known", json_fit(j->decided.half_rule)), GP_J("twins", &u->twins));
}
