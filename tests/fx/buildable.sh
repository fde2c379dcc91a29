#!/bin/sh
# SPDX-License-Identifier: MIT
# buildable.sh [options] OUT_DIR
#
# An extracted driver package as sample.sh makes it, whose kernel/ builds against
# real kernel headers in a few seconds: nvidia.ko (with a blob) and nvidia-uvm.ko,
# which takes a function of it. Our own text, shaped like the real thing: the same
# names, the same make variables, a conftest.sh that compares compilers.
#
#   --version V     driver version (default 390.10)
#   --kind K        as of sample.sh (default general)
#   --breaks WORD   what is wrong with it (repeatable):
#                     compile   calls set_fs(), as drivers did before 5.10
#                     modpost   nvidia.ko takes a symbol that only GPL modules may
#                     asks      nvidia-uvm.ko gets that function by symbol_get()
#                     sibling   nvidia-uvm.ko takes a symbol that nobody exports
#                     version   nvidia.ko says that it is another version
#                     hang      make never ends, and starts something that does not either:
#                               sleep 986.$HANG and 987.$HANG (a number of the caller's,
#                               who then knows its own among those of other tests)
#                     headers   includes a header that is not there
#
# buildable.sh --data DIR [--line 6.1] writes kernel-versions/ for that kernel line and
# a patch set, sample-set-fs, that mends `compile`: for GRIDPATCH_DATA.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
version=390.10
kind=general
breaks=
line=6.1
data=
while [ $# -gt 0 ]; do
    case $1 in
        --version) version=$2 ;;
        --kind) kind=$2 ;;
        --breaks) breaks="$breaks $2" ;;
        --data) data=$2 ;;
        --line) line=$2 ;;
        --*) echo "buildable.sh: $1?" >&2; exit 2 ;;
        *) break ;;
    esac
    shift 2
done
broken() { case " $breaks " in *" $1 "*) ;; *) return 1 ;; esac; }

if [ -n "$data" ]; then
    mkdir -p "$data/kernel-versions" "$data/patches/sample-set-fs"
    cat > "$data/kernel-versions/$line" << EOF
Kernel: $line
Status: supported
Changes: x86 has no set_fs() since 5.10 (47058bb54b57); something else changed, too

Driver: 300 - 399
Probe: driver-text nvidia/os-interface.c set_fs
Patches: sample-set-fs
Hooks: upstream
Evidence: [inference] a sample for tests

Driver: 300 - 399
Load: yes
Hooks: upstream
Evidence: [inference] a sample for tests
EOF
    cat > "$data/kernel-versions/5.13" << 'EOF'
Kernel: 5.13
Status: blocked
Reason: nothing builds here
Instead: 6.1
EOF
    echo sample-set-fs.patch > "$data/patches/sample-set-fs/series"
    cat > "$data/patches/sample-set-fs/sample-set-fs.patch" << 'EOF'
Description: os-interface: no set_fs()
Origin: vendor, gridpatch's tests
Scope: neutral

--- a/kernel/nvidia/os-interface.c
+++ b/kernel/nvidia/os-interface.c
@@ -20,6 +20,3 @@ void *os_map_sample(unsigned long start, unsigned long length)
 void os_old_sample(void)
 {
-    mm_segment_t old = get_fs();
-
-    set_fs(old);
 }
EOF
    exit 0
fi

