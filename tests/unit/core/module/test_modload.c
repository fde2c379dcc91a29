/* SPDX-License-Identifier: MIT */
/* Tests: core/module/modload_symbols, core/module/modload_symget */
/* What the loader would say, of modules that differ in one thing from one that is right. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/module/modload.h"
#include "fx_table.h"

#define VERMAGIC "6.1.0-50-amd64 SMP preempt mod_unload modversions "

static const char symvers_text[] = "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
				   "0x00000002\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n"
				   "0x00000003\tkobject_create\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
				   "0x00000004\tusb_thing\tdrivers/usb/core/usbcore\tEXPORT_SYMBOL\tUSB\n"
				   "0x00000005\tkvm_thing\tvmlinux\tEXPORT_SYMBOL\tmodule:kvm,nvidia-v*\n";

/* Two modules that are right: nvidia gives "nv_give", nvidia-vfio takes it. */
struct world {
	struct gp_modinfo info[2][8];
	struct gp_modsymbol undef[2][4];
	struct gp_modversion version[2][4];
	struct gp_modexport export[1];
	struct gp_modsection section[3], blob_section[3];
	struct gp_module m[2], blob;
	struct gp_modunit u[2];
	struct gp_symvers symvers;
	struct gp_modkernel k;
	struct gp_modload_opts o;
};

static struct world w;
/* What the linker makes of symbol_get(nv_give) and symbol_put(nv_give) in two files. */
static char texts[] = "some words\0nv_give\0nv_given\0other\0\0nv_give";
static struct gp_module near_module;
static struct gp_modunit near_unit = { "nvidia.ko.xz", "nvidia", &near_module };
static struct gp_modfindings found;

static void info(unsigned mod, unsigned i, const char *key, const char *value)
{
	w.info[mod][i] = (struct gp_modinfo){ gp_str_of(key), gp_str_of(value) };
}

static int setup(void **state)
{
	(void)state;
	w = (struct world){ 0 };
	if (gp_symvers_parse(GP_STR(symvers_text), &w.symvers, NULL) < 0)
		return -1;
	for (unsigned i = 0; i < 2; i++) {
		info(i, 0, "license", i ? "Dual MIT/GPL" : "NVIDIA");
		info(i, 1, "version", "460.73.01");
		info(i, 2, "vermagic", VERMAGIC);
		info(i, 3, "srcversion", "F96F906F5789AB161B98484");
		info(i, 4, "depends", i ? "nvidia" : "");
		w.version[i][0] = (struct gp_modversion){ GP_STR("module_layout"), 1 };
		w.version[i][1] = (struct gp_modversion){ GP_STR("printk"), 2 };
		w.version[i][2] = (struct gp_modversion){ GP_STR("nv_give"), 9 };
		w.undef[i][0] = (struct gp_modsymbol){ GP_STR("printk"), false };
		w.undef[i][1] = (struct gp_modsymbol){ GP_STR("nv_give"), false };
		w.m[i] = (struct gp_module){ .machine = EM_X86_64,
					     .is_module = true,
					     .section = w.section,
					     .nsection = 3,
					     .info = w.info[i],
					     .ninfo = 5,
					     .undef = w.undef[i],
					     .nundef = 1 + i,
					     .version = w.version[i],
					     .nversion = 2 + i };
		w.u[i] = (struct gp_modunit){ i ? "nvidia-vfio.ko" : "nvidia.ko", i ? "nvidia_vfio" : "nvidia",
					      &w.m[i] };
	}
	w.export[0] = (struct gp_modexport){ GP_STR("nv_give"), false, true, 9 };
	w.m[0].export = w.export;
	w.m[0].nexport = 1;
	w.section[1] = (struct gp_modsection){
		.name = GP_STR(".data"), .type = SHT_PROGBITS, .flags = SHF_WRITE | SHF_ALLOC, .size = 0x2000
	};
	w.section[2] = (struct gp_modsection){
		.name = GP_STR(".rodata"), .type = SHT_PROGBITS, .flags = SHF_ALLOC, .size = 0x2000
	};
	w.m[0].hook_beg = (struct gp_modplace){ true, 0x100, 1 };
	w.m[0].hook_end = (struct gp_modplace){ true, 0x1100, 1 };
	w.blob_section[1] =
		(struct gp_modsection){ .name = GP_STR(".rodata"), .type = SHT_PROGBITS, .size = 0x1000, .align = 32 };
	w.blob_section[2] = (struct gp_modsection){ .name = GP_STR(".rela.rodata"), .type = SHT_RELA, .size = 0x500 };
	w.blob = (struct gp_module){ .machine = EM_X86_64, .section = w.blob_section, .nsection = 3 };
	w.k = (struct gp_modkernel){ .release = "6.1.0-50-amd64",
				     .vermagic = VERMAGIC,
				     .machine = EM_X86_64,
				     .symvers = &w.symvers,
				     .modversions = true,
				     .namespaces = true,
				     .inherits_taint = true };
	w.o = (struct gp_modload_opts){ .kernel = &w.k, .blob = &w.blob, .hooks_wanted = true, .version = "460.73.01" };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	gp_symvers_release(&w.symvers);
	gp_modfindings_release(&found);
	return 0;
}

