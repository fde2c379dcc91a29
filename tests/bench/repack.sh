#!/bin/sh
# SPDX-License-Identifier: MIT
# repack.sh [--markdown]: repacking an installer of a real one's size, beside
# the plain decompressor, md5sum, cp, and the way by hand.
#
#   GRIDPATCH     the program
#   BENCH_MB      MB (10^6) of tar in the installer (800)
#   BENCH_RUNS    runs of everything (5); the table has medians
#   BENCH_CODECS  which ("gzip xz zstd none")
#   BENCH_FULL    1: by hand for every codec, not only gzip; peak memory at a
#                 quarter and a half of BENCH_MB, too
#   BENCH_HAND    0: nothing by hand
#   BENCH_NOISE   how many of 100 bytes nothing compresses (15, as in a driver)
#   BENCH_KERNEL  first or last: where the sources lie in the payload (as the
#                 file system has them)
#   BENCH_DIR     where to work; default: /dev/shm when it has room for 4 times
#                 BENCH_MB, else TMPDIR
#   BENCH_CACHE   where the installers are kept (~/.cache/gridpatch-bench):
#                 2 GB for 800 MB, and twice that while they are made, which takes
#                 minutes for xz. Empty: they are made anew and not kept
#
# The installers are made by bigtree.sh and tests/fx/mkrun.sh: gzip -9, xz -6 with
# no check in one block, zstd -9, tar alone. The programs:
#
#   gzip -dc …       the payload, read out of the installer, to nowhere
#   gridpatch cold   patch, with stand-in hooks, without an index of the input
#   gridpatch warm   the same with the index that a run before it left
#   md5sum, cp       of the installer
#   cp and fsync     what it costs until the disk has that many bytes, which is in
#                    each gridpatch's time, too: with BENCH_DIR on a real one
#   by hand          what sh RUN --apply-patch PATCH does: compare the sums,
#                    unpack, patch, pack with gzip -9 (whatever it was packed
#                    with before), both sums anew. Once, as it takes minutes
#
# A gridpatch without --no-cache has no index: one line then. Times are wall clock
# from making the process to reaping it, CPU is user and system of it and of its
# children (over the number of CPUs: what the wall clock cannot be less than), the
# peak that of the largest process of them. Input and output lie on the same file system, the input is in memory. The programs take turns, so that
# what else the machine does hits all of them. A program that took 60 s is not run
# again in that case. What gridpatch wrote is unpacked and compared with the tree.
set -eu
export LC_ALL=C
umask 022
here=$(cd "$(dirname "$0")" && pwd)
fx=$here/../fx
patches=$here/../../patches
runs=${BENCH_RUNS:-5}
mb=${BENCH_MB:-800}
codecs=${BENCH_CODECS:-gzip xz zstd none}
full=${BENCH_FULL:-0}
hand=${BENCH_HAND:-1}
noise=${BENCH_NOISE:-15}
kernel_at=${BENCH_KERNEL:-}
cache=${BENCH_CACHE-$HOME/.cache/gridpatch-bench}
markdown=
[ "${1:-}" != --markdown ] || markdown=1
name=NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm
kernel=5.12.9

die() {
	echo "repack.sh: $*" >&2
	exit 1
}

case ${GRIDPATCH:-} in
'') die "GRIDPATCH does not name the program" ;;
*/*) GRIDPATCH=$(cd "$(dirname "$GRIDPATCH")" && pwd)/${GRIDPATCH##*/} ;;
esac
case $noise in
[0-9] | [0-8][0-9]) ;;
*) die "BENCH_NOISE=$noise: 0 to 89" ;;
esac
case $kernel_at in
'' | first | last) ;;
*) die "BENCH_KERNEL=$kernel_at: first or last" ;;
esac
[ "$mb" -ge 10 ] 2>/dev/null || die "BENCH_MB=$mb: a number, 10 or more"
command -v "$GRIDPATCH" >/dev/null || die "cannot run $GRIDPATCH"
for tool in gzip xz zstd patch cksum md5sum jq; do
	command -v "$tool" >/dev/null || die "needs $tool"
