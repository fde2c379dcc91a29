/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MODULE_MODULE_H
#define GP_CORE_MODULE_MODULE_H

#include <stdbool.h>

#include "base/buf.h"

/* All strings here are borrowed from the image. */
struct gp_modsection {
	struct gp_str name;
	uint32_t type;      /* SHT_… */
	uint64_t flags;     /* SHF_… */
	uint64_t off, size; /* bytes; NOBITS has a size and no bytes in the file */
	uint64_t align;     /* 0 and 1: none */
};

struct gp_modinfo {
	struct gp_str key, value;
};

struct gp_modsymbol {
	struct gp_str name;
	bool weak;
};

struct gp_modversion {
	struct gp_str name;
	uint32_t crc;
};

struct gp_modexport {
	struct gp_str name;
	bool gpl_only;
	bool has_crc;
	uint32_t crc;
};

/* A symbol that is looked for by name. */
struct gp_modplace {
	bool found;     /* defined, with a value */
	uint64_t value; /* bytes from the start of its section */
	size_t section; /* index into section, or SIZE_MAX: absolute, common, … */
};

/* What a kernel module says of itself. */
struct gp_module {
	struct gp_str image;
	uint16_t machine;              /* EM_… */
	struct gp_modsection *section; /* [0] is the empty one, as in the file */
	size_t nsection;
	struct gp_modinfo *info; /* in the order of .modinfo */
	size_t ninfo, info_cap;
	struct gp_modsymbol *undef;
	size_t nundef, undef_cap;
	struct gp_modversion *version; /* CRCs that the module wants */
	size_t nversion, version_cap;
	struct gp_modexport *export; /* by name */
	size_t nexport, export_cap;
	size_t nsymbol;                        /* entries of the symbol table */
	struct gp_modplace hook_beg, hook_end; /* vgpu_unlock_nv_kern_rodata_… */
	bool is_module;                        /* has .modinfo or .gnu.linkonce.this_module */
	bool signature;                        /* "~Module signature appended~" is after it */
};

/*
 * Read a relocatable ELF image: a kernel module, or an object that becomes part
 * of one.
 *
 * Header, section table and every offset, size and string are checked here
 * before libelf sees the image. What it costs is bounded: at most 65536
 * undefined symbols, exports and versions each, 16384 .modinfo entries, 131072
 * sections, names up to 1023 bytes.
 *
 * In:     image: untrusted, must outlive out; need not be aligned.
 * Out:    gp_module_release(); empty on failure.
 * Errors: GP_E_FORMAT no ELF, damaged, truncated, above those bounds;
 *         GP_E_UNSUPPORTED 32 bits, big endian, not relocatable (a program or
 *         library), an ELF of another version.
 * Source: gABI chapter 4 (elf.h); .modinfo: include/linux/moduleparam.h;
 *         __versions: struct modversion_info, include/linux/module.h, and that
 *         of Ubuntu's 6.8 and 6.11, {u32 next, u32 crc, char name[]} padded to 4;
 *         __version_ext_crcs, __version_ext_names (54ac1ac8edeb, 6.14):
 *         scripts/mod/modpost.c; __ksymtab_NAME and __crc_NAME:
 *         include/linux/export.h, include/linux/export-internal.h; __kflagstab,
 *         a byte per entry of __ksymtab whose bit 0 is GPL-only (7.1):
 *         include/linux/module_symbol.h; the signature's last line:
 *         include/linux/module_signature.h.
 */
int gp_module_parse(struct gp_str image, struct gp_module *out, struct gp_err *err);
void gp_module_release(struct gp_module *m);

/* The first value of a .modinfo key, as the kernel's get_modinfo() takes it; p is
 * NULL when there is none. */
struct gp_str gp_module_info(const struct gp_module *m, const char *key);
bool gp_module_has_info(const struct gp_module *m, const char *key, struct gp_str value);

/* NULL when there is none. */
const struct gp_modsection *gp_module_section(const struct gp_module *m, const char *name);

/* Is it among the undefined symbols? */
bool gp_module_takes(const struct gp_module *m, const char *name);

/*
 * Walk through the NUL-terminated texts of the module's data: .rodata*, .data*.
 *
 * In:     *at: 0 at the beginning, then as it was left.
 * Out:    false: there are no more. Empty ones are passed over.
 */
struct gp_modtext_at {
	size_t section, off;
};
bool gp_module_text_next(const struct gp_module *m, struct gp_modtext_at *at, struct gp_str *out);

/* NULL when the module does not export it. */
const struct gp_modexport *gp_module_export(const struct gp_module *m, struct gp_str name);

/* "x86_64", as uname -m says it, or "machine 8". */
const char *gp_machine_name(uint16_t machine, char out[24]);

/*
 * Does the kernel take a module of this licence for GPL-compatible?
 *
 * Source: license_is_gpl_compatible(), include/linux/license.h.
 */
bool gp_licence_is_gpl(struct gp_str licence);

#endif
