#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# lint-set: one small set of our own, and what breaks each rule, one by one.
# tests: ops/lint/lintset ops/lint/lintrules ops/lint/lintsum ops/lint/lintbuild core/diff/lintpatch
# tests: core/proof/evidence
# slow: 20 s
. "$(dirname "$0")/lib.sh"
today=$(date -u +%F) # or the next one, at midnight

make_sample host
make_sample later --version 535.161.05
osi=kernel/nvidia/os-interface.c

# data NAME: a directory of data with the set "own", which is as it should be.
data() {
    d=$work/$1
    mkdir -p "$d/kernel-versions" "$d/patches/own"
    cat > "$d/kernel-versions/5.12" << 'E'
Kernel: 5.12
Status: untested

Driver: 460
Patches: own
Reason: A rule for tests.
Evidence: [inference] none
E
    echo own.patch > "$d/patches/own/series"
    rm -rf new
    cp -R host new
    sed 's/memcpy(to, from, length);/memmove(to, from, length);/' host/$osi > new/$osi
    header > "$d/patches/own/own.patch"
    changes >> "$d/patches/own/own.patch"
    p=$d/patches/own/own.patch
}
header() {
    cat << 'E'
Description: nvidia: copy backwards, too
Origin: vendor, gridpatch
Last-Update: 2026-11-23
Scope: neutral

E
}
# changes [LINES]: from host to new.
changes() {
    diff "-U${1:-3}" --label "a/$osi" --label "b/$osi" "host/$osi" "new/$osi"
}
# lint ARG…: with the data in $d and nothing else.
lint() {
    GRIDPATCH_DATA=$d
    export GRIDPATCH_DATA
    run lint-set "$@"
    unset GRIDPATCH_DATA
}
clean() {
    what=$1
    shift
    lint "$@"
    check "$what: exit 0" test "$status" -eq 0
    says "$what: clean" 'clean      1 set, 1 rule' out
}
# finds WHAT TEXT ARG…: one finding, with that text in it.
finds() {
    what=$1 text=$2
    shift 2
    lint "$@"
    check "$what: exit 1" test "$status" -eq 1
    says "$what: said" "$text" out
    says "$what: one finding" 'gridpatch: 1 finding'
}

data good
clean 'a good set'
clean 'by its name' own
clean 'on a driver' own --from host.run
says 'it applies' '  applies  460.73.02 (host, SHA-256 ' out
sum=$(sha256sum host.run | cut -c-64)
says 'the sum is that of the file' "$sum" out
check 'an Evidence field with the day' grep -qE "^Evidence: \[source\] ($today|$(date -u +%F)): applies without fuzz to 460.73.02" out
says 'it claims no more than that' 'neither built nor loaded' out
says 'neutral is not proved' 'SKIP       own: that it is neutral' out
# The data of the source tree have many sets, and the same cannot be told of all.
"$GRIDPATCH" lint-set -v > each
"$GRIDPATCH" lint-set > folded
"$GRIDPATCH" lint-set --json=all.json > /dev/null
neutral=$(grep -c '^SKIP.*: that it is neutral: only builds' each)
check 'the same of several sets is one line' grep -qx "SKIP       $neutral sets: that it is neutral: only builds prove it (--build)" folded
check 'and only one' test "$(grep -c '^SKIP.*: that it is neutral: only builds' folded)" -eq 1
check '-v has all that JSON has' test "$(grep -c ^SKIP each)" -eq "$(jq '.skipped | length' all.json)"
check 'no line of the evidence is longer than those of the data' sh -c '! sed -n "/^Evidence/,/^[^ ]/p" out | grep -q ".\{121\}"'
# The field is one that the data take.
{ sed '$d' "$d/kernel-versions/5.12"; sed -n '/^Evidence:/,/^[^ E]/{/^[ E]/p}' out; } > rule
cp rule "$d/kernel-versions/5.12"
clean 'with the printed Evidence' own
clean 'on an extracted driver' own --from host
sum=$(cd host && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c-64)
says "its sum is coreutils' of the list" "$sum" out
clean 'on a driver that no rule names it for' own --from later.run
says 'that says nothing' 'SKIP       own: that it applies: no driver at hand' out
refute 'and is no evidence' grep -q '^Evidence' out
lint own -q --from host.run
silent_on '-q says nothing' out
lint own --json=lint.json --from host.run
check 'JSON' json_ok lint.json
check 'JSON: the set' json_is lint.json '.checked[0].set' own
check 'JSON: no findings' json_is lint.json '.findings | length' 0

