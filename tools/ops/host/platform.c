/* SPDX-License-Identifier: MIT */
/* Which system it is, and whether that has DKMS at all. */
#include <string.h>

#include "base/text.h"
#include "base/tri.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"

/* A value of os-release(5), without quotes; free() it. NULL: not there. */
static char *os_value(struct gp_str text, const char *name)
{
	struct gp_str value;

	return gp_text_setting(text, name, &value) ? gp_strndup(value.p, value.len) : NULL;
}

static bool is(const char *id, const char *word)
{
	return id && strcmp(id, word) == 0;
}

/* What people call it. Proxmox says that it is the Debian below it. free() it. */
static char *name_of(const struct gp_machine *m, const char *id, const char *like, const char *version)
{
	static const struct {
		const char *debian, *proxmox;
	} below[] = { { "11", "7" }, { "12", "8" }, { "13", "9" } };

	if (gp_machine_has(m, "/etc/unraid-version") == GP_TRI_YES)
		return gp_strdup("unraid");
	if (is(id, "debian") && gp_machine_can_run(m, "pveversion") == GP_TRI_YES)
		for (size_t i = 0; version && i < GP_COUNT(below); i++)
			if (strcmp(version, below[i].debian) == 0)
				return gp_asprintf("proxmox-%s", below[i].proxmox);
	/* Its rebuilds number as RHEL does. */
	if (is(id, "rhel") || is(id, "centos") || is(id, "rocky") || is(id, "almalinux") ||
	    (like && strstr(like, "rhel") && !is(id, "fedora")))
		return version ? gp_asprintf("rhel-%.*s", (int)strcspn(version, "."), version) : NULL;
	if (!id)
		return NULL;
	if (is(id, "fedora") || is(id, "arch") || is(id, "truenas"))
		return gp_strdup(id);
	return version ? gp_asprintf("%s-%s", id, version) : gp_strdup(id);
}

static void check_dkms(struct gp_checkup *c)
{
	const struct gp_platform *p = c->platform;

	if (gp_machine_can_run(c->machine, "dkms") == GP_TRI_YES)
		gp_checkup_add(c, "dkms", GP_HEALTH_OK, NULL, "dkms is installed");
	else if (p && !p->dkms)
		gp_checkup_add(c, "dkms", GP_HEALTH_ATTENTION,
			       gp_strdup("gridpatch build RUN --headers DIR -o DIR, and install the modules by hand"),
			       "%s has no dkms%s%s", p->title, p->reason ? ": " : "", p->reason ? p->reason : "");
	else
		gp_checkup_add(c, "dkms", GP_HEALTH_MISSING, gp_asprintf("install %s", p ? p->dkms : "dkms"),
			       "dkms is not installed: the next kernel would have no modules");
	if (gp_machine_can_run(c->machine, "make") == GP_TRI_YES)
		gp_checkup_add(c, "make", GP_HEALTH_OK, NULL, "make is installed");
	else
		gp_checkup_add(c, "make", p && !p->dkms ? GP_HEALTH_ATTENTION : GP_HEALTH_MISSING,
			       gp_strdup("install make"), "make is not installed: no module can be built");
}

void gp_check_platform(struct gp_checkup *c)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	gp_auto(gp_free_ptr) char *id = NULL, *like = NULL, *version = NULL, *name = NULL, *pretty = NULL;

	if (gp_machine_read(c->machine, "/etc/os-release", &text, &why) != GP_TRI_YES)
		gp_machine_read(c->machine, "/usr/lib/os-release", &text, &why);
	id = os_value(gp_buf_str(&text), "ID");
	like = os_value(gp_buf_str(&text), "ID_LIKE");
	version = os_value(gp_buf_str(&text), "VERSION_ID");
	pretty = os_value(gp_buf_str(&text), "PRETTY_NAME");
	name = name_of(c->machine, id, like, version);
	if (name)
		gp_platform_find(&c->catalog->platforms, name, &c->platform, NULL);
	if (c->platform)
		gp_checkup_add(c, "platform", GP_HEALTH_OK, NULL, "this is %s", c->platform->title);
	else if (name)
		gp_checkup_add(c, "platform", GP_HEALTH_ATTENTION, NULL, "the data do not know %s",
			       pretty ? pretty : name);
	else
		gp_checkup_unknown(c, "platform", "which system this is", &why);
	check_dkms(c);
}
