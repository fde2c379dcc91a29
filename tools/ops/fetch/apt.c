/* SPDX-License-Identifier: MIT */
#include "ops/fetch/apt.h"

#include <stdlib.h>
#include <string.h>

#include "base/stanza.h"
#include "base/text.h"
#include "core/rules/release.h"

/* --- is it set up for this distribution? --- */

/* Whose archives apt has lists of, each once. */
static int origins(const volatile sig_atomic_t *cancel, struct gp_list *out, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list argv = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line;

	gp_list_add(&argv, "apt-get");
	gp_list_add(&argv, "indextargets");
	gp_list_add(&argv, "--format");
	gp_list_add(&argv, "origin=$(ORIGIN)");
	gp_list_add(&argv, "Created-By: Packages");
	if (gp_fetch_ask("apt-get", &argv, NULL, cancel, &text, err) < 0)
		return -1;
	rest = gp_buf_str(&text);
	while (gp_text_line_next(&rest, &line)) {
		gp_auto(gp_free_ptr) char *name = NULL;

		if (!gp_str_take(&line, "origin=") || !line.len)
			continue;
		name = gp_strndup(line.p, line.len);
		if (!gp_list_has(out, name))
			gp_list_add(out, name);
	}
	return 0;
}

static int check_origin(const struct gp_headerwish *w, const volatile sig_atomic_t *cancel, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list have = { 0 };
	gp_auto(gp_buf_release) struct gp_buf names = { 0 };

	if (origins(cancel, &have, err) < 0)
		return -1;
	if (gp_list_has(&have, w->distro->origin))
		return 0;
	if (!have.n)
		return gp_fail(err, GP_E_NOTFOUND,
			       "apt has no lists of any archive here: run 'apt-get update' as root first");
	for (size_t i = 0; i < have.n; i++)
		gp_buf_printf(&names, "%s%s", i ? ", " : "", have.v[i]);
	return gp_fail(err, GP_E_NOTFOUND,
		       "apt has no archive of %s here: it is set up for %s. Fetch these headers on a system of that "
		       "distribution, or in a container of its",
		       w->distro->origin, names.data);
}

/* --- which packages --- */

static int names(const struct gp_headerwish *w, const volatile sig_atomic_t *cancel, struct gp_list *out,
		 struct gp_err *err)
{
	for (size_t i = 0; i < GP_COUNT(w->distro->prefixes) && w->distro->prefixes[i]; i++) {
		gp_auto(gp_list_release) struct gp_list argv = { 0 };
		gp_auto(gp_buf_release) struct gp_buf text = { 0 };
		struct gp_str rest, line;

		gp_list_add(&argv, "apt-cache");
		gp_list_add(&argv, "pkgnames");
		gp_list_add(&argv, w->distro->prefixes[i]);
		if (gp_fetch_ask("apt-cache", &argv, NULL, cancel, &text, err) < 0)
			return -1;
		rest = gp_buf_str(&text);
		while (gp_text_line_next(&rest, &line))
			if (gp_str_starts(line, w->distro->prefixes[i]))
				gp_list_take(out, gp_strndup(line.p, line.len));
	}
	gp_headerwish_sort(w->distro, out);
	return 0;
}

/* Its warnings come over the same line: they are no fields. */
static void drop_warnings(struct gp_str text, struct gp_buf *out)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line))
		if (!gp_str_starts(line, "W: ") && !gp_str_starts(line, "N: ") && !gp_str_starts(line, "E: "))
			gp_buf_printf(out, "%.*s\n", (int)line.len, line.p);
}

/*
 * What apt says of packages, "NAME" or "NAME=VERSION": of the version that it would install.
 *
 * Out: 0; 1: it does not know one of them.
 */
static int show(const struct gp_list *packages, const volatile sig_atomic_t *cancel, struct gp_stanza_list *out,
		struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 }, records = { 0 };
	gp_auto(gp_list_release) struct gp_list words = { 0 };
	int status;

	gp_list_add(&words, "apt-cache");
	gp_list_add(&words, "show");
	gp_list_add(&words, "--no-all-versions");
	gp_list_add_all(&words, packages);
	status = gp_fetch_run(&words, NULL, cancel, &text, err);
	if (status)
		return status < 0 ? -1 : 1;
	drop_warnings(gp_buf_str(&text), &records);
	return gp_stanza_parse(gp_buf_str(&records), "apt-cache show", out, err);
}

