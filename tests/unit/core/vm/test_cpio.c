/* SPDX-License-Identifier: MIT */
/* libarchive's bsdtar says what is in an archive; the kernel does in tests/cli/boot.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/vm/cpio.h"

static char path[] = "/tmp/gp-cpio-XXXXXX";

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

/* What a command prints of the file. */
static void told(const char *before, const char *behind, char out[2048])
{
	char cmd[256];
	size_t n;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "%s %s %s", before, path, behind);
	f = popen(cmd, "r");
	assert_non_null(f);
	n = fread(out, 1, 2047, f);
	out[n] = '\0';
	assert_int_equal(pclose(f), 0);
}

static void write_out(const struct gp_cpio *c)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(c->bytes.data, 1, c->bytes.len, f), c->bytes.len);
	assert_int_equal(fclose(f), 0);
}

/* Names and contents of every length modulo four. */
static void test_members(void **state)
{
	struct gp_cpio c = { 0 };
	char out[2048];

	(void)state;
	gp_cpio_add_dir(&c, "d");
	for (unsigned n = 0; n < 5; n++) {
		char name[16];

		snprintf(name, sizeof(name), "d/%.*s", (int)n + 1, "fffff");
		assert_int_equal(gp_cpio_add_file(&c, name, 0640 + n, (struct gp_str){ "12345", n }, NULL), 0);
	}
	gp_cpio_add_device(&c, "kmsg", 1, 11);
	gp_cpio_end(&c);
	write_out(&c);
	told("bsdtar -tvf", "| awk '{ print $1, $3, $4, $5, $NF }'", out);
	assert_string_equal(out, "drwxr-xr-x 0 0 0 d\n"
				 "-rw-r----- 0 0 0 d/f\n"
				 "-rw-r----x 0 0 1 d/ff\n"
				 "-rw-r---w- 0 0 2 d/fff\n"
				 "-rw-r---wx 0 0 3 d/ffff\n"
				 "-rw-r--r-- 0 0 4 d/fffff\n"
				 "crw------- 0 0 1,11 kmsg\n");
	told("bsdtar -xOf", "d/fff d/fffff", out);
	assert_string_equal(out, "121234");
	gp_cpio_release(&c);
}

static void test_too_long(void **state)
{
	struct gp_cpio c = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_cpio_add_file(&c, "f", 0600, (struct gp_str){ "", (size_t)1 << 32 }, &err), -1);
	assert_int_equal(err.code, GP_E_UNSUPPORTED);
	assert_int_equal(c.members, 0);
	gp_cpio_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(test_members, setup, teardown),
					    cmocka_unit_test(test_too_long) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
