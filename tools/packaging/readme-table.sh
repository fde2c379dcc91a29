#!/bin/sh
# SPDX-License-Identifier: MIT
# Of `gridpatch support --markdown --platform all`, on standard input, what README shows: the
# platforms that most people have, and all that stands around the table.
set -eu
awk -F '|' -v most='^(Proxmox VE [89]|Debian 1[23] |Ubuntu 2[24]\\.04 |RHEL 9 |Fedora 43|Arch |Unraid 7)' '
	$0 !~ /^\|/ { rows = 0 }
	rows { # a platform is named in its first row
		name = $2
		sub(/^ +/, "", name)
		if (name != "")
			shown = name ~ most
		if (shown)
			print
		next
	}
	{ print }
	/^\|---\|---\|.*---\|---\|---\|/ { rows = 1 }'
