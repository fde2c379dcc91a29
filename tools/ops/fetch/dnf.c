/* SPDX-License-Identifier: MIT */
#include "ops/fetch/dnf.h"

#include <string.h>

#include "base/text.h"
#include "core/rules/distro.h"
#include "core/rules/release.h"

#define NAME "kernel-devel"

static void add_words(struct gp_list *argv, const char *const *words)
{
	for (; *words; words++)
		gp_list_add(argv, *words);
}

static void plan(const struct gp_headerwish *w, const struct gp_release *r, struct gp_fetch_plan *out)
{
	out->distro = w->distro;
	out->release = *r;
	gp_fetch_plan_add(out, GP_STR(NAME), gp_str_of(r->text), "");
}

bool gp_dnf_named(const struct gp_headerwish *w, struct gp_fetch_plan *out)
{
	gp_auto(gp_free_ptr) char *package = gp_asprintf(NAME "-%s", w->version);
	struct gp_release r;

	if (!gp_str_ends(gp_str_of(w->version), w->distro->flavour) ||
	    !gp_headerwish_release(w->distro, gp_str_of(package), &r))
		return false;
	plan(w, &r, out);
	return true;
}

/* "kernel-devel-RELEASE", all that there are. */
static int names(const volatile sig_atomic_t *cancel, struct gp_list *out, struct gp_err *err)
{
	/* dnf 5 ends no line by itself. */
	static const char *const words[] = { "dnf",       "-q",
					     "repoquery", "--available",
					     "--arch",    "x86_64",
					     "--qf",      "%{name}-%{version}-%{release}.%{arch}\\n",
					     NAME,        NULL };
	gp_auto(gp_list_release) struct gp_list argv = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line;

	add_words(&argv, words);
	if (gp_fetch_ask("dnf repoquery", &argv, NULL, cancel, &text, err) < 0)
		return -1;
	rest = gp_buf_str(&text);
	while (gp_text_line_next(&rest, &line))
		if (gp_str_starts(line, NAME "-"))
			gp_list_take(out, gp_strndup(line.p, line.len));
	return 0;
}

int gp_dnf_find(const struct gp_headerwish *w, const volatile sig_atomic_t *cancel, struct gp_fetch_plan *out,
		struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list packages = { 0 };
	gp_auto(gp_free_ptr) char *nearest = NULL;

	if (names(cancel, &packages, err) < 0)
		return -1;
	gp_headerwish_sort(w->distro, &packages);
	for (size_t i = 0; i < packages.n; i++) {
		struct gp_release r;

		if (gp_headerwish_release(w->distro, gp_str_of(packages.v[i]), &r) && gp_headerwish_holds(w, &r)) {
			plan(w, &r, out);
			return 0;
		}
	}
	nearest = gp_fetch_nearest(w, &packages);
	return gp_fail(err, GP_E_NOTFOUND, "dnf has no headers of a kernel %s of %s here: %s", w->version,
		       gp_distro_title(w->distro->kernels), nearest);
}

int gp_dnf_download(const struct gp_fetch_plan *p, const char *dir, const volatile sig_atomic_t *cancel,
		    struct gp_err *err)
{
	static const char *const words[] = { "dnf", "-q", "download", "--arch", "x86_64", "--destdir", NULL };
	gp_auto(gp_list_release) struct gp_list argv = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	add_words(&argv, words);
	gp_list_add(&argv, dir);
	gp_list_printf(&argv, NAME "-%s", p->release.text);
	return gp_fetch_ask("dnf download", &argv, dir, cancel, &text, err);
}

int gp_dnf_check(const char *file, const volatile sig_atomic_t *cancel, struct gp_err *err)
{
	/* By itself rpmkeys is content with a package that nobody signed. */
	static const char *const words[] = { "rpmkeys", "--checksig", "--define", "_pkgverify_level all", NULL };
	gp_auto(gp_list_release) struct gp_list argv = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	int status;

	add_words(&argv, words);
	gp_list_add(&argv, file);
	status = gp_fetch_run(&argv, NULL, cancel, &text, err);
	if (status <= 0)
		return status;
	return gp_fail(err, GP_E_NO,
		       "what dnf downloaded is not signed by a key that rpm knows here: install any package of the "
		       "distribution's, which brings its key in, or 'rpmkeys --import' that");
}
