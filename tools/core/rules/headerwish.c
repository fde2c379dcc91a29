/* SPDX-License-Identifier: MIT */
#include "core/rules/headerwish.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/similar.h"
#include "base/text.h"

#define DEBS "linux-headers-"
#define RPMS "kernel-devel-"

static const struct gp_header_distro DISTROS[] = {
	{ "debian", GP_PACKAGER_APT, "Debian", { DEBS }, GP_DISTRO_DEBIAN, "-amd64" },
	{ "ubuntu", GP_PACKAGER_APT, "Ubuntu", { DEBS }, GP_DISTRO_UBUNTU, "-generic" },
	{ "proxmox", GP_PACKAGER_APT, "Proxmox", { "proxmox-headers-", "pve-headers-" }, GP_DISTRO_PVE, "-pve" },
	{ "pve", GP_PACKAGER_APT, "Proxmox", { "proxmox-headers-", "pve-headers-" }, GP_DISTRO_PVE, "-pve" },
	{ "fedora", GP_PACKAGER_DNF, NULL, { RPMS }, GP_DISTRO_FEDORA, ".x86_64" },
	{ "rhel", GP_PACKAGER_DNF, NULL, { RPMS }, GP_DISTRO_RHEL, ".x86_64" },
	{ "centos", GP_PACKAGER_DNF, NULL, { RPMS }, GP_DISTRO_RHEL, ".x86_64" },
	{ "rocky", GP_PACKAGER_DNF, NULL, { RPMS }, GP_DISTRO_RHEL, ".x86_64" },
	{ "almalinux", GP_PACKAGER_DNF, NULL, { RPMS }, GP_DISTRO_RHEL, ".x86_64" },
};

static int no_distro(struct gp_str word, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list known = { 0 };
	gp_auto(gp_buf_release) struct gp_buf all = { 0 };
	gp_auto(gp_free_ptr) char *hint = NULL;

	for (size_t i = 0; i < GP_COUNT(DISTROS); i++) {
		gp_list_add(&known, DISTROS[i].word);
		gp_buf_printf(&all, "%s%s", i ? ", " : "", DISTROS[i].word);
	}
	hint = gp_similar_hint(word, &known);
	return gp_fail(err, GP_E_USAGE, "--fetch-headers: '%.*s' is none of %s%s", (int)(word.len < 40 ? word.len : 40),
		       word.p, all.data, hint);
}

int gp_headerwish_parse(const char *text, struct gp_headerwish *out, struct gp_err *err)
{
	const char *colon = strchr(text, ':');
	struct gp_release r;

	*out = (struct gp_headerwish){ 0 };
	if (!colon || !colon[1])
		return gp_fail(err, GP_E_USAGE, "--fetch-headers: '%s' is not DISTRO:VERSION, as debian:6.12", text);
	for (size_t i = 0; i < GP_COUNT(DISTROS); i++)
		if (gp_str_eq((struct gp_str){ text, (size_t)(colon - text) }, DISTROS[i].word))
			out->distro = &DISTROS[i];
	if (!out->distro)
		return no_distro((struct gp_str){ text, (size_t)(colon - text) }, err);
	if (gp_release_parse(colon + 1, &r, NULL) < 0)
		return gp_fail(err, GP_E_USAGE,
			       "--fetch-headers: '%.80s' is neither a kernel release nor how one begins, as 6.12",
			       colon + 1);
	memcpy(out->version, r.text, sizeof(out->version));
	return 0;
}

/*
 * Of no kernel by itself: Debian's "…-common" and "…-all-amd64", Ubuntu's "6.8.0-87"; and
 * "6.12-amd64", a line, which only depends on the newest.
 */
static bool is_shared(const char *release)
{
	const char *dot = strchr(release, '.');
	size_t n = dot ? strspn(dot + 1, "0123456789") : 0;

	return !n || dot[1 + n] != '.' || strstr(release, "-common") || strstr(release, "-all") ||
	       strspn(release, "0123456789.-") == strlen(release);
}

