#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# support on a terminal: a grid of signs, which must say what its JSON says.
# tests: ops/select/support
. "$(dirname "$0")/lib.sh"

if ! command -v python3 > /dev/null || ! command -v jq > /dev/null; then
    skip 'the grid of support' 'python3 or jq is missing'
    finish
fi
unset NO_COLOR CLICOLOR CLICOLOR_FORCE COLUMNS
TERM=xterm
export TERM
# term COLUMNS ARG…: on a terminal; what it then shows is in `screen`, with colours in `raw`.
term() {
    columns=$1
    shift
    python3 "$fx/terminal.py" --columns "$columns" raw "$GRIDPATCH" "$@"
    status=$?
    tr -d '\r' < raw.screen > screen
}
fits() { check "$1: no wider than $2" test "$(cat raw.width)" -le "$2"; }
coloured() { grep -q "$(printf '\033\\[')" "$1"; }

# --- signs, of data of our own ------------------------------------------------

mkdir -p base/kernel-versions base/patches
printf 'Branch: 460\nProduct: vGPU 12\nVersions: 460.32.04 460.107\n\nBranch: 470\nVersions: 470.63\n' > base/kernel-versions/drivers
# one LINE: a line, and rules from standard input.
one() { { printf 'Kernel: %s\nStatus: supported\n' "$1"; cat; } > "base/kernel-versions/$1"; }
one 5.4 << 'T'

Driver: 460
Load: yes
Evidence: [built] by us
Load-Evidence: [reported] a list

Driver: 470
Status: blocked
Reason: it does not
T
one 5.10 << 'T'

Driver: 460.107
Load: yes
Evidence: [peer] a list
Load-Evidence: [inference] from 5.4: not seen to load

Driver: 470
Evidence: [inference] from 5.4
T
one 5.11 << 'T'

Driver: 460
Load: no
Patches: fix
Evidence: [built] by us

Driver: 470
Status: untested
Evidence: [source] against it
T
one 5.12 << 'T'

Driver: 460
Release: < 5.12.4
Evidence: [built] by us
T
mkdir base/patches/fix
echo x.patch > base/patches/fix/series
printf 'Description: x\nScope: neutral\n\n--- a/kernel/x\n+++ b/kernel/x\n' > base/patches/fix/x.patch
GRIDPATCH_DATA=$PWD/base
export GRIDPATCH_DATA
term 80 support
check 'a grid: exit 0' test "$status" = 0
sed '/^$/,$d' screen > got
check 'the grid: the newest release decides, a star where others differ' diff - got << 'T'
       460   470
vGPU    12
5.4     +     x
5.10    o*    ~
5.11    !     ?
5.12    o*    .
T
for sign in '+ builds, seen to load' 'x does not build' 'o builds, loading unknown' '. nothing known' '* not on all releases'; do
    check "the legend: $sign" grep -qF -- "$sign" screen
done
check 'colours' coloured raw
term 80 support --kernel 5.10
check '--kernel: the details' grep -q '^  460  5.10   460.107  *reported ' screen
term 80 support --driver 470
check '--driver: the details' grep -q '^  470  5.4 .*blocked' screen
expect_status '--why' 0 support --why --driver 470 -k 5.4 -k 5.10
says '--why: the reason' '    reason   it does not' out
says '--why: the rule' '    rule     kernel-versions/5.4:9' out
says '--why: the evidence' '    evidence [inference] from 5.4' out
printf '\nDriver: 470\nRelease: < 5.12.2\nReason: \033[31mred\nEvidence: [peer] x\n' >> base/kernel-versions/5.12
term 80 support --why --driver 470 -k 5.12
refute 'what the data say is masked' coloured raw

# --- platforms ----------------------------------------------------------------

cat > base/kernel-versions/platforms << 'T'
Platform: old-1
Title: Old 1
Kernels: 5.4.7 5.10.9
Headers: x
Pin: x
Dkms: x
Evidence: [source] made up

Platform: new-2
Title: New 2
Kernels: 5.11.1
Headers: x
Pin: x
Dkms: x
Evidence: [source] made up
T
term 80 support --platform all
sed '/^$/,$d' screen > got
check '--platform all: platforms by branches' diff - got << 'T'
           460   470
