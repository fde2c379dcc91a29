/* SPDX-License-Identifier: MIT */
/* Tests: core/rules/kind */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/driver/manifest.h"
#include "fx_table.h"

/* The eight lines of GRID 460.73.01's header, with other words. */
#define HEAD(modules) "NVIDIA Driver\n460.73.02\n \n" modules "\n \n \n./kernel/\n./kernel/precompiled/\n"
#define HOST HEAD("nvidia nvidia-vgpu-vfio")
#define SRC(path) path " 0644 KERNEL_MODULE_SRC INHERIT_PATH_DEPTH:1 MODULE:resman\n"

static struct gp_manifest m;
static struct gp_buf text, input;

static int clear(void **state)
{
	(void)state;
	gp_manifest_release(&m);
	gp_buf_release(&text);
	gp_buf_release(&input);
	return 0;
}

/* --- reading --- */

static const struct read_case {
	const char *name, *text; /* '@' stands for NUL */
	enum gp_code code;
	size_t n;         /* entries */
	const char *last; /* path|mode|type|rest of the last one; or what the error says */
} reads[] = {
	{ "no entries", HOST, GP_OK, 0, "" },
	{ "a header without its last newline", "a\n1\n \nm\n \n \nx\ny", GP_OK, 0, "" },
	{ "an entry", HOST SRC("kernel/nvidia/nv.c"), GP_OK, 1,
	  "kernel/nvidia/nv.c|0644|KERNEL_MODULE_SRC|INHERIT_PATH_DEPTH:1 MODULE:resman" },
	{ "an entry without newline", HOST "LICENSE 0444 DOCUMENTATION", GP_OK, 1, "LICENSE|0444|DOCUMENTATION|" },
	{ "./ in front", HOST SRC("./kernel/a.c"), GP_OK, 1,
	  "kernel/a.c|0644|KERNEL_MODULE_SRC|INHERIT_PATH_DEPTH:1 MODULE:resman" },
	{ "a type nobody knows", HOST "x 0755 NEW_THING a b c d\n", GP_OK, 1, "x|0755|NEW_THING|a b c d" },
	{ "several blanks", HOST "x   0755\tTYPE   y\n", GP_OK, 1, "x|0755|TYPE|y" },
	{ "CRLF", HOST "x 0755 TYPE y\r\n", GP_OK, 1, "x|0755|TYPE|y" },
	{ "an empty line ends it", HOST SRC("a.c") "\n" SRC("b.c"), GP_OK, 1,
	  "a.c|0644|KERNEL_MODULE_SRC|INHERIT_PATH_DEPTH:1 MODULE:resman" },
	{ "a symlink", HOST "libGL.so 0000 OPENGL_SYMLINK NATIVE / libGL.so.1\n", GP_OK, 1,
	  "libGL.so|0000|OPENGL_SYMLINK|NATIVE / libGL.so.1" },
	{ "nothing", "", GP_E_FORMAT, 0, "eight" },
	{ "seven lines", "a\n1\n \nm\n \n \nx\n", GP_E_FORMAT, 0, "eight" },
	{ "two fields", HOST "x 0755\n", GP_E_FORMAT, 0, "line 9" },
	{ "one field in line 10", HOST SRC("a.c") "x\n", GP_E_FORMAT, 0, "line 10" },
	{ "a mode that is not octal", HOST "x 0855 T\n", GP_E_FORMAT, 0, "octal" },
	{ "a mode of letters", HOST "x rwx T\n", GP_E_FORMAT, 0, "octal" },
	{ "a mode that is too long", HOST "x 00000755 T\n", GP_E_FORMAT, 0, "octal" },
	{ "an absolute path", HOST "/etc/passwd 0644 T\n", GP_E_FORMAT, 0, "absolute" },
	{ "a climbing path", HOST "kernel/../../x 0644 T\n", GP_E_FORMAT, 0, "climbs" },
	{ "a NUL in an entry", HOST SRC("a.c") "b@.c 0644 T\n", GP_E_FORMAT, 0, "line 10 has a NUL byte" },
	{ "a NUL in a type", HOST "b.c 0644 T@x\n", GP_E_FORMAT, 0, "line 9 has a NUL byte" },
	{ "a NUL in the version", "a\n1@2\n \nm\n \n \nx\ny\n", GP_E_FORMAT, 0, "line 2 has a NUL byte" },
	{ "a NUL in a line that nobody reads", "a\n1\n@\nm\n \n \nx\ny\n", GP_E_FORMAT, 0, "line 3 has a NUL byte" },
	{ "a terminal sequence in a mode is masked", HOST "x \033[2J T\n", GP_E_FORMAT, 0, "'?[2J'" },
};

