/* SPDX-License-Identifier: MIT */
/* The compiler's own preprocessor says what is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/module/vermagic.h"
#include "fx_table.h"

static char dir[] = "/tmp/gp-vermagic-XXXXXX";

/* Headers with the shapes that the kernel's have had, in words of our own. */
static const char uts[] = "#define UTS_RELEASE \"6.1.0-50-amd64\"\n";
static const char arch[] =
	"#ifndef _ASM_V\n#define _ASM_V\n"
	"#ifdef CONFIG_64\n/* nothing */\n#elif defined CONFIG_M686\n#define FAMILY \"686 \"\n"
	"#elif defined CONFIG_MK8\n#define FAMILY \"K8 \"\n#else\n#error unknown family\n#endif\n"
	"#ifdef CONFIG_32\n# define ARCH FAMILY\n#else\n# define ARCH \"\"\n#endif\n#endif /* _ASM_V */\n";
static const char linux_h[] =
	"#ifndef _V\n#define _V\n#ifndef INCLUDE_VERMAGIC\n#error not for you\n#endif\n"
	"#ifdef CONFIG_SMP\n#define V_SMP \"SMP \"\n#else\n#define V_SMP \"\"\n#endif\n"
	"#if defined(CONFIG_PREEMPT) && !defined(CONFIG_PREEMPT_RT)\n#define V_PREEMPT \"preempt \" /* a word */\n"
	"#elif defined(CONFIG_PREEMPT_RT)\n#define V_PREEMPT \"preempt_rt \"\n#else\n#define V_PREEMPT \"\"\n#endif\n"
	"#if 0\n#define V_SMP \"never \"\n#if whatever > 3\n#else\n#define V_SMP \"never \"\n#endif\n#endif\n"
	"#if defined(CONFIG_A) || defined(CONFIG_B)\n#define V_AB \"ab \"\n#else\n#define V_AB\n#endif\n"
	"#ifdef RANDSTRUCT\n#define V_RAND \"RANDSTRUCT_\" SEED\n#else\n#define V_RAND\n#endif\n"
	"#define VERMAGIC_STRING \t\t\\\n\tUTS_RELEASE \" \"\t\\\n\tV_SMP V_PREEMPT \t\\\n\tV_AB ARCH V_RAND\n"
	"#endif /* _V */\n";
static const char seed[] = "#define SEED \"0123abcd\"\n";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/v.c", dir);
	unlink(path);
	return rmdir(dir);
}

/* What cc makes of VERMAGIC_STRING behind these texts. */
static void cpp(const char *const *text, size_t n, const char *flags, char out[512])
{
	char cmd[256], line[512];
	size_t len = 0;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "%s/v.c", dir);
	f = fopen(cmd, "w");
	assert_non_null(f);
	for (size_t i = 0; i < n; i++)
		fputs(text[i], f);
	fputs("VERMAGIC_STRING\n", f);
	assert_int_equal(fclose(f), 0);
	snprintf(cmd, sizeof(cmd), "${CC:-cc} -E -P -DINCLUDE_VERMAGIC %s %s/v.c", flags, dir);
	f = popen(cmd, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		bool inside = false;

		for (const char *p = line; *p; p++) {
			if (*p == '"')
				inside = !inside;
			else if (inside && len < 511)
				out[len++] = *p;
		}
	}
	out[len] = '\0';
	assert_int_equal(pclose(f), 0);
}

static const struct config_case {
	const char *name, *autoconf, *flags;
} configs[] = { { "plain", "#define CONFIG_64 1\n", "" },
		{ "SMP, preempt", "#define CONFIG_64 1\n#define CONFIG_SMP 1\n#define CONFIG_PREEMPT 1\n", "" },
		{ "real time", "#define CONFIG_64 1\n#define CONFIG_PREEMPT 1\n#define CONFIG_PREEMPT_RT 1\n", "" },
		{ "K8", "#define CONFIG_32 1\n#define CONFIG_MK8 1\n#define CONFIG_B 1\n", "" },
		{ "686", "#define CONFIG_32 1\n#define CONFIG_M686 1\n#define CONFIG_A 1\n#define CONFIG_SMP 1\n", "" },
		/* scripts/Makefile.randstruct passes -DRANDSTRUCT. */
		{ "randstruct", "#define CONFIG_64 1\n#define CONFIG_RANDSTRUCT 1\n", "-DRANDSTRUCT" } };

static void test_config(void **state)
{
	const struct config_case *c = *state;
	const char *text[] = { c->autoconf, uts, seed, arch, linux_h };
	struct gp_str str[GP_COUNT(text)];
	struct gp_err err = { 0 };
	char want[512], *got;

	for (size_t i = 0; i < GP_COUNT(text); i++)
		str[i] = gp_str_of(text[i]);
	cpp(text, GP_COUNT(text), c->flags, want);
	assert_true(strlen(want) > strlen("6.1.0-50-amd64"));
	got = gp_vermagic_expected(str, GP_COUNT(str), &err);
	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static const struct refused_case {
	const char *name, *text;
} refused[] = {
	{ "nothing", "" },
	{ "no string", "#define OTHER \"x\"\n" },
	{ "an unknown name", "#define VERMAGIC_STRING \"a\" OTHER\n" },
	{ "itself", "#define VERMAGIC_STRING \"a\" VERMAGIC_STRING\n" },
	{ "a number", "#define VERMAGIC_STRING 5\n" },
	{ "an open string", "#define VERMAGIC_STRING \"a\n" },
	{ "a condition with numbers", "#if X > 5\n#define VERMAGIC_STRING \"a\"\n#endif\n" },
	{ "mixed operators", "#if defined(A) && defined(B) || defined(C)\n#endif\n#define VERMAGIC_STRING \"a\"\n" },
	{ "an #else of its own", "#else\n#define VERMAGIC_STRING \"a\"\n" },
	{ "in a part that does not count", "#ifdef NO\n#define VERMAGIC_STRING \"a\"\n#endif\n" },
	{ "exponential",
	  "#define A B B B B B B B B\n#define B C C C C C C C C\n#define C D D D D D D D D\n"
	  "#define D E E E E E E E E\n#define E F F F F F F F F\n#define F G G G G G G G G\n#define G H H H H H H H H\n"
	  "#define H I I I I I I I I\n#define I J J J J J J J J\n#define J K K K K K K K K\n#define K\n"
	  "#define VERMAGIC_STRING A \"a\"\n" },
};

static void test_refused(void **state)
{
	const struct refused_case *c = *state;
	struct gp_str text = gp_str_of(c->text);
	struct gp_err err = { 0 };

	assert_null(gp_vermagic_expected(&text, 1, &err));
	assert_int_equal(err.code, GP_E_UNSUPPORTED);
}

int main(void)
{
	if (system("command -v ${CC:-cc} >/dev/null 2>&1") != 0) {
		printf("SKIP test_vermagic: no compiler\n");
		return 0;
	}
	FX_ROWS(configs, test_config, NULL, NULL);
	FX_ROWS(refused, test_refused, NULL, NULL);
	return fx_run(setup, teardown);
}
