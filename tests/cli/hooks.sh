#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# Which drivers get hooks, and packages that somebody has altered.
# tests: ops/driver/hooks ops/driver/unlock
# slow: 10 s
. "$(dirname "$0")/lib.sh"

sh "$fx/hooks.sh" hooks
sh "$fx/hooks.sh" --table newer newer
sh "$fx/hooks.sh" --table unknown odd
# As the sets of the data leave them, by patch(1).
cp -R hooks fixed
# shellcheck disable=SC2013 # words
for p in $(sed 's/#.*//' "$repo/patches/hooks-compile/series"); do
    patch -s -p1 -F0 -d fixed < "$repo/patches/hooks-compile/$p" || exit 1
done

# --- kinds --------------------------------------------------------------------

for kind in guest general; do
    make_sample $kind --kind $kind
    expect_status "$kind: no hooks are needed" 0 $k $kind.run -o $kind-custom.run
    says "$kind: says why there are none" 'hooks      none: ' out
    unrun $kind-custom.run $kind.x
    refute "$kind: none are in it" grep -rq vgpu_unlock_hooks $kind.x
    expect_status "$kind: --hooks integrates them" 0 $k --hooks hooks $kind.run -o $kind-custom.run -f
    says "$kind: with a warning" "warning: a $kind driver has nothing that hooks could unlock"
    rm -rf $kind.x
    unrun $kind-custom.run $kind.x
    check "$kind: they are in it" cmp fixed/vgpu_unlock_hooks.c $kind.x/kernel/unlock/vgpu_unlock_hooks.c
    expect_status "$kind: info says the kind" 0 info $kind.run
    says "$kind: it does" "(branch 460), $kind" out
done
make_sample merged --kind merged
expect_status 'merged: hooks' 0 $k --hooks hooks merged.run -o merged-custom.run
unrun merged-custom.run merged.x
check 'merged: they are in it' cmp hooks/kern.ld merged.x/kernel/nvidia/kern.ld

make_sample host
expect_status 'host' 0 $k --hooks hooks host.run -o host-custom.run
unrun host-custom.run host.x
check 'the include stands behind the last one' sh -c \
    "awk '/nv-time.h/ { getline; print }' host.x/kernel/nvidia/os-interface.c | grep -qx '#include \"../unlock/vgpu_unlock_hooks.c\"'"
check 'nothing else changed in os-interface.c' sh -c \
    'grep -v vgpu_unlock_hooks host.x/kernel/nvidia/os-interface.c | cmp - host/kernel/nvidia/os-interface.c'
check 'the Kbuild line stands on a line of its own' grep -qx 'ldflags-y += -T $(src)/nvidia/kern.ld' \
    host.x/kernel/nvidia/nvidia.Kbuild
check 'the last line of NVIDIA is whole' grep -qx 'NV_CONFTEST_GENERIC_COMPILE_TESTS += dom0_sanity_check' \
    host.x/kernel/nvidia/nvidia.Kbuild
check 'the hooks are byte for byte the copy with the sets for it' cmp fixed/vgpu_unlock_hooks.c host.x/kernel/unlock/vgpu_unlock_hooks.c
for f in kernel/unlock/vgpu_unlock_hooks.c kernel/nvidia/kern.ld; do
    check "manifest line: $f" grep -qx "\(./\)\{0,1\}$f 0644 KERNEL_MODULE_SRC INHERIT_PATH_DEPTH:1 MODULE:resman" \
        host.x/.manifest
done
expect_status 'verify: complete' 0 verify host-custom.run
says 'verify: complete' 'hooks (complete)' out
expect_status 'verify: absent' 0 verify host.run
says 'verify: absent' 'hooks (absent)' out

# kernel-open/ alone.
cp -R host openonly
mv openonly/kernel openonly/kernel-open
sed 's,^kernel/,kernel-open/,; s,^\./kernel/nvidia,./kernel-open/nvidia,' host/.manifest > openonly/.manifest
sh "$fx/mkrun.sh" openonly openonly.run
expect_status 'kernel-open/ alone: refused' 1 $k --hooks hooks openonly.run -o no.run
says 'kernel-open/ alone: says why' 'kernel-open/'
make_sample both --kernel-open
expect_status 'kernel/ and kernel-open/: fine' 0 $k --hooks hooks both.run -o both-custom.run
unrun both-custom.run both.x
refute 'kernel-open/ gets none' grep -rq vgpu_unlock both.x/kernel-open
make_sample arm -- --arch aarch64
expect_status 'aarch64: refused' 1 $k --hooks hooks arm.run -o no.run
says 'aarch64: says why' 'x86_64'
expect_status 'aarch64: --no-hooks' 0 $k --no-hooks arm.run -n