/* --- one change each --- */

static void nothing(void)
{
}
static void no_kernel(void)
{
	w.o.kernel = NULL;
}
static void other_machine(void)
{
	w.m[1].machine = EM_AARCH64;
}
static void other_kernel_machine(void)
{
	w.k.machine = EM_AARCH64;
	w.m[1].machine = EM_AARCH64;
}
static void mixed_machines(void)
{
	no_kernel();
	other_machine();
}
static void no_module(void)
{
	w.m[1].is_module = false;
}
static void no_vermagic(void)
{
	info(1, 2, "x", "y");
}
static void other_release(void)
{
	info(1, 2, "vermagic", "6.1.0-49-amd64 SMP preempt mod_unload modversions ");
}
static void other_release_bare(void)
{
	other_release();
	w.m[1].nversion = 0;
	w.k.modversions = false;
}
static void other_flags(void)
{
	info(1, 2, "vermagic", "6.1.0-50-amd64 SMP mod_unload modversions ");
}
static void more_flags(void)
{
	info(1, 2, "vermagic", VERMAGIC "RANDSTRUCT_0123");
}
static void unknown_flags(void)
{
	other_flags();
	w.k.vermagic = NULL;
}
static void other_version(void)
{
	info(1, 1, "version", "460.73.02");
}
static void siblings_differ(void)
{
	other_version();
	w.o.version = NULL;
}
static void no_version(void)
{
	info(1, 1, "x", "y");
}
static void no_version_asked(void)
{
	no_version();
	w.o.version = NULL;
}
static void no_license(void)
{
	info(1, 0, "x", "y");
}
static void bad_srcversion(void)
{
	info(1, 3, "srcversion", "F96F906F5789AB161B9848");
}
static void unknown_depends(void)
{
	info(1, 4, "depends", "nvidia,nothing");
}
static void kernel_depends(void)
{
	info(1, 4, "depends", "nvidia,usbcore");
}
static void silent_depends(void)
{
	info(1, 4, "depends", "");
}
static void missing_symbol(void)
{
	w.undef[1][0].name = GP_STR("gone");
}
static void weak_symbol(void)
{
	missing_symbol();
	w.undef[1][0].weak = true;
}
static void made_up_symbol(void)
{
	w.undef[1][0].name = GP_STR("_GLOBAL_OFFSET_TABLE_");
}
static void missing_unknown(void)
{
	missing_symbol();
	no_kernel();
}
static void gpl_from_nvidia(void)
{
	w.undef[0][0].name = GP_STR("kobject_create");
	w.m[0].version[1].name = GP_STR("kobject_create");
	w.m[0].version[1].crc = 3;
}
static void tainted(void)
{
	w.undef[1][0].name = GP_STR("kobject_create");
	w.version[1][1] = (struct gp_modversion){ GP_STR("kobject_create"), 3 };
}
static void tainted_old_kernel(void)
{
	tainted();
	w.k.inherits_taint = false;
}
static void gpl_giver(void)
{
	tainted();
	info(0, 0, "license", "Dual MIT/GPL");
}
/* The other way round: nvidia-vfio is proprietary, nvidia has a GPL-only symbol. */
static void wrapped(void)
{
	gpl_from_nvidia();
	info(0, 0, "license", "Dual MIT/GPL");
	info(1, 0, "license", "NVIDIA");
}
static void wrapped_gpl_only(void)
{
	wrapped();
	info(1, 0, "license", "Dual MIT/GPL");
}
static void wrapped_nothing(void)
{
	info(0, 0, "license", "Dual MIT/GPL");
	info(1, 0, "license", "NVIDIA");
}
static void attached(void)
{
	wrapped();
	w.export[0].name = GP_STR("nvidia_vgpu_vfio_attach");
	w.undef[1][1].name = GP_STR("nvidia_vgpu_vfio_attach");
	w.version[1][2].name = GP_STR("nvidia_vgpu_vfio_attach");
}
static void attached_and_more(void)
{
	static struct gp_modexport both[2];

	attached();
	both[0] = (struct gp_modexport){ GP_STR("nv_give"), false, false, 0 };
	both[1] = w.export[0];
	w.m[0].export = both;
	w.m[0].nexport = 2;
	w.undef[1][2] = (struct gp_modsymbol){ GP_STR("nv_give"), false };
	w.m[1].nundef = 3;
}
static void gpl_sibling(void)
{
	w.export[0].gpl_only = true;
	info(1, 0, "license", "MIT");
}
static void other_crc(void)
{
	w.version[1][1].crc = 77;
}
static void other_layout(void)
{
	w.version[1][0].crc = 77;
}
static void other_sibling_crc(void)
{
	w.version[1][2].crc = 77;
}
static void no_modversions(void)
{
	other_crc();
	w.k.modversions = false;
}
static void no_crcs(void)
{
	w.m[1].nversion = 0;
}
static void one_crc_missing(void)
{
	w.version[1][1].name = GP_STR("x");
}
static void namespace_missing(void)
{
	w.undef[1][0].name = GP_STR("usb_thing");
	w.version[1][1] = (struct gp_modversion){ GP_STR("usb_thing"), 4 };
}
static void namespace_allowed(void)
{
	namespace_missing();
	w.k.namespaces = false;
}
static void namespace_there(void)
{
	namespace_missing();
	info(1, 3, "import_ns", "USB");
}
static void for_nvidia_v(void)
{
	w.undef[1][0].name = GP_STR("kvm_thing");
	w.version[1][1] = (struct gp_modversion){ GP_STR("kvm_thing"), 5 };
}
static void for_others(void)
{
	w.undef[0][0].name = GP_STR("kvm_thing");
	w.version[0][1] = (struct gp_modversion){ GP_STR("kvm_thing"), 5 };
}
static void kernels_export(void)
{
	w.export[0].name = GP_STR("printk");
	w.m[1].nundef = 1;
	w.m[1].nversion = 2;
}
static void both_export(void)
{
	w.m[1].export = w.export;
	w.m[1].nexport = 1;
	w.m[1].nundef = 1;
	w.m[1].nversion = 2;
}
static void no_hooks(void)
{
	w.m[0].hook_beg.found = w.m[0].hook_end.found = false;
}
static void no_hooks_asked(void)
{
	no_hooks();
	w.o.hooks_wanted = false;
}
static void half_hooks(void)
{
	w.m[0].hook_beg.found = false;
	w.o.hooks_wanted = false;
}
static void empty_hooks(void)
{
	w.m[0].hook_end.value = 0x100;
}
static void backward_hooks(void)
{
	w.m[0].hook_end.value = 0x80;
}
static void hooks_outside(void)
{
	w.section[1].size = 0x1000;
}
static void readonly_hooks(void)
{
	w.m[0].hook_beg.section = w.m[0].hook_end.section = 2;
}
static void hooks_nowhere(void)
{
	w.m[0].hook_beg.section = w.m[0].hook_end.section = SIZE_MAX;
}
static void hooks_in_two(void)
{
	w.m[0].hook_end.section = 2;
}
static void short_hooks(void)
{
	w.m[0].hook_end.value = 0x10ff;
}
static void aligned_hooks(void)
{
	w.m[0].hook_end.value = 0x1100 + 31;
}
static void long_hooks(void)
{
	w.m[0].hook_end.value = 0x1100 + 32;
}
static void no_blob(void)
{
	long_hooks();
	w.o.blob = NULL;
}
static void no_script(void)
{
	no_hooks();
	w.undef[0][0].name = GP_STR("vgpu_unlock_nv_kern_rodata_beg");
	w.o.kernel = NULL;
	w.o.hooks_wanted = false;
}
/* All modules of a directory are linked with the script; the blob is in one of them. */
static void shared_script(void)
{
	w.m[1].hook_beg = w.m[1].hook_end = (struct gp_modplace){ true, 0x40, 1 };
}
static void no_nvidia(void)
{
	w.u[0].name = "other";
	info(1, 4, "depends", "other");
}

