# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # hosts.sh sets the rest
# Which side of its guards a set's code ran on: `. "$here/sides.sh"` in hosts.sh.
#
#   ask_sides DIR SET…  puts the question into the driver in DIR, before it is built
#   sides_said LOG      the answers, out of the log of make, into the file sides.now
#   sides_ran WHERE     what sides.now says ran on WHERE
#   sides_list SET      where each side ran, and which did not run at all
#
# Nobody writes down which kernel is on which side: the conditions are read out of the
# patches, and the compiler that builds the driver for a kernel decides them, at the end
# of the file that the sets are about.

: > sides.all

# conditions SET: those that its patches put into the driver's own files, one a line. What
# they put into conftest.sh is decided there and arrives as a macro.
conditions() {
    cat "$here/../../patches/$1"/*.patch | awk '
        /^\+\+\+ / { mine = $2 !~ /conftest\.sh$/; next }
        !mine { next }
        more { sub(/^[+ ]/, ""); text = text " " $0; more = 0 }
        /^\+#[ \t]*(el)?if / { sub(/^\+#[ \t]*(el)?if /, ""); text = $0 }
        text == "" { next }
        text ~ /\\$/ { sub(/[ \t]*\\$/, "", text); more = 1; next }
        { sub(/[ \t]*\/\*.*/, "", text); gsub(/[ \t]+/, " ", text); print text; text = "" }' | sort -u
}

ask_sides() {
    dir=$1
    shift
    for set; do
        conditions "$set" | while read -r cond; do
            printf '#if %s\n#warning gridpatch-side %s yes %s\n#else\n#warning gridpatch-side %s no %s\n#endif\n' \
                "$cond" "$set" "$cond" "$set" "$cond"
        done
    done >> "$dir/nvidia-vgpu-vfio/nvidia-vgpu-vfio.c"
}

sides_said() { sed -n 's/.*#warning gridpatch-side //p' "$1" | sort -u > sides.now; }

sides_ran() { sed "s/^\([^ ]*\) \([^ ]*\) \(.*\)/\1\t\3\t\2\t$1/" sides.now >> sides.all; }

sides_list() {
    conditions "$1" | while read -r cond; do
        for side in yes no; do
            where=$(awk -F '\t' -v s="$1" -v c="$cond" -v y=$side '$1 == s && $2 == c && $3 == y { print $4 }' sides.all |
                sort -uV | paste -s -d , | sed 's/,/, /g')
            [ $side = yes ] && word=$cond || word="not so"
            echo "    $word: ${where:-nowhere}"
        done
    done
}
