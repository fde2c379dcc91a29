#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2154,SC2164 # lib.sh sets the rest; options are words
# What `gridpatch push`, `pop` and `applied` make of the environment, of the options
# in a series and of a directory below the tree: as quilt makes of them, or refused.
# tests: ops/quilt/quilt_env ops/quilt/quilt_where
. "$(dirname "$0")/lib.sh"

unset QUILT_PATCHES QUILT_SERIES QUILT_PC QUILT_PATCH_OPTS QUILT_PUSH_ARGS QUILT_POP_ARGS QUILT_PATCHES_PREFIX
QUILTRC=/dev/null
export QUILTRC
have_quilt=false
command -v quilt > /dev/null && have_quilt=true

# plain: a tree, base, with a patch for f and one for sub/g.
plain() {
    rm -rf base
    mkdir -p base/patches base/sub/deep
    seq 1 20 > base/f
    seq 1 20 > base/sub/g
    sed 's/^10$/ten/' base/f > f.new
    diff -u --label a/f --label b/f base/f f.new > base/patches/a.patch
    diff -u --label a/sub/g --label b/sub/g base/sub/g f.new > base/patches/b.patch
    rm f.new
    printf 'a.patch\nb.patch\n' > base/patches/series
}
state() { (cd "$1" && find . -type f ! -path '*/patches/*' -printf '%m %p ' -exec sh -c 'cksum < "$1"' - {} \; | sort -k 2); }
# both WHAT STATUS DIR VERB…: gridpatch's exit status is STATUS; quilt's is the same
# kind, and the tree and its records are the same after it.
both() {
    what=$1
    want=$2
    dir=$3
    shift 3
    rm -rf q g
    cp -a base g
    (cd "g/$dir" && "$GRIDPATCH" "$@") > out 2> err < /dev/null
    status=$?
    if [ $status -eq "$want" ]; then ok "$what: exit $want"; else not_ok "$what: exit $status instead of $want"; fi
    $have_quilt || return 0
    cp -a base q
    if (cd "q/$dir" && quilt "$@") > quilt.said 2>&1 < /dev/null; then theirs=0; else theirs=1; fi
    state q > q.state
    state g > g.state
    if [ $want -eq 0 ]; then
        check "$what: quilt does it, too" test $theirs -eq 0
        check "$what: the same tree and .pc" diff q.state g.state
    else
        check "$what: quilt does not do it either" test $theirs -ne 0
        check "$what: the files are the same" sh -c 'grep -v " \./\.pc/" q.state > q.files; grep -v " \./\.pc/" g.state > g.files; cmp q.files g.files'
    fi
}
$have_quilt || skip 'beside quilt' 'quilt is not installed'

# --- from below ------------------------------------------------------------------

plain
both 'push two levels down' 0 sub/deep push
check '.pc lies in the tree' test -d g/.pc -a ! -e g/sub/deep/.pc
both 'the folder before the name, from below' 0 sub/deep push ../../patches/b.patch
both 'an unknown patch, from below' 1 sub push nope.patch
rm -rf base && cp -a g base && (cd base && "$GRIDPATCH" push -q -a)
both 'pop from below' 0 sub pop
both 'pop -a from below' 0 sub/deep pop -a
both 'applied from below' 0 sub/deep applied
check 'it lists as it does in the tree' test "$(cat out)" = "$(printf 'a.patch\nb.patch')"
rm -r base/patches
# Quilt 0.68 and newer want the series for that, too, which says no more than .pc does.
if $have_quilt && ! (cd base/sub && quilt applied) > quilt.said 2>&1 && grep -q '^No series file found' quilt.said; then
    have_quilt=false
    both 'with .pc alone' 0 sub applied
    have_quilt=true
    check 'it lists as before' test "$(cat out)" = "$(printf 'a.patch\nb.patch')"
    skip 'with .pc alone, beside quilt' "it says: $(cat quilt.said)"
else
    both 'with .pc alone' 0 sub applied
fi
plain
mv base/patches base/sub/deep/p
check 'QUILT_PATCHES of more than one part is looked for upward' sh -c 'cd base/sub && QUILT_PATCHES=sub/deep/p "$GRIDPATCH" push -q && [ "$(cat ../.pc/.quilt_patches)" = sub/deep/p ]'
plain
expect_status 'push -d SUBDIR' 0 push -v -d base/sub/deep
says 'with -v it is said where' "the tree is 'base'"
expect_status 'pop -d SUBDIR' 0 pop -d base/sub/deep/
sed -i 's/^ 9$/ nine/' base/patches/b.patch
expect_status 'names are those of the tree' 1 push -a -F0 -d base/sub/deep
says 'in messages, too' "'sub/g' does not match"
rm base/patches/series
expect_status 'a series that is missing, from below' 4 push -d base/sub
says 'is named so that one finds it' "'base/patches/series'"
plain
ln -s base/sub link
(cd link && "$GRIDPATCH" push) > out 2> err
check 'through a symlink, as cd goes: not found' test $? = 4 -a ! -e base/.pc
(cd link/deep && "$GRIDPATCH" push) > out 2> err
check 'nor one level below it' test $? = 4
! $have_quilt || refute 'quilt does not find it either' sh -c 'cd link/deep && quilt push'
mkdir -p alone/sub
expect_status 'no tree at all' 4 push -d alone/sub
check 'nothing was made' test -z "$(find alone -type f)"
expect_status 'a directory that is missing is not looked for above' 4 push -d base/nowhere
says 'it is named' "'base/nowhere'"

