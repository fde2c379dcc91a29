/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MERGE_MERGETABLE_H
#define GP_CORE_MERGE_MERGETABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/stanza.h"
#include "core/rules/release.h"

/*
 * kernel-versions/merge: whose files a merged driver has, what a merged driver of some
 * branch does not do by itself, and which desktop goes with which host. The file's head
 * says how it is written.
 */

/* Whose a file is. */
enum gp_take {
	GP_TAKE_HOST,
	GP_TAKE_DESKTOP, /* the host's, if it has one, is left out */
	GP_TAKE_BOTH,    /* made of both: gp_merge_text(), gp_merge_manifest() */
};

const char *gp_take_name(enum gp_take t); /* "host", "desktop", "both" */

/* When something is missing in a merged driver. */
enum gp_merge_when {
	GP_WHEN_ALWAYS,
	GP_WHEN_VERSIONS, /* host and desktop have different versions */
	GP_WHEN_GUEST,    /* the desktop is a grid guest */
	GP_WHEN_OPEN,     /* it has open kernel modules, too */
};

const char *gp_merge_when_name(enum gp_merge_when w); /* "always", "versions", "guest", "open" */

/* A paragraph: of the first kind (Take), or of the second (Need). */
struct gp_merge_rule {
	struct gp_ranges branch; /* versions of the host for which it holds */
	enum gp_take take;       /* host or desktop */
	struct gp_list paths;    /* globs; "dir/" is all that lies below it */
	enum gp_merge_when when;
	struct gp_list where; /* files that such a set of the user's would change; may be empty */
	char *reason, *evidence;
	char *file;
	unsigned lineno;
};

struct gp_merge_rules {
	struct gp_merge_rule *v;
	size_t n, cap;
};

/* NVIDIA released these two together. */
struct gp_merge_pair {
	struct gp_version host, desktop;
};

struct gp_merge_table {
	struct gp_merge_rules takes, needs;
	struct gp_merge_pair *pair; /* in the order of the files */
	size_t npair, pair_cap;
};

void gp_merge_table_release(struct gp_merge_table *t);

/*
 * Append the paragraphs of a `merge` file.
 *
 * In:     stanzas of one file. Each has Branch and Evidence, and: Take (host, desktop),
 *         Path and Reason; or Need (always, versions, guest, open) and Reason, may be Where;
 *         or Pairs ("550.90.05=550.90.07", host first).
 * Out:    gp_merge_table_release() frees *t, also after a failure.
 * Errors: GP_E_FORMAT with "file:line": a field that is unknown, missing or of another
 *         kind of paragraph, a bad value.
 */
int gp_merge_table_parse(const struct gp_stanza_list *stanzas, struct gp_merge_table *t, struct gp_err *err);

/* The last rule that says whose path is in a merged driver with that host; NULL: none. */
const struct gp_merge_rule *gp_merge_rule_of(const struct gp_merge_table *t, const struct gp_version *host,
					     const char *path);

/* What a merged driver is like. */
struct gp_merge_facts {
	struct gp_version host, desktop;
	bool guest; /* the desktop is a grid guest */
	bool open;  /* there is kernel-open/ */
};

/*
 * What such a merged driver does not do by itself: gridpatch changes no licence tag, no
 * version check and no blob, so the user would have to supply a patch set.
 *
 * Out: the number; rules[i], for i below it and max, belong to t.
 */
size_t gp_merge_needs(const struct gp_merge_table *t, const struct gp_merge_facts *f,
		      const struct gp_merge_rule **rules, size_t max);

#endif
