#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# What patch sets bring of their own, taken out of the patches: code against the libc's,
# tests of the kernel against headers of ours as kernels have them before and after, lines
# of make against make. And a set that does not fit ends the run: no half chain. About 10 s.
# tests: ops/patch/patchset ops/select/fit
# no-san: the sets are tested, not the program
. "$(dirname "$0")/lib.sh"

cc=${CC:-cc}
if ! command -v "$cc" > /dev/null; then
    skip 'code of the sets' "no $cc"
    finish
fi

# --- strncpy() ------------------------------------------------------------------

mkdir -p tree/kernel/nvidia h/linux
printf '#include <linux/string.h>\n#include <linux/moduleparam.h>\n' > tree/kernel/nvidia/linux_nvswitch.c
printf 'extern char *NVreg_TemporaryFilePath;\n\n' > tree/kernel/nvidia/os-interface.c
# shellcheck disable=SC2016 # expanded in there
check 'strncpy: patch(1) takes it' sh -c 'patch -s -p1 -d tree < "$1"' sh "$repo/patches/strncpy/strncpy.patch"
echo '#include <string.h>' > h/linux/string.h
cat > strncpy.c << 'E'
#include <stdio.h>
#include <string.h>
static char *(*const libc)(char *, const char *, size_t) = strncpy;
#include "nv-strncpy.h"
static char *ours(char *to, const char *from, size_t room) { return strncpy(to, from, room); }
int main(void)
{
	unsigned pairs = 0;
	for (size_t len = 0; len < 40; len++)
		for (size_t room = 0; room < 48; room++) {
			char from[41], a[64], b[64];
			memset(from, 'x', len);
			from[len] = 0;
			memset(a, 0xaa, sizeof a);
			memset(b, 0xaa, sizeof b);
			if (ours(a, from, room) != a)
				return 2;
			libc(b, from, room);
			if (memcmp(a, b, sizeof a))
				return 1;
			pairs++;
		}
	printf("%u %d\n", pairs, (int)(NAMED));
	return 0;
}
E
# at MAJOR MINOR NAMED: does the driver's own take the name there, and do as the libc does?
at() {
    echo "#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE KERNEL_VERSION($1, $2, 0)" > h/linux/version.h
    printf '#ifdef strncpy\n#define NAMED 1\n#else\n#define NAMED 0\n#endif\n' > named.h
    sed 's|^int main|#include "named.h"\n&|' strncpy.c > at.c
    "$cc" -w -Ih -I. -Itree/kernel/common/inc -o at at.c && test "$(./at)" = "1920 $3"
}
check "strncpy: on 7.2 it does as the libc's" at 7 2 1
check "strncpy: on 7.0 it is the kernel's" at 7 0 0

# --- tests of the kernel ----------------------------------------------------------

