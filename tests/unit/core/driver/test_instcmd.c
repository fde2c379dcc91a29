/* SPDX-License-Identifier: MIT */
/* Flags by version: option tables of nvidia-installer's tags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/driver/instcmd.h"
#include "fx_table.h"

#define COMMON " --no-x-check --no-nouveau-check"

static const struct inst_case {
	const char *name, *driver, *run, *release, *source;
	bool two;
	const char *want;
} cases[] = { { "460, running kernel", "460.73.01", "./a.run", NULL, NULL, false, "sh ./a.run --dkms -s" COMMON },
	      { "460 for a release", "460.73.01", "./a.run", "5.12.9", NULL, false,
		"sh ./a.run --dkms -s" COMMON " -k 5.12.9" },
	      { "headers elsewhere", "460.73.01", "./a.run", "5.12.9", "/srv/h", false,
		"sh ./a.run --dkms -s" COMMON " -k 5.12.9 --kernel-source-path /srv/h" },
	      { "a path without a release is not used", "460.73.01", "./a.run", NULL, "/srv/h", false,
		"sh ./a.run --dkms -s" COMMON },
	      { "469.99 does not know -m", "469.99", "a", NULL, NULL, true, "sh a --dkms -s" COMMON },
	      { "470.42 with two trees", "470.42", "a", NULL, NULL, true, "sh a --dkms -s -m=kernel" COMMON },
	      { "470.42 with one", "470.42", "a", NULL, NULL, false, "sh a --dkms -s" COMMON },
	      { "550.40.06 loads what it built", "550.40.06", "a", "6.1.0", NULL, true,
		"sh a --dkms -s -m=kernel" COMMON " -k 6.1.0" },
	      { "550.40.07 need not", "550.40.07", "a", "6.1.0", NULL, true,
		"sh a --dkms -s -m=kernel" COMMON " -k 6.1.0 --skip-module-load" },
	      { "550.54 for the running kernel loads", "550.54.15", "a", NULL, NULL, false, "sh a --dkms -s" COMMON },
	      { "554 still has -m", "554.99", "a", NULL, NULL, true, "sh a --dkms -s -m=kernel" COMMON },
	      { "555 has -M", "555.42.02", "a", NULL, NULL, true, "sh a --dkms -s -M proprietary" COMMON },
	      { "610 with one tree", "610.57.04", "a", "6.12", NULL, false,
		"sh a --dkms -s -M proprietary" COMMON " -k 6.12 --skip-module-load" },
	      { "460.107 is newer than 460.91.03, not than 470.42", "460.107", "a", NULL, NULL, true,
		"sh a --dkms -s" COMMON },
	      { "blanks are quoted", "460.73.01", "/my dir/a b.run", NULL, NULL, false,
		"sh '/my dir/a b.run' --dkms -s" COMMON },
	      { "quotes are quoted", "460.73.01", "it's", NULL, NULL, false, "sh 'it'\\''s' --dkms -s" COMMON },
	      { "a command is quoted", "460.73.01", "$(id)", "`x`", "a;b", false,
		"sh '$(id)' --dkms -s" COMMON " -k '`x`' --kernel-source-path 'a;b'" },
	      { "an empty word is quoted", "460.73.01", "", NULL, NULL, false, "sh '' --dkms -s" COMMON } };

static struct gp_buf out;

static int clear(void **state)
{
	(void)state;
	gp_buf_release(&out);
	return 0;
}

static void check(void **state)
{
	const struct inst_case *c = *state;
	struct gp_instcmd i = { .run = c->run, .release = c->release, .source_path = c->source, .two_trees = c->two };

	assert_int_equal(gp_version_parse(gp_str_of(c->driver), &i.driver, NULL), 0);
	gp_instcmd_format(&i, &out);
	assert_string_equal(out.data, c->want);
}

/* The shell takes the words apart as they were meant. */
static void check_words(void **state)
{
	const struct inst_case *c = *state;
	struct gp_instcmd i = { .run = c->run, .release = c->release };
	gp_auto(gp_buf_release) struct gp_buf cmd = { 0 };
	char line[256];
	FILE *p;

	assert_int_equal(gp_version_parse(gp_str_of(c->driver), &i.driver, NULL), 0);
	gp_instcmd_format(&i, &out);
	gp_buf_puts(&cmd, "printf '%s\\n' ");
	gp_buf_puts(&cmd, out.data + 3);
	p = popen(cmd.data, "r");
	assert_non_null(p);
	assert_non_null(fgets(line, sizeof(line), p));
	line[strcspn(line, "\n")] = '\0';
	while (fgetc(p) != EOF)
		;
	assert_int_equal(pclose(p), 0);
	assert_string_equal(line, c->run);
}

int main(void)
{
	FX_ROWS(cases, check, NULL, clear);
	FX_ROWS(cases, check_words, NULL, clear);
	return fx_run(NULL, NULL);
}