static void asks(void)
{
	w.undef[1][1].name = GP_STR("__symbol_get");
	w.version[1][2].name = GP_STR("x");
	w.m[1].image = (struct gp_str){ texts, sizeof(texts) };
	w.section[1] = (struct gp_modsection){
		.name = GP_STR(".rodata.str1.1"), .type = SHT_PROGBITS, .flags = SHF_ALLOC, .size = sizeof(texts)
	};
	w.section[2].size = 0;
	no_hooks_asked();
	w.o.blob = NULL;
	w.k.symvers = NULL;
	w.k.modversions = false;
	w.k.symbol_get_gpl = GP_TRI_YES;
}
static void asks_old_kernel(void)
{
	asks();
	w.k.symbol_get_gpl = GP_TRI_NO;
}
static void asks_unknown_kernel(void)
{
	asks();
	w.k.symbol_get_gpl = GP_TRI_UNKNOWN;
}
static void asks_no_kernel(void)
{
	asks();
	no_kernel();
}
static void asks_gpl_only(void)
{
	asks();
	w.export[0].gpl_only = true;
}
static void asks_for_others(void)
{
	asks();
	w.export[0].name = GP_STR("nv_giv");
}
static void asks_not(void)
{
	asks();
	w.undef[1][1].weak = true;
	w.undef[1][1].name = GP_STR("__symbol_put");
}
/* Its name in code, or in a table of its own exports, asks for nothing. */
static void asks_in_code(void)
{
	asks();
	w.section[1].flags |= SHF_EXECINSTR;
}
static void asks_in_exports(void)
{
	asks();
	w.section[1].name = GP_STR("__ksymtab_strings");
}
static void asks_beside(void)
{
	asks();
	near_module = (struct gp_module){ .export = w.export, .nexport = 1 };
	w.m[0].nexport = 0;
	w.o.beside = &near_unit;
}

