/* SPDX-License-Identifier: MIT */
/* Drivers that are there already: nouveau, loaded modules, what DKMS has, leftovers. */
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "base/tri.h"
#include "core/rules/release.h"
#include "ops/driver/dkmsstate.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"

static void check_nouveau(struct gp_checkup *c)
{
	enum gp_tri loaded = gp_machine_has(c->machine, "/sys/module/nouveau");

	if (loaded == GP_TRI_YES)
		gp_checkup_add(
			c, "nouveau", GP_HEALTH_MISSING,
			gp_strdup("echo 'blacklist nouveau' > /etc/modprobe.d/nouveau.conf; update-initramfs -u (or "
				  "dracut -f); reboot"),
			"nouveau is loaded: it holds the cards, and NVIDIA's driver cannot have them");
	else if (loaded == GP_TRI_NO && !c->machine->inside)
		gp_checkup_add(c, "nouveau", GP_HEALTH_OK, NULL, "nouveau is not loaded");
	else
		gp_checkup_unknown(c, "nouveau", "nouveau", NULL);
}

static void check_loaded(struct gp_checkup *c)
{
	gp_auto(gp_free_ptr) char *version = gp_machine_line(c->machine, "/sys/module/nvidia/version");

	if (!version || c->machine->inside)
		return;
	if (c->driver && strcmp(version, c->driver->version.text) != 0)
		gp_checkup_add(c, "loaded", GP_HEALTH_ATTENTION,
			       gp_strdup("shut down what uses it, or reboot after the installation"),
			       "the driver %s is loaded, not %s", version, c->driver->version.text);
	else
		gp_checkup_add(c, "loaded", GP_HEALTH_OK, NULL, "the driver %s is loaded", version);
}

/* --- DKMS --- */

static void check_built(struct gp_checkup *c, const char *name, const char *version, const struct gp_dkms_state *s)
{
	for (size_t i = 0; i < c->kernels.n; i++) {
		const char *release = c->kernels.v[i];
		const struct gp_dkms_build *b = gp_dkms_state_for(s, release);

		if (!b)
			gp_checkup_add(c, "dkms-state", GP_HEALTH_ATTENTION,
				       gp_asprintf("dkms install %s/%s -k %s", name, version, release),
				       "DKMS has not built %s/%s for %s", name, version, release);
		else if (!b->installed)
			gp_checkup_add(c, "dkms-state", GP_HEALTH_ATTENTION,
				       gp_asprintf("dkms install %s/%s -k %s", name, version, release),
				       "DKMS has built %s/%s for %s, and not installed it", name, version, release);
	}
}

/* A version of a module: is what it was added with still there? */
static bool is_stale(struct gp_checkup *c, const char *name, const char *version)
{
	gp_auto(gp_free_ptr) char *conf = gp_asprintf(GP_DKMS_TREE "/%s/%s/source/dkms.conf", name, version);

	if (gp_machine_has(c->machine, conf) != GP_TRI_NO)
		return false;
	gp_checkup_add(c, "dkms-state", GP_HEALTH_ATTENTION, gp_asprintf("rm -r " GP_DKMS_TREE "/%s/%s", name, version),
		       "DKMS has an entry %s/%s whose sources are gone: every kernel's upgrade stumbles over it", name,
		       version);
	return true;
}

/* Out: it is alive. */
static bool check_version(struct gp_checkup *c, const char *name, const char *version)
{
	gp_auto(gp_dkms_state_release) struct gp_dkms_state s = { 0 };
	struct gp_err err = { 0 };

	if (is_stale(c, name, version))
		return false;
	if (gp_dkms_state_read(&c->machine->files, GP_DKMS_TREE, name, version, 0, &s, &err) < 0)
		gp_checkup_add(c, "dkms-state", GP_HEALTH_UNKNOWN, NULL, "what DKMS has of %s/%s: %s", name, version,
			       err.cause);
	else
		check_built(c, name, version, &s);
	return true;
}

/* Versions only: kernel-RELEASE-ARCH are links to what is installed. */
enum gp_tri gp_checkup_dkms_versions(const struct gp_checkup *c, const char *name, struct gp_list *out,
				     struct gp_list *why)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_join(GP_DKMS_TREE, name);
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	enum gp_tri there = gp_machine_names(c->machine, dir, &names, why);
	struct gp_version v;

	for (size_t i = 0; i < names.n; i++)
		if (gp_version_parse(gp_str_of(names.v[i]), &v, NULL) == 0)
			gp_list_add(out, names.v[i]);
	return there;
}

static void check_module(struct gp_checkup *c, const char *name, struct gp_list *known)
{
	gp_auto(gp_list_release) struct gp_list versions = { 0 };
	size_t alive = 0;

	gp_checkup_dkms_versions(c, name, &versions, NULL);
	for (size_t i = 0; i < versions.n; i++) {
		gp_list_printf(known, "%s-%s", name, versions.v[i]);
		alive += check_version(c, name, versions.v[i]);
	}
	if (alive > 1)
		gp_checkup_add(c, "dkms-state", GP_HEALTH_ATTENTION,
			       gp_asprintf("dkms remove %s/VERSION --all, for all but one", name),
			       "DKMS has %zu versions of %s: they overwrite each other's modules", alive, name);
}

static void check_dkms_state(struct gp_checkup *c, struct gp_list *known)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 }, why = { 0 };
	size_t before = c->n, found = 0;

	if (gp_machine_names(c->machine, GP_DKMS_TREE, &names, &why) == GP_TRI_UNKNOWN)
		gp_checkup_unknown(c, "dkms-state", "what DKMS has", &why);
	for (size_t i = 0; i < names.n; i++) {
		if (!gp_str_starts(gp_str_of(names.v[i]), "nvidia"))
			continue;
		found++;
		check_module(c, names.v[i], known);
	}
	if (found && c->n == before)
		gp_checkup_add(c, "dkms-state", GP_HEALTH_OK, NULL, "DKMS has the driver built for every kernel");
}

/* --- what earlier drivers left --- */

static void check_sources(struct gp_checkup *c, const struct gp_list *known)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 }, why = { 0 };

	if (gp_machine_names(c->machine, "/usr/src", &names, &why) == GP_TRI_UNKNOWN)
		gp_checkup_unknown(c, "leftovers", "what earlier drivers left", &why);
	for (size_t i = 0; i < names.n; i++) {
		struct gp_version v;
		struct gp_str rest = gp_str_of(names.v[i]);

		if (!gp_str_take(&rest, "nvidia-") || gp_version_parse(rest, &v, NULL) < 0 ||
		    gp_list_has(known, names.v[i]))
			continue;
		gp_checkup_add(c, "leftovers", GP_HEALTH_ATTENTION, gp_asprintf("rm -r /usr/src/%s", names.v[i]),
			       "/usr/src/%s is left of a driver that DKMS does not have", names.v[i]);
	}
}

void gp_check_installed(struct gp_checkup *c)
{
	gp_auto(gp_list_release) struct gp_list known = { 0 };

	check_nouveau(c);
	check_loaded(c);
	check_dkms_state(c, &known);
	check_sources(c, &known);
}
