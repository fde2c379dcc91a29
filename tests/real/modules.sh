#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# modules.sh: small modules built by kbuild for Debian's 6.1 and 5.10, and Ubuntu's own
# of four kernels, and what `gridpatch verify` says of them beside modinfo, modprobe,
# nm and Module.symvers;
# and the real blob of a driver, linked with a linker script as the hooks' is.
#
#   GRIDPATCH            the program
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

if tool=$(lacks gcc make ld nm modinfo modprobe jq); then
    skip "verify of modules: no $tool"
    finish
    exit
fi

# --- modules -------------------------------------------------------------------

cat > give.c << 'C'
#include <linux/module.h>
int gp_real_give(int x);
int gp_real_give(int x) { return x + 1; }
EXPORT_SYMBOL(gp_real_give);
MODULE_LICENSE("MIT");
MODULE_VERSION("1.2.3");
C
cat > take.c << 'C'
#include <linux/module.h>
#include <linux/kobject.h>
#include <linux/slab.h>
int gp_real_give(int x);
static void *p;
#ifdef TAINT
static struct kobject *k;
#endif
static int __init take_init(void)
{
	p = kmalloc(gp_real_give(100), GFP_KERNEL);
#ifdef TAINT
	k = kobject_create_and_add("gp", NULL);
#endif
	return p ? 0 : -ENOMEM;
}
static void __exit take_exit(void) { kfree(p); }
module_init(take_init);
module_exit(take_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION("1.2.3");
C

# build DIR BUILD_DIR [FLAGS]: gp-give.ko and gp-take.ko.
build() {
    mkdir -p "$1" && cp give.c take.c "$1" && cat > "$1/Kbuild" << K
obj-m := gp-give.o gp-take.o
gp-give-y := give.o
gp-take-y := take.o
ccflags-y := ${3:-}
K
    nice make -C "$2" M="$work/$1" CC=gcc modules
}

# as_modinfo JSON: its fields are those of modinfo.
as_modinfo() {
    for i in 0 1; do
        ko=$(jq -r ".modules[$i].path" "$1")
        for f in version license srcversion vermagic name; do
            [ "$(jq -r ".modules[$i].$f" "$1")" = "$(modinfo -F $f "$ko")" ] || { echo "$ko: $f"; return 1; }
        done
        [ "$(jq -r ".modules[$i].depends | join(\",\")" "$1" | tr - _)" = "$(modinfo -F depends "$ko" | tr - _)" ] &&
            [ "$(jq ".modules[$i].symbol_versions" "$1")" = "$(modprobe --dump-modversions "$ko" | wc -l)" ] &&
            [ "$(jq ".modules[$i].symbols_taken" "$1")" = "$(nm -u "$ko" | grep -c ' [Uw] ')" ] || return 1
    done
}

# differing KO HEADERS: symbols whose version is another one in these headers.
differing() {
    modprobe --dump-modversions "$1" | awk 'NR == FNR { kernel[$2] = $1; next }
        $2 in kernel && kernel[$2] != $1 { print $2 }' "$2/Module.symvers" - | sort
}

# missing KO HEADERS: symbols that neither these nor gp-give.ko have.
missing() {
    nm -u "$1" | awk 'NR == FNR { kernel[$2]; next } $1 == "U" && !($2 in kernel) && $2 != "gp_real_give" { print $2 }' \
        "$2/Module.symvers" - | sort
}

# told JSON KO CHECK: what verify says of the same, the name of each symbol.
told() {
    jq -r --arg ko "${2##*/}" --arg check "$3" \
        '.findings[] | select((.file // "" | sub(".*/"; "")) == $ko and .check == $check and .severity == "error") | .text' "$1" |
        sed "s/^'\([^']*\)'.*/\1/" | sort
}

same_findings() {
    for ko in "$2"/gp-give.ko "$2"/gp-take.ko; do
        differing "$ko" "$3" > want && told "$1" "$ko" crc > got && diff want got &&
            missing "$ko" "$3" > want && told "$1" "$ko" symbol > got && diff want got || return 1
    done
    [ "$(jq '[.findings[] | select(.check == "crc")] | length' "$1")" -gt 0 ]
}

lines=
for line in 6.1 5.10; do
    if ! sh "$here/headers.sh" "$cache" $line > found 2> found.err; then
        skip "modules for $line: $(tail -n 1 found.err)"
        continue
    fi
    read -r _ build_dir _ < found
    check "$line: the modules build" build m$line "$build_dir" || continue
    check "$line: the tainting ones build" build t$line "$build_dir" -DTAINT || continue
    lines="$lines $line"
    ln -sfn "$build_dir" h$line
    check "$line: verify says yes" "$GRIDPATCH" verify m$line/*.ko --headers h$line --driver 1.2.3 || :
    "$GRIDPATCH" verify m$line/gp-give.ko m$line/gp-take.ko --headers h$line --json=$line.json -q || :
    check "$line: no findings" sh -c "jq .findings $line.json; test \$(jq '.findings | length' $line.json) = 0" || :
    check "$line: modinfo, modprobe and nm agree" as_modinfo $line.json || :
    check "$line: vermagic out of the headers is kbuild's" \
        test "$(jq -r .kernel.vermagic $line.json)" = "$(modinfo -F vermagic m$line/gp-give.ko)" || :
    check_says_no "$line: a taint that the kernel refuses" "$GRIDPATCH" verify t$line/*.ko --headers h$line
    cp log said
    check "$line: it is said" grep -q 'taint: .*kobject_create_and_add' said || :
    check_says_no "$line: alone, a symbol is missing" "$GRIDPATCH" verify m$line/gp-take.ko --headers h$line
    cp log said
    check "$line: it is said" grep -q "symbol: 'gp_real_give'" said || :
done
if [ "$lines" = ' 6.1 5.10' ]; then
    for pair in 6.1:5.10 5.10:6.1; do
        of=${pair%:*} on=${pair#*:}
        check_says_no "those of $of on $on" "$GRIDPATCH" verify m"$of"/*.ko --headers h"$on" --json=cross.json
        check "those of $of on $on: the same symbols as by modprobe, nm and awk" same_findings cross.json "m$of" "h$on" || :
    done
fi

# --- Ubuntu's own modules ----------------------------------------------------------
# 6.8 and 6.11 have symbol versions in a form of Ubuntu's, 6.14 and 6.17 in the usual
# one and the extended one. The packages are small; the lists are most of it.

# as_nm KO: as many versions as nm has undefined symbols, and module_layout.
as_nm() {
    [ "$("$GRIDPATCH" verify "$1" --json -q | jq '.modules[0].symbol_versions')" = \
        $(($(nm -u "$1" | wc -l) + 1)) ]
}
# as_modprobe KO: as many as modprobe, which does not know Ubuntu's form.
as_modprobe() {
    [ "$("$GRIDPATCH" verify "$1" --json -q | jq '.modules[0].symbol_versions')" = \
        "$(modprobe --dump-modversions "$1" | wc -l)" ]
}
: > debs
if tool=$(lacks zstd dpkg-deb); then
    skip "Ubuntu's modules: no $tool"
elif ! sh "$here/ubuntu.sh" "$cache" usbio 6.8 6.11 6.14 6.17 > debs 2> debs.err; then
    skip "Ubuntu's modules: $(tail -n 1 debs.err)"
fi
while read -r deb; do
    rm -rf u && dpkg-deb -x "$deb" u
    r=$(basename "$(echo u/lib/modules/*)")
    find u -name '*.ko.zst' -exec zstd -qd {} +
    find u -name '*.ko' > kos
    while read -r ko; do
        check "Ubuntu's $r, ${ko##*/}: verify reads it" "$GRIDPATCH" verify "$ko" || :
        check "Ubuntu's $r, ${ko##*/}: nm agrees" as_nm "$ko" || :
        case $r in 6.8.* | 6.11.*) ;; *) check "Ubuntu's $r, ${ko##*/}: modprobe agrees" as_modprobe "$ko" || : ;; esac
    done < kos
