#!/bin/sh
# SPDX-License-Identifier: MIT
# bigtree.sh MB OUT_DIR [PERCENT]: a host driver's package of a real one's size.
#
# The sample of tests/fx/sample.sh, filled up to MB megabytes (10^6) with what
# gives a real driver's mix: copies of this machine's programs and shared
# libraries (most of them in few large files), and PERCENT (15) of bytes that
# nothing compresses, as a driver's firmware and packed tables are. The kernel
# module's binary is a large one of them, and the kernel's folder gets a few
# hundred sources. All of them stand in .manifest. The sizes are a driver's for
# MB=800 and smaller for less.
#
# What is copied depends on the machine; on the same machine it is the same tree
# every time. A machine with few programs gives the same file several times, but
# never so near that a decompressor's window holds two of them.
set -eu
export LC_ALL=C
umask 022

die() {
	echo "bigtree.sh: $*" >&2
	exit 1
}

[ $# -eq 2 ] || [ $# -eq 3 ] || die "usage: bigtree.sh MB OUT_DIR [PERCENT]"
here=$(cd "$(dirname "$0")" && pwd)
mb=$1
noise=${3:-15}
version=460.73.02
sh "$here/../fx/sample.sh" --version "$version" "$2"
cd "$2"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/bigtree.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
${CC:-cc} -O2 -o "$tmp/noise" "$here/bigtree.c"

# --- sources among the kernel's ------------------------------------------------

find /usr/include -xdev -type f -name '*.h' -size +3k -size -200k | sort |
	awk '{ name[NR] = $0 } END { for (i = 0; i < 240 && i < NR; i++) print name[int(i * NR / 240) + 1] }' |
	awk '!seen[$0]++ {
		printf "%s\t%s/nv-%03d.%s\n", $0, \
			NR % 3 ? "kernel/common/inc" : "kernel/nvidia", NR, NR % 3 ? "h" : "c" }' >"$tmp/sources"
while IFS="$(printf '\t')" read -r from to; do
	cat "$from" >"$to"
	echo "$to 0644 KERNEL_MODULE_SRC INHERIT_PATH_DEPTH:1 MODULE:resman"
done <"$tmp/sources" >"$tmp/manifest"

# --- the large ones ------------------------------------------------------------

# One name of each file, of those that hold code.
set --
for dir in /usr/lib /usr/libexec /usr/bin; do
	[ ! -d "$dir" ] || set -- "$@" "$dir"
done
find "$@" -xdev -type f -size +10k \
	\( -perm -100 -o -name '*.so' -o -name '*.so.*' \) -printf '%s\t%D:%i\t%p\n' 2>/dev/null |
	sort -t "$(printf '\t')" -k 1,1nr -k 3,3 |
	awk -F '\t' '!seen[$2]++ { print $1 "\t" $3 }' >"$tmp/pool"

# Four classes of size, each with its share of the bytes, the largest first: what
# one cannot fill is left to the next. A class is gone through in strides, so that
# neighbours in size, which may be versions of one program, do not follow each
# other. The names are out of order for the same reason: tar sorts them.
awk -F '\t' -v mb="$mb" -v noise="$noise" -v version="$version" '
	function gcd(a, b) { return b ? gcd(b, a % b) : a }
	# Takes files of at least low and less than high bytes, want bytes of them.
	function take(low, high, want, n, i, k, step, miss) {
		n = 0
		for (i = 1; i <= NR; i++)
			if (size[i] >= low && size[i] < high)
				class[n++] = i
		if (n == 0)
			return want
		for (step = int(n * 0.618) + 1; gcd(step, n) > 1; step++)
			;
		for (k = miss = 0; miss < n; k = (k + step) % n) {
			i = class[k]
			if (size[i] > want) {
				miss++
				continue
			}
			miss = 0
			want -= size[i]
			chosen[count++] = i
		}
		return want
	}
	{ size[NR] = $1; path[NR] = $2 }
	END {
		cap = mb / 800 * 60e6
		code = mb * 1e6 * (100 - noise) / 100
		# The binary of the kernel module, a large one by itself.
		for (i = 1; i < NR && size[i] > cap * 2 / 3; i++)
			;
		print path[i] "\tkernel/nvidia/nv-kernel.o_binary"
		code -= size[i]
		size[i] = 0
		left = take(cap / 6, cap, code * 0.55)
		left = take(cap / 60, cap / 6, code * 0.37 + left)
		left = take(cap / 600 > 10240 ? cap / 600 : 10240, cap / 60, code * 0.075 + left)
		take(10240, cap / 600 > 10240 ? cap / 600 : 102400, code * 0.005 + left)
		for (i = 0; i < count; i++) {
			number = i * 7919 % 10007
			printf "%s\t%slibnvidia-%05d.so.%s\n", path[chosen[i]], \
				number % 5 ? "" : "32/", number, version
		}
	}' "$tmp/pool" >"$tmp/code"
[ "$(wc -l <"$tmp/code")" -gt 1 ] || die "no programs in $* to fill the tree with"
mkdir -p 32 firmware
while IFS="$(printf '\t')" read -r from to; do
	cat "$from" >"$to"
	chmod 0755 "$to"
	case $to in
	kernel/*) chmod 0644 "$to" ;;
	32/*) echo "$to 0755 OPENGL_LIB COMPAT32 MODULE:opengl" ;;
	*) echo "$to 0755 OPENGL_LIB NATIVE MODULE:opengl" ;;
	esac
done <"$tmp/code" >>"$tmp/manifest"

# The rest, in files of different sizes before, among and behind the libraries.
have=$(find . -type f -printf '%s\n' | awk '{ s += $1 + 1023 } END { printf "%d", s }')
awk -v rest="$((mb * 1000000 - have))" -v version="$version" 'BEGIN {
	if (rest < 0)
		rest = 0
	split("25 14 3 1 0.3 22 12 2 0.6 0.1 12 8", share, " ")
	for (i = 1; i <= 12; i++) {
		name = "nvidia-tables-%02d.bin"
		if (i <= 5)
			name = "firmware/gsp-%02d.bin"
		else if (i <= 10)
			name = "libnvidia-%05d.so." version
		printf "%d " name "\n", rest * share[i] / 100, (name ~ /^lib/ ? i * 999 : i)
	}
}' >"$tmp/rest"
seed=0
while read -r bytes to; do
	seed=$((seed + 1))
	"$tmp/noise" "$seed" "$bytes" >"$to"
	chmod 0755 "$to"
	case $to in
	*.bin) echo "$to 0755 EXPLICIT_PATH /usr/lib/nvidia MODULE:vgpu" ;;
	*) echo "$to 0755 OPENGL_LIB NATIVE MODULE:opengl" ;;
	esac
done <"$tmp/rest" >>"$tmp/manifest"
cat "$tmp/manifest" >>.manifest
