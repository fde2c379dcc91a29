#!/bin/sh
# shellcheck disable=SC1091,SC2154,SC2086 # lib.sh sets the rest; lists are words
# run.sh: gridpatch against real driver sources, real kernel headers and dkms.
#
#   GRIDPATCH            the program
#   AUTODEPS=1           install kernel headers if there are none (as root)
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory and name it
#
# One line per check, then a summary.  What this machine cannot do is skipped
# aloud; exit 1 if any check failed.
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# --- comparing trees ---------------------------------------------------------

# modes DIR: type, mode and link target of everything below it.
modes() {
    (cd "$1" && find . ! -name . -printf '%P %y %m %l\n' | sort)
}

same_modes() {
    modes "$1" > modes.1
    modes "$2" > modes.2
    diff modes.1 modes.2
}

identical() {
    diff -r --no-dereference "$1" "$2" && same_modes "$1" "$2"
}

# of_sets SET…: what their patches name, by grep: "= PATH", or "+ PATH" for a new file.
of_sets() {
    for set in "$@"; do
        awk '/^--- / { new = $2 == "/dev/null" ? "+" : "=" }
            /^\+\+\+ / { sub(/^[^\/]*\//, "", $2); print new, $2 }' "$here/../../patches/$set"/*.patch
    done | sort -u
}

# only_intended OLD NEW SET…: NEW differs from OLD in what patching is for, and in
# files that these sets name.
only_intended() {
    old=$1 new=$2
    shift 2
    of_sets "$@" > of.sets
    { diff -rq --no-dereference "$old" "$new" || :; } > diffs
    sed -n "s|^Files $old/\(.*\) and .* differ\$|\1|p" diffs | sort > changed
    sed -n "s|^Only in $new/\{0,1\}\(.*\): |\1/|p" diffs | sort > added
    bad=0
    for f in kernel/nvidia/os-interface.c kernel/nvidia/nvidia.Kbuild .manifest \
        pkg-history.txt; do
        grep -qx "$f" changed || { echo "unchanged: $f"; bad=1; }
    done
    while read -r f; do
        case $f in
            kernel/nvidia/os-interface.c | kernel/nvidia/nvidia.Kbuild | .manifest | \
                pkg-history.txt | kernel/dkms.conf) ;;
            *) grep -qxF "= $f" of.sets || { echo "changed: $f"; bad=1; } ;;
        esac
    done < changed
    # A new directory is reported in place of what is in it.
    { printf '%s\n' kernel/nvidia/kern.ld kernel/unlock; sed -n 's/^+ //p' of.sets; } | sort > added.want
    diff added.want added || bad=1
    [ "$(ls "$new/kernel/unlock")" = vgpu_unlock_hooks.c ] || { ls "$new/kernel/unlock"; bad=1; }
    if grep -v -e '^Files ' -e "^Only in $new" diffs; then
        bad=1
    fi
    # Modes of what was there before.
    modes "$old" > modes.1
    modes "$new" > modes.2
    awk 'NR == FNR { new[$1]; next } !($1 in new) && $1 !~ /^kernel\/unlock\// ' added modes.2 | diff modes.1 - || bad=1
    return $bad
}

# listed_and_there TREE: each kernel file has a manifest line, and vice versa.
listed_and_there() {
    (cd "$1" && find kernel -type f | sort) > there
    awk 'NR > 8 && $1 ~ /^kernel\// { print $1 }' "$1/.manifest" | sort > listed
    diff there listed
}

# --- modules -----------------------------------------------------------------

others='nvidia-uvm nvidia-drm nvidia-modeset nvidia-peermem'

build() {
    nice make -C "$1" -j2 modules KERNEL_UNAME="$release" \
        SYSSRC="$source_dir" SYSOUT="$build_dir" \
        NV_EXCLUDE_KERNEL_MODULES="$others"
}

# find_headers: sets release, source_dir and build_dir, or fails.
find_headers() {
    release=$(for d in /lib/modules/6.1.*-amd64/build; do
        [ ! -f "$d/Makefile" ] || basename "$(dirname "$d")"
    done | sort -V | tail -n 1)
    [ -n "$release" ] || return 1
    build_dir=/lib/modules/$release/build
    source_dir=/lib/modules/$release/source
    [ -e "$source_dir" ] || source_dir=$build_dir
}

