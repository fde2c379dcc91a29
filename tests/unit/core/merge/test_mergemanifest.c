/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/merge/mergemanifest.h"
#include "fx_table.h"

#define HEAD(v, modules) "NVIDIA Driver\n" v "\n \n" modules "\n \n \n./kernel/\n./kernel/precompiled/\n"
#define HOST HEAD("460.73.02", "nvidia nvidia-vgpu-vfio")
#define DESKTOP HEAD("460.73.01", "nvidia nvidia-uvm nvidia-drm")
#define MERGED HEAD("460.73.01", "nvidia nvidia-uvm nvidia-drm nvidia-vgpu-vfio")
#define SRC(path) path " 0644 KERNEL_MODULE_SRC INHERIT_PATH_DEPTH:1 MODULE:resman\n"
#define BIN(path) path " 0755 UTILITY_BINARY MODULE:vgpu\n"
#define ML(v) "libnvidia-ml.so." v " 0755 CUDA_LIB NATIVE / MODULE:nvml\n"
#define ML1(v) "libnvidia-ml.so.1 0000 CUDA_SYMLINK NATIVE / libnvidia-ml.so." v " MODULE:nvml\n"
#define ML0 "libnvidia-ml.so 0000 CUDA_SYMLINK NATIVE / libnvidia-ml.so.1 MODULE:nvml\n"
#define VGX(v) "libnvidia-vgpu.so." v " 0755 VGX_LIB NATIVE MODULE:vgpu\n"
#define VGX0(v) "libnvidia-vgpu.so 0000 VGX_LIB_SYMLINK libnvidia-vgpu.so." v " MODULE:vgpu\n"

static const char table_text[] = "Branch: any\nTake: host\nPath: LICENSE init-scripts/\nReason: r\nEvidence: e\n\n"
				 "Branch: any\nTake: desktop\nPath: kernel-open/\nReason: r\nEvidence: e\n";

