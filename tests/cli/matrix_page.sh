#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# The table of a matrix page, as a browser shows it: sorting, grouping, heads that stay,
# signs, what changed, at 1280 and at 390 pixels, light and dark.
# tests: core/proof/baseline core/proof/sheet
# no-san: reports.sh writes the same pages; here the browser works
# slow: 30 s
. "$(dirname "$0")/lib.sh"

if ! command -v jq > /dev/null || ! command -v python3 > /dev/null; then
    skip 'the matrix page' 'jq or python3 is missing'
    finish
fi
. "$fx/reports.sh"

# Five drivers, in no order; their names would be sorted otherwise as text.
image='<img src=x onerror="window.pwned=1">.run'
k1='6.1.0-<script>window.pwned=1</script>' k2=6.17.0-5-generic
jq -n --arg image "$image" --arg k1 "$k1" --arg k2 "$k2" '
    def cell($driver; $file; $kernel; $class; $verdict): {driver: {version: $driver, file: $file},
        kernel: {release: $kernel}, class: $class, verdict: $verdict, compiler: "gcc (Sample) 12.2.0"};
    def fails($file; $error): . + {file: $file, line: 7, error: $error};
    {type: "gridpatch.matrix", schema: 2, started: "2026-11-24T01:00:00Z", program: "1.0", jobs: 2,
     hosts: ["Sample 12, Linux 6.1, x86_64"], cells: [
    cell("470.9"; "d/r.run"; $k1; "ok"; "supported"),
    (cell("470.9"; "d/r.run"; $k2; "compile"; "untested") | fails("nv.c"; "no <b>member</b> \u0026amp; named x")),
    (cell("470.82"; "d/s.run"; $k1; "blocked"; "blocked") | .reasons = ["mdev is gone"] | .compiler = null),
    (cell("470.82"; "d/s.run"; $k2; "blocked"; "blocked") | .compiler = null),
    cell("470.103"; "d/t.run"; $k1; "ok"; "supported"), cell("470.103"; "d/t.run"; $k2; "ok"; "supported"),
    (cell("390.1"; "a.run"; $k1; "modpost"; "untested") | fails(null; "undefined!")),
    (cell("390.1"; $image; $k1; "timeout"; "untested") | .expected = true | .error = "no end"),
    cell("390.1"; $image; $k2; "ok"; "untested")]}' > rows.json
jq '.started = null | .cells[1].class = "ok" | .cells[4].class = "hunk"' rows.json > before.json
expect_status 'the page' 1 matrix --merge rows.json --baseline before.json --html rows.html
expect_status 'a page of many' 1 matrix --merge many.json --html many.html

# --- what can be said without a browser ---------------------------------------
if command -v xmllint > /dev/null; then
    # is WHAT XPATH WANT [FILE]
    is() { check "$1" test "$(xmllint --xpath "$2" "${4:-rows.html}" 2>&1)" = "$3"; }
    check 'well-formed' xmllint --noout --nonet rows.html
    is 'the compiler is said once, on top' 'concat(count(//dt[. = "compiler"]), " ", //header//dt[. = "compiler"]/following-sibling::dd[1])' '1 gcc (Sample) 12.2.0'
    is 'so is the host' 'concat(count(//dt[. = "host"]), " ", //header//dt[. = "host"]/following-sibling::dd[1])' '1 Sample 12, Linux 6.1, x86_64'
    is 'an error below each driver that failed' 'concat(count(//tr[@class="why"]), " ", string(//tbody[1]/tr[2]/td))' \
        "3 $k2 nv.c:7: no <b>member</b> &amp; named x"
    is 'nothing of it is an element' 'count(//img | //b)' 0
    jq '.cells[0].compiler = "clang 14"' rows.json > two.json
    run matrix --merge two.json --html two.html
    is 'two compilers: of how many cells each is' 'string(//header//dt[. = "compiler"]/following-sibling::dd[1])' 'clang 14 (1 cell)gcc (Sample) 12.2.0 (6 cells)' two.html
    is 'and each cell says its own' 'count(//details//dt[. = "compiler"])' 7 two.html
    is 'what is not there has no term' 'count(//dt[. = "host"])' 0 many.html
    jq '{type, schema, cells: []}' rows.json > none.json
    run matrix --merge none.json --html none.html
    check 'a page of nothing' xmllint --noout --nonet none.html
