#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # lib.sh sets the rest
# Reports of a matrix: matrix --merge, and what other programs make of its JSON,
# JUnit, HTML and Markdown. The results are written by hand, and full of what a
# hostile package could make a compiler print.
# tests: core/proof/sheet core/proof/markup core/proof/merge
# slow: 25 s
. "$(dirname "$0")/lib.sh"

data=$repo/tools/data
if ! command -v jq > /dev/null || ! command -v python3 > /dev/null; then
    skip 'reports' 'jq or python3 is missing'
    finish
fi
. "$fx/reports.sh"

# --- two shards ---------------------------------------------------------------

all='--json=all.json --junit all.xml --html all.html --markdown all.md'
expect_status 'joined, with failures' 1 matrix --merge first.json second.json $all
check 'what was run twice' grep -qxF "twice      $b2" out
refute 'nothing is missing' grep -q '^missing' out
check 'the counts' grep -qx '3 ok, 2 failed, 1 blocked:' out
check 'a red cell: place, class, error, command' grep -qF "460.106.00 on 6.17.0-5-generic nvidia-vgpu-vfio/nvidia-vgpu-vfio.c:2942 [compile]: </script>" out
check 'a red cell: its command' grep -qF "550.163.01 on 6.17.0-5-generic [timeout]: no end after 600 s; repeat: gridpatch build b.run" out
check 'the error is the last word' grep -qx 'gridpatch: 2 of 6 cells failed' err
check 'in the order of the plan' json_is all.json '[.cells[].key] == .planned' true
check 'a result wins over none' json_is all.json '.cells[4].class' ok
run matrix --merge second.json first.json --json=turned.json
check 'a result wins over a later none' json_is turned.json '.cells[4].class' ok
check 'times: the longest' json_is all.json '.wall_s == 312.5 and .decode_s == 0.5 and .jobs == 5 and .started == "2026-11-24T01:00:00Z"' true
check 'ok, exit and error' json_is all.json '"\(.ok) \(.exit) \(.error)"' 'false 1 2 of 6 cells failed'
jq '.cells |= map(select(.class | IN("compile", "timeout") | not))' all.json > green.json
expect_status 'nothing failed, but two are gone' 1 matrix --merge green.json
check 'missing' grep -qxF "missing    $a3" out
check 'missing: the answer' grep -qx 'gridpatch: 2 of 6 cells missing' err
expect_status 'one red cell is one line' 1 matrix --merge first.json
check 'the line' grep -qxF '1 ok, 2 failed, 3 missing:' out
jq 'del(.planned) | .cells |= map(select(.class == "timeout" or .class == "ok"))' all.json > one.json
expect_status 'one red cell' 1 matrix --merge one.json
check 'is one line' grep -qxF '3 ok, 1 failed: 550.163.01 on 6.17.0-5-generic [timeout]: no end after 600 s; repeat: gridpatch build b.run' out
jq '.cells |= map(select(.class == "ok"))' one.json > fine.json
expect_status 'all is fine' 0 matrix --merge fine.json --json
check 'on standard output' json_is out '"\(.ok) \(.counts.ok) \(.cells | length)"' 'true 3 3'
expect_status '-q' 1 matrix -q --merge one.json
silent_on '-q is silent' out

# --- JSON ---------------------------------------------------------------------

expect_status 'what it wrote it reads' 1 matrix --merge all.json --json=again.json
check 'and writes again' sh -c 'jq -S . all.json > x; jq -S . again.json | diff x -'
if find_schema_python; then
    check 'the schemas are sound' $python "$fx/valid.py" "$data"
    as_said() { $python "$fx/valid.py" "$data" "matrix=$1"; }
    check 'all.json is as the schema says' as_said all.json
    for wrong in 'del(.type)' '.type = "gridpatch.build"' '.schema = 3' 'del(.schema)' 'del(.ok)' '.ok = true' 'del(.reason)' \
        '.reason = "bad luck"' 'del(.error)' '.more = 1' '.cells[0].class = "fine"' 'del(.cells[0].driver)' \
        '.cells[0].driver = "1.0"' '.cells[0].line = "1"' '.cells[0].build_s = -1' '.cells[0].sets = "x"' '.cells[0].more = 1' \
        '.cells[0].kernel.more = 1' '.planned = [1]' '.counts.fine = 1'; do
        jq "$wrong" all.json > wrong.json
        refute "the schema refuses $wrong" as_said wrong.json
    done
else
    skip 'the JSON schema' 'python3-jsonschema is missing'
