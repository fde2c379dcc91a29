#!/bin/sh
# sample.sh [options] OUT_DIR
#
# Writes OUT_DIR as an extracted driver package of a few files: shaped like the
# real thing, but in our own words and good for nothing but tests.
#
#   --version V                        driver version (default 460.73.02)
#   --kind host|guest|general|merged   which driver (default host)
#   --kernel-open                      with a kernel-open/ tree as well
#   --altered hooks|patches|licence    as if somebody had been at it (repeatable)
#   --patches DIR                      patch sets (default: the repository's)
#   --sets "NAME ..."                  sets that must apply to the tree, in order
#                                      (default: all that are for such a driver)
#
# The sources that the patch sets touch are made from the patches themselves.
set -eu
export LC_ALL=C

usage() {
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0" >&2
    exit 2
}

die() {
    echo "sample.sh: $*" >&2
    exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
version=460.73.02
kind=host
open=n
altered=
patches=$here/../../patches
sets=
sets_given=n
while [ $# -gt 0 ]; do
    case $1 in
        --kernel-open) open=y; shift; continue ;;
        --*) [ $# -ge 2 ] || usage ;;
        *) break ;;
    esac
    case $1 in
        --version) version=$2 ;;
        --kind) kind=$2 ;;
        --altered) altered="$altered $2" ;;
        --patches) patches=$2 ;;
        --sets) sets=$2; sets_given=y ;;
        *) usage ;;
    esac
    shift 2
done
[ $# -eq 1 ] || usage
out=$1
[ ! -e "$out" ] || die "$out exists"
if [ -d "$patches" ]; then
    patches=$(cd "$patches" && pwd)
fi

base=NVIDIA-Linux-x86_64-$version
vgpu=n grid=n libs=n
case $kind in
    host) vgpu=y; name=$base-vgpu-kvm; modules='nvidia nvidia-vgpu-vfio' ;;
    guest) grid=y; libs=y; name=$base-grid; modules='nvidia nvidia-uvm nvidia-modeset nvidia-drm' ;;
    general) libs=y; name=$base; modules='nvidia nvidia-uvm nvidia-modeset nvidia-drm' ;;
    merged) vgpu=y; grid=y; libs=y; name=$base-grid-vgpu-kvm; modules='nvidia nvidia-uvm nvidia-modeset nvidia-drm nvidia-vgpu-vfio' ;;
    *) usage ;;
esac
for word in $altered; do
    case $word in
        hooks | licence) ;;
        patches) [ "$vgpu" = y ] || die "--altered patches needs a host driver" ;;
        *) usage ;;
    esac
done

# A known umask: tests compare modes.
umask 022
mkdir -p "$out"
cd "$out"
top=$(pwd)

# text FILE: a file of ours from standard input.
text() {
    mkdir -p "$(dirname "$1")"
    cat > "$1"
}

# program FILE: something executable that only says what it is.
program() {
    text "$1" << EOF
#!/bin/sh
echo "${1##*/} $version: a sample for tests, nothing to run" >&2
exit 1
EOF
    chmod 0755 "$1"
}

# blob FILE KB: binary data, the same every time.
blob() {
    mkdir -p "$(dirname "$1")"
    awk -v kb="$2" 'BEGIN { for (i = 0; i < kb * 64; i++) printf "%015d\n", i * 7919 % 99991 }' |
        tr '05' '\000\377' > "$1"
}

# --- the kernel/ tree --------------------------------------------------------

