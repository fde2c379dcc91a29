#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# `gridpatch extract` against the stub's own -x, byte for byte and mode for mode.
# tests: ops/run/extract ops/run/libarchive ops/run/tarsrc
. "$(dirname "$0")/lib.sh"

sh "$fx/sample.sh" s
# More than the sample has: odd modes, links, a sparse file, deep names.
printf 'x' > s/setuid
chmod 4755 s/setuid
printf 'y' > s/sticky-group
chmod 2711 s/sticky-group
mkdir s/closed s/shared
printf 'z' > s/closed/f
chmod 0555 s/closed
chmod 1777 s/shared
printf '' > s/nothing
chmod 0000 s/nothing
ln -s ../outside s/dangling
ln -s supported-gpus s/dirlink
printf 'n' > "s/with a blank and 'quotes'"
printf 'n' > "s/$(printf 'raw\377byte')"
truncate -s 300000 s/sparse
printf end >> s/sparse
cp -R s full 2> /dev/null

list() {
    (cd "$1" && find . -printf '%p|%y|%m|%l|%s|%n|%T@\n' | sed 's/|[0-9]*|\([0-9]*\)|\([^|]*\)$/|\1|\2/' |
        awk -F'|' -v OFS='|' '$2 == "d" { $(NF - 1) = ""; $NF = "" } 1' | sort
    find . -type f ! -perm 000 -exec sha256sum {} + | sort -k2)
}

# The stub of makeself runs chown and chgrp -R over what it has unpacked, which
# takes setuid off for root; mkrun.sh's does not.
same() {
    [ "$(id -u)" -ne 0 ] || case $1 in nobody*) ;; *) chown -RfP 0:0 "$2" ;; esac
    list "$2" > a.list
    list "$3" > b.list
    check "$1: the same tree" diff a.list b.list
}

for c in gzip bzip2 xz zstd plain; do
    sh "$fx/mkrun.sh" --compress $(echo $c | sed s/plain/none/) s $c.run
    sh ./$c.run -x --target $c.stub > /dev/null 2>&1
    expect_status "$c: extract -C" 0 extract $c.run -C $c.ours
    same "$c" $c.stub $c.ours
    rm -rf $c.stub
done
for f in pax ustar v7 oldgnu; do
    # Old formats know no such long names.
    rm -rf t
    cp -R full t
    case $f in ustar | v7) rm -rf t/html ;; esac
    sh "$fx/mkrun.sh" --tar-args "--format=$f" t $f.run 2> err || { not_ok "$f: mkrun"; continue; }
    sh ./$f.run -x --target $f.stub > /dev/null 2>&1
    expect_status "$f: extract -d" 0 extract -d $f.ours $f.run
    same "$f" $f.stub $f.ours
done
sh "$fx/mkrun.sh" --tar-args '--sparse' s sparse.run
sh ./sparse.run -x --target sparse.stub > /dev/null 2>&1
expect_status 'sparse: extract --directory' 0 extract --directory=sparse.ours sparse.run
same 'sparse' sparse.stub sparse.ours

# A name twice: the later one wins, over a read-only file too.
sh "$fx/mkrun.sh" --compress none s twice0.run
tail -n +"$(sed -n '4s/^skip=//p' twice0.run)" twice0.run > twice.tar
mkdir later && echo later > later/pkg-history.txt && tar -rf twice.tar -C later ./pkg-history.txt
with_payload twice0.run twice.tar twice.run
sh ./twice.run -x --target twice.stub > /dev/null 2>&1
expect_status 'a name twice' 0 extract twice.run -C twice.ours
check 'a name twice: the later one wins' cmp later/pkg-history.txt twice.ours/pkg-history.txt
check 'a name twice: as the stub' cmp twice.stub/pkg-history.txt twice.ours/pkg-history.txt

# --- somebody else, another umask ---------------------------------------------

chmod 0755 .
if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null; then
    mkdir own
    chown 65534:65534 own
    cp "$GRIDPATCH" ./gridpatch.copy
    chmod 0755 gridpatch.copy
    nobody() {
        (cd own && umask 027 && HOME=/nonexistent setpriv --reuid 65534 --regid 65534 --clear-groups "$@") > out 2> err
    }
    for c in gzip pax sparse; do
        nobody sh ../$c.run -x --target $c.stub
        nobody ../gridpatch.copy extract ../$c.run -C $c.ours
        check "nobody, umask 027, $c: exit 0" test $? -eq 0
        same "nobody, umask 027, $c" own/$c.stub own/$c.ours
    done
    check 'the new directory has the umask' test "$(stat -c %a own/gzip.ours)" = 750
    nobody ../gridpatch.copy extract ../gzip.run -C /root/x
    check 'nobody where nobody may: exit 4' test $? -eq 4
    (umask 077; "$GRIDPATCH" extract gzip.run -C root077 > out 2> err)
    (umask 077; sh ./gzip.run -x --target root077.stub > /dev/null 2>&1)
    same 'root, umask 077' root077.stub root077
