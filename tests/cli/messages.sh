#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # lib.sh sets the rest; $by is words
# What apply, push, pop and applied say: every message, to the byte.
. "$(dirname "$0")/lib.sh"
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
# unchanged WHAT: t is as it was when this was asked last.
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

# --- what was done -------------------------------------------------------------------

fresh
golden 'apply -n' 0 apply -n -d t good.patch << 'END'
> set        .
>   good.patch
>     changed a.c: 2 hunks
>     changed sub/b.c: 1 hunk
> dry run    2 files would change
END
unchanged 'apply -n'
golden 'apply' 0 apply -d t good.patch << 'END'
> set        .
>   good.patch
>     changed a.c: 2 hunks
>     changed sub/b.c: 1 hunk
> changed    2 files
END
golden 'apply of what is there' 0 apply -d t good.patch << 'END'
> set        .
>   good.patch
>     already applied
> changed    0 files
END
golden 'apply of what is there, -R -n' 0 apply -R -n -d t good.patch << 'END'
> set        .
>   good.patch
>     changed a.c: 2 hunks
>     changed sub/b.c: 1 hunk
> dry run    2 files would change
END
golden 'apply -q' 0 apply -q -R -d t good.patch < /dev/null
unchanged 'apply and -R'
sed -i 's/^x 1$/y 1/' t/sub/b.c
golden 'apply of what is partly there' 0 apply -v -d t good.patch << 'END'
> set        .
>   good.patch
>     changed a.c: 2 hunks
>     changed sub/b.c: 1 hunk, already there
> changed    1 file
END
fresh
sed -i '1i first' t/a.c
sed -i 's/^x 2$/z 2/' t/sub/b.c
sed 's/^@@ -14,3 +14,4/@@ -17,3 +17,4/; s/^ line 16/ line other/' good.patch > moved.patch
golden 'offsets and fuzz' 0 apply -d t -p1 moved.patch << 'END'
> set        .
>   moved.patch
>     changed a.c: 2 hunks, 2 at an offset (up to 2 lines), 1 with fuzz (up to 1)
>     changed sub/b.c: 1 hunk, 1 with fuzz (up to 1)
> changed    2 files
END
cat > ops.patch << 'END'
diff --git a/a.c b/moved.c
rename from a.c
rename to moved.c
diff --git a/sub/b.c b/copy.c
similarity index 100%
copy from sub/b.c
copy to copy.c
diff --git a/new b/new
new file mode 100644
--- /dev/null
+++ b/new
@@ -0,0 +1 @@
+new
diff --git a/gone b/gone
deleted file mode 100644
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-gone
END
fresh
echo gone > t/gone
golden 'created, deleted, renamed, copied' 0 apply -d t -p1 ops.patch << 'END'
> set        .
>   ops.patch
>     renamed a.c to moved.c
>     copied sub/b.c to copy.c
>     created new: 1 hunk
>     deleted gone: 1 hunk
> changed    5 files
END
mkdir set
cp good.patch set/1.patch
printf -- '--- a/sub/b.c\n+++ b/sub/b.c\n@@ -9,2 +9,2 @@\n x 9\n-x 10\n+y 10\n' > set/2.patch
printf '1.patch\n2.patch\n' > set/series
fresh
golden 'a folder' 0 apply -d t set << 'END'
> set        set
>   1.patch
>     changed a.c: 2 hunks
>     changed sub/b.c: 1 hunk
>   2.patch
>     changed sub/b.c: 1 hunk
> changed    2 files
END
fresh
from=good.patch
golden 'a patch from standard input' 0 apply -d t - << 'END'
> set        .
>   -
>     changed a.c: 2 hunks
>     changed sub/b.c: 1 hunk
> changed    2 files
END
from=
fresh
golden '--json' 0 apply --json=report -d t set/2.patch << 'END'
> set        set
>   2.patch
>     changed sub/b.c: 1 hunk
> changed    1 file
END
json_same 'what --json says' '{"type":"gridpatch.apply","schema":2,"ok":true,"exit":0,"patches":[{"set":"set","patch":"2.patch","already":false,"notes":[],"files":[{"path":"sub/b.c","operation":"changed","fits":true,"already":false,"hunks":[{"ok":true,"line":9,"offset":0,"fuzz":0}]}]}],"changed":1,"recovered":false,"rejects":[],"why":null}' report

# --- the command line ----------------------------------------------------------------

