/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_TARSRC_H
#define GP_OPS_RUN_TARSRC_H

#include <stdint.h>

#include "base/buf.h"

struct archive;
struct archive_entry;

/* libarchive's tar reader over a gp_src, with our errors. */
struct gp_tarsrc;
struct gp_tarsrc *gp_tarsrc_new(struct gp_src src, struct gp_err *err);
void gp_tarsrc_free(struct gp_tarsrc *t);

/* 1 a member (*entry lives until the next call), 0 the end, -1 an error. */
int gp_tarsrc_next(struct gp_tarsrc *t, struct archive_entry **entry, struct gp_err *err);

/* Bytes from the start of the stream to the current member's first header
 * block; after the end, to the end-of-archive blocks. */
uint64_t gp_tarsrc_offset(const struct gp_tarsrc *t);

/* Read what is after the archive; at most max bytes in all. */
int gp_tarsrc_drain(struct gp_tarsrc *t, uint64_t max, struct gp_err *err);

/* All bytes that are still there, the last ones of the stream. */
void gp_tarsrc_all_last(const struct gp_tarsrc *t, struct gp_buf *out);

/* Append bytes [from, to) of the stream to out; false when they are no longer
 * there: the last 8 MiB of what was read are. */
bool gp_tarsrc_last(const struct gp_tarsrc *t, uint64_t from, uint64_t to, struct gp_buf *out);

/* All data of the current member; GP_E_FORMAT when it is not size bytes. */
int gp_tarsrc_data(struct gp_tarsrc *t, struct gp_buf *out, size_t size, struct gp_err *err);

/* Hand on the current member's data as they come. GP_E_FORMAT: they are not size bytes;
 * else what the sink says. */
int gp_tarsrc_pass(struct gp_tarsrc *t, struct gp_sink to, uint64_t size, struct gp_err *err);

/* Copy the current member's data to a file; name is for messages. GP_E_SYSTEM it
 * cannot be written. */
int gp_tarsrc_copy(struct gp_tarsrc *t, int fd, const char *name, uint64_t size, struct gp_err *err);

struct archive *gp_tarsrc_archive(struct gp_tarsrc *t);

/* An archive error in our form; our own error of the source wins. */
int gp_tarsrc_fail(struct gp_tarsrc *t, struct gp_err *err);

#endif
