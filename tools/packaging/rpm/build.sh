#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # begin.sh sets the rest
# build.sh OUT [data]: packages for Fedora, RHEL and those that come from them, into OUT; with
# data gridpatch-data alone, for which nothing is compiled. `make rpm` and `make rpm-data`.
# RPMBUILD_FLAGS=--nodeps where the libraries came from elsewhere.
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
command -v rpmbuild >/dev/null || {
	echo 'missing; as root: dnf install rpm-build' >&2
	exit 1
}
. "$here/../begin.sh"
sh "$here/../dist.sh" tar "gridpatch-$version" "$tmp/SOURCES/gridpatch-$version.tar.gz"
# The spec has no changelog of its own, as debian/ has none: NEWS is that.
who='The gridpatch developers <gridpatch@packages.invalid>'
{
	cat "$here/gridpatch.spec"
	printf '\n%%changelog\n* %s %s - %s-1\n- What is new in the program: %s/doc/gridpatch/NEWS\n' \
		"$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')" "$who" "$version" '%{_datadir}'
} >"$tmp/gridpatch.spec"
what=
[ "${2-}" != data ] || what='--without program'
# shellcheck disable=SC2086 # words
rpmbuild -bb $what ${RPMBUILD_FLAGS-} --define "_topdir $tmp" --define "gridpatch_version $version" \
	--define "gridpatch_data $(sh "$here/../version.sh" data)" --define 'use_source_date_epoch_as_buildtime 1' \
	--define "packager $who" "$tmp/gridpatch.spec" >"$tmp/log" 2>&1 || {
	tail -n 30 "$tmp/log" >&2
	exit 1
}
for rpm in "$tmp"/RPMS/*/*.rpm; do
	mv "$rpm" "$out/"
	echo "$1/${rpm##*/}"
done
