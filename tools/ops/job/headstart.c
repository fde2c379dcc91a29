/* SPDX-License-Identifier: MIT */
#include "ops/job/headstart.h"

#include "ops/job/decide.h"
#include "ops/job/write.h"
#include "ops/run/runfile.h"

/*
 * Reading an installer to its end and copying its payload into the new one each take
 * about as long as the disk does, and nothing keeps them from going on at the same
 * time but that the stub stands in front: its length, and so the place of every byte
 * after it, is known only when the whole job has been done.
 *
 * So the job is done twice. All that a decision can depend on (.manifest and the kernel
 * sources) lies near the front of a payload; once it has been seen the whole job is
 * done with what there is, which takes a few hundredths of a second, and a thread begins
 * to write with the stub that it gives. The job is done again when the scan has ended,
 * and only if that gives the same stub does what was written count. Nothing of the
 * first try is told: should it fail, the second one will say so. All but the driver is
 * the job's own: data and patches are read once.
 */
void gp_headstart_begin(void *arg, struct gp_runfile *rf)
{
	struct gp_headstart *h = arg;
	struct gp_inputs in = *h->in;
	struct gp_decision d = { 0 };
	struct gp_changes c = { 0 };
	struct gp_repack r;

	if (gp_driver_borrow(&in.driver, rf, NULL) == 0) {
		if (gp_inputs_complete(&in, NULL) == 0 && gp_decide(&in, &d, NULL) == 0) {
			gp_changes_begin(&c, &in, &d);
			if (gp_change_all(&in, &d, &c, NULL) == 0) {
				r = gp_repack_of(&in, &c);
				r.rf = rf;
				h->begun = gp_repack_begin(c.tree, &r);
			}
		}
		gp_driver_return(&in.driver);
	}
	gp_changes_release(&c);
	gp_decision_release(&d);
}

void gp_headstart_abandon(void *arg)
{
	struct gp_headstart *h = arg;

	gp_output_free(h->begun);
	h->begun = NULL;
}
