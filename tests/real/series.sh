#!/bin/sh
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# series.sh: the quilt series in three of Debian's NVIDIA packages, applied by
# quilt, by gridpatch and by a plain loop of patch.
#
#   GRIDPATCH            the program
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory and name it
#
# One line per check, then a summary, as run.sh.
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# No settings of the user's.
export QUILT_PATCHES=debian/patches
unset QUILT_PC QUILT_SERIES QUILT_PATCH_OPTS QUILT_PUSH_ARGS QUILT_POP_ARGS \
    POSIXLY_CORRECT SIMPLE_BACKUP_SUFFIX VERSION_CONTROL PATCH_GET || :

# --- the programs ------------------------------------------------------------

in_tree() {
    tree=$1
    shift
    (cd "$tree" && "$@")
}

quilt_in() {
    in_tree "$1" quilt --quiltrc - "$2" -a
}

# names: the patches of a series with their options, one per line.
names() {
    sed -e 's/[[:space:]]#.*//' -e '/^[[:space:]]*\(#\|$\)/d' "$1"
}

# patch_loop TREE: each patch by itself.
patch_loop() {
    names "$1/$QUILT_PATCHES/series" | while read -r p options; do
        # shellcheck disable=SC2086 # -pN and -R
        in_tree "$1" patch -s --no-backup-if-mismatch ${options:--p1} \
            -i "$QUILT_PATCHES/$p" || exit 1
    done
}

# --- comparing trees ---------------------------------------------------------

# modes DIR: type, mode and link target of everything but quilt's records.
modes() {
    (cd "$1" && find . -name .pc -prune -o ! -name . -printf '%P %y %m %l\n' | sort)
}

identical() {
    diff -r --no-dereference -x .pc "$1" "$2" || return 1
    modes "$1" > modes.1
    modes "$2" > modes.2
    diff modes.1 modes.2
}

# same_records A B: the same patches and the same old files in .pc.
same_records() {
    diff "$1/.pc/applied-patches" "$2/.pc/applied-patches" &&
        diff -r --no-dereference -x .timestamp "$1/.pc" "$2/.pc"
}

no_records() {
    [ ! -e "$1/.pc" ] || [ ! -s "$1/.pc/applied-patches" ] ||
        { cat "$1/.pc/applied-patches"; return 1; }
}

copy() {
    rm -rf "$2"
    cp -a "$1" "$2"
}

# --- one series --------------------------------------------------------------

# unpack DEB: the kernel sources, with the series at $QUILT_PATCHES.
unpack() {
    rm -rf deb pristine
    dpkg-deb -x "$1" deb
    tarball=$(find deb/usr/src -name '*.tar.xz' | head -n 1)
    [ -n "$tarball" ] || { echo "no sources in $1"; return 1; }
    mkdir pristine
    tar -xf "$tarball" -C pristine --strip-components=2 --no-same-owner
    # No patch is for the blob, and there are many copies.
    rm -rf deb pristine/*/*_binary
    [ -s "pristine/$QUILT_PATCHES/series" ] || { echo "no series in $1"; return 1; }
}

# by_quilt VERSION: leaves quilt's result as "quilt"; what it cannot apply is
# taken out of the pristine tree's series, too.
by_quilt() {
    n=$(names "pristine/$QUILT_PATCHES/series" | wc -l)
    what="$1, $n patches"
    copy pristine quilt
    if quilt_in quilt push > "$work/log" 2>&1; then
        echo "ok - $what: quilt push -a"
        passed=$((passed + 1))
        return 0
    fi
    can=$(wc -l 2> /dev/null < quilt/.pc/applied-patches || echo 0)
    skip "$1: quilt itself stops after $can of $n patches: $(tail -n 1 "$work/log")"
    [ "$can" -gt 0 ] || return 1
    names "pristine/$QUILT_PATCHES/series" | head -n "$can" > short
    mv short "pristine/$QUILT_PATCHES/series"
    what="$1, the first $can patches"
    copy pristine quilt
    check "$what: quilt push -a" quilt_in quilt push
}

# like_quilt: gridpatch's and patch's trees against quilt's.
like_quilt() {
    copy pristine ours
    check "$what: apply --dry-run" in_tree ours "$GRIDPATCH" apply -n "$QUILT_PATCHES" || :
    check "$what: a dry run changes nothing" identical pristine ours || :
    copy pristine ours
    if check "$what: apply" in_tree ours "$GRIDPATCH" apply "$QUILT_PATCHES"; then
        check "$what: apply and quilt agree" identical quilt ours || :
        check "$what: no records, no journal" \
            test ! -e ours/.pc -a ! -e ours/.gridpatch-journal || :
        if check "$what: apply -R" in_tree ours "$GRIDPATCH" apply -R "$QUILT_PATCHES"; then
            check "$what: apply -R gives the pristine tree" identical pristine ours || :
        fi
    fi
    copy pristine loop
    if check "$what: a loop of patch" patch_loop loop; then
        check "$what: patch and quilt agree" identical quilt loop || :
    fi
}

# through_quilt: gridpatch pushes, quilt pops and pushes.
through_quilt() {
    copy pristine ours
    check "$what: apply --quilt" in_tree ours "$GRIDPATCH" apply --quilt "$QUILT_PATCHES" ||
        return 0
    check "$what: apply --quilt and quilt agree" identical quilt ours || :
    check "$what: apply --quilt leaves quilt's records" same_records quilt ours || :
    check "$what: quilt pop -a after it" quilt_in ours pop || return 0
    check "$what: that gives the pristine tree" identical pristine ours || :
    check "$what: nothing is applied now" no_records ours || :
    check "$what: quilt push -a again" quilt_in ours push || return 0
    check "$what: that gives the patched tree" identical quilt ours || :
}

# series PACKAGE VERSION
series() {
    if tool=$(lacks dpkg-deb xz quilt patch); then
        skip "series of $2: no $tool"
        return 0
    fi
    if ! deb=$(sh "$here/fetch.sh" "$cache" "$1" "$2" 2> fetch.err); then
        skip "series of $2: $(tail -n 1 fetch.err)"
        return 0
    fi
    check "$2: sources from Debian's package" unpack "$deb" || return 0
    if by_quilt "$2"; then
        like_quilt
        through_quilt
    fi
    rm -rf pristine quilt ours loop
}

series nvidia-tesla-460-kernel-source 460.106.00
series nvidia-tesla-470-kernel-source 470.256.02
series nvidia-legacy-390xx-kernel-source 390.157

finish
