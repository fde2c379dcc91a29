#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# support: the table of drivers and kernel lines, which must say what select says.
# tests: ops/select/support ops/select/select
. "$(dirname "$0")/lib.sh"

# --- data of our own: the whole text -----------------------------------------

mkdir -p base/kernel-versions base/patches/fix
echo x.patch > base/patches/fix/series
printf 'Description: x\nScope: neutral\n\n--- a/kernel/x\n+++ b/kernel/x\n' > base/patches/fix/x.patch
cat > base/kernel-versions/drivers << 'T'
# words

Branch: 470
Versions: 470.63

Branch: 460
Product: vGPU 12
Versions: 460.32.04 460.73.02
 460.107
Evidence: [peer] a list

Branch: 460
Kind: general
Versions: 460.106.00
T
cat > base/kernel-versions/any << 'T'
Kernel: any

Driver: 460 - 460.106.99
Hooks: upstream

Driver: >= 460.107
Hooks: newer-table

Driver: 470
Release: >= 6.1
Probe: driver-text x.c nothing
Status: blocked
Reason: its sources may say so
T
cat > base/kernel-versions/5.4 << 'T'
Kernel: 5.4
Status: supported

Driver: 460
Load: yes
Evidence: [built] by us. [peer] and by others
T
cat > base/kernel-versions/5.10 << 'T'
Kernel: 5.10
Status: supported

Driver: 460
Release: < 5.10.195
Patches: fix
Load: unknown
Evidence: [inference] because 5.11 was [built]

Driver: 460
Release: >= 5.10.195
Patches: fix
Load: no
Evidence: [source] read

Driver: 470
Rhel: >= 8.4
Load: unknown
Evidence: [peer] somebody
T
cat > base/kernel-versions/5.13 << 'T'
Kernel: 5.13
Status: blocked
Reason: mdev
T
cat > base/kernel-versions/6.1 << 'T'
Kernel: 6.1
Status: untested

Driver: 460 - 460.73.02
Load: unknown
Evidence: [peer] said

Driver: 460.107
Status: untested
Evidence: [source] speaks against it

Driver: 470
Evidence: [inference] no more
T
GRIDPATCH_DATA=$PWD/base
export GRIDPATCH_DATA

expect_status 'support' 0 support
sed -n '/^built: /!p' out | sed '/^unsure: /d; /^that a card/d; /^no evidence, /d; /^why: /d' > got
check 'the whole table' diff - got << 'T'
branch     460, vGPU 12: 460.32.04 460.73.02 460.107
  460  5.4    460.32.04 - 460.73.02    built               unpatched; loads: yes, reported; hooks: upstream; unlocks: yes, inference
  460  5.4    460.107                  built               unpatched; loads: yes, reported; hooks: newer-table; unlocks: yes, inference
  460  5.10   460.32.04 - 460.73.02    expected            sets: fix; loads: unknown; loads not on: >= 5.10.195; hooks: upstream; unlocks: yes, inference
  460  5.10   460.107                  expected            sets: fix; loads: unknown; loads not on: >= 5.10.195; hooks: newer-table; unlocks: yes, inference
  460  5.13   460.32.04 - 460.107      blocked
  460  6.1    460.32.04 - 460.73.02    reported, untested  unpatched; loads: unknown; hooks: upstream; unlocks: yes, inference
  460  6.1    460.107                  unsure              unpatched; loads: unknown; hooks: newer-table; unlocks: yes, inference
branch     470: 470.63
  470  5.4    470.63                   no evidence         hooks: newer-table; unlocks: yes, inference
  470  5.10   470.63                   reported            unpatched; only on: RHEL >= 8.4; loads: unknown; hooks: newer-table; unlocks: yes, inference
  470  5.13   470.63                   blocked
  470  6.1    470.63                   expected, untested  unpatched; the driver's sources may block it; loads: unknown; hooks: newer-table; unlocks: yes, inference
T
silent_on 'nothing on stderr' err
says 'who answers for the unlock' 'never more than reported: NVIDIA does not support it' out
run support --driver 460.32.04 -k 5.4 -v
says '-v: from where it builds' '    builds   yes, built: by us' out
says '-v: from where it loads' '    loads    yes, reported: and by others' out
says '-v: what nobody supports' '    unlocks  yes, inference (NVIDIA does not support it)' out

