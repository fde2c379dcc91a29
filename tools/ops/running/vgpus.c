/* SPDX-License-Identifier: MIT */
/* Has the machine vGPUs: types that mdev offers, or virtual functions of the driver's? */

#include "base/path.h"
#include "base/text.h"
#include "base/tri.h"
#include "core/rules/card.h"
#include "ops/host/machine.h"
#include "ops/running/running.h"
#include "ops/select/gpu.h"

#define MDEV "/sys/class/mdev_bus"
#define DEVICES "/sys/bus/pci/devices"

void gp_running_cards(struct gp_running *r)
{
	gp_auto(gp_gpus_release) struct gp_gpu_list l = { 0 };

	gp_checkup_find_gpus(&r->checkup, &l);
	for (size_t i = 0; i < l.n; i++) {
		GP_GROW(r->card, r->ncard, r->card_cap);
		r->card[r->ncard++] = (struct gp_run_card){
			.slot = gp_strdup(l.v[i].slot),
			.device = l.v[i].device,
			.card = l.v[i].card,
		};
		r->wants_hooks |= l.v[i].card && l.v[i].card->way == GP_WAY_HOOKS;
	}
}

/* --- mdev --- */

/* Source: Documentation/driver-api/vfio-mediated-device.rst: a folder for each type in
 * mdev_supported_types of the parent. */
static void count_types(struct gp_running *r, struct gp_run_card *card, const char *device)
{
	gp_auto(gp_free_ptr) char *dir = gp_asprintf("%s/mdev_supported_types", device);
	gp_auto(gp_list_release) struct gp_list types = { 0 };

	card->known =
		gp_machine_names(r->checkup.machine, dir, &types, NULL) == GP_TRI_UNKNOWN ? GP_TRI_UNKNOWN : GP_TRI_YES;
	card->types = types.n;
}

/* The virtual functions of a card are parents, too, on kernels where mdev has SR-IOV's vGPUs. */
static void count_mdev(struct gp_running *r, struct gp_run_card *card)
{
	gp_auto(gp_free_ptr) char *device = gp_path_join(MDEV, card->slot);

	if (gp_machine_has(r->checkup.machine, device) == GP_TRI_YES)
		count_types(r, card, device);
}

/* --- virtual functions --- */

/*
 * A function that the driver has made ready has a folder `nvidia`, in which types can be
 * chosen, or it is a parent of mdev's.
 * Source: NVIDIA's Virtual GPU Software User Guide, "Creating a vGPU on a Linux with KVM
 *         hypervisor that uses a vendor-specific VFIO framework"; kernel/hypeman#327.
 */
static void count_functions(struct gp_running *r, struct gp_run_card *card)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_join(DEVICES, card->slot);
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (gp_machine_names(r->checkup.machine, dir, &names, NULL) != GP_TRI_YES)
		return;
	card->known = GP_TRI_YES;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *types = gp_asprintf("%s/%s/nvidia/creatable_vgpu_types", dir, names.v[i]);
		gp_auto(gp_free_ptr) char *mdev = gp_asprintf("%s/%s/mdev_supported_types", dir, names.v[i]);
		struct gp_str name = gp_str_of(names.v[i]);
		uint64_t n;

		if (gp_str_take(&name, "virtfn") && gp_parse_u64(name, 65535, &n))
			card->functions += gp_machine_has(r->checkup.machine, types) == GP_TRI_YES ||
					   gp_machine_has(r->checkup.machine, mdev) == GP_TRI_YES;
	}
}

/* --- what that means --- */

static void tell_none(struct gp_running *r, const struct gp_run_card *card)
{
	if (r->checkup.machine->inside || card->known != GP_TRI_YES)
		gp_checkup_unknown(&r->checkup, "vgpus", card->slot, NULL);
	else if (card->card && card->card->sriov)
		gp_checkup_add(&r->checkup, "vgpus", GP_HEALTH_MISSING,
			       gp_asprintf("/usr/lib/nvidia/sriov-manage -e %s", card->slot),
			       "%s: no virtual functions for vGPUs: its vGPUs need them", card->slot);
	else if (card->card && card->card->way == GP_WAY_NEITHER)
		gp_checkup_add(&r->checkup, "vgpus", GP_HEALTH_ATTENTION, NULL,
			       "%s: no vGPU types: the data know no way to any for this card", card->slot);
	else
		gp_checkup_add(
			&r->checkup, "vgpus", GP_HEALTH_MISSING,
			gp_strdup("journalctl -b -u nvidia-vgpud; systemctl restart nvidia-vgpud nvidia-vgpu-mgr"),
			"%s: no vGPU types", card->slot);
}

void gp_running_vgpus(struct gp_running *r)
{
	for (size_t i = 0; i < r->ncard; i++) {
		struct gp_run_card *card = &r->card[i];

		card->known = GP_TRI_UNKNOWN;
		count_functions(r, card);
		count_mdev(r, card);
		if (card->types)
			gp_checkup_add(&r->checkup, "vgpus", GP_HEALTH_OK, NULL, "%s: mdev has %zu vGPU type%s",
				       card->slot, card->types, card->types == 1 ? "" : "s");
		if (card->functions)
			gp_checkup_add(&r->checkup, "vgpus", GP_HEALTH_OK, NULL,
				       "%s: %zu virtual function%s ready for vGPUs", card->slot, card->functions,
				       card->functions == 1 ? " is" : "s are");
		if (!card->types && !card->functions)
			tell_none(r, card);
	}
}
