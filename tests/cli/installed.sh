#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154,SC2086 # lib.sh sets the rest; $k is words
# The sources of an installed driver, /usr/src/nvidia-VERSION, as every verb takes them.
# tests: ops/driver/installed ops/tree/subtree
. "$(dirname "$0")/lib.sh"

# tree NAME [--debian]: s/ as it is installed.
tree() {
    rm -rf "$1"
    # shellcheck disable=SC2086 # words
    sh "$fx/installed.sh" ${2-} s "$1" || exit 1
}
make_sample s
sh "$fx/hooks.sh" hooks
mkdir src
tree src/nvidia-460.73.02
tree src/nvidia-current-460.73.02 --debian
t=src/nvidia-460.73.02

# --- what it is -----------------------------------------------------------------
for d in $t src/nvidia-current-460.73.02; do
    expect_status "info, $d" 0 info "$d"
    says 'it is an installed tree' 'sources of an installed driver' out
    says 'version, kind, modules' 'driver     460.73.02 (branch 460), host; modules: nvidia nvidia-vgpu-vfio' out
    run info --json "$d"
    check 'JSON: form' json_is out .driver.form installed
    expect_status "verify, $d" 0 verify "$d"
done
expect_status 'info of an extracted one' 0 info s
says 'as of the installer' 'driver     460.73.02 (branch 460), host; modules: nvidia nvidia-vgpu-vfio' out
run info --json s
check 'JSON: form' json_is out .driver.form extracted
expect_status 'verify of an extracted one' 0 verify s

# The rules answer as for the installer.
run select -k 5.12.9 -k 6.1.0 s.run --json
jq -S .selection out > installer.json
run select -k 5.12.9 -k 6.1.0 $t --json
jq -S .selection out > tree.json
check 'select: as of the installer' cmp installer.json tree.json

cp -R $t odd
rm -r odd/nvidia-drm # the sample has some of its files only
sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="$(cat v)"/; /^BUILT_MODULE_NAME/d' odd/dkms.conf
expect_status 'a version that only a shell knows' 0 info odd
says 'the sources tell it, and the modules' '460.73.02 (branch 460), host; modules: nvidia nvidia-vgpu-vfio' out
expect_status 'verify' 1 verify odd
says 'it is said' 'dkms.conf does not say PACKAGE_VERSION in a form that is clear' out
rm -rf odd/nvidia-vgpu-vfio
expect_status 'without vGPU' 0 info odd
says 'a guest cannot be told there' 'general or guest; modules: nvidia' out
sed -i 's/NV_VERSION_STRING/X/' odd/Kbuild
expect_status 'no version anywhere' 3 info odd
says 'it is said' 'neither dkms.conf nor Kbuild tells which version it is'
expect_status 'the kernel/ of an installer' 3 info s/kernel
says 'what to give' 'give the directory above'
expect_status 'any directory' 3 verify hooks
says 'what it is not' "no '.manifest' in it, and no 'dkms.conf'"
cp -R $t odd2
rm -rf odd2/nvidia-vgpu-vfio
printf 'PATCH[0]="gone.patch"\n' >> odd2/dkms.conf
expect_status 'what dkms would stop at' 1 verify odd2
says 'a patch' "dkms.conf applies 'patches/gone.patch', which is not there" out
says 'a module' 'dkms.conf has the module nvidia-vgpu-vfio' out

# --- altered by somebody ----------------------------------------------------------
cp -R $t far
sed -i "s|^#include \"nv-time.h\"|&\n#include \"$work/hooks/vgpu_unlock_hooks.c\"|" far/nvidia/os-interface.c
printf '\nldflags-y += -T %s/hooks/kern.ld\n' "$work" >> far/nvidia/nvidia.Kbuild
expect_status "hooks as DualCoder's README has them" 0 verify far
says 'where they are' "hooks in $work/hooks/vgpu_unlock_hooks.c" out
mv hooks hooks.away
expect_status 'their place is empty' 1 verify far
says 'it is said' 'hooks are half integrated: the file vgpu_unlock_hooks.c is missing' out
mv hooks.away hooks

finish
