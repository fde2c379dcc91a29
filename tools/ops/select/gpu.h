/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_GPU_H
#define GP_OPS_SELECT_GPU_H

#include "base/err.h"
#include "core/rules/card.h"
#include "core/rules/kind.h"

struct gp_root;

/* Which card a question is about. */

#define GP_GPU_AUTO "auto" /* every card of this machine */

struct gp_gpu {
	char *slot; /* "0000:01:00.0"; NULL: it was named */
	unsigned device;
	char *name;                 /* in pci.ids; NULL: it has none there */
	char *twin_name;            /* of its card's twin; NULL */
	const struct gp_card *card; /* NULL: nothing is known of it */
};

struct gp_gpu_list {
	struct gp_gpu *v;
	size_t n, cap;
};

void gp_gpus_release(struct gp_gpu_list *l);

/*
 * Find the cards that are meant: an id ("10de:1b80", or "0x1b80"), a name as in pci.ids or
 * a part of it ("GTX 1080", "Tesla P4", "P4"), or "auto" for NVIDIA's cards of this
 * machine, without virtual functions.
 *
 * In:     asked: untrusted. cards: the data's. root: NULL: this machine.
 * Out:    gp_gpus_release() frees it; cards are borrowed. Of "auto" those of which nothing
 *         is known, too, when there is another one. Empty on failure.
 * Errors: GP_E_USAGE it is neither, or a name that several cards have of which different
 *         things are known; GP_E_NO not NVIDIA's, not in pci.ids, not in the data, or no
 *         card in this machine; GP_E_NOTFOUND no bus to look at, no pci.ids to find a name
 *         in; GP_E_SYSTEM no libpci, or the bus cannot be read.
 */
int gp_gpus_find(const char *asked, const struct gp_card_list *cards, const struct gp_root *root,
		 struct gp_gpu_list *out, struct gp_err *err);

/* Why a driver fits a card or does not, in a sentence; free() it. g->card is known. */
char *gp_gpu_why(const struct gp_gpu *g, const struct gp_version *driver);

/* Does a driver of that kind make vGPUs? A guest's uses one, a general one knows none. */
bool gp_kind_makes_vgpus(enum gp_kind kind);

/* Has one of the cards vGPUs with that driver? Errors: GP_E_NO, why the first has none. */
int gp_gpus_check(const struct gp_gpu_list *l, enum gp_kind kind, const struct gp_version *driver, struct gp_err *err);

#define GP_GPU_ID 16

/* "10de:1b80" */
const char *gp_gpu_id(unsigned device, char out[GP_GPU_ID]);

#endif
