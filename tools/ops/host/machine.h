/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_HOST_MACHINE_H
#define GP_OPS_HOST_MACHINE_H

#include "base/root.h"

/*
 * The machine that is looked at: this one, or a recorded one below a directory, whose
 * files base/root.h reads; no program is run for that. What programs said there lies in
 * GP_MACHINE_RECORD/NAME, and the status that one ended with, unless 0, in NAME.status.
 * Two names are for what no file shows: "inside", the container or chroot that it is, and
 * "unreadable", lines as of gp_root's "closed".
 *
 * All questions have three answers, as there.
 */
#define GP_MACHINE_RECORD ".gridpatch-record"

struct gp_machine {
	struct gp_root files;
	const char *root; /* files.path: NULL: this machine */
	char *inside;     /* of this or that container, chroot or build of an image; NULL: it is a machine */
};

/* In, Errors: as gp_root_open(). */
int gp_machine_open(struct gp_machine *m, const char *sysroot, struct gp_err *err);
void gp_machine_close(struct gp_machine *m);

/* From now on write down what is asked and answered, for a record. In: seen outlives m. */
void gp_machine_watch(struct gp_machine *m, struct gp_sights *seen);

/* Its files, for what is not to be in a record as it is; borrowed. */
static inline struct gp_root gp_machine_unseen(const struct gp_machine *m)
{
	struct gp_root r = m->files;

	r.seen = NULL;
	return r;
}

/* Its files. */
static inline enum gp_tri gp_machine_look(const struct gp_machine *m, const char *path, struct stat *st,
					  struct gp_list *why)
{
	return gp_root_look(&m->files, path, st, why);
}
static inline enum gp_tri gp_machine_has(const struct gp_machine *m, const char *path)
{
	return gp_root_has(&m->files, path);
}
static inline enum gp_tri gp_machine_open_file(const struct gp_machine *m, const char *path, int *fd,
					       struct gp_list *why)
{
	return gp_root_open_file(&m->files, path, fd, why);
}
static inline enum gp_tri gp_machine_read(const struct gp_machine *m, const char *path, struct gp_buf *out,
					  struct gp_list *why)
{
	return gp_root_read(&m->files, path, out, why);
}
static inline char *gp_machine_line(const struct gp_machine *m, const char *path)
{
	return gp_root_line(&m->files, path);
}
static inline enum gp_tri gp_machine_names(const struct gp_machine *m, const char *path, struct gp_list *out,
					   struct gp_list *why)
{
	return gp_root_names(&m->files, path, out, why);
}
static inline enum gp_tri gp_machine_real(const struct gp_machine *m, const char *path, char **out, struct gp_list *why)
{
	return gp_root_real(&m->files, path, out, why);
}

/* A path of this process as that machine has it, for commands that are shown; free() it. */
char *gp_machine_shown(const struct gp_machine *m, const char *path);

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
/* That name's text of a recorded machine: what no file and no program's output shows. As
 * gp_machine_ask(); no: this machine is none, or that was not recorded. */
enum gp_tri gp_machine_noted(const struct gp_machine *m, const char *name, struct gp_said *out, struct gp_list *why);
/* Of this machine: what is to stand there in a record. */
void gp_machine_note(const struct gp_machine *m, const char *name, struct gp_str text, int status);
/* Can a program of that name be run there? */
enum gp_tri gp_machine_can_run(const struct gp_machine *m, const char *program);

#endif
