/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_CARD_H
#define GP_CORE_RULES_CARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/stanza.h"
#include "core/rules/release.h"

/*
 * The `cards` file of kernel-versions/: which drivers have vGPUs for which card, by
 * itself or with the hooks, and by which of the kernel's interfaces. It says nothing of
 * whether a driver builds; the rules beside it do.
 */

#define GP_NVIDIA 0x10deu /* NVIDIA's PCI vendor id; device ids here are of it */

/* How a card comes to vGPUs. */
enum gp_vgpu_way {
	GP_WAY_UNSET,
	GP_WAY_NATIVE, /* NVIDIA's driver has types for it */
	GP_WAY_HOOKS,  /* DualCoder's hooks present it as its professional twin */
	GP_WAY_NEITHER /* not with these hooks; others may know a way */
};

const char *gp_way_name(enum gp_vgpu_way w); /* "unset", "native", "hooks", "neither" */

/* How vGPUs are made on the host. */
enum gp_framework {
	GP_FRAMEWORK_UNKNOWN,
	GP_FRAMEWORK_MDEV,  /* mdevctl, mdev_supported_types */
	GP_FRAMEWORK_VENDOR /* nvidia/current_vgpu_type of a virtual function (vendor-specific VFIO) */
};

const char *gp_framework_name(enum gp_framework f); /* "unknown", "mdev", "vendor-vfio" */

struct gp_id_range {
	unsigned lo, hi; /* device ids, both inside */
};

/* Cards of which the same is known. */
struct gp_card {
	struct gp_id_range *ids; /* at least one, in ascending order */
	size_t n, cap;
	char *generation; /* "Pascal" */
	enum gp_vgpu_way way;
	unsigned twin;          /* device id that the hooks present it as; 0 unless way is hooks */
	struct gp_range driver; /* branches that have types for it, or for its twin; any: of neither */
	bool sriov;             /* its vGPUs are virtual functions */
	bool has_mdev_driver, has_mdev_kernel, has_vendor;
	struct gp_range mdev_driver; /* mdev with these drivers, */
	struct gp_range mdev_kernel; /* and on these kernels; else, with the drivers below, */
	struct gp_range vendor;      /* vendor-specific VFIO */
	char *reason, *evidence;     /* reason: NULL when absent */
	char *file;
	unsigned lineno;
};

struct gp_card_list {
	struct gp_card *v; /* in the order of the files */
	size_t n, cap;
};

void gp_cards_release(struct gp_card_list *l);

/*
 * Append the paragraphs of a cards file.
 *
 * In:     stanzas of one file, each with Cards ("1b00 - 1d56, 1db1"), Generation, Vgpu
 *         (native, hooks, neither), Sriov (yes, no) and Evidence; Twin for hooks; Driver
 *         (a range of branches) for native and hooks; Reason, which neither needs;
 *         Mdev-Driver, Mdev-Kernel and Vendor-Vfio (a range of drivers) as they like.
 * Out:    gp_cards_release() frees *l, also after a failure.
 * Errors: GP_E_FORMAT with "file:line": a field that is unknown, missing or of no use
 *         there, a bad value, a range upside down, ids that are not in ascending order.
 */
int gp_cards_parse(const struct gp_stanza_list *stanzas, struct gp_card_list *l, struct gp_err *err);

/*
 * What is known of a device; NULL: nothing. A single id lies over ranges, and of two
 * paragraphs alike the later one counts: that of a later data directory.
 */
const struct gp_card *gp_card_find(const struct gp_card_list *l, unsigned device);

/* What a driver is to a card, the best first. */
enum gp_card_fit {
	GP_CARD_NATIVE,         /* it has types for it */
	GP_CARD_HOOKS,          /* with the hooks, types of its twin */
	GP_CARD_NOT_WITH_HOOKS, /* neither, with these hooks */
	GP_CARD_TOO_OLD,        /* the driver: its branch is older than the first that has types */
	GP_CARD_TOO_NEW         /* its branch is newer than the last */
};

/* "native", "hooks", "not-with-hooks", "branch-too-old", "branch-too-new" */
const char *gp_card_fit_name(enum gp_card_fit f);
bool gp_card_served(enum gp_card_fit f); /* native, or with the hooks */

struct gp_card_verdict {
	enum gp_card_fit fit;
	/* Unknown when it is not served, or when it depends on the kernel and there is none. */
	enum gp_framework framework;
};

/*
 * Judge a driver, and a kernel, for a card.
 *
 * In: kernel: a release or a line; NULL: nobody asks about a kernel. Of its number alone
 *     the framework is judged, whatever a distribution has changed.
 */
struct gp_card_verdict gp_card_judge(const struct gp_card *c, const struct gp_version *driver,
				     const struct gp_release *kernel);

/* The first and the last branch that serves it; 0: no bound. Both 0: none, if way is neither. */
void gp_card_branches(const struct gp_card *c, unsigned *first, unsigned *last);

#endif
