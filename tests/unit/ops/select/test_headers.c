/* SPDX-License-Identifier: MIT */
/* Tests: ops/select/headerdir */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "ops/select/headers.h"

/* A directory per test; what a test opens is released by teardown, since a
 * failed assert jumps past everything else. */
struct world {
	char *root;
	struct gp_headers h;
	struct gp_list list;
};

static int setup(void **state)
{
	struct world *w = gp_alloc(sizeof(*w));
	char tmpl[] = "/tmp/gp-headers-XXXXXX";

	w->root = realpath(mkdtemp(tmpl), NULL);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	gp_headers_release(&w->h);
	gp_list_release(&w->list);
	gp_remove_tree(w->root);
	free(w->root);
	free(w);
	return 0;
}

static void put(const struct world *w, const char *path, const char *text)
{
	gp_auto(gp_free_ptr) char *full = gp_path_join(w->root, path);
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(full);

	assert_int_equal(gp_mkdirs(dir, NULL), 0);
	assert_int_equal(gp_file_write(full, text, strlen(text), 0644, true, NULL), 0);
}

static void putf(const struct world *w, const char *dir, const char *name, const char *text)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, name);

	put(w, path, text);
}

static void link_to(const struct world *w, const char *target, const char *path)
{
	gp_auto(gp_free_ptr) char *full = gp_path_join(w->root, path);
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(full);

	assert_int_equal(gp_mkdirs(dir, NULL), 0);
	assert_int_equal(symlink(target, full), 0);
}

static char *at(const struct world *w, const char *path)
{
	return gp_path_join(w->root, path);
}

/* What any build directory has. */
static void build_dir(const struct world *w, const char *dir, const char *release, const char *version)
{
	gp_auto(gp_free_ptr) char *uts = gp_asprintf("#define UTS_RELEASE \"%s\"\n", release);

	putf(w, dir, "include/generated/autoconf.h", "");
	putf(w, dir, "include/generated/utsrelease.h", uts);
	putf(w, dir, "include/generated/uapi/linux/version.h", version);
	putf(w, dir, "include/config/auto.conf",
	     "CONFIG_KVM=m\nCONFIG_VFIO=y\nCONFIG_VFIO_MDEV_X=y\nCONFIG_NAME=\"y\"\nCONFIG_NR=8\n");
	putf(w, dir, "Module.symvers",
	     "0x1\tplain\tvmlinux\tEXPORT_SYMBOL\t\n"
	     "0x2\tgpl\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
	     "0x3\tspaced\tdrivers/x\tEXPORT_SYMBOL_GPL\tNAMESPACE\n"
	     "0x5\tnamed\tarch/x86/kvm/kvm\tEXPORT_SYMBOL_GPL\tmodule:kvm-amd,kvm-intel\n"
	     "0x4\told\tvmlinux\tEXPORT_SYMBOL");
}

static void source_dir(const struct world *w, const char *dir, const char *makefile)
{
	putf(w, dir, "Makefile", makefile);
	putf(w, dir, "include/linux/kernel.h", "");
	putf(w, dir, "include/linux/mdev.h", "struct mdev_parent_ops {\n\tint (*open_device)(void);\n};\n");
	putf(w, dir, "include/uapi/linux/vfio.h", "");
	putf(w, dir, "arch/x86/include/asm/set_memory.h", "");
}

#define MAKE_5_10_262 "# SPDX\nVERSION = 5\nPATCHLEVEL = 10\nSUBLEVEL = 262\nEXTRAVERSION =\n"
#define CODE_5_10_255 \
	"#define LINUX_VERSION_CODE 330495\n" \
	"#define KERNEL_VERSION(a,b,c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))\n"

static void debian(const struct world *w, const char *common_path)
{
	gp_auto(gp_free_ptr) char *make = gp_asprintf("include %s/Makefile\n", common_path);

	build_dir(w, "usr/src/linux-headers-5.10.0-46-amd64", "5.10.0-46-amd64", CODE_5_10_255);
	put(w, "usr/src/linux-headers-5.10.0-46-amd64/Makefile", make);
	put(w, "usr/src/linux-headers-5.10.0-46-amd64/include/config/kernel.release", "5.10.262\n");
	source_dir(w, "usr/src/linux-headers-5.10.0-46-common", MAKE_5_10_262);
}

