#!/bin/sh
# SPDX-License-Identifier: MIT
# dkms.sh: what gridpatch writes into dkms.conf, read by Debian's dkms: kernel
# lines that are left out, patches for some kernels only, one patched tree for
# two kernels.
#
#   GRIDPATCH            the program
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory and name it
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/real/lib.sh disable=SC1091
. "$here/lib.sh"

if tool=$(lacks dkms make gcc patch modinfo diff nm strings); then
    skip "dkms: no $tool"
    finish
    exit
fi
if [ "$(id -u)" -ne 0 ]; then
    skip 'dkms: it wants to be root'
    finish
    exit
fi

# --- dkms ---------------------------------------------------------------------

# installed TREE VERSION: what nvidia-installer (up to 515) leaves in /usr/src: the
# kernel files of the manifest without "kernel/", and dkms.conf with its words
# replaced. Only nvidia.ko is asked for.
installed() {
    rm -rf dkms "dkms-src/nvidia-$2"
    mkdir -p dkms "dkms-src/nvidia-$2"
    awk 'NR > 8 && ($3 == "KERNEL_MODULE_SRC" || $3 == "DKMS_CONF") {
            sub(/^kernel\//, "", $1); print $1 }' "$1/.manifest" > dkms.files
    tar -C "$1/kernel" -cf - -T dkms.files | tar -C "dkms-src/nvidia-$2" -xf -
    sed -i -e "s/__VERSION_STRING/$2/" -e 's/__JOBS/2/' \
        -e "s/__EXCLUDE_MODULES/$others/" -e 's/__IGNORE_CC_MISMATCH/1/' \
        -e 's/will be generated/was generated/' \
        -e 's,^__DKMS_MODULES,BUILT_MODULE_NAME[0]="nvidia"\nDEST_MODULE_LOCATION[0]="/kernel/drivers/video",' \
        "dkms-src/nvidia-$2/dkms.conf"
}

others='nvidia-uvm nvidia-drm nvidia-modeset nvidia-peermem'

# compiler BUILD: Debian's headers ask for the compiler of their release by name;
# where that is not installed, the one that is goes by its name.
mkdir bin
PATH=$work/bin:$PATH
compiler() {
    cc=$(sed -n 's/.*\(gcc-[0-9][0-9]*\).*/\1/p' "$1/.kernelvariables" 2> /dev/null | head -n 1)
    if [ -n "$cc" ] && lacks "$cc" > /dev/null; then
        printf '#!/bin/sh\nexec gcc "$@"\n' > "bin/$cc"
        chmod 0755 "bin/$cc"
    fi
}

# What dkms answers for a kernel that BUILD_EXCLUSIVE_KERNEL leaves out: `die 9` in
# 2.8.4, `die 77` from 3.0 on. They call themselves "dkms:2.8" and "dkms-3.0.10".
dkms=dkms
excluded_status() {
    case $("$dkms" --version) in
        dkms[:-][12].*) echo 9 ;;
        *) echo 77 ;;
    esac
}

# in_dkms VERB VERSION RELEASE BUILD SOURCE: nothing of the system's is touched,
# nor any key made. The sources of a split tree are NVIDIA's own affair.
in_dkms() {
    SYSSRC=$5 SYSOUT=$4 NV_EXCLUDE_KERNEL_MODULES=$others sign_file=/nonexistent \
        nice "$dkms" "$1" -m nvidia -v "$2" -k "$3" -a x86_64 --kernelsourcedir "$4" \
        --sourcetree "$work/dkms-src" --dkmstree "$work/dkms"
}

# left_alone VERSION RELEASE BUILD: dkms's own status for what is excluded.
left_alone() {
    rc=0
    in_dkms build "$1" "$2" "$3" "$3" || rc=$?
    [ $rc -eq "$(excluded_status)" ] && [ ! -e "dkms/nvidia/$1/$2" ]
}

