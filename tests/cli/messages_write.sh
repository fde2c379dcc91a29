#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2154 # lib.sh sets the rest; $by is words
# What apply and the others say of runs that were interrupted, and of what they cannot
# write.
# tests: ops/tree/recover ops/tree/journal ops/tree/commit
. "$(dirname "$0")/lib.sh"
. "$fx/golden.sh"

# --- interrupted runs ----------------------------------------------------------------

# interrupted [LINE…]: t as a run leaves it that was killed, with these lines of a journal.
interrupted() {
    fresh
    mkdir t/.gridpatch-journal
    [ $# -eq 0 ] || printf '%s\n' "$@" end > t/.gridpatch-journal/journal
    [ $# -eq 0 ] || cp t/a.c t/.gridpatch-journal/b0
}
damaged="the journal in 't' is damaged, or not gridpatch's: nothing was touched; see that the files are right, then remove 't/.gridpatch-journal'"
fresh
golden '--recover: nothing to do' 0 apply --recover -d t << 'END'
> nothing to recover
END
golden '--recover -q: nothing to do' 0 apply --recover -q -d t < /dev/null
interrupted
golden '--recover: killed before anything was changed' 0 apply --recover -d t << 'END'
gridpatch: warning: removed what an interrupted run left; it had changed all of its files, or none
END
interrupted 'c 0 a.c'
golden '-n: half changed' 1 apply -n -d t good.patch << 'END'
gridpatch: an interrupted run left 't' half changed; 'gridpatch apply --recover -d t' rolls it back
END
golden '--recover: one file' 0 apply --recover -d t << 'END'
gridpatch: warning: rolled back an interrupted run: 1 file
END
unchanged '--recover'
interrupted 'c 0 a.c' 'd 1 sub/b.c' 'n 2 new.c'
cp t/sub/b.c t/.gridpatch-journal/b1
golden 'apply recovers first' 0 apply -d t good.patch << 'END'
> set        .
>   good.patch
>     changed a.c: 2 hunks
>     changed sub/b.c: 1 hunk
> changed    2 files
gridpatch: warning: rolled back an interrupted run: 1 file
END
interrupted 'c 0 a.c'
cp -Rp t was
golden 'applied does not go back' 1 applied -d t << 'END'
gridpatch: an interrupted run left 't' half changed; 'gridpatch apply --recover -d t' rolls it back
END
check 'applied changes nothing' diff -r --no-dereference t/.gridpatch-journal was/.gridpatch-journal
rm -rf was
interrupted
golden 'applied: nothing had been changed' 1 applied -d t << 'END'
gridpatch: no patches applied
END
golden 'apply -n: nothing had been changed' 0 apply -q -n -d t good.patch < /dev/null
check 'what was left is still there' test -d t/.gridpatch-journal
golden 'push: nothing had been changed' 4 push -d t << 'END'
gridpatch: warning: removed what an interrupted run left; it had changed all of its files, or none
gridpatch: no series file found: 't/patches/series'
END
for verb in '' -q; do
    interrupted 'c 0 a.c' 'n 1 new.c' 'n 2 none.c' 'n 3 sub/b.c'
    echo new > t/new.c
    : > t/.gridpatch-journal/n3
    golden "apply $verb recovers first" 3 apply $verb -d t /dev/null << 'END'
gridpatch: warning: rolled back an interrupted run: 2 files
gridpatch: '/dev/null' is not a regular file
END
    unchanged "apply $verb recovers first"
done
interrupted 'c 0 a.c'
golden '--recover -q: it was asked for' 0 apply --recover -q -d t < /dev/null
interrupted 'c 0 a.c'
golden 'pop -q recovers first, not silently' 1 pop -q -d t << 'END'
gridpatch: warning: rolled back an interrupted run: 1 file
gridpatch: no patch removed: none is applied
END
for line in 'x 0 a.c' 'c 0 ../a.c' 'c zero a.c' 'c 0 a%20c' 'n 0 .gridpatch-journal/journal'; do
    interrupted "$line"
    golden "a journal with '$line'" 3 apply --recover -d t << END
gridpatch: $damaged
END
done
interrupted 'c 0 link/x'
golden 'a journal through a symlink' 3 apply --recover -d t << 'END'
gridpatch: 't/link/x' lies behind a symlink, or is one: nothing was touched. If the journal is yours, put the directory back where the link is, then 'gridpatch apply --recover -d t'; it has the only copies of the old files
END
interrupted 'c 0 a.c'
sed -i '$d' t/.gridpatch-journal/journal
golden 'a journal without its end' 3 push -d t << END
gridpatch: $damaged
END
fresh
: > t/.gridpatch-journal
golden 'a journal that is a file' 3 pop -d t << END
gridpatch: $damaged
END
interrupted
ln -s ../a.c t/.gridpatch-journal/journal
golden 'a journal that is a symlink' 3 pop -d t << END
gridpatch: $damaged
END
if $nobody true 2> /dev/null; then
    # A directory of somebody who may not do everything in it.
    by=$nobody
    for line in 'c 0 a.c' 'n 1 a.c' 'm 0 made'; do
        interrupted "$line"
        chown -R 65534 t
        case $line in
        c*) chmod 0555 t t/.gridpatch-journal; says="'t': cannot restore 'a.c'" ;;
        n*) chmod 0555 t; says="'t': cannot remove 'a.c'" ;;
        m*) chmod 0555 t/.gridpatch-journal; says="cannot remove 't/.gridpatch-journal/journal'" ;;
        esac
        golden "$says" 4 apply --recover -d t << END
