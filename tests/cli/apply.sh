#!/bin/sh
# `gridpatch apply`: the tree that GNU patch makes, or the tree as it was.
# tests: ops/patch/patchfile ops/patch/patchset ops/quilt/applyrun ops/patch/apply
. "$(dirname "$0")/lib.sh"

command -v patch > /dev/null && command -v diff > /dev/null || {
    skip 'apply' 'needs patch and diff'
    finish
}

# lines FROM TO: numbered lines.
lines() { seq "$1" "$2" | sed 's/^/line /'; }
# state DIR: everything in it, as text.
state() {
    (cd "$1" && find . -mindepth 1 -printf '%y %m %p %l\n' | sort -k3
        find . -type f -exec sha256sum {} + | sort -k2)
}
# unified OLD NEW [DIFF-ARGS…]: a p1 patch with names a/… and b/….
unified() {
    old=$1 new=$2
    shift 2
    rm -rf .u
    mkdir .u
    cp -Rp "$old" .u/a
    cp -Rp "$new" .u/b
    (cd .u && diff -Nru "$@" a b)
}

mkdir -p base/kernel/nvidia base/nvidia-vgpu-vfio
lines 1 60 > base/kernel/nvidia/nv.c
lines 1 20 > base/kernel/Kbuild
lines 1 30 > base/nvidia-vgpu-vfio/vfio.c
printf 'one\ntwo\nlast' > base/kernel/nonl.c
printf 'a\r\nb\r\nc\r\nd\r\n' > base/kernel/dos.c
printf 'a\n\n\tb\n\nc\n' > base/kernel/blank.c
printf 'x\0y\nb\nc\n' > base/kernel/nul.c
printf 'gone 1\ngone 2\n' > base/nvidia-vgpu-vfio/gone.c
printf '#!/bin/sh\ntrue\n' > base/kernel/run.sh
chmod 0755 base/kernel/run.sh
state base > base.state

# --- as GNU patch does it -------------------------------------------------------

# like_patch WHAT PATCH ARG…: the same tree as `patch ARG…` makes, and exit 0.
like_patch() {
    name=$1 file=$2
    shift 2
    rm -rf theirs ours
    cp -Rp base theirs
    cp -Rp base ours
    patch -s -f --no-backup-if-mismatch -d theirs "$@" < "$file" > patch.log 2>&1 || {
        not_ok "$name: GNU patch does not take it: $(head -n 1 patch.log)"
        return
    }
    expect_status "$name" 0 apply -d ours "$@" "$file"
    state theirs > theirs.state
    state ours > ours.state
    check "$name: the tree is GNU patch's" cmp theirs.state ours.state
    refute "$name: something changed" cmp -s base.state ours.state
}

cp -Rp base new
sed -i 's/^line 5$/LINE FIVE/; 40,42d; 55a\
added 1\
added 2' new/kernel/nvidia/nv.c
sed -i '1s/^/first\n/' new/nvidia-vgpu-vfio/vfio.c
unified base new > p1.patch
like_patch 'a/ b/ and time stamps' p1.patch -p1
sed -e 's,^\(---\|+++\) [ab]/,\1 ./,' p1.patch > p0.patch
like_patch './ names with -p0' p0.patch -p0
sed -e 's,^\(---\|+++\) [ab]/,\1 ,' p1.patch > bare.patch
like_patch 'bare names with -p0' bare.patch -p0
sed 's,^diff .*,diff --color=auto -Naur a b,' p1.patch > color.patch
like_patch 'a diff --color=auto line' color.patch -p1
sed 's,^diff .*,,' p1.patch > prose.patch
{ printf 'From: nobody\nSubject: [PATCH] x\n\n--- \nA text\n\n'; cat prose.patch; printf -- '-- \n2.39\n'; } > mail.patch
like_patch 'a mail around it, blank lines between' mail.patch -p1
sed 's,^diff .*[ab]/\(.*\)$,Index: \1\n==========,' p1.patch > index.patch
like_patch 'Index: lines' index.patch -p1
sed 's/$/\r/' p1.patch > crlf.patch
like_patch 'a CRLF patch' crlf.patch -p1
for c in 0 1 5; do
    unified base new -U$c > u$c.patch
    like_patch "$c lines of context" u$c.patch -p1
