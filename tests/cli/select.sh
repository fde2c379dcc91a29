#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# Which sets a driver needs on a kernel, and what is blocked.
# tests: ops/select/select ops/select/instead ops/select/target
. "$(dirname "$0")/lib.sh"

make_sample host
make_sample general --kind general
sh "$fx/hooks.sh" hooks

expect_status '--driver on 5.12' 0 select --driver 460.73.02 $k
says 'the kind is taken to be host' 'driver     460.73.02 (branch 460), taken to be host' out
says 'its sets' 'sets     vgpu-vfio-eventfd vgpu-vfio-symbol-get' out
says 'the hooks' 'hooks: upstream' out
says 'what it covers' 'covers     ' out
check 'covers 5.10 to 5.17, not 5.13; 5.18 is blocked, and so is all behind it' \
    grep -q '5\.10–5\.12, 5\.14–5\.17; next unknown: none, all that is newer is blocked$' out
silent_on 'nothing on stderr' err
expect_status 'plan is the same verb' 0 plan --driver 460.73.02 $k
expect_status '--kind general' 0 select --driver 460.73.02 --kind general $k
refute 'no vgpu sets for it' grep -q 'sets  .*vgpu-vfio' out
for kind in merged guest; do
    expect_status "--kind $kind" 0 select --driver 460.73.02 --kind $kind $k
done
expect_status '--kind server' 2 select --driver 460.73.02 --kind server $k
expect_status 'a version that is none' 2 select --driver banana $k
expect_status 'an installer' 0 select host.run $k
says 'it says its kind' '(branch 460), host' out
expect_status 'a general one' 0 select general.run $k
says 'it says so' '(branch 460), general' out

