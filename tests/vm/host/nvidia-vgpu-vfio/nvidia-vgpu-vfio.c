/* SPDX-License-Identifier: MIT */
/* The set vgpu-vfio-attach looks for lines as a host driver has them: */
/* clang-format off */
/*
 * A small host driver of our own in the shape of NVIDIA's, for tests in a virtual machine
 * (tests/vm/check.sh): vGPUs as mediated devices of Linux 6.1, which signal eventfds. It
 * needs GPL-only symbols and asks nvidia.ko for two functions with symbol_get(), as
 * NVIDIA's has done since R525.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uuid.h>
#include "nv-vgpu-vfio-interface.h"
#include "vgpu-devices.h"

struct phys_devs { struct pci_dev *card; };
struct phys_devs phys_devices;

#define TYPES 3
#define REGION_SIZE 4096

static NV_STATUS (*get_ops)(rm_vgpu_vfio_ops_t *);
static NV_STATUS (*set_ops)(vgpu_vfio_ops_t *);
static rm_vgpu_vfio_ops_t rm;
static struct mdev_parent parent;
static struct mdev_type types[TYPES], *type_list[TYPES];
static char type_name[TYPES][8];
static NvU32 type_id[TYPES];

/* --- a vGPU --- */

static vgpu_dev_t *of_vfio(struct vfio_device *vdev)
{
    return container_of(vdev, vgpu_dev_t, vdev);
}

static void vgpu_free(struct vfio_device *vdev)
{
    vfio_free_device(vdev);
}

static void set_trigger(vgpu_dev_t *vgpu_dev, int index, struct eventfd_ctx *trigger)
{
    struct eventfd_ctx *old;
    unsigned long flags;

    spin_lock_irqsave(&vgpu_dev->lock, flags);
    old = vgpu_dev->trigger;
    vgpu_dev->trigger = trigger;
    vgpu_dev->index = index;
    spin_unlock_irqrestore(&vgpu_dev->lock, flags);
    if (old)
        eventfd_ctx_put(old);
}

static int vgpu_open(struct vfio_device *vdev)
{
    vgpu_dev_t *vgpu_dev = of_vfio(vdev);
    NvU64 size;

    if (!try_module_get(THIS_MODULE))
        return -ENODEV;
    if (rm.vgpu_bar_info(phys_devices.card, vgpu_dev->name, &size, 0, vgpu_dev) == NV_OK)
        return 0;
    module_put(THIS_MODULE);
    return -EIO;
}

static void vgpu_close(struct vfio_device *vdev)
{
    set_trigger(of_vfio(vdev), 0, NULL);
    module_put(THIS_MODULE);
}

static long get_info(void __user *arg)
{
    struct vfio_device_info info = { .argsz = sizeof(info), .flags = VFIO_DEVICE_FLAGS_PCI,
        .num_regions = VFIO_PCI_NUM_REGIONS, .num_irqs = VFIO_PCI_NUM_IRQS };

    return copy_to_user(arg, &info, offsetofend(struct vfio_device_info, num_irqs)) ? -EFAULT : 0;
}

static long get_region(void __user *arg)
{
    struct vfio_region_info info;

    if (copy_from_user(&info, arg, sizeof(info)))
        return -EFAULT;
    info.flags = 0;
    info.size = REGION_SIZE;
    info.offset = (u64)info.index << 40;
    return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long set_irqs(vgpu_dev_t *vgpu_dev, void __user *arg)
{
    struct { struct vfio_irq_set set; int fd; } q = { .fd = -1 };
    struct eventfd_ctx *trigger = NULL;

    if (copy_from_user(&q.set, arg, sizeof(q.set)))
        return -EFAULT;
    if (q.set.flags & VFIO_IRQ_SET_DATA_EVENTFD)
    {
        if (copy_from_user(&q, arg, sizeof(q)))
            return -EFAULT;
        trigger = eventfd_ctx_fdget(q.fd);
        if (IS_ERR(trigger))
            return PTR_ERR(trigger);
    }
    set_trigger(vgpu_dev, q.set.index, trigger);
    return 0;
}

static long vgpu_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
    switch (cmd)
    {
    case VFIO_DEVICE_GET_INFO:
        return get_info((void __user *)arg);
    case VFIO_DEVICE_GET_REGION_INFO:
        return get_region((void __user *)arg);
    case VFIO_DEVICE_SET_IRQS:
        return set_irqs(of_vfio(vdev), (void __user *)arg);
    }
    return -ENOTTY;
}

static const struct vfio_device_ops vgpu_ops = {
    .name = "nvidia-vgpu-vfio",
    .release = vgpu_free,
    .open_device = vgpu_open,
    .close_device = vgpu_close,
    .ioctl = vgpu_ioctl,
};

static int vgpu_make(vgpu_dev_t *vgpu_dev, struct mdev_device *mdev)
{
    NvU32 pci;
    NvBool vm;
    int ret;

    memcpy(vgpu_dev->name, &mdev->uuid, sizeof(vgpu_dev->name));
    if (rm.vgpu_create(phys_devices.card, vgpu_dev->name, type_id[mdev->type - types], &vgpu_dev->id, &pci, 0,
                       &vm) != NV_OK)
        return -EIO;
    ret = vgpu_chardev_add(vgpu_dev);
    if (ret == 0)
    {
        ret = vfio_register_emulated_iommu_dev(&vgpu_dev->vdev);
        if (ret)
            vgpu_chardev_del(vgpu_dev);
    }
    if (ret)
        rm.vgpu_delete(vgpu_dev->name, vgpu_dev->id);
    return ret;
}

