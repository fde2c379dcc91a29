#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2015,SC2016,SC2086,SC2154,SC2164 # lib.sh sets the rest; $as is words
# `gridpatch pop` where records, patch or series are not what they were: as quilt
# does, and never at the price of a change that stands nowhere else.
# tests: ops/quilt/quilt_pop
. "$(dirname "$0")/lib.sh"

unset QUILT_PATCHES QUILT_SERIES QUILT_PC QUILT_PATCH_OPTS QUILT_PUSH_ARGS QUILT_POP_ARGS QUILT_PATCHES_PREFIX
QUILTRC=/dev/null
export QUILTRC
have_quilt=false
command -v quilt > /dev/null && have_quilt=true
$have_quilt || skip 'beside quilt' 'quilt is not installed'

# plain DIR: a tree with patches for f, for g, and for f again.
plain() {
    rm -rf "$1"
    mkdir -p "$1/patches" "$1/sub"
    seq 1 30 > "$1/f"
    cp "$1/f" "$1/sub/g"
    sed 's/^10$/ten/' "$1/f" > f.new
    sed 's/^25$/last/' f.new > f.newer
    diff -u --label a/f --label b/f "$1/f" f.new > "$1/patches/a.patch"
    diff -u --label a/sub/g --label b/sub/g "$1/f" f.new > "$1/patches/b.patch"
    diff -u --label a/f --label b/f f.new f.newer > "$1/patches/c.patch"
    printf 'a.patch\nb.patch\nc.patch\n' > "$1/patches/series"
}
# pushed N [DIR]: the same with N patches applied.
pushed() {
    plain "${2-base}"
    "$GRIDPATCH" push -q -d "${2-base}" "$1"
}
state() { (cd "$1" && find . -type f ! -path '*/patches/*' -printf '%m %p ' -exec sh -c 'cksum < "$1"' - {} \; | sort -k 2); }
# pops WHAT STATUS [ARG…]: gridpatch pop of a copy of base; beside quilt's, to the last record.
pops() {
    what=$1
    want=$2
    shift 2
    rm -rf q g
    cp -a base g
    (cd g && "$GRIDPATCH" pop "$@") > out 2> err < /dev/null
    status=$?
    if [ $status -eq "$want" ]; then ok "$what: exit $want"; else not_ok "$what: exit $status instead of $want"; fi
    $have_quilt || return 0
    cp -a base q
    if (cd q && quilt pop "$@") > quilt.said 2>&1 < /dev/null; then theirs=0; else theirs=1; fi
    state q > q.state
    state g > g.state
    check "$what: quilt's status is of that kind" test $theirs -eq "$([ $want -eq 0 ] && echo 0 || echo 1)"
    check "$what: the same tree and .pc" diff q.state g.state
}

# --- records that are not there -----------------------------------------------------

pushed 1
(cd base && mkdir -p .pc/x.diff .pc/sub/y.diff && printf 'x.diff\nsub/y.diff\n' >> .pc/applied-patches &&
    sed -i '1s/$/\nx.diff\nsub\/y.diff/' patches/series)
pops 'a patch that is new, twice' 0 2
check 'their folders are gone' test ! -e g/.pc/x.diff -a ! -e g/.pc/sub/y.diff
pops 'all' 0 -a
if $have_quilt; then
    plain t
    check 'quilt new' sh -c 'cd t && quilt new s/x.diff && quilt new y.diff && quilt add f'
    expect_status 'pop after it' 0 pop -d t -a
    check 'no folder is left' test ! -e t/.pc/s/x.diff -a ! -e t/.pc/y.diff
fi
pushed 1
rm base/.pc/a.patch/f base/.pc/a.patch/.timestamp
pops 'the folder is empty, and the patch is not' 0
mkdir base/.pc/a.patch/sub base/.pc/a.patch/sub/sub
pops 'it has empty folders in it' 0
check 'which are gone' test ! -e g/.pc/a.patch
rm -r base/.pc/a.patch
pops 'it is missing' 1
says 'it is said what that means' "had no records in '.pc': it is off the list"
: > base/patches/a.patch
run pop -d base
check 'it is missing, and the patch is empty: nothing is lost' test $status = 0
pushed 3
rm -r base/.pc/b.patch
pops 'it is missing in the midst of all' 1 -a
check 'what was before stays applied' test "$(cat g/.pc/applied-patches)" = a.patch
run pop -d base --json -a
check '--json says how far it went' json_is out '.popped | map(.patch) | join(" ")' 'c.patch b.patch'
check 'and what was lost' json_is out '.popped | map(.lost) | join(" ")' 'false true'
pushed 1
rm -r base/.pc/a.patch
ln -s ../sub base/.pc/a.patch
expect_status 'it is a symlink' 3 pop -d base
says 'it is said' "'base/.pc/a.patch' is not a directory"

