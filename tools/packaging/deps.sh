#!/bin/sh
# SPDX-License-Identifier: MIT
# Install the packages that building (deps.sh build), the demo (deps.sh demo) or
# testing (deps.sh check) needs and that are missing here. With AUTODEPS=0 nothing is installed:
# what is missing is named, and the compiler or the test says what it lacks.
set -eu

build='gcc:gcc make:make -:libarchive-dev -:liblzma-dev -:libzstd-dev -:libbz2-dev
-:libelf-dev -:zlib1g-dev -:libxxhash-dev -:libisal-dev -:libmd-dev -:libjson-c-dev -:libxml2-dev
-:libpci-dev -:pci.ids'
demo='tar:tar xz:xz-utils diff:diffutils awk:mawk'
check='-:libcmocka-dev patch:patch diff:diffutils quilt:quilt tar:tar xz:xz-utils bzip2:bzip2 zstd:zstd
gzip:gzip file:file mandoc:mandoc git:git ps:procps python3:python3 jq:jq unshare:util-linux
mount:mount bsdtar:libarchive-tools busybox:busybox pigz:pigz
xmllint:libxml2-utils kmod:kmod readelf:binutils -:python3-jsonschema -:python3-yaml
cmark-gfm:cmark-gfm parallel:parallel openssl:openssl systemd-analyze:systemd
unzip:unzip zip:zip dpkg-source:dpkg-dev lspci:pciutils'

case ${1:-build} in
build) wanted=$build ;;
demo) wanted="$build $demo" ;;
*) wanted="$build $demo $check" ;;
esac

# A program counts when it is in PATH, wherever it came from; a library when
# its package is installed.
missing=
for pair in $wanted; do
	tool=${pair%%:*} package=${pair#*:}
	if [ "$tool" != - ]; then
		command -v "$tool" >/dev/null 2>&1 && continue
	elif dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then
		continue
	fi
	missing="$missing $package"
done
# Modules are built against the headers of any kernel. Distributions name them
# differently; where there are none, those tests are skipped.
headers=
if [ "${1:-build}" = check ] && ! ls /usr/src/linux-headers-*/include/generated/utsrelease.h >/dev/null 2>&1; then
	headers=linux-headers-$(dpkg --print-architecture 2>/dev/null || echo amd64)
fi
[ -n "$missing$headers" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	# Other distributions: the names differ, the compiler will tell.
	command -v dpkg-query >/dev/null 2>&1 && echo "missing:$missing" >&2
	exit 0
fi
if [ "${AUTODEPS:-0}" != 1 ]; then
	echo "missing (AUTODEPS=0, nothing is installed):$missing $headers" >&2
	exit 0
fi
echo "installing:$missing $headers"
export DEBIAN_FRONTEND=noninteractive
install() {
	apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1 && return
	apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends "$@" >/dev/null
}
# shellcheck disable=SC2086 # one word per package
[ -z "$missing" ] || install $missing
[ -z "$headers" ] || install "$headers" 2>/dev/null || echo "$headers cannot be had: no test builds modules"
