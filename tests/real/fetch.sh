#!/bin/sh
# fetch.sh CACHE PACKAGE VERSION
#
# Puts PACKAGE of the upstream version VERSION into CACHE, with an apt
# configuration of its own: the system's package lists are neither used nor
# changed.  Prints the path of the .deb; says why and exits 1 if it cannot be had.
set -eu
export LC_ALL=C

cache=$1
package=$2
version=$3

die() {
    echo "$*" >&2
    exit 1
}

deb() {
    find "$cache" -maxdepth 1 -name "${package}_${version}-*.deb" | sort | head -n 1
}

mkdir -p "$cache"
found=$(deb)
if [ -n "$found" ]; then
    echo "$found"
    exit 0
fi

command -v apt-get > /dev/null || die "no apt-get here"

# The mirror is whatever the system itself uses for Debian.
# shellcheck disable=SC2016 # a field of apt's
site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' \
    'Origin: Debian' 'Label: Debian' | sort -u | head -n 1)
[ -n "$site" ] || die "apt on this system knows no Debian archive"

apt=$cache/apt
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
if [ -f "$keyring" ]; then
    options="[arch=amd64 signed-by=$keyring]"
else
    options='[arch=amd64]'
fi
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/none"
: > "$apt/state/status"
# The order is that of preference below.
suites='bookworm bullseye bookworm-backports sid'
for suite in $suites; do
    echo "deb $options $site $suite main contrib non-free"
done > "$apt/sources.list"
cat > "$apt/apt.conf" << EOF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/none";
Dir::Etc::preferences "$apt/none/preferences";
Dir::Etc::preferencesparts "$apt/none";
Dir::State "$apt/state";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "";
Acquire::Languages "none";
EOF
export APT_CONFIG="$apt/apt.conf"

# A day-old list is good enough.  A suite that has gone fails the update, but
# the lists of the others are there: the look-up below decides.
if [ -z "$(find "$apt" -maxdepth 1 -name updated -mtime -1)" ]; then
    if apt-get -qq update > "$apt/update.log" 2>&1; then
        : > "$apt/updated"
    fi
fi

apt-cache madison "$package" > "$apt/madison"
full=
for suite in $suites; do
    full=$(awk -F ' *[|] *' -v v="$version-" -v s=" $suite/" \
        'index($2, v) == 1 && index($3, s) { print $2; exit }' "$apt/madison")
    [ -z "$full" ] || break
done
[ -n "$full" ] || die "no suite has $package $version"

(cd "$cache" && apt-get -qq download "$package=$full") > "$apt/download.log" 2>&1 ||
    die "download of $package $full failed: $(tail -n 1 "$apt/download.log")"
found=$(deb)
[ -n "$found" ] || die "$package $full was downloaded, but is not in $cache"
echo "$found"
