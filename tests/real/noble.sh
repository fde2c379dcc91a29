#!/bin/sh
# SPDX-License-Identifier: MIT
# noble.sh: `make check-real FULL=1` alone. Ubuntu 24.04's drivers for its own kernels,
# with its own compiler, in a root of that suite: what select says of each pair with the
# headers at hand must be what make says. Ubuntu's packages have the sources as NVIDIA
# released them, as an installed tree. About 15 minutes a pair on two cores.
#
# A host driver of GRIDPATCH_TREES is built, too, with GRIDPATCH_HOOKS if you have a copy of the
# hooks: for the newest kernel of each line that Ubuntu has for 24.04.
#
#   AFTER_BUILD  what is run when such a host is built: AFTER_BUILD RELEASE HEADERS MODULE...
#   DRIVERS   nvidia-kernel-source-WORD, with or without =VERSION (default: those that
#             have sources; 535 only as it came with noble, later ones lead to 580)
#   KERNELS   which packages of headers (default: the first one and the newest of noble)
# shellcheck disable=SC2030,SC2031,SC2154 # roots are made in subshells, for die(); lib.sh and apt.sh set the rest
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC1091 # it is beside this
. "$here/lib.sh"
: "${DRIVERS:=470 535=535.171.04-0ubuntu2 580 590 595}" "${KERNELS:=linux-headers-generic linux-headers-generic-hwe-24.04}"

if tool=$(lacks chroot unshare dpkg-deb jq make timeout); then
    skip "Ubuntu: no $tool"
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2> /dev/null; then
    skip 'Ubuntu: a root of it needs the rights to chroot and to mount'
    exit 0
fi

# --- a root, drivers, headers: from Ubuntu's archive ------------------------------

