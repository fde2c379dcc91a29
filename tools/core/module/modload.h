/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MODULE_MODLOAD_H
#define GP_CORE_MODULE_MODLOAD_H

#include "core/module/module.h"
#include "core/module/symvers.h"
#include "core/rules/release.h"

enum gp_severity { GP_FIND_ERROR, GP_FIND_WARNING, GP_FIND_NOTE };

const char *gp_severity_name(enum gp_severity s); /* "error" */

struct gp_modfinding {
	enum gp_severity severity;
	char *module;      /* its file's name; "" when it is about none */
	const char *check; /* "architecture", "modinfo", "vermagic", "version", "license", "depends",
			      * "srcversion", "symbol", "gpl-only", "taint", "wrapper", "crc", "namespace",
			      * "export", "symbol-get", "hooks", "blob", "headers" */
	char *text;        /* may hold untrusted bytes */
};

struct gp_modfindings {
	struct gp_modfinding *v;
	size_t n, cap;
	size_t errors, warnings; /* also those whose text was left out, see gp_modload() */
};

void gp_modfindings_release(struct gp_modfindings *l);
void gp_modfindings_add(struct gp_modfindings *l, enum gp_severity severity, const char *module, const char *check,
			const char *fmt, ...) GP_PRINTF(5, 6);

/* What the headers say of the kernel that is to take the modules. */
struct gp_modkernel {
	const char *release;              /* UTS_RELEASE */
	const char *vermagic;             /* NULL: not known */
	uint16_t machine;                 /* EM_…; 0: not known */
	const struct gp_symvers *symvers; /* NULL: not known */
	bool modversions;                 /* CONFIG_MODVERSIONS */
	bool namespaces;                  /* an import that is missing is an error, not a warning */
	bool inherits_taint;              /* 262e6ae7081d */
	enum gp_tri symbol_get_gpl;       /* gp_symbol_get_gpl() */
};

struct gp_modunit {
	const char *file; /* "nvidia-uvm.ko", borrowed */
	const char *name; /* the kernel's name of it: "nvidia_uvm", borrowed */
	const struct gp_module *m;
};

struct gp_modload_opts {
	const struct gp_modkernel *kernel; /* NULL: only what the modules say themselves */
	const struct gp_module *blob;      /* nv-kernel.o_binary, or NULL */
	bool hooks_wanted;                 /* nvidia must have the hooks */
	const char *version;               /* that all must say, or NULL */
	/* Not to be judged: one whose exports symbol_get() may ask for; NULL. */
	const struct gp_modunit *beside;
};

/*
 * Does symbol_get() give out GPL-only exports and nothing else in this kernel?
 *
 * It is code of the module loader that no header shows: the patch level decides,
 * where it is known to be upstream's.
 *
 * In:     r: with the patch level that the headers say.
 * Out:    GP_TRI_UNKNOWN for kernels that are not the plain one of their number.
 * Source: 9011e49d54dc (6.6), in stable since 4.14.326, 4.19.295, 5.4.257,
 *         5.10.195, 5.15.131, 6.1.52, 6.4.15 and 6.5.2 (their change logs); Debian
 *         5.10.223 and 6.1.192, booted, refuse. Ubuntu 5.15.0-94 and -204, 6.2.0-39
 *         and 6.5.0-45, booted, give; so do, by the message that is not in them,
 *         13 images from 5.15.0-88 on, 6.2.0-34 and -36, 6.5.0-14 to -35. Proxmox's
 *         change log names Ubuntu's sources. openEuler took it out of its 5.10.
 */
enum gp_tri gp_symbol_get_gpl(const struct gp_release *r);

/*
 * Would the kernel load these modules, and are they what they should be?
 *
 * Of more than 20 findings of one check on one module the rest is counted and
 * said as a number.
 *
 * In:     u: siblings, which may take symbols from each other.
 * Out:    found: added to.
 * Source: kernel/module/main.c (check_modinfo(), resolve_symbol(),
 *         inherit_taint(), verify_namespace_is_imported(),
 *         verify_exported_symbols(), simplify_symbols()) and
 *         kernel/module/version.c (check_version(), same_magic()) of 6.1;
 *         inherit_taint() came with 262e6ae7081d (5.9).
 *         __symbol_get(), which finds with gplok and then asks for GPL_ONLY: 6.6.
 *         "module:" namespaces: 707f853d7fa3 (6.16), kernel/module/main.c.
 */
void gp_modload(const struct gp_modunit *u, size_t n, const struct gp_modload_opts *o, struct gp_modfindings *found);

#endif
