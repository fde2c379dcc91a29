#!/bin/sh
# shellcheck disable=SC2034,SC2154,SC2317 # record.sh sets and uses; eval calls
# SPDX-License-Identifier: MIT
# quilt.sh: stands where a test of quilt calls quilt; see record.sh. push, pop and
# applied are compared, quilt's records in .pc included; the rest is quilt's.
#
#   FOREIGN_QUILT  the real one
set -u
verb=${1:-}
case $verb in
    push | pop | applied) ;;
    *) exec "$FOREIGN_QUILT" "$@" ;;
esac
# shellcheck source=record.sh disable=SC1091
. "$(dirname "$(readlink -f "$0")")/record.sh"

command_line="quilt $*"

not_asked() {
    verdict 'not asked' "$1"
    shift
    exec "$FOREIGN_QUILT" "$@"
}

# The test's whole directory is copied, since quilt finds .pc from below.
case $PWD in
    "$FOREIGN_ROOT"/*) ;;
    *) not_asked 'not in a directory of the test' "$@" ;;
esac
below=${PWD#"$FOREIGN_ROOT"/}
top=$FOREIGN_ROOT/${below%%/*}
below=${PWD#"$top"}

ours=
shift_words() {
    while [ "$1" != -- ]; do
        case $1 in
            -a) ours="$ours -a" ;;
            --fuzz) ours="$ours -F $2"; shift ;;
            --color) shift ;;
            -q | -v | -R) ;;
            *) why="the option $1" ;;
        esac
        shift
    done
    shift
    name=${1:-}
}
why=
words=$(shift && getopt -q -o 'afhqRvm::' -l 'fuzz:,merge::,leave-rejects,refresh,color::' -- "$@") ||
    not_asked 'a wrong option' "$@"
eval "shift_words $words"
[ -z "$why" ] || not_asked "$why" "$@"
# Settings of a file that only quilt reads.
patches=$(bash -c '. "$QUILTRC" > /dev/null 2>&1; echo "${QUILT_PATCHES:-}"' 2> /dev/null)
[ -z "$patches" ] || export QUILT_PATCHES="$patches"

mkdir "$tmp/ours"
cp -a "$top/." "$tmp/ours"
state "$top" > "$tmp/before.state"

# A copy's inodes are new, and pop asks whether something was touched since a patch
# was refreshed: what is newer than a stamp shall be so in the copy, and nothing else.
if [ "$verb" = pop ]; then
    find "$top" -path '*/.pc/*' -name .timestamp -printf '%T@ %P\n' | sort -n | cut -d' ' -f2- |
        while IFS= read -r stamp; do
            sleep 0.01
            touch "$tmp/ours/$stamp"
            sleep 0.01
            (cd "$top" && find . -path '*/.pc/*' -prune -o -type f \( -newer "$stamp" -o -cnewer "$stamp" \) -print0) |
                tee -a "$tmp/newer" | (cd "$tmp/ours" && xargs -0r touch --)
        done
fi

rc_ours=0
# shellcheck disable=SC2086 # words
(cd "$tmp/ours$below" && exec "$GRIDPATCH" "$verb" $ours ${name:+"$name"}) \
    > "$tmp/ours.log" 2>&1 || rc_ours=$?
# Nothing of quilt's is left out: the test's own run is the judge.
rc_judge=0
"$FOREIGN_QUILT" "$@" > "$tmp/judge.log" 2>&1 || rc_judge=$?
cat "$tmp/judge.log"
# Files and stamp may be of one tick; quilt may take a patch for changed then, and does not
# look at what is in it: that is its clock's word, not a verdict.
if [ "$verb" = pop ] && [ $rc_judge -ne 0 ] && [ $rc_ours -eq 0 ] && [ ! -s "$tmp/newer" ] &&
    grep -qE 'needs to be refreshed|does not remove cleanly' "$tmp/judge.log"; then
    verdict 'not asked' "a file of its stamp's own time"
    exit $rc_judge
fi
ln -s "$top" "$tmp/judge"
# quilt leaves the empty folder of a patch in a folder, which is no record of anything.
find "$top" -path '*/.pc/*' -type d -empty -printf '%P\n' | while IFS= read -r dir; do
    grep -qxF "${dir##*.pc/}" "$top/${dir%%.pc/*}.pc/applied-patches" 2> /dev/null || mkdir -p "$tmp/ours/$dir"
done
compare $rc_judge $rc_ours

if [ "$verb" = applied ] && [ $rc_judge -eq 0 ] && [ $rc_ours -eq 0 ]; then
    # quilt puts the folder before the names when its settings say so.
    folder=$(cat "$top/.pc/.quilt_patches")
    sed "s,^\(\.\./\)*$folder/,," "$tmp/judge.log" | cmp -s - "$tmp/ours.log" ||
        verdict differs 'the names differ'
fi
exit $rc_judge
