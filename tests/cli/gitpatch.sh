#!/bin/sh
# SPDX-License-Identifier: MIT
# Patches with several parts about the same files, and what counts as done: the
# tree and the exit status are those of `git apply`, or are said why not.
# tests: core/diff/diffname ops/patch/level ops/patch/plan ops/patch/names
. "$(dirname "$0")/lib.sh"

if ! command -v git > /dev/null; then
    skip 'patches of git' 'git is missing'
    finish
fi
GIT_CEILING_DIRECTORIES=$work
export GIT_CEILING_DIRECTORIES

listing() {
    (cd "$1" && find . -type f | LC_ALL=C sort | while read -r n; do
        echo "$(stat -c '%a' "$n") $n $(cksum < "$n")"
    done)
}

# Parts: from and to are the files' names.
rename() { printf 'diff --git a/%s b/%s\nsimilarity index 100%%\nrename from %s\nrename to %s\n' "$1" "$2" "$1" "$2"; }
copy() { printf 'diff --git a/%s b/%s\nsimilarity index 100%%\ncopy from %s\ncopy to %s\n' "$1" "$2" "$1" "$2"; }
hunk() { printf -- '--- %s\n+++ %s\n@@ -1 +1 @@\n-%s\n+%s\n' "$1" "$2" "$3" "$4"; }
edit() { printf 'diff --git a/%s b/%s\n' "$1" "$1" && hunk "a/$1" "b/$1" "$2" "$3"; }
mode() { printf 'diff --git a/%s b/%s\nold mode %s\nnew mode %s\n' "$1" "$1" "$2" "$3"; }
new() { printf 'diff --git a/%s b/%s\nnew file mode 100644\n--- /dev/null\n+++ b/%s\n@@ -0,0 +1 @@\n+%s\n' "$1" "$1" "$1" "$2"; }
gone() { printf 'diff --git a/%s b/%s\ndeleted file mode 100644\n--- a/%s\n+++ /dev/null\n@@ -1 +0,0 @@\n-%s\n' "$1" "$1" "$1" "$2"; }

# as_git WHAT FILE…: both apply the patch p to files that hold their own names.
as_git() {
    what=$1
    shift
    rm -rf T-git T-ours
    mkdir T-git T-ours
    for n; do
        mkdir -p "T-git/$(dirname "$n")" "T-ours/$(dirname "$n")"
        echo "$n" > "T-git/$n"
        echo "$n" > "T-ours/$n"
    done
    (cd T-git && git apply ../p) > said 2>&1
    want=$?
    run apply -p1 -d T-ours p
    check "$what: exit $want" test "$status" -eq "$want"
    listing T-git > want
    listing T-ours > got
    check "$what: the same tree" cmp want got
}

{ rename f g && rename g f; } > p
as_git 'two files swap their names' f g
{ rename a b && rename b c && rename c a; } > p
as_git 'three files in a circle' a b c
{ rename a b && rename b c; } > p
as_git 'a to b, b to c' a b
{ rename b c && rename a b; } > p
as_git 'the other way round' a b
{ edit f f y && rename f g; } > p
as_git 'changed, then renamed' f
{ edit f f y && rename f g && hunk a/f b/g f z; } > p
as_git 'changed, then renamed with a change' f
{ rename f g && edit g f y; } > p
as_git 'renamed, then changed under the new name' f
{ rename f g && edit f f y; } > p
as_git 'renamed, then changed under the old name' f
{ copy f g && edit f f y; } > p
as_git 'copied, then changed' f
{ edit f f y && copy f g; } > p
as_git 'changed, then copied' f
{ mode f 100644 100755 && copy f g; } > p
as_git 'a mode, then a copy' f
{ mode f 100644 100755 && rename f g; } > p
as_git 'a mode, then a rename' f
{ copy f g && copy f h && rename f i; } > p
as_git 'two copies and a rename' f
{ rename f g && new f again; } > p
as_git 'renamed, and a new file of that name' f
{ new f again && rename f g; } > p
as_git 'a new file of the name, and renamed' f
{ gone f f && new f again; } > p
as_git 'deleted and made anew' f
{ gone f f && rename f g; } > p
as_git 'deleted and renamed' f
{ rename f g && rename f h; } > p
as_git 'renamed twice' f
{ gone f f && gone f f; } > p
as_git 'deleted twice' f
rename f g > p
as_git 'the new name is taken' f g
copy f g > p
as_git 'the name of the copy is taken' f g
{ rename f g && gone g g; } > p
as_git 'the new name is taken, and deleted too late' f g
{ gone g g && rename f g; } > p
as_git 'the new name is freed before' f g
{ rename d/f e/f && rename d/g f; } > p
as_git 'out of a folder, and into a new one' d/f d/g

