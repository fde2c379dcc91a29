/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PAYLOAD_RUNHEADER_H
#define GP_CORE_PAYLOAD_RUNHEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* A stub and its embedded decompressor are far smaller (160 kB seen in
 * 610.57.04); more than this before the payload is not an installer. */
#define GP_RUNHEADER_MAX (16u << 20)

/*
 * The text part of a .run: what the stub says of itself, and where things lie.
 * Nothing of it is ever executed.
 *
 * Source: makeself 1.6.0-nv … nv4 (makeself.sh of GRID 460.73.01); nv9's
 *         order of variables as publicly noted for 610.57.04. Lines 5 and 6
 *         (skip_decompress, size_decompress) came with nv2.
 */
struct gp_runheader {
	char *crc; /* text of CRCsum=, compared as a string by the stub */
	char *md5; /* 32 hex digits */
	char *label;
	char *version_string; /* the driver's version; "0" in some repacks */
	char *pkg_version;
	char *script;
	char *targetdir;
	char *target_os; /* NULL when the stub has none */
	char *target_arch;
	uint64_t skip;                             /* the payload starts after newline number skip-1 */
	uint64_t skip_decompress, size_decompress; /* lines; 0 when there is none */
	uint64_t sums_off;                         /* bytes: both sums cover [sums_off, end of file) */
	uint64_t embed_off;                        /* bytes: end of the stub's text */
	uint64_t payload_off;                      /* bytes */
};

/*
 * Read the stub.
 *
 * In:     head: the first bytes of the file, all of it or GP_RUNHEADER_MAX; untrusted.
 * Out:    out, release it.
 * Errors: GP_E_FORMAT not a makeself .run of NVIDIA's kind, cut off inside the
 *         stub, or a NUL byte in a variable; the message says which.
 */
int gp_runheader_parse(struct gp_str head, struct gp_runheader *out, struct gp_err *err);
void gp_runheader_release(struct gp_runheader *h);

/* One of the variables in the stub's first lines. */
struct gp_stub_variable {
	struct gp_str name;
	struct gp_str raw;   /* what is after the '=', without blanks around it */
	struct gp_str value; /* the same without double quotes around all of it */
	unsigned lineno;
};

/* In: rest, the stub from its second line on, and lineno 1, the line before. */
struct gp_stub_walk {
	struct gp_str rest;
	unsigned lineno;
};

/* The next variable; false at the first line that is neither one nor blank: code
 * begins, and later assignments (keep=n in the option loop) mean something else. */
bool gp_stub_variable_next(struct gp_stub_walk *w, struct gp_stub_variable *v);

/* Does the stub carry an MD5 sum? All zeros means none (stub, --check). */
bool gp_runheader_has_md5(const struct gp_runheader *h);

/* Are these the sums that the stub states? GP_E_FORMAT: one of them is not. */
int gp_runheader_check_sums(const struct gp_runheader *h, const char *crc, const char *md5, struct gp_err *err);

/* What changes in a stub. NULL: stays. */
struct gp_stub_edit {
	const char *targetdir;
	const char *history; /* text for --pkg-history, lines ending in '\n' */
	int64_t grown;       /* bytes that the unpacked files are more, for --info */
};

/* Where the sums stand in a rewritten stub, so that they can be filled in last. */
struct gp_stub_sums {
	uint64_t crc_off, md5_off; /* of the value; 10 and 32 bytes */
	uint64_t sums_off;
};

/*
 * Write a stub anew: line by line as it was, except what must change (sums,
 * skip and skip_decompress where lines are added, targetdir, pkg-history, size).
 * The embedded decompressor is appended byte for byte.
 *
 * In:  head: the bytes h was parsed from, at least up to payload_off; edit:
 *      its texts are limited to [A-Za-z0-9._+ :/-], other bytes become '_',
 *      because the stub's here-documents are unquoted and would run $(…).
 * Out: out, everything before the payload; the sums are ten blanks and 32
 *      zeros, at the places *sums tells.
 */
int gp_runheader_rewrite(const struct gp_runheader *h, struct gp_str head, const struct gp_stub_edit *edit,
			 struct gp_buf *out, struct gp_stub_sums *sums, struct gp_err *err);

/* Limit text to what may stand in an unquoted here-document ('\n' stays). */
void gp_stub_mask(char *text);

/* "X" → "X-custom"; an existing "-custom" is taken off first, as the stub's
 * --apply-patch does. free() it. */
char *gp_custom_name(const char *name);

#endif
