/* SPDX-License-Identifier: MIT */
#include "ops/host/machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/text.h"
#include "base/tri.h"

#define TEXT_MAX (4u << 20)

/* A path of the machine. O_NONBLOCK: a FIFO must not hold us up. */
static int open_at(const struct gp_machine *m, const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC | O_NONBLOCK,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	if (m->fd < 0)
		return open(path, (int)how.flags);
	if (flags & O_PATH)
		how.flags &= ~(__u64)O_NONBLOCK;
	return (int)syscall(SYS_openat2, m->fd, path, &how, sizeof(how));
}

static enum gp_tri failed(int error, const char *path, struct gp_list *why)
{
	if (error == ENOENT || error == ENOTDIR)
		return GP_TRI_NO;
	if (why)
		gp_list_printf(why, "%s: %s", path, strerror(error));
	return GP_TRI_UNKNOWN;
}

/* What a call of ours said that fills in an error. */
static enum gp_tri answer(int rc, const struct gp_err *err, struct gp_list *why)
{
	if (rc < 0 && why)
		gp_list_add(why, err->cause);
	return rc < 0 ? GP_TRI_UNKNOWN : GP_TRI_YES;
}

/* --- what it is --- */

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
	struct stat own, first;

	if (kind && *kind)
		return gp_asprintf("a container (%s)", kind);
	for (size_t i = 0; i < GP_COUNT(signs); i++)
		if (gp_machine_has(m, signs[i].path) == GP_TRI_YES)
			return gp_strdup(signs[i].what);
	if (m->fd >= 0)
		return NULL;
	/* As systemd-detect-virt --chroot asks; only root may look. */
	if (stat("/", &own) == 0 && stat("/proc/1/root/.", &first) == 0 &&
	    (own.st_dev != first.st_dev || own.st_ino != first.st_ino))
		return gp_strdup("a chroot");
	return NULL;
}

int gp_machine_open(struct gp_machine *m, const char *sysroot, struct gp_err *err)
{
	struct stat st;
	int fd;

	*m = (struct gp_machine){ .fd = -1 };
	if (sysroot) {
		m->fd = open(sysroot, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (m->fd < 0)
			return gp_fail_sys(err, errno, "cannot open '%s'", sysroot);
		m->root = gp_strdup(sysroot);
		fd = open_at(m, "/", O_PATH | O_DIRECTORY);
		if (fd < 0 || fstat(fd, &st) < 0)
			return gp_fail_sys(err, errno, "this kernel cannot keep links below '%s'", sysroot);
		close(fd);
	}
	m->inside = find_inside(m);
	return 0;
}

void gp_machine_close(struct gp_machine *m)
{
	if (m->root)
		close(m->fd);
	free(m->root);
	free(m->inside);
	*m = (struct gp_machine){ .fd = -1 };
}

/* --- files --- */

enum gp_tri gp_machine_look(const struct gp_machine *m, const char *path, struct stat *st, struct gp_list *why)
{
	int fd = open_at(m, path, O_PATH), rc;

	if (fd < 0)
		return failed(errno, path, why);
	rc = fstat(fd, st) < 0 ? errno : 0;
	close(fd);
	return rc ? failed(rc, path, why) : GP_TRI_YES;
}

enum gp_tri gp_machine_has(const struct gp_machine *m, const char *path)
{
	struct stat st;

	return gp_machine_look(m, path, &st, NULL);
}

enum gp_tri gp_machine_read(const struct gp_machine *m, const char *path, struct gp_buf *out, struct gp_list *why)
{
	int fd = open_at(m, path, O_RDONLY);
	struct gp_err err = { 0 };
	struct stat st;
	int rc;

	if (fd < 0)
		return failed(errno, path, why);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return failed(EINVAL, path, why);
	}
	/* Files of /proc and /sys say that they are empty, or 4096 bytes long. */
	rc = gp_fd_read(fd, 0, TEXT_MAX, path, out, &err);
	close(fd);
	return answer(rc, &err, why);
}

char *gp_machine_line(const struct gp_machine *m, const char *path)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line = { "", 0 };

	if (gp_machine_read(m, path, &text, NULL) != GP_TRI_YES)
		return NULL;
	rest = gp_buf_str(&text);
	gp_text_line_next(&rest, &line);
	line = gp_str_trim(line);
	return gp_strndup(line.p, line.len);
}

enum gp_tri gp_machine_names(const struct gp_machine *m, const char *path, struct gp_list *out, struct gp_list *why)
{
	int fd = open_at(m, path, O_RDONLY | O_DIRECTORY), rc;
	struct gp_err err = { 0 };

	if (fd < 0)
		return failed(errno, path, why);
	rc = gp_dir_list_at(fd, path, out, &err);
	close(fd);
	return answer(rc, &err, why);
}

/* --- programs --- */

void gp_said_release(struct gp_said *s)
{
	gp_buf_release(&s->text);
	s->status = 0;
}

static enum gp_tri recorded(const struct gp_machine *m, const char *name, struct gp_said *out, struct gp_list *why)
{
	gp_auto(gp_free_ptr) char *path = gp_asprintf("/" GP_MACHINE_RECORD "/%s", name);
	gp_auto(gp_free_ptr) char *ended = gp_asprintf("%s.status", path), *text = NULL;
	enum gp_tri there = gp_machine_read(m, path, &out->text, why);
	uint64_t status = 0;

	if (there == GP_TRI_NO && why)
		gp_list_printf(why, "what '%s' says was not recorded", name);
	if (there != GP_TRI_YES)
		return GP_TRI_UNKNOWN;
	text = gp_machine_line(m, ended);
	if (text && !gp_parse_u64(gp_str_of(text), 255, &status)) {
		if (why)
			gp_list_printf(why, "%s: '%s' is no exit status", ended, text);
		return GP_TRI_UNKNOWN;
	}
	out->status = (int)status;
	/* As a shell says that there is none. */
	return status == 127 ? GP_TRI_NO : GP_TRI_YES;
}

enum gp_tri gp_machine_ask(const struct gp_machine *m, const char *name, const char *const *argv, struct gp_said *out,
			   struct gp_list *why)
{
	struct gp_err err = { 0 };

	if (m->fd >= 0)
		return recorded(m, name, out, why);
	out->status = gp_proc_run(argv, NULL, &out->text, &err);
	return out->status < 0 && err.code == GP_E_NOTFOUND ? GP_TRI_NO : answer(out->status, &err, why);
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
