#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh install BIN | install.sh uninstall | install.sh data ORIGIN
#
# Put the program and its data below $DESTDIR$PREFIX, or take them away again.
# PREFIX/share/gridpatch/installed lists what was made there, a path without DESTDIR
# on each line, directories with a slash behind: the next version removes what it
# has not any more, and uninstall removes all of it. A directory that was there
# before is not listed, and one that others use is left. Versions without a list do
# not say which ones they made: below $DESTDIR, all on the way to their files.
#
# Hooks for new kernels are read in places of their own, outside of PREFIX. They are made
# for a PREFIX of the system's, /usr or /usr/local, or as KERNEL_HOOKS says: of debian,
# rpm and none.
#
# data is for a package of the data alone: no list is kept, the package's manager has one.
# ORIGIN is a line that `gridpatch data` shows.
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
case $dest in
*[!/]*) ;;
*) dest= ;;
esac
data=$PREFIX/share/gridpatch
list=$data/installed
tab=$(printf '\t')
install_d=/etc/kernel/install.d
case $PREFIX in
/usr) hooks='debian rpm' install_d=/usr/lib/kernel/install.d ;;
/usr/local) hooks='debian rpm' ;;
*) hooks=none ;;
esac
hooks=${KERNEL_HOOKS:-$hooks}

check_hooks() {
	for word in $hooks; do
		case $word in
		debian | rpm | none) ;;
		*)
			echo "KERNEL_HOOKS: '$word' is none of debian, rpm, none" >&2
			exit 2
			;;
		esac
	done
	# It stands in scripts, and in apt's configuration.
	case $hooks$PREFIX in
	none*) ;;
	*/*[!A-Za-z0-9/._+-]*)
		echo "KERNEL_HOOKS: no hook can name '$PREFIX/bin/gridpatch'" >&2
		exit 2
		;;
	esac
}

# TARGET, MODE and SOURCE of each hook.
plan_hooks() {
	from=$top/tools/packaging/hooks
	case " $hooks " in
	*' debian '*)
		for when in postinst header_postinst postrm; do
			printf '%s\t%s\t%s\n' "/etc/kernel/$when.d/zz-gridpatch" 0755 "$from/zz-gridpatch"
		done
		printf '%s\t%s\t%s\n' /etc/apt/apt.conf.d/90gridpatch 0644 "$from/90gridpatch"
		;;
	esac
	case " $hooks " in
	*' rpm '*) printf '%s\t%s\t%s\n' "$install_d/95-gridpatch.install" 0755 "$from/95-gridpatch.install" ;;
	esac
}

# Is it a hook, or a directory on the way to one? Whatever PREFIX and KERNEL_HOOKS were.
is_hook() {
	case $1 in
	/etc/kernel/postinst.d/zz-gridpatch | /etc/kernel/header_postinst.d/zz-gridpatch) ;;
	/etc/kernel/postrm.d/zz-gridpatch | /etc/apt/apt.conf.d/90gridpatch) ;;
	/etc/kernel/install.d/95-gridpatch.install | /usr/lib/kernel/install.d/95-gridpatch.install) ;;
	/etc/ | /etc/kernel/ | /etc/apt/ | /etc/apt/apt.conf.d/ | /usr/ | /usr/lib/ | /usr/lib/kernel/) ;;
	/etc/kernel/postinst.d/ | /etc/kernel/header_postinst.d/ | /etc/kernel/postrm.d/) ;;
	/etc/kernel/install.d/ | /usr/lib/kernel/install.d/) ;;
	*) return 1 ;;
	esac
}

# TARGET and SOURCE of the data.
plan_data() {
	(cd "$top" && find kernel-versions patches -type f ! -name 'README*' | sort) | while read -r f; do
		printf '%s\t%s\n' "$data/$f" "$top/$f"
	done
}

# Of all that belongs below PREFIX, the program last.
plan() {
	plan_data
	for f in "$top"/tools/data/*.schema.json "$top"/tools/data/*.xsd; do
		printf '%s\t%s\n' "$data/schema/${f##*/}" "$f"
	done
	for f in "$top"/tools/man/*.[1-9]; do
		printf '%s\t%s\n' "$PREFIX/share/man/man${f##*.}/${f##*/}" "$f"
	done
	printf '%s\t%s\n' \
		"$PREFIX/share/bash-completion/completions/gridpatch" "$top/tools/completion/gridpatch.bash" \
		"$PREFIX/share/zsh/site-functions/_gridpatch" "$top/tools/completion/_gridpatch" \
		"$PREFIX/share/fish/vendor_completions.d/gridpatch.fish" "$top/tools/completion/gridpatch.fish" \
		"$PREFIX/bin/gridpatch" "$1"
}