gridpatch: $says: Permission denied
END
        chmod 0755 t t/.gridpatch-journal
    done
    interrupted 'd 0 new/a.c'
    chown -R 65534 t
    chmod 0555 t
    golden 'cannot make a directory again' 4 apply --recover -d t << 'END'
gridpatch: 't': cannot make directory 'new': Permission denied
END
    chmod 0755 t
    interrupted 'r 493 sub'
    chown -R 65534 t/.gridpatch-journal t
    chown 0 t/sub
    golden 'a mode that is as it was' 0 apply --recover -d t << 'END'
gridpatch: warning: removed what an interrupted run left; it had changed all of its files, or none
END
    interrupted 'r 448 sub'
    chown -R 65534 t/.gridpatch-journal t
    chown 0 t/sub
    golden 'cannot restore a mode' 4 apply --recover -d t << 'END'
gridpatch: 't': cannot restore the mode of 'sub': Operation not permitted
END
    interrupted 'c 0 a.c'
    chown -R 65534 t
    chmod 000 t/.gridpatch-journal/journal
    golden 'a journal that may not be read' 4 apply --recover -d t << 'END'
gridpatch: cannot open 't/.gridpatch-journal/journal': Permission denied
END
    by=
else
    skip 'directories that may not be rolled back' 'needs setpriv and root'
fi

# --- what cannot be written ----------------------------------------------------------

fresh
if command -v flock > /dev/null; then
    by='flock t'
    for verb in 'apply good.patch' push 'pop -a'; do
        golden "another one works: $verb" 4 $verb -d t << 'END'
gridpatch: another gridpatch works on 't'
END
    done
    golden 'another one works: applied only reads' 1 applied -d t << 'END'
gridpatch: no patches applied
END
    interrupted 'c 0 a.c'
    golden 'another one is changing files: applied' 4 applied -d t << 'END'
gridpatch: another gridpatch works on 't'
END
    fresh
    by=
else
    skip 'another one works' 'no flock(1)'
fi
if $nobody true 2> /dev/null; then
    by=$nobody
    golden 'a directory that may not be written' 4 apply -q -d t good.patch << 'END'
gridpatch: cannot write into 't': Permission denied
END
    unchanged 'a directory that may not be written'
    # Its own files, in a directory of somebody else's.
    new b/sub/new/x > new.patch
    printf -- '--- a/sub/b.c\n+++ /dev/null\n@@ -1,10 +0,0 @@\n' > gone.patch
    sed 's/^/-/' base/sub/b.c >> gone.patch
    for case in good gone new; do
        fresh
        chown -R 65534 t
        chmod 0555 t/sub
        before=$(state)
        golden "a folder below that may not be written: $case.patch" 4 apply -q -p1 -d t $case.patch << 'END'
