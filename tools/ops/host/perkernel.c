/* SPDX-License-Identifier: MIT */
/* Of each kernel that is installed: what the data know, its configuration, headers, compiler. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/tri.h"
#include "ops/host/checkup.h"
#include "ops/host/config.h"
#include "ops/host/machine.h"
#include "ops/proof/prereq.h"
#include "ops/proof/toolchain.h"
#include "ops/select/headers.h"
#include "ops/select/select.h"

/* --- the data --- */

static void tell_line(struct gp_checkup *c, const struct gp_release *r)
{
	char line[GP_LINE_NAME];

	gp_release_line(r, line);
	if (gp_catalog_line(c->catalog, r))
		gp_checkup_add(c, "data", GP_HEALTH_OK, NULL, "%s: the data know the kernel line %s", r->text, line);
	else
		gp_checkup_add(c, "data", GP_HEALTH_ATTENTION, gp_strdup("gridpatch support"),
			       "%s: the data do not know the kernel line %s", r->text, line);
}

static enum gp_health health_of(const struct gp_choice *k, const struct gp_claim *claims, enum gp_data_part part)
{
	static const enum gp_health no_line[] = { GP_HEALTH_MISSING, GP_HEALTH_ATTENTION, GP_HEALTH_UNKNOWN },
				    doubt[] = { GP_HEALTH_ATTENTION, GP_HEALTH_ATTENTION, GP_HEALTH_UNKNOWN };

	if (k->verdict == GP_VERDICT_BLOCKED || claims[GP_CLAIM_LOADS].answer == GP_CLAIM_NO)
		return GP_HEALTH_MISSING;
	if (k->verdict == GP_VERDICT_UNKNOWN)
		return no_line[part];
	if (k->verdict == GP_VERDICT_NO_EVIDENCE || claims[GP_CLAIM_LOADS].answer == GP_CLAIM_UNKNOWN)
		return doubt[part];
	if (part == GP_DATA_ALONE &&
	    (k->verdict == GP_VERDICT_UNTESTED || claims[GP_CLAIM_BUILDS].answer != GP_CLAIM_YES))
		return GP_HEALTH_UNKNOWN;
	return GP_HEALTH_OK;
}

static void tell_choice(struct gp_checkup *c, const struct gp_choice *k, enum gp_data_part part)
{
	struct gp_claim claims[GP_CLAIM_COUNT];
	const char *why = k->reasons.n ? k->reasons.v[0] : k->load_reasons.n ? k->load_reasons.v[0] : NULL;

	gp_choice_claims(k, claims);
	gp_checkup_add(c, "data", health_of(k, claims, part), k->instead.n ? gp_strdup(k->instead.v[0]) : NULL,
		       "%s: driver %s: %s, builds: %s, loads: %s%s%s", k->release.text, c->driver->version.text,
		       gp_verdict_name(k->verdict), gp_claim_answer_name(claims[GP_CLAIM_BUILDS].answer),
		       gp_claim_answer_name(claims[GP_CLAIM_LOADS].answer), why ? "; " : "", why ? why : "");
}

int gp_check_data(struct gp_checkup *c, const struct gp_release *r, struct gp_headers *h, enum gp_data_part part,
		  struct gp_selection *s)
{
	struct gp_query_kernel kernel = { .release = *r, .headers = h };
	struct gp_query q = { .kernels = &kernel, .nkernels = 1 };
	struct gp_err err = { 0 };

	q.driver = c->driver->version;
	q.kind = c->driver->kind;
	q.driver_file = gp_driver_file;
	q.arg = (void *)c->driver;
	q.modules = c->driver->manifest.modules;
	if (gp_catalog_select(c->catalog, &q, s, &err) < 0) {
		gp_checkup_add(c, "data", GP_HEALTH_UNKNOWN, NULL, "%s: %s", r->text, err.cause);
		return -1;
	}
	tell_choice(c, &s->kernels[0], part);
	return 0;
}

/* In: h: its headers, or NULL. */
static void check_data(struct gp_checkup *c, const struct gp_release *r, struct gp_headers *h)
{
	gp_auto(gp_selection_release) struct gp_selection s = { 0 };

	if (c->driver)
		gp_check_data(c, r, h, GP_DATA_ADVISES, &s);
	else
		tell_line(c, r);
}

/* --- headers, and what builds against them --- */

char *gp_checkup_headers(const struct gp_checkup *c, const char *release)
{
	gp_auto(gp_free_ptr) char *package = c->platform ? gp_platform_fill(c->platform->headers, release) : NULL;

	if (package)
		return gp_checkup_install(c, package);
	if (c->platform)
		return gp_strdup("build elsewhere, with that kernel's headers: gridpatch build RUN --headers DIR");
	return gp_asprintf("install the headers of %s", release);
}

