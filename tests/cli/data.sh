#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh sets the variables; $k is words
# The shipped rules, asked about texts in the form that real drivers have them:
# a probe that a comment answers, or that a folder of the package decides, once
# passed for years of drivers without a word.
# tests: ops/select/catalog
# no-san: the rules are tested, not the program: select.sh and explain.sh ask in the same way
. "$(dirname "$0")/lib.sh"

# driver NAME VERSION KIND: an installer whose Kbuild and host module say what
# those of 525 to 570 say.
driver() {
    sh "$fx/sample.sh" --version "$2" --kind "$3" "$1"
    { cat << 'EOF'; cat "$1/kernel/Kbuild"; } > Kbuild
# Flags for all modules. EXTRA_CFLAGS is older than ccflags-y, and newer kernels
# append $(EXTRA_CFLAGS) to ccflags-y.

EXTRA_CFLAGS += -I$(src)/common/inc
EXTRA_CFLAGS += -I$(src)

ifeq ($(W),1)
 ccflags-y += -Werror
endif
EOF
    cat Kbuild > "$1/kernel/Kbuild"
    [ ! -f "$1/kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.c" ] ||
        echo '    .llseek = no_llseek,' >> "$1/kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.c"
    sh "$fx/mkrun.sh" --compress gzip "$1" "$1.run"
}

# sets_for WHAT WANT ARG...: the sets of the one kernel, sorted.
sets_for() {
    what=$1 want=$2
    shift 2
    run select "$@"
    have=$(sed -n 's/^  sets  *\([^;]*\);.*/\1/p' out | tr ' ' '\n' | sort | paste -sd ' ' -)
    if [ "$have" = "$want" ]; then ok "$what"; else not_ok "$what: '$have', not '$want'"; fi
}

driver host 550.144.02 host
driver older 525.85.07 host
driver guest 550.163.01 general

sets_for 'a host on 6.11 needs nothing' none host.run -k 6.11.0
sets_for 'on 6.12 no_llseek' no-llseek host.run -k 6.12.9
sets_for 'on 6.15 the flags, too; it has no nvidia-uvm' 'kbuild-ccflags no-llseek timer-delete vma-flags' host.run -k 6.15.1
expect_status 'and they all apply' 0 host.run -k 6.15.1 --no-hooks -o host-new.run
unrun host-new.run new
for f in Kbuild common/inc/nv-timer.h common/inc/nv-mm.h common/inc/nv-linux.h; do
    refute "$f is another one" cmp -s "host/kernel/$f" "new/kernel/$f"
done
check 'the flags are handed over' grep -qx 'ccflags-y += $(EXTRA_CFLAGS)' new/kernel/Kbuild
sets_for 'the new installer asks for the same' 'kbuild-ccflags no-llseek timer-delete vma-flags' host-new.run -k 6.15.1

driver later 525.125.03 host
expect_status 'vGPU 15.3 is blocked on 6.15' 1 select later.run -k 6.15.1 --json=later.json
check 'also because of its flags' grep -q 'EXTRA_CFLAGS, which 6.15 ignores' later.json

# vGPU 15.1, whose sources are at hand: each line adds the sets for what it changed.
chain=' vgpu-vfio-irqfd vgpu-vfio-mdev-types vm-flags'
for at in 6.3: '6.5:gup-vmas vgpu-vfio-flex-array' '6.8:iommu-mapped retpoline vgpu-vfio-signal' '6.12:drm-poll-changed follow-pfn no-llseek' 6.13:kbuild-blob \
    '6.15:kbuild-ccflags timer-delete' '6.19:conftest-ms vgpu-vfio-region-info' '7.0:dma-map-phys in-irq' 7.2:strncpy; do
    chain="$chain ${at#*:}"
    sets_for "vGPU 15.1 on ${at%%:*}" "$(printf '%s\n' $chain | sort | paste -sd ' ' -)" older.run -k "${at%%:*}.9"
done
expect_status 'with a desktop half it is blocked' 1 select --driver 525.85.07 --kind merged -k 6.3.0
says 'for the modules of that' 'nvidia-uvm and nvidia-drm' out

