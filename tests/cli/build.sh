#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154,SC2016,SC2086,SC2009 # lib.sh sets the rest
# gridpatch build: a sample driver against real kernel headers, beside make by hand.
# tests: ops/proof/build ops/proof/fact ops/proof/kmake ops/proof/keep ops/proof/prereq ops/proof/source ops/proof/toolchain
# tests: ops/proof/workdir
# slow: 120 s
. "$(dirname "$0")/lib.sh"

if ! headers_here; then
    skip 'build' 'no kernel headers here'
    finish
fi
line=$(echo "$release" | cut -d. -f1,2)
buildable() { sh "$fx/buildable.sh" "$@" || exit 1; }
buildable --data data --line "$line"
GRIDPATCH_DATA=$work/data TMPDIR=$work/scratch
export GRIDPATCH_DATA TMPDIR
mkdir scratch
left_nothing() { [ -z "$(ls -A "$work/scratch")" ]; }
HANG=$$
export HANG
no_sleepers() { ! ps -e -o args= | grep -q "^sleep 98[67]\.$HANG\$"; }

# --- it builds ---------------------------------------------------------------
buildable tree
sh "$fx/mkrun.sh" tree tree.run > /dev/null
cp tree.run before.run
# What would change a build if it came through.
MAKEFLAGS=n CC=false ARCH=arm64 KBUILD_OUTPUT=/nowhere V=1 LD=false NV_KERNEL_MODULES=x \
    expect_status 'a tree' 0 build tree --headers "$headers" -o made
says 'what it made is named' 'nvidia.ko nvidia-uvm.ko' out
check 'the log is kept' grep -q 'LD \[M\].*nvidia.ko' "made/$release/build.log"
check 'the scratch directory is gone' left_nothing
check 'the compilers were compared' sh -c '! grep -q "not compared" "$0"' "made/$release/build.log"

# By hand: the same modules with the same symbols.
cp -R tree/kernel hand
source_dir=$(sed -n 's|.*\(/usr/src/linux-headers-[^ ]*-common\).*|\1|p' "$headers/Makefile" | head -n 1)
check 'make by hand builds' make -s -C hand modules SYSSRC="${source_dir:-$headers}" SYSOUT="$headers" CC="${CC:-gcc}" IGNORE_CC_MISMATCH=1
for m in nvidia nvidia-uvm; do
    nm "hand/$m.ko" | sed 's/^[0-9a-f ]* //' | sort > hand.nm
    nm "made/$release/$m.ko" | sed 's/^[0-9a-f ]* //' | sort > made.nm
    check "$m.ko has the symbols of make by hand" cmp hand.nm made.nm
done
if command -v modinfo > /dev/null; then
    check 'vermagic is that of the headers' sh -c '[ "$(modinfo -F vermagic "$0" | cut -d" " -f1)" = "$1" ]' "made/$release/nvidia.ko" "$release"
else
    skip 'vermagic' 'modinfo is missing'
fi

expect_status 'a place that is taken' 1 build tree --headers "$headers" -o made
says 'it says so' '-f replaces it'
expect_status 'an installer, one module' 0 build tree.run --headers "$headers" --modules nvidia -o made -f
check 'the other one is gone' test ! -e "made/$release/nvidia-uvm.ko"
check 'the installer is as it was' cmp tree.run before.run
check 'nothing of it is left' left_nothing
cp -R tree/kernel without
refute 'make by hand does not build a module without nvidia' make -s -C without modules SYSSRC="${source_dir:-$headers}" \
    SYSOUT="$headers" CC="${CC:-gcc}" IGNORE_CC_MISMATCH=1 NV_EXCLUDE_KERNEL_MODULES=nvidia
expect_status 'one that needs nvidia' 0 build tree --headers "$headers" --modules nvidia-uvm -o made -f
says 'says so' 'note: nvidia is built with the modules that were asked for' out
says 'and both are there' 'modules: nvidia.ko nvidia-uvm.ko' out
check 'in the results, too' test -s "made/$release/nvidia.ko"
expect_status 'a module that is not there' 2 build tree --headers "$headers" --modules nvidia-sound
says 'the names are given' 'there are: nvidia nvidia-uvm'