/* What the two list they have, and what `more` says ("h x" "d y"). */
static const struct merge_case {
	const char *name, *host, *desktop, *want;
	const char *more; /* files that no manifest lists: "h:path d:path"; NULL */
	size_t left_out;
} merges[] = {
	{ "nothing but the module", HOST, DESKTOP, MERGED, NULL, 0 },
	{ "a module that both have", HEAD("460.73.02", "nvidia nvidia-drm"), DESKTOP, DESKTOP, NULL, 0 },
	{ "the same entry", HOST SRC("kernel/a.c"), DESKTOP SRC("kernel/a.c"), MERGED SRC("kernel/a.c"), NULL, 0 },
	{ "./ is no other path", HOST "./LICENSE 0444 X\n", DESKTOP "LICENSE 0444 X\n", MERGED "./LICENSE 0444 X\n",
	  NULL, 0 },
	{ "behind its neighbour", HOST SRC("kernel/b.c") SRC("kernel/new.c") SRC("kernel/c.c"),
	  DESKTOP SRC("kernel/a.c") SRC("kernel/b.c") SRC("kernel/c.c") BIN("nvidia-smi"),
	  MERGED SRC("kernel/a.c") SRC("kernel/b.c") SRC("kernel/new.c") SRC("kernel/c.c") BIN("nvidia-smi"), NULL, 0 },
	{ "behind the last of its type", HOST BIN("nvidia-vgpud") BIN("nvidia-vgpu-mgr"),
	  DESKTOP BIN("nvidia-smi") BIN("nvidia-settings") SRC("kernel/a.c"),
	  MERGED BIN("nvidia-smi") BIN("nvidia-settings") BIN("nvidia-vgpud") BIN("nvidia-vgpu-mgr") SRC("kernel/a.c"),
	  NULL, 0 },
	{ "a type that the desktop does not have", HOST BIN("nvidia-smi") VGX("460.73.02") VGX0("460.73.02"),
	  DESKTOP BIN("nvidia-smi") SRC("kernel/a.c"),
	  MERGED BIN("nvidia-smi") VGX("460.73.02") VGX0("460.73.02") SRC("kernel/a.c"), NULL, 0 },
	{ "an empty desktop", HOST VGX("460.73.02") SRC("kernel/a.c"), DESKTOP,
	  MERGED VGX("460.73.02") SRC("kernel/a.c"), NULL, 0 },
	{ "a library in two versions: the desktop's, with its links",
	  HOST ML("460.73.02") ML1("460.73.02") ML0 VGX("460.73.02"), DESKTOP ML("460.73.01") ML1("460.73.01") ML0,
	  MERGED ML("460.73.01") ML1("460.73.01") ML0 VGX("460.73.02"), NULL, 1 },
	{ "a link to what is left out", HOST ML("460.73.02") ML1("460.73.02") ML0, DESKTOP ML("460.73.01"),
	  MERGED ML("460.73.01"), NULL, 3 },
	{ "a link to a link",
	  HOST VGX("460.73.02") VGX0("460.73.02") "l 0000 VGX_LIB_SYMLINK libnvidia-vgpu.so MODULE:vgpu\n", DESKTOP,
	  MERGED VGX("460.73.02") VGX0("460.73.02") "l 0000 VGX_LIB_SYMLINK libnvidia-vgpu.so MODULE:vgpu\n", NULL, 0 },
	{ "links in a circle lead nowhere", HOST "a 0000 X_SYMLINK b\nb 0000 X_SYMLINK a\n", DESKTOP, MERGED, NULL, 2 },
	{ "the other architecture's link", HOST "x.so 0000 X_SYMLINK COMPAT32 y\n32/y 0755 X COMPAT32\n",
	  DESKTOP "x.so 0000 X_SYMLINK NATIVE y\ny 0755 X NATIVE\n",
	  MERGED
	  "x.so 0000 X_SYMLINK NATIVE y\nx.so 0000 X_SYMLINK COMPAT32 y\ny 0755 X NATIVE\n32/y 0755 X COMPAT32\n",
	  NULL, 0 },
	{ "one file, two types, both listed by the desktop", HOST,
	  DESKTOP "i.json 0644 VULKAN_ICD_JSON icd.d/ MODULE:o\ni.json 0644 EXPLICIT_PATH /usr/share MODULE:o\n",
	  MERGED "i.json 0644 VULKAN_ICD_JSON icd.d/ MODULE:o\ni.json 0644 EXPLICIT_PATH /usr/share MODULE:o\n", NULL,
	  0 },
	{ "one file, another type of the host's", HOST "i.json 0644 EXPLICIT_PATH /usr/share MODULE:o\n",
	  DESKTOP "i.json 0644 VULKAN_ICD_JSON icd.d/ MODULE:o\n",
	  MERGED "i.json 0644 VULKAN_ICD_JSON icd.d/ MODULE:o\ni.json 0644 EXPLICIT_PATH /usr/share MODULE:o\n", NULL,
	  0 },
	{ "the desktop's file goes where the desktop says", HOST "x 0755 EXPLICIT_PATH /a MODULE:o\n",
	  DESKTOP "x 0700 EXPLICIT_PATH /b MODULE:o\n", MERGED "x 0700 EXPLICIT_PATH /b MODULE:o\n", NULL, 1 },
	{ "the host's file goes where the host says", HOST "init-scripts/x 0755 EXPLICIT_PATH /a MODULE:o\n",
	  DESKTOP "init-scripts/x 0700 EXPLICIT_PATH /b MODULE:o\n" SRC("kernel/a.c"),
	  MERGED SRC("kernel/a.c") "init-scripts/x 0755 EXPLICIT_PATH /a MODULE:o\n", NULL, 0 },
	{ "the host's file, with its mode, in the desktop's place",
	  HOST "init-scripts/x 0755 EXPLICIT_PATH /a/ MODULE:h\n",
	  DESKTOP SRC("kernel/a.c") "init-scripts/x 0700 EXPLICIT_PATH /a MODULE:o\n" SRC("kernel/b.c"),
	  MERGED SRC("kernel/a.c") "init-scripts/x 0755 EXPLICIT_PATH /a/ MODULE:h\n" SRC("kernel/b.c"), NULL, 0 },
	{ "the host's file, which it does not list", HOST, DESKTOP "init-scripts/x 0700 EXPLICIT_PATH /b\n",
	  MERGED "init-scripts/x 0700 EXPLICIT_PATH /b\n", "h:init-scripts/x", 0 },
	{ "open modules of the host's", HOST SRC("kernel-open/nvidia-vgpu-vfio/x.c"), DESKTOP, MERGED, NULL, 1 },
	{ "twice in the host's", HOST BIN("x") BIN("x"), DESKTOP, MERGED BIN("x"), NULL, 0 },
	{ "twice in the desktop's", HOST, DESKTOP BIN("x") BIN("x"), MERGED BIN("x") BIN("x"), NULL, 0 },
	{ "what follows the empty line stays", HOST BIN("y"), DESKTOP BIN("x") "\nmore\n",
	  MERGED BIN("x") BIN("y") "\nmore\n", NULL, 0 },
	{ "no last newline", HOST "y 0755 UTILITY_BINARY", DESKTOP "x 0755 UTILITY_BINARY",
	  MERGED "x 0755 UTILITY_BINARY\ny 0755 UTILITY_BINARY\n", NULL, 0 },
	{ "CRLF becomes LF", HOST "y 0755 T\r\n", DESKTOP "x 0755 T\r\n", MERGED "x 0755 T\ny 0755 T\n", NULL, 0 },
};

