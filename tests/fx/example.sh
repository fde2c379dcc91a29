#!/bin/sh
# SPDX-License-Identifier: MIT
# example.sh PAGE NAME
#
# Prints an example of a page as its reader sees it: of a man page the display behind the
# comment `.\" example NAME`; of Markdown the indented lines behind `<!-- example NAME -->`.
set -eu
export LC_ALL=C
case $1 in
    *.md)
        awk -v mark="<!-- example $2 -->" '
            $0 == mark { here = 1; next }
            here && /^    / { print substr($0, 5); some = 1; next }
            here && (some || /./) { exit }' "$1"
        ;;
    *)
        awk -v mark=".\\\\\" example $2" '
            $0 == mark { here = 1; next }
            here && /^\.Bd / { next }
            here && /^\.Ed/ { exit }
            here { gsub(/\\\(aq/, "\047"); gsub(/\\e/, "\\"); print }' "$1"
        ;;
esac
