/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "base/json.h"
#include "core/module/module.h"
#include "core/rules/half.h"
#include "ops/driver/inspect.h"
#include "ops/driver/userspace.h"
#include "ops/proof/boot.h"
#include "ops/proof/modcheck.h"
#include "ops/select/target.h"
#include "ops/vm/kernel.h"
#include "cmd/proof/boot_run.h"
#include "cmd/report/boot_report.h"
#include "cmd/report/input.h"
#include "cmd/report/report.h"

/* --- an installer --- */

static int verify(struct gp_args *a, const char **name, struct gp_driver *d, struct gp_list *problems,
		  struct gp_err *err)
{
	char *wanted[] = { (char *)gp_userspace_file(GP_HALF_LIBRARY), (char *)gp_userspace_file(GP_HALF_SCRIPT) };
	const struct gp_list also = { wanted, GP_COUNT(wanted), GP_COUNT(wanted) };

	*d = (struct gp_driver){ 0 };
	if (gp_take_input(a, GP_INPUT_DRIVER, name, err) < 0 || gp_open_driver(a, *name, &also, d, err) < 0)
		return -1;
	gp_inspect(d, problems);
	gp_report_driver(a, d);
	for (size_t i = 0; i < problems->n; i++)
		gp_say(a, "problem    %s\n", problems->v[i]);
	if (problems->n)
		return gp_fail(err, GP_E_NO, "'%s': %zu problem%s", d->rf.path, problems->n,
			       problems->n == 1 ? "" : "s");
	gp_say(a, "verified   %s and hooks (%s) are right\n",
	       d->installed ? "dkms.conf" :
	       d->disk.root ? "manifest" :
			      "sums, manifest",
	       d->altered.hooks == GP_UNLOCK_COMPLETE ? "complete" : "absent");
	if (d->altered.user.state == GP_UNLOCK_COMPLETE)
		gp_say(a, "verified   the %s of vgpu_unlock, its manifest line and both units%s\n",
		       gp_half_name(d->altered.user.half),
		       gp_tree_has(&d->tree, gp_userspace_file(d->altered.user.half)) ?
			       "" :
			       "; what is in the file was not looked at, as it lies in a folder of the package");
	return 0;
}

static int run_installer(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list problems = { 0 };
	const char *name = a->positional.v[0];
	struct gp_driver d;
	int rc = verify(a, &name, &d, &problems, err);

	r->root = gp_json_object(
		GP_J("input", gp_json_input(a, name)),
		GP_J("findings",
		     GP_JSON_EACH(i, problems.n, gp_json_finding("error", "installer", NULL, problems.v[i]))));
	if (d.version.n)
		gp_json_fill(r->root, GP_J("driver", gp_json_driver(&d)));
	gp_driver_release(&d);
	return rc;
}

/* --- modules --- */

/* What the arguments are. */
struct inputs {
	struct gp_list modules; /* paths */
	const char *blob;       /* NULL */
	const char *run;        /* NULL; the first one */
};

static void inputs_release(struct inputs *in)
{
	gp_list_release(&in->modules);
}

static int sort_inputs(const struct gp_args *a, struct inputs *in, struct gp_err *err)
{
	in->blob = a->blob;
	for (size_t i = 0; i < a->positional.n; i++) {
		const char *path = a->positional.v[i];

		if (gp_str_ends(gp_str_of(path), ".o_binary")) {
			if (in->blob)
				return gp_fail(err, GP_E_USAGE, "two blobs, '%s' and '%s': give one", in->blob, path);
			in->blob = path;
		} else if (gp_modfile_is(path)) {
			gp_list_add(&in->modules, path);
		} else if (!in->run) {
			in->run = path;
		}
	}
	if (in->run && (in->modules.n || in->blob))
		return gp_fail(err, GP_E_USAGE, "'%s' is not a module, '%s' is %s: check them one by one", in->run,
			       in->modules.n ? in->modules.v[0] : in->blob, in->modules.n ? "one" : "a blob");
	if (in->run && (a->patch.kernels.n || a->patch.headers.n || a->driver || a->expect_hooks))
		return gp_fail(err, GP_E_USAGE,
			       "-k, --headers, --driver and --expect-hooks are for modules, not for "
			       "'%s'",
			       in->run);
	if (a->boot.on && !in->modules.n)
		return gp_fail(err, GP_E_USAGE, "--boot is for modules; 'gridpatch build RUN --boot' makes them first");
	if (a->patch.kernels.n > 1 || a->patch.headers.n > 1)
		return gp_fail(err, GP_E_USAGE, "modules are built for one kernel: give %s once",
			       a->patch.kernels.n > 1 ? "-k" : "--headers");
	if (a->positional.n == 0 || (in->run && a->positional.n > 1))
		return in->blob ? 0 :
				  gp_fail(err, GP_E_USAGE,
					  "give one installer, or modules; see 'gridpatch verify --help'");
	return 0;
}

/* The headers of the one kernel that was named; without any, *h stays NULL. */
static int find_headers(const struct gp_args *a, struct gp_targets *t, struct gp_headers **h, struct gp_err *err)
{
	if (!a->patch.kernels.n && !a->patch.headers.n)
		return 0;
	if (gp_targets_find(&a->patch.kernels, &a->patch.headers, t, err) < 0)
		return -1;
	if (t->n > 1)
		return gp_fail(err, GP_E_USAGE,
			       "modules are built for one kernel, and headers of %zu are installed: "
			       "name one",
			       t->n);
	if (a->boot.on && !t->v[0].headers)
		return 0; /* the kernel itself can be asked without */
	*h = &t->headers[0];
	/* Once more, for the reason: elsewhere a release without headers is not an error. */
	return t->v[0].headers ? 0 : gp_headers_find(t->v[0].release.text, NULL, NULL, *h, err);
}