static int vgpu_probe(struct mdev_device *mdev)
{
    vgpu_dev_t *vgpu_dev = vfio_alloc_device(vgpu_dev_s, vdev, &mdev->dev, &vgpu_ops);
    int ret;

    if (IS_ERR(vgpu_dev))
        return PTR_ERR(vgpu_dev);
    spin_lock_init(&vgpu_dev->lock);
    ret = vgpu_make(vgpu_dev, mdev);
    if (ret)
        vfio_put_device(&vgpu_dev->vdev);
    else
        dev_set_drvdata(&mdev->dev, vgpu_dev);
    return ret;
}

static void vgpu_remove(struct mdev_device *mdev)
{
    vgpu_dev_t *vgpu_dev = dev_get_drvdata(&mdev->dev);

    vfio_unregister_group_dev(&vgpu_dev->vdev);
    vgpu_chardev_del(vgpu_dev);
    rm.vgpu_delete(vgpu_dev->name, vgpu_dev->id);
    vfio_put_device(&vgpu_dev->vdev);
}

/* --- the card --- */

struct mdev_type_attribute;

static ssize_t name_show(struct mdev_type *type, struct mdev_type_attribute *attr, char *buf)
{
    return rm.get_name(phys_devices.card, type_id[type - types], buf) == NV_OK ? strlen(buf) : -EIO;
}

int nv_vgpu_name_mdev_types(struct mdev_type **, int);

/* Out of the set vgpu-vfio-mdev-types. */
#include "names.inc"

static unsigned int available(struct mdev_type *type)
{
    return 3;
}

static struct mdev_driver vgpu_driver = {
    .device_api = VFIO_DEVICE_API_PCI_STRING,
    .get_available = available,
    .probe = vgpu_probe,
    .remove = vgpu_remove,
    .driver = { .name = "nvidia-vgpu-vfio", .owner = THIS_MODULE, .mod_name = KBUILD_MODNAME },
};

static NV_STATUS card_probe(struct pci_dev *card, NvU32 n, NvU32 *ids)
{
    NvU32 i;

    if (phys_devices.card || n > TYPES)
        return NV_ERR_GENERIC;
    memset(&parent, 0, sizeof(parent));
    memset(types, 0, sizeof(types)); /* a kobject is used once */
    for (i = 0; i < n; i++)
    {
        snprintf(type_name[i], sizeof(type_name[i]), "%u", ids[i]);
        type_id[i] = ids[i];
        types[i].sysfs_name = type_name[i];
        type_list[i] = &types[i];
    }
    phys_devices.card = card;
    if (mdev_register_parent(&parent, &card->dev, &vgpu_driver, type_list, n) == 0)
    {
        if (nv_vgpu_name_mdev_types(type_list, n) == 0)
            return NV_OK;
        mdev_unregister_parent(&parent);
    }
    phys_devices.card = NULL;
    return NV_ERR_GENERIC;
}

static void card_remove(struct pci_dev *card)
{
    if (phys_devices.card)
        mdev_unregister_parent(&parent);
    phys_devices.card = NULL;
}

static NV_STATUS inject(void *ref)
{
    vgpu_dev_t *vgpu_dev = ref;
    NV_STATUS status = NV_ERR_GENERIC;
    unsigned long flags;

    spin_lock_irqsave(&vgpu_dev->lock, flags);
    if (vgpu_dev->trigger)
    {
        eventfd_signal(vgpu_dev->trigger, 1);
        status = NV_OK;
    }
    spin_unlock_irqrestore(&vgpu_dev->lock, flags);
    return status;
}

static vgpu_vfio_ops_t own_ops = { .probe = card_probe, .remove = card_remove, .inject_interrupt = inject };

/* --- the module --- */

static int __init nv_vgpu_vfio_init(void)
{
    int ret;

    rm.version_string = NV_VERSION_STRING;
    get_ops = symbol_get(nvidia_vgpu_vfio_get_ops);
    set_ops = symbol_get(nvidia_vgpu_vfio_set_ops);
    if (!get_ops || !set_ops || get_ops(&rm) != NV_OK)
        return -EINVAL;
    ret = vgpu_chardevs_begin();
    if (ret)
        return ret;
    ret = mdev_register_driver(&vgpu_driver);
    if (ret == 0)
        set_ops(&own_ops);
    else
        vgpu_chardevs_end();
    return ret;
}

static void __exit nv_vgpu_vfio_exit(void)
{
    card_remove(phys_devices.card);
    set_ops(NULL);
    mdev_unregister_driver(&vgpu_driver);
    vgpu_chardevs_end();
    symbol_put(nvidia_vgpu_vfio_get_ops);
    symbol_put(nvidia_vgpu_vfio_set_ops);
}

module_init(nv_vgpu_vfio_init);
module_exit(nv_vgpu_vfio_exit);

MODULE_LICENSE("Dual MIT/GPL");
