#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# Every verb and option of --help stands in the man page and the completion.
# no-san: texts are compared; each verb's help runs elsewhere, too
. "$(dirname "$0")/lib.sh"

man=$repo/tools/man/gridpatch.1
comp=$repo/tools/completion/gridpatch.bash
for f in "$man" "$comp"; do
    [ -f "$f" ] || { not_ok "$f is there"; finish; }
done
# roff: \- is a hyphen, \& and font changes are nothing; mdoc's Fl is a dash.
grep -v '^\.\\"' "$man" | sed 's/\\-/-/g; s/\\&//g; s/\\f[A-Z]//g; s/Fl \([A-Za-z]\)/-\1/g' > man.txt

run help
sed -n '/^Verbs:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' out > verbs
check 'there are verbs' test "$(wc -l < verbs)" -ge 7
# word FILE TEXT: TEXT as a word of its own.
word() { grep -qE -- "(^|[^A-Za-z0-9-])$2([^A-Za-z0-9-]|\$)" "$1"; }
while read -r verb; do
    check "man: $verb" word man.txt "$verb"
    check "completion: $verb" word "$comp" "$verb"
    [ "$verb" != help ] || continue
    run "$verb" --help
    # "  -k, --kernel R   …" and "       (also: gridpatch check)"
    sed -n 's/^  *\(-[a-zA-Z], \)\{0,1\}\(--[a-z][a-z0-9-]*\).*/\2/p' out > "opts.$verb"
    sed -n 's/^  *\(-[a-zA-Z]\), --.*/\1/p' out > "letters.$verb"
    check "$verb has options" test -s "opts.$verb"
    while read -r o; do
        check "man: $verb $o" word man.txt "$o"
        check "completion: $verb $o" word "$comp" "$o"
    done < "opts.$verb"
    while read -r o; do
        check "man: $verb $o" word man.txt "$o"
    done < "letters.$verb"
    sed -n 's/.*(also: gridpatch \([a-z-]*\)).*/\1/p' out > aliases
    while read -r a; do
        check "man: the alias $a" word man.txt "$a"
        check "completion: the alias $a" word "$comp" "$a"
    done < aliases
done < verbs
for o in --kernel-source-path --kernelsourcedir; do
    check "man: $o" word man.txt "$o"
done
for e in GRIDPATCH_DATA GRIDPATCH_HOOKS XDG_DATA_HOME SOURCE_DATE_EPOCH; do
    check "man: the variable $e" word man.txt "$e"
done
for s in 0 1 2 3 4 70; do
    check "man: exit status $s" word man.txt "$s"
done
# And nothing that gridpatch does not know.
cat opts.* | sort -u > known
printf '%s\n' --version --help --kernel-source-path --kernelsourcedir >> known
sed '/^[[:space:]]*#/d' "$comp" | grep -oE -- '(^|[^A-Za-z0-9-])--[a-z][a-z0-9-]+' | sed 's/.*--/--/' | sort -u > offered
check 'completion: no option that does not exist' sh -c '! grep -vxF -f known offered'

# README's table is what the data says; `make readme` brings it up to date.
GRIDPATCH_DATA=$repo "$GRIDPATCH" support --markdown > table
sed -n '/^<!-- support: begin/,/^<!-- support: end/p' "$repo/README.md" | sed '1,2d;$d' | sed '$d' > in-readme
check 'README: the table of drivers and kernels is current (make readme)' diff in-readme table
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
    offers() { COMP_FILE=$comp bash offer.bash "$@" | sed 's/[ =]*$//'; }
    check 'completion: bash can read it' bash -n "$comp"
    check 'completion: it is for gridpatch' bash -c ". '$comp' && complete -p gridpatch"
    touch a.run
    offers gridpatch '' > got
    while read -r verb; do
        check "completion offers the verb $verb" grep -qx -- "$verb" got
    done < verbs
    offers gridpatch se > got
    check 'completion: se is select' grep -qx select got
    refute 'completion: se is not patch' grep -qx patch got
    for verb in $(grep -vx help verbs); do
        offers gridpatch $verb -- > got
        while read -r o; do
            check "completion offers $verb $o" grep -qx -- "$o" got
        done < "opts.$verb"
        check "completion: $verb has nothing else" sh -c "! grep -- '^--' got | grep -vxF -f opts.$verb -e --kernel-source-path -e --kernelsourcedir"
    done
    offers gridpatch -- > got
    check 'completion: options of patch without the verb' grep -qx -- --hooks got
    offers gridpatch select --kind '' > got
    check 'completion: kinds' sh -c 'for w in host merged guest general; do grep -qx $w got || exit 1; done'
    offers gridpatch patch --allow '' > got
    check 'completion: words of --allow' sh -c 'for w in blocked unknown hooks altered; do grep -q $w got || exit 1; done'
    offers gridpatch info --progress '' > got
    check 'completion: words of --progress' sh -c 'grep -qx auto got && grep -qx none got && grep -qx json got'
    offers gridpatch patch --repack '' > got
    check 'completion: modes of --repack' sh -c 'grep -qx auto got && grep -qx splice got && grep -qx full got'
    offers gridpatch matrix --fail-on '' > got
    check 'completion: words of --fail-on' sh -c 'grep -qx any got && grep -qx regression got && grep -qx none got'
    touch a.json
    offers gridpatch matrix --merge '' > got
    check 'completion: reports to merge' sh -c 'grep -qx a.json got && ! grep -qx a.run got'
    offers gridpatch matrix '' > got
    check 'completion: installers for a matrix' sh -c 'grep -qx a.run got && ! grep -qx a.json got'
    offers gridpatch matrix --emit '' > got
    check 'completion: words of --emit' sh -c 'grep -qx github got && grep -qx gitlab got && grep -qx lines got'
    offers gridpatch build --modules nvidia, > got
    check 'completion: a list of modules' sh -c 'grep -qx nvidia,nvidia-uvm got && ! grep -qx nvidia,nvidia got'
    offers gridpatch matrix --resume '' > got
    check 'completion: a report to continue' grep -qx a.json got
    mkdir -p place
    offers gridpatch build -o '' > got
    check 'completion: a directory for modules' sh -c 'grep -qx place got && ! grep -qx a.run got'
    offers gridpatch matrix --markdown '' > got
    check 'completion: the file of --markdown' grep -qx a.run got
    offers gridpatch support --markdown - > got
    check 'completion: that of support has none' grep -qx -- --json got
else
    skip 'completion' 'no bash'
fi
finish