# code SET CASE: the program of a new case of conftest.sh.
code() {
    sed -n "/^+        $2)/,/^+        ;;/p" "$repo/patches/$1"/*.patch | sed 's/^+//' |
        sed -n '/CODE="$/,/"$/{s/^ *CODE="$//;s/"$//;p;}'
}

# asks SET CASE HEADER AFTER BEFORE: which of the two forms of the header does it take for new?
# And a header without any of it is old, unless all kernels have one of the two.
asks() {
    code "$1" "$2" > case.c
    mkdir -p "h/$(dirname "$3")"
    check "$2: is in the patch" grep -q include case.c
    for form in "$4" "$5" "${6:-}"; do
        printf '#include "forms.h"\n%s\n' "$form" > "h/$3"
        if "$cc" -std=gnu11 -w -nostdinc -Ih -fsyntax-only case.c > /dev/null 2>&1; then said=new; else said=old; fi
        if [ "$form" = "$4" ]; then want=new; else want=old; fi
        check "$2: $want ($form)" test $said = $want
    done
}
cat > h/forms.h << 'E'
struct page; struct vm_area_struct { unsigned long flags; };
typedef unsigned long vm_flags_t, phys_addr_t;
struct eventfd_ctx; struct vfio_device; struct vfio_region_info; struct vfio_info_cap;
E
args='unsigned long start, unsigned long n, unsigned int flags, struct page **pages'
old="long get_user_pages($args, struct vm_area_struct **vmas); long pin_user_pages($args, struct vm_area_struct **vmas);"
asks gup-vmas user_pages_without_vmas linux/mm.h "long get_user_pages($args); long pin_user_pages($args);" "$old" "$old"
asks vm-flags vm_flags_init linux/mm.h \
    'static inline void vm_flags_init(struct vm_area_struct *vma, vm_flags_t flags) { vma->flags = flags; }' \
    'static inline void vm_flags_reset(struct vm_area_struct *vma, vm_flags_t flags) { vma->flags = flags; }'
old='unsigned long long eventfd_signal(struct eventfd_ctx *ctx, unsigned long long n);'
asks vgpu-vfio-signal eventfd_signal_without_counter linux/eventfd.h \
    'void eventfd_signal_mask(struct eventfd_ctx *ctx, unsigned mask); static inline void eventfd_signal(struct eventfd_ctx *ctx) { eventfd_signal_mask(ctx, 0); }' \
    "$old" "$old"
asks iommu-mapped bus_iommu_ops linux/device.h \
    'struct bus_type { const struct iommu_ops *iommu_ops; };' 'struct bus_type { const char *name; };'
asks dma-map-phys dma_map_ops_map_phys linux/dma-map-ops.h \
    'struct dma_map_ops { unsigned long (*map_phys)(void *dev, phys_addr_t phys); };' \
    'struct dma_map_ops { unsigned long (*map_resource)(void *dev, phys_addr_t phys); };'
asks vgpu-vfio-region-info vfio_get_region_info_caps linux/vfio.h \
    'struct vfio_device_ops { int (*get_region_info_caps)(struct vfio_device *, struct vfio_region_info *, struct vfio_info_cap *); };' \
    'struct vfio_device_ops { long (*ioctl)(struct vfio_device *, unsigned int, unsigned long); };'

# --- the flag -------------------------------------------------------------------------

if command -v make > /dev/null; then
    sed -n 's/^+\(NV_CONFTEST_CFLAGS .*\)/\1/p' "$repo"/patches/conftest-ms/*.patch > flag.mk
    # shellcheck disable=SC2016 # for make to expand
    printf '\nall: ; @echo "$(strip $(NV_CONFTEST_CFLAGS))"\n' >> flag.mk
    # flag WHAT WANT ARG...
    flag() {
        what=$1 want=$2
        shift 2
        check "conftest-ms: $what" test "$(env -i PATH="$PATH" make -s -f flag.mk "$@")" = "$want"
    }
    flag 'of 7.0: in KBUILD_CFLAGS' -fms-extensions KBUILD_CFLAGS='-std=gnu11 -fms-extensions -O2'
    flag 'of 7.2: in both, and once' -fms-extensions KBUILD_CFLAGS='-O2 -fms-extensions' CC_FLAGS_DIALECT='-std=gnu11 -fms-extensions'
    flag "clang's, which is another one" -fms-anonymous-structs CC_FLAGS_DIALECT='-std=gnu11 -fms-anonymous-structs'
    flag 'of 6.12: none' '' KBUILD_CFLAGS='-std=gnu11 -O2'
else
    skip 'conftest-ms' 'no make'
fi

# --- no half chain ------------------------------------------------------------------

make_sample as-known --version 525.85.07
cp -R as-known other
sed -i 's/vma->vm_flags |= VM_MIXEDMAP;/vma->vm_flags |= VM_MIXEDMAP | VM_IO;/' other/kernel/nvidia/nv-mmap.c
refute 'it is another one' cmp -s as-known/kernel/nvidia/nv-mmap.c other/kernel/nvidia/nv-mmap.c
sh "$fx/mkrun.sh" --compress gzip other other.run
expect_status 'a driver that is not the one known' 1 other.run -k 7.2.9 --no-hooks -o other-new.run
says 'which file is another one' kernel/nvidia/nv-mmap.c
says 'which kernel that blocks' 'kernel 7.2.9 is blocked for these sources: it needs the set '
refute 'nothing is written' test -e other-new.run
# select says it before, of a .run and of a tree, and only of kernels that need the set.
for it in other.run other; do
    expect_status "$it: select foresees it" 1 select "$it" -k 7.2.9
    says "$it: with the set and the file" "It needs the set 'vm-flags', which does not fit these sources: hunk 1 of 'kernel/nvidia/nv-mmap.c'"
    expect_status "$it: 6.2 needs no set for it" 0 select "$it" -k 6.2.9
    says "$it: the way out" 'misfit     set '"'vm-flags'"' does not fit these sources: --no-set vm-flags leaves it out' out
    expect_status "$it: without the set" 0 other.run -k 6.2.9 --no-hooks --no-set vm-flags -n
done
expect_status 'the known one: select' 0 select as-known -k 7.2.9
refute 'the known one: all sets fit' grep -q misfit out
expect_status 'the one known' 0 as-known.run -k 7.2.9 --no-hooks -o known-new.run
unrun known-new.run known
# Each set leaves alone what the others brought.
for set in strncpy in-irq dma-map-phys vgpu-vfio-region-info conftest-ms retpoline iommu-mapped vgpu-vfio-signal gup-vmas vm-flags; do
    # shellcheck disable=SC2016 # expanded in there
    check "$set: patch -R takes it out of what all of them made" \
        sh -c 'patch -s -R -p1 -F0 -d known < "$1"' sh "$(echo "$repo/patches/$set"/*.patch)"
done
finish
