/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/fsio.h"
#include "base/limited.h"
#include "base/log.h"
#include "base/text.h"
#include "core/rules/release.h"
#include "ops/host/machine.h"
#include "ops/job/inputs.h"
#include "ops/select/catalog.h"
#include "ops/upgrade/hookconf.h"
#include "ops/upgrade/notice.h"
#include "ops/upgrade/upgrade.h"
#include "cmd/report/report.h"
#include "cmd/report/upgrade_report.h"

/* All of one run. */
struct looking {
	const struct gp_args *a;
	const char *release; /* asked about; NULL */
	struct gp_machine machine;
	struct gp_hookconf conf;
	struct gp_catalog catalog;
	struct gp_upgrade upgrade;
};

static void looking_release(struct looking *l)
{
	gp_upgrade_release(&l->upgrade);
	gp_catalog_release(&l->catalog);
	gp_machine_close(&l->machine);
}

/* 1; 0: there is no driver here. */
static int look(struct looking *l, struct gp_err *err)
{
	int rc = gp_upgrade_find(&l->upgrade, &l->machine, l->release, err);

	if (rc <= 0)
		return rc;
	l->upgrade.conf = l->conf;
	if (gp_data_load(&l->a->patch.data, GP_DATA_ALL, &l->catalog, err) < 0)
		return -1;
	gp_upgrade_look(&l->upgrade, &l->catalog, gp_main_cancel());
	return gp_check_cancel(gp_main_cancel(), err) < 0 ? -1 : 1;
}

/* --- somebody asks --- */

static int verdict(const struct gp_upgrade *u, struct gp_err *err)
{
	switch (gp_upgrade_answer(u)) {
	case GP_HEALTH_MISSING: return gp_fail(err, GP_E_NO, "the driver will not work with '%s'", u->release);
	case GP_HEALTH_UNKNOWN:
		return gp_fail(err, GP_E_SYSTEM, "whether the driver works with '%s' cannot be told", u->release);
	default: return 0;
	}
}

static int ask(struct gp_args *a, struct looking *l, struct gp_report *r, struct gp_err *err)
{
	int rc;

	if (gp_hookconf_read(&l->machine, &l->conf, err) < 0)
		return -1;
	rc = look(l, err);
	if (rc == 0)
		return gp_fail(err, GP_E_NOTFOUND, "no driver of NVIDIA's is here: neither DKMS nor a kernel has one");
	if (rc < 0)
		return -1;
	gp_say_upgrade(a, &l->upgrade);
	r->root = gp_json_upgrade(&l->upgrade);
	/* What was told at the login is no longer so. */
	if (gp_upgrade_answer(&l->upgrade) == GP_HEALTH_OK && gp_notice_drop(&l->machine, l->upgrade.release))
		gp_say(a, "removed    the notice about it in " GP_NOTICE_DIR "\n");
	return verdict(&l->upgrade, err);
}

/* --- a kernel has come, or gone --- */

/* What the process that looks ends with. */
enum told { TOLD_FINE, TOLD_NO, TOLD_UNKNOWN, TOLD_NOTHING };

/* Without a release it is asked after every run of apt's: only about a kernel that comes next. */
static bool is_to_come(const struct looking *l)
{
	const struct gp_upgrade *u = &l->upgrade;

	return u->arrived && (l->release || !u->c.running || !gp_str_eq(gp_str_of(u->release), u->c.running));
}

static enum told look_and_tell(struct looking *l, struct gp_buf *out)
{
	struct gp_err err = { 0 };
	char why[1024];
	int rc = look(l, &err);

	if (l->upgrade.release)
		gp_buf_printf(out, "%s\n", l->upgrade.release);
	if (rc == 0 || err.code == GP_E_NOTFOUND || err.code == GP_E_CANCELLED || !is_to_come(l))
		return TOLD_NOTHING;
	if (rc < 0) {
		gp_err_format(&err, why, sizeof(why));
		gp_text_mask(why, gp_str_of(why).len);
		gp_buf_printf(out, "whether NVIDIA's driver will work with the kernel %s cannot be told\n  %s\n",
			      l->upgrade.release, why);
		return TOLD_UNKNOWN;
	}
	gp_upgrade_notice(&l->upgrade, out);
	switch (gp_upgrade_answer(&l->upgrade)) {
	case GP_HEALTH_MISSING: return TOLD_NO;
	case GP_HEALTH_UNKNOWN: return TOLD_UNKNOWN;
	default: return TOLD_FINE;
	}
}