static void test_debian(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *common = at(w, "usr/src/linux-headers-5.10.0-46-common");
	gp_auto(gp_free_ptr) char *dir = at(w, "usr/src/linux-headers-5.10.0-46-amd64");

	debian(w, common);
	assert_int_equal(gp_headers_open(dir, &w->h, NULL), 0);
	assert_string_equal(w->h.sysout, dir);
	assert_string_equal(w->h.syssrc, common);
	assert_true(w->h.split);
	assert_string_equal(w->h.release.text, "5.10.0-46-amd64");
	assert_string_equal(w->h.release.ver.text, "5.10.262");
	assert_true(w->h.release.sublevel_known);
}

/* The packages unpacked below another root: the path in Makefile is not there. */
static void test_debian_elsewhere(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *common = at(w, "usr/src/linux-headers-5.10.0-46-common");
	struct gp_err err = { 0 };

	debian(w, "/nonexistent/linux-headers-5.10.0-46-common");
	link_to(w, "/usr/src/linux-headers-5.10.0-46-amd64", "lib/modules/5.10.0-46-amd64/build");
	assert_int_equal(gp_headers_find("5.10.0-46-amd64", NULL, w->root, &w->h, &err), 0);
	assert_string_equal(w->h.syssrc, common);
}

/* So, too, when the system has that path: another build of the same name. */
static void test_debian_twice(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *installed = at(w, "installed/linux-headers-5.10.0-46-common");
	gp_auto(gp_free_ptr) char *common = at(w, "usr/src/linux-headers-5.10.0-46-common");
	gp_auto(gp_free_ptr) char *dir = at(w, "usr/src/linux-headers-5.10.0-46-amd64");

	debian(w, installed);
	source_dir(w, "installed/linux-headers-5.10.0-46-common", "VERSION = 5\nPATCHLEVEL = 10\nSUBLEVEL = 1\n");
	assert_int_equal(gp_headers_open(dir, &w->h, NULL), 0);
	assert_string_equal(w->h.syssrc, common);
	assert_string_equal(w->h.release.ver.text, "5.10.262");
}

