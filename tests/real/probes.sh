#!/bin/sh
# SPDX-License-Identifier: MIT
# probes.sh EXPLAIN TREE SOURCE_DIR BUILD_DIR
#
# Asks grep what `gridpatch select --explain` (its output is in EXPLAIN) said of
# each probe: in the driver's sources below TREE/kernel, and in kernel headers.
# Prints how many answers agree; names those that do not, and exits 1.
set -eu
export LC_ALL=C
explain=$1 kernel=$2/kernel source_dir=$3 build_dir=$4

# header PATH: where it lies, in the order of the kernel's own include paths.
header() {
    for place in '' include arch/x86/include arch/x86/include/generated arch/x86/include/uapi \
        arch/x86/include/generated/uapi include/uapi include/generated/uapi; do
        for half in "$build_dir" "$source_dir"; do
            [ ! -f "$half/$place/$1" ] || { echo "$half/$place/$1"; return 0; }
        done
    done
    return 1
}

# exports NAME WORDS: since 5.6 the namespace is the last column.
exports() {
    awk -F '\t' -v s="$1" -v words=" $2 " '$2 == s {
            found = 1
            if (words ~ / gpl / && $4 !~ /_GPL$/) found = 0
            if (words ~ / module-only / && $5 !~ /^module:/) found = 0
            if (match(words, / namespace [^ ]*/) && substr(words, RSTART + 11, RLENGTH - 11) != $5) found = 0
        } END { exit !found }' "$build_dir/Module.symvers"
}

# holds WORD PATH [ERE]
holds() {
    case $1 in
        text) f=$(header "$2") && grep -Eq -e "$3" "$f" ;;
        header) header "$2" > /dev/null ;;
        config) grep -Eqx "$2=[ym]" "$build_dir/include/config/auto.conf" ;;
        symbol) awk -v s="$2" '$2 == s { found = 1 } END { exit !found }' "$build_dir/Module.symvers" ;;
        symbol-gpl) awk -v s="$2" '$2 == s && /EXPORT_SYMBOL_GPL/ { found = 1 } END { exit !found }' \
            "$build_dir/Module.symvers" ;;
        exports) exports "$2" "${3:-}" ;;
        driver-text) [ -f "$kernel/$2" ] && grep -Eq -e "$3" "$kernel/$2" ;;
        driver-conftest) find "$kernel" -maxdepth 2 \( -name '*Kbuild' -o -name '*.mk' \) -exec cat {} + |
            grep -Eq "^[[:space:]]*NV_CONFTEST_[A-Z_]*TESTS \+=(.*[[:space:]])?$2([[:space:]]|\$)" ;;
        *) echo "probes.sh: unknown word: $1" >&2; exit 2 ;;
    esac
}

grep -o "probe '[^']*': \(holds\|does not hold\)" "$explain" | sort -u > "$explain.probes" || :
agree=0 bad=0
while IFS= read -r line; do
    said=${line##*\': }
    probe=${line#probe \'}
    probe=${probe%\': *}
    yes=holds no='does not hold'
    case $probe in '!'*) probe=${probe#!} yes='does not hold' no=holds ;; esac
    word=${probe%% *} rest=${probe#* }
    path=${rest%% *} ere=${rest#* }
    [ "$path" != "$rest" ] || ere=
    if holds "$word" "$path" "$ere"; then truth=$yes; else truth=$no; fi
    if [ "$said" = "$truth" ]; then
        agree=$((agree + 1))
    else
        echo "$line; grep says: $truth"
        bad=1
    fi
done < "$explain.probes"
echo "$agree probes answered as grep answers them"
[ $agree -gt 0 ] || bad=1
exit $bad
