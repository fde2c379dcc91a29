/* SPDX-License-Identifier: MIT */
/* dkms.conf is sourced by bash, and BUILD_EXCLUSIVE_KERNEL is matched by bash's
 * =~ against the whole release (dkms(8)): so bash is asked what is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/driver/dkmsconf.h"
#include "fx_table.h"

static char dir[] = "/tmp/gp-dkms-XXXXXX";
static struct gp_buf out, again;
static struct gp_list names;

static int clear(void **state)
{
	(void)state;
	gp_buf_release(&out);
	gp_buf_release(&again);
	gp_list_release(&names);
	return 0;
}

static void save(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

/* What bash prints for a script in the test's directory. */
static void bash(const char *script, struct gp_buf *b)
{
	char cmd[128], block[4096];
	size_t n;
	FILE *p;

	save("script", script);
	snprintf(cmd, sizeof(cmd), "cd %s && bash ./script 2>&1", dir);
	p = popen(cmd, "r");
	assert_non_null(p);
	gp_buf_release(b);
	gp_buf_puts(b, "");
	while ((n = fread(block, 1, sizeof(block), p)))
		gp_buf_add(b, block, n);
	assert_int_equal(pclose(p), 0);
}

/* --- the expression --- */

static const struct regex_case {
	const char *name;
	struct gp_kline line[6];
	size_t n;
} regexes[] = {
	{ "one line", { { 5, 13, false } }, 1 },
	{ "5.0", { { 5, 0, false } }, 1 },
	{ "5.1 is not 5.10", { { 5, 1, false } }, 1 },
	{ "5.10 is not 5.1", { { 5, 10, false } }, 1 },
	{ "5.1 and 5.10", { { 5, 1, false }, { 5, 10, false } }, 2 },
	{ "three of a decade", { { 5, 13, false }, { 5, 14, false }, { 5, 19, false } }, 3 },
	{ "two majors", { { 5, 13, false }, { 6, 2, false } }, 2 },
	{ "any order", { { 6, 12, false }, { 4, 19, false }, { 5, 13, false } }, 3 },
	{ "5.13 and later", { { 5, 13, true } }, 1 },
	{ "6.0 and later: nothing of 6", { { 6, 0, true } }, 1 },
	{ "3.0 and later", { { 3, 0, true } }, 1 },
	{ "7.3 and later", { { 7, 3, true } }, 1 },
	{ "holes below an open end", { { 5, 13, false }, { 5, 15, true }, { 4, 20, false } }, 3 },
	{ "a hole in the last major", { { 6, 3, false }, { 6, 9, true } }, 2 },
	{ "two open ends: the lower one counts", { { 6, 9, true }, { 5, 13, true } }, 2 },
	{ "lines above the open end change nothing", { { 6, 2, false }, { 5, 13, true } }, 2 },
	{ "the same line twice", { { 5, 13, false }, { 5, 13, false } }, 2 },
	{ "many lines of one major",
	  { { 5, 2, false }, { 5, 5, false }, { 5, 12, false }, { 5, 20, false }, { 5, 21, false }, { 5, 30, false } },
	  6 },
};

/* The plain truth. */
static bool shut_out(const struct regex_case *c, unsigned major, unsigned minor)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct gp_kline *l = &c->line[i];

		if (l->major == major && l->minor == minor)
			return true;
		if (l->and_later && (major > l->major || (major == l->major && minor > l->minor)))
			return true;
	}
	return false;
}

