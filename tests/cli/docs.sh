#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2013,SC2016,SC2046,SC2086,SC2154 # $k, $opts and verbs are words; lib.sh sets the rest
# Every verb, option and word that the program knows stands in its help and the man page, and
# the completion offers it.
# no-san: texts are compared; each verb's help runs elsewhere, too
. "$(dirname "$0")/lib.sh"

man=$repo/tools/man/gridpatch.1
comp=$repo/tools/completion/gridpatch.bash
for f in "$man" "$comp"; do
    [ -f "$f" ] || { not_ok "$f is there"; finish; }
done
# roff: \- is a hyphen, \& and font changes are nothing; mdoc's Fl is a dash.
grep -v '^\.\\"' "$man" | sed 's/\\-/-/g; s/\\&//g; s/\\f[A-Z]//g; s/Fl \([A-Za-z]\)/-\1/g' > man.txt

# What the program's own table says: "VERB [ALIAS]"; of a verb, "NAME [ARGUMENT [WORD…]]".
"$GRIDPATCH" __options > verbs
check 'there are verbs' test "$(wc -l < verbs)" -ge 7
# word FILE TEXT: TEXT as a word of its own.
word() { grep -qE -- "(^|[^A-Za-z0-9-])$2([^A-Za-z0-9-]|\$)" "$1"; }
"$GRIDPATCH" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' > listed
check 'the help lists the verbs' test "$(cat listed)" = "$(cut -d ' ' -f 1 verbs && echo help)"
while read -r verb alias; do
    check "man: $verb" word man.txt "$verb"
    "$GRIDPATCH" "$verb" --help > text
    [ -z "$alias" ] || check "man: the alias $alias" word man.txt "$alias"
    [ -z "$alias" ] || check "help: the alias $alias" grep -q "(also: gridpatch $alias)" text
    "$GRIDPATCH" __options "$verb" > "table.$verb"
    check "$verb names options that there are" sh -c '! grep "^?" "$1"' - "table.$verb"
    cut -d ' ' -f 1 "table.$verb" > "opts.$verb"
    # "  -k, --kernel R   …"; other names for an option are not shown.
    sed -n 's/^  *\(-[a-zA-Z]\), \(--[a-z][a-z0-9-]*\).*/\1 \2/p; s/^  *\(--[a-z][a-z0-9-]*\).*/\1/p' text | tr ' ' '\n' > shown
    grep -vxE -e '-d|--kernel-?source(-path|dir)' "opts.$verb" > want
    check "help: the options of $verb" diff want shown
    while read -r o arg words; do
        check "man: $verb $o" word man.txt "$o"
        for w in $words; do
            check "man: $verb $o $w" word man.txt "$w"
            [ "$arg" = LIST ] || check "help: $verb $o $w" word text "$w"
        done
    done < "table.$verb"
done < verbs
for e in GRIDPATCH_DATA GRIDPATCH_HOOKS XDG_DATA_HOME SOURCE_DATE_EPOCH; do
    check "man: the variable $e" word man.txt "$e"
done
for s in 0 1 2 3 4 70; do
    check "man: exit status $s" word man.txt "$s"
done
# And nothing that gridpatch does not know.
cat opts.* | sort -u > known
echo --version >> known
sed '/^[[:space:]]*#/d' "$comp" | grep -oE -- '(^|[^A-Za-z0-9-])--[a-z][a-z0-9-]+' | sed 's/.*--/--/' | sort -u > offered
check 'completion: no option that does not exist' sh -c '! grep -vxF -f known offered'

# README's table is what the data says; `make readme` brings it up to date.
GRIDPATCH_DATA=$repo "$GRIDPATCH" support --markdown --platform all > table
sed -n '/^<!-- support: begin/,/^<!-- support: end/p' "$repo/README.md" | sed '1,2d;$d' | sed '$d' > in-readme
check 'README: the table of drivers and kernels is current (make readme)' diff in-readme table
for verb in $(cut -d ' ' -f 1 verbs); do
    "$GRIDPATCH" $verb --help > got
    check "$verb --help: 80 columns" sh -c '! LC_ALL=C.UTF-8 grep -E "^.{81}" got'