/* --- and the kernel itself --- */

/* The release that the modules say they are for. */
static char *release_of(const struct gp_modreport *r)
{
	struct gp_str magic = r->n ? gp_module_info(&r->file[0].m, "vermagic") : (struct gp_str){ NULL, 0 }, word;

	return magic.p && gp_word_next(&magic, &word) ? gp_strndup(word.p, word.len) : NULL;
}

static char *release_to_boot(const struct gp_targets *t, const struct gp_vmkernels *k, const struct gp_modreport *r)
{
	const char *only = gp_vmkernels_only(k);

	return t->n ? gp_strdup(t->v[0].release.text) : only ? gp_strdup(only) : release_of(r);
}

static int boot_with(const struct gp_args *a, const struct gp_targets *t, const struct gp_vmkernels *k,
		     const struct gp_modreport *r, struct gp_boot *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *release = release_to_boot(t, k, r);
	gp_auto(gp_headers_release) struct gp_headers near = { 0 };
	struct gp_boot_opts o = { .kernels = k,
				  .release = release,
				  .file = r->file,
				  .n = r->n,
				  .accel = a->boot.accel,
				  .timeout_s = a->timeout,
				  .cancel = gp_main_cancel() };

	if (!release)
		return gp_fail(err, GP_E_NO, "the modules do not say which kernel they are for: name it with -k");
	if (t->n && t->v[0].headers)
		o.headers = t->v[0].headers;
	else if (gp_headers_find(release, NULL, NULL, &near, NULL) == 0)
		o.headers = &near; /* only for stand-ins */
	if (gp_boot_run(&o, out, err) < 0)
		return -1;
	gp_report_boot(a, out, r->release ? &r->found : NULL);
	return gp_boot_check(out, err);
}

static int boot(const struct gp_args *a, const struct gp_targets *t, const struct gp_modreport *r, struct gp_boot *out,
		struct gp_err *err)
{
	gp_auto(gp_vmkernels_close) struct gp_vmkernels k = { 0 };
	const struct gp_vmkernel_opts o = gp_boot_kernels(a);

	return gp_vmkernels_open(&k, &o, err) < 0 ? -1 : boot_with(a, t, &k, r, out, err);
}

static int check(const struct gp_args *a, const struct inputs *in, struct gp_modreport *r, struct gp_boot *b,
		 struct gp_err *err)
{
	gp_auto(gp_targets_release) struct gp_targets t = { 0 };
	struct gp_modcheck_opts o = { .paths = (const char *const *)in->modules.v,
				      .n = in->modules.n,
				      .blob = in->blob,
				      .hooks_wanted = a->expect_hooks,
				      .version = a->driver };

	if (find_headers(a, &t, &o.headers, err) < 0 || gp_modcheck_run(&o, r, err) < 0)
		return -1;
	gp_report_modules(a, r);
	if (a->boot.on && boot(a, &t, r, b, err) < 0)
		return -1;
	if (r->found.errors)
		return gp_fail(err, GP_E_NO, "%zu error%s in %zu module%s", r->found.errors,
			       r->found.errors == 1 ? "" : "s", r->n, r->n == 1 ? "" : "s");
	return 0;
}

static int run_modules(struct gp_args *a, const struct inputs *in, struct gp_report *out, struct gp_err *err)
{
	gp_auto(gp_modreport_release) struct gp_modreport r = { 0 };
	gp_auto(gp_boot_release) struct gp_boot b = { 0 };
	int rc = check(a, in, &r, &b, err);

	out->root = gp_json_fill(gp_json_modules(&r), GP_J("boot", gp_json_boot(&b)));
	return rc;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(inputs_release) struct inputs in = { 0 };

	if (sort_inputs(a, &in, err) < 0 || gp_boot_args_check(a, err) < 0)
		return -1;
	return in.run ? run_installer(a, r, err) : run_modules(a, &in, r, err);
}

const struct gp_cmd gp_cmd_verify = {
	.name = "verify",
	.alias = "check",
	.args = "RUN | TREE | KO …",
	.summary = "check an installer, or built modules",
	.about = "Checks both sums of RUN, that every manifest entry is in it, that every source\n"
		 "file in it is listed, and that hooks, and the userspace half of vgpu_unlock, are\n"
		 "complete or absent; of a merged driver, that both halves are complete and that\n"
		 "libraries have the driver's version. Of TREE, an extracted installer or the\n"
		 "sources of an installed driver, what there is of it.\n"
		 "\n"
		 "KO … are kernel modules that belong together (also .ko.xz, .ko.gz, .ko.zst):\n"
		 "what they say of themselves, the hooks in nvidia.ko, and with -k or --headers\n"
		 "whether that kernel would take them: vermagic, symbols, their versions and\n"
		 "namespaces, GPL-only symbols, symbol_get(). Nothing is loaded. A *.o_binary\n"
		 "among them is the blob.\n"
		 "\n"
		 "With --boot that kernel is started in a virtual machine (QEMU) and loads them;\n"
		 "its own loader says yes or no, and why. No card is needed, nor root. Without an\n"
		 "answer the exit status is 4.\n"
		 "\n"
		 "Exit status 1 for findings, 3 for a damaged file.",
	.example = "gridpatch verify NVIDIA-Linux-x86_64-535.161.05-vgpu-kvm-custom.run",
	.options =
		"member kernel headers driver blob expect-hooks boot kernel-package kernel-image kernel-modules accel "
		"timeout progress",
	.run = run,
};