static void check_read(void **state)
{
	const struct read_case *c = *state;
	struct gp_err err = { 0 };
	char said[700];
	int rc;

	gp_buf_puts(&input, c->text);
	for (size_t i = 0; i < input.len; i++)
		input.data[i] = input.data[i] == '@' ? '\0' : input.data[i];
	rc = gp_manifest_parse(gp_buf_str(&input), &m, &err);
	assert_int_equal(err.code, c->code);
	assert_int_equal(rc, c->code ? -1 : 0);
	if (c->code) {
		gp_err_format(&err, said, sizeof(said));
		if (!strstr(said, c->last) || !strstr(said, ".manifest"))
			fail_msg("'%s' does not say '%s'", said, c->last);
		return;
	}
	assert_int_equal(m.n, c->n);
	if (m.n) {
		const struct gp_mentry *e = &m.entry[m.n - 1];

		gp_buf_printf(&text, "%s|%.*s|%.*s|%.*s", e->path, (int)e->mode.len, e->mode.p, (int)e->type.len,
			      e->type.p, (int)e->rest.len, e->rest.p);
		assert_string_equal(text.data, c->last);
		assert_ptr_equal(gp_manifest_find(&m, e->path), e);
	}
	assert_null(gp_manifest_find(&m, "kernel"));
	assert_null(gp_manifest_find(&m, ""));
}

static void the_header_says_version_and_modules(void **state)
{
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_manifest_parse(GP_STR(HOST), &m, &err), 0);
	assert_true(gp_str_eq(m.version, "460.73.02"));
	assert_true(gp_str_eq(m.description, "NVIDIA Driver"));
	assert_true(gp_manifest_has_module(&m, "nvidia"));
	assert_true(gp_manifest_has_module(&m, "nvidia-vgpu-vfio"));
	assert_false(gp_manifest_has_module(&m, "nvidia-vgpu"));
	assert_false(gp_manifest_has_module(&m, "vfio"));
	assert_false(gp_manifest_has_module(&m, ""));
}

/* --- kinds --- */

static const struct kind_case {
	const char *name, *text;
	enum gp_kind kind;
	const char *word;
} kinds[] = {
	{ "vgpu-vfio among the modules", HOST, GP_KIND_HOST, "host" },
	{ "nvidia-vgpud alone", HEAD("nvidia") "nvidia-vgpud 0755 UTILITY_BINARY\n", GP_KIND_HOST, "host" },
	{ "a host with CUDA", HOST "libcuda.so.1 0755 CUDA_LIB NATIVE\n", GP_KIND_MERGED, "merged" },
	{ "a host with GL", HOST "libGL.so.1 0755 OPENGL_LIB NATIVE\n", GP_KIND_MERGED, "merged" },
	{ "a host with NVML", HOST "libnvidia-ml.so.460.73.02 0755 CUDA_LIB NATIVE / MODULE:nvml\n", GP_KIND_HOST,
	  "host" },
	{ "a merged one of 32 bits", HOST "./32/libcuda.so.460.73.01 0755 CUDA_LIB COMPAT32 / MODULE:gpgpu\n",
	  GP_KIND_MERGED, "merged" },
	{ "a host with GLVND", HOST "libOpenGL.so.0 0755 GLVND_LIB NATIVE MODULE:opengl\n", GP_KIND_MERGED, "merged" },
	{ "a merged guest", HOST "nvidia-gridd 0755 UTILITY_BINARY\nlibcuda.so.1 0755 CUDA_LIB NATIVE /\n",
	  GP_KIND_MERGED, "merged" },
	{ "a host with gridd only is a host", HOST "nvidia-gridd 0755 UTILITY_BINARY\n", GP_KIND_HOST, "host" },
	{ "nvidia-gridd", HEAD("nvidia nvidia-drm") "nvidia-gridd 0755 UTILITY_BINARY\n", GP_KIND_GUEST, "guest" },
	{ "a guest with libraries", HEAD("nvidia") "nvidia-gridd 0755 UTILITY_BINARY\nlibcuda.so.1 0755 CUDA_LIB N\n",
	  GP_KIND_GUEST, "guest" },
	{ "none of these", HEAD("nvidia nvidia-uvm") "libcuda.so.1 0755 CUDA_LIB NATIVE\n", GP_KIND_GENERAL,
	  "general" },
	{ "the module's name in line 1 does not count", "nvidia-vgpu-vfio\n1\n \nnvidia\n \n \na\nb\n", GP_KIND_GENERAL,
	  "general" },
};