done < debs

# --- a driver's blob -------------------------------------------------------------

version=470.256.02
if ! sh "$here/fetch.sh" "$cache" nvidia-tesla-470-kernel-source $version > deb 2> deb.err; then
    skip "the blob of $version: $(tail -n 1 deb.err)"
    finish
    exit
fi
sh "$here/tree.sh" "$(cat deb)" $version tree
cp tree/kernel/nvidia/nv-kernel.o_binary nv-kernel.o_binary
cp nv-kernel.o_binary nv-kernel.o
cp nv-kernel.o_binary other.o
sh "$fx/hooks.sh" hooks
cat > glue.c << C
extern char vgpu_unlock_nv_kern_rodata_beg, vgpu_unlock_nv_kern_rodata_end;
char *range[] = { &vgpu_unlock_nv_kern_rodata_beg, &vgpu_unlock_nv_kern_rodata_end };
static const char info[] __attribute__((section(".modinfo"), used)) =
	"license=NVIDIA\0version=$version\0name=nvidia\0vermagic=6.1.0 SMP ";
C
gcc -c glue.c
mkdir -p plain wrong
check 'the blob links with the linker script' ld -r -T hooks/kern.ld -o nvidia.ko glue.o nv-kernel.o || :
check 'the blob has its version' "$GRIDPATCH" verify nv-kernel.o_binary --driver $version || :
check_says_no 'the blob has no other version' "$GRIDPATCH" verify nv-kernel.o_binary --driver ${version%?}1
check 'the hooks have all of the blob' "$GRIDPATCH" verify nvidia.ko nv-kernel.o_binary --expect-hooks || :
check 'nm agrees' unlocked nvidia.ko || :
ld -r -o plain/nvidia.ko glue.o nv-kernel.o 2> /dev/null
check_says_no 'linked without the script' "$GRIDPATCH" verify plain/nvidia.ko --expect-hooks
ld -r -T hooks/kern.ld -o wrong/nvidia.ko glue.o other.o 2> /dev/null
check_says_no 'the blob has another name: nothing between the symbols' "$GRIDPATCH" verify wrong/nvidia.ko
finish
