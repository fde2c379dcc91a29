#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# Which sets go in when somebody knows better than the rules, patches for some
# kernels only, and data of one's own.
. "$(dirname "$0")/lib.sh"

sh "$fx/hooks.sh" hooks
opts="$k --hooks $work/hooks"
make_sample s
unrun s.run s.x

# --- --set, --no-set ----------------------------------------------------------

# A set of somebody's that no rule asks for, and one that fits nowhere.
mkdir -p more/patches/extra more/patches/misfit
for set in extra misfit; do
    echo x.patch > more/patches/$set/series
    cat > more/patches/$set/x.patch << 'P'
Description: a test
Scope: neutral

--- a/kernel/nvidia/os-interface.c
+++ b/kernel/nvidia/os-interface.c
@@ -2,3 +2,3 @@
- * Sample: what the proprietary core asks of the kernel.
+ * Sample: an extra set was here.
  */
 
P
done
sed -i 's/what the proprietary/what no/' more/patches/misfit/x.patch

expect_status '--no-set' 0 $opts --no-set pfn-valid --json s.run -o no.run
check 'the set is not applied' json_is out '[.applied[].set] | contains(["pfn-valid"])' false
check 'the others are' json_is out '[.applied[].set] | contains(["vgpu-vfio-eventfd"])' true
check 'json: an override' json_is out '.overrides | join(" ")' 'set pfn-valid left out'
unrun no.run no.x
check 'its file is as it was' cmp s/kernel/nvidia/os-mlock.c no.x/kernel/nvidia/os-mlock.c
says 'the history has the override' 'override: set pfn-valid left out' no.x/pkg-history.txt
run $opts --no-set pfn-valid s.run -n
says 'the report has it' 'override   set pfn-valid left out' out
expect_status 'two of them' 0 $opts --no-set pfn-valid --no-set=vgpu-vfio-licence s.run -n
refute 'neither is in' grep -qe '^set .*pfn-valid' -e '^set .*licence' out
expect_status '--set of a set that no rule asks for' 0 $opts --data more --set extra s.run -o extra.run
says 'the report has it' 'override   set extra taken in' out
unrun extra.run extra.x
check 'it is in' grep -q 'an extra set was here' extra.x/kernel/nvidia/os-interface.c
says 'the history has the set' 'patch set extra sha256 ' extra.x/pkg-history.txt
says 'and the override' 'override: set extra taken in' extra.x/pkg-history.txt
expect_status 'without --set' 0 $opts --data more s.run -n
refute 'it is not in' grep -q '^set .*extra' out
expect_status '--set of a set that the rules ask for' 0 $opts --set pfn-valid s.run -o asked.run
refute 'is no override' grep -q '^override' out
run $opts s.run -o plain.run
check 'and changes nothing' cmp asked.run plain.run
expect_status '--set of a set that does not apply' 1 $opts --data more --set misfit s.run -o misfit.run
says 'set, patch and hunk are named' "misfit: 'x.patch': hunk 1 of 'kernel/nvidia/os-interface.c'"
refute 'no output' test -e misfit.run
for o in --set --no-set; do
    expect_status "$o of an unknown set" 2 $opts $o banana s.run -n
    says 'it is named' "$o: there is no patch set 'banana'; there are:"
    says 'and those that are there' ' pfn-valid vgpu-vfio-'
    expect_status "$o without a name" 2 $opts $o '' s.run -n
done
expect_status '--set and --no-set of the same set' 2 $opts --set pfn-valid --no-set pfn-valid s.run -n
says 'it is said' '--set pfn-valid contradicts --no-set pfn-valid'

run $opts --data more --set extra --no-set pfn-valid s.run -n --write-lock sets.lock
check 'lock: the options' grep -qx 'Options: set=extra no-set=pfn-valid' sets.lock
check 'lock: the sets' sh -c "grep '^Sets: ' sets.lock | grep extra | grep -vq pfn-valid"
check 'lock: where it comes from' sh -c "grep -A1 -x 'Set: extra' sets.lock | grep -qx 'Origin: option'"
expect_status 'lock: it holds' 0 --hooks hooks --data more --set extra --no-set pfn-valid s.run -n --lock sets.lock
expect_status 'lock: not without --set' 1 --hooks hooks --data more --no-set pfn-valid s.run -n --lock sets.lock
says 'which is said' 'Options was set=extra'
expect_status 'lock: not without --no-set' 1 --hooks hooks --data more --set extra s.run -n --lock sets.lock
finish