static void check_kind(void **state)
{
	const struct kind_case *c = *state;
	struct gp_err err = { 0 };

	assert_int_equal(gp_manifest_parse(gp_str_of(c->text), &m, &err), 0);
	assert_int_equal(gp_manifest_kind(&m), c->kind);
	assert_string_equal(gp_kind_name(c->kind), c->word);
}

static void symlink_types(void **state)
{
	static const struct {
		const char *type;
		bool is;
	} t[] = { { "OPENGL_SYMLINK", true }, { "UTILITY_BIN_SYMLINK", true }, { "TLS_LIB_NEWSYM", true },
		  { "OPENGL_LIB", false },    { "SYMLINK_X", false },          { "KERNEL_MODULE_SRC", false } };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(t); i++) {
		struct gp_mentry e = { .type = gp_str_of(t[i].type) };

		assert_int_equal(gp_mentry_is_symlink(&e), t[i].is);
	}
}

/* --- adding and dropping --- */

static const struct add_case {
	const char *name, *text, *add[3], *like, *want; /* want NULL: refused */
} adds[] = { { "behind its model",
	       HOST SRC("kernel/a.c") SRC("kernel/z.c"),
	       { "kernel/b.c" },
	       "kernel/a.c",
	       HOST SRC("kernel/a.c") SRC("kernel/b.c") SRC("kernel/z.c") },
	     { "in the given order",
	       HOST SRC("kernel/a.c"),
	       { "kernel/c.c", "kernel/b.c" },
	       "kernel/a.c",
	       HOST SRC("kernel/a.c") SRC("kernel/c.c") SRC("kernel/b.c") },
	     { "with ./ as its model has it",
	       HOST SRC("./kernel/a.c"),
	       { "kernel/b.c" },
	       "kernel/a.c",
	       HOST SRC("./kernel/a.c") SRC("./kernel/b.c") },
	     { "what is listed stays alone",
	       HOST SRC("kernel/a.c") SRC("./kernel/b.c"),
	       { "kernel/b.c" },
	       "kernel/a.c",
	       HOST SRC("kernel/a.c") SRC("./kernel/b.c") },
	     { "behind the last line without newline",
	       HOST "kernel/a.c 0644 T",
	       { "kernel/b.c" },
	       "kernel/a.c",
	       HOST "kernel/a.c 0644 T\nkernel/b.c 0644 T" },
	     { "before the empty line",
	       HOST SRC("kernel/a.c") "\nrest\n",
	       { "kernel/b.c" },
	       "kernel/a.c",
	       HOST SRC("kernel/a.c") SRC("kernel/b.c") "\nrest\n" },
	     { "without a model", HOST SRC("kernel/a.c"), { "kernel/b.c" }, "kernel/none.c", NULL } };

static void check_add(void **state)
{
	const struct add_case *c = *state;
	struct gp_err err = { 0 };
	size_t n = 0;

	while (n < GP_COUNT(c->add) && c->add[n])
		n++;
	assert_int_equal(gp_manifest_parse(gp_str_of(c->text), &m, &err), 0);
	assert_int_equal(gp_manifest_add(&m, c->add, n, c->like, &text, &err), c->want ? 0 : -1);
	if (c->want)
		assert_string_equal(text.data, c->want);
	else
		assert_int_equal(err.code, GP_E_FORMAT);
}

static const struct drop_case {
	const char *name, *text, *path, *want;
} drops[] = { { "a line goes", HOST SRC("kernel/a.c") SRC("kernel/b.c"), "kernel/a.c", HOST SRC("kernel/b.c") },
	      { "the last one", HOST SRC("kernel/a.c") "kernel/b.c 0644 T", "kernel/b.c", HOST SRC("kernel/a.c") },
	      { "a path that is not listed", HOST SRC("kernel/a.c"), "kernel/b.c", HOST SRC("kernel/a.c") },
	      { "written with ./", HOST SRC("./kernel/a.c") SRC("b.c"), "kernel/a.c", HOST SRC("b.c") },
	      { "what follows the empty line stays", HOST SRC("a.c") "\nrest\n", "a.c", HOST "\nrest\n" } };

static void check_drop(void **state)
{
	const struct drop_case *c = *state;
	struct gp_err err = { 0 };

	assert_int_equal(gp_manifest_parse(gp_str_of(c->text), &m, &err), 0);
	gp_manifest_drop(&m, c->path, &text);
	assert_string_equal(text.data, c->want);
}

/* Entries with a directory of their own: EXPLICIT_PATH as its neighbours have it. */
#define PLACED_HEAD "D\n1\n \nnvidia\n \n \n./kernel/\n./kernel/precompiled/\n"
#define LIB "lib.so 0755 EXPLICIT_PATH /usr/lib/nvidia"

