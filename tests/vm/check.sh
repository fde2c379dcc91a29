#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2034,SC2086,SC2154 # lib.sh sets and uses the rest; lists are words
# `make check-vm`: the vgpu-vfio sets at run time, in a virtual machine without a card.
#
# A small host driver of our own (tests/vm/host) is patched with the set as gridpatch
# ships it, built for Debian's kernel, and run under QEMU's emulation with slab checks
# on; then NVIDIA's own nvidia-vgpu-vfio of the host drivers that you have (hosts.sh). It
# says which set ran on what, and what did not run.
#
#   GRIDPATCH            the program
#   VM_RUN               tests/vm/run.c, built
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_TREES      a directory of your host drivers, installers or extracted
#   VM_TIMES             how often a vGPU is made and removed (1000; of your drivers 100)
#   VM_SECONDS           for one boot (420): more on a machine that has other work
#   VM_KERNELS           for your drivers (Debian's "5.10 6.1 6.12 newest")
#   FULL=1               your drivers 1,000 times, and on Ubuntu's kernels and those of
#                        Debian's newer suite, too; all on a small kernel with KASAN and
#                        lockdep, which is made first
#   VM_PARTS             only these: "own debug hosts"
#   VM_KEEP              set: leave the scratch directory and name it
set -eu
export LC_ALL=C
umask 022
: "${GRIDPATCH:?say which gridpatch}" "${VM_RUN:?say which vm-run}" "${VM_KEEP:=}" "${FULL:=}" "${GRIDPATCH_TREES:=}"
: "${VM_PARTS:=own debug hosts}"
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/gridpatch-vm.XXXXXX")
if [ -n "$VM_KEEP" ]; then echo "kept: $work"; else trap 'rm -rf "$work"' EXIT; fi
trap 'exit 1' HUP INT TERM
cd "$work"

part() { case " $VM_PARTS " in *" $1 "*) ;; *) return 1 ;; esac; }

stop() {
    [ -z "$*" ] || skip "$*"
    [ $bad = 1 ] || echo 'check-vm: fine'
    exit $bad
}

# --- vgpu-vfio-mdev-types: the walk over pinned pages, out of the patch, by itself ---

awk '/^\+static NvBool nv_is_pinned_in_cache/ { on = 1 } /^.void nv_vgpu_vfio_dma_unmap/ { on = 0 }
    on && /^\+/ { print substr($0, 2) }' "$here/../../patches/vgpu-vfio-mdev-types/dma-unmap.patch" > walk.inc
if [ ! -s walk.inc ]; then
    fail 'unmap: dma-unmap.patch has the walk'
elif ! ${CC:-cc} -g -O1 -Wall -Wextra -fsanitize=address,undefined -I. -o unmap "$here/unmap.c"; then
    fail 'unmap: it builds'
elif ./unmap; then
    ok 'unmap: it finds each pinned page, and looks at no other'
else
    fail 'unmap: it finds each pinned page, and looks at no other'
fi

# --- vgpu-vfio-mdev-types: the names of types, out of the patch, into our own driver ---

awk '/^\+static ssize_t nv_vgpu_read_mdev_name/ { on = 1 } /^ unsigned int nv_vgpu_mdev_get_available/ { on = 0 }
    on && /^[+ ]/ { print substr($0, 2) }' "$here/../../patches/vgpu-vfio-mdev-types/type-names.patch" > names.inc
grep -q nv_vgpu_name_mdev_types names.inc || fail 'names: type-names.patch has what makes them'

command -v qemu-system-x86_64 > /dev/null || stop 'no qemu-system-x86_64 (package qemu-system-x86)'
${CC:-cc} -O1 -static -Wall -Wextra -o guest "$here/guest.c" 2> why || stop "no static program can be made: $(head -n 1 why)"

# --- our own driver: as NVIDIA links it, which its kernel refuses, and with vgpu-vfio-attach ---

# build DIR NAME: our driver in DIR as NAME-nvidia.ko and NAME-vfio.ko. The compiler is
# the kernel's own, whatever CC says.
build() {
    if ! env -u CC -u MAKEFLAGS -u MAKELEVEL make -C "$headers" M="$work/$1/kernel" ${debug:+KCFLAGS=-D$debug} modules \
        > "$1.log" 2>&1; then
        tail -n 20 "$1.log"
        fail "$2: builds for $release"
        return 1
    fi
    cp "$1/kernel/nvidia.ko" "$2-nvidia.ko"
    cp "$1/kernel/nvidia-vgpu-vfio.ko" "$2-vfio.ko"
}

