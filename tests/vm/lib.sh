# SPDX-License-Identifier: MIT
# Shared by check.sh and hosts.sh: `. "$here/lib.sh"` with $here set. The scratch directory
# is the current one. A kernel is release, headers, source, image, kernel_modules, inside
# (a root with its compiler, or -).
#
#   ok, fail, skip WHAT   one line each; bad is 1 once something failed
#   take LINE             a kernel as kernel.sh has it; says why not. debug is RM_DEBUG for
#                         one that looks at locks and memory itself, else empty; cdev is so
#                         where vGPUs have devices of their own
#   begin; want RESULT STEP…  the plan
#   modules KO            the kernel's own that a module needs, first into the plan
#   run NAME              the plan, with NAME-nvidia.ko and NAME-vfio.ko as /m/nvidia.ko
#                         and /m/vfio-driver.ko; RUN_SAID has what it came to
# shellcheck shell=sh disable=SC2034,SC2086,SC2154 # the sourcing scripts use and set these; lists are words

cache=${GRIDPATCH_REAL_CACHE:-$HOME/.cache/gridpatch-real}
uuid=11111111-2222-3333-4444-555555555555
card=/sys/class/mdev_bus/0000:00:01.0
types=$card/mdev_supported_types
parameters=/sys/module/nvidia/parameters
type_words= # more that a type has
bad=0
: "${VM_SECONDS:=420}"

ok() { echo "ok   $*"; }
skip() { echo "SKIP check-vm: $*"; }
fail() {
    echo "FAIL $*"
    bad=1
}

