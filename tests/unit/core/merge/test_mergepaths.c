/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/merge/mergepaths.h"
#include "fx_table.h"

/* --- what goes into one tree --- */

/* "d file a/b" adds a/b to the desktop; "h" is the host, "dir" and "link" are the other types. */
static int add(struct gp_merge_paths *s, const char *line, struct gp_err *err)
{
	enum gp_side side = line[0] == 'h' ? GP_SIDE_HOST : GP_SIDE_DESKTOP;
	enum gp_member_type type = strncmp(line + 2, "dir ", 4) == 0  ? GP_MEMBER_DIR :
				   strncmp(line + 2, "link ", 5) == 0 ? GP_MEMBER_SYMLINK :
									GP_MEMBER_FILE;

	return gp_merge_paths_add(s, side, strchr(line + 2, ' ') + 1, type, err);
}

static const struct clash_case {
	const char *name, *lines[4];
	const char *says; /* NULL: they go together; else the last line does not */
} clashes[] = {
	{ "one file of each", { "d file a", "h file b" }, NULL },
	{ "the same file", { "d file a/b", "h file a/b" }, NULL },
	{ "the same directory", { "d dir a", "h dir a" }, NULL },
	{ "a directory, and what implies it", { "d dir a", "h file a/b" }, NULL },
	{ "a file and a directory",
	  { "d file a", "h dir a" },
	  "'a' is a directory in the host and a file in the other" },
	{ "a directory and a file",
	  { "d dir a", "h file a" },
	  "'a' is a file in the host and a directory in the other" },
	{ "a file and what is below it", { "d file a", "h file a/b" }, "'a' is a directory in the host" },
	{ "what is deep below it", { "d file a/b", "h file a/b/c/d" }, "'a/b' is a directory in the host" },
	{ "a file above", { "d file a/b/c", "h file a" }, "'a' is a file in the host and a directory in the other" },
	{ "a symlink and a file", { "d link a", "h file a" }, "'a' is a file in the host and a symlink in the other" },
	{ "a symlink and what is below it",
	  { "d link a", "h file a/b" },
	  "'a' is a directory in the host and a symlink" },
	{ "case only", { "d file Foo", "h file foo" }, "'foo' of the host and 'Foo' of the other differ in upper and" },
	{ "case of a directory", { "d file A/x", "h file a/y" }, "'a' of the host and 'A' of the other" },
	{ "case, in one package alone", { "d file Foo", "d file foo" }, NULL },
	{ "case, in one package, and the other has one", { "d file Foo", "d file foo", "h file foo" }, NULL },
	{ "a name twice", { "d file a", "d link a", "h link a" }, NULL },
	{ "the later of one side counts", { "d file a", "d link a", "h file a" }, "a symlink in the other" },
};

static void check_clash(void **state)
{
	const struct clash_case *c = *state;
	gp_auto(gp_merge_paths_release) struct gp_merge_paths s = { 0 };
	struct gp_err err = { 0 };
	char said[1024];
	int rc = 0;

	for (size_t i = 0; i < GP_COUNT(c->lines) && c->lines[i]; i++) {
		assert_int_equal(rc, 0);
		rc = add(&s, c->lines[i], &err);
	}
	assert_int_equal(rc, c->says ? -1 : 0);
	assert_int_equal(err.code, c->says ? GP_E_UNSUPPORTED : GP_OK);
	gp_err_format(&err, said, sizeof(said));
	if (c->says && !strstr(said, c->says))
		fail_msg("'%s' does not say '%s'", said, c->says);
}

static void who_has_what(void **state)
{
	gp_auto(gp_merge_paths_release) struct gp_merge_paths s = { 0 };

	(void)state;
	assert_int_equal(add(&s, "d file a/b", NULL) | add(&s, "h file a/c", NULL) | add(&s, "h link l", NULL), 0);
	assert_int_equal(gp_merge_paths_sides(&s, "a"), GP_SIDE_HOST | GP_SIDE_DESKTOP);
	assert_int_equal(gp_merge_paths_sides(&s, "a/b"), GP_SIDE_DESKTOP);
	assert_int_equal(gp_merge_paths_sides(&s, "a/c"), GP_SIDE_HOST);
	assert_int_equal(gp_merge_paths_sides(&s, "a/d"), 0);
	assert_true(gp_merge_paths_is_file(&s, GP_SIDE_DESKTOP, "a/b"));
	assert_false(gp_merge_paths_is_file(&s, GP_SIDE_HOST, "a/b"));
	assert_false(gp_merge_paths_is_file(&s, GP_SIDE_HOST, "a"));
	assert_true(gp_merge_paths_is_file(&s, GP_SIDE_HOST, "l"));
}

