/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_VGPUCONFIG_H
#define GP_CORE_DRIVER_VGPUCONFIG_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * vgpuConfig.xml of a host driver: which cards have vGPUs, and which types each card
 * has. nvidia-vgpud reads it from /usr/share/nvidia/vgpu.
 *
 *     <vgpuconfig>
 *       <vgpuType id="46" …>                              a type, and its guest's devId
 *       <pgpu hostVgpuMode="sriov">                       a card; the attribute is rare
 *         <devId vendorId="0x10de" deviceId="0x1B38" subsystemVendorId="0x10de" subsystemId="0x0"/>
 *         <supportedVgpu vgpuId="46">                     a type that it has
 *           <maxVgpus>24</maxVgpus><digest type="signature">…</digest>
 *
 * A subsystemId of 0 stands for every one. To give another card the types of a
 * supported one is to have its <pgpu> a second time, with other ids in <devId>; the
 * vgpuType elements, and the digests, stay as they are.
 *
 * Source: vgpuConfig.xml of GRID 460.73.01 (27 cards, 517 types; other branches were
 *         not seen); vcfgclone() in vGPU-Unlock-patcher's patch.sh, which copies <pgpu> … </pgpu> so;
 *         xapi-project/xen-api, pull request 4827, for subsystemId 0.
 */

#define GP_VGPUCONFIG "vgpuConfig.xml" /* its place in the package */

/* A card; its ids are those of lspci -nn. */
struct gp_card_id {
	unsigned device, subsystem;
	bool any; /* no subsystem was named: for FROM the only one there is, for TO 0 */
};

struct gp_profile_clone {
	struct gp_card_id from, to;
};

/*
 * Read FROM=TO, each DEVICE or DEVICE:SUBSYSTEM: up to four hex digits, with or without
 * 0x, and 10de: in front of a device may be there.
 *
 * Errors: GP_E_USAGE.
 */
int gp_profile_clone_parse(const char *text, struct gp_profile_clone *out, struct gp_err *err);

/* "1e30:12ba", or "1e30" where no subsystem was named. */
#define GP_CARD_ID_MAX 16
const char *gp_card_id_text(const struct gp_card_id *id, char out[GP_CARD_ID_MAX]);

/* One <pgpu>; texts are within the file's. */
struct gp_pgpu {
	struct gp_str all;
	struct gp_str device, subsystem; /* values in devId; subsystem.p NULL: it has none */
	struct gp_str mode;              /* hostVgpuMode */
	size_t ndev, ntypes;             /* devId and supportedVgpu elements */
	struct gp_card_id id;
	bool known; /* it has one devId, of NVIDIA's, and id is that */
};

struct _xmlDoc;

struct gp_vgpuconfig {
	struct gp_str text;
	struct gp_pgpu *v;
	size_t n, cap;
	struct _xmlDoc *doc;
};

/*
 * Read the file. Its places are found in the text, and compared with what libxml2 says.
 *
 * In:     text: untrusted, outlives out.
 * Out:    gp_vgpuconfig_release() it, also after a failure.
 * Errors: GP_E_FORMAT no XML; GP_E_UNSUPPORTED too large, definitions in its DOCTYPE,
 *         another encoding than UTF-8; GP_E_SYSTEM no libxml2.
 */
int gp_vgpuconfig_parse(struct gp_str text, struct gp_vgpuconfig *out, struct gp_err *err);
void gp_vgpuconfig_release(struct gp_vgpuconfig *c);

/* A later entry that is an earlier one with other ids; NULL: v[i] is none. Digests
 * differ by card in what NVIDIA ships, so no two entries of its own are alike. */
const struct gp_pgpu *gp_vgpuconfig_origin(const struct gp_vgpuconfig *c, size_t i);

/* What became of a clone. */
struct gp_cloned {
	struct gp_card_id from, to; /* with the subsystems that were meant */
	bool there;                 /* it was there before */
	bool sriov;                 /* FROM has its vGPUs by SR-IOV */
	bool other_subsystems;      /* TO is every card of a device that has entries of its own, too */
	size_t ntypes;
};

/*
 * The file with one clone more: behind FROM's entry, in its form. Every other byte
 * stays; the result is read again and compared with what the same change of libxml2's
 * tree gives. If it is there already nothing changes.
 *
 * Out:    out: the whole new file, appended; nothing when it is there.
 * Errors: GP_E_NO there is no FROM, there are several, or TO is there and is not
 *         FROM's; as gp_vgpuconfig_parse().
 */
int gp_vgpuconfig_clone(struct gp_str text, const struct gp_profile_clone *what, struct gp_buf *out,
			struct gp_cloned *cloned, struct gp_err *err);

#endif
