/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PAYLOAD_STUBRISK_H
#define GP_CORE_PAYLOAD_STUBRISK_H

#include "base/buf.h"

enum gp_stub_risk_kind {
	GP_STUB_RUNS,    /* a command */
	GP_STUB_EXPANDS, /* a variable */
	GP_STUB_QUOTE,   /* a quote ends too early, or never */
};

/* A text of the stub that sh does not take as it stands. */
struct gp_stub_risk {
	enum gp_stub_risk_kind kind;
	const char *where; /* "label", "pkg-history", …; static */
	unsigned lineno;
	char holds[3]; /* "$(" */
};

struct gp_stub_risks {
	struct gp_stub_risk *v;
	size_t n, cap;
};

/*
 * What of a stub's texts would sh run or expand? Those that come from outside:
 * the variables that describe the package, read whenever the stub starts, and the
 * here-documents of --lsm and --pkg-history, whose words are not quoted.
 * The first risk of each line is told.
 *
 * In:     stub: its text, untrusted. Nothing is run to find out.
 * Out:    out, gp_stub_risks_release() it.
 * Source: POSIX sh, 2.2 (quoting), 2.6 (expansions), 2.7.4 (here-documents);
 *         makeself.sh 1.6.0-nv4.
 */
void gp_stub_risks_find(struct gp_str stub, struct gp_stub_risks *out);
void gp_stub_risks_release(struct gp_stub_risks *l);

const char *gp_stub_risk_kind_name(enum gp_stub_risk_kind k); /* "run", "expand", "quote" */
const char *gp_stub_risk_when(const struct gp_stub_risk *r);  /* "--pkg-history", … */

/* "'label' of the stub (line 7) holds '$(': sh would run it at every start". */
char *gp_stub_risk_text(const struct gp_stub_risk *r);

#endif
