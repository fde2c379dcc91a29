/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_HOSTLOG_H
#define GP_CORE_PROOF_HOSTLOG_H

#include "core/rules/message.h"

/* The log of a host: which messages of the data are in it. */

/* One of them. */
struct gp_logged {
	const struct gp_message *m; /* borrowed from the data */
	uint64_t lineno;            /* its first line, from 1 on */
	size_t count;               /* lines that have it */
	char *line;                 /* the first one, at most GP_LOGGED_MAX bytes, NUL bytes as '?'; untrusted */
};
#define GP_LOGGED_MAX 300

struct gp_hostlog {
	struct gp_logged *v; /* in the order of their first lines */
	size_t n, cap;
	uint64_t lines;
	bool cut; /* there is more than GP_HOSTLOG_MAX bytes, and that was not looked at */
};

/* The largest journals have 4 GB; what is about one boot is far smaller. */
#define GP_HOSTLOG_MAX ((uint64_t)1 << 30)
/* What is behind that in a line is passed over: the kernel's own lines have 1 KB. */
#define GP_HOSTLOG_LINE 16384

void gp_hostlog_release(struct gp_hostlog *l);

/*
 * Look through a log, a line at a time: dmesg, kern.log, what journalctl prints.
 *
 * In:     src: untrusted, of any length; NUL bytes, CRs and a missing last newline are
 *         fine. It holds a block and a line in memory.
 * Out:    appended to *out; several logs may be looked through one after the other, and
 *         each counts its lines from 1. gp_hostlog_release(), also after a failure.
 * Errors: those of src.
 */
int gp_hostlog_read(struct gp_src src, const struct gp_message_list *messages, struct gp_hostlog *out,
		    struct gp_err *err);

#endif
