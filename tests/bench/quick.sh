#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2046,SC2086 # two numbers are words, and so are options
# quick.sh [--markdown]: the figures that somebody who changes hot code wants to see, in
# less than two minutes: start-up, a long series, a new installer, a matrix again.
#
#   GRIDPATCH   the program
#   BENCH_DIR   where to work; default: /dev/shm when it has 1 GB, else TMPDIR
#
# Each figure is the best of its runs: what else the machine does makes a run longer and
# never shorter, so that the best is what two programs can be compared by, also on a
# machine that is not idle. `make bench` has medians, and everything else.
set -eu
export LC_ALL=C
umask 022
here=$(cd "$(dirname "$0")" && pwd)
fx=$here/../fx
markdown=
[ "${1:-}" != --markdown ] || markdown=1

die() {
	echo "quick.sh: $*" >&2
	exit 1
}

case ${GRIDPATCH:-} in
'') die "GRIDPATCH does not name the program" ;;
*/*) GRIDPATCH=$(cd "$(dirname "$GRIDPATCH")" && pwd)/${GRIDPATCH##*/} ;;
esac
if [ -n "${BENCH_DIR:-}" ]; then
	top=$BENCH_DIR
elif [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -ge 1000000 ]; then
	top=/dev/shm
else
	top=${TMPDIR:-/tmp}
fi
work=$(mktemp -d "$top/gridpatch-quick.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
mkdir home tmp
export HOME="$work/home" TMPDIR="$work/tmp"
unset GRIDPATCH_DATA GRIDPATCH_HOOKS XDG_CACHE_HOME XDG_DATA_HOME QUILT_PC QUILT_SERIES POSIXLY_CORRECT PATCH_GET || :
export CCACHE_DISABLE=1
${CC:-cc} -O2 -o measure "$here/measure.c"
load=$(uptime | sed 's/.*load average[s]*: *//')
: >rows

# best N DIR COMMAND…: wall and CPU ms, the least of each; what is in ./before runs first.
best() {
	times=$1 dir=$2
	shift 2
	rm -f one
	while [ "$times" -gt 0 ]; do
		[ ! -e before ] || sh ./before
		./measure "$work/one" "$dir" "$@" >&2 || die "$* failed"
		times=$((times - 1))
	done
	awk 'NR == 1 || $1 < w { w = $1 } NR == 1 || $2 < c { c = $2 } END { printf "%.2f %.2f\n", w, c }' one
}
# row CASE PROGRAM WALL CPU [BESIDE-WALL BESIDE-CPU]
row() {
	awk -v a="$1" -v b="$2" -v w="$3" -v c="$4" -v ow="${5:-}" -v oc="${6:-}" 'BEGIN {
		printf "%s\t%s\t%s\t%s\t%s\n", a, b, w, c, ow == "" ? "" : sprintf("%.2f, CPU %.2f", w / ow, c / oc)
	}' >>rows
}

# --- start-up ----------------------------------------------------------------

printf '#include <unistd.h>\nint main(void) { return write(1, "hello\\n", 6) != 6; }\n' >hello.c
${CC:-cc} -O2 -static -o hello hello.c || ${CC:-cc} -O2 -o hello hello.c
mkdir small
printf 'one\ntwo\n' >f
printf -- '--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n' >one.patch
hello=$(best 100 . ./hello)
row 'start-up' 'static hello' $hello
for words in '--version' 'select --driver 460.73.01 -k 5.12.9'; do
	row '' "gridpatch ${words%% --driver*}" $(best 100 . "$GRIDPATCH" $words)
done
echo 'cp f small/f' >before
row '' 'gridpatch apply, one patch' $(best 100 small "$GRIDPATCH" apply -q -p 1 "$work/one.patch")
row '' 'patch, the same' $(best 100 small patch -s -p1 -i "$work/one.patch")

# --- a series ------------------------------------------------------------------

