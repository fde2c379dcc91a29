#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh sets the rest; $k is words
# The files of tests/data: good-* are taken, bad-* and unsupported-* are refused with
# what tests/data/README.md says, which names each of them; nothing is changed or left.
# GNU patch, quilt, bash, sh and modpost judge what is theirs.
# tests: core/diff/diff core/diff/series core/driver/manifest core/payload/runheader
# tests: core/module/symvers core/rules/rule ops/patch/patchfile
. "$(dirname "$0")/lib.sh"
data=$repo/tests/data

# --- the page ------------------------------------------------------------------------

# FOLDER/NAME, a tab, whether GNU patch takes it all the same, a tab, what is said.
awk '/^## / { folder = $2 }
    /^\| (good|bad|unsupported)-/ {
        split($0, col, / *\| */)
        taken = sub(/^GNU patch takes it; /, "", col[4]) ? "taken" : "-"
        gsub(/^`|`$/, "", col[4])
        print folder col[2] "\t" taken "\t" col[4]
    }' "$data/README.md" > page
cut -f1 page | sort > named
(cd "$data" && find . -type f ! -path './releases' ! -path ./README.md ! -path './*/tree/*' | sed 's,^\./,,' | sort) > files
check 'the page names each file, and no other' diff files named
refute 'no file is named in another way' grep -v '/\(good\|bad\|unsupported\)-' files

# taken WHAT [SAYS]: the last run took it, and said this.
taken() {
    if [ "$status" -ne 0 ]; then
        not_ok "$1: exit $status instead of 0"
    elif [ -n "$2" ] && ! grep -qF -- "$2" out; then
        not_ok "$1 does not say '$2'"
    else
        ok "$1"
    fi
}
# refused WHAT SAYS: the last run refused it, in one line.
refused() {
    line=$(grep -v '^gridpatch: warning: ' err)
    case $line in
    "gridpatch: "*"$2") said=y ;;
    *) said=n ;;
    esac
    if [ "$status" -ne 3 ]; then
        not_ok "$1: exit $status instead of 3"
    elif [ $said = n ] || [ "$(echo "$line" | wc -l)" -ne 1 ]; then
        not_ok "$1: it was to say '$2'"
    else
        ok "$1"
    fi
}
# each FOLDER FUNCTION: for each of its files FUNCTION PATH, which runs gridpatch and
# says in $judge whether somebody else takes it: yes, no, or nothing.
each() {
    grep "^$1/" page > rows
    while IFS='	' read -r name how says; do
        judge=
        $2 "$data/$name"
        case ${name##*/} in
        good-*) taken "$name" "$says" ;;
        *) refused "$name" "$says" ;;
        esac
        case $how.${name##*/}.$judge in
        *.good-*.no | taken.*.no) not_ok "$name: the judge refuses it" ;;
        -.bad-*.yes) not_ok "$name: the judge takes it" ;;
        esac
    done < rows
}

# --- patches, for the tree beside them -----------------------------------------------

listing() { (cd "$1" && find . -type f -printf '%m %p ' -exec cksum {} \; | sed 's/ \.[^ ]*$//' | sort -k2); }
give_patch() {
    rm -rf T theirs
    cp -R "$data/patch/tree" T
    cp -R "$data/patch/tree" theirs
    cp "$1" p
    run apply -p1 -d T p
    listing T > got
    if command -v patch > /dev/null; then
        if (cd theirs && TZ=UTC patch -p1 -f -s < ../p) > said 2>&1; then judge=yes; else judge=no; fi
    fi
    # 2.8 loses a blank line of an indented diff that 2.7.6 counts, and reads the next file's
    # head as the hunk's.
    case $(patch --version 2> /dev/null | sed -n 1p).${1##*/} in *' 2.8.good-indented-each.patch') judge= ;; esac
    case ${1##*/} in
    good-*) [ -z "$judge" ] || listing theirs > want ;;
    *) listing "$data/patch/tree" > want ;;
    esac
    [ ! -f want ] || cmp -s got want || not_ok "${1##*/}: the tree is not what it was to be"
    rm -f want
}
each patch give_patch

# --- series of two patches that follow one another -------------------------------------

mkdir set
printf -- '--- a/g\n+++ b/g\n@@ -1 +1 @@\n-x\n+y\n' > set/1.patch
printf -- '--- a/g\n+++ b/g\n@@ -1 +1 @@\n-y\n+z\n' > set/2.patch
give_series() {
    rm -rf T theirs
    cp -R "$data/patch/tree" T
    cp "$1" set/series
    run apply -d T set
    case ${1##*/} in
    good-*)
        command -v quilt > /dev/null || return 0
        cp -R "$data/patch/tree" theirs
        cp -R set theirs/patches
        if (cd theirs && QUILT_PATCHES=patches quilt --quiltrc - push -a -q) > said 2>&1; then judge=yes; else judge=no; fi
        # An empty series is no success for quilt.
        [ -s "$1" ] || judge=
        cmp -s T/g theirs/g || not_ok "${1##*/}: quilt makes another tree"
        ;;
    *) cmp -s T/g "$data/patch/tree/g" || not_ok "${1##*/}: something was changed" ;;
    esac
}
each series give_series