static const struct judge_case {
	const char *name;
	void (*change)(void);
	const char *module, *check; /* of the one finding; NULL: there is none */
	enum gp_severity severity;
	const char *says;
} cases[] = {
	{ "all is right", nothing, NULL, NULL, 0, NULL },
	{ "without a kernel", no_kernel, NULL, NULL, 0, NULL },
	{ "another architecture", other_machine, "nvidia-vfio.ko", "architecture", GP_FIND_ERROR, "aarch64" },
	{ "headers of another one", other_kernel_machine, "nvidia.ko", "architecture", GP_FIND_ERROR, "headers" },
	{ "two architectures", mixed_machines, "nvidia-vfio.ko", "architecture", GP_FIND_ERROR, "others" },
	{ "an object", no_module, "nvidia-vfio.ko", "modinfo", GP_FIND_ERROR, "object" },
	{ "no vermagic", no_vermagic, "nvidia-vfio.ko", "vermagic", GP_FIND_ERROR, "no vermagic" },
	{ "another release, versions decide", other_release, "nvidia-vfio.ko", "vermagic", GP_FIND_WARNING,
	  "6.1.0-49" },
	{ "another release", other_release_bare, "nvidia-vfio.ko", "vermagic", GP_FIND_ERROR, "6.1.0-49" },
	{ "not preemptible", other_flags, "nvidia-vfio.ko", "vermagic", GP_FIND_ERROR, "'preempt'" },
	{ "randomised structures", more_flags, "nvidia-vfio.ko", "vermagic", GP_FIND_ERROR, "RANDSTRUCT_0123" },
	{ "flags nobody knows", unknown_flags, NULL, NULL, 0, NULL },
	{ "another version", other_version, "nvidia-vfio.ko", "version", GP_FIND_ERROR, "460.73.02" },
	{ "siblings of two versions", siblings_differ, "nvidia-vfio.ko", "version", GP_FIND_WARNING, "nvidia.ko" },
	{ "no version", no_version, "nvidia-vfio.ko", "version", GP_FIND_NOTE, "460.73.01" },
	{ "no version, not asked", no_version_asked, NULL, NULL, 0, NULL },
	{ "no licence", no_license, "nvidia-vfio.ko", "license", GP_FIND_WARNING, "proprietary" },
	{ "an odd srcversion", bad_srcversion, "nvidia-vfio.ko", "srcversion", GP_FIND_WARNING, "modpost" },
	{ "depends on nothing known", unknown_depends, "nvidia-vfio.ko", "depends", GP_FIND_WARNING, "nothing" },
	{ "depends on a kernel's module", kernel_depends, NULL, NULL, 0, NULL },
	{ "does not say that it depends", silent_depends, "nvidia-vfio.ko", "depends", GP_FIND_WARNING, "nvidia.ko" },
	{ "a missing symbol", missing_symbol, "nvidia-vfio.ko", "symbol", GP_FIND_ERROR, "'gone'" },
	{ "a weak symbol", weak_symbol, NULL, NULL, 0, NULL },
	{ "a made-up symbol", made_up_symbol, NULL, NULL, 0, NULL },
	{ "a missing symbol, no kernel", missing_unknown, NULL, NULL, 0, NULL },
	{ "GPL-only for nvidia", gpl_from_nvidia, "nvidia.ko", "gpl-only", GP_FIND_ERROR, "'NVIDIA'" },
	{ "taint", tainted, "nvidia-vfio.ko", "taint", GP_FIND_ERROR, "kobject_create" },
	{ "taint before 5.9", tainted_old_kernel, NULL, NULL, 0, NULL },
	{ "no taint from a GPL module", gpl_giver, NULL, NULL, 0, NULL },
	{ "a wrapper", wrapped, "nvidia-vfio.ko", "wrapper", GP_FIND_WARNING, "'nv_give' of 'nvidia.ko'" },
	{ "a wrapper for a GPL module", wrapped_gpl_only, NULL, NULL, 0, NULL },
	{ "nothing that could be wrapped", wrapped_nothing, NULL, NULL, 0, NULL },
	{ "attached", attached, "nvidia-vfio.ko", "wrapper", GP_FIND_NOTE, "takes no other symbol" },
	{ "attached, and a wrapper", attached_and_more, "nvidia-vfio.ko", "wrapper", GP_FIND_WARNING, "'nv_give'" },
	{ "GPL-only of a sibling", gpl_sibling, "nvidia-vfio.ko", "gpl-only", GP_FIND_ERROR, "nv_give" },
	{ "another CRC", other_crc, "nvidia-vfio.ko", "crc", GP_FIND_ERROR, "0x0000004d" },
	{ "another module_layout", other_layout, "nvidia-vfio.ko", "crc", GP_FIND_ERROR, "module_layout" },
	{ "another CRC of a sibling", other_sibling_crc, "nvidia-vfio.ko", "crc", GP_FIND_ERROR, "nvidia.ko" },
	{ "CRCs that nobody asks for", no_modversions, NULL, NULL, 0, NULL },
	{ "no CRCs", no_crcs, "nvidia-vfio.ko", "crc", GP_FIND_ERROR, "CONFIG_MODVERSIONS" },
	{ "a CRC is missing", one_crc_missing, "nvidia-vfio.ko", "crc", GP_FIND_WARNING, "printk" },
	{ "a namespace", namespace_missing, "nvidia-vfio.ko", "namespace", GP_FIND_ERROR, "'USB'" },
	{ "a namespace, lenient", namespace_allowed, "nvidia-vfio.ko", "namespace", GP_FIND_WARNING, "'USB'" },
	{ "a namespace that is imported", namespace_there, NULL, NULL, 0, NULL },
	{ "for this module", for_nvidia_v, NULL, NULL, 0, NULL },
	{ "for other modules", for_others, "nvidia.ko", "namespace", GP_FIND_ERROR, "module:kvm" },
	{ "an export of the kernel's", kernels_export, "nvidia.ko", "export", GP_FIND_ERROR, "printk" },
	{ "an export of two", both_export, "nvidia-vfio.ko", "export", GP_FIND_ERROR, "nv_give" },
	{ "no hooks", no_hooks, "nvidia.ko", "hooks", GP_FIND_ERROR, "no hooks" },
	{ "no hooks, none wanted", no_hooks_asked, NULL, NULL, 0, NULL },
	{ "half of the hooks", half_hooks, "nvidia.ko", "hooks", GP_FIND_ERROR, "without" },
	{ "empty hooks", empty_hooks, "nvidia.ko", "hooks", GP_FIND_ERROR, "nothing between" },
	{ "backward hooks", backward_hooks, "nvidia.ko", "hooks", GP_FIND_ERROR, "nothing between" },
	{ "hooks outside", hooks_outside, "nvidia.ko", "hooks", GP_FIND_ERROR, "outside" },
	{ "hooks in .rodata", readonly_hooks, "nvidia.ko", "hooks", GP_FIND_ERROR, "not writable" },
	{ "hooks nowhere", hooks_nowhere, "nvidia.ko", "hooks", GP_FIND_ERROR, "in no section" },
	{ "hooks in two sections", hooks_in_two, "nvidia.ko", "hooks", GP_FIND_ERROR, "in two" },
	{ "hooks shorter than the blob", short_hooks, "nvidia.ko", "hooks", GP_FIND_ERROR, "4095 bytes" },
	{ "hooks as long, aligned", aligned_hooks, NULL, NULL, 0, NULL },
	{ "hooks longer than the blob", long_hooks, "nvidia.ko", "hooks", GP_FIND_ERROR, "4128 bytes" },
	{ "the script in a sibling", shared_script, NULL, NULL, 0, NULL },
	{ "hooks, no blob", no_blob, NULL, NULL, 0, NULL },
	{ "hooks without their script", no_script, "nvidia.ko", "hooks", GP_FIND_ERROR, "linker script" },
	{ "symbol_get", asks, "nvidia-vfio.ko", "symbol-get", GP_FIND_ERROR, "'nv_give' of 'nvidia.ko'" },
	{ "symbol_get, before", asks_old_kernel, NULL, NULL, 0, NULL },
	{ "symbol_get, who knows", asks_unknown_kernel, "nvidia-vfio.ko", "symbol-get", GP_FIND_WARNING,
	  "headers do not say" },
	{ "symbol_get, no kernel", asks_no_kernel, "nvidia-vfio.ko", "symbol-get", GP_FIND_WARNING, "6.6" },
	{ "symbol_get of a GPL-only one", asks_gpl_only, NULL, NULL, 0, NULL },
	{ "symbol_get of something else", asks_for_others, NULL, NULL, 0, NULL },
	{ "no symbol_get", asks_not, NULL, NULL, 0, NULL },
	{ "a name in code", asks_in_code, NULL, NULL, 0, NULL },
	{ "a name among exports", asks_in_exports, NULL, NULL, 0, NULL },
	{ "symbol_get of what is beside", asks_beside, "nvidia-vfio.ko", "symbol-get", GP_FIND_ERROR, "nvidia.ko.xz" },
	{ "hooks wanted, no nvidia", no_nvidia, "", "hooks", GP_FIND_ERROR, "not among" },
};