fi
check 'the schema has every field of a report' sh -c "jq -r 'keys[]' all.json | sort > x; jq -r '.properties | keys[]' '$data/matrix.schema.json' | sort | diff x -"
check 'and of a cell' sh -c "jq -r '.cells[0] | keys[]' all.json | sort > x; jq -r '.[\"\$defs\"].built_cell.properties | keys[]' '$data/common.schema.json' | sort | diff x -"
check 'cells of schema 1 are those of schema 2' json_is all.json '.cells[2] | "\(.driver.version) \(.driver.branch) \(.driver.kind) \(.driver.file) \(.kernel.release)"' \
    '460.106.00 460 host d/a.run 6.17.0-5-generic'
check 'their hooks, too' json_is all.json '[.cells[].hooks_integrated] | index(true)' 0
check 'the reason of a failure in a word' json_is all.json .reason compile

# --- JUnit --------------------------------------------------------------------

if command -v xmllint > /dev/null; then
    # is WHAT XPATH WANT: of all.xml
    is() { check "$1" test "$(xmllint --xpath "$2" "${4:-all.xml}" 2>&1)" = "$3"; }
    check 'JUnit: as the XSD says' xmllint --noout --nonet --schema "$data/junit.xsd" all.xml
    is 'JUnit: the totals' 'concat(/*/@tests, " ", /*/@failures, " ", /*/@errors, " ", /*/@skipped, " ", /*/@time)' '6 1 1 1 713.750'
    is 'JUnit: a suite for each driver' 'count(/testsuites/testsuite)' 2
    is 'JUnit: totals of a suite' 'concat(//testsuite[1]/@name, " ", //testsuite[1]/@tests, //testsuite[1]/@failures, //testsuite[1]/@errors, //testsuite[1]/@skipped)' '460.106.00 (a.run) 3101'
    is 'JUnit: as many as it says' 'count(//testcase) = sum(//testsuite/@tests) and count(//failure) = sum(//testsuite/@failures) and count(//error) = sum(//testsuite/@errors) and count(//skipped) = sum(//testsuite/@skipped)' true
    is 'JUnit: names' 'concat(//testcase[3]/@classname, " ", //testcase[3]/@name)' 'gridpatch.460_106_00 6.17.0-5-generic (a.run)'
    is 'JUnit: the message' 'string(//failure/@message)' "compile: $(nasty error)"
    is 'JUnit: the kind of failure' 'string(//failure/@type)' compile
    check 'JUnit: the log' sh -c 'xmllint --xpath "string(//system-out)" all.xml | sed "\$d" > x; jq -rj .tail nasty.json | diff x -'
    is 'JUnit: the command' 'string(//testcase[3]//property[@name="repeat"]/@value)' "$(nasty repeat)"
    is 'JUnit: blocked is skipped, and why' 'string(//skipped/@message)' 'blocked: mdev is gone'
    run matrix --merge green.json --junit green.xml
    check 'JUnit: missing cells, as the XSD says' xmllint --noout --nonet --schema "$data/junit.xsd" green.xml
    is 'JUnit: missing cells are errors' 'concat(/*/@errors, " ", //error[@type="missing"][1]/../@name)' "2 $a3" green.xml
    printf '%s\n' '<testsuites name="x" tests="1" failures="0" errors="0" skipped="0" time="0"><testsuite/></testsuites>' > wrong.xml
    refute 'the XSD refuses what is incomplete' xmllint --noout --nonet --schema "$data/junit.xsd" wrong.xml
    check 'HTML: is well-formed XML' xmllint --noout --nonet all.html
    is 'HTML: one script, one style' 'concat(count(//script), " ", count(//style))' '1 1' all.html
    is 'HTML: the error' 'string(//*[@id="c2"]/p)' "nvidia-vgpu-vfio/nvidia-vgpu-vfio.c:2942: $(nasty error)" all.html
    check 'HTML: the log' sh -c 'xmllint --xpath "string(//pre)" all.html | sed "1d;\$d" > x; jq -rj .tail nasty.json | diff x -'
    is 'HTML: nothing is loaded' 'count(//@src | //link | //iframe | //object | //embed | //img | //a[not(starts-with(@href, "#"))] | //@style | //@onclick)' 0 all.html
else
    skip 'JUnit and HTML by xmllint' 'libxml2-utils is missing'
fi

# --- HTML ---------------------------------------------------------------------

