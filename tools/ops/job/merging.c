/* SPDX-License-Identifier: MIT */
#include "ops/job/merging_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "core/payload/sums.h"
#include "core/rules/kind.h"
#include "core/rules/release.h"
#include "ops/driver/unlock.h"
#include "ops/job/decide.h"
#include "ops/select/select.h"

/* What was done to the host is lost, or half of it: its sources are the desktop's, but for
 * some. */
static int check_altered(const struct gp_merging *m, struct gp_inputs *in, struct gp_err *err)
{
	const struct gp_altered *a = &m->host.altered;
	const char *what = a->hooks != GP_UNLOCK_ABSENT ? "it has hooks" :
			   a->licence                   ? "nvidia.ko's licence tag is another one" :
			   a->dkms_patches.n            ? "its dkms.conf applies patches" :
							  NULL;

	if (!what)
		return 0;
	if (!(in->opts->allow & GP_ALLOW_ALTERED))
		return gp_fail(err, GP_E_NO,
			       "'%s' is altered: %s, and that would not come along; give the host as it came, and "
			       "merge before you patch (--allow altered continues anyway)",
			       m->half[0].name, what);
	gp_list_printf(&in->warnings, "'%s' is altered: %s, and that does not come along", m->half[0].name, what);
	return 0;
}

/* The order in which they were given does not matter. */
static int read_desktop(struct gp_merging *m, struct gp_inputs *in, const struct gp_list *also, struct gp_err *err)
{
	struct gp_merge_half first;
	int rc = gp_merge_read_desktop(m, in, also, err);

	if (rc <= 0)
		return rc;
	if (m->half[1].kind == GP_KIND_HOST) {
		GP_SWAP(m->half[0], m->half[1]);
		GP_SWAP(m->named[0], m->named[1]);
		m->swapped = true;
		rc = gp_merge_read_desktop(m, in, also, err);
		if (rc <= 0)
			return rc;
	} else {
		m->half[0].kind = GP_KIND_HOST;
		m->half[0].version = m->half[1].version;
	}
	/* Both are hosts, or this one is merged already. */
	first = m->half[0];
	if (m->swapped)
		return gp_merge_check(&m->half[1], &first, true, NULL, err);
	return gp_merge_check(&first, &m->half[1], true, NULL, err);
}

static void tell(void *arg, enum gp_phase phase, uint64_t done, uint64_t total)
{
	struct gp_merge_progress *p = arg;

	if (phase == GP_PHASE_READ) {
		done += p->before;
		/* After a second beginning it does not go back. */
		p->last = done > p->last ? done : p->last;
		done = p->last;
		total = p->all;
	}
	gp_progress_tell(p->to, phase, done, total);
}

int gp_merge_decide_early(struct gp_merging *m, const struct gp_inputs *in, const struct gp_version *host,
			  struct gp_err *err)
{
	struct gp_merge_half other = { .name = m->half[0].name, .version = *host, .kind = GP_KIND_HOST };
	struct gp_patch_opts o = *in->opts;
	struct gp_inputs now = *in;

	/* Of a pair that does not fit that is the reason. */
	if (!host->n || gp_merge_check(&other, &m->half[1], o.allow & GP_ALLOW_VERSIONS, NULL, NULL) < 0)
		return 0;
	/* A build may prove it. */
	o.allow |= m->sources ? GP_ALLOW_UNKNOWN : 0;
	now.opts = &o;
	now.driver.kind = GP_KIND_MERGED;
	now.driver.version = m->half[1].version;
	now.driver.host = *host;
	return gp_decide_early(&now, gp_str_of(m->modules), &m->early, err);
}

/* The first part of a name that is a version: "460.73.01". */
static struct gp_str version_in(const char *name)
{
	struct gp_str rest = gp_str_of(name);

	for (size_t from = 0, i = 0; i <= rest.len; i++) {
		struct gp_str part = { rest.p + from, i - from };
		struct gp_version v;

		if (i < rest.len && rest.p[i] != '-')
			continue;
		if (part.len && memchr(part.p, '.', part.len) && gp_version_parse(part, &v, NULL) == 0)
			return part;
		from = i + 1;
	}
	return (struct gp_str){ "", 0 };
}

