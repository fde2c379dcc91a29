#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # $opts are words; lib.sh sets the rest
# Rules that ask the driver's sources are asked again of the sources as somebody's
# --patches leave them: what these mend blocks no more, in this run and for DKMS; what
# our own sets mend does not count; and it is all told. DKMS's answer is bash's.
# tests: ops/job/reask ops/job/sources ops/tree/overtree
. "$(dirname "$0")/lib.sh"

f=nvidia/os-interface.c
vfio=nvidia-vgpu-vfio/nvidia-vgpu-vfio.c

# swap FILE FROM TO: a patch that puts the line TO in the place of FROM.
swap() {
    n=$(grep -nxF -- "$2" "s/kernel/$1" | head -n 1 | cut -d: -f1)
    printf -- '--- a/kernel/%s\n+++ b/kernel/%s\n@@ -%s,1 +%s,1 @@\n-%s\n+%s\n' "$1" "$1" "$n" "$n" "$2" "$3"
}
# dkms_says RUN RELEASE: in or out.
cat > dkms.bash << 'EOT'
. "$1/kernel/dkms.conf" 2> /dev/null
[[ ! $BUILD_EXCLUSIVE_KERNEL || $2 =~ $BUILD_EXCLUSIVE_KERNEL ]] && echo in || echo out
EOT
dkms_says() { [ "$(bash dkms.bash "$1" "$2")" = "$3" ]; }

# --- a rule of the shipped data -----------------------------------------------

make_sample s --version 580.105.06
printf '%s\n' '.llseek = no_llseek,' '.read = sample,' >> s/kernel/$vfio
printf '%s\n' '/* first */' '/* second */' '/* third */' '/* fourth */' >> s/kernel/$f
sh "$fx/mkrun.sh" s s.run
swap $vfio '.llseek = no_llseek,' '/* no llseek */' > mends.patch
swap $vfio '.read = sample,' '.read = other,' > other.patch
opts='-k 6.12.9 --no-hooks'

expect_status 'blocked as it comes' 1 $opts s.run -n
says 'the reason' 'no_llseek'
expect_status 'patches that mend something else' 1 $opts --patches other.patch s.run -n
refute 'nothing is told' grep -q '^by patches' out
expect_status 'patches that mend it' 0 $opts --patches mends.patch s.run -o o.run --json=o.json
says 'a warning has the reason' ': without your patches it is blocked: nvidia-vgpu-vfio names no_llseek'
says 'the report names the rule' 'by patches rule kernel-versions/6.12:' out
says 'and the probe, before' "  before   taken: probe 'driver-text $vfio no_llseek': holds" out
says 'and after' "  now      not taken: probe 'driver-text $vfio no_llseek': does not hold" out
check 'and the verdict' grep -q '^by patches kernel 6\.12\.9 is .*, without them blocked$' out
check 'and what DKMS may do now' grep -q '^by patches DKMS may build on 6\.12' out
check 'json: the rule' json_is o.json '.by_patches.rules[0] | .before.taken, .now.taken, .kernels[0]' 'true
false
6.12.9'
check 'json: the verdict' json_is o.json '.by_patches.verdicts_before[0]' blocked
unrun o.run o.x
check 'the history has it' grep -q 'gridpatch: rule 6.12:[0-9]* does not hold any more with these patches' o.x/pkg-history.txt
check 'it went in' grep -qx '/\* no llseek \*/' o.x/kernel/$vfio
if command -v bash > /dev/null; then
    for r in 6.12.9 6.12.90+deb13.1-amd64 6.14.0-37-generic; do
        check "DKMS builds for $r" dkms_says o.x $r in
    done
    check 'not where another rule blocks' dkms_says o.x 6.19.1 out
    run -k 6.11.9 --no-hooks s.run -o plain.run
    unrun plain.run plain.x
    check 'without the patches it does not' dkms_says plain.x 6.12.9 out
else
    skip 'what DKMS makes of it' 'no bash'
