#!/bin/sh
# SPDX-License-Identifier: MIT
# The floors, cmd -> ops -> core -> base, and the rooms of each floor. An include may
# skip a floor or a room downward and never goes upward; core stays pure; only cmd
# (and base's log) prints. Names of files in comments and pages are those of files.
# Each module has its test: tests/map.sh.
set -eu
cd "$(dirname "$0")/.."
bad=0

# From the lowest room to the highest: a room includes from those before it.
rooms='base
core/diff core/payload core/rules core/driver core/merge core/module core/vm core/proof core/record
ops/tree ops/patch ops/quilt ops/run ops/input ops/select ops/driver ops/job ops/vm/guest ops/vm ops/proof ops/fetch ops/lint ops/host ops/running ops/upgrade
cmd/front cmd/report cmd/proof cmd'

complain() {
	echo "layers: $*" >&2
	bad=1
}
forbid() { # FOLDER REGEX WHY
	if grep -rnE --include='*.[ch]' "$2" "tools/$1"; then
		complain "$1: $3"
	fi
}
known=
for room in $rooms; do
	[ -d "tools/$room" ] || complain "there is no room tools/$room"
	known="$known $room"
	for f in tools/"$room"/*.[ch]; do
		sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\(.*\)".*/\1/p' "$f" | while read -r inc; do
			from=${inc%/*}
			[ -f "tools/$inc" ] || echo "$f includes '$inc', which is not a path from tools/"
			case " $known " in *" $from "*) ;; *) echo "$f includes '$inc': $from stands above $room" ;; esac
			case $inc in *_impl.h) [ "$from" = "$room" ] || echo "$f includes '$inc', which is $from's own" ;; esac
		done
		guard=GP_$(echo "${f#tools/}" | tr 'a-z/.-' 'A-Z___')
		case $f in *.h) grep -q "^#ifndef $guard\$" "$f" || echo "$f: its guard is not $guard" ;; esac
	done
done >build-layers.$$
if [ -s build-layers.$$ ]; then
	cat build-layers.$$ >&2
	bad=1
fi
rm -f build-layers.$$
for d in $(find tools -name '*.[ch]' | sed 's|^tools/||; s|/[^/]*$||' | sort -u); do
	case " $(echo $rooms) " in *" $d "*) ;; *) complain "tools/$d has no place in the order of rooms" ;; esac
done

forbid core '#include "base/(fsio|proc|log)\.h"' 'core is pure'
forbid core '#include <(unistd|fcntl|dirent|time|sys/stat|sys/wait|sys/mman)\.h>' 'core is pure'
forbid core '\b(printf|fprintf|puts|fopen|open|time|fork)\(' 'core neither prints nor opens'
# gp_debug() is the trace that -v shows; what a user must know is returned.
forbid ops '\b(printf|puts|fprintf|fputs|fwrite|dprintf|gp_warn|gp_warn_loud)\(' 'only cmd prints'
for floor in base core ops cmd; do
	forbid $floor '\b(system|popen|atoi|sscanf|strtok|strcpy|strcat|sprintf)\(' 'banned function'
done
for f in $(find tools -name '*.[ch]'); do
	head -n 1 "$f" | grep -q 'SPDX-License-Identifier: MIT' || complain "$f has no SPDX line"
	lines=$(wc -l <"$f")
	[ "$lines" -le 600 ] || complain "$f has $lines lines: split it by noun"
	# Tabs are eight columns wide.
	wide=$(expand "$f" | awk 'length($0) > 120 { n = n " " NR } END { print n }')
	[ -z "$wide" ] || complain "$f: more than 120 columns in line$wide"
done
for f in kernel-versions/*; do
	wide=$(awk 'length($0) > 120 { n = n " " NR } END { print n }' "$f")
	case $f in *.md) ;; *) [ -z "$wide" ] || complain "$f: more than 120 columns in line$wide" ;; esac
done
# The page about the source lists them in the same order.
told=$(sed -n '/^## The rooms/,/^## /s/^| `\([a-z\/]*\)` |.*/\1/p' tools/README.md)
[ "$(echo $told)" = "$(echo $rooms)" ] || complain "tools/README.md has other rooms, or in another order"

# What a comment or a page names is there: a file, with or without its suffix, or a folder.
wrong=$(
	# Includes are looked at above.
	grep -rnoP --include='*.[ch]' --include='*.md' --include=Makefile \
		'(?<![\w./-])((tools|tests)/[\w./-]*(\.(c|h|sh|py|awk|md|json|xsd)\b|/)|(base|core|ops|cmd)/[a-z0-9_/]*[a-z0-9_](\.[ch]\b)?)' \
		Makefile README.md .github kernel-versions patches tools tests/unit |
		while IFS=: read -r file line path; do
			[ -e "$path" ] || [ -e "tools/$path" ] || [ -e "tools/$path.h" ] || [ -e "tools/$path.c" ] ||
				echo "$file:$line names $path, which is not there"
		done
)
[ -z "$wrong" ] || complain "$wrong"
sh tests/map.sh >/dev/null || bad=1
python3 tests/includes.py >/dev/null || complain "a file uses what it does not include, or the other way round: make includes"
[ $bad = 0 ] && echo "layers: fine"
exit $bad