/* The version that a stub's targetdir has; *v stays when it has none. */
static void guess_version(const char *targetdir, struct gp_version *v)
{
	struct gp_str is = version_in(targetdir ? targetdir : "");

	if (is.len)
		gp_version_parse(is, v, NULL);
}

int gp_merging_look(struct gp_merging *m, struct gp_inputs *in, struct gp_err *err)
{
	m->half[0].name = in->opts->host;
	m->half[1].name = in->opts->run;
	m->progress = (struct gp_merge_progress){ .as = { tell, &m->progress }, .to = in->opts->progress };
	for (size_t i = 0; i < GP_COUNT(m->half); i++) {
		struct gp_runfile *rf = &m->looked[i];

		if (gp_runfile_open(rf, m->half[i].name, in->opts->given, err) < 0)
			return -1;
		m->progress.all += rf->size;
		guess_version(rf->header.targetdir, &m->named[i]);
		if (rf->header.targetdir && strstr(rf->header.targetdir, "-vgpu-kvm"))
			m->guess = m->named[i];
		free(in->name);
		in->name = gp_merged_name(rf->header.targetdir, NULL);
	}
	return 0;
}

int gp_merging_open(struct gp_merging *m, struct gp_inputs *in, const struct gp_list *also, struct gp_err *err)
{
	if (read_desktop(m, in, also, err) < 0 || gp_merge_read_host(m, in, also, err) < 0 ||
	    check_altered(m, in, err) < 0)
		return -1;
	m->fit = gp_merge_fits(&m->half[0], &m->half[1], NULL);
	m->complete = gp_merge_join(m, in, err) == 0;
	return m->complete ? 0 : -1;
}

void gp_merge_forget_host(struct gp_merging *m)
{
	gp_append_free(m->append);
	m->append = NULL;
	for (size_t i = 0; i < m->n; i++) {
		gp_merge_choice_release(&m->file[i].choice);
		free(m->file[i].path);
	}
	m->n = 0;
	gp_map_release(&m->by_file);
}

void gp_merging_release(struct gp_merging *m)
{
	if (!m)
		return;
	gp_merge_forget_host(m);
	gp_merge_pass_free(m->pass);
	free(m->file);
	gp_merge_listed_release(&m->listed);
	gp_merge_paths_release(&m->paths);
	gp_ahead_free(m->ahead);
	gp_driver_release(&m->host);
	gp_sums_free(m->sums);
	for (size_t i = 0; i < GP_COUNT(m->looked); i++)
		gp_runfile_release(&m->looked[i]);
	free(m->sources);
	free(m->modules);
	gp_selection_release(&m->early);
	*m = (struct gp_merging){ 0 };
}

struct gp_merge_counts gp_merging_counts(const struct gp_merging *m)
{
	struct gp_merge_counts c = { 0 };

	for (size_t i = 0; i < m->n; i++) {
		const struct gp_merged_file *f = &m->file[i];
		bool both = f->sides == (GP_SIDE_HOST | GP_SIDE_DESKTOP);

		c.same += both && f->same;
		c.differ += both && !f->same;
		c.made += f->choice.take == GP_TAKE_BOTH;
		c.host += f->choice.take == GP_TAKE_HOST;
		c.left_out += !both && f->choice.take == GP_TAKE_DESKTOP;
	}
	for (size_t i = 0; i < m->paths.n; i++)
		c.desktop += m->paths.v[i].type != GP_MEMBER_DIR && (m->paths.v[i].sides & GP_SIDE_DESKTOP);
	for (size_t i = 0; i < m->n; i++)
		c.desktop -= m->file[i].choice.take != GP_TAKE_DESKTOP && (m->file[i].sides & GP_SIDE_DESKTOP);
	return c;
}

char *gp_merged_name(const char *targetdir, const char *version)
{
	struct gp_str is = version_in(targetdir ? targetdir : "");
	int before = is.len ? (int)(is.p - targetdir) : 0;

	if (!version && !is.len)
		return gp_strdup("NVIDIA-Linux-x86_64-merged-vgpu-kvm");
	return gp_asprintf("%.*s%s%.*s-merged-vgpu-kvm", before, targetdir ? targetdir : "",
			   before ? "" : "NVIDIA-Linux-x86_64-", version ? (int)strlen(version) : (int)is.len,
			   version ? version : is.p);
}
