#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# verify of kernel modules: objects that the compiler makes with the sections of
# modules, beside readelf, nm and modinfo.
# tests: ops/proof/modcheck ops/proof/modfile
. "$(dirname "$0")/lib.sh"

# Where modinfo and modprobe are, for users too.
PATH=$PATH:/usr/sbin:/sbin
cc=${CC:-cc}
command -v ${cc%% *} > /dev/null || { skip 'verify of modules' 'no compiler'; finish; }
if ! echo 'int x;' | $cc -c -x c -o x.o - || ! od -An -tx1 -j18 -N2 x.o | grep -q '3e 00'; then
    skip 'verify of modules' 'the compiler makes no x86_64 objects'
    finish
fi

release=6.1.0-50-amd64
magic="$release SMP preempt mod_unload modversions "

# ko NAME LICENCE [-DX…] < C: a module of that name; MORE is more of .modinfo, VERSIONS its CRCs.
cat > head.h << 'C'
#define IN(s) __attribute__((section(s), used))
#define EXPORT(n) const void *const __ksymtab_##n IN("__ksymtab") = n
#define EXPORT_GPL(n) const void *const __ksymtab_##n IN("__ksymtab_gpl") = n
struct version { unsigned long long crc; char name[56]; };
static const char info[] IN(".modinfo") = "license=" LICENCE "\0" "name=" NAME "\0" MORE "vermagic=" MAGIC "\0"
    "srcversion=F96F906F5789AB161B98484";
#ifdef PACKED
static const char versions[] IN("__versions") = PACKED;
#endif
#ifdef VERSIONS
static const struct version versions[] IN("__versions") = { { 1, "module_layout" }, VERSIONS };
#endif
C
ko() {
    name=$1
    licence=$2
    shift 2
    { cat head.h && cat; } > "$name.c"
    $cc -O1 -fno-pic -c -DNAME="\"$(echo $name | tr - _)\"" -DLICENCE="\"$licence\"" -DMAGIC="\"${m:-$magic}\"" "$@" \
        -o "$name.ko" "$name.c" || not_ok "the compiler makes $name.ko"
}
ver='-DMORE="version=460.73.01\0depends=\0"'

# A blob, and nvidia.ko with its hooks as kern.ld places them.
ko nvidia NVIDIA "$ver" -DVERSIONS='{ 2, "printk" }' << 'C'
int printk(const char *, ...);
int nv_give(void) { return printk("x"); }
EXPORT(nv_give);
__asm__(".pushsection .data\n.globl vgpu_unlock_nv_kern_rodata_beg, vgpu_unlock_nv_kern_rodata_end\n"
        "vgpu_unlock_nv_kern_rodata_beg: .fill 4096, 1, 7\nvgpu_unlock_nv_kern_rodata_end: .byte 0\n.popsection\n");
C
ko nvidia-vfio 'Dual MIT/GPL' -DMORE='"version=460.73.01\0depends=nvidia\0import_ns=USB\0"' \
    -DVERSIONS='{ 2, "printk" }, { 4, "usb_thing" }' << 'C'
int printk(const char *, ...);
int nv_give(void), usb_thing(void);
int maybe(void) __attribute__((weak));
int init_module(void) { return printk("x") + nv_give() + usb_thing() + (maybe ? maybe() : 0); }
C
# The linker script is that of all modules: nothing is between its symbols in others.
ko nvidia-drm MIT "$ver" -DVERSIONS='{ 2, "printk" }' << 'C'
int printk(const char *, ...);
int init_module(void) { return printk("x"); }
__asm__(".pushsection .data\n.globl vgpu_unlock_nv_kern_rodata_beg, vgpu_unlock_nv_kern_rodata_end\n"
        "vgpu_unlock_nv_kern_rodata_beg: vgpu_unlock_nv_kern_rodata_end: .byte 0\n.popsection\n");
C
printf 'const char text[4096] = "460.73.01";\n' | $cc -c -x c -o nv-kernel.o_binary -