else
    skip 'the matrix page by xmllint' 'libxml2-utils is missing'
fi

# --- in a browser ---------------------------------------------------------------
if ! command -v chromium > /dev/null || ! command -v chromedriver > /dev/null; then
    skip 'the matrix page in Chromium' 'chromium or chromedriver (chromium-driver) is missing'
    finish
fi
saw() { check "$1" json_is seen.json "$2" "$3"; }
# Both widths in both schemes.
every_size() {
    saw "$1: nothing overflows" '[.wide, .phone | .[] | [.closed, .opened][] | select(.[1] > .[0] or .[2] > .[0])] | length' 0
    saw "$1: that was 1280 and 390 pixels" '[.wide.light, .wide.dark, .phone.light, .phone.dark | .closed[0]] | join(" ")' '1280 1280 390 390'
    saw "$1: contrast, WCAG AA" '[.wide, .phone | .[] | .contrast[0] | select(. < 4.5)] | length' 0
    saw "$1: the rows scroll" '[.wide, .phone | .[] | .heads | select(.scrolled < 50 or .before[2][1] - .after[2][1] < 50)] | length' 0
    saw "$1: the heads stay" '[.wide, .phone | .[] | .heads | (.before[0][1] - .after[0][1]), (.before[1][1] - .after[1][1]) | select(. > 3)] | length' 0
    saw "$1: and lie above the rows" '[.wide, .phone | .[] | .heads.on_top | select(. != true)] | length' 0
}
timeout 180 python3 "$fx/browser_matrix.py" rows.html shot.png > seen.json 2> err
check 'Chromium shows it' test $? = 0
saw 'no complaints' '.console | join(";")' ''
saw 'nothing of it runs' '.page | "\(.pwned) \(.foreign)"' 'false 0'
saw 'the places have a size to touch' .page.small 0
saw 'the bar: what there is' '[.page.bar[] | "\(.[0]) \(.[2])"] | join(",")' 'ok ✔ 4,not ⊘ 2,bad ✘ 1,bad ✘ 1,due ✘ 1'
saw 'the bar: as long as there are cells' '.page.bar | ((.[0][1] / .[2][1]) | . > 3.7 and . < 4.3) and ((.[1][1] / .[2][1]) | . > 1.8 and . < 2.2)' true
saw 'the bar: in words' '.page.bar_says | startswith("4 ok, 2 failed, 1 failed as expected, 2 blocked")' true
saw 'the first error of each row' '[.page.why[] | "\(.[1]) \(.[2])"] | join(";")' \
    "$k2 nv.c:7: no <b>member</b> &amp; named x #c1;null null;null null;$k1 undefined! #c6;$k1 no end #c7"
saw 'what broke and mended' '.page.changes | "\(.broken | join(" ")) \(.mended | join(" ")) \(.outline | join(" "))"' 't1 t4 solid dashed'
saw 'what broke and mended: on top' '.page.changes.lines | join(";")' \
    "Newly broken (1)|470.9 on $k2: compile, was ok;Newly mended (1)|470.103 on $k1: ok, was hunk"
saw 'few kernels: words' '.page.signs | "\(.checked) \(.word > 10)"' 'false true'
every_size rows

r1=470.9 r2=470.82 r3=470.103 r4=390.1a.run r5="390.1$image"
# order NAME DRIVER…
order() { saw "sorted: $1" ".sort[\"$2\"] | join(\" \")" "$3"; }
order 'as they were named at first' at_first "$r1 $r2 $r3 $r4 $r5"
order 'by driver, as numbers' driver_up "$r4 $r5 $r1 $r2 $r3"
order 'by driver, the other way' driver_down "$r3 $r2 $r1 $r4 $r5"
order 'the third time, as they were named' driver_back "$r1 $r2 $r3 $r4 $r5"
order 'by how many failed' failed "$r1 $r4 $r5 $r2 $r3"
order 'by a kernel, the worst first' worst_3 "$r5 $r4 $r2 $r1 $r3"
order 'by a kernel, the best first' best_3 "$r1 $r3 $r2 $r4 $r5"
order 'by the other one, without a cell last' worst_4 "$r1 $r2 $r3 $r5 $r4"
order 'by the other one, still last' best_4 "$r3 $r5 $r2 $r1 $r4"
saw 'sorted: which head says so' '[.sort | .at_first_aria, .driver_up_aria, .driver_down_aria, .driver_back_aria, .worst_3_aria, .best_3_aria | join(" ")] | join(";")' \
    'none none none none;ascending none none none;descending none none none;none none none none;none none descending none;none none ascending none'
