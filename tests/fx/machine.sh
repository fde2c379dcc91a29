# SPDX-License-Identifier: MIT
# machine.sh: sourced by tests of what looks at a machine. $k is the kernel that runs there,
# $secure the file that says whether Secure Boot is on.
#   machine DIR            a Debian 12 with a P4, all that it takes, and nothing installed
#   card DIR BUS DEVICE    one more card of NVIDIA's, as sysfs has it
# shellcheck shell=sh disable=SC2034 # the sourcing tests use it
k=6.1.0-44-amd64
secure=sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c

machine() {
    m=$1
    rm -rf "$m"
    mkdir -p "$m/proc" "$m/etc" "$m/boot" "$m/usr/bin" "$m/usr/sbin" "$m/usr/src" "$m/dev" "$m/var/lib" \
        "$m/lib/modules/$k" "$m/sys/class/iommu/dmar0" "$m/sys/module" "$m/sys/firmware/efi/efivars" \
        "$m/sys/bus/pci/devices" "$m/.gridpatch-record"
    printf 'vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx sse\n' > "$m/proc/cpuinfo"
    printf 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' > "$m/etc/os-release"
    printf 'CONFIG_%s\n' KVM=m VFIO=m VFIO_IOMMU_TYPE1=m VFIO_MDEV=m 'CC_VERSION_TEXT="gcc-12 (Debian 12.2.0-14) 12.2.0"' \
        > "$m/boot/config-$k"
    echo "$k" > "$m/.gridpatch-record/uname"
    : > "$m/lib/modules/$k/modules.builtin"
    : > "$m/.gridpatch-record/packages"
    : > "$m/.gridpatch-record/dmesg"
    for p in gcc gcc-12 make apt-get; do : > "$m/usr/bin/$p"; done
    : > "$m/usr/sbin/dkms"
    : > "$m/dev/kvm"
    printf '\6\0\0\0\0' > "$m/$secure"
    card "$m" 01 1bb3
    h=$m/usr/src/linux-headers-$k
    mkdir -p "$h/include/generated" "$h/include/linux" "$h/include/config"
    ln -s "/usr/src/linux-headers-$k" "$m/lib/modules/$k/build"
    echo "#define UTS_RELEASE \"$k\"" > "$h/include/generated/utsrelease.h"
    : > "$h/include/linux/kernel.h"
    : > "$h/include/generated/autoconf.h"
    cp "$m/boot/config-$k" "$h/.config"
    : > "$h/Makefile"
}

card() {
    d=$1/sys/bus/pci/devices/0000:$2:00.0
    mkdir -p "$d"
    echo 0x10de > "$d/vendor"
    echo "0x$3" > "$d/device"
    echo 0x030000 > "$d/class"
    echo 0x10de > "$d/subsystem_vendor"
    echo 0x0000 > "$d/subsystem_device"
    echo 11 > "$d/irq"
    : > "$d/resource"
    printf '\336\020\0\0\0\0\0\0\0\0\0\3' > "$d/config"
}
