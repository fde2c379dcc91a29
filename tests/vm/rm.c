/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for nvidia.ko in a virtual machine without a card: the half of it that
 * nvidia-vgpu-vfio talks to, in our own words. It is built with the headers of the driver
 * under test, has nvidia.ko's licence tag, so that the kernel treats it alike, and is
 * never installed. QEMU's device "edu" is the card.
 *
 *   reg    1: the card is registered with three types of vGPU, 0: it goes
 *   fire   1: two threads on two processors raise interrupts in each vGPU, 0: they stop
 *   fired  how many of them were taken
 *
 * RM_ATTACH: linked as the set vgpu-vfio-attach does it, else as NVIDIA does.
 * RM_R460: R460's types of two functions. RM_PART: a part of our own driver in host/.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/wait.h>

#include "nv-linux.h"
#include "nv-vgpu-vfio-interface.h"

#define EDU_VENDOR 0x1234
#define EDU_DEVICE 0x11e8
#define VGPUS 16

/* A kernel that looks at locks stops where a proprietary module comes in: on one the
 * stand-in has the licence that it really could have. */
#ifdef RM_DEBUG
#define RM_LICENCE "GPL"
#else
#define RM_LICENCE "NVIDIA"
#endif

static vgpu_vfio_ops_t *vfio;
static DECLARE_RWSEM(vgpus_lock);
static struct {
	bool used;
	NvU8 name[64];
	void *ref; /* what nvidia-vgpu-vfio calls it; known once it is open */
} vgpus[VGPUS];
static struct task_struct *shooter[2];
static atomic_t fired = ATOMIC_INIT(0);

static NV_STATUS create(const NvU8 *name, NvU16 *id)
{
	int i;

	down_write(&vgpus_lock);
	for (i = 0; i < VGPUS && vgpus[i].used; i++)
		;
	if (i < VGPUS) {
		vgpus[i].used = true;
		vgpus[i].ref = NULL;
		memcpy(vgpus[i].name, name, 16);
		*id = i;
	}
	up_write(&vgpus_lock);
	return i < VGPUS ? NV_OK : NV_ERR_NO_MEMORY;
}

#ifdef RM_R460
static NV_STATUS rm_create(struct pci_dev *dev, const NvU8 *name, NvU32 type, NvU16 *id, NvU32 *pci, NvU32 bdf)
{
	*pci = 1;
	return create(name, id);
}
#else
static NV_STATUS rm_create(struct pci_dev *dev, const NvU8 *name, NvU32 type, NvU16 *id, NvU32 *pci, NvU32 bdf,
			   NvBool *driver_vm)
{
	*pci = 1;
	*driver_vm = NV_FALSE;
	return create(name, id);
}
#endif

/* Interrupts are over when this is: the caller frees what ref points to. */
static NV_STATUS rm_delete(const NvU8 *name, NvU16 id)
{
	down_write(&vgpus_lock);
	if (id < VGPUS) {
		vgpus[id].used = false;
		vgpus[id].ref = NULL;
	}
	up_write(&vgpus_lock);
	return NV_OK;
}

static NV_STATUS bar_info(const NvU8 *name, NvU64 *size, NvU32 index, void *ref)
{
	int i;

	down_write(&vgpus_lock);
	for (i = 0; i < VGPUS; i++)
		if (vgpus[i].used && memcmp(vgpus[i].name, name, 16) == 0)
			vgpus[i].ref = ref;
	up_write(&vgpus_lock);
	*size = index == 1 ? 0x1000000 : 0x10000;
	return NV_OK;
}

#ifdef RM_R460
static NV_STATUS rm_bar_info(struct pci_dev *dev, const NvU8 *name, NvU64 *size, NvU32 index, void *ref, void **host)
{
	return bar_info(name, size, index, ref);
}
#else
static NV_STATUS rm_bar_info(struct pci_dev *dev, const NvU8 *name, NvU64 *size, NvU32 index, void *ref)
{
	return bar_info(name, size, index, ref);
}
#endif

/* The manager of vGPUs would start a process here, which answers later. */
static NV_STATUS rm_start(const NvU8 *name, void *queue, NvS32 *status, NvU8 *vm, NvU32 pid)
{
	*status = NV_OK;
	wake_up_interruptible((wait_queue_head_t *)queue);
	return NV_OK;
}

static NV_STATUS rm_name(struct pci_dev *dev, NvU32 type, char *out)
{
	sprintf(out, "GRID STANDIN-%uQ\n", type);
	return NV_OK;
}

static NV_STATUS rm_description(struct pci_dev *dev, NvU32 type, char *out)
{
	sprintf(out, "num_heads=4, type %u\n", type);
	return NV_OK;
}

static NV_STATUS rm_instances(struct pci_dev *dev, NvU32 type, char *out)
{
	sprintf(out, "%u\n", type % 10);
	return NV_OK;
}

