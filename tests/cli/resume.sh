#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # $k and $grid are words; lib.sh sets the rest
# Names of reports are looked at before the work; a report that is continued
# cannot be lost, whatever happens.
# tests: ops/proof/matrix core/proof/merge
. "$(dirname "$0")/lib.sh"
if ! command -v jq > /dev/null; then
    skip 'reports' 'jq is missing'
    finish
fi

# --- names, of every verb -----------------------------------------------------------
make_sample s
cp s.run keep.run
: > file
mkdir dir
for verb in info verify 'select -k 5.12.9' 'support --driver 460.73.02' "patch $k --no-hooks -o o.run" 'extract -C x' \
    'matrix --headers none' 'build --headers none'; do
    case $verb in support*) in= ;; *) in=s.run ;; esac
    expect_status "${verb%% *}: --json in no directory" 4 $verb $in --json=none/r.json
    expect_status "${verb%% *}: --json of a directory" 4 $verb $in --json=dir
    [ -n "$in" ] || continue
    expect_status "${verb%% *}: --json of the input" 2 $verb $in --json=./s.run
    says "${verb%% *}: says so" 'would write over the input'
done
check 'the input is what it was' cmp s.run keep.run
refute 'nothing was extracted or made' test -e x -o -e o.run
expect_status 'a report with the name of the output' 2 $k --no-hooks s.run -o o.run --json=./o.run
expect_status 'with that of the output, which nobody gave' 2 $k --no-hooks s.run --json=s-custom.run
expect_status 'with that of the lock' 2 $k --no-hooks s.run -o o.run --write-lock l --json=l
expect_status 'an output in no directory' 4 $k --no-hooks s.run -o none/o.run
expect_status 'a lock in no directory' 4 $k --no-hooks s.run -o o.run --write-lock none/l
says 'it is named' none
refute 'there is no output then' test -e o.run
expect_status '--hooks-patch, and its name' 2 $k --no-set all --hooks-patch file s.run --json=file
expect_status 'a report to a device' 0 $k --no-hooks s.run -n --json=/dev/null

# --- a matrix without a compiler ------------------------------------------------------
# Kernels on a blocked line: cells that are done at once.
headers_of() {
    mkdir -p "$1/include/generated" "$1/include/config" "$1/include/linux"
    echo "#define UTS_RELEASE \"$2\"" > "$1/include/generated/utsrelease.h"
    printf 'VERSION = 5\nPATCHLEVEL = 13\nSUBLEVEL = 0\n' > "$1/Makefile"
    : > "$1/include/config/auto.conf"
    : > "$1/.config"
    : > "$1/include/linux/kernel.h"
}
headers_of h1 5.13.1
headers_of h2 5.13.2
classes() { jq -r '[.cells[] | .kernel.release + " " + .class] | join(", ")' "$1"; }
mkdir tmp
TMPDIR=$work/tmp
export TMPDIR
expect_status 'a grid' 0 matrix s.run h1 h2 --json=want.json
check 'all blocked' test "$(classes want.json)" = '5.13.1 blocked, 5.13.2 blocked'
expect_status 'half of it' 0 matrix s.run h2 --json=half.json
# undone WHAT EXIT ARG…: it fails before the first cell, and f.json stays byte for byte
undone() {
    what=$1 want=$2
    shift 2
    [ -e f.json ] || cp half.json f.json
    cp f.json before.json
    expect_status "$what" "$want" matrix s.run h1 h2 "$@"
    refute "$what: nothing was built" grep -q '^\[' out
    check "$what: the report is what it was" cmp f.json before.json
}
go='--resume f.json --json=f.json'
undone '--expect that is missing' 4 $go --expect none
echo 'a line that is none' > bad
undone '--expect that is damaged' 3 $go --expect bad
undone '--junit in no directory' 4 $go --junit none/x
undone '--html of a directory' 4 $go --html dir
undone '--markdown with the name of --html' 2 $go --html x --markdown ./x
undone '--junit over --resume' 2 --resume f.json --junit f.json
undone '--junit over the installer' 2 $go --junit s.run
undone '--keep-logs below a file' 4 $go --keep-logs file/logs
undone '-o below a file' 4 $go --output file/kept
undone 'a key that is missing' 4 $go --sign-key none --sign-cert file
undone 'headers that are missing' 4 $go --headers none
undone 'an installer that is missing' 4 $go none.run
undone 'a patch set that is missing' 2 $go --set none
undone 'data that is none' 4 $go --data bad
TMPDIR=$work/none undone 'no scratch directory' 4 $go
expect_status 'the same for one driver alone' 4 matrix s.run h1 --headers h2 --expect none --resume f.json --json=new.json
check 'a report of its own says why' jq -e '.ok == false and (.error | contains("none"))' new.json
head -c 100 half.json > f.json
undone 'a damaged report' 3 $go
rm f.json
undone 'results of another kernel' 2 $go --shard 1/2
says 'are named' '5.13.2'
expect_status 'of a kernel that this run has not' 2 matrix s.run h1 $go
check 'stay' cmp f.json half.json
expect_status 'with a report of its own it is fine' 0 matrix s.run h1 --resume f.json --json=other.json

