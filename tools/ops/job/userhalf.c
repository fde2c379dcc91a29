/* SPDX-License-Identifier: MIT */
#include "ops/job/userhalf.h"

#include <string.h>

#include "core/rules/kind.h"
#include "ops/driver/userspace.h"

static int check_host(const struct gp_driver *v, struct gp_err *err)
{
	const char *arch = v->rf.header.target_arch;

	if (v->kind != GP_KIND_HOST && v->kind != GP_KIND_MERGED)
		return gp_fail(err, GP_E_NO,
			       "a %s driver has no vGPU daemons: --unlock-lib, --unlock-script and --unlock-config are "
			       "for hosts",
			       gp_kind_name(v->kind));
	if (arch && strcmp(arch, "x86_64") != 0)
		return gp_fail(err, GP_E_NO, "vgpu_unlock exists for x86_64 only, this is for %s", arch);
	return 0;
}

/* What is in the package must be whole, or become so. */
static int check_present(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	const struct gp_userspace *u = &in->driver.altered.user;
	enum gp_half given = in->user_half.half;

	if (u->state == GP_UNLOCK_ABSENT)
		return 0;
	if (given && given != u->half)
		return gp_fail(err, GP_E_NO,
			       "the package has the %s of vgpu_unlock ('%s') already, and the %s does "
			       "the same work",
			       gp_half_name(u->half), u->file, gp_half_name(given));
	if (u->state == GP_UNLOCK_COMPLETE || (given && !u->both))
		return 0;
	if (!(in->opts->allow & GP_ALLOW_ALTERED))
		return gp_fail(
			err, GP_E_NO,
			"altered: the %s of vgpu_unlock is there, but not %s;%s --allow altered continues anyway",
			gp_half_name(u->half), u->missing,
			u->both                   ? "" :
			u->half == GP_HALF_SCRIPT ? " --unlock-script completes it," :
						    " --unlock-lib completes it,");
	gp_list_printf(&d->overrides, "half of the userspace half of vgpu_unlock");
	return 0;
}

static void ask_data(const struct gp_inputs *in, struct gp_decision *d)
{
	enum gp_half half = in->user_half.half;

	if (!half)
		return;
	/* It is for the daemons, which are the host's. */
	d->half_rule =
		gp_half_find(&in->catalog.halves, half, in->driver.host.n ? &in->driver.host : &in->driver.version);
	if (!d->half_rule)
		gp_list_printf(&d->warnings, "nothing is known of the %s of vgpu_unlock with driver %s",
			       gp_half_name(half), in->driver.version.text);
	else if (d->half_rule->fits != GP_FITS_YES)
		gp_list_printf(&d->warnings, "the %s of vgpu_unlock fits driver %s %s: %s", gp_half_name(half),
			       in->driver.version.text, d->half_rule->fits == GP_FITS_NO ? "not" : "in part only",
			       d->half_rule->reason);
}

int gp_user_half_decide(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	const struct gp_usercopy *c = &in->user_half;
	bool config = c->config[0].from || c->config[1].from;

	if (in->in_place || in->dkms_tree) /* neither installs any of it */
		return 0;
	if (in->tree && gp_usercopy_any(c))
		return gp_fail(err, GP_E_USAGE,
			       "'%s' has sources only: --unlock-lib, --unlock-script and --unlock-config are for "
			       "installers; 'gridpatch info --explain' says how to set up the rest by hand",
			       in->opts->run);
	if ((gp_usercopy_any(c) && check_host(&in->driver, err) < 0) || check_present(in, d, err) < 0)
		return -1;
	ask_data(in, d);
	if (config && (c->half ? c->half : in->driver.altered.user.half) != GP_HALF_LIBRARY)
		gp_list_printf(&d->warnings, "nothing in this package reads the files of --unlock-config: they are for "
					     "the library");
	return 0;
}
