/* SPDX-License-Identifier: MIT */
#include "ops/host/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/proc.h"
#include "base/text.h"
#include "base/tri.h"

#define RECORDED(name) "/" GP_MACHINE_RECORD "/" name

/* --- what it is --- */

/* Is nothing mounted at "/"? Then that is a directory of something else's. Source:
 * proc_pid_mountinfo(5): what lies outside of a process's root is not listed, and the
 * fifth field is where. */
static bool is_below(const struct gp_machine *m)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line, word = { "", 0 };

	if (gp_machine_read(m, "/proc/self/mountinfo", &text, NULL) != GP_TRI_YES)
		return false;
	rest = gp_buf_str(&text);
	while (gp_text_line_next(&rest, &line)) {
		for (int i = 0; i < 5 && gp_word_next(&line, &word); i++)
			;
		if (gp_str_eq(word, "/"))
			return false;
	}
	return true;
}

/* As systemd-detect-virt --chroot asks, which not everybody may, and where that fails. */
static char *find_chroot(const struct gp_machine *m)
{
	struct stat own, first;

	if (gp_machine_has(m, "/proc/self") == GP_TRI_NO)
		return gp_strdup("a chroot or container without /proc");
	if (stat("/", &own) == 0 && stat("/proc/1/root/.", &first) == 0)
		return own.st_dev != first.st_dev || own.st_ino != first.st_ino ? gp_strdup("a chroot") : NULL;
	return is_below(m) ? gp_strdup("a chroot") : NULL;
}

/* In a container /sys and /proc are those of the machine around it, or less. */
static char *find_inside(const struct gp_machine *m)
{
	static const struct {
		const char *path, *what;
	} signs[] = {
		{ "/.dockerenv", "a container (Docker)" },
		{ "/run/.containerenv", "a container (Podman)" },
	};
	gp_auto(gp_free_ptr) char *kind = gp_machine_line(m, "/run/systemd/container");

	if (kind && *kind)
		return gp_asprintf("a container (%s)", kind);
	for (size_t i = 0; i < GP_COUNT(signs); i++)
		if (gp_machine_has(m, signs[i].path) == GP_TRI_YES)
			return gp_strdup(signs[i].what);
	return m->root ? gp_machine_line(m, RECORDED("inside")) : find_chroot(m);
}

static void find_closed(struct gp_machine *m)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line;

	if (gp_machine_read(m, RECORDED("unreadable"), &text, NULL) != GP_TRI_YES)
		return;
	rest = gp_buf_str(&text);
	while (gp_text_line_next(&rest, &line))
		gp_list_take(&m->files.closed, gp_strndup(line.p, line.len));
}

int gp_machine_open(struct gp_machine *m, const char *sysroot, struct gp_err *err)
{
	*m = (struct gp_machine){ 0 };
	if (gp_root_open(&m->files, sysroot, err) < 0)
		return -1;
	m->root = m->files.path;
	if (m->root)
		find_closed(m);
	m->inside = find_inside(m);
	return 0;
}

void gp_machine_watch(struct gp_machine *m, struct gp_sights *seen)
{
	m->files.seen = seen;
	if (m->inside)
		gp_machine_note(m, "inside", gp_str_of(m->inside), 0);
}

void gp_machine_close(struct gp_machine *m)
{
	gp_root_close(&m->files);
	free(m->inside);
	*m = (struct gp_machine){ 0 };
}

char *gp_machine_shown(const struct gp_machine *m, const char *path)
{
	gp_auto(gp_free_ptr) char *root = m->root ? realpath(m->root, NULL) : NULL;
	struct gp_str rest = gp_str_of(path);

	if (root && gp_str_take(&rest, root) && gp_str_starts(rest, "/"))
		return gp_strndup(rest.p, rest.len);
	return gp_strdup(path);
}

/* --- programs --- */

void gp_said_release(struct gp_said *s)
{
	gp_buf_release(&s->text);
	s->status = 0;
}

static enum gp_tri recorded(const struct gp_machine *m, const char *name, struct gp_said *out, struct gp_list *why)
{
	gp_auto(gp_free_ptr) char *path = gp_asprintf(RECORDED("%s"), name);
	gp_auto(gp_free_ptr) char *ended = gp_asprintf("%s.status", path), *text = NULL;
	const struct gp_root files = gp_machine_unseen(m);
	enum gp_tri there = gp_root_read(&files, path, &out->text, why);
	uint64_t status = 0;

	if (there != GP_TRI_YES)
		return there;
	text = gp_root_line(&files, ended);
	if (text && !gp_parse_u64(gp_str_of(text), 255, &status)) {
		if (why)
			gp_list_printf(why, "%s: '%s' is no exit status", ended, text);
		return GP_TRI_UNKNOWN;
	}
	out->status = (int)status;
	return GP_TRI_YES;
}

void gp_machine_note(const struct gp_machine *m, const char *name, struct gp_str text, int status)
{
	struct gp_sight *s = m->files.seen ? gp_sights_add(m->files.seen, GP_LOOK_SAID, name, GP_TRI_YES, text) : NULL;

	if (s)
		s->status = status;
}

enum gp_tri gp_machine_noted(const struct gp_machine *m, const char *name, struct gp_said *out, struct gp_list *why)
{
	enum gp_tri there = m->root ? recorded(m, name, out, why) : GP_TRI_NO;

	/* A record of a record has it, too. */
	if (there == GP_TRI_YES)
		gp_machine_note(m, name, gp_buf_str(&out->text), out->status);
	return there;
}

/* A program that is not there: as a shell says it. */
#define NO_PROGRAM 127

static enum gp_tri ask_record(const struct gp_machine *m, const char *name, struct gp_said *out, struct gp_list *why)
{
	enum gp_tri there = gp_machine_noted(m, name, out, why);

	if (there == GP_TRI_NO && why)
		gp_list_printf(why, "what '%s' says was not recorded", name);
	if (there != GP_TRI_YES)
		return GP_TRI_UNKNOWN;
	return out->status == NO_PROGRAM ? GP_TRI_NO : GP_TRI_YES;
}

enum gp_tri gp_machine_ask(const struct gp_machine *m, const char *name, const char *const *argv, struct gp_said *out,
			   struct gp_list *why)
{
	struct gp_err err = { 0 };

	if (m->root)
		return ask_record(m, name, out, why);
	out->status = gp_proc_run(argv, NULL, &out->text, &err);
	if (out->status >= 0) {
		gp_machine_note(m, name, gp_buf_str(&out->text), out->status);
		return GP_TRI_YES;
	}
	if (err.code == GP_E_NOTFOUND) {
		gp_machine_note(m, name, GP_STR(""), NO_PROGRAM);
		return GP_TRI_NO;
	}
	if (why)
		gp_list_add(why, err.cause);
	return GP_TRI_UNKNOWN;
}

enum gp_tri gp_machine_can_run(const struct gp_machine *m, const char *program)
{
	static const char *const places[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					      "/usr/bin",        "/sbin",          "/bin" };
	enum gp_tri answer = GP_TRI_NO;

	for (size_t i = 0; i < GP_COUNT(places) && answer != GP_TRI_YES; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(places[i], program);
		enum gp_tri here = gp_machine_has(m, path);

		answer = here == GP_TRI_NO ? answer : here;
	}
	return answer;
}