done

room() { # DIR: does it have room for four times the tree?
	[ -d "$1" ] && [ -w "$1" ] &&
		[ "$(df -Pk "$1" | awk 'NR == 2 { print $4 }')" -ge $((mb * 4 * 1000)) ]
}

if [ -n "${BENCH_DIR:-}" ]; then
	top=$BENCH_DIR
elif room /dev/shm; then
	top=/dev/shm
else
	top=${TMPDIR:-/tmp}
fi
top=$(cd "$top" && pwd)
work=$(mktemp -d "$top/gridpatch-repack.XXXXXX")
making=
trap 'rm -rf "$work" ${making:+"$making"}' EXIT
trap 'exit 1' HUP INT TERM
if [ -n "$cache" ]; then
	mkdir -p "$cache"
	cache=$(cd "$cache" && pwd)
else
	cache=$work/installers
	mkdir "$cache"
fi
cd "$work"

# Nobody's settings, hooks or index, and all temporary files on the same disk.
mkdir home tmp
export HOME="$work/home" TMPDIR="$work/tmp" XDG_CACHE_HOME="$work/index"
unset GRIDPATCH_HOOKS XDG_DATA_HOME SUDO_USER SOURCE_DATE_EPOCH TZ POSIXLY_CORRECT || :
unset GZIP XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS || :

${CC:-cc} -O2 -o measure "$here/measure.c"
load=$(uptime | sed 's/.*load average[s]*: *//')
: >rows
: >peaks

# --- the installers ----------------------------------------------------------