# --- a patch that is gone, or none ----------------------------------------------------------

pushed 1
rm base/patches/a.patch
pops 'the patch is gone' 1
says 'it says what would be lost' "what it did to 'f' would be lost"
cp base/.pc/a.patch/f base/f
pops 'it is gone, and the file is as before it' 0
pushed 1
echo rubbish > base/patches/a.patch
pops 'the patch is none any more' 1
says 'a way out' "'quilt refresh'"
pushed 1
touch -d 2001-01-01 old
mv old base/patches/a.patch
expect_status 'an older file in its place, empty' 1 pop -d base
pushed 1
echo rubbish > old
touch -d 2001-01-01 old
mv old base/patches/a.patch
expect_status 'an older file in its place' 1 pop -d base
says 'its change is not lost' 'no diff found'

# What gridpatch cannot read as a patch, quilt may have applied: an option for patch.
unreadable() { sed -i 's/patch$/& -l/' "${1-base}/patches/series"; }
pushed 2
unreadable
expect_status 'an option that is not built here; nothing was touched' 0 pop -v -d base -a
says 'with -v it is said why' 'nothing was touched since'
check 'all is as before' sh -c 'seq 1 30 | cmp - base/f && seq 1 30 | cmp - base/sub/g'
pushed 2
unreadable
echo mine >> base/sub/g
expect_status 'a file was touched' 1 pop -d base
says 'the option is named' "patch's option -l"
check 'the change is there' grep -q mine base/sub/g
pushed 3
unreadable
before=$(state base)
expect_status 'a patch over another one: the times say nothing of the lower one' 1 pop -d base -a
check 'nothing was changed' test "$before" = "$(state base)"
expect_status 'the top one goes' 0 pop -d base
pushed 1
unreadable
sed 's/^20$/mine/' base/f > moved
touch -d 2001-01-01 moved
mv moved base/f
expect_status 'an older file was moved there' 1 pop -d base
check 'it is there' grep -q mine base/f
pushed 1
unreadable
rm base/.pc/a.patch/.timestamp
expect_status 'without a time stamp' 1 pop -d base
pushed 1
unreadable
chmod 0600 base/f
expect_status 'a mode was changed' 1 pop -d base
bad=
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    pushed 1
    unreadable
    "$GRIDPATCH" push -q -d base -F2 > /dev/null 2>&1
    echo "mine $i" >> base/f
    "$GRIDPATCH" pop -q -d base 2> /dev/null
    grep -q "mine $i" base/f || bad="$bad $i"
done
check 'a change right after a push is never lost' test -z "$bad"
if $have_quilt; then
    bad=
    for i in 1 2 3 4 5 6 7 8; do
        plain t
        (cd t && "$GRIDPATCH" push -q && echo "mine $i" >> f && quilt pop) > /dev/null 2>&1
        grep -q "mine $i" t/f || bad="$bad $i"
    done
    check 'nor by quilt, which looks at the time stamp' test -z "$bad"
    plain t
    check 'and quilt still believes it' sh -c 'cd t && "$GRIDPATCH" push -q && echo rubbish > r && touch -r patches/a.patch r && cat r > patches/a.patch && touch -r r patches/a.patch && quilt pop'
    plain t
    sed -i '8s/$/ /' t/f
    unreadable t
    (cd t && quilt push -q && sleep 0.05 && quilt top) > out 2>&1
    says 'quilt applies with -l' a.patch out
    expect_status 'pop of it' 0 pop -d t
fi

# --- hard links: what quilt leaves of them, this leaves ------------------------------------------