struct both {
	struct gp_manifest host, desktop;
	struct gp_merge_table table;
	struct gp_merge_paths paths;
	struct gp_merge_case c;
};

static struct both b;

static int release(void **state)
{
	(void)state;
	gp_manifest_release(&b.host);
	gp_manifest_release(&b.desktop);
	gp_merge_table_release(&b.table);
	gp_merge_paths_release(&b.paths);
	return 0;
}

static void add_files(const struct gp_manifest *m, enum gp_side side)
{
	for (size_t i = 0; i < m->n; i++)
		if (!gp_mentry_is_symlink(&m->entry[i]))
			assert_int_equal(gp_merge_paths_add(&b.paths, side, m->entry[i].path, GP_MEMBER_FILE, NULL), 0);
}

static void set_up(const char *host, const char *desktop)
{
	struct gp_stanza_list s = { 0 };

	assert_int_equal(gp_stanza_parse(gp_str_of(table_text), "merge", &s, NULL), 0);
	assert_int_equal(gp_merge_table_parse(&s, &b.table, NULL), 0);
	gp_stanza_list_release(&s);
	assert_int_equal(gp_manifest_parse(gp_str_of(host), &b.host, NULL), 0);
	assert_int_equal(gp_manifest_parse(gp_str_of(desktop), &b.desktop, NULL), 0);
	b.c = (struct gp_merge_case){ .table = &b.table, .paths = &b.paths };
	assert_int_equal(gp_version_parse(b.host.version, &b.c.host, NULL), 0);
	assert_int_equal(gp_version_parse(b.desktop.version, &b.c.desktop, NULL), 0);
}

static void check_merge(void **state)
{
	const struct merge_case *c = *state;
	gp_auto(gp_merge_listed_release) struct gp_merge_listed listed = { 0 };
	gp_auto(gp_manifest_release) struct gp_manifest again = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	set_up(c->host, c->desktop);
	add_files(&b.desktop, GP_SIDE_DESKTOP);
	add_files(&b.host, GP_SIDE_HOST);
	if (c->more)
		assert_int_equal(gp_merge_paths_add(&b.paths, GP_SIDE_HOST, c->more + 2, GP_MEMBER_FILE, NULL), 0);
	assert_int_equal(gp_merge_manifest(&b.c, &b.host, &b.desktop, &out, &listed, NULL), 0);
	assert_string_equal(out.data, c->want);
	assert_int_equal(listed.left_out, c->left_out);
	assert_int_equal(gp_manifest_parse(gp_buf_str(&out), &again, NULL), 0);
	assert_int_equal(again.n, listed.host + listed.desktop);
}

/* A manifest that names what its package does not have is no manifest of it. */
static void names_what_is_missing(void **state)
{
	gp_auto(gp_merge_listed_release) struct gp_merge_listed listed = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_err err = { 0 };
	char said[1024];

	(void)state;
	set_up(HOST BIN("x") BIN("y") BIN("d") "l 0000 X_SYMLINK nowhere\n", DESKTOP BIN("x"));
	add_files(&b.desktop, GP_SIDE_DESKTOP);
	assert_int_equal(gp_merge_paths_add(&b.paths, GP_SIDE_HOST, "d/e", GP_MEMBER_FILE, NULL), 0);
	assert_int_equal(gp_merge_manifest(&b.c, &b.host, &b.desktop, &out, &listed, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
	gp_err_format(&err, said, sizeof(said));
	assert_string_equal(said, "'.manifest' of the host names 'x', which its package does not have (and 2 more)");
	assert_int_equal(gp_merge_manifest_check(&b.desktop, GP_SIDE_DESKTOP, &b.paths, NULL), 0);
}

/* They go into files that make and DKMS run. */
static void lists_what_is_no_module(void **state)
{
	static const char *const heads[] = { HEAD("460.73.02", "nvidia $(id)"), HEAD("460.73.02", "nvidia ../../x"),
					     HEAD("460.73.02", "nvidia a;b") };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(heads); i++) {
		gp_auto(gp_merge_listed_release) struct gp_merge_listed listed = { 0 };
		gp_auto(gp_buf_release) struct gp_buf out = { 0 };
		struct gp_err err = { 0 };

		set_up(heads[i], DESKTOP);
		assert_int_equal(gp_merge_manifest(&b.c, &b.host, &b.desktop, &out, &listed, &err), -1);
		assert_int_equal(err.code, GP_E_FORMAT);
		assert_non_null(strstr(err.cause, "which is no module's name"));
		release(NULL);
	}
}

int main(void)
{
	FX_ROWS(merges, check_merge, NULL, release);
	FX_TEST(names_what_is_missing, NULL, release);
	FX_TEST(lists_what_is_no_module, NULL, NULL);
	return fx_run(NULL, NULL);
}
