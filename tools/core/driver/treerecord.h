/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_TREERECORD_H
#define GP_CORE_DRIVER_TREERECORD_H

#include "base/buf.h"
#include "base/digest.h"

/*
 * What gridpatch writes down in an installed tree that it changes: a paragraph of
 * `Field: value` (base/stanza.h) per run, the last one at the end. It says which backup
 * has the tree as it was before, and what the files were when the run was done.
 */

#define GP_TREERECORD_VERSION "1"

/* A file that a run changed. */
struct gp_treefile {
	char *path;                 /* in the directory, clean */
	char sha256[GP_SHA256_HEX]; /* "": it was deleted */
};

struct gp_treerecord {
	char *date, *program;
	char *backup; /* its file name: beside the directory */
	char backup_sha256[GP_SHA256_HEX];
	char *done; /* what was done, lines */
	struct gp_treefile *v;
	size_t n, cap;
};

void gp_treerecord_release(struct gp_treerecord *r);

/* The file; *sha256 is "" for one that was deleted. */
void gp_treerecord_add(struct gp_treerecord *r, const char *path, const char *sha256);

/* The record of that path, or NULL. */
const struct gp_treefile *gp_treerecord_find(const struct gp_treerecord *r, const char *path);

/* Append it to what earlier runs wrote (text, may be empty). */
void gp_treerecord_format(struct gp_str text, const struct gp_treerecord *r, struct gp_buf *out);

/*
 * Read the last paragraph.
 *
 * In:     text: untrusted. origin: the file's name, for messages.
 * Out:    gp_treerecord_release() it; zeroed on failure.
 * Errors: GP_E_FORMAT it is damaged, or names something else than a file beside the
 *         directory, or files below it; GP_E_UNSUPPORTED of a later version.
 */
int gp_treerecord_last(struct gp_str text, const char *origin, struct gp_treerecord *out, struct gp_err *err);

#endif
