#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# `-o -`, and what a run leaves beside its output.
. "$(dirname "$0")/lib.sh"

sh "$fx/hooks.sh" hooks
opts="$k --hooks $work/hooks --no-cache"
make_sample s -- --compress xz

# --- -o - -------------------------------------------------------------------------

expect_status 'to a file' 0 $opts s.run -o want.run
mv out want.out
"$GRIDPATCH" $opts s.run -o - > got.run 2> err
check '-o -: exit 0' test $? -eq 0
check '-o -: the same bytes' cmp want.run got.run
says '-o -: the report is on stderr' 'wrote      standard output'
says '-o -: the command names a file' 'sh ./s-custom.run --dkms'
"$GRIDPATCH" $opts s.run -o - 2> /dev/null | cat > piped.run
check '-o - into a pipe' cmp want.run piped.run
(cd / && exec "$GRIDPATCH" $opts -q "$work/s.run" -o - > "$work/quiet.run" 2> "$work/err")
check '-o - -q: nothing on stderr' test ! -s err
check '-o - -q: the same bytes' cmp want.run quiet.run
run $opts s.run -o - --json
check '-o - and --json: exit 2' test "$status" -eq 2
says 'it says what to do' '--json=FILE'
check 'nothing on stdout' test ! -s out
"$GRIDPATCH" $opts s.run -o - --json=r.json > got.run 2> err
check '-o - and --json=FILE' jq -e '.ok and .output == "-"' r.json
check 'the same bytes' cmp want.run got.run
"$GRIDPATCH" $opts s.run -o - > /dev/full 2> err
check '-o - to a full disk: exit 4' test $? -eq 4
says 'it says so' 'standard output'
# A reader that goes away.
{ "$GRIDPATCH" $opts s.run -o - 2> err; echo $? > code; } | head -c 100 > /dev/null
check '-o - to a reader that leaves: SIGPIPE, or all was read' grep -qx -e 141 -e 0 code
if python3 -c 'import pty; pty.openpty()' 2> /dev/null; then
    python3 -c '
import os, pty, subprocess, sys
m, s = pty.openpty()
sys.exit(subprocess.run(sys.argv[1:], stdout=s, stderr=subprocess.DEVNULL).returncode)' "$GRIDPATCH" $opts s.run -o -
    check '-o - to a terminal: exit 2' test $? -eq 2
else
    skip '-o - to a terminal' 'needs python3 and a pty'
fi
mkdir tmp
TMPDIR=$work/tmp "$GRIDPATCH" $opts s.run -o - > got.run 2> err
check 'TMPDIR: the same bytes' cmp want.run got.run
check 'nothing stays in it' test -z "$(ls -A tmp)"
TMPDIR=$work/none "$GRIDPATCH" $opts s.run -o - > got.run 2> err
check 'a TMPDIR that is not there: exit 4' test $? -eq 4
check 'not a byte then' test ! -s got.run
expect_status '-n -o -' 0 $opts -n s.run -o -
cp want.run ./-
expect_status 'a file of that name, by its path' 0 $opts -f s.run -o ./-
rm ./-

# --- what killed runs left ----------------------------------------------------------

mkdir dir
: > dir/.s.run.gridpatch-aB3xYz
: > dir/.s.run.gridpatch-4711
mkdir dir/.s.run.gridpatch-dirdir
: > dir/.s.run.gridpatch-dirdir/file
: > dir/.other.run.gridpatch-aB3xYz
: > dir/.s.run.gridpatch-not.ours
: > dir/s.run.gridpatch-aB3xYz
: > dir/.s.run.gridpatch-
# One that is in use is locked.
: > dir/.s.run.gridpatch-inuse1
flock dir/.s.run.gridpatch-inuse1 sh -c "'$GRIDPATCH' $opts -q s.run -o dir/s.run"
check 'a run beside a locked one' test -f dir/s.run
ls -A dir > left
printf '%s\n' .other.run.gridpatch-aB3xYz .s.run.gridpatch- .s.run.gridpatch-inuse1 .s.run.gridpatch-not.ours \
    s.run s.run.gridpatch-aB3xYz > stays
check 'leftovers of the same name are gone, all else stays' diff stays left
expect_status 'the next one' 0 $opts -f s.run -o dir/s.run
refute 'what is not in use any more goes too' test -e dir/.s.run.gridpatch-inuse1
mkdir dir/.x.gridpatch-Zz9Zz9
expect_status 'extract' 0 extract s.run -C dir/x
refute 'extract removes its leftovers' test -e dir/.x.gridpatch-Zz9Zz9
check 'and leaves none' test "$(ls -A dir | grep -c '^\.x')" -eq 0

# --- mode ---------------------------------------------------------------------------

for u in 022 077 027; do
    rm -f u.run
    (umask $u && "$GRIDPATCH" $opts -q s.run -o u.run 2> /dev/null)
    check "umask $u: 0755 without it" test "$(stat -c %a u.run)" = "$(printf %o $((0755 & ~$u)))"
    check "umask $u: the same bytes" cmp want.run u.run
done
finish
