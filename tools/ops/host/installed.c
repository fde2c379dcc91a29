/* SPDX-License-Identifier: MIT */
/* Drivers that are there already: nouveau, loaded modules, what DKMS has, leftovers. */
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "base/tri.h"
#include "core/rules/release.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"

#define DKMS "/var/lib/dkms"

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

/* Of one kernel: has it modules of this version? Source: dkms 2.8.4 - 3.2.2, see
 * ops/driver/dkmsstate.h. */
static bool is_built(const struct gp_checkup *c, const char *name, const char *version, const char *release)
{
	gp_auto(gp_free_ptr) char *dir = gp_asprintf(DKMS "/%s/%s/%s", name, version, release);

	return gp_machine_has(c->machine, dir) == GP_TRI_YES;
}

static void check_built(struct gp_checkup *c, const char *name, const char *version)
{
	for (size_t i = 0; i < c->kernels.n; i++)
		if (!is_built(c, name, version, c->kernels.v[i]))
			gp_checkup_add(c, "dkms-state", GP_HEALTH_ATTENTION,
				       gp_asprintf("dkms install %s/%s -k %s", name, version, c->kernels.v[i]),
				       "DKMS has not built %s/%s for %s", name, version, c->kernels.v[i]);
}

/* A version of a module: is what it was added with still there? */
static bool is_stale(struct gp_checkup *c, const char *name, const char *version)
{
	gp_auto(gp_free_ptr) char *source = gp_asprintf(DKMS "/%s/%s/source", name, version);
	gp_auto(gp_free_ptr) char *conf = gp_path_join(source, "dkms.conf");

	if (gp_machine_has(c->machine, conf) != GP_TRI_NO)
		return false;
	gp_checkup_add(c, "dkms-state", GP_HEALTH_ATTENTION, gp_asprintf("rm -r " DKMS "/%s/%s", name, version),
		       "DKMS has an entry %s/%s whose sources are gone: every kernel's upgrade stumbles over it", name,
		       version);
	return true;
}

/* Versions only: kernel-RELEASE-ARCH are links to what is installed. */
static void list_versions(const struct gp_checkup *c, const char *name, struct gp_list *out)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_join(DKMS, name);
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	struct gp_version v;

	gp_machine_names(c->machine, dir, &names, NULL);
	for (size_t i = 0; i < names.n; i++)
		if (gp_version_parse(gp_str_of(names.v[i]), &v, NULL) == 0)
			gp_list_add(out, names.v[i]);
}

static void check_module(struct gp_checkup *c, const char *name, struct gp_list *known)
{
	gp_auto(gp_list_release) struct gp_list versions = { 0 };
	size_t alive = 0;

	list_versions(c, name, &versions);
	for (size_t i = 0; i < versions.n; i++) {
		gp_list_printf(known, "%s-%s", name, versions.v[i]);
		if (is_stale(c, name, versions.v[i]))
			continue;
		alive++;
		check_built(c, name, versions.v[i]);
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

	if (gp_machine_names(c->machine, DKMS, &names, &why) == GP_TRI_UNKNOWN)
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
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	gp_machine_names(c->machine, "/usr/src", &names, NULL);
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

/* Packages of the distribution that bring modules of their own. */
static void check_packages(struct gp_checkup *c)
{
	static const char *const dpkg[] = { "dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Package}\\n",
					    "nvidia-*",   NULL };
	gp_auto(gp_said_release) struct gp_said said = { 0 };
	struct gp_str rest, line;

	if (gp_machine_ask(c->machine, "packages", dpkg, &said, NULL) != GP_TRI_YES)
		return;
	rest = gp_buf_str(&said.text);
	while (gp_text_line_next(&rest, &line)) {
		gp_auto(gp_free_ptr) char *name = NULL;

		if (!gp_str_take(&line, "ii "))
			continue;
		line = gp_str_trim(line);
		if (!gp_str_ends(line, "-dkms") && gp_str_find(line, GP_STR("kernel")) < 0)
			continue;
		name = gp_strndup(line.p, line.len);
		if (gp_str_ends(line, "-source") || strstr(name, "-common") || strstr(name, "-support"))
			continue;
		gp_checkup_add(
			c, "packages", GP_HEALTH_ATTENTION, gp_asprintf("apt remove %s", name),
			"the distribution's package %s is installed: its modules and an installer's overwrite each "
			"other",
			name);
	}
}

void gp_check_installed(struct gp_checkup *c)
{
	gp_auto(gp_list_release) struct gp_list known = { 0 };

	check_nouveau(c);
	check_loaded(c);
	check_dkms_state(c, &known);
	check_sources(c, &known);
	check_packages(c);
}
