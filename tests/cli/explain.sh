#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# select --explain: every rule, taken or not, why, and how it is known.
# tests: core/rules/rulejudge ops/select/select
. "$(dirname "$0")/lib.sh"

make_sample host
make_sample general --kind general --version 535.261.03

# headers DIR RELEASE SUBLEVEL: headers as a package has them.
headers() {
    mkdir -p "$1/include/linux" "$1/include/generated"
    : > "$1/include/linux/kernel.h"
    : > "$1/include/generated/autoconf.h"
    echo "#define UTS_RELEASE \"$2\"" > "$1/include/generated/utsrelease.h"
    printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = %s\n' ${2%%.*} $(echo $2 | cut -d. -f2) $3 > "$1/Makefile"
    printf '0x1\trcu_read_unlock_strict\tvmlinux\t%s\t\n' ${4:-EXPORT_SYMBOL_GPL} > "$1/Module.symvers"
}
headers new 5.10.0-46-amd64 262
headers old 5.10.0-8-amd64 46 EXPORT_SYMBOL

# --- data of our own: the whole text -----------------------------------------

mkdir -p base/kernel-versions base/patches/fix base/patches/sign
for s in fix sign; do
    echo x.patch > base/patches/$s/series
    printf 'Description: x\nScope: neutral\n\n--- /dev/null\n+++ b/kernel/%s.h\n@@ -0,0 +1 @@\n+x\n' $s > base/patches/$s/x.patch
done
cat > base/kernel-versions/any << 'T'
Kernel: any

Driver: 460
Hooks: upstream
Evidence: [peer] somebody

Driver: 470
Hooks: newer-table

Driver: 460
Kind: guest
Load: yes
T
cat > base/kernel-versions/5.10 << 'T'
Kernel: 5.10
Status: supported

Driver: 460.73.02
Release: < 5.10.195
Patches: fix sign
Load: yes
Reason: because
Evidence: [built] once

Driver: 460
Probe: symbol-gpl rcu_read_unlock_strict
Status: untested
Reason: a trap

Driver: 460
Probe: driver-text nvidia/os-interface.c os_copy_sample
Load: unknown

Driver: 460
Release: >= 5.10.200
Probe: !driver-text nvidia/os-interface.c nonsense
Instead: nothing
T
GRIDPATCH_DATA=$PWD/base
export GRIDPATCH_DATA

# golden WHAT: the rules' part of what was said.
golden() {
    sed -n '/^  line /,/^  others /p' out > got
    check "$1" diff - got
}
expect_status 'a line as a whole' 0 select --explain --driver 460.73.02 -k 5.10
golden 'all that can be told of a line' << 'T'
  line     kernel-versions/5.10
    status   supported
  rule     kernel-versions/any:3    taken        by version  driver and kernel line match
    hooks    upstream
    evidence [peer] somebody
  rule     kernel-versions/5.10:4   cannot tell  by version  '< 5.10.195' is a part of 5.10
    sets     fix sign
    load     yes
    reason   because
    evidence [built] once
  rule     kernel-versions/5.10:11  cannot tell  by version  cannot tell without headers
    status   untested
    reason   a trap
  rule     kernel-versions/5.10:16  cannot tell  by version  cannot tell without the driver's sources
    load     unknown
  rule     kernel-versions/5.10:20  cannot tell  by version  '>= 5.10.200' is a part of 5.10; cannot tell without the driver's sources
    load     unknown
    instead  nothing
  others   2 rules are about other drivers or kinds
T
says 'what is said without the option stays' '  sets     none; modules load: unknown; hooks: upstream' out
says 'that it unlocks, who says so, and who does not' '  unlocks  yes, reported (NVIDIA does not support it): somebody' out
says 'of what is not known there is no source' '  loads    unknown' out

expect_status 'headers and the driver' 0 select --explain host.run --headers new
golden 'the headers decide' << 'T'
  line     kernel-versions/5.10
    status   supported
  rule     kernel-versions/any:3    taken        by version  driver and kernel line match
    hooks    upstream
    evidence [peer] somebody
  rule     kernel-versions/5.10:4   not taken    by version  5.10.262 is outside '< 5.10.195'
    sets     fix sign
    load     yes
    reason   because
    evidence [built] once
  rule     kernel-versions/5.10:11  taken        by probe    probe 'symbol-gpl rcu_read_unlock_strict': holds
    status   untested
    reason   a trap
  rule     kernel-versions/5.10:16  taken        by probe    probe 'driver-text nvidia/os-interface.c os_copy_sample': holds
    load     unknown
  rule     kernel-versions/5.10:20  taken        by both     probe '!driver-text nvidia/os-interface.c nonsense': holds; 5.10.262 is inside '>= 5.10.200'
    load     unknown
    instead  nothing
  others   2 rules are about other drivers or kinds
