#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154,SC2005,SC2046,SC2086,SC2116,SC2317 # lib.sh sets the rest; lists are words
# matrix.sh: real drivers built for real kernel headers, before and after
# patching, and what `gridpatch select` claims of each pair beside it.
#
#   GRIDPATCH            the program
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory, with the builds' logs
#   GRIDPATCH_TREES      a directory of .run files and extracted drivers: each is
#                        built for every kernel line here, with all its modules
#   GRIDPATCH_HOOKS      your copy of the hooks, in place of a stand-in for it
#   FULL=1               every cell, every module (about two hours on two cores),
#                        and those of SUITE=trixie behind them
#   SUITE                a newer suite of Debian: its headers and its compiler,
#                        in a root of its own, in place of the system's
#   CELLS                only these: "460.106.00:5.10 …"
#
# A cell fails the run when the claim is wrong: "supported" does not build, a
# chosen set was not needed or does not help, "blocked" builds. Where the data
# claim nothing (no evidence, unknown, untested) the result is a printed fact.
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
: "${FULL:=}" "${CELLS:=}" "${GRIDPATCH_TREES:=}" "${SUITE:=}"
inside=
if [ -n "$SUITE" ]; then
    cache=${GRIDPATCH_REAL_CACHE:-$HOME/.cache/gridpatch-real}
    mkdir -p "$cache"
    cache=$(cd "$cache" && pwd)
    if ! root=$(sh "$here/suite.sh" "$cache" "$SUITE" 2>&1); then
        echo "SKIP real: $SUITE: $(echo "$root" | tail -n 1)"
        exit 0
    fi
    if ! chroot "$root" true 2> /dev/null; then
        echo "SKIP real: $SUITE: no rights to chroot"
        exit 0
    fi
    # What is built lies in that root, and has the same path there.
    TMPDIR=$root/tmp
    inside="chroot $root"
    export TMPDIR
fi
. "$here/lib.sh"

everything='nvidia nvidia-uvm nvidia-modeset nvidia-drm nvidia-peermem nvidia-vgpu-vfio'

# --- building ----------------------------------------------------------------

# make_modules DIR EXCLUDED…
make_modules() {
    dir=$1
    shift
    timeout 900 nice $inside make -C "$work/$dir" -j2 -k modules KERNEL_UNAME="$release" \
        SYSSRC="$source_dir" SYSOUT="$build_dir" IGNORE_CC_MISMATCH=1 \
        NV_EXCLUDE_KERNEL_MODULES="$*"
}

# there DIR SUFFIX: those of $modules that have such a file.
there() {
    for m in $modules; do
        [ ! -f "$1/$m.$2" ] || echo "$m"
    done
}

# without A B: the words of A that are not in B.
without() {
    for w in $1; do
        case " $(echo $2) " in *" $w "*) ;; *) echo "$w" ;; esac
    done
}

# build DIR LOG: makes $modules and sets made (linked), compiled (objects only),
# broken (not even that) and whole (yes or no).
#
# One module that does not compile keeps make from linking any: then the others
# are made without it.
build() {
    for m in $modules; do
        rm -f "$1/$m.o" "$1/$m.ko"
    done
    excluded=$(without "$everything" "$modules")
    if make_modules "$1" $excluded > "$2" 2>&1; then
        whole=yes
    else
        whole=no
        broken=$(without "$modules" "$(there "$1" o)")
        case " $(echo $broken) " in
            '  ' | *' nvidia '*) ;;
            # nvidia-drm is linked to nvidia-modeset.
            *nvidia-modeset*) make_modules "$1" $excluded $broken nvidia-drm >> "$2" 2>&1 || : ;;
            *) make_modules "$1" $excluded $broken >> "$2" 2>&1 || : ;;
        esac
    fi
    made=$(there "$1" ko)
    compiled=$(without "$(there "$1" o)" "$made")
    broken=$(without "$modules" "$made $compiled")
    [ -z "$compiled$broken" ] || whole=no
}

# first_error LOG: for the table.
first_error() {
    grep -m 1 -E 'error:|ERROR: modpost|FATAL:|undefined!|No rule to make' "$1" |
        sed 's|^.*/build/||; s|^|    |' | cut -c-140
}

