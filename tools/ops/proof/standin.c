/* SPDX-License-Identifier: MIT */
#include "ops/proof/standin.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/proof/kmake.h"
#include "ops/proof/toolchain.h"

#define LOG_MAX (4u << 20)

/* --- its source --- */

/* What nvidia-vgpu-vfio's init asks for and gives; and what nvidia-uvm's asks for first: where
 * that fails, and only there, uvm_global_init() leaves its threads behind, which is an oops
 * when their code is gone. What it asks for later fails as it should. Source: uvm_global.c of
 * 460.73.01, 470.256.02, 535.261.03 and 550.163.01. */
static const char *const FINE[] = { "nvidia_vgpu_vfio_get_ops", "nvidia_vgpu_vfio_set_ops",
				    "nvUvmInterfaceSessionCreate" };

bool gp_standin_is_fine(const char *module, struct gp_str export)
{
	for (size_t i = 0; i < GP_COUNT(FINE); i++)
		if (gp_str_eq(export, FINE[i]))
			return strcmp(module, "nvidia") == 0;
	return false;
}

/* nvidia.ko's functions give an NV_STATUS, of which 0x56 is NV_ERR_NOT_SUPPORTED; that of
 * nvidia-modeset an NvBool. Source: nvstatuscodes.h, nvkms-kapi.h of 550.163.01. */
static const char HEAD[] =
	"/* A stand-in for one boot of a virtual machine. */\n"
	"#include <linux/module.h>\n"
	"#include <linux/version.h>\n"
	"#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 4, 0)\n"
	"#define MORE \", 0\"\n"
	"#else\n"
	"#define MORE \"\"\n"
	"#endif\n"
	"#ifdef CONFIG_HAVE_ARCH_PREL32_RELOCATIONS\n"
	"#define ENTRY(f, name) \".balign 4\\n__ksymtab_\" name \": .long \" f \" - ., \" \\\n"
	"\t\"gp_name_\" name \" - .\" MORE \"\\n\"\n"
	"#else\n"
	"#define ENTRY(f, name) \".balign 8\\n__ksymtab_\" name \": .quad \" f \", gp_name_\" name MORE \"\\n\"\n"
	"#endif\n"
	"#ifdef CONFIG_MODVERSIONS\n"
	"#define VERSION(gpl, name, crc) \\\n"
	"\t\".pushsection __kcrctab\" gpl \",\\\"a\\\"\\n\" \\\n"
	"\t\".balign 4\\n__crc_\" name \": .long \" crc \"\\n.popsection\\n\"\n"
	"#else\n"
	"#define VERSION(gpl, name, crc) \"\"\n"
	"#endif\n"
	"#define GIVE(f, name, crc, gpl) __asm__( \\\n"
	"\t\".pushsection .rodata\\ngp_name_\" name \": .asciz \\\"\" name \"\\\"\\n.popsection\\n\" \\\n"
	"\t\".pushsection __ksymtab\" gpl \",\\\"a\\\"\\n\" ENTRY(f, name) \\\n"
	"\t\".popsection\\n\" VERSION(gpl, name, crc))\n"
	"long gp_standin_fine(void);\n"
	"long gp_standin_no(void);\n"
	"long __used noinline gp_standin_fine(void) { return 0; }\n";

static const char TAIL[] = "static int __init gp_standin_init(void) { return 0; }\n"
			   "static void __exit gp_standin_exit(void) { }\n"
			   "module_init(gp_standin_init);\n"
			   "module_exit(gp_standin_exit);\n";

static bool is_c_name(struct gp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", s.p[i]))
			return false;
	return s.len > 0;
}

/* As the text of a C string: what is not a plain character in octal. */
static void put_info(struct gp_buf *out, const struct gp_module *m, const char *key)
{
	struct gp_str v = gp_module_info(m, key);

	if (!v.p)
		return;
	gp_buf_printf(out, "MODULE_INFO(%s, \"", key);
	for (size_t i = 0; i < v.len && i < 256; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c == ' ' || c == '.' || c == '/' || c == '-' ||
		    (c < 0x80 && is_c_name((struct gp_str){ &v.p[i], 1 })))
			gp_buf_putc(out, (char)c);
		else
			gp_buf_printf(out, "\\%03o", c);
	}
	gp_buf_puts(out, "\");\n");
}

static int write_source(const struct gp_modfile *real, struct gp_buf *out, struct gp_err *err)
{
	const struct gp_module *m = &real->m;
	bool flags = gp_module_section(m, "__kflagstab") != NULL;

	gp_buf_puts(out, HEAD);
	gp_buf_printf(out, "long __used noinline gp_standin_no(void) { return %s; }\n",
		      strcmp(real->name, "nvidia") == 0 ? "0x56" : "0");
	for (size_t i = 0; i < m->nexport; i++) {
		const struct gp_modexport *e = &m->export[i];

		if (!is_c_name(e->name))
			return gp_fail(err, GP_E_UNSUPPORTED, "'%s' exports '%.*s', which is no name", real->path,
				       (int)(e->name.len < 64 ? e->name.len : 64), e->name.p);
		gp_buf_printf(out, "GIVE(\"%s\", \"%.*s\", \"0x%08" PRIx32 "\", \"%s\");\n",
			      gp_standin_is_fine(real->name, e->name) ? "gp_standin_fine" : "gp_standin_no",
			      (int)e->name.len, e->name.p, e->crc, e->gpl_only && !flags ? "_gpl" : "");
		if (flags)
			gp_buf_printf(out,
				      "__asm__(\".pushsection __kflagstab,\\\"a\\\"\\n.byte %d\\n.popsection\\n\");\n",
				      e->gpl_only);
	}
	gp_buf_puts(out, TAIL);
	put_info(out, m, "license");
	put_info(out, m, "version");
	return 0;
}