# Headers: the rule chooses the set by them.
h=$work/headers
mkdir -p "$h/include/linux" "$h/include/config" "$h/include/generated/uapi/linux"
printf 'VERSION = 5\nPATCHLEVEL = 12\nSUBLEVEL = 9\n' > "$h/Makefile"
: > "$h/include/linux/kernel.h"
: > "$h/.config"
: > "$h/include/config/auto.conf"
echo '#define LINUX_VERSION_CODE 330761' > "$h/include/generated/uapi/linux/version.h"
echo '#define UTS_RELEASE "5.12.9-test"' > "$h/include/generated/utsrelease.h"
clean 'with headers' own --from host.run --headers "$h"
says 'they choose it' '  chosen   460.73.02 on 5.12.9-test' out
check 'and the evidence says so' sh -c 'tr -d "\n" < out | grep -q "by their headers chosen for 460.73.02 on 5.12.9-test"'

# --- the header ---

for f in Description Origin Last-Update Scope; do
    data "no-$f"
    sed -i "/^$f:/d" "$p"
    finds "no $f" "own.patch:1: no $f"
done
data author
sed -i 's/^Origin:.*/Author: A. Nother/' "$p"
clean 'an Author in place of an Origin'
data date
sed -i 's/^Last-Update:.*/Last-Update: yesterday/' "$p"
finds 'a date that is none' "own.patch:3: Last-Update 'yesterday' is not a date"
data prose
sed -i '1i just some words' "$p"
lint
check 'a header of prose: exit 1' test "$status" -eq 1
says 'a header of prose: said' 'own.patch: the header cannot be read' out

# --- the hunks ---

data context
{ header; changes 4; } > "$p"
finds 'four lines of context' 'own.patch:8: the hunk quotes 4 lines of context on a side, and 3 are the limit' own
data between
sed -i 's/nv_ioremap(start/nv_ioremap_nocache(start/' "new/$osi"
{ header; changes 3; } > "$p"
clean 'two changes five lines apart, in one hunk'
data nodiff
header > "$p"
finds 'no diff in it' 'own.patch: '

# --- licence lines ---

nvf=kernel/nvidia/nv-frontend.c
# licence FILE FROM TO: a patch of that line only.
licence() {
    n=$(grep -n "$2" "host/$1" | cut -d: -f1)
    header
    printf -- '--- a/%s\n+++ b/%s\n@@ -%s +%s @@\n-%s\n+%s\n' "$1" "$1" "$n" "$n" "$2" "$3"
}
data proprietary
licence $nvf 'MODULE_LICENSE("NVIDIA");' 'MODULE_LICENSE("GPL");' > "$p"
finds "the proprietary module's licence" "it changes the MODULE_LICENSE of '$nvf', whose header is not the MIT licence" --from host.run
lint
says 'without a driver it cannot be told' 'SKIP       own: whether ' out
data mit
licence kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.c 'MODULE_LICENSE("MIT");' 'MODULE_LICENSE("Dual MIT/GPL");' > "$p"
clean 'that of an MIT-licensed file' --from host.run
data mixed
{ licence kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.c 'MODULE_LICENSE("MIT");' 'MODULE_LICENSE("Dual MIT/GPL");'
    changes; } > "$p"
finds 'a licence line among others' 'own.patch:6: it changes a MODULE_LICENSE line and 2 others' --from host.run

# --- applying ---

