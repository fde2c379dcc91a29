/* SPDX-License-Identifier: MIT */
/*
 * The first error of a build's log. The lines are those that GCC 12, clang 14,
 * GNU make 4.3 and modpost of Linux 5.4 and 6.1 print; a test that runs the real
 * ones is tests/cli/build.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/proof/buildlog.h"

static struct gp_build_error e;

static bool first(const char *log)
{
	gp_build_error_release(&e);
	return gp_buildlog_first(gp_str_of(log), "/tmp/x/kernel", &e);
}

static int done(void **state)
{
	(void)state;
	gp_build_error_release(&e);
	return 0;
}

static void compiler(void **state)
{
	(void)state;
	assert_true(first("  CC [M]  /tmp/x/kernel/nvidia/a.o\n"
			  "/tmp/x/kernel/nvidia/a.c: In function 'f':\n"
			  "/tmp/x/kernel/nvidia/a.c:12:5: warning: unused variable 'x'\n"
			  "/tmp/x/kernel/nvidia/a.c:14:9: error: implicit declaration of function 'set_fs' [-Werror]\n"
			  "   14 |     set_fs(KERNEL_DS);\n"
			  "make[2]: *** [scripts/Makefile.build:250: a.o] Error 1\n"));
	assert_int_equal(e.cls, GP_CELL_COMPILE);
	assert_string_equal(e.file, "nvidia/a.c");
	assert_int_equal(e.line, 14);
	assert_string_equal(e.name, "set_fs");
	assert_string_equal(e.text, "error: implicit declaration of function 'set_fs' [-Werror]");
}

static void relative(void **state)
{
	static const char *const mine[] = { "../../../tmp/x/kernel/nvidia/a.c", "../x/kernel/nvidia/a.c" };
	static const char *const others[] = { "../include/linux/a.h", "tmp/x/kernel/a.h", "../x/kernels/a.h" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		gp_auto(gp_free_ptr) char *log = gp_asprintf("%s:3:1: error: no\n", mine[i]);

		assert_true(first(log));
		assert_string_equal(e.file, "nvidia/a.c");
	}
	for (size_t i = 0; i < 3; i++) {
		gp_auto(gp_free_ptr) char *log = gp_asprintf("%s:3:1: error: no\n", others[i]);

		assert_true(first(log));
		assert_string_equal(e.file, others[i]);
	}
}

static void utf8_quotes(void **state)
{
	(void)state;
	assert_true(first(
		"a.c:3:1: error: unknown type name \xe2\x80\x98mm_segment_t\xe2\x80\x99; did you mean \xe2\x80\x98x\xe2\x80\x99?\n"));
	assert_string_equal(e.name, "mm_segment_t");
}

static void member(void **state)
{
	(void)state;
	/* The struct is named first, what it lacks last. */
	assert_true(first("a.c:3: error: 'struct file_operations' has no member named 'no_llseek'\n"));
	assert_string_equal(e.name, "no_llseek");
	assert_int_equal(e.line, 3);
	assert_true(first("a.c:3:7: error: 'timer' has no member named 'expires'\n"));
	assert_string_equal(e.name, "expires");
}

static void missing_header(void **state)
{
	(void)state;
	assert_true(first(
		"/tmp/x/kernel/common/inc/nv.h:20:10: fatal error: asm/kmap_types.h: No such file or directory\n"));
	assert_string_equal(e.name, "asm/kmap_types.h");
	assert_string_equal(e.file, "common/inc/nv.h");
}

static void modpost(void **state)
{
	(void)state;
	assert_true(first("  MODPOST /tmp/x/kernel/Module.symvers\n"
			  "ERROR: modpost: \"follow_pfn\" [/tmp/x/kernel/nvidia.ko] undefined!\n"));
	assert_int_equal(e.cls, GP_CELL_MODPOST);
	assert_string_equal(e.name, "follow_pfn");
	assert_string_equal(e.text, "ERROR: modpost: \"follow_pfn\" [nvidia.ko] undefined!");
	assert_null(e.file);
	assert_true(first(
		"FATAL: modpost: GPL-incompatible module nvidia.ko uses GPL-only symbol 'rcu_read_unlock_strict'\n"));
	assert_int_equal(e.cls, GP_CELL_MODPOST);
	assert_string_equal(e.name, "rcu_read_unlock_strict");
	assert_true(first("ERROR: \"old_style\" [/tmp/x/kernel/nvidia.ko] undefined!\n"));
	assert_int_equal(e.cls, GP_CELL_MODPOST);
	/* modpost may fail without a word that it is an error. */
	assert_true(first("/tmp/x/kernel/nvidia/.nv-kernel.o.cmd: No such file or directory\n"
			  "make[3]: *** [/h/scripts/Makefile.modpost:127: /tmp/x/kernel/Module.symvers] Error 1\n"));
	assert_int_equal(e.cls, GP_CELL_MODPOST);
	assert_string_equal(e.text, "nvidia/.nv-kernel.o.cmd: No such file or directory");
}

