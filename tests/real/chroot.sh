# SPDX-License-Identifier: MIT
# chroot.sh: sourced by scripts that want a Debian of their own, after lib.sh; one of them,
# with dkms, for NVIDIA's own program to install into.
#   can_chroot                 may we, and have we the tools?
#   headers LINE               sets release, build_dir and source_dir
#   debian                     a fresh one in root/, with these headers; needs $release
#   inside COMMAND             runs it there
#   kernel_is RELEASE          what uname(2) says to those who preload root/walk/uname.so
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
    base=$(sh "$here/suite.sh" "$cache" bookworm chain libelf1 openssl dkms kmod systemd pkg-config) || return 1
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

# With /proc and /dev while it runs; a TMPDIR of ours is none in there.
inside() {
    # shellcheck disable=SC2016 # expanded in there
    unshare --mount sh -c 'mount -t proc proc root/proc && mount --bind /dev root/dev &&
        exec env -u TMPDIR chroot root sh -c "$0"' "$1"
}

kernel_is() {
    cat > uname.c << C
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
int uname(struct utsname *u)
{
	int r = syscall(SYS_uname, u);
	if (!r)
		strcpy(u->release, "$1");
	return r;
}
C
    mkdir -p root/walk
    gcc -shared -fPIC -O1 -o root/walk/uname.so uname.c
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