# module VERSION RELEASE: the module that dkms built, unpacked.
module() {
    ko=$(find "dkms/nvidia/$1/$2" -name 'nvidia.ko*' | head -n 1)
    [ -n "$ko" ] || return 1
    case $ko in
        *.xz) xz -dc "$ko" ;;
        *.zst) zstd -qdc "$ko" ;;
        *.gz) gzip -dc "$ko" ;;
        *) cat "$ko" ;;
    esac > nvidia.ko
}

# for_release RELEASE: nvidia.ko says so.
for_release() {
    modinfo -F vermagic ./nvidia.ko | grep -q "^$1 "
}

# --- a small module: which patches dkms applies ---------------------------------

# Its module is made from the file that the patches change, without any kernel.
small_tree() {
    sh "$fx/sample.sh" --version 470.256.02 --kind general small || return 1
    cat > small/kernel/Makefile << 'EOT'
modules:
	grep -c . nvidia/os-interface.c > /dev/null
	sed -n 's/.*Sample: \(.*\)\./static const char what[] __attribute__((used)) = "\1";/p' nvidia/os-interface.c > m.c
	gcc -c -o nvidia.ko m.c
clean:
	rm -f m.c nvidia.ko
EOT
    sh "$fx/mkrun.sh" small small.run
}

# series NAME WORDS: a patch of the sample's file, with -p0 below kernel/.
series() {
    mkdir "$1"
    echo 'x.patch -p0' > "$1/series"
    cat > "$1/x.patch" << EOT
--- nvidia/os-interface.c
+++ nvidia/os-interface.c
@@ -2,3 +2,3 @@
- * Sample: what the proprietary core asks of the kernel.
+ * Sample: $2.
  */

EOT
}

# made VERSION RELEASE WORDS: dkms builds, and these words are in the module.
made() {
    in_dkms build "$1" "$2" "$work/none" "$work/none" && module "$1" "$2" && strings -a nvidia.ko | grep -qx "$3"
}

small() {
    check 'small module: an installer is made' small_tree || return 0
    series five 'this is for five'
    series six 'this is for six'
    check 'small module: patch with two series' "$GRIDPATCH" small.run -k 5.10.0-32-amd64 -k 6.1.0-50-amd64 \
        --no-hooks --patches five --patch-match '^5\.10\.' --patches six --patch-match '^6\.' -o small-o.run || return 0
    check 'small module: extract' "$GRIDPATCH" extract small-o.run -C small.x || return 0
    installed small.x 470.256.02
    # dkms only looks whether there are headers.
    mkdir -p none/include
    : > none/Makefile
    check 'small module: dkms add' in_dkms add 470.256.02 6.1.0-50-amd64 "$work/none" "$work/none" || return 0
    check 'small module: on 5.10 the first series' made 470.256.02 5.10.0-32-amd64 'this is for five' || :
    check 'small module: on 6.1 the second' made 470.256.02 6.1.0-50-amd64 'this is for six' || :
    check 'small module: on 5.4 none' made 470.256.02 5.4.0-42-generic 'what the proprietary core asks of the kernel' || :
    check 'small module: 6.19 is left alone' left_alone 470.256.02 6.19.1-1-amd64 "$work/none" || :
    # That dkms fails on a patch that does not match, so the silence above says something.
    sed -i 's/asks of the kernel/asks/' "dkms-src/nvidia-470.256.02/nvidia/os-interface.c"
    rm -rf dkms/nvidia/470.256.02/5.10.0-32-amd64
    rc=0
    in_dkms build 470.256.02 5.10.0-32-amd64 "$work/none" "$work/none" > log 2>&1 || rc=$?
    check 'small module: dkms says 6 when a patch does not match' test $rc -eq 6 || :
}

small

# --- Debian's dkms, old and new -------------------------------------------------

