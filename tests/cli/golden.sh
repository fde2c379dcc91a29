#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# doctor of whole systems (tests/golden): recorded ones, and some that are put together from
# public sources. What is to be said stands in each, and was written from what the sources
# mean there; --json and the text must both say it.
# tests: ops/host/checkup ops/host/machine ops/host/packages
. "$(dirname "$0")/lib.sh"

golden() { python3 "$fx/golden.py" "$@"; }
# As doctor prints such a line.
as_text() {
    awk '
        /^    -> / { sub(/^ */, ""); print "           " $0; next }
        { health = $1; sub(/^[a-z]+ [a-z-]+: /, ""); printf "%-10s %s\n", health == "ok" ? "OK" : health, $0; n[health]++ }
        END { printf "in all     %d OK, %d attention, %d missing, %d unknown\n", n["ok"], n["attention"], n["missing"], n["unknown"] }'
}
systems=0
for file in "$repo"/tests/golden/*; do
    name=${file##*/}
    [ "$name" != README.md ] || continue
    systems=$((systems + 1))
    golden unpack "$file" "$name"
    golden says "$file" > want
    read -r want_status platform running << END
$(golden ends "$file")
END
    expect_status "$name" "$want_status" doctor --sysroot "$name" --json
    jq -r '.checks[] | "\(.health) \(.check): \(.text)", (.mend | select(.) | "    -> " + .)' out > said
    check "$name: as JSON" diff want said
    check "$name: platform and kernel" json_is out '"\(.platform) \(.running)"' "$platform $running"
    run doctor --sysroot "$name"
    as_text < want > text
    check "$name: as text" diff text out
    # What somebody made by hand is also what a record of it has.
    run doctor --sysroot "$name" --record "$name.r" --yes
    run doctor --sysroot "$name.r"
    check "$name: its record says the same" diff text out
done
check 'all of them' test "$systems" -ge 8
finish
