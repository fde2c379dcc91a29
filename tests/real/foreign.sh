#!/bin/sh
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# foreign.sh: the tests that GNU patch and quilt bring along, taken from Debian's
# source packages, as judges: each call of patch, and of quilt's push, pop and
# applied, is also made with gridpatch in a copy of the directory, and the whole
# trees are compared (foreign/record.sh). foreign/differs names what may differ, with
# the words of the man page that say so.
#
#   GRIDPATCH            the program
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory and name it
#
# One line per check, then a summary, as run.sh.
set -eu
export LC_ALL=C LANG=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
export GRIDPATCH here work
unset QUILT_PC QUILT_SERIES QUILT_PATCHES QUILT_PATCH_OPTS QUILT_PUSH_ARGS QUILT_POP_ARGS \
    POSIXLY_CORRECT SIMPLE_BACKUP_SUFFIX VERSION_CONTROL PATCH_GET TMPDIR || :

# --- what may differ -------------------------------------------------------------

# What the man page says, as one line of words without macros.
sed -E -e '/^\.\\"/d' -e 's/^\.[A-Z][a-z] //' -e 's/^\.[A-Z][a-z]$//' -e 's/\\[-&]//g' \
    "$here"/../../tools/man/gridpatch-apply.1 "$here"/../../tools/man/gridpatch-push.1 \
    "$here"/../../tools/man/gridpatch-pop.1 | tr -s ' \n' '  ' > man.words
sed -e '/^#/d' -e '/^$/d' "$here/foreign/differs" > may.differ

reasons() {
    : > no.reason
    while read -r one phrase; do
        grep -qF -- "$phrase" man.words || echo "$one: the man page does not say '$phrase'" >> no.reason
    done < may.differ
    cat no.reason
    [ ! -s no.reason ] &&
        [ "$(grep -c '^patch/' may.differ)" -le 60 ] && [ "$(grep -c '^quilt/' may.differ)" -le 8 ]
}
check "what may differ is explained by the man page" reasons || :

# as_said WHO: of the calls in WHO.log those and only those differ that may.
as_said() {
    awk -F '\t' -v who="$1" '
        FILENAME == "may.differ" { split($0, w, " "); may[w[1]] = 1; next }
        { name = who "/" $2; asked[name] = $1 }
        $1 == "differs" && !may[name] { print name ": " $3 ": " $4; bad = 1 }
        END {
            for (name in may)
                if (index(name, who "/") == 1 && asked[name] != "differs") {
                    print name ": does not differ any more: take it out"
                    bad = 1
                }
            exit bad
        }' may.differ "$1.log"
}

# --- their tests -------------------------------------------------------------------

# sources WHO: its tests, as $tests; Debian's package of it is the installed one's, or
# another one that can be had.
sources() {
    tarball=$(sh "$here/foreign/source.sh" "$cache" "$1" 2> source.err) || {
        skip "tests of $1: $(tail -n 1 source.err)"
        return 1
    }
    mkdir "$1"
    tar -xf "$tarball" -C "$1" --strip-components=1
    version=${tarball##*/}
    version=${version%.orig.*}
}

# once WHO TEST…: run them, as many at a time as there are processors; WHO.log, counts.
once() {
    who=$1
    shift
    mkdir -p "run/$who" "logs/$who"
    printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh "$here/foreign/one.sh" "$who" > counts
    cat "logs/$who"/* > "$who.log"
}

# both WHO: of two runs, what differs in both; or in one, where it may.
both() {
    awk -F '\t' -v OFS='\t' -v who="$1" '
        FILENAME == "may.differ" { split($0, w, " "); may[w[1]] = 1; next }
        FILENAME ~ /first$/ { first[$2] = $1; line[$2] = $0; next }
        $1 == "differs" && first[$2] != "differs" && !may[who "/" $2] { $1 = "same"; $4 = "done" }
        $1 != "differs" && first[$2] == "differs" && may[who "/" $2] { print line[$2]; next }
        { print }' may.differ "$1.first" "$1.log" > "$1.both"
    mv "$1.both" "$1.log"
}

# compared WHO FEWEST TEST…: each test by foreign/one.sh, as many at a time as there
# are processors.
compared() {
    who=$1
    fewest=$2
    shift 2
    once "$who" "$@"
    # quilt goes by times, which a busy machine has its own way with: a fault is one twice.
    if ! as_said "$who" > "$who.first.said"; then
        sed 's/^/#   the first time: /' "$who.first.said"
        mv "$who.log" "$who.first"
        chmod -R u+rwx run
        rm -rf run logs
        once "$who" "$@"
        both "$who"
    fi
    if [ -z "${GRIDPATCH_REAL_KEEP:-}" ]; then
        chmod -R u+rwx run
        rm -rf run logs
    fi
    # "N tests (N passed, N failed)", or commands instead of tests.
    awk -v name="$version" '
        match($0, /[0-9]+ passed/) { passed += substr($0, RSTART) }
        match($0, /[0-9]+ failed/) { failed += substr($0, RSTART) }
        END { print "# " name ": " passed " steps pass without gridpatch, " failed " do not" }' counts
    awk -F '\t' -v name="$version" '{ n[$1]++ } $1 == "same" { n[$4]++ }
        END { print "# " name ": " n["done"] + 0 " calls with the same result, " n["no"] + 0 \
            " refused by both, " n["differs"] + 0 " differ, " n["not asked"] + 0 " not asked" }' "$who.log"
    awk -F '\t' '$1 == "not asked" { n[$4]++ } END { for (why in n) print "#   not asked: " why ": " n[why] }' \
        "$who.log" | sort
    check "$version: $fewest calls or more are compared" \
        test "$(grep -c '^same' "$who.log")" -ge "$fewest" || :
    check "$version: what differs is what may" as_said "$who" || :
}

if tool=$(lacks patch bash diff getopt sha256sum xargs); then
    skip "tests of patch: no $tool"
elif sources patch; then
    # shellcheck disable=SC2046 # words
    compared patch 80 $(cd patch/tests && grep -l use_local_patch -- * | grep -v test-lib.sh)
fi
if tool=$(lacks quilt patch perl diff getopt sha256sum xargs); then
    skip "tests of quilt: no $tool"
elif sources quilt; then
    # shellcheck disable=SC2046 # words
    compared quilt 100 $(cd quilt/test && grep -lE '[$] .*quilt (push|pop|applied)' -- *.test)
fi
finish
