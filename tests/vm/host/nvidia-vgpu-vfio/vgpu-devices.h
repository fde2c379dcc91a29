/* SPDX-License-Identifier: MIT */
#ifndef VGPU_DEVICES_H
#define VGPU_DEVICES_H

#include <linux/cdev.h>
#include <linux/eventfd.h>
#include <linux/mdev.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include "nv-linux.h"

typedef struct vgpu_dev_s {
	struct vfio_device vdev; /* first: the allocation is freed by its address */
	struct cdev cdev;
	NvU16 id;
	NvU8 name[16];
	spinlock_t lock; /* guards what follows */
	struct eventfd_ctx *trigger;
	int index;
} vgpu_dev_t;

int vgpu_chardevs_begin(void);
void vgpu_chardevs_end(void);
int vgpu_chardev_add(vgpu_dev_t *vgpu_dev);
void vgpu_chardev_del(vgpu_dev_t *vgpu_dev);

#endif
