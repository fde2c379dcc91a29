#!/bin/sh
# shellcheck disable=SC1091,SC2154 # apt.sh sets the rest
# ubuntu.sh CACHE NAME LINE...
#
# Puts the newest linux-modules-NAME-LINE.* of Ubuntu 24.04 for each kernel line into
# CACHE, and prints their paths; says why and exits 1 if none can be had. Where the
# archive is says Debian's debootstrap, and what it signs with Debian's ubuntu-keyring.
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

of_debian() { find "$cache" -maxdepth 1 -name "${1}_*.deb" | sort | tail -n 1; }
deb() { find "$cache" -maxdepth 1 -name "linux-modules-$name-$1.*.deb" | sort | tail -n 1; }

mkdir -p "$cache"
found=y
for line in "$@"; do [ -n "$(deb "$line")" ] || found=n; done
if [ $found = n ]; then
    apt_ready
    for p in ubuntu-keyring debootstrap; do
        [ -n "$(of_debian $p)" ] || download "$cache" $p
    done
    debian=$apt
    apt=$cache/apt-ubuntu
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/none"
    for p in ubuntu-keyring debootstrap; do dpkg-deb -x "$(of_debian $p)" "$apt/root"; done
    site=$(awk '$1 == "default_mirror" { print $2; exit }' "$apt/root/usr/share/debootstrap/scripts/noble")
    : > "$apt/state/status"
    for s in noble noble-updates; do
        echo "deb [arch=amd64 signed-by=$apt/root/usr/share/keyrings/ubuntu-archive-keyring.gpg]" \
            "$site $s main"
    done > "$apt/sources.list"
    sed "s|$debian/|$apt/|g" "$debian/apt.conf" > "$apt/apt.conf"
    export APT_CONFIG="$apt/apt.conf"
    apt-get -qq update > "$apt/update.log" 2>&1 || die "Ubuntu's lists cannot be had: $(tail -n 1 "$apt/update.log")"
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