# --- QUILT_PC ------------------------------------------------------------------------

plain
export QUILT_PC=records
both 'QUILT_PC' 0 . push -a
check 'it is used' test -f g/records/applied-patches -a ! -e g/.pc
rm -rf base && cp -a g base
both 'QUILT_PC, from below' 0 sub/deep applied
both 'pop with QUILT_PC' 0 . pop -a
plain
cat > base/patches/a.patch << 'EOF'
--- /dev/null
+++ b/records/applied-patches
@@ -0,0 +1 @@
+evil
EOF
expect_status 'a patch that writes into the records' 3 push -d base
says 'is refused' "'records/applied-patches' is a record"
QUILT_PC=x/../.pc
expect_status 'QUILT_PC that climbs' 2 push -d base
says 'is refused' 'QUILT_PC:'
QUILT_PC=$PWD/base/.pc
expect_status 'QUILT_PC that is absolute' 2 applied -d base
QUILT_PC=./
expect_status 'QUILT_PC that is the tree' 2 pop -d base
QUILT_PC=.gridpatch-journal/x
expect_status 'QUILT_PC within the journal' 2 push -d base
QUILT_PC=./.pc//
plain
both 'QUILT_PC in another spelling' 0 . push
run apply -d base --quilt base/patches
says 'apply --quilt counts the files alone' '2 files' out
unset QUILT_PC

# --- QUILT_PATCH_OPTS ------------------------------------------------------------------

plain
sed -i '9s/.*/nine/' base/f
sed -i '7s/.*/seven/' base/sub/g
for opts in --fuzz=0 -F0 '-F 0' '--fuzz 0' '-s  -F0 --reject-format=unified' '-F3 -F0' '-NF0' --fu=0; do
    export QUILT_PATCH_OPTS="$opts"
    both "QUILT_PATCH_OPTS='$opts'" 1 . push b.patch
done
for opts in --fuzz=3 '-F 3' '-s --no-backup-if-mismatch -F3' '--quiet --fuzz 3' "-F0
-F3"; do
    QUILT_PATCH_OPTS=$opts
    both "QUILT_PATCH_OPTS='$(echo "$opts" | tr '\n' ' ')'" 0 . push -a
done
QUILT_PATCH_OPTS=-F3
both '--fuzz of the command line wins' 1 . push --fuzz=0
QUILT_PATCH_OPTS=-F0
sed -i 's/^a.patch/& -F3/' base/patches/series
both 'an option in the series wins' 0 . push
QUILT_PATCH_OPTS=-p0
both '-p there never counts' 0 . push
QUILT_PATCH_OPTS=-F0
run apply -d base --quilt base/patches
check 'apply --quilt: b.patch takes no fuzz' test $status = 1
plain
patch -s -d base -p1 < base/patches/a.patch
QUILT_PATCH_OPTS=-R
both '-R' 0 . push
rm -rf base && cp -a g base
touch base/f
both 'pop that compares, with -R' 0 . pop
plain
for opts in -l --ignore-whitespace -E -sE --posix --binary '-d sub' --merge --dry-run --bogus file -F -Fx '-o x' --unified-reject-files; do
    QUILT_PATCH_OPTS=$opts
    expect_status "QUILT_PATCH_OPTS='$opts'" 2 push -d base
    says 'it says what' "QUILT_PATCH_OPTS: "
done
expect_status 'pop looks at it, too' 1 pop -d base
check 'nothing was changed' test ! -e base/.pc
unset QUILT_PATCH_OPTS
QUILT_PUSH_ARGS='--color=auto -q' "$GRIDPATCH" push -q -d base
check 'QUILT_PUSH_ARGS without effect' test $? = 0
QUILT_PUSH_ARGS=-f "$GRIDPATCH" push -d base 2> err
check 'QUILT_PUSH_ARGS that asks for more' test $? = 2
says 'is refused' 'QUILT_PUSH_ARGS: '
QUILT_POP_ARGS='-q --refresh' "$GRIDPATCH" pop -d base 2> err
check 'QUILT_POP_ARGS that asks for more' test $? = 2

