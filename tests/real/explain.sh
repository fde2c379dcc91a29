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

# fields FILE LINE: of the paragraph there. "As: above" has those of the one before it that
# it does not say itself; which kernels it is about it says in one way or not at all.
fields() {
    awk -v line="$2" '
        function end(    i, k, own) {
            if (!n)
                return
            if ("As" in has) {
                for (i = 1; i <= n; i++)
                    own = own || named[i] ~ /^(Release|Distro|Rhel|Probe)$/
                for (k in before)
                    if (!(k in has) && !(own && k ~ /^(Release|Distro|Rhel|Probe)$/))
                        has[k] = before[k]
                n = split("Driver Kind Modules Lines Release Distro Rhel Probe Status Patches Load Hooks", named, " ")
            }
            if (first == line)
                for (i = 1; i <= n; i++)
                    if ((k = named[i]) in has && k != "As")
                        text = text "; " k ":" has[k]
            delete before
            for (k in has)
                before[k] = has[k]
            delete has
            n = 0
            key = ""
        }
        /^#/ { next }
        /^$/ { end(); next }
        { if (!n) first = n ? first : NR }
        /^(Driver|Kind|Modules|Lines|Release|Distro|Rhel|Probe|Status|Patches|Load|Hooks|As):/ {
            key = substr($0, 1, index($0, ":") - 1)
            named[++n] = key
            has[key] = substr($0, length(key) + 2)
            next
        }
        /^[A-Z]/ { key = ""; n += 0; next }
        key != "" { sub(/^ +/, " "); has[key] = has[key] $0 }
        END { end(); print substr(text, 3) }' "$data/$1"
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
