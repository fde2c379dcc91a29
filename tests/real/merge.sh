#!/bin/sh
# SPDX-License-Identifier: MIT
# merge.sh: what `gridpatch merge` makes, with more than samples.
#
#   - a pair of our own, built against real headers: it builds only if each part came from
#     where it should;
#   - each merged driver of yours (.run), taken apart into a host and a desktop, merged again
#     and compared with the whole;
#   - the host half of that, with the kernel sources and libraries of another desktop of its
#     branch (Debian's 460.106.00), built;
#   - on request, both installed by NVIDIA's own program, in a Debian of its own: up to 515.
#
#   GRIDPATCH               the program
#   GRIDPATCH_TREES         a directory of your own .run files
#   GRIDPATCH_REAL_INSTALL  set: install, too (a quarter of an hour each)
#   GRIDPATCH_REAL_CACHE    where downloads are kept
#   GRIDPATCH_REAL_KEEP     set: leave the scratch directory and name it
# shellcheck disable=SC2154 # lib.sh and chroot.sh set the rest
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/real/lib.sh disable=SC1091
. "$here/lib.sh"
# shellcheck source=tests/real/chroot.sh disable=SC1091
. "$here/chroot.sh"
unset GRIDPATCH_HOOKS

if tool=$(lacks make gcc nm python3 jq modinfo dpkg-deb); then
    skip "merge: no $tool"
    finish
    exit
fi

# verified OUT.run: nothing is wrong with it; of a pair of our own nothing but that its
# desktop half is without nvidia-modeset and nvidia-drm, which are not ours to build.
verified() {
    "$GRIDPATCH" verify "$1" > verify.out 2>&1 && return 0
    cat verify.out
    case $1 in own/*) ;; *) return 1 ;; esac
    grep '^problem' verify.out > problems && ! grep -v '^problem  *desktop half: .*nvidia-\(modeset\|drm\)' problems
}

# right OUT.run HOST DESKTOP DIR [--changed PATH]…: our verify, whose each file is, the strict
# reader of the manifest, a strict installation.
right() {
    out=$1 h=$2 d=$3 x=$4
    shift 4
    check "$mine: verify" verified "$out" &&
        check "$mine: it unpacks" sh "$out" -x --target "$work/$x" &&
        check "$mine: whose each file is" python3 "$fx/mergejudge.py" "$h" "$d" "$x" --changed kernel/dkms.conf "$@" &&
        check "$mine: the manifest, both ways" python3 "$fx/manifest.py" "$x" --of "$h" --of "$d" &&
        check "$mine: all of it goes somewhere, once" python3 "$fx/install.py" "$x" "$x.root"
}

# --- a pair of our own -------------------------------------------------------------

own() {
    mine="$1, $2"
    rm -rf own own.x own.x.root
    # shellcheck disable=SC2046 # two words
    set -- $(sh "$fx/mergepair.sh" --shape "$1" --desktop "$2" --build own)
    check "$mine: merged and built" "$GRIDPATCH" merge "$1" "$2" --allow versions,unknown,blocked --no-hooks \
        --no-set all -k "$release" --headers "$build_dir" --build -o own/m.run --json=own/m.json || return 0
    check "$mine: all three modules" jq -e '[.. | .modules? // empty | arrays[] | strings] |
        contains(["nvidia.ko", "nvidia-uvm.ko", "nvidia-vgpu-vfio.ko"])' own/m.json || :
    right own/m.run own/host own/desktop own.x || :
}

if headers 6.1; then
    own R460 grid
    own R580 general
else
    skip "merge: no headers of 6.1: $found"
fi

# --- yours -------------------------------------------------------------------------

# What has to differ from the whole: see split.py. A host's scripts know no gridd, its
# list of sources no nv-vgpu-vmbus.c; dkms.conf has the kernels that are left out, and the
# history what was done.
expected() {
    for f in .manifest init-scripts/post-install init-scripts/pre-uninstall kernel/dkms.conf \
        kernel/nvidia/nvidia-sources.Kbuild pkg-history.txt; do
        echo "Files whole/$f and again/$f differ"
    done
}

# The same tree but for that, modes, too; and the same entries in the manifest.
as_whole() {
    diff -rq whole again | sort > differ || :
    expected | sort | diff - differ || return 1
    for t in whole again; do
        (cd $t && find . -printf '%y %m %p %l\n' | sort) > $t.modes
        python3 "$fx/manifest.py" $t --entries > $t.entries
    done
    diff whole.modes again.modes && diff whole.entries again.entries
}

# pack DIR NAME
pack() {
    rm -f "$2.run"
    sh "$fx/mkrun.sh" --compress gzip --comp-args -1 --version-string "$(sed -n 2p "$1/.manifest")" \
        --targetdir "$2" "$1" "$2.run" > pack.log
}

again() {
    mine=${1##*/}
    rm -rf whole host desktop again again.root
    check "$mine: unpacked" "$GRIDPATCH" extract -q "$1" -C whole || return 1
    # Its vGPU libraries say which host it was made of.
    version=$(find whole -maxdepth 1 -name 'libnvidia-vgpu.so.*' | sed 's/.*\.so\.//')
    check "$mine: taken apart" python3 "$here/split.py" whole host desktop "$version" || return 1
    check "$mine: the host half is one" python3 "$fx/manifest.py" host --of whole &&
        check "$mine: the desktop half is one" python3 "$fx/manifest.py" desktop --of whole || return 1
    pack host "NVIDIA-Linux-x86_64-$version-vgpu-kvm"
    pack desktop "NVIDIA-Linux-x86_64-$(sed -n 2p desktop/.manifest)-grid"
    check "$mine: merged again" "$GRIDPATCH" merge NVIDIA-*-vgpu-kvm.run NVIDIA-*-grid.run --allow versions \
        --no-hooks --no-set all -k "$release" --headers "$build_dir" -o again.run || return 1
    right again.run host desktop again &&
        check "$mine: as the whole was" as_whole
}

