/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/merge/mergewhole.h"
#include "fx_table.h"

/* A whole one, in the shape of the public merged 460.73.01. */
static const char manifest[] = "NVIDIA Driver\n460.73.01\n \n"
			       "nvidia nvidia-uvm nvidia-modeset nvidia-drm nvidia-vgpu-vfio\n \n \n./kernel/\n./k/\n"
			       "libGL.so.1.7.0 0755 GLX_CLIENT_LIB NATIVE MODULE:opengl\n"
			       "libGL.so 0000 GLX_CLIENT_SYMLINK NATIVE libGL.so.1.7.0 MODULE:opengl\n"
			       "libnvidia-glcore.so.460.73.01 0755 OPENGL_LIB NATIVE MODULE:opengl\n"
			       "libcuda.so.460.73.01 0755 CUDA_LIB NATIVE / MODULE:gpgpu\n"
			       "libcuda.so.1 0000 CUDA_SYMLINK NATIVE / libcuda.so.460.73.01 MODULE:gpgpu\n"
			       "libcuda.so 0000 CUDA_SYMLINK NATIVE / libcuda.so.1 MODULE:gpgpu\n"
			       "./32/libcuda.so.460.73.01 0755 CUDA_LIB COMPAT32 / MODULE:gpgpu\n"
			       "libnvidia-ml.so.460.73.01 0755 CUDA_LIB NATIVE / MODULE:nvml\n"
			       "libvdpau_nvidia.so 0000 VDPAU_SYMLINK NATIVE / ../libcuda.so.1 MODULE:vdpau\n"
			       "nvidia-smi 0755 UTILITY_BINARY MODULE:nvml\n"
			       "nvidia-vgpud 0755 UTILITY_BINARY MODULE:vgpu\n"
			       "nvidia-vgpu-mgr 0755 UTILITY_BINARY MODULE:vgpu\n"
			       "vgpuConfig.xml 0444 EXPLICIT_PATH /usr/share/nvidia/vgpu MODULE:vgpu\n"
			       "libnvidia-vgpu.so.460.73.02 0755 VGX_LIB NATIVE MODULE:vgpu\n"
			       "libnvidia-vgpu.so 0000 VGX_LIB_SYMLINK libnvidia-vgpu.so.460.73.02 MODULE:vgpu\n"
			       "libnvidia-vgxcfg.so.460.73.02 0755 VGX_LIB NATIVE MODULE:vgpu\n"
			       "libFlxCore64.so.2018.02 0755 FLEXERA_LIB /nvidia/gridd MODULE:vgpu\n";

static const struct file {
	const char *path, *text;
} files[] = {
	{ "kernel/conftest.sh",
	  "# VGX_KVM_BUILD p\nVGX_KVM_BUILD=1\n  mdev_uuid | mdev_parent)\n  is_export_symbol_*)\n" },
	{ "kernel/nvidia/nvidia-sources.Kbuild", "A += nvidia/nv.c\nA += nvidia/nv-vgpu-vfio-interface.c\n" },
	{ "kernel/nvidia/nv-vgpu-vfio-interface.c", "" },
	{ "kernel/nvidia/nv-kernel.o_binary", "" },
	{ "kernel/nvidia-modeset/nv-modeset-kernel.o_binary", "" },
	{ "kernel/nvidia/nvidia.Kbuild", "" },
	{ "kernel/nvidia-uvm/nvidia-uvm.Kbuild", "" },
	{ "kernel/nvidia-modeset/nvidia-modeset.Kbuild", "" },
	{ "kernel/nvidia-drm/nvidia-drm.Kbuild", "" },
	{ "kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.Kbuild",
	  "NV_CONFTEST_TYPE_COMPILE_TESTS += mdev_parent\n"
	  "NV_CONFTEST_SYMBOL_COMPILE_TESTS += is_export_symbol_present_x\n" },
};

/* What is changed in a whole one: in the manifest or in files `from` becomes `to`; a file
 * whose path is `from` is not there. */
