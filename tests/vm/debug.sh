#!/bin/sh
# SPDX-License-Identifier: MIT
# debug.sh SOURCES ROOT
#
# Makes the small kernel that debug.config describes: ROOT/boot and ROOT/lib/modules as a
# package has them, ROOT/release, and in SOURCES, which is a whole kernel before, what is
# needed to build modules for it.
set -eu
export LC_ALL=C
src=$1
root=$2
here=$(cd "$(dirname "$0")" && pwd)
unset CC MAKEFLAGS MAKELEVEL

make -C "$src" -s allnoconfig
(cd "$src" && sh scripts/kconfig/merge_config.sh -m .config "$here/debug.config")
make -C "$src" -s olddefconfig
# A kernel without these would find nothing, and all would be well.
for o in KASAN PROVE_LOCKING VFIO_MDEV KVM_VFIO SERIAL_8250_CONSOLE; do
    grep -q "^CONFIG_$o=[ym]" "$src/.config" || { echo "the kernel has no $o" && exit 1; }
done
make -C "$src" "-j$(nproc)" bzImage modules
release=$(make -C "$src" -s kernelrelease)
mkdir -p "$root/boot"
cp "$src/arch/x86/boot/bzImage" "$root/boot/vmlinuz-$release"
make -C "$src" -s INSTALL_MOD_PATH="$root" modules_install
rm -f "$root/lib/modules/$release/build" "$root/lib/modules/$release/source"

# A module is built with little of all that.
find "$src" -mindepth 1 -maxdepth 1 -type d ! -name arch ! -name include ! -name scripts ! -name tools -exec rm -rf {} +
find "$src/tools" -mindepth 1 -maxdepth 1 ! -name objtool -exec rm -rf {} +
find "$src/arch" -mindepth 1 -maxdepth 1 -type d ! -name x86 -exec rm -rf {} +
find "$src/arch" -name '*.o' -delete
rm -f "$src"/vmlinux* "$src/arch/x86/boot/bzImage"
echo "$release" > "$root/release"