static void test_debian_half(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *common = at(w, "usr/src/linux-headers-5.10.0-46-common");
	gp_auto(gp_free_ptr) char *dir = at(w, "usr/src/linux-headers-5.10.0-46-amd64");
	struct gp_err err = { 0 };

	debian(w, common);
	assert_int_equal(gp_headers_open(common, &w->h, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	assert_non_null(strstr(err.cause, "give '"));
	assert_non_null(strstr(err.cause, "linux-headers-5.10.0-46-amd64' instead"));
	gp_remove_tree(common);
	assert_int_equal(gp_headers_open(dir, &w->h, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	assert_non_null(strstr(err.cause, "install that package too"));
	assert_null(w->h.sysout);
}

/* linux-headers up to 4.18: scripts/mkmakefile's form. */
static void test_makeargs(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *src = at(w, "src");
	gp_auto(gp_free_ptr) char *out = at(w, "out");
	gp_auto(gp_free_ptr) char *make = gp_asprintf("MAKEARGS := -C %s\nMAKEARGS += O=%s\n", src, out);

	build_dir(w, "out", "4.18.20", "#define LINUX_VERSION_CODE 266772\n");
	put(w, "out/Makefile", make);
	source_dir(w, "src", "VERSION = 4\nPATCHLEVEL = 18\nSUBLEVEL = 20\n");
	assert_int_equal(gp_headers_open(out, &w->h, NULL), 0);
	assert_string_equal(w->h.syssrc, src);
}

static void test_o_build(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *src = at(w, "src");
	gp_auto(gp_free_ptr) char *out = at(w, "src-obj/x86_64/default");

	build_dir(w, "src-obj/x86_64/default", "5.14.21-150500.55.7-default", "");
	put(w, "src-obj/x86_64/default/Makefile", "include ../../../src/Makefile\n");
	source_dir(w, "src", "VERSION = 5\nPATCHLEVEL = 14\nSUBLEVEL = 21\n");
	assert_int_equal(gp_headers_open(out, &w->h, NULL), 0);
	assert_string_equal(w->h.syssrc, src);
}

static void test_source_link(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *src = at(w, "src");
	gp_auto(gp_free_ptr) char *out = at(w, "out");

	build_dir(w, "out", "6.6.8", "");
	source_dir(w, "src", "VERSION = 6\nPATCHLEVEL = 6\nSUBLEVEL = 8\n");
	link_to(w, "../src", "out/source");
	assert_int_equal(gp_headers_open(out, &w->h, NULL), 0);
	assert_string_equal(w->h.syssrc, src);
}

static void test_rpm(void **state)
{
	struct world *w = *state;
	const char *dir = "usr/src/kernels/4.18.0-305.el8.x86_64";

	build_dir(w, dir, "4.18.0-305.el8.x86_64",
		  "#define LINUX_VERSION_CODE 266752\n#define RHEL_MAJOR 8\n#define RHEL_MINOR 4\n"
		  "#define RHEL_RELEASE_VERSION(a,b) (((a) << 8) + (b))\n"
		  "#define RHEL_RELEASE_CODE 2052\n#define RHEL_RELEASE \"305\"\n");
	source_dir(w, dir, "VERSION = 4\nPATCHLEVEL = 18\nSUBLEVEL = 0\n");
	assert_int_equal(gp_headers_find("4.18.0-305.el8.x86_64", NULL, w->root, &w->h, NULL), 0);
	assert_int_equal(w->h.rhel_code, 0x804);
	assert_false(w->h.release.sublevel_known);
	assert_false(w->h.split);
	assert_string_equal(w->h.sysout, w->h.syssrc);
}

static void test_version_macros(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *dir = at(w, "k");

	build_dir(w, "k", "5.15.0-33-generic",
		  "#define LINUX_VERSION_CODE 331775\n#define LINUX_VERSION_MAJOR 5\n"
		  "#define LINUX_VERSION_PATCHLEVEL 15\n#define LINUX_VERSION_SUBLEVEL 300\n");
	source_dir(w, "k", "VERSION = 5\nPATCHLEVEL = 15\nSUBLEVEL = 9\n");
	assert_int_equal(gp_headers_open(dir, &w->h, NULL), 0);
	assert_string_equal(w->h.release.ver.text, "5.15.300");
}

static void test_version_code(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *dir = at(w, "k");

	build_dir(w, "k", "5.11.0-22-generic", "#define LINUX_VERSION_CODE 330517\n");
	source_dir(w, "k", "# nothing\n");
	assert_int_equal(gp_headers_open(dir, &w->h, NULL), 0);
	assert_string_equal(w->h.release.ver.text, "5.11.21");
}

static void test_kernel_release_file(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *dir = at(w, "k"), *uts = at(w, "k/include/generated/utsrelease.h");
	struct gp_err err = { 0 };

	build_dir(w, "k", "x", "");
	source_dir(w, "k", "");
	assert_int_equal(gp_headers_open(dir, &w->h, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
	assert_int_equal(unlink(uts), 0);
	assert_int_equal(gp_headers_open(dir, &w->h, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	put(w, "k/include/config/kernel.release", "6.6.8-arch1-1\n");
	assert_int_equal(gp_headers_open(dir, &w->h, &err), 0);
	assert_string_equal(w->h.release.text, "6.6.8-arch1-1");
}

static void test_never_prepared(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *dir = at(w, "linux"), *none = at(w, "none");
	struct gp_err err = { 0 };

	source_dir(w, "linux", MAKE_5_10_262);
	assert_int_equal(gp_headers_open(dir, &w->h, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	assert_non_null(strstr(err.cause, "modules_prepare"));
	assert_int_equal(gp_headers_open(w->root, &w->h, &err), -1);
	assert_non_null(strstr(err.cause, "no configured kernel headers"));
	assert_int_equal(gp_headers_open(none, &w->h, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
}

static void opens(struct world *w, const char *as, const char *sysout)
{
	gp_auto(gp_free_ptr) char *dir = at(w, as), *want = at(w, sysout);
	struct gp_err err = { 0 };

	gp_headers_release(&w->h);
	if (gp_headers_open(dir, &w->h, &err))
		fail_msg("%s: %s", as, err.cause);
	assert_string_equal(w->h.sysout, want);
}

static void refuses(struct world *w, const char *path, enum gp_code code, const char *says)
{
	gp_auto(gp_free_ptr) char *dir = at(w, path);
	struct gp_err err = { 0 };

	gp_headers_release(&w->h);
	assert_int_equal(gp_headers_open(dir, &w->h, &err), -1);
	assert_null(w->h.sysout);
	if (err.code != code || !strstr(err.cause, says))
		fail_msg("%s: %s", path, err.cause);
}

/* /lib/modules/R and its two links, as RPM's (both to one tree) and Debian's
 * (to its two halves) have them. */
static void test_modules_dir(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *common = at(w, "usr/src/linux-headers-5.10.0-46-common");
	gp_auto(gp_free_ptr) char *deb = at(w, "usr/src/linux-headers-5.10.0-46-amd64");
	const char *rpm = "usr/src/kernels/6.5.6-300.fc39.x86_64";
	gp_auto(gp_free_ptr) char *full = at(w, rpm);

	build_dir(w, rpm, "6.5.6-300.fc39.x86_64", "");
	source_dir(w, rpm, "");
	link_to(w, full, "lib/modules/6.5.6-300.fc39.x86_64/build");
	link_to(w, "build", "lib/modules/6.5.6-300.fc39.x86_64/source");
	opens(w, "lib/modules/6.5.6-300.fc39.x86_64", rpm);
	opens(w, "lib/modules/6.5.6-300.fc39.x86_64/", rpm);
	opens(w, "lib/modules/6.5.6-300.fc39.x86_64/build", rpm);
	opens(w, "lib/modules/6.5.6-300.fc39.x86_64/source", rpm);

	debian(w, common);
	link_to(w, deb, "lib/modules/5.10.0-46-amd64/build");
	link_to(w, common, "lib/modules/5.10.0-46-amd64/source");
	opens(w, "lib/modules/5.10.0-46-amd64", "usr/src/linux-headers-5.10.0-46-amd64");
	refuses(w, "lib/modules/5.10.0-46-amd64/source", GP_E_NOTFOUND, "linux-headers-5.10.0-46-amd64' instead");

	link_to(w, "/nonexistent/linux-headers-5.4.0-1-amd64", "lib/modules/5.4.0-1-amd64/build");
	refuses(w, "lib/modules/5.4.0-1-amd64", GP_E_NOTFOUND,
		"leads to '/nonexistent/linux-headers-5.4.0-1-amd64', which is not there");
	refuses(w, "lib/modules/5.4.0-1-amd64/build", GP_E_NOTFOUND, "install the headers");
	put(w, "lib/modules/5.3.0/modules.dep", "");
	refuses(w, "lib/modules/5.3.0", GP_E_NOTFOUND, "no configured kernel headers");
	refuses(w, "lib/modules", GP_E_NOTFOUND, "lib/modules/5.10.0-46-amd64/build'");
	refuses(w, "usr/src/kernels", GP_E_NOTFOUND, "usr/src/kernels/6.5.6-300.fc39.x86_64'");
}

/* Debian's half alone. */
static void test_common_alone(void **state)
{
	struct world *w = *state;

	source_dir(w, "usr/src/linux-headers-6.1.0-56-common", "");
	refuses(w, "usr/src/linux-headers-6.1.0-56-common", GP_E_NOTFOUND, "ends in -amd64 instead");
	build_dir(w, "usr/src/linux-headers-6.1.0-56-cloud-amd64", "6.1.0-56-cloud-amd64", "");
	refuses(w, "usr/src/linux-headers-6.1.0-56-common", GP_E_NOTFOUND,
		"linux-headers-6.1.0-56-cloud-amd64' instead");
	/* One of another release is not it. */
	source_dir(w, "usr/src/linux-headers-6.1.0-5-common", "");
	refuses(w, "usr/src/linux-headers-6.1.0-5-common", GP_E_NOTFOUND, "ends in -amd64 instead");
}

/* Ubuntu: what -generic links to, file by file. */
static void test_ubuntu(void **state)
{
	struct world *w = *state;

	source_dir(w, "usr/src/linux-headers-5.15.0-33", "VERSION = 5\nPATCHLEVEL = 15\nSUBLEVEL = 30\n");
	refuses(w, "usr/src/linux-headers-5.15.0-33", GP_E_NOTFOUND, "never prepared");
	build_dir(w, "usr/src/linux-headers-5.15.0-33-generic", "5.15.0-33-generic", "");
	link_to(w, "../linux-headers-5.15.0-33/Makefile", "usr/src/linux-headers-5.15.0-33-generic/Makefile");
	link_to(w, "../../linux-headers-5.15.0-33/include/linux",
		"usr/src/linux-headers-5.15.0-33-generic/include/linux");
	opens(w, "usr/src/linux-headers-5.15.0-33-generic", "usr/src/linux-headers-5.15.0-33-generic");
	assert_string_equal(w->h.release.ver.text, "5.15.30");
	assert_false(w->h.split);
	refuses(w, "usr/src/linux-headers-5.15.0-33", GP_E_NOTFOUND, "linux-headers-5.15.0-33-generic' instead");
	source_dir(w, "usr/src/linux-hwe-5.15-headers-5.15.0-33", "");
	refuses(w, "usr/src/linux-hwe-5.15-headers-5.15.0-33", GP_E_NOTFOUND,
		"linux-headers-5.15.0-33-generic' instead");
}

/* SUSE's kernel-devel and kernel-default-devel. */
static void test_suse(void **state)
{
	struct world *w = *state;
	const char *obj = "usr/src/linux-6.4.0-150600.21-obj/x86_64/default";

	source_dir(w, "usr/src/linux-6.4.0-150600.21", "VERSION = 6\nPATCHLEVEL = 4\nSUBLEVEL = 0\n");
	refuses(w, "usr/src/linux-6.4.0-150600.21", GP_E_NOTFOUND, "never prepared");
	build_dir(w, obj, "6.4.0-150600.21-default", "");
	putf(w, obj, "Makefile", "include ../../../linux-6.4.0-150600.21/Makefile\n");
	opens(w, obj, obj);
	assert_true(w->h.split);
	refuses(w, "usr/src/linux-6.4.0-150600.21", GP_E_NOTFOUND, "-obj/x86_64/default' instead");
	refuses(w, "usr/src/linux-6.4.0-150600.21-obj", GP_E_NOTFOUND, "-obj/x86_64/default'");
	refuses(w, "usr/src/linux-6.4.0-150600.21-obj/x86_64", GP_E_NOTFOUND, "-obj/x86_64/default'");
}

static void test_not_headers(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *empty = at(w, "empty");

	assert_int_equal(gp_mkdirs(empty, NULL), 0);
	refuses(w, "empty", GP_E_NOTFOUND, "is empty");
	put(w, "linux-headers.deb", "!<arch>");
	refuses(w, "linux-headers.deb", GP_E_NOTFOUND, "is a file");
	refuses(w, "none", GP_E_NOTFOUND, "kernel headers '");
	source_dir(w, "configured", MAKE_5_10_262);
	put(w, "configured/.config", "CONFIG_X86_64=y\n");
	refuses(w, "configured", GP_E_NOTFOUND, "run 'make modules_prepare'");
}

static void test_architectures(void **state)
{
	static const struct {
		const char *config, *name;
	} others[] = { { "CONFIG_ARM64=y\n", "arm64" },
		       { "CONFIG_X86_32=y\n", "32-bit x86" },
		       { "CONFIG_PPC=y\n", "powerpc" },
		       { "# x\nCONFIG_A=m\nCONFIG_RISCV=y\n", "riscv" } };
	struct world *w = *state;

	build_dir(w, "k", "6.1.9", "");
	source_dir(w, "k", "");
	for (size_t i = 0; i < GP_COUNT(others); i++) {
		put(w, "k/include/config/auto.conf", others[i].config);
		refuses(w, "k", GP_E_UNSUPPORTED, others[i].name);
	}
	put(w, "k/include/config/auto.conf", "CONFIG_X86_64=y\n# CONFIG_ARM64 is not set\nCONFIG_ARM64_X=y\n");
	opens(w, "k", "k");
}

static void test_find(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *other = at(w, "other");
	struct gp_err err = { 0 };

	assert_int_equal(gp_headers_find("6.6.8", NULL, w->root, &w->h, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	assert_int_equal(gp_headers_find("../6.6.8", NULL, w->root, &w->h, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
	build_dir(w, "usr/src/linux-headers-6.6.8", "6.6.9", "");
	source_dir(w, "usr/src/linux-headers-6.6.8", "");
	assert_int_equal(gp_headers_find("6.6.8", NULL, w->root, &w->h, &err), -1);
	assert_non_null(strstr(err.cause, "are those of '6.6.9'"));
	build_dir(w, "other/usr/src/kernels/6.6.8", "6.6.8", "");
	source_dir(w, "other/usr/src/kernels/6.6.8", "");
	gp_list_add(&w->list, other);
	assert_int_equal(gp_headers_find("6.6.8", &w->list, w->root, &w->h, &err), 0);
}

static void test_installed(void **state)
{
	struct world *w = *state;

	put(w, "lib/modules/5.10.0-32-amd64/x", "");
	put(w, "lib/modules/5.10.0-9-amd64/x", "");
	put(w, "lib/modules/5.4.106-1-pve/x", "");
	put(w, "lib/modules/extras/x", "");
	put(w, "lib/modules/6.1.0", "a file");
	assert_int_equal(gp_installed_kernels(w->root, &w->list, NULL), 0);
	assert_int_equal(w->list.n, 3);
	assert_string_equal(w->list.v[0], "5.4.106-1-pve");
	assert_string_equal(w->list.v[1], "5.10.0-9-amd64");
	assert_string_equal(w->list.v[2], "5.10.0-32-amd64");
}

static enum gp_tri probe(struct gp_headers *h, enum gp_probe_word word, const char *arg, const char *ere)
{
	struct gp_probe p = { .word = word, .arg = (char *)arg, .ere = (char *)ere };

	return gp_headers_probe(h, &p, NULL);
}

static void test_probes(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *common = at(w, "usr/src/linux-headers-5.10.0-46-common");
	gp_auto(gp_free_ptr) char *dir = at(w, "usr/src/linux-headers-5.10.0-46-amd64");
	struct gp_headers *h = &w->h;

	debian(w, common);
	assert_int_equal(gp_headers_open(dir, h, NULL), 0);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "linux/mdev.h", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "linux/vfio.h", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "linux/version.h", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "generated/autoconf.h", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "asm/set_memory.h", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "linux/stdarg.h", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "linux", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "include/linux/mdev.h", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "arch/x86/include/asm/set_memory.h", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "Makefile", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_TEXT, "linux/mdev.h", "\\(\\*open_device\\)"), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_TEXT, "linux/mdev.h", "^open_device"), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_TEXT, "linux/none.h", "x"), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_CONFIG, "CONFIG_KVM", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_CONFIG, "CONFIG_VFIO", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_CONFIG, "CONFIG_VFIO_MDEV", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_CONFIG, "CONFIG_NAME", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_CONFIG, "CONFIG_NR", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_SYMBOL, "plain", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_SYMBOL_GPL, "plain", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_SYMBOL, "gpl", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_SYMBOL_GPL, "gpl", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_SYMBOL_GPL, "spaced", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_SYMBOL, "old", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_SYMBOL, "vmlinux", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_SYMBOL, "gp", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_DRIVER_TEXT, "x", "x"), GP_TRI_UNKNOWN);
}

static enum gp_tri ask(struct gp_headers *h, const char *line)
{
	gp_auto(gp_probe_release) struct gp_probe p = { 0 };

	assert_int_equal(gp_probe_parse(gp_str_of(line), &p, NULL), 0);
	return gp_headers_probe(h, &p, NULL);
}

static void test_exports(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *dir = at(w, "k"), *symvers = at(w, "k/Module.symvers");
	struct gp_headers *h = &w->h;

	build_dir(w, "k", "6.18.1", "");
	source_dir(w, "k", "");
	assert_int_equal(gp_headers_open(dir, h, NULL), 0);
	assert_int_equal(ask(h, "exports plain"), GP_TRI_YES);
	assert_int_equal(ask(h, "exports plain gpl"), GP_TRI_NO);
	assert_int_equal(ask(h, "exports gpl gpl"), GP_TRI_YES);
	assert_int_equal(ask(h, "exports gpl module-only"), GP_TRI_NO);
	assert_int_equal(ask(h, "exports spaced namespace NAMESPACE"), GP_TRI_YES);
	assert_int_equal(ask(h, "exports spaced gpl namespace OTHER"), GP_TRI_NO);
	assert_int_equal(ask(h, "exports named module-only"), GP_TRI_YES);
	assert_int_equal(ask(h, "exports old namespace NAMESPACE"), GP_TRI_NO);
	assert_int_equal(ask(h, "exports none"), GP_TRI_NO);
	assert_int_equal(ask(h, "exports none module-only"), GP_TRI_NO);
	gp_headers_release(h);
	assert_int_equal(unlink(symvers), 0);
	assert_int_equal(gp_headers_open(dir, h, NULL), 0);
	assert_int_equal(ask(h, "exports plain"), GP_TRI_UNKNOWN);
}

static void test_dot_config_and_no_symvers(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *dir = at(w, "k"), *conf = at(w, "k/include/config/auto.conf");
	gp_auto(gp_free_ptr) char *symvers = at(w, "k/Module.symvers");

	build_dir(w, "k", "6.6.8", "");
	source_dir(w, "k", "");
	assert_int_equal(unlink(conf), 0);
	assert_int_equal(unlink(symvers), 0);
	assert_int_equal(gp_headers_open(dir, &w->h, NULL), 0);
	assert_int_equal(probe(&w->h, GP_PROBE_CONFIG, "CONFIG_KVM", NULL), GP_TRI_UNKNOWN);
	put(w, "k/.config", "# CONFIG_VFIO is not set\nCONFIG_KVM=y\n");
	assert_int_equal(probe(&w->h, GP_PROBE_CONFIG, "CONFIG_KVM", NULL), GP_TRI_YES);
	assert_int_equal(probe(&w->h, GP_PROBE_CONFIG, "CONFIG_VFIO", NULL), GP_TRI_NO);
	assert_int_equal(probe(&w->h, GP_PROBE_SYMBOL, "gpl", NULL), GP_TRI_UNKNOWN);
}

#define REAL "/usr/src/linux-headers-6.1.0-56-amd64"

static void test_real_debian(void **state)
{
	struct world *w = *state;
	struct gp_headers *h = &w->h;

	if (!gp_is_dir(REAL))
		skip();
	assert_int_equal(gp_headers_find("6.1.0-56-amd64", NULL, NULL, h, NULL), 0);
	assert_string_equal(h->sysout, REAL);
	assert_string_equal(h->syssrc, "/usr/src/linux-headers-6.1.0-56-common");
	assert_string_equal(h->release.text, "6.1.0-56-amd64");
	assert_true(h->release.sublevel_known);
	assert_true(h->release.ver.part[2] >= 100);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "linux/stdarg.h", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_HEADER, "linux/kmap_types.h", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_CONFIG, "CONFIG_VFIO_MDEV", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_SYMBOL_GPL, "init_uts_ns", NULL), GP_TRI_YES);
	assert_int_equal(probe(h, GP_PROBE_SYMBOL_GPL, "empty_zero_page", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_SYMBOL, "no_such_symbol", NULL), GP_TRI_NO);
	assert_int_equal(probe(h, GP_PROBE_TEXT, "linux/eventfd.h", "eventfd_signal\\(.*__u64 n\\)"), GP_TRI_YES);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = { TEST(test_debian),
						   TEST(test_debian_elsewhere),
						   TEST(test_debian_twice),
						   TEST(test_debian_half),
						   TEST(test_makeargs),
						   TEST(test_exports),
						   TEST(test_o_build),
						   TEST(test_source_link),
						   TEST(test_rpm),
						   TEST(test_version_macros),
						   TEST(test_version_code),
						   TEST(test_kernel_release_file),
						   TEST(test_never_prepared),
						   TEST(test_modules_dir),
						   TEST(test_common_alone),
						   TEST(test_ubuntu),
						   TEST(test_suse),
						   TEST(test_not_headers),
						   TEST(test_architectures),
						   TEST(test_find),
						   TEST(test_installed),
						   TEST(test_probes),
						   TEST(test_dot_config_and_no_symvers),
						   TEST(test_real_debian) };

	return cmocka_run_group_tests_name("headers", tests, NULL, NULL);
}