# in_words: what build() found, on one line.
in_words() {
    if [ $whole = yes ]; then
        echo "builds ($(echo $made | sed 's/nvidia-//g'))"
        return
    fi
    printf 'fails'
    [ -z "$broken" ] || printf ' (not compiled: %s)' "$(echo $broken)"
    [ -z "$compiled" ] || printf ' (not linked: %s)' "$(echo $compiled)"
    [ -z "$made" ] || printf ' (built: %s)' "$(echo $made)"
    echo
}

# --- a cell ------------------------------------------------------------------

# claim: sets verdict and sets to what select says of in.run and the headers.
claim() {
    # A blocked kernel is exit 1, and the JSON is there.
    "$GRIDPATCH" select in.run --headers "$build_dir" --json=claim.json -q 2> claim.err || :
    # The first "verdict" and "sets" are the kernel's, the others are the lines'.
    verdict=$(sed -n 's/.*"verdict":"\(.*\)".*/\1/p' claim.json | head -n 1)
    sets=$(awk '/"sets":\[/ { on = 1; next } on && /\]/ { exit } on { gsub(/[ ",]/, ""); print }' claim.json)
    sets=$(echo $sets)
    [ -n "$verdict" ] || { cat claim.err; return 1; }
}

# patched_into DIR ARGS…: the patched sources over the built ones. make then
# builds anew what the patches touched, and the objects of the rest stay; unless
# the patches change what is asked of the kernel, on which all objects depend.
patched_into() {
    into=$1
    shift
    rm -rf out.run new
    "$GRIDPATCH" in.run --headers "$build_dir" -o out.run "$@" &&
        "$GRIDPATCH" extract -q out.run -C new || return 1
    if ! cmp -s new/kernel/conftest.sh "$into/conftest.sh"; then
        rm -rf "$into"
        mv new/kernel "$into"
        return
    fi
    (cd "new/kernel" && find . -type f) | while read -r f; do
        cmp -s "new/kernel/$f" "$into/$f" && continue
        mkdir -p "$into/$(dirname "$f")"
        # Not the times of the package: the objects would be newer.
        cat "new/kernel/$f" > "$into/$f"
    done
    rm -rf out.run new
}

# judge: the claim and the builds. before and after are yes or no; after is that
# of the sets that gridpatch chose. No rule is about the open modules alone.
judge() {
    what="$who on $release: $verdict"
    claimed=$verdict
    case $who in *open) claimed= ;; esac
    case $claimed in
        supported)
            if [ "$after" = yes ]; then pass "$what, and it builds"; else fail "$what, but it does not build"; fi
            [ -z "$sets" ] || [ "$before" = no ] ||
                fail "$what with $sets, but it builds without"
            ;;
        blocked)
            if [ "$after" = no ]; then
                pass "$what, and it does not build"
            elif [ "$scope" = all ]; then
                fail "$what, but it builds"
            else
                echo "fact - $what; nvidia.ko alone builds"
            fi
            ;;
        *) echo "fact - $what; unpatched: $before, with what gridpatch chooses: $after" ;;
    esac
}

# explained: the rules, and what came of each, against a list made by hand. Each
# cell that is always built has one; "newest" is another line every few weeks.
explained() {
    list=$here/explain/$who-$line
    [ -z "$SUITE" ] || [ ! -f "$list-$SUITE" ] || list=$list-$SUITE
    case $when,$line in users,* | *,newest) return 0 ;; esac
    [ -f "$list" ] || [ "$when" = always ] || return 0
    check "$who on $release: explained as in explain/$who-$line" same_rules "$list"
}

same_rules() {
    sed '/^#/d; /^$/d' "$1" > rules.want
    sh "$here/explain.sh" explain.out "$here/../.." > rules.got
    diff -U9 rules.want rules.got
}

row() {
    printf '%-26s %-20s %-11s %-34s %s\n' "$@" >> table
}