# above DIR: it and those above it.
above() {
	while [ -n "${1%/}" ]; do
		echo "$1/"
		set -- "${1%/*}"
	done
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
		echo "$data/"
		for f in bin/gridpatch share/man/man1/gridpatch.1 share/bash-completion/completions/gridpatch; do
			echo "$PREFIX/$f"
			[ -z "$dest" ] || above "$PREFIX/${f%/*}"
		done
	fi
}

# Remove what standard input lists. A list that somebody else wrote does not lead
# out of PREFIX and the hooks; of what lies above, only empty directories on the way go.
remove() {
	sort -ru | while read -r path; do
		case $path in
		*/../* | */..) ;;
		*/)
			case $path in
			"$PREFIX"/*) rmdir "$dest$path" 2>/dev/null || : ;;
			*)
				case $PREFIX/ in
				"$path"*) rmdir "$dest$path" 2>/dev/null || : ;;
				*) ! is_hook "$path" || rmdir "$dest$path" 2>/dev/null || : ;;
				esac
				;;
			esac
			;;
		"$PREFIX"/*) rm -f "$dest$path" ;;
		*) ! is_hook "$path" || rm -f "$dest$path" ;;
		esac
	done
}

install_all() {
	earlier | sort -u >"$tmp/was"
	plan "$1" >"$tmp/plan"
	plan_hooks >"$tmp/hooks"
	{ echo "$list"; cut -f1 "$tmp/plan" "$tmp/hooks"; } | sort -u >"$tmp/is"
	{
		grep '/$' "$tmp/was" || :
		sed 's|/[^/]*$||' "$tmp/is" | sort -u | while read -r dir; do above "$dir"; done | while read -r dir; do
			[ -d "$dest$dir" ] || echo "$dir"
		done
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
	while IFS=$tab read -r target mode source; do
		sed "s|@BIN@|$PREFIX/bin/gridpatch|g" "$source" >"$tmp/hook"
		mkdir -p "$dest${target%/*}"
		install -m "$mode" "$tmp/hook" "$dest$target"
	done <"$tmp/hooks"
	# What is needed has something in it.
	remove <"$tmp/dirs"
	while read -r dir; do
		[ ! -d "$dest$dir" ] || echo "$dir"
	done <"$tmp/dirs" | sort -u - "$tmp/is" >"$tmp/now"
	install -m 0644 "$tmp/now" "$dest$list"
}

case $1 in
install)
	check_hooks
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	install_all "$2"
	echo "installed $PREFIX/bin/gridpatch, and $(grep -vc '/$' "$tmp/now") files in all${dest:+, below $dest}"
	;;
data)
	plan_data | while IFS=$tab read -r target source; do
		mkdir -p "$dest${target%/*}"
		install -m 0644 "$source" "$dest$target"
	done
	echo "$2" >"$dest$data/origin"
	;;
uninstall)
	[ -f "$dest$list" ] || [ -d "$dest$data" ] || {
		echo "nothing of gridpatch is below $dest$PREFIX"
		exit 0
	}
	earlier | remove
	;;
esac