T
expect_status 'other headers' 0 select --explain host.run --headers old
check 'the same probe, the other answer' grep -q "5.10:11  not taken    by probe    probe 'symbol-gpl rcu_read_unlock_strict': does not hold" out
check 'and the window' grep -q "5.10:4   taken        by version  5.10.46 is inside '< 5.10.195'" out
# Module.symvers is read as verify of modules reads it.
headers soon 5.10.0-46-amd64 262 EXPORT_SYMBOL_GPL_FUTURE
expect_status 'an export that only warns' 0 select --explain host.run --headers soon
says 'it is not one for the GPL' "probe 'symbol-gpl rcu_read_unlock_strict': does not hold" out
headers unused 5.10.0-46-amd64 262 EXPORT_UNUSED_SYMBOL_GPL
expect_status 'an unused export for the GPL' 0 select --explain host.run --headers unused
says 'it is one' "probe 'symbol-gpl rcu_read_unlock_strict': holds" out
headers torn 5.10.0-46-amd64 262
printf '0x2\tkfree\tvmli' >> torn/Module.symvers
expect_status 'a Module.symvers that was cut off' 3 select --explain host.run --headers torn
says 'it names file and line' "torn/Module.symvers': line 2 is not a symbol"
expect_status 'other headers again' 0 select --explain host.run --headers old
check 'one line per rule' test "$(grep -c '^  rule ' out)" -eq 5
run select --driver 460.73.02 -k 5.10.9
refute 'without the option, rules that were not taken are not shown' grep -q 'cannot tell  by' out

expect_status 'two kernels' 0 select --explain --driver 460.73.02 -k 5.10.9 -k 5.10
check 'each kernel is explained' test "$(grep -c '^  others ' out)" -eq 2

expect_status '--json' 0 select --json host.run --headers new
check 'json: sets' json_is out '[.selection.cells[0].rules[].sets | join("+")] | join(",")' ',fix+sign,,,'
check 'json: load' json_is out '[.selection.cells[0].rules[].claims.loads.claim] | tostring' '["unknown","yes","unknown","unknown","unknown"]'
check 'json: hooks' json_is out '.selection.cells[0].rules[0].hooks_needed' upstream
check 'json: what was built' json_is out '.selection.cells[0].rules[1].claims.builds.source' once
check 'json: who unlocked' json_is out '.selection.cells[0].claims.unlocks | "\(.claim) \(.kind) \(.source)"' 'yes reported somebody'
check 'json: NVIDIA does not' json_is out '.selection.cells[0].claims.unlocks.note' 'NVIDIA does not support it'
check 'json: status' json_is out '.selection.cells[0].rules[2].status' untested
check 'json: reason' json_is out '.selection.cells[0].rules[2].text' 'a trap'
check 'json: instead' json_is out '.selection.cells[0].rules[4].instead' nothing
check 'json: evidence' json_is out '.selection.cells[0].rules[1].evidence' '[built] once'
check 'json: the others' json_is out '.selection.cells[0].other_rules' 2

# --- what else may be given as headers ---------------------------------------

mkdir -p lib/6.1.9 empty
mkdir -p tree/include/linux
: > tree/include/linux/kernel.h
echo 'VERSION = 6' > tree/Makefile
ln -s "$PWD/new" lib/6.1.9/build
expect_status '/lib/modules/R' 0 select --driver 460.73.02 --headers lib/6.1.9
says 'is its build link' 'kernel     5.10.0-46-amd64' out
expect_status 'a tree that was never prepared' 4 select --driver 460.73.02 --headers tree
says 'says what to do' 'modules_prepare'
expect_status 'an empty directory' 4 select --driver 460.73.02 --headers empty
says 'says so' 'is empty'
expect_status 'a file' 4 select --driver 460.73.02 --headers host.run
says 'says so' 'is a file'
mkdir new/include/config
echo CONFIG_ARM64=y > new/include/config/auto.conf
expect_status 'headers of another architecture' 3 select --driver 460.73.02 --headers new
says 'says which' 'are for arm64'

# --- overlays: which file a rule is from -------------------------------------

mkdir -p over/kernel-versions
cat > over/kernel-versions/5.10-site << 'T'
Kernel: 5.10
Status: untested

