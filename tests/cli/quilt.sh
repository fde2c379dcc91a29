#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2013,SC2016,SC2154,SC2164 # lib.sh sets the rest; a cd that fails shows in what follows
# `gridpatch push`, `pop`, `applied` and `apply --quilt` beside quilt itself:
# each must be able to go on where the other stopped.
# tests: ops/quilt/quilt ops/quilt/quilt_push ops/quilt/quilt_pop ops/quilt/quilt_links
. "$(dirname "$0")/lib.sh"

unset QUILT_PATCHES QUILT_SERIES QUILT_PC QUILT_PATCH_OPTS QUILT_PATCHES_PREFIX QUILT_DIFF_OPTS
QUILTRC=/dev/null
export QUILTRC
have_quilt=false
command -v quilt > /dev/null && have_quilt=true

# --- a tree and a series that has a bit of everything ----------------------------

lines() { awk -v n="$1" -v w="$2" 'BEGIN { for (i = 1; i <= n; i++) print w " line " i }'; }
# record NAME [OPTION]: what changed in next/ since now/ is a patch.
record() {
    mkdir -p "$(dirname "tree/patches/$1")"
    case ${2-} in
    -p0) (cd next && diff -uN --label sub/deep/f --label sub/deep/f ../now/sub/deep/f sub/deep/f) > "tree/patches/$1" ;;
    -R) diff -urN next now > "tree/patches/$1" ;;
    *) diff -urN now next > "tree/patches/$1" ;;
    esac
    echo "$1${2:+ $2}" >> tree/patches/series
    rm -rf now
    cp -a next now
}
build() {
    mkdir -p now/src now/sub/deep now/doc
    lines 40 a > now/src/a.c
    lines 30 b > now/src/b.c
    lines 9 deep > now/sub/deep/f
    lines 5 gone > now/doc/gone.txt
    lines 12 dos | sed 's/$/\r/' > now/dos.txt
    printf 'no newline' > now/nonl
    printf '#!/bin/sh\n' > now/run.sh
    lines 3 private > now/private
    lines 3 group > now/group
    lines 4 ro > now/readonly
    lines 4 move > now/move
    chmod 0755 now/run.sh
    chmod 0600 now/private
    chmod 0664 now/group
    chmod 0444 now/readonly
    chmod 0640 now/move
    cp -a now tree
    cp -a now next
    mkdir tree/patches
    printf '# a comment\n\n' > tree/patches/series

    sed -i '20s/.*/twenty/; 3d' next/src/a.c
    sed -i '5s/.*/five/' next/src/b.c
    echo more >> next/group
    mkdir next/new
    lines 8 new > next/new/one.c
    record 01-edit.patch
    sed -i '25s/.*/twenty-five/; 1i first' next/src/a.c
    sed -i '4s/.*/four/' next/new/one.c
    rm next/doc/gone.txt
    record 02-again.patch
    sed -i '5s/.*/level zero/' next/sub/deep/f
    record 03-zero.patch -p0
    sed -i '10s/.*/reversed/' next/src/b.c
    lines 2 back > next/new/two.c
    record 04-back.diff -R
    sed -i '6s/.*/changed\r/' next/dos.txt
    printf 'has one\n' > next/nonl
    record 05-dos.patch
    cat > tree/patches/06-git.patch << 'EOF'
Prose in front.

diff --git a/run.sh b/run.sh
old mode 100755
new mode 100644
diff --git a/move b/sub/moved
similarity index 70%
rename from move
rename to sub/moved
--- a/move
+++ b/sub/moved
@@ -1,4 +1,4 @@
-move line 1
+moved line 1
 move line 2
 move line 3
 move line 4
diff --git a/bin/tool b/bin/tool
new file mode 100755
--- /dev/null
+++ b/bin/tool
@@ -0,0 +1 @@
+tool
EOF
    echo 06-git.patch >> tree/patches/series
    (cd next && patch -s -p1 < ../tree/patches/06-git.patch)
    rm -rf now && cp -a next now
    : > tree/patches/07-empty.patch
    printf '07-empty.patch # nothing yet\n' >> tree/patches/series
    rm next/private next/new/one.c
    echo 'line' >> next/readonly
    record sub/08-del.patch
    lines 2 public > next/private
    record sub/085-made-anew.patch
    sed -i '12s/.*/twelve/' next/src/a.c
    record 09-last.patch
}
build
n=$(grep -vc '^#\|^$' tree/patches/series)

