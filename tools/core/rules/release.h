/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_RELEASE_H
#define GP_CORE_RULES_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/tri.h"
#include "core/rules/distro.h"

/*
 * Driver versions, kernel releases, and ranges over both. Everything here is
 * a plain value: copy it freely, nothing is to be released.
 */

#define GP_VERSION_PARTS 4

/* A dotted number: 460.73.01, 460.107, 470. text keeps the leading zeros. */
struct gp_version {
	uint32_t part[GP_VERSION_PARTS];
	unsigned n;
	char text[32];
};

/*
 * Parse a driver version.
 *
 * In:     text, untrusted: digits and single dots only, one to four parts.
 * Errors: GP_E_FORMAT.
 * Source: the version line of .manifest and pkg_version of the stub, as 390.12,
 *         460.73.02 and 535.161.05.
 */
int gp_version_parse(struct gp_str text, struct gp_version *out, struct gp_err *err);

/* Part by part as numbers: 460.107 > 460.91.03. A missing part counts as 0,
 * and when all are equal the shorter text comes first. */
int gp_version_cmp(const struct gp_version *a, const struct gp_version *b);

/* 460 of 460.73.01. */
unsigned gp_version_branch(const struct gp_version *v);

#define GP_RELEASE_MAX 64 /* __NEW_UTS_LEN of linux/utsname.h */

/*
 * A kernel release, as uname -r says it.
 *
 * ver has two parts only when the text is a bare kernel line ("5.12"), which
 * then stands for the whole line. sublevel_known is false for a line, for names
 * whose third number is not upstream's patch level (5.10.0-32-amd64, Debian;
 * 5.4.0-26-generic, Ubuntu; 5.4.17-2136.300.7.el8uek, Oracle), and for all
 * kernels that are not the plain one of their number (gp_distro_trait()). The
 * headers may know better: gp_release_set_sublevel().
 */
struct gp_release {
	char text[GP_RELEASE_MAX + 1];
	struct gp_version ver;
	/* Numbers of the name: 5, 10, 0, 32 of 5.10.0-32-amd64 and of its back-port
	 * 5.10.0-0.deb10.32-amd64; three without a package number. */
	struct gp_version name;
	unsigned rc;    /* 3 for -rc3, 0 for none */
	unsigned extra; /* text + extra: the distribution's part, may be "" */
	bool sublevel_known;
	int el_major; /* 8 of .el8_4; 0 when not RHEL's kernel */
	int el_minor; /* 4 of .el8_4; -1 when the name does not say */
	enum gp_distro distro;
	bool rt; /* its name says PREEMPT_RT */
};

/*
 * Parse a kernel release.
 *
 * In:     text, untrusted: at most 64 bytes of [A-Za-z0-9._+~-], starting with
 *         two or three dotted numbers. So it is safe as one path component.
 * Errors: GP_E_FORMAT.
 * Source: gp_distro_guess() for whose it is. `.elN` followed by letters
 *         (Oracle's el9uek) and `.elrepo` are not RHEL's kernels. Oracle's UEK 7
 *         and 8 have the patch level behind the release's own number:
 *         5.15.0-101.103.2.1.el8uek is 5.15.103. Fedora puts the rc into its own
 *         part (6.7.0-0.rc1.16.fc40). Debian's back-ports keep the number of the
 *         package that they are made from (6.1.0-0.deb11.13 is 6.1.0-13).
 */
int gp_release_parse(const char *text, struct gp_release *out, struct gp_err *err);

/* The patch level that headers gave. Left as it is where that is only the base
 * of what the kernel is made of: RHEL's and the other kernels that are not plain,
 * and Oracle's, whose headers say 5.15.0 and 5.4.17. */
void gp_release_set_sublevel(struct gp_release *r, unsigned sublevel);

/* Upstream version as numbers, then rc before release, then the distribution's
 * part with its numbers compared as numbers. */
int gp_release_cmp(const struct gp_release *a, const struct gp_release *b);

#define GP_LINE_NAME 24

/* The kernel line: "5.12" of 5.12.9-1-pve. */
void gp_release_line(const struct gp_release *r, char out[GP_LINE_NAME]);

/*
 * A range of versions: `any`, `X`, `A - B`, `< X`, `<= X`, `> X`, `>= X`.
 *
 * A bound speaks for everything that starts with it: `510 - 535` holds for
 * all of 535.*, `<= 470.141` for 470.141.05, `460` for the whole branch, and
 * `> 470.42` is the opposite of `<= 470.42`.
 */
struct gp_range {
	bool has_lo, has_hi;   /* neither: any */
	bool lo_open, hi_open; /* the bound itself is outside */
	bool by_name;          /* bounds like 5.10.0-26, compared with the name */
	struct gp_version lo, hi;
};

/*
 * Parse a range.
 *
 * In:     text: bounds are dotted numbers; " - " needs its blanks.
 * Errors: GP_E_FORMAT, also when the range is upside down.
 */
int gp_range_parse(struct gp_str text, struct gp_range *out, struct gp_err *err);

/*
 * Parse a window of kernel releases: a range whose bounds may also have a package
 * number, `5.10.0-26 - 5.10.0-99`. Such bounds, both or none, are compared with the
 * numbers in a release's name, whatever its patch level is.
 */
int gp_range_parse_window(struct gp_str text, struct gp_range *out, struct gp_err *err);

bool gp_range_holds(const struct gp_range *r, const struct gp_version *v);

/* Several ranges: `5.10 - 5.12, 5.14`. What holds for one of them holds. */
struct gp_ranges {
	struct gp_range *v;
	size_t n, cap;
};

void gp_ranges_release(struct gp_ranges *l);

/* Take the next range off a list of them. Out: false at the end. */
bool gp_ranges_next(struct gp_str *rest, struct gp_str *range);

/* Out: gp_ranges_release() frees it; empty on failure. Errors: as gp_range_parse(). */
int gp_ranges_parse(struct gp_str text, struct gp_ranges *out, struct gp_err *err);

bool gp_ranges_hold(const struct gp_ranges *l, const struct gp_version *v);

/* Is a version inside of which only the first `known` parts are known? Unknown when the
 * other parts would decide. */
enum gp_tri gp_range_holds_partly(const struct gp_range *r, const struct gp_version *v, unsigned known);

/*
 * Is this release inside the window? An rc counts as its release.
 *
 * Out:    of a kernel that is not the plain one of its number only a lower bound can be
 *         met: it has at least the changes of its number. Where a distribution takes
 *         changes out, it has at least those of the lines before.
 */
enum gp_tri gp_range_holds_release(const struct gp_range *r, const struct gp_release *rel);

#endif