# --- what an earlier build left ------------------------------------------------
cp -R tree stale
echo 'not an object' > stale/kernel/nvidia/os-interface.o
echo 'cmd_x := true' > stale/kernel/nvidia/.os-interface.o.cmd
touch -d '+1 hour' stale/kernel/nvidia/os-interface.o
expect_status 'objects of an earlier build are not taken' 0 build stale --headers "$headers" --modules nvidia

# --- a program that make runs ---------------------------------------------------
# Drivers from 580.178 and 595.91 on give the kernel's make PAHOLE=$(CURDIR)/pahole.sh.
cp -R tree program
printf '#!/bin/sh\necho "here is $0"\n' > program/kernel/pahole.sh
chmod 0755 program/kernel/pahole.sh
printf 'modules: pahole\npahole:\n\t@$(CURDIR)/pahole.sh\n.PHONY: pahole\n' >> program/kernel/Makefile
sh "$fx/mkrun.sh" program program.run > /dev/null
cat > program.patch << 'EOF'
--- a/kernel/pahole.sh
+++ b/kernel/pahole.sh
@@ -1,2 +1,2 @@
 #!/bin/sh
-echo "here is $0"
+echo "there is $0"
EOF
expect_status 'a program in a tree' 0 build program --headers "$headers" --modules nvidia -o program-made
check 'it was run' grep -q '^here is .*/pahole.sh$' "program-made/$release/build.log"
expect_status 'a program in an installer' 0 build program.run --headers "$headers" --modules nvidia
expect_status 'a program that a patch changes' 0 build program.run --patches program.patch --headers "$headers" \
    --modules nvidia -o program-made -f
check 'it was run, too' grep -q '^there is .*/pahole.sh$' "program-made/$release/build.log"
chmod 0644 program/kernel/pahole.sh
expect_status 'what is none is not made one' 1 build program --headers "$headers" --modules nvidia
says 'make says so' 'Permission denied' out

# --- patch sets, and what is known of an error ----------------------------------
buildable --breaks compile old
expect_status 'a set mends it' 0 build old --headers "$headers" --modules nvidia
says 'the set is named' 'sets: sample-set-fs' out
expect_status 'without the set' 1 build old --headers "$headers" --modules nvidia --no-set sample-set-fs --json=old.json -o kept
says 'file and line, and nothing of the scratch directory' "           nvidia/os-interface.c:$(grep -n 'mm_segment_t' old/kernel/nvidia/os-interface.c | cut -d: -f1): error:" out
says 'the set that would help' 'sample-set-fs is about' out
cp out old.txt
check 'a log without modules' sh -c '[ "$(ls "$0")" = build.log ]' "kept/$release"
# What a line's Changes say of two releases is two facts.
cp -R data facts
awk '/^Changes:/ { print "Changes: something else\n .\n Stable " l " lost mm_segment_t in " l ".7\n .\n Debian is as it was"; next }
    { print }' l="$line" "data/kernel-versions/$line" > "facts/kernel-versions/$line"
GRIDPATCH_DATA=$work/facts run build old --headers "$headers" --modules nvidia --no-set sample-set-fs
says 'a fact is of one release' "known: $line: Stable $line lost mm_segment_t in $line.7; patch set" out
json_ok old.json && check 'its class' json_is old.json '.cells[0].class' compile
check 'the command that repeats it' json_is old.json '.cells[0].repeat' \
    "gridpatch build old --headers $headers --no-set sample-set-fs --modules nvidia"

for pair in 'modpost:kobject_create_and_add' 'sibling:"nobody_has_this" [nvidia-uvm.ko] undefined' \
    'headers:linux/gone-for-good.h: No such file' 'version:nvidia.ko: '; do
    buildable --breaks "${pair%%:*}" "bad-${pair%%:*}"
    expect_status "broken: ${pair%%:*}" 1 build "bad-${pair%%:*}" --headers "$headers"
    says 'the first error' "${pair#*:}" out
done
run build bad-version --headers "$headers" --modules nvidia --json=v.json
check 'modules that are not what they should be have a class' json_is v.json '.cells[0].class' verify
says 'and the reason' '1.2.3' out
run build bad-headers --headers "$headers" -q
check 'quietly: nothing on stdout' test ! -s out
says 'quietly: the error in one line' 'nvidia/nv-frontend.c: fatal error: linux/gone-for-good.h'