static void environment(void **state)
{
	static const char *const logs[] = {
		"/tmp/cc.s: Assembler messages:\nFatal error: can't write 4096 bytes: 'No space left on device'\n",
		"gcc: fatal error: Killed signal terminated program cc1\ncompilation terminated.\n",
		"/bin/sh: 1: pahole: not found\nmake[1]: *** [x] Error 127\n",
		"cc1: out of memory allocating 65536 bytes\n",
		"gcc: error: unrecognized command-line option '-fmin-function-alignment=16'\n",
		"Compiler version check failed:\n",
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(logs); i++) {
		assert_true(first(logs[i]));
		assert_int_equal(e.cls, GP_CELL_ENVIRONMENT);
	}
}

/* The compiler shows the sources, and they may say anything. */
static void excerpt(void **state)
{
	(void)state;
	assert_true(first("a.c:5:1: warning: x\n"
			  "    5 |  nv_printf(\"out of memory error: \");\n"
			  "      |  ^~~~~~~~~\n"
			  "a.c:9:1: error: 'y' undeclared\n"));
	assert_int_equal(e.cls, GP_CELL_COMPILE);
	assert_int_equal(e.line, 9);
}

static void make_alone(void **state)
{
	(void)state;
	assert_true(
		first("make[1]: *** No rule to make target '/tmp/x/kernel/nvidia/gone.o', needed by 'x'.  Stop.\n"));
	assert_int_equal(e.cls, GP_CELL_COMPILE);
	assert_true(first("make: Entering directory '/h'\nit would not\nmake: *** [Makefile:3: all] Error 2\n"));
	assert_int_equal(e.cls, GP_CELL_COMPILE);
	assert_string_equal(e.text, "it would not");
}

static void nothing(void **state)
{
	(void)state;
	assert_false(first(""));
	assert_null(e.text);
	assert_int_equal(e.cls, GP_CELL_ENVIRONMENT);
	assert_false(first("one\n\ntwo\n"));
	assert_string_equal(e.text, "two");
}

static void hostile(void **state)
{
	char log[4096];

	(void)state;
	assert_true(first("a.c:99999999999:1: error: '\033[31mx'\n"));
	assert_null(strchr(e.text, '\033'));
	assert_true(first("a.c:1:1: error: '"));
	assert_true(first(":::: error: \xff\xfe'\n"));
	memset(log, ':', sizeof(log) - 1);
	log[sizeof(log) - 1] = '\0';
	first(log);
	memset(log, '\'', sizeof(log) - 1);
	memcpy(log, "x: error: ", 10);
	assert_true(first(log));
	assert_true(strlen(e.text) <= 400);
}

static void tail(void **state)
{
	struct gp_str t = gp_buildlog_tail(GP_STR("one\ntwo\nthree\n"), 9);

	(void)state;
	assert_true(gp_str_eq(t, "three\n"));
	t = gp_buildlog_tail(GP_STR("one\n"), 11);
	assert_true(gp_str_eq(t, "one\n"));
	t = gp_buildlog_tail(GP_STR("a line without an end"), 4);
	assert_int_equal(t.len, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(compiler, done),       cmocka_unit_test_teardown(relative, done),
		cmocka_unit_test_teardown(utf8_quotes, done),    cmocka_unit_test_teardown(member, done),
		cmocka_unit_test_teardown(missing_header, done), cmocka_unit_test_teardown(modpost, done),
		cmocka_unit_test_teardown(environment, done),    cmocka_unit_test_teardown(excerpt, done),
		cmocka_unit_test_teardown(make_alone, done),     cmocka_unit_test_teardown(nothing, done),
		cmocka_unit_test_teardown(hostile, done),        cmocka_unit_test(tail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
