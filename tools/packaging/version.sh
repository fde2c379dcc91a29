#!/bin/sh
# SPDX-License-Identifier: MIT
# version.sh program|data|commit|epoch
#
# Print the program's version; that of the data, the day they are of, as packages count
# (2026.11.30); the commit of this tree, twelve digits, with -changed behind it when files
# of it were changed, or nothing; the second that it was committed in, or nothing.
# The commit is that of git, or what git archive wrote into the file beside this script: a
# tree that was unpacked within somebody else's repository has none of that one's commits.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd -P)

archived() { sed -n 's/^\([0-9a-f]\{40\}\) \([0-9][0-9]*\)$/\'"$1"'/p' "$top/tools/packaging/commit"; }
ours() { [ -e "$top/.git" ] && [ "$(git -C "$top" rev-parse --show-toplevel 2>/dev/null)" = "$top" ]; }

case $1 in
program) sed -n 's/^#define GP_PROGRAM_VERSION "\(.*\)"$/\1/p' "$top/tools/cmd/front/version.h" ;;
data) cat "$top"/kernel-versions/* | sed -n 's/^Date: *\([0-9]*\)-\([0-9]*\)-\([0-9]*\)$/\1.\2.\3/p' | sort | tail -n 1 ;;
commit)
	commit=$(archived 1 | cut -c -12)
	if [ -z "$commit" ] && ours; then
		commit=$(git -C "$top" rev-parse --short=12 HEAD 2>/dev/null || :)
		git -C "$top" diff --quiet HEAD -- 2>/dev/null || commit=${commit:+$commit-changed}
	fi
	echo "$commit"
	;;
epoch)
	epoch=$(archived 2)
	if [ -z "$epoch" ] && ours; then epoch=$(git -C "$top" log -1 --format=%ct 2>/dev/null || :); fi
	echo "$epoch"
	;;
*)
	echo "version.sh: '$1' is none of program, data, commit, epoch" >&2
	exit 2
	;;
esac
