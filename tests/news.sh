#!/bin/sh
# SPDX-License-Identifier: MIT
# `make data-news [NEWS='FILE…']`: what the data do not know yet.
#
# From package lists it takes the newest kernel of each line and the newest driver of each
# branch, and asks select about each pair; the newest hosts, which no list has, are those
# of kernel-versions/drivers. The lists: FILEs, in the form of a Packages file, packed or
# not; without any, those that apt has here, and those that check-real has fetched. Nothing
# is downloaded. Prints one line for each driver and kernel line that has no place in the
# data, and one for each pair without evidence; exit 0 whatever it finds, 4 without lists.
set -eu
export LC_ALL=C
: "${GRIDPATCH:?say which gridpatch}"
cache=${GRIDPATCH_REAL_CACHE:-${HOME:-/}/.cache/gridpatch-real}
work=$(mktemp -d "${TMPDIR:-/tmp}/gridpatch-news.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

die() {
    echo "news: $*" >&2
    exit 4
}
for tool in jq awk sort; do command -v $tool > /dev/null || die "no $tool here"; done

# "package version", of all lists.
fields() {
    awk '$1 == "Package:" { p = $2 } $1 == "Version:" && p != "" { print p, $2; p = "" }'
}
unpack() {
    case $1 in
        *.gz) gzip -dc -- "$1" ;;
        *.xz) xz -dc -- "$1" ;;
        *) cat -- "$1" ;;
    esac
}
# of_apt CONFIG: the lists of that apt, its own when it is empty.
of_apt() {
    [ -z "$1" ] || { APT_CONFIG=$1; export APT_CONFIG; }
    # shellcheck disable=SC2016 # a field of apt's
    apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages' 2> /dev/null | while read -r list; do
        [ ! -r "$list" ] || /usr/lib/apt/apt-helper cat-file "$list" < /dev/null
    done | fields
}
if [ $# -gt 0 ]; then
    for list in "$@"; do
        [ -r "$list" ] || die "cannot read '$list'"
        unpack "$list" | fields
    done > "$work/packages"
elif command -v apt-get > /dev/null; then
    for conf in '' "$cache/apt/apt.conf" "$cache/apt-ubuntu/apt.conf"; do
        if [ -z "$conf" ] || [ -r "$conf" ]; then (of_apt "$conf"); fi
    done > "$work/packages"
else
    die "no apt here; give Packages files: NEWS='FILE…'"
fi
[ -s "$work/packages" ] || die 'no package in the lists'

# The newest of each: of "GROUP NAME" lines.
newest() { sort -k1,1 -k2,2V | awk '$1 != last && NR > 1 { print name } { last = $1; name = $2 } END { if (NR) print name }'; }

awk '$1 ~ /^linux-headers-[0-9]+\.[0-9]+\.[0-9].*-(amd64|generic)$/ || $1 ~ /^(proxmox|pve)-headers-[0-9].*-pve$/ {
        r = $1; sub(/^(linux|proxmox|pve)-headers-/, "", r)
        split(r, n, "."); f = r; sub(/^.*-/, "", f)
        print n[1] "." n[2] f, r }' "$work/packages" | newest | sort -V > "$work/kernels"
awk '$1 ~ /^nvidia-kernel-(source|dkms)(-[0-9]+(-server)?)?$/ || $1 ~ /^nvidia-(tesla|legacy)-[0-9]+(xx)?-kernel-(source|dkms)$/ {
        v = $2; sub(/^[0-9]+:/, "", v); sub(/-[^-]*$/, "", v)
        if (v ~ /^[0-9]+(\.[0-9]+)+$/) { split(v, n, "."); print n[1], v } }' "$work/packages" | newest | sort -V > "$work/drivers"
[ -s "$work/kernels" ] || die 'no kernel in the lists'

"$GRIDPATCH" support --kind general --json > "$work/general.json"
"$GRIDPATCH" support --json > "$work/host.json"
echo "data of $(jq -r '.data_date // "an unknown day"' "$work/host.json"), $(wc -l < "$work/kernels") kernels and $(wc -l < "$work/drivers") drivers in the lists"

# Which are listed, and which lines there are.
jq -r '.branches[].versions[]' "$work/general.json" | sort > "$work/listed"
sort "$work/drivers" | comm -23 - "$work/listed" | sed 's/^/driver     /; s/$/ (general): not in kernel-versions\/drivers/'
jq -r '.kernels[]' "$work/host.json" | sort > "$work/lines"
cut -d. -f1,2 "$work/kernels" | sort -u | comm -23 - "$work/lines" | sort -V | sed 's/^/line       /; s/$/: no file in kernel-versions/'

# ask KIND DRIVER: the pairs of it without evidence.
set --
while read -r r; do set -- "$@" -k "$r"; done < "$work/kernels"
ask() {
    kind=$1 driver=$2
    shift 2
    "$GRIDPATCH" select --kind "$kind" --driver "$driver" --json "$@" 2> /dev/null | jq -r --arg d "$driver ($kind)" '
        .selection.cells[] | select(.verdict == "no evidence" or .verdict == "unknown")
        | "pair       \($d) on \(.kernel.release): \(.verdict)"' > "$work/pairs" || true
    cat "$work/pairs"
}
{
    while read -r driver; do ask general "$driver" "$@"; done < "$work/drivers"
    jq -r '.branches[].versions[-1]' "$work/host.json" > "$work/hosts"
    while read -r driver; do ask host "$driver" "$@"; done < "$work/hosts"
} > "$work/all"
cat "$work/all"
echo "$(wc -l < "$work/all") pairs without evidence"