expect_status '--kind' 0 support --kind general
check 'another list of drivers' grep -q '^branch     460: 460.106.00$' out
refute 'and not the first' grep -q 460.107 out
expect_status 'a branch' 0 support --driver 470
check 'only that one' test "$(grep -c '^branch' out)" -eq 1
expect_status 'a version' 0 support --driver 460.91.03 -k 5.4
check 'which need not be listed' grep -q '^  460  5.4    460.91.03  *built ' out
expect_status 'lines' 0 support -k 5.10 -k 6.1
refute 'no other line' grep -q ' 5.4 ' out
expect_status 'a release' 0 support --driver 460 -k 5.10.200 -k 5.12.1 -k 9.9
check 'is judged as one' grep -q '^  460  5.10.200 460.32.04 - 460.73.02 .*loads: no, source;' out
check 'a gap' grep -q '^  460  5.12.1 460.32.04 - 460.73.02    untested ' out
check 'newer than all' grep -q '^  460  9.9    460.32.04 - 460.73.02    unknown ' out
expect_status '-v' 0 support -v --driver 460 -k 5.13
check '-v: the reason' grep -q '^    reason   mdev$' out
expect_status '-q' 0 support -q
silent_on '-q is silent' out
expect_status 'a branch that is not known' 1 support --driver 999
says 'is called so' 'driver branch 999 is unknown'
expect_status 'a branch that is listed as another kind' 1 support --driver 470 --kind general
says 'says what to do' 'give a whole version'
expect_status 'R470 is that branch' 0 support --driver R470
check 'and nothing else' test "$(grep -c '^branch' out)" -eq 1
expect_status 'not a version' 2 support --driver 460.x
expect_status 'not a release' 2 support -k banana
expect_status 'not a kind' 2 support --kind server
expect_status 'a file' 2 support x.run
expect_status 'two reports on one stream' 2 support --json --markdown

expect_status '--json' 0 support --json
check 'json' json_ok out
check 'json: a row per line and drivers' json_is out '.cells | length' 11
check 'json: drivers' json_is out '.cells[0].drivers.versions | join(" ")' '460.32.04 460.73.02'
check 'json: builds' json_is out '[.cells[] | select(.drivers.branch == 460 and .kernel.line == "5.10") | "\(.known) " + (.sets | join(" "))] | unique | join(",")' 'expected fix'
check 'json: known' json_is out '[.cells[].known] | unique | map(tostring) | join(",")' 'null,built,expected,reported,unsure'
check 'json: blocked has a reason' json_is out '[.cells[] | select(.verdict == "blocked") | .reasons[0]] | unique | join(",")' 'mdev'
check 'json: nobody says that it loads' json_is out '[.cells[] | select(.claims.loads.claim == "yes") | .kernel.line] | unique | join(",")' '5.4'
check 'json: not on all of it' json_is out '[.cells[].load_no_on[]] | unique | join(",")' '>= 5.10.195'
check 'json: a part' json_is out '[.cells[].only_on[]] | join(",")' 'RHEL >= 8.4'
check 'json: sources may block' json_is out '[.cells[] | select(.may_be_blocked) | .kernel.line] | join(",")' '6.1'
check 'json: the product' json_is out '.branches[0].product' 'vGPU 12'
expect_status '--json=-' 0 support --json=-
check '--json=- is --json' json_ok out
expect_status '--json=FILE' 0 support --json=s.json --markdown
check '--json=FILE' json_ok s.json

expect_status '--markdown' 0 support --markdown
sed -n '/^|/p' out > got
check 'markdown: the table' diff - got << 'T'
| kernel | 460<br>vGPU 12 | 470 |
|---|---|---|
| 5.4 | built ✓ | – |
| 5.10 | expected+ (✗) | reported¹ |
| 5.13 | blocked | blocked |
| 6.1 | < 107: reported*<br>≥ 107: unsure | expected*? |
| hooks | < 107: upstream<br>≥ 107: newer-table | newer-table |
T
says 'markdown: a part of a line' '- 470 on 5.10: known for `RHEL >= 8.4`' out
says 'markdown: where it does not load' '- 460 on 5.10: does not load on `>= 5.10.195`' out

# --- parts of a line ----------------------------------------------------------

mkdir -p part/kernel-versions
# part WINDOW…: rules for these windows of 5.16; says what they leave of 460.
part() {
    printf 'Kernel: 5.16\nStatus: supported\n' > part/kernel-versions/5.16
    for window; do
        printf '\nDriver: 460\nRelease: %s\nEvidence: [peer] x\n' "$window" >> part/kernel-versions/5.16
    done
    run support --data part --driver 460.73.02 -k 5.16
}
part '< 5.16.9'
check 'a window is a part' grep -q 'unpatched; only on: < 5.16.9;' out
part '< 5.16.9' '>= 5.16.9'
check 'two windows are all of it' grep -q 'unpatched; loads: ' out
part '< 5.16.9' '>= 5.16.10'
check 'two windows with a gap are not' grep -q 'only on: < 5.16.9, >= 5.16.10;' out
part '< 5.16.9' '5.16.0-9 - 5.16.0-99'
check 'names are not patch levels' grep -q 'only on: < 5.16.9, 5.16.0-9 - 5.16.0-99;' out

sed -i 's/^Release: 5.16.0-9/Distro: debian\n&/' part/kernel-versions/5.16
run support --data part --driver 460.73.02 -k 5.16
check 'whose package numbers' grep -q 'only on: < 5.16.9, debian 5.16.0-9 - 5.16.0-99;' out

