#!/bin/sh
# SPDX-License-Identifier: MIT
# mergepair.sh [options] OUT_DIR
#
# A host installer and a desktop one that fit each other: our own text in the shapes that
# the branches have. Makes OUT_DIR/host/ and OUT_DIR/desktop/, packs both in OUT_DIR, and
# prints the two installers' paths, the host's first.
#
#   --shape R460|R470|R535|R550|R580   (default R460)
#   --desktop general|grid             which desktop driver (default grid)
#   --host-version V  --desktop-version V     (default: a pair that was published)
#   --codec C         of both (gzip bzip2 xz zstd none; default: that of the branch)
#   --host-codec C  --desktop-codec C
#   --size KB         of each library and blob, not compressible (default: 2, compressible)
#   --sets "NAME ..." sets that must apply to both (default: none)
#   --build           kernel/ builds against real headers, and only if each part comes
#                     from where it should: see buildable() below
#   --trees           do not pack
#
# A host has nvidia and nvidia-vgpu-vfio, a desktop nvidia-uvm, -modeset and -drm; both
# have the installer, nvidia-smi and libnvidia-ml.so. Of what both have, these differ:
# LICENSE, nvidia-bug-report.sh, nvidia-smi, libnvidia-ml.so.V, pkg-history.txt, and in
# kernel/: conftest.sh, Kbuild (the version), nv-kernel.o_binary, nvidia-sources.Kbuild;
# with a grid desktop also init-scripts/post-install; from R470 on firmware/.
set -eu
export LC_ALL=C

usage() {
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0" >&2
    exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
shape=R460
desktop=grid
host_version='' desktop_version=''
host_codec='' desktop_codec=''
size=''
sets=''
build=n
pack=y
while [ $# -gt 0 ]; do
    case $1 in
        --build) build=y; shift; continue ;;
        --trees) pack=n; shift; continue ;;
        --*) [ $# -ge 2 ] || usage ;;
        *) break ;;
    esac
    case $1 in
        --shape) shape=$2 ;;
        --desktop) desktop=$2 ;;
        --host-version) host_version=$2 ;;
        --desktop-version) desktop_version=$2 ;;
        --codec) host_codec=$2 desktop_codec=$2 ;;
        --host-codec) host_codec=$2 ;;
        --desktop-codec) desktop_codec=$2 ;;
        --size) size=$2 ;;
        --sets) sets=$2 ;;
        *) usage ;;
    esac
    shift 2
done
[ $# -eq 1 ] || usage
out=$1

# Grid guests share their hosts' numbers or the ones beside, general drivers seldom do.
case $shape:$desktop in
    R460:grid) pair='460.73.02 460.73.01 xz' ;;
    R460:general) pair='460.73.02 460.73.01 xz' ;;
    R470:grid) pair='470.63 470.63.01 xz' ;;
    R470:general) pair='470.63 470.63.01 xz' ;;
    R535:grid) pair='535.129.03 535.129.03 zstd' ;;
    R535:general) pair='535.129.03 535.129.03 zstd' ;;
    R550:grid) pair='550.90.05 550.90.07 zstd' ;;
    R550:general) pair='550.90.05 550.90.07 zstd' ;;
    R580:grid) pair='580.159.01 580.159.03 zstd' ;;
    R580:general) pair='580.159.01 580.159.03 zstd' ;;
    *) usage ;;