done
unified base new -p -F '^line 1' > section.patch
like_patch 'text behind @@' section.patch -p1
sed 's/^@@ -\([0-9]*\),1 +/@@ -\1 +/; s/^@@ -\([0-9]*\) +\([0-9]*\),1 /@@ -\1 +\2 /' u0.patch > short.patch
like_patch 'counts left out' short.patch -p1

rm -rf new
cp -Rp base new
printf 'one\n2\nlast\n' > new/kernel/nonl.c
printf 'a\r\nB\r\nc\r\nd\r\n' > new/kernel/dos.c
printf 'a\n\n\tB\n\nc\n' > new/kernel/blank.c
printf 'x\0y\nB\nc\n' > new/kernel/nul.c
unified base new --text > odd.patch
like_patch 'no newline, CRLF body, NUL' odd.patch -p1
sed 's/^ $//' odd.patch > stripped.patch
like_patch 'context that lost its blank' stripped.patch -p1

rm -rf new
cp -Rp base new
rm -r new/nvidia-vgpu-vfio
mkdir -p new/kernel/fresh/er
lines 1 3 > new/kernel/fresh/er/a.c
unified base new > files.patch
like_patch 'new and deleted files, an emptied directory' files.patch -p1
rm -rf ours
cp -Rp new ours
expect_status '-R of it' 0 apply -d ours -p1 -R files.patch
state ours > ours.state
check '-R: the old tree is back' cmp base.state ours.state

if command -v git > /dev/null; then
    rm -rf g
    cp -Rp base g
    (cd g && git init -q . && git add -A && git -c user.name=x -c user.email=x@x commit -qm x &&
        git mv kernel/Kbuild kernel/Kbuild.in && sed -i 's/line 7$/SEVEN/' kernel/Kbuild.in &&
        chmod 0644 kernel/run.sh && chmod 0755 kernel/nvidia/nv.c && sed -i 3d kernel/nvidia/nv.c &&
        git rm -q nvidia-vgpu-vfio/gone.c && lines 1 4 > kernel/tool.sh && chmod 0755 kernel/tool.sh &&
        : > kernel/void.c && git add -A && git diff --cached -M) > git.patch
    like_patch 'git: rename, modes, new, deleted, empty' git.patch -p1
    (cd g && git diff --cached -M -R) > gitr.patch
    rm -rf ours
    cp -Rp base ours
    run apply -d ours -p1 git.patch
    expect_status 'git: -R of it' 0 apply -d ours -p1 -R git.patch
    state ours > ours.state
    check 'git: -R: the old tree is back' cmp base.state ours.state
    run apply -d ours -p1 git.patch
    expect_status 'git: the reversed diff' 0 apply -d ours -p1 gitr.patch
    state ours > ours.state
    check 'git: the old tree is back, too' cmp base.state ours.state
else
    skip 'git patches' 'needs git'
fi

# svn's new file has no time stamp; a name that does not exist leaves the other.
rm -rf new
printf 'Index: kernel/n.c\n=====\n--- kernel/n.c\t(revision 0)\n+++ kernel/n.c\t(revision 5)\n@@ -0,0 +1 @@\n+n\n' > svn.patch
like_patch "svn's new file" svn.patch -p0
printf -- '--- k.c\n+++ kernel/Kbuild\n@@ -1,3 +1,2 @@\n line 1\n-line 2\n line 3\n' > one.patch
like_patch 'only one of the names exists' one.patch -p0
printf -- '--- a/kernel/dos.c\n+++ /dev/null\n@@ -1,4 +0,0 @@\n-a\r\n-b\r\n-c\r\n-d\r\n' > anew.patch
printf -- '--- /dev/null\n+++ b/kernel/dos.c\n@@ -0,0 +1 @@\n+new\n' >> anew.patch
like_patch 'deleted and made again' anew.patch -p1

