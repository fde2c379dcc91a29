#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2013,SC2016,SC2046,SC2086,SC2154 # $k, $opts and verbs are words; lib.sh sets the rest
# Every verb, option and word that the program knows stands in its help and its man page, and
# the man pages are sound.
# no-san: texts are compared; each verb's help runs elsewhere, too
. "$(dirname "$0")/lib.sh"

man=$repo/tools/man
[ -f "$man/gridpatch.1" ] || { not_ok 'there are pages'; finish; }
# roff: \- is a hyphen, \& and font changes are nothing; mdoc's Fl is a dash.
for f in "$man"/*.[157]; do
    grep -v '^\.\\"' "$f" | sed 's/\\-/-/g; s/\\&//g; s/\\f[A-Z]//g; s/Fl \([A-Za-z]\)/-\1/g' > "$(basename "$f").txt"
done
cp gridpatch.1.txt man.txt

# What the program's own table says: "VERB [ALIAS]"; of a verb, "NAME [ARGUMENT [WORD…]]".
"$GRIDPATCH" __options > verbs
check 'there are verbs' test "$(wc -l < verbs)" -ge 7
# word FILE TEXT: TEXT as a word of its own.
word() { grep -qE -- "(^|[^A-Za-z0-9-])$2([^A-Za-z0-9-]|\$)" "$1"; }
"$GRIDPATCH" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' > listed
check 'the help lists the verbs' test "$(cat listed)" = "$(cut -d ' ' -f 1 verbs && echo help)"
while read -r verb alias; do
    check "man: $verb" word man.txt "gridpatch-$verb"
    page=gridpatch-$verb.1.txt
    check "man: $verb has a page" test -s "$page"
    # Two have the options of patch, and say so; what every verb takes stands in the overview.
    case $verb in
    merge | dkms-tree)
        check "man: $verb leads to patch" word "$page" 'Xr gridpatch-patch 1'
        cat gridpatch-patch.1.txt >> "$page"
        ;;
    esac
    check "man: $verb leads to the overview" grep -q '^\.Xr gridpatch 1' "$page"
    sed -n '/^\.Sh OPTIONS/,/^\.Sh ENVIRONMENT/p' man.txt >> "$page"
    # Words, and other names of an option, may stand where the page leads to.
    cat "$page" $(grep -ohE 'Xr gridpatch[a-z-]* [0-9]' "$page" | sed 's/^Xr //; s/ /./; s/$/.txt/' | sort -u) > near
    "$GRIDPATCH" "$verb" --help > text
    [ -z "$alias" ] || check "man: the alias $alias" word "$page" "$alias"
    [ -z "$alias" ] || check "help: the alias $alias" grep -q "(also: gridpatch $alias)" text
    check "help: $verb has its exit statuses, and leads to its page" \
        sh -c 'tr "\n" " " < text | grep -q "Exit status: 0 .* 1 .* 2 .* 3 .* 4 .* 70 .*man gridpatch-$1 $"' - "$verb"
    sed -n 's/^Example: //p' text > example
    check "help: $verb has an example" test "$(wc -l < example)" -eq 1
    check "man: $verb has it, too" sh -c 'sed -n "/^\.Sh EXAMPLES/,/^\.Sh OPTIONS/p" "$1" | grep -qxFf example' - "$page"
    "$GRIDPATCH" __options "$verb" > "table.$verb"
    check "$verb names options that there are" sh -c '! grep "^?" "$1"' - "table.$verb"
    cut -d ' ' -f 1 "table.$verb" > "opts.$verb"
    grep -oE -e '(^| )--?[a-z][a-z-]*' example | tr -d ' ' > typed
    refute "help: the example of $verb takes options that there are" grep -vxFf "opts.$verb" typed
    # "  -k, --kernel R   …"; other names for an option are not shown.
    sed -n 's/^  *\(-[a-zA-Z]\), \(--[a-z][a-z0-9-]*\).*/\1 \2/p; s/^  *\(--[a-z][a-z0-9-]*\).*/\1/p' text | tr ' ' '\n' > shown
    grep -vxE -e '-d|--kernel-?source(-path|dir)' "opts.$verb" > want
    check "help: the options of $verb" diff want shown
    while read -r o arg words; do
        case $o in
        --kernel-source-path | --kernelsourcedir) check "man: $verb $o" word near "$o" ;;
        *) check "man: $verb $o" word "$page" "$o" ;;
        esac
        for w in $words; do
            check "man: $verb $o $w" word near "$w"
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

# README's table is what the data says; `make readme` brings it up to date.
GRIDPATCH_DATA=$repo "$GRIDPATCH" support --markdown --platform all > all
sh "$repo/tools/packaging/readme-table.sh" < all > table
refute 'README: the table has no row that the data have not' grep -vxF -f all table
for p in 'Proxmox VE 9' 'Debian 12' 'Ubuntu 24.04' Maxwell; do check "README: the table has $p" grep -q "^| $p" table; done
sed -n '/^<!-- support: begin/,/^<!-- support: end/p' "$repo/README.md" | sed '1,2d;$d' | sed '$d' > in-readme
check 'README: the table of drivers and kernels is current (make readme)' diff in-readme table
for verb in $(cut -d ' ' -f 1 verbs); do
    "$GRIDPATCH" $verb --help > got
    check "$verb --help: 80 columns" sh -c '! LC_ALL=C.UTF-8 grep -E "^.{81}" got'
done
check 'README: the table is there' test "$(grep -c '^|' in-readme)" -ge 10

# What a page leads to, in its own section and others', is there; EXAMPLES come before OPTIONS.
grep -ohE 'Xr gridpatch[a-z-]* [0-9]' "$man"/*.[157] | sed 's/^Xr //; s/ /./' | sort -u > led
check 'pages lead to each other' test "$(wc -l < led)" -ge 25
while read -r f; do check "$f is there" test -f "$man/$f"; done < led
(cd "$man" && printf '%s\n' *.[157]) | grep -vxF -f led > not-led || :
check 'no page is led to by none' test ! -s not-led
for f in "$man"/gridpatch*.1; do
    check "$(basename "$f"): examples before options" \
        test "$(grep -E '^\.Sh (EXAMPLES|OPTIONS)' "$f" | tr '\n' ' ')" = '.Sh EXAMPLES .Sh OPTIONS '
done
if command -v mandoc > /dev/null; then
    for f in "$man"/*.[157]; do
        (cd "$man" && mandoc -Tlint -Wwarning "${f##*/}") > lint 2>&1
        check "mandoc -Tlint -Wwarning is silent of ${f##*/}" sh -c 'cat lint; test ! -s lint'
    done
    check 'make doc-html' "${MAKE:-make}" -s -C "$repo" doc-html AUTODEPS=0 "HTML=$PWD/html"
    (cd "$man" && printf '%s.html\n' *.[157]) > want
    check 'a page of each' sh -c 'cd html && ls *.html | grep -vx index.html | sort | diff - ../want'
    sed -n 's/.*href="\(gridpatch[^"#]*\).*/\1/p' html/*.html | sort -u > led
    check 'and they lead to each other' sh -c 'test -s led && cd html && ls -- $(cat ../led) > /dev/null'
else
    skip 'mandoc' 'it is not installed'
fi

finish