static NV_STATUS rm_sparse(struct pci_dev *dev, const NvU8 *name, NvU64 **offsets, NvU64 **sizes, NvU32 *n)
{
	*offsets = *sizes = NULL;
	*n = 0;
	return NV_OK;
}

static void rm_update(const NvU8 *name, NvU64 *offsets, NvU64 *sizes, VGPU_DEVICE_STATE state, const char *config)
{
}

static NV_STATUS set_ops(vgpu_vfio_ops_t *ops)
{
	vfio = ops;
	return NV_OK;
}

static NV_STATUS get_ops(rm_vgpu_vfio_ops_t *ops)
{
	if (strcmp(ops->version_string, NV_VERSION_STRING) != 0)
		return NV_ERR_GENERIC;
	ops->vgpu_create = rm_create;
	ops->vgpu_delete = rm_delete;
	ops->vgpu_bar_info = rm_bar_info;
	ops->vgpu_start = rm_start;
	ops->get_name = rm_name;
	ops->get_description = rm_description;
	ops->get_instances = rm_instances;
	ops->get_sparse_mmap = rm_sparse;
	ops->update_request = rm_update;
	return NV_OK;
}

static int set_reg(const char *val, const struct kernel_param *kp)
{
	static NvU32 types[] = { 63, 64, 105 };
	struct pci_dev *card = pci_get_device(EDU_VENDOR, EDU_DEVICE, NULL);
	int rc = 0;

	if (!card || !vfio) {
		pr_info("rm: no card, or nobody to tell\n");
		rc = -ENODEV;
	} else if (val[0] == '0') {
		vfio->remove(card);
	} else {
		rc = vfio->probe(card, ARRAY_SIZE(types), types) == NV_OK ? 0 : -EIO;
	}
	pci_dev_put(card);
	return rc;
}

static int shoot(void *unused)
{
	while (!kthread_should_stop()) {
		int i;

		down_read(&vgpus_lock);
		for (i = 0; i < VGPUS; i++)
			if (vgpus[i].ref && vfio && vfio->inject_interrupt(vgpus[i].ref) == NV_OK)
				atomic_inc(&fired);
		up_read(&vgpus_lock);
		cond_resched();
	}
	return 0;
}

static void cease(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(shooter); i++) {
		if (shooter[i])
			kthread_stop(shooter[i]);
		shooter[i] = NULL;
	}
}

static int set_fire(const char *val, const struct kernel_param *kp)
{
	int i;

	cease();
	for (i = 0; val[0] == '1' && i < ARRAY_SIZE(shooter); i++) {
		struct task_struct *t = kthread_create(shoot, NULL, "rm-shoot/%d", i);

		if (IS_ERR(t))
			return PTR_ERR(t);
		if (cpu_online(i))
			kthread_bind(t, i);
		shooter[i] = t;
		wake_up_process(t);
	}
	return 0;
}

static int get_fired(char *out, const struct kernel_param *kp)
{
	return sprintf(out, "%d\n", atomic_read(&fired));
}

static const struct kernel_param_ops reg_ops = { .set = set_reg };
static const struct kernel_param_ops fire_ops = { .set = set_fire };
static const struct kernel_param_ops fired_ops = { .get = get_fired };
module_param_cb(reg, &reg_ops, NULL, 0200);
module_param_cb(fire, &fire_ops, NULL, 0200);
module_param_cb(fired, &fired_ops, NULL, 0400);

#ifndef RM_PART
NV_STATUS nvidia_vgpu_vfio_set_ops(vgpu_vfio_ops_t *ops)
{
	return set_ops(ops);
}

NV_STATUS nvidia_vgpu_vfio_get_ops(rm_vgpu_vfio_ops_t *ops)
{
	return get_ops(ops);
}

#ifdef RM_ATTACH
extern typeof(nvidia_vgpu_vfio_attach) nvidia_vgpu_vfio_attach __attribute__((weak));
extern typeof(nvidia_vgpu_vfio_detach) nvidia_vgpu_vfio_detach __attribute__((weak));
static bool attached;

static int __init rm_init(void)
{
	if (nvidia_vgpu_vfio_attach)
		attached =
			nvidia_vgpu_vfio_attach(THIS_MODULE, nvidia_vgpu_vfio_get_ops, nvidia_vgpu_vfio_set_ops) == 0;
	pr_info("rm: %s\n", attached ? "attached" : "alone");
	return 0;
}

static void __exit rm_exit(void)
{
	cease();
	if (attached)
		nvidia_vgpu_vfio_detach();
}
#else
EXPORT_SYMBOL(nvidia_vgpu_vfio_set_ops);
EXPORT_SYMBOL(nvidia_vgpu_vfio_get_ops);

static int __init rm_init(void)
{
	return 0;
}

static void __exit rm_exit(void)
{
	cease();
}
#endif

module_init(rm_init);
module_exit(rm_exit);
MODULE_LICENSE(RM_LICENCE);
#endif /* RM_PART */
