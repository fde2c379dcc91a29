#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2154 # lib.sh sets the rest; $by is words
# What apply says of names that lead nowhere and of hunks that do not match.
# tests: ops/patch/plan ops/patch/names core/diff/hunk core/diff/hunkwhy
. "$(dirname "$0")/lib.sh"
. "$fx/golden.sh"

# --- names that lead nowhere ---------------------------------------------------------

# named WHAT EXIT TEXT [FILE [MORE]]: the same where standard output names the patch,
# and perhaps a file of it with this text; MORE is for the error alone.
named() {
    cat > bad.patch
    fresh
    golden "$1" "$2" apply -d t -p"${level:-1}" bad.patch << END
> set        .
>   bad.patch
${4:+>     $4: $3
}> nothing was changed
gridpatch: 'bad.patch': $3${5-}
END
    unchanged "$1"
}
new new > new.patch
named 'nothing is left of the name' 3 "nothing is left of 'new' (header of line 1) after -p1" < new.patch
new b/../../x > new.patch
named '..' 3 "header of line 1: path '../../x' climbs out of the tree" < new.patch
new /etc/x > new.patch
level=0
named 'an absolute name' 3 "header of line 1: absolute path '/etc/x'" < new.patch
level=
new "b/$(printf '%05000d' 0)" > new.patch
named 'a long name' 3 'header of line 1: a path has 5000 bytes, more than 4095' < new.patch
for name in .git/x sub/.git/x .pc/x .gridpatch-journal/x; do
    below=.${name#*.}
    new b/$name > new.patch
    named "into $name" 3 "patches may not change '${below%/x}' ('$name')" "$name" < new.patch
done
named 'a symlink' 3 'line 1: a symlink is not supported' l << 'END'
diff --git a/l b/l
new file mode 120000
--- /dev/null
+++ b/l
@@ -0,0 +1 @@
+a.c
\ No newline at end of file
END
named 'a submodule' 3 'line 1: a submodule or special file is not supported' l << 'END'
diff --git a/l b/l
new file mode 160000
--- /dev/null
+++ b/l
@@ -0,0 +1 @@
+Subproject commit 1
END
new b/dir > new.patch
named 'a new file where a directory is' 1 "'dir' is a directory" dir < new.patch
new b/link > new.patch
named 'a new file where a symlink is' 1 "'link' is a symlink, not a file" link < new.patch
new b/fifo > new.patch
named 'a new file where something else is' 1 "'fifo' is not a regular file" fifo < new.patch
new b/a.c/x > new.patch
named 'a new file below a file' 1 "'a.c/x': 'a.c' is not a directory" a.c/x < new.patch
new b/link/x > new.patch
named 'a new file below a symlink' 1 "'link/x' lies behind a symlink, 'link'" link/x < new.patch
named 'a copy onto a symlink' 1 "'link' is a symlink" 'a.c to link' << 'END'
diff --git a/a.c b/link
similarity index 100%
copy from a.c
copy to link
END
hint='; are -p and -d right?'
named 'a file that is not there' 1 "there is no file 'no.c'" no.c "$hint" << 'END'
--- a/no.c
+++ b/no.c
@@ -1 +1 @@
-old
+new
END
named 'a change of a directory' 1 "'dir' is a directory" dir << 'END'
--- a/dir
+++ b/dir
@@ -1 +1 @@
-old
+new
END
named 'a change behind a symlink' 1 "'away/file' lies behind a symlink, 'away'" away/file << 'END'
--- a/away/file
+++ b/away/file
@@ -1 +1 @@
-old
+new
END
named 'a rename of what is not there' 1 "there is no file 'no.c'" 'no.c to yes.c' "$hint" << 'END'
diff --git a/no.c b/yes.c
rename from no.c
rename to yes.c
END
text="'dir/file': an earlier part of this patch renamed or deleted it"
named 'changed after it was deleted' 1 "$text" 'dir/file to sub/here: would be renamed
>     dir/file' << 'END'
diff --git a/dir/file b/sub/here
rename from dir/file
rename to sub/here
diff -u a/dir/file b/dir/file
--- a/dir/file
+++ b/dir/file
@@ -1 +1 @@
-old
+new
END
fresh
mkdir twice
printf 'diff --git a/a.c b/z.c\nrename from a.c\nrename to z.c\n' > twice/1.patch
cp good.patch twice/2.patch
printf '1.patch\n2.patch\n' > twice/series
golden 'changed by a patch after the one that took it away' 1 apply -d t twice << 'END'
> set        twice
>   1.patch
>     a.c to z.c: would be renamed
>   2.patch
>     a.c: there is no file 'a.c' any more
>     sub/b.c: 1 hunk would fit
> nothing was changed
gridpatch: twice: '2.patch': there is no file 'a.c' any more
END
if truncate -s 1073741825 t/big.c 2> /dev/null; then
    printf -- '--- a/big.c\n+++ b/big.c\n@@ -1 +1 @@\n-old\n+new\n' > big.patch
    golden 'a file of more than 1 GiB' 3 apply -q -d t big.patch << 'END'
gridpatch: 'big.patch': 'big.c' is larger than 1073741824 bytes
END
else
    skip 'a file of more than 1 GiB' 'no sparse files here'
fi

# --- hunks that do not match ---------------------------------------------------------

fresh
sed -i 's/^line 15$/line FIFTEEN/' t/a.c
before=$(state)
golden 'a hunk does not match' 1 apply -d t good.patch << 'END'
> set        .
>   good.patch
>     a.c: 1 of 2 hunks failed
>     sub/b.c: 1 hunk would fit
> nothing was changed
  a.c: hunk 2 (line 8 of the patch) was expected at line 14; nearest place: line 14, where 2 of 3 lines agree
    line 15 expected: line 15
    line 15 found:    line FIFTEEN
gridpatch: 'good.patch': hunk 2 of 'a.c' does not match near line 14 (1 of 2 fail)
END
golden 'the same with -q' 1 apply -q -d t good.patch << 'END'
gridpatch: 'good.patch': hunk 2 of 'a.c' does not match near line 14 (1 of 2 fail)
END
golden 'the same with -v -n' 1 apply -v -n -d t good.patch << 'END'
> set        .
>   good.patch
>     a.c: 1 of 2 hunks failed
>     sub/b.c: 1 hunk would fit
> nothing was changed
  a.c: hunk 2 (line 8 of the patch) was expected at line 14; nearest place: line 14, where 2 of 3 lines agree
    line 15 expected: line 15
    line 15 found:    line FIFTEEN
gridpatch: 'good.patch': hunk 2 of 'a.c' does not match near line 14 (1 of 2 fail)
END
golden 'the same with rejects' 1 apply -d t --rejects rej good.patch << 'END'
> set        .
>   good.patch
>     a.c: 1 of 2 hunks failed
>     sub/b.c: 1 hunk would fit
> nothing was changed
> rejects    rej/a.c.rej
  a.c: hunk 2 (line 8 of the patch) was expected at line 14; nearest place: line 14, where 2 of 3 lines agree
    line 15 expected: line 15
    line 15 found:    line FIFTEEN
gridpatch: 'good.patch': hunk 2 of 'a.c' does not match near line 14 (1 of 2 fail)
END
golden 'rejects that cannot be written' 1 apply -q -d t --rejects good.patch/rej good.patch << 'END'
gridpatch: 'good.patch': hunk 2 of 'a.c' does not match near line 14 (1 of 2 fail); the rejects could not be written either (cannot make directory 'good.patch/rej': Not a directory)
END
run apply --json -d t good.patch
check 'the same with --json: exit 1' test "$status" -eq 1
json_same 'the same with --json' '{"type":"gridpatch.apply","schema":2,"ok":false,"exit":1,"reason":"hunk","error":"'"'good.patch': hunk 2 of 'a.c' does not match near line 14 (1 of 2 fail)"'","patches":[{"set":".","patch":"good.patch","already":false,"notes":[],"files":[{"path":"a.c","operation":"changed","fits":false,"already":false,"hunks":[{"ok":true,"line":4,"offset":0,"fuzz":0},{"ok":false,"line":0,"offset":0,"fuzz":0}]},{"path":"sub/b.c","operation":"changed","fits":true,"already":false,"hunks":[{"ok":true,"line":1,"offset":0,"fuzz":0}]}]}],"changed":0,"recovered":false,"rejects":[],"why":"a.c: hunk 2 (line 8 of the patch) was expected at line 14; nearest place: line 14, where 2 of 3 lines agree\n  line 15 expected: line 15\n  line 15 found:    line FIFTEEN\n"}'
unchanged 'a hunk does not match'
run apply -q -d t -F3 good.patch
golden '-R: a hunk does not match' 1 apply -R -d t good.patch << 'END'
> set        .
>   good.patch
>     a.c: 2 of 2 hunks failed
>     sub/b.c: already there
> nothing was changed
  a.c: hunk 1 (line 3 of the patch) was expected at line 4; nearest place: line 4, where 2 of 3 lines agree
    line 5 expected: line five
    line 5 found:    line 5
gridpatch: 'good.patch': hunk 1 of 'a.c' does not match near line 4 (2 of 2 fail)
END
fresh
sed -i '1d; s/^line 5$/LINE 5/' t/a.c
sed -i '1i zero' t/sub/b.c
golden 'two files do not match, at an offset' 1 apply -F0 -d t good.patch << 'END'
> set        .
>   good.patch
>     a.c: 1 of 2 hunks failed
>     sub/b.c: 1 of 1 hunk failed
> nothing was changed
  a.c: hunk 1 (line 3 of the patch) was expected at line 4; nearest place: line 3, where 2 of 3 lines agree
    line 4 expected: line 5
    line 4 found:    LINE 5
  sub/b.c: hunk 1 (line 16 of the patch) was expected at line 1; it would fit at line 2
    but that is above what earlier hunks changed, or the hunk belongs to the start or the end of the file
gridpatch: 'good.patch': hunk 1 of 'a.c' does not match near line 4 (1 of 2 fail)
END
# why WHAT FILE SED ERROR… << END: what is said when SED has changed FILE; good.patch
# but for sub/b.c's last lines.
why() {
    fresh
    sed -i "$3" "t/$2"
    cat > text
    golden "$1" 1 apply -d t "${patch:-good.patch}" << END
> set        .
>   ${patch:-good.patch}
>     a.c: 1 of ${4:-2 hunks} failed
${5->     sub/b.c: 1 hunk would fit
}> nothing was changed
$(cat text)
END
}
why 'white space' a.c 's/^line 15$/line	15/' << 'END'
  a.c: hunk 2 (line 8 of the patch) was expected at line 14; nearest place: line 14, where 2 of 3 lines agree
    line 15 expected: line 15
    line 15 found:    line\t15
    (only the white space differs)
gridpatch: 'good.patch': hunk 2 of 'a.c' does not match near line 14 (1 of 2 fail)
END
why 'line endings' a.c 's/^line 1[456]$/&\r/' << 'END'
  a.c: hunk 2 (line 8 of the patch) was expected at line 14; none of its lines was found
    line 14 expected: line 14
    line 14 found:    line 14\r
    (only the line ending (CR LF) differs)
    line 15 expected: line 15
    line 15 found:    line 15\r
    (only the line ending (CR LF) differs)
    line 16 expected: line 16
    line 16 found:    line 16\r
    (only the line ending (CR LF) differs)
gridpatch: 'good.patch': hunk 2 of 'a.c' does not match near line 14 (1 of 2 fail)
END
why 'control characters, and a long line' a.c 's/^line 15$/\x1b[1m\xc2\x9b0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\xc3\xa4bc/' << 'END'
  a.c: hunk 2 (line 8 of the patch) was expected at line 14; nearest place: line 14, where 2 of 3 lines agree
    line 15 expected: line 15
    line 15 found:    ?[1m??0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789äbc
gridpatch: 'good.patch': hunk 2 of 'a.c' does not match near line 14 (1 of 2 fail)
END
why 'cut where a character would be' a.c 's/^line 15$/12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\xc3\xa4bc/; s/0\xc3/\xc3/' << 'END'
  a.c: hunk 2 (line 8 of the patch) was expected at line 14; nearest place: line 14, where 2 of 3 lines agree
    line 15 expected: line 15
    line 15 found:    1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789...
gridpatch: 'good.patch': hunk 2 of 'a.c' does not match near line 14 (1 of 2 fail)
END
printf -- '--- a/a.c\n+++ b/a.c\n@@ -20 +20 @@\n-line 20\n\\ No newline at end of file\n+line twenty\n\\ No newline at end of file\n' > one.patch
patch=one.patch
why 'the newline at the end' a.c '' '1 hunk' '' << 'END'
  a.c: hunk 1 (line 3 of the patch) was expected at line 20; none of its lines was found
    line 20 expected: line 20
    line 20 found:    line 20
    (only the newline at end of file differs)
gridpatch: 'one.patch': hunk 1 of 'a.c' does not match near line 20 (1 of 1 fail)
END
cat > one.patch << 'END'
--- a/a.c
+++ b/a.c
@@ -17,6 +17,6 @@
 line 17
 line 18
 line 19
-line xx
+line XX
 line 21
 line 22
END
why 'beyond the end' a.c '' '1 hunk' '' << 'END'
  a.c: hunk 1 (line 3 of the patch) was expected at line 17; nearest place: line 17, where 3 of 6 lines agree
    line 20 expected: line xx
    line 20 found:    line 20
    line 21 expected: line 21
    line 21 found:    (end of file)
    line 22 expected: line 22
    line 22 found:    (end of file)
gridpatch: 'one.patch': hunk 1 of 'a.c' does not match near line 17 (1 of 1 fail)
END
why 'before the start' a.c '1,16d' '1 hunk' '' << 'END'
  a.c: hunk 1 (line 3 of the patch) was expected at line 17; nearest place: line 1, where 3 of 6 lines agree
    line 4 expected: line xx
    line 4 found:    line 20
    line 5 expected: line 21
    line 5 found:    (end of file)
    line 6 expected: line 22
    line 6 found:    (end of file)
gridpatch: 'one.patch': hunk 1 of 'a.c' does not match near line 17 (1 of 1 fail)
END
why 'before the start' a.c '1,17d' '1 hunk' '' << 'END'
  a.c: hunk 1 (line 3 of the patch) was expected at line 17; nearest place: before the start of the file, where 2 of 6 lines agree
    before line 1 expected: line 17
    before line 1 found:    (start of file)
    line 3 expected: line xx
    line 3 found:    line 20
    line 4 expected: line 21
    line 4 found:    (end of file)
    line 5 expected: line 22
    line 5 found:    (end of file)
gridpatch: 'one.patch': hunk 1 of 'a.c' does not match near line 17 (1 of 1 fail)
END
cat > one.patch << 'END'
--- a/a.c
+++ b/a.c
@@ -3,8 +3,8 @@
 a
 b
 c
 d
-e
+E
 f
 g
 line 10
END
why 'more than six lines' a.c '' '1 hunk' '' << 'END'
  a.c: hunk 1 (line 3 of the patch) was expected at line 3; nearest place: line 3, where 1 of 8 lines agree
    line 3 expected: a
    line 3 found:    line 3
    line 4 expected: b
    line 4 found:    line 4
    line 5 expected: c
    line 5 found:    line 5
    line 6 expected: d
    line 6 found:    line 6
    line 7 expected: e
    line 7 found:    line 7
    line 8 expected: f
    line 8 found:    line 8
    and 1 more line
gridpatch: 'one.patch': hunk 1 of 'a.c' does not match near line 3 (1 of 1 fail)
END
cat > one.patch << 'END'
--- a/a.c
+++ b/a.c
@@ -30,1 +30,1 @@
-no such line
+line
END
why 'no place at all' a.c '' '1 hunk' '' << 'END'
  a.c: hunk 1 (line 3 of the patch) was expected at line 30; none of its lines was found
    line 30 expected: no such line
    line 30 found:    (end of file)
gridpatch: 'one.patch': hunk 1 of 'a.c' does not match near line 30 (1 of 1 fail)
END
cat > one.patch << 'END'
--- a/a.c
+++ b/a.c
@@ -10,2 +10,2 @@
-line 10
+line ten
 line 11
@@ -12,2 +12,2 @@
-line 6
+line six
 line 7
END
why 'above an earlier hunk' a.c '' '2 hunks' '' << 'END'
  a.c: hunk 2 (line 7 of the patch) was expected at line 12; it would fit at line 6
    but that is above what earlier hunks changed, or the hunk belongs to the start or the end of the file
gridpatch: 'one.patch': hunk 2 of 'a.c' does not match near line 12 (1 of 2 fail)
END
cat > one.patch << 'END'
--- a/a.c
+++ b/a.c
@@ -2,2 +2,5 @@
 line 2
+1
+2
+3
 line 3
@@ -15,2 +18,2 @@
 line 15
-line xx
+line XX
END
why 'behind lines that were added: numbers of the file as it is' a.c '1i first' '2 hunks' '' << 'END'
  a.c: hunk 2 (line 9 of the patch) was expected at line 16; nearest place: line 16, where 1 of 2 lines agree
    line 17 expected: line xx
    line 17 found:    line 16
gridpatch: 'one.patch': hunk 2 of 'a.c' does not match near line 16 (1 of 2 fail)
END
patch=
fresh
new b/sub/b.c > new.patch
printf -- '--- a/dir/file\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n' >> new.patch
printf 'old\nmore\n' > t/dir/file
golden 'a new file exists, a deleted one has more' 1 apply -d t -p1 new.patch << 'END'
> set        .
>   new.patch
>     sub/b.c: 'sub/b.c' exists already, the patch would create it
>     dir/file: 'dir/file' has lines that the patch does not delete
> nothing was changed
  sub/b.c: the patch creates this file, but it has content already
  dir/file: the patch deletes this file, but it has content that the patch does not know
gridpatch: 'new.patch': 'sub/b.c' exists already, the patch would create it
END
sed -i '1,4d' new.patch
golden 'a deleted file has more' 1 apply -d t -p1 new.patch << 'END'
> set        .
>   new.patch
>     dir/file: 'dir/file' has lines that the patch does not delete
> nothing was changed
  dir/file: the patch deletes this file, but it has content that the patch does not know
gridpatch: 'new.patch': 'dir/file' has lines that the patch does not delete
END
new b/new > new.patch
printf 'new\nmore\n' > t/new
golden '-R: a new file has more' 1 apply -R -d t -p1 new.patch << 'END'
> set        .
>   new.patch
>     new: 'new' has lines that the patch in reverse does not delete
> nothing was changed
  new: the patch in reverse deletes this file, but it has content that the patch does not know
gridpatch: 'new.patch': 'new' has lines that the patch in reverse does not delete
END
printf -- '--- a/new\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n' > new.patch
golden '-R: a deleted file exists' 1 apply -R -d t -p1 new.patch << 'END'
> set        .
>   new.patch
>     new: 'new' exists already, the patch in reverse would create it
> nothing was changed
  new: the patch in reverse creates this file, but it has content already
gridpatch: 'new.patch': 'new' exists already, the patch in reverse would create it
END
printf 'diff --git a/new b/new\nnew file mode 100644\nindex 0000000..e69de29\n' > new.patch
golden "git's empty file has content" 1 apply -d t -p1 new.patch << 'END'
> set        .
>   new.patch
>     new: 'new' exists already, the patch would create it
> nothing was changed
  new: the patch creates this file, but it has content already
gridpatch: 'new.patch': 'new' exists already, the patch would create it
END
finish
