#!/bin/sh
# SPDX-License-Identifier: MIT
# bench.sh [--markdown]: `gridpatch apply` beside quilt, patch and git apply.
#
#   GRIDPATCH            the program
#   BENCH_RUNS           runs of everything (5); the table has medians
#   BENCH_DIR            where to work; default: /dev/shm when it has 1 GB, else TMPDIR
#   GRIDPATCH_REAL_CACHE where downloads are kept (the real series needs one)
#
# Times are wall clock from making the process to reaping it. The tree is made
# anew before each run, outside the time; the programs take turns, so that what
# else the machine does hits all of them; what they made is compared. A program
# that took 8 s in one case is not run again in it.
set -eu
export LC_ALL=C
umask 022
here=$(cd "$(dirname "$0")" && pwd)
runs=${BENCH_RUNS:-5}
cache=${GRIDPATCH_REAL_CACHE:-$HOME/.cache/gridpatch-real}
markdown=
[ "${1:-}" != --markdown ] || markdown=1

die() {
	echo "bench.sh: $*" >&2
	exit 1
}

case ${GRIDPATCH:-} in
'') die "GRIDPATCH does not name the program" ;;
*/*) GRIDPATCH=$(cd "$(dirname "$GRIDPATCH")" && pwd)/${GRIDPATCH##*/} ;;
esac
command -v "$GRIDPATCH" >/dev/null || die "cannot run $GRIDPATCH"

room() { # DIR: does it have 1 GB?
	[ -d "$1" ] && [ -w "$1" ] &&
		[ "$(df -Pk "$1" | awk 'NR == 2 { print $4 }')" -ge 1000000 ]
}

if [ -n "${BENCH_DIR:-}" ]; then
	top=$BENCH_DIR
elif room /dev/shm; then
	top=/dev/shm
else
	top=${TMPDIR:-/tmp}
fi
work=$(mktemp -d "$top/gridpatch-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

# Nobody's settings, and every program's temporary files on the same disk. The
# programs must find no repository around the tree, nor any of the user's.
mkdir home tmp
export HOME="$work/home" TMPDIR="$work/tmp" GIT_CEILING_DIRECTORIES="$work" GIT_CONFIG_NOSYSTEM=1
unset GIT_DIR GIT_WORK_TREE QUILT_PC QUILT_SERIES POSIXLY_CORRECT PATCH_GET || :

${CC:-cc} -O2 -o measure "$here/measure.c"
load=$(uptime | sed 's/.*load average[s]*: *//')
: >rows

# Loops over a series; patch's own backups would only be more work for it.
cat >patch-loop <<'END'
set -e
while read -r p; do
	case $p in '' | '#'*) continue ;; esac
	patch -s -p1 --no-backup-if-mismatch -i "$1/$p"
done <"$1/series"
END

# run_tool TOOL TREE PATCH: PATCH is a file, or a folder with a series.
run_tool() {
	case $1 in
	gridpatch) set -- "$2" "$GRIDPATCH" apply -q -p 1 "$3" ;;
	quilt) set -- "$2" env QUILT_PATCHES="$3" quilt --quiltrc - push -q -a ;;
	git*) set -- "$2" git apply --whitespace=nowarn -p1 "$3" ;;
	patch) set -- "$2" patch -s -p1 --no-backup-if-mismatch -i "$3" ;;
	patch-loop) set -- "$2" sh "$work/patch-loop" "$3" ;;
	esac
	./measure "$work/one" "$@" >&2
}

# result TITLE TOOL UNITS: the median line of the tool's runs, to the rows.
result() {
	awk -v title="$1" -v tool="$2" -v units="$3" '
		{ wall[NR] = $1; cpu[NR] = $2; if ($3 > peak) peak = $3 }
		function median(v, i, j, t) {
			for (i = 2; i <= NR; i++)
				for (j = i; j > 1 && v[j - 1] > v[j]; j--) {
					t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
				}
			return NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
		}
		END { m = median(wall)
			printf "%s\t%s\t%.3f\t%.3f\t%.3f\t%.1f\t%s\t%d\n", title, tool, m, wall[1],
				median(cpu), peak / 1024, units, NR }' "runs.$2" >>rows
}

# contest TITLE TREE PATCH UNITS TOOL...: gridpatch must be the first.
contest() {
	title=$1 tree=$2 patch=$3 units=$4
	shift 4
	rm -rf runs.* made.*
	echo "bench.sh: $title" >&2
	n=0
	while [ $n -lt "$runs" ]; do
		n=$((n + 1))
		for tool in "$@"; do
			command -v "${tool%%-*}" >/dev/null || [ "$tool" = gridpatch ] || continue
			[ ! -e "runs.$tool" ] ||
				awk '$1 > 8000 { slow = 1 } END { exit slow }' "runs.$tool" || continue
			rm -rf now one
			cp -a "$tree" now
			run_tool "$tool" now "$patch" || die "$title: $tool failed"
			cat one >>"runs.$tool"
			if [ $n = 1 ]; then
				rm -rf now/.pc
				[ "$tool" = gridpatch ] && mv now made.gridpatch && continue
				diff -rq made.gridpatch now >&2 || die "$title: $tool made something else"
			fi
		done
	done
	for tool in "$@"; do
		if [ -e "runs.$tool" ]; then
			result "$title" "$tool" "$units"
		else
			echo "SKIP bench: no $tool" >&2
		fi
	done
}