# What makes them, so that a kept set of other ones is not taken for these.
made_by=$(cat "$here"/bigtree.* "$fx/sample.sh" "$fx/mkrun.sh" "$patches"/*/* | cksum | cut -d ' ' -f 1)

# installers MB: all of them, and the sums of the files in them; sets $set.
installers() {
	kind=$1-$noise-${kernel_at:-any}-$(echo "$codecs" | tr ' ' +)
	set=$cache/$kind-$made_by
	[ ! -d "$set" ] || return 0
	rm -rf "$cache/$kind"-*
	echo "repack.sh: making installers of $1 MB" >&2
	making=$cache/making.$$
	mkdir -p "$making/tmp"
	sh "$here/bigtree.sh" "$1" "$making/$name" "$noise"
	(cd "$making/$name" && find . -type f | sort | xargs -d '\n' md5sum) >"$making/sums"
	# xz by itself is as long as the others together. -T1, as later ones use all
	# CPUs and make many blocks then, which NVIDIA's files do not have.
	# shellcheck disable=SC2016 # for the other shell
	echo "$codecs" | tr ' ' '\n' | TMPDIR="$making/tmp" xargs -n 1 -P 2 sh -c '
		sh "$0" --compress "$4" --kernel "$3" --xz-args "-6 -C none -T1" "$1" "$2/$4.run"' \
		"$fx/mkrun.sh" "$making/$name" "$making" "${kernel_at:-any}"
	rm -rf "${making:?}/$name" "$making/tmp"
	sync
	mv "$making" "$set"
	making=
}

decompressor() { # CODEC: the program and its arguments
	case $1 in
	none) echo cat ;;
	*) echo "$1 -dc" ;;
	esac
}

# from_payload RUN COMMAND...: with RUN's payload as standard input.
from_payload() {
	skip=$(head -n 4 "$1" | sed -n 's/^skip=//p')
	stub=$(head -n $((skip - 1)) "$1" | wc -c)
	{
		dd bs="$stub" count=1 of=/dev/null 2>dd.err
		shift
		"$@"
	} <"$1"
}

# --- the programs ------------------------------------------------------------

sh "$fx/hooks.sh" "$work/hooks"
# Which options has it? Asked of a small installer.
sh "$fx/sample.sh" "$work/small/$name"
sh "$fx/mkrun.sh" "$work/small/$name" small.run
mode=splice
said=0
"$GRIDPATCH" patch -q --repack splice --hooks hooks -k $kernel -o try.run small.run 2>try.err || said=$?
if [ $said = 2 ]; then
	mode=auto said=0
	echo "SKIP repack: no --repack splice; --repack auto instead" >&2
	"$GRIDPATCH" patch -q --repack auto --hooks hooks -k $kernel -o try.run small.run 2>try.err || said=$?
fi
if [ $said != 0 ]; then
	cat try.err >&2
	die "gridpatch does not patch the small sample"
fi
programs='decompressor gridpatch md5sum cp cp-fsync'
if "$GRIDPATCH" patch --help | grep -q -e '--no-cache'; then
	programs='decompressor cold warm md5sum cp cp-fsync'
fi
# By hand the same patches are applied, but those of the hooks, which lie elsewhere.
"$GRIDPATCH" patch -n --json --hooks hooks -k $kernel small.run 2>try.err |
	jq -r '.patches[] | select(any(.files[]; .path | startswith("kernel/"))) | .set + "/" + .patch' >applied
while read -r p; do cat "$patches/$p"; done <applied >all.patch
[ -s all.patch ] || die "gridpatch says of no patch that it applies it: $(cat try.err)"
rm -rf small small.run try.run try.err

cat >by-hand <<'END'
set -e
run=$1 patch=$2
sh "$run" -x --target hand-tree >/dev/null
patch -s -p1 --no-backup-if-mismatch -d hand-tree -i "$patch"
skip=$(head -n 4 "$run" | sed -n 's/^skip=//p')
{
	head -n $((skip - 1)) "$run" | tail -n +4 | sed '/^    tail -n +\$skip "\$0" | /s/| .*/| gzip -cd/'
	tar --create --directory=hand-tree --owner=0 --group=0 . | gzip -9
} >hand-body
crc=$(cksum <hand-body | cut -d ' ' -f 1)
md5=$(md5sum <hand-body | cut -b -32)
printf '#! /bin/sh\nCRCsum=%s\nMD5=%s\n' "$crc" "$md5" >out.run
cat hand-body >>out.run
END

patch_run() { # OPTION...
	./measure one . "$GRIDPATCH" patch -q --repack $mode --hooks hooks -k $kernel -o out.run "$@" in.run
}

# shellcheck disable=SC2046 # words
run_program() { # PROGRAM CODEC
	case $1 in
	decompressor) from_payload in.run ./measure one . $(decompressor "$2") ;;
	gridpatch | warm) patch_run ;;
	cold) patch_run --no-cache ;;
	md5sum) ./measure one . md5sum in.run ;;
	cp) ./measure one . cp in.run out.run ;;
	cp-fsync) ./measure one . dd if=in.run of=out.run bs=1M conv=fsync status=none ;;
	by-hand) ./measure one . sh by-hand in.run "$work/all.patch" ;;
	esac
}

label() { # PROGRAM CODEC
	case $1 in
	decompressor) decompressor "$2" ;;
	cold | warm) echo "gridpatch $1" ;;
	by-hand) echo "by hand" ;;
	cp-fsync) echo "cp and fsync" ;;
	*) echo "$1" ;;
	esac
}

# --- what they made ----------------------------------------------------------

intact() { # WHO
	sh ./out.run --check >check.said || die "$1: the output fails --check: $(cat check.said)"
}

