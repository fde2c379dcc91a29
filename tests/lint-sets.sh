#!/bin/sh
# SPDX-License-Identifier: MIT
# `make lint-sets`: all shipped sets and rules, with whatever drivers are at hand:
# samples of our own, the real ones that `make check-real` has downloaded, and
# those of GRIDPATCH_TREES, a directory of installers and extracted drivers.
#
#   GRIDPATCH            the program
#   GRIDPATCH_REAL_CACHE where the downloads are
set -eu
export LC_ALL=C
umask 022
: "${GRIDPATCH:?say which gridpatch}" "${GRIDPATCH_TREES:=}"
here=$(cd "$(dirname "$0")" && pwd)
cache=${GRIDPATCH_REAL_CACHE:-$HOME/.cache/gridpatch-real}
work=$(mktemp -d "${TMPDIR:-/tmp}/gridpatch-lint.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Samples are made out of the patches, so that they are no evidence: only what
# is wrong with them is shown. The versions are those that rules name for hosts.
set --
for v in 460.32.04 460.73.02 460.91.03 460.107 470.141.05 525.85.07 535.161.05; do
    sh "$here/fx/sample.sh" --version "$v" "$work/$v" > /dev/null
    set -- "$@" --from "$work/$v"
done
echo '== on samples'
"$GRIDPATCH" lint-set "$@" > "$work/said" || { cat "$work/said"; exit 1; }
tail -n 1 "$work/said"

set --
real=
for deb in "$cache"/nvidia-*kernel-source_*.deb; do
    [ -f "$deb" ] || continue
    case ${deb##*/} in
        # Older than every rule, and only there for its quilt series.
        nvidia-legacy-*) continue ;;
    esac
    v=$(basename "$deb" | cut -d_ -f2 | cut -d- -f1)
    # Two revisions of Debian's may have the same version.
    tree=$work/${deb##*/}/NVIDIA-Linux-x86_64-$v
    mkdir "$work/${deb##*/}"
    sh "$here/real/tree.sh" "$deb" "$v" "$tree"
    real="$real $v"
    set -- "$@" --from "$tree"
done
[ -n "$real" ] || echo "SKIP lint-sets: real drivers: none in $cache (make check-real)"

if [ -z "$GRIDPATCH_TREES" ]; then
    echo 'SKIP lint-sets: your own drivers: GRIDPATCH_TREES names no directory'
else
    for t in "$GRIDPATCH_TREES"/*; do
        case $t in
            *.run) ;;
            *) [ -f "$t/.manifest" ] || continue ;;
        esac
        set -- "$@" --from "$t"
    done
fi

[ $# -gt 0 ] || exit 0
for l in "$cache"/headers/*/found; do
    [ ! -f "$l" ] || set -- "$@" --headers "$(cut -d' ' -f2 "$l")"
done
echo '== on real drivers'
"$GRIDPATCH" lint-set "$@"