# --- altered ------------------------------------------------------------------

make_sample ahooks --altered hooks
expect_status 'hooks are there: info' 0 info ahooks.run
says 'info names them' 'altered    hooks in kernel/unlock/vgpu_unlock_hooks.c' out
run info --json ahooks.run
check 'json names them' json_is out .driver.altered.hooks_state complete
expect_status 'hooks are there: patch' 0 $k ahooks.run -o ahooks-custom.run
unrun ahooks-custom.run ahooks.x
check 'one include' test "$(grep -c vgpu_unlock_hooks.c ahooks.x/kernel/nvidia/os-interface.c)" -eq 1
check 'one linker flag' test "$(grep -c kern.ld ahooks.x/kernel/nvidia/nvidia.Kbuild)" -eq 1
check 'one manifest line' test "$(grep -c vgpu_unlock_hooks.c ahooks.x/.manifest)" -eq 1
expect_status 'hooks are there: --hooks doubles nothing' 0 $k --hooks hooks ahooks.run -o ahooks-custom.run -f

cp -R ahooks part
rm part/kernel/nvidia/kern.ld
sed -i /kern.ld/d part/.manifest
sh "$fx/mkrun.sh" part part.run
expect_status 'half of the hooks: patch' 1 $k --hooks hooks part.run -o no.run
says 'what is missing' 'kern.ld'
expect_status 'half of the hooks: verify' 1 verify part.run
expect_status 'half of the hooks: --allow altered completes them' 0 $k --hooks hooks --allow altered part.run -o part-custom.run
unrun part-custom.run part.x
check 'one include then' test "$(grep -c vgpu_unlock_hooks.c part.x/kernel/nvidia/os-interface.c)" -eq 1
check 'kern.ld then' test -f part.x/kernel/nvidia/kern.ld
expect_status 'half of the hooks: verify agrees then' 0 verify part-custom.run

make_sample alicence --altered licence
expect_status 'licence: info' 0 info alicence.run
says 'info names it' "licence tag is 'Dual MIT/GPL'" out
expect_status 'licence: patch' 1 $k --hooks hooks alicence.run -o no.run
says 'licence: says so' "licence tag is 'Dual MIT/GPL'"
expect_status 'licence: --allow altered' 0 $k --hooks hooks --allow altered alicence.run -o alicence-custom.run
unrun alicence-custom.run alicence.x
check 'it stays as it was' cmp alicence/kernel/nvidia/nv-frontend.c alicence.x/kernel/nvidia/nv-frontend.c
says 'the override is recorded' 'override: altered licence tag' alicence.x/pkg-history.txt
refute 'of others, nv-frontend.c is never changed' test "$(cat host/kernel/nvidia/nv-frontend.c)" != \
    "$(cat host.x/kernel/nvidia/nv-frontend.c)"

make_sample apatches --altered patches
expect_status 'DKMS patches: info' 0 info apatches.run
says 'info names them' 'dkms.conf applies sample.patch' out
expect_status 'DKMS patches over files of a set' 1 $k --hooks hooks apatches.run -o no.run
says 'the patch is named' 'sample.patch'
says 'and the way out' '--drop-dkms-patches'
expect_status '--drop-dkms-patches' 0 $k --hooks hooks --drop-dkms-patches apatches.run -o apatches-custom.run
unrun apatches-custom.run apatches.x
refute 'no PATCH in dkms.conf' grep -q PATCH apatches.x/kernel/dkms.conf
says 'that is recorded' 'dropped the DKMS patches' apatches.x/pkg-history.txt
check 'dkms.conf is otherwise the same' sh -c \
    "grep -v -e PATCH -e BUILD_EXCLUSIVE -e '# gridpatch' apatches/kernel/dkms.conf > a
     grep -v -e BUILD_EXCLUSIVE -e '# gridpatch' apatches.x/kernel/dkms.conf | cmp - a"
# Patches of files that no set changes do no harm.
cp -R host harmless
mkdir harmless/kernel/patches
printf -- '--- a/Kbuild\n+++ b/Kbuild\n@@ -1,1 +1,2 @@\n # Sample\n+# x\n' > harmless/kernel/patches/k.patch
echo 'PATCH[0]="k.patch"' >> harmless/kernel/dkms.conf
echo 'kernel/patches/k.patch 0644 KERNEL_MODULE_SRC INHERIT_PATH_DEPTH:1 MODULE:resman' >> harmless/.manifest
sh "$fx/mkrun.sh" harmless harmless.run
expect_status 'DKMS patches of other files' 0 $k --hooks hooks harmless.run -o harmless-custom.run
unrun harmless-custom.run harmless.x
check 'they stay' grep -q 'PATCH\[0\]="k.patch"' harmless.x/kernel/dkms.conf