esac
branch=${shape#R}
# shellcheck disable=SC2086 # words
set -- $pair
[ -n "$host_version" ] || host_version=$1
[ -n "$desktop_version" ] || desktop_version=$2
[ -n "$host_codec" ] || host_codec=$3
[ -n "$desktop_codec" ] || desktop_codec=$3

umask 022
mkdir -p "$out"
out=$(cd "$out" && pwd)

# since N: is the branch that new?
since() { [ "$branch" -ge "$1" ]; }

# --- one side: $side, $version and the current directory say which --------------------

# data FILE SEED: $size KB of a library that no codec makes smaller, or a little that all do.
data() {
    mkdir -p "$(dirname "$1")"
    case $1 in lib*.so.* | 32/lib*.so.* | *.bin | */nv-kernel.o_binary) kb=$size ;; *) kb='' ;; esac
    if [ -n "$kb" ]; then
        head -c "${kb}k" /dev/zero |
            openssl enc -aes-128-ctr -nosalt -K "$(printf '%s' "$2" | md5sum | cut -c-32)" -iv 0 2> /dev/null > "$1"
    else
        # A little more than one block of tar, different for each seed.
        awk -v s="$2" 'BEGIN { for (i = 0; i < 96; i++) printf "%08d %s\n", i * 7919 % 99991, s }' > "$1"
    fi
}

# Of whom a file's contents speak: of nobody where both sides have the same.
owner_of() {
    case $1 in
        LICENSE | nvidia-bug-report.sh | nvidia-smi | libnvidia-ml.so.* | firmware/* | init-scripts/post-install)
            echo "$side $version" ;;
        *"$version"* | kernel/*) echo "$version" ;;
        *) echo common ;;
    esac
}

# entries: lines of a manifest from standard input, @V@ being the version. What they name
# is made, links apart, as in the real packages: only their lines say of those.
entries() {
    sed "s/@V@/$version/g" | while read -r file mode rest; do
        echo "$file $mode $rest" >> .manifest
        file=${file#./}
        case $mode:$file in
            0000:* | *:LICENSE | *:init-scripts/systemd/*) [ "$mode" = 0000 ] || [ -f "$file" ] || service "$file" ;;
            *.sh | *:init-scripts/post-install | *:init-scripts/pre-*) script "$file" ;;
            *) [ -f "$file" ] || data "$file" "$(basename "$file") $(owner_of "$file")" ;;
        esac
        [ "$mode" = 0000 ] || chmod "${mode#0}" "$file"
    done
}

script() {
    mkdir -p "$(dirname "$1")"
    printf '#!/bin/sh\n# %s of %s: a sample, nothing to run\nexit 0\n' "${1##*/}" "$(owner_of "$1")" > "$1"
}

service() {
    n=$(basename "$1" .service)
    mkdir -p "$(dirname "$1")"
    cat > "$1" << EOF
[Unit]
Description=Sample $n
Wants=syslog.target

[Service]
Type=forking
ExecStart=/usr/bin/$n
ExecStopPost=/bin/rm -rf /var/run/$n
Environment="__RM_NO_VERSION_CHECK=1"

[Install]
WantedBy=multi-user.target
EOF
}

# Both have these.
both_entries() {
    entries << 'EOF'
LICENSE 0444 DOCUMENTATION NVIDIA_GLX-1.0/ MODULE:installer
nvidia-bug-report.sh 0755 UTILITY_BINARY MODULE:installer
nvidia-installer.1.gz 0444 MANPAGE man1/ MODULE:installer
nvidia-installer 0755 INSTALLER_BINARY MODULE:installer
nvidia-uninstall 0000 UTILITY_BIN_SYMLINK nvidia-installer MODULE:installer
nvidia-modprobe 04755 NVIDIA_MODPROBE /usr/bin/ MODULE:installer
nvidia-modprobe.1.gz 0444 NVIDIA_MODPROBE_MANPAGE man1/ MODULE:installer
supported-gpus/supported-gpus.json 0444 DOCUMENTATION NVIDIA_GLX-1.0/supported-gpus/ MODULE:installer
nvidia-smi 0755 UTILITY_BINARY MODULE:nvml
nvidia-smi.1.gz 0444 MANPAGE man1/ MODULE:nvml
libnvidia-ml.so.@V@ 0755 CUDA_LIB NATIVE / MODULE:nvml
libnvidia-ml.so.1 0000 CUDA_SYMLINK NATIVE / libnvidia-ml.so.@V@ MODULE:nvml
libnvidia-ml.so 0000 CUDA_SYMLINK NATIVE / libnvidia-ml.so.1 MODULE:nvml
nvidia-debugdump 0755 UTILITY_BINARY MODULE:nvml
EOF
    [ "$branch" -ne 470 ] || echo 'firmware/gsp.bin 0644 FIRMWARE INHERIT_PATH_DEPTH:1 MODULE:gspfw' | entries
    ! since 525 || entries << 'EOF'
firmware/gsp_tu10x.bin 0644 FIRMWARE INHERIT_PATH_DEPTH:1 MODULE:gspfw
firmware/gsp_ga10x.bin 0644 FIRMWARE INHERIT_PATH_DEPTH:1 MODULE:gspfw
EOF
}

