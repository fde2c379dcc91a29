#!/bin/sh
# SPDX-License-Identifier: MIT
# walk.sh: goes the way of gridpatch-walk(7) as a newcomer would, each command taken from
# the page's source, in a fresh Debian 12, and with FULL set a Debian 13, once for each of
# its four readers.
#
# It is a chroot. Its kernel is the newest that the suite has headers for: a preloaded
# library answers uname(2) so. Its /sys is a directory of our own with a Tesla P4, its mdev
# types, an A40 and a virtual function of it. Drivers are samples of ours that build, with
# fx/installer.sh for NVIDIA's program; vgpu_unlock's halves stand-ins, unless
# GRIDPATCH_HOOKS names a copy. So the way is gone to where a card would be needed: blocks
# that want one are run as far as their programs work on files, and else compared by
# tests/cli/walk.sh.
#
#   GRIDPATCH            the program whose sources are walked with
#   GRIDPATCH_HOOKS      your copy of vgpu_unlock; without it, a stand-in
#   FULL                 set: Debian 13, too
#   GRIDPATCH_REAL_CACHE where roots are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory and name it
# shellcheck disable=SC2016,SC2154 # for other shells to expand; lib.sh and chroot.sh set the rest
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
# shellcheck source=tests/real/lib.sh disable=SC1091
. "$here/lib.sh"
# shellcheck source=tests/real/chroot.sh disable=SC1091
. "$here/chroot.sh"
# shellcheck source=tests/fx/machine.sh disable=SC1091
. "$fx/machine.sh"

if ! can_chroot; then
    skip 'walk: no rights to chroot, or no debootstrap'
    finish
    exit
fi
if tool=$(lacks gcc zip openssl zstd nm awk); then
    skip "walk: no $tool"
    finish
    exit
fi
sh "$fx/walkpage.sh" "$repo/tools/man/gridpatch-walk.7" page

# --- what a newcomer brings -----------------------------------------------------------

# driver SHAPE VERSION: pair/host/ and pair/desktop/, that version; NVIDIA's program is ours.
driver() {
    rm -rf pair
    sh "$fx/mergepair.sh" --shape "$1" --desktop general --host-version "$2" --build --trees pair > pair.log
    for d in pair/host pair/desktop; do
        printf '#!/bin/sh\ncase $0 in */nvidia-uninstall) p=$0 ;; *) p=$PWD ;; esac\nexec sh /walk/installer.sh "$p" "$@"\n' \
            > $d/nvidia-installer
    done
}
# gzip: the real one brings its decompressor along.
pack() { sh "$fx/mkrun.sh" --compress gzip --targetdir "$2" "pair/$1" "drivers/$2.run"; }
drivers() {
    mkdir drivers
    n=NVIDIA-Linux-x86_64
    driver R535 535.161.05 && pack host $n-535.161.05-vgpu-kvm
    mkdir Host_Drivers && mv drivers/$n-535.161.05-vgpu-kvm.run Host_Drivers/
    zip -q -r drivers/NVIDIA-GRID-Linux-KVM-535.161.05-535.161.08-538.33.zip Host_Drivers
    driver R535 535.309.01 && pack host $n-535.309.01-vgpu-kvm
    driver R580 580.105.06 && pack host $n-580.105.06-vgpu-kvm
    driver R535 535.129.03 && pack host $n-535.129.03-vgpu-kvm && pack desktop $n-535.129.03
}

# The sources, as they are here, without what was built.
sources() {
    mkdir -p root/root/gridpatch
    tar -C "$repo" -cf - Makefile README.md LICENSE kernel-versions patches tools tests | tar -C root/root/gridpatch -xf -
}

# --- the machine ----------------------------------------------------------------------

# vgpus: what the host driver would show in /sys.
vgpus() {
    pci=root/sys/bus/pci/devices
    card root 01 1bb3
    card root 41 2235
    type=$pci/0000:01:00.0/mdev_supported_types/nvidia-63
    mkdir -p "$type/devices" root/sys/class/mdev_bus root/sys/bus/mdev/devices root/sys/class/iommu/dmar0
    ln -s ../../bus/pci/devices/0000:01:00.0 root/sys/class/mdev_bus/
    echo 'GRID P4-1Q' > "$type/name"
    echo 'num_heads=4, frl_config=60, framebuffer=1024M' > "$type/description"
    echo 8 > "$type/available_instances"
    echo vfio-pci > "$type/device_api"
    : > "$type/create"
    cp -R "$pci/0000:41:00.0" "$pci/0000:41:00.4"
    ln -s ../0000:41:00.4 "$pci/0000:41:00.0/virtfn0"
    ln -s ../0000:41:00.0 "$pci/0000:41:00.4/physfn"
    mkdir "$pci/0000:41:00.4/nvidia"
    printf '%s\n' 'ID    : vGPU Name' '1413  : NVIDIA A40-1B' '1414  : NVIDIA A40-2B' > "$pci/0000:41:00.4/nvidia/creatable_vgpu_types"
    echo 0 > "$pci/0000:41:00.4/nvidia/current_vgpu_type"
}

