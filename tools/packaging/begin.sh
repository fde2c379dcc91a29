# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154 # who reads this sets here, and uses out and version
# Read by the makers of packages, with OUT as $1: sets out, tmp (which goes at the end) and
# version; times in packages are those of the commit.
LC_ALL=C
export LC_ALL
mkdir -p "$1"
out=$(cd "$1" && pwd -P)
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR PREFIX
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
version=$(sh "$here/../version.sh" program)
epoch=$(sh "$here/../version.sh" epoch)
: "${SOURCE_DATE_EPOCH:=${epoch:-0}}"
export SOURCE_DATE_EPOCH