# each_dkms VERSION STATUS: the small module, where dkms says STATUS for a kernel that
# is left out.
each_dkms() {
    if tool=$(lacks dpkg-deb) || [ ! -f small.run ]; then
        skip "dkms $1: ${tool:+no $tool}"
        return 0
    fi
    if ! deb=$(sh "$here/fetch.sh" "$cache" dkms "$1" 2> fetch.err); then
        skip "dkms $1: $(tail -n 1 fetch.err)"
        return 0
    fi
    rm -rf dkms-program each-o.run each.x
    check "dkms $1: unpacked" dpkg-deb -x "$deb" dkms-program || return 0
    dkms=$work/dkms-program/usr/sbin/dkms
    check "dkms $1: the status that is expected of it" test "$(excluded_status)" -eq "$2" || :
    check "dkms $1: patch" "$GRIDPATCH" small.run -k 5.10.0-32-amd64 --no-hooks -o each-o.run || return 0
    check "dkms $1: extract" "$GRIDPATCH" extract each-o.run -C each.x || return 0
    installed each.x 470.256.02
    check "dkms $1: add" in_dkms add 470.256.02 5.10.0-32-amd64 "$work/none" "$work/none" || return 0
    check "dkms $1: 6.19 is left alone, status $2" left_alone 470.256.02 6.19.1-1-amd64 "$work/none" || :
    check "dkms $1: 5.10 is built" in_dkms build 470.256.02 5.10.0-32-amd64 "$work/none" "$work/none" || :
    in_place "$1"
    dkms=dkms
}

# in_place VERSION: what is said to be run after patching an installed tree, and after
# taking that back, as it is printed; but for installing, and with headers of our own.
in_place() {
    tree="dkms-src/nvidia-470.256.02"
    rm -rf dkms "$tree" in-place
    mkdir dkms in-place
    # shellcheck disable=SC2016 # of the new script
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$dkms" > in-place/dkms
    chmod 0755 in-place/dkms
    sh "$fx/installed.sh" small "$tree"
    sed -i '/\[[1-9]\]=/d' "$tree/dkms.conf"
    check "dkms $1: patch an installed tree" "$GRIDPATCH" patch -k 5.10.0-32-amd64 --no-hooks --patches five \
        --dkmstree dkms "$tree" || return 0
    for words in 'this is for five' 'what the proprietary core asks of the kernel'; do
        "$GRIDPATCH" patch ${undo-} -k 5.10.0-32-amd64 --no-hooks --patches five --dkmstree dkms "$tree" 2> /dev/null |
            sed -n "/^  dkms install/d; / build /s|\$| --kernelsourcedir $work/none|; s/^  \(dkms \)/\1/p" > in-place/lines
        check "dkms $1: it takes$(sed 's/^dkms \([a-z]*\).*/ \1/' in-place/lines | tr -d '\n')" \
            env PATH="$work/in-place:$PATH" sign_file=/nonexistent sh -ex in-place/lines || return 0
        check "dkms $1: '$words' is in the module" \
            sh -c 'strings -a nvidia.ko | grep -qx "$1"' x "$(module 470.256.02 5.10.0-32-amd64 && echo "$words")" || :
        undo=--undo
    done
    unset undo
}

each_dkms 2.8.4 9
each_dkms 3.0.10 77
each_dkms 3.2.2 77

# --- NVIDIA's sources -----------------------------------------------------------

# headers LINE: sets release, build_dir and source_dir, or skips.
headers() {
    if ! found=$(sh "$here/headers.sh" "$cache" "$1" 2> headers.err); then
        skip "headers of $1: $(tail -n 1 headers.err)"
        return 1
    fi
    read -r release build_dir source_dir _ << EOT
$found
EOT
    compiler "$build_dir"
}

# obtain PACKAGE VERSION: makes in.run of Debian's package, or skips.
obtain() {
    if tool=$(lacks dpkg-deb xz); then
        skip "driver $2: no $tool"
        return 1
    fi
    if ! deb=$(sh "$here/fetch.sh" "$cache" "$1" "$2" 2> fetch.err); then
        skip "driver $2: $(tail -n 1 fetch.err)"
        return 1
    fi
    rm -rf pristine in.run
    check "$2: tree from Debian's package" sh "$here/tree.sh" "$deb" "$2" "$work/pristine" || return 1
    check "$2: an installer is made" nice sh "$fx/mkrun.sh" --compress gzip --comp-args -1 \
        --version-string "$2" pristine in.run
}