# linked DIR: a tree whose files have other names, in it and in a copy, DIR.copy.
linked() {
    plain "$1"
    rm -rf "$1.copy"
    ln "$1/f" "$1/f2"
    chmod 0640 "$1/f"
    cp -al "$1" "$1.copy"
    sum=$(cat "$1/f" "$1/sub/g" | cksum)
}
links() { (cd "$1" && find . -type f ! -path '*/patches/*' -printf '%n %m %s %p\n' | sort -k 4); }
# turn DIR TOOL…: what links look like after each step.
turn() {
    dir=$1
    linked "$dir"
    for step in 'push' 'push -a' 'pop' 'pop -a' 'push -a' 'pop 2' 'pop -a'; do
        echo "== $step"
        case $2 in *gridpatch) step="$step -q" ;; esac
        (cd "$dir" && $2 $step) > /dev/null 2>&1
        links "$dir"
        [ "$(cat "$dir.copy/f" "$dir.copy/sub/g" | cksum)" = "$sum" ] || echo 'the copy was changed'
    done
}
turn g "$GRIDPATCH" > g.links
check 'in the end all files have their other names again' test "$(stat -c %h g/f g/f2 g/sub/g | tr '\n' ' ')" = '4 4 2 '
check 'they are those of the copy' test g/f -ef g.copy/f -a g/sub/g -ef g.copy/sub/g
refute 'the copy was never changed' grep -q changed g.links
check 'nothing is left beside them' test -z "$(find g g.copy -name '*.gp-link')"
if $have_quilt; then
    turn q quilt > q.links
    check 'the same links as with quilt, step by step' diff q.links g.links
    linked t
    (cd t && quilt push -qa) > /dev/null
    expect_status 'pop of what quilt pushed' 0 pop -d t -a
    check 'links are back' test t/f -ef t.copy/f -a t/sub/g -ef t.copy/sub/g
    (cd t && "$GRIDPATCH" push -q -a && quilt pop -qa) > /dev/null
    check 'quilt pops what gridpatch pushed: links are back' test t/f -ef t.copy/f -a t/sub/g -ef t.copy/sub/g
fi
pushed 1 t
rm -rf t.copy
cp -al t t.copy
echo new > t/new
run pop -q -d t
check 'a tree that was copied with its records: the copy has its own' test "$(cat t.copy/.pc/applied-patches)" = a.patch
expect_status 'and is popped by itself' 0 pop -d t.copy
touch -d 2001-01-01 t/f
linked t
touch -d 2001-01-01 t/f
"$GRIDPATCH" push -q -d t && "$GRIDPATCH" pop -q -d t
check 'a file that is back is new to make' test t/f -nt t/patches/a.patch

# --- what cannot be read is no reason to refresh -----------------------------------------------

pushed 1
rm base/patches/a.patch
ln -s a.patch base/patches/a.patch
expect_status 'a patch that leads to itself' 4 pop -d base
says 'the reason is said' 'Too many levels of symbolic links'
refute 'and no refresh' grep -q refresh err
pushed 1
rm base/patches/series
ln -s series base/patches/series
expect_status 'a series that leads to itself' 4 pop -d base
refute 'no refresh' grep -q refresh err
as=
if [ "$(id -u)" = 0 ]; then
    as='setpriv --reuid=65534 --regid=65534 --clear-groups'
    $as "$GRIDPATCH" --version > /dev/null 2>&1 || as=none
fi
if [ "$as" = none ]; then
    skip 'files without permission' 'root may read all, and nobody else may run gridpatch here'
else
    for f in patches/a.patch patches/series patches .pc/a.patch/f f; do
        pushed 1
        [ "$(id -u)" != 0 ] || chown -R 65534:65534 base
        chmod 0 base/$f
        $as "$GRIDPATCH" pop -d base > out 2> err
        status=$?
        check "no permission for $f: exit 4" test $status = 4
        says 'the file is named' "${f%/f}"
        says 'with the reason' 'Permission denied'
        refute 'no refresh' grep -q refresh err
        $as "$GRIDPATCH" push -d base > out 2> err
        status=$?
        case $f in
        patches*)
            [ $f = patches/a.patch ] || check "push, no permission for $f: exit 4" test $status = 4
            ;;
        esac
        chmod 0755 base/$f
    done
fi
finish
