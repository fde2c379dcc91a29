#!/bin/sh
# SPDX-License-Identifier: MIT
# doc-html.sh DIR: each man page as DIR/NAME.SECTION.html, and DIR/index.html, which lists
# them. They lead to each other, need no other file and no network.
set -eu
LC_ALL=C
export LC_ALL
pages=$(cd "$(dirname "$0")/../man" && pwd)
command -v mandoc >/dev/null || {
	echo "doc-html: mandoc is missing" >&2
	exit 1
}
mkdir -p "$1"
cd "$1"

# The style of mandoc's own pages that matters: what is shown as it is typed, and width.
style='body { max-width: 50em; margin: 1em auto; padding: 0 1em; font-family: sans-serif; line-height: 1.4 }
table.head, table.foot { width: 100% } .head-vol { text-align: center } .head-rtitle, .foot-os { text-align: right }
pre { overflow-x: auto; background: #8881; padding: .5em } .Bd-indent { margin-left: 2em }
.Nm, .Fl, .Cm, .Ic { font-weight: bold; font-family: monospace } dd { margin-left: 2.5em }
.Bl-compact > dt { margin-top: 0 } :root { color-scheme: light dark }'

for page in "$pages"/*.[1-9]; do
	name=${page##*/}
	# What is not ours has its page on the reader's machine.
	mandoc -T html -O 'man=%N.%S.html' "$page" | awk -v style="$style" '
		/<\/head>/ && !done { print "<style>\n" style "\n</style>"; done = 1 }
		{
			out = ""
			while (match($0, /<a class="Xr" href="[^"]*"[^>]*>/)) {
				a = substr($0, RSTART, RLENGTH)
				out = out substr($0, 1, RSTART - 1) (a ~ /href="gridpatch/ ? a : "<a class=\"Xr\">")
				$0 = substr($0, RSTART + RLENGTH)
			}
			print out $0
		}' >"$name.html.tmp"
	mv "$name.html.tmp" "$name.html"
done

{
	printf '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">'
	printf '<meta name="viewport" content="width=device-width, initial-scale=1"><title>gridpatch</title>\n'
	printf '<style>\n%s\n</style></head>\n<body>\n<h1>gridpatch</h1>\n<dl>\n' "$style"
	# The overview first, then the pages by section.
	for page in "$pages"/gridpatch.1 "$pages"/*-*.1 "$pages"/*.[2-9]; do
		[ -f "$page" ] || continue
		name=${page##*/}
		printf '<dt><a href="%s.html">%s(%s)</a></dt><dd>%s</dd>\n' "$name" "${name%.*}" "${name##*.}" \
			"$(sed -n 's/^\.Nd //p' "$page" | sed 's/&/\&amp;/g; s/</\&lt;/g')"
	done
	printf '</dl>\n</body>\n</html>\n'
} >index.html.tmp
mv index.html.tmp index.html