# cell NAME LINE SCOPE HOW WHEN: in.run and $tree are there. SCOPE: all, nvidia. HOW:
# plain, hooks, or a quilt folder of patches. WHEN: always, full, users.
cell() {
    who=$1 line=$2 scope=$3 how=$4 when=$5
    if ! found=$(sh "$here/headers.sh" "$cache" "$line" $SUITE 2> headers.err); then
        skip "$who on $line: $(tail -n 1 headers.err)"
        return 0
    fi
    set -- $found
    release=$1 build_dir=$2 source_dir=$3
    # Debian's headers of 6.12 have the kernel's BTF: modules get theirs, or are not linked.
    if [ -z "$inside" ] && [ -f "$build_dir/vmlinux" ] && tool=$(lacks pahole); then
        skip "$who on $release: no $tool"
        return 0
    fi
    modules=nvidia
    [ "$scope" = nvidia ] || modules=$(cd "$tree/kernel" && for m in $everything; do
        [ ! -d "$m" ] || echo "$m"
    done)
    claim || { fail "$who on $release: select"; return 0; }
    "$GRIDPATCH" select --explain in.run --headers "$build_dir" > explain.out 2> explain.err || :
    check "$who on $release: probes" sh "$here/probes.sh" explain.out "$tree" "$source_dir" "$build_dir" || :
    explained || :
    log=logs/$who-$line
    rm -rf build
    cp -R "$tree/kernel" build
    began=$(date +%s)
    build build "$log-unpatched"
    before=$whole after=$whole
    row "$who" "$release" "$verdict" 'unpatched' "$(in_words)"
    [ $whole = yes ] || first_error "$log-unpatched" >> table
    patch_and_build "$how"
    # A series that goes in without our sets puts no claim about them to the test.
    case $how,$sets in
        plain,* | hooks,* | *,) judge ;;
    esac
    echo "# $who on $release took $(($(date +%s) - began)) s"
    rm -rf build
}

# patch_and_build HOW: sets after. A claim is about gridpatch's own sets: what a
# series of the user's makes of the driver is a check of its own.
patch_and_build() {
    with="$sets hooks"
    case $1 in
        plain) with=$sets; [ -n "$sets" ] || return 0; set -- --no-hooks ;;
        hooks) set -- --hooks "$hooks" --allow hooks ;;
        *)  # It mends what our sets mend, in the same places.
            with="hooks, Debian's series"
            set -- --hooks "$hooks" --allow hooks --no-set all --patches "$1"
            ;;
    esac
    with=${with# }
    if ! check "$who on $release: patch ($with)" patched_into build --allow blocked,unknown "$@"; then
        after=no
        return 0
    fi
    case $with in
        *series) for b in nvidia/nv-kernel nvidia-modeset/nv-modeset-kernel; do
            # Debian's series wants the blobs by the names that Debian gives them.
            ln -f "build/$b.o_binary" "build/$b-amd64.o_binary"
        done ;;
    esac
    build build "$log-patched"
    row '' '' '' "$with" "$(in_words)"
    [ $whole = yes ] || first_error "$log-patched" >> table
    case $with in
        *series) check "$who on $release: it builds with $with" test $whole = yes || : ;;
        *) after=$whole ;;
    esac
    # What does not build without hooks is judged, and has no symbols to look for.
    case $with,$before,$whole in
        *hooks,no,no) ;;
        *hooks*) check "$who on $release: both symbols are in nvidia.ko, and apart" \
            unlocked build/nvidia.ko || : ;;
    esac
}

# --- which cells -------------------------------------------------------------

# wanted VERSION LINE WHEN
wanted() {
    case " $CELLS " in
        '  ') [ -n "$FULL" ] || [ "$3" = always ] ;;
        *" $1:$2 "*) ;;
        *) return 1 ;;
    esac
}

# pack: $tree as in.run.
pack() {
    nice sh "$fx/mkrun.sh" --compress gzip --comp-args -1 --version-string "$1" "$tree" in.run
}

# driver PACKAGE VERSION CELL…: a CELL is LINE/SCOPE/HOW/WHEN.
driver() {
    package=$1 version=${2%%-*} revision=$2 flavour=
    case $package in *-open-*) flavour=-open ;; esac
    shift 2
    got=
    for c in "$@"; do
        IFS=/ read -r c_line c_scope c_how c_when << EOT
$c
EOT
        wanted "$version$flavour" "$c_line" "$c_when" || continue
        [ -z "$FULL" ] || c_scope=all
        if [ -z "$got" ]; then
            got=y
            tree=$work/NVIDIA-Linux-x86_64-$version
            rm -rf "$work/series-$version"
            if ! deb=$(sh "$here/fetch.sh" "$cache" "$package" "$revision" 2> fetch.err); then
                skip "driver $version: $(tail -n 1 fetch.err)"
                return 0
            fi
            check "$version: tree from Debian's package" \
                sh "$here/tree.sh" "$deb" "$version" "$tree" "$work/series-$version" || return 0
            check "$version: an installer is made" pack "$version" || return 0
        fi
        [ "$c_how" != series ] || c_how=$work/series-$version
        cell "$version$flavour" "$c_line" "$c_scope" "$c_how" "$c_when"
    done
    [ -z "$got" ] || rm -rf "$tree" in.run
}

