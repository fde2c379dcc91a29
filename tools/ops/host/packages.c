/* SPDX-License-Identifier: MIT */
/* Packages of the distribution that bring modules of their own: an installer's and theirs
 * overwrite each other. */
#include <string.h>

#include "base/text.h"
#include "base/tri.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"

static const char *const DPKG[] = { "dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Package}\\n", "nvidia-*", NULL };
static const char *const RPM[] = { "rpm", "-qa", "--qf", "%{NAME}\\n", "*nvidia*", NULL };
/* It says of each that is not there that it is not, and lists the others. */
static const char *const PACMAN[] = { "pacman",      "-Qq",         "nvidia",          "nvidia-lts",
				      "nvidia-dkms", "nvidia-open", "nvidia-open-lts", "nvidia-open-dkms",
				      NULL };

static const struct manager {
	const char *record; /* its name in a record */
	const char *const *argv;
	const char *before; /* what stands before the name of one that is installed */
	const char *remove;
} MANAGERS[] = {
	{ "packages", DPKG, "ii ", "apt remove" },
	{ "packages-rpm", RPM, "", "dnf remove" },
	{ "packages-pacman", PACMAN, "", "pacman -R" },
};

/*
 * Does a package of that name bring modules?
 *
 * Source: Debian's nvidia-kernel-dkms, nvidia-open-kernel-dkms; Ubuntu's nvidia-dkms-535,
 *         linux-modules-nvidia-…; NVIDIA's own repositories: kmod-nvidia-latest-dkms;
 *         RPM Fusion's akmod-nvidia; negativo17's dkms-nvidia; Arch's nvidia, nvidia-lts.
 */
static bool brings_modules(struct gp_str name)
{
	static const char *const signs[] = { "dkms", "kernel", "kmod", "linux-modules" };
	static const char *const never[] = { "-source", "-common", "-support" };
	static const char *const whole[] = { "nvidia", "nvidia-lts", "nvidia-open", "nvidia-open-lts" };

	for (size_t i = 0; i < GP_COUNT(never); i++)
		if (gp_str_find(name, gp_str_of(never[i])) >= 0)
			return false;
	for (size_t i = 0; i < GP_COUNT(signs); i++)
		if (gp_str_find(name, gp_str_of(signs[i])) >= 0)
			return true;
	for (size_t i = 0; i < GP_COUNT(whole); i++)
		if (gp_str_eq(name, whole[i]))
			return true;
	return false;
}

static void tell(struct gp_checkup *c, const struct manager *m, struct gp_str text)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line)) {
		gp_auto(gp_free_ptr) char *name = NULL;

		if (!gp_str_take(&line, m->before))
			continue;
		line = gp_str_trim(line);
		/* A sentence is no name. */
		if (gp_str_find(line, GP_STR(" ")) >= 0 || !brings_modules(line))
			continue;
		name = gp_strndup(line.p, line.len);
		gp_checkup_add(c, "packages", GP_HEALTH_ATTENTION, gp_asprintf("%s %s", m->remove, name),
			       "the distribution's package %s is installed: its modules and an installer's overwrite "
			       "each other",
			       name);
	}
}

void gp_check_packages(struct gp_checkup *c)
{
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	bool told = false;

	for (size_t i = 0; i < GP_COUNT(MANAGERS); i++) {
		gp_auto(gp_said_release) struct gp_said said = { 0 };

		if (gp_machine_ask(c->machine, MANAGERS[i].record, MANAGERS[i].argv, &said, &why) != GP_TRI_YES)
			continue;
		told = true;
		tell(c, &MANAGERS[i], gp_buf_str(&said.text));
	}
	if (!told && why.n)
		gp_checkup_unknown(c, "packages", "packages of the distribution", &why);
}
