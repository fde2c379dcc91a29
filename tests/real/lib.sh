# SPDX-License-Identifier: MIT
# Shared by run.sh, series.sh and matrix.sh: `. "$here/lib.sh"` with $here set.
#
# Finds the program and the cache, makes a scratch directory (it is the current
# one) that goes at the end, and gives these:
#   pass, fail, skip WHAT      one line each, counted
#   check WHAT COMMAND…        the command says yes; its output only if not
#   check_says_no WHAT COMMAND… exit 1, and words about it
#   lacks TOOL…                names the first one that is not there, or fails
#   unlocked MODULE            are both symbols of the hooks' script in it, and apart?
#   sum_of TREE_OR_RUN         the SHA-256 by which results name a driver
#   finish                     the summary; exit 1 if any check failed
# shellcheck shell=sh disable=SC2034,SC2154 # the sourcing scripts use and set these

self=${0##*/}
fx=$here/../fx
cache=${GRIDPATCH_REAL_CACHE:-$HOME/.cache/gridpatch-real}
case ${GRIDPATCH:-} in
    '') echo "$self: GRIDPATCH does not name the program" >&2; exit 2 ;;
    */*) GRIDPATCH=$(cd "$(dirname "$GRIDPATCH")" && pwd)/${GRIDPATCH##*/} ;;
esac
command -v "$GRIDPATCH" > /dev/null || {
    echo "$self: cannot run $GRIDPATCH" >&2
    exit 2
}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/gridpatch-real.XXXXXX")
clean_up() {
    if [ -n "${GRIDPATCH_REAL_KEEP:-}" ]; then
        echo "kept: $work"
    else
        rm -rf "$work"
    fi
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 2

passed=0
failed=0
skipped=0

pass() {
    echo "ok - $*"
    passed=$((passed + 1))
}

fail() {
    echo "not ok - $*"
    failed=$((failed + 1))
}

skip() {
    echo "SKIP real: $*"
    skipped=$((skipped + 1))
}

check() {
    name=$1
    shift
    if "$@" > "$work/log" 2>&1; then
        pass "$name"
    else
        fail "$name (exit $?)"
        tail -n 15 "$work/log" | sed 's/^/#   /'
        return 1
    fi
}

check_says_no() {
    name=$1
    shift
    rc=0
    "$@" > "$work/log" 2>&1 || rc=$?
    if [ $rc -eq 1 ] && [ -s "$work/log" ]; then
        pass "$name"
    else
        fail "$name (exit $rc)"
        tail -n 15 "$work/log" | sed 's/^/#   /'
    fi
}

lacks() {
    for tool in "$@"; do
        command -v "$tool" > /dev/null || { echo "$tool"; return 0; }
    done
    return 1
}

unlocked() {
    nm "$1" | awk '
        $3 == "vgpu_unlock_nv_kern_rodata_beg" { beg = $1 }
        $3 == "vgpu_unlock_nv_kern_rodata_end" { end = $1 }
        END {
            print "beg " beg ", end " end
            # The same number of hex digits: compare as text.
            exit !(beg != "" && end != "" && (end "x") > (beg "x"))
        }'
}

# A file's own sum. A tree's: of the list of its files and their sums, sorted by
# name, as (cd TREE; find . -type f | sort | xargs sha256sum) prints it.
sum_of() {
    if [ -d "$1" ]; then
        (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum) | sha256sum | cut -c-64
    else
        sha256sum "$1" | cut -c-64
    fi
}

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}
