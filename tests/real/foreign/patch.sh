#!/bin/sh
# shellcheck disable=SC2034,SC2154,SC2317 # record.sh sets and uses; eval calls
# SPDX-License-Identifier: MIT
# patch.sh: stands where a test of GNU patch calls patch; see record.sh.
#
#   FOREIGN_PATCH  the real one
set -u
# shellcheck source=record.sh disable=SC1091
. "$(dirname "$0")/record.sh"

command_line="patch $*"

# really ARG…: what the test sees, under the name that it called.
really() {
    [ ! -f "$tmp/stdin" ] || exec < "$tmp/stdin"
    bash -c 'exec -a "$0" "$@"' "$self" "$FOREIGN_PATCH" "$@"
    exit
}

# not_asked WHY ARG…: only the real one has a say.
not_asked() {
    verdict 'not asked' "$1"
    shift
    really "$@"
}

case $PWD in
    "$FOREIGN_ROOT"/*) ;;
    *) not_asked 'not in a directory of the test' "$@" ;;
esac

# --- what the call asks for ----------------------------------------------------

long=backup,prefix:,context,directory:,ifdef:,ed,remove-empty-files,force,fuzz:,get:,help,input:
long=$long,ignore-whitespace,normal,forward,output:,strip:,reject-file:,reverse,quiet,silent,batch
long=$long,set-time,unified,version,version-control:,debug:,basename-prefix:,suffix:,set-utc
long=$long,dry-run,verbose,binary,posix,quoting-style:,reject-format:,read-only:,follow-symlinks
long=$long,backup-if-mismatch,no-backup-if-mismatch,merge::
words=$(getopt -q -o 'bB:cd:D:eEfF:g:i:lnNo:p:r:RstTuvV:x:Y:z:Z' -l "$long" -- "$@") ||
    not_asked 'a wrong option' "$@"

why='' in='' dir='' strip='' ours=''
# parse ARG…: why is the first option that gridpatch has no word for; -b and its
# kin are about more files than the patch names, which the judge is not asked for.
parse() {
    while [ "$1" != -- ]; do
        case $1 in
            -p | --strip) strip=$2; shift ;;
            -i | --input) in=$2; shift ;;
            -d | --directory) dir=$2; shift ;;
            -F | --fuzz) ours="$ours -F $2"; judge="$judge -F $2"; shift ;;
            -R | --reverse) ours="$ours -R"; judge="$judge -R" ;;
            --dry-run) ours="$ours -n"; judge="$judge --dry-run" ;;
            -f | --force) judge="$judge -f" ;;
            -N | --forward) judge="$judge -N" ;;
            -B | -V | -x | -Y | -z | -r | --prefix | --version-control | --debug | --suffix | \
                --basename-prefix | --reject-file | --quoting-style | --reject-format) shift ;;
            -b | -s | -u | -T | -Z | --backup | --quiet | --silent | --unified | --set-time | \
                --set-utc | --verbose | --backup-if-mismatch | --no-backup-if-mismatch) ;;
            --read-only) [ "$2" != fail ] || why=$1; shift ;;
            -D | -g | -o | --ifdef | --get | --output | --merge) why=$1; shift ;;
            *) why=$1 ;;
        esac
        shift
    done
    shift
    [ $# -lt 2 ] || in=$2
    file=${1:-}
}
judge='--no-backup-if-mismatch -r -'
eval "parse $words"
[ -z "$why" ] || not_asked "the option $why" "$@"
case $in in
    '' | -) in=$tmp/stdin; cat > "$in" ;;
    /*) ;;
    *) in=${dir:+$dir/}$in ;;
esac
[ -f "$in" ] || not_asked 'the patch is no file' "$@"
cp "$in" "$tmp/in"

# --- the names -------------------------------------------------------------------

# The one file that is named on the command line: the same patch, with that name in
# its headers.
name_it() {
    [ "$(grep -c '^+++ ' "$tmp/in")" -eq 1 ] || return 1
    awk -v f="$file" '
        /^(---|\+\+\+) / && !/^(---|\+\+\+) \/dev\/null/ && !/^--- [0-9,]+ ----/ {
            stamp = index($0, "\t") ? substr($0, index($0, "\t")) : ""
            print substr($0, 1, 4) f stamp
            next
        }
        { print }' "$tmp/in" > "$tmp/named" && mv "$tmp/named" "$tmp/in"
}
# Without -p the real one leaves base names only: how many folders are before all of
# them, if that is one number.
folders() {
    sed -nE -e '/^(---|\+\+\+|\*\*\*) \/dev\/null/d' -e '/^(---|\*\*\*) [0-9,]+ /d' \
        -e 's/^(---|\+\+\+|\*\*\*|Index:|diff --git) ([^[:blank:]]+).*/\2/p' "$tmp/in" |
        sed 's,[^/],,g' | sort -u | awk '{ n = length($0) } END { if (NR != 1) exit 1; print n }'
}
if [ -n "$file" ]; then
    name_it || not_asked 'a file named for what is not one unified diff' "$@"
    level='-p 0'
elif [ -n "$strip" ]; then
    level="-p $strip"
else
    level=$(folders) || not_asked 'no -p, and folders of many depths' "$@"
    level="-p $level"
fi

# --- three times -------------------------------------------------------------------

cp -a . "$tmp/judge"
cp -a . "$tmp/ours"
state "$tmp/judge" > "$tmp/before.state"

rc_judge=0
# shellcheck disable=SC2086 # words
(cd "$tmp/judge/$dir" && exec "$FOREIGN_PATCH" $judge ${strip:+-p "$strip"} -i "$tmp/in" \
    ${file:+-p0 "$file"}) > "$tmp/judge.log" 2>&1 < /dev/null || rc_judge=$?
rc_ours=0
# shellcheck disable=SC2086 # words
(cd "$tmp/ours/$dir" && exec "$GRIDPATCH" apply $ours $level "$tmp/in") \
    > "$tmp/ours.log" 2>&1 < /dev/null || rc_ours=$?
compare $rc_judge $rc_ours

really "$@"