# What every machine has that a minimal root has not, and what judges the page.
fresh() { # SUITE
    base=$(sh "$here/suite.sh" "$cache" "$1") || return 1
    rm -rf --one-file-system root
    cp -a --reflink=auto "$base" root
    mkdir root/walk root/sys/class -p
    cp /etc/resolv.conf root/etc/
    printf '#!/bin/sh\nexit 101\n' > root/usr/sbin/policy-rc.d
    chmod 0755 root/usr/sbin/policy-rc.d
    cp "$fx/installer.sh" "$fx/install.py" "$fx/manifest.py" root/walk/
    DEBIAN_FRONTEND=noninteractive inside 'apt-get update -qq && apt-get install -y -qq --no-install-recommends \
        systemd python3-minimal libpython3-stdlib openssl mokutil pciutils initramfs-tools libvirt-clients libxml2-utils' ||
        return 1
    release=$(inside 'apt-cache depends linux-headers-amd64' | sed -n 's/.*Depends: linux-headers-\([0-9].*\)/\1/p')
    [ -n "$release" ] || return 1
    mkdir -p "root/lib/modules/$release"
    : > "root/lib/modules/$release/modules.builtin"
    : > "root/lib/modules/$release/modules.order"
    kernel_is "$release"
    image "$release" || return 1
    vgpus
    sources
    cp drivers/* root/root/
    # What journalctl would write after a boot.
    echo 'nvidia_vgpu_vfio: Unknown symbol enable_apicv (err -2)' > root/root/boot.log
    lib=root/opt/vgpu_unlock-rs/target/release
    mkdir -p $lib
    sh "$fx/userhalf.sh" half && cp half/lib.so $lib/libvgpu_unlock_rs.so
    if [ -n "${GRIDPATCH_HOOKS:-}" ]; then cp -R "$GRIDPATCH_HOOKS" root/opt/vgpu_unlock
    else sh "$fx/hooks.sh" --table newer root/opt/vgpu_unlock; fi
}
# image RELEASE: the kernel's package, without the kernel.
image() {
    mkdir -p root/walk/image/DEBIAN
    printf '%s\n' "Package: linux-image-$1" 'Version: 1' 'Architecture: amd64' 'Maintainer: nobody <nobody@localhost>' \
        'Description: stands for the kernel that runs' > root/walk/image/DEBIAN/control
    inside 'dpkg-deb -b /walk/image /walk/image.deb && dpkg -i /walk/image.deb'
}

# --- going ----------------------------------------------------------------------------

# What a block for a card can be run with here: on files below /sys and /etc.
works_here() {
    case $1 in
        'mdevctl types' | 'mdevctl define '* | 'cat /sys/'* | 'echo '*' > /sys/'* | 'update-initramfs '*) ;;
        *) return 1 ;;
    esac
}
# go COMMAND: leaves $rc, and what it said in said.
go() {
    dir=/root
    case $1 in 'make '*) dir=/root/gridpatch ;; esac
    rc=0
    DEBIAN_FRONTEND=noninteractive CFLAGS=-O0 inside "cd $dir && export HOME=/root LD_PRELOAD=/walk/uname.so SYSTEMD_OFFLINE=1
        unset GRIDPATCH_HOOKS GRIDPATCH_DATA MAKEFLAGS; $1" > said 2>&1 < /dev/null || rc=$?
}
# step KIND COMMAND: it works; an answer may be no.
step() {
    go "$2"
    case $1:$rc in
        *:0 | ask:1) pass "$who: $2" ;;
        *) fail "$who: $2 (exit $rc)"; tail -n 15 said | sed 's/^/#   /'; return 1 ;;
    esac
    judge "$2"
}

# loaded: as after the reboot; from modinfo, and only what /sys has of a module.
loaded() {
    for m in $(find "root/lib/modules/$release" -name 'nvidia*.ko*' | sed 's,.*/,,; s,\.ko.*,,'); do
        d=root/sys/module/$(echo "$m" | tr - _)
        mkdir -p "$d"
        for f in version srcversion; do
            inside "modinfo -k $release -F $f $m" > "$d/$f"
        done
        echo live > "$d/initstate"
    done
}

