#!/bin/sh
# SPDX-License-Identifier: MIT
# merge.sh [--markdown]: merging two installers of a real one's size, beside what cannot be
# spared, and beside the way by hand.
#
#   GRIDPATCH     the program
#   BENCH_MB      MB (10^6) of tar in each installer (800: about 300 MB packed)
#   BENCH_CODECS  which ("xz zstd gzip")
#   BENCH_RUNS    runs of everything (3); the table has medians
#   BENCH_HAND    1: by hand, too; it takes minutes
#   BENCH_DIR     where to work (TMPDIR); five times BENCH_MB
#
# Both are the tree of bigtree.sh in a pair of mergepair.sh: they have nine of ten large files
# in common, the host has the tenth alone, and a large nv-kernel.o_binary of its own. The rows:
#
#   decode    both payloads through the decompressor, one after the other
#   pack      what only the host has, as a tar, through the compressor, on two CPUs
#   merge     gridpatch merge; the last column is its wall time over that of the two
#   by hand   unpack both, copy one over the other, tar, compress as makeself does (gzip -9)
set -eu
export LC_ALL=C
umask 022
here=$(cd "$(dirname "$0")" && pwd)
fx=$here/../fx
mb=${BENCH_MB:-800}
runs=${BENCH_RUNS:-3}
codecs=${BENCH_CODECS:-xz zstd gzip}
sep=' ' && [ "${1:-}" != --markdown ] || sep=' | '
case ${GRIDPATCH:-} in
'') echo "merge.sh: GRIDPATCH does not name the program" >&2 && exit 1 ;;
*/*) GRIDPATCH=$(cd "$(dirname "$GRIDPATCH")" && pwd)/${GRIDPATCH##*/} ;;
esac
"$GRIDPATCH" merge --help >/dev/null 2>&1 || { echo "SKIP merge: this gridpatch has no merge" && exit 0; }
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/gridpatch-merge.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
mkdir home tmp
export HOME="$work/home" TMPDIR="$work/tmp" XDG_CACHE_HOME="$work/index"
unset GRIDPATCH_HOOKS SOURCE_DATE_EPOCH XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS GZIP || :
${CC:-cc} -O2 -o measure "$here/measure.c"

# --- the pair ----------------------------------------------------------------

sh "$fx/mergepair.sh" --shape R460 --desktop general --trees pair >/dev/null
sh "$here/bigtree.sh" "$mb" big
mkdir new
n=0
find big -maxdepth 1 -type f -size +100k | sort >large
while read -r f; do
	n=$((n + 1))
	name=${f##*/}
	if [ $((n % 10)) -eq 3 ]; then
		cp "$f" "pair/host/host-$name"
		cp "$f" "new/host-$name"
		echo "host-$name 0755 UTILITY_BINARY MODULE:vgpu" >>pair/host/.manifest
	else
		ln "$f" "pair/host/$name"
		echo "$name 0755 UTILITY_BINARY MODULE:vgpu" >>pair/host/.manifest
	fi
	ln "$f" "pair/desktop/$name"
	echo "$name 0755 UTILITY_BINARY MODULE:utils" >>pair/desktop/.manifest
done <large
for side in host desktop; do
	cp big/kernel/nvidia/nv-kernel.o_binary "pair/$side/kernel/nvidia/nv-kernel.o_binary"
done
echo host >>pair/host/kernel/nvidia/nv-kernel.o_binary
cp pair/host/kernel/nvidia/nv-kernel.o_binary new/
rm -rf big
tar -cf new.tar new

# --- the programs ------------------------------------------------------------

encoder() {
	case $1 in
	xz) echo 'xz -6 -C none -T2 -c' ;;
	zstd) echo 'zstd -9 -T2 -qc' ;;
	gzip) echo 'gzip -9 -c' ;; # of one thread, as there is no other
	esac
}

payload() { # RUN
	tail -n +"$(sed -n '4s/^skip=//p' "$1")" "$1"
}

cat >by-hand <<'END'
set -e
for side in host desktop; do sh ./$side.run -x --target hand-$side >/dev/null; done
cp -a hand-host/. hand-desktop/
tar -C hand-desktop -cf - . | gzip -9 >hand.gz
cksum <hand.gz >/dev/null
md5sum <hand.gz >/dev/null
END

# shellcheck disable=SC2046 # words
run_program() { # PROGRAM CODEC
	case $1 in
	decode)
		payload host.run >packed
		./measure one . "$2" -dc packed
		payload desktop.run >packed
		./measure one . "$2" -dc packed
		rm packed
		;;
	pack) ./measure one . $(encoder "$2") new.tar ;;
	merge)
		rm -f out.run
		./measure one . "$GRIDPATCH" merge -q --allow versions,unknown,blocked --no-hooks --no-set all -k 5.12.9 \
			-o out.run host.run desktop.run
		;;
	by-hand) ./measure one . sh by-hand && rm -rf hand-* hand.gz ;;
	esac
}

# Of a program's runs, with all its lines of one run added up: "WALL-s CPU-s PEAK-MiB", medians.
result() {
	awk '{ w[NR] = $1; c[NR] = $2; if ($3 > p) p = $3 }
		function median(v, i, j, t) {
			for (i = 2; i <= NR; i++)
				for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
			return NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
		}
		END { printf "%.2f %.2f %.0f\n", median(w) / 1e3, median(c) / 1e3, p / 1024 }' "runs.$1"
}

row() {
	printf '%s' "$1" && shift && for cell; do printf '%s%s' "$sep" "$cell"; done && echo
}

row codec MB program wall-s CPU-s peak-MiB over-both
[ "$sep" = ' ' ] || row --- --- --- --- --- --- ---
for codec in $codecs; do
	for side in host:vgpu-kvm:02 desktop::01; do
		rest=${side#*:}
		kind=${rest%:*}
		sh "$fx/mkrun.sh" --compress "$codec" --xz-args '-6 -C none -T1' \
			--targetdir "NVIDIA-Linux-x86_64-460.73.${rest#*:}${kind:+-$kind}" "pair/${side%%:*}" "${side%%:*}.run"
	done
	rm -f runs.*
	i=0
	while [ $i -lt "$runs" ]; do
		i=$((i + 1))
		for program in decode pack merge; do
			rm -f one
			cat host.run desktop.run >/dev/null
			run_program $program "$codec"
			awk '{ w += $1; c += $2; if ($3 > p) p = $3 } END { print w, c, p }' one >>runs.$program
		done
	done
	sh ./out.run --check >said || { cat said >&2 && exit 1; }
	size=$(($(cat host.run desktop.run | wc -c) / 2000000))
	programs='decode pack merge'
	if [ "${BENCH_HAND:-0}" = 1 ]; then
		rm -f one
		run_program by-hand "$codec" && cp one runs.by-hand
		programs="$programs by-hand"
	fi
	both=$({ result decode && result pack; } | awk '{ n += $1 } END { print n }')
	for program in $programs; do
		# shellcheck disable=SC2046
		set -- $(result "$program")
		row "$codec" "$size" "$program" "$1" "$2" "$3" "$(awk -v a="$1" -v b="$both" 'BEGIN { printf "%.2f", a / b }')"
	done
done