# Headers with what verify asks for.
headers() {
    mkdir -p "$1/include/linux" "$1/include/generated" "$1/arch/x86/include/asm"
    : > "$1/include/linux/kernel.h"
    echo "#define UTS_RELEASE \"$2\"" > "$1/include/generated/utsrelease.h"
    for c in X86_64 SMP PREEMPT_BUILD MODULE_UNLOAD MODVERSIONS; do
        echo "#define CONFIG_$c 1"
    done > "$1/include/generated/autoconf.h"
    echo '#define ARCH ""' > "$1/arch/x86/include/asm/vermagic.h"
    cat > "$1/include/linux/vermagic.h" << 'H'
#ifdef CONFIG_SMP
#define SMP "SMP "
#else
#define SMP ""
#endif
#ifdef CONFIG_PREEMPT_BUILD
#define PREEMPT "preempt "
#else
#define PREEMPT ""
#endif
#define VERMAGIC_STRING UTS_RELEASE " " SMP PREEMPT \
	"mod_unload " "modversions " ARCH
H
    printf 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 176\n' > "$1/Makefile"
    printf '0x%08x\t%s\t%s\t%s\t%s\n' 1 module_layout vmlinux EXPORT_SYMBOL '' 2 printk vmlinux EXPORT_SYMBOL '' \
        3 kobject_create vmlinux EXPORT_SYMBOL_GPL '' 4 usb_thing drivers/usb/core/usbcore EXPORT_SYMBOL USB \
        > "$1/Module.symvers"
}
headers h $release

# --- all is right ---------------------------------------------------------------

expect_status 'modules that fit' 0 verify nvidia.ko nvidia-vfio.ko nv-kernel.o_binary --headers h --expect-hooks --driver 460.73.01
says 'a verdict' 'verdict    0 errors, 0 warnings in 2 modules; compared with the headers of 6.1.0-50-amd64' out
says 'the hooks are said' '4096 bytes from 0x0 on in .data' out
expect_status 'the same with one that has no blob' 0 verify nvidia.ko nvidia-drm.ko --headers h --expect-hooks --json=drm.json
check 'its empty range is not called hooks' test "$(grep -c '^  hooks' out)" -eq 1
if command -v jq > /dev/null; then
    check 'nor in JSON' test "$(jq -c '[.modules[].hooks_at != null]' drm.json)" = '[true,false]'
fi
silent_on 'nothing on standard error' err
# By release: in headers that are named, else where the system has them.
expect_status 'a kernel, and its headers' 0 verify nvidia.ko nvidia-vfio.ko -k $release --headers h
says 'the same verdict' "compared with the headers of $release" out
expect_status 'a kernel, and headers of another' 2 verify nvidia.ko -k 5.10.1 --headers h
says 'it says whose they are' "are those of $release"
expect_status 'a kernel without headers' 4 verify nvidia.ko -k 5.10.1
says 'it says so' "no headers of kernel '5.10.1'"
expect_status 'what is no release' 2 verify nvidia.ko -k banana
expect_status 'two kernels' 2 verify nvidia.ko -k $release -k 5.10.1
expect_status 'an installer with -k' 2 verify none.run -k $release
mine=$release
if headers_here; then
    run verify nvidia.ko --json --headers "$headers"
    cp out named.json
    run verify nvidia.ko --json -k "$release"
    check 'a kernel of this machine' json_is out .kernel.release "$release"
    check 'is the one of its headers' cmp named.json out
else
    skip 'a kernel of this machine' 'it has no headers'
fi
release=$mine
expect_status 'without headers' 0 verify nvidia.ko nvidia-vfio.ko
says 'it is said that nothing was compared' 'no kernel was named' out
expect_status 'the alias' 0 check nvidia.ko
expect_status '-v' 0 verify -v nvidia.ko
says '-v: sections' 'section   .data' out
expect_status '-q' 0 verify -q nvidia.ko
silent_on '-q is silent' out
expect_status 'only a blob' 0 verify --blob nv-kernel.o_binary --driver 460.73.01

# --- beside other tools ----------------------------------------------------------

run verify --json nvidia.ko nvidia-vfio.ko --headers h
check 'JSON' json_ok out
mv out all.json
check 'JSON: ok' json_is all.json .ok true
check 'JSON: the kernel' json_is all.json .kernel.vermagic "$magic"
check 'JSON: symbols of the kernel' json_is all.json .kernel.symbols $(wc -l < h/Module.symvers)
for t in modinfo modprobe nm readelf; do
    command -v $t > /dev/null || skip "$t beside JSON" 'it is not installed'
