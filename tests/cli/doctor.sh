#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2034,SC2086,SC2154 # $k and $secure are words; lib.sh and machine.sh set the rest
# doctor: machines of our own below directories, each with one thing that is wrong. What
# this machine is, its own files and programs say.
# tests: ops/host/machine ops/host/checkup ops/host/kernels ops/host/platform ops/host/processor
# tests: ops/host/perkernel ops/host/config ops/host/secureboot ops/host/installed ops/host/gpus ops/host/services
# tests: ops/host/space ops/host/packages
. "$(dirname "$0")/lib.sh"
. "$fx/machine.sh"

# health CHECK: what it says of that, of the last run with --json=r.json.
health() { jq -r --arg c "$1" '[.checks[] | select(.check == $c) | .health] | unique | join(" ")' r.json; }
# is WHAT STATUS CHECK HEALTH: of the machine m.
is() {
    expect_status "$1" "$2" doctor --sysroot m --json=r.json
    json_valid r.json doctor
    check "$1: $3 is $4" test "$(health "$3")" = "$4"
}

machine m
find m | sort > before
is 'all is well' 0 virtualization ok
check 'nothing is missing' test "$(jq '[.checks[] | select(.health == "missing" or .health == "unknown")] | length' r.json)" -eq 0
for c in kernel platform dkms make gpu iommu kvm config headers compiler data secure-boot nouveau; do
    check "all is well: $c" test "$(health $c)" = ok
done
check 'the platform' json_is r.json .platform debian-12
says 'the card has its name' 'Tesla P4' out
find m | sort > after
check 'the machine is as it was' cmp before after

