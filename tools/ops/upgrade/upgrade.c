/* SPDX-License-Identifier: MIT */
#include "ops/upgrade/upgrade.h"

#include <stdlib.h>
#include <string.h>

#include "core/rules/release.h"
#include "ops/host/machine.h"
#include "ops/upgrade/nextmodules.h"
#include "ops/patch/apply.h"
#include "ops/patch/patchset.h"
#include "ops/patch/whole.h"
#include "ops/select/headers.h"
#include "ops/select/select.h"
#include "ops/tree/tree.h"

void gp_upgrade_release(struct gp_upgrade *u)
{
	gp_checkup_release(&u->c);
	gp_dkms_driver_release(&u->dkms);
	gp_list_release(&u->stale);
	free(u->release);
	free(u->elsewhere);
	free(u->pin);
	free(u->back);
	*u = (struct gp_upgrade){ 0 };
}

/* --- which kernel, which driver --- */

static int find_kernel(struct gp_upgrade *u, const char *release, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	struct gp_release r;

	if (release && gp_release_parse(release, &r, err) < 0)
		return -1;
	gp_checkup_find_kernels(&u->c, &why);
	if (!u->c.kernels.n && why.n)
		return gp_fail(err, GP_E_SYSTEM, "%s", why.v[0]);
	if (!u->c.kernels.n && !release)
		return gp_fail(err, GP_E_NOTFOUND, "no kernel is installed in /lib/modules: name one");
	u->release = gp_strdup(release ? release : u->c.kernels.v[u->c.kernels.n - 1]);
	u->arrived = gp_list_has(&u->c.kernels, u->release);
	return 0;
}

/* The newest kernel that has one, however it came there. */
static void find_elsewhere(struct gp_upgrade *u)
{
	for (size_t i = u->c.kernels.n; i-- > 0 && !u->elsewhere;) {
		gp_auto(gp_list_release) struct gp_list paths = { 0 };

		gp_kernel_nvidia(u->c.machine, u->c.kernels.v[i], &paths);
		if (paths.n)
			u->elsewhere = gp_strdup(u->c.kernels.v[i]);
	}
}

int gp_upgrade_find(struct gp_upgrade *u, const struct gp_machine *m, const char *release, struct gp_err *err)
{
	int rc;

	*u = (struct gp_upgrade){ .c.machine = m };
	if (find_kernel(u, release, err) < 0)
		return -1;
	rc = gp_dkms_driver_find(&u->c, u->release, &u->dkms, &u->stale, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		find_elsewhere(u);
	else
		u->c.driver = &u->dkms.driver;
	return rc || u->elsewhere;
}

/* --- what the sources should have --- */

/* Are all of its patches in the tree? No: they are not, and now they are. Unknown: they do
 * not fit, and the tree is of no use any more. */
static enum gp_tri has_set(struct gp_tree *t, const struct gp_patchset *set)
{
	gp_auto(gp_applied_list_release) struct gp_applied_list whole = { 0 };
	enum gp_tri answer = GP_TRI_YES;

	if (gp_patchset_is_there(t, set, &whole))
		return GP_TRI_YES;
	for (size_t i = 0; i < set->series.n && answer != GP_TRI_UNKNOWN; i++) {
		struct gp_patch p = gp_patchset_patch(set, i);
		gp_auto(gp_buf_release) struct gp_buf details = { 0 };
		gp_auto(gp_applied_list_release) struct gp_applied_list done = { 0 };

		if (gp_apply_patch(t, &p, 0, &done, &details, NULL) < 0)
			answer = GP_TRI_UNKNOWN;
		else if (!done.n || !done.v[0].already)
			answer = GP_TRI_NO;
	}
	return answer;
}

/* Last of all: it changes the driver's tree, in memory. proven: it was built. */
static void check_sets(struct gp_upgrade *u, const struct gp_choice *k, bool proven)
{
	gp_auto(gp_buf_release) struct gp_buf lacks = { 0 };

	for (size_t i = 0; i < k->sets.n; i++) {
		const struct gp_patchset *set = k->sets.v[i].set;
		enum gp_tri has = has_set(&u->dkms.driver.tree, set);

		if (has == GP_TRI_NO)
			gp_buf_printf(&lacks, "%s%s", lacks.len ? ", " : "", set->name);
		if (has != GP_TRI_UNKNOWN)
			continue;
		gp_checkup_add(&u->c, "sets", proven ? GP_HEALTH_ATTENTION : GP_HEALTH_UNKNOWN, NULL,
			       "%s wants the patch set %s, which does not fit %s: it may have been changed by others",
			       u->release, set->name, u->dkms.source);
		return;
	}
	if (lacks.len)
		gp_checkup_add(&u->c, "sets", GP_HEALTH_MISSING,
			       gp_asprintf("gridpatch patch %s -k %s", u->dkms.source, u->release),
			       "%s wants patches that %s does not have: %s", u->release, u->dkms.source, lacks.data);
	else if (k->sets.n)
		gp_checkup_add(&u->c, "sets", GP_HEALTH_OK, NULL, "%s has the patches that %s wants", u->dkms.source,
			       u->release);
}

/* --- all of it --- */

static void look_at_driver(struct gp_upgrade *u, const struct gp_release *r, struct gp_headers *h,
			   const volatile sig_atomic_t *cancel)
{
	gp_auto(gp_selection_release) struct gp_selection s = { 0 };
	bool proven = u->arrived && gp_next_modules_check(u, h, cancel);

	if (gp_check_data(&u->c, h ? &h->release : r, h, proven ? GP_DATA_BESIDES : GP_DATA_ALONE, &s) == 0 &&
	    s.kernels[0].verdict != GP_VERDICT_BLOCKED)
		check_sets(u, &s.kernels[0], proven);
}

void gp_upgrade_look(struct gp_upgrade *u, const struct gp_catalog *catalog, const volatile sig_atomic_t *cancel)
{
	gp_auto(gp_headers_release) struct gp_headers h = { 0 };
	struct gp_release r = { 0 };
	bool have;

	u->c.catalog = catalog;
	free(gp_checkup_find_platform(&u->c, NULL));
	gp_release_parse(u->release, &r, NULL);
	have = gp_headers_find(u->release, NULL, u->c.machine->root, &h, NULL) == 0;
	for (size_t i = 0; i < u->stale.n; i++)
		gp_checkup_add(&u->c, "driver", GP_HEALTH_ATTENTION, NULL, "%s", u->stale.v[i]);
	if (u->elsewhere)
		gp_next_elsewhere_check(u, have ? &h : NULL, cancel);
	else
		look_at_driver(u, &r, have ? &h : NULL, cancel);
	if (gp_upgrade_answer(u) != GP_HEALTH_OK)
		gp_upgrade_find_way_back(u);
}

enum gp_health gp_upgrade_answer(const struct gp_upgrade *u)
{
	enum gp_health answer = GP_HEALTH_OK;

	for (size_t i = 0; i < u->c.n; i++)
		if (u->c.v[i].health == GP_HEALTH_MISSING)
			return GP_HEALTH_MISSING;
		else if (u->c.v[i].health == GP_HEALTH_UNKNOWN)
			answer = GP_HEALTH_UNKNOWN;
	return answer;
}