# vGPU 12 on 5.14 to 5.17: mdev as the line has it, and nvidia-drm only where the
# package has it.
sh "$fx/sample.sh" --version 460.73.02 --kind host r460
sh "$fx/mkrun.sh" --compress gzip r460 r460.run
drm='drm-pdev drm-plane-state'
vfio='vgpu-vfio-eventfd vgpu-vfio-licence vgpu-vfio-mdev-config'
sets_for 'R460 on 5.14' "$drm task-state $vfio vgpu-vfio-symbol-get vgpu-vfio-typed-mdev" r460.run -k 5.14.21
vfio="$vfio vgpu-vfio-open-device vgpu-vfio-symbol-get vgpu-vfio-typed-mdev"
for r in 5.15.102-1-pve 5.15.0-72-generic 5.15.158-2-pve 5.15.0-204-generic; do
    sets_for "R460 on $r" "$drm task-state $vfio" r460.run -k $r
    says 'nobody has loaded it' 'modules load: unknown' out
done
for r in 5.15.131 5.15.160-Unraid; do
    sets_for "R460 on $r" "$drm task-state $vfio" r460.run -k $r
    says 'it would not load' 'modules load: no' out
done
sets_for 'R460 on 5.16' "$drm std-headers task-state $vfio" r460.run -k 5.16.9
sets_for 'R460 on 5.17' "drm-bitmap $drm pde-data std-headers task-state $vfio" r460.run -k 5.17.1
for r in 5.13.19 5.14.0-427.13.1.el9_4.x86_64 5.18.1; do
    expect_status "R460 on $r is blocked" 1 select r460.run -k $r
done
expect_status 'so is vGPU 12.0 on 5.15' 1 select --driver 460.32.04 --kind host -k 5.15.102
expect_status 'all of them apply' 0 r460.run -k 5.17.1 --no-hooks -o r460-new.run
unrun r460-new.run r460.x
check 'the new headers are in the manifest' grep -q '^kernel/common/inc/stddef.h ' r460.x/.manifest
expect_status 'a second time they are there already' 0 r460-new.run -k 5.17.1 --no-hooks -n -v
says 'and that is said' already out
rm -rf r460/kernel/nvidia-drm
sed -i '/^kernel.nvidia-drm/d' r460/.manifest
sh "$fx/mkrun.sh" --compress gzip r460 r460b.run
sets_for 'without nvidia-drm' "pde-data std-headers task-state $vfio" r460b.run -k 5.17.1
expect_status 'they apply as well' 0 r460b.run -k 5.17.1 --no-hooks -n

# vGPU 15.1 on 6.1 and 6.2: the set is for its own sources, and for no other's.
for r in 6.1.38 6.2.16; do
    sets_for "vGPU 15.1 on $r" 'vgpu-vfio-irqfd vgpu-vfio-mdev-types' older.run -k $r
    expect_status 'and it applies' 0 older.run -k $r --no-hooks -o older-$r.run
    rm -rf older.x
    unrun older-$r.run older.x
    check 'the parent is registered as 6.1 wants it' \
        grep -q 'mdev_register_parent(&phys_dev->mdev_parent' older.x/kernel/nvidia-vgpu-vfio/vgpu-vfio-mdev.c
    refute 'no fuzz, no offset' grep -Eiq 'fuzz|offset' err
done
expect_status 'a second time it is there already' 0 older-6.2.16.run -k 6.2.16 --no-hooks -n -v
says 'and that is said' already out
for d in 525.60.12 525.105.14 525.125.03; do
    expect_status "$d is blocked on 6.1" 1 select --driver $d --kind host -k 6.1.38
done

# nvidia-drm asks for more, when the package has it.
mkdir -p guest/kernel/nvidia-drm
echo 'NV_CONFTEST_TYPE_COMPILE_TESTS += drm_helper_mode_fill_fb_struct' >> guest/kernel/nvidia-drm/nvidia-drm-sources.mk
sed -i 's|^kernel/nvidia/os-interface.c \(.*\)|&\nkernel/nvidia-drm/nvidia-drm-sources.mk \1|' guest/.manifest
sh "$fx/mkrun.sh" --compress gzip guest guest2.run
sets_for 'a general driver on 6.16' 'kbuild-ccflags timer-delete vma-flags' guest2.run -k 6.16.0
sets_for 'on 6.17: nvidia-drm' 'drm-fb-format kbuild-ccflags timer-delete vma-flags' guest2.run -k 6.17.0
sed -i 's/drm_helper_mode_fill_fb_struct/& drm_fb_create_takes_format_info/' guest/kernel/nvidia-drm/nvidia-drm-sources.mk
sh "$fx/mkrun.sh" --compress gzip guest guest3.run
sets_for 'not when it knows the interface' 'kbuild-ccflags timer-delete vma-flags' guest3.run -k 6.17.0

