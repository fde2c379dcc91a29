/* SPDX-License-Identifier: MIT */
/* The set vgpu-vfio-attach looks for lines as a host driver has them: */
/* clang-format off */
/* Of our small host driver: a character device for each vGPU, which does nothing. */
#include <linux/fs.h>
#include <linux/module.h>
#include "vgpu-devices.h"

#define VGPUS_MAX 16

int major_num = 0;

static dev_t first;

static const struct file_operations vgpu_dev_ops = {
    .owner = THIS_MODULE,
};

int vgpu_chardevs_begin(void)
{
    int ret = alloc_chrdev_region(&first, 0, VGPUS_MAX, "vgpu");

    major_num = MAJOR(first);
    return ret;
}

void vgpu_chardevs_end(void)
{
    unregister_chrdev_region(first, VGPUS_MAX);
}

int vgpu_chardev_add(vgpu_dev_t *vgpu_dev)
{
    cdev_init(&vgpu_dev->cdev, &vgpu_dev_ops);
    vgpu_dev->cdev.owner = THIS_MODULE;

    return cdev_add(&vgpu_dev->cdev, MKDEV(major_num, vgpu_dev->id), 1);
}

void vgpu_chardev_del(vgpu_dev_t *vgpu_dev)
{
    cdev_del(&vgpu_dev->cdev);
}