# state DIR: mode, name and sum of all files but the patches and the records.
state() {
    (cd "$1" && find . -path ./patches -prune -o -path ./.pc -prune -o -type f -printf '%m %p ' -exec sh -c 'sha256sum < "$1"' - {} \; | sort -k 2)
}
# The records, without what only time tells.
records() {
    (cd "$1" && find .pc -type f -printf '%m %p ' -exec sh -c 'sha256sum < "$1"' - {} \; | sort -k 2)
}
same() { [ "$1" = "$2" ]; }
pristine=$(state tree)
fresh() {
    rm -rf t
    cp -a tree t
}
is_pristine() { same "$(state t)" "$pristine"; }

# --- without quilt -----------------------------------------------------------------

fresh
expect_status 'push -a' 0 push -d t -a
says 'it says each patch' 'Applying patch sub/08-del.patch' out
says 'and where it is' 'Now at patch 09-last.patch' out
check 'the files are those of the last patch' test "$(state t | cut -d' ' -f2-)" = "$(state next | cut -d' ' -f2-)"
expect_status 'applied' 0 applied -d t
check 'applied names all' test "$(wc -l < out)" = "$n"
expect_status 'push when all are applied' 1 push -d t
says 'it says so' 'fully applied, ends at patch'
expect_status 'pop -a' 0 pop -d t -a
check 'pop -a: the pristine tree, modes too' is_pristine
check 'pop -a leaves no patch in .pc' sh -c '[ "$(ls -A t/.pc | tr "\n" " ")" = ".quilt_patches .quilt_series .version " ]'
refute 'pop -a leaves no folder that a patch made' test -e t/new
expect_status 'pop of nothing' 1 pop -d t
expect_status 'applied of nothing' 1 applied -d t
says 'it says so' 'no patches applied'
silent_on 'on standard error only' out

fresh
expect_status 'push 2' 0 push -C t 2
expect_status 'push up to a patch' 0 push -d t 05-dos
check 'an ending may be left away' test "$(tail -n 1 t/.pc/applied-patches)" = 05-dos.patch
expect_status 'push PATCH with its folder' 0 push -d t patches/06-git.patch
expect_status 'push of an applied one' 1 push -d t 02-again.patch
says 'it says so' 'currently applied'
expect_status 'pop down to a patch' 0 pop -d t 02-again
check 'it stays' test "$(tail -n 1 t/.pc/applied-patches)" = 02-again.patch
expect_status 'pop down to the top' 1 pop -d t 02-again.patch
expect_status 'pop 99: all' 0 pop -d t 99
check 'which is pristine' is_pristine
expect_status 'pop -q' 1 pop -q -d t
expect_status 'push -q' 0 push -q -d t --fsync
silent_on 'says nothing' out
run push -d t --json
check '--json is JSON' json_ok out
check 'it names the patches' json_is out '.applied[1]' 02-again.patch
run applied -d t --json
check 'applied --json, too' json_is out '.applied[0]' 01-edit.patch
run pop -d t --json
check 'pop --json, too' json_is out '.popped[0].patch' 02-again.patch
check 'without -d it works here' test "$(cd t && "$GRIDPATCH" applied)" = 01-edit.patch

for mask in 002 077; do
    fresh
    (umask $mask && "$GRIDPATCH" push -q -a -d t && "$GRIDPATCH" pop -q -d t -a)
    check "push and pop under umask $mask: pristine" is_pristine
done

# --- what is refused, and that nothing changes then ------------------------------------

