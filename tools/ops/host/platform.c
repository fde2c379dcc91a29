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

/* Of "7.2.2" the "7"; NULL: it begins with no number. free() it. */
static char *major_of(struct gp_str version)
{
	size_t n = 0;

	while (n < version.len && version.p[n] >= '0' && version.p[n] <= '9')
		n++;
	return n ? gp_strndup(version.p, n) : NULL;
}

/*
 * Unraid says version="7.2.2". Its os-release is Slackware's or its own, by release.
 * Source: emhttp's own plugins read it as an ini file (dynamix.plugin.manager).
 */
static char *unraid(const struct gp_machine *m)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_free_ptr) char *major = NULL;
	struct gp_str version = { "", 0 };

	if (gp_machine_read(m, "/etc/unraid-version", &text, NULL) != GP_TRI_YES)
		return NULL;
	gp_text_setting(gp_buf_str(&text), "version", &version);
	major = major_of(version);
	return major ? gp_asprintf("unraid-%s", major) : gp_strdup("unraid");
}

/* TrueNAS calls itself Debian; its kernels have its name, and /etc/version is "25.04.1".
 * Source: truenas/middleware#8353, truenas/linux#210. */
static char *truenas(const struct gp_checkup *c)
{
	gp_auto(gp_free_ptr) char *version = NULL, *major = NULL;

	if (!c->running || !strstr(c->running, "+truenas"))
		return NULL;
	version = gp_machine_line(c->machine, "/etc/version");
	major = version ? major_of(gp_str_of(version)) : NULL;
	return major ? gp_asprintf("truenas-%s", major) : gp_strdup("truenas");
}

/* Source: os-release(5). */
static void read_os(const struct gp_machine *m, struct gp_buf *text, struct gp_list *why)
{
	if (gp_machine_read(m, "/etc/os-release", text, why) != GP_TRI_YES)
		gp_machine_read(m, "/usr/lib/os-release", text, why);
}

/* Proxmox says that it is the Debian below it. */
static char *proxmox(const struct gp_machine *m, const char *version)
{
	static const struct {
		const char *debian, *proxmox;
	} below[] = { { "11", "7" }, { "12", "8" }, { "13", "9" } };

	if (!version || gp_machine_can_run(m, "pveversion") != GP_TRI_YES)
		return NULL;
	for (size_t i = 0; i < GP_COUNT(below); i++)
		if (strcmp(version, below[i].debian) == 0)
			return gp_asprintf("proxmox-%s", below[i].proxmox);
	return NULL;
}

/* What people call it; free() it. */
static char *name_of(const struct gp_checkup *c, const char *id, const char *like, const char *version)
{
	char *name = unraid(c->machine);

	name = name ? name : truenas(c);
	if (!name && is(id, "debian"))
		name = proxmox(c->machine, version);
	if (name)
		return name;
	/* Its rebuilds number as RHEL does. */
	if (is(id, "rhel") || is(id, "centos") || is(id, "rocky") || is(id, "almalinux") ||
	    (like && strstr(like, "rhel") && !is(id, "fedora")))
		return version ? gp_asprintf("rhel-%.*s", (int)strcspn(version, "."), version) : NULL;
	if (!id)
		return NULL;
	if (is(id, "arch") || !version)
		return gp_strdup(id);
	return gp_asprintf("%s-%s", id, version);
}

/* A system that is an image: what is brought in by hand is gone, or cannot be brought in.
 * Source: ostree's prepare-root makes /run/ostree-booted; NixOS has no /usr but its env. */
static void check_image(struct gp_checkup *c)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_free_ptr) char *id = (read_os(c->machine, &text, NULL), os_value(gp_buf_str(&text), "ID"));
	const char *what = gp_machine_has(c->machine, "/run/ostree-booted") == GP_TRI_YES ?
				   "this system is an image (ostree)" :
			   is(id, "nixos") ? "NixOS is made from its configuration" :
					     NULL;

	if (what)
		gp_checkup_add(c, "image", GP_HEALTH_ATTENTION,
			       gp_strdup("gridpatch build RUN --headers DIR -o DIR, and bring the modules in as it "
					 "takes them"),
			       "%s: neither an installer nor DKMS can put modules into it", what);
}

static void check_program(struct gp_checkup *c, const char *name, const char *package, const char *without)
{
	enum gp_tri there = gp_machine_can_run(c->machine, name);

	if (there == GP_TRI_YES)
		gp_checkup_add(c, name, GP_HEALTH_OK, NULL, "%s is installed", name);
	else if (there == GP_TRI_UNKNOWN)
		gp_checkup_unknown(c, name, name, NULL);
	else
		gp_checkup_add(c, name, gp_checkup_missing(c), gp_checkup_install(c, package),
			       "%s is not installed: %s", name, without);
}

static void check_dkms(struct gp_checkup *c)
{
	const struct gp_platform *p = c->platform;
	const bool has_none = p && !p->dkms;

	if (has_none && gp_machine_can_run(c->machine, "dkms") == GP_TRI_NO)
		gp_checkup_add(c, "dkms", GP_HEALTH_ATTENTION,
			       gp_strdup("gridpatch build RUN --headers DIR -o DIR, and install the modules by hand"),
			       "%s has no dkms%s%s", p->title, p->reason ? ": " : "", p->reason ? p->reason : "");
	else
		check_program(c, "dkms", has_none || !p ? "dkms" : p->dkms, "the next kernel would have no modules");
	/* What is built elsewhere needs none here. */
	if (!has_none)
		check_program(c, "make", "make", "no module can be built");
}

static void tell_platform(struct gp_checkup *c)
{
	const struct gp_platform *p = c->platform;
	/* Else it is told with dkms. */
	gp_auto(gp_free_ptr) char *reason = p->dkms ? gp_platform_fill(p->reason, "RELEASE") : NULL;

	gp_checkup_add(c, "platform", GP_HEALTH_OK, NULL, "this is %s%s%s", p->title, reason ? ": " : "",
		       reason ? reason : "");
}

char *gp_checkup_find_platform(struct gp_checkup *c, struct gp_list *why)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_free_ptr) char *id = NULL, *like = NULL, *version = NULL, *name = NULL, *pretty = NULL;

	read_os(c->machine, &text, why);
	id = os_value(gp_buf_str(&text), "ID");
	like = os_value(gp_buf_str(&text), "ID_LIKE");
	version = os_value(gp_buf_str(&text), "VERSION_ID");
	pretty = os_value(gp_buf_str(&text), "PRETTY_NAME");
	name = name_of(c, id, like, version);
	if (name)
		gp_platform_find(gp_catalog_platforms(c->catalog), name, &c->platform, NULL);
	return name && pretty ? gp_steal(&pretty) : gp_steal(&name);
}

void gp_check_platform(struct gp_checkup *c)
{
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	gp_auto(gp_free_ptr) char *name = gp_checkup_find_platform(c, &why);

	if (c->platform)
		tell_platform(c);
	else if (name)
		gp_checkup_add(c, "platform", GP_HEALTH_ATTENTION, NULL, "the data do not know %s", name);
	else
		gp_checkup_unknown(c, "platform", "which system this is", &why);
	check_image(c);
	check_dkms(c);
}
