#!/bin/sh
# SPDX-License-Identifier: MIT
# ci_inputs.sh: make drivers/ and headers/ in the current directory, for
# .github/workflows/matrix.yml. Each job of a matrix calls it, and all get the same names.
#
# drivers/ is GRIDPATCH_DRIVERS, a directory with installers, or a sample of our own;
# headers/RELEASE is a link to each kernel's headers that this machine has.
set -eu
export LC_ALL=C SOURCE_DATE_EPOCH=1700000000
fx=$(cd "$(dirname "$0")" && pwd)

rm -rf drivers headers
if [ -n "${GRIDPATCH_DRIVERS:-}" ]; then
    ln -s "$GRIDPATCH_DRIVERS" drivers
else
    mkdir drivers
    sh "$fx/buildable.sh" drivers/sample
    sh "$fx/mkrun.sh" drivers/sample drivers/sample.run > /dev/null
    rm -rf drivers/sample
fi

mkdir headers
for dir in ${GRIDPATCH_HEADERS:-/usr/src/linux-headers-* /usr/src/kernels/*}; do
    # The common half of split headers has no release.
    release=$(sed -n 's/.*UTS_RELEASE "\(.*\)".*/\1/p' "$dir/include/generated/utsrelease.h" 2> /dev/null) || continue
    [ -z "$release" ] || [ -e "headers/$release" ] || ln -s "$dir" "headers/$release"
done
[ -n "$(ls headers)" ] || { echo "ci_inputs.sh: no kernel headers here" >&2; exit 1; }