vGPU        12
old-1
  5.4.7     +     x
  5.10.9    o*    ~
new-2
  5.11.1    !     ?
T
expect_status '--platform all --markdown' 0 support --platform all --markdown
sed -n '/^|/p' out > got
check '--platform all --markdown: a word each' diff - got << 'T'
| platform | kernel | 460<br>vGPU 12 | 470 |
|---|---|---|---|
| Old 1 | 5.4.7 | **loads** | blocked |
|  | 5.10.9 | builds ¹ | expected |
| New 2 | 5.11.1 | loads not | unsure |
T
expect_status '--platform all --json' 0 support --platform all --json
check '--platform all --json: their kernels' json_is out '.kernels | join(" ")' '5.4.7 5.10.9 5.11.1'
expect_status '--platform all and -k' 2 support --platform all -k 5.4
rm base/kernel-versions/platforms
expect_status 'no platforms' 1 support --platform all

# --- who reads, and how wide it is --------------------------------------------

unset GRIDPATCH_DATA
run support
refute 'not a terminal: rows' grep -q '^vGPU ' out
refute 'and no colours' coloured out
NO_COLOR=1 term 80 support
refute 'NO_COLOR' coloured raw
check 'NO_COLOR: the same signs' grep -q '^5.13    *x  ' screen
cp screen plain
NO_COLOR='' term 80 support
check 'an empty NO_COLOR says nothing' coloured raw
check 'colours change no sign' cmp plain screen
CLICOLOR=0 term 80 support
refute 'CLICOLOR=0' coloured raw
TERM=dumb term 80 support
refute 'a dumb terminal' coloured raw
CLICOLOR_FORCE=1 run support
check 'CLICOLOR_FORCE: the grid for a pager' grep -q '^vGPU ' out
check 'with colours' coloured out
NO_COLOR=1 CLICOLOR_FORCE=1 run support
refute 'NO_COLOR beats it' coloured out
CLICOLOR_FORCE=0 run support
refute 'CLICOLOR_FORCE=0 asks for nothing' coloured out
term 80 support --json
check 'JSON on a terminal' json_ok screen
for columns in 200 80 60 40 30; do
    term $columns support
    fits 'the grid' "$columns"
    check "$columns columns: all branches, once" test "$(awk '/^ +[0-9]+( +[0-9]+)*$/ { n += NF } END { print n }' screen)" = \
        "$("$GRIDPATCH" support --json | jq '.branches | length')"
done
term 60 support
check '60 columns: one grid' test "$(grep -c '^5.13 ' screen)" = 1
term 40 support
check '40 columns: several, one above the other' test "$(grep -c '^5.13 ' screen)" -ge 2
COLUMNS=50 term 80 support
fits 'COLUMNS' 50
COLUMNS=500 term 70 support
fits 'COLUMNS wider than the window' 70
CLICOLOR_FORCE=1 COLUMNS=x NO_COLOR=1 run support
check 'COLUMNS that is no number' test "$(awk 'length > n { n = length } END { print n }' out)" -le 80

# --- each sign of the shipped data, counted from the JSON ----------------------

term 200 support
run support --json
jq -r 'def sign: if .verdict == "blocked" then "x" elif .known == null then "."
        elif .claims.loads.claim == "no" then "!" elif .known == "unsure" then "?"
        elif .claims.loads.claim == "yes" and (.claims.loads.kind | IN("reported", "booted")) then "+" elif .known == "expected" then "~" else "o" end;
    def part: .known != null and (.may_be_blocked or .only_on != [] or .load_no_on != []);
    . as $all | .kernels[] | . as $k | [$k] + [$all.branches[] | .branch as $b
        | [$all.cells[] | select(.drivers.branch == $b and .kernel.release == $k)]
        | (last | sign) + (if (last | part) or ([.[] | sign] | unique | length) > 1 then "*" else "" end)]
    | join(" ")' out > want
sed '/^$/,$d; /^ /d; /^vGPU/d' screen | tr -s ' ' | sed 's/ $//' > got
check 'the shipped grid is what the JSON says' diff want got
finish
