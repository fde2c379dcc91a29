#!/bin/sh
# SPDX-License-Identifier: MIT
# chain.sh: what a user does, from the portal's .zip to the modules in their places: the
# .zip, a patched installer with hooks and vgpu_unlock's other half, its installation.
#
# Always with a package of our own, which a strict reader of the manifest installs below a
# directory and the system's dkms builds; and with each host installer of yours that has
# NVIDIA's program in it (up to 515, which drive dkms), in a Debian 12 of its own.
#
#   GRIDPATCH            the program
#   GRIDPATCH_TREES      a directory of your own .run files
#   GRIDPATCH_HOOKS      your copy of vgpu_unlock; without it, a stand-in
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory and name it
# shellcheck disable=SC2154 # lib.sh and apt.sh set the rest
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/real/lib.sh disable=SC1091
. "$here/lib.sh"
# shellcheck source=tests/real/chroot.sh disable=SC1091
. "$here/chroot.sh"

if tool=$(lacks make gcc nm python3 jq dkms zip); then
    skip "chain: no $tool"
    finish
    exit
fi
sh "$fx/userhalf.sh" half
sh "$fx/hooks.sh" hooks
hooks=hooks

# portal RUN ZIP: as the portal packs it.
portal() {
    rm -rf z && mkdir -p z/Host_Drivers z/Guest_Drivers
    cp "$1" z/Host_Drivers/
    echo 'not a program' > z/Guest_Drivers/462.31_grid_win10_64bit.exe
    (cd z && zip -q -r -1 "$work/$2" .)
}

# patched ZIP OPTION…: with hooks and the library; its name is that of the installer inside.
patched() {
    zip=$1
    shift
    "$GRIDPATCH" "$zip" --hooks "$hooks" --allow hooks --unlock-lib half/lib.so --unlock-config half/config "$@" &&
        "$GRIDPATCH" verify ./*-custom.run
}

# in_place ROOT: the library, its configuration, and the units that load it.
in_place() {
    cmp half/lib.so "$1/usr/lib/nvidia/libvgpu_unlock_rs.so" &&
        cmp half/config/config.toml "$1/etc/vgpu_unlock/config.toml" &&
        cmp half/config/profile_override.toml "$1/etc/vgpu_unlock/profile_override.toml" || return 1
    for u in nvidia-vgpud nvidia-vgpu-mgr; do
        [ "$(grep -c '^Environment=LD_PRELOAD=/usr/lib/nvidia/libvgpu_unlock_rs.so$' \
            "$1/usr/lib/systemd/system/$u.service")" = 1 ] || return 1
    done
}

# --- a package of our own ----------------------------------------------------------

own() {
    run=NVIDIA-Linux-x86_64-535.129.03-vgpu-kvm
    sh "$fx/buildable.sh" --kind host --version 535.129.03 own
    # Its kernel sources are other ones than those of the sample that it is made from.
    {
        awk 'NR <= 8 || $3 != "KERNEL_MODULE_SRC"' own/.manifest | grep -v '^$'
        (cd own && find kernel -type f ! -name dkms.conf | sort |
            sed 's/$/ 0644 KERNEL_MODULE_SRC INHERIT_PATH_DEPTH:1 MODULE:resman/')
    } > m
    mv m own/.manifest
    sh "$fx/mkrun.sh" own "$run.run" > pack.log
    portal "$run.run" own.zip
    check 'own: patched, from the .zip' patched own.zip -k "$release" --headers "$build_dir" --build || return 0
    check 'own: unpacked' "$GRIDPATCH" extract -q "$run-custom.run" -C own.x || return 0
    check 'own: the manifest is right, and all of it is installed' python3 "$fx/install.py" own.x root || return 0
    check 'own: library, configuration and units are in their places' in_place root || :
    check 'own: dkms builds it' built root/usr/src 535.129.03 || return 0
    check 'own: what lies in /usr/src is known' "$GRIDPATCH" verify root/usr/src/nvidia-535.129.03 || :
    ko=$(find dkms -name 'nvidia.ko*' | head -n 1)
    case $ko in *.xz) xz -d "$ko" && ko=${ko%.xz} ;; esac
    check 'own: the module has the hooks' unlocked "$ko" || :
}

# built SOURCETREE VERSION: by dkms, with trees of its own. nvidia-installer writes the
# words of dkms.conf.
built() {
    sed -i -e "s/__VERSION_STRING/$2/" -e 's/__JOBS/2/' -e 's/__EXCLUDE_MODULES/nvidia-uvm/' \
        -e 's/__IGNORE_CC_MISMATCH/1/' -e 's/will be generated/was generated/' \
        -e 's,^__DKMS_MODULES,BUILT_MODULE_NAME[0]="nvidia"\nDEST_MODULE_LOCATION[0]="/kernel/drivers/video",' \
        "$1/nvidia-$2/dkms.conf"
    mkdir -p dkms
    SYSSRC=$source_dir SYSOUT=$build_dir NV_EXCLUDE_KERNEL_MODULES=nvidia-uvm sign_file=/nonexistent \
        dkms build -m nvidia -v "$2" -k "$release" -a x86_64 --kernelsourcedir "$build_dir" \
        --no-prepare-kernel --no-clean-kernel --sourcetree "$work/$1" --dkmstree "$work/dkms"
}

if headers 6.1; then
    own
else
    skip "chain: no headers of 6.1: $found"
fi

# --- yours -------------------------------------------------------------------------

yours() {
    mine=${1##*/}
    hooks=${GRIDPATCH_HOOKS:-hooks}
    rm -f yours.zip ./*-custom.run
    portal "$1" yours.zip
    check "$mine: patched, from the .zip" patched yours.zip -k "$release" --headers "$build_dir" || return 0
    debian || {
        skip "chain: no Debian to install into"
        return 0
    }
    check "$mine: its own program installs it" installs "${mine%.run}-custom.run" || return 0
    check "$mine: library, configuration and units are in their places" in_place root || :
    check "$mine: dkms says installed" dkms_installed || :
    check "$mine: the module has the hooks" unlocked "$(module nvidia)" || :
    check "$mine: the tree that it left is known" "$GRIDPATCH" info root/usr/src/nvidia-*/ || :
}

if [ -z "${GRIDPATCH_TREES:-}" ]; then
    skip 'chain: your own drivers: GRIDPATCH_TREES names no directory'
elif ! can_chroot; then
    skip 'chain: your own drivers: no rights to chroot, or no debootstrap'
elif headers 5.10; then
    for t in "$GRIDPATCH_TREES"/*.run; do
        "$GRIDPATCH" info "$t" --json 2> /dev/null | jq -e '(.driver.kind == "host" or .driver.kind == "merged") and
            (.driver.version | split(".")[0] | tonumber) <= 515' > /dev/null || continue
        yours "$t"
    done
fi
finish
