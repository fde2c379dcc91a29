#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2015,SC2154 # lib.sh is found at run time and sets the rest
# `gridpatch apply` of patches whose results wait on the disk, and of packed
# patches: the tree that GNU patch makes, or the tree as it was.
# tests: ops/patch/patchfile ops/tree/tree ops/tree/commit
. "$(dirname "$0")/lib.sh"

command -v patch > /dev/null && command -v diff > /dev/null || {
    skip 'apply of large patches' 'needs patch and diff'
    finish
}

# same_as DIR WANT: the same names, types, modes and bytes; nothing left behind.
same_as() {
    diff -r "$1" "$2" && [ "$(modes "$1")" = "$(modes "$2")" ] &&
        [ -z "$(find "$1" -name '*gridpatch*' -o -name '*.orig' -o -name '*.rej' -o -name '.*' ! -name .)" ]
}
modes() { (cd "$1" && find . -printf '%y %m %p\n' | sort -k3); }
fresh() {
    rm -rf t
    cp -Rp base t
}
# patched DIR PATCH…: DIR as GNU patch leaves it.
patched() {
    dir=$1
    shift
    rm -rf "$dir"
    cp -Rp base "$dir"
    cat "$@" | patch -s -f -p1 --no-backup-if-mismatch -d "$dir" > patch.log 2>&1 ||
        not_ok "GNU patch takes $*: $(head -n 1 patch.log)"
}

# --- more than 16 MB of results -----------------------------------------------------

# make_tree N: base, N files of 500 kB, and patches over them: first.patch has 20
# hunks for each, and then the first file, whose result is in memory, and the last,
# whose result is not, once more. second.patch works on its results, last.patch
# does not match in the last file.
make_tree() {
    awk -v files="$1" 'function name(i) { return sprintf("d%d/f%02d.c", i % 7, i) }
    function text(i, k) { return sprintf("file %02d, line %06d: some text", i, k) }
    function head(out, i) { printf "--- a/%s\n+++ b/%s\n", name(i), name(i) > out }
    # Line k becomes the lines of new; before lines have been added above.
    function hunk(out, i, k, before, old, new, n) {
        n = gsub(/\n/, "\n+", new)
        printf "@@ -%d,3 +%d,%d @@\n %s\n-%s\n+%s\n %s\n", k - 1 + before, k - 1 + before, 3 + n,
            text(i, k - 1), old, new, text(i, k + 1) > out
        return n
    }
    BEGIN {
        for (i = 0; i < 7; i++)
            system("mkdir -p base/d" i)
        for (i = 1; i <= files; i++) {
            file = "base/" name(i)
            for (k = 1; k <= 15500; k++)
                print text(i, k) > file
            close(file)
            head("first.patch", i)
            head("second.patch", i)
            for (k = 500; k <= 10000; k += 500) {
                hunk("first.patch", i, k, k / 500 - 1, text(i, k), "changed " k "\nadded " k)
                hunk("second.patch", i, k - 200, k / 500 - 1, text(i, k - 200), "twice " k)
            }
            head("last.patch", i)
            hunk("last.patch", i, 15000, 20, i == files ? "no such line" : text(i, 15000), "three " i)
        }
        for (i = 1; i <= files; i += files - 1) {
            head("first.patch", i)
            hunk("first.patch", i, 12000, 20, text(i, 12000), "the same file again")
        }
    }'
}
make_tree 45
check 'the tree is larger than what is kept in memory' test "$(cat base/*/* | wc -c)" -gt 22000000

patched theirs first.patch
fresh
expect_status 'a large patch, two files named twice' 0 apply -d t -p1 first.patch
check 'it is the tree that GNU patch makes, and nothing is left' same_as t theirs
check 'both files have both changes' test "$(grep -l 'the same file again' t/d1/f01.c t/d3/f45.c | wc -l)$(
    grep -c '^added' t/d3/f45.c)" = 220
says 'the report names each file' '    changed d3/f45.c: 20 hunks' out
says 'and counts it once' 'changed    45 files' out
expect_status 'a second time' 0 apply -d t first.patch -p1
check 'changes nothing' same_as t theirs
expect_status '-R' 0 apply -q -R -d t -p1 first.patch
check '-R brings the old tree back' same_as t base
expect_status '--dry-run' 0 apply -q -n -d t -p1 first.patch
check '--dry-run changes nothing, and leaves nothing' same_as t base

patched both first.patch second.patch
mkdir set
cp first.patch second.patch last.patch set
printf 'first.patch\nsecond.patch\n' > set/series
fresh
expect_status 'a series: the second patch reads what waits on the disk' 0 apply -q -d t set
check 'it is the tree that GNU patch makes' same_as t both
expect_status 'a series, -R' 0 apply -q -R -d t set
check 'the old tree is back' same_as t base
expect_status 'two patches by name' 0 apply -q -d t -p1 first.patch second.patch
check 'the same tree' same_as t both

fresh
cp -Rp set t/patches
expect_status 'push -a' 0 push -q -d t -a
rm -rf t/patches.kept
mv t/patches kept.patches
mv t/.pc kept.pc
check 'push -a: the same tree' same_as t both
mv kept.patches t/patches
mv kept.pc t/.pc
expect_status 'pop -a' 0 pop -q -d t -a
rm -rf t/patches t/.pc
check 'pop -a: the old tree is back' same_as t base

# --- nothing, when anything fails -----------------------------------------------------