# Offsets and fuzz.
rm -rf plain
cp -Rp base plain
{ lines 101 107; sed 's/^line 3$/other 3/' plain/kernel/nvidia/nv.c; } > nv.c
cp nv.c plain/kernel/nvidia/nv.c
mv base base.kept
mv plain base
like_patch 'an offset and fuzz' p1.patch -p1
says 'the offset is said' 'at an offset (up to 7 lines)' out
says 'the fuzz is said' 'with fuzz (up to ' out
rm -rf ours
cp -Rp base ours
state ours > before
expect_status '-F0 refuses fuzz' 1 apply -F0 -d ours p1.patch
state ours > after
check '-F0: nothing changed' cmp before after
rm -rf base
mv base.kept base

# --- which level -------------------------------------------------------------------

fresh() {
    rm -rf t
    cp -Rp base t
}
# unchanged WHAT: t is still base.
unchanged() {
    state t > t.state
    check "$1: nothing changed" cmp base.state t.state
}
for p in p0 p1 bare mail crlf; do
    fresh
    expect_status "$p: the level is found out" 0 apply -d t $p.patch
done
fresh
mkdir -p t/a t/b
cp -Rp base/kernel t/a
cp -Rp base/kernel t/b
cp -Rp base/nvidia-vgpu-vfio t/a
cp -Rp base/nvidia-vgpu-vfio t/b
state t > before
expect_status 'both levels fit' 2 apply -d t p1.patch
says 'it asks for -p' '-p0'
says 'and names the patch' 'p1.patch'
state t > after
check 'both levels fit: nothing changed' cmp before after
expect_status 'both levels fit, with -p1' 0 apply -d t -p1 p1.patch
fresh
expect_status 'no level fits' 2 apply -d t/kernel p1.patch
says 'it asks for -p again' '-p N'
unchanged 'no level fits'
expect_status 'a deeper level' 1 apply -d t -p2 p1.patch

# --- already there, dry run, reports --------------------------------------------------

fresh
expect_status '--dry-run' 0 apply -n -d t p1.patch
says '--dry-run says so' 'would change' out
unchanged '--dry-run'
expect_status 'apply' 0 apply -d t p1.patch
says 'what was changed' 'changed kernel/nvidia/nv.c' out
says 'how many' '2 files' out
silent_on 'no words on stderr' err
state t > before
expect_status 'once more' 0 apply -d t p1.patch
says 'it is there already' 'already applied' out
state t > after
check 'once more: nothing changed' cmp before after
expect_status '-q' 0 apply -q -d t p1.patch
silent_on '-q is quiet' out
expect_status '-R' 0 apply -R -d t p1.patch
unchanged '-R brought the old tree back'
expect_status '--json' 0 apply --json -d t p1.patch
check '--json is JSON' json_ok out
check '--json names the patch' json_is out '.patches[0].patch' p1.patch
check '--json names the file' json_is out '.patches[0].files[0].path' kernel/nvidia/nv.c
check '--json: not yet there' json_is out '.patches[0].already' false
expect_status '--json=FILE' 0 apply --json=report.json -d t p1.patch
check '--json=FILE is JSON' json_ok report.json
check '--json: already there' json_is report.json '.patches[0].already' true
fresh
expect_status '--fsync' 0 apply --fsync -d t p1.patch

# --- failing hunks -----------------------------------------------------------------------

fresh
sed -i 's/^line 41$/something else/' t/kernel/nvidia/nv.c
state t > base.state.bad
state t > before
expect_status 'a hunk does not match' 1 apply -d t p1.patch
says 'the patch is named' "'p1.patch'"
says 'the file and the hunk are named' "hunk 2 of 'kernel/nvidia/nv.c'"
says 'the line is named' 'near line 37'
says 'the nearest place is told' 'nearest place: line 37'
says 'what was expected' 'line 41 expected: line 41'
says 'what was found' 'line 41 found:    something else'
state t > after
check 'a hunk does not match: nothing changed' cmp before after
expect_status 'the same with --json' 1 apply --json=report.json -d t p1.patch
check 'the failure is in it' json_is report.json '.patches[0].files[0].hunks[1].ok' false
expect_status 'a missing file' 1 apply -d t/kernel/nvidia -p3 p1.patch

