#!/bin/sh
# SPDX-License-Identifier: MIT
# dist.sh stage DIR [data]      the sources of a release, into DIR, which must not be there
# dist.sh tar PREFIX OUT.tar.gz [data]
#
# What is committed, or, in a tree without git, all but what building leaves. The archive
# has the same bytes wherever it is made: sorted names, no owners, modes without a umask, the
# commit's time; gzip writes no name and no time. With data: what gridpatch-data is made
# from, without the program.
set -eu
LC_ALL=C
export LC_ALL
umask 022
here=$(cd "$(dirname "$0")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
of_data='kernel-versions patches LICENSE tools/packaging'

stage() {
	[ ! -e "$1" ] || {
		echo "dist: '$1' exists" >&2
		exit 1
	}
	mkdir -p "$1"
	if [ -e "$top/.git" ] && [ -n "$(sh "$here/version.sh" commit)" ]; then
		git -C "$top" -c core.autocrlf=false archive --format=tar HEAD | tar -xf - -C "$1"
		git -C "$top" diff --quiet HEAD -- || echo 'dist: what is not committed is left out' >&2
	else
		(cd "$top" && tar --exclude='./build*' --exclude=./dist --exclude=./.git --exclude=./debian -cf - .) | tar -xf - -C "$1"
	fi
	[ "${2-}" != data ] || (
		cd "$1" && mkdir .part
		for part in $of_data; do
			mkdir -p ".part/$part" && rmdir ".part/$part" && mv "$part" ".part/$part"
		done
		find . -mindepth 1 -maxdepth 1 ! -name .part -exec rm -rf {} +
		mv .part/* . && rmdir .part
	)
}

pack() {
	epoch=$(sh "$here/version.sh" epoch)
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	stage "$tmp/$1" "${3-}"
	mkdir -p "$(dirname "$2")"
	tar --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
		--mtime="@${epoch:-0}" -C "$tmp" -cf "$tmp/tar" "$1"
	gzip -9n "$tmp/tar"
	mv "$tmp/tar.gz" "$2.new"
	mv "$2.new" "$2"
}

case ${1-} in
stage) stage "$2" "${3-}" ;;
tar) pack "$2" "$3" "${4-}" ;;
*)
	sed -n '3,4s/^# //p' "$0" >&2
	exit 2
	;;
esac