# --- builds is not loads ---------------------------------------------------------
buildable --breaks asks asks
case $release in
6.1.0-*-amd64)
    expect_status 'symbol_get() of a plain export builds' 0 build asks --headers "$headers" -o asked --json=asks.json
    says 'that it does not load is a note' "note: nvidia-uvm.ko: it asks symbol_get() for 'nvidia_sample' of 'nvidia.ko'" out
    check 'in JSON, too' json_is asks.json '.cells[0].reasons | map(select(test("symbol_get"))) | length' 1
    expect_status 'verify says no' 1 verify asked/$release/*.ko --headers "$headers"
    says 'and why' "symbol-get: it asks symbol_get() for 'nvidia_sample'" out ;;
*) skip 'symbol_get()' "not written for kernel $release" ;;
esac
# A rule's `Load: no` is no word on a build that fails.
cp -R data noload
sed 's/^Load: yes/Load: no/' "data/kernel-versions/$line" > "noload/kernel-versions/$line"
GRIDPATCH_DATA=$work/noload run build bad-headers --headers "$headers"
says 'what does not load' 'note: nvidia-vgpu-vfio cannot load on kernel' out
refute 'nobody says that it builds' grep -qi 'modules build' out err

# --- kernels ---------------------------------------------------------------------
other_release h513 5.13.0-9-amd64
expect_status 'a blocked kernel' 1 build tree --headers h513
says 'its reason' 'nothing builds here' out
other_release h99 99.1.0-1-amd64
expect_status 'a kernel that nobody knows is tried' 0 build tree --headers h99 --modules nvidia
says 'and it says so' 'to no known line' out

# --- compilers ---------------------------------------------------------------------
other_release hcc "$release"
rm hcc/include/generated/compile.h
echo '#define LINUX_COMPILER "gcc (Sample) 4.9.2, GNU ld"' > hcc/include/generated/compile.h
expect_status 'another compiler' 0 build tree --headers hcc --modules nvidia -o cc
says 'is said' 'the kernel was built with gcc (Sample) 4.9.2' out
check 'and only then not compared' grep -q 'compilers are not compared' "cc/$release/build.log"
expect_status 'a compiler that is missing' 4 build tree --headers "$headers" --cc no-such-cc
says 'it is named' no-such-cc out
expect_status 'no such headers' 4 build tree --headers nowhere
expect_status 'one half of a signature' 2 build tree --headers "$headers" --sign-key x

mkdir 'sc ratch'
TMPDIR="$work/sc ratch" expect_status 'a directory that make cannot work in' 4 build tree --headers "$headers"
says 'it says why' 'has blanks' out

# --- what is missing is told before anything is compiled ----------------------------
# lacks WHAT HEADERS TEXT PROGRAM…: on a PATH without these programs.
lacks() {
    lost=$1 h=$2 text=$3
    shift 3
    rm -rf bin && mkdir bin
    for d in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin "$(dirname "$(command -v gcc)")"; do
        [ ! -d "$d" ] || ln -s "$d"/* bin/ 2> /dev/null
    done
    for p in "$@"; do rm -f bin/$p; done
    rm -rf told
    PATH=$work/bin expect_status "$lost" 4 build tree --headers "$h" --modules nvidia -o told
    says "$lost: with the package" "$text" out
    refute "$lost: no compiler has run" test -e "told/$release/build.log"
}
of=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$headers/.config")
lacks 'no compiler' "$headers" "there is no compiler '$of': install Debian's package ${of##*linux-gnu-}" 'gcc*' 'clang*' "$of"
lacks 'no make' "$headers" "there is no program 'make', which builds modules: install Debian's package make" make
for p in as ld nm objcopy; do
    lacks "no $p" "$headers" "there is no program '$p', which modules are made with: install Debian's package binutils" "$p"
done
lacks 'no binutils' "$headers" "install Debian's package binutils" as ld nm objcopy '*-linux-gnu-as' '*-linux-gnu-ld' '*-linux-gnu-nm' '*-linux-gnu-objcopy'
PATH=$work/bin refute 'the compiler cannot do without' gcc -c -x c -o x.o /dev/null
other_release hsym "$release"
rm hsym/Module.symvers
lacks 'no Module.symvers' hsym "hsym/Module.symvers' is missing"
: > hsym/Module.symvers
lacks 'nothing in Module.symvers' hsym "hsym/Module.symvers' is empty, which has the versions of the kernel's symbols: install the package linux-headers-$release anew"
other_release hbtf "$release"
# Debian 13 has one; what is written is never what the link leads to.
rm -f hbtf/vmlinux
: > hbtf/vmlinux
if grep -qs 'DEBUG_INFO_BTF_MODULES=y' "$headers/.config" && grep -qs 'PAHOLE' "$headers/scripts/Makefile.modfinal"; then
    lacks 'no pahole' hbtf "there is no program 'pahole', which this kernel's headers call for each module (BTF): install Debian's package pahole" pahole
    cp -R tree/kernel btf
    PATH=$work/bin make -s -C btf modules SYSSRC="${source_dir:-$headers}" SYSOUT="$work/hbtf" CC="$of" \
        IGNORE_CC_MISMATCH=1 > by.hand 2>&1
    check 'make by hand finds that out in the end' grep -q 'pahole' by.hand
    rm hbtf/vmlinux
    PATH=$work/bin expect_status 'without vmlinux nobody calls it' 0 build tree --headers hbtf --modules nvidia
else
    skip 'pahole' 'these headers make no BTF'
fi
other_release hmod "$release"
rm -rf hmod/scripts
lacks 'no modpost' hmod 'have no scripts/mod/modpost: install Debian'
# A kernel that clang built: its name is behind the distribution's.
other_release hllvm "$release"
rm -f hllvm/.config hllvm/include/config/auto.conf
sed 's/^CONFIG_CC_VERSION_TEXT=.*/CONFIG_CC_VERSION_TEXT="Debian clang version 77.1.7 (3)"/; s/^CONFIG_CC_IS_GCC=y/CONFIG_CC_IS_CLANG=y\nCONFIG_LD_IS_LLD=y/' \
    "$headers/.config" > hllvm/.config
