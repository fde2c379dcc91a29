#!/bin/sh
# SPDX-License-Identifier: MIT
# `make check-real`: all parts, whatever the first ones say.
set -u
# dkms evaluates its make line with what a make above it exports, and breaks.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
here=$(cd "$(dirname "$0")" && pwd)
bad=0
sh "$here/series.sh" || bad=1
sh "$here/foreign.sh" || bad=1
sh "$here/run.sh" || bad=1
sh "$here/modules.sh" || bad=1
sh "$here/proof.sh" || bad=1
sh "$here/dkms.sh" || bad=1
sh "$here/dkmstree.sh" || bad=1
sh "$here/unlock.sh" || bad=1
sh "$here/chain.sh" || bad=1
sh "$here/merge.sh" || bad=1
sh "$here/matrix.sh" || bad=1
exit $bad
