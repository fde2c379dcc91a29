#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2013 # names are words
# figures.sh FIGURES PAGE: put FIGURES/NAME.md, which a bench has written, between
#
#     <!-- bench NAME: begin -->
#     <!-- bench NAME: end -->
#
# of PAGE, for each NAME that PAGE has. Figures whose bench was not run stay as they are.
set -eu
export LC_ALL=C
figures=$1
page=$2
done=
cp "$page" "$page.new"
trap 'rm -f "$page.new" "$page.next"' EXIT
for name in $(sed -n 's/^<!-- bench \([a-z]*\): begin -->$/\1/p' "$page"); do
	grep -qx "<!-- bench $name: end -->" "$page" || {
		echo "figures.sh: $page: bench $name does not end" >&2
		exit 1
	}
	# A bench that was skipped says so, and has no table.
	if ! grep -qs '^|' "$figures/$name.md"; then
		echo "figures.sh: there is no table in $figures/$name.md: these figures stay" >&2
		continue
	fi
	awk -v name="$name" -v from="$figures/$name.md" '
		$0 == "<!-- bench " name ": end -->" { skip = 0 }
		!skip { print }
		$0 == "<!-- bench " name ": begin -->" {
			skip = 1
			print ""
			while ((getline line < from) > 0)
				print line
			print ""
		}' "$page.new" >"$page.next"
	mv "$page.next" "$page.new"
	done="$done $name"
done
[ -n "$done" ] || {
	echo "figures.sh: nothing was measured: make bench-quick" >&2
	exit 1
}
cmp -s "$page.new" "$page" || cat "$page.new" >"$page"
echo "figures.sh: $page:$done"