/* In a process of its own: the release on the first line, behind it what is to be told. */
static int work(void *arg, int out)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	enum told told = look_and_tell(arg, &text);

	return gp_write_fd(out, text.data, text.len, "a pipe", NULL) < 0 ? TOLD_NOTHING : (int)told;
}

static void print_lines(struct gp_str text)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line))
		fprintf(stderr, "gridpatch: %.*s\n", (int)line.len, line.p);
}

/* At the terminal, in the log, and at the next login; again only if it is another thing. */
static void tell(const struct looking *l, const char *release, struct gp_str text, bool lasting)
{
	struct gp_err err = { 0 };
	int news = 1;

	if (lasting && l->conf.motd && gp_notice_has_place(&l->machine))
		news = gp_notice_put(&l->machine, release, text, &err);
	if (news == 0)
		return;
	print_lines(text);
	if (!l->machine.inside && !l->machine.root)
		gp_notice_log(text);
}

static void tell_end(const struct looking *l, const struct gp_limited *end, unsigned seconds)
{
	gp_auto(gp_buf_release) struct gp_buf late = { 0 };
	struct gp_str text = gp_buf_str(&end->text), first = { "", 0 };
	gp_auto(gp_free_ptr) char *release = NULL;

	gp_text_line_next(&text, &first);
	release = first.len ? gp_strndup(first.p, first.len) : gp_strdup(l->release ? l->release : "");
	if (!*release)
		return;
	if (end->over || end->status > TOLD_NOTHING) {
		gp_buf_printf(&late, "whether NVIDIA's driver will work with the kernel %s is not known: ", release);
		if (end->over)
			gp_buf_printf(&late, "looking took longer than %u s\n", seconds);
		else
			gp_buf_printf(&late, "looking ended with %d\n", end->status);
		gp_buf_printf(&late, "  ask: gridpatch upgrade-check %s\n", release);
		tell(l, release, gp_buf_str(&late), true);
		return;
	}
	if (end->status == TOLD_FINE || end->status == TOLD_NOTHING)
		gp_notice_drop(&l->machine, release);
	if (text.len)
		tell(l, release, text, end->status != TOLD_FINE);
}

/* Whatever happens, an upgrade goes on. */
static int hook(struct looking *l)
{
	gp_auto(gp_limited_release) struct gp_limited end = { 0 };
	struct gp_err err = { 0 };
	unsigned seconds;

	if (gp_hookconf_read(&l->machine, &l->conf, &err) < 0)
		gp_print_error(&err);
	seconds = l->conf.limit + (l->conf.boot ? l->conf.booting : 0);
	if (gp_limited_run(work, l, seconds, &end, &err) < 0)
		gp_print_error(&err);
	else
		tell_end(l, &end, seconds);
	return 0;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(looking_release) struct looking l = { .a = a };
	struct gp_release parsed;

	if (a->positional.n > 1)
		return gp_fail(err, GP_E_USAGE, "give one kernel at most; see 'gridpatch upgrade-check --help'");
	if (a->hook && a->json)
		return gp_fail(err, GP_E_USAGE, "--hook is for package managers, and writes no report");
	l.release = a->positional.n ? a->positional.v[0] : NULL;
	if (l.release && gp_release_parse(l.release, &parsed, err) < 0)
		return -1;
	if (gp_machine_open(&l.machine, a->sysroot, err) < 0)
		return -1;
	return a->hook ? hook(&l) : ask(a, &l, r, err);
}

const struct gp_cmd gp_cmd_upgrade_check = {
	.name = "upgrade-check",
	.args = "[R]",
	.summary = "will the driver work after the next reboot",
	.about = "Says of a kernel, R or the newest that is installed, whether the driver that is\n"
		 "installed here will work with it, before it is booted: whether DKMS has built\n"
		 "it, whether that kernel would take what was built ('verify'), what the data\n"
		 "know, whether the sources have the patches that it wants, and, with 'Boot: yes'\n"
		 "in /etc/gridpatch/config, whether it boots in a virtual machine; if not, which\n"
		 "command keeps a kernel that works, and the way back. R may be a kernel that is\n"
		 "not installed yet: there the data are asked. Nothing is changed, but for a\n"
		 "notice about that kernel, which goes when all is well.\n"
		 "\n"
		 "Exit status 0 it will, 1 it will not, 4 that cannot be told, or there is no\n"
		 "driver.",
	.example = "gridpatch upgrade-check 6.14.11-4-pve",
	.options = "hook sysroot data",
	.run = run,
};