/* There are none. */
static void tell_no_headers(struct gp_checkup *c, const char *release)
{
	char *mend = gp_checkup_headers(c, release);

	if (c->platform && !c->platform->headers)
		gp_checkup_add(c, "headers", GP_HEALTH_ATTENTION, mend,
			       "%s: its headers are not here, and %s has no package of them", release,
			       c->platform->title);
	else
		gp_checkup_add(c, "headers", gp_checkup_missing(c), mend, "%s: its headers are not here", release);
}

/* What a build would find, in a form that can stand in a record. */
struct toolset {
	struct gp_said compiler; /* its name, and maybe why it is another one; 1: why there is none */
	struct gp_said tools;    /* what else is to be known, a line each; 1: the first is why nothing builds */
};

static void toolset_release(struct toolset *t)
{
	gp_said_release(&t->compiler);
	gp_said_release(&t->tools);
}

/* As `gridpatch build` does. */
static void look_for_tools(const struct gp_headers *h, struct toolset *out)
{
	gp_auto(gp_toolchain_release) struct gp_toolchain t = { 0 };
	gp_auto(gp_list_release) struct gp_list notes = { 0 };
	struct gp_err err = { 0 };

	if (gp_toolchain_find(h, NULL, &t, &err) < 0) {
		gp_buf_puts(&out->compiler.text, err.cause);
		out->compiler.status = 1;
		return;
	}
	gp_buf_printf(&out->compiler.text, "%s\n%s", t.cc, t.mismatch ? t.note : "");
	if (gp_prereq_check(h, &t, &notes, &err) < 0) {
		gp_buf_printf(&out->tools.text, "%s\n", err.cause);
		out->tools.status = 1;
	}
	for (size_t i = 0; i < notes.n; i++)
		gp_buf_printf(&out->tools.text, "%s\n", notes.v[i]);
}

static void tell_tools(struct gp_checkup *c, const char *release, const struct toolset *t)
{
	struct gp_str rest = gp_buf_str(&t->compiler.text), cc = { "", 0 }, line;
	bool missing = t->tools.status != 0;

	gp_text_line_next(&rest, &cc);
	if (t->compiler.status) {
		gp_checkup_add(c, "compiler", gp_checkup_missing(c), NULL, "%s: %.*s", release, (int)cc.len, cc.p);
		return;
	}
	if (gp_text_line_next(&rest, &line) && line.len)
		gp_checkup_add(c, "compiler", GP_HEALTH_ATTENTION, NULL, "%s: %.*s", release, (int)line.len, line.p);
	else
		gp_checkup_add(c, "compiler", GP_HEALTH_OK, NULL, "%s: %.*s is the compiler that it wants", release,
			       (int)cc.len, cc.p);
	rest = gp_buf_str(&t->tools.text);
	for (; gp_text_line_next(&rest, &line); missing = false)
		gp_checkup_add(c, "tools", missing ? gp_checkup_missing(c) : GP_HEALTH_ATTENTION, NULL, "%s: %.*s",
			       release, (int)line.len, line.p);
}

/* The package with a compiler; free() it. Debian's have one for each version. */
static char *compiler_package(const struct gp_checkup *c, const struct gp_list *names)
{
	char *package =
		gp_machine_can_run(c->machine, "apt-get") == GP_TRI_YES ? gp_compiler_package(names->v[0]) : NULL;

	return package ? package : gp_strdup(names->v[names->n - 1]);
}

/* By its name alone: CONFIG_CC_VERSION_TEXT is the first line of `CC --version`, which
 * begins with the program's name (init/Kconfig), clang's maybe with a distribution's. What
 * clang built takes options that gcc does not know. */
static void check_compiler_there(struct gp_checkup *c, const char *release, const struct gp_kconfig *k)
{
	gp_auto(gp_free_ptr) char *text = gp_kconfig_text(k, "CONFIG_CC_VERSION_TEXT"), *package = NULL;
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	bool other;

	gp_toolchain_names(text, &names);
	for (size_t i = 0; i < names.n; i++) {
		if (gp_machine_can_run(c->machine, names.v[i]) != GP_TRI_YES)
			continue;
		gp_checkup_add(c, "compiler", GP_HEALTH_OK, NULL, "%s: %s is the compiler that it wants", release,
			       names.v[i]);
		return;
	}
	if (!names.n)
		return;
	package = compiler_package(c, &names);
	other = !strstr(text, "clang version") && gp_machine_can_run(c->machine, "gcc") == GP_TRI_YES;
	gp_checkup_add(c, "compiler", other ? GP_HEALTH_ATTENTION : gp_checkup_missing(c),
		       gp_checkup_install(c, package), "%s was built with %s, which is not here", release, text);
}