# rejects WHAT PATCH ARG…: DIR of --rejects holds what GNU patch leaves beside the files.
rejects() {
    name=$1 file=$2
    shift 2
    rm -rf theirs rej rej.theirs
    cp -Rp t theirs
    state t > before
    patch -s -f --no-backup-if-mismatch -d theirs "$@" < "$file" > patch.log 2>&1
    expect_status "$name: --rejects" 1 apply -d t "$@" --rejects rej "$file"
    state t > after
    check "$name: the tree is as it was" cmp before after
    mkdir -p rej.theirs rej
    (cd theirs && find . -name '*.rej' -exec cp --parents {} ../rej.theirs \;)
    check "$name: there are rejects" test -n "$(find rej.theirs -name '*.rej')"
    check "$name: the rejects are GNU patch's" diff -r rej rej.theirs
}
rejects 'one hunk' p1.patch -p1
rejects 'a CRLF patch' crlf.patch -p1
rejects 'text behind @@' section.patch -p1
sed -i 's/^line 3$/something else/' t/nvidia-vgpu-vfio/vfio.c
sed -i 's/^line 6$/something else/' t/kernel/nvidia/nv.c
rejects 'two files' p1.patch -p1
rejects 'no context' u0.patch -p1
rejects 'names with -p0' bare.patch -p0
fresh
run apply -d t p1.patch
sed -i 's/^line [0-9]$/other/' t/kernel/nvidia/nv.c
rejects '-R' p1.patch -p1 -R
fresh
mkdir -p t/kernel/fresh/er
echo other > t/kernel/fresh/er/a.c
echo other >> t/nvidia-vgpu-vfio/gone.c
echo other > t/nvidia-vgpu-vfio/vfio.c
rejects 'a new file exists, a deleted one differs' files.patch -p1
fresh
cat > twice.patch << 'EOF'
--- a/kernel/Kbuild
+++ b/kernel/Kbuild
@@ -2,3 +2,3 @@
 line 2
-line x
+line y
 line 4
@@ -7 +7 @@
-line 7
+line seven
--- a/kernel/Kbuild
+++ b/kernel/Kbuild
@@ -12,3 +12,3 @@ again
 line 12
-line x
+line y
 line 14
@@ -17 +17 @@
-line 17
+line seventeen
EOF
rejects 'a file that is named twice' twice.patch -p1

# --- several patches ------------------------------------------------------------------------

mkdir set
{ printf '%s\n' '--- a/kernel/Kbuild' '+++ b/kernel/Kbuild' '@@ -1,2 +1,3 @@' ' line 1' '+one' ' line 2'; } > set/1.patch
{ printf '%s\n' '--- a/kernel/Kbuild' '+++ b/kernel/Kbuild' '@@ -1,3 +1,4 @@' ' line 1' ' one' '+two' ' line 2'; } > set/2.patch
{ printf '%s\n' '--- a/kernel/Kbuild' '+++ b/kernel/Kbuild' '@@ -1,3 +1,3 @@' ' line 1' '-nothing like it' '+three' ' line 2'; } > set/3.patch
printf '1.patch\n# a comment\n2.patch -p1\n' > set/series
fresh
expect_status 'a series' 0 apply -d t set
check 'a series: both are there' test "$(sed -n '2,3p' t/kernel/Kbuild | tr '\n' ,)" = one,two,
expect_status 'a series, -R' 0 apply -R -d t set
unchanged 'a series, -R'
expect_status 'patches by name' 0 apply -d t set/1.patch set/2.patch
fresh
echo 3.patch >> set/series
expect_status 'the third fails' 1 apply -d t set
says 'the third fails: it is named' '3.patch'
says 'the third fails: the set is named' 'set'
unchanged 'the third fails'
expect_status 'the third file fails' 1 apply -d t set/1.patch set/2.patch set/3.patch
unchanged 'the third file fails'
printf '1.patch\nnot-there.patch\n' > set/series
expect_status 'a patch of the series is missing' 4 apply -d t set
says 'the missing patch is named' 'not-there.patch'
unchanged 'a patch of the series is missing'
printf '1.patch\n2.patch\n1.patch\n' > set/series
expect_status 'a patch is listed twice' 3 apply -d t set
says 'listed twice: it is named' '1.patch'
unchanged 'a patch is listed twice'
expect_status 'no such patch' 4 apply -d t nowhere.patch
says 'no such patch: it is named' 'nowhere.patch'
expect_status 'no such directory' 4 apply -d nowhere p1.patch
expect_status 'no patch at all' 2 apply -d t
expect_status '-p without a number' 2 apply -d t -p x p1.patch
expect_status '-F without a number' 2 apply -d t -F -1 p1.patch
expect_status 'an unknown option' 2 apply -d t --frobnicate p1.patch
unchanged 'wrong usage'

