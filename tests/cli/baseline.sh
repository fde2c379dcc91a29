#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# matrix --baseline: what broke and what mended since an earlier report, in every report.
# tests: core/proof/baseline
# slow: 10 s
. "$(dirname "$0")/lib.sh"

data=$repo/tools/data
if ! command -v jq > /dev/null || ! command -v python3 > /dev/null; then
    skip 'matrix --baseline' 'jq or python3 is missing'
    finish
fi
. "$fx/reports.sh"
run matrix --merge first.json second.json --json=all.json

# Of six cells one broke, one mended, one has another failure, one is new.
jq '.started = "2026-10-01T02:03:04Z" | .cells |= map(
    if .key == "a.run 6.17.0-5-generic" then .class = "ok"
    elif .key == "a.run 5.10.0-32-amd64" then .class = "modpost"
    elif .key == "b.run 6.17.0-5-generic" then .class = "hunk" else . end) | del(.cells[3])' all.json > before.json
cp before.json kept.json
written='--json=now.json --junit now.xml --html now.html --markdown now.md'
# shellcheck disable=SC2086 # words
expect_status 'compared' 1 matrix --merge all.json --baseline before.json $written
check 'the baseline stays what it is' cmp before.json kept.json
check 'text: newly broken' grep -qx 'newly broken 460.106.00 on 6.17.0-5-generic: compile, was ok' out
check 'text: newly mended' grep -qx 'newly mended 460.106.00 on 5.10.0-32-amd64: ok, was modpost' out
check 'text: nothing else' test "$(grep -c '^newly' out)" = 2
check 'text: the totals' grep -qx '3 ok, 2 failed, 1 blocked; 1 newly broken, 1 newly mended:' out
check 'JSON: what changed' json_is now.json '.baseline | "\(.file) \(.started) \(.compared) \(.broken | join(",")) / \(.mended | join(","))"' \
    "before.json 2026-10-01T02:03:04Z 5 $a3 / $a1"
check 'JSON: how each cell was' json_is now.json '[.cells[] | .was // "-"] | join(" ")' 'modpost blocked ok - ok hunk'
says 'Markdown: the totals' 'blocked; 1 newly broken, 1 newly mended' now.md
says 'Markdown: in the table' '❌ compile, newly broken |' now.md
says 'Markdown: in the table, mended' '✅ ok, newly mended |' now.md
check 'Markdown: as a list' sh -c 'grep -A2 "^Newly broken:" now.md | grep -q "^- 460.106.00 on 6.17.0-5-generic&#58; compile, was ok$"'
if command -v xmllint > /dev/null; then
    # is WHAT XPATH WANT FILE
    is() { check "$1" test "$(xmllint --xpath "$2" "$4" 2>&1)" = "$3"; }
    check 'JUnit: as the XSD says' xmllint --noout --nonet --schema "$data/junit.xsd" now.xml
    is 'JUnit: the message says it first' 'substring-before(//failure/@message, ": ")' 'newly broken' now.xml
    is 'JUnit: what passes says it, too' 'string(//testcase[1]//property[@name="change"]/@value)' 'newly mended' now.xml
    is 'JUnit: and what it was' 'string(//testcase[1]//property[@name="was"]/@value)' modpost now.xml
    is 'JUnit: of nothing else' 'count(//property[@name="change"])' 2 now.xml
    check 'HTML: is well-formed XML' xmllint --noout --nonet now.html
fi

# --- it judges nothing --------------------------------------------------------
jq '.cells |= map(select(.class == "ok"))' all.json | jq 'del(.planned)' > fine.json
jq '.cells |= map(.class = "compile")' fine.json > worse.json
jq '.cells |= map(.class = "blocked")' fine.json > refused.json
expect_status 'all is fine, and was worse' 0 matrix --merge fine.json --baseline worse.json
says 'which is said' '3 newly mended' out
expect_status 'blocked now, and was fine' 0 matrix --merge refused.json --baseline fine.json
says 'which is said, too' '3 newly broken, 0' out
expect_status 'failed, as it was' 1 matrix --merge worse.json --baseline worse.json
says 'nothing is new' '; 0 newly broken, 0 newly mended:' out
expect_status 'expected, and newly broken' 0 matrix --merge worse.json --baseline fine.json --expect worse.json --junit both.xml
says 'both are said' 'newly broken: expected to fail: compile' both.xml
expect_status 'without it' 0 matrix --merge fine.json --json=plain.json --html plain.html --markdown plain.md
check 'nothing is compared' json_is plain.json '"\(.baseline) \([.cells[].was] | unique)"' 'null [null]'
refute 'and nothing said' grep -qi 'newly' out plain.html plain.md
expect_status 'what was compared once' 0 matrix --merge now.json --fail-on none --json=later.json
check 'is not said again' json_is later.json '"\(.baseline) \([.cells[].was] | unique)"' 'null [null]'

# --- files ----------------------------------------------------------------------
expect_status 'of an older gridpatch' 1 matrix --merge all.json --baseline second.json
check 'by its own cells' grep -qF '; 0 newly broken, 0 newly mended' out
expect_status 'no such file' 4 matrix --merge all.json --baseline gone.json --html gone.html
refute 'no report' test -e gone.html
expect_status 'one that is none' 3 matrix --merge all.json --baseline nasty.json
says 'which one' "'nasty.json'"
head -c 700 all.json > cut.json
expect_status 'one that is cut' 3 matrix --merge all.json --baseline cut.json
jq '.cells[0].class = "fine"' all.json > wrong.json
expect_status 'a class that is none' 3 matrix --merge all.json --baseline wrong.json
says 'where' 'cells[0].class'
expect_status 'its file as an output' 2 matrix --merge all.json --baseline before.json --json=before.json
says 'says so' "would write over the input 'before.json'"
expect_status 'its file as another output' 2 matrix --merge all.json --baseline before.json --html before.json
check 'it is still there' cmp before.json kept.json
touch a.run
expect_status 'with --emit' 2 matrix a.run --emit lines --baseline before.json
# Names and classes of a baseline reach the terminal and every report.
jq '.started = "</p><script>window.pwned = 1</script>"' before.json > 'x<script>alert(1)<script>.json'
expect_status 'a file with a name of its own' 1 matrix --merge all.json --baseline 'x<script>alert(1)<script>.json' --html n.html --junit n.xml --markdown n.md --json=n.json
if command -v xmllint > /dev/null; then
    check 'HTML: is well-formed XML still' xmllint --noout --nonet n.html
    is 'HTML: has one script' 'count(//script)' 1 n.html
    check 'JUnit: as the XSD says still' xmllint --noout --nonet --schema "$data/junit.xsd" n.xml
fi
finish