# A copy that two parts write: git lets the last one win, and loses the other.
{ copy f h && copy g h; } > p
rm -rf T-ours && mkdir T-ours && echo f > T-ours/f && echo g > T-ours/g
expect_status 'two copies of one name: refused' 1 apply -p1 -d T-ours p
says 'it says why' "'h': an earlier part of this patch writes it, too"
check 'nothing was made' test ! -e T-ours/h

# --- what is there already -----------------------------------------------------------
# after WHAT STATUS: p is applied to T-ours as it is; no file may change.
after() {
    listing T-ours > want
    expect_status "$1" "$2" apply ${level:--p1} -d T-ours p
    listing T-ours > got
    check "$1: nothing changed" cmp want got
}
{ rename f g && hunk a/f b/g f z; } > p
rm -rf T-ours && mkdir T-ours && echo f > T-ours/f
expect_status 'a rename with a change' 0 apply -p1 -d T-ours p
after 'a rename that was made before' 0
says 'it is told' 'already applied' out
level=' ' after 'its level is found out' 0
expect_status 'and can be taken back' 0 apply -R -p1 -d T-ours p
check 'to the old name' test "$(cat T-ours/f)" = f
after_reverse=$(ls T-ours)
expect_status 'twice' 0 apply -R -p1 -d T-ours p
check 'is once' test "$(ls T-ours)" = "$after_reverse"
echo other > T-ours/g && rm T-ours/f
after 'another file has the new name' 1
says 'it is told: the old one is missing' "there is no file 'f'"
rm -rf T-ours && mkdir T-ours && echo f > T-ours/f
copy f g > p
expect_status 'a copy' 0 apply -p1 -d T-ours p
after 'a copy that was made before' 0
says 'a copy: it is told' 'already applied' out
{ mode f 100644 100755 && hunk a/f b/f f y; } > p
rm -rf T-ours && mkdir T-ours && echo y > T-ours/f
expect_status 'a change that is there, without its mode' 0 apply -p1 -d T-ours p
check 'its mode is set' test -x T-ours/f

# A deletion is done where the directory is there, and the file is not.
gone d/f f > p
rm -rf T-ours && mkdir -p T-ours/d && : > T-ours/d/other
after 'a file that was deleted before' 0
says 'a deletion: it is told' 'already applied' out
rm -rf T-ours/d
after 'its folder is not there either' 1
says 'it is told what is missing' "neither a file 'd/f' to delete nor the directory 'd'"
mkdir T-ours/real && echo f > T-ours/real/f && ln -s real T-ours/d
after 'behind a link' 1
says 'the link is named' "'d/f' lies behind a symlink, 'd'"
rm -rf T-ours/d && echo x > T-ours/d
after 'its folder is a file' 1
rm T-ours/d && mkdir -p T-ours/d/f
after 'it is a folder' 1
rm -rf T-ours && mkdir -p T-ours/d && echo f > T-ours/d/f
level=-p2 after 'a wrong -p' 1
level=-p0 after 'another wrong -p' 1
rm T-ours/d/f
level=-p2 after 'a wrong -p, and it is deleted' 1
says 'it says which would fit' "with -p1 it would be 'd/f'"
printf -- '--- file.orig\t2010-01-01 00:00:00 +0000\n+++ file\t1970-01-01 00:00:00.000000000 +0000\n@@ -1 +0,0 @@\n-x\n' > p
echo x > T-ours/file
expect_status 'a deletion whose old name has another ending' 0 apply -p0 -d T-ours p
check 'deletes the file' test ! -e T-ours/file

# Nor an offset, where the change stands just where it belongs.
rm -rf T-ours && mkdir T-ours
echo new > T-ours/g
printf 'a\nx\na\nb\n' > T-ours/f
cat > p << 'END'
--- a/g
+++ b/g
@@ -1 +1 @@
-old
+new
--- a/f
+++ b/f
@@ -1,2 +1,3 @@
 a
+x
 a
END
printf 'a\nx\na\na\n' > T-ours/f
after 'one is there already, the other fits at an offset as well' 1
says 'it is told where' "would fit at an offset, but where it belongs it is there already"

# A copy is of what its source was; where that is changed already nobody knows.
{ edit s s 2 && copy s c; } > p
rm -rf T-ours && mkdir T-ours && echo 2 > T-ours/s
after 'a copy of what is changed already' 1
says 'it is told: of what' "'s' is changed already"