# --- (a) a real series -------------------------------------------------------

real() {
	command -v dpkg-deb >/dev/null || { echo "SKIP bench: no dpkg-deb" >&2; return 0; }
	deb=$(sh "$here/../real/fetch.sh" "$cache" nvidia-tesla-460-kernel-source 460.106.00) ||
		{ echo "SKIP bench: no Debian package of 460.106.00" >&2; return 0; }
	mkdir real
	dpkg-deb --fsys-tarfile "$deb" | tar -xf - --wildcards -O './usr/src/*.tar.xz' |
		tar -xJf - -C real --strip-components=2 --no-same-owner
	mv real/debian/patches real-patches
	# No patch is for the blob: leaving it out shortens the copying between runs.
	rm -rf real/debian real/*/*_binary
	n=$(grep -c '^[^#]' real-patches/series)
	contest "(a) real series of $n patches" real "$work/real-patches" "$n patch" \
		gridpatch quilt patch-loop
	rm -rf real
}

# --- the generated ones ------------------------------------------------------

generate() { # KIND ASSIGNMENT...: into ./gen
	rm -rf gen
	mkdir -p gen/tree gen/patches
	kind=$1
	shift
	[ "$kind" != tree ] || (cd gen/tree && awk 'BEGIN { for (i = 0; i < 40; i++) printf "d%02d\n", i }' | xargs mkdir)
	for assignment; do
		set -- "$@" -v "$assignment"
		shift
	done
	awk -v kind="$kind" -v dir=gen "$@" -f "$here/gen.awk"
}

megabytes() {
	awk -v b="$(wc -c <"$1")" 'BEGIN { printf "%.1f MB", b / 1e6 }'
}

real
generate tree files=2000 lines=600 hunks=21
contest "(b) $(megabytes gen/p.patch) over 2,000 files" gen/tree "$work/gen/p.patch" '2000 file' \
	gridpatch patch git-apply
for x in 1 4 16; do
	generate file lines=$((x * 25000)) hunks=$((x * 1000))
	contest "(c) one file, $((x * 25))k lines, ${x}k hunks" gen/tree "$work/gen/p.patch" \
		"$((x * 1000)) hunk" gridpatch patch git-apply
done
for x in 1 4 16; do
	generate equal lines=$((x * 25000)) hunks=$((x * 500))
	contest "(d) equal lines, $((x * 500)) hunks off" gen/tree "$work/gen/p.patch" \
		"$((x * 500)) hunk" gridpatch patch git-apply
done
generate series lines=5000 patches=640
for x in 40 160 640; do
	mkdir -p "part$x"
	head -n $x gen/patches/series >"part$x/series"
	while read -r p; do cp "gen/patches/$p" "part$x/"; done <"part$x/series"
	contest "(e) $x patches over one file" gen/tree "$work/part$x" "$x patch" gridpatch patch-loop
done

# --- the table ---------------------------------------------------------------

echo "$("$GRIDPATCH" --version | head -n 1); $(patch --version | head -n 1); $(git --version); quilt $(
	quilt --version 2>/dev/null | head -n 1)"
echo "$(nproc) CPUs, load average at the start: $load; in $top ($(df -PT "$top" | awk 'NR == 2 { print $2 }')); medians of $runs runs"
echo
awk -F '\t' -v markdown="$markdown" '
	function row(a, b, c, d, e, f, g, h) {
		if (markdown)
			printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", a, b, c, d, e, f, g, h
		else
			printf "%-36s %-11s %10s %10s %10s %8s %9s  %s\n", a, b, c, d, e, f, g, h
	}
	function number(x) { return sprintf(x < 100 ? "%.1f" : "%.0f", x) }
	BEGIN {
		row("case", "program", "wall ms", "best", "CPU ms", "peak MB", "ratio", "per unit")
		if (markdown)
			print "|---|---|--:|--:|--:|--:|--:|--:|"
	}
	{
		if ($1 != last) {
			own = $3
			if (!markdown && NR > 1 && substr($1, 1, 3) != substr(last, 1, 3))
				print ""
		}
		split($7, unit, " ")
		row($1 == last ? "" : $1, $2 ($8 < runs ? "*" : ""), number($3), number($4), number($5), $6,
			sprintf("%.1fx", $3 / own), sprintf("%.2f us/%s", $3 * 1000 / unit[1], unit[2]))
		few += $8 < runs
		last = $1
	}
	END { if (few) print "\n* fewer runs: it is that slow" }' runs="$runs" rows