# kernel_tree DIR: the sources of one flavour.
kernel_tree() {
    text "$1/Makefile" << 'EOF'
# Sample: the real one finds the kernel's sources and calls Kbuild.
SYSSRC ?= /lib/modules/$(shell uname -r)/build
SYSOUT ?= $(SYSSRC)

modules:
	@echo "sample tree: nothing to build" >&2; exit 1

.PHONY: modules
EOF
    text "$1/Kbuild" << EOF
# Sample: one fragment per module.
NV_KERNEL_MODULES ?= $modules

\$(foreach m,\$(NV_KERNEL_MODULES),\$(eval include \$(src)/\$(m)/\$(m).Kbuild))

EXTRA_CFLAGS += -I\$(src)/common/inc -DNV_VERSION_STRING=\"$version\"
EOF
    text "$1/conftest.sh" << EOF
#!/bin/sh
# Sample: the real one compiles small programs against the kernel's headers.
VGX_BUILD=0
VGX_KVM_BUILD=$([ "$vgpu" = y ] && echo 1 || echo 0)

case "\$1" in
    set_memory_uc)
        echo "#define NV_SET_MEMORY_UC_PRESENT"
        ;;
    vfio_register_notifier)
        echo "#define NV_VFIO_REGISTER_NOTIFIER_PRESENT"
        ;;
    vgpu_kvm_sanity_check)
        grep -q CONFIG_VFIO_MDEV "\$2" || exit 1
        ;;
esac
EOF
    chmod 0755 "$1/conftest.sh"
    text "$1/dkms.conf" << 'EOF'
PACKAGE_NAME="nvidia"
PACKAGE_VERSION="__VERSION_STRING"
AUTOINSTALL="yes"

# Sample.  The quotes around make keep DKMS from passing KERNELRELEASE.
MAKE[0]="'make' -j__JOBS NV_EXCLUDE_BUILD_MODULES='__EXCLUDE_MODULES' KERNEL_UNAME=${kernelver} IGNORE_CC_MISMATCH='__IGNORE_CC_MISMATCH' modules"

# The modules' names will be generated at installation.
__DKMS_MODULES
EOF

    # No newline at the end, as in the real file.
    text "$1/nvidia/nvidia.Kbuild" << 'EOF'
# Sample fragment for nvidia.ko
include $(src)/nvidia/nvidia-sources.Kbuild

NVIDIA_OBJECTS = $(patsubst %.c,%.o,$(NVIDIA_SOURCES))

obj-m += nvidia.o
nvidia-y := $(NVIDIA_OBJECTS) nvidia/nv-kernel.o

NV_CONFTEST_FUNCTION_COMPILE_TESTS += set_memory_uc
EOF
    printf '%s' 'NV_CONFTEST_GENERIC_COMPILE_TESTS += dom0_sanity_check' >> "$1/nvidia/nvidia.Kbuild"
    text "$1/nvidia/nvidia-sources.Kbuild" << 'EOF'
NVIDIA_SOURCES += nvidia/nv-frontend.c
NVIDIA_SOURCES += nvidia/os-interface.c
NVIDIA_SOURCES += nvidia/i2c_nvswitch.c
EOF
    text "$1/nvidia/os-interface.c" << 'EOF'
/*
 * Sample: what the proprietary core asks of the kernel.
 */

#define  __NO_VERSION__
#include "nv-misc.h"

#include "os-interface.h"
#include "nv-linux.h"

#include "nv-time.h"

void os_copy_sample(void *to, const void *from, unsigned int length)
{
    memcpy(to, from, length);
}

void *os_map_sample(unsigned long start, unsigned long length)
{
    return nv_ioremap(start, length);
}
EOF
    text "$1/nvidia/nv-frontend.c" << 'EOF'
/*
 * Sample: the module's entry points.
 */

#include "nv-misc.h"
#include "nv-linux.h"

MODULE_LICENSE("NVIDIA");

MODULE_INFO(supported, "external");
EOF
    text "$1/nvidia/i2c_nvswitch.c" << 'EOF'
/* Sample: i2c of switches. */

#include "linux_nvswitch.h"
EOF
    for h in nv-misc os-interface nv-linux nv-time linux_nvswitch; do
        text "$1/common/inc/$h.h" << EOF
