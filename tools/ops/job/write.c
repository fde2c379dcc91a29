/* SPDX-License-Identifier: MIT */
#include "ops/job/write.h"

#include "base/fsio.h"
#include "base/outfile.h"
#include "ops/job/merging.h"
#include "ops/run/runindex.h"

/* Time of new members: SOURCE_DATE_EPOCH, else that of the old .manifest. */
static int64_t new_mtime(const struct gp_inputs *in)
{
	const struct gp_entry *e = gp_runfile_find(&in->driver.rf, ".manifest");

	if (in->has_epoch)
		return in->epoch;
	return e ? e->mtime : 0;
}

struct gp_repack gp_repack_of(const struct gp_inputs *in, const struct gp_changes *c)
{
	const struct gp_merging *m = in->merging;

	return (struct gp_repack){ .rf = &in->driver.rf,
				   .out = in->to_stdout ? NULL : in->out,
				   .replace = in->opts->force,
				   .mode = in->opts->repack,
				   .targetdir = c->targetdir,
				   .history = c->history.len ? c->history.data : NULL,
				   .threads = in->opts->threads,
				   .new_mtime = new_mtime(in),
				   .append = m ? m->append : NULL,
				   .stream = m ? gp_merging_stream : NULL,
				   .arg = (void *)m };
}

static int write_output(const struct gp_inputs *in, const struct gp_changes *c, struct gp_output **begun,
			struct gp_written *w, struct gp_err *err)
{
	struct gp_repack r = gp_repack_of(in, c);
	struct gp_output *early = *begun;

	*begun = NULL; /* theirs from here on */
	w->done = in->opts->dry_run;
	if (in->opts->dry_run)
		return gp_repack_choose(c->tree, &r, &w->repack, err);
	if (gp_repack_write(c->tree, &r, early, &w->repack, err) < 0)
		return -1;
	w->done = w->output = true;
	if (in->index_dir && !in->driver.rf.from_index)
		gp_index_store(&in->driver.rf, in->index_dir);
	return 0;
}

/* The lock file is written first and gets its name last: what can go wrong with
 * it goes wrong before there is an output. */
int gp_write(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_changes *c,
	     struct gp_output **begun, struct gp_written *w, struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { 0 };
	const char *name = in->opts->write_lock;

	gp_assert(c->targetdir && !in->in_place);
	if (!name)
		return write_output(in, c, begun, w, err);
	if (gp_outfile_open(&f, name, d->lock.len, err) < 0 ||
	    gp_write_fd(f.fd, d->lock.data, d->lock.len, name, err) < 0 || write_output(in, c, begun, w, err) < 0 ||
	    gp_outfile_commit(&f, 0644, in->opts->force, err) < 0)
		return -1;
	w->lock = true;
	return 0;
}
