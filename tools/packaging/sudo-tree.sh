#!/bin/sh
# SPDX-License-Identifier: MIT
# For root under sudo, in a source tree that belongs to sudo's caller: print how
# setpriv becomes that user, and their home. Else nothing.
set -eu
uid=${SUDO_UID-} gid=${SUDO_GID-}
case $uid$gid in '' | *[!0-9]*) exit 0 ;; esac
[ "$(id -u)" = 0 ] && [ -n "$uid" ] && [ -n "$gid" ] && [ "$uid" != 0 ] && [ "$(stat -c %u .)" = "$uid" ] || exit 0
command -v setpriv >/dev/null 2>&1 || exit 0
# What make as root left here once, its owner could not write to.
for dir in build build-san; do
	[ -z "$(find "$dir" -user 0 -print 2>/dev/null | head -n 1)" ] || rm -rf "$dir"
done
groups=--clear-groups home=/
if entry=$(getent passwd "$uid"); then
	groups=--init-groups
	home=$(echo "$entry" | cut -d: -f6)
fi
echo "--reuid=$uid --regid=$gid $groups $home"