# --- unsupported, malformed, hostile -----------------------------------------------------------

# refused WHAT STATUS TEXT: bad.patch is, t stays, and so does what lies outside.
refused() {
    expect_status "$1" "$2" apply -d t -p1 bad.patch
    says "$1: $3" "$3"
    unchanged "$1"
    check "$1: nothing outside" test "$(cat outside/f outside/.git/config)" = precious
}
mkdir -p outside/.git
echo precious > outside/f
: > outside/.git/config
(cd .u && diff -Nrc a b) > bad.patch
refused 'a context diff' 3 'not supported'
diff -e base/kernel/Kbuild base/kernel/nvidia/nv.c > bad.patch
refused 'an ed script' 3 'not supported'
diff base/kernel/Kbuild base/kernel/nvidia/nv.c > bad.patch
refused 'a normal diff' 3 'not supported'
printf 'diff --git a/x b/x\nindex 1234567..89abcde 100644\nGIT binary patch\nliteral 1\nIcmZ\n' > bad.patch
refused "git's binary patch" 3 'not supported'
printf 'diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n' > bad.patch
refused "git's symlink" 3 'not supported'
fresh
printf 'diff --git a/l b/l\nnew file mode 160000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+Subproject commit 1\n' > bad.patch
refused "git's submodule" 3 'not supported'
fresh
printf 'diff --git a/kernel/run.sh b/kernel/run.sh\nold mode 100755\nnew mode 106755\n' > bad.patch
run apply -d t -p1 bad.patch
check 'no setuid bit from a patch' test ! -u t/kernel/run.sh
fresh
printf 'no diff\n' > bad.patch
refused 'no diff at all' 3 'no diff'
: > bad.patch
refused 'an empty patch' 3 'no diff'
head -n 8 p1.patch > bad.patch
refused 'a truncated patch' 3 'malformed'
new_file() { printf -- '--- /dev/null\n+++ %s\n@@ -0,0 +1 @@\n+evil\n' "$1" > bad.patch; }
new_file b/../outside/new
refused '..' 3 '..'
new_file b/kernel/../../outside/new
refused '.. inside' 3 '..'
new_file "b/$work/outside/new"
run apply -d t -p1 bad.patch
check 'an absolute name behind b/ stays inside' test ! -e outside/new
fresh
new_file "$work/outside/new"
expect_status 'an absolute name' 3 apply -d t -p0 bad.patch
unchanged 'an absolute name'
new_file b/.git/hooks/x
refused 'into .git' 3 '.git'
new_file b/.pc/x
refused 'into .pc' 3 '.pc'
new_file b/.gridpatch-journal/journal
refused 'into the journal' 3 '.gridpatch-journal'
new_file b/kernel/.git/config
run apply -d t -p1 bad.patch
check 'into a .git further down: refused' test "$status" -eq 3
fresh
ln -s ../outside t/out
ln -s ../outside/f t/link
state t > base.state.links
cp base.state base.state.kept
cp base.state.links base.state
new_file b/out/new
refused 'through a symlink' 1 'out'
printf -- '--- a/out/f\n+++ b/out/f\n@@ -1 +1 @@\n-precious\n+evil\n' > bad.patch
refused 'a change through a symlink' 1 'out/f'
printf -- '--- a/link\n+++ b/link\n@@ -1 +1 @@\n-precious\n+evil\n' > bad.patch
expect_status 'a change of a symlink' 1 apply -d t -p1 bad.patch
says 'a change of a symlink: it is said' 'symlink'
unchanged 'a change of a symlink'
printf -- '--- a/out/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-precious\n' > bad.patch
expect_status 'a deletion through a symlink: refused' 1 apply -d t -p1 bad.patch
says 'a deletion through a symlink: it is said' "'out/f' lies behind a symlink, 'out'"
unchanged 'a deletion through a symlink'
check 'a deletion through a symlink: nothing outside' test -e outside/f
printf 'diff --git a/kernel/Kbuild b/out/moved\nrename from kernel/Kbuild\nrename to out/moved\n' > bad.patch
refused 'a rename through a symlink' 1 'out'
cp base.state.kept base.state