data fuzzy
# The first line of context is another one than the tree's.
awk '/^ / && !done { print " /* not what stands there */"; done = 1; next } { print }' "$p" > p.tmp
cp p.tmp "$p"
clean 'a set that needs fuzz, without a driver'
finds 'a set that needs fuzz' 'own.patch: it does not apply without fuzz to 460.73.02 (host): ' --from host.run
says 'and what to do' 'narrow Driver in the rules' out
refute 'no Evidence for it' grep -q '^Evidence' out
check 'GNU patch says the same of it' sh -c "! patch -p1 -F0 -s --dry-run -d host < '$p'"
data already
mv host kept
cp -R new host
sh "$fx/mkrun.sh" host done.run
rm -rf host
mv kept host
clean 'a set that is there already' --from done.run
says 'is told so' '  already  460.73.02' out

# --- rules ---

data evidence
sed -i '/^Evidence/d' "$d/kernel-versions/5.12"
finds 'a rule without Evidence' 'kernel-versions/5.12:4: the rule has no Evidence'
data package-numbers
sed -i 's/^Patches: own/Release: 5.12.0-1 - 5.12.0-9\n&/' "$d/kernel-versions/5.12"
finds "nobody's package numbers" "5.12:4: Release '5.12.0-1 - 5.12.0-9' is in package numbers, and the rule has no Distro"
sed -i 's/^Release:/Distro: debian\n&/' "$d/kernel-versions/5.12"
clean "Debian's package numbers"
data reported
sed -i 's/^Evidence:.*/Evidence: [reported]/' "$d/kernel-versions/5.12"
finds 'a report of nobody' "5.12:4: a report that nobody can follow: ''"
sed -i 's/^Evidence:.*/& DualCoder\/vgpu_unlock#115/' "$d/kernel-versions/5.12"
clean 'a report that names its source'
sed -i 's/^Evidence:.*/Evidence: [peer] DualCoder\/vgpu_unlock#115/' "$d/kernel-versions/5.12"
finds 'an old word' "5.12:4: an old word: '[peer]'; write [reported]"
sed -i 's/^Evidence:.*/Evidence: [built] 460.73.02, gcc 12/' "$d/kernel-versions/5.12"
finds 'a build of no day' "5.12:4: a build without a date: '460.73.02, gcc 12'"
sed -i 's/^Evidence:.*/Evidence: I know it/' "$d/kernel-versions/5.12"
finds 'evidence without a mark' "5.12:4: the rule's Evidence does not say how it is known"
# Of each line what is told of it, and once what is told of several.
sed -i 's/^Evidence:.*/Lines: 5.12 - 5.14\nEvidence: [inference 5.12] x. [reported 5.13 - 5.14] somebody/' "$d/kernel-versions/5.12"
for l in 5.13 5.14; do printf 'Kernel: %s\nStatus: untested\n' $l > "$d/kernel-versions/$l"; done
finds 'a report about other lines' "5.12:4: a report that nobody can follow: 'somebody'"
printf 'Branch: 460\nVersions: 460.73.02\nEvidence: [reported] a list\n' > "$d/kernel-versions/drivers"
sed -i 's/ \[reported 5.*//' "$d/kernel-versions/5.12"
finds 'a list of drivers' "drivers:1: a report that nobody can follow: 'a list'"
data twice
{ echo; sed -n "s|^Driver: 460|Driver: 470|; 4,\$p" "$d/kernel-versions/5.12"; } > next
cat next >> "$d/kernel-versions/5.12"
finds 'a rule of another driver' "kernel-versions/5.12:9: it differs from '$d/kernel-versions/5.12:4' in Driver alone"
data lines
sed 's/5\.12/5.14/' "$d/kernel-versions/5.12" > "$d/kernel-versions/5.14"
finds 'a rule of another line' "kernel-versions/5.14:4: it differs from '$d/kernel-versions/5.12:4' in its line alone"
sed -i '/^$/,$d' "$d/kernel-versions/5.14"
sed -i 's/^Driver: 460/Driver: 460, 470\nLines: 5.12, 5.14/' "$d/kernel-versions/5.12"
clean 'one rule of both'
data missing
sed -i 's/^Patches: own/Patches: own other/' "$d/kernel-versions/5.12"
lint
check 'a set that does not exist: exit 1' test "$status" -eq 1
says 'a set that does not exist: said' "5.12:4': patch set 'other' does not exist"
data reason
sed -i '/^Reason/d; s/^Patches:.*/Status: blocked/' "$d/kernel-versions/5.12"
lint
check 'blocked without Reason: exit 1' test "$status" -eq 1
says 'blocked without Reason: said' 'Reason'
data line
sed -i 's/^Status: untested/Status: blocked/' "$d/kernel-versions/5.12"
lint
check 'a blocked line without Reason: exit 1' test "$status" -eq 1
data specific
sed -i 's/^Scope:.*/Scope: 5.12 only/' "$p"
clean 'a set for one kernel, for R460' --from host.run
says 'it says so' 'set        own: 1 patch, not neutral' out
sed -i 's/^Driver: 460/Driver: >= 460/' "$d/kernel-versions/5.12"
finds 'a set for one kernel, for 520 and later' "5.12:4: set 'own' is not neutral"
data empty
: > "$d/patches/own/series"
finds 'a set without patches' 'own/series: no patch in it'

