/* SPDX-License-Identifier: MIT */
/* The configuration of vgpu_unlock-rs. */
#include "base/tri.h"
#include "core/driver/userconf.h"
#include "ops/driver/userspace.h"
#include "ops/host/machine.h"
#include "ops/running/running.h"

static void judge(struct gp_checkup *c, enum gp_userconf which, const char *path, struct gp_str text)
{
	gp_auto(gp_list_release) struct gp_list warnings = { 0 };
	struct gp_err err = { 0 };
	int rc = gp_userconf_file(which, path, text, &warnings, &err);

	for (size_t i = 0; i < warnings.n; i++)
		gp_checkup_add(c, "unlock-config", GP_HEALTH_ATTENTION, gp_asprintf("mend %s", path), "%s",
			       warnings.v[i]);
	if (rc == 0 && !warnings.n)
		gp_checkup_add(c, "unlock-config", GP_HEALTH_OK, NULL, "%s is as vgpu_unlock-rs takes it", path);
	else if (rc < 0 && err.code == GP_E_FORMAT)
		gp_checkup_add(c, "unlock-config", GP_HEALTH_MISSING,
			       gp_asprintf("mend %s, then systemctl restart nvidia-vgpud nvidia-vgpu-mgr", path),
			       "%s%s%s", err.context, *err.context ? ": " : "", err.cause);
	else if (rc < 0)
		gp_checkup_add(c, "unlock-config", GP_HEALTH_UNKNOWN, NULL, "%s: %s", path, err.cause);
}

void gp_running_config(struct gp_running *r)
{
	for (int i = 0; i < GP_USERCONF_COUNT; i++) {
		gp_auto(gp_free_ptr) char *path =
			gp_asprintf(GP_USERSPACE_CONF_DIR "/%s", gp_userconf_name((enum gp_userconf)i));
		gp_auto(gp_buf_release) struct gp_buf text = { 0 };
		gp_auto(gp_list_release) struct gp_list why = { 0 };
		enum gp_tri there = gp_machine_read(r->checkup.machine, path, &text, &why);

		if (there == GP_TRI_UNKNOWN)
			gp_checkup_unknown(&r->checkup, "unlock-config", path, &why);
		else if (there == GP_TRI_YES)
			judge(&r->checkup, (enum gp_userconf)i, path, gp_buf_str(&text));
	}
}