# --- interrupted ------------------------------------------------------------------------------

rm -rf big
mkdir -p big/old big/new
for i in $(seq 1 30); do mkdir big/old/d$i big/new/d$i; done
awk 'BEGIN { for (i = 1; i <= 600; i++) { f = "d" i % 30 + 1 "/f" i ".c"; printf "1\n2\n3\n4\n5\n" > "big/old/" f
    printf "1\n2\nNEW\n4\n5\n" > "big/new/" f; close("big/old/" f); close("big/new/" f) } }'
(cd big && diff -Nru old new) > big.patch
state big/old > old.state
state big/new > new.state
# interrupt SIGNAL DELAY: leaves $status; the tree is big/t.
interrupt() {
    rm -rf big/t
    cp -Rp big/old big/t
    "$GRIDPATCH" apply -q -d big/t big.patch > out 2> err &
    pid=$!
    sleep "$2"
    kill -"$1" $pid 2> /dev/null
    wait $pid 2> /dev/null
    status=$?
    state big/t > t.state
}
stopped=0 done=0 bad=0
for delay in 0.005 0.01 0.015 0.02 0.03 0.04 0.06 0.09; do
    interrupt TERM $delay
    if [ $status -eq 0 ] && cmp -s t.state new.state; then
        done=$((done + 1))
    elif [ $status -ne 0 ] && cmp -s t.state old.state; then
        stopped=$((stopped + 1))
    else
        bad=$((bad + 1))
    fi
done
check "SIGTERM: left the old tree $stopped times, the new one $done times, else $bad times" test $bad -eq 0
recovered=0 bad=0
for delay in 0.01 0.02 0.03 0.04 0.05 0.06 0.08; do
    interrupt KILL $delay
    [ -e big/t/.gridpatch-journal ] || continue
    recovered=$((recovered + 1))
    run apply -d big/t -n big.patch
    run apply -d big/t --recover
    state big/t > t.state
    { [ $status -eq 0 ] && { cmp -s t.state old.state || cmp -s t.state new.state; }; } || bad=$((bad + 1))
done
check "SIGKILL, then --recover ($recovered times): old or new" test $bad -eq 0
fresh
expect_status '--recover with nothing to do' 0 apply --recover -d t
says 'it says so' 'nothing to recover' out
unchanged '--recover with nothing to do'
expect_status '--recover with a patch' 2 apply --recover -d t p1.patch
# As a run leaves it that was killed between two files.
mkdir t/.gridpatch-journal
ln t/kernel/Kbuild t/.gridpatch-journal/b0
echo half > t/.half
mv t/.half t/kernel/Kbuild
echo new > t/kernel/new.c
printf 'c 0 kernel/Kbuild\nn 1 kernel/new.c\nend\n' > t/.gridpatch-journal/journal
expect_status '--dry-run of a half changed tree' 1 apply -n -d t p1.patch
says 'it tells about --recover' '--recover'
expect_status '--recover' 0 apply --recover -d t
says '--recover says what it did' 'rolled back an interrupted run: 2 files'
unchanged '--recover'
# Somebody else's journal: a tree from an archive may hold one.
ln -s ../outside t/out
mkdir t/.gridpatch-journal
printf 'n 0 out/f\nend\n' > t/.gridpatch-journal/journal
expect_status 'a journal that leaves the tree' 3 apply -d t p1.patch
check 'a journal that leaves the tree: nothing outside' test -e outside/f
finish
