/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_FSIO_H
#define GP_BASE_FSIO_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Read a whole regular file.
 *
 * In:     max, bytes: a longer file is refused before it is read.
 * Out:    appended to out (release it).
 * Errors: GP_E_NOTFOUND missing; GP_E_FORMAT not a regular file or too long;
 *         GP_E_SYSTEM I/O.
 */
int gp_file_read(const char *path, size_t max, struct gp_buf *out, struct gp_err *err);

/* Open a regular file for reading; a FIFO does not hold us up. Out: close() it. Errors:
 * GP_E_NOTFOUND, GP_E_SYSTEM; GP_E_FORMAT it is none. */
int gp_regular_open(const char *path, struct gp_err *err);

/* Read a whole open regular file; path is for messages. */
int gp_regular_read(int fd, size_t max, const char *path, struct gp_buf *out, struct gp_err *err);

/* Read anything that can be read, to its end; name is for messages, with its
 * quotes. In: expect, bytes: a regular file's length, or 0. */
int gp_fd_read(int fd, size_t expect, size_t max, const char *name, struct gp_buf *out, struct gp_err *err);

/* Names in a directory, sorted by bytes, without "." and "..". */
int gp_dir_list(const char *path, struct gp_list *names, struct gp_err *err);

/* Names in an open directory; path is for messages. */
int gp_dir_list_at(int dir, const char *path, struct gp_list *names, struct gp_err *err);

/*
 * The regular files below root/below, at any depth; links are not followed, and
 * what goes away meanwhile is passed over.
 *
 * In:     below: "" or a path under root.
 * Out:    appended to files, each as below/…
 */
int gp_dir_walk(const char *root, const char *below, struct gp_list *files, struct gp_err *err);

/* The same of an open directory; root is for messages. */
int gp_dir_walk_at(int fd, const char *root, const char *below, struct gp_list *files, struct gp_err *err);

/*
 * What lies at a path, links followed; a link to nowhere is something else.
 *
 * Errors: GP_E_SYSTEM: it cannot be told (no permission on the way, I/O, a loop of links).
 */
enum gp_thing { GP_THING_NONE, GP_THING_FILE, GP_THING_DIR, GP_THING_OTHER };
int gp_thing_at(const char *path, struct gp_err *err);

/* Simple questions: what cannot be told counts as no. */
bool gp_is_dir(const char *path);
bool gp_is_file(const char *path);
bool gp_exists(const char *path);                /* anything, dangling symlinks too */
bool gp_same_file(const char *a, const char *b); /* same device and inode */

/* Two names of one file, or of what will be one. */
bool gp_same_place(const char *a, const char *b);

/* mkdir -p with mode 0777 & ~umask. */
int gp_mkdirs(const char *path, struct gp_err *err);

/* rm -rf of a name in a directory; it never follows a symlink, however deep it is.
 * Missing is fine. */
void gp_remove_at(int dir, const char *name);
void gp_remove_tree(const char *path);

/* Remove all that lies in an open directory. */
void gp_empty_dir(int dir);

/* Copy all of a file to an open one, by reference where the file system can.
 * name is for messages. */
int gp_fd_clone(int from, int to, const char *name, struct gp_err *err);

/* A new file with these bytes. In: dir: path is relative to it; AT_FDCWD. Errors: GP_E_SYSTEM,
 * also when it exists. */
int gp_file_make_at(int dir, const char *path, unsigned mode, struct gp_str bytes, struct gp_err *err);

/* Copy a file to a new one. Errors: GP_E_SYSTEM, also when it exists. */
int gp_file_clone(const char *from, const char *to, unsigned mode, struct gp_err *err);

/* Read fully / write fully at a place; EINTR and short counts are handled. */
ssize_t gp_pread(int fd, void *buf, size_t len, uint64_t off, const char *name, struct gp_err *err);
int gp_write_fd(int fd, const void *buf, size_t len, const char *name, struct gp_err *err);
int gp_pwrite_fd(int fd, const void *buf, size_t len, uint64_t off, const char *name, struct gp_err *err);

/* The process's umask. Where /proc is missing it has to be changed to be read:
 * call before threads start then. */
unsigned gp_umask(void);

/* Asked by a signal to stop? Long loops call this. flag may be NULL. */
int gp_check_cancel(const volatile sig_atomic_t *flag, struct gp_err *err);

#endif