# A full disk.
if unshare -m true 2> /dev/null; then
    mkdir small
    unshare -m sh -c 'mount -t tmpfs -o size=64k none small && cp half.json small/f.json
        cat /dev/zero > small/fill 2> /dev/null
        "$0" matrix s.run h1 h2 --resume small/f.json --json=small/f.json --html small/f.html > out 2> err
        echo $? > code; cp small/f.json full.json; ls -A small > left' "$GRIDPATCH"
    check 'a full disk: exit 4' grep -qx 4 code
    says 'and says so' 'No space left'
    check 'the report is what it was' cmp full.json half.json
    check 'nothing else is left' test "$(paste -sd ' ' left)" = 'f.json fill'
else
    skip 'a full disk' 'needs mount namespaces'
fi

# Killed in each of the calls that put the file in its place: it is the old one or
# the new one, and the next run has it all.
if command -v strace > /dev/null && strace -qq true 2> /dev/null; then
    for call in openat:40 fsync linkat renameat,renameat2,rename; do
        name=${call%:*} nth=${call#*:}
        case $nth in *[!0-9]*) nth=1 ;; esac
        cp half.json f.json
        strace -f -qq -o trace -e "trace=$name" -e "inject=$name:signal=KILL:when=$nth" \
            "$GRIDPATCH" matrix s.run h1 h2 $go > out 2> err
        check "killed in $name" jq -e '[.cells[] | select(.kernel.release == "5.13.2" and .class == "blocked")] | length == 1' f.json
        expect_status "resumed after $name" 0 matrix s.run h1 h2 $go
        check "all is there after $name" test "$(classes f.json)" = "$(classes want.json)"
    done
else
    skip 'killed in each call' 'strace is missing'
fi
cp half.json f.json
expect_status 'resumed' 0 matrix s.run h1 h2 $go
check 'all is there' test "$(classes f.json)" = "$(classes want.json)"
says 'one is from the report' '(from the report)' out
check 'no scratch is left' test -z "$(ls -A tmp)"

# --- killed and stopped while something is built -------------------------------------
# What was known stands behind the cell that hangs, and must not wait for it.
if headers_here; then
    sh "$fx/buildable.sh" --data data --line "$(echo "$release" | cut -d. -f1,2)" || exit 1
    GRIDPATCH_DATA=$work/data
    export GRIDPATCH_DATA
    sh "$fx/buildable.sh" --version 390.30 --breaks hang hang
    sh "$fx/buildable.sh" --version 390.40 --breaks modpost last
    grid="hang last --headers h1 --headers $headers --modules nvidia -j1"
    "$GRIDPATCH" matrix last --headers h1 --headers "$headers" --modules nvidia --json=known.json > out 2> err
    for sig in KILL TERM; do
        cp known.json f.json
        # Not what the one before said: a signal to a shell that is about to run a program
        # is the shell's, and lost.
        : > k.out
        "$GRIDPATCH" matrix $grid $go > k.out 2>&1 < /dev/null &
        pid=$!
        n=0
        while ! grep -q '^\[1/4\]' k.out && [ $n -lt 600 ]; do sleep 0.1; n=$((n + 1)); done
        kill -$sig $pid
        wait $pid 2> /dev/null
        check "SIG$sig: the one that was done, and those that were known" test \
            "$(jq -r '[.cells[] | select(.class != "cancelled") | .driver.version + " " + .class] | sort | join(", ")' f.json)" = \
            '390.30 blocked, 390.40 blocked, 390.40 modpost'
        # Of a killed run the programs of its build may go on.
        for cwd in /proc/[0-9]*/cwd; do
            case $(readlink "$cwd") in "$work/tmp/"*) pid=${cwd#/proc/} && kill "${pid%/cwd}" ;; esac
        done
    done
else
    skip 'killed while it builds' 'no kernel headers here'
fi
finish
