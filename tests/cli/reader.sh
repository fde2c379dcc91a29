#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2094,SC2154 # $k and $opts are words; lib.sh sets the rest
# A reader that goes away ends every verb as it ends git: quietly, by SIGPIPE.
. "$(dirname "$0")/lib.sh"

# Standard output to a pipe that nobody reads: surely closed before a byte is written.
mkfifo pipe
# left CMD…: sets status
left() {
    { exec 5<> pipe 6> pipe 5<&-; "$@" >&6 2> err < /dev/null; }
    status=$?
    exec 6>&-
}
git init -q g
left git -C g status
judge=$status
check 'git dies of SIGPIPE' test "$judge" -eq 141

sh "$fx/hooks.sh" hooks
opts="$k --hooks $work/hooks --no-cache"
make_sample s
mkdir tree
echo 1 > tree/f
mkdir series
printf -- "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-1\n+2\n" > series/p.diff
echo p.diff > series/series
# quiet ARG…: gridpatch ends as git does, without a word
quiet() {
    left "$GRIDPATCH" "$@"
    check "$* | reader that left: $judge" test "$status" -eq "$judge"
    refute "$*: no error" grep -q '^gridpatch: [^w]' err
}
quiet --version
quiet help
quiet patch --help
quiet support
quiet support --markdown
quiet support --json
quiet select --driver 460.73.02 -k 5.12.9
quiet select --driver 460.73.02 -k 5.13.0
quiet select --explain s.run -k 5.12.9 --json
quiet info s.run
quiet verify s.run
quiet verify s.run --json
quiet extract s.run -C x
check 'it was extracted all the same' test -f x/.manifest
quiet apply -d tree --quilt series
check 'it was applied all the same' test "$(cat tree/f)" = 2
quiet applied -d tree
quiet pop -d tree
quiet push -d tree -a
quiet fetch-hooks --from none --json
quiet $opts -n s.run
quiet $opts s.run -o out.run
check 'the installer is whole' sh ./out.run --check
quiet $opts s.run -o -
quiet matrix s.run --headers none --json
if headers_here; then
    quiet build s.run --headers "$headers" --json
    quiet matrix s.run --headers "$headers" --emit github
    quiet matrix s.run --headers "$headers" --markdown -
fi
left "$GRIDPATCH" -q $opts -f s.run -o out.run
check 'who says nothing does not notice' test "$status" -eq 0
(trap '' PIPE; left "$GRIDPATCH" support; exit $status)
check 'also where SIGPIPE is ignored' test $? -eq 141
"$GRIDPATCH" support > /dev/full 2> err
check 'a full disk is another thing: exit 4' test $? -eq 4
says 'and said' 'No space left'
sh -c '"$0" support >&-' "$GRIDPATCH" 2> err
check 'so is one that is closed' test $? -eq 4

# A matrix does not go on for nobody; what it has is in the report.
if headers_here && command -v jq > /dev/null; then
    sh "$fx/buildable.sh" --data data --line "$(echo "$release" | cut -d. -f1,2)" || exit 1
    GRIDPATCH_DATA=$work/data TMPDIR=$work/scratch
    export GRIDPATCH_DATA TMPDIR
    mkdir scratch
    sh "$fx/buildable.sh" --version 390.20 --breaks compile a
    sh "$fx/buildable.sh" --version 390.30 --breaks hang b
    other_release blocked 5.13.0-9-amd64
    left "$GRIDPATCH" matrix a b --headers blocked --headers "$headers" --modules nvidia -j1 --json=m.json
    check 'matrix: the same' test "$status" -eq 141
    refute 'matrix: no error' grep -q '^gridpatch: [^w]' err
    check 'matrix: all cells are in the report' test "$(jq '.cells | length' m.json)" -eq 4
    check 'matrix: it stopped' test "$(jq '[.cells[] | select(.class == "cancelled")] | length > 0' m.json)" = true
    check 'matrix: nothing is left' test -z "$(ls -A scratch)"
else
    skip 'matrix to a reader that leaves' 'no kernel headers here, or no jq'
fi
finish
