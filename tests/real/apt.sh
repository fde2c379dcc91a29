# SPDX-License-Identifier: MIT
# apt.sh: sourced by fetch.sh, headers.sh, suite.sh and foreign/source.sh, which set
# $cache and die().
#
# apt with a configuration of its own below $cache: the system's package lists
# are neither used nor changed.
# shellcheck shell=sh disable=SC2034,SC2154 # the sourcing scripts use and set these

# The order is that of preference.
suites='bookworm bullseye bookworm-backports sid'
# What a root of its own is made for (suite.sh).
newer_suites='trixie trixie-backports'
# Of packages; deb-src for sources.
kind=deb

apt_ready() {
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
    for s in $suites $newer_suites; do
        echo "$kind $options $site $s main contrib non-free"
    done > "$apt/sources.new"
    cmp -s "$apt/sources.new" "$apt/sources.list" || rm -f "$apt/updated"
    mv "$apt/sources.new" "$apt/sources.list"
    cat > "$apt/apt.conf" << EOT
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
EOT
    export APT_CONFIG="$apt/apt.conf"

    # A day-old list is good enough.  A suite that has gone fails the update, but
    # the lists of the others are there: the look-up decides.
    if [ -z "$(find "$apt" -maxdepth 1 -name updated -mtime -1)" ]; then
        if apt-get -qq update > "$apt/update.log" 2>&1; then
            : > "$apt/updated"
        fi
    fi
}

# download DIR PACKAGE=VERSION: into DIR.
download() {
    (cd "$1" && apt-get -qq download "$2") > "$apt/download.log" 2>&1 ||
        die "download of $2 failed: $(tail -n 1 "$apt/download.log")"
}

of_debian() { find "$cache" -maxdepth 1 -name "${1}_*.deb" | sort | tail -n 1; }

# ubuntu_ready [SUITE]: the same for Ubuntu 24.04, or another one. Where its archive is says
# Debian's debootstrap, and what it signs with Debian's ubuntu-keyring; both are unpacked, not
# installed.
ubuntu_ready() {
    ubuntu=${1:-noble}
    apt_ready
    for p in ubuntu-keyring debootstrap; do
        [ -n "$(of_debian $p)" ] || download "$cache" $p
    done
    debian=$apt
    apt=$cache/apt-ubuntu
    [ "$ubuntu" = noble ] || apt=$apt-$ubuntu
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/none"
    for p in ubuntu-keyring debootstrap; do dpkg-deb -x "$(of_debian $p)" "$apt/root"; done
    keyring=$apt/root/usr/share/keyrings/ubuntu-archive-keyring.gpg
    site=$(awk '$1 == "default_mirror" { print $2; exit }' "$apt/root/usr/share/debootstrap/scripts/$ubuntu")
    : > "$apt/state/status"
    for s in "$ubuntu" "$ubuntu-updates"; do
        echo "deb [arch=amd64 signed-by=$keyring] $site $s main restricted"
    done > "$apt/sources.new"
    cmp -s "$apt/sources.new" "$apt/sources.list" || rm -f "$apt/updated"
    mv "$apt/sources.new" "$apt/sources.list"
    sed "s|$debian/|$apt/|g" "$debian/apt.conf" > "$apt/apt.conf"
    export APT_CONFIG="$apt/apt.conf"
    [ -z "$(find "$apt" -maxdepth 1 -name updated -mtime -1)" ] || return 0
    apt-get -qq update > "$apt/update.log" 2>&1 || die "Ubuntu's lists cannot be had: $(tail -n 1 "$apt/update.log")"
    : > "$apt/updated"
}
