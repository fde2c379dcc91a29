#!/bin/sh
# SPDX-License-Identifier: MIT
# nextkernel.sh: a kernel comes to a Debian 12 of its own, with real dkms and run-parts, and
# the hooks that `make install` brings: one for which the driver builds, one for which it
# does not (where run-parts stops at dkms, and apt's hook has to say it), one that has other
# symbols than what was built, and headers that come last. The driver is a sample of ours,
# which needs seconds: in all 25 s of processor time, besides the root, which is made once.
#
#   GRIDPATCH            the program
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory and name it
# shellcheck disable=SC2016,SC2154 # of another sh; lib.sh and chroot.sh set the rest
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/real/lib.sh disable=SC1091
. "$here/lib.sh"
# shellcheck source=tests/real/chroot.sh disable=SC1091
. "$here/chroot.sh"

leave() {
    skip "next kernel: $1"
    finish
    exit
}
! tool=$(lacks make jq ldd dpkg-deb) || leave "no $tool"
can_chroot || leave 'a root of Debian needs the rights to chroot, and debootstrap'
headers 6.1 || leave "headers: $(echo "$found" | tail -n 1)"
debian || leave 'no root of Debian 12'
real=$release
before=$(date +%s)

# --- what is installed there --------------------------------------------------------

# The program, its hooks and the libraries that it was linked with here.
ldd "$GRIDPATCH" | awk '$2 == "=>" { print $3 }' | while read -r lib; do
    [ -e "root$lib" ] || cp -L --parents "$lib" root/
done
check 'make install' make -s -C "$here/../.." AUTODEPS=0 install DESTDIR="$work/root" PREFIX=/usr BUILD="$(dirname "$GRIDPATCH")" || exit 1
inside 'gridpatch --version' > version 2>&1 || leave "the program does not run there: $(tail -n 1 version)"
# Only what the sample is about.
sh "$fx/buildable.sh" --data data
cp "$here/../../kernel-versions/platforms" data/kernel-versions/
rm -rf root/usr/share/gridpatch/kernel-versions root/usr/share/gridpatch/patches
cp -R data/kernel-versions data/patches root/usr/share/gridpatch/

# The driver, which will not build where a kernel says NEXT_KERNEL_LACKS_IT.
v=390.10
sh "$fx/buildable.sh" sample
# As NVIDIA's finds the kernel that dkms names.
# shellcheck disable=SC2016 # make expands it
sed -i '1i SYSSRC ?= /lib/modules/$(KERNEL_UNAME)/build\nSYSOUT ?= $(SYSSRC)' sample/kernel/Makefile
cat >> sample/kernel/nvidia/os-interface.c << 'EOF'
#ifdef NEXT_KERNEL_LACKS_IT
void os_other_sample(void);
void os_other_sample(void)
{
    what_went_away();
}
#endif
EOF
sh "$fx/installed.sh" sample root/usr/src/nvidia-$v
# What no manifest of the sample lists, and dkms.conf without what it does not build.
cp -R sample/kernel/nvidia-uvm sample/kernel/common root/usr/src/nvidia-$v/
sed -i '/\[[2-9]\]=/d' root/usr/src/nvidia-$v/dkms.conf
check 'dkms add' inside "dkms add -m nvidia -v $v"