/* Sample: $h. */
#pragma once
EOF
    done
    blob "$1/nvidia/nv-kernel.o_binary" 4
}

kernel_tree kernel
if [ "$open" = y ]; then
    kernel_tree kernel-open
    text kernel-open/nvidia/nv-frontend.c << 'EOF'
/*
 * Sample: the entry points of the open flavour.
 */

MODULE_LICENSE("Dual MIT/GPL");
EOF
fi

if [ "$vgpu" = y ]; then
    # Its own module, under its own licence: that of the real one is MIT.
    for f in nvidia-vgpu-vfio.c nvidia-vgpu-vfio.h; do
        text "kernel/nvidia-vgpu-vfio/$f" << 'EOF'
/* Sample. Permission is hereby granted, free of charge, to any person. */
EOF
    done
    text kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.Kbuild << 'EOF'
# Sample fragment for nvidia-vgpu-vfio.ko
include $(src)/nvidia-vgpu-vfio/nvidia-vgpu-vfio-sources.Kbuild

obj-m += nvidia-vgpu-vfio.o
nvidia-vgpu-vfio-y := $(patsubst %.c,%.o,$(NVIDIA_VGPU_VFIO_SOURCES))

NV_CONFTEST_FUNCTION_COMPILE_TESTS += vfio_register_notifier
NV_CONFTEST_GENERIC_COMPILE_TESTS += vgpu_kvm_sanity_check
EOF
    text kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio-sources.Kbuild << 'EOF'
NVIDIA_VGPU_VFIO_SOURCES += nvidia-vgpu-vfio/nvidia-vgpu-vfio.c
EOF
fi

# Sources as the patch sets expect them.
if [ "$sets_given" = n ] && [ -d "$patches" ]; then
    sets=$(cd "$patches" && for s in */series; do
        [ ! -f "$s" ] || dirname "$s"
    done)
fi
set --
for s in $sets; do
    [ -f "$patches/$s/series" ] || die "no series for patch set $s"
    # Sets for the hooks are for no file of a driver: hooks.sh knows them.
    ! grep -qs '^Scope: hooks$' "$patches/$s"/*.patch || continue
    # R525's nvidia-vgpu-vfio.c is not R460's: no file can be both.
    if [ "$sets_given" = n ]; then
        case $s:$version in
            vgpu-vfio-flex-array:525.* | vgpu-vfio-irqfd:525.* | vgpu-vfio-mdev-types:525.* | vgpu-vfio-region-info:525.* | vgpu-vfio-signal:525.*) ;;
            vgpu-vfio-flex-array:* | vgpu-vfio-irqfd:* | vgpu-vfio-mdev-types:* | vgpu-vfio-region-info:* | vgpu-vfio-signal:* | vgpu-vfio-*:525.*) continue ;;
            # Its context names tests of conftest's that R460 has not.
            drm-poll-changed:3* | drm-poll-changed:4[0-6]*) continue ;;
        esac
    fi
    # A driver without the vGPU module has no use for patches to it.
    if [ "$sets_given" = n ] && [ "$vgpu" = n ] &&
        grep -qs '^+++ [^/]*/kernel/nvidia-vgpu-vfio/' "$patches/$s"/*; then
        continue
    fi
    while read -r p _; do
        case $p in
            '' | '#'*) ;;
            *) set -- "$@" "$patches/$s/$p" ;;
        esac
    done < "$patches/$s/series"