done
if command -v jq > /dev/null; then
    for i in 0 1; do
        f=$(jq -r ".modules[$i].path" all.json)
        if command -v modinfo > /dev/null; then
            for field in version license srcversion vermagic name; do
                check "modinfo -F $field agrees on $f" test "$(jq -r ".modules[$i].$field" all.json)" = "$(modinfo -F $field ./$f)"
            done
            check "modinfo -F depends agrees on $f" test "$(jq -r ".modules[$i].depends | join(\",\")" all.json)" = "$(modinfo -F depends ./$f)"
        fi
        if command -v nm > /dev/null; then
            check "nm -u counts as many on $f" test "$(jq ".modules[$i].symbols_taken" all.json)" = "$(nm -u $f | wc -l)"
            check "nm counts as many exports on $f" test "$(jq ".modules[$i].symbols_exported" all.json)" = "$(nm $f | grep -c ' __ksymtab_')"
        fi
        if command -v readelf > /dev/null; then
            readelf -SW $f | sed -n 's/^  \[ *\([1-9][0-9]*\)\] *\([^ ]*\) *[A-Z_0-9]* *[0-9a-f]* *[0-9a-f]* \([0-9a-f]*\) .*/\2 \3/p' > sections
            jq -r ".modules[$i].sections[] | \"\(.name) \(.size)\"" all.json | while read -r n s; do printf '%s %06x\n' "$n" "$s"; done > ours
            check "readelf -S has the same sections of $f" cmp sections ours
            check "there are sections in $f" test "$(wc -l < sections)" -ge 5
        fi
        if command -v modprobe > /dev/null; then
            check "modprobe --dump-modversions has as many of $f" test "$(jq ".modules[$i].symbol_versions" all.json)" = "$(modprobe --dump-modversions $f | wc -l)"
        fi
    done
    command -v nm > /dev/null && check 'nm: the hooks' test "$(jq .modules[0].hooks_at.end all.json)" = $((0x$(nm nvidia.ko | sed -n 's/ .*rodata_end$//p')))
else
    skip 'modinfo, nm and readelf beside JSON' 'jq is missing'
fi

# --- one thing is wrong ------------------------------------------------------------

# wrong WHAT CHECK TEXT ARG…: exit 1, and a finding of that check.
wrong() {
    what=$1
    c=$2
    text=$3
    shift 3
    expect_status "$what" 1 verify "$@"
    check "$what: it is said" grep -q "^error .*$c: .*$text" out
    run verify --json "$@"
    check "$what: JSON" json_is out ".findings | map(select(.severity == \"error\"))[0].check" "$c"
}
$cc -c -x c -o other.o - << 'C'
int x;
C
cp other.o object.ko
wrong 'an object file' modinfo 'not a kernel module' object.ko
m='6.1.0-50-amd64 SMP mod_unload modversions ' ko flags GPL -DMORE= -DVERSIONS='{ 2, "printk" }' < /dev/null
wrong 'flags of vermagic' vermagic "'preempt'" flags.ko --headers h
ko bare GPL -DMORE= < /dev/null
wrong 'no symbol versions' crc CONFIG_MODVERSIONS bare.ko --headers h
ko crc GPL -DMORE= -DVERSIONS='{ 0x99, "printk" }' < /dev/null
wrong 'another CRC' crc "'printk' has version 0x00000099 there, 0x00000002 in the kernel" crc.ko --headers h
ko lost GPL -DMORE= -DVERSIONS='{ 2, "printk" }' << 'C'
int gone(void);
int init_module(void) { return gone(); }
C
wrong 'a symbol that nobody has' symbol "'gone'" lost.ko --headers h
ko gpl MIT -DMORE= -DVERSIONS='{ 3, "kobject_create" }' << 'C'
int kobject_create(void);
int init_module(void) { return kobject_create(); }
C
wrong 'a GPL-only symbol' gpl-only "'kobject_create'.*'MIT'" gpl.ko --headers h
ko taint GPL -DMORE='"depends=nvidia\0"' -DVERSIONS='{ 3, "kobject_create" }' << 'C'
int kobject_create(void), nv_give(void);
int init_module(void) { return kobject_create() + nv_give(); }
C
wrong 'taint of a sibling' taint "'nv_give' from the proprietary 'nvidia.ko'" nvidia.ko taint.ko --headers h
ko ns GPL -DMORE= -DVERSIONS='{ 4, "usb_thing" }' << 'C'
int usb_thing(void);
int init_module(void) { return usb_thing(); }
C
wrong 'a namespace' namespace "'USB'" ns.ko --headers h
wrong 'another version' version "not '460.73.02'" nvidia.ko --driver 460.73.02
wrong 'another blob' blob "does not carry the version '460.73.0'" nv-kernel.o_binary --driver 460.73.0
wrong 'no nvidia.ko' hooks 'not among the files' nvidia-vfio.ko --expect-hooks
mkdir plain
(cd plain && cp ../head.h . && ko nvidia NVIDIA -DMORE= < /dev/null)
wrong 'no hooks' hooks 'missing' plain/nvidia.ko --expect-hooks
expect_status 'no hooks, none expected' 0 verify plain/nvidia.ko
printf 'const char text[5000] = "460.73.01";\n' | $cc -c -x c -o long.o_binary -
wrong 'a longer blob' hooks 'the blob has 5000' nvidia.ko --blob long.o_binary
m='6.1.0-49-amd64 SMP preempt mod_unload modversions ' ko near GPL -DMORE= -DVERSIONS='{ 2, "printk" }' < /dev/null
expect_status 'another release with the same versions' 0 verify near.ko --headers h
says 'another release: a warning' "warning    near.ko: vermagic: it is for kernel '6.1.0-49-amd64'" out
rm h/Module.symvers
expect_status 'headers without Module.symvers' 0 verify lost.ko --headers h
says 'headers without Module.symvers: a note' 'no Module.symvers' out
headers h $release
echo 'this is not it' > h/Module.symvers
expect_status 'a broken Module.symvers' 3 verify nvidia.ko --headers h
says 'a broken Module.symvers: its line' "h/Module.symvers': line 1 is not a symbol"
headers h $release

