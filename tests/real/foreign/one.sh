#!/bin/sh
# shellcheck disable=SC2154 # foreign.sh sets the rest
# SPDX-License-Identifier: MIT
# one.sh WHO TEST: one test of patch's or quilt's own, with patch.sh or quilt.sh in
# its place; prints the test's last line. foreign.sh calls it, $here and $work set.
set -u
who=$1
name=${2%.test}
run=$work/run/$who/$name
said=$run.said

FOREIGN_ROOT=$run/tests
FOREIGN_TMP=$run/copies
FOREIGN_CASE=$name
FOREIGN_LOG=$work/logs/$who/$name
export FOREIGN_ROOT FOREIGN_TMP FOREIGN_CASE FOREIGN_LOG
mkdir -p "$FOREIGN_ROOT" "$FOREIGN_TMP"
: > "$FOREIGN_LOG"
cd "$FOREIGN_ROOT" || exit 2

case $who in
    patch)
        FOREIGN_PATCH=$(command -v patch)
        PATCH=$here/foreign/patch.sh
        srcdir=$work/patch/tests
        abs_top_builddir=$run
        export FOREIGN_PATCH PATCH srcdir abs_top_builddir
        bash "$srcdir/$name" > "$said" 2>&1 < /dev/null
        ;;
    quilt)
        FOREIGN_QUILT=$(command -v quilt)
        mkdir "$run/bin"
        ln -s "$here/foreign/quilt.sh" "$run/bin/quilt"
        cp "$work/quilt/test/$name.test" session
        PATH=$run/bin:$PATH
        # As its Makefile sets them.
        P=patches/ _P=../patches/ QUILT_PC=.pc QUILTRC=$work/quilt/test/test.quiltrc
        QUILT_DIR=/usr/share/quilt
        export FOREIGN_QUILT PATH P _P QUILT_PC QUILTRC QUILT_DIR
        perl "$work/quilt/test/run" -q session > "$said" 2>&1 < /dev/null
        ;;
esac
tail -n 1 "$said"
