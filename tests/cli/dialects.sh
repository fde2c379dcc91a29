#!/bin/sh
# SPDX-License-Identifier: MIT
# Patches that are not as diff or git write them, and that GNU patch takes: time stamps
# of files that are not there. Others lie in tests/data/patch.
# tests: core/diff/epoch core/diff/diff
. "$(dirname "$0")/lib.sh"

if ! command -v patch > /dev/null; then
    skip 'dialects' 'GNU patch is missing'
    finish
fi

# tree: what each case begins with.
tree() { cp -R "$repo/tests/data/patch/tree/." .; }

listing() {
    (cd "$1" && find . -type f | LC_ALL=C sort | while read -r n; do
        echo "$(stat -c '%a' "$n") $n $(cksum < "$n")"
    done)
}
cp "$repo/tests/data/patch/good-binary-mode.patch" "$repo/tests/data/patch/good-indented-each.patch" .

mkdir T-ours
(cd T-ours && tree)
run apply --json -p1 -d T-ours -n good-binary-mode.patch
check 'a note in the JSON' json_is out '.patches[0].notes[0]' \
    "line 5: 'Binary files a/logo.png and b/logo.png differ': the patch does not hold this change"

# GNU patch leaves an empty file here, which is not what the header says: git is the judge.
printf 'diff --git a/g b/g\ndeleted file mode 100644\nindex 587be6b..0000000\n@@ -1 +0,0 @@\n-x\n' > p
rm -rf T-ours
mkdir T-git T-ours
(cd T-ours && tree)
expect_status "git's header alone, of a deleted file" 0 apply -p1 -d T-ours p
if command -v git > /dev/null; then
    (cd T-git && tree && GIT_CEILING_DIRECTORIES=$work git apply ../p) > said 2>&1
    listing T-git > want
    listing T-ours > got
    check 'as git apply does it' cmp want got
fi

rm -rf T-ours && mkdir -p T-ours/patches && (cd T-ours && tree)
cp good-indented-each.patch T-ours/patches/p.diff && echo p.diff > T-ours/patches/series
expect_status 'push takes an indented one, too' 0 push -d T-ours
says 'push: and says so' 'note: line 3: the patch is indented' out

# An X counts as a blank: what came of tabs in old mail.
printf 'X--- g\nX+++ g\nX@@ -1 +1 @@\nX-x\nX+y\n' > p
rm -rf T-patch T-ours && mkdir T-patch T-ours && (cd T-ours && tree)
(cd T-patch && tree && patch -p0 --batch --silent < ../p) > said 2>&1
expect_status 'indented by X' 0 apply -p0 -d T-ours p
listing T-patch > want
listing T-ours > got
check 'as GNU patch does it' cmp want got

# --- time stamps of a file that is not there --------------------------------------------
# What GNU patch makes of each, with -E or not: deleted, or left behind as an empty file.
while IFS= read -r stamp; do
    printf -- '--- g\t2010-01-01 00:00:00 +0000\n+++ g\t%s\n@@ -1 +0,0 @@\n-x\n' "$stamp" > p
    rm -rf T-patch T-ours
    mkdir T-patch T-ours
    (cd T-patch && tree && TZ=UTC patch -p0 --batch --silent < ../p) > said 2>&1
    (cd T-ours && tree)
    run apply -p0 -d T-ours p
    listing T-patch > want
    listing T-ours > got
    check "the stamp '$stamp'" cmp want got
done << 'END'
1970-01-01 00:00:00.000000000 +0000
1970-01-01 00:00:01 +0000
1970-01-02 01:59:59 +0000
1970-01-02 02:00:00 +0000
1969-12-30 23:00:00 +0000
1969-12-30 23:00:01 +0000
1969-12-31 16:00:00 -0800
1969-12-31 16:00:00.000000000 -08:00
1970-01-01 01:00:00 +01:00
1970-01-01 00:00:00 -08
1970-01-01
1970-01-01 00:00
1970-01-01 00:00:00
Thu Jan  1 00:00:00 1970
Wed Dec 31 16:00:00 1969
Thu, 01 Jan 1970 00:00:00 +0000
Thu, 1 Jan 1970 00:00:00 GMT
Thu, 1 Jan 1970 00:00:00 PST
Thu Jan  1 00:00:00 UTC 1970
1970-01-01T00:00:00Z
1970-01-01T00:00:00+00:00
1970-01-01T00:00:00.123Z
01 Jan 1970 00:00:00 -0000
1 January 1970
January 1, 1970
01/01/1970
1970/01/01 00:00:00
1/1/70
@0
@93599
@93600
(revision 0)
(working copy)
Jan 1
1970-01-01 00:00:00 EST
1970-01-01 00:00:00 foo
1970-01-01 25:00:00 +0000
1970-13-01 00:00:00 +0000
1970-01-01 00:00:00 +9900
1970-01-01 1:00am
19700101
1-Jan-1970
Thu 1970-01-01
1970-1-1
70-01-01
yesterday
1970-01-01 00.00.00
1970-01-01 00:00:00,5
1970-01-01 00:00:00 -2400
1970-01-01 00:00:00 -2401
1970-01-01 00:00:00Z
Dec 31 1969 23:00 -0500
2020-01-01 00:00:00 +0000
Thu Jan 01 00:00:00 1970 +0000
Thu Jan 1 00:00:00 +0000 1970
Jan 01 00:00:00 1970 UTC
1970-01-01 00:00:00 UTC+0
1970-01-01 +0000 00:00:00
END

finish
