#!/bin/sh
# SPDX-License-Identifier: MIT
# explain.sh EXPLAIN DATA
#
# Puts the output of `gridpatch select --explain` (EXPLAIN) about one kernel into
# a form that can be compared with a list made by hand: a rule is named by the
# fields that say what it is about and what it does, as they stand below
# DATA/kernel-versions, not by its line, and nothing of Reason and Evidence is
# there. A rule that is taken stands before its file, one that is not has a "-",
# one that cannot be told a "?".
set -eu
export LC_ALL=C
explain=$1 data=$2

# fields FILE LINE: of the paragraph there.
fields() {
    sed -n "$2,/^\$/p" "$data/$1" | awk '
        /^#/ || /^$/ { next }
        /^(Driver|Kind|Modules|Lines|Release|Distro|Rhel|Probe|Status|Patches|Load|Hooks|Gpu):/ { on = !/^Gpu:/; if (on) text = text "; " $0; next }
        /^[A-Z]/ { on = 0; next }
        on { sub(/^ +/, " "); text = text $0 }
        END { print substr(text, 3) }'
}

# In "rule FILE:LINE  taken  by …" the answer is one or two words.
sed -n 's/^  rule  *\([^ :]*\):\([0-9]*\)  *\(taken\|not taken\|cannot tell\) .*/\1 \2 \3/p' "$explain" |
    while read -r file line answer; do
        case $answer in
            taken) mark=+ ;;
            'not taken') mark=- ;;
            *) mark='?' ;;
        esac
        echo "$mark ${file#kernel-versions/}: $(fields "$file" "$line")"
    done
sed -n 's/^kernel .*: line \(.*\), \(.*\); .*/line \1: \2/p' "$explain"
sed -n 's/^  sets  *\(.*\); modules load: \(.*\); hooks: \(.*\)/sets: \1\nload: \2\nhooks: \3/p' "$explain"
sed -n 's/^default  *//p' "$explain" | sed 's/ (neutral.*//; s/^/for every kernel: /'
sed -n 's/^for hooks  *//p' "$explain" | sed 's/ (for your.*//; s/^/for the hooks: /'