# --- BUILD_EXCLUSIVE_KERNEL in the output ---------------------------------------

if command -v bash > /dev/null; then
    # shellcheck disable=SC2016
    check 'DKMS leaves 5.13 and R460-blocked kernels alone, and only those' bash -c '
        . host.x/kernel/dkms.conf
        for r in 4.18.0-305.el8.x86_64 5.4.0-42-generic 5.10.0-32-amd64 5.11.22-7-pve 5.12.9 \
            5.14.0 5.15.0-33-generic 5.16.9 5.17.0-1003-oem; do
            [[ $r =~ $BUILD_EXCLUSIVE_KERNEL ]] || { echo "$r is shut out"; exit 1; }
        done
        for r in 5.13.19-6-pve 5.18.0 5.19.17 6.1.0-50-amd64 6.12.95+deb12-amd64 7.3.1; do
            [[ $r =~ $BUILD_EXCLUSIVE_KERNEL ]] && { echo "$r is let in"; exit 1; }
        done; true'
else
    skip 'BUILD_EXCLUSIVE_KERNEL' 'no bash'
fi

# --- the table constant -------------------------------------------------------

make_sample n470 --version 470.256.02
expect_status '470.256.02 with the older table' 1 $k --hooks hooks n470.run -o no.run
says 'it says so' 'hooks lack the table constant for 470.256.02'
says 'and the way out' '--hooks-patch'
expect_status '470.256.02 with the newer one' 0 $k --hooks newer n470.run -n
expect_status '470.256.02: --allow hooks' 0 $k --hooks hooks --allow hooks n470.run -o n470-custom.run
says 'with a warning' 'warning: hooks lack the table constant for 470.256.02'
sh ./n470-custom.run --pkg-history > history
says 'it is recorded' 'override: hooks' history
expect_status '470.256.02: --no-hooks' 0 $k --no-hooks n470.run -n
expect_status '460.73.02 with the newer table' 1 $k --hooks newer host.run -o no.run
says 'it says so, too' 'hooks have the newer table constant'
expect_status 'a table nobody knows' 0 $k --hooks odd host.run -n
says 'is named' 'unknown table constant' out
says 'with a warning' 'not one of the two known'
# The patch for the newer table beside the hooks, as fetch-hooks leaves them.
cp -R hooks beside
(diff -u --label a/vgpu_unlock_hooks.c --label b/vgpu_unlock_hooks.c hooks/vgpu_unlock_hooks.c newer/vgpu_unlock_hooks.c) \
    > beside/vgpu_unlock_hooks-510.patch
make_sample n16 --version 535.161.05
mkdir -p home/.local/share/gridpatch && cp -R beside home/.local/share/gridpatch/vgpu_unlock
expect_status '535.161.05 as in README: no option' 0 n16.run -k 6.1.80
says 'the patch is named' 'vgpu_unlock_hooks-510.patch, which lies beside them and this driver needs' out
says 'the constant is the newer one' 'newer table constant' out
unrun n16-custom.run n16.x
patch -s -o patched.c beside/vgpu_unlock_hooks.c beside/vgpu_unlock_hooks-510.patch
mkdir patched && mv patched.c patched/vgpu_unlock_hooks.c
# shellcheck disable=SC2013 # words
for p in $(sed 's/#.*//' "$repo/patches/hooks-compile/series"); do
    patch -s -p1 -F0 -d patched < "$repo/patches/hooks-compile/$p" || exit 1
