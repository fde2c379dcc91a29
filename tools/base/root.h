/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_ROOT_H
#define GP_BASE_ROOT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/tri.h"

/*
 * The files of a system: this one's, or those of one that lies below a directory, which
 * may be anybody's. What is below stands for the whole: a link in it, absolute or not,
 * leads to a place below, and a FIFO holds nobody up.
 *
 * All questions have three answers. "No" means that it is certain: the place where it
 * would be could be looked at. Nothing here changes anything.
 */
struct gp_sights;
struct gp_root {
	char *path;             /* as it was given; NULL: this system */
	int fd;                 /* of path; of this system nothing */
	struct gp_list closed;  /* "PATH: reason": that was looked at already, and it failed */
	struct gp_sights *seen; /* all answers go there, too; borrowed, NULL: nowhere */
};

/*
 * In:     path: NULL: this system.
 * Errors: GP_E_NOTFOUND, GP_E_SYSTEM: also where the kernel cannot keep links below a
 *         root (openat2, Linux 5.6).
 */
int gp_root_open(struct gp_root *r, const char *path, struct gp_err *err);
void gp_root_close(struct gp_root *r);

/*
 * Look at a path, links followed. A root of NULL is this system, here and below.
 *
 * In:  path: absolute, as on that system.
 * Out: yes: *st; no: nothing is there; unknown: *why has the reason (gp_list_add()).
 */
enum gp_tri gp_root_look(const struct gp_root *r, const char *path, struct stat *st, struct gp_list *why);
/* Yes: there is something. Without a reason. */
enum gp_tri gp_root_has(const struct gp_root *r, const char *path);
/* Open a regular file for reading: close(*fd) after a yes. What is no regular file is unknown. */
enum gp_tri gp_root_open_file(const struct gp_root *r, const char *path, int *fd, struct gp_list *why);
/* The text of a small file, at most 4 MiB, appended to out; /proc and /sys too. */
enum gp_tri gp_root_read(const struct gp_root *r, const char *path, struct gp_buf *out, struct gp_list *why);
/* Its first line without blanks at its ends; free() it. NULL unless the answer is yes. */
char *gp_root_line(const struct gp_root *r, const char *path);
/* The names in a directory, sorted. */
enum gp_tri gp_root_names(const struct gp_root *r, const char *path, struct gp_list *out, struct gp_list *why);
/*
 * Where that path lies for this process, links followed and kept below the root; for
 * functions that take a path.
 *
 * Out: yes: *out, free() it; else NULL, as gp_root_look().
 */
enum gp_tri gp_root_real(const struct gp_root *r, const char *path, char **out, struct gp_list *why);
/* Where a link leads, as it is written; free() *to. No: nothing is there, or no link. */
enum gp_tri gp_root_link(const struct gp_root *r, const char *path, char **to, struct gp_list *why);

/* --- what was seen --- */

enum gp_look { GP_LOOK_THERE, GP_LOOK_TEXT, GP_LOOK_NAMES, GP_LOOK_LINK, GP_LOOK_SAID };

struct gp_sight {
	enum gp_look asked;
	char *path; /* of SAID: a name */
	enum gp_tri answer;
	mode_t mode;        /* of THERE */
	int status;         /* of SAID: what the program ended with */
	struct gp_buf text; /* the bytes; the names, a line each; where it leads; unknown: why */
};

/* Each question once, in the order in which they were first asked. Zeroed is empty. */
#define GP_SIGHTS_MAX 20000 /* a server with 2000 devices has half of it */
struct gp_sights {
	struct gp_sight *v;
	size_t n, cap;
	bool full; /* more was asked */
};
void gp_sights_release(struct gp_sights *s);

/* Out: borrowed until the next one; NULL when it was asked before, or there is no room. text is copied. */
struct gp_sight *gp_sights_add(struct gp_sights *s, enum gp_look asked, const char *path, enum gp_tri answer,
			       struct gp_str text);

#endif