fresh
expect_status 'the last hunk of a series does not match' 1 apply -d t -p1 first.patch second.patch last.patch
says 'it is named' "hunk 1 of 'd3/f45.c' does not match near line 15019 (1 of 1 fail)"
check 'the tree is as it was' same_as t base
expect_status 'the same with rejects' 1 apply -q -d t -p1 --rejects rej first.patch second.patch last.patch
check 'there is one, beside the tree' test "$(find rej -type f)" = rej/d3/f45.c.rej
check 'the tree is as it was' same_as t base
echo last.patch >> set/series
expect_status 'the same as a folder' 1 apply -q -d t set
check 'the tree is as it was' same_as t base

# A file may be 2 MB long and no longer: each result fits, the temporary file does not.
(
    trap '' XFSZ
    ulimit -f 4096
    run apply -d t -p1 first.patch
    echo "$status" > limited
)
if [ "$(cat limited)" = 0 ]; then
    skip 'the temporary file cannot grow' 'this file system has no unnamed files'
else
    check 'the temporary file cannot grow: exit 4' test "$(cat limited)" = 4
    says 'it says why' 'temporary file'
    check 'the tree is as it was' same_as t base
fi

if setpriv --reuid=65534 --regid=65534 --clear-groups true 2> /dev/null; then
    fresh
    mkdir own
    chown -R 65534:65534 t own
    cp "$GRIDPATCH" own/gp 2> /dev/null
    chmod 0555 t
    if setpriv --reuid=65534 --regid=65534 --clear-groups own/gp apply -q -n -d t -p1 first.patch 2> err; then
        ok 'a directory that has no room for the temporary file: memory must do'
    else
        not_ok 'a directory that has no room for the temporary file: memory must do'
    fi
    chmod 0755 t
else
    skip 'a directory that has no room for the temporary file' 'needs setpriv and root'
fi

# --- packed patches --------------------------------------------------------------------

# Three files are enough here.
rm -rf base theirs both
make_tree 3
patched theirs first.patch
patched both first.patch second.patch

# as_unpacked WHAT PATCH: the same tree as GNU patch makes of first.patch.
as_unpacked() {
    fresh
    expect_status "$1" 0 apply -q -d t -p1 "$2"
    check "$1: the tree is GNU patch's" same_as t theirs
}
mkdir packed
for kind in gz:gzip bz2:bzip2 xz:xz; do
    end=${kind%%:*} tool=${kind##*:}
    command -v "$tool" > /dev/null || {
        skip "a patch packed as .$end" "needs $tool"
        continue
    }
    $tool -1 -c < first.patch > "first.patch.$end"
    as_unpacked ".$end" "first.patch.$end"
    # The level is found out as for a plain one.
    fresh
    expect_status ".$end without -p" 0 apply -q -d t "first.patch.$end"
    check ".$end without -p: the tree is GNU patch's" same_as t theirs
    expect_status ".$end, -R" 0 apply -q -R -d t -p1 "first.patch.$end"
    check ".$end, -R: the old tree is back" same_as t base
    # Several streams one behind the other, as `cat` makes them.
    { head -n 100 first.patch | $tool -1 -c; tail -n +101 first.patch | $tool -1 -c; } > "parts.$end"
    as_unpacked ".$end of two parts" "parts.$end"

    cp "first.patch.$end" packed
    $tool -c < second.patch > "packed/second.patch.$end"
    printf 'first.patch.%s\n# then\nsecond.patch.%s -p1\n' "$end" "$end" > packed/series
    fresh
    expect_status "a folder with .$end" 0 apply -q -d t packed
    check "a folder with .$end: the tree is GNU patch's" same_as t both

    # Damaged: cut, one byte changed, something else behind the name.
    fresh
    size=$(stat -c %s "first.patch.$end")
    head -c $((size / 2)) "first.patch.$end" > "cut.$end"
    expect_status ".$end cut off" 3 apply -d t -p1 "cut.$end"
    says ".$end cut off: the file is named" "'cut.$end'"
    cp "first.patch.$end" "bad.$end"
    for at in 60 50 40; do
        printf '\377\0\377\0' | dd of="bad.$end" bs=1 seek=$((size * at / 100)) conv=notrunc 2> /dev/null
    done
    expect_status ".$end damaged" 3 apply -d t -p1 "bad.$end"
    says ".$end damaged: the file is named" "'bad.$end'"
    cp first.patch "plain.$end"
    expect_status "plain text named .$end" 3 apply -d t -p1 "plain.$end"
    cp "cut.$end" "packed/second.patch.$end"
    expect_status "a folder with a damaged .$end" 3 apply -d t packed
    says "a folder with a damaged .$end: the file is named" "second.patch.$end"
    check ".$end damaged: the tree is as it was" same_as t base
done
fresh
if command -v gzip > /dev/null; then
    # A name says how it is packed, not what is inside.
    cp first.patch.gz packed/named.patch
    expect_status 'a packed patch without the ending' 3 apply -d t -p1 packed/named.patch
    : > empty.gz
    expect_status 'an empty .gz' 3 apply -d t -p1 empty.gz
    : | gzip -c > nothing.gz
    expect_status 'a .gz of nothing' 3 apply -d t -p1 nothing.gz
fi
for end in lzma lz; do
    cp first.patch "first.patch.$end"
    expect_status ".$end" 3 apply -d t -p1 "first.patch.$end"
    says ".$end: it says why" 'not supported; unpack it first'
    says ".$end: the file is named" "first.patch.$end"
done
if command -v lzma > /dev/null; then
    lzma -1 -c < second.patch > packed/second.patch.lzma
    printf 'second.patch.lzma\n' > packed/series
    expect_status 'a folder with .lzma' 3 apply -d t packed
fi
check 'what was refused changed nothing' same_as t base
finish
