/* SPDX-License-Identifier: MIT */
#include "ops/upgrade/dkmsdriver.h"

#include <stdlib.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "core/driver/manifest.h"
#include "core/rules/release.h"
#include "ops/host/machine.h"
#include "ops/proof/modfile.h"

void gp_dkms_driver_release(struct gp_dkms_driver *d)
{
	free(d->module);
	free(d->version);
	free(d->source);
	free(d->tree);
	gp_driver_release(&d->driver);
	gp_dkms_state_release(&d->state);
	*d = (struct gp_dkms_driver){ 0 };
}

int gp_dkms_driver_modules(const struct gp_dkms_driver *d, const struct gp_dkms_build *b, struct gp_list *paths,
			   struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir =
		gp_asprintf("%s/%s/%s/%s/%s/module", d->tree, d->module, d->version, b->release, b->arch);
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (gp_dir_list(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, names.v[i]);

		if (gp_modfile_is(path))
			gp_list_take(paths, gp_steal(&path));
	}
	return 0;
}

/* --- which of them --- */

static int newest_first(const void *a, const void *b)
{
	struct gp_version x = { 0 }, y = { 0 };

	gp_version_parse(gp_str_of(*(char *const *)a), &x, NULL);
	gp_version_parse(gp_str_of(*(char *const *)b), &y, NULL);
	return gp_version_cmp(&y, &x);
}

/* Where its sources lie; 0: nowhere any more. */
static int find_source(const struct gp_checkup *c, struct gp_dkms_driver *d, char **dir, struct gp_list *why,
		       struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *link = gp_asprintf(GP_DKMS_TREE "/%s/%s/source", d->module, d->version);
	gp_auto(gp_free_ptr) char *conf = gp_path_join(link, "dkms.conf");
	gp_auto(gp_list_release) struct gp_list cause = { 0 };
	enum gp_tri there = gp_machine_has(c->machine, conf);

	if (there == GP_TRI_YES)
		there = gp_machine_real(c->machine, link, dir, &cause);
	if (there == GP_TRI_NO)
		gp_list_printf(why, "DKMS has an entry %s/%s whose sources are gone", d->module, d->version);
	if (there == GP_TRI_UNKNOWN)
		return gp_fail(err, GP_E_SYSTEM, "cannot look at '%s'%s%s", conf, cause.n ? ": " : "",
			       cause.n ? cause.v[0] : "");
	return there == GP_TRI_YES;
}

/* 1: this is it; 0: its sources are gone, or make something else. */
static int take(const struct gp_checkup *c, const char *module, const char *version, struct gp_dkms_driver *d,
		struct gp_list *why, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = NULL;
	int rc;

	d->module = gp_strdup(module);
	d->version = gp_strdup(version);
	rc = find_source(c, d, &dir, why, err);
	if (rc <= 0)
		return rc;
	d->source = gp_machine_shown(c->machine, dir);
	if (gp_driver_open_tree(&d->driver, dir, d->source, false, err) < 0)
		return gp_within(err, "'%s'", d->source);
	return gp_manifest_has_module(&d->driver.manifest, "nvidia");
}

static int installed_for(const struct gp_machine *m, const char *module, const char *version, const char *release,
			 struct gp_err *err)
{
	gp_auto(gp_dkms_state_release) struct gp_dkms_state s = { 0 };
	const struct gp_dkms_build *b;

	if (gp_dkms_state_read(&m->files, GP_DKMS_TREE, module, version, 0, &s, err) < 0)
		return -1;
	b = gp_dkms_state_for(&s, release);
	return b && b->installed;
}

/* The one that is installed for it comes first. */
static int in_order(const struct gp_machine *m, const char *module, const char *release, struct gp_list *versions,
		    struct gp_err *err)
{
	if (versions->n)
		qsort(versions->v, versions->n, sizeof(*versions->v), newest_first);
	for (size_t i = 0; i < versions->n; i++) {
		int is = installed_for(m, module, versions->v[i], release, err);

		if (is < 0)
			return -1;
		if (is) {
			GP_SWAP(versions->v[0], versions->v[i]);
			return 0;
		}
	}
	return 0;
}

static int try_module(const struct gp_checkup *c, const char *module, const char *release, struct gp_dkms_driver *d,
		      struct gp_list *why, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list versions = { 0 }, cause = { 0 };
	int rc = 0;

	if (gp_checkup_dkms_versions(c, module, &versions, &cause) == GP_TRI_UNKNOWN)
		return gp_fail(err, GP_E_SYSTEM, "%s", cause.v[0]);
	if (in_order(c->machine, module, release, &versions, err) < 0)
		return -1;
	for (size_t i = 0; i < versions.n && rc == 0; i++) {
		gp_dkms_driver_release(d);
		rc = take(c, module, versions.v[i], d, why, err);
	}
	if (rc > 0 && gp_dkms_state_read(&c->machine->files, GP_DKMS_TREE, module, d->version, 0, &d->state, err) < 0)
		rc = -1;
	return rc;
}

int gp_dkms_driver_find(const struct gp_checkup *c, const char *release, struct gp_dkms_driver *d, struct gp_list *why,
			struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 }, cause = { 0 };
	gp_auto(gp_free_ptr) char *tree = NULL;
	enum gp_tri there = gp_machine_real(c->machine, GP_DKMS_TREE, &tree, &cause);
	int rc = 0;

	*d = (struct gp_dkms_driver){ 0 };
	if (there == GP_TRI_YES)
		there = gp_machine_names(c->machine, GP_DKMS_TREE, &names, &cause);
	if (there == GP_TRI_UNKNOWN)
		return gp_fail(err, GP_E_SYSTEM, "%s", cause.n ? cause.v[0] : "cannot look at '" GP_DKMS_TREE "'");
	for (size_t i = 0; i < names.n && rc == 0; i++)
		if (gp_str_starts(gp_str_of(names.v[i]), "nvidia"))
			rc = try_module(c, names.v[i], release, d, why, err);
	if (rc > 0)
		d->tree = gp_steal(&tree);
	else
		gp_dkms_driver_release(d);
	return rc;
}
