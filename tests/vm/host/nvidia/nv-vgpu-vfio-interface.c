/* SPDX-License-Identifier: MIT */
/* The set vgpu-vfio-attach looks for lines as a host driver has them: */
/* clang-format off */
/* Of our small host driver: the two functions that nvidia-vgpu-vfio asks nvidia.ko for. */
#define RM_PART
#include "rm.c"

NV_STATUS nvidia_vgpu_vfio_set_ops(vgpu_vfio_ops_t *ops)
{
    return set_ops(ops);
}
EXPORT_SYMBOL(nvidia_vgpu_vfio_set_ops);

NV_STATUS nvidia_vgpu_vfio_get_ops(rm_vgpu_vfio_ops_t *ops)
{
    return get_ops(ops);
}
EXPORT_SYMBOL(nvidia_vgpu_vfio_get_ops);

void rm_cease(void)
{
    cease();
}
