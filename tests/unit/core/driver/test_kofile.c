/* SPDX-License-Identifier: MIT */
/* core/driver/kofile: names of modules' files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "core/driver/kofile.h"

/* name: as modinfo -F name says it of such a file; NULL: it is none. */
static void expect(const char *file, const char *name)
{
	struct gp_str stem = gp_ko_stem(gp_str_of(file));
	gp_auto(gp_free_ptr) char *got = gp_ko_is(gp_str_of(file)) ? gp_ko_name(stem) : NULL;

	if (name)
		assert_string_equal(got, name);
	else
		assert_null(got);
}

static void test_names(void **state)
{
	(void)state;
	expect("nvidia.ko", "nvidia");
	expect("nvidia-vgpu-vfio.ko", "nvidia_vgpu_vfio");
	expect("nvidia-uvm.ko.xz", "nvidia_uvm");
	expect("snd-hda_core.ko.zst", "snd_hda_core");
	expect("a.ko.gz", "a");
	expect("dir/drm-kms-helper.ko", "dir/drm_kms_helper");
	expect("nv-kernel.o_binary", NULL);
	expect("nvidia.ko.debug", NULL);
	expect("nvidia.kox", NULL);
	expect("ko", NULL);
	expect("", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
