#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2116,SC2154 # lib.sh sets the rest; lists are words; expanded in a root
# hosts.sh: NVIDIA's own nvidia-vgpu-vfio, of your host drivers, as gridpatch patches it,
# beside a stand-in for nvidia.ko (rm.c), on each kernel that can be had. check.sh calls it.
#
#   GRIDPATCH_TREES  a directory of your host drivers, installers or extracted
#   VM_KERNELS       which kernels, in the words of kernel.sh
#   VM_HOSTS         only these versions
#   GRIDPATCH, VM_RUN, VM_TIMES, GUEST: as in check.sh. The scratch directory is the current one.
#
# What select says of loading has to be what the kernel says. A DKMS tree has every neutral
# set, chosen for this kernel or not, so that all of them run on all kernels. At the end
# stands where each vgpu-vfio set ran, and on which side of each of its guards.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
. "$here/sides.sh"
work=$PWD
type_words=description
: > ran

# make_in DIR: the driver's own make, in the root with the kernel's compiler if it has one.
make_in() {
    others=
    for m in nvidia-uvm nvidia-modeset nvidia-drm nvidia-peermem; do
        [ ! -d "$1/$m" ] || others="$others $m"
    done
    set -- "$1" make "-j$(nproc)" modules "SYSSRC=$source" "SYSOUT=$headers" "KERNEL_UNAME=$release" IGNORE_CC_MISMATCH=1 \
        "NV_EXCLUDE_KERNEL_MODULES=$others" "NV_EXCLUDE_BUILD_MODULES=$others"
    dir=$1
    shift
    if [ "$inside" = - ]; then
        # The compiler is the kernel's own, whatever CC says.
        (cd "$dir" && env -u CC -u MAKEFLAGS -u MAKELEVEL "$@")
        return
    fi
    rm -rf "$inside$dir"
    mkdir -p "$(dirname "$inside$dir")"
    mv "$dir" "$inside$dir"
    # objtool of 7.x reads /proc.
    status=0
    unshare -m sh -c 'mount -t proc proc "$1/proc" && cd "$1" && shift && exec chroot . "$@"' sh "$inside" \
        env -i PATH=/usr/sbin:/usr/bin LC_ALL=C sh -c 'cd "$0" && exec "$@"' "$dir" "$@" || status=$?
    mv "$inside$dir" "$dir"
    rm -rf "$inside$work"
    return $status
}

# stand_in DIR WORD…: rm.c takes the place of nvidia.ko's sources and its binary part; the
# questions to the kernel stay, nvidia-vgpu-vfio needs their answers. WORDs are defined in it.
stand_in() {
    dir=$1
    shift
    grep -q is_driver_vm "$dir/common/inc/nv-vgpu-vfio-interface.h" || set -- "$@" RM_R460
    {
        for word; do echo "#define $word"; done
        echo '#include "stand-in.c"'
    } > "$dir/nvidia/rm.c"
    cp "$here/rm.c" "$dir/nvidia/stand-in.c"
    # NVIDIA makes its semaphores without a key, so that the kernel stops looking at locks
    # where the first of them is taken. That is not ours to change; here it is.
    [ -z "$debug" ] || sed -i 's/^#define NV_INIT_MUTEX.*/#define NV_INIT_MUTEX(mutex) sema_init(mutex, 1)/' \
        "$dir/common/inc/nv-lock.h"
    echo 'NVIDIA_SOURCES := nvidia/rm.c' > "$dir/nvidia/nvidia-sources.Kbuild"
    echo 'void rm_no_blob(void) {}' | gcc -c -O2 -fno-pie -mcmodel=kernel -fcf-protection=none -xc -o no-blob.o -
    cp no-blob.o "$dir/nvidia/nv-kernel.o_binary"
}