# scripts NAME…: init-scripts for these services.
scripts() {
    entries << 'EOF'
init-scripts/post-install 0755 EXPLICIT_PATH /usr/lib/nvidia MODULE:vgpu
init-scripts/pre-uninstall 0755 EXPLICIT_PATH /usr/lib/nvidia MODULE:vgpu
init-scripts/common.sh 0755 EXPLICIT_PATH /usr/lib/nvidia MODULE:vgpu
EOF
    for s in "$@"; do
        entries << EOF
$s 0755 UTILITY_BINARY MODULE:vgpu
init-scripts/systemd/$s.service 0444 EXPLICIT_PATH /usr/lib/nvidia/systemd MODULE:vgpu
init-scripts/sysv/$s 0755 EXPLICIT_PATH /usr/lib/nvidia/sysv MODULE:vgpu
init-scripts/upstart/$s.conf 0444 EXPLICIT_PATH /usr/lib/nvidia/upstart MODULE:vgpu
EOF
    done
}

host_entries() {
    entries << 'EOF'
libnvidia-vgpu.so.@V@ 0755 VGX_LIB NATIVE MODULE:vgpu
libnvidia-vgpu.so 0000 VGX_LIB_SYMLINK libnvidia-vgpu.so.@V@ MODULE:vgpu
libnvidia-vgxcfg.so.@V@ 0755 VGX_LIB NATIVE MODULE:vgpu
libnvidia-vgxcfg.so 0000 VGX_LIB_SYMLINK libnvidia-vgxcfg.so.@V@ MODULE:vgpu
sriov-manage 0755 EXPLICIT_PATH /usr/lib/nvidia MODULE:vgpu
EOF
    cat > vgpuConfig.xml << 'EOF'
<?xml version="1.0" encoding="UTF-8"?>
<vgpuconfig><pgpu><devId vendorId="0x10de" deviceId="0x1b38" subsystemVendorId="0x10de" subsystemId="0x0"/></pgpu></vgpuconfig>
EOF
    echo 'vgpuConfig.xml 0444 EXPLICIT_PATH /usr/share/nvidia/vgpu MODULE:vgpu' | entries
    scripts nvidia-vgpud nvidia-vgpu-mgr
    # One that is in the package, too.
    ln -s "libnvidia-vgpu.so.$version" libnvidia-vgpu.so
}

# The libraries that a desktop has in both widths: name, type, module.
both_widths() {
    while read -r lib type module; do
        case $type in CUDA_LIB | OPENCL_LIB | TLS_LIB) path='/ ' ;; *) path='' ;; esac
        entries << EOF
lib$lib.so.@V@ 0755 $type NATIVE ${path}MODULE:$module
./32/lib$lib.so.@V@ 0755 $type COMPAT32 ${path}MODULE:$module
EOF
        case $type in
            CUDA_LIB) link=CUDA_SYMLINK ;;
            OPENGL_LIB) link=OPENGL_SYMLINK ;;
            *) link=${type}_SYMLINK ;;
        esac
        # Libraries that are not loaded by their soname have no link.
        case $lib in nvidia-tls | nvidia-glcore) continue ;; esac
        entries << EOF
lib$lib.so.1 0000 $link NATIVE ${path}lib$lib.so.@V@ MODULE:$module
lib$lib.so.1 0000 $link COMPAT32 ${path}lib$lib.so.@V@ MODULE:$module
EOF
    done
}

