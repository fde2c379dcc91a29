/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/merge/mergetext.h"
#include "fx_table.h"

#define LIST "NV_KERNEL_MODULES ?= $(wildcard nvidia nvidia-uvm"
#define V "nvidia-vgpu-vfio"
#define BUILT(i, name) "BUILT_MODULE_NAME[" i "]=\"" name "\"\nDEST_MODULE_LOCATION[" i "]=\"/kernel/drivers/video\"\n"

/* conftest.sh: sed -e '/^# VGX_KVM_BUILD/aVGX_KVM_BUILD=1', which is what a host has. */
static const struct text_case {
	const char *name, *path, *host, *desktop;
	enum gp_merge_edit edit;
	const char *want; /* NULL: as the desktop has it */
	const char *says; /* an error */
} cases[] = {
	{ "conftest.sh", "kernel/conftest.sh", "", "#\n# VGX_BUILD x\n# VGX_KVM_BUILD parameter\n# GRID_BUILD y\nz\n",
	  GP_EDIT_DONE, "#\n# VGX_BUILD x\n# VGX_KVM_BUILD parameter\nVGX_KVM_BUILD=1\n# GRID_BUILD y\nz\n", NULL },
	{ "conftest.sh that has it", "kernel/conftest.sh", "", "# VGX_KVM_BUILD p\nVGX_KVM_BUILD=1\nx", GP_EDIT_THERE,
	  NULL, NULL },
	{ "conftest.sh of a grid guest keeps its own", "kernel/conftest.sh", "",
	  "# VGX_KVM_BUILD p\n# GRID_BUILD p\nGRID_BUILD=1\n", GP_EDIT_DONE,
	  "# VGX_KVM_BUILD p\nVGX_KVM_BUILD=1\n# GRID_BUILD p\nGRID_BUILD=1\n", NULL },
	{ "conftest.sh that ends there", "kernel/conftest.sh", "", "# VGX_KVM_BUILD p", GP_EDIT_DONE,
	  "# VGX_KVM_BUILD p\nVGX_KVM_BUILD=1", NULL },
	{ "conftest.sh without the place", "kernel/conftest.sh", "", "if [ -n \"$VGX_KVM_BUILD\" ]; then\n", 0, NULL,
	  "'kernel/conftest.sh' has no line that begins with '# VGX_KVM_BUILD'" },
	{ "another name that begins so", "kernel/conftest.sh", "", "# VGX_KVM_BUILDS p\n", 0, NULL, "has no line" },
	{ "conftest.sh that switches it off", "kernel/conftest.sh", "", "# VGX_KVM_BUILD p\nVGX_KVM_BUILD=0\n", 0, NULL,
	  "sets VGX_KVM_BUILD to something else than 1" },
	{ "an empty conftest.sh", "kernel/conftest.sh", "VGX_KVM_BUILD=1\n", "", 0, NULL, "has no line" },
	{ "a Makefile that lists it", "kernel/Makefile", LIST " " V ")\n", "x\n" LIST " " V " nvidia-drm)\n",
	  GP_EDIT_THERE, NULL, NULL },
	{ "a Kbuild without lists", "kernel/Kbuild", "a\n", "b\n", GP_EDIT_NOTHING, NULL, NULL },
	{ "only a comment of the host's says it", "kernel/Kbuild", "# " V "\n", "b\n", GP_EDIT_NOTHING, NULL, NULL },
	{ "only a comment of the desktop's says it", "kernel/Makefile", LIST " " V ")\n", "# " V "\n" LIST ")\n",
	  GP_EDIT_DONE, "# " V "\n" LIST " " V ")\n", NULL },
	{ "a longer name is another one", "kernel/Makefile", LIST " " V ")\n", LIST " " V "-x)\n", GP_EDIT_DONE,
	  LIST " " V " " V "-x)\n", NULL },
	{ "a Makefile that lacks it", "kernel/Makefile", "a\n" LIST " " V " nvidia-drm)\n",
	  "b\n" LIST " nvidia-peermem)\nc\n", GP_EDIT_DONE, "b\n" LIST " " V " nvidia-peermem)\nc\n", NULL },
	{ "a list without the host's neighbour", "kernel/Makefile", LIST " nvidia-x " V ")\n", LIST ")\n", 0, NULL,
	  "'kernel/Makefile' of the desktop has no place for nvidia-vgpu-vfio, which the host names in 'NV_KERNEL" },
	{ "no such list", "kernel/Makefile", LIST " " V ")\n", "NV_MODULES = nvidia-uvm\n", 0, NULL, "has no place" },
	{ "two such lists", "kernel/Makefile", LIST " " V ")\n", LIST ")\n" LIST ")\n", 0, NULL, "has no place" },
	{ "a line that sets nothing", "kernel/Kbuild", "include " V "\n", "x\n", 0, NULL, "has no place" },
	{ "dkms.conf, templates", "kernel/dkms.conf", "__DKMS_MODULES\n", "__DKMS_MODULES\n", GP_EDIT_THERE, NULL,
	  NULL },
	{ "dkms.conf, a template and a list", "kernel/dkms.conf", BUILT("0", "nvidia") BUILT("1", V),
	  "a\n__DKMS_MODULES\n", GP_EDIT_THERE, NULL, NULL },
	{ "dkms.conf, lists", "kernel/dkms.conf", BUILT("0", "nvidia") BUILT("1", V),
	  BUILT("0", "nvidia") BUILT("1", "nvidia-uvm") BUILT("2", "nvidia-drm") "x\n", GP_EDIT_DONE,
	  BUILT("0", "nvidia") BUILT("1", "nvidia-uvm") BUILT("2", "nvidia-drm") BUILT("3", V) "x\n", NULL },
	{ "dkms.conf without a list", "kernel/dkms.conf", BUILT("1", V), "x\n", 0, NULL, "has no place" },
};

static void check_text(void **state)
{
	const struct text_case *c = *state;
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	enum gp_merge_edit edit = GP_EDIT_NOTHING;
	struct gp_err err = { 0 };
	char said[1024];
	int rc = gp_merge_text(c->path, gp_str_of(c->host), gp_str_of(c->desktop), &out, &edit, &err);

	assert_true(gp_merge_is_text(c->path));
	gp_err_format(&err, said, sizeof(said));
	if (c->says && !strstr(said, c->says))
		fail_msg("'%s' does not say '%s'", said, c->says);
	assert_int_equal(rc, c->says ? -1 : 0);
	assert_int_equal(err.code, c->says ? GP_E_UNSUPPORTED : GP_OK);
	if (c->says)
		return;
	assert_string_equal(gp_merge_edit_name(edit), gp_merge_edit_name(c->edit));
	assert_string_equal(out.data ? out.data : "", c->want ? c->want : c->desktop);
}

static void which_texts(void **state)
{
	(void)state;
	assert_false(gp_merge_is_text("kernel-open/conftest.sh"));
	assert_false(gp_merge_is_text("conftest.sh"));
	assert_false(gp_merge_is_text("kernel/nvidia/nvidia.Kbuild"));
}

int main(void)
{
	FX_ROWS(cases, check_text, NULL, NULL);
	FX_TEST(which_texts, NULL, NULL);
	return fx_run(NULL, NULL);
}