done
check 'README: the table is there' test "$(grep -c '^|' in-readme)" -ge 10

if command -v mandoc > /dev/null; then
    mandoc -Tlint -Wwarning "$man" > lint 2>&1
    check 'mandoc -Tlint -Wwarning is silent' sh -c 'cat lint; test ! -s lint'
else
    skip 'mandoc' 'it is not installed'
fi

if command -v bash > /dev/null; then
    # offers WORD…: what is completed behind these words, one to a line.
    cat > offer.bash << 'E'
source "$COMP_FILE"
spec=$(complete -p gridpatch) || exit 1
func=$(sed -n 's/.* -F \([^ ]*\) .*/\1/p' <<< "$spec")
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
COMPREPLY=()
"$func" gridpatch "${!#}" "${*: -2:1}" 2> /dev/null
printf '%s\n' "${COMPREPLY[@]}"
E
    # The program is asked under the name that stands on the command line.
    PATH=$(dirname "$GRIDPATCH"):$PATH
    offers() { COMP_FILE=$comp bash offer.bash "$@" | sed 's/[ =]*$//'; }
    check 'completion: bash can read it' bash -n "$comp"
    check 'completion: it is for gridpatch' bash -c ". '$comp' && complete -p gridpatch"
    touch a.run
    offers gridpatch '' > got
    for verb in $(cat verbs) help; do
        check "completion offers the verb $verb" grep -qx -- "$verb" got
    done
    offers gridpatch se > got
    check 'completion: se is select' grep -qx select got
    refute 'completion: se is not patch' grep -qx patch got
    for verb in $(cat verbs); do
        # An alias has the options of its verb.
        "$GRIDPATCH" __options "$verb" | cut -d ' ' -f 1 | sort > want
        offers gridpatch $verb - | sort > got
        check "completion offers the options of $verb" diff want got
    done
    # Words, each where it may stand.
    for verb in $(cut -d ' ' -f 1 verbs); do
        grep ' .* ' "table.$verb" | while read -r o arg words; do
            offers gridpatch $verb $o '' > got
            check "completion: $verb $o" test "$(cat got)" = "$(echo "$words" | tr ' ' '\n')"
        done > results
        cat results
        failed=$((failed + $(grep -c '^not ok' results)))
    done
    offers gridpatch -- > got
    check 'completion: options of patch without the verb' grep -qx -- --hooks got
    touch a.json
    offers gridpatch matrix --merge '' > got
    check 'completion: reports to merge' sh -c 'grep -qx a.json got && ! grep -qx a.run got'
    offers gridpatch matrix '' > got
    check 'completion: installers for a matrix' sh -c 'grep -qx a.run got && ! grep -qx a.json got'
    offers gridpatch build --modules nvidia, > got
    check 'completion: a list of modules' sh -c 'grep -qx nvidia,nvidia-uvm got && ! grep -qx nvidia,nvidia got'
    offers gridpatch matrix --resume '' > got
    check 'completion: a report to continue' grep -qx a.json got
    mkdir -p place
    offers gridpatch build -o '' > got
    check 'completion: a directory for modules' sh -c 'grep -qx place got && ! grep -qx a.run got'
    touch a.tar.xz a.dsc
    offers gridpatch dkms-tree -o '' > got
    check 'completion: what a tree may be written to' sh -c 'grep -qx place got && grep -qx a.tar.xz got && grep -qx a.dsc got && ! grep -qx a.run got'
    offers gridpatch matrix --markdown '' > got
    check 'completion: the file of --markdown' grep -qx a.run got
    offers gridpatch support --markdown - > got
    check 'completion: that of support has none' grep -qx -- --json got
else
    skip 'completion' 'no bash'
fi
finish