else
    skip 'as nobody' 'needs root and setpriv'
fi

# --- where to -----------------------------------------------------------------

expect_status "without -C: the stub's directory, which exists" 1 extract gzip.run
says 'it says so' "'s' exists already"
sh "$fx/mkrun.sh" --targetdir s2 full s2.run
expect_status 'another name' 0 extract s2.run
check 'it is there' test -f s2/.manifest
expect_status 'an existing directory' 1 extract gzip.run -C gzip.ours
mkdir empty
expect_status 'even an empty one' 1 extract gzip.run -C empty
ln -s nowhere dang
expect_status 'a dangling link' 1 extract gzip.run -C dang
echo x > file
expect_status 'a file' 1 extract gzip.run -C file
check 'it stays' test "$(cat file)" = x
expect_status 'a trailing slash, as with the stub' 0 extract gzip.run -C slash/
expect_status 'below a missing directory' 4 extract gzip.run -C none/x
for t in ../up /abs . ..; do
    sh "$fx/mkrun.sh" --quote-targetdir --targetdir "$t" full odd.run
    expect_status "targetdir '$t' is not used" 3 extract odd.run
    says "targetdir '$t': says what to do" '-C DIR'
done
refute 'nothing outside' test -e ../up
expect_status 'but -C helps' 0 extract odd.run -C odd

# --- errors -------------------------------------------------------------------

ls -A > before
expect_status 'no installer' 2 extract
expect_status 'two installers' 2 extract gzip.run xz.run
expect_status 'a missing one' 4 extract absent.run -C x
expect_status 'an option of patch' 2 extract gzip.run --hooks x
head -c 20000 gzip.run > cut.run
expect_status 'a cut one' 3 extract cut.run -C x
cp gzip.run flipped.run
printf '\377\377' | dd of=flipped.run bs=1 seek=15000 conv=notrunc 2> /dev/null
expect_status 'an altered one' 3 extract flipped.run -C x
rm -f cut.run flipped.run
ls -A > after
check 'a failure leaves nothing behind' sh -c 'grep -v -x -e out -e err -e before -e after before > a; grep -v -x -e out -e err -e before -e after after | cmp - a'
expect_status '--json' 0 extract --json gzip.run -C j1
check '--json is JSON' json_ok out
check 'json: directory' json_is out .output j1
expect_status '--json=FILE' 0 extract --json=e.json gzip.run -C j2
check '--json=FILE is JSON' json_ok e.json
expect_status '--json with an error' 1 extract --json gzip.run -C j2
check 'json: exit' json_is out .exit 1
expect_status '-q' 0 extract -q gzip.run -C j3
silent_on '-q is silent' out
expect_status '-v' 0 extract -v gzip.run -C j4

# --- info, which reads the same -----------------------------------------------

expect_status 'info' 0 info gzip.run
says 'info: version' 'driver     460.73.02 (branch 460), host' out
says 'info: compression' 'payload    gzip' out
expect_status 'info: xz' 0 info xz.run
says 'info: the check' 'xz, check none' out
expect_status 'info --json' 0 info --json zstd.run
check 'info --json is JSON' json_ok out
check 'info --json: compression' json_is out .driver.compression zstd
check 'info --json: crc' json_is out .driver.crc "$(sed -n 's/^CRCsum=//p' zstd.run | head -n 1)"
check 'info --json: offset' json_is out .driver.payload_offset \
    $(($(stat -c %s zstd.run) - $(tail -n +"$(sed -n '4s/^skip=//p' zstd.run)" zstd.run | wc -c)))
expect_status 'info --json=FILE' 0 info --json=i.json zstd.run
check 'info --json=FILE is JSON' json_ok i.json
expect_status 'info -q' 0 info -q gzip.run
silent_on 'info -q is silent' out
expect_status 'info -v' 0 info -v gzip.run
expect_status 'info without an installer' 2 info
expect_status 'info of a missing one' 4 info absent.run
finish
