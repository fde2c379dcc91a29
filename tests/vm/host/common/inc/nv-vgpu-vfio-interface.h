/* SPDX-License-Identifier: MIT */
/* The set vgpu-vfio-attach looks for lines as a host driver has them: */
/* clang-format off */
/*
 * Of our small host driver: what its two modules call in each other. The members have the
 * names that rm.c uses for a real driver's.
 */
#ifndef NV_VGPU_VFIO_INTERFACE_H
#define NV_VGPU_VFIO_INTERFACE_H

#include <linux/pci.h>
#include "nv-linux.h"

typedef struct {
	NV_STATUS (*probe)(struct pci_dev *, NvU32, NvU32 *);
	void (*remove)(struct pci_dev *);
	NV_STATUS (*inject_interrupt)(void *);
} vgpu_vfio_ops_t;

typedef struct {
	const char *version_string;
	NV_STATUS (*vgpu_create)(struct pci_dev *, const NvU8 *, NvU32, NvU16 *, NvU32 *, NvU32, NvBool *);
	NV_STATUS (*vgpu_delete)(const NvU8 *, NvU16);
	NV_STATUS (*vgpu_bar_info)(struct pci_dev *, const NvU8 *, NvU64 *, NvU32, void *);
	NV_STATUS (*vgpu_start)(const NvU8 *, void *, NvS32 *, NvU8 *, NvU32);
	NV_STATUS (*get_description)(struct pci_dev *, NvU32, char *);
	NV_STATUS (*get_instances)(struct pci_dev *, NvU32, char *);
	NV_STATUS (*get_name)(struct pci_dev *, NvU32, char *);
	NV_STATUS (*get_sparse_mmap)(struct pci_dev *, const NvU8 *, NvU64 **, NvU64 **, NvU32 *);
	void (*update_request)(const NvU8 *, NvU64 *, NvU64 *, VGPU_DEVICE_STATE, const char *);
} rm_vgpu_vfio_ops_t;

NV_STATUS nvidia_vgpu_vfio_set_ops(vgpu_vfio_ops_t *ops);
NV_STATUS nvidia_vgpu_vfio_get_ops(rm_vgpu_vfio_ops_t *ops);

#endif
