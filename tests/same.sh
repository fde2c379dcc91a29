#!/bin/sh
# SPDX-License-Identifier: MIT
# same.sh DIR: write down, below DIR, what gridpatch says and makes: the support
# tables, select --explain of many drivers and kernels, the bytes of patched samples.
# Before and after a change that is meant to change none of it, and diff -r between:
#
#     GRIDPATCH=build/gridpatch sh tests/same.sh /tmp/before
set -eu
export LC_ALL=C SOURCE_DATE_EPOCH=1700000000
: "${GRIDPATCH:?say which gridpatch}"
case $GRIDPATCH in /*) ;; *) GRIDPATCH=$PWD/$GRIDPATCH ;; esac
fx=$(cd "$(dirname "$0")/fx" && pwd)
unset GRIDPATCH_HOOKS GRIDPATCH_DATA
mkdir -p "$1"
cd "$1"
export HOME="$PWD/home"

for kind in host merged guest general; do
    for how in '' --json --markdown; do
        "$GRIDPATCH" support --kind $kind $how > "support-$kind${how#-}" 2>&1 || echo "exit $?" >> "support-$kind${how#-}"
    done
done

kernels='4.18.0-553.el8_10.x86_64 5.4.0-200-generic 5.10.0-32-amd64 5.11.22-7-pve 5.12.19 5.13.19-6-pve 5.14.0-427.13.1.el9_4.x86_64
5.15.0-130-generic 5.15.158-2-pve 5.16.20 5.17.15 5.18.19 5.19.17-2-pve 6.0.19 6.1.0-28-amd64 6.2.16-20-pve 6.3.13 6.4.16 6.5.13-6-pve
6.6.78-Unraid 6.8.12-15-pve 6.8.0-87-generic 6.11.0-29-generic 6.12.0-55.el10_0.x86_64 6.12.95+deb13-amd64 6.14.11-9-pve 6.15.9
6.16.12 6.17.0-14-generic 6.18.9-arch1-2 6.19.5 7.0.0-44-generic 7.2.12+deb13-amd64 7.5.0'
for driver in 418.240 450.80 460.32.04 460.73.01 460.91.03 460.106.00 460.107 470.63 470.141.05 470.256.02 510.85.03 515.65.01 \
    525.85.07 525.147.05 535.54.06 535.161.05 535.261.03 535.309.01 550.90.05 550.163.02 570.172.07 580.105.06 580.159.01 595.71.03; do
    for kind in host general; do
        for k in $kernels; do
            echo "=== $k"
            "$GRIDPATCH" select --driver $driver --kind $kind -k "$k" --explain 2>&1 || echo "exit $?"
        done > "explain-$driver-$kind"
    done
done

for s in 'host 460.73.02' 'merged 460.73.01' 'general 470.256.02' 'host 525.85.07' 'general 535.261.03' 'guest 550.90.07'; do
    kind=${s% *} version=${s#* }
    sh "$fx/sample.sh" --kind "$kind" --version "$version" tree
    sh "$fx/mkrun.sh" tree "$kind-$version.run" > /dev/null
    for k in 5.10.0-32-amd64 6.1.0-28-amd64; do
        "$GRIDPATCH" "$kind-$version.run" -k $k --no-hooks --allow blocked,unknown -o "$kind-$version-$k.run" > "patch-$kind-$version-$k" 2>&1 ||
            echo "exit $?" >> "patch-$kind-$version-$k"
    done
    rm -rf tree
done
sha256sum ./*.run > sums
rm -rf ./*.run home
