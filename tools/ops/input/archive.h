/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_INPUT_ARCHIVE_H
#define GP_OPS_INPUT_ARCHIVE_H

#include <signal.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/progress.h"

struct archive_entry;

/* An archive that somebody gave us, read member by member. Nothing is written where a
 * member says, and no program is started for any compression. */
struct gp_archive;

/* A ZIP is read by the directory at its end: without that one it is cut off. */
enum gp_archive_kind { GP_ARCHIVE_ZIP, GP_ARCHIVE_AR, GP_ARCHIVE_TAR, GP_ARCHIVE_RPM };

/*
 * Over an open file, which stays its owner's; it is read from its beginning, wherever
 * its offset is. name is for messages, and outlives it.
 *
 * Errors: GP_E_FORMAT it is none; GP_E_SYSTEM.
 */
struct gp_archive *gp_archive_open(int fd, const char *name, enum gp_archive_kind kind, struct gp_err *err);

/* Over the bytes of outer's current member: data.tar.xz of a .deb. outer must not go on
 * meanwhile. */
struct gp_archive *gp_archive_open_within(struct gp_archive *outer, enum gp_archive_kind kind, struct gp_err *err);

void gp_archive_close(struct gp_archive *a);

/* Stop at a signal, and tell how much of the file has been read. Both may be NULL. */
void gp_archive_watch(struct gp_archive *a, const volatile sig_atomic_t *cancel, const struct gp_progress *progress);

/* 1 a member (*entry lives until the next call), 0 the end, -1 an error. At most
 * GP_RUN_MAX_ENTRIES of them. */
int gp_archive_next(struct gp_archive *a, struct archive_entry **entry, struct gp_err *err);

/* Bytes of the current member; 0: its end, where its CRC was right, if it has one. */
ssize_t gp_archive_read(struct gp_archive *a, void *buf, size_t cap, struct gp_err *err);

/* How the current member goes to a file. */
struct gp_archive_copy {
	struct gp_str head; /* what was read of it */
	int to;
	const char *to_name;                 /* for messages, with its quotes */
	uint64_t size;                       /* what there is to be, or the member is damaged */
	const volatile sig_atomic_t *cancel; /* may be NULL */
	const struct gp_progress *progress;  /* may be NULL */
};
int gp_archive_copy(struct gp_archive *a, const struct gp_archive_copy *c, struct gp_err *err);

#endif
