#!/bin/sh
# SPDX-License-Identifier: MIT
# dkmstree.sh: what dkms-tree writes, built by Debian's dkms with the very lines that its
# report ends with: for two kernels, with a patch for one of them, and not for a blocked
# one; and the source package, built by dpkg-buildpackage.
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

if tool=$(lacks make gcc patch modinfo dpkg-deb diff); then
    skip "dkms-tree: no $tool"
    finish
    exit
fi
if [ "$(id -u)" -ne 0 ]; then
    skip 'dkms-tree: dkms wants to be root'
    finish
    exit
fi

v=535.161.05
# headers LINE: sets release and build_dir, or skips.
headers() {
    if ! found=$(sh "$here/headers.sh" "$cache" "$1" 2> headers.err); then
        skip "headers of $1: $(tail -n 1 headers.err)"
        return 1
    fi
    read -r release build_dir _ << EOT
$found
EOT
    # A copy: dkms 2.8 can spoil what --kernelsourcedir names, and the cache is everybody's.
    kept=$build_dir build_dir=$work/headers-$1
    cp -a "$kept" "$build_dir"
    find "$kept" -maxdepth 1 -type l | while read -r l; do
        ln -sfn "$(readlink -f "$l")" "$build_dir/${l##*/}"
    done
    # They ask for the compiler of their release by name, which may not be there.
    cc=$(sed -n 's/.*\(gcc-[0-9][0-9]*\).*/\1/p' "$build_dir/.kernelvariables" 2> /dev/null | head -n 1)
    if [ -n "$cc" ] && lacks "$cc" > /dev/null; then
        sed -i "s/$cc/gcc/" "$build_dir/.kernelvariables"
    fi
}
# all_of DIR: each file of headers, and what it is.
all_of() { (cd "$1" && find . -type f -exec cksum {} + -o -type l -printf '%p %l\n' | sort); }

# A driver whose modules build in seconds, and a patch that leaves a mark in one of them.
# From 520 on installers build before DKMS: only a tree can have such a patch for one of
# several kernels.
sample() {
    sh "$fx/buildable.sh" --version $v tree
    sed -i '4s/.*/nvidia nvidia-uvm/' tree/.manifest
    # buildable.sh's own files are not in the manifest yet.
    awk 'NR <= 8' tree/.manifest > manifest
    (cd tree && find kernel -type f | sort) | while read -r f; do
        type=KERNEL_MODULE_SRC
        [ "$f" != kernel/dkms.conf ] || type=DKMS_CONF
        echo "$f 0644 $type INHERIT_PATH_DEPTH:1 MODULE:resman"
    done >> manifest
    awk 'NR > 8 && $1 !~ /^kernel\//' tree/.manifest >> manifest
    mv manifest tree/.manifest
    sh "$fx/mkrun.sh" tree in.run
    mkdir a b
    cp tree/kernel/nvidia/nv-frontend.c a
    { cat a/nv-frontend.c; echo 'MODULE_INFO(gridpatch_mark, "six");'; } > b/nv-frontend.c
    diff -U2 --label a/nvidia/nv-frontend.c --label b/nvidia/nv-frontend.c a/nv-frontend.c b/nv-frontend.c > mark.patch || :
    sh "$fx/buildable.sh" --data data --line 6.1
    sh "$fx/buildable.sh" --data data --line 5.10
    # The branch has to be one that the data list.
    cp "$here/../../kernel-versions/drivers" data/kernel-versions/
}

if ! headers 5.10; then
    finish
    exit
fi
five=$release five_build=$build_dir
all_of "$five_build" > five.all
if ! headers 6.1; then
    finish
    exit
fi
six=$release six_build=$build_dir
all_of "$six_build" > six.all
check 'a sample is made' sample || { finish; exit; }
export GRIDPATCH_DATA="$work/data"
tree_opts="--no-hooks --headers $five_build --headers $six_build --patches mark.patch --patch-match ^6\.1\."

# --- dkms ---------------------------------------------------------------------

mkdir bin
PATH=$work/bin:$PATH
# It works in directories of ours: its lines are run as they stand but for /usr/src.
# shellcheck disable=SC2016 # for the scripts to expand
place_dkms() {
    rm -rf sys && mkdir -p sys/src sys/dkms "sys/modules/$five" "sys/modules/$six"
    printf '#!/bin/sh\nverb=$1\nshift\n[ "$verb" != install ] || set -- "$@" --installtree "%s/sys/modules"\nexec "%s" "$verb" "$@" --sourcetree "%s/sys/src" --dkmstree "%s/sys/dkms" -a x86_64\n' \
        "$work" "$1" "$work" "$work" > bin/dkms
    # The system's list of modules is not theirs.
    printf '#!/bin/sh\nexit 0\n' > bin/depmod
    chmod 0755 bin/dkms bin/depmod
}
cat > run_lines << EOT
[ -s lines ] || exit 1
while read -r line; do
    echo "+ \$line"
    sh -c "\$(echo "\$line" | sed 's,/usr/src/nvidia,$work/sys/src/nvidia,; s,-C /usr/src,-C $work/sys/src,')" < /dev/null || exit 1