desktop_entries() {
    both_widths << 'EOF'
cuda CUDA_LIB gpgpu
nvidia-opencl OPENCL_LIB gpgpu
nvidia-glcore OPENGL_LIB opengl
nvidia-tls TLS_LIB opengl
GLX_nvidia OPENGL_LIB opengl
nvcuvid NVCUVID_LIB nvcuvid
nvidia-encode ENCODEAPI_LIB encodeapi
nvidia-fbc UTILITY_LIB nvfbc
EOF
    since 495 || echo 'nvidia-ifr NVIFR_LIB nvifr' | both_widths
    entries << 'EOF'
libGL.so.1.7.0 0755 GLX_CLIENT_LIB NATIVE MODULE:opengl
libGL.so.1 0000 GLX_CLIENT_SYMLINK NATIVE libGL.so.1.7.0 MODULE:opengl
libGL.so 0000 GLX_CLIENT_SYMLINK NATIVE libGL.so.1 MODULE:opengl
libvdpau_nvidia.so.@V@ 0755 VDPAU_LIB NATIVE vdpau/ MODULE:vdpau
libvdpau_nvidia.so.1 0000 VDPAU_SYMLINK NATIVE vdpau/ libvdpau_nvidia.so.@V@ MODULE:vdpau
libvdpau_nvidia.so 0000 VDPAU_SYMLINK NATIVE / vdpau/libvdpau_nvidia.so.@V@ MODULE:vdpau
libglxserver_nvidia.so.@V@ 0755 GLX_MODULE_SHARED_LIB extensions MODULE:opengl
libglxserver_nvidia.so 0000 GLX_MODULE_SYMLINK extensions/ libglxserver_nvidia.so.@V@ MODULE:opengl
nvidia_drv.so 0755 XMODULE_SHARED_LIB drivers/ MODULE:xdriver
nvidia_icd.json 0644 VULKAN_ICD_JSON icd.d/ MODULE:opengl
nvidia_icd.json 0644 EXPLICIT_PATH /usr/share/vulkan/icd.d MODULE:opengl
nvidia-application-profiles-@V@-rc 0444 APPLICATION_PROFILE / MODULE:opengl
10_nvidia.json 0644 GLVND_EGL_ICD_JSON MODULE:opengl
nvidia.icd 0444 CUDA_ICD MODULE:gpgpu
nvidia-settings 0755 UTILITY_BINARY MODULE:xutils
libglvnd_install_checker/glvnd_check 0755 INTERNAL_UTILITY_BINARY NATIVE MODULE:installer
./32/libglvnd_install_checker/glvnd_check 0755 INTERNAL_UTILITY_BINARY COMPAT32 MODULE:installer
libglvnd_install_checker/egl_dummy_vendor.json 0644 INTERNAL_UTILITY_DATA MODULE:installer
EOF
    find html -type f | sort | sed 's,$, 0444 DOCUMENTATION NVIDIA_GLX-1.0/html/ MODULE:installer,' | entries
    ! since 470 || entries << 'EOF'
systemd/system/nvidia-suspend.service 0644 SYSTEMD_UNIT MODULE:powermgmt
systemd/nvidia-sleep.sh 0755 UTILITY_BINARY MODULE:powermgmt
systemd/system-sleep/nvidia 0755 SYSTEMD_SLEEP_SCRIPT MODULE:powermgmt
_nvngx.dll 0755 WINE_LIB NATIVE MODULE:ngx
EOF
    ! since 535 || entries << 'EOF'
libnvidia-egl-gbm.so.1.1.0 0755 OPENGL_LIB NATIVE MODULE:egl
libnvidia-allocator.so.@V@ 0755 UTILITY_LIB NATIVE MODULE:nvalloc
libnvidia-allocator.so.1 0000 UTILITY_LIB_SYMLINK NATIVE libnvidia-allocator.so.@V@ MODULE:nvalloc
nvidia-drm_gbm.so 0000 GBM_BACKEND_LIB_SYMLINK NATIVE ../libnvidia-allocator.so.1 MODULE:nvalloc
nvidia-settings.png 0644 ICON hicolor/128x128/apps MODULE:xutils
nvoptix.bin 0644 OPENGL_DATA nvidia/ MODULE:optix
EOF
    ! since 570 || echo 'sandboxutils-filelist.json 0644 SANDBOXUTILS_FILELIST_JSON / MODULE:installer' | entries
    ln -s "libcuda.so.$version" libcuda.so.1
    if [ "$desktop" = grid ]; then
        scripts nvidia-gridd
        entries << 'EOF'
gridd.conf.template 0444 EXPLICIT_PATH /etc/nvidia MODULE:vgpu
EOF
        # A hard link to what the host has otherwise.
        ln LICENSE GRID_LICENSE
        echo 'GRID_LICENSE 0444 DOCUMENTATION NVIDIA_GLX-1.0/ MODULE:installer' >> .manifest
        since 525 || entries << 'EOF'
libFlxCore64.so.2018.02 0755 FLEXERA_LIB /nvidia/gridd MODULE:vgpu
libFlxCore64.so 0000 FLEXERA_LIB_SYMLINK /nvidia/gridd libFlxCore64.so.2018.02 MODULE:vgpu
EOF
    fi
}

