/* SPDX-License-Identifier: MIT */
/* Which patch sets are in the driver that runs? */
#include <string.h>

#include "base/text.h"
#include "ops/job/dkmsfiles.h"
#include "core/rules/release.h"
#include "ops/driver/installed.h"
#include "ops/host/machine.h"
#include "ops/running/running.h"

/* What patch, of an installed tree, and dkms-tree write there: ops/job/records.c. */
static const char *const RECORDS[] = { GP_INSTALLED_RECORD, GP_PACKAGE_HISTORY };
#define MARK "gridpatch: patch set "
#define LETTERS "abcdefghijklmnopqrstuvwxyz0123456789.+-" /* of a set's name, as new-set takes it */

static void take_sets(struct gp_running *r, struct gp_str text)
{
	struct gp_str line, name;

	while (gp_text_line_next(&text, &line)) {
		ssize_t at = gp_str_find(line, GP_STR(MARK));
		gp_auto(gp_free_ptr) char *set = NULL;

		if (at < 0)
			continue;
		line = gp_str_skip(line, (size_t)at + strlen(MARK));
		if (!gp_word_next(&line, &name) || name.len > 64)
			continue;
		set = gp_strndup(name.p, name.len);
		if (strspn(set, LETTERS) == name.len && !gp_list_has(&r->sets, set))
			gp_list_add(&r->sets, set);
	}
}

void gp_running_sets(struct gp_running *r)
{
	const struct gp_run_module *nvidia = gp_running_module(r, "nvidia");
	struct gp_version v;

	if (!nvidia->version || gp_version_parse(gp_str_of(nvidia->version), &v, NULL) < 0)
		return;
	for (size_t i = 0; i < GP_COUNT(RECORDS); i++) {
		gp_auto(gp_free_ptr) char *path = gp_asprintf("/usr/src/nvidia-%s/%s", v.text, RECORDS[i]);
		gp_auto(gp_buf_release) struct gp_buf text = { 0 };

		if (gp_machine_read(r->checkup.machine, path, &text, NULL) != GP_TRI_YES)
			continue;
		r->sets_known = true;
		take_sets(r, gp_buf_str(&text));
	}
}
