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

static enum gp_health health_of(enum gp_verdict v)
{
	switch (v) {
	case GP_VERDICT_BLOCKED:
	case GP_VERDICT_UNKNOWN: return GP_HEALTH_MISSING;
	case GP_VERDICT_NO_EVIDENCE: return GP_HEALTH_ATTENTION;
	default: return GP_HEALTH_OK;
	}
}

static void tell_choice(struct gp_checkup *c, const struct gp_choice *k)
{
	struct gp_claim claims[GP_CLAIM_COUNT];
	const char *why = k->reasons.n ? k->reasons.v[0] : k->load_reasons.n ? k->load_reasons.v[0] : NULL;
	enum gp_health health = health_of(k->verdict);

	gp_choice_claims(k, claims);
	if (health == GP_HEALTH_OK && claims[GP_CLAIM_LOADS].answer == GP_CLAIM_NO)
		health = GP_HEALTH_MISSING;
	else if (health == GP_HEALTH_OK && claims[GP_CLAIM_LOADS].answer == GP_CLAIM_UNKNOWN)
		health = GP_HEALTH_ATTENTION;
	gp_checkup_add(c, "data", health, k->instead.n ? gp_strdup(k->instead.v[0]) : NULL,
		       "%s: driver %s: %s, builds: %s, loads: %s%s%s", k->release.text, c->driver->version.text,
		       gp_verdict_name(k->verdict), gp_claim_answer_name(claims[GP_CLAIM_BUILDS].answer),
		       gp_claim_answer_name(claims[GP_CLAIM_LOADS].answer), why ? "; " : "", why ? why : "");
}

/* In: h: its headers, or NULL. */
static void check_data(struct gp_checkup *c, const struct gp_release *r, struct gp_headers *h)
{
	struct gp_query_kernel kernel = { .release = *r, .headers = h };
	gp_auto(gp_selection_release) struct gp_selection s = { 0 };
	struct gp_query q = { .kernels = &kernel, .nkernels = 1 };
	struct gp_err err = { 0 };

	if (!c->driver) {
		tell_line(c, r);
		return;
	}
	q.driver = c->driver->version;
	q.kind = c->driver->kind;
	q.driver_file = gp_driver_file;
	q.arg = (void *)c->driver;
	q.modules = c->driver->manifest.modules;
	if (gp_catalog_select(c->catalog, &q, &s, &err) < 0)
		gp_checkup_add(c, "data", GP_HEALTH_UNKNOWN, NULL, "%s: %s", r->text, err.cause);
	else
		tell_choice(c, &s.kernels[0]);
}

/* --- headers, and what builds against them --- */

static char *headers_package(const struct gp_checkup *c, const char *release)
{
	gp_auto(gp_free_ptr) char *package = c->platform ? gp_platform_fill(c->platform->headers, release) : NULL;
	static const struct {
		const char *program, *command;
	} managers[] = { { "apt-get", "apt install" }, { "dnf", "dnf install" }, { "zypper", "zypper install" } };

	for (size_t i = 0; package && i < GP_COUNT(managers); i++)
		if (gp_machine_can_run(c->machine, managers[i].program) == GP_TRI_YES)
			return gp_asprintf("%s %s", managers[i].command, package);
	return package ? gp_asprintf("install %s", package) : gp_asprintf("install the headers of %s", release);
}

static void tell_mismatch(struct gp_checkup *c, const char *release, const struct gp_toolchain *t)
{
	if (t->mismatch)
		gp_checkup_add(c, "compiler", GP_HEALTH_ATTENTION, NULL, "%s: %s", release, t->note);
	else
		gp_checkup_add(c, "compiler", GP_HEALTH_OK, NULL, "%s: %s is the compiler that it wants", release,
			       t->cc);
}

/* What `gridpatch build` would find. */
static void check_tools_here(struct gp_checkup *c, const char *release, const struct gp_headers *h)
{
	gp_auto(gp_toolchain_release) struct gp_toolchain t = { 0 };
	gp_auto(gp_list_release) struct gp_list notes = { 0 };
	struct gp_err err = { 0 };

	if (gp_toolchain_find(h, NULL, &t, &err) < 0) {
		gp_checkup_add(c, "compiler", GP_HEALTH_MISSING, NULL, "%s: %s", release, err.cause);
		return;
	}
	tell_mismatch(c, release, &t);
	if (gp_prereq_check(h, &t, &notes, &err) < 0)
		gp_checkup_add(c, "tools", GP_HEALTH_MISSING, NULL, "%s: %s", release, err.cause);
	for (size_t i = 0; i < notes.n; i++)
		gp_checkup_add(c, "tools", GP_HEALTH_ATTENTION, NULL, "%s: %s", release, notes.v[i]);
}

/* By its name alone: CONFIG_CC_VERSION_TEXT is the first line of `CC --version`, which
 * begins with the program's name (init/Kconfig), clang's maybe with a distribution's. */
static void check_compiler_there(struct gp_checkup *c, const char *release, const struct gp_kconfig *k)
{
	gp_auto(gp_free_ptr) char *text = gp_kconfig_text(k, "CONFIG_CC_VERSION_TEXT"), *cc = NULL;
	struct gp_str rest = gp_str_of(text ? text : ""), word;

	if (!text || !gp_word_next(&rest, &word))
		return;
	cc = strstr(text, "clang version") ? gp_strdup("clang") : gp_strndup(word.p, word.len);
	if (strchr(cc, '/') || gp_machine_can_run(c->machine, cc) == GP_TRI_YES)
		gp_checkup_add(c, "compiler", GP_HEALTH_OK, NULL, "%s: %s is the compiler that it wants", release, cc);
	else
		gp_checkup_add(c, "compiler",
			       gp_machine_can_run(c->machine, "gcc") == GP_TRI_YES ? GP_HEALTH_ATTENTION :
										     GP_HEALTH_MISSING,
			       gp_asprintf("install %s", cc), "%s was built with %s, which is not here", release, text);
}

static bool find_headers(const struct gp_checkup *c, const char *release, struct gp_headers *h, struct gp_err *err)
{
	return gp_headers_find(release, NULL, c->machine->root, h, err) == 0;
}

static void check_one(struct gp_checkup *c, const char *release)
{
	gp_auto(gp_headers_release) struct gp_headers h = { 0 };
	gp_auto(gp_kconfig_release) struct gp_kconfig k = { 0 };
	struct gp_err err = { 0 };
	struct gp_release r;
	bool have;

	if (gp_release_parse(release, &r, NULL) < 0)
		return;
	have = find_headers(c, release, &h, &err);
	check_data(c, have ? &h.release : &r, have ? &h : NULL);
	gp_kconfig_read(c->machine, release, c->running && strcmp(release, c->running) == 0, &k);
	gp_check_config(c, release, &k);
	if (!have) {
		gp_checkup_add(c, "headers", GP_HEALTH_MISSING, headers_package(c, release),
			       "%s: its headers are not here", release);
		return;
	}
	gp_checkup_add(c, "headers", GP_HEALTH_OK, NULL, "%s: its headers are in %s", release, h.sysout);
	if (c->machine->root)
		check_compiler_there(c, release, &k);
	else
		check_tools_here(c, release, &h);
}

void gp_check_each_kernel(struct gp_checkup *c)
{
	bool listed = c->running && gp_list_has(&c->kernels, c->running);

	for (size_t i = 0; i < c->kernels.n; i++)
		check_one(c, c->kernels.v[i]);
	if (c->running && !listed && !c->machine->inside)
		check_one(c, c->running);
}
