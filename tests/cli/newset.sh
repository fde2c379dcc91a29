#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# new-set: a set from nothing to a clean lint-set. quilt and GNU patch judge.
# tests: ops/lint/newset ops/lint/refresh
. "$(dirname "$0")/lib.sh"
export HOME="$work"

make_sample host --version 595.71.03
osi=kernel/nvidia/os-interface.c
# body FILE: what stands behind the header.
body() { sed -n '/^--- /,$p' "$1"; }
# fill: the header as its author writes it.
fill() {
    sed -i -e 's/^Description: .*/Description: nvidia: let copied pieces overlap/' \
        -e 's/^ Which kernel .*/ memcpy() takes no overlapping pieces since 9.9./' \
        -e 's/TODO: written from/gridpatch; written from/' "$1"
}

# --- begun --------------------------------------------------------------------------
expect_status 'begin' 0 new-set own --from host -k 9.9.1
says 'where it is' 'begun      own/tree has the sources' out
says 'what comes next' 'gridpatch new-set own --finish -C own' out
check 'the sources are the package'\''s' diff -r -x '*_binary' host/kernel own/orig/kernel
check 'twice' diff -r -x .pc -x '*_binary' own/orig own/tree
check 'with the blob, so that they build' cmp host/kernel/nvidia/nv-kernel.o_binary own/tree/kernel/nvidia/nv-kernel.o_binary
check 'the header has a Scope' grep -q '^Scope: neutral$' own/patches/own/own.patch
check 'nothing else is left' test "$(find . -maxdepth 1 -name '.*gridpatch*' | wc -l)" -eq 0
expect_status 'nothing was changed yet' 1 new-set own --finish
says 'that is said' "nothing has changed in 'own/tree'" err
expect_status 'begun twice' 1 new-set own --from host -k 9.9.1
expect_status 'by its name it is not another one' 1 new-set other --finish -C own

# --- with quilt ---------------------------------------------------------------------
edit() { sed -i 's/memcpy(to, from, length);/memmove(to, from, length);/' "$1"; }
if command -v quilt > /dev/null; then
    (cd own/tree && quilt --quiltrc - top) > got
    check 'quilt knows the patch' grep -qx 'own.patch\|../patches/own/own.patch' got
    (cd own/tree && quilt --quiltrc - add $osi && edit $osi \
        && quilt --quiltrc - refresh -p ab --no-timestamps --no-index) > said 2>&1
    check 'quilt writes it' test $? -eq 0
    body own/patches/own/own.patch > by-quilt
    expect_status 'a header that is not filled in' 1 new-set own --finish
    body own/patches/own/own.patch > by-us
    check 'the patch is as quilt writes it' cmp by-quilt by-us
else
    skip 'the patch is as quilt writes it' 'quilt is missing'
    edit own/tree/$osi
    expect_status 'a header that is not filled in' 1 new-set own --finish
fi
says 'the fields are named' 'Description is not filled in' out
says 'both' 'Origin is not filled in' out
fill own/patches/own/own.patch
expect_status 'finished' 0 new-set own --finish --json=r.json
json_valid r.json new-set
says 'it is clean' 'clean      1 set, ' out
says 'how it is built' "gridpatch build --data own $PWD/host -k 9.9.1" out
check 'the date is of today' grep -qx "Last-Update: $(date -u +%F)" own/patches/own/own.patch
expect_status 'a rule names it' 0 select --data own host -k 9.9.1
says 'the rule counts' 'own (neutral' out

# --- files that nobody told quilt of, new ones, and what is none of it -------------------
printf 'int own;\n' > own/tree/kernel/nvidia/own.c
printf 'no end of line' > own/tree/kernel/nvidia/own.h
rm own/tree/kernel/nvidia/nvidia-sources.Kbuild 2> /dev/null
touch own/tree/kernel/nvidia/own.o own/tree/$osi~ own/tree/$osi.rej
cp own/kernel-versions/9.9 rule
echo '# a word of mine' >> own/kernel-versions/9.9
expect_status 'finished again' 0 new-set own --finish
check 'the rule stays whose it is' grep -q '^# a word of mine$' own/kernel-versions/9.9
cp -R own/orig want
(cd want && patch -s -p1 < ../own/patches/own/own.patch)
check 'GNU patch makes the same of it' diff -r -x .pc -x '*_binary' -x '*.o' -x '*~' -x '*.rej' own/tree want
check 'products and copies of editors are not in it' sh -c '! grep -q "own\.o$\|~$\|\.rej$" own/patches/own/own.patch'
if command -v quilt > /dev/null; then
    cp -R own/tree popped
    mkdir patches && cp -R own/patches/own patches/own
    (cd popped && quilt --quiltrc - pop -a) > said 2>&1
    check 'quilt takes it back' test $? -eq 0
    check 'all of it' diff -r -x .pc -x '*_binary' -x '*.o' -x '*~' -x '*.rej' own/orig popped
fi
expect_status 'an extracted package takes the set' 0 apply -d host own/patches/own -n

# --- a kernel that needs other sets --------------------------------------------------------
make_sample old --version 460.73.01
expect_status '460 on 5.10' 0 new-set more --from old -k 5.10.50 -C deep --json=r.json
json_valid r.json new-set
"$GRIDPATCH" select old -k 5.10.50 --json > s.json
jq -r '.sets[]' r.json | sort > got
jq -r '.selection.cells[0].sets[].set?, .selection.neutral_sets[].set?' s.json | sort -u > all
check 'sets are in it' test -s got
check 'they are of those that select names' test -z "$(comm -23 got all)"
edit deep/tree/$osi
fill deep/patches/more/more.patch
expect_status 'finished over them' 0 new-set more --finish -C deep
check 'the patch has one file' test "$(grep -c '^+++ ' deep/patches/more/more.patch)" -eq 1

# --- an installer ----------------------------------------------------------------------
sh "$fx/mkrun.sh" host x.run
expect_status 'of a .run' 0 new-set ofrun --from x.run -k 9.9.1
check 'the same sources' diff -r own/orig ofrun/orig

# --- no ---------------------------------------------------------------------------------
expect_status 'no driver' 2 new-set a -k 9.9.1
expect_status 'a name that is none' 2 new-set ../a --from host -k 9.9.1
expect_status 'two kernels' 2 new-set a --from host -k 9.9.1 -k 9.9.2
expect_status 'a set of that name is there' 1 new-set no-llseek --from host -k 9.9.1
"$GRIDPATCH" new-set a --from - -k 9.9.1 < x.run > out 2> err
check 'from a pipe' test $? -eq 2
expect_status 'no such driver' 4 new-set a --from none -k 9.9.1
expect_status 'finish what is not begun' 4 new-set a --finish
expect_status 'finish with a driver' 2 new-set own --finish --from host
check 'nothing is left' test ! -e a -a ! -e no-llseek
printf 'a\0b' > own/tree/kernel/nvidia/bin.c
expect_status 'a file that is not text' 3 new-set own --finish
says 'it is named' 'own/tree/kernel/nvidia/bin.c' err
rm own/tree/kernel/nvidia/bin.c
ln -sf /etc/passwd own/tree/$osi
expect_status 'a file that became a link' 3 new-set own --finish
rm own/tree/$osi && cp host/$osi own/tree/$osi
edit own/tree/$osi
sed -i 's/^Kind: .*/Kind: strange/' own/new-set
expect_status 'a damaged record' 3 new-set own --finish
finish
