#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh sets the rest; $k is words
# A limit on the size of files (ulimit -f) is an error like a full disk, of every verb
# that writes: exit 4, a message, nothing half done.
. "$(dirname "$0")/lib.sh"

# In blocks of 512 bytes (dash) or 1024 (bash).
limited() {
    (ulimit -f 8 && exec "$GRIDPATCH" "$@" > "$work/out" 2> "$work/err" < /dev/null)
    status=$?
}
expect_limit() {
    what=$1
    shift
    limited "$@"
    check "$what: exit 4" test "$status" -eq 4
    says "$what: it says why" 'File too large'
}
left() { find . -name '*.gridpatch-*' | grep -q .; }

make_sample host
sh "$fx/hooks.sh" hooks
cp host.run before.run

expect_limit 'a repack' --hooks hooks $k host.run -o big.run
check 'nothing is written' test ! -e big.run
expect_limit 'a full one' --hooks hooks $k host.run -o big.run --repack full
check 'nothing is written, either' test ! -e big.run
expect_limit 'to a pipe' -q --hooks hooks $k host.run -o -
expect_limit 'extract' extract host.run -C got
check 'no tree is left' test ! -e got
refute 'nothing of it is left' left
expect_limit 'a report' select --explain $k --driver 460.73.02 --json=report.json
check 'no report is left' test ! -e report.json
expect_limit 'a report of a matrix' matrix host.run -k 5.10.1 -k 5.11.2 -k 5.12.3 --html=m.html
check 'no page is left' test ! -e m.html

mkdir tree
head -c 20000 /dev/zero | tr '\0' '\n' > tree/f
{ printf -- '--- a/f\n+++ b/f\n@@ -1,1 +1,2 @@\n+x\n \n'; } > p.patch
cp -R tree tree.old
(cd tree && limited apply ../p.patch; [ "$status" -eq 4 ] && grep -q 'File too large' "$work/err")
check 'apply: exit 4, and says why' test $? -eq 0
check 'the tree is as it was' diff -r tree.old tree
mkdir -p quilt/patches
cp tree/f quilt/f
echo p.patch > quilt/patches/series
cp p.patch quilt/patches/
cp -R quilt quilt.old
(cd quilt && limited push -a; [ "$status" -eq 4 ] && grep -q 'File too large' "$work/err")
check 'push: exit 4, and says why' test $? -eq 0
rm -rf quilt/.pc
check 'the sources are as they were' diff -r quilt.old quilt
check 'the installer is as it was' cmp before.run host.run
finish
