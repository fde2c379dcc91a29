#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# support --html: one page, as a browser shows it.
# tests: core/proof/weblink ops/select/support
# slow: 15 s
. "$(dirname "$0")/lib.sh"

# --- what can be said without a browser ---------------------------------------

expect_status 'a page' 0 support --html page.html
check 'and one line that says so' test "$(cat out)" = 'wrote      page.html'
check 'it is well-formed XML, too' xmllint --noout --nonet page.html
expect_status 'on standard output' 0 support --html -
check 'the same page' cmp out page.html
expect_status 'beside JSON' 0 support --html page.html --json=s.json
check 'beside JSON: both' json_ok s.json
expect_status 'both on one stream' 2 support --html - --json
expect_status 'two tables' 2 support --html page.html --markdown
expect_status 'a name that cannot be' 4 support --html no/such/dir/page.html
expect_status 'of a platform and a card' 0 support --platform proxmox-9 --gpu 10de:1b80 --html one.html
check 'its kernels alone' test "$(grep -c '<tbody' one.html)" = 1
says 'by its name' 'Proxmox VE 9</th>' one.html
check 'the card is chosen' grep -q '<option.* data-ids="[^"]*1b00-.*selected="selected"' one.html
mkdir -p bad/kernel-versions
cat > bad/kernel-versions/drivers << 'T'
Branch: 460
Product: <img src=x onerror="window.pwned=1">
Versions: 460.32.04 460.107
Evidence: [reported] a list
T
cat > bad/kernel-versions/5.12 << 'T'
Kernel: 5.12
Status: blocked
Reason: </dd></article><script>window.pwned=1</script>

Driver: 460.107
Status: supported
Load: yes
Reason: "><svg onload='window.pwned=1'> &amp; javascript:alert(1)
Evidence: [reported] a/b#1, https://example.org/x, <b>c/d#2</b> e/f@<i> javascript:window.pwned=1
T
printf 'Kernel: 5.13\nStatus: blocked\nReason: <b>\n' > bad/kernel-versions/5.13
GRIDPATCH_DATA=$PWD/bad run support --html bad.html
check 'all is escaped' xmllint --noout --nonet bad.html
refute 'nothing of it is an element' grep -qE '<(img|svg|b|i)[ >]' bad.html
cp page.html again.html
run support --html again.html
check 'the same data give the same bytes' cmp page.html again.html

# --- in a browser ---------------------------------------------------------------

if ! command -v jq > /dev/null || ! command -v python3 > /dev/null || ! command -v chromium > /dev/null ||
    ! command -v chromedriver > /dev/null; then
    skip 'support --html in Chromium' 'jq, python3, chromium or chromedriver (chromium-driver) is missing'
    finish
fi
saw() { check "$1" json_is seen.json "$2" "$3"; }
timeout 180 python3 "$fx/browser_support.py" page.html shot.png > seen.json 2> err
check 'Chromium shows it' test $? = 0
run support --json
saw 'nothing is loaded' '.page | "\(.resources | length) \(.foreign)"' '0 0'
saw 'no complaints' '.console | join(";")' ''
saw 'every id is there once, and every link leads somewhere' '.page | "\(.ids | length) \(.dead)"' '0 0'
saw 'all branches' '.page.columns[1:] | join(" ")' "$(jq -r '[.branches[].branch] | join(" ")' out)"
saw 'all lines' '.page.rows | join(" ")' "$(jq -r '.kernels | join(" ")' out)"
saw 'places have a size to touch' .page.small 0
saw '1280 pixels: no scrolling sideways' '.page.sizes | .[1] <= 1280 and .[2] <= 1280' true
saw 'nothing is open at first' '.page.shown | length' 0
saw 'a click shows what is behind it' '.use.click | length == 1 and (.[0].text | contains("does not build")) and .[0].top >= 0 and .[0].top < 900' true
saw 'and beside the table' '.use.click[0].left > 600' true
saw 'with its rules, all told' '.use.click[0] | .rules > 0 and .rules == .told' true
saw 'and how it is known' '.use.click[0].text | contains("evidence")' true
saw 'and the place is marked' .use.current 1
saw 'Enter on a place' '.use.key | length == 1 and (.[0].text | contains("builds, seen to load"))' true
saw 'links can be followed' '[.use.key[0].links[] | select(startswith("https://") | not)] | length' 0
saw 'the filter by branch' '.use.branch[1:] | join(" ")' 460
platforms=$(sed -n 's/^Title: //p' "$repo/kernel-versions/platforms")
saw 'platforms to choose from' '.use.platforms[1:] | join("\n")' "$platforms"
saw 'the filter by platform' '.use.platform | join(" ")' \
    "$(sed -n 's/^Kernels: //p' "$repo/kernel-versions/platforms" | head -n 1)"
# served FIRST LAST: of all branches those, and the others are faint.
served() { jq -r --argjson first "$1" --argjson last "$2" '[.branches[].branch | "\(.)" +
    (if . < $first or . > $last then " faint" else "" end)] | join(",")' out; }
saw 'the filter by card: GTX 1080' '.use.cards["10de:1b80"] | .[0][1:] | join(",")' "$(served 418 535)"
saw 'the filter by card: how' '.use.cards["10de:1b80"][1] | contains("with the hooks")' true
saw 'the filter by card: one id lies over a range' '.use.cards["1b38"][1] | contains("by itself")' true
saw 'the filter by card: one that is not known' '.use.cards["10DE:FFFF"][1]' 'nothing is known of 10de:ffff'
saw 'the filter by card: back to all' '.use.cards[""] | .[0][1:] | join(",")' "$(served 0 9999)"
saw 'a phone: no scrolling sideways' '.phone.sizes | .[0] == 390 and .[1] <= 390 and .[2] <= 390' true
saw 'a phone: but of the table' '.phone.scrolled > 0' true
saw 'a phone: a click goes there' '.phone.shown | length == 1 and .[0].top >= 0 and .[0].top < 700 and .[0].width <= 390' true
saw 'contrast: WCAG AA, light and dark' '[.contrast[] | select(.[0] < 4.5)] | length' 0
saw 'without a script: a click works' '.no_script.click | length == 1 and (.[0].text | contains("does not build"))' true
saw 'without a script: no filters' .no_script.filter false
timeout 180 python3 "$fx/browser_support.py" bad.html shot.png > seen.json 2> err
saw 'nothing of the data runs' .page.pwned false
saw 'what cannot be a link is none' '.use.key[0].links | unique | join(" ")' 'https://example.org/x https://github.com/a/b/issues/1'
finish