static const struct whole_case {
	const char *name, *from, *to, *says; /* says: all findings, with ';' between; "" none */
} cases[] = {
	{ "whole", "", "", "" },
	{ "the module is not listed", " nvidia-vgpu-vfio\n", "\n",
	  "host half: nvidia-vgpu-vfio is not among the modules" },
	{ "no modeset among the modules", " nvidia-modeset", "",
	  "desktop half: nvidia-modeset is not among the modules" },
	{ "no module of the host's", "kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.Kbuild", NULL,
	  "host half: 'kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.Kbuild' is not there" },
	{ "no module of the desktop's", "kernel/nvidia-drm/nvidia-drm.Kbuild", NULL,
	  "desktop half: 'kernel/nvidia-drm/nvidia-drm.Kbuild' is not there" },
	{ "no binary part", "kernel/nvidia/nv-kernel.o_binary", NULL,
	  "host half: 'kernel/nvidia/nv-kernel.o_binary' is not there" },
	{ "no binary part of modeset", "kernel/nvidia-modeset/nv-modeset-kernel.o_binary", NULL,
	  "desktop half: 'kernel/nvidia-modeset/nv-modeset-kernel.o_binary' is not there" },
	{ "no conftest.sh", "kernel/conftest.sh", NULL, "host half: 'kernel/conftest.sh' is not there" },
	{ "a desktop's conftest.sh", "\nVGX_KVM_BUILD=1\n", "\n",
	  "host half: 'kernel/conftest.sh' does not set VGX_KVM_BUILD=1" },
	{ "a desktop's list of sources", "A += nvidia/nv-vgpu-vfio-interface.c\n", "",
	  "host half: 'kernel/nvidia/nvidia-sources.Kbuild' does not name nv-vgpu-vfio-interface.c" },
	{ "no interface", "kernel/nvidia/nv-vgpu-vfio-interface.c", NULL,
	  "host half: 'kernel/nvidia/nv-vgpu-vfio-interface.c' is not there" },
	{ "no list of sources", "kernel/nvidia/nvidia-sources.Kbuild", NULL,
	  "host half: 'kernel/nvidia/nvidia-sources.Kbuild' is not there" },
	{ "a desktop's older conftest.sh", "mdev_parent)", "mdev_x)",
	  "host half: 'kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.Kbuild' asks for the test mdev_parent, which "
	  "'kernel/conftest.sh' does not know" },
	{ "no daemon", "nvidia-vgpud ", "nvidia-vgpux ", "host half: '.manifest' does not list nvidia-vgpud" },
	{ "no manager", "nvidia-vgpu-mgr ", "x ", "host half: '.manifest' does not list nvidia-vgpu-mgr" },
	{ "no types", "vgpuConfig.xml ", "x ", "host half: '.manifest' does not list vgpuConfig.xml" },
	{ "no CUDA", "\nlibcuda.so.460.73.01 0755", "\nlibcudart.so.460.73.01 0755",
	  "desktop half: '.manifest' does not list libcuda.so;"
	  "'.manifest' line 13: the symlink 'libcuda.so.1' leads to 'libcuda.so.460.73.01', which nothing installs" },
	{ "no GL", "libnvidia-glcore.so", "libx.so", "desktop half: '.manifest' does not list libnvidia-glcore.so" },
	{ "no NVML", "libnvidia-ml.so.4", "libx.so.4", "desktop half: '.manifest' does not list libnvidia-ml.so" },
	{ "no nvidia-smi", "nvidia-smi ", "x ", "desktop half: '.manifest' does not list nvidia-smi" },
	{ "a link alone is no library", "libnvidia-vgxcfg.so.460.73.02 0755 VGX_LIB NATIVE ",
	  "libnvidia-vgxcfg.so.0 0000 VGX_LIB_SYMLINK libGL.so ",
	  "host half: '.manifest' does not list libnvidia-vgxcfg.so" },
	{ "NVML of the host's version", "libnvidia-ml.so.460.73.01", "libnvidia-ml.so.460.73.02",
	  "'libnvidia-ml.so.460.73.02' is not of the driver's version, 460.73.01" },
	{ "one library in two versions", "libnvidia-ml.so.460.73.01 0755 CUDA_LIB NATIVE / MODULE:nvml\n",
	  "libnvidia-ml.so.460.73.01 0755 CUDA_LIB NATIVE /\nlibnvidia-ml.so.460.73.02 0755 CUDA_LIB NATIVE /\n",
	  "'libnvidia-ml.so.460.73.02' is not of the driver's version, 460.73.01;"
	  "'libnvidia-ml.so.460.73.01' and 'libnvidia-ml.so.460.73.02' are one library in two versions" },
	{ "a library of a third version", "libnvidia-vgxcfg.so.460.73.02", "libnvidia-vgxcfg.so.460.32.04",
	  "'libnvidia-vgxcfg.so.460.32.04' is not of the driver's version, 460.73.01" },
	{ "the host's in the driver's version", "libnvidia-vgxcfg.so.460.73.02", "libnvidia-vgxcfg.so.460.73.01", "" },
	{ "in two folders", "./32/libcuda.so.460.73.01", "./32/libcuda.so.460.73.09",
	  "'32/libcuda.so.460.73.09' is not of the driver's version, 460.73.01" },
	{ "a link to nothing", "SYMLINK libnvidia-vgpu.so.460.73.02", "SYMLINK libnvidia-vgpu.so.460.73.03",
	  "'.manifest' line 23: the symlink 'libnvidia-vgpu.so' leads to 'libnvidia-vgpu.so.460.73.03', which nothing "
	  "installs" },
};

