/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MODULE_SYMVERS_H
#define GP_CORE_MODULE_SYMVERS_H

#include <stdbool.h>

#include "base/buf.h"

/* One exported symbol; the strings are borrowed from the text. */
struct gp_symver {
	struct gp_str name;
	struct gp_str module; /* "vmlinux", "drivers/net/tun" */
	struct gp_str ns;     /* its namespace, or empty */
	uint32_t crc;         /* 0 also where the kernel has no CONFIG_MODVERSIONS */
	bool gpl_only;
};

/* Module.symvers. */
struct gp_symvers {
	struct gp_symver *v; /* in the order of the file; of two with one name the first counts */
	size_t n, cap;
	uint32_t *slot; /* 1 + index into v; 0: empty */
	size_t nslot;   /* a power of two, at least twice n */
};

/*
 * Read Module.symvers.
 *
 * In:     text: untrusted, must outlive out.
 * Out:    gp_symvers_release(); empty on failure.
 * Errors: GP_E_FORMAT a line that is not one, with its number (so is an empty one, one
 *         with a CR, or with an unknown type of export); more than 4194304 symbols;
 *         names made to collide.
 * Source: write_dump() and read_dump() of scripts/mod/modpost.c. Columns are
 *         parted by tabs. Up to 5.3: CRC, symbol, module, export type; since
 *         cb9b55d21fe0 (5.4): CRC, symbol, namespace, module, export type;
 *         since 5190044c2965 (5.6): CRC, symbol, module, export type,
 *         namespace, which is empty for most. Before 2.6.18 there was no export
 *         type; that form is not read.
 */
int gp_symvers_parse(struct gp_str text, struct gp_symvers *out, struct gp_err *err);
void gp_symvers_release(struct gp_symvers *s);

/* NULL when it is not exported. */
const struct gp_symver *gp_symvers_find(const struct gp_symvers *s, struct gp_str name);

#endif
