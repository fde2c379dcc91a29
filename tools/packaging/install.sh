#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh install BIN | install.sh uninstall
#
# Put the program and its data below $DESTDIR$PREFIX, or take them away again.
# PREFIX/share/gridpatch/installed lists what was made there, a path without DESTDIR
# on each line, directories with a slash behind: the next version removes what it
# has not any more, and uninstall removes all of it. A directory that was there
# before is not listed, and one that others use is left.
set -eu
LC_ALL=C
export LC_ALL
umask 022
top=$(cd "$(dirname "$0")/../.." && pwd)
case ${PREFIX?} in
'' | /*) ;;
*) PREFIX=$PWD/$PREFIX ;;
esac
PREFIX=${PREFIX%/}
dest=${DESTDIR-}
data=$PREFIX/share/gridpatch
list=$data/installed
tab=$(printf '\t')

# TARGET and SOURCE of all that belongs below PREFIX, the program last.
plan() {
	(cd "$top" && find kernel-versions patches -type f ! -name 'README*' | sort) | while read -r f; do
		printf '%s\t%s\n' "$data/$f" "$top/$f"
	done
	for f in "$top"/tools/data/*.schema.json "$top"/tools/data/*.xsd; do
		printf '%s\t%s\n' "$data/schema/${f##*/}" "$f"
	done
	printf '%s\t%s\n' "$PREFIX/share/man/man1/gridpatch.1" "$top/tools/man/gridpatch.1" \
		"$PREFIX/share/bash-completion/completions/gridpatch" "$top/tools/completion/gridpatch.bash" \
		"$PREFIX/bin/gridpatch" "$1"
}

# What the version made that is there; those without a list filled these folders alone.
earlier() {
	if [ -f "$dest$list" ]; then
		cat "$dest$list"
	elif [ -d "$dest$data" ]; then
		for sub in kernel-versions patches schema; do
			[ -d "$dest$data/$sub" ] || continue
			find "$dest$data/$sub" ! -type d
			find "$dest$data/$sub" -type d | sed 's|$|/|'
		done | awk -v n=${#dest} '{ print substr($0, n + 1) }'
		printf '%s\n' "$data/" "$PREFIX/bin/gridpatch" "$PREFIX/share/man/man1/gridpatch.1" \
			"$PREFIX/share/bash-completion/completions/gridpatch"
	fi
}

# missing DIR: it and those above it, as far as they are not there.
missing() {
	while [ -n "${1%/}" ] && [ ! -d "$dest$1" ]; do
		echo "$1/"
		set -- "${1%/*}"
	done
}

# Remove what standard input lists. A list that somebody else wrote does not lead
# out of PREFIX; of what lies above, only empty directories on the way to it go.
remove() {
	sort -ru | while read -r path; do
		case $path in
		*/../* | */..) ;;
		*/)
			case $path in
			"$PREFIX"/*) rmdir "$dest$path" 2>/dev/null || : ;;
			*) case $PREFIX/ in "$path"*) rmdir "$dest$path" 2>/dev/null || : ;; esac ;;
			esac
			;;
		"$PREFIX"/*) rm -f "$dest$path" ;;
		esac
	done
}

install_all() {
	earlier | sort -u >"$tmp/was"
	plan "$1" >"$tmp/plan"
	{ echo "$list"; cut -f1 "$tmp/plan"; } | sort -u >"$tmp/is"
	{
		grep '/$' "$tmp/was" || :
		sed 's|/[^/]*$||' "$tmp/is" | sort -u | while read -r dir; do missing "$dir"; done
	} | sort -u >"$tmp/dirs"
	# Until all is in its place it lists both versions.
	mkdir -p "$dest$data"
	sort -u "$tmp/was" "$tmp/is" "$tmp/dirs" >"$tmp/both"
	install -m 0644 "$tmp/both" "$dest$list"
	sort -u "$tmp/is" "$tmp/dirs" | comm -23 "$tmp/was" - | remove
	while IFS=$tab read -r target source; do
		mode=0644
		[ "$target" != "$PREFIX/bin/gridpatch" ] || mode=0755
		mkdir -p "$dest${target%/*}"
		install -m $mode "$source" "$dest$target"
	done <"$tmp/plan"
	# What is needed has something in it.
	remove <"$tmp/dirs"
	while read -r dir; do
		[ ! -d "$dest$dir" ] || echo "$dir"
	done <"$tmp/dirs" | sort -u - "$tmp/is" >"$tmp/now"
	install -m 0644 "$tmp/now" "$dest$list"
}

case $1 in
install)
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	install_all "$2"
	echo "installed $PREFIX/bin/gridpatch, and $(grep -vc '/$' "$tmp/now") files in all${dest:+, below $dest}"
	;;
uninstall)
	[ -f "$dest$list" ] || [ -d "$dest$data" ] || {
		echo "nothing of gridpatch is below $dest$PREFIX"
		exit 0
	}
	earlier | remove
	;;
esac