# The tree in out.run is the one that went in, except for what patching changes.
unpacks() { # CODEC
	mkdir out-tree
	# shellcheck disable=SC2046 # words
	{ from_payload out.run $(decompressor "$1") || : >broken; } | tar -xf - -C out-tree
	[ ! -e broken ] || die "$1: the output's payload does not unpack"
	(cd out-tree && md5sum -c --quiet - 2>&1) <"$set/sums" >differ || :
	grep -q '^\./kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio\.c: FAILED$' differ ||
		die "$1: the output's sources are not patched"
	[ -f out-tree/kernel/unlock/vgpu_unlock_hooks.c ] || die "$1: the output has no hooks"
	if grep -v -e '^\./kernel/.*\.[ch]: FAILED$' -e '^\./kernel/.*Kbuild: FAILED$' \
		-e '^\./kernel/conftest\.sh: FAILED$' -e '^\./kernel/dkms\.conf: FAILED$' \
		-e '^\./\.manifest: FAILED$' -e '^\./pkg-history\.txt: FAILED$' \
		-e '^md5sum: WARNING: .* did NOT match' differ >&2; then
		die "$1: the output's tree is another one"
	fi
	rm -rf out-tree
}

# --- one codec -----------------------------------------------------------------

# result CODEC PROGRAM GROWTH-kB: the median line of the program's runs.
result() {
	awk -v codec="$1" -v size="$(wc -c <in.run)" -v program="$2" \
		-v label="$(label "$2" "$1")" -v growth="$3" '
		{ wall[NR] = $1; cpu[NR] = $2; if ($3 > peak) peak = $3 }
		function median(v, i, j, t) {
			for (i = 2; i <= NR; i++)
				for (j = i; j > 1 && v[j - 1] > v[j]; j--) {
					t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
				}
			return NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
		}
		END { m = median(wall)
			printf "%s, %.1f MB\t%s\t%s\t%.4f\t%.4f\t%.4f\t%.1f\t%s\t%d\n", codec, size / 1e6,
				program, label, m / 1e3, wall[1] / 1e3, median(cpu) / 1e3, peak / 1024, growth, NR
		}' "runs.$2" >>rows
}

growth() {
	awk -v a="$(wc -c <in.run)" -v b="$(wc -c <out.run)" 'BEGIN { printf "%+.1f", (b - a) / 1e3 }'
}

contest() { # CODEC
	echo "repack.sh: $1" >&2
	rm -rf runs.* index grown.* in.run out.run
	cp "$set/$1.run" in.run
	sh ./in.run --check >check.said || die "$1: the input fails --check"
	# The index that the warm runs find.
	case $programs in
	*warm*)
		"$GRIDPATCH" patch -q --repack $mode --hooks hooks -k $kernel -o out.run in.run ||
			die "$1: gridpatch failed"
		;;
	esac
	n=0
	while [ $n -lt "$runs" ]; do
		n=$((n + 1))
		for program in $programs; do
			[ ! -e "runs.$program" ] ||
				awk '$1 > 60000 { slow = 1 } END { exit slow }' "runs.$program" || continue
			rm -f one out.run
			cat in.run >/dev/null
			run_program "$program" "$1" || die "$1: $program failed"
			cat one >>"runs.$program"
			[ $n = 1 ] || continue
			case $program in
			gridpatch | cold)
				intact "$1"
				growth >"grown.$program"
				md5sum <out.run >made
				unpacks "$1"
				;;
			warm)
				growth >grown.warm
				md5sum <out.run | cmp - made >&2 || die "$1: with an index the output is another one"
				;;
			esac
		done
	done
	rm -f out.run
	# $programs is the order of the table, too; what is by hand comes last.
	set -- "$1" "$programs"
	if [ "$hand" = 1 ] && { [ "$1" = gzip ] || [ "$full" = 1 ]; }; then
		echo "repack.sh: $1, by hand" >&2
		rm -f one
		cat in.run >/dev/null
		run_program by-hand "$1" || die "$1: by hand: failed"
		cat one >>runs.by-hand
		intact "$1, by hand"
		growth >grown.by-hand
		rm -rf hand-tree hand-body out.run
		set -- "$1" "$2 by-hand"
	fi
	for program in $2; do
		result "$1" "$program" "$(cat "grown.$program" 2>/dev/null || :)"
	done
}