static void check_regex(void **state)
{
	static const char *const suffix[] = {
		"", ".0", ".9-1-pve", "-rc1", ".0-32-amd64", ".10+deb12-amd64", ".0-305.el8.x86_64"
	};
	const struct regex_case *c = *state;
	gp_auto(gp_buf_release) struct gp_buf list = { 0 };
	gp_auto(gp_buf_release) struct gp_buf script = { 0 };
	struct gp_str rest;

	gp_dkms_regex_except(c->line, c->n, &out);
	for (unsigned major = 3; major <= 10; major++)
		for (unsigned minor = 0; minor <= 30; minor++)
			for (size_t i = 0; i < GP_COUNT(suffix); i++)
				gp_buf_printf(&list, "%u.%u%s %c\n", major, minor, suffix[i],
					      shut_out(c, major, minor) ? 'n' : 'y');
	save("list", list.data);
	save("regex", out.data);
	gp_buf_puts(&script, "re=$(cat regex)\nwhile read -r r want; do\n"
			     "  got=n; [[ $r =~ $re ]] && got=y\n"
			     "  [ $got = $want ] || echo \"$r: $got instead of $want\"\ndone < list\n");
	bash(script.data, &again);
	rest = gp_buf_str(&again);
	if (rest.len)
		fail_msg("%s\n%.400s", out.data, again.data);
	/* It stands between single quotes in dkms.conf. */
	assert_null(strchr(out.data, '\''));
}

static void it_is_appended(void **state)
{
	const struct gp_kline line = { 5, 13, false };

	(void)state;
	gp_buf_puts(&out, "x");
	gp_dkms_regex_except(&line, 1, &out);
	assert_memory_equal(out.data, "x^", 2);
}

/* --- PATCH[] --- */

static const struct patch_case {
	const char *name, *text;
} patches[] = {
	{ "none", "PACKAGE_NAME=\"nvidia\"\n" },
	{ "one", "PATCH[0]=\"a.patch\"\n" },
	{ "in single quotes", "PATCH[0]='a.patch'\n" },
	{ "without quotes", "PATCH[0]=a.patch\n" },
	{ "two, with expressions", "PATCH[0]=\"a.patch\"\nPATCH_MATCH[0]=\"^5\\.1[0-2]\"\nPATCH[1]=\"b.patch\"\n" },
	{ "no newline at the end", "PATCH[0]=\"a.patch\"" },
	{ "indented", "  PATCH[0]=\"a.patch\"\n\tPATCH[1]=\"b.patch\"\n" },
	{ "a comment in front", "#PATCH[0]=\"a.patch\"\nPATCH[1]=\"b.patch\"\n" },
	{ "a comment behind", "PATCH[0]=\"a.patch\" # for 5.12\n" },
	{ "two digits", "PATCH[10]=\"a.patch\"\n" },
	{ "an empty one", "PATCH[0]=\"\"\nPATCH[1]=\"b.patch\"\n" },
	{ "a list", "A=1\nPATCH=(a.patch b.patch)\nPACKAGE_NAME=x\n" },
	{ "a list of several lines", "PATCH=(a.patch\n  \"b.patch\"\n) # x\nPATCH_MATCH=('' '^5')\nAUTOINSTALL=yes\n" },
	{ "a computed number", "i=0\nPATCH[$i]=a.patch\nPATCH_MATCH[$i]='^5'\n" },
	{ "more of them", "PATCH[0]=a\ni=1\nPATCH[i++]=b\nPATCH[${#PATCH[@]}]=\"c\"\n" },
	{ "other names", "XPATCH[0]=\"a\"\nPATCHES[0]=\"b\"\nPATCH_X[0]=\"c\"\n" },
	{ "a real file", "PACKAGE_NAME=\"nvidia\"\nMAKE[0]=\"'make' -j4 modules\"\nAUTOINSTALL=\"yes\"\n"
			 "PATCH[0]=\"twelve.patch\"\nPATCH_MATCH[0]=\"^5\\.1[0-2]\\..*$\"\n" },
};

/* bash's words, one to a line, without empty ones. */
static const char SHOW[] = ". ./conf\nfor p in \"${PATCH[@]}\"; do [ -z \"$p\" ] || echo \"$p\"; done\n";