# own WORD: on the kernel that is set.
own() {
    rm -rf plain attach
    mkdir plain
    cp -r "$here/host" plain/kernel
    cp "$here/rm.c" plain/kernel/
    cp names.inc plain/kernel/nvidia-vgpu-vfio/
    cp -r plain attach
    if ! "$GRIDPATCH" apply -q -d attach "$here/../../patches/vgpu-vfio-attach" > apply.said 2>&1; then
        cat apply.said
        fail 'attach: the set applies'
        return
    fi
    ! build plain "$1-plain" || ! plan_refused "$1-plain" || ! run "$1-plain" 'refused' || says_why "$1-plain"
    ! build attach "$1-attach" || ! plan_attach "$1-attach" || ! run "$1-attach" 'runs' || {
        untainted "$1-attach"
        named "$1-attach"
    }
}

# named NAME: each type has its own name, before anything else of a type was read.
named() {
    for t in 63 64 105; do
        grep -A 1 "^step .* read $types/pci-$t/name" "$RUN_SAID" | grep -q "^o GRID STANDIN-${t}Q\$" ||
            fail "$1: type $t has its own name from the first read"
    done
}

times=${VM_TIMES:-}
if part own; then
    VM_TIMES=${VM_TIMES:-1000}
    if take 6.1 > taken; then own own; else skip "no kernel: $(cat taken)"; fi
    VM_TIMES=$times
fi

# --- the same on a kernel that looks at locks and memory itself ---

# wrong: does it? A module that does what must not be done.
wrong() {
    mkdir wrong
    cp "$here/wrong.c" wrong/
    echo 'obj-m := wrong.o' > wrong/Kbuild
    if ! env -u CC -u MAKEFLAGS -u MAKELEVEL make -C "$headers" M="$work/wrong" modules > wrong.log 2>&1; then
        tail -n 20 wrong.log
        fail "debug: wrong.ko builds for $release"
        return
    fi
    begin
    want 0 load /m/wrong.ko
    # What KASAN finds ends the looking at locks.
    for what in locks memory; do want 0 write /sys/module/wrong/parameters/do $what; done
    "$VM_RUN" -a "${VM_ACCEL:-tcg}" -c 2 -m "$memory" -t "$VM_SECONDS" "$image" plan wrong/wrong.ko=/m/wrong.ko \
        > wrong.said 2>&1 || :
    complaints wrong.said > wrong.found || :
    for what in 'BUG: KASAN: .*use-after-free' 'possible circular locking'; do
        if grep -q "$what" wrong.found; then ok "debug: the kernel says '$what'"; else fail "debug: the kernel says '$what'"; fi
    done
}

if [ -z "$FULL" ]; then
    skip 'a kernel with KASAN and lockdep: only with FULL=1'
elif part debug; then
    VM_TIMES=${VM_TIMES:-100}
    if take debug/6.1 > taken; then wrong && own debug; else skip "no kernel: $(cat taken)"; fi
    VM_TIMES=$times
fi

# --- NVIDIA's own ---

if part hosts && [ -n "$GRIDPATCH_TREES" ]; then
    if [ -n "$FULL" ]; then
        : "${VM_TIMES:=1000}"
        : "${VM_KERNELS:=5.10 6.1 6.12 newest ubuntu/5.4 ubuntu/5.15 ubuntu/6.8 ubuntu/6.11 ubuntu/6.14 ubuntu/6.17 ubuntu/7.0 \
            trixie/6.12 trixie/newest debug/6.1 debug/6.12}"
    else
        : "${VM_TIMES:=100}" "${VM_KERNELS:=5.10 6.1 6.12 newest}"
    fi
    export GRIDPATCH VM_RUN VM_TIMES VM_SECONDS VM_KERNELS GRIDPATCH_TREES
    sh "$here/hosts.sh" || bad=1
else
    skip "NVIDIA's own drivers: GRIDPATCH_TREES names no directory of yours"
fi
stop
