#!/bin/sh
# SPDX-License-Identifier: MIT
# `make check`: unit tests (cmocka) and command tests, each said by name.
# Everything runs even after a failure; the last line counts. What a test says of itself
# in its head: tests/map.sh (`tests:`), and here (`slow:`, `no-san:`).
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0
case $BUILD in *-san) san=1 ;; *) san= ;; esac

# by_length TEST…: the long ones first, so that none is left alone at the end. A test's
# head says how long it takes, on an idle machine: "# slow: 40 s", in C "/* Slow: 40 s */".
by_length() {
	awk 'FNR == 1 { print length_of + 0, name; name = FILENAME; length_of = 0 }
		FNR <= 20 && tolower($2) == "slow:" { length_of = $3 }
		END { print length_of + 0, name }' "$@" | sort -k1,1nr -k2 | sed 's/^[0-9]* *//; /^$/d'
}
# no_san TEST: why a sanitizer would see nothing new in it: "# no-san: why" in its head.
no_san() { [ -z "$san" ] || sed -n '1,20s/^# no-san: //p' "$1"; }

run_units() {
	if ! printf '#include <setjmp.h>\n#include <stdarg.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <cmocka.h>\n' |
		${CC:-cc} -E -x c - >/dev/null 2>&1; then
		echo "SKIP unit tests: cmocka's header is missing (libcmocka-dev)"
		skipped=$((skipped + 1))
		return
	fi
	$MAKE --no-print-directory -j"$(nproc)" test-programs >"$BUILD/test-build.log" 2>&1 || {
		cat "$BUILD/test-build.log"
		echo "not ok - the unit tests do not build"
		failed=$((failed + 1))
		return
	}
	# As many at a time as there are processors; told in order.
	units=$(find tests/unit -name 'test_*.c' | sort)
	by_length $units | sed 's/\.c$//' | xargs -n 1 -P "$(nproc)" sh -c '
		"$0/$1" >"$0/$1.log" 2>&1
		echo $? >"$0/$1.status"' "$BUILD"
	for t in $units; do
		log=$BUILD/${t%.c}
		t=${t##*/}
		echo "== ${t%.c}"
		status=$(cat "$log.status")
		# cmocka's own closing lines, and what failed.
		grep -E '^\[  (PASSED|FAILED|SKIPPED)|^\[==========\].*run' "$log.log" | tail -n 40
		n=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log.log" | tail -n 1)
		s=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/\1/p' "$log.log" | tail -n 1)
		passed=$((passed + ${n:-0}))
		skipped=$((skipped + ${s:-0}))
		if [ $status != 0 ]; then
			grep -vE '^\[ RUN      \]|^\[       OK \]' "$log.log" | head -n 60
			failed=$((failed + 1))
		fi
	done
}

run_cli() {
	for t in $(by_length tests/cli/*.sh); do
		[ "${t##*/}" = lib.sh ] || [ -n "$(no_san "$t")" ] || echo "$t"
	done | xargs -n 1 -P "$(nproc)" sh -c '
		log=$0/cli-$(basename "$1" .sh)
		sh "$1" >"$log.log" 2>&1
		echo $? >"$log.status"' "$BUILD"
	for t in tests/cli/*.sh; do
		[ "${t##*/}" = lib.sh ] && continue
		echo "== $t"
		if [ -n "$(no_san "$t")" ]; then
			echo "   left out with SAN=1: $(no_san "$t")"
			continue
		fi
		log=$BUILD/cli-$(basename "$t" .sh).log
		status=$(cat "${log%.log}.status")
		n=$(grep -c '^ok ' "$log") f=$(grep -c '^not ok ' "$log") s=$(grep -c '^SKIP ' "$log")
		grep -E '^(not ok|SKIP) ' "$log"
		if [ $status != 0 ] && [ "$f" = 0 ]; then
			echo "not ok - $t ended with status $status"
			tail -n 20 "$log"
			f=1
		elif [ $status != 0 ]; then
			tail -n 40 "$log"
		fi
		echo "   $n ok, $f not ok, $s skipped"
		passed=$((passed + n)) failed=$((failed + f)) skipped=$((skipped + s))
	done
}

run_units
run_cli
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
