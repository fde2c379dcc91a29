/* SPDX-License-Identifier: MIT */
/* Which kernels are there, and which of them runs. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/text.h"
#include "core/rules/release.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"

static void find_running(struct gp_checkup *c)
{
	static const char *const argv[] = { "uname", "-r", NULL };
	gp_auto(gp_said_release) struct gp_said said = { 0 };
	struct gp_release r;
	struct gp_str text;
	struct utsname u;

	if (!c->machine->root) {
		c->running = uname(&u) == 0 ? gp_strdup(u.release) : NULL;
		if (c->running)
			gp_machine_note(c->machine, "uname", gp_str_of(c->running), 0);
		return;
	}
	if (gp_machine_ask(c->machine, "uname", argv, &said, NULL) != GP_TRI_YES)
		return;
	text = gp_str_trim(gp_buf_str(&said.text));
	while (text.len && text.p[text.len - 1] == '\n')
		text.len--;
	c->running = gp_strndup(text.p, text.len);
	if (gp_release_parse(c->running, &r, NULL) == 0)
		return;
	free(c->running);
	c->running = NULL;
}

static int by_age(const void *a, const void *b)
{
	struct gp_release x, y;

	gp_release_parse(*(char *const *)a, &x, NULL);
	gp_release_parse(*(char *const *)b, &y, NULL);
	return gp_release_cmp(&x, &y);
}

/* A removed kernel leaves its directory with what DKMS put there: one that can be booted
 * has modules.dep or modules.builtin of its own. */
static void find_installed(struct gp_checkup *c, struct gp_list *why)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	struct gp_release r;

	if (gp_machine_names(c->machine, "/lib/modules", &names, why) == GP_TRI_UNKNOWN)
		return;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *list = gp_asprintf("/lib/modules/%s/modules.builtin", names.v[i]);

		if (gp_release_parse(names.v[i], &r, NULL) == 0 && gp_machine_has(c->machine, list) == GP_TRI_YES)
			gp_list_add(&c->kernels, names.v[i]);
	}
	if (c->kernels.n)
		qsort(c->kernels.v, c->kernels.n, sizeof(*c->kernels.v), by_age);
}

void gp_checkup_find_kernels(struct gp_checkup *c, struct gp_list *why)
{
	find_running(c);
	find_installed(c, why);
}

void gp_check_kernels(struct gp_checkup *c)
{
	gp_auto(gp_list_release) struct gp_list why = { 0 };

	gp_checkup_find_kernels(c, &why);
	if (why.n)
		gp_checkup_unknown(c, "kernel", "which kernels are installed", &why);
	if (!c->running)
		gp_checkup_unknown(c, "kernel", "which kernel runs", NULL);
	else if (c->machine->inside)
		gp_checkup_add(c, "kernel", GP_HEALTH_UNKNOWN, NULL, "%s runs, of the machine around %s", c->running,
			       c->machine->inside);
	else
		gp_checkup_add(c, "kernel", GP_HEALTH_OK, NULL, "%s runs", c->running);
}