saw 'sorted: the keyboard sees where it is' .sort.outline solid
saw 'sorted: errors go with their drivers' '[.sort.why[] | select(.[1]) | .[2]] | join(" ")' '#c7 #c1 #c6'
saw 'drivers by result' '.sort.by_result | join(";")' "# Failed (2);$r1;$r4;# Failed as expected (1);$r5;# Not built (1);$r2;# Built (1);$r3"
saw 'drivers by result, sorted within' '.sort.by_result_sorted | join(";")' "# Failed (2);$r1;$r4;# Failed as expected (1);$r5;# Not built (1);$r2;# Built (1);$r3"
saw 'and back' '.sort.end | join(";")' "$r1;$r2;$r3;$r4;$r5"
results='Failed: compile (1): d1;Failed: modpost (1): d6;Failed as expected: timeout (1): d7;Not built: blocked (2): d2 d3;Built (4): d0 d4 d5 d8'
saw 'grouped: by result at first' '.page.groups | join(";")' "$results"
saw 'grouped: by verdict' '.group.verdict | map(split(": ") | .[0] + ":" + (.[1] | split(" ") | sort | join(" "))) | join(";")' \
    'blocked (2):d2 d3;supported (3):d0 d4 d5;untested (4):d1 d6 d7 d8'
saw 'grouped: by driver, as numbers' '.group.driver | map(split(" (")[0]) | join(" ")' '390.1 470.9 470.82 470.103'
saw 'grouped: by kernel, as text' '.group.kernel | map(split(" (")[0]) | join(";")' "$k1;$k2"
saw 'grouped: by what changed' '.group.change | map(split(" (")[0]) | join(";")' 'as it was;newly broken;newly mended'
saw 'grouped: filters go on' '.group.filtered | sort | join(" ")' 'd1 d2 d3 d6 d7'
saw 'grouped: links go on' '.group.click | length == 1 and (.[0].first | startswith("nv.c:7: no <b>"))' true
saw 'grouped: back to results' '.group.result | join(";")' "$results"
saw 'without a script: the order that was given' '.no_script | "\(.drivers | length) \(.drivers[0])"' "5 $r1"
saw 'without a script: grouped by result' '.no_script.groups | join(";")' "$results"
saw 'without a script: nothing that does not work' '.no_script | "\(.buttons) \(.selects)"' '0 false'
saw 'without a script: heads stay' '.no_script.heads | .scrolled > 50 and (.before[0][1] - .after[0][1]) < 4' true
saw 'without a script: signs' '.no_script.signs_other | "\(.checked) \(.word < 2)"' 'true true'

timeout 180 python3 "$fx/browser_matrix.py" many.html shot.png > seen.json 2> err
check '500 cells: Chromium shows it' test $? = 0
saw '500 cells: signs' '.page.signs | "\(.checked) \(.word < 2) \(.size[0] >= 24 and .size[0] < 48)"' 'true true true'
saw '500 cells: 25 kernels fit into 1280 pixels' '.page.signs.grid < 1280' true
saw '500 cells: words for those who listen' '.page.signs | "\(.text) \(.title)"' '✘ compile 50.1 on 6.0.0-1-amd64: compile'
saw '500 cells: words, if they are wanted' '.no_script.signs_other | "\(.checked) \(.word > 10)"' 'false true'
saw '500 cells: places have a size to touch' .page.small 0
saw '500 cells: no comparison' '.page.changes | (.broken + .mended + .lines) | length' 0
saw '500 cells: sorted' '.sort.driver_up | map(tonumber) | . == sort and length == 20' true
every_size '500 cells'
finish
