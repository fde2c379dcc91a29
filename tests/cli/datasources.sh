#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# Where the data come from: what lies over what, who may own it, and what `data` says.
# tests: ops/select/datafiles ops/select/datadir
. "$(dirname "$0")/lib.sh"
cp -R "$repo/kernel-versions" "$repo/patches" . 2> /dev/null && mkdir base && mv kernel-versions patches base/
GRIDPATCH_DATA=$work/base
export GRIDPATCH_DATA
mine=$HOME/.local/share/gridpatch/data
judge() { run select --explain --driver 460.73.02 -k 5.10.0-32-amd64; }
# from NAME: the directory that a file is taken from, and those below it.
from() { jq -r --arg n "$1" '.list[] | select(.name == $n) | [.directory] + .over | join(" ")' < out; }
command -v jq > /dev/null || { skip 'gridpatch data' 'jq is missing'; finish; }

# --- the shipped ones ---------------------------------------------------------------
expect_status 'data' 0 data
says 'the day' "data of $(sed -n 's/^Date: //p' base/kernel-versions/any)" out
says 'where' "$work/base" out
(cd base && printf '%s\n' kernel-versions/* && for s in patches/*/series; do echo "${s%/series}"; done) |
    grep -v README | LC_ALL=C sort > want
sed -n 's/^\(kernel-versions\/[^ ]*\|patches\/[^ ]*\) .*/\1/p' out | LC_ALL=C sort > have
check 'each file and each set, and nothing else' diff want have
expect_status 'with a word too many' 2 data x
echo 'gridpatch-data 2026.11.30, the package' > base/origin
expect_status 'a package' 0 data --json
check 'says what it is' test "$(jq -r '.directories[0].origin' < out)" = 'gridpatch-data 2026.11.30, the package'
check 'GRIDPATCH_DATA is said' test "$(jq -r '.directories[0].role' < out)" = variable
check 'nothing lies over it' test "$(jq '[.list[] | select(.over != [])] | length' < out)" -eq 0
check 'numbers of files and sets' test "$(jq '.directories[0] | .files + .sets' < out)" -eq "$(wc -l < want)"

# --- the user's -----------------------------------------------------------------------
judge
check 'before, the line is supported' test "$status" -eq 0
mkdir -p "$mine/kernel-versions" "$mine/patches/pfn-valid" "$mine/.git"
cp base/patches/pfn-valid/* "$mine/patches/pfn-valid/"
printf 'Kernel: 5.10\nStatus: blocked\nReason: a test\nInstead: 5.4\n' > "$mine/kernel-versions/5.10"
judge
check 'what is in the home lies over it' test "$status" -eq 1
says 'and is named' "$mine/kernel-versions/5.10" out
expect_status 'data' 0 data --json
check 'it is the user'\''s' test "$(jq -r '.directories[1] | .role + " " + .origin' < out)" = 'user a checkout'
check 'a file of it' test "$(from kernel-versions/5.10)" = "$mine $work/base"
check 'a set of it' test "$(from patches/pfn-valid)" = "$mine $work/base"
check 'the others are below' test "$(from kernel-versions/5.12)" = "$work/base"
mkdir -p more/kernel-versions && cp "$mine/kernel-versions/5.10" more/kernel-versions/
expect_status '--data' 0 data --json --data more
check 'lies over both' test "$(from kernel-versions/5.10)" = "more $mine $work/base"
run data --data more
check 'as text' grep -qE '^kernel-versions/5\.10 +- +3, over 2, 1$' out
XDG_DATA_HOME=$work/xdg
export XDG_DATA_HOME
judge
check 'XDG_DATA_HOME is looked at instead' test "$status" -eq 0
mkdir -p xdg/gridpatch && cp -R "$mine" xdg/gridpatch/data
judge
check 'when it is there' test "$status" -eq 1
XDG_DATA_HOME=xdg judge
check 'a relative one is none' test "$status" -eq 1
rm -rf xdg
unset XDG_DATA_HOME

# --- in whose hands -------------------------------------------------------------------
for part in '' /kernel-versions /kernel-versions/5.10 /patches/pfn-valid/series; do
    for mode in g o; do
        chmod $mode+w "$mine$part"
        expect_status "${part:-all of it}, $mode+w: nothing is decided" 4 select --driver 460.73.02 -k 5.10.0-32-amd64
        says 'it is named, with the way out' "'$mine$part' can be written to by others: it is not used (chmod go-w"
        chmod $mode-w "$mine$part"
    done
done
chmod g+w "$mine/.git"
judge
check 'what is not read does not count' test "$status" -eq 1
chmod g+w more
expect_status 'nor what the command line names' 0 data --data more
mv "$mine/kernel-versions/5.10" elsewhere && ln -s "$work/elsewhere" "$mine/kernel-versions/5.10"
judge
check 'a link to a file of the user' test "$status" -eq 1
chmod o+w elsewhere
expect_status 'and to one that others may write to' 4 data
chmod o-w elsewhere
if [ "$(id -u)" -eq 0 ]; then
    chown 65534 elsewhere
    expect_status 'one that belongs to another' 4 data
    says 'is named' "belongs to user 65534, who is neither you nor root"
    SUDO_UID=65534 run data
    check 'but under sudo the caller'\''s is fine' test "$status" -eq 0
    SUDO_UID=65533 run data
    check 'and another'\''s is not' test "$status" -eq 4
    chown 0 elsewhere
fi
rm -rf "$mine" && ln -s nowhere "$mine"
expect_status 'a link to nowhere was meant for something' 3 data
finish