static int write_file(const char *dir, const char *name, struct gp_str text, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, name);

	return gp_file_make_at(AT_FDCWD, path, 0644, text, err);
}

/* --- is it like the real one? --- */

static bool same_info(const struct gp_module *a, const struct gp_module *b, const char *key)
{
	return gp_str_same(gp_module_info(a, key), gp_module_info(b, key));
}

static int compare(const struct gp_modfile *real, const struct gp_modfile *made, struct gp_err *err)
{
	static const char *const keys[] = { "license", "version" };
	const struct gp_module *a = &real->m, *b = &made->m;
	bool versions = b->nversion != 0;

	for (size_t i = 0; i < GP_COUNT(keys); i++)
		if (!same_info(a, b, keys[i]))
			return gp_fail(err, GP_E_NO, "the stand-in for '%s' has another %s", real->path, keys[i]);
	if (strcmp(real->name, made->name) != 0)
		return gp_fail(err, GP_E_NO, "the stand-in for '%s' is called '%s'", real->path, made->name);
	if (a->nexport != b->nexport)
		return gp_fail(err, GP_E_NO, "the stand-in for '%s' exports %zu symbols instead of %zu", real->path,
			       b->nexport, a->nexport);
	for (size_t i = 0; i < a->nexport; i++) {
		const struct gp_modexport *want = &a->export[i], *e = gp_module_export(b, want->name);

		if (!e || e->gpl_only != want->gpl_only ||
		    (versions && want->has_crc && (!e->has_crc || e->crc != want->crc)))
			return gp_fail(err, GP_E_NO, "the stand-in for '%s' does not export '%.*s' as it does",
				       real->path, (int)(want->name.len < 128 ? want->name.len : 128), want->name.p);
	}
	return 0;
}

/* --- making it --- */

/* The compiler's first complaint, else the last words. */
static int fail_build(const struct gp_modfile *real, const char *dir, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, "build.log");
	gp_auto(gp_buf_release) struct gp_buf log = { 0 };
	struct gp_str rest, line, last = GP_STR("make said nothing");

	gp_file_read(path, LOG_MAX, &log, NULL);
	rest = gp_buf_str(&log);
	while (gp_text_line_next(&rest, &line)) {
		if (line.len)
			last = line;
		if (gp_str_find(line, GP_STR("error")) >= 0 || gp_str_find(line, GP_STR("ERROR")) >= 0)
			break;
	}
	return gp_fail(err, GP_E_NO, "the stand-in for '%s' does not build: %.*s", real->path,
		       (int)(last.len < 300 ? last.len : 300), last.p);
}

static int build(const struct gp_modfile *real, const struct gp_standin_opts *o, struct gp_err *err)
{
	gp_auto(gp_toolchain_release) struct gp_toolchain cc = { 0 };
	const struct gp_build_opts b = {
		.jobs = 1, .jobserver = { -1, -1 }, .timeout_s = o->timeout_s, .cancel = o->cancel
	};
	const struct gp_kmake k = { .h = o->headers, .cc = &cc, .o = &b, .work = o->dir };
	struct gp_proc_end end = { 0 };

	if (gp_toolchain_find(o->headers, o->cc, &cc, err) < 0 || gp_kmake_own(&k, &end, err) < 0 ||
	    gp_check_cancel(o->cancel, err) < 0)
		return -1;
	return end.status == 0 ? 0 : fail_build(real, o->dir, err);
}

static int write_all(const struct gp_modfile *real, const char *kernel, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf source = { 0 };
	gp_auto(gp_free_ptr) char *kbuild = NULL;

	if (!is_c_name(gp_str_of(real->name)))
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' has a name that no module has", real->path);
	kbuild = gp_asprintf("obj-m := %s.o\n%s-y := gp-standin.o\n", real->name, real->name);
	if (write_source(real, &source, err) < 0 || gp_mkdirs(kernel, err) < 0)
		return -1;
	return write_file(kernel, "gp-standin.c", gp_buf_str(&source), err) < 0 ?
		       -1 :
		       write_file(kernel, "Kbuild", gp_str_of(kbuild), err);
}

int gp_standin_make(const struct gp_modfile *real, const struct gp_standin_opts *o, struct gp_modfile *out,
		    struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *kernel = gp_path_join(o->dir, "kernel");
	gp_auto(gp_free_ptr) char *name = gp_asprintf("%s.ko", real->name);
	gp_auto(gp_free_ptr) char *path = gp_path_join(kernel, name);

	*out = (struct gp_modfile){ 0 };
	if (write_all(real, kernel, err) < 0 || build(real, o, err) < 0)
		return -1;
	return gp_modfile_open(path, out, err) < 0 ? -1 : compare(real, out, err);
}