static void check_patches(void **state)
{
	const struct patch_case *c = *state;

	gp_dkms_patches(gp_str_of(c->text), &names);
	for (size_t i = 0; i < names.n; i++)
		gp_buf_printf(&out, "%s\n", names.v[i]);
	save("conf", c->text);
	bash(SHOW, &again);
	assert_string_equal(out.data ? out.data : "", again.data);
}

static void check_drop(void **state)
{
	static const char all[] = ". ./conf\necho \"${PATCH[@]}${PATCH_MATCH[@]}\"\n"
				  "echo \"$PACKAGE_NAME$AUTOINSTALL${MAKE[0]}$XPATCH$PATCHES$PATCH_X\"\n";
	const struct patch_case *c = *state;
	gp_auto(gp_buf_release) struct gp_buf before = { 0 };
	const char *rest;

	save("conf", c->text);
	bash(all, &before);
	gp_dkms_drop_patches(gp_str_of(c->text), &out);
	save("conf", out.data ? out.data : "");
	bash(all, &again);
	assert_int_equal(again.data[0], '\n'); /* no PATCH, no PATCH_MATCH */
	rest = strchr(before.data, '\n');
	assert_string_equal(again.data + 1, rest + 1);
}

/* dkms's own loop (3.0.10, read_conf()), and what it would apply on a release. */
static const char LOOP[] =
	". ./conf\nfor ((index=0; index < ${#PATCH[@]}; index++)); do\n"
	"  [[ ${PATCH[$index]} ]] && printf '%s %s\\n' \"${PATCH[$index]}\" \"${PATCH_MATCH[$index]}\"\ndone\n:\n";

static const struct read_case {
	const char *name, *text;
	bool clear;
} reads[] = { { "nothing", "A=1\n", true },
	      { "two", "PATCH[0]=a\nPATCH[1]=\"b\"\n", true },
	      { "the later one counts", "PATCH[0]=a\nPATCH[0]=b\n", true },
	      { "out of order", "PATCH[1]=b\nPATCH_MATCH[0]='^5'\nPATCH[0]=a\n", true },
	      { "an expression without a patch", "PATCH[0]=a\nPATCH_MATCH[1]=\"x\"\n", true },
	      { "double quotes keep most backslashes", "PATCH[0]=a\nPATCH_MATCH[0]=\"^5\\.1\\\\[\\\"\\$\"\n", true },
	      { "a dollar before the quote", "PATCH[0]=a\nPATCH_MATCH[0]=\"^5\\..*$\"\n", true },
	      { "single quotes keep all", "PATCH[0]=a\nPATCH_MATCH[0]='^5\\.$x`y`'\n", true },
	      { "quotes that touch", "PATCH[0]=a\nPATCH_MATCH[0]='it'\\''s'\"x\"y # z\n", true },
	      { "a semicolon", "PATCH[0]=a; PATCH_MATCH[7]=b\n", true },
	      { "a gap", "PATCH[0]=a\nPATCH[2]=b\n", false },
	      { "not from 0", "PATCH[1]=a\n", false },
	      { "a list", "PATCH=(a b)\n", true },
	      { "a list of several lines, and one more", "PATCH=( 'a'\n\tb\n)\nPATCH[2]=c\nPATCH_MATCH=(\"^5\" '')\n",
		true },
	      { "a list at the end", "A=1\nPATCH=(a\nb)", true },
	      { "an empty list", "PATCH=()\n", true },
	      { "a list of variables", "x=a\nPATCH=(a \"$x\")\n", false },
	      { "a list with a comment", "PATCH=(a # b\nc)\n", false },
	      { "a list after others", "PATCH[0]=x\nPATCH[1]=y\nPATCH=(a)\n", false },
	      { "a list without an end", "PATCH=(a b\n", false },
	      { "a computed number", "i=0\nPATCH[$i]=a\n", false },
	      { "a computed number of an expression", "i=0\nPATCH[0]=a\nPATCH_MATCH[$i]=b\n", false },
	      { "appended", "PATCH[0]=a\nPATCH+=(b)\n", false },
	      { "a variable", "x=a\nPATCH[0]=\"$x\"\n", false },
	      { "a command", "PATCH[0]=a\nPATCH_MATCH[0]=`echo b`\n", false },
	      { "an open quote", "PATCH[0]=\"a\n\"\n", false } };