# --- kernel/ ---------------------------------------------------------------------------

conftest() {
    cat > conftest.sh << 'EOF'
#!/bin/sh
# The sample's: the real one compiles small programs against the kernel's headers.

# VGX_BUILD parameter: a host of any hypervisor
# VGX_KVM_BUILD parameter: a host of KVM
EOF
    [ "$side" != host ] || echo 'VGX_KVM_BUILD=1' >> conftest.sh
    echo '# GRID_BUILD parameter: a grid guest' >> conftest.sh
    [ "$side:$desktop" != desktop:grid ] || echo 'GRID_BUILD=1' >> conftest.sh
    cat >> conftest.sh << 'EOF'

case "$1" in
    vgpu_kvm_sanity_check)
        [ -z "$VGX_KVM_BUILD" ] && exit 0
        grep -q CONFIG_VFIO_MDEV "$2" || exit 1
        ;;
    nvidia_vgpu_kvm_build)
        if [ -n "$VGX_KVM_BUILD" ]; then
            echo "#define NV_VGPU_KVM_BUILD"
        else
            echo "#undef NV_VGPU_KVM_BUILD"
        fi
        ;;
EOF
    # As the real one it has the tests of all modules, here of what the sets are written against.
    # shellcheck disable=SC2016 # sed's $
    {
        echo vfio_register_notifier
        sed -n 's/^[ +]NV_CONFTEST_[A-Z]*_COMPILE_TESTS *+= *//p' "$here"/../../patches/*/*.patch
    } | sort -u | sed 's/.*/    &) echo "#undef NV_SAMPLE" ;;/; $aesac' >> conftest.sh
    chmod 0755 conftest.sh
}

# One flavour, in the current directory, as sample.sh left it.
flavour() {
    conftest
    sed -i '/^NV_KERNEL_MODULES/d' Kbuild
    # Both have all names there; what is missing is not built.
    {
        echo '# Sample: the real one finds the kernel'"'"'s sources and calls Kbuild.'
        echo "NV_KERNEL_MODULES ?= \$(wildcard nvidia nvidia-uvm nvidia-vgpu-vfio nvidia-modeset nvidia-drm $peermem)"
    } > Makefile
    data nvidia/nv-kernel.o_binary "nv-kernel $side $version"
    case $side:$desktop in
        host:*)
            echo 'NVIDIA_SOURCES += nvidia/nv-vgpu-vfio-interface.c' >> nvidia/nvidia-sources.Kbuild
            echo '/* Sample: what nvidia-vgpu-vfio calls. */' > nvidia/nv-vgpu-vfio-interface.c
            echo '/* Sample: of hosts only. */' > common/inc/nv-vgpu-vfio-interface.h
            return ;;
        desktop:grid)
            echo 'NVIDIA_SOURCES += nvidia/nv-vgpu-vmbus.c' >> nvidia/nvidia-sources.Kbuild
            echo '/* Sample: of guests only. */' > nvidia/nv-vgpu-vmbus.c ;;
    esac
    for m in uvm modeset drm $peermem; do
        m=nvidia-${m#nvidia-}
        mkdir "$m"
        printf '# Sample fragment\nobj-m += %s.o\n' "$m" > "$m/$m.Kbuild"
        printf '/* Sample. */\nMODULE_LICENSE("Dual MIT/GPL");\n' > "$m/$m.c"
    done
    data nvidia-modeset/nv-modeset-kernel.o_binary "nv-modeset $version"
}