# --- symbol_get() -----------------------------------------------------------------
# A module that takes nothing of nvidia.ko, and asks for it by name.
mkdir asks
(cd asks && cp ../head.h ../nvidia.ko . && ko nvidia-vgpu-vfio 'Dual MIT/GPL' "$ver" -DVERSIONS='{ 5, "__symbol_get" }' << 'C'
void *__symbol_get(const char *);
int init_module(void) { return __symbol_get("nv_give") != 0; }
C
)
asker=asks/nvidia-vgpu-vfio.ko
# says_release DIR RELEASE SUBLEVEL: headers of that kernel, which both modules fit but for their release.
says_release() {
    headers "$1" "$2"
    printf '0x%08x\t%s\t%s\t%s\t\n' 5 __symbol_get vmlinux EXPORT_SYMBOL_GPL >> "$1/Module.symvers"
    echo "$2" | { IFS=. read -r v p _ && printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = %s\n' $v $p $3 > "$1/Makefile"; }
}
# Debian's 6.1.0-50 is 6.1.176: its Makefile says so.
says_release hget $release 176
wrong 'symbol_get() of a plain export' symbol-get "'nv_give' of 'nvidia.ko'.*refuses" asks/nvidia.ko $asker --headers hget
wrong 'alone: of the nvidia.ko beside it' symbol-get "'nv_give' of 'nvidia.ko'.*refuses" $asker --headers hget
mkdir packed-asks && cp $asker packed-asks && gzip -c nvidia.ko > packed-asks/nvidia.ko.gz
wrong 'which may be packed' symbol-get "'nv_give' of 'nvidia.ko.gz'" packed-asks/nvidia-vgpu-vfio.ko --headers hget
mkdir alone && cp $asker alone
expect_status 'alone for good: nobody can say' 0 verify alone/nvidia-vgpu-vfio.ko --headers hget
echo damaged > alone/nvidia.ko
expect_status 'beside what is no module' 0 verify alone/nvidia-vgpu-vfio.ko --headers hget
expect_status 'no kernel named' 0 verify asks/nvidia.ko $asker
says 'then it is a warning' 'warning    nvidia-vgpu-vfio.ko: symbol-get: it asks symbol_get() for' out
for r in '5.4.0-26-generic 30 0' '5.15.0-88-generic 126 0' '5.15.0-90-generic 131 0' '5.15.131 131 1' '5.10.0-25-amd64 191 0' \
    '5.10.0-26-amd64 197 1' '6.6.0 0 1' '6.8.0-31-generic 1 1'; do
    set -- $r
    says_release "h$1" "$1" "$2"
    run verify asks/nvidia.ko $asker --headers "h$1"
    check "$1 ($2) $( [ $3 = 1 ] && echo refuses || echo gives)" test "$(grep -c '^error .*symbol-get' out)" = "$3"
    refute "$1 ($2): nobody is in doubt" grep -q '^warning .*symbol-get' out
done
says_release hoe 5.10.0-60.18.0.50.oe2203.x86_64 0
run verify asks/nvidia.ko $asker --headers hoe
says 'a kernel that changed it again: a warning' 'the headers do not say what this one does' out
(cd asks && ko nvidia NVIDIA "$ver" -DVERSIONS='{ 2, "printk" }' << 'C'
int nv_give(void) { return 1; }
EXPORT_GPL(nv_give);
C
)
expect_status 'of a GPL-only export' 0 verify asks/nvidia.ko $asker --headers hget

# --- Ubuntu's __versions ------------------------------------------------------------
# Its 6.8 and 6.11: as long as the name makes it, and zeros behind the last one.
# $1: printk's CRC.
packed() { printf '%s' '-DPACKED="\x10\0\0\0\00'"$1"'\0\0\0printk\0\0\x18\0\0\0\1\0\0\0module_layout\0\0\0\0\0\0\0\0\0\0"'; }
ko ubuntu GPL -DMORE= "$(packed 2)" << 'C'
int printk(const char *, ...);
int init_module(void) { return printk("x"); }
C
expect_status "Ubuntu's form of __versions" 0 verify ubuntu.ko --headers h
says 'both are read' '2 with a version' out
says 'and nothing is amiss' 'verdict    0 errors, 0 warnings' out
ko ubuntu GPL -DMORE= "$(packed 3)" < /dev/null
wrong "Ubuntu's form, another CRC" crc "'printk' has version 0x00000003 there" ubuntu.ko --headers h

# Text out of a module drives no terminal, and makes no lines of its own.
ko evil 'GPL\33[31m\nerror      forged' -DMORE='"version=1\n2\33]0;x\7\0"' < /dev/null
run verify evil.ko
check 'control bytes are masked' sh -c '! LC_ALL=C grep -q "[[:cntrl:]]" out'
check 'no line is forged' sh -c '! grep -q "^error      forged" out'
run verify --json evil.ko
check 'JSON with control bytes' json_ok out

# --- packed ---------------------------------------------------------------------

for p in gzip:gz xz:xz zstd:zst; do
    tool=${p%:*} suffix=${p#*:}
    command -v $tool > /dev/null || { skip ".ko.$suffix" "$tool is missing"; continue; }
    rm -f "p.ko.$suffix"
    $tool -c < nvidia.ko > "p.ko.$suffix"
    expect_status ".ko.$suffix" 0 verify "p.ko.$suffix" --headers h --expect-hooks
    says ".ko.$suffix is said" "packed with $tool" out
    run verify --json "p.ko.$suffix"
    head -c 300 "p.ko.$suffix" > "cut.ko.$suffix"
    expect_status ".ko.$suffix, cut" 3 verify "cut.ko.$suffix"
    says ".ko.$suffix, cut: it is named" "cut.ko.$suffix"
    echo text | $tool -c > "t.ko.$suffix"
    expect_status ".ko.$suffix of text" 3 verify "t.ko.$suffix"
done

# --- damaged and foreign ----------------------------------------------------------

: > empty.ko
expect_status 'an empty module' 3 verify empty.ko
says 'an empty module: it is named' "'empty.ko' is empty"
echo text > text.ko
expect_status 'a module of text' 3 verify text.ko
says 'a module of text: it is said' 'not an ELF file'
for n in 10 40 63 64 200 1000; do
    head -c $n nvidia.ko > cut.ko
    expect_status "the first $n bytes" 3 verify nvidia-vfio.ko cut.ko
    says "the first $n bytes: the file is named" "'cut.ko'"
done
run verify --json nvidia.ko cut.ko
check 'JSON of a damaged one: exit' json_is out .exit 3
cp nvidia.ko big.ko
printf '\2' | dd of=big.ko bs=1 seek=5 conv=notrunc 2> /dev/null
expect_status 'big endian' 3 verify big.ko
says 'big endian: it is said' 'big-endian'
cp nvidia.ko narrow.ko
printf '\1' | dd of=narrow.ko bs=1 seek=4 conv=notrunc 2> /dev/null
expect_status '32 bits' 3 verify narrow.ko
expect_status 'a program' 3 verify "$(command -v ls)"
mkdir dir.ko
expect_status 'a directory' 3 verify dir.ko
expect_status 'a missing one' 4 verify gone.ko
mkfifo pipe.ko
expect_status 'a FIFO' 3 verify pipe.ko
expect_status 'missing headers' 4 verify nvidia.ko --headers nowhere

# --- usage ----------------------------------------------------------------------

make_sample host
expect_status 'an installer and a module' 2 verify host.run nvidia.ko
expect_status 'an installer and a blob' 2 verify host.run --blob nv-kernel.o_binary
expect_status 'an installer with --headers' 2 verify host.run --headers h
expect_status 'two headers' 2 verify nvidia.ko --headers h --headers h
expect_status 'two blobs' 2 verify nv-kernel.o_binary long.o_binary
expect_status 'an installer as ever' 0 verify host.run
finish