# --- with another desktop ------------------------------------------------------------

# Debian's kernel sources and some of its libraries, as a general driver: desktop2/.
debian_desktop() {
    rm -rf desktop2
    sh "$here/tree.sh" "$(sh "$here/fetch.sh" "$cache" nvidia-tesla-460-kernel-source "$1")" "$1" "$work/desktop2" || return 1
    for p in libnvidia-tesla-460-cuda1 libnvidia-tesla-460-ml1 nvidia-tesla-460-smi libnvidia-tesla-460-encode1 \
        libnvidia-tesla-460-nvcuvid1 libnvidia-tesla-460-glcore libglx-nvidia-tesla-460-0; do
        dpkg-deb -x "$(sh "$here/fetch.sh" "$cache" $p "$1")" debs || return 1
    done
    find debs \( -name "*.so.$1" -o -name nvidia-smi -o -name nvidia-smi.1.gz \) -type f -exec cp {} desktop2 \;
    rm -rf debs
    # The installer that reads it has to be a real one.
    cp host/nvidia-installer desktop2/
    sed "s/@V@/$1/g" >> desktop2/.manifest << 'EOF'
nvidia-smi 0755 UTILITY_BINARY MODULE:nvml
nvidia-smi.1.gz 0444 MANPAGE man1/ MODULE:nvml
libnvidia-ml.so.@V@ 0755 CUDA_LIB NATIVE / MODULE:nvml
libnvidia-ml.so.1 0000 CUDA_SYMLINK NATIVE / libnvidia-ml.so.@V@ MODULE:nvml
libcuda.so.@V@ 0755 CUDA_LIB NATIVE / MODULE:gpgpu
libcuda.so.1 0000 CUDA_SYMLINK NATIVE / libcuda.so.@V@ MODULE:gpgpu
libcuda.so 0000 CUDA_SYMLINK NATIVE / libcuda.so.1 MODULE:gpgpu
libnvcuvid.so.@V@ 0755 NVCUVID_LIB NATIVE MODULE:nvcuvid
libnvcuvid.so.1 0000 NVCUVID_LIB_SYMLINK NATIVE libnvcuvid.so.@V@ MODULE:nvcuvid
libnvidia-encode.so.@V@ 0755 ENCODEAPI_LIB NATIVE MODULE:encodeapi
libnvidia-encode.so.1 0000 ENCODEAPI_LIB_SYMLINK NATIVE libnvidia-encode.so.@V@ MODULE:encodeapi
libnvidia-glcore.so.@V@ 0755 OPENGL_LIB NATIVE MODULE:opengl
libnvidia-tls.so.@V@ 0755 TLS_LIB NATIVE / MODULE:opengl
libGLX_nvidia.so.@V@ 0755 OPENGL_LIB NATIVE MODULE:opengl
libGLX_nvidia.so.0 0000 OPENGL_SYMLINK NATIVE libGLX_nvidia.so.@V@ MODULE:opengl
EOF
    chmod 0444 desktop2/nvidia-smi.1.gz
    python3 "$fx/manifest.py" desktop2
}