static bool is_sum(const char *s)
{
	return s && strlen(s) == GP_SHA256_HEX - 1 && strspn(s, "0123456789abcdef") == GP_SHA256_HEX - 1;
}

static bool is_version(const char *s)
{
	return s && *s && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-~:") == strlen(s);
}

/* Out: false: an archive does not have it, or for no machine of ours. */
static bool take(const struct gp_stanza *s, struct gp_str name, struct gp_fetch_plan *out)
{
	const char *package = gp_stanza_get(s, "Package"), *version = gp_stanza_get(s, "Version"),
		   *arch = gp_stanza_get(s, "Architecture"), *sum = gp_stanza_get(s, "SHA256");

	if (!package || !gp_str_eq(name, package) || !arch || (strcmp(arch, "amd64") != 0 && strcmp(arch, "all") != 0))
		return false;
	if (!gp_stanza_get(s, "Filename") || !is_sum(sum) || !is_version(version))
		return false;
	gp_fetch_plan_add(out, name, gp_str_of(version), sum);
	return true;
}

static bool take_any(const struct gp_stanza_list *l, struct gp_str name, struct gp_fetch_plan *out)
{
	for (size_t i = 0; i < l->n; i++)
		if (take(&l->v[i], name, out))
			return true;
	return false;
}

/* The package, and what it is not whole without. 1: it cannot be had here. */
static int plan(const char *package, const volatile sig_atomic_t *cancel, struct gp_fetch_plan *out, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list self = { 0 }, parts = { 0 };
	gp_auto(gp_stanza_list_release) struct gp_stanza_list first = { 0 }, more = { 0 };
	const char *depends;
	int rc;

	gp_list_add(&self, package);
	rc = show(&self, cancel, &first, err);
	if (rc || first.n != 1 || !take(&first.v[0], gp_str_of(package), out))
		return rc < 0 ? -1 : 1;
	depends = gp_stanza_get(&first.v[0], "Depends");
	gp_headerwish_parts(gp_str_of(depends ? depends : ""), &parts);
	if (!parts.n)
		return 0;
	rc = show(&parts, cancel, &more, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < parts.n; i++)
		if (!take_any(&more, (struct gp_str){ parts.v[i], strcspn(parts.v[i], "=") }, out))
			return 1;
	return 0;
}

/* The newest that is wished for, and can be had. 1: none. */
static int choose(const struct gp_headerwish *w, const struct gp_list *packages, const volatile sig_atomic_t *cancel,
		  struct gp_fetch_plan *out, struct gp_err *err)
{
	for (size_t i = 0; i < packages->n; i++) {
		struct gp_release r;
		int rc;

		if (!gp_headerwish_release(w->distro, gp_str_of(packages->v[i]), &r) || !gp_headerwish_holds(w, &r))
			continue;
		rc = plan(packages->v[i], cancel, out, err);
		out->distro = w->distro;
		out->release = r;
		if (rc <= 0)
			return rc;
		gp_fetch_plan_release(out);
	}
	return 1;
}

int gp_apt_find(const struct gp_headerwish *w, const volatile sig_atomic_t *cancel, struct gp_fetch_plan *out,
		struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list packages = { 0 };
	gp_auto(gp_free_ptr) char *nearest = NULL;
	int rc;

	if (check_origin(w, cancel, err) < 0 || names(w, cancel, &packages, err) < 0)
		return -1;
	rc = choose(w, &packages, cancel, out, err);
	if (rc <= 0)
		return rc;
	nearest = gp_fetch_nearest(w, &packages);
	return gp_fail(err, GP_E_NOTFOUND, "apt has no headers of a kernel %s of %s here: %s", w->version,
		       w->distro->origin, nearest);
}

int gp_apt_download(const struct gp_fetch_plan *p, const char *dir, const volatile sig_atomic_t *cancel,
		    struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_list_release) struct gp_list argv = { 0 };

	gp_list_add(&argv, "apt-get");
	gp_list_add(&argv, "-q");
	gp_list_add(&argv, "download");
	for (size_t i = 0; i < p->n; i++)
		gp_list_printf(&argv, "%s=%s", p->v[i].name, p->v[i].version);
	return gp_fetch_ask("apt-get download", &argv, dir, cancel, &text, err);
}
