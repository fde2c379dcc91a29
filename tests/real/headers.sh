#!/bin/sh
# shellcheck disable=SC1091,SC2154 # apt.sh sets the rest
# headers.sh CACHE LINE
#
# Unpacks Debian's kernel headers of a line (5.10, 6.1, 6.12) below CACHE.  What
# is there stays as it is: remove CACHE/headers/LINE for a newer one.  Prints one
# line: the release, the build directory, the source directory, the version of
# the package; says why and exits 1 if they cannot be had.
set -eu
export LC_ALL=C

cache=$1
line=$2

die() {
    echo "$*" >&2
    exit 1
}

. "$(dirname "$0")/apt.sh"

mkdir -p "$cache/headers"
dir=$cache/headers/$line
if [ -f "$dir/found" ]; then
    cat "$dir/found"
    exit 0
fi
command -v dpkg-deb > /dev/null || die "no dpkg-deb here"

# depends PACKAGE=VERSION PREFIX: what it depends on that starts so.
depends() {
    apt-cache show "$1" | sed -n 's/^Depends: //p' | head -n 1 | tr ',' '\n' |
        sed 's/^ *//; s/ .*//' | grep "^$2" | head -n 1
}

apt_ready
version=$(apt-cache madison linux-headers-amd64 |
    awk -F ' *[|] *' -v v="$line." '{ sub(/^ */, "", $2) } index($2, v) == 1 { print $2; exit }')
[ -n "$version" ] || die "no suite has linux-headers-amd64 of $line"
amd64=$(depends "linux-headers-amd64=$version" linux-headers-)
[ -n "$amd64" ] || die "linux-headers-amd64 $version names no headers"
kbuild=$(depends "$amd64=$version" linux-kbuild-)
release=${amd64#linux-headers-}
common=linux-headers-${release%-amd64}-common

new=$dir.new
rm -rf "$new"
mkdir -p "$new/debs" "$new/root"
for p in "$amd64" "$common" "$kbuild"; do
    download "$new/debs" "$p=$version"
done
for p in "$new/debs"/*.deb; do
    dpkg-deb -x "$p" "$new/root"
done
rm -rf "$new/debs"
# The one absolute path in there; scripts and tools are relative links.
src=$dir/root/usr/src
sed -i "s|^include /usr/src/|include $src/|" "$new/root/usr/src/$amd64/Makefile"
echo "$release $src/$amd64 $src/$common $version" > "$new/found"
rm -rf "$dir"
mv "$new" "$dir"
cat "$dir/found"
