#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# advise: of each pair it says what select says, and puts them in the order that it tells.
# tests: ops/select/advise
# slow: 10 s
. "$(dirname "$0")/lib.sh"

if ! command -v jq > /dev/null; then
    skip 'advise' 'jq is missing'
    finish
fi

# --- data of our own: the order -------------------------------------------------

mkdir -p base/kernel-versions base/patches
cat > base/kernel-versions/drivers << 'T'
Branch: 418
Product: vGPU 8
Versions: 418.66

Branch: 460
Product: vGPU 12
Versions: 460.32.04 460.73.02 460.107
Releases: 12.2=460.73.02

Branch: 535
Product: vGPU 16
Versions: 535.54.06 535.309.01

Branch: 550
Product: vGPU 17
Versions: 550.54.10

Branch: 460
Kind: general
Versions: 460.73.01 460.73.02

Branch: 535
Kind: general
Versions: 535.261.03 535.274.02
T
cat > base/kernel-versions/5.10 << 'T'
Kernel: 5.10
Status: supported

Driver: 460.32.04
Evidence: [built] by us

Driver: 460.73.02
Load: yes
Hooks: upstream
Evidence: [reported] a/b#1

Driver: 460.107
Load: no
Reason: the loader says no
Evidence: [source] read

Driver: 535
Load: yes
Evidence: [booted] by us

Driver: 550
Status: blocked
Reason: it does not build
T
cat > base/kernel-versions/5.11 << 'T'
Kernel: 5.11
Status: supported

Driver: 535
Load: unknown
Evidence: [inference] from 5.10
T
cat > base/kernel-versions/cards << 'T'
Cards: 1b38
Generation: Pascal
Vgpu: native
Driver: 418 - 535
Sriov: no
Evidence: [source] a list

Cards: 1b00 - 1b87
Generation: Pascal
Vgpu: hooks
Twin: 1b38
Driver: 418 - 460
Sriov: no
Evidence: [source] a list

Cards: 2200 - 22ff
Generation: Ampere
Vgpu: neither
Sriov: yes
Reason: not with these hooks
Evidence: [source] a list
T
cat > base/kernel-versions/platforms << 'T'
Platform: both-1
Title: Both 1
Names: B1
Kernels: 5.10.7 5.11.3
Headers: headers-%r
Pin: keep %r
Dkms: dkms
Evidence: [source] made up

Platform: new-1
Title: New 1
Kernels: 9.9.1
Headers: none
Pin: none
Dkms: none
Reason: it has none
Evidence: [source] made up
T
GRIDPATCH_DATA=$PWD/base
export GRIDPATCH_DATA

# in_order WHAT: the drivers (or kernels) of the last report, each with its fit.
in_order() { jq -r "[.answers[0].cells[] | \"$1\"] | join(\" \")" out; }
expect_status 'a card that has vGPUs' 0 advise -k 5.10.7 --gpu 10de:1b38 --json
check 'the order: what loads best, then the newest; blocked, loads not and no evidence behind' test \
    "$(in_order '\(.driver.version)=\(.fit)/\(.why)')" = "535.309.01=fits/nothing 535.54.06=fits/nothing \
460.73.02=fits/nothing 460.32.04=fits/nothing 418.66=perhaps/no-evidence 460.107=no/load 550.54.10=no/card"
check 'the card: which, and how' json_is out '.answers[0].card | "\(.id) \(.generation) \(.vgpu)"' '10de:1b38 Pascal native'
check 'the framework' json_is out '.answers[0].cells[0].card | "\(.fit) \(.framework)"' 'native mdev'
check 'a release of vGPU' json_is out '.answers[0].cells[2].driver.vgpu' 12.2
check 'merged: the same version' json_is out '.answers[0].cells[2].desktops[] | select(.fit == "same version") | .version' 460.73.02
check 'merged: another version has to be allowed' json_is out '[.answers[0].cells[0].desktops[] | "\(.version) \(.fit)"] | sort | join(",")' \
    '535.261.03 versions,535.274.02 versions'