static void test_case(void **state)
{
	const struct judge_case *c = *state;

	assert_int_equal(setup(NULL), 0);
	c->change();
	gp_modload(w.u, 2, &w.o, &found);
	for (size_t i = 0; i < found.n; i++)
		print_message("%s %s: %s: %s\n", gp_severity_name(found.v[i].severity), found.v[i].module,
			      found.v[i].check, found.v[i].text);
	assert_int_equal(found.n, c->check ? 1 : 0);
	assert_int_equal(found.errors, c->check && c->severity == GP_FIND_ERROR ? 1 : 0);
	assert_int_equal(found.warnings, c->check && c->severity == GP_FIND_WARNING ? 1 : 0);
	if (!c->check)
		return;
	assert_string_equal(found.v[0].module, c->module);
	assert_string_equal(found.v[0].check, c->check);
	assert_int_equal(found.v[0].severity, c->severity);
	assert_non_null(strstr(found.v[0].text, c->says));
}

/* Taint goes from module to module: c takes from b, b from a, which is proprietary. */
static void test_taint_chain(void **state)
{
	static struct gp_modinfo mit[] = { { { "license", 7 }, { "NVIDIA", 6 } } };
	static struct gp_modinfo gpl[] = { { { "license", 7 }, { "GPL", 3 } } };
	static struct gp_modexport gives_a[] = { { .name = { "from_a", 6 } } },
				   gives_b[] = { { .name = { "from_b", 6 } } };
	static struct gp_modsymbol takes_b[] = { { { "from_a", 6 }, false } };
	static struct gp_modsymbol takes_c[] = { { { "from_b", 6 }, false }, { { "kobject_create", 14 }, false } };
	struct gp_module a = { .is_module = true, .info = mit, .ninfo = 1, .export = gives_a, .nexport = 1 };
	struct gp_module b = { .is_module = true,
			       .info = gpl,
			       .ninfo = 1,
			       .export = gives_b,
			       .nexport = 1,
			       .undef = takes_b,
			       .nundef = 1 };
	struct gp_module c = { .is_module = true, .info = gpl, .ninfo = 1, .undef = takes_c, .nundef = 2 };
	struct gp_modunit u[] = { { "c.ko", "c", &c }, { "b.ko", "b", &b }, { "a.ko", "a", &a } };
	size_t taints = 0;

	(void)state;
	assert_int_equal(setup(NULL), 0);
	w.k.modversions = false;
	gp_modload(u, 3, &(struct gp_modload_opts){ .kernel = &w.k }, &found);
	for (size_t i = 0; i < found.n; i++)
		if (strcmp(found.v[i].check, "taint") == 0 && strcmp(found.v[i].module, "c.ko") == 0 &&
		    strstr(found.v[i].text, "'b.ko'"))
			taints++;
	assert_int_equal(taints, 1);
}