static void check_read(void **state)
{
	const struct read_case *c = *state;
	struct gp_dkms_patch_list l;
	struct gp_err err = { 0 };

	if (!c->clear) {
		assert_int_equal(gp_dkms_patches_read(gp_str_of(c->text), &l, &err), -1);
		assert_int_equal(err.code, GP_E_UNSUPPORTED);
		return;
	}
	assert_int_equal(gp_dkms_patches_read(gp_str_of(c->text), &l, &err), 0);
	for (size_t i = 0; i < l.n; i++)
		gp_buf_printf(&out, "%s %s\n", l.v[i].file, l.v[i].match);
	gp_dkms_patch_list_release(&l);
	save("conf", c->text);
	bash(LOOP, &again);
	assert_string_equal(out.data ? out.data : "", again.data);
}

static void put_and_read(void **state)
{
	static const char *const match[] = { "^5\\.10\\.", "it's \"$x\" `y` \\\\", "^(a|b)$" };
	struct gp_dkms_patch_list l = { 0 };
	gp_auto(gp_buf_release) struct gp_buf want = { 0 }, bare = { 0 };

	(void)state;
	gp_buf_puts(&want, "first.patch \n");
	for (unsigned i = 0; i < GP_COUNT(match); i++) {
		gp_auto(gp_free_ptr) char *file = gp_asprintf("p%u.patch", i);

		gp_dkms_patch_add(&l, i + 1, file, match[i]);
		gp_buf_printf(&want, "%s %s\n", file, match[i]);
	}
	gp_dkms_patches_put(gp_str_of("A=1\nPATCH[0]=first.patch"), &l, &out);
	gp_dkms_patch_list_release(&l);
	save("conf", out.data);
	bash(LOOP, &again);
	assert_string_equal(again.data, want.data);
	assert_int_equal(gp_dkms_patches_read(gp_buf_str(&out), &l, NULL), 0);
	assert_int_equal(l.n, 4);
	assert_false(l.v[0].ours);
	for (size_t i = 1; i < l.n; i++) {
		assert_true(l.v[i].ours);
		assert_string_equal(l.v[i].match, match[i - 1]);
	}
	gp_dkms_patch_list_release(&l);
	gp_dkms_patches_of_others(gp_buf_str(&out), &names);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.v[0], "first.patch");
	gp_dkms_drop_patches(gp_buf_str(&out), &bare);
	gp_buf_putc(&bare, '\0');
	assert_string_equal(bare.data, "A=1\n");
}

/* "^5\.10…$" and "^(…|…)$", asked of bash. */
static void releases_only(void **state)
{
	static const char *const in[] = { "5.10.0-32-amd64", "6.12.95+deb12-amd64", "5.4" };
	static const char *const no[] = { "5.10.0-32-amd64x",    "15.10.0-32-amd64",  "5x10.0-32-amd64", "5.4.1", "",
					  "6.12.955deb12-amd64", "6.12.95deb12-amd64" };
	gp_auto(gp_buf_release) struct gp_buf script = { 0 };

	(void)state;
	for (size_t n = 1; n <= GP_COUNT(in); n++) {
		gp_list_add(&names, in[n - 1]);
		gp_buf_release(&out);
		gp_buf_release(&script);
		gp_dkms_regex_of(&names, &out);
		save("regex", out.data);
		gp_buf_puts(&script, "re=$(cat regex)\n");
		for (size_t i = 0; i < GP_COUNT(in); i++)
			gp_buf_printf(&script, "[[ '%s' =~ $re ]] %s echo '%s'\n", in[i], i < n ? "||" : "&&", in[i]);
		for (size_t i = 0; i < GP_COUNT(no); i++)
			gp_buf_printf(&script, "[[ '%s' =~ $re ]] && echo '%s'\n", no[i], no[i]);
		gp_buf_puts(&script, ":\n");
		bash(script.data, &again);
		assert_string_equal(again.data, "");
	}
}

