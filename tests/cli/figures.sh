#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# What benches measured gets into their page, and what none measured stays.
# no-san: a script of the benches
. "$(dirname "$0")/lib.sh"

figures=$repo/tests/bench/figures.sh
page() {
    cat > page << 'EOF'
before
<!-- bench one: begin -->

| old one |

<!-- bench one: end -->
between
<!-- bench two: begin -->
| old two |
<!-- bench two: end -->
after
EOF
}
mkdir made
page
cp page kept
refute 'nothing was measured: it fails' sh "$figures" made page
check 'and the page is as it was' cmp page kept
echo 'SKIP one: no such tool' > made/one.md
refute 'a bench that was skipped: it fails' sh "$figures" made page
check 'the page is as it was' cmp page kept
printf '| new \\1 & |\n' > made/one.md
check 'one was measured' sh "$figures" made page
cat > want << 'EOF'
before
<!-- bench one: begin -->

| new \1 & |

<!-- bench one: end -->
between
<!-- bench two: begin -->
| old two |
<!-- bench two: end -->
after
EOF
check 'its figures are new, the others stay' cmp page want
check 'again' sh "$figures" made page
check 'gives the same' cmp page want
sed -i '/one: end/d' page
cp page kept
refute 'a mark without its end' sh "$figures" made page
check 'the page is as it was' cmp page kept
check 'nothing is left' test "$(echo page*)" = page
for name in bench repack proof; do
    check "the page has its marks: $name" sh -c 'grep -qx "<!-- bench $1: begin -->" "$0" && grep -qx "<!-- bench $1: end -->" "$0"' "$repo/tests/bench/README.md" $name
    check "and there is such a bench: $name" test -f "$repo/tests/bench/$name.sh"
done
finish