# What a command should have done, asked of others.
judge() {
    case $1 in
        'gridpatch verify '*) ;;
        gridpatch*\ NVIDIA-*.run | gridpatch*\ NVIDIA-*.zip* | 'gridpatch merge '*)
            sed -n '/^For your own machines/{n;s/^ *//p}' said > printed ;;
        'sh ./'*)
            check "$who: it is the command that was printed" test "$1" = "$(cat printed)" || :
            inside 'dkms status' > said
            check "$who: dkms says installed" grep -q "nvidia/.*, $release, x86_64: installed" said || :
            case $reader in
                hooks) check "$who: the module has the hooks" unlocked "$(module nvidia)" || : ;;
            esac
            loaded
            ;;
        'systemctl enable '*)
            check "$who: both are enabled" inside 'systemctl is-enabled nvidia-vgpud nvidia-vgpu-mgr' || : ;;
        'gridpatch prove '*) check "$who: the driver is in it" grep -q "$(cat root/sys/module/nvidia/version)" root/root/proof.json || : ;;
        'nvidia-uninstall -s')
            rm -rf root/sys/module/nvidia*
            check "$who: nothing is left" test -z "$(ls -d root/usr/bin/nvidia-* root/usr/lib/systemd/system/nvidia-* 2> /dev/null)" || :
            [ "$reader" = merged ] ||
                check "$who: of DKMS either" test -z "$(ls -d root/usr/src/nvidia-* root/var/lib/dkms/nvidia/* 2> /dev/null)" || : ;;
        'dkms remove '*) check "$who: DKMS has nothing" test -z "$(inside 'dkms status')" || : ;;
        'mdevctl types') check "$who: the type of the page" grep -q nvidia-63 said || : ;;
        'mdevctl define '*) check "$who: it is kept" inside 'mdevctl list -d | grep nvidia-63.*auto' || : ;;
        'cat /sys/'*current_vgpu_type) check "$who: the type is set" grep -qx 1414 said || : ;;
        'make uninstall') check "$who: it is gone" sh -c '! test -e root/usr/local/bin/gridpatch' || : ;;
    esac
}

# Where the data say that a driver is none for the suite's kernel, its reader is told so.
stops_here() {
    case $suite:$reader:$1 in
        trixie:hooks:gridpatch\ NVIDIA-*.zip\ * | trixie:merged:gridpatch\ merge\ *)
            go "$1"
            check "$who: is told that the kernel is blocked, and what to do instead" \
                sh -c 'test "$1" -eq 1 && grep -q "^gridpatch: kernel .* is blocked" said && grep -qi "instead" said' - "$rc" || :
            ;;
        *) return 1 ;;
    esac
}

# walk READER: all blocks for everybody and for this one, in order.
walk() {
    reader=$1
    who="$suite, $1"
    while read -r n kind readers <&3; do
        case " $readers " in '  ' | *" $reader "*) ;; *) continue ;; esac
        case $kind in run | ask | card) ;; *) continue ;; esac
        sed -n "s/^$n //p" page/commands > block
        while read -r command <&4; do
            case $reader:$command in
                $first:*) ;;
                *:apt-get* | *:'make install' | *:update-initramfs* | *:'gridpatch advise'*) continue ;;
            esac
            case $reader:$command in $last:*) ;; *:'make uninstall') continue ;; esac
            ! stops_here "$command" || return 0
            [ "$kind" != card ] || works_here "$command" || continue
            step "$kind" "$command" || return 0
        done 4< block
    done 3< page/blocks
}

# xml: what libvirt says of the files of the page, in a machine of their own.
xml() {
    while read -r n kind file readers <&3; do
        [ "$kind" = file ] || continue
        {
            echo '<domain type="kvm"><name>guest</name><memory>1048576</memory><os><type>hvm</type></os><devices>'
            cat "page/block.$n"
            echo '</devices></domain>'
        } > "root/walk/$file"
        check "$suite: libvirt takes $file of: $readers" inside "virt-xml-validate /walk/$file domain" || :
    done 3< page/blocks
    sed 's/<hostdev mode=.subsystem./<hostdev mode="sub"/' root/walk/vgpu.xml > root/walk/wrong.xml
    check "$suite: libvirt does not take anything" sh -c '! "$@"' - chroot root virt-xml-validate /walk/wrong.xml domain || :
}

drivers
suites=bookworm
[ -z "${FULL:-}" ] || suites='bookworm trixie'
for suite in $suites; do
    began=$(date +%s)
    if ! fresh "$suite" > fresh.log 2>&1; then
        skip "walk: no machine of $suite: $(tail -n 1 fresh.log)"
        continue
    fi
    first=native last=merged
    for r in native vendor hooks merged; do
        rm -rf root/forgets-dkms root/etc/mdevctl.d/0000:* root/root/proof.json
        [ $r != merged ] || : > root/forgets-dkms
        walk $r
    done
    check "$suite: dkms made the key that the page speaks of" test -s root/var/lib/dkms/mok.pub || :
    check "$suite: mokutil has these options" sh -c 'for o in sb-state import; do grep -aqw $o root/usr/bin/mokutil || exit 1; done' || :
    xml
    echo "# $suite: $(($(date +%s) - began)) s"
done
finish
