#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# The index of an installer: it spares the decoding and nothing else.
# tests: ops/run/runindex
# slow: 20 s
. "$(dirname "$0")/lib.sh"

sh "$fx/hooks.sh" hooks
XDG_CACHE_HOME=$work/cache
export XDG_CACHE_HOME
index=$work/cache/gridpatch
opts="$k --hooks $work/hooks -f"
sh "$fx/sample.sh" s
head -c 700000 /dev/urandom > s/blob
echo text > s/plain.txt
for c in gzip xz zstd bzip2; do
    sh "$fx/mkrun.sh" --compress $c s $c.run
done
sh "$fx/mkrun.sh" --compress none s plain.run

# used FILE: did this run (its --json) go without decoding?
used() { test "$(jq -r .index "$1")" = true; }

for c in gzip xz zstd plain; do
    rm -rf "$index"
    expect_status "$c: the first time" 0 $opts --json=first.json $c.run -o first.run
    refute "$c: it was decoded" used first.json
    check "$c: there is an index" test "$(ls "$index" | wc -l)" -eq 1
    expect_status "$c: again" 0 $opts -v --json=again.json $c.run -o again.run
    check "$c: it was not decoded" used again.json
    says "$c: says so" 'nothing decoded (index)' out
    check "$c: the same bytes" cmp first.run again.run
    check "$c: its sums are right" sh ./again.run --check
    expect_status "$c: another kernel" 0 -k 5.10.46 --no-hooks -f --json=other.json $c.run -o other.run
    check "$c: that needs no decoding either" used other.json
    expect_status "$c: --no-cache" 0 $opts --no-cache --json=nocache.json $c.run -o nocache.run
    refute "$c: --no-cache decodes" used nocache.json
    check "$c: --no-cache: the same bytes" cmp first.run nocache.run
done
check 'only the owner may look into it' test "$(stat -c %a "$index")$(stat -c %a "$index"/*)" = 700600

rm -rf "$index"
expect_status '--no-cache' 0 $opts --no-cache gzip.run -o nocache.run
refute '--no-cache keeps none' test -e "$index"
expect_status '-n' 0 $opts -n gzip.run
refute '-n keeps none' test -n "$(ls "$index" 2> /dev/null)"

# A full repack decodes anyway; the sums are checked on the way.
expect_status 'full, first' 0 $opts --repack full gzip.run -o full1.run
expect_status 'full, again' 0 $opts --repack full gzip.run -o full2.run
check 'full: the same bytes' cmp full1.run full2.run
expect_status 'bzip2, first' 0 $opts bzip2.run -o bz1.run
expect_status 'bzip2, again' 0 $opts bzip2.run -o bz2.run
check 'bzip2: the same bytes' cmp bz1.run bz2.run

# --- an index that is wrong -----------------------------------------------------