bool gp_headerwish_release(const struct gp_header_distro *d, struct gp_str package, struct gp_release *out)
{
	for (size_t i = 0; i < GP_COUNT(d->prefixes) && d->prefixes[i]; i++) {
		struct gp_str rest = package;
		gp_auto(gp_free_ptr) char *name = NULL;

		if (!gp_str_take(&rest, d->prefixes[i]) || rest.len > GP_RELEASE_MAX)
			continue;
		name = gp_strndup(rest.p, rest.len);
		return gp_release_parse(name, out, NULL) == 0 && out->distro == d->kernels && !is_shared(out->text);
	}
	return false;
}

bool gp_headerwish_holds(const struct gp_headerwish *w, const struct gp_release *r)
{
	size_t n = strlen(w->version);
	struct gp_str tail;

	if (strncmp(r->text, w->version, n) != 0)
		return false;
	if (!r->text[n])
		return true;
	if (n && isalnum((unsigned char)r->text[n]))
		return false;
	tail = gp_str_of(r->text + r->extra);
	return gp_str_ends(tail, w->distro->flavour) && !r->rt && !strstr(r->text, "-cloud-") &&
	       !strstr(r->text, "-debug");
}

/* Newest first. */
static int by_release(const void *a, const void *b)
{
	const struct gp_release *x = a, *y = b;

	return gp_release_cmp(y, x);
}

struct known {
	struct gp_release release; /* the first: what is sorted by */
	char *package;
};

void gp_headerwish_sort(const struct gp_header_distro *d, struct gp_list *packages)
{
	struct known *v = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < packages->n; i++) {
		struct gp_release r;

		if (!gp_headerwish_release(d, gp_str_of(packages->v[i]), &r))
			continue;
		GP_GROW(v, n, cap);
		v[n++] = (struct known){ r, gp_strdup(packages->v[i]) };
	}
	if (n > 1)
		qsort(v, n, sizeof(*v), by_release);
	gp_list_release(packages);
	for (size_t i = 0; i < n; i++)
		if (packages->n && strcmp(v[i].package, packages->v[packages->n - 1]) == 0)
			free(v[i].package);
		else
			gp_list_take(packages, v[i].package);
	free(v);
}

/* --- what belongs to them --- */

static bool is_part(struct gp_str name)
{
	if (gp_str_starts(name, "linux-kbuild-"))
		return true;
	return (gp_str_starts(name, "linux-") || gp_str_starts(name, "proxmox-") || gp_str_starts(name, "pve-")) &&
	       gp_str_find(name, GP_STR("headers-")) >= 0;
}

/* Nothing that apt would take for an option, a pattern or a file. */
static bool is_plain(struct gp_str s, const char *more)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.p[i]) && !strchr(more, s.p[i]))
			return false;
	return s.len && s.p[0] != '-';
}

/* "NAME (= VERSION) | …": the first. */
static void take_part(struct gp_str one, struct gp_list *out)
{
	struct gp_str name, word;

	if (!gp_text_word_next(&one, &name) || !is_part(name) || !is_plain(name, "+-."))
		return;
	if (gp_text_word_next(&one, &word) && gp_str_eq(word, "(=") && gp_text_word_next(&one, &word) &&
	    gp_str_ends(word, ")") && is_plain((struct gp_str){ word.p, word.len - 1 }, "+-.~:"))
		gp_list_printf(out, "%.*s=%.*s", (int)name.len, name.p, (int)word.len - 1, word.p);
	else
		gp_list_printf(out, "%.*s", (int)name.len, name.p);
}

void gp_headerwish_parts(struct gp_str depends, struct gp_list *out)
{
	while (depends.len) {
		const char *comma = memchr(depends.p, ',', depends.len);
		size_t n = comma ? (size_t)(comma - depends.p) : depends.len;

		take_part((struct gp_str){ depends.p, n }, out);
		depends = gp_str_skip(depends, comma ? n + 1 : n);
	}
}