gridpatch: cannot write into 't/sub': Permission denied
END
        unchanged "a folder below that may not be written: $case.patch"
    done
    # In a folder of somebody else's where he alone may replace his files; they
    # have no hard links for others.
    for mode in 0755 1777; do
        fresh
        chown 65534 t t/a.c
        chmod $mode t/sub
        before=$(state)
        owners=$(stat -c '%u %n' t/a.c t/sub/b.c)
        case $mode in
        0755) says="cannot write into 't/sub': Permission denied" ;;
        1777) says="cannot replace 'sub/b.c': Operation not permitted" ;;
        esac
        golden "a file of somebody else's, in a folder of mode $mode" 4 apply -d t good.patch << END
> set        .
>   good.patch
>     a.c: 2 hunks would fit
>     sub/b.c: 1 hunk would fit
> nothing was changed
gridpatch: $says
END
        unchanged "a file of somebody else's, mode $mode"
        check "a file of somebody else's, mode $mode: it still is" test "$(stat -c '%u %n' t/a.c t/sub/b.c)" = "$owners"
        check "a file of somebody else's, mode $mode: no journal is left" test ! -e t/.gridpatch-journal
    done
    # Killed before it came to that file: a copy was kept, and the file is whole.
    interrupted 'c 0 a.c' 'c 1 sub/b.c' 'd 2 sub/b.c'
    for copy in b1 b2; do cp t/sub/b.c t/.gridpatch-journal/$copy; done
    : > t/.gridpatch-journal/n1
    echo half > t/a.c
    by=
    chown -R 65534 t/.gridpatch-journal
    golden "another user's journal is not followed" 4 apply --recover -d t << 'END'
gridpatch: 't/.gridpatch-journal' belongs to user 65534, so it is not followed: that user rolls back with 'gridpatch apply --recover -d t'
END
    chown 0 t/.gridpatch-journal # what is in it may be anybody's
    golden 'recovery leaves what was not replaced' 0 apply --recover -d t << 'END'
gridpatch: warning: rolled back an interrupted run: 1 file
END
    check 'its owner stays' test "$(stat -c %u t/sub/b.c)" -eq 0
    unchanged 'recovery leaves what was not replaced'
    # What cannot be undone does not keep the rest from it.
    by=$nobody
    interrupted 'c 0 a.c' 'c 1 sub/b.c'
    cp t/sub/b.c t/.gridpatch-journal/b1
    echo half | tee t/a.c > t/sub/b.c
    chown -R 65534 t
    chmod 0555 t/sub
    golden 'one of two files cannot be restored' 4 apply --recover -d t << 'END'
gridpatch: 't': cannot restore 'sub/b.c': Permission denied
END
    check 'the other one is' cmp -s t/a.c base/a.c
    chmod 0755 t/sub
    golden 'and both are, later' 0 apply --recover -d t << 'END'
gridpatch: warning: rolled back an interrupted run: 1 file
END
    unchanged 'both are restored'
    by=
else
    skip 'what may not be written' 'needs setpriv and root'
fi
# limited: what gridpatch writes may have this many blocks of 512 bytes.
cat > limited << 'END'
trap '' XFSZ
ulimit -f "$1"
shift
"$@"
END
fresh
seq 1 100000 > t/sub/long
printf -- '--- a/sub/long\n+++ b/sub/long\n@@ -1,2 +1,2 @@\n-1\n+one\n 2\n' > long.patch
before=$(state)
by='sh limited 100'
golden 'a file that may not be that long' 4 apply -q -d t long.patch << 'END'
gridpatch: cannot write 'sub/long': File too large
END
unchanged 'a file that may not be that long'
for i in $(seq 1 40); do
    echo old > "t/$(printf 'a-long-name-for-the-journal-%030d' "$i")"
done
before=$(state)
for i in $(seq 1 40); do
    name=$(printf 'a-long-name-for-the-journal-%030d' "$i")
    printf -- '--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-old\n+new\n' "$name" "$name"