done
check 'what goes in is what patch(1) makes' cmp patched/vgpu_unlock_hooks.c n16.x/kernel/unlock/vgpu_unlock_hooks.c
sum=$(sha256sum < beside/vgpu_unlock_hooks-510.patch | cut -d' ' -f1)
sh ./n16-custom.run --pkg-history > history
says 'it is recorded' "with patch sha256 $sum" history
expect_status 'explicit' 0 -k 6.1.80 --hooks beside --hooks-patch beside/vgpu_unlock_hooks-510.patch n16.run -o n16-explicit.run
check 'gives the same bytes' cmp n16-custom.run n16-explicit.run
gzip -c beside/vgpu_unlock_hooks-510.patch > packed.patch.gz
expect_status 'packed' 0 -k 6.1.80 --hooks beside --hooks-patch packed.patch.gz n16.run -o n16-packed.run
check 'gives the same bytes' cmp n16-custom.run n16-packed.run
expect_status 'json and a lock' 0 -k 6.1.80 --hooks beside n16.run -n --json --write-lock n16.lock
check 'json: its sum' json_is out .hooks.patch_sha256 "$sum"
check 'json: its name' json_is out .hooks.patch beside/vgpu_unlock_hooks-510.patch
check 'lock: its sum' grep -qx "Patch-SHA256: $sum" n16.lock
expect_status 'the lock holds' 0 --hooks beside n16.run -n --lock n16.lock
expect_status '--no-hooks-patch' 1 -k 6.1.80 --hooks beside --no-hooks-patch n16.run -n
says 'leaves it out' 'hooks lack the table constant for 535.161.05'
expect_status 'it breaks the lock' 1 --hooks beside --no-hooks-patch --allow hooks n16.run -n --lock n16.lock
expect_status '--no-hooks-patch and --hooks-patch' 2 -k 6.1.80 --no-hooks-patch --hooks-patch x n16.run -n
expect_status 'a driver that needs the older one' 0 $k --hooks beside host.run -n
says 'goes without' 'older table constant' out
refute 'it is not even named' grep -q '/vgpu_unlock_hooks-510' out
cp -R newer newboth && cp beside/*.patch newboth
expect_status 'hooks that are patched already' 0 -k 6.1.80 --hooks newboth n16.run -n
refute 'are not patched again' grep -q newboth/vgpu_unlock_hooks-510 out
echo nothing > beside/vgpu_unlock_hooks-510.patch
expect_status 'a damaged patch beside them' 3 -k 6.1.80 --hooks beside n16.run -n
says 'is named' beside/vgpu_unlock_hooks-510.patch
rm -r home/.local
make_sample n535 --version 535.183.04
expect_status 'nobody knows hooks for 535.183.04' 1 -k 6.5.0 --hooks newer n535.run -o no.run
says 'it says so here' 'hooks lack the table constant for 535.183.04'
expect_status '535.183.04: --allow hooks' 0 -k 6.5.0 --hooks newer --allow hooks n535.run -n
# Hooks in the package are judged, too.
make_sample h470 --version 470.256.02 --altered hooks
expect_status '470.256.02 with older hooks in it' 1 $k h470.run -o no.run

# --- no place -----------------------------------------------------------------

cp -R host noinc
sed -i '/#include/d' noinc/kernel/nvidia/os-interface.c
sh "$fx/mkrun.sh" noinc noinc.run
expect_status 'os-interface.c without #include' 3 $k --hooks hooks noinc.run -o no.run
says 'the file is named' 'kernel/nvidia/os-interface.c'
expect_status 'that matters only for hooks' 0 $k --no-hooks noinc.run -n
cp -R host noos
rm noos/kernel/nvidia/os-interface.c
sed -i '\,nvidia/os-interface.c,d' noos/.manifest
sh "$fx/mkrun.sh" noos noos.run
expect_status 'no os-interface.c' 3 $k --hooks hooks noos.run -o no.run
says 'it is named' 'os-interface.c'
cp -R host nokbuild
rm nokbuild/kernel/nvidia/nvidia.Kbuild
sh "$fx/mkrun.sh" nokbuild nokbuild.run
expect_status 'no nvidia.Kbuild' 3 $k --hooks hooks nokbuild.run -o no.run
cp -R host noman
rm noman/.manifest
sh "$fx/mkrun.sh" --version-string 460.73.02 noman noman.run
expect_status 'no .manifest' 3 $k --hooks hooks noman.run -o no.run
says 'it is named' '.manifest'

# --- verify finds what is wrong -----------------------------------------------

expect_status 'verify: a listed file is missing' 1 verify nokbuild.run
says 'verify: it is named' "lists 'kernel/nvidia/nvidia.Kbuild'" out
cp -R host extra
echo x > extra/kernel/nvidia/unlisted.c
sh "$fx/mkrun.sh" extra extra.run
expect_status 'verify: a file is not listed' 1 verify extra.run
says 'verify: it is named, too' "'kernel/nvidia/unlisted.c' is not in '.manifest'" out
run check --json extra.run
check 'verify --json' json_is out '.findings | length' 1
check 'verify --json: exit' json_is out .exit 1
expect_status 'verify -q' 1 verify -q extra.run
silent_on 'verify -q is silent' out
expect_status 'verify without an installer' 2 verify
expect_status 'verify of two' 2 verify host.run extra.run
refute 'no output was ever written' test -e no.run
refute 'nothing left behind' sh -c 'ls -A | grep gridpatch-'
finish
