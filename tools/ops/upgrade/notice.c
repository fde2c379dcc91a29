/* SPDX-License-Identifier: MIT */
#include "ops/upgrade/notice.h"

#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "base/limited.h"
#include "base/outfile.h"
#include "base/text.h"
#include "base/tri.h"

#define LOG_SECONDS 2.0

static char *path_of(const char *release)
{
	return gp_asprintf(GP_NOTICE_DIR "/gridpatch-%s", release);
}

bool gp_notice_has_place(const struct gp_machine *m)
{
	struct stat root, run;

	if (m->inside)
		return false;
	/* A recorded machine is one that runs. */
	return m->root || (gp_machine_look(m, "/", &root, NULL) == GP_TRI_YES &&
			   gp_machine_look(m, "/run", &run, NULL) == GP_TRI_YES && root.st_dev != run.st_dev);
}

int gp_notice_put(const struct gp_machine *m, const char *release, struct gp_str text, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = path_of(release);
	gp_auto(gp_buf_release) struct gp_buf was = { 0 };

	if (gp_machine_read(m, path, &was, NULL) == GP_TRI_YES && gp_str_same(gp_buf_str(&was), text))
		return 0;
	return gp_file_write_below(m->root ? m->root : "/", path + 1, text.p, text.len, 0644, true, err) < 0 ? -1 : 1;
}

bool gp_notice_drop(const struct gp_machine *m, const char *release)
{
	gp_auto(gp_free_ptr) char *path = path_of(release), *real = NULL;

	return gp_machine_real(m, path, &real, NULL) == GP_TRI_YES && unlink(real) == 0;
}

/* syslog(3) goes to /dev/log, where journald listens, too. */
static int log_lines(void *arg, int out)
{
	struct gp_str rest = *(struct gp_str *)arg, line;

	(void)out;
	openlog("gridpatch", LOG_NDELAY, LOG_USER);
	while (gp_text_line_next(&rest, &line))
		syslog(LOG_WARNING, "%.*s", (int)line.len, line.p);
	closelog();
	return 0;
}

void gp_notice_log(struct gp_str text)
{
	gp_auto(gp_limited_release) struct gp_limited l = { 0 };

	gp_limited_run(log_lines, &text, LOG_SECONDS, &l, NULL);
}