# buildable: nvidia.ko takes the objects that nvidia-sources.Kbuild lists. A host's list and
# blob have a function each that nvidia-vgpu-vfio.ko needs; it is not compiled at all
# without VGX_KVM_BUILD. So all three modules of a merged tree build if, and only if, list,
# blob and nvidia-vgpu-vfio/ are the host's and nvidia-uvm/ is the desktop's.
buildable() {
    sh "$here/buildable.sh" --version "$version" build.tmp
    rm -rf kernel
    mv build.tmp/kernel .
    rm -rf build.tmp
    sed -i 's/wildcard nvidia nvidia-uvm)/wildcard nvidia nvidia-uvm nvidia-vgpu-vfio)/' kernel/Makefile
    awk -v kvm="$([ "$side" = host ] && echo 'VGX_KVM_BUILD=1')" '{ print } NR == 2 {
        print "# VGX_KVM_BUILD parameter: a host of KVM"; if (kvm) print kvm
        print "[ \"$1\" != vgpu ] || { [ -z \"$VGX_KVM_BUILD\" ] || echo -DNV_VGPU_KVM_BUILD; exit 0; }" }' \
        kernel/conftest.sh > new.tmp
    mv new.tmp kernel/conftest.sh
    # shellcheck disable=SC2016 # for make to expand
    sed -i 's,^nvidia-y := .*,include $(src)/nvidia/nvidia-sources.Kbuild\nnvidia-y := $(patsubst %.c\,%.o\,$(NVIDIA_SOURCES)) nvidia/nv-kernel.o,' \
        kernel/nvidia/nvidia.Kbuild
    printf 'NVIDIA_SOURCES += nvidia/%s.c\n' nv-frontend os-interface > kernel/nvidia/nvidia-sources.Kbuild
    [ "$side" = host ] || return 0
    rm -rf kernel/nvidia-uvm
    echo 'NVIDIA_SOURCES += nvidia/nv-vgpu-vfio-interface.c' >> kernel/nvidia/nvidia-sources.Kbuild
    cat > kernel/nvidia/nv-vgpu-vfio-interface.c << 'EOF'
#include "nv-linux.h"
int nv_blob_of_host(void);
int nvidia_vgpu_sample(void);
int nvidia_vgpu_sample(void) { return nv_blob_of_host(); }
EXPORT_SYMBOL(nvidia_vgpu_sample);
EOF
    mkdir kernel/nvidia-vgpu-vfio
    cat > kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.Kbuild << 'EOF'
obj-m += nvidia-vgpu-vfio.o
nvidia-vgpu-vfio-y := nvidia-vgpu-vfio/main.o
CFLAGS_nvidia-vgpu-vfio/main.o += $(shell sh $(src)/conftest.sh vgpu)
EOF
    # Its version is that of the tree that it is built in, as in the real one.
    cat > kernel/nvidia-vgpu-vfio/main.c << 'EOF'
#include "nv-linux.h"
#ifndef NV_VGPU_KVM_BUILD
#error "VGX_KVM_BUILD is not set"
#endif
int nvidia_vgpu_sample(void);
static int __init start(void) { return nvidia_vgpu_sample() == 12345; }
static void __exit stop(void) { }
module_init(start);
module_exit(stop);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(NV_VERSION_STRING);
EOF
    cat > blob.c << EOF
