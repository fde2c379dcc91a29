# SPDX-License-Identifier: MIT
# record.sh: what patch.sh and quilt.sh share; they source it.
#
# A call is carried out by the real program where the test stands, so that the
# test goes on as its author meant it, and by gridpatch in a copy ("ours"); the
# real program's result ("judge") is compared with that.
#
#   FOREIGN_LOG   gets a line per call: verdict, case, command, words; tabs between
#   FOREIGN_CASE  the test's name; a case is that and the number of the call in it
#   FOREIGN_ROOT  where the test may change files; a call from elsewhere is not asked
#   FOREIGN_TMP   a directory for copies, one for each case; whoever made it clears it
#   GRIDPATCH     the program
# shellcheck shell=sh disable=SC2034,SC2154 # the sourcing scripts use what is set here

number=$(wc -l 2> /dev/null < "$FOREIGN_LOG") || number=0
case_name=$FOREIGN_CASE:$((number + 1))
tmp=$FOREIGN_TMP/$case_name
mkdir -p "$tmp" || exit 2
self=$0

# verdict WORD [WHY]
verdict() {
    printf '%s\t%s\t%s\t%s' "$1" "$case_name" "$command_line" "${2:-}" | tr '\n' ' ' >> "$FOREIGN_LOG"
    echo >> "$FOREIGN_LOG"
}

# state DIR: names, kinds, modes, links and sums of all that is there.
state() {
    (cd -P "$1" && {
        find . -mindepth 1 -printf '%P\t%y %m %l\n'
        find . -type f -print0 | xargs -0r sha256sum -- | sed 's,^\([0-9a-f]*\)  \./\(.*\),\2\t\1,'
    }) | LC_ALL=C sort
}

# class STATUS: done, no, or dead.
class() {
    case $1 in
        0) echo 'done' ;;
        [1-4]) echo no ;;
        *) echo dead ;;
    esac
}

# compare RC_JUDGE RC_OURS: of $tmp/judge and $tmp/ours with $tmp/before, the state
# before them. A call that fails leaves everything as it was here, whatever the
# judge left half done.
compare() {
    state "$tmp/judge" > "$tmp/judge.state"
    state "$tmp/ours" > "$tmp/ours.state"
    want=$tmp/judge.state
    [ "$1" -eq 0 ] || want=$tmp/before.state
    words=
    [ "$(class "$1")" = "$(class "$2")" ] || words="exit $1 there, $2 here; "
    cmp -s "$want" "$tmp/ours.state" || {
        diff "$want" "$tmp/ours.state" > "$tmp/diff" || :
        words="$words$(grep -c '^[<>]' "$tmp/diff") lines about files differ, as $(grep -m 1 '^[<>]' "$tmp/diff" | tr '\t' ' ')"
    }
    if [ -z "$words" ]; then
        verdict same "$(class "$1")"
    else
        verdict differs "$words"
    fi
}