[ $# -eq 1 ] || { echo "buildable.sh: OUT_DIR?" >&2; exit 2; }
sh "$here/sample.sh" --version "$version" --kind "$kind" --sets '' "$1"
cd "$1/kernel"
rm -rf nvidia-vgpu-vfio nvidia/i2c_nvswitch.c common
mkdir -p nvidia-uvm common/inc

cat > Makefile << 'EOF'
ifneq ($(KERNELRELEASE),)
include $(src)/Kbuild
else
SYSSRC ?= /lib/modules/$(or $(KERNEL_UNAME),$(shell uname -r))/build
SYSOUT ?= $(SYSSRC)
KERNEL_SOURCES := $(SYSSRC)
KERNEL_OUTPUT := $(KERNEL_SOURCES)
ifneq ($(SYSOUT),$(KERNEL_SOURCES))
KERNEL_OUTPUT := $(SYSOUT)
KBUILD_PARAMS := KBUILD_OUTPUT=$(SYSOUT)
endif
CC ?= cc
NV_KERNEL_MODULES ?= $(wildcard nvidia nvidia-uvm)
NV_KERNEL_MODULES := $(filter-out $(NV_EXCLUDE_KERNEL_MODULES),$(NV_KERNEL_MODULES))

modules:
	@/bin/sh conftest.sh cc_version_check "$(CC)" "$(KERNEL_OUTPUT)"
	@$(MAKE) "CC=$(CC)" $(KBUILD_PARAMS) -C $(KERNEL_SOURCES) M=$(CURDIR) NV_KERNEL_MODULES="$(NV_KERNEL_MODULES)" $@

.PHONY: modules
endif
EOF
# Between two words a tab, which a here document may lose.
broken hang && printf 'modules: hang\nhang:\n\tsleep 987.%s & sleep 986.%s\n.PHONY: hang\n' \
    "${HANG:-0}" "${HANG:-0}" >> Makefile

cat > conftest.sh << 'EOF'
#!/bin/sh
# The sample's: compares the compilers as the real one does.
[ "$1" = cc_version_check ] || exit 0
[ -z "$IGNORE_CC_MISMATCH" ] || { echo "compilers are not compared"; exit 0; }
compile_h=$3/include/generated/compile.h
[ -f "$compile_h" ] || exit 0
want=$(grep LINUX_COMPILER "$compile_h" | cut -d '"' -f 2 | grep -o '[0-9]\+\.[0-9]\+' | head -n 1)
have=$(printf '__GNUC__.__GNUC_MINOR__\n' | $2 -E -P - | tr -d ' ')
[ "$want" = "$have" ] || { echo "Compiler version check failed: $want, not $have"; exit 1; }
EOF

cat > Kbuild << EOF
\$(foreach m,\$(NV_KERNEL_MODULES),\$(eval include \$(src)/\$(m)/\$(m).Kbuild))
ccflags-y += -I\$(src)/common/inc -DNV_VERSION_STRING=\\"$version\\"
EOF
cat > nvidia/nvidia.Kbuild << 'EOF'
obj-m += nvidia.o
nvidia-y := nvidia/nv-frontend.o nvidia/os-interface.o nvidia/nv-kernel.o

quiet_cmd_blob = BLOB    $@
      cmd_blob = cp $< $@
targets += nvidia/nv-kernel.o
$(obj)/nvidia/nv-kernel.o: $(src)/nvidia/nv-kernel.o_binary FORCE
	$(call if_changed,blob)
EOF
cat > nvidia-uvm/nvidia-uvm.Kbuild << 'EOF'
obj-m += nvidia-uvm.o
nvidia-uvm-y := nvidia-uvm/uvm.o
EOF
cat > common/inc/nv-linux.h << 'EOF'
#pragma once
#include <linux/module.h>
#include <linux/io.h>
#include <linux/string.h>
static inline void *nv_ioremap(unsigned long a, unsigned long n) { return (void *)ioremap(a, n); }
static inline void *nv_ioremap_nocache(unsigned long a, unsigned long n) { return nv_ioremap(a, n); }
static inline void *nv_ioremap_cache(unsigned long a, unsigned long n) { return nv_ioremap(a, n); }
static inline void *nv_ioremap_wc(unsigned long a, unsigned long n) { return nv_ioremap(a, n); }
EOF
cat > nvidia/os-interface.c << 'EOF'
/*
 * Sample: what the proprietary core asks of the kernel.
 */

#define  __NO_VERSION__
#include "nv-linux.h"

void os_copy_sample(void *to, const void *from, unsigned int length);
void *os_map_sample(unsigned long start, unsigned long length);
void os_old_sample(void);
void os_copy_sample(void *to, const void *from, unsigned int length)
{
    memcpy(to, from, length);
}
void *os_map_sample(unsigned long start, unsigned long length)
{
    return nv_ioremap(start, length);
}

void os_old_sample(void)
{
EOF
if broken compile; then
    printf '    mm_segment_t old = get_fs();\n\n    set_fs(old);\n' >> nvidia/os-interface.c
fi
echo '}' >> nvidia/os-interface.c
{
    echo '#include "nv-linux.h"'
    broken headers && echo '#include <linux/gone-for-good.h>'
    broken modpost && echo '#include <linux/kobject.h>'
    said=$version
    broken version && said=1.2.3
    cat << EOF
int nv_blob_sample(void);
void os_copy_sample(void *to, const void *from, unsigned int length);
int nvidia_sample(void);
int nvidia_sample(void)
{
    char a[4] = "abc", b[4];

    os_copy_sample(b, a, sizeof(b));
    return b[0] + nv_blob_sample();
}
EXPORT_SYMBOL(nvidia_sample);
static int __init start(void)
{
EOF
    # kobject_create_and_add() is exported to GPL modules only, in all kernels.
    broken modpost && echo '    kobject_put(kobject_create_and_add("x", NULL));'
    cat << EOF
    return nvidia_sample() == 12345;
}
static void __exit stop(void) { }
module_init(start);
module_exit(stop);
MODULE_LICENSE("NVIDIA");
MODULE_VERSION("$said");
EOF
} > nvidia/nv-frontend.c
more=
if broken sibling; then more=' + nobody_has_this()'; fi
starts="return nvidia_sample()$more;" stops=
if broken asks; then
    starts='return symbol_get(nvidia_sample) ? 0 : -ENOENT;' stops='symbol_put(nvidia_sample);'
fi
cat > nvidia-uvm/uvm.c << EOF
#include "nv-linux.h"
int nvidia_sample(void);
int nobody_has_this(void);
static int __init start(void) { $starts }
static void __exit stop(void) { $stops }
module_init(start);
module_exit(stop);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION("$version");
EOF
cat > blob.c << EOF
static const char version[] = "nvidia id: NVIDIA UNIX x86_64 Kernel Module  $version  a sample";
static const unsigned char table[4096] = { 1, 2, 3 };
int nv_blob_sample(void);
int nv_blob_sample(void) { volatile int i = 5; return version[i] + table[i]; }
EOF
gcc -O1 -fno-pic -mcmodel=kernel -mno-red-zone -ffreestanding -fno-stack-protector -fcf-protection=none \
    -fno-asynchronous-unwind-tables -c -o nvidia/nv-kernel.o_binary blob.c
rm blob.c
