#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # begin.sh sets the rest
# build.sh OUT [data]: packages for Debian and those that come from it, into OUT; with data
# gridpatch-data alone, for which nothing is compiled. `make deb` and `make deb-data`.
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
command -v dpkg-buildpackage >/dev/null && command -v dh >/dev/null || {
	echo 'missing; as root: apt-get install dpkg-dev debhelper' >&2
	exit 1
}
. "$here/../begin.sh"
tree=$tmp/gridpatch-$version
sh "$here/../dist.sh" stage "$tree"
cp -R "$tree/tools/packaging/deb" "$tree/debian"
rm "$tree/debian/build.sh"
who="${DEBFULLNAME:-The gridpatch developers} <${DEBEMAIL:-gridpatch@packages.invalid}>"
who=$who awk '/^Maintainer:/ { $0 = "Maintainer: " ENVIRON["who"] } { print }' "$tree/tools/packaging/deb/control" >"$tree/debian/control"
cat >"$tree/debian/changelog" <<EOT
gridpatch ($version) unstable; urgency=medium

  * What is new in the program: /usr/share/doc/gridpatch/NEWS.gz.

 -- $who  $(date -uR -d "@$SOURCE_DATE_EPOCH")
EOT
what=-b
[ "${2-}" != data ] || what=-A
(cd "$tree" && dpkg-buildpackage -us -uc $what) >"$tmp/log" 2>&1 || {
	# What is missing is in the first lines, a failed compilation in the last.
	grep -E 'Unmet build dep|dpkg-checkbuilddeps: error' "$tmp/log" >&2 || tail -n 30 "$tmp/log" >&2
	exit 1
}
[ -z "${DEB_LOG-}" ] || cp "$tmp/log" "$DEB_LOG"
mv "$tmp"/*.deb "$tmp"/*.changes "$tmp"/*.buildinfo "$out/"
(cd "$out" && ls -- *_"$version"_*.deb gridpatch-data_*.deb 2>/dev/null) | sed "s|^|$1/|"