rm -rf "$index"
run $opts xz.run -o want.run
file=$(ls "$index"/*)
cp "$file" good.index
size=$(stat -c %s good.index)
bad=
for i in $(seq 0 24); do
    at=$((i * (size - 1) / 24))
    cp good.index "$file"
    byte=$(od -An -tu1 -j $at -N 1 "$file" | tr -d ' ')
    printf "\\$(printf %03o $(((byte + 1) % 256)))" | dd of="$file" bs=1 seek=$at conv=notrunc 2> /dev/null
    run $opts --json=x.json xz.run -o x.run
    { [ "$status" -eq 0 ] && cmp -s want.run x.run && ! used x.json; } || bad="$bad byte $at: exit $status;"
    # A wrong one is replaced by a right one.
    cmp -s good.index "$file" || bad="$bad byte $at: not replaced;"
done
check "an index with a wrong byte counts as none ($bad)" test -z "$bad"
bad=
for n in 0 1 17 18 19 100 150 200 $((size / 2)) $((size - 1)); do
    head -c "$n" good.index > "$file"
    run $opts --json=x.json xz.run -o x.run
    { [ "$status" -eq 0 ] && cmp -s want.run x.run && ! used x.json; } || bad="$bad $n bytes: exit $status;"
done
check "so does a shorter one ($bad)" test -z "$bad"
{ cat good.index; echo; } > "$file"
expect_status 'a longer one' 0 $opts --json=x.json xz.run -o x.run
refute 'a longer one counts as none' used x.json
# The index of another installer under this one's name.
run $opts zstd.run -o z.run
for f in "$index"/*; do [ "$f" = "$file" ] || cp "$f" "$file"; done
expect_status "another installer's" 0 $opts --json=x.json xz.run -o x.run
refute "another installer's counts as none" used x.json
check 'and the output is right' cmp want.run x.run
rm -rf "$index"
mkdir -p "$file"
expect_status 'a directory of that name' 0 $opts xz.run -o x.run
rm -rf "$index"
mkdir -p "$index"
ln -s "$work/good.index" "$file"
expect_status 'a symlink of that name' 0 $opts --json=x.json xz.run -o x.run
refute 'a symlink counts as none' used x.json
rm -rf "$index"
mkdir -p "$index"
cp good.index "$file"
chmod 0666 "$file"
run $opts --json=x.json xz.run -o x.run
refute 'one that others may write counts as none' used x.json
rm -rf "$index"
mkdir -p "$index"
cp good.index "$file"
chmod 0644 "$file"
chmod 0777 "$index"
run $opts --json=x.json xz.run -o x.run
refute 'so does a directory that others may write' used x.json
chmod 0700 "$index"
if [ "$(id -u)" -eq 0 ]; then
    chown 12345 "$file"
    run $opts --json=x.json xz.run -o x.run
    refute "so does somebody else's" used x.json
else
    skip "somebody else's index" 'needs root'
fi

# --- an installer that is wrong, with an index of the right one -------------------

for c in gzip xz zstd plain; do
    rm -rf "$index"
    run $opts $c.run -o ok.run
    for mode in splice full; do
        cp $c.run bad.run
        n=$(stat -c %s bad.run)
        printf 'XYZ' | dd of=bad.run bs=1 seek=$((n - 300000)) conv=notrunc 2> /dev/null
        rm -f out.run
        expect_status "$c, $mode: changed behind the index" 3 $opts --repack $mode bad.run -o out.run
        refute "$c, $mode: no output" test -e out.run
        refute "$c, $mode: nothing left behind" sh -c 'ls -A | grep gridpatch-'
    done
    head -c $((n - 5000)) $c.run > bad.run
    expect_status "$c: cut off" 3 $opts bad.run -o out.run
    refute "$c: no output of it" test -e out.run
done

# --- what an index does not have -------------------------------------------------

rm -rf "$index"
run $opts gzip.run -o ok.run
mkdir own
echo p.patch > own/series
printf -- '--- a/plain.txt\n+++ b/plain.txt\n@@ -1 +1 @@\n-text\n+changed\n' > own/p.patch
expect_status "a patch of a file that no index keeps" 0 $opts --patches own --json=x.json gzip.run -o own.run
refute 'decodes' used x.json
unrun own.run own.x
check 'and is right' grep -q changed own.x/plain.txt
run $opts --patches own --json=x.json gzip.run -o own2.run
check 'the next time it is there' used x.json
check 'the same bytes' cmp own.run own2.run

# --- where it cannot be -----------------------------------------------------------

expect_status 'no home' 0 $opts gzip.run -o h.run
(unset XDG_CACHE_HOME HOME && "$GRIDPATCH" $opts gzip.run -o h.run > out 2> err)
check 'neither HOME nor XDG_CACHE_HOME' test $? -eq 0
XDG_CACHE_HOME=/dev/null "$GRIDPATCH" $opts gzip.run -o h.run > out 2> err
check 'a cache directory that cannot be made' test $? -eq 0
(unset XDG_CACHE_HOME && "$GRIDPATCH" $opts gzip.run -o h.run > out 2> err)
check '~/.cache' test -n "$(ls "$HOME/.cache/gridpatch")"
# Old ones go when there are too many bytes.
rm -rf "$index"
mkdir -p "$index"
for i in 1 2 3; do
    truncate -s 200M "$index/$i.index"
    touch -d "2020-01-0$i" "$index/$i.index"
done
echo mine > "$index/other"
run $opts gzip.run -o ok.run
refute 'the oldest is gone' test -e "$index/1.index"
check 'the others are not' test -e "$index/2.index" -a -e "$index/3.index" -a -e "$index/other"
finish