# --- builds ---

data usage
lint own --build --from host
check '--build without headers: exit 2' test "$status" -eq 2
says 'it says what it needs' "--build needs drivers and headers"
if headers_here; then
    d=$work/proof
    line=$(echo "$release" | cut -d. -f1,2)
    sh "$fx/buildable.sh" --data "$d" --line "$line"
    sed -i 's/^Scope:/Last-Update: 2026-11-26\n&/' "$d/patches/sample-set-fs/sample-set-fs.patch"
    sh "$fx/buildable.sh" --breaks compile old
    sh "$fx/buildable.sh" --version 390.20 sound
    lint --build --from old --from sound --headers "$headers" --modules nvidia --json=built.json
    check 'a set that helps: exit 0' test "$status" -eq 0
    check 'what failed without it' grep -qE "on $(echo "$release" | sed 's,+,[+],g'), ([a-z0-9_]+-)*gcc" out
    check 'and where' grep -Eq 'built    390.10 .*: fails without sample-set-fs \(nvidia/os-interface.c:[0-9]+: .*\), builds with' out
    says 'a driver that no rule names it for' "390.20 (general) on $release: no set to prove" out
    check 'the evidence is that of a build' grep -qE "^Evidence: \[built\] ($today|$(date -u +%F)): " out
    check 'and says so' sh -c 'tr -d "\n" < out | grep -q "builds with; not loaded"'
    refute 'nothing is left to prove' grep -q 'only builds prove it' out
    check 'in JSON, too' json_is built.json '.checked[0].built | length' 1
    lint --build sample-set-fs --from sound --headers "$headers" --modules nvidia
    says 'no build has it: it is said' 'sample-set-fs: that it is neutral: no build has it' out
    # --- what a matrix proves ---
    GRIDPATCH_DATA=$d "$GRIDPATCH" matrix old sound --headers "$headers" --modules nvidia --no-hooks --json=m.json > /dev/null 2>&1
    run lint-set --evidence m.json --json=e.json
    check 'of a report: exit 0' test "$status" -eq 0
    day=$(jq -r .started m.json | cut -c-10)
    cc=$(jq -r '.cells[0].compiler' m.json)
    tr -d '\n' < out > flat
    says 'what was built, with what, when' "Evidence: [built] $day: 390.10 (general) on $release with sample-set-fs, $cc: nvidia.ko; not loaded" flat
    says 'and unpatched' "[built] $day: 390.20 (general) on $release, unpatched, $cc: nvidia.ko; not loaded" flat
    says 'what the rules said so far' "# 390.10 (general), so far: $(jq -r '.cells[0].verdict' m.json)" out
    check 'no line is too long' test "$(awk 'length > 120' out | wc -l)" -eq 0
    check 'JSON: each driver' json_is e.json '[.evidence[] | .driver + " " + .builds[0]] | join(", ")' "390.10 $release, 390.20 $release"
    SOURCE_DATE_EPOCH=86400 "$GRIDPATCH" lint-set --evidence m.json > dated
    says 'the date of SOURCE_DATE_EPOCH' "[built] $(date -u -d @86400 +%F): 390.10" dated
    # It is taken as it stands, and lint-set can follow it.
    mkdir -p pasted/kernel-versions
    { printf 'Kernel: %s\nStatus: untested\n\nDriver: 390.10\nReason: A test.\n' "$line"; sed -n '/390.20/q; p' out; } > "pasted/kernel-versions/$line"
    GRIDPATCH_DATA=$work/pasted run lint-set
    says 'the field is taken' 'clean      0 sets, 1 rule' out
    # Cells that were not built, of two reports.
    jq '.cells[0] |= (.class = "compile" | .file = "nvidia/nv.c" | .line = 30 | .error = "no\nsuch  thing" | .kernel.release = "9.9\n\nDriver: any")
        | .cells[1] |= (.class = "cancelled")' m.json > f.json
    run lint-set --evidence m.json --evidence f.json --json=e.json
    says 'what was not built is a comment' "# not built: 390.10 on 9.9 Driver: any: compile: nvidia/nv.c:30: no such thing ($cc)" out
    check 'of one line' test "$(grep -c '9.9' out)" -eq 1
    check 'JSON: that, too' json_is e.json '[.evidence[] | .fails[]] | length' 1
    run lint-set --evidence f.json
    check 'nothing was built: exit 1' test "$status" -eq 1
    says 'it says so' 'nothing was built'
    refute 'no Evidence' grep -q '^Evidence' out
    jq 'del(.started)' m.json > undated.json
    expect_status 'a report of no day' 3 lint-set --evidence undated.json
    echo '{}' > other.json
    expect_status 'a file that is none' 3 lint-set --evidence other.json
    expect_status 'no file' 4 lint-set --evidence nowhere.json
    expect_status 'with a set' 2 lint-set --evidence m.json sample-set-fs
    says 'they do not go together' '--evidence checks nothing'
    # Its #if forgets what built before.
    mkdir "$d/patches/worse"
    echo worse.patch > "$d/patches/worse/series"
    cp -R sound new.sound
    echo '#error of the set' >> "new.sound/$osi"
    { header; diff -U3 --label "a/$osi" --label "b/$osi" "sound/$osi" "new.sound/$osi"; } > "$d/patches/worse/worse.patch"
    printf '\nDriver: 390 - 399\nPatches: worse\nEvidence: [inference] a test\n' >> "$d/kernel-versions/$line"
    lint --build worse --from sound --headers "$headers" --modules nvidia
    check 'a set that breaks what built: exit 1' test "$status" -eq 1
    says 'the pair, the set, the error' "on $release builds without worse, and not with: nvidia/os-interface.c:" out
    refute 'no Evidence of a build' grep -q '^Evidence: .built' out
else
    skip 'lint-set --build' 'no kernel headers here'
fi

# --- the command line ---

data cmd
lint nosuch
check 'an unknown set: exit 2' test "$status" -eq 2
says 'an unknown set: named' "there is no patch set 'nosuch'"
lint own --from none.run
check 'a missing installer: exit 4' test "$status" -eq 4
mkdir plain
lint own --from plain
check 'a directory that is no driver: exit 3' test "$status" -eq 3
lint own --headers plain
check 'headers that are none: exit 4' test "$status" -eq 4
before=$(find host | sort | cksum)
lint own --from host
check 'nothing is changed' test "$before" = "$(find host | sort | cksum)"

expect_status 'the shipped sets and rules' 0 lint-set --from host.run --from host
finish
