/* SPDX-License-Identifier: MIT */
/* A kernel that has the driver, and what keeps and boots it. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/rules/platform.h"
#include "ops/driver/dkmsstate.h"
#include "ops/upgrade/nextmodules.h"
#include "ops/upgrade/upgrade.h"

static bool has_driver(const struct gp_upgrade *u, const char *release)
{
	const struct gp_dkms_build *b = gp_dkms_state_for(&u->dkms.state, release);
	gp_auto(gp_list_release) struct gp_list paths = { 0 };

	if (!u->elsewhere)
		return b && b->installed;
	gp_kernel_nvidia(u->c.machine, release, &paths);
	return paths.n > 0;
}

/* That which runs is known to work; else the newest. In a chroot the one that runs is not
 * installed, and so it is not taken. */
static const char *find_kept(const struct gp_upgrade *u)
{
	const char *kept = NULL;

	for (size_t i = 0; i < u->c.kernels.n; i++) {
		const char *k = u->c.kernels.v[i];

		if (strcmp(k, u->release) == 0 || !has_driver(u, k))
			continue;
		kept = k;
		if (u->c.running && strcmp(k, u->c.running) == 0)
			break;
	}
	return kept;
}

/* What pins it at the boot loader brings it back by that, too. The others only keep it on
 * the disk, and the newest kernel is what boots. */
static char *way_back(const struct gp_upgrade *u)
{
	struct gp_str pin = gp_str_of(u->pin ? u->pin : "");

	if (gp_str_starts(pin, "proxmox-boot-tool") || gp_str_starts(pin, "grubby"))
		return gp_asprintf("that, and reboot; without it %s is in the boot menu", u->keep);
	if (u->arrived && gp_str_starts(pin, "apt-mark"))
		return gp_asprintf("choose %s in the boot menu (advanced options), or apt remove linux-image-%s",
				   u->keep, u->release);
	return gp_asprintf("choose %s in the boot menu", u->keep);
}

void gp_upgrade_find_way_back(struct gp_upgrade *u)
{
	u->keep = find_kept(u);
	if (!u->keep)
		return;
	if (u->c.platform)
		u->pin = gp_platform_fill(u->c.platform->pin, u->keep);
	u->back = way_back(u);
}