fresh
golden 'no patch' 2 apply -d t << 'END'
gridpatch: no patch given; see 'gridpatch apply --help'
END
golden '--recover and a patch' 2 apply -d t --recover good.patch << 'END'
gridpatch: --recover takes no patches
END
golden '-p is no number' 2 apply -d t -p one good.patch << 'END'
gridpatch: --strip: 'one' is not a small number
END
golden '-F is no number' 2 apply -d t -F -1 good.patch << 'END'
gridpatch: --fuzz: '-1' is not a small number
END
golden '-p is no small number' 2 apply -d t -p 1001 good.patch << 'END'
gridpatch: --strip: '1001' is not a small number
END
golden 'no such option' 2 push --reverse << 'END'
gridpatch: no such option here: '--reverse'; see 'gridpatch push --help'
END
golden 'nothing behind an option' 2 apply -d t good.patch -p << 'END'
gridpatch: an argument is missing after '-p'; see 'gridpatch apply --help'
END
golden '-q and -v' 2 apply -q -v -d t good.patch << 'END'
gridpatch: --quiet contradicts --verbose
END
mkdir t/a t/b
cp -R base/* t/a
cp -R base/* t/b
printf -- '--- a/a.c\n+++ a/a.c\n@@ -5 +5 @@\n-line 5\n+line five\n' > levels.patch
golden 'both levels fit' 2 apply -d t levels.patch << 'END'
gridpatch: 'levels.patch': its files exist in 't' under -p0 and under -p1: say which
END
golden 'no level fits' 2 apply -d t/sub good.patch << 'END'
gridpatch: 'good.patch': its files exist in 't/sub' neither under -p0 nor under -p1: give -p N, or another -d
END
golden '--quilt and a patch' 2 apply -d t --quilt good.patch << 'END'
gridpatch: --quilt takes a folder with a series, and 'good.patch' is none
END
golden '--quilt and two folders' 2 apply -d t --quilt set set << 'END'
gridpatch: --quilt takes one folder with a series, not 2
END
golden '--quilt -R' 2 apply -d t --quilt -R set << 'END'
gridpatch: --quilt contradicts -R: 'gridpatch pop' takes patches back
END
golden '--quilt -p' 2 apply -d t --quilt -p1 set << 'END'
gridpatch: --quilt contradicts -p: the series file says the levels
END

# --- what cannot be found or read ----------------------------------------------------

fresh
golden 'no such directory' 4 apply -d nowhere good.patch << 'END'
gridpatch: cannot open directory 'nowhere': No such file or directory
END
golden 'a file instead of a directory' 4 apply -d good.patch good.patch << 'END'
gridpatch: cannot open directory 'good.patch': Not a directory
END
golden 'no such patch' 4 apply -d t nowhere.patch << 'END'
gridpatch: patch 'nowhere.patch' does not exist
END
golden 'a folder without a series' 4 apply -d t base/sub << 'END'
gridpatch: 'base/sub' is a directory without a series file
END
golden 'a patch that is no file' 3 apply -d t /dev/null << 'END'
gridpatch: '/dev/null' is not a regular file
END
mkfifo fifo
fresh
cat good.patch > fifo &
golden 'a patch from a pipe' 0 apply -d t fifo << 'END'
> set        .
>   fifo
>     changed a.c: 2 hunks
>     changed sub/b.c: 1 hunk
> changed    2 files
END
wait
if command -v bash > /dev/null; then
    fresh
    check 'a patch from <(command)' bash -c '"$1" apply -q -d t <(cat good.patch) && grep -q "line five" t/a.c' - "$GRIDPATCH"
else
    skip 'a patch from <(command)' 'no bash'
fi
# Nobody writes: a signal ends it; the second one would in any case.
fresh
"$GRIDPATCH" apply -d t fifo > out 2> err &
pid=$!
sleep 0.3
kill -TERM $pid
sleep 0.2
kill -TERM $pid 2> /dev/null
wait $pid 2> /dev/null
check 'a pipe that nobody writes to: a signal ends it' test $? -eq 143
unchanged 'a pipe that nobody writes to'
mkdir piped
echo fifo > piped/series
ln -s ../fifo piped/fifo
golden 'a pipe in a series' 3 apply -d t piped << 'END'
gridpatch: 'piped/fifo' is not a regular file
END
fresh
: > big.patch
if truncate -s 1073741825 big.patch 2> /dev/null; then
    golden 'a patch of more than 1 GiB' 3 apply -d t big.patch << 'END'
gridpatch: 'big.patch' is larger than 1073741824 bytes
END
    rm big.patch
else
    skip 'a patch of more than 1 GiB' 'no sparse files here'
fi
cp good.patch packed.lzma
golden '.lzma' 3 apply -d t packed.lzma << 'END'
gridpatch: 'packed.lzma': .lzma and .lz are not supported; unpack it first
END
cp good.patch plain.gz
golden 'plain text named .gz' 3 apply -d t plain.gz << 'END'
gridpatch: 'plain.gz': is not packed as its name says
END
# What the library has to say comes after the colon, and is its own.
gzip -c good.patch | head -c 100 > cut.gz
golden '.gz cut off' 3 apply -d t cut.gz << 'END'
gridpatch: 'cut.gz': damaged: gzip: cut off
END
if command -v bzip2 > /dev/null; then
    { bzip2 -c good.patch | head -c 20; seq 1 200; } > bad.bz2
    golden '.bz2 damaged' 3 apply -d t bad.bz2 << 'END'
gridpatch: 'bad.bz2': damaged: bzip2: bad data
END
fi
if command -v xz > /dev/null; then
    xz -c good.patch | head -c 100 > cut.xz
    golden '.xz cut off' 3 apply -d t cut.xz << 'END'
gridpatch: 'cut.xz': damaged: xz: cut off
END
    { xz -c good.patch; seq 1 200; } > bad.xz
    golden '.xz with more behind it' 3 apply -d t bad.xz << 'END'
gridpatch: 'bad.xz': damaged: xz: bad data
END
fi
if $nobody true 2> /dev/null; then
    by=$nobody
    chown -R 65534 t
    chmod 000 good.patch
    golden 'a patch that may not be read' 4 apply -d t good.patch << 'END'
gridpatch: cannot open 'good.patch': Permission denied
END
    chmod 644 good.patch
    chmod 000 t
    golden 'a directory that may not be read' 4 apply -d t good.patch << 'END'
gridpatch: cannot open directory 't': Permission denied
END
    chmod 755 t
    chmod 000 t/a.c
    golden 'a file that may not be read' 4 apply -d t good.patch << 'END'
> set        .
>   good.patch
>     a.c: cannot open 'a.c': Permission denied
>     sub/b.c: 1 hunk would fit
> nothing was changed
gridpatch: 'good.patch': cannot open 'a.c': Permission denied
END
    by=
else
    skip 'what may not be read' 'needs setpriv and root'
fi

# --- patches that are none -----------------------------------------------------------

# bad WHAT EXIT TEXT…: bad.patch is standard input; this is all that is said.
bad() {
    cat > bad.patch
    fresh
    golden "$1" "$2" apply -d t -p"${level:-1}" bad.patch << END
gridpatch: 'bad.patch': $3
END
    unchanged "$1"
}
bad 'no diff' 3 'no diff found' << 'END'
Subject: nothing
END
bad 'nothing at all' 3 'no diff found' < /dev/null
bad 'a hunk without numbers' 3 "malformed patch at line 3: '@@ -4,3 +x,3 @@'" << 'END'
--- a/a.c
+++ b/a.c
@@ -4,3 +x,3 @@
END
bad 'a line that belongs to no side' 3 "malformed patch at line 5: '*line 5'" << 'END'
--- a/a.c
+++ b/a.c
@@ -4,3 +4,3 @@
 line 4
*line 5
END
bad 'more lines than were announced' 3 "malformed patch at line 6: '-line 6'" << 'END'
--- a/a.c
+++ b/a.c
@@ -4,2 +4,2 @@
 line 4
-line 5
-line 6
+line
END
bad 'a line is left over' 3 "malformed patch at line 7: '+line six'" << 'END'
--- a/a.c
+++ b/a.c
@@ -4,2 +4,2 @@
 line 4
-line 5
+line
+line six
END
bad 'a long line' 3 "malformed patch at line 4: '0123456789?1234567892123456789312345678941234567895123456789…'" << 'END'
--- a/a.c
+++ b/a.c
@@ -4,2 +4,2 @@
0123456789	1234567892123456789312345678941234567895123456789612345678971234567898
END
bad 'cut off' 3 'malformed patch at line 5: ends inside the hunk of line 3' << 'END'
--- a/a.c
+++ b/a.c
@@ -4,3 +4,3 @@
 line 4
-line 5
END
bad 'a hunk of context' 3 'malformed patch at line 3: the hunk changes nothing' << 'END'
--- a/a.c
+++ b/a.c
@@ -4,2 +4,2 @@
 line 4
 line 5
END
bad 'a hunk without names' 3 "the hunk of line 2 has no '---' and '+++' lines before it" << 'END'
A text
@@ -4,2 +4,1 @@
 line 4
-line 5
END
bad 'a name without its end' 3 'malformed name in the header of line 1' << 'END'
--- "a/a.c
+++ b/a.c
@@ -4,2 +4,1 @@
 line 4
-line 5
END
printf -- '--- \t2020-01-01\n+++ \t2020-01-01\n@@ -5 +4,0 @@\n-line 5\n' > bad.patch
bad 'no name' 3 'no usable name in the header of line 2' << END
A text
$(cat bad.patch)
END
bad 'git names nothing' 3 'no usable names in line 1' << 'END'
diff --git nothing
old mode 100644
new mode 100755
END
bad 'two times /dev/null' 3 'the header of line 1 names no file' << 'END'
--- /dev/null
+++ /dev/null
@@ -5 +4,0 @@
-line 5
END
bad 'a context diff' 3 'the context diff at line 3 is not supported' << 'END'
*** a/a.c
--- b/a.c
***************
*** 4,5 ****
END
bad 'an ed script' 3 'the ed script or normal diff at line 1 is not supported' << 'END'
5d
END
bad 'a normal diff' 3 'the ed script or normal diff at line 2 is not supported' << 'END'
diff a.c b.c
5c5
< line 5
---
> line five
END
bad "git's binary patch" 3 'the binary patch at line 2 is not supported' << 'END'
diff --git a/a.c b/a.c
GIT binary patch
END
bad 'binary files' 3 'the change of a binary file at line 1 is not supported' << 'END'
Binary files a/a.c and b/a.c differ
END
bad 'a combined diff' 3 'the combined diff at line 1 is not supported' << 'END'
diff --cc a.c
END
bad 'a combined diff' 3 'the combined diff at line 3 is not supported' << 'END'
--- a/a.c
+++ b/a.c
@@@ -4,2 -4,2 +4,1 @@@
END

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
# new NAME: a patch that makes NAME.
new() { printf -- '--- /dev/null\n+++ %s\n@@ -0,0 +1 @@\n+new\n' "$1"; }
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
ln -s a.c base/link
mkfifo base/fifo
ln -s dir base/away
mkdir base/dir
: > base/dir/file
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

# --- series --------------------------------------------------------------------------

# series WHAT EXIT MESSAGE << lines of a series
series() {
    cat > set/series
    golden "$1" "$2" apply -d t set << END
gridpatch: $3
END
}
fresh
series 'an option of a series' 3 "'set/series': line 2: unknown option '-Q'" << 'END'
# a comment
1.patch -Q
END
series 'an option that only patch has' 3 "'set/series': line 1: patch's option -l (--ignore-whitespace) is not supported" << 'END'
1.patch -p1 -l
END
series 'a level that is none' 3 "'set/series': line 1: -p needs a number up to 2048, not 'z'" << 'END'
1.patch -pz
END
series 'a missing level' 3 "'set/series': line 1: -p needs a number" << 'END'
1.patch -p
END
series 'a name of nothing' 3 "'set/series': line 2: no patch name" << 'END'
1.patch
./ -p1
END
series 'a name that climbs' 3 "'set/series': line 1: path '../1.patch' climbs out of the tree" << 'END'
../1.patch
END
series 'an absolute name' 3 "'set/series': line 1: absolute path '/1.patch'" << 'END'
/1.patch
END
series 'listed twice' 3 "'set/series': patch '1.patch' is listed twice, in lines 1 and 3" << 'END'
1.patch
2.patch
./1.patch
END
series 'a patch is missing' 4 "patch 'set/no.patch' does not exist" << 'END'
1.patch
no.patch
END
: > set/series
golden 'an empty series' 0 apply -d t set << 'END'
> changed    0 files
END

# --- interrupted runs ----------------------------------------------------------------

# interrupted [LINE…]: t as a run leaves it that was killed, with these lines of a journal.
interrupted() {
    fresh
    mkdir t/.gridpatch-journal
    [ $# -eq 0 ] || printf '%s\n' "$@" end > t/.gridpatch-journal/journal
    [ $# -eq 0 ] || cp t/a.c t/.gridpatch-journal/b0
}
damaged="the journal in 't' is damaged, or not gridpatch's: nothing was touched; see that the files are right, then remove 't/.gridpatch-journal'"
fresh
golden '--recover: nothing to do' 0 apply --recover -d t << 'END'
> nothing to recover
END
golden '--recover -q: nothing to do' 0 apply --recover -q -d t < /dev/null
interrupted
golden '--recover: killed before anything was changed' 0 apply --recover -d t << 'END'
gridpatch: warning: removed what an interrupted run left; nothing had been changed
END
interrupted 'c 0 a.c'
golden '-n: half changed' 1 apply -n -d t good.patch << 'END'
gridpatch: an interrupted run left 't' half changed; 'gridpatch apply --recover -d t' rolls it back
END
golden '--recover: one file' 0 apply --recover -d t << 'END'
gridpatch: warning: rolled back an interrupted run: 1 file
END
unchanged '--recover'
interrupted 'c 0 a.c' 'd 1 sub/b.c' 'n 2 new.c'
cp t/sub/b.c t/.gridpatch-journal/b1
golden 'apply recovers first' 0 apply -d t good.patch << 'END'
> set        .
>   good.patch
>     changed a.c: 2 hunks
>     changed sub/b.c: 1 hunk
> changed    2 files
gridpatch: warning: rolled back an interrupted run: 1 file
END
interrupted 'c 0 a.c'
cp -Rp t was
golden 'applied does not go back' 1 applied -d t << 'END'
gridpatch: an interrupted run left 't' half changed; 'gridpatch apply --recover -d t' rolls it back
END
check 'applied changes nothing' diff -r --no-dereference t/.gridpatch-journal was/.gridpatch-journal
rm -rf was
interrupted
golden 'applied: nothing had been changed' 1 applied -d t << 'END'
gridpatch: no patches applied
END
golden 'apply -n: nothing had been changed' 0 apply -q -n -d t good.patch < /dev/null
check 'what was left is still there' test -d t/.gridpatch-journal
golden 'push: nothing had been changed' 4 push -d t << 'END'
gridpatch: warning: removed what an interrupted run left; nothing had been changed
gridpatch: no series file found: 't/patches/series'
END
for verb in '' -q; do
    interrupted 'c 0 a.c' 'n 1 new.c' 'n 2 none.c' 'n 3 sub/b.c'
    echo new > t/new.c
    : > t/.gridpatch-journal/n3
    golden "apply $verb recovers first" 3 apply $verb -d t /dev/null << 'END'
gridpatch: warning: rolled back an interrupted run: 2 files
gridpatch: '/dev/null' is not a regular file
END
    unchanged "apply $verb recovers first"
done
interrupted 'c 0 a.c'
golden '--recover -q: it was asked for' 0 apply --recover -q -d t < /dev/null
interrupted 'c 0 a.c'
golden 'pop -q recovers first, not silently' 1 pop -q -d t << 'END'
gridpatch: warning: rolled back an interrupted run: 1 file
gridpatch: no patch removed: none is applied
END
for line in 'x 0 a.c' 'c 0 ../a.c' 'c zero a.c' 'c 0 link/x' 'c 0 a%20c' 'n 0 .gridpatch-journal/journal'; do
    interrupted "$line"
    golden "a journal with '$line'" 3 apply --recover -d t << END
gridpatch: $damaged
END
done
interrupted 'c 0 a.c'
sed -i '$d' t/.gridpatch-journal/journal
golden 'a journal without its end' 3 push -d t << END
gridpatch: $damaged
END
fresh
: > t/.gridpatch-journal
golden 'a journal that is a file' 3 pop -d t << END
gridpatch: $damaged
END
interrupted
ln -s ../a.c t/.gridpatch-journal/journal
golden 'a journal that is a symlink' 3 pop -d t << END
gridpatch: $damaged
END
if $nobody true 2> /dev/null; then
    # A directory of somebody who may not do everything in it.
    by=$nobody
    for line in 'c 0 a.c' 'n 1 a.c' 'm 0 made'; do
        interrupted "$line"
        chown -R 65534 t
        case $line in
        c*) chmod 0555 t t/.gridpatch-journal; says="'t': cannot restore 'a.c'" ;;
        n*) chmod 0555 t; says="'t': cannot remove 'a.c'" ;;
        m*) chmod 0555 t/.gridpatch-journal; says="cannot remove 't/.gridpatch-journal/journal'" ;;
        esac
        golden "$says" 4 apply --recover -d t << END
gridpatch: $says: Permission denied
END
        chmod 0755 t t/.gridpatch-journal
    done
    interrupted 'd 0 new/a.c'
    chown -R 65534 t
    chmod 0555 t
    golden 'cannot make a directory again' 4 apply --recover -d t << 'END'
gridpatch: 't': cannot make directory 'new': Permission denied
END
    chmod 0755 t
    interrupted 'r 493 sub'
    chown -R 65534 t/.gridpatch-journal t
    chown 0 t/sub
    golden 'a mode that is as it was' 0 apply --recover -d t << 'END'
gridpatch: warning: removed what an interrupted run left; nothing had been changed
END
    interrupted 'r 448 sub'
    chown -R 65534 t/.gridpatch-journal t
    chown 0 t/sub
    golden 'cannot restore a mode' 4 apply --recover -d t << 'END'
gridpatch: 't': cannot restore the mode of 'sub': Operation not permitted
END
    interrupted 'c 0 a.c'
    chown -R 65534 t
    chmod 000 t/.gridpatch-journal/journal
    golden 'a journal that may not be read' 4 apply --recover -d t << 'END'
gridpatch: cannot open 't/.gridpatch-journal/journal': Permission denied
END
    by=
else
    skip 'directories that may not be rolled back' 'needs setpriv and root'
fi

# --- what cannot be written ----------------------------------------------------------

fresh
if command -v flock > /dev/null; then
    by='flock t'
    for verb in 'apply good.patch' push 'pop -a'; do
        golden "another one works: $verb" 4 $verb -d t << 'END'
gridpatch: another gridpatch works on 't'
END
    done
    golden 'another one works: applied only reads' 1 applied -d t << 'END'
gridpatch: no patches applied
END
    interrupted 'c 0 a.c'
    golden 'another one is changing files: applied' 4 applied -d t << 'END'
gridpatch: another gridpatch works on 't'
END
    fresh
    by=
else
    skip 'another one works' 'no flock(1)'
fi
if $nobody true 2> /dev/null; then
    by=$nobody
    golden 'a directory that may not be written' 4 apply -q -d t good.patch << 'END'
gridpatch: cannot write into 't': Permission denied
END
    unchanged 'a directory that may not be written'
    # Its own files, in a directory of somebody else's.
    new b/sub/new/x > new.patch
    printf -- '--- a/sub/b.c\n+++ /dev/null\n@@ -1,10 +0,0 @@\n' > gone.patch
    sed 's/^/-/' base/sub/b.c >> gone.patch
    for case in good gone new; do
        fresh
        chown -R 65534 t
        chmod 0555 t/sub
        before=$(state)
        golden "a folder below that may not be written: $case.patch" 4 apply -q -p1 -d t $case.patch << 'END'
gridpatch: cannot write into 't/sub': Permission denied
END
        unchanged "a folder below that may not be written: $case.patch"
    done
    # In a folder of somebody else's where he alone may replace his files; they
    # have no hard links for others.
    for mode in 0755 1777; do
        fresh
        chown 65534 t t/a.c
        chmod $mode t/sub
        before=$(state)
        owners=$(stat -c '%u %n' t/a.c t/sub/b.c)
        case $mode in
        0755) says="cannot write into 't/sub': Permission denied" ;;
        1777) says="cannot replace 'sub/b.c': Operation not permitted" ;;
        esac
        golden "a file of somebody else's, in a folder of mode $mode" 4 apply -d t good.patch << END
> set        .
>   good.patch
>     a.c: 2 hunks would fit
>     sub/b.c: 1 hunk would fit
> nothing was changed
gridpatch: $says
END
        unchanged "a file of somebody else's, mode $mode"
        check "a file of somebody else's, mode $mode: it still is" test "$(stat -c '%u %n' t/a.c t/sub/b.c)" = "$owners"
        check "a file of somebody else's, mode $mode: no journal is left" test ! -e t/.gridpatch-journal
    done
    # Killed before it came to that file: a copy was kept, and the file is whole.
    interrupted 'c 0 a.c' 'c 1 sub/b.c' 'd 2 sub/b.c'
    for copy in b1 b2; do cp t/sub/b.c t/.gridpatch-journal/$copy; done
    : > t/.gridpatch-journal/n1
    echo half > t/a.c
    by=
    chown -R 65534 t/.gridpatch-journal
    golden "another user's journal is not followed" 4 apply --recover -d t << 'END'
gridpatch: 't/.gridpatch-journal' belongs to user 65534, so it is not followed: that user rolls back with 'gridpatch apply --recover -d t'
END
    chown 0 t/.gridpatch-journal # what is in it may be anybody's
    golden 'recovery leaves what was not replaced' 0 apply --recover -d t << 'END'
gridpatch: warning: rolled back an interrupted run: 1 file
END
    check 'its owner stays' test "$(stat -c %u t/sub/b.c)" -eq 0
    unchanged 'recovery leaves what was not replaced'
    # What cannot be undone does not keep the rest from it.
    by=$nobody
    interrupted 'c 0 a.c' 'c 1 sub/b.c'
    cp t/sub/b.c t/.gridpatch-journal/b1
    echo half | tee t/a.c > t/sub/b.c
    chown -R 65534 t
    chmod 0555 t/sub
    golden 'one of two files cannot be restored' 4 apply --recover -d t << 'END'
gridpatch: 't': cannot restore 'sub/b.c': Permission denied
END
    check 'the other one is' cmp -s t/a.c base/a.c
    chmod 0755 t/sub
    golden 'and both are, later' 0 apply --recover -d t << 'END'
gridpatch: warning: rolled back an interrupted run: 1 file
END
    unchanged 'both are restored'
    by=
else
    skip 'what may not be written' 'needs setpriv and root'
fi
# limited: what gridpatch writes may have this many blocks of 512 bytes.
cat > limited << 'END'
trap '' XFSZ
ulimit -f "$1"
shift
"$@"
END
fresh
seq 1 100000 > t/sub/long
printf -- '--- a/sub/long\n+++ b/sub/long\n@@ -1,2 +1,2 @@\n-1\n+one\n 2\n' > long.patch
before=$(state)
by='sh limited 100'
golden 'a file that may not be that long' 4 apply -q -d t long.patch << 'END'
gridpatch: cannot write 'sub/long': File too large
END
unchanged 'a file that may not be that long'
for i in $(seq 1 40); do
    echo old > "t/$(printf 'a-long-name-for-the-journal-%030d' "$i")"
done
before=$(state)
for i in $(seq 1 40); do
    name=$(printf 'a-long-name-for-the-journal-%030d' "$i")
    printf -- '--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-old\n+new\n' "$name" "$name"
done > journal.patch
by='sh limited 1'
golden 'a journal that may not be that long' 4 apply -q -d t journal.patch << 'END'
gridpatch: cannot write '.gridpatch-journal/journal.new': File too large
END
unchanged 'a journal that may not be that long'
for i in 1 2; do
    seq 1 1400000 > t/long$i
    printf -- '--- a/long%s\n+++ b/long%s\n@@ -1,2 +1,2 @@\n-1\n+one\n 2\n' $i $i
done > spool.patch
by='sh limited 10000'
golden 'a temporary file that may not be that long' 4 apply -q -d t spool.patch << 'END'
gridpatch: 'spool.patch': cannot write the temporary file: File too large
END
by=
fresh
if (: > /dev/full) 2> /dev/null; then
    "$GRIDPATCH" apply -n -d t good.patch > /dev/full 2> err
    check 'standard output is full: exit 4' test $? -eq 4
    check 'it is said' test "$(cat err)" = 'gridpatch: cannot write to standard output: No space left on device'
    "$GRIDPATCH" apply -n -d t --json good.patch > /dev/full 2> err
    check 'the same with --json: exit 4' test $? -eq 4
    check 'it is said' test "$(cat err)" = 'gridpatch: cannot write to standard output: No space left on device'
    "$GRIDPATCH" apply -d t --json good.patch > /dev/full 2> err
    check 'the same when the tree was changed: exit 4' test $? -eq 4
    check 'it is said' test "$(cat err)" = 'gridpatch: cannot write to standard output: No space left on device; the patches are applied'
    fresh
else
    skip 'a full standard output' 'no /dev/full'
fi
golden '--json into nowhere' 4 apply -d t --json=no/where good.patch << 'END'
gridpatch: cannot write into 'no': No such file or directory
END
golden '--json into a directory' 4 apply -d t --json=set good.patch << 'END'
gridpatch: cannot write 'set': it is a directory
END
unchanged '--json into nowhere'
# With another file system below it.
cat > mounted << 'END'
mount -t tmpfs -o "$1" none t/sub && cp base/sub/b.c t/sub || exit 99
shift
cd "${1#at=}" && shift && "$@"
END
if unshare -m sh mounted size=1m at=. true 2> /dev/null; then
    by='unshare -m sh mounted size=1m at=.'
    golden 'a file system within the directory' 4 apply -q -d t good.patch << 'END'
gridpatch: 'sub/b.c' is on another file system than 't': give -d a directory on one file system
END
    { cat good.patch; new b/sub/new; } | sed '/^--- a.sub/,/^ x 2/d' > new.patch
    golden 'a new file on it' 4 apply -d t new.patch << 'END'
> set        .
>   new.patch
>     a.c: 2 hunks would fit
>     sub/new: 1 hunk would fit
> nothing was changed
gridpatch: 'sub/new' is on another file system than 't': give -d a directory on one file system
END
    unchanged 'a new file on it'
    printf -- '--- a/b.c\n+++ b/b.c\n@@ -1,2 +1,2 @@\n-x 1\n+y 1\n x 2\n' > b.patch
    by="unshare -m sh mounted nr_inodes=3,size=1m at=."
    golden 'no room for another file' 4 apply -q -d t/sub b.patch << 'END'
gridpatch: cannot write '.gridpatch-journal/n0': No space left on device
END
    by="unshare -m sh mounted nr_inodes=2,size=1m at=."
    golden 'no room for a directory' 4 apply -q -d t/sub b.patch << 'END'
gridpatch: cannot write into 't/sub': No space left on device
END
    by=
else
    skip 'other file systems' 'needs unshare(1) and the right to mount'
fi
mkfifo patch.fifo
"$GRIDPATCH" apply -d t - < patch.fifo > out 2> err &
pid=$!
exec 9> patch.fifo
for i in $(seq 1 200); do
    case $(sed -n 's/^SigCgt:.*\(....\)$/\1/p' "/proc/$pid/status" 2> /dev/null) in
    4???) break ;;
    esac
    sleep 0.01
done
cat good.patch >&9
kill -TERM $pid
sleep 0.05
exec 9>&-
wait $pid 2> /dev/null
status=$?
check 'a signal: it ends the process' test $status -eq 143
check 'a signal: it is said' test "$(cat err)" = 'gridpatch: stopped by a signal'
unchanged 'a signal'

# --- push, pop, applied --------------------------------------------------------------

mv base plain
cp -Rp plain base
mkdir base/patches
sed 's,^diff.*,,; /^@@ -14/,/^ line 16/d' good.patch > base/patches/one.patch
printf -- '--- /dev/null\n+++ b/sub/new\n@@ -0,0 +1 @@\n+new\n--- a/a.c\n+++ b/a.c\n@@ -9,3 +9,3 @@\n line 10\n-line 11\n+line eleven\n line 12\n' > base/patches/two.patch
: > base/patches/none.patch
printf '%s.patch\n' one two none > base/patches/series
fresh
golden 'applied: none' 1 applied -d t << 'END'
gridpatch: no patches applied
END
golden 'pop: none' 1 pop -d t << 'END'
gridpatch: no patch removed: none is applied
END
golden 'pop -a: none' 1 pop -a -d t << 'END'
gridpatch: no patch removed: none is applied
END
golden 'applied: a word' 2 applied -d t all << 'END'
gridpatch: 'all' is one word too many; see 'gridpatch applied --help'
END
golden 'push: two words' 2 push -d t 1 2 << 'END'
gridpatch: give a number, a patch, or -a; see 'gridpatch push --help'
END
golden 'pop: -a and a word' 2 pop -d t -a 1 << 'END'
gridpatch: give a number, a patch, or -a; see 'gridpatch pop --help'
END
golden 'push: no number of patches' 1 push -d t 0 << 'END'
gridpatch: 0 patches were asked for: no patch applied
END
golden 'push: no such patch' 1 push -d t three << 'END'
gridpatch: patch 'three' is not in series
END
unchanged 'none'
golden 'push' 0 push -d t << 'END'
> Applying patch one.patch
> patching file a.c
> patching file sub/b.c
> 
> Now at patch one.patch
END
golden 'push: what is applied' 1 push -d t one << 'END'
gridpatch: patch 'one.patch' is currently applied
END
golden 'pop: no number of patches' 1 pop -d t 0 << 'END'
gridpatch: 0 patches were asked for: no patch removed
END
golden 'pop: what is on top' 1 pop -d t one << 'END'
gridpatch: patch 'one.patch' is on top already: no patch removed
END
golden 'pop: what is not applied' 1 pop -d t two << 'END'
gridpatch: patch 'two' is not applied
END
cp t/patches/series series.kept
cp t/patches/two.patch t/patches/two.diff
echo two.diff >> t/patches/series
golden 'push: a short name of two' 1 push -d t two << 'END'
gridpatch: 'two' may be 2 patches of the series: give the whole name, as 'two.diff' is one
END
cp t/.pc/applied-patches applied.kept
printf 'one.diff\n' >> t/.pc/applied-patches
golden 'pop: a short name of two' 1 pop -d t one << 'END'
gridpatch: 'one' may be 2 applied patches: give the whole name, as 'one.diff' is one
END
mv applied.kept t/.pc/applied-patches
mv series.kept t/patches/series
rm t/patches/two.diff
golden 'push -v -a' 0 push -v -d t -a << 'END'
> Applying patch two.patch
> patching file sub/new
> Hunk #1 succeeded at 1.
> patching file a.c
> Hunk #1 succeeded at 10 (offset 1 line).
> 
> Applying patch none.patch
> Patch none.patch appears to be empty; applied
> 
> Now at patch none.patch
END
golden 'applied' 0 applied -d t << 'END'
> one.patch
> two.patch
> none.patch
END
for all in '' -a 5; do
    golden "push $all: nothing left" 1 push -d t $all << 'END'
gridpatch: file series fully applied, ends at patch 'none.patch'
END
done
golden 'pop 2' 0 pop -d t 2 << 'END'
> Patch none.patch appears to be empty, removing
> 
> Removing patch two.patch
> Removing sub/new
> Restoring a.c
> 
> Now at patch one.patch
END
golden 'pop' 0 pop -d t << 'END'
> Removing patch one.patch
> Restoring a.c
> Restoring sub/b.c
> 
> No patches applied
END
cat > t/patches/one.patch << 'END'
diff --git a/a.c b/moved.c
rename from a.c
rename to moved.c
diff --git a/sub/b.c b/copy.c
copy from sub/b.c
copy to copy.c
diff -u a/sub/b.c b/sub/b.c
--- a/sub/b.c
+++ b/sub/b.c
@@ -3,3 +3,3 @@
 x 1
-x 2
+y 2
 z 3
END
golden 'push: renamed, copied, moved' 0 push -d t << 'END'
> Applying patch one.patch
> patching file moved.c (renamed from a.c)
> patching file copy.c (copied from sub/b.c)
> patching file sub/b.c
> Hunk #1 succeeded at 1 with fuzz 1 (offset -2 lines).
> 
> Now at patch one.patch
END
fresh
golden 'push -q' 0 push -q -d t < /dev/null
run push --json -d t
json_same 'push --json' '{"type":"gridpatch.push","schema":2,"ok":true,"exit":0,"patches":[{"set":"patches","patch":"two.patch","already":false,"notes":[],"files":[{"path":"sub/new","operation":"created","fits":true,"already":false,"hunks":[{"ok":true,"line":1,"offset":0,"fuzz":0}]},{"path":"a.c","operation":"changed","fits":true,"already":false,"hunks":[{"ok":true,"line":10,"offset":1,"fuzz":0}]}]}],"applied":["one.patch","two.patch"],"why":null}'
before=$(state)
for verb in push pop; do
    golden "$verb --json into nowhere" 4 $verb -d t --json=no/where << 'END'
gridpatch: cannot write into 'no': No such file or directory
END
    unchanged "$verb --json into nowhere"
done
run applied --json -d t
json_same 'applied --json' '{"type":"gridpatch.applied","schema":2,"ok":true,"exit":0,"applied":["one.patch","two.patch"]}'
run pop --json -d t
json_same 'pop --json' '{"type":"gridpatch.pop","schema":2,"ok":true,"exit":0,"popped":[{"patch":"two.patch","restored":["a.c"],"removed":["sub/new"],"lost":false}],"applied":["one.patch"]}'
sed -i 's/^line 11/LINE 11/' t/a.c
before=$(state)
golden 'push: a hunk does not match' 1 push -d t << 'END'
  a.c: hunk 1 (line 7 of the patch) was expected at line 9; nearest place: line 10, where 2 of 3 lines agree
    line 11 expected: line 11
    line 11 found:    LINE 11
gridpatch: patches: 'two.patch': hunk 1 of 'a.c' does not match near line 9 (1 of 1 fail)
END
unchanged 'push: a hunk does not match'
run push --json -d t
json_same 'the same with --json' '{"type":"gridpatch.push","schema":2,"ok":false,"exit":1,"reason":"hunk","error":"'"patches: 'two.patch': hunk 1 of 'a.c' does not match near line 9 (1 of 1 fail)"'","patches":[{"set":"patches","patch":"two.patch","already":false,"notes":[],"files":[{"path":"sub/new","operation":"created","fits":true,"already":false,"hunks":[{"ok":true,"line":1,"offset":0,"fuzz":0}]},{"path":"a.c","operation":"changed","fits":false,"already":false,"hunks":[{"ok":false,"line":0,"offset":0,"fuzz":0}]}]}],"applied":null,"why":"a.c: hunk 1 (line 7 of the patch) was expected at line 9; nearest place: line 10, where 2 of 3 lines agree\n  line 11 expected: line 11\n  line 11 found:    LINE 11\n"}'
golden 'pop: changed after it' 1 pop -d t << 'END'
gridpatch: patch 'one.patch' needs refresh: 'a.c' was changed after it; 'quilt refresh' does that
END
unchanged 'pop: changed after it'
run pop --json -d t
json_same 'the same with --json' '{"type":"gridpatch.pop","schema":2,"ok":false,"exit":1,"reason":"no","error":"'"patch 'one.patch' needs refresh: 'a.c' was changed after it; 'quilt refresh' does that"'","popped":[],"applied":null}'
# pushed N: t with N patches applied.
pushed() {
    fresh
    run push -q -d t "$1"
}
pushed 1
echo junk > t/patches/one.patch
golden 'pop: the patch is none any more' 1 pop -d t << 'END'
gridpatch: cannot check patch 'one.patch' before taking it back: patches: 'one.patch': no diff found; put that right, or let 'quilt refresh' write the patch anew
END
rm t/patches/one.patch
golden 'pop: the patch is gone' 1 pop -d t << 'END'
gridpatch: patch 'one.patch' cannot be taken back: its file 't/patches/one.patch' is gone, and what it did to 'a.c' would be lost; put it back, or let 'quilt refresh' write it anew
END
pushed 1
sed -i 's/line 5/line 55/' t/patches/one.patch
golden 'pop: the patch was changed' 1 pop -d t << 'END'
gridpatch: patch 'one.patch' is not what was applied: hunk 1 of 'a.c' does not match near line 4 (1 of 1 fail); put it back as it was, or let 'quilt refresh' write it anew
END
pushed 1
rm -r t/.pc/one.patch
expect_status 'pop: what was kept is gone' 1 pop -d t
says 'it says what that means' "gridpatch: patch 'one.patch' had no records in '.pc': it is off the list of applied patches, and what it changed is still in the files; 'gridpatch apply -R' may take it back"
pushed 1
: > t/.pc/one.patch~refresh
golden 'pop: forced' 1 pop -d t << 'END'
gridpatch: patch 'one.patch' needs refresh: it was forced; 'quilt refresh' does that
END
golden 'push: forced' 1 push -d t << 'END'
gridpatch: patch 'one.patch' needs refresh: it was forced; 'quilt refresh' does that
END
fresh
mkdir t/doc
echo x > t/doc/x
printf -- '--- a/doc/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n' > t/patches/one.patch
run push -q -d t
mkdir -p t/doc/x
golden 'pop: a directory is in the way' 3 pop -d t << 'END'
gridpatch: patch 'one.patch': 'doc/x' is a directory
END
pushed 1
printf 'two.patch\n' > t/patches/series
golden 'push: another series' 1 push -d t << 'END'
gridpatch: the series file no longer matches the applied patches ('one.patch'); run 'gridpatch pop -a'
END
fresh
: > t/patches/series
golden 'push: no patches' 1 push -d t << 'END'
gridpatch: no patches in series
END
echo 'one.patch -Q' > t/patches/series
golden 'push: a bad series' 3 push -d t << 'END'
gridpatch: 't/patches/series': line 1: unknown option '-Q'
END
rm t/patches/series
golden 'push: no series' 4 push -d t << 'END'
gridpatch: no series file found: 't/patches/series'
END
mkdir t/patches/series
golden 'push: a series that is a folder' 3 push -d t << 'END'
gridpatch: 't/patches/series' is not a regular file
END
fresh
rm t/patches/one.patch
golden 'push: no such file' 4 push -d t << 'END'
gridpatch: patch 't/patches/one.patch' does not exist
END
mv t/patches/two.patch t/patches/two.patch.lzma
printf 'two.patch.lzma\n' > t/patches/series
golden 'push: .lzma' 3 push -d t << 'END'
gridpatch: 't/patches/two.patch.lzma': .lzma and .lz are not supported; unpack it first
END
fresh
cp t/patches/one.patch .
run apply -q -d t -p1 one.patch
golden 'push: what is there already' 1 push -d t << 'END'
gridpatch: patch 'one.patch' can be reverse-applied: it is there already; take it out of the series, or out of the tree with 'gridpatch apply -R'
END
fresh
sed -i 's/^x 1$/y 1/' t/sub/b.c
golden 'push: what is partly there' 1 push -d t << 'END'
gridpatch: patch 'one.patch' does not apply: its change to 'sub/b.c' is there already
END
pushed 1
mkdir t/patches/one
printf 'one.patch\none.patch/x\n' > t/patches/series
rm t/patches/one.patch
mkdir t/patches/one.patch
: > t/patches/one.patch/x
golden 'push: names that lie in one another' 3 push -d t << 'END'
gridpatch: patch 'one.patch/x' would share a folder of '.pc' with 'one.patch'
END

# --- records that are none -----------------------------------------------------------

pushed 1

mkdir series.d
cp base/patches/* series.d
golden 'apply --quilt of another folder' 1 apply -d t --quilt series.d << 'END'
gridpatch: 't' has patches of 'patches' applied, not of 'series.d'
END
rm t/.pc/.quilt_patches
golden 'apply --quilt, and nobody knows of which folder' 1 apply -d t --quilt series.d << 'END'
gridpatch: 't' has patches of '?' applied, not of 'series.d'
END
printf 'one\ntwo\n' > t/.pc/.quilt_patches
for verb in 'apply --quilt series.d' push pop applied; do
    golden "$verb: a name of two lines" 3 $verb -d t << 'END'
gridpatch: 't': '.pc/.quilt_patches' is not one line
END
done
pushed 1
echo './one.patch' > t/.pc/applied-patches
golden 'a name that is not plain' 3 pop -d t << 'END'
gridpatch: 't': '.pc/applied-patches': the name './one.patch' is not in its plain form
END
echo ../one.patch > t/.pc/applied-patches
golden 'a name that climbs' 3 pop -d t << 'END'
gridpatch: 't': '.pc/applied-patches': path '../one.patch' climbs out of the tree
END
echo 3 > t/.pc/.version
golden 'a newer format' 3 applied -d t << 'END'
gridpatch: 't': '.pc' has version 3, known is 2
END
rm t/.pc/.version
golden 'an older format' 3 push -d t << 'END'
gridpatch: 't': an old version of quilt made '.pc'; 'quilt upgrade' converts it
END
fresh
: > t/.pc
golden '.pc is a file' 3 push -d t << 'END'
gridpatch: 't/.pc' is not a directory
END
rm t/.pc
ln -s ../series.d t/.pc
golden '.pc is a symlink' 3 applied -d t << 'END'
gridpatch: 't/.pc' is not a directory
END
fresh
golden 'apply --quilt' 0 apply -d t --quilt t/patches << 'END'
> set        t/patches
>   one.patch
>     changed a.c: 1 hunk
>     changed sub/b.c: 1 hunk
>   two.patch
>     created sub/new: 1 hunk
>     changed a.c: 1 hunk, 1 at an offset (up to 1 line)
>   none.patch
> changed    3 files
END
if $nobody true 2> /dev/null; then
    pushed 1
    chown -R 65534 t
    chmod 000 t/.pc/one.patch
    by=$nobody
    golden 'what was kept may not be read' 4 pop -d t << 'END'
gridpatch: cannot open directory 't/.pc/one.patch': Permission denied
END
    by=
else
    skip 'what was kept may not be read' 'needs setpriv and root'
fi
finish