Driver: 460.73.02
Release: < 5.10.195
Patches: sign
T
expect_status '--data' 0 select --explain --data over --driver 460.73.02 -k 5.10.9
# The administrator's /etc/gridpatch would lie between them.
check 'the rule that replaced another shows its file' grep -q "^  rule     over/kernel-versions/5.10-site:4 * taken " out
refute 'and the other is gone' grep -q 'kernel-versions/5.10:4 ' out
check 'the other rules show theirs' grep -q "^  rule     $PWD/base/kernel-versions/5.10:11 " out
check 'the line names both files' test "$(grep -c '^  line .*kernel-versions/5.10' out)" -eq 2
unset GRIDPATCH_DATA

# --- the shipped data --------------------------------------------------------

expect_status 'the host sample on 5.12' 0 select --explain host.run $k
check 'the sets, by version' grep -qE '^  rule     [^ ]*kernel-versions/5.10:[0-9]+ +taken +by version ' out
check 'the licence line, by probe' grep -qE "^  rule     [^ ]*kernel-versions/5.10:[0-9]+ +taken +by probe .*MODULE_LICENSE" out
check 'with its evidence' grep -q '^    evidence \[inference\] no 5.12 headers' out
expect_status 'R460 on 5.13' 1 select --explain host.run -k 5.13.19
check 'what blocks it' grep -q '^    status   blocked' out
expect_status 'a general 535 on 6.1' 0 select --explain general.run -k 6.1.0-56-amd64
check 'its evidence' grep -q "^    evidence \[built\] 2026-11-22: Debian's nvidia-tesla-470-kernel-source" out
refute 'no rule about hosts' grep -q 'nvidia-vgpu-vfio/' out
# The driver's lists of conftests: what it knows of the kernel's changes. That
# conftest.sh has the test proves nothing, it is shared with other drivers.
make_sample h535 --version 535.179.04
expect_status 'a host that does not list the test' 1 select --explain h535.run -k 6.8.12
check 'is blocked by the probe' grep -q "taken  *by both  *probe '!driver-conftest eventfd_signal_has_counter_arg': holds" out
sed -i 's/^esac/    eventfd_signal_has_counter_arg) echo ;;\nesac/' h535/kernel/conftest.sh
check 'the test itself is there' grep -q eventfd_signal_has_counter_arg h535/kernel/conftest.sh
sh "$fx/mkrun.sh" h535 h535b.run
expect_status 'conftest.sh has it, nobody lists it' 1 select h535b.run -k 6.8.12
echo 'NV_CONFTEST_FUNCTION_COMPILE_TESTS += eventfd_signal_has_counter_arg' >> h535/kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.Kbuild
sh "$fx/mkrun.sh" h535 h535c.run
expect_status 'a host that lists it' 0 select --explain h535c.run -k 6.8.12
check 'the probe does not hold' grep -q "not taken  *by probe  *probe '!driver-conftest eventfd_signal_has_counter_arg': does not hold" out

# --- real-time kernels: as preempt_rt_sanity_check of conftest.sh -------------

expect_status 'a name that says rt' 1 select --driver 535.261.03 -k 6.1.0-57-rt-amd64
says 'is blocked, with the reason' 'PREEMPT_RT'
says 'and the way round it' 'IGNORE_PREEMPT_RT_PRESENCE=1' out
IGNORE_PREEMPT_RT_PRESENCE=1
export IGNORE_PREEMPT_RT_PRESENCE
expect_status 'the check is told not to mind' 0 select -v --driver 535.261.03 -k 6.1.0-57-rt-amd64
says 'and -v says so' 'IGNORE_PREEMPT_RT_PRESENCE is set' out
IGNORE_PREEMPT_RT_PRESENCE=
expect_status 'empty is not set' 1 select --driver 535.261.03 -k 6.1.0-57-rt-amd64
unset IGNORE_PREEMPT_RT_PRESENCE
headers rt 6.1.9-mine 9
mkdir rt/include/config
for o in CONFIG_PREEMPT_RT CONFIG_PREEMPT_RT_FULL; do
    echo $o=y > rt/include/config/auto.conf
    expect_status "headers with $o" 1 select --driver 535.261.03 --headers rt
    says 'the same reason' 'PREEMPT_RT'
done
echo CONFIG_PREEMPT=y > rt/include/config/auto.conf
expect_status 'headers with CONFIG_PREEMPT only' 0 select --driver 535.261.03 --headers rt

expect_status '--explain of patch' 2 -n --explain host.run $k
finish
