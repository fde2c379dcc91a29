#!/bin/sh
# SPDX-License-Identifier: MIT
# `make check-real`: both parts, whatever the first one says.
set -u
here=$(cd "$(dirname "$0")" && pwd)
bad=0
sh "$here/series.sh" || bad=1
sh "$here/run.sh" || bad=1
exit $bad
