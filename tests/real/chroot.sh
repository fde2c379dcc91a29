# SPDX-License-Identifier: MIT
# chroot.sh: sourced by chain.sh and merge.sh, after lib.sh. A Debian 12 with dkms, for
# NVIDIA's own program to install into.
#   can_chroot                 may we, and have we the tools?
#   headers LINE               sets release, build_dir and source_dir
#   debian                     a fresh one in root/, with these headers; needs $release
#   inside COMMAND             runs it there
#   installs RUN               NVIDIA's program, with --dkms; RUN is copied in
#   dkms_installed             does dkms say so?
#   module NAME                prints the path of the unpacked module that dkms installed
# shellcheck shell=sh disable=SC2034,SC2154 # the sourcing scripts use and set these

can_chroot() {
    [ "$(id -u)" -eq 0 ] && ! lacks debootstrap chroot unshare > /dev/null
}

headers() {
    line=$1
    found=$(sh "$here/headers.sh" "$cache" "$1" 2>&1) || return 1
    # shellcheck disable=SC2086 # words
    set -- $found
    release=$1 build_dir=$2 source_dir=$3
}

# libelf1 is objtool's.
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
    cp -a "$cache/headers/$line" "root$cache/headers/"
    ln -s "$build_dir" "root/lib/modules/$release/build"
    ln -s "$source_dir" "root/lib/modules/$release/source"
    printf '#!/bin/sh\nexec gcc "$@"\n' > root/usr/bin/gcc-10
    chmod 0755 root/usr/bin/gcc-10
}

# With /proc and /dev while it runs.
inside() {
    # shellcheck disable=SC2016 # expanded in there
    unshare --mount sh -c 'mount -t proc proc root/proc && mount --bind /dev root/dev && exec chroot root sh -c "$0"' "$1"
}

installs() {
    mkdir -p root/pkg && cp "$1" root/pkg/ &&
        inside "cd /pkg && timeout 1500 sh './${1##*/}' --dkms -s --no-x-check --no-nouveau-check -k $release"
}

dkms_installed() {
    inside 'dkms status' | grep -q "nvidia.*$release.*installed"
}

module() {
    ko=$(find "root/lib/modules/$release" -name "$1.ko*" | head -n 1)
    case $ko in *.xz) xz -d "$ko" && ko=${ko%.xz} ;; esac
    echo "$ko"
}
