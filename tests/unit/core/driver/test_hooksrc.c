/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "core/driver/hooksrc.h"
#include "fx_table.h"

/* The constant of vgpu_unlock's vgpu_unlock_hooks.c, and what vGPU-Unlock-patcher's
 * vgpu_unlock_hooks-510.patch makes of it. */
#define OLDER "0x46, 0x4f, 0x39, 0x49, 0x74, 0x91, 0xd7, 0x0f, 0xbc, 0x65, 0xc2, 0x70, 0xdd, 0xdd, 0x11, 0x54"
#define NEWER "0x9d, 0x72, 0xd9, 0x06, 0xa6, 0x20, 0xf4, 0x39, 0xe1, 0x11, 0x7d, 0x17, 0xb4, 0x53, 0x1d, 0x73"
#define TABLE(bytes) "static const uint8_t vgpu_unlock_magic_sacrifice[0x10] = {\n" bytes "\n};\n"

static const struct table_case {
	const char *name, *text;
	enum gp_hooks_table want;
} tables[] = {
	{ "upstream's", TABLE(OLDER), GP_TABLE_OLDER },
	{ "the newer one", TABLE(NEWER), GP_TABLE_NEWER },
	{ "capitals",
	  TABLE("0X46, 0X4F, 0x39, 0x49, 0x74, 0x91, 0xD7, 0x0F, 0xBC, 0x65, 0xC2, 0x70, 0xDD, 0xDD, 0x11, 0x54"),
	  GP_TABLE_OLDER },
	{ "over several lines",
	  TABLE("0x9d, 0x72, 0xd9, 0x06,\n0xa6, 0x20, 0xf4, 0x39,\n\n0xe1,0x11,0x7d,0x17,"
		"\t0xb4,\n0x53, 0x1d, 0x73,"),
	  GP_TABLE_NEWER },
	{ "another table in front",
	  "static const uint8_t vgpu_unlock_magic_start[0x10] = {\n" NEWER "\n};\n" TABLE(OLDER), GP_TABLE_OLDER },
	{ "one bit differs",
	  TABLE("0x47, 0x4f, 0x39, 0x49, 0x74, 0x91, 0xd7, 0x0f, 0xbc, 0x65, 0xc2, 0x70, 0xdd, 0xdd, 0x11, 0x54"),
	  GP_TABLE_UNKNOWN },
	{ "one byte short",
	  TABLE("0x46, 0x4f, 0x39, 0x49, 0x74, 0x91, 0xd7, 0x0f, 0xbc, 0x65, 0xc2, 0x70, 0xdd, 0xdd, 0x11"),
	  GP_TABLE_UNKNOWN },
	{ "bytes behind the brace do not count", TABLE("0x46") "{" OLDER "}", GP_TABLE_UNKNOWN },
	{ "no brace", "vgpu_unlock_magic_sacrifice[0x10];", GP_TABLE_UNKNOWN },
	{ "cut off", "vgpu_unlock_magic_sacrifice[0x10] = { 0x46, 0x4", GP_TABLE_UNKNOWN },
	{ "no table", "int x;\n", GP_TABLE_UNKNOWN },
	{ "nothing", "", GP_TABLE_UNKNOWN },
};

static void check_table(void **state)
{
	const struct table_case *c = *state;

	assert_int_equal(gp_hooks_table(gp_str_of(c->text)), c->want);
	assert_false(gp_hooks_known(gp_str_of(c->text)));
}

static void table_names(void **state)
{
	(void)state;
	assert_string_equal(gp_hooks_table_name(GP_TABLE_OLDER), "older");
	assert_string_equal(gp_hooks_table_name(GP_TABLE_NEWER), "newer");
	assert_string_equal(gp_hooks_table_name(GP_TABLE_UNKNOWN), "unknown");
}