expect_status 'a card that needs the hooks' 0 advise -k 5.10.7 --gpu 10de:1b80 --json
check 'the last branch counts' test "$(in_order '\(.driver.version)=\(.card.fit)')" = "460.73.02=hooks \
460.32.04=hooks 418.66=hooks 460.107=hooks 535.309.01=branch-too-new 535.54.06=branch-too-new 550.54.10=branch-too-new"
expect_status 'a card without' 1 advise -k 5.10.7 --gpu 10de:2204 --json
check 'none of them fits it' json_is out '[.answers[0].cells[].card.fit] | unique | join(" ")' not-with-hooks
expect_status 'a kernel where nothing fits' 1 advise -k 9.9.1 --gpu 10de:1b38 --json
check 'and all say why' json_is out '[.answers[0].cells[] | select(.driver.branch != 550) | .why] | unique | join(" ")' unknown
expect_status 'text' 0 advise -k 5.10.7 --gpu 10de:1b80
says 'text: what fits' '  460.73.02 (vGPU 12.2)' out
says 'text: its claims' '    loads    yes, reported: a/b#1' out
says 'text: the hooks, and how vGPUs are made' '    hooks    upstream; the card needs them, vGPUs by mdev' out
says 'text: what else of the branch' '    also     460.32.04' out
check 'text: the merged question' grep -q '^    merged   with the desktop driver .*460.73.02' out
says 'text: why not, by the card' '  535.54.06 - 535.309.01: branch 535 is newer than 460, the last that has vGPUs for it' out
says 'text: why not, by loading' '  460.107: the loader says no [does not load]' out
sed '/^Hooks: upstream/d' base/kernel-versions/5.10 > kept
cp base/kernel-versions/5.10 had
cp kept base/kernel-versions/5.10
run advise -k 5.10.7 --gpu 10de:1b80
says 'text: hooks that are needed, and that nobody has' \
    'the card needs them (none are known to unlock it with this driver), vGPUs by mdev' out
cp had base/kernel-versions/5.10
expect_status 'whatever card' 0 advise -k 5.10.7
says 'whatever card: why not, by the kernel' '  550.54.10: it does not build [blocked]' out

# --- platforms, and kernels for a driver ---------------------------------------

expect_status '--platform' 0 advise --platform both-1 --gpu 10de:1b38 --json
check '--platform: its kernels' json_is out '[.answers[].kernel] | join(" ")' '5.10.7 5.11.3'
check '--platform: whose they are' json_is out '[.answers[].cells[].platform] | unique | join(" ")' both-1
expect_status '--platform: text' 0 advise --platform 'Both 1' --gpu 10de:1b38
says '--platform: the headers' '  headers  headers-RELEASE' out
expect_status '--platform: JSON' 0 advise --platform b1 --gpu 10de:1b38 --json
check '--platform: the pins' json_is out '[.platform.kernels[].pin] | join(",")' 'keep 5.10.7,keep 5.11.3'
expect_status '--platform where nothing fits' 1 advise --platform new-1 --gpu 10de:1b38
expect_status 'a driver: its kernels' 0 advise --driver 535.309.01 --gpu 10de:1b38 --json
check 'a driver: the best first' test "$(in_order '\(.kernel.release)=\(.fit)')" = '5.10.7=fits 5.11.3=fits 9.9.1=no'
expect_status 'a driver: text' 0 advise --driver 535.309.01 --gpu 10de:1b38
says 'a driver: a line each' '    builds: yes, booted; loads: yes, booted; unlocks: unknown; vGPUs by mdev' out
says 'a driver: why not' '  9.9.1 (New 1) with 535.309.01: the kernel belongs to no known line' out
expect_status 'a driver that fits nowhere' 1 advise --driver 550 --gpu 10de:1b38
expect_status 'a driver on a kernel' 0 advise --driver 12.2 -k 5.10.7 --json
check 'a driver on a kernel: that one' json_is out '[.answers[].cells[] | "\(.driver.version) \(.kernel.release)"] | join(",")' '460.73.02 5.10.7'
expect_status 'a version that is not listed' 0 advise --driver 535.200.01 -k 5.10.7
says 'is judged, too' '5.10.7 with 535.200.01' out

