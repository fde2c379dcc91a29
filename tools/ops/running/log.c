/* SPDX-License-Identifier: MIT */
/* What stands in the logs of this boot, or in somebody else's. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/proc.h"
#include "base/tri.h"
#include "core/rules/message.h"
#include "ops/host/machine.h"
#include "ops/running/running.h"

/* --- a file --- */

struct open_log {
	int fd;
	const char *name;
	const volatile sig_atomic_t *cancel;
};

static ssize_t read_log(void *arg, void *buf, size_t cap, struct gp_err *err)
{
	const struct open_log *l = arg;
	ssize_t n;

	do {
		if (gp_check_cancel(l->cancel, err) < 0)
			return -1;
		n = read(l->fd, buf, cap);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? gp_fail_sys(err, errno, "cannot read '%s'", l->name) : n;
}

int gp_running_log_file(const char *path, const struct gp_message_list *messages, const volatile sig_atomic_t *cancel,
			struct gp_hostlog *out, struct gp_err *err)
{
	bool in = strcmp(path, "-") == 0;
	struct open_log l = { .fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY),
			      .name = in ? "standard input" : path,
			      .cancel = cancel };
	int rc;

	if (l.fd < 0)
		return gp_fail_sys(err, errno, "cannot open '%s'", path);
	rc = gp_hostlog_read((struct gp_src){ read_log, &l }, messages, out, err);
	if (!in)
		close(l.fd);
	return rc;
}

/* --- those of the machine --- */

/* Near to what is kept of a program's words, there may have been more. */
#define NEARLY_ALL (GP_PROC_KEEP - 65536)

static void look_through(struct gp_running *r, const char *what, const char *record, const char *const *argv)
{
	struct gp_checkup *c = &r->checkup;
	gp_auto(gp_said_release) struct gp_said said = { 0 };
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	size_t before = r->log.n;
	struct gp_str rest;

	/* A container sees the log of the machine around it, or one without these lines. */
	if (c->machine->inside || gp_machine_ask(c->machine, record, argv, &said, &why) != GP_TRI_YES) {
		gp_checkup_unknown(c, "log", what, &why);
		return;
	}
	rest = gp_buf_str(&said.text);
	/* Of a recorded log there is only what is about drivers, which may be nothing. */
	if (said.status || (!rest.len && !c->machine->root)) {
		gp_checkup_add(c, "log", GP_HEALTH_UNKNOWN, gp_strdup("ask again as root"), "%s: %s %s", what, argv[0],
			       said.status ? "failed" : "said nothing");
		return;
	}
	if (rest.len > NEARLY_ALL)
		gp_checkup_add(c, "log", GP_HEALTH_UNKNOWN,
			       gp_asprintf("%s%s | gridpatch doctor --log -", argv[0], argv[1] ? " -b" : ""),
			       "%s is longer than what was looked at", what);
	if (gp_hostlog_read(gp_str_src(&rest), &c->catalog->messages, &r->log, NULL) == 0 && r->log.n == before)
		gp_checkup_add(c, "log", GP_HEALTH_OK, NULL, "%s: nothing that the data know", what);
}

static bool is_loaded(const struct gp_running *r)
{
	for (size_t i = 0; i < GP_RUN_MODULES; i++)
		if (r->module[i].needed && r->module[i].loaded != GP_TRI_YES)
			return false;
	return true;
}

void gp_running_log(struct gp_running *r)
{
	static const char *const kernel[] = { "dmesg", NULL };
	static const char *const daemons[] = { "journalctl",      "-b", "-o",           "cat",
					       "--no-pager",      "-u", "nvidia-vgpud", "-u",
					       "nvidia-vgpu-mgr", NULL };

	look_through(r, "the kernel's log", "dmesg", kernel);
	look_through(r, "the daemons' log", "journal-nvidia", daemons);
	gp_running_explain(&r->checkup, &r->log, is_loaded(r));
}

/* --- what it means --- */

static enum gp_health health_of(const struct gp_message *m, bool past)
{
	if (m->kind == GP_MESSAGE_FINE)
		return GP_HEALTH_OK;
	return m->kind == GP_MESSAGE_DOUBT || past ? GP_HEALTH_ATTENTION : GP_HEALTH_MISSING;
}

void gp_running_explain(struct gp_checkup *c, const struct gp_hostlog *l, bool past)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_logged *g = &l->v[i];
		bool over = past && g->m->from == GP_WRITER_LOADER && g->m->kind == GP_MESSAGE_FAULT;
		gp_auto(gp_free_ptr) char *times = g->count > 1 ? gp_asprintf(", and %zu more", g->count - 1) : NULL;

		gp_checkup_add(c, "log", health_of(g->m, over), g->m->next ? gp_strdup(g->m->next) : NULL, "%s: %s%s",
			       g->m->name, g->m->cause, over ? "; but the driver is loaded now" : "");
		gp_checkup_seen(
			c, gp_asprintf("line %llu%s: %s", (unsigned long long)g->lineno, times ? times : "", g->line));
	}
}
