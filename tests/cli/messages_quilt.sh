#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2154 # lib.sh sets the rest; $by is words
# What push, pop and applied say, and apply --quilt.
# tests: ops/quilt/quilt_push ops/quilt/quilt_pop ops/quilt/quilt_where
. "$(dirname "$0")/lib.sh"
. "$fx/golden.sh"

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