/* '|' marks the place; without one there is none. */
static const struct place_case {
	const char *name, *text;
} places[] = {
	{ "behind the only one", "#include \"a.h\"\n|int x;\n" },
	{ "behind the last", "#include \"a.h\"\n#include <b.h>\n|\nint x;\n" },
	{ "comments above and between",
	  "/*\n * text\n */\n#include \"a.h\"\n\n/* one */ /* two */\n// three\n#include \"b.h\"\n|int x;\n" },
	{ "an #include inside a comment", "#include \"a.h\"\n|/*\n#include \"b.h\"\n*/\nint x;\n" },
	{ "a comment in front of one", "/* c */ #include \"a.h\"\n|int x;\n" },
	{ "a comment that starts behind one",
	  "#include \"a.h\" /* long\n#include \"no.h\"\n*/\n#include \"b.h\"\n|int x;\n" },
	{ "#define in between", "#define X\n#include \"a.h\"\n#define Y 1\n#include \"b.h\"\n|static int x;\n" },
	{ "a #define over two lines", "#define X \\\n\tfoo()\n#include \"a.h\"\n|int x;\n" },
	{ "not inside #if", "#include \"a.h\"\n|#if defined(X)\n#include \"b.h\"\n#endif\nint x;\n" },
	{ "not inside #ifdef, #else, nested",
	  "#include \"a.h\"\n|#ifdef X\n#if Y\n#endif\n#include \"b.h\"\n#else\n#include \"c.h\"\n#endif\nint x;\n" },
	{ "behind an #endif again", "#if X\n#include \"a.h\"\n#endif\n#include \"b.h\"\n|int x;\n" },
	{ "not behind code", "#include \"a.h\"\n|int x;\n#include \"b.h\"\n" },
	{ "blanks around the sign", "  #  include \"a.h\"\n|int x;\n" },
	{ "CRLF", "#include \"a.h\"\r\n|int x;\r\n" },
	{ "no newline at the end", "#include \"a.h\"|" },
	{ "// behind an #include", "#include \"a.h\" // why /* not\n#include \"b.h\"\n|int x;\n" },
	{ "two comments behind an #include", "#include \"a.h\" /* a */ /* b\nb */\n#include \"b.h\"\n|int x;\n" },
	{ "a /* inside a string", "#define GLOB \"/*\"\n#include \"a.h\"\n|int x;\n" },
	{ "nothing", "" },
	{ "no #include", "int x;\n" },
	{ "only inside #if", "#if X\n#include \"a.h\"\n#endif\nint x;\n" },
	{ "only behind code", "int x;\n#include \"a.h\"\n" },
	{ "only in a comment", "/*\n#include \"a.h\"\n*/\nint x;\n" },
	{ "in a comment that never ends", "/*\n#include \"a.h\"\n" },
};

static void check_place(void **state)
{
	const struct place_case *c = *state;
	char text[512];
	const char *mark = strchr(c->text, '|');
	size_t off = 99, want = mark ? (size_t)(mark - c->text) : 0;
	struct gp_err err = { 0 };

	snprintf(text, sizeof(text), "%.*s%s", (int)(mark ? want : strlen(c->text)), c->text, mark ? mark + 1 : "");
	assert_int_equal(gp_hooks_place(gp_str_of(text), &off, &err), mark ? 0 : -1);
	if (mark)
		assert_int_equal(off, want);
	else
		assert_int_equal(err.code, GP_E_UNSUPPORTED);
}

static const struct yes_case {
	const char *name, *text;
	bool want;
} included[] = {
	{ "as gridpatch writes it", "int x;\n#include \"../unlock/vgpu_unlock_hooks.c\"\n", true },
	{ "from anywhere", "#include \"/opt/vgpu_unlock/vgpu_unlock_hooks.c\"\n", true },
	{ "with blanks", " #  include <vgpu_unlock_hooks.c>\r\n", true },
	{ "not in a comment line", "/* #include \"vgpu_unlock_hooks.c\" */\n", false },
	{ "not when commented out", "//#include \"vgpu_unlock_hooks.c\"\n", false },
	{ "another file", "#include \"hooks.c\"\n", false },
	{ "nothing", "", false },
}, linked[] = {
	{ "as gridpatch writes it", "obj-m += x\nldflags-y += -T $(src)/nvidia/kern.ld\n", true },
	{ "glued", "ldflags-y += -T$(src)/kern.ld", true },
	{ "an absolute path", "ldflags-y += -T /opt/vgpu_unlock/kern.ld\n", true },
	{ "commented out", "#ldflags-y += -T $(src)/nvidia/kern.ld\n", false },
	{ "another script", "ldflags-y += -T $(src)/nvidia/other.ld\n", false },
	{ "the file without the flag", "clean-files := kern.ld\n", false },
	{ "nothing", "", false },
};