static const struct whole_case *now;
static struct gp_buf changed[GP_COUNT(files)], text;
static struct gp_list findings;

static int release(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(changed); i++)
		gp_buf_release(&changed[i]);
	gp_buf_release(&text);
	gp_list_release(&findings);
	return 0;
}

static void change(const char *in, struct gp_buf *out)
{
	const char *at = now->to && *now->from ? strstr(in, now->from) : NULL;

	gp_buf_puts(out, "");
	gp_buf_add(out, in, at ? (size_t)(at - in) : strlen(in));
	if (at) {
		gp_buf_puts(out, now->to);
		gp_buf_puts(out, at + strlen(now->from));
	}
}

static bool get(void *arg, const char *path, struct gp_str *out)
{
	(void)arg;
	for (size_t i = 0; i < GP_COUNT(files); i++) {
		if (strcmp(files[i].path, path) != 0 || (!now->to && strcmp(now->from, path) == 0))
			continue;
		gp_buf_release(&changed[i]);
		change(files[i].text, &changed[i]);
		*out = gp_buf_str(&changed[i]);
		return true;
	}
	return false;
}

static bool has(void *arg, const char *path)
{
	struct gp_str unused;

	return get(arg, path, &unused);
}

static void check_whole(void **state)
{
	const struct gp_merge_files f = { has, get, NULL, false };
	gp_auto(gp_manifest_release) struct gp_manifest m = { 0 };
	gp_auto(gp_buf_release) struct gp_buf said = { 0 };
	struct gp_version v;

	now = *state;
	change(manifest, &text);
	if (*now->from && now->to && strcmp(text.data, manifest) == 0) {
		bool found = false;

		for (size_t i = 0; i < GP_COUNT(files); i++)
			found = found || strstr(files[i].text, now->from);
		assert_true(found); /* else the case changes nothing */
	}
	assert_int_equal(gp_manifest_parse(gp_buf_str(&text), &m, NULL), 0);
	assert_int_equal(gp_version_parse(m.version, &v, NULL), 0);
	gp_merge_check_kernel(&m, &f, &findings);
	gp_merge_check_listed(&m, &v, &findings);
	gp_buf_puts(&said, "");
	for (size_t i = 0; i < findings.n; i++)
		gp_buf_printf(&said, "%s%s", i ? ";" : "", findings.v[i]);
	assert_string_equal(said.data, now->says);
}

static const struct whole_case no_conftest = { "", "kernel/conftest.sh", NULL, "" };

static void installed_names(void **state)
{
	const struct gp_merge_files f = { has, get, NULL, true };
	gp_auto(gp_manifest_release) struct gp_manifest m = { 0 };

	(void)state;
	now = &no_conftest;
	assert_int_equal(gp_manifest_parse(GP_STR(manifest), &m, NULL), 0);
	gp_merge_check_kernel(&m, &f, &findings);
	assert_int_equal(findings.n, 1);
	assert_string_equal(findings.v[0], "host half: 'conftest.sh' is not there");
}

static void the_hosts_version(void **state)
{
	gp_auto(gp_manifest_release) struct gp_manifest m = { 0 };
	struct gp_version v;

	(void)state;
	assert_int_equal(gp_manifest_parse(GP_STR(manifest), &m, NULL), 0);
	assert_int_equal(gp_version_parse(GP_STR("460.73.01"), &v, NULL), 0);
	assert_string_equal(gp_merge_host_of(&m, &v).text, "460.73.02");
	assert_int_equal(gp_version_parse(GP_STR("460.73.02"), &v, NULL), 0);
	assert_int_equal(gp_merge_host_of(&m, &v).n, 0);
	assert_int_equal(gp_version_parse(GP_STR("470.63.01"), &v, NULL), 0);
	assert_int_equal(gp_merge_host_of(&m, &v).n, 0);
}

static void listed(void **state)
{
	(void)state;
	assert_true(gp_merge_must_be_listed("init-scripts/sysv/nvidia-vgpud"));
	assert_true(gp_merge_must_be_listed("firmware/gsp.bin"));
	assert_true(gp_merge_must_be_listed("nvidia-vgpu-mgr"));
	assert_true(gp_merge_must_be_listed("libnvidia-vgpu.so.460.73.02"));
	assert_false(gp_merge_must_be_listed("libnvidia-vgpu.so")); /* a link is made from a line */
	assert_false(gp_merge_must_be_listed("libEGL.so.460.73.01"));
	assert_false(gp_merge_must_be_listed("makeself.sh"));
	assert_false(gp_merge_must_be_listed("pkg-history.txt"));
}

int main(void)
{
	FX_ROWS(cases, check_whole, NULL, release);
	FX_TEST(installed_names, NULL, release);
	FX_TEST(the_hosts_version, NULL, NULL);
	FX_TEST(listed, NULL, NULL);
	return fx_run(NULL, NULL);
}
