#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2086 # lists are words, and versions are words
# proof.sh [--markdown]: `gridpatch matrix` beside a loop of unpack, patch and make;
# `gridpatch verify` of a large nvidia.ko; reading Module.symvers; the same matrix again,
# with a source changed by a set.
#
#   GRIDPATCH            the program
#   SYMVERS              symvers.c, built (make bench does that)
#   QUICK                1: no builds but that of the module to verify, which is kept
#   BENCH_JOBS           compilers at a time (as many as there are CPUs)
#   BENCH_BUILDS         runs of all builds, both ways in turn (1)
#   BENCH_LINES          the kernels ("5.10 6.1 6.12")
#   BENCH_AGAIN          the kernels of the matrix that is built again ("6.1"; "": none)
#   BENCH_SECOND         a second driver for that matrix, as BENCH_DRIVER ("": none)
#   BENCH_ONLY_AGAIN     1: nothing but that matrix
#   BENCH_DRIVER         Debian's package and version of a driver that builds for all
#                        of them ("nvidia-kernel-source 535.261.03")
#   BENCH_RUNS           runs of the rest (9); the tables have medians
#   BENCH_DIR            where to work; default: /dev/shm when it has 4 GB, else TMPDIR
#   BENCH_CACHE          where the module to verify is kept (~/.cache/gridpatch-bench)
#   GRIDPATCH_REAL_CACHE where downloads are kept: a driver and headers of three lines
#
# The loop does for one kernel after the other what a careful user does: unpack the
# installer by its own stub, apply with GNU patch the sets that `gridpatch select`
# names, `make modules -jN`. Its makes' user and system time divided by N is what no
# way of ordering the work can beat: the pure compile time. gridpatch unpacks once
# and verifies every module, too. Both work on the same file system, ccache is off,
# and the modules of both must have the same symbols.
#
# The peak of verify has in it what was read of the module, which is mapped.
#
# Other processes make all of this slower, so each row says how much of the CPUs'
# time nobody had (idle), and how much others had (others), of N CPUs over the wall
# time: idle time is a way's own fault, that of others is not. The last column but
# one is the wall time less what others took, by the pure compile time and decoding.
set -eu
export LC_ALL=C
umask 022
here=$(cd "$(dirname "$0")" && pwd)
fx=$here/../fx
real=$here/../real
patches=$here/../../patches
runs=${BENCH_RUNS:-9}
builds=${BENCH_BUILDS:-1}
lines=${BENCH_LINES:-5.10 6.1 6.12}
again_lines=${BENCH_AGAIN-6.1}
only_again=${BENCH_ONLY_AGAIN:-0}
: "${BENCH_DRIVER:=nvidia-kernel-source 535.261.03}"
jobs=${BENCH_JOBS:-$(nproc)}
quick=${QUICK:-0}
[ "$only_again" != 1 ] || quick=1
downloads=${GRIDPATCH_REAL_CACHE:-$HOME/.cache/gridpatch-real}
cache=${BENCH_CACHE:-$HOME/.cache/gridpatch-bench}
markdown=
[ "${1:-}" != --markdown ] || markdown=1

die() {
	echo "proof.sh: $*" >&2
	exit 1
}

skip() {
	echo "SKIP proof: $*"
	exit 0
}

case ${GRIDPATCH:-} in
'') die "GRIDPATCH does not name the program" ;;
*/*) GRIDPATCH=$(cd "$(dirname "$GRIDPATCH")" && pwd)/${GRIDPATCH##*/} ;;
esac
command -v "$GRIDPATCH" >/dev/null || die "cannot run $GRIDPATCH"
case ${SYMVERS:-} in
'') die "SYMVERS does not name the program made of symvers.c" ;;
*/*) SYMVERS=$(cd "$(dirname "$SYMVERS")" && pwd)/${SYMVERS##*/} ;;
esac
# Modules get BTF where the headers have the kernel's, as those of 6.12.
for tool in make gcc nm patch jq dpkg-deb xz pahole; do
	command -v $tool >/dev/null || skip "no $tool"
done

room() { # DIR: does it have 4 GB?
	[ -d "$1" ] && [ -w "$1" ] &&
		[ "$(df -Pk "$1" | awk 'NR == 2 { print $4 }')" -ge 4000000 ]
}

if [ -n "${BENCH_DIR:-}" ]; then
	top=$BENCH_DIR
elif room /dev/shm; then
	top=/dev/shm
else
	top=${TMPDIR:-/tmp}