# --- options in the series ----------------------------------------------------------------

plain
sed -i '9s/.*/nine/' base/f
for opts in -F0 '-F 1' --fuzz=0 '--fuzz 2' '-F3 -F0' -F0x0 '-F' '-p0' '-F3 -p 0' '-F3 -p1 --strip=0' '-Q' 'word'; do
    echo "a.patch $opts" > base/patches/series
    case $opts in *x0 | -F | -Q | word) want=3 ;; *) want=1 ;; esac
    both "a series with $opts" $want . push
done
for opts in -F3 '-F 3' --fuzz=3 '--fu 3' '-F0 -F3' '-NF3' '-F3 -p1' '-F3 -p 1' '-F3 --strip=0' '-sF3 --reject-format=unified' '-F3 # -F0'; do
    echo "a.patch $opts" > base/patches/series
    both "a series with $opts" 0 . push
done
expect_status 'apply takes the fuzz of a series' 0 apply -n -d base base/patches
echo 'a.patch -F3' > base/patches/series
expect_status '-F of the command line wins there' 1 apply -n -F0 -d base base/patches
for opts in -l --ignore-whitespace -E --binary --merge -T; do
    echo "a.patch $opts" > base/patches/series
    expect_status "a series with $opts" 3 push -d base
    says 'it is named' "patch's option -"
done
plain
(cd base && sed -i 's/^b.patch/& -l/' patches/series && { ! $have_quilt || quilt push -qa; }) > /dev/null
! $have_quilt || expect_status 'pop of what such a series pushed' 0 pop -d base

# --- a series with CRLF, and with a patch twice ----------------------------------------------

plain
sed -i 's/$/\r/' base/patches/*.patch
both 'patches with CRLF' 0 . push -a
sed -i 's/$/\r/' base/patches/series
both 'a series with CRLF' 3 . push
says 'it says so' 'CRLF line ends (line 1)'
run apply -d base --quilt base/patches
check 'apply --quilt: the same' test $status = 3
printf '# a comment\r\na.patch # here\r\nb.patch\n' > base/patches/series
both 'CRLF behind comments' 0 . push -a
rm -rf base && cp -a g base
sed -i 's/patch$/&\r/' base/patches/series
both 'pop with a series that has become CRLF' 0 . pop -a
plain
echo 'a.patch -R' >> base/patches/series
both 'a patch twice: push' 0 . push
both 'push 2' 0 . push 2
both 'push up to the patch between' 0 . push b.patch
both 'push -a' 1 . push -a
says 'the reason is as quilt has it' "'a.patch' is already applied; check"
rm -rf base && cp -a g base && "$GRIDPATCH" push -q -d base 2
both 'push of the second' 1 . push
both 'applied' 0 . applied
both 'pop -a of the first' 0 . pop -a
plain
sed -i 's/^b/a/' base/patches/series
both 'twice in a row' 0 . push
expect_status 'apply of such a folder' 3 apply -d base base/patches
says 'names both lines' 'lines 1 and 2'

# --- where the series is -----------------------------------------------------------------------

plain
rm base/patches/series
expect_status 'no series' 4 push -d base
refute 'without settings none are named' grep -q quiltrc err
echo 'QUILT_PATCHES=debian/patches; touch "$HOME/was-run"' > "$HOME/.quiltrc"
unset QUILTRC
expect_status 'no series, and settings' 4 push -d base
says 'they are named' "'$HOME/.quiltrc' is never run"
check 'and not run' test ! -e "$HOME/was-run"
cp "$HOME/.quiltrc" other-rc
QUILTRC=$PWD/other-rc "$GRIDPATCH" push -d base 2> err
says '$QUILTRC' "'$PWD/other-rc' is never run"
QUILTRC=/dev/null
export QUILTRC
ln -s nowhere base/patches/series
both 'a dangling symlink is none' 4 . push
says 'it says so' "'./patches/series' (a symlink to nothing)"
rm base/patches/series
ln -s series base/patches/series
expect_status 'one that cannot be looked at' 4 push -d base
says 'is named with the reason' "series': Too many levels of symbolic links"
plain
ln -s series base/series
expect_status 'the same where quilt looks before' 4 push -d base
says 'is not passed over' "cannot look for a series file at 'base/series': Too many levels"
plain
mkdir base/series
both 'a folder of that name is passed over' 0 . push
rm -r base/patches/series base/series
mkdir base/patches/series
expect_status 'a folder for a series' 3 push -d base
rmdir base/patches/series
ln -s series base/patches/series
expect_status 'apply of a folder whose series cannot be looked at' 4 apply -d base base/patches
says 'is told with the reason' "'base/patches/series': Too many levels"
finish
