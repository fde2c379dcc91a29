#!/bin/sh
# shellcheck disable=SC1091,SC2154 # apt.sh sets the rest
# ubuntu.sh CACHE NAME LINE...
#
# Puts the newest linux-modules-NAME-LINE.* of Ubuntu 24.04 for each kernel line into
# CACHE, and prints their paths; says why and exits 1 if none can be had.
set -eu
export LC_ALL=C

cache=$1
name=$2
shift 2

die() {
    echo "$*" >&2
    exit 1
}

. "$(dirname "$0")/apt.sh"

deb() { find "$cache" -maxdepth 1 -name "linux-modules-$name-$1.*.deb" | sort | tail -n 1; }

mkdir -p "$cache"
found=y
for line in "$@"; do [ -n "$(deb "$line")" ] || found=n; done
if [ $found = n ]; then
    ubuntu_ready
    for line in "$@"; do
        package=$(apt-cache search --names-only "^linux-modules-$name-$line\\." | cut -d' ' -f1 | sort -V | tail -n 1)
        [ -z "$package" ] || download "$cache" "$package"
    done
fi
some=n
for line in "$@"; do
    found=$(deb "$line")
    [ -z "$found" ] || { echo "$found"; some=y; }
done
[ $some = y ] || die "Ubuntu has no linux-modules-$name for $*"
