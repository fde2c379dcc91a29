/* SPDX-License-Identifier: MIT */
#include "ops/upgrade/hookconf.h"

#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/stanza.h"
#include "base/text.h"
#include "base/tri.h"

#define CONFIG_MAX 65536u

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int read_flag(const struct gp_field *f, bool *out, struct gp_err *err)
{
	*out = strcasecmp(f->value, "yes") == 0;
	return *out || strcasecmp(f->value, "no") == 0 ? 0 : gp_field_bad(f, err);
}

static int read_seconds(const struct gp_field *f, unsigned least, unsigned most, unsigned *out, struct gp_err *err)
{
	uint64_t n;

	if (!gp_parse_u64(gp_str_of(f->value), most, &n) || n < least)
		return gp_field_bad(f, err);
	*out = (unsigned)n;
	return 0;
}

static int read_field(const struct gp_field *f, struct gp_hookconf *out, struct gp_err *err)
{
	if (gp_field_is(f, "Boot"))
		return read_flag(f, &out->boot, err);
	if (gp_field_is(f, "Motd"))
		return read_flag(f, &out->motd, err);
	if (gp_field_is(f, "Limit"))
		return read_seconds(f, 1, 600, &out->limit, err);
	if (gp_field_is(f, "Boot-Limit"))
		return read_seconds(f, 10, 3600, &out->booting, err);
	return gp_fail(err, GP_E_FORMAT, "unknown field '%s'", f->name);
}

static int parse(struct gp_str text, struct gp_hookconf *out, struct gp_err *err)
{
	gp_auto(gp_stanza_list_release) struct gp_stanza_list l = { 0 };
	struct gp_hookconf c = *out;

	if (gp_stanza_parse(text, GP_HOOKCONF, &l, err) < 0)
		return -1;
	if (l.n > 1)
		return gp_fail(err, GP_E_FORMAT, GP_HOOKCONF ":%u: a second paragraph", l.v[1].lineno);
	for (size_t i = 0; l.n && i < l.v[0].n; i++)
		if (read_field(&l.v[0].v[i], &c, err) < 0)
			return gp_within(err, GP_HOOKCONF ":%u", l.v[0].v[i].lineno);
	*out = c;
	return 0;
}

static int check_owner(int fd, struct gp_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return gp_fail_sys(err, errno, "cannot look at '" GP_HOOKCONF "'");
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return gp_fail(err, GP_E_NO, "'" GP_HOOKCONF "' belongs to user %u: it does not count (chown root)",
			       (unsigned)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return gp_fail(err, GP_E_NO, "others may write to '" GP_HOOKCONF "': it does not count (chmod go-w)");
	return 0;
}

int gp_hookconf_read(const struct gp_machine *m, struct gp_hookconf *out, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	gp_auto(gp_free_ptr) char *path = NULL;
	gp_auto(close_fd) int fd = -1;
	enum gp_tri there = gp_machine_real(m, GP_HOOKCONF, &path, &why);

	*out = (struct gp_hookconf){ .motd = true, .limit = 20, .booting = 300 };
	if (there != GP_TRI_YES)
		return there == GP_TRI_NO ? 0 : gp_fail(err, GP_E_SYSTEM, "%s", why.n ? why.v[0] : GP_HOOKCONF);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open '" GP_HOOKCONF "'");
	if (check_owner(fd, err) < 0 || gp_regular_read(fd, CONFIG_MAX, GP_HOOKCONF, &text, err) < 0)
		return -1;
	return parse(gp_buf_str(&text), out, err);
}