static const char version[] = "nvidia id: NVIDIA UNIX x86_64 Kernel Module  $version  a sample";
static const unsigned char table[4096] = { 1, 2, 3 };
int nv_blob_sample(void);
int nv_blob_of_host(void);
int nv_blob_sample(void) { volatile int i = 5; return version[i] + table[i]; }
int nv_blob_of_host(void) { volatile int i = 6; return version[i] + table[i]; }
EOF
    gcc -O1 -fno-pic -mcmodel=kernel -mno-red-zone -ffreestanding -fno-stack-protector -fcf-protection=none \
        -fno-asynchronous-unwind-tables -c -o kernel/nvidia/nv-kernel.o_binary blob.c
    rm blob.c
}

kernel_entries() {
    find "$1" -type f | sort | while read -r f; do
        type=KERNEL_MODULE_SRC module=resman
        case $f in
            */dkms.conf) type=DKMS_CONF ;;
            */nvidia-vgpu-vfio/* | */nv-vgpu-*) module=vgpu ;;
            */nvidia-uvm/*) module=uvm ;;
            */nvidia-modeset/*) module=nvkms ;;
            */nvidia-drm/*) module=nvidia_drm ;;
        esac
        echo "$f 0644 $type INHERIT_PATH_DEPTH:1 MODULE:$module"
    done >> .manifest
}

# header MODULES: the eight lines.
header() {
    printf '%s\n%s\n \n%s\n \n \n./kernel/\n./kernel/precompiled/\n' \
        'NVIDIA Accelerated Graphics Driver for Linux-x86_64' "$version" "$1" > .manifest
}

# one SIDE KIND VERSION MODULES
one() {
    side=$1 version=$3
    peermem=
    ! since 470 || peermem=nvidia-peermem
    # From 515 on desktops have both flavours; hosts have both since 550.
    open=
    if since 550 || { since 515 && [ "$side" = desktop ]; }; then open=--kernel-open; fi
    # shellcheck disable=SC2086 # one word or none
    sh "$here/sample.sh" --kind "$2" --version "$version" --sets "$sets" $open "$out/$side"
    cd "$out/$side"
    # Of the sample stay the kernel sources, and long and foreign names below html/.
    find . -mindepth 1 -maxdepth 1 ! -name kernel ! -name kernel-open ! -name html ! -name pkg-history.txt \
        -exec rm -rf {} +
    [ "$side" = desktop ] || rm -rf html
    for k in kernel kernel-open; do
        [ ! -d $k ] || (cd $k && flavour)
    done
    [ "$build" = n ] || buildable
    header "$4"
    kernel_entries kernel
    [ -z "$open" ] || kernel_entries kernel-open
    echo "Sample: the license of the $side." > LICENSE
    # The package's own tools: no line of the manifest names them.
    script makeself.sh
    script mkprecompiled
    chmod 0755 makeself.sh mkprecompiled
    both_entries
    "${side}_entries"
    chmod 0444 pkg-history.txt
    cd "$out"
}

# packed SIDE NAME CODEC
packed() {
    [ "$pack" = y ] || return 0
    sh "$here/mkrun.sh" --compress "$3" --targetdir "$2" --version-string "$version" "$out/$1" "$out/$2.run"
    echo "$out/$2.run"
}

more=
! since 470 || more=' nvidia-peermem'
host_modules='nvidia nvidia-vgpu-vfio' desktop_modules="nvidia nvidia-uvm nvidia-modeset nvidia-drm$more"
[ "$build" = n ] || desktop_modules='nvidia nvidia-uvm'
one host host "$host_version" "$host_modules"
packed host "NVIDIA-Linux-x86_64-$version-vgpu-kvm" "$host_codec"
kind=general name=
[ "$desktop" = general ] || kind=guest name=-grid
one desktop "$kind" "$desktop_version" "$desktop_modules"
packed desktop "NVIDIA-Linux-x86_64-$version$name" "$desktop_codec"