done
if [ $# -gt 0 ]; then
    # Sets are written against the original or against the sets before them.
    awk -f "$here/preimage.awk" -v out="$top" "$@" > /dev/null 2> awk.tmp ||
        awk -f "$here/preimage.awk" -v out="$top" -v stacked=1 "$@" > /dev/null 2>> awk.tmp || {
        cat awk.tmp >&2
        die "the patch sets cannot all apply to one tree"
    }
    rm -f awk.tmp
    if command -v patch > /dev/null; then
        cp -R kernel try.tmp
        for p in "$@"; do
            patch -s -p2 -F0 -d try.tmp < "$p" ||
                die "$p does not apply to the sample after the sets before it"
        done
        rm -rf try.tmp
    fi
fi

# --- the rest of the package -------------------------------------------------

program nvidia-installer
text LICENSE << 'EOF'
Sample: there is nothing here to license.
EOF
ln LICENSE GRID_LICENSE
text NVIDIA_Changelog << EOF
$version: a sample.
EOF
chmod 0444 NVIDIA_Changelog
text supported-gpus/supported-gpus.json << 'EOF'
{ "chips": [ ] }
EOF
: > supported-gpus/none.json
chmod 0750 supported-gpus

# Names that short tar headers cannot hold, or that are not ASCII.
long=html/a-page-with-a-long-name
long=$long/that-goes-on-for-longer-than-the-hundred-bytes
long=$long/that-the-oldest-kind-of-tar-header-has-room-for.html
text "$long" << 'EOF'
<p>Sample.</p>
EOF
text "html/$(printf 'gr\303\266\303\237e').html" << 'EOF'
<p>Sample.</p>
EOF

if [ "$vgpu" = y ]; then
    program nvidia-vgpud
    program nvidia-vgpu-mgr
    blob "libnvidia-vgpu.so.$version" 2
    chmod 0755 "libnvidia-vgpu.so.$version"
    ln -s "libnvidia-vgpu.so.$version" libnvidia-vgpu.so
fi
if [ "$grid" = y ]; then
    program nvidia-gridd
fi
if [ "$libs" = y ]; then
    for l in libcuda.so libGLX_nvidia.so; do
        blob "$l.$version" 2
        chmod 0755 "$l.$version"
    done
    blob libGL.so.1.7.0 1
    chmod 0755 libGL.so.1.7.0
    ln -s "libcuda.so.$version" libcuda.so.1
fi

# unit NAME DESCRIPTION
unit() {
    text "init-scripts/systemd/$1.service" << EOF
# Sample unit.

[Unit]
Description=$2
Wants=syslog.target

[Service]
Type=forking
ExecStart=/usr/bin/$1
ExecStopPost=/bin/rm -rf /var/run/$1
Environment="__RM_NO_VERSION_CHECK=1"

[Install]
WantedBy=multi-user.target
EOF
    chmod 0444 "init-scripts/systemd/$1.service"
}

program init-scripts/post-install
if [ "$vgpu" = y ]; then
    unit nvidia-vgpud 'Sample vGPU daemon'
    unit nvidia-vgpu-mgr 'Sample vGPU manager'
fi
if [ "$grid" = y ]; then
    unit nvidia-gridd 'Sample licence client'
fi

# --- as if somebody had been at it -------------------------------------------

for word in $altered; do
    case $word in
        hooks)
            sh "$here/hooks.sh" "$top/hooks.tmp"
            mkdir kernel/unlock
            mv hooks.tmp/vgpu_unlock_hooks.c kernel/unlock/
            mv hooks.tmp/kern.ld kernel/nvidia/
            rmdir hooks.tmp
            # The last include is the place for it.
            awk '{ print } /^#include "nv-time.h"/ {
                print "\n#include \"../unlock/vgpu_unlock_hooks.c\"" }' \
                kernel/nvidia/os-interface.c > new.tmp
            cat new.tmp > kernel/nvidia/os-interface.c
            rm new.tmp
            # shellcheck disable=SC2016 # for make to expand
            printf '\n%s\n' 'ldflags-y += -T $(src)/nvidia/kern.ld' >> kernel/nvidia/nvidia.Kbuild
            ;;
        patches)
            f=nvidia-vgpu-vfio/nvidia-vgpu-vfio.c
            mkdir kernel/patches
            cp kernel/$f new.tmp
            echo '/* somebody was here */' >> new.tmp
            # diff says 1 when the files differ.
            diff -U2 --label a/$f --label b/$f kernel/$f new.tmp \
                > kernel/patches/sample.patch || [ $? -eq 1 ]
            rm new.tmp
            cat >> kernel/dkms.conf << 'EOF'

