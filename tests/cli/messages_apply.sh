#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2154 # lib.sh sets the rest; $by is words
# What apply says: what was done, what was wrong with the command line, and what cannot
# be found or read. Patches that are none: tests/data/patch.
# tests: ops/patch/patchfile ops/quilt/applyrun
. "$(dirname "$0")/lib.sh"
. "$fx/golden.sh"

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
gridpatch: --strip: 'one' is not a number from 0 to 1000
END
golden '-F is no number' 2 apply -d t -F -1 good.patch << 'END'
gridpatch: --fuzz: '-1' is not a number from 0 to 1000
END
golden '-p is no small number' 2 apply -d t -p 1001 good.patch << 'END'
gridpatch: --strip: '1001' is not a number from 0 to 1000
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

# --- series --------------------------------------------------------------------------

fresh
printf '1.patch\nno.patch\n' > set/series
golden 'a patch is missing' 4 apply -d t set << 'END'
gridpatch: patch 'set/no.patch' does not exist
END
echo '1.patch -Q' > set/series
golden 'an option of a series' 3 apply -d t set << 'END'
gridpatch: 'set/series': line 1: unknown option '-Q'
END
: > set/series
golden 'an empty series' 0 apply -d t set << 'END'
> changed    0 files
END
finish
