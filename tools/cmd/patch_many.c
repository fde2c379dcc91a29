/* SPDX-License-Identifier: MIT */
#include "cmd/patch_many.h"

#include "base/json.h"
#include "base/log.h"
#include "cmd/report/report.h"

static void say_error(const struct gp_err *err)
{
	gp_main_flush();
	gp_print_error(err);
}

static int end(const struct gp_args *a, const struct gp_list *names, const struct gp_list *failed, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf which = { 0 };

	if (!failed->n) {
		gp_say(a, "\npatched    %zu installers%s\n", names->n, a->patch.dry_run ? ", in a dry run" : "");
		return 0;
	}
	for (size_t i = 0; i < failed->n; i++)
		gp_buf_printf(&which, "%s'%s'", i ? ", " : "", failed->v[i]);
	return gp_fail(err, GP_E_NO, "%zu of %zu installers could not be patched: %s", failed->n, names->n, which.data);
}

int gp_patch_many(struct gp_args *a, const struct gp_list *names,
		  int (*one)(struct gp_args *a, const char *name, struct gp_report *r, struct gp_err *err),
		  struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list failed = { 0 };
	struct json_object *jobs = json_object_new_array();

	r->root = gp_json_object(GP_J("jobs", jobs));
	for (size_t i = 0; i < names->n; i++) {
		struct gp_report its = { .verb = r->verb };
		struct gp_err why = { 0 };
		int rc;

		if (i)
			gp_say(a, "\n");
		rc = one(a, names->v[i], &its, &why);
		its.root = gp_json_fill(its.root ? its.root : json_object_new_object(), GP_J("run", names->v[i]));
		json_object_array_add(jobs, gp_json_ended(&its, rc, &why));
		if (rc < 0 && why.code == GP_E_CANCELLED) {
			*err = why;
			return -1;
		}
		if (*gp_main_cancel())
			return gp_fail(err, GP_E_CANCELLED, "stopped by a signal");
		if (rc < 0) {
			say_error(&why);
			gp_list_add(&failed, names->v[i]);
		}
	}
	return end(a, names, &failed, err);
}