# "@@ -0,0" fits every file; what it adds is not added twice.
rm -rf T-ours && mkdir T-ours && echo x > T-ours/f
printf -- '--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+x\n' > p
after 'a file that is all that a hunk adds' 0
echo y >> T-ours/f
expect_status 'another one gets it on top' 0 apply -p1 -d T-ours p
check 'as with GNU patch' test "$(tr '\n' ' ' < T-ours/f)" = 'x x y '

# Taken back, the parts go from the last to the first.
{ rename d/f g && new d/f x; } > p
rm -rf T-ours && mkdir -p T-ours/d && echo x > T-ours/d/f && echo moved > T-ours/g
expect_status 'a name that is left and made anew, in reverse' 0 apply -R -p1 -d T-ours p
check 'the moved file has its name again' test "$(cat T-ours/d/f)" = moved
check 'and not the other one' test ! -e T-ours/g
{ gone f old && new f new; } > p
rm -rf T-ours && mkdir T-ours && echo new > T-ours/f
expect_status 'deleted and made anew, in reverse' 0 apply -R -p1 -d T-ours p
check 'the old file is back' test "$(cat T-ours/f)" = old

# A patch of which a part is there takes no fuzz: what it looks for may be there, too.
rm -rf T-ours && mkdir T-ours
printf 'one\ntwo\nTHREE\nfour\nnew\n' > T-ours/K
printf 'a1\na2\nnew\na3\na4\n' > T-ours/a.c
cat > p << 'END'
--- a/a.c
+++ b/a.c
@@ -1,4 +1,5 @@
 a1
 a2
+new
 a3
 a4
--- a/K
+++ b/K
@@ -1,4 +1,5 @@
 one
 two
+new
 three
 four
END
after 'one file is there already, the other one would take fuzz' 1
says 'it is told why' "the change to 'a.c' is there already"
printf 'a1\na2\na3\na4\n' > T-ours/a.c
cp p rest
for part in 'new file mode 100644
index 0000000..e69de29' 'old mode 100644
new mode 100755'; do
    { printf 'diff --git a/e b/e\n%s\ndiff --git a/K b/K\n' "$part" && sed -n '/^--- a.K/,$p' rest; } > p
    : > T-ours/e
    case $part in old*) chmod 755 T-ours/e ;; esac
    after "there is already: ${part%%
*}; the other file would take fuzz" 1
    says 'that is why' "the change to 'e' is there already"
done
rm -f T-ours/e
cp rest p
expect_status 'when none is there, fuzz is taken' 0 apply -p1 -d T-ours p

# git knows two modes; GNU patch sets others as they are, and so do we.
rm -rf T-ours && mkdir T-ours && echo f > T-ours/f && chmod 644 T-ours/f
mode f 100644 100600 > p
expect_status 'a mode that only the owner has' 0 apply -p1 -d T-ours p
check 'it is set' test "$(stat -c %a T-ours/f)" = 600
expect_status 'the mode again' 0 apply -p1 -d T-ours p
says 'it is there' 'already applied' out

# What is not there counts as deleted or renamed only where its name is right.
placed() {
    rm -rf T-ours && mkdir T-ours && cd T-ours || exit 1
    mkdir -p src/lib lib a/sub sub
    for n; do echo x > "$n"; done
    cd .. || exit 1
}
# not_done WHAT LEVEL: refused, and git refuses it as well.
not_done() {
    listing T-ours > was
    expect_status "$1: exit 1" 1 apply "-p$2" -d T-ours p
    listing T-ours > got
    check "$1: nothing changed" cmp was got
    refute "$1: git" sh -c "cd T-ours && git apply -p$2 ../p 2> /dev/null"
}
placed
: > T-ours/f
hunk a/f /dev/null x '' | sed 's/ +1 / +0,0 /; $d' > p
not_done 'a deletion of lines, and the file is empty' 1
placed src/lib/f
hunk a/src/lib/f /dev/null x '' | sed 's/ +1 / +0,0 /; $d' > p
not_done 'deleted with too high a -p' 2
placed sub/f
hunk a/sub/f /dev/null x '' | sed 's/ +1 / +0,0 /; $d' > p
not_done 'deleted with too low a -p' 0
placed sub/old new
rename sub/old sub/new > p
not_done 'renamed with too high a -p' 2
placed Kbuild
hunk a/sub/Kbuild /dev/null x '' | sed 's/ +1 / +0,0 /; $d' > p
expect_status 'deleted before, another file has its base name' 0 apply -p1 -d T-ours p
says 'it is said' 'already applied' out

finish