# made NAME WORDS OPTION…: the patched driver, with the stand-in that has WORDS, as
# NAME-nvidia.ko and NAME-vfio.ko; sets are those that are in it. What the kernel answered conftest.sh, most of the time
# that this takes, stays for the next one of the same kernel: built/ is made again from
# what differs.
made() {
    name=$1
    words=$2
    shift 2
    rm -rf new
    if ! "$GRIDPATCH" dkms-tree "$tree" --headers "$headers" --no-hooks "$@" -o "$work/new" \
        --json=tree.json -q > "$name.log" 2>&1; then
        fail "$name: $(tail -n 1 "$name.log")"
        return 1
    fi
    stand_in "$work/new" $words $debug
    sets=$(jq -r '[.patches[].set] | unique[]' tree.json | grep '^vgpu-vfio-') || :
    ask_sides "$work/new" $sets
    if [ -d built ]; then
        (cd new && find . -type f) | while read -r f; do
            cmp -s "new/$f" "built/$f" || cp "new/$f" "built/$f"
        done
        rm -f built/*.ko
    else
        mv new built
    fi
    if ! make_in "$work/built" > "$name.log" 2>&1; then
        grep -m 5 -E 'error:|ERROR|No rule' "$name.log" || tail -n 5 "$name.log"
        fail "$name: builds for $release"
        return 1
    fi
    sides_said "$name.log"
    cp built/nvidia.ko "$name-nvidia.ko"
    cp built/nvidia-vgpu-vfio.ko "$name-vfio.ko"
}

# one TREE LINE: a driver on a kernel.
one() {
    tree=$1
    what="$version-$release"
    "$GRIDPATCH" select "$tree" --headers "$headers" --json=claim.json -q > /dev/null 2>&1 || :
    verdict=$(jq -r '.selection.cells[0].verdict // empty' claim.json)
    loads=$(jq -r '.selection.cells[0].claims.loads.claim // empty' claim.json)
    if [ -z "$verdict" ] || [ "$verdict" = blocked ]; then
        ok "$what: not for this kernel, as the data say"
        return 0
    fi
    # Pages above the guest's memory, and the way through /dev/iommu: sets of 6.1 and newer.
    pins=
    case " $(echo $(jq -r '.selection.cells[0].sets[]' claim.json)) " in
        *' vgpu-vfio-mdev-types '*)
            pins=container
            ! unpacked iommufd || pins='container iommufd'
            ;;
    esac
    licence=
    ! grep -q 'MODULE_LICENSE("MIT")' "$interface" || licence='--set vgpu-vfio-licence'

    rm -rf built
    if made "$what-plain" '' $licence; then
        if [ "$loads" = no ]; then
            plan_refused "$what-plain"
            run "$what-plain" 'refused, as the data say' && says_why "$what-plain"
        else
            plan_plain "$what-plain" $pins
            run "$what-plain" "runs; the data say of loading: $loads" && ran_on
        fi
    fi
    if made "$what-attach" RM_ATTACH $licence --set vgpu-vfio-attach; then
        # Pins end the looking at locks: see own_locks().
        if [ -n "$debug" ]; then
            plan_attach "$what-attach"
            run "$what-attach" 'runs with vgpu-vfio-attach, without pins' || cp "$RUN_SAID" "$what-locks.said"
        fi
        plan_attach "$what-attach" $pins
        if run "$what-attach" "runs with vgpu-vfio-attach${pins:+; pins: $pins}"; then
            untainted "$what-attach"
            ran_on
        fi
    fi
    rm -rf "$work/$what"-*.ko
}

ran_on() {
    for s in $sets; do echo "$s $version ${release%%-*}" >> ran; done
    sides_ran "$version on ${release%%-*}"
}

for tree in "$GRIDPATCH_TREES"/*; do
    "$GRIDPATCH" info "$tree" --json=info.json -q 2> /dev/null || continue
    case $(jq -r '.driver.kind // empty' info.json) in host | merged) ;; *) continue ;; esac
    version=$(jq -r '.driver.version' info.json)
    case " ${VM_HOSTS:-$version} " in *" $version "*) ;; *) continue ;; esac
    rm -rf sources
    if ! "$GRIDPATCH" extract "$tree" -o sources > extract.log 2>&1; then
        [ -d "$tree" ] || { fail "$version: $(tail -n 1 extract.log)" && continue; }
        rm -rf sources
        mkdir sources
        cp -r "$tree/." sources # where a link leads, too
    fi
    interface=$(find sources -path '*nvidia-vgpu-vfio/nvidia-vgpu-vfio.c' | head -n 1)
    if [ -z "$interface" ]; then
        skip "$version: no nvidia-vgpu-vfio in it"
        continue
    fi
    hosts="${hosts:-} $version"
    for line in $VM_KERNELS; do
        if ! take "$line" > taken; then
            skip "$version on $(cat taken)"
        else
            one "$tree"
        fi
    done
done
[ -n "${hosts:-}" ] || skip 'GRIDPATCH_TREES has no host driver'

echo 'vgpu-vfio sets that ran, and where:'
for set in "$here"/../../patches/vgpu-vfio-*; do
    set=${set##*/}
    where=$(awk -v s="$set" '$1 == s { print $2 " on " $3 }' ran | sort -u | paste -s -d , | sed 's/,/, /g')
    echo "  $set: ${where:-nowhere}"
    [ -z "$where" ] || sides_list "$set"
done
exit $bad