# --- what lies in an installer ---------------------------------------------------------

make_sample good
mkdir good/kernel/patches late
for p in a b; do printf -- '--- /dev/null\n+++ b/kernel/%s.c\n@@ -0,0 +1 @@\n+x\n' $p > good/kernel/patches/$p.patch; done
printf -- '--- /dev/null\n+++ b/kernel/late.c\n@@ -0,0 +1 @@\n+x\n' > late/late.patch
echo late.patch > late/series
cp good/.manifest manifest
cp good/kernel/dkms.conf conf
pack() { rm -f x.run && sh "$fx/mkrun.sh" --comp-args -1 good x.run; }

give_manifest() {
    cp "$1" good/.manifest
    pack
    run info x.run
}
each manifest give_manifest
cp manifest good/.manifest

# Its PATCH[] lines are read when patches for some kernels join them.
give_conf() {
    cat conf "$1" > good/kernel/dkms.conf
    pack
    run $k x.run -n --no-hooks --allow altered --patches late --patch-match '^5'
    command -v bash > /dev/null || return 0
    if bash -n "$1" 2> /dev/null && [ "$(tr -d '\000' < "$1" | wc -c)" -eq "$(wc -c < "$1")" ]; then judge=yes; else judge=no; fi
}
each dkms.conf give_conf

# A stub that is whole has the good payload behind it, and right sums.
skip=$(sed -n '4s/^skip=//p' good.run)
tail -n +"$skip" good.run > payload
give_stub() {
    cat "$1" > x.run
    [ -n "$(tail -c 1 "$1")" ] || cat payload >> x.run
    case ${1##*/} in good-*) resum x.run ;; esac
    run info x.run
    if sh -n "$1" 2> /dev/null; then judge=; else judge=no; fi
}
each stub give_stub

# --- kernel lines ------------------------------------------------------------------------

mkdir -p lines/kernel-versions lines/patches
give_line() {
    cp "$1" lines/kernel-versions/5.12
    run select --driver 460.73.01 $k --data lines
}
each kernel-versions give_line

# --- the symbols of a kernel ---------------------------------------------------------------

cc=${CC:-cc}
command -v ${cc%% *} > /dev/null || { skip 'Module.symvers' 'no compiler'; finish; }
# Debian's modpost is a wrapper that calls another; old ones take any type of export.
modpost=
for m in /usr/lib/linux-kbuild-*/scripts/mod/modpost.real-lsb-64 /usr/src/*/scripts/mod/modpost; do
    if "$m" -i "$data/symvers/good-columns-5" && ! "$m" -i "$data/symvers/bad-export"; then
        modpost=$m
    fi 2> /dev/null
done
[ -n "$modpost" ] || skip 'modpost as the judge' 'the headers of no kernel have it'
module() {
    $cc -c -x c -o "$1.ko" - << C
static const char info[] __attribute__((section(".modinfo"), used)) = "license=GPL\0name=$1\0import_ns=USB\0"
    "vermagic=6.1.0-50-amd64 SMP ";
static const struct { unsigned long long crc; char name[56]; } v[] __attribute__((section("__versions"), used)) = {
    { 2, "printk" }, { 4, "usb_thing" } };
int printk(const char *, ...), usb_thing(void);
int init_module(void) { return $2; }
C
}
module takes 'printk("x") + usb_thing()' && module takes-none 0
mkdir -p symvers/include/linux symvers/include/generated
: > symvers/include/linux/kernel.h
echo '#define CONFIG_MODVERSIONS 1' > symvers/include/generated/autoconf.h
echo '#define UTS_RELEASE "6.1.0-50-amd64"' > symvers/include/generated/utsrelease.h
printf 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 176\n' > symvers/Makefile
give_symvers() {
    cp "$1" symvers/Module.symvers
    if [ -s "$1" ]; then run verify takes.ko --headers symvers; else run verify takes-none.ko --headers symvers; fi
    case ${1##*/} in good-columns-4 | good-namespace-third | good-old-exports | good-twice) return 0 ;; esac
    [ -n "$modpost" ] || return 0
    if "$modpost" -i "$1" > said 2>&1; then judge=yes; else judge=no; fi
    case ${1##*/}.$judge in unsupported-*.no) not_ok "${1##*/}: modpost does not take it either" ;; esac
}
each symvers give_symvers
finish
