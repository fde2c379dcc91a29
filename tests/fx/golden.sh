# SPDX-License-Identifier: MIT
# Shared by tests/cli/messages_*.sh, which say what apply, push, pop and applied print,
# to the byte: `. "$fx/golden.sh"` behind lib.sh.
#
# base is a tree with a.c, sub/b.c and things that are no files; `fresh` makes t of it,
# and `unchanged WHAT` asks whether t is as it was then. good.patch changes both files.
# shellcheck shell=sh disable=SC2034,SC2154,SC2086 # lib.sh sets the rest; $by is words
QUILTRC=/dev/null # a message names the one that this machine may have
export QUILTRC

# golden WHAT EXIT ARG… << END: all that gridpatch prints. Lines of standard output
# have "> " before them, those of standard error are as they are. $by runs it.
by=
golden() {
    what=$1 want=$2
    shift 2
    cat > want
    $by "$GRIDPATCH" "$@" > out 2> err < "${from:-/dev/null}"
    status=$?
    { sed 's/^/> /' out; cat err; } > got
    if [ "$status" -ne "$want" ]; then
        not_ok "$what: exit $status instead of $want"
    elif cmp -s want got; then
        ok "$what"
    else
        not_ok "$what: - what is said, + what was to be said"
        diff got want | sed 's/^/#   /' | head -n 30
    fi
}
state() { (cd t && find . -printf '%y %m %p %l\n' | sort -k3; find t -type f ! -perm 000 -exec cksum {} + | sort -k3) 2> /dev/null; }
fresh() {
    chmod -R u+rwx t 2> /dev/null
    rm -rf t
    cp -Rp base t
    before=$(state)
}
unchanged() { check "$1: nothing changed" test "$(state)" = "$before"; }
# json_same WHAT WANT: out, without its layout.
json_same() {
    if command -v jq > /dev/null; then
        check "$1" test "$(jq -c . < "${3:-out}")" = "$2"
    else
        check "$1 (JSON)" json_ok "${3:-out}"
    fi
}
nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
cp "$GRIDPATCH" gp && GRIDPATCH=$work/gp

mkdir -p base/sub
seq 1 20 | sed 's/^/line /' > base/a.c
seq 1 10 | sed 's/^/x /' > base/sub/b.c
ln -s a.c base/link
mkfifo base/fifo
ln -s dir base/away
mkdir base/dir
: > base/dir/file
cat > good.patch << 'END'
--- a/a.c
+++ b/a.c
@@ -4,3 +4,3 @@
 line 4
-line 5
+line five
 line 6
@@ -14,3 +14,4 @@
 line 14
-line 15
+line fifteen
+line fifteen and a half
 line 16
--- a/sub/b.c
+++ b/sub/b.c
@@ -1,2 +1,2 @@
-x 1
+y 1
 x 2
END
# new NAME: a patch that makes NAME.
new() { printf -- '--- /dev/null\n+++ %s\n@@ -0,0 +1 @@\n+new\n' "$1"; }
# set: it, and a second patch.
mkdir set
cp good.patch set/1.patch
printf -- '--- a/sub/b.c\n+++ b/sub/b.c\n@@ -9,2 +9,2 @@\n x 9\n-x 10\n+y 10\n' > set/2.patch
printf '1.patch\n2.patch\n' > set/series
