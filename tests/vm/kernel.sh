#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # apt.sh sets the rest
# kernel.sh CACHE LINE
#
# A kernel for a virtual machine: its headers, and the image and modules of the very same
# release, unpacked below CACHE/images. LINE is one of Debian's as tests/real/headers.sh
# has them ("6.1", "newest"), "trixie/6.12" of a newer suite, or "ubuntu/6.8". Prints one
# line: the release, the build directory, the directory of the sources, the root that has
# boot/ and lib/modules/, and the root with the compiler, or "-" for this machine's; says
# why and exits 1 if they cannot be had.
set -eu
export LC_ALL=C

cache=$1
line=${2#*/}
real=$(dirname "$0")/../real
config=$(cd "$(dirname "$0")" && pwd)/debug.config

die() {
    echo "$*" >&2
    exit 1
}

. "$real/apt.sh"

# unpack DIR PACKAGE=VERSION…: as a whole, or not at all.
unpack() (
    to=$1
    shift
    rm -rf "$to.new"
    mkdir -p "$to.new/debs"
    for p; do download "$to.new/debs" "$p"; done
    for p in "$to.new"/debs/*.deb; do dpkg-deb -x "$p" "$to.new"; done
    rm -rf "$to.new/debs" "$to"
    mv "$to.new" "$to"
)

debian() { # SUITE or nothing
    found=$(sh "$real/headers.sh" "$cache" "$line" "$1") || exit 1
    read -r release build source version << EOT
$found
EOT
    root=$cache/images/$release
    inside=-
    [ -z "$1" ] || inside=$cache/suites/$1
    [ ! -f "$root/boot/vmlinuz-$release" ] && [ ! -f "$root/usr/lib/modules/$release/vmlinuz" ] || return 0
    apt_ready
    # Since 7.2 the image's package only names two others, which have what it had.
    set -- "linux-image-$release=$version"
    [ -z "$(apt-cache madison "linux-binary-$release")" ] ||
        set -- "linux-binary-$release=$version" "linux-modules-$release=$version"
    unpack "$root" "$@"
}

# Ubuntu's of the release that had this line first. The compiler is noble's for all.
ubuntu() {
    case $line in
        5.4) suite=focal ;;
        5.15) suite=jammy ;;
        *) suite=noble ;;
    esac
    inside=$(sh "$real/suite.sh" "$cache" noble) || exit 1
    if [ ! -f "$cache/images/ubuntu-$line" ]; then
        ubuntu_ready $suite
        release=$(apt-cache pkgnames "linux-modules-$line." | sed -n 's/^linux-modules-\([0-9.]*-[0-9]*-generic\)$/\1/p' |
            sort -V | tail -n 1)
        [ -n "$release" ] || die "Ubuntu's $suite has no kernel $line"
        set -- "linux-modules-$release" "linux-headers-$release" "$(apt-cache depends "linux-headers-$release" |
            sed -n 's/^ *Depends: \(linux-.*headers-.*\)/\1/p' | head -n 1)"
        for p in "linux-image-unsigned-$release" "linux-modules-extra-$release"; do
            [ -z "$(apt-cache madison "$p")" ] || set -- "$@" "$p"
        done
        unpack "$cache/images/$release" "$@"
        rm -rf "$inside/usr/src/vm-$release"
        mkdir -p "$inside/usr/src/vm-$release"
        mv "$cache/images/$release"/usr/src/linux-* "$inside/usr/src/vm-$release/"
        echo "$release" > "$cache/images/ubuntu-$line"
    fi
    release=$(cat "$cache/images/ubuntu-$line")
    root=$cache/images/$release
    build=$inside/usr/src/vm-$release/linux-headers-$release
    source=$build
    [ -d "$build" ] || die "the headers of $release are gone: remove $cache/images/ubuntu-$line"
}

debug() {
    root=$cache/images/debug-$line
    inside=-
    if [ ! -f "$root/release" ] || ! cmp -s "$config" "$root/config"; then
        for tool in gcc make flex bison bc xz; do
            command -v $tool > /dev/null || die "a kernel is not made without $tool"
        done
        apt_ready
        version=$(apt-cache madison "linux-source-$line" | awk -F ' *[|] *' 'NR == 1 { print $2 }')
        [ -n "$version" ] || die "no suite has linux-source-$line"
        unpack "$root" "linux-source-$line=$version"
        tar -xf "$root"/usr/src/linux-source-*.tar.xz -C "$root"
        rm -rf "${root:?}/usr"
        mv "$root"/linux-source-* "$root/src"
        sh "$(dirname "$0")/debug.sh" "$root/src" "$root" > "$root/build.log" 2>&1 ||
            die "a kernel of linux-source-$line: see $root/build.log"
        cp "$config" "$root/config"
    fi
    release=$(cat "$root/release")
    build=$root/src
    source=$build
}

mkdir -p "$cache/images"
case $2 in
    debug/*) debug ;;
    ubuntu/*) ubuntu ;;
    */*) debian "${2%%/*}" ;;
    *) debian '' ;;
esac
echo "$release $build $source $root $inside"