/* Thousands of findings of a kind are counted, twenty are told. */
static void test_many(void **state)
{
	struct gp_modsymbol *many = calloc(3000, sizeof(*many));

	(void)state;
	assert_int_equal(setup(NULL), 0);
	assert_non_null(many);
	for (size_t i = 0; i < 3000; i++)
		many[i].name = GP_STR("gone");
	w.m[1].undef = many;
	w.m[1].nundef = 3000;
	gp_modload(w.u, 2, &w.o, &found);
	free(many);
	assert_int_equal(found.errors, 3000);
	assert_int_equal(found.n, 21);
	assert_non_null(strstr(found.v[20].text, "2980 more"));
}

/* --- who refuses symbol_get() --- */

static const struct refuses_case {
	const char *release;
	int sublevel; /* of the headers; -1: they do not say */
	enum gp_tri want;
} refuses[] = { { "4.14.325", -1, GP_TRI_NO },
		{ "4.14.326", -1, GP_TRI_YES },
		{ "4.19.294", -1, GP_TRI_NO },
		{ "4.19.295", -1, GP_TRI_YES },
		{ "5.4.256", -1, GP_TRI_NO },
		{ "5.4.257", -1, GP_TRI_YES },
		{ "5.10.194", -1, GP_TRI_NO },
		{ "5.10.195", -1, GP_TRI_YES },
		{ "5.15.130", -1, GP_TRI_NO },
		{ "5.15.131", -1, GP_TRI_YES },
		{ "6.1.51", -1, GP_TRI_NO },
		{ "6.1.52", -1, GP_TRI_YES },
		{ "6.4.14", -1, GP_TRI_NO },
		{ "6.4.15", -1, GP_TRI_YES },
		{ "6.5.1", -1, GP_TRI_NO },
		{ "6.5.2", -1, GP_TRI_YES },
		{ "6.6.0-rc1", -1, GP_TRI_YES },
		{ "6.12.8", -1, GP_TRI_YES },
		{ "7.3.4", -1, GP_TRI_YES },
		/* Lines that had ended, and those that came before all of it. */
		{ "5.12.9", -1, GP_TRI_NO },
		{ "6.3.13", -1, GP_TRI_NO },
		{ "4.9.300", -1, GP_TRI_NO },
		/* Ubuntu's, booted, and Proxmox's, which are Ubuntu's: whatever their number. */
		{ "5.15.0-94-generic", 136, GP_TRI_NO },
		{ "5.15.0-204-generic", -1, GP_TRI_NO },
		{ "6.2.0-39-generic", 16, GP_TRI_NO },
		{ "6.2.16-19-pve", -1, GP_TRI_NO },
		{ "6.5.0-45-generic", 13, GP_TRI_NO },
		{ "6.5.13-6-pve", -1, GP_TRI_NO },
		{ "6.8.0-31-generic", 1, GP_TRI_YES },
		{ "6.8.12-4-pve", -1, GP_TRI_YES },
		/* Nobody has looked into these. */
		{ "5.4.0-200-generic", 284, GP_TRI_UNKNOWN },
		{ "5.15.0-1053-aws", 136, GP_TRI_UNKNOWN },
		{ "6.5.0-1023-oem", -1, GP_TRI_UNKNOWN },
		/* The headers of these have upstream's number, their names do not. */
		{ "5.10.0-26-amd64", 197, GP_TRI_YES },
		{ "5.10.0-25-amd64", 191, GP_TRI_NO },
		{ "5.10.0-26-amd64", -1, GP_TRI_UNKNOWN },
		{ "6.1.0-12-amd64", 52, GP_TRI_YES },
		{ "6.1.0-11-amd64", 38, GP_TRI_NO },
		{ "5.15.0-88-generic", 126, GP_TRI_NO },
		{ "5.15.131-1-pve", -1, GP_TRI_NO },
		{ "5.15.126-1-pve", -1, GP_TRI_NO },
		/* Not the plain kernel of that number. */
		{ "5.14.0-427.13.1.el9_4.x86_64", 0, GP_TRI_UNKNOWN },
		{ "6.12.0-55.el10.x86_64", 0, GP_TRI_YES },
		{ "5.10.0-60.18.0.50.oe2203.x86_64", 0, GP_TRI_UNKNOWN },
		{ "6.6.0-72.0.0.76.oe2403.x86_64", 0, GP_TRI_UNKNOWN },
		{ "6.4.0-150600.21-default", 0, GP_TRI_UNKNOWN },
		{ "5.10.134-16.al8.x86_64", 134, GP_TRI_UNKNOWN },
		/* Oracle's names have the patch level behind their own number. */
		{ "5.15.0-101.103.2.1.el8uek.x86_64", -1, GP_TRI_NO },
		{ "5.15.0-200.131.27.el9uek.x86_64", -1, GP_TRI_YES } };

static void test_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(refuses); i++) {
		struct gp_release r;

		assert_int_equal(gp_release_parse(refuses[i].release, &r, NULL), 0);
		if (refuses[i].sublevel >= 0)
			gp_release_set_sublevel(&r, (unsigned)refuses[i].sublevel);
		if (gp_symbol_get_gpl(&r) != refuses[i].want)
			fail_msg("%s (%d): %s", refuses[i].release, refuses[i].sublevel,
				 gp_tri_name(gp_symbol_get_gpl(&r)));
	}
}

int main(void)
{
	FX_ROWS(cases, test_case, NULL, teardown);
	FX_TEST(test_taint_chain, NULL, teardown);
	FX_TEST(test_refuses, NULL, NULL);
	FX_TEST(test_many, NULL, teardown);
	return fx_run(NULL, NULL);
}