# --- questions that cannot be answered, or not so -------------------------------

expect_status 'a card that is not known' 1 advise -k 5.10.7 --gpu 10de:ffff
says 'a card that is not known: is named' '10de:ffff' err
expect_status 'a card that is none' 2 advise -k 5.10.7 --gpu 10de:xyz1
expect_status 'another vendor' 1 advise -k 5.10.7 --gpu 1002:1b80
expect_status 'a platform that is not known' 1 advise --platform plan9
says 'a platform that is not known: is named' plan9 err
expect_status 'a platform that can be none' 2 advise --platform '..!'
expect_status 'a driver of a branch that is not known' 1 advise --driver 999.1
expect_status 'not a driver' 2 advise --driver 460.x
expect_status 'not a kernel' 2 advise -k banana
expect_status 'two questions at once' 2 advise --platform both-1 -k 5.10.7
expect_status 'a file' 2 advise x.run
expect_status 'a card for drivers that make no vGPUs' 2 advise --kind general -k 5.10.7 --gpu 10de:1b38
expect_status '-q' 0 advise -q -k 5.10.7 --gpu 10de:1b38
silent_on '-q is silent' out
if ! ls /sys/bus/pci/devices/*/vendor > /dev/null 2>&1 || ! grep -qx 0x10de /sys/bus/pci/devices/*/vendor; then
    "$GRIDPATCH" advise -k 5.10.7 --gpu auto > out 2> err
    check '--gpu auto without a card: no answer' test $? -ne 0
    says '--gpu auto without a card: says so' card err
    expect_status 'no card and none asked about' 0 advise -k 5.10.7
    says 'no card and none asked about: says so' 'card       any: ' out
else
    skip '--gpu auto without a card' 'this machine has one'
fi
unset GRIDPATCH_DATA

# --- the shipped data: each pair as select has it --------------------------------

kernels='5.4.0-26-generic 5.10.0-32-amd64 5.15.158-2-pve 6.1.50 6.8.12-15-pve 6.12.24-Unraid 5.14.0-570.el9_6.x86_64 9.9.1'
: > pairs
for kernel in $kernels; do
    "$GRIDPATCH" advise --json -k "$kernel" > one.json 2> err
    json_valid one.json advise
    # Of all of them some: one in five, other ones on each kernel.
    nth=$(($(wc -l < pairs) % 5))
    jq -c --argjson skip $nth '[.answers[0].cells | sort_by(.driver.branch, .driver.version) | to_entries[]
        | select(.key % 5 == $skip) | .value | {driver: .driver.version, kernel: .kernel.release, verdict, reason, claims,
        hooks_needed, sets, reasons, load_reasons, judged_by, needs_headers, needs_driver}] | .[]' one.json > some
    cat some >> pairs
done
check 'there are pairs' test "$(wc -l < pairs)" -ge 60
jq -r '"\(.driver) \(.kernel)"' pairs | while read -r driver kernel; do
    "$GRIDPATCH" select --json --driver "$driver" -k "$kernel" 2> /dev/null | jq -c --arg driver "$driver" '.selection.cells[0]
        | {driver: $driver, kernel: .kernel.release, verdict, reason, claims, hooks_needed, sets, reasons, load_reasons,
        judged_by, needs_headers, needs_driver}'
done > selected
check 'select says the same of each pair' diff pairs selected