static void line_only(void **state)
{
	const struct gp_kline line = { 5, 10, false };

	(void)state;
	gp_dkms_regex_only(&line, &out);
	save("regex", out.data);
	bash("re=$(cat regex)\n"
	     "for r in 5.10 5.10.0-32-amd64 5.10-rc1 5.10.223; do [[ $r =~ $re ]] || echo $r; done\n"
	     "for r in 5.1 5.1.10 5.100 5.101.1 15.10.1 5.11 6.10.1 5x10; do [[ $r =~ $re ]] && echo $r; done; :\n",
	     &again);
	assert_string_equal(again.data, "");
}

/* What is let through of a line that is left out. */
static void also(void **state)
{
	const struct gp_kline lines[] = { { 5, 14, false }, { 6, 0, true } };

	(void)state;
	gp_dkms_regex_except(lines, GP_COUNT(lines), &out);
	gp_buf_putc(&out, '|');
	gp_dkms_regex_also(&lines[0], "\\.0-.*\\.el9", &out);
	save("regex", out.data);
	bash("re=$(cat regex)\n"
	     "for r in 5.14.0-427.el9 5.140.1 5.13.9 5.15.0-1.el9 4.18.0-80.el8; do [[ $r =~ $re ]] || echo $r; done\n"
	     "for r in 5.14 5.14.0-427.el9x 5.14.1-1.el9 15.14.0-427.el9 6.14.0-1.el9; do\n"
	     "[[ $r =~ $re ]] && echo $r; done; :\n",
	     &again);
	assert_string_equal(again.data, "");
}

/* --- BUILD_EXCLUSIVE_KERNEL --- */

static const char RE[] = "^(5\\.(1[0-2]))([^0-9].*)?$";
static const char ASK[] = ". ./conf\necho \"$BUILD_EXCLUSIVE_KERNEL\"\n";

static const struct exclusive_case {
	const char *name, *text;
	bool ours; /* it may be set */
} exclusives[] = { { "an empty file", "", true },
		   { "without a newline at its end", "A=1", true },
		   { "comments are no limit", "#BUILD_EXCLUSIVE_KERNEL=\"^5\"\n", true },
		   { "another limit is no hindrance", "BUILD_EXCLUSIVE_ARCH=\"x86_64\"\n", true },
		   { "the package has its own", "BUILD_EXCLUSIVE_KERNEL=\"^4.*\"\nA=1\n", false },
		   { "its own, indented", "A=1\n  BUILD_EXCLUSIVE_KERNEL='^4.*'\n", false } };

static void check_exclusive(void **state)
{
	const struct exclusive_case *c = *state;
	gp_auto(gp_buf_release) struct gp_buf said = { 0 };

	assert_int_equal(gp_dkms_set_exclusive(gp_str_of(c->text), RE, "why not", &out), c->ours);
	if (!c->ours) {
		assert_string_equal(out.data, c->text);
		return;
	}
	save("conf", out.data);
	bash(ASK, &said);
	assert_int_equal(said.len, strlen(RE) + 1);
	assert_memory_equal(said.data, RE, strlen(RE));
	assert_memory_equal(out.data, c->text, strlen(c->text));
	assert_non_null(strstr(out.data, "why not"));

	/* The same again: the same text. */
	assert_true(gp_dkms_set_exclusive(gp_buf_str(&out), RE, "why not", &again));
	assert_string_equal(again.data, out.data);
	/* Another one: instead of the first, not besides. */
	gp_buf_release(&again);
	assert_true(gp_dkms_set_exclusive(gp_buf_str(&out), "^6", "other", &again));
	save("conf", again.data);
	bash(ASK, &said);
	assert_string_equal(said.data, "^6\n");
	assert_null(strstr(again.data, "why not"));
	/* Away: only a newline may be left over. */
	gp_buf_release(&again);
	assert_true(gp_dkms_set_exclusive(gp_buf_str(&out), NULL, NULL, &again));
	assert_null(strstr(again.data ? again.data : "", "\nBUILD_EXCLUSIVE_KERNEL="));
	assert_int_equal(strncmp(again.data ? again.data : "", c->text, strlen(c->text)), 0);
	assert_in_range(again.len, strlen(c->text), strlen(c->text) + 1);
}

