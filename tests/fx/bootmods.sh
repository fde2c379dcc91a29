#!/bin/sh
# SPDX-License-Identifier: MIT
# bootmods.sh HEADERS DIR: kernel modules of our own in DIR, built by kbuild, each of
# which a kernel takes or refuses for one reason. The ones in the shape of a driver's
# have its names, for what a boot does with those:
#
#   nvidia.ko             proprietary; ends with -ENODEV, as without a card
#   nvidia-vgpu-vfio.ko   takes two functions of it by symbol_get()
#   nvidia-uvm.ko         is linked to it, and fails when it says "no"; to the first question
#                         it knows no such answer, as NVIDIA's: its thread stays behind
#   nvidia-peermem.ko     ends with -EINVAL and no word, as 470's without InfiniBand
#   taken.ko              needs irqbypass.ko, loads, unloads
#   init.ko               its init fails, for a reason of its own
#   taint.ko              takes a GPL-only symbol, and one of a proprietary module
#   gplonly.ko            proprietary, takes a GPL-only symbol
#   space.ko              takes a symbol of a namespace that it does not import
#   absent.ko             takes a symbol that nobody has
#   crc.ko                wants another version of a symbol (with CONFIG_MODVERSIONS)
#   oops.ko, warning.ko   what their names say, in init
#   stays.ko              has no exit, and so cannot be unloaded
#   link.ko, prop.ko      prop exports, proprietary; link is MIT/GPL, is linked to it, and loads
#   soft.ko               loads; softdep says early.ko, which fails, comes before it, and late.ko,
#                         which does, too, after it; another line says init.ko, and one of the two counts
set -eu
headers=$1
mkdir -p "$2"
cd "$2"

