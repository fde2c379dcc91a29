#!/bin/sh
# SPDX-License-Identifier: MIT
# Patches that are not as diff or git write them, and that GNU patch takes: each is
# given to both, the trees are compared, and gridpatch says what it took.
. "$(dirname "$0")/lib.sh"

if ! command -v patch > /dev/null; then
    skip 'dialects' 'GNU patch is missing'
    finish
fi

# tree: what each case begins with.
tree() {
    printf 'a\nb\nc\nd\ne\n\n\n\n' > f
    printf 'x\n' > g
    printf '\001\n' > logo.png
}

listing() {
    (cd "$1" && find . -type f | LC_ALL=C sort | while read -r n; do
        echo "$(stat -c '%a' "$n") $n $(cksum < "$n")"
    done)
}

# both WHAT NOTE: the patch p. GNU patch takes it, the result is the same, and
# NOTE is said.
both() {
    rm -rf T-patch T-ours
    mkdir T-patch T-ours
    (cd T-patch && tree && TZ=UTC patch -p1 --batch --silent < ../p) > said 2>&1
    check "$1: GNU patch takes it" test $? -eq 0
    (cd T-ours && tree)
    expect_status "$1: so do we" 0 apply -p1 -d T-ours p
    listing T-patch > want
    listing T-ours > got
    check "$1: with the same result" cmp want got
    says "$1: and say so" "$2" out
}

# --- context that was cut off with the end of the file -------------------------------
for n in 1 2 3; do
    printf -- '--- a/f\n+++ b/f\n@@ -3,6 +3,6 @@\n c\n-d\n+D\n e\n' > p
    i=$n
    while [ "$i" -lt 3 ]; do
        echo ' ' >> p
        i=$((i + 1))
    done
    # The counts stay: the last n blank lines are missing.
    both "$n blank lines cut off" "line "
done
check 'it says how many' grep -q 'the last 3 lines of context, which are blank, had been cut off' out
printf -- '--- a/f\n+++ b/f\n@@ -1,2 +1,5 @@\n+A\n+B\n a\n' > p
expect_status 'a new line is missing: malformed' 3 apply -p1 -d T-ours p

# --- binary files -----------------------------------------------------------------
git='diff --git a/g b/g
'
hunk='--- a/g
+++ b/g
@@ -1 +1 @@
-x
+y'
printf 'diff -ruN a/logo.png b/logo.png\nBinary files a/logo.png and b/logo.png differ\n%s\n' "$hunk" > p
both 'a binary file of diff' "line 2: 'Binary files a/logo.png and b/logo.png differ': the patch does not hold this change"
printf 'diff --git a/logo.png b/logo.png\nindex 1234567..89abcde 100644\nBinary files a/logo.png and b/logo.png differ\n%s\n' "$git$hunk" > p
both 'a binary file of git' 'line 3: '
printf 'diff --git a/n.png b/n.png\nnew file mode 100644\nindex 0000000..89abcde\nBinary files /dev/null and b/n.png differ\n%s\n' "$git$hunk" > p
both 'a new binary file of git is empty' 'line 4: '
printf 'diff --git a/logo.png b/logo.png\nold mode 100644\nnew mode 100755\nindex 1234567..89abcde\nBinary files a/logo.png and b/logo.png differ\n%s\n' "$git$hunk" > p
both 'the mode of a binary file' 'line 5: '
run apply --json -p1 -d T-ours -R -n p
json_is out '.patches[0].notes[0]' "line 5: 'Binary files a/logo.png and b/logo.png differ': the patch does not hold this change"

# --- "@@" in prose -----------------------------------------------------------------
printf 'A note that quotes a hunk:\n@@ -1,3 +1,3 @@\n and goes on.\n\n%s\n' "$hunk" > p
both 'a hunk in prose' "line 2: '@@' without a file's name before it: passed over as prose"
printf 'It was\n@@ -1 +1 @@\n-q\n+r\nbefore.\n%s\n' "$hunk" > p
both 'a whole hunk in the text before' 'line 2: '
printf '%s\n\n@@ -1,3 +1,3 @@\nis what it was\n' "$hunk" > p
both 'prose behind a file' 'line 7: '

# --- git's header without "---" and "+++" ---------------------------------------------
printf 'diff --git a/g b/g\nindex 587be6b..975fbec 100644\n@@ -1 +1 @@\n-x\n+y\n' > p
both "git's header alone" "line 1: git's header without '---' and '+++' lines"
printf 'diff --git a/n b/n\nnew file mode 100755\nindex 0000000..975fbec\n@@ -0,0 +1 @@\n+y\n' > p
both "git's header alone, of a new file" 'line 1: '
# GNU patch leaves an empty file here, which is not what the header says: git is the judge.
printf 'diff --git a/g b/g\ndeleted file mode 100644\nindex 587be6b..0000000\n@@ -1 +0,0 @@\n-x\n' > p
rm -rf T-git T-ours
mkdir T-git T-ours
(cd T-ours && tree)
expect_status "git's header alone, of a deleted file" 0 apply -p1 -d T-ours p
if command -v git > /dev/null; then
    (cd T-git && tree && GIT_CEILING_DIRECTORIES=$work git apply ../p) > said 2>&1
    listing T-git > want
    listing T-ours > got
    check 'as git apply does it' cmp want got
fi

# --- indentation -----------------------------------------------------------------
for by in '  ' '	' '    	' ' '; do
    { echo 'Like so:'; echo; echo "$hunk" | sed "s/^/$by/"; echo; echo ' and so on'; } > p
    both "indented by '$(printf %s "$by" | sed 's/	/TAB/g')'" 'line 5: the patch is indented'
done
printf '  --- a/f\n  +++ b/f\n  @@ -5,4 +5,4 @@\n  -e\n  +E\n\n   \n  \n --- a/g\n +++ b/g\n @@ -1 +1 @@\n -x\n +y\n' > p
both 'each file in its own way' 'indented'

rm -rf T-ours && mkdir -p T-ours/patches && (cd T-ours && tree)
mv p T-ours/patches/p.diff && echo p.diff > T-ours/patches/series
expect_status 'push takes it, too' 0 push -d T-ours
says 'push: and says so' 'note: line 3: the patch is indented' out

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
END

finish
