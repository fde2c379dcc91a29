#!/bin/sh
# SPDX-License-Identifier: MIT
# `make check-real`: all parts, whatever the first ones say. They build the same drivers for
# the same kernels again and again, so what one found out the next may have: ccache and
# gridpatch's own cache are in one folder, which goes at the end.
set -u
# dkms evaluates its make line with what a make above it exports, and breaks.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
here=$(cd "$(dirname "$0")" && pwd)
bad=0
remembered=$(mktemp -d "${TMPDIR:-/tmp}/gridpatch-real-cache.XXXXXX") || exit 2
trap 'rm -rf "$remembered"' EXIT
trap 'exit 1' HUP INT TERM
export CCACHE_DIR="$remembered/ccache" XDG_CACHE_HOME="$remembered/cache"
sh "$here/series.sh" || bad=1
sh "$here/foreign.sh" || bad=1
sh "$here/run.sh" || bad=1
sh "$here/modules.sh" || bad=1
sh "$here/proof.sh" || bad=1
sh "$here/boot.sh" || bad=1
sh "$here/dkms.sh" || bad=1
sh "$here/dkmstree.sh" || bad=1
sh "$here/unlock.sh" || bad=1
sh "$here/chain.sh" || bad=1
sh "$here/merge.sh" || bad=1
sh "$here/walk.sh" || bad=1
sh "$here/nextkernel.sh" || bad=1
sh "$here/matrix.sh" || bad=1
sh "$here/packages.sh" || bad=1
sh "$here/newcomer.sh" || bad=1
exit $bad
