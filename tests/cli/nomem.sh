#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# A library that gets no memory is no fault of the input: exit 4, whichever of its
# allocations it was.
# tests: ops/run/libarchive core/payload/decoder
. "$(dirname "$0")/lib.sh"

if ! ${CC:-cc} -shared -fPIC -o nomem.so "$fx/nomem.c" 2> /dev/null; then
    skip 'no memory' 'the compiler makes no library'
    finish
elif ldd "$GRIDPATCH" 2> /dev/null | grep -qE 'lib[al]san|libtsan' || ! ldd "$GRIDPATCH" > /dev/null 2>&1; then
    skip 'no memory' 'a sanitizer has the allocator'
    finish
fi

# --- our own -------------------------------------------------------------------------
# All is changed or nothing is, whichever it was, and where the journal's directory is
# left the message says so.
base() {
    rm -rf k && mkdir -p k/s && echo 1 > k/f && echo old > k/s/gone
}
printf -- '--- a/f\n+++ b/f\n@@ -1 +1 @@\n-1\n+2\n--- a/s/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n--- /dev/null\n+++ b/n/new\n@@ -0,0 +1 @@\n+new\n' > p
bad='' n=0 both=0
while [ $n -lt 400 ]; do
    n=$((n + 1))
    base
    rm -f told
    NOMEM_LIB=/gridpatch NOMEM_AT=$n NOMEM_TOLD=$PWD/told LD_PRELOAD=$PWD/nomem.so "$GRIDPATCH" apply -p1 -d k p > out 2> err < /dev/null
    status=$?
    [ -e told ] || break
    [ $status -eq 4 ] || bad="$bad; number $n: exit $status"
    case $(cat k/f)$(ls k/s/gone k/n/new 2> /dev/null) in
        1k/s/gone) done=no ;;
        2k/n/new) done=yes both=$((both + 1)) ;;
        *) done=half bad="$bad; number $n: half done" ;;
    esac
    if [ $done = yes ]; then
        grep -q 'all files are changed' err || bad="$bad; number $n: $(cat err)"
    elif [ -e k/.gridpatch-journal ]; then
        grep -q 'no file has been changed.*--recover' err || bad="$bad; number $n: $(cat err)"
        "$GRIDPATCH" apply --recover -d k > said 2>&1 || bad="$bad; number $n: no way back"
    fi
    [ ! -e k/.gridpatch-journal ] || bad="$bad; number $n: the journal is left"
done
check 'each allocation of apply fails' test -z "$bad"
[ -z "$bad" ] || echo "#   $bad" | cut -c 1-600
check 'also behind the last change' test $both -gt 0
check 'and none more' test $status -eq 0

make_sample s
for c in gzip bzip2 xz zstd; do
    sh "$fx/mkrun.sh" --compress $c s $c.run
done
mkdir d

# each WHAT LIB MOST ARG...: fails each allocation of LIB in turn, MOST at most. It
# may be one that is not needed (a search that is given up): then the output is right.
each() {
    what=$1 lib=$2 most=$3 n=0 bad='' died=0
    shift 3
    while [ $n -lt "$most" ]; do
        n=$((n + 1))
        rm -f told
        NOMEM_LIB=/$lib. NOMEM_AT=$n NOMEM_TOLD=$PWD/told LD_PRELOAD=$PWD/nomem.so "$GRIDPATCH" "$@" > out 2> err < /dev/null
        status=$?
        [ -e told ] || break
        # Not ours: libarchive 3.6.2 and the threads of libzstd 1.5.4 die of some.
        if [ $status -eq 139 ] || grep -q '^Fatal Internal Error in libarchive' err; then
            died=$((died + 1))
            continue
        fi
        if [ $status -eq 0 ] && [ -e d/x ] && sh d/x --check > said 2>&1; then
            rm d/x
            continue
        fi
        [ $status -eq 4 ] || bad="$bad; number $n: exit $status: $(tail -n 1 err)"
        grep -qi -e 'cannot allocate memory' -e 'out of memory' -e 'no memory' err || bad="$bad; number $n: $(tail -n 1 err)"
        [ -z "$(ls -A d)" ] || bad="$bad; number $n: left: $(ls -A d)"
        rm -rf d
        mkdir d
    done
    rm -f d/x
    [ $n -gt 1 ] || bad="$bad; it never asks for memory"
    case $lib in
        libarchive | libzstd) [ $died -le $((n / 2)) ] || bad="$bad; $died times it died" ;;
        *) [ $died -eq 0 ] || bad="$bad; $died times it died" ;;
    esac
    if [ -z "$bad" ]; then ok "$what: exit 4"; else not_ok "$what: $(printf '%s' "${bad#; }" | cut -c-600)"; fi
}

for c in bzip2:libbz2 xz:liblzma zstd:libzstd; do
    each "unpacking, ${c%:*}" "${c#*:}" 40 info "${c%:*}.run"
done
for c in gzip:libz bzip2:libbz2 xz:liblzma zstd:libzstd; do
    # shellcheck disable=SC2086 # $k is words
    each "compressing, ${c%:*}" "${c#*:}" 30 $k --no-hooks --no-cache --repack full -o d/x "${c%:*}.run"
done
for c in xz:liblzma zstd:libzstd; do
    # shellcheck disable=SC2086
    each "going on, ${c%:*}" "${c#*:}" 30 $k --no-hooks --no-cache --repack splice -o d/x "${c%:*}.run"
done
each 'libarchive' libarchive 40 info gzip.run
mkdir t
printf -- '--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n' > p.patch
for c in bzip2:libbz2:bz2 xz:liblzma:xz; do
    e=${c##*:} l=${c#*:}
    ${c%%:*} -c p.patch > "p.patch.$e"
    each "a patch, .$e" "${l%:*}" 20 apply -n -d t "p.patch.$e"
done
finish