fi
mkdir -p "$downloads" "$cache"
downloads=$(cd "$downloads" && pwd)
cache=$(cd "$cache" && pwd)
work=$(mktemp -d "$top/gridpatch-proof.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

unset GRIDPATCH_HOOKS XDG_DATA_HOME SUDO_USER SOURCE_DATE_EPOCH MAKEFLAGS MFLAGS MAKELEVEL \
	MAKEOVERRIDES POSIXLY_CORRECT || :
export CCACHE_DISABLE=1

${CC:-cc} -O2 -o measure "$here/measure.c"
load=$(uptime | sed 's/.*load average[s]*: *//')

[ "$only_again" != 1 ] || lines=
for line in $lines 6.1 $again_lines; do
	[ ! -L "h$line" ] || continue
	sh "$real/headers.sh" "$downloads" $line >headers.$line 2>err || skip "headers of $line: $(tail -n 1 err)"
	read -r _ sysout _ <headers.$line
	ln -s "$sysout" "h$line"
done

# tree PACKAGE VERSION: an extracted driver.
tree() {
	deb=$(sh "$real/fetch.sh" "$downloads" "$1" "$2" 2>err) || skip "driver $2: $(tail -n 1 err)"
	TMPDIR=$work sh "$real/tree.sh" "$deb" "$2" "$work/NVIDIA-Linux-x86_64-$2"
}

# --- a table -------------------------------------------------------------------

# table RIGHT-FROM: lines of columns parted by tabs, the first is the head.
table() {
	awk -F '\t' -v markdown="$markdown" -v right="$1" '
		{ for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > w[i]) w[i] = length($i) }
			nf = NF }
		END {
			for (r = 1; r <= NR; r++) {
				line = markdown ? "|" : ""
				for (i = 1; i <= nf; i++)
					line = line (markdown ? " " cell[r, i] " |" : sprintf("%" (i < right ? "-" : "") w[i] "s  ", cell[r, i]))
				sub(/ +$/, "", line)
				print line
				if (r == 1 && markdown) {
					line = "|"
					for (i = 1; i <= nf; i++)
						line = line (i < right ? "---|" : "--:|")
					print line
				}
			}
		}'
}

