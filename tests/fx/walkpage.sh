#!/bin/sh
# SPDX-License-Identifier: MIT
# walkpage.sh PAGE OUT_DIR
#
# Takes the blocks of commands, and the quotes of the table of pains, out of the source of
# gridpatch-walk(7), whose head says what its marks mean:
#
#   OUT_DIR/blocks       "N KIND READER...", one a line, in order; - for a block without mark
#   OUT_DIR/block.N      its text, roff undone
#   OUT_DIR/pains        "N TITLE"
#   OUT_DIR/says         "PAIN NAME N"
#   OUT_DIR/quote.N      what is quoted there, a line each
#   OUT_DIR/commands     "N COMMAND" of all blocks that are commands, continued lines joined
set -eu
export LC_ALL=C
mkdir "$2"
: > "$2/says"
awk -v out="$2" '
    function text(s) {
        gsub(/\\&/, "", s); gsub(/\\-/, "-", s); gsub(/\\e/, "\\", s)
        return s
    }
    /^\.\\" (walk|says): / { mark = substr($0, 5); next }
    /^\.Bl -enum/ { table = 1 }
    /^\.El/ { table = 0 }
    table && /^\.It/ { pain++; title = 1; next }
    title && /^\.Sy / { print pain, text(substr($0, 5)) > (out "/pains"); title = 0 }
    /^\.Bd / {
        n++
        split(mark, m, ": ")
        if (m[1] == "says") {
            file = out "/quote." n
            print pain, m[2], n > (out "/says")
        } else {
            file = out "/block." n
            print n, (m[1] == "walk" ? m[2] : "-") > (out "/blocks")
        }
        mark = ""
        on = 1
        next
    }
    /^\.Ed/ { on = 0; close(file); next }
    on { print text($0) > file; next }
    # A mark belongs to what follows it.
    mark != "" { print FILENAME ":" FNR ": a mark without a block" > "/dev/stderr"; exit 1 }' "$1"
while read -r n kind _; do
    [ "$kind" = file ] || sed -e :a -e '/\\$/N; s/\\\n *//; ta' "$2/block.$n" | sed "s/^/$n /"
done < "$2/blocks" > "$2/commands"
