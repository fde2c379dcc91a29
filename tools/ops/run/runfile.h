/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_RUNFILE_H
#define GP_OPS_RUN_RUNFILE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/progress.h"
#include "core/payload/codec.h"
#include "core/payload/runheader.h"
#include "core/payload/splice.h"
#include "core/payload/sums.h"
#include "ops/run/given.h"

/* Beyond these an archive is hostile, not large: 610.57.04 has 1,189 members
 * and 1.81 GB. */
#define GP_RUN_MAX_UNPACKED (16ull << 30)
#define GP_RUN_MAX_ENTRIES 1000000u
#define GP_RUN_MAX_KEPT (1ull << 30)
#define GP_RUN_MAX_FILE (64ull << 20) /* of one kept file */

/* Sources are small; the blobs beside them (nv-kernel.o_binary, 40 MB) are not
 * wanted in memory. */
#define GP_RUN_MAX_SOURCE (16ull << 20)

enum gp_entry_type { GP_ENTRY_FILE, GP_ENTRY_DIR, GP_ENTRY_SYMLINK, GP_ENTRY_HARDLINK };

/* A member of the payload. Offsets count in the plain tar stream. */
struct gp_entry {
	char *path; /* clean form, "" for the root */
	char *link; /* target of a link, else NULL */
	enum gp_entry_type type;
	unsigned mode; /* 07777 */
	uint64_t size;
	int64_t mtime;
	uint64_t off, end;  /* its headers' first byte; after its padding */
	struct gp_buf data; /* filled when kept is true */
	bool kept;
	bool superseded; /* a later member has the same path: that one wins */
	bool added;      /* not of the payload: gp_runfile_put() */
	bool elsewhere;  /* added, and its bytes are whoever's who will put them into a new payload */
};

struct gp_ahead;

/* An opened .run. Opening reads the stub, scanning the payload. Zeroed is empty. */
struct gp_runfile {
	char *path;
	int fd;
	bool open; /* fd is; not of a directory */
	uint64_t size;
	struct gp_buf head; /* at least up to the payload */
	struct gp_runheader header;
	enum gp_codec codec;
	struct gp_codec_facts codec_facts;
	struct gp_entry *entry;
	size_t n, cap;
	struct gp_map index;                 /* path to its winning member */
	bool dot_slash;                      /* members are named "./kernel/…" */
	uint64_t tar_end;                    /* where the end-of-archive zeros begin */
	uint64_t unpacked;                   /* bytes of all regular files */
	struct gp_splice *splice;            /* the scan watched for places to continue from; NULL: it did not */
	struct gp_cut cut;                   /* the last one before tar_end */
	struct gp_buf tail;                  /* plain bytes between the two */
	char *no_splice;                     /* why there is no such place, or NULL */
	bool from_index;                     /* not scanned: the sums are still to be checked */
	const volatile sig_atomic_t *cancel; /* may be NULL */
	const struct gp_progress *progress;  /* may be NULL */
	_Atomic uint64_t scanned;            /* bytes of the payload that a scan has read */
	struct gp_sums *sums;                /* for those of what is read of it and made from it */
	struct gp_ahead *ahead;              /* its own were taken before; NULL; whoever's who did */
};

/*
 * Open a .run and read its stub. Nothing in it is executed.
 *
 * In:     path: one of given, else of the disk; given may be NULL.
 * Errors: GP_E_NOTFOUND, GP_E_FORMAT (not a .run, cut off), GP_E_UNSUPPORTED.
 */
int gp_runfile_open(struct gp_runfile *rf, const char *path, const struct gp_given *given, struct gp_err *err);
void gp_runfile_release(struct gp_runfile *rf);

/* Which regular files' bytes to keep in memory. */
struct gp_keep {
	bool (*want)(void *arg, const char *path, uint64_t size);
	/* Called after every kept file, with what was found so far. May be NULL. */
	void (*kept)(void *arg, struct gp_runfile *rf);
	/* Files that are to be written out, not kept: *fd is open for one, and
	 * closed by the scan; as it was (-1) for others. May be NULL. */
	int (*store)(void *arg, const struct gp_entry *e, int *fd, struct gp_err *err);
	/* Called for every member, of whatever type; the bytes of a file go to *to as they
	 * come, when its function was filled in. May be NULL. */
	int (*member)(void *arg, const struct gp_entry *e, struct gp_sink *to, struct gp_err *err);
	/* All bytes of that member have come. May be NULL. */
	int (*passed)(void *arg, const struct gp_entry *e, struct gp_err *err);
	void *arg;
	bool cut; /* find out where the payload can be continued */
};

/*
 * Decode the payload once: check both sums, list the members, keep the wanted
 * files.
 *
 * In:     keep may be NULL: none.
 * Errors: GP_E_FORMAT a sum differs, the payload or the tar is damaged, a path
 *         leaves the tree or runs through a symlink, a size limit is exceeded;
 *         GP_E_UNSUPPORTED a device node or the like.
 */
int gp_runfile_scan(struct gp_runfile *rf, const struct gp_keep *keep, struct gp_err *err);

/*
 * Make something part of the list that is not of the payload, as a later member of that
 * path would be; a new payload has it, too (gp_repack_write()).
 *
 * In:     e: path in clean form; used up. A file's data is kept, or it is elsewhere.
 * Errors: GP_E_FORMAT too many members.
 */
int gp_runfile_put(struct gp_runfile *rf, struct gp_entry *e, struct gp_err *err);

/* The text of the stub; empty when there is none, as of a directory. */
struct gp_str gp_runfile_stub(const struct gp_runfile *rf);

/* Forget what a scan, or an index, found. */
void gp_runfile_forget(struct gp_runfile *rf);

/* For gp_peek: arg is the runfile, off a place in its payload. */
int gp_runfile_peek(void *arg, uint64_t off, void *buf, size_t len, struct gp_err *err);

/* "'PATH' has N bytes, more than LIMIT": GP_E_FORMAT, -1. */
int gp_runfile_too_large(const struct gp_entry *e, uint64_t limit, struct gp_err *err);

/* The member that wins for path, or NULL. */
const struct gp_entry *gp_runfile_find(const struct gp_runfile *rf, const char *path);

/* The file behind a hard link (e itself for others): its bytes are the link's. */
const struct gp_entry *gp_runfile_resolve(const struct gp_runfile *rf, const struct gp_entry *e);

/*
 * Unpack as `sh RUN -x --target DIR` does.
 *
 * In:     dir must not exist; it appears when everything is in it.
 * Errors: as gp_runfile_scan(); GP_E_NO it exists.
 */
int gp_runfile_extract(struct gp_runfile *rf, const char *dir, struct gp_err *err);

/* The plain tar, for copying: reads the payload from its first byte. */
struct gp_plain;
struct gp_plain *gp_plain_open(struct gp_runfile *rf, struct gp_err *err);
struct gp_src gp_plain_src(struct gp_plain *p);
void gp_plain_close(struct gp_plain *p);

#endif
