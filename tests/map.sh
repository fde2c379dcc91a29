#!/bin/sh
# SPDX-License-Identifier: MIT
# `make test-map`: each module of core and ops, and the tests that are about it. The
# unit test of tools/core/diff/hunk.c is tests/unit/core/diff/test_hunk.c; a test that
# is about other modules, too, says so in its head:
#
#     /* Tests: core/rules/rule, core/rules/rulejudge */     (in C)
#     # tests: ops/run/extract ops/run/payload               (in tests/cli)
#
# A module without a test is an error, and so is a test of a module that is not there.
set -eu
cd "$(dirname "$0")/.."

{
	find tools/core tools/ops -name '*.c' | sed 's|^tools/|1 |; s|\.c$||'
	find tests/unit -name 'test_*.c' | sed 's|^tests/unit/\(.*\)/test_\([^/]*\)\.c$|2 \1/\2 &|'
	awk '
		FNR > 20 { nextfile }
		sub(/^\/\* Tests: /, "") || sub(/^# tests: /, "") {
			gsub(/,|\*\//, "")
			for (i = 1; i <= NF; i++)
				print 3, $i, FILENAME
		}' $(find tests/unit -name '*.c') tests/cli/*.sh
} | LC_ALL=C sort -k2,2 -k1,1 -k3 | awk '
	function complain(text) { print "test-map: " text | "cat >&2"; bad = 1 }
	$2 ~ /^base\// { next }
	$1 == 1 { here[$2] = 1; order[n++] = $2; next }
	$1 == 2 { own[$3] = $2 }
	$1 == 3 { marked[$3] = 1; named[$2] = $3 }
	tests[$2] !~ $3 { tests[$2] = tests[$2] " " $3 }
	END {
		for (m in named)
			if (!(m in here))
				complain(named[m] " tests " m ", which is not there")
		for (t in own)
			if (!(own[t] in here) && !(t in marked))
				complain(t ": there is no module " own[t] ", and no line says what it tests")
		for (i = 0; i < n; i++) {
			if (!(order[i] in tests))
				complain("nothing tests " order[i])
			printf "%-28s%s\n", order[i], tests[order[i]]
		}
		exit bad
	}'