# kernel RELEASE: its image has come, as far as anybody looks. headers_of: they have, too:
# those of the real one, under another name beside it, where its links lead somewhere.
kernel() {
    mkdir -p "root/lib/modules/$1"
    : > "root/lib/modules/$1/modules.builtin"
    : > "root/lib/modules/$1/modules.order"
}
headers_of() {
    mkdir -p "root/lib/modules/$1"
    h=${build_dir%/*}/linux-headers-$1
    rm -rf "root$h" && cp -R "root$build_dir" "root$h"
    echo "#define UTS_RELEASE \"$1\"" > "root$h/include/generated/utsrelease.h"
    echo "$1" > "root$h/include/config/kernel.release"
    ln -sfn "$h" "root/lib/modules/$1/build"
}
# parts WHEN RELEASE: as linux-image's and linux-headers' scripts of Debian 12 call them.
parts() {
    inside "run-parts --report --exit-on-error --arg=$2 --arg=/boot/vmlinuz-$2 /etc/kernel/$1.d" > said 2>&1
}
# package RELEASE: an image's package, with what the scripts of Debian 12's do.
package() {
    rm -rf image && mkdir -p image/DEBIAN "image/usr/lib/modules/$1" root/pkg
    : > "image/usr/lib/modules/$1/modules.builtin"
    printf 'Package: linux-image-%s\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n' "$1" \
        > image/DEBIAN/control
    for when in postinst postrm; do
        printf '#!/bin/sh\nset -e\nexec run-parts --report --exit-on-error --arg=%s --arg=/boot/vmlinuz-%s /etc/kernel/%s.d\n' \
            "$1" "$1" $when > image/DEBIAN/$when
        chmod 0755 image/DEBIAN/$when
    done
    dpkg-deb -b --root-owner-group image "root/pkg/$1.deb" > /dev/null
}
asked() { inside "gridpatch upgrade-check $1" > said 2>&1; }
# is WHAT STATUS RELEASE
is() {
    rc=0
    asked "$3" || rc=$?
    check "$1: upgrade-check ends with $2" test $rc -eq "$2" || sed 's/^/#   /' said
}
says() { check "$1" grep -qF -- "$2" said || sed 's/^/#   /' said; }
refute_says() { check "$1" sh -c '! grep -qF -- "$1" said' - "$2" || sed 's/^/#   /' said; }
silent() { check "$1" sh -c '! grep gridpatch: said' || :; }

# --- one for which it builds ----------------------------------------------------------
a=6.1.0-991-amd64 b=6.1.0-992-amd64 c=6.1.0-993-amd64 d=6.1.0-994-amd64
rm -rf "root/lib/modules/$real"
kernel $a
headers_of $a
check 'it builds: the hooks' parts postinst $a || :
silent 'it builds: nothing is said'
inside 'dkms status' > status 2>&1
check 'it builds: dkms has it' grep -q "$a.*installed" status || :
is 'it builds' 0 $a

# --- headers last -----------------------------------------------------------------------
kernel $b
check 'headers last: the image' parts postinst $b || :
says 'headers last: said that nothing can be built' 'its headers are not here'
is 'headers last: not yet' 4 $b
headers_of $b
check 'headers last: then they come' parts header_postinst $b || :
silent 'headers last: nothing more is said'
is 'headers last: all is well' 0 $b

# --- one for which it does not build ------------------------------------------------------
headers_of $c
echo '#define NEXT_KERNEL_LACKS_IT 1' >> "root$h/include/generated/autoconf.h"
# By apt itself: does it ask, though dpkg failed?
package $c
rc=0
inside "apt-get install -y -q /pkg/$c.deb" > said 2>&1 || rc=$?
check 'it does not build: run-parts stops at dkms, and apt fails' test $rc -ne 0 || :
refute_says 'it does not build: the hook behind dkms was not run' zz-gridpatch
says "it does not build: said by apt's hook" "will not work with the kernel $c"
says 'it does not build: the compiler is quoted' what_went_away
says 'it does not build: the kernel that is kept' "apt-mark hold linux-image-$b"
is 'it does not build' 1 $c
rm -rf "root$h" "root/lib/modules/$c/build"
inside "apt-get purge -y -q linux-image-$c" > said 2>&1 || :
check 'it goes again' test ! -e "root/lib/modules/$c/modules.builtin" || :
silent 'it goes again: nothing is said'
rm -rf "root/lib/modules/$c"

# --- one that would refuse what was built ---------------------------------------------------
kernel $d
headers_of $d
check 'refused: it builds' parts postinst $d || :
silent 'refused: nothing is said yet'
# Its next build has the same name and other symbols, as Debian's security updates may: dkms
# has modules for that name, and builds none.
sed -i 's/^0x[0-9a-f]*\(\tmodule_layout\t\)/0x12345678\1/' "root$h/Module.symvers"
check 'refused: the next build' parts header_postinst $d || :
says 'refused: the hook says it' "$d would not take nvidia"
is 'refused' 1 $d
asked "$d --json=/report -q" || :
# shellcheck disable=SC2016 # jq's
check 'refused: JSON' jq -e --arg b $b '.answer == "no" and .keep.kernel == $b' root/report || :
# The same by the RPM world's way, with the kernel-install of the root's systemd.
: > "root/boot/vmlinuz-$d"
inside "kernel-install add $d /boot/vmlinuz-$d" > said 2>&1 || :
says 'refused: kernel-install says it, too' "$d would not take nvidia"
# DKMS is told to, and all is well again.
check 'refused: dkms builds anew' inside "dkms remove nvidia/$v -k $d && dkms install nvidia/$v -k $d" || :
is 'refused: built anew' 0 $d

# --- nothing is left, and nothing where there is no driver --------------------------------------
check 'no notice in a chroot' test ! -e root/run/motd.d || :
check 'dkms remove' inside "dkms remove nvidia/$v --all" || :
check 'without a driver' parts postinst $a || :
silent 'without a driver: nothing is said'
echo "# $(($(date +%s) - before)) s, without the root itself"
finish