# An extracted one is the same question.
sums() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2); }
sums host > before
run select --explain --json host.run $k
input() { sed '/^  "input":{/,/^  }/d' "$1"; } # without it: that is another one
input out > run.json
expect_status 'an extracted installer' 0 select --explain --json host $k
input out > tree.json
check 'the answer is that of the installer' cmp run.json tree.json
expect_status 'the same as text' 0 select host $k
says 'it says where' 'tree       host' out
says 'and what' 'driver     460.73.02 (branch 460), host; modules: ' out
check 'a set that its sources ask for' grep -q 'sets     .* vgpu-vfio-licence' out
sums host > after
check 'nothing in it is changed' cmp before after
cp -R host edited
sed -i 's|MODULE_LICENSE("MIT")|MODULE_LICENSE("Dual MIT/GPL")|' edited/kernel/nvidia-vgpu-vfio/*.c
expect_status 'the sources have changed' 0 select edited $k
refute 'so has the answer' grep -q 'sets     .* vgpu-vfio-licence' out
rm edited/.manifest
expect_status 'a directory that is no installer' 3 select edited $k
says 'what it lacks' "no '.manifest' in it"

expect_status 'an installer and --driver' 2 select host.run --driver 460.73.02 $k
expect_status 'an installer and --kind' 2 select host.run --kind host $k
expect_status 'neither' 2 select $k
expect_status 'two installers' 2 select host.run general.run $k
expect_status 'a missing one' 4 select none.run $k
expect_status 'an option of patch' 2 select host.run --hooks hooks $k

# --- other names of a driver ---------------------------------------------------

for d in 16.4 vgpu-16.4 'vGPU 16.4' R535.161.05; do
    expect_status "--driver '$d'" 0 select --driver "$d" -k 6.5.1
    says 'is its host driver' 'driver     535.161.05 (branch 535), taken to be host' out
done
for d in 535 R535 vgpu-16 16; do
    expect_status "--driver '$d'" 0 select --driver "$d" -k 6.8.1
    says 'is the newest of the branch' 'driver     535.309.01 (branch 535), taken to be host; the newest of its branch that is listed' out
    says 'and what became of the others' 'branch     535.54.06 - 535.161.05 on 6.8.1: blocked' out
done
expect_status '--json' 0 select --driver 16.4 -k 6.5.1 --json
check 'json: the version and its release' json_is out '.driver.version + " " + .driver.vgpu' '535.161.05 16.4'
expect_status 'a release that is not listed' 1 select --driver 16.15 $k
says 'is unknown' 'vGPU 16.15 is unknown'
expect_status 'a branch that is not known' 1 select --driver 999 $k
says 'is unknown' 'driver branch 999 is unknown'
expect_status 'a version of it' 1 select --driver 999.1 -k 6.8.1
says 'is unknown' 'driver branch 999 is unknown'
says 'the report says so, too' 'branch 999 is unknown' out
expect_status 'support: a version of it' 1 support --driver 999.10.01
says 'is unknown' 'driver branch 999 is unknown'
make_sample h610 --version 610.43.01
expect_status 'an installer of such a branch' 1 select h610.run -k 6.8.1 --json
says 'is unknown' 'driver branch 610 is unknown'
check 'json: the reason' json_is out .reason unknown
expect_status 'patch: such an installer' 1 h610.run -k 6.8.1 --no-hooks -n --json=p.json
says 'patch: what goes on' "driver branch 610 is unknown: kernel-versions/drivers of $(sed -n 's/^Date: //p' "$cli/../../kernel-versions/any") lists none of it; --allow unknown"
check 'patch: json: the reason' json_is p.json .reason unknown
expect_status 'patch: --allow unknown' 0 h610.run -k 6.8.1 --no-hooks -n --allow unknown
says 'patch: with a warning' 'warning: driver branch 610 is unknown'
says 'patch: and a record' 'override   unknown driver branch 610' out
mkdir -p listed/kernel-versions
printf 'Branch: 610\nVersions: 610.43.01\n' > listed/kernel-versions/drivers
expect_status "a branch that the user's data list" 0 select h610.run -k 6.8.1 --data listed
expect_status 'a release of a driver that is no host' 2 select --driver 16.4 --kind general $k

# --- an expression that takes too long -------------------------------------------
mkdir -p slow/kernel-versions
printf 'Kernel: 5.12\nStatus: supported\n\nDriver: 460\nProbe: !driver-text nvidia/slow.c (a|a?){2500}c\n' \
    > slow/kernel-versions/5.12-slow
expect_status 'of a file that is not there: it answers' 0 select host $k --data slow
cp -R host long
head -c 200000 /dev/zero | tr '\0' a > long/kernel/nvidia/slow.c
expect_status 'of one where it does not end' 3 select long $k --data slow
says 'the rule is named' "5.12-slow:4': "
says 'the expression and the reason' "nvidia/slow.c': the expression '(a|a?){2500}c': it takes too long"
sh "$fx/mkrun.sh" long long.run > /dev/null
expect_status 'nor does a patch go on' 3 --no-hooks long.run $k --data slow -n

# --- blocked, unknown, untested -----------------------------------------------

expect_status '5.13' 1 select --driver 460.73.02 -k 5.13.19
says 'blocked, with a reason' 'kernel 5.13.19 is blocked: '
says 'and what to do instead' 'instead ' out
for r in 5.13 5.13.0-rc1 5.13.19-6-pve; do
    expect_status "$r is 5.13, too" 1 select --driver 460.73.02 -k $r
done
# Of hosts alone: what it changed is nvidia-vgpu-vfio's.
for d in 450.248.02 460.106.00 470.256.02 535.261.03 580.126.20; do
    for kind in general guest; do
        expect_status "a $kind $d on 5.13" 0 select --driver $d --kind $kind -k 5.13.19
        refute 'says nothing of hosts' grep -q 'vGPU host is known' out
    done
done
expect_status 'a merged R470 on 5.13' 1 select --driver 470.63 --kind merged -k 5.13.19
says 'is blocked as its host' 'only vGPU 14 (R510) is known to have run there'
expect_status 'a general installer on 5.13' 0 select general.run -k 5.13.19
expect_status 'R460 on 6.1' 1 select --driver 460.73.02 -k 6.1.0-50-amd64
says 'blocked' 'is blocked'
expect_status 'R460 on 5.18' 1 select --driver 460.73.02 -k 5.18.0-1-amd64
expect_status 'a line newer than all' 1 select --driver 460.73.02 --kind general -k 9.9.1
says 'it is unknown or blocked' 'kernel 9.9.1 is '
expect_status '535 on a line newer than all' 1 select --driver 535.216.01 -k 99.1.1
expect_status 'a general 580 on a line newer than all' 1 select --driver 580.178.04 --kind general -k 99.1.1
says 'and of what day the data are' ", data of $(sed -n 's/^Date: //p' "$cli/../../kernel-versions/any"))"
says 'it names the nearest line' 'to no known line (nearest: '
expect_status 'between known lines: go on' 0 select --driver 535.261.03 --kind general -k 6.7.3
says 'and say so' 'untested' out
make_sample g580 --version 580.178.04 --kind general
# As that driver has it: EXTRA_CFLAGS would block every kernel from 6.15 on.
sed -i 's/EXTRA_CFLAGS/ccflags-y/' g580/kernel/Kbuild
sh "$fx/mkrun.sh" g580 g580.run
expect_status 'patch: unknown' 1 -k 99.1.1 g580.run -o no.run
says 'patch: the word that goes on' '--allow unknown'
refute 'patch: nothing written' test -e no.run
# Something must change, else there is nothing to record it in.
mkdir -p stop/kernel-versions
printf 'Kernel: 5.12\nStatus: blocked\nReason: a test\n' > stop/kernel-versions/5.12
expect_status 'patch: --allow unknown' 0 -k 99.1.1 --allow unknown --data stop g580.run -o yes.run
says 'patch: with a warning' 'warning: kernel 99.1.1 belongs to no known line'
says 'patch: the override is recorded' 'override: unknown kernel 99.1.1' yes.run
expect_status 'patch: R460 on 6.1' 1 -k 6.1.0-50-amd64 --hooks hooks host.run -o no.run
says 'patch: Instead' 'Instead:'

# --- builds is not loads ------------------------------------------------------

expect_status '5.10.194' 0 select --driver 460.73.02 -k 5.10.194
says 'loads: unknown' 'modules load: unknown' out
expect_status '5.10.200' 0 select --driver 460.73.02 -k 5.10.200
says 'loads: no' 'modules load: no' out
says 'with the reason' 'symbol_get()' out
expect_status "Debian's 5.10.0-32-amd64" 0 select --driver 460.73.02 -k 5.10.0-32-amd64
says 'loads: no, by its name' 'modules load: no' out
expect_status "Debian's 5.10.0-25-amd64" 0 select --driver 460.73.02 -k 5.10.0-25-amd64
says 'loads: unknown, by its name' 'modules load: unknown' out
expect_status 'patch for 5.10.200' 0 -k 5.10.200 --hooks hooks host.run -n
says 'patch warns' 'nvidia-vgpu-vfio cannot load'

# --- Instead: one answer, which was asked about --------------------------------

# instead WHAT WANT DRIVER KERNEL
instead() {
    run select --driver "$3" -k "$4"
    check "$1" test "$(grep '^  instead' out)" = "  instead  $2"
}
instead 'three reasons, one answer' \
    'driver 535.309.01 (vGPU 16.14), which no hooks are known to unlock; or a 6.3 kernel for driver 525.85.07' 525.85.07 6.12.9
run select --driver 525.125.03 -k 6.12.9
check 'each reason once' test "$(grep '^  reason' out | grep -c 'eventfd_signal')" -eq 1
instead 'hooks that follow are no word' 'driver 550.163.02 (vGPU 17.6); or a 6.3 kernel for driver 550.54.16' 550.54.16 6.12.9
instead 'rather a driver that takes the same hooks' 'driver 460.91.03 (vGPU 12.3); or a 5.4 kernel for driver 460.32.04' 460.32.04 5.15.102
instead 'of hosts only vGPU 14 does on 5.13' \
    'driver 510.108.03 (vGPU 14.3), with hooks for the newer table; or a 5.4 kernel for driver 460.73.02' 460.73.02 5.13.19
instead 'only this part of the line does not load' "a 5.10 kernel before 5.10.195 (Debian: 5.10.0-25 or older)" 460.73.02 5.10.200
instead 'that, and a driver that loads' \
    'driver 535.309.01 (vGPU 16.14), which no hooks are known to unlock; or a 6.1 kernel before 6.1.52 (Debian: 6.1.0-11 or older)' 525.85.07 6.1.52
# 535.309.01 is the one of R535 that is reported to load where symbol_get() is refused.
for q in '525.105.14 6.1.71 6.0' '525.60.12 6.1.71 5.19' '525.105.14 6.1.0-37-amd64 6.0' '525.125.03 6.6.10 6.0'; do
    instead "of R535 the one that loads: $q" \
        "driver 535.309.01 (vGPU 16.14), which no hooks are known to unlock; or a ${q##* } kernel for driver ${q%% *}" ${q% *}
done
# Of vGPU 15.1 it is known that it builds on 6.5, and where that kernel refuses nothing.
instead 'of the line itself what does' \
    'driver 535.309.01 (vGPU 16.14), which no hooks are known to unlock; or a 6.5 kernel of Ubuntu or Proxmox, or a plain one before 6.5.2' \
    525.85.07 6.5.13-Unraid
instead 'where nothing is refused the same hooks count' 'driver 535.161.05 (vGPU 16.4); or a 6.0 kernel for driver 525.105.14' \
    525.105.14 6.1.38
# Ubuntu's 6.5 gives, booted; Proxmox's is built on it.
instead "Proxmox's 6.5 refuses nothing" 'driver 535.161.05 (vGPU 16.4); or a 6.0 kernel for driver 525.125.03' \
    525.125.03 6.5.13-6-pve
run select --driver 525.85.07 -k 6.5.13-6-pve
refute 'nor vGPU 15.1 there' grep -q '^  instead' out
run select --driver 535.183.04 -k 6.8.1
refute 'nothing is wrong, nothing instead' grep -q '^  instead' out
run patch -n --no-hooks -k 6.1.38 host.run
says 'patch says the same' 'Instead: driver 525.85.07 (vGPU 15.1), with hooks for the newer table; or a 5.4 kernel for driver 460.73.02'
if command -v jq > /dev/null; then
    run support --json
    # DRIVER -k KERNEL…, for all that is named.
    jq -r '.cells[] | .kernel.release as $k | .instead[] |
        (select(startswith("driver")) | split(" ")[1] | rtrimstr(",") | rtrimstr(";") | . + " -k " + $k),
        (capture("a (?<k>[0-9.]+) kernel for driver (?<d>[0-9.]+)") | .d + " -k " + .k)' out | sort -u |
        awk '{ k[$1] = k[$1] " " $2 " " $3 } END { for (d in k) print d k[d] }' > named
    check 'many are named' test "$(wc -w < named)" -ge 100
    while read -r d kernels; do
        run select --json --driver "$d" $kernels
        check "what is named does: $d$kernels" json_is out '[.selection.cells[] |
            (.verdict == "supported" or .verdict == "untested") and .claims.loads.claim != "no"] | all' true
    done < named
else
    skip 'that all that is named does' 'jq is missing'
fi

# A package without nvidia-drm is not blocked by it, and one with it is.
expect_status 'vGPU 17.3 on 6.12' 0 select --driver 550.90.05 -k 6.12.9
expect_status 'merged with a desktop driver' 1 select --driver 550.90.05 --kind merged -k 6.12.9
says 'its nvidia-drm does not build' 'nvidia-drm before 550.120'
make_sample h550 --version 550.90.05
expect_status 'the package itself' 0 select h550.run -k 6.12.9
sed -i '4s/$/ nvidia-drm/' h550/.manifest
sh "$fx/mkrun.sh" h550 h550b.run
expect_status 'with nvidia-drm in it' 1 select h550b.run -k 6.12.9

# --- many kernels, JSON, verbose ----------------------------------------------

expect_status 'two kernels' 0 select --driver 460.73.02 -k 5.12.9 -k 5.11.22
check 'both are shown' test "$(grep -c '^kernel ' out)" -eq 2
expect_status 'one of two is blocked' 1 select --driver 460.73.02 -k 5.12.9 -k 5.13.1
check 'both are shown then' test "$(grep -c '^kernel ' out)" -eq 2
expect_status '-v' 0 select -v --driver 460.73.02 $k
says '-v shows evidence' 'evidence' out
says '-v shows rules that were not taken' 'not taken' out
expect_status '-q' 0 select -q --driver 460.73.02 $k
silent_on '-q is silent' out
expect_status '--json' 0 select --json --driver 460.73.02 $k
check '--json is JSON' json_ok out
check 'json: verdict' json_is out '.selection.cells[0].verdict' untested
check 'json: sets' json_is out '.selection.cells[0].sets | join(" ")' 'vgpu-vfio-eventfd vgpu-vfio-symbol-get'
check 'json: load' json_is out '.selection.cells[0].claims.loads.claim' unknown
check 'json: hooks' json_is out '.selection.cells[0].hooks_needed' upstream
check 'json: who decided' json_is out '[.selection.cells[0].rules[] | select(.taken) | .judged_by] | unique | join(" ")' version
check 'json: the sum of a set' json_is out '.selection.neutral_sets[0].sha256 | length' 64
run select --json --driver 460.73.02 -k 5.13.1
check 'json: blocked' json_is out '.selection.cells[0].verdict' blocked
check 'json: exit' json_is out .exit 1
check 'json: the reason' json_is out '.selection.cells[0].reasons | length > 0' true
expect_status '--json=FILE' 0 select --json=s.json --driver 460.73.02 $k
check '--json=FILE is JSON' json_ok s.json
says 'and the text is on stdout' 'kernel     5.12.9' out
# --- sets by hand ------------------------------------------------------------

expect_status '--no-set' 0 select --driver 460.73.02 $k --no-set vgpu-vfio-eventfd --json
check 'it is not among the sets of the kernel' json_is out '.selection.cells[0].sets | join(" ")' vgpu-vfio-symbol-get
check 'nor among those for every kernel' json_is out '[.selection.neutral_sets[].set] | index("vgpu-vfio-eventfd")' null
check 'it is told' json_is out '.overrides | join(" ")' 'set vgpu-vfio-eventfd left out'
check 'the kernel is untested' json_is out '.selection.cells[0] | .verdict + " " + (.sets_left_out | join(" "))' 'untested vgpu-vfio-eventfd'
check 'its line is covered no more' json_is out '.selection.covers + "; " + .selection.next_unknown' '4.18, 5.4; 5.10'
expect_status '--no-set of what a supported kernel needs' 0 select --driver 460.73.02 -k 5.10.100 --no-set vgpu-vfio-eventfd
says 'is not called supported' 'line 5.10, untested' out
says 'and says why' 'sets that are left out: vgpu-vfio-eventfd' out
expect_status '--no-set of what it does not need' 0 select --driver 460.73.02 -k 5.10.100 --no-set std-headers
says 'changes no verdict' 'line 5.10, supported' out
check 'but the line that needs it is not covered' grep -q '^covers     4.18, 5.4, 5.10–5.12, 5.14–5.15; next unknown: 5.16$' out
expect_status 'patch --no-set' 0 -k 5.10.100 host.run --no-hooks --no-set vgpu-vfio-eventfd -n
says 'warns' 'kernel 5.10.100 is untested with driver 460.73.02: What is known of it needs sets that are left out'
# What only the headers tell of a kernel counts for its line, too.
mkdir -p late/include/linux late/include/generated late/include/config
: > late/include/linux/kernel.h
: > late/include/generated/autoconf.h
: > late/include/config/auto.conf
echo '#define UTS_RELEASE "5.10.220"' > late/include/generated/utsrelease.h
printf 'VERSION = 5\nPATCHLEVEL = 10\nSUBLEVEL = 220\n' > late/Makefile
printf 'static inline int pfn_valid(unsigned long pfn)\n{\n\trcu_read_lock();\n}\n' > late/include/linux/mmzone.h
expect_status 'headers that ask for a set' 0 select --driver 460.73.02 --headers late
says 'get it' '  sets     vgpu-vfio-eventfd vgpu-vfio-symbol-get pfn-valid;' out
check 'their line is covered' grep -q '^covers     4.18, 5.4, 5.10–5.12,' out
check 'one refusal is said once' test "$(grep -c '^  loading ' out)" -eq 1
expect_status '--no-set of it' 0 select --driver 460.73.02 --headers late --no-set pfn-valid
says 'is told' 'sets that are left out: pfn-valid' out
check 'and the line is covered no more' grep -q '^covers     4.18, 5.4, 5.11–5.12,' out
expect_status '--set' 0 select --driver 460.73.02 $k --set no-llseek
says 'it is among the default sets' ' no-llseek ' out
says 'it is told' 'override   set no-llseek taken in' out
expect_status '--set of what is chosen anyway' 0 select --driver 460.73.02 $k --set pfn-valid
refute 'is nothing to tell' grep -q '^override' out
expect_status '--set of one that has its own way' 0 select --driver 460.73.02 -k 5.10.9 --set vgpu-vfio-attach
says 'what may be said against it is told' 'override   set vgpu-vfio-attach: it keeps to the kernel' out
says 'with all of it in one line' 'not for passing on. R460 needs vgpu-vfio-licence' out
says 'it replaces the other way' 'override   set vgpu-vfio-symbol-get replaced by vgpu-vfio-attach' out
refute 'which goes in nowhere' grep -Eq '^(default|  sets) .*symbol-get' out
check 'it is the last' grep -q '^default .* vgpu-vfio-attach (neutral' out
# R460 says "MIT", as far as is known without its sources; NVIDIA's later releases do not.
says 'what it requires goes in' 'override   set vgpu-vfio-licence taken in: vgpu-vfio-attach requires it' out
check 'and is among the sets' grep -q '^default .*vgpu-vfio-licence' out
expect_status 'without what it requires' 2 select --driver 460.73.02 -k 5.10.9 --set vgpu-vfio-attach --no-set vgpu-vfio-licence
says 'which one that is' "set 'vgpu-vfio-attach' requires 'vgpu-vfio-licence'"
expect_status 'without anything else' 2 select --driver 460.73.02 -k 5.10.9 --set vgpu-vfio-attach --no-set all
expect_status 'with both alone' 0 select --driver 460.73.02 -k 5.10.9 --set vgpu-vfio-attach --set vgpu-vfio-licence --no-set all
expect_status 'a driver that does not need it' 0 select --driver 525.85.07 -k 6.1.176 --set vgpu-vfio-attach --no-set vgpu-vfio-licence
refute 'takes nothing else in' grep -q 'requires it' out
expect_status 'without --set' 0 select --driver 460.73.02 -k 5.10.9 --explain
refute 'nobody chooses it' grep -Eq '^(default|  sets) .*vgpu-vfio-attach' out
expect_status '--set of it where nothing is replaced' 0 select --driver 525.85.07 -k 6.1.176 --set vgpu-vfio-attach
refute 'says nothing of that' grep -q replaced out
expect_status '--set with --no-set of the same' 2 select --driver 460.73.02 $k --set pfn-valid --no-set pfn-valid
expect_status '--set: no such set' 2 select --driver 460.73.02 $k --set nonesuch
says 'there is a list' 'there is no patch set'
expect_status 'sets for the hooks' 0 select --driver 525.85.07 $k --json
check 'stand by themselves' json_is out '[.selection.hook_sets[].set] | join(" ")' hooks-compile
check 'and in no other list' json_is out '[.selection.cells[0].sets[], .selection.neutral_sets[].set] | index("hooks-compile")' null
expect_status 'sets for the hooks, left out' 0 select --driver 525.85.07 $k --no-set hooks-compile
refute 'and not shown' grep -q '^for hooks' out

mkdir -p data/kernel-versions
printf 'Kernel: 5.12\nStatus: blocked\nChanges: x\nReason: so says the test\nInstead: none\n' > data/kernel-versions/5.12
expect_status '--data' 1 select --data data --driver 460.73.02 $k
says '--data gives the reason' 'so says the test'
ln -s data again
expect_status 'a directory that is named twice counts once' 1 select --data data --data again/ --data data/. --driver 460.73.02 $k
says 'and gives its reason' 'so says the test'
expect_status 'the shipped data, named' 0 select --data "$cli/../.." --driver 460.73.02 $k
finish