# of_users LINES: what GRIDPATCH_TREES holds.
of_users() {
    if [ -z "$GRIDPATCH_TREES" ]; then
        echo 'SKIP real: your own drivers: GRIDPATCH_TREES names no directory'
        return
    fi
    for t in "$GRIDPATCH_TREES"/*; do
        sum=$(sum_of "$t")
        version=${t##*/}
        tree=$work/users
        rm -rf "$tree" in.run
        if [ -d "$t" ]; then
            [ -f "$t/.manifest" ] || continue
            cp -R "$t" "$tree"
            version=$(sed -n 2p "$t/.manifest")
            check "$t: an installer is made" pack "$version" || continue
        else
            check "$t: extract" "$GRIDPATCH" extract -q "$t" -C "$tree" || continue
            cp "$t" in.run
            version=$(sed -n 2p "$tree/.manifest")
        fi
        echo "# $version: $t, SHA-256 $sum"
        row "$version" '' '' '' "SHA-256 $sum"
        # The user's copy of the hooks, if there is one: a stand-in unlocks nothing.
        for l in $1; do
            cell "$version" "$l" all "$([ -z "${GRIDPATCH_HOOKS:-}" ] && echo plain || echo hooks)" users
        done
    done
    rm -rf "$tree" in.run
}

if tool=$(lacks ${SUITE:+chroot} make gcc nm dpkg-deb xz timeout); then
    skip "matrix: no $tool"
    exit 0
fi
mkdir logs
: > table
row driver kernel claim patches modules
hooks=${GRIDPATCH_HOOKS:-}
if [ -z "$hooks" ]; then
    hooks=hooks
    sh "$fx/hooks.sh" hooks
fi

# cells: with the system's compiler.
cells() {
    # What run.sh and proof.sh build (470 and 535 with hooks on 6.1, 470 with hooks on 5.10)
# is here for FULL=1 only.
    driver nvidia-tesla-460-kernel-source 460.106.00 \
        5.10/all/hooks/always 6.1/nvidia/series/always 6.12/all/plain/full
    driver nvidia-tesla-470-kernel-source 470.256.02 \
        5.10/nvidia/hooks/full 6.1/all/hooks/full 6.12/nvidia/hooks/always
    # The series of this revision is for 6.12.
    driver nvidia-tesla-470-kernel-source 470.256.02-5~bpo12+1 \
        6.12/nvidia/series/full
    driver nvidia-kernel-source 535.261.03 \
        5.10/all/plain/full 6.1/all/hooks/full 6.12/nvidia/hooks/always
    driver nvidia-kernel-source 550.163.01 \
        5.10/all/plain/full 6.1/all/plain/full 6.12/all/plain/always
    driver nvidia-open-kernel-source 535.261.03 \
        6.1/all/plain/full 6.12/all/plain/full
    driver nvidia-open-kernel-source 550.163.01 \
        6.1/all/plain/full 6.12/all/plain/full
}

# cells_of_suite: what a newer compiler makes of the drivers that newer kernels are for.
cells_of_suite() {
    driver nvidia-tesla-470-kernel-source 470.256.02 6.12/nvidia/hooks/always
    driver nvidia-kernel-source 535.261.03 6.12/all/hooks/always newest/all/plain/always
    driver nvidia-kernel-source 550.163.01 6.12/all/hooks/always newest/all/plain/always
}

if [ -n "$SUITE" ]; then
    cells_of_suite
    of_users '6.12 newest'
    set -- "$root"/usr/src/found-*
else
    cells
    set -- "$cache"/headers/*/found
    of_users '5.10 6.1 6.12'
fi
echo
echo "# $($inside gcc --version | head -n 1)"
for f in "$@"; do
    [ ! -f "$f" ] || awk '{ print "# headers " $1 ": Debian " $4 }' "$f"
done
cat table
echo
bad=0
finish || bad=1
if [ -n "$FULL" ] && [ -z "$SUITE" ]; then
    echo
    echo "# --- trixie"
    FULL='' SUITE=trixie sh "$here/matrix.sh" || bad=1
    echo
    echo "# --- Ubuntu 24.04"
    sh "$here/noble.sh" || bad=1
fi
exit $bad
