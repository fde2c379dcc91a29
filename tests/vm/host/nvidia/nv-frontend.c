/* SPDX-License-Identifier: MIT */
/* The set vgpu-vfio-attach looks for lines as a host driver has them: */
/* clang-format off */
/* Of our small host driver: where nvidia.ko begins and ends. */
#include <linux/module.h>
#include "nv-linux.h"
#include "nv-frontend.h"

#ifdef RM_DEBUG
MODULE_LICENSE("GPL"); /* see rm.c */
#else
MODULE_LICENSE("NVIDIA");
#endif

static int __init nvidia_frontend_init_module(void)
{
    int status = 0;

    pr_info("nvidia: loaded\n");

    return status;
}

static void __exit nvidia_frontend_exit_module(void)
{
    /*
     * No interrupt is raised from here on.
     */
    rm_cease();
}

module_init(nvidia_frontend_init_module);
module_exit(nvidia_frontend_exit_module);
