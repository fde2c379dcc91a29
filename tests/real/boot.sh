#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154,SC2086 # lib.sh sets the rest; lists are words
# boot.sh: Debian's kernels of several lines load modules of our own, and those of real
# drivers as gridpatch patches and builds them; what a look at the files says of each is
# compared with what the kernel says.
#
#   GRIDPATCH            the program
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory
#   LINES_BOOTED         kernel lines ("5.10 6.1 6.12")
#   FULL=1               three real drivers on every line; else one of them on 6.1
set -eu
export LC_ALL=C
umask 022
: "${LINES_BOOTED:=5.10 6.1 6.12}" "${FULL:=}"

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

if tool=$(lacks gcc make jq qemu-system-x86_64); then
    skip "kernels that are booted: no $tool"
    finish
    exit
fi

# kernel LINE: sets release, headers and $boot, the options; says why not, and fails.
kernel() {
    if ! sh "$here/../vm/kernel.sh" "$cache" "$1" > found 2> found.err; then
        skip "kernel $1: $(tail -n 1 found.err)"
        return 1
    fi
    read -r release headers _ root _ < found
    boot="--boot --accel tcg --kernel-image $root/boot/vmlinuz-$release --kernel-modules $root/lib/modules/$release"
}

# agree JSON: which modules the loader refuses, and of which files a look says so. init's
# own errors, and what has no answer, are the kernel's alone to know.
agree() {
    jq -r '[.findings[] | select(.severity == "error") | .file] | unique[]' "$1" > looked
    jq -r '.boot.modules[] | select(.asked_for and .verdict == "refused") | .file' "$1" | sort -u > refused
    jq -r '.boot.modules[] | select(.asked_for and .verdict == "not asked") | .file + ": " + .meaning' "$1" > unasked
    diff looked refused && ! grep . unasked
}

verdict() { jq -r --arg f "$2.ko" '[.boot.modules[] | select(.file == $f and .asked_for)][0] | "\(.verdict) \(.check)"' "$1"; }

# --- modules of our own ----------------------------------------------------------

kos=
for m in nvidia taken init prop link taint gplonly space crc absent nvidia-uvm nvidia-peermem nvidia-vgpu-vfio; do
    kos="$kos $m.ko"
done
for line in $LINES_BOOTED; do
    kernel "$line" || continue
    check "$release: the samples build" sh "$fx/bootmods.sh" "$headers" "m$line" || continue
    # The namespace of dma_buf_put() came with 5.16.
    case $line in 5.10) space="loaded null" ;; *) space="refused namespace" ;; esac
    (cd "m$line" && "$GRIDPATCH" verify $kos --headers "$headers" $boot --json="../$line.json" > ../said 2>&1) || :
    while read -r module want; do
        check "$release, $module: ${want% null}" test "$(verdict $line.json $module)" = "$want" || sed -n "/^booted/,\$p" said
    done << END
nvidia ended card
nvidia-uvm ended init
nvidia-peermem ended card
nvidia-vgpu-vfio refused symbol-get
taken loaded null
prop loaded null
link loaded null
init failed init
taint refused symbol
gplonly refused symbol
space $space
crc refused crc
absent refused symbol
END
    check "$release: a look at the files and the kernel agree" agree $line.json || :
done

# --- drivers ---------------------------------------------------------------------

# driver PACKAGE VERSION LINE
driver() {
    kernel "$3" || return 0
    what="$2 on $release"
    if ! deb=$(sh "$here/fetch.sh" "$cache" "$1" "$2" 2> deb.err); then
        skip "$what: $(tail -n 1 deb.err)"
        return 0
    fi
    [ -d "tree$2" ] || sh "$here/tree.sh" "$deb" "$2" "tree$2"
    "$GRIDPATCH" build "tree$2" --no-hooks --headers "$headers" -o "out$2" $boot --json=cell.json > said 2>&1 || :
    case $(jq -r '.cells[0] | "\(.class) \(.boot)"' cell.json) in
        'ok yes') pass "$what: builds, and the kernel takes all of it" ;;
        blocked* | unknown*) pass "$what: blocked, as the data say" && return 0 ;;
        *) fail "$what: $(jq -r '.cells[0] | "\(.class): \(.error)"' cell.json)" && return 0 ;;
    esac
    jq -r '.cells[0].booted[]' cell.json | sed 's/^/#   /'
    # Again, as modules: with what a look at them says.
    "$GRIDPATCH" verify "out$2/$release"/*.ko --headers "$headers" $boot --json=again.json > said 2>&1 || :
    check "$what: a look at the files and the kernel agree" agree again.json || :
    check "$what: nvidia.ko finds no card" test "$(verdict again.json nvidia)" = 'ended card' || :
}

if [ -n "$FULL" ]; then lines=$LINES_BOOTED; else lines=6.1; fi
for line in $lines; do
    driver nvidia-tesla-470-kernel-source 470.256.02 "$line"
    # Three minutes each.
    [ -n "$FULL" ] || continue
    driver nvidia-kernel-source 535.261.03 "$line"
    driver nvidia-kernel-source 550.163.01 "$line"
done
finish
