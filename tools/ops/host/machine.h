/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_HOST_MACHINE_H
#define GP_OPS_HOST_MACHINE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/tri.h"

/*
 * The machine that is looked at: this one, or a recorded one below a directory. What is
 * below stands for the whole of that machine: a link in it, absolute or not, leads to a
 * place below, and no program is run for it. What programs said there lies in
 * GP_MACHINE_RECORD/NAME, and the status that one ended with, unless 0, in NAME.status.
 *
 * All questions have three answers. "No" means that it is certain: the place where it
 * would be could be looked at. Nothing here changes anything.
 */
#define GP_MACHINE_RECORD ".gridpatch-record"

struct gp_machine {
	char *root;   /* as it was given; NULL: this machine */
	int fd;       /* of root; -1: this machine */
	char *inside; /* of this or that container, chroot or build of an image; NULL: it is a machine */
};

/*
 * In:     sysroot: NULL: this machine.
 * Errors: GP_E_NOTFOUND, GP_E_SYSTEM: also where the kernel cannot keep links below a
 *         root (openat2, Linux 5.6).
 */
int gp_machine_open(struct gp_machine *m, const char *sysroot, struct gp_err *err);
void gp_machine_close(struct gp_machine *m);

/*
 * Look at a path, links followed.
 *
 * In:  path: absolute, as on that machine.
 * Out: yes: *st; no: nothing is there; unknown: *why has the reason (gp_list_add()).
 */
enum gp_tri gp_machine_look(const struct gp_machine *m, const char *path, struct stat *st, struct gp_list *why);
/* Yes: there is something. Without a reason. */
enum gp_tri gp_machine_has(const struct gp_machine *m, const char *path);
/* The text of a small file, at most 4 MiB, appended to out; /proc and /sys too. */
enum gp_tri gp_machine_read(const struct gp_machine *m, const char *path, struct gp_buf *out, struct gp_list *why);
/* Its first line without blanks at its ends; free() it. NULL unless the answer is yes. */
char *gp_machine_line(const struct gp_machine *m, const char *path);
/* The names in a directory, sorted. */
enum gp_tri gp_machine_names(const struct gp_machine *m, const char *path, struct gp_list *out, struct gp_list *why);

/* What a program said, and what it ended with. */
struct gp_said {
	struct gp_buf text;
	int status;
};
void gp_said_release(struct gp_said *s);
/*
 * Ask a program of that machine; of a recorded one, what it said then.
 *
 * In:  name: of the record. argv: NULL-terminated; run without a shell, stdin empty.
 * Out: yes: it ran, *out says how it ended; no: there is no such program; unknown: *why.
 */
enum gp_tri gp_machine_ask(const struct gp_machine *m, const char *name, const char *const *argv, struct gp_said *out,
			   struct gp_list *why);
/* Can a program of that name be run there? */
enum gp_tri gp_machine_can_run(const struct gp_machine *m, const char *program);

#endif