PATCH[0]="sample.patch"
PATCH_MATCH[0]="^5\.1[0-2]\..*$"
EOF
            ;;
        licence)
            sed 's/^MODULE_LICENSE.*/MODULE_LICENSE("Dual MIT\/GPL");/' \
                kernel/nvidia/nv-frontend.c > new.tmp
            cat new.tmp > kernel/nvidia/nv-frontend.c
            rm new.tmp
            ;;
    esac
done

# --- .manifest and pkg-history.txt -------------------------------------------

# kernel_entries DIR
kernel_entries() {
    find "$1" -type f | sort | while read -r f; do
        type=KERNEL_MODULE_SRC module=resman
        case $f in
            */dkms.conf) type=DKMS_CONF ;;
            */nvidia-vgpu-vfio/*) module=vgpu ;;
        esac
        echo "$f 0644 $type INHERIT_PATH_DEPTH:1 MODULE:$module"
    done
}

{
    cat << EOF
NVIDIA Accelerated Graphics Driver for Linux-x86_64
$version
 
$modules
 
 
./kernel/
./kernel/precompiled/
EOF
    kernel_entries kernel
    if [ "$open" = y ]; then
        kernel_entries kernel-open
    fi
    cat << EOF
nvidia-installer 0755 INSTALLER_BINARY MODULE:installer
nvidia-uninstall 0000 UTILITY_BIN_SYMLINK nvidia-installer MODULE:installer
LICENSE 0444 DOCUMENTATION NVIDIA_GLX-1.0/ MODULE:installer
GRID_LICENSE 0444 DOCUMENTATION NVIDIA_GLX-1.0/ MODULE:installer
NVIDIA_Changelog 0444 DOCUMENTATION NVIDIA_GLX-1.0/ MODULE:installer
init-scripts/post-install 0755 EXPLICIT_PATH /usr/lib/nvidia MODULE:vgpu
EOF
    for u in init-scripts/systemd/*.service; do
        [ -f "$u" ] || continue
        echo "$u 0444 EXPLICIT_PATH /usr/lib/nvidia/systemd MODULE:vgpu"
    done
    if [ "$vgpu" = y ]; then
        cat << EOF
nvidia-vgpud 0755 UTILITY_BINARY MODULE:vgpu
nvidia-vgpu-mgr 0755 UTILITY_BINARY MODULE:vgpu
libnvidia-vgpu.so.$version 0755 VGX_LIB NATIVE MODULE:vgpu
libnvidia-vgpu.so 0000 VGX_LIB_SYMLINK libnvidia-vgpu.so.$version MODULE:vgpu
EOF
    fi
    if [ "$grid" = y ]; then
        echo "nvidia-gridd 0755 UTILITY_BINARY MODULE:vgpu"
    fi
    if [ "$libs" = y ]; then
        cat << EOF
libcuda.so.$version 0755 CUDA_LIB NATIVE / MODULE:gpgpu
libcuda.so.1 0000 CUDA_SYMLINK NATIVE / libcuda.so.$version MODULE:gpgpu
libGLX_nvidia.so.$version 0755 OPENGL_LIB NATIVE MODULE:opengl
libGLX_nvidia.so.0 0000 OPENGL_SYMLINK NATIVE libGLX_nvidia.so.$version MODULE:opengl
libGL.so.1.7.0 0755 GLX_CLIENT_LIB NATIVE MODULE:opengl
EOF
    fi
} > .manifest

# The real one is 0444 as well: a repack has to replace a read-only file.
text pkg-history.txt << EOF
Package history for $name:

$name: Initial package

EOF
chmod 0444 pkg-history.txt