# with_debian VERSION
with_debian() {
    mine="host half and $1"
    check "$mine: Debian's sources and libraries" debian_desktop "$1" || return 0
    rm -rf both both.root both.run
    pack desktop2 "NVIDIA-Linux-x86_64-$1"
    refuted "$mine" "NVIDIA-Linux-x86_64-$1.run"
    check "$mine: merged" "$GRIDPATCH" merge NVIDIA-*-vgpu-kvm.run "NVIDIA-Linux-x86_64-$1.run" \
        --allow versions --no-hooks --no-set all -k "$release" --headers "$build_dir" -o both.run || return 0
    right both.run host desktop2 both || return 0
    check "$mine: built" "$GRIDPATCH" build both.run --no-hooks -k "$release" --headers "$build_dir" --json=built.json ||
        return 0
    check "$mine: all of its modules" jq -e '[.. | .modules? // empty | arrays[] | strings] |
        contains(["nvidia.ko", "nvidia-uvm.ko", "nvidia-modeset.ko", "nvidia-drm.ko", "nvidia-vgpu-vfio.ko"])' \
        built.json || :
    installed both.run "$1" both
}

# Two versions, and nobody allowed it.
refuted() {
    check_says_no "$1: refused as it is" "$GRIDPATCH" merge NVIDIA-*-vgpu-kvm.run "$2" -n --no-hooks -k "$release"
}

# --- installed -------------------------------------------------------------------------

# in_place VERSION TREE: modules, libraries, units and daemons of what was in TREE.
in_place() {
    for m in nvidia nvidia-uvm nvidia-vgpu-vfio; do
        ko=$(module $m)
        modinfo "${ko:-$m.ko}" > /dev/null || return 1
    done
    for f in usr/bin/nvidia-vgpud usr/bin/nvidia-vgpu-mgr usr/bin/nvidia-smi usr/share/nvidia/vgpu/vgpuConfig.xml \
        usr/lib/nvidia/sriov-manage usr/lib/systemd/system/nvidia-vgpud.service \
        usr/lib/systemd/system/nvidia-vgpu-mgr.service "usr/src/nvidia-$1/nvidia-vgpu-vfio/nvidia-vgpu-vfio.c"; do
        [ -s "root/$f" ] || { echo "no $f"; return 1; }
    done
    # Libraries of both halves, each found by its soname.
    for l in libcuda.so.1 libnvidia-ml.so.1 libnvidia-vgpu.so libnvidia-vgxcfg.so; do
        f=$(find root/usr -name "$l" | head -n 1)
        [ -s "${f:-none}" ] || { echo "no $l"; return 1; }
    done
    # The other width's are the desktop's.
    ! grep -q ' CUDA_LIB COMPAT32 ' "$2/.manifest" || [ -n "$(find root/usr/lib32 -name 'libcuda.so.*')" ] ||
        { echo 'no 32-bit libcuda'; return 1; }
}

# installed RUN VERSION TREE: with sets for 5.10 and hooks in it.
installed() {
    [ -n "${GRIDPATCH_REAL_INSTALL:-}" ] || {
        skip "$mine: installation: GRIDPATCH_REAL_INSTALL is not set"
        return 0
    }
    can_chroot || {
        skip "$mine: installation: no rights to chroot, or no debootstrap"
        return 0
    }
    rm -f install.run
    check "$mine: patched for $release" "$GRIDPATCH" "$1" --hooks hooks --allow hooks -k "$release" \
        --headers "$build_dir" -o install.run || return 0
    debian || {
        skip "$mine: no Debian to install into"
        return 0
    }
    mkdir -p root/usr/lib32 # else it puts no 32-bit libraries anywhere
    check "$mine: NVIDIA's program installs it" installs install.run || return 0
    check "$mine: dkms says installed" dkms_installed || :
    check "$mine: modules, libraries, units and daemons are there" in_place "$2" "$3" || :
    check "$mine: the module has the hooks" unlocked "$(module nvidia)" || :
    check "$mine: verify of what it put down" "$GRIDPATCH" verify "root/usr/src/nvidia-$2" || :
}

if [ -z "${GRIDPATCH_TREES:-}" ]; then
    skip 'merge: your own drivers: GRIDPATCH_TREES names no directory'
elif headers 5.10; then
    sh "$fx/hooks.sh" hooks
    for t in "$GRIDPATCH_TREES"/*.run; do
        "$GRIDPATCH" info "$t" --json 2> /dev/null |
            jq -e '.driver.kind == "merged" and .driver.altered == null and .driver.patched == null' > /dev/null || continue
        rm -f NVIDIA-*.run again.run
        again "$t" || continue
        v=$(sed -n 2p desktop/.manifest)
        case $v in
            460.*) rm -f NVIDIA-*-grid.run; with_debian 460.106.00 ;;
        esac
        [ "${v%%.*}" -gt 515 ] || { mine=${t##*/}; installed again.run "$v" again; }
    done
else
    skip "merge: no headers of 5.10: $found"
fi
finish