take() {
    if ! sh "$here/kernel.sh" "$cache" "$1" > kernel 2> why; then
        echo "$1: $(tail -n 1 why)"
        return 1
    fi
    read -r release headers source root inside < kernel
    debug=
    memory=
    case $1 in debug/*) debug=RM_DEBUG memory=1024 ;; esac
    image=$(find "$root/boot" "$root/usr/lib/modules/$release" -maxdepth 1 -name "vmlinuz*" 2> /dev/null | head -n 1)
    kernel_modules=$root/lib/modules
    [ -d "$kernel_modules" ] || kernel_modules=$root/usr/lib/modules
    cdev=
    ! grep -qs '^CONFIG_VFIO_DEVICE_CDEV=y' "$headers/.config" || cdev=cdev
}

# want RESULT STEP…: a line of the plan, and what it has to come to: a number, "no" for
# any refusal, "any".
want() {
    echo "$1" >> wants
    shift
    echo "$*" >> plan
}

begin() {
    : > plan
    : > wants
    given=
}

# unpacked NAME: the kernel's module of that name, into kos/RELEASE; fails if it has none.
unpacked() {
    to=kos/$release/$1.ko
    mkdir -p "kos/$release"
    [ ! -f "$to" ] || return 0
    file=$(find "$kernel_modules" -name "$(echo "$1" | sed 's/[-_]/[-_]/g').ko*" | head -n 1)
    case $file in
        *.ko) cp "$file" "$to" ;;
        *.ko.xz) xz -dc "$file" > "$to" ;;
        *.ko.zst) zstd -qdc "$file" > "$to" ;;
        *.ko.gz) gzip -dc "$file" > "$to" ;;
        *) return 1 ;;
    esac
}

# load_with NAME: it, and what it depends on before it, each once.
load_with() {
    case " $loaded " in *" $1 "*) return 0 ;; esac
    unpacked "$1" || return 0 # built in, or this kernel has none
    loaded="$loaded $1"
    for dep in $(modinfo -F depends "kos/$release/$1.ko" | tr ',-' ' _'); do load_with "$dep"; done
    want 0 load "/m/$1.ko"
    given="$given kos/$release/$1.ko=/m/$1.ko"
}

# The last step: does a kernel that looks at locks still do it?
still() { [ -z "$debug" ] || want 0 read /proc/lockdep_stats; }

modules() {
    loaded=nvidia
    needs=$(modinfo -F depends "$1" | tr ',-' ' _')
    for m in irqbypass iommufd vfio vfio_virqfd vfio_iommu_type1 mdev vfio_mdev $needs; do load_with "$m"; done
}

# The kernel's own words for what must not be.
complaints() {
    grep -n -E '^k .*(BUG|WARNING:|Oops|RIP: 0010|corruption|Redzone|Poison|Object padding|use-after-free|refcount_t|INFO: task|lockdep|circular locking|KASAN|general protection|unregister_netdevice|Call Trace)' "$1"
}

# own_locks SAID: did the looking at locks end with the kernel's own mistake? Its
# vfio_iommu_type1 holds device_list_lock while a driver has to give pages back, which takes
# iommu->lock, and takes both the other way round for a new device (vfio_notify_dma_unmap(),
# vfio_iommu_type1_register_device(), since 6.0): any driver that pins pages shows it.
own_locks() {
    [ "$(grep -c '^k WARNING: possible circular locking' "$1")" = 1 ] &&
        grep -A 4 'is trying to acquire lock' "$1" | grep -q 'iommu->lock.* at: vfio_iommu_type1_unpin_pages' &&
        grep -A 2 'already holding lock' "$1" | grep -q 'device_list_lock.* at: vfio_iommu_type1_ioctl'
}

# run NAME WORDS: the plan in a machine, and all that is wrong with what it came to; WORDS
# stand behind what is said of it.
run() {
    RUN_SAID=$1.said
    run_bad=0
    # shellcheck disable=SC2086 # words
    if "$VM_RUN" -a "${VM_ACCEL:-tcg}" -c 2 ${memory:+-m $memory} -t "$VM_SECONDS" -d edu -p slub_debug=FZP \
        "$image" plan guest=/bin/guest $given "$1-nvidia.ko=/m/nvidia.ko" "$1-vfio.ko=/m/vfio-driver.ko" > "$RUN_SAID" 2>&1; then
        :
    elif [ $? = 4 ]; then
        skip "$1: no answer: $(tail -n 1 "$RUN_SAID")"
        return 1
    else
        tail -n 40 "$RUN_SAID"
        fail "$1: the plan comes to its end"
        return 1
    fi
    wrong=$(sed -n 's/^step \([0-9]*\) \([^:]*\): \(.*\)/\1 \2 \3/p' "$RUN_SAID" | awk '
        NR == FNR { want[FNR - 1] = $1; steps = FNR; next }
        { seen++; w = want[$1] }
        w != "any" && w != $2 && !(w == "no" && $2 < 0) { print }
        END { if (seen != steps) print "only " seen " of " steps " steps" }' wants -)
    [ -z "$wrong" ] || { fail "$1: $wrong" && run_bad=1; }
    ! grep -n 'NOT OK' "$RUN_SAID" || { fail "$1: the guest finds something wrong" && run_bad=1; }
    if [ -z "$debug" ] || ! own_locks "$RUN_SAID"; then
        ! complaints "$RUN_SAID" || { fail "$1: the kernel complains" && run_bad=1; }
        [ -z "$debug" ] || grep -q '^o  *debug_locks: *1$' "$RUN_SAID" ||
            { fail "$1: the kernel looks at locks to the end: $(grep -m 1 debug_locks "$RUN_SAID" || echo nothing said)" && run_bad=1; }
    else
        ! complaints "$RUN_SAID" | grep -v -E 'possible circular locking|Call Trace|lockdep' ||
            { fail "$1: the kernel complains" && run_bad=1; }
    fi
    [ $run_bad = 0 ] || return 1
    ok "$1: ${2:+$2, }$(tail -n 1 "$RUN_SAID" | sed 's/^done by //')"
}

# types_read WORD…: each type says these of itself.
types_read() {
    for t in 63 64 105; do
        for word; do want 0 read "$types/pci-$t/$word"; done
    done
}

# life HOW…: of a vGPU, from the card's coming to its going. HOW: pins HOW of the guest.
life() {
    want 0 write "$parameters/reg" 1
    types_read name device_api available_instances $type_words
    want 0 write "$types/pci-63/create" $uuid
    for way in use $cdev; do want 0 run /bin/guest "$way" $uuid; done
    want 0 read "$parameters/fired"
    for how; do want 0 run /bin/guest pins $uuid "$how"; done
    want 0 run /bin/guest hold $uuid
    want no unload nvidia
    want no unload nvidia_vgpu_vfio
    want 0 run /bin/guest drop
    want 0 write "/sys/bus/mdev/devices/$uuid/remove" 1
    want 0 run /bin/guest cycle "$VM_TIMES" "$types/pci-64" $uuid
    want 0 write "$types/pci-63/create" $uuid
    want 0 run /bin/guest parent $uuid "$parameters/reg"
    want 0 write "$parameters/reg" 1
    want 0 write "$types/pci-105/create" $uuid
}

# refused: nvidia-vgpu-vfio asks symbol_get(), and the kernel says no.
plan_refused() {
    begin
    modules "$1-vfio.ko"
    want 0 load /m/nvidia.ko
    want no load /m/vfio-driver.ko
    want 0 unload nvidia
    still
}

# The driver as NVIDIA links it: nvidia.ko first.
plan_plain() {
    begin
    modules "$1-vfio.ko"
    shift
    want 0 load /m/nvidia.ko
    want 0 load /m/vfio-driver.ko
    want no unload nvidia
    life "$@"
    want 0 unload nvidia_vgpu_vfio # with a vGPU that nobody uses
    want 0 load /m/vfio-driver.ko
    want 0 write "$parameters/reg" 1
    want 0 write "$types/pci-63/create" $uuid
    want 0 run /bin/guest use $uuid
    want 0 write "$parameters/reg" 0
    want 0 unload nvidia_vgpu_vfio
    want 0 unload nvidia
    still
}

# With vgpu-vfio-attach: nvidia-vgpu-vfio first.
plan_attach() {
    begin
    modules "$1-vfio.ko"
    shift
    want 0 load /m/nvidia.ko # alone: no vGPUs, but it loads
    want 0 unload nvidia
    want 0 load /m/vfio-driver.ko
    want 0 load /m/nvidia.ko
    want no unload nvidia_vgpu_vfio
    want 0 read /sys/module/nvidia_vgpu_vfio/taint
    life "$@"
    want 0 unload nvidia # with a vGPU that nobody uses
    want 0 unload nvidia_vgpu_vfio
    want 0 load /m/vfio-driver.ko
    want 0 load /m/nvidia.ko
    want 0 write "$parameters/reg" 1
    want 0 write "$parameters/reg" 0
    want 0 unload nvidia
    want 0 load /m/nvidia.ko # again, to the same nvidia-vgpu-vfio
    want 0 write "$parameters/reg" 1
    want 0 write "$types/pci-63/create" $uuid
    want 0 run /bin/guest use $uuid
    want 0 unload nvidia
    want 0 unload nvidia_vgpu_vfio
    still
}

says_why() {
    grep -q 'failing symbol_get of non-GPLONLY symbol nvidia_vgpu_vfio_get_ops' "$RUN_SAID" ||
        fail "$1: the kernel says why it refuses"
}

# O: not of the kernel's tree; E: not signed, where the kernel looks at that.
untainted() {
    grep -A 1 '^step .* read /sys/module/nvidia_vgpu_vfio/taint' "$RUN_SAID" | grep -qE '^o OE?$' ||
        fail "$1: nvidia-vgpu-vfio is not tainted by a proprietary module"
}
