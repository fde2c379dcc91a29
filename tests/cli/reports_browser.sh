#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# The HTML report of a matrix as a browser shows it.
# tests: core/proof/markup
# no-san: reports.sh writes the same pages; here the browser works
# slow: 15 s
. "$(dirname "$0")/lib.sh"

if ! command -v jq > /dev/null || ! command -v python3 > /dev/null; then
    skip 'HTML in Chromium' 'jq or python3 is missing'
    finish
fi
if ! command -v chromium > /dev/null || ! command -v chromedriver > /dev/null; then
    skip 'HTML in Chromium' 'chromium or chromedriver (chromium-driver) is missing'
    finish
fi
. "$fx/reports.sh"
expect_status 'the pages' 1 matrix --merge first.json second.json --json=all.json --html all.html
expect_status '500 cells' 1 matrix --merge many.json --html many.html
timeout 180 python3 "$fx/browser.py" all.html shot.png > seen.json 2> err
check 'Chromium shows it' test $? = 0
saw() { check "$1" json_is seen.json "$2" "$3"; }
saw 'nothing is loaded' '.page | "\(.resources | length) \(.foreign) \(.scripts)"' '0 0 1'
saw 'nothing of the log runs' .page.pwned false
saw 'no complaints' '.console | join(";")' ''
saw 'the title' .page.title 'gridpatch matrix: 3 ok, 2 failed, 1 blocked'
saw 'the grid: words, not only colours' '[.page.cells[].word] | join("|")' '✔ ok|⊘ blocked|✘ compile|✔ ok|✔ ok|✘ timeout'
saw 'the grid: rows and columns' '[.page.cells | (map(.x) | unique | length), (map(.y) | unique | length)] | join("x")' 3x2
saw 'the grid: places have a size to touch' '[.page.cells[] | select(.w < 64 or .h < 24)] | length' 0
saw 'the grid: fits the window' '.page | .grid[0] > 300 and .grid[0] < .picture[0] and .grid[1] > 80 and .grid[1] < .picture[1]' true
saw 'the picture: has the colours' '[.page.cells[] | select(.pixel != .ground)] | length' 0
saw 'the picture: green is green' '.page.cells[0].pixel | .[1] > .[0] + 15 and .[1] > .[2] + 15' true
saw 'the picture: red is red' '.page.cells[2].pixel | .[0] > .[1] + 15 and .[0] > .[2] + 15' true
saw 'the picture: grey is grey' '.page.cells[1].pixel | (max - min) < 12' true
saw 'closed at first' '.page | "\(.opened | length) \(.shown)"' '0 6'
check 'a click on a red cell shows its first error' test "$(jq -r '.use.click[0].first' seen.json)" = "nvidia-vgpu-vfio/nvidia-vgpu-vfio.c:2942: $(nasty error)"
saw 'a click: only that, and in sight' '.use.click | length == 1 and .[0].top >= 0 and .[0].top < 700' true
saw 'a click: the keyboard goes on there' .use.focus SUMMARY
saw 'Enter on a cell' '.use.key[0].first' 'no end after 600 s'
saw 'the filter by words' '.use | "\(.words | join(" ")) \(.words_rows) \(.words_count)"' 'd2 1 1 of 6'
saw 'the filter by class' '.use | "\(.without_ok | sort | join(" ")) \(.all_again)"' 'd1 d2 d5 6'
saw 'a phone: the page does not scroll sideways' '.phone | .page <= 360 and .body <= 360 and .inner == 360' true
saw 'a phone: the table does' '.phone.scrolled > 0' true
saw 'a phone: its first column stays' '.phone.first_column | (.[0] - .[1]) < 4' true
saw 'print: all details' '[.print.opened[] | select(. > 20)] | length' 6
saw 'print: no filter' .print.filter false
saw 'print: works' .print.pdf '%PDF-'
saw 'contrast: WCAG AA, light and dark' '[.contrast[] | select(. < 4.5)] | length' 0
saw 'without a script: a click works' '.no_script.click | length == 1 and (.[0].first | contains("window.pwned"))' true
saw 'without a script: so does the filter by class' '.no_script.without_ok | sort | join(" ")' 'd1 d2 d5'
saw 'without a script: no box for words' .no_script.text_filter false
timeout 180 python3 "$fx/browser.py" many.html shot.png > seen.json 2> err
saw '500 cells: the phone' '.phone.page <= 360' true
saw '500 cells: all are there' .page.shown 500
saw '500 cells: all are printed' '[.print.opened[] | select(. > 20)] | length' 500
finish
