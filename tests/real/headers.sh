#!/bin/sh
# shellcheck disable=SC1091,SC2154 # apt.sh sets the rest
# headers.sh CACHE LINE [SUITE]
#
# Unpacks Debian's kernel headers of a line (5.10, 6.1, 6.12) below CACHE.  With
# SUITE those that this suite and its backports have, into the root that suite.sh
# makes: their programs need its libraries.  LINE may be "newest" then.  What is
# there stays as it is: remove CACHE/headers/LINE, or CACHE/suites/SUITE, for a
# newer one.  Prints one line: the release, the build directory, the source
# directory, the version of the package; says why and exits 1 if they cannot be
# had.
set -eu
export LC_ALL=C

cache=$1
line=$2
suite=${3:-}

die() {
    echo "$*" >&2
    exit 1
}

. "$(dirname "$0")/apt.sh"

if [ -n "$suite" ]; then
    root=$(sh "$(dirname "$0")/suite.sh" "$cache" "$suite") || exit 1
    found=$root/usr/src/found-$line
    from=" $suite(-backports)?/"
else
    mkdir -p "$cache/headers"
    dir=$cache/headers/$line
    root=$dir/root
    found=$dir/found
    from=" ($(echo "$suites" | tr ' ' '|'))/"
fi
if [ -f "$found" ]; then
    cat "$found"
    exit 0
fi
command -v dpkg-deb > /dev/null || die "no dpkg-deb here"

# depends PACKAGE=VERSION PREFIX: what it depends on that starts so.
depends() {
    apt-cache show "$1" | sed -n 's/^Depends: //p' | head -n 1 | tr ',' '\n' |
        sed 's/^ *//; s/ .*//' | grep "^$2" | grep -v -- "$2amd64" | head -n 1
}

apt_ready
# The newest comes first.
version=$(apt-cache madison linux-headers-amd64 |
    awk -F ' *[|] *' -v v="$line." -v from="$from" '{ sub(/^ */, "", $2) }
        $3 ~ from && (v == "newest." || index($2, v) == 1) { print $2; exit }')
[ -n "$version" ] || die "no suite has linux-headers-amd64 of $line${suite:+ for $suite}"
amd64=$(depends "linux-headers-amd64=$version" linux-headers-)
[ -n "$amd64" ] || die "linux-headers-amd64 $version names no headers"
kbuild=$(depends "$amd64=$version" linux-kbuild-)
release=${amd64#linux-headers-}
common=linux-headers-${release%-amd64}-common

debs=$cache/headers-debs.new
rm -rf "$debs"
mkdir -p "$debs"
for p in "$amd64" "$common" "$kbuild"; do
    download "$debs" "$p=$version"
done
# A root of a suite is there; the other one is made as a whole, or not at all.
new=$root
if [ -z "$suite" ]; then
    new=$dir.new/root
    rm -rf "$dir.new"
    mkdir -p "$new"
fi
for p in "$debs"/*.deb; do
    dpkg-deb -x "$p" "$new"
done
rm -rf "$debs"
# The one absolute path in there; scripts and tools are relative links.
src=$root/usr/src
sed -i "s|^include /usr/src/|include $src/|" "$new/usr/src/$amd64/Makefile"
if [ -z "$suite" ]; then
    rm -rf "$dir"
    mv "$dir.new" "$dir"
fi
echo "$release $src/$amd64 $src/$common $version" > "$found"
cat "$found"
