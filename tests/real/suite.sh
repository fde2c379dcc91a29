#!/bin/sh
# shellcheck disable=SC1091,SC2154 # apt.sh sets the rest
# suite.sh CACHE SUITE
#
# Makes a root of a suite of Debian, or of Ubuntu 24.04 (noble), with make and its
# compiler, below CACHE, and prints the directory; says why and exits 1 if it cannot be
# had.  It is used with chroot(8) and nothing is mounted there: within it the directory's
# own path is a link to its root, so that a path below it is the same inside and outside.
set -eu
export LC_ALL=C

cache=$1
suite=$2

die() {
    echo "$*" >&2
    exit 1
}

. "$(dirname "$0")/apt.sh"

root=$cache/suites/$suite
if [ -d "$root" ]; then
    echo "$root"
    exit 0
fi
[ "$(id -u)" -eq 0 ] || die "a root of $suite needs the rights to chroot"
command -v chroot > /dev/null || die "no chroot here"
mkdir -p "$cache/suites"
log=$cache/suites/$suite.log
new=$root.new
script=
components=main
# libelf and pahole: objtool and the scripts of the kernel's headers.
libraries=libelf1t64,libssl3t64
[ "$suite" != bookworm ] || libraries=libelf1,libssl3
if [ "$suite" = noble ]; then
    # Ubuntu's, by Debian's own debootstrap and keyring.
    ubuntu_ready
    export DEBOOTSTRAP_DIR="$apt/root/usr/share/debootstrap"
    debootstrap=$apt/root/usr/sbin/debootstrap
    components=main,universe
else
    debootstrap=$(command -v debootstrap) || die "no debootstrap here"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -f "$keyring" ] || die "no keyring of Debian's archive here"
    apt_ready
    # For a suite that debootstrap does not know yet: all newer ones of Debian's are made alike.
    [ -e "/usr/share/debootstrap/scripts/$suite" ] || script=/usr/share/debootstrap/scripts/sid
fi
rm -rf --one-file-system "$new"
sh "$debootstrap" --arch=amd64 --variant=minbase --components="$components" --keyring="$keyring" \
    --include=make,gcc,libc6-dev,$libraries,pahole,kmod "$suite" "$new" "$site" \
    ${script:+"$script"} > "$log" 2>&1 || {
    rm -rf --one-file-system "$new"
    die "debootstrap of $suite failed: $(tail -n 1 "$log")"
}
rm -rf "$new"/var/cache/apt/archives/*.deb
mkdir -p "$new$cache/suites"
ln -s / "$new$root"
mv "$new" "$root"
echo "$root"