# marked: a patch that leaves a mark in nvidia.ko, made from the file that is there.
marked() {
    f=nvidia/nv-frontend.c
    [ -f "pristine/kernel/$f" ] || f=nvidia/nv.c
    cp "pristine/kernel/$f" marked.c
    echo 'MODULE_INFO(gridpatch_mark, "six");' >> marked.c
    diff -U2 --label "a/$f" --label "b/$f" "pristine/kernel/$f" marked.c > mark.patch || [ $? -eq 1 ]
}

# through_dkms VERSION: the tree that is installed, for the headers at hand.
through_dkms() {
    check "$1: dkms build for $release" in_dkms build "$1" "$release" "$build_dir" "$source_dir" || {
        tail -n 15 "dkms/nvidia/$1/build/make.log" 2> /dev/null | sed 's/^/#   /'
        return 1
    }
    check "$1: nvidia.ko is there" module "$1" "$release" &&
        check "$1: it is for $release" for_release "$release"
}

sh "$fx/hooks.sh" hooks

# 470: one tree, two kernels, a patch for one of them.
two_kernels() {
    v=470.256.02
    headers 5.10 || return 0
    five=$release five_build=$build_dir five_source=$source_dir
    headers 6.1 || return 0
    six=$release
    obtain nvidia-tesla-470-kernel-source $v || return 0
    marked
    check "$v: patch for $five and $six" "$GRIDPATCH" in.run -k "$five" -k "$six" --hooks hooks --allow hooks \
        --patches mark.patch --patch-match '^6\.1\.' -o out.run || return 0
    check "$v: extract" "$GRIDPATCH" extract out.run -C new || return 0
    installed new $v
    check "$v: dkms add" in_dkms add $v "$six" "$build_dir" "$source_dir" || return 0
    if through_dkms $v; then
        check "$v: both symbols are in it, and apart" unlocked nvidia.ko || :
        check "$v: the patch for 6.1 is in it" test "$(modinfo -F gridpatch_mark ./nvidia.ko)" = six || :
    fi
    release=$five build_dir=$five_build source_dir=$five_source
    if through_dkms $v; then
        check "$v: both symbols are in it, and apart" unlocked nvidia.ko || :
        check "$v: the patch for 6.1 is not" test -z "$(modinfo -F gridpatch_mark ./nvidia.ko)" || :
    fi
    rm -rf new out.run
}

# whole_series: Debian's own for this driver, unchanged, as somebody's --patches.
whole_series() {
    dpkg-deb -x "$deb" deb && mkdir debian-series || return 1
    tar -xf "$(find deb/usr/src -name '*.tar.xz' | head -n 1)" -C debian-series --strip-components=4 \
        --no-same-owner --wildcards '*/debian/patches/*' || return 1
    [ -s debian-series/series ] || return 1
    # It mends what our sets mend, in the same places.
    "$GRIDPATCH" in.run -k "$release" --hooks hooks --allow hooks --no-set all --patches debian-series -n
}

# 460: a shipped set makes it build, and dkms leaves a blocked line alone.
with_a_set() {
    v=460.106.00
    headers 5.10 || return 0
    obtain nvidia-tesla-460-kernel-source $v || return 0
    check "$v: Debian's whole series as --patches" whole_series || :
    check "$v: patch for $release" "$GRIDPATCH" in.run -k "$release" --hooks hooks --allow hooks -o out.run || return 0
    check "$v: extract" "$GRIDPATCH" extract out.run -C new || return 0
    installed new $v
    check "$v: dkms add" in_dkms add $v "$release" "$build_dir" "$source_dir" || return 0
    check "$v: 6.1.0-50-amd64 is left alone" left_alone $v 6.1.0-50-amd64 "$build_dir" || :
    if through_dkms $v; then
        check "$v: both symbols are in it, and apart" unlocked nvidia.ko || :
    fi
    rm -rf new out.run
}

with_a_set
two_kernels

finish