static void check_included(void **state)
{
	const struct yes_case *c = *state;

	assert_int_equal(gp_hooks_included(gp_str_of(c->text)), c->want);
}

static void check_linked(void **state)
{
	const struct yes_case *c = *state;

	assert_int_equal(gp_hooks_linked(gp_str_of(c->text)), c->want);
}

static const struct licence_case {
	const char *name, *text, *want;
} licences[] = { { "NVIDIA's", "int x;\nMODULE_LICENSE(\"NVIDIA\");\n", "NVIDIA" },
		 { "a dual one", "MODULE_LICENSE(\"Dual MIT/GPL\");\n", "Dual MIT/GPL" },
		 { "blanks inside", "MODULE_LICENSE( \"MIT\" );\n", "MIT" },
		 { "an empty one", "MODULE_LICENSE(\"\");\n", "" },
		 { "the first counts", "MODULE_LICENSE(\"A\");\nMODULE_LICENSE(\"B\");\n", "A" },
		 { "a macro's definition is none", "#define MODULE_LICENSE(x)\nMODULE_LICENSE(\"A\");\n", "A" },
		 { "the quote never ends", "MODULE_LICENSE(\"A\n", "" },
		 { "cut off", "MODULE_LICENSE(", "" },
		 { "none", "MODULE_INFO(license, x);\n", "" },
		 { "nothing", "", "" } };

static void check_licence(void **state)
{
	const struct licence_case *c = *state;
	struct gp_str got = gp_module_licence(gp_str_of(c->text));

	assert_int_equal(got.len, strlen(c->want));
	assert_memory_equal(got.p, c->want, got.len);
}

static const struct {
	const char *name, *text, *included, *linked;
} paths[] = {
	{ "DualCoder's README",
	  "#include \"/opt/vgpu_unlock/vgpu_unlock_hooks.c\"\nldflags-y += -T /opt/vgpu_unlock/kern.ld\n",
	  "/opt/vgpu_unlock/vgpu_unlock_hooks.c", "/opt/vgpu_unlock/kern.ld" },
	{ "ours", "#include \"../unlock/vgpu_unlock_hooks.c\"\nldflags-y += -T $(src)/nvidia/kern.ld\n",
	  "../unlock/vgpu_unlock_hooks.c", "$(src)/nvidia/kern.ld" },
	{ "angles; no blank", "# include <unlock/vgpu_unlock_hooks.c>\nldflags-y+=-T/opt/VGPU_T/kern.ld\n",
	  "unlock/vgpu_unlock_hooks.c", "/opt/VGPU_T/kern.ld" },
	{ "a later line", "#include \"a.h\"\n#include \"vgpu_unlock_hooks.c\"\r\nx\ny -T \"k/kern.ld\"",
	  "vgpu_unlock_hooks.c", "k/kern.ld" },
	{ "neither", "int a;\n# -T kern.ld\n", "", "" },
};

static void check_path(void **state)
{
	const struct {
		const char *name, *text, *included, *linked;
	} *c = *state;
	struct gp_str got = gp_hooks_include_path(gp_str_of(c->text));

	assert_int_equal(got.len, strlen(c->included));
	assert_memory_equal(got.p, c->included, got.len);
	got = gp_hooks_link_path(gp_str_of(c->text));
	assert_int_equal(got.len, strlen(c->linked));
	assert_memory_equal(got.p, c->linked, got.len);
}

int main(void)
{
	FX_ROWS(paths, check_path, NULL, NULL);
	FX_ROWS(tables, check_table, NULL, NULL);
	FX_ROWS(places, check_place, NULL, NULL);
	FX_ROWS(included, check_included, NULL, NULL);
	FX_ROWS(linked, check_linked, NULL, NULL);
	FX_ROWS(licences, check_licence, NULL, NULL);
	FX_TEST(table_names, NULL, NULL);
	return fx_run(NULL, NULL);
}