done < lines
EOT
# make_tree ARG…: the report alone, and of its end the lines behind the one about the licence.
# shellcheck disable=SC2086 # options are words
make_tree() { "$GRIDPATCH" dkms-tree in.run $tree_opts "$@" 2> warnings || { cat warnings; return 1; }; }
lines_of() { sed -n '/^For your own machines/,$p' "$1" | sed 1d | sed 's/^  //' > lines; }
ko() { find "sys/modules/$1" "sys/dkms/nvidia/$v/$1" -name "$2.ko*" 2> /dev/null | head -n 1; }
mark() { modinfo -F gridpatch_mark "$(ko "$1" nvidia)"; }
for_release() { modinfo -F vermagic "$(ko "$1" "$2")" | grep -q "^$1 "; }

# each_dkms VERSION OUT: a tree as OUT, with this dkms.
each_dkms() {
    if ! deb=$(sh "$here/fetch.sh" "$cache" dkms "$1" 2> fetch.err); then
        skip "dkms $1: $(tail -n 1 fetch.err)"
        return 0
    fi
    rm -rf program && dpkg-deb -x "$deb" program
    place_dkms "$work/program/usr/sbin/dkms"
    rm -rf "$2"
    check "dkms $1: dkms-tree -o $2" make_tree -o "$2" || return 0
    lines_of log
    # This one looks for programs in the system's places only, and the system's depmod
    # knows no such kernel.
    [ "$1" != 2.8.4 ] || sed -i '/^dkms install/d' lines
    check "dkms $1: the lines of the report" env sign_file=/nonexistent sh run_lines || return 0
    for r in "$five" "$six"; do
        for m in nvidia nvidia-uvm; do
            check "dkms $1: $m is for $r" for_release "$r" $m || :
        done
    done
    check "dkms $1: the patch for 6.1 is in it there" test "$(mark "$six")" = six || :
    check "dkms $1: and not on 5.10" test -z "$(mark "$five")" || :
    rc=0
    sign_file=/nonexistent dkms build -m nvidia -v $v -k 5.13.0-1-amd64 --no-prepare-kernel --no-clean-kernel \
        --kernelsourcedir "$six_build" > log 2>&1 || rc=$?
    check "dkms $1: 5.13 is left alone" test $rc -eq "$3" || :
    check "dkms $1: the headers are as they were" headers_kept || :
    check "dkms $1: as many jobs as were asked for" jobs_of "$2" || :
}
headers_kept() {
    all_of "$five_build" | diff five.all - && all_of "$six_build" | diff six.all -
}
# -j of dkms reaches make.
jobs_of() {
    sed -n 's/^MAKE\[0\]=/echo /p' "sys/src/nvidia-$v/dkms.conf" > echo.make
    # shellcheck disable=SC2097,SC2098 # for bash
    kernelver=x parallel_jobs=3 bash echo.make | grep -q -- ' -j3 '
}
each_dkms 2.8.4 nvidia.tar.zst 9
each_dkms 3.0.10 nvidia-$v 77
each_dkms 3.2.2 nvidia.tar.xz 77
# An earlier one is replaced, and what comes of it is the same.
check 'a tree again, over the one that is there' make_tree -o "$work" -f || :

check 'after a proof: --build' make_tree --build -o built || :
check 'it is the same tree' diff -r "nvidia-$v" built || :

# --- a package ------------------------------------------------------------------

# What dh-dkms puts into the scripts of a package has dkms at work when it is installed.
scripts_name() {
    dpkg-deb -e "$1" control || return 1
    grep -q "DKMS_NAME=nvidia" control/postinst && grep -q "DKMS_VERSION=$v" control/postinst &&
        grep -q "dkms remove" control/prerm && grep -q "DKMS_VERSION=$v" control/prerm
}
package() {
    check 'a source package' make_tree -o nvidia.dsc || return 0
    lines_of log
    if tool=$(lacks dpkg-source dpkg-buildpackage); then
        skip "the source package: no $tool"
        return 0
    fi
    check 'dpkg-source unpacks it' sh -c "$(sed -n 1p lines)" || return 0
    if ! (cd nvidia-$v-dkms-*/ && dpkg-checkbuilddeps 2> "$work/deps"); then
        skip "the package: $(tail -n 1 deps)"
        return 0
    fi
    check 'dpkg-buildpackage builds it' sh -c "$(sed -n 2p lines)" || return 0
    deb=$(sed -n 's,^apt install ,,p' lines)
    check 'its name is that of the report' test -f "$deb" || return 0
    check 'its scripts call dkms' scripts_name "$deb" || :
    rm -rf unpacked && mkdir unpacked
    check 'dpkg-deb unpacks it' dpkg-deb -x "$deb" unpacked || return 0
    check 'the tree is in it, byte for byte' diff -r "nvidia-$v" "unpacked/usr/src/nvidia-$v" || :
    (cd "nvidia-$v" && find . -type f -printf '%m %p\n' | sort) > modes.1
    (cd "unpacked/usr/src/nvidia-$v" && find . -type f -printf '%m %p\n' | sort) > modes.2
    check 'with its modes' diff modes.1 modes.2 || :
}
package

finish