mkdir -p gen/tree gen/patches
awk -v kind=series -v dir=gen -v lines=5000 -v patches=460 -f "$here/gen.awk"
cat >patch-loop <<'END'
set -e
while read -r p; do
	patch -s -p1 --no-backup-if-mismatch -i "$1/$p"
done <"$1/series"
END
echo 'rm -rf now; cp -a gen/tree now' >before
own=$(best 5 now "$GRIDPATCH" apply -q -p 1 "$work/gen/patches")
mv now made
row '460 patches over one file' gridpatch $own
row '' 'patch loop' $(best 2 now sh "$work/patch-loop" "$work/gen/patches") $own
diff -r made now >&2 || die 'patch made something else'
if command -v quilt >/dev/null; then
	row '' 'quilt push -a' $(best 1 now env QUILT_PATCHES="$work/gen/patches" quilt --quiltrc - push -q -a) $own
fi

# --- a new installer -------------------------------------------------------------

if command -v zstd >/dev/null; then
	sh "$fx/sample.sh" --kind host pack
	head -c 40000000 /dev/urandom >pack/noise
	cat "$GRIDPATCH" "$GRIDPATCH" "$GRIDPATCH" "$GRIDPATCH" "$GRIDPATCH" "$GRIDPATCH" "$GRIDPATCH" "$GRIDPATCH" >pack/text
	sh "$fx/mkrun.sh" --compress zstd pack pack.run >/dev/null
	skip=$(sed -n '4s/^skip=//p' pack.run)
	tail -n +"$skip" pack.run >pack.zst
	rm -rf pack before
	plain=$(best 5 . zstd -dcq pack.zst)
	row "zstd, $(($(wc -c <pack.run) / 1000000)) MB" 'zstd -dc' $plain
	echo 'rm -rf out.run' >before
	row '' 'gridpatch, no index' $(best 5 . "$GRIDPATCH" -q -k 5.12.9 --no-hooks --no-cache pack.run -o out.run) $plain
	row '' 'gridpatch, its index' $(best 5 . "$GRIDPATCH" -q -k 5.12.9 --no-hooks pack.run -o out.run) $plain
	rm -f pack.* out.run
fi
rm -f before

# --- a matrix, again ---------------------------------------------------------------

headers=
for d in /usr/src/linux-headers-*-amd64; do
	[ ! -e "$d/include/generated/autoconf.h" ] || headers=$d
done
if [ -n "$headers" ] && command -v gcc >/dev/null; then
	line=${headers##*/linux-headers-}
	line=$(echo "$line" | cut -d. -f1,2)
	sh "$fx/buildable.sh" --data data --line "$line"
	sh "$fx/buildable.sh" a && sh "$fx/mkrun.sh" a a.run >/dev/null
	export GRIDPATCH_DATA="$work/data"
	# Before what is too young to be known by its stat.
	sleep 3
	set -- "$GRIDPATCH" matrix a.run --headers "$headers" --no-hooks -q
	first=$(best 1 . "$@" --json=m.json)
	row 'matrix of a sample, one kernel' 'the first run' $first
	row '' '--since, all is unchanged' $(best 5 . "$@" --since m.json) $first
fi

# --- the table -----------------------------------------------------------------------

echo "$("$GRIDPATCH" --version | head -n 1), $(date -u +%Y-%m-%d); $(nproc) CPUs, load average at the start: $load; the best of several runs"
echo
awk -F '\t' -v markdown="$markdown" '
	function line(a, b, c, d, e) {
		printf markdown ? "| %s | %s | %s | %s | %s |\n" : "%-32s %-28s %9s %9s  %s\n", a, b, c, d, e
	}
	BEGIN {
		line("case", "program", "wall ms", "CPU ms", "ratio to the first")
		if (markdown)
			print "|---|---|--:|--:|---|"
	}
	{ line($1, $2, $3, $4, $5) }' rows
