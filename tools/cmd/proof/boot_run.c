/* SPDX-License-Identifier: MIT */
#include "cmd/proof/boot_run.h"

#include "ops/vm/initramfs.h"
#include "ops/vm/qemu.h"

int gp_boot_args_check(const struct gp_args *a, struct gp_err *err)
{
	const struct gp_args_boot *b = &a->boot;
	const char *word = b->image      ? "--kernel-image" :
			   b->modules    ? "--kernel-modules" :
			   b->packages.n ? "--kernel-package" :
			   b->accel      ? "--accel" :
					   NULL;

	if (!b->on)
		return word ? gp_fail(err, GP_E_USAGE, "%s: it goes with --boot", word) : 0;
	if (!b->image != !b->modules)
		return gp_fail(err, GP_E_USAGE, "--kernel-image and --kernel-modules go together");
	if (!gp_initramfs_works())
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "this gridpatch was built for another machine than x86_64: it boots no kernel");
	return gp_qemu_find(err);
}

struct gp_vmkernel_opts gp_boot_kernels(const struct gp_args *a)
{
	return (struct gp_vmkernel_opts){ .image = a->boot.image,
					  .modules = a->boot.modules,
					  .packages = &a->boot.packages,
					  .cancel = gp_main_cancel() };
}

int gp_boot_check(const struct gp_boot *b, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *reason = gp_boot_reason(b);
	enum gp_boot_answer answer = gp_boot_answer(b);

	if (answer == GP_BOOT_SAYS_YES)
		return 0;
	return gp_fail(err, answer == GP_BOOT_SAYS_NO ? GP_E_NO : GP_E_SYSTEM, "kernel %s: %s", b->release, reason);
}

int gp_boot_begin(const struct gp_args *a, struct gp_boot_ready *r, struct gp_build_opts *b, struct gp_err *err)
{
	if (!a->boot.on)
		return 0;
	r->o = gp_boot_kernels(a);
	r->cell = (struct gp_bootcell_opts){ &r->kernels, a->boot.accel };
	b->boot = &r->cell;
	return gp_vmkernels_open(&r->kernels, &r->o, err);
}

void gp_boot_ready_release(struct gp_boot_ready *r)
{
	gp_vmkernels_close(&r->kernels);
}