static const struct place_case {
	const char *name, *entries, *near, *want; /* want NULL: refused */
} places[] = { { "behind the first of its kind", "a 0644 X\nb 0444 EXPLICIT_PATH /b\nc 0644 X", NULL,
		 "a 0644 X\nb 0444 EXPLICIT_PATH /b\n" LIB "\nc 0644 X" },
	       { "with its tags", "b 0444 EXPLICIT_PATH /b MODULE:vgpu MODULE:x\n", NULL,
		 "b 0444 EXPLICIT_PATH /b MODULE:vgpu MODULE:x\n" LIB " MODULE:vgpu MODULE:x\n" },
	       { "with those of another entry",
		 "a 0444 EXPLICIT_PATH /a MODULE:y\nb 0444 EXPLICIT_PATH /b MODULE:z\n"
		 "u 0444 EXPLICIT_PATH /u MODULE:z\n",
		 "u",
		 "a 0444 EXPLICIT_PATH /a MODULE:y\nb 0444 EXPLICIT_PATH /b MODULE:z\n" LIB
		 " MODULE:z\nu 0444 EXPLICIT_PATH /u MODULE:z\n" },
	       { "that one is of another type", "u 0444 SYSTEMD_UNIT MODULE:z\nb 0444 EXPLICIT_PATH /b MODULE:y\n", "u",
		 "u 0444 SYSTEMD_UNIT MODULE:z\nb 0444 EXPLICIT_PATH /b MODULE:y\n" LIB " MODULE:y\n" },
	       { "with ./", "./b 0444 EXPLICIT_PATH /b\n", NULL, "./b 0444 EXPLICIT_PATH /b\n./" LIB "\n" },
	       { "none of its kind", "b 0444 UTILITY_BINARY MODULE:x\n", NULL, NULL },
	       { "one without a directory", "b 0444 EXPLICIT_PATH MODULE:x\n", NULL, NULL } };

static void check_place(void **state)
{
	const struct place_case *c = *state;
	const struct gp_placed what = { "lib.so", "/usr/lib/nvidia", 0755 };
	gp_auto(gp_free_ptr) char *in = gp_asprintf("%s%s", PLACED_HEAD, c->entries);
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	gp_auto(gp_manifest_release) struct gp_manifest placed = { 0 };
	struct gp_err why = { 0 };

	assert_int_equal(gp_manifest_parse(gp_str_of(in), &placed, NULL), 0);
	assert_int_equal(gp_manifest_place(&placed, &what, 1, c->near, &out, &why), c->want ? 0 : -1);
	if (!c->want) {
		assert_int_equal(why.code, GP_E_UNSUPPORTED);
		return;
	}
	assert_memory_equal(out.data, PLACED_HEAD, strlen(PLACED_HEAD));
	assert_string_equal(out.data + strlen(PLACED_HEAD), c->want);
}

static const struct where_case {
	const char *name, *entry, *want;
} wheres[] = { { "a directory of its own", "x/a 0644 EXPLICIT_PATH /etc/y MODULE:z", "/etc/y/a" },
	       { "with a slash at its end", "a 0644 EXPLICIT_PATH /etc/y/", "/etc/y/a" },
	       { "the root", "a 0644 EXPLICIT_PATH /", "/a" },
	       { "a program", "a 0755 UTILITY_BINARY MODULE:z", "/usr/bin/a" },
	       { "a library", "a 0755 VGX_LIB NATIVE MODULE:z", NULL },
	       { "no directory", "a 0644 EXPLICIT_PATH MODULE:z", NULL } };

static void check_where(void **state)
{
	const struct where_case *c = *state;
	gp_auto(gp_free_ptr) char *in = gp_asprintf("%s%s\n", PLACED_HEAD, c->entry);
	gp_auto(gp_manifest_release) struct gp_manifest placed = { 0 };
	gp_auto(gp_free_ptr) char *place = NULL;

	assert_int_equal(gp_manifest_parse(gp_str_of(in), &placed, NULL), 0);
	place = gp_mentry_place(&placed.entry[0]);
	if (c->want)
		assert_string_equal(place, c->want);
	else
		assert_null(place);
}

int main(void)
{
	FX_ROWS(reads, check_read, NULL, clear);
	FX_ROWS(kinds, check_kind, NULL, clear);
	FX_ROWS(adds, check_add, NULL, clear);
	FX_ROWS(places, check_place, NULL, NULL);
	FX_ROWS(wheres, check_where, NULL, NULL);
	FX_ROWS(drops, check_drop, NULL, clear);
	FX_TEST(the_header_says_version_and_modules, NULL, clear);
	FX_TEST(symlink_types, NULL, NULL);
	return fx_run(NULL, NULL);
}
