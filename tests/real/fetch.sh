#!/bin/sh
# shellcheck disable=SC1091,SC2154 # apt.sh sets the rest
# fetch.sh CACHE PACKAGE VERSION
#
# Puts PACKAGE of the upstream version VERSION, or of that very version if it has a
# Debian revision, into CACHE.  Prints the path of
# the .deb; says why and exits 1 if it cannot be had.
set -eu
export LC_ALL=C

cache=$1
package=$2
version=$3

die() {
    echo "$*" >&2
    exit 1
}

. "$(dirname "$0")/apt.sh"

deb() {
    case $version in
        *-*) name=${package}_$version ;;
        *) name="${package}_$version-*" ;;
    esac
    find "$cache" -maxdepth 1 \( -name "${name}_*.deb" -o -name "$name.deb" \) | sort | head -n 1
}

mkdir -p "$cache"
found=$(deb)
if [ -n "$found" ]; then
    echo "$found"
    exit 0
fi

apt_ready
apt-cache madison "$package" > "$apt/madison"
full=
for suite in $suites; do
    full=$(awk -F ' *[|] *' -v v="$version" -v s=" $suite/" \
        '($2 == v || index($2, v "-") == 1) && index($3, s) { print $2; exit }' "$apt/madison")
    [ -z "$full" ] || break
done
[ -n "$full" ] || die "no suite has $package $version"

download "$cache" "$package=$full"
found=$(deb)
[ -n "$found" ] || die "$package $full was downloaded, but is not in $cache"
echo "$found"