# With headers, too, which decide other things than a version does.
if headers_here; then
    "$GRIDPATCH" advise --json --headers "$headers" > one.json 2> err
    json_valid one.json advise
    fields='{verdict, reason, claims, hooks_needed, sets, reasons, load_reasons, judged_by, needs_headers, needs_driver}'
    check 'headers: judged by them' json_is one.json '[.answers[0].cells[].judged_by] | unique | join(" ")' headers
    for driver in 460.73.02 525.85.07 535.161.05 535.309.01 580.105.06; do
        run select --json --driver $driver --headers "$headers"
        jq -c ".selection.cells[0] | $fields" out > want
        jq -c ".answers[0].cells[] | select(.driver.version == \"$driver\") | $fields" one.json > got
        check "headers: select says the same of $driver" sh -c 'test -s want && diff want got'
    done
else
    skip 'advise with headers' 'there are none'
fi

# The order is what the help tells, by jq, of all pairs of a kernel and of a driver.
ordered='def kind: {none: 0, inference: 1, source: 2, reported: 3, built: 4, booted: 5}[.kind // "none"];
    def strength: if .claim == "yes" then 1 + kind else 0 end;
    def version: split(".") | map(tonumber);
    def rank: [{fits: 0, perhaps: 1, no: 2}[.fit],
        ({native: 0, hooks: 1, "not-with-hooks": 2, "branch-too-old": 3, "branch-too-new": 4}[.card.fit // "hooks"]),
        (if .card.fit == "hooks" and .claims.unlocks.claim != "yes" then 1 else 0 end), -(.claims.loads | strength), (if .card.fit == "native" then 0 else -(.claims.unlocks | strength) end),
        -(.claims.builds | strength), (.driver.version | version | map(-.))];
    [.answers[] | .cells | [.[] | rank] | . == sort] | all'
for gpu in 10de:1b80 10de:1bb3 10de:2230; do
    "$GRIDPATCH" advise --json -k 6.8.12-15-pve --gpu $gpu > one.json 2> err
    json_valid one.json advise
    check "the order of the drivers for $gpu" json_is one.json "$ordered" true
    "$GRIDPATCH" advise --json --driver 535 --gpu $gpu > one.json 2> err
    json_valid one.json advise
    check "the order of the kernels for $gpu" json_is one.json "$ordered" true
done
"$GRIDPATCH" advise --json -k 5.15.158-2-pve --gpu 10de:1f08 > one.json
check 'their order, too' json_is one.json "$ordered" true
check 'what unlocks a card comes before what merely loads' json_is one.json \
    '[.answers[0].cells[] | select(.fit == "fits") | .claims.unlocks.claim] | "\(.[0]) \(.[-1])"' 'yes unknown'
check 'what NVIDIA released together' sh -c '"$GRIDPATCH" advise --driver 550.90.05 -k 6.8.12-15-pve -v |
    grep -q "^    merged   with the desktop driver 550.90.07 (released with it; --allow versions)"'
check 'a known answer: a P4 on 6.8' sh -c '"$GRIDPATCH" advise -k 6.8.12-15-pve --gpu 10de:1bb3 |
    sed -n "/^fits/{n;p}" | grep -q "^  535.309.01 (vGPU 16.14)"'
# A merged driver may be blocked where the host alone builds: select is the judge.
"$GRIDPATCH" advise --driver 525.85.07 -k 6.2.9 -k 6.5.0-45-generic --json > one.json 2> err
for on in 6.2.9 6.5.0-45-generic; do
    merged=offered
    "$GRIDPATCH" select --driver 525.85.05 --kind merged -k $on > out 2> err || merged=blocked
    offered=$(jq -r --arg on $on '.answers[0].cells[] | select(.kernel.release == $on) |
        if any(.desktops[]; .version == "525.85.05") then "offered" else "blocked" end' one.json)
    check "merged on $on: as select says, $merged" test "$offered" = "$merged"
done
check 'merged: blocked on one of them' test "$merged" = blocked
check 'merged: and why' sh -c '"$GRIDPATCH" advise --driver 525.85.07 -k 6.5.0-45-generic -v |
    grep -q "^    merged   not on this kernel: nvidia-uvm and nvidia-drm"'
finish
