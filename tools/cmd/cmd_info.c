/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/log.h"
#include "base/json.h"
#include "core/driver/vgpuconfig.h"
#include "core/driver/package.h"
#include "core/merge/mergepartner.h"
#include "core/payload/stubrisk.h"
#include "ops/driver/driver.h"
#include "ops/job/inputs.h"
#include "ops/run/runfile.h"
#include "ops/tree/tree.h"
#include "cmd/report/input.h"
#include "cmd/report/report.h"
#include "cmd/report/userhalf_report.h"

static void warn_of_stub(const struct gp_runfile *rf)
{
	gp_auto(gp_stub_risks_release) struct gp_stub_risks risks = { 0 };

	gp_stub_risks_find(gp_runfile_stub(rf), &risks);
	gp_main_flush(); /* what follows goes to standard error */
	for (size_t i = 0; i < risks.n; i++) {
		gp_auto(gp_free_ptr) char *text = gp_stub_risk_text(&risks.v[i]);

		gp_warn("%s", text);
	}
}

/* Whose cards' entries were cloned. What cannot be read is no fault of the installer's sums. */
static struct json_object *tell_cards(const struct gp_args *a, const struct gp_driver *d)
{
	gp_auto(gp_vgpuconfig_release) struct gp_vgpuconfig c = { 0 };
	struct json_object *cards = NULL;
	struct gp_err err = { 0 };
	struct gp_str text;
	char line[1024];

	if (!gp_tree_has(&d->tree, GP_VGPUCONFIG))
		return NULL;
	if (gp_tree_read(&d->tree, GP_VGPUCONFIG, &text, &err) == 0 && gp_vgpuconfig_parse(text, &c, &err) == 0) {
		gp_say_cards(a, &c);
		cards = gp_json_cards(&c);
	} else {
		gp_main_flush();
		gp_err_format(&err, line, sizeof(line));
		gp_warn("%s", line);
	}
	return cards;
}

/* With which desktops a host makes a merged driver. What it is itself is known without the
 * data: when nobody named them and they cannot be read, that is a warning. */
static int tell_desktops(const struct gp_args *a, const struct gp_driver *d, struct json_object **out,
			 struct gp_err *err)
{
	gp_auto(gp_merge_desktops_release) struct gp_merge_desktops l = { 0 };
	gp_auto(gp_catalog_release) struct gp_catalog c = { 0 };
	struct gp_err why = { 0 };
	char line[1024];

	*out = NULL;
	if (d->kind != GP_KIND_HOST)
		return 0;
	if (gp_data_load(&a->patch.data, GP_DATA_MERGE, &c, a->patch.data.n ? err : &why) < 0) {
		if (a->patch.data.n)
			return -1;
		gp_main_flush();
		gp_err_format(&why, line, sizeof(line));
		gp_warn("%s: with which desktops the host can be merged is not known", line);
		return 0;
	}
	gp_merge_desktops_find(gp_catalog_merge(&c), &c.branches, &d->version, &l);
	gp_say_desktops(a, &l, gp_version_branch(&d->version));
	*out = gp_json_desktops(&l);
	return 0;
}

/* What can be opened of the input: an installer, a tree, a package's sources. */
static int tell_driver(struct gp_args *a, const char *name, const struct gp_package *p, struct gp_report *r,
		       struct gp_err *err)
{
	char *wanted[] = { (char *)GP_VGPUCONFIG };
	const struct gp_list also = { wanted, 1, 1 };
	struct json_object *desktops = NULL;
	struct gp_driver d;
	int rc = gp_open_driver(a, name, &also, &d, err);

	if (rc == 0) {
		gp_report_driver(a, &d);
		if (p)
			gp_report_package(a, name, p, &d);
		gp_json_fill(r->root, GP_J("package", p ? gp_json_package(p, &d) : NULL),
			     GP_J("driver", gp_json_driver(&d)), GP_J("profile_clones", tell_cards(a, &d)));
		rc = tell_desktops(a, &d, &desktops, err);
		gp_json_fill(r->root, GP_J("desktops", desktops));
		if (a->explain)
			gp_say_drop_in(a, &d);
		warn_of_stub(&d.rf);
	}
	gp_driver_release(&d);
	return rc;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	const struct gp_given_one *one;
	const char *name;

	if (a->positional.n != 1)
		return gp_fail(err, GP_E_USAGE, "give one installer or tree; see 'gridpatch info --help'");
	name = a->positional.v[0];
	if (gp_take_input(a, GP_INPUT_ANY, &name, err) < 0)
		return -1;
	one = gp_given_find(&a->given, name);
	r->root = gp_json_object(GP_J("input", gp_json_input(a, name)));
	if (!one || !one->package || one->dir)
		return tell_driver(a, name, one ? one->package : NULL, r, err);
	gp_report_package(a, name, one->package, NULL);
	gp_json_fill(r->root, GP_J("package", gp_json_package(one->package, NULL)), GP_J("driver", NULL),
		     GP_J("profile_clones", NULL), GP_J("desktops", NULL));
	return 0;
}

const struct gp_cmd gp_cmd_info = {
	.name = "info",
	.args = "RUN|TREE",
	.summary = "say what an installer is",
	.about = "Says driver version, branch, kind, modules, compression and size of the\n"
		 "installer RUN, or of TREE, an extracted one or the sources of an installed\n"
		 "driver (/usr/src/nvidia-VERSION), and whether somebody has altered it: hooks,\n"
		 "DKMS patches, a changed licence tag, profiles of a card cloned for another, the\n"
		 "userspace half of vgpu_unlock. Both sums are checked. What of the stub's texts\n"
		 "sh would run or expand is warned of. Of a host it says which desktop drivers go\n"
		 "with it into a merged one.",
	.example = "gridpatch info NVIDIA-GRID-Linux-KVM-535.161.05.zip",
	.options = "member data explain progress",
	.run = run,
};
