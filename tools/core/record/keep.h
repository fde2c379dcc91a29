/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RECORD_KEEP_H
#define GP_CORE_RECORD_KEEP_H

#include "core/record/scrub.h"

/*
 * What of a machine may be in a record: a list of files, of directories whose names may be
 * told, and of programs' outputs; and of each of them what. All else stays out, so a new
 * look of doctor's is recorded when somebody has thought about it, and not before. Words of
 * what may stay still go through gp_scrub_text(), unless they are single words of the
 * kernel's own.
 */

/*
 * A file's bytes.
 *
 * In:  path: absolute, as on that machine; text: untrusted.
 * Out: appended; false: nothing of such a file is told.
 */
bool gp_keep_file(struct gp_scrub *s, const char *path, struct gp_str text, struct gp_buf *out);

/* What a program said, or what stands there for it; as above. */
bool gp_keep_said(struct gp_scrub *s, const char *name, struct gp_str text, struct gp_buf *out);

/* May that name of a directory's be told? Others are those of somebody's own things. */
bool gp_keep_name(const char *dir, const char *name);

/* May it be told where a link leads? */
bool gp_keep_link(struct gp_str to);

#endif
