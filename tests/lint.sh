#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-tidy and cppcheck over the program, clang-format over all C. A missing tool is said, loudly.
set -eu
cd "$(dirname "$0")/.."
flags=$1
bad=0
if command -v clang-tidy >/dev/null 2>&1; then
	checks='-*,bugprone-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.*'
	for noise in easily-swappable-parameters reserved-identifier assignment-in-if-condition \
		narrowing-conversions implicit-widening-of-multiplication-result branch-clone \
		not-null-terminated-result macro-parentheses sizeof-expression; do
		checks="$checks,-bugprone-$noise"
	done
	# With GP_DEBUG, so that gp_assert() tells the analyzers what cannot be.
	# Only the findings: the notes of the analyzer's paths fill screens.
	# shellcheck disable=SC2086 # the flags are words
	if find tools -name '*.c' -print0 | xargs -0 -P "$(nproc)" -I FILE clang-tidy --quiet FILE \
		--checks="$checks" -- $flags -DGP_DEBUG 2>/dev/null | grep -E '(warning|error):'; then
		bad=1
	fi
else
	echo "SKIP lint: clang-tidy is missing"
fi
if command -v cppcheck >/dev/null 2>&1; then
	cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -j "$(nproc)" -Itools -D_GNU_SOURCE -DGP_DEBUG -D__cppcheck__ \
		--enable=warning,portability --suppress=missingIncludeSystem tools || bad=1
else
	echo "SKIP lint: cppcheck is missing"
fi
# Other versions of clang-format break lines elsewhere.
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
	find tools tests -path tests/data -prune -o -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run --Werror || bad=1
else
	echo "SKIP lint: clang-format 14 is missing"
fi
[ $bad = 0 ] && echo "lint: fine"
exit $bad