sed 's/^CONFIG_CC_VERSION_TEXT=.*/CONFIG_CC_VERSION_TEXT="Debian clang version 77.1.7 (3)"/; s/^CONFIG_CC_IS_GCC=y/CONFIG_CC_IS_CLANG=y\nCONFIG_LD_IS_LLD=y/' \
    "$headers/include/config/auto.conf" > hllvm/include/config/auto.conf
lacks 'no clang' hllvm "install Debian's package clang-77; the kernel was built with Debian clang version 77.1.7" 'clang*'
printf '#!/bin/sh\necho "Debian clang version 77.1.7"\n' > fake-clang && chmod 0755 fake-clang
cp fake-clang bin/clang-77
rm -f bin/ld.lld
PATH=$work/bin expect_status 'a clang without LLVM' 4 build tree --headers hllvm --modules nvidia
says 'no linker of LLVM' "there is no program 'ld.lld', and clang built this kernel: install Debian's package lld" out

# --- time, and signals ----------------------------------------------------------------
buildable --breaks hang hang
expect_status 'a time limit' 1 build hang --headers "$headers" --timeout 2
says 'it says so' 'not done after 2 seconds' out
check 'nothing runs on' no_sleepers
check 'nothing is left' left_nothing
"$GRIDPATCH" build hang --headers "$headers" > out 2> err < /dev/null &
pid=$!
n=0
while no_sleepers && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
kill -INT $pid
wait $pid
status=$?
# A shell's background job has SIGINT ignored: then TERM does it.
if [ $status -ne 130 ]; then skip 'SIGINT' "status $status"; fi
check 'a signal: nothing runs on' no_sleepers
check 'a signal: nothing is left' left_nothing

# --- what is no driver --------------------------------------------------------------
cp -R tree evil
mkdir 'evil/kernel/x;touch y'
cp evil/kernel/nvidia/nvidia.Kbuild 'evil/kernel/x;touch y/x;touch y.Kbuild'
expect_status 'a name with a command in it' 3 build evil --headers "$headers"
says 'it is refused' 'not the name of a module'
mkdir empty
expect_status 'an empty directory' 3 build empty --headers "$headers"
head -c 3000 tree.run > cut.run
expect_status 'a damaged installer' 3 build cut.run --headers "$headers"
check 'nothing is left of that' left_nothing

cp -R tree text
echo 'no object' > text/kernel/nvidia/nv-kernel.o_binary
expect_status 'a blob that is none' 1 build text --headers "$headers" --json=t.json
check 'it is found before make runs' json_is t.json '.cells[0] | "\(.class) \(.log_tail)"' 'verify null'
sed "s/390\.10/390\.11/g" tree/kernel/nvidia/nv-kernel.o_binary > text/kernel/nvidia/nv-kernel.o_binary
expect_status 'a blob of another version' 0 build text --headers "$headers" --modules nvidia
says 'is said' '390.10' out

