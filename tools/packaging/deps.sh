#!/bin/sh
# SPDX-License-Identifier: MIT
# deps.sh build|demo|check|deb|deb-data: install the packages that building, the demo, testing
# or making Debian's packages needs and that are missing here. With AUTODEPS=0 nothing is
# installed: without what the program is made from, and the demo with, that is the end, with
# the one command that installs it; a test that misses something says so itself.
set -eu

# NEED:DEBIAN:FEDORA:ARCH, where NEED is a program, or a header for the compiler.
build='gcc:gcc:gcc:gcc make:make:make:make archive.h:libarchive-dev:libarchive-devel:libarchive
lzma.h:liblzma-dev:xz-devel:xz zstd.h:libzstd-dev:libzstd-devel:zstd bzlib.h:libbz2-dev:bzip2-devel:bzip2
gelf.h:libelf-dev:elfutils-libelf-devel:libelf zlib.h:zlib1g-dev:zlib-devel:zlib
xxhash.h:libxxhash-dev:xxhash-devel:xxhash md5.h:libmd-dev:libmd-devel:libmd
json-c/json.h:libjson-c-dev:json-c-devel:json-c libxml/parser.h:libxml2-dev:libxml2-devel:libxml2
pci/pci.h:libpci-dev:pciutils-devel:pciutils'
# What it is better with.
more='-:libisal-dev -:pci.ids'
demo='tar:tar:tar:tar xz:xz-utils:xz:xz diff:diffutils:diffutils:diffutils awk:mawk:gawk:gawk'
check='-:libcmocka-dev patch:patch diff:diffutils quilt:quilt tar:tar xz:xz-utils bzip2:bzip2 zstd:zstd
gzip:gzip file:file mandoc:mandoc git:git ps:procps python3:python3 jq:jq unshare:util-linux
mount:mount bsdtar:libarchive-tools busybox:busybox pigz:pigz
xmllint:libxml2-utils kmod:kmod readelf:binutils -:python3-jsonschema -:python3-yaml
cmark-gfm:cmark-gfm parallel:parallel openssl:openssl systemd-analyze:systemd zsh:zsh fish:fish
unzip:unzip zip:zip dpkg-source:dpkg-dev lspci:pciutils qemu-system-x86_64:qemu-system-x86'

export DEBIAN_FRONTEND=noninteractive
# wait_for WHAT COMMAND…: says every ten seconds that it is still at it. The clock is what runs
# in the background: there the command would not hear of Ctrl-C.
wait_for() {
	what=$1 && shift
	(
		seconds=0
		while sleep 10 >/dev/null; do
			seconds=$((seconds + 10))
			echo "  still waiting for $what, $seconds s"
		done
	) &
	clock=$!
	status=0
	"$@" || status=$?
	kill "$clock" 2>/dev/null || :
	wait "$clock" 2>/dev/null || :
	return $status
}
silent() { "$@" >/dev/null; }
# or_update COMMAND…: apt-get COMMAND; when it fails, once more with new lists.
or_update() {
	wait_for "apt-get $1" silent apt-get "$@" 2>/dev/null && return
	echo "fetching the lists of packages first"
	wait_for 'apt-get update' silent apt-get update -q && wait_for "apt-get $1" silent apt-get "$@"
}

# What packages of Debian's are made from is what their control says. Without the right to
# install it the maker of packages says what is missing.
of_package() { # [-A]
	[ "${AUTODEPS:-0}" = 1 ] && command -v apt-get >/dev/null 2>&1 || return 0
	control=$(dirname "$0")/deb/control
	! dpkg-checkbuilddeps "$@" "$control" >/dev/null 2>&1 || return 0
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	mkdir "$tmp/debian" && cp "$control" "$tmp/debian/"
	echo "installing what $control asks for"
	or_update build-dep -y -q --no-install-recommends ${1:+--indep-only} "$tmp"
}

case ${1:-build} in
deb) of_package; exit ;;
deb-data) of_package -A; exit ;;
build) needed=$build wanted=$more ;;
demo) needed="$build $demo" wanted=$more ;;
*) needed=$build wanted="$demo $more $check" ;;
esac

# missing NEED:DEBIAN…: adds the package of this system to $lacking. A program counts when it
# is in PATH, a header when the compiler finds it, wherever they came from; a library that
# nothing else shows when its package is installed.
lacking=
if command -v apt-get >/dev/null 2>&1; then
	field=2 command='apt-get install --no-install-recommends'
elif command -v dnf >/dev/null 2>&1; then
	field=3 command='dnf install'
elif command -v pacman >/dev/null 2>&1; then
	field=4 command='pacman -S --needed'
else
	field=2 command=
fi
headers_of() { # WORD…: those that are headers
	for word; do
		case ${word%%:*} in *.h) echo "#include <${word%%:*}>" ;; esac
	done
}
# The compiler starts once when all is well.
preprocess() {
	${CC:-cc} $(pkg-config --cflags libxml-2.0 2>/dev/null || echo -I/usr/include/libxml2) -E -x c - >/dev/null 2>&1
}
missing() {
	tool=${1%%:*}
	package=$(echo "$1" | cut -d: -f$field)
	case $tool in
	-) dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' && return ;;
	*.h) printf '#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n#include <%s>\n' "$tool" | preprocess && return ;;
	*) command -v "$tool" >/dev/null 2>&1 && return ;;
	esac
	lacking="$lacking $package"
}
all_headers() {
	# shellcheck disable=SC2086 # words
	{ printf '#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n' && headers_of $build; } | preprocess
}
have=
! all_headers || have=1
for pair in $needed; do
	case ${pair%%:*} in *.h) [ -z "$have" ] || continue ;; esac
	missing "$pair"
done
if [ -n "$lacking" ] && { [ "${AUTODEPS:-0}" != 1 ] || ! command -v apt-get >/dev/null 2>&1; }; then
	echo "missing:$lacking" >&2
	[ -z "$command" ] || echo "as root: $command$lacking" >&2
	exit 1
fi
# Only Debian's names are known of the rest.
if [ "$field" = 2 ]; then
	for pair in $wanted; do missing "$pair"; done
fi
missing=$lacking
# Modules are built against the headers of any kernel. Distributions name them
# differently; where there are none, those tests are skipped.
headers=
if [ "${1:-build}" = check ] && ! ls /usr/src/linux-headers-*/include/generated/utsrelease.h >/dev/null 2>&1; then
	headers=linux-headers-$(dpkg --print-architecture 2>/dev/null || echo amd64)
fi
[ -n "$missing$headers" ] || exit 0

if [ "${AUTODEPS:-0}" != 1 ] || ! command -v apt-get >/dev/null 2>&1; then
	# Said where it is about tests that are left out; make without it is fine.
	[ "${1:-build}" != check ] || echo "missing; as root: $command$missing $headers" >&2
	exit 0
fi
echo "installing:$missing $headers"
install() { or_update install -y -q --no-install-recommends "$@"; }
# shellcheck disable=SC2086 # one word per package
[ -z "$missing" ] || install $missing
[ -z "$headers" ] || install "$headers" 2>/dev/null || echo "$headers cannot be had: no test builds modules"