peak() { # MB CODEC: one run's memory, to the second table
	rm -f one out.run in.run
	cp "$set/$2.run" in.run
	case $programs in
	*cold*) run_program cold "$2" ;;
	*) run_program gridpatch "$2" ;;
	esac || die "$2: gridpatch failed"
	printf '%s\t%s\t%s\n' "$2" "$1" "$(awk '{ printf "%.1f", $3 / 1024 }' one)" >>peaks
	rm -f out.run
}

if [ "$full" = 1 ]; then
	for part in 4 2; do
		installers $((mb / part))
		for codec in $codecs; do peak $((mb / part)) "$codec"; done
	done
fi
installers "$mb"
for codec in $codecs; do
	contest "$codec"
	[ "$full" != 1 ] || peak "$mb" "$codec"
done

# --- the tables --------------------------------------------------------------

echo "$("$GRIDPATCH" --version | head -n 1), --repack $mode; $(gzip --version | head -n 1); $(
	xz --version | head -n 1); zstd $(zstd --version | sed 's/.*v\([0-9.]*\).*/\1/')"
echo "$(nproc) CPUs, load average at the start: $load; in $top ($(df -PT "$top" | awk 'NR == 2 { print $2 }')); $mb MB of tar, $noise % of it incompressible, kernel/ ${kernel_at:-by its name}, $(
	wc -l <"$set/sums") files; medians of $runs runs, by hand once"
echo
awk -F '\t' -v markdown="$markdown" -v runs="$runs" -v cores="$(nproc)" '
	function row(a, b, c, d, e, f, g, h, i, j) {
		if (markdown)
			printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", a, b, c, d, e, f, g, h, i, j
		else
			printf "%-16s %-16s %8s %8s %8s %9s %8s %15s %17s %12s\n", a, b, c, d, e, f, g, h, i, j
	}
	function number(x) { return sprintf(x < 1 ? "%.3f" : x < 10 ? "%.2f" : "%.1f", x) }
	# The CPU time by hand is known before the lines that are compared with it.
	NR == FNR { if ($2 == "by-hand") hand[$1] = $6; next }
	FNR == 1 {
		row("codec", "program", "wall s", "best", "CPU s", "CPU/cores", "peak MB", "wall/decompress", "less CPU than hand", "output kB")
		if (markdown)
			print "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"
	}
	{
		if ($1 != last) {
			plain = $4
			if (!markdown && FNR > 1)
				print ""
		}
		fewer = $9 < runs && $2 != "by-hand"
		row($1 == last ? "" : $1, $3 (fewer ? "*" : ""), number($4), number($5), number($6), number($6 / cores), $7,
			sprintf("%.2fx", $4 / plain),
			$1 in hand && $6 > 0 && $2 ~ /^(gridpatch|cold|warm)$/ ? sprintf("%.1fx", hand[$1] / $6) : "", $8)
		few += fewer
		last = $1
	}
	END { if (few) print "\n* fewer runs: it is that slow" }' rows rows
if [ -s peaks ]; then
	echo
	echo "Peak memory of gridpatch, one run each:"
	echo
	awk -F '\t' -v markdown="$markdown" '
		function row(a, b, c) {
			printf markdown ? "| %s | %s | %s |\n" : "%-8s %10s %10s\n", a, b, c
		}
		{ if (!($1 in seen)) { seen[$1]; codec[++codecs] = $1 }
			if (!($2 in known)) { known[$2]; size[++sizes] = $2 }
			peak[$1, $2] = $3 }
		END {
			row("codec", "MB of tar", "peak MB")
			if (markdown)
				print "|---|--:|--:|"
			for (c = 1; c <= codecs; c++)
				for (s = 1; s <= sizes; s++)
					row(s == 1 ? codec[c] : "", size[s], peak[codec[c], size[s]])
		}' peaks
fi