/* Of a machine below a directory: are some of that release there, without leaving it? */
static bool are_there(const struct gp_machine *m, const char *release)
{
	static const char *const forms[] = { "/lib/modules/%s/build", "/usr/src/linux-headers-%s",
					     "/usr/src/kernels/%s" };

	for (size_t i = 0; i < GP_COUNT(forms); i++) {
		gp_auto(gp_buf_release) struct gp_buf path = { 0 };
		struct gp_str form = gp_str_of(forms[i]);
		ssize_t at = gp_str_find(form, GP_STR("%s"));

		gp_buf_printf(&path, "%.*s%s%s/include", (int)at, form.p, release, form.p + at + 2);
		if (gp_machine_has(m, path.data) == GP_TRI_YES)
			return true;
	}
	return false;
}

/* A kernel's headers. In a record it is only said where they were. */
struct found {
	struct gp_headers headers; /* when whole */
	char *where;               /* NULL: nowhere */
	char *why;                 /* of that, when they could not be looked for; NULL */
	bool whole;
};

static void found_release(struct found *f)
{
	gp_headers_release(&f->headers);
	free(f->where);
	free(f->why);
}

static void find_headers(const struct gp_checkup *c, const char *release, struct found *f)
{
	gp_auto(gp_free_ptr) char *name = gp_asprintf("headers-%s", release);
	gp_auto(gp_said_release) struct gp_said noted = { 0 };
	const struct gp_machine *m = c->machine;
	struct gp_str rest, line = { "", 0 };
	struct gp_err err = { 0 };

	if (gp_machine_noted(m, name, &noted, NULL) == GP_TRI_YES) {
		rest = gp_buf_str(&noted.text);
		gp_text_line_next(&rest, &line);
		*(noted.status ? &f->why : &f->where) = gp_strndup(line.p, line.len);
		return;
	}
	if ((m->root && !are_there(m, release)) || gp_headers_find(release, NULL, m->root, &f->headers, &err) < 0) {
		if (err.code != GP_E_SYSTEM)
			return;
		f->why = gp_strdup(err.cause);
		gp_machine_note(m, name, gp_str_of(f->why), 1);
		return;
	}
	f->whole = true;
	f->where = gp_machine_shown(m, f->headers.sysout);
	gp_machine_note(m, name, gp_str_of(f->where), 0);
}

/* Programs of this machine are looked for; of another one it is known what was noted, or
 * what is there. */
static void check_tools(struct gp_checkup *c, const char *release, const struct found *f, const struct gp_kconfig *k)
{
	gp_auto(gp_free_ptr) char *compiler = gp_asprintf("compiler-%s", release),
				  *tools = gp_asprintf("tools-%s", release);
	gp_auto(toolset_release) struct toolset t = { 0 };

	if (!c->machine->root) {
		look_for_tools(&f->headers, &t);
		gp_machine_note(c->machine, compiler, gp_buf_str(&t.compiler.text), t.compiler.status);
		gp_machine_note(c->machine, tools, gp_buf_str(&t.tools.text), t.tools.status);
	} else if (gp_machine_noted(c->machine, compiler, &t.compiler, NULL) != GP_TRI_YES) {
		check_compiler_there(c, release, k);
		return;
	} else {
		gp_machine_noted(c->machine, tools, &t.tools, NULL);
	}
	tell_tools(c, release, &t);
}

static void check_one(struct gp_checkup *c, const char *release)
{
	gp_auto(gp_kconfig_release) struct gp_kconfig k = { 0 };
	gp_auto(found_release) struct found f = { 0 };
	struct gp_release r;

	if (gp_release_parse(release, &r, NULL) < 0)
		return;
	find_headers(c, release, &f);
	check_data(c, f.whole ? &f.headers.release : &r, f.whole ? &f.headers : NULL);
	gp_kconfig_read(c->machine, release, c->running && strcmp(release, c->running) == 0, &k);
	gp_check_config(c, release, &k);
	if (f.why) {
		gp_checkup_add(c, "headers", GP_HEALTH_UNKNOWN, NULL, "%s: its headers: %s", release, f.why);
		return;
	}
	if (!f.where) {
		tell_no_headers(c, release);
		return;
	}
	gp_checkup_add(c, "headers", GP_HEALTH_OK, NULL, "%s: its headers are in %s", release, f.where);
	check_tools(c, release, &f, &k);
}

void gp_check_each_kernel(struct gp_checkup *c)
{
	bool listed = c->running && gp_list_has(&c->kernels, c->running);

	for (size_t i = 0; i < c->kernels.n; i++)
		check_one(c, c->kernels.v[i]);
	if (c->running && !listed && !c->machine->inside)
		check_one(c, c->running);
}