# column FILE N: the median of that column.
column() {
	awk -v n="$2" '{ print $n }' "$1" | sort -g | awk '{ v[NR] = $1 }
		END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# --- (a) three kernels -----------------------------------------------------------

package=${BENCH_DRIVER%% *}
driver=${BENCH_DRIVER##* }
second=${BENCH_SECOND:-}

# ticks: idle and busy time of all CPUs so far, in seconds.
ticks() {
	awk -v hz="$(getconf CLK_TCK)" '/^cpu / { print ($5 + $6) / hz, ($2 + $3 + $4 + $7 + $8 + $9) / hz }' /proc/stat
}

# timed NAME COMMAND…: appends wall, CPU, idle and others' seconds to NAME.
timed() {
	name=$1
	shift
	rm -f one
	before=$(ticks)
	./measure one . "$@" || { tail -n 5 err >&2 || :; die "$name failed"; }
	echo "$before $(ticks) $(cat one)" |
		awk '{ w = $5 / 1e3; c = $6 / 1e3; o = $4 - $2 - c; printf("%.2f %.2f %.2f %.2f\n", w, c, $3 - $1, (o > 0 ? o : 0)) }' >>"$name"
}

# What the loop does for one kernel; arguments: the installer, the headers, a
# directory, the file that make's measures go to.
cat >loop-cell <<'END'
set -e
run=$1 headers=$2 dir=$3
sh "$run" -x --target "$dir" >/dev/null
"$GRIDPATCH" select "$run" --headers "$headers" --json | jq -r '.selection.cells[0].sets[]' >"$dir.sets"
while read -r set; do
	while read -r p _; do
		case $p in '' | '#'*) continue ;; esac
		patch -s -p1 --no-backup-if-mismatch -d "$dir" -i "$PATCHES/$set/$p"
	done <"$PATCHES/$set/series"
done <"$dir.sets"
sysout=$(readlink "$headers")
syssrc=$(sed -n 's/^include \(.*\)\/Makefile$/\1/p' "$sysout/Makefile")
./measure "$4" . make -j"$JOBS" -C "$dir/kernel" modules KERNEL_UNAME="${sysout##*/linux-headers-}" \
	SYSSRC="$syssrc" SYSOUT="$sysout" CC=gcc IGNORE_CC_MISMATCH=1 \
	NV_EXCLUDE_KERNEL_MODULES='nvidia-uvm nvidia-drm nvidia-modeset nvidia-peermem' 2>"$dir.log" || {
	tail -n 5 "$dir.log" >&2
	exit 1
}
END
cat >loop <<'END'
set -e
for line in $LINES_OF; do
	sh loop-cell "$RUN" h$line plain-$line makes
done
END

symbols() { # KO: names and kinds
	nm "$1" | sed 's/^[0-9a-f ]* //' | sort
}

same_modules() {
	for line in $lines; do
		read -r release _ <headers.$line
		symbols "plain-$line/kernel/nvidia.ko" >plain.nm
		symbols "kept/$driver/$release/nvidia.ko" >grid.nm
		cmp plain.nm grid.nm >&2 || die "$line: the modules are not the same"
	done
}

# installer PACKAGE VERSION: VERSION.run, if it is not there yet.
installer() {
	[ ! -e "$2.run" ] || return 0
	tree "$1" "$2"
	sh "$fx/mkrun.sh" --compress gzip --comp-args -1 --version-string "$2" NVIDIA-Linux-x86_64-$2 "$2.run"
	rm -rf NVIDIA-Linux-x86_64-$2
}

grid() {
	installer "$package" $driver
	mkdir tmp
	export RUN=$driver.run GRIDPATCH PATCHES="$patches" JOBS="$jobs" LINES_OF="$lines"
	headers=
	for line in $lines; do headers="$headers --headers h$line"; done
	n=0
	while [ $n -lt "$builds" ]; do
		n=$((n + 1))
		rm -rf kept plain-[56]* makes
		echo "proof.sh: the loop" >&2
		timed plain sh loop
		awk '{ s += $2 } END { print s / 1e3 }' makes >>pure
		echo "proof.sh: the matrix" >&2
		TMPDIR=$work/tmp timed matrix "$GRIDPATCH" matrix $driver.run $headers --modules nvidia -j "$jobs" --no-cache --output kept --json=report.json -q
		jq -r .decode_s report.json >>decode
		jq -r '[.cells[] | .patch_s] | add' report.json >>patching
		jq -r '[.cells[] | .verify_s] | add' report.json >>verifying
		same_modules
	done
}

grid_table() {
	pure=$(column pure 1)
	decode=$(column decode 1)
	floor=$(echo "$pure $jobs $decode" | awk '{ print $1 / $2 + $3 }')
	{
		printf 'way\twall s\tCPU s\tidle s\tothers s\twall/floor\tless others\twall/loop\n'
		for way in plain matrix; do
			echo "$way $(column $way 1) $(column $way 2) $(column $way 3) $(column $way 4) $(column plain 1)"
		done | awk -v floor="$floor" -v jobs="$jobs" '{
			printf "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.2fx\t%.2fx\t%.2fx\n", $1 == "plain" ? "loop" : "gridpatch matrix",
				$2, $3, $4, $5, $2 / floor, ($2 - $5 / jobs) / floor, $2 / $6 }'
	} | table 2
	echo
	printf 'floor: %.1f s: %.1f s of user and system time in the loop'\''s makes, by %d jobs, and %.2f s to decode\n' \
		"$floor" "$pure" "$jobs" "$decode"
	printf 'of the cells: %.2f s to patch and lay out, %.2f s to verify, together\n' "$(column patching 1)" "$(column verifying 1)"
}

# --- (d) the same matrix again -------------------------------------------------------

# changed_source: a set of patches that adds a line to a source in C. Its end is the same
# in the drivers, so that one set is right for all of them.
changed_source() {
	file=kernel/nvidia/os-registry.c
	mkdir -p one/a/kernel/nvidia one/b/kernel/nvidia set
	sh "$driver.run" -x --target opened >/dev/null
	cp opened/$file one/a/$file
	{
		cat one/a/$file
		echo 'MODULE_INFO(changed, "a line");'
	} >one/b/$file
	(cd one && diff -u a/$file b/$file >../set/line.patch) || :
	echo line.patch >set/series
	rm -rf opened one
}

# one_matrix NAME [option]...: timed in NAME, with a cache of its own for each way.
one_matrix() {
	name=$1
	shift
	echo "proof.sh: $name" >&2
	TMPDIR=$work/again-tmp XDG_CACHE_HOME=$work/again-cache timed "$name" \
		"$GRIDPATCH" matrix $again_runs $again_headers --modules nvidia -j "$jobs" -q "$@"
}

again() {
	installer "$package" $driver
	again_runs=$driver.run
	if [ -n "$second" ]; then
		installer "${second% *}" "${second#* }"
		again_runs="$again_runs ${second#* }.run"
	fi
	changed_source
	mkdir -p again-tmp
	again_headers=
	for line in $again_lines; do again_headers="$again_headers --headers h$line"; done
	n=0
	while [ $n -lt "$builds" ]; do
		n=$((n + 1))
		rm -rf again-cache again-ccache
		one_matrix again.never --no-cache
		one_matrix again.first --json=again.json
		one_matrix again.since --since again.json
		one_matrix again.second --patches set
		command -v ccache >/dev/null && [ -e /usr/lib/ccache/gcc ] || continue
		rm -rf again-cache
		unset CCACHE_DISABLE
		export CCACHE_DIR=$work/again-ccache
		one_matrix again.cc-first
		one_matrix again.cc-second --patches set
		export CCACHE_DISABLE=1
	done
}