export GRIDPATCH
refused() {
    what=$1
    want=$2
    text=$3
    shift 3
    before=$(state t; [ ! -d t/.pc ] || records t)
    expect_status "$what" "$want" "$@"
    says "$what: it says why" "$text"
    check "$what: nothing changed" same "$before" "$(state t; [ ! -d t/.pc ] || records t)"
}
fresh
refused 'push of an unknown patch' 1 'is not in series' push -d t nope.patch
refused 'pop of an unknown patch' 1 'no patch removed' pop -d t nope.patch
refused 'push 0' 1 'no patch applied' push -d t 0
refused 'two words' 2 'give a number' push -d t 1 2
refused '-a and a word' 2 'give a number' pop -d t -a 2
refused 'no such directory' 4 'cannot open' push -d nowhere
sed -i 's/^-a line 26/-a line 42/' t/patches/02-again.patch
refused 'push -a whose second patch does not match' 1 'does not match' push -d t -a
check 'it wrote no records' test ! -e t/.pc
fresh
sed -i 's/^ a line 17/ a line 71/' t/patches/01-edit.patch
refused 'no fuzz allowed' 1 'does not match' push -d t --fuzz=0
expect_status 'fuzz as patch has it' 0 push -d t
says 'it is said' 'with fuzz 1' out
expect_status 'and taken back' 0 pop -d t
fresh
rm t/patches/03-zero.patch
refused 'a missing patch' 4 'does not exist' push -d t -a
fresh
: > t/patches/series
refused 'an empty series' 1 'no patches in series' push -d t
rm t/patches/series
refused 'no series' 4 'no series file found' push -d t
fresh
run push -q -d t 3
sed -i '8s/.*/mine/' t/src/a.c
refused 'pop over a changed file, -a' 1 "'src/a.c' was changed after it" pop -d t -a
run pop -q -d t
check 'pop of a patch that has nothing to do with it' test "$status" = 0
refused 'pop over a changed file' 1 'needs refresh' pop -d t
if command -v flock > /dev/null; then
    before=$(state t)
    flock t "$GRIDPATCH" push -d t > out 2> err
    check 'a locked tree: exit 4' test $? = 4
    says 'it says why' 'another gridpatch works'
    check 'nothing changed' same "$before" "$(state t)"
else
    skip 'a locked tree' 'no flock(1)'
fi
fresh
run push -q -d t
rm t/new/one.c
refused 'pop when a file is gone' 1 'needs refresh' pop -d t
fresh
run push -q -d t
sed -i 's/five/5/' t/patches/01-edit.patch
refused 'pop when the patch was edited' 1 'needs refresh' pop -d t
rm t/patches/01-edit.patch
refused 'pop when the patch is gone' 1 'would be lost; put it back' pop -d t
fresh
run push -q -d t 2
sed -i 's/01-edit/01-renamed/' t/patches/series
refused 'push when the series has changed' 1 'no longer matches' push -d t
fresh
(cd t && patch -s -p1 < patches/01-edit.patch)
refused 'push of what is there already' 1 'can be reverse-applied' push -d t
fresh
sed -i '5s/.*/five/' t/src/b.c
refused 'push of what is partly there' 1 'there already' push -d t
fresh
run push -q -d t
echo '../../evil' >> t/.pc/applied-patches
refused 'a name that leaves .pc' 3 'applied-patches' pop -d t
echo 3 > t/.pc/.version
refused 'a newer format' 3 'version 3' applied -d t
rm t/.pc/.version
refused 'an older format' 3 'quilt upgrade' push -d t
rm -r t/.pc
mkdir elsewhere
ln -s ../elsewhere t/.pc
expect_status '.pc is a symlink' 3 push -d t
check 'nothing was written through it' test -z "$(ls elsewhere)"
fresh
mkdir t/.gridpatch-journal
expect_status 'after an interrupted run' 0 push -d t
says 'a warning' 'removed what an interrupted run left'

# --- where the patches are ------------------------------------------------------------