# built TREE VERSION: links nvidia.ko in a copy of the kernel tree.
built() {
    if [ -z "$release" ]; then
        skip "build of $2: no headers of a 6.1 kernel"
        return 0
    fi
    if tool=$(lacks make gcc nm); then
        skip "build of $2: no $tool"
        return 0
    fi
    cp -R "$1/kernel" "build-$2"
    if check "$2: nvidia.ko links for $release" build "build-$2"; then
        check "$2: both symbols are in nvidia.ko, and apart" \
            unlocked "build-$2/nvidia.ko" || :
    fi
    rm -rf "build-$2"
}

# dkms_conf FILE VERSION: fills in the template as nvidia-installer does.
dkms_conf() {
    sed -e "s/__VERSION_STRING/$2/" -e 's/__JOBS/2/' \
        -e "s/__EXCLUDE_MODULES/$others/" -e 's/__IGNORE_CC_MISMATCH//' \
        -e 's/will be generated/was generated/' \
        -e 's,^__DKMS_MODULES,BUILT_MODULE_NAME[0]="nvidia"\nDEST_MODULE_LOCATION[0]="/kernel/drivers/video",' \
        "$1" > dkms.conf.new
    cat dkms.conf.new > "$1"
}

# in_dkms VERB VERSION: nothing of the system's is touched, nor any key made.
in_dkms() {
    # The template's own word for the left-out modules is not the Makefile's.
    NV_EXCLUDE_KERNEL_MODULES=$others sign_file=/nonexistent \
        nice dkms "$1" -m nvidia -v "$2" \
        -k "$release" -a x86_64 --sourcetree "$work/dkms-src" \
        --dkmstree "$work/dkms"
}

# through_dkms TREE VERSION
through_dkms() {
    if [ -z "$release" ]; then
        skip "dkms build of $2: no headers of a 6.1 kernel"
        return 0
    fi
    if tool=$(lacks dkms make gcc nm); then
        skip "dkms build of $2: no $tool"
        return 0
    fi
    if [ "$(id -u)" -ne 0 ]; then
        skip "dkms build of $2: dkms wants to be root"
        return 0
    fi
    mkdir -p dkms "dkms-src/nvidia-$2"
    # What the installer copies is what the manifest lists, without "kernel/".
    awk 'NR > 8 && ($3 == "KERNEL_MODULE_SRC" || $3 == "DKMS_CONF") {
            sub(/^kernel\//, "", $1); print $1 }' "$1/.manifest" > dkms.files
    tar -C "$1/kernel" -cf - -T dkms.files | tar -C "dkms-src/nvidia-$2" -xf -
    dkms_conf "dkms-src/nvidia-$2/dkms.conf" "$2"
    check "$2: dkms add" in_dkms add "$2" || return 0
    if check "$2: dkms build for $release" in_dkms build "$2"; then
        ko=$(find dkms -name 'nvidia.ko*' | head -n 1)
        case $ko in
            *.xz) xz -d "$ko"; ko=${ko%.xz} ;;
            *.zst) zstd -q --rm -d "$ko"; ko=${ko%.zst} ;;
            *.gz) gzip -d "$ko"; ko=${ko%.gz} ;;
        esac
        check "$2: both symbols are in the module that dkms built" unlocked "$ko" || :
    fi
    rm -rf dkms dkms-src
}

# --- one installer -----------------------------------------------------------

