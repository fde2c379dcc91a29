/* SPDX-License-Identifier: MIT */
/* dkms sources dkms.conf with bash, so bash is asked what a filled one says; that names
 * are no shell code, nor paths, is asked of the texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/driver/dkmsfill.h"

static const char TEMPLATE[] =
	"PACKAGE_NAME=\"nvidia\"\n"
	"PACKAGE_VERSION=\"__VERSION_STRING\"\n"
	"# The list will be generated. __COMMENTS do not count.\n"
	"MAKE[0]=\"'make' -j__JOBS EXCLUDE='__EXCLUDE_MODULES' CC='__IGNORE_CC_MISMATCH' modules\"\n"
	"__DKMS_MODULES\n";

static struct gp_buf out;
static struct gp_err err;

static int fresh(void **state)
{
	(void)state;
	gp_buf_release(&out);
	err = (struct gp_err){ 0 };
	return 0;
}

static int fill(const char *text, const char *modules)
{
	return gp_dkms_fill(gp_str_of(text), "460.73.01", gp_str_of(modules), &out, &err);
}

/* What bash says of the filled text, with a script behind it. */
static void ask_bash(const char *script, char *answer, size_t cap)
{
	char name[] = "/tmp/gp-dkmsfill-XXXXXX", cmd[256];
	int fd = mkstemp(name);
	FILE *f = fdopen(fd, "w"), *p;
	size_t n;

	assert_non_null(f);
	assert_int_equal(fwrite(out.data, 1, out.len, f), out.len);
	assert_true(fputs(script, f) >= 0);
	assert_int_equal(fclose(f), 0);
	snprintf(cmd, sizeof(cmd), "parallel_jobs=5 bash %s 2>&1; rm -f %s", name, name);
	p = popen(cmd, "r");
	assert_non_null(p);
	n = fread(answer, 1, cap - 1, p);
	answer[n] = '\0';
	assert_int_equal(pclose(p), 0);
}

static void filled(void **state)
{
	char answer[512];

	(void)state;
	assert_int_equal(fill(TEMPLATE, "nvidia nvidia-vgpu-vfio \n"), 0);
	ask_bash("echo \"$PACKAGE_VERSION|${MAKE[0]}|${BUILT_MODULE_NAME[*]}|${DEST_MODULE_LOCATION[*]}\"\n", answer,
		 sizeof(answer));
	assert_string_equal(answer, "460.73.01|'make' -j5 EXCLUDE='' CC='1' modules|nvidia nvidia-vgpu-vfio|"
				    "/kernel/drivers/video /kernel/drivers/video\n");
	assert_non_null(strstr(out.data, "was generated"));
}

static void filled_before(void **state)
{
	static const char done[] = "PACKAGE_NAME=a\nPACKAGE_VERSION=1\nMAKE[0]='make __init.c'\n";

	(void)state;
	assert_int_equal(fill(done, ""), 0);
	assert_string_equal(out.data, done);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *modules;
		enum gp_code code;
	} bad[] = { { "A=__NEW_WORD\n", "nvidia", GP_E_UNSUPPORTED },
		    { TEMPLATE, "nvidia a;b", GP_E_UNSUPPORTED },
		    { TEMPLATE, "a\"b", GP_E_UNSUPPORTED },
		    { TEMPLATE, "-a", GP_E_UNSUPPORTED },
		    { TEMPLATE, " \t", GP_E_FORMAT } };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		fresh(NULL);
		assert_int_equal(fill(bad[i].text, bad[i].modules), -1);
		assert_int_equal(err.code, bad[i].code);
	}
	assert_int_equal(gp_dkms_fill((struct gp_str){ "A\0B\n", 4 }, "1", gp_str_of("a"), &out, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
}

static void names(void **state)
{
	static const char *const bad[] = { "PACKAGE_NAME=a\n",
					   "PACKAGE_NAME=../a\nPACKAGE_VERSION=1\n",
					   "PACKAGE_NAME=.a\nPACKAGE_VERSION=1\n",
					   "PACKAGE_NAME=a\nPACKAGE_VERSION='1 2'\n",
					   "PACKAGE_NAME=a\nPACKAGE_VERSION=$(id)\n",
					   "PACKAGE_NAME=\nPACKAGE_VERSION=1\n",
					   "" };
	struct gp_dkms_name n;

	(void)state;
	assert_int_equal(
		gp_dkms_name_read(gp_str_of("PACKAGE_NAME=\"nvidia-current\"\nPACKAGE_VERSION='460.1'\n"), &n, &err),
		0);
	assert_string_equal(n.name, "nvidia-current");
	assert_string_equal(n.version, "460.1");
	gp_dkms_name_release(&n);
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		assert_int_equal(gp_dkms_name_read(gp_str_of(bad[i]), &n, &err), -1);
		assert_int_equal(err.code, GP_E_UNSUPPORTED);
		assert_null(n.name);
		assert_null(n.version);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(filled, fresh, fresh),
					    cmocka_unit_test_setup_teardown(filled_before, fresh, fresh),
					    cmocka_unit_test_setup_teardown(refused, fresh, fresh),
					    cmocka_unit_test_setup_teardown(names, fresh, fresh) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