sample() { # NAME LICENCE < C
	{
		echo '#include <linux/module.h>'
		cat
		echo "MODULE_LICENSE(\"$2\");"
		echo 'MODULE_VERSION("460.73.01");'
		echo 'MODULE_DESCRIPTION("a sample");'
	} > "$1.c"
	echo "obj-m += $1.o" >> Kbuild
}
plain='static void __exit m_exit(void) { } module_init(m_init); module_exit(m_exit);'
: > Kbuild
sample nvidia NVIDIA << C
int nvidia_vgpu_vfio_get_ops(void *o); int nvidia_vgpu_vfio_set_ops(void *o); int nvidia_get_rm_ops(void *o);
int nvidia_vgpu_vfio_get_ops(void *o) { return 0; }
int nvidia_vgpu_vfio_set_ops(void *o) { return 0; }
int nvidia_get_rm_ops(void *o) { return 0; }
EXPORT_SYMBOL(nvidia_vgpu_vfio_get_ops); EXPORT_SYMBOL(nvidia_vgpu_vfio_set_ops); EXPORT_SYMBOL(nvidia_get_rm_ops);
int nvUvmInterfaceSessionCreate(void *s, void *p); int nvUvmInterfaceSessionCreate(void *s, void *p) { return 0; }
EXPORT_SYMBOL(nvUvmInterfaceSessionCreate);
static int __init m_init(void) { pr_err("NVRM: No NVIDIA GPU found.\n"); return -ENODEV; }
$plain
C
sample nvidia-vgpu-vfio 'Dual MIT/GPL' << C
extern int nvidia_vgpu_vfio_get_ops(void *o); extern int nvidia_vgpu_vfio_set_ops(void *o);
static int __init m_init(void)
{
	int (*get)(void *) = symbol_get(nvidia_vgpu_vfio_get_ops), (*set)(void *) = symbol_get(nvidia_vgpu_vfio_set_ops);
	if (!get || !set) return -EINVAL;
	get(NULL); set(NULL);
	symbol_put(nvidia_vgpu_vfio_get_ops); symbol_put(nvidia_vgpu_vfio_set_ops);
	return 0;
}
$plain
MODULE_SOFTDEP("pre: nvidia");
C
sample nvidia-uvm 'Dual MIT/GPL' << C
#include <linux/delay.h>
#include <linux/kthread.h>
int nvidia_get_rm_ops(void *o); int nvUvmInterfaceSessionCreate(void *s, void *p);
static int waits(void *p) { while (!kthread_should_stop()) msleep(20); return 0; }
static int __init m_init(void)
{
	struct task_struct *t = kthread_run(waits, NULL, "gp waits");
	if (IS_ERR(t)) return PTR_ERR(t);
	if (nvUvmInterfaceSessionCreate(NULL, NULL)) return -EIO;
	kthread_stop(t);
	return nvidia_get_rm_ops(NULL) ? -EIO : 0;
}
$plain
C
sample prop Proprietary << C
int gp_prop(void); int gp_prop(void) { return 0; }
EXPORT_SYMBOL(gp_prop);
static int __init m_init(void) { return 0; }
$plain
C
sample link 'Dual MIT/GPL' << C
int gp_prop(void);
static int __init m_init(void) { return gp_prop(); }
$plain
C
sample taken 'Dual MIT/GPL' << C
#include <linux/irqbypass.h>
static int __init m_init(void) { irq_bypass_unregister_producer(&(struct irq_bypass_producer) { }); return 0; }
$plain
C
sample init 'Dual MIT/GPL' << C
static int __init m_init(void) { pr_info("init: it is Monday\n"); return -EPERM; }
$plain
C
sample nvidia-peermem 'Dual MIT/GPL' << C
static int __init m_init(void) { return -EINVAL; }
$plain
C
sample taint 'Dual MIT/GPL' << C
#include <linux/kobject.h>
int gp_prop(void);
static int __init m_init(void) { kobject_put(kobject_create_and_add("gp", NULL)); return gp_prop(); }
$plain
C
sample gplonly GPL << C
#include <linux/kobject.h>
static int __init m_init(void) { kobject_put(kobject_create_and_add("gp", NULL)); return 0; }
$plain
C
sample space 'Dual MIT/GPL' << C
struct dma_buf; void dma_buf_put(struct dma_buf *b);
MODULE_INFO(import_ns, "DMA_BUF");
static int __init m_init(void) { dma_buf_put(NULL); return 0; }
$plain
C
sample crc 'Dual MIT/GPL' << C
#include <linux/kobject.h>
static int __init m_init(void) { kobject_put(kobject_create_and_add("gp", NULL)); return 0; }
$plain
C
sample absent 'Dual MIT/GPL' << C
int gp_nobody_has_it(void);
static int __init m_init(void) { return gp_nobody_has_it(); }
$plain
C
sample oops 'Dual MIT/GPL' << C
static int *volatile nowhere;
static int __init m_init(void) { return *nowhere; }
$plain
C
sample warning 'Dual MIT/GPL' << C
static int __init m_init(void) { WARN(1, "a warning of warning.ko\n"); return 0; }
$plain
C
sample stays 'Dual MIT/GPL' << 'C'
static int __init m_init(void) { return 0; }
module_init(m_init);
C
for m in early late; do
	sample $m 'Dual MIT/GPL' <<- C
	static int __init m_init(void) { return -EIO; }
	$plain
	C
done
sample soft 'Dual MIT/GPL' << C
static int __init m_init(void) { return 0; }
$plain
MODULE_SOFTDEP("post: init");
MODULE_SOFTDEP("pre: early post: late gp_nobody_has_it");
C
# modpost only warns of what is absent; three others it would refuse, and they become
# what they are when it has done.
make -s -C "$headers" M="$PWD" KBUILD_MODPOST_WARN=1 CC="${CC:-gcc}" modules > build.log 2>&1 || {
	cat build.log >&2
	exit 1
}
export LC_ALL=C
sed -i 's/license=GPL/license=Any/' gplonly.ko
sed -i 's/import_ns=DMA_BUF/import_ns=DMA_BUX/' space.ko
if readelf -SW crc.ko | grep -q __versions; then
	objcopy --dump-section __versions=versions crc.ko
	# Of each version 64 bytes, its CRC first.
	printf '\336\255\276\357' | dd of=versions bs=1 seek=64 conv=notrunc 2> /dev/null
	objcopy --update-section __versions=versions crc.ko
fi