done > journal.patch
by='sh limited 1'
golden 'a journal that may not be that long' 4 apply -q -d t journal.patch << 'END'
gridpatch: cannot write '.gridpatch-journal/journal.new': File too large
END
unchanged 'a journal that may not be that long'
for i in 1 2; do
    seq 1 1400000 > t/long$i
    printf -- '--- a/long%s\n+++ b/long%s\n@@ -1,2 +1,2 @@\n-1\n+one\n 2\n' $i $i
done > spool.patch
by='sh limited 10000'
golden 'a temporary file that may not be that long' 4 apply -q -d t spool.patch << 'END'
gridpatch: 'spool.patch': cannot write the temporary file: File too large
END
by=
fresh
if (: > /dev/full) 2> /dev/null; then
    "$GRIDPATCH" apply -n -d t good.patch > /dev/full 2> err
    check 'standard output is full: exit 4' test $? -eq 4
    check 'it is said' test "$(cat err)" = 'gridpatch: cannot write to standard output: No space left on device'
    "$GRIDPATCH" apply -n -d t --json good.patch > /dev/full 2> err
    check 'the same with --json: exit 4' test $? -eq 4
    check 'it is said' test "$(cat err)" = 'gridpatch: cannot write to standard output: No space left on device'
    "$GRIDPATCH" apply -d t --json good.patch > /dev/full 2> err
    check 'the same when the tree was changed: exit 4' test $? -eq 4
    check 'it is said' test "$(cat err)" = 'gridpatch: cannot write to standard output: No space left on device; the patches are applied'
    fresh
else
    skip 'a full standard output' 'no /dev/full'
fi
golden '--json into nowhere' 4 apply -d t --json=no/where good.patch << 'END'
gridpatch: cannot write into 'no': No such file or directory
END
golden '--json into a directory' 4 apply -d t --json=set good.patch << 'END'
gridpatch: cannot write 'set': it is a directory
END
unchanged '--json into nowhere'
# With another file system below it.
cat > mounted << 'END'
mount -t tmpfs -o "$1" none t/sub && cp base/sub/b.c t/sub || exit 99
shift
cd "${1#at=}" && shift && "$@"
END
if unshare -m sh mounted size=1m at=. true 2> /dev/null; then
    by='unshare -m sh mounted size=1m at=.'
    golden 'a file system within the directory' 4 apply -q -d t good.patch << 'END'
gridpatch: 'sub/b.c' is on another file system than 't': give -d a directory on one file system
END
    { cat good.patch; new b/sub/new; } | sed '/^--- a.sub/,/^ x 2/d' > new.patch
    golden 'a new file on it' 4 apply -d t new.patch << 'END'
> set        .
>   new.patch
>     a.c: 2 hunks would fit
>     sub/new: 1 hunk would fit
> nothing was changed
gridpatch: 'sub/new' is on another file system than 't': give -d a directory on one file system
END
    unchanged 'a new file on it'
    printf -- '--- a/b.c\n+++ b/b.c\n@@ -1,2 +1,2 @@\n-x 1\n+y 1\n x 2\n' > b.patch
    by="unshare -m sh mounted nr_inodes=3,size=1m at=."
    golden 'no room for another file' 4 apply -q -d t/sub b.patch << 'END'
gridpatch: cannot write '.gridpatch-journal/n0': No space left on device
END
    by="unshare -m sh mounted nr_inodes=2,size=1m at=."
    golden 'no room for a directory' 4 apply -q -d t/sub b.patch << 'END'
gridpatch: cannot write into 't/sub': No space left on device
END
    by=
else
    skip 'other file systems' 'needs unshare(1) and the right to mount'
fi
mkfifo patch.fifo
"$GRIDPATCH" apply -d t - < patch.fifo > out 2> err &
pid=$!
exec 9> patch.fifo
for i in $(seq 1 200); do
    case $(sed -n 's/^SigCgt:.*\(....\)$/\1/p' "/proc/$pid/status" 2> /dev/null) in
    4???) break ;;
    esac
    sleep 0.01
done
cat good.patch >&9
kill -TERM $pid
sleep 0.05
exec 9>&-
wait $pid 2> /dev/null
status=$?
check 'a signal: it ends the process' test $status -eq 143
check 'a signal: it is said' test "$(cat err)" = 'gridpatch: stopped by a signal'
unchanged 'a signal'
finish