# A set that a probe of the headers asks for is not said of the whole line.
cat > part/kernel-versions/5.16 << 'T'
Kernel: 5.16
Status: supported

Driver: 460
Evidence: [peer] x

Driver: 460
Probe: symbol-gpl x
Patches: fix
T
run support --data part --driver 460.73.02 -k 5.16 --json=s.json
check 'a set that the headers ask for' grep -q 'unpatched; by its headers perhaps: fix; loads' out
check 'json: unpatched' json_is s.json '.cells[0] | "\(.known) \(.sets | length) " + (.sets_perhaps | join(" "))' 'reported 0 fix'
sed -i 's/^Probe: .*/Release: < 5.16.4/' part/kernel-versions/5.16
run support --data part --driver 460.73.02 -k 5.16
check 'a set of a part of the line' grep -q 'sets: fix; loads' out

# --- overlays, and a drivers file that is wrong -------------------------------

mkdir -p over/kernel-versions
printf 'Branch: 470\nVersions: 470.256.02\n\nBranch: 999\nProduct: new\nVersions: 999.1\n' > over/kernel-versions/drivers
expect_status '--data' 0 support --data over -k 5.4
check 'a branch more' grep -q '^branch     999, new: 999.1$' out
check 'the other one in its place' grep -q '^branch     470: 470.256.02$' out
check 'and the rest stays' grep -q '^branch     460, vGPU 12: ' out
# bad WHAT TEXT MESSAGE
bad() {
    printf '%b' "$2" > over/kernel-versions/drivers
    expect_status "$1" 3 support --data over
    says "$1: where" "over/kernel-versions/drivers:$3"
}
bad 'a version of another branch' 'Branch: 470\nVersions: 460.1\n' 1
bad 'not in order' 'Branch: 470\nVersions: 470.63 470.42\n' 1
bad 'no versions' 'Branch: 470\n' 1
bad 'an unknown field' 'Branch: 470\nVersions: 470.63\nKernel: 5.4\n' 3
bad 'a branch that is none' 'Branch: four\nVersions: 470.63\n' 1
bad 'a release that is none' 'Branch: 470\nVersions: 470.63\nReleases: 13.0 470.63\n' 3
bad 'a release of a version that is not listed' 'Branch: 470\nVersions: 470.63\nReleases: 13.1=470.82\n' 1
bad 'a kind that is none' 'Branch: 470\nKind: server\nVersions: 470.63\n' 2
unset GRIDPATCH_DATA

# --- the shipped data: the table says what select says -----------------------

expect_status 'the shipped table' 0 support --json=all.json
if command -v jq > /dev/null; then
    # One row in eleven: DRIVER KERNEL VERDICT LOAD HOOKS.
    jq -r '.cells | to_entries[] | select(.key % 11 == 0) | .value |
        "\(.drivers.versions[-1]) \(.kernel.release) \(.verdict | gsub(" "; "_")) \(.claims.loads.claim) \(.hooks_needed)"' all.json > rows
    check 'rows' test "$(wc -l < rows)" -ge 15
    while read -r driver kernel verdict load hooks; do
        run select --json --driver $driver -k $kernel
        check "select agrees: $driver on $kernel" test "$(jq -r '.selection.cells[0] |
            "\(.verdict | gsub(" "; "_")) \(.claims.loads.claim) \(if .verdict == "blocked" then null else .hooks_needed end)"' out)" = "$verdict $load $hooks"
    done < rows
    # Who says so can be looked up, also where it is concluded from what others say.
    check 'nothing is said to load that nobody reported' json_is all.json \
        '[.cells[] | .claims.loads | select(.claim == "yes" and .kind != "booted") | .source // "" |
            select(test("[A-Za-z0-9]/[^ ]+[#@!][0-9a-z]|https://|RN-[0-9]") | not)] | unique | join(", ")' ''
    check 'what is known has a source' json_is all.json \
        '[.cells[] | .verdict as $v | .claims[] | select(.kind != null and .source == null) | $v] | unique | join(", ")' ''
    check 'an unlock is never more than reported' json_is all.json \
        '[.cells[] | .claims.unlocks.kind] | unique - [null, "inference", "source", "reported"] | length' 0
    check 'what is built says so in its evidence' json_is all.json \
        '[.cells[] | select(.claims.builds.kind == "built" and (.evidence | join(" ") | contains("[built]") | not) and .sets == [])] | length' 0
    check 'what is blocked says why' json_is all.json \
        '[.cells[] | select(.verdict == "blocked" and .reasons == [])] | length' 0
    check '5.13 is blocked for every host but vGPU 14' json_is all.json \
        '[.cells[] | select(.kernel.line == "5.13" and .drivers.branch != 510) | .verdict] | unique | join(",")' blocked
else
    skip 'the shipped table against select' 'jq is missing'
fi
finish