# --- one thing that is wrong ---------------------------------------------------------
machine m; sed -i 's/ vmx//' m/proc/cpuinfo
is 'no virtualization' 1 virtualization missing
echo 'x86/cpu: VMX (outside TXT) disabled by BIOS' > m/.gridpatch-record/dmesg
is 'off in the firmware' 1 virtualization missing
says 'the firmware is to blame' 'VT-x is switched off in the firmware' out
machine m; printf 'vendor_id\t: AuthenticAMD\nflags\t\t: svm\n' > m/proc/cpuinfo; rm m/dev/kvm
is 'no KVM' 1 kvm missing
says 'AMD has a module of its own' 'modprobe kvm_amd' out
machine m; rm -r m/sys/class/iommu/*
is 'no IOMMU, and a card that does not need it' 0 iommu attention
card m 02 2230
is 'no IOMMU, and one that does' 1 iommu missing
machine m; sed -i 's/VFIO_MDEV=m/VFIO_MDEV=n/' m/boot/config-$k
is 'no mdev' 1 config missing
machine m; rm m/boot/config-$k
is 'the configuration in the headers' 0 config ok
rm m/usr/src/linux-headers-$k/.config
is 'no configuration' 0 config unknown
gzip -c < /dev/null > m/proc/config.gz
printf 'CONFIG_%s=y\n' KVM VFIO VFIO_IOMMU_TYPE1 VFIO_MDEV_DEVICE | gzip > m/proc/config.gz
is 'of the running one in /proc, under an older name' 0 config ok
machine m; rm -r m/lib/modules/$k/build m/usr/src/linux-headers-$k
is 'no headers' 1 headers missing
says 'the package' "apt install linux-headers-$k" out
machine m; rm m/usr/bin/gcc-12
is 'another compiler' 0 compiler attention
rm m/usr/bin/gcc
is 'none' 1 compiler missing
machine m; sed -i 's/gcc-12 (Debian[^"]*/Ubuntu clang version 18.1.3/' m/boot/config-$k
is 'a kernel of clang' 1 compiler missing
says 'clang is wanted' 'apt install clang-18' out
: > m/usr/bin/clang
is 'any clang may be it' 0 compiler ok
rm m/usr/bin/clang m/usr/bin/apt-get; : > m/usr/bin/pacman
is 'no clang where there is one package of it' 1 compiler missing
says 'that is wanted' 'pacman -S clang' out
machine m; rm m/usr/sbin/dkms
is 'no dkms' 1 dkms missing
machine m; mkdir -p m/lib/modules/9.9.9; : > m/lib/modules/9.9.9/modules.builtin
is 'a kernel that nobody knows' 1 data 'attention ok'
machine m; printf '\6\0\0\0\1' > m/$secure
is 'Secure Boot, and no key' 1 secure-boot missing
mkdir -p m/var/lib/dkms; : > m/var/lib/dkms/mok.pub
echo '/var/lib/dkms/mok.pub is not enrolled' > m/.gridpatch-record/mokutil-dkms
is 'Secure Boot, and a key that is not enrolled' 1 secure-boot missing
echo '/var/lib/dkms/mok.pub is already enrolled' > m/.gridpatch-record/mokutil-dkms
echo 1 > m/.gridpatch-record/mokutil-dkms.status
is 'one that is' 0 secure-boot ok
rm m/.gridpatch-record/mokutil-dkms*
is 'nobody asked' 0 secure-boot unknown
rm m/sys/firmware/efi/efivars/*
is 'no such variable: no UEFI' 0 secure-boot ok
mkdir m/sys/kernel m/sys/kernel/security; echo 'none [integrity] confidentiality' > m/sys/kernel/security/lockdown
is 'lockdown' 0 lockdown attention
machine m; mkdir m/sys/module/nouveau
is 'nouveau' 1 nouveau missing

# --- drivers that are there --------------------------------------------------------------
machine m
mkdir -p m/var/lib/dkms/nvidia/535.161.05/$k/x86_64/module m/usr/src/nvidia-535.161.05
: > m/usr/src/nvidia-535.161.05/dkms.conf
ln -s /usr/src/nvidia-535.161.05 m/var/lib/dkms/nvidia/535.161.05/source
is 'built, and not installed' 0 dkms-state attention
says 'what is to be done' "dkms install nvidia/535.161.05 -k $k" out
ln -s "535.161.05/$k/x86_64" "m/var/lib/dkms/nvidia/kernel-$k-x86_64"
is 'built for all' 0 dkms-state ok
rm -r m/var/lib/dkms/nvidia/535.161.05/$k
is 'not built for one' 0 dkms-state attention
says 'how' "dkms install nvidia/535.161.05 -k $k" out
mkdir -p m/usr/src/nvidia-525.85.07
is 'sources without DKMS' 0 leftovers attention
mkdir -p m/var/lib/dkms/nvidia/525.85.07
ln -s /usr/src/nvidia-525.85.07 m/var/lib/dkms/nvidia/525.85.07/source
is 'an entry without sources' 0 dkms-state attention
says 'stale' 'rm -r /var/lib/dkms/nvidia/525.85.07' out
: > m/usr/src/nvidia-525.85.07/dkms.conf
is 'two versions' 0 dkms-state attention
says 'they overwrite each other' '2 versions of nvidia' out
printf 'ii nvidia-kernel-dkms\nii nvidia-kernel-common\nrc nvidia-tesla-470-kernel-dkms\n' > m/.gridpatch-record/packages
is 'a package of the distribution' 0 packages attention
check 'only what is installed and has modules' test "$(jq '[.checks[] | select(.check == "packages")] | length' r.json)" -eq 1
mkdir -p m/usr/lib/systemd/system; : > m/usr/lib/systemd/system/nvidia-vgpu-mgr.service
echo failed > m/.gridpatch-record/systemctl-nvidia-vgpu-mgr.service
is 'a service that failed' 0 services attention

# --- cards ----------------------------------------------------------------------------
machine m; rm -r m/sys/bus/pci/devices/*
is 'no card' 1 gpu missing
machine m; card m 01 2204
is 'a card that these hooks do not serve' 1 gpu missing

# --- with an installer ------------------------------------------------------------------
machine m
make_sample host --version 535.309.01
expect_status 'a driver for this machine' 0 doctor --sysroot m host --json=r.json
json_valid r.json doctor
check 'it is named' json_is r.json .driver.version 535.309.01
make_sample r460
expect_status 'one that is blocked there' 1 doctor --sysroot m r460 --json=r.json
check 'the data say it' test "$(health data)" = missing
make_sample new --version 595.71.03
expect_status 'one that does not serve the card' 1 doctor --sysroot m new --json=r.json
check 'the card says it' test "$(health gpu)" = missing

# --- packages of other managers -----------------------------------------------------------
machine m; rm m/usr/bin/apt-get m/usr/sbin/dkms; : > m/usr/bin/dnf
printf 'nvidia-driver\nkmod-nvidia-latest-dkms\nnvidia-kmod-common\n' > m/.gridpatch-record/packages-rpm
is 'a package of modules for RPM' 1 packages attention
says 'how it is removed' 'dnf remove kmod-nvidia-latest-dkms' out
check 'no other' test "$(jq '[.checks[] | select(.check == "packages")] | length' r.json)" -eq 1
says 'how dkms is installed there' 'dnf install dkms' out
machine m; rm m/.gridpatch-record/packages
printf "error: package 'nvidia-open' was not found\nnvidia-lts\nnvidia-open-dkms\n" > m/.gridpatch-record/packages-pacman
is 'packages of Arch' 0 packages attention
check 'two of them' test "$(jq '[.checks[] | select(.check == "packages")] | length' r.json)" -eq 2
rm m/.gridpatch-record/packages-pacman
is 'nobody asked' 0 packages unknown
for p in packages packages-rpm packages-pacman; do : > m/.gridpatch-record/$p; echo 127 > m/.gridpatch-record/$p.status; done
is 'no such manager at all' 0 packages ''

# --- other systems ------------------------------------------------------------------------
machine m; : > m/usr/bin/pveversion
is 'Proxmox on Debian 12' 0 platform ok
check 'is Proxmox 8' json_is r.json .platform proxmox-8
machine m; printf 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"\n' > m/etc/os-release
is 'a rebuild of RHEL' 0 platform ok
check 'is RHEL 9' json_is r.json .platform rhel-9
machine m; echo 'ID=plan9' > m/etc/os-release
is 'a system that nobody knows' 0 platform attention
machine m; rm m/etc/os-release m/usr/sbin/dkms; echo 'version="7.2.0"' > m/etc/unraid-version
is 'Unraid has no dkms' 0 dkms attention
check 'it is Unraid 7' json_is r.json .platform unraid-7
rm -r m/lib/modules/$k/build m/usr/src/linux-headers-$k m/usr/bin/make
is 'nor headers, and needs neither make' 0 headers attention
echo 'version="6.12.14"' > m/etc/unraid-version
is 'an older one' 0 platform ok
check 'it is Unraid 6' json_is r.json .platform unraid-6
machine m; echo 6.12.15-production+truenas > m/.gridpatch-record/uname; echo 25.04.1 > m/etc/version
is 'TrueNAS says that it is Debian' 0 platform ok
check 'it is TrueNAS' json_is r.json .platform truenas-25
machine m; mkdir m/run; : > m/run/ostree-booted
is 'a system that is an image' 0 image attention
machine m; printf 'ID=nixos\nVERSION_ID="25.05"\n' > m/etc/os-release
is 'NixOS' 0 image attention
machine m; echo '900 ro' > m/.gridpatch-record/space-usr
is '/usr cannot be written to' 0 image attention

# --- containers, and what cannot be seen --------------------------------------------------------
machine m; mkdir -p m/run/systemd; echo docker > m/run/systemd/container; rm -r m/dev/kvm m/sys/class/iommu/*
rm -r m/sys/bus/pci/devices/*
is 'in a container' 0 kvm unknown
for c in iommu gpu kernel; do check "in a container: $c" test "$(health $c)" = unknown; done
machine m; mkdir -p m/run; : > m/run/.containerenv; rm m/usr/sbin/dkms m/usr/bin/make m/usr/bin/gcc*
rm -r m/lib/modules/$k/build m/usr/src/linux-headers-$k
is 'what is not in a container may be outside of it' 0 dkms unknown
for c in make headers; do check "in a container: $c" test "$(health $c)" = unknown; done
machine m; printf '\6\0\0\0\1' > m/$secure
# refused CHECK PATH: of which that is unknown, though it says nothing.
refused() {
    echo "$2: Permission denied" > m/.gridpatch-record/unreadable
    run doctor --sysroot m --json=r.json
    check "not allowed to look: $1" grep -q unknown << END
$(health "$1")
END
}
refused virtualization /proc/cpuinfo
refused iommu /sys/class/iommu
refused kvm /dev/kvm
refused secure-boot /var/lib/dkms/mok.pub
refused secure-boot /$secure
refused lockdown /sys/kernel/security/lockdown
refused kernel /lib/modules
refused gpu /sys/bus/pci/devices
refused dkms-state /var/lib/dkms
refused leftovers /usr/src
refused nouveau /sys/module/nouveau
refused dkms /usr/sbin/dkms
mkdir empty
expect_status 'nothing is there' 1 doctor --sysroot empty
expect_status 'no such directory' 4 doctor --sysroot none
expect_status 'two installers' 2 doctor host r460
machine m; rm m/proc/cpuinfo; ln -s /etc/hostname m/proc/cpuinfo; mkfifo m/boot/fifo
ln -sf fifo m/boot/config-$k
is 'a link does not lead out, a FIFO does not hold us up' 0 virtualization unknown

# Headers of somebody's: links out of it, and files that nobody writes to.
machine m; rm -r m/usr/src/linux-headers-$k m/lib/modules/$k/build
mkdir -p outside; cp -R "$(machine other; echo other)/usr/src/linux-headers-$k" outside/h
ln -s "$work/outside/h" m/lib/modules/$k/build
ln -s "$work/outside/h" m/usr/src/linux-headers-$k
is 'headers outside of it are none of its' 1 headers missing
machine m; h=m/usr/src/linux-headers-$k
rm $h/include/generated/utsrelease.h; mkfifo $h/include/generated/utsrelease.h
timeout 20 "$GRIDPATCH" doctor --sysroot m > out 2> err
check 'a FIFO in the headers holds nobody up' test $? -eq 1
rm $h/include/linux/kernel.h; mkfifo $h/include/linux/kernel.h $h/include/config/auto.conf
timeout 20 "$GRIDPATCH" doctor --sysroot m > out 2> err
check 'nor several' test $? -eq 1

# --- this machine --------------------------------------------------------------------------
run doctor --json=r.json
json_valid r.json doctor
check 'here: 0 or 1' test "$status" -le 1
check 'the kernel that runs' json_is r.json .running "$(uname -r)"
if command -v dkms > /dev/null; then
    check 'dkms' test "$(health dkms)" = ok
fi
# In a chroot, with /proc and without, less is seen than there is.
if [ "$(id -u)" -eq 0 ] && mkdir -p chroot/proc && mount -t proc proc chroot/proc 2> /dev/null; then
    undo="umount '$work/chroot/proc' 2> /dev/null"
    for f in $(ldd "$GRIDPATCH" | sed -n 's|^[^/]*\(/[^ ]*\).*|\1|p'); do
        mkdir -p "chroot${f%/*}" && cp -L "$f" "chroot$f"
    done
    cp -R "$repo/kernel-versions" "$repo/patches" "$GRIDPATCH" chroot
    chrooted() { GRIDPATCH_DATA=/ chroot chroot /gridpatch doctor --json > out 2> err; }
    chrooted
    check 'a chroot' json_is out .inside 'a chroot'
    umount chroot/proc
    chrooted
    check 'a chroot without /proc' json_is out .inside 'a chroot or container without /proc'
    check 'nothing is missing in it' json_is out '[.checks[] | select(.health == "missing")] | length' 0
else
    skip 'a chroot' 'that takes root, and mounts'
fi
finish
