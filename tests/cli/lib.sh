# SPDX-License-Identifier: MIT
# Shared by tests/cli/*.sh: `. "$(dirname "$0")/lib.sh"` first, `finish` last.
#
# Gives each test a fresh directory of its own (it is the current one), a home
# without hooks, and these:
#   check WHAT CMD…            the command says yes
#   refute WHAT CMD…           the command says no
#   run ARG…                   gridpatch; leaves $status and the files out, err
#   expect_status WHAT N ARG…  run, and the exit status is N
#   says WHAT TEXT [FILE]      TEXT stands in err (or FILE)
#   skip WHAT WHY
#   make_sample NAME SAMPLE-ARGS… [-- MKRUN-ARGS…]   NAME/ and NAME.run
#   unrun RUN DIR              unpack as the stub does, without gridpatch
#   resum RUN                  put right sums into RUN
#   headers_here [GLOB]        sets headers and release to real kernel headers of this
#                              machine, of such a release, or says no
#   tree_here                  tree/: the sources, with the objects of the program that is
#                              tested, so that make there compiles little; mk GOAL… is make
#   json_valid FILE VERB       FILE is a report of VERB; finish sees whether it is as the
#                              schema says. run does so by itself for --json
#   other_release DIR RELEASE  headers again, in DIR, that say another release
# shellcheck shell=sh disable=SC2034 # what is set here, the tests use
set -u
: "${GRIDPATCH:?say which gridpatch}"
case $GRIDPATCH in /*) ;; *) GRIDPATCH=$PWD/$GRIDPATCH ;; esac
case $0 in /*) cli=$(dirname "$0") ;; *) cli=$PWD/$(dirname "$0") ;; esac
fx=$cli/../fx
repo=$(cd "$cli/../.." && pwd)

umask 022
unset GRIDPATCH_HOOKS XDG_DATA_HOME SUDO_USER SOURCE_DATE_EPOCH TZ IGNORE_PREEMPT_RT_PRESENCE
LC_ALL=C
export LC_ALL
work=$(mktemp -d "${TMPDIR:-/tmp}/gp-cli.XXXXXX") || exit 1
chmod 0755 "$work"
undo=:
trap 'cd / && eval "$undo"; chmod -R u+rwx "$work" 2> /dev/null; rm -rf "$work" "$work.reports"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1
HOME=$work/home
export HOME
mkdir "$HOME"
k='-k 5.12.9'
failed=0
passed=0
status=0
reports=$work.reports # beside it: tests look at what a run has left
mkdir "$reports"

# A line each; what failed also shows what gridpatch said last.
ok() {
    passed=$((passed + 1))
    echo "ok - $1"
}
not_ok() {
    failed=$((failed + 1))
    echo "not ok - $1"
    sed 's/^/#   /' "$work/err" 2> /dev/null | head -n 6
}
skip() { echo "SKIP $1: $2"; }

check() {
    what=$1
    shift
    if "$@" > "$work/.said" 2>&1; then
        ok "$what"
    else
        not_ok "$what"
        sed 's/^/#   said: /' "$work/.said" | head -n 6
    fi
}
refute() {
    what=$1
    shift
    if "$@" > /dev/null 2>&1; then not_ok "$what"; else ok "$what"; fi
}
run() {
    : > "$reports/.run"
    "$GRIDPATCH" "$@" > "$work/out" 2> "$work/err" < /dev/null
    status=$?
    keep_report "$@"
}
# What run has written as JSON; after some errors FILE is what it was before.
keep_report() {
    first=
    for first; do
        case $first in -q | -v | -h | --json*) ;; *) break ;; esac
    done
    case $first in
    plan) verb=select ;;
    check) verb=verify ;;
    info | extract | verify | select | advise | support | fetch-hooks | apply | push | pop | applied | build | matrix | lint-set | dkms-tree | doctor | new-set | merge | prove | upgrade-check | data) verb=$first ;;
    *) verb="patch" ;;
    esac
    for arg; do
        case $arg in
        --json) [ "$(head -c 1 "$work/out")" != '{' ] || json_valid "$work/out" "$verb" ;;
        --json=*) [ ! "${arg#--json=}" -nt "$reports/.run" ] || json_valid "${arg#--json=}" "$verb" ;;
        esac
    done
}
json_valid() {
    kept=$(mktemp "$reports/$2.XXXXXX") && cp "$1" "$kept"
}
expect_status() {
    what=$1
    want=$2
    shift 2
    run "$@"
    if [ "$status" -eq "$want" ]; then
        ok "$what: exit $want"
    else
        not_ok "$what: exit $status instead of $want"
    fi
}
says() { check "$1" grep -qF -- "$2" "${3:-$work/err}"; }
silent_on() { check "$1" test ! -s "$work/$2"; }

make_sample() {
    name=$1
    shift
    sample=
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        sample="$sample $1"
        shift
    done
    [ $# -eq 0 ] || shift
    # shellcheck disable=SC2086 # words
    sh "$fx/sample.sh" $sample "$work/$name" && sh "$fx/mkrun.sh" "$@" "$work/$name" "$work/$name.run" || {
        echo "not ok - sample $name"
        exit 1
    }
}

unrun() {
    mkdir "$2" && case $(head -c 700 "$1" | sed -n 's/^skip=//p'; tail -n +"$(sed -n '4s/^skip=//p' "$1")" "$1" | head -c 4 | od -An -tx1) in
        *1f\ 8b*) unpack='gzip -cd' ;;
        *42\ 5a*) unpack='bzip2 -cd' ;;
        *fd\ 37*) unpack='xz -cd' ;;
        *28\ b5*) unpack='zstd -cdq' ;;
        *) unpack='cat' ;;
    esac && tail -n +"$(sed -n '4s/^skip=//p' "$1")" "$1" | $unpack 2> /dev/null | tar -xf - -C "$2"
}

resum() {
    crc=$(tail -n +4 "$1" | cksum | cut -d' ' -f1)
    md5=$(tail -n +4 "$1" | md5sum | cut -b-32)
    { printf '#! /bin/sh\nCRCsum=%s\nMD5=%s\n' "$crc" "$md5"; tail -n +4 "$1"; } > "$1.new"
    mv "$1.new" "$1"
}

# with_payload RUN TAR OUT: RUN's stub in front of another payload, right sums.
with_payload() {
    skip=$(sed -n '4s/^skip=//p' "$work/$1")
    { head -n $((skip - 1)) "$work/$1"; cat "$2"; } > "$3"
    resum "$3"
}

headers_here() {
    for headers in /usr/src/linux-headers-*-amd64 /usr/src/linux-headers-*-generic /lib/modules/*/build; do
        release=$(sed -n 's/.*UTS_RELEASE "\(.*\)".*/\1/p' "$headers/include/generated/utsrelease.h" 2> /dev/null)
        # shellcheck disable=SC2254 # a pattern
        case $release in '') continue ;; ${1-*}) ! command -v gcc > /dev/null || return 0 ;; esac
    done
    return 1
}
tree_here() {
    unset DESTDIR PREFIX MAKEFLAGS MAKELEVEL SUDO_UID SUDO_GID
    built=$(dirname "$GRIDPATCH")
    case $built in *-san) san=1 ;; *) san= ;; esac
    build=build${san:+-san}
    mkdir -p "tree/$build" && (cd "$repo" && cp -Rp Makefile kernel-versions patches tools tests "$work/tree/") &&
        cp -Rp "$built/tools" "$built/libgridpatch.a" "$built/gridpatch" "$built/prefix" "tree/$build/"
}
mk() { make -C "$work/tree" AUTODEPS=0 SAN=$san "$@" > "$work/out" 2> "$work/err" < /dev/null; }
other_release() {
    mkdir "$1" && cp -rs "$headers/." "$1/" && rm "$1/include/generated/utsrelease.h" &&
        echo "#define UTS_RELEASE \"$2\"" > "$1/include/generated/utsrelease.h"
}