fi
sed 's/^-.llseek/-.lseek/' mends.patch > no.patch
expect_status 'blocked, and a patch that does not match' 1 $opts --patches no.patch s.run -n
says 'it is said' 'whether your patches mend what blocks cannot be said:'
says 'with its name' "no.patch"
# They are for that kernel; then they are in its sources, and in no other's.
expect_status 'with an expression that matches' 0 $opts --patches mends.patch --patch-match '^6\.12\.' s.run -n
check 'the same verdict' grep -q '^by patches kernel 6\.12\.9 is .*, without them blocked$' out
expect_status 'with one that does not' 1 $opts --patches mends.patch --patch-match '^6\.14\.' s.run -n
says 'it is blocked' 'kernel 6.12.9 is blocked'
refute 'nothing is told' grep -q '^by patches' out
expect_status 'one of two kernels' 1 $opts -k 6.14.2 --patches mends.patch --patch-match '^6\.12\.' s.run -n
says 'the other one is blocked' 'kernel 6.14.2 is blocked'
make_sample u --version 580.105.06
cp s/kernel/$vfio u/kernel/$vfio
sed -i 's/^\.llseek.*/\/\/ llseek is gone/' u/kernel/$vfio
sh "$fx/mkrun.sh" u u.run
sed -e 's/^-.*/-\/\/ llseek is gone/' -e 's/^+[^+].*/+.llseek = no_llseek,/' mends.patch > breaks.patch
expect_status 'patches that make the rule hold' 1 $opts --patches breaks.patch u.run -n
says 'blocked now' 'kernel 6.12.9 is blocked'
says 'it is told' "  now      taken: probe 'driver-text $vfio no_llseek': holds" out
check 'which' grep -q '^by patches kernel 6\.12\.9 is blocked, without them' out
expect_status 'it is only for this kernel that one has to allow it' 0 $opts --patches breaks.patch --allow blocked u.run -n
check 'DKMS leaves the others alone' grep -q '^by patches DKMS leaves .* alone' out

# --- rules that choose sets ---------------------------------------------------

mkdir -p own/kernel-versions own/patches/ours own/patches/more
for set in ours more; do echo x.patch > own/patches/$set/series; done
{ printf 'Description: a test\nScope: neutral\n\n'; swap $f '/* second */' '/* ours */'; } > own/patches/ours/x.patch
{ printf 'Description: a test\nScope: neutral\n\n'; swap $f '/* third */' '/* more */'; } > own/patches/more/x.patch
printf '%s\n' ours more > own/patches/series
cat > own/kernel-versions/9.1 << EOT
Kernel: 9.1
Status: blocked
Changes: a test
Reason: the line is blocked

Driver: 580
Probe: driver-text $f ^/. second
Patches: ours
Status: supported
Load: yes
Evidence: [built] a test

Driver: 580
Probe: driver-text $f ^/. third
Status: blocked
Load: no
Reason: third stops it

Driver: 580
Probe: driver-text $f wanted
Patches: more
Evidence: [source] a test
EOT
GRIDPATCH_DATA=$work/own
export GRIDPATCH_DATA
nine='-k 9.1.5 --no-hooks'
swap $f '/* third */' '/* mended */' > third.patch
swap $f '/* fourth */' '/* wanted */' > fourth.patch
expect_status 'two rules' 1 $nine s.run -n
says 'one blocks' 'third stops it'
expect_status 'it is mended' 0 $nine -v --patches third.patch s.run -o own.run --json=own.json
unrun own.run own.x
check 'a set does not un-choose itself' grep -qx '/\* ours \*/' own.x/kernel/$f
refute 'nor is its rule told of' grep -q '^by patches rule kernel-versions/9\.1:6 ' out
check 'and its Status counts: untested, for nobody built these' json_is own.json '.selection.cells[0].verdict' untested
check 'the reason' json_is own.json '.selection.cells[0].reasons[0]' 'without your patches it is blocked: third stops it'
says 'a warning has it, too' 'without your patches it is blocked: third stops it'
check 'loading is asked anew' json_is own.json '.selection.cells[0].claims.loads.claim' yes
says 'it is covered' 'covers     9.1' out
check 'a line of somebody'"'"'s data is one for DKMS' grep -q '^by patches DKMS may build on 9\.1$' out

# The set mends it for its own rule only: the patch takes its result away.
swap $f '/* second */' '/* third */' | sed 's/^-.*second/-\/* ours/' > back.patch
cat third.patch back.patch > both.patch
expect_status 'patches over what our set has changed' 1 $nine --patches both.patch s.run -n
says 'the line is there again' 'third stops it'

expect_status 'a set that the patches make necessary' 0 $nine --patches third.patch --patches fourth.patch s.run -o new.run
says 'a warning names it' "the sources with your patches need set 'more', too (line 19 of '$work/own/kernel-versions/9.1')"
check 'the report has the rule' grep -q '^by patches rule kernel-versions/9.1:19 on 9.1.5; line 9.1' out
unrun new.run new.x
refute 'it does not go in' grep -q 'more' new.x/kernel/$f
expect_status 'whoever left it out knows' 0 $nine --patches third.patch --patches fourth.patch --no-set more s.run -n
refute 'no warning' grep -q "need set 'more'" err
expect_status '--set takes it in' 0 $nine --patches fourth.patch --set more --allow blocked s.run -n
refute 'no warning then' grep -q "need set 'more'" err

run $nine --patches third.patch s.run -n --write-lock own.lock
check 'lock: the verdict with the patches' grep -qx 'Verdict: untested' own.lock
expect_status 'lock: it holds' 0 $nine --patches third.patch s.run -n --lock own.lock

finish
