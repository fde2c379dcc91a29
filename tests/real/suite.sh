#!/bin/sh
# shellcheck disable=SC1091,SC2154 # apt.sh sets the rest
# suite.sh CACHE SUITE
#
# Makes a root of another suite of Debian, with make and its compiler, below
# CACHE, and prints the directory; says why and exits 1 if it cannot be had.  It
# is used with chroot(8) and nothing is mounted there: within it the directory's
# own path is a link to its root, so that a path below it is the same inside and
# outside.
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
for tool in debootstrap chroot; do
    command -v $tool > /dev/null || die "no $tool here"
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -f "$keyring" ] || die "no keyring of Debian's archive here"

apt_ready
mkdir -p "$cache/suites"
log=$cache/suites/$suite.log
new=$root.new
rm -rf --one-file-system "$new"
# For a suite that debootstrap does not know yet: all newer ones of Debian's are made alike.
script=
[ -e "/usr/share/debootstrap/scripts/$suite" ] || script=/usr/share/debootstrap/scripts/sid
# libelf and pahole: objtool and the scripts of the kernel's headers.
debootstrap --arch=amd64 --variant=minbase --include=make,gcc,libc6-dev,libelf1t64,libssl3t64,pahole,kmod \
    --keyring="$keyring" "$suite" "$new" "$site" ${script:+"$script"} > "$log" 2>&1 || {
    rm -rf --one-file-system "$new"
    die "debootstrap of $suite failed: $(tail -n 1 "$log")"
}
rm -rf "$new"/var/cache/apt/archives/*.deb
mkdir -p "$new$cache/suites"
ln -s / "$new$root"
mv "$new" "$root"
echo "$root"