json_ok() {
    if command -v jq > /dev/null; then jq -e . < "$1" > /dev/null
    elif command -v python3 > /dev/null; then python3 -m json.tool < "$1" > /dev/null
    else grep -q '^{' "$1" && grep -q '^}' "$1"; fi
}
# json FILE PATH WANT: a value by jq, else its text somewhere.
json_is() {
    if command -v jq > /dev/null; then
        [ "$(jq -r "$2" < "$1")" = "$3" ]
    else
        echo "SKIP a JSON value: jq is missing"
    fi
}

# One interpreter for all of them: it takes longer to start than to look.
check_reports() {
    set --
    for f in "$reports"/*; do
        [ -f "$f" ] || return 0
        verb=${f##*/}
        set -- "$@" "${verb%.*}=$f"
    done
    if find_schema_python; then
        check "$# JSON reports are as their schemas say" $python "$fx/valid.py" "$repo/tools/data" "$@"
    else
        skip "$# JSON reports beside their schemas" 'python3-jsonschema is missing'
    fi
}
find_schema_python() {
    for python in python3 /usr/bin/python3; do
        ! $python -c 'import jsonschema; jsonschema.Draft202012Validator' 2> /dev/null || return 0
    done
    return 1
}

finish() {
    check_reports
    echo "# $(basename "$0"): $passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