again_table() {
	{
		printf 'matrix, one set changed\twall s\tCPU s\twall/first\tCPU/first\n'
		for row in 'never:--no-cache' 'first:the first' 'since:unchanged, with --since' 'second:the second' 'cc-first:the first, ccache' \
			'cc-second:the second, ccache'; do
			file=again.${row%%:*}
			[ -f "$file" ] || continue
			base=again.first
			case $row in cc-*) base=again.cc-first ;; esac
			echo "$(column "$file" 1) $(column "$file" 2) $(column $base 1) $(column $base 2)" |
				awk -v row="${row#*:}" '{ printf "%s\t%.1f\t%.1f\t%.3fx\t%.3fx\n", row, $1, $2, $1 / $3, $2 / $4 }'
		done
	} | table 2
}

# --- (b) verify, (c) Module.symvers --------------------------------------------------

large=535.261.03

# large_module: sets ko, built once and kept.
large_module() {
	read -r release sysout _ <headers.6.1
	ko=$cache/nvidia-$large-$release.ko
	if [ ! -f "$ko" ]; then
		echo "proof.sh: building nvidia.ko of $large" >&2
		tree nvidia-kernel-source $large
		mkdir tmp.large
		TMPDIR=$work/tmp.large "$GRIDPATCH" build NVIDIA-Linux-x86_64-$large --headers "$sysout" --modules nvidia \
			-j "$jobs" -o large -q || die "$large does not build for $release"
		mv "large/$release/nvidia.ko" "$ko.new"
		mv "$ko.new" "$ko"
		rm -rf NVIDIA-Linux-x86_64-$large large tmp.large
	fi
	mkdir verified
	cp "$ko" verified/nvidia.ko
	ko=verified/nvidia.ko
}

verify() {
	large_module
	n=0
	while [ $n -lt "$runs" ]; do
		n=$((n + 1))
		./measure verify.ms . "$GRIDPATCH" verify $ko --headers h6.1 --driver $large -q ||
			die "verify says no"
		./measure alone.ms . "$GRIDPATCH" verify $ko --driver $large -q || die "verify says no"
		./measure sum.ms . md5sum $ko
	done
	{
		printf 'nvidia.ko of %s, %.1f MB\twall ms\tpeak MiB\n' $large "$(wc -c <$ko | awk '{ print $1 / 1e6 }')"
		for what in 'verify, with headers:verify' 'verify, without:alone' 'md5sum:sum'; do
			file=${what#*:}.ms
			printf '%s\t%.1f\t%.1f\n' "${what%:*}" "$(column "$file" 1)" \
				"$(awk -v k="$(column "$file" 3)" 'BEGIN { print k / 1024 }')"
		done
	} | table 2
}

# 30,000 lines as those of 6.1, and again with other names when those are used up.
symvers() {
	awk -F '\t' -v OFS='\t' '{ line[NR] = $0 }
		END { for (i = 0; i < 30000; i++) { $0 = line[i % NR + 1]; if (i >= NR) $2 = $2 "_" int(i / NR); print } }' \
		h6.1/Module.symvers >big.symvers
	for f in h*/Module.symvers big.symvers; do
		echo "$f $("$SYMVERS" $f 101)"
	done | awk 'BEGIN { printf "Module.symvers\tsymbols\tmedian ms\tbest ms\n" }
		{ sub(/^h/, "", $1); sub(/\/.*/, "", $1); sub(/^big.*/, "made up", $1)
			printf "%s\t%d\t%.2f\t%.2f\n", $1, $2, $3, $4 }' | table 2
}

[ "$quick" = 1 ] || grid
{ [ "$quick" = 1 ] && [ "$only_again" != 1 ]; } || [ -z "$again_lines" ] || again
echo "$("$GRIDPATCH" --version | head -n 1); $(gcc --version | head -n 1)"
echo "$(nproc) CPUs, load average at the start: $load; in $top ($(df -PT "$top" | awk 'NR == 2 { print $2 }'))"
echo
if [ "$quick" != 1 ]; then
	echo "nvidia.ko of $driver for $lines, $jobs jobs, medians of $builds:"
	echo
	grid_table
	echo
fi
if [ -e again.first ]; then
	echo "nvidia.ko of $driver${second:+ and ${second#* }} for $again_lines, medians of $builds:"
	echo
	again_table
	echo
fi
[ "$only_again" != 1 ] || exit 0
verify
echo
symvers
