#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# The pages that lead through a task are run as they stand: all blocks "sh" of one are
# a session, and what each says ends with the block "output" behind it.
. "$(dirname "$0")/lib.sh"

# part PAGE KIND N: the Nth block of that kind.
part() {
    awk -v kind="$2" -v want="$3" '
        /^```/ && on { exit }
        /^```/ && $0 == "```" kind && ++n == want { on = 1; next }
        on { print }' "$1"
}
# session PAGE: a script whose block N writes said.N.
session() {
    awk -v dir="$PWD" '
        /^```sh$/ { printf "exec > %s/said.%d\n", dir, ++n; on = 1; next }
        /^```/ { on = 0; next }
        on { print }' "$1"
}
# follow PAGE: run it, and compare the blocks.
follow() {
    page=$repo/$1
    rm -f said.*
    session "$page" > session
    check "$1: has a session" test -s session
    (cd "$here" && TMPDIR=$work sh -eu "$work/session") > out 2> err < /dev/null
    check "$1: every command works" test $? -eq 0
    # The block "sh" that stands before each block "output".
    awk '/^```sh$/ { n++ } /^```output$/ { print n }' "$page" > blocks
    check "$1: says something" test -s blocks
    outputs=0
    while read -r block; do
        outputs=$((outputs + 1))
        part "$page" output $outputs > wanted
        check "$1: what block $block says" diff -Z wanted said."$block"
    done < blocks
}

# The tree as a newcomer has it, and the program that is tested where make puts it.
here=$work/here
mkdir -p "$here/build"
cp -R "$repo/kernel-versions" "$repo/patches" "$here"
mkdir "$here/tests"
cp -R "$fx" "$here/tests/"
cp "$GRIDPATCH" "$here/build/gridpatch"
follow kernel-versions/README.md
follow patches/README.md

# --- pages lie where data are read ---------------------------------------------------
check 'pages among the data are passed over' "$here/build/gridpatch" lint-set
finish
