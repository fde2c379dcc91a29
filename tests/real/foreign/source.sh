#!/bin/sh
# shellcheck disable=SC1091,SC2034,SC2154 # apt.sh sets and uses the rest
# source.sh CACHE PACKAGE
#
# Puts the upstream tarball of a source package of Debian's into CACHE and prints its
# path; says why and exits 1 if it cannot be had. The version is the first one that
# the archive really has, of the suites in their order.
set -eu
export LC_ALL=C

cache=$1/source
package=$2

die() {
    echo "$*" >&2
    exit 1
}

. "$(dirname "$0")/../apt.sh"
kind=deb-src
suites='bookworm bullseye trixie sid'
newer_suites=

tarball() {
    find "$cache" -maxdepth 1 -name "${package}_*.orig.tar.*" ! -name '*.asc' | sort | head -n 1
}

mkdir -p "$cache"
found=$(tarball)
if [ -z "$found" ]; then
    apt_ready
    apt-cache madison "$package" > "$apt/madison"
    for s in $suites; do
        full=$(awk -F ' *[|] *' -v s=" $s/" 'index($3, s) && /Sources/ { print $2; exit }' "$apt/madison")
        [ -n "$full" ] || continue
        # Debian's own part of the package may be missing: the tests are upstream's.
        (cd "$cache" && apt-get -qq source --download-only "$package=$full") > "$apt/download.log" 2>&1 || :
        found=$(tarball)
        [ -z "$found" ] || break
    done
fi
[ -n "$found" ] || die "no source of $package to be had"
echo "$found"
