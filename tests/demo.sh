#!/bin/sh
# SPDX-License-Identifier: MIT
# Show the main job on a small sample of our own in the shape of a GRID host
# driver. Everything happens in ./build/demo.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
dir=$top/build/demo
name=NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm
rm -rf "$dir"
mkdir -p "$dir"
cd "$dir"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

say "A sample installer in the shape of GRID $name, and stand-in hooks"
sh "$top/tests/fx/sample.sh" "$dir/$name"
sh "$top/tests/fx/mkrun.sh" --compress xz --label "Sample in the shape of GRID 460.73.02 (vGPU host)" \
	--version-string 460.73.02 "$dir/$name" "$dir/$name.run"
sh "$top/tests/fx/hooks.sh" "$dir/vgpu_unlock"
ls -l "$name.run"

say "gridpatch $name.run --kernel 5.12.9 --hooks vgpu_unlock"
"$GRIDPATCH" "$name.run" --kernel 5.12.9 --hooks vgpu_unlock

say "sh $name-custom.run --check"
sh "./$name-custom.run" --check

say "gridpatch verify $name-custom.run"
"$GRIDPATCH" verify "$name-custom.run"

say "What changed"
"$GRIDPATCH" extract -q "$name-custom.run" -C patched
diff -rq "$name" patched || true
diff -u "$name/kernel/nvidia/os-interface.c" patched/kernel/nvidia/os-interface.c || true

say "The result is $dir/$name-custom.run. Now your own: gridpatch RUN"