# unpacked PACKAGE PATTERN: its files into the root, once, with what it depends on that has
# the pattern in its name; prints package=version of each.
unpacked() (
    die() {
        echo "$*" >&2
        exit 1
    }
    # shellcheck disable=SC1091
    . "$here/apt.sh"
    ubuntu_ready
    mkdir -p "$root/unpacked"
    todo=$1
    while [ -n "$todo" ]; do
        # shellcheck disable=SC2086 # words
        set -- "$2" $todo
        pattern=$1 p=$2
        shift 2
        todo=$*
        version=${p#*=} p=${p%%=*}
        [ "$version" != "$p" ] || version=$(apt-cache madison "$p" | awk -F ' *[|] *' '{ print $2; exit }')
        [ -n "$version" ] || die "Ubuntu has no $p"
        if [ ! -f "$root/unpacked/$p=$version" ]; then
            rm -rf "$work/debs" && mkdir "$work/debs"
            download "$work/debs" "$p=$version"
            dpkg-deb -x "$work/debs"/*.deb "$root" || die "$p cannot be unpacked"
            : > "$root/unpacked/$p=$version"
        fi
        echo "$p=$version"
        todo="$todo $(apt-cache show "$p=$version" | sed -n 's/^Depends: //p' | head -n 1 | tr ',|' '\n\n' |
            sed 's/^ *//; s/ .*//' | grep "$pattern")"
        todo=$(echo $todo)
        set -- "$todo" "$pattern"
    done
)

# --- a pair -------------------------------------------------------------------------

# made DIR RELEASE: make's word, in the root; /proc is there for objtool, in a mount
# namespace that goes with it.
made() {
    timeout 3600 unshare -m sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin \
        LC_ALL=C make -C "$2" -j"$3" KERNEL_UNAME="$4" SYSSRC="/lib/modules/$4/build" IGNORE_CC_MISMATCH=1 modules' \
        sh "$root" "$1" "$(nproc)" "$2"
}

# pair VERSION SOURCE RELEASE WORD...: with these options for dkms-tree; says in $said what make did.
pair() {
    version=$1 source=$2
    headers=$root/usr/src/linux-headers-$3
    shift 2
    "$GRIDPATCH" select "$source" --headers "$headers" --json=claim.json -q 2> claim.err || :
    verdict=$(jq -r '.selection.cells[0].verdict // empty' claim.json)
    claim=$(jq -r '.selection.cells[0].claims.builds.claim // empty' claim.json)
    if [ -z "$verdict" ]; then
        fail "$version on $1: select: $(tail -n 1 claim.err)"
        return
    fi
    rm -rf "$root/build"
    release=$1
    shift
    if ! "$GRIDPATCH" dkms-tree "$source" --headers "$headers" "$@" -o "$root/build" -q > dkms.log 2>&1; then
        fail "$version on $release: $(tail -n 1 dkms.log)"
        return
    fi
    said=no
    ! made /build "$release" > "$work/$version-$release.log" 2>&1 || said=yes
    wants=$claim
    [ "$verdict" != blocked ] || wants=no
    case $wants/$said in
    yes/yes | no/no) pass "$version on $release: $verdict, builds: $said, as select says" ;;
    unknown/*) pass "$version on $release: $verdict, builds: $said; select does not know" ;;
    *)
        fail "$version on $release: $verdict, select says $wants, make says $said"
        grep -m 3 -E 'error:|ERROR|No rule' "$work/$version-$release.log" | sed 's/^/#   /'
        ;;
    esac
}

# verified RELEASE: of a host, whether the kernel would take what was built. That it refuses
# symbol_get() is the data's to say: here it is no finding.
verified() {
    set -- "$root/usr/src/linux-headers-$1" "$root"/build/*.ko
    "$GRIDPATCH" verify ${hooks:+--expect-hooks} --headers "$@" > verify.out 2>&1 && return
    cat verify.out
    grep -q '^verdict ' verify.out && ! grep '^error ' verify.out | grep -qv ': symbol-get: '
}

# host TREE_OR_RUN: of the user's.
host() {
    "$GRIDPATCH" info "$1" --json=info.json -q 2> /dev/null || return 0
    case $(jq -r '.driver.kind // empty' info.json) in host | merged) ;; *) return 0 ;; esac
    version=$(jq -r '.driver.version' info.json)
    echo "# $version: $1, SHA-256 $(sum_of "$1")"
    hooks=${GRIDPATCH_HOOKS:-}
    for p in $(newest_of_lines); do
        unpacked "$p" '^linux-.*headers-' > "list-$p" 2> unpack.err || { skip "Ubuntu: $(tail -n 1 unpack.err)"; continue; }
        release=${p#linux-headers-} said=no
        # shellcheck disable=SC2046 # two words, or one
        pair "$version" "$1" "$release" --allow blocked,unknown,altered,hooks $([ -z "$hooks" ] && echo --no-hooks || echo "--hooks $hooks")
        [ $said = yes ] || continue
        check "$version on $release: verify has nothing against it but symbol_get()" verified "$release" || continue
        [ -z "$hooks" ] || check "$version on $release: both symbols are in nvidia.ko, and apart" unlocked "$root/build/nvidia.ko" || :
        [ -z "${AFTER_BUILD:-}" ] ||
            check "$version on $release: $AFTER_BUILD" "$AFTER_BUILD" "$release" "$root/usr/src/linux-headers-$release" "$root"/build/*.ko || :
    done
    rm -rf "$root/build"
}

# newest_of_lines: the newest package of headers of each kernel line.
newest_of_lines() (
    die() {
        echo "$*" >&2
        exit 1
    }
    # shellcheck disable=SC1091
    . "$here/apt.sh"
    ubuntu_ready
    apt-cache pkgnames linux-headers- | grep -E '^linux-headers-[0-9.]+-[0-9]+-generic$' | sort -V |
        awk -F - '{ newest[$3] = $0 } END { for (l in newest) print newest[l] }' | sort -V
)

if ! root=$(sh "$here/suite.sh" "$cache" noble 2> root.err); then
    skip "Ubuntu: $(tail -n 1 root.err)"
    exit 0
fi
for p in $KERNELS; do
    if unpacked "$p" '^linux-.*headers-' > "list-$p" 2> unpack.err; then
        sed -n 's/^linux-headers-\([0-9][^=]*-generic\)=\(.*\)/\1/p' "list-$p" >> releases
        sed 's/^/# /' "list-$p"
    else
        skip "Ubuntu: $(tail -n 1 unpack.err)"
    fi
done
touch releases
for b in $DRIVERS; do
    # The sources, and dkms.conf beside them.
    if ! { unpacked "nvidia-kernel-source-$b" '^nothing$' && unpacked "nvidia-dkms-$b" '^nothing$'; } \
        > "list-$b" 2> unpack.err; then
        skip "Ubuntu: $(tail -n 1 unpack.err)"
        continue
    fi
    version=$(sed 's/.*=//; s/-.*//; q' "list-$b")
    source=$root/usr/src/nvidia-$version
    [ -d "$source" ] || source=$(find "$root/usr/src" -maxdepth 1 -name "nvidia-*-$version")
    if [ -z "$source" ]; then
        skip "Ubuntu: nvidia-kernel-source-$b has no sources in it"
        continue
    fi
    sed 's/^/# /' "list-$b"
    while read -r release; do
        pair "$version" "$source" "$release" --no-hooks --allow blocked,unknown,altered
        rm -rf "$root/build"
    done < releases
done
if [ -z "${GRIDPATCH_TREES:-}" ]; then
    skip 'Ubuntu: your own host drivers: GRIDPATCH_TREES names no directory'
else
    for t in "$GRIDPATCH_TREES"/*; do host "$t"; done
fi
finish