fresh
mv t/patches elsewhere/p
export QUILT_PATCHES=../elsewhere/p
expect_status 'QUILT_PATCHES, relative to the tree' 0 push -d t -a
unset QUILT_PATCHES
check 'it is noted' test "$(cat t/.pc/.quilt_patches)" = ../elsewhere/p
expect_status 'so that pop finds them' 0 pop -d t -a
check 'and is right' is_pristine
fresh
mv t/patches/series t/patches/other
QUILT_SERIES=other "$GRIDPATCH" push -q -d t
check 'QUILT_SERIES' test "$(cat t/.pc/.quilt_series)" = other
fresh
mv t/patches/series t/.pc-series
mkdir t/.pc && mv t/.pc-series t/.pc/series && echo 2 > t/.pc/.version
expect_status 'a series in .pc' 0 push -d t -a
fresh
gzip t/patches/01-edit.patch
xz t/patches/02-again.patch
bzip2 t/patches/05-dos.patch
sed -i 's/^01-edit.patch/&.gz/; s/^02-again.patch/&.xz/; s/^05-dos.patch/&.bz2/' t/patches/series
expect_status 'packed patches' 0 push -d t -a
expect_status 'are taken back' 0 pop -d t -a
check 'exactly' is_pristine

quilted() { "$GRIDPATCH" apply --help 2>&1 | grep -q -- --quilt; }
if quilted; then
    fresh
    expect_status 'apply --quilt' 0 apply -d t --quilt t/patches
    check 'apply --quilt does as push -a' test "$(cat t/.pc/.quilt_patches)$(wc -l < t/.pc/applied-patches)" = "patches$n"
    cp -a tree/patches foreign
    refused 'apply --quilt of another folder' 1 'applied, not of' apply -d t --quilt foreign
    run pop -q -d t -a
    check 'pop after it' is_pristine
    fresh
    rm -r t/patches
    check 'apply --quilt of a folder outside' sh -c 'cd t && "$GRIDPATCH" apply -d . --quilt ../foreign'
    check 'its absolute name is noted' test "$(cat t/.pc/.quilt_patches)" = "$(pwd -P)/foreign"
    run pop -q -d t -a
    check 'pop finds it' is_pristine
fi

if ! $have_quilt; then
    skip 'beside quilt' 'quilt is not installed'
    finish
fi

# --- beside quilt: what it makes of the same tree, patch by patch ---------------------------

q() { (cd t && quilt "$@" > ../quilt.said 2>&1); }
fresh
for i in $(seq 1 "$n"); do
    q push || not_ok "quilt push, patch $i"
    state t > "level.$i"
    records t > "records.$i"
    (cd t && quilt applied) > "applied.$i"
done
fresh
state t > level.0
for i in $(seq 1 "$n"); do
    run push -q -d t
    state t > mine
    records t > mine.pc
    check "push $i: the same tree as quilt's" diff "level.$i" mine
    check "push $i: the same .pc" diff "records.$i" mine.pc
    run applied -d t
    check "push $i: the same applied" diff "applied.$i" out
    (cd t && quilt applied) > out
    check "push $i: quilt agrees" diff "applied.$i" out
done
for mask in 002 077; do
    fresh
    (umask $mask && q push -a)
    state t > quilts
    records t > quilts.pc
    run pop -q -d t -a
    check "umask $mask: pop -a of what quilt pushed" is_pristine
    fresh
    (umask $mask && run push -q -d t -a)
    state t > mine
    records t > mine.pc
    check "umask $mask: the same tree" diff quilts mine
    check "umask $mask: the same .pc" diff quilts.pc mine.pc
done
fresh
run push -q -d t -a
records t > mine.pc
check 'push -a: the same .pc as one by one' diff "records.$n" mine.pc
check 'quilt pop -a' q pop -a
check 'gives the pristine tree' is_pristine
check 'quilt push -a after it' q push -a
check 'quilt pop -a of its own' q pop -a
run push -q -d t -a
find t -path t/patches -prune -o -path t/.pc -prune -o -type f -exec touch {} +
check 'quilt pop -a that compares' q pop -a
check 'gives the pristine tree' is_pristine

