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

# headers LINE: sets release, build_dir and source_dir.
headers() {
    found=$(sh "$here/headers.sh" "$cache" "$1" 2>&1) || return 1
    # shellcheck disable=SC2086 # words
    set -- $found
    release=$1 build_dir=$2 source_dir=$3
}

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

# debian: a Debian 12 with dkms and the headers of 5.10 in root. libelf1 is objtool's.
debian() {
    base=$cache/suites/chain
    if [ ! -d "$base" ]; then
        # shellcheck source=tests/real/apt.sh disable=SC1091
        . "$here/apt.sh"
        apt_ready
        mkdir -p "$cache/suites"
        rm -rf --one-file-system "$base.new"
        debootstrap --variant=minbase --include=make,gcc,libc6-dev,libelf1,openssl,dkms,kmod,systemd,pkg-config bookworm \
            "$base.new" "$site" > "$cache/suites/chain.log" 2>&1 || return 1
        rm -rf "$base.new"/var/cache/apt/archives/*.deb
        mv "$base.new" "$base"
    fi
    rm -rf --one-file-system root
    cp -a --reflink=auto "$base" root
    # The headers have the same path in there, and ask for the compiler of their own suite.
    mkdir -p "root$cache/headers" "root/lib/modules/$release"
    cp -a "$cache/headers/5.10" "root$cache/headers/"
    ln -s "$build_dir" "root/lib/modules/$release/build"
    ln -s "$source_dir" "root/lib/modules/$release/source"
    printf '#!/bin/sh\nexec gcc "$@"\n' > root/usr/bin/gcc-10
    chmod 0755 root/usr/bin/gcc-10
}

# inside COMMAND: in that root, with /proc and /dev while it runs.
# shellcheck disable=SC2016 # expanded in there
inside() {
    unshare --mount sh -c 'mount -t proc proc root/proc && mount --bind /dev root/dev && exec chroot root sh -c "$0"' "$1"
}

installs() {
    inside "cd /pkg && timeout 1500 sh ./$1 --dkms -s --no-x-check --no-nouveau-check -k $release"
}

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
    custom=${mine%.run}-custom.run
    mkdir root/pkg
    cp "$custom" root/pkg/
    check "$mine: its own program installs it" installs "$custom" || return 0
    check "$mine: library, configuration and units are in their places" in_place root || :
    check "$mine: dkms says installed" sh -c \
        "unshare --mount sh -c 'mount -t proc proc root/proc && chroot root dkms status' | grep -q 'nvidia.*$release.*installed'" || :
    ko=$(find "root/lib/modules/$release" -name 'nvidia.ko*' | head -n 1)
    case $ko in *.xz) xz -d "$ko" && ko=${ko%.xz} ;; esac
    check "$mine: the module has the hooks" unlocked "$ko" || :
    check "$mine: the tree that it left is known" "$GRIDPATCH" info root/usr/src/nvidia-*/ || :
}

if [ -z "${GRIDPATCH_TREES:-}" ]; then
    skip 'chain: your own drivers: GRIDPATCH_TREES names no directory'
elif [ "$(id -u)" -ne 0 ] || lacks debootstrap chroot unshare > /dev/null; then
    skip 'chain: your own drivers: no rights to chroot, or no debootstrap'
elif headers 5.10; then
    for t in "$GRIDPATCH_TREES"/*.run; do
        "$GRIDPATCH" info "$t" --json 2> /dev/null | jq -e '(.driver.kind == "host" or .driver.kind == "merged") and
            (.driver.version | split(".")[0] | tonumber) <= 515' > /dev/null || continue
        yours "$t"
    done
fi
finish