/* A member costs what the directories above it do: deep ones must not take all memory. */
static void deep_paths(void **state)
{
	gp_auto(gp_merge_paths_release) struct gp_merge_paths s = { 0 };
	struct gp_err err = { 0 };
	char path[4001];
	int rc = 0;
	size_t n = 0;

	(void)state;
	for (; rc == 0 && n < 1000; n++) {
		for (size_t i = 0; i < 4000; i += 4)
			memcpy(path + i, "abc/", 4);
		path[4000] = '\0';
		memcpy(path, (char[]){ (char)('a' + n / 100), (char)('a' + n / 10 % 10), (char)('a' + n % 10) }, 3);
		path[3999] = 'x';
		rc = gp_merge_paths_add(&s, GP_SIDE_HOST, path, GP_MEMBER_FILE, &err);
	}
	assert_int_equal(rc, -1);
	assert_int_equal(err.code, GP_E_UNSUPPORTED);
	assert_true(s.bytes < GP_MERGE_PATHS_MAX + 4096);
	assert_true(n > 10);
}

/* --- choices --- */

static const char table_text[] =
	"Branch: any\nTake: host\nPath: LICENSE kernel/nvidia/nv-kernel.o_binary init-scripts/\nReason: r\nEvidence: e\n\n"
	"Branch: any\nTake: desktop\nPath: kernel-open/\nReason: open\nEvidence: e\n\n"
	"Branch: 550\nTake: host\nPath: libodd.so.*\nReason: odd\nEvidence: e\n";

/* The desktop of all choices is 460.73.01, the host 460.73.02 unless it says otherwise. */
static const struct choice_case {
	const char *name, *path, *desktop; /* desktop: a file that it has, or NULL */
	unsigned sides;
	enum gp_take take;
	enum gp_merge_why why;
	const char *host, *instead;
} choices[] = {
	{ "the desktop's alone", "libcuda.so.460.73.01", NULL, GP_SIDE_DESKTOP, GP_TAKE_DESKTOP, GP_WHY_ONLY, NULL,
	  NULL },
	{ "the host's alone", "nvidia-vgpud", NULL, GP_SIDE_HOST, GP_TAKE_HOST, GP_WHY_ONLY, NULL, NULL },
	{ "both, and no rule", "nvidia-smi", NULL, 3, GP_TAKE_DESKTOP, GP_WHY_DESKTOPS, NULL, NULL },
	{ "both, and a rule", "LICENSE", NULL, 3, GP_TAKE_HOST, GP_WHY_TABLE, NULL, NULL },
	{ "a rule for a folder", "init-scripts/systemd/x.service", NULL, 3, GP_TAKE_HOST, GP_WHY_TABLE, NULL, NULL },
	{ "a rule does not take away", "init-scripts/sysv/nvidia-gridd", NULL, GP_SIDE_DESKTOP, GP_TAKE_DESKTOP,
	  GP_WHY_ONLY, NULL, NULL },
	{ "left out by a rule", "kernel-open/nvidia-vgpu-vfio/x.c", NULL, GP_SIDE_HOST, GP_TAKE_DESKTOP, GP_WHY_TABLE,
	  NULL, NULL },
	{ "a library of the host's version", "libnvidia-ml.so.460.73.02", "libnvidia-ml.so.460.73.01", GP_SIDE_HOST,
	  GP_TAKE_DESKTOP, GP_WHY_VERSION, NULL, "libnvidia-ml.so.460.73.01" },
	{ "the desktop has none", "libnvidia-vgpu.so.460.73.02", "libnvidia-ml.so.460.73.01", GP_SIDE_HOST,
	  GP_TAKE_HOST, GP_WHY_ONLY, NULL, NULL },
	{ "in another folder", "32/libnvidia-ml.so.460.73.02", "libnvidia-ml.so.460.73.01", GP_SIDE_HOST, GP_TAKE_HOST,
	  GP_WHY_ONLY, NULL, NULL },
	{ "in the same folder", "32/libnvidia-ml.so.460.73.02", "32/libnvidia-ml.so.460.73.01", GP_SIDE_HOST,
	  GP_TAKE_DESKTOP, GP_WHY_VERSION, NULL, "32/libnvidia-ml.so.460.73.01" },
	{ "no library", "nvidia-application-profiles-460.73.02-rc", "nvidia-application-profiles-460.73.01-rc",
	  GP_SIDE_HOST, GP_TAKE_DESKTOP, GP_WHY_VERSION, NULL, "nvidia-application-profiles-460.73.01-rc" },
	{ "a longer number in front", "libx.so.1460.73.02", "libx.so.1460.73.01", GP_SIDE_HOST, GP_TAKE_HOST,
	  GP_WHY_ONLY, NULL, NULL },
	{ "a longer number behind", "libx.so.460.73.025", "libx.so.460.73.015", GP_SIDE_HOST, GP_TAKE_HOST, GP_WHY_ONLY,
	  NULL, NULL },
	{ "one more part", "libx.so.460.73.02.1", "libx.so.460.73.01.1", GP_SIDE_HOST, GP_TAKE_HOST, GP_WHY_ONLY, NULL,
	  NULL },
	{ "the second of two numbers", "libx1460.73.02.so.460.73.02", "libx1460.73.02.so.460.73.01", GP_SIDE_HOST,
	  GP_TAKE_DESKTOP, GP_WHY_VERSION, NULL, "libx1460.73.02.so.460.73.01" },
	{ "the version in a folder's name", "x-460.73.02/y", "x-460.73.01/y", GP_SIDE_HOST, GP_TAKE_HOST, GP_WHY_ONLY,
	  NULL, NULL },
	{ "a rule before the version", "libodd.so.550.90.05", "libodd.so.460.73.01", GP_SIDE_HOST, GP_TAKE_HOST,
	  GP_WHY_TABLE, "550.90.05", NULL },
	{ "the manifest", ".manifest", NULL, 3, GP_TAKE_BOTH, GP_WHY_MADE, NULL, NULL },
	{ "conftest.sh", "kernel/conftest.sh", NULL, 3, GP_TAKE_BOTH, GP_WHY_MADE, NULL, NULL },
	{ "conftest.sh of the open modules", "kernel-open/conftest.sh", NULL, 3, GP_TAKE_DESKTOP, GP_WHY_TABLE, NULL,
	  NULL },
	{ "conftest.sh of a host alone", "kernel/conftest.sh", NULL, GP_SIDE_HOST, GP_TAKE_HOST, GP_WHY_ONLY, NULL,
	  NULL },
};