run push -q -d t -a
(cd t && quilt diff -z) > out 2>&1
silent_on 'quilt diff sees no change' out
check 'quilt diff of the top patch' sh -c 'cd t && quilt diff | grep -q "^+twelve"'
check 'quilt edit, without an editor' sh -c 'cd t && quilt add doc/note 2>&1 && mkdir -p doc && echo note > doc/note'
expect_status 'what is not refreshed is not lost' 1 pop -d t
says 'it says why' 'needs refresh'
check 'quilt refresh' q refresh
expect_status 'then pop -a' 0 pop -d t -a
check 'gives the pristine tree' is_pristine
expect_status 'push -a of the refreshed series' 0 push -d t -a
check 'has the note' test "$(cat t/doc/note)" = note

fresh
q push 4
state t > mine
check 'quilt pushed 4: as before' diff level.4 mine
run applied -d t
check 'applied is as quilt says it' diff applied.4 out
expect_status 'push after quilt' 0 push -d t 2
state t > mine
records t > mine.pc
check 'the same tree' diff level.6 mine
check 'the same .pc' diff records.6 mine.pc
expect_status 'pop after both' 0 pop -d t 3
state t > mine
records t > mine.pc
check 'the same tree' diff level.3 mine
check 'the same .pc' diff records.3 mine.pc
q push -a
expect_status 'pop -a of what quilt pushed' 0 pop -d t -a
check 'the pristine tree' is_pristine

# Either goes on where the other stopped: 60 steps, the same each time.
fresh
at=0
bad=
for r in $(awk 'BEGIN { srand(7); for (i = 0; i < 60; i++) print int(rand() * 8) }'); do
    [ $((r % 4)) -lt 2 ] && to=$((at + 1 + r / 4)) || to=$((at - 1 - r / 4))
    [ "$to" -le "$n" ] || to=$n
    [ "$to" -ge 0 ] || to=0
    case $r in
    0 | 4) [ "$to" -eq "$at" ] || run push -q -d t $((to - at)) ;;
    1 | 5) [ "$to" -eq "$at" ] || q push $((to - at)) ;;
    2 | 6) [ "$to" -eq "$at" ] || run pop -q -d t $((at - to)) ;;
    *) [ "$to" -eq "$at" ] || q pop $((at - to)) ;;
    esac
    state t | cmp -s - "level.$to" || bad="$bad step to $to from $at by $r;"
    [ "$to" -eq 0 ] || records t | cmp -s - "records.$to" || bad="$bad records of $to from $at by $r;"
    at=$to
done
check 'turn by turn, 60 steps: always the same tree and .pc' test -z "$bad"
[ -z "$bad" ] || echo "# $bad"

fresh
mkdir t/patches/s
: > t/patches/s/none.patch
echo s/none.patch > t/patches/series
q push
expect_status 'pop of an empty patch that quilt made no folder for' 0 pop -d t

# A patch that was forced has rejects that only its owner can resolve.
fresh
sed -i 's/^-a line 20/-a line 2x/' t/patches/01-edit.patch
q push -f
refused 'pop of a forced patch' 1 'needs refresh: it was forced' pop -d t
refused 'push onto one' 1 'needs refresh: it was forced' push -d t

# What quilt only takes back when it believes that nothing has changed since.
fresh
: > t/empty
cat > t/patches/empty.patch << 'EOF'
--- a/empty
+++ b/empty
@@ -0,0 +1 @@
+no more
diff --git a/group b/copied
similarity index 100%
copy from group
copy to copied
EOF
echo empty.patch > t/patches/series
run push -q -d t
check 'quilt pop of a filled file and of a copy' q pop
: > t/empty
run push -q -d t
expect_status 'pop of them' 0 pop -d t
if quilted; then
    fresh
    run apply -q -d t --quilt t/patches
    records t > mine.pc
    check 'apply --quilt: the same .pc' diff "records.$n" mine.pc
    check 'quilt pop -a after it' q pop -a
    check 'gives the pristine tree' is_pristine
fi
finish