# --- the same bytes, whatever the scratch is called --------------------------------------
mkdir elsewhere-1 elsewhere-2-with-a-longer-name
same() { # WHAT DIR: both modules of it are those of here-1
    for m in nvidia nvidia-uvm; do check "$1: $m.ko is the same" cmp "here-1/$release/$m.ko" "$2/$release/$m.ko"; done
}
export CCACHE_DISABLE=1
TMPDIR=$work/elsewhere-1 expect_status 'in one place' 0 build tree --headers "$headers" -o here-1
TMPDIR=$work/elsewhere-2-with-a-longer-name expect_status 'in another' 0 build tree --headers "$headers" -o here-2
same 'another place' here-2
GRIDPATCH_CONFINE=watch TMPDIR=$work/elsewhere-2-with-a-longer-name \
    expect_status 'without a namespace' 0 build tree --headers "$headers" -o here-3
same 'without a namespace' here-3
refute 'no name of a scratch directory is in a module' grep -qE "elsewhere|gridpatch-|fs/nfsd" here-1/*/*.ko here-3/*/*.ko
check 'where the sources are installed is' grep -q '/usr/src/nvidia-390.10/nvidia/os-interface.c' "here-1/$release/nvidia.ko"
if grep -q fs/nfsd "here-1/$release/build.log"; then
    check 'make worked in the fixed place' grep -q '/proc/fs/nfsd/kernel/nvidia/os-interface.o' "here-1/$release/build.log"
    says 'an error has no name of it' "           nvidia/os-interface.c:" old.txt
else
    skip 'a fixed place' 'no namespaces here'
fi
unset CCACHE_DISABLE

# --- ccache ---
if command -v ccache > /dev/null && [ -e /usr/lib/ccache/gcc ] && grep -q fs/nfsd "here-1/$release/build.log"; then
    CCACHE_DIR=$work/ccache
    export CCACHE_DIR
    TMPDIR=$work/elsewhere-1 expect_status 'with ccache' 0 build tree --headers "$headers" -o cc-1
    ccache -z > /dev/null
    TMPDIR=$work/elsewhere-2-with-a-longer-name expect_status 'once more, elsewhere' 0 build tree --headers "$headers" -o cc-2
    count() { ccache --print-stats | awk -v of="$1" '$1 ~ "^(" of ")$" { n += $2 } END { print n + 0 }'; }
    check 'objects come out of it' test "$(count 'direct_cache_hit|preprocessed_cache_hit')" -ge 2
    check 'all of them' test "$(count cache_miss)" -eq 0
    same 'into ccache' cc-1
    same 'out of ccache' cc-2
    unset CCACHE_DIR
else
    skip 'ccache' 'it is missing, or no namespaces are here'
fi

# --- signatures ------------------------------------------------------------------------
if [ -x "$headers/scripts/sign-file" ] && command -v openssl > /dev/null; then
    openssl req -new -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=gridpatch-test -keyout key.pem \
        -outform DER -out cert.der 2> /dev/null
    expect_status 'signed' 0 build tree --headers "$headers" --modules nvidia -o signed --sign-key key.pem --sign-cert cert.der
    check 'a signature is appended' sh -c 'tail -c 28 "$0" | grep -aq "Module signature appended"' "signed/$release/nvidia.ko"
    expect_status 'a key that is none' 4 build tree --headers "$headers" --modules nvidia --sign-key err --sign-cert cert.der
else
    skip 'signatures' 'no sign-file, or no openssl'
fi

# --- patch --build -----------------------------------------------------------------------
expect_status 'an installer after a proof' 0 patch tree.run --headers "$headers" --build -o proved.run
check 'it is there' test -s proved.run
sh "$fx/mkrun.sh" bad-modpost bad.run > /dev/null
expect_status 'a proof that fails' 1 patch bad.run --headers "$headers" --build -o never.run
check 'nothing is written' test ! -e never.run
says 'it says so' 'nothing is written'
expect_status 'an unknown kernel without a proof' 1 patch tree.run --headers h99 -o u.run
expect_status 'and with one' 0 patch tree.run --headers h99 --build -o u.run --json=u.json
check 'the proof is in the report' json_is u.json '.build.cells[0].class' ok
finish