static void check_choice(void **state)
{
	const struct choice_case *c = *state;
	gp_auto(gp_merge_table_release) struct gp_merge_table table = { 0 };
	gp_auto(gp_merge_paths_release) struct gp_merge_paths paths = { 0 };
	struct gp_merge_case from = { .table = &table, .paths = &paths };
	struct gp_stanza_list s = { 0 };
	struct gp_merge_choice got;

	assert_int_equal(gp_stanza_parse(gp_str_of(table_text), "merge", &s, NULL), 0);
	assert_int_equal(gp_merge_table_parse(&s, &table, NULL), 0);
	gp_stanza_list_release(&s);
	assert_int_equal(gp_version_parse(gp_str_of(c->host ? c->host : "460.73.02"), &from.host, NULL), 0);
	assert_int_equal(gp_version_parse(GP_STR("460.73.01"), &from.desktop, NULL), 0);
	if (c->desktop)
		assert_int_equal(gp_merge_paths_add(&paths, GP_SIDE_DESKTOP, c->desktop, GP_MEMBER_FILE, NULL), 0);
	gp_merge_choose(&from, c->path, c->sides, &got);
	assert_string_equal(gp_take_name(got.take), gp_take_name(c->take));
	assert_string_equal(gp_merge_why_name(got.why), gp_merge_why_name(c->why));
	assert_int_equal(got.rule != NULL, c->why == GP_WHY_TABLE);
	assert_string_equal(got.instead ? got.instead : "", c->instead ? c->instead : "");
	gp_merge_choice_release(&got);
}

int main(void)
{
	FX_ROWS(clashes, check_clash, NULL, NULL);
	FX_ROWS(choices, check_choice, NULL, NULL);
	FX_TEST(who_has_what, NULL, NULL);
	FX_TEST(deep_paths, NULL, NULL);
	return fx_run(NULL, NULL);
}