/* bash, as dkms reads it, prints what they are; what it would have to compute is none of
 * ours. */
static const struct {
	const char *name, *text;
	bool clear;
} values[] = {
	{ "in quotes", "PACKAGE_VERSION=\"460.73.02\"\n", true },
	{ "single ones, a comment", "PACKAGE_VERSION='460.73.02' # x\n", true },
	{ "bare, the last line", "PACKAGE_NAME=a\nPACKAGE_VERSION=460.73.02", true },
	{ "twice", "PACKAGE_VERSION=1\nPACKAGE_VERSION=2\n", true },
	{ "indented", "\t PACKAGE_VERSION=1;\n", true },
	{ "a comment, a longer name", "#PACKAGE_VERSION=1\nPACKAGE_VERSION_X=2\nPACKAGE_VERSION=3\n", true },
	{ "nothing", "PACKAGE_VERSION=\n", true },
	{ "pieces", "PACKAGE_VERSION=4'6'\"0\"\\.1\n", true },
	{ "a variable", "V=1\nPACKAGE_VERSION=\"$V\"\n", false },
	{ "a command", "PACKAGE_VERSION=`echo 1`\n", false },
	{ "not set", "PACKAGE_NAME=1\n", false },
};

static void check_value(void **state)
{
	const struct {
		const char *name, *text;
		bool clear;
	} *c = *state;
	gp_auto(gp_free_ptr) char *got = gp_dkms_value(gp_str_of(c->text), "PACKAGE_VERSION");
	char want[64] = "";
	FILE *p;

	if (!c->clear) {
		assert_null(got);
		return;
	}
	setenv("CONF", c->text, 1);
	p = popen("bash -c 'eval \"$CONF\"; printf %s \"$PACKAGE_VERSION\"'", "r");
	assert_non_null(p);
	want[fread(want, 1, sizeof(want) - 1, p)] = '\0';
	assert_int_equal(pclose(p), 0);
	assert_string_equal(got, want);
}

static void module_names(void **state)
{
	gp_auto(gp_list_release) struct gp_list l = { 0 };

	(void)state;
	gp_dkms_modules(gp_str_of("BUILT_MODULE_NAME[0]=\"nvidia\"\nDEST_MODULE_NAME[0]=\"nvidia-current\"\n"
				  " BUILT_MODULE_NAME[1]=nvidia-uvm\nBUILT_MODULE_NAME[1]=nvidia-uvm\n"
				  "BUILT_MODULE_NAME[2]=\"$x\"\n#BUILT_MODULE_NAME[3]=no\n"),
			&l);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0], "nvidia");
	assert_string_equal(l.v[1], "nvidia-uvm");
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

int main(void)
{
	FX_ROWS(regexes, check_regex, NULL, clear);
	FX_ROWS(patches, check_patches, NULL, clear);
	FX_ROWS(patches, check_drop, NULL, clear);
	FX_ROWS(reads, check_read, NULL, clear);
	FX_ROWS(exclusives, check_exclusive, NULL, clear);
	FX_ROWS(values, check_value, NULL, NULL);
	FX_TEST(module_names, NULL, NULL);
	FX_TEST(put_and_read, NULL, clear);
	FX_TEST(releases_only, NULL, clear);
	FX_TEST(line_only, NULL, clear);
	FX_TEST(also, NULL, clear);
	FX_TEST(it_is_appended, NULL, clear);
	return fx_run(setup, teardown);
}
