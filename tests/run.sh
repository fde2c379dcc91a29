#!/bin/sh
# SPDX-License-Identifier: MIT
# `make check`: unit tests (cmocka) and command tests, each said by name.
# Everything runs even after a failure; the last line counts.
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0

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
	for t in $units; do
		echo "${t%.c}"
	done | xargs -n 1 -P "$(nproc)" sh -c '
		"$0/$1" >"$0/${1##*/}.log" 2>&1
		echo $? >"$0/${1##*/}.status"' "$BUILD"
	for t in $units; do
		t=${t##*/}
		t=${t%.c}
		echo "== $t"
		status=$(cat "$BUILD/$t.status")
		# cmocka's own closing lines, and what failed.
		grep -E '^\[  (PASSED|FAILED|SKIPPED)|^\[==========\].*run' "$BUILD/$t.log" | tail -n 40
		n=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$BUILD/$t.log" | tail -n 1)
		s=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/\1/p' "$BUILD/$t.log" | tail -n 1)
		passed=$((passed + ${n:-0}))
		skipped=$((skipped + ${s:-0}))
		if [ $status != 0 ]; then
			grep -vE '^\[ RUN      \]|^\[       OK \]' "$BUILD/$t.log" | head -n 60
			failed=$((failed + 1))
		fi
	done
}

run_cli() {
	# The long ones first, so that none is left alone at the end.
	{
		echo tests/cli/splice.sh
		echo tests/cli/faults.sh
		echo tests/cli/build.sh
		echo tests/cli/matrix.sh
		ls tests/cli/*.sh | grep -v -e /lib.sh -e /splice.sh -e /faults.sh -e /build.sh -e /matrix.sh
	} | xargs -n 1 -P "$(nproc)" sh -c '
		log=$0/cli-$(basename "$1" .sh)
		sh "$1" >"$log.log" 2>&1
		echo $? >"$log.status"' "$BUILD"
	for t in tests/cli/*.sh; do
		[ "${t##*/}" = lib.sh ] && continue
		echo "== $t"
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