# pfn_valid(): the headers decide.
mkdir -p h/include/linux h/include/generated h/include/config
echo '#define UTS_RELEASE "5.15.0-106-generic"' > h/include/generated/utsrelease.h
: > h/include/config/auto.conf
: > h/.config
: > h/include/linux/kernel.h
printf 'VERSION = 5\nPATCHLEVEL = 15\nSUBLEVEL = 0\n' > h/Makefile
printf 'static inline int pfn_valid(unsigned long pfn)\n{\n\trcu_read_lock_sched();\n}\n' > h/include/linux/mmzone.h
echo '    if (pfn_valid(pfn))' >> older/kernel/nvidia/os-mlock.c 2> said || {
    mkdir -p older/kernel/nvidia
    echo '    if (pfn_valid(pfn))' > older/kernel/nvidia/os-mlock.c
}
grep -q os-mlock older/.manifest ||
    sed -i 's|^kernel/nvidia/os-interface.c \(.*\)|&\nkernel/nvidia/os-mlock.c \1|' older/.manifest
sh "$fx/mkrun.sh" --compress gzip older older2.run
sets_for 'rcu_read_lock_sched() is harmless' vgpu-vfio-irqfd older2.run --headers h
printf 'static inline int pfn_valid(unsigned long pfn)\n{\n\trcu_read_lock();\n}\n' > h/include/linux/mmzone.h
sets_for 'rcu_read_lock() is not' 'pfn-valid vgpu-vfio-irqfd' older2.run --headers h

# The kernel's compiler, as its headers name it.
driver tests 470.256.02 general
echo 'NV_CONFTEST_CFLAGS = $(NV_CFLAGS_FROM_CONFTEST) $(EXTRA_CFLAGS) -fno-pie' >> tests/kernel/Kbuild
echo '                    struct drm_gem_object *obj, struct dma_buf_map *map) {' >> tests/kernel/conftest.sh
sh "$fx/mkrun.sh" --compress gzip tests tests2.run
printf 'static inline int pfn_valid(unsigned long pfn)\n{\n}\n' > h/include/linux/mmzone.h
compiler() { echo "#define CONFIG_GCC_VERSION $1" > h/include/generated/autoconf.h; }
compiler 130300
sets_for 'GCC 13 decides the driver'\''s tests as the driver thinks' none tests2.run --headers h
compiler 140200
sets_for 'GCC 14 has new errors' conftest-gcc14 tests2.run --headers h
compiler 150200
sets_for 'and GCC 15 another C' 'conftest-gcc14 conftest-std' tests2.run --headers h
expect_status 'both apply' 0 tests2.run --headers h --no-hooks -o tests-new.run
unrun tests-new.run tests-new
check 'the kernel'\''s -std goes to the tests' \
    grep -qx 'NV_CONFTEST_CFLAGS += $(filter -std=%,$(KBUILD_CFLAGS))' tests-new/kernel/Kbuild

# follow_pfn(): a kernel that has it back needs nothing, whatever its release is.
echo 'int follow_pfn(struct vm_area_struct *vma);' > h/include/linux/mm.h
mkdir -p h/include/drm
echo 'int output_poll_changed; char *date; DRM_UNLOCKED' | tee h/include/drm/drm_mode_config.h \
    h/include/drm/drm_drv.h > h/include/drm/drm_ioctl.h
compiler 130300
echo '    return unsafe_follow_pfn(vma, address, pfn);' >> tests/kernel/nvidia/os-mlock.c
sh "$fx/mkrun.sh" --compress gzip tests tests3.run
sets_for 'follow_pfn() is there' none tests3.run --headers h
echo 'int follow_pfnmap_start(struct follow_pfnmap_args *args);' > h/include/linux/mm.h
sets_for 'it is not' follow-pfn tests3.run --headers h
# The day of the data is that of its newest evidence, or a later one.
day=$(sed -n 's/^Date: //p' "$cli/../../kernel-versions/any")
newest=$(grep -rhoE '^[^#]*' "$cli/../../kernel-versions" | grep -oE '\[(built|booted)[^]]*\] 20[0-9]{2}-[0-9]{2}-[0-9]{2}' | sed 's/.*\] //' | sort | tail -n 1)
check "the day of the data, $day, is not before $newest" test "$(printf '%s\n' "$day" "$newest" | sort | tail -n 1)" = "$day"
finish