# patched TREE VERSION COMPRESSION KERNEL: packs TREE, patches it, and looks at
# everything that came out.  Leaves the result extracted as "new".
patched() {
    tree=$1 version=$2 comp=$3 kernel=$4
    what="$version $comp"
    if tool=$(lacks "$comp" jq); then
        skip "$what: no $tool"
        return 1
    fi
    out=out-$version-$comp.run
    rm -rf in.run new own "$out"
    # A copy that need not be small saves minutes.
    case $comp in
        gzip) args=-1 ;;
        xz) args='-1 -C none' ;;
        zstd) args=-3 ;;
    esac
    check "$what: an installer is made" nice sh "$fx/mkrun.sh" --compress "$comp" \
        --comp-args "$args" --embed "$embed" --version-string "$version" \
        "$tree" in.run || return 1
    before=$(cksum < in.run)
    check "$what: verify accepts it" "$GRIDPATCH" verify in.run || :
    check "$what: patch for $kernel" "$GRIDPATCH" in.run -k "$kernel" \
        --hooks hooks --allow hooks -o "$out" --json=patched.json || return 1
    sets=$(jq -r '.patches[].set' patched.json | sort -u)
    check "$what: the input is as it was" test "$before" = "$(cksum < in.run)" || :
    check "$what: verify accepts the output" "$GRIDPATCH" verify "$out" || :
    check "$what: the output's own --check" sh "$out" --check || :
    check "$what: the output extracts itself" sh "$out" -x --target new || return 1
    check "$what: only the intended files differ" only_intended "$tree" new $sets || :
    check "$what: the manifest lists what is there" listed_and_there new || :
    if check "$what: extract" "$GRIDPATCH" extract "$out" -C own; then
        check "$what: extract and the stub agree" identical new own || :
    fi
    rm -rf own "$out.again"
    check "$what: patch once more" "$GRIDPATCH" in.run -k "$kernel" \
        --hooks hooks --allow hooks -o "$out.again" &&
        { check "$what: the same bytes again" cmp "$out" "$out.again" || :; }
    rm -f "$out" "$out.again"
}

# obtain PACKAGE VERSION: sets tree, or skips.
obtain() {
    tree=$work/NVIDIA-Linux-x86_64-$2
    if tool=$(lacks dpkg-deb xz); then
        skip "driver $2: no $tool"
        return 1
    fi
    if ! deb=$(sh "$here/fetch.sh" "$cache" "$1" "$2" 2> fetch.err); then
        skip "driver $2: $(tail -n 1 fetch.err)"
        return 1
    fi
    check "$2: tree from Debian's package" sh "$here/tree.sh" "$deb" "$2" "$tree"
}

# --- what is there -----------------------------------------------------------

release=
if ! find_headers; then
    if [ "${AUTODEPS:-0}" = 1 ] && [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
        DEBIAN_FRONTEND=noninteractive apt-get -qq install -y linux-headers-amd64 \
            > headers.log 2>&1 || :
    fi
    find_headers || skip "kernel headers: none of a 6.1 kernel here"
fi
# Without headers a release is still good for choosing patches.
new_kernel=${release:-6.1.0-28-amd64}
old_kernel=5.10.0-28-amd64

sh "$fx/hooks.sh" hooks
# Any binary will do: no test runs it.
embed=$(command -v cksum)

# --- 470: gzip and xz, a build, and dkms -------------------------------------

if obtain nvidia-tesla-470-kernel-source 470.256.02; then
    if patched "$tree" 470.256.02 gzip "$new_kernel"; then
        built new 470.256.02
        through_dkms new 470.256.02
        check_says_no "470.256.02: other hooks than the driver needs are refused" \
            "$GRIDPATCH" in.run -k "$new_kernel" --hooks hooks -o refused.run
        check "470.256.02: nothing is left of the refused output" test ! -e refused.run || :
    fi
    patched "$tree" 470.256.02 xz "$new_kernel" || :
    rm -rf "$tree"
fi

# --- 535: zstd and xz, a build -----------------------------------------------

if obtain nvidia-kernel-source 535.261.03; then
    if patched "$tree" 535.261.03 zstd "$new_kernel"; then
        built new 535.261.03
    fi
    patched "$tree" 535.261.03 xz "$new_kernel" || :
    rm -rf "$tree"
fi

# --- 460: blocked on 6.x, patched for 5.10 -----------------------------------

if obtain nvidia-tesla-460-kernel-source 460.106.00; then
    if patched "$tree" 460.106.00 gzip "$old_kernel"; then
        check_says_no "460.106.00: $new_kernel is refused" \
            "$GRIDPATCH" in.run -k "$new_kernel" --hooks hooks -o refused.run
        check "460.106.00: nothing is left of the refused output" test ! -e refused.run || :
    fi
    rm -rf "$tree"
fi

finish