refute 'HTML: names no address' grep -qiE 'https?:|url\(|@import' all.html
cat > policy.py << 'P'
import base64, hashlib, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"', page).group(1)
want = "default-src 'none'"
for name, tag in (("style-src", "style"), ("script-src", "script")):
    text = re.search("<%s>(.*?)</%s>" % (tag, tag), page, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    want += "; %s 'sha256-%s'" % (name, digest)
want += "; base-uri 'none'; form-action 'none'"
if policy != want:
    sys.exit("%s\n%s" % (policy, want))
P
check 'HTML: the policy allows its own style and script only' python3 policy.py all.html

# --- Markdown -----------------------------------------------------------------

if command -v cmark-gfm > /dev/null && command -v xmllint > /dev/null; then
    # All that GitHub would let through, and more.
    { echo '<r>'; cmark-gfm --unsafe -e table -e autolink -e strikethrough all.md; echo '</r>'; } > md.html
    check 'Markdown: renders to something whole' xmllint --noout --nonet md.html
    is 'Markdown: the table' 'concat(count(//tr), " ", count(//th), " ", count(//td))' '3 4 8' md.html
    is 'Markdown: a cell' 'string(//tbody/tr[1]/td[4])' '❌ compile' md.html
    is 'Markdown: red cells' 'count(//details)' 2 md.html
    is 'Markdown: the error is text' 'string(//details[1]/p[1])' "nvidia-vgpu-vfio/nvidia-vgpu-vfio.c:2942: $(nasty error)" md.html
    is 'Markdown: nothing of it is markup' 'count(//script | //img | //b | //em | //a)' 0 md.html
    check 'Markdown: the log' sh -c 'xmllint --xpath "string(//details[1]/pre[2])" md.html | sed "\$d" > x; jq -rj .tail nasty.json | diff x -'
    is 'Markdown: the command' 'normalize-space(//details[1]/pre[1])' "$(nasty repeat)" md.html
else
    skip 'Markdown' 'cmark-gfm or xmllint is missing'
fi

# --- bytes that no report may hold --------------------------------------------

# C0, C1, bidi, a half character, a surrogate, U+FFFF.
{ printf '{"type":"gridpatch matrix","schema":1,"cells":[{"driver":"1.0","release":"6.1","class":"verify","error":"a\\u001b[2Jb\377\303c",'
  printf '"log_tail":"x\\u0001\\u0085\\u202e\\uffff\355\240\200y\\r\\nz\\rw"}]}\n'; } > bytes.json
expect_status 'bad bytes' 1 matrix --merge bytes.json --json=bytes.out --junit bytes.xml --html bytes.html --markdown bytes.md
check 'no escape on the terminal' sh -c '! LC_ALL=C grep -q "$(printf "\033")" out'
for f in bytes.out bytes.xml bytes.html bytes.md; do
    check "$f is UTF-8" sh -c "iconv -f UTF-8 -t UTF-16 $f > /dev/null"
    refute "$f has no controls" env LC_ALL=C grep -q "$(printf '[\001\033\r]')" $f
done
if command -v xmllint > /dev/null; then
    check 'bad bytes: JUnit' xmllint --noout --nonet --schema "$data/junit.xsd" bytes.xml
    check 'bad bytes: HTML' xmllint --noout --nonet bytes.html
    is 'bad bytes: what stands for them' 'string(//failure/@message)' 'verify: a�[2Jb��c' bytes.xml
    is 'bad bytes: the log' 'string(//system-out)' "$(printf 'x�������y\nz\nw')" bytes.xml
fi

# --- many ---------------------------------------------------------------------

expect_status '500 cells' 1 matrix --merge many.json --json=many.out --junit many.xml --html many.html --markdown many.md
check '500 cells: counts' grep -qx '332 ok, 168 failed:' out
check '500 cells: a line for each red one' test "$(grep -c '\[compile\]' out)" = 167
check '500 cells: Markdown stays below 1 MiB' test "$(wc -c < many.md)" -le 1048576
check '500 cells: and uses it' test "$(wc -c < many.md)" -ge 1000000
check '500 cells: and says what it left out' grep -qE '^[0-9]+ more failed; there is no room' many.md
check '500 cells: what it names and what it left out are all' test "$(grep -c '<details>' many.md)" -eq $((168 - $(sed -n 's/^\([0-9]*\) more failed.*/\1/p' many.md)))
if command -v xmllint > /dev/null; then
    check '500 cells: JUnit' xmllint --noout --nonet --schema "$data/junit.xsd" many.xml
    check '500 cells: HTML' xmllint --noout --nonet many.html
    is '500 cells: the grid' 'concat(count(//table/tbody), " ", count(//table/thead/tr/th), " ", count(//td[@id]/a))' '20 27 500' many.html
fi
jq -nc '{type: "gridpatch matrix", schema: 1, cells: [range(2000) as $i | {driver: "\($i)", release: "\($i)", class: "ok"}]}' > sparse.json
expect_status 'a table of millions of places' 0 matrix --merge sparse.json --html sparse.html --markdown sparse.md
check 'HTML: is left out' test "$(wc -c < sparse.html)" -le 2000000
check 'Markdown: is left out' test "$(wc -c < sparse.md)" -le 10000

# --- what may fail ------------------------------------------------------------

printf '# known\n460.* 6.17* compile # mdev\n*  6.17*  timeout\n* 5.10* *\n' > may
expect_status '--expect: all failures are listed' 0 matrix --merge all.json --expect may --json=may.json --junit may.xml --html may.html --markdown may.md
check '--expect: counts' grep -qx '3 ok, 0 failed, 2 failed as expected, 1 blocked' out
check '--expect: what passes now' grep -qxF 'passes now line 4: * 5.10* *' out
check '--expect: in the JSON' json_is may.json '[.cells[] | select(.expected) | .class] | join(" ")' 'compile timeout'
check '--expect: in the HTML' grep -qF 'class="due k-compile"><a href="#c2" title="460.106.00 on 6.17.0-5-generic: compile, expected">✘<span class="w"> compile, expected</span></a>' may.html
if command -v xmllint > /dev/null; then
    is '--expect: JUnit skips them' 'concat(/*/@failures, /*/@errors, /*/@skipped)' 003 may.xml
    check '--expect: JUnit' xmllint --noout --nonet --schema "$data/junit.xsd" may.xml
fi
sed -i 's/^460.*/460.* 6.17* modpost/' may
expect_status '--expect: another class' 1 matrix --merge all.json --expect may
check '--expect: the other is red' grep -qE '^3 ok, 1 failed, 1 failed as expected, 1 blocked: 460.106.00 on' out
expect_status '--expect: a list that is none' 3 matrix --merge all.json --expect nasty.json
printf '\n460 6.1\n' > may
expect_status '--expect: two words' 3 matrix --merge all.json --expect may --json=e.json
says '--expect: where' "'may', line 2"
check '--expect: JSON tells of it' json_is e.json '"\(.ok) \(.exit)"' 'false 3'
expect_status '--expect: no such file' 4 matrix --merge all.json --expect gone

jq '.cells |= map(if .class == "compile" then .class = "ok" else . end)' all.json > before.json
expect_status '--expect an earlier report: it was better' 1 matrix --merge all.json --expect before.json --fail-on regression
check 'it says so' grep -qx 'gridpatch: 1 of 6 cells got worse' err
check 'what failed before may' grep -qE '^3 ok, 1 failed, 1 failed as expected' out
expect_status '--expect itself' 0 matrix --merge all.json --expect all.json
expect_status '--expect: it is better now' 0 matrix --merge before.json --expect all.json
check 'it says what' grep -qxF 'passes now 460.106.00 on 6.17.0-5-generic, was compile' out
jq 'del(.planned) | .cells |= map(select(.class != "compile"))' all.json > less.json
expect_status 'a new cell that fails' 1 matrix --merge all.json --expect less.json
expect_status 'is no regression' 0 matrix --merge all.json --expect less.json --fail-on regression
expect_status '--fail-on none' 0 matrix --merge all.json --fail-on none
expect_status '--fail-on none: missing' 0 matrix --merge green.json --fail-on none

# --- the command line, files --------------------------------------------------

expect_status 'nothing to do' 2 matrix
expect_status 'nothing to merge' 2 matrix --merge
expect_status 'regression of what' 2 matrix --merge all.json --fail-on regression
expect_status 'no such word' 2 matrix --merge all.json --fail-on often
expect_status 'two on standard output' 2 matrix --merge all.json --junit - --html -
says 'which two' '--junit and --html both write to standard output'
expect_status 'JSON and another one' 2 matrix --merge all.json --json --markdown -
expect_status 'no such shard' 4 matrix --merge all.json gone.json
expect_status 'a shard that is none' 3 matrix --merge all.json nasty.json
says 'which one' "'nasty.json'"
head -c 500 all.json > cut.json
expect_status 'a shard that is cut' 3 matrix --merge first.json cut.json --html cut.html
refute 'no report of half of it' test -e cut.html
jq '.schema = 3' all.json > new.json
expect_status 'a shard of the future' 3 matrix --merge new.json
says 'says so' 'schema 3; this gridpatch knows 2'
expect_status '--markdown -' 1 matrix --merge all.json --markdown -
check 'the report is all of standard output' cmp -s all.md out
says 'the text is on standard error' '3 ok, 2 failed'
mkdir full
expect_status 'a directory' 4 matrix --merge fine.json --html full --junit other.xml
refute 'nothing was written before it was known' test -e other.xml
expect_status 'no such directory' 4 matrix --merge fine.json --html gone/x.html
echo old > old.html
expect_status 'an existing one is replaced' 0 matrix --merge fine.json --html old.html
check 'by a whole one' grep -qx '</html>' old.html
if [ -e /dev/full ]; then
    expect_status 'a full disk' 4 matrix --merge fine.json --html /dev/full --json=full.json
    check 'JSON knows' json_is full.json '"\(.ok) \(.exit)"' 'false 4'
    "$GRIDPATCH" matrix --merge fine.json --html - > /dev/full 2> err
    check 'a full standard output' test $? = 4
fi
check 'nothing is left behind' sh -c '! ls -A | grep gridpatch-'
finish
